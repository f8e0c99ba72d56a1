"""The hand-in as it is run: code cells in the release's order, with the released tests and the student's text."""

from collections import defaultdict
from dataclasses import dataclass, field

from . import slices
from .choose import Answers
from .match import Matching


@dataclass(frozen=True)
class Step:
    """One code cell of the repaired notebook; the text of a "check" or "grade" step is always the release's."""

    kind: str  # "context", "answer", "check" or "grade"
    source: str
    exercise: str = ""
    mine: bool = False  # the student wrote or changed it


@dataclass
class HandIn:
    """A hand-in in the release's order, its answers by exercise, what a teacher should know, and what is doubtful.

    `whole` holds the cells in the student's own order, with all that the student wrote; `unsure` says what may have
    cost points, so that a human looks where some were lost.
    """

    steps: list[Step] = field(default_factory=list)
    whole: list[Step] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    doubts: dict[str, str] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)


def assemble(m: Matching, chosen: Answers) -> HandIn:
    """The steps, and all notes and doubts in the order in which a teacher reads them."""
    answers = {exercise: "\n\n".join(m.cells[i].source for i in cells) for exercise, cells in chosen.cells.items()}
    if _is_another_notebook(m):
        notes = ["this looks like another notebook than the assignment's"]
        doubts = dict.fromkeys(m.answer_slots, "this looks like another notebook")
    else:
        notes = [*_lost_metadata(m), *chosen.notes, *_spoilt_tests(m), *_moved(m)]
        doubts = {exercise: "; ".join(doubts) for exercise, doubts in chosen.doubts.items() if doubts}
    unsure = ["a cell held the marks of a merge (<<<<<<<)"] if any(cell.conflict for cell in m.cells) else []
    steps, whole = _steps(m, chosen, answers), _whole(m, chosen)
    return HandIn(steps, whole, answers, list(dict.fromkeys([*notes, *unsure])), doubts, unsure)


def _is_another_notebook(m: Matching) -> bool:
    """No exercise's name is defined and hardly anything of the lesson is there."""
    lesson = [i for i, slot in enumerate(m.slots) if slot.squeezed and not slot.test]
    there = sum(1 for i in lesson if any(j not in m.weak for j in m.cells_of.get(i, ())))
    return not m.definers and there < 0.2 * len(lesson)


# --- steps ------------------------------------------------------------------------------------------------------------


def _steps(m: Matching, chosen: Answers, answers: dict[str, str]) -> list[Step]:
    own = _own_cells(m, chosen)
    steps = [*own.get(-1, ())]
    for i, slot in enumerate(m.slots):
        if slot.kind == "answer":
            steps += _answer_steps(m, chosen, i, answers[slot.exercise])
        elif slot.kind == "context":
            steps.append(_lesson(m, i))
        elif slot.test:
            steps.append(Step(slot.kind, slot.source, slot.exercise))
        steps += own.get(i, ())
    return steps


def _own_cells(m: Matching, chosen: Answers) -> dict[int, list[Step]]:
    """The student's own code, by the slot that it follows (-1: it comes first)."""
    own: dict[int, list[Step]] = defaultdict(list)
    unused, mine, after = _released(m), set(m.own()), -1
    for i, cell in enumerate(m.cells):
        after = m.slot_of.get(i, after)
        if i in mine and i not in chosen.dropped and cell.squeezed not in unused:
            own[after].append(Step("context", cell.source, mine=True))
    return own


def _answer_steps(m: Matching, chosen: Answers, slot: int, answer: str) -> list[Step]:
    """An answer, and as context what else stands in cells that claim to be it."""
    exercise = m.slots[slot].exercise
    cells = chosen.cells[exercise]
    taken = {i for cells in chosen.cells.values() for i in cells} | chosen.dropped
    rest = [i for i in m.cells_of.get(slot, ()) if i not in taken]
    rest = [i for i in rest if m.cells[i].kind == "code" and m.cells[i].squeezed]
    at = cells[0] if cells else -1
    before = [Step("context", m.cells[i].source, mine=True) for i in rest if i < at]
    after = [Step("context", m.cells[i].source, mine=True) for i in rest if i > at]
    return [*before, Step("answer", answer, exercise, mine=True), *after]


def _lesson(m: Matching, slot: int) -> Step:
    """A lesson cell with the student's changes; the release's own text where it is deleted or the same."""
    released = m.slots[slot].source
    texts = (m.cells[i].source for i in m.cells_of.get(slot, ()))
    changed = next((text for text in texts if _tidy(text) != _tidy(released)), None)
    return Step("context", released if changed is None else changed, mine=changed is not None)


def _whole(m: Matching, chosen: Answers) -> list[Step]:
    """All code cells in the student's order, other tries included; deleted ones of the release where they stood."""
    deleted, after = defaultdict(list), -1
    for i, slot in enumerate(m.slots):
        if slot.kind == "context" and i not in m.cells_of:
            deleted[after].append(Step("context", slot.source))
        after = m.cells_of.get(i, [after])[-1]
    unused = _released(m)
    steps, own = deleted[-1], {i for i in m.own() if m.cells[i].squeezed not in unused}
    tests = {i: Step(slot.kind, slot.source, slot.exercise) for i, slot in enumerate(m.slots) if slot.test}
    answers = {i: exercise for exercise, cells in chosen.cells.items() for i in cells}
    for i, cell in enumerate(m.cells):
        at = m.slot_of.get(i, -1)
        released = m.slots[at].source if at >= 0 else ""
        if i in answers:
            steps.append(Step("answer", cell.source, answers[i], mine=True))
        elif i in own or (at >= 0 and cell.kind == "code" and _tidy(cell.source) != _tidy(released)):
            steps.append(Step("context", cell.source, mine=True))
        elif at >= 0 and m.slots[at].kind == "context":
            steps.append(Step("context", released))
        if at in tests:
            steps.append(tests.pop(at))
        steps += deleted.get(i, ())
    return [*steps, *tests.values()]


def _released(m: Matching) -> set[str]:
    """The tests and stubs: a copy of one is no code of the student's."""
    return {slot.squeezed for slot in m.slots if slot.test or slot.kind == "answer"}


def _tidy(source: str) -> list[str]:
    """The lines that hold something, indentation kept."""
    return [line.rstrip() for line in source.splitlines() if line.strip()]


# --- notes ------------------------------------------------------------------------------------------------------------


def _lost_metadata(m: Matching) -> list[str]:
    if m.claims or not (m.slot_of or m.definers):
        return []
    how = "by their ids" if m.by_metadata else "by what they define"
    return [f"nbgrader's metadata was lost; cells were matched {how}"]


def _spoilt_tests(m: Matching) -> list[str]:
    notes, deleted = [], []
    for i, slot in enumerate(m.slots):
        cells = [m.cells[j] for j in m.cells_of.get(i, ())] if slot.test else []
        if slot.test and not cells:
            deleted.append(slot.exercise)
        if any(cell.squeezed != slot.squeezed or cell.kind != "code" for cell in cells):
            notes.append(f"the test cell of `{slot.exercise}` was changed; the released one is used")
        if len(cells) > 1:
            notes.append(f"the test cell of `{slot.exercise}` is there {len(cells)} times; it is used once")
    tests = {slot.squeezed: slot.exercise for slot in m.slots if slot.test}
    for cell in (m.cells[i] for i in m.own()):
        if cell.squeezed in tests and slices.bound(cell.source) | slices.used(cell.source):
            notes.append(f"the test cell of `{tests[cell.squeezed]}` was copied; it is used once")
    if len(deleted) > 3:
        return [*notes, f"{len(deleted)} test cells were deleted; the released ones are used"]
    return notes + [f"the test cell of `{ex}` was deleted; the released one is used" for ex in deleted]


def _moved(m: Matching) -> list[str]:
    order = [slot for _, slot in sorted(m.slot_of.items()) if m.slots[slot].kind in ("context", "answer", "check")]
    order = [slot for slot in order if len(m.cells_of[slot]) == 1]
    return ["cells were moved; the released order is used"] if order != sorted(order) else []
