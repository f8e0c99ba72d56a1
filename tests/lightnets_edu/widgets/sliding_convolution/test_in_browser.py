"""The figure of the sliding convolution in a real browser: what lights up, what is multiplied, keyboard, player, room."""

import pytest
import stage
import torch
from sliding_convolution.expected import number
from sliding_convolution.test_figure import STATES
from sliding_convolution.test_real_modules import Transposed
from stage import move, open_data, state, trait
from torch import nn

from lightnets_edu.widgets import SlidingConvolution
from lightnets_edu.widgets.sliding_convolution.cells import written
from lightnets_edu.widgets.sliding_convolution.layer import in_steps

STILL = "* { transition: none !important }"
# What is to be seen. A cell lies in a window if its middle does.
SEEN = """(figure) => {
  const cells = (svg) => [...svg.querySelectorAll("text:not(.ln-sl-name, .ln-sl-sum)")], texts = (svg) => cells(svg).map((t) => t.textContent);
  const lit = (svg) => cells(svg).flatMap((t, i) => (t.classList.contains("ln-on") ? [i] : []));
  const name = (svg) => svg.querySelector(".ln-sl-name").textContent, off = (svg) => svg.classList.contains("ln-sl-off");
  const inside = (svg) => {
    const rect = svg.querySelector(".ln-sl-window"), [x, y, w, h] = ["x", "y", "width", "height"].map((key) => +rect.getAttribute(key));
    const [left, top] = rect.getAttribute("style").match(/-?[\\d.]+(?=px)/g).map(Number);
    return off(svg) ? [] : cells(svg).flatMap((t, i) => {
      const [a, b] = [t.getAttribute("x") - x - left, t.getAttribute("y") - 4.3 - y - top];
      return a > 0 && a < w && b > 0 && b < h ? [i] : [];
    });
  };
  const zeros = (svg) => (svg.querySelector(".ln-sl-zeros")?.getAttribute("d").match(/M/g) ?? []).length;
  return {
    rows: [...figure.querySelectorAll(".ln-sl-row")].map((row) => {
      const [input, kernel, products] = row.querySelectorAll("svg");
      return {
        input: [name(input), texts(input), lit(input), inside(input), zeros(input)], kernel: [name(kernel), texts(kernel), lit(kernel).length],
        products: [name(products), texts(products), products.querySelector(".ln-sl-sum").textContent, off(products)],
      };
    }),
    outputs: [...figure.querySelectorAll(".ln-sl-out svg")].map((svg) => [name(svg), texts(svg), lit(svg), inside(svg)]),
    flows: (figure.querySelector(".ln-sl-in > svg > path").getAttribute("d") ?? "").split("C".toLowerCase()).length - 1,
    badge: figure.querySelector(".ln-badge").textContent, said: figure.querySelector("[aria-live]").textContent,
    facts: figure.querySelector(".ln-say + div > p").textContent, table: [...figure.querySelectorAll(".ln-say + div td")].map((td) => td.textContent),
  };
}"""


def expected(widget: SlidingConvolution) -> dict:
    """The same, from Python: windows by arithmetic, numbers by PyTorch."""
    k, s, p, planes = widget.kernel, widget.stride, widget.padding, widget.inputs()
    (o, y, x), (c_out, rows, columns), parts = widget.position(), widget.shape(), {part.plane: part for part in widget.parts()}
    high, wide = len(planes[0]), len(planes[0][0])
    window = [(r, c) for r in range(y * s - p, y * s - p + k) for c in range(x * s - p, x * s - p + k)]
    places = [r * wide + c for r, c in window if 0 <= r < high and 0 <= c < wide]
    read, weigh, tell, give = ([digits for digits, _ in widget.cells])
    weights = widget.layer().weight.tolist()
    found = []
    for i, plane in enumerate(planes):
        own = o if i in parts else i * c_out // len(planes)
        kernel = weights[own][i if len(weights[own]) > 1 else 0]
        pairs = [] if i not in parts else parts[i].pairs
        texts = [written(a * b, give) for a, b in pairs]
        here = places if pairs else []
        found.append({
            "input": [f"Input {i}", [written(v, read) for row in plane for v in row], here, here, ((high + 2 * p) * (wide + 2 * p) - high * wide)],
            "kernel": [f"Filter {i}", [written(w, weigh) for row in kernel for w in row], k * k if pairs else 0],
            "products": ["Products", texts, f"= {written(parts[i].sum, tell)}", False] if pairs else ["not read", [""] * k * k, "", True],
        })
    outputs, given = [], in_steps(widget.output())
    for i in range(c_out):
        steps = [j * c_out + i for j in range(rows * columns)]
        here = [y * columns + x] if i == o else []
        outputs.append([f"Output {i}", [written(given[n], tell) if n <= widget.step else "" for n in steps], here, here])
    return {"rows": found, "outputs": outputs}


def check(tab, widget: SlidingConvolution) -> dict:
    seen = tab.locator("figure").first.evaluate(SEEN)
    here = expected(widget)
    for key in ("rows", "outputs"):
        assert seen[key] == here[key], (key, state(widget))
    (o, y, x), parts = widget.position(), widget.parts()
    each = sum(len(part.pairs) for part in parts)
    assert f"Output {o}, row {y}, column {x}: " in seen["said"]
    assert f"Multiply-adds: {each} in this step, {each * (widget.step + 1):,} so far, {widget.cost().macs:,} in all." in seen["said"]
    assert f"Parameters: {widget.cost().params}." in seen["facts"] and f"+ 1 = {widget.shape()[1]}" in seen["facts"]
    k, (standard, deep, point) = widget.compared()
    padded = f", padding {widget.padding + 1}" if widget.kind == "pointwise" else ""
    assert [text.replace("\u00a0", " ") for text in seen["table"]] == [
        f"standard {k} × {k}{padded}", f"{standard.macs:,}", f"{standard.params:,}", f"depthwise {k} × {k}{padded} + pointwise",
        f"{deep.macs:,} + {point.macs:,} = {deep.macs + point.macs:,}", f"{deep.params:,} + {point.params:,} = {deep.params + point.params:,}",
    ]
    return seen


def test_every_state_shows_what_is_multiplied(paper):
    """All 84 states at their first, a middle and their last step: lights, pairs, sums and costs."""
    widget = SlidingConvolution()
    tab = paper(widget, width=800)
    for values in STATES:
        widget.set_state({**values, "step": 0})
        last = widget.steps() - 1
        for step in sorted({0, last * 3 // 5, last}):
            widget.step = step
            move(tab, {**values, "step": step})
            seen = check(tab, widget)
            assert seen["flows"] == (1 if values["kind"] == "depthwise" else 3)
            alone = f"input {widget.position()[0]} alone: never crosses channels"
            crossed = {"depthwise": alone, "pointwise": "every input: never crosses space"}
            wide = "crosses space and channels" if values["kernel"] > 1 else "never crosses space"
            assert seen["badge"].endswith(crossed.get(values["kind"], f"every input: {wide}"))
    assert tab.evaluate("stops") == 0


MODULES = {
    "padded": (lambda: nn.Conv2d(4, 4, 3, padding=1), (4, 7, 7)),
    "most nodes": (lambda: nn.Conv2d(4, 4, 1, padding=1), (4, 7, 7)),
    "uneven": (lambda: nn.Conv2d(2, 4, 2, stride=2, groups=2), (2, 5, 7)),
    "one": (lambda: nn.Conv2d(1, 1, 3), (1, 3, 3)),
    "transposed": (lambda: Transposed(3, 2, 3), (3, 5, 5)),
}


@pytest.mark.parametrize("name", MODULES)
def test_real_modules(page, name):
    """Float weights, rounded where they are shown, at 320 pixels and wide; nothing overlaps, and all is legible."""
    torch.manual_seed(6)
    make, shape = MODULES[name]
    widget = SlidingConvolution.from_module(make(), torch.randn(shape))
    last = widget.steps() - 1
    for width, theme in ((320, "light"), (1200, "dark")):
        tab = page(widget, width=width, theme=theme)
        tab.add_style_tag(content=STILL)
        for step in sorted({0, last // 2, last}):
            widget.step = step
            move(tab, {"step": step})
            seen = check(tab, widget)
            faults = [f for checks in (stage.WIDER, stage.CROPPED, stage.OVERLAPS, stage.SPILLS, stage.CONTRAST) for f in tab.evaluate(checks)]
            assert faults == [] and tab.evaluate(stage.NODES) <= 600
            (o, y, x) = widget.position()
            measured = f"Measured, not the formula: the module gives {number(widget.output()[o][y][x])}, its weights {number(widget.formula()[o][y][x])}."
            assert (measured in seen["said"]) == (name == "transposed")
        assert tab.locator("select:enabled").count() == 0, "a module keeps its settings"


def test_outputs_stand_beside_or_below(page):
    """Lines lead to the outputs where these stand to the right; on a narrow page they stand below, without lines."""
    for width, flows in ((320, 0), (1200, 3)):
        tab = page(SlidingConvolution(), width=width)
        boxes = [tab.locator(f".ln-sl-{name}").bounding_box() for name in ("in", "out")]
        below = boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
        assert below == (width == 320) and tab.locator("figure").evaluate(SEEN)["flows"] == flows


def test_a_depthwise_layer_is_three_straight_lines(page):
    """Each output stands level with its input; the line between them is level too."""
    tab = page(SlidingConvolution(kind="depthwise"), width=900)
    for step in range(3):
        move(tab, {"step": step})
        rows, outputs = (tab.locator(f"{selector}").all() for selector in (".ln-sl-row", ".ln-sl-out svg"))
        assert abs(rows[step].bounding_box()["y"] - outputs[step].bounding_box()["y"]) < 1
        height = tab.locator(".ln-sl-in > svg > path").evaluate("(path) => path.getBBox().height")
        assert height < 8.1, "that of its head"


def test_by_keyboard_alone(page):
    """From kind to step: a depthwise layer with padding, its fifth number, back to pointwise, and on."""
    tab = page(SlidingConvolution())
    keys = tab.keyboard
    get = lambda *names: [trait(tab, name) for name in names]  # noqa: E731
    keys.press("Tab")
    keys.press("d")                   # depthwise
    keys.press("Tab")
    keys.press("ArrowUp")             # kernel 2
    keys.press("Tab")
    keys.press("Tab")
    keys.press("1")                   # padding 1
    assert get("kind", "kernel", "stride", "padding", "size", "step") == ["depthwise", 2, 1, 1, 5, 0]
    for _ in range(3):                # size, Play, Step
        keys.press("Tab")
    keys.press("Enter")
    keys.press("Tab")
    for _ in range(3):
        keys.press("ArrowRight")
    assert get("step") == [4] and "5 of 108" in tab.locator("figure").inner_text()
    assert "Reads 2 × 2 pixels of input 1 alone" in tab.locator(".ln-badge").inner_text().replace("\u00a0", " ")
    keys.press("End")
    assert get("step") == [107]
    for _ in range(7):
        keys.press("Shift+Tab")
    keys.press("p")                   # pointwise: kernel 1, from the start
    assert get("kind", "kernel", "step") == ["pointwise", 1, 0] and tab.get_by_label("Kernel").is_disabled()
    keys.press("Home")                # standard again, with the usual kernel
    assert get("kind", "kernel", "padding") == ["standard", 3, 1]


def test_play_goes_to_the_end_and_step_begins_again(page):
    tab = page(SlidingConvolution(size=4, kernel=3, step=5))
    tab.get_by_role("button", name="Play").click()
    tab.get_by_text("8 of 8").wait_for(timeout=8000)
    tab.get_by_role("button", name="Play").wait_for(timeout=3000)
    assert trait(tab, "step") == 7
    tab.get_by_role("button", name="Step").click()
    assert trait(tab, "step") == 0
    tab.get_by_role("slider", name="Step").fill("7")
    tab.get_by_role("button", name="Play").click()
    tab.get_by_text("2 of 8").wait_for(timeout=8000)    # from the last step it plays on from the first
    tab.get_by_role("button", name="Play").click()
    tab.get_by_role("slider", name="Step").fill("3")
    assert tab.get_by_role("button", name="Pause").count() == 0 and trait(tab, "step") == 3, "a hand on the slider stops it"


def test_the_data_as_a_table(page):
    """Every pair of the step, the bias, and all output numbers."""
    torch.manual_seed(8)
    widget = SlidingConvolution.from_module(nn.Conv2d(3, 2, 2), torch.randn(3, 4, 3), step=5)
    tab = page(widget)
    open_data(tab)
    cells = tab.locator("details tr").evaluate_all("(rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent))")
    o, *_ = widget.position()
    parts = [
        [f"input {part.plane}", " + ".join(f"{number(a)}·{number(b)}" for a, b in part.pairs), number(part.sum)] for part in widget.parts()
    ]
    planes = [[f"output {i}, row {r}", ", ".join(map(number, row)), ""] for i, plane in enumerate(widget.output()) for r, row in enumerate(plane)]
    assert cells == [[f"output {o}", "input · weight", "sum"], *parts, ["bias", "", number(widget.bias[o])], *planes]
