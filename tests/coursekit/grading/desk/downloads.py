"""What Canvas and Moodle give a teacher for twelve hand-ins: the archive, and the list that knows the students' numbers."""

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from grading.small_course import ANSWERS, CHAPTER, WRONG
from nbformat import writes


@dataclass(frozen=True)
class Student:
    first: str
    last: str
    number: int
    answers: dict

    @property
    def login(self) -> str:
        return f"s{self.number}"

    @property
    def email(self) -> str:
        return f"{self.login}@example.edu"

    @property
    def canvas(self) -> str:
        """`[[:word:]]` is all that Canvas leaves of a name."""
        return "".join(c for c in f"{self.last}{self.first}".lower() if c.isalnum() or c == "_")

    @property
    def moodle(self) -> str:
        return "".join(c for c in f"{self.first} {self.last}" if c not in "'\"<>&`|:\\/").replace("_", " ")


HALF = {**ANSWERS, **{name: WRONG[name] for name in ("shuffle", "scale")}}  # 2 of 7
NAMES = [
    ("Ada", "Abel"), ("Bo", "O'Brien"), ("Chiara", "D'Angelo-Rossi"), ("Đorđe", "Čapek"), ("Émile", "Faure"), ("Fu", "林"),
    ("Gül", "Şahin"), ("=HYPERLINK(1)", "Hack"), ("Ivan", "Иванов"), ("Jo", "Smith"), ("Jo Ann", "Smith"), ("Kim", "van der Berg"),
]  # fmt: skip
STUDENTS = [Student(first, last, 1001 + at, (ANSWERS, HALF, WRONG)[at % 3]) for at, (first, last) in enumerate(NAMES)]
AWAY = Student("Zoë", "Away", 1099, {})


def points(student: Student) -> float:
    return {id(ANSWERS): 7, id(HALF): 2, id(WRONG): 0}[id(student.answers)]


def notebook(course, answers: dict) -> bytes:
    book = course.released()
    for cell in book.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    return writes(book).encode()


def archive(path: Path, files: dict) -> Path:
    """A zip of names (text, or a ZipInfo) and contents."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return path


def canvas(course, folder: Path) -> tuple[Path, Path]:
    """The second student's is late, the third's is a second attempt beside the first, the fourth's has another name."""
    files = {}
    for at, student in enumerate(STUDENTS):
        late = "_LATE" if at == 1 else ""
        name = {2: f"{CHAPTER}-1.ipynb", 3: f"Copy of {CHAPTER} (1).ipynb"}.get(at, f"{CHAPTER}.ipynb")
        files[f"{student.canvas}{late}_{student.number}_{90500 + at}_{name}"] = notebook(course, student.answers)
    third = STUDENTS[2]
    files[f"{third.canvas}_{third.number}_90002_{CHAPTER}.ipynb"] = notebook(course, ANSWERS)
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Small things (777)", "Final Score"]
    rows = [head, ["    Points Possible", "", "", "", "", "7", "(read only)"]]
    for student in [*STUDENTS, AWAY]:
        rows.append([f"{student.last}, {student.first}", student.number, f"-{student.number}", student.login, "A", "", ""])
    rows.append(["Student, Test", 5, "", "abcdef", "A", "", ""])
    return archive(folder / "submissions.zip", files), sheet(folder / "gradebook.csv", rows)


def moodle(course, folder: Path) -> tuple[Path, Path]:
    """Moodle numbers people anew for each assignment. The second wrote a text too, the third has a file beside."""
    files = {}
    for at, student in enumerate(STUDENTS):
        top = f"{student.moodle}_{student.number + 7000}_assignsubmission"
        files[f"{top}_file_/{CHAPTER}.ipynb"] = notebook(course, student.answers)
        if at == 1:
            files[f"{top}_onlinetext_/onlinetext.html"] = b"<p>Sorry</p>"
        if at == 2:
            files[f"{top}_file_/more/notes.txt"] = b"notes"
    head = ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade", "Grade can be changed"]
    head += ["Last modified (submission)", "Last modified (grade)", "Feedback comments"]
    rows = [head]
    for student in [*STUDENTS, AWAY]:
        name = f"{student.first} {student.last}"
        row = [f"Participant {student.number + 7000}", name, student.email, "Submitted for grading", "", "7.00", "Yes"]
        rows.append([*row, "Monday, 30 November 2026, 9:00 PM", "-", ""])
    return archive(folder / "Course-Small-12.zip", files), sheet(folder / "Grades-Course-12.csv", rows, "utf-8-sig")


def sheet(path: Path, rows: list[list], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def lines(path: Path) -> list[dict]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
