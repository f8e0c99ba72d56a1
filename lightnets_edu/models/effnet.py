"""EffNet. Freeman, Roese-Koerner, Kummert (2018), arXiv:1801.06434.

Beside the paper: Figure 1 is `EffNetBlock`; the columns of Table 1, for CIFAR-10, are `Baseline`,
`MobileNetStyle`, `ShuffleNetStyle` and `EffNet`.

Departures from the paper: the block's last convolution, "2x1 with a 1-d stride", has two readings. As printed
and in arthurdouillard/keras-effnet it is (rows, columns) = (2, 1) with stride (1, 2), so that it never reads every
second column of what the block has computed. PyTorch ports make it (1, 2), which reads all: `last="1x2"`.
What the paper leaves open follows keras-effnet: LeakyReLU(0.3) comes before batch norm, with Keras's constants
(its momentum 0.99 is PyTorch's 0.01; ports that copied 0.99 remember little but the last batch).
The other columns are as reported, within 6 % of the paper's FLOPs (two per multiply-add). We add LeakyReLU(0.3) after
every convolution, symmetric zero padding, no batch norm, and in `ShuffleNetStyle` the shuffle before depthwise layers.
"""

from typing import NamedTuple

from torch import Tensor, nn

from lightnets_edu.layers import check_image, initialise, one_of, whole


class Row(NamedTuple):
    """Four lines of Table 1's EffNet column."""
    c_in: int
    c_mid: int  # 1x1, dw 1x3 + 1d mp, dw 3x1
    c_out: int  # 2x1 + 1d stride


TABLE_1 = (Row(3, 32, 64), Row(64, 64, 128), Row(128, 128, 256))    # the first layer is a block too
LAST = {    # the block's last layer: kernel (rows, columns); zeros left, right, above, below
    "2x1": ((2, 1), (0, 0, 0, 1)),
    "1x2": ((1, 2), (0, 0, 0, 0)),
}


def _conv_act_bn(c_in: int, c_out: int, kernel: tuple[int, int],
                 stride: tuple[int, int] = (1, 1), groups: int = 1) -> nn.Sequential:
    """Convolution, LeakyReLU, batch norm, in this order. (N, c_in, H, W) -> (N, c_out, H', W')."""
    padding = (kernel[0] // 2, kernel[1] // 2) if stride == (1, 1) else 0
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, stride, padding, groups=groups, bias=False),
        nn.LeakyReLU(0.3),
        nn.BatchNorm2d(c_out, eps=1e-3, momentum=0.01),
    )


class EffNetBlock(nn.Module):
    """Figure 1, EffNet: a 3×3 depthwise layer pulled apart, rows first.

    (N, c_in, H, W) -> (N, c_out, H/2, W/2). ValueError unless `last`, the
    last layer's kernel, is "2x1" (as printed) or "1x2".
    """

    def __init__(self, c_in: int, c_mid: int, c_out: int, last: str = "2x1"):
        super().__init__()
        whole(c_in=c_in, c_mid=c_mid, c_out=c_out)
        one_of(last, LAST, "last")
        kernel, zeros = LAST[last]
        self.reduce = _conv_act_bn(c_in, c_mid, (1, 1))
        self.depthwise_row = _conv_act_bn(c_mid, c_mid, (1, 3), groups=c_mid)
        self.pool = nn.MaxPool2d((2, 1))
        self.depthwise_column = _conv_act_bn(c_mid, c_mid, (3, 1), groups=c_mid)
        self.pad = nn.ZeroPad2d(zeros)
        self.expand = _conv_act_bn(c_mid, c_out, kernel, stride=(1, 2))

    def forward(self, x: Tensor) -> Tensor:
        y = self.depthwise_row(self.reduce(x))
        y = self.pool(y)                  # (N, c_mid, H/2, W)
        y = self.depthwise_column(y)
        z: Tensor = self.expand(self.pad(y))
        return z                          # (N, c_out, H/2, W/2)


def _conv_act(c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution and LeakyReLU. (N, c_in, H, W) -> (N, c_out, ceil(H/stride), ceil(W/stride))."""
    conv = nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.LeakyReLU(0.3))


class _Cifar(nn.Module):
    """A column of Table 1: its layers, then one linear layer on the flattened maps."""

    def __init__(self, num_classes: int, *layers: nn.Module):
        super().__init__()
        whole(num_classes=num_classes)
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(256 * 4 * 4, num_classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, size=32)
        scores: Tensor = self.head(self.features(x).flatten(1))
        return scores


class EffNet(_Cifar):
    """Table 1, EffNet; `last` as in its block. (N, 3, 32, 32) -> (N, num_classes)."""

    def __init__(self, num_classes: int = 10, last: str = "2x1"):
        super().__init__(num_classes, *(EffNetBlock(*row, last=last) for row in TABLE_1))


class Baseline(_Cifar):
    """Table 1, Baseline: plain convolutions. (N, 3, 32, 32) -> (N, num_classes)."""

    def __init__(self, num_classes: int = 10):
        super().__init__(num_classes, _conv_act(3, 64, 3), nn.MaxPool2d(2),
                         _conv_act(64, 128, 3), nn.MaxPool2d(2),
                         _conv_act(128, 256, 3), nn.MaxPool2d(2))


class MobileNetStyle(_Cifar):
    """Table 1, MobileNet: depthwise, then pointwise. (N, 3, 32, 32) -> (N, num_classes)."""

    def __init__(self, num_classes: int = 10):
        super().__init__(num_classes, _conv_act(3, 64, 3), nn.MaxPool2d(2),
                         _conv_act(64, 64, 3, 2, groups=64), _conv_act(64, 128, 1),
                         _conv_act(128, 128, 3, 2, groups=128), _conv_act(128, 256, 1))


class ShuffleNetStyle(_Cifar):
    """Table 1, ShuffleNet: pointwise layers in 4 groups. (N, 3, 32, 32) -> (N, num_classes)."""

    def __init__(self, num_classes: int = 10):
        super().__init__(num_classes, _conv_act(3, 64, 3), nn.MaxPool2d(2),
                         _conv_act(64, 32, 1, groups=4), nn.ChannelShuffle(4), _conv_act(32, 32, 3, 2, groups=32),
                         _conv_act(32, 128, 1, groups=4),
                         _conv_act(128, 64, 1, groups=4), nn.ChannelShuffle(4), _conv_act(64, 64, 3, 2, groups=64),
                         _conv_act(64, 256, 1, groups=4))
