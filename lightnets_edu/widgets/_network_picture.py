"""A network's skyline as a still picture, for paper and for pages without scripts."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from lightnets_edu.widgets import _still
from lightnets_edu.widgets._network_rows import FIELDS, KINDS, METRICS, Network, Row
from lightnets_edu.widgets._network_sums import (
    OTHER,
    UNITS,
    by_kind,
    ceiling,
    note,
    pair,
    percent,
    ranked,
    running,
    sentence,
    size,
    summary,
    values,
)

ROOM, PER_LAYER, PER_ROW, LEAST = 11_000, 27, 100, 6    # of a still picture in bytes: what tables get is the rest
LEFT, WIDE, HIGH, TOP, LANE = 96, 480, 110, 38, 14


def picture(networks: Sequence[Network], metric: str, order: str, scale: str, layer: int) -> str:
    """Picture, sentences and tables of the networks drawn. The caption is the page's business."""
    words = [sentence(networks[0], networks[-1] if len(networks) > 1 else None, metric, layer)]
    words += [f"{network['label']} {summary(network, metric, order)}" for network in networks]
    words += [note(network) for network in networks if metric == "params"]
    drawn = sum(len(network["rows"]) for network in networks)
    most = max(LEAST, (ROOM - PER_LAYER * drawn) // PER_ROW // len(networks))
    tables = "".join(_kinds(network) + _layers(network, metric, most) for network in networks)
    said = "".join(f"<p>{escape(line, quote=False)}</p>" for line in words)
    return f"{_svg(networks, metric, order, scale, layer)}{said}{tables}"


def tops(networks: Sequence[Network], metric: str, scale: str) -> list[int]:
    """The top of each network's axis: one for both, or its own."""
    own = [max(values(network["rows"], metric)) for network in networks]
    return [ceiling(max(own) if scale == "same" else most) for most in own]


def _svg(networks: Sequence[Network], metric: str, order: str, scale: str, layer: int) -> str:
    y, body = 0, ""
    for k, (network, top) in enumerate(zip(networks, tops(networks, metric, scale), strict=True)):
        part, high = _skyline(network, metric, order, top, None if k else layer)
        body += f'<g transform="translate(0 {y})">{part}</g>'
        y += high
    names = " and ".join(network["label"] for network in networks)
    return _still.svg(LEFT + WIDE + 64, y, f"{UNITS[metric]} of every layer of {names}", body)


def _skyline(network: Network, metric: str, order: str, top: int, layer: int | None) -> tuple[str, int]:
    """Bars, running totals, and a lane of marks for each kind; and how high that is."""
    rows, numbers = network["rows"], values(network["rows"], metric)
    places, foot = ranked(numbers, order), TOP + HIGH
    pitch = WIDE / len(places)
    at = {place: round(LEFT + pitch * (k + 0.5)) for k, place in enumerate(places)}
    body = _still.text(0, 13, f"{network['label']}: {UNITS[metric]} of each layer", size=13)
    body += _still.text(LEFT + WIDE, 30, f"total so far; dashed: {UNITS[OTHER[metric]]}", "end")
    body += _still.text(LEFT - 6, TOP + 4, f"{top:,}", "end") + _still.text(LEFT + WIDE + 4, TOP + 4, "100%")
    body += f'<path stroke-width=".6" d="M{LEFT} {TOP}h{WIDE}M{LEFT} {foot}h{WIDE}"/>'
    bars = _strokes([(at[i], foot, -round(HIGH * numbers[i] / top)) for i in places])
    body += f'<path stroke-width="{max(1, 0.8 * min(pitch, 30)):.1f}" stroke-opacity=".55" d="{bars}"/>'
    for measure, dashes in ((metric, ""), (OTHER[metric], ' stroke-dasharray="4 3"')):
        shares = running([values(rows, measure)[i] for i in places])
        line = _line([(at[i], foot - round(HIGH * share)) for i, share in zip(places, shares, strict=True)], foot)
        body += f'<path stroke-width="1.5"{dashes} d="{line}"/>'
    if layer is not None:
        body += f'<path fill="currentColor" d="M{at[layer]} {TOP - 1}l-5-9h10z"/>'
    parts, y = by_kind(rows, metric), foot + 4
    for kind in sorted({row[1] for row in rows}):
        marks = _strokes([(at[i], y, 9) for i in places if rows[i][1] == kind])
        body += f'<path stroke-width="{max(1, 0.6 * min(pitch, 8)):.1f}" d="{marks}"/>'
        body += _still.text(LEFT - 6, y + 9, KINDS[kind], "end")
        body += _still.text(LEFT + WIDE + 4, y + 9, percent(parts[kind], sum(parts)))
        y += LANE
    return body, y + 12


def _strokes(parts: Sequence[tuple[int, int, int]]) -> str:
    """Upright strokes from (x, y), so far down, as one short path."""
    path, x_before, y_before = "", 0, 0
    for x, y, down in parts:
        if down:
            path += f"m{x - x_before} {y - y_before}v{down}"
            x_before, y_before = x, y + down
    return path


def _line(points: Sequence[tuple[int, int]], foot: int) -> str:
    """A line from the foot of the axis through all points."""
    chain = [(LEFT, foot), *points]
    steps = (f"{x - a} {y - b}" for (a, b), (x, y) in pairwise(chain))
    return f"M{LEFT} {foot}l{' '.join(steps)}"


def _kinds(network: Network) -> str:
    """How much each kind of layer costs."""
    measures = [by_kind(network["rows"], metric) for metric in METRICS]
    rows: list[list[object]] = []
    for kind, name in enumerate(KINDS):
        if count := sum(row[1] == kind for row in network["rows"]):
            rows.append([name, count, *(part[kind] for part in measures)])
    rows.append([f"{network['label']}, all", len(network["rows"]), *map(sum, measures)])
    return _still.table(("kind", "layers", "parameters", "multiply-adds", "memory access"), rows)


def _layers(network: Network, metric: str, most: int) -> str:
    """All layers; of many, the largest and the sum of the others."""
    rows, numbers = network["rows"], values(network["rows"], metric)
    kept = list(range(len(rows))) if len(rows) <= most else sorted(ranked(numbers, "largest first")[:most])
    others = [i for i in range(len(rows)) if i not in kept]
    lines: list[Sequence[object]] = [_row(i, rows[i]) for i in kept]
    if others:
        sums = [sum(values(rows, measure)[i] for i in others) for measure in METRICS]
        lines.append(["", f"{len(others)} smaller layers", "", "", "", *sums])
    heads = ("", network["label"], "kind", "channels", "output", "parameters", "multiply-adds", "memory access")
    return _still.table(heads, lines)


def _row(i: int, row: Row) -> list[object]:
    c_in, c_out, out = (row[FIELDS.index(name)] for name in ("c_in", "c_out", "out"))
    return [i + 1, row[0], KINDS[row[1]], f"{c_in}→{c_out}", size(out) if pair(out) else "", *row[-3:]]
