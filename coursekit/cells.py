"""Reads py:percent files whose cell markers may carry a role: `# %% answer exercise="unshuffle"`.

The word after `# %%` is the role, `key=value` pairs are its arguments; both halves of the book use the same syntax.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import jupytext
import yaml

from .errors import BookError


class Asked(NamedTuple):
    """An expression that is computed at a cell, beside those in its text; how it is written, where, and for whom."""

    text: str
    written: str
    where: str
    name: str


@dataclass
class SourceCell:
    """One cell as written: where it stands, what it is, its text."""

    kind: str  # "markdown" or "code"
    role: str  # "" for prose and lesson code
    text: str
    args: dict = field(default_factory=dict)
    where: str = ""  # "book/chapters/05_x.py, line 12"
    asks: list[Asked] = field(default_factory=list)
    added: str = ""  # what the build puts below the text

    def at(self, line: int) -> str:
        """The place of a line of the text, counted from 0."""
        name, _, first = self.where.rpartition(" ")
        return f"{name} {int(first) + 1 + line}"


def read_cells(path: Path, root: Path) -> tuple[dict, list[SourceCell]]:
    """The YAML header ({} when there is none) and the cells of one py:percent file."""
    name = path.relative_to(root).as_posix()
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise BookError(name, f"is not UTF-8 text ({error.reason})") from None
    try:
        nb = jupytext.reads(text, fmt="py:percent")
    except Exception as error:  # jupytext has no error class of its own
        raise BookError(name, f"cannot be read as py:percent: {error}") from None
    header, cells = {}, list(nb.cells)
    if cells and cells[0].cell_type == "raw":
        header = _header(cells.pop(0).source, name)
    lines = [i for i, line in enumerate(text.splitlines(), 1) if line.startswith("# %%")]
    if len(lines) != len(cells):
        raise BookError(name, "has text before its first cell marker", "start every cell with a line `# %%`")
    return header, [_cell(cell, f"{name}, line {line}") for cell, line in zip(cells, lines, strict=True)]


def _header(source: str, name: str) -> dict:
    try:
        header = yaml.safe_load(source.strip().strip("-"))
    except yaml.YAMLError as error:
        raise BookError(name, f"the header is not YAML: {error}") from None
    if not isinstance(header, dict):
        raise BookError(name, "the header is not a list of `key: value` lines")
    return header


def _cell(cell, where: str) -> SourceCell:
    if cell.cell_type not in ("markdown", "code"):
        raise BookError(where, f"a {cell.cell_type} cell is neither prose nor code", "use `# %%` or `# %% [markdown]`")
    args = {k: v for k, v in cell.metadata.items() if k not in ("title", "lines_to_next_cell", "cell_depth")}
    return SourceCell(cell.cell_type, cell.metadata.get("title", ""), cell.source, args, where)
