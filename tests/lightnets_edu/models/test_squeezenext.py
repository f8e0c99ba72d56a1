"""SqueezeNext against its authors' Caffe files, closed forms, and an independent implementation adapted to them."""

from functools import lru_cache, partial

import pytest
import torch
from parity import Pair, Peer, assert_same, in_full, randomise
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models import squeezenext
from lightnets_edu.models.squeezenext import TALL_WIDE, WIDE_TALL, Block, FirstBlock, SqueezeNext

CAFFE = {  # width, version, groups: parameters, multiply-adds at 227, and batch norm's statistics, of the authors' files
    (1.0, "23", 1): (718_280, 277_999_808, 11_552),
    (1.0, "23v5", 1): (931_016, 224_916_480, 14_368),
    (1.0, "23", 2): (544_072, 224_191_552, 11_552),
    (2.0, "23", 1): (2_362_728, 742_070_464, 22_720),
    (2.0, "23v5", 1): (3_223_912, 702_592_000, 28_352),
}
OURS = {  # no file: the rules of the files
    (1.5, "23", 1): (1_407_384, 472_270_784, 17_136),
    (1.5, "23v5", 1): (1_890_456, 424_616_960, 21_360),
}
PEER = {  # pytorchcv as it is, at 227: another network
    (1.0, "23", 1): (724_056, 281_916_416, 11_552),
    (1.5, "23", 1): (1_511_824, 545_705_472, 17_328),
    (1.5, "23v5", 1): (1_953_616, 545_705_472, 21_552),
}
REPORTED = {  # millions of parameters, of multiply-adds; 1.4 for 1.5-SqNxt-23 fits ours, not pytorchcv's 1.5
    (1.0, "23", 1): (0.72, 282), (1.0, "23v5", 1): (0.94, 228), (1.0, "23", 2): (0.54, None), (1.5, "23", 1): (1.4, None),
    (2.0, "23", 1): (2.4, 749), (2.0, "23v5", 1): (3.2, 708),
}  # fmt: skip
SMALL = (1, 3, 40, 40)


def by_hand(width: float, version: str, groups: int, pytorchcv: bool = False) -> tuple[int, int, int]:
    """Parameters, multiply-adds and batch-norm statistics, layer by layer, without building anything."""
    blocks = {"23": (6, 6, 8, 1), "23v5": (2, 4, 14, 1)}[version]
    kernel, pad = (7, 1) if pytorchcv else ({"23": 7, "23v5": 5}[version], 0)
    c, last = (int(64 * width), int(128 * width)) if pytorchcv else (64, 128)
    size = (227 + 2 * pad - kernel) // 2 + 1
    weights, macs, norms = 3 * c * kernel**2, 3 * c * kernel**2 * size**2, c
    size = size // 2
    for c_out, n in zip((int(base * width) for base in (32, 64, 128, 256)), blocks, strict=True):
        half, quarter = c_out // 2, c_out // 4
        size = size if norms == c else -(-size // 2)
        for i in range(n):
            layers = [quarter * half, 3 * quarter * half // groups, 3 * half * half // groups, half * c_out]
            norms += half + quarter + half + half + c_out
            if i == 0:
                layers, norms = [*layers, c * c_out], norms + c_out
                c = c_out if version == "23v5" and not pytorchcv else c
            if pytorchcv and i == 0 and c > c_out:   # a quarter of the input and its half
                a = c // 4
                layers = [c * c_out, a * a // 2, 3 * a * a // 2, 3 * a * a, a * c_out]
                norms += 3 * (a - half) + a // 2 - quarter
                layers, c = [*layers, c * a], c_out
            else:
                layers, c = [*layers, c * half // groups], c_out
            weights, macs = weights + sum(layers), macs + sum(layers) * size**2
    weights, macs, norms = weights + c * last, macs + c * last * size**2, norms + last
    biases = norms if pytorchcv else 0
    return weights + biases + 2 * norms + 1000 * (last + 1), macs + 1000 * last, 2 * norms


def measure(net: nn.Module) -> tuple[int, int, int]:
    found = total(layer_costs(net, (1, 3, 227, 227)))
    return found.params, found.macs, sum(b.numel() for name, b in net.named_buffers() if "running" in name)


@pytest.mark.parametrize("variant", CAFFE | OURS)
def test_counts(variant):
    with torch.device("meta"):
        net = SqueezeNext(*variant)
    assert measure(net) == by_hand(*variant) == (CAFFE | OURS)[variant]
    assert net.head.bias.numel() == 1000   # which the files do not have


@pytest.mark.parametrize("variant", REPORTED)
def test_reported(variant):
    """Parameters within the paper's rounding but for 23v5's; multiply-adds throughout about 1 % below the paper's."""
    params, macs = REPORTED[variant]
    ours = (CAFFE | OURS)[variant]
    rounded = round(ours[0] / 1e6, len(str(params)) - 2)
    assert rounded == (0.93 if variant == (1.0, "23v5", 1) else params)
    assert macs is None or 1.007 < macs / (ours[1] / 1e6) < 1.015


@pytest.mark.parametrize("variant", PEER)
def test_counts_of_pytorchcv(variant):
    """Where the counts that other collections print come from: biases, a padded stem, a scaled stem and last layer."""
    pytest.importorskip("pytorchcv")
    from pytorchcv.models.squeezenext import get_squeezenext

    with torch.device("meta"):
        net = get_squeezenext(variant[1], variant[0])
    assert measure(net) == by_hand(*variant, pytorchcv=True) == PEER[variant]
    assert PEER[variant][0] != (CAFFE | OURS)[variant][0]


@pytest.mark.parametrize("version", ["23", "23v5"])
def test_stages(version):
    """Sizes, channels and blocks of each stage at 227, and the alternating order of the separable pair."""
    with torch.device("meta"):
        net = SqueezeNext(1.0, version)
        rows = layer_costs(net, (1, 3, 227, 227))
    expands = [row for row in rows if ".expand.0" in row.name]
    blocks = {"23": (6, 6, 8, 1), "23v5": (2, 4, 14, 1)}[version]
    size = {"23": 55, "23v5": 56}[version]
    shapes = [(1, c, s, s) for c, s, n in zip((32, 64, 128, 256), (size, 28, 14, 7), blocks, strict=True) for _ in range(n)]
    assert [row.out_shape for row in expands] == shapes
    assert sum(blocks) + 2 == 23   # with the stem and the last convolution
    kernels = [row.kernel for row in rows if ".separable." in row.name and row.kernel]
    alternating = [*TALL_WIDE, *WIDE_TALL] * 10 + [*TALL_WIDE]
    assert [kernel for kernel in kernels if max(kernel) == 3] == alternating


def test_relu_after_the_sum_would_change_nothing():
    net = randomise(SqueezeNext(num_classes=2))
    smallest = []
    for block in net.modules():
        if isinstance(block, Block):
            block.register_forward_hook(lambda layer, inputs, output: smallest.append(output.min().item()))
    net(torch.randn(SMALL, dtype=torch.float64))
    assert len(smallest) == 21 and min(smallest) >= 0


# Parity with pytorchcv -----------------------------------------------------------------------------------------------


def ours(width: float, version: str, groups: int) -> SqueezeNext:
    return SqueezeNext(width, version, groups, num_classes=10)


def peer(width: float, version: str, groups: int, blocks: tuple[int, ...] = ()) -> Peer:
    """pytorchcv's network, adapted to the authors' files; everything else about it is as it was.

    1. no biases before batch norm; 2. an unpadded stem, 5 × 5 in 23v5, which like the last convolution is not scaled;
    3. the separable pair is 3 × 1, 1 × 3 in every other block; 4. a stage's first block is as wide inside as the
    others, and always has a convolution in its shortcut, which in 23v5 its branch follows; 5. groups;
    6. a last pool that fits images of any size.
    """
    pytest.importorskip("pytorchcv")
    from pytorchcv.models.common.conv import ConvBlock
    from pytorchcv.models.squeezenext import SqnxtUnit
    from pytorchcv.models.squeezenext import SqueezeNext as Theirs

    blocks = blocks or {"23": (6, 6, 8, 1), "23v5": (2, 4, 14, 1)}[version]
    widths = [int(width * base) for base in (32, 64, 128, 256)]
    net = Theirs([[c] * n for c, n in zip(widths, blocks, strict=True)], 64, 128, num_classes=10)
    net.features.init_block.conv.conv = nn.Conv2d(3, 64, 5 if version == "23v5" else 7, stride=2)
    net.features.final_pool = nn.AdaptiveAvgPool2d(1)
    c_in = 64
    for i, c in enumerate(widths):
        stage = net.features[i + 1]
        first = stage.unit1 = SqnxtUnit(c, c, 1)
        first.identity_conv = ConvBlock(c_in, c, 1, 2 if i else 1, 0)
        if version == "23v5":
            first.register_forward_pre_hook(lambda unit, inputs: unit.identity_conv(inputs[0]))
        else:
            first.resize_identity = True
            first.conv1 = ConvBlock(c_in, c // 2, 1, 2 if i else 1, 0)
        for unit in list(stage)[::2]:
            unit.conv3 = ConvBlock(c // 4, c // 2, (3, 1), 1, (1, 0))
            unit.conv4 = ConvBlock(c // 2, c // 2, (1, 3), 1, (0, 1))
        for unit in stage:
            for block in (unit.conv1, unit.conv3, unit.conv4):
                old = block.conv
                block.conv = nn.Conv2d(
                    old.in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, groups=groups
                )
        c_in = c
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            layer.bias = None
    return Peer(net)


@lru_cache(maxsize=1)
def pair(name: str) -> Pair:
    width, *middle, version = name.removeprefix("squeezenext_").split("_")
    variant = float(width), version, 2 if "g" in middle else 1
    return Pair(partial(ours, *variant), peer(*variant), SMALL)


def test_parity_of_a_grouped_23v5():
    """It has no name; the others are in test_every_pair.py."""
    assert_same(ours(1.5, "23v5", 2), peer(1.5, "23v5", 2), SMALL)


@pytest.mark.parametrize("variant", [(1.0, "23", 1), *in_full(*(v for v in CAFFE | OURS if v != (1.0, "23", 1)))])
def test_parity_at_full_size(variant):
    assert_same(ours(*variant), peer(*variant), (1, 3, 227, 227))


def swap_pair(net: nn.Module) -> None:
    net.stages[2][-1].separable = Block(128, net.stages[2][-1].reduce[0].groups, TALL_WIDE).separable


def no_relu_in_the_shortcut(net: nn.Module) -> None:
    shortcut = net.stages[3][0].shortcut if isinstance(net.stages[3][0], FirstBlock) else net.stages[3][0]
    shortcut[2] = nn.Identity()


def branch_beside_the_shortcut(net: nn.Module) -> None:
    """What pytorchcv does in 23v5, too: the branch of a stage's first block reads the stage's input."""
    net.stages[1] = nn.Sequential(FirstBlock(32, 64, 2), *list(net.stages[1])[2:])


@pytest.mark.parametrize(("variant", "image"), [((1.0, "23", 2), 42), ((1.0, "23v5", 1), 40)])
def test_parity_catches_sabotage(variant, image, monkeypatch):
    """With fewer blocks, which is quicker; at sizes where pools that round up and pools that round down differ."""
    version, shape = variant[1], (1, 3, image, image)
    monkeypatch.setitem(squeezenext.BLOCKS, version, (1, 2, 2, 1))
    both = Pair(partial(ours, *variant), peer(*variant, blocks=(1, 2, 2, 1)), shape)
    both.assert_same()
    spoilers = dict(both.sabotages())
    spoilers |= {f.__name__: f for f in (swap_pair, no_relu_in_the_shortcut)}
    spoilers["padded stem"] = lambda net: setattr(net.stem[0], "padding", (1, 1))
    spoilers["pool rounds down"] = lambda net: setattr(net.stem[3], "ceil_mode", False)
    if version == "23v5":
        spoilers["branch"] = branch_beside_the_shortcut
    assert len(spoilers) >= 12
    assert both.missed(spoilers.items()) == []


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: SqueezeNext(3.0), "width must be one of 1.0, 1.5, 2.0, got 3.0"),
        (lambda: SqueezeNext(version="34"), "version must be one of 23, 23v5, got '34'"),
        (lambda: SqueezeNext(groups=4), "groups must be one of 1, 2, got 4"),
        (lambda: SqueezeNext(num_classes=None), "num_classes must be a whole number from 1 up, got None"),
        (lambda: Block(30), "bottleneck: 30 channels cannot be split into 4 equal groups"),
        (lambda: Block(32, groups=3), "a quarter of the channels: 8 channels cannot be split into 3 equal groups"),
        (lambda: Block(32, kernels=((3, 3), (1, 1))), r"kernels must be one of \(\(3, 1\), \(1, 3\)\), .* got \(\(3, 3\)"),
        (lambda: FirstBlock(0, 32, 1), "c_in must be a whole number from 1 up, got 0"),
        (lambda: FirstBlock(32, 32, 1.5), "stride must be a whole number from 1 up, got 1.5"),
        (lambda: FirstBlock(33, 32, 1, groups=2), "input of a grouped block: 33 channels cannot be split into 2 equal"),
    ],
)
def test_says_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize(("version", "smallest"), [("23", 9), ("23v5", 7)])
def test_images(version, smallest):
    """The limit is where torch's own pooling gives up."""
    assert smallest == squeezenext.STEM_KERNEL[version] + 2
    net = SqueezeNext(1.0, version, num_classes=2).eval().to("meta")
    assert net(torch.empty(2, 3, smallest, smallest + 9, device="meta")).shape == (2, 2)
    with pytest.raises(ValueError, match=rf"images must be at least {smallest} × {smallest}, got {smallest - 1} × 99"):
        net(torch.empty(1, 3, smallest - 1, 99, device="meta"))
    with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape \(3, 64, 64\)"):
        net(torch.empty(3, 64, 64, device="meta"))
    net.smallest = 1
    with pytest.raises(RuntimeError, match="Output size is too small"):
        net(torch.empty(1, 3, smallest - 1, 99, device="meta"))
