"""How an exercise lies in a notebook: the names of its cells, their nbgrader metadata, the text of the graded one.

The exercise `unshuffle` has up to four cells: its prompt `unshuffle-task`, the answer `unshuffle`, the visible tests
`unshuffle-check` and, where it earns points, `unshuffle-grade`, whose hidden tests only the teacher's copy holds.
"""

from collections.abc import Iterable

PARTS = ("task", "answer", "check", "grade")
BEGIN_TESTS, END_TESTS = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"  # nbgrader cuts what stands between them
RUN_TESTS = """\
_earned = 0.0
for _test, _points, _name, _hint in _tests:
    try:
        with _contextlib.redirect_stdout(_io.StringIO()), _contextlib.redirect_stderr(_io.StringIO()):
            _test()
    except (Exception, SystemExit):
        print(f"✗ {_name}: 0 of {_points:g}. {_hint}".rstrip())
    else:
        _earned += _points
        print(f"✓ {_name}: {_points:g} of {_points:g}.")
round(_earned, 6)"""


# --- names and metadata -----------------------------------------------------------------------------------------------


def id_of(exercise: str, part: str) -> str:
    """`unshuffle`, `answer` -> `unshuffle`; `unshuffle`, `check` -> `unshuffle-check`."""
    return exercise if part == "answer" else f"{exercise}-{part}"


def split(grade_id: str) -> tuple[str, str]:
    """`unshuffle-check` -> `unshuffle`, `check`; a name with none of our endings is an answer's."""
    exercise, _, part = grade_id.rpartition("-")
    return (exercise, part) if exercise and part in PARTS and part != "answer" else (grade_id, "answer")


def mark(exercise: str, part: str, points: float = 0) -> dict:
    """nbgrader's metadata of a cell."""
    flags = {"grade": part == "grade", "locked": part != "answer", "solution": part == "answer", "task": False}
    worth = {"points": points} if part == "grade" else {}
    return {"grade_id": id_of(exercise, part), **flags, "schema_version": 3, **worth}


def grading(cell) -> dict:
    """What nbgrader's metadata says of a cell of our own notebooks; {} for none."""
    return cell.metadata.get("nbgrader") or {}


def grade_id(cell) -> str:
    """The name that nbgrader's metadata gives a cell of our own notebooks; "" for none."""
    return grading(cell)["grade_id"] if grading(cell) else ""


def exercises_in(cells: Iterable) -> dict[str, dict[str, int]]:
    """The exercises of a notebook of ours, in its order: for each the place of every part that is there."""
    cells = list(cells)
    places = {name: at for at, cell in enumerate(cells) if (name := grade_id(cell))}
    answers = [name for name, at in places.items() if grading(cells[at]).get("solution")]
    return {
        name: {part: places[id_of(name, part)] for part in PARTS if id_of(name, part) in places} for name in answers
    }


# --- the graded cell --------------------------------------------------------------------------------------------------


def graded_text(public: str, tests: Iterable[tuple[str, float, str, list[str]]], canary: str) -> str:
    """Its public line, then tests (name, points, hint, indented lines) that fail one by one; the points as a float."""
    lines = [public, BEGIN_TESTS, canary, "import contextlib as _contextlib", "import io as _io", ""]
    table = ["_tests = ("]
    for number, (name, points, hint, body) in enumerate(tests, 1):
        lines += ["", f"def {test_name(number)}():", *body, ""]
        table.append(f"    ({test_name(number)}, {points!r}, {name!r}, {hint!r}),")
    return "\n".join([*lines, "", *table, ")", RUN_TESTS, END_TESTS])


def test_name(number: int) -> str:
    """The function that a test became in the graded cell, counted from 1."""
    return f"_hidden_{number}"


def table_of_tests(graded: str) -> str:
    """The part of a graded cell that defines `_tests` and runs none of them; "" when it is not `graded_text`'s."""
    body, found, _ = graded.partition(RUN_TESTS)
    return body if found and BEGIN_TESTS in body else ""


def verdict(test: str, points: float, passed: bool, hint: str = "") -> str:
    """What the graded cell prints of one test: `✓ Any groups: 1 of 1.` or `✗ Any groups: 0 of 1. Try groups=3.`"""
    if passed:
        return f"✓ {test}: {points:g} of {points:g}."
    return f"✗ {test}: 0 of {points:g}. {hint}".rstrip()


def says_failed(printed: str, test: str) -> bool:
    """Whether a graded cell that printed this failed the test."""
    return any(line.startswith(f"✗ {test}: ") for line in printed.splitlines())
