"""nbgrader's gradebook, written by this one process only, and the graded notebooks that its other commands read."""

import copy
import warnings
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_output
from sqlalchemy.exc import SAWarning
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from ..errors import BookError
from ..exercise_cells import grade_id, id_of, split, verdict
from ..files import write_whole
from .judge import Verdict
from .outcome import Outcome


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

        self.book = Gradebook(self.folders.db_url, self.folders.course_id)
        return self

    def __exit__(self, *_) -> None:
        self.book.close()

    def folder(self, step: str, student: str, chapter: str) -> Path:
        return Path(self.folders.format_path(step, student, chapter))

    def notebook(self, step: str, chapter: str) -> Path:
        return self.folder(step, ".", chapter) / f"{chapter}.ipynb"

    def chapters(self) -> list[str]:
        """The chapters that were released and stand in the gradebook."""
        return sorted(
            a.name for a in self.book.assignments if self.notebook(self.folders.release_directory, a.name).exists()
        )

    def students(self, chapter: str) -> list[str]:
        """Everybody on the roll, and everybody who handed in."""
        base = self.folder(self.folders.submitted_directory, "_", chapter).parent.parent
        handed_in = [p.name for p in base.iterdir() if (p / chapter).is_dir()] if base.is_dir() else []
        for name in handed_in:
            if name != name.encode(errors="replace").decode():
                raise BookError(f"{base}: {name!a}", "is no name in UTF-8, so no gradebook can hold it", "rename it")
        return sorted({student.id for student in self.book.students} | set(handed_in))

    def record(self, outcome: Outcome) -> None:
        """Write one outcome; twice is the same as once. A mark given by a person stays, to be looked at again."""
        if outcome.status == "missing":
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own models are at odds with newer SQLAlchemy
            self._record(outcome)

    def _record(self, outcome: Outcome) -> None:
        self.book.update_or_create_student(outcome.student)
        folder = self.folder(self.folders.submitted_directory, outcome.student, outcome.chapter)
        when = self.folders.get_existing_timestamp(str(folder))
        more = {"timestamp": when} if when else {}
        self.book.update_or_create_submission(outcome.chapter, outcome.student, **more)
        notebook = self.book.find_submission_notebook(outcome.chapter, outcome.chapter, outcome.student)
        results = {id_of(result.exercise, "grade"): result for result in outcome.results}
        for grade in notebook.grades:
            result = results.get(grade.name)
            grade.auto_score = result.earned if result else None
            doubted = split(grade.name)[0] in outcome.doubts or bool(result and result.stopped == "contract")
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
