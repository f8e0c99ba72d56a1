"""EfficientNet. Tan, Le (2019), arXiv:1905.11946.

Beside the paper: `MBConv` is the operator MBConv1 or MBConv6 of Table 1, MobileNet V2's block with squeeze-and-excite
and swish (x · sigmoid(x), which PyTorch calls SiLU). Table 1 is `STAGES` and `EfficientNet`, which is B0 as it stands;
B1 to B7 are compound scaling's (§3.3), with the numbers of `VARIANTS`.

What the paper leaves open is that of the authors' code (tensorflow/tpu): those numbers, which are rounded and so not
quite powers of α, β, γ; scaled channels are multiples of 8, scaled numbers of layers rounded up; there is no layer
`expand` where expansion is 1; the width of squeeze-and-excite is a share of the block's input and not of its expanded
channels, rounded down; batch norm has epsilon 0.001 and the paper's momentum 0.99 (§5.2), in PyTorch's terms 0.01.
Departures: zero padding is the same on both sides, as in torchvision and timm, while that code pads more behind where
stride is 2; stochastic depth (§5.2), which only training uses, is left out; initialisation is He's.
"""

import math
from numbers import Real
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.functional import silu

from lightnets_edu.layers import SqueezeExcite, check_image, conv_bn, initialise, one_of, round_channels, whole


class Stage(NamedTuple):
    """One line of Table 1, under the paper's column heads. Strides it leaves to its resolutions, line by line."""

    expansion: int  # operator: MBConv1 or MBConv6
    kernel: int     # operator: k3x3 or k5x5
    stride: int     # of the first layer; the rest have 1
    c_out: int      # channels Ĉ
    layers: int     # layers L̂


STAGES = (    # stages 2 to 8; 1 is a convolution, 9 the classifier with its 1x1 convolution and its pool
    # t  k  s   Ĉ   L̂
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 5, 2, 40, 2),
    Stage(6, 3, 2, 80, 3),
    Stage(6, 5, 1, 112, 3),
    Stage(6, 5, 2, 192, 4),
    Stage(6, 3, 1, 320, 1),
)
STEM, HEAD = 32, 1280    # channels of stages 1 and 9
VARIANTS = {    # width, depth, pixels of an image's side
    "b0": (1.0, 1.0, 224),
    "b1": (1.0, 1.1, 240),
    "b2": (1.1, 1.2, 260),
    "b3": (1.2, 1.4, 300),
    "b4": (1.4, 1.8, 380),
    "b5": (1.6, 2.2, 456),
    "b6": (1.8, 2.6, 528),
    "b7": (2.0, 3.1, 600),
}
DROPOUT = {"b0": 0.2, "b1": 0.2, "b2": 0.3, "b3": 0.3, "b4": 0.4, "b5": 0.4, "b6": 0.5, "b7": 0.5}    # §5.2, rounded
MOST = 10.0    # times B0's channels and layers: so far from any network that more is a slip of the pen


def scale_channels(channels: int, width: float) -> int:
    """`width` times as many channels: the nearest multiple of 8 that is at least 90 % of it.

    ValueError unless `channels` is a whole number and `width` above 0 and at most `MOST`.
    """
    whole(channels=channels)
    _check_factor(width, "width")
    return round_channels(channels * width)


def scale_layers(layers: int, depth: float) -> int:
    """`depth` times as many layers, rounded up. ValueError as in `scale_channels`."""
    whole(layers=layers)
    _check_factor(depth, "depth")
    return math.ceil(layers * depth)


def _check_factor(value: object, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < value <= MOST:
        raise ValueError(f"{what} must be a number above 0 and at most {MOST:g}, got {value!r}")


def conv_bn_tf(c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """`conv_bn` with the authors' batch norm: epsilon 0.001, and averages that keep 99 % at every step (§5.2)."""
    conv, _ = conv_bn(c_in, c_out, kernel, stride, groups)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out, eps=0.001, momentum=0.01))


class MBConv(nn.Module):
    """Widen, filter, weigh the channels, narrow (Table 1).

    (N, c_in, H, W) -> (N, c_out, H/stride, W/stride), rounded up.
    `squeeze` is the share of c_in between squeeze and excite, 0 for none.
    A shortcut only where stride is 1 and c_in equals c_out. ValueError for
    other strides and sizes.
    """

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int,
                 expansion: int, squeeze: float = 0.25):
        super().__init__()
        whole(c_in=c_in, c_out=c_out, expansion=expansion)
        one_of(stride, (1, 2), "stride")
        _check_share(squeeze)
        c_mid = c_in * expansion
        self.expand = conv_bn_tf(c_in, c_mid, 1) if expansion > 1 else None
        self.depthwise = conv_bn_tf(c_mid, c_mid, kernel, stride, c_mid)
        c_squeeze = max(1, math.floor(c_in * squeeze))  # of the input
        self.se: nn.Module = nn.Identity()
        if squeeze > 0:
            self.se = SqueezeExcite(c_mid, c_squeeze, activation=silu)
        self.project = conv_bn_tf(c_mid, c_out, 1)
        self.shortcut = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x
        if self.expand is not None:
            y = silu(self.expand(y))
        y = silu(self.depthwise(y))
        y = self.se(y)
        y = self.project(y)  # linear
        return x + y if self.shortcut else y


def _check_share(squeeze: object) -> None:
    if isinstance(squeeze, bool) or not isinstance(squeeze, (int, float)) or not 0 <= squeeze <= 1:
        raise ValueError(f"squeeze must be a number from 0 to 1, got {squeeze!r}")


class EfficientNet(nn.Module):
    """Table 1, `width` times as wide and `depth` times as deep. (N, 3, H, W) -> (N, num_classes).

    `dropout` is the rate before the classifier: see `DROPOUT`. ValueError for other numbers, and for what is no batch
    of images.
    """

    def __init__(self, width: float = 1.0, depth: float = 1.0, num_classes: int = 1000, dropout: float = 0.2):
        super().__init__()
        whole(num_classes=num_classes)
        if isinstance(dropout, bool) or not isinstance(dropout, Real) or not 0 <= dropout < 1:
            raise ValueError(f"dropout must be a rate from 0 to below 1, got {dropout!r}")
        c_in = scale_channels(STEM, width)
        self.stem = nn.Sequential(conv_bn_tf(3, c_in, 3, stride=2), nn.SiLU(inplace=True))
        blocks: list[nn.Module] = []
        for expansion, kernel, stride, channels, layers in STAGES:
            c_out = scale_channels(channels, width)
            for i in range(scale_layers(layers, depth)):
                blocks.append(MBConv(c_in, c_out, kernel, stride if i == 0 else 1, expansion))
                c_in = c_out
        self.blocks = nn.Sequential(*blocks)
        c_out = scale_channels(HEAD, width)
        self.last = nn.Sequential(conv_bn_tf(c_in, c_out, 1), nn.SiLU(inplace=True))
        self.head = nn.Sequential(nn.Dropout(float(dropout)), nn.Linear(c_out, num_classes))
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x)
        y = self.blocks(self.stem(x))              # (N, 3, 224, 224) -> (N, 320, 7, 7) in B0
        y = self.last(y).mean(dim=(2, 3))          # global average pool
        scores: Tensor = self.head(y)
        return scores
