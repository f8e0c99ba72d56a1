"""The end of a notebook's set-up: adds what the package needs and this Python lacks, and says in a line what is there.

Nothing that is installed becomes another version, least of all what a kernel runs on: Colab keeps its torch, NumPy and
widgets. A requirement that is there in a version that the package does not ask for is named, and left alone.
"""

import importlib
import re
import site
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from lightnets_edu import __version__

if TYPE_CHECKING:
    from packaging.requirements import Requirement

PACKAGE = "lightnets_edu"
LARGE = {"torch"}  # what takes minutes
VERSION = re.compile(r"\d[\w.+!-]*")  # one that pip reads


def finish(wanted: str, place: str = "") -> None:
    """Make the package ready for a notebook made with version `wanted`, and print one line about it.

    `place` is where the package was installed from just now; "" where it was there before. Raises ImportError, with
    what to do, where something that it needs cannot be had.
    """
    print(f"{PACKAGE} {__version__} " + (f"was installed from {place}" if place else "is here already"), end="")
    lacks = [need for need in _needs() if _version(need.name) is None]
    if lacks:
        names = [need.name for need in lacks]
        slow = " (this takes minutes)" if LARGE & set(names) else ""
        print(f"; adding {', '.join(names)}{slow} …", end="", flush=True)
        if failed := _add(lacks):
            print()
            raise ImportError(
                f"{PACKAGE} needs {', '.join(names)}, which could not be installed here: {failed}\n"
                f"Install them yourself (`%pip install {' '.join(names)}`), and run this cell again."
            )
        print(" done", end="")
    print("".join(f"; note: {note}" for note in [*_unfit(), *_age(wanted)]) + ".")
    if "google.colab" in sys.modules:  # anywidget looks for this, and has Colab show widgets that are not its own
        importlib.import_module("google.colab.output")


def _needs() -> "list[Requirement]":
    """What the installed package asks for on this machine.

    A source tree that is only on the path asks for nothing: whoever put it there looks after the rest.
    """
    from packaging.requirements import Requirement  # a kernel needs it too

    try:
        asked = [Requirement(line) for line in metadata.requires(PACKAGE) or ()]
    except metadata.PackageNotFoundError:
        return []
    return [need for need in asked if need.marker is None or need.marker.evaluate()]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _unfit() -> list[str]:
    found = [(need, _version(need.name)) for need in _needs()]
    return [f"{need.name} {version} is here, {need.specifier} is asked for" for need, version in found
            if version and not need.specifier.contains(version, prereleases=True)]  # fmt: skip


def _age(wanted: str) -> list[str]:
    """Whether the package is older or newer than the notebook, and what helps."""
    from packaging.version import Version

    if Version(__version__) == Version(wanted):
        return []
    older = Version(__version__) < Version(wanted)
    todo = f"`%pip uninstall -y {PACKAGE}` and a new kernel" if older else "the notebook's new edition"
    return [
        f"it is {'older' if older else 'newer'} than this notebook, which was made with {wanted}; "
        f"where something fails, {todo} will help"
    ]


def _add(lacks: "list[Requirement]") -> str:
    """Install these, with all that is here held where it is; what pip says against it, "" where nothing."""
    known = reversed([*metadata.distributions()])  # of two the first on the path counts
    here = {found.name: found.version for found in known if found.name and VERSION.fullmatch(found.version or "")}
    held = [f"{name}=={version}\n" for name, version in here.items()]
    with tempfile.TemporaryDirectory() as folder:
        limits = Path(folder, "held.txt")
        limits.write_text("".join(sorted(held)), "utf-8")
        asked = [f"{need.name}{need.specifier}" for need in lacks]
        command = [sys.executable, "-m", "pip", "install", "-q", "-c", str(limits), *asked]
        said = subprocess.run(command, capture_output=True, text=True).stderr
    if site.ENABLE_USER_SITE:  # pip puts it there where it may not write elsewhere
        site.addsitedir(site.getusersitepackages())
    importlib.invalidate_caches()
    if not [need for need in lacks if _version(need.name) is None]:
        return ""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines[-1:] or ["pip names no fault"])[0]
