"""What the browser tests look with: a page opened under watch, and checks that return what is wrong."""

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

SETTLED = """() => document.readyState === 'complete' && [...document.querySelectorAll('.book-widget')].every(
    (host) => 'mounted' in host.dataset || 'stopped' in host.dataset || host.querySelector('.book-widget-note'))"""
GLIDED = """async () => {    // parts of a figure that move to their new places, and may be sent elsewhere on the way
  const frame = () => new Promise(requestAnimationFrame);
  const moving = () => document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < Infinity);
  for (let still = 0; still < 2; still = moving().length ? 0 : still + 1) {
    await Promise.allSettled(moving().map((one) => one.finished));
    await frame();
  }
}"""
THEME_HAS_LOOKED = "() => new Promise((done) => setTimeout(done, 350))"  # which parts scroll: it looks 300 ms after a turn
# Thousands of words of code and of formulas look alike: one of each kind is left, the rest is plain text from then on.
THINNED = """() => {
  const met = new Set(), folds = (node) => ['.cell_output', 'table', 'figcaption', 'details', '.admonition'].map((css) => !!node.closest(css));
  const alike = (css, kind) => document.querySelectorAll(css).forEach((node) => {
    if (!node.isConnected) return;    // what stood in one that is plain text now
    const own = `${css}: ${kind(node)} ${folds(node)}`;
    if (met.has(own)) node.replaceWith((node.querySelector('.katex-html') ?? node).textContent);
    met.add(own);
  });
  alike('.highlight pre span', (node) => [node.className, node.children.length].join());
  alike('.math', (node) => [node.className, node.parentNode.tagName, node.parentNode.className].join());
}"""
PICTURE = (
    """(host) => [...host.querySelectorAll('svg, output, [aria-live]')].map((part) => part.outerHTML).join('\\n')"""
)
RAW_TEX = r"""() => {
  const walker = document.createTreeWalker(document.querySelector('article, main, body'), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest('pre, code, script, style, .katex, .ln-fallback')) continue;
    if (/\$[^$\n]+\$|\\[([a-z]+\b|\\begin\{/.test(node.data)) found.push(`raw TeX: ${node.data.trim().slice(0, 80)}`);
  }
  for (const math of document.querySelectorAll('.math'))
    if (!math.querySelector('.katex')) found.push(`not set: ${math.textContent.slice(0, 80)}`);
  return found;
}"""
WIDER = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const late = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > width + 1);
  return [`page is ${document.documentElement.scrollWidth} px wide on ${width}`,
          ...late.slice(0, 5).map((e) => `${e.tagName}.${e.className.baseVal ?? e.className}`)];
}"""
STILL = """(ms) => new Promise((done) => {
  const seen = [];
  const note = (list) => list.forEach((change) => seen.push(`${change.type} in ${change.target.nodeName}.${
    change.target.className?.baseVal ?? change.target.className ?? ''}`));
  const watch = new MutationObserver(note);
  watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  setTimeout(() => { watch.disconnect(); done([...new Set(seen)]); }, ms);
})"""
FALLBACKS = """() => [...document.querySelectorAll('script[type$="widget-view+json"]')].flatMap((view) => {
  let next = view.nextElementSibling;
  if (next?.classList.contains('book-widget')) next = next.nextElementSibling;
  if (!next?.classList.contains('ln-fallback')) return ['a widget without a still picture'];
  const box = next.getBoundingClientRect();
  return box.height > 20 && next.querySelector('svg, img') ? [] : ['a still picture that does not show'];
})"""
SHOWN = """() => [...document.querySelectorAll('body *:not(.theme-switch-button *, .book-card-light, .book-card-dark)')].flatMap((e, i) => {
  const names = (e.getAttribute('class') ?? '').replace(/\\bactive\\b/, '').trim();    // where the reader is, which looking moves
  return e.checkVisibility() ? [`${e.tagName}.${names}, element ${i}`] : [];
})"""
COLOURS = ("color-contrast", "link-in-text-block")  # axe's rules that read colours
ROOM = """() => [...document.querySelectorAll('.book-widget .ln-widget')].map((node) => node.offsetWidth).filter((width) => width < 304)
  .map((width) => `a figure has ${width} px; its states are looked at in 304`)"""
PLOTS = ":is(.book-plot > svg, .ln-diagram)"    # what lessons draw, figures that move aside
# Colours as the browser computes them: letters of plots and diagrams against all that lies under them, shapes against
# the page, by the better of inside and rim. Letters on an embedded picture, and pictures that stand in files, follow no
# theme.
FAINT = """() => {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const paint = (colour, own = 1) => {
    if (!colour || colour === "none" || colour.startsWith("url")) return [0, 0, 0, 0];
    pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, (a / 255) * own];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const light = (colour) => colour.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)]; return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
  const inside = (s) => paint(s.fill, s.fillOpacity * s.opacity), rim = (s) => paint(s.strokeWidth === "0px" ? "none" : s.stroke, s.strokeOpacity * s.opacity);
  const hatch = (s) => [...(document.getElementById(/url\\("?#([^")]+)/.exec(s.fill)?.[1])?.querySelectorAll("*") ?? [])]
    .flatMap((line) => [inside(getComputedStyle(line)), rim(getComputedStyle(line))]);
  const faults = [...document.querySelectorAll("article .cell_output img")].map((node) => `a picture from a file: ${node.alt}`);
  for (const picture of document.querySelectorAll("PLOTS")) {
    let page = picture;
    while (page.parentElement && paint(getComputedStyle(page).backgroundColor)[3] < 0.99) page = page.parentElement;
    const ground = over(paint(getComputedStyle(page).backgroundColor), [255, 255, 255]);
    for (const node of picture.querySelectorAll("text")) {
      let box = node.getBoundingClientRect();
      if (!box.width || !node.textContent.trim()) continue;
      node.scrollIntoView({ block: "center", inline: "center" });
      box = node.getBoundingClientRect();
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      const under = document.elementsFromPoint(x, y).filter((other) => picture.contains(other) && !other.closest("text"));
      const on = under.find((other) => other.matches("image"));
      const behind = under.filter((other) => other.matches("rect, path, circle, polygon, use")).reverse()
        .reduce((ground, other) => over(inside(getComputedStyle(other)), ground), ground);
      const now = ratio(over(inside(getComputedStyle(node)), behind), behind);
      if (on) faults.push(`“${node.textContent}” stands on an embedded picture`);
      else if (now < 4.5) faults.push(`“${node.textContent}”: ${now.toFixed(2)}, needs 4.5`);
    }
    for (const node of picture.querySelectorAll("rect, path, circle, polygon, use")) {
      const s = getComputedStyle(node), box = node.getBoundingClientRect();
      if (node.closest("defs, clipPath, pattern") || !(box.width + box.height) || !(inside(s)[3] + rim(s)[3])) continue;
      const best = Math.max(...[inside(s), rim(s), ...hatch(s)].map((colour) => ratio(over(colour, ground), ground)));
      if (best < 3) faults.push(`${node.outerHTML.slice(0, 90)}: ${best.toFixed(2)}, needs 3`);
    }
  }
  return [...new Set(faults)].slice(0, 8);
}""".replace("PLOTS", PLOTS)
# On paper: what is folded shows, closed or open; what cannot be broken is no taller than half a sheet of A4.
FOLDED = """() => [...document.querySelectorAll('article details')].flatMap((details) => {
  const lost = () => [...details.children].filter((node) => !node.matches('summary') && node.textContent.trim())
    .filter((node) => !node.checkVisibility({ opacityProperty: true }) || getComputedStyle(node).animationName !== 'none');
  const was = details.open, found = [false, true].flatMap((open) => { details.open = open; return lost(); });
  details.open = was;
  return found.length ? [`not on paper: ${found[0].textContent.trim().slice(0, 60)}`] : [];
})"""
UNBROKEN = """() => [...document.querySelectorAll('article *')]
  .filter((node) => getComputedStyle(node).breakInside === 'avoid' && node.getBoundingClientRect().height > 520)
  .map((node) => `${node.tagName}.${node.getAttribute('class')} is ${Math.round(node.getBoundingClientRect().height)} px high and stays whole`)"""
# What scrolls aside on a screen, and what can only be pressed, is lost on paper; a page's own contents stand there once.
CUT = """() => [...document.querySelectorAll('article *')].filter((node) => node.checkVisibility() && !node.closest('.math, .katex') && (
    (node.scrollWidth > node.clientWidth + 1 && node.clientWidth && !['visible', 'clip'].includes(getComputedStyle(node).overflowX))
    || node.getBoundingClientRect().right > document.documentElement.clientWidth + 1))
  .slice(0, 5).map((node) => `cut off on paper: ${node.tagName}.${node.getAttribute('class')} ${node.textContent.trim().slice(0, 40)}`)"""
GUIDES = """() => {
  const shown = (css) => [...document.querySelectorAll(css)].filter((node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true }));
  const lists = shown('nav:has(.toc-entry)');
  return [...shown('button, input, select, .headerlink, .bd-sidebar, .prev-next-area, .book-pdf').map((node) => `a guide of the screen on paper: ${node.outerHTML.slice(0, 80)}`),
          ...(lists.length > 1 ? [`the page's contents stand there ${lists.length} times`] : [])].slice(0, 5);
}"""
CROWDED = """() => [...document.querySelectorAll('article tr')].flatMap((row) => {
  const words = (cell) => { const range = document.createRange(); range.selectNodeContents(cell); return range.getBoundingClientRect(); };
  const cells = [...row.cells].filter((cell) => cell.textContent.trim() && cell.checkVisibility()).map((cell) => [cell.textContent, words(cell)]);
  return cells.slice(1).filter(([, box], i) => box.width && box.left - cells[i][1].right < 5)
    .map(([text], i) => `cells touch: ${cells[i][0].trim().slice(0, 30)}|${text.trim().slice(0, 30)}`);
}).slice(0, 8)"""
BOTH = """() => [...document.querySelectorAll('.ln-fallback')].filter((node) => node.offsetParent)
  .map(() => 'live widget and still picture both show')"""
MOUNTED = """() => [...document.querySelectorAll('script[type$="widget-view+json"]')].flatMap((view) => {
  const host = view.nextElementSibling;
  if (host && 'mounted' in host.dataset && host.childElementCount) return [];
  return [`a widget that did not start: ${host?.textContent.slice(0, 100)}`];
})"""


def of_plots(check: str) -> str:
    """A check of the moving figures' drawings, for what lessons draw."""
    return check.replace(".ln-widget svg", PLOTS)


@dataclass
class Visit:
    """A page opened under watch. `complaints` holds its console's errors and warnings and its calls to other hosts."""

    tab: Page
    complaints: list[str] = field(default_factory=list)

    def turn(self, width: int, theme: str):
        """Change the screen's width and the system's colours under the page, and wait until it has drawn itself anew."""
        self.tab.set_viewport_size({"width": width, "height": 900})
        self.tab.emulate_media(color_scheme=theme)
        self.tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.tab.wait_for_timeout(100)
        self.tab.evaluate(GLIDED)

    def note_console(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def guard(self, route):
        """Let requests to this machine through; block and note all others."""
        url = urlsplit(route.request.url)
        if url.scheme in ("file", "data", "blob") or url.hostname == "127.0.0.1":
            route.continue_()
        else:
            self.complaints.append(f"asked another host: {route.request.url}")
            route.abort()


@contextmanager
def visit(browser: Browser, address: str, width=1200, theme="light", javascript=True, motion="no-preference"):
    """Open a page in a fresh context and wait until its widgets have started."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        java_script_enabled=javascript,
        reduced_motion=motion,
    )
    watched = Visit(context.new_page())
    context.route("**/*", watched.guard)
    watched.tab.on("console", watched.note_console)
    watched.tab.on("pageerror", lambda error: watched.complaints.append(f"thrown: {error}"))
    watched.tab.on("requestfailed", lambda request: watched.complaints.append(f"failed: {request.url}"))
    watched.tab.goto(address, wait_until="load")
    if javascript:
        watched.tab.wait_for_function(SETTLED)
    try:
        yield watched
    finally:
        context.close()


def accessibility(tab: Page, only: Sequence[str] = ()) -> list[str]:
    """What axe-core finds, one line per rule and element; by all its rules, or only by some."""
    tab.evaluate(THEME_HAS_LOOKED)
    options = {"preload": False, "resultTypes": ["violations"]}  # or it loads style sheets anew, and lists all that is right
    found = Axe().run(tab, options=options | ({"runOnly": list(only)} if only else {})).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]} {node['failureSummary'][:160]}" for rule in found for node in rule["nodes"]
    ]


def change_by_keyboard(tab: Page, host) -> list[str]:
    """Tab from the element before a widget into it; move its first control; say what did not happen."""
    before = host.evaluate(PICTURE)
    host.evaluate("""(host) => {
        const stop = Object.assign(document.createElement('span'), { tabIndex: -1, id: 'test-start' });
        host.before(stop);
        stop.focus();
    }""")
    tab.keyboard.press("Tab")
    kind = host.evaluate("(host) => host.contains(document.activeElement) ? document.activeElement.type : null")
    tab.evaluate("document.getElementById('test-start').remove()")
    if kind is None:
        return ["the Tab key does not reach the widget"]
    tab.keyboard.press({"select-one": "ArrowUp", "range": "ArrowRight"}.get(kind, "Space"))
    if kind == "select-one" and not changed(host, before, 3):
        tab.keyboard.press("ArrowDown")
    return [] if changed(host, before) else [f"keys on the first control ({kind}) leave the picture as it was"]


def changed(host, before: str, looks: int = 25) -> bool:
    """Whether a picture becomes another: looked at every tenth of a second, for a busy machine draws late."""
    for _ in range(looks):
        host.page.wait_for_timeout(100)
        if host.evaluate(PICTURE) != before:
            return True
    return False


def change_by_mouse(tab: Page, host) -> list[str]:
    """Click a widget's first checkboxes, buttons or choices, then the ends of its first slider, then turn its first menu,
    until its picture changes; say what is amiss."""
    before = host.evaluate(PICTURE)
    kinds = "input[type=checkbox]:enabled, button:enabled, [role=radio][aria-checked=false]"
    controls = host.locator(kinds).locator("visible=true")
    slider = host.locator("input[type=range]:enabled").locator("visible=true").first
    menu = host.locator("select:enabled").locator("visible=true").first
    # a question may be about the state that is shown: then what comes next
    turns = [controls.nth(i).click for i in range(min(3, controls.count()))]
    if slider.count():    # one end, or the other: it may stand at one
        box = slider.bounding_box()
        turns += [partial(slider.click, position={"x": x, "y": box["height"] / 2}) for x in (box["width"] - 3, 3)]
    if menu.count():
        turns += [partial(menu.select_option, index=i) for i in (0, menu.locator("option").count() - 1)]
    if not turns:
        return ["the widget has nothing to click"]
    for turn in turns:
        turn()
        if changed(host, before):
            return []
    return ["a click leaves the picture as it was"]
