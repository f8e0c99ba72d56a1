"""What the figure of one layer's costs must say, reckoned in Python."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from lightnets_edu.cost import Total
from lightnets_edu.widgets.cost_calculator.costs import Layer, rounded, summed, times

if TYPE_CHECKING:
    from lightnets_edu.widgets.cost_calculator import CostCalculator

MEASURES = {"params": "Parameters", "macs": "Multiply-adds", "access": "Memory access"}


class Row(NamedTuple):
    """A way to build the layer, or the measured module: its name, its layers, and what they cost together."""

    name: str
    layers: Sequence[Layer]
    cost: Total


def rows(widget: "CostCalculator") -> list[Row]:
    """The three ways, and the measured module if there is one."""
    ways, k, g, found = widget.layers(), widget.kernel, widget.groups, widget.measured
    note = ": standard" if g == 1 else ": depthwise" if g == ways["grouped"][0].c_in else ""
    names = (f"Standard, {k}×{k}", f"Grouped, g = {g}{note}", "Depthwise separable")
    own = [Row("Your module, measured", (), Total(*(found[key] for key in MEASURES)))] if found else []
    return [*(Row(name, way, summed(way)) for name, way in zip(names, ways.values(), strict=True)), *own]


def sentence(widget: "CostCalculator") -> str:
    """What the picture shows, in words."""
    cost, line = widget.costs()["separable"], widget.line()
    here = " at α = 1, ρ = 1" if widget.alpha * widget.rho < 1 else ""
    but = "yet" if cost.macs < line.macs and cost.access > line.access else "and"
    return (
        f"{widget.measured.get('says', '')} Depthwise separable against the standard convolution{here}: "
        f"{_compare(cost.macs, line.macs, 'multiply-adds')}, {but} "
        f"{_compare(cost.access, line.access, 'elements moved')}."
    ).lstrip()


def formula(widget: "CostCalculator") -> str:
    """What the separable way saves of the standard way's multiply-adds, at the same widths."""
    costs, c_out = widget.costs(), widget.layers()["standard"][0].c_out
    saving = rounded(costs["separable"].macs / costs["standard"].macs, 4)
    said = "Multiply-adds, separable ÷ standard of these widths"
    return f"{said}: 1/c_out + 1/K² = 1/{c_out} + 1/{widget.kernel**2} = {saving}."


def _compare(value: int, reference: int, what: str) -> str:
    if value == reference:
        return f"as many {what} ({value:,})"
    factor, words = times(value, reference)[2:], "fewer" if value < reference else "as many"
    return f"{factor} times {words} {what} ({value:,} instead of {reference:,})"
