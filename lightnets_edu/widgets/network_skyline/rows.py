"""Rows of layers that add up to their network, measured by `cost.layer_costs`."""

import copy
import difflib
import functools
import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from lightnets_edu import cost
from lightnets_edu.layers import whole

MOST = 8
KINDS = ("pointwise", "depthwise", "standard", "grouped", "linear", "norm", "other")
METRICS = ("params", "macs", "access")
FIELDS = ("name", "kind", "c_in", "c_out", "groups", "kernel", "stride", "out", "weights", *METRICS)

Row = list[Any]    # one layer, by FIELDS; `kind` is a place in KINDS, sizes are one number where both are equal
Network = dict[str, Any]    # name, label, input, differs, rows
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
    for row, name in zip(rows, short_names([row[0] for row in rows]), strict=True):
        row[0] = name
    return rows


def values(rows: Sequence[Row], measure: str) -> list[int]:
    """One number of every row."""
    return [row[FIELDS.index(measure)] for row in rows]


def short_names(names: Sequence[str]) -> list[str]:
    """Names for people: "blocks.12.pointwise.0" is "blocks 12 pointwise", unless that could mean another layer too."""
    known = set(names)

    def short(name: str) -> str:
        kept = name
        while match := re.fullmatch(r"(.+)\.\d+", kept):
            if any(f"{other}.".startswith(f"{match[1]}.") for other in known - {name}):
                break
            kept = match[1]
        return kept.replace(".", " ")

    return [short(name) for name in names]


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
    return {"name": name, "label": shown, "input": " and ".join(sizes), "differs": differs, "rows": rows}


def _plain(sizes: Sequence[int]) -> int | list[int]:
    return sizes[0] if len(sizes) == 2 and sizes[0] == sizes[1] else list(sizes)
