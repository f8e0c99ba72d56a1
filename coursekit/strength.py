"""book/records/NN_name.json: how the hidden tests judged the answers written for them. All that both halves share.

One file a chapter: the teacher's build writes it, the public build reads it. It holds counts and digests only. What a
reader sees besides (titles, objectives, points) comes from the chapters, so that rewording one needs no private file.
"""

import hashlib
import json
from collections.abc import Container, Iterable
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from .errors import BookError
from .files import write_whole

RECORDS = "book/records"
TODO = "run `make course` (it needs the teacher's half) and commit the result"
MUTANTS = "run `python -m coursekit course --mutants {}` (it needs the teacher's half) and commit the result"


@dataclass(frozen=True)
class Counts:
    """Of one exercise: right answers, all accepted; wrong ones, all rejected; those that the visible tests catch."""

    right: int
    wrong: int
    caught: int


@dataclass(frozen=True)
class Tried:
    """Of one exercise: solutions with one small mistake, those noticed, those that behave as the solution does."""

    mutants: int
    noticed: int
    equivalent: int


@dataclass(frozen=True)
class Mutated:
    """The mutants of one chapter: a digest of the solutions and hidden tests, its exercises by name."""

    tests: str
    exercises: dict[str, Tried]


@dataclass(frozen=True)
class Measured:
    """One chapter: its exercises by name, and digests of the public and private texts that the counts come from.

    `mutated` is None where the mutants were not tried with the solutions and tests as they are.
    """

    public: str
    private: str
    exercises: dict[str, Counts]
    mutated: Mutated | None = None


def digest(texts: Iterable[str]) -> str:
    """Of texts in their order; where one ends and the next begins counts too."""
    return hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()[:16]


def public_digest(exercises: Iterable[tuple[str, float, str, str]]) -> str:
    """Of what students answer, as (name, points, answer cell, check cell) each; prompts do not count."""
    return digest(part for name, points, *cells in sorted(exercises) for part in (name, f"{points:g}", *cells))


def name(chapter: str) -> str:
    """The path of a chapter's record, from the root."""
    return f"{RECORDS}/{chapter}.json"


def kept(root: Path) -> list[str]:
    """The chapters that have a record."""
    return sorted(path.stem for path in (root / RECORDS).glob("*.json"))


def read(root: Path, chapters: Container[str] | None = None) -> dict[str, Measured]:
    """The records there are, of all chapters or of some."""
    return {chapter: _read(root, chapter) for chapter in kept(root) if chapters is None or chapter in chapters}


def _read(root: Path, chapter: str) -> Measured:
    try:
        return _measured(json.loads((root / name(chapter)).read_text("utf-8")))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        what = f"is not what `make course` writes ({error})"
        raise BookError(name(chapter), what, f"restore it, or {TODO}") from None


def write(root: Path, record: dict[str, Measured], gone: Iterable[str] = ()) -> None:
    """Replace the records of chapters, each in one step, and delete those of others."""
    for chapter, entry in record.items():
        write_whole(root / name(chapter), json.dumps(asdict(entry), indent=1, sort_keys=True) + "\n")
    for chapter in gone:
        (root / name(chapter)).unlink(missing_ok=True)


def _measured(entry: dict) -> Measured:
    exercises = {name: Counts(**counts) for name, counts in entry["exercises"].items()}
    mutated = entry.get("mutated")
    if mutated is not None:
        tried = {name: Tried(**counts) for name, counts in mutated["exercises"].items()}
        mutated = Mutated(**{**mutated, "exercises": tried})
    of_exercises = [*exercises.items(), *(mutated.exercises.items() if mutated else ())]
    if wrong := [name for name, counts in of_exercises if not _whole(counts)]:
        raise ValueError(f"counts of {wrong[0]}")
    if not all(isinstance(text, str) for text in (entry["public"], entry["private"], mutated.tests if mutated else "")):
        raise ValueError("digests")
    return Measured(**{**entry, "exercises": exercises, "mutated": mutated})


def _whole(counts: Counts | Tried) -> bool:
    """Whole numbers, and no part larger than what it is a part of."""
    values = astuple(counts)
    if not all(type(value) is int and value >= 0 for value in values):
        return False
    if isinstance(counts, Counts):
        return counts.caught <= counts.wrong
    return counts.noticed + counts.equivalent <= counts.mutants
