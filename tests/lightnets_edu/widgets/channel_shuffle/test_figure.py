"""The figure of the channel shuffle: its tables against brute force, its traits, its static picture."""

import functools
import json

import pytest
import torch
import traitlets
from bs4 import BeautifulSoup
from channel_shuffle.expected import ranges
from sketch import drawn, still
from torch import nn

from lightnets_edu.models.shufflenet_v1 import ShuffleUnit, channel_shuffle
from lightnets_edu.widgets import ChannelShuffle
from lightnets_edu.widgets.channel_shuffle.wiring import PAIRS

SOME = [(6, 2), (12, 3), (12, 4), (13, 1), (13, 13), (24, 6), (30, 5), (32, 1), (32, 2), (32, 8), (32, 16), (32, 32)]


def dealt(c: int, g: int, order: str) -> list[int]:
    """The channel at each place after the shuffle, by arithmetic."""
    rows = g if order == "paper" else c // g
    return [j % rows * (c // rows) + j // rows for j in range(c)]


def by_hand(c: int, g: int, order: list[int]) -> list[list[int]]:
    """Who reaches whom, followed edge by edge: output -> its group's places -> where those came from -> their group."""
    n = c // g
    group = [range(i // n * n, i // n * n + n) for i in range(c)]
    return [sorted({i for place in group[o] for i in group[order[place]]}) for o in range(c)]


@pytest.fixture(scope="module")
def figure():
    return ChannelShuffle()


def test_every_pair_is_on_offer(figure):
    assert [(c, g) for c, groups in figure.choices().items() for g in groups] == list(PAIRS)
    assert tuple((c, g) for c in range(2, 33) for g in range(1, 33) if c % g == 0) == PAIRS
    assert figure.measured == {}


@pytest.mark.parametrize(("c", "g"), SOME)
def test_what_is_measured_is_what_following_the_edges_gives(c, g):
    figure, n = ChannelShuffle(channels=c, groups=g), c // g
    for order in ("paper", "inverse"):
        figure.order = order
        assert list(figure.wiring().order) == dealt(c, g, order) and figure.wiring()[1:] == (g, g)
        reach = [list(inputs) for inputs in figure.reach()]
        assert reach == by_hand(c, g, dealt(c, g, order)) == [list(row) for row in figure.reach(True, order)]
        assert {len(inputs) for inputs in reach} == {min(g, n) * n}
    assert [list(inputs) for inputs in figure.reach(False)] == by_hand(c, g, list(range(c)))
    assert (min(g, n) * n == c) == (c >= g * g)


def test_words():
    assert (ranges([]), ranges([3]), ranges([0, 1, 2, 5, 7, 8])) == ("", "3", "0–2 5 7–8")
    letters = [tag.get_text() for tag in drawn(ChannelShuffle(channels=32, groups=32)).select(".ln-network .ln-letter")]
    assert len(set(letters[:32])) == 32


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
    assert (unit.channels, unit.groups, unit.fixed, unit.choices()) == (12, 3, True, {12: [3]})
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
        (ShuffleUnit(240, 240, 1, 3, 3), "at most 32 channels; the bottleneck has 60"),
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
        ({"channels": 33}, "channels must be one of 2 to 32; got 33"),
        ({"channels": 1}, "channels must be one of 2 to 32; got 1"),
        ({"groups": 5}, "groups of 12 channels must be one of 1, 2, 3, 4, 6, 12; got 5"),
        ({"groups": 24}, "groups of 12 channels must be one of"),
        ({"order": "other"}, "order"),
        ({"output": 12}, "output must be one of 0 to 11; got 12"),
        ({"output": -1}, "output must be one of 0 to 11; got -1"),
        ({"step": 5}, "step must be one of 0 to 4; got 5"),
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


def test_groups_and_output_follow_the_channels():
    widget = ChannelShuffle(channels=24, groups=12, output=23)
    widget.channels = 16
    assert (widget.groups, widget.output) == (8, 15)
    widget.channels = 7
    assert (widget.groups, widget.output) == (7, 6)
    widget.channels = 5
    assert (widget.groups, widget.output) == (5, 4)


def test_the_front_end_may_send_everything_at_once():
    widget = ChannelShuffle()
    widget.set_state({"output": 20, "groups": 8, "channels": 24})
    assert (widget.channels, widget.groups, widget.output) == (24, 8, 20)
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
    one.channels, one.shuffle = 24, False
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
    reached = n if not shuffle else min(g, n) * n
    assert f"utput {c // 2} reaches {reached} of {c} inputs" in found.get_text()
    rays = "".join(path["d"] for path in found.select(".ln-ray") if path.get("d"))
    assert rays.count("M") == n * n + 2 * n


def test_the_still_follows_the_traits():
    widget = ChannelShuffle(output=0, order="inverse")
    assert "utput 0 reaches" in still(widget) and "After the shuffle: 0 3 6 9 1 4" in still(widget)
    assert "Channels C: 12; Groups g: 3; ☑ Shuffle; Order: inverse" in still(widget)


def test_the_notebook_gets_the_widget():
    bundle = ChannelShuffle()._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "text/html" not in data
