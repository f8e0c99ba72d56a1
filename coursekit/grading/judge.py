"""Runs one repaired hand-in: the student's cells in a worker, visible and hidden tests here.

Twice, side by side, in workers of their own: for the marks, with the hidden tests, and for what the student will read.
So no text that a student gets comes from a process that has met a hidden test. First only what the answers need is run;
where an answer loses points and more was written, everything is, in the student's order, and the better mark counts.
A hidden test that is passed by an answer that changed its input is run once more with the input left as it was: both
must pass.
"""

import contextlib
import io
import json
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..errors import BookError
from ..exercise_cells import exercises_in, grade_id, grading, id_of, table_of_tests
from . import ways
from .aside import aside
from .hand_in.assemble import Step
from .hand_in.slices import bound, needed, used, writes_a_file
from .job import Times
from .outcome import Result, Verdict
from .session import OutsideContract, Ran, Session, Stopped
from .words import one_line, printable

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


def exercises_of(source, where: str = "the course's notebook") -> dict[str, Exercise]:
    """The exercises of a course's source notebook, in its order; `where` names it."""
    found = {}
    for name, at in exercises_in(source.cells).items():
        part = {key: source.cells[index] for key, index in at.items()}
        lesson = [c.source for c in source.cells[: at["answer"]] if c.cell_type == "code" and not grade_id(c)]
        lesson = [text for text in lesson if not writes_a_file(text)]  # it is no Python
        names = tuple(sorted(bound(part["answer"].source)))
        graded = part.get("grade")
        tests, points = (graded.source, float(grading(graded)["points"])) if graded else ("", 0.0)
        text = part["check"].source if "check" in part else ""
        prelude = "\n".join(needed(lesson, used(text) - bound(text) - set(names))) if text else ""
        found[name] = Exercise(name, names, text, prelude, tests, points, where)
    return found


def judge(
    steps: list[Step],
    exercises: dict[str, Exercise],
    start,
    times: Times,
    seed: str,
    whole: Sequence[Step] = (),
    beside: str = "",
) -> list[Result]:
    """What each exercise earns. `seed` makes the tests draw the same numbers again; `start` gives workers.

    `whole` holds the steps in the student's order, `beside` is a cell that lays out what else was handed in.
    """
    torch.set_num_threads(1)  # this process forks: a team of threads stays behind, and a fork would wait for it
    runs = _Runs(exercises, start, times, seed, beside)
    way = ways.sliced(steps, {name for exercise in exercises.values() for name in exercise.names})
    with runs.checked(way) as add:
        results = runs.grade(way, set(exercises))
        add(results)
    runs.until = time.monotonic() + times.notebook
    others = ways.others(steps, way, whole)
    while lost := {name for name, result in results.items() if result.earned < result.points and not result.stopped}:
        if not (other := next(others, None)):
            break
        again = runs.grade(other, lost)
        better = {name: new for name, new in again.items() if new.earned > results[name].earned}
        for name, new in again.items():
            old = results[name]
            if new.earned != old.earned:
                much = f"{old.earned:g} with what it needs alone, {new.earned:g} with all cells run {other.order}"
                new.how = old.how = f"earned {much}; the better mark counts"
        runs.check(other, better)
        results |= better
    return list(results.values())


class _Runs:
    """Runs of one hand-in, each in a worker of its own; cells that once stopped their process are left out."""

    def __init__(self, exercises: dict[str, Exercise], start, times: Times, seed: str, beside: str):
        self.exercises, self.start, self.times, self.seed, self.beside = exercises, start, times, seed, beside
        self.until = time.monotonic() + times.notebook
        self.stopping: dict[str, Ran] = {}

    def grade(self, way: ways.Way, names: set[str]) -> dict[str, Result]:
        """The results of these exercises, by their hidden tests."""
        results = {name: Result(name, exercise.points) for name, exercise in self.exercises.items() if name in names}
        self._run("grade", way, results)
        for result in results.values():
            ran = next((ran for step in way.steps if step.kind == "context"
                        and (ran := self.stopping.get(step.source))), None)  # fmt: skip
            if ran and way.needed and result.earned < result.points and not result.stopped:
                result.stopped, result.note = ran.stopped, f"a cell that an answer needs: {ran.error}"
        return results

    @contextlib.contextmanager
    def checked(self, way: ways.Way) -> Iterator[Callable[[dict[str, Result]], None]]:
        """As `check`, begun now in a process of its own; what the `with` gets adds what it finds."""

        def found() -> str:
            results = {name: Result(name, exercise.points) for name, exercise in self.exercises.items()}
            self._run("check", way, results)
            return json.dumps({name: [result.shown, result.note, result.stopped] for name, result in results.items()})

        def add(results: dict[str, Result]) -> None:
            try:
                told = json.loads(waited(self.times.notebook + PATIENCE))
            except ValueError:  # it ended before its time
                return self.check(way, results)
            for name, result in results.items():
                result.shown, note, stopped = told[name]
                result.note, result.stopped = note or result.note, result.stopped or stopped

        with aside(found) as waited:
            yield add

    def check(self, way: ways.Way, results: dict[str, Result]) -> None:
        """Adds what students read: what the visible tests say, and how running the answers' cells ended."""
        if results:
            self._run("check", way, results)

    def _run(self, kind: str, way: ways.Way, results: dict[str, Result]) -> None:
        session = Session(self.start, self.times)
        session.deadline = self.until
        session.run(self.beside)
        for step in way.steps:
            session.deadline = min(self.until, time.monotonic() + self.times.exercise)
            result = results.get(step.exercise)
            if step.kind in ("context", "answer"):
                ran = self.stopping.get(step.source) or session.run(step.source)
                if ran.stopped:
                    self.stopping[step.source] = ran
                if result and ran.stopped:
                    result.stopped, result.note = ran.stopped, ran.error
                elif result and ran.error and kind == "check":
                    result.note = printable(ran.error)
            elif step.kind == kind and result:
                judge_one = _hidden if kind == "grade" else _visible
                judge_one(session, self.exercises[step.exercise], result, self.seed)
        session.close()


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
        raise session.late("what the tests did with the answer's values did not end in time")

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
