"""The grader's side of the wall: a student's functions, classes and modules as stand-ins that tests can call.

A test sends plain values and gets plain values back (see `wire`); nothing of the student's runs in this process.
What the contract has no place for raises OutsideContract; a worker that is gone raises Stopped. Neither is an
Exception, so no test can take them for an answer's own error.
"""

import builtins
import contextlib
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from .inside import wire
from .job import TIMES, Times

GARBLED = "the answer's process gave a garbled reply"
ENDED = "the answer's process ended (an exit, a crash, too much memory or too many threads)"
NEVER = (Warning, StopIteration, StopAsyncIteration, UnicodeError, ExceptionGroup, OSError)
BUILTIN = [kind for kind in vars(builtins).values() if isinstance(kind, type) and issubclass(kind, Exception)]
RAISED = {kind.__name__: kind for kind in BUILTIN if kind is TimeoutError or not issubclass(kind, NEVER)}

UNUSABLE = ", which no test can use"
STARVED = 0.8  # a larger part of its life spent waiting for a processor, and the time that ran out is not its fault
SHORTEST = 1.0  # seconds of a life from which that part says something
PATIENCE = 2.0  # seconds to wait for a word on that


class Stopped(BaseException):
    """The student's process was ended for its time ("timeout"), or ended itself ("crashed").

    "starved": its time ran out, but for most of it the machine was busy with something else.
    """

    def __init__(self, why: str, text: str):
        super().__init__(text)
        self.why = why


class OutsideContract(BaseException):
    """A test asked for something that does not cross the wall; the course has to be mended, not the answer."""


class StudentError(Exception):
    """The student's code raised an exception that Python does not come with, or gave back what is no plain value."""


@dataclass(frozen=True)
class Ran:
    """A cell that ran: what it printed, and the error that it ended with ("" for none)."""

    shown: str
    error: str
    stopped: str = ""


class Answer:
    """A function or class of the student. Calling it gives a plain value or a `Module`."""

    def __init__(self, session: "Session", number: int, name: str):
        vars(self).update(_session=session, _number=number, _life=session.life, __name__=name)

    def __call__(self, *args, **kwargs):
        return self._session.call(self, "", args, kwargs)

    def __getattr__(self, name):
        raise OutsideContract(f"`.{name}` of the student's {self!r}")

    def __setattr__(self, name, value):
        raise OutsideContract(f"setting `.{name}` on the student's {self!r}")

    def __eq__(self, other):
        if other is self or other is None:
            return other is self
        raise OutsideContract(f"comparing the student's {self!r} by ==")

    def __hash__(self):
        return id(self)

    def __reduce_ex__(self, protocol):
        raise OutsideContract(f"copying the student's {self!r}")

    def __repr__(self):
        return f"<{self.__name__} of the answer>"


class Module(Answer):
    """A module that the student's code built: it can be fed, and observed through outputs and `state_dict`."""

    def eval(self):
        self._session.call(self, "eval", (), {})
        return self

    def train(self, mode: bool = True):
        self._session.call(self, "train", (mode,), {})
        return self

    def state_dict(self) -> dict:
        return self._session.call(self, "state_dict", (), {})

    def load_state_dict(self, state: dict, strict: bool = True) -> None:
        self._session.call(self, "load_state_dict", (dict(state),), {"strict": strict})

    def parameters(self):
        return iter(self._session.call(self, "parameters", (), {}))


class Session:
    """One hand-in's worker at a time, and the cells it has run. `start()` gives the two sockets of a new worker."""

    def __init__(self, start, times: Times = TIMES):
        self.start, self.times = start, times
        self.life = 0
        self.writes_back = True
        self.spoilt = False  # whether a call has changed an argument in place
        self.sockets: tuple[socket.socket, ...] = ()
        self.cells: list[str] = []
        self.born = self.waited = 0.0
        self.deadline = time.monotonic() + times.notebook

    def run(self, source: str) -> Ran:
        """One cell. A cell that stops its process is left out when the others are run again."""
        if not source.strip():
            return Ran("", "")
        try:
            self._alive()
            reply = self._ask(do="run", source=source)
        except Stopped as stop:
            return Ran("", str(stop), stop.why)
        self.cells.append(source)
        return Ran(str(reply.get("shown", "")), _told(reply["error"]) if "error" in reply else "")

    def names(self, names) -> dict:
        """What these names stand for in the hand-in: stand-ins and plain values; absent ones are left out."""
        self._alive()
        found = self._result(self._ask(do="look", names=list(names)))
        if type(found) is not dict or not set(found) <= set(names) or not all(map(_is_pair, found.values())):
            raise self.end("crashed", GARBLED)
        return {name: self._named(name, *pair) for name, pair in found.items()}

    def _named(self, name: str, kind: str, value):
        return Answer(self, value, name) if kind == "kept" and type(value) is int else value

    def call(self, target: Answer, method: str, args: tuple, kwargs: dict):
        """The value of a call; arguments that it changed in place are changed here too, unless `writes_back` is off."""
        if not self.sockets or target._life != self.life:
            raise Stopped("crashed", "the answer's process ended earlier in this test")
        request = {"do": "call", "target": target._number, "method": method, "args": list(args), "kwargs": kwargs,
                   "grad": torch.is_grad_enabled()}  # fmt: skip
        result = self._result(self._ask(**request))
        if type(result) is not list or len(result) != 3 or {type(part) for part in result[1:]} != {dict}:
            raise self.end("crashed", GARBLED)
        value, *changed = result
        tensors = dict(enumerate(wire.tensors_in([request["args"], kwargs])))
        for mine, theirs in zip((tensors, dict(enumerate(args)) | kwargs), changed, strict=True):
            for place, new in theirs.items():
                if type(place) in (int, str) and place in mine:
                    self.spoilt = True
                    if self.writes_back:
                        _write_back(mine[place], new)
        return value

    def close(self) -> None:
        for sock in self.sockets:
            sock.close()
        self.sockets = ()

    def _alive(self) -> None:
        """A worker that has run every cell so far."""
        if self.sockets:
            return
        self.life += 1
        self.sockets = self.start()
        self.born, self.waited = time.monotonic(), kept_waiting()
        self.sockets[0].settimeout(self.times.call)
        for source in self.cells:
            self._ask(do="run", source=source)

    def late(self, text: str) -> Stopped:
        """Let go of a worker whose time is over; the exception to raise, which says whether that was its own fault."""
        lost, lived = kept_waiting() - self.waited, time.monotonic() - self.born
        with contextlib.suppress(OSError, ValueError, IndexError):
            life = self.sockets[1]
            life.shutdown(socket.SHUT_WR)
            life.settimeout(PATIENCE)
            lost += float(life.recv(32))
        if lost > STARVED * lived and lived >= SHORTEST:
            return self.end("starved", f"{text}; of {lived:.0f} s the machine was busy with other work for {lost:.0f}")
        return self.end("timeout", text)

    def end(self, why: str, text: str) -> Stopped:
        """Let go of the worker; the exception to raise for it."""
        self.close()
        return Stopped(why, text)

    def _ask(self, **request) -> dict:
        try:
            message = wire.encode(request, self._number)
        except wire.NotPlain as error:
            raise OutsideContract(f"an argument cannot cross: {error}") from None
        until = min(time.monotonic() + self.times.call, self.deadline)
        try:
            if until <= time.monotonic():
                raise TimeoutError
            wire.send(self.sockets[0], message)
            reply = wire.decode(wire.receive(self.sockets[0], until), lambda number: Module(self, number, "module"))
        except TimeoutError:
            spent = f"{self.times.call:g} s" if until < self.deadline else "the time of its exercise or notebook"
            raise self.late(f"the code did not end within {spent}") from None
        except wire.Garbled:  # whose words may be the answer's own
            raise self.end("crashed", GARBLED) from None
        except (EOFError, OSError):
            raise self.end("crashed", ENDED) from None
        if type(reply) is not dict:
            raise self.end("crashed", GARBLED)
        return reply

    def _number(self, thing) -> int:
        if isinstance(thing, Answer) and thing._life == self.life:
            return thing._number
        raise wire.NotPlain(f"a value of type {type(thing).__name__}")

    def _result(self, reply: dict):
        """The value of a reply, or the student's error, raised here as the nearest exception that Python has."""
        if "error" not in reply:
            return reply.get("value")
        error = _error(reply["error"])
        if not error:
            raise self.end("crashed", GARBLED)
        kinds, text, _ = error
        name = kinds[0] if kinds else "Exception"
        if name == "NotPlain":
            raise StudentError(f"the answer gave {text}{UNUSABLE}")
        known = next((kind for kind in kinds if kind in RAISED and kind != "Exception"), None)
        if known is None:
            raise StudentError(f"{name}: {text}")
        text = text if known == name else f"{name}: {text}"
        raise RAISED[known](*([text] if text else []))


def kept_waiting() -> float:
    """Seconds that this process could have run and the machine gave to others; 0 where the kernel does not count."""
    try:
        return int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _is_pair(found) -> bool:
    return type(found) is list and len(found) == 2


def _error(told) -> tuple[list[str], str, int] | None:
    """Names of the classes, text and line of an error, no longer than `describe` makes them; None: no such thing."""
    match told:
        case [list(kinds), str(text), int(line)]:
            return [kind[:200] for kind in kinds if isinstance(kind, str)], text[:2000], line
    return None


def _told(error) -> str:
    kinds, text, line = _error(error) or ([], "", 0)
    return f"{kinds[0]}: {text}" + (f" (line {line})" if line else "") if kinds else "an error"


def _write_back(old, new) -> None:
    """Give an argument the contents that the student's code left in it."""
    if type(old) is not type(new):
        return
    if type(old) is torch.Tensor:
        with torch.no_grad():
            if old.shape == new.shape and old.dtype == new.dtype:
                old.copy_(new)
            else:
                old.data = new
    elif type(old) is list:
        old[:] = new
    elif type(old) in (dict, set):
        old.clear()
        old.update(new)
