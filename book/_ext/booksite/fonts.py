"""Cuts fonts down to the characters that the book's pages show."""

import logging
import re
from html.parser import HTMLParser
from pathlib import Path

from fontTools import subset

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it reports each table it cuts

# `.fa-name::before{content:"\f001"}` and `.fa-name{--fa:"\f001"}`: the style sheets' own table of icons
ICON = re.compile(r'((?:\.fa-[a-z0-9-]+(?::{1,2}before)?,?)+)\{(?:--fa|content):\s*"\\([0-9a-f]+)"[^}]*\}')
ESCAPED = re.compile(r'"\\([ef][0-9a-f]{3})"')  # a style sheet that sets a glyph by its number
LITERAL = re.compile("[\ue000-\uf8ff]")  # … or writes the glyph itself


ITALIC = {"em", "i", "cite", "dfn", "var", "address"}
BOLD = {"h1", "h2", "h3", "h4", "h5", "h6", "strong", "b", "th", "dt", "summary", "caption", "figcaption"}
BOLD_CLASSES = re.compile(r"caption-number|title|current|prev-next|sidebar")  # what the theme and book.css set in bold
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class _Set(HTMLParser):
    """Collects the characters inside some elements."""

    def __init__(self, tags: set[str]):
        super().__init__()
        self.tags, self.open, self.characters = tags, [], set()

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            inside = tag in self.tags or (self.tags is BOLD and BOLD_CLASSES.search(dict(attrs).get("class") or ""))
            self.open.append((tag, bool(inside) or bool(self.open and self.open[-1][1])))

    def handle_endtag(self, tag):
        if tag in (name for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data):
        if self.open and self.open[-1][1]:
            self.characters.update(data)


def characters_of(texts, tags: set[str]) -> set[str]:
    """The characters that pages show inside `ITALIC` or `BOLD` elements."""
    found = set()
    for text in texts:
        parser = _Set(tags)
        parser.feed(text)
        found |= parser.characters
    return found


class _Formulas(HTMLParser):
    """Collects the characters inside `.katex-html`, the visible half of a formula: italic letters and the others."""

    def __init__(self):
        super().__init__()
        self.italic, self.upright, self.open = set(), set(), []

    def handle_starttag(self, tag, attrs):
        if tag == "span":
            classes = set((dict(attrs).get("class") or "").split())
            inside, italic = self.open[-1] if self.open else (False, False)
            self.open.append((inside or "katex-html" in classes, italic or "mathnormal" in classes))

    def handle_endtag(self, tag):
        if tag == "span" and self.open:
            self.open.pop()

    def handle_data(self, data):
        inside, italic = self.open[-1] if self.open else (False, False)
        if inside:
            (self.italic if italic else self.upright).update(data)


def formula_characters(html: str) -> tuple[set[str], set[str]]:
    """The characters that the formulas of a page show: italic letters, set in one font of their own, and the others."""
    if "katex-html" not in html:
        return set(), set()
    parser = _Formulas()
    parser.feed(html)
    return parser.italic, parser.upright


def icon_characters(css: str, used: set[str]) -> set[str]:
    """The icons that pages name, or that a style sheet draws by itself."""
    named = {chr(int(code, 16)) for names, code in ICON.findall(css) if used & set(re.findall(r"fa-[a-z0-9-]+", names))}
    rest = ICON.sub("", css)
    return named | {chr(int(code, 16)) for code in ESCAPED.findall(rest)} | set(LITERAL.findall(rest))


def cut(font: Path, characters: set[str], features=("*",), hinting: bool = True) -> None:
    """Keep in a font file only these characters. The same characters always give the same bytes.

    Hints are programs for the coarse screens of old; in the formulas' fonts they take a quarter of the file.
    """
    options = subset.Options(flavor="woff2", layout_features=list(features), notdef_outline=True, hinting=hinting)
    options.drop_tables += ["vhea", "vmtx", "STAT"]  # for vertical text, and for faces that vary
    loaded = subset.load_font(str(font), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(sorted(characters)))
    subsetter.subset(loaded)
    subset.save_font(loaded, str(font), options)
