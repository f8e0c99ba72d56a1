"""The cost calculator: its numbers against real modules and the paper, its traits, modules unlike the formula, the replay."""

import json
import re

import pytest
import torch
import traitlets
from bs4 import BeautifulSoup
from replay import Call, agrees, catches
from sketch import Sketch, still
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


def test_numbers_in_words():
    assert [costs.decimal(x) for x in (8.4087, 9.0, 9.0001, 1.125, 342.1093, 1000.6, 16725, 1.00014, 0.5)] == [
        "8.41", "9", "9.00", "1.13", "342.11", "1,001", "16,725", "1.00014", "0.50",
    ]  # fmt: skip
    assert [costs.times(*pair) for pair in ((7, 7), (1, 128), (3, 2), (2, 3))] == ["same", "÷ 128", "× 1.50", "÷ 1.50"]


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
    assert said in still(widget) and "Your module, measured" in still(widget)


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
    widget = CostCalculator(c_in=c_in, c_out=c_out, kernel=kernel, size=size, groups=groups, alpha=alpha, rho=rho)
    found, line, picture = widget.costs(), widget.line(), still(widget)
    for cost in [*found.values(), *widget.layers()["separable"]]:
        assert all(f">{getattr(cost, what):,}<" in picture for what in Total._fields)
    bars = BeautifulSoup(picture, "html.parser").select(".ln-cc-bar")
    assert len(bars) == 3 + 3 + 9
    far = [0.0 if bar.name == "circle" else float(bar["d"].split("L")[1].split()[0]) - float(bar["d"][1:].split()[0]) for bar in bars]
    sums = [far[i] for i in (0, 1, 2, 3, 4, 5, 6, 9, 12)]
    values = [(cost[i], line[i]) for cost in found.values() for i in range(3)]
    assert all((far > 0) <= (value > base) and (far < 0) <= (value < base) for far, (value, base) in zip(sums, values, strict=True))
    assert f"1/{widget.layers()['standard'][0].c_out} + 1/{kernel**2} = " in picture


def test_the_sentence_says_what_is_the_point():
    assert Sketch(CostCalculator()).said() == (
        "Depthwise separable against the standard convolution: 8.41 times fewer multiply-adds (27,496,448 instead of "
        "231,211,008), yet 1.50 times as many elements moved (1,012,288 instead of 675,840)."
    )
    assert "1/c_out + 1/K² = 1/128 + 1/9 = 0.1189." in still(CostCalculator())
    shrunk = still(CostCalculator(alpha=0.5))
    assert "standard convolution at α = 1, ρ = 1: 31.56 times fewer" in shrunk and ", and 1.34 times fewer" in shrunk


# What the page computes -----------------------------------------------------------------------------------------------


def plain(layers) -> list[dict]:
    return [layer._asdict() for layer in layers]


def calls(step: int = 1) -> list[Call]:
    """Every pair of widths with all its groups; kernels, sizes and multipliers take turns; real modules; words."""
    made, turn = [], 0
    for c_in in offered.C_IN:
        for c_out in offered.C_OUT:
            alpha, turn = offered.ALPHAS[turn % 4], turn + 1
            a, b = costs.scaled(c_in, alpha), costs.scaled(c_out, alpha)
            made += [Call("scaled", [c_in, alpha], a), Call("scaled", [c_out, alpha], b), Call("divisors", [a, b], costs.common_divisors(a, b))]
            for groups in costs.common_divisors(a, b):
                turn += 1
                where = [a, b, offered.KERNELS[turn % 4], [7, 12, 20, 32, 112, 224][turn % 6], groups]
                ways = costs.ways(*where)
                sums = {way: costs.summed(layers) for way, layers in ways.items()}
                made += [
                    Call("ways", where, {way: plain(layers) for way, layers in ways.items()}),
                    Call("total", [plain(ways["separable"])], sums["separable"]._asdict()),
                    Call("saving", [b, where[2]], sums["separable"].macs / sums["standard"].macs),
                    Call("intensity", [sums["grouped"]._asdict()], sums["grouped"].macs / sums["grouped"].access),
                    *(Call("times", [new, old], costs.times(new, old)) for new, old in zip(sums["separable"], sums["standard"], strict=True)),
                ]
    made += [Call("decimal", [x], costs.decimal(x)) for x in (1.125, 1.00014, 1.0009999, 1.001, 0.5, 8.4087, 999.4, 1000.6, 16725, 9, 9.0001)]
    return made[::step] + modules()


def modules() -> list[Call]:
    """The layers of real modules, as `layer_costs` measures them."""
    made = []
    for c_in, c_out, kernel, size, groups in ((64, 128, 3, 56, 4), (3, 24, 5, 28, 3), (72, 96, 7, 14, 24), (16, 8, 1, 7, 8), (256, 256, 3, 12, 256)):
        gives = {
            way: [
                {"c_in": row.c_in, "c_out": row.c_out, "kernel": row.kernel[0], "groups": row.groups, "params": row.params, "macs": row.macs, "access": row.access}
                for row in layer_costs(module, (1, c_in, size, size))
            ]
            for way, module in real(c_in, c_out, kernel, groups).items()
        }  # fmt: skip
        made.append(Call("ways", [c_in, c_out, kernel, size, groups], gives))
    return made


def test_the_page_computes_what_python_says(tmp_path):
    agrees(CostCalculator._esm, calls(), tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("(kernel * kernel * c_in * c_out) / groups", "(kernel * kernel * c_in * c_out) / groups ** 2"),
        ("(c_in + c_out) * size * size + params", "(c_in + c_out) * size * size"),
        ("(c_in + c_out) * size * size + params", "c_out * size * size + params"),
        ("macs: params * size * size", "macs: params * size"),
        ("layer(c_in, c_in, kernel, size, c_in)", "layer(c_in, c_out, kernel, size, c_in)"),
        ("layer(c_in, c_out, 1, size, 1)", "layer(c_in, c_out, 1, size, groups)"),
        ('access: sum("access")', 'access: sum("macs")'),
        ("1 / c_out + 1 / kernel ** 2", "1 / c_out + 1 / kernel"),
        ("=> macs / access", "=> access / macs"),
        ("c === IMAGE ? c : c * alpha", "c * alpha"),
        ("c === IMAGE ? c : c * alpha", "c === IMAGE ? c : Math.max(8, c * alpha)"),
        ("a % g === 0 && b % g === 0", "a % g === 0 || b % g === 0"),
        ("x > 1 && x < 1.001 ? 5 : 2", "2"),
        ("decimal(base / value)", "decimal(value / base)"),
    ],
)
def test_a_mutant_is_caught(right, mutant, tmp_path):
    catches(CostCalculator._esm, right, mutant, calls(7), tmp_path)
