"""Finds the exercises of the public notebooks and pairs them with their private halves."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from ..errors import BookError, Faults
from ..exercise_cells import exercises_in, grading
from ..project import CHAPTERS, NOTEBOOKS
from .answers import PrivateHalf, read_private

LEAST_RIGHT, LEAST_WRONG = 2, 5


@dataclass(frozen=True)
class Public:
    """Where one exercise stands in its notebook; `graded` is None and `points` 0 for practice."""

    name: str
    where: str
    answer: int
    check: int | None
    graded: int | None
    points: float


@dataclass
class Assignment:
    """One chapter: its public notebook, the exercises in it, their private halves by name; and what else is public."""

    name: str
    notebook: nbformat.NotebookNode
    exercises: dict[str, Public]
    halves: dict[str, PrivateHalf]
    others: tuple[nbformat.NotebookNode, ...] = ()


def read_assignments(root: Path, chapters: list[str] | None = None) -> list[Assignment]:
    """The chapters that have exercises, each complete on both sides; otherwise every fault that was found."""
    private = root / "course" / "exercises"
    if not private.is_dir():
        todo = "the teacher's half is kept apart from the public one: to build the course, put it at course/"
        raise BookError("course/exercises", "is not here", todo)
    folders = {path.name for path in private.iterdir() if path.is_dir()}
    names = sorted(folders | {path.stem for path in (root / CHAPTERS).glob("*.py")})  # other notebooks are a reader's
    public = {name: path for name in names if (path := root / NOTEBOOKS / f"{name}.ipynb").is_file()}
    faults: list[BookError] = []
    found = {name: _caught(faults, _read_public, path, root) for name, path in public.items()}
    found = {name: pair for name, pair in found.items() if pair}
    _refuse_duplicates(found, faults)
    chosen = _choose(chapters, sorted(public.keys() | folders))
    assignments = []
    for name in chosen:
        halves = {}
        for path in sorted((private / name).glob("*.py")):
            halves[path.stem] = _caught(faults, read_private, path, root)
        if name in found:
            notebook, exercises = found[name]
            _caught(faults, _refuse_stale, notebook, f"notebooks/{name}.ipynb", root)
            others = tuple(other for key, (other, _) in found.items() if key != name)
            assignments.append(Assignment(name, notebook, exercises, {k: h for k, h in halves.items() if h}, others))
            _pair(assignments[-1], set(halves), faults)
        elif halves and name not in public:
            where = f"course/exercises/{name}"
            what = f"there is no notebooks/{name}.ipynb"
            faults.append(BookError(where, what, "run `make notebooks`, or rename the folder"))
    if faults:
        raise faults[0] if len(faults) == 1 else Faults(faults)
    return [assignment for assignment in assignments if assignment.exercises]


def _caught(faults: list[BookError], read, *arguments):
    try:
        return read(*arguments)
    except BookError as error:
        faults.extend(getattr(error, "faults", [error]))
        return None


def _choose(asked: list[str] | None, there: list[str]) -> list[str]:
    """Chapter names; `05` stands for the chapter whose name begins with `05_`, unless one is called so."""
    chosen = []
    for one in asked if asked is not None else there:
        matches = [one] if one in there else [name for name in there if name.startswith(f"{one}_")]
        if len(matches) != 1:
            todo = f"there are {', '.join(there) or 'none'}"
            raise BookError(f"chapter {one!r}", f"matches {len(matches)} notebooks", todo)
        chosen += matches
    return chosen


def _read_public(path: Path, root: Path):
    name = path.relative_to(root).as_posix()
    try:
        notebook = nbformat.read(path, as_version=4)
        found = exercises_in(notebook.cells)
    except Exception as error:  # nbformat raises many kinds
        raise BookError(name, f"cannot be read as a notebook: {error}", "run `make notebooks`") from None
    exercises = {}
    for exercise, at in found.items():
        if not re.fullmatch(r"\w+", exercise):
            raise BookError(name, f"the exercise name {exercise!r} is not one word", "use letters, digits and `_`")
        check, graded = at.get("check"), at.get("grade")
        points = grading(notebook.cells[graded]).get("points", 0) if graded is not None else 0
        exercises[exercise] = Public(exercise, name, at["answer"], check, graded, points)
        if graded is not None and check is None:
            raise BookError(name, f"the exercise {exercise!r} is graded and has no check cell", "run `make notebooks`")
    return notebook, exercises


def _refuse_stale(notebook, name: str, root: Path) -> None:
    made = notebook.metadata.get("coursekit", {})
    source = root / made.get("source", "")
    if not made.get("source") or not source.is_file():
        raise BookError(name, f"its source {made.get('source')!r} is not here", "run `make notebooks`")
    if hashlib.sha256(source.read_bytes()).hexdigest() != made.get("source_sha256"):
        raise BookError(name, f"is older than {made['source']}", "run `make notebooks`")


def _refuse_duplicates(found: dict, faults: list[BookError]) -> None:
    first: dict[str, str] = {}
    for chapter, (_, exercises) in found.items():
        for name in exercises:
            if name in first:
                what = f"the exercise name {name!r} is taken by {first[name]}"
                where = f"notebooks/{chapter}.ipynb"
                faults.append(BookError(where, what, "names are unique in the course: rename one"))
            first.setdefault(name, f"notebooks/{chapter}.ipynb")


def _pair(assignment: Assignment, written: set[str], faults: list[BookError]) -> None:
    """Each graded exercise has its private half and the other way round, and they agree on the points."""
    folder = f"course/exercises/{assignment.name}"
    for name in sorted(written - set(assignment.exercises)):
        todo = f"rename the file, or write an exercise {name!r} into the chapter and run `make notebooks`"
        faults.append(BookError(f"{folder}/{name}.py", "has no public half", todo))
    for name, exercise in assignment.exercises.items():
        half = assignment.halves.get(name)
        if exercise.graded is not None and name not in written:
            what = f"is missing: {exercise.where} has the graded exercise {name!r}"
            todo = "write its solution, hidden tests, right and wrong answers"
            faults.append(BookError(f"{folder}/{name}.py", what, todo))
        elif half and exercise.graded is None and (half.tests or half.right or half.wrong):
            todo = "keep the solution only, or give the public check cell points=…"
            faults.append(BookError(half.file, "belongs to a practice exercise, which has no points", todo))
        elif half and exercise.graded is not None:
            faults += _too_little(exercise, half)


def _too_little(exercise: Public, half: PrivateHalf) -> list[BookError]:
    faults = []
    if half.points != exercise.points:
        what = f"its tests give {half.points:g} points, the public half says {exercise.points:g}"
        faults.append(BookError(half.file, what, "make the two agree"))
    for kind, answers, least in (("right", half.right, LEAST_RIGHT), ("wrong", half.wrong, LEAST_WRONG)):
        if len(answers) < least:
            what = f"has {len(answers)} {kind} answers, at least {least} are needed"
            faults.append(BookError(half.file, what, "they show that the hidden tests judge fairly"))
    return faults
