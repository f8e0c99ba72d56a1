"""The statements of the ledger for MobileNet V2, and of the chapter for V3, recomputed. book/ledger names them."""

import pytest
import torch
from torch import nn

from lightnets_edu import cost
from lightnets_edu.models.mobilenet_v1 import DepthwiseSeparable
from lightnets_edu.models.mobilenet_v2 import InvertedResidual
from lightnets_edu.models.mobilenet_v3 import MobileNetV3
from lightnets_edu.models.resnet import Bottleneck
from lightnets_edu.widgets.relu_manifold.trip import many_draws


def convolutions(block, c_in):
    return [r for r in cost.layer_costs(block, (1, c_in, 8, 8)) if r.kind != "norm"]


def outputs(block, c_in):
    """What leaves the block's three layers and the block, for inputs large enough to meet every activation."""
    torch.manual_seed(0)
    found, x = {}, 20 * torch.randn(2, c_in, 8, 8)
    for name in ("expand", "depthwise", "project"):
        layer = getattr(block, name)
        layer.register_forward_hook(lambda layer, x, y, name=name: found.update({name: (x[0].clone(), y.clone())}))
    with torch.no_grad():
        found["block"] = x, block(x)
    return found


def is_linear(block, c_in):
    """Does nothing stand between the projection and the block's output but the shortcut?"""
    found = outputs(block, c_in)
    x, y = found["block"]
    return torch.equal(y, found["project"][1] + (x if block.shortcut else 0))


class WithReLU6(InvertedResidual):
    def forward(self, x):
        return super().forward(x).clamp(0, 6)


def test_expand_filter_project_without_activation():
    block = InvertedResidual(24, 32, 1, 6)
    assert [(r.kind, r.kernel, r.c_in, r.c_out) for r in convolutions(block, 24)] == [
        ("pointwise", (1, 1), 24, 144), ("depthwise", (3, 3), 144, 144), ("pointwise", (1, 1), 144, 32)]  # fmt: skip
    assert is_linear(block, 24) and is_linear(InvertedResidual(24, 24, 1, 6), 24)
    assert not is_linear(WithReLU6(24, 32, 1, 6), 24)
    found = outputs(block, 24)
    for before, after in (("expand", "depthwise"), ("depthwise", "project")):
        assert found[before][1].min() < 0 and found[after][0].min() == 0


def test_the_wide_map_stops_at_six():
    block = InvertedResidual(24, 32, 1, 6).eval()
    found = outputs(block, 24)
    assert found["expand"][1].max() > 6 and found["depthwise"][0].max() == 6


def widths(block, c_in):
    first, *rest = convolutions(block, c_in)
    return [first.c_in, first.c_out, *(r.c_out for r in rest)]


def test_spindle_against_hourglass():
    v2, resnet = InvertedResidual(24, 24, 1, 6), Bottleneck(256, 64, 256, 1)
    assert widths(v2, 24) == [24, 144, 144, 24] and widths(resnet, 256) == [256, 64, 64, 256]
    assert [r.kind for r in convolutions(v2, 24)] == ["pointwise", "depthwise", "pointwise"]
    assert [r.kind for r in convolutions(resnet, 256)] == ["pointwise", "standard", "pointwise"]
    for block, c in ((v2, 24), (resnet, 256)):    # with its last batch norm at zero, a shortcut alone is left
        last = [m for m in block.modules() if isinstance(m, nn.BatchNorm2d)][-1]
        nn.init.zeros_(last.weight)
        x = torch.rand(2, c, 8, 8)
        assert torch.equal(block.eval()(x), x)
    assert not InvertedResidual(24, 32, 1, 6).shortcut


def test_one_pointwise_layer_more_than_v1():
    v1, v2 = convolutions(DepthwiseSeparable(24, 32, 1), 24), convolutions(InvertedResidual(24, 32, 1, 6), 24)
    assert [r.kind for r in v2] == ["pointwise", *(r.kind for r in v1)] == ["pointwise", "depthwise", "pointwise"]


def test_a_depthwise_layer_can_widen():
    layer = nn.Conv2d(8, 16, 3, padding=1, groups=8)
    x = torch.randn(1, 8, 5, 5, requires_grad=True)
    (gradient,) = torch.autograd.grad(layer(x)[0, 5].sum(), x)
    assert layer(x).shape[1] == 16
    assert gradient.abs().sum((0, 2, 3)).nonzero().flatten().tolist() == [2]


@pytest.fixture(scope="module")
def rows():
    return {int(n): row for n, *row in many_draws(torch.relu).averages}


def test_what_is_lost_depends_on_the_decoder(rows):
    affine, inverse, apart = ({n: row[i] for n, row in rows.items()} for i in (0, 3, 5))
    assert affine[2] > 0.5 and affine[3] > 0.4 and affine[15] < 0.02 and affine[30] < 0.002
    assert all(0.45 < error < 0.8 for error in inverse.values())
    assert list(affine.values()) == sorted(affine.values(), reverse=True)
    assert list(apart.values()) == sorted(apart.values())
    assert all(abs(share - (1 - (n + 1) / 2**n)) < 0.03 for n, share in apart.items())


@pytest.mark.parametrize(("hidden", "width", "printed"), [
    (1280, 1.0, 2.9), (1280, 0.75, 2.4), (1024, 1.0, 2.5), (1024, 0.75, 2.0),
])  # fmt: skip
def test_each_preprint_has_its_hidden_layer(hidden, width, printed):
    """V3 small: 1280 channels and 2.9 M parameters in an earlier preprint, 1024 and 2.5 M in the final paper."""
    with torch.device("meta"):
        net = MobileNetV3("small", width)
    rest = sum(p.numel() for p in net.parameters()) - sum(p.numel() for p in net.head.parameters())
    c = net.head[0].in_features

    def millions(hidden):
        return round((rest + (c + 1) * hidden + (hidden + 1) * 1000) / 1e6, 1)

    assert millions(net.head[0].out_features) == round(sum(p.numel() for p in net.parameters()) / 1e6, 1)
    assert millions(hidden) == printed != millions({1280: 1024, 1024: 1280}[hidden])
