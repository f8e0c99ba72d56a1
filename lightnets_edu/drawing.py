"""Draws a traced graph: nodes and edges -> Graphviz -> one inline SVG that follows the page's colours.

The layout engine is the one inside `pygraphviz` (>= 2: its wheels bring Graphviz along), wherever it can be imported, so
that machines with and without the program `dot` draw alike; otherwise `dot`, which Colab has. Both give the same picture
each time; two versions of Graphviz may differ by a hair. Sizes of boxes come from the text itself, never from a font.
"""

import contextlib
import hashlib
import html
import os
import re
import sys
import xml.etree.ElementTree as ET
from typing import NamedTuple

import graphviz

from lightnets_edu.tracing import Graph


class Fork(NamedTuple):
    """Where ways from `fork` meet again in `merge`: the steps on the longer (main) and the shorter way (shortcut)."""

    fork: str
    merge: str
    main: tuple[str, ...]
    shortcut: tuple[str, ...]


# Okabe–Ito by kind of layer, as in the book's plots; the same four names and values as in the widgets' shared.css
PAINT = {"pointwise": "#0072b2", "depthwise": "#d55e00", "standard": "#009e73", "grouped": "#009e73", "linear": "#cc79a7"}
VARIABLES = {"#0072b2": "--ln-0", "#d55e00": "--ln-1", "#009e73": "--ln-2", "#cc79a7": "--ln-3"}
PILLS = {"input", "output", "activation", "merge"}  # round ends: steps that hold no weights
DARK = "--ln-0:#56b4e9;--ln-1:#e69f00;--ln-2:#2fbf95;--ln-3:#e29ac4"
STYLE = (
    ".ln-diagram{--ln-0:#0072b2;--ln-1:#d55e00;--ln-2:#009e73;--ln-3:#cc79a7;display:block;max-width:100%;height:auto;"
    "color:var(--pst-color-text-base,var(--jp-content-font-color1,inherit));"
    "font-family:var(--book-label,system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif)}"
    f'html[data-theme="dark"] .ln-diagram,[data-jp-theme-light="false"] .ln-diagram,html[theme="dark"] .ln-diagram{{{DARK}}}'
    "@media (prefers-color-scheme:dark){html:not([data-theme],[theme]) body:not([data-jp-theme-light]) "
    f".ln-diagram{{{DARK}}}}}"
)
TEXT, SMALL = 14, 12.5  # pixels at full size; a diagram of 330 px still shows 11 px on a screen of 320


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
        if len(sources) == 2 and (shared := before[sources[0]] & before[sources[1]]):
            ways = [sorted(before[source] - shared, key=place.get) for source in sources]
            main, shortcut = sorted(map(tuple, ways), key=len, reverse=True)
            found.append(Fork(max(shared, key=place.get), node.name, main, shortcut))
    return found


def describe(graph: Graph) -> str:
    """The steps in order, with the shapes they give on, where a step does not simply follow the one before, and both ways."""
    number = {node.name: i for i, node in enumerate(graph.nodes, 1)}
    given = {edge.source: edge.shape for edge in graph.edges}
    said = []
    for i, node in enumerate(graph.nodes, 1):
        sources = [number[edge.source] for edge in graph.edges if edge.target == node.name]
        origin = "" if i == 1 or sources == [i - 1] else f", from {_steps(sources)}"
        arrow = f" → {shape_text(given[node.name])}" if node.name in given else ""
        said.append(f"{i}. {', '.join(node.lines)}{origin}{arrow}.")
    for way in forks(graph):
        short = _steps([number[name] for name in way.shortcut])
        said.append(
            f"Two paths lead from step {number[way.fork]} to step {number[way.merge]}: the main path through "
            f"{_steps([number[name] for name in way.main])}, and a shortcut {f'through {short}' if short else 'that changes nothing'}."
        )
    return " ".join(said)


def _steps(numbers: list[int]) -> str:
    """`step 4`, `steps 2 to 6`, `steps 3 and 7`."""
    if len(numbers) < 2:
        return f"step {numbers[0]}" if numbers else ""
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"steps {numbers[0]} to {numbers[-1]}"
    return f"steps {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def digraph(graph: Graph) -> graphviz.Digraph:
    """The graph in Graphviz's words, top to bottom, the main path straight and a shortcut dashed beside it."""
    dot = graphviz.Digraph(
        graph_attr={"rankdir": "TB", "ranksep": "0.32", "nodesep": "0.14", "pad": "0.04"},
        node_attr={"shape": "box", "style": "rounded,filled", "fontname": "Helvetica", "margin": "0", "penwidth": "1.4"},
        edge_attr={"fontname": "Helvetica", "fontsize": str(SMALL), "arrowsize": "0.7", "penwidth": "1.2"},
    )
    ids = {node.name: f"n{i}" for i, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        paint = PAINT.get(node.kind, "#000000")
        pill = node.kind in PILLS
        width = max(_pixels(line, TEXT if i == 0 else SMALL) for i, line in enumerate(node.lines)) + (28 if pill else 20)
        height = 12 + 16 * len(node.lines) + (0 if pill else 4)
        dot.node(
            ids[node.name], "\n".join(node.lines).replace("\\", "\\\\"), color=paint, id=ids[node.name],
            fillcolor=paint + ("0a" if paint == "#000000" else "24"), width=f"{width / 72:.3f}", height=f"{height / 72:.3f}",
            **{"class": "pill" if pill else node.kind, "peripheries": "2" if node.kind == "function" else "1"},
        )
    shortcuts = set()
    for way in forks(graph):
        steps = (way.fork, *way.shortcut, way.merge)
        if way.main:
            shortcuts |= set(zip(steps, steps[1:], strict=False))
    for edge in graph.edges:
        short = (edge.source, edge.target) in shortcuts
        first = short and edge.source in {way.fork for way in forks(graph)}
        label = f"  {shape_text(edge.shape)}  " if edge.shape else ""
        dot.edge(
            ids[edge.source], ids[edge.target], f"  shortcut  \n{label}" if first else label,
            weight="0" if short else "8", **{"style": "dashed"} if short else {},
        )
    return dot


def layout(source: str) -> str:
    """DOT text to Graphviz's own SVG. RuntimeError, naming what to install, where no engine is found."""
    with contextlib.suppress(ImportError):
        import pygraphviz

        with _quiet():
            return pygraphviz.AGraph(string=source).draw(format="svg", prog="dot").decode("utf-8")
    try:
        return graphviz.Source(source).pipe(format="svg", encoding="utf-8", quiet=True)
    except graphviz.ExecutableNotFound:
        raise RuntimeError('a diagram needs a layout engine: pip install "pygraphviz>=2", or install Graphviz') from None


@contextlib.contextmanager
def _quiet():
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
    if value in ("black", "#000000"):
        return "currentColor"
    return f"var({VARIABLES[value]}, {value})" if value in VARIABLES else value


def inline(raw: str, title: str, description: str, key: str) -> str:
    """Graphviz's SVG as part of a page: its text and shapes, none of its ids, fonts, sizes in points or ground."""
    name = "{http://www.w3.org/2000/svg}"
    root = ET.fromstring(raw[raw.index("<svg") :])
    whole = root.find(f"{name}g")
    size = [float(number) for number in root.get("viewBox").split()]
    body = []
    for group in whole.findall(f"{name}g"):
        kind = group.get("class").split()
        parts = []
        for part in group.iter():
            tag = part.tag.removeprefix(name)
            if tag not in ("path", "polygon", "ellipse", "text"):
                continue
            kept = {k: v for k, v in part.attrib.items() if not k.startswith(("font", "{"))}
            for k in ("fill", "stroke"):
                if k in kept:
                    kept[k] = _paint(kept[k])
            if tag == "text":
                kept["fill"] = "currentColor"
                small = kind[0] == "edge" or any(p.startswith("<text") for p in parts)
                kept["font-size"] = str(SMALL if small else TEXT)
            attributes = "".join(f' {k}="{html.escape(v)}"' for k, v in kept.items())
            parts.append(f"<{tag}{attributes}>{html.escape(part.text)}</text>" if tag == "text" else f"<{tag}{attributes}/>")
        body.append(f'<g class="{kind[0]}">{"".join(parts)}</g>')
    shift = re.search(r"translate\(([^)]*)\)", whole.get("transform"))[1]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ln-diagram" role="img" aria-labelledby="{key}-t" '
        f'aria-describedby="{key}-d" viewBox="0 0 {size[2]:g} {size[3]:g}" width="{size[2]:g}" height="{size[3]:g}">'
        f'<title id="{key}-t">{html.escape(title)}</title><desc id="{key}-d">{html.escape(description)}</desc>'
        f"<style>{STYLE}</style><g transform=\"translate({shift})\">{''.join(body)}</g></svg>"
    )


class Diagram:
    """A picture with its text alternative: `.graph`, `.title`, `.description`, `.source` (DOT) and `.svg`."""

    def __init__(self, graph: Graph, title: str):
        self.graph, self.title, self.description = graph, title, describe(graph)
        self.source = digraph(graph).source
        key = "d" + hashlib.sha256(f"{self.title}\n{self.source}".encode()).hexdigest()[:10]
        self.svg = inline(layout(self.source), self.title, self.description, key)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": self.svg, "text/plain": f"{self.title}. {self.description}"}
