"""Makes colab.txt and lowest.txt anew: `python tests/environments/rebuild.py [pip-freeze.txt YYYY-MM-DD]`.

The list is pip-freeze.txt of github.com/googlecolab/backend-info; the date is that of the commit it was taken from.
Without a list only lowest.txt is made, from the floors in pyproject.toml. Run it in the project's environment.
"""

import re
import sys
import tempfile
import tomllib
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))
from elsewhere import uv  # noqa: E402

OURS = {"torch", "setuptools"}  # torch is the one tested here, and asks for a newer setuptools than Colab's
KERNEL = ["ipykernel>=6.17.1", "ipython>=7.34", "notebook>=6.5.7"]  # what Colab's kernel is; ipywidgets 7 asks for all


def floors() -> list[Requirement]:
    """What the package asks for."""
    return [Requirement(line) for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]]


def frozen(text: str) -> dict[str, str]:
    """Name and version of each line of a freeze list; what was installed from an address or a folder has none."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s+]+)", text, re.MULTILINE)
    return {canonicalize_name(name): number for name, number in found}


def resolved(wanted: list[str], most: dict[str, str], *options: str) -> dict[str, str]:
    """What Python 3.11 gets for `wanted`, at most in these versions."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as limits:
        lines = [f"{name}<={number}\n" for name, number in most.items() if name not in OURS]
        limits.write("".join([*lines, f"torch=={version('torch')}\n"]))
        limits.flush()
        command = ["pip", "compile", "-", "-q", "--no-annotate", "--no-header", "--python-version", "3.11"]
        run = uv(*command, "-c", limits.name, *options, input="\n".join([*wanted, "torch"]))
    if run.returncode:
        sys.exit(run.stderr)
    return {name: number for name, number in frozen(run.stdout).items() if name != "torch"}


def write(name: str, comment: str, pins: dict[str, str]) -> None:
    lines = [*(f"# {line}" for line in comment.splitlines()), *(f"{name}=={number}" for name, number in pins.items())]
    (HERE / f"{name}.txt").write_text("\n".join(lines) + "\n")


def colab(text: str, date: str) -> None:
    """What a notebook of the book finds on Colab, as far as Python 3.11 has it."""
    has = frozen(text)
    wanted = [str(asked) for asked in floors() if canonicalize_name(asked.name) in has]
    pins = resolved([*wanted, *(line.partition(">")[0] for line in KERNEL), "pip"], has)
    other = "".join(f"\n  {name}: Colab has {has.get(name, 'none')}" for name in pins if pins[name] != has.get(name))
    write("colab", f"Colab's list of {date}: of its versions, those that a notebook of this book can meet.\n"
          "A newer list: `python tests/environments/rebuild.py pip-freeze.txt YYYY-MM-DD`, with pip-freeze.txt of\n"
          "github.com/googlecolab/backend-info. torch is not here: it is the one of requirements.txt.\n"
          f"Colab runs Python 3.13, these are for 3.11. Where they differ:{other}", pins)  # fmt: skip


def lowest() -> None:
    """Each floor of pyproject.toml itself, and below them the newest that fits."""
    wanted = [str(asked) for asked in floors() if asked.name != "torch"]
    write("lowest", "The lowest versions that pyproject.toml admits, on Python 3.11; torch is the one of requirements.txt.\n"
          "After a change of its floors: `python tests/environments/rebuild.py`.",
          resolved([*wanted, *KERNEL], {}, "--resolution", "lowest-direct"))  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:]:
        path, date = sys.argv[1:]
        colab(Path(path).read_text(), date)
    lowest()
