"""Cuts a finished page into what a reader can be led to: its sections, and the terms of its glossaries.

Words stand as the page shows them. Left out is what is drawn, what a script fills in, and cells of numbers alone in the
tables that lessons print.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

from .fonts import VOID

HEADS = {"h1", "h2", "h3", "h4", "h5", "h6"}
INLINE = {"a", "abbr", "b", "cite", "code", "em", "i", "kbd", "mark", "math", "mi", "mn", "mo", "mrow", "mstyle",
          "msub", "msubsup", "msup", "mtext", "semantics", "small", "span", "strong", "sub", "sup", "u",
          "var"}  # fmt: skip
UNSAID = {"script", "style", "svg", "form", "button", "nav", "annotation", "select"}
UNSAID_CLASSES = {"headerlink", "katex-html", "ln-fallback", "eqno", "katex-display", "book-filter"}
BETWEEN = {"td", "th"}
# how an explanation gives a term's other names
OTHER_NAMES = re.compile(
    r"(?:[Aa]lso (?:called|known as|written)|in full:"
    r"|(?:PyTorch|Keras|[Pp]apers|[Pp]eople|[Oo]thers)(?: often)? calls? (?:it|them|this))\s+([^.;:()]+)"
)


@dataclass
class Section:
    """A part of a page with a place to go to. `above` names the sections around it; `kind` is section or term."""

    anchor: str
    kind: str = "section"
    level: int = 0
    title: str = ""
    above: list[str] = field(default_factory=list)
    text: str = ""
    code: str = ""


def cut(html: str) -> list[Section]:
    """The sections of a page's article, in its order. What is folded is in them too."""
    parser = _Cutter()
    parser.feed(html)
    for one, next_one in reversed(list(pairwise(parser.found))):
        if one.kind == next_one.kind == "term" and not one.text.strip():    # two names above one explanation
            one.text = next_one.text
    return [_tidy(section) for section in parser.found if section.title.strip()]


def other_names(text: str) -> list[str]:
    """The names that an explanation gives beside the term itself."""
    found = [part for names in OTHER_NAMES.findall(text) for part in re.split(r",| or | and ", names)]
    return [name.strip() for name in found if name.strip()]


def _tidy(section: Section) -> Section:
    section.title, section.text, section.code = (_spaced(part) for part in (section.title, section.text, section.code))
    section.above = [_spaced(title) for title in section.above]
    return section


def _spaced(text: str) -> str:
    """One blank between words; one dot between cells, also where cells of numbers were left out."""
    text = text.replace("\u2061", "")    # MathML's sign between a function and its argument
    text = re.sub(r"·(?:\s*·)+", "·", " ".join(text.split()))
    return re.sub(r"\s+([,.;:)\]?!])", r"\1", text.strip(" ·"))


class _Cutter(HTMLParser):
    """Walks through a page. `open` holds each open element with the part that it is: "" for none, article, unsaid,
    section, head, term, meaning, code, output, cell, fold."""

    def __init__(self):
        super().__init__()
        self.found: list[Section] = []
        self.open: list[tuple[str, str]] = []
        self.stack: list[Section] = []
        self.cell = ""

    def _in(self, part: str) -> bool:
        return any(other == part for _, other in self.open)

    def handle_starttag(self, tag, attrs):
        if tag in VOID:
            self._space(tag)
            return
        named = dict(attrs)
        classes = set((named.get("class") or "").split())
        self.open.append((tag, self._part(tag, named.get("id") or "", classes)))
        self._space(tag)

    def _part(self, tag: str, name: str, classes: set[str]) -> str:
        """What an element is for the index; sections and terms begin here."""
        if not self._in("article"):
            return "article" if tag == "article" else ""
        if tag in UNSAID or classes & UNSAID_CLASSES or (tag == "summary" and self._fold_of_code()):
            return "unsaid"
        if self._in("unsaid"):
            return ""
        if tag == "section":
            return self._begin(Section(name), "section")
        if tag in HEADS and self.stack and not self.stack[-1].title:
            self.stack[-1].level = int(tag[1])
            return "head"
        if tag == "dt" and name.startswith("term-"):
            if not self._in("meaning") and self.stack and self.stack[-1].kind == "term":
                self.stack.pop()
            return self._begin(Section(name, "term", 6), "term")
        if tag == "dd" and self.stack and self.stack[-1].kind == "term":
            return "meaning"
        if tag == "pre":
            return "code"
        if tag in BETWEEN and self._in("output"):
            return "cell"
        return "output" if "cell_output" in classes else "fold" if "hide" in classes else ""

    def _begin(self, section: Section, part: str) -> str:
        section.above = [other.title for other in self.stack if other.level]
        self.stack.append(section)
        self.found.append(section)
        return part

    def _fold_of_code(self) -> bool:
        return bool(self.open) and self.open[-1][1] == "fold"

    def handle_endtag(self, tag):
        if tag not in (name for name, _ in self.open):
            return
        while self.open:
            name, part = self.open.pop()
            if part == "cell":
                if re.search(r"[^\W\d_]", self.cell):
                    self._add(self.cell)
                self.cell = ""
            if part == "meaning" or (part == "section" and self.stack):
                self._leave(part)
            if name == tag:
                break
        self._space(tag)
        if tag in BETWEEN and self._in("article") and not self._in("unsaid"):
            self._add(" · ")

    def _leave(self, part: str) -> None:
        while self.stack and part == "section" and self.stack[-1].kind == "term":
            self.stack.pop()
        if self.stack:
            self.stack.pop()

    def handle_data(self, data):
        if not self._in("article") or self._in("unsaid"):
            return
        if self._in("cell"):
            self.cell += data
        else:
            self._add(data)

    def _space(self, tag: str) -> None:
        if tag not in INLINE and self.stack and not self._in("unsaid"):
            self._add(" ")

    def _add(self, data: str) -> None:
        if not self.stack:
            return
        section = self.stack[-1]
        if self._in("head") or self._in("term"):
            section.title += data
        elif self._in("code"):
            section.code += data
        else:
            section.text += data
