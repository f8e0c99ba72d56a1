"""Edits to finished pages: scripts a page does not need go, faults of the theme in accessibility are mended.

Every edit leaves a page that was edited before as it is. Each must find something in the site: the theme writes other
pages one day, and an edit that no longer fits them must not be lost without a word.
"""

import re
from collections.abc import Collection

from sphinx.errors import ExtensionError

SCRIPT = r'\s*<script\b[^>]*\bsrc="[^"]*{}(?:\?[^"]*)?"[^>]*>\s*</script>'
PRELOAD = r'\s*<link\b[^>]*\brel="preload"[^>]*>'  # the same file is asked for again at the page's end
COMMENT = re.compile(r"\s*<!--(?!\[if).*?-->", re.S)
CODE = re.compile(r"<(pre|script|style|textarea)\b.*?</\1>", re.S)

# scripts, and what a page holds when it needs them; None: wanted on no page
SCRIPTS = (
    ((r"scripts/fontawesome\.js",), None),  # 1.5 MB that draw what the icon fonts draw as well
    ((r"scripts/bootstrap\.js",), None),  # the one menu that needs it is in book.js
    ((r"searchtools\.js", r"language_data\.js", r"searchindex\.js"), None),  # Sphinx's search: the book has its own
    # they mark the words that Sphinx's search found, and name keys that this theme has names of its own for
    ((r"doctools\.js", r"sphinx_highlight\.js"), None),
    ((r"design-tabs\.js",), re.compile(r'class="sd-tab-set')),
    ((r"clipboard\.min\.js", r"copybutton\.js"), None),  # book.js copies code
    (
        (r"togglebutton\.js",),
        re.compile(r'class="(?:[^"]* )?(?:toggle|admonition(?: [^"]*)? dropdown|tag_hide\w*)[ "]'),
    ),
)

# what the theme writes, and what a screen reader and axe-core can use
BIBLIOGRAPHY = 'role="doc-biblioentry"'
NOTEBOOK = r'(<a href="[^"]+\.ipynb") target="_blank"(?=\s+class="btn btn-sm btn-download-notebook )'
FOLDED = (
    r'(<a class="[^"]*reference internal" href="[^"]*">([^<]*)</a><details[^>]*><summary)'
    r'(?=><span class="toctree-toggle")'
)
CITED = r'(<a class="reference internal" href="[^"]*" title="[^"]+?)\.? URL: [^"]*"'
WHERE = {  # each is written only where a page holds this
    CITED: ' URL: http', BIBLIOGRAPHY: 'class="citation"',
    NOTEBOOK: "btn-download-notebook", FOLDED: 'class="toctree-toggle"',
}  # fmt: skip
MENDS = (
    (CITED, r'\1."'),    # what one reads on pointing at a citation; the address stands in the list
    (r'(<i class="theme-switch[^>]*?)\s+title="[^"]*"', r'\1 aria-hidden="true"'),
    (r'<div id="pst-primary-sidebar"(?! role)', '<div id="pst-primary-sidebar" role="region" aria-label="Contents"'),
    (BIBLIOGRAPHY, 'role="listitem"'),      # a role that may not stand outside a doc-bibliography
    (FOLDED, r'\1 aria-label="Pages under \2"'),    # pages below a page, in the list of all
    (NOTEBOOK, r"\1 download"),            # a link of the theme's menus opens a tab, where some browsers show the file
    # without JavaScript the light palette, with it the right palette before the first paint
    (r'(<html[^>]*data-theme=)"auto"', r'\1"light"'),
    (r'localStorage\.getItem\("theme"\) \|\| "auto"',
     'localStorage.getItem("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")'),
)  # fmt: skip


def drop_scripts(html: str) -> str:
    """The page without the scripts, preloads and comments that do nothing for it."""
    for names, sign in SCRIPTS:
        if sign is None or not sign.search(html):
            html = re.sub(SCRIPT.format(f"(?:{'|'.join(names)})"), "", html)
    html = re.sub(PRELOAD, "", html)
    return _outside_code(html, lambda part: COMMENT.sub("", part))


def _outside_code(html: str, edit) -> str:
    """Apply `edit` to the parts of a page that are not code, script or style."""
    parts, end = [], 0
    for block in CODE.finditer(html):
        parts += [edit(html[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*parts, edit(html[end:])])


def mend(html: str) -> str:
    """The page with the theme's accessibility faults mended."""
    for theirs, ours in MENDS:
        html = re.sub(theirs, ours, html)
    return html


def refuse_unmatched(site: Collection[str]) -> None:
    """Stop with every edit that finds nothing in the pages of a site, given as they were before any edit."""
    edits = [SCRIPT.format(name) for names, _ in SCRIPTS for name in names] + [PRELOAD, COMMENT]
    edits += [theirs for theirs, _ in MENDS if any(WHERE.get(theirs, "") in page for page in site)]
    lost = [edit for edit in edits if not any(re.search(edit, page) for page in site)]
    if lost:
        told = "\n".join(getattr(edit, "pattern", edit) for edit in lost)
        raise ExtensionError(f"the theme no longer writes what booksite/pages.py edits; mend or drop there\n{told}")
