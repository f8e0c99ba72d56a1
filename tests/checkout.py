"""A copy of this working tree as a clone would have it, for tests that build in it."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def published(target: Path, without: tuple[str, ...] = ()) -> Path:
    """A copy of what git knows of this working tree, less some folders."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, capture_output=True, check=True).stdout.decode()  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and Path(name).parts[0] not in without:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def with_lessons(target: Path) -> Path:
    """A copy together with the executed lessons that are kept here: where their keys fit nothing is run again."""
    if not (ROOT / "_build/executed").is_dir():
        raise FileNotFoundError("no lesson was executed here: run `make book` first (make test does)")
    shutil.copytree(ROOT / "_build/executed", target / "_build/executed")
    return target
