"""Which rooms the grader's modules may import from: nothing of the teacher's build, which imports the grader."""

import ast
from pathlib import Path

import coursekit.grading

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
