"""What the figure of a convolution's connections must draw and say, reckoned in Python."""

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


def count(n: int, one: str) -> str:
    """A number of things: "1 input", "2 inputs"."""
    return f"{n} {one}{'' if n == 1 else 's'}"


def sentence(widget: "ConvConnectivity") -> str:
    """What is said of the chosen outputs."""
    here, mine, outputs = widget.reading(), widget.numbers(), chosen(widget)
    read = len({i for o in outputs for i in here["rows"][o]})
    area = 1 if widget.kind == "pointwise" else widget.kernel**2
    off = 0 if widget.measured.get("unlike") else area - mine.positions
    said = [
        widget.measured.get("unlike", ""),
        f"Outputs {outputs[0]}–{outputs[-1]} read" if widget.more else f"Output {widget.output} reads",
        count(mine.positions, "position") + (f" ({off} lie off the map)" if off else ""),
        f"in {read} of {count(widget.c_in, 'input')}" + ("." if widget.more else f": {count(mine.fan_in, 'number')}."),
        f"{len(here['unread'])} of {AREA} positions are never read (dots)." if here["unread"] else "",
    ]
    return " ".join(filter(None, said))


def weights(widget: "ConvConnectivity") -> tuple[str, list[tuple[str, int]]]:
    """The words over the bars: all weights; those of each layer, and of a standard one where it has others."""
    here, plan = widget.reading(), widget.plan()
    kernels = widget.measured.get("kernels", here["params"])
    kind = "pointwise" if plan.kernel == 1 and plan.kind == "standard" else plan.kind
    name = f"{count(plan.groups, 'group') if kind == 'grouped' else kind} {plan.kernel}×{plan.kernel}"
    lines = [(f"{step['name']}: {step['weights']:,}", step["weights"]) for step in here["steps"]]
    lines = lines or [("as measured" if widget.measured.get("unlike") else name, kernels)]
    if here["standard"] != kernels:
        times = here["standard"] / kernels
        lines.append((f"standard (× {times:.1f}): {here['standard']:,}", here["standard"]))
    return f"{kernels:,} weight{'' if kernels == 1 else 's'}", lines
