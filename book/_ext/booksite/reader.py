"""Gives a page the scripts of its predictions, of links that move its figures, and of the ledger's filters, and their
style: only where it has some. What the build writes into a page for them is told from its class."""

from docutils import nodes

SCRIPTS = {
    "book-predict": "predict.js",
    "book-answer": "predict.js",
    "book-show": "show.js",
    "book-filter": "ledger.js",
}


def scripts(doctree) -> list[str]:
    """The scripts that a page needs."""
    raw = "".join(node.astext() for node in doctree.findall(nodes.raw))
    return sorted({script for name, script in SCRIPTS.items() if f'class="{name}"' in raw})


def _page(app, pagename, templatename, context, doctree):
    found = scripts(doctree) if doctree is not None else []
    for script in found:  # added here, they are for this page only
        app.add_js_file(script, loading_method="defer")
    if found:
        app.add_css_file("reader.css", priority=950)


def setup(app):
    """Register the part."""
    app.connect("html-page-context", _page, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
