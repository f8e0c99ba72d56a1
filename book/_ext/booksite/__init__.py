"""The book's site: what Jupyter Book and its theme give, made self-contained, light and accessible.

One Sphinx extension in parts, each of which says in its first line what it is for. What the reader's browser gets
beside the theme's own files (style, fonts, the widget host) lies in `../assets` and is copied to `_static` as it is.
"""

from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "assets"
PARTS = ("generated", "offline", "katex", "citations", "numbers", "terms", "reader", "widgets", "plots", "tables",
         "cards", "labels", "head", "search", "take_away", "on_paper", "finish")


def setup(app):
    """Register all parts."""
    for part in PARTS:
        app.setup_extension(f"{__name__}.{part}")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
