"""A wrong answer written as the edits that make it from a right one: lines that go, lines that come.

# %% wrong mistake="Subtracts." from="by adding"
# -     return x + x
# +     return x - x
"""

from dataclasses import dataclass, field

from ..cells import SourceCell
from ..errors import BookError

OLD, NEW = "# -", "# +"


@dataclass
class Edit:
    """Some old lines, what stands in their place, and where in its file the edit begins."""

    where: str
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


def edited(cell: SourceCell, base: str) -> str:
    """The base with every edit of the cell made, from the first to the last.

    BookError, with its line, for an edit whose old lines do not stand together in the text exactly once.
    """
    lines = base.split("\n")
    for edit in _edits(cell):
        found = [i for i in range(len(lines)) if lines[i : i + len(edit.old)] == edit.old]
        if len(found) != 1:
            what = f"the old lines of this edit stand {len(found)} times in {cell.args['from']!r}"
            raise BookError(edit.where, what, "they must stand there together and once, indented as they are here")
        lines[found[0] : found[0] + len(edit.old)] = edit.new
    return "\n".join(lines)


def _edits(cell: SourceCell) -> list[Edit]:
    edits: list[Edit] = []
    last = ""
    for number, line in enumerate(cell.text.split("\n"), 1):
        kind, text = line[:3], line[4:]
        if line.strip() and (kind not in (OLD, NEW) or line[3:4].strip()):
            todo = f"a cell with from=… holds `{OLD} an old line` and `{NEW} a new line`, and nothing else"
            raise BookError(_at(cell, number), f"{line!r} is no line of an edit", todo)
        if kind == OLD and last != OLD:
            edits.append(Edit(_at(cell, number)))
        if kind == NEW and not last:
            raise BookError(_at(cell, number), "a new line comes without an old one", "say what it replaces")
        if line.strip():
            (edits[-1].old if kind == OLD else edits[-1].new).append(text)
        last = kind if line.strip() else ""
    return edits


def _at(cell: SourceCell, number: int) -> str:
    """Where a line of the cell stands in its file."""
    file, _, marker = cell.where.rpartition(", line ")
    return f"{file}, line {int(marker) + number}"
