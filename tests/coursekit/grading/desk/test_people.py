"""Class lists as platforms and spreadsheets write them: who is on them, and what is said of those that cannot be read."""

import pytest
from grading.desk.downloads import sheet

from coursekit.errors import BookError
from coursekit.grading.desk.people import folder_name, read_class_list, squeezed

LISTS = {
    "canvas": [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "One (5)"], ["", "", "", "", "", "Manual Posting"],
               ["    Points Possible", "", "", "", "", "7"], ["Abel, Ada", "11", "-99", "aabel", "A", "3"],
               ["Student, Test", "12", "", "x1", "A", ""]],
    "canvas split names": [["LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID", "Section"],
                           ["Abel", "Ada", "11", "99", "aabel", "A"]],
    "participants": [["First name", "Last name", "ID number", "Email address"], ["Ada", "Abel", "99", "aabel"]],
    "surname": [["Surname", "First name", "Email address"], ["Abel", "Ada", "aabel"]],
    "worksheet": [["Identifier", "Full name", "Email address", "Grade"], ["Participant 11", "Ada Abel", "aabel", "-"]],
    "own": [["Name", "E-Mail"], ["Ada Abel", "aabel"]],
    "own, names apart": [["student number", "family name", "given name"], ["aabel", "Abel", "Ada"]],
    "our own marks": [["student", "last_name", "first_name", "mark"], ["aabel", "Abel", "Ada", "3"]],
    "with a title above": [["Course of 2026"], [], ["Username", "Full name"], ["aabel", "Ada Abel"]],
}  # fmt: skip
KINDS = {"canvas": "canvas", "canvas split names": "canvas", "participants": "moodle", "surname": "moodle", "worksheet": "worksheet"}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("cp1252", ";")])
def test_whose_list_it_is_and_who_is_on_it(tmp_path, name, encoding, delimiter):
    people = read_class_list(sheet(tmp_path / "list.csv", LISTS[name], encoding, delimiter))
    assert people.kind == KINDS.get(name, "plain")
    (ada,) = people.people
    assert (ada.student, ada.first, ada.last) == ("aabel", "Ada", "Abel")
    for written in ("Ada Abel", "abelada", "ABEL, Ada", "Ａda Abel"):
        assert people.named(written) == [ada]
    assert people.with_id(" AABEL") == [ada] and not people.named("Ada") and not people.named("...") and not people.with_id("")


@pytest.mark.parametrize(("content", "words"), [
    (b"", "names the columns"), (b"a,b\n1,2\n", "names the columns"), (b"name,id\n", "names nobody"), (b"PK\x03\x04x", "spreadsheet"),
    (b"name,id\nAda,1\nBo,1\n", "stands for two people"), (b"name,id\nAda,x\nBo,X\n", "stands for two people"),
    (b"\x00" * 300, "names the columns"), (b"name,id\n" + b"x" * 200_000, ""),
])  # fmt: skip
def test_what_is_no_class_list_is_told_in_words(tmp_path, content, words):
    (tmp_path / "list.csv").write_bytes(content)
    if words:
        with pytest.raises(BookError, match=words):
            read_class_list(tmp_path / "list.csv")
    else:
        assert len(read_class_list(tmp_path / "list.csv").people[0].student) == 120


def test_a_list_that_is_not_there(tmp_path):
    for path in (tmp_path / "no.csv", tmp_path, tmp_path / ("x" * 300)):
        with pytest.raises(BookError, match="cannot be read"):
            read_class_list(path)


@pytest.mark.parametrize(("text", "name"), [
    ("../../etc", "_.._etc"), ("a/b\\c", "a_b_c"), (".hidden", "hidden"), ("..", ""), ("a\0b\x1b[1m", "a_b__1m"), (" x ", "x"),
    ("-ada", "-ada"), ("ada@x.edu", "ada@x.edu"), ("Zoe\u0308", "Zoë"), ("é" * 200, "é" * 60), ("\ud800", "_"), ("{chapter}", "_chapter_"),
])  # fmt: skip
def test_folder_names(text, name):
    assert folder_name(text) == name and len(name.encode()) <= 120


def test_names_are_compared_by_their_letters():
    assert squeezed("O’Brien-Łuk, JÖ") == squeezed("o'brien łuk jo\u0308") == "obrienłukjö"
