"""What the browser tests look with: a page opened under watch, and checks that return what is wrong."""

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

SETTLED = """() => document.readyState === 'complete' && [...document.querySelectorAll('.book-widget')].every(
    (host) => 'mounted' in host.dataset || 'stopped' in host.dataset || host.querySelector('.book-widget-note'))"""
THEME_HAS_LOOKED = "() => new Promise((done) => setTimeout(done, 350))"  # which parts scroll: it looks 300 ms after a turn
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
SHOWN = """() => [...document.querySelectorAll('body *:not(.theme-switch-button *)')]
  .flatMap((e, i) => e.checkVisibility() ? [`${e.tagName}.${e.className.baseVal ?? e.className}, element ${i}`] : [])"""
COLOURS = ("color-contrast", "link-in-text-block")  # axe's rules that read colours
ROOM = """() => [...document.querySelectorAll('.book-widget .ln-widget')].map((node) => node.offsetWidth).filter((width) => width < 304)
  .map((width) => `a figure has ${width} px; its states are looked at in 304`)"""
BOTH = """() => [...document.querySelectorAll('.ln-fallback')].filter((node) => node.offsetParent)
  .map(() => 'live widget and still picture both show')"""
MOUNTED = """() => [...document.querySelectorAll('script[type$="widget-view+json"]')].flatMap((view) => {
  const host = view.nextElementSibling;
  if (host && 'mounted' in host.dataset && host.childElementCount) return [];
  return [`a widget that did not start: ${host?.textContent.slice(0, 100)}`];
})"""


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
    tab.wait_for_timeout(100)
    if kind == "select-one" and host.evaluate(PICTURE) == before:
        tab.keyboard.press("ArrowDown")
        tab.wait_for_timeout(100)
    return (
        [] if host.evaluate(PICTURE) != before else [f"keys on the first control ({kind}) leave the picture as it was"]
    )


def change_by_mouse(tab: Page, host) -> list[str]:
    """Click the first checkbox, button or choice of a widget, or else an end of its first slider; say what is amiss."""
    before = host.evaluate(PICTURE)
    kinds = "input[type=checkbox]:enabled, button:enabled, [role=radio][aria-checked=false]"
    control = host.locator(kinds).locator("visible=true").first
    slider = host.locator("input[type=range]:enabled").locator("visible=true").first
    menu = host.locator("select:enabled").locator("visible=true").first
    if control.count():
        control.click()
    elif slider.count():
        box = slider.bounding_box()
        slider.click(position={"x": box["width"] - 3, "y": box["height"] / 2})
        slider.click(position={"x": 3, "y": box["height"] / 2})
    elif menu.count():
        for i in (0, menu.locator("option").count() - 1):
            menu.select_option(index=i)
    else:
        return ["the widget has nothing to click"]
    tab.wait_for_timeout(300)
    return [] if host.evaluate(PICTURE) != before else ["a click leaves the picture as it was"]
