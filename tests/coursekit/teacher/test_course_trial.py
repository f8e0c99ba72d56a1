"""Running the course: what stops it, and that the message names the offender."""

import pytest
from toy import ANSWER, CHECK

from coursekit.errors import BookError
from coursekit.grading.job import Times
from coursekit.teacher.exercises import read_assignments
from coursekit.teacher.merge import merge_notebook
from coursekit.teacher.trial import Row, try_answers


def judge(toy) -> list[Row]:
    (assignment,) = read_assignments(toy.root)
    merged = merge_notebook(assignment.notebook, assignment.name, assignment.exercises, assignment.halves)
    return try_answers(toy.root, assignment, merged)


def refused(toy) -> str:
    with pytest.raises(BookError) as caught:
        judge(toy)
    return str(caught.value)


def test_right_answers_pass_and_wrong_ones_do_not(toy):
    assert judge(toy) == [Row("01_lists", "turn", 3, right=2, wrong=5, caught_by_check=1)]


def test_a_solution_that_fails_a_hidden_test(toy):
    toy.replace("range(len(items) - 1, -1, -1)", "range(len(items) - 1, 0, -1)")
    toy.notebook(check="pass")
    said = refused(toy)
    assert "01_lists/turn.py, line 1: 'the solution' gets 1 of 3 points in 'turn'" in said
    assert "test 'Any length' (course/exercises/01_lists/turn.py, line 13): AssertionError" in said


def test_a_solution_that_the_visible_check_refuses(toy):
    toy.notebook(check=CHECK.replace("== [2, 1]", "== [1, 2]"))
    assert "line 1: the visible check of 'turn' refuses the solution" in (said := refused(toy))
    assert "✗ two things" in said


def test_a_practice_solution_that_fails(toy):
    toy.write("double", "# %% solution\ndef double(x):\n    return 2 * x\n")
    toy.notebook(answer="1 / 0\n" + ANSWER)
    assert "turn.py, line 1: the solution fails" in (said := refused(toy))
    assert "ZeroDivisionError" in said


def test_a_lesson_cell_that_fails(toy):
    path = toy.notebook()
    path.write_text(path.read_text().replace("length = len([1, 2])", "length = len(3)"))
    assert "notebooks/01_lists.ipynb, cell 2: the cell fails" in (said := refused(toy))
    assert "TypeError" in said


def test_a_lesson_cell_that_does_not_end(toy):
    toy.patience(3)
    path = toy.notebook()
    path.write_text(path.read_text().replace("length = len([1, 2])", "import time; time.sleep(60)"))
    assert "notebooks/01_lists.ipynb, cell 2: the cell did not end within 3 s" in refused(toy)


def test_a_right_answer_that_loses_points(toy):
    toy.replace("return items[::-1]", "return items[::-1][:2]")
    said = refused(toy)
    assert "line 30: 'by slicing' gets 1 of 3 points in 'turn'" in said
    assert "test 'Any length'" in said


def test_a_right_answer_that_the_visible_check_refuses(toy):
    toy.replace("return items[::-1]", "return tuple(items[::-1])")
    assert "the visible check refuses the right answer 'by slicing'" in refused(toy)


def test_a_right_answer_that_lives_on_the_names_of_another(toy):
    toy.replace("    return items[::-1]", "    return aid(items)\n\n\ndef aid(items):\n    return items[::-1]")
    toy.replace("    return turned", "    return aid(items)")
    assert "'by inserting'" in (said := refused(toy))
    assert "name 'aid' is not defined" in said


def test_an_answer_that_writes_to_stderr_in_spite_of_us(toy):
    path = toy.notebook()
    path.write_text(path.read_text().replace("length = len([1, 2])", "import sys; length = sys.stderr"))
    toy.replace("return items[::-1]", 'print("psst", file=length); return items[::-1]')
    assert "writes to stderr with 'by slicing', which costs all points" in refused(toy)


def test_a_wrong_answer_with_full_marks(toy):
    toy.replace("return sorted(items)[::-1]", "return [*reversed(items)]")
    said = refused(toy)
    assert "line 58: a wrong answer gets full marks: 'Sorts instead.'" in said
    assert "✓ Any length: 2 of 2." in said


def test_wrong_answers_that_the_visible_check_finds_all(toy):
    longer = CHECK.replace(
        "    print(", "    assert turn([1, 3, 2, 4]) == [4, 2, 3, 1] and turn([]) == []\n"
        "    x = [1, 2]\n    assert turn(x) and x == [1, 2]\n    print(", 1)  # fmt: skip
    toy.notebook(check=longer)
    assert "turn.py: the visible check of 'turn' finds every wrong answer" in refused(toy)


def test_an_answer_that_ends_its_kernel(toy):
    toy.replace("return sorted(items)[::-1]", "import os; os._exit(1)")
    assert "line 58: the cell ended its kernel" in refused(toy)


def test_a_right_answer_that_cannot_be_defined(toy):
    toy.replace("def turn(items):\n    return items[::-1]", "turn = items[::-1]")
    assert "line 30: 'by slicing' fails before anything is asked of it" in (said := refused(toy))
    assert "NameError" in said


def test_a_hidden_test_that_nothing_fails(toy):
    toy.replace("assert numbers == [3, 1, 2]", "assert numbers")
    toy.replace("    items.reverse()\n    return items", "    items.reverse()\n    return items[1:]")
    assert "line 22: no wrong answer fails the test 'The input stays'" in refused(toy)


def test_a_hidden_test_that_the_untouched_stub_passes(toy):
    toy.replace("turn(numbers)\nassert numbers == [3, 1, 2]", "try:\n    turn(numbers)\nexcept Exception:\n    pass")
    toy.replace("assert top_of(things) == \"hat\"", "assert numbers[0] == 3")
    assert "turn.py: the untouched stub gets 1 points in 'turn'" in refused(toy)


def test_a_check_that_judges_the_untouched_stub(toy):
    toy.notebook(check=CHECK.replace("except NotImplementedError:\n    print(\"not answered yet\")\n", ""))
    assert "the visible check of 'turn' judges the untouched stub" in refused(toy)


def test_a_hidden_test_that_looks_behind_the_wall(toy):
    toy.replace('assert top_of(things) == "hat"', 'assert turn.__code__.co_argcount == 1')
    said = refused(toy)
    assert "line 22: does not cross the sandbox" in said and "`.__code__`" in said


def test_a_hidden_test_that_asks_for_what_stays_behind_the_wall(toy):
    toy.replace('assert top_of(things) == "hat"', "assert Pile().top() is None")
    said = refused(toy)
    assert "line 22: 'the solution' passes in a notebook and fails across the sandbox" in said and "Pile" in said


def test_a_hidden_test_that_leans_on_the_lesson(toy):
    toy.replace('assert top_of(things) == "hat"', "assert length == 2")
    assert "'the solution' passes in a notebook and fails across the sandbox: NameError" in refused(toy)


def test_an_answer_that_is_too_slow_for_grading(toy, monkeypatch):
    monkeypatch.setattr("coursekit.teacher.across.HALF", Times(call=0.5, exercise=1, notebook=60))
    toy.replace("    return items[::-1]", "    import time\n    time.sleep(0.7)\n    return items[::-1]")
    assert "'by slicing' stops the sandbox: the code did not end within" in refused(toy)
