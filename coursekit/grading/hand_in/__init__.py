"""From a student's folder to code cells in the released notebook's order: find, read, match, choose, assemble.

Everything here treats a hand-in as hostile text: nothing of it is run, links are not followed, sizes are bounded, and
what its metadata says is a claim. Tests, points and outputs never come from a hand-in.
"""

from . import assemble, choose, match, mend, read


def repair(cells: list[read.Cell], release) -> assemble.HandIn:
    """The student's text in the order of `release`, the released notebook (nbformat 4)."""
    slots = match.slots_of(release)
    cells, notes = mend.mend(cells, {slot.squeezed for slot in slots})
    matching = match.match(cells, slots)
    hand_in = assemble.assemble(matching, choose.choose(matching))
    hand_in.notes[:0] = dict.fromkeys(notes)
    return hand_in
