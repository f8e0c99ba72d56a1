"""What each network counts here, and what its paper, or its authors, printed: a file here for each file of networks.

Each has ROWS and, where they apply, DEPARTURES, PEERS, NOT_HERE and ALIASES: see `gathered`.
"""

import pkgutil
from decimal import ROUND_HALF_UP, Decimal
from importlib import import_module
from typing import Any, NamedTuple

CUT = "ours has this figure's digits before it is rounded: the paper cuts the rest off"
OPEN = "unexplained: other implementations count as ours does"


class Row(NamedTuple):
    """Exact counts, then the printed ones in millions, as printed (7.2e2 has two digits that count)."""

    name: str                # that of facts.json and MODELS; after @ the size of the image
    size: int                # the image, in pixels
    params: int
    macs: int                # multiply-adds
    printed_params: str = ""
    printed_macs: str = ""
    per: int = 1             # operations that the paper counts for one multiply-add


def agrees(count: int, printed: str) -> bool:
    """Does `count`, rounded to the places of `printed`, which is in millions, read the same?"""
    figure = Decimal(printed)
    unit = Decimal((0, (1,), figure.as_tuple().exponent))
    return (Decimal(count).scaleb(-6) / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit == figure


FILES = {found.name: import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)}


def gathered(what: str) -> dict[str, Any]:
    """One kind of entry from all files: DEPARTURES, PEERS, NOT_HERE or ALIASES.

    DEPARTURES say why a printed figure is not ours, PEERS why the independent implementation of facts.json counts
    otherwise, NOT_HERE why a variant of facts.json is none of our networks, ALIASES which of ours another name means.
    """
    found: dict[str, Any] = {}
    for file in FILES.values():
        found |= getattr(file, what, {})
    return found


TABLE: tuple[Row, ...] = tuple(row for file in FILES.values() for row in file.ROWS)
