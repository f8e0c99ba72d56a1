# ---
# title: A gallery of figures
# ---

# %% card [markdown]
# # A gallery of figures
#
# The figures that move, all on one page: to look around, to find one again, or to show in class. Each belongs to a chapter, which asks a question first and then uses the figure to answer it.
#
# All of them run in this page, with no computer behind it. Every control can be reached with the Tab key and moved with the arrow keys. Nothing moves until you press *Play*.

# %% [markdown]
# ## Channel shuffle
#
# Two grouped layers never mix their groups. A shuffle between them does, where there are channels enough. From the chapter *ShuffleNet V1*.

# %% name="fig-gallery-shuffle" alt="Four rows of channels, coloured and lettered by group: the input, the first grouped layer, the shuffle and the second grouped layer, joined by the lines along which values flow." caption="Pick an output of the second layer: the inputs that it can depend on light up. Change the groups, switch the shuffle off and on, step through its three moves."
from lightnets_edu.widgets import ChannelShuffle

ChannelShuffle()
