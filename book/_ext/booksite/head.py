"""What others read of the book without opening it: icons, descriptions and previews of shared links, `sitemap.xml`; and
the page for addresses that are none.

Previews, canonical addresses and the sitemap need the site's own address, `html_baseurl`: where there is none, they
are left out rather than guessed. `404.html` works at any depth, where a server sends it, so its links begin at that
address' path; it holds all that it needs.
"""

import re
import textwrap
from html import escape, unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from docutils import nodes

from . import ASSETS, preview

LOST = Path(__file__).with_name("lost.html")
LONGEST = 200    # letters of a description
WHAT = "An interactive book: numbers computed, figures that move, claims checked."
REDIRECT = '<meta http-equiv="Refresh" content="0; url={page}" />\n'


def description(doctree: nodes.document) -> str:
    """The first words of a page that say something: a paragraph of its text, cut behind a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        above = paragraph.parent
        if isinstance(above, nodes.section) and len(text := " ".join(paragraph.astext().split())) > 40:
            return textwrap.shorten(text, LONGEST, placeholder=" …")
    return ""


def tags(title: str, book: str, words: str, address: str, page: str) -> str:
    """The head's lines for search engines and shared links; without an address of the site what needs none."""
    found = [("property", "og:type", "website"), ("property", "og:site_name", book), ("property", "og:title", title)]
    if words:
        found += [("name", "description", words), ("property", "og:description", words)]
    if address:
        found += [
            ("property", "og:url", urljoin(address, page)),
            ("property", "og:image", urljoin(address, "_static/preview.png")),
            ("property", "og:image:width", str(preview.SIZE[0])),
            ("property", "og:image:height", str(preview.SIZE[1])),
            ("property", "og:image:alt", f"{book}: three bars, each smaller than the one before"),
            ("name", "twitter:card", "summary_large_image"),
        ]
    return "".join(f'<meta {kind}="{name}" content="{escape(value)}" />\n' for kind, name, value in found)


def _page(app, pagename, templatename, context, doctree):
    words = description(doctree) if doctree is not None else ""
    path, book = context["pathto"], app.config.html_title
    title = unescape(re.sub("<[^>]+>", "", context.get("title") or book))
    icons = (
        f'<link rel="icon" href="{path("_static/favicon.ico", 1)}" sizes="32x32" />\n'
        f'<link rel="icon" href="{path("_static/favicon.svg", 1)}" type="image/svg+xml" />\n'
        f'<link rel="apple-touch-icon" href="{path("_static/touch-icon.png", 1)}" />\n'
    )
    address, page = app.config.html_baseurl, app.builder.get_target_uri(pagename)
    context["metatags"] = f"{context.get('metatags', '')}\n{icons}{tags(title, book, words, address, page)}"


def sitemap(address: str, pages: list[str]) -> str:
    """Every page of the book, for search engines."""
    lines = "".join(f"<url><loc>{escape(urljoin(address, page))}</loc></url>\n" for page in sorted(pages))
    head = '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{head}{lines}</urlset>\n"


def lost(book: str, address: str, front: str, pages: list[tuple[str, str]]) -> str:
    """The page for addresses that are none, with the book's own pages by address and title."""
    items = "".join(f'<li><a href="{escape(page)}">{escape(title)}</a></li>\n' for page, title in pages)
    base = urlsplit(address).path or "/"
    values = {"book": escape(book), "root": escape(base), "front": escape(front), "pages": items}
    text = LOST.read_text("utf-8")
    for name, value in values.items():
        text = text.replace(f"@@{name}@@", value)
    return text.replace("@@icon@@", _inline((ASSETS / "favicon.svg").read_text("utf-8")))


def _inline(svg: str) -> str:
    coded = {"#": "%23", '"': "'", "<": "%3C", ">": "%3E"}
    return "data:image/svg+xml," + "".join(coded.get(letter, letter) for letter in svg.strip())


def _finish(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    site, env, uri = Path(app.outdir), app.env, app.builder.get_target_uri
    book, address, root = app.config.html_title, app.config.html_baseurl, app.config.root_doc
    preview.write(site / "_static", book, WHAT)
    if address:
        (site / "sitemap.xml").write_text(sitemap(address, [uri(name) for name in env.found_docs]), "utf-8")
    pages = [(uri(name), env.titles[name].astext()) for name in _in_order(env) if name != root]
    (site / "404.html").write_text(lost(book, address, uri(root), pages), "utf-8")
    if root != "index":    # what the root's address shows until it has led on, and what a shared link to it tells
        head = tags(book, book, description(env.get_doctree(root)), address, "")
        text = f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8" /><title>{escape(book)}</title>\n' \
               f'{REDIRECT.format(page=uri(root))}{head}</head>\n' \
               f'<body><p><a href="{uri(root)}">{escape(book)}</a></p></body></html>\n'
        (site / "index.html").write_text(text, "utf-8")


def _in_order(env) -> list[str]:
    """The pages in the order of the book."""
    found, waiting = [], [env.config.root_doc]
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found.append(name)
            waiting = [*env.toctree_includes.get(name, []), *waiting]
    return found


def setup(app):
    """Register the part."""
    app.connect("html-page-context", _page)
    app.connect("build-finished", _finish, priority=800)    # before the pages are edited
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
