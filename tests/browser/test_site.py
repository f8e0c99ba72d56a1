"""The built site in a real browser: all pages, http and file://, both themes, three widths, with and without script."""

import pytest
import stage
from probe import FALLBACKS, MOUNTED, RAW_TEX, STILL, WIDER, accessibility, change_by_keyboard, change_by_mouse, visit


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_every_page_is_quiet_complete_and_alone(browser, address, pages, scheme):
    """No other host is asked, the console stays empty, formulas are set, widgets start."""
    faults = {}
    for page in pages:
        with visit(browser, address(page, scheme)) as seen:
            found = seen.tab.evaluate(RAW_TEX) + seen.tab.evaluate(MOUNTED) + seen.complaints
        if found:
            faults[page] = found
    assert faults == {}


def test_first_page_is_reached_from_the_root(browser, address):
    with visit(browser, address("index.html")) as seen:
        seen.tab.wait_for_url("**/book/**")
        assert seen.tab.locator("article h1").count() == 1 and seen.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1200])
def test_no_page_is_wider_than_the_screen(browser, address, pages, width, theme):
    faults = {}
    for page in pages:
        with visit(browser, address(page, "file"), width, theme) as seen:
            assert seen.tab.evaluate("document.documentElement.dataset.theme") == theme
            if found := seen.tab.evaluate(WIDER):
                faults[page] = found
    assert faults == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessibility(browser, address, pages, theme):
    faults = {}
    for page in pages:
        with visit(browser, address(page), theme=theme) as seen:
            if found := accessibility(seen.tab):
                faults[page] = found
    assert faults == {}


def test_figures_have_the_room_on_a_phone_that_they_are_tested_in(browser, address, widget_pages):
    """On a screen of 320 pixels a figure is as wide as on the bare page where every state of it is looked at: 304."""
    for page in widget_pages:
        with visit(browser, address(page), 320) as seen:
            widths = seen.tab.evaluate("[...document.querySelectorAll('.book-widget .ln-widget')].map((node) => node.offsetWidth)")
            assert widths and min(widths) >= 304, page


@pytest.mark.parametrize("width", [320, 768, 1200])
def test_figures_fit_in_their_pages(browser, address, widget_pages, width):
    """In the book's own style: no text on another or on a line, nothing cut off, nothing that runs over."""
    faults = {}
    for page in widget_pages:
        with visit(browser, address(page), width) as seen:
            checks = (stage.OVERLAPS, stage.STRUCK, stage.CROPPED, stage.SPILLS)
            if found := [fault for check in checks for fault in seen.tab.evaluate(check)]:
                faults[page] = found[:8]
    assert faults == {}


def test_without_javascript_still_pictures_show(browser, address, widget_pages):
    for page in widget_pages:
        with visit(browser, address(page), javascript=False) as seen:
            assert seen.tab.evaluate(FALLBACKS) == [] and seen.complaints == []
            assert seen.tab.locator("html").get_attribute("data-theme") == "light"


def test_on_paper_still_pictures_show(browser, address, widget_pages):
    for page in widget_pages:
        with visit(browser, address(page)) as seen:
            assert seen.tab.locator(".ln-fallback:visible").count() == 0, "live widget and still picture both show"
            seen.tab.emulate_media(media="print")
            assert seen.tab.evaluate(FALLBACKS) == []


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_search_finds_a_word(browser, address, scheme):
    with visit(browser, address("search.html", scheme) + "?q=convolution") as seen:
        seen.tab.wait_for_selector("#search-results li a")
        assert seen.complaints == []


def test_nothing_moves_by_itself(browser, address, widget_pages):
    for page in widget_pages:
        with visit(browser, address(page)) as seen:
            seen.tab.wait_for_timeout(500)
            assert seen.tab.evaluate(STILL, 2000) == []


@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize("change", [change_by_keyboard, change_by_mouse])
def test_widgets_answer(browser, address, widget_pages, change, scheme):
    for page in widget_pages:
        with visit(browser, address(page, scheme)) as seen:
            for host in seen.tab.locator(".book-widget[data-mounted]").all():
                host.scroll_into_view_if_needed()
                assert change(seen.tab, host) == []
            assert seen.complaints == []


def test_theme_switch_changes_the_colours(browser, address, widget_pages):
    with visit(browser, address(widget_pages[0])) as seen:
        ground = "getComputedStyle(document.body).backgroundColor"
        colours = {seen.tab.evaluate(ground)}
        for _ in range(3):  # light, dark, as the system says
            seen.tab.locator(".theme-switch-button:visible").first.click()
            colours.add(seen.tab.evaluate(ground))
        assert len(colours) == 2 and seen.complaints == []


def test_the_book_s_own_face_is_used(browser, address, widget_pages):
    with visit(browser, address(widget_pages[0])) as seen:
        assert seen.tab.evaluate("document.fonts.ready.then(() => document.fonts.check('16px Literata'))")


def test_code_is_copied(browser, address, widget_pages):
    """By key; where the page has no clipboard, the code is selected."""
    with visit(browser, address(widget_pages[0])) as seen:
        block = seen.tab.locator(".cell_input div.highlight").first
        code = block.locator("pre").inner_text().rstrip()
        button = block.get_by_role("button", name="Copy")
        for allowed, said in ((True, "Copied"), (False, "Selected")):
            seen.tab.evaluate("""(allowed) => Object.defineProperty(navigator, "clipboard", { configurable: true,
              value: { writeText: (text) => allowed ? void (window.copied = text) : Promise.reject() } })""", allowed)
            button.focus()
            seen.tab.keyboard.press("Enter")
            block.get_by_text(said).wait_for()
            found = "window.copied" if allowed else "getSelection().toString()"
            assert seen.tab.evaluate(found).rstrip() == code
            block.get_by_text("Copy", exact=True).wait_for(timeout=5000)
        assert seen.complaints == []


@pytest.mark.parametrize("width", [320, 1200])
def test_launch_menu_opens_and_closes(browser, address, widget_pages, width):
    """By key, by click, by Escape; its links lie on the screen."""
    with visit(browser, address(widget_pages[0]), width) as seen:
        button = seen.tab.locator('[data-bs-toggle="dropdown"]')
        link = seen.tab.locator(".dropdown-menu a").first
        button.focus()
        seen.tab.keyboard.press("Enter")
        assert link.is_visible() and button.get_attribute("aria-expanded") == "true"
        box = link.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        seen.tab.keyboard.press("Escape")
        assert button.get_attribute("aria-expanded") == "false" and not link.is_visible()
        button.click()
        seen.tab.locator("article h1").click()
        assert button.get_attribute("aria-expanded") == "false" and seen.complaints == []
