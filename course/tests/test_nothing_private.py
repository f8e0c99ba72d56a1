"""What is published is the same, byte for byte, whether this half is there or not, and holds nothing of it."""

import ast
import hashlib
import os
import subprocess
import sys

import pytest
from checkout import ROOT, published, with_lessons

from coursekit.errors import Faults
from coursekit.teacher.course import scan_paths, secrets_of
from coursekit.teacher.exercises import read_assignments

pytestmark = pytest.mark.slow


def digests(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def differences(one, other):
    """Files that only one folder has, or that differ."""
    a, b = digests(one), digests(other)
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


@pytest.fixture(scope="module")
def public_half(tmp_path_factory):
    """The published half, built from what is published and the executed lessons, which opened nothing of this half."""
    root = with_lessons(published(tmp_path_factory.mktemp("public") / "book", without=("course",)))
    kept = digests(root / "_build/executed")
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-m", "coursekit", "build", "--quiet"]
    run = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert digests(root / "_build/executed") == kept, "no lesson was run again"
    return root


def test_identical_without_this_half(book, public_half):
    assert not (public_half / "course").exists()
    assert (ROOT / "_build/html/index.html").exists(), "there is no site: run `make book` first (make test does)"
    assert differences(public_half / "_build/html", ROOT / "_build/html") == []
    assert differences(public_half / "notebooks", book / "notebooks") == []


def test_the_comparison_notices_one_byte_and_one_file(tmp_path):
    for name, text in [("a/x.html", "1"), ("b/x.html", "2"), ("a/y.html", "1")]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert differences(tmp_path / "a", tmp_path / "b") == ["x.html", "y.html"]


def test_site_notebooks_and_wheel_hold_nothing_private(book, public_half, tmp_path):
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(public_half)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    scan_paths(book, [public_half / "_build/html", public_half / "notebooks", wheel])


def test_the_scan_finds_every_text_that_it_looks_for(book, tmp_path):
    secrets = [secret for assignment in read_assignments(book) for secret in secrets_of(assignment)]
    places = {secret.where for secret in secrets}
    assert len(places) > 20
    (tmp_path / "page.html").write_text("\n".join(f"<p>{secret.text}</p>" for secret in secrets))
    with pytest.raises(Faults) as raised:
        scan_paths(book, [tmp_path])
    assert {fault.what.removeprefix("holds ") for fault in raised.value.faults} == places


def test_no_module_of_the_public_build_imports_the_teachers():
    modules = [*(ROOT / "coursekit/public").glob("*.py"), *(ROOT / "coursekit").glob("*.py")]
    for path in modules:
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        imported = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        assert path.name == "cli.py" or not any("teacher" in module or "grading" in module for module in imported), path
