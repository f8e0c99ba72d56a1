"""The figure of the channel shuffle: its tables against brute force, its traits, its static picture."""

import json
import re
from html.parser import HTMLParser

import pytest
import torch
import traitlets
from torch import nn

from lightnets_edu.models.shufflenet_v1 import ShuffleUnit, channel_shuffle
from lightnets_edu.widgets import ChannelShuffle
from lightnets_edu.widgets.channel_shuffle import members

PAIRS = [(c, g) for c in (6, 8, 12, 16, 24) for g in range(1, c) if c % g == 0]


def by_hand(c: int, g: int, shuffle: bool) -> list[list[int]]:
    """Who reaches whom, followed edge by edge: output -> its group's places -> where those came from -> their group."""
    n = c // g
    order = [j % g * n + j // g for j in range(c)] if shuffle else list(range(c))
    group = [range(i // n * n, i // n * n + n) for i in range(c)]
    return [sorted({i for place in group[o] for i in group[order[place]]}) for o in range(c)]


@pytest.fixture(scope="module")
def figure():
    return ChannelShuffle()


def test_every_useful_pair_is_on_offer(figure):
    assert [(c, g) for c, groups in figure.choices().items() for g in groups] == PAIRS


@pytest.mark.parametrize(("c", "g"), PAIRS)
def test_tables_are_what_following_the_edges_gives(figure, c, g):
    table, n = figure.tables[f"{c}/{g}"], c // g
    assert table["permutation"] == [j % g * n + j // g for j in range(c)]
    for name in ("first", "second"):
        assert [members(mask) for mask in table[name]] == [list(range(i // n * n, i // n * n + n)) for i in range(c)]
    for name in ("plain", "shuffled"):
        assert [members(mask) for mask in table[name]] == by_hand(c, g, name == "shuffled")
    assert {len(members(mask)) for mask in table["plain"]} == {n}
    assert {len(members(mask)) for mask in table["shuffled"]} == {min(g, n) * n}
    assert (min(g, n) * n == c) == (c >= g * g)


def test_members():
    assert members(0) == []
    assert members(0b1011) == [0, 1, 3]
    assert all(sum(1 << i for i in members(mask)) == mask for mask in range(200))


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


def test_the_unit_and_its_class_give_the_same_picture(figure):
    assert ChannelShuffle.from_module(ShuffleUnit).tables == figure.tables
    unit = ChannelShuffle.from_module(ShuffleUnit(48, 48, 1, 3, 3))
    assert (unit.channels, unit.groups, unit.choices()) == (12, 3, {12: [3]})
    assert unit.tables["12/3"] == figure.tables["12/3"]


def test_a_stride_2_unit_with_its_ungrouped_first_convolution():
    """Stage 2 begins dense, so everything mixes even without the shuffle."""
    table = ChannelShuffle.from_module(ShuffleUnit(24, 48, 2, 3, 1).double()).table
    assert set(table["plain"]) == {(1 << 12) - 1}
    assert table["permutation"] == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]


def test_a_unit_without_shuffle_changes_the_picture(figure):
    broken = ChannelShuffle.from_module(NoShuffle)
    for c, g in PAIRS:
        table = broken.tables[f"{c}/{g}"]
        assert table["permutation"] == list(range(c))
        assert table["shuffled"] == table["plain"] == figure.tables[f"{c}/{g}"]["plain"]


def test_a_late_inverse_shuffle_changes_the_picture(figure):
    broken = ChannelShuffle.from_module(LateShuffle)
    changed = {key for key, table in broken.tables.items() if table != figure.tables[key]}
    assert changed == {f"{c}/{g}" for c, g in PAIRS if g not in (1, c // g)}  # the square deal is its own inverse


def test_an_ungrouped_convolution_changes_the_picture(figure):
    broken = ChannelShuffle.from_module(DenseExpand)
    assert broken.tables["12/3"]["second"] == [(1 << 12) - 1] * 12 != figure.tables["12/3"]["second"]


def test_a_function_of_the_learners(figure):
    assert ChannelShuffle.from_module(channel_shuffle).tables == figure.tables
    inverse = ChannelShuffle.from_module(lambda x, g: channel_shuffle(x, x.shape[1] // g))
    assert inverse.tables["6/2"]["permutation"] == [0, 2, 4, 1, 3, 5] != figure.tables["6/2"]["permutation"]


def test_asking_a_unit_leaves_it_alone():
    unit = ShuffleUnit(48, 48, 1, 3, 3).train()
    before = {key: value.clone() for key, value in unit.state_dict().items()}
    ChannelShuffle.from_module(unit)
    assert unit.training and not unit.reduce._forward_hooks
    assert all(torch.equal(value, before[key]) for key, value in unit.state_dict().items())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (lambda x, g: x[:, :-1], r"must keep the shape \(1, 6, 2, 2\), got shape \(1, 5, 2, 2\)"),
        (lambda x, g: None, "must keep the shape .*, got NoneType"),
        (lambda x, g: x * 0, "must bring each channel to one place; got .0.0, 0.0"),
        (lambda x, g: x[:, [0, 0, 1, 2, 3, 4]], "must bring each channel to one place"),
        (lambda x, g: x + torch.arange(4.0).reshape(2, 2), "must bring each channel to one place"),
        (ShuffleUnit(240, 240, 1, 3, 3), "at most 24 channels; the bottleneck has 60"),
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
        ({"channels": 7}, "channels must be one of 6, 8, 12, 16, 24; got 7"),
        ({"groups": 5}, "groups of 12 channels must be one of 1, 2, 3, 4, 6; got 5"),
        ({"groups": 12}, "groups of 12 channels must be one of"),
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


def test_groups_and_output_follow_the_channels():
    widget = ChannelShuffle(channels=24, groups=12, output=23)
    widget.channels = 16
    assert (widget.groups, widget.output) == (8, 15)
    widget.channels = 6
    assert (widget.groups, widget.output) == (3, 5)


def test_the_front_end_may_send_everything_at_once():
    widget = ChannelShuffle()
    widget.set_state({"output": 20, "groups": 8, "channels": 24})
    assert (widget.channels, widget.groups, widget.output) == (24, 8, 20)


def test_all_offered_states_are_accepted():
    widget = ChannelShuffle()
    for c, g in PAIRS:
        widget.set_state({"channels": c, "groups": g, "output": c - 1})
        assert len(widget.reached(True)) == min(g, c // g) * c // g
        assert len(widget.reached(False)) == c // g
        assert widget.reached() == widget.reached(True)
    widget.shuffle = False
    assert widget.reached() == widget.reached(False)


def test_two_figures_are_independent():
    one, two = ChannelShuffle(), ChannelShuffle()
    one.channels, one.shuffle = 24, False
    assert (two.channels, two.shuffle) == (12, True)


def test_the_state_is_plain_and_small():
    state = {key: value for key, value in ChannelShuffle().get_state().items() if not key.startswith("_")}
    state.pop("layout", None)
    assert len(json.dumps(state)) < 20_000


# The static picture --------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Collects tags and attribute names."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


@pytest.mark.parametrize(("c", "g", "shuffle"), [(*pair, s) for pair in PAIRS[::3] for s in (True, False)])
def test_the_static_picture(c, g, shuffle):
    widget = ChannelShuffle(channels=c, groups=g, shuffle=shuffle, output=c // 2)
    parsed = Tags(widget.fallback)
    assert widget.fallback == widget.fallback_html()
    assert len(widget.fallback.encode()) < 8192
    assert parsed.tags.count("text") == 4 * c
    assert parsed.tags.count("tr") == c + 1
    assert not {"script", "style", "figure", "a", "img"} & set(parsed.tags)
    assert not any(name in ("id", "href", "src") or name.startswith("on") for name, _ in parsed.attributes)
    assert f"Output {c // 2} reaches {c // g} of {c} inputs without the shuffle" in widget.fallback
    lines = re.search(r'stroke-width="1.5" d="([^"]*)"', widget.fallback)[1].count("M")
    n, sources = c // g, widget.table["permutation"] if shuffle else list(range(c))
    arrivals = members(widget.table["second"][c // 2])
    fans = len({sources[p] for p in arrivals})
    assert lines == fans * (n if fans * n <= 100 else 2) + 2 * n


def test_the_static_picture_follows_the_traits():
    widget = ChannelShuffle(caption='<b>"mine"</b>')
    assert "&lt;b&gt;" in widget.fallback and "<b>" not in widget.fallback
    before = widget.fallback
    widget.output = 0
    assert "Output 0 reaches" in widget.fallback and widget.fallback != before
    before = widget.fallback
    widget.step = 3
    assert widget.fallback == before


def test_the_notebook_gets_the_widget():
    bundle = ChannelShuffle()._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "text/html" not in data
