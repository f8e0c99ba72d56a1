"""The ledger is complete, backed and taught; the pages made from it say so."""

import pytest
from small_book import edit

from coursekit.chapter import read_chapters
from coursekit.errors import BookError
from coursekit.project import Project
from coursekit.public.ledger import chapter_table, claims_page, read_ledger, trace_page


def load(book):
    project = Project(book)
    chapters = read_chapters(project.sources(), book)
    return read_ledger(project, chapters), chapters


def test_pages(book):
    claims, chapters = load(book)
    assert "| Doubling adds a number to itself. | holds | “Double it”. {cite}`someone2020` |" in claims_page(claims, chapters)
    assert "Statements that hold: 1" in chapter_table(claims, chapters[0])
    assert "| double a number | Double it | Halve a number |" in trace_page(chapters)


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
    claims, chapters = load(book)
    assert len(claims) == 2 and "So it is." in claims_page(claims, chapters)
    assert "So it is." not in chapter_table(claims, chapters[0])
    path.write_text(path.read_text().replace("minor: true", "minor: false"))
    edit(book / "book/chapters/01_double.py", 'claims="DO-01"', 'claims="DO-01,DO-02"')
    claims, chapters = load(book)
    assert "So it is." in chapter_table(claims, chapters[0])


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
    claims, chapters = load(book)
    assert "“You will be able to”" in claims_page(claims, chapters)


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
