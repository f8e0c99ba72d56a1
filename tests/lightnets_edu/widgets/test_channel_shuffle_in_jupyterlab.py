"""The figure in JupyterLab 4 with a live kernel: what the browser changes Python reads, what Python sets the browser shows."""

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

pytestmark = pytest.mark.slow
PACKAGE_ROOT = Path(__file__).parents[3]
CELLS = (
    "from lightnets_edu.widgets import ChannelShuffle\nw = ChannelShuffle()\nw",
    "print('traits:', w.channels, w.groups, w.order, w.output, w.step, len(w.reached()))",
    "w.channels = 32; w.groups = 8; w.order = 'inverse'; w.step = 2; print('set')",
)


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab on loopback that shows a notebook of `CELLS`."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS], metadata=kernel)
    folder = tmp_path / "work"
    folder.mkdir()
    nbformat.write(notebook, folder / "a.ipynb")
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
            yield f"{address}/lab/tree/a.ipynb"
        finally:
            server.terminate()
            server.wait(30)


def test_browser_and_python_agree(browser, lab):
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    try:
        tab, thrown = context.new_page(), []
        tab.on("pageerror", lambda error: thrown.append(str(error)))
        tab.goto(lab, timeout=90_000)
        cells = tab.locator(".jp-Notebook .jp-CodeCell")
        cells.nth(2).wait_for(timeout=90_000)

        def run(i: int) -> None:
            """Until the cell has a number or a star: JupyterLab drops what is run before the kernel is connected."""
            prompt = cells.nth(i).locator(".jp-InputPrompt")
            for _ in range(30):
                cells.nth(i).locator(".cm-content").click()
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
                figure.locator("[role=radio]").first.wait_for(timeout=timeout)
                break
        expect(figure.locator("[role=radio]").first).to_be_visible()
        figure.get_by_label("Channels C").fill("24")
        figure.locator("select").first.select_option("6")
        figure.get_by_role("radio", name="Output 20", exact=True).click()
        tab.keyboard.press("ArrowRight")
        figure.get_by_role("button", name="Step").click()
        run(1)
        cells.nth(1).get_by_text("traits: 24 6 paper 21 1 16").wait_for()
        run(2)
        figure.get_by_text("C = 32 < g² = 64: no full mixing").wait_for()
        figure.get_by_text("Transpose to 8 rows of 4.").wait_for()
        assert figure.locator("[role=radio]").count() == 32
        assert figure.locator("select").last.input_value() == "inverse"
        assert thrown == []
    finally:
        context.close()
