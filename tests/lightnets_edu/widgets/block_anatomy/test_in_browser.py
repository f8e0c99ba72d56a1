"""The figure of blocks in a real browser: drawn to scale, every number, forks and joins, keyboard, real modules."""

import random
import re

import pytest
import stage
from block_anatomy.expected import percent, shares_of, times, widest
from block_anatomy.test_real_modules import KNOWN, OTHERS, SPOILT
from stage import move, open_data, trait

from lightnets_edu.widgets import BlockAnatomy
from lightnets_edu.widgets.block_anatomy.blocks import BLOCKS, anatomies
from lightnets_edu.widgets.block_anatomy.flow import KINDS, STEP, forks

# Of each box: kind's colour, and its length and two heights in pixels, read off its outline, whichever way it lies.
BOXES = """(figure) => [...figure.querySelectorAll("[role=radio] .ln-ba-box:not(.ln-ba-cut)")].map((node) => {
  const p = node.getAttribute("d").match(/-?[\\d.]+(?:e-?\\d+)?/g).map(Number), upright = p[0] !== p[6];
  const [along, across] = upright ? [1, 0] : [0, 1];
  return [node.getAttribute("class").match(/ln-ink(\\d)/)[1], p[2 + along] - p[along], Math.abs(p[6 + across] - p[across]), Math.abs(p[4 + across] - p[2 + across])];
})"""
# Thickness of each ribbon at its start and end, whether dashed, and whether straight.
RIBBONS = """(figure) => [...figure.querySelectorAll(".ln-ba-edge")].map((node) => {
  const p = node.getAttribute("d").match(/-?[\\d.]+(?:e-?\\d+)?/g).map(Number);
  const at = (x, y) => Math.max(Math.abs(p[x] - p[y]), Math.abs(p[x + 1] - p[y + 1]));
  return [at(0, 14), at(6, 8), node.classList.contains("ln-ba-n1")];
})"""
CUTS = """(figure) => [...figure.querySelectorAll("[role=radio] .ln-ba-cut")].map((node) => node.getAttribute("d").split("M").length - 1)"""
BARS = """(figure) => [...figure.querySelectorAll(".ln-ba-costs > div")].map((bar) =>
  [...bar.children].map((part) => +part.getAttribute("style").match(/flex-grow: ([\\d.]+)/)[1]))"""
INK = {"pointwise": "0", "depthwise": "1", "standard": "2", "grouped": "2", "linear": "3", "other": "3", "step": "9"}


def check(figure, found, layer: int) -> None:
    """What is drawn is what was measured, to one scale."""
    boxes, rows = figure.evaluate(BOXES), found.rows
    assert [box[0] for box in boxes] == [INK[KINDS[row.kind]] for row in rows]
    assert [box[1] for box in boxes] == pytest.approx([12 + 6 * (row.side or 1) for row in rows], abs=0.01)
    scale = max(box[2] for box in boxes) / max(row.c_in for row in rows)
    for _, _, left, right in boxes:
        assert left >= 1 and right >= 1, "even the thinnest can be seen"
    drawn = [side for box in boxes for side in box[2:]]
    assert drawn == pytest.approx([max(1, scale * c) for row in rows for c in (row.c_in, row.c_out)], rel=1e-3)
    cuts = figure.evaluate(CUTS)
    for row, (_, _, left, right), lines in zip(rows, boxes, cuts, strict=True):
        shuffled = 6 if row.text[0] == "shuffle" else 0
        fits = int(min(left, right) / 3 + 1e-6)
        assert lines == max(0, min(row.groups, fits) - 1) + shuffled, row
    known = {1.0, *(scale * c for row in rows for c in (row.c_in, row.c_out)), *(scale * fork[2] for fork in forks(found.flow)), *(scale * way[0] for fork in forks(found.flow) for way in fork[4:]), scale * found.ends[0]}
    for start, stop, _ in figure.evaluate(RIBBONS):
        assert start == pytest.approx(stop, abs=0.01) and min(abs(start - k) for k in known) < 0.05, "a ribbon keeps its channels"
    dashed = any(dash for *_, dash in figure.evaluate(RIBBONS))
    assert dashed == any(row.size == 1 for row in rows)
    joins = [fork[0] for fork in forks(found.flow)]
    assert figure.locator("path.ln-ba-bar").count() == joins.count("concatenate")
    assert figure.locator(".ln-ba-join").count() == len(joins) - joins.count("concatenate")
    params, macs = sum(row.params for row in rows), sum(row.macs for row in rows)
    bars = figure.evaluate(BARS)
    assert bars == [[row.params for row in rows], [row.macs for row in rows]] and [sum(bar) for bar in bars] == [params, macs]
    says(figure, found, layer)


def says(figure, found, layer: int, start: str = "") -> None:
    """The sentence, number by number."""
    params, macs, row = sum(r.params for r in found.rows), sum(r.macs for r in found.rows), found.rows[layer]
    shares = ", ".join(f"{kind} {percent(part, macs)}" for kind, part in shares_of(found).items())
    c, where = widest(found)
    expected = (
        f"{start}{params:,} parameters and {macs:,} multiply-adds, of these {shares}. Widest {where}: {c} channels.\n"
        f"{row.text[0]}: {row.text[1]}. {row.c_in} → {row.c_out} channels, {times(row.size)}. {row.params:,} parameters, "
        f"{row.macs:,} multiply-adds: {percent(row.params, params)} and {percent(row.macs, macs)} of the block."
    )
    assert figure.locator("[aria-live]").inner_text() == expected
    assert figure.locator("[role=radio]").evaluate_all("(all) => all.map((node) => node.getAttribute('aria-checked'))") == [
        "true" if i == layer else "false" for i in range(len(found.rows))
    ]


def ruler(figure) -> float:
    """Pixels a channel, by the ruler under the picture."""
    shown = figure.locator(".ln-ba-ruler")
    high = shown.locator("span").evaluate("(node) => +node.getAttribute('style').match(/[\\d.]+/)[0]")
    return high / int(re.match(r"(\d+) channels", shown.inner_text())[1])


@pytest.mark.parametrize("width", [320, 1000])
@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_are_drawn_to_scale(paper, name, width):
    """Some states of each block, the extremes among them, set with the native controls; a layer of each."""
    tab = paper(BlockAnatomy(), width=width, height=1600)
    figure, knobs, dice = tab.locator("figure"), BLOCKS[name].knobs, random.Random(3)
    tab.locator("select").select_option(BLOCKS[name].title)
    states = list(anatomies(name))
    scales, heights = set(), set()
    for values in [states[0], states[-1], *dice.sample(states, 4)]:
        for knob, value in zip(knobs, values, strict=True):
            tab.get_by_label(knob.label).fill(str(knob.values.index(value)))
        found = anatomies(name)[values]
        layer = dice.randrange(len(found.rows))
        tab.locator("[role=radio]").nth(layer).click()
        assert trait(tab, "layer") == layer and [trait(tab, knob.trait) for knob in knobs] == list(values)
        check(figure, found, layer)
        boxes = figure.evaluate(BOXES)
        scales.add(round(max((box[2] / row.c_in, row.c_in) for box, row in zip(boxes, found.rows, strict=True))[0], 2))
        heights.add(figure.locator(".ln-ba-main").get_attribute("viewBox"))
        assert tab.locator("svg, svg *").count() < 200
    assert len(heights) == 1, "nothing jumps when a knob moves"


def test_one_scale_for_all_states_of_a_block(paper):
    """More expansion is a thicker flow; the input stays as thick as it is."""
    tab = paper(BlockAnatomy("inverted_residual"), width=1000)
    figure, scales = tab.locator("figure"), []
    for t in range(2, 9):
        move(tab, {"t": t})
        _, _, thin, thick = figure.evaluate(BOXES)[0]
        assert thick / thin == pytest.approx(t)
        scales.append(thin / 24)
    assert scales == pytest.approx([scales[0]] * 7)
    assert ruler(figure) == pytest.approx(scales[0], rel=0.01)


def test_ways_lie_as_they_are_wired(paper):
    """Shortcut above, gate below, concatenated ways on top of each other in their order; all in one line or upright."""
    tab = paper(BlockAnatomy("mbconv"), width=1200)
    figure = tab.locator("figure")
    middle = "(node) => { const b = node.querySelector('path').getBBox(); return [b.x + b.width / 2, b.y + b.height / 2]; }"
    at = lambda name, paper=figure: paper.get_by_role("radio", name=name, exact=True).evaluate(middle)  # noqa: E731
    x, y = zip(*(at(name) for name in ("expand", "depthwise", "global pool", "se squeeze", "se expand", "project")), strict=True)
    assert list(x) == sorted(x) and y[0] == y[1] == y[5] and y[2] == y[3] == y[4] > y[0] + 20
    move(tab, {"block": "fire", "squeeze": 0.125, "share": 0.5, "layer": 0})
    squeeze, one, three = at("squeeze"), at("expand1x1"), at("expand3x3")
    assert one[1] < squeeze[1] < three[1] and one[0] == pytest.approx(three[0]) and one[0] > squeeze[0]
    move(tab, {"block": "shufflenet", "groups": 3, "stride": 2, "layer": 0})
    assert at("avg pool")[1] < at("reduce")[1] == at("expand")[1]
    narrow = paper(BlockAnatomy("mbconv"), width=320).locator("figure")
    x, y = zip(*(at(name, narrow) for name in ("expand", "depthwise", "se squeeze", "project")), strict=True)
    assert list(y) == sorted(y) and x[0] == x[1] == x[3] < x[2]


def test_no_line_of_a_label_lies_on_a_box(page):
    for width in (320, 768, 1200):
        tab = page(BlockAnatomy(), width=width)
        for name in BLOCKS:
            for values in (next(iter(anatomies(name))), list(anatomies(name))[-1]):
                move(tab, {"block": name, "layer": 0, **dict(zip((k.trait for k in BLOCKS[name].knobs), values, strict=True))})
                hits = tab.evaluate("""() => {
                  const box = (node) => node.getBoundingClientRect();
                  const boxes = [...document.querySelectorAll(".ln-ba-main .ln-ba-box:not(.ln-ba-cut)")].map(box);
                  return [...document.querySelectorAll(".ln-ba-main text")].map((node) => [node.textContent, box(node)])
                    .filter(([, a]) => boxes.some((b) => a.left < b.right - 3 && b.left < a.right - 3 && a.top < b.bottom - 4 && b.top < a.bottom - 4))
                    .map(([text]) => text);
                }""")
                assert hits == [], (width, name, values)


@pytest.mark.parametrize("width", [320, 900])
@pytest.mark.parametrize("i", range(len(KNOWN + OTHERS + SPOILT)))
def test_a_real_block_has_room(page, i, width):
    module, shape = (KNOWN + OTHERS + SPOILT)[i]
    widget = BlockAnatomy.from_module(module, shape)
    tab = page(widget, width=width)
    faults = [f for looked in (stage.WIDER, stage.SMALL, stage.CROPPED, stage.OVERLAPS, stage.SPILLS) for f in tab.evaluate(looked)]
    assert faults == [] and tab.evaluate("stops") == 0
    figure, start = tab.locator("figure"), "Measured, not the formula: " if i >= len(KNOWN + OTHERS) else ""
    says(figure, widget.anatomy(), widget.layer, start)
    assert tab.locator("select").locator("option").all_inner_texts() == [type(module).__name__]
    assert figure.locator("input").count() == 0
    drawn = max((box[2], row.c_in) for box, row in zip(figure.evaluate(BOXES), widget.layers(), strict=True))
    shrunk = figure.locator(".ln-ba-main").evaluate("(node) => node.getBoundingClientRect().width / node.viewBox.baseVal.width")
    assert ruler(figure) == pytest.approx(shrunk * drawn[0] / drawn[1], rel=0.02)


def test_other_wiring_changes_the_picture(paper):
    plain, dense, added = (BlockAnatomy.from_module(*which) for which in (KNOWN[0], SPOILT[0], SPOILT[3]))
    figures = [paper(widget, width=900).locator("figure") for widget in (plain, dense, added)]
    assert [box[0] for box in figures[0].evaluate(BOXES)] == ["0", "1", "0"] and [box[0] for box in figures[1].evaluate(BOXES)] == ["0", "2", "0"]
    assert figures[0].evaluate(CUTS)[1] > 0 == figures[1].evaluate(CUTS)[1]
    assert (figures[2].locator(".ln-ba-join").count(), figures[2].locator("path.ln-ba-bar").count()) == (1, 0)


def test_keyboard_only(page):
    """Every state is reached without a pointer; keys outside the figure do nothing; figures are independent."""
    tab = page(BlockAnatomy("fire"), BlockAnatomy("fire"))
    state = "(i) => ['block', 'squeeze', 'share', 'layer'].map((name) => models[i].get(name))"
    second = tab.locator("figure").last.inner_html()
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate(state, 0) == ["fire", 0.125, 0.5, 2], "a key outside the figure must do nothing"
    press = lambda *keys: [tab.keyboard.press(key) for key in keys]  # noqa: E731
    press("Tab", "ArrowDown")
    assert tab.evaluate("[models[0].get('block'), models[0].get('s'), models[0].get('d')]") == ["ghost", 2, 3]
    press("ArrowUp", "Tab", "End")
    assert tab.evaluate(state, 0) == ["fire", 1, 0.5, 2]
    press("ArrowLeft", "Tab", "Home")
    assert tab.evaluate(state, 0) == ["fire", 0.75, 0.125, 2]
    press("Tab")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert tab.evaluate(focused) == "expand3x3"
    for key, expected in {"ArrowRight": 0, "ArrowDown": 1, "ArrowLeft": 0, "ArrowUp": 2, "Home": 0, "End": 2}.items():
        press(key)
        assert (tab.evaluate(state, 0)[3], tab.evaluate(focused)) == (expected, ["squeeze", "expand1x1", "expand3x3"][expected])
        assert tab.locator("figure").first.locator("[role=radio][tabindex='0']").count() == 1
    says(tab.locator("figure").first, anatomies("fire")[0.75, 0.125], 2)
    press("Tab", "Enter")
    tab.locator("tbody tr").nth(3).wait_for()
    press("Tab", "Tab")  # over the data, which can be scrolled
    assert tab.evaluate("document.querySelectorAll('figure')[1].contains(document.activeElement)"), "no trap"
    assert tab.evaluate(state, 1) == ["fire", 0.125, 0.5, 2]
    assert tab.locator("figure").last.inner_html() == second, "two figures are independent"


def test_the_layer_picked_stays_while_a_knob_moves(page):
    """By its name: project is the last layer with and without expansion; a layer that is gone gives way to the first."""
    tab = page(BlockAnatomy("mbconv"))
    tab.get_by_role("radio", name="project").click()
    tab.get_by_label("Expansion t").fill("0")
    assert (trait(tab, "t"), trait(tab, "layer")) == (1, 4)
    tab.get_by_label("Squeeze ratio").fill("0")
    assert tab.get_by_label("Squeeze ratio").get_attribute("aria-valuetext") == "none"
    assert (trait(tab, "squeeze"), trait(tab, "layer")) == (0, 1)
    tab.get_by_label("Squeeze ratio").fill("4")
    tab.get_by_role("radio", name="se expand").click()
    tab.get_by_label("Squeeze ratio").fill("0")
    assert trait(tab, "layer") == 0


def test_a_block_begins_with_its_papers_numbers(page):
    tab = page(BlockAnatomy("fire", squeeze=1.0))
    for name in ("mbconv", "resnet", "shufflenet", "fire"):
        tab.locator("select").select_option(BLOCKS[name].title)
        reference = BlockAnatomy(name)
        assert all(trait(tab, knob.trait) == knob.default for knob in BLOCKS[name].knobs)
        assert trait(tab, "layer") == reference.layer


def test_the_data_as_a_table(page):
    tab = page(BlockAnatomy("mbconv"))
    open_data(tab)
    found = anatomies("mbconv")[6, 5, 0.25].rows
    rows = [row.split("\t") for row in tab.locator("tbody").inner_text().splitlines()]
    assert rows[:-1] == [[*r.text[:2], f"{r.c_in} → {r.c_out}", times(r.size), f"{r.params:,}", f"{r.macs:,}"] for r in found]
    assert rows[-1][0] == "block" and rows[-1][-2:] == ["31,290", "19,761,600"]
    assert [r.kind == STEP for r in found] == [False, False, True, False, False, False]
