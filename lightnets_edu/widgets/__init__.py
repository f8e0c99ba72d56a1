"""Interactive figures: alive in a notebook, and in the built book without a kernel.

Python asks PyTorch for tables; the front end indexes them and draws. Each figure has a room of its own, which is
entered when the figure is asked for; `kit` is what they share.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lightnets_edu.widgets.block_anatomy import BlockAnatomy
    from lightnets_edu.widgets.channel_shuffle import ChannelShuffle
    from lightnets_edu.widgets.conv_connectivity import ConvConnectivity
    from lightnets_edu.widgets.cost_calculator import CostCalculator
    from lightnets_edu.widgets.network_skyline import NetworkSkyline
    from lightnets_edu.widgets.relu_manifold import ReluManifold
    from lightnets_edu.widgets.sliding_convolution import SlidingConvolution

__all__ = [
    "BlockAnatomy",
    "ChannelShuffle",
    "ConvConnectivity",
    "CostCalculator",
    "NetworkSkyline",
    "ReluManifold",
    "SlidingConvolution",
]


def room(figure: str) -> str:
    """The name of a figure's folder: that of ChannelShuffle is channel_shuffle."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in figure).lstrip("_")


if not TYPE_CHECKING:    # mypy knows the names from above, and no others

    def __getattr__(name: str) -> type:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}; its figures are {', '.join(__all__)}")
        globals()[name] = getattr(importlib.import_module(f"{__name__}.{room(name)}"), name)
        return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
