"""Answers that know nothing of an exercise. No hidden test may be passed by one of them."""

import ast

# its names are of its own, so that no statement of a lesson is needed, and run, for them
HEAD = """\
import torch
from torch import nn

class _Same:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    def __hash__(self): return 0
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __iter__(self): return iter([self])
    def __array__(self, *args): return self

def _first(args, kwargs):
    return next(iter([*args, *kwargs.values()]), None)

def _emptied(args, kwargs):
    for arg in [*args, *kwargs.values()]:
        if isinstance(arg, torch.Tensor): arg.zero_()
        elif isinstance(arg, (list, dict, set)): arg.clear()
    return _first(args, kwargs)

def _copied(x):
    return x.clone() if hasattr(x, "clone") else 0

def _like(args, kwargs, fill):
    x = _first(args, kwargs)
    return torch.full_like(x, fill, dtype=torch.float32 if fill != fill else None) if hasattr(x, "zero_") else fill

def _not_a_number(args, kwargs):
    return torch.tensor(torch.nan) if isinstance(_first(args, kwargs), int) else _like(args, kwargs, torch.nan)
"""
BODIES = {  # what every function and every `forward` of an answer does
    "returns nothing": "return None",
    "empties what it is given and returns it": "return _emptied(args, kwargs)",
    "empties what it is given and returns a copy": "return _copied(_emptied(args, kwargs))",
    "empties what it is given and returns nothing": "_emptied(args, kwargs)",
    "raises ValueError": "raise ValueError('no')",
    "raises RuntimeError": "raise RuntimeError('no')",
    "raises AssertionError": "raise AssertionError",
    "is not written yet": "raise NotImplementedError()",
    "leaves": "raise SystemExit(0)",
    "nan": "return _not_a_number(args, kwargs)",
    "nan, a number": "return float('nan')",
    "infinite": "return float('inf')",
    "a number too long to write": "return 10**5000",
    "zeros": "return _like(args, kwargs, 0)",
    "ones": "return _like(args, kwargs, 1)",
    "equal to everything": "return _Same()",
    "a number equal to everything": "return type('Int', (_Same, int), {})(3)",
    "its first argument": "return _first(args, kwargs)",
    "its arguments": "return args",
    "true": "return True",
    "no list": "return []",
    "no tensor": "return torch.empty(0)",
    "not implemented": "return NotImplemented",
    "itself": "return lambda *args, **kwargs: None",
}


def answer(solution: str, body: str) -> str:
    """Functions and modules under the names of a solution, and constants; none of them knows anything."""
    parts = [HEAD]
    for node in ast.parse(solution).body:
        if isinstance(node, ast.FunctionDef):
            parts.append(f"def {node.name}(*args, **kwargs):\n    {body}")
        elif isinstance(node, ast.ClassDef):
            built = "    def __init__(self, *args, **kwargs):\n        super().__init__()"
            forward = f"    def forward(self, *args, **kwargs):\n        {body}"
            parts.append(f"class {node.name}(nn.Module):\n{built}\n{forward}")
        elif isinstance(node, ast.Assign):
            parts += [f"{target.id} = None" for target in node.targets if isinstance(target, ast.Name)]
    return "\n\n\n".join(parts)
