"""nbgrader's gradebook, written by this one process only, and the graded notebooks that its other commands read."""

import contextlib
import copy
import logging
import os
import re
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_output
from sqlalchemy import make_url, text
from sqlalchemy.exc import SAWarning, SQLAlchemyError
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from ..errors import BookError
from ..exercise_cells import grade_id, id_of, split, verdict
from ..files import RIGHTS, ROOM, write_whole
from .hand_in.find import said
from .hand_in.read import Unreadable, bytes_of, decoded
from .outcome import Outcome, Verdict, read_outcome
from .places import handed_in

STAMP = "timestamp.txt"  # nbgrader's: when a hand-in was handed in
KEPT = "what was graded is kept in outcomes/"
REMEDIES = {  # for what a database complains of
    "locked": f"close what has it open (nbgrader's formgrader?) and run the command again; {KEPT}",
    "readonly": RIGHTS,
    "read-only": RIGHTS,
    "unable to open": RIGHTS,
    "full": ROOM,
    "": f"put your own copy of it in its place and grade with --again; {KEPT}",
}


class Course:
    """An nbgrader course folder: its settings, its folders, and its open gradebook (use it in a `with`)."""

    def __init__(self, root: Path):
        from nbgrader.coursedir import CourseDirectory

        self.root = root
        config = Config()
        if (root / "nbgrader_config.py").is_file():
            config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
        config.CourseDirectory.root = str(root)
        self.config, self.folders = config, CourseDirectory(config=config)

    def __enter__(self) -> "Course":
        from nbgrader.api import Gradebook

        logging.getLogger("tornado.application").setLevel(
            logging.CRITICAL
        )  # nbgrader's: its tracebacks are put in words
        url = make_url(self.folders.db_url)
        if url.drivername.startswith("sqlite") and not Path(url.database or ".").exists():  # an empty one would be made
            todo = "put your backup back: marks by hand are in it alone (sheets with them may lie in marks/); "
            todo += "in a course that was never graded run `make course`, or copy the whole folder of one"
            raise BookError(url.render_as_string(), "is not there: it is the course's gradebook", todo)
        with self._in_words():
            self.book = Gradebook(self.folders.db_url, self.folders.course_id)
            try:
                self.check()
            except SQLAlchemyError:
                self.book.close()
                raise
        return self

    def __exit__(self, kind, error, trace) -> None:
        self.book.close()
        if isinstance(error, SQLAlchemyError):
            with self._in_words():
                raise error

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        """BookError in place of a traceback where the gradebook is locked, broken, or on a full disk."""
        try:
            yield
        except SQLAlchemyError as error:
            what = " ".join(str(getattr(error, "orig", None) or error).split())[:200]
            todo = next(todo for word, todo in REMEDIES.items() if word in what.lower())
            raise BookError(
                make_url(self.folders.db_url).render_as_string(), f"the gradebook cannot be used: {what}", todo
            ) from None

    def check(self) -> None:
        """SQLAlchemyError where the gradebook takes no change; none is made."""
        self.book.db.rollback()
        self.book.db.execute(text("UPDATE student SET id = id WHERE id IS NULL"))
        self.book.db.rollback()

    def folder(self, step: str, student: str, chapter: str) -> Path:
        return Path(self.folders.format_path(step, student, chapter))

    def notebook(self, step: str, chapter: str) -> Path:
        return self.folder(step, ".", chapter) / f"{chapter}.ipynb"

    def called(self, student: str) -> str:
        """First and last name, as far as the roll has them."""
        from nbgrader.api import MissingEntry

        with contextlib.suppress(MissingEntry):
            found = self.book.find_student(student)
            return " ".join(filter(None, (found.first_name, found.last_name)))
        return ""

    def chapters(self) -> list[str]:
        """The chapters that were released and stand in the gradebook."""
        return sorted(
            a.name for a in self.book.assignments if self.notebook(self.folders.release_directory, a.name).exists()
        )

    def waiting(self, chapter: str) -> dict[str, Path | Outcome]:
        """Everybody on the roll or in submitted/: a folder or file to look into, or what there is to say instead."""
        base = self.folder(self.folders.submitted_directory, "_", chapter).parent.parent
        there = handed_in(base, chapter, [assignment.name for assignment in self.book.assignments])
        found: dict[str, Path | Outcome] = {}
        for name, at in sorted(({student.id: ("missing", "") for student in self.book.students} | there).items()):
            if isinstance(at, Path):
                found[name] = at
            else:
                found[name] = Outcome(chapter, name, at[0], notes=[*filter(None, at[1:])], recorded=True)
        return found

    def outcomes(self, chapter: str, now: list[Outcome]) -> list[Outcome]:
        """The whole class: what was found now, else what is kept, else what there is to say."""
        fresh = {outcome.student: outcome for outcome in now if outcome.chapter == chapter}
        return [
            fresh.get(name)
            or (at if isinstance(at, Outcome) else read_outcome(self.root, chapter, name))
            or Outcome(chapter, name, "missing")
            for name, at in self.waiting(chapter).items()
        ]

    def date(self, outcome: Outcome, place: Path) -> None:
        """Note when it was handed in, by nbgrader's file beside the notebook, or that this cannot be read."""
        try:
            outcome.handed_in = stamp_of(place)
        except Unreadable as error:
            outcome.notes.append(f"the time stamp cannot be read, so the work counts as handed in on time: {error}")
            outcome.status = "repaired" if outcome.status == "graded" else outcome.status

    def record(self, outcome: Outcome) -> None:
        """Write one outcome; twice is the same as once. A mark given by a person stays, to be looked at again."""
        if outcome.status == "missing":
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own models are at odds with newer SQLAlchemy
            self._record(outcome)

    def _record(self, outcome: Outcome) -> None:
        self.book.update_or_create_student(outcome.student)
        more = {"timestamp": datetime.fromisoformat(outcome.handed_in)} if outcome.handed_in else {}
        self.book.update_or_create_submission(outcome.chapter, outcome.student, **more)
        notebook = self.book.find_submission_notebook(outcome.chapter, outcome.chapter, outcome.student)
        results = {id_of(result.exercise, "grade"): result for result in outcome.results}
        for grade in notebook.grades:
            result = results.get(grade.name)
            grade.auto_score = result.earned if result else None
            doubted = split(grade.name)[0] in outcome.doubts or bool(result and result.uncertain)
            grade.needs_manual_grade = grade.auto_score is None or grade.manual_score is not None or doubted
        for comment in notebook.comments:
            comment.auto_comment = _plain(outcome.doubts.get(comment.name, "")) or None
        self.book.db.commit()
        self._late(outcome)

    def _late(self, outcome: Outcome) -> None:
        """nbgrader's own rule for late work, where the course's settings name one."""
        if "AssignLatePenalties" not in self.config and "LateSubmissionPlugin" not in self.config:
            return
        from nbgrader.preprocessors import AssignLatePenalties

        names = {"student": outcome.student, "assignment": outcome.chapter, "notebook": outcome.chapter}
        resources = {"nbgrader": {**names, "db_url": self.folders.db_url}}
        AssignLatePenalties(config=self.config).preprocess(nbformat.v4.new_notebook(), resources)

    def write_graded(self, outcome: Outcome, release) -> None:
        """The notebook of autograded/: the released one with the answers in it and what the tests said, and no test."""
        if outcome.status == "missing":
            return
        folder = self.folder(self.folders.autograded_directory, outcome.student, outcome.chapter)
        path = folder / f"{outcome.chapter}.ipynb"
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, nbformat.writes(graded_notebook(outcome, release)) + "\n")


def stamp_of(folder: Path) -> str:
    """The time in a hand-in's `timestamp.txt`, UTC in ISO 8601; "" where there is none. Raises Unreadable."""
    from nbgrader.utils import parse_utc

    path = folder / STAMP
    if not os.path.lexists(path):
        return ""
    words = decoded(bytes_of(path, largest=1024)).strip()
    if not words:
        return ""
    try:
        when = parse_utc(words) if re.search(r"\d{4}", words) else None
    except Exception:  # of many kinds: whoever parses dates parses anything
        when = None
    if when is None or not 1990 <= when.year <= 2100:
        raise Unreadable(f"`{said(words)}` is no time")
    return when.isoformat()


def graded_notebook(outcome: Outcome, release):
    """What nbgrader's formgrader and feedback show of a hand-in; of the hidden tests it holds titles and hints."""
    notebook = copy.deepcopy(release)
    results = {result.exercise: result for result in outcome.results}
    for cell in notebook.cells:
        exercise, part = split(grade_id(cell))
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if part == "answer":
            cell.source = outcome.answers.get(exercise, cell.source)
        elif exercise in results and part == "check" and results[exercise].shown:
            cell.outputs = [new_output("stream", name="stdout", text=results[exercise].shown)]
        elif exercise in results and part == "grade":
            cell.outputs = _verdicts(results[exercise])
    notes = dict.fromkeys(_plain(note) for note in [*outcome.notes, *outcome.doubts.values()])
    said = "\n".join([f"**Grading: {outcome.status}**", "", *notes])
    notebook.cells.insert(0, new_markdown_cell(said, id="grading"))
    return notebook


def _plain(note: str) -> str:
    """A note as a line of Markdown's indented code, the one place where nothing that a student named is markup."""
    line = " ".join(note.split())
    return line and f"    {line}"


def _verdicts(result) -> list:
    """One line a test, in the words of the course; then the points as nbgrader reads them."""
    lines = [verdict_line(given) for given in result.verdicts]
    score = new_output("execute_result", data={"text/plain": repr(float(result.earned))}, execution_count=1)
    return [new_output("stream", name="stdout", text="\n".join(lines) + "\n"), score] if lines else [score]


def verdict_line(given: Verdict) -> str:
    """One hidden test as students read it."""
    return verdict(given.title, given.points, given.passed, given.hint)
