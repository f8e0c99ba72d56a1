"""Draws a traced graph: nodes and edges -> Graphviz -> one inline SVG that follows the page's colours.

The layout engine is the one inside `pygraphviz` (>= 2: its wheels bring Graphviz along), wherever it can be
imported, so that machines with and without the program `dot` draw alike; otherwise `dot`, which Colab has. One
environment always gives the same bytes. Boxes are sized by their text, not by the fonts that a machine happens to have.
"""

import contextlib
import hashlib
import html
import os
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import graphviz

from lightnets_edu.tracing import WEIGHTED, Graph, Node


class Fork(NamedTuple):
    """Where ways from `fork` meet again in `merge`: the steps on each, a shortcut last.

    `kind` is "shortcut" where the last of two ways passes the others' work by, "gate" where one of two only scales
    what the other, which changes nothing and stands last, brings, and "" where the ways are of equal standing.
    """

    fork: str
    merge: str
    ways: tuple[tuple[str, ...], ...]
    kind: str


# Okabe–Ito by kind of layer, as in the book's plots; the same four names and values as in the widgets' shared.css
PAINT = {
    "pointwise": "#0072b2", "depthwise": "#d55e00", "standard": "#009e73", "grouped": "#009e73", "linear": "#c0689a",
}
VARIABLES = {"#0072b2": "--ln-0", "#d55e00": "--ln-1", "#009e73": "--ln-2", "#c0689a": "--ln-3"}
INK = "#000000"
SVG = "{http://www.w3.org/2000/svg}"
KEPT = {"d", "points", "x", "y", "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "text-anchor"}
PILLS = {"input", "output", "activation", "merge"}  # round ends: steps that hold no weights
DARK = "--ln-0:#56b4e9;--ln-1:#e69f00;--ln-2:#2fbf95;--ln-3:#e29ac4"
STYLE = (
    ".ln-diagram{--ln-0:#0072b2;--ln-1:#d55e00;--ln-2:#009e73;--ln-3:#c0689a;display:block;max-width:100%;height:auto;"
    "color:var(--pst-color-text-base,var(--jp-content-font-color1,inherit));"
    "font-family:var(--book-label,system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif)}"
    'html[data-theme="dark"] .ln-diagram,[data-jp-theme-light="false"] .ln-diagram,html[theme="dark"] .ln-diagram'
    f"{{{DARK}}}"
    "@media (prefers-color-scheme:dark){html:not([data-theme],[theme]) body:not([data-jp-theme-light]) "
    f".ln-diagram{{{DARK}}}}}"
)
COUNTS = ("No", "One", "Two", "Three", "Four", "Five", "Six")
TEXT, SMALL = 14, 12.5  # pixels at full size; a diagram of 330 px still shows 11 px on a screen of 320
Parts = Mapping[str, Sequence[str]]    # a label, and the names of the nodes that it frames
NO_PARTS: Parts = {}
WIDE, LEAST = 340, 11   # pixels: wider pictures shrink to text of 11 px, then scroll


def _pixels(text: str, size: float) -> float:
    """A width that the text keeps in every common sans-serif face, wide ones such as DejaVu Sans included."""
    narrow = sum(char in "iljt1.,:; ()" for char in text)
    return size * (0.64 * (len(text) - narrow) + 0.4 * narrow)


def shape_text(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def forks(graph: Graph) -> list[Fork]:
    """Every node that joins two ways, with the last node that both ways share."""
    place = {node.name: i for i, node in enumerate(graph.nodes)}
    before: dict[str, set[str]] = {}
    found = []
    for node in graph.nodes:
        sources = [edge.source for edge in graph.edges if edge.target == node.name]
        before[node.name] = {node.name}.union(*(before[source] for source in sources))
        if len(sources) > 1 and (shared := set.intersection(*(before[source] for source in sources))):
            ways = [tuple(sorted(before[source] - shared, key=place.__getitem__)) for source in sources]
            found.append(_fork(graph, max(shared, key=place.__getitem__), node, ways))
    return found


def _fork(graph: Graph, fork: str, merge: Node, ways: list[tuple[str, ...]]) -> Fork:
    """What kind of ways these are, and the last of them last."""
    units = {node.name for node in graph.nodes if node.kind == "unit"}
    work = {node.name for node in graph.nodes if node.kind in WEIGHTED | {"unit"}}
    if len(ways) > 2:
        return Fork(fork, merge.name, tuple(ways), "")
    long, short = sorted(ways, key=lambda way: (len(units.intersection(way)), len(way)), reverse=True)
    if merge.lines[0] == "multiply":
        return Fork(fork, merge.name, (long, short), "gate" if long and not short else "")
    if merge.lines[0] == "add" or not work.intersection(short):
        return Fork(fork, merge.name, (long, short), "shortcut")
    return Fork(fork, merge.name, tuple(ways), "")


def describe(graph: Graph, parts: Parts = NO_PARTS) -> str:
    """The steps in order, each with the shape it gives on and, unless it is the step before, where it takes from."""
    number = {node.name: i for i, node in enumerate(graph.nodes, 1)}
    given: dict[str, list[str]] = {}
    for edge in graph.edges:
        shapes = given.setdefault(edge.source, [])
        shapes += [shape] if (shape := shape_text(edge.shape)) not in shapes else []
    said = []
    for i, node in enumerate(graph.nodes, 1):
        sources = [number[edge.source] for edge in graph.edges if edge.target == node.name]
        origin = "" if i == 1 or sources == [i - 1] else f", from {_steps(sources)}"
        arrow = f" → {' and '.join(given[node.name])}" if node.name in given else ""
        said.append(f"{i}. {', '.join(node.lines)}{origin}{arrow}.")
    said += [_describe_fork(fork, number) for fork in forks(graph)]
    said += [f"{label}: {_steps([number[name] for name in names])}." for label, names in parts.items()]
    return " ".join(said)


def _describe_fork(fork: Fork, number: dict[str, int]) -> str:
    """One sentence about the ways from a step to a later one."""
    start, end = number[fork.fork], number[fork.merge]
    steps = [_steps([number[name] for name in way]) for way in fork.ways]
    if fork.kind == "gate":
        return f"Step {end} multiplies what step {start} gives by a gate, which comes from it through {steps[0]}."
    through = [f"through {way}" if way else "that changes nothing" for way in steps]
    if fork.kind == "shortcut":
        said = f"the main path {through[0]}, and a shortcut {through[1]}"
    else:
        said = "; ".join(["one " + way for way in through])
    many = COUNTS[len(through)] if len(through) < len(COUNTS) else str(len(through))
    return f"{many} paths lead from step {start} to step {end}: {said}."


def _steps(numbers: list[int]) -> str:
    """`step 4`, `steps 2 to 6`, `steps 3 and 7`."""
    if len(numbers) < 2:
        return f"step {numbers[0]}" if numbers else ""
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"steps {numbers[0]} to {numbers[-1]}"
    return f"steps {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def digraph(graph: Graph, parts: Parts = NO_PARTS) -> graphviz.Digraph:
    """The graph in Graphviz's words: top to bottom, the main path straight, a shortcut dashed and named beside it.

    Each of `parts`, names of nodes under a label, has a frame.
    """
    dot = graphviz.Digraph(
        graph_attr={"rankdir": "TB", "ranksep": "0.28", "nodesep": "0.05", "pad": "0.04", "splines": "polyline"},
        node_attr={"shape": "box", "style": "filled", "fontname": "Helvetica", "fontsize": str(TEXT), "margin": "0"},
        edge_attr={"fontname": "Helvetica", "fontsize": str(SMALL), "arrowsize": "0.7", "penwidth": "1.2"},
    )
    ids = {node.name: f"n{i}" for i, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        dot.node(ids[node.name], "\n".join(node.lines).replace("\\", "\\\\"), **_look(node))
    for i, (label, names) in enumerate(parts.items()):
        with dot.subgraph(name=f"cluster_{i}") as frame:
            frame.attr(label=label, labeljust="l", fontname="Helvetica", fontsize=str(TEXT), margin="10", color=INK)
            for name in names:
                frame.node(ids[name])
    starts, ends, short = set(), set(), set()
    weight: dict[tuple[str, str], str] = {}    # of edges that need not be short and straight; the others have 8
    for fork in forks(graph):
        if fork.kind == "shortcut" and fork.ways[0]:
            steps = (fork.fork, *fork.ways[1], fork.merge)
            short |= set(pairs := list(pairwise(steps)))
            starts.add(pairs[0])
            ends.add(pairs[-1])
        elif fork.kind == "gate":
            weight |= {(fork.fork, fork.ways[0][0]): "1", (fork.ways[0][-1], fork.merge): "1"}
        else:
            weight |= {(way[-1], fork.merge): "2" for way in fork.ways if way}
    if weight:
        dot.graph_attr["nodesep"] = "0.14"
    for edge in graph.edges:
        ends_of = (edge.source, edge.target)
        label = "shortcut" if ends_of in starts else "×".join(map(str, edge.shape))
        look = {"weight": "0", "style": "dashed"} if ends_of in short else {"weight": weight.get(ends_of, "8")}
        tail, head = (":e" if ends_of in starts else ""), (":e" if ends_of in ends else "")
        dot.edge(ids[edge.source] + tail, ids[edge.target] + head, f" {label} " if label else None, **look)
    return dot


def _look(node: Node) -> dict[str, str]:
    """Colour by kind, and a size that holds the text; round ends for steps that hold no weights."""
    paint, pill = PAINT.get(node.kind, INK), node.kind in PILLS
    sizes = [TEXT] + [SMALL] * (len(node.lines) - 1)
    width = max(map(_pixels, node.lines, sizes)) + (26 if pill else 16)
    height = 14 + 16 * len(node.lines) - (4 if pill else 0)
    return {
        "class": "pill" if pill else "box", "width": f"{width / 72:.3f}", "height": f"{height / 72:.3f}",
        "color": paint, "fillcolor": paint + ("0c" if paint == INK else "26"),
        "penwidth": "2.4" if node.kind == "function" else "1.3",
    }


def layout(source: str) -> str:
    """DOT text to Graphviz's own SVG. RuntimeError, naming what to install, where no engine is found."""
    with contextlib.suppress(ImportError):
        import pygraphviz

        with _quiet():
            drawn: bytes = pygraphviz.AGraph(string=source).draw(format="svg", prog="dot")
        return drawn.decode("utf-8")
    try:
        text: str = graphviz.Source(source).pipe(format="svg", encoding="utf-8", quiet=True)
        return text
    except graphviz.ExecutableNotFound:
        raise RuntimeError('a diagram needs a layout engine: pip install "pygraphviz>=2", or Graphviz itself') from None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Fontconfig, inside the engine, writes its complaints straight to the process's stderr; nobody needs them."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _paint(value: str) -> str:
    if value in ("black", INK):
        return "currentColor"
    return f"var({VARIABLES[value]}, {value})" if value in VARIABLES else value


def inline(raw: str, title: str, description: str, key: str) -> str:
    """Graphviz's SVG as part of a page: its text and shapes, none of its ids, fonts, sizes in points or ground."""
    root = ET.fromstring(raw[raw.index("<svg") :])
    (whole,) = root.findall(f"{SVG}g")
    size = [float(number) for number in root.attrib["viewBox"].split()]
    body = "".join(_group(group) for group in whole.findall(f"{SVG}g"))
    (shift,) = re.findall(r"translate\(([^)]*)\)", whole.attrib["transform"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ln-diagram" role="img" aria-labelledby="{key}-t" '
        f'aria-describedby="{key}-d" viewBox="0 0 {size[2]:g} {size[3]:g}" width="{size[2]:g}" height="{size[3]:g}">'
        f'<title id="{key}-t">{html.escape(title)}</title><desc id="{key}-d">{html.escape(description)}</desc>'
        f"<style>{STYLE}</style><g transform=\"translate({shift})\">{body}</g></svg>"
    )


def _group(group: ET.Element) -> str:
    """One node, edge or frame: its shapes and its text, the first line of a node larger than the rest."""
    kind, *look = group.attrib["class"].split()
    parts, lines = [], 0
    for part in group.iter():
        tag = part.tag.removeprefix(SVG)
        kept = {k: v for k, v in part.attrib.items() if k in KEPT}
        kept |= {k: _paint(kept[k]) for k in ("fill", "stroke") if k in kept}
        if tag == "text":
            size = TEXT if kind != "edge" and not lines else SMALL
            lines += 1
            kept |= {"fill": "currentColor", "font-size": str(size)}
            parts.append(f"<text{_attributes(kept)}>{html.escape((part.text or '').strip())}</text>")
        elif tag == "polygon" and kind in ("node", "cluster"):
            points = [[float(n) for n in point.split(",")] for point in kept.pop("points").split()]
            (left, right), (top, bottom) = ((min(side), max(side)) for side in zip(*points, strict=True))
            box = {"x": left, "y": top, "width": right - left, "height": bottom - top}
            box["rx"] = (bottom - top) / 2 if look == ["pill"] else 5
            parts.append(f"<rect{_attributes({k: f'{v:.6g}' for k, v in box.items()} | kept)}/>")
        elif tag in ("path", "polygon"):
            parts.append(f"<{tag}{_attributes(kept)}/>")
    return f'<g class="{kind}">{"".join(parts)}</g>'


def _attributes(values: dict[str, str]) -> str:
    return "".join(f' {name}="{html.escape(value)}"' for name, value in values.items())


class Diagram:
    """A picture with its text alternative: `.graph`, `.title`, `.description`, `.source` (DOT) and `.svg`."""

    def __init__(self, graph: Graph, title: str, parts: Parts = NO_PARTS):
        self.graph, self.title, self.description = graph, title, describe(graph, parts)
        self.source = digraph(graph, parts).source
        key = "d" + hashlib.sha256(f"{self.title}\n{self.source}".encode()).hexdigest()[:10]
        self.svg = inline(layout(self.source), self.title, self.description, key)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._page(), "text/plain": f"{self.title}. {self.description}"}

    def _page(self) -> str:
        """The picture for a page; one that a small screen would make illegible is scrolled there instead."""
        (width,) = re.findall(r'^<svg [^>]* width="([\d.]+)"', self.svg)
        if float(width) <= WIDE:
            return self.svg
        least = f'<svg style="min-width:{float(width) * LEAST / SMALL:.0f}px" '
        return (
            f'<div role="group" tabindex="0" aria-label="{html.escape(self.title)}" style="overflow-x:auto">'
            f'{self.svg.replace("<svg ", least, 1)}</div>'
        )
