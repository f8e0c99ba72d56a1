"""The cells of a notebook file, in format 3 or 4, however it was saved."""

import json
import os
import re
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LARGEST_FILE = 100 * 2**20  # bytes
LARGEST_NOTEBOOK = 20 * 2**20  # of those, bytes without outputs and attached pictures
MOST_CELLS = 2_000
MOST_SOURCE = 2**20  # characters in all, pictures in the text left out

_PICTURE = re.compile(r"data:[\w./+-]{1,80};base64,[A-Za-z0-9+/=]+")
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
_HEAVY = (b'"outputs"', b'"attachments"', b'"widgets"')
_VALUE = re.compile(rb"\s*:\s*[\[{]")
_MERGE = re.compile(r"^(<{7}|={7}|>{7})(\s|$)", re.MULTILINE)


class Unreadable(Exception):
    """The hand-in cannot be read as a notebook; the text says why."""


@dataclass(frozen=True)
class Cell:
    """One cell as handed in. `grade_id` and `id` are what its metadata claims, "" when it claims none."""

    kind: str  # "code", "markdown" or "raw"
    source: str
    grade_id: str = ""
    id: str = ""
    conflict: bool = False  # a merge had left two versions in it; this is one of them

    @cached_property
    def squeezed(self) -> str:
        return squeezed(self.source)


def squeezed(source: str) -> str:
    """A text without its line breaks and doubled spaces; cells that differ in these alone are the same."""
    return " ".join(source.split())


def read_cells(path: Path) -> list[Cell]:
    """The cells of a notebook in format 3 or 4, however it was saved. Raises Unreadable."""
    data = bytes_of(path)
    if len(data) > LARGEST_NOTEBOOK:
        data = _without_outputs(data)
    if len(data) > LARGEST_NOTEBOOK:
        raise Unreadable("the file is larger than 20 MiB, its outputs left out")
    notebook = _json(_text(data))
    cells = _raw_cells(notebook)
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"the notebook has {len(cells):,} cells; at most {MOST_CELLS:,} are read")
    cells = [_cell(cell) for cell in cells if isinstance(cell, dict)]
    if sum(len(cell.source) for cell in cells) > MOST_SOURCE:
        raise Unreadable("the notebook holds more than 1 MiB of text in its cells")
    return cells


def bytes_of(path: Path | str, largest: int = LARGEST_FILE) -> bytes:
    """The bytes of an ordinary file; no link, pipe or device is opened, nor waited for."""
    try:
        _refuse_if_odd(os.lstat(path), largest)
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _refuse_if_odd(os.fstat(handle), largest)  # again: the name may have come to mean another file
            with open(handle, "rb", closefd=False) as file:
                return file.read(largest)
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        raise Unreadable(f"the file cannot be read: {getattr(error, 'strerror', None) or 'a faulty name'}") from None


def _refuse_if_odd(status: os.stat_result, largest: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("it is a link" if stat.S_ISLNK(status.st_mode) else "it is no ordinary file")
    if status.st_size > largest:
        raise Unreadable(f"the file is larger than {f'{largest >> 20} MiB' if largest >> 20 else f'{largest:,} bytes'}")


def _without_outputs(data: bytes) -> bytes:
    """JSON with outputs, attached pictures and the states of widgets emptied: nothing of them is graded."""
    parts, at = [], 0
    tokens = _TOKEN.finditer(data)
    for token in tokens:
        heavy = token.end() - token.start() < 16 and token[0] in _HEAVY
        if not heavy or not (opens := _VALUE.match(data, token.end())):
            continue
        depth = 0
        for inner in tokens:
            sign = data[inner.start() : inner.start() + 1]
            depth += (sign in (b"[", b"{")) - (sign in (b"]", b"}"))
            if not depth:
                parts.append(data[at : opens.end()])
                at = inner.end() - 1
                break
    return b"".join([*parts, data[at:]])


def _text(data: bytes) -> str:
    if not data.strip(b" \t\r\n\0"):
        raise Unreadable("the file is empty")
    for start, what in ((b"PK\x03\x04", "a zip archive"), (b"\x1f\x8b", "a gzip archive"), (b"%PDF", "a PDF file")):
        if data.startswith(start):
            raise Unreadable(f"it is {what}, not a notebook")
    return decoded(data)


def decoded(data: bytes) -> str:
    """Text in any Unicode, with or without a mark of its byte order. Raises Unreadable."""
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8 text") from None
    return text.lstrip("\ufeff")


def _json(text: str) -> object:
    stripped = text.strip()
    if stripped.startswith("<") and not _MERGE.match(stripped):
        raise Unreadable("it is a web page, not a notebook")
    try:
        return json.loads(text)
    except (RecursionError, MemoryError):
        raise Unreadable("its JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise Unreadable(_why_no_json(text, stripped, error)) from None
    except ValueError:
        raise Unreadable("its JSON holds a number that is too long") from None


def _why_no_json(text: str, stripped: str, error: json.JSONDecodeError) -> str:
    if _MERGE.search(text):
        return "it holds the marks of a merge conflict (<<<<<<<); the two versions have to be merged first"
    if not stripped.startswith(("{", "[")):
        return "it is text, not a notebook"
    if error.msg.startswith("Unterminated string") or error.pos >= len(text.rstrip()) - 6:
        return "it breaks off before its end; perhaps the download or the upload stopped early"
    return f"its JSON is damaged in line {error.lineno}"


def _raw_cells(notebook: object) -> list:
    if isinstance(notebook, dict):
        if isinstance(notebook.get("cells"), list):
            return notebook["cells"]
        sheets = notebook.get("worksheets")
        if isinstance(sheets, list):  # format 3
            lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
            return [cell for cells in lists if isinstance(cells, list) for cell in cells]
    raise Unreadable("it is JSON, but no notebook")


def _cell(cell: dict) -> Cell:
    metadata = _dict(cell.get("metadata"))
    kind = cell.get("cell_type")
    kind = "markdown" if kind == "heading" else kind if kind in ("code", "markdown") else "raw"
    source = cell.get("source", cell.get("input"))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    source = source if isinstance(source, str) else ""
    source = source.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    if kind != "code":
        source = _PICTURE.sub("", source)
    return Cell(kind, source, _str(_dict(metadata.get("nbgrader")).get("grade_id")), _id(cell, metadata))


def _id(cell: dict, metadata: dict) -> str:
    """A cell's id; Colab keeps it in the metadata."""
    return _str(cell.get("id")) or _str(metadata.get("id"))


def _dict(value: object) -> dict:
    return value if isinstance(value, dict) else {}


def _str(value: object) -> str:
    return value if isinstance(value, str) else ""
