"""What the figure of a network's costs must say, reckoned in Python; node replays the front end over it."""

from collections.abc import Sequence

from lightnets_edu.widgets.network_skyline.rows import KINDS, Network, Row, values

UNITS = {"params": "parameters", "macs": "multiply-adds", "access": "elements moved"}
NOUNS = {metric: unit.split()[0] for metric, unit in UNITS.items()}
OTHER = {"params": "macs", "macs": "params", "access": "macs"}    # whose running total is dashed
VERBS = {"params": "holds", "macs": "takes", "access": "moves"}


def ranked(numbers: Sequence[int], order: str) -> list[int]:
    """Places in the order drawn; equal numbers stay in the order of execution."""
    places = range(len(numbers))
    return list(places) if order == "execution" else sorted(places, key=lambda i: -numbers[i])


def running(numbers: Sequence[int]) -> list[float]:
    """The share of the total that is spent up to and with each number; zeros where nothing is spent."""
    whole = sum(numbers) or 1
    return [sum(numbers[: i + 1]) / whole for i in range(len(numbers))]


def halfway(numbers: Sequence[int]) -> int:
    """How many numbers, from the first, make half of the total."""
    return next(i + 1 for i in range(len(numbers)) if 2 * sum(numbers[: i + 1]) >= sum(numbers))


def rank(numbers: Sequence[int], i: int) -> list[int]:
    """The place of number i among the largest, and how many others are equal to it."""
    return [1 + sum(n > numbers[i] for n in numbers), sum(n == numbers[i] for n in numbers) - 1]


def by_kind(rows: Sequence[Row], measure: str) -> list[int]:
    """The sum over the rows of each kind, in the order of KINDS."""
    numbers = values(rows, measure)
    return [sum(n for row, n in zip(rows, numbers, strict=True) if row[1] == kind) for kind in range(len(KINDS))]


def ceiling(most: int) -> int:
    """The top of an axis for numbers up to `most`: one that is easily halved."""
    unit = int(10 ** (len(str(max(most, 10))) - 2))
    return next(step * unit for step in (10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100) if step * unit >= most)


def percent(part: int, whole: int) -> str:
    """Two decimals, halves rounded up: "94.86%"."""
    return f"{_hundredths(100 * part, whole or 1)}%"


def summary(network: Network, metric: str, order: str) -> str:
    """A network's total, and how few layers make half of it."""
    numbers = values(network["rows"], metric)
    n, half = len(numbers), halfway([numbers[i] for i in ranked(numbers, order)])
    spent = f"at {network['input']}: {sum(numbers):,} {UNITS[metric]} in {n} layer{'' if n == 1 else 's'}"
    first = f"{'first' if order == 'execution' else 'largest'} {'one' if half == 1 else half}"
    return f"{spent}; half of them in the {first}." if sum(numbers) else f"{spent}."


def sentence(shown: Network, against: Network | None, metric: str, layer: int) -> str:
    """The selected layer in exact numbers; and where two networks are drawn, how their totals compare."""
    rows, numbers = shown["rows"], values(shown["rows"], metric)
    total, (place, equals) = sum(numbers), rank(numbers, layer)
    tie = f", shared with {equals} other{'' if equals == 1 else 's'}" if equals else ""
    said = [
        *(["Measured, not the reference."] if shown["differs"] else []),
        f"Layer {layer + 1} of {len(rows)}, {describe(rows[layer])}.",
        f"It {VERBS[metric]} {numbers[layer]:,} {NOUNS[metric]}: {percent(numbers[layer], total)} of all, "
        f"rank {place}{tie}.",
    ]
    if against:
        said.append(compare((shown["label"], total), (against["label"], sum(values(against["rows"], metric))), metric))
    return " ".join(said)


def describe(row: Row) -> str:
    """Name, kind, kernel, channels and output of a layer."""
    name, kind, c_in, c_out, groups, kernel, stride, out, *_, access = row
    parts = [" ".join(filter(None, (KINDS[kind], size(kernel))))]
    if groups > 1 and KINDS[kind] != "depthwise":
        parts.append(f"{groups} groups")
    if any(step != 1 for step in pair(stride)):
        parts.append(f"stride {size(stride) if isinstance(stride, list) else stride}")
    if c_in and c_out:
        parts.append(f"{c_in:,} → {c_out:,} {'features' if KINDS[kind] == 'linear' else 'channels'}")
    if out != []:
        parts.append(f"output {size(out)}")
    if not access and KINDS[kind] not in ("norm", "other"):
        parts.append("never run")
    return f"{name}: {', '.join(parts)}" if name else ", ".join(parts)


def compare(one: tuple[str, int], two: tuple[str, int], metric: str) -> str:
    """Which of two networks spends more, and how many times as much."""
    (less, small), (more, large) = sorted((one, two), key=lambda named: named[1])
    if small == large:
        return f"{less} and {more}: equally many {UNITS[metric]}."
    if not small:
        return f"{less} {VERBS[metric]} no {NOUNS[metric]}."
    return f"{more} {VERBS[metric]} {_hundredths(large, small)} times as many {NOUNS[metric]} as {less}."


def note(network: Network) -> str:
    """Shares of the weights alone, as papers count them."""
    parts = by_kind(network["rows"], "weights")
    shares = (f"{KINDS[k]} {percent(n, sum(parts))}" for k, n in enumerate(parts) if n)
    return f"{network['label']}, weights alone, without biases and norms: {', '.join(shares)}."


def size(sizes: int | list[int]) -> str:
    """3×3 for 3; the numbers of a list as they are."""
    return "×".join(map(str, pair(sizes)))


def pair(sizes: int | list[int]) -> list[int]:
    """One number stands for two equal ones."""
    return sizes if isinstance(sizes, list) else [sizes, sizes]


def _hundredths(part: int, whole: int) -> str:
    """A fraction to two decimals, halves rounded up."""
    return f"{(200 * part + whole) // (2 * whole) / 100:,.2f}"
