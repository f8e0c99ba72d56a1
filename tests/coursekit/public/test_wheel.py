"""The wheel that a site carries: the same bytes wherever it is made, made anew only when something of it has changed."""

import os
import shutil
import zipfile
from email.parser import BytesParser

import pytest
from checkout import ROOT
from small_book import edit, write_book

from coursekit.errors import BookError
from coursekit.project import Project
from coursekit.public import wheel

pytestmark = pytest.mark.slow
PROJECT = '[project]\nname = "toybook"\nversion = "0.5"\n[tool.setuptools]\npackages = ["toybook"]\n[tool.setuptools.package-data]\ntoybook = ["*.css"]\n'


@pytest.fixture
def book(tmp_path):
    """A small book whose package can be installed."""
    root = write_book(tmp_path / "book")
    (root / "toybook" / "__init__.py").write_text('__version__ = "0.5"\n\n\ndef double(x):\n    return x + x\n')
    edit(root / "pyproject.toml", "[tool.coursekit]", f"{PROJECT}[tool.coursekit]")
    return root


def test_a_book_whose_package_is_not_to_be_installed_has_none(tmp_path):
    project = Project(write_book(tmp_path / "book"))
    assert project.wheel == "" and wheel.make(project) is None
    assert not (tmp_path / "book/_build").exists()


def test_it_is_made_anew_when_the_package_has_changed(book, tmp_path):
    made = wheel.make(Project(book))
    assert made.name == "toybook-0.5-py3-none-any.whl" and made.parent.parent == book / "_build"
    with zipfile.ZipFile(made) as file:
        assert {entry.date_time[:3] for entry in file.infolist()} == {(2026, 1, 1)}
        assert "toybook/lines.css" in file.namelist() and {name.split("/")[0] for name in file.namelist()} == {"toybook", "toybook-0.5.dist-info"}
    elsewhere = shutil.copytree(book, tmp_path / "elsewhere with a space", ignore=shutil.ignore_patterns("_build"))
    for path in elsewhere.rglob("*"):
        os.utime(path, (1_800_000_000, 1_800_000_000))
    assert wheel.make(Project(elsewhere)).read_bytes() == made.read_bytes()
    before = made.stat().st_mtime_ns
    (book / "book/welcome.md").write_text("# Other words\n")
    assert wheel.make(Project(book)).stat().st_mtime_ns == before
    (book / "toybook/more.py").write_text("")
    with zipfile.ZipFile(wheel.make(Project(book))) as file:
        assert "toybook/more.py" in file.namelist()


def test_a_package_that_cannot_be_packed_stops_the_build(book):
    edit(book / "pyproject.toml", 'packages = ["toybook"]', 'packages = ["toybok"]')
    with pytest.raises(BookError, match=r"toybook-0.5-py3-none-any.whl: the wheel of the package could not be made(.|\n)*toybok"):
        wheel.make(Project(book))
    assert not list((book / "_build").rglob("*.whl"))


def test_the_book_s_own_wheel_is_small_and_says_where_the_book_is():
    with zipfile.ZipFile(wheel.make(Project(ROOT))) as file:
        assert {name.split("/")[0].split("-")[0] for name in file.namelist()} == {"lightnets_edu"}
        (name,) = [name for name in file.namelist() if name.endswith("/METADATA")]
        assert f"Book, {Project(ROOT).book_url}" in BytesParser().parsebytes(file.read(name)).get_all("Project-URL")
    assert wheel.make(Project(ROOT)).stat().st_size < 400_000
