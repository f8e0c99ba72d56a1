"""The figure of a convolution's connections: its numbers against brute force, and other modules."""

import json
import random

import pytest
import torch
import traitlets
from conv_connectivity.conv_modules import SOME_PLANS, Mixed, Shuffled, figure_of
from conv_connectivity.expected import sentence, threads
from sketch import still
from torch import nn

from lightnets_edu.cost import conv_params
from lightnets_edu.models.shufflenet_v1 import channel_shuffle
from lightnets_edu.widgets import ConvConnectivity
from lightnets_edu.widgets.conv_connectivity import masks
from lightnets_edu.widgets.conv_connectivity.masks import WIDTHS, Plan
from lightnets_edu.widgets.conv_connectivity.module import ones

# Brute force: one multiplication after the other ----------------------------------------------------------------------


def near(y: int, x: int, kernel: int, stride: int) -> set[tuple[int, int]]:
    """The input positions under the kernel, those on the padding left out."""
    reach = range(-(kernel // 2), kernel // 2 + 1)
    spots = ((y * stride + i, x * stride + j) for i in reach for j in reach)
    return {(a, b) for a, b in spots if 0 <= a < 7 and 0 <= b < 7}


def mates(c_in: int, c_out: int, g: int, output: int) -> set[int]:
    """The inputs of an output's group."""
    return {i for i in range(c_in) if i * g // c_in == output * g // c_out}


def inputs(plan: Plan, output: int, y: int, x: int) -> set[tuple[int, int, int]]:
    """Channel, row and column of all that an output reads, followed multiplication by multiplication."""
    kind, c_in, c_out, kernel, g, stride = plan
    spots = near(y, x, kernel, stride)
    first = {"standard": 1, "pointwise": 1, "grouped": g, "shuffled": g}.get(kind, c_in)
    if kind not in ("separable", "shuffled"):
        return {(i, *spot) for i in mates(c_in, c_out, first, output) for spot in spots}
    n = c_in // g
    dealt = [place % g * n + place // g for place in range(c_in)] if kind == "shuffled" else range(c_in)
    met = {dealt[place] for place in mates(c_in, c_out, g if kind == "shuffled" else 1, output)}
    return {(i, *spot) for mid in met for i in mates(c_in, c_in, first, mid) for spot in spots}


@pytest.mark.parametrize("plan", SOME_PLANS, ids=lambda plan: "-".join(map(str, plan)))
def test_what_gradients_say_is_what_following_the_edges_gives(plan):
    figure = figure_of(plan)
    side = -(-7 // plan.stride)
    for y, x in {(0, 0), (min(2, side - 1), 1), (side - 1, side - 1)}:
        figure.set_state({"y": y, "x": x})
        here, total = figure.reading(), 0
        for output in range(plan.c_out):
            figure.output = output
            read = inputs(plan, output, y, x)
            assert here["rows"][output] == sorted({i for i, _, _ in read})
            assert figure.reading()["patch"] == sorted({7 * a + b for _, a, b in read})
            assert figure.numbers().fan_in == here["fans"][output] == len(read)
            assert figure.numbers()[:2] == (len({(a, b) for _, a, b in read}), len({i for i, _, _ in read}))
            total += len(read)
        assert figure.numbers().edges == total and figure.numbers().pairs == sum(map(len, here["rows"]))
    seen = {7 * a + b for y in range(side) for x in range(side) for a, b in near(y, x, plan.kernel, plan.stride)}
    assert here["unread"] == sorted(set(range(49)) - seen)


@pytest.mark.parametrize("plan", SOME_PLANS, ids=lambda plan: "-".join(map(str, plan)))
def test_parameters_are_those_of_the_module_and_of_the_cost_formulas(plan):
    figure, (kind, c_in, c_out, kernel, g, _) = figure_of(plan), plan
    by_formula = {
        "standard": [conv_params(c_in, c_out, kernel)],
        "grouped": [conv_params(c_in, c_out, kernel, g)],
        "depthwise": [conv_params(c_in, c_in, kernel, c_in)],
        "pointwise": [conv_params(c_in, c_out, 1)],
        "separable": [conv_params(c_in, c_in, kernel, c_in), conv_params(c_in, c_out, 1)],
        "shuffled": [conv_params(c_in, c_in, kernel, g), conv_params(c_in, c_out, 1, g)],
    }[kind]
    assert figure.numbers().params == sum(by_formula) == sum(p.numel() for p in masks.build(plan).parameters())
    assert [step["weights"] for step in figure.reading()["steps"]] == (by_formula if len(by_formula) > 1 else [])
    assert figure.reading()["standard"] == conv_params(c_in, c_out, kernel)
    assert sum(many for *_, many in threads(figure)) == figure.numbers().params, "as many threads as weights"


def test_a_separable_convolution_reads_all_that_a_standard_one_reads():
    standard, separable = ConvConnectivity(), ConvConnectivity(kind="separable")
    assert standard.numbers()[:5] == separable.numbers()[:5] == (9, 8, 72, 64, 576)
    assert (standard.numbers().params, separable.numbers().params) == (576, 72 + 64)
    assert sentence(standard) == sentence(separable) == "Output 0 reads 9 positions in 8 of 8 inputs: 72 numbers."
    first, second = separable.reading()["steps"]
    assert first["rows"] == [[i] for i in range(8)] and second["rows"] == [list(range(8))] * 8
    assert (len(first["patch"]), second["patch"]) == (9, [16])


def test_a_strided_pointwise_convolution_never_reads_most_positions():
    figure = ConvConnectivity(kind="pointwise", stride=2)
    assert len(figure.reading()["unread"]) == 33 and "33 of 49 positions are never read (dots)." in sentence(figure)
    assert figure.reading()["standard"] == figure.numbers().params, "it is a standard convolution of 1 × 1"


def test_ones():
    assert ones(torch.tensor([[True, False, True], [False] * 3])) == [[0, 2], []]


# Other modules --------------------------------------------------------------------------------------------------------


def unlike(figure: ConvConnectivity) -> str:
    return figure.measured["unlike"]


@pytest.mark.parametrize(
    ("module", "plan"),
    [
        (nn.Conv2d(8, 8, 3, padding=1), Plan("standard", 8, 8, 3, 1, 1)),
        (nn.Conv2d(3, 5, 1, stride=2), Plan("pointwise", 3, 5, 1, 1, 2)),
        (nn.Conv2d(8, 8, 5, padding=2, groups=8), Plan("depthwise", 8, 8, 5, 1, 1)),
        (nn.Sequential(nn.Conv2d(8, 4, 3, 2, 1, groups=4, bias=False), nn.BatchNorm2d(4), nn.ReLU6()), Plan("grouped", 8, 4, 3, 4, 2)),
        (nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, groups=4), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 6, 1)), Plan("separable", 4, 6, 3, 1, 1)),
        (Shuffled(2), Plan("shuffled", 8, 8, 3, 2, 1)),
        (Shuffled(4), Plan("shuffled", 8, 8, 3, 4, 1)),
    ],
)
def test_a_module_that_follows_a_formula_is_recognised(module, plan):
    """All its numbers are those of the figure of the same kind, at every output; its biases are its own."""
    figure = ConvConnectivity.from_module(module)
    assert figure.plan() == plan and unlike(figure) == ""
    assert figure.numbers().params == sum(p.numel() for p in module.parameters())
    if plan.c_in not in WIDTHS:
        return
    like, dice = figure_of(plan), random.Random(5)
    for _ in range(6):
        state = {"output": dice.randrange(plan.c_out), "y": dice.randrange(4), "x": dice.randrange(4)}
        figure.set_state(state)
        like.set_state(state)
        assert figure.numbers()[:5] == like.numbers()[:5]
        own = {"params", "standard", "kernels", "taps", "unlike", "plan"}
        assert {k: v for k, v in figure.reading().items() if k not in own} == {k: v for k, v in like.reading().items() if k not in own}


def test_biases_and_norms_are_counted_apart():
    figure = ConvConnectivity.from_module(nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)))
    assert figure.numbers().params == 576 + 8 + 16 and figure.measured["kernels"] == 576
    assert "576 weights" in still(figure) and "600" not in still(figure), "threads are the kernels' weights"


@pytest.mark.parametrize(
    ("module", "said", "shown"),
    [
        (nn.Conv2d(8, 8, 3, padding=1, groups=4), {"kind": "grouped", "groups": 2}, "Measured, not the formula (grouped 3×3, g = 2)."),
        (nn.Conv2d(8, 8, 3, padding=1), {"kind": "separable"}, "Measured, not the formula (separable 3×3)."),
        (nn.Conv2d(8, 8, 3, padding=1), {"kernel": 5}, "Measured, not the formula (standard 5×5)."),
        (nn.Conv2d(8, 8, 3, padding=2, dilation=2), {}, "Measured, not the formula."),
        (nn.Conv2d(8, 8, 3), {}, "Measured, not the formula."),
        (nn.Conv2d(8, 8, (2, 1), (1, 2)), {}, "Measured, not the formula."),
        (Shuffled(2, between=lambda x, g: x), {"kind": "shuffled", "groups": 2}, "Measured, not the formula (shuffled 3×3, g = 2)."),
        (Shuffled(2, between=lambda x, g: channel_shuffle(x, 4)), {"kind": "shuffled"}, "Measured, not the formula (shuffled 3×3, g = 1)."),
        (Shuffled(2, second=1), {"kind": "shuffled", "groups": 2}, "Measured, not the formula (shuffled 3×3, g = 2)."),
        (Mixed(), {"c_in": 4}, "Measured, not the formula."),
    ],
)
def test_a_module_unlike_the_formula_is_told(module, said, shown):
    figure = ConvConnectivity.from_module(module, **said)
    assert unlike(figure) == shown and sentence(figure).startswith(shown) and shown in still(figure)


def test_a_right_claim_is_no_departure():
    figure = ConvConnectivity.from_module(nn.Conv2d(8, 8, 3, padding=1, groups=4), kind="grouped", kernel=3, groups=4, stride=1, output=5)
    assert unlike(figure) == "" and (figure.output, figure.numbers().fan_in) == (5, 18)
    assert unlike(ConvConnectivity.from_module(nn.Conv2d(8, 8, 3, padding=1), kind="standard", groups=2)) == "", "groups mean nothing here"


def test_a_dilated_kernel_is_drawn_where_it_reads():
    figure = ConvConnectivity.from_module(nn.Conv2d(8, 8, 3, padding=2, dilation=2), y=3, x=3)
    assert figure.reading()["patch"] == [7 * i + j for i in (1, 3, 5) for j in (1, 3, 5)]
    assert figure.numbers()[:3] == (9, 8, 72)


def test_without_its_shuffle_groups_stay_apart():
    apart = ConvConnectivity.from_module(Shuffled(2, between=lambda x, g: x), kind="shuffled", groups=2, output=7)
    assert apart.reading()["rows"][7] == [4, 5, 6, 7] and apart.numbers().pairs == 32
    assert ConvConnectivity(kind="shuffled", groups=2).numbers().pairs == 64


def test_columns_that_are_never_read():
    """EffNet's (2, 1) kernel with stride (1, 2)."""
    figure = ConvConnectivity.from_module(nn.Conv2d(8, 8, (2, 1), (1, 2)))
    assert figure.reading()["size"] == [6, 4] and figure.reading()["unread"] == [7 * i + j for i in range(7) for j in (1, 3, 5)]
    assert "21 of 49 positions are never read (dots)." in sentence(figure)


def test_what_is_no_product_is_told():
    figure = ConvConnectivity.from_module(Mixed(), c_in=4)
    assert figure.numbers()[:3] == (25, 4, 2 * 9 + 2 * 25)
    assert "25 positions in 4 of 4 inputs: 68 numbers." in sentence(figure)
    assert figure.measured["taps"] == [[9, 9, 25, 25]] * 4 and sum(many for *_, many in threads(figure)) == figure.measured["kernels"]


@pytest.mark.parametrize(
    ("module", "patch"),
    [
        (nn.Sequential(nn.Conv2d(2, 2, 1), nn.MaxPool2d(3, 1, 1)), 9),
        (nn.Sequential(nn.Conv2d(2, 2, 1), nn.AvgPool2d(3, 1, 1)), 9),
        (nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.AdaptiveMaxPool2d(1)), 49),
        (nn.Sequential(nn.Conv2d(2, 2, 1), nn.Sigmoid(), nn.Conv2d(2, 2, 3, padding=1)), 9),
    ],
)
def test_maxima_and_curves_read_all_their_window(module, patch):
    """A maximum has a gradient from one input at a time, but may take any."""
    figure = ConvConnectivity.from_module(module)
    assert figure.numbers().positions == patch and figure.numbers().channels == 2


def test_weights_do_not_matter_and_the_module_is_left_alone():
    """Zeros, minus signs and running means cancel or hide nothing."""
    module = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()).train()
    with torch.no_grad():
        module[0].weight.zero_()
        module[1].running_mean.fill_(5)
        module[1].bias.fill_(-9)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    figure = ConvConnectivity.from_module(module)
    assert figure.numbers().fan_in == 36 and unlike(figure) == ""
    assert module.training and all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert not any(part._forward_hooks for part in module.modules())
    with torch.no_grad():
        assert ConvConnectivity.from_module(module).numbers() == figure.numbers()


def test_a_bypass_is_no_second_step():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(4, 4, 3, padding=1, groups=4), nn.Conv2d(4, 4, 1, groups=2)

        def forward(self, x):
            return self.second(self.first(x)) + x.mean(1, keepdim=True)

    figure = ConvConnectivity.from_module(Residual())
    assert figure.reading()["steps"] == [] and figure.numbers().channels == 4
    assert figure.numbers().fan_in == 2 * 9 + 2


@pytest.mark.parametrize(
    ("module", "more", "message"),
    [
        (3, {}, r"expected an nn.Module that maps \(1, c_in, 7, 7\) to maps, got 3"),
        (nn.Conv2d, {}, "expected an nn.Module .*, got <class 'torch.nn.modules.conv.Conv2d'>"),
        (nn.Conv2d(32, 8, 3), {}, "the figure shows 1 to 16 channels; the module takes 32"),
        (nn.Conv2d(8, 32, 3), {}, "the figure shows at most 16 channels; the module gives 32"),
        (nn.Conv2d(8, 8, 1, padding=1), {}, "output maps of at most 7 × 7, got 9 × 9"),
        (nn.Sequential(nn.Conv2d(8, 8, 1), nn.Flatten()), {}, r"gives a map \(1, c_out, h, w\), got shape \(1, 392\)"),
        (nn.Sequential(nn.Conv2d(8, 8, 1), nn.MaxPool2d(2, return_indices=True)), {}, "got tuple"),
        (nn.Conv2d(8, 8, 9), {}, r"Conv2d cannot take maps of shape \(1, 8, 7, 7\): .*"),
        (nn.Conv2d(8, 8, 1), {"c_in": 4}, r"Conv2d cannot take maps of shape \(1, 4, 7, 7\)"),
        (nn.AvgPool2d(3), {}, "AvgPool2d has no convolution that says how many channels it takes: give c_in"),
        (nn.AvgPool2d(3), {"c_in": 0}, "the figure shows 1 to 16 channels; the module takes 0"),
        (nn.Sequential(nn.Conv2d(8, 8, 1), nn.Threshold(99, 0)), {"c_in": "x"}, "the module takes x"),
    ],
)
def test_what_cannot_be_shown_is_refused(module, more, message):
    with pytest.raises(ValueError, match=message):
        ConvConnectivity.from_module(module, **more)


def test_an_output_that_comes_from_nowhere_is_refused():
    class Constant(nn.Module):
        def forward(self, x):
            return torch.ones(1, 2, 3, 3)

    with pytest.raises(ValueError, match="the output of Constant has no gradient; it must come from its input"):
        ConvConnectivity.from_module(Constant(), c_in=2)


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ({"kind": "other"}, "kind must be one of standard, grouped"),
        ({"groups": 3}, "groups must be one of 1, 2, 4, 8; got 3"),
        ({"kernel": 7}, "kernel must be one of 1, 3, 5; got 7"),
        ({"stride": 3}, "stride must be one of 1, 2; got 3"),
        ({"c_out": 4}, "c_out .* must be one of 8; got 4"),
        ({"output": 8}, "output must be one of 0 to 7; got 8"),
        ({"y": 7}, "y must be one of 0 to 6; got 7"),
    ],
)
def test_a_claim_that_no_figure_makes_is_refused(claim, message):
    with pytest.raises(traitlets.TraitError, match=message):
        ConvConnectivity.from_module(nn.Conv2d(8, 8, 3, padding=1), **claim)


def test_a_module_keeps_its_own_shape():
    figure = ConvConnectivity.from_module(nn.Conv2d(3, 5, 3, padding=1, stride=2))
    for name, value in {"c_in": 8, "c_out": 8, "kind": "grouped", "kernel": 5, "groups": 2, "stride": 1}.items():
        with pytest.raises(traitlets.TraitError, match=f"{name}.* must be one of"):
            setattr(figure, name, value)
    figure.set_state({"output": 4, "y": 3, "x": 0})
    assert (figure.c_in, figure.c_out, figure.stride, figure.size()) == (3, 5, 2, (4, 4))
    assert figure.reading()["patch"] == [7 * i + j for i in (5, 6) for j in (0, 1)]


@pytest.mark.parametrize("seed", [0, 1])
def test_a_module_with_no_order_at_all_still_travels_light(seed):
    """Every output with a patch of its own: the widest tables there can be."""

    class Random(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(784, 784))
            self.register_buffer("mask", (torch.rand(784, 784, generator=torch.Generator().manual_seed(seed)) < 0.01).double())

        def forward(self, x):
            return (x.flatten(1) @ (self.weight * self.mask)).reshape(1, 16, 7, 7)

    module = Random()
    figure = ConvConnectivity.from_module(module, c_in=16, output=3, y=1, x=2)
    read = module.mask[:, 3 * 49 + 9].reshape(16, 49)
    assert figure.numbers().fan_in == read.sum() and figure.reading()["patch"] == read.any(0).nonzero().flatten().tolist()
    assert figure.reading()["rows"][3] == read.any(1).nonzero().flatten().tolist()
    assert len(json.dumps(figure.measured)) < 60 * 1024, "what every figure's state is held to"
    ordinary = ConvConnectivity.from_module(nn.Conv2d(16, 16, 5, padding=2))
    assert len(json.dumps(ordinary.measured)) < 20_000
