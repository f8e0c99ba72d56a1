"""MobileNet V2. Sandler, Howard, Zhu, Zhmoginov, Chen (2018), arXiv:1801.04381.

Beside the paper: Table 1 and Figure 4d are `InvertedResidual`, Table 2 is `TABLE_2` and `MobileNetV2`.

Departures from the paper: where t = 1, a 1x1 convolution that widens nothing is left out (with it, width 1.0 would need
313 M multiply-adds, not 300 M); the classifier, there a 1x1 convolution, is a linear layer with a bias. What the paper
leaves open is that of torchvision's code: how scaled channels are rounded, dropout before the classifier, batch norm's
epsilon and momentum (the authors' code, slim/nets/mobilenet, has 0.001 and keeps 0.997 at every step, and begins with a
truncated normal of deviation 0.09, not with He's draws). The paper reports 3.4 M parameters at width 1.0 and 6.9 M at
1.4; this network has 3.50 M and 6.11 M, as other implementations do.
"""

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.functional import relu6

from lightnets_edu.layers import check_image, conv_bn, initialise, one_of, round_channels, whole


class Row(NamedTuple):
    """One line of Table 2, under the paper's column heads."""

    t: int  # expansion
    c: int  # output channels
    n: int  # blocks
    s: int  # stride of the first; the rest have 1


TABLE_2 = (
    #   t   c  n  s
    Row(1, 16, 1, 1),
    Row(6, 24, 2, 2),
    Row(6, 32, 3, 2),
    Row(6, 64, 4, 2),
    Row(6, 96, 3, 1),
    Row(6, 160, 3, 2),
    Row(6, 320, 1, 1),
)
STEM, HEAD = 32, 1280                   # Table 2, the two conv2d around the bottlenecks
WIDTHS = (0.35, 0.5, 0.75, 1.0, 1.4)    # the width multipliers α (§4)


class InvertedResidual(nn.Module):
    """Widen, filter, narrow without an activation (Table 1, Figure 4d).

    (N, c_in, H, W) -> (N, c_out, H/stride, W/stride), rounded up. There is
    no layer `expand` where expansion is 1, and a shortcut only where stride
    is 1 and c_in equals c_out. ValueError for another stride or size.
    """

    def __init__(self, c_in: int, c_out: int, stride: int, expansion: int):
        super().__init__()
        whole(c_in=c_in, c_out=c_out, expansion=expansion)
        one_of(stride, (1, 2), "stride")
        c_mid = c_in * expansion
        self.expand = conv_bn(c_in, c_mid, 1) if expansion > 1 else None
        self.depthwise = conv_bn(c_mid, c_mid, 3, stride, groups=c_mid)
        self.project = conv_bn(c_mid, c_out, 1)
        self.shortcut = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x
        if self.expand is not None:
            y = relu6(self.expand(y), inplace=True)
        y = relu6(self.depthwise(y), inplace=True)
        y = self.project(y)  # a linear bottleneck: no ReLU6 (§3.2)
        return x + y if self.shortcut else y


class MobileNetV2(nn.Module):
    """Table 2, its channels scaled by `width`. (N, 3, H, W) -> (N, num_classes).

    ValueError for a width that is none of `WIDTHS`, and for what is no batch of images.
    """

    def __init__(self, width: float = 1.0, num_classes: int = 1000):
        super().__init__()
        one_of(width, WIDTHS, "width")
        whole(num_classes=num_classes)
        c_in = round_channels(STEM * width)
        self.stem = nn.Sequential(conv_bn(3, c_in, 3, stride=2), nn.ReLU6(inplace=True))
        blocks: list[nn.Module] = []
        for t, c, n, s in TABLE_2:
            c_out = round_channels(c * width)
            for i in range(n):
                blocks.append(InvertedResidual(c_in, c_out, s if i == 0 else 1, t))
                c_in = c_out
        self.blocks = nn.Sequential(*blocks)
        c_out = round_channels(HEAD * max(1.0, width))    # never narrower than 1280 (§4)
        self.last = nn.Sequential(conv_bn(c_in, c_out, 1), nn.ReLU6(inplace=True))
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(c_out, num_classes))
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x)
        y = self.blocks(self.stem(x))                       # (N, 3, 224, 224) -> (N, c, 7, 7)
        y = self.last(y).mean(dim=(2, 3))                   # global average pool
        scores: Tensor = self.head(y)
        return scores
