"""The statements of the ledger for SqueezeNext, recomputed. One test each; book/ledger names them."""

from functools import cache

import pytest
import torch
from torch import nn

from lightnets_edu.cost import LayerCost, conv_params, layer_costs, total
from lightnets_edu.models import MODELS
from lightnets_edu.models.squeezenext import BLOCKS, CHANNELS, Block, FirstBlock, SqueezeNext

IMAGE = (1, 3, 227, 227)


@cache
def rows(name: str) -> list[LayerCost]:
    with torch.device("meta"):
        return layer_costs(MODELS[name](), IMAGE)


def params(name: str) -> int:
    return total(rows(name)).params


def conv_weights(block: nn.Module) -> list[int]:
    return [part.weight.numel() for part in block.modules() if isinstance(part, nn.Conv2d)]


def pair(c_in: int, c_mid: int, c_out: int, k: int) -> int:
    """Weights of two real layers, k×1 and 1×k."""
    layers = nn.Conv2d(c_in, c_mid, (k, 1), device="meta"), nn.Conv2d(c_mid, c_out, (1, k), device="meta")
    return sum(layer.weight.numel() for layer in layers)


def test_112_times_is_the_grouped_network():
    alexnet = params("alexnet")
    assert alexnet == 60_965_224
    assert params("squeezenext_1.0_g_sqnxt_23") == 544_072 and round(alexnet / 544_072) == 112
    assert params("squeezenext_1.0_sqnxt_23") == 718_280 and alexnet / 718_280 == pytest.approx(84.9, abs=0.05)
    assert alexnet / (718_280 + sum(r.c_out for r in rows("squeezenext_1.0_sqnxt_23") if r.kernel)) < 85, "724,056"


def test_31_times_is_vgg16():
    assert params("vgg19") == 143_667_240 and params("vgg19") / 4.4e6 == pytest.approx(32.7, abs=0.05)
    assert params("vgg16") / 4.4e6 == pytest.approx(31.4, abs=0.05)


def test_three_tenths_fewer_than_mobilenet():
    assert params("mobilenet_v1_1.0") / params("squeezenext_2.0_sqnxt_23v5") == pytest.approx(1.31, abs=0.005)
    assert params("mobilenet_v1_1.0") / 3_366_344 == pytest.approx(1.26, abs=0.005)


@pytest.mark.parametrize("c", [32, 128, 256])
def test_what_each_part_of_the_block_saves(c):
    half, quarter = c // 2, c // 4
    weights = conv_weights(Block(c))
    assert sum(weights[2:4]) == pair(quarter, half, half, 3) == conv_params(quarter, half, 3), "the split saves nothing"
    one_to_half = c * half + pair(half, half, half, 3) + half * c
    one_to_quarter = c * quarter + pair(quarter, half, half, 3) + half * c
    assert sum(weights) / one_to_half == pytest.approx(0.9)
    assert one_to_quarter / sum(weights) == pytest.approx(1.875 / 2.25)
    assert one_to_half - (sum(weights) - weights[1]) == 3 * weights[1], "it saves three times what it costs"


def test_when_a_split_kernel_saves():
    assert pair(32, 64, 64, 3) == conv_params(32, 64, 3) == 18_432
    assert (pair(64, 64, 64, 3), conv_params(64, 64, 3)) == (24_576, 36_864)
    for a, m, b in [(32, 64, 64), (64, 64, 64), (10, 25, 6), (7, 3, 7)]:
        for k in range(1, 12):
            assert (pair(a, m, b, k) < conv_params(a, b, k)) == (k * a * b > m * (a + b)), (a, m, b, k)


def test_weights_of_a_layer():
    for a, b, k in [(3, 8, 5), (16, 4, 3), (7, 7, 1)]:
        assert nn.Conv2d(a, b, k).weight.numel() == k * k * a * b


def test_order_of_the_block():
    for unit in Block(16).separable:
        assert [type(part) for part in unit] == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
    convs = [part for part in Block(16).modules() if isinstance(part, nn.Conv2d)]
    assert [(part.in_channels, part.out_channels, part.kernel_size) for part in convs] == [
        (16, 8, (1, 1)), (8, 4, (1, 1)), (4, 8, (3, 1)), (8, 8, (1, 3)), (8, 16, (1, 1))]  # fmt: skip


def test_fully_connected_layers():
    linear = {name: [r.params for r in rows(name) if r.kind == "linear"] for name in ("alexnet", "resnet50", "squeezenet_1.0")}
    assert sum(linear["alexnet"]) == 58_631_144
    assert sum(linear["alexnet"]) / params("alexnet") == pytest.approx(0.9617, abs=5e-5)
    assert [len(found) for found in linear.values()] == [3, 1, 0]


def test_bottleneck_before_the_last_layer():
    last, head = rows("squeezenext_1.0_sqnxt_23")[-3], rows("squeezenext_1.0_sqnxt_23")[-1]
    assert (last.c_in, last.c_out, last.kernel, head.c_in, head.c_out) == (256, 128, (1, 1), 128, 1000)
    assert last.params + head.params - 1000 == 160_768 < 256 * 1000
    assert nn.Linear(6 * 7 * 5, 11, bias=False, device="meta").weight.numel() == 6 * 7 * 5 * 11


@torch.no_grad()
def test_widths_follow_the_output():
    for c_in, c_out, stride in [(64, 32, 1), (32, 64, 2), (16, 16, 1)]:
        convs = [m for m in FirstBlock(c_in, c_out, stride).modules() if isinstance(m, nn.Conv2d)]
        assert [m.out_channels for m in convs[:2]] == [c_out // 2, c_out // 4]
    torch.manual_seed(0)
    block, x = FirstBlock(32, 64, 2), torch.rand(2, 32, 9, 9)
    assert block(x).min() >= 0
    block.shortcut[2] = nn.Identity()
    assert block(x).min() < 0, "without its ReLU the sum needs one"


def test_twenty_three_layers():
    with torch.device("meta"):
        net = SqueezeNext()
    blocks = [m for m in net.modules() if isinstance(m, Block)]
    assert BLOCKS["23"] == (6, 6, 8, 1) and CHANNELS == (32, 64, 128, 256)
    assert len(blocks) + 2 == 23
    found = rows("squeezenext_1.0_sqnxt_23")
    assert len([r for r in found if r.kernel]) == 111
    assert (found[0].c_out, found[0].kernel, found[0].stride) == (64, (7, 7), (2, 2))
    assert found[0].macs / total(found).macs == pytest.approx(0.417, abs=5e-4)


def listing(short: int, narrow: bool) -> int:
    """Parameters of the source's network, layer by layer, without building it."""

    def unit(c_in: int, c_out: int, places: int) -> int:
        return c_in * c_out * places + 3 * c_out    # bias, and batch norm's two

    count, c = unit(3, 64, 49), 64
    for c_out, n in zip((32, 64, 128, 256), (6, 6, 8, 1), strict=True):
        for i in range(n):
            half, quarter = c // 2, c // 4
            count += unit(c, half, 1) + unit(half, quarter, 1) + unit(quarter, half, 3) + unit(half, half, 3)
            count += unit(half, c_out, 1) + (0 if i else unit(c, c_out, short * short))
            c = c_out
    if narrow:
        count, c = count + unit(c, 128, 1), 128
    return count + c * 1000 + 1000


def test_the_listing_is_another_network():
    assert listing(3, False) == 1_070_824
    assert listing(1, False) == 710_376
    assert listing(1, True) == 615_528
    assert 1_070_824 / params("squeezenext_1.0_sqnxt_23") == pytest.approx(1.49, abs=0.005)


def test_two_kinds_of_separable():
    depthwise = nn.Conv2d(64, 64, 3, groups=64).weight.numel() + nn.Conv2d(64, 64, 1).weight.numel()
    assert (pair(64, 64, 64, 3), depthwise) == (24_576, 4_672)
