"""What a module of any kind costs: which rows it has, each parameter once, and the module left as it was."""


import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrize
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
from lightnets_edu.models.shufflenet_v1 import ShuffleNetV1


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
    """A parametrized layer, and a network that torch.fx has traced, with a hook."""
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


def test_counting_in_inference_mode_is_counting():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(16, 2))
    with torch.inference_mode():
        assert layer_costs(net, (1, 3, 4, 4)) == layer_costs(net, (1, 3, 4, 4))
        assert total(layer_costs(net, (1, 3, 4, 4))).macs == 3 * 4 * 9 * 4 + 16 * 2
