"""The site's own search, in the place of Sphinx's and the theme's: made with the pages, asked in the reader's browser.

A page carries only what opens it, `open-search.js`. What finds and shows is `_static/search.js`: MiniSearch and the
files of `../assets/search` in one; what is found is `_static/search-words.js`, the sections of all pages. Both are
scripts, which a page may load from a folder too, and come when a reader asks for them.
"""

import json
import os
import re
from pathlib import Path

import yaml
from sphinx.errors import ExtensionError

from . import ASSETS, sections

HERE = Path(__file__).parent
SCRIPTS = ("minisearch", "words", "rank", "mark", "box")    # in this order, each makes use of those before
REMARK = re.compile(r"^[ \t]*/\*\*.*?\*/\n|^//# sourceMappingURL.*\n?", re.M | re.S)    # MiniSearch's account of itself
IDENTIFIER = re.compile(r"[^\W\d]\w{2,}")
# what is a list of what is said elsewhere, or asks what is answered elsewhere, comes behind that
LESSER_PAGES = {"book/claims": 0.2, "book/trace": 0.2, "book/exercises": 0.3, "book/references": 0.2}
LESSER_PARTS = re.compile(r"(?:You will be able|When to choose it|What was claimed|Predict|Exercises?)\b")


def script() -> str:
    """All that searches, as one script, without MiniSearch's remarks."""
    parts = [(ASSETS / "search" / f"{name}.js").read_text("utf-8") for name in SCRIPTS]
    return "\n".join([REMARK.sub("", parts[0]), *parts[1:]])


def groups() -> list[list[str]]:
    """Words that mean the same, of the field and of the book."""
    return yaml.safe_load((HERE / "other_names.yml").read_text("utf-8"))


def collect(pages: dict[str, str]) -> dict:
    """What there is to find, from pages by name: {pages: [[name, title]], sections: [...], groups}.

    A section is [page, anchor, kind, level, weight, title, titles above, other names, text, words of its code].
    """
    listed, found = [], []
    for name, html in sorted(pages.items()):
        parts = sections.cut(html)
        if not parts:
            continue
        listed.append([f"{name}.html", parts[0].title])
        for part in parts:
            names = sections.other_names(part.text) if part.kind == "term" else []
            code = " ".join(dict.fromkeys(IDENTIFIER.findall(part.code)))
            above = part.above[1:]    # the first is the page's title
            weight = LESSER_PAGES.get(name, 1) * (0.75 if LESSER_PARTS.match(part.title) else 1)
            place = [len(listed) - 1, part.anchor, part.kind, part.level, weight]
            found.append([*place, part.title, above, names, part.text, code])
    return {"pages": listed, "sections": found, "groups": groups()}


def write_script(static: Path) -> None:
    """Write what searches."""
    (static / "search.js").write_text(script(), "utf-8")


def write_words(static: Path, pages: dict[str, str]) -> None:
    """Write what there is to find. ExtensionError where the pages hold no section: then their form has changed."""
    found = collect(pages)
    if not found["sections"]:
        raise ExtensionError("no section was found in any page: mend booksite/sections.py")
    words = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    (static / "search-words.js").write_text(f"globalThis.bookSearchWords = {words};\n", "utf-8")


def _prepare(app, config):
    """Switch the theme's dialog off, and have our templates read before its own."""
    config.html_theme_options["disable_search"] = True
    config.templates_path.insert(0, os.path.relpath(HERE / "templates", app.confdir))


def _without_sphinxs_own(app):
    app.builder.search = False


def _pages(app):
    return [("search", {"title": "Search"}, "book-search.html")]


def setup(app):
    """Register the part. The scripts are written by `finish`, when the pages are what they will be."""
    app.add_js_file("open-search.js", loading_method="defer")
    app.connect("config-inited", _prepare)
    app.connect("builder-inited", _without_sphinxs_own)
    app.connect("html-collect-pages", _pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
