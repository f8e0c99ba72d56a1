"""A notebook's set-up cell: the package from the first place that has it. The cell is `set_up`, as it stands here.

What need not be done before the package is there is done by it: `finish` in its module `ready` adds what the package
asks for, and says in one line what was done.
"""

import inspect

from ..project import Project

HEAD = "# @title Set-up: takes the book's package from the first place that has it, and changes nothing else"
METADATA = {"tags": ["remove-cell"], "cellView": "form"}  # Colab shows the title, and the code to who asks for it


def cell(project: Project) -> str:
    """The cell's text, with the addresses of `_config.yml`: the site's wheel, where there is one; the repository."""
    archive = f"{project.repository}/archive/refs/heads/{project.branch}.zip"
    wheel = [f"{project.address}{project.wheel}"] if project.address and project.wheel else []
    return text(project.package, project.version, [*wheel, archive])


def text(package: str, version: str, places: list[str]) -> str:
    """The cell's text for any package and any places."""
    given = ",\n       ".join(f'"{word}"' for word in places)
    return f'{HEAD}\n{inspect.getsource(set_up)}\n\nset_up("{package}", "{version}",\n       {given})'


def set_up(package: str, version: str, *places: str):
    import glob, importlib.util, os, site, subprocess, sys

    def is_here():
        importlib.invalidate_caches()
        spec = importlib.util.find_spec(package)
        return spec and spec.origin  # a mere folder of that name has none

    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--timeout=15", "--retries=1"]
    beside = sorted(glob.glob(f"{package}-*.whl"), key=lambda name: f"-{version}-" not in name)
    todo = [place for place in [os.environ.get(package.upper()), *beside, *places] if place]
    place, failed = "", []
    while todo and not is_here():
        place = todo.pop(0)
        said = subprocess.run([*pip, place], capture_output=True, text=True).stderr.splitlines() or ["?"]
        failed.append(f"  {place}: {([line for line in said if line.lower().startswith('error')] or said)[0]}")
        if site.ENABLE_USER_SITE:  # pip puts it there where it may not write elsewhere
            site.addsitedir(site.getusersitepackages())
    if not is_here():
        raise ImportError("\n".join([
            f"{package}, the package of this book, could not be installed:", *failed,
            f"Put {package}-{version}-py3-none-any.whl beside this notebook, and run this cell again. It is",
            "on the book's site, under “How to use this book”; `make dist` in the book's repository makes it too."]))
    if importlib.util.find_spec(f"{package}.ready"):
        importlib.import_module(f"{package}.ready").finish(version, place)
    else:
        print(f"{package} is here, and older than this notebook, which was made with {version}.")
