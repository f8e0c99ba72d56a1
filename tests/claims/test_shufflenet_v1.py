"""The statements of the ledger for ShuffleNet V1, recomputed. One test each; book/ledger names them."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from lightnets_edu import cost
from lightnets_edu.models.alexnet import AlexNet
from lightnets_edu.models.shufflenet_v1 import TABLE_1, UNITS, ShuffleNetV1, ShuffleUnit, channel_shuffle
from lightnets_edu.models.squeezenet import SqueezeNet
from lightnets_edu.threads import one_thread


def bottleneck(c, m, g):
    return nn.Sequential(
        nn.Conv2d(c, m, 1, bias=False), nn.Conv2d(m, m, 3, padding=1, groups=g, bias=False), nn.Conv2d(m, c, 1, bias=False)
    )


def reach(layers, channels):
    x = torch.ones(1, channels, 1, 1, requires_grad=True)
    rows = [torch.autograd.grad(out, x, retain_graph=True)[0].flatten() != 0 for out in layers(x).flatten()]
    return torch.stack(rows).sum(dim=1).tolist()


def grouped(c, g):
    layer = nn.Conv2d(c, c, 1, groups=g, bias=False)
    nn.init.ones_(layer.weight)
    return layer


def test_pointwise_share_of_resnext():
    rows = cost.layer_costs(bottleneck(256, 128, 32), (1, 256, 56, 56))
    share = sum(r.macs for r in rows if r.kind == "pointwise") / cost.total(rows).macs
    assert share == pytest.approx(0.93431, abs=5e-6)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_stacked_groups_never_meet(depth):
    assert set(reach(nn.Sequential(*[grouped(48, 4) for _ in range(depth)]), 48)) == {12}


def test_shuffle_connects_all():
    a, b = grouped(48, 4), grouped(48, 4)
    assert set(reach(lambda x: b(channel_shuffle(a(x), 4)), 48)) == {48}


def test_shuffle_alone_mixes_nothing():
    assert set(reach(lambda x: channel_shuffle(x, 4), 48)) == {1}
    assert set(reach(lambda x: channel_shuffle(grouped(48, 4)(x), 4), 48)) == {12}, "the layer behind it mixes"


def test_different_group_numbers():
    a, b = grouped(48, 4), grouped(48, 3)
    assert set(reach(lambda x: b(channel_shuffle(a(x), 4)), 48)) == {48}


def test_reshape_transpose_flatten():
    x = torch.arange(32).reshape(1, 32, 1, 1)
    assert channel_shuffle(x, 2).flatten().tolist() == [i // 2 + 16 * (i % 2) for i in range(32)]


def residue(depth, target):
    """Squared error, relative, of the best stack of `depth` grouped layers of 2 groups, shuffled, for a dense 4 × 4 map."""
    deal = channel_shuffle(torch.arange(4).reshape(1, 4, 1, 1), 2).flatten()
    best = 1.0
    for seed in range(6):
        torch.manual_seed(seed)
        blocks = [torch.randn(2, 2, 2, dtype=torch.float64, requires_grad=True) for _ in range(depth)]

        def error(blocks=blocks):
            product = torch.block_diag(*blocks[0])
            for pair in blocks[1:]:
                product = torch.block_diag(*pair) @ product[deal]
            return (product - target).square().sum() / target.square().sum()

        optimiser = torch.optim.LBFGS(blocks, lr=0.5, max_iter=800, tolerance_grad=1e-12, tolerance_change=1e-16,
                                      line_search_fn="strong_wolfe")  # fmt: skip

        def step(optimiser=optimiser, error=error):
            optimiser.zero_grad()
            loss = error()
            loss.backward()
            return loss

        optimiser.step(step)
        best = min(best, error().item())
    return best


def test_two_shuffled_layers_are_not_dense_and_three_can_be():
    two = sum(p.numel() for p in nn.Sequential(grouped(64, 4), grouped(64, 4)).parameters())
    assert (two, cost.conv_params(64, 64, 1)) == (2048, 4096)
    target = torch.randn(4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert residue(2, target) > 1e-3 and residue(3, target) < 1e-10


@pytest.mark.parametrize(("g", "macs"), [(1, 41_746_432), (32, 13_748_224)])
def test_resnet_and_resnext_unit(g, macs):
    formula = cost.resnet_unit_macs(14, 14, 256, 128) if g == 1 else cost.resnext_unit_macs(14, 14, 256, 128, g)
    assert formula == macs == cost.total(cost.layer_costs(bottleneck(256, 128, g), (1, 256, 14, 14))).macs


def test_shufflenet_unit():
    rows = cost.layer_costs(ShuffleUnit(240, 240, 1, 3, 3), (1, 240, 28, 28))
    assert cost.total(rows).macs == cost.shufflenet_unit_macs(28, 28, 240, 60, 3) == 28 * 28 * (2 * 240 * 60 // 3 + 9 * 60)


def test_depthwise_saves_more_than_grouping():
    c, m, g = 240, 60, 3
    assert (9 * m * m - 9 * m, 2 * c * m - 2 * c * m // g) == (31_860, 19_200)
    for g, columns in TABLE_1.items():
        for c in columns:
            m = c // 4
            assert 9 * m * m - 9 * m > 2 * c * m - 2 * c * m // g


def test_sixteen_units_in_three_stages():
    net = ShuffleNetV1(3)
    assert len(net.stages) == sum(UNITS) == 16
    assert [i for i, unit in enumerate(net.stages) if unit.stride == 2] == [0, 4, 12]


def test_stages_halve_the_map_and_double_the_channels():
    rows = cost.layer_costs(ShuffleNetV1(3), (1, 3, 224, 224))
    sizes = {r.out_shape[-1] for r in rows if r.kind == "depthwise"}
    assert sizes == {28, 14, 7} and all(b == 2 * a for column in TABLE_1.values() for a, b in pairwise(column))


@pytest.mark.parametrize(("g", "millions"), [(1, 143.08), (2, 140.84), (3, 137.46), (4, 134.34), (8, 138.37)])
def test_complexity_is_about_the_budget(g, millions):
    assert cost.total(cost.layer_costs(ShuffleNetV1(g), (1, 3, 224, 224))).macs / 1e6 == pytest.approx(millions, abs=0.005)


def test_table_1_fits_without_the_classifier():
    rows = {g: cost.layer_costs(ShuffleNetV1(g), (1, 3, 224, 224)) for g in TABLE_1}
    printed = [143, 140, 137, 133, 137]
    assert [round(cost.total(r[:-1]).macs / 1e6) for r in rows.values()] == printed
    whole = [cost.total(r).macs for r in rows.values()]
    assert [round(n / 1e6) for n in whole] != printed and [n // 10**6 for n in whole] != printed
    for width, millions in ((1.5, 292), (2.0, 524)):    # Table 5
        rows = cost.layer_costs(ShuffleNetV1(3, width), (1, 3, 224, 224))
        assert round(cost.total(rows).macs / 1e6) == millions != round(cost.total(rows[:-1]).macs / 1e6)


def test_squeezenet_saves_computation_in_version_1_1_only():
    alexnet, old, new = (cost.total(cost.layer_costs(net, (1, 3, 224, 224))) for net in (
        AlexNet(), SqueezeNet(), SqueezeNet(version="1.1")))  # fmt: skip
    assert new.macs < alexnet.macs < old.macs and max(old.params, new.params) < alexnet.params / 40


def test_grouped_pointwise_layer_runs_as_separate_products():
    """On a CPU, one image, one thread: what the chapter says of PyTorch's profiler."""
    x, products = torch.rand(1, 240, 28, 28), "aten::_slow_conv2d_forward"
    with one_thread(), torch.inference_mode():
        for groups in (1, 3, 4):
            layer = nn.Conv2d(240, 60, 1, groups=groups)
            with torch.profiler.profile() as seen:
                layer(x)
            names = [event.name for event in seen.events()]
            assert (names.count(products), names.count("aten::cat")) == (groups, int(groups > 1))


def test_first_pointwise_of_stage_2_is_dense():
    net = ShuffleNetV1(3)
    assert [unit.reduce[0].groups for unit in net.stages][:3] == [1, 3, 3]


def test_unit_is_reduce_shuffle_depthwise_expand():
    unit = ShuffleUnit(240, 240, 1, 3, 3)
    assert [unit.reduce[0].groups, unit.depthwise[0].groups, unit.expand[0].groups] == [3, 60, 3]
    assert unit.depthwise[0].in_channels == 240 // 4


def test_stride_2_pools_and_concatenates():
    unit = ShuffleUnit(240, 480, 2, 3, 3)
    assert isinstance(unit.shortcut, nn.AvgPool2d) and unit.expand[0].out_channels == 480 - 240


class Behind(ShuffleUnit):
    """The unit that shuffles behind its depthwise layer."""

    def forward(self, x):
        y = channel_shuffle(self.depthwise(torch.relu(self.reduce(x))), self.groups)
        return torch.relu(x + self.expand(y))


def test_shuffle_before_or_after_the_depthwise_layer_renames_filters():
    unit, behind, x = ShuffleUnit(48, 48, 1, 3, 3).eval(), Behind(48, 48, 1, 3, 3).eval(), torch.randn(2, 48, 5, 4)
    dealt = channel_shuffle(torch.arange(12).reshape(1, 12, 1, 1), 3).flatten()
    state = behind.state_dict()
    names = [name for name, value in state.items() if name.startswith("depthwise") and value.ndim]
    for name in names:
        state[name] = torch.rand_like(state[name]) + 0.5
    behind.load_state_dict(state)
    unit.load_state_dict(state)
    with torch.no_grad():
        assert not torch.allclose(unit(x), behind(x), atol=1e-3), "the same weights under the old names"
        unit.load_state_dict({**state, **{name: state[name][dealt] for name in names}})
        torch.testing.assert_close(unit(x), behind(x))


@pytest.mark.parametrize("channels", [12, 36, 64, 96])
def test_the_inverse_order_is_a_renaming_where_g_divides_n(channels):
    """Both orders then send n/g channels from each group to each: sorted inside groups they are one order."""
    for g in (g for g in range(1, channels + 1) if channels % g == 0):
        n, numbered = channels // g, torch.arange(channels).reshape(1, -1, 1, 1)
        sent = [[sorted(i // n for i in places) for places in channel_shuffle(numbered, k).reshape(g, n).tolist()]
                for k in (g, n)]  # fmt: skip
        if n % g == 0:
            assert sent[0] == sent[1]
        meetings = [sorted(len(set(groups)) for groups in both) for both in sent]
        assert meetings[0] == meetings[1], "as many groups meet, whether or not"


def test_gradient_of_the_shuffle_is_its_inverse():
    x = torch.zeros(1, 12, 1, 1, requires_grad=True)
    upstream = torch.arange(12.0).reshape(1, 12, 1, 1)
    (gradient,) = torch.autograd.grad(channel_shuffle(x, 3), x, upstream)
    assert torch.equal(gradient, channel_shuffle(upstream, 4))


def test_interleaved_not_in_blocks():
    dealt = channel_shuffle(torch.arange(32).reshape(1, 32, 1, 1), 2).flatten().tolist()
    assert set(dealt[:16]) == {*range(8), *range(16, 24)} and dealt[:4] == [0, 16, 1, 17]


def test_depthwise_does_little_for_what_it_moves():
    depthwise, pointwise = nn.Conv2d(60, 60, 3, padding=1, groups=60), nn.Conv2d(60, 60, 1)
    a, b = (cost.total(cost.layer_costs(layer, (1, 60, 28, 28))) for layer in (depthwise, pointwise))
    assert a.macs / a.access < 5 < 25 < b.macs / b.access


def test_scale_factors():
    macs = {s: cost.total(cost.layer_costs(ShuffleNetV1(3, s), (1, 3, 224, 224))).macs for s in (0.25, 0.5, 1.0, 1.5, 2.0)}
    for s, n in macs.items():
        assert 0.9 < n / (s**2 * macs[1.0]) < 1.6, f"roughly s²; at {s} the stem weighs in"
    for g, s in [(2, 0.5), (4, 0.5), (2, 0.25), (4, 0.25), (8, 0.25), (2, 1.5), (4, 1.5)]:
        with pytest.raises(ValueError, match="channels cannot be split"):
            ShuffleNetV1(g, s)


def test_stem_and_head():
    net, x = ShuffleNetV1(3).eval(), torch.zeros(1, 3, 224, 224)
    assert tuple(net.stem(x).shape) == (1, 24, 56, 56)
    pooled = torch.randn(2, 960)
    as_conv = nn.functional.conv2d(pooled[:, :, None, None], net.head.weight[:, :, None, None], net.head.bias)
    torch.testing.assert_close(as_conv.flatten(1), net.head(pooled))


def test_no_relu_after_the_depthwise_layer():
    unit, seen = ShuffleUnit(12, 12, 1, 1, 1).eval(), []
    unit.expand.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].min().item()))
    with torch.no_grad():
        assert unit(torch.randn(4, 12, 8, 8)).min() >= 0, "a ReLU after the fusion"
    assert seen[0] < 0, "negative values reach the last layer"


class NarrowUnit(ShuffleUnit):
    """The unit of the listing: in strided units a bottleneck of a quarter of c_out - c_in."""

    def __init__(self, c_in, c_out, stride, groups, reduce_groups):
        super().__init__(c_in, c_out, stride, groups, reduce_groups)
        if stride == 2:
            m = (c_out - c_in) // 4
            self.reduce[0] = nn.Conv2d(c_in, m, 1, groups=reduce_groups, bias=False)
            self.reduce[1] = nn.BatchNorm2d(m)
            self.depthwise[0] = nn.Conv2d(m, m, 3, 2, 1, groups=m, bias=False)
            self.depthwise[1] = nn.BatchNorm2d(m)
            self.expand[0] = nn.Conv2d(m, c_out - c_in, 1, groups=groups, bias=False)


def test_narrow_bottleneck_is_a_cheaper_network(monkeypatch):
    monkeypatch.setattr("lightnets_edu.models.shufflenet_v1.ShuffleUnit", NarrowUnit)
    total = cost.total(cost.layer_costs(ShuffleNetV1(3), (1, 3, 224, 224)))
    assert total.params == 1_814_734 and round(total.macs / 1e6, 2) == 127.06


def test_floor_division_drops_channels():
    """Stage 2 of the listing, whose strided bottleneck has (272 - 24) / 4 or (384 - 24) / 4 channels."""
    kept = {g: (c_out - 24) // 4 // g * g for g, (c_out, *_) in TABLE_1.items()}
    assert {g: (c[0] - 24) // 4 - kept[g] for g, c in TABLE_1.items()} == {1: 0, 2: 0, 3: 0, 4: 2, 8: 2}


def test_split_branches_are_one_dense_layer():
    branches = [nn.Conv2d(64, 4, 1, bias=False) for _ in range(32)]
    dense = nn.Conv2d(64, 128, 1, bias=False)
    dense.weight.data = torch.cat([b.weight.data for b in branches])
    x = torch.randn(2, 64, 5, 5)
    torch.testing.assert_close(torch.cat([b(x) for b in branches], dim=1), dense(x))
    assert cost.conv_params(64, 128, 1, groups=32) < cost.conv_params(64, 128, 1)
