"""What holds for every figure: room, colours, keyboard, calm, independence, clean ends, and no state that Python refuses."""

import gzip
import json
import random
import re
from pathlib import Path

import pytest
import stage
from axe_playwright_python.sync_playwright import Axe
from booksite.widgets import tidy
from bs4 import BeautifulSoup
from sketch import CONTROLS_STAND, Sketch, difference
from specimens import SPECIMENS
from stage import Specimen, Tags, move, open_data, state, trait

from lightnets_edu import widgets
from lightnets_edu.widgets.kit import Figure, compose, modules
from lightnets_edu.widgets.kit.compose import KIT

EVERY = pytest.mark.parametrize("specimen", SPECIMENS.values(), ids=SPECIMENS)
KB = 1024


def test_every_figure_has_a_specimen():
    made = {type(specimen.make()).__name__ for specimen in SPECIMENS.values()}
    assert made == set(widgets.__all__)
    assert [widgets.room(widgets.figure(name)) for name in SPECIMENS] == list(SPECIMENS)


def named(stub: str) -> list[str]:
    """The figures that a stub names for type checkers."""
    return re.findall(r"^from lightnets_edu\.widgets\.\w+ import (\w+) as \1$", stub, re.M)


def test_type_checkers_know_every_figure():
    """The one list of figures that is written by hand; Python finds them by their folders."""
    stub = Path(widgets.__file__).with_suffix(".pyi").read_text("utf-8")
    assert named(stub) == widgets.__all__, "lightnets_edu/widgets/__init__.pyi: a line for each figure, by name"
    assert named(stub.replace("as ReluManifold", "as Relu")) != widgets.__all__


# What a page carries --------------------------------------------------------------------------------------------------


def zipped(text: str) -> int:
    return len(gzip.compress(text.encode(), 9))


def parts(module: str) -> list[str]:
    """What a page holds of a figure's module: the modules of the kit that it uses, and its own."""
    return tidy({"state": {"it": {"state": {"_esm": module}}}}, ["it"])[0]["sources"]


@EVERY
def test_budgets(specimen: Specimen):
    """Compressed, as a page carries it: what a figure uses of the kit is 4 KB, its own 6; what it uses beyond is its own."""
    figure = specimen.make()
    room = KIT.parent / type(figure).__module__.rsplit(".", 1)[1]
    assert figure._esm == compose(room / "figure.js")
    whole = parts(figure._esm)
    kit = [part for part in whole if part.startswith("const ln_kit_")]
    used = [path for path in modules(room / "figure.js") if path.parent == KIT]
    assert len(kit) == len(used) > 1 and zipped("".join(kit)) > KB
    own = zipped("".join(whole)) - zipped("".join(kit))
    assert own + max(0, zipped("".join(kit)) - 4 * KB) <= 6 * KB


@EVERY
def test_the_still_is_plain(specimen: Specimen):
    """Pictures with a text, sentences, data, caption; nothing that runs, moves or leads out; it follows the state."""
    sketch, seen = Sketch(specimen.make(), 680), set()
    for values in [{}, *specimen.moves]:
        sketch.move(values)
        html = sketch.plain()
        parsed = Tags(html)
        assert {"figure", "svg", "table", "figcaption"} <= set(parsed.tags)
        assert not {"script", "style", "a", "img", "use", "input", "select", "button"} & set(parsed.tags)
        assert not any(key in ("id", "href", "src", "tabindex", "aria-live") or key.startswith("on") for key, _ in parsed.attributes)
        pictures = BeautifulSoup(html, "html.parser").select("[role=img]")
        assert pictures and all(picture["aria-label"] for picture in pictures)
        assert ("open", None) in parsed.attributes and "aria-hidden" not in html
        assert zipped(html) < 8 * KB
        seen.add(html)
    assert len(seen) > 1


@EVERY
def test_state_is_plain_and_small(specimen: Specimen):
    plain = state(specimen.make())
    assert json.loads(json.dumps(plain)) == plain, "lists, texts and numbers only"
    assert len(json.dumps(plain)) < 60 * KB


# One drawing ----------------------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("width", [320, 800])
def test_the_still_is_what_a_browser_draws(page, specimen: Specimen, width):
    """Every element, attribute and text, and where controls stand, in every move, from two engines."""
    tab = page(specimen.make(), width=width)
    open_data(tab)
    sketch = Sketch(specimen.make(), tab.evaluate("Math.floor(document.querySelector('figure').clientWidth - 24)"))
    for values in [{}, *specimen.moves]:
        move(tab, values)
        sketch.move(values)
        assert difference(tab.evaluate("document.querySelector('figure').outerHTML"), sketch.outer()) == "", values
        stand = tab.locator("figure").evaluate(CONTROLS_STAND)
        assert stand == sketch.locator("figure").evaluate(CONTROLS_STAND), values


@pytest.mark.parametrize(
    ("right", "spoilt"),
    [
        ("<path ", "<path id=\"a\" "), ("Layer 1", "Layer 2"), ("<text ", "<text></text><text "), ("</b>", " </b>"),
        (" ln-on", ""), ("M", "L"), ("27.5", "27.6"), ("</td></tr>", "</td><td></td></tr>"),
    ],
)  # fmt: skip
def test_a_difference_between_drawings_is_seen(right, spoilt):
    html = Sketch(widgets.ChannelShuffle()).outer()
    assert right in html or right == "27.5"
    html = html.replace('y="', 'y="27.5', 1) if right == "27.5" else html
    assert difference(html, html) == "" and difference(html, html.replace(right, spoilt, 1)) != ""


# Looks ----------------------------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("width", [320, 576, 768, 1200])    # 576: in the book's column a figure is about 560 wide
def test_room(page, specimen: Specimen, width):
    """No sideways scrolling, nothing cut off, no text on another or on a line, targets of 24 pixels, few nodes; in every move."""
    tab, faults = page(specimen.make(), width=width), {}
    tab.add_style_tag(content="* { transition: none !important; animation: none !important }")
    for i, values in enumerate([{}, *specimen.moves]):
        move(tab, values)
        found = [*(f for check in (stage.WIDER, stage.SMALL, stage.CROPPED, stage.OVERLAPS, stage.STRUCK, stage.SPILLS) for f in tab.evaluate(check))]
        if tab.evaluate(stage.NODES) > 600:
            found.append(f"{tab.evaluate(stage.NODES)} nodes")
        if found:
            faults[f"move {i - 1} {values}"] = found[:6]
    assert faults == {} and tab.evaluate("stops") == 0


@EVERY
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_anyone_can_read_it(page, specimen: Specimen, theme):
    """axe-core with the data open; and contrasts, computed from what the browser shows: text 4.5, graphics 3."""
    tab, faults = page(specimen.make(), theme=theme), {}
    tab.add_style_tag(content="* { transition: none !important }")
    open_data(tab)
    for i, values in enumerate([{}, *specimen.moves]):
        move(tab, values)
        if found := tab.evaluate(stage.CONTRAST):
            faults[f"move {i - 1} {values}"] = found[:8]
    assert faults == {}
    found = Axe().run(tab).response["violations"]
    assert [(rule["id"], node["html"][:100]) for rule in found for node in rule["nodes"]] == []
    figure = tab.get_by_role("figure", name=specimen.label)
    assert figure.count() == 1 and figure.locator("figcaption").inner_text() == specimen.make().caption
    assert figure.locator("tbody tr").count() > 0 and figure.locator("[aria-live=polite]").first.inner_text()


@EVERY
def test_pale_colours_are_noticed(page, specimen: Specimen):
    tab = page(specimen.make())
    pale = ".ln-widget { --ln-text: #999 !important; --ln-control: #eee !important; --ln-0: #eee !important; --ln-1: #eee !important; --ln-2: #eee !important; --ln-3: #eee !important; }"
    tab.add_style_tag(content=pale)
    found = tab.evaluate(stage.CONTRAST)
    assert any(f.startswith("text") for f in found) and any(f.startswith("shape") for f in found)


# Behaviour ------------------------------------------------------------------------------------------------------------


MOVING = """(ms) => new Promise((done) => {
  const figures = [...document.querySelectorAll("figure")], seen = new Set();
  const watch = new MutationObserver((list) => list.forEach((change) => seen.add(figures.findIndex((own) => own.contains(change.target)))));
  watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  setTimeout(() => { watch.disconnect(); done([...seen].sort()); }, ms);
})"""


@pytest.fixture
def all_figures(page):
    """A function that opens a page with all figures, each after its last move; and says which of them can play."""

    def open_all(**options):
        tab = page(*(specimen.make() for specimen in SPECIMENS.values()), **options)
        for i, specimen in enumerate(SPECIMENS.values()):
            move(tab, specimen.moves[-1], i)
        figures = tab.locator("figure").all()
        return tab, [i for i, figure in enumerate(figures) if figure.get_by_role("button", name="Step", exact=True).count()]

    return open_all


def press(tab, name: str, which: list[int]) -> None:
    for i in which:
        tab.locator("figure").nth(i).get_by_role("button", name=name, exact=True).click()


def test_calm(all_figures):
    """No figure moves by itself; those that play can be paused, and stop off screen."""
    tab, playing = all_figures(height=9000)
    assert playing and tab.evaluate(MOVING, 2000) == []
    press(tab, "Play", playing)
    assert sorted(tab.evaluate(MOVING, 1500)) == playing    # whichever moves first
    press(tab, "Pause", playing)
    tab.wait_for_timeout(700)
    assert tab.evaluate(MOVING, 1500) == []
    press(tab, "Play", playing)
    tab.add_style_tag(content="main { padding-bottom: 9000px }")
    tab.evaluate("scrollTo(0, document.body.scrollHeight)")
    for i in playing:
        tab.locator("figure").nth(i).get_by_role("button", name="Play", exact=True).wait_for(timeout=3000)


def test_under_reduced_motion_there_are_steps(all_figures):
    tab, playing = all_figures(motion="reduce")
    assert playing and not any(button.is_visible() for button in tab.get_by_role("button", name="Play").all())
    for i in playing:
        figure = tab.locator("figure").nth(i)
        before = figure.inner_html()
        press(tab, "Step", [i])
        assert figure.inner_html() != before


def test_a_figure_that_moves_is_named(all_figures):
    tab, _ = all_figures()
    tab.evaluate("() => { setInterval(() => { document.querySelectorAll('figure')[2].title += 1; }, 100); }")
    assert tab.evaluate(MOVING, 500) == [2]


CONTROLS = "(figure) => figure.querySelectorAll('input, select, :is([role=radio], [role=option], [role=slider])[tabindex=\"0\"]').length"
LOOK = "JSON.stringify(models[0].state) + document.querySelector('figure').outerHTML"


@EVERY
def test_the_keyboard_alone_reaches_and_moves_everything(page, specimen: Specimen):
    """Tab meets every control in the order of the page, shows where it is, answers keys, and leaves at the end."""
    tab = page(specimen.make(), specimen.make())
    for i in (0, 1):
        move(tab, specimen.moves[-1], i)
    untouched, before = tab.locator("figure").last.inner_html(), json.dumps(tab.evaluate("models[0].state"))
    tab.keyboard.press("ArrowRight")
    assert json.dumps(tab.evaluate("models[0].state")) == before, "a key outside the figure must do nothing"
    expected = tab.locator("figure").first.evaluate(f"(figure) => ({stage.FOCUSABLE})(figure).length")
    visited = 0
    while True:
        tab.keyboard.press("Tab")
        here = tab.evaluate("""() => {
          const node = document.activeElement, first = document.querySelector("figure");
          if (!first.contains(node)) return null;
          const style = getComputedStyle(node), inner = node.matches("g") && getComputedStyle(node.querySelector("rect, circle, path"));
          const shown = style.outlineStyle !== "none" || (inner && parseFloat(inner.strokeWidth) >= 2);
          const name = node.getAttribute("aria-label") ?? node.closest("label")?.textContent ?? node.textContent;
          const kind = node.type ?? node.getAttribute("role") ?? node.tagName.toLowerCase();
          return [kind, shown, name, node.options?.length ?? (node.max === undefined ? 2 : +node.max + 1)];
        }""")
        if here is None:
            break
        kind, shown, name, room = here
        visited += 1
        assert visited <= expected, "a trap: Tab does not leave the figure"
        assert shown, f"the focus cannot be seen on {name}"
        arrows = ("ArrowRight", "ArrowLeft")
        keys = {"range": arrows, "select-one": ("ArrowDown", "ArrowUp"), "radio": arrows, "option": arrows, "slider": arrows, "checkbox": ("Space", "Space")}
        if kind in keys and room > 1:
            states = [tab.evaluate(LOOK)]
            for key in keys[kind]:
                tab.keyboard.press(key)
                states.append(tab.evaluate(LOOK))
            assert len(set(states)) > 1, f"keys do not move {name}"
            focused = tab.evaluate("document.querySelector('figure').contains(document.activeElement)")
            assert focused, f"keys on {name} lose the focus"
    assert visited >= tab.locator("figure").first.evaluate(CONTROLS) - tab.locator("figure").first.locator("input:disabled, select:disabled").count()
    assert tab.evaluate("document.querySelectorAll('figure')[1].contains(document.activeElement)"), "on to the next figure"
    assert tab.locator("figure").last.inner_html() == untouched, "two figures are independent"


@EVERY
def test_no_control_leads_to_a_state_that_python_refuses(specimen: Specimen):
    """Sixty random moves of controls; after each the model's whole state must pass Python's checks unchanged."""
    sketch, python, dice = Sketch(specimen.make()), specimen.make(), random.Random(7)
    for _ in range(60):
        moved = sketch.evaluate("throwDice", dice.randrange(10_000), dice.randrange(10_000))
        now = sketch.state()
        python.set_state({key: value for key, value in now.items() if state(python)[key] != value})
        assert state(python) == now, f"after {moved}"
    assert sketch.evaluate("saved") > 0


@EVERY
def test_it_ends_cleanly(page, specimen: Specimen):
    """After its clean-up nothing is left: no element, no listener; a change of the model then draws nothing."""
    tab = page(specimen.make())
    if (play := tab.get_by_role("button", name="Play")).count() and play.is_enabled():
        play.click()
    tab.evaluate("cleanups[0]()")
    assert tab.locator("figure").count() == 0
    assert tab.evaluate("Object.values(models[0].heard).reduce((sum, calls) => sum + calls.size, 0)") == 0
    move(tab, specimen.moves[0])
    tab.wait_for_timeout(300)
    assert tab.evaluate("stops") == 0


@EVERY
def test_a_figure_that_throws_leaves_one_line_and_the_page_alone(page, specimen: Specimen):
    tab = page(specimen.make(), specimen.make())
    tab.evaluate("""() => {
      const get = models[0].get;
      models[0].get = (name) => { if (name === "caption") return get(name); throw new Error("planted"); };
      for (const call of [...models[0].heard.change]) call();
    }""")
    first, second = tab.locator("figure").all()
    assert re.fullmatch(r"This figure has stopped \(planted\)\. .*", first.inner_text()) and tab.evaluate("stops") == 1
    assert first.locator("svg, input, button").count() == 0
    before = second.inner_html()
    move(tab, specimen.moves[0], 1)
    assert second.inner_html() != before and tab.evaluate("stops") == 1
    assert len(page.complaints) == 1 and "planted" in page.complaints.pop()


@EVERY
def test_moves_change_the_picture(specimen: Specimen):
    """Each move is taken by Python and shows in the front end."""
    sketch, python = Sketch(specimen.make()), specimen.make()
    look = 'root.querySelectorAll("svg, [aria-live]").map(outer).join()'
    for values in specimen.moves:
        before = sketch.evaluate(look)
        changed = any(trait(sketch, name) != value for name, value in values.items())
        python.set_state(json.loads(json.dumps(values)))
        sketch.move(values)
        assert not changed or sketch.evaluate(look) != before, values
        assert {name: state(python)[name] for name in values} == json.loads(json.dumps(values))


@EVERY
def test_two_figures_in_python_are_independent(specimen: Specimen):
    one, two = specimen.make(), specimen.make()
    before = state(two)
    one.set_state(specimen.moves[0])
    assert state(one) != before and state(two) == before and isinstance(one, Figure)
