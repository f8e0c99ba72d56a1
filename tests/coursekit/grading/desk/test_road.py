"""The guide's own commands, from a download of twelve hand-ins to marks and feedback; then a teacher's marks by hand."""

import csv
import html
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from grading.desk.downloads import AWAY, STUDENTS, canvas, lines, moodle, points
from grading.small_course import ANSWERS, CHAPTER, OUT_OF, SmallCourse

from coursekit.grading import report
from coursekit.grading.desk.download import entries_of
from coursekit.grading.desk.layouts import parcels_of
from coursekit.grading.desk.people import read_class_list
from coursekit.grading.desk.sheets import other_scale
from coursekit.grading.gradebook import Course
from coursekit.grading.marks import found
from coursekit.grading.outcome import Outcome

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[4]
GUIDE = (ROOT / "book" / "teachers.md").read_text("utf-8")


def commands(platform: str) -> list[list[str]]:
    """The console block of the guide for a platform: Canvas' comes first."""
    section = GUIDE.partition("## From Canvas or Moodle")[2].partition("\n## ")[0]
    blocks = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == 2, "the guide has one block for Canvas and one for Moodle"
    return [shlex.split(line) for line in blocks[platform == "moodle"].splitlines()]


def walk(course, platform: str, download: Path, people: Path) -> str:
    """Run them with these files and this course, in a shell whose locale knows no letters beyond ASCII."""
    said = ""
    for words in commands(platform):
        assert words[:3] == [".venv/bin/python", "-m", "coursekit"]
        files = iter((download, people))
        words = [str(next(files)) if word.endswith((".zip", ".csv")) else word.replace("05", "01") for word in words[1:]]
        more = ["--quiet", "--jobs", "1"] if "grade" in words else []
        locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        done = subprocess.run([sys.executable, *words, "--course", str(course.root), *more], cwd=ROOT, timeout=900,
                              env={**os.environ, **locale}, capture_output=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        said += done.stdout.decode("utf-8")
    return said


@pytest.fixture(scope="module")
def roads(tmp_path_factory):
    """Both platforms, each with a course of its own."""
    seen = {}
    for platform, pack in (("canvas", canvas), ("moodle", moodle)):
        folder = tmp_path_factory.mktemp(platform)
        course = SmallCourse(folder / "course")
        download, people = pack(course, folder)
        seen[platform] = course, walk(course, platform, download, people), people
    return seen


def name_of(platform: str, student) -> str:
    return student.login if platform == "canvas" else student.email


@pytest.mark.parametrize("platform", ["canvas", "moodle"])
def test_everybody_has_the_mark_that_was_earned(roads, platform):
    course, said, _ = roads[platform]
    rows = {row["student"]: row for row in lines(course.root / "marks" / f"{CHAPTER}.csv")}
    assert len(rows) == 13 and rows[name_of(platform, AWAY)]["status"] == "missing"
    for student in STUDENTS:
        row = rows[name_of(platform, student)]
        assert (row["mark"], row["out_of"], row["provisional"]) == (f"{points(student)}", f"{OUT_OF}", ""), row
        assert f"| {name_of(platform, student)} |" in said
        name = f"{row['first_name']} {row['last_name']}"
        assert name.removeprefix("'") == f"{student.first} {student.last}"
    assert rows[name_of(platform, STUDENTS[7])]["first_name"] == "'=HYPERLINK(1)"


def test_canvas_gets_its_own_lines_back(roads):
    course, _, people = roads["canvas"]
    ours = list(csv.reader((course.root / "marks" / f"{CHAPTER}.canvas.csv").read_text("utf-8").splitlines()))
    theirs = list(csv.reader(people.read_text("utf-8").splitlines()))
    assert ours[0] == [*theirs[0][:5], "Small things (777)"] and ours[1] == ["    Points Possible", "", "", "", "", "7"]
    assert [row[1:5] for row in ours[2:]] == [row[1:5] for row in theirs[2:-1]]  # all but the test student
    assert [row[5] for row in ours[2:]] == [*(f"{points(student)}" for student in STUDENTS), ""]
    assert ours[2][2] == "-1001"


def test_moodle_gets_its_own_worksheet_back(roads):
    course, _, people = roads["moodle"]
    ours = list(csv.reader((course.root / "marks" / f"{CHAPTER}.moodle.csv").read_text("utf-8").splitlines()))
    theirs = list(csv.reader(people.read_text("utf-8-sig").splitlines()))
    assert ours[0] == theirs[0] and [row[0] for row in ours] == [row[0] for row in theirs]
    assert [row[2] for row in ours] == [row[2] for row in theirs] and [row[8] for row in ours] == [row[8] for row in theirs]
    assert [row[4] for row in ours[1:]] == [*(f"{points(student)}" for student in STUDENTS), ""]
    assert ours[1][9].startswith("graded: ") and ours[-1][9].startswith("missing: ")


def test_moodle_gets_its_pages_in_one_archive(roads):
    course, _, people = roads["moodle"]
    packed = course.root / "marks" / f"{CHAPTER}.moodle.zip"
    with zipfile.ZipFile(packed) as archive:
        found = {info.filename.split("_")[1]: archive.read(info) for info in archive.infolist()}
    assert set(found) == {f"{student.number + 7000}" for student in STUDENTS}
    for student in STUDENTS:
        page = course.root / "feedback" / student.email / CHAPTER / f"{CHAPTER}.html"
        assert found[f"{student.number + 7000}"] == page.read_bytes()
    assert [len(parcel.files) for parcel in parcels_of(entries_of(packed)[0], "01", read_class_list(people))[1]] == [1] * 12
    assert not (roads["canvas"][0].root / "marks" / packed.name).exists()


def test_who_was_late_is_in_the_marks_and_on_the_page(roads):
    course, said, _ = roads["canvas"]
    rows = {row["student"]: row["notes"] for row in lines(course.root / "marks" / f"{CHAPTER}.csv")}
    assert [name for name, notes in rows.items() if "handed in late" in notes] == ["s1002"] and "| handed in late |" in said
    pages = [s.login for s in STUDENTS if "It was handed in late." in course.text("feedback", s.login, CHAPTER, f"{CHAPTER}.html")]
    assert pages == ["s1002"]


@pytest.mark.parametrize("platform", ["canvas", "moodle"])
def test_other_points_on_the_platform_are_told(roads, platform, tmp_path):
    course, said, _ = roads[platform]
    assert "set its points" not in said, "both have 7"
    copy = SmallCourse(tmp_path / "copy")
    kept = course.root / "class_lists" / f"{CHAPTER}.csv"
    text = kept.read_text("utf-8-sig")
    (copy.root / "class_lists").mkdir()
    (copy.root / "class_lists" / kept.name).write_text(text.replace(",7,", ",10,").replace(",7.00,", ",10.00,"), "utf-8")
    with Course(copy.root) as opened:
        marks = [found(Outcome(CHAPTER, name_of(platform, STUDENTS[0]), points=3, out_of=OUT_OF))]
        told = other_scale(opened, CHAPTER, marks)
    assert told.startswith(f"{platform.title()}'s assignment for {CHAPTER} is out of 10")
    assert ("set its points to 7" if platform == "canvas" else "set its maximum grade to 7, and collect again") in told


@pytest.mark.parametrize("platform", ["canvas", "moodle"])
def test_every_page_of_feedback_explains_itself(roads, platform):
    course, _, _ = roads[platform]
    for student in STUDENTS:
        page = course.text("feedback", name_of(platform, student), CHAPTER, f"{CHAPTER}.html")
        name = html.escape(f"{student.first} {student.last} ({name_of(platform, student)})")
        assert f"<h1>Small things: feedback for {name}</h1>" in page
        assert f"Mark: {points(student)} of 7." in page and "Exercise: write area (" in page
        assert "Everything could be read and run." in page or "broken by accident" in page
        assert f'<pre class="lines"><code>{html.escape(student.answers["area"].splitlines()[0])}</code>' in page


# --- a teacher's marks ------------------------------------------------------------------------------------------------


def test_there_is_no_sheet_for_the_other_platform(roads):
    for platform, other in (("canvas", "moodle"), ("moodle", "canvas")):
        marks = roads[platform][0].root / "marks"
        assert (marks / f"{CHAPTER}.{platform}.csv").exists() and not (marks / f"{CHAPTER}.{other}.csv").exists()


def test_a_mark_by_hand_reaches_every_sheet_and_the_page(roads):
    course, _, _ = roads["canvas"]
    ada, bo = STUDENTS[:2]
    odd = {**ANSWERS, "area": f"{ANSWERS['area']}\n"}

    def twice(book):
        cell = next(c for c in book.cells if c.get("id") == "area")
        book.cells.remove(cell)

    course.hand_in(ada.login, odd, spoil=twice)
    assert course.grade()[ada.login].status == "needs a human"
    row = next(row for row in lines(course.root / "marks" / f"{CHAPTER}.csv") if row["student"] == ada.login)
    assert (row["status"], row["provisional"]) == ("needs a human", "yes")
    assert sheet_mark(course, "canvas", "ID", ada) == ""
    page = course.text("feedback", ada.login, CHAPTER, f"{CHAPTER}.html")
    assert "(provisional)" in page and "A teacher looks at this hand-in" in page
    with course.book() as book:
        for student, score in ((ada, 1.5), (bo, 0.25)):
            grade = book.find_grade("area-grade", CHAPTER, CHAPTER, student.login)
            grade.manual_score, grade.needs_manual_grade = score, False
        comment = book.find_comment("area", CHAPTER, CHAPTER, ada.login)
        comment.manual_comment = "Where is it? <b>"
        book.db.commit()
    course.grade(students=[bo.login])
    assert "Where is it?" not in course.text("feedback", ada.login, CHAPTER, f"{CHAPTER}.html")  # nobody else's is touched
    course.grade()
    rows = {row["student"]: row for row in lines(course.root / "marks" / f"{CHAPTER}.csv")}
    assert [rows[s.login][key] for s in (ada, bo) for key in ("mark", "status", "provisional", "area")] == [
        "6.5", "marked by hand", "", "1.5", "0.25", "marked by hand", "", "0.25"]  # fmt: skip
    assert (sheet_mark(course, "canvas", "ID", ada), sheet_mark(course, "canvas", "ID", bo)) == ("6.5", "0.25")
    page = course.text("feedback", ada.login, CHAPTER, f"{CHAPTER}.html")
    assert "Mark: 6.5 of 7. Status: marked by hand." in page and "Where is it? &lt;b&gt;" in page
    assert "A teacher has set these points; the tests gave 0." in page
    sheet = (course.root / "marks" / f"{CHAPTER}.csv").read_text("utf-8")
    with course.book() as book:  # as a backup from before would be
        book.find_grade("area-grade", CHAPTER, CHAPTER, bo.login).manual_score = None
        book.db.commit()
    course.grade()
    rows = {row["student"]: row for row in lines(course.root / "marks" / f"{CHAPTER}.csv")}
    assert "a mark by hand, 0.25, counts no longer" in rows[bo.login]["notes"]
    assert "counts no longer" not in course.text("feedback", bo.login, CHAPTER, f"{CHAPTER}.html"), "for teachers alone"
    assert (course.root / "marks" / f"{CHAPTER}.before.csv").read_text("utf-8") == sheet
    outcomes = course.grade()
    assert (course.root / "marks" / f"{CHAPTER}.before.csv").read_text("utf-8") == sheet
    assert f"{CHAPTER}.before.csv; delete it when seen to" in report.summary(course.root, list(outcomes.values()))


def sheet_mark(course, platform: str, key: str, student) -> str:
    rows = list(csv.reader((course.root / "marks" / f"{CHAPTER}.{platform}.csv").read_text("utf-8").splitlines()))
    return next(row[-1] for row in rows if row[rows[0].index(key)] == f"{student.number}")
