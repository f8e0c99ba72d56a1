"""One document of many pages: ids, links and loads of each lead to their place in it; what is not there is told."""

import pytest
from bs4 import BeautifulSoup

from coursekit.errors import BookError
from coursekit.public.pdf.compose import UNKNOWN, Cover, Document, read

PAGE = """<!doctype html><html><head><link rel="stylesheet" href="../_static/a.css?v=1"><link rel="stylesheet" href="../_static/p.css" media="print">
<link rel="stylesheet" href="https://example.org/x.css"></head><body><nav>Elsewhere</nav><article class="bd-article">{}</article></body></html>"""
ONE = """<section id="top"><h1>1. “One” &amp; <em>only</em><a class="headerlink" href="#top">#</a></h1><p id="p">See <a href="#fig">here</a>,
<a href="two.html#fig">there</a>, <a href="two.html">all of it</a>, <a href="../search.html?q=x">search</a>, <a href="file:///tmp/x">a file</a>,
<a href="https://example.org/a#b">elsewhere</a>, <a href="two.html#gone">what is gone</a>.</p><script>1</script><form>Ask</form>
<style>p { color: red }</style><svg aria-labelledby="fig p"><defs><clipPath id="fig"/></defs><g clip-path="url(#fig)" style="fill: url('#fig')"/>
<use xlink:href="#fig"/></svg><img loading="lazy" src="../_images/a.png" srcset="../_images/b.png 2x"><img src="data:image/png;base64,AA">
<section id="sub"><h2>Sums <span class="katex"><span class="katex-mathml">x</span><span>x</span></span><a class="headerlink" href="#sub">#</a></h2></section></section>"""
TWO = '<section><h1>Two</h1><style>p { color: red }</style><p id="fig">Other</p></section>'


@pytest.fixture
def site(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book/one.html").write_text(PAGE.format(ONE))
    (tmp_path / "book/two.html").write_text(PAGE.format(TWO))
    return tmp_path


def document(site, numbers=None):
    parts = read(site, [("", ["book/one"]), ("More <&>", ["book/two"])])
    return BeautifulSoup(Document(Cover("A & B", "Ann", ["<b>Hi</b>"]), parts, "../html/").html(numbers or {}), "html.parser")


def test_every_id_is_there_once_and_every_link_leads_to_one(site):
    soup = document(site)
    ids = [tag["id"] for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids)) and {"book.one", "book.one.fig", "book.two", "book.two.fig"} <= set(ids)
    leads = {a.get_text(): a["href"] for a in soup.select("article a")}
    assert leads == {"here": "#book.one.fig", "there": "#book.two.fig", "all of it": "#book.two", "elsewhere": "https://example.org/a#b",
                     "what is gone": "#book.two"}  # fmt: skip
    assert "search" in soup.get_text() and "a file" in soup.get_text(), "the words of a link that leads nowhere stay"
    assert {a["href"][1:] for a in soup.select("a[href^='#']")} <= set(ids)


def test_what_names_an_id_names_the_new_one(site):
    svg = document(site).svg
    assert svg["aria-labelledby"] == "book.one.fig book.one.p" and svg.use["xlink:href"] == "#book.one.fig"
    assert svg.g["clip-path"] == "url(#book.one.fig)" and svg.g["style"] == "fill: url(#book.one.fig)"


def test_pictures_and_styles_come_from_the_site_once(site):
    soup = document(site)
    pictures = soup.select("article img")
    assert [picture["src"] for picture in pictures] == ["../html/_images/a.png", "data:image/png;base64,AA"]
    assert pictures[0]["srcset"] == "../html/_images/b.png 2x" and "loading" not in pictures[0].attrs
    assert [(link["href"], link["media"]) for link in soup.select("link")] == [("../html/_static/a.css", "all"), ("../html/_static/p.css", "print")]
    assert len(soup.select("article style")) == 1 and not soup.select("script, form, nav:not(.pdf-contents), .headerlink")


def test_the_contents_have_parts_titles_sections_and_numbers(site):
    soup = document(site, {"book.one": 3, "book.one.sub": 4})
    contents = soup.select_one(".pdf-contents")
    assert [head.get_text() for head in contents.select("h2")] == ["More <&>"]
    assert [(a["href"], a.select_one(".pdf-number").get_text()) for a in contents.select("a")] == [
        ("#book.one", "3"), ("#book.one.sub", "4"), ("#book.two", UNKNOWN)]  # fmt: skip
    assert contents.select_one("em").get_text() == "only" and soup.select_one(".pdf-cover h1").get_text() == "A & B"


def test_headings_are_words_for_an_outline(site):
    (one,) = read(site, [("", ["book/one"])])[0].pages
    assert [(entry.words, entry.depth) for entry in one.entries] == [("1. “One” & only", 1), ("Sums x", 2)]
    assert '@page p0 { @top-left { content: "1. “One” & only" } }' in str(document(site).style)


def test_code_keeps_its_colours_and_loses_what_has_none(site):
    code = '<pre><span class="k">def</span><span class="w"> </span><span class="nf">f</span><span class="p">(</span><span class="n">x</span></pre>'
    (site / "book/two.html").write_text(PAGE.format(f'<section><h1>Two</h1>{code}<p><span class="n">kept</span></p></section>'))
    soup = document(site)
    assert str(soup.pre) == '<pre><span class="k">def</span> <span class="nf">f</span>(x</pre>' and soup.select_one("p > span.n")


@pytest.mark.parametrize(("change", "told"), [
    (lambda path: path.unlink(), "book/two.html: is in _toc.yml and not in the site\n    build the site anew: `make book`"),
    (lambda path: path.write_text("<html><article>Cut"), "book/two.html: has no article with a heading\n    build the site anew: `make book`"),
])  # fmt: skip
def test_a_page_that_is_not_there_or_broken_is_told(site, change, told):
    change(site / "book/two.html")
    with pytest.raises(BookError) as raised:
        document(site)
    assert str(raised.value) == told
