"""What grading one hand-in gave: status, points, verdicts. Kept as one JSON file for each student and chapter."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..files import write_whole

STATUSES = ("graded", "repaired", "timeout", "crashed", "needs a human", "unreadable", "missing")
LONGEST_NAME = 200  # bytes of a student's name that is a file's too


@dataclass(frozen=True)
class Verdict:
    """One hidden test. `reason` is for teachers: it may tell what the test holds. `stopped` is as in `Result`."""

    title: str
    points: float
    hint: str
    passed: bool
    reason: str = ""
    stopped: str = ""


@dataclass
class Result:
    """One exercise of one hand-in. `stopped` is "timeout", "crashed", "starved", "contract" or "".

    The last two are no fault of the answer: the machine was busy, the course asks for what does not cross.
    `note` is what running the answer's cell gave, `how` what a teacher should know of the way the mark was found.
    """

    exercise: str
    points: float
    verdicts: list[Verdict] = field(default_factory=list)
    shown: str = ""
    stopped: str = ""
    note: str = ""
    how: str = ""

    @property
    def earned(self) -> float:
        return round(sum(verdict.points for verdict in self.verdicts if verdict.passed), 6)

    @property
    def uncertain(self) -> bool:
        """Whether points may be lost that the answer would have earned; practice earns none."""
        return self.points > 0 and self.stopped in ("starved", "contract")


@dataclass
class Outcome:
    """One student's chapter. `points` is None where there is nothing to mark; `recorded` once the gradebook has it.

    `handed_in` is the time of nbgrader's time stamp, UTC in ISO 8601, "" where there is none. `blank` are the
    graded exercises in whose cells nothing was written.
    """

    chapter: str
    student: str
    status: str = "graded"
    points: float | None = None
    out_of: float = 0.0
    notes: list[str] = field(default_factory=list)
    doubts: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    blank: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    seed: str = ""
    submission: str = ""
    tests: str = ""
    seconds: float = 0.0
    recorded: bool = False
    handed_in: str = ""

    def settle(self) -> "Outcome":
        """Sum up: the points, and the one word that says how far the mark can be trusted."""
        if self.status in ("unreadable", "missing"):
            return self
        self.points = round(sum(result.earned for result in self.results), 6)
        stops = {result.stopped for result in self.results}
        if self.doubts or any(result.uncertain for result in self.results):
            self.status = "needs a human"
        elif stops - {""}:
            self.status = "timeout" if stops & {"timeout", "starved"} else "crashed"
        else:
            self.status = "repaired" if self.notes else "graded"
        return self

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Outcome":
        """The outcome that `to_json` wrote; ValueError, KeyError or TypeError for anything else."""
        values = json.loads(text)
        if type(values) is not dict:
            raise TypeError("an outcome is a JSON object")
        results = []
        for row in values.pop("results"):
            results.append(Result(**{**row, "verdicts": [Verdict(**verdict) for verdict in row["verdicts"]]}))
        return cls(results=results, **values)


def outcome_file(course: Path, chapter: str, student: str) -> Path:
    """A name as long as a file's may be leaves no room for an ending: a digest stands for its end."""
    if len(student.encode()) > LONGEST_NAME:
        student = f"{student[:40]}-{hashlib.sha256(student.encode()).hexdigest()[:24]}"
    return course / "outcomes" / chapter / f"{student}.json"


def read_outcome(course: Path, chapter: str, student: str) -> Outcome | None:
    """The kept outcome; None where there is none, or what is there cannot be read."""
    try:
        return Outcome.from_json(outcome_file(course, chapter, student).read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(course: Path, outcome: Outcome) -> None:
    """Write the outcome whole or not at all."""
    write_whole(outcome_file(course, outcome.chapter, outcome.student), outcome.to_json())
