"""The set-up cell's text: the addresses of `_config.yml`; what it does is tried on Colab's versions, in tests/book."""

import ast
import re

import pytest
from checkout import ROOT
from small_book import edit, write_book

from coursekit.errors import BookError
from coursekit.project import Project
from coursekit.public import set_up

URL = "https://github.com/lightnets-edu/lightnets_edu"


def places(project):
    """What the call at the cell's end gets."""
    call = ast.parse(set_up.cell(project)).body[-1].value
    return [argument.value for argument in call.args]


def configured(root, line):
    """A small book with another line in the place of the site's address."""
    config = root / "_config.yml"
    config.write_text(re.sub(r"^  baseurl:.*$", line, config.read_text("utf-8"), flags=re.M), "utf-8")
    return Project(root)


def test_the_site_comes_before_the_repository():
    project = Project(ROOT)
    assert places(project) == [
        "lightnets_edu", project.version, f"{project.address}lightnets_edu-{project.version}-py3-none-any.whl",
        f"{URL}/archive/refs/heads/main.zip"]  # fmt: skip


@pytest.mark.parametrize("line", ["  baseurl:", '  baseurl: ""', "  x: y"])
def test_a_site_that_is_published_nowhere_is_not_asked(tmp_path, line):
    root = write_book(tmp_path)
    edit(root / "pyproject.toml", "[tool.coursekit]", "[project]\n[tool.coursekit]")
    project = configured(root, line)
    assert project.wheel and places(project)[2:] == [f"{URL}/archive/refs/heads/main.zip"]
    assert project.book_url == "https://lightnets-edu.github.io/lightnets_edu/", "links from notebooks to the book"


@pytest.mark.parametrize("address", ["book.example", "ftp://book.example/", "https://book.example/a b"])
def test_an_address_that_is_none_is_refused(tmp_path, address):
    with pytest.raises(BookError, match=r"_config.yml: html.baseurl is .*\n *it must read https://HOST/PATH, or be empty"):
        set_up.cell(configured(write_book(tmp_path), f"  baseurl: {address}"))


def test_it_leaves_one_name_behind_and_imports_nothing_of_ours_before_it_is_there():
    tree = ast.parse(set_up.cell(Project(ROOT)))
    assert [type(node).__name__ for node in tree.body] == ["FunctionDef", "Expr"]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
