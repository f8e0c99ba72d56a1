"""The front end's formulas, replayed by node over what gradients through real modules say."""

import functools
import random

import pytest
import traitlets
from conv_connectivity.conv_modules import EVERY_PLAN, SOME_PLANS, Branches, Mixed, Shuffled, figure_of
from conv_connectivity.expected import layers, met
from replay import Call, agrees, catches
from torch import nn

from lightnets_edu.widgets import ConvConnectivity
from lightnets_edu.widgets.conv_connectivity.masks import GROUPED, KINDS, STRIDES, WIDTHS, Plan, divisors
from lightnets_edu.widgets.conv_connectivity.module import look

TWICE = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 2, 3, 2, 1))    # its second step reads many positions
CONNECT = ("rows", "patch", "fans", "steps", "size", "params", "standard", "unread")
STEP = ("weights", "size", "rows", "patch", "name")


def connections(plan: Plan, output: int, y: int, x: int) -> Call:
    """What gradients say of a plan, in the order in which the page writes it."""
    figure = figure_of(plan, output=output, y=y, x=x)
    here = figure.reading()
    here["steps"] = [{key: step[key] for key in STEP} for step in here["steps"]]
    return Call("connect", [{**plan._asdict(), "groups": figure.groups, "y": y, "x": x}], {key: here[key] for key in CONNECT})


def somewhere(plan: Plan, dice: random.Random) -> Call:
    """The connections of a plan at some output."""
    side = -(-7 // plan.stride)
    return connections(plan, dice.randrange(plan.c_out), dice.randrange(side), dice.randrange(side))


def fitted(before: dict, change: dict) -> Call | None:
    """What the other traits do when some change; None where the change is not on offer."""
    widget = ConvConnectivity(**before)
    try:
        widget.set_state(change)
    except traitlets.TraitError:
        return None
    gives = {key: getattr(widget, key) for key in ("groups", "output", "more")}
    return Call("fit", [before, change], {**change, **gives})


def traced(plan: Plan) -> list[Call]:
    """The past and the future of a channel of each row, and of three outputs."""
    rows = layers(figure_of(plan))
    asked = [(r, [i]) for r, many in enumerate((plan.c_in, *map(len, rows))) for i in (0, many - 1)]
    return [Call("trace", [rows, row, places], met(rows, row, places)) for row, places in [*asked, (len(rows), [0, 1])]]


def stopped(plan: Plan) -> Call:
    """The slider's stops: all that can be cut, each once; a plan that is none of them stands behind."""
    kind, c_in, c_out, _, g, _ = plan
    square = c_in == c_out
    cuts = [g for g in divisors(c_in, c_out) if g > 1 and not (square and g == c_in)]
    offered = [["standard"], *(["grouped", g] for g in cuts), *([["depthwise"]] if square else []), ["separable"], *(["shuffled", g] for g in cuts)]
    own = [kind, g] if kind in GROUPED else ["standard" if kind == "pointwise" else kind]
    if own not in offered:
        offered.append(own)
    return Call("stops", [plan._asdict()], [offered, offered.index(own)])


@functools.cache
def calls() -> tuple[Call, ...]:
    dice = random.Random(3)
    found = []
    for plan in [*SOME_PLANS, *dice.sample(EVERY_PLAN, 150)]:
        found.append(somewhere(plan, dice))
        found.append(stopped(plan))
    for plan in SOME_PLANS:
        found += traced(plan)
    for module in (Mixed(), Branches(), nn.Conv2d(4, 4, (2, 1), (1, 2)), nn.Conv2d(4, 4, 3, padding=2, dilation=2), Shuffled(2, between=lambda x, g: x), Shuffled(4), TWICE):
        tables = ConvConnectivity.from_module(module, **({"c_in": 4} if isinstance(module, Mixed) else {})).measured
        for place in range(tables["size"][0] * tables["size"][1]):
            output = dice.randrange(len(tables["reads"][0]))
            here = look(tables, output, place)
            found.append(Call("look", [tables, output, place], here))
    for kind in KINDS:
        for c_in, c_out, groups, stride in ((16, 16, 8, 1), (12, 12, 6, 1), (4, 4, 2, 2)):
            plan = Plan(kind, c_in, c_out, 1 if kind == "pointwise" else 5, groups, stride)
            before = {**plan._asdict(), "output": c_out - 2, "more": 1}
            changes = [*({"c_in": c, "c_out": c} for c in WIDTHS), *({"kind": one} for one in KINDS), *({"stride": s} for s in STRIDES)]
            found += [fitted(before, change) for change in changes]
    return tuple(call for call in found if call)


def test_the_formulas_are_what_the_modules_do(tmp_path):
    names = [call.name for call in calls()]
    assert names.count("connect") > 160 and names.count("look") > 150 and names.count("fit") > 200
    assert {call.args[0]["kind"] for call in calls() if call.name == "connect"} == set(KINDS)
    agrees(ConvConnectivity._esm, list(calls()), tmp_path)


def test_every_convolution_on_offer(tmp_path):
    """All kinds, widths, kernels, groups and strides, each at a position of its own."""
    dice = random.Random(11)
    assert len(set(EVERY_PLAN)) == len(EVERY_PLAN) > 1000 and {plan.kind for plan in EVERY_PLAN} == set(KINDS)
    agrees(ConvConnectivity._esm, [somewhere(plan, dice) for plan in EVERY_PLAN], tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("at * stride + k - (kernel - 1) / 2", "at * stride + k"),
        ("i >= 0 && i < SIDE", "i < SIDE"),
        ("SIDE * i + j", "SIDE * j + i"),
        ("(place % h) * (c_in / h) + Math.floor(place / h)", "(place % (c_in / h)) * h + Math.floor(place / (c_in / h))"),
        ("from[Math.floor((o * g) / c_out) * n + k]", "Math.floor((o * g) / c_out) * n + k"),
        ("h = shuffled ? g : 1,", "h = g,"),
        ("kernel < stride && ((i % SIDE) % stride || ", "((i % SIDE) % stride || "),
        ("kernel * kernel * n * c_out", "kernel * kernel * c_in * c_out"),
        ("Math.min(output, c_out - 1)", "output"),
        ("Math.min(more, c_out - 1 - first)", "more"),
        ("findLast((g) => g <= groups)", "findLast((g) => g < groups)"),
        ("layers[k - 1][o]", "layers[0][o]"),
        ("some((i) => met[k].includes(i))", "some((i) => met[row].includes(i))"),
        ("k < layers.length; k++", "k < layers.length - 1; k++"),
        ("patch: all[place]", "patch: all[0]"),
        ("sets[here[output][0]]", "sets[here[0][0]]"),
        ('square ? [["depthwise"]] : []', '[["depthwise"]]'),
        ('kind === "pointwise" ? "standard" : kind]', "kind]"),
        ("standard: kernel * kernel * c_in", "standard: kernel * c_in"),
        ("g > 1 && !(square && g === c_in)", "g > 1"),
    ],
)
def test_a_mutant_is_caught(tmp_path, right, mutant):
    catches(ConvConnectivity._esm, right, mutant, list(calls()), tmp_path)
