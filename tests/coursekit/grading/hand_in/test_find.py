"""Which file of a folder is taken for the notebook."""

import os

import pytest

from coursekit.grading.hand_in import find
from coursekit.grading.hand_in.find import Found, find_notebook, said

NAME = "05_shuffle_v1"


def put(folder, name, text="{}", age=0):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (1_700_000_000 - age,) * 2)
    return path


def test_the_exact_name_wins_without_a_word(tmp_path):
    path = put(tmp_path, f"{NAME}.ipynb", "{}", age=100)
    put(tmp_path, f"Copy of {NAME}.ipynb", "{}")
    put(tmp_path, ".ipynb_checkpoints/old.ipynb", "[]")
    put(tmp_path, "scratch.ipynb", "[]")
    assert find_notebook(tmp_path, NAME) == Found(path)


def test_another_version_beside_the_exact_name_is_told(tmp_path):
    path = put(tmp_path, f"{NAME}.ipynb", "{}")
    put(tmp_path, f"{NAME} (1).ipynb", '{"newer": 1}')
    found = find_notebook(tmp_path, NAME)
    assert (found.path, found.doubt) == (path, "")
    assert found.notes == (f"`{NAME} (1).ipynb`, another version, was left aside",)


@pytest.mark.parametrize(
    "name",
    [
        *(f"Copy of {NAME}.ipynb", f"Copy_of_{NAME}.ipynb", f"Kopie von {NAME}.ipynb", f"Copy of Copy of {NAME}.ipynb"),
        *(
            f"{NAME} (1).ipynb",
            f"{NAME}(12).ipynb",
            f"{NAME}-Copy1.ipynb",
            f"{NAME} - Copy (2).ipynb",
            f"{NAME}_final.ipynb",
        ),
        *(
            f"{NAME}_final2.ipynb",
            f"{NAME.upper()}.IPYNB",
            f"{NAME}.ipynb.txt",
            f"{NAME}.ipynb.json",
            "05 Shuffle V1.ipynb",
        ),
        *(f"{NAME}/{NAME}.ipynb", f"a/b/{NAME}.ipynb", f"anna_123_assignsubmission_file_{NAME}.ipynb"),
    ],
)
def test_a_renamed_notebook_is_found_and_preferred(tmp_path, name):
    path = put(tmp_path, name, "{}", age=100)
    put(tmp_path, "scratch.ipynb", "[]")
    assert find_notebook(tmp_path, NAME) == Found(path, (f"the notebook was found as `{said(name)}`",))


@pytest.mark.parametrize("name", ["homework.ipynb", "anna/lösung.ipynb", "week 5.json"])
def test_a_wholly_other_name_is_taken_when_it_is_the_only_one(tmp_path, name):
    path = put(tmp_path, name, '{"cells": []}')
    put(tmp_path, "data.json", '{"points": [1, 2]}')
    assert find_notebook(tmp_path, NAME) == Found(path, (f"the notebook was found as `{name}`",))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "notes.txt",
            f"{NAME}.py",
            f"{NAME}.pdf",
            "data.json",
            "a/b/c/deep.ipynb",
            f"._{NAME}.ipynb",
            f".~{NAME}.ipynb",
        ),
        *(f"__MACOSX/{NAME}.ipynb", f".ipynb_checkpoints/{NAME}-checkpoint.ipynb"),
    ],
)
def test_what_is_not_looked_at(tmp_path, name):
    put(tmp_path, name)
    assert find_notebook(tmp_path, NAME) == Found(None, ("no notebook was found",))


def test_of_several_versions_the_newest_is_taken_and_doubted(tmp_path):
    put(tmp_path, f"{NAME} (2).ipynb", "[2]", age=50)
    newest = put(tmp_path, f"{NAME} (10).ipynb", "[10]", age=100)
    put(tmp_path, f"Copy of {NAME}.ipynb", "[0]")
    found = find_notebook(tmp_path, NAME)
    assert found.path == newest
    assert found.doubt == f"3 different notebooks were handed in; the newest, `{NAME} (10).ipynb`, was taken"


def test_without_numbers_the_time_decides_and_same_bytes_are_no_doubt(tmp_path):
    put(tmp_path, f"a/{NAME}.ipynb", "[1]", age=50)
    newest = put(tmp_path, f"b/{NAME}.ipynb", "[2]", age=10)
    assert find_notebook(tmp_path, NAME).path == newest
    put(tmp_path, f"b/{NAME}.ipynb", "[1]")
    found = find_notebook(tmp_path, NAME)
    assert found.path == tmp_path / "a" / f"{NAME}.ipynb" and not found.doubt


def test_links_are_never_followed(tmp_path):
    secret = put(tmp_path, f"secret/{NAME}.ipynb")
    folder = tmp_path / "anna"
    folder.mkdir()
    (folder / f"{NAME}.ipynb").symlink_to(secret)
    (folder / "deeper").symlink_to(secret.parent)
    notes = (f"`{NAME}.ipynb` is a link; links are not followed", "no notebook was found")
    (folder / "other.ipynb").symlink_to(secret)
    assert find_notebook(folder, NAME) == Found(None, notes)
    mine = put(folder, "mine.ipynb")
    assert find_notebook(folder, NAME).path == mine
    (tmp_path / "linked").symlink_to(secret.parent)
    assert find_notebook(tmp_path / "linked", NAME) == Found(None, ("the folder is a link; links are not followed",))


def test_pipes_and_folders_under_the_expected_name(tmp_path):
    os.mkfifo(tmp_path / f"{NAME}.ipynb")
    os.mkfifo(tmp_path / "other.ipynb")
    assert find_notebook(tmp_path, NAME).notes == (f"`{NAME}.ipynb` is no ordinary file", "no notebook was found")
    os.remove(tmp_path / f"{NAME}.ipynb")
    inner = put(tmp_path, f"{NAME}.ipynb/{NAME}.ipynb")
    assert find_notebook(tmp_path, NAME).path == inner


def test_folders_that_cannot_be_read(tmp_path, monkeypatch):
    assert find_notebook(tmp_path / "none", NAME) == Found(None, ("nothing was handed in",))
    file = put(tmp_path, "file")
    assert find_notebook(file, NAME) == Found(None, ("the folder cannot be read: Not a directory",))

    def refused(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(find.os, "scandir", refused)
    assert find_notebook(tmp_path, NAME) == Found(None, ("the folder cannot be read: Permission denied",))


def test_a_heap_of_files_is_looked_at_for_a_while_only(tmp_path, monkeypatch):
    for i in range(60):
        put(tmp_path, f"{i:03}.json", f'{{"cells": [{i}]}}')
    reads = []
    real = find.bytes_of
    monkeypatch.setattr(find, "bytes_of", lambda path: reads.append(path) or real(path))
    assert find_notebook(tmp_path, NAME).doubt.startswith("40 different notebooks")
    assert len(reads) <= 80


def test_names_in_notes_are_harmless(tmp_path):
    put(tmp_path, "\x1b[31mred\n\u202eevil" + "x" * 100 + ".ipynb")
    (note,) = find_notebook(tmp_path, NAME).notes
    assert note == "the notebook was found as `[31mred evil" + "x" * 47 + "…`"
    assert said("a\0b\udc80c") == "a b c"
