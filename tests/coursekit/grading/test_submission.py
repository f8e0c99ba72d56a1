"""Honest accidents, hostile files and what becomes of them."""

import copy
import gzip
import json
import os
import random
import socket
import time
from pathlib import Path

import nbformat
import pytest
from grading.hand_ins import ANSWERS, AREA, CHECKS, GRADED, LESSON, LIMIT, SPLIT, STUBS, Student, release
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.grading import submission
from coursekit.grading.submission import Cell, Unreadable, find_notebook, read_cells, repair, said

RELEASE = release()
NAME = "05_shuffle_v1"
OTHER_AREA = "def area(width, height):\n    return height + width"


def repaired(student):
    cells = student.cells if isinstance(student, Student) else student
    hand_in = repair(cells, RELEASE)
    assert_tests_are_the_release_s(hand_in)
    return hand_in


def assert_tests_are_the_release_s(hand_in):
    """The one thing that no hand-in may change."""
    tests = [(s.kind, s.exercise, s.source) for s in hand_in.steps if s.kind in ("check", "grade")]
    assert tests == [
        (kind, name, GRADED if kind == "grade" else CHECKS[name])
        for name in ANSWERS
        for kind in (("check",) if name == "area" else ("check", "grade"))
    ]
    assert list(hand_in.answers) == list(ANSWERS)
    answers = [(s.exercise, s.source) for s in hand_in.steps if s.kind == "answer"]
    assert answers == list(hand_in.answers.items())
    assert {s.kind for s in hand_in.steps} <= {"context", "answer", "check", "grade"}


def context(hand_in):
    return [step.source for step in hand_in.steps if step.kind == "context"]


def order(hand_in):
    return [step.exercise or step.source for step in hand_in.steps]


# --- repair -----------------------------------------------------------------------------------------------------------


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


# --- repair: claims ---------------------------------------------------------------------------------------------------


def test_a_grade_id_on_something_else_is_not_believed():
    student = Student()
    student.cell("area").metadata.nbgrader.grade_id = "limit"
    student.cell("limit").metadata.nbgrader.grade_id = "area"
    hand_in = repaired(student)
    assert hand_in.answers == ANSWERS and not hand_in.doubts


def test_an_answer_that_claims_to_be_a_test_replaces_none():
    student = Student()
    student.cell("area").metadata.nbgrader.update(grade_id="limit-grade", points=100, grade=True)
    hand_in = repaired(student)
    assert hand_in.answers == ANSWERS
    assert "the test cell of `limit` is there 2 times; it is used once" in hand_in.notes


def test_a_test_that_claims_to_be_an_answer_or_a_lesson():
    student = Student().write("limit-grade", "100.0")
    student.cell("limit-grade").metadata.nbgrader.grade_id = "limit"
    student.cell("area-check").metadata.nbgrader.grade_id = "unheard-of"
    student.write("area-check", "def check(): pass").cell("area-check")["id"] = "lesson0"
    hand_in = repaired(student)
    assert hand_in.answers == ANSWERS


def test_two_thousand_cells_that_all_claim_to_be_the_answer():
    cells = [Cell("code", f"def area(w, h):\n    return {i}", "area", "area") for i in range(2000)]
    hand_in = repaired(cells)
    assert hand_in.answers["area"] == cells[-1].source
    assert hand_in.doubts["area"] == "2000 different answer cells; the last one was taken"


def words(count, seed=0):
    return " ".join(
        random.Random(seed).choices(["area", "for", "def", "=", "(", "x", "in", ":", "\n", "Limit"], k=count)
    )


JUNK = {
    "words": [words(100, i) for i in range(2000)],
    "near stubs": [STUBS["split"] + f"\n# {i}" for i in range(2000)],
    "near lessons": [" ".join(random.Random(i).sample(LESSON[1].split(), 7)) for i in range(2000)],
    "dense": ["area = 1\n" + "a=1;" * 12_000 for _ in range(20)],
    "dense blocks": ["if 1:\n area = 1\n" + " a=b\n" * 9_000 for _ in range(20)],
    "alike": ["( " * 200] * 1000,
    "nested": ["area = " + "(" * 40_000 for _ in range(20)],
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
@pytest.mark.parametrize("grade_id", ["", "area"])
def test_junk_is_dealt_with_quickly(junk, grade_id):
    cells = [Cell("code", source, grade_id) for source in junk]
    start = time.process_time()
    repaired(cells)
    assert time.process_time() - start < 2


def test_the_work_on_one_hand_in_is_bounded(monkeypatch):
    read, compared = [], []
    parse, matcher = submission.slices._parse, submission.difflib.SequenceMatcher
    monkeypatch.setattr(submission.slices, "_parse", lambda source: read.append(len(source)) or parse(source))
    monkeypatch.setattr(submission.difflib, "SequenceMatcher", lambda *a, **k: compared.append(a) or matcher(*a, **k))
    repair([Cell("code", f"area = {i}\n" + "# long\n" * 5_000) for i in range(25)], RELEASE)
    assert 100_000 < sum(read) < 400_000
    repair([Cell("code", LESSON[1] + f"\n# {i}") for i in range(2000)], RELEASE)
    assert 0 < len(compared) <= 100


def test_an_honest_hand_in_is_repaired_quickly():
    student = Student()
    for i in range(100):
        student.add(f"def own_{i}(x):\n    return area(x, {i})", "lesson1")
    student.without()
    repair(student.cells, RELEASE)
    start = time.process_time()
    repair([*student.cells, Cell("code", "new = 1")], RELEASE)
    assert time.process_time() - start < 0.05


def mutations():
    number = st.integers(0, len(RELEASE.cells) - 1)
    text = st.one_of(
        st.text(max_size=40), st.sampled_from([*ANSWERS.values(), *STUBS.values(), *CHECKS.values(), GRADED, *LESSON])
    )
    claim = st.sampled_from(["", "nonsense", *(c.id for c in RELEASE.cells)])
    return st.lists(
        st.one_of(
            st.tuples(st.just("delete"), number),
            st.tuples(st.just("move"), number, number),
            st.tuples(st.just("source"), number, text),
            st.tuples(st.just("kind"), number, st.sampled_from(["code", "markdown", "raw"])),
            st.tuples(st.just("grade_id"), number, claim),
            st.tuples(st.just("id"), number, claim),
            st.tuples(st.just("copy"), number, number),
            st.tuples(st.just("strip")),
        ),
        max_size=12,
    )


def mutated(cells, changes):
    for change, *rest in changes:
        at = rest[0] % len(cells) if rest and cells else 0
        if change == "strip":
            cells = [Cell(c.kind, c.source) for c in cells]
        elif not cells:
            continue
        elif change == "delete":
            del cells[at]
        elif change == "move":
            cells.insert(rest[1], cells.pop(at))
        elif change == "copy":
            cells.insert(rest[1], cells[at])
        else:
            cells[at] = Cell(**{**cells[at].__dict__, change: rest[1]})
    return cells


@settings(max_examples=300, deadline=None)
@given(mutations(), st.booleans())
def test_whatever_was_changed_the_tests_are_the_release_s(changes, answered):
    repaired(mutated(Student(answered).cells, changes))


@settings(max_examples=100, deadline=None)
@given(
    st.randoms(use_true_random=False),
    st.booleans(),
    st.booleans(),
    st.sets(st.sampled_from(["lesson0", "area-check", "split-task", "split-grade", "prose1", "limit-check"])),
)
def test_moved_stripped_and_thinned_hand_ins_keep_their_answers(rng, metadata, ids, gone):
    student = Student().delete(*gone).without(metadata, ids)
    rng.shuffle(student.notebook.cells)
    hand_in = repaired(student)
    assert hand_in.answers == ANSWERS and not hand_in.doubts


def test_the_real_release_if_it_is_here():
    found = sorted(Path(__file__).parents[3].glob("course/release/*/*.ipynb"))
    for path in found:
        real = nbformat.read(path, as_version=4)
        cells = read_cells(path)
        hand_in = repair(cells, real)
        code = [c.source for c in real.cells if c.cell_type == "code"]
        assert [s.source for s in hand_in.steps] == code
        assert (hand_in.notes, hand_in.doubts) == ([], {})
        bare = repair([Cell(c.kind, c.source) for c in cells], real)
        assert [s.source for s in bare.steps] == code and not bare.doubts


# --- reading ----------------------------------------------------------------------------------------------------------


def written(tmp_path, data):
    path = tmp_path / "hand_in.ipynb"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_notebook_is_read_in_any_unicode(tmp_path, encoding):
    student = Student().write("area", AREA + "  # größe × 2 🙂")
    assert read_cells(written(tmp_path, student.json().encode(encoding))) == student.cells


def one(tmp_path, **cell):
    (found,) = read_cells(written(tmp_path, json.dumps({"cells": [cell]})))
    return found


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ({"cell_type": "code", "source": ["a\n", "b"]}, Cell("code", "a\nb")),
        ({"cell_type": "code", "source": ["a", 1, None, "b"]}, Cell("code", "ab")),
        ({"cell_type": "code", "source": {"a": 1}, "metadata": [1]}, Cell("code", "")),
        ({"cell_type": "code", "source": "a\r\nb\rc"}, Cell("code", "a\nb\nc")),
        ({"cell_type": "code"}, Cell("code", "")),
        ({"cell_type": "html", "source": "a"}, Cell("raw", "a")),
        ({"cell_type": ["code"], "source": "a"}, Cell("raw", "a")),
        (
            {"source": "a", "id": 5, "metadata": {"id": "colab", "nbgrader": {"grade_id": "g"}}},
            Cell("raw", "a", "g", "colab"),
        ),
        ({"cell_type": "code", "source": "a", "metadata": {"nbgrader": "x"}, "id": "i"}, Cell("code", "a", "", "i")),
        ({"cell_type": "code", "source": "a\ud800"}, Cell("code", "a\ufffd")),
        (
            {"cell_type": "markdown", "source": "![p](data:image/png;base64," + "iVBO" * 400_000 + ")"},
            Cell("markdown", "![p]()"),
        ),
    ],
)
def test_odd_cells_are_read(tmp_path, cell, expected):
    found = one(tmp_path, **cell)
    assert found.source.replace("�", "\ufffd").rstrip("\ufffd") == expected.source.rstrip("\ufffd")
    assert (found.kind, found.grade_id, found.id) == (expected.kind, expected.grade_id, expected.id)
    found.source.encode()


def test_format_3_and_the_rest_that_is_no_cell(tmp_path):
    old = {
        "worksheets": [
            {"cells": [{"cell_type": "code", "input": ["a"]}, {"cell_type": "heading", "source": "b"}]},
            5,
            {},
        ]
    }
    assert read_cells(written(tmp_path, json.dumps(old))) == [Cell("code", "a"), Cell("markdown", "b")]
    assert read_cells(written(tmp_path, '{"cells": [1, null, "x", []], "cells": [2, {"source": "b"}]}')) == [
        Cell("raw", "b")
    ]


WHOLE = Student().json()

UNREADABLE = {
    "empty": (b"", "the file is empty"),
    "zero bytes": (b"\0" * 4096, "the file is empty"),
    "zip": (b"PK\x03\x04" + b"x" * 100, "it is a zip archive, not a notebook"),
    "gzip": (gzip.compress(WHOLE.encode()), "it is a gzip archive, not a notebook"),
    "pdf": (b"%PDF-1.7\n", "it is a PDF file, not a notebook"),
    "web page": ("\n<!DOCTYPE html><html><body>Sign in</body></html>", "it is a web page, not a notebook"),
    "python": ("def area(w, h):\n    return w * h\n", "it is text, not a notebook"),
    "latin-1": ('{"cells": [{"source": "größe"}]}'.encode("latin-1"), "it is not UTF-8 text"),
    "cut off": (
        WHOLE[: len(WHOLE) // 2],
        "it breaks off before its end; perhaps the download or the upload stopped early",
    ),
    "damaged": (WHOLE.replace('"cells":', '"cells"', 1), "its JSON is damaged in line 5"),
    "merge": (
        WHOLE.replace("\n", "\n<<<<<<< HEAD\n", 1),
        "it holds the marks of a merge conflict (<<<<<<<); the two versions have to be merged first",
    ),
    "list": ("[1, 2]", "it is JSON, but no notebook"),
    "number": ("5", "it is JSON, but no notebook"),
    "other object": ('{"cells": {"a": 1}}', "it is JSON, but no notebook"),
    "deep": ("[" * 200_000, "its JSON is nested too deeply"),
    "deep objects": ('{"cells":' * 100_000, "its JSON is nested too deeply"),
    "long number": ("[" + "9" * 10_000 + "]", "its JSON holds a number that is too long"),
    "many cells": (
        json.dumps({"cells": [{"source": "a"}] * 2001}),
        "the notebook has 2,001 cells; at most 2,000 are read",
    ),
    "much text": (
        json.dumps({"cells": [{"source": "a" * 600_000}] * 2}),
        "the notebook holds more than 1 MiB of text in its cells",
    ),
    "large": (b" " * (20 * 2**20 + 1), "the file is larger than 20 MiB"),
}


@pytest.mark.parametrize(("data", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_notebook_says_why(tmp_path, data, why):
    with pytest.raises(Unreadable) as caught:
        read_cells(written(tmp_path, data))
    assert str(caught.value) == why


def test_every_cut_is_called_a_cut(tmp_path):
    for at in range(2, len(WHOLE.rstrip()), 37):
        with pytest.raises(Unreadable, match="breaks off"):
            read_cells(written(tmp_path, WHOLE[:at]))


def test_merge_marks_within_a_cell_are_the_student_s_text(tmp_path):
    student = Student().write("area", f"<<<<<<< HEAD\n{AREA}\n=======\n>>>>>>> mine")
    assert read_cells(student.save(tmp_path / "a.ipynb")) == student.cells


def test_only_ordinary_files_are_opened(tmp_path):
    real = Student().save(tmp_path / "real.ipynb")
    (tmp_path / "link.ipynb").symlink_to(real)
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    server = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    try:
        os.chdir(tmp_path)
        server.bind("socket.ipynb")
    finally:
        os.chdir(here)
    odd = "it is no ordinary file"
    whys = {"link": "it is a link", "pipe": odd, "folder": odd, "socket": odd}
    whys |= {
        "missing": "the file cannot be read: No such file or directory",
        "nul\0": "the file cannot be read: a faulty name",
    }
    for name, why in whys.items():
        with pytest.raises(Unreadable) as caught:
            read_cells(tmp_path / f"{name}.ipynb")
        assert str(caught.value) == why
    with pytest.raises(Unreadable, match=odd):
        read_cells(Path("/dev/zero"))
    server.close()
    assert not [name for name in os.listdir("/proc/self/fd") if str(tmp_path) in _target(name)]


def test_a_file_that_becomes_a_link_while_it_is_looked_at(tmp_path, monkeypatch):
    real = Student().save(tmp_path / "real.ipynb")
    (tmp_path / "link.ipynb").symlink_to(real)
    monkeypatch.setattr(submission.os, "lstat", os.stat)
    with pytest.raises(Unreadable, match="cannot be read"):
        read_cells(tmp_path / "link.ipynb")


def _target(descriptor):
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(), st.text().map(str.encode)))
def test_any_bytes_are_read_or_unreadable(tmp_path_factory, data):
    try:
        repaired(read_cells(written(tmp_path_factory.getbasetemp(), data)))
    except Unreadable as error:
        assert str(error)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(["code", "area", AREA])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(
            st.sampled_from(
                ["cells", "worksheets", "cell_type", "source", "input", "metadata", "nbgrader", "grade_id", "id"]
            ),
            inner,
        ),
    ),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        JSON,
        st.builds(lambda x: {"cells": x}, st.lists(JSON)),
        st.builds(lambda x: {"worksheets": [{"cells": [x]}]}, JSON),
    )
)
def test_any_json_is_read_or_unreadable(tmp_path_factory, value):
    try:
        repaired(read_cells(written(tmp_path_factory.getbasetemp(), json.dumps(value))))
    except Unreadable as error:
        assert str(error)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_damage_to_a_notebook_is_read_or_unreadable(tmp_path_factory, data):
    whole = WHOLE.encode()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        whole = whole[:at] + data.draw(st.binary(max_size=6)) + whole[at + data.draw(st.integers(0, 50)) :]
    try:
        repaired(read_cells(written(tmp_path_factory.getbasetemp(), whole)))
    except Unreadable as error:
        assert str(error)


# --- finding ----------------------------------------------------------------------------------------------------------


def put(folder, name, text="{}", age=0):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (1_700_000_000 - age,) * 2)
    return path


def test_the_exact_name_wins_without_a_word(tmp_path):
    path = put(tmp_path, f"{NAME}.ipynb", "{}", age=100)
    put(tmp_path, f"Copy of {NAME}.ipynb", "{}")
    put(tmp_path, ".ipynb_checkpoints/old.ipynb", "[]")
    put(tmp_path, "scratch.ipynb", "[]")
    assert find_notebook(tmp_path, NAME) == submission.Found(path)


def test_another_version_beside_the_exact_name_is_told(tmp_path):
    path = put(tmp_path, f"{NAME}.ipynb", "{}")
    put(tmp_path, f"{NAME} (1).ipynb", '{"newer": 1}')
    found = find_notebook(tmp_path, NAME)
    assert (found.path, found.doubt) == (path, "")
    assert found.notes == (f"`{NAME} (1).ipynb`, another version, was left aside",)


@pytest.mark.parametrize(
    "name",
    [
        *(f"Copy of {NAME}.ipynb", f"Copy_of_{NAME}.ipynb", f"Kopie von {NAME}.ipynb", f"Copy of Copy of {NAME}.ipynb"),
        *(
            f"{NAME} (1).ipynb",
            f"{NAME}(12).ipynb",
            f"{NAME}-Copy1.ipynb",
            f"{NAME} - Copy (2).ipynb",
            f"{NAME}_final.ipynb",
        ),
        *(
            f"{NAME}_final2.ipynb",
            f"{NAME.upper()}.IPYNB",
            f"{NAME}.ipynb.txt",
            f"{NAME}.ipynb.json",
            "05 Shuffle V1.ipynb",
        ),
        *(f"{NAME}/{NAME}.ipynb", f"a/b/{NAME}.ipynb", f"anna_123_assignsubmission_file_{NAME}.ipynb"),
    ],
)
def test_a_renamed_notebook_is_found_and_preferred(tmp_path, name):
    path = put(tmp_path, name, "{}", age=100)
    put(tmp_path, "scratch.ipynb", "[]")
    assert find_notebook(tmp_path, NAME) == submission.Found(path, (f"the notebook was found as `{said(name)}`",))


@pytest.mark.parametrize("name", ["homework.ipynb", "anna/lösung.ipynb", "week 5.json"])
def test_a_wholly_other_name_is_taken_when_it_is_the_only_one(tmp_path, name):
    path = put(tmp_path, name, '{"cells": []}')
    put(tmp_path, "data.json", '{"points": [1, 2]}')
    assert find_notebook(tmp_path, NAME) == submission.Found(path, (f"the notebook was found as `{name}`",))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "notes.txt",
            f"{NAME}.py",
            f"{NAME}.pdf",
            "data.json",
            "a/b/c/deep.ipynb",
            f"._{NAME}.ipynb",
            f".~{NAME}.ipynb",
        ),
        *(f"__MACOSX/{NAME}.ipynb", f".ipynb_checkpoints/{NAME}-checkpoint.ipynb"),
    ],
)
def test_what_is_not_looked_at(tmp_path, name):
    put(tmp_path, name)
    assert find_notebook(tmp_path, NAME) == submission.Found(None, ("no notebook was found",))


def test_of_several_versions_the_newest_is_taken_and_doubted(tmp_path):
    put(tmp_path, f"{NAME} (2).ipynb", "[2]", age=50)
    newest = put(tmp_path, f"{NAME} (10).ipynb", "[10]", age=100)
    put(tmp_path, f"Copy of {NAME}.ipynb", "[0]")
    found = find_notebook(tmp_path, NAME)
    assert found.path == newest
    assert found.doubt == f"3 different notebooks were handed in; the newest, `{NAME} (10).ipynb`, was taken"


def test_without_numbers_the_time_decides_and_same_bytes_are_no_doubt(tmp_path):
    put(tmp_path, f"a/{NAME}.ipynb", "[1]", age=50)
    newest = put(tmp_path, f"b/{NAME}.ipynb", "[2]", age=10)
    assert find_notebook(tmp_path, NAME).path == newest
    put(tmp_path, f"b/{NAME}.ipynb", "[1]")
    found = find_notebook(tmp_path, NAME)
    assert found.path == tmp_path / "a" / f"{NAME}.ipynb" and not found.doubt


def test_links_are_never_followed(tmp_path):
    secret = put(tmp_path, f"secret/{NAME}.ipynb")
    folder = tmp_path / "anna"
    folder.mkdir()
    (folder / f"{NAME}.ipynb").symlink_to(secret)
    (folder / "deeper").symlink_to(secret.parent)
    notes = (f"`{NAME}.ipynb` is a link; links are not followed", "no notebook was found")
    (folder / "other.ipynb").symlink_to(secret)
    assert find_notebook(folder, NAME) == submission.Found(None, notes)
    mine = put(folder, "mine.ipynb")
    assert find_notebook(folder, NAME).path == mine
    (tmp_path / "linked").symlink_to(secret.parent)
    assert find_notebook(tmp_path / "linked", NAME) == submission.Found(
        None, ("the folder is a link; links are not followed",)
    )


def test_pipes_and_folders_under_the_expected_name(tmp_path):
    os.mkfifo(tmp_path / f"{NAME}.ipynb")
    os.mkfifo(tmp_path / "other.ipynb")
    assert find_notebook(tmp_path, NAME).notes == (f"`{NAME}.ipynb` is no ordinary file", "no notebook was found")
    os.remove(tmp_path / f"{NAME}.ipynb")
    inner = put(tmp_path, f"{NAME}.ipynb/{NAME}.ipynb")
    assert find_notebook(tmp_path, NAME).path == inner


def test_folders_that_cannot_be_read(tmp_path, monkeypatch):
    assert find_notebook(tmp_path / "none", NAME) == submission.Found(None, ("nothing was handed in",))
    file = put(tmp_path, "file")
    assert find_notebook(file, NAME) == submission.Found(None, ("the folder cannot be read: Not a directory",))

    def refused(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(submission.os, "scandir", refused)
    assert find_notebook(tmp_path, NAME) == submission.Found(None, ("the folder cannot be read: Permission denied",))


def test_a_heap_of_files_is_looked_at_for_a_while_only(tmp_path, monkeypatch):
    for i in range(60):
        put(tmp_path, f"{i:03}.json", f'{{"cells": [{i}]}}')
    reads = []
    real = submission._bytes
    monkeypatch.setattr(submission, "_bytes", lambda path: reads.append(path) or real(path))
    assert find_notebook(tmp_path, NAME).doubt.startswith("40 different notebooks")
    assert len(reads) <= 80


def test_names_in_notes_are_harmless(tmp_path):
    put(tmp_path, "\x1b[31mred\n\u202eevil" + "x" * 100 + ".ipynb")
    (note,) = find_notebook(tmp_path, NAME).notes
    assert note == "the notebook was found as `[31mred evil" + "x" * 47 + "…`"
    assert said("a\0b\udc80c") == "a b c"


def test_the_release_is_not_changed():
    before = copy.deepcopy(RELEASE)
    repaired(Student().write("area-check", "x").without())
    assert before == RELEASE
