"""The names of an exercise's cells are written and read by the same module, and so is the graded cell's text."""

import contextlib
import io

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from coursekit.exercise_cells import (
    PARTS,
    exercises_in,
    grade_id,
    graded_text,
    id_of,
    mark,
    says_failed,
    split,
    table_of_tests,
    verdict,
)

TESTS = [("Three", 1.5, "Count.", ["    assert answer == 3"]), ("Odd", 1, "", ["    assert answer % 2"])]


def test_what_is_written_is_read_again():
    assert [split(id_of("turn", part)) for part in PARTS] == [("turn", part) for part in PARTS]
    assert [mark("turn", part)["grade_id"] for part in PARTS] == ["turn-task", "turn", "turn-check", "turn-grade"]
    assert [split(name) for name in ("", "odd-end", "turn-answer", "-check")] == [
        (name, "answer") for name in ("", "odd-end", "turn-answer", "-check")
    ]


def test_only_the_answer_may_be_edited_and_only_the_graded_cell_has_points():
    cells = {part: mark("turn", part, 3) for part in PARTS}
    assert [part for part in PARTS if not cells[part]["locked"]] == ["answer"]
    assert [part for part in PARTS if cells[part]["solution"]] == ["answer"]
    assert [part for part in PARTS if cells[part]["grade"] or "points" in cells[part]] == ["grade"]


def test_the_places_of_an_exercise():
    cells = [new_markdown_cell("# One"), new_markdown_cell("", metadata={"nbgrader": mark("turn", "task")})]
    cells += [new_code_cell("", metadata={"nbgrader": mark("turn", part)}) for part in ("answer", "check", "grade")]
    cells += [new_code_cell("", metadata={"nbgrader": mark("lost", "check")})]
    assert exercises_in(cells) == {"turn": {"task": 1, "answer": 2, "check": 3, "grade": 4}}
    assert exercises_in(cells[:4]) == {"turn": {"task": 1, "answer": 2, "check": 3}}
    with pytest.raises(KeyError):
        grade_id(new_code_cell("", metadata={"nbgrader": {"grade": True}}))


def test_the_graded_cell_says_what_the_verdicts_say_and_its_table_runs_nothing():
    text, out = graded_text("# public", TESTS, "# canary"), io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(text, {"answer": 4})
    assert out.getvalue().splitlines() == [verdict(name, points, False, hint) for name, points, hint, _ in TESTS]
    assert [says_failed(out.getvalue(), test) for test in ("Three", "Odd", "Even")] == [True, True, False]
    names = {"answer": 3}
    exec(table_of_tests(text), names)
    assert [row[2] for row in names["_tests"]] == ["Three", "Odd"] and "_earned" not in names


@pytest.mark.parametrize("spoil", [("_earned += _points", "_earned += 9"), ("### BEGIN HIDDEN TESTS", "")])
def test_a_graded_cell_that_we_did_not_write_has_no_table(spoil):
    assert table_of_tests(graded_text("# public", TESTS, "# canary").replace(*spoil)) == ""
