"""Draws a moving figure while the book is built: its own module from the page, run in a small JavaScript engine.

So a figure is drawn and worded once. `still.js` is the document that the module draws itself in; what a page without
scripts and a printed page show is that drawing, with the data unfolded and the controls as words.
"""

import functools
import json
import re
from pathlib import Path

import quickjs

DOCUMENT = Path(__file__).with_name("still.js").read_text("utf-8")
EXPORT = re.compile(r"^export default ", re.MULTILINE)
ROOM = 680    # pixels: a column of the book, or a sheet of paper
STACK = 4 << 20    # bytes


class StillError(ValueError):
    """A module that does not draw itself without a browser; the message is the engine's own."""


def engine(module: str) -> quickjs.Context:
    """An engine that holds one figure's module."""
    context = quickjs.Context()
    context.set_max_stack_size(STACK)
    context.eval(DOCUMENT)
    if len(EXPORT.findall(module)) != 1:
        raise StillError("the module must have one line that begins with `export default`")
    context.module(EXPORT.sub("globalThis.figure = ", module))
    return context


_kept = functools.lru_cache(maxsize=32)(engine)


class Drawing:
    """A figure, drawn by its module from a state, in `room` pixels. It lasts until its engine draws the next one."""

    def __init__(self, module: str, state: dict, room: int = ROOM, engine=_kept):
        try:
            self.context = engine(module)
            self._call("begin", room, json.dumps(state))
        except quickjs.JSException as error:
            raise StillError(str(error).strip()) from error

    def _call(self, name: str, *args):
        return self.context.get(name)(*args)

    def outer(self) -> str:
        """All that was drawn, as a browser would write it."""
        return self._call("outer")

    def plain(self) -> str:
        """The drawing for a page without scripts: a figure with settings, pictures, sentences, data and caption."""
        return self._call("plain_figure")


def still(module: str, state: dict) -> str:
    """The still picture of a widget's state. StillError where its module needs more than `still.js` gives."""
    return Drawing(module, state).plain()
