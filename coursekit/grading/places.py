"""Who handed something in for a chapter, and where it lies, also when the folder has another name or there is none.

No link is followed, the student's own folder included.
"""

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from .hand_in.find import plain_name, said

MOST = 1_000  # entries of one student's folder that are looked at
_NUMBER = re.compile(r"(?:chapter|chap|ch|week|assignment|exercise|hw|kapitel)?[ ._-]*0*(\d{1,3})", re.IGNORECASE)
_HANDED_IN = (".ipynb", ".ipynb.txt", ".ipynb.json", ".json", ".zip")


def handed_in(submitted: Path, chapter: str, chapters: Sequence[str]) -> dict[str, Path | tuple[str, str]]:
    """Everybody who has something in `submitted`: what of `chapter` can be looked into, a folder or a file.

    Else a status and what the teacher should know, "" where there is nothing of this chapter. `chapters` are all of
    the course. A name that is no text stands with its odd bytes written out.
    """
    try:
        with os.scandir(submitted) as listing:
            entries = sorted(listing, key=lambda entry: (_text(entry.name) != entry.name, entry.name))
    except FileNotFoundError:
        return {}
    found: dict[str, Path | tuple[str, str]] = {}
    for entry in entries:
        try:
            state = _state(entry, chapter, chapters)
        except OSError as error:
            state = "unreadable", f"the folder cannot be read: {error.strerror}"
        if state is not None:
            name = _text(entry.name)
            while name in found:
                name += "'"
            found[name] = state
    return found


def place(student: Path, chapter: str, chapters: Sequence[str]) -> Path | None:
    """The folder or file of one student that its name says is a chapter's; None where there is none. No link is one."""
    found = [entry for entry in _entries(student) if _meant(entry, chapters) == chapter]
    folders, files = ([e for e in found if e.is_dir(follow_symlinks=False) is folder] for folder in (True, False))
    likely = folders or sorted(files, key=lambda e: (len(e.name), e.name))
    return Path(likely[0].path) if likely else None


def _text(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _state(entry: os.DirEntry[str], chapter: str, chapters: Sequence[str]) -> Path | tuple[str, str] | None:
    """As in `handed_in`; None for what is no student's."""
    if _text(entry.name) != entry.name:
        return "unreadable", "the folder's name is no UTF-8, so no gradebook can hold it; rename it"
    hidden = entry.name.startswith(".")
    if not entry.is_dir(follow_symlinks=False):
        if hidden or (entry.is_file(follow_symlinks=False) and not entry.name.lower().endswith(_HANDED_IN)):
            return None
        if entry.is_symlink():
            return "missing", f"`{said(entry.name)}` is a link; links are not followed"
        return "missing", f"`{said(entry.name)}` is no student's folder; hand-ins lie in submitted/STUDENT/{chapter}"
    exact = Path(entry.path, chapter)
    try:
        mode = exact.lstat().st_mode
    except FileNotFoundError:
        if hidden:
            return None
        return place(Path(entry.path), chapter, chapters) or ("missing", _instead(entry.path, chapter, chapters))
    if stat.S_ISLNK(mode):
        return "missing", "the folder is a link; links are not followed"
    return exact if stat.S_ISDIR(mode) else ("missing", f"`{said(chapter)}` is no folder")


def _instead(folder: str, chapter: str, chapters: Sequence[str]) -> str:
    """What lies in a student's folder and names no chapter, where that of the chapter is not; "" for nothing."""
    with os.scandir(folder) as listing:
        entries = [entry for entry, _ in zip(listing, range(MOST), strict=False) if not _meant(entry, chapters)]
    names = sorted(f"`{said(entry.name)}`" for entry in entries if not entry.name.startswith("."))
    return f"there is no folder `{said(chapter)}`, but {', '.join(names[:3])}" if names else ""


def _meant(entry: os.DirEntry, chapters: Sequence[str]) -> str:
    """The chapter that the name of a folder or of a handed-in file says; "" for none."""
    if entry.is_symlink() or entry.name.startswith((".", "__")):
        return ""
    stem = entry.name
    if entry.is_file(follow_symlinks=False):
        ending = next((end for end in sorted(_HANDED_IN, key=len, reverse=True) if stem.lower().endswith(end)), None)
        if ending is None:
            return ""
        stem = stem[: -len(ending)]
    if number := _NUMBER.fullmatch(stem):
        meant = [name for name in chapters if (first := re.match(r"0*(\d+)", name)) and first[1] == number[1]]
    else:
        meant = [name for name in chapters if plain_name(name) in plain_name(stem)]
        meant = [name for name in meant if plain_name(name) == plain_name(stem)] or meant
    return meant[0] if len(meant) == 1 else ""


def _entries(folder: Path) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as listing:
            return sorted((entry for entry, _ in zip(listing, range(MOST), strict=False)), key=lambda entry: entry.name)
    except OSError:
        return []
