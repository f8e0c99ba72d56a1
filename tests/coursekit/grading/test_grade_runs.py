"""Runs that are cut off, repeated, or disturbed: each hand-in is graded once, and no mark is lost or changed."""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from grading.processes import below, parents
from grading.small_course import ANSWERS, CHAPTER, PACKAGE, WRONG, SmallCourse, secrets

from coursekit.errors import BookError
from coursekit.grading import grade as grading
from coursekit.grading.outcome import Outcome, Result
from coursekit.teacher import leaks

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
SLOW = {**ANSWERS, "area": f"import time\n\ntime.sleep(1.2)\n\n\n{ANSWERS['area']}"}
NOISY = {**WRONG, "area": f"print('I was here')\n\n\n{WRONG['area']}"}
COMMAND = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from coursekit.grading.grade import grade
from coursekit.grading.job import Times
if __name__ == "__main__":
    grade(Path(sys.argv[1]), Path(sys.argv[2]), jobs=1, times=Times(call=2, exercise=4, notebook=12))
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """A grader as a program, so that it can be killed."""
    path = tmp_path_factory.mktemp("script") / "run.py"
    path.write_text(COMMAND)
    return path


def _course(tmp_path_factory, **students):
    course = SmallCourse(tmp_path_factory.mktemp("runs") / "course")
    for student, answers in students.items():
        course.hand_in(student, answers)
    return course


def _start(script, course):
    command = [sys.executable, str(script), str(course.root), str(PACKAGE), str(ROOT)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _gone(pids: set[int], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while pids & set(parents()):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _outcomes(course) -> dict[str, dict]:
    found = {}
    for path in (course.root / "outcomes" / CHAPTER).glob("[!.]*.json"):
        found[path.stem] = json.loads(path.read_text("utf-8"))
    return found


def _wait_for_one(course, process) -> None:
    until = time.monotonic() + 60
    while not any(outcome["recorded"] for outcome in _outcomes(course).values()):
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < until, "no outcome within a minute"
        time.sleep(0.02)


def _files(course, *names) -> dict[str, tuple[bytes, int]]:
    """Contents and times of all files below some folders of the course."""
    paths = [p for name in names for p in sorted((course.root / name).rglob("*")) if p.is_file()]
    return {str(p.relative_to(course.root)): (p.read_bytes(), p.stat().st_mtime_ns) for p in paths}


def _scores(course) -> dict[str, float]:
    with course.book() as book:
        return {s.student.id: s.score for s in book.assignment_submissions(CHAPTER)}


def _asked_for(course, monkeypatch, **more) -> list[str]:
    """Whom the grader would grade now; nobody is."""
    todo = []
    monkeypatch.setattr(grading, "_run", lambda jobs, *_: iter(todo.extend(job.student for job in jobs) or ()))
    monkeypatch.setattr(grading, "_write_marks", lambda *_: None)
    course.grade(**more)
    return todo


# --- cut off, and started again ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def resumed(tmp_path_factory, script):
    """What was seen when a grader was killed after its first outcome and another one went on."""
    course = _course(tmp_path_factory, ada=ANSWERS, bob=NOISY, cem=SLOW, dan=SLOW)
    with _start(script, course) as process:
        _wait_for_one(course, process)
        children = below(process.pid)
        try:
            course.grade()
            refused = ""
        except BookError as error:
            refused = str(error)
        process.kill()
    seen = {"children": children, "gone": _gone(children), "refused": refused}
    seen["before"] = {s: o for s, o in _outcomes(course).items() if o["recorded"]}
    seen["graded"] = []

    def progress(outcomes, total):
        for outcome in outcomes:
            seen["graded"].append(outcome.student)
            yield outcome

    seen["outcomes"] = course.grade(progress=progress, jobs=1)
    return course, seen


def test_a_killed_grader_leaves_no_process(resumed):
    assert resumed[1]["children"] and resumed[1]["gone"]


def test_a_second_grader_at_the_same_time_is_refused(resumed):
    assert "is being graded by another process" in resumed[1]["refused"]


def test_the_next_run_grades_the_rest_and_leaves_the_finished_as_they_are(resumed):
    course, seen = resumed
    assert 1 <= len(seen["before"]) < 4
    assert not set(seen["graded"]) & set(seen["before"]) and len(seen["graded"]) == len(set(seen["graded"]))
    now = _outcomes(course)
    assert set(now) == {"ada", "bob", "cem", "dan"} and all(outcome["recorded"] for outcome in now.values())
    assert {student: now[student] for student in seen["before"]} == seen["before"]


def test_the_gradebook_is_complete(resumed):
    course, seen = resumed
    assert _scores(course) == {"ada": 7, "bob": 0, "cem": 7, "dan": 7}
    assert {s: o.points for s, o in seen["outcomes"].items()} == _scores(course)


def test_a_run_with_nothing_to_do_grades_nobody_and_changes_no_file(resumed, monkeypatch):
    course, _ = resumed
    before, scores = _files(course, "outcomes", "autograded", "feedback"), _scores(course)
    marks = {name: content for name, (content, _) in _files(course, "marks").items()}
    with monkeypatch.context() as patch:
        assert _asked_for(course, patch) == []
    course.grade()
    assert _files(course, "outcomes", "autograded", "feedback") == before and _scores(course) == scores
    assert {name: content for name, (content, _) in _files(course, "marks").items()} == marks


def test_whom_a_change_concerns(resumed, tmp_path, monkeypatch):
    course = _copied(resumed[0], tmp_path)
    course.hand_in("bob", ANSWERS)
    path = course.root / "outcomes" / CHAPTER / "cem.json"
    path.write_text(path.read_text("utf-8")[:200], "utf-8")
    assert _asked_for(course, monkeypatch) == ["bob", "cem"]
    assert _asked_for(course, monkeypatch, students=["ada", "bob"]) == ["bob"]
    assert _asked_for(course, monkeypatch, students=["ada"], again=True) == ["ada"]
    source = course.root / "source" / CHAPTER / f"{CHAPTER}.ipynb"
    source.write_text(source.read_text("utf-8").replace("Try groups=3.", "Try three groups."), "utf-8")
    assert _asked_for(course, monkeypatch) == ["ada", "bob", "cem", "dan"]


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "7", '"x"', "\0\0", '{"results": 3}', '{"results": [[]]}'])
def test_a_spoilt_outcome_is_graded_again(resumed, tmp_path, monkeypatch, text):
    course = _copied(resumed[0], tmp_path)
    (course.root / "outcomes" / CHAPTER / "ada.json").write_text(text, "utf-8")
    assert _asked_for(course, monkeypatch) == ["ada"]


@pytest.mark.parametrize("how", [{"chapters": ["02"]}, {"students": ["nobody"]}])
def test_what_is_not_there_cannot_be_graded(resumed, how):
    with pytest.raises(BookError):
        resumed[0].grade(**how)


def _copied(course, folder):
    copied = object.__new__(SmallCourse)
    copied.root = folder / "course"
    shutil.copytree(course.root, copied.root)
    return copied


# --- graded again -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def again(resumed, tmp_path_factory):
    """One student changed and graded alone, after a teacher had given a mark by hand; then everybody `again`."""
    course = _copied(resumed[0], tmp_path_factory.mktemp("again"))
    seen = {"first": _outcomes(course), "files": _files(course, "outcomes", "autograded", "feedback")}
    with course.book() as book:
        grade = book.find_grade("area-grade", CHAPTER, CHAPTER, "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    course.hand_in("bob", {**WRONG, "area": ANSWERS["area"]})
    course.grade(students=["bob"])
    seen["one"], seen["one_scores"] = _files(course, "outcomes", "autograded", "feedback"), _scores(course)
    course.grade(again=True, jobs=1)
    seen["all"] = _outcomes(course)
    return course, seen


def test_grading_one_student_touches_nobody_else_s_files(again):
    seen = again[1]
    changed = {name for name in seen["files"] if seen["files"][name] != seen["one"][name]}
    assert set(seen["files"]) == set(seen["one"])
    assert changed == {f"outcomes/{CHAPTER}/bob.json", *(f"{step}/bob/{CHAPTER}/{CHAPTER}.{ending}"
                       for step, ending in (("autograded", "ipynb"), ("feedback", "html")))}  # fmt: skip


def test_the_changed_hand_in_has_its_new_mark_and_the_marks_hold_the_whole_class(again):
    course, seen = again
    assert seen["one_scores"]["bob"] == 2
    lines = course.text("marks", f"{CHAPTER}.csv").splitlines()
    assert [line.split(",")[0] for line in lines] == ["student", "ada", "bob", "cem", "dan"]
    assert lines[2].split(",")[3] == "2"


def test_again_gives_the_same_marks_from_the_same_seeds(again):
    seen = again[1]
    for student in ("ada", "cem", "dan"):
        first, now = seen["first"][student], seen["all"][student]
        assert {**first, "seconds": 0} == {**now, "seconds": 0}
    assert seen["first"]["bob"]["seed"] != seen["all"]["bob"]["seed"]  # who hands in anew meets new numbers
    assert len({outcome["seed"] for outcome in seen["all"].values()}) == 4


def test_a_mark_given_by_hand_survives_and_is_to_be_looked_at_again(again):
    course, _ = again
    with course.book() as book:
        grade = book.find_grade("area-grade", CHAPTER, CHAPTER, "ada")
        assert (grade.auto_score, grade.manual_score, grade.needs_manual_grade) == (2, 1.5, True)
    assert _scores(course)["ada"] == 6.5


# --- ended by others --------------------------------------------------------------------------------------------------


def test_an_interrupted_grader_ends_and_leaves_no_process(tmp_path_factory, script):
    course = _course(tmp_path_factory, ada=ANSWERS, bob=SLOW, cem=SLOW, dan=SLOW)
    with _start(script, course) as process:
        _wait_for_one(course, process)
        children = below(process.pid)
        process.send_signal(signal.SIGINT)
        process.wait(30)
    assert process.returncode != 0
    assert children and _gone(children)
    for student, outcome in _outcomes(course).items():
        assert outcome["points"] == 7, student


def test_hand_ins_that_were_under_way_when_a_process_died_are_tried_again_alone(tmp_path_factory):
    course = _course(tmp_path_factory, ada=ANSWERS, bob=SLOW)
    killed = []

    def progress(outcomes, total):
        for outcome in outcomes:
            if not killed:
                killed.extend(process.pid for process in multiprocessing.active_children())
                for pid in killed:
                    os.kill(pid, signal.SIGKILL)
            yield outcome

    outcomes = course.grade(progress=progress, jobs=1)
    assert killed and _gone(set(killed))
    assert {s: (o.points, o.status) for s, o in outcomes.items()} == {"ada": (7, "graded"), "bob": (7, "graded")}
    assert _scores(course) == {"ada": 7, "bob": 7}


def test_a_hand_in_whose_process_always_dies_needs_a_human_and_the_others_have_their_marks(
    tmp_path_factory, monkeypatch
):
    course, alone = _course(tmp_path_factory, ada=ANSWERS, bob=ANSWERS), []

    def together(todo, size, *_):
        alone.append([job.student for job in todo])
        for job in todo:
            yield job if job.student == "bob" or len(todo) > 1 else grading.failed(job, "graded by the test")

    monkeypatch.setattr(grading, "_together", together)
    outcomes = course.grade()
    assert alone == [["ada", "bob"], ["ada"], ["bob"]]
    assert outcomes["ada"].notes == ["graded by the test"]
    assert (outcomes["bob"].status, outcomes["bob"].points) == ("needs a human", None)
    assert "ended from outside" in outcomes["bob"].notes[0]


def test_a_hand_in_that_a_busy_machine_stopped_is_tried_again_alone_and_then_a_human_is_asked(
    tmp_path_factory, monkeypatch
):
    course, sizes = _course(tmp_path_factory, ada=ANSWERS, bob=ANSWERS), []

    def together(todo, size, *_):
        sizes.append((size, [job.student for job in todo]))
        for job in todo:
            results = [Result("area", 2, stopped="starved" if job.student == "bob" else "")]
            yield Outcome(CHAPTER, job.student, out_of=7, results=results, submission=job.submission).settle()

    monkeypatch.setattr(grading, "_together", together)
    outcomes = course.grade(jobs=2)
    assert sizes == [(2, ["ada", "bob"]), (1, ["bob"])]
    assert (outcomes["ada"].status, outcomes["bob"].status) == ("graded", "needs a human")
    row = course.text("marks", f"{CHAPTER}.csv").splitlines()[2]
    assert row.startswith("bob,") and ",needs a human,yes," in row and "area: its time ran out while the machine was busy" in row


# --- what students and teachers read ----------------------------------------------------------------------------------


def _private() -> list:
    """Secrets, but for lines that an answer of these tests holds by itself."""
    own = {" ".join(line.split()) for answer in ANSWERS.values() for line in answer.splitlines()}
    return [secret for secret in secrets() if secret.text not in own]


def test_feedback_has_answer_visible_outcome_title_and_hint(resumed):
    page = resumed[0].text("feedback", "bob", CHAPTER, f"{CHAPTER}.html")
    for text in ("return width + height", "✗ area", "✓ shuffle", "✗ Any groups: 0 of 2. Try groups=3.", "Mark: 0 of 7"):
        assert text in page
    assert "✓ Any groups: 2 of 2." in resumed[0].text("feedback", "ada", CHAPTER, f"{CHAPTER}.html")


def test_nothing_private_stands_in_what_goes_out(resumed):
    course, _ = resumed
    private = _private()
    assert len(private) > 10 and leaks.scan([course.root / "source"], private)  # they can be found
    assert leaks.scan([course.root / step for step in ("feedback", "autograded", "marks", "release")], private) == []


def test_nbgrader_s_own_feedback_holds_nothing_private_either(resumed, tmp_path):
    course = _copied(resumed[0], tmp_path)
    command = [sys.executable, "-m", "nbgrader", "generate_feedback", CHAPTER, "--force", "--student=bob"]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    page = course.text("feedback", "bob", CHAPTER, f"{CHAPTER}.html")
    assert "Try groups=3." in page and "nbgrader" in page.lower()
    assert leaks.scan([course.root / "feedback"], _private()) == []
