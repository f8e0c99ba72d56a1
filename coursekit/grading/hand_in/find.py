"""Which file of a student's folder is the notebook, and whether a folder is still as it was.

Nothing is opened but ordinary files that are not too large; no link is followed, the student's own folder included.
"""

import contextlib
import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .read import LARGEST_FILE, Unreadable, bytes_of

MOST_ENTRIES = 5_000  # of a hand-in's folder that are looked at
MOST_LEVELS = 3
MOST_BYTES = 64 << 20  # that its fingerprint covers; of larger files it covers size and time
MOST_FILES = 40  # of those that are read to choose one
LEFT_ASIDE = ", another version, was left aside"

_ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json", ".json")
_SKIPPED_FOLDERS = {".ipynb_checkpoints", "__macosx"}
_COPY_MARKS = re.compile(
    r"^(copy|copia|copie|kopie)[ _]+(of|de|von)[ _]+|[-_ ]+(copy|copia|copie|kopie)[-_ ]*\d*(?![^\W_])|\(\d{1,6}\)|"
    r"[-_ ]+final[-_ ]*\d*(?![^\W_])|^final[-_ ]+"
)
_NUMBER = re.compile(r"\((\d{1,6})\)|(?:copy|kopie|copia|copie)[ _-]*(\d{1,6})", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """The notebook of a hand-in: None when there is none. `doubt` is "" when it is surely the one meant.

    `others` are the files that may be meant if that one holds no answers, the likeliest first.
    """

    path: Path | None
    notes: tuple[str, ...] = ()
    doubt: str = ""
    others: tuple[Path, ...] = field(default=(), compare=False)


def find_notebook(folder: Path, name: str) -> Found:
    """The notebook `name` (no ending) that a student's folder for one assignment holds, under whatever name it has."""
    folder = Path(folder)
    exact = folder / f"{name}.ipynb"
    try:
        if stat.S_ISLNK(folder.lstat().st_mode):
            return Found(None, ("the folder is a link; links are not followed",))
        notes = _unusable(exact)
        files = [exact] if exact.is_file() and not notes else []
        files += [path for path in _some(_candidates(folder), MOST_FILES) if path != exact and _may_be_notebook(path)]
    except FileNotFoundError:
        return Found(None, ("nothing was handed in",))
    except (OSError, ValueError) as error:
        return Found(None, (f"the folder cannot be read: {said(getattr(error, 'strerror', None) or 'a faulty name')}",))
    if exact in files:
        return _exact(exact, files, name)
    if not files:
        return Found(None, (*notes, "no notebook was found"))
    return _renamed(folder, files, name, notes)


def said(text: object) -> str:
    """Text of a student as a note may show it: at most 60 characters of one line, none that steers a terminal."""
    line = "".join(c if c.isprintable() else " " for c in str(text)[:400])
    line = " ".join(line.split())
    return line if len(line) <= 60 else line[:59] + "…"


def _unusable(exact: Path) -> list[str]:
    try:
        mode = exact.lstat().st_mode
    except FileNotFoundError:
        return []
    if stat.S_ISLNK(mode):
        return [f"`{said(exact.name)}` is a link; links are not followed"]
    return [] if stat.S_ISREG(mode) else [f"`{said(exact.name)}` is no ordinary file"]


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What lies in a folder and below, three levels deep and 5,000 at most; no link is followed."""
    todo, left = [(os.fspath(folder), 1)], MOST_ENTRIES
    while todo and left:
        here, depth = todo.pop(0)
        try:
            with os.scandir(here) as listing:
                entries = sorted(_some(listing, left), key=lambda entry: entry.name)
        except OSError:
            if depth == 1:
                raise
            continue
        left -= len(entries)
        yield from entries
        if depth < MOST_LEVELS:
            inner = (e for e in entries if e.is_dir(follow_symlinks=False) and e.name.lower() not in _SKIPPED_FOLDERS)
            todo += [(entry.path, depth + 1) for entry in inner]


def _candidates(folder: Path) -> Iterator[Path]:
    """The files that may be notebooks."""
    for entry in _entries(folder):
        if _named_like_one(entry.name) and entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def fingerprint(folder: Path, *first: str) -> str:
    """A digest of what the grader may look at in a folder, of files named `first` before all others; or of a file."""
    digest, left = hashlib.sha256(), MOST_BYTES
    paths = [os.path.join(folder, name) for name in first]
    try:
        paths += [entry.path for entry in _entries(folder)]
    except NotADirectoryError:
        paths = [os.fspath(folder)]
    except OSError:
        pass
    for path in paths:
        with contextlib.suppress(OSError):
            status = os.lstat(path)
            what: list[object] = [os.path.relpath(path, folder), stat.S_IFMT(status.st_mode)]
            if stat.S_ISREG(status.st_mode):
                whole = status.st_size <= min(left, LARGEST_FILE)
                what += [status.st_size, _mark(path) if whole else status.st_mtime_ns]
                left -= min(left, status.st_size)
            digest.update(ascii(what).encode())
    return digest.hexdigest()


def _some(listing: Iterable, most: int) -> Iterator:
    for _, entry in zip(range(most), listing, strict=False):
        yield entry


def _named_like_one(name: str) -> bool:
    return not name.startswith(("._", ".~")) and name.lower().endswith(_ENDINGS)


def _may_be_notebook(path: Path) -> bool:
    """False for JSON files that hold something else; what is called a notebook counts as one, readable or not."""
    if ".ipynb" in path.name.lower():
        return True
    try:
        return any(word in bytes_of(path) for word in (b'"cells"', b'"worksheets"'))
    except Unreadable:
        return False


def _exact(exact: Path, files: list[Path], name: str) -> Found:
    mark = _mark(exact)
    others = [p for p in files if p != exact and _rank(p, name) == 2 and _mark(p) != mark]
    notes = [f"`{said(p.name)}`{LEFT_ASIDE}" for p in others[:3]]
    return Found(exact, tuple(notes), others=_others(exact, files, name))


def _renamed(folder: Path, files: list[Path], name: str, notes: list[str]) -> Found:
    best = max(_rank(path, name) for path in files)
    ranked = [path for path in files if _rank(path, name) == best]
    different: dict[object, Path] = {}
    for path in sorted(ranked, key=lambda path: (len(path.parts), len(path.name), path.name)):
        different.setdefault(_mark(path), path)
    path = max(different.values(), key=_newest)
    doubt = ""
    if len(different) > 1:
        doubt = f"{len(different)} different notebooks were handed in; the newest, `{said(path.name)}`, was taken"
    told = f"the notebook was found as `{said(path.relative_to(folder))}`"
    return Found(path, (*notes, told), doubt, _others(path, files, name))


def _others(taken: Path, files: list[Path], name: str) -> tuple[Path, ...]:
    files = [path for path in files if path != taken]
    return tuple(sorted(files, key=lambda path: (_rank(path, name), _newest(path)), reverse=True))


def _rank(path: Path, name: str) -> int:
    """How well a file's name fits: 2 the assignment's but for marks of a copy, 1 it is somewhere in it, 0 another."""
    file, wanted = plain_name(path.name), plain_name(name)
    return 2 if file == wanted else 1 if wanted and wanted in file else 0


def plain_name(name: str) -> str:
    """A file's name by its letters and digits alone, without its ending and marks of a copy."""
    name = unicodedata.normalize("NFKC", name).lower()
    ending = next((ending for ending in sorted(_ENDINGS, key=len, reverse=True) if name.endswith(ending)), "")
    name = name.removesuffix(ending).strip()
    while (shorter := _COPY_MARKS.sub("", name).strip()) != name:
        name = shorter
    return "".join(filter(str.isalnum, name))


def _newest(path: Path) -> tuple[int, int, str]:
    numbers = [int(a or b) for a, b in _NUMBER.findall(path.name)]
    try:
        changed = path.lstat().st_mtime_ns
    except OSError:
        changed = 0
    return max(numbers, default=0), changed, path.name


def _mark(path: Path | str) -> object:
    """Its contents, in short; of what cannot be read, its name."""
    try:
        return hashlib.sha256(bytes_of(path)).digest()
    except Unreadable:
        return path
