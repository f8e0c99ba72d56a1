"""VGG against the paper's Tables 1 and 2, closed forms, and an independent implementation."""

from functools import lru_cache, partial

import pytest
import torch
from parity import Pair, Peer, assert_same, changing, in_full, narrow
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models.vgg import VGG

COUNTS = {"D": (138_357_544, 15_470_264_320), "E": (143_667_240, 19_632_062_464)}
TABLE_2 = {"A": 133, "B": 133, "D": 138, "E": 144}    # millions of parameters
LAYERS = {"A": 11, "B": 13, "D": 16, "E": 19}         # Table 1, "weight layers"
CHANNELS = {  # Table 1 read downwards; | is a max pooling
    "A": "64|128|256 256|512 512|512 512|",
    "B": "64 64|128 128|256 256|512 512|512 512|",
    "D": "64 64|128 128|256 256 256|512 512 512|512 512 512|",
    "E": "64 64|128 128|256 256 256 256|512 512 512 512|512 512 512 512|",
}


def by_hand(column: str) -> tuple[int, int]:
    """Parameters and multiply-adds from Table 1, without building anything."""
    linear = [(512 * 7 * 7, 4096), (4096, 4096), (4096, 1000)]
    params, macs = sum(a * b + b for a, b in linear), sum(a * b for a, b in linear)
    c, size = 3, 224
    for row in CHANNELS[column].rstrip("|").split("|"):
        for c_out in map(int, row.split()):
            params, macs, c = params + 9 * c * c_out + c_out, macs + 9 * c * c_out * size**2, c_out
        size //= 2
    return params, macs


@pytest.mark.parametrize("column", CHANNELS)
def test_counts_and_tables(column):
    with torch.device("meta"):
        rows = layer_costs(VGG(column), (1, 3, 224, 224))
    weighty = [row for row in rows if row.macs]
    column_read, size = "", 224
    for row in weighty[:-3]:
        column_read = f"{column_read.strip()}{' ' if row.out_shape[2] == size else '|'}{row.c_out}"
        size = row.out_shape[2]
    assert column_read.strip() + "|" == CHANNELS[column]
    assert (size, weighty[-3].c_in) == (14, 512 * 7 * 7)
    assert {(row.kernel, row.stride, row.groups) for row in weighty[:-3]} == {((3, 3), (1, 1), 1)}
    assert [row.out_shape for row in weighty[-3:]] == [(1, 4096), (1, 4096), (1, 1000)]
    assert len(weighty) == LAYERS[column]
    measured = total(rows)
    assert (measured.params, measured.macs) == by_hand(column) == COUNTS.get(column, by_hand(column))
    assert round(measured.params / 1e6) == TABLE_2[column]


def test_order_of_the_head():
    """ReLU and then dropout, for the first two of three (§3.1): dropout cannot be seen in eval mode."""
    with torch.device("meta"):
        head = VGG(num_classes=2).head
    block = [nn.Linear, nn.ReLU, nn.Dropout]
    assert [type(layer) for layer in head] == [*block, *block, nn.Linear]
    assert [layer.p for layer in head if isinstance(layer, nn.Dropout)] == [0.5, 0.5]


# Parity with pytorchcv ------------------------------------------------------------------------------------------------


def ours(column: str) -> nn.Module:
    return narrow(partial(VGG, column))


def peer(column: str, any_size: bool = False) -> Peer:
    """pytorchcv takes 224 pixels only. With the pooling to 7 × 7 that we took over from torchvision, smaller ones too."""
    vgg = pytest.importorskip("pytorchcv.models.vgg")
    net = narrow({"A": vgg.vgg11, "B": vgg.vgg13, "D": vgg.vgg16, "E": vgg.vgg19}[column])
    if any_size:
        net.features.append(nn.AdaptiveAvgPool2d(7))
    return Peer(net)


@lru_cache(maxsize=1)
def pair(name: str) -> Pair:
    column = {"vgg11": "A", "vgg13": "B", "vgg16": "D", "vgg19": "E"}[name]
    return Pair(partial(ours, column), peer(column, any_size=True), (1, 3, 64, 48))


@pytest.mark.parametrize("column", ["D", *in_full("A", "B", "E")])
def test_parity_at_full_size(column):
    assert_same(ours(column), peer(column), (1, 3, 224, 224))


@pytest.mark.parametrize("name", ["vgg11", "vgg13"])
def test_parity_of_the_columns_that_have_no_name(name):
    pair(name).assert_same()


def without_last_pooling(net: nn.Module) -> nn.Module:
    net.features[-2] = nn.Identity()
    return net


def batch_norm(net: nn.Module) -> nn.Module:
    net.features[0] = nn.Sequential(net.features[0], nn.BatchNorm2d(64))
    return net


SPOILT = [
    ("a pooling less", without_last_pooling),
    ("batch norm", batch_norm),
    ("dropout first", changing("head.0", lambda linear: nn.Sequential(nn.Dropout(0.5), linear))),
    ("no dropout", changing("head.5", lambda dropout: nn.Identity())),
]


def test_parity_catches_what_is_spoilt():
    spoilt = pair("vgg16").sabotages() + SPOILT
    assert len(spoilt) >= 9 and pair("vgg16").missed(spoilt) == []


# Errors and images ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["C", "a", "A-LRN", "", 16, None, [], True])
def test_network_refuses_other_columns(column):
    with pytest.raises(ValueError, match="column must be one of A, B, D, E, got "):
        VGG(column)


@pytest.mark.parametrize("classes", [0, -1, 2.0, "10", None, True])
def test_network_refuses_other_numbers_of_classes(classes):
    with pytest.raises(ValueError, match=f"num_classes must be a whole number from 1 up, got {classes!r}"):
        VGG(num_classes=classes)


def test_images():
    with torch.device("meta"):
        net = VGG(num_classes=2).eval()
        for size in [(32, 32), (33, 65), (300, 224)]:
            assert net(torch.empty(2, 3, *size)).shape == (2, 2)
        for shape in [(3, 64, 64), (1, 1, 64, 64), (1, 64, 64, 3)]:
            with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape"):
                net(torch.empty(shape))
        with pytest.raises(ValueError, match="images must be at least 32 × 32, got 100 × 31"):
            net(torch.empty(1, 3, 100, 31))
        with pytest.raises(RuntimeError):  # 32 is the smallest: at 31 the last pooling has nothing left
            net.features(torch.empty(1, 3, 31, 31))
