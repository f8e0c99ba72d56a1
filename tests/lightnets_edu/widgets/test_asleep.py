"""An executed notebook as a page that no network reaches: figures leave their captions and tables in it, and every
picture has its text alternative."""

import logging
import warnings

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from specimens import SPECIMENS

from lightnets_edu import widgets

FIGURES = "from lightnets_edu import widgets\nfor name in widgets.__all__:\n    display(getattr(widgets, name)())"
PLOT = "from lightnets_edu import show\nshow.vector_plots()\nimport matplotlib.pyplot as plt\nplt.plot([0, 1])\nplt.show()"
ALT = '#| fig-alt: >-\n#|   A line that rises from “0” to <1>;\n#|   nothing else.\n'
DIAGRAM = "from torch import nn\nfrom lightnets_edu import diagrams\ndiagrams.unit(nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU()), (1, 1, 4, 4))"


@pytest.fixture(scope="module")
def notebook():
    """All figures, a plot and a diagram, executed in one kernel."""
    cells = [FIGURES, PLOT, f"{ALT}plt.plot([0, 1])\nplt.show()", DIAGRAM]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    NotebookClient(nb, kernel_name="python3", timeout=300).execute()
    nbformat.validate(nb)
    return nb


def page(nb, caplog) -> tuple[str, list[str]]:
    """What nbconvert makes of a notebook, and what it complains about."""
    caplog.clear()
    with caplog.at_level(logging.WARNING), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        html, _ = HTMLExporter(log=logging.getLogger("nbconvert-test")).from_notebook_node(nb)
    return html, [*caplog.messages, *(str(w.message) for w in warned if "mime" in str(w.message))]


def less(nb, *cells):
    """The notebook without some of its cells."""
    return nbformat.from_dict({**nb, "cells": [cell for i, cell in enumerate(nb.cells) if i not in cells]})


@pytest.mark.parametrize("state", [True, False], ids=["with widget state", "as JupyterLab saves it"])
def test_every_figure_leaves_caption_and_data_where_nothing_runs(notebook, state, browser, caplog, tmp_path):
    nb = notebook if state else nbformat.from_dict({**notebook, "metadata": {}})
    html, complaints = page(less(nb, 1), caplog)
    assert complaints == []
    (tmp_path / "page.html").write_text(html, "utf-8")
    context = browser.new_context(offline=True)
    tab = context.new_page()
    tab.goto((tmp_path / "page.html").as_uri())
    sleepers = tab.locator(".ln-asleep")
    assert sleepers.count() == len(widgets.__all__) == len(SPECIMENS)
    for i, name in enumerate(widgets.__all__):
        sleeper = sleepers.nth(i)
        for part in ("table", "figcaption"):
            assert sleeper.locator(part).first.is_visible(), f"{name}: no {part}"
        assert "run this cell" in sleeper.inner_text() and len(sleeper.locator("figcaption").inner_text()) > 40
    shown = tab.locator("body").inner_text()
    assert "not found" not in shown and " object at 0x" not in shown and "(caption=" not in shown
    context.close()


def test_the_output_says_its_name_and_is_marked(notebook):
    outputs = notebook.cells[0].outputs
    assert len(outputs) == 2 * len(widgets.__all__)
    for name, view, still in zip(widgets.__all__, outputs[::2], outputs[1::2], strict=True):
        assert view.data["text/plain"].startswith(f"{name}: ") and "application/vnd.jupyter.widget-view+json" in view.data
        assert still.metadata == {"fallback": True} and set(still.data) == {"text/html"} and "fallback" not in view.metadata


def test_every_picture_has_its_alternative(notebook, caplog):
    html, complaints = page(less(notebook, 1), caplog)
    pictures = BeautifulSoup(html, "html.parser").select("main img, main svg")
    assert complaints == [] and len(pictures) == 2
    for picture in pictures:
        named = picture.get("alt") or picture.get("aria-label") or picture.find("title").get_text()
        assert named.strip() and "No description" not in named, str(picture)[:200]
    assert [img["alt"] for img in pictures if img.name == "img"] == ["A line that rises from “0” to <1>; nothing else."]


def test_a_plot_without_one_is_noticed(notebook, caplog):
    assert any("Alternative text is missing on 1 image" in words for words in page(notebook, caplog)[1])
