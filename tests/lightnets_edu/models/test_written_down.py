"""Networks as torch.fx, torch.jit.trace and torch.export write them down: the same outputs, at other sizes too.

Checks of input stand in nobody's way there, and are there for everybody else; numpy's whole numbers are sizes.
"""

import copy
import warnings
from functools import cache

import numpy as np
import pytest
import torch
from parity import in_full, narrow, randomise
from torch import nn

from lightnets_edu.cost import conv_access, conv_macs, layer_costs, resnet_unit_macs
from lightnets_edu.layers import SqueezeExcite, check_image, conv_bn, divide, round_channels
from lightnets_edu.models import MODELS
from lightnets_edu.models.catalogue import CATALOGUE
from lightnets_edu.models.ghostnet import GhostBottleneck
from lightnets_edu.models.inception import EquivalentInception, PlainInception, SimplifiedInception
from lightnets_edu.models.shufflenet_v1 import ShuffleUnit, channel_shuffle
from lightnets_edu.models.shufflenet_v2 import DownUnit

SMALLEST = {entry.builder: name for name, entry in reversed(CATALOGUE.items())}    # one network of each class
NAMES = sorted({*SMALLEST.values(), "resnet50_paper", "squeezenet_1.0_complex_bypass", "squeezenext_1.0_sqnxt_23v5"})
WIDE = {"vgg16", "alexnet", "alexnet_one_weird_trick"}
EXPORTED = ["effnet_cifar10"]
UP = {"squeezenet", "squeezenext"}    # torch itself writes a pool that rounds up down for one remainder of the size only
QUICK = [name for name in NAMES if name.startswith(("mobilenet", "shufflenet", "effnet", "squeezenet_"))]
TRACED = ["shufflenet_v1_0.25_g1", "shufflenet_v2_0.5", "mobilenet_v3_small_0.75", "effnet_table1_shufflenet"]
BLOCKS = {
    "ShuffleUnit": (lambda: ShuffleUnit(24, 240, 2, 3, 1), 24),
    "ShuffleUnit of one group": (lambda: ShuffleUnit(24, 24, 1, 1, 1), 24),
    "DownUnit": (lambda: DownUnit(24, 116, 24), 24),
    "GhostBottleneck": (lambda: GhostBottleneck(16, 31, 19, 3, 2, True), 16),
    "PlainInception": (lambda: PlainInception(8, 16), 8),
    "SimplifiedInception": (lambda: SimplifiedInception(8, 12), 8),
    "EquivalentInception": (lambda: EquivalentInception(8, 12), 8),
    "SqueezeExcite": (lambda: SqueezeExcite(8, 2), 8),
}


@cache
def network(name: str) -> nn.Module:
    build = MODELS[name]
    return randomise(narrow(build) if name in WIDE else build(num_classes=10)).float()


def images(name: str) -> list[torch.Tensor]:
    """Two images, of which one is written down with, and where others are taken another size and number of images."""
    size = {"effnet": 32, "inception_v3": 139, "alexnet": 96, "vgg": 64}.get(CATALOGUE[name].file, 48)
    other = (3, 3, size, size) if size == 32 else (3, 3, size + 33, size + 64)
    draw = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=draw) for shape in [(2, 3, size, size), other]]


def same_outputs(written: nn.Module, net: nn.Module, inputs: list[torch.Tensor]) -> None:
    with torch.no_grad():
        for x in inputs:
            torch.testing.assert_close(written(x), net(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [*QUICK, *in_full(*sorted({*NAMES} - {*QUICK}))])
def test_fx(name):
    net = network(name)
    same_outputs(torch.fx.symbolic_trace(net), net, images(name))


@pytest.mark.parametrize("name", [*TRACED, *in_full(*sorted({*NAMES} - {*TRACED}))])
def test_jit_trace(name):
    net, inputs = network(name), images(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error", torch.jit.TracerWarning)
        if name == "alexnet":    # a check in torch's own response normalisation
            warnings.simplefilter("ignore", torch.jit.TracerWarning)
        traced = torch.jit.trace(net, inputs[0], check_trace=False)
    same_outputs(traced, net, inputs)


@pytest.mark.parametrize("name", [*EXPORTED, *in_full(*sorted({*NAMES} - {*EXPORTED}))])
def test_export_with_sizes_of_a_range(name):
    net, inputs = network(name), images(name)
    axes = [0, 2, 3]
    if CATALOGUE[name].file in {"effnet", *UP} or name == "resnet50_paper":
        axes, inputs = [0], [inputs[0], torch.cat(2 * inputs[:1])]
    dims = {axis: torch.export.Dim(f"d{axis}", min=2 if axis == 0 else inputs[0].shape[2], max=512) for axis in axes}
    if name.endswith("_g1"):
        dims = dict.fromkeys(dims, torch.export.Dim.AUTO)
    same_outputs(torch.export.export(net, (inputs[0],), dynamic_shapes=(dims,)).module(), net, inputs)


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks(name):
    build, c = BLOCKS[name]
    block = randomise(build()).float()
    inputs = [torch.randn(4, c, 8, 6), torch.randn(5, c, 9, 11)]
    same_outputs(torch.fx.symbolic_trace(block), block, inputs)
    same_outputs(torch.jit.trace(block, inputs[0], check_trace=False), block, inputs)
    if "Shuffle" in name:
        dims = {axis: torch.export.Dim(f"d{axis}", min=4, max=512) for axis in (0, 2, 3)}
        if "one group" in name:    # torch cannot prove what it asks of an axis of one group
            dims = dict.fromkeys(dims, torch.export.Dim.AUTO)
        same_outputs(torch.export.export(block, (inputs[0],), dynamic_shapes=(dims,)).module(), block, inputs)


def test_a_mistake_in_what_was_written_down_is_seen():
    net = network("mobilenet_v2_0.35")
    written = torch.fx.symbolic_trace(copy.deepcopy(net))
    written.get_submodule("blocks.1.depthwise.0").stride = (1, 1)
    with pytest.raises((AssertionError, RuntimeError)):
        same_outputs(written, net, images("mobilenet_v2_0.35"))


def test_checks_are_back_after_a_trace():
    """And inside a module that is being run, not written down."""
    torch.jit.trace(network("mobilenet_v2_0.35"), images("mobilenet_v2_0.35")[0], check_trace=False)
    for wrong, message in [
        (lambda: network("mobilenet_v2_0.35")(torch.zeros(3, 8, 8)), "expected images"),
        (lambda: check_image(torch.zeros(1, 3, 8, 8), smallest=9), "at least 9 × 9, got 8 × 8"),
        (lambda: check_image(torch.zeros(1, 3, 8, 9), size=8), "must be 8 × 8, got 8 × 9"),
        (lambda: channel_shuffle(torch.zeros(1, 8, 2, 2), 3), "8 channels cannot be split into 3"),
        (lambda: channel_shuffle(torch.zeros(8, 2, 2), 2), r"expected a tensor \(N, C, H, W\), got shape \(8, 2, 2\)"),
        (lambda: divide(torch.tensor(8), 2, "squeeze"), "must be whole numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            wrong()


def test_a_compiled_network_refuses_what_is_no_image():
    net = torch.compile(network("mobilenet_v2_0.35"), backend="eager")
    with pytest.raises(ValueError, match="expected images"):
        net(torch.zeros(1, 4, 32, 32))


# Fresh networks -------------------------------------------------------------------------------------------------------


def share(net: nn.Module, size: int) -> float:
    """How much of a network's output depends on its image: the deviation from the mean over images, of the whole.

    And no map on the way outgrows half precision.
    """
    largest: list[float] = []
    for layer in net.modules():
        layer.register_forward_hook(lambda layer, x, y: largest.append(float(y.abs().max())))
    with torch.no_grad():
        y = net.eval()(torch.randn(4, 3, size, size, generator=torch.Generator().manual_seed(0)))
    assert y.isfinite().all() and max(largest) < 2**14
    return float((y - y.mean(0)).norm() / y.norm())


@pytest.mark.parametrize("name", [*QUICK, *in_full(*sorted({*NAMES} - {*QUICK}))])
def test_the_scores_of_a_fresh_network_depend_on_its_image(name):
    torch.manual_seed(0)
    assert share(MODELS[name](), images(name)[0].shape[2]) > 0.001


def test_with_the_draws_of_pytorch_they_do_not():
    torch.manual_seed(0)
    net = MODELS["mobilenet_v2_0.35"]()
    for layer in net.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    assert share(net, 48) < 1e-5


# numpy's whole numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_whole_numbers_of_numpy(kind):
    two, three, eight = kind(2), kind(3), kind(8)
    assert type(conv_macs(eight, eight, three, kind(28))) is int
    assert conv_macs(eight, eight, (three, 3), 28) == 451_584
    assert conv_access(eight, eight, three, eight, eight) == conv_access(8, 8, 3, 8, 8)
    assert resnet_unit_macs(kind(200), kind(200), kind(200), kind(200)) == resnet_unit_macs(200, 200, 200, 200)
    assert divide(eight, two, "a half") == 4 and round_channels(eight) == 8
    x = torch.zeros(1, 8, 6, 6)
    assert channel_shuffle(x, two).shape == x.shape
    assert conv_bn(eight, eight, three, two, two)(x).shape == (1, 8, 3, 3)
    unit = ShuffleUnit(kind(24), kind(240), two, three, kind(1))
    assert layer_costs(unit, (1, kind(24), kind(9), 9)) == layer_costs(ShuffleUnit(24, 240, 2, 3, 1), (1, 24, 9, 9))
    net = MODELS["shufflenet_v1_0.25_g1"](num_classes=kind(5)).eval()
    assert net(torch.zeros(1, 3, 32, 32)).shape == (1, 5)
    assert torch.fx.symbolic_trace(net)(torch.zeros(1, 3, 32, 32)).shape == (1, 5)


@pytest.mark.parametrize("value", [np.float64(3), np.bool_(True), np.int64(0), np.array([3]), np.array(3)])
def test_what_is_no_whole_number_of_numpy(value):
    with pytest.raises(ValueError, match="whole number"):
        conv_macs(8, 8, value, 28)
    with pytest.raises(ValueError, match="num_classes must be a whole number from 1 up, got "):
        MODELS["shufflenet_v1_0.25_g1"](num_classes=value)
    with pytest.raises(ValueError, match="shape must be that of one image"):
        layer_costs(nn.Conv2d(3, 3, 1), (1, 3, value, 8))
    with pytest.raises(ValueError, match="shape must be that of one image"):
        layer_costs(nn.Conv2d(3, 3, 1), (1, 3, 64, value))
