"""Rows of layers that add up to their network, measured by `cost.layer_costs`."""

import copy
import difflib
import functools
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from lightnets_edu import cost
from lightnets_edu.layers import whole
from lightnets_edu.widgets.network_skyline.names import places

KINDS = ("pointwise", "depthwise", "standard", "grouped", "linear", "norm", "other")
METRICS = ("params", "macs", "access")
NUMBERS = ("weights", *METRICS)
FIELDS = ("name", "kind", "c_in", "c_out", "groups", "kernel", "stride", "out", *NUMBERS)

Row = list[Any]    # one layer, by FIELDS; `kind` is a place in KINDS, sizes are one number where both are equal
Line = list[Any]    # the same for a page: what the layer is, its kind, the height of its maps (0 for none), NUMBERS
Network = dict[str, Any]    # name, label, input, differs, layers, blocks: see `packed`
Shape = Sequence[int] | Sequence[Sequence[int]]


def of_names(names: Sequence[str], size: int | None = None) -> list[Network]:
    """Networks of MODELS on square images of `size`, or of each one's own size. ValueError for an unknown name."""
    from lightnets_edu.models import MODELS

    for name in names:
        if name not in MODELS:
            longer = [known for known in MODELS if known.startswith(str(name))]
            close = longer or difflib.get_close_matches(str(name), MODELS, 5) or list(MODELS)
            raise ValueError(f"no network is called {name!r}; there are {', '.join(close)}")
    return [_network(name, _shape(name, size), reference(name, _shape(name, size)), False) for name in names]


def of_module(name: str, module: nn.Module, shape: Shape) -> Network:
    """A module under its name; where that is a name of MODELS, it `differs` if its layers are not that network's.

    ValueError where it cannot be measured, and where nothing in it has parameters or multiplies.
    """
    from lightnets_edu.models import MODELS

    rows = measured(module, shape)
    if not rows:
        raise ValueError(f"{name} has no layers to draw: nothing in it has parameters or multiplies")
    differs = False
    if name in MODELS:
        try:
            known = reference(name, shape)
        except ValueError:    # the reference takes other inputs
            known = []
        differs = [row[1:] for row in rows] != [row[1:] for row in known]
    return _network(name, shape, rows, differs)


def reference(name: str, shape: Shape) -> list[Row]:
    """The rows of a network of MODELS, the caller's own."""
    return copy.deepcopy(_reference(name, tuple(s if isinstance(s, int) else tuple(s) for s in shape)))


@functools.lru_cache(maxsize=64)
def _reference(name: str, shape: Any) -> list[Row]:
    from lightnets_edu.models import MODELS

    with torch.device("meta"):    # sizes are all it takes
        model = MODELS[name]()
    return measured(model, shape)


def measured(module: nn.Module, shape: Shape) -> list[Row]:
    """One row for each convolution and linear layer called, and one for any other that has parameters.

    The parameters of a norm are added to the layer right before it, where that gives the norm's channels, so that the
    rows add up to `cost.total` of the network. `weights` are the learnable ones of that layer without bias and norm.
    """
    rows: list[Row] = []
    costs = cost.layer_costs(module, shape)
    modules, seen = dict(module.named_modules()), set[int]()
    last: cost.LayerCost | None = None
    for c in costs:
        multiplies = isinstance(modules[c.name], cost.MULTIPLYING)
        if c.kind == "norm" and last and last.out_shape and last.c_out == c.c_in:
            rows[-1][FIELDS.index("params")] += c.params
            last = None
            continue
        if not (c.params or multiplies):
            continue
        weight = modules[c.name]._parameters.get("weight") if multiplies else None
        weights = 0 if weight is None or id(weight) in seen else weight.numel()
        seen.add(id(weight))
        last = c if multiplies else None
        known = c.kind in KINDS
        out = c.out_shape[1:-1] if c.kind == "linear" else c.out_shape[2:]
        rows.append([
            c.name, KINDS.index(c.kind if known else "other"),
            c.c_in, c.c_out, c.groups, _plain(c.kernel), _plain(c.stride), _plain(out),
            weights, c.params, c.macs, c.access,
        ])  # fmt: skip
    return rows


def packed(rows: Sequence[Row]) -> dict[str, Any]:
    """Rows as a page carries them: each different one once, and blocks with what the book calls them.

    `layers` are different lines; `blocks` holds `[name, [i, ...]]`, one after the other as they run, with places among
    the layers.
    """
    layers: list[Line] = []
    blocks: list[Any] = []
    for row, (block, role) in zip(rows, places([row[0] for row in rows]), strict=True):
        out = row[FIELDS.index("out")]
        side = out[0] if isinstance(out, list) and out else out or 0
        line = [", ".join(filter(None, (role, describe(row)))), row[1], side, *row[-len(NUMBERS) :]]
        if line not in layers:
            layers.append(line)
        if not blocks or blocks[-1][0] != block:
            blocks.append([block, []])
        blocks[-1][1].append(layers.index(line))
    return {"layers": layers, "blocks": blocks}


def unpacked(network: Network) -> list[Line]:
    """The lines of a network in the order in which they run, each with its block's name before its own."""
    return [
        [", ".join(filter(None, (block, network["layers"][i][0]))), *network["layers"][i][1:]]
        for block, own in network["blocks"]
        for i in own
    ]


def values(rows: Sequence[Row | Line], measure: str) -> list[int]:
    """One number of every row, or line."""
    return [row[NUMBERS.index(measure) - len(NUMBERS)] for row in rows]


def describe(row: Row) -> str:
    """Kind, kernel, channels and output of a layer, in words."""
    _, kind, c_in, c_out, groups, kernel, stride, out, *_, access = row
    name = KINDS[kind]
    parts = [f"{name} {_times(kernel)}".strip()]
    if groups > 1 and name != "depthwise":
        parts.append(f"{groups} groups")
    if any(step != 1 for step in _pair(stride)):
        parts.append(f"stride {_times(stride) if isinstance(stride, list) else stride}")
    if c_in and c_out:
        parts.append(f"{c_in:,} → {c_out:,} {'features' if name == 'linear' else 'channels'}")
    if out != []:
        parts.append(f"output {_times(out)}")
    if not access and name not in ("norm", "other"):
        parts.append("never run")
    return ", ".join(parts)


def label(name: str) -> str:
    """A network's name as its paper writes it."""
    from lightnets_edu.models.catalogue import CATALOGUE

    return CATALOGUE[name].label


def _shape(name: str, size: int | None) -> tuple[int, ...]:
    from lightnets_edu.models.catalogue import CATALOGUE

    size = CATALOGUE[name].pixels if size is None else size
    whole(size=size)
    return 1, 3, size, size


def _network(name: str, shape: Any, rows: list[Row], differs: bool) -> Network:
    from lightnets_edu.models import MODELS

    shapes = [shape] if isinstance(shape[0], int) else shape
    sizes = ["×".join(map(str, s[2:] if len(s) == 4 else s[1:])) for s in shapes]
    shown = label(name) if name in MODELS else name
    return {"name": name, "label": shown, "input": " and ".join(sizes), "differs": differs, **packed(rows)}


def _pair(sizes: int | list[int]) -> list[int]:
    return sizes if isinstance(sizes, list) else [sizes, sizes]


def _times(sizes: int | list[int]) -> str:
    return "×".join(map(str, _pair(sizes)))


def _plain(sizes: Sequence[int]) -> int | list[int]:
    return sizes[0] if len(sizes) == 2 and sizes[0] == sizes[1] else list(sizes)
