"""The front end's two formulas, replayed by node over what real modules do: every C up to 32, every g, both orders."""

import functools
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lightnets_edu.models.shufflenet_v1 import ShuffleUnit, channel_shuffle
from lightnets_edu.widgets import ChannelShuffle, _mixing
from lightnets_edu.widgets._mixing import PAIRS, Wiring

REPLAY = Path(__file__).with_name("replay_channel_shuffle.test.mjs")


def case(c: int, g: int, order: str, wiring: Wiring) -> dict:
    named = {"from": wiring.order, "first": wiring.first, "second": wiring.second}
    return {"c": c, "g": g, "order": order, **named, "reach": _mixing.reach(wiring)}


@pytest.fixture(scope="module")
def fixture(tmp_path_factory) -> Path:
    """Permutations from the package's own shuffle, reach from gradients, and two networks unlike the formula."""
    cases = []
    for c, g in PAIRS:
        for order, groups in (("paper", g), ("inverse", c // g)):  # published code swaps the two sizes
            sent = _mixing.permutation(functools.partial(channel_shuffle, groups=groups), c)
            cases += [case(c, g, order, Wiring(sent, g, g)), case(c, g, "none", Wiring(tuple(range(c)), g, g))]
    assert len(cases) == 4 * 118
    odd = _mixing.wirings(_mixing.pieces_of_unit(ShuffleUnit(24, 48, 2, 3, 1)), 12)["paper"]
    cases += [case(12, 3, "dense first layer", odd), case(12, 3, "uneven", odd._replace(first=6, second=4))]
    path = tmp_path_factory.mktemp("replay") / "cases.json"
    path.write_text(json.dumps(cases))
    return path


def replay(script: str, fixture: Path) -> subprocess.CompletedProcess:
    """`node --test` over the fixture with this front end."""
    node = shutil.which("node") or pytest.fail("node is missing: apt-get install nodejs", pytrace=False)
    module = fixture.with_name("front_end.mjs")
    module.write_text(script, encoding="utf-8")
    environment = {**os.environ, "MODULE": module.as_uri(), "FIXTURE": str(fixture)}
    return subprocess.run([node, "--test", str(REPLAY)], capture_output=True, text=True, env=environment)


def test_the_formulas_are_what_the_modules_do(fixture):
    run = replay(ChannelShuffle._esm, fixture)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr
    passed, failed = (int(re.search(rf"{word} (\d+)", run.stdout)[1]) for word in ("# pass", "# fail"))
    assert failed == 0 and passed >= 4 * 118 + 2


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
def test_a_mutant_is_caught(fixture, right, mutant):
    assert ChannelShuffle._esm.count(right) == 1
    run = replay(ChannelShuffle._esm.replace(right, mutant), fixture)
    assert run.returncode != 0 and int(re.search(r"# fail (\d+)", run.stdout)[1]) > 0
