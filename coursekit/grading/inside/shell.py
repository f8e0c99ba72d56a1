"""What a notebook has and plain Python has not: magics that run or write something, and `await` outside a function."""

import importlib
import os
import selectors
import shlex
import types
from collections.abc import Callable, Coroutine
from functools import cache

WRITE = ("writefile", "file")  # cell magics that put their text into a file
NOT_PYTHON = (*WRITE, "bash", "cmd", "html", "HTML", "javascript", "js", "latex", "markdown", "perl", "pypy", "python",
              "python2", "python3", "ruby", "script", "sh", "svg", "SVG", "sx", "system", "!")  # fmt: skip


class Shell:
    """Stands for IPython. `run` runs a cell in `names`; a magic that has no use here does nothing."""

    def __init__(self, run: Callable[[str], None], names: dict):
        self.run, self.user_ns = run, names

    def __getattr__(self, name):
        return lambda *args, **kwargs: None

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        if name in WRITE:
            *options, path = shlex.split(line)
            with open(path, "a" if "-a" in options or "--append" in options else "w", encoding="utf-8") as file:
                file.write(cell)
            importlib.invalidate_caches()
        elif name not in NOT_PYTHON:  # it times, profiles or catches the output of Python
            self.run(cell)
        if name == "capture":
            for target in line.split()[-1:]:
                self.user_ns[target] = types.SimpleNamespace(stdout="", stderr="", outputs=[], show=lambda: None)

    def run_line_magic(self, name: str, line: str, *_):
        match name, line.split():
            case "time", [_, *_]:
                try:
                    code = compile(line, "<time>", "eval")
                except SyntaxError:
                    return self.run(line)
                return eval(code, self.user_ns)
            case "run", [*_, path] if path.endswith(".py"):
                with open(path, encoding="utf-8") as file:
                    self.run(file.read())
            case "cd", [path]:
                os.chdir(path)
        return None

    def getoutput(self, *_) -> list:
        return []


def wait_for(coroutine: Coroutine):
    """Runs it to its end."""
    return _loop().run_until_complete(coroutine)


@cache
def _loop():
    """An event loop that needs no socket: the sandbox refuses them."""
    import asyncio

    class Loop(asyncio.SelectorEventLoop):
        def _make_self_pipe(self):
            self.ends = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            self._add_reader(self.ends[0], lambda: os.read(self.ends[0], 4096))  # type: ignore[attr-defined]

        def _write_to_self(self):
            os.write(self.ends[1], b"\0")

    return Loop(selectors.SelectSelector())
