"""Which other ways to run a hand-in are tried: those that may make a difference, and no more."""

import pytest

from coursekit.grading import ways
from coursekit.grading.hand_in.assemble import Step

LESSON = [Step("context", "import math\nslow = train()\nunit = 1"), Step("context", "def circle(r):\n    return math.pi * r")]
TESTS = [Step("check", "", "area"), Step("grade", "", "area")]


def answer(source: str) -> Step:
    return Step("answer", source, "area", mine=True)


def own(source: str) -> Step:
    return Step("context", source, mine=True)


def others(*steps: Step, whole=None) -> list[ways.Way]:
    return list(ways.others(steps, ways.sliced(steps, {"area"}), steps if whole is None else whole))


def orders(*steps: Step, **more) -> list[str]:
    return [way.order for way in others(*steps, **more)]


AREA = answer("def area(w, h):\n    return times(w, h)")
TIMES = own("def times(a, b):\n    return a * b\n# a note")


def test_nothing_else_is_tried_where_all_that_was_written_was_run():
    assert orders(*LESSON, answer("def area(w, h): return w * h"), *TESTS) == []
    assert orders(*LESSON, TIMES, AREA, *TESTS, own("# no code at all")) == []
    assert orders() == orders(*LESSON) == []


@pytest.mark.parametrize(
    "left_out",
    ["values.append(1)", "print(area(1, 2))", "%run helpers.py", "def broken(:", "x = 1"],
)
def test_what_was_left_out_is_run_in_the_student_s_order(left_out):
    steps = [*LESSON, TIMES, own(left_out), AREA, *TESTS]
    (way,) = others(*steps)
    assert way.order == "in the student's order" and not way.needed
    assert [step.source for step in way.steps if step.mine] == [TIMES.source, left_out, AREA.source]


@pytest.mark.parametrize("word", ["globals()['times']", "eval('times')", "__import__('math')", "vars(tools)", "sys.modules"])
def test_where_a_name_may_be_looked_up_the_whole_lesson_is_run(word):
    looks = answer(f"def area(w, h): return {word}")
    (way,) = others(*LESSON, looks, *TESTS)
    assert [step.source for step in way.steps[:2]] == [step.source for step in LESSON]


def test_of_the_lesson_no_more_is_run_than_what_the_student_s_cells_use():
    (way,) = others(*LESSON, own("print(circle(unit))"), AREA, *TESTS)
    assert [step.source for step in way.steps[:2]] == ["import math\nunit = 1", LESSON[1].source]


def test_another_order_and_cells_below_the_tests_are_tried():
    moved = [AREA, *LESSON, TIMES, *TESTS]
    assert orders(*LESSON, TIMES, AREA, *TESTS, whole=moved) == ["in the student's order"]
    assert orders(*LESSON, AREA, *TESTS, TIMES) == ["before the tests"]
    (last,) = others(*LESSON, AREA, *TESTS, TIMES)
    assert [step.kind for step in last.steps] == ["context", "context", "answer", "context", "check", "grade"]
    later = Step("answer", TIMES.source, "double", mine=True)
    assert orders(*LESSON, AREA, *TESTS, later) == ["before the tests"]
    assert orders(*LESSON, answer("def area(w, h): return w"), *TESTS, later) == []
    assert orders(*LESSON, own("print(1)"), AREA, *TESTS, own("note()")) == ["in the student's order", "before the tests"]
