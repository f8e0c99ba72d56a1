"""Keeps book/records: what the trials of a course build found, one file a chapter."""

from pathlib import Path

from .. import strength
from ..errors import BookError, Faults
from ..strength import MUTANTS, TODO, Counts, Measured, Mutated
from .exercises import Assignment
from .trial import Row


def found(root: Path, assignments: list[Assignment], rows: list[Row]) -> dict[str, Measured]:
    """The entries of the chapters that have graded exercises; what mutants gave stays while it is of these tests."""
    counts: dict[str, dict[str, Counts]] = {}
    for row in rows:
        counts.setdefault(row.chapter, {})[row.exercise] = Counts(row.right, row.wrong, row.caught_by_check)
    measured = [a for a in assignments if a.name in counts]
    return {a.name: Measured(*digests(root, a), counts[a.name], _mutated(root, a)) for a in measured}


def _mutated(root: Path, assignment: Assignment) -> Mutated | None:
    try:
        old = strength.read(root, {assignment.name}).get(assignment.name)
    except BookError:  # a file that this build replaces
        return None
    return old.mutated if old and old.mutated and old.mutated.tests == tests_digest(assignment) else None


def keep(root: Path, chosen: set[str] | None, new: dict[str, Measured]) -> None:
    """Write what a build of the `chosen` chapters (None: all) found; the records of others stay."""
    strength.write(root, new, gone=set(strength.kept(root) if chosen is None else chosen) - set(new))


def compare(root: Path, chosen: set[str] | None, new: dict[str, Measured]) -> None:
    """Stop with every chapter whose record says something else than a build of the `chosen` ones found."""
    old = strength.read(root, chosen)
    names = sorted(set(old) | set(new) if chosen is None else chosen)
    if faults := [fault for name in names if (fault := _difference(name, old.get(name), new.get(name)))]:
        raise Faults(faults)


def out_of_date(root: Path, assignments: list[Assignment]) -> list[BookError]:
    """What can be said without running anything: records whose digests are not those of the files."""
    old, faults = strength.read(root), []
    for assignment in assignments:
        graded = {e.name for e in assignment.exercises.values() if e.graded is not None}
        entry, name = old.get(assignment.name), assignment.name
        exercises = entry.exercises if entry else {}
        now = Measured(*digests(root, assignment), exercises, _mutated(root, assignment)) if graded else None
        if fault := _difference(name, entry, now):
            faults.append(fault)
        elif entry and set(entry.exercises) != graded:
            what = f"{name}: its exercises are {', '.join(sorted(graded))}"
            faults.append(BookError(strength.name(name), what, TODO))
    strangers = sorted(set(old) - {a.name for a in assignments})
    return faults + [fault for name in strangers if (fault := _difference(name, old[name], None))]


def digests(root: Path, assignment: Assignment) -> tuple[str, str]:
    """Of the public exercise cells of a notebook, and of all private files of its chapter together.

    One digest stands for whole files with all their tests and answers: nobody can guess these, so it confirms no guess.
    """
    cells = assignment.notebook.cells
    public = strength.public_digest(
        (e.name, e.points, cells[e.answer].source, cells[e.check].source if e.check is not None else "")
        for e in assignment.exercises.values()
    )
    return public, strength.digest(private_texts(root, assignment))


def tests_digest(assignment: Assignment) -> str:
    """Of all solutions and hidden tests of a chapter's graded exercises: what its mutants depend on."""
    halves = [assignment.halves[e.name] for e in assignment.exercises.values() if e.graded is not None]
    return strength.digest(text for half in halves for text in [half.solution.text, *(t.text for t in half.tests)])


def private_texts(root: Path, assignment: Assignment) -> list[str]:
    """The private files of a chapter, by name."""
    return [(root / assignment.halves[name].file).read_text("utf-8") for name in sorted(assignment.halves)]


def _difference(name: str, old: Measured | None, new: Measured | None) -> BookError | None:
    if old == new:
        return None
    if old is None or new is None:
        what = "is not measured yet" if old is None else "has a record, and no graded exercises"
    elif old.public != new.public or old.private != new.private:
        half = "public" if old.public != new.public else "private"
        what = f"is out of date: the {half} half of its exercises was changed after they were measured"
    elif old.exercises == new.exercises:
        what = f"{name} has mutants of other solutions or other hidden tests"
        return BookError(strength.name(name), what, MUTANTS.format(name))
    else:
        names = sorted(set(old.exercises) | set(new.exercises))
        told = [f"{n}: {old.exercises.get(n)}, now {new.exercises.get(n)}"
                for n in names if old.exercises.get(n) != new.exercises.get(n)]  # fmt: skip
        what = f"holds other counts than were found now ({'; '.join(told)})"
    return BookError(strength.name(name), f"{name} {what}", TODO)
