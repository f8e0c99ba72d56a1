"""The glossary's way back to the chapters, and its line of letters."""

from types import SimpleNamespace

import pytest
from booksite import terms
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document
from sphinx import addnodes


def link(target: str) -> addnodes.pending_xref:
    return addnodes.pending_xref("", nodes.inline("", target), reftype="term", reftarget=target)


def page(*sections) -> nodes.document:
    """A page of (heading, node, …)."""
    document = new_document("page", get_default_settings())
    for heading, *inside in sections:
        document += nodes.section("", nodes.title("", heading), nodes.paragraph("", "", *inside), ids=[nodes.make_id(heading)])
    return document


def glossary(*entries) -> nodes.document:
    document, found = page(("Glossary",)), nodes.definition_list()
    for names in entries:
        heads = [nodes.term("", name, ids=[f"term-{name}"]) for name in names]
        found += nodes.definition_list_item("", *heads, nodes.definition("", nodes.paragraph("", "Its text.")))
    document[0] += addnodes.glossary("", found)
    return document


@pytest.fixture
def book():
    """A book whose chapters 2 and 10 use words, and a page that is no chapter."""
    app = SimpleNamespace(env=SimpleNamespace(docname=""), builder=SimpleNamespace(get_relative_uri=lambda _, to: f"../{to}.html"))
    terms._start(app)
    pages = {
        "notebooks/10_late": page(("Late", link("grey map"))),
        "notebooks/02_early": page(("One word", link("stride")), ("Two words", link("Map"), link("stride"), link("map"))),
        "book/other": page(("Other", link("stride"))),
    }
    for app.env.docname, doctree in pages.items():
        terms._collect(app, doctree)
    return app, pages


def test_a_place_is_the_first_link_of_a_page_with_the_heading_above_it(book):
    _, pages = book
    assert terms.places(page(("A", link("x")), ("B", link("y"), link("x")))) == [("x", "use-x", "A"), ("y", "use-y", "B")]
    early = pages["notebooks/02_early"]
    anchors = [node["ids"] for node in early.findall(nodes.target)]
    assert anchors == [["use-stride"], ["use-map"]], "an entry is the same, whatever its capitals"
    assert early.findall(addnodes.pending_xref).__next__().parent[0] is next(early.findall(nodes.target)), "before the link"


def test_what_the_box_below_the_title_names_is_no_use():
    document = page(("A", link("x")))
    boxed = page(("A",))
    boxed[0] += nodes.admonition("", nodes.paragraph("", "", link("x")), classes=["card"])
    assert terms.places(boxed) == [] and len(terms.places(document)) == 1


def test_an_entry_leads_to_the_chapters_in_their_order(book):
    app, _ = book
    document = glossary(("grey map", "map"), ("stride",), ("unused",))
    terms._complete(app, document, "book/glossary")
    lines = [node for node in document.findall(nodes.paragraph) if "book-uses" in node["classes"]]
    assert [line.astext() for line in lines] == ["Chapter 2: Two words; also in chapter 10", "Chapter 2: One word"]
    addresses = [link["refuri"] for link in lines[0].findall(nodes.reference)]
    assert addresses == ["../notebooks/02_early.html#use-map", "../notebooks/10_late.html#use-grey-map"]
    assert lines[0][-1]["reftitle"] == "Late"


def test_links_to_the_glossary_have_a_class_of_their_own(book):
    app, _ = book
    document = page(("A", nodes.reference("", "", nodes.inline("", "map", classes=["xref", "std", "std-term"])), nodes.reference("", "x")))
    terms._complete(app, document, "notebooks/02_early")
    assert [node["classes"] for node in document.findall(nodes.reference)] == [["book-term"], []]


def test_each_letter_leads_to_its_first_entry(book):
    app, _ = book
    document = glossary(("map",), ("module",), ("stride",))
    terms._complete(app, document, "book/glossary")
    (line,) = [node for node in document.findall(nodes.paragraph) if "book-letters" in node["classes"]]
    assert [(node.astext(), node["refid"]) for node in line.findall(nodes.reference)] == [("M", "term-map"), ("S", "term-stride")]


def test_a_page_that_is_read_again_or_gone_is_forgotten(book):
    app, _ = book
    terms._purge(app, app.env, "notebooks/02_early")
    other = SimpleNamespace(book_terms={"notebooks/03_new": [("stride", "use-stride", "New")], "notebooks/02_early": []})
    terms._merge(app, app.env, ["notebooks/03_new"], other)
    assert list(app.env.book_terms) == ["notebooks/10_late", "notebooks/03_new"]
    assert terms._uses(app.env, ["stride"]) == [("notebooks/03_new", "use-stride", "New")]
