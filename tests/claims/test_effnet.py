"""The statements of the ledger for EffNet, recomputed. One test each; book/ledger names them."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models.effnet import TABLE_1, EffNet, EffNetBlock, MobileNetStyle, ShuffleNetStyle

IMAGE = (1, 3, 32, 32)


def macs(layers: nn.Module, shape: tuple[int, ...]) -> int:
    return total(layer_costs(layers, shape)).macs


def depthwise(kernel: tuple[int, int], stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(8, 8, kernel, stride, (kernel[0] // 2, kernel[1] // 2), groups=8, bias=False)


def close(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and torch.allclose(a, b, rtol=0, atol=1e-10)


def settled(block: nn.Module) -> nn.Module:
    """In float64, with averages that a batch norm may have after training."""
    for part in block.double().modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
    return block.eval()


@torch.no_grad()
def values(net: nn.Module) -> list[int]:
    """Of the map behind each convolution and pool."""
    found = []
    for part in net.modules():
        if isinstance(part, nn.Conv2d | nn.MaxPool2d):
            part.register_forward_hook(lambda layer, x, y: found.append(y[0].numel()))
    net(torch.zeros(IMAGE))
    return found


def test_narrow_places_of_the_others():
    assert [min(values(net())) for net in (MobileNetStyle, ShuffleNetStyle, EffNet)] == [2048, 1024, 4096]
    assert {values(net())[-1] for net in (MobileNetStyle, ShuffleNetStyle, EffNet)} == {4096}
    assert [values_read(last) for last in ("2x1", "1x2")] == [2048, 4096]


def values_read(last: str) -> int:
    """By the last layer of the third block, of the map before it: those that change what it gives."""
    row = TABLE_1[2]
    block = EffNetBlock(*row, last=last).eval()
    x = torch.rand(1, row.c_mid, 4, 8, requires_grad=True)
    block.expand(block.pad(x)).square().sum().backward()
    return int((x.grad != 0).sum())


def test_split_with_a_pool_costs_half():
    shape = (1, 8, 32, 32)
    split = macs(nn.Sequential(depthwise((1, 3)), nn.MaxPool2d((2, 1)), depthwise((3, 1))), shape)
    assert 2 * split == macs(depthwise((3, 3)), shape)
    assert split == 2 * macs(depthwise((3, 3), 2), shape), "twice MobileNet's layer, which has stride 2"


def test_order_of_the_layers():
    rows = [row for row in layer_costs(EffNetBlock(3, 32, 64), IMAGE) if row.kernel]
    assert [(row.kernel, row.stride, row.groups) for row in rows] == [
        ((1, 1), (1, 1), 1), ((1, 3), (1, 1), 32), ((3, 1), (1, 1), 32), ((2, 1), (1, 2), 1)]
    assert [row.out_shape[2:] for row in rows] == [(32, 32), (32, 32), (16, 32), (16, 16)]


@torch.no_grad()
def test_turned_block_is_the_block_of_the_turned_image():
    torch.manual_seed(0)
    block = settled(EffNetBlock(3, 4, 5))
    turned = deepcopy(block)
    for part in turned.modules():
        if isinstance(part, nn.Conv2d):
            part.weight = nn.Parameter(part.weight.transpose(2, 3).contiguous())
            part.stride, part.padding = part.stride[::-1], part.padding[::-1]
    turned.pool, turned.pad = nn.MaxPool2d((1, 2)), nn.ZeroPad2d((0, 1, 0, 0))
    x = torch.randn(2, 3, 8, 12, dtype=torch.float64)
    assert close(turned(x.transpose(2, 3)).transpose(2, 3), block(x))
    turned.pool = nn.MaxPool2d((2, 1))
    turned.expand[0].stride = (1, 2)
    assert not close(turned(x.transpose(2, 3)).transpose(2, 3), block(x)), "pool and stride turn too"


def test_two_taps_cost_twice_with_stride_1():
    below = nn.ZeroPad2d((0, 0, 0, 1))
    shape = (1, 32, 16, 32)
    point = macs(nn.Conv2d(32, 64, 1, bias=False), shape)
    assert macs(nn.Sequential(below, nn.Conv2d(32, 64, (2, 1), bias=False)), shape) == 2 * point == 2_097_152
    assert macs(nn.Sequential(below, nn.Conv2d(32, 64, (2, 1), (1, 2), bias=False)), shape) == point


@torch.no_grad()
@pytest.mark.parametrize(("last", "same"), [("2x1", True), ("1x2", False)])
def test_as_printed_it_is_a_stride_of_the_row_layer(last, same):
    """Half of the columns are not read, so they need not be computed. With the kernel turned each is read."""
    torch.manual_seed(0)
    block = settled(EffNetBlock(3, 4, 5, last))
    early = deepcopy(block)
    early.depthwise_row[0].stride, early.expand[0].stride = (1, 2), (1, 1)
    x = torch.randn(2, 3, 8, 12, dtype=torch.float64)
    assert close(early(x), block(x)) == same


def test_listing_is_three_blocks():
    rows = layer_costs(EffNet(), IMAGE)
    assert total(rows)[:2] == (151_146, 5_640_192)
    assert rows[-1].params == 40_970


def test_activation_before_batch_norm():
    for block in EffNet().features:
        for name in ("reduce", "depthwise_row", "depthwise_column", "expand"):
            assert [type(part) for part in getattr(block, name)] == [nn.Conv2d, nn.LeakyReLU, nn.BatchNorm2d]


def test_middles_are_a_half_and_a_quarter():
    assert {row.c_out / row.c_mid for row in TABLE_1} == {2}
    grouped = [m for m in ShuffleNetStyle().modules() if isinstance(m, nn.Conv2d) and m.groups == 4]
    assert [b.out_channels / a.out_channels for a, b in zip(grouped[::2], grouped[1::2], strict=True)] == [4, 4]


def test_flops_fit_one_map_for_each_channel():
    """Table 2 prints 11.4 million FLOPs. Two maps for each channel, of half as many, would make 9.1."""
    net = EffNet()
    assert 2 * macs(net, IMAGE) / 11.4e6 == pytest.approx(1, abs=0.015)
    for block, row in zip(net.features, TABLE_1, strict=True):
        half = row.c_mid // 2
        block.reduce[0], block.reduce[2] = nn.Conv2d(row.c_in, half, 1, bias=False), nn.BatchNorm2d(half)
        block.depthwise_row[0] = nn.Conv2d(half, row.c_mid, (1, 3), padding=(0, 1), groups=half, bias=False)
    assert 2 * macs(net, IMAGE) / 1e6 == pytest.approx(9.1, abs=0.05)


def test_first_block_saves_a_quarter_of_the_first_layer():
    rows = layer_costs(MobileNetStyle(), IMAGE)
    layer, block = rows[0].macs, macs(EffNetBlock(3, 32, 64), IMAGE)
    assert (layer, block) == (1_769_472, 1_294_336)
    assert 1 - block / layer == pytest.approx(0.2685, abs=5e-5)
    assert layer / total(rows).macs == pytest.approx(0.6072, abs=5e-5)
    assert (layer - block) / total(rows).macs == pytest.approx(0.163, abs=5e-4), "of the network, not 30 %"
