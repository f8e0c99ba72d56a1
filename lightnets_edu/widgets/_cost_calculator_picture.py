"""The costs of one layer as a still picture, for paper and for pages without scripts."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lightnets_edu.cost import Total
from lightnets_edu.widgets import _still
from lightnets_edu.widgets._cost_calculator_costs import Layer, decimal, rounded, summed, times

if TYPE_CHECKING:
    from lightnets_edu.widgets.cost_calculator import CostCalculator

MEASURES = {"params": "Parameters", "macs": "Multiply-adds", "access": "Memory access"}
WIDTH, LEFT, RIGHT = 640, 232, 560    # the picture, and the room for bars in it


class Row(NamedTuple):
    """A way to build the layer, or the measured module: its name, its layers, and what they cost together."""

    name: str
    layers: Sequence[Layer]
    cost: Total


def picture(widget: "CostCalculator") -> str:
    """Picture, sentences and table of the widget's present state. The caption is the page's business."""
    return f"{_svg(widget)}<p>{sentence(widget)}</p><p>{formula(widget)}</p>{_data_table(widget)}"


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


def _svg(widget: "CostCalculator") -> str:
    """Bars to the left and to the right of the standard convolution, on a log scale."""
    line, shown = widget.line(), rows(widget)
    octave = {
        (key, cost): math.log2(getattr(cost, key) / getattr(line, key))
        for row in shown for cost in (row.cost, *row.layers) for key in MEASURES
    }
    less, more = (max(2, math.ceil(f(octave.values()) * sign)) for f, sign in ((min, -1), (max, 1)))
    unit = (RIGHT - LEFT) / (less + more)
    zero, y = LEFT + less * unit, 22
    bars, texts = "", _still.text(zero - 5, 12, "← less than standard", "end") + _still.text(zero + 5, 12, "more →")
    for row in shown:
        texts += _still.text(0, y + 13, row.name, size=13)
        y += 18
        for key, label, x, cost in _lines(widget, row):
            high, far = 5 if x else 11, octave[key, cost] * unit
            value = getattr(cost, key)
            texts += _still.text(x, y + 12, label) + _still.text(LEFT - 14, y + 12, f"{value:,}", "end")
            texts += _still.text(WIDTH, y + 12, times(value, getattr(line, key)), "end")
            bars += f"M{zero:.1f} {y + 8 - high / 2:g}h{far:.1f}v{high}h{-far:.1f}z"
            y += 15
        y += 8
    body = f'<path fill="currentColor" stroke="none" d="{bars}"/><path d="M{zero:.1f} 18V{y - 6}"/>{texts}'
    return _still.svg(WIDTH, y, "Costs of three ways to build one layer, against the standard convolution", body)


def _lines(widget: "CostCalculator", row: Row) -> Iterator[tuple[str, str, int, Total | Layer]]:
    """A row's bars: measure, label, indent and cost; under a sum, its parts."""
    for key, label in MEASURES.items():
        yield key, label, 0, row.cost
        if len(row.layers) > 1:
            yield key, f"depthwise {widget.kernel}×{widget.kernel}", 14, row.layers[0]
            yield key, "pointwise 1×1", 14, row.layers[1]


def _data_table(widget: "CostCalculator") -> str:
    """The ways and their layers."""

    def cells(name: str, cost: Total | Layer) -> list[object]:
        return [name, cost.params, cost.macs, cost.access, decimal(cost.macs / cost.access)]

    lines = []
    for row in rows(widget):
        lines.append(cells(row.name.split(",")[0] if row.layers else row.name, row.cost))
        lines += [cells(f"{a.kernel}×{a.kernel}, {a.c_in} → {a.c_out}, g = {a.groups}", a) for a in row.layers]
    return _still.table(("Layer", *MEASURES.values(), "Arithmetic intensity"), lines)
