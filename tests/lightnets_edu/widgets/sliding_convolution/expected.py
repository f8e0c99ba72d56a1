"""What the figure of a sliding convolution must say, reckoned in Python."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lightnets_edu.widgets.sliding_convolution.layer import Part

if TYPE_CHECKING:
    from lightnets_edu.widgets.sliding_convolution import SlidingConvolution


def sentence(widget: "SlidingConvolution") -> str:
    """What the picture shows, in words."""
    parts, k, (o, y, x), (c_out, rows, columns) = widget.parts(), widget.kernel, widget.position(), widget.shape()
    here, total, cost = sum(len(part.pairs) for part in parts), sum(_terms(widget)), widget.cost()
    crossed = f"every input: {'crosses space and channels' if k > 1 else 'never crosses space'}"
    inputs = crossed if len(parts) > 1 else f"input {parts[0].plane} alone: never crosses channels"
    pixels = f"{k} × {k} pixels" if k > 1 else "one pixel"
    added = " + ".join(map(number, _terms(widget))).replace("+ −", "− ")
    said = (
        f"Step {widget.step + 1} of {widget.steps()} reads {pixels} of {inputs}. "
        f"Output {o}, row {y}, column {x}: {' = '.join(dict.fromkeys([added, number(total)]))}. "
        f"Multiply-adds: {here} in this step, {here * (widget.step + 1):,} so far, {cost.macs:,} in all. "
        f"Outputs: {c_out} of {rows} × {columns}. Parameters: {cost.params}."
    )
    if not widget.measured:
        return said
    given = number(widget.output()[o][y][x])
    return f"{said} Measured, not the formula: the module gives {given}, its weights {number(total)}."


def number(value: float, digits: int = 4) -> str:
    """A whole number as it is, another with so many digits that count."""
    return (str(value) if isinstance(value, int) else f"{value:.{digits}g}").replace("-", "−")


def _bias(widget: "SlidingConvolution") -> list[float]:
    o, *_ = widget.position()
    return [*widget.bias[o : o + 1]]


def _terms(widget: "SlidingConvolution") -> list[float]:
    return [*(part.sum for part in widget.parts()), *_bias(widget)]


def products(part: Part) -> str:
    """2·1 + 0·(−1) + …"""
    return " + ".join(f"{number(a)}·{f'({number(w)})' if w < 0 else number(w)}" for a, w in part.pairs)


def compared(widget: "SlidingConvolution") -> Iterable[list[object]]:
    """One standard layer against a depthwise and a pointwise one."""
    k, (standard, depthwise, pointwise) = widget.compared()
    padded = f", padding {widget.padding + 1}" if widget.kind == "pointwise" else ""
    both = [f"{a:,} + {b:,} = {a + b:,}" for a, b in zip(depthwise, pointwise, strict=True)]
    return [
        [f"standard {k} × {k}{padded}", standard.macs, standard.params],
        [f"depthwise {k} × {k}{padded} + pointwise", both[1], both[0]],
    ]
