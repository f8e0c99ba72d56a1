"""The figure of ReLU on an embedded spiral in a real browser: where every point stands, marks, cells, keyboard, labels."""

import itertools
import re

import numpy as np
import pytest
import torch
from relu_manifold.expected import kept, percent, rows, sentence
from stage import move, open_data
from torch import nn

from lightnets_edu.widgets import ReluManifold
from lightnets_edu.widgets.relu_manifold.trip import DECODERS, DIMENSIONS, POINTS, SEEDS

# For the large plots: frame on the screen, the line's corners, each mark's hue, fate and place, the ring; then the cells.
DRAWN = """(figure) => {
  const main = figure.querySelector(".ln-rm-main"), numbers = (text) => text.match(/-?[\\d.]+(?:e-?\\d+)?/g).map(Number);
  const parts = [...main.children], plots = [];
  for (const node of parts) {
    if (node.matches(".ln-rm-frame")) plots.push({ frame: ["x", "y", "width"].map((name) => +node.getAttribute(name)), marks: [] });
    const plot = plots.at(-1);
    if (node.matches(".ln-rm-line")) plot.line = numbers(node.getAttribute("d"));
    if (node.matches(".ln-rm-mark[style]")) {
      const fate = node.getAttribute("class").slice(-1), hue = +node.getAttribute("style").match(/(\\d+)%/)[1];
      const box = (d) => { const one = document.createElementNS("http://www.w3.org/2000/svg", "path"); one.setAttribute("d", d); main.append(one);
        const { x, y, width, height } = one.getBBox(); one.remove(); return [x + width / 2, y + height / 2, width]; };
      for (const d of node.getAttribute("d").split(/(?=M)/)) plot.marks.push([fate, hue, ...box(d)]);
    }
    if (node.matches(".ln-rm-ring")) plot.ring = [+node.getAttribute("cx"), +node.getAttribute("cy")];
  }
  const cells = (name) => [...figure.querySelectorAll(name)].flatMap((node) => node.getAttribute("d").split(/(?=M)/).filter(Boolean).map(numbers));
  return { plots, on: cells(".ln-rm-on"), off: cells(".ln-rm-off"), lost: figure.querySelectorAll("path[class^=ln-rm-lost]").length };
}"""
STRIP = """(figure) => [...figure.querySelectorAll("[role=radio]")].map((node) => [
  node.getAttribute("aria-label"), node.getAttribute("aria-checked"), [...node.querySelectorAll("text")].map((text) => text.textContent),
  node.querySelector(".ln-rm-bar").getBBox().width / (node.querySelector("rect").getBBox().width - 10),
])"""
STATES = [(n, seed, DECODERS[k % 2], True) for k, (n, seed) in enumerate(itertools.product(DIMENSIONS, SEEDS))]
STATES += [(2, 2, DECODERS[1], True), (3, 0, DECODERS[0], True), (5, 1, DECODERS[1], False), (30, 5, DECODERS[0], False)]


def path(text: str) -> np.ndarray:
    return np.array(text.split(), float).reshape(-1, 2) / 1000


def in_its_units(spots: list[float], plot: dict, unit: float) -> np.ndarray:
    """Screen coordinates as points of the plane, the frame's middle being its origin."""
    x, y, side = plot["frame"]
    return (np.array(spots).reshape(-1, 2) - [x + side / 2, y + side / 2]) / [unit, -unit]


def check(figure, widget: ReluManifold) -> None:
    """Everything drawn, read off the page, against the tables."""
    drawn, trip, which = figure.evaluate(DRAWN), widget.trip(), DECODERS.index(widget.decoder)
    before, after = drawn["plots"]
    unit = (before["line"][-2] - before["line"][0]) / 0.9    # from (0.1, 0) to (1, 0)
    for plot, expected in ((before, path(widget.spiral)), (after, path(trip["decoded"][which]))):
        assert np.abs(in_its_units(plot["line"], plot, unit) - expected).max() < 1e-9
        assert np.abs(in_its_units(plot["ring"], plot, unit) - expected[widget.point]).max() < 1e-9
        marks = sorted(plot["marks"], key=lambda mark: (-mark[1], mark[4]))    # along the spiral: by hue, then by size
        assert "".join(mark[0] for mark in marks) == trip["fates"]
        assert np.abs(in_its_units([mark[2:4] for mark in marks], plot, unit) - expected).max() < 0.02
        assert all(a[4] < b[4] for a, b in itertools.pairwise(marks)), "marks grow along the spiral"
        assert np.abs(expected).max() * unit < plot["frame"][2] / 2, "inside the frame"
    assert before["frame"][2] == after["frame"][2], "the same scale"
    assert (len(drawn["on"]), len(drawn["off"])) == tuple(kept(trip["kept"], widget.n, widget.point).count(b) for b in (True, False))
    places = {tuple(cell[1::-1]): True for cell in drawn["on"]} | {tuple(cell[1::-1]): False for cell in drawn["off"]}
    assert [places[at] for at in sorted(places)] == kept(trip["kept"], widget.n, widget.point), "row by row"
    assert drawn["lost"] == len(trip["lost"])
    assert figure.locator("[aria-live]").inner_text() == sentence(widget)
    for (label, checked, (name, said), bar), n in zip(figure.evaluate(STRIP), DIMENSIONS, strict=True):
        error = widget.trip(n)["errors"][which]
        assert (name, said, label) == (f"n = {n}", f"error {percent(error)}", f"n = {n}, error {percent(error)}")
        assert checked == str(n == widget.n).lower() and bar == pytest.approx(min(1, error), abs=1e-3)


@pytest.mark.parametrize("width", [800, 1200])
def test_what_is_drawn_is_what_pytorch_measured(paper, width):
    """Every n and seed with both decoders, and without ReLU, chosen with the native controls."""
    widget = ReluManifold()
    tab = paper(widget, width=width)
    figure = tab.locator("figure")
    for k, (n, seed, decoder, relu) in enumerate(STATES):
        point = (7 * k) % POINTS
        tab.get_by_role("checkbox").set_checked(relu)
        tab.get_by_label("Decoder").select_option(decoder)
        tab.get_by_label("Random T").fill(str(SEEDS.index(seed)))
        tab.get_by_label("Point").fill(str(point))
        tab.get_by_role("radio", name=re.compile(f"^n = {n},")).click()
        widget.set_state({"n": n, "seed": seed, "decoder": decoder, "relu": relu, "point": point})
        check(figure, widget)
        assert tab.locator("svg, svg *").count() < 130


def test_the_legend_counts(paper):
    widget = ReluManifold(n=3, seed=1)
    tab = paper(widget, width=320)
    for n, seed in itertools.product(DIMENSIONS, SEEDS):
        widget.set_state({"n": n, "seed": seed})
        move(tab, {"n": n, "seed": seed})
        texts, fates = tab.locator(".ln-rm-main text").all_text_contents(), widget.trip()["fates"]
        words = [f"{fates.count(fate)} {name}" for fate, name in (("2", "decodable"), ("1", "flattened"), ("0", "dead"))]
        assert set(words) < set(texts) and f"Error {percent(widget.trip()['errors'][0])}" in texts
        assert f"inverse of T: {percent(widget.trip()['errors'][1])}" in texts


def test_a_spoilt_table_is_noticed(paper):
    """The check of the picture can fail: one point elsewhere, one fate, one coordinate."""
    widget = ReluManifold()
    tab = paper(widget)
    check(tab.locator("figure"), widget)
    for key, spoil in (("decoded", lambda v: [re.sub(r"^-?\d+", "400", v[0]), v[1]]), ("fates", lambda v: "2" + v[1:]), ("kept", lambda v: "0" * len(v))):
        spoilt = {name: {**found, key: spoil(found[key])} if name == "2/0" else found for name, found in widget.trips.items()}
        assert spoilt != widget.trips
        move(tab, {"trips": spoilt})
        with pytest.raises(AssertionError):
            check(tab.locator("figure"), widget)
        move(tab, {"trips": widget.trips})
        check(tab.locator("figure"), widget)


def test_the_data_as_a_table(page):
    widget = ReluManifold(seed=5)
    tab = page(widget)
    open_data(tab)
    for relu in (True, False):
        tab.get_by_role("checkbox").set_checked(relu)
        widget.relu = relu
        shown = [row.locator("td").all_inner_texts() for row in tab.locator("tbody tr").all()]
        assert shown == rows(widget)
    assert tab.locator("thead th").all_inner_texts() == widget.many[0]
    assert tab.locator(".ln-data p").all_inner_texts() == widget.notes


def test_other_activations_are_shown_as_measured(paper):
    widgets = [ReluManifold.from_module(nn.LeakyReLU(0.1)), ReluManifold.from_module(nn.ReLU6()), ReluManifold.from_module(torch.nn.functional.leaky_relu_)]
    texts = []
    for widget in widgets:
        figure = paper(widget).locator("figure")
        check(figure, widget)
        assert ("Measured, not the formula" in figure.locator("[aria-live]").inner_text()) == widget.departs
        assert figure.get_by_label(widget.activation).is_checked()
        texts.append(figure.locator(".ln-rm-main .ln-rm-middle").first.text_content())
    assert texts == ["T, then LeakyReLU", "T, then ReLU6", "T, then activation"]


def test_a_wild_activation_stays_inside(paper):
    """Decoded far outside, both plots shrink together."""
    widget = ReluManifold.from_module(lambda z: 40 * torch.relu(z), decoder=DECODERS[1], n=3)
    tab = paper(widget, width=320)
    x, _, side = tab.locator("figure").evaluate(DRAWN)["plots"][1]["frame"]
    corners = tab.locator("figure").evaluate(DRAWN)["plots"][1]["line"][::2]
    assert x < min(corners) and max(corners) < x + side and "start" not in tab.locator(".ln-rm-main").text_content()


def test_keyboard_only(page):
    """Tab order and keys of every control; figures are independent."""
    tab = page(ReluManifold(), ReluManifold())
    state = "(i) => ['relu', 'decoder', 'seed', 'point', 'n'].map((name) => models[i].get(name))"
    press = lambda *keys: [tab.keyboard.press(key) for key in keys]  # noqa: E731
    press("ArrowRight")
    assert tab.evaluate(state, 0) == [True, "best affine", 0, 30, 2], "a key outside the figure must do nothing"
    press("Tab", "Space")
    assert tab.evaluate(state, 0)[0] is False
    press("Space", "Tab", "ArrowDown")
    assert tab.evaluate(state, 0)[:2] == [True, "inverse of T"]
    press("Tab", "End")
    assert tab.evaluate(state, 0)[2] == 5
    press("ArrowLeft", "Tab", "Home", "ArrowRight")
    assert tab.evaluate(state, 0)[2:4] == [2, 1]
    press("Tab")
    focused = "document.activeElement.getAttribute('aria-label')"
    for key, n in {"ArrowRight": 3, "ArrowDown": 5, "End": 30, "Home": 2, "ArrowLeft": 30, "ArrowUp": 15}.items():
        press(key)
        assert tab.evaluate(state, 0)[4] == n and tab.evaluate(focused).startswith(f"n = {n}, error ")
        assert tab.locator("figure").first.locator("[role=radio][tabindex='0']").count() == 1
    press("Control+ArrowRight")
    assert tab.evaluate(state, 0) == [True, "inverse of T", 2, 1, 15]
    press("Tab", "Enter")
    tab.locator("tbody tr").nth(4).wait_for()
    press("Tab", "Tab")
    assert tab.evaluate("document.querySelectorAll('figure')[1].contains(document.activeElement)"), "no trap"
    assert tab.evaluate(state, 1) == [True, "best affine", 0, 30, 2]


@pytest.mark.parametrize("width", [320, 540, 800])
def test_no_label_lies_on_a_point(page, width):
    """The words start and end, and all others, keep clear of marks, rings and cells."""
    tab = page(ReluManifold(), width=width)
    faults = []
    for k, (n, seed, decoder, relu) in enumerate(STATES):
        move(tab, {"n": n, "seed": seed, "decoder": decoder, "relu": relu, "point": (0, 16, 17, 32, 33, 47, 48)[k % 7]})
        found = tab.locator("figure").evaluate("""(figure) => {
          const main = figure.querySelector(".ln-rm-main"), texts = [...main.querySelectorAll("text")].map((node) => [node.textContent, node.getBBox()]);
          const spots = [...main.querySelectorAll(".ln-rm-mark[style]")].flatMap((node) => node.getAttribute("d").split(/(?=M)/).map((d) => d.slice(1).match(/-?[\\d.]+/g).slice(0, 2).map(Number)));
          const ring = [...main.querySelectorAll(".ln-rm-ring")].map((node) => [+node.getAttribute("cx"), +node.getAttribute("cy")]);
          return texts.flatMap(([words, box]) => [...spots, ...ring].filter(([x, y]) => x > box.x && x < box.x + box.width && y > box.y + 2 && y < box.y + box.height - 2).map(() => words));
        }""")
        faults += [(words, n, seed) for words in found]
    assert faults == []
