"""Says in words what a traced graph shows: its steps, the ways that part and meet again, what each step costs."""

from collections.abc import Collection
from typing import NamedTuple

from lightnets_edu.tracing import WEIGHTED, Graph, Node

UNIT = " multiply-adds"
COUNTS = ("No", "One", "Two", "Three", "Four", "Five", "Six")


class Fork(NamedTuple):
    """Where ways from `fork` meet again in `merge`: the steps on each, a shortcut last.

    `kind` is "shortcut" where the last of two ways passes the others' work by, "gate" where one of two only scales
    what the other, which changes nothing and stands last, brings, and "" where the ways are of equal standing.
    """

    fork: str
    merge: str
    ways: tuple[tuple[str, ...], ...]
    kind: str


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


def describe(graph: Graph, steps: Collection[str] | None = None) -> str:
    """The steps in order, each with the shape it gives on and, unless it is the step before, where it takes from.

    With `steps`, names of nodes, only these, under the numbers that they have in the whole graph.
    """
    number = {node.name: i for i, node in enumerate(graph.nodes, 1)}
    wanted = number if steps is None else steps
    given: dict[str, list[str]] = {}
    for edge in graph.edges:
        shapes = given.setdefault(edge.source, [])
        shapes += [shape] if (shape := shape_text(edge.shape)) not in shapes else []
    said = []
    for i, node in enumerate(graph.nodes, 1):
        sources = [number[edge.source] for edge in graph.edges if edge.target == node.name]
        origin = "" if i == 1 or sources == [i - 1] else f", from {_steps(sources)}"
        arrow = f" → {' and '.join(given[node.name])}" if node.name in given else ""
        said += [f"{i}. {', '.join(node.lines)}{_shares(node)}{origin}{arrow}."] if node.name in wanted else []
    return " ".join(said + [_describe_fork(fork, number) for fork in forks(graph) if fork.merge in wanted])


def _shares(node: Node) -> str:
    """What each kind of layer has of a step's multiply-adds, where there are several."""
    kinds = [f"{kind} {millions(macs).removesuffix(UNIT)}" for kind, macs in node.work]
    return f" ({', '.join(kinds)})" if len(kinds) > 1 else ""


def millions(macs: int) -> str:
    """`31.2 M multiply-adds`; nothing for none."""
    if not macs:
        return ""
    return f"{macs / 1e6:,.1f} M{UNIT}" if macs >= 100_000 else f"{macs:,}{UNIT}"


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
