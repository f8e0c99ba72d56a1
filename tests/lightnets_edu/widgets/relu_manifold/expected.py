"""What the figure of the spiral must say, reckoned in Python."""

from typing import TYPE_CHECKING

from lightnets_edu.widgets.relu_manifold.many import percent
from lightnets_edu.widgets.relu_manifold.trip import (
    DEAD,
    DECODABLE,
    DECODERS,
    DIMENSIONS,
    FLATTENED,
    POINTS,
)

if TYPE_CHECKING:
    from lightnets_edu.widgets.relu_manifold import ReluManifold

FATES = {DECODABLE: "decodable", FLATTENED: "flattened", DEAD: "dead"}


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


def rows(widget: "ReluManifold") -> list[list[str]]:
    """The table: for each n what the present matrix does, and what many do."""
    found = []
    for n, others in zip(DIMENSIONS, widget.many[1:], strict=True):
        trip = widget.trip(n)
        counts = [f"{trip['fates'].count(fate)} of {POINTS}" for fate in (DECODABLE, DEAD)]
        found.append([str(n), *map(percent, trip["errors"]), *counts, *others])
    return found
