"""MobileNet V3. Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le, Adam (2019), arXiv:1905.02244.

Beside the paper: Figure 4 is `Bneck`, Table 1 is `TABLE_1` (large), Table 2 is `TABLE_2` (small), Figure 5 the end of
`MobileNetV3`. Departures from the paper: where exp size equals the input, a 1x1 convolution that widens nothing is left
out; Table 2 marks squeeze-and-excite at the last 1x1 convolution too, which neither torchvision nor timm has; the 1x1
convolutions after the pool are linear layers. What the paper leaves open is that of the authors' code: how widths are
rounded, exp sizes that keep their ratio to a scaled input, batch norm's epsilon. The classifier's hidden layer is never
scaled: in that code (slim/nets/mobilenet/mobilenet_v3.py) it is by default, and stays as it is with
`finegrain_classification_mode`; the parameters and multiply-adds that the authors released are those of the latter.
(timm does the same, torchvision differs in exp sizes and hidden layer.) Initialisation is He's, there a truncated
normal of deviation 0.09. Dropout 0.2 and momentum 0.01 are the paper's 0.8 and 0.99 (§6.1.1) in PyTorch's terms. The
paper reports 219 M multiply-adds for large; this and other code has 216.6 M.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import hardsigmoid, hardswish

from lightnets_edu.layers import SqueezeExcite, check_image, conv_bn, initialise, one_of, round_channels, whole


class Row(NamedTuple):
    """One bneck of Table 1 or 2, under the paper's column heads."""

    kernel: int    # operator: that of the depthwise convolution
    exp_size: int  # channels in the middle
    out: int       # output channels
    se: bool       # squeeze-and-excite?
    nl: str        # non-linearity
    s: int         # stride


SE, NO = True, False
NL: dict[str, Callable[[Tensor], Tensor]] = {"RE": torch.relu, "HS": hardswish}
TABLE_1 = (
    # kernel  exp  out  SE  NL  s
    Row(3, 16, 16, NO, "RE", 1),
    Row(3, 64, 24, NO, "RE", 2),
    Row(3, 72, 24, NO, "RE", 1),
    Row(5, 72, 40, SE, "RE", 2),
    Row(5, 120, 40, SE, "RE", 1),
    Row(5, 120, 40, SE, "RE", 1),
    Row(3, 240, 80, NO, "HS", 2),
    Row(3, 200, 80, NO, "HS", 1),
    Row(3, 184, 80, NO, "HS", 1),
    Row(3, 184, 80, NO, "HS", 1),
    Row(3, 480, 112, SE, "HS", 1),
    Row(3, 672, 112, SE, "HS", 1),
    Row(5, 672, 160, SE, "HS", 2),
    Row(5, 960, 160, SE, "HS", 1),
    Row(5, 960, 160, SE, "HS", 1),
)
TABLE_2 = (
    Row(3, 16, 16, SE, "RE", 2),
    Row(3, 72, 24, NO, "RE", 2),
    Row(3, 88, 24, NO, "RE", 1),
    Row(5, 96, 40, SE, "HS", 2),
    Row(5, 240, 40, SE, "HS", 1),
    Row(5, 240, 40, SE, "HS", 1),
    Row(5, 120, 48, SE, "HS", 1),
    Row(5, 144, 48, SE, "HS", 1),
    Row(5, 288, 96, SE, "HS", 2),
    Row(5, 576, 96, SE, "HS", 1),
    Row(5, 576, 96, SE, "HS", 1),
)
STEM, WIDTHS = 16, (0.75, 1.0)    # the first convolution; width multipliers of Table 3
SIZES = {"large": (TABLE_1, 960, 1280), "small": (TABLE_2, 576, 1024)}    # bnecks, 1x1 before and after the pool


def conv_bn_v3(c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """`conv_bn` with the authors' batch norm: epsilon 0.001, and averages that keep 99 % at every step (§6.1.1)."""
    conv, _ = conv_bn(c_in, c_out, kernel, stride, groups)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out, eps=0.001, momentum=0.01))


class Bneck(nn.Module):
    """MobileNet V2's block, with squeeze-and-excite (Figure 4).

    (N, c_in, H, W) -> (N, c_out, H/stride, W/stride), rounded up. There is
    no layer `expand` where c_mid equals c_in, and a shortcut only where
    stride is 1 and c_in equals c_out. ValueError for what is in no table.
    """

    def __init__(self, c_in: int, c_mid: int, c_out: int, kernel: int,
                 stride: int, se: bool, nl: str):
        super().__init__()
        whole(c_in=c_in, c_mid=c_mid, c_out=c_out)
        one_of(stride, (1, 2), "stride")
        one_of(se, (True, False), "se")
        one_of(nl, NL, "nl")
        self.activation = NL[nl]
        self.expand = conv_bn_v3(c_in, c_mid, 1) if c_mid != c_in else None
        self.depthwise = conv_bn_v3(c_mid, c_mid, kernel, stride, c_mid)
        quarter = round_channels(c_mid / 4)  # §5.3
        self.se = SqueezeExcite(c_mid, quarter, hardsigmoid) if se else None
        self.project = conv_bn_v3(c_mid, c_out, 1)
        self.shortcut = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x
        if self.expand is not None:
            y = self.activation(self.expand(y))
        y = self.activation(self.depthwise(y))
        if self.se is not None:
            y = self.se(y)
        y = self.project(y)  # linear
        return x + y if self.shortcut else y


class MobileNetV3(nn.Module):
    """Table 1 ("large") or Table 2 ("small"), its channels scaled by `width`. (N, 3, H, W) -> (N, num_classes).

    ValueError for another size or width, and for what is no batch of images.
    """

    def __init__(self, size: str = "large", width: float = 1.0, num_classes: int = 1000):
        super().__init__()
        one_of(size, SIZES, "size")
        one_of(width, WIDTHS, "width")
        whole(num_classes=num_classes)
        table, c_last, c_hidden = SIZES[size]
        c_in, unscaled = round_channels(STEM * width), STEM
        self.stem = nn.Sequential(conv_bn_v3(3, c_in, 3, stride=2), nn.Hardswish())
        blocks: list[nn.Module] = []
        for row in table:
            c_mid = round_channels(c_in * row.exp_size / unscaled)
            c_out = round_channels(row.out * width)
            blocks.append(Bneck(c_in, c_mid, c_out, row.kernel, row.s, row.se, row.nl))
            c_in, unscaled = c_out, row.out
        self.blocks = nn.Sequential(*blocks)
        c_last = round_channels(c_last * width)
        self.last = nn.Sequential(conv_bn_v3(c_in, c_last, 1), nn.Hardswish())
        self.head = nn.Sequential(
            nn.Linear(c_last, c_hidden), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(c_hidden, num_classes)
        )
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x)
        y = self.blocks(self.stem(x))              # (N, 3, 224, 224) -> (N, c, 7, 7)
        y = self.last(y).mean(dim=(2, 3))          # global average pool
        scores: Tensor = self.head(y)
        return scores
