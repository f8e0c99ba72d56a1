"""What MicroNet is made of: micro-factorised convolutions, Dynamic Shift-Max, blocks; by hand, and what they refuse."""

from functools import partial
from math import prod

import pytest
import torch
from parity import meta
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models import micronet
from lightnets_edu.models.micronet import (
    DynamicShiftMax,
    LinkedBlocksC,
    MicroBlockA,
    MicroBlockB,
    MicroBlockC,
    MicroNet,
    MicroPointwise,
    Places,
    adaptive_groups,
    circular_shift,
    micro_depthwise,
)

# Micro-factorised convolution and Dynamic Shift-Max -------------------------------------------------------------------


def paths(block: MicroPointwise) -> Tensor:
    """In how many ways each input reaches each output."""
    for layer in (block.squeeze, block.expand):
        nn.init.ones_(layer[0].weight)
        layer[1] = nn.Identity()
    c = block.squeeze[0].in_channels
    return block(torch.eye(c).reshape(c, c, 1, 1)).reshape(c, c)


@pytest.mark.parametrize(("c", "reduction"), [(18, 2), (64, 4), (36, 1), (16, 1), (8, 8)])
def test_a_micro_factorised_pointwise_convolution_connects_everything_once(c, reduction, monkeypatch):
    block = MicroPointwise(c, reduction)
    groups = adaptive_groups(c, reduction)
    assert groups**2 * reduction == c
    assert torch.equal(paths(block), torch.ones(c, c))
    assert total(layer_costs(MicroPointwise(c, reduction), (1, c, 3, 3))).macs == 9 * 2 * c * c // (reduction * groups)
    monkeypatch.setattr(micronet, "channel_shuffle", lambda x, groups: x)
    assert torch.equal(paths(block), torch.ones(c, c)) == (groups == 1)    # without Φ it does not


def test_a_micro_factorised_depthwise_convolution_is_a_kernel_of_rank_1():
    layers = micro_depthwise(3, 5)
    tall, wide = layers[0].weight.detach().double(), layers[2].weight.detach().double()
    x = torch.randn(1, 3, 9, 8, dtype=torch.float64)
    factored = nn.functional.conv2d(nn.functional.conv2d(x, tall, padding=(2, 0), groups=3), wide, padding=(0, 2), groups=3)
    torch.testing.assert_close(factored, nn.functional.conv2d(x, tall * wide, padding=2, groups=3))
    assert [tuple(layer.weight.shape) for layer in micro_depthwise(3, 5, 2, 2, 2)[::2]] == [(6, 1, 5, 1), (12, 1, 1, 5)]


def test_the_circular_shift_by_hand():
    x = torch.arange(6.0).reshape(1, 6, 1, 1)
    assert circular_shift(x, 2).flatten().tolist() == [4, 5, 3, 1, 2, 0]
    assert circular_shift(x, 3).flatten().tolist() == [3, 2, 5, 4, 1, 0]
    assert circular_shift(x, 1).flatten().tolist() == [1, 2, 3, 4, 5, 0]
    assert circular_shift(x, 6).flatten().tolist() == [1, 2, 3, 4, 5, 0]


@pytest.mark.parametrize(("fusions", "mix"), [(1, 0.0), (2, 0.0), (2, 0.5)])
def test_dynamic_shift_max_begins_near_its_input(fusions, mix):
    """At a = 1, 0 and 1 - mix, mix when its last layer says nothing; and goes no further than 2 from there."""
    layer = DynamicShiftMax(6, 2, 4, fusions, mix)
    nn.init.zeros_(layer.expand.weight)
    x = torch.randn(2, 6, 5, 4)
    other = (1 - mix) * x + mix * circular_shift(x, 2)
    nn.init.zeros_(layer.expand.bias)
    torch.testing.assert_close(layer(x), torch.maximum(x, other) if fusions == 2 else x)
    nn.init.constant_(layer.expand.bias, 1000.0)
    most, shifted = [3.0, 2.0, 3 - mix, 2 + mix], circular_shift(x, 2)
    ends = [most[i] * x + most[i + 1] * shifted for i in range(0, 2 * fusions, 2)]
    torch.testing.assert_close(layer(x), torch.stack(ends).amax(0))


def test_dynamic_shift_max_depends_on_the_whole_map():
    layer, x = DynamicShiftMax(6, 2, 4), torch.randn(1, 6, 5, 4)
    other = x.clone()
    other[..., -1, -1] += 10
    assert not torch.allclose(layer(x)[..., 0, 0], layer(other)[..., 0, 0])


class Multiplied(TorchDispatchMode):
    """Counts the elements that multiplications give, of maps and not of single positions."""

    number = 0

    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        result = op(*args, **(kwargs or {}))
        if op is torch.ops.aten.mul.Tensor and prod(result.shape[2:]) > 1:
            self.number += result.numel()
        return result


@pytest.mark.parametrize("fusions", [1, 2])
def test_multiplies_are_those_that_run_and_cost_does_not_count_them(fusions):
    layer = meta(DynamicShiftMax, 12, 3, 4, fusions)
    with Multiplied() as seen:
        layer(torch.empty(1, 12, 5, 7, device="meta"))
    assert seen.number == layer.multiplies(5, 7) == 2 * fusions * 12 * 35
    assert total(layer_costs(layer, (1, 12, 5, 7))).macs == 12 * 4 + 4 * 2 * fusions * 12


# What is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (partial(MicroNet, "m4"), "version must be one of m0, m1, m2, m3, got 'm4'"),
        (partial(MicroNet, None), "version must be one of m0, m1, m2, m3, got None"),
        (partial(MicroNet, num_classes=0), "num_classes must be a whole number from 1 up, got 0"),
        (partial(adaptive_groups, 64, 3), "micro-factorised pointwise convolution: 64 channels cannot be split into 3"),
        (partial(adaptive_groups, 64, 8), r"C/R must be a square, so that G = √\(C/R\) is whole; got 64/8 = 8"),
        (partial(MicroPointwise, 24, 2), r"C/R must be a square, .* got 24/2 = 12"),
        (partial(micro_depthwise, 8, 4), "kernel must be odd, so that padding can keep the size; got 4"),
        (partial(micro_depthwise, 8, 3, 0), "stride must be a whole number from 1 up, got 0"),
        (partial(micro_depthwise, 8, 3, t1=1.5), r"t1 must be a whole number from 1 up, got 1\.5"),
        (partial(DynamicShiftMax, 8, 3, 4), "circular shift: 8 channels cannot be split into 3 equal groups"),
        (partial(DynamicShiftMax, 8, 2, 0), "hidden must be a whole number from 1 up, got 0"),
        (partial(DynamicShiftMax, 8, 2, 4, 3), "fusions must be one of 1, 2, got 3"),
        (partial(DynamicShiftMax, 8, 2, 4, 2, 1.5), r"mix must be a number from 0 to 1, got 1\.5"),
        (partial(DynamicShiftMax, 8, 2, 4, 2, True), "mix must be a number from 0 to 1, got True"),
        (lambda: DynamicShiftMax(8, 2, 4).multiplies(0, 3), "height must be a whole number from 1 up, got 0"),
        (partial(MicroBlockA, 0, 8, 3, 1, 2), "c_in must be a whole number from 1 up, got 0"),
        (partial(MicroBlockA, 8, 12, 3, 3, 4), "stride must be one of 1, 2, got 3"),
        (partial(MicroBlockA, 8, 12, 3, 2, 5), "input of a grouped convolution: 32 channels cannot be split into 5"),
        (partial(MicroBlockA, 8, 12, 3, 2, 4, 0), "r must be a whole number from 1 up, got 0"),
        (partial(MicroBlockA, 8, 12, 3, 2, 4, 1, None), r"places must be a Places, such as Places\(expand=0\), got None"),
        (partial(MicroBlockA, 8, 12, 3, 2, 4, 1, Places(squeeze=3)), "fusions of squeeze must be one of 0, 1, 2, got 3"),
        (partial(MicroBlockA, 8, 12, 3, 2, 4, 1, Places(mix="0")), "mix must be a number from 0 to 1, got '0'"),
        (partial(MicroBlockA, 8, 9, 3, 2, 1), "second shuffle: 9 channels cannot be split into 2 equal groups"),
        (partial(MicroBlockB, 12, 16, 0, 5, 2, 4, 4), "c_out must be a whole number from 1 up, got 0"),
        (partial(MicroBlockB, 12, 16, 64, 5, 2, 4, 3), "input of a grouped convolution: 16 channels cannot be split into 3"),
        (partial(MicroBlockB, 12, 16, 64, 5, 2, 4, 4, 1, 0), "r2 must be a whole number from 1 up, got 0"),
        (partial(MicroBlockC, 64, 32, 128, 5, 1, 0, 4, 8), "g0 must be a whole number from 1 up, got 0"),
        (partial(MicroBlockC, 64, 32, 128, 5, 1, 3, 4, 8), "input of block C: 64 channels cannot be split into 3 equal"),
        (partial(MicroBlockC, 64, 32, 128, 5, 1, 4, 4, 8, last=1), "last must be one of True, False, got 1"),
        (partial(LinkedBlocksC, nn.Identity(), nn.Identity()), r"two MicroBlockC can be linked, got Identity\(\) and Ident"),
        (lambda: LinkedBlocksC(MicroBlockC(64, 32, 96, 3, 1, 4, 4, 8), MicroBlockC(96, 24, 96, 3, 1, 8, 4, 8)),
         "the first has 32 channels, the second 24 and stride 1"),
        (lambda: LinkedBlocksC(MicroBlockC(64, 32, 96, 3, 1, 4, 4, 8), MicroBlockC(96, 32, 96, 3, 2, 8, 4, 8)),
         "the second with stride 1: the first has 32 channels, the second 32 and stride 2"),
        (lambda: circular_shift(torch.zeros(1, 8, 2, 2), 3), "circular shift: 8 channels cannot be split into 3 equal"),
        (lambda: circular_shift(torch.zeros(8, 2, 2), 2), r"circular shift: expected a tensor \(N, C, H, W\), got shape \(8"),
    ],
)  # fmt: skip
def test_says_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_takes_any_image_and_nothing_else():
    net = meta(MicroNet, "m0").eval()
    for size in ((1, 1), (33, 65)):
        assert net(torch.empty(2, 3, *size, device="meta")).shape == (2, 1000)
    with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape \(1, 1, 64, 64\)"):
        net(torch.empty(1, 1, 64, 64, device="meta"))
