"""EfficientNet's block. Tan, Le (2019), arXiv:1905.11946.

This file holds the block of the paper, not its networks. Beside the paper: `MBConv` is the operator MBConv1 or MBConv6
of Table 1, MobileNet V2's block with squeeze-and-excite and swish (x · sigmoid(x), which PyTorch calls SiLU).

What the paper leaves open is that of the authors' code (tensorflow/tpu): there is no layer `expand` where expansion
is 1, the width of squeeze-and-excite is a share of the block's input and not of its expanded channels, rounded down,
and batch norm has epsilon 0.001 and the paper's momentum 0.99 (§5.2), in PyTorch's terms 0.01. Departures: zero
padding is the same on both sides, as in torchvision and timm, while that code pads more behind where stride is 2;
stochastic depth (§5.2), which only training uses, is left out.
"""

import math

from torch import Tensor, nn
from torch.nn.functional import silu

from lightnets_edu.layers import SqueezeExcite, conv_bn, one_of, whole


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
