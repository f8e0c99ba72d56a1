"""What is to be graded, and within which time."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Seconds: for one call or cell, for the tests of one exercise, for a whole hand-in."""

    call: float = 15.0
    exercise: float = 30.0
    notebook: float = 180.0


TIMES = Times()


@dataclass(frozen=True)
class Job:
    """One hand-in to grade: where it lies, against which notebooks, within which limits."""

    chapter: str
    student: str
    place: str
    source: str
    release: str
    seed: str
    submission: str
    tests: str
    times: Times = TIMES
