"""The page that shows teachers how the hidden tests judged the answers written for them."""

from dataclasses import astuple
from typing import NamedTuple

from .. import strength
from ..chapter import Chapter, Exercise, heading
from ..errors import BookError
from ..strength import MUTANTS, TODO, Counts, Measured, Tried, public_digest

INTRODUCTION = """\
# How strong the hidden tests are

A mark is worth as much as the tests behind it. Every graded exercise has visible tests, which stand in the chapter, and
hidden tests, which only the teacher's copy has. To try them we keep two kinds of answers to every exercise: right ones
that differ from each other, and wrong ones, each with a mistake that a student would make. `make course` gives all of
them to the tests. It stops unless every right answer earns full marks and every wrong one loses points, so the tables
count answers that passed this trial.

Nobody thinks of every mistake. So we also take each solution and make one small mistake in it at a time: a number one
too large, `<` for `<=`, a line left out, a search that gives up too early, digits or types lost, an input changed,
`train()` and `eval()` that make no difference. Such a **mutant** passes or fails the hidden tests like an answer. Some
behave exactly as the solution does; of the others at least 95 in 100 must be noticed. What the rest does otherwise is
outside the task, and the teacher's half says of each why.

**What to look at:** the two columns on wrong answers. Students see at once what the visible tests say, and mend what
these catch. The other wrong answers look right to whoever hands them in: only the hidden tests find them. Tell your
class that passing the visible tests does not promise full marks. A mistake that nobody here thought of may still get
through."""
HEAD = """\
| exercise | points | right answers accepted | wrong answers rejected | caught by visible tests too | \
mutants | noticed | behave as the solution | objective |
|---|--:|--:|--:|--:|--:|--:|--:|---|"""


class Row(NamedTuple):
    """An exercise, and what is known of its tests; `tried` is None where its mutants were not."""

    exercise: Exercise
    counts: Counts
    tried: Tried | None


def page(chapters: list[Chapter], record: dict[str, Measured]) -> str:
    """The whole page; a chapter whose numbers are missing or old says so."""
    out, told = [INTRODUCTION], []
    for chapter in chapters:
        if not graded(chapter):
            continue
        out.append(f"## [{chapter.short}](../notebooks/{chapter.stem}.ipynb)")
        if state := _state(chapter, record):
            out.append(f"These exercises are {state}.")
            continue
        rows = [Row(exercise, *_counts(record[chapter.stem], exercise.name)) for exercise in graded(chapter)]
        out += [_table(chapter, rows), _told(rows)]
        told.append(rows)
    if len(told) > 1:
        out += ["## All measured chapters", _told([row for rows in told for row in rows])]
    return "\n\n".join(out) + "\n"


def out_of_date(chapters: list[Chapter], record: dict[str, Measured]) -> list[BookError]:
    """Every chapter whose numbers are missing or older than its exercises, and every record that belongs to none."""
    listed = {chapter.stem: chapter for chapter in chapters if graded(chapter)}
    faults = [BookError(strength.name(stem), f"the exercises of {stem} are {state}", TODO)
              for stem, chapter in listed.items() if (state := _state(chapter, record))]  # fmt: skip
    for stem, chapter in listed.items():
        if not _state(chapter, record) and not all(_counts(record[stem], e.name)[1] for e in graded(chapter)):
            what = f"the mutants of {stem} were not tried since its solutions or hidden tests changed"
            faults.append(BookError(strength.name(stem), what, MUTANTS.format(stem)))
    strangers = sorted(set(record) - set(listed))
    what = "no chapter {} has graded exercises"
    return faults + [BookError(strength.name(stem), what.format(stem), TODO) for stem in strangers]


def graded(chapter: Chapter) -> list[Exercise]:
    """The exercises that earn points, in the order of the chapter."""
    return [exercise for exercise in chapter.exercises.values() if exercise.points]


def chapter_digest(chapter: Chapter) -> str:
    """What `strength.public_digest` gives for a chapter's source; its notebook gives the same."""
    return public_digest((e.name, e.points, e.cells["answer"].text, e.cells["check"].text)
                         for e in chapter.exercises.values())  # fmt: skip


def _state(chapter: Chapter, record: dict[str, Measured]) -> str:
    entry = record.get(chapter.stem)
    if entry is None:
        return "not measured yet"
    fits = entry.public == chapter_digest(chapter) and set(entry.exercises) == {e.name for e in graded(chapter)}
    return "" if fits else "measured, but the counts are out of date, since the exercises have changed"


def _counts(entry: Measured, name: str) -> tuple[Counts, Tried | None]:
    return entry.exercises[name], entry.mutated.exercises.get(name) if entry.mutated else None


def _table(chapter: Chapter, rows: list[Row]) -> str:
    lines = [HEAD]
    for exercise, counts, tried in rows:
        title = f"{chapter.exercise_number(exercise.name)} {heading(exercise.cells['task'].text)}"
        tries = astuple(tried) if tried else ("–",) * 3
        cells = [title, exercise.points, *astuple(counts), *tries, _objective(chapter, exercise)]
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _objective(chapter: Chapter, exercise: Exercise) -> str:
    keys = [key.strip() for key in exercise.objective.split(",")]
    return "; ".join(chapter.header["objectives"][key] for key in keys if key)


def _told(rows: list[Row]) -> str:
    """The sums in words, with what they mean."""
    points = sum(row.exercise.points for row in rows)
    right, wrong, caught = (sum(column) for column in zip(*(astuple(row.counts) for row in rows), strict=True))
    told = (
        f"Together: {_count(len(rows), 'graded exercise')}, {_count(points, 'point')}, {_count(right, 'right answer')} "
        f"accepted, {_count(wrong, 'wrong answer')} rejected. The visible tests catch {caught} of the wrong ones; "
        f"the other {wrong - caught} only the hidden tests find."
    )
    tried = [astuple(row.tried) for row in rows if row.tried]
    if len(tried) < len(rows):
        return told
    mutants, noticed, equivalent = (sum(column) for column in zip(*tried, strict=True))
    return f"{told} They notice {noticed} of {mutants - equivalent} mutants that do not behave as the solution does."


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
