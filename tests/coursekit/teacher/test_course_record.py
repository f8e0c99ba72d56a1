"""book/records on the toy course: what is kept, what a check finds, what can be said without running."""

import pytest
from toy import exercise, stub

from coursekit import strength
from coursekit.errors import BookError
from coursekit.strength import Counts
from coursekit.teacher import record
from coursekit.teacher.course import build_course
from coursekit.teacher.exercises import read_assignments
from coursekit.teacher.trial import Row

ROWS = [Row("01_lists", "turn", 3, 2, 5, 1)]


def find(toy, rows=None, chapters=None):
    return record.found(toy.root, read_assignments(toy.root, chapters), ROWS if rows is None else rows)


def quiet(toy):
    return record.out_of_date(toy.root, read_assignments(toy.root))


@pytest.fixture
def kept(toy):
    """A toy whose record is up to date."""
    record.keep(toy.root, None, find(toy))
    return toy


def test_what_is_up_to_date_passes(kept):
    record.compare(kept.root, None, find(kept))
    assert quiet(kept) == []
    assert strength.read(kept.root)["01_lists"].exercises == {"turn": Counts(2, 5, 1)}


def other_private(toy):
    toy.replace('hint="Build a new list."', 'hint="Build another list."')


def other_practice(toy):
    toy.replace("return 2 * x", "return x + x", "double")


def other_check(toy):
    toy.notebook(check="pass")


def other_stub(toy):
    toy.replace("class Pile:\n    def top(self, default=None):", "class Pile:\n    def top(self, default=0):")


@pytest.mark.parametrize(("change", "half"), [
    (other_private, "private"), (other_practice, "private"), (other_stub, "private"), (other_check, "public"),
])  # fmt: skip
def test_a_changed_half_is_out_of_date(kept, change, half):
    change(kept)
    (fault,) = quiet(kept)
    what = f"01_lists is out of date: the {half} half"
    assert what in fault.what and fault.where == "book/records/01_lists.json" and "make course" in fault.todo
    with pytest.raises(BookError, match=what):
        record.compare(kept.root, None, find(kept))
    record.keep(kept.root, None, find(kept))
    assert quiet(kept) == []


def test_other_counts_are_found(kept):
    new = find(kept, [Row("01_lists", "turn", 3, 2, 5, 2)])
    with pytest.raises(BookError, match=r"01_lists holds other counts .*turn: .*caught=1.*, now .*caught=2"):
        record.compare(kept.root, None, new)


def test_a_chapter_without_an_entry_and_an_entry_without_a_chapter(kept):
    (kept.root / strength.name("01_lists")).unlink()
    assert "01_lists is not measured yet" in quiet(kept)[0].what
    with pytest.raises(BookError, match="01_lists is not measured yet"):
        record.compare(kept.root, None, find(kept))
    record.keep(kept.root, None, find(kept) | {"09_gone": find(kept)["01_lists"]})
    assert "09_gone has a record, and no graded exercises" in quiet(kept)[0].what
    with pytest.raises(BookError, match="09_gone has a record"):
        record.compare(kept.root, None, find(kept))
    record.keep(kept.root, None, find(kept))
    assert quiet(kept) == []


def test_an_entry_with_other_exercises(kept):
    strength.write(kept.root, {"01_lists": record.found(kept.root, read_assignments(kept.root),
                                                        [Row("01_lists", "twist", 3, 2, 5, 1)])["01_lists"]})  # fmt: skip
    assert "01_lists: its exercises are turn" in quiet(kept)[0].what


def test_one_chapter_leaves_the_others_alone(kept):
    kept.notebook("02_more", exercises=exercise("triple", stub("def triple(x):"), "pass"))
    gone = strength.read(kept.root) | {"02_more": find(kept)["01_lists"], "09_gone": find(kept)["01_lists"]}
    strength.write(kept.root, gone)
    record.compare(kept.root, {"01_lists"}, find(kept, chapters=["01"]))
    with pytest.raises(BookError, match="02_more has a record, and no graded exercises"):
        record.compare(kept.root, {"02_more"}, find(kept, [], ["02"]))
    record.keep(kept.root, {"02_more"}, find(kept, [], ["02"]))
    assert set(strength.read(kept.root)) == {"01_lists", "09_gone"}


def test_a_broken_file_is_replaced_by_a_build_of_its_chapter_only(kept):
    before = (kept.root / strength.name("01_lists")).read_bytes()
    (kept.root / strength.name("01_lists")).write_text("<<<<<<< HEAD")
    record.keep(kept.root, {"02_more"}, {})
    record.compare(kept.root, {"02_more"}, {})
    with pytest.raises(BookError, match=r"records/01_lists.json: is not what `make course` writes"):
        record.compare(kept.root, {"01_lists"}, find(kept))
    record.keep(kept.root, {"01_lists"}, find(kept))
    assert quiet(kept) == [] and (kept.root / strength.name("01_lists")).read_bytes() == before


def test_check_writes_nothing_and_says_what_is_old(toy, monkeypatch):
    monkeypatch.setattr("coursekit.teacher.course.try_answers", lambda *_: ROWS)
    with pytest.raises(BookError, match="01_lists is not measured yet"):
        build_course(toy.root, progress=str, check=True)
    assert strength.kept(toy.root) == []
    build_course(toy.root, progress=str)
    before = (toy.root / strength.name("01_lists")).read_bytes()
    build_course(toy.root, progress=str, check=True)
    other_private(toy)
    with pytest.raises(BookError, match="out of date"):
        build_course(toy.root, progress=str, check=True)
    assert (toy.root / strength.name("01_lists")).read_bytes() == before
