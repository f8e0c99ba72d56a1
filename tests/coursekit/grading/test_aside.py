"""Work in a fork: its text comes back, and nothing of it is left, however it ends."""

import os
import time

import pytest

from coursekit.grading.aside import aside


def test_its_text_comes_back_while_other_work_goes_on():
    with aside(lambda: f"{os.getpid()} ä" * 50_000) as told:
        text = told(10)
    assert text.endswith(" ä") and text.split()[0] != str(os.getpid())


def fails() -> str:
    raise ValueError("no text")


@pytest.mark.parametrize("work", [fails, lambda: os._exit(3)])
def test_what_ends_early_has_no_text(work):
    with aside(work) as told:
        assert told(10) == ""


@pytest.fixture
def forked(monkeypatch):
    """The processes that were forked."""
    pids, fork = [], os.fork
    monkeypatch.setattr(os, "fork", lambda: pids.append(fork()) or pids[-1])
    return pids


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_what_takes_too_long_is_ended(forked):
    began = time.monotonic()
    with aside(lambda: time.sleep(60) or "late") as told:
        assert told(0.2) == "" and not gone(forked[0])
    assert time.monotonic() - began < 30 and gone(forked[0])


def test_an_error_beside_it_ends_it_too(forked):
    with pytest.raises(KeyError), aside(lambda: time.sleep(60) or "late"):
        raise KeyError
    assert gone(forked[0])
