"""The figure of the channel shuffle in a real browser: what lights up, keyboard, stages, player, labels."""

import pytest
from channel_shuffle.expected import block
from stage import open_data

from lightnets_edu.models.shufflenet_v1 import ShuffleUnit
from lightnets_edu.widgets import ChannelShuffle

LIT = """
(figure) => {
  const c = figure.querySelectorAll("[role=radio]").length;
  const chips = [...figure.querySelectorAll(".ln-network rect:not(.ln-tray)")];
  if (chips.length !== 4 * c) return `${chips.length} channels, not ${4 * c}`;
  return [0, 1, 2, 3].map((r) => chips.slice(r * c, r * c + c).flatMap((node, i) => (node.classList.contains("ln-on") ? [i] : [])));
}
"""
LINES = """(figure) => [".ln-ray", ".ln-move"].map((name) => [...figure.querySelectorAll(name)]
  .reduce((sum, path) => sum + path.getAttribute("d").split("M").length - 1, 0))"""


def lit_by_hand(widget: ChannelShuffle) -> list[list[int]]:
    """The channels of each row on the way from the inputs to the selected output."""
    wiring, c = widget.wiring(), widget.channels
    order = wiring.order if widget.shuffle else range(c)
    arrivals = list(block(c, wiring.second, widget.output))
    return [widget.reached(), sorted(order[p] for p in arrivals), arrivals, [widget.output]]


def lines_by_hand(widget: ChannelShuffle) -> list[int]:
    """Lines to the selected output, and lines of the shuffle."""
    c, (_, first, second) = widget.channels, widget.wiring()
    return [(c // second) * (c // first) + 2 * (c // second), c]


PAIRS = [(c, g) for c in (2, 6, 7, 12, 24, 30, 32) for g in range(1, c + 1) if c % g == 0]


def test_what_lights_up_is_what_gradients_say(paper):
    """Many C and all their g, chosen with the native controls, with and without the shuffle, in both orders."""
    widget = ChannelShuffle()
    tab = paper(widget)
    figure, (groups, order) = tab.locator("figure"), tab.locator("select").all()
    for c, g in PAIRS:
        tab.get_by_label("Channels C").fill(str(c - 2))
        assert groups.locator("option").all_inner_texts() == [str(g) for g in widget.choices()[c]]
        groups.select_option(str(g))
        output = (5 * g) % c
        tab.get_by_role("radio", name=f"Output {output}", exact=True).click()
        for shuffle, kind in ((True, "paper"), (True, "inverse"), (False, "paper")):
            tab.get_by_label("Shuffle", exact=True).set_checked(shuffle)
            order.select_option(kind)
            widget.set_state({"channels": c, "groups": g, "output": output, "shuffle": shuffle, "order": kind})
            assert figure.evaluate(LIT) == lit_by_hand(widget)
            assert figure.evaluate(LINES) == lines_by_hand(widget)
            said, reach = tab.locator("[aria-live]").first.inner_text(), len(widget.reached(True, "inverse"))
            badge = tab.locator(".ln-badge").inner_text()
            assert f"reaches {len(widget.reached())} of {c} inputs" in said
            assert badge == "No shuffle: groups never mix" if not shuffle and g > 1 else ("≥" in badge) == (c >= g * g)
            assert tab.locator("svg, svg *").count() <= 600
            if not shuffle:
                assert said.endswith(f": n = {c // g}."), "nothing is given away"
                continue
            assert f"No shuffle: {c // g} (n = {c // g})." in said and ("no full" in badge) == (c < g * g)
            assert f"Paper's order: {len(widget.reached(True, 'paper'))}. Inverse order: {reach}" in said
            same = widget.reached(True, "paper") == widget.reached(True, "inverse")
            assert ("but others" not in said) == same and f"min(g, n) · n = {reach}." in said
        explained = tab.locator("[aria-live]").last.inner_text()
        assert ("changes nothing" in explained) == (g in (1, c))
        assert tab.get_by_role("button", name="Play").is_disabled()


def test_groups_come_back_after_a_prime(paper):
    """Dragging C over 13 leaves one group for a moment, not for good."""
    tab = paper(ChannelShuffle())
    for c, g in ((13, 1), (14, 2), (15, 3)):
        tab.get_by_label("Channels C").fill(str(c - 2))
        assert tab.evaluate("[models[0].get('channels'), models[0].get('groups')]") == [c, g]


def test_the_data_as_a_table(page):
    tab = page(widget := ChannelShuffle(channels=24, groups=6))
    open_data(tab)
    tab.locator("select").last.select_option("inverse")
    rows = [row.split("\t") for row in tab.locator("tbody").inner_text().splitlines()]
    assert rows[1] == ["4–7", "4–7", "0–7 16–23", "0–7 12–19"] and len(rows) == 6
    widget.set_state({"order": "inverse", "output": 4})
    assert widget.reached() == [*range(8), *range(12, 20)]
    assert tab.locator(".ln-data p").inner_text().endswith(" ".join(map(str, widget.wiring().order)))


def test_other_code_is_shown_as_measured(page):
    broken = ChannelShuffle.from_module(lambda x, g: x, output=5)
    dense = ChannelShuffle.from_module(ShuffleUnit(24, 48, 2, 3, 1), output=5)
    tab = page(broken, dense, ChannelShuffle())
    figures = tab.locator("figure").all()
    wrong, open_, right = (figure.evaluate(LIT) for figure in figures)
    assert wrong == lit_by_hand(broken) and open_ == lit_by_hand(dense) and right == lit_by_hand(ChannelShuffle())
    assert wrong != right
    assert [figure.evaluate(LINES) for figure in figures] == [
        lines_by_hand(w) for w in (broken, dense, ChannelShuffle())
    ]
    said = tab.locator("[aria-live]").all_inner_texts()
    assert ["Measured, not the formula" in text for text in said[::2]] == [True, True, False]
    assert "no full mixing" in tab.locator(".ln-badge").first.inner_text()
    assert figures[1].get_by_label("Channels C").is_disabled() and figures[1].get_by_label("Groups g").is_disabled()
    figures[0].get_by_label("Channels C").fill("5")
    assert "Measured" not in said[4] and "Measured" not in figures[0].locator("[aria-live]").first.inner_text()


def test_keyboard_only(page):
    """Every state is reached without a pointer; keys outside the figure do nothing; figures are independent."""
    tab = page(ChannelShuffle(), ChannelShuffle())
    state = "(i) => ['channels', 'groups', 'shuffle', 'order', 'output', 'step'].map((name) => models[i].get(name))"
    second = tab.locator("figure").last.inner_html()
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate(state, 0) == [12, 3, True, "paper", 5, 0], "a key outside the figure must do nothing"
    press = lambda *keys: [tab.keyboard.press(key) for key in keys]  # noqa: E731
    press("Tab", "End")
    assert tab.evaluate(state, 0)[:2] == [32, 2]
    press("Home", *["ArrowRight"] * 10)
    press("Tab", "ArrowDown")
    assert tab.evaluate(state, 0)[:2] == [12, 4]
    press("ArrowUp", "Tab", "Space")
    assert tab.evaluate(state, 0)[:3] == [12, 3, False]
    press("Space", "Tab", "ArrowDown")
    assert tab.evaluate(state, 0)[:4] == [12, 3, True, "inverse"]
    press("ArrowUp", "Tab")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert tab.evaluate(focused) == "Output 5"
    keys = {"ArrowRight": 6, "ArrowUp": 5, "Home": 0, "ArrowLeft": 11, "ArrowDown": 0, "End": 11}
    for key, expected in keys.items():
        press(key)
        assert (tab.evaluate(state, 0)[4], tab.evaluate(focused)) == (expected, f"Output {expected}")
        assert tab.locator("figure").first.locator("[role=radio][tabindex='0']").count() == 1
    press("Control+ArrowLeft")
    assert tab.evaluate(state, 0)[4] == 11
    press("Tab", "Tab", "Space")  # over Play to Step
    assert tab.evaluate(state, 0) == [12, 3, True, "paper", 11, 1]
    press("Tab", "End")
    assert tab.evaluate(state, 0)[5] == 4
    press("Tab", "Enter")
    tab.locator("tbody tr").nth(2).wait_for()
    press("Tab", "Tab")  # over the data, which can be scrolled
    assert tab.evaluate("document.querySelectorAll('figure')[1].contains(document.activeElement)"), "no trap"
    assert tab.evaluate(state, 1) == [12, 3, True, "paper", 5, 0]
    assert tab.locator("figure").last.inner_html() == second, "two figures are independent"


@pytest.mark.parametrize("order", ["paper", "inverse"])
def test_the_stages_move_the_chips(page, order):
    """Where every chip stands at each stage, read off the screen: rows from top to bottom, left to right."""
    tab = page(ChannelShuffle(order=order))
    tab.add_style_tag(content="* { transition: none !important }")
    rows = {"paper": [3, 4], "inverse": [4, 3]}[order]
    sent = [j % rows[0] * rows[1] + j // rows[0] for j in range(12)]
    expected = [(1, list(range(12))), (rows[0], list(range(12))), (rows[1], sent), (1, sent), (1, sent)]
    for step, (lines, channels) in enumerate(expected):
        tab.evaluate(f"models[0].set('step', {step})")
        found = tab.evaluate("""() => [...document.querySelectorAll('.ln-steps g')].map((node) => {
          const box = node.querySelector('rect').getBoundingClientRect();
          return [Math.round(box.y), box.x, parseInt(node.textContent)];
        }).sort((a, b) => a[0] - b[0] || a[1] - b[1])""")
        assert (len({y for y, _, _ in found}), [channel for _, _, channel in found]) == (lines, channels)


def test_play_pause_and_step(page):
    tab = page(ChannelShuffle())
    figure, step = tab.locator("figure"), "models[0].get('step')"
    before = figure.inner_html()
    tab.wait_for_timeout(2000)
    assert figure.inner_html() == before, "nothing plays by itself"
    tab.get_by_role("button", name="Play").click()
    tab.wait_for_function(f"{step} >= 1")
    assert tab.locator("[aria-live]").last.get_attribute("aria-live") == "off"
    tab.get_by_role("button", name="Pause").click()
    frozen = figure.inner_html()
    tab.wait_for_timeout(1500)
    assert figure.inner_html() == frozen
    assert tab.locator("[aria-live]").last.get_attribute("aria-live") == "polite"
    shown = tab.evaluate(step)
    tab.get_by_role("button", name="Step").click()
    assert tab.evaluate(step) == shown + 1
    tab.get_by_label("Stage").fill("4")
    assert tab.get_by_label("Stage").get_attribute("aria-valuetext") == "layer 2"
    assert tab.locator(".ln-steps .ln-on").count() == 4
    tab.get_by_role("checkbox").uncheck()
    assert tab.get_by_role("button", name="Play").is_disabled()


def test_reduced_motion_gives_single_steps(page):
    tab = page(ChannelShuffle(), motion="reduce")
    assert tab.get_by_role("button", name="Play").count() == 0
    tab.get_by_role("button", name="Step").click()
    tab.wait_for_timeout(1500)
    assert tab.evaluate("models[0].get('step')") == 1


NARROW = [(320, c, g) for c, g in ((6, 2), (11, 11), (12, 4), (24, 1), (24, 2), (32, 2), (32, 8), (32, 16), (32, 32))]
WIDE = [(768, 24, 2), (768, 32, 8), (830, 32, 4), (830, 32, 32), (1200, 24, 4), (1200, 2, 1)]
OVERLAPS = """
() => {
  const box = (node) => node.getBoundingClientRect();
  const lies = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const names = [...document.querySelectorAll(".ln-tray + text")].map(box);
  const ends = [...document.querySelectorAll(".ln-ray, .ln-move")].flatMap((path) => path.getAttribute("d").match(/M[^M]*/g) ?? []);
  const picture = box(document.querySelector(".ln-network")), faults = [];
  const chips = [...document.querySelectorAll(".ln-network rect:not(.ln-tray)")].map(box);
  for (const line of ends) {
    const [x1, y1, x2, y2] = line.match(/[\\d.]+/g).map(Number);
    for (let t = 0; t <= 1; t += 0.02) {
      const [x, y] = [picture.left + x1 + t * (x2 - x1), picture.top + y1 + t * (y2 - y1)];
      if (names.some((name) => x > name.left && x < name.right && y > name.top + 1 && y < name.bottom - 1)) faults.push(line);
    }
  }
  names.forEach((name) => { if (chips.some((chip) => lies(name, chip))) faults.push("a chip on a label"); });
  chips.forEach((a, i) => chips.slice(i + 1).forEach((b) => { if (lies(a, b)) faults.push("two chips"); }));
  return [...new Set(faults)];
}
"""


@pytest.mark.parametrize(("width", "c", "g"), [*NARROW, *WIDE])
def test_no_label_lies_on_a_line_and_no_chip_on_another(page, width, c, g):
    assert page(ChannelShuffle(channels=c, groups=g), width=width).evaluate(OVERLAPS) == []
