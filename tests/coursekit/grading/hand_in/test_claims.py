"""What a hand-in claims is not believed, and no heap of junk costs much time or changes a test."""

import random
import time
from types import SimpleNamespace

import pytest
from grading.hand_ins import ANSWERS, CHECKS, GRADED, LESSON, RELEASE, STUBS, Student, repaired
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.grading.hand_in import match, repair, slices
from coursekit.grading.hand_in.read import Cell


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
    parse, ratio = slices._parse, match.Indel.normalized_similarity
    counted = SimpleNamespace(normalized_similarity=lambda *a, **k: compared.append(a) or ratio(*a, **k))
    monkeypatch.setattr(slices, "_parse", lambda source: read.append(len(source)) or parse(source))
    monkeypatch.setattr(match, "Indel", counted)
    repair([Cell("code", f"area = {i}\n" + "# long\n" * 5_000) for i in range(25)], RELEASE)
    assert 100_000 < sum(read) < 400_000
    repair([Cell("code", LESSON[1] + f"\n# {i}") for i in range(2000)], RELEASE)
    assert 0 < len(compared) <= 4000 and max(len(tokens) for pair in compared for tokens in pair) <= 200


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
