"""ShuffleNet V2. Ma, Zhang, Zheng, Sun (2018), arXiv:1807.11164.

Beside the paper: Figure 3c is `BasicUnit`, Figure 3d is `DownUnit`, Table 5 is `REPEATS` and `TABLE_5`.

The network is that of the authors' code (megvii-model/ShuffleNet-Series), which settles what the paper leaves open:
the shortcut of Figure 3d keeps its input channels, which alone gives the paper's 146, 299 and 591 million
multiply-adds; the classifier has no bias, and at 2x a dropout of 0.2 before it.
Departures from the paper: its shuffle is that of ShuffleNet V1, the authors' code takes the inverse order (`join`).
With two equal branches the order only renames channels; in stage 2, above 0.5x, it decides which branch is read when.
Departure from the code: units end with the shuffle, as in Figure 3, while there each split begins with it. After
the last unit of a stage this only renames channels. Initialisation is He's, there a normal distribution of deviation
1/(channels that a filter sees), 0.01 in the first layer.
`torchvision=True` is that library's network: each branch of Figure 3d gives half of the output, which differs in
the first unit of stage 2 only, not at 0.5x; the classifier has a bias and no dropout. Its shuffle is V1's.
"""

import torch
from torch import Tensor, nn

from lightnets_edu.layers import check_image, conv_bn, divide, initialise, one_of, whole
from lightnets_edu.models.shufflenet_v1 import channel_shuffle

STEM = 24               # Table 5, Conv1
REPEATS = (4, 8, 4)     # Table 5: one unit with stride 2, then 3, 7, 3 with stride 1
TABLE_5 = {             # width: output channels of stages 2, 3, 4 and of Conv5
    0.5: (48, 96, 192, 1024),
    1.0: (116, 232, 464, 1024),
    1.5: (176, 352, 704, 1024),
    2.0: (244, 488, 976, 2048),
}


def join(short: Tensor, y: Tensor) -> Tensor:
    """Concatenate and shuffle: even channels first, then odd.

    (N, a, H, W), (N, b, H, W) -> (N, a + b, H, W). 0 1 2 | 3 4 5 become
    0 2 4 1 3 5. (ShuffleNet V1's Figure 1c, 0 3 1 4 2 5, is the inverse.)
    """
    y = torch.cat([short, y], dim=1)
    return channel_shuffle(y, y.shape[1] // 2)


class BasicUnit(nn.Module):
    """Figure 3c: half the channels pass by, half are transformed.

    (N, c, H, W) -> (N, c, H, W). ValueError unless c is even.
    """

    def __init__(self, c: int):
        super().__init__()
        half = divide(c, 2, "channel split")
        self.reduce = conv_bn(half, half, 1)
        self.depthwise = conv_bn(half, half, 3, groups=half)
        self.expand = conv_bn(half, half, 1)

    def forward(self, x: Tensor) -> Tensor:
        short, y = x.chunk(2, dim=1)  # channel split
        y = torch.relu_(self.reduce(y))
        y = self.depthwise(y)  # no ReLU here
        y = torch.relu_(self.expand(y))
        return join(short, y)


class DownUnit(nn.Module):
    """Figure 3d: both branches see the whole input and halve its size.

    (N, c_in, H, W) -> (N, c_out, ceil(H/2), ceil(W/2)), of which the
    shortcut gives c_short. ValueError where these do not fit.
    """

    def __init__(self, c_in: int, c_out: int, c_short: int):
        super().__init__()
        whole(c_in=c_in, c_out=c_out, c_short=c_short)
        if c_short >= c_out:
            limit = f"less than c_out, {c_out}"
            raise ValueError(f"c_short must be {limit}, got {c_short}")
        c_mid = divide(c_out, 2, "channel split")
        self.short_depthwise = conv_bn(c_in, c_in, 3, 2, groups=c_in)
        self.short_expand = conv_bn(c_in, c_short, 1)
        self.reduce = conv_bn(c_in, c_mid, 1)
        self.depthwise = conv_bn(c_mid, c_mid, 3, 2, groups=c_mid)
        self.expand = conv_bn(c_mid, c_out - c_short, 1)

    def forward(self, x: Tensor) -> Tensor:
        short = self.short_depthwise(x)
        short = torch.relu_(self.short_expand(short))
        y = torch.relu_(self.reduce(x))
        y = self.depthwise(y)
        y = torch.relu_(self.expand(y))
        return join(short, y)


class ShuffleNetV2(nn.Module):
    """Table 5, one column per `width`. (N, 3, H, W) -> (N, num_classes).

    `torchvision` builds that library's network, its channels renamed. ValueError for a width outside the table.
    """

    def __init__(self, width: float = 1.0, num_classes: int = 1000, torchvision: bool = False):
        super().__init__()
        one_of(width, TABLE_5, "width")
        one_of(torchvision, (False, True), "torchvision")
        whole(num_classes=num_classes)
        *stages, c_head = TABLE_5[width]
        self.stem = nn.Sequential(conv_bn(3, STEM, 3, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, stride=2, padding=1))
        units: list[nn.Module] = []
        c = STEM
        for c_out, n in zip(stages, REPEATS, strict=True):
            units.append(DownUnit(c, c_out, c_short=c_out // 2 if torchvision else c))
            units.extend(BasicUnit(c_out) for _ in range(n - 1))
            c = c_out
        self.stages = nn.Sequential(*units)
        self.conv5 = nn.Sequential(conv_bn(c, c_head, 1), nn.ReLU(inplace=True))
        self.dropout = nn.Dropout(0.2 if width == 2.0 and not torchvision else 0.0)
        self.head = nn.Linear(c_head, num_classes, bias=torchvision)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x)
        y = self.conv5(self.stages(self.stem(x)))                       # (N, 3, 224, 224) -> (N, c_head, 7, 7)
        scores: Tensor = self.head(self.dropout(y.mean(dim=(2, 3))))    # global average pool
        return scores
