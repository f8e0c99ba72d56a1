"""What the page reckons of scaled networks, replayed by node over Python's numbers; mutants are caught."""

import itertools
import math
import random

import pytest
from replay import Call, agrees, catches

from lightnets_edu.widgets.compound_scaling import ALPHA, BETA, GAMMA, MODES, PHI, CompoundScaling, scaling
from lightnets_edu.widgets.kit.compose import KIT, compose

SCRIPT = compose(KIT.parent / "compound_scaling" / "scaling.js")
FIGURE = CompoundScaling()


def said(scale: scaling.Scale) -> list[dict]:
    return [{name: value for name, value in row._asdict().items() if name != "stage"} for row in scaling.rows(scale)]


def calls() -> list[Call]:
    dice, made = random.Random(3), []
    greek = list(itertools.product(ALPHA, BETA, GAMMA))
    made += [Call("fits", list(three), scaling.fits(*three)) for three in greek]
    offered = [three for three in greek if scaling.fits(*three)]
    states = [(mode, phi, 1.2, 1.1, 1.15) for mode in MODES for phi in PHI]
    states += [("all three", dice.choice(PHI), *dice.choice(offered)) for _ in range(300)]
    scales = [*FIGURE.published().values(), *(scaling.scaled(*state) for state in states)]
    for state in states:
        made.append(Call("scaled", list(state), scaling.scaled(*state)._asdict()))
    made += [Call("rows", [FIGURE.table, scale._asdict()], said(scale)) for scale in scales]
    made += [Call("product", list(three), scaling.product(*three)) for three in dice.sample(greek, 20)]
    for name in ("params", "macs"):
        rows = said(scaling.Scale(1.1, 1.0, 240))
        made.append(Call("total", [rows, name], sum(row[name] for row in rows)))
    made += [Call("steps", [factor, base], gives) for factor, base, gives in ((3.1, 1.2, math.log(3.1, 1.2)), (2.0, 1.1, math.log(2, 1.1)), (1.0, 1.1, 0), (3.0, 1.0, None))]
    made += [Call("nearest", [numbers, at], gives) for numbers, at, gives in (([1, 3], 2, 0), ([1, 3], 2.1, 1), ([5, 1, 2], 1.4, 1), ([5, 1, 2], -9, 1))]
    made += [Call("short", [x], gives) for x, gives in ((385_814_752, "386 M"), (999_499_999, "999 M"), (999_500_000, "1 G"), (37_745_884_192, "37.7 G"))]
    return [*made, *(Call("times", [x], gives) for x, gives in ((1.728, "× 1.73"), (1, "× 1"), (128, "× 128"), (11.3137, "× 11.3")))]


CALLS = calls()


def test_the_page_computes_what_python_says(tmp_path):
    agrees(SCRIPT, CALLS, tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("alpha * beta * beta * gamma * gamma", "alpha * beta * gamma"),
        ("<= MOST", "< 2"),
        ("depth: [2, 1, 1]", "depth: [1, 2, 1]"),
        ("base ** phi", "base * phi"),
        ("PIXELS * sides + 0.5", "PIXELS * sides"),
        ("Math.max(8, Math.floor((channels + 4) / 8) * 8)", "Math.max(8, Math.floor(channels / 8) * 8)"),
        ("near < 0.9 * channels ? near + 8 : near", "near"),
        ("Math.max(1, Math.floor(c_in / 4))", "Math.max(1, Math.floor(mid / 4))"),
        ("maps = Math.ceil(size / stride) ** 2", "maps = (size / stride) ** 2"),
        ("mid * (kernel * kernel + c_out)", "mid * (kernel + c_out)"),
        ("both = 2 * mid * squeeze", "both = mid * squeeze"),
        ("expansion > 1 ?", "expansion > 0 ?"),
        ("2 * (mid + c_out + (wider && mid))", "2 * (mid + c_out + mid)"),
        ("weights + both + mid + squeeze + wider", "weights + both + mid + wider"),
        ("weights * maps + both + wider * size * size", "weights * maps + both * maps + wider * size * size"),
        ("wider * size * size", "wider * maps"),
        ("Math.ceil(pixels / 2)", "Math.floor(pixels / 2)"),
        ("params: 29 * c_in", "params: 27 * c_in"),
        ("macs: 27 * c_in * size * size", "macs: 27 * c_in * size"),
        ("Math.ceil(many * depth)", "Math.round(many * depth)"),
        ("(layers - 1) * other[i]", "layers * other[i]"),
        ("size = Math.ceil(size / stride)", "size = Math.floor(size / stride)"),
        ("block(c_out, c_out, expansion, kernel, 1, size)", "block(c_in, c_out, expansion, kernel, 1, size)"),
        ("weights + 2 * channels + scores + CLASSES", "weights + 2 * channels + scores"),
        ("weights * size * size + scores", "weights * size * size"),
        ("sum + row[name]", "row[name]"),
        ("base > 1 ?", "base > 0 ?"),
        ("Math.abs(number - target)", "number - target"),
        ("far.indexOf(Math.min(...far))", "far.lastIndexOf(Math.min(...far))"),
        ("x >= 9.995e8", "x >= 1e9"),
        ("factor.toPrecision(3)", "factor.toPrecision(2)"),
    ],
)
def test_a_mutant_is_caught(right, mutant, tmp_path):
    catches(SCRIPT, right, mutant, CALLS, tmp_path)
