"""The exercises of a course's notebook, as the judge reads them."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from coursekit.errors import BookError
from coursekit.exercise_cells import graded_text, mark
from coursekit.grading.hand_in.assemble import Step
from coursekit.grading.judge import Exercise, exercises_of, hidden_tests, judge
from coursekit.grading.sandbox import Sandbox
from coursekit.grading.session import Times

WRITTEN = graded_text("# public", [("Doubles", 1, "", ["    assert double(2) == 4"])], "# canary")


def exercise(graded: str):
    cells = [new_code_cell(text, metadata={"nbgrader": mark("double", part, 1)})
             for part, text in (("answer", "def double(x):\n    return 2 * x"), ("grade", graded))]  # fmt: skip
    return exercises_of(new_notebook(cells=cells), "course/source/01_a/01_a.ipynb")["double"]


def test_the_tests_of_a_graded_cell_are_those_that_we_wrote():
    assert [row[2] for row in hidden_tests(exercise(WRITTEN), {})] == ["Doubles"]
    with pytest.raises(BookError, match=r"^course/source/01_a/01_a.ipynb, cell double-grade: holds no tests that coursekit"):
        hidden_tests(exercise("assert double(2) == 4"), {})


@pytest.mark.slow
def test_a_check_of_practice_may_ask_what_cannot_cross():
    """It earns nothing, so nobody has to look; of an exercise with points that is a fault of the course."""
    steps = [Step("answer", "def double(x):\n    return 2 * x", "double"), Step("check", "", "double")]
    with Sandbox([], []) as sandbox:
        for points, stopped in ((0.0, ""), (1.0, "contract")):
            exercise = Exercise("double", ("double",), "double(object())", points=points)
            (result,) = judge(steps, {"double": exercise}, sandbox.worker, Times(5, 10, 20), "seed")
            assert result.stopped == stopped and "this check cannot be shown here" in result.shown
