"""What prose may say of a measured cell: the values that its record keeps, under `recorded`, and no others.

A measured cell marked `record="accuracies"` keeps the value of that name, numbers, words, lists and dicts of them,
beside its outputs. Prose says `{{= recorded.accuracies[0] =}}` and so speaks of what the page shows. The names that a
measured cell sets belong to the run at hand; an expression that takes one, or what was made from one, is refused, and
so is a code cell that takes one and is not measured itself.

`seeds(3, of=30)` in a measured cell, or another function called so, gives a few when a reader runs the cell and all
when the record is made: the page says which it shows.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..cells import SourceCell
from ..chapter import Chapter
from ..errors import BookError
from ..prose import expressions

NAME = "recorded"
PLAIN = "record numbers, words, lists, and dicts with words as keys"
OWN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)  # what has names of its own
COMPREHENSION = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def names(cell: SourceCell) -> list[str]:
    """What a cell records."""
    return [part.strip() for part in str(cell.args.get("record", "")).split(",") if part.strip()]


def asked(expression: str) -> list[str]:
    """The recorded names that an expression asks for, in order."""
    nodes = ast.walk(ast.parse(expression, mode="eval"))
    found = [node.attr for node in nodes if isinstance(node, ast.Attribute) and _is_recorded(node.value)]
    return sorted(set(found), key=found.index)


def faults(chapter: Chapter, shows: Sequence[str] = ()) -> list[BookError]:
    """Records that cannot be kept, and expressions that take from a measured cell what is not its record's.

    And measured cells that take something of a room that only `shows`, since no record is held against such a room.
    """
    found = list(_of_shows(chapter, shows))
    known: dict[str, str] = {}
    run = _Run()
    for cell in chapter.lesson:
        if cell.kind == "code":
            set_here, taken = run.cell(cell)
            found += _of_record(cell, known, set_here)
            found += _of_counts(cell)
            found += [_of_run(cell, name, where) for name, where in taken.items() if not cell.args.get("measured")]
            known |= dict.fromkeys(names(cell), cell.where)
        else:
            texts = expressions(cell) + [asked.text for asked in cell.asks]
            found += [fault for text in texts for fault in _of_expression(cell, text, known, run.measured)]
    return found


def counts(cell: SourceCell) -> tuple[int, int, str] | None:
    """(3, 30, "seeds") of a cell that calls `seeds(3, of=30)`; None where nothing is called so."""
    calls = [
        node for stmt in _statements(cell) for node in ast.walk(stmt) if isinstance(node, ast.Call)
        and any(keyword.arg == "of" for keyword in node.keywords)
    ]  # fmt: skip
    if not calls:
        return None
    told: set[tuple[int, int, str]] = set()
    for call in calls:
        numbers = [*call.args, *(keyword.value for keyword in call.keywords)]
        values = [node.value for node in numbers if isinstance(node, ast.Constant) and type(node.value) is int]
        if len(values) != 2 or len(numbers) != 2:
            what = f"{ast.unparse(call)} does not say how many of how many"
            raise BookError(cell.where, what, "write both as whole numbers, such as seeds(3, of=30)")
        few, full = values
        told.add((few, full, ast.unparse(call.func).rpartition(".")[2]))
    if len(told) > 1:
        todo = "call `seeds(3, of=30)` once, and keep what it gives"
        raise BookError(cell.where, "it takes a few of many in several ways", todo)
    return told.pop()


def line(cell: SourceCell, kept: bool) -> list[dict]:
    """What stands below a measured cell's outputs: how many of how many; nothing where it takes no few of many."""
    if not cell.args.get("measured") or not (told := counts(cell)):
        return []
    few, full, what = told
    text = f"{full} {what}, from the book’s record; the cell as it stands runs {few}."
    if not kept:
        text = f"{few} {what}, as the cell stands; its record will hold {full}."
    return [{"output_type": "display_data", "metadata": {}, "data": {"text/markdown": f"*{text}*", "text/plain": text}}]


def note(cell: SourceCell, outputs: list[dict]) -> str:
    """For the notebook, where a reader runs the cell: what the text below it speaks of, and that to look at; or ""."""
    if not names(cell):
        return ""
    shown = "\n\n".join(filter(None, map(_plain, outputs)))
    return (
        "> **The book's record.** What the text says of this cell's results, it says of the record that the book "
        "keeps. Your own run is another one: what it shows stands above, and may differ.\n\n"
        f"<details>\n<summary><b>The record</b></summary>\n\n{shown}\n\n</details>"
    )


def _plain(output: dict) -> str:
    if output["output_type"] == "stream":
        return f"```\n{output['text'].rstrip()}\n```"
    data = output.get("data", {})
    return str(data.get("text/markdown", "")).strip()


def _of_record(cell: SourceCell, known: dict[str, str], set_here: set[str]) -> Iterator[BookError]:
    if "record" not in cell.args:
        return
    if not cell.args.get("measured"):
        yield BookError(cell.where, "record=… stands on a cell that is not measured", "add measured=true")
    if not names(cell):
        yield BookError(cell.where, "record=… names nothing", 'write record="accuracies", a name that the cell sets')
    for name in names(cell):
        if name not in set_here:
            yield BookError(cell.where, f"records {name!r}, which it does not set", "record a name that the cell sets")
        if name in known:
            yield BookError(cell.where, f"records {name!r}, as {known[name]} does", "give one of them another name")


def _of_counts(cell: SourceCell) -> Iterator[BookError]:
    try:
        if cell.args.get("measured") and counts(cell) and cell.args.get("name"):
            what = "draws a figure and takes a few of many: the line that tells them would have its name too"
            yield BookError(cell.where, what, "draw in a measured cell of its own, below this one")
    except BookError as error:
        yield error


def _of_run(cell: SourceCell, name: str, where: str) -> BookError:
    what = f"takes {name!r} of the run at hand, and the page shows the record of {where}"
    return BookError(cell.where, what, "mark it measured=true too, so that both are of one run")


def _of_expression(cell: SourceCell, text: str, known: dict[str, str], run: dict[str, str]) -> Iterator[BookError]:
    shown, tree = f"{{{{= {text} =}}}}", ast.parse(text, mode="eval")
    for name in asked(text):
        if name not in known:
            todo = f'add record="{name}" to the measured cell that sets it; known are {", ".join(known) or "none"}'
            yield BookError(cell.where, f"{shown} asks for recorded.{name}, which no cell above records", todo)
    if sum(map(_is_recorded, ast.walk(tree))) != sum(
        isinstance(node, ast.Attribute) and _is_recorded(node.value) for node in ast.walk(tree)
    ):
        yield BookError(cell.where, f"{shown} names no part of the record", "write recorded.NAME")
    for name in sorted(_reads(tree) & run.keys()):
        todo = f"write {NAME}.{name}"
        if name not in known:
            todo = f'add record="{name}" to that cell and {todo}; or set what is only counted in a cell not measured'
        what = f"{shown} takes {name!r} of the run at hand, and the page shows the record of {run[name]}"
        yield BookError(cell.where, what, todo)


def _of_shows(chapter: Chapter, shows: Sequence[str]) -> Iterator[BookError]:
    shown: dict[str, str] = {}
    for cell in chapter.lesson:
        for statement in _statements(cell) if cell.kind == "code" else ():
            taken = [shown[name] for name in sorted(_reads(statement) & shown.keys())] + _rooms(statement, shows)
            named, _ = _sets(statement)
            shown = {name: room for name, room in shown.items() if name not in named}
            shown |= dict.fromkeys(named, taken[0]) if taken else {}
            if taken and cell.args.get("measured"):
                what = f"is measured and uses {taken[0]}, which only shows: no record is held against it"
                yield BookError(cell.where, what, "show it in a cell of its own; ask what the figure asks")
                break


def _rooms(statement: ast.stmt, shows: Sequence[str]) -> list[str]:
    """The rooms among `shows` that a statement imports from."""
    names = [alias.name for alias in statement.names] if isinstance(statement, ast.Import | ast.ImportFrom) else []
    if isinstance(statement, ast.ImportFrom):
        names = [f"{statement.module}.{name}" for name in names]
    return [room for room in shows for name in names if f"{name}.".startswith(f"{room}.")]


class _Run:
    """Follows which names hold what was measured: name -> where the measured cell stands."""

    def __init__(self) -> None:
        self.measured: dict[str, str] = {}
        self.modules: set[str] = set()

    def cell(self, cell: SourceCell) -> tuple[set[str], dict[str, str]]:
        """Take in one code cell; the names that it sets, and the measured ones that it takes from cells above."""
        everything: set[str] = set()
        taken: dict[str, str] = {}
        for statement in _statements(cell):
            named, changed = _sets(statement)
            everything |= named
            self.modules = self.modules | named if _imports(statement) else self.modules - named
            sources = sorted(_reads(statement) & self.measured.keys())
            taken |= {name: self.measured[name] for name in sources if self.measured[name] != cell.where}
            origin = self.measured[sources[0]] if sources else ""
            if not origin and cell.args.get("measured") and _acts(statement):
                origin = cell.where
            if origin:
                self.measured |= dict.fromkeys(named | changed - self.modules, origin)
            else:
                self.measured = {name: where for name, where in self.measured.items() if name not in named}
        return everything, taken


def _statements(cell: SourceCell) -> list[ast.stmt]:
    try:
        return ast.parse(cell.text).body
    except SyntaxError:  # a notebook's magic, or a mistake that the kernel will tell of
        return []


def _acts(statement: ast.stmt) -> bool:
    """Whether it can measure: it calls something, and is no definition or import."""
    if isinstance(statement, OWN) or _imports(statement):
        return False
    return any(isinstance(node, ast.Call) for node in ast.walk(statement))


def _imports(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _sets(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """The names that a statement of a cell gives a value, and those whose value it may change."""
    named, changed = set(), set()
    for node in _outside(statement):
        match node:
            case ast.Name(ctx=ast.Store()):
                named.add(node.id)
            case ast.Subscript(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
                changed |= {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
                changed.add(name)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                named.add(node.name)
            case ast.Import() | ast.ImportFrom():
                named |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return named, changed


def _outside(node: ast.AST) -> Iterator[ast.AST]:
    """A node and those below it, but nothing inside of what has names of its own."""
    yield node
    if not isinstance(node, OWN + COMPREHENSION):
        for child in ast.iter_child_nodes(node):
            yield from _outside(child)


def _reads(node: ast.AST) -> set[str]:
    """The names that a statement or expression takes from outside of itself."""
    below = list(ast.walk(node))
    read = {n.id for n in below if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    own = {n.arg for n in below if isinstance(n, ast.arg)}
    own |= _stored(n.target for n in below if isinstance(n, ast.comprehension | ast.For))
    own |= _stored(n.optional_vars for n in below if isinstance(n, ast.withitem) and n.optional_vars)
    own |= _stored(n for n in below if isinstance(n, OWN))
    return read - own


def _stored(nodes: Iterable[ast.AST]) -> set[str]:
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _is_recorded(node: Any) -> bool:
    return isinstance(node, ast.Name) and node.id == NAME
