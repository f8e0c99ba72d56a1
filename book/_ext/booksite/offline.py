"""Adds the book's own style, script and fonts to every page, and silences sphinx-thebe, which would call other hosts.

Thebe runs cells through Binder. The book's pages run without a kernel, so neither its loader nor its style is wanted;
Jupyter Book switches it on without asking, and has no setting to leave it out.
"""

import os

from docutils import nodes
from sphinx.errors import ExtensionError

from . import ASSETS

LICENCES = "_static/licences.txt"


def _prepare(app, config):
    """Take out sphinx-thebe's event handlers, and have the assets copied to `_static`."""
    silenced = 0
    for listeners in app.events.listeners.values():
        kept = [listener for listener in listeners if listener.handler.__module__ != "sphinx_thebe"]
        silenced += len(listeners) - len(kept)
        listeners[:] = kept
    if not silenced:
        raise ExtensionError("nothing of sphinx_thebe was silenced: mend or drop that in booksite/offline.py")
    config.html_theme_options.setdefault("navbar_persistent", [])  # else the theme shows a second search field
    config.html_static_path.append(os.path.relpath(ASSETS, app.confdir))  # no machine's path in .buildinfo


def _page(app, pagename, templatename, context, doctree):
    """Give a page the link to the licences and, where it has formulas, their style."""
    context["css_files"][:] = [css for css in context["css_files"] if "sphinx-thebe.css" not in str(css.filename)]
    link = f'<a href="{context["pathto"](LICENCES, 1)}">Licences of the fonts and software in these pages</a>'
    context["theme_extra_footer"] = f'{context.get("theme_extra_footer") or ""}<p class="book-licences">{link}</p>'
    if doctree is not None and next(doctree.findall(lambda n: isinstance(n, (nodes.math, nodes.math_block))), None):
        app.add_css_file("katex/katex.min.css")  # added here, it is for this page only


def setup(app):
    """Register the part."""
    app.add_css_file("book.css", priority=950)  # after every style of the theme
    app.add_js_file("book.js", loading_method="defer")
    app.connect("config-inited", _prepare)
    app.connect("html-page-context", _page, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
