"""Every figure in JupyterLab 4 with a live kernel: what the browser changes Python reads, what Python sets shows.

All figures stand in one notebook, on one kernel, in one tab. What Python has of a figure stands under it, in a label
that follows the figure's traits: a page sends the last of several quick changes only when the kernel has answered the
first, so a cell that is run at once may still read the state before it.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect
from specimens import SPECIMENS

from lightnets_edu import widgets

pytestmark = pytest.mark.slow
PACKAGE_ROOT = Path(__file__).parents[3]
PATIENT = 240_000    # ms; a kernel on a busy machine loads PyTorch for a minute or two
SHOW = """from lightnets_edu.widgets import {kind}
{name} = w = {kind}()
{name}_says = ipywidgets.HTML()
def say(_, w=w, label={name}_says):
    label.value = f"traits: {{({says})}}"
w.observe(say, names=list(w.drawn))
display(w, {name}_says)"""
BAR = """import time
from lightnets_edu.progress import bar
print('begins')
for _ in bar(range(20), 'training', 'epoch'):
    time.sleep(0.2)
print('ends')"""
RUN = """i => {
    jupyterapp.shell.currentWidget.content.activeCellIndex = i;
    jupyterapp.commands.execute("notebook:run-cell");
}"""
DISPLAY = "node => getComputedStyle(node.closest('.jp-OutputArea-child')).display"


def cells() -> list[str]:
    """A notebook on all figures: a cell that shows each of them, and one that sets it from Python; last, a bar."""
    made = ["import ipywidgets\nfrom IPython.display import display\nprint('ready')"]
    for name, specimen in SPECIMENS.items():
        kind = type(specimen.make()).__name__
        made += [SHOW.format(name=name, kind=kind, says=specimen.live.says), f"w = {name}\n{specimen.live.sets}"]
    return [*made, BAR]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of the notebook in a JupyterLab on loopback."""
    tmp_path = tmp_path_factory.mktemp("lab")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    folder = tmp_path / "work"
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells()], metadata=kernel)
    nbformat.write(notebook, folder / "figures.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    options = {"ip": "127.0.0.1", "port": port, "token": "", "password": "", "root_dir": folder}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    command += [f"--ServerApp.{name}={value}" for name, value in options.items()]
    places = {
        name: str(tmp_path / name) for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    settings = tmp_path / "JUPYTER_CONFIG_DIR" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}))
    with open(tmp_path / "log", "w") as log:
        env = {**os.environ, **places, "PYTHONPATH": str(PACKAGE_ROOT)}
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            for _ in range(360):
                try:
                    urllib.request.urlopen(f"{address}/api", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.5)
            else:
                pytest.fail((tmp_path / "log").read_text()[-2000:])
            yield f"{address}/lab/tree/figures.ipynb"
        finally:
            with suppress(subprocess.TimeoutExpired):
                server.terminate()
                server.wait(60)    # it waits for a kernel that has not started yet
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


class Notebook:
    """The notebook in its tab, with a kernel that answers."""

    def __init__(self, tab):
        self.tab, self.thrown = tab, []
        tab.on("pageerror", lambda error: self.thrown.append(str(error)))

    def cell(self, i: int):
        return self.tab.locator(".jp-Notebook .jp-CodeCell").nth(i)

    def run(self, i: int) -> None:
        """By JupyterLab's own command: a key goes astray where the focus is drawn away, by a notice or by loading."""
        self.tab.evaluate(RUN, i)

    def connect(self) -> None:
        """Waits for the kernel: what is run while JupyterLab still connects to it is dropped, and no word said."""
        self.tab.wait_for_function("window.jupyterapp?.shell.currentWidget?.context?.sessionContext.isReady", timeout=PATIENT)
        self.run(0)
        expect(self.cell(0).locator(".jp-OutputArea")).to_contain_text("ready", timeout=PATIENT)


@pytest.fixture(scope="module")
def notebook(browser, lab):
    """The notebook, opened once for all figures."""
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    try:
        opened = Notebook(context.new_page())
        opened.tab.goto(lab, timeout=PATIENT)
        expect(opened.tab.locator(".jp-Notebook .jp-CodeCell")).to_have_count(len(cells()), timeout=PATIENT)
        opened.connect()
        yield opened
    finally:
        context.close()


@pytest.mark.parametrize("name", SPECIMENS)
def test_browser_and_python_agree(notebook, name):
    specimen, place = SPECIMENS[name], 1 + 2 * list(SPECIMENS).index(name)
    notebook.run(place)
    cell = notebook.cell(place)
    figure = cell.locator("figure.ln-widget")
    expect(figure.locator("svg").first).to_be_visible(timeout=PATIENT)
    specimen.live.act(figure)
    expect(cell.get_by_text(f"traits: {specimen.live.expected}", exact=True)).to_be_visible(timeout=PATIENT)
    notebook.run(place + 1)
    expect(figure.get_by_text(specimen.live.shows).first).to_be_visible(timeout=PATIENT)
    expect(notebook.cell(place + 1).locator(".jp-InputPrompt")).to_have_text(re.compile(r"\d"), timeout=PATIENT)
    assert notebook.cell(place + 1).locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert notebook.thrown == []


def reopened(tab: Page, lab: str) -> None:
    """Save the notebook, end its kernel, and open it again."""
    with tab.expect_response(lambda r: r.request.method == "PUT" and "/api/contents/" in r.url, timeout=PATIENT):
        tab.keyboard.press("Control+s")
    tab.goto("about:blank")
    sessions = f"{lab.partition('/lab/')[0]}/api/sessions"
    (token,) = [cookie["value"] for cookie in tab.context.cookies() if cookie["name"] == "_xsrf"]
    for session in tab.request.get(sessions).json():
        assert tab.request.delete(f"{sessions}/{session['id']}", headers={"X-XSRFToken": token}).ok
    tab.goto(lab, timeout=PATIENT)
    tab.locator(".jp-Notebook .jp-CodeCell .jp-OutputArea-output").first.wait_for(timeout=PATIENT)


def test_figures_whose_kernel_is_gone_say_what_to_do(notebook, lab):
    """Alive, caption and data are hidden, and a bar leaves nothing; reopened without a kernel, they are what is seen."""
    tab, count = notebook.tab, len(widgets.__all__)
    for place in range(1, 2 * count, 2):
        if not (figure := notebook.cell(place).locator("figure.ln-widget svg").first).count():
            notebook.run(place)
        expect(figure).to_be_visible(timeout=PATIENT)
    sleepers = tab.locator("figure.ln-asleep")
    assert sleepers.count() == count and {sleeper.evaluate(DISPLAY) for sleeper in sleepers.all()} == {"none"}

    notebook.run(1 + 2 * count)
    trained = notebook.cell(1 + 2 * count).locator(".jp-OutputArea-child")
    expect(trained.filter(has_text="training:")).to_have_count(1, timeout=PATIENT)
    expect(trained.filter(has_text="ends")).to_have_count(1, timeout=PATIENT)
    assert [child.inner_text().split() for child in trained.all() if child.inner_text().strip()] == [["begins"], ["ends"]]
    first, last = trained.first.bounding_box(), trained.last.bounding_box()
    assert last["y"] - first["y"] - first["height"] < 8, "the emptied line takes no room"

    reopened(tab, lab)
    for i, sleeper in enumerate(sleepers.all()):
        sleeper.evaluate("node => node.scrollIntoView()")    # JupyterLab draws what is in sight
        assert sleeper.evaluate(DISPLAY) != "none"
        for part in ("table", "figcaption", "p:has-text('run this cell')"):
            expect(sleeper.locator(part).first, f"figure {i}").to_be_visible(timeout=PATIENT)
    assert sleepers.count() == count and tab.locator("figure.ln-widget").count() == 0
