"""MicroNet against its authors' configurations, by hand, and against their networks read a second time."""

from functools import lru_cache, partial
from itertools import pairwise
from math import prod

import pytest
import torch
from counts import micronet as counts
from parity import Pair, Peer, as_it_is, assert_same, changing, in_full, meta
from torch import Tensor, nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.layers import conv_bn
from lightnets_edu.models import micronet
from lightnets_edu.models.micronet import (
    DynamicShiftMax,
    LinkedBlocksC,
    MicroNet,
    Row,
    adaptive_groups,
)

COLUMNS = "s c ks c1 c2 g1 g2 g3 g4 y1 y2 y3 r"    # heads of the authors' configurations (backbone/microconfig.py)
CONFIGURATIONS = {    # without n, which is 1, and c3, which nothing reads; g1 = 0 for block A, g3 = 0 for the last expansion
    "m0": ("2 8 3 2 2 0 4 2 2 2 0 1 1", "2 12 3 2 2 0 8 4 4 2 2 1 1", "2 16 5 2 2 0 12 4 4 2 2 1 1",
           "1 32 5 1 4 4 4 4 4 2 2 1 1", "2 64 5 1 4 8 8 8 8 2 2 1 1", "1 96 3 1 4 8 8 8 8 2 2 1 2",
           "1 384 3 1 4 12 12 0 0 2 2 1 2"),
    "m1": ("2 8 3 2 2 0 6 2 2 2 0 1 1", "2 16 3 2 2 0 8 4 4 2 2 1 1", "2 16 5 2 2 0 16 4 4 2 2 1 1",
           "1 32 5 1 6 4 4 4 4 2 2 1 1", "2 64 5 1 6 8 8 8 8 2 2 1 1", "1 96 3 1 6 8 8 8 8 2 2 1 2",
           "1 576 3 1 6 12 12 0 0 2 2 1 2"),
    "m2": ("2 12 3 2 2 0 8 4 4 2 0 1 1", "2 16 3 2 2 0 12 4 4 2 2 1 1", "1 24 3 2 2 0 16 4 4 2 2 1 1",
           "2 32 5 1 6 6 6 4 4 2 2 1 1", "1 32 5 1 6 8 8 4 4 2 2 1 2", "1 64 5 1 6 8 8 8 8 2 2 1 2",
           "2 96 5 1 6 8 8 8 8 2 2 1 2", "1 128 3 1 6 12 12 8 8 2 2 1 2", "1 768 3 1 6 16 16 0 0 2 2 1 2"),
    "m3": ("2 16 3 2 2 0 12 4 4 0 2 0 1", "2 24 3 2 2 0 16 4 4 0 2 0 1", "1 24 3 2 2 0 24 4 4 0 2 0 1",
           "2 32 5 1 6 6 6 4 4 0 2 0 1", "1 32 5 1 6 8 8 4 4 0 2 0 2", "1 64 5 1 6 8 8 8 8 0 2 0 2",
           "1 80 5 1 6 8 8 8 8 0 2 0 2", "1 80 5 1 6 10 10 8 8 0 2 0 2", "2 120 5 1 6 10 10 10 10 0 2 0 2",
           "1 120 5 1 6 12 12 10 10 0 2 0 2", "1 144 3 1 6 12 12 12 12 0 2 0 2", "1 864 3 1 6 12 12 0 0 0 2 0 2"),
}  # fmt: skip
ENDS = {    # scripts/eval_micronet_m*.sh: STEM_GROUPS, OUT_CH, DROPOUT, INIT_A, INIT_B; ACT_MAX is 2 and REDUCTION 8
    "m0": ((2, 2), 640, 0.05, (1.0, 1.0), (0.0, 0.0)), "m1": ((3, 2), 960, 0.05, (1.0, 1.0), (0.0, 0.0)),
    "m2": ((4, 2), 1024, 0.1, (1.0, 1.0), (0.0, 0.0)), "m3": ((4, 3), 1024, 0.1, (1.0, 0.5), (0.0, 0.5)),
}  # fmt: skip
MULTIPLIES = {"m0": 605_248, "m1": 805_952, "m2": 2_405_312, "m3": 2_571_520}    # of the authors' Dynamic Shift-Max
STATISTICS = {"m0": 7_492, "m1": 9_946, "m2": 15_776, "m3": 27_776}              # running means and variances
SHORTCUTS = {"m0": 0, "m1": 0, "m2": 1, "m3": 4}
COUNTS = {row.name.removeprefix("micronet_"): row for row in counts.ROWS}


def configuration(version: str) -> list[dict[str, int]]:
    rows = CONFIGURATIONS[version]
    return [dict(zip(COLUMNS.split(), map(int, row.split()), strict=True)) for row in rows]


def rounded(width: int) -> int:
    """A multiple of 4, at least 4, and at least 90 % of the width."""
    nearest = max(4, (width + 2) // 4 * 4)
    return nearest if nearest >= 0.9 * width else nearest + 4


# Counts ---------------------------------------------------------------------------------------------------------------


def by_hand(version: str) -> tuple[int, int, int, int]:
    """Parameters, multiply-adds, batch norm's statistics, Dynamic Shift-Max's multiplies: from the columns, nothing built."""
    (a, b), hidden, *_ = ENDS[version]
    weights = norms = macs = biases = multiplies = 0

    def conv(size: int, c_out: int, positions: int) -> None:
        nonlocal weights, norms, macs
        weights, norms, macs = weights + size, norms + c_out, macs + size * positions

    def shift_max(c: int, fusions: int, reduction: int, positions: int) -> None:
        nonlocal weights, macs, biases, multiplies
        if fusions:
            middle, size = rounded(c // reduction), c * (1 + 2 * fusions)
            weights, macs = weights + middle * size, macs + middle * size
            biases, multiplies = biases + middle + 2 * fusions * c, multiplies + 2 * fusions * c * positions

    conv(9 * a, a, 112 * 224)
    conv(3 * a * b, a * b, 112**2)
    c, side = a * b, 112
    for row in configuration(version):
        wide, tall = c * row["c1"] * row["c2"], row["ks"] * c * row["c1"]
        if row["g1"]:
            conv(c * wide // row["g1"], wide, side**2)
            fusions = row["y1"] if row["g3"] else row["y3"]
            shift_max(wide, fusions, 8 * row["r"], side**2)
            tall = row["ks"] * wide
        if row["g1"] and not row["g3"]:
            c = wide
            continue
        before, side = side, side // row["s"]
        conv(tall, tall // row["ks"], side * before)
        conv(row["ks"] * wide, wide, side**2)
        shift_max(wide, row["y2"], 8 * row["r"], side**2)
        conv(wide * row["c"] // row["g3"], row["c"], side**2)
        shift_max(row["c"], row["y3"], 4 * row["r"], side**2)
        c = row["c"]
    weights, macs = weights + c * hidden + hidden * 1000, macs + c * hidden + hidden * 1000
    return weights + 2 * norms + biases + 3 * (hidden + 1000), macs, 2 * (norms + hidden + 1000), multiplies


@pytest.mark.parametrize("version", CONFIGURATIONS)
def test_counts(version):
    net = meta(MicroNet, version)
    found = total(layer_costs(net, (1, 3, 224, 224)))
    statistics = sum(b.numel() for name, b in net.named_buffers() if "running" in name)
    measured = found.params, found.macs, statistics, net.shift_max_multiplies()
    row = COUNTS[version]
    assert measured == by_hand(version) == (row.params, row.macs, STATISTICS[version], MULTIPLIES[version])


def test_printed_figures():
    """The README's 4, 6 and 21 million are convolutions, linear layers and Dynamic Shift-Max together, rounded, none of
    them without; with 12 for 12.7 million M2's is cut off."""
    printed = {version: int(row.printed_macs) for version, row in COUNTS.items()}
    alone = {version: row.macs / 1e6 for version, row in COUNTS.items()}
    both = {version: (row.macs + MULTIPLIES[version]) / 1e6 for version, row in COUNTS.items()}
    assert [v for v in printed if round(both[v]) != printed[v]] == ["m2"] and int(both["m2"]) == printed["m2"]
    assert [v for v in printed if round(alone[v]) == printed[v]] == []


def test_multiplies_grow_with_the_image_and_the_network_stays_as_it_was():
    net = meta(MicroNet, "m0")
    assert net.shift_max_multiplies(448) == 4 * MULTIPLIES["m0"]
    assert not any(layer._forward_hooks for layer in net.modules()) and net.training
    with pytest.raises(ValueError, match="pixels must be a whole number from 1 up, got 0"):
        net.shift_max_multiplies(0)


# The tables -----------------------------------------------------------------------------------------------------------


def cut_again(version: str) -> tuple[Row, ...]:
    """The authors' rows, each of whose expansions goes to the end of the row before."""
    rows = configuration(version)
    found, c = [], prod(ENDS[version][0])
    for row, after in pairwise(rows):
        if not after["g1"]:
            found.append(Row("A", row["ks"], row["s"], row["c"], row["g3"]))
        else:
            block, wide = "C" if row["g1"] else "B", row["c"] * after["c1"] * after["c2"]
            found.append(Row(block, row["ks"], row["s"], row["c"], row["g3"], wide, after["g1"], row["r"], after["r"]))
        assert row["g3"] == row["g4"] and (row["g1"] == row["g2"] or (row["g1"], row["g2"], row["r"]) == (0, c, 1))
        c = row["c"]
    return tuple(found)


@pytest.mark.parametrize("version", CONFIGURATIONS)
def test_table_1(version):
    """Column by column, with one difference: M3 has nothing behind its expansions that a reduction could apply to."""
    _, rows, hidden, dropout, *_ = micronet.VERSIONS[version]
    places = {name: [row[column] for row in configuration(version)] for name, column in (("expand", "y1"), ("squeeze", "y3"))}
    expected = cut_again(version)
    if version == "m3":
        rows, expected = (tuple(row._replace(r2=1) for row in table) for table in (rows, expected))
    assert rows == expected
    assert "".join(row.block for row in rows).replace("A", "", 2) == "B" + "C" * (len(rows) - 3)
    assert (hidden, dropout) == ENDS[version][1:3]
    for name, fusions in places.items():
        assert {getattr(micronet.VERSIONS[version].places, name)} == set(fusions)


SIDES = {"m0": (56, 28, 14, 14, 7, 7), "m1": (56, 28, 14, 14, 7, 7), "m2": (56, 28, 28, 14, 14, 14, 7, 7),
         "m3": (56, 28, 28, 14, 14, 14, 14, 14, 7, 7, 7)}  # fmt: skip


@pytest.mark.parametrize("version", CONFIGURATIONS)
def test_sides_and_channels_behind_each_squeeze_and_expansion(version):
    rows = layer_costs(meta(MicroNet, version), (1, 3, 224, 224))
    squeezed = [row.out_shape[1:3] for row in rows if row.name.endswith(".squeeze.0")]
    wide = [row.out_shape[1:3] for row in rows if row.name.endswith(".expand.0")]
    table = micronet.VERSIONS[version].rows
    assert squeezed == [(row.squeezed, side) for row, side in zip(table, SIDES[version], strict=True)]
    assert wide == [(row.c, side) for row, side in zip(table, SIDES[version], strict=True) if row.c]


def test_groups_of_the_tables_are_near_the_rule():
    """G = √(C/R), within a factor of √2, since they must divide two widths; exactly where both are squares' multiples."""
    for version in micronet.VERSIONS.values():
        for row in version.rows:
            for groups in (row.g1, row.g2 or row.g1):
                assert 0.7 < groups / row.squeezed**0.5 < 1.42
    last = micronet.VERSIONS["m3"].rows[-1]
    assert last.g1 == last.g2 == adaptive_groups(last.squeezed, 1) == 12


# Parity with the authors' networks, read a second time ----------------------------------------------------------------


class Taken(nn.Module):
    """Channels in another order."""

    def __init__(self, order: list[int]):
        super().__init__()
        self.order = order

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.order]


def in_turn(c: int, groups: int) -> Taken:
    """One channel from each group in turn."""
    size = c // groups
    return Taken([group * size + i for i in range(size) for group in range(groups)])


class Fused(nn.Module):
    """Dynamic Shift-Max, with all coefficients in one tensor."""

    def __init__(self, c: int, groups: int, reduction: int, a: list[float], b: list[float]):
        super().__init__()
        size = c // groups
        next_one = [(i // size + 1) % groups * size + (i + 1) % size for i in range(c)]
        self.shift, self.c = Taken(next_one), c
        self.start = [list(pair) for pair in zip(a, b, strict=True)]
        middle = rounded(c // reduction)
        self.coefficients = nn.Sequential(
            nn.Linear(c, middle), nn.ReLU(), nn.Linear(middle, 2 * len(a) * c), nn.Hardsigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        start = torch.tensor(self.start, dtype=x.dtype, device=x.device)[None, :, :, None]
        y = self.coefficients(x.mean((2, 3))).reshape(len(x), -1, 2, self.c)
        y = 4 * (y - 0.5) + start
        return torch.einsum("nkjc,njchw->nkchw", y, torch.stack([x, self.shift(x)], 1)).amax(1)


class Around(nn.Sequential):
    """With a shortcut."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + x


class Ends(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.hardswish(x.clamp(0, 6).mean((2, 3)))


def read_again(version: str, classes: int) -> nn.Sequential:
    """The authors' rows as they stand, cut before each expansion, with shortcuts around a row."""
    (maps, each), hidden, dropout, a, b = ENDS[version]

    def conv(c_in, c_out, kernel, stride, groups):
        padding = tuple(k // 2 for k in kernel)
        return [nn.Conv2d(c_in, c_out, kernel, stride, padding, groups=groups, bias=False), nn.BatchNorm2d(c_out)]

    def activation(c, groups, reduction, fusions, otherwise):
        if fusions:
            return [Fused(c, groups, reduction, [1.0] if fusions == 1 else list(a), [0.0] if fusions == 1 else list(b))]
        return otherwise

    net = conv(3, maps, (3, 1), (2, 1), 1) + conv(maps, maps * each, (1, 3), (1, 2), maps)
    net += [in_turn(maps * each, maps), nn.ReLU6()]
    c = maps * each
    for row in configuration(version):
        s, c_out, k, c1, c2, g1, g2, g3, g4, y1, y2, y3, r = row.values()
        wide, parts = c * c1 * c2, []
        if g1:
            parts += conv(c, wide, (1, 1), 1, g1)
            parts += activation(wide, g2, 8 * r, y1 if g3 else y3, [nn.ReLU6()] if g3 else [])
        if g3:
            parts += [in_turn(wide, g2)] if g1 else []
            parts += conv(wide if g1 else c, wide if g1 else c * c1, (k, 1), (s, 1), wide if g1 else c)
            parts += conv(wide if g1 else c * c1, wide, (1, k), (1, s), wide if g1 else c * c1)
            parts += activation(wide, wide // g2 if g1 else g2, 8 * r, y2, [nn.ReLU6()])
            parts += [] if g1 else [in_turn(wide, g2)]
            if y2:
                parts += [in_turn(wide, wide // 4 if g1 and y1 else wide // 2)]
            parts += conv(wide, c_out, (1, 1), 1, g3)
            parts += activation(c_out, g4, 4 * r, y3, [])
            parts += [in_turn(c_out, g4), *([in_turn(c_out, c_out // 2)] if y3 else [])]
        net += [Around(*parts) if s == 1 and c == c_out else nn.Sequential(*parts)]
        c = c_out
    net += [Ends(), nn.Linear(c, hidden), nn.BatchNorm1d(hidden), nn.Hardswish(), nn.Dropout(dropout)]
    return nn.Sequential(*net, nn.Linear(hidden, classes), nn.BatchNorm1d(classes), nn.Hardswish())


def ours(version: str) -> MicroNet:
    return MicroNet(version, num_classes=5)


@lru_cache(maxsize=4)
def pair(name: str) -> Pair:
    version = name.removeprefix("micronet_")
    return Pair(partial(ours, version), Peer(read_again(version, 5)), (2, 3, 64, 96))


@pytest.mark.parametrize("version", CONFIGURATIONS)
def test_the_peer_has_the_shortcuts_of_the_authors(version):
    net = pair(f"micronet_{version}")
    assert sum(isinstance(layer, Around) for layer in net.peer.net.modules()) == SHORTCUTS[version]
    layers = list(meta(MicroNet, version).modules())
    inside = sum(getattr(layer, "shortcut", False) for layer in layers)
    assert inside + sum(isinstance(layer, LinkedBlocksC) for layer in layers) == SHORTCUTS[version]


@pytest.mark.parametrize("version", ["m0", *in_full("m1", "m2", "m3")])
def test_parity_at_full_size(version):
    assert_same(ours(version), pair(f"micronet_{version}").peer, (1, 3, 224, 224))


def shift_by_groups_alone(x: Tensor, groups: int) -> Tensor:
    """What the paper's formula does."""
    return x.roll(-(x.shape[1] // groups), dims=1)


def shift_back(x: Tensor, groups: int) -> Tensor:
    n, c, h, w = x.shape
    return x.reshape(n, groups, c // groups, h, w).roll((1, 1), dims=(1, 2)).reshape(x.shape)


@pytest.fixture
def short(monkeypatch):
    """Pairs of a network that ends after a few blocks: quicker, and all that can be spoilt is there."""

    def build(version: str) -> Pair:
        blocks, end = {"m0": (4, "1 128 3 1 4 8 8 0 0 2 2 1 1"), "m3": (5, "1 192 3 1 6 8 8 0 0 0 2 0 2")}[version]
        whole = micronet.VERSIONS[version]
        monkeypatch.setitem(micronet.VERSIONS, version, whole._replace(rows=whole.rows[:blocks]))
        monkeypatch.setitem(micronet.LINKS, "m3", (4,))
        monkeypatch.setitem(CONFIGURATIONS, version, (*CONFIGURATIONS[version][:blocks], end))
        return Pair(partial(ours, version), Peer(read_again(version, 5)), (2, 3, 64, 96))

    return build


def test_parity_catches_another_shift(short, monkeypatch):
    both = short("m0")
    both.assert_same()
    for shift in (shift_by_groups_alone, shift_back, lambda x, groups: x):
        monkeypatch.setattr(micronet, "circular_shift", shift)
        assert "outputs differ" in both.caught(as_it_is)


def once(name: str, **values: object):
    """Another value of an attribute."""
    return changing(name, lambda layer: [setattr(layer, key, value) for key, value in values.items()] and None)


SLIPS = {
    "m0": {
        "no second shuffle": once("blocks.3", between=[]),
        "no shuffle of the stem": once("", shuffle=1),
        "no shuffle before a depthwise convolution": once("blocks.3", g0=None),
        "no shuffle behind a squeeze": once("blocks.2", behind=[8]),
        "a sum without a maximum": changing("blocks.2.filtered", lambda layer: DynamicShiftMax(48, 12, 8, 1).double()),
        "another start": once("blocks.2.filtered", mix=0.5),
        "shifts in other groups": once("blocks.3.filtered", groups=4),
        "ReLU for ReLU6": changing("blocks.0.filtered", lambda layer: nn.ReLU()),
        "1×k first": changing("blocks.2.depthwise", lambda layer: nn.Sequential(*layer[2:], *layer[:2])),
        "no batch norm at the end": changing("head.5", lambda layer: nn.Identity()),
        "scores as they are": changing("head.6", lambda layer: nn.Identity()),
        "a wider squeeze inside": changing("blocks.2.squeezed", lambda layer: DynamicShiftMax(16, 4, 8, 1).double()),
        "no groups": changing("blocks.3.squeeze", lambda layer: conv_bn(64, 32, 1).double()),
    },
    "m3": {
        "no shortcut in block B": once("blocks.2", shortcut=False),
        "no shortcut between blocks C": changing("blocks.3", lambda two: nn.Sequential(two.first, two.second)),
        "a fusion that starts at 1, 0": once("blocks.2.filtered", mix=0.0),
        "a shuffle too many": once("blocks.1", behind=[4, 12]),
        "another second shuffle": once("blocks.3.first", between=[36]),
        "Dynamic Shift-Max behind an expansion": changing("blocks.2.expanded", lambda layer: DynamicShiftMax(144, 6, 20)),
    },
}


def test_parity_catches_every_sabotage(short):
    both = short("m0")
    ways = [*both.sabotages(), *SLIPS["m0"].items()]
    for expected in ("activation", "for hardsigmoid", "addition", "stride", "padding", "eps", "momentum", "twice the rate"):
        assert any(expected in name for name, _ in ways), expected
    assert both.missed(ways) == []


def test_parity_catches_slips_in_what_m3_alone_has(short):
    assert short("m3").missed(SLIPS["m3"].items()) == []
