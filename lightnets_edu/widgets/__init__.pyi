"""The figures by name, for type checkers: one line each. Python itself finds them by their folders."""

from lightnets_edu.widgets.block_anatomy import BlockAnatomy as BlockAnatomy
from lightnets_edu.widgets.channel_shuffle import ChannelShuffle as ChannelShuffle
from lightnets_edu.widgets.compound_scaling import CompoundScaling as CompoundScaling
from lightnets_edu.widgets.conv_connectivity import ConvConnectivity as ConvConnectivity
from lightnets_edu.widgets.cost_calculator import CostCalculator as CostCalculator
from lightnets_edu.widgets.eff_net_flow import EffNetFlow as EffNetFlow
from lightnets_edu.widgets.guideline_explorer import GuidelineExplorer as GuidelineExplorer
from lightnets_edu.widgets.network_skyline import NetworkSkyline as NetworkSkyline
from lightnets_edu.widgets.relu_manifold import ReluManifold as ReluManifold
from lightnets_edu.widgets.sliding_convolution import SlidingConvolution as SlidingConvolution

__all__: list[str]

def room(figure: str) -> str: ...
def figure(room: str) -> str: ...
