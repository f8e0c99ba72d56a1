"""The cost calculator in a real browser: drawn numbers and bars against Python, controls, keyboard, a measured module."""

import math

import pytest
import stage
from cost_calculator.expected import MEASURES, formula, rows, sentence
from cost_calculator.test_figure import STATES, conv, own
from stage import move, open_data, trait
from torch import nn

from lightnets_edu.models.mobilenet_v1 import DepthwiseSeparable
from lightnets_edu.models.mobilenet_v2 import InvertedResidual
from lightnets_edu.widgets import CostCalculator
from lightnets_edu.widgets import cost_calculator as offered
from lightnets_edu.widgets.cost_calculator.costs import decimal, times

NAMES = ("c_in", "c_out", "kernel", "size", "groups", "alpha", "rho")
WORDS = "[...document.querySelectorAll('.ln-cc-stage text:not(.ln-cc-tick)')].map((node) => node.textContent).slice(0, -2)"
# Each bar: where it ends beside the line, in pixels; 0 for a dot.
BARS = """() => {
  const line = +document.querySelector(".ln-cc-line").getAttribute("d").match(/M([\\d.]+)/)[1];
  return [...document.querySelectorAll(".ln-cc-bar")].map((node) =>
    node.matches("circle") ? node.getAttribute("cx") - line : node.getAttribute("d").match(/L([\\d.]+)/)[1] - line);
}"""
CLASSES = "[...document.querySelectorAll('.ln-cc-bar')].map((node) => node.getAttribute('class').split(' ')[1])"
BANDS = "document.querySelectorAll('.ln-cc-above').length - 1"


def expected(widget: CostCalculator) -> tuple[list[str], list[float], list[str]]:
    """The words of the picture, each bar's octaves from the line, and its class."""
    line, words, octaves, classes = widget.line(), [], [], []
    for row, key in zip(rows(widget), ("standard", "grouped", "separable", "own"), strict=False):
        words.append(row.name)
        for measure, label in MEASURES.items():
            lines = [(label, row.cost, f"ln-cc-{key}")]
            if len(row.layers) > 1:
                lines += [(f"depthwise {widget.kernel}×{widget.kernel}", row.layers[0], "ln-ink1"), ("pointwise 1×1", row.layers[1], "ln-ink0")]
            for name, cost, kind in lines:
                value, base = getattr(cost, measure), getattr(line, measure)
                words += [name, f"{value:,}", times(value, base)]
                octaves.append(math.log2(value / base))
                classes.append(kind)
        dense = row.cost.macs / row.cost.access
        words += ["Arithmetic intensity", decimal(dense), times(dense, line.macs / line.access)]
    return words, octaves, classes


def compare(tab, widget: CostCalculator) -> None:
    """Picture, sentence and formula are what Python says."""
    words, octaves, classes = expected(widget)
    assert tab.evaluate(WORDS) == words and tab.evaluate(CLASSES) == classes
    ends = tab.evaluate(BARS)
    scale = max(abs(end) for end in ends) / max(map(abs, octaves)) if any(octaves) else 1
    assert ends == pytest.approx([octave * scale for octave in octaves], abs=1.01), "one scale for all"
    sums = [octave for octave, kind in zip(octaves, classes, strict=True) if kind.startswith("ln-cc")]
    assert tab.evaluate(BANDS) == sum(octave > 0 for octave in sums)
    said = tab.locator("figure > p").all_inner_texts()
    assert said[:2] == [sentence(widget), formula(widget)]
    assert tab.locator("figure [aria-live]").inner_text() == said[0]


@pytest.mark.parametrize("width", [320, 800])
def test_the_picture_is_what_python_says(paper, width):
    """Many layers, chosen with the native controls."""
    tab, widget = paper(CostCalculator(), width=width), CostCalculator()
    compare(tab, widget)
    for state in [*STATES, (1024, 1024, 7, 224, 1024, 1.0, 1.0), (1024, 8, 1, 224, 1, 1.0, 1.0)]:
        c_in, c_out, kernel, size, groups, alpha, rho = state
        for label, values, value in (("c_in", offered.C_IN, c_in), ("c_out", offered.C_OUT, c_out), ("Map", offered.SIZES, size)):
            tab.get_by_label(label).fill(str(values.index(value)))
        for label, text in (("Kernel", f"{kernel}×{kernel}"), ("Width α", f"{alpha:g}"), ("Resolution ρ", offered.RHOS[rho]), ("Groups g", str(groups))):
            tab.get_by_label(label).select_option(text)
        widget.set_state(dict(zip(NAMES, state, strict=True)))
        assert tuple(trait(tab, name) for name in NAMES) == state
        compare(tab, widget)


def test_the_controls_offer_what_python_accepts(paper):
    tab = paper(CostCalculator(c_in=72, c_out=96, alpha=0.25, groups=6))
    options = [select.locator("option").all_inner_texts() for select in tab.locator("select").all()]
    assert options == [
        [f"{k}×{k}" for k in offered.KERNELS], ["1", "2", "3", "6"], [f"{a:g}" for a in offered.ALPHAS], list(offered.RHOS.values()),
    ]  # fmt: skip
    for label, name, values in (("c_in", "c_in", offered.C_IN), ("c_out", "c_out", offered.C_OUT), ("Map", "size", offered.SIZES)):
        slider, seen = tab.get_by_label(label), []
        for i in range(int(slider.get_attribute("max")) + 1):
            slider.fill(str(i))
            seen.append(trait(tab, name))
        assert seen == list(values)
    for label, name, values in (("Kernel", "kernel", offered.KERNELS), ("Width α", "alpha", offered.ALPHAS), ("Resolution ρ", "rho", list(offered.RHOS))):
        for i, value in enumerate(values):
            tab.get_by_label(label).select_option(index=i)
            assert trait(tab, name) == value


def test_what_alpha_and_rho_do(paper):
    """The separable pair against itself: parameters, multiply-adds in all and by layer, memory access."""
    tab, full, small = paper(CostCalculator()), CostCalculator().layers()["separable"], CostCalculator(alpha=0.5, rho=6 / 7)
    line = tab.locator("figure > p").nth(2)
    assert line.inner_text() == "α = 1, ρ = 1: 64 → 128 channels on 56×56 maps."
    move(tab, {"alpha": 0.5, "rho": 6 / 7})
    now, before, parts = small.costs()["separable"], CostCalculator().costs()["separable"], small.layers()["separable"]
    by = [now.params / before.params, now.macs / before.macs, *(a.macs / b.macs for a, b in zip(parts, full, strict=True)), now.access / before.access]
    params, macs, depthwise, pointwise, access = (f"× {x:.4f}" for x in by)
    assert line.inner_text() == (
        f"α = 0.5, ρ = 6/7: 32 → 64 channels on 48×48 maps. Separable against itself at α = 1, ρ = 1 (α² = 0.25): parameters {params}; "
        f"multiply-adds {macs}, depthwise {depthwise}, pointwise {pointwise}; memory access {access}."
    )


def test_the_keyboard_alone(page):
    """From the first control to the last, without a mouse: a quarter of the width, the largest number of groups."""
    tab = page(CostCalculator())
    for keys in (["ArrowRight"], ["Home"], ["ArrowDown"], ["ArrowRight"], ["End"], ["ArrowDown", "ArrowDown"], ["End"]):
        tab.keyboard.press("Tab")
        for key in keys:
            tab.keyboard.press(key)
    # 72 → 8 channels at α = 1 share 8 groups; at α = 0.5 the widths are 36 and 4
    assert [trait(tab, name) for name in NAMES] == [72, 8, 5, 112, 4, 0.5, 4 / 7]
    widget = CostCalculator()
    widget.set_state({name: trait(tab, name) for name in NAMES})
    compare(tab, widget)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.locator("tbody tr").first.wait_for()
    assert tab.locator("tbody tr").count() == 3 + 4


def test_groups_come_back_with_the_widths(paper):
    tab = paper(CostCalculator(groups=32))
    tab.get_by_label("c_in").fill("0")
    assert trait(tab, "groups") == 1
    tab.get_by_label("c_in").fill("5")
    assert trait(tab, "groups") == 32


def test_the_data(page):
    tab, widget = page(CostCalculator()), CostCalculator()
    open_data(tab)
    cells = [row.locator("td").all_inner_texts() for row in tab.locator("tbody tr").all()]
    assert cells[-3:] == [
        ["Depthwise separable", "8,768", "27,496,448", "1,012,288", "27.16"],
        *([f"{a.kernel}×{a.kernel}, {a.c_in} → {a.c_out}, g = {a.groups}", f"{a.params:,}", f"{a.macs:,}", f"{a.access:,}", decimal(a.macs / a.access)] for a in widget.layers()["separable"]),
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
    """One more row, measured; only groups can still be chosen; and there is room for it."""
    widget = MODULES[module]()
    tab = page(widget, width=width)
    compare(tab, widget)
    assert tab.locator(".ln-cc-way").last.inner_html().startswith("Your module, measured")
    assert [f"{value:,}" in tab.evaluate(WORDS) for value in own(widget)] == [True] * 3
    said = tab.locator("figure [aria-live]").inner_text()
    assert said.startswith(widget.measured["says"])
    assert ("Measured, not the formula" in said) == (module not in ("as the formula", "odd widths"))
    assert tab.locator("input:enabled").count() == 0 and tab.locator("select:enabled").count() == 1
    groups = [tab.get_by_label("Groups g").locator("option").all_inner_texts(), list(map(str, widget.choices()))]
    assert groups[0] == groups[1]
    tab.get_by_label("Groups g").select_option(index=len(groups[0]) - 1)
    widget.groups = widget.choices()[-1]
    compare(tab, widget)
    assert [f for check in (stage.WIDER, stage.SMALL, stage.CROPPED, stage.OVERLAPS, stage.SPILLS, stage.CONTRAST) for f in tab.evaluate(check)] == []
