"""What the figure of a convolution's connections must draw and say, reckoned in Python."""

from itertools import groupby
from typing import TYPE_CHECKING

from lightnets_edu.widgets.conv_connectivity.masks import AREA

if TYPE_CHECKING:
    from lightnets_edu.widgets.conv_connectivity import ConvConnectivity

Rows = list[list[int]]


def layers(widget: "ConvConnectivity") -> list[Rows]:
    """For each layer the channels that each of its outputs reads, by gradients."""
    here = widget.reading()
    return [step["rows"] for step in here["steps"]] or [here["rows"]]


def threads(widget: "ConvConnectivity") -> list[tuple[int, int, int, int]]:
    """Layer, output, input, and the threads between them: as many as weights, or as a module's numbers read."""
    here, kernel = widget.reading(), 1 if widget.kind == "pointwise" else widget.kernel
    found = []
    for k, rows in enumerate(layers(widget)):
        pairs = sum(map(len, rows))
        even = here["steps"][k]["weights"] // pairs if here["steps"] else kernel**2
        taps = widget.measured.get("taps")
        found += [(k, o, i, taps[o][i] if taps else even) for o, row in enumerate(rows) for i in row]
    return found


def met(rows: list[Rows], row: int, places: list[int]) -> list[list[int]]:
    """Row by row of channels: those from which something reaches the places, and those that they reach."""
    found: list[set[int]] = [set() for _ in range(len(rows) + 1)]
    found[row] = set(places)
    for k in reversed(range(row)):
        found[k] = {i for o in found[k + 1] for i in rows[k][o]}
    for k in range(row, len(rows)):
        found[k + 1] = {o for o, read in enumerate(rows[k]) if found[k] & set(read)}
    return [sorted(one) for one in found]


def chosen(widget: "ConvConnectivity") -> list[int]:
    """The outputs that are brushed."""
    return list(range(widget.output, widget.output + widget.more + 1))


def ranges(numbers: list[int]) -> str:
    """Rising numbers in words: "0–3 8"."""
    runs = [[n for _, n in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    return " ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def count(n: int, one: str) -> str:
    """A number of things: "1 input", "2 inputs"."""
    return f"{n} {one}{'' if n == 1 else 's'}"


def sentence(widget: "ConvConnectivity") -> str:
    """What is said of the chosen outputs."""
    here, mine, outputs = widget.reading(), widget.numbers(), chosen(widget)
    read = len({i for o in outputs for i in here["rows"][o]})
    area = 1 if widget.kind == "pointwise" else widget.kernel**2
    off = 0 if widget.measured or here["unread"] else area - mine.positions
    whole = "" if mine.fan_in == mine.positions * mine.channels else "in all "
    said = [
        widget.measured.get("unlike", ""),
        f"Outputs {outputs[0]}–{outputs[-1]} together read" if widget.more else f"Output {widget.output} reads",
        count(mine.positions, "position") + (f" ({off} lie off the map)" if off else ""),
        f"in {read} of {count(widget.c_in, 'input')}" + ("." if widget.more else f": {whole}{count(mine.fan_in, 'number')}."),
        f"{len(here['unread'])} of {AREA} positions are never read (×)." if here["unread"] else "",
    ]
    return " ".join(filter(None, said))


def weights(widget: "ConvConnectivity") -> tuple[str, list[tuple[str, int]]]:
    """The words over the bars: all weights; those of each layer, and of a standard one beside them."""
    here, plan = widget.reading(), widget.plan()
    kernels = widget.measured.get("kernels", here["params"])
    steps = [(f"{step['weights']:,} {step['name']}", step["weights"]) for step in here["steps"]]
    kind = "pointwise" if plan.kernel == 1 and plan.kind == "standard" else plan.kind
    size = f"{plan.kernel}×{plan.kernel}"
    name = f"{count(plan.groups, 'group')}, {size}" if kind == "grouped" else f"{kind} {size}"
    unlike = widget.measured.get("unlike")
    lines = steps or [("as measured" if unlike else name, kernels)]
    if unlike or kind != "standard":
        beside = plan.kernel if plan.kernel > 1 else 3
        like = "a standard layer" if widget.measured else f"a standard {beside}×{beside}"
        lines.append((f"{here['standard']:,} in {like}", here["standard"]))
    return count(kernels, "weight").replace(str(kernels), f"{kernels:,}"), lines
