"""Guideline explorer: a convolution's weights, by its groups."""

import math
from collections.abc import Sequence
from typing import Any, Self

import torch
import traitlets
from torch import nn

from lightnets_edu.widgets.kit import Figure, front_end

CAPTION = (
    "A 3×3 convolution, split into groups: each bar holds its weights, as counted on the real layer. Twice the groups "
    "take half the weights."
)


def counted(c_in: int, c_out: int, kernel: tuple[int, int]) -> list[list[int]]:
    """For every number of groups that divides both widths: it, and the weights of the real layer.

    Python asks PyTorch, the page looks up and draws. When this grows, it gets a file of its own in this folder.
    """
    common = math.gcd(c_in, c_out)
    with torch.device("meta"):
        layers = [nn.Conv2d(c_in, c_out, kernel, groups=g) for g in range(1, common + 1) if common % g == 0]
    return [[layer.groups, layer.weight.numel()] for layer in layers]


class GuidelineExplorer(Figure):
    """Widget: what groups do to the weights of a convolution.

    `groups` is one of those that divide both widths; `shares` writes each count as a share of that of one group.
    `counts` has for each number of groups the weights that were counted. TraitError for values that are not on offer.
    """

    _esm, _css = front_end(__file__)
    drawn = ("groups", "shares")    # what a reader can change, each behind those that it follows
    made = ("counts",)              # what was measured: nobody can set it later

    counts = traitlets.List(traitlets.List()).tag(sync=True)
    groups = traitlets.Int(4).tag(sync=True)
    shares = traitlets.Bool(False).tag(sync=True)

    def __init__(self, **traits: Any):
        super().__init__(**{"caption": CAPTION, "counts": counted(32, 32, (3, 3)), **traits})

    @classmethod
    def from_module(cls, module: nn.Module, **traits: Any) -> Self:
        """The figure of a real convolution: its widths, its kernel, its groups. ValueError for another module."""
        if not isinstance(module, nn.Conv2d):
            raise ValueError(f"expected a convolution, nn.Conv2d; got {type(module).__name__}")
        kernel = module.kernel_size[0], module.kernel_size[1]
        found = counted(module.in_channels, module.out_channels, kernel)
        caption = f"{type(module).__name__} from {module.in_channels} to {module.out_channels} channels, by its groups."
        return cls(**{"caption": caption, "counts": found, "groups": module.groups, **traits})

    def offers(self, name: str) -> Sequence[Any]:
        """The groups that were counted."""
        return [groups for groups, _ in self.counts] if name == "groups" else super().offers(name)

    def data(self) -> tuple[Sequence[object], list[Sequence[object]]]:
        """What a notebook shows where the figure does not live."""
        return ("groups", "weights"), [tuple(row) for row in self.counts]
