"""Block diagrams of real modules: `unit` draws the steps of one unit, `network` the units of a whole network.

Both watch one run (`tracing`), and draw nodes and edges and nothing else (`drawing`), so that a picture cannot say
something that the module does not do.
"""

import contextlib
from collections.abc import Mapping, Sequence

from torch import nn

from lightnets_edu import cost
from lightnets_edu.describing import describe, millions
from lightnets_edu.drawing import Diagram, Panel, panels
from lightnets_edu.tracing import LISTS, Edge, Graph, Node, absorb, trace

__all__ = ["Diagram", "Edge", "Graph", "Node", "beside", "millions", "network", "network_graph",
           "trace", "unit"]


def unit(module: nn.Module, shape: Sequence[int], title: str | None = None) -> Diagram:
    """The steps of one unit, with the shape C × H × W between them: `unit(ShuffleUnit(...), (1, 240, 28, 28))`.

    Where its multiply-adds can be counted, a bar shows those of each layer. ValueError where the module cannot be
    traced on an input of `shape`, batch axis included.
    """
    graph = trace(module, shape)
    with contextlib.suppress(ValueError):
        work = _work(graph, module, shape)
        graph = graph._replace(nodes=tuple(_worked(node, work.get(node.name, {})) for node in graph.nodes))
    return Diagram(title or type(module).__name__, [Panel("", graph, describe(graph))])


def network(
    model: nn.Module,
    shape: Sequence[int],
    title: str | None = None,
    parts: Mapping[str, Sequence[str]] | None = None,
) -> Diagram:
    """The units of a network, equal ones in a row folded, with their multiply-adds for one image.

    `parts` cuts it into stretches that stand side by side: a label, and the steps that stand there, in order, by the
    names of the model's children or of their children, such as `{"Entry flow": ("stem", "entry.0", "entry.1")}`.
    ValueError where the model cannot be traced, or its multiply-adds not be counted, on an input of `shape`; where a
    child is no step of the drawing, or stands in two parts.
    """
    graph = network_graph(model, shape)
    shown = panels(graph, _named(graph, parts)) if parts else [Panel("", graph, describe(graph))]
    return Diagram(title or type(model).__name__, shown)


def beside(title: str, **shown: Diagram) -> Diagram:
    """Diagrams of one picture each, side by side, their bars at one scale: `beside("Two layers", standard=unit(…), …)`.

    The keywords are their labels, `_` for a space.
    """
    return Diagram(title, [panel._replace(label=name.replace("_", " ").capitalize())
                           for name, diagram in shown.items() for panel in diagram.panels])  # fmt: skip


def _named(graph: Graph, parts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The names of the nodes of each part."""
    steps: dict[str, list[str]] = {}
    for node in graph.nodes:
        names = node.name.split(".")
        for i in range(1, len(names) + 1):
            steps.setdefault(".".join(names[:i]), []).append(node.name)
    seen: set[str] = set()
    for child in (child for children in parts.values() for child in children):
        if child not in steps:
            raise ValueError(f"{child!r} is no step of the drawing; there are {', '.join(n.name for n in graph.nodes)}")
        if seen.intersection(steps[child]):
            raise ValueError(f"{child!r} stands in two parts")
        seen.update(steps[child])
    return {label: [name for child in children for name in steps[child]] for label, children in parts.items()}


def network_graph(model: nn.Module, shape: Sequence[int]) -> Graph:
    """What `network` draws: one node for each unit and each layer outside units."""
    units = _units(model) if isinstance(model, nn.Module) else set()
    graph = absorb(trace(model, shape, leaf=lambda name, module: name in units), "activation")
    return _fold(graph, _work(graph, model, shape))


def _work(graph: Graph, model: nn.Module, shape: Sequence[int]) -> dict[str, dict[str, int]]:
    """Multiply-adds by node and by kind of layer; under "" those of layers that no node stands for."""
    found: dict[str, dict[str, int]] = {}
    for row in cost.layer_costs(model, shape):
        if row.macs:
            place = next((node.name for node in graph.nodes if f"{row.name}.".startswith(f"{node.name}.")), "")
            kinds = found.setdefault(place, {})
            kinds[row.kind] = kinds.get(row.kind, 0) + row.macs
    return found


def _worked(node: Node, work: Mapping[str, int]) -> Node:
    """The node with its multiply-adds, in words too; the kind of layer that does most is first."""
    lines = (*node.lines, millions(sum(work.values())))
    most = tuple(sorted(work.items(), key=lambda kind: -kind[1]))
    return node._replace(lines=tuple(line for line in lines if line), work=most)


def _units(model: nn.Module) -> set[str]:
    """Names of the modules that are one box: the model's own classes, in a list or holding no list of further ones."""
    def own(module: nn.Module) -> bool:
        return not type(module).__module__.startswith("torch.nn") and not isinstance(module, LISTS)

    modules = dict(model.named_modules())
    lists = {name: module for name, module in modules.items() if isinstance(module, LISTS)}
    listed = {f"{name}.{child}".lstrip(".") for name, module in lists.items() for child, _ in module.named_children()}
    holds = {name for name in modules for other in listed if own(modules[other]) and other.startswith(f"{name}.")}
    return {name for name, m in modules.items() if name and own(m) and (name in listed or name not in holds)}


def _fold(graph: Graph, work: Mapping[str, Mapping[str, int]]) -> Graph:
    """Equal steps in a row become one, `3 × …`; every step gets the multiply-adds of all that it stands for."""
    into = {node.name: [edge for edge in graph.edges if edge.target == node.name] for node in graph.nodes}
    out = {node.name: [edge for edge in graph.edges if edge.source == node.name] for node in graph.nodes}

    def key(node: Node) -> tuple[object, ...]:
        shapes = [[edge.shape for edge in edges[node.name]] for edges in (into, out)]
        return node.kind, node.lines, shapes, work.get(node.name)

    rows: list[list[Node]] = []
    for node in graph.nodes:
        last = rows[-1][-1] if rows else None
        follows = last and [e.source for e in into[node.name]] == [last.name] and len(out[last.name]) == 1
        if last and follows and key(node) == key(last):
            rows[-1].append(node)
        else:
            rows.append([node])
    first = {node.name: row[0].name for row in rows for node in row}
    return Graph(
        tuple(_folded(row, work.get(row[0].name, {})) for row in rows),
        tuple(
            edge._replace(source=first[edge.source], target=first[edge.target])
            for edge in graph.edges
            if first[edge.source] != first[edge.target]
        ),
    )


def _folded(row: Sequence[Node], work: Mapping[str, int]) -> Node:
    """One node for equal ones, each of which does this work."""
    name, *details = row[0].lines
    if len(row) > 1:
        name = f"{len(row)} × {name}" if name[0].isalpha() else f"{len(row)} × ({name})"
    return _worked(row[0]._replace(lines=(name, *details)), {kind: len(row) * macs for kind, macs in work.items()})
