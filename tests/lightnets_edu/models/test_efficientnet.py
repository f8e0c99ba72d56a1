"""MBConv against the paper's table, published counts, and an independent implementation."""

from functools import cache, partial

import pytest
import torch
from parity import Pair, Peer, assert_same
from torch import nn
from torch.nn.functional import silu

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.layers import SqueezeExcite
from lightnets_edu.models.efficientnet import MBConv, conv_bn_tf

TABLE_1 = (    # EfficientNet-B0, stages 2 to 8: expansion, kernel, channels, layers, stride of the first
    (1, 3, 16, 1, 1), (6, 3, 24, 2, 2), (6, 5, 40, 2, 2), (6, 3, 80, 3, 2), (6, 5, 112, 3, 1), (6, 5, 192, 4, 2), (6, 3, 320, 1, 1),
)  # fmt: skip
PARAMS, MACS = 5_288_548, 385_814_752    # torchvision and timm at 224; the paper prints 5.3 M and 0.39 B


def counted(block: nn.Module, shape: tuple[int, ...]) -> tuple[int, int]:
    return total(layer_costs(block.to("meta"), shape))[:2]


def by_hand(c_in: int, c_out: int, k: int, t: int, squeeze: int, size: int, stride: int = 1) -> tuple[int, int]:
    """Parameters with batch norms and the biases of squeeze-and-excite, and multiply-adds."""
    mid, out = t * c_in, -(-size // stride)
    expand, depthwise, project = (c_in * mid if t > 1 else 0), k * k * mid, mid * c_out
    norms = 2 * (mid * (t > 1) + mid + c_out)
    se = 2 * mid * squeeze
    macs = expand * size**2 + (depthwise + project) * out**2 + se
    return expand + depthwise + project + norms + se + (squeeze + mid if squeeze else 0), macs


@pytest.mark.parametrize(
    ("arguments", "size", "squeeze", "params", "macs"),
    [  # one block of each stage of B0, the first or, with a shortcut, the second; written out for two of them
        ((32, 16, 3, 1, 1), 112, 8, 1_448, 10_035_712),
        ((16, 24, 3, 2, 6), 112, 4, 6_004, 29_203_200),
        ((24, 24, 3, 1, 6), 56, 6, None, None),
        ((40, 40, 5, 1, 6), 28, 10, None, None),
        ((80, 80, 3, 1, 6), 14, 20, None, None),
        ((112, 192, 5, 2, 6), 14, 28, None, None),
        ((192, 320, 3, 1, 6), 7, 48, None, None),
    ],
)
def test_counts(arguments, size, squeeze, params, macs):
    c_in, c_out, kernel, stride, t = arguments
    expected = by_hand(c_in, c_out, kernel, t, squeeze, size, stride)
    assert counted(MBConv(*arguments), (1, c_in, size, size)) == expected
    assert params is None or expected == (params, macs)


@pytest.mark.parametrize(("share", "squeeze"), [(0, 0), (0.0, 0), (0.01, 1), (0.125, 5), (0.25, 10), (0.99, 39), (1, 40)])
def test_the_squeeze_is_a_share_of_the_input(share, squeeze):
    """Rounded down, and never nothing; 0 leaves squeeze-and-excite out."""
    assert counted(MBConv(40, 40, 5, 1, 6, share), (1, 40, 28, 28)) == by_hand(40, 40, 5, 6, squeeze, 28)


def test_a_network_of_these_blocks_counts_as_others_do():
    blocks, c = [], 32
    for t, kernel, c_out, layers, stride in TABLE_1:
        for i in range(layers):
            blocks.append(MBConv(c, c_out, kernel, stride if i == 0 else 1, t))
            c = c_out
    end = [conv_bn_tf(320, 1280, 1), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000)]
    net = nn.Sequential(conv_bn_tf(3, 32, 3, 2), nn.SiLU(), *blocks, *end)
    assert counted(net, (1, 3, 224, 224)) == (PARAMS, MACS)


# Parity with pytorchcv -----------------------------------------------------------------------------------------------

ARGUMENTS = [    # c_in, c_out, kernel, stride, expansion, squeeze
    (32, 16, 3, 1, 1, 0.25), (16, 16, 3, 1, 1, 0.25), (16, 24, 3, 2, 6, 0.25), (40, 40, 5, 1, 6, 0.25), (40, 40, 5, 1, 6, 0),
]  # fmt: skip


@cache
def peer(c_in: int, c_out: int, kernel: int, stride: int, expansion: int, squeeze: float) -> Peer:
    """pytorchcv's unit with the authors' batch norm."""
    efficientnet = pytest.importorskip("pytorchcv.models.efficientnet")
    own = {
        "normalization": lambda num_features: nn.BatchNorm2d(num_features, eps=0.001, momentum=0.01),
        "activation": lambda: nn.SiLU(), "tf_mode": False,
    }  # fmt: skip
    if expansion == 1:
        return Peer(efficientnet.EffiDwsConvUnit(c_in, c_out, stride, **own))
    return Peer(efficientnet.EffiInvResUnit(c_in, c_out, kernel, stride, expansion, 4 if squeeze else 0, **own))


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_parity(arguments):
    assert_same(MBConv(*arguments), peer(*arguments), (2, arguments[0], 9, 8))


@pytest.mark.parametrize("arguments", ARGUMENTS[1:])
def test_parity_catches_every_sabotage(arguments):
    both = Pair(partial(MBConv, *arguments), peer(*arguments), (2, arguments[0], 9, 8))
    ways = both.sabotages()
    for expected in ("hardswish for silu", "without activation", "eps", "momentum"):
        assert any(expected in name for name, _ in ways), expected
    assert both.missed(ways) == []


class SqueezeOfTheExpanded(MBConv):
    """A quarter of the expanded channels, as MobileNet V3 has."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        c_mid = self.depthwise[0].in_channels
        self.se = SqueezeExcite(c_mid, c_mid // 4, activation=silu)


class ReLUSqueeze(MBConv):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.se.activation = torch.relu


class SwishAtTheEnd(MBConv):
    def forward(self, x):
        return x + silu(super().forward(x) - x)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [(SqueezeOfTheExpanded, "against target se.squeeze"), (ReLUSqueeze, "outputs differ"), (SwishAtTheEnd, "outputs differ")],
)
def test_parity_catches_another_block(wrong, message):
    with pytest.raises(AssertionError, match=message):
        assert_same(wrong(*ARGUMENTS[3]), peer(*ARGUMENTS[3]), (2, 40, 9, 8))


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "wrong", "message"),
    [
        (0, 0, "c_in must be a whole number from 1 up, got 0"),
        (1, 2.5, r"c_out must be a whole number from 1 up, got 2\.5"),
        (2, 4, "kernel must be odd, so that padding can keep the size; got 4"),
        (2, "3", "kernel must be a whole number from 1 up, got '3'"),
        (3, 3, "stride must be one of 1, 2, got 3"),
        (4, False, "expansion must be a whole number from 1 up, got False"),
        (5, 1.5, r"squeeze must be a number from 0 to 1, got 1\.5"),
        (5, True, "squeeze must be a number from 0 to 1, got True"),
        (5, float("nan"), "squeeze must be a number from 0 to 1, got nan"),
        (5, None, "squeeze must be a number from 0 to 1, got None"),
    ],
)
def test_says_what_is_wrong(position, wrong, message):
    arguments = [16, 24, 3, 1, 6, 0.25]
    arguments[position] = wrong
    with pytest.raises(ValueError, match=message):
        MBConv(*arguments)


@pytest.mark.parametrize(("stride", "c_out", "size"), [(1, 8, (7, 6)), (1, 12, (7, 6)), (2, 8, (4, 3))])
def test_shapes(stride, c_out, size):
    block = MBConv(8, c_out, 5, stride, 6).to("meta")
    assert block(torch.empty(2, 8, 7, 6, device="meta")).shape == (2, c_out, *size)
