"""book/records/NN_name.json: how the hidden tests judged the answers written for them. All that both halves share.

One file a chapter: the teacher's build writes it, the public build reads it. It holds counts and digests only. What a
reader sees besides (titles, objectives, points) comes from the chapters, so that rewording one needs no private file.
"""

import hashlib
import json
from collections.abc import Container, Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from .errors import BookError
from .files import write_whole

RECORDS = "book/records"
TODO = "run `make course` (it needs the teacher's half) and commit the result"


@dataclass(frozen=True)
class Counts:
    """Of one exercise: right answers, all accepted; wrong ones, all rejected; those that the visible tests catch."""

    right: int
    wrong: int
    caught: int


@dataclass(frozen=True)
class Measured:
    """One chapter: its exercises by name, and digests of the public and private texts that the counts come from."""

    public: str
    private: str
    exercises: dict[str, Counts]


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
    if wrong := [name for name, counts in exercises.items() if not _whole(counts)]:
        raise ValueError(f"counts of {wrong[0]}")
    if not all(isinstance(entry[key], str) for key in ("public", "private")):
        raise ValueError("digests")
    return Measured(**{**entry, "exercises": exercises})


def _whole(counts: Counts) -> bool:
    values = [getattr(counts, field.name) for field in fields(counts)]
    return all(type(value) is int and value >= 0 for value in values) and counts.caught <= counts.wrong
