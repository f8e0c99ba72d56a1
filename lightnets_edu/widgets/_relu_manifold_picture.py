"""The spiral before and after, as a still picture, for paper and for pages without scripts."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from lightnets_edu.widgets import _still
from lightnets_edu.widgets._relu_manifold_trip import (
    BETWEEN,
    DEAD,
    DECODABLE,
    DECODERS,
    DIMENSIONS,
    FLATTENED,
    MANY,
    POINTS,
)

if TYPE_CHECKING:
    from lightnets_edu.widgets.relu_manifold import ReluManifold

SIDE = 300
FATES = {DECODABLE: "decodable", FLATTENED: "flattened", DEAD: "dead"}


def picture(widget: "ReluManifold") -> str:
    """Picture, sentence and tables of the widget's present state. The caption is the page's business."""
    notes = "".join(f"<p>{note}</p>" for note in widget.notes)
    return f"{_svg(widget)}<p>{sentence(widget)}</p>{_still.table(widget.many[0], rows(widget))}{notes}"


NOTES = (
    "Error: the root-mean-square distance between decoded and true points, as a share of that between the true points "
    f"and their mean; over {(POINTS - 1) * BETWEEN + 1} points of the spiral, of which {POINTS} are drawn.",
    "Best affine: least squares with an intercept, fitted to these points. Inverse of T: the pseudo-inverse, as in the "
    "paper's figure. It does not know of ReLU, which on average leaves half of a coordinate: even a wide embedding "
    "comes back at about half its size.",
    "Decodable: two independent directions of the point survive (the Jacobian has rank 2), so that it can be told from "
    "its neighbours; an affine decoder may still miss it. Flattened: fewer survive. Dead: all coordinates are zero; "
    "such points are all decoded to one place. With ReLU and a random T, on average 1 − (n + 1)/2ⁿ of all points are "
    "decodable and 1/2ⁿ dead.",
    f"On the right: {len(MANY)} matrices, always with the activation. Mean ± standard deviation; for the inverse the "
    "median, and the range of the middle eight tenths, because a T that is nearly singular makes some errors huge.",
)
HEADS = (
    "n", "error, best affine", "error, inverse of T", "decodable", "dead",
    "mean error, best affine", "median error, inverse of T", "mean decodable", "mean dead",
)  # fmt: skip


def percent(e: float) -> str:
    """A share in per cent: two digits behind the point where it is small, else one."""
    share = Decimal(100 * e)
    if 0 < share < Decimal("0.005"):
        return "<0.01%"
    digits = "0" if not share else "0.01" if share < 1 else "0.1"
    return f"{share.quantize(Decimal(digits), ROUND_HALF_UP)}%"


def sentence(widget: "ReluManifold") -> str:
    """What the picture shows, in words."""
    trip, n, i = widget.trip(), widget.n, widget.point
    fates, bits, chosen = trip["fates"], kept(trip["kept"], n, i), DECODERS.index(widget.decoder)
    zero = bits.count(False)
    own = f"Point {i}: {zero} of {n} coordinates {'is' if zero == 1 else 'are'} zero; {FATES[fates[i]]}."
    if not widget.relu:
        return f"n = {n}, no {widget.activation}: the map is linear, and both decoders are exact. {own}"
    first = "Measured, not the formula. " if widget.departs else ""
    return (
        f"{first}n = {n}: {fates.count(DECODABLE)} of {POINTS} points are decodable, {fates.count(DEAD)} dead. "
        f"Error, {widget.decoder}: {percent(trip['errors'][chosen])}; "
        f"{DECODERS[1 - chosen]}: {percent(trip['errors'][1 - chosen])}. {own}"
    )


def kept(packed: str, n: int, i: int) -> list[bool]:
    """Which coordinates of point i are not zero."""
    digits = -(-n // 5)
    own = packed[i * digits : (i + 1) * digits]
    return [bool(int(own[k // 5], 32) >> k % 5 & 1) for k in range(n)]


def many(averages: Sequence[Sequence[float]]) -> list[list[str]]:
    """The heads of the table, then what it says of many matrices, for each n."""
    lines = [
        [f"{percent(mean)} ± {percent(deviation)}", _range(median, low, high), *map(percent, shares)]
        for _, mean, deviation, low, median, high, *shares in averages
    ]
    return [list(HEADS), *lines]


def _range(middle: float, low: float, high: float) -> str:
    return f"{percent(middle)} ({percent(low)[:-1]} to {percent(high)})"


def rows(widget: "ReluManifold") -> list[list[str]]:
    """The table: for each n what the present matrix does, and what many do."""
    found = []
    for n, others in zip(DIMENSIONS, widget.many[1:], strict=True):
        trip = widget.trip(n)
        counts = [f"{trip['fates'].count(fate)} of {POINTS}" for fate in (DECODABLE, DEAD)]
        found.append([str(n), *map(percent, trip["errors"]), *counts, *others])
    return found


def _svg(widget: "ReluManifold") -> str:
    trip = widget.trip()
    before, after = _points(widget.spiral), _points(trip["decoded"][DECODERS.index(widget.decoder)])
    extent = max(1.1, *(abs(v) for point in after for v in point))
    body = ""
    for points, left, title in ((before, 0, "Input"), (after, SIDE + 40, f"Decoded from n = {widget.n}")):
        scale = (SIDE / 2 - 8) / extent
        spots = [(left + SIDE / 2 + scale * x, 24 + SIDE / 2 - scale * y) for x, y in points]
        body += _still.text(left, 14, title) + _plot(spots, trip["fates"], widget.point)
        body += f'<path stroke-width=".6" d="M{left} 24h{SIDE}v{SIDE}h-{SIDE}z"/>'
    return _still.svg(2 * SIDE + 40, SIDE + 26, "A spiral before and after", body)


def _points(path: str) -> list[tuple[float, float]]:
    flat = [int(v) / 1000 for v in path.split()]
    return list(zip(flat[::2], flat[1::2], strict=True))


def _plot(spots: Sequence[tuple[float, float]], fates: str, chosen: int) -> str:
    """A line through the points; dots, rings and crosses on it; a larger ring around the chosen one."""
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
    shapes = {
        DECODABLE: "M{x:.1f} {y:.1f}h0",
        FLATTENED: "M{x:.1f} {y:.1f}m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
        DEAD: "M{x:.1f} {y:.1f}m-3-3l6 6m0-6l-6 6",
    }
    found = dict.fromkeys(shapes, "")
    for (x, y), fate in zip(spots, fates, strict=True):
        found[fate] += shapes[fate].format(x=x, y=y)
    x, y = spots[chosen]
    return (
        f'<path stroke-width=".6" opacity=".6" d="M{line}"/>'
        f'<path stroke-width="7" stroke-linecap="round" d="{found[DECODABLE]}"/>'
        f'<path stroke-width="1.2" d="{found[FLATTENED]}{found[DEAD]}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" stroke-width="2"/>'
    )
