"""A convolution's connections as a still picture, for paper and for pages without scripts."""

from collections.abc import Iterable, Sequence
from math import gcd, prod
from typing import TYPE_CHECKING, Any

from lightnets_edu.widgets import _still
from lightnets_edu.widgets._conv_connectivity_masks import AREA, GROUPED, SIDE, Plan
from lightnets_edu.widgets._shuffle_picture import ranges

if TYPE_CHECKING:
    from lightnets_edu.widgets.conv_connectivity import ConvConnectivity

CELL, SMALL = 16, 9
Spot = tuple[int, int]


def picture(widget: "ConvConnectivity") -> str:
    """Picture, sentence and tables of the widget's present state. The caption is the page's business."""
    here, (head, *rows) = widget.reading(), numbers(widget)
    return f"{_svg(widget, here)}<p>{sentence(widget)}</p>{_still.table(head, rows)}{_reads_table(here)}"


def words(plan: Plan) -> str:
    """A plan in words: "grouped 3×3, g = 2"."""
    return f"{plan.kind} {plan.kernel}×{plan.kernel}{f', g = {plan.groups}' if plan.kind in GROUPED else ''}"


def share(part: int, all_: int) -> str:
    """A fraction in lowest terms: "1/4"."""
    by = gcd(part, all_)
    return f"{part // by}{f'/{all_ // by}' if all_ > by else ''}"


def numbers(widget: "ConvConnectivity") -> list[tuple[str, ...]]:
    """Head and rows: the exact numbers beside those of a standard convolution, where it is not one itself."""
    here, mine, full = widget.reading(), widget.numbers(), widget.standard()
    by, joined = f"{mine.positions} × {mine.channels}", "Pairs joined by both steps" if here["steps"] else "Connections"
    rows: list[tuple[str, ...]] = [
        ("number", widget.measured["name"] if widget.measured else words(widget.plan()), here["beside"]),
        ("Density in space", f"{mine.positions}/{AREA}", f"{full.positions}/{AREA}"),
        ("Density in channels", share(mine.pairs, full.pairs), "1"),
        (
            f"Output {widget.output} reads, positions × channels",
            f"{by} = {mine.fan_in}" if mine.fan_in == mine.positions * mine.channels else f"{mine.fan_in} of {by}",
            f"{full.positions} × {full.channels} = {full.fan_in}",
        ),
        (f"{joined}, all outputs at this position", f"{mine.edges:,}", f"{full.edges:,}"),
        ("Parameters", here["spent"], f"{full.params:,}"),
    ]
    return [row[:2] for row in rows] if widget.kind == "standard" and not widget.measured else rows


def sentence(widget: "ConvConnectivity") -> str:
    """What the picture shows, in words and numbers."""
    rows, beside = numbers(widget)[3:], widget.reading()["beside"]
    said = [f"{what}: {mine}{''.join(f' ({beside}: {value})' for value in full)}." for what, mine, *full in rows]
    if unread := len(widget.reading()["unread"]):
        said.append(f"{unread} of {AREA} positions are never read.")
    return " ".join([widget.measured.get("unlike", ""), *said]).strip()


def _boxes(x: float, y: float, cell: float, spots: Iterable[Spot], side: float) -> str:
    """Squares of this side at rows and columns of a grid, each drawn as a short thick line."""
    inset = (cell - side) / 2
    lines = "".join(f"M{x + cell * j + inset:g} {y + cell * (i + 0.5):g}h{side:g}" for i, j in spots)
    return f'<path stroke-width="{side:g}" d="{lines}"/>' if lines else ""


def _grid(x: float, y: float, cell: float, size: Sequence[int]) -> str:
    """The lines of a grid."""
    height, width = size
    lines = [f"M{x:g} {y + cell * i:g}h{cell * width:g}" for i in range(height + 1)]
    lines += [f"M{x + cell * j:g} {y:g}v{cell * height:g}" for j in range(width + 1)]
    return f'<path stroke-width=".5" d="{"".join(lines)}"/>'


def _plane(x: float, y: float, cell: float, size: Sequence[int], places: Iterable[int]) -> str:
    """A map with some of its positions filled."""
    spots = (divmod(place, size[1]) for place in places)
    return _grid(x, y, cell, size) + _boxes(x, y, cell, spots, cell - 1)


def _matrix(x: float, y: float, cell: float, rows: list[list[int]], c_in: int, lit: Iterable[int]) -> str:
    """Outputs by inputs: squares where they are joined, full ones in rows that are lit, small ones elsewhere."""
    lit = set(lit)
    full, small = ([(o, i) for o, row in enumerate(rows) if (o in lit) == on for i in row] for on in (True, False))
    marks = _boxes(x, y, cell, full, cell - 1) + _boxes(x, y, cell, small, cell // 3)
    return _grid(x, y, cell, (len(rows), c_in)) + marks


def _svg(widget: "ConvConnectivity", here: dict[str, Any]) -> str:
    """The output map, the patch it reads, times the matrix of channels; below, two steps if there are two."""
    mine, size, rows = widget.numbers(), here["size"], here["rows"]
    left, right, top = 130, 290, 46
    spot = widget.y * size[1] + widget.x
    unread = (divmod(place, SIDE) for place in here["unread"])
    crosses = "".join(f"M{left + CELL * j + 5} {top + CELL * i + 5}l6 6m0-6l-6 6" for i, j in unread)
    body = [
        _still.text(0, 14, f"Space: {mine.positions} of {AREA} positions", size=13),
        _still.text(right, 14, f"Channels: {mine.channels} of {widget.c_in}", size=13),
        _still.text(0, 36, "Output map"),
        _still.text(left, 36, "Input map"),
        _still.text(right, 36, "rows: outputs, columns: inputs"),
        _still.text((left + CELL * SIDE + right - 18) / 2, 110, "×", "middle", 22),
        _plane(1, top, min(CELL, 112 / max(size)), size, [spot]),
        _plane(left, top, CELL, (SIDE, SIDE), here["patch"]),
        f'<path d="{crosses}"/>' if crosses else "",
        _still.text(right - 5, top + CELL * widget.output + 12, widget.output, "end"),
        _matrix(right, top, CELL, rows, widget.c_in, [widget.output]),
    ]
    width, height = max(right + CELL * widget.c_in, 510), top + CELL * max(SIDE, widget.c_out) + 4
    c_in = widget.c_in
    for k, step in enumerate(here["steps"]):
        lit = [widget.output] if k else here["steps"][1]["rows"][widget.output]
        x = 1 + 240 * k
        pairs = share(sum(map(len, step["rows"])), c_in * len(step["rows"]))
        body += [
            _still.text(x, height + 22, f"Step {k + 1}: {step['name']}", size=13),
            _still.text(x, height + 38, f"density {len(step['patch'])}/{prod(step['size'])} × {pairs}"),
            _plane(x, height + 48, SMALL * SIDE / max(step["size"]), step["size"], step["patch"]),
            _still.text(x + 76, height + 86, "×", "middle", 16),
            _matrix(x + 88, height + 48, SMALL, step["rows"], c_in, lit),
        ]
        c_in = len(step["rows"])
    if here["steps"]:
        height += 54 + SMALL * max(SIDE, *(len(step["rows"]) for step in here["steps"]))
    return _still.svg(width, height, "Positions and channels that one output reads", "".join(body))


def _reads_table(here: dict[str, Any]) -> str:
    """The channels that each output reads; those that read the same in one row."""
    alike: dict[tuple[Any, ...], list[int]] = {}
    for output, (row, fan) in enumerate(zip(here["rows"], here["fans"], strict=True)):
        alike.setdefault((ranges(row), fan), []).append(output)
    heads = ("outputs", "read channels", "numbers read")
    return _still.table(heads, ((ranges(own), *key) for key, own in alike.items()))
