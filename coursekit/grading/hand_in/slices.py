"""Takes from code cells only the statements that some names need: to grade an answer, a lesson need not run again.

Everything here reads text and runs none of it. No source makes it raise: what is not Python, nests too deeply or is too
long has no statements.
"""

import ast
import re
import symtable
import warnings
from dataclasses import dataclass
from functools import lru_cache

from ..inside.shell import NOT_PYTHON, WRITE

LONGEST = 50_000  # characters of one cell; the longest honest one has a few thousand
MOST = 1_000  # top-level statements of one cell

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (*_FUNCTIONS, *_COMPREHENSIONS, ast.ClassDef, ast.Lambda)
_PLAIN = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete)
_MAGIC_LINE = re.compile(r"\s*[%!]|[\w, ]+=\s*[%!]|[^#'\"]*\?\s*$")
_DEFINED = re.compile(
    r"^(?:async[ \t]+)?(?:def[ \t]+(\w+)[ \t]*[(\[]|class[ \t]+(\w+))|^([^\W\d]\w*)[ \t]*(?::[^=\n]*)?=(?!=)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Statement:
    """One top-level statement: its text, the names that it stores, changes and uses."""

    text: str
    stores: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()  # names whose object it may change
    uses: frozenset[str] = frozenset()  # loaded from the module; what is local to a function in it does not count
    imports: frozenset[str] = frozenset()  # those of `stores` that an import binds
    hands: frozenset[tuple[str, str]] = frozenset()  # (function, name): the call hands over the name's object
    functions: frozenset[str] = frozenset()  # functions that it defines
    shared: frozenset[str] = frozenset()  # names that these functions declare global
    compound: bool = False
    always: bool = False


def needed(cells: list[str], wanted: set[str]) -> list[str]:
    """Of each cell the source of the statements that `wanted` needs, directly or through others; "" where none."""
    table = [(number, statement) for number, cell in enumerate(cells) for statement in statements(cell)]
    binders = _binders([statement for _, statement in table])
    keep = {i for i, (_, statement) in enumerate(table) if statement.always}
    names = set(wanted).union(*(table[i][1].uses for i in keep))
    todo = list(names)
    while todo:
        for i in binders.get(todo.pop(), ()):
            if i not in keep:
                keep.add(i)
                new = table[i][1].uses - names
                names |= new
                todo.extend(new)
    parts: list[list[str]] = [[] for _ in cells]
    for i in sorted(keep):
        parts[table[i][0]].append(table[i][1].text)
    return ["\n".join(part) for part in parts]


def used(source: str) -> set[str]:
    """The module's names that a cell loads, nested functions included; none when it is not Python."""
    return set().union(*(statement.uses for statement in statements(source)))


def bound(source: str) -> set[str]:
    """The top-level names that a cell stores. What is not Python is searched for lines that begin with a definition."""
    stored = _stored(source)
    return names_at_line_starts(source) if stored is None else set(stored)


def names_at_line_starts(source: str) -> set[str]:
    """What lines of any text, Python or not, seem to define."""
    return {next(filter(None, match.groups())) for match in _DEFINED.finditer(source)}


def writes_a_file(source: str) -> bool:
    """Whether a cell is the text of a file (`%%writefile`)."""
    head = source.lstrip().partition("\n")[0]
    return head.startswith("%%") and _magic(head) in WRITE


def parses(source: str) -> bool:
    """Whether a cell is Python once its magics are left out."""
    return _stored(source) is not None


def statements(source: str) -> tuple[Statement, ...]:
    """The top-level statements of a cell in order; none when it is not Python."""
    return _read(source) or ()


@lru_cache(maxsize=4096)
def _stored(source: str) -> frozenset[str] | None:
    try:
        _, tree = _without_magics(source)
        names = _Names()
        for node in tree.body if tree else ():
            names.read(node)
    except (RecursionError, MemoryError):
        return None
    return frozenset(names.stores | names.imports) if tree else None


@lru_cache(maxsize=1024)
def _read(source: str) -> tuple[Statement, ...] | None:
    if writes_a_file(source) and len(source) <= LONGEST:
        return (Statement(source, always=True),)  # another cell may import the file
    try:
        text, tree = _without_magics(source)
        texts = _texts(text, tree.body) if tree else ()
        return tuple(map(_statement, tree.body, texts)) if tree else None
    except (RecursionError, MemoryError):
        return None


def _without_magics(source: str) -> tuple[str, ast.Module | None]:
    """The cell's Python and its tree (None: not Python); faulty lines that are magics give way to `pass`."""
    head, _, body = source.lstrip().partition("\n")
    if head.startswith("%%"):
        if _magic(head) in NOT_PYTHON:
            return source, None
        source = body
    for _ in range(20):
        tree, line = _parse(source)
        lines = re.split(r"\r\n|\r|\n", source)
        if tree or not 0 < line <= len(lines) or not _MAGIC_LINE.match(lines[line - 1]):
            break
        source = "\n".join([*lines[: line - 1], _passed(lines[line - 1]), *lines[line:]])
    if tree is None and any(map(_MAGIC_LINE.match, lines)):
        source = "\n".join(_passed(text) if _MAGIC_LINE.match(text) else text for text in lines)
        tree, _ = _parse(source)
    return source, tree


def _magic(head: str) -> str:
    """`time` of `%%time -q`."""
    return head[2:].split(" ")[0].strip()


def _passed(line: str) -> str:
    """`pass`, indented as the line is; of `%time x = f()` what it runs."""
    indent = line[: len(line) - len(line.lstrip())]
    timed = re.fullmatch(r"\s*%time\s+(\S.*)", line)
    return indent + (timed[1] if timed else "pass")


def _parse(source: str) -> tuple[ast.Module | None, int]:
    """The tree of some source, or None and the line at fault (0: no single line is)."""
    if len(source) > LONGEST:
        return None, 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
        return (tree, 0) if len(tree.body) <= MOST else (None, 0)
    except SyntaxError as error:
        return None, error.lineno or 0
    except ValueError:  # a null byte, half a surrogate pair
        return None, 0


def _texts(source: str, body: list[ast.stmt]) -> list[str]:
    """The source of each statement, decorators included."""
    lines = [line.encode() for line in re.split(r"\r\n|\r|\n", source)]
    texts, before = [], 0
    for node in body:
        first, column = _start(node, lines, before)
        last = (node.end_lineno or node.lineno) - 1
        taken = lines[first : last + 1]
        taken[-1] = taken[-1][: node.end_col_offset]
        taken[0] = taken[0][column:]
        texts.append(b"\n".join(taken).decode())
        before = last + 1
    return texts


def _start(node: ast.stmt, lines: list[bytes], before: int) -> tuple[int, int]:
    """Index of a statement's first line and its column in bytes; `before`: the line after the previous statement."""
    marks = getattr(node, "decorator_list", None)
    if not marks:
        return node.lineno - 1, node.col_offset
    first = marks[0].lineno - 1
    at = (i for i in range(before, first + 1) if lines[i].lstrip(b"\x0c \t").startswith(b"@"))
    return next(at, first), 0


def _statement(node: ast.stmt, text: str) -> Statement:
    compound = not isinstance(node, _PLAIN)
    names = _Names()
    names.read(node)
    inner = list(ast.walk(node))
    loads = {n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    scoped = any(isinstance(n, _SCOPES) for n in inner)
    return Statement(
        text,
        stores=frozenset(names.stores | names.imports),
        changes=frozenset(names.changes),
        uses=frozenset(_global_names(text, loads) if scoped else loads),
        imports=frozenset(names.imports),
        hands=frozenset(names.hands),
        functions=frozenset(names.functions),
        shared=frozenset(name for n in inner if isinstance(n, ast.Global) for name in n.names),
        compound=compound,
        always=isinstance(node, ast.ImportFrom) and (node.module == "__future__" or node.names[0].name == "*"),
    )


def _global_names(text: str, loads: set[str]) -> set[str]:
    """Those of the names `loads` of a statement that are looked up in the module; all where that cannot be told."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            todo = [symtable.symtable(text, "cell", "exec")]
    except (SyntaxError, ValueError):
        return loads
    names: set[str] = set()
    while todo:
        table = todo.pop()
        whole = table.get_type() != "function"
        names.update(s.get_name() for s in table.get_symbols() if s.is_referenced() and (whole or s.is_global()))
        todo.extend(table.get_children())
    return names & loads | {name for name in loads if name.startswith("__")}  # a class writes these in its own way


class _Names:
    """What one statement does to the names of the module, its nested functions and classes left out."""

    def __init__(self):
        self.stores: set[str] = set()
        self.imports: set[str] = set()
        self.changes: set[str] = set()
        self.hands: set[tuple[str, str]] = set()
        self.functions: set[str] = set()

    def read(self, statement: ast.stmt) -> None:
        todo: list[ast.AST] = [statement]
        while todo:
            node = todo.pop()
            self._take(node)
            todo.extend(_of_the_module(node))

    def _take(self, node: ast.AST) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.stores.add(node.name)
                self.functions.add(node.name)
            case ast.ClassDef():
                self.stores.add(node.name)
            case ast.Import():
                self.imports.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
            case ast.ImportFrom():
                self.imports.update(alias.asname or alias.name for alias in node.names if alias.name != "*")
            case ast.Name(ctx=ast.Store()):
                self.stores.add(node.id)
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                self.changes.update(_base(node))
            case ast.Expr():
                self._call(node.value.value if isinstance(node.value, ast.Await) else node.value)
            case ast.MatchMapping(rest=name) | ast.MatchAs(name=name) | ast.MatchStar(name=name) if name:
                self.stores.add(name)
            case ast.ExceptHandler(name=name) if name:
                self.stores.add(name)

    def _call(self, call: ast.expr) -> None:
        """`name.method(…)` may change the name; `function(name)` may change it too, if the function is that kind."""
        if not isinstance(call, ast.Call):
            return
        function = call.func
        if isinstance(function, ast.Attribute):
            self.changes.update(_base(function))
        last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
            self.hands.update((last, name) for name in _base(argument))


def _of_the_module(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that run in the module's own scope."""
    if isinstance(node, _FUNCTIONS):
        arguments = node.args
        return [*node.decorator_list, *arguments.defaults, *filter(None, arguments.kw_defaults)]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    if isinstance(node, ast.Lambda):
        return []
    if isinstance(node, _COMPREHENSIONS):
        return [n.target for n in ast.walk(node) if isinstance(n, ast.NamedExpr)]
    if type(node).__name__ == "TypeAlias":  # of Python 3.12
        return [getattr(node, "name")]  # noqa: B009
    return list(ast.iter_child_nodes(node))


def _base(node: ast.AST) -> list[str]:
    """[`name`] of `name.a[0].b().c`; [] where no name begins it."""
    while True:
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func
        else:
            return [node.id] if isinstance(node, ast.Name) else []


def _binders(table: list[Statement]) -> dict[str, list[int]]:
    """For each name the numbers of the statements that bind it."""
    imported = set().union(*(statement.imports for statement in table))
    functions = set().union(*(statement.functions for statement in table))
    sharing = [(statement.functions, statement.shared) for statement in table if statement.shared]
    binders: dict[str, list[int]] = {}
    for i, statement in enumerate(table):
        changes = statement.changes | {
            name for function, name in statement.hands if function in functions or _in_place(function)
        }
        names = statement.stores | statement.shared | (changes - imported if statement.compound else changes)
        for owners, shared in sharing:
            if owners & statement.uses:
                names |= shared
        for name in names:
            binders.setdefault(name, []).append(i)
    return binders


def _in_place(function: str) -> bool:
    """torch's convention: `fill_`, `ones_` change what they are given."""
    return function.endswith("_") and not function.endswith("__")
