"""Links in the prose that set a figure's state: {show}`with six groups <fig-shuffle groups=6 shuffle=true>`.

The figure is the object that its cell ends with. Its own method `moved(**traits)` says, while the lesson runs, what
state these values make, or refuses them; a page never shows a state that the figure would not take.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from .cells import SourceCell
from .errors import BookError

LINK = re.compile(r"\{show\}`([^`]*)`")
_PARTS = re.compile(r"(?P<words>.*?)\s*<(?P<figure>[\w-]+)(?P<traits>(?:\s+[^>]*)?)>", re.S)
_TRAIT = re.compile(r'\s+(\w+)=("(?:[^"\\]|\\.)*"|\[[^\]]*\]|[^\s"\[\]]+)')


class Link(NamedTuple):
    """Words that set a figure's traits; `text` is what stands between the ticks."""

    text: str
    words: str
    figure: str
    traits: dict[str, Any]
    where: str


def links(cells: Sequence[SourceCell]) -> list[Link]:
    """The links of a chapter; refuses one that cannot be read, or whose figure is not in the chapter."""
    figures = [str(cell.args["name"]) for cell in cells if cell.kind == "code" and "name" in cell.args]
    found = []
    for cell in cells:
        for match in LINK.finditer(cell.text) if cell.kind == "markdown" else ():
            link = parse(match[1], cell.at(cell.text[: match.start()].count("\n")))
            if link.figure not in figures:
                todo = f"a link moves a figure of its own chapter: {', '.join(figures) or 'it has none'}"
                raise BookError(link.where, f"this chapter has no figure {link.figure!r}", todo)
            found.append(link)
    return found


def parse(text: str, where: str) -> Link:
    match = _PARTS.fullmatch(text)
    traits = match["traits"] if match else ""
    if not match or not match["words"] or not traits.strip() or _TRAIT.sub("", traits).strip():
        todo = "write {show}`words <fig-name trait=value other=value>`"
        raise BookError(where, f"{{show}}`{text}` cannot be read", todo)
    values = {name: _value(value) for name, value in _TRAIT.findall(traits)}
    return Link(text, " ".join(match["words"].split()), match["figure"], values, where)


def _value(text: str) -> Any:
    """A number, true, false, a list or a text in quotes; other words stand for themselves."""
    try:
        return json.loads(text)
    except ValueError:
        return text
