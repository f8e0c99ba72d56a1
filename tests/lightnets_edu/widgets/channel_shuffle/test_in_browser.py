"""The figure of the channel shuffle under hands: what lights up, orders of one's own, keyboard, stages, player, questions."""

import random

import pytest
from channel_shuffle.expected import dealt, edges, kin, ranges, verdict
from stage import trait

from lightnets_edu.models.shufflenet_v1 import ShuffleUnit
from lightnets_edu.widgets import ChannelShuffle

LIT = """
(figure) => {
  const parts = [...figure.querySelectorAll("[role=option]")], names = parts.map((part) => part.getAttribute("aria-label"));
  const c = parts.length / 4, rows = [[], [], [], []];
  const at = (part) => { const [x, y] = part.getAttribute("style").match(/-?[\\d.]+px/g).map(parseFloat); return [y, x]; };
  const sorted = parts.map((part, i) => [at(part), i]).sort(([a], [b]) => a[0] - b[0] || a[1] - b[1]);
  sorted.forEach(([, i], k) => { if (parts[i].matches(".ln-on")) rows[Math.floor(k / c)].push(k % c); });
  return rows;
}
""".replace("\\\\", "\\")
LINES = """(figure) => [".ln-ray", ".ln-move"].map((name) => [...figure.querySelectorAll(name)]
  .reduce((sum, path) => sum + (path.getAttribute("d") ?? "").split("M").length - 1, 0))"""
KINDS = {"none": "no shuffle", "paper": "the shuffle", "inverse": "its inverse", "own": "my own order"}
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
STILL = "* { transition: none !important }"


def links_of(widget: ChannelShuffle) -> list[set[tuple[int, int]]]:
    wiring, c = widget.wiring(), widget.channels
    return edges(c, (wiring.first, wiring.second), list(wiring.order if widget.shuffle else range(c)), widget.layers)


def name(row: int, i: int, widget: ChannelShuffle) -> str:
    """What a channel is called."""
    order = widget.wiring().order if widget.shuffle else range(widget.channels)
    middle = f"Layer 2, channel {i}" if widget.layers == 3 else f"Place {i}, channel {order[i]}"
    return [f"Input {i}", f"Layer 1, channel {i}", middle, f"Output {i}"][row]


MARKS = " Squares: its groups."    # said while nothing is pointed at


def told(row: int, i: int, widget: ChannelShuffle) -> str:
    """What a channel says of its past and future."""
    found = kin(links_of(widget), row, i)
    inputs, outputs = f"from inputs {ranges(found[0])}", f"to outputs {ranges(found[3])}"
    return f"{name(row, i, widget)}: {', '.join([*([inputs] if row else []), *([outputs] if row < 3 else [])])}."


CASES = [(2, 1), (6, 2), (7, 7), (12, 3), (12, 6), (15, 5), (16, 4), (16, 8)]


@pytest.mark.parametrize(("c", "g"), CASES)
def test_what_lights_up_is_what_gradients_say(paper, c, g):
    """Every kind of order, two layers and three, chosen with the native controls; each row under the pointer."""
    widget, dice = ChannelShuffle(), random.Random(c + g)
    tab = paper(widget)
    figure, (groups, between) = tab.locator("figure"), tab.locator("select").all()
    groups.select_option("1")
    tab.get_by_label("Channels C").fill(str(c - 2))
    groups.select_option(str(g))
    for layers in (2, 3):
        tab.get_by_label("Third layer").set_checked(layers == 3)
        for kind, text in KINDS.items():
            between.select_option(text)
            own = dice.sample(range(c), c)
            tab.move({"own": own})
            output = dice.randrange(c)
            tab.get_by_role("option", name=f"Output {output}", exact=True).click()
            widget.set_state({"channels": c, "groups": g, "output": output, "layers": layers, "own": own})
            widget.set_state({"shuffle": False} if kind == "none" else {"shuffle": True, "order": kind})
            found = kin(links_of(widget), 3, output)
            assert found[0] == widget.reached() and figure.evaluate(LIT) == found
            wires = 0 if layers == 3 else c
            lit = sum(b in found[row + 1] and a in found[row] for row, link in enumerate(links_of(widget)) for a, b in link)
            assert figure.evaluate(LINES) == [lit, wires]
            assert tab.locator(".ln-verdict").inner_text() == verdict(widget)
            hint = "Drag a channel onto another, or press Shift and an arrow: they swap."
            assert tab.said() == (hint if kind == "own" and layers == 2 else told(3, output, widget) + MARKS)
            for row in range(4):
                i = dice.randrange(c)
                tab.get_by_role("option", name=name(row, i, widget), exact=True).hover()
                assert figure.evaluate(LIT) == kin(links_of(widget), row, i) and tab.said() == told(row, i, widget)
            tab.evaluate('root.querySelector("[role=listbox]").dispatchEvent({ type: "pointerleave" })')
            assert figure.evaluate(LIT) == found
            assert tab.locator("svg, svg *").count() <= 600


def test_measured_code_is_said_to_be_measured(paper):
    widget = ChannelShuffle.from_module(ShuffleUnit(24, 48, 2, 3, 1), output=7)
    tab = paper(widget)
    assert tab.locator("figure").evaluate(LIT) == kin(links_of(widget), 3, 7)
    assert tab.locator(".ln-verdict").inner_text() == verdict(widget) == "Measured, not the formula: an output reaches 12 of 12 inputs."
    tab.get_by_label("Between").select_option("no shuffle")
    widget.shuffle = False
    assert tab.locator(".ln-verdict").inner_text() == verdict(widget)
    assert "Measured" in verdict(widget) and tab.locator("figure").evaluate(LIT)[0] == [*range(12)], "its first layer is dense"
    other = paper(ChannelShuffle.from_module(lambda x, g: x, output=7))
    assert other.locator(".ln-verdict").inner_text() == "Measured, not the formula: an output reaches 4 of 12 inputs."
    assert other.get_by_role("button", name="Step").is_disabled(), "its order is not that of the table"
    other.get_by_label("Between").select_option("no shuffle")
    assert other.locator(".ln-verdict").inner_text() == "Without a shuffle an output reaches its own group, 4 of 12 inputs."


def test_a_unit_keeps_its_own_channels_and_groups(page):
    tab = page(ChannelShuffle.from_module(ShuffleUnit(48, 48, 1, 3, 3)), ChannelShuffle())
    one, two = tab.locator("figure").all()
    for label in ("Channels C", "Groups g"):
        assert one.get_by_label(label).is_disabled() and not two.get_by_label(label).is_disabled()
    assert one.locator(".ln-asks button").count() == 0 and two.locator(".ln-asks button").count() == 4


def test_neither_slider_nor_menu_moves_the_other(paper):
    """C goes in steps of g, and g divides C."""
    tab = paper(ChannelShuffle())
    groups = tab.get_by_label("Groups g")
    for place in range(5):
        tab.get_by_label("Channels C").fill(str(place))
        c = 3 * (place + 1)
        assert (trait(tab, "channels"), trait(tab, "groups")) == (c, 3)
        assert groups.locator("option").all_inner_texts() == [str(g) for g in range(1, c + 1) if c % g == 0]
    groups.select_option("5")
    assert (trait(tab, "channels"), trait(tab, "groups")) == (15, 5)


# Orders of one's own -------------------------------------------------------------------------------------------------


def middle(tab, label: str) -> tuple[float, float]:
    box = tab.get_by_label(label, exact=True).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def way(tab, channel: int, place: int, order: list[int]) -> list[tuple[float, float]]:
    """From where a channel of the middle row stands to a place."""
    return [middle(tab, f"Place {i}, channel {order[i]}") for i in (order.index(channel), place)]


def carry(tab, channel: int, place: int, order: list[int], drop: bool = True) -> None:
    """Drag a channel of the middle row to a place, in three steps."""
    (x, y), (to, _) = way(tab, channel, place, order)
    tab.mouse.move(x, y)
    tab.mouse.down()
    for share in (0.2, 0.6, 1):
        tab.mouse.move(x + (to - x) * share, y + 3)
        tab.evaluate(FRAMES)
    if drop:
        tab.mouse.up()


@pytest.mark.parametrize("width", [320, 800])
def test_channels_are_dragged_into_an_order_of_ones_own(page, width):
    """They swap; the figure follows while one is held; six swapped in this way are as good as the shuffle."""
    tab = page(ChannelShuffle(shuffle=False), width=width)
    tab.add_style_tag(content=STILL)
    assert trait(tab, "order") == "paper"
    order = [*range(12)]
    for channel, place in ((4, 1), (8, 2), (9, 4)):
        carry(tab, channel, place, order)
        at = order.index(channel)
        order[at], order[place] = order[place], order[at]
        assert (trait(tab, "order"), trait(tab, "shuffle"), trait(tab, "own")) == ("own", True, order)
        assert tab.get_by_label("Between").input_value() == "my own order"
        stand = [round(middle(tab, f"Place {i}, channel {one}")[0]) for i, one in enumerate(order)]
        assert stand == sorted(stand), "each stands in its place"
    widget = ChannelShuffle(order="own", own=order)
    assert tab.locator(".ln-verdict").inner_text() == verdict(widget)
    carry(tab, 5, 9, order, drop=False)
    held = middle(tab, "Place 9, channel 5")[0]
    assert held == pytest.approx(middle(tab, "Output 9")[0], abs=2)
    assert trait(tab, "own").index(5) == 9
    tab.mouse.move(held - 3, 10)
    tab.evaluate(FRAMES)
    assert middle(tab, "Place 9, channel 5")[0] == pytest.approx(held - 3, abs=1), "it follows the hand"
    tab.mouse.up()
    assert middle(tab, "Place 9, channel 5")[0] == pytest.approx(held, abs=1), "it falls into its place"


def test_a_drag_that_is_broken_off_leaves_everything_as_it_was(page):
    tab = page(ChannelShuffle(order="inverse"))
    before = tab.evaluate("({ ...models[0].state })")
    order = dealt(12, 3, "inverse")
    carry(tab, 3, 7, order, drop=False)
    assert trait(tab, "order") == "own"
    tab.evaluate("""() => document.querySelector("svg").dispatchEvent(new PointerEvent("pointercancel", { pointerId: 1 }))""")
    assert tab.evaluate("({ ...models[0].state })") == before
    tab.mouse.up()


def test_the_keyboard_deals_too(page):
    """Shift and an arrow swap neighbours; the focus goes along; the ends hold."""
    tab = page(ChannelShuffle())
    order = dealt(12, 3, "paper")
    tab.get_by_label("Place 2, channel 8", exact=True).focus()
    for key, place in (("ArrowLeft", 1), ("ArrowLeft", 0), ("ArrowLeft", 0), ("ArrowRight", 1)):
        tab.keyboard.press(f"Shift+{key}")
        at = order.index(8)
        order[at], order[place] = order[place], order[at]
        assert (trait(tab, "order"), trait(tab, "own")) == ("own", order)
        assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == f"Place {place}, channel 8"
        assert tab.locator(".ln-say").inner_text() == told(2, place, ChannelShuffle(order="own", own=order))
    before = trait(tab, "own")
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("Shift+ArrowRight")
    assert trait(tab, "own") == before, "only the middle row can be dealt"


def test_six_moves_beat_the_shuffle_and_five_do_not(paper):
    tab = paper(ChannelShuffle())
    tab.get_by_role("button", name="Fewer moves?").click()
    assert trait(tab, "own") == [*range(12)] and "You win!" not in tab.locator(".ln-verdict").inner_text()
    tab.move({"own": [0, 4, 8, 3, 1, 5, 6, 7, 2, 9, 10, 11]})
    assert tab.locator(".ln-verdict").inner_text() == "You: 4 moved, reach 8 to 12 of 12. The shuffle: 10 moved, reach 12."
    tab.move({"own": [0, 4, 8, 3, 1, 5, 9, 7, 2, 6, 10, 11]})
    assert tab.locator(".ln-verdict").inner_text() == "You: 6 moved, reach 12 of 12. The shuffle: 10 moved, reach 12. You win!"


# Questions, keys, stages ---------------------------------------------------------------------------------------------


def test_questions_are_answered_by_the_figure(paper):
    tab = paper(ChannelShuffle(channels=16, groups=2))
    said = []
    for button in tab.locator(".ln-asks button").all():
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        said.append(tab.locator(".ln-verdict").inner_text())
    assert said == [
        "Without a shuffle an output reaches its own group, 8 of 16 inputs.",
        "No full mixing: an output reaches 9 of 12 inputs, as C < g² = 16.",
        "After three layers an output reaches 12 of 12 inputs; after two, 9.",
        "You: 0 moved, reach 4 of 12. The shuffle: 10 moved, reach 12.",
    ]


def test_keyboard_only(page):
    """Every state is reached without a pointer; keys outside the figure do nothing; figures are independent."""
    tab = page(ChannelShuffle(), ChannelShuffle())
    state = "(i) => ['channels', 'groups', 'shuffle', 'order', 'layers', 'output', 'step'].map((name) => models[i].get(name))"
    second = tab.locator("figure").last.inner_html()
    start = [12, 3, True, "paper", 2, 5, 0]
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate(state, 0) == start, "a key outside the figure must do nothing"
    press = lambda *keys: [tab.keyboard.press(key) for key in keys]  # noqa: E731
    press("Tab", "End")
    assert tab.evaluate(state, 0)[:2] == [15, 3]
    press("ArrowLeft", "Tab", "ArrowDown")
    assert tab.evaluate(state, 0)[:2] == [12, 4]
    press("ArrowUp", "Tab", "Space")
    assert tab.evaluate(state, 0)[4] == 3
    press("Space", "Tab", "ArrowDown")
    assert tab.evaluate(state, 0)[2:4] == [True, "inverse"]
    press("ArrowUp", "ArrowUp")
    assert tab.evaluate(state, 0)[2] is False
    press("ArrowDown", "Tab", "Tab", "Space", "Tab")  # over Play to Step, to the channels
    assert tab.evaluate(state, 0) == [*start[:6], 1]
    focused = "document.activeElement.getAttribute('aria-label')"
    assert tab.evaluate(focused) == "Output 5"
    keys = {"ArrowRight": "Output 6", "ArrowUp": "Place 6, channel 2", "Home": "Place 0, channel 0", "ArrowLeft": "Place 0, channel 0"}
    for key, expected in keys.items():
        press(key)
        assert tab.evaluate(focused) == expected and tab.evaluate(state, 0)[5] == 5
        assert tab.locator("figure").first.locator("[role=option][tabindex='0']").count() == 1
    press("ArrowUp", "ArrowUp", "End")
    assert tab.evaluate(focused) == "Input 11"
    press("ArrowDown", "ArrowDown", "ArrowDown", "Enter")
    assert tab.evaluate(state, 0)[5] == 11
    press("Control+ArrowLeft")
    assert tab.evaluate(focused) == "Output 11"
    press("Tab", "Enter")
    assert tab.evaluate(state, 0)[2] is False
    press("Tab", "Tab", "Tab", "Tab", "Enter")
    tab.locator("tbody tr").nth(2).wait_for()
    press("Tab", "Tab")  # over the data, which can be scrolled
    assert tab.evaluate("document.querySelectorAll('figure')[1].contains(document.activeElement)"), "no trap"
    assert tab.evaluate(state, 1) == start
    assert tab.locator("figure").last.inner_html() == second, "two figures are independent"


@pytest.mark.parametrize("order", ["paper", "inverse"])
def test_the_stages_move_the_channels(page, order):
    """Where every channel stands at each stage, read off the screen: rows from top to bottom, left to right."""
    tab = page(ChannelShuffle(order=order))
    tab.add_style_tag(content=STILL)
    rows = {"paper": [3, 4], "inverse": [4, 3]}[order]
    sent = dealt(12, 3, order)
    for step, (lines, channels) in enumerate([(1, sent), (rows[0], [*range(12)]), (rows[1], sent), (1, sent)]):
        tab.evaluate(f"models[0].set('step', {step})")
        found = tab.evaluate("""() => [...document.querySelectorAll('[aria-label^=Place] .ln-chip')].map((node) => {
          const box = node.getBoundingClientRect();
          return [Math.round(box.y), box.x, parseInt(node.parentNode.textContent)];
        }).sort((a, b) => a[0] - b[0] || a[1] - b[1])""")
        assert (len({y for y, _, _ in found}), [channel for _, _, channel in found]) == (lines, channels)
        outputs = tab.get_by_label("Output 0", exact=True).bounding_box()
        assert max(y for y, _, _ in found) < outputs["y"] < 1000, "the outputs stay in the window"


def test_play_pause_and_step(page):
    """The shuffle is stepped through from wherever one is, and the whole figure stays in the window."""
    tab = page(ChannelShuffle(shuffle=False, layers=3))
    figure, step = tab.locator("figure"), "models[0].get('step')"
    before = figure.inner_html()
    tab.wait_for_timeout(1500)
    assert figure.inner_html() == before, "nothing plays by itself"
    tab.get_by_role("button", name="Play").click()
    tab.wait_for_function(f"{step} >= 1")
    assert (trait(tab, "shuffle"), trait(tab, "layers")) == (True, 2)
    say = tab.locator(".ln-say")
    assert say.get_attribute("aria-live") == "off" and say.inner_text() == "Reshape: a table of 3 × 4, one row a group."
    tab.get_by_role("button", name="Pause").click()
    frozen = figure.inner_html()
    tab.wait_for_timeout(1500)
    assert figure.inner_html() == frozen and say.get_attribute("aria-live") == "polite"
    for shown, words in ((2, "Transpose"), (3, "Flatten"), (0, "Output 5")):
        tab.get_by_role("button", name="Step").click()
        assert tab.evaluate(step) == shown and say.inner_text().startswith(words)
    tab.get_by_label("Between").select_option("my own order")
    tab.get_by_role("button", name="Step").click()
    assert (trait(tab, "order"), tab.evaluate(step)) == ("paper", 1)
    tab.get_by_label("Groups g").select_option("12")
    assert tab.get_by_role("button", name="Play").is_disabled(), "groups of one: there is nothing to deal"


def test_what_a_hand_sets_ends_what_plays(page):
    tab = page(ChannelShuffle(shuffle=False))
    (x, y), (to, _) = way(tab, 3, 7, [*range(12)])

    def drag_on():
        tab.mouse.move(x + (to - x) / 2, y, steps=2)
        tab.evaluate(FRAMES)
        tab.mouse.up()

    for act in (
        lambda: tab.get_by_label("Between").select_option("no shuffle"),
        lambda: tab.get_by_role("button", name="No shuffle?").click(),
        drag_on,
    ):
        tab.evaluate("models[0].set({ shuffle: false, order: 'paper', step: 0 })")
        if act is drag_on:    # what plays moves the channels: this one is held before
            tab.mouse.move(x, y)
            tab.mouse.down()
        tab.get_by_role("button", name="Play").evaluate("node => node.click()")
        act()
        state = tab.evaluate("({ ...models[0].state })")
        tab.wait_for_timeout(1500)
        assert tab.evaluate("({ ...models[0].state })") == state
        tab.get_by_role("button", name="Play").wait_for(timeout=1000)


def test_reduced_motion_gives_single_steps(page):
    tab = page(ChannelShuffle(), motion="reduce")
    assert tab.get_by_role("button", name="Play").count() == 0
    tab.get_by_role("button", name="Step").click()
    tab.wait_for_timeout(1500)
    assert tab.evaluate("models[0].get('step')") == 1


SPOTS = [(320, c, g) for c, g in ((2, 1), (6, 2), (11, 11), (12, 4), (16, 2), (16, 8), (16, 16))]
SPOTS += [(576, 16, 4), (768, 16, 8), (830, 16, 16), (1200, 2, 1)]
CROWDED = """() => {
  const chips = [...document.querySelectorAll(".ln-chip")].map((node) => node.getBoundingClientRect()), faults = [];
  const lies = (a, b) => a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5;
  chips.forEach((a, i) => chips.slice(i + 1).forEach((b) => { if (lies(a, b)) faults.push("two channels"); }));
  document.querySelectorAll(".ln-chip + text").forEach((text) => {
    const [own, room] = [text, text.previousSibling].map((node) => node.getBoundingClientRect());
    if (own.width > room.width + 1) faults.push(`“${text.textContent}” is wider than its channel`);
  });
  return faults;
}"""


@pytest.mark.parametrize(("width", "c", "g"), SPOTS)
def test_no_channel_lies_on_another(page, width, c, g):
    tab = page(ChannelShuffle(channels=c, groups=g, output=0), width=width)
    tab.add_style_tag(content=STILL)
    for step in range(4):
        tab.evaluate(f"models[0].set('step', {step})")
        assert tab.evaluate(CROWDED) == []
