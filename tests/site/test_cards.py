"""The cards' pictures: the drawing of the chapter, without letters, in the colours of each theme."""

import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest
from booksite import cards
from docutils import nodes
from docutils.utils import new_document

CSS = """.ln-widget { --ln-line: color-mix(in srgb, var(--ln-text) 28%, red); } .ln-a { fill: var(--ln-0); } .ln-gone { fill: red; }
html[data-theme="dark"] .ln-widget { --ln-0: #fff; } @media (prefers-color-scheme: dark) { html:not([data-theme]) .ln-widget { --ln-0: #123456; } }"""
SVG = ('<svg class="ln-x" viewBox="0 0 680 300" role="img" aria-label="Said" style="width:9px"><title>Said</title><g><text>a word</text></g>'
       '<rect class="ln-a" tabindex="0" data-part="1" width="4" height="5"/></svg>')  # fmt: skip


def still(svg=SVG, moves=True, name="fig-a"):
    figure = nodes.figure(ids=[name])
    kind = "ln-fallback" if moves else "book-plot pst-scrollable-table-container"
    figure += nodes.raw("", f'<div class="{kind}"><style>{CSS}</style>{svg}</div>', format="html")
    return figure


def page(*children):
    document = new_document("a")
    document += list(children)
    return document


def test_a_picture_stands_alone_in_the_colours_of_its_theme():
    themes = cards.themes()
    assert set(themes) == {"light", "dark"} and themes["light"]["--ln-0"] != themes["dark"]["--ln-0"]
    for theme in themes.values():
        text = cards.picture(SVG, CSS, theme)
        root = ET.fromstring(text)
        assert root.get("width") == "680" and root.get("height") == "300"
        assert f"--ln-0:{theme['--ln-0']};" in text and ".ln-a{" in text
        for gone in ("a word", "Said", "tabindex", "data-", "ln-gone", "html", "123456", "aria"):
            assert gone not in text
        assert "var(--pst" not in text or "--pst-color-text-base:" in text


def test_the_named_figure_then_what_moves_then_a_plot():
    plot, first, second = (SVG.replace("ln-x", name) for name in ("plot", "first", "second"))
    whole = page(still(plot, moves=False, name="fig-p"), still(first, name="fig-1"), still(second, name="fig-2"))
    assert cards.chosen(whole, {"fig-2"}) == second and cards.chosen(whole, {"fig-p"}) == plot
    assert cards.chosen(whole, {"fig-of-another-page"}) == first
    assert cards.chosen(page(still(plot, moves=False)), set()) == plot and cards.chosen(page(), set()) == ""


@pytest.fixture
def app(tmp_path):
    pages = {"notebooks/01_a": page(still()), "notebooks/02_b": page(nodes.paragraph("", "words"))}
    env = SimpleNamespace(found_docs=set(pages), get_doctree=pages.get)
    return SimpleNamespace(env=env, outdir=str(tmp_path))


def listing(*addresses):
    items = [nodes.list_item("", nodes.paragraph("", "", nodes.reference("", "x", refuri=address))) for address in addresses]
    return nodes.bullet_list("", *items)


def test_the_list_behind_the_mark_becomes_cards(app, tmp_path):
    front = page(listing("01_a.html"), nodes.raw("", "<!-- cards fig-a -->", format="html"),
                 listing("01_a.html", "02_b.html", "https://example.org/", "https://example.org/01_a.html"))  # fmt: skip
    cards._cards(app, front, "notebooks/welcome")
    before, after = front.children
    assert "book-cards" not in before["classes"] and after["classes"] == ["book-cards"]
    pictures = [item[0].astext() if isinstance(item[0], nodes.raw) else "" for item in after]
    assert 'src="../_images/cards/01_a-light.svg" alt=""' in pictures[0] and 'loading="lazy"' in pictures[0] and pictures[1:] == ["", "", ""]
    assert sorted(path.name for path in (tmp_path / "_images/cards").iterdir()) == ["01_a-dark.svg", "01_a-light.svg"]


def test_a_drawing_that_is_no_xml_is_not_shown_broken():
    with pytest.raises(ET.ParseError):
        cards.picture("<svg viewBox='0 0 1 1'><g></svg>", CSS, cards.themes()["light"])
