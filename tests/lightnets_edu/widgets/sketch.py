"""Figures drawn without a browser, by their own modules in the engine that makes the book's stills: a few milliseconds.

What a figure draws and says is counted and read here; what a browser does with it (layout, colours, keys, time) is
looked at in a browser, and one test holds both drawings against each other.
"""

import json
import math
import re
from itertools import zip_longest
from pathlib import Path
from typing import Any

from booksite.still import Drawing, engine
from bs4 import BeautifulSoup
from stage import state

from lightnets_edu.widgets.kit import Figure

WIDE = 758    # what is left for a figure on a page of 800 pixels, as the tests in a browser open it
TOOLS = Path(__file__).with_name("sketch.js").read_text("utf-8")


class Paper:
    """Some nodes of a drawing, asked and moved with the words that Playwright has for a page's."""

    def __init__(self, sketch: "Sketch", nodes: str):
        self.sketch, self.nodes = sketch, nodes

    def _js(self, script: str, *args: Any) -> Any:
        """What a function of the nodes gives."""
        given = "".join(f", {json.dumps(arg)}" for arg in args)
        return json.loads(self.sketch.context.eval(f"JSON.stringify(({script})({self.nodes}{given})) ?? 'null'"))

    def _one(self, script: str, *args: Any) -> Any:
        assert (many := self.count()) == 1, f"{many} nodes in {self.nodes}"
        return self._js(f"([node], ...args) => ({script})(node, ...args)", *args)

    def _some(self, nodes: str) -> "Paper":
        return Paper(self.sketch, nodes)

    def locator(self, selector: str) -> "Paper":
        return self._some(f"{self.nodes}.flatMap((node) => node.querySelectorAll({json.dumps(selector)}))")

    def get_by_label(self, label: str, exact: bool = False) -> "Paper":
        return self._some(f"labelled({self.nodes}, {json.dumps(label)}, {json.dumps(exact)})")

    def get_by_role(self, role: str, name: Any = None, exact: bool = False) -> "Paper":
        name = name.pattern if isinstance(name, re.Pattern) else name
        return self._some(f"named({self.nodes}, {json.dumps(role)}, {json.dumps(name)}, {json.dumps(exact)})")

    def nth(self, i: int) -> "Paper":
        return self._some(f"{self.nodes}.slice({i}, {i + 1 or 'undefined'})")

    @property
    def first(self) -> "Paper":
        return self.nth(0)

    @property
    def last(self) -> "Paper":
        return self.nth(-1)

    def all(self) -> list["Paper"]:
        return [self.nth(i) for i in range(self.count())]

    def count(self) -> int:
        return self._js("(nodes) => nodes.length")

    def evaluate(self, script: str, *args: Any) -> Any:
        return self._one(script, *args)

    def evaluate_all(self, script: str, *args: Any) -> Any:
        return self._js(script, *args)

    def all_text_contents(self) -> list[str]:
        return self._js("(nodes) => nodes.map((node) => node.textContent)")

    def all_inner_texts(self) -> list[str]:
        return self._js("(nodes) => nodes.map(shown)")

    def text_content(self) -> str:
        return self._one("(node) => node.textContent")

    def inner_text(self) -> str:
        return self._one("(node) => shown(node)")

    def get_attribute(self, name: str) -> str | None:
        return self._one("(node, name) => node.getAttribute(name)", name)

    def is_disabled(self) -> bool:
        return self._one("(node) => node.disabled")

    def is_checked(self) -> bool:
        return self._one("(node) => node.checked")

    def is_visible(self) -> bool:
        return self._one("(node) => visible(node)")

    def click(self) -> None:
        self._one("(node) => operate(node)")

    def hover(self) -> None:
        self._one("(node) => point(node)")

    def fill(self, place: str) -> None:
        self._one("(node, place) => operate(node, +place)", place)

    def set_checked(self, on: bool) -> None:
        self._one("(node, on) => operate(node, on)", on)

    def uncheck(self) -> None:
        self.set_checked(False)

    def select_option(self, text: str | None = None, index: int | None = None) -> None:
        place = self._one("(node) => node.options.map((one) => one.text)").index(text) if text is not None else index
        self._one("(node, place) => operate(node, place)", place)


class Sketch(Drawing, Paper):
    """A figure on paper, with an engine of its own: asked as a page is, moved as a model or by its controls."""

    def __init__(self, figure: Figure, room: int = WIDE):
        Drawing.__init__(self, figure._esm, json.loads(json.dumps(state(figure))), room, engine)
        Paper.__init__(self, self, "[root]")
        self.context.eval(TOOLS)

    def evaluate(self, script: str, *args: Any) -> Any:
        """The value of an expression, or of a function."""
        given = ", ".join(map(json.dumps, args))
        call = f"((value) => (typeof value === 'function' ? value({given}) : value))({script})"
        return json.loads(self.context.eval(f"JSON.stringify({call}) ?? 'null'"))

    def move(self, values: dict[str, Any]) -> None:
        """Set traits as Python would."""
        self.evaluate("(values) => model.set(values)", values)

    def state(self) -> dict[str, Any]:
        return self.evaluate("model.state")

    def said(self) -> str:
        """The sentence under the picture."""
        return self.locator(".ln-say").text_content()


def still(figure: Figure) -> str:
    """What a page without scripts shows of a figure."""
    return Sketch(figure, 680).plain()


def drawn(figure: Figure, room: int = WIDE) -> BeautifulSoup:
    """What a figure draws, to be asked with style sheets' selectors."""
    return BeautifulSoup(Sketch(figure, room).outer(), "html.parser")


# Two drawings held against each other --------------------------------------------------------------------------------

NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")
CONTROLS_STAND = """(figure) => [...figure.querySelectorAll("input"), ...figure.querySelectorAll("select")]
  .map((node) => (node.type === "checkbox" ? node.checked : node.type === "range" ? +node.value : node.selectedIndex))"""


def pieces(html: str) -> list[str]:
    """The tags with their attributes, and the texts, of a piece of HTML in their order."""
    found = []

    def walk(node: Any) -> None:
        if not hasattr(node, "attrs"):
            found.append(str(node))
            return
        values = {key: " ".join(value) if isinstance(value, list) else value for key, value in node.attrs.items()}
        values["style"] = values.get("style", "").strip("; ")
        found.append(f"<{node.name} {sorted((key, value) for key, value in values.items() if value or key != 'style')}>")
        for child in node.children:
            walk(child)
        found.append(f"</{node.name}>")

    walk(BeautifulSoup(html, "html.parser").find())
    return found


def alike(one: str, two: str) -> bool:
    """The same words, and numbers that differ in nothing that could be seen."""
    pairs = zip(NUMBER.findall(one), NUMBER.findall(two), strict=False)
    return NUMBER.sub("#", one) == NUMBER.sub("#", two) and all(
        math.isclose(float(a), float(b), rel_tol=1e-5, abs_tol=1e-6) for a, b in pairs
    )


def difference(one: str, two: str) -> str:
    """Where two drawings part, "" where they do not."""
    for a, b in zip_longest(pieces(one), pieces(two), fillvalue="nothing"):
        if not alike(a, b):
            return f"{a[:200]} and {b[:200]}"
    return ""
