"""Which cell of a hand-in stands for which cell of the release.

By what its metadata claims, by its id, by its text; then by likeness and by its place. Who defines an exercise's names
is noted on the way.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from rapidfuzz.distance import Indel

from ...exercise_cells import exercises_in, grade_id, split
from . import slices
from .read import Cell, squeezed

MOST_READ = 150_000  # characters of code that are read as Python to see what they define
LEAST = 0.6  # of two cells that are alike
_PAIRS = 4_000  # of cells that are compared
_TOKENS = 200  # of a cell that are compared


@dataclass(frozen=True)
class Slot:
    """One cell of the release; `kind` is a Step's, or "text" for what is no code."""

    kind: str
    source: str
    exercise: str
    grade_id: str
    id: str
    names: frozenset[str]  # that its code defines

    @property
    def test(self) -> bool:
        return self.kind in ("check", "grade")

    @cached_property
    def squeezed(self) -> str:
        return squeezed(self.source)


@dataclass
class Matching:
    """Cells and slots by their numbers, and how they belong together. Only `match` fills it."""

    cells: list[Cell]
    slots: list[Slot]
    slot_of: dict[int, int] = field(default_factory=dict)
    cells_of: dict[int, list[int]] = field(default_factory=dict)
    weak: dict[int, float] = field(default_factory=dict)  # cells that only likeness or place matched, and how alike
    definers: dict[int, set[str]] = field(default_factory=dict)  # cells that define names of exercises, and which
    read: set[int] = field(default_factory=set)  # cells that were read as Python to see that
    claims: int = 0  # cells that their grade_id matched
    by_metadata: int = 0  # and those that their id matched besides

    @cached_property
    def answer_slots(self) -> dict[str, int]:
        return {slot.exercise: i for i, slot in enumerate(self.slots) if slot.kind == "answer"}

    def slot(self, cell: int) -> Slot | None:
        """The slot that a cell stands for."""
        return self.slots[self.slot_of[cell]] if cell in self.slot_of else None

    def own(self) -> list[int]:
        """The student's own code cells: they stand for no cell of the release."""
        return [i for i, c in enumerate(self.cells) if c.kind == "code" and i not in self.slot_of and c.squeezed]

    def definition(self, cell: int, name: str) -> str:
        """The text that defines a name in a cell, without its spaces; the whole cell where that cannot be told."""
        return _definition(self.cells[cell].source, name) if cell in self.read else self.cells[cell].squeezed


def slots_of(release) -> list[Slot]:
    """The cells of a released notebook (nbformat 4)."""
    exercises, slots = exercises_in(release.cells), []
    for cell in release.cells:
        kind, exercise = "text", ""
        if cell.cell_type == "code":
            exercise, kind = split(grade_id(cell))
            if exercise not in exercises or kind == "task":
                kind, exercise = "context", ""
        names = slices.bound(cell.source) if kind != "text" else ()
        mark = cell.get("id") or cell.metadata.get("id", "")
        slots.append(Slot(kind, cell.source, exercise, grade_id(cell), mark, frozenset(names)))
    return slots


def match(cells: list[Cell], slots: list[Slot]) -> Matching:
    """The places of the cells, surest signs first."""
    m = Matching(cells, slots)
    _by_claims(m)
    m.claims = len(m.slot_of)
    _by_ids(m)
    m.by_metadata = len(m.slot_of)
    _by_text(m)
    _find_definers(m)
    _by_likeness(m)
    _by_neighbours(m)
    return m


def _take(m: Matching, cell: int, slot: int, alike: float | None = None) -> None:
    m.slot_of[cell] = slot
    m.cells_of.setdefault(slot, []).append(cell)
    if alike is not None:
        m.weak[cell] = alike


def _fits(cell: Cell, slot: Slot) -> bool:
    """Whether a cell's metadata may be believed: prose that became code is the student's own code."""
    if slot.kind == "text":
        return cell.kind != "code" or cell.squeezed == slot.squeezed
    return slot.kind != "context" or cell.kind == "code"


def _by_claims(m: Matching) -> None:
    known = {slot.grade_id: i for i, slot in enumerate(m.slots) if slot.grade_id}
    for i, cell in enumerate(m.cells):
        slot = known.get(cell.grade_id)
        if slot is not None and _fits(cell, m.slots[slot]):
            _take(m, i, slot)


def _by_ids(m: Matching) -> None:
    known = {slot.id: i for i, slot in enumerate(m.slots) if slot.id}
    claimed: dict[int, list[int]] = defaultdict(list)
    for i, cell in enumerate(m.cells):
        slot = known.get(cell.id)
        if slot is not None and i not in m.slot_of and _fits(cell, m.slots[slot]):
            claimed[slot].append(i)
    for slot, cells in claimed.items():
        if m.slots[slot].kind == "answer" or m.slots[slot].test:
            for i in cells:
                _take(m, i, slot)
        elif slot not in m.cells_of:
            _take(m, next((i for i in cells if m.cells[i].squeezed == m.slots[slot].squeezed), cells[0]), slot)


def _by_text(m: Matching) -> None:
    free: dict[tuple[bool, str], list[int]] = defaultdict(list)
    for i, slot in reversed(list(enumerate(m.slots))):
        if i not in m.cells_of:
            free[slot.kind != "text", slot.squeezed].append(i)
    for i, cell in enumerate(m.cells):
        slots = free.get((cell.kind == "code", cell.squeezed))
        if i not in m.slot_of and slots and cell.squeezed:
            _take(m, i, slots.pop())


def _find_definers(m: Matching) -> None:
    """The student's code cells that define names of exercises; the release's own text does not count."""
    answers = [m.slots[i] for i in m.answer_slots.values()]
    stubs = {name: _definition(slot.source, name) for slot in answers for name in slot.names}
    released, left = {slot.squeezed for slot in m.slots}, MOST_READ
    for i, cell in enumerate(m.cells):
        slot = m.slot(i)
        answer = slot is not None and slot.kind == "answer"
        if (cell.kind != "code" and not answer) or cell.squeezed in released:
            continue
        if not any(name in cell.source for name in stubs):
            continue
        left -= len(cell.source)  # each is read until there are more of them than any honest notebook has
        if left >= 0:
            m.read.add(i)
        names = slices.bound(cell.source) if i in m.read else slices.names_at_line_starts(cell.source)
        names = {name for name in names & set(stubs) if not _untouched(m, i, name, stubs[name])}
        if slot is not None and not answer:
            names -= slot.names
        if names:
            m.definers[i] = names


def _untouched(m: Matching, cell: int, name: str, stub: str) -> bool:
    """Whether the cell defines the name as the released stub does."""
    return stub in m.cells[cell].squeezed and m.definition(cell, name) == stub


def _definition(source: str, name: str) -> str:
    if len(source) > 10_000:
        return squeezed(source)
    found = [statement.text for statement in slices.statements(source) if name in statement.stores]
    return squeezed("\n".join(found) or source)


# --- how alike --------------------------------------------------------------------------------------------------------


def _by_likeness(m: Matching) -> None:
    """Compares what is left, in order, within bounds; cells that define an exercise's names are left for it."""
    defined = set().union(*m.definers.values())
    wanted = [
        (i, slot.source, *_window(m, i))
        for i, slot in enumerate(m.slots)
        if slot.kind != "text" and i not in m.cells_of and not (slot.kind == "answer" and slot.names & defined)
    ]
    cells = [(i, m.cells[i].source) for i in m.own() if i not in m.definers]
    for i, slot, ratio in alike(cells, wanted):
        _take(m, i, slot, ratio)


def _window(m: Matching, slot: int) -> tuple[int, int]:
    """The cells between which a slot's cell stands, as its nearest matched neighbours tell; or all."""
    before = next((m.cells_of[i][-1] for i in range(slot - 1, -1, -1) if i in m.cells_of), -1)
    after = next((m.cells_of[i][0] for i in range(slot + 1, len(m.slots)) if i in m.cells_of), len(m.cells))
    return (before, after) if before < after else (-1, len(m.cells))


def alike(cells: list[tuple[int, str]], slots: list[tuple[int, str, int, int]]) -> Iterator[tuple[int, int, float]]:
    """Pairs (cell, slot, ratio) that are alike, each used once and in order; the work is bounded.

    `cells`: (number, source); `slots`: (number, source, and the numbers of the cells between which to look).
    """
    known: dict[int, list[str]] = {}
    last, pairs = -1, _PAIRS
    for slot, source, low, high in slots:
        wanted = _tokens(source)
        best, ratio = -1, 0.0
        for i, text in cells:
            if not max(low, last) < i < high or not pairs or not wanted:
                continue
            pairs -= 1
            if i not in known:
                known[i] = _tokens(text)
            likeness = Indel.normalized_similarity(wanted, known[i])  # 2 · common tokens, in order / all tokens
            if likeness >= LEAST and likeness > ratio:
                best, ratio = i, likeness
        if best >= 0:
            last = best
            yield best, slot, ratio


def _tokens(source: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", source[: 20 * _TOKENS])[:_TOKENS]


# --- by place ---------------------------------------------------------------------------------------------------------


def _by_neighbours(m: Matching) -> None:
    """An answer that nothing else shows: the only own cell between an exercise's prompt and its check."""
    defined = set().union(*m.definers.values())
    for slot in m.answer_slots.values():
        if slot in m.cells_of or m.slots[slot].names & defined:
            continue
        ends = [m.cells_of[i][0] for i in (slot - 1, slot + 1) if i in m.cells_of]
        if len(ends) == 2:
            own = [i for i in m.own() if ends[0] < i < ends[1] and i not in m.definers]
            if len(own) == 1:
                _take(m, own[0], slot, 0.0)
