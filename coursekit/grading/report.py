"""What teachers and students read: the table, marks as CSV for three kinds of system, feedback as one page each."""

import csv
import html
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import nbformat

from ..exercise_cells import grade_id, id_of
from ..files import write_whole
from .desk.sheets import other_scale, pages, sheets, strangers
from .gradebook import Course, verdict_line
from .marks import BY_HAND, Mark, explained, found, marks_of, nobody_handed_in
from .outcome import Outcome, Result
from .words import printable

LATE = "handed in late"
STYLE = """
:root { color-scheme: light dark; }
body { font: 17px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .7rem; border: 1px solid #8886; border-radius: 5px; }
pre { font-size: 14px; } .lines { counter-reset: line; padding-left: 3.2rem; } .lines code { display: block; }
.lines code::before { counter-increment: line; content: counter(line); float: left; margin-left: -2.6rem; }
.lines code::before { width: 2rem; text-align: right; opacity: .6; }
h1, h2 { line-height: 1.25; } .mark { font-weight: 600; } li { margin: .25rem 0; }
""".strip()
_LINE = re.compile(r" \((?:<your answer>, )?line (\d+)\)$")
_WORTH = re.compile(r" \((?:practice|[\d.]+ points?)\)$")  # the page says what was earned of that
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)


def table(outcomes: Sequence[Outcome | Mark]) -> str:
    """One line a hand-in, as Markdown: student, chapter, mark, status, what the grader noticed."""
    lines = ["| student | chapter | mark | status | notes |", "|---|---|---:|---|---|"]
    for one in outcomes:
        mark = found(one) if isinstance(one, Outcome) else one
        outcome = mark.outcome
        row = _cell(outcome.student), outcome.chapter, str(mark), mark.status, _cell("; ".join(said(mark)))
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def summary(root: Path, outcomes: list[Outcome]) -> str:
    """What a run ends with: the table, then what a teacher has to see to. Chapters nobody handed in are named only."""
    idle = nobody_handed_in(outcomes)
    with Course(root) as course:
        marks = marks_of(course, [outcome for outcome in outcomes if outcome.chapter not in idle])
        chapters = list(dict.fromkeys(mark.outcome.chapter for mark in marks))
        by_chapter = {c: [mark for mark in marks if mark.outcome.chapter == c] for c in chapters}
        unknown = [(c, strangers(course, c, by_chapter[c])) for c in chapters]
        scales = [text for c in chapters if (text := other_scale(course, c, by_chapter[c]))]
    parts = [table(marks)] if marks else []
    for chapter in chapters:
        if (root / "marks" / f"{chapter}.before.csv").exists():
            kept = f"marks/{chapter}.before.csv"
            parts.append(f"marks by hand that count no longer stand in {kept}; delete it when seen to")
    if waiting := sum(mark.provisional for mark in marks):
        parts.append(
            f"provisional, and left out of the sheets for Canvas and Moodle: {waiting} of these marks; "
            "look at the hand-ins in nbgrader's formgrader (`jupyter lab` in the course), then run this command again"
        )
    for chapter, students in unknown:
        if students:
            parts.append(f"not on the class list of {chapter}, so in marks/{chapter}.csv only: {', '.join(students)}")
    parts += scales
    if idle:
        parts.append(f"nobody has handed in: {', '.join(idle)}")
    return "\n\n".join(parts)


def said(mark: Mark) -> list[str]:
    """What a teacher should know of one hand-in, each thing once."""
    outcome = mark.outcome
    notes = [LATE] * mark.late + [mark.warning] * bool(mark.warning) + outcome.notes
    if mark.provisional and outcome.status != "needs a human":
        notes.append(f"marked by hand, and then handed in anew: for that the tests give {outcome.points:g}")
    if outcome.blank:
        notes.append(f"empty or as given out: {', '.join(outcome.blank)}")
    notes += [f"{name}: {why}" for name, why in outcome.doubts.items() if why not in outcome.notes]
    notes += [f"{r.exercise}: {r.note}" for r in outcome.results if r.note and (r.stopped or r.earned < r.points)]
    notes += [f"{r.exercise}: {why}" for r in outcome.results if not r.note and (why := _nothing_found(r))]
    notes += [f"{r.exercise}: a hidden test asks for what does not cross the sandbox" for r in outcome.results
              if r.stopped == "contract"]  # fmt: skip
    notes += [f"{r.exercise}: its time ran out while the machine was busy with other work; grade it once more, "
              "with --again, when that is done" for r in outcome.results if r.stopped == "starved"]  # fmt: skip
    return list(dict.fromkeys(notes))


def _nothing_found(result: Result) -> str:
    """Why all tests of an exercise failed, where it is a name or a module that is not there."""
    reasons = {verdict.reason for verdict in result.verdicts}
    (reason,) = reasons if len(reasons) == 1 else ("",)
    return reason if reason.startswith(("NameError", "ModuleNotFoundError", "FileNotFoundError")) else ""


def _cell(text: str) -> str:
    return " ".join(printable(text).replace("|", "\\|").split())


def write_marks(course: Course, chapter: str, outcomes: list[Outcome]) -> None:
    """marks/<chapter>.csv with mark and status for everybody, and the same marks as Canvas and Moodle import them.

    Nothing for a chapter that nobody has handed in.
    """
    if nobody_handed_in(outcomes):
        return
    folder, marks = course.root / "marks", marks_of(course, outcomes)
    marks = _warned_of_lost(folder / f"{chapter}.csv", marks)
    titles = titles_of(nbformat.read(course.notebook(course.folders.release_directory, chapter), as_version=4))
    texts = sheets(course, chapter, marks, said, titles)
    for platform in ("canvas", "moodle"):
        if (name := f"{chapter}.{platform}.csv") not in texts:
            (folder / name).unlink(missing_ok=True)
    for name, text in texts.items():
        write_whole(folder / name, text)


def _warned_of_lost(sheet: Path, marks: list[Mark]) -> list[Mark]:
    """The marks, with a word where the last sheet has one by hand that counts no longer; that sheet is kept."""
    try:
        with open(sheet, encoding="utf-8", newline="") as file:
            was = {row["student"]: row["mark"] for row in csv.DictReader(file) if row["status"] == BY_HAND}
    except (OSError, ValueError, KeyError):
        return marks
    kept = sheet.with_suffix(".before.csv")
    lost = {m.outcome.student for m in marks if m.status != BY_HAND and not m.provisional} & set(was)
    if lost:
        write_whole(kept, sheet.read_text("utf-8"))
    words = {name: f"a mark by hand, {was[name]}, counts no longer; {kept.name} has it" for name in lost}
    return [replace(mark, warning=words.get(mark.outcome.student, "")) for mark in marks]


def refresh_feedback(course: Course, outcomes: list[Outcome]) -> None:
    """The pages of these hand-ins with what teachers have marked since; a page that says so already is not touched.

    With Moodle's worksheet also all pages of the class, packed for its upload.
    """
    for mark in marks_of(course, [one for one in outcomes if one.recorded and one.submission]):
        write_feedback(course, mark.outcome, mark)
    for chapter in dict.fromkeys(outcome.chapter for outcome in outcomes):
        if packed := pages(course, chapter):
            write_whole(course.root / "marks" / f"{chapter}.moodle.zip", packed)


def write_feedback(course: Course, outcome: Outcome, mark: Mark | None = None) -> Path | None:
    """feedback/<student>/<chapter>/<chapter>.html, where nbgrader's own would be; nothing for a missing hand-in."""
    if outcome.status == "missing":
        return None
    path = (
        course.folder(course.folders.feedback_directory, outcome.student, outcome.chapter) / f"{outcome.chapter}.html"
    )
    release = nbformat.read(course.notebook(course.folders.release_directory, outcome.chapter), as_version=4)
    write_whole(path, feedback(mark or found(outcome), titles_of(release), course.called(outcome.student)))
    return path


def titles_of(release) -> dict[str, str]:
    """The title of the chapter, under "", and of its exercises, as the released notebook has them in its headings."""
    titles = {}
    for cell in release.cells:
        name = grade_id(cell).removesuffix(id_of("", "task")) if grade_id(cell) else ""
        if cell.cell_type == "markdown" and name not in titles and (heading := _HEADING.search(cell.source)):
            titles[name] = _WORTH.sub("", re.sub(r"[*_`]|<[^>]*>", "", heading[1]).strip())
    return titles


def feedback(mark: Mark, titles: dict[str, str], name: str = "") -> str:
    """A page that needs nothing else: each answer, what its visible tests said, title and hint of each hidden test.

    `name` is what the student is called, where that is known.
    """
    outcome = mark.outcome
    chapter = titles.get("") or outcome.chapter
    whose = f"{name} ({outcome.student})" if name else outcome.student
    title = html.escape(printable(f"{chapter}: feedback for {whose}"))
    parts = [f"<h1>{title}</h1>", f'<p class="mark">Mark: {mark}. Status: {mark.status}.</p>']
    parts.append(f"<p>{html.escape(printable(explained(mark, titles)))}</p>")
    if mark.late:
        parts.append("<p>It was handed in late.</p>")
    if mark.penalty:
        parts.append(f"<p>{mark.penalty:g} points were taken off because it was late.</p>")
    if outcome.notes or outcome.doubts:
        notes = dict.fromkeys([*outcome.notes, *outcome.doubts.values()])
        parts += ["<ul>", *(f"<li>{html.escape(note)}</li>" for note in notes), "</ul>"]
    for result in outcome.results:
        parts += _exercise(result, mark, titles.get(result.exercise) or result.exercise)
    for name in sorted(set(mark.comments) - {result.exercise for result in outcome.results}):  # nothing could be read
        parts.append(f"<h2>{html.escape(printable(titles.get(name) or name))}</h2>\n{_says(mark.comments[name])}")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n<body>\n'
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _exercise(result: Result, mark: Mark, title: str) -> list[str]:
    earned = mark.earned.get(result.exercise, result.earned)
    points = f" ({earned:g} of {result.points:g})" if result.points else " (practice)"
    answer = mark.outcome.answers.get(result.exercise, "")
    parts = [f"<h2>{html.escape(printable(title))}{points}</h2>"]
    if comment := mark.comments.get(result.exercise):
        parts.append(_says(comment))
    if earned != result.earned:
        parts.append(f"<p>A teacher has set these points; the tests gave {result.earned:g}.</p>")
    parts.append(f"<h3>Your answer</h3>\n{_numbered(answer) if answer else _pre('(none)')}")
    if result.note:
        parts.append(f"<p>Running it gave: {html.escape(_of_this_cell(result.note, answer))}</p>")
    if result.shown:
        parts.append(f"<h3>Visible tests</h3>\n{_pre(result.shown.rstrip())}")
    if result.verdicts:
        lines = [f"<li>{html.escape(verdict_line(verdict))}</li>" for verdict in result.verdicts]
        parts += ["<h3>Hidden tests</h3>", '<ul class="verdicts">', *lines, "</ul>"]
    return parts


def _says(comment: str) -> str:
    return f"<h3>Your teacher says</h3>\n{_pre(printable(comment))}"


def _of_this_cell(note: str, answer: str) -> str:
    """An error with the line of the answer that it names, or without a number that the answer has no line for."""
    match, lines = _LINE.search(note), answer.splitlines()
    if not match:
        return note
    number = int(match[1])
    text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    return note[: match.start()] + (f", in line {number} of your answer: {text[:200]}" if text else "")


def _numbered(text: str) -> str:
    lines = "\n".join(f"<code>{html.escape(line)}</code>" for line in text.split("\n"))
    return f'<pre class="lines">{lines}</pre>'


def _pre(text: str) -> str:
    return f"<pre><code>{html.escape(text)}</code></pre>"
