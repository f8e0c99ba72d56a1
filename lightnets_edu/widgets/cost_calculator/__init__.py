"""One layer built in three ways: what happens to compute, and what to memory traffic."""

from collections.abc import Sequence
from typing import Any, Self

import traitlets
from torch import nn

from lightnets_edu.cost import Total
from lightnets_edu.widgets.cost_calculator.costs import (
    IMAGE,
    Layer,
    Measured,
    common_divisors,
    least,
    measure,
    scaled,
    summed,
    ways,
)
from lightnets_edu.widgets.kit import Figure, front_end

C_IN = (IMAGE, 8, 16, 24, 32, 64, 72, 96, 128, 256, 512, 1024)
C_OUT = C_IN[1:]    # multiples of 8, so that every width multiplier gives whole numbers
KERNELS = (1, 3, 5, 7)
SIZES = (7, 14, 28, 56, 112, 224)    # multiples of 7, so that every resolution gives whole maps
ALPHAS = (1.0, 0.75, 0.5, 0.25)
BALANCES = (1, 2, 5, 10, 20, 50, 100, 200)    # multiply-adds that a machine does while it moves one element
RHOS = {1.0: "1", 6 / 7: "6/7", 5 / 7: "5/7", 4 / 7: "4/7"}    # images of 224, 192, 160, 128
OFFERED: dict[str, Sequence[float]] = {
    "c_in": C_IN, "c_out": C_OUT, "kernel": KERNELS, "size": SIZES,
    "alpha": ALPHAS, "rho": (*RHOS,), "balance": BALANCES,
}  # fmt: skip
LAYER = ("c_in", "c_out", "kernel", "size")
CONTROLS = (*LAYER, "groups", "alpha", "rho")
CAPTION = "Outline: standard layer S. Drag a square, a letter, the dashed line."


class CostCalculator(Figure):
    """Widget: the cost of one layer as a standard, a grouped and a depthwise separable convolution.

    The layer turns `c_in` channels into `c_out`, with kernels of `kernel` × `kernel` on maps of `size` × `size`; the
    grouped convolution has `groups`. `alpha` multiplies the widths and `rho` the size as in MobileNet V1: exactly, and
    the 3 channels of an image stay 3. Areas compare with the standard convolution at alpha 1 and rho 1. `balance` is
    the machine's: multiply-adds in the time of one element moved. `controls` names the controls above the drawing; the
    grouped convolution is drawn if "groups" is one of them. `values` lists what is on offer, and `measured` is what
    `from_module` found. TraitError for values that are not on offer; a measured module has only its own.
    """

    _esm, _css = front_end(__file__)
    drawn = (*LAYER, "alpha", "rho", "groups", "balance")
    roots = (*LAYER, "alpha", "rho")
    made = ("measured", "controls", "values")

    measured = traitlets.Dict().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    controls = traitlets.List(traitlets.Enum(CONTROLS), ["c_out", "size", "kernel", "groups"]).tag(sync=True)
    c_in = traitlets.Int(64).tag(sync=True)
    c_out = traitlets.Int(128).tag(sync=True)
    kernel = traitlets.Int(3).tag(sync=True)
    size = traitlets.Int(56).tag(sync=True)
    groups = traitlets.Int(4).tag(sync=True)
    alpha = traitlets.Float(1.0).tag(sync=True)
    rho = traitlets.Float(1.0).tag(sync=True)
    balance = traitlets.Int(10).tag(sync=True)

    def __init__(self, **traits: Any):
        found = traits.get("measured") or {}
        if found and tuple(found) != Measured._fields:
            raise traitlets.TraitError(f"measured holds what from_module finds; got {found}")
        own = {name: found[name] for name in LAYER if name in found}
        if "controls" in traits and "groups" not in (traits["controls"] or ()):
            own["groups"] = 1    # nobody sees them, and they must not keep widths from being chosen
        one = {name: [found.get(name, 1.0)] for name in self.roots if found}
        values = {name: list(offered) for name, offered in OFFERED.items()} | one
        super().__init__(**{"caption": CAPTION, **own, **traits, "values": values})

    @classmethod
    def from_module(cls, module: nn.Module, shape: Sequence[int], **traits: Any) -> Self:
        """The figure of the layer that a module stands for on one image of `shape` (1, c_in, H, W), and its own areas.

        They are what `layer_costs` measures, biases and batch norm among the parameters; a sentence says whether it
        is what the formula says. ValueError for what is no module with square 2-D convolutions on square maps.
        """
        found = measure(module, shape)
        shown = found.groups > 1 or "groups" in traits
        own = {"controls": ["groups"] if shown else [], **({"groups": found.groups} if found.groups > 1 else {})}
        return cls(**{**own, **traits, "measured": found._asdict()})

    def layers(self) -> dict[str, list[Layer]]:
        """The convolutions of each way at the present alpha and rho, with their costs."""
        c_in, c_out = self._widths()
        return ways(c_in, c_out, self.kernel, round(self.size * self.rho), self.groups)

    def costs(self) -> dict[str, Total]:
        """Parameters, multiply-adds and memory access of each way, at the present alpha and rho."""
        return {way: summed(layers) for way, layers in self.layers().items()}

    def line(self) -> Total:
        """What areas compare with: the standard convolution at alpha 1 and rho 1."""
        return summed(ways(self.c_in, self.c_out, self.kernel, self.size, 1)["standard"])

    def times(self) -> dict[str, int]:
        """The least time of each way at the present balance, in multiply-adds."""
        steps = {way: [(one.macs, one.access) for one in layers] for way, layers in self.layers().items()}
        return {way: least(own, self.balance) for way, own in steps.items()}

    def choices(self) -> list[int]:
        """The groups on offer: all that divide both widths at the present alpha."""
        return common_divisors(*self._widths())

    def _widths(self) -> tuple[int, int]:
        return scaled(self.c_in, self.alpha), scaled(self.c_out, self.alpha)

    def offers(self, name: str) -> Sequence[Any]:
        """Groups that divide both widths; a measured module has its own values only, at alpha and rho 1."""
        if name == "groups":
            return self.choices()
        return list(self.values[name])

    def called(self, name: str) -> str:
        """Groups are told with their widths."""
        return "groups of {} and {} channels".format(*self._widths()) if name == "groups" else name

    def written(self, name: str, value: Any) -> str:
        """Resolutions as fractions."""
        return RHOS.get(value) or f"{value:g}" if name == "rho" else str(value)

    def data(self) -> tuple[Sequence[object], list[Sequence[object]]]:
        """What each way costs."""
        return ("way", *Total._fields), [(way, *cost) for way, cost in self.costs().items()]
