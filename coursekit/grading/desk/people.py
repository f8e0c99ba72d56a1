"""Class lists: the CSV that Canvas, Moodle or a teacher's spreadsheet gives, and whom a name or number in it means."""

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ...errors import BookError
from ...files import write_whole

LISTS = "class_lists"  # the folder of the course where the list of each chapter is kept
LARGEST = 20 << 20  # bytes of a class list
LONGEST = 120  # bytes of a student's folder name
PLATFORMS = {"canvas": "Canvas", "worksheet": "Moodle", "moodle": "Moodle"}  # whose list a kind is
HEADS = {  # what a column may be called, in small letters without signs
    "student": ("folder", "nbgraderid"),
    "name": ("student", "name", "fullname", "studentname"),
    "last": ("lastname", "surname", "familyname"),
    "first": ("firstname", "givenname", "forename"),
    "login": ("sisloginid", "loginid", "login", "username", "userid"),
    "email": ("email", "emailaddress", "mail"),
    "number": ("idnumber", "sisuserid", "sisid", "studentid", "studentnumber", "matriculationnumber"),
    "id": ("id", "canvasid", "canvasuserid"),
    "participant": ("identifier",),
}
KEYS = ("student", "login", "number", "id", "email", "participant", "name")  # the first that is filled names the folder
MOODLE_KEYS = ("student", "login", "email", "number", "id", "participant", "name")  # both its lists have the address
WANTED = "columns such as Student, ID, SIS Login ID, Section; Full name, Identifier, Email address; or name, id, email"


@dataclass(frozen=True)
class Person:
    """One line of a class list. `student` is the folder in `submitted/` and nbgrader's name for them.

    `number` is what the platform writes into file names, "" where the list does not say; `ids` are all that name them.
    """

    student: str
    first: str
    last: str
    email: str
    number: str
    ids: frozenset[str]
    names: frozenset[str]
    row: int

    @property
    def shown(self) -> str:
        return " ".join(filter(None, (self.first, self.last))) or self.student


@dataclass(frozen=True)
class ClassList:
    """A class list as read: `kind` is "canvas", "worksheet" (Moodle's, of one assignment), "moodle" or "plain"."""

    kind: str
    head: list[str]
    rows: list[list[str]]
    people: list[Person]

    @cached_property
    def _by_id(self) -> dict[str, list[Person]]:
        found: dict[str, list[Person]] = {}
        for person in self.people:
            for one in person.ids:
                found.setdefault(one, []).append(person)
        return found

    def with_id(self, text: str) -> list[Person]:
        """Whose number, login or address this is."""
        return self._by_id.get(plain_id(text), [])

    def with_number(self, number: str) -> list[Person]:
        """Whose file's name holds this number."""
        return [person for person in self.with_id(number) if person.number in ("", plain_id(number))]

    def named(self, name: str) -> list[Person]:
        """Who has this name, however it is written."""
        wanted = squeezed(name)
        return [person for person in self.people if wanted and wanted in person.names]


def squeezed(name: str) -> str:
    """A name as it can be compared: its letters and digits alone, small. Platforms leave out signs and spaces."""
    name = unicodedata.normalize("NFKC", name).casefold()
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name)))


def plain_id(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def column(head: list[str], kind: str) -> int | None:
    """Where the column of a kind stands, None where there is none."""
    titles = [squeezed(title) for title in head]
    return next((titles.index(name) for name in HEADS[kind] if name in titles), None)


def read_class_list(path: Path) -> ClassList:
    """The people of a CSV file in any Unicode or Western encoding, split at commas, semicolons or tabs. BookError."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "a faulty name"
        raise BookError(str(path), f"the class list cannot be read: {why}", "name the CSV file") from None
    if len(data) > LARGEST:
        raise BookError(str(path), "is larger than 20 MiB", "a class list is a CSV file of a few kilobytes")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        todo = "if it holds the hand-ins, the two files are the wrong way round; a spreadsheet: save it as CSV (UTF-8)"
        raise BookError(str(path), "is an archive or a spreadsheet, not CSV", todo)
    head, rows = _table(_decoded(data), path)
    return _list(head, rows, path)


def _decoded(data: bytes) -> str:
    if b"\0" in data[:200] or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode(json.detect_encoding(data), "replace").lstrip("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _table(text: str, path: Path) -> tuple[list[str], list[list[str]]]:
    """The one of the first lines in which the most columns are known, and all below it."""
    csv.field_size_limit(LARGEST)  # what a student wrote in Moodle stands in a worksheet too
    best: tuple[int, list[str], list[list[str]]] = 0, [], []
    for separator in ",;\t":
        try:
            lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        except csv.Error:
            continue
        for at, line in enumerate(lines[:5]):
            known = sum(column(line, kind) is not None for kind in HEADS)
            if known > best[0] and (known > 1 or len(line) == 1):
                best = known, line, lines[at + 1 :]
    if not best[0]:
        raise BookError(str(path), "no line names the columns of a class list", f"it needs {WANTED}")
    return best[1:]


def _list(head: list[str], rows: list[list[str]], path: Path) -> ClassList:
    at = {kind: place for kind in HEADS if (place := column(head, kind)) is not None}
    titles = {squeezed(title) for title in head}
    kind = "plain"
    if {"id", "section"} <= titles and titles & {"student", "lastname"}:
        kind = "canvas"
    elif "participant" in at:
        kind = "worksheet"
    elif "emailaddress" in titles and "first" in at:
        kind = "moodle"
    if kind == "plain" and "student" in titles and {"name", "last"} <= set(at):  # marks/CHAPTER.csv itself
        at["student"] = at.pop("name")
    people: list[Person] = []
    for number, row in enumerate(rows):
        cells = {name: row[place].strip() for name, place in at.items() if place < len(row)}
        person = None if _no_student(kind, cells) else _person(kind, cells, number)
        if person:
            people.append(person)
    people = list({(p.student, p.names, p.ids): p for p in people}.values())
    twice = [name for name, count in Counter(person.student.casefold() for person in people).items() if count > 1]
    if twice:
        raise BookError(str(path), f"{twice[0]!r} stands for two people", "give each a login or ID of their own")
    if not people:
        raise BookError(str(path), "names nobody", f"it needs {WANTED}")
    return ClassList(kind, head, rows, people)


def _no_student(kind: str, cells: dict[str, str]) -> bool:
    """Lines of Canvas that are no person: the points, notes, and the test student of each course."""
    if kind != "canvas":
        return False
    name = cells.get("name", "")
    return squeezed(name) in ("pointspossible", "studenttest") or not any(cells.get(one) for one in KEYS[:-1])


def _person(kind: str, cells: dict[str, str], row: int) -> Person | None:
    keys = MOODLE_KEYS if kind in ("moodle", "worksheet") else KEYS
    named = next((cells[key] for key in keys if cells.get(key)), "")
    student = folder_name(named or " ".join(filter(None, (cells.get("first"), cells.get("last")))))
    if not student:
        return None
    first, last, name = (cells.get(key, "") for key in ("first", "last", "name"))
    if not (first or last):
        last, comma, first = (part.strip() for part in name.partition(","))
        if not comma:
            first, _, last = name.rpartition(" ")
    ids = {plain_id(cells.get(key, "")) for key in ("student", "login", "email", "number", "id", "participant")}
    participant = re.sub(r"^\D+", "", cells.get("participant", ""))  # `Participant 123`, in the site's language
    ids |= {participant}
    number = {"canvas": plain_id(cells.get("id", "")), "worksheet": participant}.get(kind, "")
    names = {squeezed(text) for text in (name, first + last, last + first)}
    email = cells.get("email", "")
    return Person(student, first, last, email, number, frozenset(ids - {""}), frozenset(names - {""}), row)


def late(root: Path, chapter: str) -> set[str]:
    """Who has handed a chapter in late, as far as downloads said so; by their names in the gradebook."""
    try:
        return set(_late_list(root, chapter).read_text("utf-8").splitlines())
    except (OSError, ValueError):
        return set()


def note_late(root: Path, chapter: str, students: dict[str, bool]) -> None:
    """Keep who was late among these; what was known of others stays."""
    names = late(root, chapter) - set(students) | {name for name, behind in students.items() if behind}
    if names or _late_list(root, chapter).exists():
        write_whole(_late_list(root, chapter), "".join(f"{name}\n" for name in sorted(names)))


def _late_list(root: Path, chapter: str) -> Path:
    return root / LISTS / f"{chapter}.late.txt"


def folder_name(text: str) -> str:
    """A login, address or name as a folder can be called, the same each time; "" where nothing is left of it."""
    text = unicodedata.normalize("NFC", text).encode("utf-8", "replace").decode()
    text = "".join(c if c.isprintable() and c not in '/\\:*?"<>|[]{}`$' else "_" for c in text).strip()
    return text.lstrip(".").strip().encode()[:LONGEST].decode("utf-8", "ignore")


def known_as(people: Iterable[Person], roll: Iterable) -> dict[str, str]:
    """For each person the name that the gradebook has for them already: by their address, else the list's own."""
    people = list(people)
    by_email = {plain_id(s.email): s.id for s in roll if s.email and s.id == folder_name(s.id)}
    shared = Counter(plain_id(person.email) for person in people)
    return {
        person.student: person.student
        if shared[email := plain_id(person.email)] > 1
        else by_email.get(email, person.student)
        for person in people
    }
