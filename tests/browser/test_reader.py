"""Predictions and links to figures in a browser: a page as the build writes it, over http and from a file."""

import json
import shutil
from pathlib import Path

import pytest
from booksite import ASSETS
from chromium import served
from markdown_it import MarkdownIt
from probe import WIDER, accessibility, visit
from test_predict import ASKED
from test_widget_host import COUNTER, anywidget

from coursekit import predict
from coursekit.cells import SourceCell
from coursekit.chapter import Chapter
from coursekit.public import reader

FIELDS = "\n".join(line[2:] for line in ASKED.splitlines()[1:])
TOLD = "Twice it: you said 9 apples, it is 42 apples. It grows.\nIs it even?: you said “even”, and so it is."
FORGETS = """Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } });"""
SHELL = """<!doctype html><html lang="en" data-theme="{theme}"><head><title>A page</title><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="book.css"><link rel="stylesheet" href="reader.css">{head}
<style>body {{ background: var(--pst-color-background); color: var(--pst-color-text-base); }} a {{ color: var(--pst-color-link); }}</style>
<script defer src="widget-host.js"></script><script defer src="predict.js"></script><script defer src="show.js"></script>
<script type="application/vnd.jupyter.widget-state+json">{state}</script></head>
<body><main class="bd-article"><h1>A page</h1><h2>Ask</h2>{asked}{link}<div style="height: 3000px"></div>
<details><summary>Folded</summary><figure id="{figure}"><div><script type="application/vnd.jupyter.widget-view+json">{{"model_id": "a"}}</script>
<div class="ln-fallback">still</div></div><figcaption>A count.</figcaption></figure></details>{told}</main></body></html>"""


def texts() -> list[str]:
    """The page's three cells as HTML: the question, a link to the figure, the lines where the truth is told."""
    asked = SourceCell("markdown", "predict", FIELDS, {"name": "twice"}, "a.py, line 3")
    link = SourceCell("markdown", "", "Look {show}`at seven <fig-count count=7>`.", where="a.py, line 20")
    told = SourceCell("markdown", "", "{answer}`twice`\n\nSo {answer}`twice`.", where="a.py, line 30")
    cells = [asked, link, told]
    chapter = Chapter(Path("01_a.py"), "01_a.py", {}, cells, {}, predict.read(cells))
    answers, shown = reader.answers(chapter, told, ["42", "even"]), {"at seven <fig-count count=7>": {"count": 7}}
    return [MarkdownIt("commonmark").render(reader.on_page(cell.text, chapter, cell, answers, shown)) for cell in cells]


def write(folder: Path, theme="light", head="", source=COUNTER, figure="fig-count") -> None:
    asked, link, told = texts()
    state = json.dumps({"state": {"a": anywidget(source, count=1)}})
    (folder / "a.html").write_text(SHELL.format(theme=theme, head=head, state=state, figure=figure, asked=asked, link=link, told=told))


@pytest.fixture(params=["http", "file"])
def shown(request, tmp_path, browser):
    """A function that opens the page."""
    for name in ("predict.js", "show.js", "reader.css", "book.css", "widget-host.js"):
        shutil.copy(ASSETS / name, tmp_path)
    with served(tmp_path) as origin:

        def show(theme="light", head="", source=COUNTER, figure="fig-count", **options):
            write(tmp_path, theme, head, source, figure)
            address = f"{origin}/a.html" if request.param == "http" else (tmp_path / "a.html").as_uri()
            return visit(browser, address, theme=theme, **options)

        yield show


def answer(tab):
    """By keyboard alone."""
    tab.get_by_label("Twice it").focus()
    tab.keyboard.type("9")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Keep my answer"
    tab.keyboard.press("Enter")


def lines(tab) -> list[str]:
    return [line.text_content() for line in tab.locator(".book-answer").all() if line.is_visible()]


def test_an_answer_is_kept_and_told_and_taken_back(shown):
    with shown() as seen:
        tab = seen.tab
        assert tab.get_by_role("group", name="Your prediction").is_visible() and lines(tab) == []
        assert not tab.locator(".book-questions").is_visible()
        answer(tab)
        assert lines(tab) == [TOLD, TOLD] and "Kept in this browser" in tab.get_by_role("status").text_content()
        tab.reload()
        assert lines(tab) == [TOLD, TOLD] and tab.get_by_label("Twice it").input_value() == "9"
        assert tab.get_by_label("even", exact=True).is_checked()
        tab.get_by_role("button", name="Take it back").click()
        assert lines(tab) == [] and tab.get_by_label("Twice it").input_value() == ""
        tab.reload()
        assert lines(tab) == [] and tab.evaluate("localStorage.length") == 0
        assert seen.complaints == []


def test_words_for_what_is_no_answer(shown):
    with shown() as seen:
        box, status = seen.tab.get_by_label("Twice it"), seen.tab.get_by_role("status")
        seen.tab.get_by_role("button", name="Keep").click()
        assert status.text_content() == "Nothing is filled in yet."
        box.fill("many")
        box.press("Enter")
        assert status.text_content().startswith("Write a number") and box.get_attribute("aria-invalid") == "true"
        assert lines(seen.tab) == [] and box.evaluate("(box) => box === document.activeElement")
        box.fill("42")
        box.press("Enter")
        assert box.get_attribute("aria-invalid") is None
        assert lines(seen.tab)[0] == "Twice it: you said 42 apples, and so it is."


def test_what_was_kept_for_other_fields_is_left_alone(shown):
    with shown() as seen:
        for kept in ('["9","neither"]', "[1]", "no JSON"):
            seen.tab.evaluate("(kept) => localStorage.setItem('book-predict/01_a/twice', kept)", kept)
            seen.tab.reload()
            assert lines(seen.tab) == [] and seen.tab.get_by_label("Twice it").input_value() == ""
        assert seen.complaints == []


def test_a_browser_that_keeps_nothing(shown):
    with shown(head=f"<script>{FORGETS}</script>") as seen:
        answer(seen.tab)
        assert lines(seen.tab) == [TOLD, TOLD] and "keeps nothing" in seen.tab.get_by_role("status").text_content()
        assert seen.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_small_screens_and_screen_readers(shown, theme):
    with shown(theme, width=320) as seen:
        seen.tab.get_by_label("Twice it").fill("many")
        seen.tab.keyboard.press("Enter")
        assert accessibility(seen.tab) == [] and seen.tab.evaluate(WIDER) == []
        answer_box = seen.tab.get_by_label("Twice it")
        answer_box.fill("9")
        answer_box.press("Enter")
        assert accessibility(seen.tab) == [] and seen.tab.evaluate(WIDER) == []
        for control in seen.tab.locator(".book-predict label:has(input), .book-predict button, .book-predict input[type=text]").all():
            assert control.bounding_box()["height"] >= 24


def test_without_javascript_and_on_paper_the_question_stands_alone(shown):
    with shown(javascript=False) as seen:
        assert seen.tab.locator(".book-questions li").all_text_contents() == ["Twice it (apples)?", "Is it even: even or odd?"]
        assert seen.tab.locator(".book-questions").is_visible() and not seen.tab.locator("form").is_visible()
        assert lines(seen.tab) == [] and seen.tab.locator("a").count() == 0
    with shown() as seen:
        answer(seen.tab)
        seen.tab.emulate_media(media="print")
        assert seen.tab.locator(".book-questions").is_visible() and not seen.tab.locator("form").is_visible()
        assert lines(seen.tab) == []
        link = seen.tab.get_by_text("at seven")
        assert link.evaluate("(a) => getComputedStyle(a).textDecorationLine") == "none"


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_link_moves_the_figure_and_the_reader(shown, motion):
    with shown(motion=motion) as seen:
        tab, link = seen.tab, seen.tab.get_by_role("link", name="at seven")
        assert tab.locator(".book-widget button").text_content() == "1 born 1"
        link.focus()
        assert link.evaluate("(a) => getComputedStyle(a).outlineStyle") != "none"
        tab.keyboard.press("Enter")
        tab.wait_for_function("document.activeElement.id === 'fig-count'")
        tab.wait_for_function("document.getElementById('fig-count').getBoundingClientRect().top < innerHeight")
        assert tab.locator(".book-widget button").text_content() == "7 born 1"
        assert tab.locator("#fig-count").evaluate("(f) => getComputedStyle(f).outlineStyle") == "solid"
        tab.locator(".book-widget button").click()
        assert tab.locator(".book-widget button").text_content() == "8 born 1", "it is the figure's own model"
        tab.go_back()
        tab.wait_for_function("scrollY === 0")
        link.click()
        tab.wait_for_function("document.activeElement.id === 'fig-count'")
        assert tab.locator(".book-widget button").text_content() == "7 born 1" and seen.complaints == []


def test_a_figure_that_starts_late_starts_in_that_state(shown):
    """Its module waits until it is told to go on."""
    source = "await new Promise((go) => { globalThis.go = go; });" + COUNTER
    head = """<script>addEventListener('load', () => setTimeout(() => {
      document.querySelector('a.book-show').click();
      const wait = setInterval(() => { if (globalThis.go) { clearInterval(wait); go(); } }, 50);
    }, 50));</script>"""
    with shown(head=head, source=source) as seen:
        assert seen.tab.locator(".book-widget button").text_content() == "7 born 1" and seen.complaints == []


def test_a_link_to_no_figure_stays_words(shown):
    with shown(source="export default {") as seen:
        assert seen.tab.get_by_role("link").count() == 1, "a figure that could not start is still a place to go to"
    with shown(figure="fig-other") as seen:
        assert seen.tab.get_by_text("at seven").count() == 1 and seen.tab.get_by_role("link").count() == 0
