"""A progress bar that leaves nothing behind: one line of a notebook, changed in place and then emptied."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO, TypeVar, cast

T = TypeVar("T")
EMPTY = {"text/html": ""}    # an output without any data makes nbconvert warn


def bar(steps: Sequence[T], name: str, unit: str, shown: bool | None = None) -> Iterable[T]:
    """`steps`, with a bar where somebody may watch: a notebook or a terminal. `shown` True or False: always, never."""
    shell = _notebook()
    if not (shell or sys.stdout.isatty() if shown is None else shown):
        return steps
    from tqdm import tqdm

    file = cast(TextIO, _Line(shell)) if shell else sys.stdout
    return tqdm(steps, desc=name, unit=unit, file=file, leave=False, ncols=72 if shell else None)


def _notebook() -> Any:
    """The shell of a notebook's kernel; None in a terminal and elsewhere."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell if hasattr(shell, "kernel") else None


class _Line:
    """What tqdm writes to, in a notebook: one output that shows the last thing written.

    A cell's bars share one output. Streams would not do: tools that execute notebooks keep every state of theirs.
    """

    _kept: tuple[int, Any] = -1, None    # the cell that was executed last, and the handle of its output

    def __init__(self, shell: Any):
        from IPython.display import DisplayHandle

        cell, self.handle = _Line._kept
        if cell != shell.execution_count:
            self.handle = DisplayHandle()
            self.handle.display(EMPTY, raw=True)
            _Line._kept = shell.execution_count, self.handle

    def write(self, written: str) -> None:
        """Show the line; one of blanks, with which tqdm ends, empties the output."""
        line = written.strip("\r\n ")
        self.handle.update({"text/plain": line} if line else EMPTY, raw=True)

    def flush(self) -> None:
        """Nothing waits."""
