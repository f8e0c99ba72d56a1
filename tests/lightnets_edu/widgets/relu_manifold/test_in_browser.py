"""The figure of ReLU on an embedded spiral: where every point stands, hands and keys, labels; on paper and in Chromium."""

import json
import re

import numpy as np
import pytest
import torch
from relu_manifold.expected import counts, percent, rows, rows_of_t, sentence, spots, zeros
from relu_manifold.test_figure import BENT, TURNED
from stage import open_data, put
from torch import nn

from lightnets_edu.widgets import ReluManifold
from lightnets_edu.widgets.relu_manifold import trip as _manifold
from lightnets_edu.widgets.relu_manifold.trip import DECODERS, DIMENSIONS, LINES, POINTS

# Of both large pictures: marks, fates, rings; of the lines: their ends and which are cut; of the small ones: bars, choice.
DRAWN = """(figure) => {
  const numbers = (node, name = "d") => (node.getAttribute(name).match(/-?[\\d.]+(?:e-?\\d+)?/g) ?? []).map(Number);
  const hues = [...figure.querySelectorAll(".ln-rm-hue")], marks = [0, 1].flatMap((k) => hues.map((hue) => hue.children[k]));
  return {
    marks: marks.map((node) => numbers(node, "transform")),
    fates: marks.map((node) => node.getAttribute("class").slice(-1)).join(""),
    lines: [...figure.querySelectorAll(".ln-rm-plane")].map((node) => numbers(node)),
    cut: [...figure.querySelectorAll(".ln-rm-plane")].map((node) => node.parentNode.classList.contains("ln-cut")),
    rings: [...figure.querySelectorAll(".ln-rm-ring")].map((node) => ["cx", "cy"].map((name) => +node.getAttribute(name))),
    lost: [0, 1].map((fate) => figure.querySelector(`.ln-rm-lost${fate}`).getAttribute("d").split("z").length - 1),
    many: figure.querySelector(".ln-rm-many").getAttribute("d").split("M").length - 1,
    texts: [...figure.querySelectorAll(".ln-rm text")].map((node) => node.textContent),
    chosen: [...figure.querySelectorAll(".ln-rm-size")].map((node) => node.getAttribute("class").includes("chosen")),
    bars: [...figure.querySelectorAll(".ln-rm-bar")].map((node) => numbers(node)[2]),
  };
}"""
STATES = [
    {}, {"n": 3, "draw": 7, "point": 0}, {"n": 5, "turned": TURNED, "point": 48}, {"bent": BENT, "decoder": DECODERS[1]},
    {"n": 15, "draw": 64}, {"n": 30, "turned": [0] * 5}, {"relu": False}, {"n": 2, "draw": 4, "bent": [0] * 98, "relu": True},
]  # fmt: skip


def check(figure, widget: ReluManifold, said: str) -> None:
    """Everything drawn, read off the page, against PyTorch."""
    drawn, trip = figure.evaluate(DRAWN), widget.trip()
    assert drawn["fates"] == 2 * trip["fates"]
    before, after = (np.array(list_) for list_ in spots(widget))
    places = np.array(drawn["marks"]).reshape(2, POINTS, 2)
    flat = np.clip(before, -1.1, 1.1)
    unit = np.ptp(places[0][:, 0]) / np.ptp(flat[:, 0])
    for own, points in zip(places, (before, after), strict=True):
        expected = np.clip(points, -1.1, 1.1) * [unit, -unit]
        middle = np.median(own - expected, axis=0)
        assert np.abs(own - expected - middle).max() < 0.2, "one scale for both, and none outside its frame"
    assert np.abs(np.array(drawn["rings"])[::-1] - places[:, widget.point]).max() < 0.11
    t = rows_of_t(widget)
    assert len(drawn["lines"]) == min(len(t), LINES) and drawn["many"] == max(0, len(t) - LINES)
    for (a, b), (x1, y1, x2, y2, *_) in zip(t, drawn["lines"], strict=False):
        assert abs(a * (x2 - x1) - b * (y2 - y1)) < 0.2 * np.hypot(a, b) * 2, "at right angles to T's row"
    assert drawn["cut"] == zeros(widget, widget.point)[:LINES]
    assert drawn["chosen"] == [n == widget.n for n in DIMENSIONS]
    error = trip["errors"][DECODERS.index(widget.decoder)]
    assert counts(widget) in drawn["texts"] and f"Decoded: {percent(error)} off" in drawn["texts"]
    longest = [min(1, widget.trip(n)["errors"][DECODERS.index(widget.decoder)]) for n in DIMENSIONS]
    assert np.abs(np.array(drawn["bars"]) - max(drawn["bars"]) / max(longest) * np.array(longest)).max() < 0.05 if max(longest) else True
    assert near(said, sentence(widget))


def near(one: str, two: str) -> bool:
    """The same words; distances alike, for one is rounded finer."""
    number = re.compile(r"\d+\.\d+")
    a, b = (float(number.search(text)[0]) for text in (one, two))
    return number.sub("#", one) == number.sub("#", two) and abs(a - b) < 0.0061


@pytest.mark.parametrize("width", [320, 800, 1200])
def test_what_is_drawn_is_what_pytorch_says(paper, width):
    widget = ReluManifold()
    tab = paper(widget, width=width)
    for state in STATES:
        widget.set_state(state)
        tab.move(state)
        check(tab.locator("figure"), widget, tab.said())
        assert tab.locator("svg, svg *").count() < 220


def test_a_spoilt_picture_is_noticed(paper):
    """The check of the picture can fail: a matrix, a bend and a fate that are not those of Python."""
    widget = ReluManifold(n=3)
    tab = paper(widget)
    check(tab.locator("figure"), widget, tab.said())
    for spoilt in ({"draw": 2}, {"bent": [5] + [0] * 97}, {"turned": [4, 0, 0, 0, 0]}, {"n": 2}):
        before = {name: getattr(widget, name) for name in spoilt}
        tab.move(spoilt)
        with pytest.raises(AssertionError):
            check(tab.locator("figure"), widget, tab.said())
        tab.move(before)
        check(tab.locator("figure"), widget, tab.said())


def test_other_activations_are_shown_as_measured(paper):
    for activation in (nn.LeakyReLU(0.1), torch.nn.functional.leaky_relu_, lambda z: 40 * torch.relu(z)):
        widget = ReluManifold.from_module(activation, n=3, decoder=DECODERS[1])
        tab = paper(widget, width=320)
        check(tab.locator("figure"), widget, tab.said())
        assert "measured" in tab.said() and "Input" in tab.evaluate("root.querySelectorAll('text').map((node) => node.textContent)")
        assert tab.get_by_label(widget.activation).is_checked() and tab.locator("[role=slider]").count() == 1
        assert tab.locator(".ln-asks button").count() == 0


def test_draw_again_counts_and_tells(paper):
    """Each draw is the next; the tally grows by one; lines that were turned stand as drawn again."""
    tab = paper(ReluManifold(n=3, turned=TURNED))
    for draws in (2, 3, 4):
        tab.get_by_role("button", name="Draw again").click()
        assert (tab.state()["draw"], tab.state()["turned"]) == (draws, [0] * LINES)
        assert f"Errors of {draws} draws; ▾ this picture" in tab.locator(".ln-rm text").all_text_contents()
    tab.move({"draw": 64})
    tab.get_by_role("button", name="Draw again").click()
    assert tab.state()["draw"] == 1 and "Errors of 1 draw; ▾ this picture" in tab.locator(".ln-rm text").all_text_contents()


def test_questions_set_their_states(paper):
    widget = ReluManifold(n=30, point=3)
    tab = paper(widget)
    for button, state in zip(tab.locator(".ln-asks button").all(), widget.presets, strict=True):
        button.click()
        widget.set_state(state)
        assert {name: tab.state()[name] for name in state} == state and tab.state()["point"] == 3
        assert button.get_attribute("aria-pressed") == "true" and button.get_attribute("data-sets") == " ".join(state)
        check(tab.locator("figure"), widget, tab.said())


def test_the_data_as_a_table(page):
    widget = ReluManifold(draw=3, turned=TURNED)
    tab = page(widget)
    open_data(tab)
    for relu in (True, False):
        tab.get_by_role("checkbox").set_checked(relu)
        widget.relu = relu
        assert [row.locator("td").all_inner_texts() for row in tab.locator("tbody tr").all()] == rows(widget)
    assert tab.locator("thead th").all_inner_texts() == widget.many[0]
    assert tab.locator(".ln-data p").all_inner_texts() == widget.notes


# Hands ----------------------------------------------------------------------------------------------------------------


def middle(tab, selector: str) -> tuple[float, float]:
    box = tab.locator(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pull(tab, start, end) -> None:
    tab.mouse.move(*start)
    tab.mouse.down()
    for share in (0.3, 0.7, 1):
        tab.mouse.move(*(a + share * (b - a) for a, b in zip(start, end, strict=True)))
        tab.wait_for_timeout(40)
    tab.mouse.up()
    tab.wait_for_timeout(40)


def test_a_line_is_turned_and_points_die(page):
    """Two lines that are pulled together: what lies between them changes its fate, as PyTorch says."""
    widget = ReluManifold(n=2)
    tab = page(widget, motion="reduce")
    x, y = middle(tab, ".ln-rm-dot")
    pull(tab, (x, y), (x + 70, y + 25))
    turned = tab.evaluate("models[0].get('turned')")
    assert turned[0] != 0 and turned[1:] == [0] * 4
    assert tab.evaluate("models[0].get('point')") == 30, "the click that ends a drag picks nothing"
    before = counts(widget)
    widget.set_state({"turned": turned})
    assert counts(widget) != before
    check(tab.locator("figure"), widget, sentence(widget))
    assert not tab.locator(".ln-held").count()
    tab.mouse.move(*middle(tab, ".ln-rm-dot"))
    row = np.array(rows_of_t(widget)[0])
    dead = sum(float(np.dot(row, spot)) <= 0 for spot in spots(widget)[0])
    assert tab.locator(".ln-say").inner_text() == f"Line 1 sets coordinate 1 to zero on its shaded side: {dead} of {POINTS} points."
    assert tab.locator(".ln-rm-half").get_attribute("d")


def test_the_spiral_is_pulled(page):
    """The point under the hand goes along, its neighbours follow, none but them moves; the picture is PyTorch's."""
    widget = ReluManifold(n=3)
    tab = page(widget, motion="reduce")
    spot = tab.locator(".ln-rm-mark").nth(2 * 40).bounding_box()
    x, y = spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2
    pull(tab, (x, y), (x - 30, y + 20))
    bent = tab.evaluate("models[0].get('bent')")
    assert tab.evaluate("models[0].get('point')") == 40
    assert bent[80] < -20 and bent[81] < -10 and all(v == 0 for v in bent[: 2 * 33]) and any(bent[2 * 34 : 80])
    widget.set_state({"bent": bent, "point": 40})
    check(tab.locator("figure"), widget, sentence(widget))


def test_hover_says_and_click_picks(page):
    widget = ReluManifold(n=5)
    tab = page(widget, motion="reduce")
    before = tab.evaluate("JSON.stringify(models[0].state)")
    for i in (12, 47):
        for which in (0, 1):
            spot = tab.locator(".ln-rm-mark").nth(2 * i + which).bounding_box()
            tab.mouse.move(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
            said = tab.locator(".ln-say").inner_text()
            assert near(said, sentence(widget, int(re.search(r"\d+", said)[0])))
            if which == 0:
                assert said.startswith(f"Point {i}:")
    assert tab.evaluate("JSON.stringify(models[0].state)") == before, "to look is not to change"
    tab.mouse.down()
    tab.mouse.up()
    assert tab.evaluate("models[0].get('point')") != 30
    tab.locator(".ln-rm-size").nth(3).hover()
    assert tab.locator(".ln-say").inner_text() == f"n = 15: decoded {percent(widget.trip(15)['errors'][0])} off."
    tab.locator(".ln-rm-size").nth(3).click()
    assert tab.evaluate("models[0].get('n')") == 15


def test_keyboard_only(page):
    """Tab order and keys of every control and grip; figures are independent."""
    tab = page(ReluManifold(n=3), ReluManifold(n=3))
    state = lambda i=0: tab.evaluate("(i) => ['n', 'relu', 'draw', 'decoder', 'turned', 'point', 'bent'].map((name) => models[i].get(name))", i)  # noqa: E731
    press = lambda *keys: [tab.keyboard.press(key) for key in keys]  # noqa: E731
    focus = "document.activeElement.getAttribute('aria-label')"
    untouched = json.dumps(state(1))
    press("ArrowRight")
    assert json.dumps(state()) == untouched, "a key outside the figure must do nothing"
    press("Tab", "ArrowRight")
    assert state()[0] == 5
    press("ArrowLeft", "Tab", "Space", "Space", "Tab", "Enter", "Tab", "ArrowDown")
    assert state()[:4] == [3, True, 2, "inverse of T"]
    for k in range(3):
        press("Tab")
        assert tab.evaluate(focus) == f"Line {k + 1}"
        press("ArrowRight", "ArrowUp", "ArrowLeft")
        assert tab.locator(".ln-say").first.inner_text().startswith(f"Line {k + 1} sets coordinate {k + 1}")
    assert state()[4] == [3, 3, 3, 0, 0]
    press("Tab")
    assert tab.evaluate(focus) == "Point"
    for key, point in {"ArrowRight": 31, "ArrowDown": 30, "Home": 0, "ArrowUp": 1, "End": 48}.items():
        press(key)
        assert state()[5] == point, key
    press("ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowDown")
    bent = state()[6]
    assert (state()[5], bent[94:96]) == (47, [-10, -5]) and tab.evaluate(focus) == "Point"
    press("Control+ArrowRight")
    assert state()[5] == 47
    press("Tab", "Enter")
    assert state()[:5] == [2, True, 1, "best affine", [0] * 5] and not any(state()[6])
    assert json.dumps(state(1)) == untouched


@pytest.mark.parametrize("width", [320, 576, 1200])
def test_a_finger_turns_a_line(browser, width):
    """Touch, at every width: the grip follows; the page does not scroll under it."""
    context = browser.new_context(viewport={"width": width, "height": 800}, has_touch=True)
    tab = context.new_page()
    put(tab, (ReluManifold(n=2),), "light")
    x, y = middle(tab, ".ln-rm-dot")
    touch = context.new_cdp_session(tab)
    for kind, at in (("touchStart", x), ("touchMove", x + 12), ("touchMove", x + 30), ("touchEnd", None)):
        points = [] if at is None else [{"x": at, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        tab.wait_for_timeout(40)
    assert tab.evaluate("models[0].get('turned')")[0] != 0
    context.close()


def test_a_drag_reckons_what_it_shows(page):
    """While a line is dragged the small pictures wait; when it is let go, all is as PyTorch says."""
    widget = ReluManifold(n=3)
    tab = page(widget, motion="reduce")
    bars = lambda: [node.get_attribute("d") for node in tab.locator(".ln-rm-bar").all()]  # noqa: E731
    before, (x, y) = bars(), middle(tab, ".ln-rm-dot")
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 30, y + 10)
    tab.mouse.move(x + 60, y + 25)
    tab.wait_for_timeout(60)
    during = bars()
    assert [a == b for a, b in zip(before, during, strict=True)] == [True, False, True, True, True]
    tab.mouse.up()
    tab.wait_for_timeout(60)
    assert not any(a == b for a, b in zip(before[:3], bars(), strict=False))
    widget.turned = tab.evaluate("models[0].get('turned')")
    check(tab.locator("figure"), widget, sentence(widget))


def test_a_matrix_without_an_inverse_is_drawn(paper):
    """Two lines turned onto each other: T's inverse is its pseudo-inverse, and nothing is drawn nowhere."""
    a, b = np.rad2deg(np.arctan2(*_manifold.matrix(2, 1).T.flip(0).numpy()))
    turned = [0, round(((a - b + 180) % 360) - 180), 0, 0, 0]
    widget = ReluManifold(turned=turned, decoder=DECODERS[1])
    tab = paper(widget)
    check(tab.locator("figure"), widget, tab.said())
    assert "NaN" not in tab.outer()
