"""Channel shuffle between two grouped convolutions: who reaches whom."""

import functools
from collections.abc import Callable
from html import escape

import traitlets
from torch import Tensor, nn

from lightnets_edu.widgets import _mixing
from lightnets_edu.widgets._base import Figure, front_end

MOST_LINES = 100
STEPS = ("in order", "reshape", "transpose", "flatten", "next convolution")
CAPTION = (
    "Two grouped 1×1 convolutions with a channel shuffle between them. Pick an output channel: the input channels it "
    "reaches light up. Without the shuffle they all lie in one group."
)


def _package_shuffle(x: Tensor, groups: int) -> Tensor:
    from lightnets_edu.models.shufflenet_v1 import channel_shuffle

    return channel_shuffle(x, groups)


def _tables(pieces: Callable[[int, int], _mixing.Pieces]) -> dict[str, dict]:
    return {f"{c}/{g}": _mixing.table(pieces(c, g), c) for c, g in _mixing.PAIRS}


@functools.cache
def _package_tables() -> dict[str, dict]:
    return _tables(functools.partial(_mixing.pieces_of_function, _package_shuffle))


def members(mask: int) -> list[int]:
    """The channels of a bit mask: 0b1010 is [1, 3]."""
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


class ChannelShuffle(Figure):
    """Widget: choose C and g, step through the shuffle, pick an output and see which inputs it reaches.

    `tables["12/3"]` holds, for C = 12 and g = 3, the `permutation` and masks of channels by output (see `members`):
    of each convolution alone (`first`, `second`), of both without the shuffle (`plain`) and with it (`shuffled`).
    TraitError for channels, groups, output or step that are not offered.
    """

    _esm, _css = front_end("channel_shuffle")

    tables = traitlets.Dict().tag(sync=True)
    channels = traitlets.Int(12).tag(sync=True)
    groups = traitlets.Int(3).tag(sync=True)
    shuffle = traitlets.Bool(True).tag(sync=True)
    output = traitlets.Int(5).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)

    def __init__(self, *, tables: dict[str, dict] | None = None, **traits: int | bool | str):
        self.set_trait("tables", tables or _package_tables())
        super().__init__(**{"caption": CAPTION, **traits})
        self._follow_channels()

    @classmethod
    def from_module(cls, source: nn.Module | type[nn.Module] | Callable[[Tensor, int], Tensor], **traits):
        """The figure of other code: a function `shuffle(x, groups)`, a ShuffleUnit, or a class like ShuffleUnit.

        A unit is shown with its own bottleneck and groups, a function or class with every C and g on offer.
        ValueError where channels get lost, or where a unit's bottleneck is wider than the figure.
        """
        if isinstance(source, nn.Module):
            c, g = source.reduce[0].out_channels, source.groups
            if c > max(_mixing.CHANNELS):
                raise ValueError(f"the figure shows at most {max(_mixing.CHANNELS)} channels; the bottleneck has {c}")
            tables = {f"{c}/{g}": _mixing.table(_mixing.pieces_of_unit(source), c)}
            return cls(tables=tables, **{"channels": c, "groups": g, "output": 0, **traits})
        if isinstance(source, type) and issubclass(source, nn.Module):
            return cls(tables=_tables(lambda c, g: _mixing.pieces_of_unit(source(4 * c, 4 * c, 1, g, g))), **traits)
        if callable(source):
            return cls(tables=_tables(functools.partial(_mixing.pieces_of_function, source)), **traits)
        raise ValueError(f"expected a function shuffle(x, groups) or a ShuffleUnit, got {type(source).__name__}")

    def choices(self) -> dict[int, list[int]]:
        """The groups on offer for each number of channels."""
        offered: dict[int, list[int]] = {}
        for key in self.tables:
            c, g = map(int, key.split("/"))
            offered.setdefault(c, []).append(g)
        return offered

    @property
    def table(self) -> dict[str, list[int]]:
        """The table of the present C and g."""
        return self.tables[f"{self.channels}/{self.groups}"]

    def reached(self, shuffle: bool | None = None) -> list[int]:
        """The inputs that the selected output reaches, as drawn or with the shuffle set."""
        shuffle = self.shuffle if shuffle is None else shuffle
        return members(self.table["shuffled" if shuffle else "plain"][self.output])

    @traitlets.validate("channels")
    def _check_channels(self, proposal):
        return self._one_of("channels", proposal["value"], list(self.choices()))

    @traitlets.validate("groups")
    def _check_groups(self, proposal):
        offered = self.choices().get(self.channels, [])
        return self._one_of(f"groups of {self.channels} channels", proposal["value"], offered)

    @traitlets.validate("output")
    def _check_output(self, proposal):
        return self._one_of("output", proposal["value"], range(self.channels))

    @traitlets.validate("step")
    def _check_step(self, proposal):
        return self._one_of("step", proposal["value"], range(len(STEPS)))

    @staticmethod
    def _one_of(what, value, offered):
        if value not in offered:
            words = f"0 to {len(offered) - 1}" if isinstance(offered, range) else ", ".join(map(str, offered))
            raise traitlets.TraitError(f"{what} must be one of {words}; got {value}")
        return value

    @traitlets.observe("channels")
    def _follow_channels(self, _change=None):
        """Other numbers of channels need groups that divide them and an output that is there."""
        offered = self.choices()[self.channels]
        self.output = min(self.output, self.channels - 1)
        if self.groups not in offered:
            self.groups = max((g for g in offered if g <= self.groups), default=offered[0])
        self._redraw_fallback()

    @traitlets.observe("groups", "shuffle", "output", "caption")
    def _redraw_fallback(self, _change=None):
        if f"{self.channels}/{self.groups}" in self.tables:
            self.fallback = self.fallback_html()

    def fallback_html(self) -> str:
        """The present picture as plain SVG, and its data as a table."""
        return _picture(self) + _data_table(self)


def sentence(widget: ChannelShuffle) -> str:
    """What the picture shows, in words."""
    c, g, o = widget.channels, widget.groups, widget.output
    plain, mixed = len(widget.reached(False)), len(widget.reached(True))
    order = " ".join(map(str, widget.table["permutation"]))
    return (
        f"{c} channels in {g} groups of {c // g}. Output {o} reaches {plain} of {c} inputs without the shuffle "
        f"and {mixed} with it. Order after the shuffle: {order}."
    )


def _letter(channel: int, per_group: int) -> str:
    return "ABCDEFGHIJKL"[channel // per_group]


def _picture(widget: ChannelShuffle) -> str:
    """Four rows of channels, and the lines from the selected output back to the inputs it reaches.

    Where those are very many, only the outer lines of each fan are drawn.
    """
    c, n, pitch, rows = widget.channels, widget.channels // widget.groups, 30, (24, 94, 164, 234)
    table, order = widget.table, widget.table["permutation"] if widget.shuffle else list(range(widget.channels))
    arrivals = members(table["second"][widget.output])
    used = [set(widget.reached()), {order[p] for p in arrivals}, set(arrivals), {widget.output}]
    x = [20 + pitch * i for i in range(c)]
    fans = {j: members(table["first"][j]) for j in sorted(used[1])}
    if sum(map(len, fans.values())) > MOST_LINES:
        fans = {j: [fan[0], fan[-1]] for j, fan in fans.items()}
    lines = [f"M{x[i]} {rows[0] + 12}L{x[j]} {rows[1] - 12}" for j, fan in fans.items() for i in fan]
    lines += [f"M{x[order[p]]} {rows[1] + 12}L{x[p]} {rows[2] - 12}" for p in arrivals]
    lines += [f"M{x[p]} {rows[2] + 12}L{x[widget.output]} {rows[3] - 12}" for p in arrivals]
    chips, texts = {False: "", True: ""}, ""
    for row, y in enumerate(rows):
        for i in range(c):
            number = order[i] if row == 2 else i
            chips[i in used[row]] += f"M{x[i] - 13} {y - 11}h26v22h-26z"
            texts += f'<text x="{x[i]}" y="{y + 4}">{number}{_letter(number, n) if row in (0, 2) else ""}</text>'
    return (
        f'<svg class="ln-still" viewBox="0 0 {10 + pitch * c} 258" role="img" aria-label="{escape(sentence(widget))}" '
        'width="100%" style="max-width:46rem" fill="none" stroke="currentColor">'
        f'<path stroke-width="1.5" d="{"".join(lines)}"/><path stroke-width=".6" stroke-dasharray="2 2" '
        f'd="{chips[False]}"/><path stroke-width="2.4" d="{chips[True]}"/>'
        f'<g fill="currentColor" stroke="none" font-size="11" text-anchor="middle">{texts}</g></svg>'
        f"<p>{escape(widget.caption)}</p><p>{escape(sentence(widget))}</p>"
    )


def _data_table(widget: ChannelShuffle) -> str:
    """Which inputs every output reaches."""
    rows = "".join(
        f"<tr><td>{o}<td>{_brief(plain, widget.channels)}<td>{_brief(mixed, widget.channels)}"
        for o, (plain, mixed) in enumerate(zip(widget.table["plain"], widget.table["shuffled"], strict=True))
    )
    return f"<table><thead><tr><th>output<th>inputs reached without the shuffle<th>with it<tbody>{rows}</table>"


def _brief(mask: int, c: int) -> str:
    return f"all {c}" if mask == (1 << c) - 1 else " ".join(map(str, members(mask)))
