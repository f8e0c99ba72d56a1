"""Honest accidents and what becomes of them."""

import copy
import random
from pathlib import Path

import nbformat
import pytest
from grading.hand_ins import (
    ANSWERS,
    AREA,
    CHECKS,
    LESSON,
    LIMIT,
    RELEASE,
    SPLIT,
    STUBS,
    Student,
    context,
    order,
    repaired,
)

from coursekit.grading.hand_in import repair
from coursekit.grading.hand_in.read import Cell, read_cells

OTHER_AREA = "def area(width, height):\n    return height + width"


def test_a_sound_hand_in_needs_no_word():
    hand_in = repaired(Student())
    assert hand_in.answers == ANSWERS
    assert context(hand_in) == LESSON
    assert (hand_in.notes, hand_in.doubts) == ([], {})
    assert order(hand_in) == [*LESSON, *["area"] * 2, *["split"] * 3, *["limit"] * 3]


def test_an_untouched_stub_is_an_answer_like_any():
    hand_in = repaired(Student(answered=False))
    assert (hand_in.answers, hand_in.notes, hand_in.doubts) == (STUBS, [], {})


LOST = "nbgrader's metadata was lost; cells were matched by what they define"

ACCIDENTS = {
    "metadata lost": (
        lambda s: s.without(ids=False),
        ["nbgrader's metadata was lost; cells were matched by their ids"],
    ),
    "everything lost": (lambda s: s.without(), [LOST]),
    "colab keeps ids in the metadata": (lambda s: s.without(ids=True, metadata=False), []),
    "check cell deleted": (
        lambda s: s.delete("area-check"),
        ["the test cell of `area` was deleted; the released one is used"],
    ),
    "graded cell deleted": (
        lambda s: s.delete("limit-grade"),
        ["the test cell of `limit` was deleted; the released one is used"],
    ),
    "all tests deleted": (
        lambda s: s.delete("area-check", "split-check", "limit-check", "split-grade", "limit-grade"),
        ["5 test cells were deleted; the released ones are used"],
    ),
    "check cell changed": (
        lambda s: s.write("area-check", "assert True"),
        ["the test cell of `area` was changed; the released one is used"],
    ),
    "graded cell changed": (
        lambda s: s.write("split-grade", "100.0"),
        ["the test cell of `split` was changed; the released one is used"],
    ),
    "check cell copied": (
        lambda s: s.copied("area-check", CHECKS["area"]),
        ["the test cell of `area` is there 2 times; it is used once"],
    ),
    "check cell copied without its metadata": (
        lambda s: s.add(CHECKS["area"], "area"),
        ["the test cell of `area` was copied; it is used once"],
    ),
    "prompt deleted": (lambda s: s.delete("area-task"), []),
    "lesson cell deleted": (lambda s: s.delete("lesson1"), []),
    "prose and lesson deleted": (lambda s: s.delete("prose0", "prose1", "prose2", "lesson0", "lesson1", "lesson2"), []),
    "stub left beside the answer": (lambda s: s.copied("area", STUBS["area"]), []),
    "stub left without metadata": (lambda s: s.add(STUBS["area"], "area"), []),
    "answer copied unchanged": (lambda s: s.copied("area", AREA), []),
    "blank cells": (lambda s: s.add("").add("  \n", "area"), []),
    "answer written below its stub": (
        lambda s: s.write("area", STUBS["area"]).add(AREA, "area"),
        ["the answer to `area` was found in another cell than its own"],
    ),
    "answer cell deleted, answer in a new one": (
        lambda s: s.delete("area").add(AREA, "area-task"),
        ["the answer to `area` was found in another cell than its own"],
    ),
    "answer cell deleted, answer at the end": (
        lambda s: s.delete("limit").add(LIMIT),
        ["the answer to `limit` was found in another cell than its own"],
    ),
    "answers swapped": (
        lambda s: s.write("area", LIMIT).write("limit", AREA),
        [
            "the answer to `area` was found in the cell of `limit`",
            "the answer to `limit` was found in the cell of `area`",
        ],
    ),
    "answer in the check cell": (
        lambda s: s.write("area", STUBS["area"]).write("area-check", AREA),
        [
            "the answer to `area` was found in the test cell of `area`",
            "the test cell of `area` was changed; the released one is used",
        ],
    ),
}


@pytest.mark.parametrize("spoil", [pytest.param(change, id=name) for name, change in ACCIDENTS.items()])
def test_honest_accidents_cost_no_answer_and_raise_no_doubt(spoil):
    change, notes = spoil
    student = Student()
    change(student)
    hand_in = repaired(student)
    assert hand_in.answers == ANSWERS
    assert hand_in.notes == notes
    assert hand_in.doubts == {}
    assert context(hand_in) == LESSON


def test_cells_that_were_moved_come_back_into_order():
    student = Student()
    cells = student.notebook.cells
    cells.insert(0, cells.pop(student.at("limit")))
    cells.insert(1, cells.pop(student.at("lesson2")))
    hand_in = repaired(student)
    assert order(hand_in) == order(repaired(Student()))
    assert hand_in.notes == ["cells were moved; the released order is used"]
    assert hand_in.answers == ANSWERS


def test_shuffled_and_stripped_cells_are_still_found():
    for seed in range(20):
        student = Student().without()
        random.Random(seed).shuffle(student.notebook.cells)
        hand_in = repaired(student)
        assert hand_in.answers == ANSWERS and not hand_in.doubts and context(hand_in) == LESSON


@pytest.mark.parametrize("kind", ["markdown", "raw"])
@pytest.mark.parametrize("metadata", [True, False])
def test_an_answer_that_became_text_is_read_as_code(kind, metadata):
    student = Student()
    student.cell("area").cell_type = kind
    if not metadata:
        del student.cell("area").metadata["nbgrader"]
    hand_in = repaired(student)
    assert hand_in.answers == ANSWERS and not hand_in.doubts
    assert hand_in.notes == ["the answer cell of `area` had become text; it was read as code"]


def test_a_lesson_cell_that_became_text_and_a_prompt_that_became_code():
    student = Student()
    student.cell("lesson1").cell_type = "raw"
    student.cell("area-task").cell_type = "code"
    hand_in = repaired(student)
    assert context(hand_in) == LESSON and hand_in.answers == ANSWERS


def test_changed_lesson_cells_and_own_cells_stand_where_the_student_put_them():
    student = Student().write("lesson1", LESSON[1] + "\ncircle(3)").add("first = 1", "")
    student.add("helper = 2", "area-task").add("last = 3").add("more = 4", "lesson2")
    assert order(repaired(student)) == [
        *("first = 1", LESSON[0], LESSON[1] + "\ncircle(3)", LESSON[2], "more = 4", "helper = 2"),
        *("area", "area", *["split"] * 3, *["limit"] * 3, "last = 3"),
    ]


def test_a_change_of_spaces_alone_leaves_the_released_lesson_but_one_of_indentation_does_not():
    spaced = LESSON[1].replace("\n\n\n", "  \n")
    indented = LESSON[2].replace("    print", "  print")
    assert context(repaired(Student().write("lesson1", spaced).write("lesson2", indented))) == [*LESSON[:2], indented]


def test_a_changed_lesson_cell_is_found_by_likeness_when_all_else_is_lost():
    changed = LESSON[1].replace("circle(2)", "circle(5)")
    hand_in = repaired(Student().write("lesson1", changed).without())
    assert context(hand_in) == [LESSON[0], changed, LESSON[2]]


def test_likeness_finds_a_changed_cell_whose_neighbours_were_moved():
    changed = LESSON[1].replace("circle(2)", "circle(5)")
    student = Student().write("lesson1", changed)
    cells = student.notebook.cells
    cells.append(cells.pop(student.at("prose1")))
    cells.insert(0, cells.pop(student.at("prose2")))
    assert context(repaired(student.without())) == [LESSON[0], changed, LESSON[2]]


def test_a_changed_lesson_cell_that_defines_an_exercise_s_name_itself_is_no_answer():
    released = copy.deepcopy(RELEASE)
    first = next(cell for cell in released.cells if cell.id == "lesson0")
    first.source = "area = 0\n" + first.source
    student = Student().write("lesson0", "area = 5\n" + first.source)
    hand_in = repair(student.cells, released)
    assert hand_in.answers == ANSWERS and not hand_in.doubts
    assert not repair(student.write("area", STUBS["area"]).cells, released).notes


def test_changed_tests_are_found_by_likeness_and_never_run_as_the_student_s_own():
    changed = CHECKS["limit"].replace("4", "5")
    hand_in = repaired(Student().write("limit-check", changed).without())
    assert changed not in context(hand_in)
    assert hand_in.notes == [LOST, "the test cell of `limit` was changed; the released one is used"]


def test_of_several_different_answers_the_last_is_taken_and_doubted():
    hand_in = repaired(Student().copied("area", OTHER_AREA))
    assert hand_in.answers["area"] == OTHER_AREA
    assert hand_in.doubts == {"area": "2 different answer cells; the last one was taken"}
    assert context(hand_in) == LESSON


def test_several_own_cells_that_answer_are_doubted():
    student = Student().delete("area").add(AREA, "area-task").add(OTHER_AREA)
    hand_in = repaired(student)
    assert hand_in.answers["area"] == OTHER_AREA
    assert hand_in.doubts == {"area": "2 cells define it differently; the last one was taken"}


def test_a_copy_used_as_scratch_paper_stays_beside_the_answer():
    hand_in = repaired(Student().copied("area", "print(area(1, 2))"))
    assert hand_in.answers == ANSWERS and hand_in.doubts == {}
    assert order(hand_in)[3:6] == ["area", "print(area(1, 2))", "area"]


@pytest.mark.parametrize("after", ["lesson0", None, "area"])
def test_another_definition_elsewhere_is_doubted_only_if_it_differs(after):
    same = repaired(Student().add(AREA.replace("width * height", "width  *  height"), after))
    assert same.doubts == {}
    other = repaired(Student().add(f"x = 1\n{OTHER_AREA}", after))
    assert other.answers == ANSWERS
    assert other.doubts == {"area": "`area` is also defined in another cell"}


def test_a_deleted_answer_is_doubted():
    hand_in = repaired(Student().delete("area"))
    assert hand_in.answers["area"] == ""
    assert hand_in.doubts == {"area": "no answer was found; its cell was deleted"}


def test_an_emptied_answer_is_doubted():
    hand_in = repaired(Student().write("area", " \n"))
    assert hand_in.answers["area"] == ""
    assert hand_in.doubts == {"area": "the answer cell is empty"}


def test_answers_merged_into_one_cell_count_for_both():
    merged = f"{AREA}\n\n{LIMIT}"
    for student in (
        Student().write("area", merged).delete("limit"),
        Student().write("limit", merged).write("area", STUBS["area"]),
        Student().delete("limit", "area").add(merged, "area-task"),
    ):
        hand_in = repaired(student)
        assert hand_in.answers == ANSWERS | {"area": merged, "limit": merged}
        assert "one cell holds the answers to `area` and `limit`" in hand_in.notes
        assert not hand_in.doubts and merged not in context(hand_in)


def test_an_answer_split_over_two_cells_is_put_together():
    halves, both = SPLIT.split("\n\n\n")
    whole = repaired(Student().write("split", halves).add(both, "split"))
    assert whole.answers["split"] == f"{halves}\n\n{both}"
    assert whole.notes == ["the answer to `split` stands in 2 cells"]
    assert context(whole) == LESSON and not whole.doubts
    above = repaired(Student().write("split", both).add(halves, "split-task"))
    assert above.answers["split"] == f"{halves}\n\n{both}"


def test_a_stub_that_is_left_over_never_hides_the_answer():
    halves, both = SPLIT.split("\n\n\n")
    rest = STUBS["split"].split("\n\n\n")[1]
    hand_in = repaired(Student().write("split", f"{halves}\n\n\n{rest}").add(both, "split-task"))
    space = {}
    exec(hand_in.answers["split"], space)
    assert space["both"]([1, 2]) == ([1], [1, 2]) and not hand_in.doubts


def test_a_helper_in_the_answer_cell_is_kept_before_an_answer_that_stands_elsewhere():
    hand_in = repaired(Student().write("area", "factor = 1").add(AREA + " * factor", "area"))
    assert order(hand_in)[3:6] == ["factor = 1", "area", "area"]
    assert hand_in.answers["area"].endswith("* factor") and not hand_in.doubts


def test_an_answer_with_a_syntax_error_is_still_the_answer():
    broken = AREA.replace(":", "", 1)
    for student in (Student().write("area", broken), Student().write("area", broken).without()):
        hand_in = repaired(student)
        assert hand_in.answers["area"] == broken and not hand_in.doubts


def test_an_answer_under_another_name_is_doubted_when_its_metadata_is_lost():
    renamed = (
        STUBS["area"]
        .replace("area", "surface")
        .replace(" # YOUR CODE HERE\n    raise NotImplementedError()", "return width * height")
    )
    kept = repaired(Student().write("area", renamed))
    assert kept.answers["area"] == renamed and not kept.doubts
    lost = repaired(Student().write("area", renamed).without())
    assert lost.answers["area"] == renamed
    assert lost.doubts["area"].startswith("its cell was recognised by similarity alone (")


def test_an_answer_that_only_its_place_shows_is_doubted():
    hand_in = repaired(Student().write("area", "print('I do not know')").without())
    assert hand_in.answers["area"] == "print('I do not know')"
    assert hand_in.doubts == {"area": "only the place of its cell shows that it is the answer"}


def test_an_answer_in_a_lesson_cell_is_found():
    changed = f"{LESSON[2]}\n\n\n{AREA}"
    hand_in = repaired(Student(answered=True).write("area", STUBS["area"]).write("lesson2", changed))
    assert hand_in.answers["area"] == changed and hand_in.doubts == {}
    assert hand_in.notes == ["the answer to `area` was found in a cell of the lesson"]


def another_chapter(metadata):
    cells = [Cell("code", LESSON[0]), Cell("markdown", "# Another chapter")]
    cells += [Cell("code", f"def lesson_{i}(x):\n    return x + {i}", id=f"other{i}") for i in range(20)]
    return [*cells, Cell("code", "def depth(n):\n    return n", "depth" * metadata, "depth")]


@pytest.mark.parametrize("metadata", [True, False])
def test_the_notebook_of_another_chapter_is_recognised(metadata):
    hand_in = repaired(another_chapter(metadata))
    assert hand_in.doubts == dict.fromkeys(ANSWERS, "this looks like another notebook")
    assert hand_in.notes == ["this looks like another notebook than the assignment's"]


def test_answers_alone_are_no_other_notebook():
    hand_in = repaired([Cell("code", source) for source in ANSWERS.values()])
    assert hand_in.answers == ANSWERS and not hand_in.doubts
    assert hand_in.notes == [LOST, "5 test cells were deleted; the released ones are used"]


def test_nothing_at_all():
    hand_in = repaired([])
    assert hand_in.answers == dict.fromkeys(ANSWERS, "") and set(hand_in.doubts) == set(ANSWERS)


def test_the_real_release_if_it_is_here():
    found = sorted(Path(__file__).parents[4].glob("course/release/*/*.ipynb"))
    for path in found:
        real = nbformat.read(path, as_version=4)
        cells = read_cells(path)
        hand_in = repair(cells, real)
        code = [c.source for c in real.cells if c.cell_type == "code"]
        assert [s.source for s in hand_in.steps] == code
        assert (hand_in.notes, hand_in.doubts) == ([], {})
        bare = repair([Cell(c.kind, c.source) for c in cells], real)
        assert [s.source for s in bare.steps] == code and not bare.doubts


def test_the_release_is_not_changed():
    before = copy.deepcopy(RELEASE)
    repaired(Student().write("area-check", "x").without())
    assert before == RELEASE
