"""The blocks of the papers with their knobs, and what a block of a known class should be."""

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

from lightnets_edu.widgets.block_anatomy.flow import Anatomy
from lightnets_edu.widgets.block_anatomy.trace import measured

Built = tuple[nn.Module, tuple[int, ...]]


class Knob(NamedTuple):
    """A trait, its label, the values on offer, and the paper's own; the layer whose width a hand sets, if any.

    No two blocks have a label in common: each has the word of its own paper.
    """

    trait: str
    label: str
    values: tuple[float, ...]
    default: float
    edge: str = ""


class Block(NamedTuple):
    """Where a block comes from, its knobs, and a function from their values to the module and its input's shape."""

    title: str
    knobs: tuple[Knob, ...]
    build: Callable[..., Built]


def _inverted_residual(t: int, stride: int) -> Built:
    from lightnets_edu.models.mobilenet_v2 import InvertedResidual

    return InvertedResidual(24, 24 if stride == 1 else 32, stride, t), (1, 24, 56, 56)


def _fire(squeeze: float, share: float) -> Built:
    from lightnets_edu.models.squeezenet import Fire

    e = 256    # fire4
    return Fire(128, int(squeeze * e), e - int(share * e), int(share * e)), (1, 128, 55, 55)


def _ghost(s: int, d: int) -> Built:
    from lightnets_edu.models.ghostnet import GhostModule

    return GhostModule(40, 120, s=s, d=d), (1, 40, 28, 28)


def _mbconv(t: int, kernel: int, squeeze: float) -> Built:
    from lightnets_edu.models.efficientnet import MBConv

    return MBConv(40, 40, kernel, 1, t, squeeze), (1, 40, 28, 28)


def _resnet(width: int) -> Built:
    from lightnets_edu.models.resnet import Bottleneck

    return Bottleneck(256, width, 256), (1, 256, 56, 56)


def _resnext(groups: int, width: int) -> Built:
    from lightnets_edu.models.resnet import Bottleneck

    return Bottleneck(256, width, 256, 1, groups), (1, 256, 56, 56)


def _xception(width: int) -> Built:
    from lightnets_edu.models.xception import ReducingBlock

    return ReducingBlock(128, width, width), (1, 128, 74, 74)    # the second


def _shufflenet(groups: int, stride: int) -> Built:
    from lightnets_edu.models.shufflenet_v1 import TABLE_1, ShuffleUnit

    c, wider, _ = TABLE_1[groups]
    return ShuffleUnit(c, c if stride == 1 else wider, stride, groups, groups), (1, c, 28, 28)


BLOCKS = {
    "inverted_residual": Block(
        "Inverted residual (MobileNet V2)",
        (Knob("t", "Expansion t", tuple(range(1, 9)), 6, "depthwise"), Knob("stride", "Stride s", (1, 2), 1)),
        _inverted_residual,
    ),
    "resnet": Block(
        "Bottleneck (ResNet)", (Knob("width", "Middle width", (32, 64, 96, 128), 64, "reduce"),), _resnet
    ),
    "resnext": Block(
        "Bottleneck (ResNeXt)",
        (
            Knob("groups", "Groups", (1, 2, 4, 8, 16, 32, 64), 32),
            Knob("width", "Grouped width", (64, 128, 192), 128, "reduce"),
        ),
        _resnext,
    ),
    "xception": Block(
        "Reducing block (Xception)",
        (Knob("width", "Output width", (128, 256, 384), 256, "second pointwise"),),
        _xception,
    ),
    "fire": Block(
        "Fire module (SqueezeNet)",
        (
            Knob("squeeze", "Squeeze ratio", (0.125, 0.25, 0.5, 0.75, 1.0), 0.125, "squeeze"),
            Knob("share", "Share of 3×3", (0.125, 0.25, 0.5, 0.75, 0.875), 0.5, "expand3x3"),
        ),
        _fire,
    ),
    "shufflenet": Block(
        "ShuffleNet unit",
        (Knob("groups", "Groups g", (1, 2, 3, 4, 8), 3, "reduce"), Knob("stride", "Stride", (1, 2), 1)),
        _shufflenet,
    ),
    "ghost": Block(
        "Ghost module (GhostNet)",
        (Knob("s", "Ratio s", (2, 3, 4, 5), 2, "primary"), Knob("d", "Cheap kernel d", (1, 3, 5, 7), 3)),
        _ghost,
    ),
    "mbconv": Block(
        "MBConv (EfficientNet)",
        (
            Knob("t", "Expand ratio", (1, 2, 4, 6), 6, "depthwise"),
            Knob("kernel", "Kernel", (3, 5), 5),
            Knob("squeeze", "SE ratio", (0, 0.125, 0.25, 0.5, 1.0), 0.25, "se squeeze"),
        ),
        _mbconv,
    ),
}

QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("Wide or narrow: which costs less?", {"block": "inverted_residual", "t": 6, "stride": 1, "beside": "resnet"}),
    ("When is 3×3 cheaper than 1×1?", {"block": "resnext", "groups": 1, "width": 128, "beside": "resnext"}),
    ("Many weights, no work: where?", {"block": "mbconv", "t": 6, "kernel": 5, "squeeze": 0.25, "beside": "mbconv"}),
    ("More groups, wider: dearer too?", {"block": "shufflenet", "groups": 8, "stride": 1, "beside": "shufflenet"}),
]  # fmt: skip
"""What a reader can find out by moving the figure, and the state to begin with; its first layer is chosen."""


@functools.cache
def anatomies(name: str) -> dict[tuple[float, ...], Anatomy]:
    """Every state of a block: the values of its knobs, in their order, and what the real module with these does."""
    block = BLOCKS[name]
    found = {}
    for values in itertools.product(*(knob.values for knob in block.knobs)):
        with torch.device("meta"):    # sizes are all it takes
            module, shape = block.build(*values)
        found[values] = measured(module, shape)
    return found


def reference(module: nn.Module, shape: Sequence[int]) -> Callable[[], Anatomy] | None:
    """What a block of the package with this one's numbers would be, as a function; None for a class it does not know.

    The numbers are read off the first of the module's own layers that tells them; the function raises where they fit
    no block.
    """
    from lightnets_edu.models.efficientnet import MBConv
    from lightnets_edu.models.ghostnet import GhostBottleneck, GhostModule
    from lightnets_edu.models.mobilenet_v2 import InvertedResidual
    from lightnets_edu.models.resnet import Bottleneck
    from lightnets_edu.models.shufflenet_v1 import ShuffleUnit
    from lightnets_edu.models.squeezenet import Fire

    m: Any = module    # Any: its layers are found by their names
    c_in = shape[1]
    numbers: dict[type[nn.Module], Callable[[], tuple[Any, ...]]] = {
        InvertedResidual: lambda: (
            c_in, m.project[0].out_channels, m.depthwise[0].stride[0], m.project[0].in_channels // c_in
        ),
        Fire: lambda: (c_in, m.squeeze.out_channels, m.expand1x1.out_channels, m.expand3x3.out_channels),
        GhostModule: lambda: _ghost_numbers(m, c_in),
        GhostBottleneck: lambda: (
            c_in, m.expand.c_out, m.project.c_out, *_kernel_and_stride(m), not isinstance(m.se, nn.Identity)
        ),
        MBConv: lambda: (
            c_in, m.project[0].out_channels, m.depthwise[0].kernel_size[0], m.depthwise[0].stride[0],
            m.project[0].in_channels // c_in, _share(m.se, c_in),
        ),
        Bottleneck: lambda: (
            c_in, m.reduce[0].out_channels, m.expand[0].out_channels, m.reduce[0].stride[0] * m.conv[0].stride[0],
            m.conv[0].groups, "1x1" if m.reduce[0].stride[0] == 2 else "3x3",
        ),
        ShuffleUnit: lambda: (
            c_in, m.expand[0].out_channels + c_in * (m.stride == 2), m.stride, m.groups, m.reduce[0].groups
        ),
    }  # fmt: skip
    for known, read in numbers.items():
        if isinstance(module, known):
            return functools.partial(_rebuilt, known, read, shape)
    return None


def _rebuilt(known: type[nn.Module], read: Callable[[], tuple[Any, ...]], shape: Sequence[int]) -> Anatomy:
    arguments = read()
    with torch.device("meta"):
        return measured(known(*arguments), shape)


def _ghost_numbers(m: Any, c_in: int) -> tuple[Any, ...]:
    primary, cheap = m.primary[0], m.cheap[0]
    s = 1 + cheap.out_channels // primary.out_channels
    return c_in, m.c_out, primary.kernel_size[0], s, cheap.kernel_size[0], m.relu


def _kernel_and_stride(m: Any) -> tuple[int, int]:
    for part in (m.depthwise, m.shortcut):
        conv = next((layer for layer in part.modules() if isinstance(layer, nn.Conv2d)), None)
        if conv is not None:
            return conv.kernel_size[0], conv.stride[0]
    return 3, 1


def _share(se: Any, c_in: int) -> float:
    """A share that gives back the squeeze's channels when it is rounded down; none for a block without."""
    if isinstance(se, nn.Identity):
        return 0.0
    c: int = se.squeeze.out_channels
    return c / c_in if c == c_in else (c + 0.5) / c_in
