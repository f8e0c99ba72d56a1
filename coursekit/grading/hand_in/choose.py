"""Which of the matched cells are the answer to each exercise, and what a teacher should know of that choice."""

from collections import defaultdict
from dataclasses import dataclass, field

from . import slices
from .match import Matching

SURE = 0.8  # an answer's cell that is less like the released one, and known by that alone, is doubted


@dataclass
class Answers:
    """The numbers of the cells that make up each answer. Only `choose` fills it."""

    cells: dict[str, list[int]] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)  # cells whose text is used nowhere as one of the student's own
    notes: list[str] = field(default_factory=list)
    doubts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def choose(m: Matching) -> Answers:
    """An answer to every exercise, empty where there is none."""
    out = Answers()
    for exercise, slot in m.answer_slots.items():
        out.cells[exercise] = _answer(m, out, exercise, slot)
    _note_merged(m, out)
    for exercise, slot in m.answer_slots.items():
        _doubt_other_definitions(m, out, exercise, slot)
        if any(m.cells[i].conflict for i in out.cells[exercise]):
            out.doubts[exercise].append("its cell held the marks of a merge (<<<<<<<); one version was taken")
    return out


def _answer(m: Matching, out: Answers, exercise: str, slot: int) -> list[int]:
    """The cells that are the answer to an exercise: none, one, or several that complete each other."""
    names, stub = m.slots[slot].names, m.slots[slot].squeezed
    claimed = [i for i in m.cells_of.get(slot, ()) if m.cells[i].squeezed]
    live = [i for i in claimed if m.cells[i].squeezed != stub]
    out.dropped.update(i for i in claimed if m.cells[i].squeezed == stub)
    defining = [i for i in live if m.definers.get(i, set()) & names]
    others = [i for i, found in m.definers.items() if found & names and i not in claimed]
    parts = [m.definers[i] & names for i in defining]
    if len(parts) > 1 and sum(map(len, parts)) == len(set().union(*parts)) and all(_is_python(m, i) for i in defining):
        out.notes.append(f"the answer to `{exercise}` stands in {len(parts)} cells")
        return defining
    if defining:
        return _completed(m, out, exercise, _last(m, out, exercise, defining), others, names)
    if others:
        return _from_elsewhere(m, out, exercise, live, others, names)
    if live:
        _doubt_weak(m, out, exercise, live[-1])
        return [_last(m, out, exercise, live)]
    if claimed:
        return claimed[:1]
    gone = "the answer cell is empty" if m.cells_of.get(slot) else "no answer was found; its cell was deleted"
    out.doubts[exercise].append(gone)
    return []


def _last(m: Matching, out: Answers, exercise: str, cells: list[int]) -> int:
    """The last of several answer cells; the others are dropped."""
    out.dropped.update(cells)
    if len({m.cells[i].squeezed for i in cells}) > 1:
        out.doubts[exercise].append(f"{len(cells)} different answer cells; the last one was taken")
    if m.cells[cells[-1]].kind != "code":
        out.notes.append(f"the answer cell of `{exercise}` had become text; it was read as code")
    return cells[-1]


def _completed(
    m: Matching, out: Answers, exercise: str, chosen: int, others: list[int], names: frozenset[str]
) -> list[int]:
    """The chosen cell with the student's own cells that define those of the exercise's names that it lacks."""
    parts, have = [chosen], m.definers[chosen] & names
    for i in reversed(others):
        more = m.definers[i] & names
        if i not in m.slot_of and not more & have and _is_python(m, i):
            parts.append(i)
            have |= more
    if len(parts) == 1 or not _is_python(m, chosen):
        return [chosen]
    out.dropped.update(parts)
    out.notes.append(f"the answer to `{exercise}` stands in {len(parts)} cells")
    rest = sorted(parts[1:])
    again = slices.bound(m.cells[chosen].source) & set().union(*(m.definers[i] for i in rest))
    return [chosen, *rest] if again else sorted(parts)  # a stub that is left over comes first


def _is_python(m: Matching, cell: int) -> bool:
    return cell in m.read and slices.parses(m.cells[cell].source)


def _from_elsewhere(
    m: Matching, out: Answers, exercise: str, live: list[int], others: list[int], names: frozenset[str]
) -> list[int]:
    own = [i for i in others if i not in m.slot_of] or others
    whole = [i for i in own if m.definers[i] & names == names] or own
    chosen = whole[-1]
    if len({m.cells[i].squeezed for i in whole}) > 1:
        out.doubts[exercise].append(f"{len(whole)} cells define it differently; the last one was taken")
    slot = m.slot(chosen)
    if slot is not None and slot.test:
        out.notes.append(f"the answer to `{exercise}` was found in the test cell of `{slot.exercise}`")
    elif slot is None and (live or m.by_metadata):
        out.notes.append(f"the answer to `{exercise}` was found in another cell than its own")
    if slot is None:
        out.dropped.update(whole)
    return _completed(m, out, exercise, chosen, [i for i in own if i != chosen], names)


def _doubt_weak(m: Matching, out: Answers, exercise: str, cell: int) -> None:
    ratio = m.weak.get(cell, 1.0)
    if ratio == 0.0:
        out.doubts[exercise].append("only the place of its cell shows that it is the answer")
    elif ratio < SURE:
        out.doubts[exercise].append(f"its cell was recognised by similarity alone ({ratio:.0%})")


def _note_merged(m: Matching, out: Answers) -> None:
    owners: dict[int, list[str]] = defaultdict(list)
    for exercise, cells in out.cells.items():
        for i in cells:
            owners[i].append(exercise)
    for i, exercises in owners.items():
        slot = m.slot(i)
        if len(exercises) > 1:
            out.notes.append(f"one cell holds the answers to {_listed(exercises)}")
        elif slot is not None and slot.kind == "answer" and slot.exercise != exercises[0]:
            out.notes.append(f"the answer to `{exercises[0]}` was found in the cell of `{slot.exercise}`")
        elif slot is not None and slot.kind == "context":
            out.notes.append(f"the answer to `{exercises[0]}` was found in a cell of the lesson")


def _listed(names: list[str]) -> str:
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}"


def _doubt_other_definitions(m: Matching, out: Answers, exercise: str, slot: int) -> None:
    chosen = out.cells[exercise]
    for name in sorted(m.slots[slot].names):
        here = {m.definition(i, name) for i in chosen if name in m.definers.get(i, ())}
        others = [i for i in m.definers if name in m.definers[i] and _is_another(m, out, i, slot, chosen)]
        if not here or out.doubts[exercise]:
            continue
        if len(others) > 30 or any(m.definition(i, name) not in here for i in others):
            out.doubts[exercise].append(f"`{name}` is also defined in another cell")


def _is_another(m: Matching, out: Answers, cell: int, slot: int, chosen: list[int]) -> bool:
    """Whether a cell's code stands beside the answer of a slot: neither part of it, nor a copy, nor a test."""
    if cell in chosen or cell in m.cells_of.get(slot, ()):
        return False
    place = m.slot(cell)
    return cell not in out.dropped if place is None else not place.test
