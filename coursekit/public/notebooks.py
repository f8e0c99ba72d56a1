"""What stands in notebooks/: the editions that builds make, and the work of their readers, which no build touches."""

import subprocess
from pathlib import Path

import nbformat

from ..errors import BookError, Faults
from ..files import write_whole
from ..project import NOTEBOOKS
from .editions import edited_cell, fingerprint

FRESH = "move it elsewhere and run `make notebooks`"


def edition(content: str | bytes) -> str | None:
    """Which edition a notebook was before anyone worked in it; None where it does not say."""
    nb = _read(content)
    return nb and nb.metadata.get("coursekit", {}).get("sha256")


def work(content: bytes) -> str | None:
    """What a new edition in its place would lose: words for it, or None."""
    nb = _read(content)
    if nb is None:
        return "is no notebook that a build made"
    if nb.metadata.get("coursekit", {}).get("sha256") != fingerprint(nb):
        return f"holds work{edited_cell(nb)}"
    if any(cell.get("outputs") or cell.get("execution_count") for cell in nb.cells):
        return "holds outputs"
    return None


def update(root: Path, files: dict[str, str]) -> list[str]:
    """Write what is out of date and holds nobody's work; the names of what was written."""
    written = []
    for name, text in files.items():
        if found := _work_in(root / name, text):
            print(_note(name, found, root / name, text))
        elif write_whole(root / name, text):
            written.append(name)
    _tell_strangers(root, files)
    return written


def check(root: Path, files: dict[str, str]) -> None:
    """Stop where a file is not what the sources give.

    A notebook that holds work is somebody's own: what counts in its place is what git would commit.
    """
    tracked, faults = _tracked(root), []
    for name, text in files.items():
        path = root / name
        if path.is_file() and path.read_bytes() == text.encode():
            continue
        found = _work_in(path, text)
        if not found:
            faults.append(BookError(name, "is not what the sources give", "run `make notebooks` and commit the result"))
        elif name in tracked and (committed := _git(root, "show", f":./{name}")) != text.encode():
            todo = f"make the change in book/chapters; then {FRESH}, and commit the result"
            faults.append(BookError(name, f"{work(committed) or 'is an old edition'} and is in git", todo))
        else:
            print(_note(name, found, path, text))
    for name in sorted(tracked - files.keys()):
        faults.append(BookError(name, "is in git and not made from a chapter source", f"take it out: git rm {name}"))
    _tell_strangers(root, files)
    if faults:
        raise Faults(faults)


def _read(content: str | bytes):
    try:
        return nbformat.reads(content if isinstance(content, str) else content.decode(), as_version=4)
    except Exception:  # nbformat raises many kinds
        return None


def _work_in(path: Path, text: str) -> str | None:
    if path.parent.name != NOTEBOOKS or not path.is_file():
        return None
    content = path.read_bytes()
    return None if content == text.encode() else work(content)


def _note(name: str, found: str, path: Path, text: str) -> str:
    newer = "there is a newer edition" if edition(path.read_bytes()) != edition(text) else "for the fresh edition"
    return f"{name}: {found}, so it stays as it is; {newer}: {FRESH}"


def _tell_strangers(root: Path, files: dict[str, str]) -> None:
    there = [path for path in sorted((root / NOTEBOOKS).glob("[!.]*")) if f"{NOTEBOOKS}/{path.name}" not in files]
    if there:
        print(f"{NOTEBOOKS}: {', '.join(path.name for path in there)}: not the book's, left alone")


def _tracked(root: Path) -> set[str]:
    """What git has of notebooks/; nothing where there is no git, as in an unpacked archive."""
    if not (root / ".git").exists():
        return set()
    return set(filter(None, _git(root, "ls-files", "-z", "--", NOTEBOOKS).decode().split("\0")))


def _git(root: Path, *arguments: str) -> bytes:
    try:
        run = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    except FileNotFoundError:
        raise BookError("git", "is missing, and this is a clone", "install git, or take .git away") from None
    if run.returncode:
        raise BookError(f"git {arguments[0]}", f"fails: {run.stderr.decode(errors='replace').strip()}")
    return run.stdout
