"""MicroNet against its paper's table, by hand, and against an independent implementation."""

from functools import lru_cache, partial

import pytest
import torch
from parity import Pair, Peer, assert_same, changing, meta
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models import micronet
from lightnets_edu.models.micronet import MicroNet

REPORTED: tuple[tuple[int, int], ...] = ()    # Table 1 as printed: side and channels behind each block


def costs():
    return layer_costs(meta(MicroNet), (1, 3, 224, 224))


def test_table_1():
    assert REPORTED, "write here what the paper's table prints, line by line, before you make the network fit it"
    blocks = [row for row in costs() if row.name.endswith("pointwise.0")]
    assert tuple((row.out_shape[2], row.c_out) for row in blocks) == REPORTED


def by_hand() -> tuple[int, int]:
    """Parameters and multiply-adds from TABLE_1, without building anything; `counts` holds them as numbers."""
    c, side = micronet.STEM, 112
    params, macs = 27 * c + 2 * c, 27 * c * side**2
    for s, c_out in micronet.TABLE_1:
        side //= s
        params += 9 * c + 2 * c + c * c_out + 2 * c_out
        macs += (9 * c + c * c_out) * side**2
        c = c_out
    return params + 1000 * (c + 1), macs + 1000 * c


def test_counts():
    measured = total(costs())
    assert (measured.params, measured.macs) == by_hand()


# Parity ----------------------------------------------------------------------------------------------------------------


def ours() -> MicroNet:
    return MicroNet(num_classes=5)


def peer() -> Peer:
    """An independent implementation: that of a library, as in test_mobilenet_v1.py, or, where none has it, the paper
    read a second time, in bare layers and without our file."""
    def layers(c_in, c_out, kernel, stride, groups=1):
        return [nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(c_out), nn.ReLU()]

    net = layers(3, 32, 3, 2)
    for c_in, c_out, stride in [(32, 64, 1), (64, 128, 2), (128, 256, 2)]:
        net += layers(c_in, c_in, 3, stride, c_in) + layers(c_in, c_out, 1, 1)
    return Peer(nn.Sequential(*net, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 5)))


@lru_cache(maxsize=1)
def pair(name: str) -> Pair:
    """Asked for by test_every_pair.py, with each of this file's names in the catalogue; images are small."""
    return Pair(ours, peer(), (2, 3, 40, 40))


def test_parity_at_full_size():
    assert_same(ours(), peer(), (1, 3, 224, 224))


def test_parity_catches_every_sabotage():
    """Those that every network is tried with, and the slips that copies of this one make."""
    both = pair("micronet")
    slips = [("no stride", changing("blocks.1", lambda block: micronet.Block(64, 128, 1)))]
    assert both.missed([*both.sabotages(), *slips]) == []


# What is refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (partial(MicroNet, num_classes=0), "num_classes must be a whole number from 1 up, got 0"),
        (partial(micronet.Block, 8, 8.0, 1), r"c_out must be a whole number from 1 up, got 8\.0"),
        (partial(micronet.Block, 8, 8, 3), "stride must be one of 1, 2, got 3"),
    ],
)
def test_says_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_takes_any_image_and_nothing_else():
    net = meta(MicroNet).eval()
    assert net(torch.empty(2, 3, 33, 65, device="meta")).shape == (2, 1000)
    with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape \(1, 1, 64, 64\)"):
        net(torch.empty(1, 1, 64, 64, device="meta"))
