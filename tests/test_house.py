"""How the house is built: no two files of a room need each other, no arrow runs back between rooms, no file is a hall."""

import ast
from pathlib import Path

import pytest
from checkout import ROOT, listed

PACKAGES = ("lightnets_edu", "coursekit")
ROOMS = {  # of coursekit: what each may use besides itself; the rooms of lightnets_edu stand in test_arrows.py
    "public": {"base"},
    "grading": {"base"},
    "teacher": {"base", "public", "grading"},
    "base": set(),
    "cli": {"base", "public", "grading", "teacher"},
}
LONGEST = 400
TEXTS = ("book/chapters/", "course/exercises/", "notebooks/")  # chapters and private halves: one file each by design
FOREIGN = ("book/_ext/assets/katex/", "book/_ext/assets/search/minisearch.js")  # as others publish it
CODE = {".py", ".js", ".mjs", ".css", ".sh"}


def modules(root: Path) -> dict[str, Path]:
    """Every module of both packages by its dotted name."""
    found = {}
    for path in sorted(p for package in PACKAGES for p in (root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(name: str, path: Path, known: dict[str, Path], lazily: bool) -> set[str]:
    """The modules of `known` that a module imports; `lazily` also inside functions."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in _nodes(ast.parse(path.read_text("utf-8")), lazily):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            inner = {f"{base}.{alias.name}" for alias in node.names}
            found |= (inner & set(known)) or {base}
    return found & set(known) - {name}


def _nodes(tree: ast.AST, lazily: bool):
    for node in ast.iter_child_nodes(tree):
        yield node
        unseen = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _for_types_only(node)
        if lazily or not unseen:
            yield from _nodes(node, lazily)


def _for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that reach each other."""
    def reach(start: str) -> set[str]:
        seen, todo = set(), [start]
        while todo:
            for other in edges.get(todo.pop(), set()) - seen:
                seen.add(other)
                todo.append(other)
        return seen

    reached = {name: reach(name) for name in edges}
    groups = {frozenset(n for n in edges if n == name or (n in reached[name] and name in reached[n])) for name in edges}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def room(name: str) -> str:
    """The room of coursekit in which a module stands."""
    second = name.split(".")[1] if "." in name else "base"
    return second if second in ROOMS else "cli" if second == "__main__" else "base"


def wrong_arrows(edges: dict[str, set[str]]) -> list[str]:
    """Imports of coursekit that its rooms do not allow."""
    return sorted(f"{name} → {other}" for name, others in edges.items() for other in others
                  if room(other) not in ROOMS[room(name)] | {room(name)})  # fmt: skip


def long_files(root: Path, names: list[str]) -> list[str]:
    """Files of code, tests included, that have become halls."""
    code = [name for name in names if Path(name).suffix in CODE and not name.startswith(TEXTS) and not name.startswith(FOREIGN)]
    return [name for name in code if len((root / name).read_text("utf-8").splitlines()) > LONGEST]


@pytest.fixture(scope="module")
def house():
    return modules(ROOT)


def test_no_two_files_need_each_other(house):
    edges = {name: imported(name, path, house, lazily=True) for name, path in house.items()}
    assert circles(edges) == []


def test_no_arrow_runs_back_between_the_rooms_of_coursekit(house):
    kit = {name: path for name, path in house.items() if name.startswith("coursekit")}
    assert wrong_arrows({name: imported(name, path, kit, lazily=True) for name, path in kit.items()}) == []


def test_neither_package_imports_the_other(house):
    for name, path in house.items():
        strangers = [other for other in imported(name, path, house, lazily=True) if other.split(".")[0] != name.split(".")[0]]
        assert strangers == [], name


def test_no_file_is_a_hall():
    assert long_files(ROOT, listed()) == []


def test_planted_faults_are_caught(tmp_path):
    sources = {
        "coursekit/__init__.py": "",
        "coursekit/files.py": "from .public import build",
        "coursekit/public/__init__.py": "",
        "coursekit/public/build.py": "from ..files import write\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import coursekit.grading.marks",
        "coursekit/grading/__init__.py": "",
        "coursekit/grading/marks.py": "def f():\n    from coursekit.teacher import course",
        "coursekit/teacher/__init__.py": "",
        "coursekit/teacher/course.py": "from ..grading import marks\n" + "\n" * LONGEST,
        "tests/test_marks.py": "\n" * (LONGEST + 1),
    }  # fmt: skip
    for name, text in sources.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    known = modules(tmp_path)
    early = {name: imported(name, path, known, lazily=False) for name, path in known.items()}
    late = {name: imported(name, path, known, lazily=True) for name, path in known.items()}
    assert circles(early) == [["coursekit.files", "coursekit.public.build"]]
    assert wrong_arrows(late) == [
        "coursekit.files → coursekit.public.build",
        "coursekit.grading.marks → coursekit.teacher.course",
        "coursekit.public.build → coursekit.grading.marks",
    ]
    assert long_files(tmp_path, list(sources)) == ["coursekit/teacher/course.py", "tests/test_marks.py"]
