"""A window slides over a picture: what standard, depthwise and pointwise convolutions multiply and add, place by place."""

from collections.abc import Sequence
from typing import Any, Self

import traitlets
from torch import Tensor, nn

from lightnets_edu.widgets.kit import Figure, Lists, front_end
from lightnets_edu.widgets.sliding_convolution import layer as sliding
from lightnets_edu.widgets.sliding_convolution.layer import (
    EDGES,
    KERNELS,
    KINDS,
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
from lightnets_edu.widgets.sliding_convolution.photo import PLANES

CAPTION = "Drag the window, click a weight. Blue: above zero; orange: below."


class SlidingConvolution(Figure):
    """Widget: drag a window over a small photograph, edit the weights, see sums and maps change at once.

    `kind` is "standard", "depthwise" or "pointwise"; `kernel` is 2 or 3, and 1 for pointwise; `stride` 1 or 2; `padding`
    0 or 1 pixels of zeros. One standard kernel, of three filters, makes one map; the depthwise layer has the same
    filters and adds no channels. `filters` are 27 whole numbers from -2 to 2, channel by channel and row by row, of
    which a smaller kernel takes the first rows and columns; `mix` are the three weights of the pointwise kernel.
    The window stands where its middle is next to the pixel at `row` and `column`, from -1, in the padding, to the
    picture's height and width. `output` is the kernel that is drawn where a module has several; `speed` that of Play.
    TraitError for values out of range, for settings that are not a module's own, and for planes and weights, which
    come from `from_module`.
    """

    _esm, _css = front_end(__file__)
    drawn = (*Settings._fields, "filters", "mix", "output", "row", "column", "speed")

    planes: Any = traitlets.List(read_only=True).tag(sync=True)
    module: Any = traitlets.Dict(read_only=True).tag(sync=True)
    kind = traitlets.Enum(KINDS, "standard").tag(sync=True)
    kernel = traitlets.Int(KERNELS[-1]).tag(sync=True)
    stride = traitlets.Int(1).tag(sync=True)
    padding = traitlets.Int(0).tag(sync=True)
    filters = traitlets.List(traitlets.Int(), EDGES).tag(sync=True)
    mix = traitlets.List(traitlets.Int(), REDDEST).tag(sync=True)
    output = traitlets.Int(0).tag(sync=True)
    row = traitlets.Int(5).tag(sync=True)
    column = traitlets.Int(3).tag(sync=True)
    speed = traitlets.Int(SPEEDS[1]).tag(sync=True)

    def __init__(self, *, _module: Module | None = None, **traits: Any):
        self._module = _module
        self.set_trait("planes", _module.planes if _module else [[[*row] for row in plane] for plane in PLANES])
        if _module:
            self.set_trait("module", {name: getattr(_module, name) for name in ("weights", "bias", "measured")})
        super().__init__(**{"caption": CAPTION, **traits})

    @classmethod
    def from_module(cls, conv: nn.Module, image: Tensor, **traits: Any) -> Self:
        """The figure of a real nn.Conv2d on a real image (C, H, W) or (1, C, H, W), computed in float64.

        At most 4 channels each way and 12 × 12 pixels; groups 1 or depthwise; kernel 1 to 3, stride and padding as on
        offer. Maps are `conv(image)`. Where these are not what the weights give, they are shown as measured, and the
        sentence says so. ValueError for what does not fit. `traits` are `output`, `row`, `column`, `speed`, `caption`.
        """
        module = module_of(conv, image)
        return cls(_module=module, **{"row": 0, "column": 0, **module.own._asdict(), **traits})

    def weights(self) -> Weights:
        """The weights of the layer drawn, c_out × c_in/g × K × K."""
        if self._module:
            return self._module.weights
        if self.kind == "pointwise":
            return [[[[weight]] for weight in self.mix]]
        k, side = self.kernel, sliding.LARGEST
        rows = [self.filters[i : i + k] for i in range(0, len(self.filters), side)]
        filters: list[Plane] = [rows[i : i + k] for i in range(0, len(rows), side)]
        return [[own] for own in filters] if self.kind == "depthwise" else [filters]

    def layer(self) -> nn.Conv2d:
        """The layer drawn, as PyTorch has it, in float64."""
        bias = self._module.bias if self._module else []
        return sliding.made(len(self.planes), self.weights(), bias, self.stride, self.padding)

    def kernels(self) -> int:
        """How many kernels a reader can choose from: those of a layer, or of each channel of a depthwise one."""
        return len(self.weights()) // (len(self.planes) if self.kind == "depthwise" else 1)

    def filters_drawn(self) -> list[Plane]:
        """The filter of each input channel."""
        own = self.weights()
        if self.kind == "depthwise":
            return [kernel[0] for kernel in own[self.output :: self.kernels()]]
        return own[self.output]

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
        """The output planes that the weights give, from PyTorch."""
        return sliding.outputs(self.layer(), self.planes)

    def outputs(self) -> list[Plane]:
        """All output planes: what the module gave, where that is something else, or the formula's."""
        return (self._module and self._module.measured) or self.formula()

    def alone(self) -> list[Plane]:
        """The map of each channel: the outputs of a depthwise layer, else what its filter gives before it is added."""
        if self.kind == "depthwise":
            return self.outputs()[self.output :: self.kernels()]
        apart = [[own] for own in self.filters_drawn()]
        return sliding.outputs(sliding.made(len(self.planes), apart, [], self.stride, self.padding), self.planes)

    def cost(self) -> Cost:
        """Parameters, bias included, and multiply-adds of the layer drawn, positions over padding included."""
        layer = self.layer()
        sizes = (layer.in_channels, layer.out_channels, self.kernel, self.shape())
        return sliding.cost_of(*sizes, layer.groups, layer.bias is not None)

    def compared(self) -> tuple[int, tuple[Cost, Cost, Cost]]:
        """A kernel size, and what three maps of this size cost with it: standard, depthwise, pointwise.

        The kernel is the one drawn, and 3 beside a pointwise layer, padded to give as much.
        """
        kernel = KERNELS[-1] if self.kind == "pointwise" else self.kernel
        return kernel, sliding.ways(len(self.planes), kernel, self.shape())

    def offers(self, name: str) -> Sequence[Any]:
        """The settings of the present kind, or a module's own; weights, the pixels of the picture and its border."""
        if self._module and name in Settings._fields:
            return (getattr(self._module.own, name),)
        many = dict(zip(("row", "column"), self.size(), strict=True))
        match name:
            case "kernel":
                return (1,) if self.kind == "pointwise" else KERNELS
            case "stride" | "padding" | "speed":
                return {"stride": STRIDES, "padding": PADDINGS, "speed": SPEEDS}[name]
            case "filters" | "mix":
                return Lists(WEIGHTS, len(EDGES if name == "filters" else REDDEST))
            case "output":
                return range(self.kernels())
            case "row" | "column":
                return range(-1, many[name] + 1)
        return super().offers(name)

    def next_best(self, name: str, offered: Sequence[Any], change: Any) -> Any:
        """Behind a pointwise layer the usual kernel comes back."""
        return offered[-1] if name == "kernel" else super().next_best(name, offered, change)

    def called(self, name: str) -> str:
        """Where the kind leaves one kernel, it is told."""
        return "kernel of a pointwise convolution" if name == "kernel" and self.kind == "pointwise" else name
