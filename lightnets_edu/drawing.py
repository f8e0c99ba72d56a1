"""Draws traced graphs: nodes and edges -> Graphviz -> inline SVG that follows the page's colours.

What a step costs is an area: below its words stands a bar of multiply-adds, at one scale in the whole picture. Parts of
a network, and things to compare, stand side by side where there is room, and below each other where there is none.

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
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import graphviz

from lightnets_edu.describing import describe, forks
from lightnets_edu.tracing import Edge, Graph, Node

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
OURS = "[class^=ln-diagram]"
STYLE = (
    f"{OURS}{{--ln-0:#0072b2;--ln-1:#d55e00;--ln-2:#009e73;--ln-3:#c0689a;display:block;max-width:100%;height:auto;"
    "color:var(--pst-color-text-base,var(--jp-content-font-color1,inherit));"
    "font-family:var(--book-label,system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif)}"
    f'html[data-theme="dark"] {OURS},[data-jp-theme-light="false"] {OURS},html[theme="dark"] {OURS}{{{DARK}}}'
    "@media (prefers-color-scheme:dark){html:not([data-theme],[theme]) body:not([data-jp-theme-light]) "
    f"{OURS}{{{DARK}}}}}"
)
SIDE_BY_SIDE = "display:flex;flex-wrap:wrap;align-items:flex-start;gap:1.2rem 1.8rem"
LABEL = "margin:0 0 .5rem;padding-top:.2rem;border-top:2px solid currentColor;font-weight:600"
LEGEND = "display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;width:100%;margin:0;font-size:.85rem"
Bars = Sequence[tuple[str, float]]    # a kind of layer, and the length of its part of a bar
TEXT, SMALL = 14, 12.5  # pixels at full size; a diagram of 330 px still shows 11 px on a screen of 320
BAR, RIM = 5, 8         # pixels: the height of a bar of multiply-adds, and its distance from the rim of its box
WIDE, LEAST = 340, 11   # pixels: wider pictures shrink to text of 11 px, then scroll


class Panel(NamedTuple):
    """One picture of several that stand side by side: a graph, what it is, and what it shows, in words."""

    label: str
    graph: Graph
    description: str


def panels(graph: Graph, parts: Mapping[str, Sequence[str]]) -> list[Panel]:
    """A panel for each part: a label, and names of its nodes. A node of no part goes with the one before it.

    A map that leaves a part comes from its name in the next. ValueError where a part does not follow the one before.
    """
    labels, named = list(parts), {name: label for label, names in parts.items() for name in names}
    place: dict[str, int] = {}
    for node in graph.nodes:
        place[node.name] = labels.index(named[node.name]) if node.name in named else max(place.values(), default=0)
    for edge in graph.edges:
        if place[edge.target] - place[edge.source] not in (0, 1):
            before, after = labels[place[edge.source]], labels[place[edge.target]]
            raise ValueError(f"{after!r} takes what {before!r} gives, so it must be the next part; parts are {labels}")
    return [_panel(graph, place, labels, i) for i in range(len(labels))]


def _panel(graph: Graph, place: Mapping[str, int], labels: Sequence[str], i: int) -> Panel:
    own = tuple(node for node in graph.nodes if place[node.name] == i)
    into = [e for e in graph.edges if place[e.target] == i]
    before = {e.source: Node(f"from {e.source}", "link", (f"from {labels[i - 1]}",))
              for e in into if place[e.source] < i}  # fmt: skip
    after = {e.source: Node(f"to {e.source}", "link", (f"to {labels[i + 1]}",))
             for e in graph.edges if place[e.source] == i < place[e.target]}  # fmt: skip
    given = {e.source: e.shape for e in graph.edges}
    edges = [e._replace(source=before[e.source].name) if e.source in before else e for e in into]
    edges += [Edge(source, node.name, given[source]) for source, node in after.items()]
    whole = Graph((*before.values(), *own, *after.values()), tuple(edges))
    return Panel(labels[i], whole, describe(graph, {node.name for node in own}))


def _pixels(text: str, size: float) -> float:
    """A width that the text keeps in every common sans-serif face, wide ones such as DejaVu Sans included."""
    narrow = sum(char in "iljt1.,:; ()" for char in text)
    return size * (0.64 * (len(text) - narrow) + 0.4 * narrow)


def digraph(graph: Graph) -> graphviz.Digraph:
    """The graph in Graphviz's words: top to bottom, the main path straight, a shortcut dashed and named beside it."""
    dot = graphviz.Digraph(
        graph_attr={"rankdir": "TB", "ranksep": "0.28", "nodesep": "0.05", "pad": "0.04", "splines": "polyline"},
        node_attr={"shape": "box", "style": "filled", "fontname": "Helvetica", "fontsize": str(TEXT), "margin": "0"},
        edge_attr={"fontname": "Helvetica", "fontsize": str(SMALL), "arrowsize": "0.7", "penwidth": "1.2"},
    )
    ids = {node.name: f"n{i}" for i, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        dot.node(ids[node.name], "\n".join(node.lines).replace("\\", "\\\\"), **_look(node))
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


def _width(node: Node) -> float:
    """What the words of a node need, in pixels."""
    sizes = [TEXT] + [SMALL] * (len(node.lines) - 1)
    return max(map(_pixels, node.lines, sizes)) + (26 if node.kind in PILLS else 16)


def _look(node: Node) -> dict[str, str]:
    """Colour by kind, and a size that holds the text; round ends for steps that hold no weights."""
    paint, pill = PAINT.get(node.kind, INK), node.kind in PILLS
    height = 14 + 16 * len(node.lines) - (4 if pill else 0) + (BAR + 4 if node.work else 0)
    if node.kind == "link":
        return {"class": "link", "style": "", "shape": "plaintext", "height": f"{height / 72:.3f}"}
    return {
        "class": "pill" if pill else "box", "width": f"{_width(node) / 72:.3f}", "height": f"{height / 72:.3f}",
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


def inline(raw: str, title: str, description: str, key: str, bars: Mapping[str, Bars], style: str) -> str:
    """Graphviz's SVG as part of a page: its text and shapes, none of its ids, fonts, sizes in points or ground.

    `bars` holds, by the name of a node in the raw text, what each kind of layer has of its bar, in pixels.
    """
    root = ET.fromstring(raw[raw.index("<svg") :])
    (whole,) = root.findall(f"{SVG}g")
    size = [float(number) for number in root.attrib["viewBox"].split()]
    groups = [(group, group.findtext(f"{SVG}title") or "") for group in whole.findall(f"{SVG}g")]
    body = "".join(_group(group, bars.get(name, ())) for group, name in groups)
    (shift,) = re.findall(r"translate\(([^)]*)\)", whole.attrib["transform"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ln-diagram" role="img" aria-labelledby="{key}-t" '
        f'aria-describedby="{key}-d" viewBox="0 0 {size[2]:g} {size[3]:g}" width="{size[2]:g}" height="{size[3]:g}">'
        f'<title id="{key}-t">{html.escape(title)}</title><desc id="{key}-d">{html.escape(description)}</desc>'
        f"{style}<g transform=\"translate({shift})\">{body}</g></svg>"
    )


def _group(group: ET.Element, bar: Bars) -> str:
    """One node or edge: its shapes and its text, the first line of a node larger than the rest."""
    kind, *look = group.attrib["class"].split()
    parts, lines, raised = [], 0, (BAR + 4) / 2 if bar else 0
    for part in group.iter():
        tag = part.tag.removeprefix(SVG)
        kept = {k: v for k, v in part.attrib.items() if k in KEPT}
        kept |= {k: _paint(kept[k]) for k in ("fill", "stroke") if k in kept}
        if tag == "text":
            size = TEXT if look in (["box"], ["pill"]) and not lines else SMALL
            lines += 1
            kept |= {"fill": "currentColor", "font-size": str(size), "y": f"{float(kept['y']) - raised:.6g}"}
            parts.append(f"<text{_attributes(kept)}>{html.escape((part.text or '').strip())}</text>")
        elif tag == "polygon" and kind == "node":
            points = [[float(n) for n in point.split(",")] for point in kept.pop("points").split()]
            (left, right), (top, bottom) = ((min(side), max(side)) for side in zip(*points, strict=True))
            box = {"x": left, "y": top, "width": right - left, "height": bottom - top}
            box["rx"] = (bottom - top) / 2 if look == ["pill"] else 5
            parts.append(f"<rect{_attributes({k: f'{v:.6g}' for k, v in box.items()} | kept)}/>")
            parts += _bar(bar, left + RIM, bottom - RIM + 1 - BAR)
        elif tag in ("path", "polygon"):
            parts.append(f"<{tag}{_attributes(kept)}/>")
    return f'<g class="{kind}">{"".join(parts)}</g>'


def _bar(bar: Bars, x: float, y: float) -> Iterator[str]:
    """Multiply-adds as rectangles side by side."""
    for kind, length in bar:
        place = {"x": f"{x:.6g}", "y": f"{y:.6g}", "width": f"{length:.6g}", "height": str(BAR)}
        yield f'<rect class="ln-work"{_attributes(place | {"fill": _paint(PAINT.get(kind, INK))})}/>'
        x += length


def _attributes(values: dict[str, str]) -> str:
    return "".join(f' {name}="{html.escape(value)}"' for name, value in values.items())


class Diagram:
    """Pictures (`.svgs` of `.panels`) and what they say (`.title`, `.description`); the first: `.graph`, `.svg`."""

    def __init__(self, title: str, shown: Sequence[Panel]):
        self.title, self.panels = title, list(shown)
        self.graph = shown[0].graph
        self.description = " ".join(f"{p.label}: {p.description}" if p.label else p.description for p in shown)
        working = [node for panel in shown for node in panel.graph.nodes if node.work]
        most = max((sum(macs for _, macs in node.work) for node in working), default=1)
        scale = min((_width(node) - 2 * RIM for node in working), default=0) / most
        self.svgs = [self._drawn(panel, scale, first=panel is shown[0]) for panel in shown]
        self.svg = self.svgs[0]

    def _drawn(self, panel: Panel, scale: float, first: bool) -> str:
        nodes, source = panel.graph.nodes, digraph(panel.graph).source
        key = "d" + hashlib.sha256(f"{self.title}\n{panel.label}\n{source}".encode()).hexdigest()[:10]
        bars = {f"n{i}": [(kind, macs * scale) for kind, macs in node.work] for i, node in enumerate(nodes)}
        title = f"{self.title}: {panel.label}" if panel.label else self.title
        return inline(layout(source), title, panel.description, key, bars, f"<style>{STYLE}</style>" if first else "")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._page(), "text/plain": f"{self.title}. {self.description}"}

    def _page(self) -> str:
        """For a page: the pictures side by side under their labels, and what bars in several colours mean."""
        pictures = [_scrolled(*pair, self.title) for pair in zip(self.svgs, self.panels, strict=True)]
        nodes = [node for panel in self.panels for node in panel.graph.nodes if node.kind == "unit"]
        legend = _legend({kind for node in nodes for kind, _ in node.work})
        if len(pictures) == 1 and not legend:
            return pictures[0]
        labels = [f'<p style="{LABEL}">{html.escape(panel.label)}</p>' if panel.label else "" for panel in self.panels]
        parts = [f'<div style="max-width:100%">{"".join(part)}</div>' for part in zip(labels, pictures, strict=True)]
        return f'<div class="ln-diagrams" style="{SIDE_BY_SIDE}">{"".join(parts)}{legend}</div>'


def _legend(kinds: Collection[str]) -> str:
    """The colours of bars; nothing where they are those of their boxes. The descriptions say it in words."""
    look = "padding-left:.4em;border-left:.9em solid"    # borders are printed, grounds are not
    order = sorted(kinds, key=[*PAINT, *sorted(kinds)].index)
    shown = [f'<span style="{look} {_paint(PAINT.get(kind, INK))}">{kind}</span>' for kind in order]
    said = "<span>Bars: multiply-adds, all at one scale</span>"
    return f'<p aria-hidden="true" style="{LEGEND}">{said}{"".join(shown)}</p>' if shown else ""


def _scrolled(svg: str, panel: Panel, title: str) -> str:
    """A picture that a small screen would make illegible is scrolled there instead."""
    (width,) = re.findall(r'^<svg [^>]* width="([\d.]+)"', svg)
    if float(width) <= WIDE:
        return svg
    least = f'<svg style="min-width:{float(width) * LEAST / SMALL:.0f}px" '
    return (
        f'<div role="group" tabindex="0" aria-label="{html.escape(panel.label or title)}" style="overflow-x:auto">'
        f'{svg.replace("<svg ", least, 1)}</div>'
    )
