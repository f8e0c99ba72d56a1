"""Block diagrams of real modules: `unit` draws the steps of one unit, `network` the units of a whole network.

Both watch one run (`tracing`), and draw nodes and edges and nothing else (`drawing`), so that a picture cannot say
something that the module does not do.
"""

from collections.abc import Mapping, Sequence

from torch import nn

from lightnets_edu import cost
from lightnets_edu.drawing import Diagram
from lightnets_edu.tracing import LISTS, Edge, Graph, Node, absorb, trace

__all__ = ["Diagram", "Edge", "Graph", "Node", "network", "network_graph", "trace", "unit"]


def unit(module: nn.Module, shape: Sequence[int], title: str | None = None) -> Diagram:
    """The steps of one unit, with the shape C × H × W between them: `unit(ShuffleUnit(...), (1, 240, 28, 28))`.

    ValueError where the module cannot be traced on an input of `shape`, batch axis included.
    """
    return Diagram(trace(module, shape), title or type(module).__name__)


def network(
    model: nn.Module,
    shape: Sequence[int],
    title: str | None = None,
    parts: Mapping[str, Sequence[str]] | None = None,
) -> Diagram:
    """The units of a network, equal ones in a row folded, with their multiply-adds for one image.

    `parts` frames stretches of it: a label, and the children of the model that stand there, such as
    `{"Entry flow": ("stem", "entry")}`. ValueError where the model cannot be traced, or its multiply-adds not be
    counted, on an input of `shape`; where a child is no step of the drawing, or stands in two parts.
    """
    graph = network_graph(model, shape)
    return Diagram(graph, title or type(model).__name__, _framed(graph, parts or {}))


def _framed(graph: Graph, parts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The names of the nodes that each part frames."""
    steps: dict[str, list[str]] = {}
    for node in graph.nodes:
        steps.setdefault(node.name.partition(".")[0], []).append(node.name)
    asked = [child for children in parts.values() for child in children]
    for child in asked:
        if child not in steps:
            raise ValueError(f"{child!r} is no step of the drawing; there are {', '.join(steps)}")
        if asked.count(child) > 1:
            raise ValueError(f"{child!r} stands in two parts")
    return {label: [name for child in children for name in steps[child]] for label, children in parts.items()}


def network_graph(model: nn.Module, shape: Sequence[int]) -> Graph:
    """What `network` draws: one node for each unit and each layer outside units."""
    units = _units(model) if isinstance(model, nn.Module) else set()
    graph = absorb(trace(model, shape, leaf=lambda name, module: name in units), "activation")
    macs: dict[str, int] = {}
    for row in cost.layer_costs(model, shape):
        place = next((node.name for node in graph.nodes if f"{row.name}.".startswith(f"{node.name}.")), "")
        macs[place] = macs.get(place, 0) + row.macs
    return _fold(graph, macs)


def _units(model: nn.Module) -> set[str]:
    """Names of the modules that are one box: the model's own classes, in a list or holding no list of further ones."""
    def own(module: nn.Module) -> bool:
        return not type(module).__module__.startswith("torch.nn") and not isinstance(module, LISTS)

    modules = dict(model.named_modules())
    lists = {name: module for name, module in modules.items() if isinstance(module, LISTS)}
    listed = {f"{name}.{child}".lstrip(".") for name, module in lists.items() for child, _ in module.named_children()}
    holds = {name for name in modules for other in listed if own(modules[other]) and other.startswith(f"{name}.")}
    return {name for name, m in modules.items() if name and own(m) and (name in listed or name not in holds)}


def _fold(graph: Graph, macs: dict[str, int]) -> Graph:
    """Equal steps in a row become one, `3 × …`; every step gets the multiply-adds of all that it stands for."""
    into = {node.name: [edge for edge in graph.edges if edge.target == node.name] for node in graph.nodes}
    out = {node.name: [edge for edge in graph.edges if edge.source == node.name] for node in graph.nodes}

    def key(node: Node) -> tuple[object, ...]:
        shapes = [[edge.shape for edge in edges[node.name]] for edges in (into, out)]
        return node.kind, node.lines, shapes, macs.get(node.name, 0)

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
        tuple(_folded(row, sum(macs.get(node.name, 0) for node in row)) for row in rows),
        tuple(
            edge._replace(source=first[edge.source], target=first[edge.target])
            for edge in graph.edges
            if first[edge.source] != first[edge.target]
        ),
    )


def _folded(row: list[Node], macs: int) -> Node:
    name, *details = row[0].lines
    if len(row) > 1:
        name = f"{len(row)} × {name}" if name[0].isalpha() else f"{len(row)} × ({name})"
    return row[0]._replace(lines=(name, *(line for line in (*details, millions(macs)) if line)))


def millions(macs: int) -> str:
    """`31.2 M multiply-adds`; nothing for none."""
    if not macs:
        return ""
    return f"{macs / 1e6:,.1f} M multiply-adds" if macs >= 100_000 else f"{macs:,} multiply-adds"
