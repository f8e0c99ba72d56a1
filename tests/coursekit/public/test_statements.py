"""What a module says is told apart from how it is written, and additions from changes."""

import pytest

from coursekit.public import statements

MODULE = '''"""A room."""

import torch
from math import pi, sqrt

TABLE = [(1, 2), (3, 4)]    # as printed
KNOWN = []


def area(r: float) -> float:
    """Of a disc."""
    return pi * r * r


class Disc:
    """Round."""

    size = 3

    def half(self):
        return area(sqrt(self.size)) / TABLE[0][1]


def note(name):
    KNOWN.append(name)


note("disc")
'''
SAME = {
    "a comment": ("# as printed", "# Table 1"),
    "a docstring": ('"""Of a disc."""', '"""Of a disc, in square metres."""'),
    "a docstring more": ("def half(self):\n", 'def half(self):\n        """Of it."""\n'),
    "a docstring less": ('    """Round."""\n\n', ""),
    "layout": ("TABLE = [(1, 2), (3, 4)]", "TABLE = [\n    (1, 2),\n    (3, 4),\n]"),
    "quotes": ('note("disc")', "note('disc')"),
    "another import": ("from math import pi, sqrt", "from math import cos, pi, sqrt\nimport os.path"),
    "imports in another order": ("import torch\nfrom math import pi, sqrt", "from math import sqrt\nfrom math import pi\nimport torch"),
    "a new function": ("def note", "def rim(r):\n    return 2 * pi * r\n\n\ndef note"),
    "a new class at the end": ('note("disc")\n', 'note("disc")\n\n\nclass Ring(Disc):\n    size = 4\n'),
    "a new table": ("KNOWN = []", "KNOWN = []\nROWS: dict = {1: TABLE}"),
    "two names at once": ("KNOWN = []", "KNOWN = []\nLEFT, RIGHT = 0, 1"),
    "one more noted down": ('note("disc")', 'note("ring")\nnote("disc")'),
}
OTHER = {
    "a number": ("size = 3", "size = 4"),
    "a row more": ("(3, 4)]", "(3, 4), (5, 6)]"),
    "a function's body": ("return pi * r * r", "return 3.14 * r * r"),
    "a name bound anew": ('note("disc")\n', 'note("disc")\npi = 3\n'),
    "two names bound anew": ('note("disc")\n', 'note("disc")\nLEFT, pi = 0, 3\n'),
    "an import that binds a used name": ("import torch\n", "import torch\nfrom numpy import sqrt\n"),
    "an import of all": ("import torch\n", "import torch\nfrom numpy import *\n"),
    "a function bound anew": ('note("disc")\n', 'note("disc")\n\n\ndef area(r):\n    return 0\n'),
    "a row put in from outside": ('note("disc")\n', 'note("disc")\nTABLE.append((5, 6))\n'),
    "a place set": ('note("disc")\n', 'note("disc")\nTABLE[0] = (5, 6)\n'),
    "a part set": ('note("disc")\n', 'note("disc")\nDisc.size = 4\n'),
    "a library set": ('note("disc")\n', 'note("disc")\ntorch.set_num_threads(1)\n'),
    "a call of what was imported": ("import torch\n", "import torch\nfrom torch import manual_seed\nmanual_seed(0)\n"),
    "a loop": ('note("disc")\n', 'note("disc")\nfor _ in range(2):\n    note("ring")\n'),
    "a condition": ('note("disc")\n', 'note("disc")\nif torch.cuda.is_available():\n    note("ring")\n'),
    "the order": ('TABLE = [(1, 2), (3, 4)]    # as printed\nKNOWN = []\n', 'KNOWN = []\nTABLE = [(1, 2), (3, 4)]\n'),
    "a statement less": ('note("disc")\n', ""),
    "an import less": ("import torch\n", ""),
    "what cannot be read": ("def note(name):", "def note(name:"),
}


def found(folder, old: str, new: str) -> bool:
    """Whether the module still says what it said, after an edit."""
    path = folder / "room.py"
    path.write_text(MODULE)
    said = statements.of(folder, ["room.py"])["room.py"]
    assert statements.same(folder, "room.py", said)
    assert old in MODULE
    path.write_text(MODULE.replace(old, new))
    return statements.same(folder, "room.py", said)


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME)
def test_it_says_the_same(tmp_path, old, new):
    assert found(tmp_path, old, new)


@pytest.mark.parametrize(("old", "new"), OTHER.values(), ids=OTHER)
def test_it_says_something_else(tmp_path, old, new):
    assert not found(tmp_path, old, new)


def test_a_namesake_or_a_lost_file_is_no_module_that_said_it(tmp_path):
    path = tmp_path / "room.py"
    path.write_text(MODULE)
    said = statements.of(tmp_path, ["room.py"])["room.py"]
    (tmp_path / "room.so").touch()
    assert not statements.same(tmp_path, "room.py", said)
    (tmp_path / "room.so").unlink()
    assert statements.same(tmp_path, "room.py", said)
    path.unlink()
    assert not statements.same(tmp_path, "room.py", said)
    assert not statements.same(tmp_path, "room.py", statements.of(tmp_path, ["room.py"])["room.py"])


def test_what_was_written_while_it_was_read_is_never_found_again(tmp_path):
    path = tmp_path / "room.py"
    path.write_text(MODULE)
    said = statements.of(tmp_path, ["room.py"], since=path.stat().st_mtime - 1)["room.py"]
    assert not statements.same(tmp_path, "room.py", said)


def test_digests_are_those_of_every_version_of_python(tmp_path):
    (tmp_path / "room.py").write_text('def f(x, *, y=None):\n    return f"{x!r:>{y}} of {y}", [], None\n')
    assert statements.of(tmp_path, ["room.py"])["room.py"].split()[1:] == ["0f1eef94"]
