# ---
# title: A gallery of networks
# ---

# %% card [markdown]
# # A gallery of networks
#
# The figures of blocks and of whole networks, on one page. Each is made for a chapter, where a question comes first and the figure answers it. Those of layers stand in a [gallery of their own](gallery.ipynb).
#
# All of them run in this page, with no computer behind it. The Tab key reaches every control; arrow keys move sliders, menus and choices, the space bar presses buttons. Nothing moves until you press *Play*. Under each figure lies its data as a table.

# %% [markdown]
# ## One budget, three knobs
#
# A network can grow by layers, by {term}`channels <channel>` or by the pixels that it reads. EfficientNet shares one budget among all three; its published sizes are rounded.

# %% wide=true name="fig-gallery-scaling" alt="Seven boxes in a row, the stages of EfficientNet B0, as broad as their layers, as high as their channels and as deep as their maps are large, with the dashed outline of a published network around or in them. Beside or below, three bars for depth, width and resolution and a last one that adds them up, all on one axis of doublings of the work, with circles for B0 to B7 on each." caption="Drag a stage or the last frame: φ grows, and the budget doubles with each step. The circles are B0 to B7 as published; on each bar a tick further is twice the work. Which knob alone changes least for twice the work? Click B7: on which bar does it leave the formula?"
from lightnets_edu.widgets import CompoundScaling

CompoundScaling()

# %% [markdown]
# ## Blocks to scale
#
# Narrow, wide, narrow; or squeeze, expand; or a few channels and their cheap copies: the blocks of the light networks, drawn as wide as they are.

# %% name="fig-gallery-blocks" alt="Two blocks side by side as flows from left to right, the inverted residual of MobileNet V2 and the bottleneck of ResNet: bands as high as their channels and as deep as their maps are large, layers as coloured boxes between them, a shortcut above. Below each, two bars cut into the layers: parameters and multiply-adds." caption="Two blocks on one scale. Drag a grip and the band gets wider, and the bars longer. Point at a layer or a band to read its numbers, measured on the real module; parameters include those of the batch norm behind a layer, multiply-adds are for one image."
from lightnets_edu.widgets import BlockAnatomy

BlockAnatomy()

# %% [markdown]
# ## Where a network spends
#
# {term}`Multiply-adds <multiply-add>` are spread over the whole {term}`depth`, for early layers see large {term}`maps <map>`. {term}`Parameters <parameter>` pile up at the end, where there are many channels.

# %% wide=true name="fig-gallery-skyline" alt="A bar for every layer of a network, in the order of execution, as high as what the layer costs and coloured by its kind; under the bars a mark for each layer in the lane of its kind, and boxes around the layers of a block." caption="Choose a network, what to count, and another network to hold against it. Guess first: sketch the skyline, then reveal it. Point at a bar or a block to read what it takes; drag across several to add them up."
from lightnets_edu.widgets import NetworkSkyline

NetworkSkyline()
