"""A small course about lists, in a temporary folder, that tests may spoil in one place at a time."""

import hashlib
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

GRADED = "# Graded: further tests stand here."
CHECK = """\
try:
    assert turn([1, 2]) == [2, 1]
    print("✓ two things")
except NotImplementedError:
    print("not answered yet")
except Exception as error:
    print("✗ two things:", error)"""
ANSWER = '''\
def turn(items):
    """The items, last one first."""
    # YOUR CODE HERE
    raise NotImplementedError()


class Pile:
    """Things on top of each other."""

    def __init__(self):
        self.things = []

    def top(self, default=None):
        if not self.things:
            return default
        # YOUR CODE HERE
        raise NotImplementedError()


def top_of(things):
    pile = Pile()
    pile.things = things
    return pile.top()'''
PRIVATE = '''\
# %% solution
def turn(items):
    # begin at the far end and walk back
    return [items[i] for i in range(len(items) - 1, -1, -1)]


class Pile:
    def top(self, default=None):
        if not self.things:
            return default
        return self.things[-1]

# %% test name="Any length" points=2 hint="Try three things, and none."
import random

numbers = [random.random() for _ in range(5)]
assert turn(numbers) == list(reversed(numbers))
assert turn([]) == []
assert turn("""a
  b""".split("\\n")) == ["  b", "a"]

# %% test name="The input stays" points=1 hint="Build a new list."
numbers = [3, 1, 2]
turn(numbers)
assert numbers == [3, 1, 2]
things = ["shoe"]
things.append("hat")
assert top_of(things) == "hat"

# %% right name="by slicing"
def turn(items):
    return items[::-1]

# %% right name="by inserting"
def turn(items):
    turned = []
    for item in items:
        turned.insert(0, item)
    return turned

# %% wrong mistake="Returns the list as it is."
def turn(items):
    return list(items)

# %% wrong mistake="Turns the list in place."
def turn(items):
    items.reverse()
    return items

# %% wrong mistake="Swaps the first and the last only."
def turn(items):
    return items[-1:] + items[1:-1] + items[:1]

# %% wrong mistake="Cannot turn an empty list."
def turn(items):
    return [items[-1]] + turn(items[:-1]) if len(items) > 1 else [items[0]]

# %% wrong mistake="Sorts instead."
def turn(items):
    return sorted(items)[::-1]
'''
PRACTICE = '''\
# %% solution
def double(x):
    return 2 * x
'''


def mark(name: str, **more) -> dict:
    """nbgrader's metadata of one cell."""
    flags = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"nbgrader": {**flags, "grade_id": name, **more}}


def exercise(name: str, answer: str, check: str, points: int = 0) -> list:
    """The public cells of one exercise."""
    cells = [
        new_markdown_cell(f"### Write `{name}`", id=f"{name}-task", metadata=mark(f"{name}-task", locked=True)),
        new_code_cell(answer, id=name, metadata=mark(name, solution=True)),
        new_code_cell(check, id=f"{name}-check", metadata=mark(f"{name}-check", locked=True)),
    ]
    if points:
        metadata = mark(f"{name}-grade", grade=True, locked=True, points=points)
        cells.append(new_code_cell(GRADED, id=f"{name}-grade", metadata=metadata))
    return cells


def stub(head: str) -> str:
    """A function that a learner has to fill in."""
    return f"{head}\n    # YOUR CODE HERE\n    raise NotImplementedError()"


class Toy:
    """The folder of the toy course, and ways to change it."""

    def __init__(self, root: Path):
        self.root, self.private = root, root / "course" / "exercises" / "01_lists"
        self.private.mkdir(parents=True)
        self.patience(60)
        self.write("turn", PRIVATE)
        self.write("double", PRACTICE)
        self.notebook()

    def patience(self, seconds: int) -> None:
        """What the book gives a cell of its lessons."""
        (self.root / "_config.yml").write_text(f"execute:\n  timeout: {seconds}\n")

    def write(self, name: str, text: str) -> None:
        (self.private / f"{name}.py").write_text(text, "utf-8")

    def replace(self, old: str, new: str, name: str = "turn") -> None:
        """Spoil one place of a private half."""
        text = (self.private / f"{name}.py").read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the toy's {name}.py"
        self.write(name, text.replace(old, new))

    def notebook(self, name="01_lists", answer=ANSWER, check=CHECK, more=(), exercises=None) -> Path:
        """Write a public notebook and its source."""
        source = self.root / "book" / "chapters" / f"{name}.py"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text("# the chapter\n")
        cells = [new_markdown_cell("# Lists", id="title"), new_code_cell("length = len([1, 2])\nlength", id="lesson")]
        if exercises is None:
            exercises = exercise("turn", answer, check, points=3)
            exercises += exercise("double", stub("def double(x):"), "pass")
            exercises += exercise("halve", stub("def halve(x):"), "pass")  # has no private half
        metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                    "coursekit": {"source": f"book/chapters/{name}.py",
                                  "source_sha256": hashlib.sha256(source.read_bytes()).hexdigest()}}  # fmt: skip
        path = self.root / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(new_notebook(cells=[*cells, *exercises, *more], metadata=metadata), path)
        return path
