# ---
# title: Light convolutional networks
# ---

# %% card [markdown]
# # Light convolutional networks
#
# Your network is right, and too slow for the device it has to run on. A light network is not that one made small: it is built from other layers. Below are two blocks from real networks, on one scale. The one with the wide middle does less than an eighth of the other's work. **Why, and does a clock agree?** This book takes such networks apart, runs them, and checks what was claimed.

# %% hide="all code" name="fig-two-blocks" alt="Two blocks side by side on one scale, as flows from left to right: the inverted residual of MobileNet V2, thin at both ends and wide in the middle, and the bottleneck of ResNet, wide at both ends and thin in the middle. Bands are as high as their channels and as deep as their maps are large, layers are coloured boxes between them. Below each, two bars cut into the layers: parameters and multiply-adds." caption="Narrow, wide, narrow; and wide, narrow, wide. Drag a grip, or set t: the bars below follow. Point at a layer to read its numbers, which were measured on the real PyTorch module."
from lightnets_edu.widgets import BlockAnatomy

blocks = BlockAnatomy(blocks=["inverted_residual", "resnet"])
blocks

# %% hide="all code"
from lightnets_edu import cost
from lightnets_edu.models.mobilenet_v2 import InvertedResidual
from lightnets_edu.models.resnet import Bottleneck


def macs(block, channels):
    rows = cost.layer_costs(block, (1, channels, size, size))
    return cost.total(rows).macs


size, narrow, t = 56, 24, 6
wide = t * narrow
light = macs(InvertedResidual(narrow, narrow, 1, t), narrow)
heavy = macs(Bottleneck(256, 64, 256), 256)
alone = cost.conv_macs(wide, wide, 3, size, groups=wide)
jointly = cost.conv_macs(wide, wide, 3, size)
assert heavy > 8 * light and jointly > 2 * heavy    # as the text says

# %% predict [markdown] name="jointly"
# ## One question
#
# In its middle the block of MobileNet V2 is {{= wide =}} channels wide, and its 3×3 layer looks at **one channel at a time**. The 3×3 layer of the ResNet block looks at all of its channels at once. If MobileNet's did so too, with the same kernel on the same map, **how many times as many multiply-adds would that layer take?**
#
# :field: Times as many
# :answer: f"{jointly // alone}"
# :wrong: 9: Nine is the size of the kernel, and both layers have it.
# :wrong: 6: Six is how much wider the middle is than the ends; both layers are equally wide.
# :wrong: 2 to 5: Each output channel would read every input channel.
# :wrong: above 1000: Only the number of channels that an output reads changes.

# %% [markdown]
# :::{dropdown} The answer
#
# {answer}`jointly`
#
# **{{= jointly // alone =}} times**, once for each channel. As an ordinary layer it would take {{= f"{jointly / 1e6:.0f}" =}} million multiply-adds, more than twice the whole ResNet block beside it ({{= f"{heavy / 1e6:.0f}" =}} million), though that one carries ten times the channels. As it is, the whole MobileNet block takes {{= f"{light / 1e6:.0f}" =}} million. Look at space one channel at a time, and mix channels by 1×1 layers: nearly all networks of this book do that, and differ in what they do about the 1×1 layers.
#
# Is such a layer as many times faster, then? It is not, by far: [chapter 1](01_convolutions.ipynb) says what bounds it instead, and [chapter 3](03_mobilenet_v1.ipynb) takes the time.
# :::

# %% chapters [markdown]
# ## The chapters
#
# Each asks of one family of networks: *what did its predecessor waste, what did it do about it, and is that so?* Begin with [the first](01_convolutions.ipynb), unless you know already how to count what a layer costs. The order is that of ideas, not of years: SqueezeNet is older than Xception and stands far behind it. So each chapter says which others it builds on, and none needs all of them. On tiny networks, on detection, on compression and on how to choose, chapters are still to be written.

# %% [markdown]
# ## For whom
#
# You have built and trained a network in PyTorch, and know what a convolution, a ReLU and a batch norm do, or did once. You need to know nothing about light networks. You may have to choose or shrink one for a device, read the papers for a thesis, or teach them.
#
# Nothing has to be taken on trust. Every number in the text is computed by the code beside it, or carries its source. Where a paper, its code and its popular copies disagree, we say so and show it.
#
# ## Three ways to use it
#
# **Read it here.** The pages work offline, on a phone, in the dark and without a mouse. What a figure shows was measured on real PyTorch layers when the book was made; your browser plays it back, and no computer behind the page calculates anything. All figures that move stand together in two galleries, of [layers](gallery.ipynb) and of [networks](gallery_networks.ipynb).
#
# **Run it.** Each chapter is a notebook for Colab, Binder or JupyterLab: run all cells, change a number, solve the exercises; visible tests answer at once. [How to use this book](../book/how_to_use.md) says how, and how to have all of it on your own machine.
#
# **Teach with it.** Each chapter is also an assignment for nbgrader, with hidden tests in a teacher's half that is kept apart from everything you see here: [for teachers](../book/teachers.md).
#
# If a symbol is unfamiliar, look at the [notation](../book/notation.md); if a word is, at the [glossary](../book/glossary.md).

# %% edition [markdown]
# ## This edition
