"""ResNet-50 and ResNeXt-50 against the papers' tables, closed forms, and an independent implementation."""

from functools import lru_cache, partial

import pytest
import torch
from parity import Pair, Peer, assert_same, changing, in_full
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models.resnet import TABLE_1, TABLE_1_RESNEXT, Bottleneck, ResNet50, ResNeXt50

NETWORKS = {
    "resnet50": ResNet50,
    "resnet50_paper": lambda **kwargs: ResNet50(stride_in="1x1", **kwargs),
    "resnext50_32x4d": ResNeXt50,
}
COUNTS = {
    "resnet50": (25_557_032, 4_089_184_256, 53_120),
    "resnet50_paper": (25_557_032, 3_857_973_248, 53_120),
    "resnext50_32x4d": (25_028_904, 4_230_479_872, 68_224),
}
# (millions of parameters, 10⁹ multiply-adds) as printed, all reported: 1512.03385, Table 1, and 1611.05431, Table 1,
# whose left column is a ResNet-50 with its stride in the 3×3. Two numbers are cut off where rounding gives 3.9 and 25.6.
PRINTED = {"resnet50": (25.5, 4.1), "resnet50_paper": (None, 3.8), "resnext50_32x4d": (25.0, 4.2)}
CUT_OFF = {("resnet50", 0), ("resnet50_paper", 1)}
TABLES = {"resnet50": TABLE_1, "resnet50_paper": TABLE_1, "resnext50_32x4d": TABLE_1_RESNEXT}


def by_hand(name: str) -> tuple[int, int, int]:
    """Parameters, multiply-adds and batch-norm statistics from the papers' tables, without building anything."""
    d, groups = (128, 32) if name.startswith("resnext") else (64, 1)
    weights, macs, norms, c, size = 147 * 64, 147 * 64 * 112**2, 64, 64, 56
    for stage, blocks in enumerate((3, 4, 6, 3)):
        m, c_out = d * 2**stage, 256 * 2**stage
        for block in range(blocks):
            before, size = size, size // 2 if stage and not block else size
            reduce, conv, expand, shortcut = c * m, 9 * m * m // groups, m * c_out, c * c_out * (block == 0)
            weights += reduce + conv + expand + shortcut
            macs += reduce * (size if name == "resnet50_paper" else before) ** 2
            macs += (conv + expand + shortcut) * size**2
            norms += 2 * m + c_out + c_out * (block == 0)
            c = c_out
    return weights + 2 * norms + 1000 * c + 1000, macs + 1000 * c, 2 * norms


@pytest.mark.parametrize("name", NETWORKS)
def test_counts(name):
    with torch.device("meta"):
        net = NETWORKS[name]()
        measured = total(layer_costs(net, (1, 3, 224, 224)))
    statistics = sum(b.numel() for key, b in net.named_buffers() if "running" in key)
    assert (measured.params, measured.macs, statistics) == by_hand(name) == COUNTS[name]
    for i, (number, printed) in enumerate(zip((measured.params / 1e6, measured.macs / 1e9), PRINTED[name], strict=True)):
        if printed is not None:
            cut = int(number * 10) / 10
            assert (cut if (name, i) in CUT_OFF else round(number, 1)) == printed
            assert (round(number, 1) == printed) != ((name, i) in CUT_OFF)


@pytest.mark.parametrize("name", NETWORKS)
def test_table_1(name):
    """Each block's three convolutions: kernel, channels, groups, stride, output size."""
    with torch.device("meta"):
        net = NETWORKS[name]()
        rows = {row.name: row for row in layer_costs(net, (1, 3, 224, 224))}
    assert rows["stem.0.0"].out_shape == (1, 64, 112, 112)
    assert rows["stages.0.reduce.0"].c_in == 64
    groups = 32 if name.startswith("resnext") else 1
    width = {"resnext50_32x4d": 128}.get(name, 64)
    block, halves = 0, 0
    for stage, n in enumerate((3, 4, 6, 3)):
        for i in range(n):
            layers = [rows[f"stages.{block}.{role}.0"] for role in ("reduce", "conv", "expand")]
            assert [row.c_out for row in layers] == [width * 2**stage, width * 2**stage, 256 * 2**stage]
            assert [(row.kernel[0], row.groups) for row in layers] == [(1, 1), (3, groups), (1, 1)]
            halving = stage > 0 and i == 0
            strides = [2, 1, 1] if name == "resnet50_paper" else [1, 2, 1]
            assert [row.stride[0] for row in layers] == (strides if halving else [1, 1, 1])
            assert layers[2].out_shape[2:] == (56 // 2**stage,) * 2
            assert (f"stages.{block}.shortcut.0" in rows) == (i == 0)
            block, halves = block + 1, halves + halving
    assert (block, halves) == (16, 3)
    assert [(row.c_mid, row.c_out, row.blocks) for row in TABLES[name].values()] == [
        (width * 2**i, 256 * 2**i, n) for i, n in enumerate((3, 4, 6, 3))
    ]
    assert len([m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]) - 4 == 50  # four are projections


# Parity with pytorchcv ------------------------------------------------------------------------------------------------


def ours(name: str) -> nn.Module:
    return NETWORKS[name](num_classes=10)


def peer(name: str, any_size: bool = False) -> Peer:
    """`resnet50` has its stride in the first 1×1, as the paper; `resnet50b` in the 3×3, as torchvision.

    Both have torchvision's pool; the authors' file for the paper's network has Caffe's, not padded and rounded up.

    pytorchcv pools 7 × 7 maps, those of 224 pixels; `any_size` lets it pool what there is.
    """
    resnet = pytest.importorskip("pytorchcv.models.resnet")
    resnext = pytest.importorskip("pytorchcv.models.resnext")
    theirs = {"resnet50": resnet.resnet50b, "resnet50_paper": resnet.resnet50, "resnext50_32x4d": resnext.resnext50_32x4d}
    net = theirs[name](num_classes=10)
    if name == "resnet50_paper":
        net.features.init_block.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    if any_size:
        net.features.final_pool = nn.AdaptiveAvgPool2d(1)
    return Peer(net)


@lru_cache(maxsize=1)
def pair(name: str) -> Pair:
    return Pair(partial(ours, name), peer(name, any_size=True), (1, 3, 64, 48))


@pytest.mark.parametrize("name", ["resnet50", *in_full("resnet50_paper", "resnext50_32x4d")])
def test_parity_at_full_size(name):
    assert_same(ours(name), peer(name), (1, 3, 224, 224))


def relu_before_the_addition(net: nn.Module) -> nn.Module:
    net.stages[5].expand.append(nn.ReLU())
    return net


def stride_in(place: str):
    """Spoil the first block of conv3_x by moving its stride."""

    def spoil(net: nn.Module) -> nn.Module:
        block = net.stages[3]
        block.reduce[0].stride = (2, 2) if place == "1x1" else (1, 1)
        block.conv[0].stride = (2, 2) if place == "3x3" else (1, 1)
        return net

    return spoil


def other_groups(net: nn.Module) -> nn.Module:
    """Mix the channels that enter a grouped 3×3: other channels meet in a group."""
    net.stages[7].reduce.register_forward_hook(lambda layer, inputs, y: y.unflatten(1, (32, -1)).transpose(1, 2).flatten(1, 2))
    return net


SPOILT = {
    "resnet50": [("stride in the 1×1", stride_in("1x1")), ("ReLU before the addition", relu_before_the_addition)],
    "resnet50_paper": [
        ("stride in the 3×3", stride_in("3x3")),
        ("pooling with padding", changing("stem.2", lambda pool: nn.MaxPool2d(3, 2, padding=1))),
    ],
    "resnext50_32x4d": [("stride in the 1×1", stride_in("1x1")), ("other groups", other_groups)],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_what_parity_catches(name):
    both, spoilt = pair(name), SPOILT[name]
    if name == "resnet50":    # the three have their blocks in common
        spoilt = spoilt + both.sabotages()
        assert len(spoilt) >= 12
    assert both.missed(spoilt) == []


# The block, shapes and errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stride_in", ["1x1", "3x3"])
@pytest.mark.parametrize(("stride", "size"), [(1, (9, 6)), (2, (5, 3))])
def test_block_shapes(stride, size, stride_in):
    block = Bottleneck(16, 8, 32, stride, 4, stride_in).to("meta")
    assert block(torch.empty(2, 16, 9, 6, device="meta")).shape == (2, 32, *size)


def test_a_projection_only_where_the_shape_changes():
    assert isinstance(Bottleneck(32, 8, 32).shortcut, nn.Identity)
    assert not isinstance(Bottleneck(16, 8, 32).shortcut, nn.Identity)
    assert not isinstance(Bottleneck(32, 8, 32, stride=2).shortcut, nn.Identity)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"c_in": 0}, "c_in must be a whole number from 1 up, got 0"),
        ({"c_mid": 2.5}, "c_mid must be a whole number from 1 up, got 2.5"),
        ({"c_out": None}, "c_out must be a whole number from 1 up, got None"),
        ({"stride": 3}, "stride must be one of 1, 2, got 3"),
        ({"stride": True}, "stride must be one of 1, 2, got True"),
        ({"stride_in": "5x5"}, "stride_in must be one of 1x1, 3x3, got '5x5'"),
        ({"groups": 3}, "input of a grouped convolution: 8 channels cannot be split into 3 equal groups"),
        ({"groups": 0}, "input of a grouped convolution: both must be whole numbers from 1 up, got 8 channels and 0"),
    ],
)
def test_block_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        Bottleneck(**{"c_in": 16, "c_mid": 8, "c_out": 32, **arguments})


@pytest.mark.parametrize("network", [ResNet50, ResNeXt50])
@pytest.mark.parametrize("classes", [0, -1, 2.0, "10", None, True])
def test_network_refuses_other_numbers_of_classes(network, classes):
    with pytest.raises(ValueError, match=f"num_classes must be a whole number from 1 up, got {classes!r}"):
        network(num_classes=classes)


@pytest.mark.parametrize("stride_in", ["1X1", 1, None, [], (1, 1)])
def test_network_refuses_the_stride_elsewhere(stride_in):
    with pytest.raises(ValueError, match="stride_in must be one of 1x1, 3x3, got "):
        ResNet50(stride_in)


@pytest.mark.parametrize("network", [ResNet50, ResNeXt50])
def test_images(network):
    with torch.device("meta"):
        net = network(num_classes=2).eval()
        for size in [(1, 1), (33, 65), (224, 192)]:
            assert net(torch.empty(2, 3, *size)).shape == (2, 2)
        for shape in [(3, 64, 64), (1, 1, 64, 64), (1, 64, 64, 3)]:
            with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape"):
                net(torch.empty(shape))
