"""The figure of the sliding convolution: its sums against brute force and gradients, its traits, its still picture."""

import itertools

import pytest
import torch
import traitlets
from bs4 import BeautifulSoup
from sketch import Sketch, still
from torch import nn

from lightnets_edu import cost
from lightnets_edu.widgets import SlidingConvolution
from lightnets_edu.widgets.sliding_convolution.cells import written
from lightnets_edu.widgets.sliding_convolution.layer import in_steps

STATES = [
    {"kind": kind, "kernel": k, "stride": s, "padding": p, "size": n}
    for kind, k, s, p, n in itertools.product(("standard", "depthwise", "pointwise"), (1, 2, 3), (1, 2), (0, 1), (4, 5, 6))
    if kind != "pointwise" or k == 1
]


def by_hand(figure) -> list:
    """The output planes, number by number."""
    planes, k, s, p = figure.inputs(), figure.kernel, figure.stride, figure.padding
    high, wide = len(planes[0]), len(planes[0][0])
    at = lambda i, r, c: planes[i][r][c] if 0 <= r < high and 0 <= c < wide else 0  # noqa: E731
    weights, bias = figure.weights[figure.kind], figure.bias or [0] * 4
    rows, columns = ((n + 2 * p - k) // s + 1 for n in (high, wide))
    each = len(weights) // len(planes) if figure.kind == "depthwise" else 0

    def number(o, y, x):
        sources = [o // each] if figure.kind == "depthwise" else range(len(planes))
        return bias[o] + sum(
            weights[o][j][a][b] * at(i, y * s + a - p, x * s + b - p)
            for j, i in enumerate(sources) for a in range(k) for b in range(k)
        )

    return [[[number(o, y, x) for x in range(columns)] for y in range(rows)] for o in range(len(weights))]


def broken(make, **changes):
    conv = make()
    for name, value in changes.items():
        setattr(conv, name, value)
    return conv


@pytest.fixture(scope="module")
def figure():
    return SlidingConvolution()


def test_every_state_is_on_offer(figure):
    assert len(STATES) == 7 * 12
    for state in STATES:
        figure.set_state(state)
        offered = figure.choices()
        assert all(value in offered[name] for name, value in state.items()) and figure.step in figure.offers("step")


@pytest.mark.parametrize("state", STATES, ids=lambda s: "-".join(map(str, s.values())))
def test_every_step_of_every_state(figure, state):
    """Output planes from PyTorch, from loops and from the steps; multiply-adds by counting and by measurement."""
    figure.set_state({**state, "step": 0})
    output, (c_out, rows, columns) = figure.output(), figure.shape()
    assert output == by_hand(figure) == figure.formula()
    assert (len(output), len(output[0]), len(output[0][0])) == (c_out, rows, columns)
    (row,) = cost.layer_costs(figure.layer(), (1, 3, figure.size, figure.size))
    assert figure.cost() == (row.params, row.macs) and row.out_shape == (1, c_out, rows, columns)
    if state["kernel"] > 1 or state["kind"] != "standard":    # a standard layer with a 1 × 1 kernel is a pointwise one
        assert row.kind == state["kind"]
    counted = 0
    for step in range(figure.steps()):
        figure.step = step
        parts, (o, y, x) = figure.parts(), figure.position()
        assert sum(part.sum for part in parts) == output[o][y][x] == in_steps(output)[step]
        assert [part.sum for part in parts] == [sum(a * b for a, b in part.pairs) for part in parts]
        assert [part.plane for part in parts] == ([o] if state["kind"] == "depthwise" else [0, 1, 2])
        counted += sum(len(part.pairs) for part in parts)
    assert counted == row.macs and figure.steps() == row.out_shape[1] * rows * columns


@pytest.mark.parametrize("state", [s for s in STATES if s["size"] == 5], ids=lambda s: "-".join(map(str, s.values())))
def test_depthwise_never_crosses_channels_and_pointwise_never_crosses_space(state):
    """The inputs with a gradient are the window, less its padding, on the planes that are read: no weight is zero."""
    figure = SlidingConvolution(**state)
    x = torch.tensor(figure.inputs(), dtype=torch.float64)[None].requires_grad_()
    y = figure.layer()(x)
    last = figure.steps() - 1
    for step in (0, last // 2, last):
        figure.step = step
        o, r, c = figure.position()
        (gradient,) = torch.autograd.grad(y[0, o, r, c], x, retain_graph=True)
        touched = {tuple(place) for place in gradient[0].nonzero().tolist()}
        k, top, left = figure.kernel, r * figure.stride - figure.padding, c * figure.stride - figure.padding
        window = {(i, j) for i in range(top, top + k) for j in range(left, left + k) if 0 <= i < 5 and 0 <= j < 5}
        assert touched == {(part.plane, *place) for part in figure.parts() for place in window}
        assert len({place[0] for place in touched}) <= (1 if state["kind"] == "depthwise" else 3)
        assert len({place[1:] for place in touched}) <= (1 if state["kind"] == "pointwise" else k * k)


def test_the_planes_are_small_and_the_same_each_time(figure):
    other = SlidingConvolution()
    assert other.planes == figure.planes and other.weights == figure.weights
    numbers = torch.tensor(other.planes)
    assert numbers.shape == (3, 6, 6) and numbers.dtype == torch.int64 and numbers.min() >= 0 and numbers.max() <= 3
    assert {kind: torch.tensor(w).shape for kind, w in other.weights.items()} == {
        "standard": (2, 3, 3, 3), "depthwise": (3, 1, 3, 3), "pointwise": (2, 3, 1, 1)
    }
    for weights in other.weights.values():
        assert torch.tensor(weights).count_nonzero() == torch.tensor(weights).numel() and torch.tensor(weights).abs().max() <= 2
    other.planes[0][0][0] = 9
    assert SlidingConvolution().planes == figure.planes, "figures share no numbers"


def test_what_the_other_ways_cost(figure):
    """One standard layer against a depthwise and a pointwise one, measured on real layers: 1/c_out + 1/K² of it."""
    for kind, kernel, expected in (("standard", 3, 3), ("depthwise", 2, 2), ("pointwise", 1, 3), ("depthwise", 1, 1)):
        figure.set_state({"kind": kind, "kernel": kernel, "stride": 1, "padding": 0, "size": 6, "step": 0})
        k, ways = figure.compared()
        _, rows, columns = figure.shape()
        image = (1, 3, rows + k - 1, columns + k - 1)
        separable = nn.Sequential(nn.Conv2d(3, 3, k, groups=3, bias=False), nn.Conv2d(3, 2, 1, bias=False))
        layers = [nn.Conv2d(3, 2, k, bias=False), *separable]
        shapes = [image, image, (1, 3, rows, columns)]
        assert k == expected
        assert ways == tuple(cost.total(cost.layer_costs(layer, shape))[:2] for layer, shape in zip(layers, shapes, strict=True))
        assert (ways[1].macs + ways[2].macs) / ways[0].macs == pytest.approx(1 / 2 + 1 / k**2)


# Traits ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"kind": "grouped"}, "kind"),
        ({"kernel": 4}, "kernel must be one of 1, 2, 3; got 4"),
        ({"kernel": 0}, "kernel must be one of 1, 2, 3; got 0"),
        ({"kernel": 2.5}, "kernel"),
        ({"stride": 3}, "stride must be one of 1, 2; got 3"),
        ({"padding": 2}, "padding must be one of 0, 1; got 2"),
        ({"padding": -1}, "padding must be one of 0, 1; got -1"),
        ({"size": 7}, "size must be one of 4, 5, 6; got 7"),
        ({"step": 18}, "step must be one of 0 to 17; got 18"),
        ({"step": -1}, "step must be one of 0 to 17; got -1"),
        ({"planes": [[[1]]]}, "read-only"),
        ({"weights": {}}, "read-only"),
        ({"measured": [1]}, "read-only"),
        ({"fixed": True}, "read-only"),
    ],
)
def test_wrong_traits_are_refused_at_once(traits, message):
    with pytest.raises(traitlets.TraitError, match=message):
        SlidingConvolution(**traits)
    figure = SlidingConvolution()
    ((name, value),) = traits.items()
    before = getattr(figure, name)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(figure, name, value)
    assert getattr(figure, name) == before


def test_a_pointwise_kernel_is_one():
    figure = SlidingConvolution(kind="pointwise")
    assert (figure.kernel, figure.steps()) == (1, 50)
    with pytest.raises(traitlets.TraitError, match="kernel of a pointwise convolution must be one of 1; got 3"):
        figure.kernel = 3
    with pytest.raises(traitlets.TraitError, match="kernel of a pointwise convolution must be one of 1; got 2"):
        SlidingConvolution(kind="pointwise", kernel=2)
    figure = SlidingConvolution(kernel=2)
    figure.kind = "pointwise"
    assert figure.kernel == 1 and figure.step in figure.offers("step")


def test_the_step_follows():
    figure = SlidingConvolution(size=6, padding=1, step=71)
    figure.stride = 2
    assert figure.step == figure.steps() - 1 == 17 and figure.position() == (1, 2, 2)
    figure.size = 4
    assert figure.step == 7
    figure.kind = "pointwise"
    assert (figure.step, figure.kernel) == (7, 1)


def test_the_front_end_may_send_everything_at_once():
    figure = SlidingConvolution(kind="pointwise", step=49)
    figure.set_state({"step": 100, "kernel": 2, "kind": "depthwise", "padding": 1, "size": 6})
    assert (figure.kind, figure.kernel, figure.step) == ("depthwise", 2, 100)
    figure.set_state({"kernel": 1, "kind": "pointwise", "size": 4, "padding": 0, "step": 31})
    assert (figure.kind, figure.kernel, figure.step) == ("pointwise", 1, 31)
    with pytest.raises(traitlets.TraitError, match="step must be one of 0 to 17; got 18"):
        figure.set_state({"kind": "standard", "kernel": 3, "size": 5, "step": 18})
    assert (figure.kind, figure.kernel, figure.size, figure.step) == ("pointwise", 1, 4, 31)


def test_a_module_keeps_its_settings():
    figure = SlidingConvolution.from_module(nn.Conv2d(2, 2, 2, stride=2), torch.rand(2, 4, 7), step=3, caption="Mine")
    assert (figure.kind, figure.kernel, figure.stride, figure.padding, figure.size) == ("standard", 2, 2, 0, 7)
    assert (figure.step, figure.caption, figure.shape()) == (3, "Mine", (2, 2, 3))
    for name, other in {"kind": "depthwise", "kernel": 3, "stride": 1, "padding": 1, "size": 4}.items():
        with pytest.raises(traitlets.TraitError, match=f"{name} must be one of {getattr(figure, name)}; got {other}"):
            setattr(figure, name, other)
    with pytest.raises(traitlets.TraitError, match="kernel must be one of 2; got 3"):
        SlidingConvolution.from_module(nn.Conv2d(2, 2, 2), torch.rand(2, 4, 4), kernel=3)


# How numbers are written, and the still picture -----------------------------------------------------------------------


def test_cells_are_short():
    figure = SlidingConvolution()
    assert [digits for digits, _ in figure.cells] == [0, 0, 0, 0]
    longest = max((v for state in STATES for v in in_steps(SlidingConvolution(**state).output())), key=lambda v: len(str(v)))
    assert figure.cells[2][1] == 7 * len(str(longest)) + 5 + 2 * (longest < 0)
    assert [written(v, d) for v, d in ((-0.004, 2), (1.255, 1), (-3, 0), (31234.5, -1), (-2e-5, -1), (5, 0))] == [
        "0.00", "1.3", "−3", "3e4", "−2e-5".replace("-", "−"), "5"
    ]
    tiny = SlidingConvolution.from_module(broken(lambda: nn.Conv2d(1, 1, 1), weight=nn.Parameter(torch.full((1, 1, 1, 1), 2e-5))), torch.ones(1, 2, 2))
    assert tiny.cells[1][0] == -1, "weights are not shown as zero"
    for size, most in ((7, 39), (5, 40)):
        conv = nn.Conv2d(4, 4, 3, padding=1)
        cells = SlidingConvolution.from_module(conv, torch.randn(4, size, size)).cells
        assert cells[0][1] * (size + 2) <= 276 and cells[2][1] * size <= 276 and max(room for _, room in cells) <= most


@pytest.mark.parametrize("state", STATES[::7], ids=lambda s: "-".join(map(str, s.values())))
def test_the_still(state):
    """Every number of the planes, of the kernels read, of the products and of the outputs so far."""
    figure = SlidingConvolution(**state)
    figure.step = figure.steps() - 1
    c_out, rows, columns = figure.shape()
    n, k, parts, picture = figure.size, figure.kernel, len(figure.parts()), BeautifulSoup(still(figure), "html.parser")
    written = [text for text in picture.select(".ln-sl-stage text:not(.ln-sl-name, .ln-sl-sum)") if text.get_text()]
    assert len(written) == 3 * n * n + 3 * k * k + parts * k * k + c_out * rows * columns
    assert len(picture.select(".ln-data tr")) == 1 + parts + c_out * rows
    assert f"Step: {figure.steps()} of {figure.steps()}" in picture.get_text() and f"{figure.cost().macs:,} in all" in picture.get_text()
    assert f"Parameters: {figure.cost().params}." in picture.get_text()


def test_the_sentence():
    figure = SlidingConvolution(step=7)
    sums = [part.sum for part in figure.parts()]
    shown = " + ".join(map(str, sums)).replace("+ -", "− ").replace("-", "−")
    said = Sketch(figure).said().replace("\u00a0", " ")
    assert said.startswith(f"Reads 3 × 3 pixels of every input: crosses space and channels Output 1, row 1, column 0: {shown} = {sum(sums)}.")
    assert said.endswith("Multiply-adds: 27 in this step, 216 so far, 486 in all.")
    figure.kind = "depthwise"
    said = Sketch(figure).said().replace("\u00a0", " ")
    assert said.startswith("Reads 3 × 3 pixels of input 1 alone: never crosses channels") and "9 in this step, 72 so far, 243" in said
    figure.kind = "pointwise"
    said = Sketch(figure).said()
    assert said.startswith("Reads one pixel of every input: never crosses space") and "3 in this step, 24 so far, 150" in said
