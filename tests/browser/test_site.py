"""The built site in a real browser: all pages, http and file://, both themes, three widths, with and without script.

A page is opened three times and then looked at in every way: its width, the colours that the system asks for and the
medium change under it, as they do when a phone is turned or a page is printed.
"""

import importlib.util
from pathlib import Path

import probe
import pytest
import stage
from paper import half_empty, reach
from probe import COLOURS, accessibility, change_by_keyboard, change_by_mouse, of_plots, visit

WIDTHS, THEMES = (320, 768, 1200), ("light", "dark")
SPEC = importlib.util.spec_from_file_location("page_weight", Path(__file__).parents[2] / "benchmarks/page_weight.py")
page_weight = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(page_weight)
LOADED = "performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname.slice(1))"
MOST, MOST_IN_FRONT = 150, 110    # KiB, without pictures


def too_heavy(site, page: str, loaded: list[str], limits=(MOST, MOST_IN_FRONT)) -> list[str]:
    """What is said of a page that weighs more than it may, with all that it loaded; only what the site has is weighed."""
    paths = [site / name for name in {page, *loaded} if (site / name).is_file()]
    bare = page_weight.without_pictures({path.relative_to(site).as_posix(): page_weight.transferred(path) for path in paths}, site)
    return page_weight.beyond({page: {"without_pictures": bare, "seconds": []}}, page_weight.front(site), *limits, None)


def answers(seen, *changes) -> list[str]:
    """What figures do not do when a key, or a mouse, moves their first control."""
    found = []
    for change in changes:
        for host in seen.tab.locator(".book-widget[data-mounted]").all():
            host.scroll_into_view_if_needed()
            found += change(seen.tab, host)
    return found


def widths(seen, theme: str, figures: bool) -> dict[str, list[str]]:
    """What is too wide, or does not fit in a figure, on each screen."""
    found = {}
    for width in WIDTHS:
        seen.turn(width, theme)
        found[f"{width} px, {theme}"] = seen.tab.evaluate(probe.WIDER)
        if theme == "light":
            checks = map(of_plots, (stage.OVERLAPS, stage.STRUCK, stage.CROPPED))
            found[f"plots at {width} px"] = [fault for check in checks for fault in seen.tab.evaluate(check)][:8]
        if figures and theme == "light":
            checks = (stage.OVERLAPS, stage.STRUCK, stage.CROPPED, stage.SPILLS, *([probe.ROOM] if width == 320 else []))
            found[f"figures at {width} px"] = [fault for check in checks for fault in seen.tab.evaluate(check)][:8]
    return found


def test_a_page_over_http(browser, address, site, page, widget_pages):
    """No other host is asked, the console stays empty, formulas are set, figures start and rest; all fits everywhere."""
    figures, found, shown = page in widget_pages, {}, []
    with visit(browser, address(page)) as seen:
        found["whole"] = seen.tab.evaluate(probe.RAW_TEX) + seen.tab.evaluate(probe.MOUNTED) + seen.tab.evaluate(probe.BOTH)
        if figures:
            assert seen.tab.locator(".ln-widget").count()
            seen.tab.wait_for_timeout(500)
            found["moves by itself"] = seen.tab.evaluate(probe.STILL, 2000)
        for theme in THEMES:
            found |= widths(seen, theme, figures)  # ends with the widest
            found[f"plots, {theme}"] = seen.tab.evaluate(probe.FAINT)
            assert seen.tab.evaluate("document.documentElement.dataset.theme") == theme
            shown.append(set(seen.tab.evaluate(probe.SHOWN)))
        found["shows in one theme only"] = sorted(shown[0] ^ shown[1])[:8]  # or colours were not all to look at again
        seen.turn(680, "light")    # A4 without its margins
        seen.tab.emulate_media(media="print")
        checks = (probe.FOLDED, probe.UNBROKEN, probe.CROWDED, probe.CUT, probe.GUIDES, probe.FALLBACKS)
        found["on paper"] = [fault for check in checks for fault in seen.tab.evaluate(check)]
        seen.tab.emulate_media(media="screen")
        seen.turn(1200, "dark")
        if figures:
            found["answers"] = answers(seen, change_by_keyboard, change_by_mouse)
        seen.tab.evaluate(probe.THINNED)  # what comes now takes most of the time, and more with every element
        for theme in reversed(THEMES):
            seen.turn(1200, theme)
            found[f"accessibility, {theme}"] = accessibility(seen.tab, COLOURS if theme == "dark" else ())
        found["weight"] = too_heavy(site, page, seen.tab.evaluate(LOADED))
        found["complaints"] = seen.complaints
    assert {what: faults for what, faults in found.items() if faults} == {}


def test_a_page_that_is_too_heavy_is_told(site):
    page, loaded = "notebooks/welcome.html", ["_static/book-all.css", "_static/nothing.css", "_static/logo.png"]
    assert too_heavy(site, page, loaded) == [] and "welcome.html weighs" in too_heavy(site, page, loaded, (150, 20))[0]
    assert too_heavy(site, page, [*loaded, "_static/search-words.js"]), "the words of the search come when somebody asks"


def test_a_page_from_a_file(browser, address, page):
    """Opened as on a phone at night."""
    with visit(browser, address(page, "file"), 320, "dark") as seen:
        assert seen.tab.evaluate("document.documentElement.dataset.theme") == "dark"
        found = [fault for check in (probe.RAW_TEX, probe.MOUNTED, probe.WIDER) for fault in seen.tab.evaluate(check)]
        seen.turn(1200, "dark")
        found += answers(seen, change_by_mouse)
        assert found + seen.complaints == []


def test_a_page_without_javascript(browser, address, page):
    with visit(browser, address(page), javascript=False) as seen:
        assert seen.tab.evaluate(probe.FALLBACKS) + seen.tab.evaluate(probe.CROWDED) + seen.complaints == []
        assert seen.tab.locator("html").get_attribute("data-theme") == "light"


def test_a_chapter_is_printed_without_half_empty_sheets(browser, address, site):
    """The one with the longest tables, and no more sheets than it needs."""
    page = max(site.glob("notebooks/*.html"), key=lambda path: path.read_text("utf-8").count("<tr>")).relative_to(site).as_posix()
    with visit(browser, address(page)) as seen:
        printed = seen.tab.pdf(prefer_css_page_size=True, print_background=True)
    assert half_empty(printed) == [] and len(reach(printed)) <= 34


SIDES = """() => {
  const widths = (css) => [...document.querySelectorAll(css)].map((node) => node.getBoundingClientRect().width).filter(Boolean);
  const edge = document.querySelector('.bd-sidebar-secondary').getBoundingClientRect().left;
  return {
    wide: widths('.tag_wide figure'), others: widths('.cell:not(.tag_wide) figure'), words: widths('.tag_wide figcaption, article p:not(.ln-widget p)'),
    code: widths('.tag_wide > :not(.cell_output)'),
    under: [...document.querySelectorAll('.tag_wide figure')].filter((node) => node.getBoundingClientRect().right > edge).length,
  };
}"""


@pytest.mark.parametrize(("screen", "least", "most"), [(1200, 688, 720), (1440, 860, 960), (1920, 960, 960)])
def test_wide_figures_take_the_page_and_all_else_its_column(browser, address, site, screen, least, most):
    page = next(path for path in sorted(site.glob("notebooks/*.html")) if "tag_wide" in path.read_text("utf-8"))
    with visit(browser, address(page.relative_to(site).as_posix()), screen) as seen:
        found = seen.tab.evaluate(SIDES)
    assert found["wide"] and all(least <= width <= most for width in found["wide"]) and not found["under"]
    assert max(found["others"]) <= 688 and max(found["code"]) <= 688 and max(found["words"]) <= 688


def test_first_page_is_reached_from_the_root(browser, address):
    with visit(browser, address("index.html")) as seen:
        seen.tab.wait_for_url("**/notebooks/welcome.html")
        assert seen.tab.locator("article h1").count() == 1 and seen.complaints == []


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_search_finds_a_section_of_the_book(browser, address, scheme):
    """All of it in the site as it was built; what it does is tried on a small one, in test_search.py."""
    with visit(browser, address("book/notation.html", scheme)) as seen:
        tab = seen.tab
        tab.locator(".search-button__button:visible").first.click()
        tab.get_by_role("searchbox").fill("channel shuffle")
        tab.wait_for_selector(".book-search-pages a")
        assert accessibility(tab) == [] and tab.evaluate(probe.WIDER) == []
        tab.get_by_role("link", name="channel shuffle A fixed").click()
        tab.wait_for_selector(".book-marks")
        assert tab.locator("article mark").first.text_content() == "channel" and "book/glossary.html?highlight=" in tab.url
        assert accessibility(tab, COLOURS) == [] and seen.complaints == []


def test_the_search_says_what_it_needs(browser, address):
    with visit(browser, address("search.html"), javascript=False) as seen:
        said = seen.tab.locator("noscript p", has_text="Search needs JavaScript")
        assert said.count() == 2 and said.last.is_visible()


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
        block = seen.tab.locator(".cell_input div.highlight:visible").first
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
        seen.tab.mouse.click(width / 2, 600)  # on the page, below the menu
        assert button.get_attribute("aria-expanded") == "false" and seen.complaints == []
