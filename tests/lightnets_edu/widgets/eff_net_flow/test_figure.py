"""The figure of EffNet's block: its tables against single pixels and arithmetic, other blocks, its traits, what it draws and says."""

import random
import re

import pytest
import torch
import traitlets
from eff_net_flow.expected import (
    NAMES,
    SIZES,
    block,
    channels,
    ends,
    layers,
    least,
    lit,
    missed,
    said,
    spot,
    told,
    values,
)
from sketch import Sketch, still
from torch import nn

from lightnets_edu.models.effnet import LAST, TABLE_1, EffNetBlock
from lightnets_edu.models.mobilenet_v1 import DepthwiseSeparable
from lightnets_edu.widgets import EffNetFlow
from lightnets_edu.widgets.eff_net_flow import CHANNELS, flow

# What Python sends ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("last", "counts"), [("2x1", [0, 0, 32, 16, 16, 0]), ("1x2", [0] * 6)])
def test_which_pixels_nobody_reads(last, counts):
    """Every second column behind the layers that come after the 1×1, as printed; none with the other reading."""
    figure = EffNetFlow(last=last)
    assert figure.unread() == counts == [len(own) for own in missed(last, 5)] and figure.unread("mobilenet") == [0] * 3
    assert {column % 2 for own in missed(last, 5) for _, column in own} <= {1}
    for step in range(6):
        figure.step = step
        assert figure.unread() == [len(own) for own in missed(last, step)]


def test_the_maps_are_those_of_table_1():
    row, figure = TABLE_1[2], EffNetFlow()
    assert (figure.c_in, figure.c_mid, figure.c_out) == row
    shapes, x = [], torch.zeros(1, row.c_in, 8, 8)
    real = EffNetBlock(*row).eval()
    for part in (nn.Identity(), real.reduce, real.depthwise_row, real.pool, real.depthwise_column, nn.Sequential(real.pad, real.expand)):
        x = part(x)
        shapes.append([*x.shape[2:], x.shape[1]])
    assert [[*one.size, one.channels] for one in figure.maps()] == shapes
    assert [[*one.size, one.channels] for one in figure.maps("mobilenet")] == [[8, 8, 128], [4, 4, 128], [4, 4, 256]]


@pytest.mark.parametrize("name", ["2x1", "1x2", "mobilenet"])
def test_gradients_say_what_becomes_of_pixels(name):
    maps = [flow.Map(**one) for one in EffNetFlow().flows[name]]
    for i in range(1, len(maps)):
        height, width = maps[i].size
        for r, c in ((r, c) for r in range(height) for c in range(width)):
            assert lit(name, i, r, c, i)[i - 1] == [[a, b] for a in maps[i].rows[r] for b in maps[i].columns[c]]


def test_a_figure_leaves_a_readers_draws_alone():
    flow._default.cache_clear()
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    EffNetFlow()
    assert torch.equal(torch.rand(3), expected)


# Other blocks ---------------------------------------------------------------------------------------------------------


class Shortcut(nn.Module):
    """Reads its input in two ways."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1, stride=2)
        self.side = nn.AvgPool2d(2)

    def forward(self, x):
        return self.conv(x) + self.side(x)


@pytest.mark.parametrize(
    ("module", "shape", "counts"),
    [
        (EffNetBlock(3, 32, 64), (1, 3, 16, 12), [0, 0, 96, 48, 48, 0]),
        (EffNetBlock(4, 8, 16, "1x2").double().train(), (1, 4, 8, 8), [0] * 6),
        (nn.Conv2d(16, 32, 1, stride=2), (1, 16, 8, 8), [48, 0]),
        (nn.Conv2d(4, 4, 3, stride=4), (1, 4, 8, 8), [28, 0]),
        (DepthwiseSeparable(8, 16, 2), (1, 8, 7, 7), [0, 0, 0]),
        (nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, (1, 1), stride=(2, 1))), (1, 4, 8, 8), [8, 32, 8, 0]),
    ],
)
def test_a_block_of_ones_own(module, shape, counts):
    figure = EffNetFlow.from_module(module, shape)
    assert figure.unread() == counts and (figure.last, figure.offers("last")) == ("own", ["own"])
    assert [figure.c_in, *figure.maps()[0].size] == list(shape[1:]) and figure.offers("c_in") == [shape[1]]
    drawn = still(figure)
    assert "Your block" in drawn and "caption" in drawn and "Last layer" not in drawn
    shares = [100 * own / (one.size[0] * one.size[1]) for own, one in zip(counts, figure.maps(), strict=True)]
    assert ("Every pixel reaches the output." in drawn) == (not any(counts))
    assert all(f"{share:.3g}%" in drawn for share in shares if share)
    other = EffNetFlow.from_module(module, shape).maps("mobilenet")
    real = DepthwiseSeparable(shape[1], int(figure.maps()[-1].channels), 2)(torch.zeros(2, *shape[1:]))
    assert [*other[-1].size] == list(real.shape[2:]) and other[-1].channels == real.shape[1]


def test_asking_a_block_leaves_it_alone():
    module = EffNetBlock(4, 4, 8).train()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    EffNetFlow.from_module(module, (1, 4, 8, 8))
    assert module.training and not any(part._forward_hooks for part in module.modules())
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())


@pytest.mark.parametrize(
    ("module", "shape", "message"),
    [
        (3, (1, 4, 8, 8), r"expected a block \(an nn.Module instance\), got int"),
        (nn.Conv2d(4, 4, 1), (4, 8, 8), r"shape must be that of one image with sides of at most 16, .*; got \(4, 8, 8\)"),
        (nn.Conv2d(4, 4, 1), (1, 4, 8, 17), "sides of at most 16"),
        (nn.Conv2d(4, 4, 1), (2, 4, 8, 8), "shape must be that of one image"),
        (nn.Conv2d(4, 4, 1), (1, 3, 8, 8), r"Conv2d cannot take an input of shape \(1, 3, 8, 8\)"),
        (nn.ReLU(), (1, 4, 8, 8), "there is room for 1 to 5 layers; ReLU has 0"),
        (nn.Sequential(*(nn.Conv2d(4, 4, 1) for _ in range(6))), (1, 4, 8, 8), "1 to 5 layers; Sequential has 6"),
        (nn.Sequential(nn.Conv2d(4, 4, 1), nn.Flatten()), (1, 4, 8, 8), "gives something else than maps"),
        (Shortcut(), (1, 4, 8, 8), "Shortcut is no chain of maps: its output reads map 0 in another way too"),
    ],
)
def test_what_is_no_such_block_is_refused(module, shape, message):
    with pytest.raises(ValueError, match=message):
        EffNetFlow.from_module(module, shape)


# Traits ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"last": "2×1"}, "last must be one of 2x1, 1x2; got 2×1"), ({"last": "mobilenet"}, "last must be one of"),
        ({"step": 6}, "step must be one of 0 to 5; got 6"), ({"step": -1}, "step"), ({"c_mid": 48}, "c_mid must be one of 3, 16, 32, 64, 128, 256; got 48"),
        ({"map": 9}, "map must be one of 0 to 8; got 9"), ({"row": 4}, "row must be one of 0 to 3; got 4"),
        ({"map": 4, "column": 8}, "column must be one of 0 to 7; got 8"), ({"flows": {}}, "flows holds what was measured|flows holds what from_module finds"),
    ],
)  # fmt: skip
def test_wrong_traits_are_refused(traits, message):
    figure = EffNetFlow()
    before = {name: getattr(figure, name) for name in figure.drawn}
    with pytest.raises(traitlets.TraitError, match=message):
        figure.set_state(traits)
    assert {name: getattr(figure, name) for name in figure.drawn} == before
    with pytest.raises(traitlets.TraitError, match=message):
        EffNetFlow(**traits)


def test_a_pixel_stays_on_its_map():
    figure = EffNetFlow(map=0, row=7, column=7)
    figure.map = 4
    assert (figure.row, figure.column) == (3, 7)
    assert figure.moved(map=7, row=2, column=1) == {**{name: getattr(figure, name) for name in figure.drawn}, "map": 7, "row": 2, "column": 1}
    with pytest.raises(traitlets.TraitError, match="row must be one of 0 to 3; got 5"):
        figure.moved(map=7, row=5)


# What is drawn and said, on paper -------------------------------------------------------------------------------------

SEE = """() => {
  const figure = document.querySelector("figure"), get = (node, name) => node.getAttribute(name);
  const starts = (node) => [...(get(node, "d") ?? "").matchAll(/M(\\S+) ([^a-z]+)/g)].map((found) => [+found[1], +found[2]]);
  return {
    parts: [...figure.querySelectorAll("[role=option]")].map((part) => ({
      label: get(part, "aria-label"), off: get(part, "aria-disabled"),
      front: ["x", "y", "width", "height"].map((name) => +get(part.querySelector(".ln-en-front"), name)),
      ...Object.fromEntries(["read", "chosen", "meets", "cross"].map((name) => [name, starts(part.querySelector(`.ln-en-${name}`))])),
    })),
    bars: [...figure.querySelectorAll(".ln-bars")].map((bar) => +get(bar, "width")),
    titles: [...figure.querySelectorAll(".ln-en-title")].map((title) => title.textContent),
    said: figure.querySelector(".ln-say").textContent,
  };
}"""


def cells(part: dict, kind: str, size: tuple[int, int]) -> list[list[int]]:
    """The pixels of a map that a path marks."""
    (x, y, width, height), shift = part["front"], 1.5 if kind == "chosen" else 0
    pixel = width / size[1]
    assert height / size[0] == pytest.approx(pixel)
    return sorted([int((b + shift - y) // pixel), int((a + shift - x) // pixel)] for a, b in part[kind])


def check(sketch: Sketch, figure: EffNetFlow) -> None:
    """Boxes, marks, words and table against single pixels and arithmetic."""
    seen, chosen, fronts = sketch.evaluate(SEE), spot(figure), []
    bars = seen["bars"]
    for b, sizes in enumerate(SIZES):
        last, name = ends(figure)[b], block(figure, b)
        hidden = b == chosen[0] and chosen[1] > last
        found = lit(name, chosen[1], figure.row, figure.column, last) if b == chosen[0] and not hidden else [[]] * 6
        gone = missed(name, last)
        for i, size in enumerate(sizes):
            part = seen["parts"][6 * b + i]
            assert part["label"] == f"{NAMES[b]}, {layers(figure, b)[i]}: {channels(figure)[b][i]}×{'×'.join(map(str, size))}, {values(figure, b)[i]:,} values"
            assert (part["off"] == "true") == (i > last)
            fronts.append(part["front"][:1:-1])
            own = found[i] if i <= last else []
            kinds = {"read": i < chosen[1], "chosen": i == chosen[1], "meets": i > chosen[1]}
            for kind, here in kinds.items():
                assert cells(part, kind, size) == (own if here else []), (kind, b, i)
            assert cells(part, "cross", size) == (gone[i] if i <= last else [])
        made, read = least(figure, b)
        assert seen["titles"][b] == f"{NAMES[b]}: narrowest {f'{made:,}, read {read:,}' if read < made else f'so far {made:,}'}"
    sizes, amounts = [*SIZES[0], *SIZES[1]], values(figure, 0) + values(figure, 1)
    assert fronts == [pytest.approx([side * fronts[0][0] / 8 for side in size]) for size in sizes], "one scale"
    assert bars == [pytest.approx(max(1, bars[0] / amounts[0] * amount), rel=0.02) for amount in amounts] or bars[0] < 3
    assert seen["said"] == said(figure)


def test_states_are_drawn_as_they_were_measured():
    figure, dice = EffNetFlow(), random.Random(5)
    sketch = Sketch(figure)
    check(sketch, figure)
    for n in range(24):
        own = {"last": dice.choice(["2x1", "1x2"]), "step": n % 6, "map": dice.randrange(9), **{name: dice.choice(CHANNELS) for name in ("c_in", "c_mid", "c_out")}}
        size = [*SIZES[0], *SIZES[1]][own["map"]]
        own |= {"row": dice.randrange(size[0]), "column": dice.randrange(size[1])}
        figure.set_state(own)
        sketch.move(own)
        check(sketch, figure)


def test_a_spoilt_table_is_noticed():
    figure = EffNetFlow()
    sketch = Sketch(figure)
    spoilt = {"2x1": [*figure.flows["2x1"][:-1], {**figure.flows["2x1"][-1], "columns": [[0], [2], [4], [7]]}]}
    sketch.move({"flows": {**figure.flows, **spoilt}})
    with pytest.raises(AssertionError):
        check(sketch, figure)


def test_each_map_says_its_pixel(paper):
    """Pointed at or reached by keys: the chosen pixel, or what is nearest to it."""
    figure = EffNetFlow(map=0, row=5, column=3)
    tab = paper(figure)
    for b, sizes in enumerate(SIZES):
        for i, (height, width) in enumerate(sizes):
            tab.get_by_role("option").nth(6 * b + i).hover()
            assert tab.said() == told(figure, b, i, min(5, height - 1), min(3, width - 1))
    assert told(figure, 0, 4, 3, 3) == "Depthwise 3×1, 4,096 values. Row 3, column 3 reads rows 4–7, columns 2–4 of the input, reaches no output."


def test_the_data(paper):
    tab, figure = paper(EffNetFlow()), EffNetFlow()
    rows = [[*re.findall("<td[^>]*>([^<]*)<", row)] for row in re.findall("<tr.*?</tr>", tab.plain())][1:]
    mine = [[NAMES[b], layers(figure, b)[i], f"{channels(figure)[b][i]}×{h}×{w}", f"{values(figure, b)[i]:,}", f"{len(missed(block(figure, b), ends(figure)[b])[i])} of {h * w}"] for b, sizes in enumerate(SIZES) for i, (h, w) in enumerate(sizes)]
    assert rows == mine
    _, kept = figure.data()
    assert [(one[2], f"{one[3]:,}", one[4]) for one in kept] == [tuple(one[2:]) for one in mine]


# Questions ------------------------------------------------------------------------------------------------------------


def test_questions_show_their_answers(paper):
    """From the farthest states; a button changes what it names and no more."""
    tab, seen = paper(EffNetFlow()), {}
    for button in tab.locator(".ln-asks button").all():
        tab.move({"last": "1x2", "step": 2, "c_in": 3, "c_mid": 256, "c_out": 16, "map": 8, "row": 3, "column": 3})
        before = tab.state()
        button.click()
        after = tab.state()
        assert {key for key in after if after[key] != before[key]} <= set(button.get_attribute("data-sets").split())
        assert [one.get_attribute("aria-pressed") for one in tab.locator(".ln-asks button").all()].count("true") == 1
        figure = EffNetFlow()
        figure.set_state({key: value for key, value in after.items() if key in figure.drawn})
        check(tab, figure)
        seen[button.text_content()] = figure
    read, other, shrink, narrow = seen.values()
    assert sum(read.unread()) == 64 and sum(other.unread()) == 0 and lit("2x1", 4, read.row, read.column, 5)[5] == []
    assert [one.size for one in shrink.maps()[shrink.step - 1 : shrink.step + 1]] == [[8, 8], [4, 8]] and shrink.maps("mobilenet")[1].size == [4, 4]
    assert least(read, 0) == (4096, 2048) and least(other, 0) == (4096, 4096)
    assert min(values(narrow, 0)) < min(values(narrow, 1)) and min(values(read, 0)) == 2 * min(values(read, 1))


def test_it_begins_with_the_third_block_of_the_table_and_reads_the_last_layer_as_the_model_does():
    figure, third = EffNetFlow(), TABLE_1[2]
    assert (figure.c_in, figure.c_mid, figure.c_out) == (third.c_in, third.c_mid, third.c_out)
    assert set(flow.LAST) == set(LAST)
