"""EfficientNet against its paper's tables, published counts, and an independent implementation."""

import math
from functools import cache, lru_cache, partial

import pytest
import torch
from parity import Pair, Peer, as_it_is, assert_same, in_full, meta
from torch import nn
from torch.nn.functional import silu

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.layers import SqueezeExcite
from lightnets_edu.models import efficientnet
from lightnets_edu.models.catalogue import CATALOGUE
from lightnets_edu.models.efficientnet import (
    DROPOUT,
    VARIANTS,
    EfficientNet,
    MBConv,
    scale_channels,
    scale_layers,
)

PRINTED = (    # Table 1, EfficientNet-B0: stage, operator's expansion and kernel, resolution, #channels, #layers
    (2, 1, 3, 112, 16, 1), (3, 6, 3, 112, 24, 2), (4, 6, 5, 56, 40, 2), (5, 6, 3, 28, 80, 3), (6, 6, 5, 14, 112, 3),
    (7, 6, 5, 14, 192, 4), (8, 6, 3, 7, 320, 1),
)  # fmt: skip
SCALED = {    # channels of stages 1 to 9 and layers of stages 2 to 8, worked out by hand; dropout of the authors' code
    "b0": ((32, 16, 24, 40, 80, 112, 192, 320, 1280), (1, 2, 2, 3, 3, 4, 1), 0.2),
    "b1": ((32, 16, 24, 40, 80, 112, 192, 320, 1280), (2, 3, 3, 4, 4, 5, 2), 0.2),
    "b2": ((32, 16, 24, 48, 88, 120, 208, 352, 1408), (2, 3, 3, 4, 4, 5, 2), 0.3),
    "b3": ((40, 24, 32, 48, 96, 136, 232, 384, 1536), (2, 3, 3, 5, 5, 6, 2), 0.3),
    "b4": ((48, 24, 32, 56, 112, 160, 272, 448, 1792), (2, 4, 4, 6, 6, 8, 2), 0.4),
    "b5": ((48, 24, 40, 64, 128, 176, 304, 512, 2048), (3, 5, 5, 7, 7, 9, 3), 0.4),
    "b6": ((56, 32, 40, 72, 144, 200, 344, 576, 2304), (3, 6, 6, 8, 8, 11, 3), 0.5),
    "b7": ((64, 32, 48, 80, 160, 224, 384, 640, 2560), (4, 7, 7, 10, 10, 13, 4), 0.5),
}
COUNTS = {    # parameters and multiply-adds at each one's pixels (facts/models.json); Table 2, in millions and billions
    "b0": (224, 5_288_548, 385_814_752, 5.3, 0.39), "b1": (240, 7_794_184, 686_802_832, 7.8, 0.70),
    "b2": (260, 9_109_994, 993_561_872, 9.2, 1.0), "b3": (300, 12_233_232, 1_827_141_392, 12, 1.8),
    "b4": (380, 19_341_616, 4_393_771_024, 19, 4.2), "b5": (456, 30_389_784, 10_266_384_752, 30, 9.9),
    "b6": (528, 43_040_704, 19_067_593_536, 43, 19), "b7": (600, 66_347_960, 37_745_884_192, 66, 37),
}  # fmt: skip
DEPARTURES = {    # those above, minus the paper's
    "b0": (0.0, 0.0), "b1": (0.0, -0.01), "b2": (-0.1, 0.0), "b3": (0.2, 0.0),
    "b4": (0.3, 0.2), "b5": (0.4, 0.4), "b6": (0.0, 0.1), "b7": (0.3, 0.7),
}  # fmt: skip


def counted(block: nn.Module, shape: tuple[int, ...]) -> tuple[int, int]:
    return total(layer_costs(block.to("meta"), shape))[:2]


def by_hand(c_in: int, c_out: int, k: int, t: int, squeeze: int, size: int, stride: int = 1) -> tuple[int, int]:
    """Parameters with batch norms and the biases of squeeze-and-excite, and multiply-adds."""
    mid, out = t * c_in, -(-size // stride)
    expand, depthwise, project = (c_in * mid if t > 1 else 0), k * k * mid, mid * c_out
    norms = 2 * (mid * (t > 1) + mid + c_out)
    se = 2 * mid * squeeze
    macs = expand * size**2 + (depthwise + project) * out**2 + se
    return expand + depthwise + project + norms + se + (squeeze + mid if squeeze else 0), macs


@pytest.mark.parametrize(
    ("arguments", "size", "squeeze", "params", "macs"),
    [  # one block of each stage of B0, the first or, with a shortcut, the second; written out for two of them
        ((32, 16, 3, 1, 1), 112, 8, 1_448, 10_035_712),
        ((16, 24, 3, 2, 6), 112, 4, 6_004, 29_203_200),
        ((24, 24, 3, 1, 6), 56, 6, None, None),
        ((40, 40, 5, 1, 6), 28, 10, None, None),
        ((80, 80, 3, 1, 6), 14, 20, None, None),
        ((112, 192, 5, 2, 6), 14, 28, None, None),
        ((192, 320, 3, 1, 6), 7, 48, None, None),
    ],
)
def test_counts(arguments, size, squeeze, params, macs):
    c_in, c_out, kernel, stride, t = arguments
    expected = by_hand(c_in, c_out, kernel, t, squeeze, size, stride)
    assert counted(MBConv(*arguments), (1, c_in, size, size)) == expected
    assert params is None or expected == (params, macs)


@pytest.mark.parametrize(("share", "squeeze"), [(0, 0), (0.0, 0), (0.01, 1), (0.125, 5), (0.25, 10), (0.99, 39), (1, 40)])
def test_the_squeeze_is_a_share_of_the_input(share, squeeze):
    """Rounded down, and never nothing; 0 leaves squeeze-and-excite out."""
    assert counted(MBConv(40, 40, 5, 1, 6, share), (1, 40, 28, 28)) == by_hand(40, 40, 5, 6, squeeze, 28)


@cache
def network(name: str) -> EfficientNet:
    width, depth, _ = VARIANTS[name]
    return meta(EfficientNet, width, depth)


@pytest.mark.parametrize("name", VARIANTS)
def test_network_counts(name):
    """Exact, at the variant's own size, with the distance from Table 2, as listed."""
    pixels, params, macs, paper_params, paper_macs = COUNTS[name]
    assert VARIANTS[name][2] == pixels
    assert total(layer_costs(network(name), (1, 3, pixels, pixels)))[:2] == (params, macs)
    departure = (round(params / 1e6 - paper_params, 1), round(macs / 1e9 - paper_macs, 2 if name == "b1" else 1))
    assert departure == pytest.approx(DEPARTURES[name])


def test_every_variant_is_counted():
    assert list(COUNTS) == list(DEPARTURES) == list(SCALED) == list(VARIANTS) == list(DROPOUT)


def test_table_1():
    """Operators, resolutions, channels and layers of B0, line by line: a stage's resolution is that of its input."""
    rows = {row.name: row for row in layer_costs(network("b0"), (1, 3, 224, 224))}
    i, c_in = 0, 32
    for _, expansion, kernel, side, channels, layers in PRINTED:
        for layer in range(layers):
            first = rows.get(f"blocks.{i}.expand.0", rows[f"blocks.{i}.depthwise.0"])
            depthwise, project = rows[f"blocks.{i}.depthwise.0"], rows[f"blocks.{i}.project.0"]
            if layer == 0:
                assert first.out_shape[2] * (1 if expansion > 1 else first.stride[0]) == side
            assert (first.c_in, depthwise.c_in, project.c_out) == (c_in, c_in * expansion, channels)
            assert depthwise.kernel == (kernel, kernel) and rows[f"blocks.{i}.se.squeeze"].c_out == c_in // 4
            i, c_in = i + 1, channels
    assert len(network("b0").blocks) == i == 16
    ends = [rows[name] for name in ("stem.0.0", "last.0.0", "head.1")]
    assert [(row.c_in, row.c_out) for row in ends] == [(3, 32), (320, 1280), (1280, 1000)]
    assert [(row.kernel[0], row.out_shape[2]) for row in ends[:2]] == [(3, 112), (1, 7)]


@pytest.mark.parametrize("name", VARIANTS)
def test_scaled_channels_and_layers(name):
    """In the network, and by the two functions; the catalogue builds the same, with the dropout of the authors' code."""
    net, (channels, layers, dropout) = network(name), SCALED[name]
    width, depth, pixels = VARIANTS[name]
    assert net.stem[0][0].out_channels == channels[0] and net.last[0][0].out_channels == channels[-1]
    outs = [c for c, n in zip(channels[1:-1], layers, strict=True) for _ in range(n)]
    assert [block.project[0].out_channels for block in net.blocks] == outs
    assert tuple(scale_channels(c, width) for c in SCALED["b0"][0]) == channels
    assert tuple(scale_layers(n, depth) for n in SCALED["b0"][1]) == layers
    entry = CATALOGUE[f"efficientnet_{name}"]
    assert entry.arguments == {"width": width, "depth": depth, "dropout": dropout} and DROPOUT[name] == dropout
    assert entry.pixels == pixels


def test_the_authors_numbers_are_near_powers_but_none_exactly():
    """§3.3 and §5: depth 1.2^φ, width 1.1^φ, resolution 1.15^φ."""
    for width, depth, pixels in list(VARIANTS.values())[1:]:
        own = {"width": (width, 1.1), "depth": (depth, 1.2), "pixels": (pixels / 224, 1.15)}
        powers = [math.log(value) / math.log(base) for value, base in own.values()]
        phi = sum(powers) / 3
        assert max(powers) - min(powers) > 0.05
        assert all(abs(value / base**phi - 1) < 0.13 for value, base in own.values())


@pytest.mark.parametrize(
    ("channels", "width", "scaled"), [(8, 1.0, 8), (12, 1.0, 16), (11, 1.0, 16), (16, 1.2, 24), (16, 1.1, 16), (1, 0.1, 8)]
)
def test_channels_are_multiples_of_8_and_lose_no_tenth(channels, width, scaled):
    assert scale_channels(channels, width) == scaled >= 0.9 * channels * width


def test_layers_are_rounded_up():
    assert [scale_layers(n, 1.1) for n in (1, 2, 3, 10)] == [2, 3, 4, 11 + (10 * 1.1 > 11)]
    assert [scale_layers(3, depth) for depth in (0.1, 1 / 3, 0.5, 1, 10)] == [1, 1, 2, 3, 30]


# Parity with pytorchcv -----------------------------------------------------------------------------------------------

ARGUMENTS = [    # c_in, c_out, kernel, stride, expansion, squeeze
    (32, 16, 3, 1, 1, 0.25), (16, 16, 3, 1, 1, 0.25), (16, 24, 3, 2, 6, 0.25), (40, 40, 5, 1, 6, 0.25), (40, 40, 5, 1, 6, 0),
]  # fmt: skip


@cache
def peer(c_in: int, c_out: int, kernel: int, stride: int, expansion: int, squeeze: float) -> Peer:
    """pytorchcv's unit with the authors' batch norm."""
    module = pytest.importorskip("pytorchcv.models.efficientnet")
    own = {
        "normalization": lambda num_features: nn.BatchNorm2d(num_features, eps=0.001, momentum=0.01),
        "activation": lambda: nn.SiLU(), "tf_mode": False,
    }  # fmt: skip
    if expansion == 1:
        return Peer(module.EffiDwsConvUnit(c_in, c_out, stride, **own))
    return Peer(module.EffiInvResUnit(c_in, c_out, kernel, stride, expansion, 4 if squeeze else 0, **own))


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_parity(arguments):
    assert_same(MBConv(*arguments), peer(*arguments), (2, arguments[0], 9, 8))


@pytest.mark.parametrize("arguments", ARGUMENTS[1:])
def test_parity_catches_every_sabotage(arguments):
    both = Pair(partial(MBConv, *arguments), peer(*arguments), (2, arguments[0], 9, 8))
    ways = both.sabotages()
    for expected in ("hardswish for silu", "without activation", "eps", "momentum"):
        assert any(expected in name for name, _ in ways), expected
    assert both.missed(ways) == []


class SqueezeOfTheExpanded(MBConv):
    """A quarter of the expanded channels, as MobileNet V3 has."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        c_mid = self.depthwise[0].in_channels
        self.se = SqueezeExcite(c_mid, c_mid // 4, activation=silu)


class ReLUSqueeze(MBConv):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.se.activation = torch.relu


class SwishAtTheEnd(MBConv):
    def forward(self, x):
        return x + silu(super().forward(x) - x)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [(SqueezeOfTheExpanded, "against target se.squeeze"), (ReLUSqueeze, "outputs differ"), (SwishAtTheEnd, "outputs differ")],
)
def test_parity_catches_another_block(wrong, message):
    with pytest.raises(AssertionError, match=message):
        assert_same(wrong(*ARGUMENTS[3]), peer(*ARGUMENTS[3]), (2, 40, 9, 8))


def peer_network(name: str) -> Peer:
    """pytorchcv's network with the authors' batch norm. It pools what there is, and knows its own dropout."""
    module = pytest.importorskip("pytorchcv.models.efficientnet")
    net = module.get_efficientnet(name, (VARIANTS[name][2],) * 2, bn_eps=0.001, num_classes=5)
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 0.01
    return Peer(net)


def ours(name: str) -> EfficientNet:
    width, depth, _ = VARIANTS[name]
    return EfficientNet(width, depth, num_classes=5, dropout=DROPOUT[name])


@lru_cache(maxsize=1)
def pair(name: str) -> Pair:
    name = name.removeprefix("efficientnet_")
    return Pair(partial(ours, name), peer_network(name), (1, 3, 40, 33))


@pytest.mark.parametrize("name", ["b0", *in_full(*list(VARIANTS)[1:])])
def test_parity_at_full_size(name):
    assert_same(ours(name), peer_network(name), (1, 3, VARIANTS[name][2], VARIANTS[name][2]))


@pytest.mark.parametrize("step", [4, *in_full(1)])
def test_parity_catches_sabotages_of_the_network(step):
    """Every fourth way, for the blocks have been through all: every one in full."""
    both = pair("efficientnet_b0")
    ways = both.sabotages()
    for expected in ("addition 1 of 9", "hardswish for silu", "hardsigmoid for sigmoid", "rate", "momentum", "stride"):
        assert any(expected in name for name, _ in ways), expected
    assert both.missed(ways[::step]) == []


@pytest.mark.parametrize(
    ("i", "changes", "message"),
    [
        (1, {"layers": 3}, "layers|against target"),
        (2, {"kernel": 3}, "against target"),
        (4, {"stride": 2}, "outputs differ|shape"),
        (5, {"expansion": 4}, "against target"),
        (6, {"c_out": 328}, "against target"),
    ],
)
def test_parity_catches_a_wrong_entry_of_the_table(i, changes, message, monkeypatch):
    stages = list(efficientnet.STAGES)
    stages[i] = stages[i]._replace(**changes)
    monkeypatch.setattr(efficientnet, "STAGES", tuple(stages))
    with pytest.raises(AssertionError, match=message):
        pair("efficientnet_b0").assert_same()


def nearest(channels: int, width: float) -> int:
    """Without the rule of nine tenths."""
    return int(channels * width + 4) // 8 * 8


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("scale_channels", nearest), ("scale_layers", lambda layers, depth: round(layers * depth)),
     ("scale_layers", lambda layers, depth: math.floor(layers * depth))],
)  # fmt: skip
def test_parity_catches_another_scaling(name, wrong, monkeypatch):
    """In B3, where 16 channels become 24, and 19."""
    monkeypatch.setattr(efficientnet, name, wrong)
    assert pair("efficientnet_b3").caught(as_it_is)


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "wrong", "message"),
    [
        (0, 0, "c_in must be a whole number from 1 up, got 0"),
        (1, 2.5, r"c_out must be a whole number from 1 up, got 2\.5"),
        (2, 4, "kernel must be odd, so that padding can keep the size; got 4"),
        (2, "3", "kernel must be a whole number from 1 up, got '3'"),
        (3, 3, "stride must be one of 1, 2, got 3"),
        (4, False, "expansion must be a whole number from 1 up, got False"),
        (5, 1.5, r"squeeze must be a number from 0 to 1, got 1\.5"),
        (5, True, "squeeze must be a number from 0 to 1, got True"),
        (5, float("nan"), "squeeze must be a number from 0 to 1, got nan"),
        (5, None, "squeeze must be a number from 0 to 1, got None"),
    ],
)
def test_says_what_is_wrong(position, wrong, message):
    arguments = [16, 24, 3, 1, 6, 0.25]
    arguments[position] = wrong
    with pytest.raises(ValueError, match=message):
        MBConv(*arguments)


@pytest.mark.parametrize(("stride", "c_out", "size"), [(1, 8, (7, 6)), (1, 12, (7, 6)), (2, 8, (4, 3))])
def test_shapes(stride, c_out, size):
    block = MBConv(8, c_out, 5, stride, 6).to("meta")
    assert block(torch.empty(2, 8, 7, 6, device="meta")).shape == (2, c_out, *size)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: EfficientNet(0), "width must be a number above 0 and at most 10, got 0"),
        (lambda: EfficientNet("1.0"), r"width must be a number above 0 and at most 10, got '1\.0'"),
        (lambda: EfficientNet(1.0, 10.5), r"depth must be a number above 0 and at most 10, got 10\.5"),
        (lambda: EfficientNet(1.0, True), "depth must be a number above 0 and at most 10, got True"),
        (lambda: EfficientNet(1.0, math.nan), "depth must be a number above 0 and at most 10, got nan"),
        (lambda: EfficientNet(num_classes=None), "num_classes must be a whole number from 1 up, got None"),
        (lambda: EfficientNet(dropout=1), "dropout must be a rate from 0 to below 1, got 1"),
        (lambda: EfficientNet(dropout=-0.1), r"dropout must be a rate from 0 to below 1, got -0\.1"),
        (lambda: EfficientNet(dropout=None), "dropout must be a rate from 0 to below 1, got None"),
        (lambda: scale_channels(2.5, 1.0), r"channels must be a whole number from 1 up, got 2\.5"),
        (lambda: scale_channels(16, math.inf), "width must be a number above 0 and at most 10, got inf"),
        (lambda: scale_layers(0, 1.0), "layers must be a whole number from 1 up, got 0"),
        (lambda: scale_layers(1, -1), "depth must be a number above 0 and at most 10, got -1"),
    ],
)
def test_network_says_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 1, 64, 64), (1, 64, 64, 3), (1, 3, 64, 0)])
def test_network_refuses_what_is_no_image(shape):
    with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape|images must be at least 1 × 1"):
        network("b0")(torch.empty(shape, device="meta"))


@pytest.mark.parametrize("size", [(1, 1), (33, 65), (96, 128)])
def test_network_takes_any_image_size(size):
    assert network("b0").eval()(torch.empty(2, 3, *size, device="meta")).shape == (2, 1000)


def test_a_block_leaves_its_input_alone_and_trains():
    """Activations work in place, on maps that nothing else reads: gradients are those of a block that copies."""
    block = MBConv(8, 8, 3, 1, 6).double()
    x = torch.randn(2, 8, 6, 6, dtype=torch.float64, requires_grad=True)
    before = x.detach().clone()
    block(x).square().sum().backward()
    gradient, x.grad = x.grad, None
    y = silu(block.depthwise(silu(block.expand(x))))
    (x + block.project(block.se(y))).square().sum().backward()
    assert torch.equal(x.detach(), before) and torch.allclose(x.grad, gradient)
