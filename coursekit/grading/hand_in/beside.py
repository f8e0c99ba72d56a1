"""The files that lie beside a notebook, which its cells may import or read; they go into the sandbox with it."""

import base64
import json
import os
from pathlib import Path

from .read import Unreadable, bytes_of

MOST_FILES = 100
MOST_BYTES = 2**21  # of all of them together: the message that carries them has a limit
_NOTEBOOKS = (".ipynb", ".ipynb.txt", ".ipynb.json", ".zip")


def lay_out(notebook: Path, deep: bool = True) -> str:
    """A cell that writes these files where the notebook is run; "" where there are none. `deep`: in folders too."""
    files: dict[str, str] = {}
    left = MOST_BYTES
    todo = [(notebook.parent, "", 1)]
    while todo:
        folder, name, depth = todo.pop(0)
        try:
            with os.scandir(folder) as listing:
                entries = sorted((entry for entry, _ in zip(listing, range(1_000), strict=False)), key=lambda e: e.name)
        except OSError:
            continue
        for entry in entries:
            if entry.name.startswith((".", "__")) and not entry.name.endswith(".py"):
                continue
            if entry.is_dir(follow_symlinks=False):
                if deep and depth < 3:
                    todo.append((folder / entry.name, f"{name}{entry.name}/", depth + 1))
            elif entry.is_file(follow_symlinks=False) and not entry.name.lower().endswith(_NOTEBOOKS):
                size = entry.stat(follow_symlinks=False).st_size
                if size <= left and len(files) < MOST_FILES:
                    try:
                        files[name + entry.name] = base64.b64encode(bytes_of(folder / entry.name)).decode()
                    except Unreadable:
                        continue
                    left -= size
    return _CELL.format(json.dumps(files)) if files else ""


_CELL = """\
def _lay_out(files):
    import base64, importlib, os
    for name, text in files.items():
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "wb") as file:
            file.write(base64.b64decode(text))
    importlib.invalidate_caches()
_lay_out({})
del _lay_out
"""
