"""The wheel and what a package index shows of it: metadata, a README without dead links, types, the same bytes."""

import importlib.util
import os
import re
import subprocess
import sys
import zipfile
from email.parser import BytesParser
from html.parser import HTMLParser
from pathlib import Path

import pytest
from checkout import ROOT, published
from markdown_it import MarkdownIt

from coursekit.project import Project

pytestmark = pytest.mark.slow
SPEC = importlib.util.spec_from_file_location("setup_of_the_wheel", ROOT / "setup.py")
SPEC.loader.exec_module(setup := importlib.util.module_from_spec(SPEC))
README = (ROOT / "README.md").read_text("utf-8")
URL, BRANCH = "https://github.com/owner/name", "main"


def make_dist(root, **env):
    """`make dist` in an unpacked archive, with this environment; the folder that it fills."""
    (root / ".venv").symlink_to(ROOT / ".venv")
    command = ["make", "-o", ".venv/.ready", "dist", f"BIN={Path(sys.executable).parent}"]
    subprocess.run(command, cwd=root, env={**os.environ, **env}, check=True, capture_output=True)
    return root / "dist"


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    return make_dist(published(tmp_path_factory.mktemp("one") / "book"))


@pytest.fixture(scope="module")
def wheel(dist):
    return next(dist.glob("*.whl"))


@pytest.fixture(scope="module")
def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return BytesParser().parsebytes(archive.read(name))


def test_the_same_bytes_elsewhere(wheel, tmp_path):
    """In another folder, with other times and rights of the files; without the date that `make dist` sets, not."""
    root = published(tmp_path / "elsewhere with a space")
    for path in root.rglob("*"):
        os.utime(path, (1_800_000_000, 1_800_000_000))
        path.chmod(path.stat().st_mode | 0o020)
    (other,) = make_dist(root, TZ="Pacific/Chatham", LC_ALL="C").glob("*.whl")
    assert other.read_bytes() == wheel.read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        assert {entry.date_time[:3] for entry in archive.infolist()} == {(2026, 1, 1)}
    makefile = (root / "Makefile").read_text("utf-8")
    (root / "Makefile").write_text(makefile.replace("SOURCE_DATE_EPOCH", "DATE"), "utf-8")
    (root / ".venv").unlink()
    (dated,) = make_dist(root).glob("*.whl")
    assert dated.read_bytes() != wheel.read_bytes()


def test_metadata(metadata, dist):
    project = Project(ROOT)
    urls = dict(line.split(", ") for line in metadata.get_all("Project-URL"))
    assert urls == {"Repository": project.repository, "Book": project.book_url, "Issues": f"{project.repository}/issues",
                    "Changelog": f"{project.repository}/blob/{project.branch}/CHANGELOG.md"}  # fmt: skip
    assert metadata["Author"] == "the lightnets_edu contributors" and metadata["License-Expression"] == "MIT"
    assert "Typing :: Typed" in metadata.get_all("Classifier") and "PyTorch" in metadata["Keywords"]
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload(decode=True).decode() == setup.absolute(README, project.repository, project.branch)


def test_only_the_package_is_in_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        assert {name.split("/")[0].split("-")[0] for name in archive.namelist()} == {"lightnets_edu"}


class Links(HTMLParser):
    """Everything in a rendered page that asks for something."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found += [(tag, value) for key, value in attrs if key in ("href", "src", "srcset")]


def links(text):
    return Links(MarkdownIt("gfm-like").render(text)).found


def dead(text):
    """What of a README would lead nowhere on a package index."""
    return [value for tag, value in links(text) if not re.match(r"https://|#", value) or tag == "source"]


def shape(text):
    """The text without the targets of its links and pictures."""
    page = re.sub(r"</?picture>|<source [^>]*>", "", MarkdownIt("gfm-like").render(text))
    return re.sub(r'(href|src)="[^"]*"', "", page).split()


def test_the_readme_has_no_dead_link_and_says_the_same(metadata):
    text = metadata.get_payload(decode=True).decode()
    assert len(dead(README)) > 5 and dead(text) == []
    assert shape(text) == shape(README)
    url, branch = Project(ROOT).repository, Project(ROOT).branch
    for tag, value in links(text):
        raw = url.replace("github.com", "raw.githubusercontent.com")
        prefix = f"{raw}/{branch}/" if tag == "img" else f"{url}/blob/{branch}/"
        if value.startswith(prefix):
            assert (ROOT / value.removeprefix(prefix)).exists(), value


@pytest.mark.parametrize(("text", "told"), [
    ("[a](b.md)", []),
    ("[a `b`](b.md#c), ![d](e.png) and <img src=\"f.png\" alt=\"\">", []),
    ("[a](https://x.example/b) [b](#c) <https://x.example>", []),
    ("```python\nf[1](2)\n```\n\n[a](b.md)", []),
    ("[a]\n\n[a]: b.md\n", ["b.md"]),
    ('<a href="b.md">a</a>', ["b.md"]),
    ('<picture><source srcset="a.png"></picture>', ["a.png"]),
])  # fmt: skip
def test_a_relative_link_is_made_absolute_or_found(text, told):
    """The last three are forms that setup.py does not know: the README may not use them, and the test above says so."""
    changed = setup.absolute(text, URL, BRANCH)
    assert dead(changed) == told and shape(changed) == shape(text)


@pytest.mark.parametrize("config", ["", "repository:\n  branch: x\n", "repository:\n  url: http://a/b\n", "other:\n  url: https://github.com/a/b\n"])
def test_a_configuration_without_an_address_stops_the_build(config):
    with pytest.raises(SystemExit, match=r"_config.yml: repository.url is"):
        setup.address(config)


@pytest.mark.parametrize(("html", "book"), [
    ("html:\n  x: 1\n  baseurl: https://a.example/b   # here\n", "https://a.example/b/"), ("html:\n  baseurl:\n", "https://owner.github.io/name/"),
    ("", "https://owner.github.io/name/")])  # fmt: skip
def test_the_books_address_is_that_of_the_configuration(html, book, tmp_path):
    (tmp_path / "_config.yml").write_text(f"repository:\n  url: {URL}\n{html}")
    assert setup.book((tmp_path / "_config.yml").read_text(), URL) == book == Project(tmp_path).book_url


def test_types_come_with_it(wheel, tmp_path):
    """mypy sees the types of the installed package, and would not without the marker."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    (site,) = (tmp_path / "env").glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (tmp_path / "use.py").write_text("from lightnets_edu.layers import divide\n\nreveal_type(divide)\n")
    command = [sys.executable, "-m", "mypy", "--python-executable", str(tmp_path / "env/bin/python"), "--follow-imports=silent", "use.py"]
    seen = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    assert "parts: int" in seen and "py.typed" not in seen, seen
    (site / "lightnets_edu/py.typed").unlink()
    assert "missing library stubs or py.typed marker" in subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
