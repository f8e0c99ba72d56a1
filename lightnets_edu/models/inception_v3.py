"""Inception v3. Szegedy, Vanhoucke, Ioffe, Shlens, Wojna (2015), arXiv:1512.00567.

Beside the paper: Figure 5 is `InceptionA`, Figure 6 (n = 7) `InceptionB`, Figure 7 `InceptionC`, Figure 10 the two
reductions; Table 1 is `InceptionV3`. Without the auxiliary head.

Departures from the paper: all those of its authors' published code, which every implementation follows. Of Table 1's
fifth to seventh rows, the first is 1 × 1, the second has stride 1 and the third is a max pool. Figure 5's tower of
1 × 1 and 3 × 3 has a 5 × 5. "3 × Inception" gives 256, 288 and 288 channels, and of "5 × Inception" the first is a
reduction. Departures from that code, as in torchvision: average pools count the padding; dropout is 0.5; batch-norm
momentum is 0.1.

The 23,626,728 parameters that the Xception paper gives this network are those of its author's first version for
Keras: narrower in two kinds of places (two pool towers, the start of one deep 7 × 7 tower), and with a bias in every
convolution, where a ReLU stands between it and the batch norm (the tests count it).
"""

import torch
from torch import Tensor, nn

from lightnets_edu.layers import check_image, initialise, whole

A_POOL = (32, 64, 64)           # pool tower of each InceptionA: 224 + 32, 224 + 64, 224 + 64 channels
B_MID = (128, 160, 160, 192)    # inside the 7 × 7 towers of each InceptionB
SMALLEST = 75                   # of smaller images nothing is left after the last reduction


def _conv(
    c_in: int, c_out: int, kernel: int | tuple[int, int], stride: int = 1, padding: int | tuple[int, int] = 0
) -> nn.Sequential:
    conv = nn.Conv2d(c_in, c_out, kernel, stride, padding, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out, eps=0.001), nn.ReLU(inplace=True))


def _row(c_in: int, c_out: int) -> nn.Sequential:
    return _conv(c_in, c_out, (1, 7), padding=(0, 3))


def _column(c_in: int, c_out: int) -> nn.Sequential:
    return _conv(c_in, c_out, (7, 1), padding=(3, 0))


def _pool(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(nn.AvgPool2d(3, stride=1, padding=1), _conv(c_in, c_out, 1))


class Towers(nn.Module):
    """What the modules below share: towers side by side over one input."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([tower(x) for tower in self.children()], dim=1)


class InceptionA(Towers):
    """Figure 5, on the 35 × 35 grid. (N, c_in, H, W) -> (N, 224 + c_pool, H, W)."""

    def __init__(self, c_in: int, c_pool: int):
        super().__init__()
        whole(c_in=c_in, c_pool=c_pool)
        self.point = _conv(c_in, 64, 1)
        self.shallow = nn.Sequential(_conv(c_in, 48, 1), _conv(48, 64, 5, padding=2))
        self.deep = nn.Sequential(_conv(c_in, 64, 1), _conv(64, 96, 3, padding=1), _conv(96, 96, 3, padding=1))
        self.pool = _pool(c_in, c_pool)


class ReductionA(Towers):
    """Figure 10, from 35 × 35 to 17 × 17. (N, c_in, H, W) -> (N, 480 + c_in, (H - 1)//2, (W - 1)//2)."""

    def __init__(self, c_in: int):
        super().__init__()
        whole(c_in=c_in)
        self.shallow = _conv(c_in, 384, 3, stride=2)
        self.deep = nn.Sequential(_conv(c_in, 64, 1), _conv(64, 96, 3, padding=1), _conv(96, 96, 3, stride=2))
        self.pool = nn.MaxPool2d(3, stride=2)


class InceptionB(Towers):
    """Figure 6 with n = 7, on the 17 × 17 grid. (N, c_in, H, W) -> (N, 768, H, W)."""

    def __init__(self, c_in: int, c_mid: int):
        super().__init__()
        whole(c_in=c_in, c_mid=c_mid)
        c = c_mid
        self.point = _conv(c_in, 192, 1)
        self.shallow = nn.Sequential(_conv(c_in, c, 1), _row(c, c), _column(c, 192))
        self.deep = nn.Sequential(_conv(c_in, c, 1), _column(c, c), _row(c, c), _column(c, c), _row(c, 192))
        self.pool = _pool(c_in, 192)


class ReductionB(Towers):
    """Figure 10 again, from 17 × 17 to 8 × 8. (N, c_in, H, W) -> (N, 512 + c_in, (H - 1)//2, (W - 1)//2)."""

    def __init__(self, c_in: int):
        super().__init__()
        whole(c_in=c_in)
        self.shallow = nn.Sequential(_conv(c_in, 192, 1), _conv(192, 320, 3, stride=2))
        self.deep = nn.Sequential(
            _conv(c_in, 192, 1), _row(192, 192), _column(192, 192), _conv(192, 192, 3, stride=2)
        )
        self.pool = nn.MaxPool2d(3, stride=2)


class Fork(Towers):
    """The split ends of Figure 7: 1 × 3 beside 3 × 1. (N, 384, H, W) -> (N, 768, H, W)."""

    def __init__(self) -> None:
        super().__init__()
        self.row = _conv(384, 384, (1, 3), padding=(0, 1))
        self.column = _conv(384, 384, (3, 1), padding=(1, 0))


class InceptionC(Towers):
    """Figure 7, on the 8 × 8 grid. (N, c_in, H, W) -> (N, 2048, H, W)."""

    def __init__(self, c_in: int):
        super().__init__()
        whole(c_in=c_in)
        self.point = _conv(c_in, 320, 1)
        self.shallow = nn.Sequential(_conv(c_in, 384, 1), Fork())
        self.deep = nn.Sequential(_conv(c_in, 448, 1), _conv(448, 384, 3, padding=1), Fork())
        self.pool = _pool(c_in, 192)


class InceptionV3(nn.Module):
    """Table 1. (N, 3, H, W) -> (N, num_classes).

    ValueError for what is no image of 75 × 75 or more.
    """

    def __init__(self, num_classes: int = 1000):
        super().__init__()
        whole(num_classes=num_classes)
        self.stem = nn.Sequential(
            _conv(3, 32, 3, stride=2),      # 299 -> 149
            _conv(32, 32, 3),               # 147
            _conv(32, 64, 3, padding=1),
            nn.MaxPool2d(3, stride=2),      # 73
            _conv(64, 80, 1),
            _conv(80, 192, 3),              # 71
            nn.MaxPool2d(3, stride=2),      # 35
        )
        modules: list[nn.Module] = []
        c = 192
        for c_pool in A_POOL:
            modules.append(InceptionA(c, c_pool))
            c = 224 + c_pool
        modules.append(ReductionA(c))       # 17
        c = 480 + c
        for c_mid in B_MID:
            modules.append(InceptionB(c, c_mid))
            c = 768
        modules += [ReductionB(c), InceptionC(512 + c), InceptionC(2048)]    # 8
        self.inception = nn.Sequential(*modules)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(2048, num_classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, SMALLEST)
        y = self.inception(self.stem(x)).mean(dim=(2, 3))    # (N, 2048)
        logits: Tensor = self.head(self.dropout(y))
        return logits
