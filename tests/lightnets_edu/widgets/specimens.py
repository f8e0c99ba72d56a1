"""Every figure of the package, as `specimen_*.py` beside this file present them."""

import importlib
from pathlib import Path

from stage import Specimen

NAMES = sorted(path.stem.removeprefix("specimen_") for path in Path(__file__).parent.glob("specimen_*.py"))
SPECIMENS: dict[str, Specimen] = {name: importlib.import_module(f"specimen_{name}").SPECIMEN for name in NAMES}
