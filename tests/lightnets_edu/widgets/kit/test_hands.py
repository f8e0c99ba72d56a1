"""What hands do to the kit's pieces, in a browser, on a figure that is made of nothing else."""

import json
import shutil

import pytest
import traitlets
from stage import trait

from lightnets_edu.widgets.kit import Figure, Lists, compose
from lightnets_edu.widgets.kit.compose import KIT

# Two rows of squares, 40 pixels each, that can be pointed at and, in the second row, dragged; a grip that moves freely.
FIGURE = """
import { again, tally } from "../kit/again.js";
import { asks } from "../kit/asks.js";
import { drag } from "../kit/drag.js";
import { grip } from "../kit/grip.js";
import { part, parts } from "../kit/parts.js";
import { keep } from "../kit/keep.js";
import { sides } from "../kit/sides.js";
import { controls, dial, html, reserve, settle, svg, table, upto, widget } from "../kit/shared.js";

export const twice = (n) => 2 * n;
export default widget("Hands", (kit) => {
  const { model, live, set } = kit, heard = (globalThis.heard = []);
  const count = dial("Count", (n) => set({ count: n }), 2);
  const questions = asks(kit, [["Few?", { count: 3, last: 0 }], ["Many?", { count: 6 }]]);
  const tell = (spot) => { live.textContent = spot ? `square ${spot}` : "none"; };
  const group = parts("Squares", {
    show: (spot) => { heard.push(`show ${spot}`); tell(spot); },
    pick: ([, i]) => set({ last: i }),
    shift: ([row, i], [x]) => { heard.push(`shift ${i} ${x}`); return [row, Math.max(0, Math.min(i + x, model.get("count") - 1))]; },
  });
  const square = (row, i) => part(`${row} ${i}`, svg("rect", { x: 40 * i, y: 50 * row, width: 38, height: 40 }));
  const knob = svg("circle", { r: 14 });
  const handle = grip("Knob", [0, 100], {
    nudge: ([x]) => set({ at: Math.max(0, Math.min(100, model.get("at") + x)) }),
    move: ([x]) => { heard.push("move"); set({ at: Math.round(Math.max(0, Math.min(100, x))) }); },
    end: (kept) => heard.push(`end ${kept}`),
    free: true,
  }, knob);
  const deck = svg("g"), stage = svg("svg", {}, group.node, handle.node, deck);
  const cards = keep((key) => svg("rect", { class: "ln-glide card", width: 9, height: 9, "data-key": key }));
  const draws = tally([0, 10], 5, ["0", "10"]), chart = svg("svg", {}, draws.node);
  let built;
  return {
    nodes: [controls(count.node, again(kit, "draws", 4)), stage, questions.node, live, chart],
    draw(width) {
      const n = model.get("count");
      reserve(live, 2);
      if (built !== n) {
        built = n;
        const row = (r) => upto(n).map((i) => square(r, i));
        const rows = [row(0), row(1)];
        rows[1].forEach((node, i) => drag(node, {
          start: ([x]) => heard.push(`start ${i} ${Math.round(x)}`),
          move: ([x]) => heard.push(`drag ${Math.round(x)}`),
          end: (kept) => heard.push(`end ${kept}`),
        }));
        group.put(rows, [0, model.get("last")]);
      } else group.put([[...group.node.children].slice(0, n), [...group.node.children].slice(n)], [0, model.get("last")]);
      tell(group.meant());
      stage.setAttribute("viewBox", `0 0 ${width} 160`);
      chart.setAttribute("viewBox", `0 0 ${width} 60`);
      knob.setAttribute("cx", model.get("at"));
      knob.setAttribute("cy", 130);
      handle.put(model.get("at"), `${model.get("at")} of 100`);
      count.put([3, 4, 5, 6], n);
      questions.put();
      const now = cards(upto(n));
      settle(deck, now);
      now.forEach((node, i) => node.setAttribute("x", 20 * i));
      draws.put([0, 0, width, 60], [1, 9, 9, 4], model.get("draws"));
      stage.dataset.sides = JSON.stringify([sides(700, 100, 200), sides(300, 100, 200)]);
    },
    data: () => [table([["count"], [model.get("count")]]), html("p", { text: "All." })],
  };
});
"""
HEARD = "() => heard.splice(0)"
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def hands(tmp_path_factory):
    """A class of figures that is made of the kit's pieces."""
    rooms = tmp_path_factory.mktemp("rooms")
    shutil.copytree(KIT, rooms / "kit")
    (rooms / "hands").mkdir()
    (rooms / "hands/figure.js").write_text(FIGURE, "utf-8")

    class Hands(Figure):
        _esm = compose(rooms / "hands/figure.js")
        _css = (KIT / "shared.css").read_text("utf-8")
        drawn = ("count", "last", "at", "draws")
        count = traitlets.Int(5).tag(sync=True)
        last = traitlets.Int(0).tag(sync=True)
        at = traitlets.Int(50).tag(sync=True)
        draws = traitlets.Int(1).tag(sync=True)

        def offers(self, name):
            return range(101)

    return lambda: Hands(caption="Hands.")


@pytest.fixture
def tab(page, hands):
    return page(hands(), width=400)


def middle(tab, name: str) -> tuple[float, float]:
    box = tab.get_by_label(name, exact=True).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_part_is_meant_by_pointer_and_by_focus(tab):
    """Hover, leave, keys in both directions and to the ends; the pointer wins while it is there."""
    say = tab.locator(".ln-say")
    tab.mouse.move(*middle(tab, "1 2"))
    assert say.inner_text() == "square 1,2"
    tab.mouse.move(5, 5)
    assert say.inner_text() == "none"
    group = tab.get_by_role("listbox")
    assert group.locator("[tabindex='0']").count() == 1
    group.locator("[tabindex='0']").focus()
    steps = {"ArrowRight": "0,1", "ArrowDown": "1,1", "End": "1,4", "ArrowRight ": "1,4", "Home": "1,0", "ArrowUp": "0,0", "ArrowUp ": "0,0"}
    for key, spot in steps.items():
        tab.keyboard.press(key.strip())
        assert say.inner_text() == f"square {spot}" and group.locator("[tabindex='0']").count() == 1
    tab.mouse.move(*middle(tab, "1 3"))
    assert say.inner_text() == "square 1,3"
    tab.mouse.move(5, 5)
    assert say.inner_text() == "square 0,0", "what has the focus is meant again"
    tab.keyboard.press("Control+ArrowRight")
    assert say.inner_text() == "square 0,0", "keys of others are left alone"


def test_a_part_is_picked_and_stays_marked(tab):
    tab.get_by_label("0 3", exact=True).click()
    assert trait(tab, "last") == 3
    chosen = tab.locator("[aria-selected=true]")
    assert chosen.count() == 1 and chosen.get_attribute("aria-label") == "0 3"
    tab.keyboard.press("ArrowLeft")
    assert trait(tab, "last") == 3, "arrows look, they do not pick"
    tab.keyboard.press("Enter")
    assert trait(tab, "last") == 2
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("Space")
    assert trait(tab, "last") == 1


def test_the_focus_stays_where_parts_are_made_anew(tab):
    tab.get_by_label("1 4", exact=True).focus()
    tab.evaluate(HEARD)
    tab.evaluate("models[0].set({ count: 3 })")
    assert tab.evaluate(HEARD) == [], "it is drawn anew already"
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == "1 2"
    assert tab.locator(".ln-say").inner_text() == "square 1,2"


def test_shift_and_an_arrow_move_a_part(tab):
    tab.get_by_label("1 1", exact=True).focus()
    tab.evaluate(HEARD)
    tab.keyboard.press("Shift+ArrowRight")
    assert tab.evaluate(HEARD) == ["shift 1 1", "show 1,2"]
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == "1 2"


def test_a_drag_is_told_once_a_frame(tab):
    """Its start, where it goes, its end; and a press without a way is a click."""
    x, y = middle(tab, "1 1")
    left = tab.locator("svg").first.bounding_box()["x"]
    tab.evaluate(HEARD)
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 2, y)
    tab.evaluate(FRAMES)
    assert not [said for said in tab.evaluate(HEARD) if said.startswith(("start", "drag"))]
    tab.mouse.move(x + 30, y)
    tab.evaluate(FRAMES)
    tab.mouse.move(x + 60, y + 200)    # below the drawing: it is held all the same
    tab.evaluate(FRAMES)
    tab.mouse.up()
    told = [said for said in tab.evaluate(HEARD) if not said.startswith("show")]
    assert told == [f"start 1 {round(x - left)}", f"drag {round(x - left + 30)}", f"drag {round(x - left + 60)}", "end true"]
    assert trait(tab, "last") == 0, "no click behind a drag"
    fast = """async ([x, y]) => {
      const node = document.elementFromPoint(x, y), stage = node.closest("svg");
      const send = (type, i) => node.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, buttons: 1, clientX: x + i, clientY: y }));
      stage.setPointerCapture = () => {};
      send("pointerdown", 0);
      for (let i = 1; i <= 40; i += 1) send("pointermove", i);
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      send("pointercancel", 40);
      return heard.splice(0).filter((said) => !said.startsWith("show"));
    }"""
    told = tab.evaluate(fast, [x, y])
    assert [said.split()[0] for said in told] == ["start", "drag", "end"] and told[-1] == "end false"


def test_a_grip_is_dragged_and_moved_by_keys(tab):
    x, y = middle(tab, "Knob")
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 20, y + 9)
    tab.evaluate(FRAMES)
    tab.mouse.up()
    assert trait(tab, "at") == 70
    slider = tab.get_by_role("slider", name="Knob")
    slider.focus()
    tab.keyboard.press("ArrowRight")
    assert trait(tab, "at") == 71 and slider.get_attribute("aria-valuenow") == "71"
    assert slider.get_attribute("aria-valuetext") == "71 of 100"
    tab.keyboard.press("Home")
    assert trait(tab, "at") == 0
    tab.keyboard.press("End")
    assert trait(tab, "at") == 100


@pytest.fixture
def touch(browser, hands):
    """A phone's page, taller than its screen, and a function that moves a finger over it."""
    from stage import put

    context = browser.new_context(viewport={"width": 400, "height": 700}, has_touch=True, is_mobile=True)
    tab = context.new_page()
    put(tab, (hands(),), "light")
    tab.add_style_tag(content="main { padding-bottom: 2000px }")
    wire = context.new_cdp_session(tab)

    def finger(spots: list[tuple[float, float]]) -> list[str]:
        tab.evaluate(HEARD)
        for i, (x, y) in enumerate(spots):
            kind = "touchMove" if i else "touchStart"
            wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
            tab.evaluate(FRAMES)
        wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        tab.wait_for_timeout(100)
        return tab.evaluate(HEARD)

    yield tab, finger
    context.close()


def scrolled(tab) -> float:
    return tab.evaluate("scrollY")


def test_a_finger_reads_along_a_row_and_scrolls_across(touch):
    tab, finger = touch
    (x, y), (end, _) = middle(tab, "0 0"), middle(tab, "0 4")
    told = finger([(x + (end - x) * i / 16, y) for i in range(17)])
    assert told[:1] == ["show 0,0"] and told[-1] == "show 0,4" and scrolled(tab) == 0
    assert tab.locator(".ln-say").inner_text() == "square 0,4", "what was read last stays"
    finger([(x, y - 12 * i) for i in range(12)])
    assert scrolled(tab) > 40, "a finger that goes across scrolls the page"


def test_a_finger_drags_along_and_scrolls_across(touch):
    tab, finger = touch
    x, y = middle(tab, "1 1")
    told = [said for said in finger([(x + 8 * i, y) for i in range(8)]) if "show" not in said]
    assert told[0].startswith("start 1") and told[-1] == "end true" and scrolled(tab) == 0
    told = [said for said in finger([(x, y - 12 * i) for i in range(12)]) if "show" not in said]
    assert scrolled(tab) > 40 and "end true" not in told


def test_a_finger_holds_what_moves_freely(touch):
    tab, finger = touch
    x, y = middle(tab, "Knob")
    told = finger([(x + 3 * i, y - 12 * i) for i in range(8)])
    assert told[-1] == "end true" and scrolled(tab) == 0 and trait(tab, "at") == 71


def test_a_question_sets_what_it_names(tab):
    few, many = (tab.get_by_role("button", name=name) for name in ("Few?", "Many?"))
    tab.evaluate("models[0].set({ last: 4 })")
    many.click()
    assert (trait(tab, "count"), trait(tab, "last")) == (6, 4)
    assert (few.get_attribute("aria-pressed"), many.get_attribute("aria-pressed")) == ("false", "true")
    few.click()
    assert (trait(tab, "count"), trait(tab, "last")) == (3, 0)
    assert few.get_attribute("data-sets") == "count last" and few.get_attribute("aria-pressed") == "true"


def test_draws_go_on_and_their_tally_grows_on_axes_that_stay(tab):
    paths = "() => [...document.querySelectorAll('.ln-bars')].map((node) => node.getAttribute('d'))"
    button, seen = tab.get_by_role("button", name="Draw again"), []
    for drawn in (1, 2, 3, 4, 1):
        assert trait(tab, "draws") == drawn
        seen.append(tab.evaluate(paths))
        button.click()
    assert seen[0] == seen[4] and len({tuple(one) for one in seen}) == 4
    assert [both[0].count("M") for both in seen[:4]] == [0, 1, 2, 2] and all(both[1].count("M") == 1 for both in seen)
    assert "v-22" in seen[0][1] and "v-22" in seen[3][1], "two at once would fill the room: one is half of it"


def test_the_same_nodes_glide_and_stand_still_where_motion_is_unwelcome(page, hands):
    for motion, length in (("no-preference", "0.5s"), ("reduce", "0s")):
        tab = page(hands(), motion=motion)
        tab.evaluate("window.card = document.querySelector('[data-key=\"2\"]')")
        tab.evaluate("models[0].set({ count: 3 })")
        assert tab.evaluate("card === document.querySelector('[data-key=\"2\"]') && card.isConnected")
        assert tab.locator(".card").count() == 3
        assert tab.evaluate("getComputedStyle(card).transitionDuration") == length
        assert tab.evaluate("getComputedStyle(card).transitionProperty").startswith("transform") or motion == "reduce"
        tab.evaluate("document.querySelector('svg').classList.add('ln-held')")
        assert tab.evaluate("getComputedStyle(card).transitionDuration") == "0s", "what is held follows the hand"


def test_two_drawings_stand_side_by_side_or_one_below_the_other(tab):
    beside, below = json.loads(tab.locator("svg").first.get_attribute("data-sides"))
    assert beside == [{"x": 0, "y": 0, "width": 338}, {"x": 362, "y": 0, "width": 338}]
    assert below == [{"x": 0, "y": 0, "width": 300}, {"x": 0, "y": 124, "width": 300}]


def test_lists_are_offered_without_being_counted():
    orders, lists = Lists(range(4), orders=True), Lists((-1, 0, 1), 9)
    assert [3, 1, 0, 2] in orders and (0, 1, 2, 3) in orders
    assert not any(bad in orders for bad in ([0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 4], "0123", 3))
    assert [0, 1] * 4 + [-1] in lists and [2] * 9 not in lists
    assert list(orders) == [[0, 1, 2, 3], [3, 2, 1, 0]] and all(one in orders for one in orders)
    assert list(lists) == [[-1] * 9, [1] * 9] and all(one in lists for one in lists)

    class Own(Figure):
        drawn = ("own",)
        own = traitlets.List([0, 1, 2]).tag(sync=True)

        def offers(self, name):
            return Lists(range(3), orders=True)

    figure = Own()
    figure.own = [2, 0, 1]
    with pytest.raises(traitlets.TraitError, match=r"own must be an order of 3 values from 0 to 2; got \[2, 0, 0\]"):
        figure.own = [2, 0, 0]
    assert figure.own == [2, 0, 1] and figure.moved(own=[1, 2, 0]) == {"own": [1, 2, 0]}
