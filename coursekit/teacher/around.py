"""Mistakes that stand around the whole of a function or module, whatever is inside.

What it gives is rounded, what it was given is changed, train() and eval() make no difference. Such a mistake says
nothing where there is no such value: the `probe` of a mutant is the same solution failing wherever the mistake would be
made. If no test fails then, there is nothing to notice.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

AROUND = """


import torch as _torch


def _changed(value):
    if isinstance(value, (list, tuple)):
        return type(value)([_changed(item) for item in value])
    return {change} if {kind} else value


def _refuse(*_):
    raise AssertionError


def _spoil(value):
    {spoil}


def _around(function):
    def around(*args, **kwargs):
        result = _changed(function(*args, **kwargs))
        with _torch.no_grad():
            _spoil(args[{at}] if len(args) > {at} else kwargs.get({name!r}))
        return result
    return around


{function} = _around({function})
"""
WHOLE, TENSOR = "type(value) is int", "isinstance(value, _torch.Tensor)"
NOT_32 = f"{TENSOR} and value.dtype != _torch.float32"
RESULTS = {  # label: (which values, what becomes of each)
    "tensors lose digits, as in float32": (NOT_32, "value.float().to(value.dtype)"),
    "tensors become float32": (NOT_32, "value.float()"),
    "tensors become float64": (f"{TENSOR} and value.dtype != _torch.float64", "value.double()"),
    "tensors lose digits, as in float16": (f"{TENSOR} and value.is_floating_point()", "value.half().to(value.dtype)"),
    "whole numbers lose digits, as in float32": (WHOLE, "int(_torch.tensor(value).float())"),
    "whole numbers overflow 32 bits": (WHOLE, "(value + 2**31) % 2**32 - 2**31"),
    "whole numbers become text": (WHOLE, "str(value)"),
}  # fmt: skip
ARGUMENTS = {  # label: body of `_spoil`
    "its tensors are changed": """\
for item in value if isinstance(value, (list, tuple)) else [value]:
        if isinstance(item, _torch.Tensor):
            {act}""",
    "the list is made longer": """\
if isinstance(value, list):
        {act}""",
}
ACTS = {"its tensors are changed": "item.copy_(item + 1)", "the list is made longer": "value.append(value[-1])"}
MODULE = """


import torch as _torch


class {name}({name}):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for part in self.modules():
            if isinstance(part, _torch.nn.modules.batchnorm._BatchNorm):
                {init}

    def forward(self, *args, **kwargs):
        {before}
        result = super().forward(*args, **kwargs)
        {after}
        return result
"""
MODULES = {  # label: what becomes of each batch norm, what happens before a call, what after it
    "running statistics stay": ("part.momentum = 0.0", "", ""),
    "running statistics move twice as fast": ("part.momentum *= 2", "", ""),
    "running statistics are averages of all batches": ("part.momentum = None", "", ""),
    "ε of 1e-3": ("part.eps = 1e-3", "", ""),
    "always as in train()": ("", "self.train()", ""),
    "always as in eval()": ("", "self.eval()", ""),
    "a call leaves eval() behind": ("", "", "self.eval()"),
    "dropout in training": ("", "", "result = _torch.nn.functional.dropout(result, 0.2, self.training)"),
}


@dataclass(frozen=True)
class Mutant:
    """A solution with a mistake. `probe` is "" where its text shows that the mistake is made."""

    label: str
    text: str
    probe: str = ""


def around(tree: ast.Module, solution: str) -> Iterator[Mutant]:
    """What is done around each function and each `forward`, and to each module."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for label, (init, before, after) in MODULES.items():
                parts = [part or "pass" for part in (init, before, after)]
                text = solution + MODULE.format(name=node.name, init=parts[0], before=parts[1], after=parts[2])
                probe = solution + MODULE.format(name=node.name, init="assert False", before="pass", after="pass")
                yield Mutant(f"{node.name}: {label}", text, probe if init else "")
            heads = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "forward"]
        else:
            heads = [node] if isinstance(node, ast.FunctionDef) else []
        for head in heads:
            place = f"{node.name}.forward" if isinstance(node, ast.ClassDef) else head.name
            yield from _calls(place, head, solution)


def _calls(function: str, head: ast.FunctionDef, solution: str) -> Iterator[Mutant]:
    for label, (kind, change) in RESULTS.items():
        common = {"kind": kind, "spoil": "pass", "at": 0, "name": "", "function": function}
        yield Mutant(f"{function}: {label}", solution + AROUND.format(change=change, **common),
                     solution + AROUND.format(change="_refuse()", **common))  # fmt: skip
    for at, argument in enumerate(head.args.args):
        for label, body in ARGUMENTS.items():
            if argument.arg == "self":
                continue
            common = {"kind": TENSOR, "change": "value.clone()", "at": at, "name": argument.arg, "function": function}
            yield Mutant(f"{function}({argument.arg}): {label}",
                         solution + AROUND.format(spoil=body.format(act=ACTS[label]), **common),
                         solution + AROUND.format(spoil=body.format(act="_refuse()"), **common))  # fmt: skip
