"""What a visible test says to a learner, and the comparisons that hidden tests share with it.

    with Check("unshuffle") as check:
        with check("two groups of three bring 0..5 back"):
            check.equal(unshuffle(x, 2), expected)

prints one line per check and a summary, or one line while the stub is still there. A wrong answer never stops the
notebook. Outside a Check, `equal`, `close` and `true` raise AssertionError with the same words.
"""

import functools
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from lightnets_edu.compare import difference, show

ELSEWHERE = tuple({sysconfig.get_path(k) for k in ("stdlib", "purelib", "platlib")} | {str(Path(__file__).parent)})


def equal(got: Any, expected: Any) -> None:
    """AssertionError unless `got` is exactly `expected`: tensors in shape, type and every value; 6.0 counts as 6."""
    if reason := difference(got, expected):
        raise AssertionError(reason)


def close(got: Any, expected: Any, *, rel: float = 1e-5, abs: float = 0.0) -> None:
    """AssertionError unless every |got - expected| is at most the larger of rel · |expected| and abs."""
    if reason := difference(got, expected, rel, abs):
        raise AssertionError(reason)


def true(condition: Any, reason: str) -> None:
    """AssertionError with `reason` unless `condition` holds."""
    try:
        holds = bool(condition)
    except Exception as error:
        raise AssertionError(f"{reason} (expected True or False, got {show(condition)})") from error
    if not holds:
        raise AssertionError(reason)


class Check:
    """One exercise's visible tests. `with check(title):` is one check: the first thing wrong in it is its reason."""

    equal, close, true = staticmethod(equal), staticmethod(close), staticmethod(true)

    def __init__(self, exercise: str):
        self.exercise = exercise
        self._cell = sys._getframe(1).f_code.co_filename
        self._answered = True
        self._lines: list[tuple[bool, str]] = []

    def __enter__(self) -> "Check":
        return self

    @contextmanager
    def __call__(self, title: str) -> Iterator[None]:
        try:
            yield
        except (Exception, SystemExit) as error:
            self._judge(error, f"{title}: ")
        else:
            self._lines.append((True, title))

    def _judge(self, error: BaseException, title: str) -> None:
        """A stub's bare NotImplementedError means no answer yet; anything else is a check that failed."""
        if type(error) is NotImplementedError and not error.args:
            self._answered = False
        elif isinstance(error, NameError) and error.name == self.exercise:
            todo = "run the cell with your answer first, and mend it where it shows an error"
            self._lines.append((False, f"{title}`{self.exercise}` is not defined: {todo}"))
        else:
            self._lines.append((False, title + explain(error, self._cell)))

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if error is not None and not isinstance(error, (Exception, SystemExit)):
            return False
        if error is not None:
            self._judge(error, "the checks stopped: ")
        if not self._answered:
            _say(f"… {self.exercise}: not answered yet")
            return True
        passed = sum(good for good, _ in self._lines)
        for good, line in self._lines:
            _say(f"{'✓' if good else '✗'} {line}")
        whole = passed == len(self._lines)
        _say(f"{'✓' if whole else '✗'} {self.exercise}: {passed} of {len(self._lines)} checks passed")
        return True


def explain(error: BaseException, cell: str = "") -> str:
    """An exception in one line: what happened, and where in the learner's code; `cell` is the checks' own file."""
    where = _where(error, cell)
    if isinstance(error, AssertionError) and error.args:
        return _one_line(error)
    if isinstance(error, AssertionError):
        return f"an assertion failed{where}"
    if isinstance(error, RecursionError):
        return f"RecursionError{where}: the code calls itself without end"
    if isinstance(error, SystemExit):
        return f"SystemExit{where}: the code stops Python itself; return a value instead"
    text = _one_line(error)
    return f"{type(error).__name__}{where}" + (f": {text}" if text else "")


def _one_line(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())
    except Exception:
        return "(its message cannot be shown)"
    return text if len(text) <= 300 else text[:297] + "..."


@functools.cache
def _is_learners(filename: str) -> bool:
    """Code that is neither Python's, nor an installed package's, nor ours: a notebook cell or the learner's module."""
    return not filename.startswith("<frozen") and not filename.startswith(ELSEWHERE)


def _where(error: BaseException, cell: str) -> str:
    """` (line 3 of your answer)`: the deepest line of the learner's code that the exception passed through."""
    found, trace = None, error.__traceback__
    while trace is not None:
        if _is_learners(trace.tb_frame.f_code.co_filename):
            found = trace
        trace = trace.tb_next
    if isinstance(error, SyntaxError) or found is None:
        return ""
    place = "this cell" if found.tb_frame.f_code.co_filename == cell else "your answer"
    return f" (line {found.tb_lineno} of {place})"


def _say(line: str) -> None:
    """Print, also where the console knows no ✓."""
    try:
        print(line)
    except UnicodeEncodeError:
        print(line.replace("✓", "ok").replace("✗", "wrong").encode("ascii", "replace").decode("ascii"))
