"""Fills in pages that are made from all chapters, where they are not: a line `% made by MODULE` stands for the rest.

That module's function `generate` gives all such pages of a book by path. It lies beside `_config.yml`.
"""

import importlib
import re
import sys
from pathlib import Path

MARK = re.compile(r"^% made by ([\w.]+)$", re.M)


def _fill(app, docname, source):
    if not (mark := MARK.search(source[0])):
        return
    root = Path(app.srcdir)
    if str(root) not in sys.path:
        sys.path.append(str(root))
    source[0] = importlib.import_module(mark[1]).generate(root)[f"{docname}.md"]
    for pattern in ("chapters/*.py", "ledger/*.yml", "records/*.json"):
        for path in sorted((root / "book").glob(pattern)):
            app.env.note_dependency(str(path))


def setup(app):
    """Register the part."""
    app.connect("source-read", _fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
