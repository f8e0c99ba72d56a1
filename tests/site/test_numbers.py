"""Numbers by chapter, and labels that are alike in the text and in the list of references."""

import pytest
from booksite.citations import AuthorYear, label
from booksite.numbers import by_chapter, chapter
from pybtex.database import parse_string
from sphinx.errors import ExtensionError


def test_a_file_s_name_has_the_chapter_s_number():
    names = ("notebooks/05_shufflenet_v1", "notebooks/gallery", "book/welcome", "notebooks/12_x", "notebooks/2024")
    assert [chapter(name) for name in names] == [(5,), (), (), (12,), ()]


def test_what_is_numbered_begins_anew_in_each_chapter():
    numbers = {
        "notebooks/01_a": {"figure": {"one": (1,), "two": (2,)}, "table": {"t": (1,)}},
        "notebooks/05_b": {"figure": {"later": (4,), "first": (3,)}, "displaymath": {"e": (1,)}},
        "notebooks/gallery": {"figure": {"g": (5,)}},
    }
    by_chapter(numbers)
    assert numbers["notebooks/01_a"] == {"figure": {"one": (1, 1), "two": (1, 2)}, "table": {"t": (1, 1)}}
    assert numbers["notebooks/05_b"] == {"figure": {"first": (5, 1), "later": (5, 2)}, "displaymath": {"e": (5, 1)}}
    assert numbers["notebooks/gallery"] == {"figure": {"g": (1,)}}
    again = {page: {kind: dict(found) for kind, found in kinds.items()} for page, kinds in numbers.items()}
    by_chapter(again)
    assert again == numbers, "numbered twice is numbered once"


BIB = """
@misc{one, author = {Doe, Jo}, year = {2017}}
@misc{two, author = {Doe, Jo and van der Roe, Al}, year = {2018}}
@misc{many, author = {Doe, Jo and Roe, Al and Poe, Ed}, year = {2019}}
@misc{firm, author = {{Some Firm}}, year = {2020}}
@misc{someone, author = {{someone} and others}}
"""


def test_labels_say_who_and_when():
    entries = parse_string(BIB, "bibtex").entries.values()
    expected = ["Doe, 2017", "Doe and van der Roe, 2018", "Doe et al., 2019", "Some Firm, 2020", "someone et al., n.d."]
    assert [label(entry) for entry in entries] == expected == AuthorYear().format_labels(list(entries))


def test_two_entries_with_one_label_are_refused():
    entries = list(parse_string(BIB + "@misc{other, author = {Doe, Ann}, year = {2017}}", "bibtex").entries.values())
    with pytest.raises(ExtensionError, match=r"one, other all have the label \[Doe, 2017\]: write year = \{2016a\}"):
        AuthorYear().format_labels(entries)
