"""A bank of honest hand-ins in the small course: right work, written or broken as students write and break it."""

import copy
import json
from dataclasses import dataclass, field

from grading.small_course import ANSWERS, STUBS, WRONG, cell
from nbformat.v4 import new_code_cell

TIMES = "def times(a, b):\n    return a * b"
BY_TIMES = "def area(width, height):\n    return times(width, height)"
BY_ONE = "def area(width, height):\n    return width * height * one()"
ONE = "def one():\n    return "


@dataclass
class Accident:
    """The released notebook with these answers, cells put before others (None: at the end), files beside it."""

    answers: dict = field(default_factory=dict)
    cells: list = field(default_factory=list)
    files: dict = field(default_factory=dict)
    spoil: object = None
    least: float = 7
    asks: bool = False  # a human, whatever the mark

    def hand_in(self, course, student: str):
        def spoil(notebook):
            for before, source in self.cells:
                at = notebook.cells.index(cell(notebook, before)) if before else len(notebook.cells)
                notebook.cells.insert(at, new_code_cell(source))
            return self.spoil(notebook) if self.spoil else None

        path = course.hand_in(student, ANSWERS | self.answers, spoil=spoil)
        for name, text in self.files.items():
            (path.parent / name).parent.mkdir(exist_ok=True)
            (path.parent / name).write_text(text)
        return path


def area(source: str, *before: str, at="area-task", **more) -> Accident:
    """An answer to `area`, and cells of the student's own before its prompt (`at`: before another cell)."""
    return Accident({"area": source}, [(at, text) for text in before], **more)


def by_one(*cells: str, at="area-task", **more) -> Accident:
    """An answer that needs what the cells do to be 1."""
    return area(f"{BY_ONE}\n\n\n{ONE}{cells[-1]}", *cells[:-1], at=at, **more)


def broken(spoil, **more) -> Accident:
    return Accident(spoil=spoil, **more)


def _every(change):
    def spoil(notebook):
        for one in notebook.cells:
            change(one)

    return spoil


def _delete(*names):
    def spoil(notebook):
        notebook.cells = [one for one in notebook.cells if one.id not in names]

    return spoil


def _keep(*names):
    def spoil(notebook):
        notebook.cells = [one for one in notebook.cells if one.id in names]

    return spoil


def _colab(notebook):
    text = json.loads(json.dumps(notebook))
    for one in text["cells"]:
        one["metadata"]["id"] = one.pop("id")
        one["source"] = one["source"].splitlines(True)
    text["nbformat_minor"] = 0
    return json.dumps(text)


def _move(name, before=None):
    def spoil(notebook):
        one = notebook.cells.pop(notebook.cells.index(cell(notebook, name)))
        notebook.cells.insert(notebook.cells.index(cell(notebook, before)) if before else len(notebook.cells), one)

    return spoil


def _again(name, **edits):
    def spoil(notebook):
        one = copy.deepcopy(cell(notebook, name))
        one.update(id=f"{name}-again", **edits)
        notebook.cells.insert(notebook.cells.index(cell(notebook, name)) + 1, one)

    return spoil


def _edit(name, **edits):
    return lambda notebook: cell(notebook, name).update(edits)


def _markdown(name):
    def spoil(notebook):
        one = cell(notebook, name)
        one.cell_type = "markdown"
        del one["outputs"], one["execution_count"]

    return spoil


def _both(*spoils):
    def spoil(notebook):
        for one in spoils:
            one(notebook)

    return spoil


# What works by effect: no name of it stands in the answer
EFFECTS = {
    "global": by_one("calls = 0\ndef count():\n    global calls\n    calls += 1", "count()", "calls"),
    "append": by_one("sizes = []\ndef note(value):\n    sizes.append(value)", "note(1)", "sizes[0]"),
    "append in a method": by_one("class Notes:\n    all = []\n    def add(self):\n        Notes.all.append(1)", "notes = Notes()\nnotes.add()", "Notes.all[0]"),
    "append in a loop": by_one("table = []\nfor i in range(3):\n    table.append(i)", "table[1]"),
    "a name for append": by_one("table = []\nput = table.append", "put(1)", "table[0]"),
    "setattr": by_one("class Tools: pass", "setattr(Tools, 'one', 1)", "Tools.one"),
    "setattr on a module": by_one("import math\nsetattr(math, 'one', 1)", "__import__('math').one"),
    "vars": by_one("class Tools: pass", "tools = Tools()\nvars(tools).update(one=1)", "tools.one"),
    "exec": area(BY_TIMES, f"exec({TIMES!r})"),
    "exec of a text": area(BY_TIMES, f"text = {TIMES!r}", "exec(text)"),
    "globals": area(BY_TIMES, "globals()['times'] = lambda a, b: a * b"),
    "an update of globals": area(BY_TIMES, "globals().update(times=lambda a, b: a * b)"),
    "recursion": area("def area(width, height):\n    def deep(n):\n        return n and 1 + deep(n - 1)\n    return deep(100 * width * height) // 100", "from sys import setrecursionlimit\nsetrecursionlimit(9000)"),
    "decimal": area("from decimal import Decimal\ndef area(width, height):\n    much = Decimal(10) ** 40\n    return int(much + width * height - much)", "from decimal import getcontext\ngetcontext().prec = 60"),
    "insort": by_one("import bisect\norder = [5]", "bisect.insort(order, 1)", "order[0]"),
    "heappush": by_one("from heapq import heappush\nheap = [5]", "heappush(heap, 1)", "heap[0]"),
    "update by a function": by_one("facts = {}\ndef learn(**more):\n    facts.update(more)", "learn(one=1)", "facts['one']"),
    "a register": by_one("tools = {}\ndef tool(f):\n    tools[f.__name__] = f\n    return f", "@tool\ndef unit():\n    return 1", "tools['unit']()"),
    "singledispatch": by_one("import functools\n@functools.singledispatch\ndef kind(x):\n    return 2", "@kind.register\ndef _(x: int):\n    return 1", "kind(3)"),
    "a subclass that counts": by_one("class Base:\n    kinds = []\n    def __init_subclass__(cls):\n        Base.kinds.append(1)", "class Child(Base): pass", "Base.kinds[0]"),
    "environ": by_one("import os\nos.environ['ONE'] = '1'", "int(__import__('os').environ['ONE'])"),
    "a module's state": by_one("from random import seed\nseed(1)", "1 if __import__('random').random() < 0.14 else 2"),
    "map": by_one("parts = []\nlist(map(parts.append, [1, 2]))", "parts[0]"),
    "next": by_one("numbers = iter([7, 1])", "next(numbers)\nfound = list(numbers)", "found[0]"),
    "a file": by_one("with open('one.txt', 'w') as file:\n    file.write('1')", "int(open('one.txt').read())"),
    "pickle": by_one("import pickle\nclass Kept: pass\nkept = Kept()\nkept.one = 1", "data = pickle.dumps(kept)", "pickle.loads(data).one"),
    "nothing left of it": by_one("values = [2, 1]\ndef drop(items):\n    del items[0]", "drop(values)", "values[0]"),
    "threads": by_one("import threading\nfound = []\nthread = threading.Thread(target=found.append, args=(1,))", "thread.start()\nthread.join()", "found[0]"),
    "a helper below": area(BY_TIMES, TIMES, at="area-check"),
    "a helper at the end": area(BY_TIMES, TIMES, at=None),
    "a helper in a later answer": Accident({"area": BY_TIMES, "double": f"{TIMES}\n\n\n{ANSWERS['double']}"}),
    "state at the end": by_one("found = []\ndef note():\n    found.append(1)", "note()", "found[0]", at=None),
}  # fmt: skip

# What only a notebook can do
NOTEBOOK = {
    "time": area(f"%%time\n{ANSWERS['area']}"),
    "time quietly": area(f"%%time -q\n{ANSWERS['area']}"),
    "timeit": area(f"%%timeit\n{ANSWERS['area']}"),
    "capture": area(f"%%capture said\n{ANSWERS['area']}"),
    "time over capture": area(f"%%time\n%%capture\n{ANSWERS['area']}"),
    "prun": area(f"%%prun\n{ANSWERS['area']}"),
    "a helper that is timed": area(BY_TIMES, f"%%time\n{TIMES}"),
    "a line that is timed": by_one("%time unit = max(0, 1)", "unit"),
    "magics about": area(BY_TIMES, "%matplotlib inline\n%load_ext autoreload", f"!true\n{TIMES}\ntimes?"),
    "writefile": area(BY_TIMES, f"%%writefile my_times.py\n{TIMES}", "from my_times import times"),
    "writefile, a text": by_one("%%writefile one.txt\n1", "int(open('one.txt').read())"),
    "writefile and run": area(BY_TIMES, f"%%writefile my_times.py\n{TIMES}", "%run my_times.py"),
    "a module beside": area(BY_TIMES, "from helpers import times", files={"helpers.py": TIMES}),
    "a module beside, in the answer": area(f"import helpers\n{BY_TIMES.replace('times', 'helpers.times')}", files={"helpers.py": TIMES}),
    "a package beside": area(BY_TIMES, "from tools.maths import times", files={"tools/__init__.py": "", "tools/maths.py": TIMES}),
    "a table beside": by_one("import json\nfacts = json.load(open('facts.json'))", "facts['one']", files={"facts.json": '{"one": 1}'}),
    "await": by_one("async def fetch():\n    return 1", "unit = await fetch()", "unit"),
    "await in the answer": area(f"async def fetch():\n    return 1\nunit = await fetch()\n{BY_ONE}\n{ONE}unit"),
    "gather": by_one("import asyncio\nasync def fetch(n):\n    await asyncio.sleep(0.001)\n    return n", "parts = await asyncio.gather(fetch(1), fetch(2))", "parts[0]"),
    "async with": by_one("import asyncio\nlock, found = asyncio.Lock(), []", "async with lock:\n    found.append(1)", "found[0]"),
    "display": area(f"display('here')\n{ANSWERS['area']}"),
}  # fmt: skip

# Values and forms of answers
VALUES = {
    "int subclass": area("class Pixels(int):\n    pass\ndef area(width, height):\n    return Pixels(width * height)"),
    "float": area("def area(width, height):\n    return float(width * height)"),
    "numpy int": area("import numpy as np\ndef area(width, height):\n    return np.int64(width) * height"),
    "numpy float": area("import numpy as np\ndef area(width, height):\n    return np.float64(width) * height"),
    "0-dim array": area("import numpy as np\ndef area(width, height):\n    return np.array(width * height)"),
    "0-dim tensor": area("def area(width, height):\n    return torch.tensor(width) * height"),
    "fraction": area("from fractions import Fraction\ndef area(width, height):\n    return Fraction(width) * height", least=5, asks=True),
    "parameter": Accident({"shuffle": ANSWERS["shuffle"].replace("return ", "return nn.Parameter(").replace("(n, c, h, w)", "(n, c, h, w))")}),
    "lambda": area("area = lambda width, height: width * height"),
    "partial": area("import functools, operator\narea = functools.partial(operator.mul)"),
    "cache": area("import functools\n@functools.lru_cache\ndef area(width, height):\n    return width * height"),
    "callable": area("class Area:\n    def __call__(self, width, height):\n        return width * height\narea = Area()"),
    "other names": area("def area(a, b):\n    return a * b"),
    "annotations": area("from typing import NewType\nPixels = NewType('Pixels', int)\ndef area(width: Pixels, height: Pixels) -> Pixels:\n    return width * height"),
    "dataclass": by_one("from dataclasses import dataclass\n@dataclass\nclass Unit:\n    size: int = 1", "Unit().size"),
    "raise below": area(f"{ANSWERS['area']}\nraise ValueError('mine')"),
    "main guard": area(f"{ANSWERS['area']}\nif __name__ == '__main__':\n    print(area(1, 2))"),
    "warnings": area("import warnings\ndef area(width, height):\n    warnings.warn('mind the units')\n    return width * height"),
    "twice": area(f"{WRONG['area']}\n\n\n{ANSWERS['area']}"),
    "a failing test of one's own": Accident(cells=[("area-check", "assert area(2, 2) == 5"), ("shuffle-task", "input('go on? ')")]),
}  # fmt: skip

# Notebooks that came to harm
HARM = {
    "old try below": Accident(cells=[("shuffle-task", WRONG["area"])], asks=True),
    "old try above": Accident(cells=[("area", WRONG["area"])], asks=True),
    "stub left, answer below": Accident({"area": STUBS["area"]}, [("area-check", ANSWERS["area"])]),
    "stub left, answer at the end": Accident({"area": STUBS["area"]}, [(None, ANSWERS["area"])]),
    "moved to the end": broken(_move("area")),
    "moved to the top": broken(_move("scale", "imports"), answers={"scale": f"from torch import nn\n{ANSWERS['scale']}"}),
    "answers in one cell": broken(_delete("shuffle"), answers={"area": f"{ANSWERS['area']}\n\n\n{ANSWERS['shuffle']}"}),
    "answer in the test cell": Accident({"area": ""}, spoil=_edit("area-check", source=ANSWERS["area"])),
    "halves": area("def area(width, height):\n    'mine'", "    return width * height", at="area-check"),
    "halves with the same mark": broken(_again("area", source="    return width * height"), answers={"area": "def area(width, height):\n    side = width"}),
    "a helper in halves": area(BY_TIMES, "def times(a, b):", "    return a * b"),
    "merge": area(f"<<<<<<< HEAD\n{WRONG['area']}\n=======\n{ANSWERS['area']}\n>>>>>>> mine", asks=True),
    "merge, upper": area(f"<<<<<<< HEAD\n{ANSWERS['area']}\n||||||| base\nx\n=======\ndef area(\n>>>>>>> mine", asks=True),
    "merge of a helper": area(BY_TIMES, f"<<<<<<< HEAD\n{TIMES}\n=======\n{TIMES.replace('*', '+')}\n>>>>>>> mine", least=5, asks=True),
    "tests deleted": broken(_delete("area-check", "area-grade", "shuffle-grade")),
    "tests edited": broken(_both(_edit("area-check", source="area(1, 1)"), _edit("scale-grade", source="2.0"))),
    "pasted twice": broken(_again("shuffle")),
    "lesson deleted": broken(_delete("imports", "lesson", "title", "prose")),
    "lesson edited": broken(_edit("lesson", source="picture = torch.zeros(1)\nunit = 1"), answers={"area": f"{BY_ONE}\n{ONE}unit"}),
    "imports edited": broken(_edit("imports", source="import torch, math\nfrom torch import nn"), answers={"area": "def area(width, height):\n    return math.prod((width, height))"}),
    "only answers": broken(_keep(*ANSWERS)),
    "no metadata": broken(_every(lambda one: one.metadata.pop("nbgrader", None))),
    "no ids": broken(_both(_every(lambda one: one.pop("id")), lambda notebook: notebook.update(nbformat_minor=4))),
    "colab": broken(_colab),
    "answer became text": broken(_markdown("area")),
}  # fmt: skip

BANK = {**EFFECTS, **NOTEBOOK, **VALUES, **HARM}
SAMPLE = ("exec", "recursion", "insort", "a helper at the end", "time", "writefile", "a package beside", "await in the answer",
          "fraction", "old try below", "halves", "merge of a helper")  # fmt: skip
