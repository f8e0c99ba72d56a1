"""What the figure of a sliding convolution must show, reckoned in Python."""

import itertools
from typing import TYPE_CHECKING

from lightnets_edu.widgets.sliding_convolution.layer import LAYERS

if TYPE_CHECKING:
    from lightnets_edu.widgets.sliding_convolution import SlidingConvolution

SETTINGS = [(*layer.split(), s, p) for layer, s, p in itertools.product(LAYERS, (1, 2), (0, 1))]
STATES = [{"kind": kind, "kernel": int(k), "stride": s, "padding": p} for kind, k, s, p in SETTINGS]
SUMS = {
    "standard": "one sum of {all} products, over space and channels",
    "depthwise": "{n} sums of {each} products; channels never meet",
    "pointwise": "one sum of {n} products; neighbours never meet",
}


def number(value: float) -> str:
    """A whole number as it is, another with seven digits that count."""
    return (f"{value:.0f}" if value == int(value) else str(float(f"{value:.7g}"))).replace("-", "−")


def short(value: float) -> str:
    """With two decimals at most."""
    return number(round(value, 2) + 0.0)


def sentence(widget: "SlidingConvolution") -> str:
    """What the figure says while nothing is pointed at."""
    (y, x), n, k = widget.position(), len(widget.planes), widget.kernel
    said = f"Row {y}, column {x}: {SUMS[widget.kind].format(all=n * k * k, each=k * k, n=n)}."
    return said + (" Measured, not the formula: the weights give others." if widget.measured else "")


def by_hand(widget: "SlidingConvolution") -> list:
    """The maps, number by number: the sum, in a depthwise layer nothing, then each channel's."""
    planes, k, s, p = widget.planes, widget.kernel, widget.stride, widget.padding
    high, wide = widget.size()
    at = lambda i, r, c: planes[i][r][c] if 0 <= r < high and 0 <= c < wide else 0  # noqa: E731
    rows, columns = ((n + 2 * p - k) // s + 1 for n in (high, wide))
    deep, bias, n = widget.kind == "depthwise", widget.bias, len(planes)
    own = lambda i, r, c: widget.mix[i] if widget.kind == "pointwise" else widget.filters[9 * i + 3 * r + c]  # noqa: E731

    def alone(i, y, x):
        terms = (own(i, a, b) * at(i, y * s + a - p, x * s + b - p) for a in range(k) for b in range(k))
        return sum(terms) + (bias[i] if deep and bias else 0)

    maps = [[[alone(i, y, x) for x in range(columns)] for y in range(rows)] for i in range(n)]
    total = lambda y, x: sum(map_[y][x] for map_ in maps) + (bias[0] if bias else 0)  # noqa: E731
    return [[] if deep else [[total(y, x) for x in range(columns)] for y in range(rows)], *maps]
