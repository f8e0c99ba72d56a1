"""Compound scaling: its counts against the real networks and the published sizes, what it refuses, what it draws and says."""

import math

import pytest
import torch
import traitlets
from sketch import NUMBER, Sketch, still

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models.efficientnet import VARIANTS, EfficientNet, scale_channels, scale_layers
from lightnets_edu.widgets import CompoundScaling
from lightnets_edu.widgets.compound_scaling import scaling

# Parameters and multiply-adds of B0 to B7, as two other implementations count them.
PUBLISHED = {
    "B0": (5_288_548, 385_814_752), "B1": (7_794_184, 686_802_832), "B2": (9_109_994, 993_561_872), "B3": (12_233_232, 1_827_141_392),
    "B4": (19_341_616, 4_393_771_024), "B5": (30_389_784, 10_266_384_752), "B6": (43_040_704, 19_067_593_536), "B7": (66_347_960, 37_745_884_192),
}  # fmt: skip


def real(scale: scaling.Scale) -> tuple[int, int]:
    """What `layer_costs` counts on the real network."""
    with torch.device("meta"):
        net = EfficientNet(scale.width, scale.depth).eval()
    found = total(layer_costs(net, (1, 3, scale.pixels, scale.pixels)))
    return found.params, found.macs


def test_b0_to_b7_cost_what_is_published():
    found = {name: scaling.total(scaling.rows(scale)) for name, scale in CompoundScaling().published().items()}
    assert found == PUBLISHED
    assert list(VARIANTS) == [name.lower() for name in found]


@pytest.mark.parametrize(("mode", "phi"), [("all three", 0), ("all three", 2.5), ("depth", 1.5), ("width", 1), ("resolution", 1.5)])
def test_a_scaled_network_costs_what_is_drawn(mode, phi):
    figure = CompoundScaling(mode=mode, phi=phi)
    assert scaling.total(figure.rows()) == real(figure.scale())


def test_what_does_not_fit_is_refused():
    for traits, message in [
        ({"phi": 0.25}, "phi must be one of 0.0, 0.5, .*; got 0.25"), ({"alpha": 1.4}, "alpha must be one of 1.0, .*1.3; got 1.4"),
        ({"beta": 1.12}, "beta must be one of 1.0, 1.05, 1.1, 1.15; got 1.12"), ({"gamma": 1.3}, "gamma must be one of .*; got 1.3"),
        ({"against": "B8"}, "against must be one of B0, .*, B7; got B8"), ({"mode": "none"}, "none"),
    ]:  # fmt: skip
        with pytest.raises(traitlets.TraitError, match=message):
            CompoundScaling(**traits)


def test_the_rounding_is_that_of_the_networks():
    """As far as those are built: ten times B0."""
    for i in range(1, 201):
        rows = scaling.rows(scaling.Scale(i / 20, i / 20, 224))
        assert [row.channels for row in rows[1:-1]] == [scale_channels(c, i / 20) for c in (16, 24, 40, 80, 112, 192, 320)]
        assert [row.layers for row in rows[1:-1]] == [scale_layers(n, i / 20) for n in (1, 2, 2, 3, 3, 4, 1)]


def test_what_was_counted_stays():
    figure = CompoundScaling()
    for name, value in (("values", {"phi": [1]}), ("table", {}), ("models", []), ("tried", {"depth": 99})):
        with pytest.raises(traitlets.TraitError, match=f"{name} holds what was measured"):
            setattr(figure, name, value)


def test_every_constant_can_be_reached_from_every_other():
    """What is on offer fits both ways, so that nothing follows: one step more of each of the paper's, and each alone."""
    figure = CompoundScaling()
    assert (figure.offers("alpha")[-1], figure.offers("beta")[-1], figure.offers("gamma")[-1]) == (1.3, 1.15, 1.2)
    figure.set_state({"alpha": 2.0, "beta": 1.0, "gamma": 1.0})
    assert figure.offers("beta") == [1.0] and figure.offers("alpha")[-1] == 2.0
    figure.set_state({"alpha": 1.0, "beta": 1.0, "gamma": 1.4})
    assert figure.gamma == figure.offers("gamma")[-1] == 1.4


# The questions' answers ------------------------------------------------------------------------------------------------


def work(**traits) -> float:
    """The scaled network's multiply-adds, in B0's."""
    figure = CompoundScaling(**traits)
    return scaling.total(figure.rows())[1] / PUBLISHED["B0"][1]


def test_each_knob_alone_spends_about_the_budget():
    """Twice the work at one step and four times at two; one of them leaves the parameters alone."""
    for phi in (1, 2):
        for mode in ("depth", "width", "resolution"):
            assert work(mode=mode, phi=phi) == pytest.approx(2**phi, rel=0.11), mode
    assert scaling.total(CompoundScaling(mode="resolution", phi=2).rows())[0] == PUBLISHED["B0"][0]


def test_the_product_is_not_two():
    assert scaling.product(1.2, 1.1, 1.15) == pytest.approx(1.920, abs=1e-3)
    assert work(phi=7) < 0.85 * 2**7, "80% of the budget at the end"
    assert work(phi=2) > 1.1 * 2**2, "and more than all of it at the beginning: layers are rounded up"


def test_half_a_step_is_half_rounded_away():
    """At φ = 1/2 channels up to 80 stay as they are: 5% more is no multiple of 8. B1's width is 1.0."""
    half, whole = (CompoundScaling(phi=phi).rows() for phi in (0.5, 0))
    assert [a.channels == b.channels for a, b in zip(half, whole, strict=True)] == [True] * 5 + [False] * 4
    assert CompoundScaling().published()["B1"].width == 1.0


def test_b7_leaves_the_formula():
    """Its depth stops a step early, its width and its images go on: the φ that each is a power of."""
    b7 = CompoundScaling().published()["B7"]
    found = [math.log(factor, base) for factor, base in ((b7.depth, 1.2), (b7.width, 1.1), (b7.pixels / 224, 1.15))]
    assert [round(one, 1) for one in found] == [6.2, 7.3, 7.0]


# What is drawn and said, on paper --------------------------------------------------------------------------------------

SEEN = """() => {
  const all = (selector) => [...root.querySelector(".ln-cs-stage").querySelectorAll(selector)], text = (node) => node.textContent;
  return {
    bars: all("rect").filter((bar) => /ln-cs-(bar|sum)/.test(bar.getAttribute("class"))).map((bar) => ["x", "width"].map((name) => +bar.getAttribute(name))),
    stages: all("[role=option]").slice(0, 7).map((part) => part.children.map((shape) => shape.getAttribute("d"))),
    dots: all("[role=option]").slice(7).map((part) => part.firstChild.getAttribute("d")),
    knobs: all("[role=slider]").map((knob) => [knob.getAttribute("aria-valuetext"), knob.getAttribute("transform")]),
    ghost: all(".ln-cs-ghost")[0].getAttribute("d"),
    texts: all("text").map(text), chosen: all("[role=option]").findIndex((part) => part.getAttribute("aria-selected") === "true") - 7,
  };
}"""


def numbers(text: str) -> list[float]:
    return [float(one) for one in NUMBER.findall(text)]


def digits(value: float) -> str:
    return f"{float(f'{value:.3g}'):g}"


def check(sketch: Sketch, figure: CompoundScaling) -> None:
    """Bars, knobs, circles, boxes and words against Python."""
    seen, rows, scale = sketch.evaluate(SEEN), figure.rows(), figure.scale()
    bases = scaling.ALONE.get(figure.mode, (figure.alpha, figure.beta, figure.gamma))
    doublings = [power * figure.phi * math.log2(base) for base, power in zip(bases, (1, 2, 2), strict=True)]
    params, macs = scaling.total(rows)
    base, published = PUBLISHED["B0"][1], figure.published()
    left, spots = seen["bars"][0][0], [[numbers(dot)[0] for dot in dots.split("M")[1:]] for dots in seen["dots"]]
    at = lambda m: [x + 4 - left for x in spots[m]]    # noqa: E731
    step = at(7)[3] / math.log2(PUBLISHED["B7"][1] / base)
    for m, (name, one) in enumerate(published.items()):
        factors = math.log2(one.depth), 2 * math.log2(one.width), 2 * math.log2(one.pixels / 224), math.log2(PUBLISHED[name][1] / base)
        assert at(m) == pytest.approx([factor * step for factor in factors], abs=1e-6), name
    assert [width for _, width in seen["bars"]] == pytest.approx([one * step for one in [*doublings, *doublings, math.log2(macs / base)]])
    assert seen["bars"][5][0] - left == pytest.approx(step * sum(doublings[:2]), abs=1e-6)
    free = figure.mode == "all three"
    knobs = [*zip((figure.alpha, figure.beta, figure.gamma), doublings, strict=True)] if free else []
    assert [float(text) for text, _ in seen["knobs"]] == [value for value, _ in [*knobs, (figure.phi, 0)]]
    assert [numbers(where)[0] - left for _, where in seen["knobs"]] == pytest.approx([one * step for one in [*(one for _, one in knobs), figure.phi]])

    other = scaling.rows(published[figure.against])
    fronts = [[tuple(numbers(shapes[0])), numbers(shapes[1])] for shapes in seen["stages"]]
    scales = [((x1 - x0) / row.layers, (y0 - y1) / row.channels, side[2] / row.size) for ((x0, y0, y1, x1, *_), side), row in zip(fronts, rows[1:-1], strict=True)]
    assert all(one == pytest.approx(scales[0]) for one in scales), "one scale for all stages"
    ghosts = [numbers(f"M{front.rsplit('M', 1)[1]}")[:4] for front in seen["ghost"].split("Z")[:-1]]
    for (x, low, high, right), row, unit in zip(ghosts, other[1:-1], scales, strict=True):
        assert ((right - x) / row.layers, (low - high) / row.channels) == pytest.approx(unit[:2])
    assert list(published)[seen["chosen"]] == figure.against

    layers = lambda rows: sum(row.layers for row in rows[1:-1])    # noqa: E731
    told = [f"{layers(rows)} blocks; {figure.against}: {layers(other)}", f"{rows[7].channels} channels; {figure.against}: {other[7].channels}"]
    told += [f"{scale.pixels} pixels; {figure.against}: {published[figure.against].pixels}", f"{digits(macs / 10**(9 if macs >= 9.995e8 else 6))} {'G' if macs >= 9.995e8 else 'M'} multiply-adds"]
    greek = [f" α = {bases[0]:g}", f" β = {bases[1]:g}", f" γ = {bases[2]:g}"] if free else [""] * 3
    factors = [base**figure.phi for base in bases]
    told += [f"{name}{letter}: × {digits(factor)}" for name, letter, factor in zip(("Depth", "Width", "Resolution"), greek, factors, strict=True)]
    product = scaling.product(*bases)
    near = "" if abs(product - 2) < 1e-9 else ", near 2" if abs(product - 2) <= 0.1 else ", not 2"
    told += [f"αβ²γ² = {round(product + 1e-9, 2):g}{near}", f"φ = {figure.phi:g}"]
    assert set(told) <= set(seen["texts"]), set(told) - set(seen["texts"])
    share = math.floor(100 * macs / base / 2**figure.phi + 0.5)
    paper = figure.phi == 2 and (not free or bases == (1.2, 1.1, 1.15))
    top = f" Top-1, Table 7 of the paper: {figure.tried[figure.mode]:.1f}%." if paper else ""
    assert sketch.said() == f"{macs:,} multiply-adds, {share}% of the budget; {params:,} parameters.{top}"


STATES = [
    {}, {"phi": 0}, {"phi": 0.5, "against": "B1"}, {"phi": 7, "against": "B7"}, {"mode": "depth"}, {"mode": "width", "phi": 2}, {"mode": "resolution"},
    {"phi": 4.5, "against": "B4"}, {"mode": "all three", "alpha": 1.0, "beta": 1.35, "gamma": 1.05}, {"alpha": 1.4, "beta": 1.0, "gamma": 1.2, "phi": 6, "against": "B0"},
    {"alpha": 1.2, "beta": 1.1, "gamma": 1.15, "phi": 2},
]  # fmt: skip


def test_every_state_is_drawn_as_python_reckons_it():
    figure = CompoundScaling()
    sketch = Sketch(figure)
    for values in STATES:
        figure.set_state(values)
        sketch.move(values)
        check(sketch, figure)


def test_a_drawing_that_lags_behind_is_noticed():
    figure = CompoundScaling(phi=2)
    sketch = Sketch(figure)
    check(sketch, figure)
    for values in ({"phi": 2.5}, {"alpha": 1.25}, {"beta": 1.05}, {"gamma": 1.1}, {"mode": "depth"}, {"against": "B2"}):
        before = sketch.state()
        sketch.move(values)
        with pytest.raises(AssertionError):
            check(sketch, figure)
        sketch.move({name: before[name] for name in values})
    check(sketch, figure)


def test_a_spoilt_table_is_noticed():
    """A layer more in one stage of Table 1, or another depth of a published network."""
    figure = CompoundScaling()
    check(Sketch(figure), figure)
    for name, spoil in (("table", lambda now: {**now, "stages": [*now["stages"][:6], [6, 3, 1, 320, 2]]}), ("models", lambda now: [*now[:7], ["B7", 3.2, 2.0, 600]])):
        spoilt = CompoundScaling()
        spoilt._kept.clear()
        setattr(spoilt, name, spoil(getattr(spoilt, name)))
        with pytest.raises(AssertionError):
            check(Sketch(spoilt), figure)


def test_every_part_says_what_it_is():
    sketch = Sketch(CompoundScaling(phi=0))
    said = {
        "Stage 2": "Stage 2: 1 block, 16 channels, maps 112 × 112; {} multiply-adds, {}%.",
        "Stage 7": "Stage 7: 4 blocks, 192 channels, maps 7 × 7; {} multiply-adds, {}%.",
    }
    rows, macs = CompoundScaling(phi=0).rows(), PUBLISHED["B0"][1]
    for name, words in said.items():
        one = rows[int(name[-1]) - 1].macs
        sketch.get_by_role("option", name=name, exact=True).hover()
        assert sketch.said() == words.format(f"{one:,}", math.floor(100 * one / macs + 0.5))
    sketch.get_by_role("option", name="B7", exact=True).hover()
    assert sketch.said() == "B7: 37,745,884,192 multiply-adds. Depth, width, pixels are those of φ = 6.2, 7.3, 7.0."
    sketch.move({"mode": "depth"})
    assert sketch.said() == "B7: 37,745,884,192 multiply-adds. Depth, width, pixels are those of φ = 1.6, none, none."


def test_the_table_has_every_stage_and_every_network():
    figure = CompoundScaling()
    sketch = Sketch(figure)
    sketch.locator("details").evaluate("(node) => { node.open = true; node.dispatchEvent({ type: 'toggle' }); }")
    cells, rows = sketch.locator("td").all_text_contents(), figure.rows()
    for i, row in enumerate(rows):
        assert cells[6 * i : 6 * i + 6] == [str(i + 1), str(row.layers), str(row.channels), f"{row.size} × {row.size}", f"{row.params:,}", f"{row.macs:,}"]
    for i, (name, one) in enumerate(figure.published().items()):
        first = cells[6 * len(rows) + 9 * i :][:6]
        assert first == [name, f"× {one.depth:g}", f"× {one.width:g}", str(one.pixels), *(f"{cost:,}" for cost in PUBLISHED[name])]
    heads, told = figure.data()
    assert len(heads) == len(told[0]) == 6 and sum(row[-1] for row in told) == scaling.total(rows)[1]


def test_the_questions_set_their_states():
    sketch, python = Sketch(CompoundScaling()), CompoundScaling()
    asked = {"Twice the work?": ("depth", 1, "B0"), "Four times?": ("all three", 2, "B0"), "Half a step?": ("all three", 0.5, "B1"), "B7, exactly?": ("all three", 7, "B7")}
    assert sketch.locator(".ln-asks button").all_text_contents() == list(asked)
    for question, expected in asked.items():
        sketch.get_by_role("button", name=question).click()
        python.set_state({name: sketch.state()[name] for name in python.drawn})
        assert (python.mode, python.phi, python.against) == expected
        assert [button.text_content() for button in sketch.locator("button[aria-pressed=true]").all()] == [question]
        check(sketch, python)


def test_the_still_shows_the_state():
    html = still(CompoundScaling(phi=7, against="B7"))
    assert "αβ²γ² = 1.92, near 2" in html and "80% of the budget" in html and "37,745,884,192" in html
