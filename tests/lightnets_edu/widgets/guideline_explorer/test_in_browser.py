"""The guideline explorer under hands: keys, and what is dragged: the dot, the mark, the column."""

import re

import pytest
from stage import trait

from lightnets_edu.widgets import GuidelineExplorer

FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
STILL = "* { transition: none !important }"


def centre(node) -> tuple[float, float]:
    box = node.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pull(tab, node, to, start=None) -> None:
    """Drags a node by the mouse to a point, or by its own `to(x, y)`."""
    x, y = start or centre(node)
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move((x + to[0]) / 2, (y + to[1]) / 2)
    tab.mouse.move(*to)
    tab.evaluate(FRAMES)
    tab.mouse.up()


def handles(tab) -> tuple:
    return tab.get_by_role("slider", name="Your guess"), tab.get_by_role("slider", name=re.compile("^(Ratio|Groups)"))


def test_keyboard_only(page):
    """Tab order and keys of every control; the next figure stays as it was."""
    tab = page(GuidelineExplorer(), GuidelineExplorer())
    names = ["guideline", "size", "width", "ratio", "groups", "guess", "revealed"]
    before = now = tab.evaluate("(names) => names.map((name) => models[1].get(name))", names)
    steps = [
        ("Tab", {}), ("ArrowDown", {"guideline": 2}), ("ArrowUp", {"guideline": 1}), ("Tab", {}), ("Home", {"size": 7}), ("Tab", {}), ("End", {"width": 512}),
        ("Tab", {}), ("Shift+ArrowUp", {"guess": 1.1}), ("ArrowRight", {}), ("Tab", {}), ("ArrowUp", {"guess": 1.2}), ("End", {"guess": 4.0}),
        ("Tab", {}), ("ArrowLeft", {"ratio": "1:11"}), ("ArrowUp", {"ratio": "1:12"}), ("Home", {"ratio": "32:1"}), ("Tab", {}), ("Enter", {"revealed": True}),
        ("Shift+Tab", {}), ("Shift+Tab", {}), ("Shift+Tab", {}), ("Shift+ArrowRight", {"ratio": "28:1"}),
    ]  # fmt: skip
    for key, change in steps:
        tab.keyboard.press(key)
        now = [change.get(name, value) for name, value in zip(names, now, strict=True)]
        assert tab.evaluate("(names) => names.map((name) => models[0].get(name))", names) == now, key
    assert tab.evaluate("(names) => names.map((name) => models[1].get(name))", names) == before


@pytest.mark.parametrize("width", [320, 800])
def test_a_reader_guesses_and_is_told(page, width):
    """The question mark goes both ways; the dot that comes for it goes along the curve only."""
    tab = page(GuidelineExplorer(), width=width)
    tab.add_style_tag(content=STILL)
    level, dot = handles(tab)
    (x, y), step = centre(dot), tab.locator(".ln-ge-ground").bounding_box()["height"]
    pull(tab, dot, (x + step / 2, y - step))    # a hand that slips sideways guesses on
    assert (trait(tab, "guess"), trait(tab, "ratio")) == (2, "1:12")
    assert centre(dot) == pytest.approx((x, y - step), abs=4)
    tab.get_by_role("button", name="Reveal").click()
    assert tab.locator(".ln-say").inner_text() == "Your guess is 8% too high. Its height is passed at 1:15."
    middle = tab.locator(".ln-ge-ground").bounding_box()
    pull(tab, dot, (middle["x"] + middle["width"] / 2, y - 3 * step))
    assert (trait(tab, "ratio"), trait(tab, "guess")) == ("1:1", 2)
    pull(tab, level, (0, centre(level)[1] - step / 2))
    assert (trait(tab, "ratio"), trait(tab, "guess")) == ("1:1", 2.5)
    assert tab.locator(".ln-held").count() == 0


def test_the_column_is_pulled(page):
    """Its border while it is revealed, to and fro along all ratios; its top while the reader guesses."""
    tab = page(GuidelineExplorer(revealed=True))
    tab.add_style_tag(content=STILL)
    step = tab.locator(".ln-ge-ground").bounding_box()["height"]
    column, border = tab.get_by_role("option", name="Output"), tab.get_by_role("option", name="Input")
    x, y = centre(border)
    pull(tab, border, (x, y - 0.38 * step))
    assert trait(tab, "ratio") in ("2:3", "1:1", "3:2"), "input is half of the least, where it was a seventh"
    x, y = centre(column)
    pull(tab, column, (x, y - 1.2 * step))
    assert trait(tab, "ratio") in ("1:11", "1:12", "1:13"), "output is 1.7 times the least"
    tab.get_by_role("button", name="8 groups?").click()
    pull(tab, column, (x, centre(column)[1] - step))
    assert (trait(tab, "guess"), trait(tab, "groups")) == (2, 8)
    tab.get_by_role("button", name="Reveal").click()
    pull(tab, column, (x, centre(column)[1] + 0.8 * step))
    assert (trait(tab, "guess"), trait(tab, "groups")) == (2, 4)


def test_a_finger_drags(page):
    """A touch on the question mark moves it up, not the page."""
    tab = page(GuidelineExplorer(), height=500)
    assert tab.locator(".ln-grip").evaluate_all("(all) => all.length") == 5
    stopped = tab.evaluate("""() => [...document.querySelectorAll(".ln-grip")].map((grip) => {
      const move = new Event("touchmove", { bubbles: true, cancelable: true });
      grip.dispatchEvent(move);
      return move.defaultPrevented;
    })""")
    assert stopped == [True] * 5
