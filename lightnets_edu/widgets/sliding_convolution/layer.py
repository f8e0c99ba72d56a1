"""The convolution that slides: the real layer made of planes and weights, and what goes into each output."""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from lightnets_edu import cost

Plane = list[list[float]]  # rows of numbers; whole ones are ints
Weights = list[list[Plane]]  # c_out × c_in/g × K × K

KINDS = ("standard", "depthwise", "pointwise")
KERNELS, STRIDES, PADDINGS, SPEEDS = (2, 3), (1, 2), (0, 1), (1, 4, 16)
LARGEST = KERNELS[-1]
WEIGHTS = range(-2, 3)
LAYERS = ["standard 3", "standard 2", "depthwise 3", "depthwise 2", "pointwise 1"]
REDDEST = [2, -1, -1]  # of red, green, blue
EDGES = [-1, 0, 1] * 9  # each filter row by row: from left to right it grows brighter
REDS = [weight if place == 4 else 0 for weight in REDDEST for place in range(9)]
ASKED = [
    {"kind": "standard", "kernel": 3, "filters": EDGES},
    {"kind": "standard", "kernel": 3, "filters": REDS},
    {"kind": "depthwise", "kernel": 3},
    {"kind": "pointwise", "kernel": 1, "mix": REDDEST},
]


class Settings(NamedTuple):
    """What a reader can set."""

    kind: str
    kernel: int
    stride: int
    padding: int


class Module(NamedTuple):
    """A real convolution on a real image; `measured` are its outputs where these are not what its weights give."""

    planes: list[Plane]
    weights: Weights
    bias: list[float]
    measured: list[Plane]
    own: Settings

    def kernel(self, output: int) -> "Module":
        """One kernel of several, with the map that it makes; of a depthwise layer one for each channel."""
        c, many = len(self.planes), len(self.weights)
        step = many // c if self.own.kind == "depthwise" else many
        if output not in range(step):
            raise ValueError(f"output must be one of 0 to {step - 1}; got {output}")
        own = slice(output, None, step)
        return self._replace(weights=self.weights[own], bias=self.bias[own], measured=self.measured[own])

    def maps(self) -> list[Plane]:
        """What was measured of the maps drawn: the sum, or nothing and each channel's own."""
        return [[], *self.measured] if self.measured and self.own.kind == "depthwise" else [*self.measured]

    def traits(self) -> dict[str, Any]:
        """The settings, and the weights as `filters` and `mix` hold them: in three rows of three, and of one pixel."""
        filters = [own for kernel in self.weights for own in kernel]
        rows = [row for own in filters for row in [*own, [], []][:LARGEST]]
        padded = [weight for row in rows for weight in [*row, 0, 0, 0][:LARGEST]]
        return {**self.own._asdict(), "filters": padded, "mix": [own[0][0] for own in filters]}


class Part(NamedTuple):
    """What one input plane adds at a place: pairs of input and weight, row by row, and the sum of their products."""

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


def made(c_in: int, weights: Weights, bias: list[float], stride: int, padding: int) -> nn.Conv2d:
    """The layer as PyTorch has it, in float64."""
    values = {"weight": torch.tensor(weights, dtype=torch.float64)}
    if bias:
        values["bias"] = torch.tensor(bias, dtype=torch.float64)
    c_out, per_group, kernel, _ = values["weight"].shape
    layer = nn.Conv2d(c_in, c_out, kernel, stride, padding, groups=c_in // per_group, bias=bool(bias)).double()
    layer.load_state_dict(values)
    return layer.requires_grad_(False)


def outputs(layer: nn.Conv2d, planes: list[Plane]) -> list[Plane]:
    """The planes that PyTorch gives."""
    found: list[Plane] = plain(layer(torch.tensor(planes, dtype=torch.float64)[None])[0])
    return found


def parts(planes: list[Plane], filters: list[Plane], stride: int, padding: int, y: int, x: int) -> list[Part]:
    """What each plane and its filter give at row `y`, column `x` of the output."""
    k = len(filters[0])
    padded = functional.pad(torch.tensor(planes, dtype=torch.float64), [padding] * 4)
    window = padded[:, y * stride : y * stride + k, x * stride : x * stride + k]
    found = []
    for pixels, weights in zip(window, filters, strict=True):
        pairs = list(zip(plain(pixels.flatten()), [weight for row in weights for weight in row], strict=True))
        found.append(Part(pairs, sum(a * b for a, b in pairs)))
    return found


def places(size: int, kernel: int, stride: int, padding: int) -> int:
    """Positions of a window along one side: ⌊(n + 2p − K) / s⌋ + 1."""
    return (size + 2 * padding - kernel) // stride + 1


def nearest(pixel: int, size: int, kernel: int, stride: int, padding: int) -> int:
    """The position whose window has its middle next to a pixel; of an even kernel the pixel before the middle."""
    middle = pixel + padding - (kernel - 1) // 2
    return max(0, min((2 * middle + stride) // (2 * stride), places(size, kernel, stride, padding) - 1))


def cost_of(c_in: int, c_out: int, kernel: int, positions: tuple[int, int], groups: int, bias: bool = False) -> Cost:
    """What a layer costs that gives so many rows and columns."""
    params = cost.conv_params(c_in, c_out, kernel, groups, bias)
    return Cost(params, cost.conv_macs(c_in, c_out, kernel, positions, groups))


def ways(c: int, kernel: int, positions: tuple[int, int]) -> tuple[Cost, Cost, Cost]:
    """What a standard, a depthwise and a pointwise layer cost that make as many maps as they read; without bias."""
    sizes = ((kernel, 1), (kernel, c), (1, 1))
    standard, depthwise, pointwise = (cost_of(c, c, k, positions, groups) for k, groups in sizes)
    return standard, depthwise, pointwise
