"""The guideline explorer: its layers against PyTorch and the paper, what it refuses, real modules, what it draws and says."""

import math

import pytest
import torch
import traitlets
from sketch import NUMBER, Sketch, still
from torch import nn

from lightnets_edu.cost import conv_access, layer_costs, total
from lightnets_edu.layers import conv_bn
from lightnets_edu.widgets import GuidelineExplorer
from lightnets_edu.widgets import guideline_explorer as offered
from lightnets_edu.widgets.guideline_explorer import layers, paper

# Layers of equal work --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "ratio", "widths"),
    [(128, "1:1", (128, 128)), (128, "1:2", (90, 180)), (128, "1:6", (52, 312)), (128, "1:12", (36, 432)),
     (32, "1:1", (32, 32)), (32, "1:2", (22, 44)), (32, "1:6", (13, 78)), (32, "1:12", (9, 108))],
)  # fmt: skip
def test_the_widths_are_those_of_table_1(width, ratio, widths):
    assert layers.layer(56, width, layers.parsed(ratio))[:2] == widths


@pytest.mark.parametrize(("groups", "width"), [(1, 128), (2, 180), (4, 256), (8, 360)])
def test_the_widths_are_those_of_table_2(groups, width):
    assert layers.layer(56, 128, groups=groups)[:3] == (width, width, groups)


def test_the_factors_of_the_paper_s_layers():
    """What its Table 1 holds, reckoned: 1 : 12 moves 1.86 times the least."""
    found = GuidelineExplorer().layers()
    assert [round(found[ratio].factor(), 3) for ratio in ("1:1", "1:2", "1:6", "1:12")] == [1, 1.059, 1.42, 1.859]
    assert found["1:14"].factor() < 2 < found["1:15"].factor()


def states():
    for size in offered.SIZES:
        for width in offered.WIDTHS:
            for guideline in (1, 2):
                yield GuidelineExplorer(guideline=guideline, size=size, width=width)


def test_layers_are_whole_and_do_nearly_the_same_work():
    """Never more, at most 8.5 % less; and none moves less than the bound of its own work."""
    for figure in states():
        for what, one in figure.layers().items():
            work = figure.width**2 * figure.size**2
            assert 0.915 * work < one.macs <= work
            assert one.c_in % one.groups == one.c_out % one.groups == 0
            if figure.guideline == 1:
                a, b = layers.parsed(what)
                assert one.c_in * b == one.c_out * a and one.groups == 1
            else:
                assert one.c_in == one.c_out and one.groups == int(what)
            assert one.factor() >= 1 and (one.factor() == 1) == (what in ("1:1", "1"))


@pytest.mark.parametrize(("size", "width", "ratio", "groups"), [(7, 64, "12:1", 1), (14, 128, "2:3", 1), (7, 64, "1:1", 8), (7, 128, "1:1", 3)])
def test_costs_are_those_of_a_real_layer(size, width, ratio, groups):
    """Tensors that run through PyTorch: their elements, and each output's products."""
    one = layers.layer(size, width, layers.parsed(ratio), groups)
    conv, x = nn.Conv2d(one.c_in, one.c_out, 1, groups=groups, bias=False), torch.zeros(1, one.c_in, size, size)
    y = conv(x)
    assert one.macs == y.numel() * conv.weight[0].numel() == total(layer_costs(conv, x.shape)).macs
    assert one.access == x.numel() + y.numel() + conv.weight.numel() == total(layer_costs(conv, x.shape)).access


@pytest.mark.parametrize("size", [3, 7, 20])
def test_nothing_moves_less_than_the_bound(size):
    """All pairs of widths and all groups, one by one; equal widths and one group reach it."""
    for c_in in range(1, 41):
        for c_out in range(1, 41):
            for groups in (1, 2, 5):
                if c_in % groups or c_out % groups:
                    continue
                least = layers.bound(size, size * size * c_in * c_out // groups)
                moved = conv_access(c_in, c_out, 1, size, size, groups)
                assert moved >= least * (1 - 1e-12)
                assert math.isclose(moved, least) == (c_in == c_out and groups == 1)


def test_the_curve_runs_through_the_layers():
    """Where channels happen to have the widths that the formula asks for, and close by elsewhere."""
    assert layers.smooth(56, 128, 1, 4) == pytest.approx(layers.layer(56, 128, groups=4).factor())
    assert layers.smooth(56, 128, 16, 1) == pytest.approx(layers.layer(56, 128, (1, 16)).factor())
    for figure in states():
        for what, one in figure.layers().items():
            ratio, groups = one.c_out / one.c_in, one.groups
            assert layers.smooth(figure.size, figure.width, ratio, groups) == pytest.approx(one.factor(), rel=0.03), what


def test_imbalance_costs_little_on_small_maps():
    """A question of the figure: weights outweigh the maps, and stay as many."""
    assert GuidelineExplorer(size=7, width=512).layers()["1:12"].factor() < 1.15
    assert all(one.factor() < 1.3 for one in GuidelineExplorer(size=7, width=512, guideline=2).layers().values())


def test_times_are_multiples_of_the_balanced_layer_s():
    found = GuidelineExplorer().times()
    assert found["GPU", "1:12"] == 1480 / 748 and found["ARM", "1:12"] == 5.3 / 4.4 and found["GPU", "1:1"] == 1
    assert GuidelineExplorer(guideline=2).times()["GPU", "8"] == 2451 / 634
    assert GuidelineExplorer(width=256).times()["GPU", "1:6"] == 723 / 489
    assert ("ARM", "1:2") not in GuidelineExplorer(width=256).times() and GuidelineExplorer(size=28).times() == {}
    for figure in (GuidelineExplorer(width=width, guideline=g) for width in offered.WIDTHS for g in (1, 2)):
        assert {what for _, what in figure.times()} <= set(figure.layers())
        assert all(1 <= time <= offered.GUESSES[-1] for time in figure.times().values()), "on the axis"
    assert all(len(widths) == len(row) for table in paper.TABLES for _, widths, rows in table for row in rows.values())


# Traits and modules ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"guideline": 3}, "guideline must be one of 1, 2; got 3"), ({"ratio": "1:13.5"}, "ratio must be one of 32:1, 28:1, .*; got 1:13.5"),
        ({"groups": 5}, "groups must be one of 1, 2, 3, 4, 6, 8; got 5"), ({"size": 10}, "size must be one of 7, 14, .*; got 10"),
        ({"width": 100}, "width must be one of 64, 128, 256, 512; got 100"), ({"guess": 0.9}, "guess must be one of 1.0, .*; got 0.9"),
        ({"own": {"c_in": 3}}, "own holds what from_module finds"),
    ],
)  # fmt: skip
def test_what_is_not_on_offer_is_refused(traits, message):
    with pytest.raises(traitlets.TraitError, match=message):
        GuidelineExplorer(**traits)


def test_what_was_measured_stays():
    figure = GuidelineExplorer()
    for name, value in (("values", {"size": [1]}), ("paper", [{}]), ("own", {"c_in": 1})):
        with pytest.raises(traitlets.TraitError, match=f"{name} holds what was measured"):
            setattr(figure, name, value)


@pytest.mark.parametrize(
    ("module", "guideline", "ratio", "width", "says"),
    [
        (nn.Conv2d(24, 144, 1, bias=False), 1, "1:6", 59, "Conv2d: 24 → 144 channels, 135,168 elements moved."),
        (conv_bn(232, 58, 1), 1, "4:1", 116, "Sequential: 232 → 58 channels, 240,816 elements moved."),
        (nn.Conv2d(240, 60, 1, groups=3, bias=False), 2, "4:1", 69, "Conv2d: 240 → 60 channels, 240,000 elements moved."),
        (nn.Conv2d(3, 7, 1), 1, "1:2", 5, "Conv2d: 3 → 7 channels, 7,861 elements moved."),
    ],
)
def test_a_real_layer(module, guideline, ratio, width, says):
    c_in = next(m for m in module.modules() if isinstance(m, nn.Conv2d)).in_channels
    figure = GuidelineExplorer.from_module(module, (1, c_in, 28, 28), revealed=True)
    assert (figure.guideline, figure.ratio, figure.size, figure.width) == (guideline, ratio, 28, width)
    assert figure.own["says"] == says
    assert figure.own["access"] == total(row for row in layer_costs(module, (1, c_in, 28, 28)) if row.macs).access
    assert figure.offers("size") == [28] and figure.offers("width") == [width]
    sketch = Sketch(figure)
    assert sketch.said() == figure.own["says"] and sketch.locator(".ln-asks button").all_text_contents() == ["Hide"]
    box = sketch.locator(".ln-ge-ring").nth(1)
    height = layers.Layer(*list(figure.own.values())[:6]).factor()
    assert float(box.get_attribute("d")[1:].split("h")[0].split()[1]) + 7 == pytest.approx(floor(sketch) - height * unit(sketch))


@pytest.mark.parametrize(
    ("module", "shape", "message"),
    [
        (nn.Conv2d(4, 8, 3), (1, 4, 8, 8), "expected a module with one 1×1 convolution, .*; got Conv2d"),
        (nn.Sequential(nn.Conv2d(4, 8, 1), nn.Conv2d(8, 4, 1)), (1, 4, 8, 8), "expected a module with one 1×1 convolution"),
        (nn.ReLU(), (1, 4, 8, 8), "got ReLU"),
        (nn.Conv2d(4, 8, 1, stride=2), (1, 4, 8, 8), "stride 1 on square maps"),
        (nn.Conv2d(4, 8, 1), (1, 4, 8, 9), "stride 1 on square maps"),
        (nn.Conv2d(4, 400, 1), (1, 4, 8, 8), "the axes end at 1:32, 8 groups and 4 times the least; the layer has 4 → 400"),
        (nn.Conv2d(32, 32, 1, groups=32), (1, 32, 8, 8), "the axes end at .* in 32 groups"),
        ("no module", (1, 4, 8, 8), "expected a network"),
    ],
)
def test_what_is_no_such_layer_is_refused(module, shape, message):
    with pytest.raises(ValueError, match=message):
        GuidelineExplorer.from_module(module, shape)


# What is drawn and said, on paper --------------------------------------------------------------------------------------


def floor(sketch: Sketch) -> float:
    """Where heights begin, and the column stands."""
    return float(NUMBER.findall(sketch.locator(".ln-ge-ground").get_attribute("d"))[3])


def unit(sketch: Sketch) -> float:
    """Pixels of the least: the height of the shaded ground."""
    return floor(sketch) - float(NUMBER.findall(sketch.locator(".ln-ge-ground").get_attribute("d"))[1])


SEEN = """() => {
  const all = (selector) => root.querySelector(".ln-ge-stage").querySelectorAll(selector), numbers = (text) => text.match(/[-\\d.]+/g).map(Number);
  const [parts, sliders] = [all("[role=option]"), all("[role=slider]")];
  return {
    heights: parts.slice(0, 3).map((part) => +part.firstChild.getAttribute("height")),
    times: parts.slice(3).map((part) => [part.getAttribute("aria-label"), numbers(part.getAttribute("transform"))[1]]),
    texts: all("g").at(-3).children.map((text) => text.textContent),
    dot: numbers(sliders[1].getAttribute("transform")), at: sliders[1].getAttribute("aria-valuetext"),
    ground: numbers(all("path")[0].getAttribute("d")),
  };
}"""


def check(sketch: Sketch, figure: GuidelineExplorer) -> None:
    """The column, the dot, the times and the words against Python."""
    seen, one = sketch.evaluate(SEEN), figure.layer()
    _, top, _, low, _ = seen["ground"]
    shown = one if figure.revealed else layers.layer(figure.size, figure.width)
    maps, least = figure.size**2, layers.bound(figure.size, shown.macs)
    parts = [shown.c_in * maps, shown.c_in * shown.c_out // shown.groups, shown.c_out * maps]
    assert sum(parts) == shown.access
    assert seen["heights"] == pytest.approx([part / least * (low - top) for part in parts])
    height = one.factor() if figure.revealed else figure.guess
    assert seen["dot"][1] == pytest.approx(low - height * (low - top))
    assert seen["at"] == (figure.ratio if figure.guideline == 1 else f"g = {figure.groups}")
    factor, guess = (f"× {float(f'{value:.2f}'):g}" for value in (one.factor(), figure.guess))
    assert seen["texts"][10:13] == [f"in {shown.c_in}", "weights", f"out {shown.c_out}"]
    assert seen["texts"][14:17] == [seen["at"], factor if figure.revealed else "1:1" if figure.guideline == 1 else "g = 1", guess]
    times = figure.times() if figure.revealed else {}
    names = {f"{who}, {what if ':' in what else f'g = {what}'}": time for (who, what), time in times.items() if what not in ("1:1", "1")}
    assert dict(seen["times"]) == pytest.approx({name: low - time * (low - top) for name, time in names.items()})
    assert sketch.said() == sentence(figure)


def sentence(figure: GuidelineExplorer) -> str:
    one, found = figure.layer(), figure.layers()
    if not figure.revealed:
        groups = f" in {one.groups} groups" if one.groups > 1 else ""
        if figure.guess > 1:
            return f"Does {one.c_in} → {one.c_out}{groups} move × {figure.guess:g} the least? Drag until you believe it, then reveal."
        return f"How much does {one.c_in} → {one.c_out}{groups} move? Drag the question mark, then reveal."
    if figure.guess == 1:
        return "Drag the dot or the column; the mark at the right edge is a ruler."
    off = math.floor(100 * (figure.guess / one.factor() - 1) + 0.5)
    said = "right, within 5%." if abs(off) < 6 else f"{abs(off)}% too {'low' if off < 0 else 'high'}."
    names = list(found)[list(found).index("1:1" if figure.guideline == 1 else "1") :]
    at = next((name for name in names if found[name].factor() >= figure.guess), None)
    name = (at or names[-1]) if figure.guideline == 1 else f"g = {at or names[-1]}"
    return f"Your guess is {said} Its height is {'passed at' if at else 'not passed up to'} {name}."


@pytest.mark.parametrize("width", [278, 758])
def test_every_state_is_drawn_as_python_reckons_it(width):
    figure = GuidelineExplorer()
    sketch = Sketch(figure, width)
    check(sketch, figure)
    for i, ratio in enumerate(offered.RATIOS[::3]):
        values = {"guideline": 1 + i % 3 % 2, "ratio": ratio, "groups": offered.GROUPS[i % 6], "size": offered.SIZES[-1 - i % 5 % 2]}
        values |= {"width": offered.WIDTHS[i % 4], "guess": offered.GUESSES[7 * i % 31], "revealed": i % 4 > 0}
        figure.set_state(values)
        sketch.move(values)
        check(sketch, figure)


def test_a_drawing_that_lags_behind_is_noticed():
    figure = GuidelineExplorer(revealed=True, guess=1.5)
    sketch = Sketch(figure)
    check(sketch, figure)
    for values in ({"ratio": "1:13"}, {"guess": 1.6}, {"width": 64}, {"paper": [{}, {}]}, {"guideline": 2}):
        before = sketch.state()
        sketch.move(values)
        with pytest.raises(AssertionError):
            check(sketch, figure)
        sketch.move({name: before[name] for name in values})
    check(sketch, figure)


@pytest.mark.parametrize("guideline", [1, 2])
def test_the_table_has_every_layer(guideline):
    figure = GuidelineExplorer(guideline=guideline)
    sketch = Sketch(figure)
    sketch.locator("details").evaluate("(node) => { node.open = true; node.dispatchEvent({ type: 'toggle' }); }")
    cells, times = sketch.locator("td").all_text_contents(), figure.times()
    said = lambda who, what: f"{times[who, what]:.2f}" if (who, what) in times and what not in ("1:1", "1") else ""    # noqa: E731
    for i, (what, one) in enumerate(figure.layers().items()):
        row = [what, f"{one.c_in} → {one.c_out}", f"{one.macs:,}", f"{one.access:,}", f"{one.factor():.3f}"]
        assert cells[7 * i : 7 * i + 7] == [*row, said("GPU", what), said("ARM", what)]


def test_the_curve_is_the_formula_s():
    for guideline, ends in ((1, (1 / 32, 32)), (2, (1, 8))):
        sketch = Sketch(GuidelineExplorer(guideline=guideline, revealed=True))
        spots = [tuple(map(float, spot.split())) for spot in sketch.locator(".ln-ge-curve").get_attribute("d")[1:].split("L")]
        left, right = spots[0][0], spots[-1][0]
        low, scale = floor(sketch), unit(sketch)
        for x, y in spots:
            at = ends[0] * (ends[1] / ends[0]) ** ((x - left) / (right - left))
            height = layers.smooth(56, 128, *((at, 1) if guideline == 1 else (1, at)))
            assert y == pytest.approx(low - height * scale, abs=0.3)


def test_the_answer_is_hidden_until_it_is_revealed():
    """Neither curve, dot, column nor times say it; the bound is a line."""
    sketch = Sketch(GuidelineExplorer())
    assert sketch.locator("[role=option]").count() == 3
    assert len(sketch.locator(".ln-ge-curve").get_attribute("d").split("L")) == 1
    assert "× 1.86" not in sketch.locator(".ln-ge-stage").text_content()
    sketch.get_by_role("button", name="Reveal").click()
    assert "× 1.86" in sketch.locator(".ln-ge-stage").text_content() and sketch.state()["revealed"] is True
    sketch.get_by_role("button", name="Hide").click()
    assert "× 1.86" not in sketch.locator(".ln-ge-stage").text_content()


def test_every_part_says_what_it_is():
    sketch = Sketch(GuidelineExplorer(revealed=True))
    said = {
        "Input": "Input: 36 channels of 56 × 56, 112,896 elements; 8% of 1,483,200.",
        "Weights": "Weights: 36 × 432, 15,552 elements; 1% of 1,483,200.",
        "Output": "Output: 432 channels of 56 × 56, 1,354,752 elements; 91% of 1,483,200.",
        "GPU, 1:12": "GPU, 1:12: 1.98 times the time, for 748 batches a second against 1480.",
        "ARM, 1:6": "ARM, 1:6: 1.15 times the time, for 4.6 images a second against 5.3.",
    }
    for name, words in said.items():
        sketch.get_by_role("option", name=name, exact=True).hover()
        assert sketch.said() == words
    sketch.move({"revealed": False, "guideline": 2})
    sketch.get_by_role("option", name="Weights", exact=True).hover()
    assert sketch.said() == "Balanced. Weights: 128 × 128, 16,384 elements; 2% of 819,200."
    sketch.move({"revealed": True})
    assert sketch.said() == "Weights: 360/8 × 360, 16,200 elements; 1% of 2,274,120."


def test_the_questions_set_their_states():
    sketch, python = Sketch(GuidelineExplorer(revealed=True)), GuidelineExplorer()
    answers = {"At 1:12?": 1.86, "Small maps?": 1.14, "Twice as much?": 1.42, "8 groups?": 2.79}
    assert sketch.locator(".ln-asks button").all_text_contents() == ["Hide", *answers]
    for question, answer in answers.items():
        sketch.get_by_role("button", name=question).click()
        now = sketch.state()
        python.set_state({name: now[name] for name in python.drawn})
        assert not python.revealed and round(python.layer().factor(), 2) == answer
        pressed = [button.text_content() for button in sketch.locator("button[aria-pressed=true]").all()]
        assert pressed == [question]
    assert Sketch(GuidelineExplorer(guess=2, ratio="1:14", revealed=True)).said() == "Your guess is right, within 5%. Its height is passed at 1:15."


def test_the_still_shows_the_state():
    html = still(GuidelineExplorer(revealed=True, guess=1.5))
    assert "× 1.86" in html and "Its height is passed at 1:7." in html and "1,483,200" in html and "GPU time" in html
    assert "× 1.86" not in still(GuidelineExplorer())
