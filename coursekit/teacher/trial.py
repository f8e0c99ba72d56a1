"""Runs a merged notebook, then its right and wrong answers, and judges with nbgrader's own rule."""

import copy
import re
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from ..errors import BookError
from ..exercise_cells import says_failed, test_name
from ..grading.sandbox import Sandbox
from ..kernels import environment, kernel_manager
from ..project import Project
from .across import confirm, refuse_weak_tests, start_sandbox
from .answers import Answer, PrivateHalf
from .exercises import Assignment, Public

TIMEOUT = 120  # seconds for an answer or its tests; a cell of the lesson has what the book gives it
ANSI = re.compile(r"\x1b\[[0-9;]*m")
REMEMBER = "_coursekit_names = dict(globals())"
FORGET = """
for _coursekit_name in set(globals()) - set(_coursekit_names) - {"_coursekit_names", "_coursekit_name"}:
    if not _coursekit_name.lstrip("_i").isdigit():  # IPython's own record of inputs
        del globals()[_coursekit_name]
globals().update({name: value for name, value in _coursekit_names.items() if not name.startswith("_")})
"""


@dataclass(frozen=True)
class Row:
    """How the hidden tests of one exercise judged the answers written for them."""

    chapter: str
    exercise: str
    points: float
    right: int
    wrong: int
    caught_by_check: int


@dataclass(frozen=True)
class Ran:
    """A cell after it ran."""

    cell: nbformat.NotebookNode

    def text(self, stream: str) -> str:
        found = [o.text for o in self.cell.outputs if o.output_type == "stream" and o.name == stream]
        return ANSI.sub("", "".join(found))

    @property
    def error(self) -> str:
        for output in self.cell.outputs:
            if output.output_type == "error":
                return f"{output.ename}: {output.evalue}"
        return ""

    @property
    def complaint(self) -> str:
        """What a check cell says against an answer: an error, or lines that begin with ✗."""
        return self.error or "\n".join(line for line in self.text("stdout").splitlines() if line.startswith("✗"))

    def failed(self, test: str) -> bool:
        """Whether a graded cell printed that it failed this test."""
        return says_failed(self.text("stdout"), test)

    def shown(self) -> str:
        """All that the cell put out, for a message; long outputs from their end."""
        traces = ["\n".join(o.traceback) for o in self.cell.outputs if o.output_type == "error"]
        lines = ANSI.sub("", "\n".join([self.text("stdout"), self.text("stderr"), *traces])).splitlines()
        return "\n    ".join([line for line in lines if line.strip()][-20:]) or "(no output)"

    def score(self) -> float:
        """nbgrader's mark; 0 where it would give full marks because no number was given."""
        from nbgrader.utils import determine_grade

        numbers = [o for o in self.cell.outputs if o.output_type == "execute_result"]
        return determine_grade(self.cell)[0] if numbers else 0.0


class Kernel:
    """A running kernel that takes cells one by one."""

    def __init__(self, client: NotebookClient):
        self.client = client

    def run(self, source: str, metadata: dict | None = None, where: str = "", limit: int = TIMEOUT) -> Ran:
        cell = nbformat.v4.new_code_cell(source, metadata=copy.deepcopy(metadata or {}))
        cell.metadata.pop("tags", None)
        self.client.nb.cells, self.client.timeout = [cell], limit
        try:
            self.client.execute_cell(cell, 0)
        except DeadKernelError:
            raise BookError(where, "the cell ended its kernel (out of memory, or an exit)") from None
        except CellTimeoutError:
            raise BookError(where, f"the cell did not end within {limit} s") from None
        return Ran(cell)


@contextmanager
def start_kernel(root: Path):
    """A kernel of this interpreter in an empty folder, with one thread for linear algebra."""
    with tempfile.TemporaryDirectory() as work:
        client = NotebookClient(nbformat.v4.new_notebook(), timeout=TIMEOUT, allow_errors=True, record_timing=False,
                                interrupt_on_timeout=True, coalesce_streams=True)  # fmt: skip
        client.km = kernel_manager(Path(work))
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with client.setup_kernel(cwd=work, env=environment(root, Path(work)), **quiet):
            yield Kernel(client)


def try_answers(root: Path, assignment: Assignment, merged, progress=lambda line: None) -> list[Row]:
    """Runs the whole chapter, then every right and wrong answer: in the same kernel, and as hand-ins are graded.

    Stops at the first offender. `progress` is called with one line of text for each exercise.
    """
    with start_kernel(root) as kernel, start_sandbox(root) as sandbox:
        ran = _run_all(kernel, assignment, merged, Project(root).config["execute"]["timeout"])
        for name, half in assignment.halves.items():
            _judge_solution(kernel, assignment.exercises[name], half, ran)
        kernel.run(REMEMBER)
        graded = [e for e in assignment.exercises.values() if e.graded is not None]
        rows = []
        for number, exercise in enumerate(graded, 1):
            half = assignment.halves[exercise.name]
            count = len(half.right) + len(half.wrong)
            progress(f"  {number} of {len(graded)}, {exercise.name}: {count} answers, each tried twice")
            rows.append(_judge(kernel, sandbox, assignment, merged, exercise))
        return rows


def _run_all(kernel: Kernel, assignment: Assignment, merged, patience: int) -> dict[int, Ran]:
    owners = {getattr(e, part): e for e in assignment.exercises.values() for part in ("answer", "check", "graded")}
    ran = {}
    for index, cell in enumerate(merged.cells):
        if cell.cell_type != "code":
            continue
        owner = owners.get(index)
        where = f"notebooks/{assignment.name}.ipynb, cell {index + 1}" + (f" (exercise {owner.name})" if owner else "")
        limit = TIMEOUT if owner else patience
        ran[index] = kernel.run(cell.source, cell.metadata, where, limit)
        tolerated = "raises-exception" in cell.metadata.get("tags", [])
        if ran[index].error and not (owner and assignment.halves.get(owner.name)) and not tolerated:
            late = ran[index].error.startswith("KeyboardInterrupt")    # so the kernel ends a cell when the time is over
            what = f"the cell did not end within {limit} s" if late else "the cell fails"
            raise BookError(where, what, ran[index].shown())
    return ran


def _judge_solution(kernel: Kernel, exercise: Public, half: PrivateHalf, ran: dict[int, Ran]) -> None:
    if ran[exercise.answer].error:
        raise BookError(half.solution.where, "the solution fails", ran[exercise.answer].shown())
    if exercise.check is not None and ran[exercise.check].complaint:
        what = f"the visible check of {exercise.name!r} refuses the solution"
        raise BookError(half.solution.where, what, ran[exercise.check].shown())
    if exercise.graded is not None:
        _demand_full_marks(kernel, exercise, half, half.solution, ran[exercise.graded])


def _judge(kernel: Kernel, sandbox: Sandbox, assignment: Assignment, merged, exercise: Public) -> Row:
    half, caught = assignment.halves[exercise.name], 0
    judged: list[tuple[Answer, set[str]]] = []
    _judge_untouched(kernel, assignment, merged, exercise)
    for answer in half.right:
        check, graded = _try(kernel, merged, exercise, answer)
        if check.complaint:
            raise BookError(answer.where, f"the visible check refuses the right answer {answer.label!r}", check.shown())
        _demand_full_marks(kernel, exercise, half, answer, graded)
        judged.append((answer, set()))
    for answer in half.wrong:
        check, graded = _try(kernel, merged, exercise, answer)
        if graded.score() >= exercise.points:
            todo = "write a hidden test that finds the mistake\n    " + graded.shown()
            raise BookError(answer.where, f"a wrong answer gets full marks: {answer.label!r}", todo)
        caught += bool(check.complaint)
        judged.append((answer, {test.name for test in half.tests if graded.failed(test.name)}))
    if caught == len(half.wrong):
        todo = "add a wrong answer that passes the visible check, or make that check tell less"
        raise BookError(half.file, f"the visible check of {exercise.name!r} finds every wrong answer", todo)
    for test in half.tests:
        if not any(test.name in failed for _, failed in judged):
            what = f"no wrong answer fails the test {test.name!r}, so nothing shows that it can fail"
            raise BookError(test.where, what, "add the wrong answer that it is there for")
    confirm(sandbox, merged, half, [(half.solution, set()), *judged])
    refuse_weak_tests(sandbox, merged, half)
    return Row(assignment.name, exercise.name, exercise.points, len(half.right), len(half.wrong), caught)


def _judge_untouched(kernel: Kernel, assignment: Assignment, merged, exercise: Public) -> None:
    """Whoever has not answered yet is told so, and earns nothing."""
    stub = Answer("the untouched stub", assignment.notebook.cells[exercise.answer].source, exercise.where)
    check, graded = _try(kernel, merged, exercise, stub)
    if check.complaint:
        todo = "it must say so, and judge only when there is an answer\n    " + check.shown()
        raise BookError(exercise.where, f"the visible check of {exercise.name!r} judges the untouched stub", todo)
    if graded.score():
        what = f"the untouched stub gets {graded.score():g} points in {exercise.name!r}"
        raise BookError(assignment.halves[exercise.name].file, what, graded.shown())


def _try(kernel: Kernel, merged, exercise: Public, answer: Answer) -> tuple[Ran, Ran]:
    """The check and the graded cell after an answer, which starts from the names that the chapter itself defines."""
    kernel.run(FORGET, where=answer.where)
    kernel.run(merged.cells[exercise.answer].source, where=answer.where)
    defined = kernel.run(answer.text, where=answer.where)
    if defined.error:
        raise BookError(answer.where, f"{answer.label!r} fails before anything is asked of it", defined.shown())
    cells = [merged.cells[index] for index in (exercise.check, exercise.graded)]
    check, graded = (kernel.run(cell.source, cell.metadata, answer.where) for cell in cells)
    return check, graded


def _demand_full_marks(kernel: Kernel, exercise: Public, half: PrivateHalf, answer: Answer, graded: Ran) -> None:
    if graded.text("stderr"):
        what = f"the graded cell of {exercise.name!r} writes to stderr with {answer.label!r}, which costs all points"
        raise BookError(answer.where, what, graded.shown())
    if graded.score() == exercise.points:
        return
    reasons = []
    for number, test in enumerate(half.tests, 1):
        if graded.failed(test.name):
            again = kernel.run(f"{test_name(number)}()", where=test.where)
            reason = again.error or "it passes when it runs again, so it depends on chance"
            reasons.append(f"test {test.name!r} ({test.where}): {reason}")
    what = f"{answer.label!r} gets {graded.score():g} of {exercise.points:g} points in {exercise.name!r}"
    raise BookError(answer.where, what, "\n    ".join(reasons) or graded.shown())
