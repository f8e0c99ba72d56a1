"""How long a network takes here: on this machine's processor, with one thread, with the spread of the measurement.

A time belongs to the machine and the minute. What can be compared is what was measured together: `compare` lets its
candidates take turns, so that a slow moment of the machine meets all of them. The middle half says how much the
measurements of one comparison differ; the next comparison may differ by more. `turns` gives the measurements turn by
turn, and `verdict.ratio` judges two of them by pairs.
"""

import math
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lightnets_edu.threads import one_thread

LEAST = 2e-3  # seconds of one measurement: a quicker function is called several times in a row
WARM_UP = 3   # calls before anything is measured

Function = Callable[[Tensor], Any]


class Timing(NamedTuple):
    """Milliseconds of one call: the median, and the quarter points, between which half of the measurements lie."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.3g} ms ({self.low:.3g} to {self.high:.3g})"


def machine() -> str:
    """The processor and the PyTorch that a measurement was made with: `AMD EPYC 7B13, one thread, torch 2.13.0`."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = named[0] if named else platform.processor() or platform.machine() or "an unnamed processor"
    return f"{processor}, one thread, torch {torch.__version__.partition('+')[0]}"


def time_forward(function: Function, x: Tensor, repeats: int = 21) -> Timing:
    """Time `function(x)`, a network in evaluation mode or any function of one tensor. See `compare`."""
    return compare({"it": function}, x, repeats)["it"]


def compare(functions: Mapping[str, Function], x: Tensor, repeats: int = 21) -> dict[str, Timing]:
    """Time several functions on the same `x`, in turns, `repeats` measurements of each. See `turns`."""
    return {name: summary(times) for name, times in turns(functions, x, repeats).items()}


def turns(functions: Mapping[str, Function], x: Tensor, repeats: int = 21) -> dict[str, list[float]]:
    """Milliseconds of one call by function and turn, `repeats` of each, without gradients, to four digits.

    Networks are timed in evaluation mode; their mode and the number of threads come back afterwards. ValueError where
    there is nothing to call, fewer than 5 repeats, or `x` is not on the CPU, where a call ends before the work does.
    """
    _check(functions, x, repeats)
    taken: dict[str, list[float]] = {name: [] for name in functions}
    with _quiet(functions.values()):
        calls = {name: _warm_up(function, x) for name, function in functions.items()}
        names = list(functions)
        for turn in range(repeats):
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                taken[name].append(float(f"{1000 * _seconds(functions[name], x, calls[name]):.4g}"))
    return taken


def summary(times: Sequence[float]) -> Timing:
    """Median and quarter points of milliseconds. ValueError for fewer than two."""
    if len(times) < 2:
        raise ValueError(f"a summary needs at least two measurements, got {len(times)}")
    low, median, high = quantiles(times, n=4, method="inclusive")
    return Timing(median, low, high)


def _seconds(function: Function, x: Tensor, calls: int) -> float:
    """Seconds of one call, from `calls` of them in a row."""
    started = time.perf_counter()
    for _ in range(calls):
        function(x)
    return (time.perf_counter() - started) / calls


def _warm_up(function: Function, x: Tensor) -> int:
    """Call until caches and allocators have settled; how many calls make a measurement long enough to trust."""
    once = min(_seconds(function, x, 1) for _ in range(WARM_UP))
    return max(1, math.ceil(LEAST / max(once, 1e-7)))


@contextmanager
def _quiet(functions: Iterable[Function]) -> Iterator[None]:
    """One thread, no gradients, every network in evaluation mode; then all as it was."""
    modules = [module for f in functions if isinstance(f, nn.Module) for module in f.modules()]
    modes = [(module, module.training) for module in modules]
    with ExitStack() as after:
        after.enter_context(one_thread())
        for module, mode in modes:
            after.callback(setattr, module, "training", mode)
            module.training = False
        with torch.inference_mode():
            yield


def _check(functions: Mapping[str, Function], x: Tensor, repeats: int) -> None:
    if not functions:
        raise ValueError("there is nothing to time")
    for name, function in functions.items():
        if not callable(function):
            raise ValueError(f"{name} must be a network or a function of one tensor, got {type(function).__name__}")
    if not isinstance(x, Tensor) or x.device.type != "cpu":
        got = f"a tensor on {x.device}" if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"x must be a tensor on the CPU, got {got}")
    if not isinstance(repeats, int) or repeats < 5:
        raise ValueError(f"repeats must be a whole number of at least 5, got {repeats!r}")
