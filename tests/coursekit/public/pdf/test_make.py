"""The book as a PDF, of a site of three pages: what the file holds, that it is linked only when it is there, what is told."""

import os
import shutil
import stat
from contextlib import contextmanager
from io import BytesIO

import pytest
from booksite import ASSETS
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from coursekit.cli import main
from coursekit.public.pdf import chromium, finish, make
from coursekit.public.site_check import check

SLOT = '<p class="book-pdf" hidden></p>'
PAGE = '<!doctype html><html lang="en"><head><title>x</title><link rel="stylesheet" href="../_static/print.css" media="print"></head><body>{slot}<article class="bd-article">{body}</article></body></html>'
PAGES = {
    "book/welcome": '<section id="w"><h1>Welcome</h1><p>Read <a href="../notebooks/01_double.html#why">why</a>, or <a href="../search.html">search</a>.</p></section>',
    "notebooks/01_double": '<section id="d"><h1>1. Doubling</h1><p>It doubles.</p><section id="why"><h2>Why</h2><details><summary>Hint</summary>'
    '<p>Folded words.</p></details><div style="height: 1500px">Long.</div></section><section id="end"><h2>The end</h2><p>See <a href="https://example.org/">there</a>.</p></section></section>',
    "book/references": '<section id="r"><h1>References</h1><p>Someone.</p></section>',
}  # fmt: skip
TOC = ("format: jb-book\nroot: book/welcome\nparts:\n- caption: Chapters\n  chapters:\n  - file: notebooks/01_double\n"
       "- caption: Around\n  chapters:\n  - file: book/references\n")  # fmt: skip
CONFIG = "title: Light & small\nauthor: Ann Someone\nrepository:\n  url: https://github.com/ann/book\n"


RAW = []    # what Chromium printed


@contextmanager
def recording(program, printer=chromium.printer):
    with printer(program) as to_pdf:
        def kept(source, target):
            to_pdf(source, target)
            RAW.append(target.read_bytes())

        yield kept


@contextmanager
def replaying(program):
    """A printer that prints the same again, at once."""
    yield lambda source, target: target.write_bytes(RAW[-1])


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(chromium, "printer", replaying)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """A book whose site is printed and linked; tests copy it."""
    root = tmp_path_factory.mktemp("printed")
    site = root / "_build/html"
    for name, body in PAGES.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / f"{name}.html").write_text(PAGE.format(slot=SLOT, body=body))
    (site / "search.html").write_text(f"<html><body>{SLOT}</body></html>")
    (site / "index.html").write_text("<html><body>Elsewhere</body></html>")
    (site / "_static").mkdir()
    shutil.copy(ASSETS / "print.css", site / "_static")
    (root / "_toc.yml").write_text(TOC)
    (root / "_config.yml").write_text(CONFIG)
    (root / "CITATION.cff").write_text("version: 0.3.1\ndate-released: 2026-02-03\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chromium, "printer", recording)
        main(["pdf", "--root", str(root)])
    assert len(RAW) == 2, "once without numbers, once with them"
    return root


@pytest.fixture
def book(printed, tmp_path):
    return shutil.copytree(printed, tmp_path / "book")


def pdf(root):
    return root / "_build/html/light-small.pdf"


def refused(root):
    with pytest.raises(SystemExit) as stopped:
        main(["pdf", "--root", str(root)])
    return str(stopped.value.code)


def test_it_says_what_it_is_and_holds_every_page_in_order(printed):
    reader = PdfReader(pdf(printed))
    assert (reader.metadata.title, reader.metadata.author, reader.root_object["/Lang"]) == ("Light & small", "Ann Someone", "en")
    assert {round(float(side)) for page in reader.pages for side in page.mediabox[2:]} == {595, 842}, "A4"
    texts = [page.extract_text() for page in reader.pages]
    assert "Ann Someone" in texts[0] and "https://ann.github.io/book/" in texts[0] and "Version 0.3.1, 2026-02-03." in texts[0]
    assert [next(i for i, text in enumerate(texts[2:], 3) if words in text) for words in ("Welcome", "It doubles", "Folded words", "Someone.")] == [3, 4, 4, 6]


def test_the_contents_the_outline_and_the_sheets_have_the_same_numbers(printed):
    reader = PdfReader(pdf(printed))
    said = reader.pages[1].extract_text().split()
    assert [said[said.index(word) + 1] for word in ("Welcome", "Doubling", "Why", "end", "References")] == ["3", "4", "4", "5", "6"]
    texts = [page.extract_text().split() for page in reader.pages]
    assert all(str(number) in text for number, text in enumerate(texts[1:], 2)) and "1" not in texts[0]
    tree = reader.outline
    at = lambda item: (item.title, reader.get_destination_page_number(item) + 1)  # noqa: E731
    assert [at(item) for item in (tree[0], tree[1], tree[2][0], *tree[2][1], tree[3], tree[4][0])] == [
        ("Welcome", 3), ("Chapters", 4), ("1. Doubling", 4), ("Why", 4), ("The end", 5), ("Around", 6), ("References", 6)]  # fmt: skip


def test_its_links_lead_into_it_or_to_the_web(printed):
    assert finish.faults(pdf(printed)) == []
    links = [link.get_object() for page in PdfReader(pdf(printed)).pages for link in page.get("/Annots", ())]
    assert {link["/A"]["/URI"] for link in links if "/A" in link} == {"https://ann.github.io/book/", "https://example.org/"}
    assert "/notebooks.01_double.why" in {link.get("/Dest") for link in links}


def linking_to(**link):
    """A PDF of one page with one link."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    given = {NameObject(f"/{key}"): value for key, value in link.items()}
    writer.add_annotation(0, Link(rect=(0, 0, 9, 9), url="https://example.org/"))
    annotation = writer.pages[0]["/Annots"][0].get_object()
    del annotation["/A"]
    annotation.update(given)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(("link", "told"), [
    ({"Dest": NameObject("/gone")}, "page 1: a link leads to /gone, which is nowhere"),
    ({"A": DictionaryObject({NameObject("/URI"): TextStringObject("file:///tmp/a.html")})}, "page 1: a link leads to file:///tmp/a.html"),
    ({}, "page 1: a link leads to nothing"),
])  # fmt: skip
def test_a_dead_link_is_seen(monkeypatch, book, quick, link, told):
    data = linking_to(**link)
    assert finish.faults(data) == [told]
    monkeypatch.setattr(finish, "finished", lambda *given: data)
    before = pdf(book).read_bytes()
    assert f"the PDF: {told}" in refused(book) and pdf(book).read_bytes() == before


def test_every_page_leads_to_it_and_the_same_site_gives_the_same_bytes(book, capsys):
    site = book / "_build/html"
    pages = [site / name for name in ("search.html", *(f"{name}.html" for name in PAGES))]
    texts = [path.read_text() for path in pages]
    link = '<p class="book-pdf"><a href="../light-small.pdf">The book as a PDF</a> (6 pages, '
    assert all(link in text for text in texts[1:]) and link.replace("../", "") in texts[0] and "book-pdf" not in (site / "index.html").read_text()
    assert check(site) == []
    before = pdf(book).read_bytes()
    main(["pdf", "--root", str(book)])
    assert pdf(book).read_bytes() == before and [path.read_text() for path in pages] == texts and not (book / "_build/pdf").exists()
    assert "linked from 4 pages of the site" in capsys.readouterr().out


def test_no_site_no_chromium_a_broken_page(book, monkeypatch):
    (book / "_build/html/book/references.html").unlink()
    assert "book/references.html: is in _toc.yml and not in the site" in refused(book)
    monkeypatch.setenv("PATH", str(book))
    assert "Chromium: is not there, and it prints the book\n    Debian and Ubuntu: apt-get install chromium" in refused(book)
    shutil.rmtree(book / "_build/html")
    assert "there is no site to print\n    run `make book` first, or `make pdf`, which does both" in refused(book)


def test_a_chromium_that_does_not_start_or_is_too_old(book, monkeypatch):
    program = book / "chromium"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{book}{os.pathsep}{os.environ['PATH']}")
    assert f"{program}: does not print: " in refused(book)
    monkeypatch.undo()
    monkeypatch.setattr(chromium, "OLDEST", 9999)
    assert "it takes 9999 or a later one" in refused(book)


def test_an_interrupted_run_leaves_what_was_there(book, quick, monkeypatch):
    before = {path: path.read_bytes() for path in (book / "_build/html").rglob("*") if path.is_file()}

    def stopped(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(finish, "finished", stopped)
    with pytest.raises(KeyboardInterrupt):
        make.make(book)
    assert {path: path.read_bytes() for path in (book / "_build/html").rglob("*") if path.is_file()} == before


def test_numbers_that_never_settle_and_a_site_without_a_place(book, quick, monkeypatch):
    for path in (book / "_build/html").rglob("*.html"):
        path.write_text(path.read_text().replace('class="book-pdf"', 'class="other"'))
    assert "no page has a place for the link" in refused(book)
    turns = iter(range(99))
    monkeypatch.setattr(finish, "numbers", lambda path: {"book.welcome": next(turns)})
    assert "its contents changed their pages 3 times" in refused(book)
