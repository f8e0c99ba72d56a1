"""EffNet's block under hands: pixels under a pointer, a finger and keys; the arrow, the dots, the player; measured blocks."""

import pytest
import stage
from eff_net_flow.expected import NAMES, SIZES, layers, said, told
from eff_net_flow.test_figure import SEE, cells, check
from stage import move, trait
from torch import nn

from lightnets_edu.models.effnet import EffNetBlock
from lightnets_edu.widgets import EffNetFlow

FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
STILL = "* { transition: none !important }"
CHECKS = (stage.WIDER, stage.SMALL, stage.CROPPED, stage.OVERLAPS, stage.STRUCK, stage.SPILLS, stage.CONTRAST)


def now(tab) -> EffNetFlow:
    """A figure in Python in the state that the page has."""
    figure = EffNetFlow()
    figure.set_state({name: trait(tab, name) for name in figure.drawn})
    return figure


def part(tab, b: int, i: int):
    return tab.locator("[role=option]").nth(6 * b + i)    # a menu has options too


def middle(tab, b: int, i: int, row: int, column: int) -> tuple[float, float]:
    """Where the middle of a pixel is on the page."""
    box, (height, width) = part(tab, b, i).locator(".ln-en-front").bounding_box(), SIZES[b][i]
    return box["x"] + box["width"] * (column + 0.5) / width, box["y"] + box["height"] * (row + 0.5) / height


def sentence(tab) -> str:
    return tab.locator(".ln-say").inner_text()


POINTED = [(0, 0, 7, 7), (0, 1, 0, 0), (0, 2, 3, 5), (0, 3, 2, 1), (0, 4, 1, 3), (0, 5, 3, 3), (1, 0, 7, 0), (1, 1, 2, 3), (1, 2, 0, 1)]


@pytest.mark.parametrize("width", [320, 1200])
def test_a_pixel_under_the_pointer_says_its_past_and_future(page, width):
    tab = page(EffNetFlow(), width=width)
    for step in (5, 2):
        move(tab, {"step": step})
        figure = now(tab)
        for b, i, row, column in POINTED:
            tab.mouse.move(*middle(tab, b, i, row, column))
            if i > min(step, len(SIZES[b]) - 1):
                assert sentence(tab) == said(figure), "a map that is not made yet has nothing to say"
                continue
            assert sentence(tab) == told(figure, b, i, row, column)
            assert cells(tab.evaluate(SEE)["parts"][6 * b + i], "chosen", SIZES[b][i]) == [[row, column]]
        tab.mouse.move(2, 2)
        tab.evaluate(FRAMES)
        check(tab, figure)


def test_a_click_keeps_a_pixel(page):
    tab = page(EffNetFlow())
    for b, i, row, column in ((0, 4, 1, 3), (1, 0, 5, 6), (0, 0, 7, 0)):
        tab.mouse.click(*middle(tab, b, i, row, column))
        assert [trait(tab, name) for name in ("map", "row", "column")] == [6 * b + i, row, column]
        tab.mouse.move(2, 2)
        assert sentence(tab) == told(now(tab), b, i, row, column), "it has the focus"
        tab.evaluate("document.activeElement.blur()")
        check(tab, now(tab))


def test_a_finger_reads_along_a_map(browser):
    context = browser.new_context(viewport={"width": 320, "height": 900}, has_touch=True)
    tab = context.new_page()
    stage.put(tab, (EffNetFlow(),), "light")
    tab.touchscreen.tap(*middle(tab, 0, 3, 2, 6))
    assert [trait(tab, name) for name in ("map", "row", "column")] == [3, 2, 6]
    context.close()


def test_keys_do_what_a_hand_does(page):
    """Arrows go from map to map, Shift and an arrow from pixel to pixel, and stop at the edge; Enter keeps it."""
    tab = page(EffNetFlow())
    part(tab, 0, 5).focus()
    focused = "document.activeElement.getAttribute('aria-label')"
    steps = [
        ("Shift+ArrowRight", 0, 5, (1, 2)), ("Shift+ArrowUp", 0, 5, (0, 2)), ("Shift+ArrowUp", 0, 5, (0, 2)), ("ArrowLeft", 0, 4, (0, 2)), ("Shift+End", 0, 4, (0, 7)),
        ("Shift+ArrowDown", 0, 4, (1, 7)), ("Home", 0, 0, (1, 7)), ("ArrowDown", 1, 0, (1, 7)), ("ArrowRight", 1, 1, (1, 3)), ("Enter", 1, 1, (1, 3)),
    ]  # fmt: skip
    for key, b, i, (row, column) in steps:
        tab.keyboard.press(key)
        figure = now(tab)
        assert tab.evaluate(focused).startswith(f"{NAMES[b]}, {layers(figure, b)[i]}:"), key
        assert sentence(tab) == told(figure, b, i, row, column), key
    assert [trait(tab, name) for name in ("map", "row", "column")] == [7, 1, 3]


def pull(tab, name: str, ends: list[tuple[float, float]]) -> list[dict]:
    """Drag a grip from place to place; the state after each."""
    box = tab.get_by_role("slider", name=name).bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    seen = []
    for x, y in ends:
        tab.mouse.move(x, y, steps=3)
        tab.evaluate(FRAMES)
        seen.append(tab.evaluate("({ ...models[0].state })"))
    tab.mouse.up()
    tab.mouse.move(2, 2)
    return seen


@pytest.mark.parametrize("width", [320, 576, 1200])
def test_the_arrow_is_dragged_along_the_flow(page, width):
    """It comes to rest behind the map where the hand is, on the next line of a phone too, and changes nothing else."""
    tab = page(EffNetFlow(), width=width)
    before = tab.evaluate("({ ...models[0].state })")
    spots = []
    for i in (2, 0, 3, 5, 1, 4):
        box = part(tab, 0, i).locator(".ln-en-front").bounding_box()
        slot = (tab.locator(".ln-en-stage").bounding_box()["width"]) / (3 if width < 500 else 6)
        spots.append((box["x"] + slot - 14, box["y"] + box["height"] - 10))
    seen = pull(tab, "Layers that have run", spots)
    assert [state["step"] for state in seen] == [2, 0, 3, 5, 1, 4]
    for state in seen:
        assert {key for key in state if state[key] != before[key]} <= {"step"}
    check(tab, now(tab))


def test_a_dot_sets_the_depth(page):
    """The corner goes with the hand, to the nearest width on offer; one width changes and no other trait."""
    tab = page(EffNetFlow(), width=1200)
    tab.add_style_tag(content=STILL)
    for name, one in (("Channels inside EffNet", "c_mid"), ("Channels of the input", "c_in"), ("Channels of the output", "c_out")):
        before = tab.evaluate("({ ...models[0].state })")
        box = tab.get_by_role("slider", name=name).bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        seen = pull(tab, name, [(x + far, y) for far in (-12, -60, 0, 60)])
        widths = [state[one] for state in seen]
        assert widths[1:] == [3, before[one], 256] and 3 < widths[0] < before[one]
        assert all({key for key in state if state[key] != before[key]} <= {one} for state in seen)
        check(tab, now(tab))


def test_grips_have_keys(page):
    tab = page(EffNetFlow())
    for name, one, keys in (
        ("Layers that have run", "step", [("ArrowRight", 5), ("ArrowLeft", 4), ("Home", 0), ("ArrowDown", 0), ("ArrowUp", 1), ("End", 5)]),
        ("Channels inside EffNet", "c_mid", [("ArrowRight", 256), ("End", 256), ("ArrowLeft", 128), ("ArrowDown", 64), ("Home", 3), ("ArrowLeft", 3)]),
    ):
        grip = tab.get_by_role("slider", name=name)
        grip.focus()
        for key, value in keys:
            tab.keyboard.press(key)
            assert trait(tab, one) == value and grip.get_attribute("aria-valuenow") == str(value), key
            check(tab, now(tab))
    assert grip.get_attribute("aria-valuetext") == "3 channels"


def test_play_step_and_a_hand_that_ends_it(page):
    tab = page(EffNetFlow())
    step = tab.get_by_role("button", name="Step", exact=True)
    for expected in (0, 1, 2, 3, 4, 5, 0):
        step.click()
        assert trait(tab, "step") == expected and sentence(tab) == said(now(tab))
    tab.get_by_role("button", name="Play").click()
    tab.wait_for_function("models[0].state.step > 0")
    tab.get_by_label("Last layer").select_option("1×2, turned")
    assert tab.get_by_role("button", name="Play").count() == 1


BLOCKS = {
    "16 pixels": lambda: EffNetFlow.from_module(EffNetBlock(3, 32, 64), (1, 3, 16, 16)),
    "one layer": lambda: EffNetFlow.from_module(nn.Conv2d(16, 32, 1, stride=2), (1, 16, 8, 8)),
    "deep": lambda: EffNetFlow.from_module(nn.Sequential(nn.Conv2d(8, 512, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(512, 512, 3, 2)), (1, 8, 12, 6)),
}


@pytest.mark.parametrize("block", BLOCKS)
def test_a_measured_block_has_room(page, block):
    figure = BLOCKS[block]()
    for width, most in ((320, 720), (800, 560)):
        tab = page(figure, width=width)
        tab.add_style_tag(content=STILL)
        heights = set()
        for step in range(figure.step + 1):
            move(tab, {"step": step})
            heights.add(tab.locator("figure").bounding_box()["height"])
            assert [found for one in CHECKS for found in tab.evaluate(one)] == [], (width, step)
        assert len(heights) == 1 and max(heights) <= most and tab.evaluate("stops") == 0
        assert tab.get_by_role("slider").get_attribute("aria-valuemax") == str(figure.step) and tab.locator(".ln-asks button, select").count() == 0


def test_keys_begin_on_a_map_that_is_made(page):
    """Before the first layer the focus goes to the input, though the chosen pixel is on the last map."""
    tab = page(EffNetFlow(step=0))
    part(tab, 0, 5).focus()
    for key, b in ((None, 0), ("End", 0), ("ArrowDown", 1), ("ArrowRight", 1)):
        if key:
            tab.keyboard.press(key)
        assert tab.evaluate("document.activeElement.getAttribute('aria-label')").startswith(f"{NAMES[b]}, input:"), key
    tab.keyboard.press("Shift+ArrowRight")
    assert [trait(tab, name) for name in ("map", "column")] == [6, 2]
