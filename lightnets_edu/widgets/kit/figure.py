"""What every figure shares: a caption, checks of its traits, and what stands for it where it cannot be drawn."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, ClassVar

import anywidget
import traitlets

Proposal = dict[str, Any]  # what traitlets hands to a validator


class Figure(anywidget.AnyWidget):
    """An interactive figure: a caption, and the traits that its front end draws.

    The built book draws it too, where a page has no scripts and for print: its own front end does, run by
    `book/_ext/booksite/still.py`. `fallback_html` is for places that have neither.
    """

    drawn: ClassVar[tuple[str, ...]] = ()
    """The traits that a reader can change."""

    caption = traitlets.Unicode().tag(sync=True)

    def notify_change(self, change: Any) -> None:
        """Send a trait together with those that follow it: a page never sees a state that does not fit."""
        with self.hold_sync():
            super().notify_change(change)

    def whole(self) -> bool:
        """Whether the traits fit together: not so for a moment, while one of them follows another."""
        return True

    def data(self) -> tuple[Sequence[object], list[Sequence[object]]]:
        """Heads and rows of a table that says what the figure shows; here, the traits that a reader can change."""
        return ("trait", "value"), [(name, getattr(self, name)) for name in self.drawn]

    def fallback_html(self) -> str:
        """Caption and data as HTML without scripts, styles or outside references."""
        heads, rows = self.data()
        body = "".join(f"<tr><td>{'<td>'.join(map(_cell, row))}" for row in rows)
        table = f"<table><thead><tr><th>{'<th>'.join(map(_cell, heads))}<tbody>{body}</table>"
        return f"<p>{escape(self.caption, quote=False)}</p>{table}"


def _cell(value: object) -> str:
    """Whole numbers get thousands separators."""
    return f"{value:,}" if type(value) is int else escape(str(value), quote=False)


def one_of(what: str, value: Any, offered: Iterable[Any]) -> Any:
    """`value`, or TraitError unless it is one of those on offer."""
    offered = offered if isinstance(offered, range) else list(offered)
    if value not in offered:
        words = f"{offered[0]} to {offered[-1]}" if isinstance(offered, range) else ", ".join(map(str, offered))
        raise traitlets.TraitError(f"{what} must be one of {words}; got {value}")
    return value
