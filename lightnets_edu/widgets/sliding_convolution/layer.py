"""The convolution that slides: small planes and weights, the real layer made of them, what goes into each output."""

import functools
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from lightnets_edu import cost
from lightnets_edu.widgets.sliding_convolution.cells import Cell, cells

Plane = list[list[float]]  # rows of numbers; whole ones are ints

KINDS = ("standard", "depthwise", "pointwise")
KERNELS, STRIDES, PADDINGS, SIZES = (1, 2, 3), (1, 2), (0, 1), (4, 5, 6)
SEED = 5


class Settings(NamedTuple):
    """What a reader can set; `size` is the height or width of the input planes, whichever is more."""

    kind: str
    kernel: int
    stride: int
    padding: int
    size: int


class Numbers(NamedTuple):
    """What the page gets: input planes, weights of each kind, bias, and what a module gave unlike its formula.

    `weights[kind]` is c_out × c_in/g × K × K, to be cut to the kernel; `cells` say how inputs, weights, outputs and
    products are written; `own` are the settings of a real module.
    """

    planes: list[Plane]
    weights: dict[str, list[list[Plane]]]
    bias: list[float]
    measured: list[Plane]
    cells: list[Cell]
    own: Settings | None = None


class Part(NamedTuple):
    """What one input plane adds to an output: pairs of input and weight, row by row, and the sum of their products."""

    plane: int
    pairs: list[tuple[float, float]]
    sum: float


class Cost(NamedTuple):
    """Parameters and multiply-adds."""

    params: int
    macs: int


def plain(values: Tensor) -> Any:
    """Nested lists; of ints where all numbers are whole."""
    values = values.detach() + 0.0    # no negative zeros
    whole = bool((values == values.round()).all()) and float(values.abs().max()) < 2**53
    return values.to(torch.int64).tolist() if whole else values.tolist()


def cut(planes: list[Plane], n: int) -> list[Plane]:
    """The first n rows and columns of each plane."""
    return [[row[:n] for row in plane[:n]] for plane in planes]


@functools.cache
def seeded() -> Numbers:
    """Three planes of small whole numbers, and weights for each kind, none of them zero."""
    dice = torch.Generator().manual_seed(SEED)
    planes = torch.randint(0, 4, (3, SIZES[-1], SIZES[-1]), generator=dice).tolist()
    k = KERNELS[-1]
    shapes = {"standard": (2, 3, k, k), "depthwise": (3, 1, k, k), "pointwise": (2, 3, 1, 1)}
    weights = {}
    for kind, shape in shapes.items():
        drawn = torch.randint(-2, 3, shape, generator=dice)
        weights[kind] = drawn.where(drawn != 0, 1).tolist()
    found = []
    for size in SIZES:    # other strides and no padding give some of the same numbers
        for kernels in weights.values():
            for k in range(1, len(kernels[0][0]) + 1):
                found += outputs(made(planes, [cut(kernel, k) for kernel in kernels], [], 1, 1), cut(planes, size))
    return Numbers(planes, weights, [], [], cells(planes, list(weights.values()), found, PADDINGS[-1]))


def made(planes: list[Plane], weights: list[list[Plane]], bias: list[float], stride: int, padding: int) -> nn.Conv2d:
    """The layer as PyTorch has it, in float64."""
    values = {"weight": torch.tensor(weights, dtype=torch.float64)}
    if bias:
        values["bias"] = torch.tensor(bias, dtype=torch.float64)
    c_out, per_group, kernel, _ = values["weight"].shape
    groups = len(planes) // per_group
    layer = nn.Conv2d(len(planes), c_out, kernel, stride, padding, groups=groups, bias=bool(bias)).double()
    layer.load_state_dict(values)
    return layer.requires_grad_(False)


def outputs(layer: nn.Conv2d, planes: list[Plane]) -> list[Plane]:
    """The planes that PyTorch gives."""
    found: list[Plane] = plain(layer(torch.tensor(planes, dtype=torch.float64)[None])[0])
    return found


def in_steps(planes: list[Plane]) -> list[float]:
    """All numbers of output planes: position by position, at each plane by plane."""
    return [v for rows in zip(*planes, strict=True) for numbers in zip(*rows, strict=True) for v in numbers]


def parts(layer: nn.Conv2d, planes: list[Plane], o: int, y: int, x: int) -> list[Part]:
    """What output channel `o` takes at row `y`, column `x` from each input plane that it reads."""
    padded = functional.pad(torch.tensor(planes, dtype=torch.float64), [int(layer.padding[0])] * 4)
    k, stride = layer.kernel_size[0], layer.stride[0]
    window = padded[:, y * stride : y * stride + k, x * stride : x * stride + k]
    group = o // (layer.out_channels // layer.groups)
    first = group * (layer.in_channels // layer.groups)
    found = []
    for i, weights in enumerate(layer.weight[o]):
        pairs = list(zip(plain(window[first + i].flatten()), plain(weights.flatten()), strict=True))
        found.append(Part(first + i, pairs, sum(a * b for a, b in pairs)))
    return found


def places(size: int, kernel: int, stride: int, padding: int) -> int:
    """Positions of a window along one side: ⌊(n + 2p − K) / s⌋ + 1."""
    return (size + 2 * padding - kernel) // stride + 1


def cost_of(c_in: int, c_out: int, kernel: int, positions: tuple[int, int], groups: int, bias: bool = False) -> Cost:
    """What a layer costs that gives so many rows and columns."""
    params = cost.conv_params(c_in, c_out, kernel, groups, bias)
    return Cost(params, cost.conv_macs(c_in, c_out, kernel, positions, groups))


def ways(c_in: int, c_out: int, kernel: int, positions: tuple[int, int]) -> tuple[Cost, Cost, Cost]:
    """What a standard, a depthwise and a pointwise layer cost that give so many positions; without bias."""
    return (
        cost_of(c_in, c_out, kernel, positions, 1),
        cost_of(c_in, c_in, kernel, positions, c_in),
        cost_of(c_in, c_out, 1, positions, 1),
    )
