"""Marks the cells of tables that hold nothing but a zero or a dash, so that `book.css` can set them quietly."""

import re

from docutils import nodes

NOTHING = re.compile(r"[−-]?0(?:[.,]0*)?\s*(?:%|ms|M)?|[–—]")


def _page(app, doctree):
    for entry in doctree.findall(nodes.entry):
        if NOTHING.fullmatch(entry.astext().strip()):
            entry["classes"].append("book-zero")


def setup(app):
    """Register the part."""
    app.connect("doctree-read", _page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
