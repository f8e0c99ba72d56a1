"""The figure of the channel shuffle: its tables against brute force, its traits, its static picture."""

import functools
import json

import pytest
import torch
import traitlets
from bs4 import BeautifulSoup
from channel_shuffle.expected import by_hand, dealt, ranges, verdict
from sketch import Sketch, still
from torch import nn

from lightnets_edu.models.shufflenet_v1 import ShuffleUnit, channel_shuffle
from lightnets_edu.widgets import ChannelShuffle
from lightnets_edu.widgets.channel_shuffle import wiring as mixing
from lightnets_edu.widgets.channel_shuffle.wiring import PAIRS, Wiring

SOME = [(2, 1), (6, 2), (6, 3), (12, 3), (12, 4), (12, 6), (13, 1), (13, 13), (15, 5), (16, 1), (16, 2), (16, 4), (16, 8), (16, 16)]


@pytest.fixture(scope="module")
def figure():
    return ChannelShuffle()


def test_every_pair_can_be_had():
    assert tuple((c, g) for c in range(2, 17) for g in range(1, 17) if c % g == 0) == PAIRS
    for c, g in PAIRS:
        widget = ChannelShuffle(channels=c, groups=g, output=0)
        assert (widget.channels, widget.groups, widget.own, widget.measured) == (c, g, [*range(c)], {})


@pytest.mark.parametrize(("c", "g"), SOME)
def test_what_is_measured_is_what_following_the_edges_gives(c, g):
    figure, n = ChannelShuffle(channels=c, groups=g, output=0), c // g
    for order in ("paper", "inverse"):
        figure.order = order
        assert list(figure.wiring().order) == dealt(c, g, order) and figure.wiring()[1:] == (g, g)
        reach = [list(inputs) for inputs in figure.reach()]
        assert reach == by_hand(c, g, dealt(c, g, order)) == [list(row) for row in figure.reach(True, order)]
        assert {len(inputs) for inputs in reach} == {min(g, n) * n}
    assert [list(inputs) for inputs in figure.reach(False)] == by_hand(c, g, list(range(c)))
    assert (min(g, n) * n == c) == (c >= g * g)
    figure.layers = 3
    for order in ("paper", "inverse"):
        assert [list(inputs) for inputs in figure.reach(True, order)] == by_hand(c, g, dealt(c, g, order), 3)
    assert figure.reach(False) == mixing.reach(figure.wiring()._replace(order=tuple(range(c))))


def test_an_order_of_ones_own_is_asked_of_pytorch_too():
    """Six of twelve channels moved are as good as the shuffle, which moves ten; five are not."""
    six = [0, 4, 8, 3, 1, 5, 9, 7, 2, 6, 10, 11]
    figure = ChannelShuffle(order="own", own=six)
    assert figure.wiring() == Wiring(tuple(six), 3, 3) and set(map(len, figure.reach())) == {12}
    assert sum(i != channel for i, channel in enumerate(six)) == 6
    assert sum(i != channel for i, channel in enumerate(dealt(12, 3, "paper"))) == 10
    figure.own = [0, 4, 8, 3, 1, 5, 6, 7, 2, 9, 10, 11]
    assert sorted(set(map(len, figure.reach()))) == [8, 12]
    assert [list(inputs) for inputs in figure.reach()] == by_hand(12, 3, figure.own)


def test_words():
    assert (ranges([]), ranges([3]), ranges([0, 1, 2, 5, 7, 8])) == ("", "3", "0–2 5 7–8")


# Other code, broken code ---------------------------------------------------------------------------------------------


class NoShuffle(ShuffleUnit):
    """Forgets the shuffle."""

    def forward(self, x):
        return torch.relu(x + self.expand(self.depthwise(torch.relu(self.reduce(x)))))


class LateShuffle(ShuffleUnit):
    """Shuffles after the depthwise convolution, as the authors' code does, by the inverse."""

    def forward(self, x):
        y = self.depthwise(torch.relu(self.reduce(x)))
        y = channel_shuffle(y, y.shape[1] // self.groups)
        return torch.relu(x + self.expand(y))


class DenseExpand(ShuffleUnit):
    """Forgets to group the last convolution."""

    def __init__(self, c_in, c_out, stride, groups, reduce_groups):
        super().__init__(c_in, c_out, stride, groups, reduce_groups)
        self.expand[0] = nn.Conv2d(c_out // 4, c_out, 1, bias=False)


@pytest.fixture(scope="module")
def broken():
    """A function from a class like ShuffleUnit to its figure, made once."""
    return functools.cache(ChannelShuffle.from_module)


def test_code_that_follows_the_formula_leaves_nothing_to_tell(broken):
    assert broken(ShuffleUnit).measured == broken(channel_shuffle).measured == {}
    unit = ChannelShuffle.from_module(ShuffleUnit(48, 48, 1, 3, 3))
    assert (unit.channels, unit.groups, unit.fixed) == (12, 3, True)
    assert (unit.offers("channels"), unit.offers("groups")) == ([12], [3])
    assert unit.measured == {}


def test_a_stride_2_unit_with_its_ungrouped_first_convolution():
    """Stage 2 begins dense, so everything mixes even without the shuffle."""
    unit = ChannelShuffle.from_module(ShuffleUnit(24, 48, 2, 3, 1).double())
    assert unit.measured["12/3/paper"] == {"from": [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], "first": 1, "second": 3}
    assert unit.reach(False) == (tuple(range(12)),) * 12


def test_a_unit_without_shuffle_is_told(broken):
    figure = broken(NoShuffle)
    assert figure.measured["12/3/paper"] == {"from": list(range(12)), "first": 3, "second": 3}
    assert set(figure.measured) == {f"{c}/{g}/{o}" for c, g in PAIRS if g not in (1, c) for o in ("paper", "inverse")}
    assert figure.reach(True) == figure.reach(False) == ChannelShuffle().reach(False)


def test_a_late_inverse_shuffle_is_told(broken):
    changed = {key.removesuffix("/paper") for key in broken(LateShuffle).measured if key.endswith("/paper")}
    assert changed == {f"{c}/{g}" for c, g in PAIRS if g not in (1, c, c // g)}  # the square deal is its own inverse


def test_an_ungrouped_convolution_is_told(broken):
    assert broken(DenseExpand).measured["12/3/paper"]["second"] == 1
    assert set(broken(DenseExpand).reach()) == {tuple(range(12))}


def test_a_function_in_the_other_order_is_told():
    inverse = ChannelShuffle.from_module(lambda x, g: channel_shuffle(x, x.shape[1] // g))
    assert inverse.measured["6/2/paper"]["from"] == dealt(6, 2, "inverse") == [0, 2, 4, 1, 3, 5]
    assert inverse.measured["6/2/inverse"]["from"] == dealt(6, 2, "paper") == [0, 3, 1, 4, 2, 5]


def test_asking_a_unit_leaves_it_alone():
    unit = ShuffleUnit(48, 48, 1, 3, 3).train()
    before = {key: value.clone() for key, value in unit.state_dict().items()}
    ChannelShuffle.from_module(unit)
    assert unit.training and not unit.reduce._forward_hooks
    assert all(torch.equal(value, before[key]) for key, value in unit.state_dict().items())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (lambda x, g: x[:, :-1], r"must keep the shape \(1, 2, 2, 2\), got shape \(1, 1, 2, 2\)"),
        (lambda x, g: None, "must keep the shape .*, got NoneType"),
        (lambda x, g: x * 0, "shuffle of 2 channels must bring each channel to one place; got .0.0, 0.0"),
        (lambda x, g: x[:, [0] * x.shape[1]], "must bring each channel to one place"),
        (lambda x, g: x + torch.arange(4.0).reshape(2, 2), "must bring each channel to one place"),
        (ShuffleUnit(240, 240, 1, 3, 3), "at most 16 channels; the bottleneck has 60"),
        (3, r"expected a function shuffle\(x, groups\) or a ShuffleUnit, got int"),
    ],
)
def test_what_loses_channels_is_refused(source, message):
    with pytest.raises(ValueError, match=message):
        ChannelShuffle.from_module(source)


# Traits --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"channels": 18}, "channels in 3 groups must be one of 3, 6, 9, 12, 15; got 18"),
        ({"channels": 1}, "channels in 3 groups must be one of 3, 6, 9, 12, 15; got 1"),
        ({"channels": 16}, "channels in 3 groups must be one of 3, 6, 9, 12, 15; got 16"),
        ({"groups": 5}, "groups of 12 channels must be one of 1, 2, 3, 4, 6, 12; got 5"),
        ({"groups": 24}, "groups of 12 channels must be one of"),
        ({"order": "other"}, "order"),
        ({"output": 12}, "output must be one of 0 to 11; got 12"),
        ({"output": -1}, "output must be one of 0 to 11; got -1"),
        ({"step": 4}, "step must be one of 0 to 3; got 4"),
        ({"layers": 4}, "layers must be one of 2, 3; got 4"),
        ({"own": [0, 1, 2]}, r"own must be an order of 12 values from 0 to 11; got \[0, 1, 2\]"),
        ({"own": [0] * 12}, "own must be an order of 12 values from 0 to 11"),
        ({"channels": 12.5}, "channels"),
        ({"shuffle": "no"}, "shuffle"),
    ],
)
def test_wrong_traits_are_refused_at_once(traits, message):
    with pytest.raises(traitlets.TraitError, match=message):
        ChannelShuffle(**traits)
    widget = ChannelShuffle()
    ((name, value),) = traits.items()
    before = getattr(widget, name)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


def test_a_unit_keeps_its_own_channels_and_groups():
    unit = ChannelShuffle.from_module(ShuffleUnit(48, 48, 1, 3, 3))
    with pytest.raises(traitlets.TraitError, match="channels must be one of 12; got 24"):
        unit.channels = 24
    with pytest.raises(traitlets.TraitError, match="groups of 12 channels must be one of 3; got 4"):
        unit.groups = 4


def test_neither_channels_nor_groups_move_the_other():
    widget = ChannelShuffle(channels=12, groups=3, output=11, order="own", own=[11, *range(11)])
    assert list(widget.offers("channels")) == [3, 6, 9, 12, 15] and widget.offers("groups") == [1, 2, 3, 4, 6, 12]
    with pytest.raises(traitlets.TraitError, match="channels in 3 groups"):
        widget.channels = 16
    widget.groups = 4
    assert (widget.channels, list(widget.offers("channels"))) == (12, [4, 8, 12, 16])
    widget.channels = 8
    assert (widget.groups, widget.output, widget.own) == (4, 7, [*range(8)]), "a channel that has gone cannot be picked"


def test_the_front_end_may_send_everything_at_once():
    widget = ChannelShuffle()
    widget.set_state({"output": 15, "groups": 8, "channels": 16})
    assert (widget.channels, widget.groups, widget.output) == (16, 8, 15)
    widget.set_state({"groups": 3, "channels": 6})
    assert (widget.channels, widget.groups, widget.output) == (6, 3, 5)


def test_all_offered_states_are_accepted():
    widget = ChannelShuffle()
    for c, g in PAIRS:
        widget.set_state({"channels": c, "groups": g, "output": c - 1})
        assert len(widget.reached(True)) == len(widget.reached(True, "inverse")) == min(g, c // g) * c // g
        assert len(widget.reached(False)) == c // g
    widget.shuffle = False
    assert widget.reached() == widget.reached(False)


def test_two_figures_are_independent():
    one, two = ChannelShuffle(), ChannelShuffle()
    one.channels, one.shuffle = 15, False
    assert (two.channels, two.shuffle) == (12, True)


def test_the_state_is_plain_and_small():
    state = {key: value for key, value in ChannelShuffle().get_state().items() if not key.startswith("_")}
    state.pop("layout", None)
    assert len(json.dumps(state)) < 8_000


# The still ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("c", "g", "shuffle"), [(*pair, s) for pair in SOME for s in (True, False)])
def test_the_still(c, g, shuffle):
    widget = ChannelShuffle(channels=c, groups=g, shuffle=shuffle, output=c // 2)
    found, n = BeautifulSoup(still(widget), "html.parser"), c // g
    assert len(found.select(".ln-network text")) == 4 * c + 4 and len(found.select("tr")) == g + 1
    assert found.select_one(".ln-verdict").get_text() == verdict(widget)
    assert f"Output {c // 2}: from inputs {ranges(widget.reached())}." in found.get_text()
    rays = "".join(path["d"] for path in found.select(".ln-ray") if path.get("d"))
    assert rays.count("M") == n * n + 2 * n


def test_the_still_follows_the_traits():
    widget = ChannelShuffle(output=0, order="inverse")
    assert "Output 0: from" in still(widget) and "Order: 0 3 6 9 1 4" in still(widget)
    assert "Channels C: 12; Groups g: 3; ☐ Third layer; Between: its inverse" in still(widget)


def slots(sketch: Sketch) -> list[list[list[int]]]:
    """For each row and channel the groups whose slot in the bar is filled, from where the pieces stand."""
    c, g = sketch.state()["channels"], sketch.state()["groups"]
    found = sketch.evaluate("""(g) => root.querySelectorAll("[role=option]").map((node) => {
      const wide = +node.firstChild.getAttribute("width"), slot = (wide - 4) / g;
      return node.querySelectorAll(".ln-bar").flatMap((bar) => [...(bar.getAttribute("d") ?? "").matchAll(/M([-\\d.e]+) /g)]
        .map(([, x]) => Math.round((+x - 2 + wide / 2) / slot))).sort((a, b) => a - b);
    })""".replace("\\\\", "\\"), g)
    return [found[row * c : row * c + c] for row in range(4)]


@pytest.mark.parametrize("layers", [2, 3])
@pytest.mark.parametrize("order", ["none", "paper", "inverse", "own"])
def test_a_bar_is_filled_by_the_groups_that_have_come_in(order, layers):
    for c, g in ((12, 3), (12, 6), (16, 8), (6, 1), (4, 4)):
        own = [*range(1, c), 0]
        values = {"order": order} if order != "none" else {"shuffle": False}
        widget = ChannelShuffle(channels=c, groups=g, own=own, layers=layers, output=0, **values)
        n, found = c // g, slots(Sketch(widget))
        groups = [[i // n] for i in range(c)]
        assert found[:2] == [groups, groups]
        assert found[3] == [sorted({i // n for i in inputs}) for inputs in widget.reach()]


def test_a_mark_has_the_ink_of_its_group():
    """Four groups, four inks; of twelve channels in four groups each output has had three."""
    sketch = Sketch(ChannelShuffle(channels=12, groups=4, output=5))
    inks = sketch.evaluate("""root.querySelectorAll("[role=option]").slice(36).map((node) => node.querySelectorAll(".ln-bar")
      .filter((bar) => bar.getAttribute("d")).map((bar) => bar.getAttribute("class")))""")
    met = [sorted({i // 3 for i in inputs}) for inputs in ChannelShuffle(channels=12, groups=4).reach()]
    assert inks == [[f"ln-bar ln-ink{group}" for group in groups] for groups in met]
    assert met[5] == [0, 1, 3] and met[9:] == [[1, 2, 3]] * 3


def test_the_notebook_gets_the_widget():
    bundle = ChannelShuffle()._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "text/html" not in data
