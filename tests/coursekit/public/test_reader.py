"""What a page offers its reader: answers computed where they are told, links to states that the figure itself accepts."""

import json
import re

import pytest
from bs4 import BeautifulSoup
from small_book import edit, second_chapter
from test_predict import ASKED, FIRST, TOLD

from coursekit.cells import SourceCell
from coursekit.chapter import read_chapters
from coursekit.errors import BookError
from coursekit.project import Project
from coursekit.public import editions
from coursekit.public.execute import _key, execute
from coursekit.public.plain import References

FIGURE = '''\
# %% name="fig-dial" alt="A dial." caption="A dial."
class Dial:
    def moved(self, at=1, on=False):
        if at > 9:
            raise ValueError(f"at must be one of 1 to 9; got {at}")
        return {"at": at, "on": on, "other": "<&>"}


Dial()

'''
LINK = "# Look {show}`up & on <fig-dial at=7 on=true>`, {answer}`twice`.\n#\n# {answer}`twice`\n#\n"


@pytest.fixture
def asked(book):
    """The small book with a prediction, and a link to a figure that stands below it."""
    path = book / "book/chapters/01_double.py"
    edit(path, FIRST, ASKED + FIRST)
    edit(path, TOLD, LINK + TOLD)
    edit(path, "# %% task [markdown]", FIGURE + "# %% task [markdown]")
    return path


def run(path):
    project = Project(path.parents[2])
    (chapter,) = read_chapters(project.sources(), project.root)
    return project, chapter, execute(project, [chapter], jobs=1, quiet=True)[chapter.stem]


def sources(nb, kind="markdown"):
    return "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == kind)


def test_page_and_notebook(asked):
    project, chapter, result = run(asked)
    assert result.shown == {"up & on <fig-dial at=7 on=true>": {"at": 7, "on": True, "other": "<&>"}}
    page = sources(editions.page(project, chapter, result, []))
    soup = BeautifulSoup(page, "html.parser")
    (form,) = soup.select("form.book-predict[hidden]")
    assert (form["data-chapter"], form["data-predict"]) == ("01_double", "twice")
    assert [box["id"] for box in form.select("input[type=text]")] == ["predict-twice-1"] == [form.select_one("label")["for"]]
    assert [radio["value"] for radio in form.select("fieldset.book-field input")] == ["even", "odd"]
    assert "42" not in form.get_text() + str(soup.select_one("ul.book-questions")), "the form does not know the answer"
    assert not re.search(r"\n\s*\n", page[page.index("<form") : page.index("</ul>")]), "an empty line would end the block"
    span, line = soup.select(".book-answer[hidden]")
    assert (span.name, line.name) == ("span", "p") and span["data-answer"] == line["data-answer"]
    known = json.loads(line["data-answer"])
    assert [(field["label"], field["right"]) for field in known] == [("Twice it", "42"), ("Is it even?", "even")]
    assert known[0]["wrong"] == [[[21, 21], "That is once."], [[None, 21], "It grows."]]
    (link,) = soup.select("span.book-show")
    assert link.get_text() == "up & on" and link["data-figure"] == "fig-dial"
    assert json.loads(link["data-state"]) == result.shown["up & on <fig-dial at=7 on=true>"]

    names = ("fig-line", "a-target", "ledger-01_double")
    labels = {name: {"url": "x.html", "title": "x", "kind": "figure", "number": "1"} for name in names}
    refs = References(labels, project.bibliography, project.book_url)
    text = sources(editions.notebook(project, chapter, result, [], refs))
    assert "\n\n- Twice it (apples)?\n- Is it even: even or odd?\n" in text
    assert "\n\nLook up & on,.\n\nThe double of 21 is 42." in text
    assert not any(word in text for word in ("{answer}", "{show}", ":field:", "book-", "apples:"))


@pytest.mark.parametrize(("old", "new", "at", "message"), [
    (":answer: twice\n", ":answer: thrice\n", ":field: Twice it", ":answer: thrice fails: NameError: name 'thrice' is not defined"),
    ("at=7", "at=12", "{show}", r"fig-dial refuses \{show\}`up & on <fig-dial at=12 on=true>`: at must be one of 1 to 9; got 12"),
    ("at=7", "height=7", "{show}", "fig-dial refuses .*unexpected keyword argument 'height'"),
    ("fig-dial at=7", "fig-line at=7", "{show}", "fig-line is no figure that a link can move\n    its cell must end with"),
])  # fmt: skip
def test_what_only_the_lesson_knows_is_refused_with_its_line(asked, old, new, at, message):
    edit(asked, old, new)
    with pytest.raises(BookError, match=message) as refused:
        run(asked)
    assert at in asked.read_text().splitlines()[int(re.search(r"line (\d+)", str(refused.value))[1]) - 1]


def test_what_a_figures_cell_says_reaches_the_page():
    args = {"alt": "A line", "caption": "See it.", "name": "fig-a", "hide": "code", "wide": True}
    picture = {"image": {"alt": "A line"}, "figure": {"caption": "See it.", "name": "fig-a"}}
    assert editions._figure(SourceCell("code", "", "plot()", args)) == {"mystnb": picture, "tags": ["hide-input", "wide"]}
    assert editions._figure(SourceCell("code", "", "plot()")) == {}


def test_a_choice_that_the_lesson_does_not_give_is_refused(asked):
    edit(asked, 'answer: "odd" if twice % 2 else "even"', 'answer: str(twice % 2)')
    project, chapter, result = run(asked)
    with pytest.raises(BookError, match=r"line \d+: the right answer '0' is not among the choices\n    the choices are even, odd"):
        editions.page(project, chapter, result, [])


def test_another_state_runs_the_lesson_again(asked):
    """And so does another figure, or another answer."""
    def key():
        project = Project(asked.parents[2])
        return _key(project, read_chapters(project.sources(), project.root)[0], {})

    keys = [key()]
    for old, new in [("at=7", "at=8"), ("fig-dial at", "fig-line at"), (":answer: twice\n", ":answer: twice + 1\n")]:
        edit(asked, old, new)
        keys.append(key())
    assert len(set(keys)) == 4
    edit(asked, "That is once.", "Only once.")
    assert key() == keys[-1], "words run nothing"


def test_a_chapter_is_called_by_its_number(book):
    path = book / "book/chapters/01_double.py"
    second_chapter(book, "05_more")
    edit(path, "# It *doubles*.", "# See {chapter}`5` and {chapter}`what follows <5>`.")
    project = Project(book)
    chapters = read_chapters(project.sources(), book)
    numbers = [(one.number, one.title, *map(one.exercise_number, one.exercises)) for one in chapters]
    assert numbers == [(1, "1. Doubling", "1.1"), (5, "5. More", "5.1")]
    texts = [editions._text(project, chapters[0], cell, []) for cell in chapters[0].cells if cell.kind == "markdown"]
    assert texts[0].startswith("# 1. Doubling\n")
    assert any("See [chapter 5](05_more.ipynb) and [what follows](05_more.ipynb)." in text for text in texts)
    edit(path, "{chapter}`5`", "{chapter}`6`")
    (cell,) = [cell for cell in read_chapters(project.sources(), book)[0].cells if "{chapter}`6`" in cell.text]
    with pytest.raises(BookError, match=r"01_double.py, line \d+: the book has no chapter 6\n    there are 1, 5; call a later one"):
        editions._text(project, chapters[0], cell, [])
