# ---
# title: A gallery of layers
# ---

# %% card [markdown]
# # A gallery of layers
#
# The figures of layers, and of the maps that they make, on one page: to look around, to find one again, or to show in class. Each is made for a chapter, where a question comes first and the figure answers it. Those of blocks and of whole networks stand in a [gallery of their own](gallery_networks.ipynb).
#
# All of them run in this page, with no computer behind it. The Tab key reaches every control; arrow keys move sliders, menus and choices, the space bar presses buttons. Nothing moves until you press *Play*. Under each figure lies its data as a table.

# %% [markdown]
# ## Who reads whom
#
# A {term}`convolution` reads a patch of positions, and a set of {term}`channels <channel>`. The two have nothing to do with each other: the {term}`kernel` sets the one, {term}`groups <group>` set the other.

# %% wide=true name="fig-gallery-connectivity" alt="Left, a map with the window of one output on it; below it, the weights as bars. Right, input maps above output maps, and a thread between them for each weight. With two groups the threads fall into two halves; those of the chosen output are lit." caption="A thread for each weight. Move the layer from standard to depthwise to separable: what an output reaches, and by how many threads. Found with real layers: an output reads where a gradient is not zero."
from lightnets_edu.widgets import ConvConnectivity

ConvConnectivity(kind="grouped")

# %% [markdown]
# ## A window that slides
#
# A {term}`depthwise layer <depthwise convolution>` never crosses channels. A {term}`pointwise layer <pointwise convolution>` never crosses space. A {term}`standard convolution` does both at every step.

# %% name="fig-gallery-sliding" alt="A flower and its three channels with a window on them, three filters with the pixels that their weights meet, the map of each filter and their sum, and bars that count multiply-adds." caption="Drag the window over the flower, click a weight: the maps change at once. Which edges does the kernel find, and what does it find red? The sums are those of the real layer."
from lightnets_edu.widgets import SlidingConvolution

SlidingConvolution()

# %% [markdown]
# ## What it costs
#
# Split a layer in two, and its {term}`multiply-adds <multiply-add>` fall. Its memory traffic may rise.

# %% wide=true name="fig-gallery-cost" alt="Left, squares against the outline of the standard layer, by area, for a grouped and a depthwise separable layer: multiply-adds are small squares in the corner, memory access nearly fills the outline or reaches beyond it. Right, a line that rises and then turns level, with letters for the layers on it and a dashed line where it turns." caption="Areas against the standard layer S: grouped (G), and depthwise plus pointwise (D + P). Pull a square, a letter or the dashed line: the machine's balance, left of which moving sets the time. When does the separable layer move less, when is it slower?"
from lightnets_edu.widgets import CostCalculator

CostCalculator()

# %% [markdown]
# ## Channels that are shuffled
#
# Two {term}`grouped layers <grouped convolution>` never mix their groups. A shuffle between them does, where there are channels enough.

# %% name="fig-gallery-shuffle" alt="Four rows of channels in groups, each with a colour of its own: the input, the first grouped layer, the shuffle and the second grouped layer, joined by the lines along which values flow." caption="Point at a channel: where it comes from and where it goes lights up. Change the groups, step through the shuffle, or drag the channels of the third row into an order of your own: can you reach as much and move fewer?"
from lightnets_edu.widgets import ChannelShuffle

ChannelShuffle()

# %% [markdown]
# ## What equal work moves
#
# Two layers may do the same work, and one of them move twice as much. A layer of as many channels out as in moves least.

# %% wide=true name="fig-gallery-guideline" alt="Left, a column in three pieces, the input, the weights and the output of a 1×1 layer, as high as what it moves; a dashed line leads from its top to a dot. Right, a curve over the ratio of channels in to channels out, lowest where both are equal and rising to nearly three times as much at both ends; dots for the times that the paper measured." caption="The work is the same at every ratio, the column is not. At which ratio does it double? Set the mark at the right edge and pull the dot there. Then hide the curve and guess: a small map, eight groups."
from lightnets_edu.widgets import GuidelineExplorer

GuidelineExplorer(revealed=True)

# %% [markdown]
# ## A map that shrinks
#
# MobileNet V1 halves height and {term}`width` in one layer. EffNet halves the height first and the width two layers later; read as printed, its last layer then skips every second column of what the block has computed.

# %% wide=true name="fig-gallery-effnet" alt="Two rows of boxes on one scale, as high and wide as a map and as deep as its channels. In EffNet's row the height halves behind the pool and the width behind the last layer, and every second column of three maps is crossed out; in MobileNet's row both halve behind the first layer. A bar below each box says how many values it holds." caption="Crossed pixels reach no output: no gradient comes back to them. Point at a pixel: filled is what it reads, hollow what reads it. Drag the arrow along the flow: when do the crosses come, and with which kernel of the last layer do they not? Drag a dot to make a block narrower."
from lightnets_edu.widgets import EffNetFlow

EffNetFlow()

# %% [markdown]
# ## Maps that are nearly copies
#
# Many {term}`maps <map>` of a layer look alike. GhostNet makes some of them by convolution and the others from these, by a cheap kernel that reads one map. How much of a map can such a copy bring back?

# %% wide=true name="fig-gallery-ghosts" alt="A small photograph of a flower and twelve maps of it: brightness, colours, edges, spots. Six of them have thick frames, for they are kept; a bar under each of the others says how much of it its ghost explains. Beside them, large, the right edges of the flower, their ghost, and what is missing; below, the kernel as squares, and a bar for a convolution above a shorter one for a ghost module." caption="One map in s is kept, in a heavy frame; each other one is made from a kept parent by a kernel of d × d. Point at a map: its parent has a filled diamond, the ghosts of that parent hollow ones. Grey bars say how much of a map its ghost explains, blue ones how much of the chosen map each kept one could. Which map has no good parent? Choose one before you reveal it. Below, what it saves in a layer whose own kernel is k × k: keeping half of the maps does not halve the multiply-adds. The kernels are fitted to this one picture: a network has to find some that fit all pictures."
from lightnets_edu.widgets import GhostMaps

GhostMaps()

# %% [markdown]
# ## What ReLU leaves
#
# {term}`ReLU` sets what is negative to zero. In few {term}`dimensions <dimension>` that destroys what the map held; in many it hardly hurts.

# %% name="fig-gallery-relu" alt="A spiral of points in the plane, crossed by a line for each coordinate; behind the lines points are flattened or dead. Beside it, what a decoder brings back after a random embedding and ReLU, small copies for five numbers of dimensions, and a histogram of errors." caption="Behind each line one coordinate is zero. Turn the lines: can you lose no point with three, with five? Pull the spiral where you like, draw other matrices, and see whether yours beats them."
from lightnets_edu.widgets import ReluManifold

ReluManifold()
