"""The statements of the ledger for ShuffleNet V1, recomputed. One test each; book/ledger names them."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from lightnets_edu import cost
from lightnets_edu.models.shufflenet_v1 import TABLE_1, UNITS, ShuffleNetV1, ShuffleUnit, channel_shuffle


def bottleneck(c, m, g):
    return nn.Sequential(
        nn.Conv2d(c, m, 1, bias=False), nn.Conv2d(m, m, 3, padding=1, groups=g, bias=False), nn.Conv2d(m, c, 1, bias=False)
    )


def reach(layers, channels):
    x = torch.ones(1, channels, 1, 1, requires_grad=True)
    rows = [torch.autograd.grad(out, x, retain_graph=True)[0].flatten() != 0 for out in layers(x).flatten()]
    return torch.stack(rows).sum(dim=1).tolist()


def grouped(c, g):
    layer = nn.Conv2d(c, c, 1, groups=g, bias=False)
    nn.init.ones_(layer.weight)
    return layer


def test_pointwise_share_of_resnext():
    rows = cost.layer_costs(bottleneck(256, 128, 32), (1, 256, 56, 56))
    share = sum(r.macs for r in rows if r.kind == "pointwise") / cost.total(rows).macs
    assert share == pytest.approx(0.93431, abs=5e-6)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_stacked_groups_never_meet(depth):
    assert set(reach(nn.Sequential(*[grouped(48, 4) for _ in range(depth)]), 48)) == {12}


def test_shuffle_connects_all():
    a, b = grouped(48, 4), grouped(48, 4)
    assert set(reach(lambda x: b(channel_shuffle(a(x), 4)), 48)) == {48}


def test_different_group_numbers():
    a, b = grouped(48, 4), grouped(48, 3)
    assert set(reach(lambda x: b(channel_shuffle(a(x), 4)), 48)) == {48}


def test_reshape_transpose_flatten():
    x = torch.arange(32).reshape(1, 32, 1, 1)
    assert channel_shuffle(x, 2).flatten().tolist() == [i // 2 + 16 * (i % 2) for i in range(32)]


def test_shuffled_groups_are_not_dense():
    two = sum(p.numel() for p in nn.Sequential(grouped(64, 4), grouped(64, 4)).parameters())
    assert (two, cost.conv_params(64, 64, 1)) == (2048, 4096)


@pytest.mark.parametrize(("g", "macs"), [(1, 41_746_432), (32, 13_748_224)])
def test_resnet_and_resnext_unit(g, macs):
    formula = cost.resnet_unit_macs(14, 14, 256, 128) if g == 1 else cost.resnext_unit_macs(14, 14, 256, 128, g)
    assert formula == macs == cost.total(cost.layer_costs(bottleneck(256, 128, g), (1, 256, 14, 14))).macs


def test_shufflenet_unit():
    rows = cost.layer_costs(ShuffleUnit(240, 240, 1, 3, 3), (1, 240, 28, 28))
    assert cost.total(rows).macs == cost.shufflenet_unit_macs(28, 28, 240, 60, 3) == 28 * 28 * (2 * 240 * 60 // 3 + 9 * 60)


def test_depthwise_saves_more_than_grouping():
    c, m, g = 240, 60, 3
    assert (9 * m * m - 9 * m, 2 * c * m - 2 * c * m // g) == (31_860, 19_200)


def test_sixteen_units_in_three_stages():
    net = ShuffleNetV1(3)
    assert len(net.stages) == sum(UNITS) == 16
    assert [i for i, unit in enumerate(net.stages) if unit.stride == 2] == [0, 4, 12]


def test_stages_halve_the_map_and_double_the_channels():
    rows = cost.layer_costs(ShuffleNetV1(3), (1, 3, 224, 224))
    sizes = {r.out_shape[-1] for r in rows if r.kind == "depthwise"}
    assert sizes == {28, 14, 7} and all(b == 2 * a for column in TABLE_1.values() for a, b in pairwise(column))


@pytest.mark.parametrize(("g", "millions"), [(1, 143.08), (2, 140.84), (3, 137.46), (4, 134.34), (8, 138.37)])
def test_complexity_is_about_the_budget(g, millions):
    assert cost.total(cost.layer_costs(ShuffleNetV1(g), (1, 3, 224, 224))).macs / 1e6 == pytest.approx(millions, abs=0.005)


def test_first_pointwise_of_stage_2_is_dense():
    net = ShuffleNetV1(3)
    assert [unit.reduce[0].groups for unit in net.stages][:3] == [1, 3, 3]


def test_unit_is_reduce_shuffle_depthwise_expand():
    unit = ShuffleUnit(240, 240, 1, 3, 3)
    assert [unit.reduce[0].groups, unit.depthwise[0].groups, unit.expand[0].groups] == [3, 60, 3]
    assert unit.depthwise[0].in_channels == 240 // 4


def test_stride_2_pools_and_concatenates():
    unit = ShuffleUnit(240, 480, 2, 3, 3)
    assert isinstance(unit.shortcut, nn.AvgPool2d) and unit.expand[0].out_channels == 480 - 240
