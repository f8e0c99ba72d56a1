"""The figure of the channel shuffle in a real browser: what lights up, keyboard, player, clean-up, room, speed."""


import pytest

from lightnets_edu.widgets import ChannelShuffle
from lightnets_edu.widgets.channel_shuffle import members

TRAITS = ("tables", "channels", "groups", "shuffle", "output", "step", "caption")
# A model as anywidget gives it to a front end, without a kernel; `mount` answers with its handle.
HARNESS = """
async ({ script, css, states }) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { default: widget } = await import(url);
  window.models = states.map((state) => {
    const heard = {};
    return {
      heard,
      get: (name) => state[name],
      set(name, value) {
        if (state[name] === value) return;
        state[name] = value;
        for (const call of heard[`change:${name}`] ?? []) call();
      },
      save_changes() {},
      on(event, call) { (heard[event] ??= new Set()).add(call); },
      off(event, call) { heard[event]?.delete(call); },
    };
  });
  window.cleanups = window.models.map((model, i) => {
    const el = document.createElement("div");
    document.body.append(el);
    return widget.render({ model, el });
  });
}
"""
LIT = """
(figure) => {
  const c = Number(figure.querySelector("select").value);
  const all = [...figure.querySelectorAll(".ln-network g[aria-hidden] > g:not(.ln-lines)")];
  const rows = [0, 1, 2].map((r) => all.slice(r * c, r * c + c)).concat([[...figure.querySelectorAll("[role=radio]")]]);
  return rows.map((row) => row.flatMap((node, i) => (node.classList.contains("ln-on") ? [i] : [])));
}
"""


@pytest.fixture
def page(browser):
    """A function that opens a page with figures; the page must not complain."""
    contexts, complaints = [], []

    def open_page(*widgets: ChannelShuffle, width: int = 760, motion: str = "no-preference"):
        context = browser.new_context(viewport={"width": width, "height": 1000}, reduced_motion=motion)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.set_content("<!doctype html><body style='margin: 8px'>")
        states = [{name: getattr(widget, name) for name in TRAITS} for widget in widgets]
        tab.evaluate(HARNESS, {"script": ChannelShuffle._esm, "css": ChannelShuffle._css, "states": states})
        tab.wait_for_timeout(100)
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def lit_by_hand(widget: ChannelShuffle) -> list[list[int]]:
    """The channels of each row on the way from the inputs to the selected output."""
    table, c = widget.table, widget.channels
    order = table["permutation"] if widget.shuffle else list(range(c))
    arrivals = members(table["second"][widget.output])
    return [widget.reached(), sorted(order[p] for p in arrivals), arrivals, [widget.output]]


def test_what_lights_up_is_what_the_tables_say(page):
    """Every C and g on offer, chosen with the native controls, with and without the shuffle."""
    widget = ChannelShuffle()
    tab = page(widget)
    figure, (count, groups) = tab.locator("figure"), tab.locator("select").all()
    for c, offered in widget.choices().items():
        count.select_option(str(c))
        assert groups.locator("option").all_inner_texts() == [str(g) for g in offered]
        for g in offered:
            groups.select_option(str(g))
            for shuffle in (True, False):
                tab.locator("input[type=checkbox]").set_checked(shuffle)
                output = (5 * g) % c
                tab.get_by_role("radio", name=f"Output {output}", exact=True).click()
                widget.set_state({"channels": c, "groups": g, "output": output, "shuffle": shuffle})
                assert figure.evaluate(LIT) == lit_by_hand(widget)
                assert f"reaches {len(widget.reached())} of {c} inputs" in tab.locator("[aria-live]").inner_text()
                badge = tab.locator(".ln-badge").inner_text()
                assert ("no full" in badge) == (c < g * g) and ("≥" in badge) == (c >= g * g)
                assert tab.locator("svg, svg *").count() <= 600


def test_a_broken_shuffle_draws_another_picture(page):
    broken = ChannelShuffle.from_module(lambda x, g: x, output=5)
    tab = page(broken, ChannelShuffle())
    wrong, right = (figure.evaluate(LIT) for figure in tab.locator("figure").all())
    assert wrong == lit_by_hand(broken) != right
    assert "no full mixing" in tab.locator(".ln-badge").first.inner_text()


def test_keyboard_only(page):
    tab = page(ChannelShuffle(), ChannelShuffle())
    output = "models[0].get('output')"
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate(output) == 5, "a key outside the figure must do nothing"
    for _ in range(4):
        tab.keyboard.press("Tab")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert tab.evaluate(focused) == "Output 5"
    keys = {"ArrowRight": 6, "ArrowUp": 5, "Home": 0, "ArrowLeft": 11, "ArrowDown": 0, "End": 11}
    for key, expected in keys.items():
        tab.keyboard.press(key)
        assert (tab.evaluate(output), tab.evaluate(focused)) == (expected, f"Output {expected}")
        assert tab.locator("figure").first.locator("[tabindex='0']").count() == 1
    tab.keyboard.press("Control+ArrowLeft")
    assert tab.evaluate(output) == 11
    assert tab.evaluate("models[1].get('output')") == 5, "two figures are independent"


def test_play_pause_and_step(page):
    tab = page(ChannelShuffle())
    figure, step = tab.locator("figure"), "models[0].get('step')"
    before = figure.inner_html()
    tab.wait_for_timeout(1500)
    assert figure.inner_html() == before, "nothing plays by itself"
    tab.get_by_role("button", name="Play").click()
    tab.wait_for_function(f"{step} >= 1")
    assert tab.locator("[aria-live]").get_attribute("aria-live") == "off"
    tab.get_by_role("button", name="Pause").click()
    frozen = figure.inner_html()
    tab.wait_for_timeout(1500)
    assert figure.inner_html() == frozen
    assert tab.locator("[aria-live]").get_attribute("aria-live") == "polite"
    shown = tab.evaluate(step)
    tab.get_by_role("button", name="Step").click()
    assert tab.evaluate(step) == shown + 1
    tab.locator("input[type=range]").fill("4")
    assert tab.locator("input[type=range]").get_attribute("aria-valuetext") == "next convolution"
    assert tab.locator(".ln-shown").count() == 3
    tab.get_by_role("checkbox").uncheck()
    assert tab.get_by_role("button", name="Play").is_disabled()


def test_reduced_motion_gives_single_steps(page):
    tab = page(ChannelShuffle(), motion="reduce")
    assert tab.get_by_role("button", name="Play").count() == 0
    tab.get_by_role("button", name="Step").click()
    tab.wait_for_timeout(1500)
    assert tab.evaluate("models[0].get('step')") == 1


def test_clean_up_leaves_nothing(page):
    tab = page(ChannelShuffle(), ChannelShuffle())
    tab.get_by_role("button", name="Play").first.click()
    tab.evaluate("cleanups[0]()")
    assert tab.locator("figure").count() == 1
    assert tab.evaluate("Object.values(models[0].heard).reduce((sum, calls) => sum + calls.size, 0)") == 0
    shown = tab.evaluate("models[0].get('step')")
    tab.wait_for_timeout(1300)
    assert tab.evaluate("models[0].get('step')") == shown, "the player stops with its figure"
    tab.evaluate("models[1].set('output', 3)")
    assert tab.locator("[aria-checked=true]").get_attribute("aria-label") == "Output 3"


SMALL = """
[...document.querySelectorAll("button, select, input, summary, [role=radio] rect")]
  .map((node) => [node.tagName, node.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < 24 || box.height < 24)).map(([tag]) => tag)
"""
CROPPED = """
[...document.querySelectorAll("svg")].flatMap((picture) => [...picture.querySelectorAll(":not(.ln-frame), .ln-shown")]
  .filter((node) => {
    const [outer, inner] = [picture.getBoundingClientRect(), node.getBoundingClientRect()];
    return inner.left < outer.left - 2 || inner.right > outer.right + 2 || inner.bottom > outer.bottom + 2;
  }).map((node) => node.outerHTML))
"""


NARROW = [(320, c, g) for c, g in ((6, 2), (12, 4), (24, 1), (24, 2), (24, 3), (24, 12))]


@pytest.mark.parametrize(("width", "c", "g"), [*NARROW, (768, 24, 2), (1200, 24, 4)])
def test_room(page, width, c, g):
    """No sideways scrolling, nothing cut off, and every target at least 24 pixels each way."""
    tab = page(ChannelShuffle(channels=c, groups=g), width=width)
    tab.add_style_tag(content="* { transition: none !important }")
    for step in range(5):
        tab.evaluate(f"models[0].set('step', {step})")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.evaluate(SMALL) == []
        assert tab.evaluate(CROPPED) == []


def test_speed(page):
    """Selecting an output of the largest figure, layout included, stays under a frame: 95 % of a quiet round."""
    tab = page(ChannelShuffle(channels=24, groups=2))
    rounds = [
        tab.evaluate("""() => [...document.querySelectorAll("[role=radio]")].map((node) => {
          const start = performance.now();
          node.dispatchEvent(new MouseEvent("click", { bubbles: true }));
          document.body.getBoundingClientRect();
          return performance.now() - start;
        })""")
        for _ in range(6)
    ]
    assert min(sorted(times)[int(0.95 * len(times))] for times in rounds) < 16
