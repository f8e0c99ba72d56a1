"""The front page's sections come from the chapters themselves, so that a new chapter appears by itself."""

import re

import pytest
from small_book import edit, second_chapter

from coursekit.chapter import read_chapters
from coursekit.errors import BookError
from coursekit.project import Project
from coursekit.public import editions, front
from coursekit.public.execute import Executed
from coursekit.public.ledger import Claim
from coursekit.public.plain import References

PAGE = """\
# ---
# title: Toys
# ---

# %% card [markdown]
# # Toys

# %% hide="all code" name="fig-one" alt="One." caption="One."
one = 1

# %% chapters [markdown]
# ## Chapters

# %% edition [markdown]
# ## Edition
"""
CITATION = "cff-version: 1.2.0\nauthors:\n- name: the makers\n- given-names: Ann\n  family-names: One\nversion: 1.2.0\ndate-released: 2026-02-03\n"


@pytest.fixture
def toys(book):
    """The small book with a front page that is a chapter's source."""
    (book / "book/chapters/welcome.py").write_text(PAGE, "utf-8")
    edit(book / "_toc.yml", "root: book/welcome", "root: notebooks/welcome")
    (book / "CITATION.cff").write_text(CITATION, "utf-8")
    (book / "LICENSE").write_text("\nMIT License\n\nCopyright\n", "utf-8")
    return book


def made(book, claims=()) -> tuple[str, str]:
    """The page and the notebook, as Markdown."""
    project = Project(book)
    chapters = read_chapters(project.sources(), book)
    front.complete(project, chapters, list(claims))
    ran = Executed([[]], [[] for cell in chapters[0].lesson if cell.kind == "markdown"], {})
    refs = References({}, project.bibliography, project.book_url)
    both = editions.page(project, chapters[0], ran, []), editions.notebook(project, chapters[0], ran, [], refs)
    assert [cell.metadata.get("tags") for cell in both[0].cells if cell.cell_type == "code"] == [["remove-input"]]
    return tuple("\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown") for nb in both)


def test_every_chapter_is_there_with_what_its_header_says(toys):
    page, notebook = made(toys)
    assert "- [1. Doubling](01_double.ipynb)\n\n  Builds on no other chapter. 5 minutes to read, 10 for 1 exercise. *Complete*" in page
    assert "1 chapter: about 0 hours to read, and 0 for the 1 exercise." in page and "<!-- cards -->" in page
    assert "Before you start" not in page, "the front page opens with the book"
    assert "- [1. Doubling](https://lightnets-edu.github.io/lightnets_edu/notebooks/01_double.html)" in notebook


def test_a_new_chapter_appears_with_what_it_needs_its_state_and_its_picture(toys):
    more = second_chapter(toys)
    edit(more, "before: nothing", "status: draft\n# picture: fig-more\n# before: what {chapter}`it <1>` says")
    edit(more, "# # More\n", "# # More: and more\n")
    page, _ = made(toys)
    assert "- [2. More](02_more.ipynb): and more\n\n  Builds on chapter [1](01_double.ipynb). 5 minutes" in page and "*Draft*" in page
    assert "<!-- cards fig-more -->" in page and "2 chapters:" in page


def test_statements_are_counted_by_verdict(toys):
    verdicts = ["holds", "holds", "wrong", "imprecise", "open", "reported"]
    page, _ = made(toys, [Claim(f"A-{i}", "01_double", "x", verdict) for i, verdict in enumerate(verdicts)])
    assert "check 6 statements that papers and other texts make: 2 hold, 1 are true after a correction, 1 are wrong, and 2 are" in page


def test_the_edition_is_that_of_the_citation(toys):
    page, _ = made(toys)
    assert re.search(r"Version 1\.2\.0 of 3 February 2026, by the makers and Ann One\. The code is under the \[MIT License\]\(https", page)
    assert "text and figures" not in page, "a licence that is not there is not named"


@pytest.mark.parametrize(("old", "new", "told"), [
    ("version: 1.2.0\n", "", "CITATION.cff: gives no version with a date"),
    ("date-released: 2026-02-03", "date-released: soon", "CITATION.cff: gives no version with a date"),
    (CITATION, None, r"welcome.py, line 14: CITATION.cff is missing"),
])  # fmt: skip
def test_an_edition_that_nobody_gives_is_refused(toys, old, new, told):
    path = toys / "CITATION.cff"
    if new is None:
        path.unlink()
    else:
        path.write_text(CITATION.replace(f"\n{old}", f"\n{new}"))
    with pytest.raises(BookError, match=told):
        made(toys)


def test_the_book_s_address_is_its_own_or_that_of_its_repository(toys):
    own = "baseurl: https://lightnets-edu.github.io/lightnets_edu/"
    edit(toys / "_config.yml", own, 'baseurl: ""')
    assert Project(toys).book_url == "https://lightnets-edu.github.io/lightnets_edu/"
    edit(toys / "_config.yml", 'baseurl: ""', "baseurl: https://example.org/book")
    assert Project(toys).book_url == "https://example.org/book/"
    edit(toys / "_config.yml", "https://example.org/book", "example.org")
    with pytest.raises(BookError, match=r"html\.baseurl is 'example.org'\n    it must read"):
        assert Project(toys).book_url


def test_lists_are_said_as_one_says_them():
    assert [front.listed([str(i) for i in range(n)]) for n in range(4)] == ["", "0", "0 and 1", "0, 1 and 2"]
