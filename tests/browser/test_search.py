"""The search in a browser, over http and from a folder: a small site with the scripts that the build writes."""

import shutil

import pytest
from booksite import ASSETS, search
from chromium import served
from probe import WIDER, accessibility, visit

HEAD = """<!doctype html><html lang="en" data-theme="{theme}" data-content_root="{root}"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="{root}_static/book.css"><script defer src="{root}_static/open-search.js"></script>
<style>body {{ background: var(--pst-color-background); color: var(--pst-color-text-base); }} a {{ color: var(--pst-color-link); }}</style></head>
<body><header><button id="book-search-open" class="search-button__button" data-open-src="{root}_static/search.js" data-words-src="{root}_static/search-words.js"
 data-style-src="{root}_static/search/search.css">Search</button> <label>Other <input id="other"></label></header><main>{body}</main></body></html>"""
FIRST = """<article class="bd-article"><section id="nets"><h1>1. Nets</h1><p>Of layers.</p>
<section id="far"><h2>A part far down</h2><p style="margin-top: 3000px">Here a depthwise layer stands, and a second depthwise one.</p></section>
<section id="folded"><h2>A part that is folded</h2><p>Look.</p><details><summary>Show</summary><p>Only here is the permutation.</p></details>
<pre><span>permute</span>(x)</pre></section></section></article>"""
SECOND = """<article class="bd-article"><section id="others"><h1>2. Other nets</h1><p>Nothing of <b>depthwise</b> layers &lt;img src=x&gt;.</p>
{}</section></article>""".format("".join(f'<section id="p{i}"><h2>Part {i}</h2><p>One more layer, number {i}.</p></section>' for i in range(20)))
PAGES = {"a": FIRST, "deep/b": SECOND, "search": '<article class="bd-article"><h1>Search</h1><div id="book-search-page"></div></article>'}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The site, in light; `dark/` holds it in dark."""
    top = tmp_path_factory.mktemp("site")
    for theme, site in (("light", top), ("dark", top / "dark")):
        static = site / "_static"
        (static / "search").mkdir(parents=True)
        for name in ("open-search.js", "book.css", "search/search.css"):
            shutil.copy(ASSETS / name, static / name)
        search.write_script(static)
        search.write_words(static, PAGES)
        for name, body in PAGES.items():
            (site / f"{name}.html").parent.mkdir(exist_ok=True)
            (site / f"{name}.html").write_text(HEAD.format(theme=theme, root="../" * name.count("/") or "./", body=body))
    return top


@pytest.fixture(params=["http", "file"])
def shown(request, folder, browser):
    """A function that opens a page."""
    with served(folder) as origin:

        def show(page="a.html", **options):
            root = origin if request.param == "http" else folder.as_uri()
            return visit(browser, f"{root}/{page}", **options)

        yield show


def look_for(tab, query: str, hits: str = "a") -> None:
    """Type, and wait for what it finds."""
    tab.get_by_role("searchbox").fill(query)
    tab.wait_for_selector(f".book-search-pages {hits}")


def says(tab) -> str:
    return tab.locator(".book-search-says").text_content()


def test_from_the_key_to_the_marked_word(shown):
    with shown("deep/b.html") as seen:
        tab = seen.tab
        assert tab.evaluate("typeof bookSearch") == "undefined", "nothing of it is loaded before it is asked for"
        tab.locator("#other").focus()
        tab.keyboard.press("/")
        assert tab.locator("#other").input_value() == "/" and tab.locator("dialog").count() == 0, "a field keeps its letters"
        tab.keyboard.press("Control+k")
        look_for(tab, "far depthwise")
        assert tab.get_by_role("searchbox").evaluate("(field) => field === document.activeElement")
        assert says(tab).endswith("sections.")
        first = tab.locator(".book-search-pages a").first
        assert first.locator("strong").text_content() == "A part far down" and tab.locator(".book-search-pages > li > p").first.text_content() == "1. Nets"
        assert first.locator("mark").all_text_contents() == ["far", "depthwise", "depthwise"]
        tab.keyboard.press("ArrowDown")
        tab.keyboard.press("ArrowDown")
        tab.keyboard.press("ArrowUp")
        assert first.evaluate("(link) => link === document.activeElement")
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/a.html?highlight=far%20depthwise#far")
        tab.wait_for_selector(".book-marks")
        assert tab.locator("article mark").all_text_contents() == ["far", "depthwise", "depthwise"]
        assert "marked 3 times" in tab.get_by_role("status").text_content()
        for said in ("1 of 3", "2 of 3"):
            tab.get_by_role("button", name="Next").click()
            assert said in tab.get_by_role("status").text_content()
        assert tab.locator(".book-mark-here").evaluate("(mark) => { const { top, bottom } = mark.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }")
        tab.keyboard.press("Escape")
        assert tab.locator("mark, .book-marks").count() == 0 and "highlight" not in tab.url and tab.url.endswith("#far")
        assert seen.complaints == []


def test_what_is_folded_is_opened_and_a_hit_on_this_page_loads_nothing(shown):
    with shown() as seen:
        tab = seen.tab
        tab.evaluate("window.stays = true")
        tab.keyboard.press("/")
        look_for(tab, "permutation")
        tab.keyboard.press("Enter")
        tab.keyboard.press("Enter")
        tab.wait_for_selector(".book-marks")
        assert not tab.locator("dialog").is_visible() and tab.evaluate("window.stays") and tab.url.endswith("#folded")
        assert tab.locator("details").get_attribute("open") is not None and tab.locator("details mark").is_visible()
        tab.get_by_role("button", name="Remove marks").click()
        assert tab.locator("article mark").count() == 0 and "Only here is the permutation." in tab.locator("details").text_content()
        assert seen.complaints == []


def test_queries_that_find_nothing_and_queries_that_are_markup(shown):
    with shown() as seen:
        tab = seen.tab
        tab.get_by_role("button", name="Search").click()
        look_for(tab, "layer")
        for query, told in (('<img src=x onerror="tab()">zzzz', "without “onerror”, “tab”, “zzzz”."), ('"', "No section holds “\"”"), ("zzzz", "No section holds “zzzz”")):
            tab.get_by_role("searchbox").fill(query)
            tab.wait_for_function("(told) => document.querySelector('.book-search-says').textContent.includes(told)", arg=told)
            assert tab.locator("dialog img").count() == 0
        assert tab.locator(".book-search-pages a").count() == 0
        look_for(tab, "img")
        assert "<img src=x>" in tab.locator(".book-search-pages").text_content() and tab.locator("dialog img").count() == 0
        tab.get_by_role("searchbox").fill("")
        tab.wait_for_function("document.querySelectorAll('.book-search-pages a').length === 0")
        assert says(tab) == ""
        tab.keyboard.press("Escape")
        assert not tab.locator("dialog").is_visible()
        assert tab.get_by_role("button", name="Search").evaluate("(button) => button === document.activeElement")
        assert seen.complaints == []


def test_more_hits_are_shown_when_asked_for(shown):
    with shown() as seen:
        seen.tab.keyboard.press("/")
        look_for(seen.tab, "layer")
        assert seen.tab.locator(".book-search-pages a").count() == 12
        seen.tab.get_by_role("button", name="Show more").click()
        links = seen.tab.locator(".book-search-pages a")
        assert links.count() > 20 and links.nth(12).evaluate("(link) => link === document.activeElement")


def test_the_page_of_its_own_answers_its_address(shown):
    with shown("search.html?q=depthwise") as seen:
        seen.tab.wait_for_selector(".book-search-pages a")
        assert seen.tab.get_by_role("searchbox").input_value() == "depthwise"
        look_for(seen.tab, "permutation", "a[href$='#folded']")
        assert seen.tab.url.endswith("?q=permutation") and seen.complaints == []
        seen.tab.keyboard.press("Control+k")
        assert seen.tab.locator("dialog").count() == 0, "its field is there already"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_small_screens_and_screen_readers(browser, folder, theme):
    page = folder / ("dark" if theme == "dark" else "") / "a.html"
    with visit(browser, page.as_uri(), 320, theme) as seen:
        tab = seen.tab
        tab.keyboard.press("/")
        look_for(tab, "depthwise")
        assert accessibility(tab) == [] and tab.evaluate(WIDER) == []
        icon, field = (tab.locator(f".book-search-field {part}").bounding_box() for part in ("i", "input"))
        assert icon["x"] + icon["width"] <= field["x"], "the magnifier stands beside the field, not on its first letter"
        assert tab.locator(".book-search-says").get_attribute("role") == "status"
        tab.locator(".book-search-pages a").first.click()
        tab.wait_for_selector(".book-marks")
        assert accessibility(tab) == [] and tab.evaluate(WIDER) == []
        for button in tab.locator(".book-marks button").all():
            assert button.bounding_box()["height"] >= 24
        tab.emulate_media(media="print")
        assert not tab.locator(".book-marks").is_visible()
        assert tab.locator("mark").first.evaluate("(mark) => getComputedStyle(mark).backgroundColor") == "rgba(0, 0, 0, 0)"
