"""What one layer costs, built in three ways: by the formulas of `cost`, and as a real module is measured."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from torch import nn

from lightnets_edu.cost import MULTIPLYING, LayerCost, Total, conv_access, conv_macs, conv_params, layer_costs, total

IMAGE = 3    # channels that no width multiplier touches


class Layer(NamedTuple):
    """A convolution of stride 1 that keeps its maps' size, and its cost: weights, multiply-adds, elements moved."""

    c_in: int
    c_out: int
    kernel: int
    groups: int
    params: int
    macs: int
    access: int


class Measured(NamedTuple):
    """What `layer_costs` says of a real module, the layer that it stands for, and a sentence that compares them.

    `steps` has the multiply-adds and the elements moved of each of its layers that works.
    """

    c_in: int
    c_out: int
    kernel: int
    size: int
    groups: int
    params: int
    macs: int
    access: int
    steps: list[dict[str, int]]
    says: str


def layer(c_in: int, c_out: int, kernel: int, size: int, groups: int) -> Layer:
    """A convolution and its cost, by formula."""
    return Layer(
        c_in, c_out, kernel, groups,
        params=conv_params(c_in, c_out, kernel, groups),
        macs=conv_macs(c_in, c_out, kernel, size, groups),
        access=conv_access(c_in, c_out, kernel, size, size, groups),
    )


def ways(c_in: int, c_out: int, kernel: int, size: int, groups: int) -> dict[str, list[Layer]]:
    """The layers of each way."""
    return {
        "standard": [layer(c_in, c_out, kernel, size, 1)],
        "grouped": [layer(c_in, c_out, kernel, size, groups)],
        "separable": [layer(c_in, c_in, kernel, size, c_in), layer(c_in, c_out, 1, size, 1)],
    }


def summed(layers: Sequence[Layer]) -> Total:
    """The cost of layers one after the other: each reads its input and writes its output."""
    return Total(*(sum(getattr(one, what) for one in layers) for what in Total._fields))


def scaled(c: int, alpha: float) -> int:
    """MobileNet V1's widths: alpha · c, exactly; an image keeps its 3 channels. ValueError where it is not whole."""
    if c == IMAGE:
        return c
    if not (c * alpha).is_integer():
        raise ValueError(f"{c} channels times {alpha:g} is no whole number")
    return int(c * alpha)


def common_divisors(a: int, b: int) -> list[int]:
    """The numbers of groups that split both widths."""
    return [g for g in range(1, min(a, b) + 1) if a % g == 0 and b % g == 0]


# A real module --------------------------------------------------------------------------------------------------------


def measure(module: nn.Module, shape: Sequence[int]) -> Measured:
    """What `layer_costs` says of a module on one image; the maps are those that its last convolution gives.

    ValueError for what is no module or no single image, for a module without 2-D convolutions, and for kernels or
    maps that are not square.
    """
    measured = layer_costs(module, shape)
    if len(shape) != 4:
        raise ValueError(f"shape must be that of one image, such as (1, 64, 56, 56); got {tuple(shape)}")
    rows, what = [row for row in measured if row.macs], type(module).__name__
    convolutions = [row for row in rows if len(row.kernel) == 2]
    if not convolutions:
        raise ValueError(f"expected a module with convolutions, such as nn.Conv2d or DepthwiseSeparable; got {what}")
    kernel, maps = max((row.kernel for row in convolutions), key=max), convolutions[-1].out_shape[2:]
    if kernel[0] != kernel[1] or maps[0] != maps[1]:
        got = f"a kernel of {kernel[0]}×{kernel[1]} and maps of {maps[0]}×{maps[1]}"
        raise ValueError(f"the figure compares square kernels on square maps; {what} has {got}")
    way, groups = _way(rows)
    where = (int(shape[1]), convolutions[-1].c_out, kernel[0], maps[0], groups)
    found = total(measured)
    weights = {id(m.weight): m.weight.numel() for m in module.modules() if isinstance(m, MULTIPLYING)}
    expected = summed(ways(*where)[way]) if way else None
    steps = [{"macs": row.macs, "access": row.access} for row in rows]
    return Measured(*where, *found, steps, _says(what, way, found, sum(weights.values()), expected))


def _way(rows: Sequence[LayerCost]) -> tuple[str, int]:
    """How a module is built, "" for none of the ways; and the groups of a grouped convolution, else 1."""
    if len(rows) == 1:
        return ("grouped", rows[0].groups) if rows[0].groups > 1 else ("standard", 1)
    pair = [row.kind for row in rows] == ["depthwise", "pointwise"] and rows[0].c_in == rows[0].c_out
    return ("separable" if pair and rows[1].groups == 1 else "", 1)


def _says(what: str, way: str, found: Total, weights: int, expected: Total | None) -> str:
    """A module against the formula of its way, which counts weights; biases and batch norm come on top."""
    name = {"separable": "depthwise separable way"}.get(way, f"{way} convolution")
    said, more = f"{what}: {_words(found)}", found.params - weights
    beside = f"{more:,} parameters beside the weights, such as biases and batch norm, which the formula leaves out"
    if expected is None:
        return f"Measured, not the formula. {said}; it is built in none of the three ways."
    if found._replace(params=weights) == expected:
        return f"{said}, as the formula of the {name} says{f', but for {beside}' if more else ''}."
    return (
        f"Measured, not the formula. {said}{f', with {beside}' if more else ''}. "
        f"The formula of the {name} gives {_words(expected)}."
    )


def _words(cost: Total) -> str:
    return f"{cost.params:,} parameters, {cost.macs:,} multiply-adds, {cost.access:,} elements moved"


# What the page reckons besides -------------------------------------------------------------------------------------


def least(steps: Iterable[tuple[int, int]], balance: int) -> int:
    """The least time of layers one after the other, in multiply-adds; each step's multiply-adds and elements moved.

    A machine of this balance does so many multiply-adds while it moves one element, both at once: the longer counts.
    """
    return sum(max(macs, balance * access) for macs, access in steps)


def nearest(numbers: Sequence[float], target: float) -> int:
    """Which of some numbers is nearest to a target; the first of two."""
    return min(range(len(numbers)), key=lambda i: abs(numbers[i] - target))


def short(x: float) -> str:
    """Three digits: 8.41, 128, 27.5 M; whole numbers below a thousand as they are. A half is rounded up."""
    if float(x).is_integer() and x < 1000:
        return str(int(x))
    whole = Context(prec=3, rounding=ROUND_HALF_UP).create_decimal(Decimal(x)).adjusted()
    digits = Decimal(x).quantize(Decimal(1).scaleb(whole - 2), ROUND_HALF_UP)
    unit = max(0, whole // 3)
    return f"{digits.scaleb(-3 * unit):f}{('', ' k', ' M', ' G', ' T')[unit]}"


def times(value: float, reference: float) -> str:
    """How a cost compares: "÷ 8.41", "× 1.50", "same", and "≈ same" where three digits show no difference."""
    if value == reference:
        return "same"
    factor = short(max(value, reference) / min(value, reference))
    return "≈ same" if factor == "1.00" else f"{'÷' if value < reference else '×'} {factor}"
