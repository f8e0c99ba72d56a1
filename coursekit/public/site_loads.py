"""Finds what a page, style sheet or script would fetch from another host. Links for a reader to follow are no fault."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

Fault = tuple[str, str]  # what is wrong, what to do
TODO = "keep a copy in the book: its pages ask nothing of any other host"
FETCHING_RELS = set(
    [
        "stylesheet",
        "preload",
        "modulepreload",
        "prefetch",
        "preconnect",
        "dns-prefetch",
        "icon",
        "apple-touch-icon",
        "manifest",
    ]
)
FETCHING_TAGS = {
    **dict.fromkeys(["script", "img", "source", "iframe", "embed", "video", "audio", "track", "input"], "src"),
    **{"object": "data", "image": "href", "use": "href"},
}
IN_STYLE = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])((?:https?:)?//[^"')\s]+)""", re.I)
CDN_HOSTS = [
    "jsdelivr.net",
    "unpkg.com",
    "cdnjs.cloudflare.com",
    "googleapis.com",
    "gstatic.com",
    "esm.sh",
    "esm.run",
    "skypack.dev",
    "jspm.io",
    "jspm.dev",
    "bootstrapcdn.com",
    "mathjax.org",
    "polyfill.io",
]
CDN = rf"(?:[\w.-]*\.)?(?:{'|'.join(map(re.escape, CDN_HOSTS))})"
FETCH = r"(?:\b(?:import|fetch|importScripts|Worker|WebSocket|EventSource)\s*\(|\bfrom\b|\bimport\b)"
IN_SCRIPT = (
    re.compile(rf"(?:https?:)?//{CDN}[^\s\"'`)\\]*", re.I),
    re.compile(rf"""{FETCH}\s*["'`]((?:https?:|wss?:)?//[^"'`]+)""", re.I),
)


def text(tag: Tag, name: str) -> str:
    """An attribute as it is written; "" where the tag has none."""
    value = tag.get(name) or ""
    return value if isinstance(value, str) else " ".join(value)


def is_foreign(url: str) -> bool:
    """Whether an address names a host."""
    parts = urlsplit(url.strip())
    return bool(parts.netloc) or parts.scheme in ("http", "https", "ws", "wss", "ftp")


def foreign_in_style(css: str) -> Iterator[Fault]:
    """Fetches in a style sheet."""
    for match in IN_STYLE.finditer(css):
        yield f"style loads {match[1]}", TODO


def foreign_in_script(js: str) -> Iterator[Fault]:
    """Addresses in a script that name a CDN, or that stand where something is fetched."""
    for pattern in IN_SCRIPT:
        for match in pattern.finditer(js):
            yield f"script names {match[match.lastindex or 0][:100]}", TODO


def foreign_in_page(soup: BeautifulSoup) -> Iterator[Fault]:
    """Fetches that a page makes by its elements, its inline styles and its inline scripts."""
    for url in _fetched(soup):
        if is_foreign(url):
            yield f"page loads {url[:100]}", TODO
    for tag in soup.find_all(style=True):
        yield from foreign_in_style(text(tag, "style"))
    for tag in soup.find_all("style"):
        yield from foreign_in_style(tag.string or "")
    for tag in soup.find_all("script"):
        yield from foreign_in_script(tag.string or "")


def _fetched(soup: BeautifulSoup) -> Iterator[str]:
    for name, attribute in FETCHING_TAGS.items():
        for tag in soup.find_all(name):
            yield from filter(None, (text(tag, key) for key in (attribute, f"xlink:{attribute}", "poster")))
            yield from (part.split()[0] for part in text(tag, "srcset").split(",") if part.split())
    for link in soup.find_all("link", href=True):
        if FETCHING_RELS & set(text(link, "rel").lower().split()):
            yield text(link, "href")
    yield from refreshed(soup)


def refreshed(soup: BeautifulSoup) -> Iterator[str]:
    """Where a page sends its reader by itself."""
    for meta in soup.find_all("meta", attrs={"http-equiv": re.compile("^refresh$", re.I)}):
        yield text(meta, "content").partition("=")[2].strip(" '\"")
