"""What the figure of the channel shuffle must show, reckoned in Python."""

from lightnets_edu.widgets import ChannelShuffle


def ranges(numbers: list[int]) -> str:
    """Rising numbers in words: "0–3 8"."""
    starts = [i for i in numbers if i - 1 not in numbers]
    ends = [i for i in numbers if i + 1 not in numbers]
    return " ".join(f"{a}–{b}" if a < b else str(a) for a, b in zip(starts, ends, strict=True))


def block(c: int, groups: int, i: int) -> range:
    """The channels of i's group."""
    n = c // groups
    return range(i // n * n, i // n * n + n)


def dealt(c: int, g: int, order: str) -> list[int]:
    """The channel at each place after the shuffle, by arithmetic."""
    rows = g if order == "paper" else c // g
    return [j % rows * (c // rows) + j // rows for j in range(c)]


def edges(c: int, groups: tuple[int, int], order: list[int], layers: int) -> list[set[tuple[int, int]]]:
    """Between one row and the next: the pairs of a channel and one that reads it."""
    grouped = [{(i, o) for o in range(c) for i in block(c, g, o)} for g in groups]
    if layers == 2:
        return [grouped[0], {(channel, place) for place, channel in enumerate(order)}, grouped[1]]
    return [grouped[0], *[{(order[place], o) for place, o in grouped[1]}] * 2]


def kin(links: list[set[tuple[int, int]]], row: int, i: int) -> list[list[int]]:
    """What leads to a channel and what it leads to, row by row, followed edge by edge."""
    found = {row: {i}}
    for r in range(row, 0, -1):
        found[r - 1] = {a for a, b in links[r - 1] if b in found[r]}
    for r in range(row, 3):
        found[r + 1] = {b for a, b in links[r] if a in found[r]}
    return [sorted(found[r]) for r in range(4)]


def by_hand(c: int, g: int, order: list[int], layers: int = 2) -> list[list[int]]:
    """The inputs that each output reaches."""
    links = edges(c, (g, g), order, layers)
    return [kin(links, 3, o)[0] for o in range(c)]


def verdict(widget: ChannelShuffle) -> str:
    """The line that compares, from what gradients say."""
    c, g = widget.channels, widget.groups
    counts = [len(inputs) for inputs in widget.reach()]
    span = f"{min(counts)} to {max(counts)}" if min(counts) < max(counts) else str(max(counts))
    reach = f"an output reaches {span} of {c} inputs"
    odd = widget.shuffle and f"{c}/{g}/{widget.order}" in widget.measured
    if odd or widget.wiring()[1:] != (g, g):
        return f"Measured, not the formula: {reach}."
    if g == 1:
        return f"One group is a dense layer: {reach}."
    if not widget.shuffle:
        return f"Without a shuffle an output reaches its own group, {span} of {c} inputs."
    if widget.layers == 3:
        two = ChannelShuffle(channels=c, groups=g, order=widget.order, own=widget.own, output=0)
        return f"After three layers {reach}; after two, {min(map(len, two.reach()))}."
    if widget.order == "own":
        theirs = dealt(c, g, "paper")
        mine, other = (sum(i != channel for i, channel in enumerate(order)) for order in (widget.own, theirs))
        least = min(map(len, by_hand(c, g, theirs)))
        won = " You win!" if min(counts) >= least and mine < other else ""
        return f"You: {mine} moved, reach {span} of {c}. The shuffle: {other} moved, reach {least}.{won}"
    return f"{'Full' if c >= g * g else 'No full'} mixing: {reach}, as C {'≥' if c >= g * g else '<'} g² = {g * g}."
