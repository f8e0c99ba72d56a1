"""The statements of the ledger for ShuffleNet V2, recomputed. One test each; book/ledger names them."""

from fractions import Fraction
from itertools import pairwise

import pytest
import torch
from torch import nn

from lightnets_edu import cost
from lightnets_edu.models.shufflenet_v2 import TABLE_5, BasicUnit, DownUnit, ShuffleNetV2, join

GPU = {2: (90, 180), 6: (52, 312), 12: (36, 432)}
ARM = {2: (22, 44), 6: (13, 78), 12: (9, 108)}
IMAGE = (1, 3, 224, 224)


def pointwise(a, b, g=1):
    return cost.total(cost.layer_costs(nn.Conv2d(a, b, 1, groups=g, bias=False), (1, a, 56, 56)))


@pytest.mark.parametrize("widths", [(128, 128), *GPU.values(), (32, 32), *ARM.values(), (1, 997)])
def test_access_and_its_bound(widths):
    """Exact, in squares: access ≥ 2√(PB) + B/P, with equality for equal widths only."""
    a, b = widths
    layer, p = pointwise(a, b), 56 * 56
    assert layer.macs == p * a * b and layer.access == p * (a + b) + a * b
    over = (layer.access - Fraction(layer.macs, p)) ** 2 - 4 * p * layer.macs
    assert over >= 0 and (over == 0) == (a == b)
    dense = cost.total(cost.layer_costs(nn.Conv2d(a, b, 3, padding=1), (1, a, 56, 56)))
    assert dense.macs == 9 * layer.macs, "the formula of the work is that of a 1×1 layer"


def test_unequal_widths_raise_access_and_not_work():
    equal, lopsided = pointwise(32, 32), pointwise(9, 108)
    assert lopsided.macs < equal.macs and lopsided.access > 1.8 * equal.access


def test_the_work_of_table_1_is_nearly_fixed():
    for widths, (c, least) in ((GPU, (128, 0.949)), (ARM, (32, 0.945))):
        shares = [a * b / c**2 for a, b in widths.values()]
        assert all(b == ratio * a for ratio, (a, b) in widths.items())
        assert min(shares) == pytest.approx(least, abs=5e-4) and max(shares) <= 1 and set(shares) != {1.0}


def test_groups_raise_access_at_equal_work():
    layers = [pointwise(c, c, g) for g, c in ((1, 128), (4, 256), (16, 512))]
    assert len({layer.macs for layer in layers}) == 1
    assert [layer.access for layer in layers] == [2 * 3136 * c + 128 * 128 for c in (128, 256, 512)]
    assert pointwise(128, 128, 4).access < pointwise(128, 128).access, "at equal widths they move less"


def test_table_2_has_a_layer_that_cannot_be_built():
    with pytest.raises(ValueError, match="180 channels cannot be split into 8"):
        cost.conv_params(180, 180, 1, groups=8)
    assert cost.conv_params(360, 360, 1, groups=8) == 16_200, "that of the GPU's column can"


def test_depthwise_moves_much_for_its_work():
    layer = nn.Conv2d(128, 128, 3, padding=1, groups=128, bias=False)
    depthwise = cost.total(cost.layer_costs(layer, (1, 128, 56, 56)))
    assert depthwise.macs / depthwise.access < 4.5 < 60 < pointwise(128, 128).macs / pointwise(128, 128).access


def test_adding_is_next_to_no_work():
    """One addition an element, beside the multiply-adds of a 1×1 layer on the same map; but as much to move, and half more."""
    elements, layer = 128 * 56 * 56, pointwise(128, 128)
    assert elements / layer.macs < 0.01 and 3 * elements / layer.access > 1.4


def test_unit_is_split_work_join():
    unit, x = BasicUnit(12).eval(), torch.randn(2, 12, 5, 4)
    assert [layer[0].groups for layer in (unit.reduce, unit.depthwise, unit.expand)] == [1, 6, 1]
    assert {layer[0].in_channels for layer in (unit.reduce, unit.depthwise, unit.expand)} == {6}
    assert {layer[0].out_channels for layer in (unit.reduce, unit.depthwise, unit.expand)} == {6}
    with torch.no_grad():
        branch = torch.relu(unit.expand(unit.depthwise(torch.relu(unit.reduce(x[:, 6:])))))
        together = torch.cat([x[:, :6], branch], dim=1)
        torch.testing.assert_close(unit(x), together[:, [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]])


def test_stride_2_has_two_branches():
    unit = DownUnit(24, 116, 24)
    read = [layer[0].in_channels for layer in (unit.short_depthwise, unit.reduce)]
    assert read == [24, 24] and unit.short_expand[0].out_channels + unit.expand[0].out_channels == 116


@pytest.mark.parametrize("half", [2, 6, 58])
def test_three_steps_are_one(half):
    a, b = torch.randn(2, 3, half, 5, 4)
    first, second = join(a, b).chunk(2, dim=1)
    assert torch.equal(first, torch.cat([a[:, ::2], b[:, ::2]], dim=1))
    assert torch.equal(second, torch.cat([a[:, 1::2], b[:, 1::2]], dim=1))


@pytest.mark.parametrize("c", [c for column in TABLE_5.values() for c in column[:3]])
def test_one_channel_waits_for_ever(c):
    """Half of the untouched channels pass by, rounded up, so one is always left: with r = 1/2, not (1 − c′)/c."""
    tags, left = torch.zeros(1, c, 1, 1), []
    for unit in range(1, 21):
        short, y = tags.chunk(2, dim=1)
        tags = join(short, torch.full_like(y, unit))
        left.append(int((tags == 0).sum()))
    assert left[0] == c // 2 and all(b == (a + 1) // 2 for a, b in pairwise(left))
    assert left[-1] == 1 and tags[0, 0] == 0, "the first channel"


def test_the_law_of_reuse_holds_for_halves_only():
    """Of 116 channels after two units: a half of a half with halves, more than (3/4)² with quarters."""
    for taken, after_two in ((58, 29), (29, 73)):
        tags = torch.zeros(1, 116, 1, 1)
        for unit in (1, 2):
            tags = join(tags[:, : 116 - taken], torch.full((1, taken, 1, 1), unit))
        assert int((tags == 0).sum()) == after_two
        assert (after_two == 116 * (1 - taken / 116) ** 2) == (taken == 58)


# The listing ---------------------------------------------------------------------------------------------------------


def conv(a, b, kernel=1, stride=1, groups=1):
    return nn.Sequential(nn.Conv2d(a, b, kernel, stride, kernel // 2, groups=groups), nn.BatchNorm2d(b))


class Listed(nn.Module):
    """A unit of the listing: `m` channels from the branch, and as many from the shortcut of stride 2."""

    def __init__(self, c_in, m, stride):
        super().__init__()
        taken = c_in if stride == 2 else c_in - c_in // 2
        self.branch = nn.Sequential(conv(taken, m), nn.ReLU(), conv(m, m, 3, stride, m), conv(m, m), nn.ReLU())
        self.short = nn.Sequential(conv(c_in, c_in, 3, 2, c_in), conv(c_in, m)) if stride == 2 else None
        self.c_out = 2 * m if stride == 2 else m + c_in // 2

    def forward(self, x):
        short, y = (self.short(x), x) if self.short else x.chunk(2, dim=1)
        return torch.cat([self.branch(y), short], dim=1)


def listed(widths):
    layers, c = [nn.Conv2d(3, 24, 3, 2, 1, bias=False), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 24
    for m, units in zip(widths, (4, 8, 4), strict=True):
        for k in range(units):
            layers.append(Listed(c, m, 1 if k else 2))
            c = layers[-1].c_out
    return nn.Sequential(*layers, nn.Conv2d(c, 1024, 1), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(1024, 1000))


def test_the_listing_is_too_wide():
    """5,015,620 is what its issue 1 prints of the real listing."""
    with torch.device("meta"):
        found, half = (cost.total(cost.layer_costs(listed(widths), IMAGE)) for widths in ((116, 232, 464), (58, 116, 232)))
        paper = cost.total(cost.layer_costs(ShuffleNetV2(), IMAGE))
    assert (found.params, found.macs) == (5_015_620, 486_209_456)
    assert 2.1 < found.params / paper.params < 2.3 and 3.2 < found.macs / paper.macs < 3.5
    assert abs(half.params / paper.params - 1) < 0.01 and half.params != paper.params, "biases, and no batch norm at either end"


def test_the_listing_scales_the_wrong_widths():
    assert [int(2**k * 116 * 0.5) for k in range(3)] == [58, 116, 232] != list(TABLE_5[0.5][:3])
    assert int(24 * 0.5) != 24
