"""SqueezeNet. Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer (2016), arXiv:1602.07360.

Beside the paper: Figure 1 is `Fire`, Table 1 is `TABLE_1`, Figure 2's bypasses are `Bypass`, the rules of §5.1 are
`design_space`. Version 1.1 is the authors' later one (github.com/forresti/SqueezeNet): a smaller stem, earlier pools.

Departures from the paper: Table 1 says 224 × 224, but its sizes 111, 55, 27, 13 are those of 227 × 227; at 224 they
are 109, 54, 27, 13. The authors' Caffe file pads conv10 by 1, Table 1 and this file do not. Unresolved: the paper
reports 7.7 MB with complex bypass, but 1,589,672 parameters of 32 bits are 6.1 MB, as 1,248,424 without bypass are its
4.8 MB (of 2^20 bytes); that the 1×1 convolutions of a bypass have biases and no ReLU is our reading. So is rounding to
whole filters in `design_space`, which the 1 % and 99 % of §5.3 need.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from lightnets_edu.layers import check_image, initialise, one_of, whole


class Row(NamedTuple):
    """One fire module, under the column heads of Table 1: numbers of filters."""
    s1x1: int
    e1x1: int
    e3x3: int


TABLE_1 = (
    Row(16, 64, 64), Row(16, 64, 64), Row(32, 128, 128),       # fire2, fire3, fire4
    Row(32, 128, 128), Row(48, 192, 192), Row(48, 192, 192),   # fire5, fire6, fire7
    Row(64, 256, 256), Row(64, 256, 256),                      # fire8, fire9
)


class Version(NamedTuple):
    """Kernel and channels of conv1, the fire modules that a max pool follows, the smallest image in pixels."""
    kernel: int
    stem: int
    pools: tuple[int, int]
    smallest: int


VERSIONS = {"1.0": Version(7, 96, (4, 8), 21), "1.1": Version(3, 64, (3, 5), 17)}


def design_space(
    sr: float = 0.125, pct_3x3: float = 0.5, base_e: int = 128, incr_e: int = 128, freq: int = 2
) -> tuple[Row, ...]:
    """Eight fire modules by the metaparameters of §5.1; the defaults give Table 1.

    `sr` is the squeeze ratio, `pct_3x3` the share of 3×3 filters among the expand filters, both above 0 and at most 1.
    ValueError for other numbers, and where a layer is left without filters.
    """
    whole(base_e=base_e, incr_e=incr_e, freq=freq)
    for name, share in (("sr", sr), ("pct_3x3", pct_3x3)):
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share <= 1:
            raise ValueError(f"{name} must be a number above 0 and at most 1, got {share!r}")
    rows = []
    for i in range(8):
        e = base_e + incr_e * (i // freq)  # filters of both expand layers
        rows.append(Row(round(sr * e), e - round(pct_3x3 * e), round(pct_3x3 * e)))
        whole(**rows[-1]._asdict())
    return tuple(rows)


class Fire(nn.Module):
    """A squeeze layer feeds two expand layers (Figure 1).

    (N, c_in, H, W) -> (N, e1x1 + e3x3, H, W). ValueError for numbers
    of filters that are no whole numbers from 1 up.
    """

    def __init__(self, c_in: int, s1x1: int, e1x1: int, e3x3: int):
        super().__init__()
        whole(c_in=c_in, s1x1=s1x1, e1x1=e1x1, e3x3=e3x3)
        self.squeeze = nn.Conv2d(c_in, s1x1, 1)
        self.expand1x1 = nn.Conv2d(s1x1, e1x1, 1)
        self.expand3x3 = nn.Conv2d(s1x1, e3x3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu_(self.squeeze(x))
        y1 = torch.relu_(self.expand1x1(y))
        y3 = torch.relu_(self.expand3x3(y))
        return torch.cat([y1, y3], dim=1)


class Bypass(nn.Module):
    """A fire module plus its input (Figure 2), through a 1×1 convolution where widths differ. Shapes as for `Fire`."""

    def __init__(self, c_in: int, s1x1: int, e1x1: int, e3x3: int):
        super().__init__()
        self.fire = Fire(c_in, s1x1, e1x1, e3x3)
        c_out = e1x1 + e3x3
        self.shortcut = nn.Identity() if c_in == c_out else nn.Conv2d(c_in, c_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.add(self.fire(x), self.shortcut(x))  # no ReLU after it


class SqueezeNet(nn.Module):
    """Table 1, or eight other fire modules. (N, 3, H, W) -> (N, num_classes). ValueError outside these tables."""

    def __init__(
        self, version: str = "1.0", bypass: str = "none", fires: tuple[Row, ...] = TABLE_1, num_classes: int = 1000
    ):
        super().__init__()
        whole(num_classes=num_classes)
        one_of(version, VERSIONS, "version")
        one_of(bypass, ("none", "simple", "complex"), "bypass")  # Figure 2: left, middle, right
        if not isinstance(fires, tuple) or len(fires) != 8 or not all(isinstance(row, Row) for row in fires):
            raise ValueError(f"fires must be a tuple of eight Row(s1x1, e1x1, e3x3), such as TABLE_1, got {fires!r}")
        kernel, c, pools, self.smallest = VERSIONS[version]
        self.stem = nn.Sequential(nn.Conv2d(3, c, kernel, stride=2), nn.ReLU(inplace=True))
        self.fires = nn.Sequential(nn.MaxPool2d(3, stride=2, ceil_mode=True))
        for i, row in enumerate(fires, start=2):
            whole(**row._asdict())
            c_out = row.e1x1 + row.e3x3
            around = bypass == "complex" or (bypass == "simple" and c == c_out)
            self.fires.add_module(f"fire{i}", Bypass(c, *row) if around else Fire(c, *row))
            if i in pools:
                self.fires.add_module(f"pool{i}", nn.MaxPool2d(3, stride=2, ceil_mode=True))
            c = c_out
        self.dropout = nn.Dropout(0.5)            # after fire9
        self.head = nn.Conv2d(c, num_classes, 1)  # conv10
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, self.smallest)
        y = self.dropout(self.fires(self.stem(x)))
        y = torch.relu_(self.head(y))  # (N, 3, 224, 224) -> (N, num_classes, 13, 13)
        return y.mean(dim=(2, 3))     # average pool
