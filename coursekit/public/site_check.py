"""Checks a built site without a browser and without a network: does every page hold together, for every reader?

`check(site)` returns what is wrong, each with the page and what to do: dead links and anchors, double ids, pictures
without an alternative text, anything that would be fetched from another host, failed cells, figures without a caption,
table columns without a head, widgets whose state is missing.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

from .site_loads import Fault, foreign_in_page, foreign_in_script, foreign_in_style, refreshed, text

FILE_NAME = re.compile(r"^\S*(?:/\S*|\.(?:png|svg|jpe?g|gif|webp|avif))$", re.I)
WIDGET = "application/vnd.jupyter.widget-{}+json"
LEFT_BEHIND = re.compile(r"model not found|error displaying widget|error creating widget", re.I)


@dataclass(frozen=True, order=True)
class Problem:
    """One fault of the site: where it is, what it is, and what mends it."""

    page: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.page}: {self.what}\n    {self.todo}"


@dataclass(frozen=True)
class Page:
    """A page of the site, parsed when first needed."""

    path: Path

    @cached_property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.path.read_text("utf-8"), "html.parser")

    @cached_property
    def ids(self) -> Counter:
        return Counter(tag["id"] for tag in self.soup.find_all(id=True))


def check(site: Path) -> list[Problem]:
    """Every fault of a built site, page by page. Raises FileNotFoundError where there is no site."""
    site = Path(site).resolve()
    pages = {path: Page(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.relative_to(site).parts}
    if not pages:
        raise FileNotFoundError(f"no site at {site}: build it with `make book`")
    found = []
    for page in pages.values():
        faults = [*_links(page, pages, site), *_ids(page), *_pictures(page), *foreign_in_page(page.soup)]
        faults += [*_failed_cells(page), *_captions(page), *_heads(page), *_widgets(page)]
        found += [Problem(page.path.relative_to(site).as_posix(), *fault) for fault in faults]
    for pattern, rule in (("*.css", foreign_in_style), ("*.js", foreign_in_script)):
        for path in sorted(site.rglob(pattern)):
            name = path.relative_to(site).as_posix()
            found += [Problem(name, *fault) for fault in rule(path.read_text("utf-8", errors="replace"))]
    return sorted(set(found))


def _links(page: Page, pages: dict[Path, Page], site: Path) -> Iterator[Fault]:
    """Links and loads inside the site: the file is there, and so is the anchor."""
    for url in _addresses(page.soup):
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            continue
        target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
        target = target / "index.html" if target.is_dir() else target
        anchor = unquote(parts.fragment)
        if not target.is_relative_to(site):
            yield f"link {url} leads out of the site", "link to a page of the book, or to a full address"
        elif not target.is_file():
            yield f"dead link {url}", "correct the link, or add the file to the book"
        elif anchor and target in pages and not pages[target].ids[anchor]:
            yield f"no such anchor {url}", "correct the anchor, or give the place a label"


def _addresses(soup: BeautifulSoup) -> Iterator[str]:
    for name in ("href", "src", "data", "poster"):
        yield from (text(tag, name).strip() for tag in soup.select(f"[{name}]:not(base)"))
    yield from refreshed(soup)


def _ids(page: Page) -> Iterator[Fault]:
    for name, count in page.ids.items():
        if count > 1:
            yield f"the id {name!r} stands {count} times", "rename the labels or headings so that each id is there once"


def _pictures(page: Page) -> Iterator[Fault]:
    """Alternative texts. Sphinx writes a picture's own path where there is none, which says nothing to anyone."""
    for image in page.soup.find_all("img"):
        said = text(image, "alt").strip()
        unseen = image.get("role") == "presentation" or image.find_parent(attrs={"aria-hidden": "true"})
        decoration = image.get("alt") == "" and unseen
        if not decoration and (not said or FILE_NAME.match(said)):
            shown = f"has a file name for a text: {said!r}" if said else "has no alternative text"
            todo = 'say in words what it shows: `:alt:`, or in a cell\'s metadata `"mystnb": {"image": {"alt": "…"}}`'
            yield f"picture {text(image, 'src')[:80]} {shown}", todo
    for svg in page.soup.select("article svg"):
        hidden = svg.get("aria-hidden") == "true" or svg.find_parent(attrs={"aria-hidden": "true"})
        hidden = hidden or svg.find_parent(attrs={"role": "img", "aria-label": re.compile(r"\S")})
        own = svg.find(["title", "desc"]) or svg.get("aria-label") or svg.get("aria-labelledby")
        if not (hidden or own or svg.find_parent(["button", "summary", "svg"])):
            yield f"drawing {str(svg)[:60]}… has no title", "give it a <title> or an aria-label, or aria-hidden"


def _failed_cells(page: Page) -> Iterator[Fault]:
    for output in page.soup.select(".cell_output .traceback, .cell_output .stderr"):
        last = output.get_text().strip().splitlines()[-1:] or [""]
        yield f"a cell failed or complained: {last[0][:100]}", "mend the cell; a page shows neither errors nor warnings"
    for output in page.soup.select(".cell_output"):
        if "Traceback (most recent call last)" in output.get_text() and not output.select(".traceback, .stderr"):
            yield "a cell's output holds a traceback", "mend the cell, or show the error without its traceback"


def _captions(page: Page) -> Iterator[Fault]:
    for figure in page.soup.select("article figure"):
        caption = figure.find("figcaption")
        if caption is None or not caption.get_text().strip():
            name = figure.get("id") or str(figure)[:60]
            yield f"figure {name} has no caption", "write one sentence that says what to see in it"


def _heads(page: Page) -> Iterator[Fault]:
    for table in page.soup.select("article table"):
        heads = [head.get_text(" ", strip=True) for head in table.find_all("th")]
        if "" in heads:
            others = ", ".join(filter(None, heads))[:60]
            yield f"a table has a column without a head, beside {others}", "name the column"


def _widgets(page: Page) -> Iterator[Fault]:
    known = set()
    for block in page.soup.find_all("script", type=WIDGET.format("state")):
        known |= set(json.loads(block.string or "{}").get("state", {}))
    for block in page.soup.find_all("script", type=WIDGET.format("view")):
        model = json.loads(block.string or "{}").get("model_id")
        if model not in known:
            yield f"the state of widget {model} is not in the page", "execute the notebook and keep its widget state"
    for output in page.soup.select(".cell_output"):
        if remains := LEFT_BEHIND.search(output.get_text()):
            yield f"a widget left {remains[0]!r} behind", "keep a notebook's outputs and widget state together"
