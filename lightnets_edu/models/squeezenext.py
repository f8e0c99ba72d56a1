"""SqueezeNext. Gholami, Kwon, Wu, Tai, Yue, Jin, Zhao, Keutzer (2018), arXiv:1803.10615.

Beside the paper: `Block` is the block of 1.0-SqNxt-23; `BLOCKS` are the blocks of each stage, for 23 and for 23v5,
which moves blocks from the first two stages to the third; `groups=2` is 1.0-G-SqNxt-23. The reference is the authors'
Caffe files (github.com/amirgholami/SqueezeNext), for images of 227 × 227: convolutions without biases, an unpadded
stem, and a width that scales the stages but neither the stem nor the last convolution. For width 1.5 they have no
file: ours follows the same rules.

Departures from the paper: it reports about 1 % more multiply-adds throughout than the files and this network have, 282
million against 278 for 1.0-SqNxt-23, and 0.94 million parameters against 0.931 for 1.0-SqNxt-23v5; why is not known.
Departures from the files: they have no bias in the head either, so 1000 parameters fewer; Caffe's batch norm keeps
0.999 of its running statistics at each step, PyTorch's 0.9; and they apply ReLU to the sum as well, which changes
nothing, since both of its terms have passed a ReLU.
"""

import torch
from torch import Tensor, nn

from lightnets_edu.layers import check_image, divide, initialise, one_of, whole

STEM, LAST = 64, 128           # at every width
STEM_KERNEL = {"23": 7, "23v5": 5}
CHANNELS = (32, 64, 128, 256)  # of the four stages, at width 1.0
BLOCKS = {"23": (6, 6, 8, 1), "23v5": (2, 4, 14, 1)}
WIDTHS = (1.0, 1.5, 2.0)
TALL_WIDE = ((3, 1), (1, 3))   # kernels (height, width) of the separable pair
WIDE_TALL = ((1, 3), (3, 1))


def _conv(
    c_in: int, c_out: int, kernel: tuple[int, int] = (1, 1),
    stride: int = 1, groups: int = 1,
) -> nn.Sequential:
    """Convolution, batch norm, ReLU. (N, c_in, H, W) -> (N, c_out, ceil(H/stride), ceil(W/stride))."""
    padding = (kernel[0] // 2, kernel[1] // 2)
    conv = nn.Conv2d(c_in, c_out, kernel, stride, padding, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out), nn.ReLU(inplace=True))


class Block(nn.Module):
    """Two-stage bottleneck, separable pair, expansion, shortcut.

    (N, channels, H, W) -> (N, channels, H, W). ValueError for kernels
    other than those two, and unless 4 divides the channels and
    `groups` divides their quarter.
    """

    def __init__(
        self, channels: int, groups: int = 1,
        kernels: tuple[tuple[int, int], tuple[int, int]] = TALL_WIDE,
    ):
        super().__init__()
        quarter = divide(channels, 4, "bottleneck")
        divide(quarter, groups, "a quarter of the channels")
        one_of(kernels, (TALL_WIDE, WIDE_TALL), "kernels")
        half = 2 * quarter
        self.reduce = _conv(channels, half, groups=groups)
        self.squeeze = _conv(half, quarter)
        self.separable = nn.Sequential(
            _conv(quarter, half, kernels[0], groups=groups),
            _conv(half, half, kernels[1], groups=groups),
        )
        self.expand = _conv(half, channels)
        self.shortcut: nn.Module = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        short = self.shortcut(x)
        y = self.squeeze(self.reduce(x))
        y = self.expand(self.separable(y))
        return torch.add(short, y)


class FirstBlock(Block):
    """A stage's first block in version 23: a convolution in its shortcut.

    (N, c_in, H, W) -> (N, c_out, ceil(H/stride), ceil(W/stride)).
    ValueError as for `Block`, and unless `groups` divides c_in.
    """

    def __init__(self, c_in: int, c_out: int, stride: int, groups: int = 1):
        super().__init__(c_out, groups)
        whole(c_in=c_in, stride=stride)
        divide(c_in, groups, "input of a grouped block")
        self.reduce = _conv(c_in, c_out // 2, stride=stride, groups=groups)
        self.shortcut = _conv(c_in, c_out, stride=stride)


class SqueezeNext(nn.Module):
    """`width`-SqNxt-`version`, or with 2 groups `width`-G-SqNxt-`version`. (N, 3, H, W) -> (N, num_classes).

    ValueError for widths, versions and groups outside these tables.
    """

    def __init__(self, width: float = 1.0, version: str = "23", groups: int = 1, num_classes: int = 1000):
        super().__init__()
        whole(num_classes=num_classes)
        one_of(width, WIDTHS, "width")
        one_of(version, BLOCKS, "version")
        one_of(groups, (1, 2), "groups")
        kernel = STEM_KERNEL[version]
        self.smallest = kernel + 2  # the pool needs 2 × 2
        self.stem = nn.Sequential(
            nn.Conv2d(3, STEM, kernel, stride=2, bias=False), nn.BatchNorm2d(STEM), nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
        )
        c = STEM
        self.stages = nn.Sequential()
        for c_stage, n in zip(CHANNELS, BLOCKS[version], strict=True):
            c_out = int(c_stage * width)  # exact: widths are halves
            stride = 2 if len(self.stages) else 1
            blocks: list[nn.Module] = [FirstBlock(c, c_out, stride, groups)]
            if version == "23v5":  # the branch, too, follows the convolution
                blocks = [_conv(c, c_out, stride=stride), Block(c_out, groups)]
            for i in range(1, n):  # the order of the separable pair alternates
                blocks.append(Block(c_out, groups, WIDE_TALL if i % 2 else TALL_WIDE))
            self.stages.append(nn.Sequential(*blocks))
            c = c_out
        self.last = _conv(c, LAST)
        self.head = nn.Linear(LAST, num_classes)
        initialise(self, gain=1.6)  # 21 sums

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, self.smallest)
        y = self.last(self.stages(self.stem(x)))    # (N, 3, 227, 227) -> (N, 128, 7, 7)
        z: Tensor = self.head(y.mean(dim=(2, 3)))   # global average pool
        return z
