"""GhostNet's blocks. Han, Wang, Tian, Guo, Xu, Xu (2020), arXiv:1911.11907.

This file holds the blocks of the paper, not its network. Beside the paper: Figure 2b is `GhostModule`, Figure 3 is
`GhostBottleneck`, the G-bneck of Table 1.

What the paper leaves open is that of the authors' code (huawei-noah/ghostnet): where s does not divide the output, one
primary map more is made and the surplus is cut off; squeeze-and-excite has a quarter of the expanded channels, in
multiples of 4, and a hard sigmoid; a shortcut that changes its shape is a depthwise and a pointwise convolution
without an activation. Departures from the paper: none known.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import hardsigmoid

from lightnets_edu.layers import SqueezeExcite, conv_bn, one_of, round_channels, whole


class GhostModule(nn.Module):
    """A few maps by convolution, the rest from these (Figure 2b).

    (N, c_in, H, W) -> (N, c_out, H, W). `kernel` is that of the primary
    convolution; each of its maps gives s - 1 ghosts, by cheap d×d
    convolutions of one map each. ValueError for other numbers.
    """

    def __init__(self, c_in: int, c_out: int, kernel: int = 1,
                 s: int = 2, d: int = 3, relu: bool = True):
        super().__init__()
        whole(c_in=c_in, c_out=c_out, s=s)
        if s < 2:
            raise ValueError(f"s must be 2 or more, so that there are ghosts; got {s}")
        one_of(relu, (True, False), "relu")
        m = -(-c_out // s)  # primary maps, rounded up
        self.primary = conv_bn(c_in, m, kernel)
        self.cheap = conv_bn(m, m * (s - 1), d, groups=m)
        self.c_out, self.surplus = c_out, m * s - c_out
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        y = self.primary(x)
        if self.relu:
            y = torch.relu(y)
        ghosts = self.cheap(y)
        if self.relu:
            ghosts = torch.relu(ghosts)
        y = torch.cat([y, ghosts], dim=1)
        return y[:, :self.c_out] if self.surplus else y


class GhostBottleneck(nn.Module):
    """A ghost module widens, a second narrows (Figure 3).

    (N, c_in, H, W) -> (N, c_out, H/stride, W/stride), rounded up. With
    stride 2 a depthwise convolution of `kernel` stands between them, and
    so does squeeze-and-excite where `se`. ValueError for other numbers.
    """

    def __init__(self, c_in: int, c_mid: int, c_out: int, kernel: int = 3,
                 stride: int = 1, se: bool = False):
        super().__init__()
        whole(c_in=c_in, c_mid=c_mid, c_out=c_out, kernel=kernel)
        one_of(stride, (1, 2), "stride")
        one_of(se, (True, False), "se")
        self.expand = GhostModule(c_in, c_mid)
        self.depthwise: nn.Module = nn.Identity()
        if stride == 2:
            self.depthwise = conv_bn(c_mid, c_mid, kernel, 2, c_mid)
        quarter = round_channels(c_mid / 4, divisor=4)
        self.se: nn.Module = nn.Identity()
        if se:
            self.se = SqueezeExcite(c_mid, quarter, hardsigmoid)
        self.project = GhostModule(c_mid, c_out, relu=False)
        self.shortcut: nn.Module = nn.Identity()
        if stride == 2 or c_in != c_out:
            self.shortcut = nn.Sequential(
                conv_bn(c_in, c_in, kernel, stride, groups=c_in),
                conv_bn(c_in, c_out, 1),
            )

    def forward(self, x: Tensor) -> Tensor:
        short = self.shortcut(x)
        y = self.expand(x)
        y = self.se(self.depthwise(y))
        y = self.project(y)  # linear
        return torch.add(short, y)
