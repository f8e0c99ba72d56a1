"""Which rooms the grader's modules may import from: nothing of the teacher's build, which imports the grader.

What runs inside the sandbox imports nothing of ours but the files that are mounted there.
"""

import ast
import sys
from pathlib import Path

import coursekit.grading
from coursekit.grading.sandbox import CODE, FILES

ROOM = Path(coursekit.grading.__file__).parent


def imports(source: str) -> set[str]:
    """Every module and name that a file imports, as dotted words."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module or ''}.{alias.name}" for alias in node.names}
    return found


def from_teacher(source: str) -> set[str]:
    return {name for name in imports(source) if "teacher" in name.split(".")}


def test_grading_imports_nothing_of_the_teachers_build():
    files = sorted(ROOM.rglob("*.py"))
    assert len(files) > 10
    assert {path.name: from_teacher(path.read_text("utf-8")) for path in files} == {path.name: set() for path in files}


def test_such_an_import_is_found():
    for line in (
        "from ..teacher.merge import x",
        "from .. import teacher",
        "def f():\n    import coursekit.teacher.course",
    ):
        assert from_teacher(line)


def from_outside(source: str) -> set[str]:
    """What a file of the sandbox imports beyond Python's own modules, torch, IPython and its neighbours."""
    known = {*sys.stdlib_module_names, "torch", "IPython", *(name.removesuffix(".py") for name in FILES)}
    return {name for name in imports(source) if name.split(".")[0] not in known}


def test_what_runs_inside_the_sandbox_needs_only_what_is_mounted_there():
    assert set(FILES) == {path.name for path in CODE.glob("*.py")} - {"__init__.py"}
    assert {name: from_outside((CODE / name).read_text("utf-8")) for name in FILES} == {name: set() for name in FILES}


def test_an_import_from_outside_is_found():
    for line in ("from ..errors import BookError", "from . import wire", "import coursekit", "import numpy"):
        assert from_outside(line)
