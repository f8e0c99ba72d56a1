"""Interactive figures: alive in a notebook, and in the built book without a kernel.

Python asks PyTorch for tables; the front end indexes them and draws. Each figure has a room of its own, a folder here,
which is found by its name and entered when the figure is asked for; `kit` is what they share. Type checkers read
`__init__.pyi`, which names them.
"""

import importlib
import pkgutil


def room(figure: str) -> str:
    """The name of a figure's folder: that of ChannelShuffle is channel_shuffle."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in figure).lstrip("_")


def figure(room: str) -> str:
    """The other way round: the figure of channel_shuffle is ChannelShuffle."""
    return "".join(word.capitalize() for word in room.split("_"))


__all__ = sorted(figure(found.name) for found in pkgutil.iter_modules(__path__) if found.name != "kit")


def __getattr__(name: str) -> type:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; its figures are {', '.join(__all__)}")
    globals()[name] = found = getattr(importlib.import_module(f"{__name__}.{room(name)}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
