"""1×1 layers of equal work: their widths, what they move, and the least that any of them could."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from torch import nn

from lightnets_edu.cost import conv_access, conv_macs, layer_costs

BALANCED = (1, 1)


class Layer(NamedTuple):
    """A 1×1 layer on maps of `size` × `size`, its multiply-adds, and the elements that it moves."""

    c_in: int
    c_out: int
    groups: int
    size: int
    macs: int
    access: int

    def factor(self) -> float:
        """What it moves, in units of the least that its work allows."""
        return self.access / bound(self.size, self.macs)


class Measured(NamedTuple):
    """A real module: the layer that it is, as `layer_costs` measures it, and a sentence that says so."""

    c_in: int
    c_out: int
    groups: int
    size: int
    macs: int
    access: int
    says: str


def bound(size: int, macs: int) -> float:
    """The least that a 1×1 layer of this work moves: 2·√(hwB) + B/(hw), at equal widths and with one group."""
    return 2 * size * math.sqrt(macs) + macs / size**2


def parsed(ratio: str) -> tuple[int, int]:
    """Channels in and out: "1:12" is (1, 12)."""
    a, b = ratio.split(":")
    return int(a), int(b)


def layer(size: int, width: int, ratio: tuple[int, int] = BALANCED, groups: int = 1) -> Layer:
    """The layer of this ratio and these groups that does as much work as one group of `width` → `width` channels.

    Channels are whole and the ratio is exact, so that the work is a little less: the widths are the largest that do no
    more. These are the rules behind the widths of the paper's Tables 1 and 2.
    """
    a, b = ratio
    unit = groups * max(1, math.isqrt(width**2 // (a * b * groups)))
    c_in, c_out = a * unit, b * unit
    macs = conv_macs(c_in, c_out, 1, size, groups)
    return Layer(c_in, c_out, groups, size, macs, conv_access(c_in, c_out, 1, size, size, groups))


def smooth(size: int, width: int, ratio: float, groups: float) -> float:
    """The factor of a layer whose work is exactly that of `width` → `width`, were channels not whole."""
    maps, weights = 2 * size**2 * width, width**2
    return (maps * math.sqrt(groups) * (math.sqrt(ratio) + math.sqrt(1 / ratio)) / 2 + weights) / (maps + weights)


def reached(factors: Sequence[float], level: float) -> int:
    """The first of some factors that is not below a level, or -1."""
    return next((i for i, factor in enumerate(factors) if factor >= level), -1)


def measure(module: nn.Module, shape: Sequence[int]) -> Measured:
    """What `layer_costs` says of a module with one 1×1 convolution, on one image of `shape` (1, c_in, H, H).

    ValueError for other modules, for maps that are not square, and for strides.
    """
    rows, what = [row for row in layer_costs(module, shape) if row.macs], type(module).__name__
    if len(rows) != 1 or rows[0].kernel != (1, 1):
        raise ValueError(f"expected a module with one 1×1 convolution, such as nn.Conv2d(64, 256, 1); got {what}")
    row = rows[0]
    if len(shape) != 4 or shape[2] != shape[3] or tuple(row.out_shape[2:]) != tuple(shape[2:]):
        makes = f"{what} makes {tuple(row.out_shape)} of {tuple(shape)}"
        raise ValueError(f"the figure takes 1×1 layers of stride 1 on square maps; {makes}")
    says = f"{what}: {row.c_in} → {row.c_out} channels, {row.access:,} elements moved."
    return Measured(row.c_in, row.c_out, row.groups, int(shape[2]), row.macs, row.access, says)
