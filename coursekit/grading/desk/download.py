"""What a learning platform's bulk download holds: a zip archive or its unpacked folder, read with limits.

Names of entries are only looked at here. What is not an ordinary file with a decent name is told and left out.
"""

import io
import os
import re
import stat
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import BookError
from ..hand_in.read import LARGEST_FILE, Unreadable, bytes_of

MOST_ENTRIES = 20_000  # of a download
LARGEST_TO_MEND = 1 << 30  # bytes of an archive whose names are no UTF-8 although it says so
MOST_LEVELS = 6

_SKIPPED = {"__macosx", ".ipynb_checkpoints", ".ds_store", "thumbs.db", "desktop.ini"}


class Refused(Exception):
    """One file that is not taken; the text says why."""


@dataclass(frozen=True)
class Entry:
    """One file of a download: its path in parts, when it was changed, and how to read it (raises Refused)."""

    parts: tuple[str, ...]
    when: tuple[int, ...]
    read: Callable[[], bytes]

    @property
    def shown(self) -> str:
        return shown("/".join(self.parts))


def shown(text: str) -> str:
    """A student's name or file as one short line that steers no terminal."""
    line = " ".join("".join(c if c.isprintable() else "?" for c in text.encode("utf-8", "replace").decode()).split())
    return line if len(line) <= 90 else f"{line[:60]}…{line[-28:]}"


def entries_of(path: Path) -> tuple[list[Entry], list[str]]:
    """The files of a download, and in words what is left out of it. BookError where it cannot be read at all."""
    try:
        if path.is_dir():
            found = list(_below(path))
        elif not path.exists():
            raise BookError(str(path), "is not there", "name the zip file that the platform gave, or its folder")
        else:
            found = list(_packed(_opened(path)))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, NotImplementedError) as error:
        what = f"is no zip archive that can be read ({shown(str(error))})"
        raise BookError(str(path), what, "download it once more; .rar, .7z or .tar have to be unpacked first") from None
    except Refused as error:
        raise BookError(str(path), str(error), "is it the right one?") from None
    except OSError as error:
        raise BookError(str(path), f"cannot be read: {error.strerror}", "") from None
    entries = [entry for entry in found if isinstance(entry, Entry) and not _by_the_way(entry)]
    return entries, [entry for entry in found if isinstance(entry, str)]


def inside(data: bytes) -> tuple[list[Entry], list[str]]:
    """The files of an archive that a student handed in, and what is left out of it. Raises Refused."""
    try:
        found = list(_packed(zipfile.ZipFile(io.BytesIO(data))))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, NotImplementedError, OSError) as error:
        raise Refused(f"it is no zip archive that can be read ({shown(str(error))})") from None
    entries = [entry for entry in found if isinstance(entry, Entry) and not _by_the_way(entry)]
    return entries, [entry for entry in found if isinstance(entry, str)]


def _by_the_way(entry: Entry) -> bool:
    """What systems leave in folders."""
    return any(part.lower() in _SKIPPED for part in entry.parts) or entry.parts[-1].startswith("._")


def _packed(archive: zipfile.ZipFile) -> Iterator[Entry | str]:
    infos = archive.infolist()
    if len(infos) > MOST_ENTRIES:
        raise Refused(f"holds {len(infos):,} files; at most {MOST_ENTRIES:,} are read")
    last = {info.filename: info for info in infos}  # of two with one name, the later is what every program unpacks
    for info in last.values():
        if not info.is_dir():
            yield _zipped(archive, info)


def _opened(path: Path) -> zipfile.ZipFile:
    """The archive; of one that calls names UTF-8 which are not, a copy in memory that does not say so."""
    try:
        return zipfile.ZipFile(path)
    except UnicodeDecodeError:
        if path.stat().st_size > LARGEST_TO_MEND:
            raise
    data = bytearray(path.read_bytes())
    end = data.rfind(b"PK\x05\x06")
    at, count = int.from_bytes(data[end + 16 : end + 20], "little"), int.from_bytes(data[end + 10 : end + 12], "little")
    for _ in range(count):
        if data[at : at + 4] != b"PK\x01\x02":
            break
        here = int.from_bytes(data[at + 42 : at + 46], "little")
        for flags in (at + 9, here + 7):
            if flags < len(data):
                data[flags] &= ~0x08
        at += 46 + sum(int.from_bytes(data[at + place : at + place + 2], "little") for place in (28, 30, 32))
    return zipfile.ZipFile(io.BytesIO(data))


def _zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry | str:
    name = _name_of(info)
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return f"`{shown(name)}`: {'a link' if stat.S_ISLNK(mode) else 'no ordinary file'}; these are not taken"
    parts = _parts(name)
    if isinstance(parts, str):
        return f"`{shown(name)}`: {parts}"

    def read() -> bytes:
        if info.flag_bits & 1:
            raise Refused("it is locked with a password")
        try:
            with archive.open(info) as file:
                data = file.read(LARGEST_FILE + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            ValueError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise Refused(f"it is damaged: {shown(str(error))}") from None
        if len(data) > LARGEST_FILE:
            raise Refused(f"it is larger than {LARGEST_FILE >> 20} MiB")
        return data

    return Entry(parts, info.date_time, read)


def _name_of(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: older programs write UTF-8, or Windows' letters, without saying so."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        raw = name.encode("cp437", "replace")
        try:
            name = raw.decode("utf-8")
        except UnicodeDecodeError:
            name = raw.decode("cp1252", "replace")
    return unicodedata.normalize("NFC", name)


def _parts(name: str) -> tuple[str, ...] | str:
    """The steps of a path; or in words why it is none that is taken."""
    name = name.replace("\\", "/")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        return "its name leads out of the download"
    if name.startswith("/") or re.match(r"[A-Za-z]:/", name):
        return "its name is a place on a disk"
    if "\0" in name or not parts:
        return "it has no decent name"
    return parts if len(parts) <= MOST_LEVELS else "it lies too deep in folders"


def _below(folder: Path) -> Iterator[Entry | str]:
    """The ordinary files of a folder; no link is followed."""
    todo: list[tuple[Path, tuple[str, ...]]] = [(folder, ())]
    seen = 0
    while todo:
        here, above = todo.pop(0)
        with os.scandir(here) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        for entry in entries:
            seen += 1
            if seen > MOST_ENTRIES:
                raise Refused(f"holds more than {MOST_ENTRIES:,} files")
            name = os.fsencode(entry.name).decode("utf-8", "replace")
            parts: tuple[str, ...] = (*above, unicodedata.normalize("NFC", name))
            if entry.is_symlink() or not (entry.is_dir() or entry.is_file()):
                what = "a link" if entry.is_symlink() else "no ordinary file"
                yield f"`{shown('/'.join(parts))}`: {what}; these are not taken"
            elif entry.is_file():
                changed = time.localtime(entry.stat().st_mtime)[:6]
                yield Entry(parts, changed, _reader(Path(entry.path)))
            elif len(parts) < MOST_LEVELS:
                todo.append((Path(entry.path), parts))


def _reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return bytes_of(path)
        except Unreadable as error:
            raise Refused(str(error)) from None

    return read
