"""Finds a hand-in, reads it and puts the student's text into the released notebook's order.

Everything here treats a hand-in as hostile text: nothing of it is run, links are not followed, sizes are bounded, and
what its metadata says is a claim. Tests, points and outputs never come from a hand-in.
"""

import difflib
import hashlib
import json
import os
import re
import stat
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import slices

LARGEST_FILE = 20 * 2**20  # bytes
MOST_CELLS = 2_000
MOST_SOURCE = 2**20  # characters in all, pictures in the text left out
MOST_ENTRIES = 5_000  # of a hand-in's folder that are looked at
MOST_READ = 150_000  # characters of code that are read as Python to see what they define
MOST_FILES = 40  # of those that are read to choose one

_ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json", ".json")
_SKIPPED_FOLDERS = {".ipynb_checkpoints", "__macosx"}
_COPY_MARKS = re.compile(
    r"^(copy|copia|copie|kopie)[ _]+(of|de|von)[ _]+|[-_ ]+(copy|copia|copie|kopie)[-_ ]*\d*(?![^\W_])|\(\d{1,6}\)|"
    r"[-_ ]+final[-_ ]*\d*(?![^\W_])|^final[-_ ]+"
)
_NUMBER = re.compile(r"\((\d{1,6})\)|(?:copy|kopie|copia|copie)[ _-]*(\d{1,6})", re.IGNORECASE)
_PICTURE = re.compile(r"data:[\w./+-]{1,80};base64,[A-Za-z0-9+/=]+")
_MERGE = re.compile(r"^(<{7}|={7}|>{7})(\s|$)", re.MULTILINE)


class Unreadable(Exception):
    """The hand-in cannot be read as a notebook; the text says why."""


@dataclass(frozen=True)
class Found:
    """The notebook of a hand-in: None when there is none. `doubt` is "" when it is surely the one meant."""

    path: Path | None
    notes: tuple[str, ...] = ()
    doubt: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell as handed in. `grade_id` and `id` are what its metadata claims, "" when it claims none."""

    kind: str  # "code", "markdown" or "raw"
    source: str
    grade_id: str = ""
    id: str = ""


@dataclass(frozen=True)
class Step:
    """One code cell of the repaired notebook; the text of a "check" or "grade" step is always the release's."""

    kind: str  # "context", "answer", "check" or "grade"
    source: str
    exercise: str = ""


@dataclass
class HandIn:
    """A hand-in in the release's order, its answers by exercise, what a teacher should know, and what is doubtful."""

    steps: list[Step] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    doubts: dict[str, str] = field(default_factory=dict)


# --- which file -------------------------------------------------------------------------------------------------------


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


def _candidates(folder: Path) -> Iterator[Path]:
    """The files below a folder that may be notebooks, at most three levels deep; no link is followed."""
    todo, seen = [(folder, 1)], 0
    while todo:
        here, depth = todo.pop(0)
        try:
            with os.scandir(here) as listing:
                entries = sorted(_some(listing, MOST_ENTRIES - seen), key=lambda entry: entry.name)
        except OSError:
            if here == folder:
                raise
            continue
        seen += len(entries)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if depth < 3 and entry.name.lower() not in _SKIPPED_FOLDERS:
                    todo.append((here / entry.name, depth + 1))
            elif entry.is_file(follow_symlinks=False) and _named_like_one(entry.name):
                yield here / entry.name


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
        return any(word in _bytes(path) for word in (b'"cells"', b'"worksheets"'))
    except Unreadable:
        return False


def _exact(exact: Path, files: list[Path], name: str) -> Found:
    mark = _mark(exact)
    others = [p for p in files if p != exact and _rank(p, name) == 2 and _mark(p) != mark]
    notes = [f"`{said(p.name)}`, another version, was left aside" for p in others[:3]]
    return Found(exact, tuple(notes))


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
    return Found(path, (*notes, f"the notebook was found as `{said(path.relative_to(folder))}`"), doubt)


def _rank(path: Path, name: str) -> int:
    """How well a file's name fits: 2 the assignment's but for marks of a copy, 1 it is somewhere in it, 0 another."""
    file, wanted = _plain_name(path.name), _plain_name(name)
    return 2 if file == wanted else 1 if wanted and wanted in file else 0


def _plain_name(name: str) -> str:
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


def _mark(path: Path) -> object:
    try:
        return hashlib.sha256(_bytes(path)).digest()
    except Unreadable:
        return path


# --- what it holds ----------------------------------------------------------------------------------------------------


def read_cells(path: Path) -> list[Cell]:
    """The cells of a notebook in format 3 or 4, however it was saved. Raises Unreadable."""
    notebook = _json(_text(_bytes(path)))
    cells = _raw_cells(notebook)
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"the notebook has {len(cells):,} cells; at most {MOST_CELLS:,} are read")
    cells = [_cell(cell) for cell in cells if isinstance(cell, dict)]
    if sum(len(cell.source) for cell in cells) > MOST_SOURCE:
        raise Unreadable("the notebook holds more than 1 MiB of text in its cells")
    return cells


def _bytes(path: Path) -> bytes:
    """The bytes of an ordinary file; no link, pipe or device is opened, nor waited for."""
    try:
        _refuse_if_odd(os.lstat(path))
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _refuse_if_odd(os.fstat(handle))  # again: the name may have come to mean another file
            with open(handle, "rb", closefd=False) as file:
                return file.read(LARGEST_FILE)
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        raise Unreadable(f"the file cannot be read: {getattr(error, 'strerror', None) or 'a faulty name'}") from None


def _refuse_if_odd(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("it is a link" if stat.S_ISLNK(status.st_mode) else "it is no ordinary file")
    if status.st_size > LARGEST_FILE:
        raise Unreadable("the file is larger than 20 MiB")


def _text(data: bytes) -> str:
    if not data.strip(b" \t\r\n\0"):
        raise Unreadable("the file is empty")
    for start, what in ((b"PK\x03\x04", "a zip archive"), (b"\x1f\x8b", "a gzip archive"), (b"%PDF", "a PDF file")):
        if data.startswith(start):
            raise Unreadable(f"it is {what}, not a notebook")
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


# --- what belongs where -----------------------------------------------------------------------------------------------


def repair(cells: list[Cell], release) -> HandIn:
    """The student's text in the order of `release`, the released notebook (nbformat 4)."""
    repaired = _Repair(cells, _slots(release))
    repaired.match()
    repaired.choose()
    return repaired.hand_in()


@dataclass(frozen=True)
class _Slot:
    """One cell of the release; `kind` is a Step's, or "text" for what is no code."""

    kind: str
    source: str
    exercise: str
    grade_id: str
    id: str
    names: frozenset[str]  # that its code defines

    @property
    def test(self) -> bool:
        return self.kind in ("check", "grade")


def _slots(release) -> list[_Slot]:
    metadata = [_dict(cell.metadata.get("nbgrader")) for cell in release.cells]
    both = list(zip(release.cells, metadata, strict=True))
    exercises = {m["grade_id"] for c, m in both if c.cell_type == "code" and m.get("solution") and m.get("grade_id")}
    slots = []
    for cell, data in both:
        grade_id = data.get("grade_id", "")
        kind, exercise = _kind(grade_id, exercises) if cell.cell_type == "code" else ("text", "")
        names = slices.bound(cell.source) if kind != "text" else ()
        slots.append(_Slot(kind, cell.source, exercise, grade_id, _id(cell, cell.metadata), frozenset(names)))
    return slots


def _kind(grade_id: str, exercises: set[str]) -> tuple[str, str]:
    if grade_id in exercises:
        return "answer", grade_id
    for kind in ("check", "grade"):
        exercise = grade_id.removesuffix(f"-{kind}")
        if exercise != grade_id and exercise in exercises:
            return kind, exercise
    return "context", ""


class _Repair:
    """Matches the cells of one hand-in with the slots of the release, then chooses the answers."""

    def __init__(self, cells: list[Cell], slots: list[_Slot]):
        self.cells, self.slots = cells, slots
        self.same = [_squeezed(cell.source) for cell in cells]
        self.slot_same = [_squeezed(slot.source) for slot in slots]
        self.slot_of: dict[int, int] = {}  # number of a cell -> number of its slot
        self.cells_of: dict[int, list[int]] = defaultdict(list)
        self.weak: dict[int, float] = {}  # cells that only similarity matched, and how similar they are
        self.answer_slots = {slot.exercise: i for i, slot in enumerate(slots) if slot.kind == "answer"}
        self.names = set().union(*(slots[i].names for i in self.answer_slots.values()))
        self.stubs = {n: _definition(slots[i].source, n) for i in self.answer_slots.values() for n in slots[i].names}
        self.released = set(self.slot_same)
        self.read: dict[int, bool] = {}
        self.left_to_read = MOST_READ
        self.dropped: set[int] = set()  # cells whose text is used nowhere as a cell of the student's own
        self.answers: dict[str, list[int]] = {}
        self.notes: list[str] = []
        self.doubts: dict[str, list[str]] = defaultdict(list)

    # matching

    def match(self) -> None:
        self._match_claims()
        self.claims = len(self.slot_of)
        self._match_ids()
        self.by_metadata = len(self.slot_of)
        self._match_same()
        self.definers = self._definers()
        self._match_similar()
        self._match_between_neighbours()

    def _take(self, cell: int, slot: int) -> None:
        self.slot_of[cell] = slot
        self.cells_of[slot].append(cell)

    def _fits(self, cell: int, slot: int) -> bool:
        """Whether a cell's metadata may be believed: prose that became code is the student's own code."""
        if self.slots[slot].kind == "text":
            return self.cells[cell].kind != "code" or self.same[cell] == self.slot_same[slot]
        return self.slots[slot].kind != "context" or self.cells[cell].kind == "code"

    def _match_claims(self) -> None:
        known = {slot.grade_id: i for i, slot in enumerate(self.slots) if slot.grade_id}
        for i, cell in enumerate(self.cells):
            slot = known.get(cell.grade_id)
            if slot is not None and self._fits(i, slot):
                self._take(i, slot)

    def _match_ids(self) -> None:
        known = {slot.id: i for i, slot in enumerate(self.slots) if slot.id}
        claimed: dict[int, list[int]] = defaultdict(list)
        for i, cell in enumerate(self.cells):
            slot = known.get(cell.id)
            if slot is not None and i not in self.slot_of and self._fits(i, slot):
                claimed[slot].append(i)
        for slot, cells in claimed.items():
            if self.slots[slot].kind == "answer" or self.slots[slot].test:
                for i in cells:
                    self._take(i, slot)
            elif slot not in self.cells_of:
                self._take(next((i for i in cells if self.same[i] == self.slot_same[slot]), cells[0]), slot)

    def _match_same(self) -> None:
        free: dict[tuple[bool, str], list[int]] = defaultdict(list)
        for i, slot in reversed(list(enumerate(self.slots))):
            if i not in self.cells_of:
                free[slot.kind != "text", self.slot_same[i]].append(i)
        for i, cell in enumerate(self.cells):
            slots = free.get((cell.kind == "code", self.same[i]))
            if i not in self.slot_of and slots and self.same[i]:
                self._take(i, slots.pop())

    def _definers(self) -> dict[int, set[str]]:
        """The student's code cells that define names of exercises, and which; the release's own text does not count."""
        found = {}
        for i, cell in enumerate(self.cells):
            slot = self.slots[self.slot_of[i]] if i in self.slot_of else None
            answers = slot is not None and slot.kind == "answer"
            if (cell.kind != "code" and not answers) or self.same[i] in self.released:
                continue
            if any(name in cell.source for name in self.names):
                names = slices.bound(cell.source) if self._is_read(i) else slices.names_at_line_starts(cell.source)
                names = {name for name in names & self.names if not self._untouched(i, name)}
                if slot is not None and not answers:
                    names -= slot.names
                if names:
                    found[i] = names
        return found

    def _is_read(self, cell: int) -> bool:
        """Whether a cell is read as Python: each is until there are more of them than any honest notebook has."""
        if cell not in self.read:
            self.left_to_read -= len(self.cells[cell].source)
            self.read[cell] = self.left_to_read >= 0
        return self.read[cell]

    def _defined(self, cell: int, name: str) -> str:
        return _definition(self.cells[cell].source, name) if self._is_read(cell) else self.same[cell]

    def _untouched(self, cell: int, name: str) -> bool:
        """Whether the cell defines the name as the released stub does."""
        stub = self.stubs[name]
        return stub in self.same[cell] and self._defined(cell, name) == stub

    def _match_similar(self) -> None:
        """Compares what is left, in order, within bounds; cells that define an exercise's names are left for it."""
        found = set().union(*self.definers.values())
        slots = [
            i
            for i, slot in enumerate(self.slots)
            if slot.kind != "text" and i not in self.cells_of and not (slot.kind == "answer" and slot.names & found)
        ]
        cells = [(i, self.cells[i].source) for i in self._own() if i not in self.definers]
        wanted = [(i, self.slots[i].source, *self._window(i)) for i in slots]
        for i, slot, ratio in _similar(cells, wanted):
            self._take(i, slot)
            self.weak[i] = ratio

    def _window(self, slot: int) -> tuple[int, int]:
        """The cells between which a slot's cell stands, as its nearest matched neighbours tell; or all."""
        before = next((self.cells_of[i][-1] for i in range(slot - 1, -1, -1) if i in self.cells_of), -1)
        after = next((self.cells_of[i][0] for i in range(slot + 1, len(self.slots)) if i in self.cells_of), None)
        after = len(self.cells) if after is None else after
        return (before, after) if before < after else (-1, len(self.cells))

    def _match_between_neighbours(self) -> None:
        """An answer that nothing else shows: the only own cell between an exercise's prompt and its check."""
        found = set().union(*self.definers.values())
        for slot in self.answer_slots.values():
            if slot in self.cells_of or self.slots[slot].names & found:
                continue
            ends = [self.cells_of.get(i, [None])[0] for i in (slot - 1, slot + 1)]
            if None not in ends:
                own = [i for i in self._own() if ends[0] < i < ends[1] and i not in self.definers]
                if len(own) == 1:
                    self._take(own[0], slot)
                    self.weak[own[0]] = 0.0

    def _own(self) -> list[int]:
        return [i for i, c in enumerate(self.cells) if c.kind == "code" and i not in self.slot_of and self.same[i]]

    # answers

    def choose(self) -> None:
        for exercise, slot in self.answer_slots.items():
            self.answers[exercise] = self._answer(exercise, slot)
        self._note_merged()
        for exercise, slot in self.answer_slots.items():
            self._doubt_other_definitions(exercise, slot)

    def _answer(self, exercise: str, slot: int) -> list[int]:
        """The cells that are the answer to an exercise: none, one, or several that complete each other."""
        names, stub = self.slots[slot].names, self.slot_same[slot]
        claimed = [i for i in self.cells_of.get(slot, ()) if self.same[i]]
        live = [i for i in claimed if self.same[i] != stub]
        self.dropped.update(i for i in claimed if self.same[i] == stub)
        defining = [i for i in live if self.definers.get(i, set()) & names]
        others = [i for i, found in self.definers.items() if found & names and i not in claimed]
        if defining:
            return self._completed(exercise, self._last(exercise, defining), others, names)
        if others:
            return self._from_elsewhere(exercise, live, others, names)
        if live:
            self._doubt_weak(exercise, live[-1])
            return [self._last(exercise, live)]
        if claimed:
            return claimed[:1]
        gone = "the answer cell is empty" if self.cells_of.get(slot) else "no answer was found; its cell was deleted"
        self.doubts[exercise].append(gone)
        return []

    def _last(self, exercise: str, cells: list[int]) -> int:
        """The last of several answer cells; the others are dropped."""
        self.dropped.update(cells)
        if len({self.same[i] for i in cells}) > 1:
            self.doubts[exercise].append(f"{len(cells)} different answer cells; the last one was taken")
        if self.cells[cells[-1]].kind != "code":
            self.notes.append(f"the answer cell of `{exercise}` had become text; it was read as code")
        return cells[-1]

    def _completed(self, exercise: str, chosen: int, others: list[int], names: frozenset[str]) -> list[int]:
        """The chosen cell with the cells that define those of the exercise's names that it lacks."""
        parts, have = [chosen], self.definers[chosen] & names
        for i in reversed(others):
            more = self.definers[i] & names
            if (
                not self._has_a_place(i)
                and not more & have
                and self._is_read(i)
                and slices.parses(self.cells[i].source)
            ):
                parts.append(i)
                have |= more
        if len(parts) == 1 or not self._is_read(chosen) or not slices.parses(self.cells[chosen].source):
            return [chosen]
        self.dropped.update(parts)
        self.notes.append(f"the answer to `{exercise}` stands in {len(parts)} cells")
        rest = sorted(parts[1:])
        again = slices.bound(self.cells[chosen].source) & set().union(*(self.definers[i] for i in rest))
        return [chosen, *rest] if again else sorted(parts)  # a stub that is left over comes first

    def _has_a_place(self, cell: int) -> bool:
        """Whether a cell is another exercise's answer or stands for a cell of the lesson or a test."""
        return cell in self.slot_of

    def _from_elsewhere(self, exercise: str, live: list[int], others: list[int], names: frozenset[str]) -> list[int]:
        own = [i for i in others if not self._has_a_place(i)] or others
        whole = [i for i in own if self.definers[i] & names == names] or own
        chosen = whole[-1]
        if len({self.same[i] for i in whole}) > 1:
            self.doubts[exercise].append(f"{len(whole)} cells define it differently; the last one was taken")
        slot = self.slots[self.slot_of[chosen]] if chosen in self.slot_of else None
        if slot is not None and slot.test:
            self.notes.append(f"the answer to `{exercise}` was found in the test cell of `{slot.exercise}`")
        elif slot is None and (live or self.by_metadata):
            self.notes.append(f"the answer to `{exercise}` was found in another cell than its own")
        if slot is None:
            self.dropped.update(whole)
        return self._completed(exercise, chosen, [i for i in own if i != chosen], names)

    def _doubt_weak(self, exercise: str, cell: int) -> None:
        ratio = self.weak.get(cell, 1.0)
        if ratio == 0.0:
            self.doubts[exercise].append("only the place of its cell shows that it is the answer")
        elif ratio < 0.8:
            self.doubts[exercise].append(f"its cell was recognised by similarity alone ({ratio:.0%})")

    def _note_merged(self) -> None:
        owners: dict[int, list[str]] = defaultdict(list)
        for exercise, cells in self.answers.items():
            for i in cells:
                owners[i].append(exercise)
        for i, exercises in owners.items():
            slot = self.slots[self.slot_of[i]] if i in self.slot_of else None
            if len(exercises) > 1:
                self.notes.append(f"one cell holds the answers to {_listed(exercises)}")
            elif slot is not None and slot.kind == "answer" and slot.exercise != exercises[0]:
                self.notes.append(f"the answer to `{exercises[0]}` was found in the cell of `{slot.exercise}`")
            elif slot is not None and slot.kind == "context":
                self.notes.append(f"the answer to `{exercises[0]}` was found in a cell of the lesson")

    def _doubt_other_definitions(self, exercise: str, slot: int) -> None:
        names, chosen = self.slots[slot].names, self.answers[exercise]
        for name in sorted(names):
            here = {self._defined(i, name) for i in chosen if name in self.definers.get(i, ())}
            others = [i for i in self.definers if name in self.definers[i] and self._is_another(i, slot, chosen)]
            if not here or self.doubts[exercise]:
                continue
            if len(others) > 30 or any(self._defined(i, name) not in here for i in others):
                self.doubts[exercise].append(f"`{name}` is also defined in another cell")

    def _is_another(self, cell: int, slot: int, chosen: list[int]) -> bool:
        """Whether a cell's code stands beside the answer of a slot: neither part of it, nor a copy, nor a test."""
        if cell in chosen or cell in self.cells_of.get(slot, ()):
            return False
        return not self.slots[self.slot_of[cell]].test if cell in self.slot_of else cell not in self.dropped

    # the result

    def hand_in(self) -> HandIn:
        self._note_tests()
        self._note_order()
        self._note_metadata()
        another = self._another_notebook()
        if another:
            self.notes = ["this looks like another notebook than the assignment's"]
            self.doubts = {exercise: ["this looks like another notebook"] for exercise in self.answer_slots}
        hand_in = HandIn(notes=list(dict.fromkeys(self.notes)))
        hand_in.answers = {
            exercise: "\n\n".join(self.cells[i].source for i in cells) for exercise, cells in self.answers.items()
        }
        hand_in.doubts = {exercise: "; ".join(doubts) for exercise, doubts in self.doubts.items() if doubts}
        own = self._own_cells()
        hand_in.steps = [*own.get(-1, ())]
        for i, slot in enumerate(self.slots):
            if slot.kind == "answer":
                hand_in.steps += self._answer_steps(i, hand_in.answers[slot.exercise])
            elif slot.kind == "context":
                hand_in.steps.append(Step("context", self._lesson(i)))
            elif slot.test:
                hand_in.steps.append(Step(slot.kind, slot.source, slot.exercise))
            hand_in.steps += own.get(i, ())
        return hand_in

    def _lesson(self, slot: int) -> str:
        """A lesson cell with the student's changes; the release's own text where it is deleted or the same."""
        for i in self.cells_of.get(slot, ()):
            if _tidy(self.cells[i].source) != _tidy(self.slots[slot].source):
                return self.cells[i].source
        return self.slots[slot].source

    def _answer_steps(self, slot: int, answer: str) -> list[Step]:
        """An answer, and as context what else stands in cells that claim to be it."""
        exercise = self.slots[slot].exercise
        taken = {i for cells in self.answers.values() for i in cells} | self.dropped
        rest = [
            i for i in self.cells_of.get(slot, ()) if i not in taken and self.cells[i].kind == "code" and self.same[i]
        ]
        at = self.answers[exercise][0] if self.answers[exercise] else -1
        before = [Step("context", self.cells[i].source) for i in rest if i < at]
        after = [Step("context", self.cells[i].source) for i in rest if i > at]
        return [*before, Step("answer", answer, exercise), *after]

    def _own_cells(self) -> dict[int, list[Step]]:
        """The student's own code, by the slot that it follows (-1: it comes first)."""
        own: dict[int, list[Step]] = defaultdict(list)
        unused = {self.slot_same[i] for i, slot in enumerate(self.slots) if slot.test or slot.kind == "answer"}
        after = -1
        for i, cell in enumerate(self.cells):
            if i in self.slot_of:
                after = self.slot_of[i]
            elif cell.kind == "code" and self.same[i] and i not in self.dropped and self.same[i] not in unused:
                own[after].append(Step("context", cell.source))
        return own

    def _another_notebook(self) -> bool:
        """No exercise's name is defined and hardly anything of the lesson is there."""
        lesson = [i for i, same in enumerate(self.slot_same) if same and not self.slots[i].test]
        there = sum(1 for i in lesson if any(j not in self.weak for j in self.cells_of.get(i, ())))
        return not self.definers and there < 0.2 * len(lesson)

    def _note_tests(self) -> None:
        deleted = []
        tests = {self.slot_same[i]: slot.exercise for i, slot in enumerate(self.slots) if slot.test}
        for i, slot in enumerate(self.slots):
            cells = self.cells_of.get(i, []) if slot.test else []
            if slot.test and not cells:
                deleted.append(slot.exercise)
            if any(self.same[j] != self.slot_same[i] or self.cells[j].kind != "code" for j in cells):
                self.notes.append(f"the test cell of `{slot.exercise}` was changed; the released one is used")
            if len(cells) > 1:
                self.notes.append(f"the test cell of `{slot.exercise}` is there {len(cells)} times; it is used once")
        for i in self._own():
            if self.same[i] in tests and slices.bound(self.cells[i].source) | slices.used(self.cells[i].source):
                self.notes.append(f"the test cell of `{tests[self.same[i]]}` was copied; it is used once")
        if len(deleted) > 3:
            self.notes.append(f"{len(deleted)} test cells were deleted; the released ones are used")
        else:
            self.notes += [f"the test cell of `{ex}` was deleted; the released one is used" for ex in deleted]

    def _note_order(self) -> None:
        order = [
            self.slot_of[i]
            for i in sorted(self.slot_of)
            if self.slots[self.slot_of[i]].kind in ("context", "answer", "check")
        ]
        order = [slot for slot in order if len(self.cells_of[slot]) == 1]
        if order != sorted(order):
            self.notes.append("cells were moved; the released order is used")

    def _note_metadata(self) -> None:
        if self.claims or not (self.slot_of or self.definers):
            return
        how = "by their ids" if self.by_metadata else "by what they define"
        self.notes.insert(0, f"nbgrader's metadata was lost; cells were matched {how}")


def _squeezed(source: str) -> str:
    return " ".join(source.split())


def _tidy(source: str) -> list[str]:
    """The lines that hold something, indentation kept."""
    return [line.rstrip() for line in source.splitlines() if line.strip()]


def _listed(names: list[str]) -> str:
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}"


def _definition(source: str, name: str) -> str:
    """The text that defines a name in a cell, without its spaces; the whole cell when it is not Python."""
    if len(source) > 10_000:
        return _squeezed(source)
    found = [statement.text for statement in slices.statements(source) if name in statement.stores]
    return _squeezed("\n".join(found) or source)


# --- how similar ------------------------------------------------------------------------------------------------------

_LEAST = 0.6
_PAIRS = 4_000  # compared roughly
_COMPARISONS = 100  # compared token by token
_TOKENS = 200


def _similar(cells: list[tuple[int, str]], slots: list[tuple[int, str, int, int]]) -> Iterator[tuple[int, int, float]]:
    """Pairs (cell, slot, ratio) that are alike, each used once and in order; the work is bounded.

    `cells`: (number, source); `slots`: (number, source, and the numbers of the cells between which to look).
    """
    known: dict[int, tuple[list[str], Counter]] = {}
    last, pairs, comparisons = -1, _PAIRS, _COMPARISONS
    for slot, source, low, high in slots:
        wanted = _tokens(source)
        many = Counter(wanted)
        best, ratio = -1, 0.0
        for i, text in cells:
            if not max(low, last) < i < high or not pairs or not comparisons or not wanted:
                continue
            pairs -= 1
            if i not in known:
                known[i] = (found := _tokens(text)), Counter(found)
            found, count = known[i]
            if 2 * (count & many).total() < _LEAST * (len(found) + len(wanted)):
                continue
            comparisons -= 1
            alike = difflib.SequenceMatcher(None, wanted, found, autojunk=False).ratio()
            if alike >= _LEAST and alike > ratio:
                best, ratio = i, alike
        if best >= 0:
            last = best
            yield best, slot, ratio


def _tokens(source: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", source[: 20 * _TOKENS])[:_TOKENS]
