"""Where a student's hand-in for a chapter lies, also when the folder has another name or there is none."""

import os
import re
from pathlib import Path

from .hand_in.find import plain_name, said

MOST = 1_000  # entries of one folder that are looked at
_NUMBER = re.compile(r"(?:chapter|chap|ch|week|assignment|exercise|hw|kapitel)?[ ._-]*0*(\d{1,3})", re.IGNORECASE)
_HANDED_IN = (".ipynb", ".ipynb.txt", ".ipynb.json", ".zip")


def place(student: Path, chapter: str, chapters: list[str]) -> Path | None:
    """The folder or file of one student that its name says is a chapter's; None where there is none. No link is one."""
    found = [entry for entry in _entries(student) if _meant(entry, chapters) == chapter]
    folders, files = ([e for e in found if e.is_dir(follow_symlinks=False) is folder] for folder in (True, False))
    likely = folders or sorted(files, key=lambda e: (len(e.name), e.name))
    return Path(likely[0].path) if likely else None


def strays(submitted: Path, chapters: list[str]) -> list[str]:
    """What lies in `submitted` and belongs to nobody, or to no chapter: one line each, with what to do."""
    lines = []
    for entry in _entries(submitted):
        if entry.is_file(follow_symlinks=False) and entry.name.lower().endswith(_HANDED_IN):
            lines.append(f"`{said(entry.name)}` belongs to no student: move it into STUDENT/CHAPTER/")
        elif entry.is_dir(follow_symlinks=False):
            lines += [
                f"`{said(entry.name)}/{said(inner.name)}` names no chapter: move it into {said(entry.name)}/CHAPTER/"
                for inner in _entries(Path(entry.path))
                if (inner.is_dir(follow_symlinks=False) or inner.name.lower().endswith(_HANDED_IN))
                and not _meant(inner, chapters)
            ]
    return lines


def _meant(entry: os.DirEntry, chapters: list[str]) -> str:
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
