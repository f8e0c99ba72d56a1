"""Builds a small book with the extension: the same book gives the same site, however it was arrived at."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

from coursekit.public.site_check import check

ROOT = Path(__file__).parents[2]
MIME = "application/vnd.jupyter.widget-{}+json"
FIRST = """# First

A formula $x^2$, {eq}`eq-one`, {numref}`fig-one`, {ref}`second-part`. The thebe project in prose.

```{figure} a.svg
:name: fig-one
:alt: A square
A square.
```

(second-part)=
## Second part

$$
\\sum_i x_i
$$ (eq-one)
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


def notebook(model):
    """An executed notebook with one widget, whose model has this name."""
    view = {"model_id": model, "version_major": 2, "version_minor": 0}
    output = nbformat.v4.new_output("display_data", data={MIME.format("view"): view, "text/plain": "Toy()"})
    module = """export default { label: "Toy", render({ el }) {
      const [figure, caption] = ["figure", "figcaption"].map((tag) => document.createElement(tag));
      caption.textContent = "Still.";
      figure.append(caption);
      el.append(figure);
    } };""".replace("\n", " ")
    state = {"_esm": module, "_css": ".toy { color: red }"}
    record = {"model_name": "AnyModel", "model_module": "anywidget", "model_module_version": "0.11", "state": state}
    cells = [
        nbformat.v4.new_markdown_cell("# Toy", id="a"),
        nbformat.v4.new_code_cell("Toy()", id="b", outputs=[output]),
    ]
    bundle = {"state": {model: record}, "version_major": 2, "version_minor": 0}
    metadata = {"language_info": {"name": "python"}, "widgets": {MIME.format("state"): bundle}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def write(book, model="0a1b", pages=("first", "toy")):
    """Write the sources of a book."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    config |= {"execute": {"execute_notebooks": "off"}}
    book.mkdir(parents=True, exist_ok=True)
    (book / "_config.yml").write_text(yaml.safe_dump(config))
    chapters = [{"file": page} for page in pages[1:]]
    (book / "_toc.yml").write_text(yaml.safe_dump({"format": "jb-book", "root": pages[0], "chapters": chapters}))
    (book / "first.md").write_text(FIRST)
    (book / "more.md").write_text("# More\n\nA formula $\\alpha$ and `code`.\n\n```{dropdown} Open\nme\n```\n")
    (book / "a.svg").write_text(SVG)
    nbformat.write(notebook(model), book / "toy.ipynb")
    (book / "book").mkdir(exist_ok=True)
    (book / "book/references.bib").write_text("@misc{someone, author={Some One}, title={A title}, year={2018}}")
    shutil.copytree(ROOT / "book/_ext", book / "book/_ext", dirs_exist_ok=True)
    return book


def build(book) -> dict[str, str]:
    """Build strictly; the hash of every file of the site."""
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", ".", "-W", "-n", "-q"]
    run = subprocess.run(command, cwd=book, capture_output=True, text=True, env={**os.environ, "BOOK_LABELS": ""})
    assert run.returncode == 0, run.stdout + run.stderr
    site = book / "_build/html"
    files = [path for path in site.rglob("*") if path.is_file()]
    return {str(path.relative_to(site)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A built book and its hashes."""
    book = write(tmp_path_factory.mktemp("book"))
    return book, build(book)


def test_site_is_sound_and_holds_its_licences(built):
    site = built[0] / "_build/html"
    assert check(site) == []
    licences = (site / "_static/licences.txt").read_text("utf-8")
    for name in ("KaTeX", "Literata", "Sphinx 7", "Font Awesome", "Bootstrap", "clipboard.js", "SIL OPEN FONT LICENSE"):
        assert name in licences
    assert 'href="_static/licences.txt' in (site / "first.html").read_text("utf-8")
    assert not [path for path in site.rglob("*") if "thebe" in path.name or path.suffix == ".map"]


def test_labels_lie_beside_the_site(built):
    labels = json.loads((built[0] / "_build/labels.json").read_text("utf-8"))
    assert labels["fig-one"] == {"url": "first.html#fig-one", "title": "A square.", "kind": "figure", "number": "1"}
    assert labels["eq-one"] | {"title": ""} == labels["eq-one"] and labels["eq-one"]["number"] == "1"
    assert labels["second-part"]["kind"] == "section" and labels["second-part"]["title"] == "Second part"
    assert "labels.json" not in built[1]


def test_page_carries_the_host_and_the_still_picture(built):
    page = (built[0] / "_build/html/toy.html").read_text("utf-8")
    assert "widget-host.js" in page and "require" not in page and '"widget-1"' in page and "0a1b" not in page
    assert '<div class="ln-fallback"><style>.toy { color: red }</style><figure class="ln-still" aria-label="Toy">' in page


def test_same_book_gives_the_same_bytes(built, tmp_path):
    """Again in place; elsewhere with other random names; with a page added and taken away."""
    book, hashes = built
    assert build(book) == hashes
    assert build(write(tmp_path / "elsewhere/deep", model="9z9z")) == hashes
    more = build(write(book, pages=("first", "toy", "more")))
    fresh = build(write(tmp_path / "fresh", pages=("first", "toy", "more")))
    assert more == fresh
