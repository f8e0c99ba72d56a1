"""Interactive figures: alive in a notebook, and in the built book without a kernel.

Python asks PyTorch for tables; the front end indexes them and draws.
"""

from lightnets_edu.widgets.channel_shuffle import ChannelShuffle

__all__ = ["ChannelShuffle"]
