"""Environments other than this one: exact versions from tests/environments, nothing from `.venv`, kept in `_build`."""

import ast
import functools
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from checkout import ROOT
from filelock import FileLock
from uv import find_uv_bin

PINS = ROOT / "tests" / "environments"
KEPT = ROOT / "_build" / "environments"
OF_PIP = {  # a setting of pip, and the variable by which uv is told the same
    "index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX", "trusted-host": "UV_INSECURE_HOST", "cert": "SSL_CERT_FILE", "proxy": "ALL_PROXY",
}  # fmt: skip
VERSIONS = """
import json, importlib.metadata as m
found = {}
for d in m.distributions():
    found.setdefault(d.name.lower().replace("_", "-"), d.version)    # the first on the path is the one imported
print(json.dumps(found))
"""


@functools.cache
def settings() -> dict[str, str]:
    """pip's settings in uv's words: uv reads neither pip.conf nor PIP_ variables. What is said to uv itself comes first."""
    said = subprocess.run([sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True).stdout
    rows = [line.partition("=") for line in said.splitlines()]
    rank = {"global": 0, "install": 1, ":env:": 2}
    found = {}
    for key, _, value in sorted(rows, key=lambda row: rank.get(row[0].partition(".")[0], -1)):
        if variable := OF_PIP.get(key.partition(".")[2]):
            words = ast.literal_eval(value).split()
            found[variable] = ("," if variable == "UV_FIND_LINKS" else " ").join(words)
    return {**found, "UV_INDEX_STRATEGY": "unsafe-best-match", "UV_PYTHON_DOWNLOADS": "never"}


def uv(*arguments: str, **more) -> subprocess.CompletedProcess:
    """uv, with pip's settings; its output is captured."""
    env = {**settings(), **os.environ}
    return subprocess.run([find_uv_bin(), *arguments], env=env, capture_output=True, text=True, **more)


def _must(*arguments: str) -> None:
    run = uv(*arguments)
    assert run.returncode == 0, f"uv {' '.join(arguments)}\n{run.stderr[-3000:]}"


def environment(name: str) -> Path:
    """The Python of tests/environments/NAME.txt, made when the file is new. torch is the one that is tested here."""
    pins, torch = PINS / f"{name}.txt", f"torch=={version('torch')}"
    key = hashlib.sha256(pins.read_bytes() + f"{torch} {platform.python_version()}".encode()).hexdigest()[:12]
    folder = KEPT / f"{name}-{key}"
    KEPT.mkdir(parents=True, exist_ok=True)
    with FileLock(KEPT / f"{name}.lock"):
        if not (folder / "complete").exists():
            for old in KEPT.glob(f"{name}-*"):
                shutil.rmtree(old)
            here = sys.executable if sys.version_info[:2] == (3, 11) else "3.11"    # what the files were made for
            _must("venv", "-q", "-p", here, str(folder))
            _must("pip", "install", "-q", "-p", str(folder), "-r", str(pins), torch)
            (folder / "complete").touch()
    return folder / "bin" / "python"


def layered(python: Path, folder: Path) -> Path:
    """A Python that has all that `python` has, and keeps what is installed into it for itself."""
    _must("venv", "-q", "-p", str(python), str(folder))
    below, above = (site_packages(p) for p in (python, folder / "bin" / "python"))
    further = (below / "below.pth").read_text() if (below / "below.pth").exists() else ""    # such files are not followed
    (above / "below.pth").write_text(f"{below}\n{further}")
    return folder / "bin" / "python"


def add(python: Path, requirements: list[str]) -> None:
    """Install these into an environment, and nothing that they ask for."""
    _must("pip", "install", "-q", "--no-deps", "-p", str(python), *requirements)


def site_packages(python: Path) -> Path:
    return next((python.parents[1] / "lib").glob("python*/site-packages"))


def clean(home: Path, python: Path, *folders: Path) -> dict[str, str]:
    """An environment for `python` in which nothing of this checkout is on the path; pip finds its registry."""
    kept = {k: v for k, v in os.environ.items() if k.startswith(("PIP_", "SSL_", "REQUESTS_")) or k.lower().endswith("_proxy")}
    return {
        **kept, "PATH": f"{python.parent}:/usr/bin:/bin", "HOME": str(home), "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": os.pathsep.join(map(str, folders)), "OMP_NUM_THREADS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }  # fmt: skip


def run(python: Path, arguments: list, home: Path, *folders: Path) -> subprocess.CompletedProcess:
    """Run that Python with `folders` on its path."""
    return subprocess.run([python, *arguments], cwd=home, env=clean(home, python, *folders), capture_output=True, text=True)


def versions(python: Path, home: Path) -> dict[str, str]:
    """Every installed distribution and its version."""
    return json.loads(run(python, ["-c", VERSIONS], home).stdout)
