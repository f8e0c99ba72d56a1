"""Makes cards of the front page's list of chapters, each with a picture from its chapter, for light and for dark.

The list stands behind a comment, `<!-- cards fig-name … -->`, which names figures that chapters choose for theirs. The
picture is what such a figure's own module draws (see `still.py`), without its letters, which would be too small to
read; of a chapter that names none, its first moving figure, else its first plot.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from docutils import nodes

from . import ASSETS
from .purge import purge, words

LIST = re.compile(r"<!-- cards((?: [\w-]+)*) -->")
STYLE = re.compile(r"<style>(.*?)</style>", re.S)
DRAWING = re.compile(r"<svg\b.*</svg>", re.S)
THEME = re.compile(r'html\[data-theme="(light|dark)"\] \{(.*?)\}', re.S)
READ = re.compile(r"var\((--[\w-]+)")
FOLDER = "_images/cards"
SPACE = "http://www.w3.org/2000/svg"
DROPPED = {"text", "title", "desc"}
SPOKEN = re.compile(r"^(?:role|tabindex|aria-.*|data-.*)$")
_OF_A_PAGE = r"(?:html|\[data-jp)[^{}]*\{[^{}]*\}"    # a picture has no use for such a rule
FOR_PAGES = re.compile(rf"{_OF_A_PAGE}|@media[^{{]*\{{(?:\s*{_OF_A_PAGE})*\s*\}}")

ET.register_namespace("", SPACE)


def themes() -> dict[str, dict[str, str]]:
    """The custom properties of the book's two themes."""
    found: dict[str, dict[str, str]] = {}
    for theme, body in THEME.findall((ASSETS / "book.css").read_text("utf-8")):
        pairs = (line.partition(":") for line in body.split(";") if ":" in line)
        found.setdefault(theme, {}).update({name.strip(): value.strip() for name, _, value in pairs})
    return found


def picture(svg: str, css: str, theme: dict[str, str]) -> str:
    """A drawing as a file of its own in the colours of a theme: without letters, and with what it needs of `css`."""
    root = ET.fromstring(svg if "xmlns=" in svg.partition(">")[0] else svg.replace("<svg", f'<svg xmlns="{SPACE}"', 1))
    _strip(root)
    group = ET.Element(f"{{{SPACE}}}g", {"class": "ln-widget"})    # the root of a figure's own custom properties
    group.extend(list(root))
    root[:] = [group]
    for name in ("width", "height", "style"):
        root.attrib.pop(name, None)
    _, _, width, height = root.attrib["viewBox"].split()
    root.attrib |= {"width": width, "height": height}
    own = purge(css, words(ET.tostring(root, "unicode")))
    own = FOR_PAGES.sub("", own)
    read = set(READ.findall(own + ET.tostring(root, "unicode")))
    said = "".join(f"{name}:{value};" for name, value in theme.items() if name in read)
    style = ET.Element(f"{{{SPACE}}}style")
    style.text = f"{own}svg,.ln-widget{{{said}color:{theme['--pst-color-text-base']}}}"
    root.insert(0, style)
    return ET.tostring(root, "unicode")


def _strip(element: ET.Element) -> None:
    """Take out letters, and what is only for those who listen or point."""
    for name in [name for name in element.attrib if SPOKEN.match(name)]:
        del element.attrib[name]
    for child in list(element):
        tag = child.tag.rpartition("}")[2]
        _strip(child)
        if tag in DROPPED or (tag == "g" and not len(child)):
            element.remove(child)


def drawings(doctree: nodes.document) -> Iterator[tuple[set[str], bool, str]]:
    """Of each drawing of a page: the names of its figure, whether it is that of a moving figure, and itself."""
    for node in doctree.findall(nodes.raw):
        text, moves = node.astext(), 'class="ln-fallback"' in node.astext()
        if (found := DRAWING.search(text)) and (moves or 'class="book-plot' in text):
            above, names = node.parent, set()
            while above is not None:
                names |= set(above.get("ids", ())) | set(above.get("names", ()))
                above = above.parent
            yield names, moves, found[0]


def chosen(doctree: nodes.document, named: set[str]) -> str:
    """The drawing that stands for a page; "" where it has none."""
    found = list(drawings(doctree))
    ranked = [[svg for names, _, svg in found if names & named], [svg for _, moves, svg in found if moves],
              [svg for *_, svg in found]]  # fmt: skip
    return next((some[0] for some in ranked if some), "")


def _write(app, docname: str, named: set[str]) -> str:
    """Write both pictures of a page; the HTML that shows the right one, from a page in `docname`'s folder."""
    doctree = app.env.get_doctree(docname)
    if not (svg := chosen(doctree, named)):
        return ""
    css = "".join(sheet for node in doctree.findall(nodes.raw) for sheet in STYLE.findall(node.astext()))
    stem, up = PurePosixPath(docname).name, "../" * docname.count("/")
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    shown = ""
    for theme, colours in themes().items():
        (folder / f"{stem}-{theme}.svg").write_text(picture(svg, css, colours), "utf-8")
        source = f"{up}{FOLDER}/{stem}-{theme}.svg"
        shown += f'<img class="book-card-{theme}" src="{source}" alt="" role="presentation" loading="lazy" />'
    return f'<div class="book-card-picture">{shown}</div>'


def _cards(app, doctree, docname):
    for mark in list(doctree.findall(nodes.raw)):
        asked = LIST.search(mark.astext())
        if not asked:
            continue
        place = mark.parent.index(mark)
        following = mark.parent[place + 1] if place + 1 < len(mark.parent) else None
        if isinstance(following, nodes.bullet_list):
            following["classes"].append("book-cards")
            for item in following:
                link = next(item.findall(nodes.reference), None)
                page = _page(docname, link)
                if page in app.env.found_docs and (html := _write(app, page, set(asked[1].split()))):
                    item.insert(0, nodes.raw("", html, format="html"))
        mark.parent.remove(mark)


def _page(docname: str, link: nodes.reference | None) -> str:
    """The page that a link leads to, in the same folder; "" where it leaves the site, as in a plain notebook."""
    address = link.get("refuri", "") if link is not None else ""
    here = address.endswith(".html") and "/" not in address
    return str(PurePosixPath(docname).with_name(address.removesuffix(".html"))) if here else ""


def _style(app, pagename, templatename, context, doctree):
    if doctree is not None and any("book-cards" in node["classes"] for node in doctree.findall(nodes.bullet_list)):
        app.add_css_file("front.css", priority=950)    # added here, it is for this page only


def setup(app):
    """Register the part."""
    app.connect("doctree-resolved", _cards)
    app.connect("html-page-context", _style, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
