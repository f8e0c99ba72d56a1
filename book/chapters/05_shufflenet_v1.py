# ---
# title: ShuffleNet V1
# picture: fig-channel-shuffle
# minutes: [75, 95]
# before: "what a convolution, a pointwise (1×1), a depthwise and a grouped convolution are, and what multiply-adds and memory access count ({chapter}`1`); what a residual unit and its shortcut do"
# objectives:
#   count: compute what a ResNet, a ResNeXt and a ShuffleNet unit cost, and check the formula against real layers
#   mix: say which inputs an output can depend on, with and without the shuffle, and when the mixing is complete
#   permute: carry out a channel shuffle, recognise its inverse, and undo it
#   build: build the unit from the paper's figure, and find the mistakes that published copies make
# ---

# %% card [markdown]
# # ShuffleNet V1: group the pointwise layers, then shuffle the channels
#
# Grouping a convolution makes it cheaper, and cuts the network into pieces that never meet. {cite:t}`zhang2018shufflenet` keep the saving and mend the cut. They shuffle the channels: they take one from each group in turn. The shuffle itself does no arithmetic at all.

# %% [markdown] objective="count" claims="S1-03,S1-04"
# ## Who pays: the 1×1 layers
#
# In ResNet {cite:p}`he2016resnet` a {term}`residual unit` has three layers. A 1×1 layer makes the {term}`map` narrow, a 3×3 layer works on this narrow middle, the {term}`bottleneck`, and another 1×1 layer makes the map wide again. ResNeXt {cite:p}`xie2017resnext` made the middle layer cheap: it is a {term}`grouped convolution`.
#
# Who pays now? We count the {term}`multiply-adds <multiply-add>` of ResNeXt-50's second unit. `cost.layer_costs`, from {chapter}`1`, gives a row for each layer; `cost.total` adds rows up.

# %%
import torch
from torch import nn

from lightnets_edu import cost, diagrams, show
from lightnets_edu.checks import Check
from lightnets_edu.models.shufflenet_v1 import (
    TABLE_1, ShuffleNetV1, ShuffleUnit, channel_shuffle,
)

show.vector_plots()


def convolutions(c, m, outer_groups=1, middle_groups=1):
    """Convolutions of a unit: c channels outside, m in the middle."""
    return nn.Sequential(
        nn.Conv2d(c, m, 1, groups=outer_groups, bias=False),
        nn.Conv2d(m, m, 3, padding=1, groups=middle_groups, bias=False),
        nn.Conv2d(m, c, 1, groups=outer_groups, bias=False),
    )


def pointwise_share(rows):
    """Share of the 1×1 layers in the multiply-adds of some layers."""
    pointwise = [row for row in rows if row.kind == "pointwise"]
    return cost.total(pointwise).macs / cost.total(rows).macs


unit = convolutions(c=256, m=128, middle_groups=32)
resnext = cost.layer_costs(unit, (1, 256, 56, 56))
show.table(
    ["layer", "kernel", "groups", "multiply-adds"],
    [(row.kind, row.kernel[0], row.groups, row.macs) for row in resnext],
)

# %% name="fig-resnext" alt="A ResNeXt unit twice, side by side: three layers as boxes, joined by bands as high as the channels that flow: high, half as high in the middle, high again; a shortcut runs above. The two outer boxes are 1×1 layers, the one between them is a grouped 3×3 layer. Bars below: most parameters and multiply-adds are in the 1×1 layers." caption="The unit to scale, beside the paper's, which stays. Height is channels, depth is the size of the map. Change the groups, drag the width, and point at a layer to read its share of the multiply-adds."
from lightnets_edu.widgets import BlockAnatomy

BlockAnatomy("resnext", blocks=["resnext"])

# %% [markdown]
# The two 1×1 layers take {{= f"{pointwise_share(resnext):.1%}" =}} of the multiply-adds. {show}`With one group <fig-resnext groups=1>` in the middle, as in ResNet, it is the 3×3 layer that pays most.
#
# A small budget, spent on {term}`dense` 1×1 layers, buys few {term}`channels <channel>`. {cite:t}`zhang2018shufflenet` (Section 1) see in this why such designs do badly in very small networks. The cure seems clear: group the 1×1 layers as well.

# %% predict [markdown] name="share"
# **Before you read on:** in ShuffleNet the 1×1 layers are grouped, and the 3×3 layers are {term}`depthwise <depthwise convolution>`. What part of the whole network's multiply-adds do the 1×1 layers take then, with three groups? “Check it” tells, where we count the network.
#
# :field: Share of the 1×1 layers
# :choices: below a half | a half to three quarters | above three quarters
# :answer: ("below a half", "a half to three quarters", "above three quarters")[sum(pointwise_share(networks[3]) > limit for limit in (0.5, 0.75))]
# :wrong: below a half: A third of the old 1×1 layers would be that. But the 3×3 layers became cheaper too.
# :wrong: a half to three quarters: The 3×3 layers became cheaper too, by a larger factor than the 1×1 layers.

# %% objectives [markdown]
# ## You will be able to

# %% predict [markdown] name="reach" objective="mix"
# ## Predict first
#
# Twelve channels run through two grouped 1×1 layers, one after the other, each with three groups.
#
# **How many of the twelve inputs can the first output depend on?** And how many, if the channels are dealt out anew between the two layers, one from each group in turn?
#
# :field: Inputs, one layer right after the other
# :answer: int(apart[0].sum())
# :wrong: 3: Three is the number of groups; a group has four channels.
# :wrong: 12: Nothing leads from one group to another.
# :field: Inputs, dealt out anew in between
# :answer: int(mixed[0].sum())
# :wrong: 4: The second layer reads four channels, but each of them has read four inputs.
# :wrong: 3: Three groups meet, and each brings its four inputs.

# %% [markdown] objective="mix,permute" claims="S1-01,S1-05,S1-06,S1-07"
# ## See it: one group upon another
#
# A grouped layer is several small layers side by side. Here are two grouped layers, one upon the other. Point at an output of the second: the inputs that it can depend on light up. Point at an input: you see where it can go.

# %% name="fig-channel-shuffle" alt="Four rows of channels in groups, each group with a colour of its own: the input, the first grouped layer, the channels as the second layer finds them, the second layer. Lines join the channels along which values flow; a bar in each channel has a slot for every group, filled where something of it has come in." caption="Two grouped 1×1 layers, with or without a channel shuffle between them. Point at a channel: all that it has read lights up, and all that reads it. The bar in a channel has a slot for each group of the input; what is filled has come in. Drag channels of the third row into an order of your own. Order and connections were read off real modules, with numbered channels and gradients. “Its inverse” is the order of the first pitfall below."
from lightnets_edu.widgets import ChannelShuffle

ChannelShuffle.from_module(channel_shuffle, shuffle=False, output=0)

# %% [markdown]
# The {term}`channel shuffle` takes one channel from each group in turn, like the top card of each pile: {show}`switch it on <fig-channel-shuffle shuffle=true>`. These are three steps and no multiplication:
#
# 1. {show}`reshape <fig-channel-shuffle shuffle=true step=1>` the $C = g \cdot n$ channels into a table of $g$ rows, one for each group, and $n$ columns;
# 2. {show}`transpose <fig-channel-shuffle shuffle=true step=2>` the table;
# 3. {show}`flatten <fig-channel-shuffle shuffle=true step=3>` it again, row by row.
#
# Here are twelve channels made of a photograph, four of each colour. After the shuffle, every group of the next layer is given all three colours.

# %% hide="code" wide=true name="fig-flower-maps" alt="Two tables of twelve small pictures of a round flower, three rows of four. Left: the first row is red, R 0 to R 3, the second green, G 4 to G 7, the third blue, B 8 to B 11. Right, after the shuffle, the rows are 0, 4, 8, 1, then 5, 9, 2, 6, then 10, 3, 7, 11: every row has channels of all three colours." caption="The channels before (left) and after (right) a shuffle with three groups. Of each colour: as it is, blurred, and its edges in two directions. A row is what one group of the next layer reads. Photograph: [vultilion](https://www.flickr.com/photos/vultilion/6056698931/), [CC BY](https://creativecommons.org/licenses/by/2.0/)."
import matplotlib.pyplot as plt
from sklearn.datasets import load_sample_image

photo = torch.tensor(load_sample_image("flower.jpg")).permute(2, 0, 1) / 255
photo = nn.functional.adaptive_avg_pool2d(photo, (44, 66))
edge = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
as_it_is = torch.zeros(3, 3)
as_it_is[1, 1] = 1
filters = torch.stack([as_it_is, torch.ones(3, 3), edge, edge.T])
maps = nn.functional.conv2d(
    photo[None], filters.repeat(3, 1, 1)[:, None], groups=3)
numbers = torch.arange(12).reshape(1, 12, 1, 1)
sides = {"before": (maps, numbers),
         "after": (channel_shuffle(maps, 3), channel_shuffle(numbers, 3))}
shades = ("Reds_r", "Greens_r", "Blues_r")
fig = plt.figure(figsize=(9.6, 3.2))
for part, (name, (pictures, places)) in zip(
        fig.subfigures(1, 2, wspace=0.05), sides.items(), strict=True):
    part.suptitle(name, fontsize=11)
    for ax, picture, number in zip(part.subplots(3, 4).flat, pictures[0],
                                   places.flatten().tolist(), strict=True):
        ax.imshow(picture, cmap=shades[number // 4])
        ax.set_title(f"{'RGB'[number // 4]} {number}", fontsize=10, pad=2)
        ax.set_axis_off()
plt.show()

# %% [markdown]
# Now we count. An output depends on an input where its {term}`gradient` is not zero.

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


def two_layers(channels, g, shuffle=True, second=None):
    """Two grouped 1×1 layers of g groups each, or of g and `second`."""
    one, two = grouped(channels, g), grouped(channels, second or g)
    between = channel_shuffle if shuffle else lambda y, g: y
    return lambda x: two(between(one(x), g))


apart = reach(two_layers(12, 3, shuffle=False), 12)
mixed = reach(two_layers(12, 3), 12)
print("first output:", int(apart[0].sum()), "inputs, shuffled:",
      int(mixed[0].sum()))

# %% [markdown] claims="S1-08,S1-11"
# Without the shuffle the first output depends on {{= int(apart[0].sum()) =}} of the {{= apart.shape[1] =}} inputs, its own group; with it, on {{= int(mixed[0].sum()) =}}.
#
# {answer}`reach`
#
# The shuffle itself mixes nothing, it moves channels. The *grouped layer behind it* mixes.
#
# :::{dropdown} Going deeper: MobileNet, and training
# The mixing comes at the price of a grouped layer; in {chapter}`MobileNet <3>` {cite:p}`howard2017mobilenets` a dense 1×1 layer does this work. Training runs through the shuffle: a gradient goes back to the channel that it came from.
# :::

# %% [markdown] objective="mix" claims="S1-46"
# ### When is the mixing complete?
#
# Each group has $n = C/g$ channels. A group of the second layer reads $n$ neighbours after the shuffle. They were taken from groups in turn, so they come from $\min(g, n)$ groups, and each brings its $n$ inputs. An output reaches
#
# $$
# \min(g, n) \cdot n
# $$
#
# inputs: all $C$ of them when $n \ge g$, that is, $C \ge g^2$. {show}`Six groups <fig-channel-shuffle groups=6 shuffle=true>` are too many for twelve channels; {show}`a third layer <fig-channel-shuffle groups=6 shuffle=true layers=3>`, behind a second shuffle, reaches further. The table asks the gradients; its last column is the formula.

# %% hide="code"
def reached(channels, g, second=None):
    """Inputs that the first output depends on, found by gradients."""
    layers = two_layers(channels, g, second=second)
    return int(reach(layers, channels)[0].sum())


rows = []
for c, g in [(12, 3), (12, 4), (12, 6), (24, 4), (24, 6), (24, 8)]:
    n = c // g
    mixes = "yes" if c >= g**2 else "no"
    rows.append((c, g, mixes, reached(c, g), min(g, n) * n))
heads = ["C", "g", "C ≥ g²", "inputs reached", "min(g, n) · n"]
show.table(heads, rows)

# %% hide="code"
wide, piles = 64, 4
pair = 2 * cost.conv_params(wide, wide, 1, groups=piles)
dense = cost.conv_params(wide, wide, 1)
show.table(["64 channels", "weights"],
           [("two layers of four groups, shuffled", pair),
            ("one dense layer", dense)])

# %% [markdown] claims="S1-45,S1-47"
# **To reach is not to weigh.** The pair has {{= f"{pair / dense:.0%}" =}} of the {term}`weights <weight>` of one dense layer. Of a group's {{= wide // piles =}} channels only {{= wide // piles**2 =}} are sent to each group of the second layer. Every output sees every input, but cannot weigh each as it likes: the two layers have fewer weights to choose than the one.
#
# :::{dropdown} Going deeper: groups of different number, more layers, ResNeXt
# The two layers need not have the same number of groups. If the second has $g_2$, each of its groups reads $C/g_2$ neighbours, which come from $\min(g, C/g_2)$ groups. It reaches $\min(g, C/g_2) \cdot C/g$ inputs: of forty-eight channels, in four groups and then in twelve, {{= reached(48, 4, 12) =}}.
#
# The gate in numbers: where $g$ divides $n$, the block of weights that joins two groups is a product of two blocks with $n/g$ channels between them. Its {term}`rank` is $n/g$ at most; a dense layer's may be $n$. More layers come closer. In the smallest case, four channels in two groups, two shuffled layers cannot match every dense layer; three matched the one that a test of this book tries, with {{= 3 * cost.conv_params(4, 4, 1, groups=2) =}} weights for the {{= cost.conv_params(4, 4, 1) =}} of the dense one.
#
# And ResNeXt? Its first layer is often drawn as many narrow {term}`branches <branch>`. But each branch reads *all* channels, so together they are one dense 1×1 layer. A grouped 1×1 layer is not.
# :::

# %% [markdown] objective="count" claims="S1-16,S1-17,S1-18"
# ## Count it: formula, function, layers
#
# A unit has $c$ channels outside and $m$ in the middle, and uses each weight once at each of $h \times w$ positions.
#
# - A **ResNet** unit has two dense 1×1 layers of $cm$ weights and a dense 3×3 layer of $9m^2$: $hw(2cm + 9m^2)$.
# - A **ResNeXt** unit splits the 3×3 layer into $g$ groups: $hw(2cm + 9m^2/g)$.
# - A **ShuffleNet** unit groups the 1×1 layers, and its 3×3 layer is {term}`depthwise <depthwise convolution>`: $hw(2cm/g + 9m)$.
#
# So {cite:t}`zhang2018shufflenet` count in Section 3.2. For $c = 240$, $m = 60$, $g = 3$ and $28 \times 28$ positions, the formula, a function of `cost` and real layers have to agree.

# %% hide="code"
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
counted = {
    "ResNet": macs(convolutions(c, m)),
    "ResNeXt": macs(convolutions(c, m, middle_groups=g)),
    "ShuffleNet": macs(convolutions(c, m, outer_groups=g, middle_groups=m)),
}
show.table(
    ["unit", "formula", "function", "layers"],
    [(name, formula[name], function[name], counted[name])
     for name in formula],
)

# %% predict [markdown] name="saves" objective="count"
# With the same {term}`widths <width>`, the ShuffleNet unit costs {{= f"{counted['ShuffleNet'] / counted['ResNet']:.0%}" =}} of the ResNet unit. Two steps lead from the one to the other: the 3×3 layer becomes depthwise, the 1×1 layers are grouped. **Which step saves more?**
#
# :field: The larger saving
# :choices: depthwise 3×3 | grouped 1×1
# :answer: max(saved, key=saved.get)
# :wrong: grouped 1×1: The 1×1 layers keep a third of their work; the 3×3 layer keeps a sixtieth.

# %% hide="code"
saved = {
    "depthwise 3×3": 9 * m**2 - 9 * m,
    "grouped 1×1": 2 * c * m - 2 * c * m // g,
}
show.table(
    ["step", "multiply-adds saved at each position", "share"],
    [(step, n, f"{n / sum(saved.values()):.0%}")
     for step, n in saved.items()],
)

# %% [markdown] claims="S1-19"
# {answer}`saves`
#
# More is saved by {{= {"depthwise 3×3": "making the 3×3 layer depthwise", "grouped 1×1": "grouping the 1×1 layers"}[max(saved, key=saved.get)] =}}. What is saved by grouping can be spent on more channels: that is the next step.
#
# A layer costs more than arithmetic. It also has {term}`memory access`: input, output and weights, each {term}`element` counted once.

# %% hide="code"
layers = {
    "depthwise 3×3": nn.Conv2d(m, m, 3, padding=1, groups=m),
    "dense 1×1": nn.Conv2d(c, m, 1),
    "grouped 1×1": nn.Conv2d(c, m, 1, groups=g),
}
intensity = {}
rows = []
for name, layer in layers.items():
    row = cost.total(cost.layer_costs(layer, (1, layer.in_channels, h, w)))
    intensity[name] = row.macs / row.access
    rows.append((name, row.macs, row.access, f"{intensity[name]:.1f}"))
heads = ["layer", "multiply-adds", "memory access", "ratio"]
show.table(heads, rows)

# %% [markdown] claims="S1-20"
# For every element that it moves, the depthwise layer does {{= f"{intensity['depthwise 3×3']:.1f}" =}} multiply-adds, the dense 1×1 layer {{= f"{intensity['dense 1×1']:.1f}" =}}. For this ratio {cite:t}`zhang2018shufflenet` (Section 3.2) keep the depthwise layer to the narrow middle of the unit. Grouping the 1×1 layer lowers its ratio to {{= f"{intensity['grouped 1×1']:.1f}" =}}: it saves arithmetic and hardly any memory access.

# %% [markdown] objective="build" claims="S1-12,S1-14,S1-15,S1-22"
# ## Build it: the unit and the network
#
# A grouped 1×1 layer makes the map narrow, a quarter of the output. The channels are shuffled. A depthwise 3×3 layer works on the narrow map, and a grouped 1×1 layer makes it wide again.
#
# The paper's Table 1 lists the channels of five networks, one for each number of groups. Units that give maps of the same size form a {term}`stage`. Stages count from 2; the {term}`stem`, the layers at the entrance, comes before them.

# %% name="fig-unit" alt="A ShuffleNet unit twice, side by side: layers as boxes, joined by bands as high as the channels that flow. A grouped 1×1 layer makes the flow four times narrower, a shuffle crosses it, a depthwise 3×3 layer works on it, a grouped 1×1 layer makes it wide again; a shortcut runs above and is added, or with stride 2 is pooled and put beside." caption="The unit to scale, with the widths of stage 2 (and, with stride 2, of the first unit of stage 3) in the paper's Table 1, beside the one with three groups, which stays. Drag the narrow band: more groups make the unit wider. Do they make it dearer?"
BlockAnatomy("shufflenet", blocks=["shufflenet"])

# %% [markdown]
# {show}`With stride 2 <fig-unit stride=2>` the {term}`shortcut` is pooled and put beside what the layers give, not added. So it brings a part of the new channels without a weight.
#
# In the code, `conv_bn` is a {term}`convolution` without {term}`bias`, then {term}`batch norm`; `divide` divides and refuses a remainder; `_check_widths` refuses what does not fit. `reduce_groups` is the number of groups of the first 1×1 layer: one unit of the network needs another number there. The comments name figures and sections of the paper.

# %%
show.source(ShuffleUnit)

# %% [markdown] claims="S1-10,S1-30"
# The shuffle works on the narrow map, so {term}`full mixing` takes $m \ge g^2$.
#
# The network is a stem, three stages of such units, and a linear {term}`classifier`. Each stage begins with a unit of {term}`stride` 2; from stage to stage the channels double.
#
# :::{dropdown} Going deeper: three questions about the unit
# *Must the shuffle stand before the depthwise layer?* No. A depthwise layer and batch norm treat every channel by itself. Shuffle after them, and you have the same unit, its {term}`filters <filter>` in another order.
#
# *Why one shuffle, and not two?* A second one, behind the last layer, gave “comparable scores” {cite:p}`zhang2018shufflenet` (Section 3.2). From one unit of stride 1 to the next, groups stay apart; they meet at the shuffle inside.
#
# *Why no {term}`ReLU` after the depthwise layer?* The authors follow {cite:t}`chollet2017xception`, whose network learned better without one there. {chapter}`Chapter 2 <2>` tries it again.
# :::

# %%
show.source(ShuffleNetV1)

# %% [markdown]
# `column` looks the widths up in the paper's Table 1; `whole` and `check_image` refuse what does not fit. The very first 1×1 layer is not grouped: the stem gives it only {{= ShuffleNetV1(3).stem[0][0].out_channels =}} channels. What an image becomes on its way:

# %% hide="code"
image = (1, 3, 224, 224)
network = ShuffleNetV1(groups=3)
units = network.stages
parts = {"stem": network.stem, "stage 2": units[:4],
         "stage 3": units[4:12], "stage 4": units[12:]}
x, rows = torch.zeros(image), [("image", "3 × 224 × 224", 0)]
for name, part in parts.items():
    work = cost.total(cost.layer_costs(part, x.shape)).macs
    x = part(x)
    rows.append((name, " × ".join(map(str, x.shape[1:])), work))
head = cost.total(cost.layer_costs(network.head, (1, x.shape[1]))).macs
rows.append(("pooling, classifier", network.head.out_features, head))
show.table(["part", "output", "multiply-adds"], rows)

# %% [markdown] claims="S1-21,S1-23"
# ## Check it: the networks of Table 1
#
# More groups make a unit cheaper. So the authors make it wider until it costs the same again: *more channels for the same work*. We build the five networks and count. The last column is what {cite:t}`zhang2018shufflenet` print, in millions.

# %% claims="S1-24,S1-25,S1-53"
printed = {1: 143, 2: 140, 3: 137, 4: 133, 8: 137}
networks = {g: cost.layer_costs(ShuffleNetV1(g), image) for g in TABLE_1}
totals = {g: cost.total(rows) for g, rows in networks.items()}
body = {g: totals[g].macs - cost.total(rows[-1:]).macs
        for g, rows in networks.items()}
show.table(
    ["g", "stages 2, 3, 4", "parameters", "multiply-adds",
     "without classifier", "paper"],
    [(g, " – ".join(map(str, TABLE_1[g])), totals[g].params,
      totals[g].macs, body[g], printed[g]) for g in TABLE_1],
)

# %% [markdown]
# From one group to eight the last stage grows from {{= TABLE_1[1][-1] =}} to {{= f"{TABLE_1[8][-1]:,}" =}} channels, at nearly the same work.
#
# {answer}`share`
#
# With three groups, {{= f"{pointwise_share(networks[3]):.1%}" =}} of the network's multiply-adds are in its 1×1 layers.
#
# Do the counts agree with the paper's? With the classifier, {{= {1: "one is", 2: "two are"}[sum(abs(totals[g].macs / 1e6 - printed[g]) > 1 for g in TABLE_1)] =}} more than a million away; without it, rounded to the nearest million, {{= (lambda n: "all" if n == len(TABLE_1) else f"{n} of the {len(TABLE_1)}")(sum(round(body[g] / 1e6) == printed[g] for g in TABLE_1)) =}} agree.
#
# The book's tests also copy the weights of an independent implementation, pytorchcv, into ours, for every number of groups: the outputs agree.
#
# :::{dropdown} Going deeper: with or without the classifier?
# The classifier may have been left out. But Table 5 of {cite:t}`zhang2018shufflenet` has 292 and 524 million for networks 1.5 and 2 times as wide with three groups. These fit our {{= f"{cost.total(cost.layer_costs(ShuffleNetV1(3, 1.5), image)).macs / 1e6:.1f}" =}} and {{= f"{cost.total(cost.layer_costs(ShuffleNetV1(3, 2.0), image)).macs / 1e6:.1f}" =}} *with* the classifier.
# :::

# %% name="fig-network" wide=true caption="ShuffleNet V1 with three groups, drawn from the real network, stage by stage. Equal units in a row are folded into one box; the bar in a box is as long as its multiply-adds are many." alt="Flow charts of stem, three stages and classifier, side by side. The longest bar is that of the seven equal units of stage 3; the full descriptions are inside the pictures."
stages = {"Stem": ("stem",), "Stage 2": ("stages.0", "stages.1"),
          "Stage 3": ("stages.4", "stages.5"),
          "Stage 4": ("stages.12", "stages.13"),
          "Classifier": ("mean", "head")}
diagrams.network(network, image, title="ShuffleNet V1, three groups",
                 parts=stages)

# %% [markdown]
# :::{dropdown} Going deeper: narrower and wider networks
# “ShuffleNet $s$×” is the network with the channels of its stages multiplied by $s$ {cite:p}`zhang2018shufflenet` (Section 3.3). Its cost grows roughly with $s^2$, since both sides of every 1×1 layer grow: twice as wide with three groups makes {{= f"{cost.total(cost.layer_costs(ShuffleNetV1(3, 2.0), image)).macs / totals[3].macs:.2f}" =}} times the multiply-adds. Half the width cannot be built for two and four groups, nor a quarter for two, four and eight: $g$ does not divide what is left. The paper reports results for some of these all the same and does not say how it rounded. We refuse to build them rather than drop channels in silence. The stem does not keep step; the authors' code {cite:p}`megvii2020shufflenet` has its width for three and eight groups, from half the width up, and the rest is our extension.
# :::

# %% [markdown] claims="S1-26,S1-36,S1-37"
# ### Do more groups help?
#
# {cite:t}`zhang2018shufflenet` trained them on {term}`ImageNet`; the figure shows the errors of their Table 2, turned into {term}`top-1 accuracies <top-1 accuracy>`.

# %% hide="code" name="fig-groups" alt="Three lines of top-1 accuracy over the number of groups, one for each budget. At 13 million multiply-adds accuracy rises from 42.9 to 47.3 per cent; at 38 million it rises from 54.9 to 58.4 and falls to 57.7; at 140 million it stays near 67." caption="Top-1 accuracy on ImageNet over the number of groups, as reported in the paper's Table 2, at three budgets of multiply-adds."
table_2 = {  # multiply-adds: top-1 accuracy for g = 1, 2, 3, 4, 8
    "1×, 140 M": (66.4, 67.3, 67.4, 67.2, 67.6),
    "0.5×, 38 M": (54.9, 55.6, 56.8, 58.4, 57.7),
    "0.25×, 13 M": (42.9, 43.2, 45.0, 45.8, 47.3),
}
fig, ax = plt.subplots(figsize=(7, 3.2))
styles = [("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^")]
for (label, accuracy), (colour, marker) in zip(table_2.items(), styles):
    ax.plot(list(TABLE_1), accuracy, color=colour, marker=marker)
    ax.annotate(label, (8, accuracy[-1]), xytext=(8, -4),
                textcoords="offset points")
ax.set(xlabel="groups g", ylabel="top-1 accuracy, %", xlim=(0.7, 10))
ax.set(xticks=list(TABLE_1))
plt.show()

# %% [markdown]
# By these numbers, one for each network, the smallest network gains most from groups; at the middle budget eight do less than four.
#
# :::{dropdown} Going deeper: and in time?
# Time is not in the figure: {cite:t}`zhang2018shufflenet` (Section 4.5) found four and eight groups less efficient, and three the right trade-off.
# :::

# %% [markdown] objective="mix" claims="S1-35,S1-39"
# ## Measure it: does the shuffle help?
#
# With it, {cite:t}`zhang2018shufflenet` report on ImageNet errors lower by 1.3 to 2.5 points for three groups, and by 3.8 to 5.8 for eight (Table 3).
#
# We have scikit-learn's handwritten digits: fifty of each, enlarged, for a stem, a stage like stage 2 of Table 1, but narrower, and a classifier. To switch the shuffle off we tell the unit that it shuffles one group; its convolutions keep theirs. **Will it show?**
#
# :::{dropdown} Going deeper: how we train
# As in the paper, the {term}`learning rate` of stochastic gradient descent falls linearly, and the {term}`weight decay` is 4e-5: weak, since small networks underfit rather than overfit {cite:p}`zhang2018shufflenet`.
# :::

# %% hide="code"
from functools import partial

from lightnets_edu import timing, verdict
from lightnets_edu.data import Images, digits
from lightnets_edu.layers import conv_bn
from lightnets_edu.training import fit, repeat, seeds


def classifier(stem, units, width, classes, shuffle):
    """Stem, units with or without their shuffle, pooling, classifier."""
    for unit in units:
        if not shuffle:
            unit.groups = 1    # shuffling one group moves nothing
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes)
    return nn.Sequential(*stem, *units, *head)


def stage_2(groups, width, shuffle=True):
    """Like stage 2 of Table 1, narrower, for grey digits."""
    stem = conv_bn(1, 24, 3, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
    first = ShuffleUnit(24, width, 2, groups, reduce_groups=1)
    rest = [ShuffleUnit(width, width, 1, groups, groups) for _ in range(3)]
    return classifier(stem, [first, *rest], width, 10, shuffle)


train, test = digits(32)
ways = {"with": True, "without": False}


def gain(accuracies):
    """The verdict on a network with the shuffle against one without."""
    return verdict.paired(accuracies["with"], accuracies["without"])

# %% hide="code" claims="S1-39" measured=true record="accuracies"
few, recipe = train.take(50), {"epochs": 6, "batch": 25, "lr": 0.05}
# The record takes 12 seeds: more would cost a builder more minutes.
chosen, accuracies, rows = seeds(2, of=12), {}, []
for groups, channels in {4: 80, 8: 96}.items():
    found = {way: repeat(partial(stage_2, groups, channels, shuffle), few,
                         test, seeds=chosen, **recipe)
             for way, shuffle in ways.items()}
    told = {way: spread.accuracies for way, spread in found.items()}
    accuracies[f"{groups} groups"] = told
    rows.append((groups, channels, *found.values(), gain(told)))
print("Measured on", timing.machine())
show.table(["g", "channels", "with the shuffle", "without",
            "gain: mean (interval)"], rows)

# %% [markdown]
# The last column judges pairs of the same {term}`seed`, by the rule of {chapter}`1`. The shuffle {{= (lambda four, eight: f"{four}, with four groups as with eight" if four == eight else f"{four} with four groups and {eight} with eight")(*[gain(recorded.accuracies[groups]).words("helps", "does harm", "makes no difference that we could tell") for groups in ("4 groups", "8 groups")]) =}}. Chance is {{= f"{verdict.chance(test.y):.0%}" =}}. With {{= len(test) =}} test images an accuracy is uncertain by {{= f"{100 * verdict.sampling_error(verdict.mean(recorded.accuracies['8 groups']['with']), len(test)):.1f}" =}} points either way; training and test digits come from the same writers. ImageNet may say otherwise.
#
# Which groups of the first unit's middle does each last group read without a shuffle? We ask the gradients. (An empty set {} is no dead group: it holds channels of the stem that were pooled and put beside.)

# %% hide="code"
def sources_without(groups, width):
    """Which groups of the first unit's middle each last group reads."""
    net, middle = stage_2(groups, width, shuffle=False).eval(), []
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.ones_(layer.weight)    # no path cancels another
    net[3].reduce.register_forward_hook(
        lambda layer, x, y: middle.append(y))
    last = net[:-3](torch.ones(1, 1, 32, 32)).sum((0, 2, 3))
    found = []
    for output in last.reshape(groups, -1).sum(1):
        gradient, = torch.autograd.grad(output, middle, retain_graph=True)
        read = gradient.sum((0, 2, 3)).reshape(groups, -1).sum(1)
        found.append(read.nonzero().flatten().tolist())
    return found


read = {4: sources_without(4, 80), 8: sources_without(8, 96)}
show.table(
    ["g", "groups that the last groups read, one after the other"],
    [(g, ", ".join(f"{{{', '.join(map(str, s))}}}" for s in found))
     for g, found in read.items()],
)

# %% [markdown]
# None of the last groups reads more than {{= max(len(s) for s in read[8]) =}} of the groups of the first unit's middle. So behind the stem the network is nearly a committee: narrow networks side by side whose votes the classifier adds up. Votes are enough to read digits, as the table shows. What a committee cannot do, we can prove.
#
# :::{dropdown} Going deeper: why only nearly a committee
# The {term}`reduce` layer of the first unit is dense, so every group of this middle has seen the whole stem. Of the eight last groups {{= sum(not s for s in read[8]) =}} read none of the middle's groups: they hold the pooled stem, as the units after the first have worked on it within a group. And stride 2 puts maps side by side and so moves the borders of groups. “Without the shuffle” is not “never mixed”.
# :::
#
# ### What a committee cannot answer
#
# Take two digits, each in an input channel of its own, and two groups in every layer, no shuffle. Batch norm, ReLU and {term}`pooling` work channel by channel, so nothing crosses; the classifier is linear. So its score is a number from the one digit plus a number from the other: $f(a) + h(b)$.

# %% predict [markdown] name="halves" objective="mix"
# **Can a score of this form be above zero wherever the answer is yes, and below wherever it is no?**
#
# :field: “Is the first digit larger?”
# :choices: possible | impossible
# :answer: "impossible" if crossed(questions["larger?"]) else "possible"
# :wrong: impossible: Score the digits and subtract, less a half: that is a sum.
# :field: “Is their sum even?”
# :choices: possible | impossible
# :answer: "impossible" if crossed(questions["even?"]) else "possible"
# :wrong: possible: Write down what 0 and 1 would have to give.

# %%
questions = {
    "larger?": lambda a, b: a > b,
    "even?": lambda a, b: (a + b) % 2 == 0,
}


def crossed(answer):
    """Digits a, b, c, d: yes for (a, b), (c, d); no for (a, d), (c, b)."""
    return [(a, b, c, d) for a in range(10) for b in range(10)
            for c in range(10) for d in range(10)
            if answer(a, b) and answer(c, d)
            and not answer(a, d) and not answer(c, b)]


def right(score, answer):
    """Of the hundred pairs, how many a score answers rightly."""
    return sum((score(a, b) > 0) == answer(a, b)
               for a in range(10) for b in range(10))


def both_even(a, b):
    """A score of the form f(a) + h(b): above zero if both are even."""
    return (a % 2 == 0) + (b % 2 == 0) - 1.5


print({name: crossed(answer)[:1] for name, answer in questions.items()})
print("both even, as an answer to even?:",
      right(both_even, questions["even?"]), "of 100 pairs")

# %% [markdown]
# {answer}`halves`
#
# *Larger?* is possible: $f(a) = a$ and $h(b) = -b - \tfrac12$.
#
# *Even?* is impossible. The sums 0 + 0 and 1 + 1 are even, so $f(0) + h(0)$ and $f(1) + h(1)$ would be above zero. The sums 0 + 1 and 1 + 0 are odd, so $f(0) + h(1)$ and $f(1) + h(0)$ would be below. But the first two scores add up to the same as the last two.
#
# So no such score is *always* right. But it may often be: “both are even” is such a sum, and right for {{= right(both_even, questions["even?"]) =}} of the hundred pairs. What does training find?

# %% hide="code"
def pairs(images, count, answer, seed):
    """Two digits, one in each channel; class 1 where the answer is yes."""
    draw = torch.Generator().manual_seed(seed)
    a, b = torch.randint(len(images), (2, count), generator=draw)
    x = torch.cat([images.x[a], images.x[b]], dim=1)
    return Images(x, answer(images.y[a], images.y[b]).long())


def two_groups(shuffle, width=64):
    """Two groups in every layer, from the first one to the pooling."""
    stem = conv_bn(2, width, 3, stride=2, groups=2), nn.ReLU()
    units = [ShuffleUnit(width, width, 1, 2, 2) for _ in range(2)]
    return classifier(stem, units, width, 2, shuffle)


def halves(train, test, recipe, seed=0):
    """What each half of a network without shuffle adds to a “yes”."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = two_groups(shuffle=False)
    fit(net, train, test, **recipe, seed=seed, progress=False)
    with torch.no_grad():
        pooled = net[:-1](digits_twice.x)
        weight = net[-1].weight[1] - net[-1].weight[0]
        return (pooled * weight).reshape(len(pooled), 2, -1).sum(2)


train, test = digits(8)
digits_twice = Images(torch.cat([test.x, test.x], dim=1), test.y)
def rises(by_digit):
    """In how many of nine steps a part grows with its digit."""
    return sum(by_digit[i + 1] > by_digit[i] for i in range(9))


sets = {text: (pairs(train, 2000, answer, 0), pairs(test, 1000, answer, 1))
        for text, answer in questions.items()}
chance = {text: verdict.chance(both[1].y) for text, both in sets.items()}

# %% hide="code" measured=true record="answers"
recipe = {"epochs": 10, "batch": 100, "lr": 0.1}
chosen, answers, rows = seeds(2, of=12), {}, []
for text, both in sets.items():
    found = {way: repeat(partial(two_groups, shuffle), *both,
                         seeds=chosen, **recipe)
             for way, shuffle in ways.items()}
    answers[text] = {way: s.accuracies for way, s in found.items()}
    rows.append((text, f"{chance[text]:.0%}", *found.values(),
                 gain(answers[text])))
print("Measured on", timing.machine())
show.table(["question", "chance", "with the shuffle", "without",
            "gain: mean (interval)"], rows)

# %% [markdown]
# *Chance* is to give always the more frequent answer. With {{= f"{len(sets['even?'][1]):,}" =}} test pairs an accuracy is uncertain by {{= f"{100 * verdict.sampling_error(chance['even?'], len(sets['even?'][1])):.1f}" =}} points either way. Without the shuffle, *even?* is answered {{= "as near to chance as a test set of this size can tell" if abs(verdict.mean(recorded.answers["even?"]["without"]) - chance["even?"]) < verdict.sampling_error(chance["even?"], len(sets["even?"][1])) else verdict.paired(recorded.answers["even?"]["without"], chance["even?"]).words("above chance", "below chance", "no better and no worse than by chance") + f" ({len(recorded.answers['even?']['without'])} seeds)" =}}. That is {{= verdict.paired(recorded.answers["even?"]["without"], right(both_even, questions["even?"]) / 100).words("more than", "less than", "about what") =}} a sum could give, and why, the proof does not say. With the shuffle it is answered {{= gain(recorded.answers["even?"]).words("better", "worse", "no differently that we could tell") =}}: {{= gain(recorded.answers["even?"]) =}}. *Larger?*, which does not need the groups to meet, is answered {{= gain(recorded.answers["larger?"]).words("better with the shuffle", "worse with the shuffle", "with and without it, and the two cannot be told apart") =}}: {{= gain(recorded.answers["larger?"]) =}}.
#
# Layers, weights and multiply-adds are the same. The shuffle makes it possible to answer by what the groups have to say *together*. This task was made to show it; of photographs it says nothing. What did the two halves learn, without a shuffle, for *larger?*

# %% hide="code" measured=true record="by_digit" name="fig-halves" alt="Two lines over the digits 0 to 9, with bars for their spread: the part of the score that comes from the first digit's half of the network, and the part that comes from the second digit's half." caption="One network of two groups without a shuffle, trained on “Is the first digit larger?” (seed 0). The score for yes is the sum of two numbers, one from each half: here is their mean over the test images of each digit, and their standard deviation."
scores = halves(*sets["larger?"], recipe)
fig, panel = plt.subplots(figsize=(7, 3))
by_digit = [[float(scores[digits_twice.y == digit, half].mean())
             for digit in range(10)] for half in range(2)]
for half, (label, colour, marker) in enumerate([
        ("from the first digit", "#0072B2", "o"),
        ("from the second digit", "#D55E00", "s")]):
    of_digit = [scores[digits_twice.y == digit, half]
                for digit in range(10)]
    panel.errorbar(range(10), by_digit[half],
                [s.std() for s in of_digit], color=colour, marker=marker,
                label=label, capsize=3)
panel.set(xlabel="digit", ylabel="part of the score", xticks=range(10))
panel.legend()
plt.show()

# %% [markdown]
# In the sum by hand the first part rises with its digit and the second falls. In this network, of the nine steps from one digit to the next, the first rises in {{= rises(recorded.by_digit[0]) =}} and the second in {{= rises(recorded.by_digit[1]) =}}.

# %% [markdown] claims="S1-44"
# ### Going deeper: time is not multiply-adds
#
# *Nothing later builds on this: at a first reading you can pass it by.*
#
# {cite:t}`zhang2018shufflenet` (Section 4.5) report that four times less arithmetic became about 2.6 times more speed on their {term}`ARM` device.
#
# We have a CPU, one thread, one image, and batch norm {term}`folded <folding>` away. One layer stands there three times: dense, grouped, and grouped as one batched product.

# %% hide="code"
from torch.nn.utils import fuse_conv_bn_eval


def folded(net):
    """Fold each batch norm into the convolution before it."""
    for name, part in net.eval().named_children():
        if isinstance(part, nn.Sequential):
            setattr(net, name, fuse_conv_bn_eval(*part))
    return net


size, middle, groups = 240, 60, 3
resnet_unit = nn.Sequential(
    conv_bn(size, middle, 1), nn.ReLU(), conv_bn(middle, middle, 3),
    nn.ReLU(), conv_bn(middle, size, 1))
point = nn.Conv2d(size, middle, 1, groups=groups, bias=False)
blocks = point.weight.reshape(groups, middle // groups, size // groups)
depth = nn.Conv2d(middle, middle, 3, padding=1, groups=middle, bias=False)


def in_one_product(x):
    """What `point` gives, all groups in one batched matrix product."""
    y = blocks @ x.reshape(groups, size // groups, -1)
    return y.reshape(1, middle, *x.shape[2:])


modules = {
    "ResNet unit": folded(resnet_unit),
    "ShuffleNet unit": folded(ShuffleUnit(size, size, 1, groups, groups)),
    "dense 1×1": nn.Conv2d(size, middle, 1, bias=False),
    "grouped 1×1": point,
}
x = torch.rand(1, size, 28, 28)
work = {name: cost.total(cost.layer_costs(module, x.shape)).macs
        for name, module in modules.items()}
work["grouped 1×1, one product"] = work["grouped 1×1"]
work["depthwise 3×3"] = depth.weight.numel() * x[0, 0].numel()
work["channel shuffle"] = 0

# %% hide="code" claims="S1-48" measured=true record="turns"
steps = modules | {
    "grouped 1×1, one product": in_one_product,
    "depthwise 3×3": lambda x: depth(x[:, :middle]),
    "channel shuffle": lambda x: channel_shuffle(x[:, :middle], groups),
}
turns = timing.turns(steps, x, repeats=101)
print("Measured on", timing.machine())
show.table(["step", "multiply-adds", "time: median (middle half)"],
           [(name, work[name], timing.summary(turns[name]))
            for name in steps])

# %% [markdown]
# The ShuffleNet unit does {{= f"{work['ShuffleNet unit'] / work['ResNet unit']:.0%}" =}} of the ResNet unit's arithmetic. It is {{= verdict.ratio(recorded.turns["ShuffleNet unit"], recorded.turns["ResNet unit"]).words("slower", "quicker", "not told apart in time") =}}: it takes {{= verdict.ratio(recorded.turns["ShuffleNet unit"], recorded.turns["ResNet unit"]) =}} as long. The shuffle does no arithmetic, but reads and writes a map. It takes {{= verdict.ratio(recorded.turns["channel shuffle"], recorded.turns["depthwise 3×3"]) =}} as long as the depthwise layer behind it, on one processor, with maps that fit its cache.
#
# :::{dropdown} Going deeper: what a count does not see, and one cause, tested
# Two near equals in time of {cite:t}`zhang2018shufflenet` (Table 8): MobileNet with 110.0 ms for 569 million multiply-adds, ShuffleNet 2× with 108.8 ms for 524. And {term}`squeeze-and-excitation <squeeze-and-excite>` blocks, which multiply each channel by a factor worked out from the means of all channels, took the authors' networks from 524 to 527 million multiply-adds, and made them 25 to 40% slower on mobile devices {cite:p}`zhang2018shufflenet` (Section 4.3 and Table 5).
#
# PyTorch runs a grouped 1×1 layer here as a small product for each group, and joins the results; its profiler tells (in a test of this book). The layer takes {{= verdict.ratio(recorded.turns["grouped 1×1"], recorded.turns["grouped 1×1, one product"]) =}} as long as the single product{{= verdict.ratio(recorded.turns["grouped 1×1"], recorded.turns["grouped 1×1, one product"]).words(": a part of the gap is PyTorch's, not the unit's", ", so this is not where the time goes", ", so this is not where the time goes") =}}.
# :::

# %% [markdown] objective="permute" claims="S1-07"
# ## Pitfalls
#
# ### Two orders that look alike
#
# Some published code, the authors' own among it {cite:p}`megvii2020shufflenet`, {term}`reshapes <reshape>` the channels to $(n, g)$ instead of $(g, n)$. That is also a shuffle, but the {show}`inverse one <fig-channel-shuffle shuffle=true order=inverse>`. They agree when $g = n$: a test with four channels in two groups sees no fault.

# %% hide="code"
def order(channels, groups):
    """Where each channel of a shuffled map came from."""
    numbered = torch.arange(channels).reshape(1, -1, 1, 1)
    return channel_shuffle(numbered, groups).flatten().tolist()


def meetings(order, n):
    """For each group of n places: from how many groups it takes."""
    places = range(0, len(order), n)
    return sorted(len({i // n for i in order[k:k + n]}) for k in places)


cases = [(c, g) for c in range(1, 97)
         for g in range(1, c + 1) if c % g == 0]
alike = [meetings(order(c, g), c // g) == meetings(order(c, c // g), c // g)
         for c, g in cases]
print("paper: ", order(12, 3), "\ninverse:", order(12, 4))
print(sum(alike), "of", len(cases), "pairs C, g: as many groups meet")

# %% [markdown]
# *What it changes.* Not how far an output sees: in both orders the groups of the next layer take their channels from as many groups, for {{= f"all {len(cases)}" if all(alike) else f"{sum(alike)} of the {len(cases)}" =}} pairs of $C$ and $g$ up to {{= cases[-1][0] =}} channels. Trained weights are another matter: loaded into the other order they fit, and give wrong outputs.
#
# :::{dropdown} Going deeper: the two orders, and two more differences of the authors' code
# Where $g$ divides $n$, the one order is the other with channels renamed inside their groups; elsewhere the orders may differ in which groups exchange more channels.
#
# The authors' code shuffles behind the depthwise layer. As “Build it” says, this is the same unit with the filters of that layer and their batch norm renamed; *under the same weights* it gives another output.
#
# With stride 2 it applies ReLU to the branch before the maps are put side by side, and not to the pooled shortcut. Inside the network this changes nothing: what comes in has been through a ReLU, so its average is never negative. A unit alone, fed with negative numbers, gives another output.
# :::
#
# ### Grouping one layer too many
#
# Group the first 1×1 layer of stage 2 all the same, and the network still runs.

# %% claims="S1-27"
right, wrong = ShuffleNetV1(groups=3), ShuffleNetV1(groups=3)
wrong.stages[0] = ShuffleUnit(24, 240, stride=2, groups=3, reduce_groups=3)
missing = (cost.total(cost.layer_costs(right, image)).params
           - cost.total(cost.layer_costs(wrong, image)).params)
print(missing, "parameters are missing")

# %% [markdown]
# *What it changes.* Another function, with {{= missing =}} {term}`parameters <parameter>` fewer out of {{= f"{totals[3].params:,}" =}}. All maps keep their shapes; one weight is smaller, which shows in a count, or when trained weights are loaded.
#
# ### Channels that vanish
#
# Code that cuts a map into blocks of `C // g` channels forgets the last ones where $g$ does not divide $C$.

# %% hide="code" claims="S1-33"
def blocks_of(x, groups):
    """Cut a map into groups, as published code does."""
    size = x.shape[1] // groups
    return [x[:, i * size:(i + 1) * size] for i in range(groups)]


odd = torch.zeros(1, 62, 1, 1)
kept = sum(block.shape[1] for block in blocks_of(odd, groups=4))
try:
    channel_shuffle(odd, groups=4)
except ValueError as error:
    print(kept, "channels kept")
    print(error)

# %% [markdown]
# *What it changes.* Another function: of {{= odd.shape[1] =}} channels {{= kept =}} are left, and nobody is told. The package refuses.

# %% [markdown] objective="build" claims="S1-32"
# ### A copy that runs
#
# The code is ours, the mistakes are taken from published copies. It runs without an error.

# %%
class FoundUnit(nn.Module):
    """A ShuffleNet unit as one may find it. Do not trust it."""

    def __init__(self, c_in, c_out, stride, groups):
        super().__init__()
        self.stride, self.groups = stride, groups
        branch = c_out - c_in if stride == 2 else c_out
        middle = branch // 4
        middle -= middle % groups  # so that the groups always fit
        self.conv1 = nn.Conv2d(c_in, middle, 1, groups=groups, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, padding=1,
                               groups=middle, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, branch, 1, groups=groups, bias=False)
        self.bn3 = nn.BatchNorm2d(branch)
        self.pool = nn.AvgPool2d(3, stride=2, padding=1)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        n, c, h, w = y.shape
        y = y.reshape(n, c // self.groups, self.groups, h, w)
        y = y.transpose(1, 2).reshape(n, c, h, w)
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        if self.stride == 2:
            return torch.relu(torch.cat([self.pool(x), y], dim=1))
        return torch.relu(x + y)

# %% [markdown]
# We compare it with the package's unit: shapes, parameters, and outputs when both hold the same weights.

# %% hide="code"
def renamed(unit):
    """The weights of a `ShuffleUnit` under the names of the found copy."""
    places = {"reduce": 1, "depthwise": 2, "expand": 3}
    state = {}
    for name, value in unit.state_dict().items():
        place, kind, rest = name.split(".")
        layer = "conv" if kind == "0" else "bn"
        state[f"{layer}{places[place]}.{rest}"] = value
    return state


def same_output(copy, unit, c_in):
    """Do both give the same output when they hold the same weights?"""
    x = torch.linspace(-1, 1, c_in * 8 * 6).reshape(1, c_in, 8, 6)
    copy.load_state_dict(renamed(unit))
    with torch.no_grad():
        return torch.allclose(copy.eval()(x), unit.eval()(x), atol=1e-5)


def params(unit):
    return sum(p.numel() for p in unit.parameters())


torch.manual_seed(0)
rows = []
for c_in, c_out, stride in [(240, 240, 1), (240, 480, 2)]:
    copy = FoundUnit(c_in, c_out, stride, groups=3)
    unit = ShuffleUnit(c_in, c_out, stride, groups=3, reduce_groups=3)
    x = torch.zeros(1, c_in, 28, 28)
    shapes = "same" if copy(x).shape == unit(x).shape else "differ"
    try:
        outputs = "same" if same_output(copy, unit, c_in) else "differ"
    except RuntimeError:
        outputs = "the weights do not fit"
    rows.append((stride, shapes, params(copy), params(unit), outputs))
heads = ["stride", "shapes", "parameters, copy", "package", "outputs"]
show.table(heads, rows)

# %% [markdown]
# *What it changes.* Another function, though all shapes agree, and with stride 1 even the parameters. **Shapes and counts are not enough: compare outputs under the same weights.** The last exercise asks what is wrong.

# %% [markdown]
# ## Exercises
#
# Two for practice, with solutions; then four that count, from easy to hard. The hidden tests look at more cases than the checks: ✓ does not mean full marks.

# %% task [markdown] exercise="unit_macs" objective="count"
# ### Who pays in a ShuffleNet unit?
#
# A ShuffleNet unit costs $hw(2cm/g + 9m)$ multiply-adds. Write `share_of_1x1(c, m, g)`: the share of its two 1×1 layers, a number between 0 and 1.
#
# **Predict first:** is the share of the unit with `c = 240, m = 60, g = 3` above one half? And what does it do when `g` grows and nothing else changes? The solution answers both.
#
# :::{dropdown} Solution
# The map's size cancels. The 1×1 layers cost $2cm/g$ at each position and the depthwise layer $9m$:
#
# ```python
# def share_of_1x1(c, m, g):
#     pointwise = 2 * c * m / g
#     return pointwise / (pointwise + 9 * m)
# ```
#
# It is far above one half: the second check has the number. The middle cancels too, and the share is $2c/(2c + 9g)$. It falls when $g$ grows, and rises again when the saving is spent on more channels.
# :::

# %% answer exercise="unit_macs"
def share_of_1x1(c, m, g):
    """Share of the 1×1 layers in a ShuffleNet unit's multiply-adds."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="unit_macs"
with Check("share_of_1x1") as check:
    with check("one group, c = 9, m = 1: twice the depthwise layer"):
        check.close(share_of_1x1(9, 1, 1), 2 / 3)
    with check("the unit of the chapter"):
        check.close(share_of_1x1(240, 60, 3), 160 / 169)

# %% task [markdown] exercise="full_mixing" objective="mix"
# ### The most groups that still mix
#
# Write `most_groups(channels)`: the largest number of groups that divides `channels` and with which two grouped layers, a shuffle between them, let every output depend on every input.
#
# **Predict first:** can there be more than one group when `channels` is a prime number? The last check answers.
#
# :::{dropdown} Solution
# Mixing is complete when $C \ge g^2$, so look at the divisors up to the square root:
#
# ```python
# def most_groups(channels):
#     fitting = [g for g in range(1, channels + 1)
#                if channels % g == 0 and g * g <= channels]
#     return max(fitting)
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
    with check("13 channels, a prime number"):
        check.equal(most_groups(13), 1)

# %% task [markdown] exercise="widest" objective="count"
# ### The widest unit for a budget
#
# *The same work, more channels* is the bargain of Table 1. Make it for a single unit.
#
# Write `widest(budget, h, w, g)`: the largest number of channels `c` for which a ShuffleNet unit with stride 1, on a map of `h` × `w` positions, costs at most `budget` multiply-adds. All four are whole numbers; the budget may be 0, and may be met exactly. `c` counts the channels outside the unit and is a multiple of `4 * g`, so that `g` groups divide the middle, `m = c / 4`. Both 1×1 layers are grouped. Where not even `c = 4 * g` fits, return 0.
#
# **Predict first:** does a unit with four groups become four times as wide as one with a single group, on the same budget?
#
# :::{dropdown} Hint
# Put $m = c/4$ into $hw(2cm/g + 9m)$. The cost only grows with $c$, so you can try one multiple of $4g$ after another until the next one is too dear. `cost.shufflenet_unit_macs` may help; whole numbers are safer than roots.
# :::

# %% answer exercise="widest"
def widest(budget, h, w, g):
    """Most channels c of a stride-1 unit within `budget` multiply-adds."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="widest" points=3
def spent(c, g, h, w):
    """Multiply-adds of a real unit on a map of h × w positions."""
    unit = ShuffleUnit(c, c, 1, groups=g, reduce_groups=g)
    return cost.total(cost.layer_costs(unit, (1, c, h, w))).macs


with Check("widest") as check:
    for g, h, w in [(3, 28, 28), (1, 14, 20), (2, 28, 7)]:
        with check(f"{g} groups on {h} × {w}: fits, the next does not"):
            c = int(widest(2_000_000, h, w, g))
            check.true(0 < c < 2000 and c % (4 * g) == 0, f"got {c}")
            check.true(spent(c, g, h, w) <= 2_000_000, f"{c} is too wide")
            check.true(spent(c + 4 * g, g, h, w) > 2_000_000,
                       f"{c + 4 * g} channels fit too")
    with check("a budget met exactly, and one less"):
        check.equal(widest(spent(48, 3, 7, 9), 7, 9, 3), 48)
        check.equal(widest(spent(48, 3, 7, 9) - 1, 7, 9, 3), 36)
    with check("no budget, and one too small for 4g channels"):
        check.equal(widest(0, 28, 28, 3), 0)
        check.equal(widest(spent(12, 3, 28, 28) // 2, 28, 28, 3), 0)

# %% [markdown]
# :::{dropdown} Your prediction
# Not four times, only about twice. In a wide unit the two 1×1 layers do nearly all the work: $2cm/g = c^2/(2g)$ at each position. On the same budget $c$ grows with $\sqrt{g}$. The depthwise layer takes its part as well, which grows with $c$; compare `widest(10_000_000, 28, 28, 1)` with `widest(10_000_000, 28, 28, 4)`.
# :::

# %% task [markdown] exercise="unshuffle" objective="permute"
# ### Undo the shuffle
#
# Write `unshuffle(x, groups)`: it puts the channels back where they were before `channel_shuffle(x, groups)`. It must work for maps of any size and for every number of channels that `groups` divides, keep the type of the numbers, leave its input as it was, and raise `ValueError` when `groups` does not divide the channels. Use reshapes and transposes, or indexing; no loop over pixels is needed.
#
# **Predict first:** for which numbers of channels does a second shuffle with the same `groups` undo the first?
#
# :::{dropdown} Hint
# The shuffle wrote the channels into a table of $g$ rows, transposed it, and read it row by row. What shape did the table have when it was read? Start from that shape.
# :::

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
    with check("two images come back, the input stays as it was"):
        images = torch.arange(2 * 6 * 2 * 3.0).reshape(2, 6, 2, 3)
        shuffled = channel_shuffle(images, 3)
        before = shuffled.clone()
        check.equal(unshuffle(shuffled, 3), images)
        check.true(torch.equal(shuffled, before), "the input is changed")
    with check("10 channels in 4 groups are refused"):
        try:
            unshuffle(torch.zeros(1, 10, 1, 1), 4)
        except ValueError:
            pass
        else:
            check.true(False, "no ValueError was raised")

# %% [markdown]
# :::{dropdown} Your prediction
# A second shuffle undoes the first when the two orders are the same: $n = g$, so $C = g^2$. With one group or with $C$ groups it does so too, since nothing moved.
# :::

# %% task [markdown] exercise="mixing" objective="mix"
# ### How deep until everything is mixed?
#
# With more groups than channels in a group, two layers do not mix everything: `channels = 24` in `groups = 8` reached nine inputs. But a network has more layers than two. **Predict first:** how many would these channels need? A check tells.
#
# Take a stack of grouped 1×1 layers, each from `channels` to `channels` with the same `groups`, which divides `channels`. Between a layer and the next stands one `channel_shuffle` with `groups`; none stands before the first layer or after the last. Write two functions:
#
# - `sources(output, channels, groups, layers)`: the inputs that the output number `output` can depend on after `layers` layers (one or more). Channels are counted from 0; return their numbers, each once, in rising order, as a list or a tuple.
# - `layers_to_mix(channels, groups)`: the fewest layers after which every output can depend on every input, a whole number; a single group needs one. Return `None` where no number of layers is enough; make sure that your code comes to an end there.
#
# :::{dropdown} Hint: which inputs
# Go backwards, from the output to the input. Which channels does a grouped layer read to make channel `i`? And which channel does the shuffle bring to place `i`? `order(channels, groups)`, in the folded code of the first pitfall, shows it; find the rule.
# :::
#
# :::{dropdown} Hint: how many layers
# Print `len(sources(0, 24, 8, layers))` for the first few `layers`. By what does one more layer multiply it? When does that multiply it by nothing?
# :::

# %% answer exercise="mixing"
def sources(output, channels, groups, layers):
    """The inputs that one output depends on: a sorted list of numbers."""
    # YOUR CODE HERE
    raise NotImplementedError()


def layers_to_mix(channels, groups):
    """Fewest layers until every output depends on every input, or None."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="mixing" points=4
with Check("sources") as check:
    with check("one layer: output 5 of 12 depends on its own group"):
        check.equal(list(sources(5, 12, 3, 1)), [4, 5, 6, 7])
    with check("two layers: it depends on everything"):
        check.equal(list(sources(5, 12, 3, 2)), list(range(12)))
    with check("24 channels in 8 groups: two layers reach nine"):
        check.equal(list(sources(0, 24, 8, 2)), list(range(9)))
    with check("16 channels in 8 groups, output 7, three layers"):
        net = reach(lambda x: grouped(16, 8)(channel_shuffle(
            two_layers(16, 8)(x), 8)), 16)
        expected = net[7].nonzero().flatten().tolist()
        check.equal(list(sources(7, 16, 8, 3)), expected)
with Check("layers_to_mix") as check:
    with check("12 channels in 3 groups: two layers mix them"):
        check.equal(layers_to_mix(12, 3), 2)
    with check("24 channels in 8 groups, and 16 in 8"):
        check.equal(layers_to_mix(24, 8), 3)
        check.equal(layers_to_mix(16, 8), 4)
    with check("4 channels in 4 groups: no number of layers does"):
        check.equal(layers_to_mix(4, 4), None)

# %% task [markdown] exercise="mended_unit" objective="build"
# ### Mend the copy
#
# The `FoundUnit` of the pitfall above differs from the paper in four places. Some are in how wide its layers are, some in what happens to the map. Find them: hold it against the unit in “Build it”.
#
# Then write `MendedUnit(c_in, c_out, stride, groups)`. You may copy what is right. Four rules:
#
# - It is the paper's unit, both 1×1 layers grouped. In concatenation the shortcut comes first.
# - It is only asked for stride 1 with `c_in` equal to `c_out`, and for stride 2 with `c_in` below `c_out`; what it does with other strides and widths is yours.
# - Its layers keep the names `conv1`, `bn1`, … `bn3`, so that trained weights still load. It has no other parameters.
# - Channels are never lost in silence: where four does not divide `c_out`, or `groups` does not divide the input, the middle or the branch, building it raises `ValueError`.
#
# The check below looks at a few units only. With `same_output(copy, unit, c_in)`, from the folded code of that pitfall, you can look at more. The order of the shuffle counts: outputs have to agree under the same weights, renamed functions do not pass.
#
# :::{dropdown} Hint: the widths
# The table of the pitfall says for which stride the number of parameters differs. Which width is right for the other stride and wrong for this one? A quarter of *what* should it be?
# :::
#
# :::{dropdown} Hint: the map
# With one group the order of the channels cannot matter. So make the outputs agree for `groups=1` first; then use three groups.
# :::

# %% answer exercise="mended_unit"
class MendedUnit(nn.Module):
    """The unit of Figure 2, under the names of the found copy."""

    def __init__(self, c_in, c_out, stride, groups):
        super().__init__()
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()

# %% check exercise="mended_unit" points=4
with Check("MendedUnit") as check:
    with check("stride 2: as many parameters as the package's unit"):
        unit = ShuffleUnit(24, 240, 2, groups=3, reduce_groups=3)
        check.equal(params(MendedUnit(24, 240, 2, 3)), params(unit))
    for groups in (1, 3):
        with check(f"groups={groups}: same weights, same output"):
            unit = ShuffleUnit(48, 48, 1, groups, reduce_groups=groups)
            check.true(same_output(MendedUnit(48, 48, 1, groups), unit, 48),
                       "the outputs differ")
    with check("stride 2, one group: same weights, same output"):
        unit = ShuffleUnit(24, 72, 2, groups=1, reduce_groups=1)
        check.true(same_output(MendedUnit(24, 72, 2, 1), unit, 24),
                   "the outputs differ")
    for c, groups in [(30, 1), (40, 4)]:
        with check(f"{c} channels, groups={groups}: refused"):
            try:
                MendedUnit(c, c, 1, groups)
            except ValueError:
                pass
            else:
                check.true(False, "no ValueError was raised")

# %% [markdown]
# ### An open question
#
# No points, and no single answer. In `ShuffleNetV1(8, width=0.5)` the middle of a unit of stage 2 has fewer channels than the $8^2$ that complete mixing asks for; a second unit mixes further. Would you expect the network to suffer? Argue for one side. Then plan the experiment that could prove you wrong: what would you train, against what, how often, and which result would change your mind?

# %% [markdown] claims="S1-42,S1-52"
# ## When to choose it
#
# We began with the 1×1 layers and their {{= f"{pointwise_share(resnext):.0%}" =}} of a unit. Did the cure cure it?

# %% hide="code"
cured = convolutions(240, 60, outer_groups=3, middle_groups=60)
shares = {g: pointwise_share(rows) for g, rows in networks.items()}
cured_share = pointwise_share(cost.layer_costs(cured, (1, 240, 28, 28)))
show.table(
    ["part", "share of the 1×1 layers", "channels in the last stage"],
    [("one ShuffleNet unit, g = 3", f"{cured_share:.1%}", "–"),
     *[(f"whole network, g = {g}", f"{s:.1%}", f"{TABLE_1[g][-1]:,}")
       for g, s in shares.items()]],
)

# %% hide="code" name="fig-share" alt="Stacked horizontal bars, one for each number of groups from one to eight. Pointwise layers take by far the largest part in every bar; depthwise layers, the standard convolution of the stem and the linear classifier share the rest." caption="Multiply-adds of the five networks by kind of layer: pointwise and depthwise layers of the units, the standard convolution of the stem, the linear classifier."
kinds = {
    "pointwise": "#0072B2", "depthwise": "#D55E00",
    "standard": "#009E73", "linear": "#C0689A",
}
bars = [f"g = {g}" for g in networks]
left = [0.0] * len(bars)
fig, ax = plt.subplots(figsize=(7, 2.8))
for kind, colour in kinds.items():
    width = [sum(r.macs for r in rows if r.kind == kind) / 1e6
             for rows in networks.values()]
    ax.barh(bars, width, left=left, color=colour, label=kind)
    left = [a + b for a, b in zip(left, width, strict=True)]
ax.invert_yaxis()
ax.set_xlabel("millions of multiply-adds")
ax.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1))
plt.show()

# %% [markdown]
# The share does not go away. What is saved on 1×1 layers is spent on 1×1 layers again, and buys **width at equal work**: with eight groups the last stage has {{= f"{TABLE_1[8][-1] / TABLE_1[1][-1]:.1f}" =}} times the channels. The side effect is groups that never meet. A permutation mends it: an output can then depend on every input if the shuffled map has at least $g^2$ channels.
#
# *Choose it* when multiply-adds are what you must save, and the network is so small that it lacks width. At equal multiply-adds {cite:t}`zhang2018shufflenet` report a lower error than with VGG-like, ResNet, Xception-like and ResNeXt units (Table 4), and than MobileNet at every budget (Table 5).
#
# *Measure first* when time on your device is what counts. Grouping takes arithmetic away and leaves most of the memory access. ShuffleNet V2 {cite:p}`ma2018shufflenetv2` begins with that complaint.

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements of the paper and of our sources that are worth a second look, with our verdicts.
