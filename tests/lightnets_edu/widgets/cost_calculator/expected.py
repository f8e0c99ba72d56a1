"""What the figure of one layer's costs must show and say, reckoned in Python."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from lightnets_edu.cost import Total
from lightnets_edu.widgets.cost_calculator.costs import least, short, summed, times, ways

if TYPE_CHECKING:
    from lightnets_edu.widgets.cost_calculator import CostCalculator

MEASURES = {"macs": "Multiply-adds", "access": "Memory access", "time": "Least time"}
NAMES = {"standard": "Standard", "grouped": "Grouped", "depthwise": "Depthwise", "pointwise": "Pointwise", "own": "Your module"}
BEFORE = "- - before"    # what dashes mean, while there are any
ASKS = ("Nine times less?", "Moves less?", "Slower?", "With groups?")
DIALS = ("Half as wide?", "Smaller maps?", "Slow memory?")


class Bill(NamedTuple):
    """What a part of the drawing stands for."""

    key: str
    params: int
    macs: int
    access: int
    time: int
    works: bool


class Row(NamedTuple):
    """A row of squares: its title, what it costs in all, and what it is made of, from the floor up."""

    title: str
    all: Bill
    parts: Sequence[Bill]


def bill(key: str, cost: Total, steps: Sequence[tuple[int, int]], balance: int) -> Bill:
    return Bill(key, *cost, least(steps, balance), cost.macs >= balance * cost.access)


def standard(widget: "CostCalculator") -> Bill:
    """What squares are compared with: the standard layer at alpha 1 and rho 1."""
    (one,) = ways(widget.c_in, widget.c_out, widget.kernel, widget.size, 1)["standard"]
    return bill("standard", widget.line(), [(one.macs, one.access)], widget.balance)


def rows(widget: "CostCalculator") -> list[Row]:
    found, measured, rows = widget.layers(), widget.measured, []
    made = {way: [bill(way, summed([one]), [(one.macs, one.access)], widget.balance) for one in layers] for way, layers in found.items()}
    if "groups" in widget.controls:
        rows.append(Row(f"G: grouped, g = {widget.groups}", made["grouped"][0], made["grouped"]))
    pair = [one._replace(key=key) for key, one in zip(("depthwise", "pointwise"), made["separable"], strict=True)]
    steps = [(one.macs, one.access) for one in found["separable"]]
    rows.append(Row(f"D + P: depthwise separable, {found['standard'][0].c_in} → {found['standard'][0].c_out}", bill("separable", widget.costs()["separable"], steps, widget.balance), pair))
    if measured:
        cost = Total(*(measured[name] for name in Total._fields))
        mine = bill("own", cost, [(step["macs"], step["access"]) for step in measured["steps"]], widget.balance)
        rows.append(Row("Y: your module, measured", mine, [mine]))
    return rows


def bills(widget: "CostCalculator") -> list[Bill]:
    return [standard(widget), *(part for row in rows(widget) for part in row.parts)]


def words(widget: "CostCalculator") -> list[str]:
    """The words of the picture beside the roofline, in order."""
    one, found, said = standard(widget), rows(widget), []
    for measure, name in MEASURES.items():
        said += [name, f"S: {short(getattr(one, measure))}" if measure != "time" else f"S: by {bound(one)}"]
        for row in found:
            said.append(times(getattr(row.all, measure), getattr(one, measure)))
            said += [short(getattr(row.all, measure))] if measure != "time" else []
    return said + [row.title for row in found]


def bound(bill: Bill) -> str:
    return "work" if bill.works else "moving"


def sentence(widget: "CostCalculator") -> str:
    """What is said while nothing is meant."""
    if widget.measured:
        return widget.measured["says"]
    sets = {what: [NAMES[one.key][0] for one in bills(widget) if bound(one) == what] for what in ("work", "moving")}
    said = "; ".join(f"{what} limits {', '.join(own)}" for what, own in sets.items() if own)
    work = times(rows(widget)[-1].all.macs, standard(widget).macs)
    return f"D + P: work {work}. At {widget.balance} multiply-adds an element, {said}."


def told(widget: "CostCalculator", one: Bill, column: int) -> str:
    """What a part says of itself."""
    pair = next((row.all for row in rows(widget) if len(row.parts) > 1 and one in row.parts), None)
    both = [f"; D + P: {value:,}" if pair else "" for value in ((pair.macs, pair.access) if pair else (0, 0))]
    share = f", 1/{widget.layers()['standard'][0].c_out} + 1/{widget.kernel**2} of S" if pair and widget.alpha * widget.rho == 1 else ""
    decides = f"{bound(one)} decides."
    return f"{NAMES[one.key]}: " + (
        f"{one.macs:,} multiply-adds{both[0]}{share}.",
        f"{one.access:,} elements moved, {one.params:,} of them weights{both[1]}.",
        f"at least the time of {short(one.time)} multiply-adds; {decides}",
        f"{short(one.macs / one.access)} multiply-adds for each element moved, the machine does {widget.balance}: {decides}",
    )[column]


def label(one: Bill, column: int) -> str:
    """What a part is called."""
    return f"{NAMES[one.key]}: {[*MEASURES.values(), 'roofline'][column].lower()}"
