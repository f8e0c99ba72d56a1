"""The figure of a convolution's connections in a real browser: every thread against gradients, hands, other modules."""

import itertools
import json

import pytest
import stage
from conv_connectivity.conv_modules import SOME_PLANS, Branches, Mixed, Shuffled, figure_of
from conv_connectivity.expected import chosen, layers, met, sentence, threads, weights
from stage import move, open_data, trait
from torch import nn

from lightnets_edu.widgets import ConvConnectivity
from lightnets_edu.widgets.conv_connectivity import masks
from lightnets_edu.widgets.conv_connectivity.masks import KERNELS, WIDTHS, Plan

# What is drawn, told by where it stands: threads as [layer, output, input, how many]; marks on maps as [row, channel,
# cell]; cells of the large map; the bars' words and lengths; the parts that are lit, and the outputs that are chosen.
DRAWN = """(figure) => {
  const all = (selector) => [...figure.querySelectorAll(selector)];
  const box = (node) => ["x", "y", "width", "height"].map((name) => +node.getAttribute(name));
  const label = (node) => node.getAttribute("aria-label");
  const rows = ["Input", "Between", "Output"].map((kind) => all(".ln-part").filter((node) => label(node).startsWith(kind)))
    .filter((row) => row.length).map((row) => row.map((node) => [...node.children].map(box)));
  const pieces = (node) => (node.getAttribute("d").match(/M[^M]*/g) ?? [])
    .map((piece) => [piece, (piece.match(/-?[\\d.]+(?:e-?\\d+)?/g) ?? []).map(Number)]);
  const over = (row, x) => rows[row].findIndex(([[left, , width]]) => x > left && x < left + width);
  const bundles = (node) => pieces(node).map(([piece, [x, y, dx, dy, back = -dx]]) => {
    const many = piece.match(/l/g).length, middle = x + ((back + dx) * (many - 1)) / 2, end = y + dy;
    const k = rows.findIndex((row) => Math.abs(row[0][1][1] + row[0][1][3] + 1 - y) < 0.1);
    if (k < 0 || Math.abs(rows[k + 1][0][1][1] - 1 - end) > 0.1) throw new Error(`a thread from ${y} to ${end}`);
    const i = over(k, middle), [left, , width] = rows[k][i][1];
    if (x < left || x + (back + dx) * (many - 1) > left + width) throw new Error(`a thread beside its map: ${piece}`);
    return [k, over(k + 1, middle + dx), i, many];
  });
  const cells = (node, [x, y, cell], columns) => pieces(node).map(([, [a, b]]) => Math.round((a - x) / cell) + columns * Math.round((b - y) / cell));
  const [wide, window] = all("[role=slider] rect").map(box), side = wide[2] / 7;
  const marks = rows.map(() => []);
  for (const [, [x, y, cell]] of pieces(figure.querySelector(".ln-cv-mark"))) {
    const row = rows.findIndex(([[, [, top, , high]]]) => y > top - 0.1 && y < top + high), i = over(row, x), [left, top, across] = rows[row][i][1];
    marks[row].push([i, Math.round((x - left) / cell) + Math.round(across / cell) * Math.round((y - top) / cell)]);
  }
  const bars = all(".ln-cv-bar, .ln-cv-other").map(box).filter(([, , width]) => width);
  return {
    rest: bundles(figure.querySelector(".ln-cv-rest")), lit: all(".ln-cv-lit").flatMap(bundles), marks,
    patch: cells(figure.querySelector(".ln-cv-on"), [wide[0], wide[1], side], 7),
    unread: cells(figure.querySelector(".ln-cv-never"), [wide[0] + side / 3, wide[1] + side / 3, side], 7),
    window: [(window[0] - wide[0]) / side, (window[1] - wide[1]) / side, window[2] / side, window[3] / side].map((n) => Math.round(n * 100) / 100),
    bars: bars.map(([, , width]) => width / Math.max(...bars.map((bar) => bar[2]))),
    on: all(".ln-on").map(label), chosen: all(".ln-cv-chosen").map(label),
  };
}"""


def window(widget: ConvConnectivity) -> list[float]:
    """The window's frame in cells of the input map; none round a patch that no kernel on offer has."""
    kernel = 0 if widget.measured.get("unlike") else 1 if widget.kind == "pointwise" else widget.kernel
    return [*(at * widget.stride - (kernel - 1) / 2 for at in (widget.x, widget.y)), kernel, kernel]


def by_hand(widget: ConvConnectivity, row: int | None = None, places: list[int] | None = None) -> dict:
    """What must be drawn, by gradients, with the chosen outputs lit or some channels of a row."""
    here, rows, all_ = widget.reading(), layers(widget), threads(widget)
    lit = met(rows, len(rows) if row is None else row, chosen(widget) if places is None else places)
    spots = [here["patch"], *(step["patch"] for step in here["steps"][1:]), [widget.y * widget.size()[1] + widget.x]]
    names = ["Input", *["Between"] * (len(rows) - 1), "Output"]
    _, lines = weights(widget)
    return {
        "rest": list(map(list, all_)),
        "lit": [[k, o, i, n] for k, o, i, n in all_ if o in lit[k + 1] and i in lit[k]],
        "marks": [[[i, spot] for i in own for spot in spots[r]] for r, own in enumerate(lit)],
        "patch": here["patch"], "unread": here["unread"], "window": pytest.approx(window(widget), abs=0.02),
        "bars": pytest.approx([n / max(n for _, n in lines) for _, n in lines]),
        "on": [f"{names[r]} {i}" for r, own in enumerate(lit) for i in own],
        "chosen": [f"Output {o}" for o in chosen(widget)],
    }  # fmt: skip


def said(figure) -> str:
    return figure.locator(".ln-say").text_content()


def agree(figure, widget: ConvConnectivity) -> None:
    """Threads, marks, bars and sentence of the page are Python's."""
    found, hoped = figure.evaluate(DRAWN), by_hand(widget)
    for what, value in hoped.items():
        assert found[what] == value, what
    assert said(figure) == sentence(widget)
    total, lines = weights(widget)
    texts = figure.locator("svg text").all_text_contents()
    assert total in texts and all(text in texts for text, _ in lines)
    assert figure.locator("[role=slider]").get_attribute("aria-valuetext") == f"row {widget.y}, column {widget.x}"


def somewhere(k: int, plan: Plan) -> dict:
    """The traits of a plan at outputs in corners and in the middle, one or several."""
    side = -(-7 // plan.stride)
    output = k % plan.c_out
    return {**plan._asdict(), "output": output, "more": min(k % 3, plan.c_out - 1 - output), "y": (2 * k) % side, "x": (3 * k) % side}


@pytest.mark.parametrize("width", [320, 570, 1200])
def test_what_is_drawn_is_what_gradients_say(paper, width):
    """All kinds, set by Python; as many threads as the real layers have weights."""
    tab = paper(widget := ConvConnectivity(), width=width)
    for plan, state in zip(SOME_PLANS, itertools.starmap(somewhere, enumerate(SOME_PLANS)), strict=True):
        widget.set_state(state)
        move(tab, state)
        agree(tab.locator("figure"), widget)
        drawn = sum(many for *_, many in tab.locator("figure").evaluate(DRAWN)["rest"])
        assert drawn == sum(p.numel() for p in masks.build(plan).parameters())


def test_every_channel_tells_its_past_and_its_future(paper):
    """Inputs, channels between two layers, outputs: lit as gradients say, and said in words."""
    for plan in (Plan("grouped", 8, 8, 3, 2, 1), Plan("shuffled", 12, 12, 3, 3, 1), Plan("separable", 6, 6, 3, 1, 1)):
        tab = paper(widget := figure_of(plan, output=3))
        figure, rows = tab.locator("figure"), layers(widget)
        names = ["Input", *["Between"] * (len(rows) - 1), "Output"]
        for r, i in itertools.product(range(len(names)), range(0, plan.c_in, 2)):
            tab.get_by_role("option", name=f"{names[r]} {i}", exact=True).hover()
            found, hoped = figure.evaluate(DRAWN), by_hand(widget, r, [i])
            assert {key: found[key] for key in ("lit", "marks", "on")} == {key: hoped[key] for key in ("lit", "marks", "on")}
            past, *_, future = met(rows, r, [i])
            goes = f"to {len(future)} of {plan.c_out} output{'' if plan.c_out == 1 else 's'}."
            ends = [f"Input {i} goes {goes}", f"Between, {i}: from {len(past)} of {plan.c_in} inputs, {goes}"]
            assert said(figure) == (f"Output {i} reads 9 positions in {len(past)} of {plan.c_in} inputs: {9 * len(past)} numbers."
                                    if names[r] == "Output" else ends[r])


@pytest.mark.parametrize("width", [320, 503, 504, 663, 664, 1200])    # the map's cells grow at 504, it stands aside from 664 on
def test_there_is_room(page, width):
    tab = page(ConvConnectivity(), width=width)
    for state in itertools.starmap(somewhere, enumerate(SOME_PLANS)):
        move(tab, state)
        assert [fault for look in (stage.WIDER, stage.CROPPED, stage.OVERLAPS) for fault in tab.evaluate(look)] == []


def stop(tab, name: str) -> None:
    """Move the slider of layers until it says this."""
    slider = tab.get_by_label("Layer")
    for place in range(int(slider.get_attribute("max")) + 1):
        slider.fill(str(place))
        if slider.get_attribute("aria-valuetext") == name:
            return
    raise AssertionError(f"no {name}")


def test_one_slider_leads_from_standard_to_depthwise_to_separable(paper):
    """At each stop the threads are Python's, and nothing but the layer has changed."""
    tab = paper(widget := ConvConnectivity(c_in=12, c_out=12))
    slider, said_ = tab.get_by_label("Layer"), []
    for place in range(int(slider.get_attribute("max")) + 1):
        before = tab.evaluate("({ ...models[0].state })")
        slider.fill(str(place))
        now = tab.evaluate("({ ...models[0].state })")
        assert {name for name in now if now[name] != before[name]} <= {"kind", "groups"}
        widget.set_state({name: now[name] for name in ("kind", "groups")})
        agree(tab.locator("figure"), widget)
        said_.append(slider.get_attribute("aria-valuetext"))
    assert said_ == ["standard", *(f"{g} groups" for g in (2, 3, 4, 6)), "depthwise", "separable", *(f"{g} shuffled" for g in (2, 3, 4, 6))]


def test_channels_step_by_the_groups(paper):
    """Groups stay what they are; on offer are numbers of channels that they divide, more than one to a group."""
    tab = paper(ConvConnectivity(kind="grouped", groups=4))
    slider = tab.get_by_label("Channels", exact=True)
    for place, c in enumerate(c for c in WIDTHS if c > 4 and c % 4 == 0):
        slider.fill(str(place))
        assert [trait(tab, name) for name in ("c_in", "c_out", "groups")] == [c, c, 4]
    stop(tab, "depthwise")
    for place, c in enumerate(WIDTHS):
        slider.fill(str(place))
        assert (trait(tab, "c_out"), trait(tab, "kind")) == (c, "depthwise")


def test_a_kernel_of_one_is_pointwise(paper):
    tab = paper(widget := ConvConnectivity(kind="pointwise", kernel=1))
    assert tab.get_by_label("Kernel").locator("option").all_inner_texts() == [f"{k}×{k}" for k in KERNELS]
    one = tab.locator("figure").evaluate(DRAWN)
    move(tab, {"kind": "standard"})
    assert tab.locator("figure").evaluate(DRAWN) == one and "pointwise 1×1" in tab.locator("svg text").all_text_contents()
    move(tab, {"kind": "pointwise"})
    tab.get_by_label("Kernel").select_option("3×3")
    widget.set_state({"kind": "standard", "kernel": 3})
    assert trait(tab, "kind") == "standard"
    agree(tab.locator("figure"), widget)


QUESTIONS = {
    "Who is cut off?": lambda w: [len(row) for row in w.reading()["rows"]] == [4] * 8,
    "Same reach?": lambda w: [len(row) for row in w.reading()["rows"]] == [8] * 8 and w.numbers().params == 136 and w.reading()["standard"] == 576,
    "A shuffle mends it?": lambda w: [len(row) for row in w.reading()["rows"]] == [8] * 8 and w.numbers().params < 576,
    "Never read?": lambda w: len(w.reading()["unread"]) == 33,
}


def test_questions_set_the_state_that_answers_them(paper):
    for question, holds in QUESTIONS.items():
        tab = paper(widget := ConvConnectivity())
        assert tab.locator(".ln-asks button").all_inner_texts() == list(QUESTIONS)
        assert not holds(widget), "before it is asked"
        button = tab.get_by_role("button", name=question, exact=True)
        button.click()
        names = button.get_attribute("data-sets").split()
        widget.set_state({name: trait(tab, name) for name in names})
        agree(tab.locator("figure"), widget)
        assert holds(widget) and button.get_attribute("aria-pressed") == "true"


def middle(tab, role: str, name: str) -> tuple[float, float]:
    box = tab.get_by_role(role, name=name, exact=True).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize(("width", "stride"), [(320, 1), (1200, 1), (1200, 2)])
def test_the_window_is_dragged(page, width, stride):
    """From anywhere on the map, and to where it is clicked; it goes no farther than the last output. Threads stay."""
    tab = page(widget := ConvConnectivity(kind="grouped", stride=stride, y=1, x=1), width=width)
    figure, last = tab.locator("figure"), (6 if stride == 1 else 3)
    before = figure.evaluate(DRAWN)["rest"]
    box = tab.locator("[role=slider] rect").first.bounding_box()
    at = lambda row, column: (box["x"] + (column + 0.5) * box["width"] / 7, box["y"] + (row + 0.5) * box["height"] / 7)  # noqa: E731
    tab.mouse.move(*at(3, 3))
    tab.mouse.down()
    for spot, (y, x) in {(2 * stride, stride): (2, 1), (6, 0): (last, 0), (-3, 9): (0, last)}.items():
        tab.mouse.move(*at(*spot), steps=3)
        tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert (trait(tab, "y"), trait(tab, "x")) == (y, x)
    tab.mouse.up()
    tab.mouse.click(*at(2 * stride, 3 * stride if stride == 1 else 2))
    widget.set_state({"y": 2, "x": 3 if stride == 1 else 1})
    agree(figure, widget)
    assert figure.evaluate(DRAWN)["rest"] == before, "the same weights at every position"


def test_outputs_are_brushed(page):
    """By a hand in both directions and by Shift with an arrow; what they read together is lit."""
    tab = page(widget := ConvConnectivity(kind="grouped", groups=2), width=800)
    figure = tab.locator("figure")
    for start, end in ((2, 5), (6, 3)):
        tab.mouse.move(*middle(tab, "option", f"Output {start}"))
        tab.mouse.down()
        tab.mouse.move(*middle(tab, "option", f"Output {end}"), steps=4)
        tab.mouse.up()
        tab.mouse.move(5, 5)
        widget.set_state({"output": min(start, end), "more": 3})
        agree(figure, widget)
    assert said(figure) == "Outputs 3–6 read 9 positions in 8 of 8 inputs."
    tab.get_by_role("option", name="Output 4", exact=True).click()
    steps = [("Shift+ArrowRight", 4, 1), ("Shift+ArrowRight", 4, 2), ("Shift+ArrowLeft", 4, 1), ("Shift+ArrowLeft", 4, 0),
             ("Shift+ArrowLeft", 3, 1), ("Shift+Home", 0, 4), ("Shift+End", 4, 3)]    # fmt: skip
    tab.mouse.move(5, 5)
    for key, output, more in steps:
        tab.keyboard.press(key)
        assert (trait(tab, "output"), trait(tab, "more")) == (output, more), key
    widget.set_state({"output": 4, "more": 3})
    agree(figure, widget)


@pytest.mark.parametrize(
    ("module", "more"),
    [
        (nn.Conv2d(8, 8, 3, padding=1, groups=4), {"kind": "grouped", "groups": 2, "output": 3}),
        (nn.Conv2d(5, 3, 3, padding=2, dilation=2), {"y": 3, "x": 3}),
        (nn.Conv2d(4, 4, (2, 1), (1, 2)), {"y": 5, "x": 3}),
        (Shuffled(2, between=lambda x, g: x), {"kind": "shuffled", "groups": 2, "output": 7}),
        (Mixed(), {"c_in": 4}),
        (Branches(), {"output": 3}),
        (Shuffled(4), {"output": 6}),
        (nn.Sequential(nn.Conv2d(8, 8, 3, 2, 1, groups=8), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 1)), {"output": 15, "y": 0}),
    ],
)
def test_other_modules_are_drawn_as_measured(paper, module, more):
    """Every output of theirs; only outputs and window can be moved; who departs from the formula is told."""
    tab = paper(widget := ConvConnectivity.from_module(module, **more))
    figure = tab.locator("figure")
    agree(figure, widget)
    kernels = sum(part.weight.numel() for part in module.modules() if isinstance(part, nn.Conv2d))
    assert sum(many for *_, many in figure.evaluate(DRAWN)["rest"]) == kernels
    assert ("Measured, not the formula" in said(figure)) == bool(widget.measured["unlike"])
    assert not any(node.is_visible() for node in [*figure.locator("input").all(), tab.get_by_role("button", name="Same reach?")])
    assert ("as measured" in figure.locator("svg text").all_text_contents()) == bool(widget.measured["unlike"] and not widget.measured["steps"])
    height, width = widget.size()
    for place in range(0, height * width, 5):
        state = {"y": place // width, "x": place % width, "output": place % widget.c_out}
        tab.get_by_role("option", name=f"Output {state['output']}", exact=True).click()
        move(tab, state)
        widget.set_state({**state, "more": 0})
        agree(figure, widget)


def test_space_and_channels_move_apart(paper):
    """Another kernel joins the same channels, other groups leave the patch as it is."""
    tab = paper(ConvConnectivity(kind="grouped", groups=2))
    joined = lambda found: [thread[:3] for thread in found["rest"]]  # noqa: E731
    first = tab.locator("figure").evaluate(DRAWN)
    tab.get_by_label("Kernel").select_option("5×5")
    wider = tab.locator("figure").evaluate(DRAWN)
    assert wider["patch"] != first["patch"] and joined(wider) == joined(first)
    tab.get_by_label("Kernel").select_option("3×3")
    stop(tab, "4 groups")
    fewer = tab.locator("figure").evaluate(DRAWN)
    assert fewer["patch"] == first["patch"] and joined(fewer) != joined(first)


def test_the_data_as_a_table(page):
    tab = page(widget := figure_of(SOME_PLANS[10]._replace(groups=4), output=3))
    open_data(tab)
    tab.locator(".ln-data tbody tr").last.wait_for()
    rows = [row.locator("td").all_inner_texts() for row in tab.locator(".ln-data tbody tr").all()]
    here = widget.reading()
    assert rows == [[str(o), " ".join(map(str, row)), str(fan)] for o, (row, fan) in enumerate(zip(here["rows"], here["fans"], strict=True))]


def test_keyboard_only(page):
    """Controls, the window in two directions, channels, questions, the data: all without a pointer."""
    tab = page(ConvConnectivity(), ConvConnectivity())
    state = "() => ['kind', 'c_in', 'c_out', 'kernel', 'groups', 'output', 'more', 'y', 'x'].map((name) => models[0].get(name))"
    second = tab.locator("figure").last.inner_html()
    press = lambda *keys: [tab.keyboard.press(key) for key in keys]  # noqa: E731
    focused = "document.activeElement.getAttribute('aria-label')"
    press("ArrowDown")
    assert tab.evaluate(state) == ["standard", 8, 8, 3, 2, 0, 0, 2, 2], "a key outside the figure must do nothing"
    press("Tab", "ArrowRight", "ArrowRight", "Tab", "End", "Tab", "ArrowDown")
    assert tab.evaluate(state) == ["grouped", 16, 16, 5, 4, 0, 0, 2, 2]
    press("Tab")
    assert tab.evaluate(focused) == "Window"
    keys = {"ArrowDown": (3, 2), "ArrowRight": (3, 3), "ArrowUp": (2, 3), "ArrowLeft": (2, 2), "Home": (2, 0), "End": (2, 6)}
    for key, (y, x) in keys.items():
        press(key)
        assert (tab.evaluate(state)[-2:], tab.evaluate(focused)) == ([y, x], "Window")
    press("Control+ArrowDown", "Tab")
    assert tab.evaluate(state)[-2:] == [2, 6] and tab.evaluate(focused) == "Output 0"
    press("ArrowRight", "ArrowRight", "Enter", "Shift+ArrowRight")
    assert tab.evaluate(state)[5:7] == [2, 1] and tab.evaluate(focused) == "Output 3"
    press("ArrowUp")
    assert tab.evaluate(focused) == "Input 3" and said(tab.locator("figure").first) == "Input 3 goes to 4 of 16 outputs."
    press("Enter")
    assert tab.evaluate(state)[5:7] == [2, 1], "only outputs can be chosen"
    press("Tab", "Tab", "Enter")
    assert json.loads(json.dumps(tab.evaluate(state)))[0] == "separable"
    press("Tab", "Tab", "Tab", "Enter")
    tab.locator("figure").first.locator(".ln-data tbody tr").nth(15).wait_for()
    press("Tab", "Tab")
    assert tab.evaluate("document.querySelectorAll('figure')[1].contains(document.activeElement)"), "no trap"
    assert tab.locator("figure").last.inner_html() == second, "two figures are independent"
