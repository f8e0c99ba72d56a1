"""The parts of the book's Sphinx extension that can be judged without building a site."""

import json
import re
import shutil
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import docutils.utils
import pytest
from booksite import ASSETS, finish, fonts, katex, labels, licences, offline, pages, still, widgets
from booksite.purge import StyleError, drop_unread, names, purge, words
from docutils import nodes
from sphinx.errors import ExtensionError

from lightnets_edu import widgets as figures
from lightnets_edu.widgets.kit.compose import modules


# ---- formulas
def test_katex_style_and_fonts_are_of_the_version_that_sets_the_formulas():
    css = (ASSETS / "katex/katex.min.css").read_text()
    assert re.search(r'content:"([\d.]+)"', css)[1] == katex.version()
    named = set(re.findall(r"fonts/([\w-]+\.woff2)", css))
    assert named == {path.name for path in (ASSETS / "katex/fonts").iterdir()} and "MIT" in licences.compose(ASSETS)


def test_formula_is_set_with_mathml():
    html = katex.typeset(r"\frac{a}{b}", True)
    assert "katex-display" in html and "<math" in html and "frac{" not in html, "nobody sees or hears the source"


def test_letters_of_formulas_that_katex_leaves_to_the_text_are_in_its_style():
    css = (ASSETS / "book.css").read_text()
    families = dict(re.findall(r"\.katex (\.mathnormal )?\{[^}]*font-family: ([^;]+);", css))
    assert families == {"": '"Formula", KaTeX_Main, serif', ".mathnormal ": '"Formula", "Formula capitals", KaTeX_Math, serif'}
    given = {name: set() for name in ("Formula", "Formula capitals")}
    for name, ranges in re.findall(r'font-family: "(Formula[^"]*)";[^}]*unicode-range: ([^;]+);', css):
        for first, last in re.findall(r"U\+(\w+)-(\w+)", ranges):
            given[name] |= {chr(code) for code in range(int(first, 16), int(last, 16) + 1)}
    assert given["Formula"] == finish.FROM_THE_TEXT["KaTeX_Main-Regular"], "the upright face; the italic one has a part of it"
    assert given["Formula capitals"] == {chr(code) for code in range(65, 91)}


@pytest.mark.parametrize("tex", [r"\frac{a}", r"\nosuchcommand", "x^2^3"])
def test_bad_formula_is_refused(tex):
    with pytest.raises(katex.FormulaError):
        katex.typeset(tex, False)


# ---- pages
OFFER = '<a href="05_a.ipynb" target="_blank"\n   class="btn btn-sm btn-download-notebook dropdown-item"'
BELOW = '<a class="reference internal" href="a.html">For all</a><details><summary><span class="toctree-toggle" role="presentation">'


def test_scripts_that_a_page_does_not_need_go():
    page = '<script defer src="_static/scripts/fontawesome.js?digest=1"></script><script src="../_static/{}"></script>'
    assert pages.drop_scripts(page.format("design-tabs.js")) == "" == pages.drop_scripts(page.format("searchtools.js"))
    kept = page.format("design-tabs.js") + '<div class="sd-tab-set">'
    assert pages.drop_scripts(kept).startswith('<script src="../_static/design-tabs.js">')
    assert "copybutton.js" not in pages.drop_scripts(page.format("copybutton.js") + '<div class="highlight">')


def test_prose_and_code_are_left_alone():
    page = "<p>thebe and fontawesome.js in prose</p><pre>&lt;!-- <!-- kept --> </pre><script>a<!--b-->c</script>"
    assert pages.drop_scripts(page + "<!-- gone -->") == page


def test_mends_change_a_page_once():
    page = f'<html lang="en" data-theme="auto"><div id="pst-primary-sidebar"><p role="doc-biblioentry">{OFFER}{BELOW}'
    assert '</a><details><summary aria-label="Pages under For all"><span class="toctree-toggle"' in pages.mend(page)
    assert '<a href="05_a.ipynb" download\n' in pages.mend(page)
    mended = pages.mend(page)
    assert 'data-theme="light"' in mended
    assert 'role="region" aria-label="Contents"' in mended and pages.mend(mended) == mended


def test_edits_that_find_nothing_are_refused():
    """Pages that were edited hold nothing more to edit: as if the theme wrote them so."""
    whole = "\n".join([
        *(f'<script src="_static/{name}"></script>' for names, _ in pages.SCRIPTS for name in re.sub(r"\\", "", " ".join(names)).split()),
        '<link rel="preload" href="a"><!-- remark --><html data-theme="auto"><div id="pst-primary-sidebar">',
        '<i class="theme-switch" title="x">localStorage.getItem("theme") || "auto"',
    ])  # fmt: skip
    pages.refuse_unmatched(["", whole])
    pages.refuse_unmatched([whole, '<div class="citation" role="doc-biblioentry">', OFFER, BELOW])
    edited = pages.mend(pages.drop_scripts(whole))
    with pytest.raises(ExtensionError) as raised:
        pages.refuse_unmatched([edited])
    told = str(raised.value)
    assert told.count("\n") == sum(len(names) for names, _ in pages.SCRIPTS) + 2 + len(pages.MENDS) - len(pages.WHERE) and "pst-primary" in told
    for lost, name in [("copybutton.js", "copybutton"), ("searchindex.js", "searchindex"), ('title="x"', "theme-switch"), ("<!-- remark -->", "<!--")]:
        with pytest.raises(ExtensionError, match=r"mend or drop") as raised:
            pages.refuse_unmatched([whole.replace(lost, "other")])
        assert str(raised.value).count("\n") == 1 and name in str(raised.value)
    for changed, name in [('<div class="citation" role="other">', "doc-biblioentry"), (OFFER.replace(" target", " rel"), "download-notebook"),
                          (BELOW.replace("summary", "b"), "toctree-toggle")]:
        with pytest.raises(ExtensionError, match=name):
            pages.refuse_unmatched([whole, changed])


@pytest.mark.parametrize("module", ["sphinx_thebe", "renamed"])
def test_listeners_of_thebe_are_silenced_or_missed(module, tmp_path):
    def handler():
        """Stands for a listener."""

    handler.__module__ = module
    other = SimpleNamespace(handler=print)
    listeners = {"html-page-context": [SimpleNamespace(handler=handler), other]}
    app = SimpleNamespace(events=SimpleNamespace(listeners=listeners), confdir=tmp_path)
    config = SimpleNamespace(html_theme_options={}, html_static_path=[])
    with nullcontext() if module == "sphinx_thebe" else pytest.raises(ExtensionError, match="nothing of sphinx_thebe"):
        offline._prepare(app, config)
        assert listeners["html-page-context"] == [other]


# ---- style sheets
@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".used{a:b}.gone{a:b}", ".used{a:b}"),
        (".used,.gone,p{a:b}", ".used,p{a:b}"),
        (".used .gone{a:b}", ""),
        ("p:not(.gone){a:b}", "p:not(.gone){a:b}"),
        ('[data-x=".gone"]{a:b}', '[data-x=".gone"]{a:b}'),
        ("@media print{.gone{a:b}.used{a:b}}@media print{.gone{a:b}}", "@media print{.used{a:b}}"),
        (".sm\\:used{a:b}", ""),
        ("@font-face{src:url(x)}", "@font-face{src:url(x)}"),
        ("/*! notice */ /* remark */p{/* remark */a:b}", "/*! notice */p{a:b}"),
        ("p{ a : b  c ; --x: ;d: e , f(g , h) }", "p{a:b  c;--x: ;d:e,f(g , h)}"),
    ],
)
def test_purge_keeps_what_can_apply(css, kept):
    assert purge(css, words("class='used'")) == kept
    assert purge(kept, words("class='used'")) == kept


def test_a_page_uses_its_classes_and_what_its_scripts_say_but_not_its_words():
    page = """<p class="a b" id=c data-d="e">progress</p><script>f.classList.add("g")</script><i class='x'>"""
    found = names(page)
    assert {"a", "b", "c", "g", "x"} <= found and not found & {"progress", "e", "p"}
    assert purge(".a{b:c}.progress{b:c}.g .c{d:e}", found) == ".a{b:c}.g .c{d:e}"


def test_purge_refuses_broken_style():
    with pytest.raises(StyleError):
        purge("p{a:b}}", set())


def test_custom_properties_that_nothing_reads_go():
    sheets = ["a{--read:1px;--unread:2px;color:red}b{--chain:var(--next)}", "c{--next:3px}d{width:var(--read)}e{--by-script:1}"]
    assert drop_unread(sheets, "getPropertyValue('--by-script')") == [
        "a{--read:1px;color:red}", "d{width:var(--read)}e{--by-script:1}"
    ]  # fmt: skip
    assert drop_unread(['a{--x:url("a;b");--y:var(--z,")");c:d}', "p{--z:url(a;b)}"], "") == ["a{c:d}", ""]


# ---- fonts
def test_characters_of_italic_and_bold_text():
    page = "<p>plain <em>i<code>t</code><br>al</em> <b>bo</b></p><h2>Head <i>x</i></h2><p class='admonition-title'>N</p>q"
    assert fonts.characters_of([page], fonts.ITALIC) == set("italx")
    assert fonts.characters_of([page], fonts.BOLD) == set("boHead xN")


def test_font_is_cut_the_same_way_each_time(tmp_path):
    sizes = []
    for name in ("a", "b"):
        font = tmp_path / f"{name}.woff2"
        shutil.copy(ASSETS / "fonts/literata-400-normal.woff2", font)
        fonts.cut(font, set("abc"))
        sizes.append(font.read_bytes())
    assert sizes[0] == sizes[1] and len(sizes[0]) < 5000


def test_characters_come_from_formulas_only():
    html = 'Z<span class="katex"><span class="katex-html"><span class="mord mathnormal">x</span>+</span></span>Y'
    assert fonts.formula_characters(html) == ({"x"}, {"+"}) and fonts.formula_characters("Zx") == (set(), set())


def test_icons_that_pages_or_styles_use():
    css = '.fa-bars:before{content:"\\f0c9"}.fa-gone{--fa:"\\f000"}.box::after{content:"\\f078"}'
    assert fonts.icon_characters(css, {"fa-bars"}) == {"\uf0c9", "\uf078"}


def test_a_theme_without_icons_is_noticed(tmp_path):
    with pytest.raises(ExtensionError, match="hardly any icon found"):
        finish.cut_fonts(tmp_path, [""], '.fa-bars:before{content:"\\f0c9"}', {"fa-bars"})


def test_labels_are_no_part_of_the_site(tmp_path):
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), config=SimpleNamespace(book_labels_path="html/labels.json"),
                          confdir=tmp_path, outdir=tmp_path / "html", doctreedir=tmp_path / "doctrees")  # fmt: skip
    with pytest.raises(ValueError, match=r"labels\.json lies inside the site .*html; name a place outside it"):
        labels._write(app, None)


# ---- widgets
VIEW = '<script type="application/vnd.jupyter.widget-view+json">{"model_id": "f"}</script>'


def record(**state):
    return {"model_name": "AnyModel", "model_module": "anywidget", "state": state}


def test_widgets_are_named_in_page_order_and_the_rest_goes():
    bundle = {
        "state": {"f": record(x=1, layout="IPY_MODEL_l"), "a": record(child="IPY_MODEL_c"), "c": record(), "l": {}}
    }
    slim, names = widgets.tidy(bundle, ["f", "a"])
    assert names == {"f": "widget-1", "a": "widget-2", "c": "widget-3"}
    assert slim["state"]["widget-1"]["state"] == {"x": 1}
    assert slim["state"]["widget-2"]["state"] == {"child": "IPY_MODEL_widget-3"}


def test_a_part_of_a_module_stands_in_the_page_once():
    kit, own = "const ln_kit_a = (() => {\nconst f = () => {\n};\nreturn { f };\n})();\n", "const { f } = ln_kit_a;\nf();"
    bundle = {"state": {"f": record(_esm=kit + own, _css="s", x=1), "a": record(_esm="n"), "c": record(_esm=kit + "m")}}
    slim, _ = widgets.tidy(bundle, ["f", "a", "c"])
    states = [model["state"] for model in slim["state"].values()]
    assert states == [{"_esm": [0, 1], "x": 1}, {"_esm": [2]}, {"_esm": [0, 3]}]
    assert slim["sources"] == ["const ln_kit_a=(()=>{let f=()=>{};return{f}})();", "const{f}=ln_kit_a;f();", "n", "m"]


@pytest.mark.parametrize("name", figures.__all__)
def test_a_figure_in_a_page_shares_the_kit_and_draws_the_same(name):
    figure = getattr(figures, name)()
    state = figure.get_state()
    slim, _ = widgets.tidy({"state": {"f": {"model_module": "anywidget", "state": dict(state)}}}, ["f"])
    module = Path(figures.__file__).parent / type(figure).__module__.split(".")[2] / "figure.js"
    assert len(slim["sources"]) == len(modules(module)), "one part for each module that it is composed of"
    small = "".join(slim["sources"])
    assert len(small) < 0.9 * len(state["_esm"])
    own = {key: value for key, value in state.items() if not key.startswith("_")}
    in_a_line = re.sub(r"(?<=[;}])(?=export default )", "\n", small)    # as the engine that draws stills wants it
    assert still.still(in_a_line, own) == still.still(state["_esm"], own)


MODULE = """const shapes = (n) => { const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (let i = 0; i < n; i++) svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path")); return svg; };
export default { label: "Shapes", render({ model, el }) {
  const figure = document.createElement("figure"), note = document.createElement("p");
  note.textContent = `${model.get("n")} < all`;
  figure.append(shapes(model.get("n")), note);
  el.append(figure);
} };"""


def test_still_picture_follows_the_view_and_a_style_sheet_stands_once():
    records = {name: record(_esm=MODULE, _css=css, n=n) for name, css, n in (("f", "p {}", 2), ("g", "p {}", 1), ("h", "", 0))}
    stills = widgets.Stills(records)
    html = widgets.show(VIEW, {"f": "widget-1"}, stills.of("f"))
    assert html.endswith(
        '</script>\n<div class="ln-fallback"><style>p {}</style><figure class="ln-still" aria-label="Shapes">'
        '<svg role="img" aria-label="Shapes"><path/><path/></svg><p>2 &lt; all</p></figure></div>'
    ) and '"widget-1"' in html
    other = widgets.Stills({name: record(_esm=MODULE, _css=css, n=0) for name, css in (("f", "p {}q {}"), ("g", "p {} /* own */ r {}"))})
    assert "<style>p {}q {}</style>" in other.of("f") and "<style>r {}</style>" in other.of("g"), "rules of the kit are not said again"
    assert widgets.rules("p {} }") == ["p {} }"]
    assert "<style>" not in stills.of("g") and stills.of("g").count("<path/>") == 1 and "<style>" not in stills.of("h")


def test_controls_without_a_module_have_no_still():
    assert widgets.Stills({"s": {"model_module": "@jupyter-widgets/controls", "state": {}}}).of("s") == ""
    assert widgets.Stills({}).of("lost") == "" and widgets.show(VIEW, {}, "").endswith("</script>")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("export default {", "SyntaxError"),
        ("export default { render() { throw new Error('planted'); } };", "planted"),
        ("export default { render({ el }) { el.getBoundingClientRect(); } };", "not a function"),
        ("export const render = () => {};", "one line that begins with `export default`"),
        ("", "one line that begins with `export default`"),
        ("export default { render() { console.error('figure:', new Error('stopped')); } };", "figure: stopped"),
    ],
)
def test_a_module_that_cannot_draw_itself_is_told(source, said):
    with pytest.raises(still.StillError, match=said):
        widgets.Stills({"f": record(_esm=source)}).of("f")


def test_what_shows_nothing_goes_and_the_rest_stays():
    sleeper = '<figure class="ln-asleep"><svg></svg><figcaption>Still.</figcaption></figure>'
    texts = {"": 0, " \n": 0, sleeper: 0, "<p>Shown</p>": 1, f"<div>{sleeper}</div>": 1}
    document = docutils.utils.new_document("page")
    for text in texts:
        parts = nodes.container("", nodes.raw("", text, format="html"), mime_type="text/html")
        document += nodes.container("", parts, nb_element="mime_bundle")
    document += nodes.raw("", "", format="html")
    widgets.drop_what_shows_nothing(document)
    assert [len(bundle[0]) for bundle in document.findall(nodes.container) if "nb_element" in bundle] == list(texts.values())
    assert isinstance(document[-1], nodes.raw), "what is no output is left alone"


def test_embedded_state_cannot_end_its_script():
    text = widgets.embed({"a": "</script><!-- <script>"})
    assert "<" not in text and json.loads(text) == {"a": "</script><!-- <script>"}


def test_widget_host_is_small_and_fetches_nothing():
    source = (ASSETS / "widget-host.js").read_text()
    assert len(source) < 6656 and "http" not in source.replace("file://", "")
