"""book/records are of these private files, and tell nothing of them. No kernel is started."""

import shutil
import zlib

import pytest

from coursekit import strength
from coursekit.chapter import read_chapters
from coursekit.project import Project
from coursekit.public.strength_page import chapter_digest
from coursekit.teacher.exercises import read_assignments
from coursekit.teacher.record import digests, out_of_date, private_texts

LEAST = 1000  # bytes that a chapter's private files add to its notebook: nobody tries so many possibilities


def told(root):
    return [str(fault) for fault in out_of_date(root, read_assignments(root))]


def unknown(public: str, private: str) -> int:
    """Bytes that are left of a private text for somebody who knows the public one."""
    packer = zlib.compressobj(9, zdict=public.encode()[-32_768:])
    return len(packer.compress(private.encode()) + packer.flush())


@pytest.fixture
def copy(book, tmp_path):
    """The parts of the book that the digests come from, to be spoilt."""
    for folder in ("course/exercises", "notebooks", "book/chapters", strength.RECORDS):
        shutil.copytree(book / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_file_is_of_these_exercises(book):
    assert told(book) == []


def test_a_private_file_that_changed_by_one_line_is_noticed(copy):
    assert told(copy) == []
    path = next((copy / "course/exercises").glob("*/*.py"))
    text, head = path.read_text("utf-8"), "# %% solution\n"
    assert head in text
    path.write_text(text.replace(head, f"{head}#\n", 1), "utf-8")
    (fault,) = told(copy)
    assert f"{path.parent.name} is out of date: the private half" in fault and "run `make course`" in fault


def test_a_missing_entry_is_noticed(book, copy):
    for path in (copy / strength.RECORDS).iterdir():
        path.unlink()
    assert len(told(copy)) == len(strength.read(book)) and "not measured yet" in told(copy)[0]


def test_both_halves_make_the_same_digest_of_the_public_cells(book):
    sources = {chapter.stem: chapter for chapter in read_chapters(Project(book).sources(), book)}
    for assignment in read_assignments(book):
        assert digests(book, assignment)[0] == chapter_digest(sources[assignment.name])


def test_a_digest_confirms_no_guess(book):
    """Behind a digest stands far more than can be guessed, of which the notebook tells little."""
    entries = strength.read(book)
    for assignment in (a for a in read_assignments(book) if a.name in entries):
        public = "\n".join(cell.source for cell in assignment.notebook.cells)
        assert unknown(public, "\n".join(private_texts(book, assignment))) > LEAST, assignment.name
        assert unknown(public, assignment.notebook.cells[-1].source) < LEAST, "what is public is no secret"


def test_what_could_be_guessed_would_be_noticed():
    assert unknown("Write `double(x)`.", "# %% solution\ndef double(x):\n    return 2 * x\n") < LEAST
