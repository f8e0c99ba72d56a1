"""Readies the pages for paper: a style that is read for print alone, and the place for the link to the book as a PDF.

The place is empty and hidden. `coursekit pdf` fills it in every page once the file stands beside the site, so the link
is never dead.
"""

from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


def _prepare(app, config):
    """Put the place at the end of the bar beside the page, where the contents of the book are."""
    config.templates_path.append(str(TEMPLATES))
    config.html_theme_options.setdefault("primary_sidebar_end", ["book-pdf.html"])


def setup(app):
    """Register the part."""
    app.add_css_file("print.css", priority=960, media="print")  # after book.css
    app.connect("config-inited", _prepare)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
