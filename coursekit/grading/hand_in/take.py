"""From what a student handed in to the notebook that is graded, and to the files that go with it."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from ...exercise_cells import grade_id
from . import repair
from .assemble import HandIn
from .beside import lay_out
from .find import LEFT_ASIDE, Found, find_notebook, said
from .read import Unreadable, read_cells, squeezed
from .unpack import unpack

MOST_TRIED = 10  # notebooks of one hand-in that are read to find the one with the answers
MOST_ARCHIVES = 3


@dataclass
class Taken:
    """What is graded. `hand_in` is None when `status` is "missing" or "unreadable"; `beside` lays out other files."""

    hand_in: HandIn | None = None
    notes: list[str] = field(default_factory=list)
    doubt: str = ""
    beside: str = ""
    status: str = "graded"


def take(place: Path, chapter: str, release, room: Path) -> Taken:
    """`place` is the student's folder for the chapter, or a single file; `room` an empty folder for archives."""
    found = _found(place, chapter, room)
    if found.path is None:
        return Taken(notes=list(found.notes), status="missing")
    stubs = {grade_id(cell): squeezed(cell.source) for cell in release.cells if grade_id(cell)}
    read: dict[Path, HandIn] = {}
    why = ""
    for path in (found.path, *found.others)[:MOST_TRIED]:
        try:
            hand_in = repair(read_cells(path), release)
        except Unreadable as error:
            why = why or str(error)
            continue
        if path == found.path or _answered(hand_in, stubs):
            read[path] = hand_in
        if path == found.path and _answered(hand_in, stubs):
            break
    solved = {path: hand_in for path, hand_in in read.items() if _answered(hand_in, stubs)}
    if not read:
        return Taken(notes=[*found.notes, why], status="unreadable")
    chosen = next(iter(solved or read))
    where = [f"it lay in the folder `{said(place.name)}`"] if place.is_dir() and place.name != chapter else []
    taken = Taken(read[chosen], [*where, *found.notes], found.doubt, lay_out(chosen, deep=chosen != place))
    if chosen != found.path:
        none = f"cannot be read ({why})" if why else "holds no answers"
        taken.notes = [*where, f"`{said(found.path.name)}` {none}; `{said(chosen.name)}` was taken"]
        many = len({tuple(hand_in.answers.values()) for hand_in in solved.values()})
        taken.doubt = f"{many} different notebooks hold answers; `{said(chosen.name)}` was taken" if many > 1 else ""
    else:
        read[chosen].unsure += [note for note in found.notes if note.endswith(LEFT_ASIDE)]
    return taken


def _answered(hand_in: HandIn, stubs: dict[str, str]) -> bool:
    return any(squeezed(text) not in ("", stubs[exercise]) for exercise, text in hand_in.answers.items())


def _found(place: Path, chapter: str, room: Path) -> Found:
    """The notebook: in the folder, or in an archive there; or the single file, or what it packs."""
    try:
        single = stat.S_ISREG(place.lstat().st_mode)
    except OSError:
        single = False
    if single and not _is_archive(place.name):
        return Found(place, (f"the notebook was found as `{said(place.name)}`, outside of its folder",))
    found = Found(None) if single else find_notebook(place, chapter)
    if found.path is not None:
        return found
    archives = [place] if single else _archives(place)
    notes = list(found.notes) if not archives else []
    packed: list[Found] = []
    for number, archive in enumerate(archives):
        folder = room / str(number)
        folder.mkdir()
        try:
            unpack(archive, folder)
        except Unreadable as error:
            notes.append(f"`{said(archive.name)}`: {error}")
            continue
        inside = find_notebook(folder, chapter)
        note = f"the notebook was found in the archive `{said(archive.name)}`"
        if inside.path is not None:
            packed.append(Found(inside.path, (*inside.notes, note), inside.doubt, inside.others))
        else:
            notes.append(f"`{said(archive.name)}` holds no notebook")
    if not packed:
        return Found(None, tuple(notes))
    first, *more = packed
    doubt = first.doubt or (f"{len(packed)} archives hold a notebook; the newest was taken" if more else "")
    return Found(first.path, (*notes, *first.notes), doubt, first.others)


def _is_archive(name: str) -> bool:
    return name.lower().endswith(".zip") and not name.startswith(".")


def _archives(folder: Path) -> list[Path]:
    """The zip archives of a folder, the newest first."""
    try:
        with os.scandir(folder) as listing:
            files = [entry for entry, _ in zip(listing, range(1_000), strict=False) if _is_archive(entry.name)]
            files = [entry for entry in files if entry.is_file(follow_symlinks=False)]
            files.sort(key=lambda entry: (entry.stat(follow_symlinks=False).st_mtime_ns, entry.name), reverse=True)
    except OSError:
        return []
    return [folder / entry.name for entry in files[:MOST_ARCHIVES]]
