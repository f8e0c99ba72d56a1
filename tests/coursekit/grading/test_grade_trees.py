"""Whatever lies in submitted/: everybody has a row, nobody stops the others, and nothing is opened that is no hand-in."""

import contextlib
import os
import random
import subprocess
from pathlib import Path

import pytest
from grading.hand_ins import RELEASE, Student
from grading.small_course import CHAPTER, OUT_OF, SmallCourse

from coursekit.grading import grade as grading
from coursekit.grading.gradebook import stamp_of
from coursekit.grading.hand_in import find, read
from coursekit.grading.hand_in.find import fingerprint
from coursekit.grading.hand_in.read import Unreadable
from coursekit.grading.hand_in.take import Taken, take
from coursekit.grading.outcome import Outcome, keep, outcome_file, read_outcome
from coursekit.grading.places import handed_in

SECRET = "what no hand-in may bring in"


# --- trees of every kind ----------------------------------------------------------------------------------------------


def _deep(folder: bytes, _) -> None:
    """1,200 folders in one another: deeper than Python's own walk goes."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(1_200):
        os.mkdir(b"d", dir_fd=here)
        inner = os.open(b"d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def _write(name: bytes, content: bytes):
    def write(folder: bytes, _) -> None:
        with open(os.path.join(folder, name), "xb") as file:
            file.write(content)

    return write


def _sparse(folder: bytes, _) -> None:
    with open(os.path.join(folder, b"huge.ipynb"), "xb") as file:
        file.truncate(40 << 30)


NOTEBOOK = Student().json().encode()
NAMES = [f"{CHAPTER}.ipynb".encode(), b"timestamp.txt", b"data.json", b"Copy of it.ipynb", b"n" * 250, b"caf\xe9.ipynb",
         "名".encode() * 80, b"a\nb\x1b[2J.ipynb", b"{x}%s`|.json", b"-rf", CHAPTER.encode()]  # fmt: skip
CONTENTS = [NOTEBOOK, NOTEBOOK[:500], b"", b"[" * 100_000, b"\0" * 500, b"2020-01-01 10:00:00 UTC", b"\xff\xfenext\0"]


def _file(folder: bytes, draw: random.Random) -> None:
    _write(draw.choice(NAMES), draw.choice(CONTENTS))(folder, draw)


def _link(folder: bytes, draw: random.Random) -> None:
    targets = [b"/", b"/dev/zero", b"..", b".", b"gone", os.path.join(folder, b"../../../secret")]
    os.symlink(draw.choice(targets), os.path.join(folder, draw.choice(NAMES)))


def _pipe(folder: bytes, draw: random.Random) -> None:
    os.mkfifo(os.path.join(folder, draw.choice(NAMES)))


def _folder(folder: bytes, draw: random.Random) -> None:
    inner = os.path.join(folder, draw.choice(NAMES))
    os.mkdir(inner, draw.choice([0o755, 0o755, 0o000]))
    for _ in range(draw.randrange(3)):
        _spoil(inner, draw)


def _heap(folder: bytes, draw: random.Random) -> None:
    for i in range(draw.choice([5, 60])):
        _write(b"%d.json" % i, b'{"cells": [%d]}' % i)(folder, draw)


KINDS = [_file, _file, _file, _link, _pipe, _folder, _heap, _sparse]


def _spoil(folder: bytes, draw: random.Random) -> None:
    with contextlib.suppress(OSError):  # there is something of that name
        draw.choice(KINDS)(folder, draw)


def plant(submitted: Path, number: int) -> bytes:
    """One student, drawn by number: a link, a file or a folder with anything in it. Gives the name."""
    draw = random.Random(number)
    odd = [b"caf\xe9%d", b"%d" + b"s" * 240, "名".encode() * 82 + b"%d", b"a\n%d", b"=%d", b"`<b>%d`"]
    name = (draw.choice(odd) if draw.random() < 0.3 else b"student%d") % number
    student = os.path.join(os.fsencode(submitted), name)
    kind = draw.random()
    if kind < 0.05:
        os.symlink(draw.choice([b"/usr", b"../secret", b"gone", b"."]), student)
        return name
    if kind < 0.08:
        os.mkfifo(student)
        return name
    os.mkdir(student)
    chapter = os.path.join(student, CHAPTER.encode())
    if kind < 0.13:
        os.symlink(draw.choice([b"/usr", b"../../secret", b".."]), chapter)
    elif kind < 0.16:
        _write(CHAPTER.encode(), b"x")(student, draw)
    elif kind < 0.22:
        os.mkdir(os.path.join(student, draw.choice([b"01", b"01_Small", b".git"])))
    else:
        os.mkdir(chapter)
        for _ in range(draw.randrange(5)):
            _spoil(chapter, draw)
    return name


def shown(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


@pytest.fixture
def submitted(tmp_path):
    """An empty submitted/, beside a folder that a hand-in may only link to."""
    Student().write("area", f"# {SECRET}").save(tmp_path / "secret" / CHAPTER / f"{CHAPTER}.ipynb")
    Student().write("area", f"# {SECRET}").save(tmp_path / "secret" / f"{CHAPTER}.ipynb")
    (tmp_path / "submitted").mkdir()
    return tmp_path / "submitted"


def look(submitted: Path) -> dict[str, object]:
    """As the grader looks at everybody: what there is to say instead, a fault of the notebook, or what is graded."""
    found: dict[str, object] = {}
    for student, place in handed_in(submitted, CHAPTER, [CHAPTER]).items():
        found[student] = place
        if isinstance(place, Path):
            assert len(fingerprint(place, f"{CHAPTER}.ipynb", "timestamp.txt")) == 64
            try:
                stamp_of(place)
            except Unreadable as error:
                assert str(error)
            room = submitted.parent / "rooms" / str(len(found))
            room.mkdir(parents=True)
            found[student] = take(place, CHAPTER, RELEASE, room)
    return found


def test_whatever_500_students_hand_in_everybody_has_a_row(submitted, monkeypatch):
    names = {shown(plant(submitted, number)) for number in range(500)}
    opened, real = [], os.open
    monkeypatch.setattr(read.os, "open", lambda path, *rest, **more: opened.append(path) or real(path, *rest, **more))
    found = look(submitted)
    assert set(found) == names and all(isinstance(value, Taken | tuple) for value in found.values())
    base = os.path.realpath(submitted)
    for path in map(os.fspath, opened):
        assert os.path.realpath(path) == os.path.join(base, os.path.relpath(path, submitted)), path
        assert os.path.getsize(path) <= read.LARGEST_FILE
    answers = [str(value) for value in found.values() if isinstance(value, Taken) and value.hand_in]
    assert len(answers) > 50 and len(opened) > 200  # enough of them are read to the end
    assert SECRET not in str(answers)


def test_a_walk_that_follows_links_is_noticed(submitted):
    """The trees hold what the test above looks for."""
    for number in range(100):
        plant(submitted, number)
    followed = [Path(base) for base, _, _ in os.walk(submitted) if os.path.islink(base)]
    followed += [path for path in submitted.iterdir() if path.is_symlink() and path.is_dir()]
    assert followed and any((path / CHAPTER / f"{CHAPTER}.ipynb").exists() for path in followed)


def test_a_fingerprint_tells_what_the_grader_looks_at_and_reads_no_more_than_it_may(tmp_path, monkeypatch):
    folder = tmp_path / "ada"
    folder.mkdir()
    seen = {fingerprint(folder, "a.ipynb")}
    for name, content in (("a.ipynb", "1"), ("a.ipynb", "2"), ("helper.py", "x"), ("timestamp.txt", "x")):
        (folder / name).write_text(content)
        seen.add(fingerprint(folder, "a.ipynb"))
    (folder / "deep" / "er").mkdir(parents=True)
    seen.add(fingerprint(folder, "a.ipynb"))
    (folder / "deep" / "er" / "b.ipynb").write_text("")
    seen.add(fingerprint(folder, "a.ipynb"))
    assert len(seen) == 7 and fingerprint(folder, "a.ipynb") in seen
    (folder / "link").symlink_to("/usr")
    monkeypatch.setattr(find, "MOST_BYTES", 1000)
    reads, real = [], find.bytes_of
    monkeypatch.setattr(find, "bytes_of", lambda path: reads.append(os.stat(path).st_size) or real(path))
    for i in range(20):
        (folder / f"big{i}").write_bytes(bytes(400))
    fingerprint(folder)
    assert sum(reads) <= 1000
    monkeypatch.setattr(find, "MOST_ENTRIES", 3)
    (folder / "zz.ipynb").write_text("1")
    before = fingerprint(folder, "zz.ipynb")
    (folder / "zz.ipynb").write_text("2")
    assert fingerprint(folder, "zz.ipynb") != before  # named first, so however much lies beside it


@pytest.mark.parametrize(("content", "when"), [
    (b"", ""), (b"2015-02-02 15:58:23.948203 UTC\n", "2015-02-02T15:58:23.948203"),
    (b"\xef\xbb\xbf2020-01-01 10:00:00 UTC", "2020-01-01T10:00:00"),
    ("\ufeff2020-01-01 10:00:00 UTC".encode("utf-16-le"), "2020-01-01T10:00:00"),
    (b"2020-01-01T10:00:00+02:00", "2020-01-01T08:00:00"),
    *((odd, None) for odd in (b"next Tuesday, perhaps", b"\xff\xfe\xff", b"7", b"0001-01-01 00:00 Europe/Berlin",
                              b"0001-01-01 00:00", b"9999-12-31 23:59:59", b"1" * 900, b"2020" * 1000)),
])  # fmt: skip
def test_a_time_stamp_is_a_time_or_unreadable(tmp_path, content, when):
    (tmp_path / "timestamp.txt").write_bytes(content)
    if when is None:
        with pytest.raises(Unreadable):
            stamp_of(tmp_path)
    else:
        assert stamp_of(tmp_path) == when


def test_a_name_as_long_as_a_file_s_has_an_outcome_of_its_own(tmp_path):
    long = "名" * 84  # 252 bytes
    for student in (long, f"{long[:-1]}x", "ada"):
        keep(tmp_path, Outcome("01_a", student, notes=[student]))
    assert [read_outcome(tmp_path, "01_a", s).notes for s in (long, f"{long[:-1]}x", "ada")] == [
        [long],
        [f"{long[:-1]}x"],
        ["ada"],
    ]
    assert outcome_file(tmp_path, "01_a", "ada").name == "ada.json"


# --- through the whole grader -----------------------------------------------------------------------------------------

ODD = {  # student: what is done to a folder with a right notebook in it; the points, the status, a word of the note
    "stamp_words": (lambda f, d: _write(b"timestamp.txt", b"next Tuesday, perhaps")(f, d), OUT_OF, "repaired", "next Tuesday"),
    "stamp_pipe": (lambda f, d: os.mkfifo(os.path.join(f, b"timestamp.txt")), OUT_OF, "repaired", "no ordinary file"),
    "stamp_link": (lambda f, d: os.symlink(b"/dev/zero", os.path.join(f, b"timestamp.txt")), OUT_OF, "repaired", "a link"),
    "stamp_windows": (_write(b"timestamp.txt", b"\xef\xbb\xbf2020-01-01 10:00:00 UTC"), OUT_OF, "graded", ""),
    "deep": (_deep, OUT_OF, "graded", ""),
    "s" * 250: (lambda f, d: None, OUT_OF, "graded", ""),
    "names": (_write(b"caf\xe9.ipynb", NOTEBOOK), OUT_OF, "graded", ""),
}  # fmt: skip
ELSEWHERE = {  # what else lies in submitted/: the word of its row
    b"linked": "links are not followed",
    b"chapter_linked": "links are not followed",
    b"caf\xe9": "no UTF-8",
    b"pipe": "no student's folder",
    b"loose.ipynb": "no student's folder",
    b"elsewhere": "there is no folder `01_small`, but `essay`",
    b"short": "no notebook was found",
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = SmallCourse(tmp_path_factory.mktemp("trees") / "course")
    for student, (spoil, *_) in ODD.items():
        course.hand_in(student)
        spoil(os.fsencode(course.folder(student)), None)
    at = os.fsencode(course.root / "submitted")
    os.symlink(b"../source", os.path.join(at, b"linked"))
    os.mkdir(os.path.join(at, b"chapter_linked"))
    os.symlink(os.fsencode(course.root / "source" / CHAPTER), os.path.join(at, b"chapter_linked", CHAPTER.encode()))
    os.makedirs(os.path.join(at, b"caf\xe9", CHAPTER.encode()))
    os.mkfifo(os.path.join(at, b"pipe"))
    _write(b"loose.ipynb", NOTEBOOK)(at, None)
    _write(b"README.txt", b"of the teacher")(at, None)
    os.makedirs(os.path.join(at, b"elsewhere", b"essay"))
    os.makedirs(os.path.join(at, b"short", b"01"))
    course.hand_in("zoe")
    yield course, course.grade(jobs=1)
    subprocess.run(["rm", "-rf", course.root], check=True)  # pytest's own way to clear up is not deep enough


@pytest.mark.slow
def test_odd_folders_stop_nobody(graded):
    course, outcomes = graded
    assert set(outcomes) == {*ODD, *map(shown, ELSEWHERE), "zoe"}
    for student, (_, points, status, word) in ODD.items():
        outcome = outcomes[student]
        assert (outcome.points, outcome.status) == (points, status) and word in " ".join(outcome.notes), outcome.notes
    for student, word in ELSEWHERE.items():
        outcome = outcomes[shown(student)]
        assert outcome.points is None and outcome.status in ("missing", "unreadable")
        assert word in " ".join(outcome.notes)
    assert (outcomes["zoe"].points, outcomes["zoe"].status) == (OUT_OF, "graded")
    rows = course.text("marks", f"{CHAPTER}.csv")
    assert rows.count("\n") == len(outcomes) + 1 and all(word in rows for word in ELSEWHERE.values())
    with course.book() as book:
        dated = {s.student.id: s.timestamp for s in book.assignment_submissions(CHAPTER)}
    assert dated["stamp_windows"].year == 2020 and dated["stamp_words"] is None and dated["zoe"] is None


@pytest.mark.slow
def test_the_next_run_has_nothing_to_do_and_says_the_same(graded, monkeypatch):
    course, outcomes = graded
    monkeypatch.setattr(grading, "_run", lambda todo, *_: iter(pytest.fail(str(todo)) if todo else ()))
    rows = course.text("marks", f"{CHAPTER}.csv")
    again = course.grade()
    assert {s: (o.points, o.status, o.notes) for s, o in again.items()} == {
        s: (o.points, o.status, o.notes) for s, o in outcomes.items()
    }
    course.grade(students=["zoe"])
    assert course.text("marks", f"{CHAPTER}.csv") == rows
