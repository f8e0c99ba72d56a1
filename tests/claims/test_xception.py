"""The statements of the ledger for Xception, recomputed. One test each; book/ledger names them."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lightnets_edu import cost
from lightnets_edu.models import inception_v3
from lightnets_edu.models.inception import EquivalentInception, ExtremeInception, SimplifiedInception, merge
from lightnets_edu.models.inception_v3 import InceptionB, InceptionV3
from lightnets_edu.models.mobilenet_v1 import DepthwiseSeparable
from lightnets_edu.models.xception import FirstBlock, MiddleBlock, ReducingBlock, SeparableConv, Xception

IMAGE = (1, 3, 299, 299)


@pytest.fixture(scope="module")
def xception():
    with torch.device("meta"):
        return Xception()


def close(a, b):
    return torch.allclose(a, b, rtol=0, atol=1e-12)


def image(*shape):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


@torch.no_grad()
@pytest.mark.parametrize("training", [False, True])
def test_towers_are_one_pointwise_and_one_grouped_layer(training):
    torch.manual_seed(0)
    module, x = SimplifiedInception(10, 12, towers=3).double(), image(4, 10, 7, 6)
    module(x)
    module.train(training)
    merged = merge(module)
    assert close(merged(x), module(x))
    y = merged.reduce(x)
    kernels = torch.cat([tower[0].weight for tower in merged.spatial])
    apart = torch.cat([tower[0](part) for tower, part in zip(merged.spatial, y.chunk(3, 1), strict=True)], dim=1)
    assert close(F.conv2d(y, kernels, padding=1, groups=3), apart)
    assert not close(F.conv2d(y, kernels.roll(4, 0), padding=1, groups=3), apart)


@torch.no_grad()
def test_extreme_form_has_one_tower_for_each_channel():
    torch.manual_seed(0)
    module, many, x = ExtremeInception(5, 8).double().eval(), EquivalentInception(5, 8, towers=8).double().eval(), image(2, 5, 6, 6)
    assert module.depthwise[0].groups == module.reduce[0].out_channels == len(many.spatial)
    many.reduce.load_state_dict(module.reduce.state_dict())
    for i, tower in enumerate(many.spatial):
        tower[0].weight.copy_(module.depthwise[0].weight[i : i + 1])
    assert close(many(x), module(x))


def test_order_costs_219_or_768_weights():
    def orders(a, b):
        pointwise = cost.conv_params(a, b, 1)
        return tuple(pointwise + cost.conv_params(c, c, 3, groups=c) for c in (a, b))

    assert orders(3, 64) == (219, 768)
    assert orders(64, 3)[0] > orders(64, 3)[1] and orders(64, 64)[0] == orders(64, 64)[1]


@torch.no_grad()
def test_nothing_stands_between():
    """A separable layer is one standard convolution with product kernels, which a ReLU between would forbid."""
    torch.manual_seed(0)
    layer, x = SeparableConv(4, 6).double().eval(), image(2, 4, 6, 6)
    kernels = layer.pointwise.weight * layer.depthwise.weight.transpose(0, 1)
    assert close(layer(x), layer.norm(F.conv2d(x, kernels, padding=1)))
    assert not close(layer.norm(layer.pointwise(layer.depthwise(x).relu())), layer.norm(F.conv2d(x, kernels, padding=1)))
    assert [type(part) for part in ExtremeInception(4, 6).reduce] == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]


def test_a_stack_of_separable_layers_without_towers(xception):
    assert not any("Inception" in type(module).__name__ for module in xception.modules())
    standard = [m for m in xception.modules() if isinstance(m, nn.Conv2d) and m.groups == 1 and m.kernel_size == (3, 3)]
    assert standard == [xception.stem[0], xception.stem[3]]
    children = {type(part) for part in (*xception.entry, *xception.middle, *xception.exit)}
    assert children == {FirstBlock, ReducingBlock, MiddleBlock, SeparableConv, nn.ReLU}


def test_36_layers_in_14_modules(xception):
    separable = sum(isinstance(m, SeparableConv) for m in xception.modules())
    shortcuts = sum(isinstance(m, ReducingBlock) for m in xception.modules())
    convolutions = sum(isinstance(m, nn.Conv2d) for m in xception.modules())
    assert (convolutions - separable - shortcuts, separable, shortcuts) == (36, 34, 4)
    assert 1 + len(xception.entry) + len(xception.middle) + 1 + 1 == 14


def test_parameters_of_both_networks(xception, monkeypatch):
    """The number that the paper gives for Inception v3 is its author's first version of it for Keras."""
    assert cost.total(cost.layer_costs(xception, IMAGE)).params == 22_855_952
    with torch.device("meta"):
        assert sum(p.numel() for p in InceptionV3().parameters()) == 23_834_568
        monkeypatch.setattr(inception_v3, "A_POOL", (32, 32, 32))
        net = InceptionV3()
        deep = net.inception[7].deep
        deep[0] = InceptionB(768, 160).deep[0]
        deep[1] = nn.Sequential(nn.Conv2d(160, 192, (7, 1), bias=False), nn.BatchNorm2d(192))
    biases = sum(m.num_features for m in net.modules() if isinstance(m, nn.BatchNorm2d))
    assert sum(p.numel() for p in net.parameters()) + biases == 23_626_728


@torch.no_grad()
def test_mobilenet_has_batch_norm_and_relu_between_and_no_shortcut():
    torch.manual_seed(0)
    layer, x = DepthwiseSeparable(4, 4, 1).double().eval(), image(2, 4, 6, 6)
    assert isinstance(layer.depthwise[1], nn.BatchNorm2d)
    expected = layer.pointwise(layer.depthwise(x).relu()).relu()
    assert close(layer(x), expected) and not close(layer(x), x + expected)
    assert not close(layer(x), layer.pointwise(layer.depthwise(x)).relu())


def test_wrong_decay_on_jft():
    steps = 350 / 3    # of three million images, while each of the 350 million is seen once
    assert 0.94**steps / 0.9**steps == pytest.approx(160, abs=2)


def test_one_pool_sees_an_even_map(xception):
    """What the chapter says of the pool that TensorFlow pads on one side."""
    sizes = []
    pools = [m for m in xception.modules() if isinstance(m, nn.MaxPool2d)]
    hooks = [pool.register_forward_pre_hook(lambda _, inputs: sizes.append(inputs[0].shape[2])) for pool in pools]
    xception(torch.empty(IMAGE, device="meta"))
    for hook in hooks:
        hook.remove()
    assert sizes == [147, 74, 37, 19]
    for n in (8, 9):
        x = torch.randn(1, 1, n)
        one_side = F.max_pool1d(F.pad(x, (0, 1), value=float("-inf")), 3, 2) if n % 2 == 0 else F.max_pool1d(x, 3, 2, 1)
        assert torch.equal(F.max_pool1d(x, 3, 2, 1), one_side) == (n % 2 == 1)
