"""ResNet-50, and ResNeXt-50 (32×4d): ResNet-50 with a wider, grouped 3×3.

`ResNet50` is He, Zhang, Ren, Sun (2015), arXiv:1512.03385. Beside the paper: Figure 5 (right) is `Bottleneck`, the
50-layer column of Table 1 is `TABLE_1`; shortcuts are option B of §4.1, a projection only where the shape changes.
Departure from the paper, by default: a stage halves its image in the first 3×3, as in Facebook's Torch code and in
torchvision ("v1.5"): 4,089,184,256 multiply-adds. `stride_in="1x1"` is the paper's network, as its authors released
it: the first 1×1 skips three positions in four, 3,857,973,248 (the paper: 3.8 · 10⁹), and the max pool is not padded
and rounds up, as Caffe does (github.com/KaimingHe/deep-residual-networks); at 224 both pools give 56 × 56.

`ResNeXt50` is Xie, Girshick, Dollár, Tu, He (2016), arXiv:1611.05431. Beside the paper: Figure 3c is `Bottleneck`, the
right column of Table 1 is `TABLE_1_RESNEXT`; §4 puts the stride in the 3×3. Departures from the paper: none known.

Initialisation is He's, as in both papers; the draws are uniform.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from lightnets_edu.layers import check_image, conv_bn, initialise, one_of, whole


class Row(NamedTuple):
    """One line of Table 1: the channels of a block's convolutions, and how many such blocks."""

    c_mid: int    # 1×1, and 3×3
    c_out: int    # 1×1
    blocks: int


TABLE_1 = {
    "conv2_x": Row(64, 256, 3),
    "conv3_x": Row(128, 512, 4),
    "conv4_x": Row(256, 1024, 6),
    "conv5_x": Row(512, 2048, 3),
}
TABLE_1_RESNEXT = {
    "conv2": Row(128, 256, 3),
    "conv3": Row(256, 512, 4),
    "conv4": Row(512, 1024, 6),
    "conv5": Row(1024, 2048, 3),
}
CARDINALITY = 32    # ResNeXt, Table 1, C: the groups of each 3×3


class Bottleneck(nn.Module):
    """1×1, 3×3, 1×1 beside a shortcut (Figure 5, right; ResNeXt: 3c).

    (N, c_in, H, W) -> (N, c_out, H/stride, W/stride). `stride_in` names
    the layer with the stride. ValueError for other strides or layers,
    and for groups that do not divide c_mid.
    """

    def __init__(self, c_in: int, c_mid: int, c_out: int, stride: int = 1,
                 groups: int = 1, stride_in: str = "3x3"):
        super().__init__()
        whole(c_in=c_in, c_mid=c_mid, c_out=c_out)
        one_of(stride, (1, 2), "stride")
        one_of(stride_in, ("1x1", "3x3"), "stride_in")
        first, second = (stride, 1) if stride_in == "1x1" else (1, stride)
        self.reduce = conv_bn(c_in, c_mid, 1, first)
        self.conv = conv_bn(c_mid, c_mid, 3, second, groups)
        self.expand = conv_bn(c_mid, c_out, 1)
        self.shortcut: nn.Module = nn.Identity()
        if stride == 2 or c_in != c_out:
            self.shortcut = conv_bn(c_in, c_out, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        short = self.shortcut(x)
        y = torch.relu_(self.reduce(x))
        y = torch.relu_(self.conv(y))
        y = self.expand(y)  # ReLU after the addition
        return torch.relu_(short + y)


def _stem(caffe_pool: bool = False) -> nn.Sequential:
    """conv1 and the pooling of conv2_x. (N, 3, H, W) -> (N, 64, H/4, W/4)."""
    pool = nn.MaxPool2d(3, stride=2, padding=1)
    if caffe_pool:
        pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
    return nn.Sequential(conv_bn(3, 64, 7, stride=2), nn.ReLU(inplace=True), pool)


def _stages(table: dict[str, Row], groups: int, stride_in: str) -> nn.Sequential:
    """The rows of a table, each after the first beginning with stride 2. (N, 64, H, W) -> (N, 2048, H/8, W/8)."""
    blocks: list[nn.Module] = []
    c = 64
    for row in table.values():
        for i in range(row.blocks):
            stride = 2 if blocks and i == 0 else 1    # conv2_x has its stride in the pooling
            blocks.append(Bottleneck(c, row.c_mid, row.c_out, stride, groups, stride_in))
            c = row.c_out
    return nn.Sequential(*blocks)


class ResNet50(nn.Module):
    """Table 1, 50 layers. (N, 3, H, W) -> (N, num_classes).

    `stride_in` is "3x3" (torchvision) or "1x1" (the paper). ValueError
    for another, and for what is no batch of images.
    """

    def __init__(self, stride_in: str = "3x3", num_classes: int = 1000):
        super().__init__()
        whole(num_classes=num_classes)
        paper = stride_in == "1x1"
        self.smallest = 3 if paper else 1  # its pool needs 2 × 2
        self.stem = _stem(caffe_pool=paper)
        self.stages = _stages(TABLE_1, groups=1, stride_in=stride_in)
        self.head = nn.Linear(2048, num_classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, self.smallest)
        y = self.stages(self.stem(x))  # (N, 3, 224, 224) -> (N, 2048, 7, 7)
        logits: Tensor = self.head(y.mean(dim=(2, 3)))  # global average pool
        return logits


class ResNeXt50(nn.Module):
    """ResNeXt's Table 1, 32×4d. (N, 3, H, W) -> (N, num_classes).

    ValueError for what is no batch of images.
    """

    def __init__(self, num_classes: int = 1000):
        super().__init__()
        whole(num_classes=num_classes)
        self.stem = _stem()
        self.stages = _stages(TABLE_1_RESNEXT, groups=CARDINALITY, stride_in="3x3")
        self.head = nn.Linear(2048, num_classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x)
        y = self.stages(self.stem(x))  # (N, 3, 224, 224) -> (N, 2048, 7, 7)
        logits: Tensor = self.head(y.mean(dim=(2, 3)))  # global average pool
        return logits
