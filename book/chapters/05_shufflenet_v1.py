# ---
# title: ShuffleNet V1
# minutes: 120
# before: what a convolution, a pointwise (1×1), a depthwise and a grouped convolution are; what a residual shortcut does.
# objectives:
#   count: compute what a ResNet, a ResNeXt and a ShuffleNet unit cost, and check the formula against real layers
#   mix: say which inputs an output can depend on, with and without the shuffle, and when the mixing is complete
#   permute: carry out a channel shuffle, recognise its inverse, and undo it
#   build: build the unit from the paper's figure, and find the mistakes that published copies make
# ---

# %% card [markdown]
# # ShuffleNet V1: group the pointwise layers, then shuffle the channels
#
# Grouping a convolution makes it cheaper, and cuts it into pieces that never meet.
# {cite:t}`zhang2018shufflenet` keep the saving and mend the cut with an operation that does no arithmetic at all: they shuffle the channels, taking one from each group in turn.

# %% [markdown] objective="count" claims="S1-03,S1-04"
# ## The bottleneck: 1×1 layers eat the budget
#
# ResNeXt {cite:p}`xie2017resnext` made the 3×3 layer of a residual unit cheap by splitting it into groups; Xception {cite:p}`chollet2017xception` made it depthwise. The 1×1 layers around it stayed dense. Let us see who pays now.
#
# We take the second unit of ResNeXt-50, a narrow 3×3 layer between two 1×1 layers, and count the multiply-adds of each layer.

# %%
import torch
from torch import nn

from lightnets_edu import cost, diagrams, show
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
# In a network for a phone this decides how wide the network can be. A small budget spent on dense 1×1 layers buys few channels, and few channels hold little information.
#
# The cure seems clear: group the 1×1 layers as well. It has a side effect, and the side effect is what this chapter is about.

# %% objectives [markdown]
# ## You will be able to

# %% [markdown] objective="mix"
# ## Predict first
#
# Twelve channels run through two grouped 1×1 layers, one after the other, each with three groups.
#
# **How many of the twelve inputs can the first output depend on?** And how many, if the channels are shuffled between the two layers? Write down two numbers before you go on.

# %% [markdown] objective="mix,permute" claims="S1-01,S1-05,S1-06,S1-07"
# ## See it: the groups never meet, until they are shuffled
#
# A grouped layer is several small layers side by side. Stack two of them with the same groups and you still have several small networks side by side.
#
# The **channel shuffle** puts the channels in a new order: it takes one from each group in turn, like the top card of each pile, until the piles are gone. That is three steps and no multiplication:
#
# 1. **reshape** the $C = g \cdot n$ channels into a table of $g$ rows, one for each group, and $n$ columns;
# 2. **transpose** the table;
# 3. **flatten** it again, row by row.
#
# In the figure, pick an output of the second layer. The inputs that it can depend on light up. Was your first number right? Then switch the shuffle on, and step through it.

# %% name="fig-channel-shuffle" alt="Four rows of channels, coloured and lettered by group: the input, the first grouped layer, the shuffle and the second grouped layer, joined by the lines along which values flow." caption="Two grouped 1×1 layers, with or without a channel shuffle between them. Pick an output and see which inputs reach it. The order of the channels and the connections were read off the real modules, by sending numbered channels and gradients through them. “Inverse” is the order of the first pitfall below."
from lightnets_edu.widgets import ChannelShuffle

ChannelShuffle.from_module(channel_shuffle, shuffle=False, output=0)

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
    between = channel_shuffle if shuffle else lambda y, groups: y
    return lambda x: second(between(first(x), groups))


apart = reach(two_layers(12, 3, shuffle=False), 12)
mixed = reach(two_layers(12, 3, shuffle=True), 12)

# %% [markdown] claims="S1-08,S1-11"
# Without the shuffle the first output depends on {{= int(apart[0].sum()) =}} of the {{= apart.shape[1] =}} inputs, its own group. With the shuffle it depends on {{= int(mixed[0].sum()) =}}.
#
# That gradients arrive at all shows something else. The shuffle moves values and changes none, so a gradient goes back to the channel it came from, and training runs through it end to end. MobileNet {cite:p}`howard2017mobilenets` lets its depthwise channels meet in a dense 1×1 layer; ShuffleNet needs no layer for it.

# %% hide="code" name="fig-reach" alt="Two square matrices, outputs by inputs. Left, without the shuffle: three filled blocks on the diagonal. Right, with the shuffle: every cell is filled." caption="Which input each output depends on (dark), found by gradients. Without the shuffle there are three separate networks; with it every output sees every input."
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
# Each group has $n = C/g$ channels. A group of the second layer gets $n$ channels that stand in a row after the shuffle. The shuffle took them from the groups of the first layer in turn, so they come from $\min(g, n)$ different groups. Each of those brings its $n$ inputs. An output therefore reaches
#
# $$
# \min(g, n) \cdot n
# $$
#
# inputs. That is all $C$ of them when $n \ge g$, which is to say $C \ge g^2$. With too many groups for the channels, the shuffle mixes only a part. The two layers need not have the same number of groups: what counts is how many of the first layer's groups come together in one group of the second.
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

# %% [markdown]
# ### Reaching is not weighing
#
# Is a pair of shuffled grouped layers as good as one dense layer, then? Count the numbers that training can set.

# %% hide="code"
channels, groups = 64, 4
pair = 2 * cost.conv_params(channels, channels, 1, groups=groups)
dense = cost.conv_params(channels, channels, 1)
rows = [("two, grouped and shuffled", pair), ("one, dense", dense)]
show.table(["layers", "weights"], rows)

# %% [markdown] claims="S1-45,S1-47"
# The pair has {{= f"{pair / dense:.0%}" =}} of the weights. And there is a narrow gate: between one group of inputs and one group of outputs, only those channels pass that the shuffle brought from the one to the other, $n/g$ of them where $g$ divides $n$. So the block of weights that joins the two groups has rank $n/g$ at most, where a dense layer may have $n$. Every output can see every input, but it cannot weigh them all freely. A deeper stack comes closer, and pays for it in weights.
#
# ResNeXt is another matter. Its first layer is often drawn as many narrow branches, but each branch reads *all* channels, so together they are one dense 1×1 layer. A grouped layer is no dense layer in disguise.

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

# %% [markdown]
# The ShuffleNet unit costs {{= f"{measured['ShuffleNet'] / measured['ResNet']:.1%}" =}} of the ResNet unit with the same widths. It is tempting to credit the grouped 1×1 layers. Let us divide the saving, for each position of the map: going depthwise saves $9m^2 - 9m$, grouping saves $2cm - 2cm/g$.

# %%
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
# In this unit the depthwise layer saves more than the grouping. What the grouping buys is the *next* step: with it the budget has room for more channels.
#
# Arithmetic is not all that a layer costs. It also has to fetch its input and its weights, and to store its output.

# %% hide="code"
layers = {
    "depthwise 3×3": nn.Conv2d(m, m, 3, padding=1, groups=m),
    "dense 1×1": nn.Conv2d(c, m, 1),
    "grouped 1×1": nn.Conv2d(c, m, 1, groups=g),
}
work = {}
rows = []
for name, layer in layers.items():
    row = cost.total(cost.layer_costs(layer, (1, layer.in_channels, h, w)))
    work[name] = row.macs / row.access
    rows.append((name, row.macs, row.access, f"{work[name]:.1f}"))
heads = ["layer", "multiply-adds", "elements moved", "ratio"]
show.table(heads, rows)

# %% [markdown] claims="S1-20"
# For every element that it moves, the depthwise layer does {{= f"{work['depthwise 3×3']:.1f}" =}} multiply-adds, the dense 1×1 layer {{= f"{work['dense 1×1']:.1f}" =}}. A processor that waits for memory gains little from a layer that hardly computes. This is why the authors keep the depthwise layer to the narrow middle of the unit. Grouping pulls the other way: the grouped 1×1 layer saves arithmetic and hardly any traffic, and falls to {{= f"{work['grouped 1×1']:.1f}" =}}.

# %% [markdown] objective="build"
# ## Build it: the unit
#
# The shuffle is the three steps from above, in two lines. This is the source of the package, not a copy of it; figure and section numbers in it are the paper's.

# %%
show.source(channel_shuffle)

# %% [markdown] claims="S1-12,S1-14,S1-15,S1-22"
# The unit is a residual bottleneck: a grouped 1×1 layer makes the map narrow, to a quarter of the output; the channels are shuffled; a depthwise 3×3 layer works on the narrow map; another grouped 1×1 layer makes it wide again. It is this narrow map that is shuffled, so in the unit complete mixing asks for $m \ge g^2$.

# %% name="fig-unit" caption="The unit with stride 1, drawn from the real module. The shortcut carries the input past the layers, and the two are added." alt="Flow chart of the ShuffleNet unit with stride 1; the full description is inside the picture."
diagrams.unit(
    ShuffleUnit(240, 240, stride=1, groups=3, reduce_groups=3),
    (1, 240, 28, 28), title="ShuffleNet unit, stride 1",
)

# %% [markdown]
# With stride 2 the map shrinks, so the input cannot be added any more. It is pooled, and the two are put side by side. Concatenation widens the map without a single multiplication.

# %% name="fig-unit-stride-2" caption="The unit with stride 2. The shortcut is pooled, and concatenation replaces addition: the last layer makes only the channels that are missing." alt="Flow chart of the ShuffleNet unit with stride 2; the full description is inside the picture."
strided = ShuffleUnit(240, 480, stride=2, groups=3, reduce_groups=3)
diagrams.unit(strided, (1, 240, 28, 28), title="ShuffleNet unit, stride 2")

# %%
show.source(ShuffleUnit)

# %% [markdown] claims="S1-10,S1-30"
# Three things are easy to miss. The shuffle stands *before* the depthwise layer. There is one shuffle, not two. And no ReLU follows the depthwise layer.
#
# Here is what a map goes through in the unit with stride 2, as `torchinfo` sees it. (It lists modules; the shuffle is a function and has no line.)

# %%
from torchinfo import summary

report = str(summary(
    strided, (1, 240, 28, 28), depth=1, verbose=0, col_width=15,
    col_names=("output_size", "num_params"), row_settings=("var_names",),
))
print(report.partition("Trainable params")[0])

# %% [markdown] claims="S1-21,S1-23"
# ## Check it: the network of Table 1
#
# The network is a stem, three stages of units, and a classifier. Each stage opens with a unit of stride 2 that halves the map; from stage to stage the channels double.

# %% name="fig-network" caption="ShuffleNet V1 with three groups, drawn from the real network. Equal units in a row are folded into one box." alt="Flow chart of the whole network; the full description is inside the picture."
image = (1, 3, 224, 224)
network = ShuffleNetV1(groups=3)
diagrams.network(network, image, title="ShuffleNet V1, three groups")

# %% [markdown]
# More groups make a unit cheaper, so the authors make it wider until it costs the same again: *the same work, more channels* is the bargain of the paper. Here is its Table 1, recomputed by building each network and counting. The last column is the complexity that the table is reported to give, in millions.

# %% claims="S1-24,S1-25,S1-53"
reported = {1: 143, 2: 140, 3: 137, 4: 133, 8: 137}
networks = {g: cost.layer_costs(ShuffleNetV1(g), image) for g in TABLE_1}
totals = {g: cost.total(rows) for g, rows in networks.items()}
show.table(
    ["g", "stages 2, 3, 4", "parameters", "multiply-adds", "reported"],
    [(g, " – ".join(map(str, TABLE_1[g])), totals[g].params, totals[g].macs,
      reported[g]) for g in TABLE_1],
)

# %% [markdown]
# From one group to eight the last stage grows from {{= TABLE_1[1][-1] =}} to {{= f"{TABLE_1[8][-1]:,}" =}} channels, while the multiply-adds stay between {{= f"{min(t.macs for t in totals.values()) / 1e6:.1f}" =}} and {{= f"{max(t.macs for t in totals.values()) / 1e6:.1f}" =}} million. With one, two and three groups we are within a million of the reported number. With four and eight we count {{= f"{totals[4].macs / 1e6 - reported[4]:.1f}" =}} and {{= f"{totals[8].macs / 1e6 - reported[8]:.1f}" =}} million more, and have not found out why.
#
# Is it the right network, or only one of the right size? The tests of this book copy the weights of an independent implementation, pytorchcv, into ours, for every number of groups, and the outputs agree. (It concatenates in the other order, shortcut last; the test turns that around.)
#
# And where does the work go now?

# %% hide="code" name="fig-share" alt="Stacked horizontal bars, one for each number of groups from one to eight. Pointwise layers take by far the largest part in every bar; depthwise layers, the standard convolution of the stem and the linear classifier share the rest." caption="Multiply-adds of the five networks by kind of layer: pointwise and depthwise layers of the units, the standard convolution of the stem, the linear classifier. Even grouped, the 1×1 layers take most of the work."
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

# %% [markdown]
# ### Narrower and wider
#
# “ShuffleNet $s$×” is the network with the channels of its stages multiplied by $s$. The stem does not keep step; its widths are those of the authors' code. The table gives millions of multiply-adds; a dash stands where the network cannot be built.

# %% hide="code"
def millions(groups, scale):
    """Multiply-adds of a scaled network, or a dash where none exists."""
    try:
        net = ShuffleNetV1(groups, scale)
    except ValueError:
        return "–"
    return f"{cost.total(cost.layer_costs(net, image)).macs / 1e6:.0f}"


scales = (0.25, 0.5, 1.0, 1.5, 2.0)
show.table(
    ["s", *[f"g = {g}" for g in TABLE_1]],
    [(f"{s}×", *[millions(g, s) for g in TABLE_1]) for s in scales],
)

# %% [markdown] claims="S1-26,S1-38"
# The cost grows roughly with $s^2$, since both sides of every 1×1 layer grow. The depthwise layers and the classifier grow with $s$ only, and the stem in steps of its own. The dashes are places where Table 1 times $s$ leaves channels that $g$ does not divide. The paper reports results for some of them all the same and does not say how it rounded; we refuse to build these rather than drop channels in silence.
#
# The first version of the preprint had one more variant, “arch2”: two units fewer in stage 3, and wider maps. {cite:t}`zhang2018shufflenet` dropped it later and never gave its widths, so it can be guessed at, but not rebuilt.

# %% [markdown] claims="S1-36,S1-37"
# ### Do more groups help?
#
# That has to be trained on ImageNet, which we cannot do here. These are the results that {cite:t}`zhang2018shufflenet` report in their Table 2, which prints errors, turned into accuracies.

# %% hide="code" name="fig-groups" alt="Three lines of top-1 accuracy over the number of groups, one for each budget. At 13 million multiply-adds accuracy rises from 42.9 to 47.3 per cent; at 38 million it rises from 54.9 to 58.4 and falls to 57.7; at 140 million it stays near 67." caption="Top-1 accuracy on ImageNet over the number of groups, as reported in the paper's Table 2. The smaller the network, the more the groups help; at the middle budget eight are too many."
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

# %% [markdown] objective="mix" claims="S1-35,S1-39"
# ## Measure it: does the shuffle help?
#
# {cite:t}`zhang2018shufflenet` train networks of three and of eight groups with and without the shuffle and report, in their Table 3, a lower error with it at every budget, and the more so with eight. They train on ImageNet, with stochastic gradient descent, a learning rate that falls linearly, and a weight decay of 4e-5, weak because small networks underfit rather than overfit.
#
# We have scikit-learn's handwritten digits and half a minute. The optimiser is the same, all else is smaller: a stem, stage 2 of Table 1 and a classifier; fifty images of each digit, enlarged; six epochs. To switch the shuffle off we tell the unit that it shuffles one group; its convolutions keep theirs. Widths are chosen so that every network does about the same work.
#
# **Predict first:** what will the columns “with the shuffle” and “without” say?

# %%
from functools import partial

from lightnets_edu import timing, verdict
from lightnets_edu.data import Images, digits
from lightnets_edu.layers import conv_bn
from lightnets_edu.training import repeat, seeds


def classifier(stem, units, width, classes, shuffle):
    """Stem, units with or without their shuffle, pooling, classifier."""
    for unit in units:
        if not shuffle:
            unit.groups = 1    # shuffling one group moves nothing
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes)
    return nn.Sequential(*stem, *units, *head)


def stage_2(groups, width, shuffle=True):
    """Stage 2 of Table 1, for grey digits: stride 2, then three units."""
    stem = conv_bn(1, 24, 3, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
    first = ShuffleUnit(24, width, 2, groups, reduce_groups=1)
    rest = [ShuffleUnit(width, width, 1, groups, groups) for _ in range(3)]
    return classifier(stem, [first, *rest], width, 10, shuffle)


train, test = digits(32)
ways = {"with": True, "without": False}


def gain(accuracies):
    """The verdict on a network with the shuffle against one without."""
    return verdict.paired(accuracies["with"], accuracies["without"])

# %% claims="S1-39" measured=true record="accuracies"
few, recipe = train.take(50), {"epochs": 6, "batch": 25, "lr": 0.05}
# The record takes 12 seeds: more would cost a builder more minutes.
chosen = seeds(2, of=12)
accuracies, rows = {}, []
for g, width in {2: 64, 4: 80, 8: 96}.items():
    layers = cost.layer_costs(stage_2(g, width), (1, 1, 32, 32))
    found = {way: repeat(partial(stage_2, g, width, shuffle), few, test,
                         seeds=chosen, **recipe)
             for way, shuffle in ways.items()}
    told = {way: spread.accuracies for way, spread in found.items()}
    accuracies[f"{g} groups"] = told
    rows.append((g, width, cost.total(layers).macs, *found.values(),
                 gain(told)))
print("Measured on", timing.machine())
heads = ["g", "channels", "multiply-adds", "with the shuffle", "without",
         "gain: mean (interval)"]
show.table(heads, rows)

# %% [markdown]
# Accuracies are means over the seeds, with the range in brackets; the last column is the verdict on pairs of the same seed, by the rule of [the first chapter](01_convolutions.ipynb). Chance is {{= f"{verdict.chance(test.y):.0%}" =}}, and {{= len(test) =}} test images give an accuracy of {{= f"{verdict.mean(recorded.accuracies['8 groups']['with']):.0%}" =}} a sampling error of {{= f"{100 * verdict.sampling_error(verdict.mean(recorded.accuracies['8 groups']['with']), len(test)):.1f}" =}} points either way. Training and test digits come from the same writers.
#
# With {{= len(recorded.accuracies["2 groups"]["with"]) =}} seeds, the shuffle {{= gain(recorded.accuracies["2 groups"]).words("helps", "does harm", "makes no difference that we could tell") =}} with two groups, {{= gain(recorded.accuracies["4 groups"]).words("helps", "does harm", "makes no difference that we could tell") =}} with four, and {{= gain(recorded.accuracies["8 groups"]).words("helps", "does harm", "makes no difference that we could tell") =}} with eight. That need not be what ImageNet says, and we can only guess at reasons. The first 1×1 layer is dense, so each group gets its own view of the whole image. Without the shuffle the network is then a committee: small networks side by side, whose votes the classifier adds up. A committee may read digits well. And the paper's network has sixteen units in which groups can stay apart; ours has four.
#
# So let us ask what a committee cannot answer. Two digits, each in a channel of its own, and two groups from the first layer on. **Predict first:** a network whose halves never meet is asked “Is the first digit larger?” and “Is their sum even?”. Which of the two can it answer?
#
# “Is the first digit larger?” can be answered by a sum: score both digits and subtract.
#
# “Is their sum even?” cannot. Suppose it could: a score $f(a) + h(b)$, above zero where $a + b$ is even and below where it is odd. Then $f(0) + h(0)$ and $f(1) + h(1)$ are above zero, $f(0) + h(1)$ and $f(1) + h(0)$ below. But the first two add up to the same as the last two.

# %%
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


train, test = digits(8)
questions = {
    "Is the first digit larger?": lambda a, b: a > b,
    "Is their sum even?": lambda a, b: (a + b) % 2 == 0,
}
sets = {text: (pairs(train, 2000, answer, 0), pairs(test, 1000, answer, 1))
        for text, answer in questions.items()}
larger, even = questions
chance = {text: verdict.chance(both[1].y) for text, both in sets.items()}

# %% measured=true record="answers"
recipe = {"epochs": 10, "batch": 100, "lr": 0.1}
chosen = seeds(2, of=12)
answers, rows = {}, []
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
# The same layers, the same weights to train, the same multiply-adds; the only difference is an order of channels. Without it the second question is answered {{= verdict.paired(recorded.answers[even]["without"], chance[even]).words("above chance", "below chance", "no better and no worse than by chance") =}}, and {{= "within" if abs(verdict.mean(recorded.answers[even]["without"]) - chance[even]) < verdict.sampling_error(chance[even], len(sets[even][1])) else "beyond" =}} the sampling error of {{= f"{100 * verdict.sampling_error(chance[even], len(sets[even][1])):.1f}" =}} points that {{= f"{len(sets[even][1]):,}" =}} test pairs bring; with the shuffle it is answered {{= gain(recorded.answers[even]).words("better", "worse", "no differently that we could tell") =}}: {{= gain(recorded.answers[even]) =}}. The first question is answered {{= gain(recorded.answers[larger]).words("better with the shuffle", "worse with the shuffle", "with and without it, and the two cannot be told apart") =}}: {{= gain(recorded.answers[larger]) =}}, where chance is {{= f"{chance[larger]:.0%}" =}}. What the shuffle buys is what lies *between* the groups, and whether that shows depends on whether the task asks for it. This experiment was made to show the principle; it does not say how much the shuffle gains on photographs.
#
# A trap, and the first of our two experiments is in it: a unit with stride 2 concatenates, and that moves the borders of the groups. What follows it meets a little even without a shuffle. “Without the shuffle” is not always “never mixed”. Ask the gradients.

# %% [markdown] claims="S1-44"
# ### Time is not multiply-adds
#
# {cite:t}`zhang2018shufflenet` report that four times less arithmetic became about 2.6 times more speed on their ARM device. We have a CPU, one thread, one image. Both units with the same widths, then a dense 1×1 layer, then the shuffle alone:

# %%
c, m, g = 240, 60, 3
x = torch.rand(1, c, 28, 28)
resnet = nn.Sequential(conv_bn(c, m, 1), nn.ReLU(), conv_bn(m, m, 3),
                       nn.ReLU(), conv_bn(m, c, 1))
steps = {
    "ResNet unit": resnet,
    "ShuffleNet unit": ShuffleUnit(c, c, 1, g, g),
    "dense 1×1 layer": nn.Conv2d(c, c, 1, bias=False),
    "channel shuffle": partial(channel_shuffle, groups=g),
}
work = {name: 0 if name == "channel shuffle"
        else cost.total(cost.layer_costs(step, x.shape)).macs
        for name, step in steps.items()}

# %% claims="S1-48" measured=true record="turns"
turns = timing.turns(steps, x, repeats=101)
print("Measured on", timing.machine())
show.table(["step", "multiply-adds", "time: median (middle half)"],
           [(name, work[name], timing.summary(turns[name]))
            for name in steps])

# %% [markdown]
# Times belong to a machine; run the cell on yours. The ShuffleNet unit does {{= f"{work['ShuffleNet unit'] / work['ResNet unit']:.0%}" =}} of the ResNet unit's arithmetic. It is {{= verdict.ratio(recorded.turns["ShuffleNet unit"], recorded.turns["ResNet unit"]).words("slower", "quicker", "not told apart in time") =}}: it takes {{= verdict.ratio(recorded.turns["ShuffleNet unit"], recorded.turns["ResNet unit"]) =}} as long. The shuffle does no arithmetic at all, and yet it takes time, since it reads and writes the whole map: {{= f"{verdict.ratio(recorded.turns['channel shuffle'], recorded.turns['dense 1×1 layer']).median:.0%}" =}} of the dense layer's. One of our sources calls the shuffle slow on CPUs. Here is one CPU, and one map that fits into its cache; of others this says nothing.

# %% [markdown] objective="permute" claims="S1-07"
# ## Pitfalls
#
# ### Two orders that look alike
#
# Some published code, the authors' own among it {cite:p}`megvii2020shufflenet`, reshapes the channels to $(n, g)$ instead of $(g, n)$. That is a shuffle too, but it is the *inverse* one. (That code also shuffles after the depthwise layer, not before it.) The two orders agree when $g = n$, and a test with four channels in two groups cannot tell them apart.

# %% hide="code"
def order(channels, groups):
    """Where each channel of a shuffled map came from."""
    numbered = torch.arange(channels).reshape(1, -1, 1, 1)
    return channel_shuffle(numbered, groups).flatten().tolist()


rows = []
for channels, groups in [(4, 2), (6, 2), (12, 3)]:
    paper = order(channels, groups)
    other = sorted(range(channels), key=paper.__getitem__)
    same = "yes" if paper == other else "no"
    listed = [", ".join(map(str, found)) for found in (paper, other)]
    rows.append((channels, groups, *listed, same))
show.table(["C", "g", "as in the paper", "the other order", "same?"], rows)

# %% [markdown]
# ### A shuffle that mixes nothing
#
# A table with one row, or with one column, looks the same when it is read the other way. So a shuffle with one group, or with as many groups as channels, moves nothing at all. No error tells you.

# %%
print(order(6, 1), order(6, 6))

# %% [markdown]
# ### Grouping one layer too many
#
# The first 1×1 layer of stage 2 is **not** grouped, because its input, the stem's output, is narrow. The unit has an argument of its own for this, `reduce_groups`. Group the layer all the same, and the network still runs:

# %% claims="S1-27"
right = ShuffleNetV1(groups=3)
wrong = ShuffleNetV1(groups=3)
wrong.stages[0] = ShuffleUnit(24, 240, stride=2, groups=3, reduce_groups=3)
missing = (cost.total(cost.layer_costs(right, image)).params
           - cost.total(cost.layer_costs(wrong, image)).params)

# %% [markdown]
# It lacks {{= missing =}} parameters out of {{= f"{totals[3].params:,}" =}}. Every shape agrees; a count notices.
#
# ### Channels that vanish
#
# Code that cuts a map into blocks of `C // g` channels works for every `C`. Where $g$ does not divide $C$, it forgets the last ones.

# %% claims="S1-33"
def blocks(x, groups):
    """Cut a map into groups, as published code does."""
    size = x.shape[1] // groups
    return [x[:, i * size:(i + 1) * size] for i in range(groups)]


x = torch.zeros(1, 62, 1, 1)
kept = sum(block.shape[1] for block in blocks(x, groups=4))
try:
    channel_shuffle(x, groups=4)
except ValueError as error:
    print(error)

# %% [markdown]
# Of {{= x.shape[1] =}} channels {{= kept =}} are left, and nobody is told. The function of the package refuses.

# %% [markdown] objective="build" claims="S1-32"
# ### A copy that runs
#
# Here is a unit as one may find it on the web. The code is ours; the mistakes are taken from published copies. It runs without an error.

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
# We compare it with the unit of the package in three ways: the shape of the output, the number of parameters, and the output itself when both hold the same weights.

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
# The shapes agree, so a network made of such units runs and trains, and nobody notices. With stride 1 even the number of parameters agrees. **Shapes and counts are not enough: compare outputs under the same weights.** What is wrong in the copy you will find out yourself, in the last exercise.

# %% [markdown]
# ## Exercises
#
# Practice first; a solution can be opened below each task. Then come four exercises that count, from easy to hard, with hints to open. Their checks look at a few cases only, and the hidden tests at many more: try cases of your own. Your finished function can also tell you what became of your prediction.

# %% task [markdown] exercise="unit_macs" objective="count"
# ### Who pays in a ShuffleNet unit?
#
# A ShuffleNet unit costs $hw(2cm/g + 9m)$ multiply-adds. Write `pointwise_share(c, m, g)`: the share of its two 1×1 layers, a number between 0 and 1.
#
# **Predict first:** is the share of the unit with `c = 240, m = 60, g = 3` above one half? And what does it do when `g` grows and nothing else changes?
#
# :::{dropdown} Solution
# The map's size cancels. The 1×1 layers cost $2cm/g$ at each position and the depthwise layer $9m$:
#
# ```python
# def pointwise_share(c, m, g):
#     pointwise = 2 * c * m / g
#     return pointwise / (pointwise + 9 * m)
# ```
#
# The middle cancels too: the share is $2c/(2c + 9g)$. It falls when $g$ grows, and rises again when the saving is spent on more channels.
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
# Write `most_groups(channels)`: the largest number of groups that divides `channels` and with which two grouped layers, a shuffle between them, let every output depend on every input.
#
# **Predict first:** can there be more than one group when `channels` is a prime number?
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
    with check("a prime number of channels: only one group mixes"):
        check.equal(most_groups(13), 1)

# %% task [markdown] exercise="widest" objective="count"
# ### The widest unit for a budget
#
# *The same work, more channels* is the bargain of Table 1. Make it for a single unit.
#
# Write `widest(budget, h, w, g)`: the largest number of channels `c` for which a ShuffleNet unit with stride 1, on a map of `h` × `w` positions, costs at most `budget` multiply-adds. `c` counts the channels outside the unit and is a multiple of `4 * g`, so that `g` groups divide the middle, `m = c / 4`. Both 1×1 layers are grouped. Where not even `c = 4 * g` fits, return 0.
#
# **Predict first:** does a unit with four groups become four times as wide as one with a single group, on the same budget? When your function works, compare `widest(10_000_000, 28, 28, 1)` with `widest(10_000_000, 28, 28, 4)`, and say why it is so.
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
def spent(c, g):
    """Multiply-adds of a real unit on a map of 28 × 28 positions."""
    unit = ShuffleUnit(c, c, 1, groups=g, reduce_groups=g)
    return cost.total(cost.layer_costs(unit, (1, c, 28, 28))).macs


with Check("widest") as check:
    budget = 10_000_000
    c = widest(budget, 28, 28, 3)
    with check("3 groups: a multiple of 12, and more than none"):
        check.true(c > 0 and c % 12 == 0, f"got {c}")
    with check("a real unit of this width keeps to the budget"):
        check.true(spent(c, 3) <= budget,
                   f"{c} channels cost {spent(c, 3):,} multiply-adds")
    with check("the next width does not"):
        check.true(spent(c + 12, 3) > budget,
                   f"{c + 12} channels fit too")

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
    with check("7 channels in 2 groups are refused"):
        try:
            unshuffle(torch.zeros(1, 7, 1, 1), 2)
        except ValueError:
            pass
        else:
            check.true(False, "no ValueError was raised")

# %% task [markdown] exercise="mixing" objective="mix"
# ### How deep until everything is mixed?
#
# With more groups than channels in a group, two layers do not mix everything: `channels = 24` in `groups = 8` reached nine inputs. But a network has more layers than two. **Predict first:** how many would these channels need?
#
# Take a stack of grouped 1×1 layers, each from `channels` to `channels` with the same `groups`, which divides `channels`. Between a layer and the next stands one `channel_shuffle` with `groups`; none stands before the first layer or after the last. Write two functions:
#
# - `sources(output, channels, groups, layers)`: the inputs that the output number `output` can depend on after `layers` layers (one or more). Channels are counted from 0; return a list of their numbers, each once, in rising order.
# - `layers_to_mix(channels, groups)`: the fewest layers after which every output can depend on every input, a whole number. Return `None` where no number of layers is enough; make sure that your code comes to an end there.
#
# :::{dropdown} Hint: which inputs
# Go backwards, from the output to the input. Which channels does a grouped layer read to make channel `i`? And which channel does the shuffle bring to place `i`? The chapter's `order(channels, groups)` shows it; find the rule.
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
        check.equal(sources(5, 12, 3, 1), [4, 5, 6, 7])
    with check("two layers: it depends on everything"):
        check.equal(sources(5, 12, 3, 2), list(range(12)))
    with check("24 channels in 8 groups: two layers reach nine"):
        check.equal(sources(0, 24, 8, 2), [0, 1, 2, 3, 4, 5, 6, 7, 8])
with Check("layers_to_mix") as check:
    with check("12 channels in 3 groups: two layers mix them"):
        check.equal(layers_to_mix(12, 3), 2)
    with check("24 channels in 8 groups need three"):
        check.equal(layers_to_mix(24, 8), 3)
    with check("4 channels in 4 groups: no number of layers does"):
        check.equal(layers_to_mix(4, 4), None)

# %% task [markdown] exercise="mended_unit" objective="build"
# ### Mend the copy
#
# The `FoundUnit` of the pitfall above differs from the paper in four places. Some are in how wide its layers are, some in what happens to the map. Find them: hold it against Figure 2 of {cite:t}`zhang2018shufflenet` or against the unit in “Build it”.
#
# Then write `MendedUnit(c_in, c_out, stride, groups)`. You may copy what is right. Three rules:
#
# - It is the paper's unit, both 1×1 layers grouped, with stride 1 or 2. In concatenation the shortcut comes first.
# - Its layers keep the names `conv1`, `bn1`, … `bn3`, so that trained weights still load. It has no other parameters.
# - Channels are never lost in silence: where four does not divide `c_out`, or `groups` does not divide the input, the middle or the branch, building it raises `ValueError`.
#
# The check below looks at a few units only. With `same_output` you can look at more.
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
    with check("one group: the same weights give the same output"):
        unit = ShuffleUnit(64, 64, 1, groups=1, reduce_groups=1)
        check.true(same_output(MendedUnit(64, 64, 1, 1), unit, 64),
                   "the outputs differ")
    with check("30 channels, which four does not divide, are refused"):
        try:
            MendedUnit(30, 30, 1, 1)
        except ValueError:
            pass
        else:
            check.true(False, "no ValueError was raised")

# %% [markdown]
# ### An open question
#
# No points for this one, and no single answer. Build `ShuffleNetV1(8, width=0.5)`. In its stage 2, as Table 1 counts stages, the middle of a unit has fewer channels than the $8^2$ that complete mixing asks for. A second unit mixes further; `reach` will tell you how far.
#
# Would you expect the network to suffer? Argue for one side. Then plan the experiment that could prove you wrong: what would you train, against what would you compare it, how often would you repeat it, and which result would change your mind?

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements of the paper and of our sources, each with our verdict. The sources are five public texts on light networks, lecture notes and articles, which the book follows and checks.

# %% [markdown] claims="S1-42,S1-52"
# ## When to choose it
#
# Choose grouped 1×1 layers with a shuffle when multiply-adds are what you must save, and when the network is so small that width is what it lacks. At equal multiply-adds {cite:t}`zhang2018shufflenet` report a lower error than with VGG-like, ResNet, Xception-like and ResNeXt units (Table 4), and than MobileNet at every budget (Table 5).
#
# Look elsewhere when time on your device is what counts. Grouping takes arithmetic away and leaves most of the traffic: the maps have to be read and written all the same, and the shuffle moves a map without computing anything. ShuffleNet V2 begins with that complaint.
#
# One of our sources objects that the shuffle is made by hand and that no theory stands behind it. It is true that nobody derived it. What can be said exactly is what this chapter has shown: which inputs it lets an output reach.
#
# You saw the bottleneck, {{= f"{share:.0%}" =}} of a unit in its 1×1 layers; the cure, groups; its side effect, channels that never meet; and a permutation that mends it wherever the shuffled map has at least $g^2$ channels.
