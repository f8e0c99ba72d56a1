"""What each block is drawn from, where every block of a file is drawn: a file here for each file of blocks.

Each has BLOCKS: the block's arguments, and the shape of an input without its batch axis.
"""

import pkgutil
from importlib import import_module

from torch import nn

Shape = tuple[int, ...]
BLOCKS: dict[type[nn.Module], tuple[tuple[object, ...], Shape]] = {}
for found in pkgutil.iter_modules(__path__):
    BLOCKS |= import_module(f"{__name__}.{found.name}").BLOCKS
