"""Pages made from all chapters are whole in the site, however it is built, and a title and a line in git."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from small_book import REPOSITORY, edit, second_chapter, write_book

from coursekit.cli import main
from coursekit.public import pages
from coursekit.public.site_check import check

NAMES = ["book/claims.md", "book/trace.md", "book/exercises.md"]


def test_what_is_committed_is_a_title_and_a_line_that_no_chapter_changes(book):
    before = pages.generate(book)
    assert list(before) == NAMES and "Doubling adds a number to itself. | holds |" in before["book/claims.md"]
    assert pages.committed(before["book/claims.md"]) == "# The source, checked\n\n% made by coursekit.public.pages\n"
    second_chapter(book)
    edit(book / "book/ledger/01_double.yml", "adds a number", "adds any number")
    after = pages.generate(book)
    for name in NAMES:
        assert before[name] != after[name] and pages.committed(before[name]) == pages.committed(after[name])


@pytest.mark.slow
def test_jupyter_book_alone_gives_the_same_pages(tmp_path_factory):
    def articles(root):
        texts = ((root / "_build/html" / name).with_suffix(".html").read_text("utf-8") for name in NAMES)
        return [re.search(r"<article.*?</article>", text, re.S)[0] for text in texts]

    root = write_book(tmp_path_factory.mktemp("book"))
    main(["build", "--root", str(root), "--quiet"])
    ours = articles(root)
    assert "adds a number to itself" in ours[0] and "double a number" in ours[1] and "Halve a number" in ours[2]
    for name in NAMES:
        assert (root / name).read_text("utf-8").endswith(f"\n\n{pages.MARK}\n")
    shutil.rmtree(root / "_build")

    def plain():
        command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", ".", "-W", "-n", "-q"]
        env = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{REPOSITORY}"}
        run = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
        assert check(root / "_build/html") == []
        return articles(root)

    assert plain() == ours
    edit(root / "book/ledger/01_double.yml", "adds a number", "adds any number")
    assert "adds any number to itself" in plain()[0], "a page is made anew when a source of it changes"
