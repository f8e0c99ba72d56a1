"""Work done in a fork of this process, beside what goes on here; it gives back one text."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Iterator

from .sandbox import end_with_parent


@contextlib.contextmanager
def aside(work: Callable[[], str]) -> Iterator[Callable[[float], str]]:
    """Begin `work` in a fork; what the `with` gets waits so many seconds for its text. The fork ends with the `with`.

    The text is cut off, or "", where the fork ended before its time; what `work` raises ends it.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            end_with_parent()
            os.close(reader)
            with os.fdopen(writer, "w", encoding="utf-8") as pipe:
                pipe.write(work())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        try:
            yield lambda seconds: _read(pipe.fileno(), seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _read(pipe: int, seconds: float) -> str:
    parts, until = [], time.monotonic() + seconds
    while select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
        if not (part := os.read(pipe, 1 << 16)):
            break
        parts.append(part)
    return b"".join(parts).decode("utf-8", "replace")
