"""Cost by formula against cost by measurement, and both against torch's own counter."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from lightnets_edu.cost import (
    LayerCost,
    conv_access,
    conv_macs,
    conv_params,
    layer_costs,
    resnet_unit_macs,
    resnext_unit_macs,
    shufflenet_unit_macs,
    total,
)
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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: conv_params(0, 8, 3), "c_in must be a positive whole number, got 0"),
        (lambda: conv_params(8, 8.0, 3), "c_out must be a positive whole number, got 8.0"),
        (lambda: conv_params(8, 8, (3, 3, 3)), r"kernel must be a positive whole number or a pair of them, got \(3, 3"),
        (lambda: conv_params(8, 8, 0), "kernel must be a positive whole number or a pair of them, got 0"),
        (lambda: conv_params(9, 8, 3, 2), "input of a grouped convolution: 9 channels cannot be split into 2"),
        (lambda: conv_params(8, 9, 3, 2), "output of a grouped convolution: 9 channels cannot be split into 2"),
        (lambda: conv_macs(8, 8, 3, -1), "out_size must be a positive whole number or a pair of them, got -1"),
        (lambda: conv_access(8, 8, 3, 0, 7), "in_size must be a positive whole number or a pair of them, got 0"),
        (lambda: resnet_unit_macs(0, 7, 8, 8), "h must be a positive whole number, got 0"),
        (lambda: resnext_unit_macs(7, 7, 8, 8, 3), "bottleneck: 8 channels cannot be split into 3 equal groups"),
        (lambda: shufflenet_unit_macs(7, 7, 8, 9, 3), "unit: 8 channels cannot be split into 3 equal groups"),
        (lambda: shufflenet_unit_macs(7, 7, 9, 8, 3), "bottleneck: 8 channels cannot be split into 3 equal groups"),
        (lambda: layer_costs(nn.Conv2d, (1, 3, 8, 8)), "expected a network .*, got type"),
        (lambda: layer_costs(nn.Conv2d(3, 3, 1), (3, 8, 8)), r"such as \(1, 3, 224, 224\); got \(3, 8, 8\)"),
        (lambda: layer_costs(nn.Conv2d(3, 3, 1), (2, 3, 8, 8)), r"batch axis, .*; got \(2, 3, 8, 8\)"),
        (lambda: layer_costs(nn.Conv2d(3, 3, 1), (1, 3, 8.0, 8)), r"batch axis, .*; got \(1, 3, 8.0, 8\)"),
        (lambda: layer_costs(nn.Conv2d(3, 3, 1), (1, 4, 8, 8)), r"Conv2d cannot take an input of shape \(1, 4, 8, 8\)"),
        (lambda: layer_costs(nn.LazyLinear(3), (1, 4)), "lazy layers whose size is not known yet"),
        (lambda: layer_costs(Bilinear(), (1, 4)), "for 0 multiply-adds but the model does 16: some are outside"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


class Bilinear(nn.Module):
    """Multiplies with a parameter of its own, outside any layer."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 4))

    def forward(self, x):
        return x @ self.weight


def test_rows():
    """Every kind of row, in the order of execution, with every column."""
    net = nn.Sequential(
        nn.Conv2d(4, 8, 3, stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False),
        nn.Conv2d(8, 8, 3, padding=1, groups=2, bias=False),
        nn.Conv2d(8, 6, 1, groups=2, bias=False),
        nn.PReLU(),
        nn.Flatten(),
        nn.Linear(54, 5),
    )
    assert layer_costs(net, (1, 4, 6, 6)) == [
        LayerCost("0", "standard", 4, 8, (3, 3), (2, 2), 1, (1, 8, 3, 3), 296, 2592, 144 + 72 + 288),
        LayerCost("1", "norm", 8, 8, (), (), 1, (1, 8, 3, 3), 16, 0, 0),
        LayerCost("2", "depthwise", 8, 8, (3, 3), (1, 1), 8, (1, 8, 3, 3), 72, 648, 72 + 72 + 72),
        LayerCost("3", "grouped", 8, 8, (3, 3), (1, 1), 2, (1, 8, 3, 3), 288, 2592, 72 + 72 + 288),
        LayerCost("4", "pointwise", 8, 6, (1, 1), (1, 1), 2, (1, 6, 3, 3), 24, 216, 72 + 54 + 24),
        LayerCost("5", "PReLU", 6, 6, (), (), 1, (1, 6, 3, 3), 1, 0, 0),
        LayerCost("7", "linear", 54, 5, (), (), 1, (1, 5), 275, 270, 54 + 5 + 270),
    ]
    assert total(layer_costs(net, (1, 4, 6, 6))) == (972, 6318, 504 + 216 + 432 + 150 + 329)
    assert total([]) == (0, 0, 0)


def test_a_layer_called_twice_costs_its_parameters_once():
    conv = nn.Conv2d(4, 4, 3, padding=1)
    once, twice = (total(layer_costs(nn.Sequential(*[conv] * n), (1, 4, 5, 5))) for n in (1, 2))
    assert twice == (once.params, 2 * once.macs, 2 * once.access)


def test_tied_weights_count_once():
    net = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    net[1].weight = net[0].weight
    assert total(layer_costs(net, (1, 4)))[:2] == (16, 32)


class Unused(nn.Module):
    """Owns a parameter directly, and a layer that it never calls."""

    def __init__(self):
        super().__init__()
        self.used, self.unused = nn.Linear(4, 4), nn.Linear(4, 2)
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return self.used(x) * self.scale


def test_every_parameter_has_a_row():
    rows = {row.name: (row.kind, row.params, row.macs) for row in layer_costs(Unused(), (1, 4))}
    assert rows == {"used": ("linear", 20, 16), "": ("Unused", 4, 0), "unused": ("linear", 10, 0)}


class Constant(nn.Module):
    """Keeps a tensor that is neither parameter nor buffer."""

    def __init__(self):
        super().__init__()
        self.layer, self.offset = nn.Linear(4, 4), torch.ones(4)

    def forward(self, x):
        return functional.relu(self.layer(x) + self.offset)


def test_plain_tensors_are_no_obstacle():
    assert total(layer_costs(Constant(), (1, 4))).macs == 16


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_types_of_number(dtype):
    assert total(layer_costs(nn.Conv2d(3, 4, 1).to(dtype), (1, 3, 2, 2))).macs == 48


def test_the_network_stays_as_it_was():
    """Mode, hooks, device and every value: counting is not running."""
    net, seen = ShuffleNetV1(3, 0.25, num_classes=2), []
    net.train()
    net.stem.eval()
    net.stages[0].register_forward_hook(lambda *_: seen.append("hook"))
    net.head.register_forward_pre_hook(lambda *_: seen.append("pre-hook"))
    modes = [m.training for m in net.modules()]
    hooks = [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in net.modules()]
    values = {key: value.clone() for key, value in net.state_dict().items()}
    layer_costs(net, (1, 3, 32, 32))
    assert seen == []
    assert [m.training for m in net.modules()] == modes
    assert [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in net.modules()] == hooks
    assert {p.device.type for p in net.parameters()} == {"cpu"}
    assert all(torch.equal(value, values[key]) for key, value in net.state_dict().items())


def test_total_agrees_with_torch():
    net = ShuffleNetV1(8, 0.5, num_classes=7)
    rows = layer_costs(net, (1, 3, 96, 64))
    with FlopCounterMode(display=False) as flops:
        net.to("meta")(torch.empty(1, 3, 96, 64, device="meta"))
    assert total(rows).macs * 2 == flops.get_total_flops()
    assert total(rows).params == sum(p.numel() for p in net.parameters())
