"""Notebooks that a learner worked in: no build changes a byte of them; what git would commit is still checked."""

import json
import shutil
import subprocess

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from coursekit.errors import BookError
from coursekit.public import editions, notebooks

NAME = "notebooks/01_double.ipynb"


def made(*texts):
    """The text of a notebook as a build makes it."""
    cells = [new_markdown_cell("# Doubling"), *map(new_code_cell, texts)]
    answer = new_code_cell("def halve(x):\n    raise NotImplementedError()")
    answer.metadata["nbgrader"] = {"grade_id": "halve", "grade": False, "locked": False, "solution": True, "task": False, "schema_version": 3}
    nb = editions._with_ids(new_notebook(cells=[*cells, answer], metadata=dict(editions.KERNEL)))
    nb.metadata["coursekit"] = {"sha256": editions.fingerprint(nb)}
    return editions.dumps(nb)


OLD, NEW = made("print(1)"), made("print(2)")


def answered(nb):
    nb.cells[-1].source = "def halve(x):\n    return x / 2"


def cell_added(nb):
    nb.cells.insert(1, new_code_cell("my_own = 1"))


def cell_deleted(nb):
    del nb.cells[0]


def run(nb):
    nb.cells[1].outputs = [new_output("stream", text="1\n")]


def counted(nb):
    nb.cells[1].execution_count = 3


WORK = [answered, cell_added, cell_deleted, run, counted]


def worked(text, change):
    nb = nbformat.reads(text, as_version=4)
    change(nb)
    return json.dumps(nb, indent=2)  # as another program would write it


def git(root, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.autocrlf=false"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture(params=["clone", "archive"])
def root(request, tmp_path):
    """A folder with the old edition, committed where there is git."""
    (tmp_path / NAME).parent.mkdir()
    (tmp_path / NAME).write_text(OLD)
    if request.param == "clone":
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", NAME)
        git(tmp_path, "commit", "-qm", "x")
    return tmp_path


@pytest.fixture
def clone(tmp_path):
    """A clone whose notebook is what the sources give."""
    (tmp_path / NAME).parent.mkdir()
    (tmp_path / NAME).write_text(NEW)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", NAME)
    return tmp_path


@pytest.mark.parametrize("change", WORK)
def test_an_update_leaves_work_as_it_is(root, capsys, change):
    mine = worked(OLD, change)
    (root / NAME).write_text(mine)
    assert notebooks.update(root, {NAME: NEW}) == []
    assert (root / NAME).read_text() == mine
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{NAME}: holds ") and "there is a newer edition: move it elsewhere and run `make notebooks`" in line


def test_an_update_brings_what_nobody_worked_in(root, capsys):
    (root / NAME).write_text(worked(OLD, lambda nb: nb.metadata.update(language_info={"name": "python", "version": "3.12"})))
    assert notebooks.update(root, {NAME: NEW}) == [NAME] and (root / NAME).read_text() == NEW
    assert notebooks.update(root, {NAME: NEW}) == [] and capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"{}", b"<<<<<<< HEAD", b"\xff\xfe"])
def test_what_cannot_be_read_is_left_alone(root, capsys, content):
    (root / NAME).write_bytes(content)
    assert notebooks.update(root, {NAME: NEW}) == [] and (root / NAME).read_bytes() == content
    assert "is no notebook that a build made" in capsys.readouterr().out


@pytest.mark.parametrize("change", WORK)
def test_a_check_looks_at_what_git_has_instead_of_the_work(clone, capsys, change):
    mine = worked(NEW, change)
    (clone / NAME).write_text(mine)
    notebooks.check(clone, {NAME: NEW})
    assert "so it stays as it is; for the fresh edition" in capsys.readouterr().out
    assert (clone / NAME).read_text() == mine


@pytest.mark.parametrize("change", WORK)
def test_work_that_was_committed_is_caught(clone, change):
    (clone / NAME).write_text(worked(NEW, change))
    git(clone, "add", NAME)
    with pytest.raises(BookError, match=rf"{NAME}: holds (work|outputs).* and is in git\n.*book/chapters"):
        notebooks.check(clone, {NAME: NEW})


def test_the_cell_that_was_edited_is_named(clone):
    (clone / NAME).write_text(worked(NEW, lambda nb: nb.cells[1].update(source="print(43)")))
    git(clone, "add", NAME)
    with pytest.raises(BookError, match=r"holds work \(cell 2\) and is in git"):
        notebooks.check(clone, {NAME: NEW})


def test_an_old_edition_is_caught_with_work_on_it_and_without(root):
    with pytest.raises(BookError, match="is not what the sources give"):
        notebooks.check(root, {NAME: NEW})
    (root / NAME).write_text(worked(OLD, answered))
    if (root / ".git").exists():
        with pytest.raises(BookError, match="is an old edition and is in git"):
            notebooks.check(root, {NAME: NEW})
    else:
        notebooks.check(root, {NAME: NEW})


def test_a_missing_notebook_is_caught(clone):
    (clone / NAME).unlink()
    with pytest.raises(BookError, match="is not what the sources give"):
        notebooks.check(clone, {NAME: NEW})


def test_pages_have_no_such_protection(root):
    (root / "book").mkdir()
    (root / "book/claims.md").write_text("by hand")
    files = {NAME: OLD, "book/claims.md": "made"}
    with pytest.raises(BookError, match=r"book/claims\.md: is not what the sources give"):
        notebooks.check(root, files)
    assert notebooks.update(root, files) == ["book/claims.md"]


def test_further_files_are_noted_and_only_a_committed_one_is_a_fault(clone, capsys):
    there = ["Untitled.ipynb", "notes.txt", ".ipynb_checkpoints/01_double-checkpoint.ipynb", "pictures/a.png"]
    for name in there:
        (clone / "notebooks" / name).parent.mkdir(exist_ok=True)
        (clone / "notebooks" / name).write_text("mine")
    notebooks.check(clone, {NAME: NEW})
    assert notebooks.update(clone, {NAME: NEW}) == []
    assert capsys.readouterr().out == 2 * "notebooks: Untitled.ipynb, notes.txt, pictures: not the book's, left alone\n"
    assert all((clone / "notebooks" / name).read_text() == "mine" for name in there)
    git(clone, "add", "notebooks/Untitled.ipynb")
    with pytest.raises(BookError, match=r"notebooks/Untitled.ipynb: is in git and not made from a chapter source"):
        notebooks.check(clone, {NAME: NEW})


def test_a_clone_that_git_cannot_read_passes_no_check(clone, monkeypatch):
    shutil.rmtree(clone / ".git")
    (clone / ".git").write_text("gitdir: /nowhere\n")
    with pytest.raises(BookError, match="git ls-files: fails"):
        notebooks.check(clone, {NAME: NEW})
    monkeypatch.setenv("PATH", str(clone))
    with pytest.raises(BookError, match="git: is missing"):
        notebooks.check(clone, {NAME: NEW})
