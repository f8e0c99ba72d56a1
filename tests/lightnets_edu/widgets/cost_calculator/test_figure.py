"""The cost calculator: its numbers against real modules and the paper, its traits, modules unlike the formula, its still."""

import json
import re

import pytest
import torch
import traitlets
from cost_calculator.expected import ASKS, DIALS, sentence, words
from sketch import drawn, still
from torch import nn

from lightnets_edu.cost import Total, layer_costs, total
from lightnets_edu.layers import conv_bn
from lightnets_edu.models.mobilenet_v1 import RESOLUTIONS, WIDTHS, DepthwiseSeparable, MobileNetV1
from lightnets_edu.widgets import CostCalculator
from lightnets_edu.widgets import cost_calculator as offered
from lightnets_edu.widgets.cost_calculator import costs

Refused = traitlets.TraitError


def conv(c_in: int, c_out: int, kernel: int, groups: int = 1, **settings) -> nn.Conv2d:
    """A convolution of stride 1 that keeps the size, without bias unless `settings` say otherwise."""
    return nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2, groups=groups, **{"bias": False, **settings})


def real(c_in: int, c_out: int, kernel: int, groups: int) -> dict[str, nn.Sequential]:
    """Each way in PyTorch."""
    return {
        "standard": nn.Sequential(conv(c_in, c_out, kernel)),
        "grouped": nn.Sequential(conv(c_in, c_out, kernel, groups)),
        "separable": nn.Sequential(conv(c_in, c_in, kernel, c_in), conv(c_in, c_out, 1)),
    }


# Numbers --------------------------------------------------------------------------------------------------------------


def test_the_contrast_of_the_chapter():
    """64 to 128 channels, 3 × 3 at 56: fewer multiply-adds and more memory access at once."""
    found = CostCalculator().costs()
    assert found["standard"] == CostCalculator().line() == Total(73_728, 231_211_008, 675_840)
    assert found["separable"] == Total(8_768, 27_496_448, 1_012_288)
    assert costs.times(found["separable"].macs, found["standard"].macs) == "÷ 8.41"
    assert costs.times(found["separable"].access, found["standard"].access) == "× 1.50"


STATES = [
    (64, 128, 3, 56, 4, 1.0, 1.0), (64, 128, 3, 56, 32, 0.5, 6 / 7), (3, 32, 3, 224, 1, 0.75, 5 / 7), (3, 24, 5, 112, 3, 1.0, 4 / 7),
    (72, 96, 7, 14, 6, 0.25, 1.0), (256, 8, 1, 7, 2, 0.25, 4 / 7), (16, 16, 3, 28, 16, 1.0, 6 / 7),
]  # fmt: skip


@pytest.mark.parametrize(("c_in", "c_out", "kernel", "size", "groups", "alpha", "rho"), STATES)
def test_costs_are_those_of_real_modules(c_in, c_out, kernel, size, groups, alpha, rho):
    """Tensors that run through PyTorch's modules: their elements, and each output's products."""
    widget = CostCalculator(c_in=c_in, c_out=c_out, kernel=kernel, size=size, groups=groups, alpha=alpha, rho=rho)
    a, b, h = c_in if c_in == 3 else int(c_in * alpha), int(c_out * alpha), round(size * rho)
    for way, layers in real(a, b, kernel, groups).items():
        x, by_hand = torch.zeros(1, a, h, h), [0, 0, 0]
        for one in layers:
            y = one(x)
            by_hand[0] += one.weight.numel()
            by_hand[1] += y.numel() * one.weight[0].numel()
            by_hand[2] += x.numel() + y.numel() + one.weight.numel()
            x = y
        assert x.shape == (1, b, h, h)
        assert widget.costs()[way] == Total(*by_hand) == total(layer_costs(layers, (1, a, h, h)))
        assert [layer.groups for layer in widget.layers()[way]] == [one.groups for one in layers]


@pytest.mark.parametrize(
    ("traits", "way", "macs", "params"),
    [({}, "standard", 462, 2.36), ({}, "separable", 52.3, 0.27), ({"alpha": 0.75}, "separable", 29.6, 0.15), ({"alpha": 0.75, "rho": 5 / 7}, "separable", 15.1, 0.15)],
)
def test_table_3_of_the_paper(traits, way, macs, params):
    """Million multiply-adds and million parameters of a layer with 512 channels at 14 × 14."""
    found = CostCalculator(c_in=512, c_out=512, size=14, **traits).costs()[way]
    assert (float(f"{found.macs / 1e6:.3g}"), round(found.params / 1e6, 2)) == (macs, params)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_mobilenet_v1_costs_what_the_figure_says(width, resolution):
    """Every block of stride 1 whose widths are on offer."""
    rows = [row for row in layer_costs(MobileNetV1(width), (1, 3, resolution, resolution)) if row.macs]
    for i, c_in, c_out, size in ((0, 32, 64, 112), (2, 128, 128, 56), (4, 256, 256, 28), (6, 512, 512, 14), (12, 1024, 1024, 7)):
        pair = total(row for row in rows if row.name.startswith(f"blocks.{i}."))
        widget = CostCalculator(c_in=c_in, c_out=c_out, size=size, alpha=width, rho=resolution / 224)
        assert widget.costs()["separable"] == pair


def test_alpha_squares_the_pointwise_part_only():
    full, half = (CostCalculator(alpha=alpha).layers()["separable"] for alpha in (1.0, 0.5))
    assert [a.macs / b.macs for a, b in zip(full, half, strict=True)] == [2, 4]
    assert [a.params / b.params for a, b in zip(full, half, strict=True)] == [2, 4]
    assert 3.5 < costs.summed(full).macs / costs.summed(half).macs < 4


def test_every_multiplier_on_offer_gives_whole_numbers():
    assert offered.ALPHAS == WIDTHS
    assert list(offered.RHOS) == [resolution / 224 for resolution in RESOLUTIONS]
    assert [eval(name) for name in offered.RHOS.values()] == list(offered.RHOS)
    for c in offered.C_OUT:
        assert all(costs.scaled(c, alpha) * 4 == c * round(4 * alpha) for alpha in offered.ALPHAS)
    for size in offered.SIZES:
        assert all(round(size * rho) * 224 == size * resolution for rho, resolution in zip(offered.RHOS, RESOLUTIONS, strict=True))
    assert [costs.scaled(3, alpha) for alpha in offered.ALPHAS] == [3] * 4, "an image keeps its channels"
    with pytest.raises(ValueError, match=r"10 channels times 0\.25 is no whole number"):
        costs.scaled(10, 0.25)


def test_the_least_time_of_layers_in_a_row():
    """Each layer works and moves at once, and the longer counts; then comes the next."""
    assert [costs.least([(10, 1)], 4), costs.least([(10, 3)], 4), costs.least([(10, 1), (10, 3)], 4), costs.least([], 4)] == [10, 12, 22, 0]
    for balance in offered.BALANCES:
        widget = CostCalculator(balance=balance)
        for way, module in real(64, 128, 3, 4).items():
            found = layer_costs(module, (1, 64, 56, 56))
            assert widget.times()[way] == sum(max(row.macs, balance * row.access) for row in found)


def test_less_work_may_take_more_time():
    """A third question of the figure: on a machine that is slow to move, the separable layer of 64 channels takes longer."""
    widget = CostCalculator(c_out=64, size=112, balance=200)
    assert widget.costs()["separable"].macs < widget.line().macs / 7
    assert widget.times()["separable"] > widget.times()["standard"]


def test_when_it_moves_less():
    """The chapter's condition, (2P + K²)/(K² - 1) output channels at least, is what the figure shows; c_in cancels."""
    for size in offered.SIZES:
        for c_out in offered.C_OUT:
            less = [CostCalculator(c_in=c_in, c_out=c_out, size=size).costs()["separable"].access < CostCalculator(c_in=c_in, c_out=c_out, size=size).line().access for c_in in (8, 1024)]
            assert less == [c_out > (2 * size**2 + 9) / 8] * 2


def test_numbers_in_words():
    shown = {8.4087: "8.41", 9.0: "9", 9.0001: "9.00", 1.125: "1.13", 342.1093: "342", 999: "999", 999.6: "1.00 k", 16725: "16.7 k", 231_211_008: "231 M", 999_600: "1.00 M", 0.5: "0.500", 2.58e12: "2.58 T", 0: "0"}
    assert {x: costs.short(x) for x in shown} == shown
    compared = {(7, 7): "same", (1, 128): "÷ 128", (3, 2): "× 1.50", (2, 3): "÷ 1.50", (10_001, 10_000): "≈ same", (10_000, 10_001): "≈ same"}
    assert {pair: costs.times(*pair) for pair in compared} == compared


# Real modules ---------------------------------------------------------------------------------------------------------


class NoDepthwise(DepthwiseSeparable):
    """Forgets to group the first convolution."""

    def __init__(self, c_in, c_out):
        super().__init__(c_in, c_out, 1)
        self.depthwise = conv_bn(c_in, c_in, 3)


class Twice(nn.Module):
    """Calls its one convolution two times."""

    def __init__(self):
        super().__init__()
        self.conv = conv(16, 16, 3)

    def forward(self, x):
        return self.conv(self.conv(x))


def own(widget: CostCalculator) -> Total:
    return Total(*(widget.measured[what] for what in Total._fields))


@pytest.mark.parametrize(
    ("module", "way", "more"),
    [
        (conv(64, 128, 3), "standard", 0),
        (conv(64, 128, 3, bias=True), "standard", 128),
        (conv(58, 116, 3, 2), "grouped", 0),
        (conv(24, 48, 5, 24), "grouped", 0),
        (conv_bn(16, 32, 1), "standard", 64),
        (nn.Sequential(conv(20, 20, 7, 20), conv(20, 30, 1)), "separable", 0),
        (DepthwiseSeparable(64, 128, 1).double().train(), "separable", 384),
    ],
)
def test_a_module_that_follows_the_formula(module, way, more):
    """Biases and batch norm are counted and told apart: they are parameters, and no weights."""
    first = next(m for m in module.modules() if isinstance(m, nn.Conv2d))
    widget = CostCalculator.from_module(module, (1, first.in_channels, 28, 28))
    assert (widget.c_in, widget.kernel, widget.size) == (first.in_channels, first.kernel_size[0], 28)
    assert own(widget) == total(layer_costs(module, (1, first.in_channels, 28, 28)))
    assert widget.costs()[way] == own(widget)._replace(params=own(widget).params - more)
    said = widget.measured["says"]
    assert "Measured, not" not in said and re.search(f"as the formula of the (depthwise )?{way} .* says", said)
    assert (f"but for {more:,} parameters beside the weights" in said) == (more > 0)
    assert said in still(widget) and "Y: your module, measured" in still(widget)
    steps = widget.measured["steps"]
    assert sum(step["macs"] for step in steps) == own(widget).macs and sum(step["access"] for step in steps) == own(widget).access


@pytest.mark.parametrize(
    ("module", "c_in", "formula"),
    [
        (conv(64, 128, 3, stride=2), 64, "The formula of the standard convolution gives 73,728 parameters"),
        (DepthwiseSeparable(64, 128, 2), 64, "The formula of the depthwise separable way gives 8,768 parameters"),
        (conv(64, 128, 3, dilation=2), 64, "The formula of the standard convolution gives 73,728"),
        (nn.Conv2d(64, 128, 3, bias=False), 64, "The formula of the standard convolution gives 73,728"),
        (nn.Sequential(conv(64, 64, 3, 64), conv(64, 128, 1, stride=2)), 64, "The formula of the depthwise separable way"),
        (NoDepthwise(64, 128), 64, "built in none of the three ways"),
        (nn.Sequential(conv(64, 64, 3, 64), conv(64, 128, 1, 2)), 64, "built in none of the three ways"),
        (nn.Sequential(conv(64, 128, 3, 64), conv(128, 128, 1)), 64, "built in none of the three ways"),
        (nn.Sequential(conv(64, 384, 1), conv(384, 384, 3, 384), conv(384, 128, 1)), 64, "built in none of the three ways"),
        (Twice(), 16, "built in none of the three ways"),
    ],
)
def test_a_module_unlike_the_formula_is_told(module, c_in, formula):
    widget = CostCalculator.from_module(module, (1, c_in, 28, 28))
    assert own(widget) == total(layer_costs(module, (1, c_in, 28, 28)))
    assert widget.measured["says"].startswith("Measured, not the formula.") and formula in widget.measured["says"]
    assert f"{own(widget).macs:,} multiply-adds" in widget.measured["says"]


def test_asking_a_module_leaves_it_alone():
    module = DepthwiseSeparable(64, 128, 1).train()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    CostCalculator.from_module(module, (1, 64, 28, 28))
    assert module.training and all(torch.equal(value, before[key]) for key, value in module.state_dict().items())


def test_a_measured_module_has_its_own_layer():
    widget = CostCalculator.from_module(conv(58, 116, 3, 29), (1, 58, 28, 28), caption="Mine")
    assert (widget.c_in, widget.c_out, widget.kernel, widget.size, widget.groups) == (58, 116, 3, 28, 29)
    assert widget.caption == "Mine" and widget.choices() == [1, 2, 29, 58]
    widget.groups = 2
    for name, value, message in (
        ("c_in", 64, "c_in must be one of 58; got 64"), ("size", 56, "size must be one of 28; got 56"),
        ("alpha", 0.5, "alpha must be one of 1.0; got 0.5"), ("rho", 6 / 7, "rho must be one of 1; got 6/7"),
        ("measured", {}, "measured holds what was measured; it cannot be set"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=message):
            setattr(widget, name, value)
        if name != "measured":
            with pytest.raises(Refused, match=message):
                CostCalculator.from_module(conv(58, 116, 3), (1, 58, 28, 28), **{name: value})
    assert CostCalculator.from_module(conv(10, 15, 3), (1, 10, 28, 28)).groups == 1
    assert CostCalculator.from_module(conv(10, 15, 3), (1, 10, 28, 28), groups=5).groups == 5


@pytest.mark.parametrize(
    ("module", "shape", "message"),
    [
        (3, (1, 64, 56, 56), r"expected a network \(an nn.Module instance\), got int"),
        (conv(64, 128, 3), (64, 56, 56), r"shape must be that of one image .*; got \(64, 56, 56\)"),
        (conv(64, 128, 3), (1, 32, 56, 56), "Conv2d cannot take an input of shape"),
        (nn.Conv1d(64, 128, 3), (1, 64, 56), r"shape must be that of one image, such as \(1, 64, 56, 56\); got \(1, 64, 56\)"),
        (nn.Linear(56, 8), (1, 64, 56, 56), "expected a module with convolutions, such as nn.Conv2d .*; got Linear"),
        (nn.ReLU(), (1, 64, 56, 56), "expected a module with convolutions, .*; got ReLU"),
        (nn.Conv2d(64, 64, (1, 3), padding=(0, 1)), (1, 64, 56, 56), "square kernels on square maps; Conv2d has a kernel of 1×3 and maps of 56×56"),
        (conv(64, 64, 3), (1, 64, 56, 28), "square kernels on square maps; Conv2d has a kernel of 3×3 and maps of 56×28"),
    ],
)
def test_what_is_no_such_module_is_refused(module, shape, message):
    with pytest.raises(ValueError, match=message):
        CostCalculator.from_module(module, shape)


# Traits ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("c_in", 5, "c_in must be one of 3, 8, 16, 24, 32, 64, 72, 96, 128, 256, 512, 1024; got 5"),
        ("c_out", 3, "c_out must be one of 8, 16, .*; got 3"),
        ("kernel", 2, "kernel must be one of 1, 3, 5, 7; got 2"),
        ("size", 64, "size must be one of 7, 14, 28, 56, 112, 224; got 64"),
        ("groups", 3, "groups of 64 and 128 channels must be one of 1, 2, 4, 8, 16, 32, 64; got 3"),
        ("groups", 0, "groups of 64 and 128 channels must be one of"),
        ("alpha", 0.3, "alpha must be one of 1.0, 0.75, 0.5, 0.25; got 0.3"),
        ("alpha", float("nan"), "alpha must be one of"),
        ("rho", 0.9, "rho must be one of 1, 6/7, 5/7, 4/7; got 0.9"),
        ("balance", 3, "balance must be one of 1, 2, 5, 10, 20, 50, 100, 200; got 3"),
        ("c_in", 64.5, "c_in"),
        ("kernel", "3", "kernel"),
        ("measured", {"says": "well"}, "measured holds what"),
    ],
)
def test_wrong_traits_are_refused_at_once(name, value, message):
    with pytest.raises(Refused, match=message):
        CostCalculator(**{name: value})
    widget = CostCalculator()
    before = getattr(widget, name)
    with pytest.raises(Refused, match=message):
        setattr(widget, name, value)
    with pytest.raises(Refused, match=message):
        widget.set_state({"caption": "Mine", name: value})
    assert getattr(widget, name) == before and widget.caption == offered.CAPTION


def test_a_wrong_width_beside_groups_is_refused_as_such():
    for wrong in ({"alpha": 0.3}, {"c_in": 10**12, "c_out": 10**12}):
        with pytest.raises(Refused, match="must be one of"):
            CostCalculator(groups=2, **wrong)


def test_truth_values_become_numbers():
    assert json.dumps([CostCalculator(kernel=True, groups=True).kernel, CostCalculator(groups=True).groups]) == "[1, 1]"


def test_groups_follow_the_widths():
    widget = CostCalculator(c_in=64, c_out=64, groups=64)
    widget.alpha = 0.25
    assert widget.groups == 16
    widget.c_in = 72
    assert (widget.groups, widget.choices()) == (2, [1, 2])
    widget.c_in = 3
    assert widget.groups == 1
    assert CostCalculator(c_in=3).groups == 1


def test_the_front_end_may_send_everything_at_once():
    widget = CostCalculator()
    widget.set_state({"groups": 6, "rho": 6 / 7, "c_out": 96, "c_in": 72, "alpha": 0.25, "kernel": 5, "size": 14})
    assert (widget.c_in, widget.c_out, widget.groups, widget.alpha) == (72, 96, 6, 0.25)
    widget.set_state({"c_in": 3, "alpha": 1})
    assert (widget.groups, widget.alpha, widget.choices()) == (3, 1.0, [1, 3])


# The still ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("c_in", "c_out", "kernel", "size", "groups", "alpha", "rho"), STATES)
def test_the_still(c_in, c_out, kernel, size, groups, alpha, rho):
    """Squares, numbers and the sentence; every exact number stands in the table."""
    widget = CostCalculator(c_in=c_in, c_out=c_out, kernel=kernel, size=size, groups=groups, alpha=alpha, rho=rho)
    found, picture = drawn(widget), still(widget)
    for cost in [*widget.costs().values(), *widget.layers()["separable"]]:
        assert all(f">{getattr(cost, what):,}<" in picture for what in Total._fields)
    assert len(found.select("rect.ln-cc-square")) == 3 * 4 and len(found.select("circle")) == 4
    assert [text.get_text() for text in found.select("svg text") if text.get_text()][-len(words(widget)) - 4 :] == [*words(widget), "S", "G", "D", "P"]
    assert sentence(widget) in picture and "Channels c_out: " in picture and "Channels c_in: " not in picture


def test_a_figure_has_the_controls_that_matter_to_it():
    assert "Kernel: 3×3; Groups: 4" in still(CostCalculator())
    dials = CostCalculator(c_in=512, c_out=512, size=14, controls=["alpha", "rho"])
    assert "Width α: 1; Resolution ρ: 1" in still(dials) and "rouped" not in still(dials) and dials.groups == 1
    assert CostCalculator(controls=["groups", "c_out"]).groups == 4
    for wrong in (["width"], None):
        with pytest.raises(Refused, match="controls"):
            CostCalculator(controls=wrong)
    with pytest.raises(Refused, match="it cannot be set"):
        dials.controls = ["c_out"]
    buttons = {name: [button.get_text() for button in drawn(widget).select("button")] for name, widget in (("dials", dials), ("all", CostCalculator()))}
    assert buttons == {"dials": [*DIALS], "all": [*ASKS]}
