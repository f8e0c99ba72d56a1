"""Cells for spreadsheets, the page for students, notes for the formgrader: nothing in them but text."""

import csv
import io
from dataclasses import replace

import pytest

from coursekit.grading import report
from coursekit.grading.desk.sheets import _csv, _harmless, _id
from coursekit.grading.gradebook import graded_notebook
from coursekit.grading.marks import EXPLAINED, explained, found, nobody_handed_in
from coursekit.grading.outcome import STATUSES, Outcome, Result, Verdict

EVIL = "`<img src=x onerror=alert(1)>05.ipynb` [a](javascript:alert(1)) $$\\href{javascript:alert(1)}{x}$$"


@pytest.mark.parametrize(("text", "cell"), [
    ("=1+1", "'=1+1"), ("\n=1+1", "'=1+1"), (" \t@SUM(A1)", "'@SUM(A1)"), ("a;=1+1;b", "a;'=1+1;b"), ("x; +cmd|' /C calc'!A0", "x; '+cmd|' /C calc'!A0"),
    ("-2+3", "'-2+3"), ("＝1+1", "'＝1+1"), ("a\r\n=1", "a =1"), ("-5", "-5"), ("+3.5", "+3.5"), ("-", "-"), ("a = b", "a = b"), ("3 of 4 - fine", "3 of 4 - fine"),
])  # fmt: skip
def test_cells_that_are_formulas_are_defused(text, cell):
    assert _harmless(text) == cell
    assert next(csv.reader(io.StringIO(_csv([[_harmless(text)]])))) == [cell]


@pytest.mark.parametrize("name", ["-ada", "+49 170 123", "@ada", "ada@x.edu", "0012", "d'arc", "Čapek", "a.b-c_d/e", ""])
def test_what_finds_a_student_stays_as_it_is(name):
    assert _id(name) == name


@pytest.mark.parametrize("name", ["=1+1", "@SUM(1+1)*cmd|' /C calc'!A0", "-2+3", "+A1*2", "=ada", "\t=ada", "x;=1"])
def test_what_is_a_formula_is_no_id(name):
    assert "'" in _id(name)


def test_notes_cannot_carry_markup_into_the_formgrader():
    from nbconvert.filters import markdown2html

    release = report.nbformat.v4.new_notebook()
    outcome = Outcome("05", "eve", "needs a human", notes=[f"found as `{EVIL}`", f"two\n\n# lines <b> {EVIL}"], doubts={"a": EVIL})
    cell = graded_notebook(outcome, release).cells[0]
    page = markdown2html(cell.source)
    for tag in ("<img", "<a ", "<h1", "<b>", 'class="math'):
        assert tag not in page, page
    assert "<strong>Grading: needs a human</strong>" in page and page.count("<pre") == 1 and "&lt;img" in page
    old = "\n".join(["**Grading: x**", *(f"- {note}" for note in outcome.notes)])
    assert "<img" in markdown2html(old) and "<a " in markdown2html(old)  # what the indentation is for


def _outcome(**more) -> Outcome:
    verdicts = [Verdict("Any", 2, "Try <b>.", False)]
    results = [Result("area", 2, verdicts, shown="✗ <i>", note="NameError: name 'q' is not defined (line 2)")]
    return Outcome("05", "eve", points=0, out_of=2, answers={"area": "def area(w):\n    return q < w"}, results=results, **more)


def test_a_page_has_titles_and_the_line_of_the_answer():
    page = report.feedback(found(_outcome()), {"": "Five & more", "area": "Write <area>"})
    for text in ("<h1>Five &amp; more: feedback for eve</h1>", "<h2>Write &lt;area&gt; (0 of 2)</h2>",
                 "in line 2 of your answer: return q &lt; w", "<code>    return q &lt; w</code>"):  # fmt: skip
        assert text in page
    assert "<p>Everything could be read. What could not be run: Write &lt;area&gt;.</p>" in page
    assert "<i>" not in page and "(line 2)" not in page


def test_a_page_says_run_of_nothing_that_was_not():
    """What is empty, and what ended with an error, is named."""
    whole = Outcome("05", "eve", results=[Result("area", 2), Result("double", 1), Result("shuffle", 1)])
    assert explained(found(whole)) == EXPLAINED["graded"] and report.said(found(whole)) == []
    whole.blank = ["area", "double"]
    assert explained(found(whole), {"area": "Area"}) == "Everything could be read. What is empty or as you were given it: Area; double."
    assert report.said(found(whole)) == ["empty or as given out: area, double"]
    whole.results[2].note = "SyntaxError: never closed (line 1)"
    assert "What could not be run: shuffle. What is empty" in explained(found(whole))
    whole.status, whole.results[2].stopped = "timeout", "timeout"
    assert explained(found(whole)).startswith(f"{EXPLAINED['timeout']} What did not end: shuffle. What is empty")
    whole.status = "unreadable"
    assert explained(found(whole)) == EXPLAINED["unreadable"]


def test_a_syntax_error_names_its_line_in_the_same_words():
    outcome = _outcome()
    outcome.results[0].note = "SyntaxError: '(' was never closed (<your answer>, line 1)"
    page = report.feedback(found(outcome), {})
    assert "never closed, in line 1 of your answer: def area(w):" in page


def test_a_line_that_the_answer_does_not_have_is_not_named():
    outcome = _outcome()
    outcome.results[0].note = "ValueError: bad (line 7)"
    page = report.feedback(found(outcome), {})
    assert "ValueError: bad<" in page and "line 7" not in page and "<h2>area (0 of 2)</h2>" in page


def test_titles_come_from_the_headings_of_the_release():
    cells = report.nbformat.v4
    mark = {"nbgrader": {"grade_id": "area-task"}}
    book = cells.new_notebook(cells=[
        cells.new_markdown_cell("[badge](x)\n\n# Chapter *5* #"), cells.new_markdown_cell("## Later"),
        cells.new_markdown_cell("text\n### Exercise: `area` <a id='x'></a>\n### no", metadata=mark)])  # fmt: skip
    assert report.titles_of(book) == {"": "Chapter 5", "area": "Exercise: area"}


def test_every_status_is_explained():
    assert set(STATUSES) < set(EXPLAINED)
    for status in STATUSES:
        assert EXPLAINED[status] in report.feedback(found(Outcome("05", "eve", status)), {})


def test_a_comment_on_what_could_not_be_read_reaches_its_page():
    mark = replace(found(Outcome("05", "eve", "unreadable")), comments={"area": "Hand in <anew>."})
    page = report.feedback(mark, {"area": "Write area"})
    assert "<h2>Write area</h2>\n<h3>Your teacher says</h3>" in page and "Hand in &lt;anew&gt;." in page


def test_practice_that_a_busy_machine_stopped_asks_no_human():
    for points, status in ((0.0, "timeout"), (1.0, "needs a human")):
        assert Outcome("05", "eve", results=[Result("double", points, stopped="starved")]).settle().status == status


def test_a_new_hand_in_under_a_mark_by_hand_says_so():
    mark = replace(found(Outcome("05", "eve", points=3, out_of=7)), provisional=True, points=5)
    assert report.said(mark) == ["marked by hand, and then handed in anew: for that the tests give 3"]


def test_provisional_marks_are_marked_in_the_table():
    table = report.table([_outcome(status="needs a human"), _outcome(), Outcome("05", "away", "missing")])
    assert [line.split(" | ")[2] for line in table.splitlines()[2:]] == ["0 of 2 (provisional)", "0 of 2", "–"]


def test_chapters_that_nobody_has_handed_in():
    away = [Outcome(chapter, student, "missing") for chapter in ("01", "02", "03") for student in ("ada", "bo")]
    away[2].notes.append("there is no folder `02`, but `2`")
    away[4].status = "unreadable"
    assert nobody_handed_in(away) == ["01"]
