# ---
# title: A gallery of figures
# ---

# %% card [markdown]
# # A gallery of figures
#
# The figures that move, all on one page: to look around, to find one again, or to show in class. Each is made for a chapter, where a question comes first and the figure answers it. Some of those chapters are still to be written.
#
# All of them run in this page, with no computer behind it. The Tab key reaches every control; arrow keys move sliders, menus and choices, the space bar presses buttons. Nothing moves until you press *Play*. Under each figure lies its data as a table.

# %% [markdown]
# ## Who reads whom
#
# A convolution reads a patch of positions, and a set of channels. The two have nothing to do with each other: the kernel sets the one, groups set the other.

# %% wide=true name="fig-gallery-connectivity" alt="Left, a grid of input positions with the patch that one output position reads. Right, a matrix with a row for each output channel and a column for each input channel, filled where they are connected; the row of the chosen output is lit." caption="Choose a kind of convolution and pick an output: its patch of positions and its row of channels. Found with real layers: an output reads where a gradient is not zero."
from lightnets_edu.widgets import ConvConnectivity

ConvConnectivity(kind="grouped")

# %% [markdown]
# ## A window that slides
#
# A depthwise layer never crosses channels. A pointwise layer never crosses space. A standard convolution does both at every step.

# %% name="fig-gallery-sliding" alt="Input planes with a window on them, kernel planes with their weights, and output planes filled as far as the window has come; below, the products of this step and their sum." caption="Play, or drag the step: the numbers under the window times the weights give one number of the output. The sums are those of the real layer."
from lightnets_edu.widgets import SlidingConvolution

SlidingConvolution()

# %% [markdown]
# ## What it costs
#
# Split a layer in two, and its multiply-adds fall. Its memory traffic may rise.

# %% wide=true name="fig-gallery-cost" alt="Horizontal bars for parameters, multiply-adds and memory access of a standard, a grouped and a depthwise separable layer, drawn from a common line: to the left is less than the standard layer, to the right is more." caption="Change widths, kernel and map: bars to the left are less than the standard convolution takes, bars to the right are more."
from lightnets_edu.widgets import CostCalculator

CostCalculator()

# %% [markdown]
# ## Channels that are shuffled
#
# Two grouped layers never mix their groups. A shuffle between them does, where there are channels enough.

# %% name="fig-gallery-shuffle" alt="Four rows of channels, coloured and lettered by group: the input, the first grouped layer, the shuffle and the second grouped layer, joined by the lines along which values flow." caption="Pick an output of the second layer: the inputs that it can depend on light up. Change the groups, switch the shuffle off and on, step through its three moves."
from lightnets_edu.widgets import ChannelShuffle

ChannelShuffle()

# %% [markdown]
# ## What ReLU leaves
#
# ReLU sets what is negative to zero. In few dimensions that destroys what the map held; in many it hardly hurts.

# %% name="fig-gallery-relu" alt="A spiral of points in the plane and, beside it, what a decoder brings back after a random embedding and ReLU; above, small copies for five numbers of dimensions with their errors." caption="Choose the number of dimensions: with two or three the spiral is crushed, with thirty the best affine decoder brings it back. Without ReLU it always does."
from lightnets_edu.widgets import ReluManifold

ReluManifold()

# %% [markdown]
# ## Blocks to scale
#
# Narrow, wide, narrow; or squeeze, expand; or a few channels and their cheap copies: the blocks of the light networks, drawn as wide as they are.

# %% name="fig-gallery-blocks" alt="The layers of a block as boxes, coloured by kind, joined by bands as wide as the number of channels that flow between them; a shortcut passes the layers by." caption="Choose a block and change its settings: bands are as wide as the channels they carry. Pick a layer to read what it costs. Every number was measured on the real module."
from lightnets_edu.widgets import BlockAnatomy

BlockAnatomy()

# %% [markdown]
# ## Where a network spends
#
# Multiply-adds are spread over the whole depth, for early layers see large maps. Parameters pile up at the end, where there are many channels.

# %% wide=true name="fig-gallery-skyline" alt="A bar for every layer of a network, in the order of execution, as high as what the layer costs and coloured by its kind; a line rises from nothing to one hundred percent of the cost." caption="Choose a network, what to count, and another network to hold against it. Move along the layers to read what each takes."
from lightnets_edu.widgets import NetworkSkyline

NetworkSkyline()
