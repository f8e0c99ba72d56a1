"""The front end's two formulas, replayed by node over what real modules do: every C up to 32, every g, both orders."""

import functools

import pytest
from replay import Call, agrees, catches

from lightnets_edu.models.shufflenet_v1 import ShuffleUnit, channel_shuffle
from lightnets_edu.widgets import ChannelShuffle
from lightnets_edu.widgets.channel_shuffle import wiring as mixing
from lightnets_edu.widgets.channel_shuffle.wiring import PAIRS, Wiring


def reaches(wiring: Wiring) -> list[Call]:
    """Which inputs each output reaches, by gradients."""
    plain = {"from": wiring.order, "first": wiring.first, "second": wiring.second}
    return [Call("reached", [plain, output], inputs) for output, inputs in enumerate(mixing.reach(wiring))]


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    """Permutations from the package's own shuffle, reach from gradients, and two networks unlike the formula."""
    found = []
    for c, g in PAIRS:
        for order, groups in (("paper", g), ("inverse", c // g)):  # published code swaps the two sizes
            sent = mixing.permutation(functools.partial(channel_shuffle, groups=groups), c)
            found += [Call("permutation", [c, g, order], sent), *reaches(Wiring(sent, g, g))]
        found += reaches(Wiring(tuple(range(c)), g, g))
    odd = mixing.wirings(mixing.pieces_of_unit(ShuffleUnit(24, 48, 2, 3, 1)), 12)["paper"]
    return [*found, *reaches(odd), *reaches(odd._replace(first=6, second=4))]


def test_the_formulas_are_what_the_modules_do(calls, tmp_path):
    assert len([call for call in calls if call.name == "permutation"]) == 2 * 118
    agrees(ChannelShuffle._esm, calls, tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ('order === "paper" ? g : c / g;', 'order === "paper" ? c / g : g;'),
        ("(place % rows) * (c / rows)", "(place % rows) * rows"),
        ("mates(c, first, from[place])", "mates(c, second, from[place])"),
        ("mates(c, first, from[place])", "mates(c, first, place)"),
        ("Math.floor(i / n) * n", "Math.ceil(i / n) * n"),
    ],
)
def test_a_mutant_is_caught(calls, tmp_path, right, mutant):
    catches(ChannelShuffle._esm, right, mutant, calls, tmp_path)
