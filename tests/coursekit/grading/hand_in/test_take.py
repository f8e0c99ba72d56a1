"""What of a hand-in is graded: the notebook with the answers, wherever it lies, and the files beside it."""

import os
import zipfile
from pathlib import Path

import pytest
from grading.hand_ins import AREA, RELEASE, Student

from coursekit.grading.hand_in import read, unpack
from coursekit.grading.hand_in.beside import MOST_BYTES, lay_out
from coursekit.grading.hand_in.take import take
from coursekit.grading.places import handed_in, place

NAME = "05_shuffle_v1"
CHAPTERS = [NAME, "06_shuffle_v2", "15_last"]


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "eve" / NAME
    path.mkdir(parents=True)
    return path


@pytest.fixture
def taken(tmp_path, folder):
    def taken(path=folder):
        room = tmp_path / f"room{len(list(tmp_path.iterdir()))}"
        room.mkdir()
        return take(path, NAME, RELEASE, room)

    return taken


def packed(path: Path, **files) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
    return path


# --- which notebook ---------------------------------------------------------------------------------------------------


def test_a_solved_copy_beside_an_untouched_original_is_graded(folder, taken):
    Student(answered=False).save(folder / f"{NAME}.ipynb")
    Student().save(folder / f"{NAME}-Copy1.ipynb")
    found = taken()
    assert found.hand_in.answers["area"] == AREA and not found.doubt
    assert found.notes == [f"`{NAME}.ipynb` holds no answers; `{NAME}-Copy1.ipynb` was taken"]
    Student().write("area", "area = None").save(folder / f"{NAME}-Copy2.ipynb")
    assert taken().doubt == f"2 different notebooks hold answers; `{NAME}-Copy2.ipynb` was taken"


def test_a_damaged_original_gives_way_to_a_copy_with_answers_only(folder, taken):
    (folder / f"{NAME}.ipynb").write_text('{"cells": [')
    Student(answered=False).save(folder / "other.ipynb")
    assert (taken().status, taken().hand_in) == ("unreadable", None)
    Student().save(folder / f"{NAME} (1).ipynb")
    assert "cannot be read (it breaks off" in taken().notes[0] and taken().hand_in.answers["area"] == AREA


def test_an_original_with_answers_stays_and_another_version_is_looked_at_where_points_are_lost(folder, taken):
    Student().save(folder / f"{NAME}.ipynb")
    Student().write("area", "area = None").save(folder / f"{NAME}-Copy1.ipynb")
    found = taken()
    assert found.hand_in.answers["area"] == AREA and not found.doubt
    assert found.hand_in.unsure == found.notes == [f"`{NAME}-Copy1.ipynb`, another version, was left aside"]


def test_nobody_s_answers_are_the_original_s(folder, taken):
    Student(answered=False).save(folder / f"{NAME}.ipynb")
    Student(answered=False).add("x = 1").save(folder / "scratch.ipynb")
    assert (taken().status, taken().notes, taken().hand_in.unsure) == ("graded", [], [])


# --- archives ---------------------------------------------------------------------------------------------------------


def test_a_notebook_in_an_archive(folder, taken, tmp_path):
    archive = packed(folder / "work.zip", **{f"a__{NAME}.ipynb": Student().json(), "a__tools__one.py": "one = 1"})
    for path in (folder, archive):
        found = taken(path)
        assert found.hand_in.answers["area"] == AREA and found.notes[-1] == "the notebook was found in the archive `work.zip`"
        assert '"tools/one.py"' in found.beside
    os.utime(packed(folder / "old.zip", **{f"{NAME}.ipynb": Student(answered=False).json()}), (1, 1))
    assert taken().doubt == "2 archives hold a notebook; the newest was taken" and taken().hand_in.answers["area"] == AREA


def test_archives_that_hold_none_or_are_none(folder, taken):
    packed(folder / "work.zip", **{"notes.txt": "no"})
    assert (taken().status, taken().notes) == ("missing", ["`work.zip` holds no notebook"])
    (folder / "work.zip").write_bytes(b"PK\x03\x04 and no more")
    assert taken().notes == ["`work.zip`: the archive cannot be opened: BadZipFile"]


def test_an_archive_writes_into_its_room_alone_and_no_more_than_it_may(tmp_path, monkeypatch):
    inside = tmp_path / "room" / "inside"
    inside.mkdir(parents=True)
    names = ["../up.ipynb", "/root.ipynb", "a/../../up.ipynb", "..\\up.ipynb", "x" * 300 + ".ipynb", "good/one.ipynb", "folder/"]
    archive = packed(tmp_path / "evil.zip", **dict.fromkeys(names, "x"))
    link = zipfile.ZipInfo("link.ipynb")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr(link, "/etc/passwd")
    unpack.unpack(archive, inside)
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"evil.zip", "room/inside/good/one.ipynb", "room/inside/link.ipynb"}
    assert not (inside / "link.ipynb").is_symlink()
    monkeypatch.setattr(unpack, "LARGEST_FILE", 1_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros", bytes(100_000))
    with pytest.raises(read.Unreadable, match="more than 100 MiB"):
        unpack.unpack(tmp_path / "bomb.zip", inside)
    (tmp_path / "linked.zip").symlink_to(archive)
    with pytest.raises(read.Unreadable, match="link"):
        unpack.unpack(tmp_path / "linked.zip", inside)


# --- files beside -----------------------------------------------------------------------------------------------------


def test_files_beside_are_laid_out_and_nothing_else(folder, tmp_path, monkeypatch):
    notebook = Student().save(folder / f"{NAME}.ipynb")
    assert lay_out(notebook) == ""
    secret = tmp_path / "secret.py"
    secret.write_text("secret = 1")
    (folder / "link.py").symlink_to(secret)
    (folder / "other.ipynb").write_text("{}")
    (folder / "large.bin").write_bytes(bytes(MOST_BYTES + 1))
    for name in (".hidden", "__pycache__/a.pyc", "helper.py", "pack/__init__.py", "a/b/deep.txt", "a/b/c/deeper.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"one = 1\xff")
    os.mkfifo(folder / "pipe.py")
    cell, place = lay_out(notebook), tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    names: dict = {}
    exec(cell, names)
    assert {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()} == {
        "helper.py", "pack/__init__.py", "a/b/deep.txt"}  # fmt: skip
    assert (place / "helper.py").read_bytes() == b"one = 1\xff" and {*names} == {"__builtins__"}
    assert '"helper.py"' in lay_out(notebook, deep=False) and "pack" not in lay_out(notebook, deep=False)


# --- where it lies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["05", "5", "Chapter 5", "ch05", "week_5", "05_Shuffle_V1", "05 shuffle v1", f"anna_{NAME}"])
def test_a_folder_or_file_that_names_its_chapter(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / "notes").mkdir()
    assert place(tmp_path, NAME, CHAPTERS) == tmp_path / name and not place(tmp_path, "15_last", CHAPTERS)
    (tmp_path / name).rmdir()
    for ending in (".ipynb", ".zip", ".ipynb.txt"):
        (tmp_path / f"{name}{ending}").write_text("")
        assert place(tmp_path, NAME, CHAPTERS) == tmp_path / f"{name}{ending}"
        os.remove(tmp_path / f"{name}{ending}")


def test_a_single_file_is_graded_with_a_word(tmp_path, taken):
    path = Student().save(tmp_path / "eve" / f"{NAME} (1).ipynb")
    found = taken(path)
    assert found.hand_in.answers["area"] == AREA and "outside of its folder" in found.notes[0] and found.beside == ""
    named = tmp_path / "eve" / "05"
    named.mkdir()
    Student().save(named / f"{NAME}.ipynb")
    assert place(tmp_path / "eve", NAME, CHAPTERS) == named and taken(named).notes == ["it lay in the folder `05`"]


def test_what_names_no_chapter_or_is_a_link_is_no_place(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "05").symlink_to(tmp_path / "there")
    for name in ("55", "notes", "05 and 06"):
        (tmp_path / name).mkdir()
    (tmp_path / f"{NAME}.pdf").write_text("")
    assert [place(tmp_path, chapter, CHAPTERS) for chapter in CHAPTERS] == [None] * 3
    assert place(tmp_path / "nobody", NAME, CHAPTERS) is None


def test_who_handed_in_and_what_lies_in_the_wrong_place(tmp_path):
    for name in ("loose.ipynb", "notes.zip", "ada/05/a.ipynb", "eve/homework.ipynb", "eve/99/a.ipynb", f"max/{NAME}.ipynb",
                 f"zoe/{CHAPTERS[-1]}/a.ipynb", "readme.txt", ".git/x"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    outside = "is no student's folder; hand-ins lie in submitted/STUDENT/"
    assert handed_in(tmp_path, NAME, CHAPTERS) == {
        "ada": tmp_path / "ada" / "05",
        "eve": ("missing", f"there is no folder `{NAME}`, but `99`, `homework.ipynb`"),
        "loose.ipynb": ("missing", f"`loose.ipynb` {outside}{NAME}"),
        "max": tmp_path / "max" / f"{NAME}.ipynb",
        "notes.zip": ("missing", f"`notes.zip` {outside}{NAME}"),
        "zoe": ("missing", ""),
    }
    assert handed_in(tmp_path / "nowhere", NAME, CHAPTERS) == {}
