"""Predictions and links in a chapter's source: what is read, and every mistake that is refused with its place."""

import re

import pytest
from small_book import edit

from coursekit import predict, show
from coursekit.cells import SourceCell
from coursekit.chapter import read_chapter
from coursekit.errors import BookError

ASKED = '''\
# %% predict [markdown] name="twice" objective="double"
# ### Predict first
#
# What is twice the number, and is it even?
#
# :field: Twice it
# :unit: apples
# :answer: twice
# :wrong: 21: That is once.
# :wrong: below 21: It grows.
# :field: Is it even?
# :choices: even | odd
# :answer: "odd" if twice % 2 else "even"
# :wrong: odd: Twice anything is even.

'''
FIRST = "# %%\nfrom toybook"
TOLD = "# The double of"


@pytest.fixture
def source(book):
    """The small book's chapter with a prediction in it, and a link."""
    path = book / "book/chapters/01_double.py"
    edit(path, FIRST, ASKED + FIRST)
    edit(path, TOLD, "# {answer}`twice`\n#\n# Look {show}`steeply <fig-line slope=2 dashed=true>`.\n#\n" + TOLD)
    return path


def load(source):
    return read_chapter(source, source.parents[2])


def test_a_prediction_is_read(source):
    chapter = load(source)
    one = chapter.predictions["twice"]
    assert [(f.label, f.unit, f.choices, f.answer) for f in one.fields] == [
        ("Twice it", "apples", [], "twice"), ("Is it even?", "", ["even", "odd"], '"odd" if twice % 2 else "even"')]  # fmt: skip
    assert one.fields[0].wrong == [((21, 21), "That is once."), ((None, 21), "It grows.")]
    assert one.fields[1].wrong == [("odd", "Twice anything is even.")]
    (cell,) = [cell for cell in chapter.cells if cell.role == "predict"]
    assert cell.text == "### Predict first\n\nWhat is twice the number, and is it even?", "the fields are no prose"
    (told,) = [cell for cell in chapter.cells if cell.asks]
    assert [asked.text for asked in told.asks] == [f.answer for f in one.fields] and cell in chapter.lesson
    assert chapter.taught()["double"] == ["Double it", "Predict first"]
    lines = source.read_text().splitlines()
    assert [lines[int(f.where.rpartition(" ")[2]) - 1] for f in one.fields] == ["# :field: Twice it", "# :field: Is it even?"]


def test_a_link_is_read(source):
    (link,) = load(source).links
    assert (link.words, link.figure, link.traits) == ("steeply", "fig-line", {"slope": 2, "dashed": True})
    assert "{show}" in source.read_text().splitlines()[int(link.where.rpartition(" ")[2]) - 1]


ANSWER = "# {answer}`twice`\n#\n"
MISTAKES = {
    "unknown": ("{answer}`twice`", "{answer}`thrice`", r"no prediction is called 'thrice'\n    asked above are: twice", "{answer}`thrice`"),
    "before": ("# Before any code:", ANSWER + "# Before any code:", r"'twice' is answered before it is asked, in .*, line \d+", "{answer}"),
    "at once": ("# What is twice the number,", ANSWER + "# What is twice the number,", r"'twice' is answered before it is asked", "{answer}"),
    "never": (ANSWER, "", r"the prediction 'twice' is never answered\n    write \{answer\}`twice` where", "# %% predict"),
    "in a task": ("Write `halve(x)`.", "{answer}`twice`", r"a task cannot hold \{answer\}", "{answer}"),
    "asked twice": (FIRST, ASKED + FIRST, r"the prediction 'twice' is asked twice\n    the first is in .*, line \d+", "# %% predict"),
    "no fields": (re.search(r"# :field: Twice.*?\n\n", ASKED, re.S)[0], "\n", "has 1 to 3 fields, this has 0", "# %% predict"),
    "four fields": ("# :field: Is", "# :field: a\n# :answer: twice\n# :field: b\n# :answer: twice\n# :field: Is", "1 to 3 fields, this has 4", "# %% predict"),
    "no answer": ("# :answer: twice\n", "", r"the field 'Twice it' has no right answer", ":field: Twice it"),
    "no expression": (":answer: twice", ":answer: twice +", r":answer: twice \+ is no Python expression", ":answer: twice +"),
    "no name": (":answer: twice", ":answer: 42", ":answer: 42 computes nothing", ":answer: 42"),
    "one choice": ("even | odd", "even", "'even' gives no choice", ":choices: even"),
    "equal choices": ("even | odd", "odd | odd", "'odd | odd' gives no choice", ":choices: odd"),
    "strange wrong": (":wrong: odd:", ":wrong: old:", r"'old: Twice .*' names no choice\n    .* choices are even, odd", ":wrong: old"),
    "no number": (":wrong: 21:", ":wrong: about 21:", r"'about 21: That is once.' names no wrong number\n    write `9: words`", ":wrong: about"),
    "no words": (":wrong: 21: That is once.", ":wrong: 21:", "names no wrong number", ":wrong: 21:"),
    "unknown key": (":unit: apples", ":units: apples", "':units: apples' is no line of a field", ":units:"),
    "no key": (":unit: apples", "apples", "'apples' is no line of a field", "# apples"),
    "braces": (":answer: twice\n", ":answer: {{= twice =}}\n", "a field’s lines hold no", ":answer: {{="),
    "a name": ('name="twice"', 'name="Twice!"', "name='Twice!' is no name", "# %% predict"),
    "no cell name": ('name="twice" ', "", "name=None is no name", "# %% predict"),
    "an argument": ('name="twice"', 'name="twice" alt="x"', "unknown argument 'alt'", "# %% predict"),
    "code": ("# %% predict [markdown]", "# %% predict", "must be markdown", "# %% predict"),
    "no figure": ("<fig-line slope", "<fig-lane slope", r"this chapter has no figure 'fig-lane'\n    .* fig-line", "fig-lane"),
    "another chapter's": ("<fig-line slope", "<fig-more slope", "this chapter has no figure 'fig-more'", "fig-more"),
    "no traits": (" slope=2 dashed=true", "", "cannot be read\n    write {show}`words <fig-name trait=value", "{show}"),
    "half a trait": ("dashed=true", "dashed", "cannot be read", "{show}"),
    "no words to show": ("steeply <", "<", "cannot be read", "{show}"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message", "at"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused(source, old, new, message, at):
    """With the line that holds it."""
    edit(source, old, new)
    with pytest.raises(BookError, match=message) as refused:
        load(source)
    assert at in source.read_text().splitlines()[int(re.search(r"line (\d+)", str(refused.value))[1]) - 1]


@pytest.mark.parametrize(("field", "value", "right"), [
    ({}, "8.69", "8.69"), ({}, "22855952", "22,855,952"), ({}, "22,855,952", "22,855,952"), ({}, "-3", "-3"), ({}, "0.00123456", "0.00123456"),
    ({"choices": ["fewer", "more"]}, "more", "more"),
])  # fmt: skip
def test_a_right_answer_is_written(field, value, right):
    assert predict.Field("How many?", "a.py, line 3", **field).right(value) == right


@pytest.mark.parametrize(("field", "value", "message"), [
    ({"choices": ["fewer", "more"]}, "less", "a.py, line 3: the right answer 'less' is not among the choices\n    the choices are fewer, more"),
    ({}, "many", "the right answer 'many' is no number"), ({}, "nan", "'nan' is no number"), ({}, "1e+03", "is no number"),
    ({}, "8.692307692", "has more than 6 digits\n    format it"),
    ({"wrong": [predict.Wrong((2.0, 9.0), "no")]}, "8.69", "8.69 is among the wrong ones: no"),
    ({"wrong": [predict.Wrong("more", "no")], "choices": ["fewer", "more"]}, "more", "more is among the wrong ones"),
])  # fmt: skip
def test_what_no_reader_could_say_is_refused(field, value, message):
    with pytest.raises(BookError, match=message):
        predict.Field("How many?", "a.py, line 3", **field).right(value)


def test_values_of_a_link():
    link = show.parse('as\nhere <fig-a n=3 f=0.5 on=false name="two words" kind=depthwise some=["a","b"]>', "a.py, line 3")
    assert link.words == "as here"
    assert link.traits == {"n": 3, "f": 0.5, "on": False, "name": "two words", "kind": "depthwise", "some": ["a", "b"]}


def test_the_words_of_fields_are_prose(source):
    from coursekit.prose import bare_numbers

    edit(source, "That is once.", "That is 4096 times too few.")
    (fault,) = [str(fault) for cell in load(source).prose for fault in bare_numbers(cell)]
    assert "the bare number '4096'" in fault


def test_a_place_in_a_cell():
    assert SourceCell("markdown", "", "a\nb", where="book/x.py, line 7").at(1) == "book/x.py, line 9"
