"""Colab's side: the notebook runs to its end, unsolved, where only the wheel is installed, with ipywidgets 7.7.1.

What its widgets leave in the notebook is then shown by the book's host, as in the site.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from checkout import ROOT, published
from probe import MOUNTED, change_by_keyboard, visit

pytestmark = pytest.mark.slow
WIDGET = "application/vnd.jupyter.widget-"
HOST = ROOT / "book" / "_ext" / "assets" / "widget-host.js"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RUN = """
import sys, nbformat
from nbclient import NotebookClient
source, target = sys.argv[1:]
nb = nbformat.read(source, 4)
NotebookClient(nb, timeout=300, kernel_name="python3").execute()
nbformat.write(nb, target)
"""


def pinned(*names):
    text = (ROOT / "requirements.txt").read_text()
    return [re.search(rf"^{name}==\S+", text, re.M)[0] for name in names]


@pytest.fixture(scope="session")
def colab(tmp_path_factory):
    """A Python that has what Colab has, and neither this checkout nor the package; and a wheel beside it."""
    folder = tmp_path_factory.mktemp("colab")
    source = published(folder / "source")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
    python = folder / "env" / "bin" / "python"
    colab_has = [*pinned("torch", "numpy", "matplotlib", "ipykernel", "nbclient", "nbformat"), "ipywidgets==7.7.1"]
    subprocess.run([str(python), "-m", "pip", "install", "-q", *colab_has], check=True)
    return python, next(folder.glob("*.whl"))


def versions(python):
    code = "import importlib.metadata as m; print(*[m.version(p) for p in ('torch', 'numpy', 'ipywidgets')])"
    return subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_run_all_reaches_the_end_unsolved(colab, path, tmp_path, browser):
    python, wheel = colab
    before, out = versions(python), tmp_path / "out.ipynb"
    env = {"PATH": f"{python.parent}:/usr/bin:/bin", "HOME": str(tmp_path), "LIGHTNETS_EDU": str(wheel)}
    env |= {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_", "REQUESTS_"))}
    run = subprocess.run([str(python), "-c", RUN, str(path), str(out)], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]
    assert versions(python) == before, "the set-up cell leaves torch, numpy and ipywidgets as they are"
    nb = nbformat.read(out, 4)
    printed = "".join(o.get("text", "") for cell in nb.cells for o in cell.get("outputs", []))
    exercises = sum(cell.metadata.get("nbgrader", {}).get("solution", False) for cell in nb.cells)
    assert printed.count("not answered yet") >= exercises and "✗" not in printed
    assert exercises > 0 or path.stem == "gallery"
    hosted(nb, tmp_path, browser)
    where = subprocess.run([str(python), "-c", "import lightnets_edu; print(lightnets_edu.__file__)"], cwd=tmp_path, env=env,
                           check=True, capture_output=True, text=True).stdout  # fmt: skip
    assert Path(where.strip()).is_relative_to(python.parents[1]), "the wheel's package, not this checkout"


def hosted(nb, folder, browser):
    """The figures of an executed notebook start in the book's host and answer to keys."""
    shown = [o["data"].get(f"{WIDGET}view+json") for cell in nb.cells for o in cell.get("outputs", []) if "data" in o]
    states = nb.metadata.widgets[f"{WIDGET}state+json"]
    blocks = [("state", states), *(("view", view) for view in shown if view)]
    body = "".join(f'<script type="{WIDGET}{kind}+json">{json.dumps(value).replace("<", chr(92) + "u003c")}</script>'
                   for kind, value in blocks)  # fmt: skip
    (folder / "page.html").write_text(f"<!doctype html><meta charset=utf-8><script defer src='{HOST.as_uri()}'></script><body>{body}")
    with visit(browser, (folder / "page.html").as_uri()) as seen:
        figures = seen.tab.locator(".book-widget[data-mounted]").all()
        assert figures and seen.tab.evaluate(MOUNTED) == []
        assert [fault for figure in figures for fault in change_by_keyboard(seen.tab, figure)] == []
        assert seen.complaints == []


def test_a_notebook_that_fails_is_noticed(colab, tmp_path):
    python, _ = colab
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    nbformat.write(nb, tmp_path / "bad.ipynb")
    run = subprocess.run([str(python), "-c", RUN, str(tmp_path / "bad.ipynb"), str(tmp_path / "o.ipynb")], capture_output=True, text=True)
    assert run.returncode != 0 and "ZeroDivisionError" in run.stderr
