"""What layers are called: by their block in the words of papers, not by where the code keeps them."""

import itertools
import re
from collections.abc import Sequence

BLOCKS = {
    "stem": "stem", "features": "block", "stages": "block", "blocks": "block", "fires": "", "inception": "module",
    "entry": "entry flow", "middle": "middle flow", "exit": "exit flow", "last": "last convolution",
    "conv5": "last convolution", "head": "classifier",
}  # fmt: skip
ONE = ("stem", "last", "conv5", "head")    # one block, however many layers
ROLES = {
    "depthwise": "", "pointwise": "", "conv": "", "fire": "", "reduce": "reduction", "expand": "expansion",
    "project": "projection", "squeeze": "squeeze", "se": "squeeze-and-excite", "separable": "separable",
    "expand1x1": "expand", "expand3x3": "expand", "short_depthwise": "shortcut", "short_expand": "shortcut",
    "depthwise_row": "along rows", "depthwise_column": "along columns", "row": "along rows", "column": "along columns",
    "point": "1×1 tower", "shallow": "short tower", "deep": "long tower", "pool": "pooling tower",
    "cheap": "ghosts", "filtered": "Shift-Max", "squeezed": "Shift-Max", "expanded": "Shift-Max",
    "first": "first separable", "second": "second separable", "third": "third separable",
}  # fmt: skip


def places(paths: Sequence[str]) -> list[tuple[str, str]]:
    """The block of each layer, and what the layer is in it, from the paths of modules.

    The blocks of a kind are counted from 1: "middle.3.first.pointwise.0" is ("middle flow 4", "first separable").
    Paths that begin with no word of BLOCKS keep their words and numbers: another's module.
    """
    counted: dict[str, list[str]] = {}
    return [_place(path, counted) for path in _short(paths)]


def _place(path: str, counted: dict[str, list[str]]) -> tuple[str, str]:
    first, *rest = path.split(".")
    numbers = list(itertools.takewhile(str.isdigit, rest))
    if first not in BLOCKS:
        return (" ".join([first, *numbers]), " ".join(rest[len(numbers) :]))
    if first in ONE:
        return BLOCKS[first], ""
    within, parts = first, []
    for number in numbers:
        known = counted.setdefault(within, [])
        if number not in known:
            known.append(number)
        parts.append(f"{known.index(number) + 1}")
        within += f".{number}"
    words = [word for word in rest[len(numbers) :] if not word.isdigit()]
    name = BLOCKS[first] or words.pop(0)
    if first == "features" and not words:
        name = "convolution"
    roles = [ROLES.get(word, word.replace("_", " ")) for word in words]
    return " ".join(filter(None, (name, ".".join(parts)))), " ".join(filter(None, roles))


def _short(paths: Sequence[str]) -> list[str]:
    """Without the number of a layer in its nn.Sequential, unless that could mean another layer too."""
    known = set(paths)

    def short(path: str) -> str:
        while match := re.fullmatch(r"(.+)\.\d+", path):
            if any(f"{other}.".startswith(f"{match[1]}.") for other in known - {path}):
                break
            path = match[1]
        return path

    return [short(path) for path in paths]
