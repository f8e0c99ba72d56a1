"""What the page of the cost calculator computes, against what Python says; and spoilt copies that the replay catches."""

import random
from itertools import pairwise

import pytest
from cost_calculator.test_figure import real
from replay import Call, agrees, catches

from lightnets_edu.cost import layer_costs
from lightnets_edu.widgets import cost_calculator as offered
from lightnets_edu.widgets.cost_calculator import costs
from lightnets_edu.widgets.kit.compose import KIT, compose

SCRIPT = compose(KIT.parent / "cost_calculator" / "costs.js")


def plain(layers) -> list[dict]:
    return [layer._asdict() for layer in layers]


def calls(step: int = 1) -> list[Call]:
    """Every pair of widths with all its groups; kernels, sizes, multipliers and balances take turns; real modules; words."""
    made, turn = [], 0
    for c_in in offered.C_IN:
        for c_out in offered.C_OUT:
            alpha, turn = offered.ALPHAS[turn % 4], turn + 1
            a, b = costs.scaled(c_in, alpha), costs.scaled(c_out, alpha)
            made += [Call("scaled", [c_in, alpha], a), Call("scaled", [c_out, alpha], b), Call("divisors", [a, b], costs.common_divisors(a, b))]
            for groups in costs.common_divisors(a, b):
                turn += 1
                where, balance = [a, b, offered.KERNELS[turn % 4], [7, 12, 20, 32, 112, 224][turn % 6], groups], offered.BALANCES[turn % 8]
                ways = costs.ways(*where)
                sums, pair = {way: costs.summed(layers) for way, layers in ways.items()}, ways["separable"]
                made += [
                    Call("ways", where, {way: plain(layers) for way, layers in ways.items()}),
                    Call("total", [plain(pair)], sums["separable"]._asdict()),
                    Call("least", [plain(pair), balance], costs.least([(one.macs, one.access) for one in pair], balance)),
                    *(Call("times", [new, old, "same"], costs.times(new, old)) for new, old in zip(sums["separable"], sums["standard"], strict=True)),
                    *(Call("short", [cost], costs.short(cost)) for cost in sums["grouped"]),
                ]
    return made[::step] + modules() + plainly()


def modules() -> list[Call]:
    """The layers of real modules, as `layer_costs` measures them."""
    made = []
    for c_in, c_out, kernel, size, groups in ((64, 128, 3, 56, 4), (3, 24, 5, 28, 3), (72, 96, 7, 14, 24), (16, 8, 1, 7, 8), (256, 256, 3, 12, 256)):
        gives = {
            way: [
                {"c_in": row.c_in, "c_out": row.c_out, "kernel": row.kernel[0], "groups": row.groups, "params": row.params, "macs": row.macs, "access": row.access}
                for row in layer_costs(module, (1, c_in, size, size))
            ]
            for way, module in real(c_in, c_out, kernel, groups).items()
        }  # fmt: skip
        made.append(Call("ways", [c_in, c_out, kernel, size, groups], gives))
    return made


def apart(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """By hand: from the left each as far left as it may stand, then from the right each as far right."""
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    found = dict(enumerate(places))
    for k, i in enumerate(order):
        found[i] = max([found[i], low] if k == 0 else [found[i], found[order[k - 1]] + gap])
    for k, i in reversed(list(enumerate(order))):
        found[i] = min([found[i], high] if k == len(order) - 1 else [found[i], found[order[k + 1]] - gap])
    return [found[i] for i in range(len(places))]


def plainly() -> list[Call]:
    """Words of numbers near the edges of their form; places along a line; the nearest of some numbers."""
    dice = random.Random(3)
    made = [Call("short", [x], costs.short(x)) for x in (1.125, 1.00014, 1.0009999, 0.5, 8.4087, 999.4, 999.6, 1000.6, 16725, 9, 9.0001, 0, 999, 1e6 - 400, 1e6 - 600, 2.58e12)]
    made += [Call("times", [a, b, "same"], costs.times(a, b)) for a, b in ((7, 7), (1, 128), (3, 2), (2, 3), (10_001, 10_000), (10_000, 10_001))]
    for many in (1, 2, 4, 5, 5, 5):
        places = [dice.uniform(-20, 320) for _ in range(many)]
        made.append(Call("spread", [places, 20, 0, 300], apart(places, 20, 0, 300)))
        made += [Call("nearest", [places, target], costs.nearest(places, target)) for target in (0, 100, 300)]
    crowds = [Call("spread", [[5, 5, 5], 10, 0, 100], [5, 15, 25]), Call("spread", [[95, 96, 97], 10, 0, 100], [80, 90, 100])]
    return [*made, *crowds, Call("nearest", [[1, 3], 2], 0), Call("scaled", [3, 0.25], 3), Call("scaled", [8, 0.25], 2)]


def test_letters_that_are_spread_stay_in_order_and_apart():
    for call in plainly():
        if call.name == "spread":
            (places, gap, low, high), found = call.args, sorted(call.gives)
            assert all(b - a > gap - 1e-9 for a, b in pairwise(found)) and found[0] >= low - 1e-9 and found[-1] <= high
            assert [*sorted(range(len(places)), key=lambda i: call.gives[i])] == sorted(range(len(places)), key=lambda i: (places[i], i))


def test_the_page_computes_what_python_says(tmp_path):
    agrees(SCRIPT, calls(), tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("(kernel * kernel * c_in * c_out) / groups", "(kernel * kernel * c_in * c_out) / groups ** 2"),
        ("(c_in + c_out) * size * size + params", "(c_in + c_out) * size * size"),
        ("(c_in + c_out) * size * size + params", "c_out * size * size + params"),
        ("macs: params * size * size", "macs: params * size"),
        ("layer(c_in, c_in, kernel, size, c_in)", "layer(c_in, c_out, kernel, size, c_in)"),
        ("layer(c_in, c_out, 1, size, 1)", "layer(c_in, c_out, 1, size, groups)"),
        ('access: sum("access")', 'access: sum("macs")'),
        ("Math.max(macs, balance * access)", "Math.max(macs, access)"),
        ("Math.max(macs, balance * access)", "(macs + balance * access)"),
        ("c === IMAGE ? c : c * alpha", "c * alpha"),
        ("c === IMAGE ? c : c * alpha", "c === IMAGE ? c : Math.max(8, c * alpha)"),
        ("a % g === 0 && b % g === 0", "a % g === 0 || b % g === 0"),
        ("far.indexOf(Math.min(...far))", "far.lastIndexOf(Math.min(...far))"),
        ("Math.abs(number - target)", "number - target"),
        ("Math.max(found[i], edge)", "found[i]"),
        ("Math.min(found[i], edge)", "found[i]"),
        ("edge = found[i] - gap", "edge = found[i]"),
        ("+x.toPrecision(3), 0", "x, 0"),
        ("rest >= 1000", "rest > 1000"),
        ("unit === 0 && Number.isInteger(x)", "Number.isInteger(x)"),
        ('factor === "1.00"', "false"),
        ("Math.max(value, base) / Math.min(value, base)", "base / value"),
    ],
)
def test_a_mutant_is_caught(right, mutant, tmp_path):
    catches(SCRIPT, right, mutant, calls(7), tmp_path)
