"""The figure of the sliding convolution in a real browser: what a hand drags, points at and edits; keyboard, Play, room."""

import re

import pytest
import stage
import torch
from sliding_convolution.expected import STATES, number, short
from sliding_convolution.test_figure import dice, places
from sliding_convolution.test_real_modules import Transposed
from stage import move, open_data, trait
from torch import nn

from lightnets_edu.widgets import SlidingConvolution
from lightnets_edu.widgets.sliding_convolution.layer import EDGES

FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# What is to be seen, in cells: a picture's corner and pitch are those of its group, which scales it.
SEEN = """(figure) => {
  const all = (name) => [...figure.querySelectorAll(name)], at = (node, key) => +node.getAttribute(key);
  const images = all(".ln-sl-image").map((group) => {
    const [x, y, pitch] = (group.getAttribute("transform") ?? "").match(/-?[\\d.]+/g).map(Number), cells = {};
    for (const path of group.children) for (const [, c, r] of path.getAttribute("d").matchAll(/M(\\d+) (\\d+)/g))
      cells[`${r} ${c}`] = path.getAttribute("class") ?? path.getAttribute("stroke");
    return { x, y: y - pitch / 2, pitch, cells };
  });
  const covers = (name) => all(name).map((node, i) => {
    const { x, y, pitch } = images[i], near = (value) => Math.round(100 * value / pitch) / 100;
    const [w, h] = [at(node, "width"), at(node, "height")];
    return w && h ? [near(at(node, "y") - y), near(at(node, "x") - x), near(h), near(w)] : null;
  });
  const group = (one) => images.slice(4 * one, 4 * one + 4).map(({ cells }) => cells);
  return {
    inputs: group(0), maps: group(1), windows: covers(".ln-sl-mark"), ghosts: covers(".ln-sl-ghost"),
    totals: all(".ln-sl-total").map((node) => node.textContent).filter(Boolean),
    said: figure.querySelector(".ln-say").textContent,
  };
}"""


def level(value: float, most: float) -> str:
    return f"ln-sl-{(value > 0) - (value < 0) and (1 if value > 0 else -1) * -(-5 * abs(value) // most):.0f}"


def cells(grid: list) -> dict:
    return {f"{r} {c}": value for r, row in enumerate(grid) for c, value in enumerate(row)}


def expected(widget: SlidingConvolution) -> dict:
    """The same, from Python: maps by PyTorch, the window by arithmetic."""
    (y, x), maps, k = widget.position(), widget.maps(), widget.kernel
    most = max(abs(v) for map_ in maps for row in map_ for v in row)
    window = [y * widget.stride - widget.padding, x * widget.stride - widget.padding, k, k]
    deep = widget.kind == "depthwise"
    totals = ["" if m == [] else short(m[y][x]) for m in maps]
    return {
        "inputs": [cells(picture) for picture in widget.pictures],
        "maps": [cells([[level(v, most or 1) for v in row] for row in map_]) for map_ in maps],
        "windows": [*[window] * 4, *([None] if deep else [[y, x, 1, 1]]), *[[y, x, 1, 1]] * 3],
        "ghosts": [None] * 8,
        "totals": sorted([*filter(None, totals), *([] if deep else ["=", "+", "+"])]),
    }


def check(tab, widget: SlidingConvolution) -> None:
    seen = tab.locator("figure").first.evaluate(SEEN)
    seen["totals"].sort()
    for key, value in expected(widget).items():
        assert seen[key] == value, key


def test_every_state_shows_what_is_multiplied_and_added(paper):
    """All 20 layers, the window in the corners and inside: pictures, maps, window, sums."""
    for values in STATES:
        widget = SlidingConvolution(**values, filters=dice(27), mix=dice(3))
        tab = paper(widget)
        for pixel in ({"row": -1, "column": 12}, {"row": 5, "column": 3}, {"row": 12, "column": -1}):
            widget.set_state(pixel)
            move(tab, pixel)
            totals = [t for t in tab.locator(".ln-sl-total").all_text_contents() if t]
            assert sorted(totals) == expected(widget)["totals"]


@pytest.fixture
def figure(page):
    """A page with the figure, and a function that says where a cell of a picture is: of inputs, 0, or of maps, 1."""
    tab = page(SlidingConvolution(), width=1200)

    def at(i: int, lower: int, r: float, c: float) -> tuple[float, float]:
        box = tab.locator(".ln-sl-stage").bounding_box()
        place = tab.locator(".ln-sl-image").nth(4 * lower + i).get_attribute("transform")
        x, y, pitch = map(float, re.findall(r"-?[\d.]+", place))
        return box["x"] + x + (c + 0.5) * pitch, box["y"] + y + r * pitch

    return tab, at


def test_pictures_and_maps_in_a_browser(page):
    for values in STATES[::3]:
        widget = SlidingConvolution(**values, filters=dice(27), mix=dice(3), row=8, column=2)
        check(page(widget, width=1200), widget)


def test_the_window_is_dragged_over_the_picture_and_over_a_map(figure):
    """It follows the hand, to the border and no further; a map is dragged too; a click brings it to one pixel."""
    tab, at = figure
    get = lambda: [trait(tab, "row"), trait(tab, "column")]  # noqa: E731
    for i, lower, back in ((0, 0, 0), (2, 0, 0), (0, 1, 1), (3, 1, 1)):
        tab.mouse.move(*at(i, lower, 4, 2))
        tab.mouse.down()
        tab.mouse.move(*at(i, lower, 6, 5), steps=3)
        tab.evaluate(FRAMES)
        assert get() == [6 + back, 5 + back]
        tab.mouse.move(*at(i, lower, -9, 40), steps=2)
        tab.evaluate(FRAMES)
        assert get() == ([1, 10] if lower else [-1, 12])
        tab.mouse.up()
        tab.mouse.click(*at(i, lower, 3, 7))
        assert get() == [3 + back, 7 + back]


def test_a_hand_on_a_phone(browser):
    """A finger drags the window any way, and the page stays."""
    context = browser.new_context(viewport={"width": 400, "height": 700}, has_touch=True, is_mobile=True)
    tab = context.new_page()
    stage.put(tab, (SlidingConvolution(),), "light")
    tab.add_style_tag(content="main { padding-bottom: 2000px }")
    wire, box = context.new_cdp_session(tab), tab.get_by_role("option", name="Input, red").bounding_box()
    for i in range(9):
        spot = {"x": box["x"] + 10 + 3 * i, "y": box["y"] + 8 + 7 * i}
        wire.send("Input.dispatchTouchEvent", {"type": "touchMove" if i else "touchStart", "touchPoints": [spot]})
        tab.evaluate(FRAMES)
    wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert trait(tab, "row") >= 6 and trait(tab, "column") >= 3 and tab.evaluate("scrollY") == 0
    context.close()


def test_pixel_and_output_say_their_past_and_their_future(figure):
    """A pixel lights the windows that read it; an output the window that it reads; of a channel, in that channel."""
    tab, at = figure
    widget = SlidingConvolution()
    seen = lambda: tab.locator("figure").evaluate(SEEN)  # noqa: E731
    tab.mouse.move(*at(1, 0, 0, 4))
    now = seen()
    assert now["said"] == f"Row 0, column 4: red {widget.planes[0][0][4]}; windows that read it: 3."
    assert now["ghosts"][1] == [0, 4, 1, 1] and now["ghosts"][5] == [0, 2, 1, 3]
    assert tab.locator(".ln-sl-stage").get_attribute("data-only") == "1"
    tab.mouse.move(*at(0, 0, 6, 6))
    values = ", ".join(f"{name} {plane[6][6]}" for name, plane in zip(("red", "green", "blue"), widget.planes, strict=True))
    assert seen()["said"] == f"Row 6, column 6: {values}; windows that read it: 9."
    tab.mouse.move(*at(0, 1, 7, 9))
    total, *alone = (map_[7][9] for map_ in widget.maps())
    now = seen()
    assert now["said"] == f"Row 7, column 9: {' + '.join(map(number, alone)).replace('+ −', '− ')} = {number(total)}."
    assert now["ghosts"] == [*[[7, 9, 3, 3]] * 4, *[[7, 9, 1, 1]] * 4]
    tab.mouse.move(*at(2, 1, 7, 9))
    assert seen()["said"] == f"Row 7, column 9: green {number(alone[1])}."
    tab.mouse.move(5, 5)
    assert seen()["said"].endswith("over space and channels.") and seen()["ghosts"] == [None] * 8


def test_a_weight_is_edited_and_the_maps_change_at_once(figure):
    """By clicks, round and round, and by Shift and an arrow, to the ends; the window stays."""
    tab, _ = figure
    weight = tab.get_by_label("Filter, green. Row 1, column 2", exact=True)
    spot, before = 9 + 5, trait(tab, "filters")
    pixel = SlidingConvolution().parts()[1].pairs[5][0]
    for wanted in (2, -2, -1, 0, 1):
        weight.click()
        now = trait(tab, "filters")
        assert now == [wanted if i == spot else own for i, own in enumerate(before)]
        check_maps = SlidingConvolution(filters=now)
        assert tab.locator("figure").evaluate(SEEN)["maps"] == expected(check_maps)["maps"]
    weight.focus()
    tab.mouse.move(5, 5)
    assert tab.locator(".ln-say").inner_text() == f"Row 1, column 2: green {pixel} · 1 = {pixel}."
    for key, wanted in (("ArrowUp", 2), ("ArrowRight", 2), ("ArrowDown", 1), ("ArrowLeft", 0), ("Home", -2), ("End", 2)):
        tab.keyboard.press(f"Shift+{key}")
        assert trait(tab, "filters")[spot] == wanted
        assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == "Filter, green. Row 1, column 2"
    assert [trait(tab, "row"), trait(tab, "column")] == [5, 3]
    move(tab, {"kind": "pointwise", "kernel": 1})
    tab.get_by_label("Filter, blue. Row 0, column 0", exact=True).click()
    assert trait(tab, "mix") == [2, -1, 0] and trait(tab, "filters")[spot] == 2


def test_by_keyboard_alone(page):
    """A layer, a stride, the window, a weight, a question: nothing else moves with any of them."""
    tab = page(SlidingConvolution())
    press = lambda *keys: [tab.keyboard.press(key) for key in keys]  # noqa: E731
    names = ("kind", "kernel", "stride", "padding", "speed", "row", "column")
    get = lambda: [trait(tab, name) for name in names]  # noqa: E731
    press("Tab", "ArrowDown")
    assert get() == ["standard", 2, 1, 0, 4, 5, 3]
    press("d")
    assert get() == ["depthwise", 3, 1, 0, 4, 5, 3]
    press("Tab", "ArrowDown", "Tab", "ArrowDown", "Tab", "ArrowDown")
    assert get() == ["depthwise", 3, 2, 1, 16, 5, 3]
    press("Tab", "Tab", "Enter")    # over Play to Step: the next place
    assert get() == ["depthwise", 3, 2, 1, 16, 6, 6], "as near as there was one, and on"
    press("Tab", "Shift+ArrowLeft", "Shift+ArrowDown")
    assert get()[-2:] == [8, 4]
    press("ArrowDown", "Shift+ArrowUp")
    assert trait(tab, "filters") == [0, *EDGES[1:]]
    press("Tab", "Enter")
    assert get() == ["standard", 3, 2, 1, 16, 8, 4] and trait(tab, "filters") == EDGES


def test_play_goes_place_by_place_and_races(page):
    """Faster where it is told; the bars grow in step; at the end it stops, and Step begins again."""
    tab = page(SlidingConvolution(stride=2, speed=16, row=9, column=5))
    spent = lambda: [int(text.replace(",", "")) for text in tab.locator(".ln-sl-number").all_text_contents()]  # noqa: E731
    before = spent()
    assert before == [81 * 23, 27 * 23, 9 * 23]
    tab.get_by_role("button", name="Play").click()
    tab.wait_for_function("document.querySelector('.ln-sl-number').textContent === '2,025'", timeout=3000)
    tab.get_by_role("button", name="Play").wait_for(timeout=3000)
    assert spent() == [81 * 25, 27 * 25, 9 * 25]
    tab.get_by_role("button", name="Step").click()
    assert [trait(tab, "row"), trait(tab, "column")] == [1, 1] and spent() == [81, 27, 9]
    long = tab.locator(".ln-sl-so").evaluate_all("(nodes) => nodes.map((node) => node.getAttribute('width') / 1)")
    assert long[0] == pytest.approx(3 * long[1]) == pytest.approx(9 * long[2])
    move(tab, {"stride": 1})
    assert tab.locator(".ln-sl-so").first.evaluate("(node) => node.getAttribute('width') / 1") == pytest.approx(long[0]), "one scale"


MODULES = {
    "most": (lambda: nn.Conv2d(4, 4, 3, padding=1), (4, 12, 12)),
    "uneven": (lambda: nn.Conv2d(2, 4, 2, stride=2, groups=2), (2, 5, 7)),
    "one": (lambda: nn.Conv2d(1, 1, 3), (1, 3, 3)),
    "transposed": (lambda: Transposed(3, 2, 3), (3, 5, 5)),
}


@pytest.mark.parametrize("name", MODULES)
def test_real_modules(page, name):
    """At 320 pixels and wide nothing overlaps, and all is legible; weights are told where they are pointed at."""
    torch.manual_seed(6)
    make, shape = MODULES[name]
    widget = SlidingConvolution.from_module(make(), torch.randn(shape))
    for width, theme in ((320, "light"), (1200, "dark")):
        tab = page(widget, width=width, theme=theme)
        for _, pixel in list(places(widget))[::29]:
            widget.set_state(pixel)
            move(tab, pixel)
            y, x = widget.position()
            totals = tab.locator(".ln-sl-total").all_text_contents()
            assert {short(map_[y][x]) for map_ in widget.maps() if map_} <= set(totals)
        faults = [f for checks in (stage.WIDER, stage.CROPPED, stage.OVERLAPS, stage.SPILLS, stage.CONTRAST) for f in tab.evaluate(checks)]
        assert faults == [] and tab.evaluate(stage.NODES) <= 600
        tab.locator("[aria-label^='Filter, input 0. Row 0']").first.hover()
        (pixel, weight), *_ = widget.parts()[0].pairs
        assert f"{number(pixel)} · {number(weight)} = " in tab.locator(".ln-say").inner_text()
        settings = [tab.get_by_label(label) for label in ("Layer", "Stride", "Padding")]
        assert not any(menu.is_enabled() for menu in settings), "a module keeps its settings"


def test_the_data_as_a_table(page):
    """Every pair of the window, and all numbers of the maps."""
    widget = SlidingConvolution(padding=1, row=0, column=4)
    tab = page(widget)
    open_data(tab)
    found = tab.locator("details tr").evaluate_all("(rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent))")
    y, x = widget.position()
    pairs = [" + ".join(f"{number(a)}·{number(b)}" for a, b in part.pairs) for part in widget.parts()]
    names = ("sum", "red", "green", "blue")
    rows = [[f"{name}, row {r}", ", ".join(map(number, row))] for name, map_ in zip(names, widget.maps(), strict=True) for r, row in enumerate(map_)]
    assert found == [[f"Row {y}, column {x}", "pixel · weight"], *map(list, zip(names[1:], pairs, strict=True)), *rows]
