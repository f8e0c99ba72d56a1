"""How the numbers of a sliding convolution are written where room is short: decimals and pixels of each cell."""

from collections.abc import Sequence
from typing import Any

Cell = list[int]  # decimals, below none for an exponent; pixels

NARROW = 276    # pixels for a plane on a page of 320
WIDEST = 40


def cells(planes: Any, weights: Any, outputs: Any, padding: int) -> list[Cell]:
    """Cells of inputs, weights, outputs and products, of nested lists of numbers."""
    xs, ws, ys = (sorted(set(flat(part))) for part in (planes, weights, outputs))
    return [
        _cell(xs, min(WIDEST, NARROW // (len(planes[0][0]) + 2 * padding))),
        _cell(ws, WIDEST),
        _cell(ys, min(WIDEST, NARROW // max(len(plane[0]) for plane in outputs))),
        _cell([x * w for x in xs for w in ws], WIDEST),
    ]


def flat(nested: Any) -> list[float]:
    """The numbers of nested lists."""
    return [v for part in nested for v in flat(part)] if isinstance(nested, list) else [nested]


def written(value: float, digits: int) -> str:
    """A number as its cell shows it."""
    if digits < 0:
        return f"{value:.0e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e").replace("-", "−")
    return f"{value:z.{digits}f}".replace("-", "−")


def _room(text: str) -> int:
    """Pixels that a text of 12 takes, with a little air."""
    air = 0 if "." in text else 5
    return max(17, 7 * len(text) + air + (2 if "−" in text else 0))


def _cell(values: Sequence[float], most: int) -> Cell:
    """As many decimals, 2 at most, as leave all texts short; an exponent where short texts would all be zero."""
    for digits in (0,) if all(isinstance(v, int) for v in values) else (2, 1, 0):
        room = max(_room(written(v, digits)) for v in values)
        if room <= most and (any(round(v, digits) for v in values) or not any(values)):
            return [digits, room]
    return [-1, max(_room(written(v, -1)) for v in values)]
