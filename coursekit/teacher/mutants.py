"""A solution with one small mistake at a time, each with a label: hidden tests have to notice it.

Some mistakes change the text: a constant, a comparison, a call or a statement that is left out, a search that ends too
early. The others are in `around`.
"""

import ast
import warnings
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Any

from .around import Mutant, around

SWAPS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.FloorDiv,), ast.FloorDiv: (ast.Mult, ast.Div),
    ast.Div: (ast.Mult,), ast.Mod: (ast.FloorDiv,), ast.Pow: (ast.Mult,), ast.MatMult: (ast.Mult,),
    ast.Lt: (ast.LtE,), ast.LtE: (ast.Lt,), ast.Gt: (ast.GtE,), ast.GtE: (ast.Gt,), ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.And: (ast.Or,), ast.Or: (ast.And,), ast.BitOr: (ast.BitAnd,), ast.BitAnd: (ast.BitOr,),
}  # fmt: skip
LOOPS, SEARCHES = (2, 9), (9, 2000)  # after so many rounds a `for`, a `while` gives up
WITHIN = (ast.Constant, ast.Name, ast.operator, ast.cmpop, ast.boolop)  # a label shows their neighbours too
HEAD = ("args", "decorator_list", "returns", "annotation", "ctx")  # of a function; the public stub gives it
LONG, SHOWN = 60, 16  # characters of code in a label; of those that a long one keeps on either side of the change
NAMESPACES = {"torch", "nn", "F", "math", "np", "numpy", "cost", "functional", "self"}
NEVER_DROPPED = {"range", "len", "zip", "enumerate", "super", "isinstance", "any", "all", "min", "max", "sum", "set"}


def mutants(solution: str) -> list[Mutant]:
    """All mistakes of a solution, each text once, under labels that differ."""
    tree = ast.parse(solution)
    found: dict[str, str] = {}
    known = {ast.unparse(tree)}
    for label, text in _inside(tree):
        if text not in known and _compiles(text):
            known.add(text)
            labels = (label if number == 1 else f"{label} ({number})" for number in range(1, 1000))
            found[next(each for each in labels if each not in found)] = text
    return [Mutant(label, text) for label, text in found.items()] + list(around(tree, solution))


def _compiles(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<mutant>", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _inside(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Label and text of each change of a line."""
    bound: list[str] = []  # names of the function at hand, in order
    for holder, key, parent in _places(tree):
        node = holder[key]
        within = isinstance(node, WITHIN) and isinstance(parent, ast.expr | ast.keyword | ast.AugAssign)
        before, line = ast.unparse(parent if within else node), getattr(node, "lineno", getattr(parent, "lineno", 0))
        for new, words in _variants(node, key, parent, bound):
            holder[key] = ast.fix_missing_locations(ast.copy_location(new, node))
            after = ast.unparse(parent if within else new)
            text = ast.unparse(tree) + ("\nimport itertools as _itertools" if "_itertools" in after else "")
            holder[key] = node
            told = words or " → ".join(_shortened(before, after))
            yield f"line {line}, " + " ".join(told.split()), text
        if isinstance(node, ast.FunctionDef):
            bound.clear()
        bound += [ast.unparse(target) for target in _targets(node)]


def _shortened(*texts: str) -> Iterator[str]:
    """Long texts without most of what they have in common at both ends."""
    same = (_equal_from_start(way) for way in (texts, [text[::-1] for text in texts]))
    first, last = (max(0, length - SHOWN) for length in same)
    for text in texts:
        yield f"…{text[first : len(text) - last]}…" if max(map(len, texts)) > LONG else text


def _equal_from_start(texts: Iterable[str]) -> int:
    return sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False)))


def _places(node: ast.AST) -> Iterator[tuple[Any, Any, ast.AST]]:
    """Where a node hangs, from the top down: what holds it, under which key, and its parent."""
    for field, value in ast.iter_fields(node):
        if isinstance(node, ast.Raise) or (field in HEAD and not isinstance(node, ast.Call)):
            continue
        holder: Any = value if isinstance(value, list) else vars(node)
        for key in range(len(value)) if isinstance(value, list) else [field]:
            child = holder[key]
            if isinstance(child, ast.AST) and not _is_given(child):
                yield holder, key, node
                yield from _places(child)


def _is_given(node: ast.AST) -> bool:
    """A docstring, the call that every `__init__` begins with, and a promise about lengths."""
    match node:
        case ast.keyword(arg="strict") | ast.Expr(value=ast.Constant()):
            return True
    return ast.unparse(node) == "super().__init__()"


def _targets(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=targets):
            return [part for t in targets for part in (t.elts if isinstance(t, ast.Tuple | ast.List) else [t])]
        case ast.FunctionDef(args=ast.arguments(args=heads)):
            return [ast.Name(head.arg) for head in heads]
    return []


def _variants(node: ast.AST, key: str | int, parent: ast.AST, bound: list[str]) -> Iterator[tuple[ast.AST, str]]:
    """What may stand in the place of a node, and the words for it where its code says too little or too much."""
    for other in SWAPS.get(type(node), ()):
        yield other(), ""
    if key == "test":  # of an `if`, a `while`, or an expression with `if`
        yield from ((ast.Constant(value), "") for value in (True, False))
    if isinstance(node, ast.stmt) and _may_go(node, parent, bound):
        yield ast.Pass(), f"without {ast.unparse(node)}"
    if key == "iter":
        for n in LOOPS:
            over = ast.unparse(node)
            yield ast.parse(f"_itertools.islice({over}, {n})", mode="eval").body, f"no more than {n} of {over}"
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value), ""
        case ast.Constant(value=int(value)):
            yield from ((ast.Constant(value + step), "") for step in (1, -1))
        case ast.Constant(value=float(value)):
            yield ast.Constant(value * 2), ""
        case ast.Constant(value=str(value)):
            yield ast.Constant(value + "?"), ""
        case ast.Name(id=name) if name in bound and isinstance(parent, ast.Call | ast.BinOp | ast.Compare):
            yield ast.Name(bound[bound.index(name) - 1]), ""
        case ast.Tuple(elts=parts, ctx=ast.Load()) | ast.List(elts=parts, ctx=ast.Load()):
            yield type(node)(parts[::-1]), ""
        case ast.BoolOp(op=op, values=values):
            for left_out in range(len(values)):
                kept = [value for i, value in enumerate(values) if i != left_out]
                yield kept[0] if len(kept) == 1 else ast.BoolOp(op, kept), ""
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand, ""
        case ast.Call():
            yield from ((call, "") for call in _calls(node))
        case ast.While(test=test, body=body):
            stop = ast.If(ast.UnaryOp(ast.Not(), test), [ast.Break()], [])
            for n in SEARCHES:
                rounds = ast.parse(f"range({n})", mode="eval").body
                yield ast.For(ast.Name("_", ast.Store()), rounds, [stop, *body], []), f"gives up after {n} rounds"


def _may_go(node: ast.stmt, parent: ast.AST, bound: list[str]) -> bool:
    """A statement that can be left out: others would miss no name, and it is not all that its `if` or function does."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Pass | ast.If | ast.While | ast.For | ast.Import):
        return False
    if node is getattr(parent, "body", [None])[-1] and isinstance(parent, ast.FunctionDef):
        return False
    if isinstance(parent, ast.If) and len(parent.body) == 1:
        return False
    return all(ast.unparse(target) in bound or isinstance(target, ast.Subscript) for target in _targets(node))


def _calls(call: ast.Call) -> Iterator[ast.expr]:
    """A call without one of its named arguments; what it was to work on, as it is."""
    for left_out in call.keywords:
        if left_out.arg not in (None, "strict"):
            yield ast.Call(call.func, call.args, [word for word in call.keywords if word is not left_out])
    name = ast.unparse(call.func)
    if name in NEVER_DROPPED or name.split(".")[-1][0].isupper():
        return
    if isinstance(call.func, ast.Attribute) and name.split(".")[0] not in NAMESPACES:
        yield call.func.value
    elif call.args and not isinstance(call.args[0], ast.Starred | ast.GeneratorExp):
        yield call.args[0]
