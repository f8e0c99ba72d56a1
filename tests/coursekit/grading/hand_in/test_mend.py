"""Cells that an accident took apart: halves are joined, merges give one version, and nothing else is touched."""

import time

import pytest
from grading.hand_ins import ANSWERS, AREA, CHECKS, STUBS, Student, repaired

from coursekit.grading.hand_in.mend import mend
from coursekit.grading.hand_in.read import Cell

UPPER, LOWER = AREA.replace("*", "+"), AREA


def merge(upper, lower, base=""):
    return f"a = 1\n<<<<<<< HEAD\n{upper}\n{base}=======\n{lower}\n>>>>>>> mine\nb = 2"


def sources(*texts, **more):
    return [cell.source for cell in mend([Cell("code", text) for text in texts], **{"released": set()} | more)[0]]


@pytest.mark.parametrize("halves", [("def f(x):\n    y = x", "    return y"), ("def f(x):", "    return x"), ("a = (1,", "2)"),
                                    ("def f(x):\n    '''Twice", "    as much.'''\n    return 2 * x"), ("@cache", "def f(x):\n    return x"),
                                    ("if a:\n    b = 1", "else:\n    b = 2"), ("def f(x):", "    y = x", "    return y")])  # fmt: skip
def test_halves_are_joined(halves):
    assert sources("c = 1", *halves, "d = 2") == ["c = 1", "\n".join(halves), "d = 2"]
    assert mend([Cell("code", half) for half in halves], set())[1][0] == "a cell that had been split in two was joined again"


@pytest.mark.parametrize("cells", [("a = 1", "b = 2"), ("def f(x)", "b = 2"), ("def f(x):\n    return x", "%%html\nhere"),
                                   ("%%bash\nls", "    a = 1"), ("def f(x):\n    return x", ""), ("", "    a = 1"), ("a = (", "b = (")])  # fmt: skip
def test_what_is_no_half_stays(cells):
    assert sources(*cells) == [*cells]


def test_halves_of_other_cells_stay_and_text_is_no_half():
    first, second = Cell("code", "def f(x):\n    y = x", "f"), Cell("code", "    return y", "g")
    assert mend([first, second], set())[0] == [first, second]
    prose = Cell("markdown", "    return y")
    assert mend([first, prose], set())[0] == [first, prose]
    assert sources("def f(x):\n    y = x", "    return y", released={"return y"}) == ["def f(x):\n    y = x", "    return y"]


def test_of_a_merge_the_lower_version_is_taken_or_the_one_that_is_python():
    assert sources(merge(UPPER, LOWER)) == [f"a = 1\n{LOWER}\nb = 2"]
    assert sources(merge(UPPER, LOWER, "||||||| base\nc = 3\n")) == [f"a = 1\n{LOWER}\nb = 2"]
    assert sources(merge(UPPER, "def area(")) == [f"a = 1\n{UPPER}\nb = 2"]
    quoted = f"'''\n{merge(UPPER, LOWER)}\n'''"
    assert sources(quoted) == [quoted]


def test_long_and_wild_cells_are_mended_in_no_time():
    began = time.monotonic()
    sources("<<<<<<<\n" * 5_000 + "|||||||\n=======\n" * 5_000 + ">>>>>>>\n", "(\n" * 20_000)
    sources(*["  x"] * 2_000)
    assert time.monotonic() - began < 5


def test_the_halves_of_an_answer_are_the_answer():
    student = Student().write("area", "def area(width, height):\n    side = width")
    hand_in = repaired(student.add("    return side * height", "area"))
    assert hand_in.answers["area"] == "def area(width, height):\n    side = width\n    return side * height"
    assert (hand_in.notes, hand_in.doubts) == (["a cell that had been split in two was joined again"], {})
    hand_in = repaired(Student().write("area", "def area(width, height):\n    side = width").copied("area", "    return side"))
    assert hand_in.answers["area"].endswith("return side")


def test_an_answer_in_two_cells_with_the_same_mark_is_whole():
    halves, both = ANSWERS["split"].split("\n\n\n")
    hand_in = repaired(Student().write("split", halves).copied("split", both))
    assert hand_in.answers["split"] == f"{halves}\n\n{both}"
    assert (hand_in.notes, hand_in.doubts) == (["the answer to `split` stands in 2 cells"], {})


def test_a_merge_is_doubted_where_it_is_an_answer_and_told_elsewhere():
    hand_in = repaired(Student().write("area", merge(UPPER, LOWER)))
    assert "one version was taken" in hand_in.doubts["area"] and LOWER in hand_in.answers["area"]
    hand_in = repaired(Student().add(merge("c = 1", "c = 2"), "lesson1"))
    assert hand_in.doubts == {} and hand_in.unsure == hand_in.notes == ["a cell held the marks of a merge (<<<<<<<)"]


# --- in the student's own order ---------------------------------------------------------------------------------------


def whole(student):
    return [(step.kind, step.source if step.mine else step.exercise, step.mine) for step in repaired(student).whole]


def test_the_whole_is_in_the_student_s_order_with_the_released_tests():
    student = Student().add("mine = 1", "area").write("lesson1", "changed = 1").write("area-check", "print(area(1, 1))")
    student.delete("lesson2").copied("split-grade", "float(9)")
    assert whole(student) == [
        ("context", "", False), ("context", "changed = 1", True), ("context", "", False), ("answer", ANSWERS["area"], True),
        ("context", "mine = 1", True), ("context", "print(area(1, 1))", True), ("check", "area", False),
        ("answer", ANSWERS["split"], True), ("check", "split", False), ("grade", "split", False), ("context", "float(9)", True),
        ("answer", ANSWERS["limit"], True), ("check", "limit", False), ("grade", "limit", False),
    ]  # fmt: skip


def test_other_tries_are_part_of_it_and_copies_of_stubs_and_tests_are_not():
    student = Student().write("area", STUBS["area"]).add(AREA, "limit-check").add(CHECKS["area"], "lesson0").add("other = None")
    steps = whole(student)
    assert steps.count(("answer", AREA, True)) == 1 and ("context", "other = None", True) in steps
    assert sum(kind == "check" for kind, *_ in steps) == 3
    assert not [step for step in steps if "NotImplementedError" in step[1]]
