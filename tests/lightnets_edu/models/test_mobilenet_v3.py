"""MobileNet V3 against its paper's tables, published counts, and an independent implementation."""

import re
from functools import lru_cache, partial

import pytest
import torch
from parity import Pair, Peer, as_it_is, assert_same, in_full, meta
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models import mobilenet_v3
from lightnets_edu.models.mobilenet_v3 import SIZES, WIDTHS, Bneck, MobileNetV3

COUNTS = {  # parameters, multiply-adds at 224 (facts/models.json); the final paper's Table 3, in millions
    ("small", 0.75): (2041872, 43399344, 2.0, 44),
    ("small", 1.0): (2542856, 56510400, 2.5, 56),
    ("large", 0.75): (3993528, 154560624, 4.0, 155),
    ("large", 1.0): (5483032, 216589760, 5.4, 219),
}
VARIANTS = tuple(COUNTS)
DEPARTURES = {  # parameters and multiply-adds minus the paper's, in millions
    ("small", 0.75): (0.04, -0.6),
    ("small", 1.0): (0.04, 0.5),
    ("large", 0.75): (-0.01, -0.4),
    ("large", 1.0): (0.08, -2.4),
}
# Tables 1 and 2 once more, independently: the input of each bneck and of the 1x1 convolution after them.
INPUTS = {
    "large": [(112, 16)] * 2 + [(56, 24)] * 2 + [(28, 40)] * 3 + [(14, 80)] * 4 + [(14, 112)] * 2 + [(7, 160)] * 3,
    "small": [(112, 16), (56, 16)] + [(28, 24)] * 2 + [(14, 40)] * 3 + [(14, 48)] * 2 + [(7, 96)] * 3,
}
# Where the tables mark squeeze-and-excite (SE), and the width of each, a quarter of exp size in multiples of 8.
SQUEEZES = {
    "large": {3: 24, 4: 32, 5: 32, 10: 120, 11: 168, 12: 168, 13: 240, 14: 240},
    "small": {0: 8, 3: 24, 4: 64, 5: 64, 6: 32, 7: 40, 8: 72, 9: 144, 10: 144},
}
# At 0.75: stages in pytorchcv's grouping, channels and exp sizes, worked out by hand from timm's expansion factors.
SCALED = {
    "small": (
        [[16], [24] * 2, [32] * 3 + [40] * 2, [72] * 3],
        [[16], [72, 88], [96, 192, 192, 96, 120], [240, 432, 432]],
        432,
    ),
    "large": (
        [[16], [24] * 2, [32] * 3, [64] * 4 + [88] * 2, [120] * 3],
        [[16], [64, 72], [72, 96, 96], [192, 160, 144, 144, 384, 528], [528, 720, 720]],
        720,
    ),
}


def costs(size: str, width: float):
    return layer_costs(meta(MobileNetV3, size, width), (1, 3, 224, 224))


@pytest.mark.parametrize("variant", VARIANTS)
def test_counts(variant):
    """Exact, with the distance from Table 3, as listed."""
    measured, (params, macs, paper_params, paper_macs) = total(costs(*variant)), COUNTS[variant]
    assert (measured.params, measured.macs) == (params, macs)
    departure = (round(params / 1e6 - paper_params, 2), round(macs / 1e6 - paper_macs, 1))
    assert departure == pytest.approx(DEPARTURES[variant])


def test_every_variant_is_counted():
    assert set(COUNTS) == set(DEPARTURES) == {(size, width) for size in SIZES for width in WIDTHS}


@pytest.mark.parametrize("size", SIZES)
def test_tables_1_and_2(size):
    """Sides, channels, exp sizes, squeeze widths and the layers around the bnecks, line by line."""
    rows = {row.name: row for row in costs(size, 1.0)}
    table, *last = SIZES[size]
    assert rows["stem.0.0"].out_shape == (1, 16, 112, 112)
    outputs = [rows[f"blocks.{i}.project.0"].out_shape for i in range(len(table))]
    assert [(c[2], c[1]) for c in outputs] == INPUTS[size][1:]
    for i, row in enumerate(table):
        depthwise = rows[f"blocks.{i}.depthwise.0"]
        assert (depthwise.c_out, depthwise.kernel, depthwise.stride) == (row.exp_size, (row.kernel,) * 2, (row.s,) * 2)
        assert rows[f"blocks.{i}.project.0"].c_out == row.out
        assert (f"blocks.{i}.expand.0" in rows) == (i > 0)
    squeezes = {int(name.split(".")[1]): row.c_out for name, row in rows.items() if name.endswith("se.squeeze")}
    assert squeezes == SQUEEZES[size]
    ends = [rows["last.0.0"], rows["head.0"], rows["head.3"]]
    assert [row.c_out for row in ends] == [*last, 1000]


@pytest.mark.parametrize("size", SIZES)
def test_the_second_half_has_h_swish(size):
    """§5.2: h-swish in the second half only, and before and after the bnecks; ReLU elsewhere."""
    table = SIZES[size][0]
    relu = {"large": 6, "small": 3}[size]
    assert [row.nl for row in table] == ["RE"] * relu + ["HS"] * (len(table) - relu)


# Parity with pytorchcv -------------------------------------------------------------------------------------------------


def as_torchvision(peer: nn.Module, hidden: int) -> nn.Module:
    """pytorchcv has PyTorch's own batch-norm numbers, no bias in the first layer of the classifier, and, for small, the
    1280 channels of the paper's first version there. Here: torchvision's numbers, that bias, and `hidden` channels."""
    for layer in peer.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps, layer.momentum = 0.001, 0.01
    peer.output.conv1 = nn.Conv2d(peer.output.conv1.in_channels, hidden, 1)
    peer.output.conv2 = nn.Conv2d(hidden, peer.num_classes, 1)
    return peer


def scaled(module, size: str) -> nn.Module:
    """pytorchcv scales exp sizes, not their ratio to the input, and leaves the last convolution: give it the widths."""
    whole, calls = module.get_mobilenetv3, []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MobileNetV3", lambda **arguments: calls.append(arguments))
        whole(version=size, width_scale=0.75, num_classes=5)
    channels, exp_channels, final = SCALED[size]
    given = calls[0] | {"channels": channels, "exp_channels": exp_channels, "final_block_channels": final}
    return module.MobileNetV3(**given)


def ours(size: str, width: float) -> MobileNetV3:
    return MobileNetV3(size, width, num_classes=5)


def peer(size: str, width: float, any_size: bool = False) -> Peer:
    """pytorchcv pools 7 × 7 maps, those of 224 pixels; `any_size` lets it pool what there is."""
    module = pytest.importorskip("pytorchcv.models.mobilenetv3")
    net = module.get_mobilenetv3(size, 1.0, num_classes=5) if width == 1 else scaled(module, size)
    if any_size:
        net.features.final_pool = nn.AdaptiveAvgPool2d(1)
    return Peer(as_torchvision(net, {"large": 1280, "small": 1024}[size]))


@lru_cache(maxsize=2)
def pair(name: str) -> Pair:
    size, width = name.removeprefix("mobilenet_v3_").split("_")
    return Pair(partial(ours, size, float(width)), peer(size, float(width), any_size=True), (2, 3, 64, 64))


@pytest.mark.parametrize("variant", [("large", 1.0), *in_full(*VARIANTS[:-1])])
def test_parity_at_full_size(variant):
    assert_same(ours(*variant), peer(*variant), (1, 3, 224, 224))


def test_parity_catches_every_sabotage():
    both = pair("mobilenet_v3_small_0.75")
    ways = both.sabotages()
    for expected in ("silu for hardswish", "sigmoid for hardsigmoid", "relu6 for relu", "addition", "eps", "momentum"):
        assert any(expected in name for name, _ in ways), expected
    assert both.missed(ways) == []


@pytest.fixture
def small() -> Pair:
    return pair("mobilenet_v3_small_1.0")


def with_row(i: int, **changes):
    table, *last = SIZES["small"]
    rows = list(table)
    rows[i] = rows[i]._replace(**changes)
    return {"small": (tuple(rows), *last)}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (with_row(2, nl="HS"), "outputs differ"),
        (with_row(3, nl="RE"), "outputs differ"),
        (with_row(4, s=2), "outputs differ"),
        (with_row(4, kernel=3), r"layer \d+: source .* against target"),
        (with_row(4, exp_size=200), r"layer \d+: source .* against target"),
        (with_row(4, se=False), r"layer \d+: source .* against target"),
    ],
)
def test_parity_catches_a_wrong_entry_of_the_table(table, message, small, monkeypatch):
    monkeypatch.setattr(mobilenet_v3, "SIZES", table)
    assert re.search(message, small.caught(as_it_is))


class SqueezeFirst(Bneck):
    """Squeeze-and-excite before the activation of the depthwise convolution, where some ports have it."""

    def forward(self, x):
        if self.se is None:
            return super().forward(x)
        y = x if self.expand is None else self.activation(self.expand(x))
        y = self.project(self.activation(self.se(self.depthwise(y))))
        return x + y if self.shortcut else y


def test_parity_catches_squeeze_before_activation(small, monkeypatch):
    monkeypatch.setattr(mobilenet_v3, "Bneck", SqueezeFirst)
    assert "outputs differ" in small.caught(as_it_is)


def test_parity_catches_a_squeeze_width_that_is_not_rounded(small, monkeypatch):
    exact = mobilenet_v3.round_channels
    monkeypatch.setattr(mobilenet_v3, "round_channels", lambda c: int(c) if c in (22.0, 30.0, 60.0) else exact(c))
    assert "against target blocks.4.se.squeeze" in small.caught(as_it_is)


# What is refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": "medium"}, "size must be one of large, small, got 'medium'"),
        ({"size": None}, "size must be one of large, small, got None"),
        ({"width": 0.5}, r"width must be one of 0\.75, 1\.0, got 0\.5"),
        ({"num_classes": "10"}, "num_classes must be a whole number from 1 up, got '10'"),
    ],
)
def test_network_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        MobileNetV3(**arguments)


@pytest.mark.parametrize(
    ("position", "wrong", "message"),
    [
        (0, 0, "c_in must be a whole number from 1 up, got 0"),
        (1, 2.5, r"c_mid must be a whole number from 1 up, got 2\.5"),
        (2, False, "c_out must be a whole number from 1 up, got False"),
        (3, 4, "kernel must be odd, so that padding can keep the size; got 4"),
        (4, 3, "stride must be one of 1, 2, got 3"),
        (5, "yes", "se must be one of True, False, got 'yes'"),
        (6, "relu", "nl must be one of RE, HS, got 'relu'"),
    ],
)
def test_block_says_what_is_wrong(position, wrong, message):
    arguments = [16, 64, 24, 3, 1, True, "HS"]
    arguments[position] = wrong
    with pytest.raises(ValueError, match=message):
        Bneck(*arguments)


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 1, 64, 64), (1, 64, 64, 3), (1, 3, 64, 0)])
def test_network_refuses_what_is_no_image(shape):
    net = MobileNetV3("small", 0.75, num_classes=2).to("meta")
    with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape|images must be at least 1 × 1"):
        net(torch.empty(shape, device="meta"))


@pytest.mark.parametrize("size", [(1, 1), (33, 65), (96, 128)])
def test_network_takes_any_image_size(size):
    net = MobileNetV3("small", 0.75, num_classes=2).eval().to("meta")
    assert net(torch.empty(2, 3, *size, device="meta")).shape == (2, 2)


@pytest.mark.parametrize(("stride", "c_out", "size"), [(1, 8, (7, 6)), (1, 12, (7, 6)), (2, 8, (4, 3))])
def test_block_shapes(stride, c_out, size):
    block = Bneck(8, 24, c_out, 5, stride, True, "HS").to("meta")
    assert block(torch.empty(2, 8, 7, 6, device="meta")).shape == (2, c_out, *size)
