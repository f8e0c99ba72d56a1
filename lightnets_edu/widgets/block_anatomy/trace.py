"""A real block, watched and counted: which layers it has, and which ways lead from its input to its output."""

import re
from collections.abc import Sequence

from torch import nn

from lightnets_edu import cost
from lightnets_edu.tracing import WEIGHTED, Edge, Graph, Node, trace
from lightnets_edu.widgets.block_anatomy.flow import KINDS, STEP, Anatomy, Flow, Row

MOST = 24
SHORT = {
    "channel shuffle": "shuffle", "global average pool": "global pool", "average pool": "avg pool", "select": "cut",
    "concatenate": "concat",
}  # fmt: skip
NORM = re.compile(r"BN|norm")
SIZES = re.compile(r"stride|dilation|\d+ groups|$")


def measured(module: nn.Module, shape: Sequence[int]) -> Anatomy:
    """What `module` does to one image of `shape`, watched and counted on the meta device.

    ValueError where it cannot be run, has no layers or too many, has parameters that the picture has no place for,
    and where its ways do not fork and meet in pairs, so that they cannot be drawn side by side.
    """
    graph = trace(module, shape)
    name = type(module).__name__
    wiring = _Wiring(graph, name)
    steps = [node for node in graph.nodes if wiring.is_step(node)]
    normed = {node.name for node in steps if any(NORM.search(word) for word in wiring.thens[node.name])}
    costs, norms = _costs(module, shape, {node.name for node in steps}, normed, wiring.homes)
    if not costs:
        raise ValueError(f"{name} has no layers to draw: nothing in it has parameters or multiplies")
    if len(steps) > MOST:
        raise ValueError(f"the figure draws one block, of at most {MOST} layers and steps; {name} has {len(steps)}")
    wiring.places = {node.name: i for i, node in enumerate(steps)}
    words = zip(steps, _short_names(steps), strict=True)
    rows = tuple(_row(node, word, costs.get(node.name), norms.get(node.name, 0), wiring) for node, word in words)
    first, last = wiring.out["input"][0].shape, wiring.into["output"][0].shape
    return Anatomy(rows, wiring.run("input", "output"), (shape[1], _size(first[1:]), last[0], _size(last[1:])))


class _Wiring:
    """Follows the edges of a graph from one fork to where its ways meet."""

    def __init__(self, graph: Graph, title: str):
        edges, self.thens, self.homes = _without_activations(graph)
        self.nodes = {node.name: node for node in graph.nodes}
        self.out: dict[str, list[Edge]] = {name: [] for name in self.nodes}
        self.into: dict[str, list[Edge]] = {name: [] for name in self.nodes}
        for edge in edges:
            self.out[edge.source].append(edge)
            self.into[edge.target].append(edge)
        self.title = title
        self.places: dict[str, int] = {}
        self.behind: dict[str, set[str]] = {}    # what every way from a node to the output passes
        for name in reversed(list(self.nodes)):
            later = [self.behind[edge.target] for edge in self.out[name]]
            self.behind[name] = {name} | (set.intersection(*later) if later else set())

    def splits(self, name: str) -> bool:
        """Whether the ways from a node share out its channels."""
        given = sum(edge.shape[0] for edge in self.out[name])
        return len(self.out[name]) > 1 and [given] == [edge.shape[0] for edge in self.into[name]]

    def is_step(self, node: Node) -> bool:
        """Whether a node is drawn as a box: it takes one map, and is not where channels are shared out."""
        parts = self.splits(node.name) and node.kind not in WEIGHTED
        return len(self.into[node.name]) == 1 and node.kind != "output" and not parts

    def run(self, name: str, stop: str) -> Flow:
        """What lies between two nodes."""
        flow: Flow = []
        while True:
            if len(self.out[name]) > 1:
                name = self._fork(name, stop, flow)
            else:
                name = self.out[name][0].target
                if name == stop:
                    return flow
                if len(self.into[name]) != 1:
                    raise ValueError(self._knot(name))
                if name in self.places:
                    flow.append(self.places[name])

    def _fork(self, name: str, stop: str, flow: Flow) -> str:
        meets = self.behind[name] - {name}
        join = next(n for n in self.nodes if n in meets)
        if join == stop or len(self.into[join]) != len(self.out[name]):
            raise ValueError(self._knot(join))
        edges = sorted(self.out[name], key=lambda edge: self._turn(name, edge, join))
        ways = [[edge.shape[0], *self._way(edge, join)] for edge in edges]
        label = word = self.nodes[join].lines[0]
        c_out = self.out[join][0].shape[0]
        if word not in ("add", "multiply") and c_out == sum(edge.shape[0] for edge in self.into[join]):
            word = "concatenate"
        lengths = [_steps(way[1:]) for way in ways]
        longest = max(range(len(ways)), key=lambda k: (lengths[k], k))
        trunk = lengths.index(min(lengths)) if word == "multiply" else longest
        flow.append([word, trunk, c_out, [SHORT.get(label, label), *self.thens[join]], *ways])
        return join

    def _turn(self, name: str, edge: Edge, join: str) -> int:
        """The turn in which `join` takes what comes along an edge of the fork `name`."""
        last = {name} if edge.target == join else self.behind[edge.target]
        return next(i for i, e in enumerate(self.into[join]) if e.source in last)

    def _way(self, edge: Edge, join: str) -> Flow:
        if edge.target == join:
            return []
        if len(self.into[edge.target]) != 1:
            raise ValueError(self._knot(edge.target))
        place = [self.places[edge.target]] if edge.target in self.places else []
        return place + self.run(edge.target, join)

    def _knot(self, name: str) -> str:
        return f"{self.title} cannot be drawn: the ways that meet at {name!r} do not begin at one fork"


def _without_activations(graph: Graph) -> tuple[list[Edge], dict[str, list[str]], dict[str, str]]:
    """Edges without activations, which become words of the step before them where nothing else takes its output.

    Then the words behind each node, and the node that each activation went to. One with parameters goes to layers only.
    """
    edges, thens, homes = list(graph.edges), dict[str, list[str]](), dict[str, str]()
    kinds = {node.name: node.kind for node in graph.nodes}
    for node in graph.nodes:
        thens[node.name] = [w for line in node.lines[1:] for w in line.split(", ") if not SIZES.match(w)]
    for node in graph.nodes:
        sources = [e.source for e in edges if e.target == node.name]
        alone = len(sources) == 1 and sum(e.source == sources[0] for e in edges) == 1 and sources[0] != "input"
        if node.kind == "activation" and alone and (node.lines[0] != "PReLU" or kinds[sources[0]] in WEIGHTED):
            thens[sources[0]] += node.lines[:1]
            homes[node.name] = sources[0]
            edges = [
                e._replace(source=sources[0]) if e.source == node.name else e for e in edges if e.target != node.name
            ]
    return edges, thens, homes


def _costs(
    module: nn.Module, shape: Sequence[int], drawn: set[str], normed: set[str], homes: dict[str, str]
) -> tuple[dict[str, cost.LayerCost], dict[str, int]]:
    """The cost of each drawn layer by its name, and the parameters of the norm and the activation behind it.

    A norm belongs to the last of the `normed` before it that has as many channels and no norm yet.
    """
    found: dict[str, cost.LayerCost] = {}
    extra: dict[str, int] = {}
    calls: dict[str, int] = {}
    for row in cost.layer_costs(module, shape):
        calls[row.name] = calls.get(row.name, 0) + 1
        name = row.name if calls[row.name] == 1 else f"{row.name}_{calls[row.name]}"
        if name in drawn:
            found[name] = row
            continue
        before: list[str] = []
        if row.kind == "norm":
            before = [n for n, layer in found.items() if n in normed - set(extra) and layer.c_out == row.c_in]
        elif name in homes:
            before = [homes[name]]
        if not before or not row.out_shape:
            where = row.name or "the block itself"
            numbers = f"{row.params:,} parameters and {row.macs:,} multiply-adds"
            raise ValueError(f"{type(module).__name__}: {where} has {numbers} that the picture has no place for")
        extra[before[-1]] = extra.get(before[-1], 0) + row.params
    return found, extra


def _row(node: Node, name: str, found: cost.LayerCost | None, more: int, wiring: _Wiring) -> Row:
    given, out = wiring.into[node.name][0].shape, wiring.out[node.name][0].shape
    thens, size = wiring.thens[node.name], _size(out[1:])
    if found is None:
        name, what = SHORT.get(name, name), ", ".join(node.lines)
        return Row((name, what, ""), STEP, 0, 1, given[0], out[0], size, 0, 0)
    kind = found.kind if found.kind in KINDS else "other"
    kernel = "×".join(map(str, found.kernel))
    stride = max(found.stride, default=1)
    c_in, c_out = (found.c_in, found.c_out) if node.kind in WEIGHTED else (given[0], out[0])
    parts = [f"g = {found.groups}"] * (found.groups > 1 and kind != "depthwise") + [f"s = {stride}"] * (stride > 1)
    acts = [word for word in thens if not NORM.search(word)]
    groups = f"{found.groups} groups" * (found.groups > 1 and kind != "depthwise")
    said = [f"{kernel} {found.kind}".strip(), groups, f"stride {stride}" * (stride > 1)]
    what = "; then ".join(filter(None, [", ".join(filter(None, said)), ", ".join(thens)]))
    what += ", linear" * (node.kind in WEIGHTED and not acts)
    numbers = (found.groups, c_in, c_out, size, found.params + more, found.macs)
    brief = ", ".join([kernel] * bool(kernel) + parts)
    return Row((name, what, brief), KINDS.index(kind), max(found.kernel, default=0), *numbers)


def _short_names(nodes: Sequence[Node]) -> list[str]:
    """Names for people: "expand.0" is expand, unless that could mean another step too; steps have their label."""
    full = [n.name if n.kind in WEIGHTED or n.kind == "norm" else n.lines[0] for n in nodes]
    short = full
    for number in (r"\.\d+$", r"\b\d+\.|\.\d+\b"):
        tried = [re.sub(number, "", name) for name in short]
        short = [new if tried.count(new) == 1 else old for old, new in zip(short, tried, strict=True)]
    return [re.sub(r"[._]", " ", name) for name in short]


def _size(sizes: Sequence[int]) -> int | str:
    """One number for a square, "28×14" for others, 1 for what has no positions."""
    return next(iter(sizes), 1) if len(set(sizes)) < 2 else "×".join(map(str, sizes))


def _steps(flow: Flow) -> int:
    return sum(1 if isinstance(item, int) else sum(_steps(way[1:]) for way in item[4:]) for item in flow)
