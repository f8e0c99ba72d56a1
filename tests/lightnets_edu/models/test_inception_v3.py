"""Inception v3 against its paper's Table 1, published counts and an independent implementation."""

from functools import lru_cache

import pytest
import torch
from parity import Pair, Peer, assert_same, blank, meta
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models import inception_v3
from lightnets_edu.models.inception_v3 import (
    Fork,
    InceptionA,
    InceptionB,
    InceptionC,
    InceptionV3,
    ReductionA,
    ReductionB,
)

SMALL = (1, 3, 107, 107)    # grids of 11, 5 and 2

# Counts and Table 1 ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def net():
    return meta(InceptionV3).eval()


def test_counts(net):
    measured = total(layer_costs(net, (1, 3, 299, 299)))
    assert (measured.params, measured.macs) == (23_834_568, 5_713_216_096)
    assert sum(b.numel() for key, b in net.named_buffers() if "running" in key) == 34_432


def test_count_in_the_xception_paper(monkeypatch):
    """Its 23,626,728 are those of its author's first Inception V3 for Keras (fchollet/deep-learning-models, 134615a):
    32 channels in every first pool tower, 160 for 192 at the start of the deepest tower of the last `InceptionB`,
    and a bias in each convolution: a ReLU stands between it and the batch norm."""
    monkeypatch.setattr(inception_v3, "A_POOL", (32, 32, 32))
    with torch.device("meta"):
        net = InceptionV3()
        net.inception[7].deep[0], net.inception[7].deep[1] = (
            InceptionB(768, 160).deep[0],
            nn.Sequential(nn.Conv2d(160, 192, (7, 1), bias=False), nn.BatchNorm2d(192)),
        )
    biases = sum(m.num_features for m in net.modules() if isinstance(m, nn.BatchNorm2d))
    assert sum(p.numel() for p in net.parameters()) + biases == 23_626_728


# Table 1 as reported: type, size of the input's grid, its channels.
TABLE_1 = [
    ("conv", 299, 3), ("conv", 149, 32), ("conv", 147, 32), ("pool", 147, 64),
    ("conv", 73, 64), ("conv", 71, 80), ("conv", 35, 192),
    ("inception", 35, 288), ("inception", 17, 768), ("inception", 8, 1280), ("pool", 8, 2048),
]  # fmt: skip
# Rows where the published code, and so ours, has something else: the convolution of row 5 is 1 × 1, so the grid shrinks
# one row later; row 7 is a pool, of the 71 × 71 × 192 that come from there; three modules begin with 192 channels, of
# which they make 288.
DEPARTURES = {5: ("conv", 73, 80), 6: ("pool", 71, 192), 7: ("inception", 35, 192)}


def test_table_1(net):
    x, seen, grids = torch.empty(1, 3, 299, 299, device="meta"), [], {}
    for layer in net.stem:
        seen.append(("pool" if isinstance(layer, nn.MaxPool2d) else "conv", x.shape[2], x.shape[1]))
        x = layer(x)
    for module in net.inception:
        grids.setdefault(x.shape[2], x.shape[1])
        x = module(x)
    seen += [("inception", size, c_in) for size, c_in in grids.items()] + [("pool", x.shape[2], x.shape[1])]
    assert {i: row for i, (row, paper) in enumerate(zip(seen, TABLE_1, strict=True)) if row != paper} == DEPARTURES
    numbers = [sum(isinstance(m, kind) for m in net.inception) for kind in (InceptionA, InceptionB, InceptionC)]
    assert numbers == [3, 5 - 1, 2]    # the paper's 3, 5 and 2, of which one is a reduction


def test_modules(net):
    x, widths = torch.empty(1, 192, 35, 35, device="meta"), []
    for module in net.inception:
        x = module(x)
        widths.append((x.shape[1], x.shape[2]))
    assert [type(m) for m in net.inception][3::5] == [ReductionA, ReductionB]
    assert widths == [(256, 35), *[(288, 35)] * 2, *[(768, 17)] * 5, (1280, 8), *[(2048, 8)] * 2]
    assert Fork().to("meta")(torch.empty(2, 384, 5, 4, device="meta")).shape == (2, 768, 5, 4)
    assert all(m.eps == 0.001 for m in net.modules() if isinstance(m, nn.BatchNorm2d))


# Parity with pytorchcv ------------------------------------------------------------------------------------------------


def pytorchcv(num_classes: int) -> nn.Module:
    pytest.importorskip("pytorchcv")
    from pytorchcv.models.inceptionv3 import inceptionv3 as build

    return build(num_classes=num_classes)


def ours() -> InceptionV3:
    return InceptionV3(num_classes=10)


@lru_cache(maxsize=1)
def pair(name: str = "inception_v3") -> Pair:
    """pytorchcv's network pools 8 × 8 at the end, so it takes no smaller image than 299. Let it pool what there is."""
    assert name == "inception_v3"
    peer = pytorchcv(10)
    peer.features.final_pool = nn.AdaptiveAvgPool2d(1)
    return Pair(ours, Peer(peer), SMALL)


def test_parity_at_299():
    """The peer as it is."""
    assert_same(InceptionV3(num_classes=3), Peer(pytorchcv(3)), (1, 3, 299, 299))


@pytest.mark.parametrize("size", [(107, 107), (75, 139)])
def test_parity(size):
    assert_same(blank(ours), pair().peer, (1, 3, *size))


def test_parity_catches_every_sabotage():
    ways = pair().sabotages()
    assert pair().missed(ways) == []
    words = " ".join(name for name, _ in ways)    # what this network can get wrong
    for word in ["without activation", "relu6 for relu", "concatenation", "stride", "pooling", "zeros", "eps", "momentum", "rate"]:
        assert word in words


# What is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: InceptionA(192, True), "c_pool must be a whole number from 1 up, got True"),
        (lambda: InceptionB(768, -1), "c_mid must be a whole number from 1 up, got -1"),
        (lambda: InceptionC(None), "c_in must be a whole number from 1 up, got None"),
        (lambda: ReductionA(0), "c_in must be a whole number from 1 up, got 0"),
        (lambda: ReductionB(2.0), r"c_in must be a whole number from 1 up, got 2\.0"),
        (lambda: InceptionV3(num_classes=0), "num_classes must be a whole number from 1 up, got 0"),
    ],
)
def test_says_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        build()


@pytest.mark.parametrize("shape", [(3, 99, 99), (1, 1, 99, 99), (1, 99, 99, 3)])
def test_refuses_what_is_no_image(shape, net):
    with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape"):
        net(torch.empty(shape, device="meta"))


def test_smallest_image(net):
    assert net(torch.empty(2, 3, 75, 76, device="meta")).shape == (2, 1000)
    for size in [(74, 75), (75, 74)]:
        x = torch.empty(2, 3, *size, device="meta")
        with pytest.raises(ValueError, match=f"images must be at least 75 × 75, got {size[0]} × {size[1]}"):
            net(x)
        with pytest.raises(RuntimeError):
            net.inception(net.stem(x))    # and rightly so
