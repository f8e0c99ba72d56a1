"""Every mistake an author can make in a chapter source is refused, with the place and what to do."""

import re

import pytest
from small_book import edit

from coursekit.chapter import read_chapter, read_chapters
from coursekit.errors import BookError
from coursekit.project import Project, toc_files
from coursekit.public.ledger import trace_page
from coursekit.public.ledger_page import claims_page


def chapter(book):
    return book / "book/chapters/01_double.py"


def test_a_right_chapter_is_read(book):
    found = read_chapter(chapter(book), book)
    assert list(found.exercises) == ["halve"] and found.exercises["halve"].points == 2
    assert list(found.claims()) == ["DO-01"] and found.taught() == {"double": ["Double it"]}
    assert [cell.role for cell in found.lesson] == ["card", "objectives", "", "", "", "", "ledger"]


@pytest.mark.parametrize(("old", "new", "message"), [
    ("# minutes: [5, 10]\n", "", r"01_double.py: its header has no 'minutes'"),
    ("# minutes: [5, 10]", "# minutes: [", r"the header is not YAML"),
    ("# minutes: [5, 10]", "# minutes: [5, 10]\n# minutse: 5", r"unknown key 'minutse'"),
    ("# minutes: [5, 10]", "# minutes: 15", r"its header's minutes are 15\n    write `minutes: \[60, 75\]`"),
    ("# %% card [markdown]", "# %% [markdown]", r"does not open with a card"),
    ("# title: Doubling", "# title: Halving", r"line 9: its heading does not begin with 'Halving', the header's title"),
    ("# %% objectives [markdown]", "# %% objective [markdown]", r"line 14: unknown role 'objective'"),
    ('# %% answer exercise="halve"', '# %% answer exercise="halv"', r"line \d+: the answer cell of 'halv' comes before its task"),
    ('# %% answer exercise="halve"', '# %% answer exercise="Half it"', r"exercise='Half it' is no name"),
    ('# %% answer exercise="halve"', '# %% check exercise="halve"', r"the check cell of 'halve' comes before its answer cell"),
    ('# %% check exercise="halve" points=2', '# %% answer exercise="halve"', r"has a second answer cell\n    the first is in"),
    ('# %% check exercise="halve" points=2\nprint("not answered yet")\n', "", r"the exercise 'halve' has no check cell"),
    ("points=2", "points=0", r"points=0"),
    ("points=2", "points=1.5", r"points=1.5"),
    ("points=2", "point=2", r"unknown argument 'point'"),
    ('exercise="halve" objective="double"', 'exercise="halve"', r"names no objective"),
    ('exercise="halve" objective="double"', 'exercise="halve" objective="triple"', r"no objective 'triple'\n    the header lists double"),
    ("# ### Halve a number\n", "# Halve a number\n", r"has no heading"),
    ('alt="A straight line from corner to corner." ', "", r"a figure needs a text alternative"),
    ("{{= twice =}}", "{{= twice", r"opened with `{{=` and not closed"),
    ("{{= twice =}}", "{{= twice + =}}", r"{{= twice \+ =}} is no Python expression"),
    ("Write `halve(x)`.", "Write `halve({{= twice =}})`.", r"a task cannot hold"),
    ("{{= twice =}}", "{{= 54321 =}}", r"{{= 54321 =}} computes nothing"),
    ("twice = double(21)", "twice = double(21)" + "  # long" * 20, r"a line of code has \d+ characters"),
    ("twice = double(21)", "show.table([], [])\ntwice = double(21)", r"what show.table makes is not shown: a cell shows its last line only\n    give it a cell"),
    ("twice = double(21)", "for x in 1, 2:\n    diagrams.unit(x)", r"what diagrams.unit makes is not shown"),
])  # fmt: skip
def test_a_mistake_is_refused(book, old, new, message):
    edit(chapter(book), old, new)
    with pytest.raises(BookError, match=message):
        read_chapter(chapter(book), book)


def test_a_page_with_a_title_only_teaches_nothing_and_is_traced_nowhere(book):
    """Such as a gallery: it runs, has a card, and neither objectives nor exercises."""
    page = book / "book/chapters/gallery.py"
    page.write_text("# ---\n# title: Gallery\n# ---\n\n# %% card [markdown]\n# # Gallery\n\n# %%\nprint(1)\n")
    chapters = [read_chapter(chapter(book), book), read_chapter(page, book)]
    assert [chapter.teaches for chapter in chapters] == [True, False] and chapters[1].taught() == {}
    assert "Gallery" not in trace_page(chapters) + claims_page(Project(book), [], [], chapters)
    page.write_text(page.read_text().replace("Gallery\n# ---", "Gallery\n# minutes: 3\n# ---"))
    with pytest.raises(BookError, match="that of a page without objectives gives its title only"):
        read_chapter(page, book)


def test_not_utf8(book):
    chapter(book).write_bytes(b"# %%\n\xff")
    with pytest.raises(BookError, match="is not UTF-8 text"):
        read_chapter(chapter(book), book)


@pytest.mark.parametrize(("swap", "what"), [({}, "the exercise 'halve'"), ({"halve": "other"}, "the label 'fig-line'")])
def test_names_are_unique_in_the_book(book, swap, what):
    text = chapter(book).read_text("utf-8")
    for old, new in swap.items():
        text = text.replace(old, new)
    second = book / "book/chapters/02_again.py"
    second.write_text(text, "utf-8")
    with pytest.raises(BookError, match=re.escape(what) + " is already taken by book/chapters/01_double.py, line"):
        read_chapters([chapter(book), second], book)


def test_contents_and_sources_name_the_same_chapters(book):
    assert [p.stem for p in Project(book).sources()] == ["01_double"]
    edit(book / "_toc.yml", "- file: notebooks/01_double\n", "- file: notebooks/01_double\n- file: notebooks/02_more\n")
    with pytest.raises(BookError, match=r"_toc.yml: lists notebooks/02_more, which has no source"):
        Project(book).sources()


def test_a_source_that_the_contents_leave_out(book):
    (book / "book/chapters/02_more.py").write_text("# %%\n")
    with pytest.raises(BookError, match=r"02_more.py: is not in _toc.yml"):
        Project(book).sources()


def test_a_chapter_listed_twice(book):
    edit(book / "_toc.yml", "- file: notebooks/01_double\n", "- file: notebooks/01_double\n- file: notebooks/01_double\n")
    with pytest.raises(BookError, match="twice"):
        Project(book).sources()


def test_contents_of_every_shape():
    toc = {"root": "a", "parts": [{"caption": "x", "chapters": [{"file": "b", "sections": [{"file": "c"}]}]}]}
    assert toc_files(toc) == ["a", "b", "c"]


@pytest.mark.parametrize("url", ["", "https://example.org/a/b", "https://github.com/only-owner"])
def test_the_repository_address_is_checked(book, url):
    edit(book / "_config.yml", "https://github.com/lightnets-edu/lightnets_edu", url)
    with pytest.raises(BookError, match=r"repository.url"):
        Project(book).repository  # noqa: B018
