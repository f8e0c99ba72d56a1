"""book/exercises.json: how the hidden tests judged the answers written for them. The one file that both halves share.

The teacher's build writes it, the public build reads it. It holds counts and digests only. What a reader sees besides
(titles, objectives, points) comes from the chapters, so that rewording one needs no private file.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from .errors import BookError
from .files import write_whole

NAME = "book/exercises.json"
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


def read(root: Path) -> dict[str, Measured]:
    """The chapters that were measured; none when there is no file."""
    path = root / NAME
    if not path.is_file():
        return {}
    try:
        return {name: _measured(entry) for name, entry in json.loads(path.read_text("utf-8")).items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BookError(NAME, f"is not what `make course` writes ({error})", "restore it, or " + TODO) from None


def write(root: Path, record: dict[str, Measured]) -> None:
    """Replace the file in one step."""
    write_whole(root / NAME, dumps(record))


def dumps(record: dict[str, Measured]) -> str:
    """The file's text, the same for the same record."""
    return json.dumps({name: asdict(entry) for name, entry in record.items()}, indent=1, sort_keys=True) + "\n"


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
