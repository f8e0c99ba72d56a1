"""Marks as CSV: everything for the teacher, and what Canvas and Moodle import, on the platform's own lines.

A cell that a spreadsheet would take for a formula is defused. Columns by which a platform finds its students stay as
they are, unless what stands there is a formula and no login, address or number at all.
"""

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from ...errors import BookError
from ..gradebook import Course
from ..marks import Mark, explained
from ..words import printable
from .people import LISTS, PLATFORMS, ClassList, column, known_as, read_class_list, squeezed

_FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@＝＋－＠].)")
_PLAIN_ID = re.compile(r"[+\-@]?[\w.@ '/-]*")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]


def sheets(course: Course, chapter: str, marks: list[Mark], said, titles: Mapping[str, str]) -> dict[str, str]:
    """File names and texts; with the list of one platform no sheet for the other, which could not find its students.

    `said` gives what a teacher should know of one mark, `titles` what students call the exercises.
    """
    roll = {person.id: person for person in course.book.students}
    texts = {f"{chapter}.csv": _csv(_own(roll, marks, said))}
    people, names = class_list(course, chapter)
    kind = people.kind if people else ""
    final = {mark.outcome.student: mark for mark in marks}
    out_of = max((mark.outcome.out_of for mark in marks), default=0)
    if people and kind == "canvas":
        canvas = _canvas_lines(people, names, chapter, final, out_of)
    else:
        canvas = [[*_CANVAS, chapter], ["    Points Possible", "", "", "", "", f"{out_of:g}"]]
        for student, mark in final.items():
            last, first, _ = _person(roll, student)
            name = f"{last}, {first}" if last else student
            canvas.append([_harmless(name), "", _id(student), _id(student), "", _points(mark)])
    if people and kind in ("worksheet", "moodle"):
        moodle = _moodle_lines(people, names, chapter, final, titles)
    else:
        moodle = [["ID number", "Email address", chapter, "Feedback comments"]]
        for student, mark in final.items():
            moodle.append([_id(student), _id(_person(roll, student)[2]), _points(mark), _comment(mark, titles)])
    both = {"Canvas": canvas, "Moodle": moodle}
    wanted = [PLATFORMS[kind]] if kind in PLATFORMS else list(both)
    return texts | {f"{chapter}.{platform.lower()}.csv": _csv(both[platform]) for platform in wanted}


def class_list(course: Course, chapter: str) -> tuple[ClassList | None, dict[str, str]]:
    """The list that `collect` has kept for a chapter, and under which name the gradebook has its people."""
    path = Path(course.root) / LISTS / f"{chapter}.csv"
    if not path.is_file():
        return None, {}
    try:
        people = read_class_list(path)
    except BookError:
        return None, {}
    return people, known_as(people.people, course.book.students)


def pages(course: Course, chapter: str) -> bytes | None:
    """The pages of feedback as Moodle takes them, in folders named as in its download; None without its worksheet."""
    people, names = class_list(course, chapter)
    if people is None or people.kind != "worksheet":
        return None
    at = column(people.head, "participant")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for person in people.people:
            page = course.folder(course.folders.feedback_directory, names[person.student], chapter) / f"{chapter}.html"
            number = re.sub(r"^\D+", "", people.rows[person.row][at or 0].strip())
            if number.isdecimal() and page.is_file():
                name = "".join(c for c in person.shown if c.isalnum() or c in " .-")
                info = zipfile.ZipInfo(f"{name}_{number}_assignsubmission_file_/{chapter}.html")
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, page.read_bytes())
    return packed.getvalue()


def strangers(course: Course, chapter: str, marks: list[Mark]) -> list[str]:
    """Who has a mark and stands on no line of the class list, so that no platform learns of it."""
    people, names = class_list(course, chapter)
    if people is None:
        return []
    known = set(names.values())
    return [mark.outcome.student for mark in marks if mark.points is not None and mark.outcome.student not in known]


def other_scale(course: Course, chapter: str, marks: list[Mark]) -> str:
    """In words, where the platform's assignment has other points than the chapter; "" where it has not or none say."""
    people, _ = class_list(course, chapter)
    out_of = max((mark.outcome.out_of for mark in marks), default=0)
    if people is None or not out_of:
        return ""
    titles = [squeezed(title) for title in people.head]
    if people.kind == "canvas":
        at = _assignment(people, chapter)
        row = next((row for row in people.rows if row and squeezed(row[0]) == "pointspossible"), [])
    else:
        at = titles.index("maximumgrade") if "maximumgrade" in titles else None
        row = people.rows[people.people[0].row]
    text = row[at].strip() if at is not None and at < len(row) else ""
    if not _NUMBER.fullmatch(text) or float(text.replace(",", ".")) == out_of:
        return ""
    where = f"{PLATFORMS.get(people.kind, 'the platform')}'s assignment for {chapter}"
    todo = f"set its points to {out_of:g} before you import"
    if people.kind == "worksheet":
        todo = f"set its maximum grade to {out_of:g}, and collect again with a worksheet downloaded after that"
    return f"{where} is out of {text}, the marks are out of {out_of:g}: {todo}"


def _assignment(people: ClassList, chapter: str) -> int | None:
    """The one column of a Canvas gradebook whose title holds the chapter's."""
    wanted = squeezed(chapter.partition("_")[2] or chapter)
    found = [at for at in range(_end(people), len(people.head)) if wanted in squeezed(people.head[at])]
    return found[0] if len(found) == 1 else None


def _end(people: ClassList) -> int:
    """How many columns of a Canvas gradebook say who it is."""
    return next(at for at, title in enumerate(people.head) if squeezed(title) == "section") + 1


def _own(roll: dict, marks: list[Mark], said) -> list[list[str]]:
    exercises = list(dict.fromkeys(r.exercise for mark in marks for r in mark.outcome.results if r.points))
    lines = [["student", "last_name", "first_name", "mark", "out_of", "status", "provisional", *exercises, "notes"]]
    for mark in marks:
        outcome = mark.outcome
        last, first, _ = map(_harmless, _person(roll, outcome.student))
        out_of = f"{outcome.out_of:g}" if outcome.out_of else ""
        points = "" if mark.points is None else f"{mark.points:g}"
        parts = [f"{mark.earned[name]:g}" if name in mark.earned else "" for name in exercises]
        provisional = "yes" if mark.provisional else ""
        notes = _harmless("; ".join(said(mark)))
        lines.append([_id(outcome.student), last, first, points, out_of, mark.status, provisional, *parts, notes])
    return lines


def _person(roll: dict, student: str) -> tuple[str, str, str]:
    """Last name, first name, address."""
    values = [getattr(roll.get(student), name, None) or "" for name in ("last_name", "first_name", "email")]
    return values[0], values[1], values[2]


def _points(mark: Mark | None) -> str:
    """What a platform is told: final marks only."""
    return "" if mark is None or mark.points is None or mark.provisional else f"{mark.points:g}"


def _comment(mark: Mark | None, titles: Mapping[str, str]) -> str:
    return f"{mark.status}: {explained(mark, titles)}{' It was handed in late.' * mark.late}" if mark else ""


def _canvas_lines(people: ClassList, names: dict, chapter: str, final: dict[str, Mark], out_of: float) -> list:
    """The columns by which Canvas knows its students, as exported, and the chapter's, under Canvas' title if there."""
    end, at = _end(people), _assignment(people, chapter)
    ids = {at for at in range(end) if "id" in squeezed(people.head[at])}
    lines = [[*people.head[:end], chapter if at is None else people.head[at]]]
    lines.append(["    Points Possible", *[""] * (end - 1), f"{out_of:g}"])
    for person in people.people:
        row = _cells(people.rows[person.row], end)
        cells = [_id(cell) if at in ids else _harmless(cell) for at, cell in enumerate(row)]
        lines.append([*cells, _points(final.get(names[person.student]))])
    return lines


def _moodle_lines(people: ClassList, names: dict[str, str], chapter: str, final: dict, titles: Mapping) -> list:
    """A grading worksheet is filled in; a list of participants gets two columns more."""
    head = list(people.head)
    heads = [squeezed(title) for title in head]
    keys = {column(head, kind) for kind in ("login", "email", "number", "id", "participant")}
    places = []
    columns = ("grade", chapter if people.kind == "moodle" else "Grade"), ("feedbackcomments", "Feedback comments")
    for known, new in columns:
        places.append(heads.index(known) if known in heads else len(head))
        head += [new] if known not in heads else []
    lines = [head]
    for person in people.people:
        mark = final.get(names[person.student])
        cells = _cells(people.rows[person.row], len(head))
        row = [_id(cell) if at in keys else _harmless(cell) for at, cell in enumerate(cells)]
        row[places[0]], row[places[1]] = _points(mark) or row[places[0]], _comment(mark, titles)
        lines.append(row)
    return lines


def _cells(row: list[str], count: int) -> list[str]:
    return [*row, *[""] * count][:count]


def _csv(lines: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue()


def _id(value: str) -> str:
    """What names a student: as it is, where it is a login, an address or a number, even one that begins with a sign."""
    value = value.encode("utf-8", "replace").decode()
    return value if _PLAIN_ID.fullmatch(value) and value.isprintable() else _harmless(value)


def _harmless(value: str) -> str:
    """Text on one line, with an apostrophe before whatever a spreadsheet would take for a formula."""
    value = " ".join(printable(value).split())
    return value if _NUMBER.fullmatch(value) else _FORMULA.sub(r"\1\2'", value)
