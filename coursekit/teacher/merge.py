"""Joins the public notebook with the private halves into ordinary nbgrader source cells."""

import ast
import copy
import difflib
import hashlib
import re
from typing import Any

import nbformat

from .. import exercise_cells
from ..errors import BookError
from .answers import HiddenTest, PrivateHalf
from .indent import shift

STUB = re.compile(r"^( *)# YOUR CODE HERE\n\1raise NotImplementedError\(\)$", re.MULTILINE)
Function = ast.FunctionDef | ast.AsyncFunctionDef
Named = ast.ClassDef | Function
Holder = ast.Module | Named


def canary(chapter: str, exercise: str, region: str) -> str:
    """A comment that stands in one hidden region and nowhere else, so that a leak of the region is found."""
    return "# canary " + hashlib.sha256(f"{chapter}/{exercise}/{region}".encode()).hexdigest()[:24]


def merge_answer(public: str, solution: str | None, mark: str, where: str) -> str:
    """The answer cell with each stub turned into a solution region; without a solution the stub stays as one."""
    stubs = list(STUB.finditer(public))
    if not stubs or public.count("YOUR CODE HERE") != len(stubs):
        todo = "each place to fill in is `# YOUR CODE HERE` and below it `raise NotImplementedError()`"
        raise BookError(where, f"the public answer cell has {len(stubs)} well-formed stubs", todo)
    if solution is None:
        bodies = [[stub[1] + "raise NotImplementedError()"] for stub in stubs]
    else:
        bodies = [_body_for(public, solution, stub, where) for stub in stubs]
        _refuse_extras(ast.parse(public), ast.parse(solution), where)
    parts, end = [], 0
    for stub, body in zip(stubs, bodies, strict=True):
        region = [stub[1] + "### BEGIN SOLUTION", stub[1] + mark, *body, stub[1] + "### END SOLUTION"]
        parts += [public[end : stub.start()], "\n".join(region)]
        end = stub.end()
    return "".join(parts) + public[end:]


def _body_for(public: str, solution: str, stub: re.Match, where: str) -> list[str]:
    """The lines of the solution that belong in the place of one stub."""
    line = public.count("\n", 0, stub.start()) + 2  # of the `raise`
    path, theirs = _enclosing(ast.parse(public), line, where)
    name = ".".join(path)
    ours = _find(ast.parse(solution), path)
    if not isinstance(ours, Function):
        raise BookError(where, f"the solution does not define `{name}`", "the public stub asks for it")
    if _signature(ours) != _signature(theirs):
        todo = f"public: {_signature(theirs)} here: {_signature(ours)}"
        raise BookError(where, f"the head of `{name}` is not that of the public stub", todo)
    before, after = _around(_statements(theirs), line, name, where)
    body = _statements(ours)
    same = [ast.dump(s) for s in body[: len(before)] + body[len(body) - len(after) :]]
    if len(body) <= len(before) + len(after) or same != [ast.dump(s) for s in before + after]:
        todo = "the solution's function starts and ends with the statements around the public stub, and fills the gap"
        raise BookError(where, f"`{name}` does not fit around the public stub", todo)
    return _lines(solution, ours, body[len(before) : len(body) - len(after)], stub[1], where)


def _lines(solution: str, function: Function, body: list[ast.stmt], margin: str, where: str) -> list[str]:
    """The text of some statements of a function, with the comments above them, indented by `margin`."""
    earlier = [end for s in function.body if (end := _last_line(s)) <= body[0].lineno and s is not body[0]]
    floor, first = max(earlier, default=function.lineno), min(_first_line(body[0]), body[0].lineno)
    if first <= floor:
        raise BookError(where, f"`{function.name}` has several statements on one line", "give each its own line")
    text = solution.split("\n")
    while first - 1 > floor and text[first - 2].strip().startswith("#"):
        first -= 1
    return shift(solution, first, _last_line(body[-1]), body[0].col_offset, margin)


def _last_line(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def _first_line(statement: ast.stmt) -> int:
    return min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])


def _enclosing(tree: ast.Module, line: int, where: str) -> tuple[list[str], Function]:
    """The innermost function around a line, and the names that lead to it."""
    path: list[str] = []
    node: Holder = tree
    while inner := [n for n in node.body if isinstance(n, Named) and n.lineno <= line <= _last_line(n)]:
        node = inner[0]
        path.append(node.name)
    if not isinstance(node, Function):
        raise BookError(where, "a public stub stands outside any function", "put it into a function to be filled in")
    return path, node


def _find(tree: ast.AST | None, path: list[str]) -> ast.AST | None:
    for name in path:
        named = [n for n in getattr(tree, "body", []) if getattr(n, "name", None) == name]
        tree = named[-1] if named else None
    return tree


def _signature(node: ast.AST) -> str:
    """What stands above a body, as one line."""
    bare: Any = copy.deepcopy(node)
    bare.body = [ast.Pass()]
    return ast.unparse(bare).removesuffix("pass").strip().replace("\n", " ")


def _statements(node: Holder) -> list[ast.stmt]:
    return node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body


def _around(body: list[ast.stmt], line: int, name: str, where: str) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The public statements before and after the stub's `raise`."""
    at = [i for i, statement in enumerate(body) if statement.lineno == line]
    others = sum("NotImplementedError()" in ast.unparse(s) for s in body)
    if len(at) != 1 or others != 1:
        raise BookError(where, f"`{name}`: one stub a function, and not inside a loop or condition")
    return body[: at[0]], body[at[0] + 1 :]


def _refuse_extras(public: ast.Module | ast.ClassDef, solution: ast.Module | ast.ClassDef, where: str) -> None:
    """A solution may define only what the public stub has a place for."""
    for node in _statements(solution):
        name = getattr(node, "name", None)
        theirs = _find(public, [name]) if name else None
        if any(ast.dump(node) == ast.dump(other) for other in public.body):
            continue  # repeated from the public cell
        what = f"`{name or ast.unparse(node).splitlines()[0]}` stands in the solution outside any public stub"
        todo = "move it into a function that the public cell asks for, or give it in the public answer cell"
        if theirs is None:
            raise BookError(where, what, todo)
        if isinstance(node, ast.ClassDef):
            if not isinstance(theirs, ast.ClassDef) or _signature(node) != _signature(theirs):
                raise BookError(where, f"class `{name}` differs from the public one", f"public: {_signature(theirs)}")
            _refuse_extras(theirs, node, where)
        elif "raise NotImplementedError()" not in ast.unparse(theirs):
            raise BookError(where, f"`{name}` is complete in the public cell", "leave it out, or repeat it unchanged")


def graded_source(public: str, tests: list[HiddenTest], mark: str) -> str:
    """The graded cell: its public line, then tests that fail one by one and the points earned as a float."""
    rows = [(t.name, t.points, t.hint, shift(t.text, 1, t.text.count("\n") + 1, 0, "    ")) for t in tests]
    return exercise_cells.graded_text(public, rows, mark)


def merge_notebook(public, chapter: str, exercises: dict, halves: dict[str, PrivateHalf]):
    """The source notebook: a copy of the public one in which every private half has its place, without outputs."""
    merged = copy.deepcopy(public)
    for cell in merged.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    for name, exercise in exercises.items():
        half = halves.get(name)
        answer = merged.cells[exercise.answer]
        where = half.solution.where if half else f"{exercise.where}, exercise {name}"
        mark = canary(chapter, name, "solution")
        answer.source = merge_answer(answer.source, half.solution.text if half else None, mark, where)
        if exercise.graded is not None:
            cell = merged.cells[exercise.graded]
            cell.source = graded_source(cell.source, halves[name].tests, canary(chapter, name, "tests"))
    check_round_trip(public, merged, chapter)
    return merged


def check_round_trip(public, merged, chapter: str) -> None:
    """Stops unless nbgrader's own cutting gives the public cells back, byte for byte."""
    from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

    cut = copy.deepcopy(merged)
    try:
        for step in (ClearSolutions, ClearHiddenTests):
            cut, _ = step().preprocess(cut, {})
    except Exception as error:  # nbgrader raises bare RuntimeError and ValueError
        raise BookError(chapter, f"nbgrader cannot cut the merged notebook: {error}") from None
    for before, after in zip(public.cells, cut.cells, strict=True):
        if before.source != after.source or before.metadata != after.metadata:
            what = "nbgrader does not give the public cell back:\n" + difference(before, after)
            raise BookError(f"{chapter}, cell {before.get('id')}", what)


def difference(public, other) -> str:
    """What differs between two cells, as a diff."""
    before, after = (nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).splitlines() for cell in (public, other))
    return "\n".join(difflib.unified_diff(before, after, "public", "cut again", lineterm="", n=1))
