"""Interactive figures: alive in a notebook, and in the built book without a kernel.

Python asks PyTorch for tables; the front end indexes them and draws.
"""

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
