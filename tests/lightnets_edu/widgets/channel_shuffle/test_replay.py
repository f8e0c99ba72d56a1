"""The front end's formulas, replayed by node over what real modules do: every C and every g, every order, two layers and three."""

import functools
import random

import pytest
from channel_shuffle.expected import edges, kin
from replay import Call, agrees, catches

from lightnets_edu.models.shufflenet_v1 import ShuffleUnit, channel_shuffle
from lightnets_edu.widgets.channel_shuffle import wiring as mixing
from lightnets_edu.widgets.channel_shuffle.wiring import PAIRS, Wiring
from lightnets_edu.widgets.kit import compose
from lightnets_edu.widgets.kit.compose import KIT

MODULE = compose(KIT.parent / "channel_shuffle/wiring.js")


def plain(wiring: Wiring) -> dict:
    return {"from": wiring.order, "first": wiring.first, "second": wiring.second}


def reaches(wiring: Wiring) -> list[Call]:
    """Which inputs each output reaches, by gradients."""
    return [Call("reached", [plain(wiring), layers], mixing.reach(wiring, layers)) for layers in (2, 3)]


def relatives(wiring: Wiring) -> list[Call]:
    """A channel of each row: what leads to it and what it leads to, followed edge by edge."""
    c, (order, first, second) = len(wiring.order), wiring
    found = []
    for layers in (2, 3):
        links = edges(c, (first, second), list(order), layers)
        read = [[sorted(a for a, b in link if b == i) for i in range(c)] for link in links]
        found += [Call("kin", [read, row, (5 * row + c // 2) % c], kin(links, row, (5 * row + c // 2) % c)) for row in range(4)]
    return found


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    """Permutations from the package's own shuffle, reach from gradients, and two networks unlike the formula."""
    found, dice = [], random.Random(3)
    for c, g in PAIRS:
        for order, groups in (("paper", g), ("inverse", c // g)):  # published code swaps the two sizes
            sent = mixing.permutation(functools.partial(channel_shuffle, groups=groups), c)
            found += [Call("permutation", [c, g, order], sent), *reaches(Wiring(sent, g, g))]
            found.append(Call("moved", [sent], sum(spot != channel for spot, channel in enumerate(sent))))
        own = tuple(dice.sample(range(c), c))
        found += [*reaches(Wiring(tuple(range(c)), g, g)), *reaches(Wiring(own, g, g)), *relatives(Wiring(own, g, g))]
    odd = mixing.wirings(mixing.pieces_of_unit(ShuffleUnit(24, 48, 2, 3, 1)), 12)["paper"]
    return [*found, *reaches(odd), *reaches(odd._replace(first=6, second=4)), *relatives(odd._replace(first=6, second=4))]


def test_the_formulas_are_what_the_modules_do(calls, tmp_path):
    assert len([call for call in calls if call.name == "permutation"]) == 2 * len(PAIRS) == 98
    agrees(MODULE, calls, tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ('order === "paper" ? g : c / g;', 'order === "paper" ? c / g : g;'),
        ("(spot % rows) * (c / rows)", "(spot % rows) * rows"),
        ("[first, second].map", "[second, first].map"),
        ("places.map((spot) => from[spot])", "places"),
        ("[one, dealt, dealt]", "[one, dealt, two]"),
        ("[one, from.map((i) => [i]), two]", "[one, from.map((_, i) => [i]), two]"),
        ("Math.floor(i / n) * n", "Math.ceil(i / n) * n"),
        ("for (let r = row; r < 3; r += 1)", "for (let r = row; r < 2; r += 1)"),
        ("for (let r = row; r > 0; r -= 1)", "for (let r = row; r > 1; r -= 1)"),
        ("channel !== spot", "channel > spot"),
    ],
)
def test_a_mutant_is_caught(calls, tmp_path, right, mutant):
    catches(MODULE, right, mutant, calls, tmp_path)
