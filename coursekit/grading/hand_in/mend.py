"""Mends cells that an accident took apart: a cell that was split in two, one that a merge left in two versions."""

from dataclasses import replace

from . import slices
from .read import Cell

MOST_READ = 150_000  # characters of code that are read to find halves
MARKS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")  # of a merge: upper version, common ancestor, lower version, end


def mend(cells: list[Cell], released: set[str]) -> tuple[list[Cell], list[str]]:
    """The cells, and notes on what was done; texts of the release (`released`, squeezed) stay as they are."""
    notes: list[str] = []
    whole: list[Cell] = []
    left = MOST_READ
    for cell in map(_one_version, cells):
        left -= len(cell.source) if cell.kind == "code" else 0
        joined = _joined(whole[-1], cell, released) if whole and left >= 0 else None
        if joined:
            whole[-1] = joined
            notes.append("a cell that had been split in two was joined again")
        else:
            whole.append(cell)
    return whole, notes


def _one_version(cell: Cell) -> Cell:
    """Of a cell with the marks of a merge the lower version, or the upper one where only that is Python."""
    if cell.kind != "code" or MARKS[0] not in cell.source or slices.parses(cell.source):
        return cell
    versions: tuple[list[str], list[str]] = [], []
    at = -1  # the mark that was seen last; -1 outside of a conflict
    for line in cell.source.splitlines():
        mark = MARKS.index(line[:7]) if line[:7] in MARKS else -1
        if mark > at and (mark == 0) == (at < 0):
            at = -1 if mark == 3 else mark
            continue
        for version, place in zip(versions, (0, 2), strict=True):
            if at in (-1, place):
                version.append(line)
    upper, lower = map("\n".join, versions)
    taken = upper if slices.parses(upper) and not slices.parses(lower) else lower
    return replace(cell, source=taken, conflict=True)


def _joined(first: Cell, second: Cell, released: set[str]) -> Cell | None:
    """Both as one, where at least one of them is Python only together with the other."""
    if {first.kind, second.kind} != {"code"} or (second.grade_id and second.grade_id != first.grade_id):
        return None
    if any(c.squeezed in released or not c.squeezed or c.source.lstrip().startswith("%%") for c in (first, second)):
        return None
    if slices.parses(first.source) and slices.parses(second.source):
        return None
    text = f"{first.source}\n{second.source}"
    return replace(first, source=text, conflict=first.conflict or second.conflict) if slices.parses(text) else None
