"""A process that grades hand-ins, one after the other, with a sandbox of its own.

Both load torch for seconds, so both begin at once; the process that started this one does without.
"""

import atexit
import os
import signal

from .job import Job
from .outcome import Outcome
from .sandbox import Sandbox, end_with_parent

_sandbox: Sandbox | None = None
_settings: tuple = ()


def start(readable: tuple, imports: tuple, confined: bool) -> None:
    """Prepare this process, and a warm sandbox for all the hand-ins that it will grade."""
    global _settings
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the main process
    end_with_parent()
    atexit.register(os._exit, 0)  # taking torch apart at the end would take a second
    _settings = readable, imports, confined
    sandbox = _running()
    from .one import prepare

    prepare()
    sandbox.ready()


def grade_one(job: Job) -> Outcome:
    """As in `one`, in this process's sandbox."""
    from . import one

    return one.grade_one(job, _running())


def failed(job: Job, why: str) -> Outcome:
    """As in `one`."""
    from . import one

    return one.failed(job, why)


def _running() -> Sandbox:
    """The sandbox; should a hand-in ever have ended it, the next one gets a new one."""
    global _sandbox
    if _sandbox is None or _sandbox.process.poll() is not None:
        readable, imports, confined = _settings
        _sandbox = Sandbox(readable, imports, confined=confined)
    return _sandbox
