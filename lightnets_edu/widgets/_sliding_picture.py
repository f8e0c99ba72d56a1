"""A step of a sliding convolution as a still picture, for paper and for pages without scripts."""

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lightnets_edu.widgets import _still
from lightnets_edu.widgets._sliding_cells import written
from lightnets_edu.widgets._sliding_layer import Part

if TYPE_CHECKING:
    from lightnets_edu.widgets.sliding_convolution import SlidingConvolution

HIGH, GAP, HEAD = 20, 26, 20


def picture(widget: "SlidingConvolution") -> str:
    """Picture, sentence and tables of the widget's present step. The caption is the page's business."""
    return f"{_svg(widget)}<p>{sentence(widget)}</p>{_tables(widget)}"


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


def _svg(widget: "SlidingConvolution") -> str:
    """The planes and their window, the weights beside each plane that is read, and the output plane of this step."""
    k, pad, stride, parts = widget.kernel, widget.padding, widget.stride, widget.parts()
    (o, y, x), (c_out, rows, columns) = widget.position(), widget.shape()
    planes, outputs = widget.inputs(), widget.output()
    (read, wide), (weigh, heavy), (tell, broad), _ = (
        (functools.partial(written, digits=digits), max(HIGH, room + room % 2)) for digits, room in widget.cells
    )
    height, width = len(planes[0]) + 2 * pad, len(planes[0][0]) + 2 * pad
    block, left = max(height, k + 1) * HIGH + GAP, max(width * wide, 100) + 20
    right = left + max(k * heavy, 60) + 30
    names, numbers, thin, dashed, bold = "", "", "", "", ""
    for i, plane in enumerate(planes):
        top, inner = i * block + HEAD, (1 + pad * wide, i * block + HEAD + pad * HIGH)
        names += _text(1, top - 6, f"Input {i}{', zeros around' if pad else ''}")
        thin += _grid(*inner, len(plane), len(plane[0]), wide)
        dashed += _box(1, top, width * wide, height * HIGH) if pad else ""
        numbers += _numbers(*inner, wide, [[read(v) for v in row] for row in plane])
    for part in parts:
        top = part.plane * block + HEAD
        bold += _box(1 + x * stride * wide, top + y * stride * HIGH, k * wide, k * HIGH)
        names += _text(left, top - 6, f"Kernel {o}") + _text(left, top + k * HIGH + 15, f"sum {number(part.sum)}")
        thin += _grid(left, top, k, k, heavy)
        weights = [weigh(w) for _, w in part.pairs]
        numbers += _numbers(left, top, heavy, [weights[n : n + k] for n in range(0, k * k, k)])
    so_far = [
        [tell(v) if (r * columns + c) * c_out + o <= widget.step else "" for c, v in enumerate(row)]
        for r, row in enumerate(outputs[o])
    ]
    names += _text(right, HEAD - 6, f"Output {o}")
    thin += _grid(right, HEAD, rows, columns, broad)
    numbers += _numbers(right, HEAD, broad, so_far)
    bold += _box(right + x * broad, HEAD + y * HIGH, broad, HIGH)
    body = (
        f'<path stroke-width=".5" d="{thin}"/><path stroke-width=".7" stroke-dasharray="3 3" d="{dashed}"/>'
        f'<path stroke-width="2.4" d="{bold}"/><g fill="currentColor" stroke="none" font-size="11">'
        f'<g text-anchor="middle">{numbers}</g>{names}</g>'
    )
    across, down = right + max(columns * broad, 60) + 2, max(len(planes) * block, rows * HIGH + HEAD + 4)
    label = "Input planes with a window, weights and an output plane"
    return _still.svg(across, down, label, body, f"{round(across / 13)}rem")


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:g}" y="{y:g}">{words}</text>'


def _box(x: float, y: float, w: float, h: float) -> str:
    return f"M{x} {y}h{w}v{h}h{-w}z"


def _grid(x: float, y: float, rows: int, columns: int, wide: float) -> str:
    across = "".join(f"M{x} {y + r * HIGH}h{columns * wide}" for r in range(rows + 1))
    return across + "".join(f"M{x + c * wide} {y}v{rows * HIGH}" for c in range(columns + 1))


def _numbers(x: float, y: float, wide: float, rows: list[list[str]]) -> str:
    lines = ""
    for r, row in enumerate(rows):
        spans = [f'<tspan x="{x + (c + 0.5) * wide:g}">{text}</tspan>' for c, text in enumerate(row) if text]
        lines += f'<text y="{y + r * HIGH + 14:g}">{"".join(spans)}</text>' if spans else ""
    return lines


def _tables(widget: "SlidingConvolution") -> str:
    """All pairs of this step; the output planes, whole; and the cost beside that of the other ways."""
    pairs = [[f"input {part.plane}", products(part), number(part.sum)] for part in widget.parts()]
    pairs += [["bias", "", number(value)] for value in _bias(widget)]
    planes = [
        [f"output {o}, row {r}", ", ".join(number(v, 3) for v in row)]
        for o, plane in enumerate(widget.output())
        for r, row in enumerate(plane)
    ]
    return (
        _still.table((f"output {widget.position()[0]}", "input · weight", "sum"), pairs)
        + _still.table(("all outputs", "values"), planes)
        + _still.table(("for this output size", "multiply-adds", "weights"), compared(widget))
    )


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
