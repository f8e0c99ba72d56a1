"""What a module says, statement by statement, so that a record outlives what does not touch it.

Comments, docstrings, blank lines and the order of imports say nothing. What is added to a module changes nothing that
was measured before it, as long as the old statements all stand, in their order, and no new one binds or changes a name
that they use. A changed body of a function or a class is another statement.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..strength import digest

UNSAID = {"type_params", "type_comment", "kind", "ctx"}  # as the version of Python has it, or beside the point
SHORT = 8


def of(root: Path, names: Iterable[str], since: float = float("inf")) -> dict[str, str]:
    """What modules say, by path from the root: short digests, of the names of their namesakes and of each statement.

    A namesake would be imported in a module's place (see `execute.snapshot`). What a file says that was written `since`
    will never be found again.
    """
    return {name: " ".join([namesakes(root / name), *_digests(root / name, since)]) for name in names}


def same(root: Path, name: str, old: str) -> bool:
    """Whether a module still says what `of` found."""
    beside, *before = old.split(" ")
    path = root / name
    if not path.is_file() or namesakes(path) != beside:
        return False
    try:
        now = _statements(path.read_text("utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return False
    found = [(_short(_said(node)), node) for node in now]
    imports = {short for short, node in found if isinstance(node, ast.Import | ast.ImportFrom)}
    wanted = [short for short in before if short not in imports]
    kept: list[ast.stmt] = []
    added: list[ast.stmt] = []
    for short, node in found:
        next_one = wanted[:1] == [short]
        (kept if next_one or short in imports.intersection(before) else added).append(node)
        wanted = wanted[next_one:]
    used = {name for node in kept for name in _names(node)}
    functions = {node.name for node in now if isinstance(node, ast.FunctionDef)}
    return not wanted and not any(_touches(node, used, functions) for node in added)


def namesakes(path: Path) -> str:
    """A digest of the names of what stands beside a file with its stem, a compiled library or a folder."""
    stem = path.name.partition(".")[0]
    beside = sorted(p.name for p in path.parent.glob(f"{stem}*") if p.name.partition(".")[0] == stem)
    return _short(" ".join(name for name in beside if name[-1] != "~"))


def _digests(path: Path, since: float) -> list[str]:
    if not path.is_file():
        return ["gone"]
    if path.stat().st_mtime > since:
        return ["changed-while-it-was-read"]
    return [_short(_said(node)) for node in _statements(path.read_text("utf-8"))]


def _short(text: str) -> str:
    return digest([text])[:SHORT]


def _statements(source: str) -> list[ast.stmt]:
    """The statements at top level; each name of an import is one of its own."""
    found: list[ast.stmt] = []
    for node in _body(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            found += [ast.ImportFrom(node.module, [alias], node.level) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [ast.Import([alias]) for alias in node.names]
        else:
            found.append(node)
    return found


def _body(node: Any) -> list[Any]:
    """The statements of a block, less a docstring."""
    return node.body[ast.get_docstring(node, clean=False) is not None :]


def _said(node: Any) -> str:
    """A text that is the same where the code is, in every version of Python."""
    if isinstance(node, list):
        return f"[{' '.join(map(_said, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        fields["body"] = _body(node)
    if isinstance(node, ast.JoinedStr):    # Python 3.12.1 has empty parts in it
        fields["values"] = [part for part in node.values if not isinstance(part, ast.Constant) or part.value]
    told = [(name, value) for name, value in fields.items() if name not in UNSAID and value not in (None, [])]
    return f"{type(node).__name__}({' '.join(f'{name}={_said(value)}' for name, value in told)})"


def _names(node: ast.AST) -> Iterator[str]:
    """The names of its module that a statement uses or binds."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield inner.name
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in inner.names)
        elif isinstance(inner, ast.Global):
            yield from inner.names


def _touches(node: ast.stmt, used: set[str], functions: set[str]) -> bool:
    """Whether a new statement binds a name that old ones use, changes what it stands for, or does who knows what."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name in used
    if isinstance(node, ast.Import | ast.ImportFrom):
        return any(alias.name == "*" for alias in node.names) or bool(set(_names(node)) & used)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = [part for target in targets for part in ast.walk(target) if not isinstance(part, ast.Store | ast.Tuple)]
        return not all(isinstance(part, ast.Name) and part.id not in used for part in parts)
    call = node.value if isinstance(node, ast.Expr) else None    # a function of this module may note something down
    return not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in functions)
