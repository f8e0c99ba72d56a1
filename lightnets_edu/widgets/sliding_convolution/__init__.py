"""A window slides over small planes: what standard, depthwise and pointwise convolutions multiply, step by step."""

import copy
from collections.abc import Sequence
from typing import Any, Self

import traitlets
from torch import Tensor, nn

from lightnets_edu.widgets.kit import Figure, front_end
from lightnets_edu.widgets.sliding_convolution import layer as sliding
from lightnets_edu.widgets.sliding_convolution.layer import (
    KERNELS,
    KINDS,
    PADDINGS,
    SIZES,
    STRIDES,
    Cost,
    Numbers,
    Part,
    Plane,
    Settings,
)
from lightnets_edu.widgets.sliding_convolution.module import numbers_of

CAPTION = (
    "A convolution makes one number at a time. Choose a kind, then play or step: the window lights up on the planes "
    "that are read. Depthwise never crosses channels, pointwise never crosses space; standard does both at every step."
)


class SlidingConvolution(Figure):
    """Widget: play or scrub a window over three small planes; every pair of input and weight is shown, and their sum.

    `kind` is "standard" (3 planes to 2), "depthwise" (3 to 3) or "pointwise" (3 to 2); `kernel` is 1 to 3, and 1 for
    pointwise; `stride` 1 or 2; `padding` 0 or 1 pixels of zeros; `size` 4 to 6 pixels each way. `step` counts output
    numbers from 0: position by position, at each channel by channel. TraitError for values out of range, for settings
    that are not a module's own, and for planes and weights, which come from `from_module`.
    """

    _esm, _css = front_end(__file__)
    drawn = (*Settings._fields, "step")

    planes: Any = traitlets.List(read_only=True).tag(sync=True)
    weights: Any = traitlets.Dict(read_only=True).tag(sync=True)
    bias: Any = traitlets.List(read_only=True).tag(sync=True)
    measured: Any = traitlets.List(read_only=True).tag(sync=True)
    cells: Any = traitlets.List(read_only=True).tag(sync=True)
    fixed: Any = traitlets.Bool(read_only=True).tag(sync=True)
    kind = traitlets.Enum(KINDS, "standard").tag(sync=True)
    kernel = traitlets.Int(3).tag(sync=True)
    stride = traitlets.Int(1).tag(sync=True)
    padding = traitlets.Int(0).tag(sync=True)
    size = traitlets.Int(5).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)

    def __init__(self, *, _numbers: Numbers | None = None, **traits: Any):
        self._numbers = numbers = _numbers or copy.deepcopy(sliding.seeded())
        self._outputs: dict[Settings, list[Plane]] = {}
        sent = {"measured": sliding.in_steps(numbers.measured), "fixed": numbers.own is not None}
        for name in ("planes", "weights", "bias", "cells"):
            sent[name] = getattr(numbers, name)
        for name, value in sent.items():
            self.set_trait(name, value)
        super().__init__(**{"caption": CAPTION, **traits})

    @classmethod
    def from_module(cls, conv: nn.Module, image: Tensor, **traits: Any) -> Self:
        """The figure of a real nn.Conv2d on a real image (C, H, W) or (1, C, H, W), computed in float64.

        At most 4 channels each way and 7 × 7 pixels; groups 1 or depthwise; kernel, stride and padding as on offer.
        Output planes are `conv(image)`. Where these are not what the weights give, they are shown as measured, and the
        sentence says so. ValueError for what does not fit. `traits` are `step` and `caption`.
        """
        numbers = numbers_of(conv, image)
        own = numbers.own._asdict() if numbers.own else {}
        return cls(_numbers=numbers, **{**own, **traits})

    def choices(self) -> dict[str, tuple[Any, ...]]:
        """The values on offer for each setting, for the present kind; or a module's own."""
        if own := self._numbers.own:
            return {name: (value,) for name, value in own._asdict().items()}
        kernels = (1,) if self.kind == "pointwise" else KERNELS
        return {"kind": KINDS, "kernel": kernels, "stride": STRIDES, "padding": PADDINGS, "size": SIZES}

    def inputs(self) -> list[Plane]:
        """The input planes, cut to the size drawn."""
        return sliding.cut(self.planes, self.size)

    def layer(self) -> nn.Conv2d:
        """The layer drawn, as PyTorch has it, in float64."""
        weights = [sliding.cut(kernel, self.kernel) for kernel in self.weights[self.kind]]
        return sliding.made(self.planes, weights, self.bias, self.stride, self.padding)

    def shape(self) -> tuple[int, int, int]:
        """Output channels, rows and columns."""
        plane, kernel = self.inputs()[0], 1 if self.kind == "pointwise" else self.kernel
        sides = len(plane), len(plane[0])
        rows, columns = (sliding.places(n, kernel, self.stride, self.padding) for n in sides)
        return len(self.weights[self.kind]), rows, columns

    def steps(self) -> int:
        """Output numbers in all."""
        c_out, rows, columns = self.shape()
        return c_out * rows * columns

    def position(self) -> tuple[int, int, int]:
        """Output channel, row and column of the present step."""
        c_out, _, columns = self.shape()
        place, o = divmod(self.step, c_out)
        return o, *divmod(place, columns)

    def parts(self) -> list[Part]:
        """What each input plane that is read adds at the present step: its pairs and their sum."""
        return sliding.parts(self.layer(), self.inputs(), *self.position())

    def formula(self) -> list[Plane]:
        """The output planes that the weights give, from PyTorch."""
        here = Settings(self.kind, self.kernel, self.stride, self.padding, self.size)
        if here not in self._outputs:
            self._outputs[here] = sliding.outputs(self.layer(), self.inputs())
        return self._outputs[here]

    def output(self) -> list[Plane]:
        """The output planes drawn: what the module gave, where that is something else, or the formula's."""
        return self._numbers.measured or self.formula()

    def cost(self) -> Cost:
        """Parameters, bias included, and multiply-adds of the layer drawn, positions over padding included."""
        layer, (c_out, *positions) = self.layer(), self.shape()
        sizes = (layer.in_channels, c_out, self.kernel, (positions[0], positions[1]))
        return sliding.cost_of(*sizes, layer.groups, bool(self.bias))

    def compared(self) -> tuple[int, tuple[Cost, Cost, Cost]]:
        """A kernel size, and what this output size costs with it: standard, depthwise, pointwise.

        The kernel is the one drawn, and 3 beside a pointwise layer, padded to give as much; channels are those of the
        standard layer.
        """
        kernel = 3 if self.kind == "pointwise" else self.kernel
        c_out = len(self.weights.get("standard", self.weights[self.kind]))
        _, rows, columns = self.shape()
        return kernel, sliding.ways(len(self.planes), c_out, kernel, (rows, columns))

    def offers(self, name: str) -> Sequence[Any]:
        """The settings of the present kind, or a module's own; steps that there are."""
        return range(self.steps()) if name == "step" else self.choices()[name]

    def called(self, name: str) -> str:
        """Where the kind leaves one kernel, it is told."""
        return "kernel of a pointwise convolution" if name == "kernel" and self.kind == "pointwise" else name
