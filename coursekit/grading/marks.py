"""What a hand-in is worth in the end: what the grader found, and what a teacher has changed in nbgrader's gradebook."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ..exercise_cells import split
from .desk.people import late
from .gradebook import Course
from .outcome import Outcome

UNMARKED = ("missing", "unreadable")
BY_HAND = "marked by hand"
EXPLAINED = {  # for students
    "graded": "Everything could be read and run.",  # unless `explained` knows of an answer that could not
    "repaired": "Something was broken by accident, a name or a cell, and mended; the mark is for what you wrote.",
    "timeout": "Some code did not end in its time; what else you answered has kept its points.",
    "crashed": "Some code ended its own process or took too much memory; what else you answered has kept its points.",
    "needs a human": "This is not certain yet. A teacher looks at this hand-in, and the mark may change.",
    "unreadable": "There is a file, but no notebook could be read from it. This is not a mark of nought.",
    "missing": "Nothing was handed in. This is not a mark of nought.",
    BY_HAND: "A teacher has looked at this hand-in and given the mark.",
}


@dataclass(frozen=True)
class Mark:
    """A mark as it goes out: `points` None where there is none, `provisional` while a teacher has still to look."""

    outcome: Outcome
    points: float | None
    status: str
    provisional: bool = False
    earned: dict[str, float] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    penalty: float = 0.0
    late: bool = False
    warning: str = ""  # for teachers alone

    def __str__(self) -> str:
        """`11 of 14`; a dash where there is nothing to mark, which is not the same as no points."""
        if self.points is None:
            return "–"
        return f"{self.points:g} of {self.outcome.out_of:g}" + " (provisional)" * self.provisional


def explained(mark: Mark, titles: Mapping[str, str] = MappingProxyType({})) -> str:
    """What the status of a mark means, for students; `titles` has those of exercises, by their names."""
    outcome = mark.outcome
    if mark.status in UNMARKED:
        return EXPLAINED[mark.status]
    results = [result for result in outcome.results if result.exercise not in outcome.blank]
    late = [result.exercise for result in results if result.stopped == "timeout"]
    failed = [result.exercise for result in results if result.note and result.exercise not in late]
    kinds = ("did not end", late), ("could not be run", failed), ("is empty or as you were given it", outcome.blank)
    said = [
        f"What {words}: {'; '.join(titles.get(name) or name for name in names)}." for words, names in kinds if names
    ]
    whole = "Everything could be read." if said and mark.status == "graded" else EXPLAINED[mark.status]
    return " ".join([whole, *said])


def found(outcome: Outcome) -> Mark:
    """The mark as the grader found it."""
    points = None if outcome.status in UNMARKED else outcome.points
    earned = {result.exercise: result.earned for result in outcome.results}
    return Mark(outcome, points, outcome.status, outcome.status == "needs a human", earned)


def marks_of(course: Course, outcomes: list[Outcome]) -> list[Mark]:
    """The marks of these outcomes, with what teachers have done in the gradebook."""
    books: dict[str, dict] = {}
    for chapter in dict.fromkeys(outcome.chapter for outcome in outcomes):
        books[chapter] = {one.student.id: one for one in course.book.assignment_submissions(chapter)}
    behind = {chapter: late(course.root, chapter) for chapter in books}
    marks = [_settled(outcome, books[outcome.chapter].get(outcome.student)) for outcome in outcomes]
    return [replace(mark, late=mark.outcome.student in behind[mark.outcome.chapter]) for mark in marks]


def _settled(outcome: Outcome, submission) -> Mark:
    """`submission` is the gradebook's; None where it has none."""
    mark = found(outcome)
    if submission is None or outcome.status == "missing":
        return mark
    grades = {split(grade.name)[0]: grade for notebook in submission.notebooks for grade in notebook.grades}
    comments = {c.name: c.manual_comment for n in submission.notebooks for c in n.comments if c.manual_comment}
    changed = any(grade.manual_score is not None or grade.extra_credit for grade in grades.values())
    waiting = {name for name, grade in grades.items() if grade.needs_manual_grade}
    penalty = submission.late_submission_penalty or 0.0
    if outcome.status == "unreadable" and not changed:
        return Mark(outcome, None, outcome.status, comments=comments)
    doubted = set(outcome.doubts) | {result.exercise for result in outcome.results if result.uncertain}
    status, provisional = outcome.status, False
    if waiting:
        status, provisional = "needs a human", True
    elif changed or doubted & set(grades):
        status = BY_HAND
    points = max(0.0, round(sum(_score(grade) for grade in grades.values()) - penalty, 6))
    earned = mark.earned | {name: _score(grade) for name, grade in grades.items()}
    return Mark(outcome, points, status, provisional, earned, comments, penalty)


def _score(grade) -> float:
    score = grade.auto_score if grade.manual_score is None else grade.manual_score
    return round((score or 0.0) + (grade.extra_credit or 0.0), 6)


def nobody_handed_in(outcomes: list[Outcome]) -> list[str]:
    """The chapters of which every outcome is "missing" and says nothing more."""
    chapters = dict.fromkeys(outcome.chapter for outcome in outcomes)
    return [c for c in chapters if all(o.status == "missing" and not o.notes for o in outcomes if o.chapter == c)]
