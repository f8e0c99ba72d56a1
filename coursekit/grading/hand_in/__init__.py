"""From a student's folder to code cells in the released notebook's order: find, read, match, choose, assemble.

Everything here treats a hand-in as hostile text: nothing of it is run, links are not followed, sizes are bounded, and
what its metadata says is a claim. Tests, points and outputs never come from a hand-in.
"""

from . import assemble, choose, match, read


def repair(cells: list[read.Cell], release) -> assemble.HandIn:
    """The student's text in the order of `release`, the released notebook (nbformat 4)."""
    matching = match.match(cells, match.slots_of(release))
    return assemble.assemble(matching, choose.choose(matching))
