"""Jupyter Book 2, which `pip install jupyter-book` gives, says in words that this book needs version 1, and fails."""

import os
import shutil
import subprocess
import sys

import pytest
import yaml
from checkout import ROOT, published

VERSION = "jupyter-book==2.1.7"
SAYS = ("needs Jupyter Book 1.x", "make book", "pip install -r requirements.txt")


def test_the_plugin_speaks_and_fails():
    (plugin,) = yaml.safe_load((ROOT / "myst.yml").read_text("utf-8"))["project"]["plugins"]
    node = shutil.which("node") or pytest.fail("node is missing: apt-get install nodejs", pytrace=False)
    run = subprocess.run([node, str(ROOT / plugin)], capture_output=True, text=True)
    assert run.returncode == 1 and run.stdout == "" and all(words in run.stderr for words in SAYS)


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    """Where Jupyter Book 2 lies, by itself: what else it needs, this Python has."""
    folder = tmp_path_factory.mktemp("jupyter-book-2")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), VERSION, "nodeenv"]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def typed(second, root, *words):
    """What `jupyter-book …` does, with no way to another host."""
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    env = {**os.environ, **nowhere, "PYTHONPATH": str(second)}
    command = [sys.executable, "-m", "jupyter_book", *words]
    return subprocess.run(command, cwd=root, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
@pytest.mark.parametrize("words", [("build", "."), ("build", "--html"), ("start",)], ids=" ".join)
def test_jupyter_book_2_in_the_root(second, tmp_path, words):
    root = published(tmp_path / "book")
    run = typed(second, root, *words)
    assert run.returncode != 0 and all(text in run.stderr for text in SAYS), run.stdout + run.stderr
    assert not (root / "_build" / "html").exists()


@pytest.mark.slow
def test_without_the_file_it_would_claim_success(second, tmp_path):
    """What the file is for; when this fails, Jupyter Book 2 has learnt to say it by itself."""
    root = published(tmp_path / "book")
    (root / "myst.yml").unlink()
    run = typed(second, root, "build", ".")
    assert run.returncode == 0 and "1.x" not in run.stderr and not list((root / "_build").rglob("*.html"))
