"""A copy of this working tree as a clone would have it, for tests that build in it."""

import os
import shutil
import subprocess
from pathlib import Path

import pathspec

from coursekit.project import NOTEBOOKS, Project
from coursekit.public.notebooks import work

ROOT = Path(__file__).parents[1]


def published(target: Path, without: tuple[str, ...] = (), root: Path = ROOT) -> Path:
    """A copy of what git knows of a working tree, less some folders, and less what its reader did in notebooks/."""
    in_git = (root / ".git").exists()
    chapters = {f"{NOTEBOOKS}/{path.stem}.ipynb" for path in Project(root).sources()}
    for name in listed(root):
        source, first = root / name, Path(name).parts[0]
        if not source.is_file() or first in without or (first == NOTEBOOKS and name not in chapters):
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if in_git and name in chapters and work(source.read_bytes()):
            (target / name).write_bytes(_git(root, "show", f":./{name}"))
        else:
            shutil.copy2(source, target / name)
    return target


def with_lessons(target: Path) -> Path:
    """A copy together with the executed lessons that are kept here: where their keys fit nothing is run again."""
    if not (ROOT / "_build/executed").is_dir():
        raise FileNotFoundError("no lesson was executed here: run `make book` first (make test does)")
    shutil.copytree(ROOT / "_build/executed", target / "_build/executed")
    return target


def listed(root: Path = ROOT) -> list[str]:
    """The files of a working tree that git knows or would take."""
    return _known_to_git(root) if (root / ".git").exists() else _not_ignored(root)


def _known_to_git(root: Path) -> list[str]:
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").decode()
    return [name for name in listed.split("\0") if name]


def _not_ignored(root: Path) -> list[str]:
    """What git would know if this were a clone: an unpacked archive has the rules, and no list."""
    ignored, names = pathspec.GitIgnoreSpec.from_lines((root / ".gitignore").read_text("utf-8").splitlines()), []
    for folder, folders, files in os.walk(root):
        where = Path(folder).relative_to(root)
        folders[:] = [name for name in folders if not ignored.match_file(f"{(where / name).as_posix()}/")]
        names += [name for name in ((where / file).as_posix() for file in files) if not ignored.match_file(name)]
    return names


def _git(root: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True).stdout
