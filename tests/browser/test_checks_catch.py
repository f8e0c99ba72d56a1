"""Each check of this folder is shown a page with the fault that it is for."""

import probe
import pytest
import stage
from axe_playwright_python.sync_playwright import Axe
from chromium import served
from paper import half_empty
from probe import accessibility, change_by_keyboard, change_by_mouse, of_plots, visit

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


PLOT = '<div class="book-plot"><svg role="img" aria-label="x" width="200" height="90">{}</svg></div>'
SOUND = '<rect width="99" height="40" fill="#0072b2"/><text x="5" y="25" fill="white">Dark</text><text x="5" y="70">Plain</text>'
DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="
EVALUATED = {
    "pale letters in a plot": (probe.FAINT, PLOT.format('<text y="20" fill="#999">pale</text>'), "“pale”: 2.8"),
    "letters on a bar of a plot": (probe.FAINT, PLOT.format('<rect width="99" height="40" fill="#111"/><text x="5" y="25">deep</text>'), "“deep”: 1."),
    "a pale line in a diagram": (probe.FAINT, '<svg class="ln-diagram"><path d="M0 0L90 90" stroke="#ccc" fill="none"/></svg>', "needs 3"),
    "letters on a photograph": (probe.FAINT, PLOT.format(f'<image href="{DOT}" width="99" height="40"/><text x="5" y="25">on it</text>'), "stands on"),
    "a plot in a file": (probe.FAINT, f'<article><div class="cell_output"><img alt="A plot" src="{DOT}"></div></article>', "from a file: A plot"),
    "letters of a plot on others": (of_plots(stage.OVERLAPS), PLOT.format('<text y="20">some</text><text y="20">more</text>'), "lies on"),
    "letters of a plot under a line": (of_plots(stage.STRUCK), PLOT.format('<text y="20">some</text><path d="M0 14H90" stroke="red" fill="none"/>'), "struck"),
    "letters of a plot cut off": (of_plots(stage.CROPPED), PLOT.format('<text x="180" y="20">some words</text>'), "cut off"),
    "dollars": (probe.RAW_TEX, "<p>the price $x$ pays</p>", "raw TeX"),
    "commands": (probe.RAW_TEX, r"<p>\frac{a}{b}</p>", "raw TeX"),
    "formula not set": (probe.RAW_TEX, '<span class="math">x</span>', "not set"),
    "overflow": (probe.WIDER, '<div style="width: 3000px">x</div>', "px wide"),
    "no still picture": (probe.FALLBACKS, VIEW, "without a still picture"),
    "hidden still picture": (probe.FALLBACKS, VIEW + '<div class="ln-fallback" hidden><svg></svg></div>', "does not show"),
    "still picture beside the live one": (probe.BOTH, '<div class="ln-fallback"><svg></svg></div>', "both show"),
    "figure without room": (probe.ROOM, '<div class="book-widget" data-mounted><div class="ln-widget" style="width: 200px">x</div></div>', "has 200 px"),
    "folded on paper": (probe.FOLDED, "<article><details><summary>More</summary><p>words</p></details></article>", "not on paper: words"),
    "faded in on paper": (probe.FOLDED, "<article><style>details::details-content { content-visibility: visible } p { opacity: 0 }</style>"
                          "<details open><summary>More</summary><p>words</p></details></article>", "not on paper: words"),
    "a block too tall for paper": (probe.UNBROKEN, '<article><p style="break-inside: avoid; height: 900px">x</p></article>', "900 px high"),
    "output that scrolls on paper": (probe.CUT, f"<article><pre style='overflow: auto; width: 300px'>{'long ' * 40}</pre></article>", "cut off on paper: PRE"),
    "wider than the paper": (probe.CUT, "<article><div style='width: 3000px'>x</div></article>", "cut off on paper: DIV"),
    "a control on paper": (probe.GUIDES, "<button>Play</button>", "a guide of the screen"),
    "contents twice on paper": (probe.GUIDES, "<nav><a class='toc-entry'>One</a></nav><nav><a class='toc-entry'>One</a></nav>", "stand there 2 times"),
    "cells without padding": (probe.CROWDED, '<article><table style="border-spacing: 0"><tr><td style="padding: 0">at this position<td style="padding: 0">432</table></article>', "cells touch: at this position|432"),
    "dead widget": (probe.MOUNTED, VIEW + '<div class="book-widget"><p class="book-widget-note">no</p></div>', "not start"),
}


@pytest.mark.parametrize(("check", "body", "named"), EVALUATED.values(), ids=EVALUATED)
def test_fault_is_seen(shown, check, body, named):
    with shown(body) as seen:
        assert any(named in fault for fault in seen.tab.evaluate(check))


def test_plots_that_are_sound_have_no_fault(shown):
    """Also in the dark: there the page's ground is another, and letters on it."""
    dark = "<style>@media (prefers-color-scheme: dark) { body { background: #17181b; color: #ddd } svg { fill: #ddd } }</style>"
    with shown(dark + PLOT.format(SOUND)) as seen:
        checks = (probe.FAINT, *map(of_plots, (stage.OVERLAPS, stage.STRUCK, stage.CROPPED)))
        assert [seen.tab.evaluate(check) for check in checks] == [[]] * 4
        seen.turn(320, "dark")
        assert seen.tab.evaluate(probe.FAINT) == []
        seen.tab.evaluate("document.querySelector('rect').setAttribute('fill', '#252525')")
        assert "needs 3" in seen.tab.evaluate(probe.FAINT)[0]


@pytest.mark.parametrize("check", [probe.RAW_TEX, probe.WIDER, probe.FALLBACKS, probe.MOUNTED, probe.BOTH, probe.ROOM, probe.FOLDED, probe.UNBROKEN, probe.CROWDED, probe.CUT, probe.GUIDES])
def test_sound_page_has_no_fault(shown, check):
    unfolded = "<style>details::details-content { content-visibility: visible; display: block }</style>"
    with shown(f"{unfolded}<p>It costs $5.</p><pre>$x$</pre><article><details><summary>More</summary><p>words</p></details>"
               "<table><caption>Two cells</caption><tr><td style='padding: 5px'>one<td>two</table></article>") as seen:
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


@pytest.mark.parametrize(("rule", "width", "theme"), [
    ("(max-width: 400px)", 320, "light"), ("(max-width: 400px)", 320, "dark"), ("(prefers-color-scheme: dark)", 1200, "dark"),
    ("(min-width: 700px) and (max-width: 800px)", 768, "light"),
])  # fmt: skip
def test_a_fault_of_one_screen_is_seen_when_the_page_is_turned(shown, rule, width, theme):
    with shown(f"<style>@media {rule} {{ p {{ width: 3000px }} }}</style><p>x</p>") as seen:
        assert seen.tab.evaluate(probe.WIDER) == []
        seen.turn(width, theme)
        assert "px wide" in seen.tab.evaluate(probe.WIDER)[0]
        seen.turn(1200, "light")
        assert seen.tab.evaluate(probe.WIDER) == []


def test_faults_of_the_dark_theme_alone_are_seen(shown):
    """By the rules that read colours; and what only one theme shows, which the other rules did not see."""
    dark = "<style>@media (prefers-color-scheme: dark) {{ {} }}</style><p>some words <b>and more</b></p>"
    with shown(dark.format("p { color: #333; background: #222 }")) as seen:
        assert accessibility(seen.tab) == []
        seen.turn(1200, "dark")
        assert [fault.split(":")[0] for fault in accessibility(seen.tab, probe.COLOURS)] == ["color-contrast"] * 2
    with shown(dark.format("b { display: none }")) as seen:
        light = set(seen.tab.evaluate(probe.SHOWN))
        seen.turn(1200, "dark")
        (fault,) = light ^ set(seen.tab.evaluate(probe.SHOWN))
        assert fault.startswith("B.")


def test_a_link_that_only_its_colour_tells_is_seen_in_the_dark(shown):
    style = "p { background: #111; color: #eee } a { text-decoration: none; color: #ddd }"
    with shown(f"<style>@media (prefers-color-scheme: dark) {{ {style} }}</style><p>All these words and <a href='#x'>a link</a>.</p>") as seen:
        assert accessibility(seen.tab, probe.COLOURS) == []
        seen.turn(1200, "dark")
        assert [fault.split(":")[0] for fault in accessibility(seen.tab, probe.COLOURS)] == ["link-in-text-block"]


def test_a_sheet_that_stays_half_empty_is_seen(shown):
    """Since what comes next is kept whole; the last sheet may be short."""
    style = "@page { size: A4; margin: 2cm } div { break-inside: avoid; line-height: 20px }"
    with shown(f"<style>{style}</style><p>short</p><div>{'line<br>' * 45}</div><p>end</p>") as seen:
        (told,) = half_empty(seen.tab.pdf(prefer_css_page_size=True))
        assert told.startswith("sheet 1 ends at 1")
        seen.tab.evaluate("document.querySelector('div').style.breakInside = 'auto'")
        assert half_empty(seen.tab.pdf(prefer_css_page_size=True)) == []


def test_words_that_look_alike_are_looked_at_once(shown):
    """Of code and formulas one of each kind stays, in each surrounding: a pale kind is seen, and one that is pale there."""
    word, formula = "<span class='{}'>for</span> ", "<p>As <span class='math'><span class='katex-html'>many</span></span> grows</p>"
    code = f"<div class='highlight'><pre>{word.format('k') * 9}{word.format('c') * 9}</pre></div>"
    body = f"{code}<div class='cell_output'>{code}</div>{formula * 9}"
    for pale, faults in (("", 0), (".c { color: #999 }", 2), (".cell_output .k { color: #999 }", 1), (".math { color: #999 }", 1)):
        with shown(f"<style>{pale}</style>{body}") as seen:
            before = seen.tab.locator("pre").first.inner_text()
            seen.tab.evaluate(probe.THINNED)
            assert [seen.tab.locator(css).count() for css in ("pre span", ".math")] == [4, 1]
            assert seen.tab.locator("pre").first.inner_text() == before
            assert [fault.split(":")[0] for fault in accessibility(seen.tab)] == ["color-contrast"] * faults


def test_axe_asks_for_nothing(shown, tmp_path):
    """What it asks for by itself, it looks for in the wrong place, and that stands among the page's complaints."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/a.css").write_text("@import 'b.css';")
    (tmp_path / "deep/b.css").write_text("p { color: black }")
    with shown('<link rel="stylesheet" href="deep/a.css"><p>x</p>') as seen:
        accessibility(seen.tab)
        seen.tab.wait_for_timeout(300)
        assert seen.complaints == []
        Axe().run(seen.tab)
        seen.tab.wait_for_timeout(300)
        assert "404" in seen.complaints[0]


def test_movement_is_seen(shown):
    with shown("<p id='p'>0</p><script>setInterval(() => p.textContent++, 200)</script>") as seen:
        assert seen.tab.evaluate(probe.STILL, 600)


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
