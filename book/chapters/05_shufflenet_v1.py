# ---
# title: ShuffleNet V1
# minutes: 60
# before: what a convolution, a pointwise (1×1), a depthwise and a grouped convolution are; what a residual shortcut does.
# objectives:
#   count: compute what a ResNet, a ResNeXt and a ShuffleNet unit cost, and check the formula against real layers
#   mix: say which inputs an output can depend on, with and without the shuffle, and when the mixing is complete
#   permute: carry out a channel shuffle, recognise its inverse, and undo it
# ---

# %% card [markdown]
# # ShuffleNet V1: group the pointwise layers, then deal the channels out
#
# Grouping a convolution makes it cheaper and cuts it in pieces that never meet.
# {cite:t}`zhang2018shufflenet` keep the saving and mend the cut with an operation that does no arithmetic at all: they shuffle the channels, as one deals cards.

# %% [markdown] objective="count" claims="S1-03,S1-04"
# ## The bottleneck: 1×1 layers eat the budget
#
# ResNeXt {cite:p}`xie2017resnext` made the 3×3 layer of a residual unit cheap by splitting it into groups. The 1×1 layers around it stayed dense. Let us see who pays now.
#
# We take the first unit of ResNeXt-50, a narrow 3×3 layer between two 1×1 layers, and count the multiply-adds of each layer.

# %%
import torch
from torch import nn

from lightnets_edu import cost, show
from lightnets_edu.checks import Check
from lightnets_edu.models.shufflenet_v1 import (
    TABLE_1, ShuffleNetV1, ShuffleUnit, channel_shuffle,
)

show.vector_plots()


def bottleneck(c, m, groups=1):
    """A ResNet unit, or with groups a ResNeXt unit: its convolutions."""
    return nn.Sequential(
        nn.Conv2d(c, m, 1, bias=False),
        nn.Conv2d(m, m, 3, padding=1, groups=groups, bias=False),
        nn.Conv2d(m, c, 1, bias=False),
    )


unit = bottleneck(c=256, m=128, groups=32)
resnext = cost.layer_costs(unit, (1, 256, 56, 56))
pointwise = sum(row.macs for row in resnext if row.kind == "pointwise")
share = pointwise / cost.total(resnext).macs
show.table(
    ["layer", "kernel", "groups", "multiply-adds"],
    [(row.kind, row.kernel[0], row.groups, row.macs) for row in resnext],
)

# %% [markdown]
# The two 1×1 layers take {{= f"{share:.1%}" =}} of the unit's multiply-adds. The expensive part is no longer the 3×3 layer.
#
# In a network for a phone this hurts twice. With a small budget, dense 1×1 layers leave room for few channels, and few channels hold little information.
#
# The obvious cure is to group the 1×1 layers too. It has a side effect, and the side effect is what this chapter is about.

# %% objectives [markdown]
# ## You will be able to

# %% [markdown] objective="mix"
# ## Predict first
#
# Twelve channels run through two grouped 1×1 layers, one after the other, each with three groups.
#
# **How many of the twelve inputs can the first output depend on?** And how many, if the channels are shuffled between the two layers? Write down two numbers before you go on.

# %% [markdown] objective="mix,permute" claims="S1-05,S1-06,S1-07"
# ## See it: the groups never meet, until they are dealt out
#
# A grouped layer is several small layers side by side. Stack two of them with the same groups and you still have several small networks side by side.
#
# The **channel shuffle** deals the channels of every group out to all groups. It takes three steps and no multiplication:
#
# 1. **reshape** the $C = g \cdot n$ channels into a table of $g$ rows, one for each group, and $n$ columns;
# 2. **transpose** the table;
# 3. **flatten** it again, row by row.
#
# In the figure, pick an output at the bottom. The inputs that it can depend on light up. Then switch the shuffle off.

# %% name="fig-channel-shuffle" alt="Rows of channels, coloured and lettered by group, joined by the lines of two grouped layers and of the shuffle between them." caption="Two grouped 1×1 layers with a channel shuffle between them. Pick an output and see which inputs reach it. The permutation and the connections were read off the real modules by sending numbered channels and gradients through them."
from lightnets_edu.widgets import ChannelShuffle

ChannelShuffle.from_module(channel_shuffle)

# %% [markdown]
# The same without a picture. We ask autograd: an output depends on an input where its gradient is not zero.

# %%
def reach(layers, channels):
    """Which inputs (columns) each output (row) depends on, by gradients."""
    x = torch.ones(1, channels, 1, 1, requires_grad=True)
    rows = []
    for output in layers(x).flatten():
        gradient, = torch.autograd.grad(output, x, retain_graph=True)
        rows.append(gradient.flatten() != 0)
    return torch.stack(rows)


def grouped(channels, groups):
    """A grouped 1×1 layer of weights 1: no path can cancel another."""
    layer = nn.Conv2d(channels, channels, 1, groups=groups, bias=False)
    nn.init.ones_(layer.weight)
    return layer


def two_layers(channels, groups, shuffle):
    """Two grouped 1×1 layers, with or without a shuffle between them."""
    first, second = grouped(channels, groups), grouped(channels, groups)
    deal = channel_shuffle if shuffle else lambda y, groups: y
    return lambda x: second(deal(first(x), groups))


apart = reach(two_layers(12, 3, shuffle=False), 12)
mixed = reach(two_layers(12, 3, shuffle=True), 12)

# %% [markdown]
# Without the shuffle the first output depends on {{= int(apart[0].sum()) =}} of the {{= apart.shape[1] =}} inputs, its own group. With the shuffle it depends on {{= int(mixed[0].sum()) =}}. Was that your prediction?

# %% name="fig-reach" alt="Two square matrices, outputs by inputs. Left, without the shuffle: three filled blocks on the diagonal. Right, with the shuffle: every cell is filled." caption="Which input each output depends on, found by gradients. Without the shuffle there are three separate networks; with it every output sees every input."
import matplotlib.pyplot as plt

fig, axes = plt.subplots(1, 2, figsize=(7, 3.4))
panels = {"without the shuffle": apart, "with the shuffle": mixed}
for ax, (title, matrix) in zip(axes, panels.items(), strict=True):
    ax.imshow(~matrix, cmap="cividis", vmin=-0.4, vmax=1.1)
    ax.set(title=title, xlabel="input channel", ylabel="output channel")
    ax.set(xticks=range(0, 12, 4), yticks=range(0, 12, 4))
plt.show()

# %% [markdown] objective="mix" claims="S1-46"
# ### When is the mixing complete?
#
# Each group has $n = C/g$ channels. The second layer's group holds $n$ dealt channels, and they come from at most $g$ different groups, so it meets $\min(g, n)$ of them. Each of those brings its $n$ inputs. An output therefore reaches
#
# $$
# \min(g, n) \cdot n
# $$
#
# inputs. That is all $C$ of them when $n \ge g$, which is to say $C \ge g^2$. With too many groups for the channels the shuffle mixes only a part. The two layers need not have the same number of groups: what counts is how many of the first layer's groups are dealt into one group of the second.
#
# The table asks the gradients, not the formula; the last column is the formula.

# %%
def reached(channels, groups):
    """Inputs that one output depends on, found by gradients."""
    return int(reach(two_layers(channels, groups, True), channels)[0].sum())


rows = []
for c, g in [(12, 2), (12, 3), (12, 4), (12, 6), (24, 4), (24, 6), (24, 8)]:
    n = c // g
    mixes = "yes" if c >= g**2 else "no"
    rows.append((c, g, mixes, reached(c, g), min(g, n) * n))
heads = ["C", "g", "C ≥ g²", "inputs reached", "min(g, n) · n"]
show.table(heads, rows)

# %% [markdown] claims="S1-45"
# Reaching every input is not the same as being a dense layer. Two shuffled grouped layers of {{= 64 =}} channels in {{= 4 =}} groups have {{= f"{2 * cost.conv_params(64, 64, 1, groups=4):,}" =}} weights; one dense layer has {{= f"{cost.conv_params(64, 64, 1):,}" =}}. Every output can see every input, but it cannot weigh them all freely.

# %% [markdown] objective="count" claims="S1-16,S1-17,S1-18"
# ## Count it: formula, function, layers
#
# Take a unit on a map of $h \times w$ positions with $c$ channels outside and $m$ in the middle. Each weight of a convolution is used once at each position.
#
# - A **ResNet** unit {cite:p}`he2016resnet` has two dense 1×1 layers of $cm$ weights and a dense 3×3 layer of $9m^2$: $hw(2cm + 9m^2)$.
# - A **ResNeXt** unit splits the 3×3 layer into $g$ groups: $hw(2cm + 9m^2/g)$.
# - A **ShuffleNet** unit makes the 3×3 layer depthwise and groups the 1×1 layers: $hw(2cm/g + 9m)$.
#
# These are the costs as {cite:t}`zhang2018shufflenet` give them. Now three numbers have to agree: the formula by hand, our function, and what the real layers do.

# %%
h = w = 28
c, m, g = 240, 60, 3


def macs(layers):
    """Multiply-adds of real layers on a map of h × w positions."""
    return cost.total(cost.layer_costs(layers, (1, c, h, w))).macs


formula = {
    "ResNet": h * w * (2 * c * m + 9 * m**2),
    "ResNeXt": h * w * (2 * c * m + 9 * m**2 // g),
    "ShuffleNet": h * w * (2 * c * m // g + 9 * m),
}
function = {
    "ResNet": cost.resnet_unit_macs(h, w, c, m),
    "ResNeXt": cost.resnext_unit_macs(h, w, c, m, g),
    "ShuffleNet": cost.shufflenet_unit_macs(h, w, c, m, g),
}
measured = {
    "ResNet": macs(bottleneck(c, m)),
    "ResNeXt": macs(bottleneck(c, m, groups=g)),
    "ShuffleNet": macs(ShuffleUnit(c, c, 1, groups=g, reduce_groups=g)),
}
show.table(
    ["unit", "formula", "function", "measured"],
    [(name, formula[name], function[name], measured[name])
     for name in formula],
)

# %% [markdown] claims="S1-19"
# The ShuffleNet unit costs {{= f"{measured['ShuffleNet'] / measured['ResNet']:.1%}" =}} of the ResNet unit with the same widths.
#
# It is tempting to credit the grouped 1×1 layers with that. Let us divide the saving, for each position of the map: going depthwise saves $9m^2 - 9m$, grouping saves $2cm - 2cm/g$.

# %%
depthwise = 9 * m**2 - 9 * m
grouping = 2 * c * m - 2 * c * m // g
saved = {"depthwise 3×3": depthwise, "grouped 1×1": grouping}
show.table(
    ["step", "multiply-adds saved at each position", "share"],
    [(step, n, f"{n / sum(saved.values()):.0%}")
     for step, n in saved.items()],
)

# %% [markdown] claims="S1-12,S1-14,S1-15,S1-22"
# So the depthwise layer saves more than the grouping. What the grouping buys is the *next* step: with it the budget has room for more channels.
#
# ## Build it: the unit
#
# The shuffle is the three steps from above, in one line. This is the source of the package, not a copy of it.

# %%
show.source(channel_shuffle)

# %% [markdown]
# The unit is a residual bottleneck. With stride 1 it adds its input. With stride 2 the shortcut is a pooled copy of the input, and the two are put side by side: concatenation widens the map for free.

# %%
show.source(ShuffleUnit)

# %% [markdown]
# Three things are easy to miss. The shuffle stands *before* the depthwise layer. There is one shuffle, not two. And no ReLU follows the depthwise layer.
#
# Here is what a map goes through in a unit with stride 2, shape by shape.

# %%
unit = ShuffleUnit(c_in=240, c_out=480, stride=2, groups=3, reduce_groups=3)
rows = []
for row in cost.layer_costs(unit, (1, 240, 28, 28)):
    if row.macs:
        shape = " × ".join(map(str, row.out_shape[1:]))
        rows.append((row.kind, row.groups, shape, row.params, row.macs))
heads = ["layer", "groups", "output", "parameters", "multiply-adds"]
show.table(heads, rows)

# %% [markdown]
# The last layer makes {{= 480 - 240 =}} channels only. The other {{= 240 =}} of the {{= 480 =}} come through the shortcut.
#
# ## Check it: the network of Table 1
#
# A stem, three stages of units, a classifier. More groups make a unit cheaper, so the authors make it wider until it costs the same again. This is their Table 1, recomputed by building each network and counting. {cite:t}`zhang2018shufflenet` give the budget as 140 million multiply-adds in their Table 2.

# %% claims="S1-21,S1-23,S1-24,S1-25"
image = (1, 3, 224, 224)
networks = {g: cost.layer_costs(ShuffleNetV1(g), image) for g in TABLE_1}
totals = {g: cost.total(rows) for g, rows in networks.items()}
show.table(
    ["g", "stage 2", "stage 3", "stage 4", "parameters", "multiply-adds"],
    [(g, *TABLE_1[g], totals[g].params, totals[g].macs) for g in TABLE_1],
)

# %% [markdown]
# From one group to eight the last stage grows from {{= TABLE_1[1][-1] =}} to {{= f"{TABLE_1[8][-1]:,}" =}} channels, while the multiply-adds stay between {{= f"{min(t.macs for t in totals.values()) / 1e6:.1f}" =}} and {{= f"{max(t.macs for t in totals.values()) / 1e6:.1f}" =}} million. That is the bargain of the paper: *the same work, more channels.*
#
# ## Where the work goes now

# %% name="fig-share" alt="Stacked horizontal bars, one for each number of groups from one to eight. Pointwise layers take by far the largest part in every bar, depthwise layers a small one, and the stem and the classifier the rest." caption="Multiply-adds of the five networks of Table 1 by kind of layer. Even grouped, the 1×1 layers take most of the work."
colours = {
    "pointwise": "#0072B2", "depthwise": "#D55E00",
    "standard": "#009E73", "linear": "#CC79A7",
}
bars = [f"g = {g}" for g in networks]
left = [0.0] * len(bars)
fig, ax = plt.subplots(figsize=(7, 2.8))
for kind, colour in colours.items():
    width = [sum(r.macs for r in rows if r.kind == kind) / 1e6
             for rows in networks.values()]
    ax.barh(bars, width, left=left, color=colour, label=kind)
    left = [a + b for a, b in zip(left, width, strict=True)]
ax.invert_yaxis()
ax.set_xlabel("millions of multiply-adds")
ax.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1))
plt.show()

# %% [markdown] objective="permute" claims="S1-07"
# ## Pitfall: two orders that look alike
#
# Some published code reshapes the channels to $(n, g)$ instead of $(g, n)$. That is a shuffle too, but it is the *inverse* one. The two agree when $g = n$, and a test with four channels in two groups cannot tell them apart.

# %%
def order(channels, groups):
    """Where each channel of a shuffled map came from."""
    numbered = torch.arange(channels).reshape(1, -1, 1, 1)
    return channel_shuffle(numbered, groups).flatten().tolist()


rows = []
for channels, groups in [(4, 2), (6, 2), (12, 3)]:
    paper = order(channels, groups)
    other = order(channels, channels // groups)
    same = "yes" if paper == other else "no"
    listed = [" ".join(map(str, found)) for found in (paper, other)]
    rows.append((channels, groups, *listed, same))
show.table(["C", "g", "as in the paper", "the other order", "same?"], rows)

# %% [markdown] claims="S1-27"
# A second trap: the first 1×1 layer of stage 2 is **not** grouped, because its input, the stem's output, is narrow. Group it anyway and the network is another one. The unit has an argument of its own for this, `reduce_groups`.
#
# ## Exercises
#
# Practice first: the answers are folded in below each task. The last exercise counts.

# %% task [markdown] exercise="unit_macs" objective="count"
# ### Who pays in a ShuffleNet unit?
#
# A ShuffleNet unit costs $hw(2cm/g + 9m)$. Write `pointwise_share(c, m, g)`: the share of the two 1×1 layers in the unit's multiply-adds, a number between 0 and 1. Before you run it, predict whether the share for `c = 240, m = 60, g = 3` is above one half.
#
# :::{dropdown} Solution
# The map's size cancels. The 1×1 layers cost $2cm/g$ at each position and the depthwise layer $9m$:
#
# ```python
# def pointwise_share(c, m, g):
#     pointwise = 2 * c * m / g
#     return pointwise / (pointwise + 9 * m)
# ```
# :::

# %% answer exercise="unit_macs"
def pointwise_share(c, m, g):
    """Share of the 1×1 layers in a ShuffleNet unit's multiply-adds."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="unit_macs"
with Check("pointwise_share") as check:
    with check("one group, c = 9, m = 1: twice the depthwise layer"):
        check.close(pointwise_share(9, 1, 1), 2 / 3)
    with check("the unit of the chapter"):
        check.close(pointwise_share(240, 60, 3), 160 / 169)

# %% task [markdown] exercise="full_mixing" objective="mix"
# ### The most groups that still mix
#
# Write `most_groups(channels)`: the largest number of groups that divides `channels` and with which two shuffled grouped layers let every output depend on every input.
#
# :::{dropdown} Solution
# Mixing is complete when $C \ge g^2$, so look at the divisors up to the square root:
#
# ```python
# def most_groups(channels):
#     return max(g for g in range(1, channels + 1) if channels % g == 0 and g * g <= channels)
# ```
# :::

# %% answer exercise="full_mixing"
def most_groups(channels):
    """The largest g that divides `channels` and still mixes everything."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="full_mixing"
with Check("most_groups") as check:
    with check("12 channels: 3 groups mix, 4 do not"):
        check.equal(most_groups(12), 3)
    with check("16 channels are a square"):
        check.equal(most_groups(16), 4)
    with check("a prime number of channels cannot be grouped"):
        check.equal(most_groups(13), 1)

# %% task [markdown] exercise="unshuffle" objective="permute"
# ### Undo the shuffle
#
# Write `unshuffle(x, groups)`: it puts the channels back where they were before `channel_shuffle(x, groups)`. It must work for every number of channels that `groups` divides, leave its input as it was, and raise `ValueError` when `groups` does not divide the channels. Use reshapes and transposes, or indexing; no loop over pixels is needed.

# %% answer exercise="unshuffle"
def unshuffle(x, groups):
    """Undo `channel_shuffle(x, groups)`. (N, C, H, W) -> (N, C, H, W)."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="unshuffle" points=3
with Check("unshuffle") as check:
    for channels, groups in [(6, 2), (12, 3)]:
        with check(f"{channels} channels in {groups} groups come back"):
            numbered = torch.arange(channels).reshape(1, channels, 1, 1)
            shuffled = channel_shuffle(numbered, groups)
            check.equal(unshuffle(shuffled, groups), numbered)
    with check("7 channels in 2 groups: ValueError"):
        try:
            unshuffle(torch.zeros(1, 7, 1, 1), 2)
        except ValueError:
            pass
        else:
            check.true(False, "no ValueError was raised")

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements of the paper and of the texts that this chapter follows, each with our verdict. “Reported” results are the authors' own; we did not repeat them.

# %% [markdown]
# ## When to choose it
#
# Choose grouped pointwise layers with a shuffle when multiply-adds are what you must save and the network is so small that width is what it lacks. Look elsewhere when time on your device is what counts: a grouped layer moves as much data as a dense one for less arithmetic, and the shuffle moves data for none. That complaint is where ShuffleNet V2 begins.
#
# You saw the bottleneck, {{= f"{share:.0%}" =}} of a unit in its 1×1 layers; the cure, groups; its side effect, channels that never meet; and a permutation that mends it wherever $C \ge g^2$.
