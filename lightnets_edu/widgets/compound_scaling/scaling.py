"""Compound scaling, reckoned: the three factors of a budget, and what the network costs that they make of B0."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from lightnets_edu.cost import conv_macs, conv_params
from lightnets_edu.layers import round_channels

PIXELS = 224
CLASSES = 1000
ALONE = {"depth": (2.0, 1.0, 1.0), "width": (1.0, math.sqrt(2), 1.0), "resolution": (1.0, 1.0, math.sqrt(2))}
MOST = 2.1    # αβ²γ² on offer: a little more than 2, so that each constant of the paper can be a step larger


class Scale(NamedTuple):
    """What a network has, in multiples of B0's: layers, channels; and the pixels of its images' sides."""

    depth: float
    width: float
    pixels: int


class Row(NamedTuple):
    """A stage of Table 1: its number, layers, channels out, the side of its maps, and what it costs."""

    stage: int
    layers: int
    channels: int
    size: int
    params: int
    macs: int


def product(alpha: float, beta: float, gamma: float) -> float:
    """αβ²γ², by which one step of φ multiplies the work; the paper asks that it is about 2."""
    return alpha * beta * beta * gamma * gamma


def fits(alpha: float, beta: float, gamma: float) -> bool:
    """Whether a step stays within what is on offer."""
    return product(alpha, beta, gamma) <= MOST + 1e-9


def scaled(mode: str, phi: float, alpha: float, beta: float, gamma: float) -> Scale:
    """B0 after φ steps: in all three at once, or by the `mode` that spends them alone."""
    a, b, c = ALONE.get(mode, (alpha, beta, gamma))
    return Scale(a**phi, b**phi, math.floor(PIXELS * c**phi + 0.5))


def rows(scale: Scale, classes: int = CLASSES) -> list[Row]:
    """What each stage of the scaled network costs, stem and head too: the sum is the network's.

    Channels are multiples of 8, at least 90 % of what was asked for; numbers of layers are rounded up, and a stride of
    2 leaves half of a map, rounded up. Counted as `layer_costs` counts.
    """
    from lightnets_edu.models.efficientnet import HEAD, STAGES, STEM

    size, c_in = (scale.pixels + 1) // 2, round_channels(STEM * scale.width)
    found = [Row(1, 1, c_in, size, conv_params(3, c_in, 3) + 2 * c_in, conv_macs(3, c_in, 3, size))]
    for i, (expansion, kernel, stride, channels, layers) in enumerate(STAGES):
        c_out, many = round_channels(channels * scale.width), math.ceil(layers * scale.depth)
        first = _block(c_in, c_out, expansion, kernel, stride, size)
        size = -(-size // stride)
        other = _block(c_out, c_out, expansion, kernel, 1, size)
        params, macs = (a + (many - 1) * b for a, b in zip(first, other, strict=True))
        found.append(Row(i + 2, many, c_out, size, params, macs))
        c_in = c_out
    c_out = round_channels(HEAD * scale.width)
    params = conv_params(c_in, c_out, 1) + 2 * c_out + c_out * classes + classes
    return [*found, Row(len(found) + 1, 1, c_out, size, params, conv_macs(c_in, c_out, 1, size) + c_out * classes)]


def _block(c_in: int, c_out: int, expansion: int, kernel: int, stride: int, size: int) -> tuple[int, int]:
    """Parameters and multiply-adds of one MBConv: batch norms add two parameters a channel, squeezing has biases."""
    mid, squeeze, after = c_in * expansion, max(1, c_in // 4), -(-size // stride)
    params = mid * kernel**2 + 2 * mid + 2 * mid * squeeze + mid + squeeze + mid * c_out + 2 * c_out
    macs = mid * kernel**2 * after**2 + 2 * mid * squeeze + mid * c_out * after**2
    if expansion > 1:
        params, macs = params + c_in * mid + 2 * mid, macs + c_in * mid * size**2
    return params, macs


def total(found: Sequence[Row]) -> tuple[int, int]:
    """Parameters and multiply-adds of all rows."""
    return sum(row.params for row in found), sum(row.macs for row in found)
