"""GhostNet. Han, Wang, Tian, Guo, Xu, Xu (2020), arXiv:1911.11907.

Beside the paper: Figure 2b is `GhostModule`, Figure 3 is `GhostBottleneck`, the G-bneck of Table 1, and Table 1 is
`TABLE_1` and `GhostNet`. Table 1 has no kernel sizes: these are the authors' code's.

What the paper leaves open is that of the authors' code (huawei-noah/ghostnet): where s does not divide the output, one
primary map more is made and the surplus is cut off; squeeze-and-excite has a quarter of the expanded channels, in
multiples of 4, and a hard sigmoid; a shortcut that changes its shape is a depthwise and a pointwise convolution
without an activation; scaled channels are multiples of 4, the 1280 after the pool are never scaled; the 1x1
convolution that makes them has a bias and no batch norm; dropout 0.2. Departures: that convolution, which sees one
position, is a linear layer; initialisation is He's.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import hardsigmoid, relu

from lightnets_edu.layers import SqueezeExcite, check_image, conv_bn, initialise, one_of, round_channels, whole


class Row(NamedTuple):
    """One G-bneck: #exp, #out, SE and stride of Table 1, and a kernel of the authors' code."""

    kernel: int  # of the depthwise convolution: not in the table, but in the authors' code
    exp: int     # expansion size: channels in the middle
    out: int     # output channels
    se: bool     # squeeze-and-excite?
    stride: int


SE, NO = True, False
TABLE_1 = (
    # kernel exp  out  SE  stride
    Row(3, 16, 16, NO, 1),
    Row(3, 48, 24, NO, 2),
    Row(3, 72, 24, NO, 1),
    Row(5, 72, 40, SE, 2),
    Row(5, 120, 40, SE, 1),
    Row(3, 240, 80, NO, 2),
    Row(3, 200, 80, NO, 1),
    Row(3, 184, 80, NO, 1),
    Row(3, 184, 80, NO, 1),
    Row(3, 480, 112, SE, 1),
    Row(3, 672, 112, SE, 1),
    Row(5, 672, 160, SE, 2),
    Row(5, 960, 160, NO, 1),
    Row(5, 960, 160, SE, 1),
    Row(5, 960, 160, NO, 1),
    Row(5, 960, 160, SE, 1),
)
STEM, LAST, HIDDEN = 16, 960, 1280    # Table 1: the first Conv2d, the 1x1 before the pool, and the one after it
WIDTHS = (0.5, 1.0, 1.3)              # the width multipliers α of Table 7


class GhostModule(nn.Module):
    """A few maps by convolution, the rest from these (Figure 2b).

    (N, c_in, H, W) -> (N, c_out, H, W). `kernel` is that of the primary
    convolution; each of its maps gives s - 1 ghosts, by cheap d×d
    convolutions of one map each. ValueError for other numbers.
    """

    def __init__(self, c_in: int, c_out: int, kernel: int = 1,
                 s: int = 2, d: int = 3, relu: bool = True):
        super().__init__()
        whole(c_in=c_in, c_out=c_out, s=s)
        if s < 2:
            raise ValueError(f"s must be 2 or more, so that there are ghosts; got {s}")
        one_of(relu, (True, False), "relu")
        m = -(-c_out // s)  # primary maps, rounded up
        self.primary = conv_bn(c_in, m, kernel)
        self.cheap = conv_bn(m, m * (s - 1), d, groups=m)
        self.c_out, self.surplus = c_out, m * s - c_out
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        y = self.primary(x)
        if self.relu:
            y = relu(y, inplace=True)
        ghosts = self.cheap(y)
        if self.relu:
            ghosts = relu(ghosts, inplace=True)
        y = torch.cat([y, ghosts], dim=1)
        return y[:, :self.c_out] if self.surplus else y


class GhostBottleneck(nn.Module):
    """A ghost module widens, a second narrows (Figure 3).

    (N, c_in, H, W) -> (N, c_out, H/stride, W/stride), rounded up. With
    stride 2 a depthwise convolution of `kernel` stands between them, and
    so does squeeze-and-excite where `se`. ValueError for other numbers.
    """

    def __init__(self, c_in: int, c_mid: int, c_out: int, kernel: int = 3,
                 stride: int = 1, se: bool = False):
        super().__init__()
        whole(c_in=c_in, c_mid=c_mid, c_out=c_out, kernel=kernel)
        one_of(stride, (1, 2), "stride")
        one_of(se, (True, False), "se")
        self.expand = GhostModule(c_in, c_mid)
        self.depthwise: nn.Module = nn.Identity()
        if stride == 2:
            self.depthwise = conv_bn(c_mid, c_mid, kernel, 2, c_mid)
        quarter = round_channels(c_mid / 4, divisor=4)
        self.se: nn.Module = nn.Identity()
        if se:
            self.se = SqueezeExcite(c_mid, quarter, hardsigmoid)
        self.project = GhostModule(c_mid, c_out, relu=False)
        self.shortcut: nn.Module = nn.Identity()
        if stride == 2 or c_in != c_out:
            self.shortcut = nn.Sequential(
                conv_bn(c_in, c_in, kernel, stride, groups=c_in),
                conv_bn(c_in, c_out, 1),
            )

    def forward(self, x: Tensor) -> Tensor:
        short = self.shortcut(x)
        y = self.expand(x)
        y = self.se(self.depthwise(y))
        y = self.project(y)  # linear
        return torch.add(short, y)


class GhostNet(nn.Module):
    """Table 1, its channels scaled by `width`. (N, 3, H, W) -> (N, num_classes).

    ValueError for a width that is none of `WIDTHS`, and for what is no batch of images.
    """

    def __init__(self, width: float = 1.0, num_classes: int = 1000):
        super().__init__()
        one_of(width, WIDTHS, "width")
        whole(num_classes=num_classes)
        c_in = round_channels(STEM * width, divisor=4)
        self.stem = nn.Sequential(conv_bn(3, c_in, 3, stride=2), nn.ReLU(inplace=True))
        blocks: list[nn.Module] = []
        for kernel, exp, out, se, stride in TABLE_1:
            c_mid = round_channels(exp * width, divisor=4)
            c_out = round_channels(out * width, divisor=4)
            blocks.append(GhostBottleneck(c_in, c_mid, c_out, kernel, stride, se))
            c_in = c_out
        self.blocks = nn.Sequential(*blocks)
        c_last = round_channels(LAST * width, divisor=4)
        self.last = nn.Sequential(conv_bn(c_in, c_last, 1), nn.ReLU(inplace=True))
        self.head = nn.Sequential(
            nn.Linear(c_last, HIDDEN), nn.ReLU(inplace=True), nn.Dropout(0.2), nn.Linear(HIDDEN, num_classes)
        )
        initialise(self, gain=1.2)  # four of a block's six convolutions and more have no ReLU, and 16 sums

    def forward(self, x: Tensor) -> Tensor:
        check_image(x)
        y = self.blocks(self.stem(x))              # (N, 3, 224, 224) -> (N, c, 7, 7)
        y = self.last(y).mean(dim=(2, 3))          # global average pool
        scores: Tensor = self.head(y)
        return scores
