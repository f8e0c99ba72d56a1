"""What the figure of a network's costs must say, reckoned in Python; node replays the front end over it."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from lightnets_edu.widgets.network_skyline.rows import KINDS, Line, values

UNITS = {"params": "parameters", "macs": "multiply-adds", "access": "elements moved"}


def ranked(numbers: Sequence[int], order: str) -> list[int]:
    """Places in the order drawn; equal numbers stay in the order of execution."""
    places = range(len(numbers))
    return list(places) if order == "execution" else sorted(places, key=lambda i: -numbers[i])


def by_kind(rows: Sequence[Line], measure: str) -> list[int]:
    """The sum over the rows of each kind, in the order of KINDS."""
    numbers = values(rows, measure)
    return [sum(n for row, n in zip(rows, numbers, strict=True) if row[1] == kind) for kind in range(len(KINDS))]


def ceiling(most: int) -> int:
    """The top of an axis for numbers up to `most`: one that is easily halved."""
    unit = int(10 ** (len(str(max(most, 10))) - 2))
    return next(step * unit for step in (10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100) if step * unit >= most)


def brush(n: int, start: int, end: int) -> list[int]:
    """Thousandths of n layers, halves rounded up."""
    return [(2000 * place + n) // (2 * n) for place in (start, end)]


def brushed(n: int, ends: Sequence[int]) -> list[int]:
    """The places whose middles lie between the ends of a brush."""
    return [sum(1000 * (2 * i + 1) <= 2 * n * end for i in range(n)) for end in sorted(ends)]


def spans(blocks: Sequence) -> list[dict]:
    """Where blocks of more than one layer begin and end."""
    found, end = [], 0
    for name, own in blocks:
        found.append({"name": name, "from": end, "to": end + len(own)})
        end += len(own)
    return [span for span in found if span["to"] - span["from"] > 1]


def tenths(numbers: Sequence[int]) -> list[Fraction]:
    """What each tenth of the layers costs: layers cut into ten pieces each, dealt out one by one."""
    pieces = [Fraction(number, 10) for number in numbers for _ in range(10)]
    n = len(numbers)
    return [sum(pieces[j * n : (j + 1) * n], Fraction()) for j in range(10)]


def overlap(sketch: Sequence[int], numbers: Sequence[int]) -> float:
    """The share of a sketch that lies where the cost is."""
    if not sum(sketch) or not sum(numbers):
        return 0.0
    costs = [cost / sum(numbers) for cost in tenths(numbers)]
    return float(sum(min(cost, Fraction(level, sum(sketch))) for cost, level in zip(costs, sketch, strict=True)))


def ahead(sketch: Sequence[int], numbers: Sequence[int]) -> list[float]:
    """What a layer of each tenth costs by the sketch, if all of them together cost what they do."""
    each = Fraction(10 * sum(numbers), len(numbers) * (sum(sketch) or 1))
    return [float(level * each) for level in sketch]


def percent(part: int, whole: int) -> str:
    """Two decimals, halves rounded up, of the number that a machine has: "94.86%"."""
    return f"{Decimal(100 * part / (whole or 1)).quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


def costs(numbers: Sequence[int], span: Sequence[int], metric: str) -> str:
    """What neighbours, as they are drawn, cost."""
    own = sum(numbers[slice(*span)])
    return f"{own:,} {UNITS[metric]}, {percent(own, sum(numbers))}"


def sides(numbers: Sequence[int], span: Sequence[int]) -> str:
    """What lies before them, and behind."""
    before, behind = sum(numbers[: span[0]]), sum(numbers[span[1] :])
    return f"{percent(before, sum(numbers))} before, {percent(behind, sum(numbers))} behind"
