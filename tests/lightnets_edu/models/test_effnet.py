"""EffNet and the other columns of its paper's Table 1, against a second reading of the columns as they are printed."""

import re
from functools import cache, partial

import pytest
import torch
from parity import Pair, Peer, assert_same, randomise
from torch import nn
from torch.nn import functional as F

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models import MODELS
from lightnets_edu.models.effnet import LAST, TABLE_1, Baseline, EffNet, EffNetBlock, MobileNetStyle, ShuffleNetStyle

CIFAR = (1, 3, 32, 32)
COLUMNS = {  # Table 1, reported; EffNet's column agrees with arthurdouillard/keras-effnet
    Baseline: "3x3x64 + mp | 3x3x128 + mp | 3x3x256 + mp",
    MobileNetStyle: "3x3x64 + mp | dw 3x3 + stride | 1x1x128 | dw 3x3 + stride | 1x1x256",
    ShuffleNetStyle: "3x3x64 + mp | gc4 1x1x32 | dw 3x3 + stride | gc4 1x1x128 "
    "| gc4 1x1x64 | dw 3x3 + stride | gc4 1x1x256",
    EffNet: "1x1x32 | dw 1x3 + 1d mp | dw 3x1 | 2x1x64 + 1d stride | 1x1x64 | dw 1x3 + 1d mp | dw 3x1 "
    "| 2x1x128 + 1d stride | 1x1x128 | dw 1x3 + 1d mp | dw 3x1 | 2x1x256 + 1d stride",
}
COUNTS = {  # parameters, multiply-adds, batch-norm statistics
    Baseline: (411_338, 39_559_168, 0),
    MobileNetStyle: (85_386, 2_914_304, 0),
    ShuffleNetStyle: (51_242, 2_231_296, 0),
    EffNet: (151_146, 5_640_192, 2_240),
}
# The paper's Table 2, reported: millions of FLOPs, two per multiply-add. What it counts besides is not known.
FLOPS = {Baseline: 80.3, MobileNetStyle: 5.8, ShuffleNetStyle: 4.7, EffNet: 11.4}
WITHIN = {Baseline: 0.015, MobileNetStyle: 0.006, ShuffleNetStyle: 0.06, EffNet: 0.015}


def both(net: type[nn.Module]) -> list[dict]:
    return [{"last": "2x1"}, {"last": "1x2"}] if net is EffNet else [{}]


EVERY = [(net, reading) for net in COLUMNS for reading in both(net)]


def same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Keras's "same" padding, before and after: the odd zero comes last."""
    zeros = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return zeros // 2, zeros - zeros // 2


class Printed(nn.Module):
    """A column of Table 1, run as it is read: one line after another, Keras's padding worked out from sizes.

    Its batch norm keeps 0.99 of the running mean: PyTorch's momentum is 0.01. `ports` turns the 2x1 kernel as PyTorch
    ports do. What the paper leaves open is as in our file: padding of the strided 3x3 layers is symmetric, and a
    channel shuffle precedes them after a grouped layer.
    """

    def __init__(self, column: str, norm: bool, ports: bool = False):
        super().__init__()
        self.steps, self.convs, self.norms, c, before = [], nn.ModuleList(), nn.ModuleList(), 3, None
        for line in column.split(" | "):
            parsed = re.fullmatch(r"(dw |gc4 )?(\d)x(\d)(?:x(\d+))?(?: \+ (.+))?", line)
            kind, height, width, c_out, then = parsed.groups()
            c_out = int(c_out or c)
            kernel = (int(height), int(width))
            kernel = kernel[::-1] if ports and kernel == (2, 1) else kernel
            groups = {"dw ": c, "gc4 ": 4, None: 1}[kind]
            self.steps.append((kernel, then, (before, kind) == ("gc4 ", "dw ")))
            self.convs.append(nn.Conv2d(c, c_out, kernel, groups=groups, bias=False))
            self.norms.append(nn.BatchNorm2d(c_out, 0.001, 0.01) if norm else nn.Identity())
            c, before = c_out, kind
        self.fc = nn.Linear(4096, 10)

    def forward(self, x):
        for (kernel, then, shuffled), conv, norm in zip(self.steps, self.convs, self.norms, strict=True):
            if shuffled:
                quarter = x.shape[1] // 4
                x = x[:, [i * quarter + j for j in range(quarter) for i in range(4)]]
            stride = {"stride": (2, 2), "1d stride": (1, 2)}.get(then, (1, 1))
            top, bottom = same(x.shape[2], kernel[0], stride[0])
            left, right = same(x.shape[3], kernel[1], stride[1])
            if then == "stride":
                top = bottom = left = right = 1
            conv.stride = stride
            x = norm(F.leaky_relu(conv(F.pad(x, (left, right, top, bottom))), 0.3))
            if then == "mp":
                x = F.max_pool2d(x, 2)
            elif then == "1d mp":
                x = torch.maximum(x[:, :, ::2], x[:, :, 1::2])    # (2, 1)
        return self.fc(x.reshape(len(x), -1))


@cache
def printed(net: type[nn.Module], last: str = "2x1") -> Peer:
    return Peer(Printed(COLUMNS[net], norm=net is EffNet, ports=last == "1x2"))


def pair(name: str) -> Pair:
    net = MODELS[name]
    return Pair(net, printed(net), CIFAR)


@pytest.mark.parametrize(("net", "reading"), EVERY)
def test_counts(net, reading):
    """By hooks, as stored, and by hand from the printed column."""
    with torch.device("meta"):
        built = net(**reading)
        measured = total(layer_costs(built, CIFAR))
    statistics = sum(b.numel() for key, b in built.named_buffers() if "running" in key)
    assert (measured.params, measured.macs, statistics) == COUNTS[net] == by_hand(net)


def by_hand(net: type[nn.Module]) -> tuple[int, int, int]:
    weights = macs = norms = 0
    c, area = 3, 32 * 32
    for line in COLUMNS[net].split(" | "):
        layer, _, then = line.partition(" + ")
        kind, _, sizes = layer.rpartition(" ")
        height, width, *out = map(int, sizes.split("x"))
        c_out = out[0] if out else c
        here = height * width * c_out * (1 if kind == "dw" else c // 4 if kind == "gc4" else c)
        area //= {"stride": 4, "1d stride": 2}.get(then, 1)
        weights, macs, norms, c = weights + here, macs + here * area, norms + 2 * c_out * (net is EffNet), c_out
        area //= {"mp": 4, "1d mp": 2}.get(then, 1)
    assert (c, area) == (256, 16)
    return weights + norms + 40_970, macs + 40_960, norms


@pytest.mark.parametrize("net", COLUMNS)
def test_flops_as_published(net):
    ours = 2 * COUNTS[net][1] / 1e6
    assert ours == pytest.approx(FLOPS[net], rel=WITHIN[net])


def test_table_1():
    """Channels and maps after each block, and the order inside one."""
    assert [tuple(row) for row in TABLE_1] == [(3, 32, 64), (64, 64, 128), (128, 128, 256)]
    with torch.device("meta"):
        rows = layer_costs(EffNet(), CIFAR)
    maps = [row.out_shape[1:] for row in rows if row.kernel]
    assert maps[:4] == [(32, 32, 32), (32, 32, 32), (32, 16, 32), (64, 16, 16)]
    assert maps[4:8] == [(64, 16, 16), (64, 16, 16), (64, 8, 16), (128, 8, 8)]
    assert maps[8:12] == [(128, 8, 8), (128, 8, 8), (128, 4, 8), (256, 4, 4)]


# Parity with the second reading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("net", "reading"), EVERY)
def test_parity(net, reading):
    assert_same(net(**reading), printed(net, **reading), (2, 3, 32, 32))


@pytest.mark.parametrize(("net", "reading"), EVERY)
def test_parity_catches_every_sabotage(net, reading):
    both = Pair(partial(net, **reading), printed(net, **reading), CIFAR)
    ways = both.sabotages()
    assert len(ways) >= 5 and both.missed(ways) == []


def norm_first(net: nn.Module) -> None:
    conv, act, norm = (net.features[1].reduce[i] for i in range(3))
    net.features[1].reduce = nn.Sequential(conv, norm, act)


def other_slope(net: nn.Module) -> None:
    net.features[2].expand[1] = nn.LeakyReLU(0.01)


def pool_late(net: nn.Module) -> None:
    block = net.features[0]
    block.depthwise_column = nn.Sequential(block.depthwise_column, block.pool)
    block.pool = nn.Identity()


def zeros_above(net: nn.Module) -> None:
    net.features[0].pad = nn.ZeroPad2d((0, 0, 1, 0))


def kerass_momentum(net: nn.Module) -> None:
    net.features[0].reduce[2].momentum = 0.99


def pytorchs_eps(net: nn.Module) -> None:
    net.features[2].reduce[2].eps = 1e-5


@pytest.mark.parametrize("spoil", [norm_first, other_slope, pool_late, zeros_above, kerass_momentum, pytorchs_eps])
def test_parity_catches(spoil):
    assert pair("effnet_cifar10").caught(spoil)


@pytest.mark.parametrize("order", [nn.Identity(), nn.ChannelShuffle(8)])
def test_parity_catches_another_shuffle(order):
    net = ShuffleNetStyle()
    place = [i for i, layer in enumerate(net.features) if isinstance(layer, nn.ChannelShuffle)]
    net.features[place[0]] = order
    with pytest.raises(AssertionError, match="outputs differ"):
        assert_same(net, printed(ShuffleNetStyle), CIFAR)


def test_the_two_readings_are_two_networks():
    with pytest.raises(AssertionError, match=r"\(64, 32, 2, 1\).*\(64, 32, 1, 2\)"):
        assert_same(EffNet(last="1x2"), printed(EffNet), CIFAR)


# What is read ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", LAST)
def test_columns_read(last):
    """Read as printed, a block's last layer never looks at every second column of what the block computed."""
    torch.manual_seed(0)
    net = randomise(EffNet(last=last))
    computed = []
    for block in net.features:
        block.depthwise_column.register_forward_hook(lambda layer, inputs, y: computed.append(y))
    x = torch.randn(4, 3, 32, 32, dtype=torch.float64, requires_grad=True)
    scores = net(x)
    for y in computed:
        (gradient,) = torch.autograd.grad(scores.sum(), y, retain_graph=True)
        read = (gradient != 0).any(dim=0).any(dim=0).any(dim=0)    # per column
        columns = torch.arange(y.shape[3])
        assert torch.equal(read, columns % 2 == 0 if last == "2x1" else columns >= 0)
    # The 1×3 layer before it mixes neighbours, so every column of the image still counts.
    (gradient,) = torch.autograd.grad(scores.sum(), x)
    assert (gradient != 0).any(dim=0).any(dim=0).any(dim=0).all()


# Errors and shapes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: EffNet(last="3x1"), "last must be one of 2x1, 1x2, got '3x1'"),
        (lambda: EffNet(last=(2, 1)), r"last must be one of 2x1, 1x2, got \(2, 1\)"),
        (lambda: EffNetBlock(3, 32.0, 64), "c_mid must be a whole number from 1 up, got 32.0"),
        (lambda: EffNetBlock(3, 32, True), "c_out must be a whole number from 1 up, got True"),
        *[
            (lambda net=net, n=n: net(num_classes=n), f"num_classes must be a whole number from 1 up, got {n!r}")
            for net in COLUMNS
            for n in (0, "10")
        ],
    ],
)
def test_says_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize("net", COLUMNS)
def test_images(net):
    with torch.device("meta"):
        built = net(num_classes=7)
        assert built(torch.empty(2, 3, 32, 32)).shape == (2, 7)
        for shape in [(3, 32, 32), (1, 1, 32, 32)]:
            with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape"):
                built(torch.empty(shape))
        for size in [(28, 28), (32, 64), (224, 224)]:
            with pytest.raises(ValueError, match=f"images must be 32 × 32, got {size[0]} × {size[1]}"):
                built(torch.empty(1, 3, *size))


@pytest.mark.parametrize("last", LAST)
def test_block_halves_both_sides(last):
    with torch.device("meta"):
        assert EffNetBlock(5, 6, 7, last)(torch.empty(2, 5, 12, 10)).shape == (2, 7, 6, 5)
