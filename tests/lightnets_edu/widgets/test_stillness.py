"""Nothing jumps: over a long walk through a figure's states its height stays, and no control moves but the one moved."""

import json
import random
import re

import pytest
from specimens import SPECIMENS
from stage import Specimen

LIMITS = {320: 720, 576: 720, 1200: 560}    # a page's width and a figure's greatest height, in pixels
STATES = 300
EACH = 20    # one state in so many is set as a link sets it, whole; every control may change then

WIDTHS = """(widths) => {
  document.querySelectorAll("main > div").forEach((host, i) => { host.style.width = `${widths[i] - 16}px`; });
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
# Controls are told by their names and by what they show; of rows of parts, which is chosen.
WALK = """([throws, limits]) => {
  const shown = (node) => node.checkVisibility();
  const label = (node) => node.getAttribute("aria-label") ?? node.closest("label")?.firstChild.textContent ?? node.textContent;
  const value = (node) => {
    if (node.matches("[type=checkbox]")) return node.checked;
    if (node.matches("select")) return node.options[node.selectedIndex]?.text;
    if (node.matches("[role=radiogroup], [role=listbox]"))
      return label(node.querySelector("[aria-checked=true], [aria-selected=true]") ?? node);
    return node.getAttribute("aria-valuetext");
  };
  const find = (figure) => [...figure.querySelectorAll("input, select, [role=radiogroup], [role=listbox], [role=slider]")].filter(shown);
  const stand = (figure) => new Map(find(figure).map((node) => [label(node), value(node)]));
  const gone = (figure, name, was) => find(figure).some((node) => label(node) === name && node.matches("[role=radiogroup], [role=listbox]")
    && ![...node.querySelectorAll("[role=radio], [role=option]")].some((part) => label(part) === was));
  const send = (node, kind, Kind = Event) => node.dispatchEvent(new Kind(kind, { bubbles: true }));
  function move(node, where) {
    if (node.matches("select")) { node.selectedIndex = where % node.options.length; send(node, "change"); }
    else if (node.matches("[type=range]")) { node.value = where % (+node.max + 1); send(node, "input"); }
    else if (node.matches("[role=radiogroup], [role=listbox]")) {
      const parts = node.querySelectorAll("[role=radio], [role=option]"), part = parts[where % parts.length];
      send(part, "pointerover", PointerEvent);
      send(part, "click", MouseEvent);
    } else if (node.matches("[role=slider]"))
      node.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, key: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"][where % 4] }));
    else send(node, "click", MouseEvent);
  }
  return [...document.querySelectorAll("figure")].map((figure, i) => {
    const faults = new Set(), model = models[i], first = figure.getBoundingClientRect().height;
    for (const [which, where, link] of throws) {
      const before = stand(figure), state = { ...model.state };
      let what = JSON.stringify(link), sets = null;
      if (link) model.set(link);
      else {
        const all = [...find(figure), ...[...figure.querySelectorAll("button")].filter(shown)]
          .filter((node) => !node.disabled && !/^(Play|Pause)$/.test(node.textContent));
        if (!all.length) return [...faults, "it has stopped"];
        const node = all[which % all.length];
        what = label(node);
        move(node, where);
        const changed = Object.keys(state).filter((name) => `${state[name]}` !== `${model.state[name]}`);
        if (node.matches("button")) {
          const named = node.dataset.sets?.split(" ") ?? changed.slice(0, 1);
          for (const name of changed) if (!named.includes(name)) faults.add(`${what} changes ${name}, which it does not name`);
        } else
          for (const [name, now] of stand(figure)) {
            const was = before.get(name);
            if (name !== what && before.has(name) && was !== now && !gone(figure, name, was))
              faults.add(`${what} changes ${name} from ${was} to ${now}`);
          }
      }
      const height = figure.getBoundingClientRect().height;
      if (Math.abs(height - first) > 0.5) faults.add(`${what} makes it ${height} px high, not ${first}`);
      if (height > limits[i]) faults.add(`${height} px high, not ${limits[i]} at most`);
      for (const node of figure.querySelectorAll("p"))
        if (node.style.height && node.scrollHeight > node.clientHeight + 1) faults.add(`no room for “${node.textContent}”`);
      for (const node of figure.querySelectorAll("[role=listbox]")) send(node, "pointerleave", PointerEvent);
    }
    return [...faults];
  });
}"""


def throws(specimen: Specimen) -> list[tuple[int, int, dict | None]]:
    """What to move, where to; or what to set."""
    dice = random.Random(4)
    walk = [(dice.randrange(10_000), dice.randrange(10_000), None) for _ in range(STATES)]
    figure, links = specimen.make(), []
    for values in specimen.moves:
        figure.set_state(json.loads(json.dumps(values)))
        links.append({name: getattr(figure, name) for name in figure.drawn})
    for i in range(0, STATES, EACH):
        walk[i] = (0, 0, links[i // EACH % len(links)])
    return walk


def walked(page, specimen: Specimen, plant: str = "") -> dict[int, list[str]]:
    """What is wrong at each width: the figure stands there three times, and goes through the same throws."""
    tab = page(*(specimen.make() for _ in LIMITS), width=max(LIMITS) + 20)
    tab.add_style_tag(content="* { transition: none !important; animation: none !important }")
    tab.evaluate(WIDTHS, list(LIMITS))
    if plant:
        tab.evaluate(plant)
    found = tab.evaluate(WALK, [throws(specimen), list(LIMITS.values())])
    assert tab.evaluate("stops") == 0
    return {width: faults for width, faults in zip(LIMITS, found, strict=True) if faults}


@pytest.mark.parametrize("name", SPECIMENS)
def test_nothing_jumps(page, name):
    assert walked(page, SPECIMENS[name]) == {}


# A figure that is still, spoilt in the page: the first of the three, which is 320 pixels wide.
SPOIL = "() => {{ const figure = document.querySelector('figure'), model = models[0]; let n = 0; model.on('change', () => {{ n += 1; {} }}); }}"
PLANTS = {
    "a jump": ("if (n % 90 === 80) figure.style.paddingBottom = '13px';", r"makes it .* px high, not "),
    "too high": ("figure.style.height = '721px';", r"721 px high, not 720 at most"),
    "a silent change of a slider": (
        "const own = figure.querySelector('[type=range]'); if (n % 40 === 39) own.setAttribute('aria-valuetext', '99');",
        r"changes .* from .* to 99",
    ),
    "words without room": (
        "const p = figure.querySelector('.ln-say'); p.style.height = '1em'; p.textContent = 'word '.repeat(90);",
        r"no room for “word word",
    ),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_what_is_planted_is_seen(page, plant):
    script, said = PLANTS[plant]
    specimen = SPECIMENS["cost_calculator"]
    found = walked(page, specimen, SPOIL.format(script))
    clean = walked(page, specimen)
    assert any(re.search(said, fault) for fault in set(found[320]) - set(clean.get(320, [])))
