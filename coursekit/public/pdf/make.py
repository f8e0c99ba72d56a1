"""Prints the built site as one PDF, puts it beside the pages and only then a link to it into each of them."""

import os
import posixpath
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml

from ...errors import BookError, Faults
from ...files import write_whole
from ...project import Project
from . import chromium, finish
from .compose import Cover, Document, read

PLACE = re.compile(r'<p class="book-pdf"[^>]*>.*?</p>', re.S)  # booksite/on_paper.py
TRIES = 3  # once without numbers, once with them; more where a number moved a page


@dataclass(frozen=True)
class Made:
    """The file, how many pages it has, how many pages of the site lead to it."""

    path: Path
    pages: int
    linked: int


def make(root: Path) -> Made:
    """Print the site of `_build/html` and link the file from every page. What was there stays until that is done."""
    project = Project(root)
    site = project.site
    if not (site / "index.html").is_file():
        raise BookError(str(site), "there is no site to print", "run `make book` first, or `make pdf`, which does both")
    program = chromium.find()
    work = project.build / "pdf"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    cover = _cover(project)
    parts = read(site, project.parts())
    document = Document(cover, parts, posixpath.join(os.path.relpath(site, work), ""))
    # In a thread of its own: a caller may be in an event loop, as a notebook is, and Playwright then refuses.
    with ThreadPoolExecutor(1) as thread:
        printed = thread.submit(_printed, program, document, work).result()
    data = finish.finished(printed, cover, parts)
    if found := finish.faults(data):
        raise Faults([BookError("the PDF", fault, "mend the link in its page") for fault in found])
    target = site / file_name(cover.title)
    write_whole(target, data)
    linked = link(site, target, pages := finish.count(printed))
    shutil.rmtree(work, ignore_errors=True)
    return Made(target, pages, linked)


def _printed(program: str, document: Document, work: Path) -> Path:
    with chromium.printer(program) as to_pdf:
        return _print(document, work, to_pdf)


def _print(document: Document, work: Path, to_pdf) -> Path:
    """Print until the contents say the pages on which things are."""
    source, printed = work / "book.html", work / "book.pdf"
    at: dict[str, int] = {}
    for _ in range(TRIES):
        write_whole(source, document.html(at))
        to_pdf(source, printed)
        before, at = at, finish.numbers(printed)
        if at == before:
            return printed
    raise BookError("the PDF", f"its contents changed their pages {TRIES} times", "shorten the longest headings")


def link(site: Path, target: Path, pages: int) -> int:
    """Write the link into the place that every page has for it; how many have."""
    size = target.stat().st_size
    told = f"{pages} pages, " + (f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB")
    count = 0
    for path in sorted(site.rglob("*.html")):
        text = path.read_text("utf-8")
        way = escape(os.path.relpath(target, path.parent))
        said = f'<p class="book-pdf"><a href="{way}">The book as a PDF</a> ({told})</p>'
        filled, here = PLACE.subn(said, text)
        count += bool(here)
        if here:
            write_whole(path, filled)
    if not count:
        raise BookError(str(site), "no page has a place for the link to the PDF", "build the site anew: `make book`")
    return count


def file_name(title: str) -> str:
    """light-convolutional-networks.pdf"""
    return f"{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-') or 'book'}.pdf"


def _cover(project: Project) -> Cover:
    """Title, author and what CITATION.cff says of version and date; where the figures move."""
    config = project.config
    path = project.root / "CITATION.cff"
    cited = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}
    url = escape(project.book_url)
    lines = [f'The figures of this book move, its code runs and its exercises answer at <a href="{url}">{url}</a>.']
    if version := cited.get("version"):
        date = f", {cited['date-released']}" if "date-released" in cited else ""
        lines += [escape(f"Version {version}{date}.")]
    return Cover(str(config.get("title", "")), str(config.get("author", "")), lines)
