"""Grades one hand-in in a process of its own, so that whatever happens in it stays there."""

import ast
import contextlib
import importlib
import io
import json
import resource
import tempfile
import time
import traceback
from functools import lru_cache
from pathlib import Path

import nbformat
import torch

from ..exercise_cells import grade_id, split
from .aside import aside
from .hand_in.assemble import Step
from .hand_in.take import take
from .job import Job, Times
from .judge import exercises_of, judge
from .outcome import Outcome
from .sandbox import LIMITS, Sandbox
from .session import UNUSABLE

ALMOST_PLAIN = [  # reasons to ask a human: the number may be right
    f"StudentError: the answer gave a value of type {kind}{UNUSABLE}" for kind in ("Fraction", "Decimal", "complex")
]
GRACE = 30  # seconds for the grader's own work on top of the hand-in's time


def prepare() -> None:
    """One thread, and all that takes long when it is first used."""
    torch.set_num_threads(1)
    torch.testing.assert_close(torch.zeros(1), torch.zeros(1))
    importlib.import_module("torch._dynamo")  # a second; else torch loads it in each fork that counts a cost


@lru_cache(maxsize=8)
def _notebook(path: str):
    return nbformat.read(path, as_version=4)


@lru_cache(maxsize=8)
def _as_released(path: str) -> dict[str, str]:
    """The answer cells that students were given."""
    parts = [(*split(grade_id(cell)), cell.source) for cell in _notebook(path).cells]
    return {exercise: _bare(source) for exercise, part, source in parts if part == "answer"}


def _bare(source: str) -> str:
    """Code without its comments and spaces, so that two texts of the same code are equal."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        tree = ast.parse(source)
        return ast.dump(tree) if tree.body else ""
    return source.strip()


@lru_cache(maxsize=8)
def _exercises(path: str) -> dict:
    """The exercises of a source notebook; what their checks and tests import is loaded now, once, before any fork."""
    exercises = exercises_of(_notebook(path), path)
    for exercise in exercises.values():
        for source in (exercise.lesson, exercise.check, exercise.tests):
            for name in sorted(imported(source)):
                with contextlib.suppress(Exception), contextlib.redirect_stderr(io.StringIO()):
                    importlib.import_module(name)
    return exercises


def imported(source: str) -> set[str]:
    """Modules that a cell imports, and names that may be modules; none when it is not Python."""
    found = set()
    with contextlib.suppress(SyntaxError):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


_rehearsed: set[tuple[str, Times]] = set()


def _rehearse(path: str, times: Times, sandbox: Sandbox) -> None:
    """Grade the course's own solutions once, here: whatever is loaded at first use is there in every fork after it."""
    if (path, times) in _rehearsed:
        return
    _rehearsed.add((path, times))
    source = _notebook(path)
    steps = []
    for cell in source.cells:
        if cell.cell_type == "code":
            exercise, part = split(grade_id(cell))
            steps.append(Step(part if exercise else "context", cell.source, exercise))
    judge(steps, exercises_of(source, path), sandbox.worker, times, "rehearsal")


def grade_one(job: Job, sandbox: Sandbox) -> Outcome:
    """The outcome of one hand-in; an error of the grader itself becomes an outcome that needs a human."""
    exercises = _exercises(job.source)
    _notebook(job.release)
    _rehearse(job.source, job.times, sandbox)
    began = time.monotonic()
    with aside(lambda: _told(job, exercises, sandbox)) as told:
        text = told(2 * job.times.notebook + GRACE)  # twice: what answers need, then all that was written
    try:
        outcome = Outcome.from_json(text)
    except (ValueError, KeyError, TypeError):
        outcome = failed(job, _why(text))
    outcome.seconds = round(time.monotonic() - began, 3)
    return outcome


def _told(job: Job, exercises: dict, sandbox: Sandbox) -> str:
    """The outcome in JSON, or what went wrong."""
    try:
        limit_memory(LIMITS.AS)
        return _grade(job, exercises, sandbox).settle().to_json()
    except BaseException:
        return json.dumps({"failed": traceback.format_exc()[-1500:]})


def limit_memory(more: int) -> None:
    """What tests build from an answer's numbers is limited here, as the answer is in its own process."""
    with open("/proc/self/statm") as file:
        held = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + more,) * 2)


def _why(text: str) -> str:
    with contextlib.suppress(ValueError, KeyError, TypeError, IndexError):
        return "the grader failed: " + json.loads(text)["failed"].strip().splitlines()[-1][:200]
    return "the grader did not finish with this hand-in"


def failed(job: Job, why: str) -> Outcome:
    """Nothing came back: no points are given, and none are refused, until somebody has looked."""
    exercises = _exercises(job.source)
    outcome = _new(job, exercises)
    outcome.status, outcome.notes, outcome.doubts = "needs a human", [why], dict.fromkeys(exercises, why)
    return outcome


def _new(job: Job, exercises: dict) -> Outcome:
    out_of = sum(exercise.points for exercise in exercises.values())
    return Outcome(job.chapter, job.student, out_of=out_of, seed=job.seed, submission=job.submission, tests=job.tests)


def _grade(job: Job, exercises: dict, sandbox: Sandbox) -> Outcome:
    outcome = _new(job, exercises)
    with tempfile.TemporaryDirectory(prefix="hand-in-") as room:
        taken = take(Path(job.place), job.chapter, _notebook(job.release), Path(room))
    outcome.notes, outcome.status = taken.notes, taken.status
    if (hand_in := taken.hand_in) is None:
        return outcome
    outcome.notes += hand_in.notes
    outcome.doubts = dict(hand_in.doubts) | (dict.fromkeys(exercises, taken.doubt) if taken.doubt else {})
    outcome.answers = dict(hand_in.answers)
    run = hand_in.steps, exercises, sandbox.worker, job.times, job.seed, hand_in.whole, taken.beside
    outcome.results = judge(*run)
    given = _as_released(job.release)
    for result in outcome.results:
        bare = _bare(outcome.answers.get(result.exercise, ""))
        if result.points and not result.earned and bare in ("", given.get(result.exercise)):
            outcome.blank.append(result.exercise)
        if result.how:
            outcome.notes.append(f"`{result.exercise}` {result.how}")
        reasons = [verdict.reason for verdict in result.verdicts if verdict.reason in ALMOST_PLAIN]
        why = [*hand_in.unsure, *reasons[:1]] if result.earned < result.points else []
        if why:
            outcome.doubts.setdefault(result.exercise, "; ".join(why))
    return outcome
