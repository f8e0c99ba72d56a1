"""`coursekit collect`: from a bulk download to `submitted/STUDENT/CHAPTER/`, nothing lost, nothing silent."""

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import BookError
from ...files import told, write_whole
from ..grade import _only_one as only_one
from ..gradebook import Course
from .download import Entry, Refused, entries_of, inside
from .layouts import Parcel, owner, parcels_of
from .people import LISTS, PLATFORMS, ClassList, Person, folder_name, known_as, note_late, read_class_list, squeezed

MOST_FILES = 200  # of one hand-in
MOST_BYTES = 64 << 20
EARLIER = "earlier"
STAMP = "timestamp.txt"


@dataclass
class Collected:
    """What came of a download, each line in words."""

    platform: str
    chapter: str
    given: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        count = f"{len(self.given)} hand-in{'s' * (len(self.given) != 1)}"
        lines = [f"{self.chapter}, from a {self.platform} download: {count} put into submitted/"]
        if self.unchanged:
            lines.append(f"unchanged: {', '.join(self.unchanged)}")
        if self.absent:
            lines.append(f"on the class list, and nothing in this download: {', '.join(self.absent)}")
        for title, items in (("to know", self.notes), ("NOT GIVEN TO ANYBODY", self.left)):
            if items:
                lines += ["", f"{title}:", *(f"  - {item}" for item in items)]
        return "\n".join(lines)


def collect(root: Path, download: Path, chapter: str, class_list: Path | None = None) -> Collected:
    """Give every hand-in of a download to its student, put the class list on the roll, and say what was done.

    A hand-in that was there before and differs is kept in `earlier/`. BookError where download, list or course cannot
    be used; what is wrong with one hand-in stops no other.
    """
    root = Path(root).resolve()
    if not (root / "release").is_dir():
        raise BookError(str(root), "is no course that was built", "run `make course`, or name the folder with --course")
    with only_one(root), Course(root) as course:
        chapter = _the_chapter(course.chapters(), chapter)
        kept = root / LISTS / f"{chapter}.csv"
        if class_list is None and not kept.is_file():
            todo = (
                "name it with --class-list: Canvas' exported gradebook, Moodle's grading worksheet, or a CSV of yours"
            )
            raise BookError(f"chapter {chapter}", "has no class list yet", todo)
        people = read_class_list(class_list or kept)
        _one_platform(root, people.kind)
        entries, odd = entries_of(Path(download))
        platform, parcels = parcels_of(entries, chapter, people)
        if _apart(platform, PLATFORMS.get(people.kind)):
            what = f"is {platform}'s, and the class list {class_list or kept} is {PLATFORMS[people.kind]}'s"
            todo = "name a download and a list of one platform, or another course folder with --course"
            raise BookError(str(download), what, f"{todo}; nothing was changed")
        _refuse_another(download, parcels, chapter, course.chapters())
        done = Collected(platform, chapter, left=[*odd])
        names = known_as(people.people, course.book.students)
        whose = _owners(parcels, people, platform, done)
        if class_list is not None:
            _keep_list(root, kept, class_list, done)
        for person in people.people:
            _enrol(course, names[person.student], person)
        base = course.folder(course.folders.submitted_directory, "_", chapter).parent.parent
        for person, parcel in whose:
            _give(root, base / names[person.student] / chapter, names[person.student], parcel, done)
        note_late(root, chapter, {names[person.student]: parcel.late for person, parcel in whose})
        handed_in = {names[person.student] for person, _ in whose}
        done.absent = sorted(set(names.values()) - handed_in)
    return done


def _refuse_another(download: Path, parcels: list[Parcel], chapter: str, chapters: list[str]) -> None:
    """BookError where most hand-ins are called by another chapter, and none by this one."""
    called = [squeezed("/".join(entry.parts)) for parcel in parcels for _, entry in parcel.files.values()]
    if any(squeezed(chapter) in name for name in called):
        return
    for other in chapters:
        count = sum(squeezed(other) in name for name in called)
        if 2 * count > len(parcels):
            todo = f"collect it with --chapter {other}; if it is {chapter} all the same, give the files that name"
            raise BookError(str(download), f"holds {count} files that are called {other}; nothing was changed", todo)


def _one_platform(root: Path, kind: str) -> None:
    """BookError where the course has lists of another platform: it calls the same people by other names."""
    for path in sorted((root / LISTS).glob("*.csv")):
        try:
            known = read_class_list(path).kind
        except BookError:  # of another chapter, and spoilt
            continue
        if _apart(PLATFORMS.get(kind), PLATFORMS.get(known)):
            what = f"is {PLATFORMS[kind]}'s, and {path} is {PLATFORMS[known]}'s"
            todo = "a course is of one platform: name another copy of it with --course; a mistaken list can be deleted"
            raise BookError("the class list", what, f"{todo},\n    but who came with it stays on the roll")


def _apart(one: str | None, other: str | None) -> bool:
    """Whether two platforms are known, and not the same; an archive or a list of one's own fits both."""
    return {one, other} == {"Canvas", "Moodle"}


def _keep_list(root: Path, kept: Path, new: Path, done: Collected) -> None:
    """Put a list in its place; one that was there and differs is kept in `earlier/`, and who has left it is told."""
    data = new.read_bytes()
    if kept.is_file() and kept.read_bytes() != data:
        with contextlib.suppress(BookError):
            left = {p.student for p in read_class_list(kept).people} - {p.student for p in read_class_list(new).people}
            if left:
                done.notes.append(f"no longer on the class list, their hand-ins stay: {', '.join(sorted(left))}")
        aside = _aside(root, LISTS, kept.name)
        kept.rename(aside)
        done.notes.append(f"the class list that was there is kept in {aside.relative_to(root)}")
    write_whole(kept, data)


def _the_chapter(there: list[str], name: str) -> str:
    number = name.zfill(2) if name.isdecimal() else name
    matches = [chapter for chapter in there if chapter == name or chapter.startswith(f"{number}_")]
    if len(matches) != 1:
        todo = f"made are {', '.join(there)}; `make course` makes the others" if there else "run `make course`"
        raise BookError(f"chapter {name!r}", f"matches {len(matches)} chapters", todo)
    return matches[0]


def _owners(parcels: list[Parcel], people: ClassList, platform: str, done: Collected) -> list[tuple[Person, Parcel]]:
    numbers = [parcel.number for parcel in parcels if parcel.number]
    known = sum(bool(people.with_number(number)) for number in numbers)
    own = {"Canvas": "canvas", "Moodle": "worksheet"}.get(platform)
    if numbers and people.kind == own and not known:
        todo = "export the list of this course and assignment from the platform once more"
        raise BookError("the class list", f"holds none of the {len(numbers)} numbers in the download", todo)
    numbered = people.kind == own or (people.kind == "plain" and 2 * known > len(numbers))
    found: dict[str, tuple[Person, Parcel]] = {}
    for parcel in parcels:
        whose = owner(parcel, people, numbered)
        if isinstance(whose, str):
            names = [entry.shown for _, entry in parcel.files.values()]
            done.left.append(f"{parcel.shown}: {whose}" + f" ({', '.join(names[:3])})" * bool(names))
            done.left += [f"{parcel.shown}: {note}" for note in parcel.notes]
            continue
        if whose.student in found:
            _, other = found[whose.student]
            older, parcel = sorted((other, parcel), key=_latest)
            done.left.append(f"{older.shown}: {whose.student} has a later hand-in here, {parcel.shown}")
        found[whose.student] = whose, parcel
    return list(found.values())


def _latest(parcel: Parcel) -> tuple[int, ...]:
    return max((attempt for attempt, _ in parcel.files.values()), default=())


def _enrol(course: Course, name: str, person: Person) -> None:
    values = {"first_name": person.first, "last_name": person.last, "email": person.email}
    course.book.update_or_create_student(name, **{key: value for key, value in values.items() if value})


def _give(root: Path, place: Path, student: str, parcel: Parcel, done: Collected) -> None:
    """Lay one hand-in out, beside everything, then put it in its place in one step."""
    notes = list(parcel.notes)
    if parcel.late:
        notes.append("handed in late")
    files = _contents(parcel, notes)
    if not files:
        done.left.append(f"{parcel.shown}, {student}: there is no file that could be taken")
        done.left += [f"{student}: {note}" for note in notes]
        return
    if place.parent.is_symlink():
        done.left.append(f"{parcel.shown}, {student}: {place.parent} is a link; links are not followed")
        return
    if _same(place, files):
        done.unchanged.append(student)
        return
    done.notes += [f"{student}: {note}" for note in notes]
    try:
        work = Path(tempfile.mkdtemp(prefix=".collecting-", dir=root))
        try:
            for name, (data, entry) in files.items():
                path = work / "new" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                with contextlib.suppress(OSError, ValueError, OverflowError):
                    os.utime(path, (seconds := _seconds(entry), seconds))
            place.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(place):
                aside = _aside(root, student, place.name)
                place.rename(aside)
                done.notes.append(f"{student}: the hand-in that was there is kept in {aside.relative_to(root)}")
            (work / "new").rename(place)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS) and (fault := told(error, place)):
            raise fault from None
        done.left.append(f"{parcel.shown}, {student}: cannot be written: {error.strerror}")
        return
    done.given.append(student)


def _contents(parcel: Parcel, notes: list[str]) -> dict[str, tuple[bytes, Entry]]:
    """The files of a hand-in by their safe names; an archive without a notebook beside it is unpacked."""
    entries = [(place.split("/"), entry) for place, (_, entry) in parcel.files.items()]
    if not any(".ipynb" in parts[-1].lower() for parts, _ in entries):
        entries = [one for parts, entry in entries for one in _unpacked(parts, entry, notes)]
    entries.sort(key=lambda one: not one[0][-1].lower().endswith(".ipynb"))
    if len(entries) > MOST_FILES:
        notes.append(f"of {len(entries):,} files {MOST_FILES} were taken, notebooks first")
    files: dict[str, tuple[bytes, Entry]] = {}
    left = MOST_BYTES
    for parts, entry in entries[:MOST_FILES]:
        name = _safe(parts, files)
        try:
            if name.lower() == STAMP:
                raise Refused("when work was handed in is not for students to say")
            data = entry.read()
            if len(data) > left:
                raise Refused(f"together the files are larger than {MOST_BYTES >> 20} MiB")
        except Refused as error:
            notes.append(f"`{entry.shown}` was left out: {error}")
            continue
        left -= len(data)
        files[name] = data, entry
    return files


def _unpacked(parts: list[str], entry: Entry, notes: list[str]) -> list[tuple[list[str], Entry]]:
    if not parts[-1].lower().endswith(".zip"):
        return [(parts, entry)]
    try:
        entries, odd = inside(entry.read())
    except Refused as error:
        notes.append(f"`{entry.shown}` was not unpacked: {error}")
        return []
    notes += [f"`{entry.shown}` was unpacked", *odd]
    return [(list(one.parts), one) for one in entries]


def _safe(parts: list[str], taken: dict) -> str:
    """A path inside the hand-in, made of short decent names; another one where it is taken."""
    *above, name = (_short(part) for part in parts)
    if any("/".join(above[:end]) in taken for end in range(1, len(above) + 1)):  # a file has the name of the folder
        above, name = [], "-".join((*above, name))
    stem, dot, ending = name.rpartition(".")
    number = 1
    while (path := "/".join((*above, name))) in taken or any(other.startswith(f"{path}/") for other in taken):
        number += 1
        name = f"{stem} ({number}).{ending}" if dot else f"{ending} ({number})"
    return path


def _short(name: str) -> str:
    """A decent name of a file or folder; what is too long is cut, and its ending stays."""
    name = folder_name(name.replace("\n", " ")) if len(name.encode("utf-8", "replace")) <= 100 else _cut(name)
    return name or "file"


def _cut(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    ending = folder_name(ending) if dot and len(ending) <= 10 else ""
    stem = folder_name(stem or name).encode()[:60].decode("utf-8", "ignore")
    mark = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{stem}-{mark}.{ending}" if ending else f"{stem}-{mark}"


def _same(place: Path, files: dict[str, tuple[bytes, Entry]]) -> bool:
    """Whether these files lie there already, and no others."""
    if place.is_symlink() or not place.is_dir():
        return False
    there = [path for path in place.rglob("*") if path.is_symlink() or not path.is_dir()]
    if sorted(str(path.relative_to(place)) for path in there) != sorted(files):
        return False
    return all(p.is_file() and p.read_bytes() == files[str(p.relative_to(place))][0] for p in there)


def _aside(root: Path, whose: str, name: str) -> Path:
    """A place in `earlier/` that is free."""
    base = root / EARLIER / whose
    base.mkdir(parents=True, exist_ok=True)
    number = 1
    while os.path.lexists(path := base / f"{name}.{number}"):
        number += 1
    return path


def _seconds(entry: Entry) -> float:
    return time.mktime((*entry.when, 0, 0, -1))  # type: ignore[arg-type]
