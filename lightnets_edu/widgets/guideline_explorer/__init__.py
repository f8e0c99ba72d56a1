"""Guideline explorer: what a 1×1 layer moves while its work stays the same, by its ratio of channels or its groups."""

import math
from collections.abc import Sequence
from typing import Any, Self

import traitlets
from torch import nn

from lightnets_edu.widgets.guideline_explorer.layers import Layer, Measured, layer, measure, parsed
from lightnets_edu.widgets.guideline_explorer.paper import SIZE, speeds
from lightnets_edu.widgets.kit import Figure, front_end

SIZES = (7, 14, 28, 56, 112)
WIDTHS = (64, 128, 256, 512)
SIDE = ("2:3", *(f"1:{n}" for n in (*range(2, 17), 20, 24, 28, 32)))
RATIOS = (*(":".join(ratio.split(":")[::-1]) for ratio in SIDE[::-1]), "1:1", *SIDE)
GROUPS = (1, 2, 3, 4, 6, 8)
GUESSES = tuple(n / 10 for n in range(10, 41))
MOST = 32    # the ratio at either end of the axis
CAPTION = (
    "1×1 layers that do the same work B: the column is what one of them moves, the curve says it for all, in multiples "
    "of the least. Guess first: drag the question mark."
)


class GuidelineExplorer(Figure):
    """Widget: memory access of a 1×1 layer at equal work, the first two guidelines of ShuffleNet V2.

    All layers do the work of one of `width` → `width` channels on maps of `size` × `size`; their channels are whole, so
    that it is a little less. With `guideline` 1 a layer has one group and channels in `ratio`, such as "1:12"; with 2
    it has equal widths and `groups`. Heights are multiples of the least that its work allows. `guess` is the height
    that a reader expects, and a ruler later; the truth is drawn where it is `revealed`. `values` lists what is on
    offer, `paper` holds the speeds that the paper measured on maps of `size` 56, `own` what `from_module` found.
    TraitError for values that are not on offer; a measured module has only its own size and work.
    """

    _esm, _css = front_end(__file__)
    drawn = ("guideline", "size", "width", "ratio", "groups", "guess", "revealed")
    made = ("values", "paper", "own")

    values = traitlets.Dict().tag(sync=True)
    paper: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    own = traitlets.Dict().tag(sync=True)
    guideline = traitlets.Int(1).tag(sync=True)
    size = traitlets.Int(56).tag(sync=True)
    width = traitlets.Int(128).tag(sync=True)
    ratio = traitlets.Unicode("1:12").tag(sync=True)
    groups = traitlets.Int(8).tag(sync=True)
    guess = traitlets.Float(1.0).tag(sync=True)
    revealed = traitlets.Bool(False).tag(sync=True)

    def __init__(self, **traits: Any):
        own = traits.get("own") or {}
        if own and tuple(own) != Measured._fields:
            raise traitlets.TraitError(f"own holds what from_module finds; got {own}")
        first = {"size": own["size"], "width": _balanced(own)} if own else {}
        values: dict[str, list[Any]] = {
            "size": list(SIZES), "width": list(WIDTHS), **{name: [value] for name, value in first.items()},
            "ratio": list(RATIOS), "groups": list(GROUPS), "guess": list(GUESSES),
        }  # fmt: skip
        made = {"values": values, "paper": speeds()}
        super().__init__(**{"caption": CAPTION, **first, **traits, **made})

    @classmethod
    def from_module(cls, module: nn.Module, shape: Sequence[int], **traits: Any) -> Self:
        """The figure of a real 1×1 layer on one image of `shape` (1, c_in, H, H), and where it lies.

        Its work and its memory access are what `layer_costs` measures. ValueError for what is no such layer, and for
        one beyond the ends of the axes.
        """
        found = measure(module, shape)
        lopsided, height = max(found.c_in, found.c_out) / min(found.c_in, found.c_out), Layer(*found[:6]).factor()
        if lopsided > MOST or found.groups > GROUPS[-1] or height > GUESSES[-1]:
            ends = f"1:{MOST}, {GROUPS[-1]} groups and {GUESSES[-1]:g} times the least"
            at = f"{found.c_in} → {found.c_out} channels in {found.groups} groups, {height:.2f} times the least"
            raise ValueError(f"the axes end at {ends}; the layer has {at}")
        near = min(RATIOS, key=lambda ratio: abs(math.log(found.c_out / found.c_in) - math.log(_times(ratio))))
        groups = min(GROUPS, key=lambda groups: abs(groups - found.groups))
        mode = {"guideline": 2 if found.groups > 1 else 1, "ratio": near, "groups": groups}
        return cls(**{**mode, **traits, "own": found._asdict()})

    def layer(self) -> Layer:
        """The layer that is drawn, or asked for."""
        return self.layers()[self.ratio if self.guideline == 1 else str(self.groups)]

    def layers(self) -> dict[str, Layer]:
        """The layers of this work, by ratio or by groups."""
        if self.guideline == 1:
            return {ratio: layer(self.size, self.width, parsed(ratio)) for ratio in RATIOS}
        return {str(groups): layer(self.size, self.width, groups=groups) for groups in GROUPS}

    def times(self) -> dict[tuple[str, str], float]:
        """The times that the paper measured, by machine and ratio or groups: multiples of the balanced layer's."""
        rows = self.paper[self.guideline - 1].get(str(self.width), []) if self.size == SIZE else []
        first: dict[str, float] = {}
        return {(who, what): first.setdefault(who, speed) / speed for who, what, speed in rows}

    def offers(self, name: str) -> Sequence[Any]:
        """A measured module has its own size and work only."""
        return (1, 2) if name == "guideline" else self.values.get(name) or super().offers(name)

    def data(self) -> tuple[Sequence[object], list[Sequence[object]]]:
        """What each layer costs."""
        what = "c_in:c_out" if self.guideline == 1 else "groups"
        heads = (what, "c_in", "c_out", "multiply-adds", "elements moved", "times the least")
        rows: list[Sequence[object]] = [
            (name, one.c_in, one.c_out, one.macs, one.access, f"{one.factor():.3f}")
            for name, one in self.layers().items()
        ]
        return heads, rows


def _balanced(own: dict[str, Any]) -> int:
    """The width whose balanced layer does the work of a real one, nearly."""
    return max(1, round(math.sqrt(own["c_in"] * own["c_out"] / own["groups"])))


def _times(ratio: str) -> float:
    a, b = parsed(ratio)
    return b / a
