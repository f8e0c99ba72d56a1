"""The channel shuffle as a still picture, for paper and for pages without scripts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lightnets_edu.widgets import _still

if TYPE_CHECKING:
    from lightnets_edu.widgets.channel_shuffle import ChannelShuffle

MOST_LINES = 100
PITCH, ROWS = 30, (38, 118, 198, 278)


def picture(widget: "ChannelShuffle") -> str:
    """Picture, sentence and table of the widget's present state. The caption is the page's business."""
    return f"{_svg(widget)}<p>{sentence(widget)}</p>{_data_table(widget)}"


def sentence(widget: "ChannelShuffle") -> str:
    """What the picture shows, in words."""
    c, g, n = widget.channels, widget.groups, widget.channels // widget.groups
    apart, paper, inverse = (len(widget.reached(*way)) for way in ((False,), (True, "paper"), (True, "inverse")))
    return (
        f"{c} channels in {g} {'group' if g == 1 else 'groups'} of {n}. Output {widget.output} reaches {apart} of {c} "
        f"inputs without the shuffle, {paper} with it, {inverse} with the inverse order. "
        f"After the shuffle{'' if widget.order == 'paper' else ' in the inverse order'}: "
        f"{' '.join(map(str, widget.wiring().order))}."
    )


def ranges(numbers: list[int]) -> str:
    """Rising numbers in words: "0–3 8"."""
    starts = [i for i in numbers if i - 1 not in numbers]
    ends = [i for i in numbers if i + 1 not in numbers]
    return " ".join(f"{a}–{b}" if a < b else str(a) for a, b in zip(starts, ends, strict=True))


def letter(group: int) -> str:
    """A, B, ... Z, a, b, ..."""
    return chr(group + (65 if group < 26 else 71))


def block(c: int, groups: int, i: int) -> range:
    """The channels of i's group."""
    n = c // groups
    return range(i // n * n, i // n * n + n)


def _svg(widget: "ChannelShuffle") -> str:
    """Four rows of channels, and the lines from the selected output back to the inputs it reaches.

    Where those are very many, only the outer lines of each fan are drawn.
    """
    c, n, output, wiring = widget.channels, widget.channels // widget.groups, widget.output, widget.wiring()
    order = wiring.order if widget.shuffle else range(c)
    arrivals = block(c, wiring.second, output)
    used = [set(widget.reached()), {order[p] for p in arrivals}, set(arrivals), {output}]
    x = [20 + PITCH * i for i in range(c)]
    fans: dict[int, Sequence[int]] = {j: block(c, wiring.first, j) for j in sorted(used[1])}
    if sum(map(len, fans.values())) > MOST_LINES:
        fans = {j: sorted({fan[0], fan[-1]}) for j, fan in fans.items()}
    steps = [(0, i, j) for j, fan in fans.items() for i in fan]
    steps += [(1, order[p], p) for p in arrivals] + [(2, p, output) for p in arrivals]
    lines = "".join(f"M{x[i]} {ROWS[r] + 12}L{x[j]} {ROWS[r + 1] - 28}" for r, i, j in steps)
    chips, texts = {False: "", True: ""}, ""
    for row, y in enumerate(ROWS):
        for i in range(c):
            number = order[i] if row == 2 else i
            chips[i in used[row]] += f"M{x[i] - 13} {y - 11}h26v22h-26z"
            texts += f'<text x="{x[i]}" y="{y + 4}">{number}{letter(number // n) if row < 3 else ""}</text>'
    names = ("Input", "Layer 1", "Shuffle" if widget.shuffle else "No shuffle", "Layer 2")
    titles = "".join(f'<text x="7" y="{y - 17}">{name}</text>' for y, name in zip(ROWS, names, strict=True))
    body = (
        f'<path stroke-width="1.5" d="{lines}"/><path stroke-width=".6" stroke-dasharray="2 2" '
        f'd="{chips[False]}"/><path stroke-width="2.4" d="{chips[True]}"/>'
        f'<g fill="currentColor" stroke="none" font-size="11"><g text-anchor="middle">{texts}</g>{titles}</g>'
    )
    return _still.svg(10 + PITCH * c, 302, "Channels of two grouped layers and a shuffle", body)


def _data_table(widget: "ChannelShuffle") -> str:
    """Which inputs the outputs reach; those of one group reach the same."""
    c, second = widget.channels, widget.wiring().second
    ways = [widget.reach(*way) for way in ((False,), (True, "paper"), (True, "inverse"))]
    rows = []
    for first in range(0, c, c // second):
        rows.append([ranges(list(block(c, second, first))), *(ranges(list(way[first])) for way in ways)])
    return _still.table(("outputs", "inputs reached without the shuffle", "with it", "in the inverse order"), rows)
