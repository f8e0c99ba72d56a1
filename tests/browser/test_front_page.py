"""The front page as a reader meets it, and what an address shows that is none."""

import re
from functools import partial
from http.server import ThreadingHTTPServer
from threading import Thread

import pytest
import yaml
from checkout import ROOT
from probe import WIDER, accessibility, visit

from coursekit.public.serving import Site

FRONT = "notebooks/welcome.html"


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_a_figure_a_question_and_every_chapter(browser, address, scheme):
    with visit(browser, address(FRONT, scheme)) as seen:
        tab = seen.tab
        assert tab.locator(".book-widget[data-mounted]").count() == 1
        assert tab.locator(".book-widget").bounding_box()["y"] < 500, "the figure is in the first view"
        box, answer = tab.locator(".book-predict input[type=text]"), tab.locator(".book-answer")
        assert not answer.is_visible()
        box.focus()
        tab.keyboard.type("9")
        tab.keyboard.press("Enter")
        assert answer.is_visible() and "You said 9, it is" in answer.inner_text()
        chapters = [item["file"] for part in yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"] for item in part["chapters"]]
        numbered = [f"{name.partition('/')[2]}.html" for name in chapters if re.search(r"/\d\d_", name)]
        cards = tab.locator(".book-cards > li")
        assert [card.locator("a").first.get_attribute("href") for card in cards.all()] == numbered
        for theme in ("light", "dark"):
            seen.turn(1200, theme)
            for card in cards.all():
                card.scroll_into_view_if_needed()
            pictures = tab.locator(".book-card-picture img:visible")
            tab.wait_for_function("[...document.querySelectorAll('.book-card-picture img')].filter((one) => one.checkVisibility()).every((one) => one.complete)")
            assert pictures.count() == len(numbered)
            assert all(theme in one.get_attribute("src") and one.evaluate("(one) => one.naturalWidth > 0") for one in pictures.all())
        cards.nth(2).scroll_into_view_if_needed()
        card = cards.nth(2).bounding_box()
        tab.mouse.click(card["x"] + card["width"] / 2, card["y"] + 40)
        tab.wait_for_url(f"**/{numbered[2]}")
        assert seen.complaints == []


def test_an_address_that_is_none_leads_back_from_any_depth(browser, site):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.server_port}"
        for path in ("/gone.html", "/notebooks/very/deep/gone.html?q=1"):
            with visit(browser, origin + path) as seen:
                assert seen.tab.locator("h1").inner_text() == "There is no such page"
                assert seen.tab.evaluate("performance.getEntriesByType('navigation')[0].responseStatus") == 404
                seen.turn(320, "dark")
                assert seen.tab.evaluate(WIDER) + accessibility(seen.tab) == []
                seen.tab.get_by_role("link", name="1. Convolutions and what they cost").click()
                seen.tab.wait_for_url(f"{origin}/notebooks/01_convolutions.html")
        server.shutdown()


def test_a_shared_link_has_words_and_a_picture(site):
    for page in ("index.html", FRONT, "notebooks/05_shufflenet_v1.html", "book/glossary.html"):
        text = (site / page).read_text("utf-8")
        assert re.search(r'<meta name="description" content="[^"]{40,}', text), page
        assert re.search(r'<meta property="og:image" content="https://[^"]+/_static/preview.png"', text), page
    assert (site / "_static/preview.png").stat().st_size and (site / "_static/favicon.svg").is_file()
    found = re.findall(r"<loc>https://[^<]+/((?:book|notebooks)/[^<]+)</loc>", (site / "sitemap.xml").read_text("utf-8"))
    assert len(found) == len(set(found)) and all((site / name).is_file() for name in found) and FRONT in found
