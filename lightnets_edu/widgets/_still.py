"""Pieces of still pictures: plain SVG and tables, as they stand in a page without scripts or on paper."""

from collections.abc import Iterable, Sequence
from html import escape


def svg(width: float, height: float, label: str, body: str, most: str = "46rem") -> str:
    """A picture that follows the page's colour, at most `most` wide; `label` says to a screen reader what it is.

    Shapes have strokes and no fill, unless `body` says otherwise; text is the page's text.
    """
    return (
        f'<svg class="ln-still" role="img" width="100%" style="max-width:{most}" fill="none" stroke="currentColor" '
        f'viewBox="0 0 {width:g} {height:g}" aria-label="{escape(label)}">{body}</svg>'
    )


def text(x: float, y: float, words: object, anchor: str = "start", size: float = 11) -> str:
    """One line of text."""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text x="{x:g}" y="{y:g}" fill="currentColor" stroke="none" font-size="{size:g}"{place}>'
        f"{escape(str(words))}</text>"
    )


def table(heads: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Rows under heads; whole numbers get thousands separators."""
    body = "".join("<tr><td>" + "<td>".join(map(_cell, row)) for row in rows)
    return f"<table><thead><tr><th>{'<th>'.join(map(_cell, heads))}<tbody>{body}</table>"


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else escape(str(value))
