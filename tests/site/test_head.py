"""What others read of the book: descriptions, previews, the sitemap, the page for addresses that are none."""

import xml.etree.ElementTree as ET

import pytest
from booksite import head, preview
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document

ADDRESS = "https://example.org/book/"


def document(*texts):
    whole, section = new_document("a"), nodes.section()
    section += nodes.admonition("", nodes.paragraph("", "In a box, and long enough to be taken for a description of it."))
    section += [nodes.paragraph("", text) for text in texts]
    whole += section
    return whole


def test_a_description_is_the_first_words_of_the_text():
    words = "Narrow, wide,\nnarrow: " + "a block of many words " * 20
    found = head.description(document("Short.", words, "Later, and long enough to be taken instead of the first."))
    assert found.startswith("Narrow, wide, narrow: a block") and found.endswith(" …") and len(found) <= head.LONGEST
    assert head.description(document("Short.")) == ""


def test_without_an_address_nothing_is_guessed():
    soup = BeautifulSoup(head.tags("A & “b”", "Book", "Words", "", "a.html"), "html.parser")
    found = {tag.get("property") or tag.get("name"): tag["content"] for tag in soup.find_all("meta")}
    assert found["og:title"] == "A & “b”" and found["description"] == "Words" and not {"og:url", "og:image", "twitter:card"} & set(found)
    soup = BeautifulSoup(head.tags("A", "Book", "", ADDRESS, "notebooks/a.html"), "html.parser")
    found = {tag.get("property") or tag.get("name"): tag["content"] for tag in soup.find_all("meta")}
    assert found["og:url"] == f"{ADDRESS}notebooks/a.html" and found["og:image"] == f"{ADDRESS}_static/preview.png"
    assert found["twitter:card"] == "summary_large_image" and "description" not in found


def test_a_sitemap_names_every_page_once_and_in_order():
    root = ET.fromstring(head.sitemap(ADDRESS, ["b.html", "a/x&y.html"]))
    assert [loc.text for loc in root.iterfind(".//{*}loc")] == [f"{ADDRESS}a/x&y.html", f"{ADDRESS}b.html"]


@pytest.mark.parametrize(("address", "root"), [(ADDRESS, "/book/"), ("https://example.org/", "/"), ("", "/")])
def test_the_page_for_no_address_loads_nothing_and_leads_to_all_pages(address, root):
    text = head.lost("A <book>", address, "notebooks/welcome.html", [("a.html", "A & b"), ("b.html", "B")])
    soup = BeautifulSoup(text, "html.parser")
    assert soup.base["href"] == root and "@@" not in text
    assert [a["href"] for a in soup.select("a")] == ["notebooks/welcome.html", "a.html", "b.html"] and soup.select_one("li").get_text() == "A & b"
    assert not soup.select("link[rel=stylesheet], script[src], img") and soup.select_one("link[rel=icon]")["href"].startswith("data:")


def test_pictures_are_the_same_every_time_and_of_the_sizes_that_are_asked_for(tmp_path):
    first, again = tmp_path / "a", tmp_path / "b"
    for folder in (first, again):
        folder.mkdir()
        preview.write(folder, "Light convolutional networks", "An interactive book")
    assert all((first / path.name).read_bytes() == path.read_bytes() for path in again.iterdir())
    assert preview.card("A", "b").size == preview.SIZE and preview.icon(180).size == (180, 180)
    assert (first / "preview.png").stat().st_size < 100_000


def test_a_title_of_any_length_stays_on_its_picture():
    """The bars, and a margin on every side, stay as they are."""
    short, long = (preview.card(title, "words " * 30) for title in ("A", "A very long title about convolutional networks " * 4))
    for box in ((740, 0, *preview.SIZE), (0, 0, 60, preview.SIZE[1]), (0, 0, preview.SIZE[0], 30)):
        assert short.crop(box).tobytes() == long.crop(box).tobytes()


def test_the_icon_has_three_bars():
    assert [colour for colour, _ in preview.bars()] == ["#0072b2", "#d55e00", "#009e73"]
