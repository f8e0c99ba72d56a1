"""Prose says what the record holds: forged records change the sentence; what is not of the record is refused."""

import json
import re

import pytest
from small_book import REPOSITORY, edit

from coursekit.chapter import read_chapters
from coursekit.errors import BookError
from coursekit.project import Project
from coursekit.public import execute as module
from coursekit.public import measured, recorded
from coursekit.public.build import build
from coursekit.public.execute import execute

NAME, CHAPTER = "book/measured/01_double.json", "book/chapters/01_double.py"
CELL = """\
# %% measured=true record="right"
import os

from toybook import double


def seeds(few, of):
    return range(of if os.environ.get("TOYBOOK_FULL") else few)


chosen = seeds(3, of=8)
right = {"new": [0.90 + i % 3 / 100 for i in chosen],
         "old": [0.92 - i % 2 / 100 for i in chosen]}
print(len(right["new"]), "seeds")
"""
PROSE = """\
# %% [markdown]
# The new one is {{= verdict.paired(recorded.right["new"], recorded.right["old"]).words(*WORDS) =}} over {{= len(recorded.right["new"]) =}} seeds.
"""
PLAIN_CELL = '# %%\nfrom lightnets_edu import verdict\n\nWORDS = "better", "worse", "not told apart"\n'
OLD = [0.90, 0.91, 0.93, 0.92]
FORGED = {"better": [0.92, 0.94, 0.95, 0.94], "worse": [0.87, 0.88, 0.90, 0.90], "not told apart": [0.95, 0.88, 0.93, 0.91]}


@pytest.fixture
def book(book, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    text = (book / CHAPTER).read_text()
    start, end = text.index("# %%\nfrom toybook"), text.index("# %% [markdown]\n# The double")
    (book / CHAPTER).write_text(f"{text[:start]}{PLAIN_CELL}\n{CELL}\n{PROSE}\n{text[end:]}".replace("twice", "double(21)"))
    return book


def chapter(book):
    return read_chapters(Project(book).sources(), book)[0]


def said(book):
    """The sentence as an ordinary build fills it in."""
    held = {"01_double": measured.held(Project(book), chapter(book))}
    (result,) = execute(Project(book), [chapter(book)], quiet=True, held=held).values()
    return " ".join(result.values[3])


def told(book):
    return [fault.what for fault in measured.out_of_date(Project(book), [chapter(book)], set())]


def line(book, text):
    return (book / CHAPTER).read_text().partition(text)[0].count("\n")


def forge(book, new, old=OLD):
    record = json.loads((book / NAME).read_text())
    record["cells"][0]["recorded"]["right"] = {"new": new, "old": old}
    (book / NAME).write_text(json.dumps(record))


@pytest.mark.slow
def test_the_record_is_made_in_full_and_page_and_notebook_show_it(book, monkeypatch):
    runs, run = [], module._run

    async def counted(*arguments):
        runs.append(arguments[-1])
        return await run(*arguments)

    monkeypatch.setattr(module, "_run", counted)
    monkeypatch.setattr(module, "_held", lambda *_: None)  # as where a file that the lesson reads was changed meanwhile
    build(book, quiet=True)
    assert runs == [True], "in full, and not again for the page"
    monkeypatch.setenv("TOYBOOK_FULL", "1")  # an ordinary run takes no notice of the shell's
    record = json.loads((book / NAME).read_text())
    assert len(record["cells"][0]["recorded"]["right"]["new"]) == 8
    shown = re.sub("<[^>]+>", "", (book / "_build/html/notebooks/01_double.html").read_text())
    assert "The new one is not told apart over 8 seeds." in shown and "8 seeds, from the book’s record; the cell as it stands runs 3." in shown
    sources = ["".join(cell["source"]) for cell in json.loads((book / "notebooks/01_double.ipynb").read_text())["cells"]]
    place = next(i for i, text in enumerate(sources) if "The book's record." in text)
    assert "chosen = seeds(3, of=8)" in sources[place - 1] and "is not told apart over 8 seeds." in sources[place + 1]
    assert "```\n8 seeds\n```" in sources[place] and "8 seeds, from the book’s record; the cell as it stands runs 3." in sources[place]
    forge(book, FORGED["worse"])
    assert said(book) == "worse 4" and runs == [True, False]


def test_what_was_measured_is_kept_where_the_page_is_refused(book, monkeypatch):
    def refuse(*_):
        raise BookError("a page", "is refused", "mend it")

    monkeypatch.setattr("coursekit.public.build.site.build", refuse)
    for check in (True, False):    # a check writes nothing
        with pytest.raises(BookError, match="is refused"):
            build(book, quiet=True, check=check)
        assert (book / NAME).exists() != check
    assert len(json.loads((book / NAME).read_text())["cells"]) == 1


def test_forged_records_and_a_cell_that_is_newer_than_its_record(book):
    (full,) = execute(Project(book), [chapter(book)], quiet=True, again=["01_double"]).values()
    _, files = measured.settle(Project(book), chapter(book), full, anew=True)
    (book / NAME).parent.mkdir()
    (book / NAME).write_text(files[NAME])
    assert said(book) == "not told apart 8" and told(book) == []
    for word, new in FORGED.items():
        forge(book, new)
        assert said(book) == f"{word} 4"
    assert told(book) == [f"keeps no list of 8 for {CHAPTER}, line {1 + line(book, CELL)}, which takes 3 of 8 seeds"]
    assert measured.chosen(Project(book), [chapter(book)], []) == {"01_double"}
    edit(book / CHAPTER, "0.90 + i", "0.98 + i")
    assert said(book) == "better 3", "no record for this code: the run at hand, as its outputs"
    (result,) = execute(Project(book), [chapter(book)], quiet=True).values()
    settled, _ = measured.settle(Project(book), chapter(book), result)
    assert settled.outputs[1][-1]["data"]["text/plain"] == "3 seeds, as the cell stands; its record will hold 8."


def test_a_record_that_lacks_what_is_asked(book):
    (book / NAME).parent.mkdir()
    record = {"made_from": {"lesson": "", "versions": [], "modules": {}}, "cells": []}
    record["cells"] = [{"code": measured.digest([chapter(book).lesson[4].text]), "outputs": []}]
    (book / NAME).write_text(json.dumps(record))
    with pytest.raises(BookError, match=r"01_double.json: keeps no 'right', which .*, line \d+ records\n.*--measure 01_double"):
        measured.held(Project(book), chapter(book))


ASKED = 'len(recorded.right["new"])'
WRONG = {
    "a name of the run": (ASKED, 'len(right["new"])', "takes 'right' of the run at hand, and the page shows the record of", "write recorded.right"),
    "another": (ASKED, "len(chosen)", "takes 'chosen' of the run at hand", 'add record="chosen" to that cell and write recorded.chosen'),
    "what nobody records": (ASKED, "recorded.wrong", "asks for recorded.wrong, which no cell above records", "known are right"),
    "the whole record": (ASKED, "len(vars(recorded))", "names no part of the record", "write recorded.NAME"),
    "a cell that shows the run": ("# %% [markdown]\n# The new", "# %%\nprint(right)\n\n# %% [markdown]\n# The new",
                                  "takes 'right' of the run at hand, and the page shows the record of", "mark it measured=true too"),
    "a figure too": ("measured=true record", 'measured=true name="fig-x" alt="x" caption="x" record', "draws a figure and takes a few of many", "of its own"),
    "no number": ("seeds(3, of=8)", "seeds(3, of=2 * 4)", "does not say how many of how many", "write both as whole numbers"),
    "a name it does not set": ('record="right"', 'record="right, left"', "records 'left', which it does not set", ""),
    "no name": ('record="right"', 'record=""', "record=… names nothing", ""),
    "no mark": ("measured=true record", "record", "stands on a cell that is not measured", "add measured=true"),
    "twice": (PLAIN_CELL, f"{PLAIN_CELL}\n# %% measured=true record=\"right\"\nright = double(2)\n", "records 'right', as book", ""),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "what", "todo"), WRONG.values(), ids=WRONG)
def test_what_is_refused(book, old, new, what, todo):
    assert recorded.faults(chapter(book)) == []
    edit(book / CHAPTER, old, new)
    told = [f"{fault.where} {fault.what} | {fault.todo}" for fault in recorded.faults(chapter(book))]
    assert any(what in line and todo in line and "01_double.py, line" in line for line in told), told


CHANGES = {  # code of cells, whether they are measured, and whether `a` is then the run's
    "a call": ([("a = f(1)", True)], True),
    "a constant": ([("a = {'few': 3}", True)], False),
    "a definition": ([("def a():\n    return f(1)", True)], False),
    "an import": ([("from f import a", True)], False),
    "a module's function": ([("import a", False), ("a.show(f(1))", True)], False),
    "its own function": ([("a = f()", False), ("a.append(f(1))", True)], True),
    "a loop that appends": ([("a = []", False), ("for i in range(3):\n    a.append(f(i))", True)], True),
    "a key": ([("a = {}", False), ("a['x'] = f(1)", True)], True),
    "made from it": ([("b = f(1)", True), ("a = b + 1", False)], True),
    "made from it in a function": ([("b = f(1)", True), ("def a():\n    return b", False)], True),
    "set again": ([("a = f(1)", True), ("a = f(2)", False)], False),
    "another of that name": ([("b = f(1)", True), ("a = [b for b in range(3)]", False)], False),
    "a parameter of that name": ([("b = f(1)", True), ("def a(b):\n    return b", False)], False),
    "a magic": ([("%matplotlib inline", True), ("a = f(1)", False)], False),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "measured"), CHANGES.values(), ids=CHANGES)
def test_what_belongs_to_the_run_at_hand(cells, measured):
    run = recorded._Run()
    for code, mark in cells:
        run.cell(recorded.SourceCell("code", "", code, {"measured": mark}, "line 1"))
    assert ("a" in run.measured) == measured


@pytest.mark.parametrize(("value", "what"), [("(1, 2)", "a list for a tuple"), ("{1, 2}", "cannot be recorded: TypeError")])
def test_what_cannot_be_recorded(book, value, what):
    edit(book / CHAPTER, 'print(len(right["new"]), "seeds")', f"right = {value}")
    with pytest.raises(BookError, match=rf"line 27: 'right' .*{what}.*\n +record numbers, words, lists"):
        execute(Project(book), [chapter(book)], quiet=True)


@pytest.mark.parametrize(("code", "told"), [
    ("seeds(3, of=30)", (3, 30, "seeds")), ("f(training.seeds(3, of=30))", (3, 30, "seeds")), ("f(3)", None), ("%time", None),
])  # fmt: skip
def test_how_many_of_how_many(code, told):
    assert recorded.counts(recorded.SourceCell("code", "", code)) == told


@pytest.mark.parametrize(("code", "what"), [
    ("seeds(n, of=30)", "does not say how many"), ("seeds(of=30)", "does not say"), ("seeds(1, of=2), seeds(2, of=3)", "in several ways"),
])  # fmt: skip
def test_counts_that_cannot_be_told(code, what):
    with pytest.raises(BookError, match=what):
        recorded.counts(recorded.SourceCell("code", "", code, {}, "here"))
