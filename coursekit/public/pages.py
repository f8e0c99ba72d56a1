"""The pages that are made from all chapters together. What is committed of them is a title and a line that says so.

A build puts the whole page into its stage. Plain `jupyter-book build .` finds the line, and the book's Sphinx extension
asks `generate` for the page: no two authors ever change the same file.
"""

from pathlib import Path

from .. import strength
from ..chapter import Chapter, read_chapters
from ..project import Project
from ..strength import Measured
from . import ledger, ledger_page, strength_page, timetable

MARK = timetable.MARK
TEACHERS = "book/teachers.md"    # written by hand around its timetable


def whole(
    project: Project, chapters: list[Chapter], claims: list[ledger.Claim], record: dict[str, Measured]
) -> dict[str, str]:
    """The pages by path."""
    teachers = project.root / TEACHERS
    by_hand = {TEACHERS: timetable.page(teachers.read_text("utf-8"), chapters)} if teachers.is_file() else {}
    return by_hand | {
        "book/claims.md": ledger_page.claims_page(project, claims, ledger.read_sources(project), chapters),
        "book/trace.md": ledger.trace_page(chapters),
        "book/exercises.md": strength_page.page(chapters, record),
    }


def kept(pages: dict[str, str]) -> dict[str, str]:
    """What git keeps of the pages that nobody writes, by path."""
    return {name: committed(page) for name, page in pages.items() if name != TEACHERS}


def committed(page: str) -> str:
    """What git keeps of a page."""
    return f"{page.partition(chr(10))[0]}\n\n{MARK}\n"


def generate(root: Path) -> dict[str, str]:
    """The pages by path, from the sources; for the Sphinx extension."""
    project = Project(root)
    chapters = read_chapters(project.sources(), root)
    return whole(project, chapters, ledger.read_ledger(project, chapters), strength.read(root))
