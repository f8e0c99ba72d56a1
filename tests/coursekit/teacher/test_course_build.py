"""The whole build on the toy course: files, gradebook, and what a refusal leaves behind."""

import nbformat
import pytest
from nbgrader.api import Gradebook
from toy import exercise, stub

from coursekit import strength
from coursekit.errors import BookError
from coursekit.teacher.course import build_course, table


def cells(path) -> dict:
    return {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}


@pytest.fixture
def untried(monkeypatch):
    """Leaves out the answers, which other tests try."""
    monkeypatch.setattr("coursekit.teacher.course.try_answers", lambda *_: [])


@pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")
def test_build_and_build_again_with_submissions(toy, monkeypatch):
    said = []
    rows = build_course(toy.root, progress=said.append)
    assert said[-1] == table(rows)
    assert "| turn | 01_lists | 3 | 2 | 5 | 1 |" in said[-1]
    assert strength.read(toy.root)["01_lists"].exercises == {"turn": strength.Counts(right=2, wrong=5, caught=1)}
    course = toy.root / "course"
    source = cells(course / "source/01_lists/01_lists.ipynb")
    assert "### BEGIN SOLUTION" in source["turn"].source and "### BEGIN HIDDEN TESTS" in source["turn-grade"].source
    assert all(not cell.get("outputs") for cell in source.values())
    release = course / "release/01_lists/01_lists.ipynb"
    public, released = cells(toy.root / "notebooks/01_lists.ipynb"), cells(release)
    assert {i: cell.source for i, cell in public.items()} == {i: cell.source for i, cell in released.items()}
    assert released["turn-grade"].metadata.nbgrader.points == 3

    database = f"sqlite:///{course / 'gradebook.db'}"
    with Gradebook(database) as book:
        book.add_student("ada")
        book.add_submission("01_lists", "ada")
        book.find_grade("turn-grade", "01_lists", "01_lists", "ada").auto_score = 2.0
        book.find_grade("turn-grade", "01_lists", "01_lists", "ada").manual_score = 2.5
        book.db.commit()
    monkeypatch.setattr("coursekit.teacher.course.try_answers", lambda *_: [])
    toy.replace('hint="Build a new list."', 'hint="Build another list."')
    build_course(toy.root, progress=said.append)
    assert "Build another list." in (course / "source/01_lists/01_lists.ipynb").read_text()

    old = release.read_bytes(), (course / "source/01_lists/01_lists.ipynb").read_bytes()
    toy.notebook(more=exercise("third", stub("def third(x):"), "pass"))
    with pytest.raises(BookError, match="its gradebook holds submissions for exercises that have since been"):
        build_course(toy.root, progress=said.append)
    assert (release.read_bytes(), (course / "source/01_lists/01_lists.ipynb").read_bytes()) == old
    with Gradebook(database) as book:
        grade = book.find_grade("turn-grade", "01_lists", "01_lists", "ada")
        assert (grade.auto_score, grade.manual_score, grade.max_score) == (2.0, 2.5, 3.0)


def test_a_release_that_nbgrader_cannot_make_keeps_the_old_one(toy, untried):
    course = toy.root / "course"
    (course / "release/01_lists").mkdir(parents=True)
    (course / "release/01_lists/kept.txt").write_text("old")
    (course / "nbgrader_config.py").write_text("raise SystemExit('no such server')")
    with pytest.raises(BookError, match="nbgrader makes no release"):
        build_course(toy.root, progress=str)
    assert (course / "release/01_lists/kept.txt").read_text() == "old"
    assert strength.kept(toy.root) == [], "written only after everything succeeded"


def test_a_teachers_setting_that_changes_the_release_is_noticed(toy, untried):
    (toy.root / "course/nbgrader_config.py").write_text(
        "c = get_config()\nc.ClearSolutions.code_stub = {'python': '# TODO'}\n"
    )
    with pytest.raises(BookError, match="differs from the public notebook") as caught:
        build_course(toy.root, progress=str)
    assert "# TODO" in str(caught.value)
    assert not (toy.root / "course/release/01_lists").exists()


def test_nothing_to_build(tmp_path):
    (tmp_path / "course/exercises").mkdir(parents=True)
    with pytest.raises(BookError, match="there is no exercise"):
        build_course(tmp_path)


def test_several_chapters_and_one_of_them(toy, untried):
    toy.notebook("02_more", exercises=exercise("triple", stub("def triple(x):"), "pass"))
    said = []
    build_course(toy.root, ["02"], said.append)
    assert sorted(path.name for path in (toy.root / "course/release").iterdir()) == ["02_more"]
    build_course(toy.root, None, said.append)
    assert sorted(path.name for path in (toy.root / "course/release").iterdir()) == ["01_lists", "02_more"]
