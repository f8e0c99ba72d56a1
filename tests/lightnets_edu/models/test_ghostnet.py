"""GhostNet against its paper's formulas and tables, published counts, and an independent implementation."""

import math
import re
from functools import cache, lru_cache, partial

import pytest
import torch
from parity import Pair, Peer, as_it_is, assert_same, in_full, meta
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.layers import SqueezeExcite
from lightnets_edu.models import ghostnet
from lightnets_edu.models.ghostnet import TABLE_1, WIDTHS, GhostBottleneck, GhostModule, GhostNet

COUNTS = {    # width: parameters and multiply-adds at 224 of the authors' code (facts/models.json); Table 7, in millions
    0.5: (2_587_292, 42_328_152, 2.6, 42),
    1.0: (5_182_508, 141_150_512, 5.2, 141),
    1.3: (7_358_820, 227_003_256, 7.3, 226),
}
DEPARTURES = {0.5: (-0.01, 0.3), 1.0: (-0.02, 0.2), 1.3: (0.06, 1.0)}    # millions
PRINTED = (    # Table 1 once more: side and channels of the input, #exp, #out, SE, stride
    (112, 16, 16, 16, 0, 1), (112, 16, 48, 24, 0, 2), (56, 24, 72, 24, 0, 1), (56, 24, 72, 40, 1, 2), (28, 40, 120, 40, 1, 1),
    (28, 40, 240, 80, 0, 2), (14, 80, 200, 80, 0, 1), (14, 80, 184, 80, 0, 1), (14, 80, 184, 80, 0, 1), (14, 80, 480, 112, 1, 1),
    (14, 112, 672, 112, 1, 1), (14, 112, 672, 160, 1, 2), (7, 160, 960, 160, 0, 1), (7, 160, 960, 160, 1, 1),
    (7, 160, 960, 160, 0, 1), (7, 160, 960, 160, 1, 1),
)  # fmt: skip
KERNELS = (3, 3, 3, 5, 5, 3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 5)    # which the table does not print: the authors' code
OUTS = {    # multiples of 4, worked out by hand; the stem has as many as the first block gives
    0.5: (8, 12, 12, 20, 20, 40, 40, 40, 40, 56, 56, 80, 80, 80, 80, 80),
    1.0: (16, 24, 24, 40, 40, 80, 80, 80, 80, 112, 112, 160, 160, 160, 160, 160),
    1.3: (20, 32, 32, 52, 52, 104, 104, 104, 104, 144, 144, 208, 208, 208, 208, 208),
}
EXPS = {    # the last is that of the 1×1 convolution too
    0.5: (8, 24, 36, 36, 60, 120, 100, 92, 92, 240, 336, 336, 480, 480, 480, 480),
    1.0: (16, 48, 72, 72, 120, 240, 200, 184, 184, 480, 672, 672, 960, 960, 960, 960),
    1.3: (20, 64, 92, 92, 156, 312, 260, 240, 240, 624, 872, 872, 1248, 1248, 1248, 1248),
}
SQUEEZES = {    # a quarter of #exp in multiples of 4
    0.5: {3: 12, 4: 16, 9: 60, 10: 84, 11: 84, 13: 120, 15: 120},
    1.0: {3: 20, 4: 32, 9: 120, 10: 168, 11: 168, 13: 240, 15: 240},
    1.3: {3: 24, 4: 40, 9: 156, 10: 220, 11: 220, 13: 312, 15: 312},
}


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


@pytest.mark.parametrize("width", WIDTHS)
def test_counts(width):
    """Exact, with the distance from Table 7, as listed; and the widths of every block."""
    rows = {row.name: row for row in layer_costs(meta(GhostNet, width), (1, 3, 224, 224))}
    measured, (params, macs, paper_params, paper_macs) = total(rows.values()), COUNTS[width]
    assert (measured.params, measured.macs) == (params, macs)
    departure = (round(params / 1e6 - paper_params, 2), round(macs / 1e6 - paper_macs, 1))
    assert departure == pytest.approx(DEPARTURES[width])
    outs = [rows["stem.0.0"].c_out, *(rows[f"blocks.{i}.project.cheap.0"].c_out * 2 for i in range(16))]
    assert outs == [OUTS[width][0], *OUTS[width]]
    exps = [*(rows[f"blocks.{i}.expand.cheap.0"].c_out * 2 for i in range(16)), rows["last.0.0"].c_out]
    assert exps == [*EXPS[width], EXPS[width][-1]]
    assert {int(name.split(".")[1]): row.c_out for name, row in rows.items() if name.endswith("squeeze")} == SQUEEZES[width]


def test_every_width_is_counted():
    assert set(COUNTS) == set(DEPARTURES) == set(OUTS) == set(EXPS) == set(SQUEEZES) == set(WIDTHS)


def test_table_1():
    """Sides, channels, #exp, #out, squeeze-and-excite, strides and the layers around the blocks, line by line."""
    rows = {row.name: row for row in layer_costs(meta(GhostNet), (1, 3, 224, 224))}
    for i, (kernel, (side, c_in, exp, out, se, stride)) in enumerate(zip(KERNELS, PRINTED, strict=True)):
        expand, project = rows[f"blocks.{i}.expand.primary.0"], rows[f"blocks.{i}.project.primary.0"]
        assert (*expand.out_shape[2:], expand.c_in) == (side, side, c_in)
        assert (expand.c_out + rows[f"blocks.{i}.expand.cheap.0"].c_out, project.c_in) == (exp, exp)
        assert project.c_out + rows[f"blocks.{i}.project.cheap.0"].c_out == out
        assert side // project.out_shape[2] == stride
        assert (f"blocks.{i}.se.squeeze" in rows) == bool(se)
        between = [rows[name] for name in (f"blocks.{i}.depthwise.0", f"blocks.{i}.shortcut.0.0") if name in rows]
        assert [row.kernel for row in between] == [(kernel, kernel)] * ((stride == 2) + (stride == 2 or c_in != out))
    ends = [rows[name] for name in ("stem.0.0", "last.0.0", "head.0", "head.3")]
    assert [(row.c_in, row.c_out) for row in ends] == [(3, 16), (160, 960), (960, 1280), (1280, 1000)]
    assert [(row.kernel, row.stride, row.out_shape[2]) for row in ends[:2]] == [((3, 3), (2, 2), 112), ((1, 1), (1, 1), 7)]


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
    module = pytest.importorskip("pytorchcv.models.ghostnet")
    return Peer(module.GhostConvBlock(c_in, c_out, **({} if relu else {"activation": None})))


def as_the_authors(unit: nn.Module, c_in: int, c_mid: int, kernel: int, stride: int, squeeze: int) -> nn.Module:
    """pytorchcv's unit with what the authors' code has: no activation in the shortcut, whose first kernel is the
    block's, a hard sigmoid, and squeeze widths in multiples of 4."""
    if unit.resize_identity:
        unit.identity_conv.dw_conv.activate = False
        unit.identity_conv.dw_conv.conv = nn.Conv2d(c_in, c_in, kernel, stride, kernel // 2, groups=c_in, bias=False)
    if squeeze:
        unit.body.se.conv1, unit.body.se.conv2 = nn.Conv2d(c_mid, squeeze, 1), nn.Conv2d(squeeze, c_mid, 1)
        unit.body.se.sigmoid = nn.Hardsigmoid()
    return unit


@cache
def peer_bottleneck(c_in: int, c_mid: int, c_out: int, kernel: int, stride: int, se: bool) -> Peer:
    module = pytest.importorskip("pytorchcv.models.ghostnet")
    unit = module.GhostUnit(c_in, c_out, stride, kernel == 3, c_mid / c_in, se)
    return Peer(as_the_authors(unit, c_in, c_mid, kernel, stride, int(c_mid / 4 + 2) // 4 * 4 if se else 0))


def by_stages(values) -> list[list]:
    """In pytorchcv's grouping: a stage begins where a stride is 2."""
    values = list(values)
    return [values[0:1], values[1:3], values[3:5], values[5:11], values[11:16]]


def peer(width: float, any_size: bool = False) -> Peer:
    """pytorchcv's network with the widths above, as the authors have it: a bias for the batch norm after the pool, and
    dropout. It pools 7 × 7 maps, those of 224 pixels; `any_size` lets it pool what there is."""
    module = pytest.importorskip("pytorchcv.models.ghostnet")
    outs, exps, squeezes = OUTS[width], EXPS[width], SQUEEZES[width]
    inputs = (outs[0], *outs[:-1])
    net = module.GhostNet(
        channels=by_stages(outs), init_block_channels=outs[0], final_block_channels=exps[-1], classifier_mid_channels=1280,
        kernels3=by_stages(int(kernel == 3) for kernel in KERNELS), use_se=by_stages(int(i in squeezes) for i in range(16)),
        exp_factors=by_stages(exp / c_in - 1e-9 for exp, c_in in zip(exps, inputs, strict=True)), first_stride=False, num_classes=5,
    )  # fmt: skip
    units = [unit for name, unit in net.features.named_modules() if name.split(".")[-1].startswith("unit")]
    for i, (unit, c_in, exp, kernel, line) in enumerate(zip(units, inputs, exps, KERNELS, PRINTED, strict=True)):
        as_the_authors(unit, c_in, exp, kernel, line[-1], squeezes.get(i, 0))
    net.output.conv1 = nn.Sequential(nn.Conv2d(exps[-1], 1280, 1), nn.ReLU(), nn.Dropout(0.2))
    if any_size:
        net.features.final_pool = nn.AdaptiveAvgPool2d(1)
    return Peer(net)


def ours(width: float) -> GhostNet:
    return GhostNet(width, num_classes=5)


@lru_cache(maxsize=2)
def pair(name: str) -> Pair:
    width = float(name.removeprefix("ghostnet_"))
    return Pair(partial(ours, width), peer(width, any_size=True), (2, 3, 64, 64))


@pytest.mark.parametrize("width", [0.5, *in_full(1.0, 1.3)])
def test_parity_at_full_size(width):
    assert_same(ours(width), peer(width), (1, 3, 224, 224))


@pytest.mark.parametrize("step", [4, *in_full(1)])
def test_parity_catches_sabotages_of_the_network(step):
    """Every fourth way, for the blocks have been through all: every one in full."""
    both = pair("ghostnet_0.5")
    ways = both.sabotages()
    for expected in ("addition 1 of 16", "concatenation 1 of 32", "sigmoid for hardsigmoid", "rate", "momentum", "stride"):
        assert any(expected in name for name, _ in ways), expected
    assert both.missed(ways[::step]) == []


@pytest.mark.parametrize(
    ("i", "changes", "message"),
    [
        (2, {"stride": 2}, "against target"),
        (4, {"kernel": 3}, None),
        (4, {"se": False}, "against target"),
        (6, {"exp": 184}, "against target"),
        (11, {"kernel": 3}, "against target"),
    ],
)
def test_parity_catches_a_wrong_entry_of_the_table(i, changes, message, monkeypatch):
    """But a kernel that nothing has: without a stride there is no depthwise convolution, and no shortcut's either."""
    table = list(TABLE_1)
    table[i] = table[i]._replace(**changes)
    monkeypatch.setattr(ghostnet, "TABLE_1", tuple(table))
    said = pair("ghostnet_0.5").caught(as_it_is)
    assert re.search(message, said) if message else said == ""


@pytest.mark.parametrize("divisor", [2, 8])
def test_parity_catches_another_rounding(divisor, monkeypatch):
    exact = ghostnet.round_channels
    monkeypatch.setattr(ghostnet, "round_channels", lambda c, **_: exact(c, divisor))
    assert "against target" in pair("ghostnet_0.5").caught(as_it_is)


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
        (lambda: GhostNet(0.75), r"width must be one of 0\.5, 1\.0, 1\.3, got 0\.75"),
        (lambda: GhostNet("1.0"), r"width must be one of 0\.5, 1\.0, 1\.3, got '1\.0'"),
        (lambda: GhostNet(num_classes=0), "num_classes must be a whole number from 1 up, got 0"),
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


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 1, 64, 64), (1, 64, 64, 3), (1, 3, 64, 0)])
def test_network_refuses_what_is_no_image(shape):
    net = meta(partial(GhostNet, 0.5, num_classes=2))
    with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape|images must be at least 1 × 1"):
        net(torch.empty(shape, device="meta"))


@pytest.mark.parametrize("size", [(1, 1), (33, 65), (96, 128)])
def test_network_takes_any_image_size(size):
    net = meta(partial(GhostNet, 0.5, num_classes=2)).eval()
    assert net(torch.empty(2, 3, *size, device="meta")).shape == (2, 2)


def test_a_module_leaves_its_input_alone_and_trains():
    """Activations work in place, on maps that nothing else reads: gradients are those of a module that copies."""
    block = GhostModule(8, 8).double()
    x = torch.randn(2, 8, 6, 6, dtype=torch.float64, requires_grad=True)
    before = x.detach().clone()
    block(x).square().sum().backward()
    gradient, x.grad = x.grad, None
    y = torch.relu(block.primary(x))
    torch.cat([y, torch.relu(block.cheap(y))], dim=1).square().sum().backward()
    assert torch.equal(x.detach(), before) and torch.allclose(x.grad, gradient)
