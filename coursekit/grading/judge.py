"""Runs one repaired hand-in: the student's cells in a worker, visible and hidden tests here.

Twice, in workers of their own: once for the marks, with the hidden tests, and once for what the student will read.
So no text that a student gets comes from a process that has met a hidden test. A hidden test that is passed by an
answer that changed its input is run once more with the input left as it was: both must pass.
"""

import contextlib
import io
import random
import signal
import time
from dataclasses import dataclass, field

import numpy as np
import torch

from ..errors import BookError
from ..exercise_cells import exercises_in, grade_id, grading, id_of, table_of_tests
from .hand_in.assemble import Step
from .hand_in.slices import bound, needed, used
from .session import OutsideContract, Session, Stopped, Times

PATIENCE = 1.0  # seconds after which what does not end by itself is ended


@dataclass(frozen=True)
class Exercise:
    """What the course says of an exercise: the names that its answer defines, its check, its hidden tests.

    `lesson` holds the statements of the chapter that the check needs, `where` names the notebook.
    """

    name: str
    names: tuple[str, ...]
    check: str
    lesson: str = ""
    tests: str = ""
    points: float = 0.0
    where: str = ""


@dataclass(frozen=True)
class Verdict:
    """One hidden test. `reason` is for teachers: it may tell what the test holds. `stopped` is as in `Result`."""

    title: str
    points: float
    hint: str
    passed: bool
    reason: str = ""
    stopped: str = ""


@dataclass
class Result:
    """One exercise of one hand-in. `stopped` is "timeout", "crashed", "contract" or ""."""

    exercise: str
    points: float
    verdicts: list[Verdict] = field(default_factory=list)
    shown: str = ""
    stopped: str = ""
    note: str = ""

    @property
    def earned(self) -> float:
        return round(sum(verdict.points for verdict in self.verdicts if verdict.passed), 6)


def exercises_of(source, where: str = "the course's notebook") -> dict[str, Exercise]:
    """The exercises of a course's source notebook, in its order; `where` names it."""
    found = {}
    for name, at in exercises_in(source.cells).items():
        part = {key: source.cells[index] for key, index in at.items()}
        lesson = [c.source for c in source.cells[: at["answer"]] if c.cell_type == "code" and not grade_id(c)]
        names = tuple(sorted(bound(part["answer"].source)))
        graded = part.get("grade")
        tests, points = (graded.source, float(grading(graded)["points"])) if graded else ("", 0.0)
        text = part["check"].source if "check" in part else ""
        prelude = "\n".join(needed(lesson, used(text) - bound(text) - set(names))) if text else ""
        found[name] = Exercise(name, names, text, prelude, tests, points, where)
    return found


def judge(steps: list[Step], exercises: dict[str, Exercise], start, times: Times, seed: str) -> list[Result]:
    """What each exercise earns. `seed` makes the tests draw the same numbers again; `start` gives workers."""
    results = {name: Result(name, exercise.points) for name, exercise in exercises.items()}
    cells = _cells(steps, exercises)
    until = time.monotonic() + times.notebook
    stopping: set[int] = set()
    failing = False
    for part, judge_one in (("grade", _hidden), ("check", _visible)):
        if not failing and not any(step.kind == part for step in steps):
            continue
        session = Session(start, times)
        session.deadline = until
        for at, step in enumerate(steps):
            if step.kind in ("context", "answer") and at not in stopping:
                session.deadline = min(until, time.monotonic() + times.exercise)
                ran = session.run(cells[at])
                if ran.stopped:
                    stopping.add(at)
                    if step.kind == "answer":
                        results[step.exercise].stopped, results[step.exercise].note = ran.stopped, ran.error
                elif ran.error and step.kind == "answer":
                    failing = True
                    if part == "check":  # the other worker may have met hidden tests before it came to this cell
                        results[step.exercise].note = printable(ran.error)
            elif step.kind == part:
                session.deadline = min(until, time.monotonic() + times.exercise)
                judge_one(session, exercises[step.exercise], results[step.exercise], seed)
        session.close()
    return list(results.values())


def _cells(steps: list[Step], exercises: dict[str, Exercise]) -> dict[int, str]:
    """What is run of each cell: answers whole; of the lesson, and of the student's own cells, what answers need."""
    wanted = {name for exercise in exercises.values() for name in exercise.names}
    for step in steps:
        if step.kind == "answer":
            wanted |= used(step.source)
    at = [i for i, step in enumerate(steps) if step.kind == "context"]
    kept = needed([steps[i].source for i in at], wanted)
    answers = {i: step.source for i, step in enumerate(steps) if step.kind == "answer"}
    return dict(zip(at, kept, strict=True)) | answers


def _hidden(session: Session, exercise: Exercise, result: Result, seed: str) -> None:
    if not exercise.tests:
        return
    names: dict = {}
    tests = hidden_tests(exercise, names)
    for number, (test, points, title, hint) in enumerate(tests):
        for session.writes_back in (True, False):
            session.spoilt = False
            draws = f"{seed}/{exercise.name}/{number}"
            reason, stopped = _one_test(session, exercise, names, test, draws)
            if reason or not session.spoilt:
                break  # else once more: what is expected must not come out of what the answer left of its input
        session.writes_back = True
        result.stopped = stopped or result.stopped
        result.verdicts.append(Verdict(title, float(points), hint, not reason, reason, stopped))


def _one_test(session: Session, exercise: Exercise, names: dict, test, draws: str) -> tuple[str, str]:
    """Why it failed and what stopped it, both "" for a test that was passed."""
    try:
        for name in exercise.names:
            names.pop(name, None)
        names.update(session.names(exercise.names))
        draw_from(draws)
        with _in_time(session), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            test()
    except (Exception, SystemExit) as error:
        return one_line(error), ""
    except Stopped as stop:
        return str(stop), stop.why
    except OutsideContract as error:
        return f"the test breaks the contract: {error}", "contract"
    return "", ""


def hidden_tests(exercise: Exercise, names: dict) -> tuple:
    """The table of tests that the graded cell ends with; its functions see the student's names in `names`."""
    body = table_of_tests(exercise.tests)
    if not body:
        where = f"{exercise.where}, cell {id_of(exercise.name, 'grade')}"
        raise BookError(where, "holds no tests that coursekit wrote", "run `make course`")
    names["__name__"] = "__tests__"
    exec(compile(body, f"<tests of {exercise.name}>", "exec"), names)
    return names["_tests"]


def _visible(session: Session, exercise: Exercise, result: Result, seed: str) -> None:
    """The check cell of the release, as the student saw it; it may use what the lesson above it defines."""
    if not exercise.check:
        return
    out = io.StringIO()
    names: dict = {"__name__": "__main__"}
    draw_from(f"{seed}/{exercise.name}/check")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            with _in_time(session):
                exec(compile(exercise.lesson, "<lesson>", "exec"), names)
                names.update(session.names(exercise.names))
                exec(compile(exercise.check, f"<check of {exercise.name}>", "exec"), names)
        except Stopped as stop:
            result.stopped = result.stopped or stop.why
            print(f"✗ the checks stopped: {stop}")
        except OutsideContract as error:
            if exercise.points:    # practice has no contract: its check may ask what cannot cross, and earns nothing
                result.stopped = "contract"
            print(f"… this check cannot be shown here ({error})")
        except (Exception, SystemExit) as error:
            print(f"✗ the checks stopped: {one_line(error)}")
    result.shown = printable(out.getvalue()[:10_000])


@contextlib.contextmanager
def _in_time(session: Session):
    """What is done here with an answer's values ends with the time of its exercise too: Stopped, again and again."""

    def late(*_):
        raise session.end("timeout", "what the tests did with the answer's values did not end in time")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, max(0.0, session.deadline - time.monotonic()) + PATIENCE, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def draw_from(seed: str) -> None:
    """The same random numbers for the same words, in `random`, numpy and torch."""
    number = random.Random(seed).getrandbits(32)
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


def one_line(error: BaseException) -> str:
    """An exception as a teacher reads it."""
    text = " ".join(printable(str(error)[:2000]).split())
    return (type(error).__name__ + (f": {text}" if text else ""))[:500]


def printable(text: str) -> str:
    """Text of an answer as every file can hold it and every terminal show it: no half characters, none that steer."""
    text = text.encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)
