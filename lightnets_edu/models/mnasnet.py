"""MnasNet-A1. Tan, Chen, Pang, Vasudevan, Sandler, Howard, Le (2019), arXiv:1807.11626.

Beside the paper: Figure 7a is `FIGURE_7` and `MnasNetA1`; its operators MBConv3, MBConv6 and SepConv are `MBConv`, the
last with an expansion of 1.

What the paper leaves open is that of the authors' code (tensorflow/tpu): squeeze-and-excite, with the ratio 0.25 of
§4.1, has a quarter of the block's input and not of its expanded channels; a 1x1 convolution to 1280 channels stands
before the pool; batch norm has epsilon 0.001 and keeps 0.99 at every step, in PyTorch's terms 0.01; dropout 0.2.
Departures: zero padding is the same on both sides, as in timm and pytorchcv, while that code pads more behind where
stride is 2; initialisation is He's.
"""

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.functional import relu

from lightnets_edu.layers import SqueezeExcite, check_image, initialise, one_of, whole
from lightnets_edu.models.efficientnet import conv_bn_tf


class Blocks(NamedTuple):
    """One box of Figure 7a, read from the input on."""

    expansion: int  # MBConv3 or MBConv6; 1 is SepConv
    kernel: int     # k3x3 or k5x5
    stride: int     # of the first block; the rest have 1
    c_out: int      # channels of what the box gives
    repeats: int    # × 2: as many blocks
    se: bool        # squeeze-and-excite?


SE, NO = True, False
FIGURE_7 = (
    #      t  k  s   c  n  SE
    Blocks(1, 3, 1, 16, 1, NO),
    Blocks(6, 3, 2, 24, 2, NO),
    Blocks(3, 5, 2, 40, 3, SE),
    Blocks(6, 3, 2, 80, 4, NO),
    Blocks(6, 3, 1, 112, 2, SE),
    Blocks(6, 5, 2, 160, 3, SE),
    Blocks(6, 3, 1, 320, 1, NO),
)
STEM, HEAD = 32, 1280    # the convolutions around them


class MBConv(nn.Module):
    """MobileNet V2's block with ReLU, larger kernels and squeeze-and-excite (Figure 7b to d).

    (N, c_in, H, W) -> (N, c_out, H/stride, W/stride), rounded up. There is
    no layer `expand` where expansion is 1, and a shortcut only where stride
    is 1 and c_in equals c_out. ValueError for other strides and sizes.
    """

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int,
                 expansion: int, se: bool = False):
        super().__init__()
        whole(c_in=c_in, c_out=c_out, expansion=expansion)
        one_of(stride, (1, 2), "stride")
        one_of(se, (True, False), "se")
        c_mid = c_in * expansion
        self.expand = conv_bn_tf(c_in, c_mid, 1) if expansion > 1 else None
        self.depthwise = conv_bn_tf(c_mid, c_mid, kernel, stride, c_mid)
        self.se: nn.Module = nn.Identity()
        if se:
            self.se = SqueezeExcite(c_mid, max(1, c_in // 4))  # of the input
        self.project = conv_bn_tf(c_mid, c_out, 1)
        self.shortcut = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x
        if self.expand is not None:
            y = relu(self.expand(y), inplace=True)
        y = relu(self.depthwise(y), inplace=True)
        y = self.se(y)
        y = self.project(y)  # linear
        return x + y if self.shortcut else y


class MnasNetA1(nn.Module):
    """Figure 7a. (N, 3, H, W) -> (N, num_classes). ValueError for what is no batch of images."""

    def __init__(self, num_classes: int = 1000):
        super().__init__()
        whole(num_classes=num_classes)
        self.stem = nn.Sequential(conv_bn_tf(3, STEM, 3, stride=2), nn.ReLU(inplace=True))
        blocks: list[nn.Module] = []
        c_in = STEM
        for expansion, kernel, stride, c_out, repeats, se in FIGURE_7:
            for i in range(repeats):
                blocks.append(MBConv(c_in, c_out, kernel, stride if i == 0 else 1, expansion, se))
                c_in = c_out
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Sequential(conv_bn_tf(c_in, HEAD, 1), nn.ReLU(inplace=True))
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(HEAD, num_classes))
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x)
        y = self.blocks(self.stem(x))              # (N, 3, 224, 224) -> (N, 320, 7, 7)
        y = self.last(y).mean(dim=(2, 3))          # global average pool
        scores: Tensor = self.head(y)
        return scores
