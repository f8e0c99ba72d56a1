"""A block as it is drawn: layers with their costs, and how they are wired, from input to output."""

from collections.abc import Sequence
from typing import Any, NamedTuple

KINDS = ("pointwise", "depthwise", "standard", "grouped", "linear", "other", "step")
STEP = KINDS.index("step")    # no parameters, no multiply-adds


class Row(NamedTuple):
    """A layer with the batch norm and the activation behind it, or a step."""

    text: tuple[str, str, str]    # name, "3×3 depthwise, stride 2; then BN, ReLU6", and in short "3×3, s = 2"
    kind: int    # a place in KINDS
    side: int    # of the kernel, the longer one; 0 where there is none
    groups: int
    c_in: int
    c_out: int
    size: int | str    # of the maps that it gives, one number for a square
    params: int
    macs: int


Flow = list[Any]
"""Places of rows, and forks `[join, trunk, c_out, label, *ways]`: join is "add", "concatenate", "multiply" or another,
`trunk` the way that goes straight on: the last of the longest; of a gate, the shortest.
Ways stand in the order in which the join takes them; each begins with its channels and goes on as a flow does."""


class Anatomy(NamedTuple):
    """Rows in the order of the run, the flow through them, and channels and size of input and output."""

    rows: tuple[Row, ...]
    flow: Flow
    ends: tuple[int, int | str, int, int | str]


def packed(anatomies: Sequence[Anatomy]) -> dict[str, Any]:
    """Several states of a block as plain lists: each row, text and flow once, and for each state their places."""
    rows = list(dict.fromkeys(row for anatomy in anatomies for row in anatomy.rows))
    texts = list(dict.fromkeys(row.text for row in rows))
    flows = [flow for i, flow in enumerate(a.flow for a in anatomies) if flow not in [a.flow for a in anatomies[:i]]]
    return {
        "texts": [list(text) for text in texts],
        "rows": [[texts.index(row.text), *row[1:]] for row in rows],
        "flows": flows,
        "states": [[flows.index(a.flow), list(a.ends), *map(rows.index, a.rows)] for a in anatomies],
    }


def unpacked(table: dict[str, Any], place: int) -> Anatomy:
    """One state of what `packed` gives."""
    flow, ends, *rows = table["states"][place]
    found = [Row(tuple(table["texts"][text]), *rest) for text, *rest in (table["rows"][i] for i in rows)]
    return Anatomy(tuple(found), table["flows"][flow], tuple(ends))


def costs(anatomy: Anatomy) -> tuple[int, int]:
    """Parameters and multiply-adds of the whole block."""
    return sum(row.params for row in anatomy.rows), sum(row.macs for row in anatomy.rows)


def forks(flow: Flow) -> list[Flow]:
    """All forks of a flow, those inside others behind them."""
    own = [item for item in flow if isinstance(item, list)]
    return [fork for item in own for fork in [item, *(f for way in item[4:] for f in forks(way[1:]))]]
