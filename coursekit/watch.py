"""Runs a program under watch: notes which files it opens, and lets it open nothing of the teacher's half.

    python -P watch.py SHUT MODULE:FUNCTION ARGUMENTS …

Python tells an audit hook of every file before it is opened. This file imports nothing but the standard library: it is
the first thing that a kernel runs, from where it lies, whatever that kernel can import.
"""

import builtins
import functools
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterable
from contextlib import contextmanager, suppress
from types import FrameType, SimpleNamespace

EVENTS = {"open", "os.listdir", "os.scandir"}
_folder = functools.cache(os.path.realpath)


class ShutError(Exception):
    """Something of a folder was to be opened that is shut."""


# what the one hook of this process does, since a hook cannot be taken out again
_state = SimpleNamespace(hooked=False, shut="", noting=False, opened=set(), refused=set())
# what `follow` notes: modules that were asked for, and what each module's own top level imports
_imports = SimpleNamespace(package="", shows=(), asked=set(), inner={})


def _hook(event: str, args: tuple) -> None:
    if event not in EVENTS or not (_state.shut or _state.noting) or not isinstance(args[0], str | bytes | os.PathLike):
        return
    path = os.path.abspath(os.fsdecode(args[0]))
    if _state.shut and f"{_real(path)}{os.sep}".startswith(f"{_state.shut}{os.sep}"):
        _state.refused.add(path)
        raise _error(path)
    if _state.noting and event == "open":
        _state.opened.add(path)


def _error(path: str) -> ShutError:
    return ShutError(f"{path} is of the teacher's half: what is public is made without opening that")


def _real(path: str) -> str:
    """Without links; the folder's answer is kept, since most files share one with others."""
    folder, name = os.path.split(path)
    return os.path.realpath(path) if os.path.islink(path) else os.path.join(_folder(folder), name)


def _start(shut: str, noting: bool) -> None:
    _state.shut, _state.noting = os.path.realpath(shut), noting
    if not _state.hooked:
        sys.addaudithook(_hook)
        _state.hooked = True


@contextmanager
def shut(folder: str | os.PathLike):
    """Inside the block this process opens nothing in the folder. ShutError where it tries, and again at the end."""
    _state.refused.clear()
    _start(os.fspath(folder), noting=False)
    try:
        yield
    finally:
        _state.shut = ""
    if _state.refused:
        raise _error(min(_state.refused))


def follow(package: str, shows: Iterable[str]) -> None:
    """From now on note which modules of a package are asked for by anything but its rooms that only show.

    Asked for is what an import names, whether or not it was loaded before.
    """
    _imports.package, _imports.shows = package, tuple(shows)
    real_import, real_module = builtins.__import__, importlib.import_module

    def import_(name, globals=None, locals=None, fromlist=(), level=0):
        module = real_import(name, globals, locals, fromlist, level)
        if level or _within(name, package):
            full = importlib.util.resolve_name("." * level + name, (globals or {}).get("__package__") or "")
            inside = (f"{full}.{inner}" for inner in fromlist or ())
            _asked(sys._getframe(1), {full, *(inner for inner in inside if inner in sys.modules)})
        return module

    def import_module(name, package=None):
        module = real_module(name, package)
        _asked(sys._getframe(1), {module.__name__})
        return module

    builtins.__import__, importlib.import_module = import_, import_module


def _asked(frame: FrameType | None, names: set[str]) -> None:
    """Note that the code of a frame asked for modules, unless a room that only shows stands behind it."""
    names = {name for name in names if _within(name, _imports.package)}
    if not names or frame is None:
        return
    importer = frame.f_globals.get("__name__", "")
    if frame.f_code.co_name == "<module>" and _within(importer, _imports.package):
        _imports.inner.setdefault(importer, set()).update(names)
        return
    while frame is not None:
        if any(_within(frame.f_globals.get("__name__", ""), room) for room in _imports.shows):
            return
        frame = frame.f_back
    _imports.asked |= names


def _within(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def _used() -> set[str]:
    """The modules that were asked for, those above them, and all that these import."""
    found: set[str] = set()
    todo = {name for name in _imports.asked if not any(_within(name, room) for room in _imports.shows)}
    while todo:
        name = todo.pop()
        found.add(name)
        above = name.rpartition(".")[0]
        todo |= ({above} if above else set()) | _imports.inner.get(name, set())
        todo -= found
    return found


def report(root: str) -> str:
    """As JSON: `read`, the files below root that this process has read, modules as source; `refused`, paths; `used`.

    The last are the sources of the modules that `follow` noted: those that may have decided a value.
    """
    paths = set(_state.opened)
    for module in list(sys.modules.values()):
        with suppress(Exception):  # some modules are objects that only look like one
            paths |= {os.path.abspath(file)} if (file := module.__file__) else set()
    read = {os.path.relpath(path, root) for path in map(_source, paths - {__file__}) if _below(path, root)}
    sources = {getattr(sys.modules.get(name), "__file__", None) for name in _used()}
    used = {os.path.relpath(path, root) for path in sources if path and _below(path, root)}
    return json.dumps({"read": sorted(read), "refused": sorted(_state.refused), "used": sorted(used)})


def _below(path: str, root: str) -> bool:
    """Whether a file is the book's own: an environment that lies in the root is not."""
    others = [prefix for prefix in (sys.prefix, sys.base_prefix) if prefix.startswith(root + os.sep)]
    return path.startswith(root + os.sep) and not any(path.startswith(prefix + os.sep) for prefix in others)


def _source(path: str) -> str:
    """The source of compiled Python; "" for what Python writes on its way to that."""
    if f"{os.sep}__pycache__{os.sep}" not in path:
        return path
    try:
        return importlib.util.source_from_cache(path) if path.endswith(".pyc") else ""
    except ValueError:
        return ""


def main(arguments: list[str]) -> None:
    """Run a function of a module as a program."""
    closed, called, *rest = arguments
    module, _, function = called.partition(":")
    sys.modules["coursekit_watch"] = sys.modules[__name__]  # where a kernel's owner finds `report`
    _start(closed, noting=True)
    sys.argv = [module, *rest]
    getattr(importlib.import_module(module), function)()


if __name__ == "__main__":
    main(sys.argv[1:])
