"""What the page computes of ghosts, replayed by node over what Python says: every state, and real layers."""

from pathlib import Path

import pytest
import torch
from replay import Call, agrees, catches
from torch import nn

from lightnets_edu.widgets import GhostMaps
from lightnets_edu.widgets.ghost_maps import ghosts
from lightnets_edu.widgets.kit import compose

SCRIPT = compose(Path(ghosts.__file__).with_name("ghosts.js"))


def calls_of(figure: GhostMaps) -> list[Call]:
    found = []
    for key, now in figure.ghosts.items():
        figure.s, figure.d = map(int, key.split())
        own = [r for r, p in zip(now["r2"], now["parents"], strict=True) if p >= 0]
        for i, parent in enumerate(now["parents"]):
            if parent < 0:
                continue
            made = [[round(1000 * value) for value in row] for row in figure.ghost(i)]
            found.append(Call("ghost", [figure.maps[parent], now["kernels"][i], now["biases"][i], figure.layer["clipped"]], made))
            rest = [[1000 * a - b for a, b in zip(*rows, strict=True)] for rows in zip(figure.maps[i], made, strict=True)]
            found.append(Call("missing", [figure.maps[i], made], rest))
            rank = 1 + sorted(own, reverse=True).index(now["r2"][i])
            found.append(Call("among", [now["parents"], now["r2"], i], {"many": len(own), "mean": sum(own) / len(own), "rank": rank}))
    return found


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    torch.manual_seed(3)
    found = calls_of(GhostMaps()) + calls_of(GhostMaps.from_module(nn.Conv2d(2, 6, 3), torch.randn(1, 2, 9, 8)))
    for sizes in ((64, 128, 3, 2, 3), (64, 128, 1, 2, 3), (3, 20, 5, 3, 5), (3, 12, 1, 4, 5)):
        costs = list(ghosts.macs(*sizes))
        found += [Call("macs", [*sizes], costs), Call("times", [costs], ghosts.times(*sizes))]
    for value, gives in ((0, 0), (99, 7), (7, 0), (8, 1), (-8, -1), (-99, -7), (400, 7), (50, 4), (-400, -7)):
        found.append(Call("level", [value, 99, 7], gives))
    return found


def test_the_page_computes_what_python_says(calls, tmp_path):
    assert len(calls) > 150 and {call.name for call in calls} == {"ghost", "missing", "among", "macs", "times", "level"}
    agrees(SCRIPT, calls, tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("Math.floor(i / d) - reach", "Math.floor(i / d)"), ("(i % d) - reach", "Math.floor(i / d) - reach"), ("?? 0)", "?? 1)"),
        ("clipped ? Math.max(0, sum) : sum", "sum"), ("clipped ? Math.max(0, sum) : sum", "Math.max(0, sum)"), ("bias,\n);", "0,\n);"),
        ("1000 * value - made", "value - made"), ("Math.ceil(c_out / s)", "Math.floor(c_out / s)"), ("(s - 1)", "s"), ("* d * d]", "* d]"),
        ("c_in * m * k * k", "c_in * m"), ("primary + cheap)", "primary)"), ("parents[at] >= 0", "true"), ("share > shares[i]", "share >= shares[i]"),
        ("/ own.length", "/ shares.length"), ("Math.min(steps, ", "Math.min(9 * steps, "), ("Math.sign(value) *", "1 *"),
    ],
)  # fmt: skip
def test_a_mutant_is_caught(calls, tmp_path, right, mutant):
    catches(SCRIPT, right, mutant, calls, tmp_path)
