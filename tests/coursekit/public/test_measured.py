"""What one machine measured is kept, shown by every build, and measured anew on demand, when there is a reason or not."""

import json

import pytest
from small_book import edit, second_chapter

from coursekit.chapter import read_chapters
from coursekit.errors import BookError
from coursekit.project import Project
from coursekit.public import measured, recorded, statements
from coursekit.public.execute import Executed, execute

NAME, CHAPTER = "book/measured/01_double.json", "book/chapters/01_double.py"
READ = ["toybook/__init__.py", "toybook/frames.py"]


@pytest.fixture
def book(book):
    edit(book / CHAPTER, "# %%\nfrom toybook", "# %% measured=true\nfrom toybook")
    return book


def chapters(book):
    return read_chapters(Project(book).sources(), book)


def settled(book, *printed, anew=False):
    """The outputs that the page shows when the lesson's two cells have printed these; the record is written."""
    chapter, *_ = chapters(book)
    result = Executed([[text] for text in printed], [], {}, measured=statements.of(book, READ))
    result, record = measured.settle(Project(book), chapter, result, anew)
    for name, text in record.items():
        (book / name).parent.mkdir(exist_ok=True)
        (book / name).write_text(text)
    return [output[0] for output in result.outputs]


def told(book):
    return [fault.what for fault in measured.out_of_date(Project(book), chapters(book), set())]


def test_a_measured_output_is_kept_and_others_are_not(book):
    assert settled(book, "1.0 ms", "plot 1") == ["1.0 ms", "plot 1"]
    assert settled(book, "1.3 ms", "plot 2") == ["1.0 ms", "plot 2"]
    assert [cell["outputs"] for cell in json.loads((book / NAME).read_text())["cells"]] == [["1.0 ms"]]
    assert settled(book, "1.3 ms", "plot 3", anew=True) == ["1.3 ms", "plot 3"]
    assert settled(book, "1.5 ms", "plot 4") == ["1.3 ms", "plot 4"]


REASONS = {
    "the measured cell": (CHAPTER, "double(21)", "double(20) + 2", "the lesson's code"),
    "a module it imported": ("toybook/__init__.py", "x + x", "2 * x", "toybook/__init__.py"),
    "another module it imported": ("toybook/frames.py", "STYLE", "SHEET", "toybook/frames.py"),
    "a name bound anew in a module": ("toybook/__init__.py", "x + x\n", "x + x\n\n\ndouble = float\n", "toybook/__init__.py"),
    "the version": ("requirements.txt", "torch==2.13.0", "torch==2.14.0", "the versions"),
}
NO_REASONS = {
    "an expression": (CHAPTER, '{{= len("four") =}}', '{{= len("five!") =}}'),
    "wording": (CHAPTER, "It *doubles*.", "It **doubles**."),
    "a later cell": (CHAPTER, "[0, 2]", "[0, 3]"),
    "a style sheet": ("toybook/lines.css", "1px", "2px"),
    "a comment in a module": ("toybook/__init__.py", "x + x", "x + x    # twice"),
    "a function more in a module": ("toybook/__init__.py", "def double", "def half(x):\n    return x / 2\n\n\ndef double"),
    "another version": ("requirements.txt", "numpy==2.4.6", "numpy==2.5.0"),
}


@pytest.mark.parametrize(("path", "old", "new", "what"), REASONS.values(), ids=REASONS)
def test_what_a_record_was_made_from_makes_it_old(book, path, old, new, what):
    settled(book, "1.0 ms", "plot")
    assert told(book) == []
    edit(book / path, old, new)
    assert told(book) == [f"was made before {what} changed"]
    before = (book / NAME).read_bytes()
    settled(book, "1.3 ms", "plot")
    assert (book / NAME).read_bytes() == before, "only a demand writes it"
    assert measured.chosen(Project(book), chapters(book), None) == set()
    assert measured.chosen(Project(book), chapters(book), []) == {"01_double"}
    assert settled(book, "1.3 ms", "plot", anew=True) == ["1.3 ms", "plot"] and told(book) == []
    assert measured.chosen(Project(book), chapters(book), []) == set()


@pytest.mark.parametrize(("path", "old", "new"), NO_REASONS.values(), ids=NO_REASONS)
def test_nothing_else_makes_it_old(book, path, old, new):
    settled(book, "1.0 ms", "plot")
    edit(book / path, old, new)
    assert told(book) == [] and settled(book, "1.3 ms", "plot 2") == ["1.0 ms", "plot 2"]


def test_an_old_record_stands_below_its_own_code_only(book):
    settled(book, "1.0 ms", "plot")
    edit(book / "toybook/__init__.py", "x + x", "2 * x")
    assert settled(book, "1.3 ms", "plot") == ["1.0 ms", "plot"], "the same cell, of older modules: its record"
    edit(book / CHAPTER, "double(21)", "double(20)")
    assert settled(book, "1.3 ms", "plot") == ["1.3 ms", "plot"], "another cell: no number stands below code that did not give it"
    edit(book / CHAPTER, "double(20)", "double(21)")
    edit(book / CHAPTER, "# %% measured=true\n", "# %%\nfirst = 1\n\n# %% measured=true\n")
    assert settled(book, "", "1.3 ms", "plot") == ["", "1.0 ms", "plot"], "it moves with its code"


def test_chapters_are_chosen_by_name_or_number(book):
    second_chapter(book)
    for name in ("01", "1", "01_double"):
        assert measured.chosen(Project(book), chapters(book), [name]) == {"01_double"}
    for name in ("02", "2", "02_more"):
        with pytest.raises(BookError, match="no such chapter measures anything\n    known are 01_double"):
            measured.chosen(Project(book), chapters(book), [name])


def test_without_a_mark_nothing_is_kept_and_a_record_is_told(book):
    settled(book, "1.0 ms", "plot")
    edit(book / CHAPTER, "# %% measured=true\n", "# %%\n")
    assert told(book) == ["belongs to no chapter with measured cells"]
    (book / NAME).unlink()
    settled(book, "1.0 ms", "plot")
    assert not (book / NAME).exists()


@pytest.mark.parametrize("text", ["", "[]", "3", "{}", '{"made_from": {}, "cells": []}', "<<<<<<< HEAD\n{}"])
def test_a_record_that_is_none_is_refused(book, text):
    settled(book, "1.0 ms", "plot")
    (book / NAME).write_text(text)
    with pytest.raises(BookError, match=r"book/measured/01_double.json: is not what a build writes"):
        settled(book, "1.0 ms", "plot")


def test_modules_count_up_to_the_measured_cell(book):
    """What a later cell imports had no part in it."""
    edit(book / CHAPTER, "import matplotlib.pyplot as plt", "import matplotlib.pyplot as plt\nimport toybook.frames")
    (result,) = execute(Project(book), chapters(book), quiet=True).values()
    assert set(result.measured) == {"toybook/__init__.py"}
    assert set(result.loaded) == {"toybook/__init__.py", "toybook/frames.py", "toybook/lines.css"}


def test_a_module_that_only_a_figure_asked_for_does_not_count(book):
    edit(book / "pyproject.toml", "[tool.coursekit]\n", '[tool.coursekit]\nshows = ["toybook.rooms"]\n')
    (book / "toybook/rooms.py").write_text("def draw():\n    from toybook import unread\n")
    edit(book / CHAPTER, "# %% measured=true\n", "# %%\nfrom toybook.rooms import draw\n\ndraw()\n\n# %% measured=true\n")
    (result,) = execute(Project(book), chapters(book), quiet=True).values()
    assert set(result.measured) == {"toybook/__init__.py"}
    assert {"toybook/rooms.py", "toybook/unread.py"} < set(result.loaded)
    edit(book / CHAPTER, "draw()\n", "draw()\nfrom toybook import unread\n")
    (result,) = execute(Project(book), chapters(book), quiet=True).values()
    assert set(result.measured) == {"toybook/__init__.py", "toybook/unread.py"}


def shows(book, room):
    """What is said of measured cells that use a room."""
    return [fault.what for fault in recorded.faults(chapters(book)[0], [room]) if "only shows" in fault.what]


@pytest.mark.parametrize("code", [
    "from toybook.rooms import draw\n\n# %% measured=true\ndraw()",
    "import toybook.rooms as rooms\n\n# %%\nlook = rooms.draw\n\n# %% measured=true\nprint(look())",
    "first = 1\n\n# %% measured=true\nfrom toybook import rooms",
])  # fmt: skip
def test_a_measured_cell_that_uses_a_figure_is_refused(book, code):
    edit(book / CHAPTER, "# %% measured=true\n", f"# %%\n{code}\n\n# %% measured=true\n")
    (fault,) = shows(book, "toybook.rooms")
    assert "is measured and uses toybook.rooms, which only shows" in fault
    assert shows(book, "toybook.room") == []
    edit(book / CHAPTER, f"# %%\n{code}\n\n", "# %%\nfrom toybook.rooms import draw\n\ndraw = 3\n\n# %% measured=true\nprint(draw)\n\n")
    assert shows(book, "toybook.rooms") == []
