"""The package as a wheel. A site carries its own, so that notebooks find it where the book is read.

Its bytes are the same wherever it is made. It is made anew when something has changed that it is made from.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from ..errors import BookError
from ..files import write_whole
from ..project import Project

FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "_config.yml")  # besides the package
DATE = "1767225600"  # of all that is in it: the first of January 2026


def make(project: Project) -> Path | None:
    """The wheel, in `_build/wheel`; None for a book whose package is not made to be installed."""
    if not project.wheel:
        return None
    files = {path.relative_to(project.root).as_posix(): path.read_bytes() for path in _sources(project)}
    key = hashlib.sha256(f"{version('setuptools')} {DATE}".encode())
    for name, content in files.items():
        key.update(f"\0{name}\0{len(content)}\0".encode() + content)
    folder = project.build / "wheel"
    made, note = folder / project.wheel, folder / "made-from"
    if not (made.is_file() and note.is_file() and note.read_text() == key.hexdigest()):
        shutil.rmtree(folder, ignore_errors=True)
        write_whole(made, _built(project, files))
        write_whole(note, key.hexdigest())
    return made


def _sources(project: Project) -> list[Path]:
    package = [path for path in (project.root / project.package).rglob("*") if "__pycache__" not in path.parts]
    return sorted(path for path in [*package, *(project.root / name for name in FILES)] if path.is_file())


def _built(project: Project, files: dict[str, bytes]) -> bytes:
    """What setuptools makes of these files, in a folder that holds nothing else."""
    with tempfile.TemporaryDirectory() as work:
        for name, content in files.items():
            write_whole(Path(work, "source", name), content)
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", work, f"{work}/source"]
        env = {**os.environ, "SOURCE_DATE_EPOCH": DATE}
        run = subprocess.run(command, env=env, capture_output=True, text=True)
        made = Path(work, project.wheel)
        if run.returncode or not made.is_file():
            told = "\n    ".join([*run.stdout.splitlines(), *run.stderr.splitlines()][-12:])
            raise BookError(project.wheel, "the wheel of the package could not be made", told)
        return made.read_bytes()
