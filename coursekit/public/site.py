"""The site: a stage of everything it is made from, jupyter-book in its strict mode, and the swap into place.

The last good site stays where it is until a new one is complete and has passed the checker.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from .. import kernels
from ..chapter import Chapter
from ..errors import BookError, Faults
from ..files import write_whole
from ..project import NOTEBOOKS, Project
from .site_check import check

PAGES = ("*.md", "*.bib", "images", "_ext")  # what of book/ belongs in the site's stage; never the chapter sources


def stage(project: Project, pages: Mapping[str, str | bytes]) -> Path:
    """Write _build/stage: `pages` by path, and what of book/ is no chapter; what stays the same is not touched."""
    folder = project.build / "stage"
    wanted: dict[str, str | bytes] = {**pages}
    for pattern in PAGES:
        for path in (project.root / "book").glob(pattern):
            files = (
                [p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
                if path.is_dir()
                else [path]
            )
            wanted |= {p.relative_to(project.root).as_posix(): p.read_bytes() for p in files}
    wanted["_toc.yml"] = (project.root / "_toc.yml").read_text("utf-8")
    html = (project.config.get("html") or {}) | {"baseurl": project.book_url}
    staged = project.config | {"execute": {"execute_notebooks": "off"}, "html": html}
    wanted["_config.yml"] = yaml.safe_dump(staged, sort_keys=False)
    wanted.update(pages)
    for old in [p for p in folder.rglob("*") if p.is_file()]:
        if old.relative_to(folder).as_posix() not in wanted:
            old.unlink()
    for name, content in wanted.items():
        write_whole(folder / name, content)
    return folder


def carried(wheel: Path | None) -> dict[str, bytes]:
    """The stage's folder of files that the site carries as they are, for the extension: the package's wheel."""
    return {f"carried/{wheel.name}": wheel.read_bytes()} if wheel else {}


def offer(new: Path, notebooks: dict[str, str]) -> None:
    """Put each chapter's notebook beside its page, which links to it."""
    for name, text in notebooks.items():
        write_whole(new / name, text)


def build(project: Project, folder: Path, chapters: list[Chapter], fresh: bool = False) -> tuple[Path, dict[str, dict]]:
    """Run jupyter-book on the stage; the new site, not yet in place, and the labels of the book."""
    work = project.build / "sphinx"
    if fresh:
        shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(work / "_build" / "html", ignore_errors=True)
    options = ["--path-output", str(work), "-n", "-W", "--keep-going", "-q"]
    done, text = jupyter_book(project, ["build", str(folder), *options], folder)
    if not done:
        shutil.rmtree(work, ignore_errors=True)  # what half a build leaves would hide its own warnings next time
        told = _messages(text, folder, chapters)
        raise BookError("jupyter-book", "the site could not be built", told)
    labels = json.loads((work / "_build" / "labels.json").read_text("utf-8"))
    return work / "_build" / "html", labels


def jupyter_book(project: Project, arguments: list[str], folder: Path) -> tuple[bool, str]:
    """Run it in a process of its own, under watch; whether it succeeded, and what it printed."""
    watched = kernels.watched(project.shut, "jupyter_book.cli.main:main")
    env = {**os.environ, "PYTHONHASHSEED": "0"}
    command = [sys.executable, *watched, *arguments]
    run = subprocess.run(command, env=env, capture_output=True, text=True, cwd=folder)
    return run.returncode == 0, run.stdout + run.stderr


def _messages(text: str, folder: Path, chapters: list[Chapter]) -> str:
    """Sphinx's complaints, with the place in the author's source instead of the staged notebook's."""
    by_stem = {chapter.stem: chapter for chapter in chapters}

    def place(match) -> str:
        cell = by_stem[match["stem"]].cells[int(match["line"]) // 10_000 - 1]
        file, line = cell.where.rsplit(" ", 1)  # MyST-NB counts from one line before a cell's text: its marker
        return f"{file} {int(line) + int(match['line']) % 10_000 - 1}"

    staged = rf"{NOTEBOOKS}/(?P<stem>{'|'.join(by_stem)})\.ipynb:(?P<line>\d+)"
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text).replace(f"{folder}/", "")
    lines = [re.sub(staged, place, line) for line in plain.splitlines()]
    told = [line for line in lines if "WARNING" in line or "ERROR" in line or "Error" in line]
    return "\n    ".join(told or lines[-25:])


def accept(new: Path, project: Project) -> None:
    """Check the new site and put it in the place of the old one."""
    if problems := check(new):
        raise Faults([BookError("site", str(problem)) for problem in problems])
    old = project.build / "html.old"
    shutil.rmtree(old, ignore_errors=True)
    if project.site.exists():
        project.site.rename(old)
    new.rename(project.site)
    shutil.rmtree(old, ignore_errors=True)


def page_name(stem: str) -> str:
    return f"{NOTEBOOKS}/{stem}.ipynb"
