"""GhostNet's blocks against the paper's formulas and table, published counts, and an independent implementation."""

import math
from functools import cache, partial

import pytest
import torch
from parity import Pair, Peer, assert_same
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.layers import SqueezeExcite, conv_bn
from lightnets_edu.models.ghostnet import GhostBottleneck, GhostModule

TABLE_1 = (    # kernel, #exp, #out, SE, stride: the G-bnecks of GhostNet 1.0, from 112² × 16
    (3, 16, 16, False, 1), (3, 48, 24, False, 2), (3, 72, 24, False, 1), (5, 72, 40, True, 2), (5, 120, 40, True, 1),
    (3, 240, 80, False, 2), (3, 200, 80, False, 1), (3, 184, 80, False, 1), (3, 184, 80, False, 1), (3, 480, 112, True, 1),
    (3, 672, 112, True, 1), (5, 672, 160, True, 2), (5, 960, 160, False, 1), (5, 960, 160, True, 1), (5, 960, 160, False, 1),
    (5, 960, 160, True, 1),
)  # fmt: skip
PARAMS, MACS = 5_182_508, 141_150_512    # the authors' code at 224; the paper prints 5.2 M and 141 M


def counted(block: nn.Module, shape: tuple[int, ...]) -> tuple[int, int]:
    return total(layer_costs(block.to("meta"), shape))[:2]


def module_by_hand(c_in: int, c_out: int, k: int, s: int, d: int, size: int) -> tuple[int, int]:
    """Parameters with batch norm, and multiply-adds, by §3.2: m = n / s primary maps, m · (s - 1) ghosts."""
    m = math.ceil(c_out / s)
    weights = c_in * m * k * k + m * (s - 1) * d * d
    return weights + 2 * m * s, weights * size * size


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize(("s", "d"), [(2, 3), (2, 1), (3, 3), (4, 5), (5, 7)])
def test_module_counts(k, s, d):
    assert counted(GhostModule(40, 120, k, s, d), (1, 40, 28, 28)) == module_by_hand(40, 120, k, s, d, 28)


@pytest.mark.parametrize(
    ("block", "shape", "params", "macs"),
    [  # lines 1, 2 and 4 of Table 1, worked out by hand
        (GhostBottleneck(16, 16, 16), (1, 16, 112, 112), 464, 5_017_600),
        (GhostBottleneck(16, 48, 24, 3, 2), (1, 16, 112, 112), 2_564, 12_681_984),
        (GhostBottleneck(24, 72, 40, 5, 2, se=True), (1, 24, 56, 56), 9_636, 7_632_768),
    ],
)
def test_bottleneck_counts(block, shape, params, macs):
    assert counted(block, shape) == (params, macs)


def network() -> nn.Module:
    """GhostNet 1.0 around our blocks: Table 1."""
    blocks, c = [], 16
    for kernel, exp, out, se, stride in TABLE_1:
        blocks.append(GhostBottleneck(c, exp, out, kernel, stride, se))
        c = out
    end = [conv_bn(160, 960, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Conv2d(960, 1280, 1), nn.ReLU(), nn.Flatten()]
    return nn.Sequential(conv_bn(3, 16, 3, 2), nn.ReLU(), *blocks, *end, nn.Linear(1280, 1000))


def test_a_network_of_these_blocks_counts_as_the_authors_do():
    assert counted(network(), (1, 3, 224, 224)) == (PARAMS, MACS)


def test_where_s_does_not_divide():
    """One primary map more; the surplus is cut off."""
    block = GhostModule(8, 129, s=2).eval()
    assert (block.primary[0].out_channels, block.cheap[0].out_channels) == (65, 65)
    x = torch.randn(1, 8, 5, 5)
    assert block(x).shape == (1, 129, 5, 5)
    assert torch.equal(block(x)[:, :65], torch.relu(block.primary(x)))


def test_ghosts_come_from_one_primary_map_each():
    block = GhostModule(4, 12, s=3, relu=False).double().eval()    # a ReLU may hide a map that changed
    x = torch.randn(1, 4, 6, 6, dtype=torch.float64)
    before = block(x)
    with torch.no_grad():
        block.primary[0].weight[1] += 1.0    # the second of four primary maps
    changed = (block(x) != before).flatten(2).any(2)[0]
    assert changed.nonzero().flatten().tolist() == [1, 6, 7]


# Parity with pytorchcv -----------------------------------------------------------------------------------------------


@cache
def peer_module(c_in: int, c_out: int, relu: bool = True) -> Peer:
    ghostnet = pytest.importorskip("pytorchcv.models.ghostnet")
    return Peer(ghostnet.GhostConvBlock(c_in, c_out, **({} if relu else {"activation": None})))


@cache
def peer_bottleneck(c_in: int, c_mid: int, c_out: int, kernel: int, stride: int, se: bool) -> Peer:
    """pytorchcv's unit with what the authors' code has: no activation in the shortcut, whose first kernel is the
    block's, a hard sigmoid, and squeeze widths in multiples of 4."""
    ghostnet = pytest.importorskip("pytorchcv.models.ghostnet")
    unit = ghostnet.GhostUnit(c_in, c_out, stride, kernel == 3, c_mid / c_in, se)
    if unit.resize_identity:
        unit.identity_conv.dw_conv.activate = False
        unit.identity_conv.dw_conv.conv = nn.Conv2d(c_in, c_in, kernel, stride, kernel // 2, groups=c_in, bias=False)
    if se:
        squeeze = int(c_mid / 4 + 2) // 4 * 4
        unit.body.se.conv1, unit.body.se.conv2 = nn.Conv2d(c_mid, squeeze, 1), nn.Conv2d(squeeze, c_mid, 1)
        unit.body.se.sigmoid = nn.Hardsigmoid()
    return Peer(unit)


@pytest.mark.parametrize("relu", [True, False])
def test_module_parity(relu):
    assert_same(GhostModule(24, 72, relu=relu), peer_module(24, 72, relu), (2, 24, 9, 8))


BOTTLENECKS = [
    (16, 16, 16, 3, 1, False), (16, 48, 24, 3, 2, False), (24, 72, 40, 5, 2, True), (40, 120, 40, 5, 1, True),
    (80, 480, 112, 3, 1, True),
]  # fmt: skip


@pytest.mark.parametrize("arguments", BOTTLENECKS)
def test_bottleneck_parity(arguments):
    assert_same(GhostBottleneck(*arguments), peer_bottleneck(*arguments), (2, arguments[0], 9, 8))


@pytest.mark.parametrize("arguments", [BOTTLENECKS[2], BOTTLENECKS[3]])
def test_parity_catches_every_sabotage(arguments):
    both = Pair(partial(GhostBottleneck, *arguments), peer_bottleneck(*arguments), (2, arguments[0], 9, 8))
    ways = both.sabotages()
    for expected in ("addition", "concatenation", "sigmoid for hardsigmoid", "relu6 for relu", "eps"):
        assert any(expected in name for name, _ in ways), expected
    assert both.missed(ways) == []


class LastReLU(GhostBottleneck):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.project.relu = True


class WideSqueeze(GhostBottleneck):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.se = SqueezeExcite(arguments[1], arguments[1] // 4 + 4)


class LateGhosts(GhostModule):
    """Ghosts of what ReLU has not cut."""

    def forward(self, x):
        y = self.primary(x)
        return torch.relu(torch.cat([y, self.cheap(y)], dim=1))


@pytest.mark.parametrize("wrong", [LastReLU, WideSqueeze])
def test_parity_catches_another_bottleneck(wrong):
    with pytest.raises(AssertionError, match=r"outputs differ|against target"):
        assert_same(wrong(*BOTTLENECKS[3]), peer_bottleneck(*BOTTLENECKS[3]), (2, 40, 9, 8))


def test_parity_catches_another_module():
    with pytest.raises(AssertionError, match="outputs differ"):
        assert_same(LateGhosts(24, 72), peer_module(24, 72), (2, 24, 9, 8))
    with pytest.raises(AssertionError, match="against target"):
        assert_same(GhostModule(24, 72, s=3), peer_module(24, 72), (2, 24, 9, 8))


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: GhostModule(0, 8), "c_in must be a whole number from 1 up, got 0"),
        (lambda: GhostModule(8, 2.5), r"c_out must be a whole number from 1 up, got 2\.5"),
        (lambda: GhostModule(8, 8, 2), "kernel must be odd, so that padding can keep the size; got 2"),
        (lambda: GhostModule(8, 8, s=0), "s must be a whole number from 1 up, got 0"),
        (lambda: GhostModule(8, 8, s=1), "s must be 2 or more, so that there are ghosts; got 1"),
        (lambda: GhostModule(8, 8, d=4), "kernel must be odd, so that padding can keep the size; got 4"),
        (lambda: GhostModule(8, 8, relu="no"), "relu must be one of True, False, got 'no'"),
        (lambda: GhostBottleneck(8, None, 8), "c_mid must be a whole number from 1 up, got None"),
        (lambda: GhostBottleneck(8, 8, 8, 6, 2), "kernel must be odd, so that padding can keep the size; got 6"),
        (lambda: GhostBottleneck(8, 8, 8, -3), "kernel must be a whole number from 1 up, got -3"),
        (lambda: GhostBottleneck(8, 8, 8, 3, 3), "stride must be one of 1, 2, got 3"),
        (lambda: GhostBottleneck(8, 8, 8, se=0.25), r"se must be one of True, False, got 0\.25"),
    ],
)
def test_says_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize(("stride", "c_out", "size"), [(1, 8, (7, 6)), (1, 12, (7, 6)), (2, 8, (4, 3))])
def test_shapes(stride, c_out, size):
    block = GhostBottleneck(8, 20, c_out, 5, stride, True).to("meta")
    assert block(torch.empty(2, 8, 7, 6, device="meta")).shape == (2, c_out, *size)
