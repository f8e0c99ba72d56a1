"""ShuffleNet V1 against its paper's Table 1, published counts, and an independent implementation."""

import json
from functools import lru_cache, partial
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parity import Pair, Peer, as_it_is, assert_same, changing, in_full, meta
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models import MODELS, shufflenet_v1
from lightnets_edu.models.shufflenet_v1 import STEM, TABLE_1, ShuffleNetV1, ShuffleUnit, channel_shuffle

FACTS = json.loads((Path(__file__).parents[1] / "facts.json").read_text(encoding="utf-8"))["variants"]
FACTS = {row["name"].removeprefix("shufflenet_v1_"): row for row in FACTS if row["name"].startswith("shufflenet_v1_")}
BUILT = {name: row for name, row in FACTS.items() if row["params"]}
# Where the reference departs from us: the channels of its stem, and whether its classifier has a bias.
STEM_OF_PEER = {"0.25_g1": 6, "0.25_g3": 6, "1.5_g1": 36}
NO_BIAS_IN_PEER = {"0.5_g8", "1.5_g3", "1.5_g8"}
# Table 1, "Complexity", in millions. Ours is 1 % above for g = 4 and 8; why is not known.
COMPLEXITY = {1: 143, 2: 140, 3: 137, 4: 133, 8: 137}
UNEXPLAINED = {4: 1.34, 8: 1.37}


def parse(name: str) -> tuple[int, float]:
    width, groups = name.split("_g")
    return int(groups), float(width)


def by_hand(groups: int, width: float, stem: int, bias: int) -> tuple[int, int, int]:
    """Parameters, multiply-adds and batch-norm statistics added up layer by layer, without building anything."""
    params, macs, norms, c_in, size = 27 * stem, 27 * stem * 112 * 112, stem, stem, 56
    for stage, (c_out, units) in enumerate(zip(TABLE_1[groups], (4, 8, 4), strict=True)):
        c_out = int(c_out * width)
        m = c_out // 4
        for unit in range(units):
            g1 = 1 if stage == unit == 0 else groups
            c_branch = c_out - c_in if unit == 0 else c_out
            reduce, depthwise, expand = c_in * m // g1, 9 * m, m * c_branch // groups
            macs += reduce * size**2
            size = size // 2 if unit == 0 else size
            macs += (depthwise + expand) * size**2
            params += reduce + depthwise + expand
            norms += m + m + c_branch
            c_in = c_out
    return params + 2 * norms + 1000 * c_in + 1000 * bias, macs + 1000 * c_in, 2 * norms


@pytest.mark.parametrize("name", BUILT)
def test_counts(name):
    """Ours by hooks, ours by hand, and the reference's by hand with its own stem and bias, all exact."""
    groups, width = parse(name)
    net, row = meta(ShuffleNetV1, groups, width), BUILT[name]
    stem = net.stem[0][0].out_channels
    measured = total(layer_costs(net, (1, 3, 224, 224)))
    statistics = sum(b.numel() for key, b in net.named_buffers() if "running" in key)
    assert (measured.params, measured.macs, statistics) == by_hand(groups, width, stem, 1)
    assert sum(p.numel() for p in net.parameters()) == measured.params
    peer = by_hand(groups, width, STEM_OF_PEER.get(name, stem), name not in NO_BIAS_IN_PEER)
    assert peer == (row["params"], row["macs"], row["bn_running_stats"])
    departs = name in STEM_OF_PEER or name in NO_BIAS_IN_PEER
    assert departs == ((measured.params, measured.macs) != (row["params"], row["macs"]))


@pytest.mark.parametrize("name", sorted(set(FACTS) - set(BUILT)))
def test_what_scaling_breaks_is_refused(name):
    groups, width = parse(name)
    with pytest.raises(ValueError, match=rf"at width {width}.*: \d+ channels cannot be split into \d equal groups"):
        ShuffleNetV1(groups, width)


def test_every_variant_is_accounted_for():
    assert {parse(name) for name in FACTS} == {(g, w) for g in TABLE_1 for w in STEM}


@pytest.mark.parametrize("groups", TABLE_1)
def test_table_1(groups):
    """Output sizes, channels and units of each stage, and the complexity within the paper's own rounding."""
    rows = layer_costs(meta(ShuffleNetV1, groups), (1, 3, 224, 224))
    expands = [row for row in rows if row.name.endswith("expand.1")]
    assert rows[0].out_shape == (1, 24, 112, 112)
    assert [row.out_shape[2] for row in expands] == [28] * 4 + [14] * 8 + [7] * 4
    plain = [row.c_out for row in expands if "expand" in row.name]
    assert [plain[1], plain[5], plain[13]] == list(TABLE_1[groups])
    assert (plain[0] + 24, plain[4] + plain[1], plain[12] + plain[5]) == TABLE_1[groups]
    departure = round(total(rows).macs / 1e6, 2) - COMPLEXITY[groups]
    assert departure == pytest.approx(UNEXPLAINED[groups], abs=0.005) if groups in UNEXPLAINED else 0 <= departure < 1


def test_models_by_name():
    for groups, channels in TABLE_1.items():
        assert meta(MODELS[f"shufflenet_v1_1.0_g{groups}"]).head.in_features == channels[-1]


# Parity with pytorchcv -----------------------------------------------------------------------------------------------


def ours(groups: int, width: float = 1.0) -> ShuffleNetV1:
    return ShuffleNetV1(groups, width, num_classes=10)


def peer(groups: int, width: float = 1.0, any_size: bool = False) -> Peer:
    """pytorchcv's network, with the widths of our stem. It pools 7 × 7 maps; `any_size` lets it pool what there is."""
    peer_of = pytest.importorskip("pytorchcv.models.shufflenet").ShuffleNet
    channels = [[int(c * width)] * n for c, n in zip(TABLE_1[groups], (4, 8, 4), strict=True)]
    stem = 16 if (groups, width) == (8, 0.5) else STEM[width]
    net = peer_of(channels, stem, groups, num_classes=10)
    for stage in (net.features.stage1, net.features.stage2, net.features.stage3):
        stage.unit1.register_forward_hook(shortcut_first)
    if any_size:
        net.features.final_pool = nn.AdaptiveAvgPool2d(1)
    return Peer(net, seed=groups)


@lru_cache(maxsize=1)
def pair(name: str) -> Pair:
    variant = parse(name.removeprefix("shufflenet_v1_"))
    return Pair(partial(ours, *variant), peer(*variant, any_size=True), (1, 3, 64, 64))


@pytest.fixture
def small() -> Pair:
    return pair("shufflenet_v1_1.0_g3")


def shortcut_first(unit, inputs, output):
    """The paper does not say which part of a concatenation comes first. pytorchcv puts the branch first, the authors'
    code and ours the shortcut: exchange them after the peer's unit, and nothing else."""
    return output.roll(inputs[0].shape[1], dims=1)


@pytest.mark.parametrize("name", ["1.0_g3", *in_full(*(name for name in BUILT if name != "1.0_g3"))])
def test_parity_at_full_size(name):
    assert_same(ours(*parse(name)), peer(*parse(name)), (1, 3, 224, 224))


def test_parity_catches_a_spoilt_network(small):
    ways = small.sabotages()
    assert len(ways) >= 10 and small.missed(ways) == []


def inverse_shuffle(x, groups):
    return channel_shuffle(x, x.shape[1] // groups)


class Sabotaged(ShuffleUnit):
    """A unit whose forward can be spoilt at one place."""

    spoilt = ""

    def forward(self, x):
        y = self.reduce(x) if self.spoilt == "no ReLU after reduce" else torch.relu(self.reduce(x))
        if self.spoilt != "shuffle after depthwise":
            y = channel_shuffle(y, self.groups)
        y = self.depthwise(y)
        if self.spoilt == "shuffle after depthwise":
            y = channel_shuffle(y, self.groups)
        if self.spoilt == "ReLU after depthwise":
            y = torch.relu(y)
        y = self.expand(y)
        short = self.shortcut(x)
        if self.spoilt == "no pooling on the shortcut" and self.stride == 2:
            short = x[:, :, ::2, ::2]
        return torch.relu(torch.cat([short, y], dim=1) if self.stride == 2 else short + y)


@pytest.mark.parametrize(
    "spoilt",
    [
        "shuffle after depthwise",
        "ReLU after depthwise",
        "no ReLU after reduce",
        "no pooling on the shortcut",
    ],
)
def test_parity_catches_a_spoilt_unit(spoilt, small, monkeypatch):
    monkeypatch.setattr(shufflenet_v1, "ShuffleUnit", Sabotaged)
    small.assert_same()    # not spoilt yet
    monkeypatch.setattr(Sabotaged, "spoilt", spoilt)
    assert small.caught(as_it_is)


def test_parity_catches_the_inverse_shuffle(small, monkeypatch):
    monkeypatch.setattr(shufflenet_v1, "channel_shuffle", inverse_shuffle)
    assert small.caught(as_it_is)


def test_parity_catches_a_grouped_first_pointwise(small):
    def grouped(first: ShuffleUnit) -> ShuffleUnit:
        assert first.reduce[0].groups == 1
        return ShuffleUnit(24, 240, 2, 3, reduce_groups=3)

    assert small.caught(changing("stages.0", grouped))


# The shuffle and the unit --------------------------------------------------------------------------------------------

shapes = st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 6), st.integers(1, 3), st.integers(1, 3))


@given(shapes)
def test_shuffle_deals_channels_out(shape):
    """Channel j of group i lands at place j · g + i, whole, and shuffling by n brings everything back."""
    n, g, per_group, h, w = shape
    x = torch.arange(n * g * per_group * h * w).reshape(n, g * per_group, h, w)
    y = channel_shuffle(x, g)
    for i in range(g):
        for j in range(per_group):
            assert torch.equal(y[:, j * g + i], x[:, i * per_group + j])
    assert torch.equal(channel_shuffle(y, per_group), x)


def test_shuffle_as_printed():
    order = channel_shuffle(torch.arange(12).reshape(1, 12, 1, 1), 3).flatten().tolist()
    assert order == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]


@pytest.mark.parametrize("groups", [5, 24, 0, -2])
def test_shuffle_refuses_other_groups(groups):
    with pytest.raises(ValueError, match=f"channel shuffle: .*12 channels .*{groups}"):
        channel_shuffle(torch.zeros(1, 12, 2, 2), groups)


def test_shuffle_refuses_other_ranks():
    with pytest.raises(ValueError, match=r"channel shuffle: expected a tensor \(N, C, H, W\), got shape \(12, 2, 2\)"):
        channel_shuffle(torch.zeros(12, 2, 2), 3)


@pytest.mark.parametrize(("stride", "c_in", "size"), [(1, 48, (7, 6)), (2, 24, (4, 3))])
def test_unit_shapes(stride, c_in, size):
    unit = ShuffleUnit(c_in, 48, stride, 3, 3).to("meta")
    assert unit(torch.empty(2, c_in, 7, 6, device="meta")).shape == (2, 48, *size)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((48, 48, 3, 3, 3), "stride must be one of 1, 2, got 3"),
        ((48, 48, 1.0, 3, 3), "stride must be one of 1, 2, got 1.0"),
        (("24", 48, 2, 3, 3), "c_in must be a whole number from 1 up, got '24'"),
        ((24, None, 2, 3, 3), "c_out must be a whole number from 1 up, got None"),
        ((48, 48, 1, "3", 3), "input of a grouped convolution: .* got 12 channels and '3' groups"),
        ((24, 48, 1, 3, 3), "a stride-1 unit adds its input, so c_in must equal c_out; got 24 and 48"),
        ((48, 48, 2, 3, 3), "a stride-2 unit concatenates its input, so c_out must exceed c_in: 48 and 48"),
        ((30, 30, 1, 3, 3), "bottleneck: 30 channels cannot be split into 4 equal groups"),
        ((48, 48, 1, 5, 5), "input of a grouped convolution: 48 channels cannot be split into 5 equal groups"),
        ((25, 48, 2, 3, 1), "output of a grouped convolution: 23 channels cannot be split into 3 equal groups"),
    ],
)
def test_unit_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        ShuffleUnit(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"groups": 5}, "groups must be one of 1, 2, 3, 4, 8, got 5"),
        ({"groups": 3.0}, "groups must be one of 1, 2, 3, 4, 8, got 3.0"),
        ({"groups": [3]}, r"groups must be one of 1, 2, 3, 4, 8, got \[3\]"),
        ({"groups": 3, "width": 0.75}, "width must be one of 0.25, 0.5, 1.0, 1.5, 2.0, got 0.75"),
        ({"groups": 3, "width": "1"}, "width must be one of 0.25, 0.5, 1.0, 1.5, 2.0, got '1'"),
        ({"groups": 3, "num_classes": 0}, "num_classes must be a whole number from 1 up, got 0"),
        ({"groups": 3, "num_classes": 10.0}, "num_classes must be a whole number from 1 up, got 10.0"),
    ],
)
def test_network_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        ShuffleNetV1(**arguments)


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 1, 64, 64), (1, 64, 64, 3)])
def test_network_refuses_what_is_no_image(shape):
    net = ShuffleNetV1(3, 0.25, num_classes=2).to("meta")
    with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape"):
        net(torch.empty(shape, device="meta"))


@pytest.mark.parametrize("size", [(1, 1), (33, 65), (224, 192)])
def test_network_takes_any_image_size(size):
    net = ShuffleNetV1(3, 0.25, num_classes=2).eval().to("meta")
    assert net(torch.empty(2, 3, *size, device="meta")).shape == (2, 2)
