"""Honest accidents, one hand-in each, graded in one run: what they earn, and what the teacher is told."""

import copy
import csv
import html
import json
import zipfile

import pytest
from grading.small_course import ANSWERS, CHAPTER, CHECKS, GRADED, OUT_OF, STUBS, WRONG, SmallCourse, cell
from nbformat.v4 import new_code_cell

pytestmark = pytest.mark.slow


def _colab(notebook):
    """As Colab saves: ids in the metadata, sources as lists, no nbgrader metadata lost."""
    text = json.loads(json.dumps(notebook))
    for one in text["cells"]:
        one["metadata"]["id"] = one.pop("id")
        one["source"] = one["source"].splitlines(True)
    text["nbformat_minor"] = 0
    text["metadata"]["colab"] = {"provenance": []}
    return json.dumps(text)


def _lose(metadata=False, ids=False):
    def spoil(notebook):
        for one in notebook.cells:
            if metadata:
                one.metadata.pop("nbgrader", None)
            if ids:
                one.pop("id", None)
        if ids:
            notebook.nbformat_minor = 4

    return spoil


def _delete(*names):
    def spoil(notebook):
        notebook.cells = [one for one in notebook.cells if one.get("id") not in names]

    return spoil


def _edit(name, source):
    def spoil(notebook):
        cell(notebook, name).source = source

    return spoil


def _twice(name):
    def spoil(notebook):
        one = cell(notebook, name)
        again = copy.deepcopy(one)
        again.id = f"{name}-2"
        notebook.cells.insert(notebook.cells.index(one) + 1, again)

    return spoil


def _new_cell(source, before, **edits):
    def spoil(notebook):
        for name, text in edits.items():
            cell(notebook, name).source = text
        notebook.cells.insert(notebook.cells.index(cell(notebook, before)), new_code_cell(source, id="mine"))

    return spoil


def _area(source):
    return {**ANSWERS, "area": source}


RIGHT_AREA = ANSWERS["area"]
LOOP = "while True:\n    pass\n"
WARNS = "import sys, warnings\n\n\ndef area(width, height):\n    warnings.warn('mind the units')\n"
WARNS += "    print('warning', file=sys.stderr)\n    print('area', width, height)\n    return width * height"
HELPED = "def area(width, height):\n    return product(width, height)"
HELPER = "def product(a, b):\n    return a * b"

# student: (the arguments of hand_in, points, status, what the notes say)
ACCIDENTS = {
    "right": ({}, 7, "graded", ""),
    "wrong": ({"answers": WRONG}, 0, "graded", ""),
    "unanswered": ({"answers": {}}, 0, "graded", ""),
    "copy": ({"name": f"Copy of {CHAPTER} (1).ipynb"}, 7, "repaired", "Copy of"),
    "final": ({"name": f"{CHAPTER}-final.ipynb"}, 7, "repaired", "final"),
    "nometa": ({"spoil": _lose(metadata=True)}, 7, "repaired", "metadata"),
    "noids": ({"spoil": _lose(ids=True)}, 7, "graded", ""),
    "colab": ({"spoil": _colab}, 7, "graded", ""),
    "deleted": ({"spoil": _delete("area-check", "shuffle-grade")}, 7, "repaired", ""),
    "edited": ({"spoil": _edit("scale-grade", "float(2)")}, 7, "repaired", ""),
    "doubled": ({"spoil": _twice("shuffle-grade")}, 7, "repaired", ""),
    "warns": ({"answers": _area(WARNS)}, 7, "graded", ""),
    "looptop": ({"answers": _area(f"{RIGHT_AREA}\n\n{LOOP}")}, 5, "timeout", "area"),
    "loopin": ({"answers": _area("def area(width, height):\n    while True:\n        pass")}, 5, "timeout", "area"),
    "raises": ({"answers": _area(f"{RIGHT_AREA}\n\nraise ValueError('mine')")}, 7, "graded", ""),
    "early": ({"answers": _area(f"1 / 0\n\n\n{RIGHT_AREA}")}, 5, "graded", ""),
    "syntax": ({"answers": _area("def area(width, height)\n    return width * height")}, 5, "graded", ""),
    "package": ({"answers": _area(f"import no_such_package\n\n\n{RIGHT_AREA}")}, 5, "graded", ""),
    "sysexit": ({"answers": _area(f"{RIGHT_AREA}\n\nimport sys\nsys.exit()")}, 7, "graded", ""),
    "osexit": ({"answers": _area(f"{RIGHT_AREA}\n\nimport os\nos._exit(0)")}, 5, "crashed", "area"),
    "elsewhere": ({"spoil": _new_cell(RIGHT_AREA, "area-check", area=STUBS["area"])}, 7, "repaired", "another cell"),
    "helper": ({"spoil": _new_cell(HELPER, "area-task", area=HELPED)}, 7, None, None),
    "lost": ({"answers": _area(HELPED)}, 5, "graded", ""),
    "lesson": ({"spoil": _edit("lesson", "picture = torch.ones(2)\npicture.sum() / 0")}, 7, None, None),
    "noanswer": ({"spoil": _delete("area")}, 5, "needs a human", "deleted"),
    "two": ({"spoil": _new_cell(WRONG["area"], "shuffle-task")}, 7, "needs a human", "also defined"),
    "json": ({"spoil": lambda notebook: '{"cells": [{"cell_type": "code", "sou'}, None, "unreadable", "breaks off"),
    "empty": ({"spoil": lambda notebook: ""}, None, "unreadable", "empty"),
    "absent": (None, None, "missing", ""),
}  # fmt: skip
STATES = {"graded", "repaired", "timeout", "crashed", "unreadable", "missing", "needs a human"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The course after one run: (course, outcomes by student)."""
    course = SmallCourse(tmp_path_factory.mktemp("accidents") / "course")
    for student, (how, *_) in ACCIDENTS.items():
        if how is not None:
            course.hand_in(student, **how)
    course.folder("nofile")
    course.hand_in("numbered").parent.rename(course.root / "submitted" / "numbered" / "Chapter 1")
    single = course.hand_in("single")
    single.rename(single.parent.parent / single.name)
    single.parent.rmdir()
    with zipfile.ZipFile(course.folder("packed") / "work.zip", "w") as archive:
        archive.write(single.parent.parent / single.name, f"work/{single.name}")
    (course.root / "submitted" / "loose.ipynb").write_text("{}")
    course.hand_in("other", name="99_another.ipynb", spoil=lambda n: n.update(cells=[new_code_cell("1 + 1", id="a")]))
    with course.book() as book:
        book.update_or_create_student("absent", first_name="Ada", last_name="Away")
    return course, course.grade()


@pytest.fixture(scope="module")
def rows(graded):
    """marks/<chapter>.csv by student."""
    course, _ = graded
    with open(course.root / "marks" / f"{CHAPTER}.csv", newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("student", ACCIDENTS)
def test_points_status_and_note(graded, student):
    outcome = graded[1][student]
    _, points, status, said = ACCIDENTS[student]
    told = " ".join([*outcome.notes, *map(" ".join, outcome.doubts.items())])
    told += " ".join(f"{r.exercise} {r.note}" for r in outcome.results if r.stopped)
    assert (outcome.points, outcome.status) == (points, status or outcome.status), told
    assert outcome.status in (STATES - {"unreadable", "missing", "timeout", "crashed"} if status is None else {status})
    assert said is None or said in told


def test_a_hand_in_is_found_where_it_lies_and_what_is_nobody_s_is_named(graded):
    course, outcomes = graded
    for student, said in (("numbered", "folder `Chapter 1`"), ("single", "outside of its folder"), ("packed", "archive `work.zip`")):
        assert (outcomes[student].points, outcomes[student].status) == (7, "repaired")
        assert any(said in note for note in outcomes[student].notes)
    assert outcomes["loose.ipynb"].status == "missing" and "is no student's folder" in outcomes["loose.ipynb"].notes[0]
    assert {o.student for o in course.grade().values() if o.points == 7} >= {"numbered", "single", "packed"}  # known now


def test_the_teacher_is_told_why_an_answer_could_not_run(rows):
    for student, why in (("syntax", "SyntaxError"), ("early", "ZeroDivisionError"), ("package", "no_such_package")):
        assert rows[student]["notes"].startswith("area: ") and why in rows[student]["notes"]
    assert rows["raises"]["notes"] == ""  # nothing was lost
    assert rows["lost"]["notes"] == "area: NameError: name 'product' is not defined"


def test_every_state_occurs(graded):
    assert {outcome.status for outcome in graded[1].values()} == STATES


def test_a_folder_without_a_notebook_is_missing_and_another_notebook_earns_nothing_in_silence(graded):
    _, outcomes = graded
    assert (outcomes["nofile"].status, outcomes["nofile"].points) == ("missing", None)
    assert outcomes["other"].status == "needs a human" and not outcomes["other"].points


@pytest.mark.parametrize("student", ["looptop", "loopin", "early", "syntax", "package", "osexit", "noanswer"])
def test_the_other_exercises_keep_their_points(graded, student):
    earned = {result.exercise: result.earned for result in graded[1][student].results}
    assert earned == {"area": 0, "shuffle": 3, "scale": 2, "double": 0}


def test_the_csv_tells_mark_and_status_of_everybody(graded, rows):
    assert set(rows) == set(graded[1])
    for student, (_, points, status, _) in ACCIDENTS.items():
        assert rows[student]["mark"] == ("" if points is None else str(points))
        assert rows[student]["status"] == (status or rows[student]["status"])
    assert rows["absent"]["last_name"] == "Away"
    assert {row["out_of"] for row in rows.values() if row["mark"]} == {str(OUT_OF)}


def test_what_is_missing_or_unreadable_has_no_nought_anywhere(graded, rows):
    course, _ = graded
    with course.book() as book:
        assert not [s for s in book.assignment_submissions(CHAPTER) if s.student.id in ("absent", "nofile")]
        for student in ("json", "empty"):
            assert {g.auto_score for g in _grades(book, student)} == {None}
            assert all(g.needs_manual_grade for g in _grades(book, student))
    for student in ("absent", "nofile", "json", "empty"):
        assert rows[student]["mark"] == rows[student]["area"] == ""
        for kind, column in (("canvas", -1), ("moodle", 2)):
            lines = list(csv.reader(course.text("marks", f"{CHAPTER}.{kind}.csv").splitlines()))
            assert [line[column] for line in lines if student in line] == [""]


def _grades(book, student):
    return book.find_submission_notebook(CHAPTER, CHAPTER, student).grades


def test_nbgrader_s_gradebook_has_the_same_points_and_asks_for_a_human_where_we_do(graded):
    course, outcomes = graded
    with course.book() as book:
        for student, outcome in outcomes.items():
            if outcome.status in ("missing", "unreadable"):
                continue
            grades = {grade.name: grade for grade in _grades(book, student)}
            assert sum(grade.auto_score for grade in grades.values()) == outcome.points
            asked = {name.removesuffix("-grade") for name, grade in grades.items() if grade.needs_manual_grade}
            assert asked == {name for name in outcome.doubts if f"{name}-grade" in grades}
        assert {g.name for g in _grades(book, "noanswer") if g.needs_manual_grade} == {"area-grade"}


def test_the_autograded_notebook_has_the_released_tests_and_the_student_s_answers(graded):
    course, outcomes = graded
    for student, outcome in outcomes.items():
        if outcome.status in ("missing", "unreadable"):
            continue
        cells = json.loads(course.text("autograded", student, CHAPTER, f"{CHAPTER}.ipynb"))["cells"]
        sources = {one["id"]: "".join(one["source"]) for one in cells}
        for name in CHECKS:
            assert CHECKS[name] in sources[f"{name}-check"]
            assert sources[name] == outcome.answers[name]
        assert sources["scale-grade"] == GRADED
        assert outcome.status in sources["grading"]


def test_feedback_tells_status_and_cause(graded):
    course, outcomes = graded
    pages = {s: html.unescape(course.text("feedback", s, CHAPTER, f"{CHAPTER}.html"))
             for s, outcome in outcomes.items() if outcome.status != "missing"}  # fmt: skip
    assert not (course.root / "feedback" / "absent").exists()
    for student, page in pages.items():
        assert f"Status: {outcomes[student].status}." in page
    assert "Running it gave: SyntaxError" in pages["syntax"]
    assert "Everything could be read. What could not be run: Exercise: write area." in pages["syntax"]
    assert outcomes["unanswered"].blank == ["area", "shuffle", "scale"] and outcomes["elsewhere"].blank == []
    assert "What is empty or as you were given it: Exercise: write area; " in pages["unanswered"]
    assert "Everything could be read and run." in pages["wrong"]
    assert "Running it gave: ValueError: mine, in line 4 of your answer: raise ValueError('mine')" in pages["raises"]
    assert "no_such_package" in pages["package"]
    assert "did not end within 2 s" in pages["looptop"]
    assert "A teacher looks at this hand-in" in pages["noanswer"]
    assert "breaks off before its end" in pages["json"] and "Mark: –" in pages["json"]
