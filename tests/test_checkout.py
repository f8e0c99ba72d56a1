"""The copy that other tests build in: the same from a clone and from an unpacked archive, without a reader's work."""

import io
import json
import subprocess
import tarfile

import pytest
from checkout import ROOT, _known_to_git, _not_ignored, published

CHAPTER = "notebooks/gallery.ipynb"


def git(root, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    return subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True).stdout


@pytest.fixture
def clone(tmp_path):
    """A clone of a copy of this tree, with what builds and readers leave in it."""
    root = published(tmp_path / "clone")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "x")
    for name in (".venv/bin/python", "_build/html/index.html", "my_notebooks/gallery.ipynb", "notebooks/Untitled.ipynb", "coursekit/__pycache__/x.pyc",
                 "course/submitted/ada/x.ipynb", "course/gradebook.db"):  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("made later")
    return root


def names(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)


def test_clone_and_archive_give_the_same_copy(clone, tmp_path):
    assert sorted(set(_known_to_git(clone)) ^ set(_not_ignored(clone))) == sorted(name for name in _not_ignored(clone) if name.startswith(".git/"))
    one = published(tmp_path / "one", root=clone)
    (clone / ".git").rename(tmp_path / "away")
    assert names(published(tmp_path / "other", root=clone)) == names(one)
    assert "course" not in {name.split("/")[0] for name in names(published(tmp_path / "less", ("course",), clone))}


def test_an_archive_of_the_last_commit_gives_it_too(clone, tmp_path):
    with tarfile.open(fileobj=io.BytesIO(git(clone, "archive", "HEAD"))) as archive:
        archive.extractall(tmp_path / "archive", **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    assert names(published(tmp_path / "one", root=tmp_path / "archive")) == names(published(tmp_path / "two", root=clone))


def test_a_readers_answers_are_not_in_the_copy(clone, tmp_path):
    nb = json.loads((clone / CHAPTER).read_text())
    nb["cells"][0]["source"] = ["mine"]
    (clone / CHAPTER).write_text(json.dumps(nb))
    copy = published(tmp_path / "copy", root=clone)
    assert (copy / CHAPTER).read_bytes() == git(clone, "show", f"HEAD:{CHAPTER}")
    assert "notebooks/Untitled.ipynb" not in names(copy)


def test_a_changed_source_is_in_the_copy(clone, tmp_path):
    (clone / "README.md").write_text("changed")
    (clone / "new.md").write_text("new")
    copy = published(tmp_path / "copy", root=clone)
    assert (copy / "README.md").read_text() == "changed" and (copy / "new.md").is_file()
    assert ROOT.joinpath("README.md").read_text() != "changed"
