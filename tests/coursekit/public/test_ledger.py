"""The ledger is complete, backed and taught; the pages made from it say so."""

import pytest
from small_book import edit

from coursekit.cells import SourceCell
from coursekit.chapter import read_chapters
from coursekit.errors import BookError
from coursekit.project import Project
from coursekit.public.ledger import read_ledger, read_sources, trace_page
from coursekit.public.ledger_page import chapter_table, claims_page


def load(book):
    project = Project(book)
    chapters = read_chapters(project.sources(), book)
    return read_ledger(project, chapters), chapters


def whole_page(book):
    claims, chapters = load(book)
    return claims_page(Project(book), claims, read_sources(Project(book)), chapters)


def test_pages(book):
    claims, chapters = load(book)
    page = whole_page(book)
    assert "our own words: 1 in all." in page and "| holds | true as stated, and checked here | 1 |" in page
    assert "| wrong | not true; the note says what is | 0 |" in page and "## The sources" not in page
    mark = '<span id="claim-do-01" class="book-claim" data-chapter="1. Doubling" data-verdict="holds" data-how="quoted"></span>'
    place = '<a href="../notebooks/01_double.html#double-it">Double it</a>; quoted'
    assert f"| {mark}Doubling adds a number to itself. | holds | {{cite}}`someone2020` | {place} |" in page
    assert chapter_table("01_double", claims).splitlines()[2:] == ["| Doubling adds a number to itself. | holds | {cite}`someone2020` |", "",
        "They stand on {ref}`The source, checked <ledger-01_double>`, with tests and sections."]  # fmt: skip
    assert "| double a number | Double it | 1.1 Halve a number |" in trace_page(chapters)
    chapters[0].cells += [SourceCell("markdown", "", text, {"objective": "double"}) for text in ("## Last", "On.", "On.")]
    assert "| Double it; Last | 1.1 Halve a number |" in trace_page(chapters), "what has no heading is part of what is above"


@pytest.mark.parametrize(("old", "new", "message"), [
    ("verdict: holds", "verdict: true", "verdict True"),
    ("verdict: holds", "verdict: wrong", "is wrong and does not say what is right"),
    ("  cite: someone2020\n", "", "DO-01: nothing backs it"),
    ("cite: someone2020", "cite: nobody", "cites 'nobody'"),
    ("cite: someone2020", "check: tests/test_x.py::test_a", "its check tests/test_x.py::test_a does not exist"),
    ("cite: someone2020", "measured: true", "is measured by no code cell"),
    ("cite: someone2020", "cites: someone2020", "unknown field 'cites'"),
    ("id: DO-01", "id: DO-02", "names the claim DO-01, which no ledger has"),
    ("  cite: someone2020\n", "  cite: someone2020\n- {id: DO-02, claim: More., verdict: reported, cite: someone2020}\n", "no cell"),
    ("- id: DO-01", "- name: DO-01", "needs at least id, claim and verdict"),
    ("- id: DO-01", "- id: [", "is not YAML"),
    ("- id: DO-01", "id: DO-01", "is not"),
])  # fmt: skip
def test_a_faulty_entry_is_refused(book, old, new, message):
    edit(book / "book/ledger/01_double.yml", old, new)
    with pytest.raises(BookError, match=message):
        load(book)


def test_a_check_that_exists_backs_a_claim(book):
    (book / "tests").mkdir()
    (book / "tests/test_x.py").write_text("def test_a():\n    assert True\n")
    edit(book / "book/ledger/01_double.yml", "cite: someone2020", "check: tests/test_x.py::test_a")
    assert load(book)[0][0].check == "tests/test_x.py::test_a"
    address = "https://github.com/lightnets-edu/lightnets_edu/blob/main/tests/test_x.py"
    assert f"[tested]({address})" in whole_page(book)


def test_a_measured_claim_is_shown_by_a_code_cell(book):
    edit(book / "book/ledger/01_double.yml", "cite: someone2020", "measured: true")
    edit(book / "book/chapters/01_double.py", ' claims="DO-01"', "")
    edit(book / "book/chapters/01_double.py", "# %%\nfrom toybook", '# %% claims="DO-01"\nfrom toybook')
    assert load(book)[0][0].measured
    edit(book / "book/ledger/01_double.yml", "measured: true", "measured: true\n  note: On digits it does worse here too.")
    with pytest.raises(BookError, match="its note types the conclusion 'worse'"):
        load(book)


def test_a_minor_claim_needs_no_section(book):
    path = book / "book/ledger/01_double.yml"
    path.write_text(path.read_text() + "- {id: DO-02, claim: So it is., verdict: reported, cite: someone2020, minor: true}\n")
    assert len(load(book)[0]) == 2


def test_ids_are_unique_and_known(book):
    path = book / "book/ledger/01_double.yml"
    path.write_text(path.read_text() * 2)
    with pytest.raises(BookError, match="already taken"):
        load(book)


def test_a_cell_names_an_unknown_claim(book):
    edit(book / "book/chapters/01_double.py", 'claims="DO-01"', 'claims="DO-01,DO-09"')
    with pytest.raises(BookError, match=r"01_double.py, line 17: names the claim DO-09, which no ledger has"):
        load(book)


def test_a_ledger_that_the_chapter_does_not_show(book):
    edit(book / "book/chapters/01_double.py", "# %% ledger [markdown]", "# %% [markdown]")
    with pytest.raises(BookError, match="has a ledger and no ledger cell"):
        load(book)


def test_a_claim_belongs_to_the_section_above_it(book):
    """A cell whose heading comes after its text teaches in the section before."""
    edit(book / "book/chapters/01_double.py", "# ## Double it\n#\n# Before any code", "# Before any code")
    edit(book / "book/chapters/01_double.py", "It *doubles*.\n# :::", "It *doubles*.\n# :::\n#\n# ## Later")
    assert "#you-will-be-able-to" in whole_page(book)


def test_a_ledger_without_a_chapter(book):
    (book / "book/ledger/02_more.yml").write_text("[]")
    with pytest.raises(BookError, match="belongs to no chapter"):
        load(book)


@pytest.mark.parametrize(("old", "new", "what"), [
    ('[markdown] objective="double" claims="DO-01"', '[markdown] claims="DO-01"', "no section serves the objective 'double'"),
    ("#   double: double a number\n", "#   double: double a number\n#   triple: more\n", "no section serves the objective 'triple'"),
])  # fmt: skip
def test_a_trace_with_a_hole_is_refused(book, old, new, what):
    edit(book / "book/chapters/01_double.py", old, new)
    with pytest.raises(BookError, match=what):
        trace_page(load(book)[1])


SOURCE = "- {id: notes, short: the notes, title: Twice, language: Latin, address: 'https://example.org/notes'}\n"
ROW = "- {{id: DO-{:02}, claim: Number {}., verdict: reported, cite: someone2020, minor: true{}}}\n"


def test_a_source_has_a_short_name(book):
    (book / "book/ledger/sources.yml").write_text(SOURCE)
    edit(book / "book/ledger/01_double.yml", "  verdict: holds", "  source: notes\n  verdict: holds")
    page = whole_page(book)
    assert "| the notes | [Twice](https://example.org/notes) | not named | not said | Latin |" in page
    assert "Doubling adds a number to itself. (the notes) |" in page


@pytest.mark.parametrize(("source", "named", "message"), [
    (SOURCE, "notse", r"01_double.yml, DO-01: names the source 'notse'\n    book/ledger/sources.yml has notes"),
    (SOURCE.replace("title", "titel"), "notes", r"sources.yml, entry 1: is no source: .*titel.*\n    fields are id, short"),
    ("notes", "notes", "sources.yml: is not a list of entries"),
])  # fmt: skip
def test_a_source_that_nobody_knows_is_refused(book, source, named, message):
    (book / "book/ledger/sources.yml").write_text(source)
    edit(book / "book/ledger/01_double.yml", "  verdict: holds", f"  source: {named}\n  verdict: holds")
    with pytest.raises(BookError, match=message):
        load(book)


def test_a_chapter_shows_eight_rows_at_most(book):
    """Those that are marked, else the first that are not minor; the page has them all."""
    path = book / "book/ledger/01_double.yml"
    first = path.read_text()

    def table(rows):
        path.write_text(first + "".join(rows))
        return chapter_table("01_double", load(book)[0])

    shown = table(ROW.format(n, n, "") for n in range(2, 12))
    assert "Doubling adds" in shown and "Number" not in shown and "These are 1 of 11; all stand on" in shown
    shown = table(ROW.format(n, n, ", chapter: true" if n < 10 else "") for n in range(2, 12))
    assert "Doubling adds" not in shown and "Number 9." in shown and "Number 10." not in shown and "These are 8 of 11" in shown
    assert "Number 11." in whole_page(book)
    with pytest.raises(BookError, match=r"01_double.yml: 10 entries are marked `chapter: true`\n    a chapter shows at most 8"):
        table(ROW.format(n, n, ", chapter: true") for n in range(2, 12))
