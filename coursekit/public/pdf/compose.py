"""One document of all pages of the built site: cover, contents, then the pages in the book's order.

Ids get their page's name before them, and a link to a page of the site leads to its place in the document. What leads
to nothing that is printed, as a search page, is words only.
"""

import copy
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from ...errors import BookError

STYLE = Path(__file__).with_name("book.css")
NAMES = ("for", "headers", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns")  # they name ids
NOT_PRINTED = "script, template, noscript, form, .headerlink, .book-widget, .book-answer, .book-filter"
# names, punctuation, blanks of code have no colour of their own; each would be an element of the file's structure
PLAIN = ["n", "p", "w"]
UNKNOWN = "000"  # stands where a page's number is not known yet, as wide as one


@dataclass(frozen=True)
class Entry:
    """A line of the contents: its place in the document, its heading as HTML and as words, its depth."""

    place: str
    html: str
    words: str
    depth: int


@dataclass
class Page:
    """One page of the site, by its name without the ending: notebooks/05_shufflenet_v1."""

    name: str
    html: str

    @cached_property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.html, "html.parser")

    @cached_property
    def article(self) -> Tag:
        found = self.soup.select_one("article.bd-article")
        if found is None or found.select_one("h1") is None:
            raise BookError(f"{self.name}.html", "has no article with a heading", "build the site anew: `make book`")
        for tag in found.select(NOT_PRINTED):
            tag.decompose()
        for token in found.find_all("span", class_=PLAIN):
            if token.find_parent("pre"):
                token.unwrap()
        return found

    @cached_property
    def ids(self) -> set[str]:
        return {str(tag["id"]) for tag in self.article.select("[id]")}

    @property
    def place(self) -> str:
        """The id of the page in the document."""
        return self.name.replace("/", ".")

    def place_of(self, anchor: str) -> str:
        """The id in the document of an id of the page; the page's own, where there is none."""
        return f"{self.place}.{anchor}" if anchor in self.ids else self.place

    @cached_property
    def entries(self) -> list[Entry]:
        """The page's title and the headings of its sections; read before anything is renamed."""
        found = []
        for heading in self.article.select("h1, section > h2"):
            depth = int(heading.name[1])
            anchor = heading.find_parent("section", id=True)
            place = self.place if depth == 1 or anchor is None else self.place_of(str(anchor["id"]))
            html = re.sub(r'\s(?:id|href)="[^"]*"', "", heading.decode_contents())
            html = html.replace("<a ", "<span ").replace("</a>", "</span>")
            spoken = copy.copy(heading)
            for twin in spoken.select(".katex-mathml"):
                twin.decompose()
            found.append(Entry(place, html.strip(), " ".join(spoken.get_text().split()), depth))
        return found


@dataclass
class Cover:
    """What the first page says."""

    title: str
    author: str
    lines: list[str] = field(default_factory=list)  # HTML


@dataclass
class Part:
    """Pages under one heading of the table of contents; the first have none."""

    caption: str
    pages: list[Page]


def read(site: Path, parts: list[tuple[str, list[str]]]) -> list[Part]:
    """The pages of a site. BookError where one is not there."""
    def page(name: str) -> Page:
        path = site / f"{name}.html"
        if not path.is_file():
            raise BookError(f"{name}.html", "is in _toc.yml and not in the site", "build the site anew: `make book`")
        return Page(name, path.read_text("utf-8"))

    return [Part(caption, [page(name) for name in names]) for caption, names in parts]


def styles(pages: list[Page]) -> Iterator[tuple[str, str]]:
    """The style sheets of all pages, by their path in the site, with their medium, each once."""
    met = set()
    for page in pages:
        for link in page.soup.select('link[rel~="stylesheet"]'):
            path = inside(page, str(link.get("href", "")))
            if path and path not in met:
                met.add(path)
                yield path, str(link.get("media") or "all")


def inside(page: Page, url: str) -> str:
    """The path in the site of an address in a page; "" for one that leads elsewhere."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc or not parts.path:
        return ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page.name), unquote(parts.path)))
    return "" if path.startswith(("..", "/")) else path


class Document:
    """The whole document; `site` is the way from it to the site's files."""

    def __init__(self, cover: Cover, parts: list[Part], site: str):
        self.cover, self.parts, self.site = cover, parts, site
        self.pages = [page for part in parts for page in part.pages]
        self.by_path = {f"{page.name}.html": page for page in self.pages}
        self.styles = list(styles(self.pages))
        self._met: set[str] = set()
        self._before = [(page.entries, page.ids) for page in self.pages]  # read once, of the pages as they were
        self.bodies = [self._body(page) for page in self.pages]

    def html(self, numbers: dict[str, int]) -> str:
        """The document, with the numbers of the pages where the places of the contents are."""
        title, said = escape(self.cover.title), "".join(f"<p>{line}</p>" for line in self.cover.lines)
        sheets = [(escape(self.site + path), media) for path, media in self.styles]
        links = "".join(f'<link rel="stylesheet" href="{path}" media="{media}">' for path, media in sheets)
        heads = [f"#{_css(page.place)} {{ page: p{i} }}\n@page p{i} {{ @top-left {{ content: {_quoted(head)} }} }}"
                 for i, (page, head) in enumerate((page, page.entries[0].words) for page in self.pages)]  # fmt: skip
        style = "\n".join([STYLE.read_text("utf-8"), *heads])
        return (
            f'<!doctype html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
            f"<title>{title}</title>{links}<style>{style}</style></head>"
            f'<body><main class="bd-main"><div class="bd-content"><div class="bd-article-container">'
            f'<section class="pdf-cover"><h1>{title}</h1><p class="pdf-author">{escape(self.cover.author)}</p>'
            f'<div>{said}</div></section>'
            f'<nav class="pdf-contents" aria-label="Contents"><h1>Contents</h1>{self._contents(numbers)}</nav>'
            f"{''.join(self.bodies)}</div></div></main></body></html>"
        )

    def _contents(self, numbers: dict[str, int]) -> str:
        def line(entry: Entry) -> str:
            number = numbers.get(entry.place, UNKNOWN)
            return (f'<li class="pdf-depth{entry.depth}"><a href="#{escape(entry.place)}"><span>{entry.html}</span>'
                    f'<span class="pdf-number">{number}</span></a></li>')  # fmt: skip

        said = ""
        for part in self.parts:
            said += f"<h2>{escape(part.caption)}</h2>" if part.caption else ""
            said += f"<ul>{''.join(line(entry) for page in part.pages for entry in page.entries)}</ul>"
        return said

    def _body(self, page: Page) -> str:
        """An article with its ids, links and addresses made those of the document."""
        article = page.article
        for style in article.select("style"):
            if (text := style.get_text()) in self._met:
                style.decompose()
            else:
                self._met.add(text)
        for tag in article.find_all(True):
            self._rename(page, tag)
        article["id"] = page.place
        return str(article)

    def _rename(self, page: Page, tag: Tag) -> None:
        for name, value in list(tag.attrs.items()):
            if not isinstance(value, str):
                value = " ".join(value)
            if name == "id":
                tag[name] = page.place_of(value)
            elif name in NAMES:
                tag[name] = " ".join(map(page.place_of, value.split()))
            elif name in ("href", "xlink:href") and tag.name == "a":
                self._lead(page, tag, name, value)
            elif name in ("href", "xlink:href", "src", "poster", "data"):
                tag[name] = self._load(page, value)
            elif name == "srcset":
                choices = [choice.split() for choice in value.split(",")]
                tag[name] = ", ".join(" ".join([self._load(page, url), *size]) for url, *size in choices)
            elif name == "loading":  # what is loaded when it is scrolled to is not printed
                del tag[name]
            elif "url(" in value:
                tag[name] = re.sub(r"""url\((["']?)#([^)"']+)\1\)""", lambda m: f"url(#{page.place_of(m[2])})", value)

    def _lead(self, page: Page, tag: Tag, name: str, url: str) -> None:
        parts = urlsplit(url)
        own = not (parts.path or parts.scheme or parts.netloc)
        target = page if own else self.by_path.get(inside(page, url))
        if target:
            anchor = unquote(parts.fragment)
            tag[name] = f"#{target.place_of(anchor) if anchor else target.place}"
        elif not parts.scheme or parts.scheme == "file":
            del tag[name]
            tag.name = "span"

    def _load(self, page: Page, url: str) -> str:
        if url.startswith("#"):
            return f"#{page.place_of(unquote(url[1:]))}"
        path = inside(page, url)
        return self.site + path if path else url


def _css(name: str) -> str:
    """An id as a selector writes it."""
    return re.sub(r"([^\w-])", r"\\\1", name)


def _quoted(text: str) -> str:
    """Words as a string of a style sheet."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\3c ") + '"'
