"""What teachers and students read: the table, marks as CSV for three kinds of system, feedback as one page each."""

import csv
import html
import io
from pathlib import Path

from ..files import write_whole
from .gradebook import Course, verdict_line
from .judge import Result, printable
from .outcome import Outcome

UNMARKED = ("missing", "unreadable")
STYLE = """
:root { color-scheme: light dark; }
body { font: 17px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .7rem; border: 1px solid #8886; border-radius: 5px; }
pre { font-size: 14px; }
h1, h2 { line-height: 1.25; } .mark { font-weight: 600; } li { margin: .25rem 0; }
""".strip()


def table(outcomes: list[Outcome]) -> str:
    """One line a hand-in, as Markdown: student, chapter, mark, status, what the grader noticed."""
    lines = ["| student | chapter | mark | status | notes |", "|---|---|---:|---|---|"]
    for outcome in outcomes:
        row = _cell(outcome.student), outcome.chapter, mark(outcome), outcome.status, _cell("; ".join(said(outcome)))
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def mark(outcome: Outcome) -> str:
    """`11 of 14`; a dash where there is nothing to mark, which is not the same as no points."""
    if outcome.points is None or outcome.status in UNMARKED:
        return "–"
    return f"{outcome.points:g} of {outcome.out_of:g}"


def said(outcome: Outcome) -> list[str]:
    """What a teacher should know of one hand-in, each thing once."""
    notes = [*outcome.notes]
    notes += [f"{name}: {why}" for name, why in outcome.doubts.items() if why not in outcome.notes]
    notes += [f"{r.exercise}: {r.note}" for r in outcome.results if r.note and (r.stopped or r.earned < r.points)]
    notes += [f"{r.exercise}: {why}" for r in outcome.results if not r.note and (why := _nothing_found(r))]
    notes += [f"{r.exercise}: a hidden test asks for what does not cross the sandbox" for r in outcome.results
              if r.stopped == "contract"]  # fmt: skip
    return list(dict.fromkeys(notes))


def _nothing_found(result: Result) -> str:
    """Why all tests of an exercise failed, where it is a name or a module that is not there."""
    reasons = {verdict.reason for verdict in result.verdicts}
    (reason,) = reasons if len(reasons) == 1 else ("",)
    return reason if reason.startswith(("NameError", "ModuleNotFoundError", "FileNotFoundError")) else ""


def _cell(text: str) -> str:
    return " ".join(printable(text).replace("|", "\\|").split())


def write_marks(course: Course, chapter: str, outcomes: list[Outcome]) -> None:
    """marks/<chapter>.csv with mark and status for everybody, and the same marks as Canvas and Moodle import them."""
    people = {student.id: student for student in course.book.students}
    exercises = list(dict.fromkeys(r.exercise for o in outcomes for r in o.results if r.points))
    head = ["student", "last_name", "first_name", "mark", "out_of", "status", *exercises, "notes"]
    rows = [head]
    canvas = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", chapter]]
    canvas.append(["    Points Possible", "", "", "", "", max((f"{o.out_of:g}" for o in outcomes), default="")])
    moodle = [["ID number", "Email address", chapter, "Feedback comments"]]
    for outcome in outcomes:
        person = people.get(outcome.student)
        last, first, email = (getattr(person, name, None) or "" for name in ("last_name", "first_name", "email"))
        points = "" if outcome.points is None or outcome.status in UNMARKED else f"{outcome.points:g}"
        earned = {result.exercise: f"{result.earned:g}" for result in outcome.results}
        parts = [earned.get(name, "") for name in exercises]
        out_of = f"{outcome.out_of:g}" if outcome.out_of else ""
        notes = "; ".join(said(outcome))
        rows.append([outcome.student, last, first, points, out_of, outcome.status, *parts, notes])
        canvas.append(
            [f"{last}, {first}" if last else outcome.student, "", outcome.student, outcome.student, "", points]
        )
        moodle.append([outcome.student, email, points, outcome.status])
    folder = course.root / "marks"
    for name, lines in ((f"{chapter}.csv", rows), (f"{chapter}.canvas.csv", canvas), (f"{chapter}.moodle.csv", moodle)):
        write_whole(folder / name, _csv(lines))


def _csv(rows: list[list[str]]) -> str:
    """Lines of values. What a spreadsheet would take for a formula gets an apostrophe before it."""
    out = io.StringIO()
    csv.writer(out).writerows([[_harmless(value) for value in row] for row in rows])
    return out.getvalue()


def _harmless(value: str) -> str:
    value = printable(value)
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def write_feedback(course: Course, outcome: Outcome) -> Path | None:
    """feedback/<student>/<chapter>/<chapter>.html, where nbgrader's own would be; nothing for a missing hand-in."""
    if outcome.status == "missing":
        return None
    path = (
        course.folder(course.folders.feedback_directory, outcome.student, outcome.chapter) / f"{outcome.chapter}.html"
    )
    write_whole(path, feedback(outcome))
    return path


def feedback(outcome: Outcome) -> str:
    """A page that needs nothing else: each answer, what its visible tests said, title and hint of each hidden test."""
    title = html.escape(printable(f"{outcome.chapter}: feedback for {outcome.student}"))
    parts = [f"<h1>{title}</h1>", f'<p class="mark">Mark: {mark(outcome)}. Status: {outcome.status}.</p>']
    if outcome.notes or outcome.doubts:
        notes = dict.fromkeys([*outcome.notes, *outcome.doubts.values()])
        parts += ["<ul>", *(f"<li>{html.escape(note)}</li>" for note in notes), "</ul>"]
    if outcome.status == "needs a human":
        parts.append("<p>A teacher looks at this hand-in; the mark above may change.</p>")
    for result in outcome.results:
        points = f" ({result.earned:g} of {result.points:g})" if result.points else " (practice)"
        parts.append(f"<h2>{html.escape(result.exercise)}{points}</h2>")
        parts.append(f"<h3>Your answer</h3>\n{_pre(outcome.answers.get(result.exercise, '') or '(none)')}")
        if result.note:
            parts.append(f"<p>Running it gave: {html.escape(result.note)}</p>")
        if result.shown:
            parts.append(f"<h3>Visible tests</h3>\n{_pre(result.shown.rstrip())}")
        if result.verdicts:
            lines = [f"<li>{html.escape(verdict_line(verdict))}</li>" for verdict in result.verdicts]
            parts += ["<h3>Hidden tests</h3>", '<ul class="verdicts">', *lines, "</ul>"]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n<body>\n'
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _pre(text: str) -> str:
    return f"<pre><code>{html.escape(text)}</code></pre>"
