"""The page of the hidden tests' strength: sums, what is missing or old, and a file that is not what it should be."""

import json
from dataclasses import replace

import pytest
from small_book import edit, measure, second_chapter

from coursekit import strength
from coursekit.chapter import read_chapters
from coursekit.errors import BookError
from coursekit.project import Project
from coursekit.public.strength_page import chapter_digest, out_of_date, page

TRIED = strength.Tried(10, 9, 1)
SOURCE, NAME = "book/chapters/01_double.py", "book/records/01_double.json"


def load(book):
    return read_chapters(Project(book).sources(), book), strength.read(book)


def test_a_row_a_sum_and_no_fault(book):
    chapters, record = load(book)
    assert out_of_date(chapters, record) == []
    text = page(chapters, record)
    assert "## [1. Doubling](../notebooks/01_double.ipynb)" in text
    assert "| 1.1 Halve a number | 2 | 2 | 7 | 3 | 40 | 36 | 3 | double a number |" in text
    assert "1 graded exercise, 2 points, 2 right answers accepted, 7 wrong answers rejected." in text
    assert "The visible tests catch 3 of the wrong ones; the other 4 only the hidden tests find." in text
    assert "They notice 36 of 37 mutants that do not behave as the solution does." in text
    assert "All measured chapters" not in text


def test_words_may_change_without_a_new_measurement(book):
    edit(book / SOURCE, "# ### Halve a number", "# ### Half | of a number")
    edit(book / SOURCE, "Write `halve(x)`", "Write a function `halve(x)`")
    edit(book / SOURCE, "double: double a number", "double: double or halve")
    chapters, record = load(book)
    assert out_of_date(chapters, record) == []
    assert "| 1.1 Half \\| of a number | 2 | 2 | 7 | 3 | 40 | 36 | 3 | double or halve |" in page(chapters, record)


@pytest.mark.parametrize("mutated", [None, strength.Mutated("tests", {}), strength.Mutated("tests", {"other": TRIED})])
def test_mutants_that_were_not_tried(book, mutated):
    chapters, record = load(book)
    record["01_double"] = replace(record["01_double"], mutated=mutated)
    (fault,) = out_of_date(chapters, record)
    assert "the mutants of 01_double were not tried" in fault.what and "course --mutants 01_double" in fault.todo
    text = page(chapters, record)
    assert "| 1.1 Halve a number | 2 | 2 | 7 | 3 | – | – | – | double a number |" in text
    assert "They notice" not in text


@pytest.mark.parametrize(("old", "new"), [
    ('print("not answered yet")', 'print("no answer")'),
    ("points=2", "points=3"),
    ('"""Half of x."""', '"""The half of x."""'),
])  # fmt: skip
def test_an_exercise_that_changed_since_is_out_of_date(book, old, new):
    edit(book / SOURCE, old, new)
    chapters, record = load(book)
    (fault,) = out_of_date(chapters, record)
    assert fault.where == NAME and "01_double" in fault.what and "out of date" in fault.what
    assert "make course" in fault.todo
    text = page(chapters, record)
    assert "the counts are out of date" in text and "| Halve" not in text


def test_a_chapter_that_was_never_measured(book):
    second_chapter(book)
    chapters, record = load(book)
    (fault,) = out_of_date(chapters, record)
    assert "the exercises of 02_more are not measured yet" in fault.what
    text = page(chapters, record)
    assert "These exercises are not measured yet." in text and "| 1.1 Halve a number |" in text
    (book / NAME).unlink()
    chapters, record = load(book)
    assert len(out_of_date(chapters, record)) == 2 and "| 1.1 Halve a number |" not in page(chapters, record)


def test_the_sum_of_several_chapters(book):
    second_chapter(book)
    chapters, record = load(book)
    counts, mutated = strength.Counts(3, 6, 1), strength.Mutated("", {"third": TRIED})
    record["02_more"] = strength.Measured(chapter_digest(chapters[1]), "", {"third": counts}, mutated)
    assert out_of_date(chapters, record) == []
    told = page(chapters, record).split("## All measured chapters")[1]
    assert "2 graded exercises, 4 points, 5 right answers accepted, 13 wrong answers rejected" in told
    assert "catch 4 of the wrong ones; the other 9 only" in told and "They notice 45 of 46 mutants" in told


def test_an_entry_of_no_chapter_and_an_exercise_of_no_entry(book):
    chapters, record = load(book)
    (fault,) = out_of_date(chapters, record | {"09_gone": record["01_double"]})
    assert "no chapter 09_gone has graded exercises" in fault.what
    record["01_double"].exercises.clear()
    assert "out of date" in out_of_date(chapters, record)[0].what


@pytest.mark.parametrize("spoil", [
    lambda entry: entry.pop("public"),
    lambda entry: entry.pop("exercises"),
    lambda entry: entry.update(more=1),
    lambda entry: entry.update(private=7),
    lambda entry: entry.update(exercises=[1]),
    lambda entry: entry["exercises"]["halve"].update(right="2"),
    lambda entry: entry["exercises"]["halve"].update(right=-1),
    lambda entry: entry["exercises"]["halve"].update(caught=True),
    lambda entry: entry["exercises"]["halve"].update(caught=8),
    lambda entry: entry["exercises"]["halve"].update(note="x"),
    lambda entry: entry["exercises"]["halve"].pop("wrong"),
    lambda entry: entry.update(mutated=1),
    lambda entry: entry["mutated"].pop("tests"),
    lambda entry: entry["mutated"].update(tests=1),
    lambda entry: entry["mutated"].update(exercises={"halve": 3}),
    lambda entry: entry["mutated"]["exercises"]["halve"].pop("noticed"),
    lambda entry: entry["mutated"]["exercises"]["halve"].update(equivalent=5),
    lambda entry: entry["mutated"]["exercises"]["halve"].update(mutants="40"),
])  # fmt: skip
def test_a_file_that_is_not_what_it_should_be(book, spoil):
    path = book / NAME
    entry = json.loads(path.read_text())
    spoil(entry)
    path.write_text(json.dumps(entry))
    with pytest.raises(BookError, match=r"book/records/01_double.json: is not what `make course` writes"):
        strength.read(book)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "{}", "<<<<<<< HEAD\n{}"])
def test_a_file_that_is_no_record_at_all(book, text):
    (book / NAME).write_text(text)
    with pytest.raises(BookError, match="is not what `make course` writes"):
        strength.read(book)


def test_the_same_record_gives_the_same_bytes(book):
    before = (book / NAME).read_bytes()
    record = strength.read(book)
    strength.write(book, record | {"02_more": record["01_double"]})
    assert (book / NAME).read_bytes() == before and strength.kept(book) == ["01_double", "02_more"]
    strength.write(book, {}, gone=["02_more", "03_never_there"])
    assert strength.read(book) == record and strength.read(book, ["02_more"]) == {}
    measure(book, caught=2)
    assert (book / NAME).read_bytes() != before
    assert strength.digest(["ab", "c"]) != strength.digest(["a", "bc"])
