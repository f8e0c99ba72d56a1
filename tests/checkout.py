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
