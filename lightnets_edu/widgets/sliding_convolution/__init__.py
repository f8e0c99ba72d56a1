"""A window slides over a picture: what standard, depthwise and pointwise convolutions multiply and add, and where."""

import copy
from collections.abc import Sequence
from typing import Any, Self

import traitlets
from torch import Tensor, nn

from lightnets_edu.widgets.kit import Figure, Lists, front_end
from lightnets_edu.widgets.sliding_convolution import layer as sliding
from lightnets_edu.widgets.sliding_convolution.layer import (
    ASKED,
    EDGES,
    KERNELS,
    KINDS,
    LARGEST,
    LAYERS,
    PADDINGS,
    REDDEST,
    SPEEDS,
    STRIDES,
    WEIGHTS,
    Cost,
    Module,
    Part,
    Plane,
    Settings,
    Weights,
)
from lightnets_edu.widgets.sliding_convolution.module import module_of
from lightnets_edu.widgets.sliding_convolution.photo import COLOURS, PLANES, dyed

CAPTION = "Drag the window, click a weight. Blue: above zero; orange: below."


class SlidingConvolution(Figure):
    """Widget: drag a window over a small photograph, edit the weights, see sums and maps change at once.

    `kind` is "standard", "depthwise" or "pointwise"; `kernel` is 2 or 3, and 1 for pointwise; `stride` 1 or 2;
    `padding` 0 or 1 pixels of zeros. One standard kernel, of three filters, makes one map; the depthwise layer has the
    same filters and adds no channels. `filters` are 27 whole numbers from -2 to 2, channel by channel and row by row,
    of which a smaller kernel takes the first rows and columns; `mix` are the three weights of the pointwise kernel.
    The window stands where its middle is next to the pixel at `row` and `column`, from -1, in the padding, to the
    picture's height and width. `speed` is that of Play.
    TraitError for values out of range, for settings and weights that are not a module's own, and for all that comes
    from `from_module` alone.
    """

    _esm, _css = front_end(__file__)
    drawn = (*Settings._fields, "filters", "mix", "row", "column", "speed")

    planes: Any = traitlets.List(read_only=True).tag(sync=True)
    names: Any = traitlets.List(read_only=True).tag(sync=True)
    pictures: Any = traitlets.List(read_only=True).tag(sync=True)
    bias: Any = traitlets.List(read_only=True).tag(sync=True)
    measured: Any = traitlets.List(read_only=True).tag(sync=True)
    offered: Any = traitlets.Dict(read_only=True).tag(sync=True)
    asked: Any = traitlets.List(read_only=True).tag(sync=True)
    fixed: Any = traitlets.Bool(read_only=True).tag(sync=True)
    kind = traitlets.Enum(KINDS, "standard").tag(sync=True)
    kernel = traitlets.Int(KERNELS[-1]).tag(sync=True)
    stride = traitlets.Int(1).tag(sync=True)
    padding = traitlets.Int(0).tag(sync=True)
    filters: Any = traitlets.List(default_value=EDGES).tag(sync=True)
    mix: Any = traitlets.List(default_value=REDDEST).tag(sync=True)
    row = traitlets.Int(5).tag(sync=True)
    column = traitlets.Int(3).tag(sync=True)
    speed = traitlets.Int(SPEEDS[1]).tag(sync=True)

    def __init__(self, *, _module: Module | None = None, **traits: Any):
        self._own = _module.traits() if _module else {}
        planes = _module.planes if _module else copy.deepcopy(PLANES)
        offered = {"layers": [*LAYERS], "stride": [*STRIDES], "padding": [*PADDINGS]}
        if _module:
            layer = f"{_module.own.kind} {_module.own.kernel}"
            offered = {"layers": [layer], "stride": [_module.own.stride], "padding": [_module.own.padding]}
        sent = {
            "planes": planes,
            "pictures": dyed(planes, photo=not _module),
            "names": ["", *(f"input {i}" for i in range(len(planes)))] if _module else ["photo", *COLOURS],
            "bias": _module.bias if _module else [],
            "measured": _module.maps() if _module else [],
            "offered": {**offered, "speed": [*SPEEDS]},
            "asked": [] if _module else copy.deepcopy(ASKED),
            "fixed": _module is not None,
        }
        for name, value in sent.items():
            self.set_trait(name, value)
        super().__init__(**{"caption": CAPTION, **self._own, **traits})

    @classmethod
    def from_module(cls, conv: nn.Module, image: Tensor, output: int = 0, **traits: Any) -> Self:
        """The figure of a real nn.Conv2d on a real image (C, H, W) or (1, C, H, W), computed in float64.

        At most 4 channels each way and 12 × 12 pixels; groups 1 or depthwise; kernel 1 to 3, stride and padding as on
        offer. It draws the kernel that makes map `output`; of a depthwise layer with m maps for each channel, the map
        `output` of each. Where the module gives other numbers than its weights do, these are shown as measured, and
        the sentence says so. ValueError for what does not fit. `traits` are `row`, `column`, `speed` and `caption`.
        """
        return cls(_module=module_of(conv, image).kernel(output), **{"row": 0, "column": 0, **traits})

    def weights(self) -> Weights:
        """The weights of the layer drawn, c_out × c_in/g × K × K."""
        if self.kind == "pointwise":
            return [[[[weight]] for weight in self.mix]]
        k = self.kernel
        rows = [self.filters[i : i + k] for i in range(0, len(self.filters), LARGEST)]
        filters: list[Plane] = [rows[i : i + k] for i in range(0, len(rows), LARGEST)]
        return [[own] for own in filters] if self.kind == "depthwise" else [filters]

    def layer(self) -> nn.Conv2d:
        """The layer drawn, as PyTorch has it, in float64."""
        return sliding.made(len(self.planes), self.weights(), self.bias, self.stride, self.padding)

    def filters_drawn(self) -> list[Plane]:
        """The filter of each input channel."""
        return [own for kernel in self.weights() for own in kernel]

    def size(self) -> tuple[int, int]:
        """Rows and columns of the input."""
        return len(self.planes[0]), len(self.planes[0][0])

    def shape(self) -> tuple[int, int]:
        """Rows and columns of a map."""
        rows, columns = (sliding.places(n, self.kernel, self.stride, self.padding) for n in self.size())
        return rows, columns

    def position(self) -> tuple[int, int]:
        """Row and column of the output where the window stands."""
        geometry = (self.kernel, self.stride, self.padding)
        wanted = zip((self.row, self.column), self.size(), strict=True)
        y, x = (sliding.nearest(pixel, n, *geometry) for pixel, n in wanted)
        return y, x

    def parts(self) -> list[Part]:
        """What each channel and its filter give where the window stands: its pairs and their sum, without bias."""
        return sliding.parts(self.planes, self.filters_drawn(), self.stride, self.padding, *self.position())

    def formula(self) -> list[Plane]:
        """The maps that the weights give, from PyTorch: the sum, in a depthwise layer nothing, then each channel's."""
        found = sliding.outputs(self.layer(), self.planes)
        if self.kind == "depthwise":
            return [[], *found]
        apart = [[own] for own in self.filters_drawn()]
        alone = sliding.outputs(sliding.made(len(self.planes), apart, [], self.stride, self.padding), self.planes)
        return [*found, *alone]

    def maps(self) -> list[Plane]:
        """The maps drawn: what the module gave, where that is something else, or the formula's."""
        return [*self.measured, *self.formula()[len(self.measured) :]]

    def compared(self) -> tuple[int, tuple[Cost, Cost, Cost]]:
        """A kernel size, and what as many maps as channels cost with it, of this size: standard, depthwise, pointwise.

        The kernel is the one drawn, and 3 beside a pointwise layer, padded to give as much.
        """
        kernel = KERNELS[-1] if self.kind == "pointwise" else self.kernel
        return kernel, sliding.ways(len(self.planes), kernel, self.shape())

    def offers(self, name: str) -> Sequence[Any]:
        """The settings of the present kind, or a module's own; weights, the pixels of the picture and its border."""
        if name in self._own:
            return (self._own[name],)
        many = dict(zip(("row", "column"), self.size(), strict=True))
        match name:
            case "kernel":
                return (1,) if self.kind == "pointwise" else KERNELS
            case "stride" | "padding" | "speed":
                return {"stride": STRIDES, "padding": PADDINGS, "speed": SPEEDS}[name]
            case "filters" | "mix":
                return Lists(WEIGHTS, len(EDGES if name == "filters" else REDDEST))
            case "row" | "column":
                return range(-1, many[name] + 1)
        return super().offers(name)

    def next_best(self, name: str, offered: Sequence[Any], change: Any) -> Any:
        """Behind a pointwise layer the usual kernel comes back."""
        return offered[-1] if name == "kernel" else super().next_best(name, offered, change)

    def called(self, name: str) -> str:
        """Where the kind leaves one kernel, it is told."""
        return "kernel of a pointwise convolution" if name == "kernel" and self.kind == "pointwise" else name
