"""The answers written for an exercise once more, as hand-ins are graded: code in a worker, tests outside it.

What the contract of the exercises has no place for shows here, when the course is built, and not when hand-ins are in.
"""

from contextlib import contextmanager
from pathlib import Path

from ..errors import BookError
from ..exercise_cells import grade_id
from ..grading.hand_in.assemble import Step
from ..grading.job import TIMES, Times
from ..grading.judge import Exercise, exercises_of, judge
from ..grading.outcome import Result
from ..grading.sandbox import Sandbox, refuse_without_bubblewrap
from ..project import Project
from . import ignorant
from .answers import Answer, PrivateHalf

HALF = Times(TIMES.call / 2, TIMES.exercise / 2, TIMES.notebook)  # a student's machine has no spare time to rely on
PATIENT = Times(call=60, exercise=300, notebook=1200)  # what knows nothing is not asked to be quick

CONTRACT = "tests call functions with plain values or tensors, and see modules through outputs and state_dict"


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
        result = judge_parts(sandbox, merged, exercise, [("answer", answer.text), ("check", ""), ("grade", "")], HALF)
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
    answers = [ignorant.answer(half.solution.text, body) for body in ignorant.BODIES.values()]
    parts = [(kind, text) for answer in answers for kind, text in (("answer", answer), ("grade", ""))]
    result = judge_parts(sandbox, merged, exercise, parts, PATIENT)
    late = next((verdict.reason for verdict in result.verdicts if verdict.stopped in ("timeout", "starved")), "")
    if late or result.note:
        raise BookError(half.file, f"what knows nothing of {half.exercise!r} could not be tried: {late or result.note}")
    labels = [label for label in ignorant.BODIES for _ in half.tests]
    for test, label, verdict in zip(half.tests * len(answers), labels, result.verdicts, strict=True):
        if verdict.passed:
            todo = "compute what is expected before the call, and ask for something that only a right answer gives"
            raise BookError(test.where, f"is passed by an answer that knows nothing: {label}", todo)


def judge_parts(sandbox: Sandbox, merged, exercise: Exercise, parts: list[tuple[str, str]], times: Times) -> Result:
    """The merged cell first: an answer may define some of the names only, and the solution stands in for the others."""
    steps = []
    for cell in merged.cells:
        if cell.cell_type == "code" and not grade_id(cell):
            steps.append(Step("context", cell.source, ""))
        elif grade_id(cell) == exercise.name:
            steps += [Step(kind, text, exercise.name) for kind, text in [("answer", cell.source), *parts]]
            break
    (result,) = judge(steps, {exercise.name: exercise}, sandbox.worker, times, exercise.name)
    return result
