"""MobileNet V1. Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto, Adam (2017), arXiv:1704.04861.

Beside the paper: Figure 3 (right) is `DepthwiseSeparable`, Table 1 is `TABLE_1` and `MobileNetV1`, Table 6 is
`WIDTHS` (α), Table 7 is `RESOLUTIONS` (ρ): the resolution is that of the images, the network stays the same.

Departures from the paper: Table 1 prints stride 2 for the last depthwise convolution too, yet 7 x 7 for its input
and its output; the stride is 1. The paper's softmax is left to the loss. Batch norm's epsilon and momentum, which
it leaves open, are PyTorch's. Departures from the authors' code (tensorflow/models, slim/nets/mobilenet_v1.py): there
it is ReLU6, not the paper's ReLU; batch norm has epsilon 0.001 and keeps 0.9997 at every step; a dropout of 0.001
stands before the classifier; initialisation is a truncated normal of deviation 0.09, here it is He's.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from lightnets_edu.layers import check_image, conv_bn, initialise, one_of, whole


class Row(NamedTuple):
    """Two lines of Table 1: "Conv dw / s1" or "/ s2", then the pointwise "Conv / s1"."""

    s: int  # stride of the depthwise convolution
    c: int  # output channels of the pointwise convolution


STEM = 32                          # Table 1, the first line: Conv / s2
TABLE_1 = (
    Row(1, 64),
    Row(2, 128),
    Row(1, 128),
    Row(2, 256),
    Row(1, 256),
    Row(2, 512),
    *5 * (Row(1, 512),),           # "5 x"
    Row(2, 1024),
    Row(1, 1024),                  # printed with stride 2
)
WIDTHS = (1.0, 0.75, 0.5, 0.25)        # Table 6: the width multiplier α
RESOLUTIONS = (224, 192, 160, 128)     # Table 7: images for ρ = 1, 6/7, 5/7, 4/7


class DepthwiseSeparable(nn.Module):
    """Filter each channel, then combine them (Figure 3, right).

    (N, c_in, H, W) -> (N, c_out, H/stride, W/stride), rounded up.
    ValueError for another stride than 1 or 2, and for another size.
    """

    def __init__(self, c_in: int, c_out: int, stride: int):
        super().__init__()
        whole(c_in=c_in, c_out=c_out)
        one_of(stride, (1, 2), "stride")
        self.depthwise = conv_bn(c_in, c_in, 3, stride, groups=c_in)
        self.pointwise = conv_bn(c_in, c_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu_(self.depthwise(x))
        return torch.relu_(self.pointwise(y))


class MobileNetV1(nn.Module):
    """Table 1, its channels multiplied by `width`. (N, 3, H, W) -> (N, num_classes).

    ValueError for a width that is none of `WIDTHS`, and for what is no batch of images.
    """

    def __init__(self, width: float = 1.0, num_classes: int = 1000):
        super().__init__()
        one_of(width, WIDTHS, "width")
        whole(num_classes=num_classes)
        c_in = int(STEM * width)                 # exact: every entry is a multiple of 4
        self.stem = nn.Sequential(conv_bn(3, c_in, 3, stride=2), nn.ReLU(inplace=True))
        blocks: list[nn.Module] = []
        for s, c in TABLE_1:
            c_out = int(c * width)
            blocks.append(DepthwiseSeparable(c_in, c_out, s))
            c_in = c_out
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(c_in, num_classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x)
        y = self.blocks(self.stem(x))                     # (N, 3, 224, 224) -> (N, c, 7, 7)
        scores: Tensor = self.head(y.mean(dim=(2, 3)))    # global average pool
        return scores
