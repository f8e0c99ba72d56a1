"""How a platform names what it packs, and so whose file it is.

Canvas (`submissions.zip`, flat): `doejane_LATE_1017_88231_notebook-1.ipynb` is Jane Doe's, by her number 1017, handed
in late; 88231 is the file's number, which grows with each attempt; Canvas adds `-1` to a name handed in before. Texts
and links are `doejane_1017_text.html`, `doejane_1017_link.html`. Moodle, in folders or flat:
`Jane Doe_4711_assignsubmission_file_/notebook.ipynb`, where 4711 is hers for this assignment alone. A plain archive has
a folder or a file for each student. In the first two the student's words come last, so what stands before them counts.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from .download import Entry, shown
from .people import ClassList, Person, squeezed

_CANVAS = re.compile(r"^(?P<name>[^/]*?)_(?:(?P<late>LATE|late)_)?(?P<user>\d+)_(?P<file>\d+)_(?P<rest>.+)$", re.DOTALL)
_CANVAS_IDS = re.compile(r"(?=_(\d+)_\d+_)")
_CANVAS_TEXT = re.compile(r"^(?P<name>[^/]*?)_(?:(?:LATE|late)_)?(?P<user>\d+)_(?:text|link)\.html$")
_MOODLE = re.compile(r"^(?P<name>[^_]*)_(?P<user>\d+)_assignsubmission_(?P<kind>[a-z]+)_?(?P<rest>.*)$", re.DOTALL)
_AGAIN = re.compile(r"-\d{1,3}(?=\.[A-Za-z]+$)|[ _]*\(\d{1,3}\)(?=\.[A-Za-z]+$)")


@dataclass
class Parcel:
    """What one student handed in, as far as names say: files by their place in the hand-in, and the latest attempt."""

    name: str
    number: str = ""
    late: bool = False
    files: dict[str, tuple[tuple[int, ...], Entry]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    doubt: str = ""

    def add(self, place: str, attempt: tuple[int, ...], entry: Entry) -> None:
        """A file; of two with one name that of the later attempt stays."""
        if place in self.files:
            older, newer = sorted((self.files[place], (attempt, entry)), key=lambda one: one[0])
            self.notes.append(f"`{newer[1].shown}` is the latest attempt; `{older[1].shown}` was left out")
            attempt, entry = newer
        self.files[place] = attempt, entry

    @property
    def shown(self) -> str:
        return shown(f"{self.name} ({self.number})" if self.number else self.name)


def parcels_of(entries: list[Entry], chapter: str, people: ClassList) -> tuple[str, list[Parcel]]:
    """What the download is, and its hand-ins; a folder that wraps them all is looked through."""
    depth = _wrapped(entries, people)
    tops = {entry.parts[depth] for entry in entries}
    if tops and 2 * sum(bool(_MOODLE.match(top)) for top in tops) >= len(tops):
        return "Moodle", _collected(_moodle(entry, depth) for entry in entries)
    files = {entry.parts[depth] for entry in entries if len(entry.parts) == depth + 1}
    if files and 2 * sum(bool(_CANVAS.match(name) or _CANVAS_TEXT.match(name)) for name in files) >= len(tops):
        return "Canvas", _collected(_canvas(entry, depth, chapter, people) for entry in entries)
    return "plain", _plain(entries, depth, chapter)


def _wrapped(entries: list[Entry], people: ClassList) -> int:
    """How many folders stand around everything; a student's own is none of them."""
    depth = 0
    while entries and all(len(entry.parts) > depth + 1 for entry in entries):
        name = entries[0].parts[depth]
        student = _MOODLE.match(name) or people.with_id(name) or people.named(name)
        if student or any(entry.parts[depth] != name for entry in entries):
            break
        depth += 1
    return depth


def owner(parcel: Parcel, people: ClassList, numbered: bool) -> Person | str:
    """Whose it is; or in words why nobody gets it. `numbered`: the list has the platform's numbers, and they decide."""
    if parcel.doubt:
        return parcel.doubt
    found = people.with_number(parcel.number) if parcel.number and numbered else []
    if not found and parcel.number and numbered:
        return f"nobody in the class list has the number {parcel.number}"
    if not parcel.number:
        found = people.with_id(parcel.name)
    found = found or people.named(parcel.name)
    if len(found) > 1:
        names = ", ".join(person.student for person in found[:3])
        return f"{len(found)} people in the class list are called that: {shown(names)}"
    return found[0] if found else "nobody in the class list is called that"


def _collected(parts: Iterable[Parcel]) -> list[Parcel]:
    """Parcels of one file each, put together by number."""
    parcels: dict[tuple[str, str], Parcel] = {}
    for part in parts:
        whole = parcels.setdefault((part.number, "" if part.number and not part.doubt else part.name), part)
        if whole is not part:
            whole.late = whole.late or part.late
            whole.notes += part.notes
            for place, (attempt, one) in part.files.items():
                whole.add(place, attempt, one)
    return list(parcels.values())


def _canvas(entry: Entry, depth: int, chapter: str, people: ClassList) -> Parcel:
    name = entry.parts[depth]
    if text := _CANVAS_TEXT.match(name):
        return Parcel(text["name"], text["user"], notes=[f"`{entry.shown}` is a text or a link, not a file"])
    match = _CANVAS.match(name)
    if not match or len(entry.parts) > depth + 1:
        return Parcel(entry.shown, doubt="its name is not one that Canvas gives")
    parcel = Parcel(match["name"], match["user"], bool(match["late"]))
    meant = {user for user in _CANVAS_IDS.findall(name) if people.with_number(user)}
    if len(meant) > 1:
        parcel.name = entry.shown
        parcel.doubt = f"its name holds the numbers of several people: {', '.join(sorted(meant))}"
    rest = _AGAIN.sub("", match["rest"])
    place = f"{chapter}.ipynb" if squeezed(rest) == squeezed(f"{chapter}.ipynb") else match["rest"]
    attempt = int(match["file"][:18])
    # files of other names stay beside each other: then their times say which came last
    parcel.add(place, (attempt,), replace(entry, when=time.gmtime(min(attempt, 1 << 32))[:6]))
    return parcel


def _moodle(entry: Entry, depth: int) -> Parcel:
    match = _MOODLE.match(entry.parts[depth])
    if match is None:
        return Parcel(entry.shown, doubt="its name is not one that Moodle gives")
    parcel = Parcel(match["name"], match["user"])
    if match["kind"] != "file":
        parcel.notes.append(f"`{entry.shown}` is a text written in Moodle, not a file")
        return parcel
    place = "/".join((*filter(None, [match["rest"]]), *entry.parts[depth + 1 :]))
    parcel.add(place, entry.when, entry)
    return parcel


def _plain(entries: list[Entry], depth: int, chapter: str) -> list[Parcel]:
    """One folder or file a student; `submitted/STUDENT/CHAPTER` as nbgrader has it, too."""
    parcels: dict[str, Parcel] = {}
    for entry in entries:
        head, *rest = entry.parts[depth:]
        if not rest:
            stem = PurePosixPath(head).stem
            short = re.sub(rf"[-_. ]*{re.escape(chapter)}[-_. ]*", "", stem, flags=re.IGNORECASE)
            head, rest = short or stem, [f"{chapter}.ipynb" if head.lower().endswith(".ipynb") else head]
        elif len(rest) > 1 and rest[0] == chapter:
            rest = rest[1:]
        parcel = parcels.setdefault(head, Parcel(head))
        parcel.add("/".join(rest), entry.when, entry)
    return list(parcels.values())
