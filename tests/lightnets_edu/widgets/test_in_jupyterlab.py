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
from playwright.sync_api import TimeoutError, expect
from specimens import SPECIMENS

pytestmark = pytest.mark.slow
PACKAGE_ROOT = Path(__file__).parents[3]


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
    for name in SPECIMENS:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells(name)], metadata=kernel)
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

        def run(i: int) -> None:
            """Until the cell has a number or a star: JupyterLab drops what is run before the kernel is connected."""
            prompt = notebook.nth(i).locator(".jp-InputPrompt")
            for _ in range(30):
                notebook.nth(i).locator(".cm-content").click()
                tab.keyboard.press("Control+Enter")
                try:
                    expect(prompt).to_have_text(re.compile(r"[\d*]"), timeout=3_000)
                    return
                except AssertionError:
                    continue
            pytest.fail(f"JupyterLab does not run cell {i}")

        figure = tab.locator("figure.ln-widget")
        for timeout in (30_000, 30_000, 60_000):  # a kernel that is still connecting can lose the first display
            run(0)
            with contextlib.suppress(TimeoutError):
                figure.locator("svg").first.wait_for(timeout=timeout)
                break
        expect(figure.locator("svg").first).to_be_visible()
        live.act(figure)
        run(1)
        notebook.nth(1).get_by_text(f"traits: {live.expected}", exact=True).wait_for()
        run(2)
        figure.get_by_text(live.shows).first.wait_for()
        assert thrown == []
    finally:
        context.close()
