"""Numbers figures, tables, listings and equations by chapter: the third figure of 05_shufflenet_v1 is figure 5.3.

A chapter's number is the one that its file's name begins with, so that a book with gaps keeps its numbers. What stands
on another page is counted through that page.
"""

import re
from pathlib import PurePosixPath


def chapter(docname: str) -> tuple[int, ...]:
    """(5,) for notebooks/05_shufflenet_v1, () for a page that is no chapter."""
    match = re.match(r"(\d+)_", PurePosixPath(docname).name)
    return (int(match[1]),) if match else ()


def by_chapter(numbers: dict[str, dict[str, dict[str, tuple[int, ...]]]]) -> None:
    """Rewrite Sphinx's numbers, {page: {kind: {id: number}}}, in place."""
    for docname, kinds in numbers.items():
        for found in kinds.values():
            ordered = sorted(found, key=found.get)
            found |= {name: (*chapter(docname), place) for place, name in enumerate(ordered, 1)}


def _number(app, env):
    by_chapter(env.toc_fignumbers)
    return list(env.toc_fignumbers)


def setup(app):
    """Register the part."""
    app.connect("env-get-updated", _number, priority=900)  # after Sphinx's own count
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
