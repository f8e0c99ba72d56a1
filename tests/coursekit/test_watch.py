"""What a program under watch reads is noted; what is shut stays shut, to this process and to one of its own."""

import ast
import json
import subprocess
import sys
from contextlib import suppress

import pytest

from coursekit import watch

PROGRAM = """
import json, sys
def main():
    import own
    open(own.__file__.replace("own.py", "a.txt")).close()
    try:
        open(sys.argv[1])
    except Exception as error:
        print(type(error).__name__, file=sys.stderr)
    print(sys.modules["coursekit_watch"].report(sys.argv[2]))
"""


@pytest.fixture
def root(tmp_path):
    for name, text in {"prog.py": PROGRAM, "own.py": "", "a.txt": "a", "shut/b.txt": "b", "shutter/c.txt": "c"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "way").symlink_to(tmp_path / "shut")
    return tmp_path


def run(root, opened):
    """What the program reports when it opens a file, and the name of the error that it got."""
    command = [sys.executable, "-P", watch.__file__, str(root / "shut"), "prog:main", str(opened), str(root)]
    done = subprocess.run(command, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=True)
    return json.loads(done.stdout), done.stderr.strip()


def test_a_program_is_run_and_what_it_reads_is_noted(root):
    for _ in range(2):  # the second time Python finds its modules compiled
        assert run(root, root / "shutter/c.txt") == (
            {"read": ["a.txt", "own.py", "prog.py", "shutter/c.txt"], "refused": [], "used": []}, "")  # fmt: skip


@pytest.mark.parametrize("path", ["shut/b.txt", "way/b.txt", "shutter/../shut/b.txt", "shut/new.txt"])
def test_a_program_cannot_open_what_is_shut(root, path):
    report, error = run(root, root / path)
    assert report["refused"] == [str(root / path).replace("shutter/../", "")] and error == "ShutError"


@pytest.mark.parametrize("look", [
    lambda root: (root / "shut/b.txt").read_text(), lambda root: list((root / "shut").iterdir()), lambda root: list(root.rglob("*.txt")),
])  # fmt: skip
def test_this_process_cannot_either_until_the_block_ends(root, look):
    with pytest.raises(watch.ShutError, match="is of the teacher's half"), watch.shut(root / "shut"):
        look(root)
    assert look(root)


def test_an_error_that_is_swallowed_comes_again(root):
    with pytest.raises(watch.ShutError, match=r"shut/b.txt"), watch.shut(root / "shut"), suppress(Exception):
        (root / "shut/b.txt").read_text()
    with watch.shut(root / "shut"):
        assert (root / "a.txt").read_text() == "a"


ROOMS = {
    "pkg/__init__.py": "def __getattr__(name):\n    import importlib\n    return importlib.import_module(f'pkg.{name}')\n",
    "pkg/layers.py": "", "pkg/nets.py": "from pkg import layers\n", "pkg/blocks.py": "from .layers import *\n",
    "pkg/later.py": "", "pkg/alone.py": "",
    "pkg/figures/__init__.py": "def draw():\n    import pkg.blocks, pkg.alone\n    import pkg\n    pkg.later\n",
}
ASKED = {    # what a lesson does -> the sources that may have decided its values
    "import pkg.figures; pkg.figures.draw()": set(),
    "import pkg.nets": {"__init__", "nets", "layers"},
    "import pkg.figures; pkg.figures.draw(); import pkg.blocks": {"__init__", "blocks", "layers"},
    "from pkg.figures import draw; draw(); from pkg import blocks": {"__init__", "blocks", "layers"},
    "import pkg.blocks; from pkg.figures import draw; draw()": {"__init__", "blocks", "layers"},
    "import pkg; pkg.later": {"__init__", "later"},
    "def run():\n    from pkg import nets\nrun()": {"__init__", "nets", "layers"},
    "import importlib; importlib.import_module('pkg.nets')": {"__init__", "nets", "layers"},
    "import json": set(),
}


@pytest.mark.parametrize("lesson", ASKED)
def test_what_a_figure_alone_asked_for_is_told_apart(tmp_path, lesson):
    for name, text in ROOMS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    code = (
        "import json, sys\nfrom coursekit import watch\nwatch.follow('pkg', ['pkg.figures'])\n"
        f"exec({lesson!r}, {{'__name__': '__main__'}})\nprint(json.loads(watch.report(sys.argv[1]))['used'])"
    )
    path = f"{tmp_path}:{watch.__file__.rpartition('/coursekit/')[0]}"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True)
    assert set(ast.literal_eval(done.stdout)) == {f"pkg/{name}.py" for name in ASKED[lesson]}
