"""Each check of this folder is shown a page with the fault that it is for."""

import pytest
from chromium import served
from probe import (
    FALLBACKS,
    MOUNTED,
    RAW_TEX,
    STILL,
    WIDER,
    accessibility,
    change_by_keyboard,
    change_by_mouse,
    visit,
)

HEAD = '<!doctype html><html lang="en"><head><title>A page</title></head>'
SHELL = HEAD + "<body><main><h1>A page</h1>{}</main></body></html>"
VIEW = '<script type="application/vnd.jupyter.widget-view+json">{"model_id": "a"}</script>'
DEAD = '<div class="book-widget" data-mounted><svg></svg><button>Go</button></div>'


@pytest.fixture
def shown(tmp_path, browser):
    """A function that opens a page with the given body."""
    with served(tmp_path) as origin:

        def show(body, **options):
            (tmp_path / "a.html").write_text(SHELL.format(body))
            return visit(browser, f"{origin}/a.html", **options)

        yield show


EVALUATED = {
    "dollars": (RAW_TEX, "<p>the price $x$ pays</p>", "raw TeX"),
    "commands": (RAW_TEX, r"<p>\frac{a}{b}</p>", "raw TeX"),
    "formula not set": (RAW_TEX, '<span class="math">x</span>', "not set"),
    "overflow": (WIDER, '<div style="width: 3000px">x</div>', "px wide"),
    "no still picture": (FALLBACKS, VIEW, "without a still picture"),
    "hidden still picture": (FALLBACKS, VIEW + '<div class="ln-fallback" hidden><svg></svg></div>', "does not show"),
    "dead widget": (MOUNTED, VIEW + '<div class="book-widget"><p class="book-widget-note">no</p></div>', "not start"),
}


@pytest.mark.parametrize(("check", "body", "named"), EVALUATED.values(), ids=EVALUATED)
def test_fault_is_seen(shown, check, body, named):
    with shown(body) as seen:
        assert any(named in fault for fault in seen.tab.evaluate(check))


@pytest.mark.parametrize("check", [RAW_TEX, WIDER, FALLBACKS, MOUNTED])
def test_sound_page_has_no_fault(shown, check):
    with shown("<p>It costs $5.</p><pre>$x$</pre>") as seen:
        assert seen.tab.evaluate(check) == [] and accessibility(seen.tab) == []


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('<img alt="x" src="https://example.org/a.png">', "another host: https://example.org/a.png"),
        ("<style>@import 'https://example.org/a.css';</style>", "another host"),
        ("<script>fetch('https://example.org/a.json').catch(() => {})</script>", "another host"),
        ("<script>console.warn('careful')</script>", "warning: careful"),
        ("<script>throw new Error('broken')</script>", "thrown: broken"),
        ('<img alt="x" src="gone.png">', "404"),
    ],
)
def test_complaints_are_noted(shown, body, named):
    with shown(body) as seen:
        seen.tab.wait_for_timeout(300)
        assert any(named in complaint for complaint in seen.complaints), seen.complaints


def test_movement_is_seen(shown):
    with shown("<p id='p'>0</p><script>setInterval(() => p.textContent++, 200)</script>") as seen:
        assert seen.tab.evaluate(STILL, 600)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('<p style="color: #999; background: #fff">pale</p>', "color-contrast"),
        ("<button></button>", "button-name"),
        ("<input>", "label"),
    ],
)
def test_axe_is_awake(shown, body, rule):
    with shown(body) as seen:
        assert any(fault.startswith(rule) for fault in accessibility(seen.tab))


def test_dead_controls_are_seen(shown):
    with shown(DEAD) as seen:
        host = seen.tab.locator(".book-widget")
        assert change_by_mouse(seen.tab, host) == ["a click leaves the picture as it was"]
        assert "leave the picture" in change_by_keyboard(seen.tab, host)[0]
    with shown('<div class="book-widget" data-mounted><svg></svg></div>') as seen:
        host = seen.tab.locator(".book-widget")
        assert change_by_keyboard(seen.tab, host) == ["the Tab key does not reach the widget"]
        assert change_by_mouse(seen.tab, host) == ["the widget has nothing to click"]
