"""The book's own course: stock nbgrader and our grader give three students the marks that they earned."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from checkout import ROOT
from nbgrader.api import Gradebook

from coursekit import strength
from coursekit.grading.grade import grade
from coursekit.teacher.answers import read_private
from coursekit.teacher.course import build_course, scan_paths

pytestmark = pytest.mark.slow
CHAPTER, EXERCISE = "05_shufflenet_v1", "unshuffle"


@pytest.fixture(scope="module")
def course(book, tmp_path_factory):
    """A copy of the book with one chapter of the course built in it; that the others fit their record is a quick test."""
    root = shutil.copytree(book, tmp_path_factory.mktemp("copy") / "book")
    build_course(root, [CHAPTER], progress=print)
    return root / "course"


def nbgrader(course: Path, *arguments: str) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def hand_in(course: Path, student: str, answer: str | None) -> None:
    """The released notebook with one answer filled in, as a student would save it."""
    notebook = nbformat.read(course / "release" / CHAPTER / f"{CHAPTER}.ipynb", as_version=4)
    if answer is not None:
        (cell,) = [c for c in notebook.cells if c.id == EXERCISE]
        cell.source = answer
    folder = course / "submitted" / student / CHAPTER
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{CHAPTER}.ipynb")


def marks(course: Path) -> dict[str, float]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        return {s.student.id: s.score for s in book.find_assignment(CHAPTER).submissions}


def essence(path: Path) -> list:
    """Of every exercise cell: id, text, kind and grading, without what nbgrader adds."""
    cells = [c for c in nbformat.read(path, as_version=4).cells if "nbgrader" in c.metadata]
    kept = ("grade_id", "grade", "solution", "locked", "task", "points", "schema_version")
    return [(c.id, c.source, c.cell_type, {k: c.metadata.nbgrader.get(k) for k in kept}) for c in cells]


def test_the_release_is_the_public_notebook(book, course):
    released = essence(course / "release" / CHAPTER / f"{CHAPTER}.ipynb")
    assert released == essence(book / "notebooks" / f"{CHAPTER}.ipynb")
    assert {"unshuffle-task", "unshuffle", "unshuffle-check", "unshuffle-grade"} <= {cell[0] for cell in released}
    assert [cell[3]["points"] for cell in released if cell[0] == "unshuffle-grade"] == [3]


def test_nothing_private_is_in_what_is_public(book, course):
    scan_paths(course.parent, [course / "release", *(book / part for part in ("notebooks", "book", "lightnets_edu"))])


def test_the_counts_in_the_book_are_what_the_build_finds(course):
    """Of this chapter; `test_exercises_table` holds every chapter's record against the digest of what was tried."""
    found, told = strength.read(course.parent), strength.read(ROOT)
    assert CHAPTER in found and found == told, "run `make course` and commit book/records"


def test_stock_nbgrader_gives_the_marks_that_were_earned(course, monkeypatch):
    half = read_private(ROOT / "course" / "exercises" / CHAPTER / f"{EXERCISE}.py", ROOT)
    wrong = {answer.label: answer.text for answer in half.wrong}
    hand_in(course, "solved", half.right[0].text)
    hand_in(course, "again", wrong["Shuffles once more with the same number of groups."])
    hand_in(course, "untouched", None)
    ours = course.parent / "copy"
    shutil.copytree(course, ours)
    outcomes = grade(ours, ROOT / "lightnets_edu")
    assert {o.student: (o.points, o.status) for o in outcomes} == {
        "solved": (3.0, "graded"), "again": (1.0, "graded"), "untouched": (0.0, "graded")}  # fmt: skip
    nbgrader(course, "autograde", CHAPTER)
    assert marks(course) == {"solved": 3.0, "again": 1.0, "untouched": 0.0}  # "again" refuses what it should refuse
    assert marks(ours) == marks(course)
    nbgrader(ours, "export")
    assert (ours / "grades.csv").read_text().count("3.0") >= 2
    monkeypatch.setattr("coursekit.teacher.course.try_answers", lambda *_: [])  # done when the course was built first
    build_course(course.parent, [CHAPTER], progress=print)
    assert marks(course) == {"solved": 3.0, "again": 1.0, "untouched": 0.0}
