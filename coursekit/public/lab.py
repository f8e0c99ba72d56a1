"""A learner's own copies of the notebooks, in a folder that no build touches, and JupyterLab on them."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from ..errors import BookError
from ..files import write_whole
from ..project import NOTEBOOKS, Project
from .notebooks import edition

FOLDER = "my_notebooks"
CONFIG = Path(__file__).with_name("jupyter")  # figures are saved with a notebook, unless the user set it otherwise


def copy(project: Project) -> list[str]:
    """Copy the notebooks that are not in the learner's folder yet; what to tell: the copies, and newer editions."""
    copied, lines = [], []
    for stem in [source.stem for source in project.sources()]:
        source, mine = project.notebooks / f"{stem}.ipynb", project.root / FOLDER / f"{stem}.ipynb"
        if not source.is_file():
            raise BookError(f"{NOTEBOOKS}/{source.name}", "is missing", "run `make notebooks`")
        if not os.path.lexists(mine):
            write_whole(mine, source.read_bytes())
            copied.append(mine.name)
        elif mine.is_file() and (old := edition(mine.read_bytes())) and old != edition(source.read_bytes()):
            todo = "yours stays as it is; to have both, rename yours and start again"
            lines.append(f"{FOLDER}/{mine.name}: {NOTEBOOKS} has a newer edition; {todo}")
    told = f"copied {', '.join(copied)}" if copied else "nothing to copy"
    return [f"your notebooks are in {project.root / FOLDER}: {told}", *lines]


def start(project: Project, options: list[str]) -> None:
    """Become JupyterLab on the learner's folder, with this environment's kernel."""
    if find_spec("jupyterlab") is None:
        raise ModuleNotFoundError("No module named 'jupyterlab'", name="jupyterlab")
    path = os.pathsep.join(filter(None, [os.environ.get("JUPYTER_CONFIG_PATH"), str(CONFIG)]))
    env = {**os.environ, "JUPYTER_CONFIG_PATH": path, "JUPYTER_PREFER_ENV_PATH": "1"}
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "jupyterlab", str(project.root / FOLDER), *options], env)
