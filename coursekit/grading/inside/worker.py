"""The student's side: runs in the sandbox, holds the student's names, answers one request after another.

It is not trusted: the student's code shares its process. All that its answers can do is be right or wrong.
Requests and answers are `wire` values: `{"do": "run" | "look" | "call", …}` -> `{"value": …}` or `{"error": …}`.
"""

import ast
import builtins
import contextlib
import inspect
import linecache
import os
import sys
import traceback
import types
from collections.abc import Callable

import torch
import wire
from shell import Shell, wait_for
from torch import nn

CELL = "<your answer>"
SHOWN = 4_000  # characters of output kept for each request
OF_MODULES = {"eval", "train", "state_dict", "load_state_dict", "parameters"}

try:
    from IPython.core.inputtransformer2 import TransformerManager
except ImportError:
    TransformerManager = None  # type: ignore[assignment, misc]


class Shown:
    """A text file that keeps the first characters written to it and forgets the rest."""

    def __init__(self):
        self.text = ""

    def write(self, text) -> int:
        if len(self.text) < SHOWN:
            self.text += str(text)[: SHOWN - len(self.text)]
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


class Worker:
    """The names that a student's cells define, and the objects that tests hold on to by number."""

    def __init__(self):
        self.module = types.ModuleType("__main__")  # where `pickle`, `get_type_hints` and the like look for names
        self.names = vars(self.module)
        shell = Shell(self.run, self.names)
        self.names.update(__builtins__=builtins, display=print, get_ipython=lambda: shell)
        self.kept: list = []
        self.numbers: dict[int, int] = {}

    def refer(self, thing) -> int:
        """The number of a function, class or module; it is kept alive, so that its id stays its own."""
        if not (isinstance(thing, nn.Module) or callable(thing)):
            raise wire.NotPlain(f"a value of type {type(thing).__name__}")
        if id(thing) not in self.numbers:
            self.numbers[id(thing)] = len(self.kept)
            self.kept.append(thing)
        return self.numbers[id(thing)]

    def run(self, source: str) -> None:
        """One cell, as a notebook would run it."""
        if TransformerManager is not None:
            above = source[: len(source) - len(source.lstrip())].count("\n")  # empty lines, which IPython takes away
            source = "\n" * above + TransformerManager().transform_cell(source)
        linecache.cache[CELL] = len(source), None, source.splitlines(True), CELL
        code = compile(ast.parse(source, CELL), CELL, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        awaited = eval(code, self.names)
        if code.co_flags & inspect.CO_COROUTINE:
            wait_for(awaited)

    def look(self, names: list) -> dict:
        """What the names stand for: ["kept", number] or ["plain", value]; without those that are absent or no value."""
        found = {}
        for name in names:
            if name in self.names:
                value = self.names[name]
                callable_ = callable(value) and not isinstance(value, torch.Tensor)
                with contextlib.suppress(wire.NotPlain):  # it must not take the other names with it
                    found[name] = ["kept", self.refer(value)] if callable_ else ["plain", self._plain(value)]
        return found

    def _plain(self, value):
        """The value, if it can cross."""
        wire.encode(value, self.refer)
        return value

    def call(self, target: int, method: str, args: list, kwargs: dict, grad: bool) -> list:
        """The value, and what the call changed in place: tensors by their number, lists and the like by their place."""
        function = self.kept[target]
        if method:
            if method not in OF_MODULES or not isinstance(function, nn.Module):
                raise wire.NotPlain(f"`.{method}` of the student's {type(function).__name__}")
            function = getattr(function, method)
        tensors, places = dict(enumerate(wire.tensors_in([args, kwargs]))), {**dict(enumerate(args)), **kwargs}
        holders = {place: arg for place, arg in places.items() if isinstance(arg, list | dict | set)}
        before = [self._held(things) for things in (tensors, holders)]
        with torch.set_grad_enabled(grad):
            value = function(*args, **kwargs)
        if method in ("eval", "train"):
            value = None
        elif method == "parameters":
            value = list(value)
        elif method == "load_state_dict":
            value = None
        changed = []
        for things, was in zip((tensors, holders), before, strict=True):
            now = self._held(things)
            changed.append({key: thing for key, thing in things.items() if now[key] != was[key]})
        return [value, *changed]

    def _held(self, things: dict) -> dict[object, bytes]:
        """What each of these things holds."""
        return {key: wire.encode(thing, self.refer) for key, thing in things.items()}

    def answer(self, raw: bytearray) -> bytes:
        shown = Shown()
        try:
            request = wire.decode(raw, self.kept.__getitem__)
            ways: dict[str, Callable] = {"run": self.run, "look": self.look, "call": self.call}
            do = ways[request.pop("do")]
            with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
                value = do(**request)
            reply = wire.encode({"value": value, "shown": shown.text}, self.refer)
            if len(reply) > wire.LARGEST:
                raise wire.NotPlain(f"a value of {len(reply):,} bytes")
            return reply
        except BaseException as error:
            return wire.encode({"error": describe(error), "shown": shown.text}, self.refer)

    def serve(self, sock) -> None:
        """Answers until the grader hangs up."""
        while True:
            try:
                raw = wire.receive(sock, largest=1 << 40)
            except EOFError:
                return
            wire.send(sock, self.answer(raw))


def describe(error: BaseException) -> list:
    """Names of the exception's classes, its text, and the line of the answer that it came from (0: unknown)."""
    kinds = [kind.__name__ for kind in type(error).__mro__]
    try:
        text = str(error)[:2000]
    except Exception:
        text = ""
    return [kinds, text, _line(error.__traceback__)]


def _line(trace) -> int:
    """Where the error arose in the cell, or the function, that was entered first: cells before it have lines, too."""
    own: set = set()
    line = 0
    for frame, number in traceback.walk_tb(trace):
        if frame.f_code.co_filename == CELL:
            own = own or _codes(frame.f_code)
            line = number if frame.f_code in own else line
    return line


def _codes(code) -> set:
    """A piece of code and all that is written inside it."""
    return {code}.union(*(_codes(one) for one in code.co_consts if isinstance(one, type(code))))


def main(sock) -> None:
    """In a process of its own: serve until the grader hangs up, then end without clearing up."""
    sys.argv = [""]
    sys.path.insert(0, "")  # files that lie beside the notebook, or that it writes
    torch.manual_seed(0)
    worker = Worker()
    sys.modules["__main__"] = worker.module
    worker.serve(sock)
    os._exit(0)
