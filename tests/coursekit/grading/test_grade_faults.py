"""A gradebook or a disk that takes nothing: a message in place of a traceback, and the next run goes on."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from grading.small_course import CHAPTER, PACKAGE, SmallCourse

from coursekit.errors import BookError
from coursekit.grading import grade as grading
from coursekit.grading.outcome import Outcome, read_outcome

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def course(tmp_path):
    """A small course with one hand-in, which is graded by no process."""
    course = SmallCourse(tmp_path / "course")
    for student in ("ada", "bob"):
        course.hand_in(student)
    return course


@pytest.fixture
def without_processes(monkeypatch):
    """Every hand-in is worth nothing, at once."""

    def outcomes(todo, *_):
        return (Outcome(j.chapter, j.student, points=0.0, submission=j.submission, tests=j.tests) for j in todo)

    monkeypatch.setattr(grading, "_run", outcomes)


def _scores(course):
    with course.book() as book:
        return {s.student.id: s.score for s in book.assignment_submissions(CHAPTER)}


def test_a_locked_gradebook_is_told_and_the_next_run_goes_on(course, without_processes, capfd):
    with open(course.root / "nbgrader_config.py", "a") as settings:  # as ever, but for the five seconds of patience
        settings.write(f'c.CourseDirectory.db_url = "sqlite:///{course.root}/gradebook.db?timeout=0.1"\n')
    database, gone = sqlite3.connect(course.root / "gradebook.db"), []
    for how in ("IMMEDIATE", "EXCLUSIVE"):
        database.execute(f"BEGIN {how}")
        with pytest.raises(
            BookError, match=r"gradebook.db\S*: the gradebook cannot be used: database is locked\n .*formgrader"
        ):
            course.grade(trust=True)
        database.rollback()

    def lock(outcomes, total):
        for outcome in outcomes:
            if not gone:
                gone.append(database.execute("BEGIN IMMEDIATE"))
            yield outcome

    with pytest.raises(BookError, match="database is locked"):
        course.grade(trust=True, progress=lock)
    database.close()
    assert "Traceback" not in "".join(capfd.readouterr())
    assert read_outcome(course.root, CHAPTER, "ada").recorded is False and not _scores(course)
    assert {o.recorded for o in course.grade(trust=True).values()} == {True}
    assert _scores(course) == {"ada": 0, "bob": 0}


@pytest.mark.parametrize("spoil", [
    lambda p: p.write_bytes(b"no database, but text " * 99), lambda p: p.write_bytes(p.read_bytes()[:9000]),
    lambda p: p.write_bytes(p.read_bytes()[:4096] + b"x" * (p.stat().st_size - 4096)),
    lambda p: (p.rename(p.with_name("moved")), p.mkdir()),
])  # fmt: skip
def test_a_broken_gradebook_is_told_and_left_as_it_is(course, without_processes, spoil):
    path = course.root / "gradebook.db"
    spoil(path)
    before = path.read_bytes() if path.is_file() else ""
    with pytest.raises(BookError, match=r"gradebook.db: the gradebook cannot be used: "):
        course.grade(trust=True)
    assert (path.read_bytes() if path.is_file() else "") == before


def test_a_course_without_a_gradebook_gets_no_empty_one(course, without_processes):
    """As of a folder that was copied without it: an empty one would know no chapter, and nbgrader's tools would make it."""
    (course.root / "gradebook.db").unlink()
    with pytest.raises(BookError, match=r"gradebook.db: is not there.*\n .*make course"):
        course.grade()
    assert not (course.root / "gradebook.db").exists()


def test_what_the_gradebook_does_not_take_of_one_student_stays_in_that_student_s_row(
    course, without_processes, monkeypatch
):
    real = grading.Course.record

    def record(self, outcome):
        if outcome.student == "ada":
            raise ValueError("too long for this database")
        real(self, outcome)

    monkeypatch.setattr(grading.Course, "record", record)
    outcomes = course.grade(trust=True)
    assert outcomes["ada"].status == "needs a human" and "too long for this database" in outcomes["ada"].notes[0]
    assert outcomes["bob"].recorded and _scores(course) == {"bob": 0}
    monkeypatch.undo()
    monkeypatch.setattr(grading, "_run", lambda todo, *_: iter(pytest.fail(str(todo)) if todo else ()))
    assert course.grade(trust=True)["ada"].recorded and _scores(course) == {"ada": 0, "bob": 0}


SCRIPT = """
import contextlib, sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from coursekit.errors import BookError
from coursekit.grading import grade as grading
from coursekit.grading.outcome import Outcome
grading._run = lambda todo, *_: (Outcome(j.chapter, j.student, points=0.0, submission=j.submission, tests=j.tests) for j in todo)
small = Path(sys.argv[1])
for root in (small.with_name("course"), small, small):
    try:
        if root == small and not (root / "fill").exists():
            with contextlib.suppress(OSError):
                (root / "fill").write_bytes(bytes(30 << 20))
        elif root == small:
            (root / "fill").unlink()
        grading.grade(root, Path(sys.argv[2]), trust=True)
        print("graded")
    except BookError as error:
        print(" ".join(str(error).split()))
"""


@pytest.mark.slow
def test_a_folder_that_is_read_only_and_a_disk_that_is_full_are_told(course, tmp_path):
    script, small = tmp_path / "script.py", tmp_path / "small"
    script.write_text(SCRIPT)
    small.mkdir()
    walls = [
        "bwrap",
        "--dev-bind",
        "/",
        "/",
        "--ro-bind",
        course.root,
        course.root,
        "--size",
        str(8 << 20),
        "--tmpfs",
        small,
    ]
    copy = ["sh", "-c", f'cp -r "{course.root}"/. "{small}" && exec "$@"', "sh"]
    done = subprocess.run([*walls, *copy, sys.executable, script, small, PACKAGE, ROOT], capture_output=True, text=True)
    read_only, full, *graded = done.stdout.splitlines()
    assert "Read-only file system" in read_only and "make room on that disk" in full, done
    assert (graded, done.stderr) == (["graded"], "")
