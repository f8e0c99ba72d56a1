"""What the page reckons of layers of equal work, replayed by node over Python's numbers; mutants are caught."""

import random

import pytest
from replay import Call, agrees, catches

from lightnets_edu.widgets.guideline_explorer import GROUPS, RATIOS, SIZES, WIDTHS, layers
from lightnets_edu.widgets.kit.compose import KIT, compose

SCRIPT = compose(KIT.parent / "guideline_explorer" / "layers.js")


def said(one: layers.Layer) -> dict:
    maps = one.size**2
    parts = [one.c_in * maps, one.c_in * one.c_out // one.groups, one.c_out * maps]
    assert sum(parts) == one.access
    return {
        "c_in": one.c_in, "c_out": one.c_out, "groups": one.groups, "size": one.size, "macs": one.macs, "parts": parts,
        "access": one.access, "least": layers.bound(one.size, one.macs), "factor": one.factor(),
    }  # fmt: skip


def calls() -> list[Call]:
    dice, made = random.Random(2), []
    for size in SIZES:
        for width in (*WIDTHS, 5, 59):
            for ratio in dice.sample(RATIOS, 8):
                pair = layers.parsed(ratio)
                made.append(Call("layer", [size, width, pair, 1], said(layers.layer(size, width, pair))))
                at = pair[1] / pair[0]
                made.append(Call("smooth", [size, width, at, 1], layers.smooth(size, width, at, 1)))
            for groups in GROUPS:
                made.append(Call("layer", [size, width, [1, 1], groups], said(layers.layer(size, width, groups=groups))))
                made.append(Call("smooth", [size, width, 1, groups], layers.smooth(size, width, 1, groups)))
        made.append(Call("bound", [size, size * size * width], layers.bound(size, size * size * width)))
    factors = [1, 1.06, 1.5, 2.9]
    made += [Call("reached", [factors, level], layers.reached(factors, level)) for level in (1, 1.05, 1.06, 1.5, 1.6, 3)]
    made += [Call("nearest", [numbers, at], gives) for numbers, at, gives in (([1, 3], 2, 0), ([1, 3], 2.1, 1), ([5, 1, 2], 1.4, 1), ([5, 1, 2], -9, 1))]
    made += [Call("off", [a, b], gives) for a, b, gives in ((1.5, 1.859, -19), (2, 1.42, 41), (2, 2, 0), (1, 4, -75))]
    made += [Call("short", [x], gives) for x, gives in ((819_200, "819 k"), (51_380_224, "51.4 M"), (999.6, "1 k"), (1_516_000, "1.52 M"), (12, "12"), (2.5e9, "2.5 G"), (999_499, "999 k"))]
    return [*made, *(Call("times", [x], gives) for x, gives in ((1.8594, "× 1.86"), (1, "× 1"), (1.5, "× 1.5"), (2.999, "× 3")))]


def test_the_page_computes_what_python_says(tmp_path):
    agrees(SCRIPT, calls(), tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("(a * b * groups)", "(a * b)"),
        ("(a * b * groups)", "(a * groups)"),
        ("groups * Math.max(1,", "Math.max(1,"),
        ("Math.max(1, Math.floor(", "Math.max(1, Math.round("),
        ("Math.max(1, Math.floor(", "Math.max(0, Math.floor("),
        ("[a * unit, b * unit, size * size]", "[b * unit, a * unit, size * size]"),
        ("macs = maps * parts[1]", "macs = size * parts[1]"),
        ("(c_in * c_out) / groups", "c_in * c_out"),
        ("parts[0] + parts[1] + parts[2]", "parts[0] + parts[2]"),
        ("factor: access / least", "factor: least / access"),
        ("2 * size * Math.sqrt(macs) + macs / (size * size)", "2 * size * Math.sqrt(macs)"),
        ("2 * size * Math.sqrt(macs) + macs / (size * size)", "2 * Math.sqrt(macs) + macs / (size * size)"),
        ("maps * Math.sqrt(groups)", "maps * groups"),
        ("Math.sqrt(ratio) + Math.sqrt(1 / ratio)", "2 * Math.sqrt(ratio)"),
        ("/ 2 + weights", "/ 2"),
        ("factor >= level", "factor > level"),
        ("Math.abs(number - target)", "number - target"),
        ("far.indexOf(Math.min(...far))", "far.lastIndexOf(Math.min(...far))"),
        ("guess / truth - 1", "truth / guess - 1"),
        ("x >= 0.9995 * least", "x >= least"),
        ("toPrecision(3)", "toPrecision(2)"),
        ("factor.toFixed(2)", "factor.toFixed(1)"),
    ],
)
def test_a_mutant_is_caught(right, mutant, tmp_path):
    catches(SCRIPT, right, mutant, calls(), tmp_path)
