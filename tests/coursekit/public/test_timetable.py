"""The timetable of the page for teachers: made from the chapters' heads, so that a new chapter has its line."""

import re
import shlex

import pytest
from checkout import ROOT
from small_book import second_chapter, write_book

from coursekit.chapter import read_chapters
from coursekit.cli import _parser
from coursekit.project import Project
from coursekit.public import pages, timetable

GUIDE = (ROOT / "book" / "teachers.md").read_text("utf-8")


@pytest.fixture
def book(tmp_path):
    root = write_book(tmp_path)
    (root / "book/teachers.md").write_text(f"# For teachers\n\n{timetable.MARK}\n\nThe end.\n", "utf-8")
    return root


def test_a_new_chapter_has_its_line_and_its_week(book):
    before = pages.generate(book)["book/teachers.md"]
    assert "| [1. Doubling](../notebooks/01_double.ipynb) | – | 1 | 10 | 1 | 2 | 0 | 1 |" in before
    assert "**A term of 2 weeks**" in before and "| **1** | **10** | **1** | **2** | **0** | **1** |" in before and before.endswith("\n\nThe end.\n")
    second_chapter(book)
    after = pages.generate(book)["book/teachers.md"]
    assert len(re.findall(r"^\| \[\d", after, re.M)) == 2 and "**A term of 3 weeks**" in after
    assert (book / "book/teachers.md").read_text("utf-8").count(timetable.MARK) == 1, "git keeps the mark"


def test_hours_and_weeks_follow_the_minutes(book):
    chapter = read_chapters(Project(book).sources(), book)[0]
    for minutes, hours in ((45, 1), (46, 2), (136, 4)):
        chapter.header["minutes"] = [minutes, 10]
        assert timetable.hours(chapter) == hours
    assert timetable.weeks([chapter, chapter]) == [(1, 2), (3, 4)]
    chapter.header["before"] = "the shuffle ({chapter}`5`), {chapter}`Xception <2>`, [chapter 1](01_double.ipynb), 7 words"
    assert timetable.needs(chapter) == [1, 2, 5]


def test_a_page_without_its_mark_is_refused():
    with pytest.raises(ValueError, match=r"one line `% made by coursekit\.public\.pages`"):
        timetable.page("# For teachers\n", [])
    assert timetable.page(GUIDE, read_chapters(Project(ROOT).sources(), ROOT)).count("\n| [") == len(Project(ROOT).chapters)


def commands(text: str) -> list[list[str]]:
    """The `coursekit` commands of a page's console blocks."""
    lines = "\n".join(re.findall(r"```console\n(.*?)```", text, re.S)).splitlines()
    return [shlex.split(line, comments=True)[3:] for line in lines if "-m coursekit" in line]


def test_every_command_of_the_page_is_one():
    assert len(commands(GUIDE)) >= 7
    for words in commands(GUIDE):
        _parser().parse_args(words)
    with pytest.raises(SystemExit):
        _parser().parse_args(commands(GUIDE.replace("--class-list", "--class"))[1])
