"""ShuffleNet V1. Zhang, Zhou, Lin, Sun (2017), arXiv:1707.01083.

Beside the paper: Figure 1 is `channel_shuffle`, Figure 2 is `ShuffleUnit`, Table 1 is `TABLE_1`.

Departures from the paper: none known at 1x. For other widths the paper says only that it scales the number of filters
(§3.3), and nothing of Conv1. The authors' later code has 0.5x to 2x, for g = 3 and 8; its stems are ours for all g. The
stem at 0.25x is our extension; with it the cost comes to the paper's 13 million. From that code, too, is what the paper
leaves open: which part of a concatenation comes first (the shortcut). Departures from that code: it shuffles after the
depthwise convolution, which is the same with its filters renamed; it applies ReLU to the branch before concatenation,
which is the same where the input is not negative; it shuffles in the inverse order; it has no classifier bias; and it
draws the weights of all convolutions but the first from a normal distribution of deviation 1/(channels that a filter
sees), here they are He's.
"""

import torch
from torch import Tensor, nn

from lightnets_edu.layers import check_image, check_map, conv_bn, divide, initialise, one_of, whole

UNITS = (4, 8, 4)    # Table 1, units per stage: one with stride 2, then 3, 7, 3 with stride 1
TABLE_1 = {          # g: output channels of stages 2, 3, 4
    1: (144, 288, 576),
    2: (200, 400, 800),
    3: (240, 480, 960),
    4: (272, 544, 1088),
    8: (384, 768, 1536),
}
STEM = {0.25: 12, 0.5: 12, 1.0: 24, 1.5: 24, 2.0: 48}    # width: channels of Conv1


def channel_shuffle(x: Tensor, groups: int) -> Tensor:
    """Take one channel from each group in turn (Figure 1c).

    (N, C, H, W) -> (N, C, H, W). With two groups, channels 0 1 2 | 3 4 5
    become 0 3 1 4 2 5. ValueError where `groups` does not divide C.
    """
    check_map(x, "channel shuffle")
    n, c, h, w = x.shape
    table = x.reshape(n, groups, divide(c, groups, "channel shuffle"), h, w)
    return table.transpose(1, 2).reshape(n, c, h, w)


class ShuffleUnit(nn.Module):
    """Figure 2b with stride 1, Figure 2c with stride 2.

    (N, c_in, H, W) -> (N, c_out, H/stride, W/stride). The first
    pointwise layer has `reduce_groups` groups, the last has `groups`.
    ValueError for another stride and for widths that do not fit.
    """

    def __init__(self, c_in: int, c_out: int, stride: int,
                 groups: int, reduce_groups: int):
        super().__init__()
        _check_widths(c_in, c_out, stride)
        self.groups, self.stride = groups, stride
        c_mid = divide(c_out, 4, "bottleneck")  # §3.3: a quarter
        # concatenation brings back c_in
        c_branch = c_out - c_in if stride == 2 else c_out
        self.reduce = conv_bn(c_in, c_mid, 1, groups=reduce_groups)
        self.depthwise = conv_bn(c_mid, c_mid, 3, stride, groups=c_mid)
        self.expand = conv_bn(c_mid, c_branch, 1, groups=groups)
        self.shortcut: nn.Module = nn.Identity()
        if stride == 2:
            self.shortcut = nn.AvgPool2d(3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu_(self.reduce(x))
        y = channel_shuffle(y, self.groups)
        y = self.depthwise(y)  # no ReLU here (§3.2)
        y = self.expand(y)
        short = self.shortcut(x)
        if self.stride == 2:
            return torch.relu_(torch.cat([short, y], dim=1))
        return torch.relu_(short + y)


def _check_widths(c_in: int, c_out: int, stride: int) -> None:
    whole(c_in=c_in, c_out=c_out)
    one_of(stride, (1, 2), "stride")
    if stride == 1 and c_in != c_out:
        raise ValueError(f"a stride-1 unit adds its input, so c_in must equal c_out; got {c_in} and {c_out}")
    if stride == 2 and c_in >= c_out:
        raise ValueError(f"a stride-2 unit concatenates its input, so c_out must exceed c_in: {c_in} and {c_out}")


def column(groups: int, width: float = 1.0) -> tuple[int, ...]:
    """A column of Table 1, scaled: channels of Conv1 and of stages 2, 3, 4. ValueError where groups stop dividing."""
    one_of(groups, TABLE_1, "groups")
    one_of(width, STEM, "width")
    stem = 16 if (groups, width) == (8, 0.5) else STEM[width]     # 12 leaves a branch that 8 does not divide
    stages = tuple(int(c * width) for c in TABLE_1[groups])       # exact: every entry is a multiple of 4
    for c in stages:
        c_mid = divide(c, 4, f"a quarter of the output at width {width}")
        divide(c_mid, groups, f"bottleneck of {c} channels at width {width}")
    divide(stages[0] - stem, groups, f"first branch of stage 2 ({stages[0]} - {stem}) at width {width}")
    return stem, *stages


class ShuffleNetV1(nn.Module):
    """Table 1, one column per `groups`, scaled by `width`.

    (N, 3, H, W) -> (N, num_classes). ValueError for groups and widths
    outside the table, and for those that scaling breaks: 0.5x and 1.5x
    with g = 2, 4; 0.25x with g = 2, 4, 8.
    """

    def __init__(self, groups: int, width: float = 1.0,
                 num_classes: int = 1000):
        super().__init__()
        whole(num_classes=num_classes)
        c, *stages = column(groups, width)
        self.stem = nn.Sequential(
            conv_bn(3, c, 3, stride=2), nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, padding=1))
        units: list[nn.Module] = []
        for c_out, n in zip(stages, UNITS, strict=True):
            for i in range(n):
                # Table 1, caption: the first of all is not grouped
                reduce_groups = groups if units else 1
                stride = 2 if i == 0 else 1
                units.append(
                    ShuffleUnit(c, c_out, stride, groups, reduce_groups))
                c = c_out
        self.stages = nn.Sequential(*units)
        self.head = nn.Linear(c, num_classes)
        initialise(self, gain=1.6)  # three convolutions to two ReLUs

    def forward(self, x: Tensor) -> Tensor:
        check_image(x)
        y = self.stages(self.stem(x))  # 224 × 224 -> 7 × 7 positions
        # global average pool
        scores: Tensor = self.head(y.mean(dim=(2, 3)))
        return scores
