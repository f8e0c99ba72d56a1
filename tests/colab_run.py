"""Each notebook run once, on Colab's versions: the wheel put in by its set-up cell, nothing answered.

Then, in the same kernel, what stands in AFTERWARDS: here the printed solutions of practice; the teacher's half adds its own.
"""

import copy
import functools
import json
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from checkout import ROOT, published
from elsewhere import PINS, clean, environment, layered, versions
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from coursekit.project import Project
from coursekit.public.wheel import make

NOTEBOOKS = sorted(path.stem for path in Project(ROOT).sources())
POOL = ThreadPoolExecutor(os.cpu_count())
RUNNING: dict[Path, int] = {}    # the process of each kernel that is there
OURS = tuple(str(ROOT / part) for part in (".venv", "lightnets_edu", "coursekit", "course"))
PROBE = f"""
import json, sys, google.colab.output, lightnets_edu
_files = [str(getattr(m, "__file__", None) or "") for m in list(sys.modules.values())]
_ours = [file for file in _files if file.startswith({OURS})]
print(json.dumps({{"package": lightnets_edu.__file__, "ours": _ours, "asked": google.colab.output.asked}}))
"""


PASSED = re.compile(r"^✓ \w+: (\d+) of \1 checks passed$", re.MULTILINE)


def printed(cell) -> str:
    return "".join(output.get("text", "") for output in cell.get("outputs", []))


def answer(client: NotebookClient, name: str, text: str) -> str:
    """Put `text` into the answer cell of an exercise, run it and the check, and give what the check prints."""
    index = {cell.id: number for number, cell in enumerate(client.nb.cells)}
    client.nb.cells[index[name]].source = text
    for part in (name, f"{name}-check"):
        cell = client.execute_cell(client.nb.cells[index[part]], index[part])
    return printed(cell)


def unpassed(said: dict[str, str]) -> dict[str, str]:
    """What the checks of exercises say, where it is not that all of them passed."""
    return {name: text for name, text in said.items() if re.search("✗|not answered", text) or not PASSED.search(text)}


def practice(client: NotebookClient, _: str) -> dict[str, str]:
    """The exercises whose solution is printed in the task, answered with it."""
    tasks = [cell for cell in client.nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id", "").endswith("-task")]
    blocks = {task.id.removesuffix("-task"): re.search(r"^```python\n(.*?)^```", task.source, re.M | re.S) for task in tasks}
    return {name: answer(client, name, found[1]) for name, found in blocks.items() if found}


AFTERWARDS: dict[str, Callable[[NotebookClient, str], dict[str, str]]] = {"practice": practice}


@dataclass
class Run:
    """A notebook after it ran unanswered; what was installed before and after; what the kernel had loaded."""

    nb: nbformat.NotebookNode
    before: dict[str, str]
    after: dict[str, str]
    python: Path
    loaded: dict
    afterwards: dict[str, dict[str, str]] = field(default_factory=dict)


@functools.cache
def _kept() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="colab-")


@functools.cache
def source() -> Path:
    """What git knows of this working tree, without what its reader did in notebooks/."""
    return published(Path(_kept().name) / "source", without=("course",))


@functools.cache
def wheel() -> Path:
    """The package as the site carries it."""
    return make(Project(ROOT))


@contextmanager
def kernel(nb, folder: Path, package: object):
    """A client with a kernel on Colab's versions; its `%pip` installs for it alone. `package` is LIGHTNETS_EDU."""
    python = layered(environment("colab"), folder / "env")
    manager = AsyncKernelManager(transport="ipc", ip=str(folder / "ipc"))
    colab = "--IPKernelApp.exec_lines=import google.colab.output"    # Colab's own start-up imports it
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}", colab]
    manager._kernel_spec = KernelSpec(argv=argv, display_name="Python 3", language="python")
    client = NotebookClient(nb, timeout=900, kernel_name="python3", record_timing=False, coalesce_streams=True)
    client.km, client.python = manager, python
    env = {**clean(folder, python, PINS / "on_colab"), "LIGHTNETS_EDU": str(package)}
    with client.setup_kernel(cwd=str(folder), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        RUNNING[folder] = manager.provisioner.pid
        try:
            yield client
        finally:
            del RUNNING[folder]


def _run(stem: str) -> Run:
    nb = nbformat.read(source() / "notebooks" / f"{stem}.ipynb", 4)
    with tempfile.TemporaryDirectory(prefix="nb-") as work, kernel(nb, Path(work), wheel()) as client:
        before = versions(client.python, Path(work))
        for index, cell in enumerate(nb.cells):
            client.execute_cell(cell, index)
        client.set_widgets_metadata()
        unanswered = copy.deepcopy(nb)
        nb.cells.append(nbformat.v4.new_code_cell(PROBE))
        loaded = json.loads(client.execute_cell(nb.cells[-1], len(nb.cells) - 1).outputs[0].text)
        run = Run(unanswered, before, versions(client.python, Path(work)), client.python, loaded)
        run.afterwards = {name: work(client, stem) for name, work in AFTERWARDS.items()}
        return run


@functools.cache
def _started() -> dict[str, Future]:
    """All notebooks, as many at a time as there are cores; the set-up that they share is done first."""
    environment("colab"), wheel()
    return {stem: POOL.submit(_run, stem) for stem in sorted(NOTEBOOKS, key=_length)}


def _length(stem: str) -> int:
    """The longest first: what is left for the end is short."""
    return -(ROOT / "notebooks" / f"{stem}.ipynb").stat().st_size


def executed(stem: str) -> Run:
    """The one run of a notebook in this process."""
    try:
        return _started()[stem].result()
    except KeyboardInterrupt:
        POOL.shutdown(wait=False, cancel_futures=True)
        for process in list(RUNNING.values()):
            os.kill(process, signal.SIGKILL)
        raise
