"""MnasNet-A1 against its paper's figure, published counts, and an independent implementation."""

from functools import lru_cache, partial

import pytest
import torch
from parity import Pair, Peer, as_it_is, assert_same, in_full, meta
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.layers import SqueezeExcite
from lightnets_edu.models import mnasnet
from lightnets_edu.models.mnasnet import FIGURE_7, MBConv, MnasNetA1

PARAMS, MACS = 3_887_038, 311_579_072    # timm and pytorchcv at 224; Table 1 prints 3.9 M and 312 M
PRINTED = (    # Figure 7a once more, box by box: expansion, kernel, repeats, side and channels of the output
    (1, 3, 1, 112, 16), (6, 3, 2, 56, 24), (3, 5, 3, 28, 40), (6, 3, 4, 14, 80), (6, 3, 2, 14, 112), (6, 5, 3, 7, 160), (6, 3, 1, 7, 320),
)  # fmt: skip
SQUEEZES = {3: 6, 4: 10, 5: 10, 10: 20, 11: 28, 12: 28, 13: 40, 14: 40}    # blocks with SE; a quarter of their inputs


@lru_cache(maxsize=1)
def rows() -> dict:
    return {row.name: row for row in layer_costs(meta(MnasNetA1), (1, 3, 224, 224))}


def test_counts():
    assert total(rows().values())[:2] == (PARAMS, MACS)
    assert (round(PARAMS / 1e6, 1), round(MACS / 1e6)) == (3.9, 312)


def test_figure_7():
    """Operators, sides, channels, repeats and squeeze-and-excite, box by box."""
    i, c_in, side = 0, 32, 112
    for expansion, kernel, repeats, out_side, c_out in PRINTED:
        for _ in range(repeats):
            depthwise, project = rows()[f"blocks.{i}.depthwise.0"], rows()[f"blocks.{i}.project.0"]
            assert (f"blocks.{i}.expand.0" in rows()) == (expansion > 1)
            assert (depthwise.c_in, project.c_in, project.c_out) == (c_in * expansion, c_in * expansion, c_out)
            assert depthwise.kernel == (kernel, kernel) and depthwise.stride[0] == side // out_side
            assert project.out_shape == (1, c_out, out_side, out_side)
            i, c_in, side = i + 1, c_out, out_side
    assert len(FIGURE_7) == len(PRINTED) and f"blocks.{i}.project.0" not in rows()
    assert {int(name.split(".")[1]): row.c_out for name, row in rows().items() if name.endswith("squeeze")} == SQUEEZES
    ends = [rows()[name] for name in ("stem.0.0", "last.0.0", "head.1")]
    assert [(row.c_in, row.c_out) for row in ends] == [(3, 32), (320, 1280), (1280, 1000)]


def test_nine_shortcuts():
    """Where a box repeats its block, from the second on."""
    assert [i for i, block in enumerate(meta(MnasNetA1).blocks) if block.shortcut] == [2, 4, 5, 7, 8, 9, 11, 13, 14]


# Parity with pytorchcv ------------------------------------------------------------------------------------------------


def peer(any_size: bool = False) -> Peer:
    """pytorchcv's network with the authors' batch norm and dropout. It pools 7 × 7 maps, those of 224 pixels;
    `any_size` lets it pool what there is."""
    net = pytest.importorskip("pytorchcv.models.mnasnet").mnasnet_a1(num_classes=5)
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps, layer.momentum = 0.001, 0.01
    net.output = nn.Sequential(nn.Dropout(0.2), net.output)
    if any_size:
        net.features.final_pool = nn.AdaptiveAvgPool2d(1)
    return Peer(net)


@lru_cache(maxsize=1)
def pair(name: str = "mnasnet_a1") -> Pair:
    assert name == "mnasnet_a1"
    return Pair(partial(MnasNetA1, num_classes=5), peer(any_size=True), (2, 3, 64, 48))


def test_parity_at_full_size():
    assert_same(MnasNetA1(num_classes=5), peer(), (1, 3, 224, 224))


@pytest.mark.parametrize("step", [2, *in_full(1)])
def test_parity_catches_sabotages(step):
    """Every second way; every one in full."""
    ways = pair().sabotages()
    for expected in ("addition 1 of 9", "relu6 for relu", "hardsigmoid for sigmoid", "rate", "eps", "momentum", "stride"):
        assert any(expected in name for name, _ in ways), expected
    assert pair().missed(ways[::step]) == []


@pytest.mark.parametrize(
    ("i", "changes", "message"),
    [
        (0, {"expansion": 3}, "against target"),
        (2, {"se": False}, "against target"),
        (3, {"se": True}, "against target"),
        (4, {"stride": 2}, "outputs differ"),
        (5, {"kernel": 3}, "against target"),
        (5, {"repeats": 2}, "against target"),
        (6, {"c_out": 240}, "against target"),
    ],
)
def test_parity_catches_a_wrong_entry_of_the_figure(i, changes, message, monkeypatch):
    boxes = list(FIGURE_7)
    boxes[i] = boxes[i]._replace(**changes)
    monkeypatch.setattr(mnasnet, "FIGURE_7", tuple(boxes))
    assert message in pair().caught(as_it_is)


class SqueezeOfTheExpanded(MBConv):
    """A quarter of the expanded channels, as MobileNet V3 has."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        if not isinstance(self.se, nn.Identity):
            c_mid = self.depthwise[0].in_channels
            self.se = SqueezeExcite(c_mid, c_mid // 4)


class SqueezeFirst(MBConv):
    """Squeeze-and-excite before the activation of the depthwise convolution, where some ports have it."""

    def forward(self, x):
        y = x if self.expand is None else torch.relu(self.expand(x))
        y = self.project(torch.relu(self.se(self.depthwise(y))))
        return x + y if self.shortcut else y


class LastReLU(MBConv):
    def forward(self, x):
        return torch.relu(super().forward(x))


@pytest.mark.parametrize(
    ("wrong", "message"), [(SqueezeOfTheExpanded, "against target"), (SqueezeFirst, "outputs differ"), (LastReLU, "outputs differ")]
)
def test_parity_catches_another_block(wrong, message, monkeypatch):
    monkeypatch.setattr(mnasnet, "MBConv", wrong)
    assert message in pair().caught(as_it_is)


# What is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "wrong", "message"),
    [
        (0, 0, "c_in must be a whole number from 1 up, got 0"),
        (1, 2.5, r"c_out must be a whole number from 1 up, got 2\.5"),
        (2, 4, "kernel must be odd, so that padding can keep the size; got 4"),
        (3, 3, "stride must be one of 1, 2, got 3"),
        (4, "6", "expansion must be a whole number from 1 up, got '6'"),
        (5, 0.25, r"se must be one of True, False, got 0\.25"),
    ],
)
def test_block_says_what_is_wrong(position, wrong, message):
    arguments = [16, 24, 3, 1, 6, True]
    arguments[position] = wrong
    with pytest.raises(ValueError, match=message):
        MBConv(*arguments)


def test_network_says_what_is_wrong():
    with pytest.raises(ValueError, match="num_classes must be a whole number from 1 up, got -1"):
        MnasNetA1(num_classes=-1)


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 1, 64, 64), (1, 64, 64, 3), (1, 3, 64, 0)])
def test_network_refuses_what_is_no_image(shape):
    net = meta(partial(MnasNetA1, num_classes=2))
    with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape|images must be at least 1 × 1"):
        net(torch.empty(shape, device="meta"))


@pytest.mark.parametrize("size", [(1, 1), (33, 65), (96, 128)])
def test_network_takes_any_image_size(size):
    net = meta(partial(MnasNetA1, num_classes=2)).eval()
    assert net(torch.empty(2, 3, *size, device="meta")).shape == (2, 2)


@pytest.mark.parametrize(("stride", "c_out", "size"), [(1, 8, (7, 6)), (1, 12, (7, 6)), (2, 8, (4, 3))])
def test_block_shapes(stride, c_out, size):
    block = meta(MBConv, 8, c_out, 5, stride, 3, True)
    assert block(torch.empty(2, 8, 7, 6, device="meta")).shape == (2, c_out, *size)


def test_a_block_leaves_its_input_alone_and_trains():
    """Activations work in place, on maps that nothing else reads: gradients are those of a block that copies."""
    block = MBConv(8, 8, 3, 1, 3, True).double()
    x = torch.randn(2, 8, 6, 6, dtype=torch.float64, requires_grad=True)
    before = x.detach().clone()
    block(x).square().sum().backward()
    gradient, x.grad = x.grad, None
    y = torch.relu(block.depthwise(torch.relu(block.expand(x))))
    (x + block.project(block.se(y))).square().sum().backward()
    assert torch.equal(x.detach(), before) and torch.allclose(x.grad, gradient)
