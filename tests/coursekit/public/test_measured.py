"""What one machine measured is kept, shown by every build, and measured anew when what was measured has changed."""

import json

from small_book import edit

from coursekit.chapter import read_chapters
from coursekit.project import Project
from coursekit.public.execute import Executed
from coursekit.public.measured import settle

NAME = "book/measured/01_double.json"


def settled(book, *printed):
    """The outputs that the page shows when the lesson's two cells have printed these."""
    (chapter,) = read_chapters(Project(book).sources(), book)
    result, record = settle(Project(book), chapter, Executed([[text] for text in printed], [], {}))
    for name, text in record.items():
        (book / name).parent.mkdir(exist_ok=True)
        (book / name).write_text(text)
    return [output[0] for output in result.outputs]


def test_a_measured_output_is_kept_and_others_are_not(book):
    edit(book / "book/chapters/01_double.py", "# %%\nfrom toybook", "# %% measured=true\nfrom toybook")
    assert settled(book, "1.0 ms", "plot 1") == ["1.0 ms", "plot 1"]
    assert settled(book, "1.3 ms", "plot 2") == ["1.0 ms", "plot 2"]
    assert json.loads((book / NAME).read_text())["outputs"] == {"0": ["1.0 ms"]}


def test_a_change_is_measured_anew(book):
    edit(book / "book/chapters/01_double.py", "# %%\nfrom toybook", "# %% measured=true\nfrom toybook")
    settled(book, "1.0 ms", "plot")
    edit(book / "toybook/__init__.py", "x + x", "2 * x")
    assert settled(book, "1.3 ms", "plot") == ["1.3 ms", "plot"]


def test_without_a_mark_nothing_is_kept(book):
    settled(book, "1.0 ms", "plot")
    assert not (book / NAME).exists()
