"""Xception. Chollet (2016), arXiv:1610.02357.

Beside the paper: Figure 5 is `Xception`, its separable convolutions are `SeparableConv`, its parts between two
additions `ReducingBlock` and `MiddleBlock`. Figures 1 to 4, the Inception modules that lead there, are in
`inception.py`.

Departures from the paper: the dropout of 0.5 before the classifier (§4.3) is not in the author's published code,
nor here. Departures from that code: a max pool on an even size (only 74 × 74 at 299) is padded on both sides, not on
one; batch norm has PyTorch's eps and momentum, which the paper does not give.
"""

import torch
from torch import Tensor, nn

from lightnets_edu.layers import check_image, conv_bn, initialise, whole

ENTRY = (128, 256, 728)     # Figure 5, entry flow: blocks with stride 2
MIDDLE = 8                  # Figure 5, middle flow: "repeated 8 times", 728 channels
EXIT = (728, 1024)          # Figure 5, exit flow: the one block's two convolutions
SEPARABLE = (1536, 2048)    # Figure 5, exit flow: the last two separable convolutions
SMALLEST = 7                # of smaller images nothing is left after the stem


class SeparableConv(nn.Module):
    """Depthwise, pointwise, nothing in between (§4.7), then batch norm.

    (N, c_in, H, W) -> (N, c_out, H, W).
    """

    def __init__(self, c_in: int, c_out: int):
        super().__init__()
        whole(c_in=c_in, c_out=c_out)
        self.depthwise = nn.Conv2d(
            c_in, c_in, 3, padding=1, groups=c_in, bias=False
        )
        self.pointwise = nn.Conv2d(c_in, c_out, 1, bias=False)
        self.norm = nn.BatchNorm2d(c_out)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.pointwise(self.depthwise(x)))
        return y


class ReducingBlock(nn.Module):
    """Two separable convolutions and a pool, in the entry and exit flow.

    (N, c_in, H, W) -> (N, c_out, ceil(H/2), ceil(W/2)).
    """

    def __init__(self, c_in: int, c_mid: int, c_out: int):
        super().__init__()
        whole(c_in=c_in, c_mid=c_mid, c_out=c_out)
        self.shortcut = conv_bn(c_in, c_out, 1, stride=2)
        self.first = SeparableConv(c_in, c_mid)
        self.second = SeparableConv(c_mid, c_out)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        short: Tensor = self.shortcut(x)
        y: Tensor = self.first(torch.relu(x))
        y = self.second(torch.relu_(y))
        y = self.pool(y)
        return short + y


class FirstBlock(ReducingBlock):
    """The same without its first ReLU: the stem ends with one."""

    def forward(self, x: Tensor) -> Tensor:
        short: Tensor = self.shortcut(x)
        y: Tensor = self.first(x)
        y = self.second(torch.relu_(y))
        y = self.pool(y)
        return short + y


class MiddleBlock(nn.Module):
    """Three separable convolutions. (N, c, H, W) -> (N, c, H, W)."""

    def __init__(self, c: int):
        super().__init__()
        whole(c=c)
        self.first = SeparableConv(c, c)
        self.second = SeparableConv(c, c)
        self.third = SeparableConv(c, c)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.first(torch.relu(x))
        y = self.second(torch.relu_(y))
        y = self.third(torch.relu_(y))
        return x + y


class Xception(nn.Module):
    """Figure 5. (N, 3, H, W) -> (N, num_classes).

    ValueError for what is no image of 7 × 7 or more.
    """

    def __init__(self, num_classes: int = 1000):
        super().__init__()
        whole(num_classes=num_classes)
        self.stem = nn.Sequential(
            nn.Conv2d(3, 32, 3, stride=2, bias=False),    # 299 -> 149
            nn.BatchNorm2d(32), nn.ReLU(inplace=True),
            nn.Conv2d(32, 64, 3, bias=False),             # 147
            nn.BatchNorm2d(64), nn.ReLU(inplace=True),
        )
        one, two, three = ENTRY
        self.entry = nn.Sequential(
            FirstBlock(64, one, one),                     # 74
            ReducingBlock(one, two, two),                 # 37
            ReducingBlock(two, three, three),             # 19
        )
        self.middle = nn.Sequential(
            *[MiddleBlock(three) for _ in range(MIDDLE)]
        )
        self.exit = nn.Sequential(
            ReducingBlock(three, *EXIT),                  # 10
            SeparableConv(EXIT[1], SEPARABLE[0]), nn.ReLU(inplace=True),
            SeparableConv(*SEPARABLE), nn.ReLU(inplace=True),
        )
        self.head = nn.Linear(SEPARABLE[1], num_classes)
        initialise(self, gain=1.4)    # two convolutions to a ReLU

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, SMALLEST)
        y = self.exit(self.middle(self.entry(self.stem(x))))
        y = y.mean(dim=(2, 3))    # global average pool
        logits: Tensor = self.head(y)
        return logits
