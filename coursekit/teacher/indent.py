"""Moves Python code to another indentation without touching the inside of its string literals."""

import ast


def string_lines(tree: ast.AST) -> set[int]:
    """Line numbers that begin inside a string literal, where an added space would change a value."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        text = isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
        if isinstance(node, ast.expr) and (text or isinstance(node, ast.JoinedStr)):
            inside.update(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
    return inside


def shift(source: str, first: int, last: int, old: int, new: str) -> list[str]:
    """Lines `first` to `last` (from 1) of `source`, whose `old` leading spaces become `new`."""
    fixed, moved = string_lines(ast.parse(source)), []
    for number, line in enumerate(source.split("\n")[first - 1 : last], first):
        if number in fixed:
            moved.append(line)
        elif not line.strip():
            moved.append("")
        else:
            margin = min(old, len(line) - len(line.lstrip()))  # a continuation line may hang further left
            moved.append(new + line[margin:])
    return moved
