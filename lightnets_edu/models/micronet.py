"""MicroNet. Li, Chen, Dai, Chen, Liu, Yuan, Liu, Zhang, Vasconcelos (2021), arXiv:2108.05894.

Beside the paper: its micro-factorised convolutions are `MicroPointwise` and `micro_depthwise`, its activation is
`DynamicShiftMax`. Figure 4 is `MicroBlockA`, the lite combination (Figure 2, right), `MicroBlockB`, and `MicroBlockC`,
the regular one. Table 1 is `VERSIONS`, with the widths, groups and reductions of the authors' code
(liyunsheng13/micronet), which is the reference. An earlier preprint, arXiv:2011.12289, gives other networks the same
names.

What that code does, and the paper's figures do not show or show otherwise:
1. It cuts the same layers into blocks elsewhere, before each expansion, and has its shortcuts there, from one squeezed
   map to the next: one in M2, four in M3. In the blocks of Figure 4 one lies inside M3's block B, the others lead from
   inside one block C into the next (`LinkedBlocksC`).
2. A channel is fused with the next channel of the next group; the paper's formula (reported) goes on by groups alone.
3. Where there is a Dynamic Shift-Max, a second shuffle follows the first.
4. M3 has Dynamic Shift-Max behind depthwise convolutions only, M0 to M2 everywhere but in the first block's middle.
5. Both layers of the head end in batch norm and hard swish, that of the scores too.
Departures from the code: weights begin as `initialise` draws them; Dynamic Shift-Max has 1×1 convolutions inside.

`cost` counts convolutions and linear layers, those inside Dynamic Shift-Max too. What it multiplies itself, a(x) · x at
each position, is a scaling, as in squeeze-and-excite, and counts 0 there: `shift_max_multiplies` gives it. The 4, 6, 12
and 21 million multiply-adds that the authors print contain it.
"""

from math import isqrt
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import hardsigmoid, hardswish, relu6

from lightnets_edu.borrowed import borrowed, image
from lightnets_edu.layers import check_image, check_map, conv_bn, divide, initialise, one_of, round_channels, whole
from lightnets_edu.models.shufflenet_v1 import channel_shuffle

J = 2           # maps that are fused: the input and its circular shift
LITE = 2, 2     # depthwise convolutions of blocks A and B: k×1 doubles the channels, 1×k doubles them again


class Places(NamedTuple):
    """Where a network has Dynamic Shift-Max: K, how many fusions its maximum is taken of, at each place."""

    expand: int = 2       # behind an expansion; with 0 ReLU6 stands there
    depthwise: int = 2    # behind a depthwise convolution; with 0 ReLU6
    squeeze: int = 1      # behind a squeeze, where 1 is a fusion without a maximum; with 0 nothing
    mix: float = 0.0      # the share of the shifted map with which the second fusion starts


class Row(NamedTuple):
    """One Micro-Block."""

    block: str         # A, B or C
    kernel: int        # k
    s: int             # stride
    squeezed: int      # channels behind the squeeze, C/R
    g1: int            # its groups
    c: int = 0         # channels behind the expansion; A has none
    g2: int = 0        # its groups
    r: int = 1         # reduction inside Dynamic Shift-Max: 8 · r, behind the squeeze half of that
    r2: int = 1        # the same, behind the expansion


class Version(NamedTuple):
    """A network: stem, blocks, head."""

    stem: tuple[int, int]    # maps of its 3×1 convolution, and for each of them of the 1×3
    rows: tuple[Row, ...]
    hidden: int              # the head's first layer
    dropout: float
    first: Places            # those of the first block
    places: Places           # those of the others


USUAL, M3 = Places(), Places(expand=0, squeeze=0, mix=0.5)
VERSIONS = {
    "m0": Version((2, 2), (
        #   block  k  s  C/R  G1   C  G2 r r2
        Row("A", 3, 2, 8, 2),
        Row("A", 3, 2, 12, 4),
        Row("B", 5, 2, 16, 4, 64, 4),
        Row("C", 5, 1, 32, 4, 128, 8),
        Row("C", 5, 2, 64, 8, 256, 8, 1, 2),
        Row("C", 3, 1, 96, 8, 384, 12, 2, 2),
    ), 640, 0.05, Places(depthwise=0), USUAL),
    "m1": Version((3, 2), (
        Row("A", 3, 2, 8, 2),
        Row("A", 3, 2, 16, 4),
        Row("B", 5, 2, 16, 4, 96, 4),
        Row("C", 5, 1, 32, 4, 192, 8),
        Row("C", 5, 2, 64, 8, 384, 8, 1, 2),
        Row("C", 3, 1, 96, 8, 576, 12, 2, 2),
    ), 960, 0.05, Places(depthwise=0), USUAL),
    "m2": Version((4, 2), (
        Row("A", 3, 2, 12, 4),
        Row("A", 3, 2, 16, 4),
        Row("B", 3, 1, 24, 4, 144, 6),
        Row("C", 5, 2, 32, 4, 192, 8, 1, 2),
        Row("C", 5, 1, 32, 4, 192, 8, 2, 2),
        Row("C", 5, 1, 64, 8, 384, 8, 2, 2),
        Row("C", 5, 2, 96, 8, 576, 12, 2, 2),
        Row("C", 3, 1, 128, 8, 768, 16, 2, 2),
    ), 1024, 0.1, Places(depthwise=0), USUAL),
    "m3": Version((4, 3), (
        Row("A", 3, 2, 16, 4),
        Row("A", 3, 2, 24, 4),
        Row("B", 3, 1, 24, 4, 144, 6),
        Row("C", 5, 2, 32, 4, 192, 8),
        Row("C", 5, 1, 32, 4, 192, 8, 2),
        Row("C", 5, 1, 64, 8, 384, 8, 2),
        Row("C", 5, 1, 80, 8, 480, 10, 2),
        Row("C", 5, 1, 80, 8, 480, 10, 2),
        Row("C", 5, 2, 120, 10, 720, 12, 2),
        Row("C", 5, 1, 120, 10, 720, 12, 2),
        Row("C", 3, 1, 144, 12, 864, 12, 2),
    ), 1024, 0.1, M3, M3),
}  # fmt: skip
LINKS = {"m2": (4,), "m3": (4, 7, 9)}    # blocks C, counted from 0, that the block before is linked with


def adaptive_groups(channels: int, reduction: int) -> int:
    """G = √(C/R): each output then reaches each input, and in one way only. ValueError where it is no whole number."""
    squeezed = divide(channels, reduction, "micro-factorised pointwise convolution")
    groups = isqrt(squeezed)
    if groups**2 != squeezed:
        raise ValueError(f"C/R must be a square, so that G = √(C/R) is whole; got {channels}/{reduction} = {squeezed}")
    return groups


class MicroPointwise(nn.Module):
    """W = P Φ Qᵀ: squeeze in G groups, shuffle, expand in G groups.

    (N, c, H, W) -> (N, c, H, W), by way of c / reduction channels, with
    G = √(c / reduction). ValueError where G is not whole.
    """

    def __init__(self, c: int, reduction: int):
        super().__init__()
        self.groups = adaptive_groups(c, reduction)
        squeezed = self.groups**2
        self.squeeze = conv_bn(c, squeezed, 1, groups=self.groups)  # Qᵀ
        self.expand = conv_bn(squeezed, c, 1, groups=self.groups)  # P

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.squeeze(x)
        y = self.expand(channel_shuffle(y, self.groups))  # Φ between
        return y


def micro_depthwise(c: int, kernel: int, stride: int = 1, t1: int = 1, t2: int = 1) -> nn.Sequential:
    """k×1, then 1×k, depthwise, with batch norms: (N, c, H, W) -> (N, c·t1·t2, H/stride, W/stride), rounded up."""
    whole(c=c, t1=t1, t2=t2)
    return _tall_wide(c, c * t1, c * t1 * t2, kernel, stride, groups=c)


def _tall_wide(c_in: int, c_mid: int, c_out: int, kernel: int, stride: int, groups: int) -> nn.Sequential:
    whole(kernel=kernel, stride=stride)
    if kernel % 2 == 0:
        raise ValueError(f"kernel must be odd, so that padding can keep the size; got {kernel}")
    c_in, c_mid, c_out, k, s, groups = map(int, (c_in, c_mid, c_out, kernel, stride, groups))
    return nn.Sequential(
        nn.Conv2d(c_in, c_mid, (k, 1), (s, 1), (k // 2, 0), groups=groups, bias=False), nn.BatchNorm2d(c_mid),
        nn.Conv2d(c_mid, c_out, (1, k), (1, s), (0, k // 2), groups=c_mid, bias=False), nn.BatchNorm2d(c_out),
    )


def circular_shift(x: Tensor, groups: int) -> Tensor:
    """At each place, the next channel of the next group. (N, C, H, W) -> (N, C, H, W).

    With two groups, channels 0 1 2 | 3 4 5 become 4 5 3 | 1 2 0. ValueError where `groups` does not divide C.
    """
    check_map(x, "circular shift")
    n, c, h, w = x.shape
    table = x.reshape(n, groups, divide(c, groups, "circular shift"), h, w)
    return table.roll((-1, -1), dims=(1, 2)).reshape(n, c, h, w)


class DynamicShiftMax(nn.Module):
    """y = max over k of (a_k1(x) · x + a_k2(x) · shifted x), k = 1 … K.

    (N, c, H, W) -> (N, c, H, W). Each channel has its own a, within 2 of
    where it starts: at 1 and 0, for k = 2 at 1 - mix and mix. They come
    from the channels' means, through two pointwise layers with `hidden`
    channels between. K is `fusions`, 2, or 1 for no maximum. ValueError
    for another, a mix outside 0 to 1, and unless `groups` divides c.
    """

    def __init__(self, c: int, groups: int, hidden: int, fusions: int = 2,
                 mix: float = 0.0):
        super().__init__()
        whole(c=c, hidden=hidden)
        divide(c, groups, "circular shift")
        one_of(fusions, (1, 2), "fusions")
        _check_mix(mix)
        self.groups, self.fusions, self.mix = groups, fusions, mix
        self.squeeze = nn.Conv2d(int(c), int(hidden), 1)
        self.expand = nn.Conv2d(int(hidden), fusions * J * int(c), 1)

    def forward(self, x: Tensor) -> Tensor:
        y = x.mean(dim=(2, 3), keepdim=True)
        y = torch.relu(self.squeeze(y))
        y = hardsigmoid(self.expand(y)) / 0.25  # 0 to 4: 2 less, -2 to 2
        a = torch.chunk(y, self.fusions * J, dim=1)
        shifted = circular_shift(x, self.groups)
        z = x * (a[0] - 1) + shifted * (a[1] - 2)
        if self.fusions == 2:
            own, other = a[2] - (1 + self.mix), a[3] - (2 - self.mix)
            z = torch.maximum(z, x * own + shifted * other)
        return z

    def multiplies(self, height: int, width: int) -> int:
        """Its own multiplies on one map, J · K · c · height · width."""
        whole(height=height, width=width)
        return self.expand.out_channels * height * width


def _check_mix(mix: object) -> None:
    if isinstance(mix, bool) or not isinstance(mix, (int, float)) or not 0 <= mix <= 1:
        raise ValueError(f"mix must be a number from 0 to 1, got {mix!r}")


def _shift_max(c: int, groups: int, reduction: int, fusions: int, mix: float, otherwise: nn.Module) -> nn.Module:
    """Dynamic Shift-Max as the blocks have it, or `otherwise` where there are no fusions."""
    hidden = round_channels(max(1, c // reduction), divisor=4)
    return DynamicShiftMax(c, groups, hidden, fusions, mix) if fusions else otherwise


class _MicroBlock(nn.Module):
    """Depthwise, squeeze, expand, as far as a block has them. `g0` is None where it is lite, `c_out` 0 for block A."""

    def __init__(self, c_in: int, squeezed: int, c_out: int, kernel: int, stride: int, g0: int | None, g1: int, g2: int,
                 r: int, r2: int, places: Places, last: bool = False):  # fmt: skip
        super().__init__()
        whole(c_in=c_in, squeezed=squeezed, r=r, r2=r2)
        one_of(stride, (1, 2), "stride")
        _check_places(places)
        one_of(last, (True, False), "last")
        lite, mix = g0 is None, places.mix
        t1, t2 = LITE if lite else (1, 1)
        wide, groups = t1 * t2 * c_in, c_in if g0 is None else divide(c_in, g0, "input of block C")
        self.depthwise = micro_depthwise(c_in, kernel, stride, t1, t2)
        self.filtered = _shift_max(wide, groups, 8 * r, places.depthwise, mix, nn.ReLU6(inplace=True))
        self.squeeze = conv_bn(wide, squeezed, 1, groups=g1)
        self.squeezed = _shift_max(squeezed, g1, 4 * r, places.squeeze, mix, nn.Identity())
        shifts = (places.depthwise > 0) + (places.expand > 0 and not lite)    # since the last shuffle
        second = [divide(wide, 2 * shifts, "second shuffle")] if shifts else []
        self.g0, self.between = g0, [c_in] * lite + second
        self.behind = [g1] + ([divide(squeezed, 2, "second shuffle")] if places.squeeze else [])
        self.shortcut = lite and stride == 1 and c_in == squeezed
        self.expand = conv_bn(squeezed, c_out, 1, groups=g2) if c_out else None
        self.expanded: nn.Module = nn.Identity()
        if self.expand is not None:
            fusions, otherwise = (places.squeeze, nn.Identity()) if last else (places.expand, nn.ReLU6(inplace=True))
            self.expanded = _shift_max(c_out, g2, 8 * r2, fusions, mix, otherwise)

    def narrow(self, x: Tensor) -> Tensor:
        """As far as the squeezed map."""
        y = x if self.g0 is None else channel_shuffle(x, self.g0)
        y = self.filtered(self.depthwise(y))
        for parts in self.between:
            y = channel_shuffle(y, parts)
        y = self.squeezed(self.squeeze(y))
        for parts in self.behind:
            y = channel_shuffle(y, parts)
        return x + y if self.shortcut else y

    def widen(self, y: Tensor) -> Tensor:
        """From the squeezed map on."""
        if self.expand is not None:
            y = self.expanded(self.expand(y))
        return y

    def forward(self, x: Tensor) -> Tensor:
        return self.widen(self.narrow(x))


class MicroBlockA(_MicroBlock):
    """The lite combination (Figure 4a): depthwise widens, pointwise squeezes.

    (N, c_in, H, W) -> (N, squeezed, H/stride, W/stride), rounded up.
    With a shortcut where neither channels nor size change. ValueError for
    what does not fit.
    """

    def __init__(self, c_in: int, squeezed: int, kernel: int, stride: int,
                 g1: int, r: int = 1, places: Places = USUAL):
        super().__init__(c_in, squeezed, 0, kernel, stride, None, g1, 1, r, 1, places)


class MicroBlockB(_MicroBlock):
    """Block A and an expansion behind it, between A and C (Figure 4b).

    (N, c_in, H, W) -> (N, c_out, H/stride, W/stride), rounded up.
    ValueError for what does not fit.
    """

    def __init__(self, c_in: int, squeezed: int, c_out: int, kernel: int,
                 stride: int, g1: int, g2: int, r: int = 1, r2: int = 1,
                 places: Places = USUAL):
        whole(c_out=c_out)
        super().__init__(c_in, squeezed, c_out, kernel, stride, None, g1, g2, r, r2, places)


class MicroBlockC(_MicroBlock):
    """The regular combination (Figure 4c): depthwise, squeeze, expand.

    (N, c_in, H, W) -> (N, c_out, H/stride, W/stride), rounded up. `g0` are
    the groups in which its input was made: it begins with their shuffle.
    `last` ends the network, as a squeeze ends. ValueError for what does
    not fit.
    """

    def __init__(self, c_in: int, squeezed: int, c_out: int, kernel: int,
                 stride: int, g0: int, g1: int, g2: int, r: int = 1,
                 r2: int = 1, places: Places = USUAL, last: bool = False):
        whole(c_out=c_out, g0=g0)
        super().__init__(c_in, squeezed, c_out, kernel, stride, g0, g1, g2, r, r2, places, last)
        self.sizes = squeezed, stride


class LinkedBlocksC(nn.Module):
    """Two blocks C, and a shortcut from one squeezed map to the other.

    (N, c_in, H, W) -> (N, c_out, H/stride, W/stride), rounded up.
    ValueError where the squeezed maps differ in channels or size.
    """

    def __init__(self, first: MicroBlockC, second: MicroBlockC):
        super().__init__()
        if not isinstance(first, MicroBlockC) or not isinstance(second, MicroBlockC):
            raise ValueError(f"two MicroBlockC can be linked, got {first!r} and {second!r}")
        if second.sizes != (first.sizes[0], 1):
            raise ValueError(f"linked blocks must squeeze to equal channels, the second with stride 1: the first has "
                             f"{first.sizes[0]} channels, the second {second.sizes[0]} and stride {second.sizes[1]}")
        self.first, self.second = first, second

    def forward(self, x: Tensor) -> Tensor:
        short = self.first.narrow(x)
        y = self.second.narrow(self.first.widen(short))
        return self.second.widen(short + y)


def _check_places(places: object) -> None:
    if not isinstance(places, Places):
        raise ValueError(f"places must be a Places, such as Places(expand=0), got {places!r}")
    for name in ("expand", "depthwise", "squeeze"):
        one_of(getattr(places, name), (0, 1, 2), f"fusions of {name}")
    _check_mix(places.mix)


class MicroNet(nn.Module):
    """Table 1. (N, 3, H, W) -> (N, num_classes). ValueError for another version, and for what is no batch of images."""

    def __init__(self, version: str = "m0", num_classes: int = 1000):
        super().__init__()
        one_of(version, VERSIONS, "version")
        whole(num_classes=num_classes)
        maps, rows, hidden, dropout, first, places = VERSIONS[version]
        self.shuffle, c = maps[0], maps[0] * maps[1]
        self.stem = _tall_wide(3, maps[0], c, kernel=3, stride=2, groups=1)
        blocks: list[Any] = []
        g0 = 0
        for i, (block, kernel, s, squeezed, g1, wide, g2, r, r2) in enumerate(rows):
            if block == "A":
                blocks.append(MicroBlockA(c, squeezed, kernel, s, g1, r, places if blocks else first))
            elif block == "B":
                blocks.append(MicroBlockB(c, squeezed, wide, kernel, s, g1, g2, r, r2, places))
            else:
                last = i == len(rows) - 1
                blocks.append(MicroBlockC(c, squeezed, wide, kernel, s, g0, g1, g2, r, r2, places, last))
            c, g0 = wide or squeezed, g2
        for i in sorted(LINKS.get(version, ()), reverse=True):
            blocks[i - 1 : i + 1] = [LinkedBlocksC(blocks[i - 1], blocks[i])]
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(
            nn.Linear(c, hidden), nn.BatchNorm1d(hidden), nn.Hardswish(), nn.Dropout(dropout),
            nn.Linear(hidden, num_classes), nn.BatchNorm1d(num_classes), nn.Hardswish(),
        )
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        check_image(x)
        y = channel_shuffle(self.stem(x), self.shuffle)
        y = self.blocks(relu6(y))                   # (N, 3, 224, 224) -> (N, c, 7, 7)
        y = relu6(y).mean(dim=(2, 3))               # global average pool
        scores: Tensor = self.head(hardswish(y))
        return scores

    def shift_max_multiplies(self, pixels: int = 224) -> int:
        """What all its Dynamic Shift-Max multiply themselves, on one image of `pixels` × `pixels`."""
        whole(pixels=pixels)
        found: list[int] = []
        with borrowed(self):
            for layer in self.modules():
                if isinstance(layer, DynamicShiftMax):
                    layer.register_forward_hook(lambda layer, _, y: found.append(layer.multiplies(*y.shape[2:])))
            self(image((1, 3, pixels, pixels), self))
        return sum(found)
