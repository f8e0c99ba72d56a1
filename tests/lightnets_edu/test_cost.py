"""Cost by formula against cost by measurement, and both against torch's own counter and torchinfo."""

from typing import NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrize
from torch.utils.flop_counter import FlopCounterMode
from torchinfo import summary

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
from lightnets_edu.layers import SqueezeExcite
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
        (lambda: layer_costs(nn.Linear(3, 3), 3), r"batch axis, .*; got 3$"),
        (lambda: layer_costs(nn.Linear(3, 3), ()), r"batch axis, .*; got \(\)$"),
        (lambda: layer_costs(nn.Linear(3, 3), "13"), r"batch axis, .*; got \('1', '3'\)$"),
        (lambda: layer_costs(nn.Linear(3, 3), (1, True)), r"batch axis, .*; got \(1, True\)$"),
        (lambda: layer_costs(Several(), ((1, 3), (2, 4))), r"batch axis, .*; got \(\(1, 3\), \(2, 4\)\)$"),
        (lambda: layer_costs(Several(), ((1, 3), (1, 5))), r"Several cannot take inputs of shapes \[\(1, 3\), \(1, 5\)\]: "),
        (lambda: layer_costs(Several(), (1, 3)), r"Several cannot take an input of shape \(1, 3\): .*missing"),
        (lambda: layer_costs(nn.BatchNorm2d(8), (1, 4, 5, 5)), r"BatchNorm2d cannot take an input of shape \(1, 4, 5, 5\)"),
        (lambda: layer_costs(nn.LSTM(4, 4), (1, 3, 4)), "account for 0 multiply-adds but the model does 384"),
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


class Several(nn.Module):
    """Two inputs, one of them by name, and outputs in a dictionary from a layer that gives a pair."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.pair = nn.Linear(3, 2), nn.Linear(4, 2), Pair()

    def forward(self, x, y):
        one, two = self.pair(self.a(input=x) + self.b(y))
        return {"sum": one + two, "first": one}


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(2))

    def forward(self, x):
        return x * self.scale, x


def test_several_inputs_and_outputs():
    linear = ((), (), 1, (1, 2))
    for shapes in (((1, 3), (1, 4)), [[1, 3], [1, 4]], [torch.Size([1, 3]), (1, 4)]):
        assert layer_costs(Several(), shapes) == [
            LayerCost("a", "linear", 3, 2, *linear, 8, 6, 3 + 2 + 6),
            LayerCost("b", "linear", 4, 2, *linear, 10, 8, 4 + 2 + 8),
            LayerCost("pair", "Pair", 2, 2, *linear, 2, 0, 0),
        ]
    assert layer_costs(nn.Linear(3, 3), ((1, 3),)) == layer_costs(nn.Linear(3, 3), (1, 3)) == layer_costs(nn.Linear(3, 3), [1, 3])


@pytest.mark.parametrize(("c", "size"), [(8, 7), (16, 3)])
def test_squeeze_excite_costs_its_two_layers(c, size):
    """2 · c · c_squeeze at one position; the pooling before and the multiplication after count nothing."""
    rows = layer_costs(SqueezeExcite(c, c // 4, torch.sigmoid), (1, c, size, size))
    assert [row.macs for row in rows] == [c * c // 4] * 2
    assert [row.params for row in rows] == [c * c // 4 + c // 4, c * c // 4 + c]


class Held(nn.Module):
    """Parameters in containers, and tensors in a list."""

    def __init__(self):
        super().__init__()
        self.scales = nn.ParameterList([torch.ones(4), torch.ones(4)])
        self.layers = nn.ModuleDict({"one": nn.ModuleList([nn.Linear(4, 4)])})
        self.same = [self.layers["one"][0]]

    def forward(self, x):
        return self.same[0](x * self.scales[0]) + self.scales[1]


def test_containers():
    rows = [(row.name, row.kind, row.params, row.macs) for row in layer_costs(Held(), (1, 4))]
    assert rows == [("layers.one.0", "linear", 20, 16), ("scales", "ParameterList", 8, 0)]


def test_modules_that_make_their_own_copies():
    """A parametrized layer, and a network that torch.fx has traced, with a hook that must not run."""
    net, seen = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.ReLU()), []
    traced = torch.fx.symbolic_trace(net)
    traced.register_forward_hook(lambda *_: seen.append("hook"))
    assert total(layer_costs(traced, (1, 3, 5, 5))) == total(layer_costs(net, (1, 3, 5, 5))) == (108, 972, 75 + 36 + 108)
    parametrize.register_parametrization(net[0], "weight", nn.Identity())
    assert total(layer_costs(net, (1, 3, 5, 5))) == (108, 972, 75 + 36 + 108)
    assert seen == [] and len(traced._forward_hooks) == 1


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


def test_torchinfo_passes_over_what_is_multiplied_outside_layers():
    """16 multiply-adds, which we refuse to count."""
    net = nn.Sequential(nn.Linear(4, 4, bias=False), Bilinear())
    assert summary(net, (1, 4), verbose=0, device="cpu").total_mult_adds == 16 + 16
    assert summary(Renamed(), (1, 4), verbose=0, device="cpu").total_mult_adds == 0
    for refused in (net, Renamed()):
        with pytest.raises(ValueError, match="some are outside"):
            layer_costs(refused, (1, 4))


class Renamed(nn.Module):
    """Bilinear, but its parameter is not called `weight`."""

    def __init__(self):
        super().__init__()
        self.matrix = nn.Parameter(torch.zeros(4, 4))

    def forward(self, x):
        return x @ self.matrix


@pytest.mark.parametrize("name", ["ShuffleNet V1", "MobileNet V2"])
def test_torchinfo_on_whole_networks(name):
    """The same parameters; its multiply-adds are ours, weight and bias of each norm, and the classifier's bias."""
    build, shape = NETWORKS[name]
    net = build()
    info, rows = summary(net, shape, verbose=0, device="cpu"), layer_costs(net, shape)
    assert info.total_params == total(rows).params
    extra = sum(row.params for row in rows if row.kind == "norm") + 7
    assert info.total_mult_adds == total(rows).macs + extra > total(rows).macs


def test_counting_in_inference_mode_is_counting():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(16, 2))
    with torch.inference_mode():
        assert layer_costs(net, (1, 3, 4, 4)) == layer_costs(net, (1, 3, 4, 4))
        assert total(layer_costs(net, (1, 3, 4, 4))).macs == 3 * 4 * 9 * 4 + 16 * 2
