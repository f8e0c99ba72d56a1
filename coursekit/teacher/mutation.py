"""Gives the mutants of every solution to the hidden tests, as hand-ins are graded, and keeps what was found.

`course/exercises/<chapter>/survivors.yml` says of each mutant that no test notices why that is no fault of the tests:

    conv_bill:
      'line 3, 2 * p → 3 * p': "equivalent: …"           # nothing that an answer gives is other than before
      'line 5, size[0] → size[-1]': "outside the task: …"  # the task does not ask for what is other
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from .. import strength
from ..errors import BookError, Faults
from ..grading.job import TIMES, Times
from ..grading.judge import Exercise, exercises_of
from ..grading.sandbox import Sandbox
from ..strength import Mutated, Tried
from . import record
from .across import HALF, judge_parts, start_sandbox
from .answers import PrivateHalf
from .exercises import Assignment, read_assignments
from .merge import merge_notebook
from .mutants import mutants

LEAST = 95  # per cent of a chapter's mutants that behave otherwise than their solutions
REASONS = ("equivalent", "outside the task")
LIMIT = TIMES  # grading's own; the solution has to do with half of it, so that a busy machine notices no mutant


@dataclass(frozen=True)
class Outcome:
    """How one exercise's tests judged its mutants: how many there were, and the labels of those that got through."""

    count: int
    survivors: list[str]


def try_mutants(root: Path | str, chapters: list[str] | None = None, progress: Callable = print) -> None:
    """The mutants of these chapters (all by default): a `BookError` for each that gets through without a reason."""
    root = Path(root).resolve()
    faults: list[BookError] = []
    for assignment in read_assignments(root, chapters):
        graded = [e.name for e in assignment.exercises.values() if e.graded is not None]
        if not graded:
            continue
        merged = merge_notebook(assignment.notebook, assignment.name, assignment.exercises, assignment.halves)
        reasons, wrong = read_reasons(root, assignment), []
        tried = {}
        for name in graded:
            with start_sandbox(root) as sandbox:
                outcome = judge_mutants(sandbox, merged, assignment.halves[name])
            given = reasons.get(name, {})
            wrong += _faults(assignment.halves[name], outcome, given, reasons_file(root, assignment))
            equivalent = sum(reason.startswith(REASONS[0]) for reason in given.values())
            tried[name] = Tried(outcome.count, outcome.count - len(outcome.survivors), equivalent)
            progress(f"{assignment.name}, {name}: {told(tried[name])}")
        wrong += _too_few(assignment, list(tried.values()))
        if not wrong:
            _keep(root, assignment, tried)
        faults += wrong
    if faults:
        raise Faults(faults)


def judge_mutants(sandbox: Sandbox, merged, half: PrivateHalf) -> Outcome:
    """Each mutant in a worker of its own, so that none that hangs or breaks things meets the next."""
    exercise, count, survivors = exercises_of(merged)[half.exercise], 0, []
    if noticed := _noticed(sandbox, merged, exercise, half.solution.text, HALF):
        todo = "run `make course` first, or wait until the machine is less busy"
        raise BookError(half.solution.where, f"the solution itself does not pass: {noticed}", todo)
    for mutant in mutants(half.solution.text):
        if mutant.probe and not _noticed(sandbox, merged, exercise, mutant.probe, LIMIT):
            continue
        count += 1
        if not _noticed(sandbox, merged, exercise, mutant.text, LIMIT):
            survivors.append(mutant.label)
    return Outcome(count, survivors)


def _noticed(sandbox: Sandbox, merged, exercise: Exercise, text: str, times: Times) -> str:
    """What a hidden test, or the answer's cell, says against this text; "" where all is well."""
    result = judge_parts(sandbox, merged, exercise, [("answer", text), ("grade", "")], times)
    failed = [f"{verdict.title}: {verdict.reason}" for verdict in result.verdicts if not verdict.passed]
    return result.note or result.stopped or (failed[0] if failed else "")


def reasons_file(root: Path, assignment: Assignment) -> str:
    """The path of a chapter's reasons, from the root."""
    return f"course/exercises/{assignment.name}/survivors.yml"


def read_reasons(root: Path, assignment: Assignment) -> dict[str, dict[str, str]]:
    """Of each exercise the labels of its survivors, each with its reason. Stops where the file says something else."""
    path = root / (where := reasons_file(root, assignment))
    try:
        found = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}
    except yaml.YAMLError as error:
        raise BookError(where, f"is no YAML: {' '.join(str(error).split())}") from None
    graded = {e.name for e in assignment.exercises.values() if e.graded is not None}
    if not isinstance(found, dict) or not all(isinstance(reasons, dict) for reasons in found.values()):
        raise BookError(where, "must hold, for each exercise, labels with a reason each")
    strangers = found.keys() - graded
    faults = [BookError(where, f"{name!r} is no graded exercise of {assignment.name}") for name in strangers]
    for name in found.keys() & graded:
        there = {mutant.label for mutant in mutants(assignment.halves[name].solution.text)}
        for label, reason in found[name].items():
            kind, _, words = str(reason).partition(": ")
            if label not in there:
                faults.append(BookError(where, f"{name}: there is no mutant {label!r}", "take its reason out"))
            elif kind not in REASONS or not words.strip():
                todo = "begin it with `equivalent: ` or `outside the task: ` and say why"
                faults.append(BookError(where, f"{name}, {label!r}: the reason is {reason!r}", todo))
    if faults:
        raise Faults(faults)
    return found


def _faults(half: PrivateHalf, outcome: Outcome, reasons: dict[str, str], where: str) -> list[BookError]:
    """Survivors without a reason, and reasons without a survivor."""
    faults = []
    if missing := [label for label in outcome.survivors if label not in reasons]:
        lines = yaml.safe_dump({half.exercise: dict.fromkeys(missing, "")}, allow_unicode=True, width=1000)
        todo = "notice them in a hidden test; where there is nothing to notice, say why in " + where
        faults.append(BookError(half.file, f"{len(missing)} mutants get full marks:\n{lines}", todo))
    for label in reasons.keys() - set(outcome.survivors):
        faults.append(BookError(where, f"{half.exercise}: a test notices {label!r}", "take its reason out"))
    return faults


def _too_few(assignment: Assignment, tried: list[Tried]) -> list[BookError]:
    noticed, differing = sum(t.noticed for t in tried), sum(t.mutants - t.equivalent for t in tried)
    if 100 * noticed >= LEAST * differing:
        return []
    what = f"the hidden tests notice {noticed} of {differing} mutants that behave otherwise"
    return [BookError(f"course/exercises/{assignment.name}", what, f"they have to notice {LEAST} % of them")]


def _keep(root: Path, assignment: Assignment, tried: dict[str, Tried]) -> None:
    measured = strength.read(root, {assignment.name})
    if assignment.name not in measured:
        what = "is not there, so there is no place for what the mutants gave"
        raise BookError(strength.name(assignment.name), what, strength.TODO)
    mutated = Mutated(record.tests_digest(assignment), tried)
    strength.write(root, {assignment.name: replace(measured[assignment.name], mutated=mutated)})


def told(tried: Tried) -> str:
    """The counts of one exercise in words."""
    outside = tried.mutants - tried.noticed - tried.equivalent
    return f"{tried.mutants} mutants, {tried.noticed} noticed, {tried.equivalent} equivalent, {outside} others"
