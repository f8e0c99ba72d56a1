"""Imports every module of a package and names those that fail, with the reason: `python imports.py PACKAGE`."""

import importlib
import pkgutil
import sys

name = sys.argv[1]
package = importlib.import_module(name)
faults = []
for module in sorted(m.name for m in pkgutil.walk_packages(package.__path__, f"{name}.", onerror=lambda _: None)):
    try:
        importlib.import_module(module)
    except Exception as error:
        faults.append(f"{module}: {type(error).__name__}: {error}")
if faults:
    sys.exit("\n".join(faults))
