"""Typed conclusions beside a measured cell are refused, with their line; questions, citations, quotations are not."""

import pytest
from small_book import edit

from coursekit.chapter import read_chapters
from coursekit.errors import BookError
from coursekit.project import Project
from coursekit.public import conclusions
from coursekit.public.build import build

CHAPTER = "book/chapters/01_double.py"


@pytest.fixture
def book(book):
    edit(book / CHAPTER, "# %%\nfrom toybook", "# %% measured=true\nfrom toybook")
    edit(book / CHAPTER, "# The double of {{= twice // 2 =}} is {{= twice =}}. See", "# See")
    return book


def faults(book):
    return conclusions.faults(read_chapters(Project(book).sources(), book)[0])


def plant(book, sentence):
    edit(book / CHAPTER, "# It *doubles*.", f"# It *doubles*. {sentence}")


WRONG = [  # the first two stood in the book, above tables that said otherwise
    ("The first is answered without it too, if a little less well: a sum is *a* way to answer it.", ["less well"]),
    ("Its mean lies below that, and there is hardly a seed, if any, with which it is the better one.", ["hardly", "better"]),
    ("It is slower. On phones it is quicker.", ["slower", "quicker"]),
    ("It does as well as the other.", ["as well as"]),
    ("An ELU we cannot tell from nothing; the two cannot be told apart.", ["cannot tell", "cannot be told"]),
    ("It outperforms {{= len('x') =}} of them.", ["outperforms"]),
    ("Better so: {{= 'better' + str(len('x')) =}}.", ["Better"]),
    ("Without it the second question is a coin toss, and we see no effect.", ["coin toss", "we see no"]),
    ("It took `faster` ways\n# and was *much*\n# faster.", ["faster"]),
]
RIGHT = [
    "Which is better, and which is the slower one?",
    "{cite:t}`someone2020` finds it faster and better.",
    "It is {{= len('x') and 'better' =}}.",
    "The rule's words are “better” and “hardly a difference”.",
    "Their bars no longer overlap, in `faster.py` and $better$.",
]


@pytest.mark.parametrize(("sentence", "words"), WRONG, ids=[words[0] for _, words in WRONG])
def test_a_typed_conclusion_is_refused(book, sentence, words):
    assert faults(book) == []
    plant(book, sentence)
    found = faults(book)
    assert [fault.what.split("'")[1] for fault in found] == words
    lines = (book / CHAPTER).read_text().splitlines()
    for word, fault in zip(words, found, strict=True):
        assert word in lines[int(fault.where.split()[-1]) - 1], "the very line"
        assert "let the record say it" in fault.todo


@pytest.mark.parametrize("sentence", RIGHT)
def test_what_is_no_typed_conclusion(book, sentence):
    plant(book, sentence)
    assert faults(book) == []


def test_only_beside_a_measured_cell(book):
    edit(book / CHAPTER, "# %% ledger [markdown]", "# %% [markdown]\n# ## Recap\n#\n# It is better.\n\n# %% ledger [markdown]")
    assert faults(book) == []
    plant(book, "It is better.")
    assert len(faults(book)) == 1
    edit(book / CHAPTER, "measured=true", "")
    assert faults(book) == []


def test_a_caption(book):
    edit(book / CHAPTER, 'caption="A line."', 'caption="The faster line."')
    (fault,) = faults(book)
    assert "'faster'" in fault.what and 'name="fig-line"' in (book / CHAPTER).read_text().splitlines()[int(fault.where.split()[-1]) - 1]


def test_a_build_stops(book):
    plant(book, WRONG[0][0])
    with pytest.raises(BookError, match=r"01_double\.py, line 32: the typed conclusion 'less well' beside a measured cell"):
        build(book, quiet=True)


MARKER = "# %% [markdown]\n# See"
EXCEPTIONS = {
    "a reason": ('typed="better: names the rule itself"', None),
    "no reason": ('typed="better"', "gives no reason"),
    "a short one": ('typed="better: a rule"', "gives no reason"),
    "another word": ('typed="better, worse: names the rule itself"', "excepts 'worse', which stands nowhere here"),
}


@pytest.mark.parametrize(("argument", "what"), EXCEPTIONS.values(), ids=EXCEPTIONS)
def test_an_exception_gives_a_reason_and_is_needed(book, argument, what):
    plant(book, "It is better.")
    edit(book / CHAPTER, MARKER, f"# %% [markdown] {argument}\n# See")
    assert [what in fault.what for fault in faults(book)] == ([True] if what else [])


def test_an_exception_where_nothing_is_measured(book):
    edit(book / CHAPTER, MARKER, '# %% [markdown] typed="better: names the rule itself"\n# See')
    edit(book / CHAPTER, "measured=true", "")
    plant(book, "It is better.")
    assert "excepts 'better'" in faults(book)[0].what
