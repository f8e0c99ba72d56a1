"""Hand-ins for the tests: a small released notebook and what students make of it."""

import copy
import json

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from coursekit.grading.hand_in import repair
from coursekit.grading.hand_in.read import Cell

STUB = "    # YOUR CODE HERE\n    raise NotImplementedError()"
AREA = "def area(width, height):\n    return width * height"
SPLIT = "def halves(items):\n    return items[: len(items) // 2]\n\n\ndef both(items):\n    return halves(items), items"
LIMIT = "class Limit:\n    def __init__(self, top):\n        self.top = top"
ANSWERS = {"area": AREA, "split": SPLIT, "limit": LIMIT}
STUBS = {
    "area": f'def area(width, height):\n    """Width times height."""\n{STUB}',
    "split": f"def halves(items):\n{STUB}\n\n\ndef both(items):\n{STUB}",
    "limit": 'class Limit:\n    """Cuts values at `top`."""\n\n    def __init__(self, top):\n        # YOUR CODE HERE\n        raise NotImplementedError()',
}
LESSON = [
    "import math\n\nfrom lightnets_edu.checks import Check",
    "def circle(radius):\n    return math.pi * radius**2\n\n\nprint(circle(2))",
    "sizes = [circle(radius) for radius in range(4)]\nfor size in sizes:\n    print(f'{size:.2f}')",
]
GRADED = "# Graded: your teacher's copy of this cell holds further tests. Leave it as it is."
CHECKS = {
    "area": "with Check('area') as check:\n    check.equal(area(2, 3), 6)",
    "split": "with Check('halves') as check:\n    check.equal(halves([1, 2]), [1])\n    check.equal(both([1])[1], [1])",
    "limit": "with Check('Limit') as check:\n    check.equal(Limit(4).top, 4)",
}


def _mark(grade_id, **kinds):
    data = {"grade_id": grade_id, "grade": False, "solution": False, "locked": True, "task": False, "schema_version": 3}
    return {"nbgrader": data | kinds}


def release():
    """Three lesson cells, then a practice exercise (area) and two graded ones (split, limit)."""
    cells = []
    for i, source in enumerate(LESSON):
        cells += [
            new_markdown_cell(f"## Part {i}\n\nWhat the next cell shows.", id=f"prose{i}"),
            new_code_cell(source, id=f"lesson{i}"),
        ]
    for name in ANSWERS:
        cells.append(new_markdown_cell(f"### Exercise: {name}", id=f"{name}-task", metadata=_mark(f"{name}-task")))
        answer = _mark(name, solution=True, locked=False)
        cells.append(new_code_cell(STUBS[name], id=name, metadata=answer))
        cells.append(new_code_cell(CHECKS[name], id=f"{name}-check", metadata=_mark(f"{name}-check")))
        if name != "area":
            grade = _mark(f"{name}-grade", grade=True, points=3)
            cells.append(new_code_cell(GRADED, id=f"{name}-grade", metadata=grade))
    return new_notebook(cells=cells)


def cells_of(notebook):
    """The cells as `read_cells` would give them."""
    return [
        Cell(c.cell_type, c.source, c.metadata.get("nbgrader", {}).get("grade_id", ""), c.get("id", ""))
        for c in notebook.cells
    ]


class Student:
    """A hand-in in the making: all exercises answered, then spoilt by its methods."""

    def __init__(self, answered=True):
        self.notebook = copy.deepcopy(release())
        for name, source in ANSWERS.items() if answered else ():
            self.write(name, source)

    def at(self, cell_id):
        return next(i for i, cell in enumerate(self.notebook.cells) if cell.get("id") == cell_id)

    def cell(self, cell_id):
        return self.notebook.cells[self.at(cell_id)]

    def write(self, cell_id, source):
        self.cell(cell_id).source = source
        return self

    def delete(self, *cell_ids):
        for cell_id in cell_ids:
            del self.notebook.cells[self.at(cell_id)]
        return self

    def add(self, source, after=None, **metadata):
        """A new code cell after one (None: at the end; "": at the very beginning)."""
        at = len(self.notebook.cells) if after is None else self.at(after) + 1 if after else 0
        self.notebook.cells.insert(at, new_code_cell(source, metadata=metadata))
        return self

    def copied(self, cell_id, source):
        """Copy and paste of a cell, its metadata with it, then another text."""
        return self.add(source, cell_id, **copy.deepcopy(self.cell(cell_id).metadata))

    def without(self, metadata=True, ids=True):
        for cell in self.notebook.cells:
            if metadata:
                cell.metadata.pop("nbgrader", None)
            if ids:
                cell.pop("id", None)
        return self

    @property
    def cells(self):
        return cells_of(self.notebook)

    def save(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.json(), "utf-8")
        return path

    def json(self):
        return json.dumps(nbformat.from_dict(self.notebook), indent=1, ensure_ascii=False)


RELEASE = release()


def repaired(student):
    cells = student.cells if isinstance(student, Student) else student
    hand_in = repair(cells, RELEASE)
    assert_tests_are_the_release_s(hand_in)
    return hand_in


def assert_tests_are_the_release_s(hand_in):
    """The one thing that no hand-in may change."""
    tests = [(s.kind, s.exercise, s.source) for s in hand_in.steps if s.kind in ("check", "grade")]
    assert tests == [
        (kind, name, GRADED if kind == "grade" else CHECKS[name])
        for name in ANSWERS
        for kind in (("check",) if name == "area" else ("check", "grade"))
    ]
    assert list(hand_in.answers) == list(ANSWERS)
    answers = [(s.exercise, s.source) for s in hand_in.steps if s.kind == "answer"]
    assert answers == list(hand_in.answers.items())
    assert {s.kind for s in hand_in.steps} <= {"context", "answer", "check", "grade"}


def context(hand_in):
    return [step.source for step in hand_in.steps if step.kind == "context"]


def order(hand_in):
    return [step.exercise or step.source for step in hand_in.steps]
