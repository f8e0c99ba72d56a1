"""ShuffleNet V2 against its paper's Table 5, closed forms, pytorchcv, and the wiring of the authors' code."""

from functools import lru_cache, partial

import pytest
import torch
from parity import Pair, Peer, as_it_is, assert_same, in_full
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models import shufflenet_v2
from lightnets_edu.models.shufflenet_v1 import channel_shuffle
from lightnets_edu.models.shufflenet_v2 import TABLE_5, BasicUnit, DownUnit, ShuffleNetV2, join

IMAGE = (1, 3, 224, 224)
COUNTS = {  # (width, torchvision): parameters, multiply-adds, batch-norm statistics
    (0.5, False): (1_365_792, 40_476_448, 7_952),
    (1.0, False): (2_278_760, 145_814_296, 16_180),
    (1.5, False): (3_506_720, 298_970_656, 23_440),
    (2.0, False): (7_402_600, 590_783_000, 33_716),
    (0.5, True): (1_366_792, 40_476_448, 7_952),
    (1.0, True): (2_278_604, 144_907_992, 16_180),
    (1.5, True): (3_503_624, 295_759_392, 23_440),
    (2.0, True): (7_393_996, 583_253_464, 33_716),
}
# Table 5, "FLOPs" and "# of Weights", in millions; 41 for 40.48 at 0.5x is not known to have a reason.
COMPLEXITY = {0.5: (41, 1.4), 1.0: (146, 2.3), 1.5: (299, 3.5), 2.0: (591, 7.4)}
UNEXPLAINED = {0.5}


def by_hand(width: float, torchvision: bool) -> tuple[int, int, int]:
    """Parameters, multiply-adds and batch-norm statistics added up layer by layer, without building anything."""
    *stages, last = {0.5: (48, 96, 192, 1024), 1.0: (116, 232, 464, 1024),
                     1.5: (176, 352, 704, 1024), 2.0: (244, 488, 976, 2048)}[width]  # fmt: skip
    weights, macs, norms, c, size = 648, 648 * 112**2, 24, 24, 56
    for c_out, units in zip(stages, (4, 8, 4), strict=True):
        half, short = c_out // 2, c_out // 2 if torchvision else c
        large, small = c * half, 9 * half + half * (c_out - short) + 9 * c + c * short
        macs += large * size**2
        size //= 2
        plain = (half * half * 2 + 9 * half) * (units - 1)
        weights, macs = weights + large + small + plain, macs + (small + plain) * size**2
        norms += 2 * half + c_out + c + 3 * half * (units - 1)
        c = c_out
    weights, macs, norms = weights + c * last, macs + c * last * 49 + 1000 * last, norms + last
    return weights + 2 * norms + 1000 * last + 1000 * torchvision, macs, 2 * norms


@pytest.mark.parametrize(("width", "torchvision"), COUNTS)
def test_counts(width, torchvision):
    with torch.device("meta"):
        net = ShuffleNetV2(width, torchvision=torchvision)
    measured = total(layer_costs(net, IMAGE))
    statistics = sum(b.numel() for key, b in net.named_buffers() if "running" in key)
    assert (measured.params, measured.macs, statistics) == by_hand(width, torchvision) == COUNTS[width, torchvision]


@pytest.mark.parametrize("width", TABLE_5)
def test_table_5(width):
    """Output sizes, channels and units of every stage; FLOPs and weights within the paper's rounding."""
    with torch.device("meta"):
        net = ShuffleNetV2(width)
        shapes = [net.stem(torch.empty(IMAGE))]
        for unit in net.stages:
            shapes.append(unit(shapes[-1]))
        shapes = [tuple(x.shape[1:]) for x in (*shapes, net.conv5(shapes[-1]))]
    c2, c3, c4, c5 = TABLE_5[width]
    stages = [(c2, 28, 28)] * 4 + [(c3, 14, 14)] * 8 + [(c4, 7, 7)] * 4
    assert shapes == [(24, 56, 56), *stages, (c5, 7, 7)]
    assert net.stem[0](torch.empty(IMAGE, device="meta")).shape == (1, 24, 112, 112)
    assert [type(unit) for unit in net.stages] == [DownUnit, *[BasicUnit] * 3, DownUnit, *[BasicUnit] * 7, DownUnit, *[BasicUnit] * 3]
    flops, weights = COMPLEXITY[width]
    assert (round(COUNTS[width, False][1] / 1e6) == flops) != (width in UNEXPLAINED)
    assert round(COUNTS[width, False][0] / 1e6, 1) == weights


# Parity with pytorchcv ------------------------------------------------------------------------------------------------


SMALL = (1, 3, 64, 64)


def ours(width: float, torchvision: bool = False) -> ShuffleNetV2:
    return ShuffleNetV2(width, num_classes=10, torchvision=torchvision)


def any_size(net: nn.Module) -> nn.Module:
    """pytorchcv pools 7 × 7 maps, those of 224 pixels. Let it pool what there is."""
    net.features.final_pool = nn.AdaptiveAvgPool2d(1)
    return net


def authors(width: float) -> nn.Module:
    """pytorchcv's shufflenetv2b with the authors' widths (its own are other above 1x), the authors' order of shuffle,
    which it offers as `shuffle_group_first=False`, and the authors' classifier: no bias, and dropout at 2x."""
    pytest.importorskip("pytorchcv")
    from pytorchcv.models.shufflenetv2b import ShuffleNetV2b

    *stages, last = TABLE_5[width]
    channels = [[c] * n for c, n in zip(stages, (4, 8, 4), strict=True)]
    net = ShuffleNetV2b(channels, 24, last, shuffle_group_first=False)
    classifier = nn.Linear(last, 10, bias=False)
    net.output = nn.Sequential(nn.Dropout(0.2), classifier) if width == 2 else classifier
    return net


def library(width: float, order: bool = True) -> nn.Module:
    """pytorchcv's shufflenetv2, which splits as torchvision does, with the pool padded as in torchvision.

    `order` exchanges V1's shuffle for its inverse, which renames channels: see `test_order_of_shuffle`.
    """
    pytest.importorskip("pytorchcv")
    from pytorchcv.models.common.tutti import ChannelShuffle2
    from pytorchcv.models.shufflenetv2 import ShuffleNetV2 as Theirs
    from pytorchcv.models.shufflenetv2 import ShuffleUnit

    *stages, last = TABLE_5[width]
    net = Theirs([[c] * n for c, n in zip(stages, (4, 8, 4), strict=True)], 24, last, num_classes=10)
    net.features.init_block.pool = nn.MaxPool2d(3, stride=2, padding=1)
    for unit in net.modules():
        if isinstance(unit, ShuffleUnit) and order:
            unit.c_shuffle = ChannelShuffle2(2 * unit.compress_conv1.out_channels, 2)
    return net


@lru_cache(maxsize=1)
def pair(name: str) -> Pair:
    width = float(name.removeprefix("shufflenet_v2_"))
    return Pair(partial(ours, width), Peer(any_size(authors(width))), SMALL)


@pytest.fixture
def small() -> Pair:
    return pair("shufflenet_v2_0.5")


@pytest.mark.parametrize("width", [1.0, *in_full(0.5, 1.5, 2.0)])
def test_parity_at_full_size(width):
    assert_same(ours(width), Peer(authors(width)), IMAGE)


@pytest.mark.parametrize("width", [0.5, 1.0])
def test_parity_of_torchvisions_network(width):
    assert_same(ours(width, torchvision=True), Peer(any_size(library(width))), SMALL)


@pytest.mark.full
@pytest.mark.parametrize("width", TABLE_5)
def test_parity_of_torchvisions_network_at_full_size(width):
    assert_same(ours(width, torchvision=True), Peer(library(width)), IMAGE)


@torch.no_grad()
def rename_inputs(layer: nn.Module) -> None:
    """What read channel 0 1 2 3 4 5 of its input now reads 0 2 4 1 3 5, where ours has the same values."""
    pointwise = isinstance(layer, nn.Conv2d) and layer.groups == 1
    for value in layer.state_dict().values():
        if value.ndim:
            c = value.shape[1 if pointwise else 0]
            new = torch.tensor([*range(0, c, 2), *range(1, c, 2)])
            value.copy_(value[:, new] if pointwise else value[new])


@torch.no_grad()
@pytest.mark.parametrize("width", [0.5, 1.0])
def test_parity_with_the_authors_wiring(width):
    """There no shuffle follows the last unit of a stage. What reads it next then has its input channels renamed."""
    net, peer = ours(width), any_size(authors(width))
    for stage in (peer.features.stage1, peer.features.stage2, peer.features.stage3):
        stage[-1].c_shuffle = nn.Identity()
    with pytest.raises(AssertionError, match="outputs differ"):
        assert_same(net, Peer(peer), SMALL)
    for unit in (net.stages[4], net.stages[12]):    # the first of stages 3 and 4
        for layer in (*unit.short_depthwise, unit.short_expand[0], unit.reduce[0]):
            rename_inputs(layer)
    rename_inputs(net.conv5[0][0])
    x = torch.randn(SMALL, dtype=torch.float64)
    expected = peer(x)
    assert (net(x) - expected).abs().max() <= 1e-9 * expected.abs().max()


def test_parity_catches_every_sabotage(small):
    ways = small.sabotages()
    assert len(ways) >= 10 and small.missed(ways) == []


def with_relu_after_depthwise(net: nn.Module) -> None:
    net.stages[1].depthwise.append(nn.ReLU())


def with_the_other_half_passing(net: nn.Module) -> None:
    net.stages[1].register_forward_pre_hook(lambda unit, inputs: inputs[0].roll(inputs[0].shape[1] // 2, 1))


def with_bias(net: nn.Module) -> None:
    net.head = nn.Linear(1024, 10)


def with_dropout(net: nn.Module) -> None:
    net.dropout.p = 0.2


@pytest.mark.parametrize("spoil", [with_relu_after_depthwise, with_the_other_half_passing, with_bias, with_dropout])
def test_parity_catches(spoil, small):
    assert small.caught(spoil)


def test_parity_catches_the_other_order(small, monkeypatch):
    monkeypatch.setattr(shufflenet_v2, "join", lambda a, b: channel_shuffle(torch.cat([a, b], 1), 2))
    assert "outputs differ" in small.caught(as_it_is)
    assert_same(ours(0.5, torchvision=True), Peer(any_size(library(0.5, order=False))), SMALL)


# The shuffle and the units --------------------------------------------------------------------------------------------


def readers(c: int, short: int, units: int, groups: int) -> dict[tuple[int, int], int]:
    """How many channels each unit's branch gives (-1: the shortcut of the first) that unit k's branch reads."""
    born = torch.tensor([-1] * short + [0] * (c - short)).reshape(1, c, 1, 1)
    read = {}
    for k in range(1, units + 1):
        passed, taken = channel_shuffle(born, groups).chunk(2, dim=1)
        taken = taken if k < units else torch.cat([passed, taken], dim=1)    # what follows the stage reads all
        for source, number in zip(*taken.unique(return_counts=True), strict=True):
            read[int(source), k] = int(number)
        born = torch.cat([passed, torch.full_like(passed, k)], dim=1)
    return read


@pytest.mark.parametrize("width", TABLE_5)
def test_order_of_shuffle(width):
    """Both orders give the same network with its channels renamed where the first unit's branches are equal.

    A channel is read once in a stage; channels of one branch can be renamed freely. So the networks are the same if
    each unit reads equally many channels of each branch. Above 0.5x stage 2 is no such stage in the authors' network.
    """
    c_in = 24
    for c, units in zip(TABLE_5[width][:3], (4, 8, 4), strict=True):
        assert readers(c, c // 2, units, 2) == readers(c, c // 2, units, c // 2)
        assert (readers(c, c_in, units, 2) == readers(c, c_in, units, c // 2)) == (2 * c_in == c)
        c_in = c


def test_join_as_printed():
    x = torch.arange(6).reshape(1, 6, 1, 1)
    for a in range(1, 6):
        assert join(x[:, :a], x[:, a:]).flatten().tolist() == [0, 2, 4, 1, 3, 5]


def test_half_of_the_channels_pass_by():
    unit = BasicUnit(8).eval()
    x = torch.randn(2, 8, 5, 6)
    y = unit(x)
    assert torch.equal(y[:, [0, 4, 1, 5]], x[:, :4])    # even places of the concatenation come first
    assert y.shape == x.shape


@pytest.mark.parametrize("size", [(7, 6), (1, 2)])
def test_down_unit_shapes(size):
    with torch.device("meta"):
        y = DownUnit(24, 116, 24)(torch.empty(2, 24, *size))
    assert y.shape == (2, 116, -(-size[0] // 2), -(-size[1] // 2))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: BasicUnit(7), "channel split: 7 channels cannot be split into 2 equal groups"),
        (lambda: BasicUnit(8.0), "channel split: both must be whole numbers from 1 up, got 8.0"),
        (lambda: DownUnit(24, 117, 24), "channel split: 117 channels cannot be split into 2 equal groups"),
        (lambda: DownUnit(24, 116, 116), "c_short must be less than c_out, 116, got 116"),
        (lambda: DownUnit(0, 116, 24), "c_in must be a whole number from 1 up, got 0"),
        (lambda: DownUnit(24, 116, None), "c_short must be a whole number from 1 up, got None"),
        (lambda: ShuffleNetV2(0.25), "width must be one of 0.5, 1.0, 1.5, 2.0, got 0.25"),
        (lambda: ShuffleNetV2([1.0]), r"width must be one of 0.5, 1.0, 1.5, 2.0, got \[1.0\]"),
        (lambda: ShuffleNetV2(True), "width must be one of 0.5, 1.0, 1.5, 2.0, got True"),
        (lambda: ShuffleNetV2(num_classes=0), "num_classes must be a whole number from 1 up, got 0"),
        (lambda: ShuffleNetV2(num_classes="10"), "num_classes must be a whole number from 1 up, got '10'"),
        (lambda: ShuffleNetV2(torchvision="yes"), "torchvision must be one of False, True, got 'yes'"),
    ],
)
def test_says_what_is_wrong(build, message):
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 1, 64, 64), (1, 64, 64, 3)])
def test_refuses_what_is_no_image(shape):
    with torch.device("meta"), pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape"):
        ShuffleNetV2(0.5)(torch.empty(shape))


@pytest.mark.parametrize("size", [(1, 1), (33, 65), (224, 192)])
def test_takes_any_image_size(size):
    with torch.device("meta"):
        assert ShuffleNetV2(2, num_classes=2).eval()(torch.empty(2, 3, *size)).shape == (2, 2)
