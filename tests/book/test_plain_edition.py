"""`jupyter-book build .`, typed by habit in the root, gives a sound book, with nothing private in it.

The notebooks are not executed once more for it: what it shows is what they gave on Colab's versions.
"""

import os
import re
import subprocess
import sys

import nbformat
import pytest
from checkout import published
from colab_run import NOTEBOOKS, executed

from coursekit.public.site_check import check

pytestmark = pytest.mark.slow


def test_jupyter_book_build_in_the_root(tmp_path):
    root = published(tmp_path / "book")
    for stem in NOTEBOOKS:
        nbformat.write(executed(stem).nb, root / "notebooks" / f"{stem}.ipynb")
    config, asked = (root / "_config.yml").read_text("utf-8"), "execute_notebooks: force"
    assert config.count(asked) == 1, "typed in the root, it executes the notebooks"
    (root / "_config.yml").write_text(config.replace(asked, 'execute_notebooks: "off"'))
    (root / "course").mkdir(exist_ok=True)
    (root / "course" / "notes.md").write_text("# A private page\n")
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", ".", "-W", "-n", "--keep-going"]
    run = subprocess.run(command, cwd=root, env=dict(os.environ), capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    site = root / "_build" / "html"
    page = (site / "notebooks/05_shufflenet_v1.html").read_text("utf-8")
    assert "not answered yet" in page and "1,865,728" in page, "the notebooks were executed"
    assert "widget-view+json" in page and "widget-host.js" in page
    assert check(site) == []
    for path in site.glob("notebooks/*.html"):
        text, name = path.read_text("utf-8"), f"{path.stem}.ipynb"
        assert f'<a href="{name}" download' in text, "each page gives its notebook"
        assert (path.parent / name).read_bytes() == (root / "notebooks" / name).read_bytes()
        assert not re.search(r"training: +\d+%\||epoch/s", text), f"{path.name} holds a progress bar"
        assert "ln-asleep" not in text.replace(".ln-asleep", "") and "run this cell" not in text, "each figure stands once"
    assert not [p for p in site.rglob("*") if "course" in p.relative_to(site).parts or p.name == "notes.html"]
