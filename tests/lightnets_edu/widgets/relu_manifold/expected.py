"""What the figure of the spiral must say, reckoned in Python."""

import math
from typing import TYPE_CHECKING

from lightnets_edu.widgets.relu_manifold import trip as _manifold
from lightnets_edu.widgets.relu_manifold.many import percent
from lightnets_edu.widgets.relu_manifold.trip import DEAD, DECODABLE, DECODERS, DIMENSIONS, FLATTENED, POINTS

if TYPE_CHECKING:
    from lightnets_edu.widgets.relu_manifold import ReluManifold

FATES = {DECODABLE: "decodable", FLATTENED: "flattened", DEAD: "dead"}


def rows_of_t(widget: "ReluManifold") -> list[list[float]]:
    """The matrix as it is turned, where the page knows what follows."""
    if widget.trips or not widget.relu:
        return []
    return _manifold.matrix(widget.n, widget.draw, widget.turned).tolist()


def spots(widget: "ReluManifold") -> tuple[list[list[float]], list[list[float]]]:
    """The points drawn, before and after."""
    before = _manifold.spiral(widget.bent)[:: _manifold.BETWEEN].tolist()
    return before, widget.trip()["decoded"][DECODERS.index(widget.decoder)]


def zeros(widget: "ReluManifold", i: int) -> list[bool]:
    """Which coordinates of point i are zero after ReLU."""
    x, y = spots(widget)[0][i]
    return [a * x + b * y <= 0 for a, b in rows_of_t(widget)]


def sentence(widget: "ReluManifold", i: int | None = None) -> str:
    """What is said of a point, or of the one that is picked; the distance to hundredths, for a page computes its own."""
    i = widget.point if i is None else i
    before, after = spots(widget)
    zero = "measured" if widget.trips else f"{sum(zeros(widget, i))} of {widget.n} zero"
    return f"Point {i}: {zero}, {FATES[widget.trip()['fates'][i]]}; decoded {math.dist(before[i], after[i]):.2f} from its place."


def counts(widget: "ReluManifold") -> str:
    """The legend."""
    fates = widget.trip()["fates"]
    return f"● {fates.count(DECODABLE)} decodable  ○ {fates.count(FLATTENED)} flattened  × {fates.count(DEAD)} dead"


def rows(widget: "ReluManifold") -> list[list[str]]:
    """The table: for each n what the present matrix does, and what many do."""
    found = []
    for n, others in zip(DIMENSIONS, widget.many[1:], strict=True):
        trip = widget.trip(n)
        shares = [f"{trip['fates'].count(fate)} of {POINTS}" for fate in (DECODABLE, DEAD)]
        found.append([str(n), *map(percent, trip["errors"]), *shares, *others])
    return found
