"""Cost by formula against cost by measurement, and both against torch's own counter and torchinfo."""

from typing import NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchinfo import summary

from lightnets_edu.cost import (
    conv_access,
    conv_macs,
    conv_params,
    layer_costs,
    resnet_unit_macs,
    resnext_unit_macs,
    shufflenet_unit_macs,
    total,
)
from lightnets_edu.models.mobilenet_v2 import MobileNetV2
from lightnets_edu.models.shufflenet_v1 import ShuffleNetV1

small = st.integers(1, 6)


@settings(max_examples=40, deadline=None)
@given(small, small, st.sampled_from([1, 2, 3]), small, st.integers(4, 9), st.integers(1, 2), st.booleans())
def test_formulas_agree_with_the_layer(per_in, per_out, kernel, groups, size, stride, bias):
    c_in, c_out = per_in * groups, per_out * groups
    conv = nn.Conv2d(c_in, c_out, kernel, stride, padding=1, groups=groups, bias=bias)
    (row,) = layer_costs(conv, (1, c_in, size, size + 1))
    out = row.out_shape[2:]
    assert row.params == conv_params(c_in, c_out, kernel, groups, bias) == sum(p.numel() for p in conv.parameters())
    assert row.macs == conv_macs(c_in, c_out, kernel, out, groups)
    assert row.access == conv_access(c_in, c_out, kernel, (size, size + 1), out, groups)
    with FlopCounterMode(display=False) as flops:
        conv.to("meta")(torch.empty(1, c_in, size, size + 1, device="meta"))
    assert row.macs * 2 == flops.get_total_flops()


def bottleneck(c: int, m: int, outer: int, inner: int) -> nn.Sequential:
    """1x1, 3x3, 1x1 without biases: the unit whose cost §3.2 gives."""
    return nn.Sequential(
        nn.Conv2d(c, m, 1, groups=outer, bias=False),
        nn.Conv2d(m, m, 3, padding=1, groups=inner, bias=False),
        nn.Conv2d(m, c, 1, groups=outer, bias=False),
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))
def test_unit_formulas_agree_with_units(c_per_group, m_per_group, g, h, w):
    c, m = c_per_group * g, m_per_group * g
    shape = (1, c, h, w)
    assert resnet_unit_macs(h, w, c, m) == total(layer_costs(bottleneck(c, m, 1, 1), shape)).macs
    assert resnext_unit_macs(h, w, c, m, g) == total(layer_costs(bottleneck(c, m, 1, g), shape)).macs
    assert shufflenet_unit_macs(h, w, c, m, g) == total(layer_costs(bottleneck(c, m, g, m), shape)).macs


def test_unit_formulas_in_numbers():
    assert resnet_unit_macs(14, 14, 256, 128) == 41_746_432
    assert resnext_unit_macs(14, 14, 256, 128, 32) == 13_748_224
    assert shufflenet_unit_macs(14, 14, 256, 128, 4) == 3_437_056


NETWORKS = {
    "ShuffleNet V1": (lambda: ShuffleNetV1(8, 0.5, num_classes=7), (1, 3, 96, 64)),
    "MobileNet V2": (lambda: MobileNetV2(0.35, num_classes=7), (1, 3, 64, 64)),
    "activations": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.ReLU(), nn.ReLU6(), nn.Hardswish(), nn.SiLU(), nn.Sigmoid(), nn.ELU(), nn.BatchNorm2d(4),
            nn.BatchNorm2d(4, affine=False), nn.InstanceNorm2d(4), nn.GroupNorm(2, 4), nn.Conv2d(4, 2, 1),
        ),
        (1, 3, 9, 9),
    ),
    "sequence": (lambda: nn.Sequential(nn.Conv1d(3, 4, 3), nn.Linear(5, 6), nn.LayerNorm(6)), (1, 3, 7)),
    "volume": (lambda: nn.Sequential(nn.Conv3d(3, 4, 3), nn.BatchNorm3d(4)), (1, 3, 5, 5, 5)),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_total_agrees_with_torch(name):
    """And the shape of every row with that of the map that the layer really gives."""
    build, shape = NETWORKS[name]
    net = build().eval()
    shapes = {}
    for key, layer in net.named_modules():
        layer.register_forward_hook(lambda m, i, y, key=key: shapes.update({key: tuple(y.shape)}))
    rows = layer_costs(net, shape)
    with FlopCounterMode(display=False) as flops, torch.no_grad():
        net(torch.zeros(shape))
    assert total(rows).macs * 2 == flops.get_total_flops() > 0
    assert total(rows).params == sum(p.numel() for p in net.parameters())
    assert {row.name: row.out_shape for row in rows} == {row.name: shapes[row.name] for row in rows}


# torchinfo -----------------------------------------------------------------------------------------------------------


class Scaled(nn.Module):
    """Multiplies outside a layer, by a number for each channel."""

    def __init__(self):
        super().__init__()
        self.layer, self.scale = nn.Linear(4, 4, bias=False), nn.Parameter(torch.ones(4))

    def forward(self, x):
        return self.layer(x) * self.scale


class Difference(NamedTuple):
    """What torchinfo and we count of one network: parameters, multiply-adds."""

    net: nn.Module
    shape: tuple[int, ...]
    torchinfo: tuple[int, int]
    ours: tuple[int, int]


def tied() -> nn.Module:
    net = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    net[1].weight = net[0].weight
    return net


DIFFERENCES = {
    "convolutions without biases: none": Difference(bottleneck(8, 4, 2, 4), (1, 8, 5, 5), (68, 1700), (68, 1700)),
    "a layer called twice: none": Difference(
        nn.Sequential(*[nn.Conv2d(4, 4, 3, bias=False, padding=1)] * 2), (1, 4, 5, 5), (144, 7200), (144, 7200)
    ),
    "parameters of no layer: none": Difference(Scaled(), (1, 4), (20, 16), (20, 16)),
    "bias at every position": Difference(nn.Conv2d(3, 4, 3), (1, 3, 8, 8), (112, 108 * 36 + 4 * 36), (112, 108 * 36)),
    "bias of a linear layer": Difference(nn.Linear(4, 5), (1, 4), (25, 20 + 5), (25, 20)),
    "linear layer at seven positions": Difference(nn.Linear(4, 5, bias=False), (1, 7, 4), (20, 20), (20, 7 * 20)),
    "batch norm": Difference(nn.BatchNorm2d(4), (1, 4, 8, 8), (8, 8), (8, 0)),
    "PReLU": Difference(nn.PReLU(4), (1, 4, 8, 8), (4, 4), (4, 0)),
    "tied weights": Difference(tied(), (1, 4), (32, 32), (16, 32)),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_differences_to_torchinfo(name):
    net, shape, theirs, ours = DIFFERENCES[name]
    info = summary(net, shape, verbose=0, device="cpu")
    assert (info.total_params, info.total_mult_adds) == theirs
    assert total(layer_costs(net, shape))[:2] == ours
    assert name.endswith("none") == (theirs == ours)


@pytest.mark.parametrize("name", ["ShuffleNet V1", "MobileNet V2"])
def test_torchinfo_on_whole_networks(name):
    """The same parameters; its multiply-adds are ours, weight and bias of each norm, and the classifier's bias."""
    build, shape = NETWORKS[name]
    net = build()
    info, rows = summary(net, shape, verbose=0, device="cpu"), layer_costs(net, shape)
    assert info.total_params == total(rows).params
    extra = sum(row.params for row in rows if row.kind == "norm") + 7
    assert info.total_mult_adds == total(rows).macs + extra > total(rows).macs
