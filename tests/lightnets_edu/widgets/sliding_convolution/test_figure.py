"""The figure of the sliding convolution: its sums against brute force and gradients, its traits, its still picture."""

import pytest
import torch
import traitlets
from bs4 import BeautifulSoup
from sketch import Sketch, still
from sliding_convolution.expected import STATES, by_hand, sentence
from torch import nn

from lightnets_edu import cost
from lightnets_edu.widgets import SlidingConvolution
from lightnets_edu.widgets.sliding_convolution.layer import ASKED, EDGES, REDS
from lightnets_edu.widgets.sliding_convolution.photo import BRIGHTEST, LEFT, PLANES, SIDE

EVERY = pytest.mark.parametrize("state", STATES, ids=lambda s: "-".join(map(str, s.values())))
DICE = torch.Generator().manual_seed(3)


def dice(many: int) -> list[int]:
    """Weights, none of them zero."""
    return [w or 1 for w in torch.randint(-2, 3, (many,), generator=DICE).tolist()]


def places(figure: SlidingConvolution):
    """All rows and columns of a map, and a pixel that brings the window there."""
    rows, columns = figure.shape()
    back = (figure.kernel - 1) // 2 - figure.padding
    for y in range(rows):
        for x in range(columns):
            yield (y, x), {"row": y * figure.stride + back, "column": x * figure.stride + back}


@EVERY
def test_every_state(state):
    """Maps from PyTorch, from loops and from the parts, at every place; costs by measurement."""
    figure = SlidingConvolution(**state, filters=dice(27), mix=dice(3))
    formula, (rows, columns), deep = figure.formula(), figure.shape(), state["kind"] == "depthwise"
    assert formula == by_hand(figure) == figure.maps()
    assert [len(formula[1]), len(formula[1][0])] == [rows, columns] and (formula[0] == []) == deep
    assert torch.equal(torch.tensor(formula[deep:][: 3 if deep else 1]).double(), figure.layer()(torch.tensor(PLANES).double()[None])[0])
    reached = set()
    for place, pixel in places(figure):
        figure.set_state(pixel)
        assert figure.position() == place
        sums = [part.sum for part in figure.parts()]
        y, x = place
        assert sums == [map_[y][x] for map_ in formula[1:]] and (deep or sum(sums) == formula[0][y][x])
        assert all(len(part.pairs) == state["kernel"] ** 2 for part in figure.parts())
        reached.add(place)
    assert len(reached) == rows * columns


@EVERY
def test_the_window_stands_next_to_the_pixel(state):
    """No place has its middle nearer; of two as near, the later."""
    figure, k = SlidingConvolution(**state), state["kernel"]
    middles = [y * figure.stride - figure.padding + (k - 1) // 2 for y in range(figure.shape()[0])]
    for pixel in range(-1, 13):
        figure.row = figure.column = pixel
        best = min(range(len(middles)), key=lambda y: (abs(middles[y] - pixel), -y))
        assert figure.position() == (best, best)


@EVERY
def test_depthwise_never_crosses_channels_and_pointwise_never_crosses_space(state):
    """The inputs with a gradient are the window, less its padding, on the channels that are read: no weight is zero."""
    figure = SlidingConvolution(**state, filters=dice(27), mix=dice(3))
    x = torch.tensor(figure.planes, dtype=torch.float64)[None].requires_grad_()
    y = figure.layer()(x)
    assert y.shape[1] == (3 if state["kind"] == "depthwise" else 1)
    for row, column in ((-1, -1), (5, 3), (12, 12)):
        figure.set_state({"row": row, "column": column})
        r, c = figure.position()
        k, top, left = figure.kernel, r * figure.stride - figure.padding, c * figure.stride - figure.padding
        window = {(i, j) for i in range(top, top + k) for j in range(left, left + k) if 0 <= i < 12 and 0 <= j < 12}
        for o in range(y.shape[1]):
            (gradient,) = torch.autograd.grad(y[0, o, r, c], x, retain_graph=True)
            touched = {tuple(place) for place in gradient[0].nonzero().tolist()}
            channels = [o] if state["kind"] == "depthwise" else [0, 1, 2]
            assert touched == {(i, *place) for i in channels for place in window}


def test_the_photograph_is_a_part_of_one():
    from sklearn.datasets import load_sample_image

    square = torch.tensor(load_sample_image("flower.jpg")[: 12 * SIDE, LEFT : LEFT + 12 * SIDE].copy()).double()
    means = square.reshape(12, SIDE, 12, SIDE, 3).mean((1, 3)) / 255 * BRIGHTEST
    assert means.round().long().permute(2, 0, 1).tolist() == PLANES
    figure, other = SlidingConvolution(), SlidingConvolution()
    assert figure.planes == PLANES
    photo, *greys = figure.pictures
    assert photo[5][6] == "#" + "".join(f"{round(15 * plane[5][6] / 9):x}" for plane in PLANES)
    assert all(len(set(colour[1:])) == 1 for grey in greys for row in grey for colour in row)
    other.planes[0][0][0] = 9
    assert SlidingConvolution().planes == PLANES == figure.planes, "figures share no numbers"


# The questions --------------------------------------------------------------------------------------------------------


def asked(i: int) -> SlidingConvolution:
    figure = SlidingConvolution()
    figure.set_state(ASKED[i])
    return figure


def test_which_edges_upright_ones():
    """Of a picture that is the same in all columns the maps are zero, whatever its rows; turned by 90° they are not."""
    figure = asked(0)
    rows = torch.arange(12.0).square()[:, None].expand(3, 12, 12).double()
    assert figure.layer()(rows[None]).abs().max() == 0 and figure.layer()(rows.mT[None]).abs().min() > 0


def test_what_is_red_the_flower_and_only_the_sum_tells():
    """The sum is above zero where red is more than the mean of green and blue; no channel alone says that."""
    figure = asked(1)
    total, *alone = figure.formula()
    for y in range(10):
        for x in range(10):
            red, green, blue = (plane[y + 1][x + 1] for plane in PLANES)
            assert total[y][x] == 2 * red - green - blue
    assert {(v > 0) - (v < 0) for row in total for v in row} == {-1, 0, 1}
    assert all(len({(v > 0) - (v < 0) for row in map_ for v in row} - {0}) == 1 for map_ in alone)


def test_nothing_added_nothing_summed_and_one_pixel_no_neighbour():
    assert asked(2).formula()[0] == [] and asked(2).filters == EDGES
    figure = asked(3)
    assert figure.shape() == (12, 12) and [weight for weight in REDS if weight] == figure.mix
    shuffled = torch.randperm(144, generator=DICE)
    x = torch.tensor(PLANES).double().flatten(1)
    through = lambda pixels: figure.layer()(pixels.reshape(1, 3, 12, 12)).flatten()  # noqa: E731
    assert torch.equal(through(x)[shuffled], through(x[:, shuffled])), "each pixel by itself"


def test_what_the_other_ways_cost():
    """As many maps by a standard, a depthwise and a pointwise layer, measured on real layers."""
    for kind, kernel, expected in (("standard", 3, 3), ("depthwise", 2, 2), ("pointwise", 1, 3)):
        figure = SlidingConvolution(kind=kind, kernel=kernel, stride=2, padding=1)
        k, ways = figure.compared()
        rows, columns = figure.shape()
        layers = [nn.Conv2d(3, 3, k, bias=False), nn.Conv2d(3, 3, k, groups=3, bias=False), nn.Conv2d(3, 3, 1, bias=False)]
        shapes = [(1, 3, rows + k - 1, columns + k - 1)] * 2 + [(1, 3, rows, columns)]
        measured = [cost.total(cost.layer_costs(layer, shape))[:2] for layer, shape in zip(layers, shapes, strict=True)]
        assert k == expected and ways == tuple(measured) and ways[0].macs == 3 * ways[1].macs


# Traits ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"kind": "grouped"}, "kind"),
        ({"kernel": 4}, "kernel must be one of 2, 3; got 4"),
        ({"kernel": 1}, "kernel must be one of 2, 3; got 1"),
        ({"kernel": 2.5}, "kernel"),
        ({"stride": 3}, "stride must be one of 1, 2; got 3"),
        ({"padding": 2}, "padding must be one of 0, 1; got 2"),
        ({"padding": -1}, "padding must be one of 0, 1; got -1"),
        ({"row": 13}, "row must be one of -1 to 12; got 13"),
        ({"column": -2}, "column must be one of -1 to 12; got -2"),
        ({"speed": 3}, "speed must be one of 1, 4, 16; got 3"),
        ({"filters": [1] * 26}, "filters must be a list of 27 values from -2 to 2; got"),
        ({"filters": [3] * 27}, "filters must be a list of 27 values from -2 to 2; got"),
        ({"mix": [1, 1]}, "mix must be a list of 3 values from -2 to 2; got"),
        ({"mix": [0.5, 1, 1]}, "mix must be a list of 3 values from -2 to 2; got"),
        ({"planes": [[[1]]]}, "read-only"),
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
    assert (figure.kernel, figure.shape()) == (1, (12, 12))
    with pytest.raises(traitlets.TraitError, match="kernel of a pointwise convolution must be one of 1; got 3"):
        figure.kernel = 3
    with pytest.raises(traitlets.TraitError, match="kernel of a pointwise convolution must be one of 1; got 2"):
        SlidingConvolution(kind="pointwise", kernel=2)
    figure.kind = "depthwise"
    assert figure.kernel == 3, "the usual one"
    figure.kernel = 2
    figure.kind = "pointwise"
    assert figure.kernel == 1


def test_nothing_else_follows():
    """The window keeps its pixel, whatever stride and padding make of it: back again, it stands where it stood."""
    figure = SlidingConvolution(row=8, column=11)
    before = figure.position()
    figure.stride, figure.kind = 2, "pointwise"
    assert (figure.row, figure.column, figure.position()) == (8, 11, (4, 5))
    figure.stride, figure.kind = 1, "standard"
    assert figure.position() == before and figure.filters == EDGES


def test_what_a_link_sets():
    figure = SlidingConvolution(kind="standard", kernel=3, stride=1, padding=0)
    assert figure.moved(kind="standard", kernel=3, stride=2, padding=0)["stride"] == 2
    assert figure.moved(kind="depthwise", kernel=3)["kernel"] == 3
    assert figure.moved(kind="pointwise")["kernel"] == 1


# What is drawn and said -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES[::3], ids=lambda s: "-".join(map(str, s.values())))
def test_the_still(state):
    """Weights, the pixels that they meet, the numbers of the window, costs; every number of the maps in the data."""
    figure = SlidingConvolution(**state, filters=dice(27), mix=dice(3), row=3, column=8)
    picture = BeautifulSoup(still(figure), "html.parser")
    (y, x), (rows, columns), maps = figure.position(), figure.shape(), [m for m in figure.maps() if m]
    cells = [text.get_text() for text in picture.select(".ln-part text")]
    written = [str(value).replace("-", "−") for part in figure.parts() for pair in part.pairs for value in pair]
    assert sorted(cells) == sorted(written)
    assert len(picture.select(".ln-data tr")) == 1 + 3 + rows * len(maps)
    totals = [text.get_text() for text in picture.select(".ln-sl-total")]
    assert [t for t in totals if t and t not in "=+"] == [str(m[y][x]).replace("-", "−") for m in maps]
    assert totals.count("+") == (2 if len(maps) == 4 else 0)
    _, ways = figure.compared()
    assert [t.get_text() for t in picture.select(".ln-sl-number")] == [f"{way.params * (y * columns + x + 1):,}" for way in ways]


def test_a_number_stands_once():
    """The sums of the window stand below the maps, and in no sentence beside them."""
    sketch = Sketch(SlidingConvolution(filters=[2] * 27))
    totals = [text for text in sketch.locator(".ln-sl-total").all_text_contents() if text.isdigit()]
    assert len(totals) == 4 and not any(total in sketch.said() for total in totals)


@EVERY
def test_the_sentence(state):
    for row, column in ((0, 0), (7, 11)):
        figure = SlidingConvolution(**state, row=row, column=column)
        assert Sketch(figure).said() == sentence(figure)


def test_kernels_and_filters_are_called_as_the_text_calls_them():
    """A kernel has a filter for each channel that it reads; a depthwise one has one."""
    said = lambda kind: Sketch(SlidingConvolution(kind=kind)).locator("text").all_text_contents()  # noqa: E731
    assert {"1 kernel:", "3 filters", "sum"} <= set(said("standard")) and {"1 kernel:", "3 filters"} <= set(said("pointwise"))
    assert {"3 kernels", "of 1 filter", "no sum"} <= set(said("depthwise")) and "sum" not in said("depthwise")
    outlines = lambda kind: sum(  # noqa: E731
        float(rect["width"]) > 0 for rect in BeautifulSoup(Sketch(SlidingConvolution(kind=kind)).outer(), "html.parser").select(".ln-sl-kernel")
    )
    assert [outlines(kind) for kind in ("standard", "depthwise", "pointwise")] == [1, 3, 1]
