"""Hands the merged notebooks to stock nbgrader and accepts the release only when it equals the public notebook."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from ..errors import BookError
from ..files import write_whole
from . import leaks
from .exercises import Assignment
from .merge import difference

GENERATE = """
import sys
from nbgrader.apps import GenerateAssignmentApp
names, options = sys.argv[1:sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1:]
for name in names:
    print("begin", name, flush=True)
    app = GenerateAssignmentApp()
    app.initialize([name, *options])
    app.start()
"""


def release(course: Path, assignments: list[Assignment], merged: dict[str, object], secrets: list) -> None:
    """Writes course/source and course/release; a refusal leaves the old release and every mark as they were."""
    with tempfile.TemporaryDirectory() as work:
        if (course / "gradebook.db").exists():  # nbgrader may refuse half-way: let it do so on a copy
            _make(_copy_course(course, Path(work) / "course"), assignments, merged, secrets, on_copy=True)
        kept = Path(work) / "kept"
        for assignment in assignments:
            _copy_folder(course / "release" / assignment.name, kept / assignment.name)
        try:
            _make(course, assignments, merged, secrets)
        except BaseException:
            for assignment in assignments:
                shutil.rmtree(course / "release" / assignment.name, ignore_errors=True)
                _copy_folder(kept / assignment.name, course / "release" / assignment.name)
            raise


def _make(course: Path, assignments: list[Assignment], merged: dict, secrets: list, on_copy: bool = False) -> None:
    _write_sources(course, merged)
    options = [f"--CourseDirectory.db_url=sqlite:///{course / 'gradebook.db'}"] if on_copy else []
    _generate(course, assignments, options)
    for assignment in assignments:
        _check(course, assignment, secrets)


def _copy_course(course: Path, target: Path) -> Path:
    target.mkdir()
    if (course / "nbgrader_config.py").exists():
        shutil.copy(course / "nbgrader_config.py", target)
    _copy_gradebook(course / "gradebook.db", target / "gradebook.db")
    return target


def _copy_folder(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)


def _copy_gradebook(source: Path, target: Path) -> None:
    try:
        old, new = sqlite3.connect(f"file:{source}?mode=ro", uri=True), sqlite3.connect(target)
        with new:
            old.backup(new)
        old.close()
        new.close()
    except sqlite3.Error as error:
        raise BookError("course/gradebook.db", f"cannot be read: {error}", "restore it from a backup") from None


def _write_sources(course: Path, merged: dict[str, object]) -> None:
    for name, notebook in merged.items():
        write_whole(course / "source" / name / f"{name}.ipynb", nbformat.writes(notebook) + "\n")


def _generate(course: Path, assignments: list[Assignment], options: list[str]) -> None:
    """`nbgrader generate_assignment`, in one process of its own: it changes folder, logs at length, is slow to load."""
    names = [assignment.name for assignment in assignments]
    command = [sys.executable, "-c", GENERATE, *names, "--", "--force", f"--CourseDirectory.root={course}", *options]
    done = subprocess.run(command, cwd=course, env=_environment(), capture_output=True, text=True, check=False)
    begun = [line.removeprefix("begin ") for line in done.stdout.splitlines() if line.startswith("begin ")]
    where = f"course, {begun[-1] if begun else names[0]}"
    if "there are submissions associated" in " ".join(done.stderr.split()):
        what = "its gradebook holds submissions for exercises that have since been added, removed or renamed"
        todo = "gradebook and release are as they were: bring the old exercises back, or start a new course folder"
        raise BookError(where, what, todo)
    missing = [name for name in names if not (course / "release" / name / f"{name}.ipynb").exists()]
    if done.returncode or missing:
        tail = "\n    ".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise BookError(where, "nbgrader makes no release", tail)


def _environment() -> dict[str, str]:
    """Ours, and `alembic`, which nbgrader calls by name to create a gradebook, can be found beside this Python."""
    return {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}


def _check(course: Path, assignment: Assignment, secrets: list) -> None:
    """The release says what the public notebook says, and nothing that is private."""
    folder = course / "release" / assignment.name
    released = nbformat.read(folder / f"{assignment.name}.ipynb", as_version=4)
    where = f"course/release/{assignment.name}"
    if len(released.cells) != len(assignment.notebook.cells):
        raise BookError(where, f"has {len(released.cells)} cells, the public notebook {len(assignment.notebook.cells)}")
    for public, cell in zip(assignment.notebook.cells, released.cells, strict=True):
        if _essence(public) != _essence(cell):
            what = "differs from the public notebook:\n" + difference(public, cell)
            raise BookError(f"{where}, cell {public.get('id')}", what)
    if found := leaks.scan([folder], secrets):
        raise BookError(where, "holds what must stay private", "\n    ".join(map(str, found)))


def _essence(cell) -> tuple:
    """What a student sees of a cell and what a mark depends on; nbgrader adds checksums and locks."""
    grading = {k: v for k, v in cell.metadata.get("nbgrader", {}).items() if k not in ("checksum", "cell_type")}
    return cell.cell_type, cell.get("id"), cell.source, grading, cell.get("outputs", [])
