"""Grades one hand-in in a process of its own, so that whatever happens in it stays there."""

import contextlib
import ctypes
import json
import os
import select
import signal
import time
import traceback
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import nbformat
import torch

from .judge import exercises_of, judge
from .outcome import Outcome
from .sandbox import Sandbox
from .session import TIMES, Times
from .submission import Unreadable, find_notebook, read_cells, repair

GRACE = 30  # seconds for the grader's own work on top of the hand-in's time


@dataclass(frozen=True)
class Job:
    """One hand-in to grade: where it lies, against which notebooks, within which limits."""

    chapter: str
    student: str
    folder: str
    source: str
    release: str
    seed: str
    submission: str
    tests: str
    times: Times = TIMES


_sandbox: Sandbox | None = None


def start(readable: tuple, imports: tuple, confined: bool) -> None:
    """Prepare this process: one thread, and a warm sandbox for all the hand-ins that it will grade."""
    global _sandbox
    torch.set_num_threads(1)
    torch.testing.assert_close(torch.zeros(1), torch.zeros(1))  # imports for long when first called
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the main process
    end_with_parent()
    _sandbox = Sandbox(readable, imports, confined=confined)


def end_with_parent() -> None:
    """However the process ends that started this one, this one ends with it."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


@lru_cache(maxsize=8)
def _notebook(path: str):
    return nbformat.read(path, as_version=4)


def grade_one(job: Job) -> Outcome:
    """The outcome of one hand-in; an error of the grader itself becomes an outcome that needs a human."""
    exercises = exercises_of(_notebook(job.source))
    _notebook(job.release)
    began = time.monotonic()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            end_with_parent()
            os.close(reader)
            text = _grade(job, exercises).settle().to_json()
            with os.fdopen(writer, "w") as pipe:
                pipe.write(text)
        except BaseException:
            with contextlib.suppress(OSError), os.fdopen(writer, "w") as pipe:
                pipe.write(json.dumps({"failed": traceback.format_exc()[-1500:]}))
        finally:
            os._exit(0)
    os.close(writer)
    try:
        text = _read(reader, job.times.notebook + GRACE)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    try:
        outcome = Outcome.from_json(text)
    except (ValueError, KeyError, TypeError):
        outcome = failed(job, _why(text))
    outcome.seconds = round(time.monotonic() - began, 3)
    return outcome


def _read(pipe: int, seconds: float) -> str:
    parts, until = [], time.monotonic() + seconds
    with os.fdopen(pipe, "rb") as file:
        while select.select([file], [], [], max(0.0, until - time.monotonic()))[0]:
            if not (part := os.read(file.fileno(), 1 << 16)):
                break
            parts.append(part)
    return b"".join(parts).decode("utf-8", "replace")


def _why(text: str) -> str:
    with contextlib.suppress(ValueError, KeyError, TypeError, IndexError):
        return "the grader failed: " + json.loads(text)["failed"].strip().splitlines()[-1][:200]
    return "the grader did not finish with this hand-in"


def failed(job: Job, why: str) -> Outcome:
    """Nothing came back: no points are given, and none are refused, until somebody has looked."""
    exercises = exercises_of(_notebook(job.source))
    outcome = _new(job, exercises)
    outcome.status, outcome.notes, outcome.doubts = "needs a human", [why], dict.fromkeys(exercises, why)
    return outcome


def _new(job: Job, exercises: dict) -> Outcome:
    out_of = sum(exercise.points for exercise in exercises.values())
    return Outcome(job.chapter, job.student, out_of=out_of, seed=job.seed, submission=job.submission, tests=job.tests)


def _grade(job: Job, exercises: dict) -> Outcome:
    outcome = _new(job, exercises)
    found = find_notebook(Path(job.folder), job.chapter)
    outcome.notes = list(found.notes)
    if found.path is None:
        outcome.status = "missing"
        return outcome
    try:
        hand_in = repair(read_cells(found.path), _notebook(job.release))
    except Unreadable as error:
        outcome.status = "unreadable"
        outcome.notes.append(str(error))
        return outcome
    outcome.notes += hand_in.notes
    outcome.doubts = dict(hand_in.doubts) | (dict.fromkeys(exercises, found.doubt) if found.doubt else {})
    outcome.answers = dict(hand_in.answers)
    outcome.results = judge(hand_in.steps, exercises, _sandbox.worker, job.times, job.seed)
    return outcome
