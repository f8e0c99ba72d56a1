"""Compound scaling under hands: keys, and what is dragged: a stage, a bar's end, the budget."""

import pytest
from stage import trait

from lightnets_edu.widgets import CompoundScaling

FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
STILL = "* { transition: none !important }"
NAMES = ["mode", "phi", "alpha", "beta", "gamma", "against"]


def centre(node) -> tuple[float, float]:
    box = node.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pull(tab, start, by) -> None:
    """Drags by the mouse from a point, so far."""
    (x, y), (right, down) = start, by
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + right / 2, y + down / 2)
    tab.mouse.move(x + right, y + down)
    tab.evaluate(FRAMES)
    tab.mouse.up()


def doubling(tab) -> float:
    """Pixels of a doubling of the work: the rail of φ."""
    tab.evaluate("models[0].set({ phi: 0 })")
    low = centre(tab.get_by_role("slider", name="Budget φ"))[0]
    tab.evaluate("models[0].set({ phi: 7 })")
    return (centre(tab.get_by_role("slider", name="Budget φ"))[0] - low) / 7


def test_keyboard_only(page):
    """Tab order and keys of every control; the next figure stays as it was."""
    tab = page(CompoundScaling(), CompoundScaling())
    before = now = tab.evaluate("(names) => names.map((name) => models[1].get(name))", NAMES)
    steps = [
        ("Tab", {}), ("ArrowDown", {"mode": "depth"}), ("ArrowUp", {"mode": "all three"}),
        ("Tab", {}), ("ArrowRight", {}), ("Enter", {"against": "B1"}), ("Shift+ArrowUp", {"phi": 3.5}), ("ArrowRight", {}), (" ", {"against": "B2"}),
        ("ArrowUp", {}), ("Enter", {}), ("Shift+ArrowLeft", {"phi": 3}),
        ("Tab", {}), ("ArrowRight", {"alpha": 1.25}), ("End", {"alpha": 1.3}), ("Home", {"alpha": 1}), ("Tab", {}), ("ArrowUp", {"beta": 1.15}),
        ("Tab", {}), ("ArrowLeft", {"gamma": 1.1}), ("Tab", {}), ("End", {"phi": 7}), ("Tab", {}), ("Enter", {"mode": "depth", "alpha": 1.2, "beta": 1.1, "gamma": 1.15, "phi": 1, "against": "B0"}),
        ("Shift+Tab", {}), ("ArrowRight", {"phi": 1.5}),
    ]  # fmt: skip
    for key, change in steps:
        tab.keyboard.press(key)
        now = [change.get(name, value) for name, value in zip(NAMES, now, strict=True)]
        assert tab.evaluate("(names) => names.map((name) => models[0].get(name))", NAMES) == now, key
    assert tab.evaluate("(names) => names.map((name) => models[1].get(name))", NAMES) == before


@pytest.mark.parametrize("width", [320, 800])
def test_bars_are_pulled(page, width):
    """The end of a bar sets its constant, as far as αβ²γ² allows; the frame sets φ."""
    tab = page(CompoundScaling(phi=7), width=width)
    tab.add_style_tag(content=STILL)
    step = doubling(tab)
    knob = tab.get_by_role("slider", name="Depth α")
    pull(tab, centre(knob), (-0.88 * step, 0))
    assert trait(tab, "alpha") == 1.1
    pull(tab, centre(tab.get_by_role("slider", name="Resolution γ")), (9 * step, 0))
    assert trait(tab, "gamma") == 1.25, "1.1 · 1.21 · 1.5625 is 2.08, a step more would be 2.25"
    pull(tab, centre(tab.get_by_role("slider", name="Budget φ")), (-4.4 * step, 3))
    assert [trait(tab, name) for name in NAMES] == ["all three", 2.5, 1.1, 1.1, 1.25, "B0"]
    assert tab.locator(".ln-held").count() == 0


@pytest.mark.parametrize("mode", ["all three", "depth", "width", "resolution"])
def test_a_stage_is_pulled(page, mode):
    """To the right and up it grows; what is pulled back comes back."""
    tab = page(CompoundScaling(phi=1, mode=mode), width=800)
    tab.add_style_tag(content=STILL)
    stage = tab.get_by_role("option", name="Stage 7")
    start = centre(stage)
    pull(tab, start, (40, -40))
    assert trait(tab, "phi") > 1.5
    pull(tab, centre(stage), (-60, 200))
    assert trait(tab, "phi") == 0 and trait(tab, "mode") == mode


def test_a_click_chooses_a_network(page):
    tab = page(CompoundScaling(), width=800)
    label = tab.locator(".ln-part text", has_text="B5").bounding_box()
    tab.mouse.click(label["x"] + label["width"] / 2, label["y"] + 5)
    assert trait(tab, "against") == "B5"


def test_a_finger_drags(page):
    """A touch on a stage or a bar's end moves it, not the page."""
    tab = page(CompoundScaling(), height=500)
    stopped = tab.evaluate("""() => [...document.querySelectorAll(".ln-grip")].map((grip) => {
      const move = new Event("touchmove", { bubbles: true, cancelable: true });
      grip.dispatchEvent(move);
      return move.defaultPrevented;
    })""")
    assert stopped == [True] * 11
