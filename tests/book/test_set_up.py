"""The set-up cell on Colab's versions: the package from the first place that has it, nothing else moved, one line said.

A server on this machine stands for the site, with the wheel that the build made for it, and for the repository. Here the
cell runs as a script; that it does in a kernel, and what it adds on Colab, is seen where every notebook runs.
"""

import functools
import io
import shutil
import subprocess
import sys
import tomllib
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import nbformat
import pytest
from checkout import ROOT
from colab_run import NOTEBOOKS, source
from elsewhere import PINS, add, clean, environment, layered, versions
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from coursekit.project import Project
from coursekit.public import set_up, wheel

pytestmark = pytest.mark.slow
BOOK = Project(ROOT)
HERE = f"{BOOK.package} {BOOK.version}"
CLOSED = "http://127.0.0.1:9/closed.zip"
THEN = "\nimport os, sys, lightnets_edu\nprint(os.path.dirname(lightnets_edu.__file__), 'google.colab.output' in sys.modules, file=sys.stderr)\n"
PARTS = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "_config.yml", "lightnets_edu")


class Site(BaseHTTPRequestHandler):
    """What lies at each address: `whole/`, and places where something goes wrong."""

    whole = b""

    def do_GET(self):
        place = self.path.split("/")[1]
        body = {"whole": lambda: self.whole, "half": lambda: self.whole, "page": lambda: b"<!doctype html><title>Sign in</title>",
                "archive.zip": archive, "other": other_wheel}.get(place, lambda: b"")()  # fmt: skip
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body:
            self.wfile.write(body[: len(body) // 2] if place == "half" else body)

    def log_message(self, *args):
        """Say nothing per request."""


@functools.cache
def archive() -> bytes:
    """The repository as GitHub packs it, as far as the package is made from it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for part in PARTS:
            for path in sorted(source().joinpath(part).rglob("*")) or [source() / part]:
                if path.is_file():
                    file.write(path, f"book-main/{path.relative_to(source())}")
    return packed.getvalue()


def other_wheel() -> bytes:
    """A sound wheel of something else."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("other/__init__.py", "")
        file.writestr("other-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: other\nVersion: 1\n")
        file.writestr("other-1.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("other-1.dist-info/RECORD", "")
    return packed.getvalue()


@pytest.fixture(scope="module")
def address():
    Site.whole = wheel.make(BOOK).read_bytes()
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """Colab's versions and what the package adds to them, without the package."""
    folder = tmp_path_factory.mktemp("complete")
    python = layered(environment("colab"), folder / "env")
    there = versions(python, folder)
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    add(python, [need for need in needs if canonicalize_name(Requirement(need).name) not in there])
    return python


@pytest.fixture
def python(complete, tmp_path):
    return layered(complete, tmp_path / "env")


def ran(python, folder, places, *path, before="", **env):
    """The cell as a kernel would run it in `folder`; without an index, so that nothing comes from anywhere else."""
    text = f"{before}\n{set_up.text(BOOK.package, BOOK.version, places)}\n{THEN}"
    folder.mkdir(exist_ok=True)
    env = {**clean(folder, python, *path), "PIP_NO_INDEX": "1", **env}
    return subprocess.run([python, "-"], input=text, cwd=folder, env=env, capture_output=True, text=True)


def beside(folder, content=None, name=BOOK.wheel):
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(Site.whole if content is None else content)


def test_each_notebook_asks_the_site_and_then_the_repository():
    assert BOOK.address and BOOK.wheel
    places = [BOOK.address + BOOK.wheel, f"{BOOK.repository}/archive/refs/heads/{BOOK.branch}.zip"]
    for stem in NOTEBOOKS:
        cell = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", 4).cells[1]
        assert cell.source == set_up.text(BOOK.package, BOOK.version, places)
    assert [place in cell.source for place in places] == [True, True] and len(cell.source.splitlines()) < 40


def test_what_is_there_is_taken_and_nothing_asked(python, tmp_path):
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "lightnets_edu").symlink_to(ROOT / "lightnets_edu")
    run = ran(python, tmp_path / "nb", [CLOSED], tmp_path / "only")
    assert (run.returncode, run.stdout) == (0, f"{HERE} is here already.\n")
    assert run.stderr.split() == [str(tmp_path / "only" / "lightnets_edu"), "False"]


@pytest.mark.parametrize(("first", "by"), [
    (["whole"], "whole"),
    (["half", "whole"], "whole"), (["page", "whole"], "whole"), (["other", "whole"], "whole"),
    (["gone", "archive.zip"], "archive.zip"),
], ids=["whole", "half", "page", "other", "archive"])  # fmt: skip
def test_from_the_first_place_that_has_it(first, by, python, tmp_path, address):
    """The site's wheel; the next place behind half a wheel, a page to sign in on and another wheel; the repository."""
    places = [f"{address}/{place}" + f"/{BOOK.wheel}" * (place != "archive.zip") for place in first]
    before = versions(python, tmp_path)
    index = {} if by == "whole" else {"PIP_NO_INDEX": "0"}    # setuptools, to make a wheel of the repository
    run = ran(python, tmp_path / "nb", places, **index)
    assert (run.returncode, run.stdout) == (0, f"{HERE} was installed from {places[-1]}.\n"), run.stderr
    where, colab = run.stderr.split()
    assert Path(where).is_relative_to(tmp_path / "env") and colab == "False"
    assert versions(python, tmp_path) == before | {"lightnets-edu": BOOK.version}


def test_a_wheel_beside_the_notebook_comes_before_the_site(python, tmp_path):
    """The one of the notebook's own version, though a newer lies there; a mere folder of the package's name is none."""
    beside(tmp_path / "nb")
    beside(tmp_path / "nb", b"", "lightnets_edu-9.9.9-py3-none-any.whl")
    (tmp_path / "nb" / "lightnets_edu").mkdir()
    run = ran(python, tmp_path / "nb", [CLOSED], PINS / "on_colab", before="import google.colab")
    assert (run.returncode, run.stdout) == (0, f"{HERE} was installed from {BOOK.wheel}.\n"), run.stderr
    assert run.stderr.split()[-1] == "True", "on Colab, anywidget then switches custom widgets on"


def test_half_a_wheel_beside_the_notebook_hides_no_other(python, tmp_path, address):
    beside(tmp_path / "nb", Site.whole[:5000])
    run = ran(python, tmp_path / "nb", [f"{address}/whole/{BOOK.wheel}"])
    assert (run.returncode, run.stdout) == (0, f"{HERE} was installed from {address}/whole/{BOOK.wheel}.\n"), run.stderr


def test_where_nothing_can_be_reached_it_stops_and_says_what_to_do(python, tmp_path, address):
    """Once for all places; and in the next run of the cell, with the wheel beside the notebook, all is well."""
    places = [f"{address}/gone/{BOOK.wheel}", f"{address}/half/{BOOK.wheel}", CLOSED]
    run = ran(python, tmp_path / "nb", places)
    assert run.returncode == 1 and run.stdout == ""
    told = run.stderr.partition("ImportError: ")[2].splitlines()
    assert told[0] == "lightnets_edu, the package of this book, could not be installed:"
    assert [line.split(": ERROR: ")[0] for line in told[1:4]] == [f"  {place}" for place in places]
    assert "404" in told[1] and told[4].startswith(f"Put {BOOK.wheel} beside this notebook, and run this cell again.")
    assert "restart" not in run.stderr and run.stderr.count("Traceback") == 1
    beside(tmp_path / "nb")
    run = ran(python, tmp_path / "nb", places)
    assert (run.returncode, run.stdout) == (0, f"{HERE} was installed from {BOOK.wheel}.\n"), run.stderr


def test_what_the_package_needs_and_nobody_has_is_told(tmp_path):
    """Colab lacks two of its requirements; here no index has them. The next run asks for them again."""
    python = layered(environment("colab"), tmp_path / "env")
    beside(tmp_path / "nb")
    for place in (f"was installed from {BOOK.wheel}", "is here already"):
        run = ran(python, tmp_path / "nb", [CLOSED])
        assert (run.returncode, run.stdout) == (1, f"{HERE} {place}; adding torchinfo, pygraphviz …\n")
        assert "ImportError: lightnets_edu needs torchinfo, pygraphviz, which could not be installed here: ERROR: " in run.stderr
        assert "`%pip install torchinfo pygraphviz`" in run.stderr


@pytest.mark.parametrize(("here", "told"), [
    ("0.0.9", "older than this notebook, which was made with"), ("99.0", "newer than this notebook, which was made with")])  # fmt: skip
def test_another_version_is_told_in_the_line(here, told, python, tmp_path):
    there = tmp_path / "there" / "lightnets_edu"
    there.mkdir(parents=True)
    (there / "__init__.py").write_text(f'__version__ = "{here}"\n')
    shutil.copy(ROOT / "lightnets_edu" / "ready.py", there)
    run = ran(python, tmp_path / "nb", [CLOSED], there.parent)
    assert run.returncode == 0 and run.stdout.startswith(f"lightnets_edu {here} is here already; ") and run.stdout.count("\n") == 1
    assert f"{told} {BOOK.version}" in run.stdout
    (there / "ready.py").unlink()    # a version from before this cell
    run = ran(python, tmp_path / "nb", [CLOSED], there.parent)
    assert (run.returncode, run.stdout) == (0, f"lightnets_edu is here, and older than this notebook, which was made with {BOOK.version}.\n")


def test_where_pip_may_not_write_the_users_own_folder_is_looked_into(python, tmp_path):
    """A server's Python: pip installs for the user, into a folder that was not there when the kernel started."""
    system = f"import site, sys\nsite.ENABLE_USER_SITE, site.USER_BASE, site.USER_SITE = True, {str(tmp_path / 'own')!r}, None\n"
    beside(tmp_path / "nb")
    own = {"PIP_TARGET": str(tmp_path / "own" / f"lib/python{'.'.join(map(str, sys.version_info[:2]))}/site-packages")}
    run = ran(python, tmp_path / "nb", [CLOSED], before=system, **own)
    assert (run.returncode, run.stdout) == (0, f"{HERE} was installed from {BOOK.wheel}.\n"), run.stderr
    assert run.stderr.startswith(str(tmp_path / "own"))
