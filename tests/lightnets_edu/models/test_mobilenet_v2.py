"""MobileNet V2 against its paper's table, published counts, and an independent implementation."""

from functools import lru_cache, partial

import pytest
import torch
from counts import agrees
from parity import Pair, Peer, as_it_is, assert_same, in_full, meta
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models import mobilenet_v2
from lightnets_edu.models.mobilenet_v2 import TABLE_2, WIDTHS, InvertedResidual, MobileNetV2

COUNTS = {  # α: parameters, multiply-adds at 224 (facts/models.json); reported parameters and multiply-adds in millions
    0.35: (1677128, 59285808, 1.6, 59.2),
    0.5: (1968680, 97131840, 1.95, 97),
    0.75: (2636424, 209069792, 2.61, 209),
    1.0: (3504872, 300774272, 3.4, 300),
    1.4: (6108776, 582195824, 6.9, 585),
}
DEPARTURES = {0.35: (0.08, 0.1), 0.5: (0.02, 0.1), 0.75: (0.03, 0.1), 1.0: (0.10, 0.8), 1.4: (-0.79, -2.8)}  # millions
CHANNELS = {  # α: stem, seven lines of Table 2, last convolution, rounded to multiples of 8 by hand
    0.35: (16, 8, 8, 16, 24, 32, 56, 112, 1280),
    0.5: (16, 8, 16, 16, 32, 48, 80, 160, 1280),
    0.75: (24, 16, 24, 24, 48, 72, 120, 240, 1280),
    1.0: (32, 16, 24, 32, 64, 96, 160, 320, 1280),
    1.4: (48, 24, 32, 48, 88, 136, 224, 448, 1792),
}
SIDES = (112, 56, 28, 14, 14, 7, 7)  # after each line of Table 2


@pytest.mark.parametrize("width", WIDTHS)
def test_counts(width):
    """Exact, with the distance from what is reported, as listed."""
    measured = total(layer_costs(meta(MobileNetV2, width), (1, 3, 224, 224)))
    params, macs, reported_params, reported_macs = COUNTS[width]
    assert (measured.params, measured.macs) == (params, macs)
    departure = (round(params / 1e6 - reported_params, 2), round(macs / 1e6 - reported_macs, 1))
    assert departure == pytest.approx(DEPARTURES[width])


def test_every_width_is_counted():
    assert set(COUNTS) == set(DEPARTURES) == set(CHANNELS) == set(WIDTHS)


@pytest.mark.parametrize("width", WIDTHS)
def test_table_2(width):
    """Sides, channels, expansion and strides, line by line."""
    rows = layer_costs(meta(MobileNetV2, width), (1, 3, 224, 224))
    stem, *lines, last = CHANNELS[width]
    assert rows[0].out_shape == (1, stem, 112, 112)
    projects = [row for row in rows if row.name.endswith("project.0")]
    expected = [(side, c) for side, c, row in zip(SIDES, lines, TABLE_2, strict=True) for _ in range(row.n)]
    assert [(row.out_shape[2], row.c_out) for row in projects] == expected
    inputs = [stem, *[c for _, c in expected[:-1]]]
    factors = [1] + [6] * 16
    assert [row.c_in for row in projects] == [c * t for c, t in zip(inputs, factors, strict=True)]
    strides = [row.stride[0] for row in rows if row.kind == "depthwise"]
    assert strides == [1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1]
    assert [row.c_out for row in rows if row.name in ("last.0.0", "head.1")] == [last, 1000]


@pytest.mark.parametrize(("width", "printed"), [(0.35, "1.66"), (0.5, "1.95"), (0.75, "2.61"), (1.0, "3.47"), (1.4, "6.06")])
def test_parameters_are_printed_without_batch_norm(width, printed):
    net = meta(MobileNetV2, width)
    norms = sum(p.numel() for layer in net.modules() if isinstance(layer, nn.BatchNorm2d) for p in layer.parameters())
    assert agrees(sum(p.numel() for p in net.parameters()) - norms, printed)


def test_ten_shortcuts():
    """Stride 1 and equal widths: ten of the seventeen blocks. Three more have stride 1 but other widths."""
    blocks = meta(MobileNetV2).blocks
    assert [i for i, block in enumerate(blocks) if block.shortcut] == [2, 4, 5, 7, 8, 9, 11, 12, 14, 15]
    assert [i for i, b in enumerate(blocks) if b.depthwise[0].stride == (1, 1) and not b.shortcut] == [0, 10, 16]


def test_a_widening_that_widens_nothing_would_cost_too_much():
    """The first block's 1x1 convolution from 32 to 32 channels, left out as in all code that has the paper's 300 M."""
    block = InvertedResidual(32, 16, 1, 1)
    assert block.expand is None
    assert round((COUNTS[1.0][1] + 32 * 32 * 112**2) / 1e6, 1) == 313.6


# Parity with pytorchcv -------------------------------------------------------------------------------------------------


def as_torchvision(peer: nn.Module) -> nn.Module:
    """pytorchcv follows the authors' earlier code, which has neither bias nor dropout in the classifier. torchvision
    has both, and nothing else differs once pytorchcv is given the widths (it truncates where torchvision rounds)."""
    c = peer.output.in_channels
    peer.output = nn.Sequential(nn.Dropout(0.2), nn.Conv2d(c, peer.num_classes, 1))
    return peer


def ours(width: float) -> MobileNetV2:
    return MobileNetV2(width, num_classes=5)


def peer(width: float, any_size: bool = False) -> Peer:
    """pytorchcv pools 7 × 7 maps, those of 224 pixels; `any_size` lets it pool what there is."""
    peer_of = pytest.importorskip("pytorchcv.models.mobilenetv2").MobileNetV2
    stem, a, b, c, d, e, f, g, last = CHANNELS[width]
    stages = [[a], [b] * 2, [c] * 3, [d] * 4 + [e] * 3, [f] * 3 + [g]]
    net = as_torchvision(peer_of(stages, stem, last, remove_exp_conv=True, num_classes=5))
    if any_size:
        net.features.final_pool = nn.AdaptiveAvgPool2d(1)
    return Peer(net)


@lru_cache(maxsize=1)
def pair(name: str) -> Pair:
    width = float(name.removeprefix("mobilenet_v2_"))
    return Pair(partial(ours, width), peer(width, any_size=True), (2, 3, 64, 64))


@pytest.mark.parametrize("width", [1.0, *in_full(0.35, 0.5, 0.75, 1.4)])
def test_parity_at_full_size(width):
    assert_same(ours(width), peer(width), (1, 3, 224, 224))


@pytest.fixture
def small() -> Pair:
    return pair("mobilenet_v2_0.35")


def test_parity_catches_every_sabotage(small):
    ways = small.sabotages()
    for expected in ("relu for relu6", "addition", "stride", "eps", "momentum", "rate"):
        assert any(expected in name for name, _ in ways), expected
    assert small.missed(ways) == []


class Spoilt(InvertedResidual):
    """A bottleneck that is not linear, or that also has a shortcut where widths differ."""

    way = ""

    def forward(self, x):
        if self.way == "shortcut between other widths" and self.depthwise[0].stride == (1, 1) and not self.shortcut:
            y = super().forward(x)
            y[:, : x.shape[1]] += x[:, : y.shape[1]]
            return y
        if self.way == "ReLU6 after project":
            shortcut, self.shortcut = self.shortcut, False
            y = mobilenet_v2.relu6(super().forward(x))
            self.shortcut = shortcut
            return x + y if shortcut else y
        return super().forward(x)


@pytest.mark.parametrize("way", ["shortcut between other widths", "ReLU6 after project"])
def test_parity_catches_a_spoilt_block(way, small, monkeypatch):
    monkeypatch.setattr(mobilenet_v2, "InvertedResidual", Spoilt)
    small.assert_same()    # not spoilt yet
    monkeypatch.setattr(Spoilt, "way", way)
    assert "outputs differ" in small.caught(as_it_is)


def test_parity_catches_a_stride_in_the_wrong_block(small, monkeypatch):
    rows = list(TABLE_2)
    rows[4], rows[5] = rows[4]._replace(s=2), rows[5]._replace(s=1)
    monkeypatch.setattr(mobilenet_v2, "TABLE_2", tuple(rows))
    assert "outputs differ" in small.caught(as_it_is)


# What is refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 0.3}, r"width must be one of 0\.35, 0\.5, 0\.75, 1\.0, 1\.4, got 0\.3"),
        ({"width": "1.0"}, r"width must be one of .*, got '1\.0'"),
        ({"num_classes": -1}, "num_classes must be a whole number from 1 up, got -1"),
        ({"num_classes": None}, "num_classes must be a whole number from 1 up, got None"),
    ],
)
def test_network_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        MobileNetV2(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 8, 1, 6), "c_in must be a whole number from 1 up, got 0"),
        ((8, "8", 1, 6), "c_out must be a whole number from 1 up, got '8'"),
        ((8, 8, 1, 1.5), r"expansion must be a whole number from 1 up, got 1\.5"),
        ((8, 8, 0, 6), "stride must be one of 1, 2, got 0"),
    ],
)
def test_block_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        InvertedResidual(*arguments)


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 1, 64, 64), (1, 64, 64, 3), (1, 3, 64, 0)])
def test_network_refuses_what_is_no_image(shape):
    net = MobileNetV2(0.35, num_classes=2).to("meta")
    with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape|images must be at least 1 × 1"):
        net(torch.empty(shape, device="meta"))


@pytest.mark.parametrize("size", [(1, 1), (33, 65), (96, 128)])
def test_network_takes_any_image_size(size):
    net = MobileNetV2(0.35, num_classes=2).eval().to("meta")
    assert net(torch.empty(2, 3, *size, device="meta")).shape == (2, 2)


@pytest.mark.parametrize(("stride", "c_out", "size"), [(1, 8, (7, 6)), (1, 12, (7, 6)), (2, 8, (4, 3))])
def test_block_shapes(stride, c_out, size):
    block = InvertedResidual(8, c_out, stride, 6).to("meta")
    assert block(torch.empty(2, 8, 7, 6, device="meta")).shape == (2, c_out, *size)
    assert block.shortcut == (stride == 1 and c_out == 8)
