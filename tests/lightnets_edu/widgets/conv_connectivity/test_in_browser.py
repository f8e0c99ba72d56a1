"""The figure of a convolution's connections in a real browser: every box against gradients, keyboard, other modules."""

import itertools

import pytest
import stage
from conv_connectivity.conv_modules import SOME_PLANS, Mixed, Shuffled, figure_of
from conv_connectivity.expected import numbers, sentence
from stage import move, open_data
from torch import nn

from lightnets_edu.widgets import ConvConnectivity
from lightnets_edu.widgets.conv_connectivity.masks import GROUPED, KERNELS, KINDS, WIDTHS, Plan, divisors

# Each grid on the screen: its rows and columns, and for each path on it the [row, column] of its boxes or crosses.
FRAMES = """(figure) => {
  const frames = [];
  for (const path of figure.querySelectorAll(".ln-cv-grid, .ln-cv-on, .ln-cv-never")) {
    const pieces = (path.getAttribute("d").match(/M[^M]*/g) ?? []).map((piece) => piece.match(/-?[\\d.]+|[a-zA-Z]/g));
    if (path.matches(".ln-cv-grid")) {
      const [across, down] = ["h", "v"].map((way) => pieces.filter((piece) => piece[3] === way));
      const [columns, rows] = [down.length - 1, across.length - 1];
      frames.push({ x: +across[0][1], y: +across[0][2], w: across[0][4] / columns, h: down[0][4] / rows, size: [rows, columns], paths: [] });
      continue;
    }
    const { x, y, w, h, paths } = frames.at(-1);
    paths.push(pieces.map((piece) => {
      const [, a, b, way, c, , d] = piece, [wide, high] = way === "h" ? [+c, +d] : [10, 10];
      return [(+b + high / 2 - y) / h, (+a + wide / 2 - x) / w].map(Math.floor);
    }));
  }
  return frames.map(({ size, paths }) => [size, ...paths]);
}"""


def cells(places, columns: int) -> list[list[int]]:
    return [[place // columns, place % columns] for place in places]


def matrix(rows: list[list[int]], c_in: int, lit: list[int]) -> list:
    """A matrix' size, the pairs of rows that are not lit, and of those that are."""
    pairs = [[[o, i] for o, row in enumerate(rows) if (o in lit) == on for i in row] for on in (False, True)]
    return [[len(rows), c_in], *pairs]


def frames_by_hand(widget: ConvConnectivity) -> list:
    """What must be drawn, by gradients: output map, input map, matrix, and each step's map and matrix."""
    here, (height, width) = widget.reading(), widget.size()
    place = widget.y * width + widget.x
    found = [
        [[height, width], cells([p for p in range(height * width) if p != place], width), [[widget.y, widget.x]]],
        [[7, 7], cells(here["patch"], 7), cells(here["unread"], 7)],
        matrix(here["rows"], widget.c_in, [widget.output]),
    ]
    c_in, lit = widget.c_in, [here["steps"][1]["rows"][widget.output], [widget.output]] if here["steps"] else []
    for step, chosen in zip(here["steps"], lit, strict=True):
        found += [[step["size"], cells(step["patch"], step["size"][1])], matrix(step["rows"], c_in, chosen)]
        c_in = len(step["rows"])
    return found


def said(figure) -> str:
    return figure.locator("[aria-live]").inner_text()


def written(figure) -> list[tuple[str, ...]]:
    """The table of numbers as it stands."""
    return [tuple(row.locator("th, td").all_inner_texts()) for row in figure.locator(".ln-cv-numbers tr").all()]


def agree(figure, widget: ConvConnectivity) -> None:
    """Boxes, numbers, sentence and headings of the page are Python's."""
    assert figure.evaluate(FRAMES) == frames_by_hand(widget)
    assert written(figure) == numbers(widget) and said(figure) == sentence(widget)
    mine = widget.numbers()
    heads = figure.locator(".ln-cv-head").all_text_contents()
    assert heads[0] == f"Space: {mine.positions} of 49 positions"
    assert heads[1] == f"Channels: {mine.channels} of {widget.c_in}"
    chosen = figure.locator("[role=radio].ln-chosen")
    assert [node.get_attribute("aria-label") for node in chosen.all()] == [
        f"Row {widget.y}, column {widget.x}", f"Output {widget.output}",
    ]
    assert figure.locator("[role=radio]").count() == widget.size()[0] * widget.size()[1] + widget.c_out


def somewhere(k: int, plan: Plan) -> dict:
    """The traits of a plan at outputs in corners and in the middle."""
    side = -(-7 // plan.stride)
    return {**plan._asdict(), "output": k % plan.c_out, "y": (2 * k) % side, "x": (3 * k) % side}


@pytest.mark.parametrize("width", [320, 570, 1200])
def test_what_is_drawn_is_what_gradients_say(paper, width):
    """All kinds, set by Python."""
    tab = paper(widget := ConvConnectivity(), width=width)
    for state in itertools.starmap(somewhere, enumerate(SOME_PLANS)):
        widget.set_state(state)
        move(tab, state)
        agree(tab.locator("figure"), widget)


@pytest.mark.parametrize("width", [320, 569, 570, 706, 1200])    # panels stand side by side from 570 on
def test_panels_have_room(page, width):
    tab = page(ConvConnectivity(), width=width)
    for state in itertools.starmap(somewhere, enumerate(SOME_PLANS)):
        move(tab, state)
        assert [fault for look in (stage.WIDER, stage.CROPPED, stage.OVERLAPS) for fault in tab.evaluate(look)] == []
    tops = tab.locator(".ln-cv-head").evaluate_all("(heads) => heads.slice(0, 2).map((head) => head.getBoundingClientRect().y)")
    assert (tops[0] == tops[1]) == (width > 569)


def test_controls_lead_to_what_gradients_say(paper):
    """The native controls one after the other; what one sets, the others follow; Python's figure follows alike."""
    tab = paper(widget := ConvConnectivity())
    figure = tab.locator("figure")
    for kind in KINDS:
        tab.get_by_label("Kind").select_option(kind)
        for c_in, c_out in ((12, 6), (16, 4)):
            tab.get_by_label("Channels in").fill(str(WIDTHS.index(c_in)))
            slider = tab.get_by_label("Channels out")
            if kind == "depthwise":
                assert slider.is_disabled() and slider.get_attribute("aria-valuetext") == str(c_in)
            else:
                slider.fill(str(WIDTHS.index(c_out)))
            kernel, groups = tab.get_by_label("Kernel"), tab.get_by_label("Groups")
            assert kernel.is_disabled() == (kind == "pointwise") and groups.is_disabled() == (kind not in GROUPED)
            state = tab.evaluate("({ ...models[0].state })")
            if kind in GROUPED:
                offered = groups.locator("option").all_inner_texts()
                assert offered == [str(g) for g in divisors(c_in, c_out)]
                groups.select_option(offered[-1])
            elif kind == "depthwise":
                assert groups.locator("option").all_inner_texts() == [str(c_in)]
            if kind != "pointwise":
                kernel.select_option("5")
            tab.get_by_label("Stride").select_option("2")
            tab.get_by_role("radio", name=f"Output {min(3, state['c_out'] - 1)}", exact=True).click()
            tab.get_by_role("radio", name="Row 3, column 1", exact=True).click()
            now = tab.evaluate("({ ...models[0].state })")
            traits = {k: now[k] for k in ("kind", "c_in", "c_out", "kernel", "groups", "stride", "output", "y", "x")}
            assert (traits["c_in"], traits["stride"], traits["y"], traits["x"]) == (c_in, 2, 3, 1)
            widget.set_state(traits)
            agree(figure, widget)
            tab.get_by_label("Stride").select_option("1")


def test_kernel_and_groups_come_back(paper):
    """A stop at a pointwise convolution or at widths with fewer divisors is for a moment, not for good."""
    tab = paper(ConvConnectivity(kind="shuffled", groups=8, kernel=5))
    get = lambda: tab.evaluate("['kernel', 'groups'].map((name) => models[0].get(name))")  # noqa: E731
    tab.get_by_label("Channels in").fill(str(WIDTHS.index(12)))
    assert get() == [5, 4]
    tab.get_by_label("Channels in").fill(str(WIDTHS.index(16)))
    assert get() == [5, 8]
    tab.get_by_label("Kind").select_option("pointwise")
    assert get() == [1, 8]
    tab.get_by_label("Kind").select_option("grouped")
    assert get() == [5, 8]
    move(tab, {"groups": 2, "kernel": 3})
    tab.get_by_label("Channels in").fill(str(WIDTHS.index(8)))
    assert get() == [3, 2], "what Python sets is what counts from then on"
    assert KERNELS == (1, 3, 5) == tuple(map(int, tab.get_by_label("Kernel").locator("option").all_inner_texts()))


@pytest.mark.parametrize(
    ("module", "more"),
    [
        (nn.Conv2d(8, 8, 3, padding=1, groups=4), {"kind": "grouped", "groups": 2, "output": 3}),
        (nn.Conv2d(5, 3, 3, padding=2, dilation=2), {"y": 3, "x": 3}),
        (nn.Conv2d(4, 4, (2, 1), (1, 2)), {"y": 5, "x": 3}),
        (Shuffled(2, between=lambda x, g: x), {"kind": "shuffled", "groups": 2, "output": 7}),
        (Mixed(), {"c_in": 4}),
        (Shuffled(4), {"output": 6}),
        (nn.Sequential(nn.Conv2d(8, 8, 3, 2, 1, groups=8), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 1)), {"output": 15, "y": 0}),
    ],
)
def test_other_modules_are_drawn_as_measured(paper, module, more):
    """Every output of theirs; only the outputs can be chosen; who departs from the formula is told."""
    tab = paper(widget := ConvConnectivity.from_module(module, **more))
    figure = tab.locator("figure")
    agree(figure, widget)
    assert ("Measured, not the formula" in said(figure)) == bool(widget.measured["unlike"])
    assert all(node.is_disabled() for node in figure.locator("input, select").all())
    shown = tab.get_by_label("Kind").locator("option").all_inner_texts()
    assert shown == (["–"] if widget.measured["unlike"] else [widget.kind])
    assert written(figure)[0][1] == type(module).__name__
    height, width = widget.size()
    for place in range(0, height * width, 5):
        y, x, output = place // width, place % width, place % widget.c_out
        tab.get_by_role("radio", name=f"Row {y}, column {x}", exact=True).click()
        tab.get_by_role("radio", name=f"Output {output}", exact=True).click()
        widget.set_state({"y": y, "x": x, "output": output})
        agree(figure, widget)


def test_space_and_channels_move_apart(paper):
    """Another kernel leaves the matrix as it is, other groups leave the patch as it is."""
    tab = paper(ConvConnectivity(kind="grouped", groups=2))
    figure = tab.locator("figure")
    _, patch, pairs = figure.evaluate(FRAMES)
    tab.get_by_label("Kernel").select_option("5")
    _, wider, same = figure.evaluate(FRAMES)
    assert wider != patch and same == pairs
    tab.get_by_label("Kernel").select_option("3")
    tab.get_by_label("Groups").select_option("4")
    _, same, fewer = figure.evaluate(FRAMES)
    assert same == patch and fewer != pairs


def test_the_data_as_a_table(page):
    tab = page(widget := figure_of(SOME_PLANS[10]._replace(groups=4), output=3))
    open_data(tab)
    tab.locator(".ln-data tbody tr").last.wait_for()
    rows = [row.locator("td").all_inner_texts() for row in tab.locator(".ln-data tbody tr").all()]
    here = widget.reading()
    assert rows == [[str(o), " ".join(map(str, row)), str(fan)] for o, (row, fan) in enumerate(zip(here["rows"], here["fans"], strict=True))]


def test_keyboard_only(page):
    """Controls, the output map in two directions, the outputs, the data: all without a pointer."""
    tab = page(ConvConnectivity(), ConvConnectivity())
    state = "() => ['kind', 'c_in', 'c_out', 'kernel', 'groups', 'stride', 'output', 'y', 'x'].map((name) => models[0].get(name))"
    second = tab.locator("figure").last.inner_html()
    press = lambda *keys: [tab.keyboard.press(key) for key in keys]  # noqa: E731
    focused = "document.activeElement.getAttribute('aria-label')"
    press("ArrowDown")
    assert tab.evaluate(state) == ["standard", 8, 8, 3, 2, 1, 0, 2, 2], "a key outside the figure must do nothing"
    press("Tab", "ArrowDown", "Tab", "End", "Tab", "Home", "End", "Tab", "ArrowDown", "Tab", "ArrowDown", "Tab", "ArrowDown", "ArrowUp")
    assert tab.evaluate(state) == ["grouped", 16, 16, 5, 4, 1, 0, 2, 2]
    press("Tab")
    assert tab.evaluate(focused) == "Row 2, column 2"
    keys = {"ArrowDown": (3, 2), "ArrowRight": (3, 3), "ArrowUp": (2, 3), "ArrowLeft": (2, 2), "Home": (0, 0), "End": (6, 6)}
    for key, (y, x) in keys.items():
        press(key)
        assert (tab.evaluate(state)[-2:], tab.evaluate(focused)) == ([y, x], f"Row {y}, column {x}")
    press("ArrowDown")
    assert tab.evaluate(state)[-2:] == [0, 6], "round the edge in the same column"
    press("Control+ArrowDown")
    assert tab.evaluate(state)[-2:] == [0, 6]
    press("Tab")
    assert tab.evaluate(focused) == "Output 0"
    for key, output in {"ArrowUp": 15, "ArrowDown": 0, "ArrowRight": 1, "End": 15, "Home": 0}.items():
        press(key)
        assert (tab.evaluate(state)[6], tab.evaluate(focused)) == (output, f"Output {output}")
    press("Tab", "Enter")
    tab.locator("figure").first.locator(".ln-data tbody tr").nth(15).wait_for()
    press("Tab", "Tab")
    assert tab.evaluate("document.querySelectorAll('figure')[1].contains(document.activeElement)"), "no trap"
    assert tab.locator("figure").last.inner_html() == second, "two figures are independent"
