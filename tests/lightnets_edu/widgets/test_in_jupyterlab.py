"""Every figure in JupyterLab 4 with a live kernel: what the browser changes Python reads, what Python sets shows."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, TimeoutError, expect
from specimens import SPECIMENS

from lightnets_edu import widgets

pytestmark = pytest.mark.slow
PACKAGE_ROOT = Path(__file__).parents[3]


DISPLAY = "node => getComputedStyle(node.closest('.jp-OutputArea-child')).display"
ALL = [
    "from lightnets_edu import widgets\nfor name in widgets.__all__:\n    display(getattr(widgets, name)())",
    "import time\nfrom lightnets_edu.progress import bar\nprint('begins')\n"
    "for _ in bar(range(20), 'training', 'epoch'):\n    time.sleep(0.2)\nprint('ends')",
]


def cells(name: str) -> list[str]:
    """A notebook on one figure: show it, say what Python has, set it from Python."""
    specimen = SPECIMENS[name]
    kind = type(specimen.make()).__name__
    return [
        f"from lightnets_edu.widgets import {kind}\nw = {kind}()\nw",
        f"print('traits:', ({specimen.live.says}))",
        f"{specimen.live.sets}; print('set')",
    ]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab on loopback, to which a notebook's name is added."""
    tmp_path = tmp_path_factory.mktemp("lab")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    folder = tmp_path / "work"
    folder.mkdir()
    for name, texts in {**{name: cells(name) for name in SPECIMENS}, "asleep": ALL}.items():
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in texts], metadata=kernel)
        nbformat.write(notebook, folder / f"{name}.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    options = {"ip": "127.0.0.1", "port": port, "token": "", "password": "", "root_dir": folder}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.{name}={value}" for name, value in options.items()]
    places = {
        name: str(tmp_path / name) for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    with open(tmp_path / "log", "w") as log:
        server = subprocess.Popen(
            command, env={**os.environ, **places, "PYTHONPATH": str(PACKAGE_ROOT)}, stdout=log, stderr=log
        )
        try:
            for _ in range(120):
                try:
                    urllib.request.urlopen(f"{address}/api", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.5)
            else:
                pytest.fail((tmp_path / "log").read_text()[-2000:])
            yield f"{address}/lab/workspaces/{{name}}/tree/{{name}}.ipynb"
        finally:
            server.terminate()
            server.wait(30)


def run(tab: Page, i: int) -> None:
    """Until the cell has a number or a star: JupyterLab drops what is run before the kernel is connected."""
    cell = tab.locator(".jp-Notebook .jp-CodeCell").nth(i)
    for _ in range(30):
        cell.locator(".cm-content").click()
        tab.keyboard.press("Control+Enter")
        try:
            expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"[\d*]"), timeout=3_000)
            return
        except AssertionError:
            continue
    pytest.fail(f"JupyterLab does not run cell {i}")


def saved(tab: Page) -> None:
    """Save the notebook, and wait until JupyterLab has."""
    with tab.expect_response(lambda r: r.request.method == "PUT" and "/api/contents/" in r.url, timeout=60_000):
        tab.keyboard.press("Control+s")


def reopened(tab: Page, address: str) -> None:
    """The notebook again, after its kernel was ended."""
    tab.goto("about:blank")
    sessions = f"{address.partition('/lab/')[0]}/api/sessions"
    (token,) = [cookie["value"] for cookie in tab.context.cookies() if cookie["name"] == "_xsrf"]
    for session in tab.request.get(sessions).json():
        assert tab.request.delete(f"{sessions}/{session['id']}", headers={"X-XSRFToken": token}).ok
    tab.goto(address, timeout=90_000)
    tab.locator(".jp-Notebook .jp-CodeCell .jp-OutputArea-output").first.wait_for(timeout=90_000)


@pytest.mark.parametrize("name", SPECIMENS)
def test_browser_and_python_agree(browser, lab, name):
    live = SPECIMENS[name].live
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    try:
        tab, thrown = context.new_page(), []
        tab.on("pageerror", lambda error: thrown.append(str(error)))
        tab.goto(lab.format(name=name), timeout=90_000)
        notebook = tab.locator(".jp-Notebook .jp-CodeCell")
        notebook.nth(2).wait_for(timeout=90_000)

        figure = tab.locator("figure.ln-widget")
        for timeout in (30_000, 30_000, 60_000):  # a kernel that is still connecting can lose the first display
            run(tab, 0)
            with contextlib.suppress(TimeoutError):
                figure.locator("svg").first.wait_for(timeout=timeout)
                break
        expect(figure.locator("svg").first).to_be_visible()
        live.act(figure)
        run(tab, 1)
        notebook.nth(1).get_by_text(f"traits: {live.expected}", exact=True).wait_for()
        run(tab, 2)
        figure.get_by_text(live.shows).first.wait_for()
        assert thrown == []
    finally:
        context.close()


def test_figures_whose_kernel_is_gone_say_what_to_do(browser, lab):
    """Alive, the still pictures are hidden, and a bar leaves nothing; reopened without a kernel, they are what is seen."""
    address, count = lab.format(name="asleep"), len(widgets.__all__)
    tab = browser.new_context(viewport={"width": 1300, "height": 1000}).new_page()
    try:
        tab.goto(address, timeout=90_000)
        tab.locator(".jp-Notebook .jp-CodeCell").nth(1).wait_for(timeout=90_000)
        for _ in range(3):  # a kernel that is still connecting can lose the first display
            run(tab, 0)
            with contextlib.suppress(AssertionError):
                expect(tab.locator("figure.ln-widget:has(svg)")).to_have_count(count, timeout=60_000)
                break
        sleepers = tab.locator("figure.ln-asleep")
        assert tab.locator("figure.ln-widget:has(svg)").count() == sleepers.count() == count
        assert [sleeper.evaluate(DISPLAY) for sleeper in sleepers.all()] == ["none"] * count

        run(tab, 1)
        trained = tab.locator(".jp-Notebook .jp-CodeCell").nth(1).locator(".jp-OutputArea-child")
        expect(trained.filter(has_text="training:")).to_have_count(1, timeout=30_000)
        expect(trained.filter(has_text="ends")).to_have_count(1, timeout=60_000)
        assert [child.inner_text().split() for child in trained.all() if child.inner_text().strip()] == [["begins"], ["ends"]]
        gap = trained.last.bounding_box()["y"] - trained.first.bounding_box()["y"] - trained.first.bounding_box()["height"]
        assert gap < 8, "the emptied line takes no room"

        saved(tab)
        reopened(tab, address)
        for i, sleeper in enumerate(sleepers.all()):
            sleeper.evaluate("node => node.scrollIntoView()")    # JupyterLab draws what is in sight
            assert sleeper.evaluate(DISPLAY) != "none"
            for part in ("table", "figcaption", "p:has-text('run this cell')"):
                expect(sleeper.locator(part).first, f"figure {i}").to_be_visible(timeout=60_000)
        assert sleepers.count() == count and tab.locator("figure.ln-widget").count() == 0
    finally:
        tab.context.close()
