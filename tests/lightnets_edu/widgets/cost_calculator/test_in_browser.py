"""The cost calculator under hands: squares and letters against Python, drags, keys, the ghost, questions, a measured module."""

import math
import random
import re
from itertools import pairwise

import pytest
import stage
from cost_calculator.expected import ASKS, BEFORE, DIALS, bills, label, rows, sentence, standard, told, words
from cost_calculator.test_figure import STATES, conv
from stage import move, open_data, trait
from torch import nn

from lightnets_edu.models.mobilenet_v1 import DepthwiseSeparable
from lightnets_edu.models.mobilenet_v2 import InvertedResidual
from lightnets_edu.widgets import CostCalculator
from lightnets_edu.widgets import cost_calculator as offered
from lightnets_edu.widgets.cost_calculator.costs import short

NAMES = ("c_in", "c_out", "kernel", "size", "groups", "alpha", "rho")
ALL = {"controls": [*offered.CONTROLS]}
LAYER = {"controls": ["c_in", "c_out", "size", "kernel"]}    # as chapter 1 has it
DIAL = {"c_in": 512, "c_out": 512, "size": 14, "controls": ["alpha", "rho"]}    # as chapter 3 has it
DRAWN = """(figure) => {
  const numbers = (text) => (text ?? "").match(/-?[\\d.]+(?:e-?\\d+)?/g)?.map(Number) ?? [];
  const shape = (node) => ["x", "y", "width", "height"].map((name) => +node.getAttribute(name));
  const path = (name) => figure.querySelector(`.ln-cc-${name}`).getAttribute("d");
  const boxes = (d) => d.split("M").slice(1).map(numbers).filter((box) => box.length === 5);
  const parts = {};
  for (const node of figure.querySelectorAll("[role=option]")) {
    const letter = node.querySelector("circle");
    parts[node.getAttribute("aria-label")] = letter ? numbers(node.getAttribute("style")) : shape(node.querySelector(".ln-cc-square"));
  }
  if (!figure.querySelector(".ln-cc-outline")) throw new Error(figure.textContent);
  return {
    parts, outline: boxes(path("outline")), ghost: boxes(path("ghost")), roof: numbers(path("roof")), grid: numbers(path("grid")),
    knob: numbers(path("knob")), stems: path("stems").split("M").filter((_, i) => i % 2).map(numbers),
    texts: [...figure.querySelectorAll("[aria-hidden] text")].map((node) => node.textContent),
  };
}"""
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
STILL = "* { transition: none !important }"


def see(tab) -> dict:
    return tab.locator("figure").first.evaluate(DRAWN)


def axes(seen: dict, balance: int):
    """Where the roofline stands: x of an intensity, y of a share of full speed; from the axes as they are drawn."""
    left, top, low, right = seen["grid"][:4]
    tens = seen["grid"][4::3][:5]    # 1, 10, 100, 1000, 10000
    decade = tens[1] - tens[0]
    assert tens == pytest.approx([tens[0] + decade * i for i in range(5)]), "one log scale"
    slope = (low - top) / -math.log10(1.5e-3)
    assert left < tens[0] and tens[-1] < right
    return (lambda each: tens[0] + decade * math.log10(each)), (lambda share: top - slope * math.log10(share))


def compare(tab, widget: CostCalculator) -> None:
    """Squares' areas, letters' places, words and the sentence are what Python says."""
    seen, one, found = see(tab), standard(widget), rows(widget)
    texts = [text for text in seen["texts"][seen["texts"].index("Multiply-adds") :] if text not in ("", BEFORE)]
    assert texts == words(widget)
    assert tab.locator("figure [aria-live]").inner_text() == sentence(widget)
    units = {box[3] for box in seen["outline"]}
    assert len(seen["outline"]) == 3 * len(found) and len(units) == 1, "one scale for all"
    (unit,) = units
    for column, measure in enumerate(("macs", "access", "time")):
        for r, row in enumerate(found):
            x, floor, *_ = seen["outline"][3 * r + column]
            for part in row.parts:
                left, top, width, height = seen["parts"][label(part, column)]
                assert (left, top + height) == pytest.approx((x, floor), abs=1e-6), "they stand on each other, on the floor"
                assert width * height / unit**2 == pytest.approx(getattr(part, measure) / getattr(one, measure), rel=1e-6)
                floor = top
            assert width == pytest.approx(seen["outline"][3 * r + column][1] - top, rel=1e-6), "a square"
    along, level = axes(seen, widget.balance)
    knee = along(widget.balance)
    assert seen["roof"][2:4] == pytest.approx([knee, level(1)]) and seen["knob"][0] == pytest.approx(knee)
    for part, stem in zip(bills(widget), seen["stems"], strict=True):
        share = part.macs / part.time
        if part.key != "own":
            assert share == pytest.approx(min(1, part.macs / part.access / widget.balance)), "it stands on the roof"
        assert stem[2:4] == pytest.approx([along(part.macs / part.access), level(share)])
        assert seen["parts"][label(part, 3)][0] == pytest.approx(stem[0], abs=1e-3)
    letters = sorted(seen["parts"][label(part, 3)][0] for part in bills(widget))
    assert all(b - a > 19.9 for a, b in pairwise(letters))


@pytest.mark.parametrize("width", [320, 800])
def test_the_picture_is_what_python_says(paper, width):
    """Many layers, chosen with the native controls; the balance by its grip."""
    tab, widget = paper(CostCalculator(**ALL), width=width), CostCalculator(**ALL)
    compare(tab, widget)
    for i, state in enumerate([*STATES, (1024, 1024, 7, 224, 1024, 1.0, 1.0), (1024, 8, 1, 224, 1, 1.0, 1.0)]):
        c_in, c_out, kernel, size, groups, alpha, rho = state
        tab.get_by_label("Groups").select_option("1")
        tab.get_by_label("Width α").select_option(f"{alpha:g}")
        for text, values, value in (("c_in", offered.C_IN, c_in), ("c_out", offered.C_OUT, c_out), ("Map", offered.SIZES, size)):
            tab.get_by_label(text).fill(str(values.index(value)))
        for text, value in (("Kernel", f"{kernel}×{kernel}"), ("Resolution ρ", offered.RHOS[rho]), ("Groups", str(groups))):
            tab.get_by_label(text).select_option(value)
        balance = offered.BALANCES[i % 8]
        tab.move({"balance": balance})
        widget.set_state({**dict(zip(NAMES, state, strict=True)), "balance": balance})
        assert tuple(trait(tab, name) for name in NAMES) == state
        compare(tab, widget)


def test_every_part_says_what_it_is(paper):
    """Exact numbers, under the pointer, and the thing lights up wherever it stands."""
    for given in ({}, {"alpha": 0.5, "rho": 6 / 7, "balance": 100}, {"c_in": 1024, "c_out": 1024, "kernel": 7, "size": 224}):
        widget = CostCalculator(**given)
        tab = paper(widget)
        for part in bills(widget):
            for column in range(4):
                tab.get_by_role("option", name=label(part, column), exact=True).hover()
                assert tab.said() == told(widget, part, column)
                assert tab.locator(".ln-cc-stage").get_attribute("data-lit") == part.key
        tab.evaluate('root.querySelector("[role=listbox]").dispatchEvent({ type: "pointerleave" })')
        assert tab.said() == sentence(widget)
    assert told(CostCalculator(), bills(CostCalculator())[3], 0) == "Pointwise: 25,690,112 multiply-adds; D + P: 27,496,448, 1/128 + 1/9 of S."


def test_no_control_moves_another(paper):
    """Widths go in steps of the groups, and groups divide the widths; every move changes one trait and stays with Python."""
    tab, dice = paper(CostCalculator(**ALL)), random.Random(5)
    python = CostCalculator(**ALL)
    for _ in range(150):
        before = {name: trait(tab, name) for name in python.drawn}
        which = dice.choice(tab.locator("input:enabled, select:enabled").all())
        if which.evaluate("(node) => node.tag") == "select":
            which.select_option(index=dice.randrange(which.locator("option").count()))
        else:
            which.fill(str(dice.randrange(int(which.get_attribute("max")) + 1)))
        after = {name: trait(tab, name) for name in python.drawn}
        changed = [name for name in after if after[name] != before[name]]
        assert len(changed) <= 1
        for name in changed:
            setattr(python, name, after[name])
        assert {name: getattr(python, name) for name in python.drawn} == after


def test_the_controls_offer_what_python_accepts(paper):
    tab = paper(CostCalculator(**{**ALL, "c_in": 72, "c_out": 96, "alpha": 0.25, "groups": 6}))
    fits = [c for c in offered.C_IN if c == 3 or c / 4 % 6 == 0]
    options = {name: tab.get_by_label(name).locator("option").all_inner_texts() for name in ("Kernel", "Groups", "Width α", "Resolution ρ")}
    assert options == {"Kernel": ["1×1", "3×3", "5×5", "7×7"], "Groups": ["1", "2", "3", "6"], "Width α": ["1", "0.75", "0.5", "0.25"], "Resolution ρ": ["1", "6/7", "5/7", "4/7"]}
    seen, slider = [], tab.get_by_label("c_in")
    for i in range(int(slider.get_attribute("max")) + 1):
        slider.fill(str(i))
        seen.append(trait(tab, "c_in"))
    assert seen == [c for c in fits if c != 3] == [24, 72, 96]


# Hands ----------------------------------------------------------------------------------------------------------------


def middle(tab, name: str, role: str = "option") -> tuple[float, float]:
    shape = ".ln-cc-square, circle, .ln-cc-knob"
    box = tab.get_by_role(role, name=name, exact=True).locator(shape).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pull(tab, name: str, x: float, y: float, role: str = "option") -> list[dict]:
    """Drag a part by so many pixels, in steps; the traits after each frame."""
    (a, b), seen = middle(tab, name, role), []
    tab.mouse.move(a, b)
    tab.mouse.down()
    for i in range(1, 7):
        tab.mouse.move(a + x * i / 6, b + y * i / 6)
        tab.evaluate(FRAMES)
        seen.append(tab.evaluate("({ ...models[0].state })"))
    tab.mouse.up()
    tab.mouse.move(0, 0)
    return seen


PULLS = [    # the figure, what is dragged, whither, what moves, and how far it goes
    ({}, "Pointwise: roofline", 120, 0, "c_out", 1024), ({}, "Pointwise: roofline", -140, 0, "c_out", 8),
    ({}, "Standard: roofline", 100, 0, "c_out", 1024), ({}, "Depthwise: roofline", 150, 0, "kernel", 7),
    ({}, "Grouped: roofline", -160, 0, "groups", 64), ({}, "Grouped: multiply-adds", 0, 100, "groups", 64),
    ({}, "Grouped: multiply-adds", 0, -100, "groups", 1), ({}, "Pointwise: memory access", 100, -20, "c_out", 8),
    ({}, "Depthwise: memory access", -90, 0, "c_out", 1024), ({"size": 14}, "Pointwise: least time", 60, -3, "c_out", 8),
    (DIAL, "Pointwise: multiply-adds", 1, 100, "alpha", 0.25), (DIAL, "Pointwise: roofline", -120, 0, "alpha", 0.25),
]  # fmt: skip


@pytest.mark.parametrize("width", [320, 1200])
def test_what_is_dragged_sets_one_trait(page, width):
    layer, dials = page(CostCalculator(), width=width), page(CostCalculator(**DIAL), width=width)
    for given, name, x, y, moved, end in PULLS:
        tab, start = (dials, CostCalculator(**DIAL)) if given is DIAL else (layer, CostCalculator(**given))
        tab.add_style_tag(content=STILL)
        move(tab, {one: getattr(start, one) for one in start.drawn})
        before = tab.evaluate("({ ...models[0].state })")
        seen = pull(tab, name, x, y)
        assert seen[-1][moved] == end, (name, x, seen[-1][moved])
        for state in seen:
            assert {key for key in state if state[key] != before[key]} <= {moved}, name
        values = [before[moved], *(state[moved] for state in seen)]
        assert values in (sorted(values), sorted(values, reverse=True)), f"{name} goes to and fro: {values}"


def test_a_square_follows_the_hand(page):
    """Where the hand lets go its side is as near to the pointer as any value brings it."""
    tab = page(CostCalculator(), width=1200)
    tab.add_style_tag(content=STILL)
    side = see(tab)["parts"]["Pointwise: memory access"][2]
    pull(tab, "Pointwise: memory access", -20, 0)
    unit, (one, *_) = see(tab)["outline"][0][3], rows(CostCalculator())
    sides = {}
    for c_out in (c for c in offered.C_OUT if c % 4 == 0):
        widget = CostCalculator(c_out=c_out)
        sides[c_out] = unit * math.sqrt(rows(widget)[1].all.access / standard(widget).access)
    assert trait(tab, "c_out") == min(sides, key=lambda c: abs(sides[c] - (side - 20))) != 128 and one.title.startswith("G")


def test_the_dashed_line_is_dragged_and_has_keys(page):
    tab = page(CostCalculator(), width=1200)
    tab.add_style_tag(content=STILL)
    seen = pull(tab, "Machine balance", 400, 0, "slider")
    assert [trait(tab, "balance"), *{state["c_out"] for state in seen}] == [200, 128]
    tab.get_by_role("slider", name="Machine balance").focus()
    for key, balance in (("ArrowLeft", 100), ("ArrowDown", 50), ("ArrowRight", 100), ("Home", 1), ("ArrowLeft", 1), ("End", 200)):
        tab.keyboard.press(key)
        assert trait(tab, "balance") == balance
    grip = tab.get_by_role("slider", name="Machine balance")
    assert grip.get_attribute("aria-valuetext") == "200 multiply-adds an element" and grip.get_attribute("aria-valuenow") == "200"
    compare(tab, CostCalculator(balance=200))


def test_keys_do_what_a_hand_does(page):
    """Arrows go from part to part, Shift and an arrow move what a drag of it would; a part with nothing to move stays."""
    tab, widget = page(CostCalculator()), CostCalculator()
    for _ in range(6):
        tab.keyboard.press("Tab")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert tab.evaluate(focused) == "Standard: multiply-adds"
    steps = [
        ("Shift+ArrowRight", 0, 0, {}), ("ArrowRight", 0, 1, {}), ("ArrowDown", 1, 1, {}), ("Shift+ArrowRight", 1, 1, {"groups": 8}), ("Shift+ArrowDown", 1, 1, {"groups": 4}),
        ("ArrowDown", 2, 1, {}), ("Shift+ArrowUp", 2, 1, {"c_out": 256}), ("End", 2, 3, {}), ("Shift+ArrowLeft", 2, 3, {"kernel": 1}), ("ArrowDown", 3, 3, {}),
        ("Shift+ArrowLeft", 3, 3, {"c_out": 128}), ("Shift+End", 3, 3, {"c_out": 1024}),
    ]  # fmt: skip
    for key, row, column, sets in steps:
        tab.keyboard.press(key)
        widget.set_state(sets)
        part = bills(widget)[row]
        assert tab.evaluate(focused) == label(part, column)
        assert tab.locator("figure [aria-live]").inner_text() == told(widget, part, column), key
        assert all(trait(tab, name) == value for name, value in sets.items())


def test_the_ghost_is_what_was_drawn_before(paper):
    """It stays while one control moves, and begins anew with the next; a link leaves none."""
    tab = paper(CostCalculator())

    def sides(key):
        return [box[3] for box in see(tab)[key]]

    def squares():
        parts = see(tab)["parts"]
        return [parts[f"{one}: {measure}"][2] for one in ("Grouped", "Pointwise") for measure in ("multiply-adds", "memory access", "least time")]

    def named():
        return see(tab)["texts"].count(BEFORE)

    first = squares()
    assert sides("ghost") == [] and named() == 0
    for place in (6, 7):
        tab.get_by_label("Map").fill("0")
        tab.get_by_label("Map").fill(str(place - 6))
        assert sides("ghost") == pytest.approx(first) and squares() != first and named() == 2, "one for each row"
    second = squares()
    tab.get_by_label("Kernel").select_option("7×7")
    assert sides("ghost") == pytest.approx(second) and squares() != second
    tab.get_by_role("button", name="Moves less?").click()
    assert sides("ghost") != pytest.approx(second)
    tab.move({"kernel": 5})
    assert sides("ghost") == [] and named() == 0


# Questions ------------------------------------------------------------------------------------------------------------


def answer(tab, name: str, given: dict) -> CostCalculator:
    """The figure after a question: only what its button names has changed."""
    before = tab.state()
    button = tab.get_by_role("button", name=name)
    button.click()
    after = tab.state()
    assert {key for key in after if after[key] != before[key]} <= set(button.get_attribute("data-sets").split())
    assert button.get_attribute("aria-pressed") == "true"
    widget = CostCalculator(**given)
    widget.set_state({key: value for key, value in after.items() if key in widget.drawn})
    compare(tab, widget)
    return widget


@pytest.mark.parametrize("given", [{}, LAYER])
def test_questions_about_a_layer(paper, given):
    """Asked from the farthest states, each shows its answer."""
    tab = paper(CostCalculator(**given))
    found = {}
    for name in ASKS[: 4 if not given else 3]:
        tab.move({"c_in": 72, "c_out": 96, "kernel": 7, "size": 224, "alpha": 0.25, "rho": 4 / 7, "balance": 1, "groups": 1 if given else 6})
        found[name] = answer(tab, name, given)
    separable = {name: widget.costs()["separable"] for name, widget in found.items()}
    nine, less, slower = (found[name] for name in ASKS[:3])
    assert 8.9 < nine.line().macs / separable[ASKS[0]].macs < 9
    assert separable[ASKS[1]].access < less.line().access and CostCalculator().costs()["separable"].access > CostCalculator().line().access
    assert slower.times()["separable"] > slower.times()["standard"] and separable[ASKS[2]].macs < slower.line().macs
    if not given:
        grouped = found[ASKS[3]].costs()["grouped"]
        assert grouped.macs * 8 == found[ASKS[3]].line().macs and grouped.access > 0.8 * found[ASKS[3]].line().access
    assert tab.get_by_role("button").count() == (3 if given else 4)


def test_questions_about_the_dials(paper):
    tab = paper(CostCalculator(**DIAL))
    before = CostCalculator(**DIAL)
    half, small, slow = (answer(tab, name, DIAL) for name in DIALS)
    for widget, least, most in ((half, 3.8, 4), (small, 3.06, 3.07)):
        assert least < before.costs()["separable"].macs / widget.costs()["separable"].macs < most
    assert small.costs()["separable"].params == before.costs()["separable"].params > 3 * half.costs()["separable"].params
    assert not any(one.works for one in bills(slow))
    assert slow.times()["standard"] / slow.times()["separable"] == slow.line().access / slow.costs()["separable"].access


# What chapters have ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [LAYER, DIAL])
def test_a_chapters_figure_has_room(page, given):
    """As the stillness of the gallery's: one height at each width, and nothing over another."""
    for width, most in ((320, 720), (576, 720), (1200, 560)):
        tab, heights = page(CostCalculator(**given), width=width), set()
        tab.add_style_tag(content=STILL)
        for values in ({}, {"balance": 200}, {"balance": 1, "alpha": 0.25}, {"rho": 4 / 7, "kernel": 1}, {"c_in": 1024, "c_out": 1024, "size": 224, "kernel": 7, "alpha": 1.0, "rho": 1.0}):
            move(tab, values)
            heights.add(tab.locator("figure").bounding_box()["height"])
            checks = (stage.WIDER, stage.SMALL, stage.CROPPED, stage.OVERLAPS, stage.STRUCK, stage.SPILLS)
            assert [found for check in checks for found in tab.evaluate(check)] == [], (width, values)
        assert len(heights) == 1 and max(heights) <= most
        tab.context.close()


def test_the_data(page):
    tab, widget = page(CostCalculator()), CostCalculator()
    open_data(tab)
    cells = [row.locator("td").all_inner_texts() for row in tab.locator("tbody tr").all()]
    assert cells[-3:] == [
        ["Depthwise separable", "8,768", "27,496,448", "1,012,288", "27.2"],
        *([f"{a.kernel}×{a.kernel}, {a.c_in} → {a.c_out}, g = {a.groups}", f"{a.params:,}", f"{a.macs:,}", f"{a.access:,}", short(a.macs / a.access)] for a in widget.layers()["separable"]),
    ]  # fmt: skip
    assert [row[0] for row in cells[:4]] == ["Standard", "3×3, 64 → 128, g = 1", "Grouped", "3×3, 64 → 128, g = 4"]


MODULES = {
    "as the formula": lambda: CostCalculator.from_module(DepthwiseSeparable(64, 128, 1), (1, 64, 56, 56)),
    "odd widths": lambda: CostCalculator.from_module(conv(58, 116, 3, 2, bias=True), (1, 58, 28, 28)),
    "stride 2": lambda: CostCalculator.from_module(DepthwiseSeparable(64, 128, 2), (1, 64, 56, 56)),
    "wider inside": lambda: CostCalculator.from_module(InvertedResidual(16, 24, 2, 6), (1, 16, 112, 112)),
    "much more": lambda: CostCalculator.from_module(nn.Sequential(conv(8, 512, 1), conv(512, 8, 1)), (1, 8, 14, 14)),
}


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("width", [320, 800])
def test_a_measured_module(page, module, width):
    """One more row, measured, and no control that cannot be moved; there is room for all of it."""
    widget = MODULES[module]()
    tab = page(widget, width=width)
    tab.add_style_tag(content=STILL)
    compare(tab, widget)
    said = tab.locator("figure [aria-live]").inner_text()
    assert said == widget.measured["says"] and ("Measured, not the formula" in said) == (module not in ("as the formula", "odd widths"))
    assert tab.locator("input:disabled, select:disabled").count() == 0 and tab.locator(".ln-asks button").count() == 0
    assert [re.sub(r":.*", "", title) for title in see(tab)["texts"][-2:]] == ["D + P", "Y"]
    if groups := "groups" in widget.controls:
        options = tab.get_by_label("Groups").locator("option").all_inner_texts()
        assert options == list(map(str, widget.choices()))
        tab.get_by_label("Groups").select_option(index=len(options) - 1)
        widget.groups = widget.choices()[-1]
        compare(tab, widget)
    assert groups == (module == "odd widths")
    own = bills(widget)[-1]
    tab.get_by_role("option", name=label(own, 1), exact=True).focus()
    assert tab.locator("figure [aria-live]").inner_text() == told(widget, own, 1)
    checks = (stage.WIDER, stage.SMALL, stage.CROPPED, stage.OVERLAPS, stage.STRUCK, stage.SPILLS, stage.CONTRAST)
    assert [found for check in checks for found in tab.evaluate(check)] == []
