"""The answers written for an exercise once more, as hand-ins are graded: code in a worker, tests outside it.

What the contract of the exercises has no place for shows here, when the course is built, and not when hand-ins are in.
"""

import ast
from contextlib import contextmanager
from pathlib import Path

from ..errors import BookError
from ..exercise_cells import grade_id
from ..grading.hand_in.assemble import Step
from ..grading.judge import Exercise, Result, exercises_of, judge
from ..grading.sandbox import Sandbox, refuse_without_bubblewrap
from ..grading.session import TIMES, Times
from ..project import Project
from .answers import Answer, PrivateHalf

HALF = Times(TIMES.call / 2, TIMES.exercise / 2, TIMES.notebook)  # a student's machine has no spare time to rely on

CONTRACT = "tests call functions with plain values or tensors, and see modules through outputs and state_dict"

EMPTY = {  # what it does: the body of each of its functions
    "returns None": "    return None",
    "raises ValueError whatever it is asked": "    raise ValueError",
    "fills its tensors with zeros and returns the first": """\
    for arg in args:
        if hasattr(arg, "zero_"):
            arg.zero_()
    return args[0].clone() if args and hasattr(args[0], "zero_") else 0""",
}


@contextmanager
def start_sandbox(root: Path):
    """As for hand-ins where bubblewrap is there; else without its walls, since the course's own answers are trusted."""
    try:
        refuse_without_bubblewrap()
        confined = True
    except BookError:
        confined = False
    readable = [root / Project(root).package] if (root / "pyproject.toml").exists() else []
    with Sandbox(readable, ["torch"], confined=confined) as sandbox:
        yield sandbox


def confirm(sandbox: Sandbox, merged, half: PrivateHalf, judged: list[tuple[Answer, set[str]]]) -> None:
    """BookError unless each answer fails the same hidden tests across the sandbox as it failed in the kernel."""
    exercise = exercises_of(merged)[half.exercise]
    for answer, failed in judged:
        result = _judge(sandbox, merged, exercise, answer)
        if result.stopped == "contract" and not any(verdict.stopped for verdict in result.verdicts):
            raise BookError(
                half.file, f"the visible check of {half.exercise!r} does not cross: {result.shown}", CONTRACT
            )
        for test, verdict in zip(half.tests, result.verdicts, strict=True):
            if verdict.stopped == "contract":
                raise BookError(test.where, f"does not cross the sandbox: {verdict.reason}", CONTRACT)
            if verdict.stopped:
                todo = f"one call may take {TIMES.call:g} s at grading, an exercise {TIMES.exercise:g} s: ask for less"
                raise BookError(test.where, f"{answer.label!r} stops the sandbox: {verdict.reason}", todo)
            if verdict.passed == (test.name in failed):
                ways = "passes in a notebook and fails across the sandbox", "fails in a notebook and passes across it"
                what = f"{answer.label!r} {ways[verdict.passed]}: {verdict.reason or 'no error'}"
                raise BookError(test.where, what, "write the test so that the sandbox makes no difference")


def refuse_weak_tests(sandbox: Sandbox, merged, half: PrivateHalf) -> None:
    """BookError where a hidden test is passed by code that knows nothing of the exercise, or that spoils its input."""
    exercise = exercises_of(merged)[half.exercise]
    for label, body in EMPTY.items():
        answer = Answer(f"an answer that {label}", _empty(half.solution.text, body), half.file)
        for test, verdict in zip(half.tests, _judge(sandbox, merged, exercise, answer).verdicts, strict=True):
            if verdict.passed:
                todo = "compute what is expected before the call, and ask for something that only a right answer gives"
                raise BookError(test.where, f"is passed by {answer.label}", todo)


def _empty(solution: str, body: str) -> str:
    """Every function and class that a solution defines, with this body; a class is one of modules."""
    parts = ["from torch import nn"]
    for node in ast.parse(solution).body:
        if isinstance(node, ast.FunctionDef):
            parts.append(f"def {node.name}(*args, **kwargs):\n{body}")
        elif isinstance(node, ast.ClassDef):
            method = body.replace("\n", "\n    ").replace("    ", "        ", 1)
            head = "    def __init__(self, *args, **kwargs):\n        super().__init__()"
            parts.append(f"class {node.name}(nn.Module):\n{head}\n    def forward(self, *args, **kwargs):\n{method}")
    return "\n\n\n".join(parts)


def _judge(sandbox: Sandbox, merged, exercise: Exercise, answer: Answer) -> Result:
    """The merged cell first: an answer may define some of the names only, and the solution stands in for the others."""
    steps = []
    for cell in merged.cells:
        if cell.cell_type == "code" and not grade_id(cell):
            steps.append(Step("context", cell.source, ""))
        elif grade_id(cell) == exercise.name:
            steps += [Step(kind, text, exercise.name) for kind, text in (
                ("answer", cell.source), ("answer", answer.text), ("check", ""), ("grade", ""))]  # fmt: skip
            break
    (result,) = judge(steps, {exercise.name: exercise}, sandbox.worker, HALF, exercise.name)
    return result
