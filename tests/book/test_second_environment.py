"""Colab's side: each notebook runs to its end, unsolved, with Colab's versions, the wheel installed by its set-up cell.

What its widgets leave in the notebook is then shown by the book's host, as in the site.
"""

import json
import re
import tomllib
from pathlib import Path

import nbformat
import pytest
from checkout import ROOT
from colab_run import NOTEBOOKS, executed, kernel, printed, source, unpassed, wheel
from nbclient.exceptions import CellExecutionError
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from probe import MOUNTED, change_by_keyboard, visit

from coursekit.public import set_up

pytestmark = pytest.mark.slow
EVERY = pytest.mark.parametrize("stem", NOTEBOOKS)
WIDGET = "application/vnd.jupyter.widget-"
HOST = ROOT / "book" / "_ext" / "assets" / "widget-host.js"


def answered(nb) -> list[str]:
    """Checks that say anything but that there is no answer yet."""
    checks = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id", "").endswith("-check")]
    return [cell.id for cell in checks if not re.fullmatch(r"(… \w+: not answered yet\n)+", printed(cell))]


def moved(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """What was there before and is another version now, or gone."""
    return {name: f"{old} → {after.get(name)}" for name, old in before.items() if after.get(name) != old}


@EVERY
def test_run_all_reaches_the_end_unsolved(stem):
    nb = executed(stem).nb
    assert answered(nb) == [] and "✗" not in "".join(map(printed, nb.cells))
    assert not re.match(r"\d\d_", stem) or any(cell.metadata.get("nbgrader", {}).get("solution") for cell in nb.cells)
    nb.cells.append(nbformat.v4.new_code_cell(id="planted-check", metadata={"nbgrader": {"grade_id": "planted-check"}}))
    assert answered(nb) == ["planted-check"]


@EVERY
def test_the_printed_solutions_pass_their_checks(stem):
    run = executed(stem)
    asked = {c.id for c in run.nb.cells if c.metadata.get("nbgrader", {}).get("solution")}
    graded = {c.id.removesuffix("-grade") for c in run.nb.cells if c.metadata.get("nbgrader", {}).get("grade")}
    assert set(run.afterwards["practice"]) == asked - graded
    assert unpassed(run.afterwards["practice"]) == {}


@pytest.mark.parametrize("text", ["", "… fold: not answered yet\n", "✗ a\n✗ fold: 1 of 2 checks passed\n",
                                  "✓ fold: 2 of 2 checks passed\n… other: not answered yet\n"])  # fmt: skip
def test_what_has_not_passed_is_noticed(text):
    assert unpassed({"fold": text}) == {"fold": text}
    assert unpassed({"fold": "✓ a\n✓ fold: 1 of 1 checks passed\n"}) == {}


@EVERY
def test_the_setup_cell_adds_the_package_and_moves_nothing(stem):
    run = executed(stem)
    assert moved(run.before, run.after) == {}
    needs = [Requirement(line) for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]]
    missing = [name for need in needs if (name := canonicalize_name(need.name)) not in run.before]
    said = f"lightnets_edu {run.after['lightnets-edu']} was installed from {wheel()}; adding {', '.join(missing)} … done.\n"
    assert printed(run.nb.cells[1]) == said, "one line, and nothing of pip's"
    assert run.after.keys() - run.before.keys() == {"lightnets-edu", *missing}
    assert moved({"numpy": "2.1.3", "torch": "1"}, {"numpy": "2.4.6"}) == {"numpy": "2.1.3 → 2.4.6", "torch": "1 → None"}


@EVERY
def test_the_package_is_the_wheels_and_nothing_else_is_ours(stem):
    run = executed(stem)
    assert Path(run.loaded["package"]).is_relative_to(run.python.parents[1])
    assert run.loaded["ours"] == []
    assert run.loaded["asked"] == [True], "custom widgets are switched on once"


@EVERY
def test_its_figures_live_in_the_books_host(stem, tmp_path, browser):
    nb = executed(stem).nb
    shown = [o["data"].get(f"{WIDGET}view+json") for cell in nb.cells for o in cell.get("outputs", []) if "data" in o]
    states = nb.metadata.widgets[f"{WIDGET}state+json"]
    blocks = [("state", states), *(("view", view) for view in shown if view)]
    body = "".join(f'<script type="{WIDGET}{kind}+json">{json.dumps(value).replace("<", chr(92) + "u003c")}</script>'
                   for kind, value in blocks)  # fmt: skip
    (tmp_path / "page.html").write_text(f"<!doctype html><meta charset=utf-8><script defer src='{HOST.as_uri()}'></script><body>{body}")
    with visit(browser, (tmp_path / "page.html").as_uri()) as seen:
        figures = seen.tab.locator(".book-widget[data-mounted]").all()
        assert figures and seen.tab.evaluate(MOUNTED) == []
        assert [fault for figure in figures for fault in change_by_keyboard(seen.tab, figure)] == []
        assert seen.complaints == []


def test_without_its_package_a_notebook_stops_at_the_setup_cell(tmp_path):
    nb = nbformat.read(source() / "notebooks" / "gallery.ipynb", 4)
    nowhere = tmp_path / "no such.whl"
    nb.cells[1].source = set_up.text("lightnets_edu", "0.1.0", ["http://127.0.0.1:9/closed.whl"])
    with kernel(nb, tmp_path, nowhere) as client:
        ran = []
        with pytest.raises(CellExecutionError) as stopped:
            for index, cell in enumerate(nb.cells):
                ran.append(cell.source)
                client.execute_cell(cell, index)
    assert ran == [cell.source for cell in nb.cells[:2]] and stopped.value.ename == "ImportError"
    assert stopped.value.evalue.startswith("lightnets_edu, the package of this book, could not be installed:\n")
    assert all(place in stopped.value.evalue for place in (str(nowhere), "closed.whl")) and printed(nb.cells[1]) == ""
