"""The public build on a small book: what it makes, what it keeps, what it refuses, and that the last good site survives."""

import hashlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout

import nbformat
import pytest
from small_book import REPOSITORY, edit, measure, write_book

from coursekit.cli import main

pytestmark = [pytest.mark.slow, *map(pytest.mark.filterwarnings, (
    "ignore::DeprecationWarning:jupyter_book", "ignore::PendingDeprecationWarning:sphinx_jupyterbook_latex"))]  # fmt: skip


def build(root, *options):
    main(["build", "--root", str(root), "--quiet", *options])


def refused(root, capsys, *options):
    with pytest.raises(SystemExit) as stopped:
        build(root, *options)
    assert stopped.value.code not in (0, None)
    return str(stopped.value.code)


def digests(folder):
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small book, built once; tests copy it and break the copy."""
    root = write_book(tmp_path_factory.mktemp("built"))
    build(root)
    return root


@pytest.fixture
def book(built, tmp_path):
    return shutil.copytree(built, tmp_path / "book", symlinks=True)


def test_the_page_and_the_notebook_say_the_same(built):
    page = (built / "_build/html/notebooks/01_double.html").read_text("utf-8")
    nb = nbformat.read(built / "notebooks/01_double.ipynb", 4)
    text = "\n".join(cell.source for cell in nb.cells)
    assert "The double of 21 is 42." in text and "The double of 21 is 42." in page
    assert "> **Note**" in text and "*Figure 1.1. A line.*" in text and "[Someone (2020)](https://arxiv.org/abs/2001.00001)" in text
    assert not any(cell.get("outputs") for cell in nb.cells), "no outputs"
    assert [c.id for c in nb.cells if "nbgrader" in c.metadata] == ["halve-task", "halve", "halve-check", "halve-grade"]
    graded = nb.cells[[c.id for c in nb.cells].index("halve-grade")]
    assert graded.metadata.nbgrader.points == 2 and graded.metadata.nbgrader.grade
    assert "Exercise 1.1: Halve a number (2 points)" in text and "Exercise 1.1: Halve a number (2 points)" in page
    assert "A straight line from corner to corner." in page and "42" in page
    assert "your teacher's copy" not in page, "the graded cell is no part of the page"


def test_a_picture_s_alternative_stands_in_the_notebook_s_code_and_not_in_the_page_s(built):
    text = "#| fig-alt: >-\n#|   A straight line from corner to corner.\n"
    cells = {cell.source for cell in nbformat.read(built / "notebooks/01_double.ipynb", 4).cells if cell.cell_type == "code"}
    (drawn,) = [source for source in cells if "plt.plot" in source]
    assert drawn.startswith(f"{text}import matplotlib") and not any("fig-alt" in source for source in cells - {drawn})
    assert "fig-alt" not in (built / "_build/html/notebooks/01_double.html").read_text("utf-8")


def test_a_second_build_changes_nothing(book, capsys):
    before = digests(book / "_build/html") | digests(book / "notebooks") | digests(book / "book")
    build(book)
    build(book, "--check")
    build(book, "--fresh")
    assert digests(book / "_build/html") | digests(book / "notebooks") | digests(book / "book") == before
    assert "wrote" not in capsys.readouterr().out


def test_there_and_back_gives_the_same_bytes(book):
    before = digests(book / "_build/html")
    source = book / "book/chapters/01_double.py"
    edit(source, "It *doubles*.", "It doubles.")
    build(book)
    assert digests(book / "_build/html") != before
    edit(source, "It doubles.", "It *doubles*.")
    build(book)
    assert digests(book / "_build/html") == before


@pytest.fixture
def in_process(monkeypatch):
    """Sphinx in this very process, for faults of the site: it need not be imported for each of them."""
    def jupyter_book(project, arguments, folder):
        from jupyter_book.cli.main import main as command

        monkeypatch.chdir(folder)
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
            try:
                command(arguments, standalone_mode=False)
            except (Exception, SystemExit) as error:
                return False, f"{out.getvalue()}\n{error}"
        return True, out.getvalue()

    monkeypatch.setattr("coursekit.public.site.jupyter_book", jupyter_book)


@pytest.mark.parametrize(("path", "old", "new", "message"), [
    ("book/chapters/01_double.py", "print(twice)", "print(once)", "line 22: the cell fails: NameError"),
    ("book/chapters/01_double.py", "It *doubles*.", "It has 4096 parts.", "line 28: the bare number '4096'"),
    ("book/chapters/01_double.py", "{numref}`fig-line`", "{numref}`fig-lin`", r"01_double.py, line 29: WARNING: undefined label: 'fig-lin'"),
    ("book/chapters/01_double.py", "It *doubles*.", "It $\\\\frac{1$.", "Katex|KaTeX|katex|math"),
    ("book/welcome.md", "Read [the chapter]", "Read ![](x.png) [the chapter]", "x.png"),
    ("book/welcome.md", "../notebooks/01_double.ipynb", "../notebooks/01_duoble.ipynb", "01_duoble"),
    ("book/welcome.md", "Read [", "```{include} ../../../course/secret.md\n```\n\nRead [", "course/secret.md is of the teacher's half"),
    ("_toc.yml", "- file: book/trace\n", "- file: book/trace\n- file: notebooks/02_more\n", "lists notebooks/02_more, which has no source"),
])  # fmt: skip
def test_a_fault_stops_the_build_and_the_last_site_stays(book, capsys, in_process, path, old, new, message):
    before = digests(book / "_build/html") | digests(book / "notebooks")
    edit(book / path, old, new)
    assert re.search(message, refused(book, capsys))
    assert digests(book / "_build/html") | digests(book / "notebooks") == before


def test_the_book_without_a_fault_is_built_in_process_too(book, in_process):
    """So that a fault is what stops the others."""
    edit(book / "book/chapters/01_double.py", "It *doubles*.", "It doubles.")
    before = digests(book / "_build/html")
    build(book)
    assert digests(book / "_build/html").keys() == before.keys()
    assert "It doubles." in (book / "_build/html/notebooks/01_double.html").read_text("utf-8")


def test_a_learners_work_stops_no_build_and_no_check_and_stays(book, capsys):
    path = book / "notebooks/01_double.ipynb"
    nb = nbformat.read(path, 4)
    next(cell for cell in nb.cells if cell.id == "halve").source = "def halve(x):\n    return x / 2"
    nbformat.write(nb, path)
    (book / "notebooks/Untitled.ipynb").write_text("")
    edit(book / "book/chapters/01_double.py", "It *doubles*.", "It doubles.")
    before = digests(book / "notebooks")
    for options in ((), ("--check",)):
        build(book, *options)
        told = capsys.readouterr().out
        assert "notebooks/01_double.ipynb: holds work, so it stays as it is; there is a newer edition" in told
        assert "Untitled.ipynb: not the book's, left alone" in told and "wrote notebooks" not in told
    assert digests(book / "notebooks") == before
    assert "It doubles." in (book / "_build/html/notebooks/01_double.html").read_text("utf-8"), "the site is the new one"


def test_check_writes_nothing_and_finds_what_is_out_of_date(book, capsys):
    edit(book / "book/chapters/01_double.py", "It *doubles*.", "It doubles.")
    before = digests(book / "notebooks")
    assert "notebooks/01_double.ipynb: is not what the sources give\n    run `make notebooks`" in refused(book, capsys, "--check")
    assert digests(book / "notebooks") == before
    build(book)
    build(book, "--check")


def test_exercises_that_nobody_measured_stop_a_check_only(book, capsys):
    edit(book / "book/chapters/01_double.py", 'print("not answered yet")', 'print("no answer yet")')
    before = digests(book / "_build/html") | digests(book / "notebooks") | digests(book / "book")
    told = refused(book, capsys, "--check")
    assert "book/records/01_double.json: the exercises of 01_double are measured, but the counts are out of date" in told
    assert "run `make course`" in told
    assert digests(book / "_build/html") | digests(book / "notebooks") | digests(book / "book") == before
    build(book)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "records/" in line]
    assert "01_double" in line and "run `make course`" in line
    assert "the counts are out of date" in (book / "_build/html/book/exercises.html").read_text("utf-8")
    measure(book)
    build(book)
    build(book, "--check")
    assert "records/" not in capsys.readouterr().out


def test_a_build_that_opens_the_teachers_half_is_caught(book, capsys, monkeypatch):
    monkeypatch.setattr("coursekit.public.build.bare_numbers", lambda cell: (book / "course/secret.md").read_text())
    assert "course/secret.md is of the teacher's half" in refused(book, capsys)


def test_what_is_measured_is_kept_until_somebody_asks(book, capsys):
    edit(book / "book/chapters/01_double.py", "print(twice)", "\n# %% measured=true\nfrom time import time_ns\n\nprint(time_ns())")
    path, page = book / "book/measured/01_double.json", book / "_build/html/notebooks/01_double.html"
    build(book)
    first = path.read_text()
    time = re.search(r"\d{18,}", first)[0]
    assert "wrote book/measured/01_double.json" in capsys.readouterr().out and time in page.read_text()
    edit(book / "toybook/__init__.py", "x + x", "2 * x")
    told = refused(book, capsys, "--check")
    assert "01_double.json: was made before toybook/__init__.py changed\n    run `python -m coursekit build --measure 01_double`" in told
    build(book)
    assert "01_double.json: was made before toybook/__init__.py changed" in capsys.readouterr().out
    assert path.read_text() == first and time in page.read_text()
    build(book, "--measure")
    later = re.search(r"\d{18,}", path.read_text())[0]
    assert later > time and later in page.read_text() and "was made before" not in capsys.readouterr().out
    build(book, "--check")
    assert "no such chapter measures anything" in refused(book, capsys, "--measure", "02")


def test_an_interrupted_build_leaves_the_last_site(book):
    begun = book / "_build" / "begun"
    wait = "import os, pathlib, time\n\npathlib.Path(os.environ['BEGUN']).touch()\ntime.sleep(100)"
    edit(book / "book/chapters/01_double.py", "print(twice)", wait)
    before = digests(book / "_build/html")
    command = [sys.executable, "-m", "coursekit", "build", "--root", str(book)]
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY), "BEGUN": str(begun)}
    process = subprocess.Popen(command, env=env, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if begun.exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 1 and "interrupted; what the last complete run made" in told
    assert digests(book / "_build/html") == before


def test_the_footer_has_the_year_of_the_configuration(built):
    assert "Copyright 2026" in (built / "_build/html/notebooks/01_double.html").read_text("utf-8")


@pytest.mark.parametrize(("command", "told"), [
    (["check-site", "nowhere"], "nowhere: is no built site"),
    (["serve", "--port", "99999", "--root", "."], "port 99999: cannot be used"),
])  # fmt: skip
def test_a_wrong_argument_gets_a_message(built, command, told, monkeypatch):
    monkeypatch.chdir(built)
    with pytest.raises(SystemExit) as stopped:
        main(command)
    assert told in str(stopped.value.code)


@pytest.mark.parametrize("command", [["build", "--chek"], ["build", "--jobs", "0"], ["biuld"], [], ["build", "--jobs", "many"]])
def test_an_unknown_option_is_refused(capsys, command):
    with pytest.raises(SystemExit) as stopped:
        main(command)
    assert stopped.value.code == 2 and "usage: python -m coursekit" in capsys.readouterr().err


def test_a_folder_that_is_no_book(tmp_path, capsys):
    assert "is missing" in refused(tmp_path, capsys)
