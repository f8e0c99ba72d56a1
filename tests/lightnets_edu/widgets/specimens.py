"""Every figure of the package, as `specimen.py` in its folder beside this file presents it."""

import importlib
from pathlib import Path

from stage import Specimen

NAMES = sorted(path.parent.name for path in Path(__file__).parent.glob("*/specimen.py"))
SPECIMENS: dict[str, Specimen] = {name: importlib.import_module(f"{name}.specimen").SPECIMEN for name in NAMES}
