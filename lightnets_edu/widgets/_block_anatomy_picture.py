"""A block as a still picture, for paper and for pages without scripts."""

from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from lightnets_edu.widgets import _still
from lightnets_edu.widgets._block_anatomy_flow import KINDS, Anatomy, Flow, forks

HIGH, GAP, BEND = 230, 26, 28
DIFFERS = "Measured, not the formula: "


class Part(NamedTuple):
    """A piece of flow: the room it takes, the channels that it gives, and a function that draws it from a point on.

    That function gives the piece's SVG, and where the box of the piece begins and ends.
    """

    len: float
    up: float
    down: float
    c: int
    draw: Callable[[float, float], tuple[str, float, float]]


def picture(title: str, differs: bool, anatomy: Anatomy, layer: int) -> str:
    """Picture, sentences and table of one state of a block. The caption is the page's business."""
    return f"{_svg(title, anatomy, layer)}<p>{title}. {sentence(differs, anatomy, layer)}</p>{_table(anatomy)}"


def sentence(differs: bool, anatomy: Anatomy, layer: int) -> str:
    """What the block costs, where it is widest, and what the layer picked does."""
    params, macs, row = sum(r.params for r in anatomy.rows), sum(r.macs for r in anatomy.rows), anatomy.rows[layer]
    shares = ", ".join(f"{kind} {percent(part, macs)}" for kind, part in shares_of(anatomy).items())
    c, where = widest(anatomy)
    return (
        f"{DIFFERS if differs else ''}{params:,} parameters and {macs:,} multiply-adds, of these {shares}. "
        f"Widest {where}: {c} channels. {row.text[0]}: {row.text[1]}. {row.c_in} → {row.c_out} channels, "
        f"{times(row.size)}. {row.params:,} parameters, {row.macs:,} multiply-adds: {percent(row.params, params)} and "
        f"{percent(row.macs, macs)} of the block."
    )


def shares_of(anatomy: Anatomy) -> dict[str, int]:
    """The multiply-adds of each kind of layer that has any."""
    kinds = {row.kind for row in anatomy.rows if row.macs}
    return {KINDS[kind]: sum(row.macs for row in anatomy.rows if row.kind == kind) for kind in sorted(kinds)}


def widest(anatomy: Anatomy) -> tuple[int, str]:
    """The most channels of any map, and the first place that has them."""
    met = [(anatomy.ends[0], "at the input"), *((row.c_out, f"after {row.text[0]}") for row in anatomy.rows)]
    return max([*met, *((fork[2], f"after {fork[0]}") for fork in forks(anatomy.flow))], key=lambda place: place[0])


def percent(part: int, of: int) -> str:
    """A share to three digits: "84.2%"."""
    exact = Decimal(100 * part / (of or 1))
    return f"{Context(prec=3, rounding=ROUND_HALF_UP).plus(exact).normalize():f}%"


def times(size: int | str) -> str:
    """28 and "28×28" are both 28×28."""
    return f"{size}×{size}" if isinstance(size, int) else size


def _table(anatomy: Anatomy) -> str:
    rows = [(*r.text[:2], f"{r.c_in} → {r.c_out}", times(r.size), r.params, r.macs) for r in anatomy.rows]
    total = ("block", "", "", "", sum(r.params for r in anatomy.rows), sum(r.macs for r in anatomy.rows))
    return _still.table(("layer", "what", "channels", "map", "parameters", "multiply-adds"), [*rows, total])


def _svg(title: str, anatomy: Anatomy, layer: int) -> str:
    channels = [c for row in anatomy.rows for c in (row.c_in, row.c_out)]
    low, high = 0.0, HIGH / max(channels)
    for _ in range(20):    # as large as the height allows
        scale = (low + high) / 2
        whole = _Plan(anatomy, layer, scale).whole()
        low, high = (low, scale) if whole.up + whole.down > HIGH else (scale, high)
    whole = _Plan(anatomy, layer, low).whole()
    body, _, _ = whole.draw(4, whole.up)
    width, high = whole.len + 8, whole.up + whole.down
    return _still.svg(width, high, f"{title}, its flow of channels to scale", body, f"{width:.0f}px")


class _Plan:
    """Pieces of a block's flow at a number of pixels for a channel."""

    def __init__(self, anatomy: Anatomy, layer: int, scale: float):
        self.anatomy, self.layer, self.scale = anatomy, layer, scale

    def half(self, c: int) -> float:
        return max(c * self.scale / 2, 0.5)

    def whole(self) -> Part:
        c, size, c_out, out = self.anatomy.ends
        ends = [self.end("input", size, c), self.end("output", out, c_out)]
        return self.line([ends[0], *self.parts(self.anatomy.flow, c, -1), ends[1]], c)

    def end(self, name: str, size: int | str, c: int) -> Part:
        up = self.half(c)
        draw = lambda x, y: (_words(x + 28, y - up - 20, (name, times(size))), x + 28, x + 28)  # noqa: E731
        return Part(56, up + 34, up + 4, c, draw)

    def parts(self, flow: Flow, c: int, side: int) -> Iterator[Part]:
        for item in flow:
            part = self.box(item, side) if isinstance(item, int) else self.fork(item, c)
            c = part.c
            yield part

    def line(self, parts: Sequence[Part], c: int) -> Part:
        """Pieces one behind the other, with the flow between them."""
        def draw(x: float, y: float) -> tuple[str, float, float]:
            first, pen, drawn, now = x, x, "", c
            for part in parts:
                body, start, stop = part.draw(x, y)
                drawn += self.ribbon((pen, y), (start, y), now) + _number(pen, start, y, self.half(now), now) + body
                x, pen, now = x + part.len, stop, part.c
            drawn += self.ribbon((pen, y), (x + 12, y), now) + _number(pen, x + 12, y, self.half(now), now)
            return drawn, first, x + 12

        reach = [(self.half(c) + 14, self.half(c) + 14), *((p.up, p.down) for p in parts)]
        up, down = (max(values) for values in zip(*reach, strict=True))
        return Part(sum(p.len for p in parts) + 12, up, down, parts[-1].c if parts else c, draw)

    def ribbon(self, start: tuple[float, float], stop: tuple[float, float], c: int) -> str:
        """The two edges of a flow, straight or bent."""
        (x, y), (x2, y2), h = start, stop, self.half(c)
        if x2 <= x:
            return ""
        path, mid = "", (x + x2) / 2
        for a, b in ((y - h, y2 - h), (y + h, y2 + h)):
            bent = f"C{mid:.1f} {a:.1f} {mid:.1f} {b:.1f} {x2:.1f} {b:.1f}"
            path += f"M{x:.1f} {a:.1f}" + (f"H{x2:.1f}" if a == b else bent)
        return f'<path stroke-opacity=".6" d="{path}"/>'

    def box(self, place: int, side: int) -> Part:
        """A layer: as long as its kernel, as high as its channels."""
        row = self.anatomy.rows[place]
        p, q = self.half(row.c_in), self.half(row.c_out)
        long, lines = 12 + 6 * (row.side or 1), row.text[2:]
        length = max(long + GAP, 7 * max(map(len, lines)) + 6)

        def draw(x: float, y: float) -> tuple[str, float, float]:
            a = x + (length - long) / 2
            b = a + long
            n = min(row.groups, int(min(p, q) / 2))
            shares = [2 * i / n - 1 for i in range(1, n)]
            cuts = "".join(f"M{a:.1f} {y + p * t:.1f}L{b:.1f} {y + q * t:.1f}" for t in shares)
            thick = 3 if place == self.layer else 1.5
            path = f"M{a:.1f} {y - p:.1f}L{b:.1f} {y - q:.1f}V{y + q:.1f}L{a:.1f} {y + p:.1f}z"
            top = y - max(p, q) - 6 - 14 * (len(lines) - 1) if side < 0 else y + max(p, q) + 14
            hatch = f'<path stroke-width=".7" d="{cuts}"/>' if cuts else ""
            return f'<path stroke-width="{thick}" d="{path}"/>{hatch}{_words(x + length / 2, top, lines)}', a, b

        high, aside = max(p, q), 14 * len(lines) + 8
        return Part(length, high + (aside if side < 0 else 14), high + (14 if side < 0 else aside), row.c_out, draw)

    def fork(self, fork: Flow, c_in: int) -> Part:
        """Ways side by side: concatenated ones in their order, gates below the map, shortcuts above."""
        join, trunk, c_out, label, *ways = fork
        stacked, gate = join == "concatenate", join == "multiply"
        sides = [1 if (k == len(ways) - 1 if stacked else gate and k != trunk) else -1 for k in range(len(ways))]
        laid = [self.line(list(self.parts(way, c, side)), c) for (c, *way), side in zip(ways, sides, strict=True)]
        middles, up, down = _middles(laid, stacked, gate, trunk)
        starts = self.heap([way[0] for way in ways], any(way[0] != c_in for way in ways))
        stops = self.heap([part.c for part in laid], stacked)
        inner, h = max(part.len for part in laid), self.half(c_out)

        def draw(x: float, y: float) -> tuple[str, float, float]:
            first, last = x + BEND, x + BEND + inner
            end, drawn = last + BEND, ""
            for k, part in enumerate(laid):
                middle = y + middles[k]
                body, _, stop = part.draw(first, middle)
                drawn += self.ribbon((x, y + starts[k]), (first, middle), ways[k][0]) + body
                drawn += self.ribbon((stop, middle), (last, middle), part.c)
                drawn += self.ribbon((last, middle), (end, y + stops[k]), part.c)
            sign = "m-5 -5l10 10m0 -10l-10 10" if gate else "m-7 0h14m-7 -7v14"
            mark = f"m0 {-h:.1f}v{2 * h:.1f}" if stacked else sign
            words = _words(end + 28, y - h - 6 - 14 * (len(label) - 1), label)
            return f'{drawn}<path stroke-width="2.5" d="M{end:.1f} {y:.1f}{mark}"/>{words}', x, end

        return Part(inner + 2 * BEND + 56, max(up, h + 14 * len(label) + 8), max(down, h + 14), c_out, draw)

    def heap(self, channels: Sequence[int], on: bool) -> list[float]:
        """Where widths lie on top of each other, or all in the middle."""
        halves = [self.half(c) for c in channels]
        return [2 * sum(halves[:k]) + h - sum(halves) if on else 0.0 for k, h in enumerate(halves)]


def _middles(laid: Sequence[Part], stacked: bool, gate: bool, trunk: int) -> tuple[list[float], float, float]:
    """Where the middles of ways lie, and the room that they need above and below."""
    up, down = (0.0, 0.0) if stacked else (laid[trunk].up, laid[trunk].down)
    middles = []
    for k, part in enumerate(laid):
        if stacked or (gate and k != trunk):
            middles.append(down + part.up)
            down += part.up + part.down + 8
        elif k == trunk:
            middles.append(0.0)
        else:
            middles.append(-up - part.down)
            up += part.up + part.down + 8
    if not stacked:
        return middles, up, down
    return [middle - (down - 8) / 2 for middle in middles], (down - 8) / 2, (down - 8) / 2


def _words(x: float, y: float, lines: Sequence[str]) -> str:
    return "".join(_still.text(round(x, 1), round(y + 14 * i, 1), line, "middle") for i, line in enumerate(lines))


def _number(start: float, stop: float, y: float, half: float, c: int) -> str:
    """The channels of a flow, in it where it is thick enough, else below."""
    if stop - start < 7 * len(str(c)):
        return ""
    return _still.text(round((start + stop) / 2, 1), round(y + (4 if half > 7 else half + 12), 1), c, "middle")
