"""`coursekit grade`: every hand-in of a course, in parallel, into nbgrader's gradebook."""

import ast
import contextlib
import fcntl
import hashlib
import multiprocessing
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import nbformat

from ..errors import BookError
from ..files import ROOM, told
from ..kernels import ENVIRONMENT
from . import report
from .gradebook import STAMP, Course
from .hand_in.find import fingerprint
from .job import TIMES, Job, Times
from .outcome import Outcome, keep, read_outcome
from .pool import failed, grade_one, start
from .sandbox import refuse_without_bubblewrap
from .words import one_line


def grade(
    root: Path,
    package: Path,
    chapters: list[str] | None = None,
    students: list[str] | None = None,
    *,
    again: bool = False,
    jobs: int | None = None,
    trust: bool = False,
    times: Times = TIMES,
    progress: Callable[[Iterator[Outcome], int], Iterable[Outcome]] = lambda outcomes, total: outcomes,
) -> list[Outcome]:
    """Grade what is new or changed (`again`: all that is asked for); every outcome that was asked for, old or new.

    `root` is the nbgrader course, `package` the folder of the package that answers import. `progress` wraps the fresh
    outcomes. BookError for a course that is not built, a chapter or student that is not there, a missing bubblewrap.
    """
    root = Path(root).resolve()
    if not (root / "release").is_dir() or not (root / "source").is_dir():
        raise BookError(str(root), "is no course that was built", "run `make course`, or name the folder with --course")
    if not trust:
        refuse_without_bubblewrap()
    with _only_one(root), Course(root) as course:
        asked = _asked(course, chapters, students)
        outcomes, todo = _divide(course, asked, again, times)
        for outcome in outcomes:
            if not outcome.recorded:
                _record(course, outcome)
        imports = sorted({name for job in todo for name in _imports(job.release, package.name)})
        fresh = _run(todo, (str(package),), tuple(imports), jobs or os.cpu_count() or 1, not trust)
        places = {(job.chapter, job.student): Path(job.place) for job in todo}
        for outcome in progress(fresh, len(todo)):
            course.date(outcome, places[outcome.chapter, outcome.student])
            _record(course, outcome)
            outcomes.append(outcome)
        outcomes.sort(key=lambda outcome: (outcome.chapter, outcome.student))
        _write_marks(course, outcomes)
        report.refresh_feedback(course, outcomes)
    return outcomes


@contextlib.contextmanager
def _only_one(root: Path):
    """The gradebook has one writer: a second grader is refused. The lock goes with the process, however that ends."""
    path = root / ".grading.lock"
    try:
        file = open(path, "w")  # noqa: SIM115  (closed below)
    except OSError as error:
        raise told(error, path) or error from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BookError(str(root), "is being graded by another process", "wait for it, or end it") from None
        yield


def _asked(
    course: Course, chapters: list[str] | None, students: list[str] | None
) -> dict[tuple[str, str], Path | Outcome]:
    """By chapter and student all that is asked for: what to look into, or what there is to say instead."""
    there = course.chapters()
    if not there:
        raise BookError(str(course.root), "has no released chapter in its gradebook", "run `make course`")
    chosen = []
    for name in there if chapters is None else chapters:
        matches = [chapter for chapter in there if chapter == name or chapter.startswith(f"{name}_")]
        if len(matches) != 1:
            raise BookError(f"chapter {name!r}", f"matches {len(matches)} chapters", f"there are {', '.join(there)}")
        chosen += matches
    pairs = {(chapter, student): at for chapter in chosen for student, at in course.waiting(chapter).items()}
    if students is None:
        return pairs
    known = {student for _, student in pairs}
    for student in students:
        if student not in known:
            raise BookError(f"student {student!r}", "is neither on the roll nor in submitted/", "look at the spelling")
    return {pair: at for pair, at in pairs.items() if pair[1] in students}


def _divide(course: Course, asked: dict, again: bool, times: Times) -> tuple[list[Outcome], list[Job]]:
    """Outcomes that are known already, and what is still to be graded."""
    known, todo, tests = [], [], {}
    for (chapter, student), place in asked.items():
        if isinstance(place, Outcome):
            known.append(place)
            continue
        source, release = (course.notebook(step, chapter) for step in ("source", "release"))
        if chapter not in tests:
            try:
                tests[chapter] = hashlib.sha256(source.read_bytes() + release.read_bytes()).hexdigest()
            except OSError as error:
                raise BookError(str(error.filename), f"cannot be read: {error.strerror}", "run `make course`") from None
        kept = read_outcome(course.root, chapter, student)
        submission = fingerprint(place, source.name, STAMP)
        if kept and not again and (kept.submission, kept.tests) == (submission, tests[chapter]):
            known.append(kept)
            continue
        seed = kept.seed if kept and kept.submission == submission else secrets.token_hex(8)
        paths = str(place), str(source), str(release)
        todo.append(Job(chapter, student, *paths, seed, submission, tests[chapter], times))
    return known, todo


def _imports(release: str, package: str) -> set[str]:
    """Modules that the notebook's cells import from torch and from the book's package: loaded once, before any fork."""
    found = {"torch"}
    for cell in nbformat.read(release, as_version=4).cells:
        with contextlib.suppress(SyntaxError):
            for node in ast.walk(ast.parse(cell.source if cell.cell_type == "code" else "")):
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.split(".")[0] in ("torch", package) and ".widgets" not in name}


def _run(todo: list[Job], readable: tuple, imports: tuple, jobs: int, confined: bool) -> Iterator[Outcome]:
    """Outcomes as they come. Two kinds of hand-in are tried again, one at a time.

    Those under way when a process of the grader died, and those whose time ran out on a busy machine.
    """
    again, starved = [], []
    jobs_of = {(job.chapter, job.student): job for job in todo}
    for outcome in _together(todo, size := min(jobs, len(todo)), readable, imports, confined):
        if isinstance(outcome, Job):
            again.append(outcome)
        elif size > 1 and any(result.stopped == "starved" for result in outcome.results):
            starved.append(jobs_of[outcome.chapter, outcome.student])
        else:
            yield outcome
    for outcome in _together(starved, 1, readable, imports, confined) if starved else ():
        if isinstance(outcome, Job):
            again.append(outcome)
        else:
            yield outcome
    for job in again:
        for outcome in _together([job], 1, readable, imports, confined):
            yield failed(job, "the grader's process was ended from outside") if isinstance(outcome, Job) else outcome


def _together(todo: list[Job], size: int, readable: tuple, imports: tuple, confined: bool) -> Iterator[Outcome | Job]:
    """The outcome of each job, or the job itself where the pool broke before it was done."""
    if not todo:
        return
    with _pool(size, readable, imports, confined) as pool:
        futures = {pool.submit(grade_one, job): job for job in todo}
        for future in as_completed(futures):
            try:
                yield future.result()
            except BrokenProcessPool:
                yield futures[future]
            except Exception as error:
                yield failed(futures[future], f"the grader failed: {type(error).__name__}: {error}")


@contextlib.contextmanager
def _pool(size: int, readable: tuple, imports: tuple, confined: bool):
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)  # one thread each: the processes of the pool inherit it
    pool = ProcessPoolExecutor(size, multiprocessing.get_context("spawn"), start, (readable, imports, confined))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _record(course: Course, outcome: Outcome) -> None:
    """Outcome, gradebook, notebook, feedback: wherever this is cut off, the next run goes on.

    What the gradebook does not take of one student is told in that student's row. BookError where it takes nothing,
    or the disk does not.
    """
    keep(course.root, outcome)
    try:
        course.record(outcome)
        release = nbformat.read(course.notebook("release", outcome.chapter), as_version=4)
        course.write_graded(outcome, release)
        report.write_feedback(course, outcome)
    except Exception as error:
        if isinstance(error, BookError) and error.todo == ROOM:
            raise
        course.check()
        outcome.status = "needs a human"
        outcome.notes.append(f"this could not be written into the gradebook: {one_line(error)}")
        return
    outcome.recorded = True
    keep(course.root, outcome)


def _write_marks(course: Course, outcomes: list[Outcome]) -> None:
    """marks/<chapter>.csv for the whole class, also when only some were graded now."""
    for chapter in dict.fromkeys(outcome.chapter for outcome in outcomes):
        report.write_marks(course, chapter, course.outcomes(chapter, outcomes))
