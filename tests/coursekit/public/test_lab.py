"""`coursekit lab`: copies that are the learner's own, and JupyterLab on them, with figures saved in the notebooks."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from small_book import REPOSITORY

from coursekit.cli import main
from coursekit.errors import BookError
from coursekit.project import Project
from coursekit.public import editions, lab

SETTING = "@jupyter-widgets/jupyterlab-manager:plugin"


def notebook(text):
    nb = new_notebook(cells=[new_code_cell(text, id="a")])
    nb.metadata["coursekit"] = {"sha256": editions.fingerprint(nb)}
    return editions.dumps(nb)


@pytest.fixture
def book(book):
    """The small book with its notebook made."""
    (book / "notebooks").mkdir()
    (book / "notebooks/01_double.ipynb").write_text(notebook("1"))
    return book


def copies(book):
    return lab.copy(Project(book))


def test_copies_are_made_once(book):
    mine = book / "my_notebooks/01_double.ipynb"
    assert copies(book) == [f"your notebooks are in {mine.parent}: copied 01_double.ipynb"]
    assert mine.read_bytes() == (book / "notebooks/01_double.ipynb").read_bytes()
    assert copies(book) == [f"your notebooks are in {mine.parent}: nothing to copy"]


def test_nothing_of_the_learners_is_overwritten_and_a_newer_edition_is_told(book):
    copies(book)
    mine, other = book / "my_notebooks/01_double.ipynb", book / "my_notebooks/Untitled.ipynb"
    nb = nbformat.read(mine, 4)
    nb.cells[0].source = "my = 'answer'"
    nbformat.write(nb, mine)
    other.write_text("")
    before = mine.read_bytes()
    assert len(copies(book)) == 1, "work is no newer edition"
    (book / "notebooks/01_double.ipynb").write_text(notebook("2"))
    first, second = copies(book)
    assert "nothing to copy" in first
    assert second.startswith("my_notebooks/01_double.ipynb: notebooks has a newer edition; yours stays as it is")
    assert mine.read_bytes() == before and other.read_text() == ""
    mine.rename(mine.with_name("01_mine.ipynb"))
    assert copies(book) == [f"your notebooks are in {mine.parent}: copied 01_double.ipynb"]
    assert mine.read_text() == notebook("2") and mine.with_name("01_mine.ipynb").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff"])
def test_a_notebook_that_cannot_be_read_is_left_alone(book, content):
    mine = book / "my_notebooks/01_double.ipynb"
    mine.parent.mkdir()
    mine.write_bytes(content)
    assert "nothing to copy" in copies(book)[0] and mine.read_bytes() == content


def test_a_link_that_leads_nowhere_is_left_alone(book):
    mine = book / "my_notebooks/01_double.ipynb"
    mine.parent.mkdir()
    mine.symlink_to("nowhere")
    assert "nothing to copy" in copies(book)[0] and mine.is_symlink()


def test_a_missing_notebook_has_a_remedy(book):
    (book / "notebooks/01_double.ipynb").unlink()
    with pytest.raises(BookError, match=r"notebooks/01_double.ipynb: is missing\n +run `make notebooks`"):
        copies(book)


def test_a_file_in_the_folders_place(book):
    (book / "my_notebooks").write_text("")
    with pytest.raises(SystemExit, match="my_notebooks"):
        main(["lab", "--root", str(book), "--no-browser"])


def test_jupyterlab_has_to_be_there(book, monkeypatch):
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"jupyterlab is missing in .*\n +run `make env`"):
        main(["lab", "--root", str(book)])


def test_git_and_make_clean_leave_the_folder_alone():
    ignored = (REPOSITORY / ".gitignore").read_text().splitlines()
    clean = (REPOSITORY / "Makefile").read_text().split("\nclean:")[1]
    assert f"/{lab.FOLDER}/" in ignored and "_build" in clean and lab.FOLDER not in clean


@pytest.fixture
def server(book, tmp_path):
    """JupyterLab as the command starts it, as a user who has set nothing; yields a function that asks it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", "--port", str(port), "--IdentityProvider.token=t", "--ServerApp.disable_check_xsrf=True"]
    env = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    env |= {"HOME": str(tmp_path / "home"), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "coursekit", "lab", "--root", str(book), *options]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=book)

    def ask(path, body=None):
        url = f"http://127.0.0.1:{port}/{path}?token=t"
        request = urllib.request.Request(url, body and json.dumps(body).encode(), method="PUT" if body else "GET")
        with urllib.request.urlopen(request, timeout=20) as answer:
            content = answer.read()
            return json.loads(content) if content else None

    try:
        for _ in range(300):
            assert process.poll() is None, process.stdout.read().decode()
            try:
                ask("api")
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
        yield ask
    finally:
        process.terminate()  # the command became JupyterLab: there is no child that would live on
        process.communicate(timeout=30)


@pytest.mark.slow
def test_jupyterlab_opens_the_copies_saves_figures_and_keeps_the_users_choice(server):
    assert [entry["name"] for entry in server("api/contents")["content"]] == ["01_double.ipynb"]
    state = server(f"lab/api/settings/{SETTING}")
    assert state["schema"]["properties"]["saveState"]["default"] is True and state["settings"] == {}
    server(f"lab/api/settings/{SETTING}", {"raw": '{"saveState": false}'})
    assert server(f"lab/api/settings/{SETTING}")["settings"] == {"saveState": False}


def test_jupyterlab_alone_would_not_save_figures():
    """What the setting is for; the day this fails, it can go."""
    (schema,) = Path(sys.prefix, "share/jupyter/labextensions/@jupyter-widgets/jupyterlab-manager").rglob("plugin.json")
    assert json.loads(schema.read_text())["properties"]["saveState"]["default"] is False
