"""What many random matrices do to the spiral, as a page says it: rows under heads, and notes on them."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from lightnets_edu.widgets.relu_manifold.trip import BETWEEN, DRAWS, POINTS

NOTES = (
    "Error: the root-mean-square distance between decoded and true points, as a share of that between the true points "
    f"and their mean; over {(POINTS - 1) * BETWEEN + 1} points of the curve, of which {POINTS} are drawn.",
    "Best affine: least squares with an intercept, fitted to these points. Inverse of T: the pseudo-inverse, as in the "
    "paper's figure. It does not know of ReLU, which on average leaves half of a coordinate: even a wide embedding "
    "comes back at about half its size.",
    "Decodable: two independent directions of the point survive (the Jacobian has rank 2), so that it can be told from "
    "its neighbours; an affine decoder may still miss it. Flattened: fewer survive. Dead: all coordinates are zero; "
    "such points are all decoded to one place. With ReLU and a random T, on average 1 − (n + 1)/2ⁿ of all points are "
    "decodable and 1/2ⁿ dead.",
    f"On the right: the spiral with all {len(DRAWS)} draws, always with the activation. Mean ± standard deviation; for "
    "the inverse the median, and the range of the middle eight tenths, because a T that is nearly singular makes some "
    "errors huge.",
)
HEADS = (
    "n", "error, best affine", "error, inverse of T", "decodable", "dead",
    "mean error, best affine", "median error, inverse of T", "mean decodable", "mean dead",
)  # fmt: skip


def percent(e: float) -> str:
    """A share in per cent: two digits behind the point where it is small, none where it is large, else one."""
    share = Decimal(100 * e)
    if 0 < share < Decimal("0.005"):
        return "<0.01%"
    digits = "0" if not share else "0.01" if share < 1 else "0.1" if share < 100 else "1"
    return f"{share.quantize(Decimal(digits), ROUND_HALF_UP)}%"


def many(averages: Sequence[Sequence[float]]) -> list[list[str]]:
    """The heads of the table, then what it says of many matrices, for each n."""
    lines = [
        [f"{percent(mean)} ± {percent(deviation)}", _range(median, low, high), *map(percent, shares)]
        for _, mean, deviation, low, median, high, *shares in averages
    ]
    return [list(HEADS), *lines]


def _range(middle: float, low: float, high: float) -> str:
    return f"{percent(middle)} ({percent(low)[:-1]} to {percent(high)})"
