"""Lighter pages show what they showed: pictures, the colours of code, style in its order, figures that start."""

import base64
import re

import pytest
from booksite import lighten

CODE = '<pre><span class="n">x</span> <span class="o">=</span> <span class="mi">1</span></pre>'
LIGHT, DARK = 'html[data-theme="light"]', 'html[data-theme="dark"]'
PYGMENTS = "".join(f"{theme} .highlight{{background: {ground}; color: {ink}}}{theme} .highlight .n{{color: {ink}}}"
                   f"{theme} .highlight .o{{color: {o}}}{theme} .highlight .p{{color: {ink}; font-weight: bold}}"
                   for theme, ground, ink, o in ((LIGHT, "#fff", "#080808", "#080808"), (DARK, "#000", "#F8F8F2", "#00e0e0")))  # fmt: skip


def test_words_of_code_keep_their_mark_where_one_theme_shows_it():
    assert lighten.plain_tokens(PYGMENTS) == {"n"}, "o has a colour in the dark, p is bold"
    as_sphinx_writes = PYGMENTS.replace("}html", "} /* Name */\nhtml")
    assert lighten.plain_tokens(as_sphinx_writes) == {"n"}
    assert lighten.unmarked(CODE, {"n"}) == CODE.replace('<span class="n">x</span>', "x")


def test_pictures_get_files_of_their_own_by_what_they_hold(tmp_path):
    data = f"data:image/webp;base64,{base64.b64encode(b'abc').decode()}"
    texts = {tmp_path / "notebooks/a.html": f'<image href="{data}"/><image href="{data}"/>', tmp_path / "b.html": f'<img src="{data}">',
             tmp_path / "c.html": f"<code>{data}</code>"}  # fmt: skip
    lighten.pictures_out(texts, tmp_path)
    (file,) = (tmp_path / lighten.PICTURES).iterdir()
    assert file.read_bytes() == b"abc"
    deep, flat, told = texts.values()
    assert deep.count(f'href="../{lighten.PICTURES}/{file.name}"') == 2 and f'src="{lighten.PICTURES}/{file.name}"' in flat
    assert data in told, "what a page tells about is no picture"


def test_text_comes_before_the_figures_programs():
    state = '<script type="application/vnd.jupyter.widget-state+json">{"a": "</body>"}</script>'.replace("</body>", "")
    page = f'<head>{state}<script src="../_static/scripts/sphinx-book-theme.js?v=1"></script></head><body>text</body>'
    found = lighten.text_first(page)
    assert found.index("text") < found.index("widget-state") < found.index("</body>") and found.count("widget-state") == 1
    assert lighten.text_first("<body>text</body>") == "<body>text</body>"


def test_settings_stand_in_the_page():
    page = '<script src="../_static/documentation_options.js?v=1"></script><script>DOCUMENTATION_OPTIONS.a = 1;</script>'
    assert lighten.options_inside(page, "const DOCUMENTATION_OPTIONS = {\n  b: 2,\n};") == (
        "<script>const DOCUMENTATION_OPTIONS = { b: 2, };</script><script>DOCUMENTATION_OPTIONS.a = 1;</script>"
    )


@pytest.fixture
def site(tmp_path):
    """Three sheets that all pages have, one of which imports another, and one that a single page has."""
    static = tmp_path / "_static"
    (static / "styles/fonts").mkdir(parents=True)
    sheets = {"base.css": "a{b:c}", "styles/theme.css": '@import "../base.css";p{background:url(fonts/x.woff2)}',
              "book.css": 'q{background:url("fonts/y.woff2")}i{background:url(data:image/svg+xml,z)}', "own.css": "r{s:t}"}  # fmt: skip
    for name, text in sheets.items():
        (static / name).write_text(text)
    links = {name: f'<link rel="stylesheet" type="text/css" href="{{up}}_static/{name}?v=1" />\n' for name in sheets}
    texts = {
        tmp_path / "a.html": "".join(links[name] for name in ("styles/theme.css", "own.css", "book.css")).format(up=""),
        tmp_path / "n/b.html": "".join(links[name] for name in ("styles/theme.css", "book.css")).format(up="../"),
        tmp_path / "404.html": "no style sheet",
    }
    return texts, static


def test_style_is_one_file_in_the_same_order(site):
    texts, static = site
    paper = '<link media="print" rel="stylesheet" href="_static/print.css" />'
    texts |= {path: text + paper for path, text in texts.items()}
    lighten.one_sheet(texts, static)
    assert all(text.endswith(paper) for text in texts.values()), "no screen has the style of paper, and none only on paper"
    texts |= {path: text.removesuffix(paper) for path, text in texts.items()}
    assert (static / lighten.ONE).read_text() == (
        'a{b:c}p{background:url("styles/fonts/x.woff2")}\nq{background:url("fonts/y.woff2")}i{background:url(data:image/svg+xml,z)}'
    )
    asked = [re.findall(r'href="([^"?]+)', text) for text in texts.values()]
    assert asked == [["_static/own.css", f"_static/{lighten.ONE}"], [f"../_static/{lighten.ONE}"], []]
    assert sorted(path.name for path in static.rglob("*.css")) == [lighten.ONE, "own.css"], "nothing is left that no page asks for"


def test_a_site_with_nothing_in_common_stays_as_it_is(site):
    texts, static = site
    before = {path: text.replace("book.css", f"{path.stem}.css").replace("theme.css", f"{path.stem}.css") for path, text in texts.items()}
    after = dict(before)
    lighten.one_sheet(after, static)
    assert after == before and not (static / lighten.ONE).exists()
