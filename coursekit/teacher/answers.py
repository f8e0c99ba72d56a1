"""Reads the private half of an exercise: its solution, hidden tests, right and wrong answers.

One file per exercise, `course/exercises/<chapter>/<exercise>.py`, in the same cell syntax as the chapters.
"""

import ast
import re
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..cells import SourceCell, read_cells
from ..errors import BookError, Faults
from .edits import edited

ARGUMENTS = {  # role: (arguments it needs, arguments it may have)
    "solution": ((), ()),
    "test": (("name", "points"), ("hint",)),
    "right": (("name",), ()),
    "wrong": (("mistake",), ("from",)),
}
SOLUTION = "solution"  # what `from` calls it; the right answers have names
RESERVED = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)|AUTOTEST|YOUR CODE HERE")


@dataclass(frozen=True)
class Answer:
    """Code that could stand in the answer cell, with the words that name it."""

    label: str
    text: str
    where: str


@dataclass(frozen=True)
class HiddenTest:
    """One test that only the teacher's copy holds."""

    name: str
    points: float
    hint: str
    text: str
    where: str


@dataclass
class PrivateHalf:
    """All that one private file says about its exercise."""

    exercise: str
    file: str
    solution: Answer
    tests: list[HiddenTest] = field(default_factory=list)
    right: list[Answer] = field(default_factory=list)
    wrong: list[Answer] = field(default_factory=list)

    @property
    def points(self) -> float:
        """The points of all hidden tests together."""
        return round(sum(test.points for test in self.tests), 6)


def read_private(path: Path, root: Path) -> PrivateHalf:
    """One private file, or all that is wrong with it."""
    name = path.relative_to(root).as_posix()
    header, cells = read_cells(path, root)
    faults = [BookError(name, "has a YAML header", "the private half needs none: remove it")] if header else []
    cells = [cell for cell in cells if not (cell.kind == "markdown" and not cell.role)]  # a teacher's notes
    for cell in cells:
        faults += _faults(cell)
    if faults:
        raise Faults(faults)
    solutions = [cell for cell in cells if cell.role == "solution"]
    if len(solutions) != 1:
        raise BookError(name, f"has {len(solutions)} solution cells", "write exactly one `# %% solution`")
    half = PrivateHalf(path.stem, name, Answer("the solution", solutions[0].text, solutions[0].where))
    half.tests = [_test(cell) for cell in cells if cell.role == "test"]
    half.right = [Answer(cell.args["name"], cell.text, cell.where) for cell in cells if cell.role == "right"]
    half.wrong = _wrong(half, [cell for cell in cells if cell.role == "wrong"])
    _refuse_twins(half)
    return half


def _wrong(half: PrivateHalf, cells: list[SourceCell]) -> list[Answer]:
    """The wrong answers; those written as edits of the solution or of a right answer are written out."""
    bases = {SOLUTION: half.solution.text} | {answer.label: answer.text for answer in half.right}
    answers, faults = [], []
    for cell in cells:
        base, text = cell.args.get("from"), cell.text
        try:
            if base is not None and base not in bases:
                known = ", ".join(map(repr, bases))
                raise BookError(cell.where, f"from={base!r} names no right answer of this file", f"there are {known}")
            if base is not None:
                text = edited(cell, bases[base])
                faults += _code_faults(replace(cell, text=text))
        except BookError as error:
            faults.append(error)
        answers.append(Answer(cell.args["mistake"], text, cell.where))
    if faults:
        raise Faults(faults)
    return answers


def _test(cell: SourceCell) -> HiddenTest:
    return HiddenTest(cell.args["name"], float(cell.args["points"]), cell.args.get("hint", ""), cell.text, cell.where)


def _faults(cell: SourceCell) -> list[BookError]:
    if cell.role not in ARGUMENTS or cell.kind != "code":
        what = f"`# %% {cell.role or '(no role)'}` is not known here"
        return [BookError(cell.where, what, f"a private half has code cells with the roles {', '.join(ARGUMENTS)}")]
    needed, allowed = ARGUMENTS[cell.role]
    faults = [BookError(cell.where, f"`{cell.role}` needs {key}=…") for key in needed if key not in cell.args]
    for key, value in cell.args.items():
        if key not in needed + allowed:
            known = ", ".join(needed + allowed) or "no arguments"
            faults.append(BookError(cell.where, f"`{cell.role}` has no argument {key!r}", f"it takes {known}"))
        elif key == "points":
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1000:
                faults.append(BookError(cell.where, f"points={value!r}", "give a number greater than 0"))
        elif not isinstance(value, str) or not value.strip() or "\n" in value:
            faults.append(BookError(cell.where, f"{key}={value!r}", "give one line of text in double quotes"))
    return faults if "from" in cell.args else faults + _code_faults(cell)


def _code_faults(cell: SourceCell) -> list[BookError]:
    if reserved := RESERVED.search(cell.text):
        todo = "nbgrader cuts cells at these words: say it otherwise"
        return [BookError(cell.where, f"{reserved[0]!r} stands in the code", todo)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a warning while a graded cell compiles would cost all its points
            compile(cell.text, cell.where, "exec", dont_inherit=True)
        tree = ast.parse(cell.text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        at = f" (line {line} of the cell)" if line else ""
        return [BookError(cell.where, f"is not Python that a cell can hold: {getattr(error, 'msg', error)}{at}")]
    if not tree.body:
        return [BookError(cell.where, f"the {cell.role} cell is empty")]
    if cell.role == "test" and any(isinstance(node, ast.Global) for node in ast.walk(tree)):
        return [BookError(cell.where, "a test uses `global`", "tests stand alone: keep its values inside it")]
    return []


def _refuse_twins(half: PrivateHalf) -> None:
    """Two tests of one name cannot be told apart in a report; two equal answers count for one."""
    items = [(("test", test.name), test.where) for test in half.tests]
    items += [(("answer", ast.dump(ast.parse(a.text))), a.where) for a in [half.solution, *half.right, *half.wrong]]
    first: dict[tuple[str, str], str] = {}
    faults = []
    for key, where in items:
        if key in first:
            what = "has the name of another test" if key[0] == "test" else "is the same code as another answer"
            faults.append(BookError(where, f"this {key[0]} {what} ({first[key]})", "change one of them"))
        first.setdefault(key, where)
    if faults:
        raise Faults(faults)
