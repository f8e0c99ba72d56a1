"""JupyterLab started with JUPYTER_CONFIG_PATH=book/lab saves the figures' state in notebooks; by itself it does not."""

import json
import os
import subprocess
import sys

import pytest
from checkout import ROOT

ASK = """
import json
from jupyter_core.paths import jupyter_path
from jupyterlab_server.settings_utils import get_settings
name = "@jupyter-widgets/jupyterlab-manager:plugin"
found, _ = get_settings("", "", "", name, labextensions_path=jupyter_path("labextensions"))
print(json.dumps(found["schema"]["properties"]["saveState"]["default"]))
"""


@pytest.mark.parametrize(("folder", "saves"), [("book/lab", True), ("book", False)])
def test_widget_state_is_saved_where_the_book_s_settings_are_read(tmp_path, folder, saves):
    env = {**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_CONFIG_PATH": str(ROOT / folder)}
    run = subprocess.run([sys.executable, "-c", ASK], env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) is saves
