"""A small released course, built once by stock nbgrader, and what students hand in."""

import atexit
import copy
import functools
import shutil
import tempfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from coursekit.grading.grade import grade
from coursekit.grading.job import Times
from coursekit.teacher.answers import read_private
from coursekit.teacher.course import secrets_of
from coursekit.teacher.exercises import Assignment, Public
from coursekit.teacher.merge import merge_notebook
from coursekit.teacher.release import release

CHAPTER = "01_small"
PACKAGE = Path(__file__).resolve().parents[3] / "lightnets_edu"
TIMES = Times(call=2, exercise=4, notebook=12)
OUT_OF = 7
GRADED = "# Graded: further tests stand here."
STUB = "    # YOUR CODE HERE\n    raise NotImplementedError()"
STUBS = {
    "area": f'def area(width, height):\n    """Width times height."""\n{STUB}',
    "shuffle": f'def shuffle(x, groups):\n    """Interleaves the channels of its groups."""\n{STUB}',
    "scale": 'class Scale(nn.Module):\n    """Multiplies by a number."""\n\n    def __init__(self, factor):\n'
    "        super().__init__()\n        self.factor = factor\n\n    def forward(self, x):\n"
    "        # YOUR CODE HERE\n        raise NotImplementedError()",
    "double": f"def double(x):\n{STUB}",
}
ANSWERS = {
    "area": "def area(width, height):\n    return width * height",
    "shuffle": "def shuffle(x, groups):\n    n, c, h, w = x.shape\n"
    "    parts = x.reshape(n, groups, c // groups, h, w)\n    return parts.transpose(1, 2).reshape(n, c, h, w)",
    "scale": "class Scale(nn.Module):\n    def __init__(self, factor):\n        super().__init__()\n"
    "        self.factor = factor\n\n    def forward(self, x):\n        return self.factor * x",
    "double": "def double(x):\n    return x + x",
}
WRONG = {
    "area": "def area(width, height):\n    return width + height",
    "shuffle": "def shuffle(x, groups):\n    return x",
    "scale": ANSWERS["scale"].replace("self.factor * x", "x"),
    "double": "def double(x):\n    return x",
}
CHECKS = {
    "area": "area(2, 3) == 6",
    "shuffle": "shuffle(torch.zeros(1, 4, 2, 2), 2).shape == (1, 4, 2, 2)",
    "scale": "Scale(2.0)(torch.ones(2)).shape == (2,)",
    "double": "double(2) == 4",
}
TESTS = {
    "area": [("Any sizes", 1, "Try sides that differ.", "assert area(3, secret_side := 17) == 3 * secret_side"),
             ("Nothing to measure", 1, "Try a side of 0.", "assert area(0, 5) == 0 and area(7, 0) == 0")],
    "shuffle": [("Any groups", 2, "Try groups=3.",
                 "secret_batch = torch.rand(2, 6, 2, 3)\nexpected_order = secret_batch[:, [0, 2, 4, 1, 3, 5]]\n"
                 "assert torch.equal(shuffle(secret_batch, 3), expected_order)"),
                ("The input stays", 1, "Build a new tensor.",
                 "secret_batch = torch.rand(1, 4, 2, 2)\nbefore_the_call = secret_batch.clone()\n"
                 "out = shuffle(secret_batch, 2)\nassert torch.equal(secret_batch, before_the_call)\n"
                 "assert torch.equal(out, before_the_call[:, [0, 2, 1, 3]])")],
    "scale": [("Any factor", 2, "Use the factor.",
               "secret_input = torch.rand(3, 4)\n"
               "assert torch.allclose(Scale(2.5)(secret_input), 2.5 * secret_input)")],
}  # fmt: skip


def points(name: str) -> float:
    """The points of one exercise; 0 for practice."""
    return sum(test[1] for test in TESTS.get(name, ()))


def _mark(grade_id: str, **kinds) -> dict:
    flags = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"nbgrader": {**flags, "grade_id": grade_id, **kinds}}


def _check(name: str) -> str:
    return (
        f'try:\n    assert {CHECKS[name]}\n    print("✓ {name}")\nexcept NotImplementedError:\n'
        f'    print("not answered yet")\nexcept Exception as error:\n    print("✗ {name}:", error)'
    )


def _public():
    cells = [
        new_markdown_cell("# Small things", id="title"),
        new_code_cell("import torch\nfrom torch import nn", id="imports"),
        new_code_cell("picture = torch.zeros(1, 3, 8, 8)\npicture.shape", id="lesson"),
        new_markdown_cell("What the picture shows.", id="prose"),
    ]
    exercises = {}
    for name, stub in STUBS.items():
        at = len(cells) + 1
        graded = at + 2 if name in TESTS else None
        exercises[name] = Public(name, CHAPTER, at, at + 1, graded, points(name))
        cells.append(
            new_markdown_cell(
                f"### Exercise: write `{name}`", id=f"{name}-task", metadata=_mark(f"{name}-task", locked=True)
            )
        )
        cells.append(new_code_cell(stub, id=name, metadata=_mark(name, solution=True)))
        cells.append(new_code_cell(_check(name), id=f"{name}-check", metadata=_mark(f"{name}-check", locked=True)))
        if graded is not None:
            more = _mark(f"{name}-grade", grade=True, locked=True, points=points(name))
            cells.append(new_code_cell(GRADED, id=f"{name}-grade", metadata=more))
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return new_notebook(cells=cells, metadata=kernel), exercises


def _halves(root: Path) -> dict:
    halves = {}
    for name, answer in ANSWERS.items():
        text = f"# %% solution\n{answer}\n"
        for title, worth, hint, body in TESTS.get(name, ()):
            text += f'\n# %% test name="{title}" points={worth} hint="{hint}"\nimport torch\n\n{body}\n'
        path = root / f"{name}.py"
        path.write_text(text, "utf-8")
        halves[name] = read_private(path, root)
    return halves


@functools.cache
def _built() -> tuple[Path, Assignment]:
    work = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, work, ignore_errors=True)
    private, course = work / "private", work / "course"
    private.mkdir()
    course.mkdir()
    (course / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "small"\n')
    public, exercises = _public()
    assignment = Assignment(CHAPTER, public, exercises, _halves(private))
    merged = {CHAPTER: merge_notebook(public, CHAPTER, exercises, assignment.halves)}
    release(course, [assignment], merged, secrets_of(assignment))
    return course, assignment


def secrets() -> list:
    """What no file for students may hold."""
    return secrets_of(_built()[1])


class SmallCourse:
    """A copy of the course in a folder of its own."""

    def __init__(self, root: Path):
        self.root = root
        shutil.copytree(_built()[0], root)

    def released(self):
        return nbformat.read(self.root / "release" / CHAPTER / f"{CHAPTER}.ipynb", as_version=4)

    def folder(self, student: str) -> Path:
        path = self.root / "submitted" / student / CHAPTER
        path.mkdir(parents=True, exist_ok=True)
        return path

    def hand_in(self, student: str, answers=ANSWERS, name=f"{CHAPTER}.ipynb", spoil=None) -> Path:
        """The released notebook with these answers; `spoil(notebook)` has the last word, and may give a text."""
        notebook = copy.deepcopy(self.released())
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = answers.get(grade_id, cell.source)
        text = spoil(notebook) if spoil else None
        path = self.folder(student) / name
        path.write_text(text if isinstance(text, str) else nbformat.writes(notebook), "utf-8")
        return path

    def grade(self, students=None, **more) -> dict:
        """Outcomes by student."""
        more = {"jobs": 2, "times": TIMES} | more
        return {o.student: o for o in grade(self.root, PACKAGE, students=students, **more)}

    def text(self, *parts: str) -> str:
        return self.root.joinpath(*parts).read_text("utf-8")

    def book(self):
        from nbgrader.api import Gradebook

        return Gradebook(f"sqlite:///{self.root / 'gradebook.db'}", "small")


def cell(notebook, cell_id: str):
    return next(c for c in notebook.cells if c.get("id") == cell_id)
