"""MobileNet V1 against its paper's tables, published counts, and an independent implementation."""

from functools import lru_cache, partial

import pytest
import torch
from parity import Pair, Peer, assert_same, changing, in_full, meta
from torch import nn

from lightnets_edu.cost import conv_macs, conv_params, layer_costs, total
from lightnets_edu.models.mobilenet_v1 import RESOLUTIONS, TABLE_1, WIDTHS, DepthwiseSeparable, MobileNetV1

COUNTS = {  # α: parameters, multiply-adds at 224 (facts/models.json); the paper's Table 6 in millions
    1.0: (4231976, 568740352, 4.2, 569),
    0.75: (2585560, 325400448, 2.6, 325),
    0.5: (1331592, 149497088, 1.3, 149),
    0.25: (470072, 41030272, 0.5, 41),
}
TABLE_7 = {224: 569, 192: 418, 160: 290, 128: 186}  # image: multiply-adds in millions
OUTPUTS = (  # Table 1, the input sizes of the lines below each pair: side, channels
    (112, 64), (56, 128), (56, 128), (28, 256), (28, 256), (14, 512),
    (14, 512), (14, 512), (14, 512), (14, 512), (14, 512), (7, 1024), (7, 1024),
)  # fmt: skip


def costs(width: float = 1.0, size: int = 224):
    return layer_costs(meta(MobileNetV1, width), (1, 3, size, size))


@pytest.mark.parametrize("width", WIDTHS)
def test_counts(width):
    """Exact, and within the unit of the last place that Table 6 prints."""
    measured = total(costs(width))
    params, macs, paper_params, paper_macs = COUNTS[width]
    assert (measured.params, measured.macs) == (params, macs)
    assert round(params / 1e6, 1) == paper_params
    assert abs(macs / 1e6 - paper_macs) < 1


def test_every_width_is_counted():
    assert set(COUNTS) == set(WIDTHS) and set(TABLE_7) == set(RESOLUTIONS)


def test_table_1():
    """Sides and channels after the stem and after each of the thirteen blocks; one classifier."""
    rows = costs()
    assert rows[0].out_shape == (1, 32, 112, 112)
    blocks = [row for row in rows if row.name.endswith("pointwise.0")]
    assert tuple((row.out_shape[2], row.c_out) for row in blocks) == OUTPUTS
    depthwise = [row for row in rows if row.kind == "depthwise"]
    assert [(row.c_out, row.kernel, row.stride[0]) for row in depthwise] == [
        (c, (3, 3), s) for c, s in zip([32, *[c for _, c in OUTPUTS[:-1]]], [s for s, _ in TABLE_1], strict=True)
    ]
    assert (rows[-1].name, rows[-1].c_in, rows[-1].c_out) == ("head", 1024, 1000)


def test_equation_5():
    """§3.1: a block costs (1/N + 1/9) of the standard convolution that it replaces; here with stride 1, 3x3."""
    rows = layer_costs(DepthwiseSeparable(64, 128, 1), (1, 64, 28, 28))
    assert total(rows).macs == 9 * 64 * 28**2 + 64 * 128 * 28**2
    assert total(rows).macs * 9 * 128 == conv_macs(64, 128, 3, 28) * (9 + 128)


def test_table_2():
    """Shares of multiply-adds and of weights in per cent. The paper prints 1.19 where this network has 1.91; with 1.19,
    its column adds up to 99.29."""
    rows = [row for row in costs() if row.macs]
    macs = {kind: sum(r.macs for r in rows if r.kind == kind) for kind in ("pointwise", "depthwise", "standard", "linear")}
    shares = [round(100 * n / sum(macs.values()), 2) for n in macs.values()]
    assert shares == [94.86, 3.06, 1.91, 0.18]
    weights = {kind: sum(r.params for r in rows if r.kind == kind) for kind in macs}
    weights["linear"] -= 1000  # its bias
    assert [round(100 * n / sum(weights.values()), 2) for n in weights.values()] == [74.59, 1.06, 0.02, 24.33]


def test_table_4():
    """With standard convolutions in place of the blocks: 4866 M multiply-adds and 29.3 M parameters."""
    params, macs, c_in, side = 27 * 32, 27 * 32 * 112**2, 32, 112
    for s, c in TABLE_1:
        side //= s
        params += conv_params(c_in, c, 3)
        macs += conv_macs(c_in, c, 3, side)
        c_in = c
    assert round(macs / 1e6) == 4866
    assert round((params + 1024 * 1000) / 1e6, 1) == 29.3


def test_table_5():
    """The shallow network lacks the five blocks of 14 x 14 x 512: 307 M multiply-adds, 2.9 M parameters."""
    net = MobileNetV1().to("meta")
    net.blocks = nn.Sequential(*[block for i, block in enumerate(net.blocks) if not 6 <= i < 11])
    measured = total(layer_costs(net, (1, 3, 224, 224)))
    assert (round(measured.macs / 1e6), round(measured.params / 1e6, 1)) == (307, 2.9)


@pytest.mark.parametrize("size", RESOLUTIONS)
def test_resolution_multiplier(size):
    """Table 7; §3.4: the convolutions' cost falls with ρ², exactly, and the parameters stay."""
    measured, full = total(costs(size=size)), total(costs())
    assert measured.params == full.params
    assert abs(measured.macs / 1e6 - TABLE_7[size]) < 1
    assert (measured.macs - 1024000) * 224**2 == (full.macs - 1024000) * size**2


# Parity with pytorchcv, as it is ---------------------------------------------------------------------------------------


def ours(width: float) -> MobileNetV1:
    return MobileNetV1(width, num_classes=5)


def peer(width: float, any_size: bool = False) -> Peer:
    """pytorchcv pools 7 × 7 maps, those of 224 pixels; `any_size` lets it pool what there is."""
    net = pytest.importorskip("pytorchcv.models.mobilenet").get_mobilenet(width, num_classes=5)
    if any_size:
        net.features.final_pool = nn.AdaptiveAvgPool2d(1)
    return Peer(net)


@lru_cache(maxsize=1)
def pair(name: str) -> Pair:
    width = float(name.removeprefix("mobilenet_v1_"))
    return Pair(partial(ours, width), peer(width, any_size=True), (2, 3, 64, 64))


@pytest.mark.parametrize("width", [1.0, *in_full(0.75, 0.5, 0.25)])
def test_parity_at_full_size(width):
    assert_same(ours(width), peer(width), (1, 3, 224, 224))


def test_parity_catches_every_sabotage():
    both = pair("mobilenet_v1_0.25")
    ways = both.sabotages()
    assert any("relu6 for relu" in name for name, _ in ways) and any("stride" in name for name, _ in ways)
    assert both.missed(ways) == []


def test_parity_catches_the_printed_stride():
    """Table 1's last "Conv dw / s2", taken at its word."""
    last = changing("blocks.12", lambda block: DepthwiseSeparable(256, 256, 2))
    assert "outputs differ" in pair("mobilenet_v1_0.25").caught(last)


# What is refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 0.3}, r"width must be one of 1\.0, 0\.75, 0\.5, 0\.25, got 0\.3"),
        ({"width": True}, r"width must be one of .*, got True"),
        ({"width": [1.0]}, r"width must be one of .*, got \[1\.0\]"),
        ({"num_classes": 0}, "num_classes must be a whole number from 1 up, got 0"),
        ({"num_classes": 10.0}, r"num_classes must be a whole number from 1 up, got 10\.0"),
    ],
)
def test_network_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        MobileNetV1(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 8, 1), "c_in must be a whole number from 1 up, got 0"),
        ((8, 8.0, 1), r"c_out must be a whole number from 1 up, got 8\.0"),
        ((8, 8, 3), "stride must be one of 1, 2, got 3"),
    ],
)
def test_block_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        DepthwiseSeparable(*arguments)


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 1, 64, 64), (1, 64, 64, 3), (1, 3, 0, 64)])
def test_network_refuses_what_is_no_image(shape):
    net = MobileNetV1(0.25, num_classes=2).to("meta")
    with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape|images must be at least 1 × 1"):
        net(torch.empty(shape, device="meta"))


@pytest.mark.parametrize("size", [(1, 1), (33, 65), (128, 128)])
def test_network_takes_any_image_size(size):
    net = MobileNetV1(0.25, num_classes=2).eval().to("meta")
    assert net(torch.empty(2, 3, *size, device="meta")).shape == (2, 2)


@pytest.mark.parametrize(("stride", "size"), [(1, (7, 6)), (2, (4, 3))])
def test_block_shapes(stride, size):
    block = DepthwiseSeparable(8, 12, stride).to("meta")
    assert block(torch.empty(2, 8, 7, 6, device="meta")).shape == (2, 12, *size)
