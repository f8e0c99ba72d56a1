"""Figures on a bare page of a real browser: no notebook, no book, models as anywidget hands them to a front end."""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, NamedTuple

from playwright.sync_api import Locator, Page

from lightnets_edu.widgets.kit import Figure

PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><title>A page</title>
<style>html {{ color-scheme: {theme}; --pst-color-text-base: {text}; --pst-color-background: {ground}; }}</style>
<body style="margin: 8px; background: {ground}"><main><h1 style="color: {text}">A page</h1></main>"""
GROUND = {"light": {"text": "#23211d", "ground": "#fdfcf9"}, "dark": {"text": "#dcd9d2", "ground": "#17181b"}}
# `models[i]` answers as anywidget's does; `cleanups[i]` takes a figure away; `stops` counts those that stopped.
HARNESS = """
async (figures) => {
  window.models = []; window.cleanups = []; window.stops = 0;
  const modules = new Map();
  for (const { script, css, state } of figures) {
    document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
    if (!modules.has(script)) {
      const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
      modules.set(script, (await import(url)).default);
    }
    const heard = {};
    const model = {
      heard, state, saved: 0,
      get: (name) => state[name],
      set(name, value) {
        const values = typeof name === "object" ? name : { [name]: value };
        const changed = Object.keys(values).filter((key) => !Object.is(state[key], values[key]));
        Object.assign(state, values);
        for (const key of changed) for (const call of [...heard[`change:${key}`] ?? []]) call();
        if (changed.length) for (const call of [...heard.change ?? []]) call();
      },
      save_changes() { model.saved += 1; },
      on(event, call) { (heard[event] ??= new Set()).add(call); },
      off(event, call) { heard[event]?.delete(call); },
    };
    const el = document.createElement("div");
    el.addEventListener("ln-stopped", () => { window.stops += 1; });
    document.querySelector("main").append(el);
    window.models.push(model);
    window.cleanups.push(modules.get(script).render({ model, el }));
  }
}
"""
NOT_SENT = ("layout", "tabbable", "tooltip")


class Live(NamedTuple):
    """The round trip in JupyterLab: what a hand does to the figure, and what Python then says of `w`; what Python then
    does to `w`, and the text that the figure then shows."""

    act: Callable[[Locator], None]
    says: str
    expected: str
    sets: str
    shows: str


class Specimen(NamedTuple):
    """A figure as the tests of all figures and the benchmark use it.

    `make` gives it new, in the state with most to draw. `moves` are states to go through, each a dict of traits that
    fits on top of the one before: the extremes of every control, and what is drawn differently.
    """

    make: Callable[[], Figure]
    label: str
    moves: list[dict[str, Any]]
    live: Live


class Tags(HTMLParser):
    """The tags and attributes of a piece of HTML."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def state(widget: Figure) -> dict[str, Any]:
    """The synced traits that a front end reads."""
    names = [name for name in widget.traits(sync=True) if not name.startswith("_") and name not in NOT_SENT]
    return {name: getattr(widget, name) for name in names}


def put(tab: Page, widgets: tuple[Figure, ...], theme: str) -> None:
    """Fill a page with figures, and let them settle."""
    tab.set_content(PAGE.format(theme=theme, **GROUND[theme]))
    tab.evaluate(HARNESS, [{"script": w._esm, "css": w._css, "state": json.loads(json.dumps(state(w)))} for w in widgets])
    tab.wait_for_timeout(60)


def trait(tab: Page, name: str, i: int = 0) -> Any:
    """A trait of the i-th figure, as the front end has it."""
    return tab.evaluate("([name, i]) => models[i].get(name)", [name, i])


def move(tab: Page, values: dict[str, Any], i: int = 0) -> None:
    """Set traits of the i-th figure as Python would."""
    tab.evaluate("([values, i]) => models[i].set(values)", [values, i])


def open_data(tab: Page) -> None:
    """Unfold “The data” of the first figure; its tables are made after the click, in a later turn of the browser."""
    tab.locator("summary").first.click()
    tab.locator("details[open] td").first.wait_for()


# Checks that return what is wrong -------------------------------------------------------------------------------------

WIDER = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [`the page is ${document.documentElement.scrollWidth} px wide on ${width}`];
}"""
# Of parts in rows the row is the target, as the track of a slider is: where a finger is along it says which is meant.
SMALL = """() => [...document.querySelectorAll("button, select, input, summary, [role=radio], [role=slider], [role=option]:not([aria-disabled=true])")]
  .map((node) => [node, node.getBoundingClientRect()])
  .filter(([node, { width, height }]) => width && (node.matches("[role=option]") ? Math.max : Math.min)(width, height) < 23.9)
  .map(([node, box]) => `${node.getAttribute("aria-label") ?? node.tagName}: ${box.width.toFixed(1)} × ${box.height.toFixed(1)}`)"""
CROPPED = """() => [...document.querySelectorAll(".ln-widget svg")].flatMap((picture) => [...picture.querySelectorAll("*")]
  .filter((node) => {
    const [outer, inner] = [picture.getBoundingClientRect(), node.getBoundingClientRect()];
    return inner.width + inner.height > 0 && (inner.left < outer.left - 2 || inner.right > outer.right + 2
      || inner.bottom > outer.bottom + 2 || inner.top < outer.top - 2);
  }).map((node) => `cut off: ${node.outerHTML.slice(0, 120)}`))"""
OVERLAPS = """() => {
  const texts = [...document.querySelectorAll(".ln-widget svg text")].filter((node) => node.textContent.trim())
    .map((node) => [node.textContent, node.getBoundingClientRect()]).filter(([, box]) => box.width);
  return texts.flatMap(([a, p], i) => texts.slice(i + 1).filter(([, q]) =>
    p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 3 && q.top < p.bottom - 3)
    .map(([b]) => `“${a}” lies on “${b}”`));
}"""
SPILLS = """() => [...document.querySelectorAll(".ln-widget :is(p, label, button, select, summary, figcaption)")]
  .filter((node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline")
  .map((node) => `text runs over: ${node.textContent.slice(0, 60)}`)"""
# Lines that run through words. A line is a shape with a stroke and nothing inside, followed in steps of three pixels;
# what is filled and drawn after it hides it.
STRUCK = """() => {
  const shown = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  return [...document.querySelectorAll(".ln-widget svg")].flatMap((picture) => {
    const lines = [...picture.querySelectorAll("path, line, polyline, rect, circle, ellipse")].filter((node) => {
      const style = getComputedStyle(node);
      return style.stroke !== "none" && (style.fill === "none" || node.matches("line")) && parseFloat(style.strokeWidth) > 0 && shown(node);
    }).map((node) => ({ node, box: node.getBoundingClientRect() }));
    const plates = [...picture.querySelectorAll("rect, circle")].filter((node) => getComputedStyle(node).fill !== "none" && shown(node));
    const after = (a, b) => b.compareDocumentPosition(a) & Node.DOCUMENT_POSITION_FOLLOWING;
    const hides = (plate, line, { left, right, top, bottom }) => {
      const box = plate.getBoundingClientRect();
      return after(plate, line) && box.left < left && box.right > right && box.top < top && box.bottom > bottom;
    };
    const trace = (line) => line.points ??= Array.from({ length: Math.ceil(line.node.getTotalLength() / 3) + 1 },
      (_, i) => line.node.getPointAtLength(3 * i).matrixTransform(line.node.getScreenCTM()));
    return [...picture.querySelectorAll("text")].filter((node) => node.textContent.trim() && shown(node)).flatMap((text) => {
      const whole = text.getBoundingClientRect(), [left, right, top, bottom] = [whole.left + 1, whole.right - 1, whole.top + 3, whole.bottom - 3];
      const struck = lines.find((line) => line.box.left < right && line.box.right > left && line.box.top < bottom && line.box.bottom > top
        && trace(line).some(({ x, y }) => x > left && x < right && y > top && y < bottom)
        && !plates.some((plate) => hides(plate, line.node, whole)));
      return struck ? [`“${text.textContent}” is struck by ${struck.node.outerHTML.slice(0, 90)}`] : [];
    });
  });
}"""
# Colours as the browser computes them. What lies behind a text is asked of the page; shapes stand against the figure's
# ground, and those of class ln-quiet are there for order only.
CONTRAST = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)]; return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
  const style = (node) => getComputedStyle(node), faults = [];
  const shine = (node) => { let o = 1; for (let n = node; n?.nodeType === 1; n = n.parentNode) o *= style(n).opacity; return o; };
  const paint = (node, colour, own = 1) => {
    if (!colour || colour === "none") return [0, 0, 0, 0];
    const found = rgba(colour);
    return [...found.slice(0, 3), found[3] * own * shine(node)];
  };
  const shapes = "rect, path, circle, ellipse, line, polygon, polyline, use";
  const under = (node, x, y) => {
    const layers = [];
    for (const other of document.elementsFromPoint(x, y)) {
      if (node.contains(other) || other.closest("text")) continue;
      const s = style(other);
      if (other.matches(shapes)) layers.push(paint(other, s.fill, +s.fillOpacity));
      else if (!other.ownerSVGElement) layers.push(rgba(s.backgroundColor));
      if (layers.at(-1)?.[3] > 0.99) break;
    }
    return layers.reverse().reduce((ground, layer) => over(layer, ground), [255, 255, 255, 1]);
  };
  const need = (what, found, ground, least) => {
    const now = ratio(over(found, ground), ground);
    if (now < least) faults.push(`${what}: ${now.toFixed(2)}, needs ${least}`);
  };
  for (const figure of document.querySelectorAll(".ln-widget")) {
    const ground = over(rgba(style(figure).backgroundColor), [255, 255, 255, 1]);
    for (const node of figure.querySelectorAll("svg text")) {
      let box = node.getBoundingClientRect();
      if (!box.width || !node.textContent.trim()) continue;
      if (box.top < 0 || box.bottom > innerHeight) { node.scrollIntoView({ block: "center" }); box = node.getBoundingClientRect(); }
      const behind = under(node, box.left + box.width / 2, box.top + box.height / 2);
      need(`text “${node.textContent}”`, paint(node, style(node).fill), behind, 4.5);
    }
    for (const node of figure.querySelectorAll(shapes.split(", ").map((s) => `svg ${s}`).join())) {
      if (node.closest(".ln-quiet, defs")) continue;
      const box = node.getBoundingClientRect(), s = style(node);
      if (!box.width && !box.height) continue;
      const inside = paint(node, s.fill, +s.fillOpacity), line = paint(node, s.strokeWidth === "0px" ? "none" : s.stroke, +s.strokeOpacity);
      if (!inside[3] && !line[3]) continue;
      const best = Math.max(ratio(over(inside, ground), ground), ratio(over(line, ground), ground));
      if (best < 3) faults.push(`shape ${node.tagName}.${node.getAttribute("class")}: ${best.toFixed(2)}, needs 3`);
    }
    for (const node of figure.querySelectorAll("select, button:enabled, .ln-badge")) {
      if (node.offsetWidth) need(node.tagName, rgba(style(node).borderTopColor), ground, 3);
    }
    for (const node of figure.querySelectorAll("p, b, figcaption, label, summary, td, th, button:enabled, select:enabled")) {
      if (node.offsetWidth) need(`${node.tagName} “${node.textContent.slice(0, 30)}”`, rgba(style(node).color), ground, 4.5);
    }
  }
  return [...new Set(faults)];
}"""
STILL = """(ms) => new Promise((done) => {
  const seen = [], watch = new MutationObserver((list) => seen.push(...list.map((change) => `${change.type} in ${change.target.nodeName}`)));
  watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  setTimeout(() => { watch.disconnect(); done([...new Set(seen)]); }, ms);
})"""
# Leads three of the grips to and fro over their drawing; `each` is called, and waited for, after every step.
LED = """async (frames, pace, each) => {
  const grips = [...document.querySelectorAll(".ln-grip")];
  for (const grip of grips.filter((_, i) => i % Math.ceil(grips.length / 3) === 0)) {
    const stage = grip.ownerSVGElement, box = stage.getBoundingClientRect(), own = grip.getBoundingClientRect();
    const [x, y] = [own.left + own.width / 2, own.top + own.height / 2];
    stage.setPointerCapture = () => {};
    const send = (node, type, [clientX, clientY]) =>
      node.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, buttons: 1, clientX, clientY }));
    send(grip, "pointerdown", [x, y]);
    for (let i = 1; i <= frames; i += 1) {
      const share = (1 - Math.cos(i / pace)) / 2;
      send(stage, "pointermove", [box.left + share * box.width, y + share * (box.top - y)]);
      await each(i);
    }
    send(stage, "pointerup", [x, y]);
  }
}"""
NODES = "() => Math.max(0, ...[...document.querySelectorAll('figure')].map((f) => f.querySelectorAll('svg, svg *').length))"
FOCUSABLE = """(figure) => [...figure.querySelectorAll("button, select, input, summary, [tabindex]")]
  .filter((node) => node.tabIndex >= 0 && !node.disabled && node.getBoundingClientRect().width
    && (!node.closest("details:not([open])") || node.matches("summary")))"""
