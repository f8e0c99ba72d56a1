# ---
# title: Xception
# minutes: 90
# before: standard, grouped, depthwise and pointwise convolutions, and how their multiply-adds are counted; what batch norm, a ReLU and a residual shortcut do.
# objectives:
#   towers: rewrite the towers of an Inception module as one 1×1 and one grouped layer, and say which steps towards Xception are exact
#   order: compute what a separable layer costs in either order, and say which order is cheaper when
#   build: build Xception's layer and block so that trained weights fit, and find the mistakes that published copies make
#   size: say where Xception spends its parameters, and why it is no smaller than Inception v3
# ---

# %% card [markdown]
# # Xception: space and channels, each by a layer of its own
#
# A 3×3 layer looks for patterns across channels and across space at the same time. Inception modules separate the two in part.
# {cite:t}`chollet2017xception` asks what happens if they are separated altogether. His answer is the layer from which most light networks are made, though his own network is not a light one.

# %% [markdown] objective="towers,size" claims="XC-02"
# ## The bottleneck: kernels that do two jobs
#
# A kernel of a standard 3×3 layer spans all input channels. It does two jobs in one: it picks the channels that belong together, and it looks for a pattern in space.
#
# An **Inception module** {cite:p}`szegedy2016inceptionv3` begins to share out the work. A 1×1 layer combines channels into a narrower map; then a spatial layer, 3×3 or so, looks at the neighbourhood. Several such **towers** stand side by side, and their outputs are put next to each other. {cite:t}`chollet2017xception` names the premise behind this (Section 1.1): correlations across channels and correlations in space are so loosely coupled that it is better not to map them jointly.
#
# The module keeps to the premise only in part. The spatial layer of a tower still spans all channels of its narrower map. Let us see what that costs in Inception v3.

# %%
import torch
from torch import nn

from lightnets_edu import cost, diagrams, show
from lightnets_edu.checks import Check
from lightnets_edu.models import MODELS
from lightnets_edu.models.inception import (
    EquivalentInception, ExtremeInception, PlainInception,
    SimplifiedInception, merge,
)
from lightnets_edu.models.xception import (
    FirstBlock, MiddleBlock, ReducingBlock, SeparableConv, Xception,
)

show.vector_plots()
image = (1, 3, 299, 299)


def by_kind(rows, what):
    """Sums of `what` ("params" or "macs") over the kinds of layers."""
    kinds = ("standard", "pointwise", "depthwise", "linear", "norm")
    return {kind: sum(getattr(r, what) for r in rows if r.kind == kind)
            for kind in kinds}


inception = cost.layer_costs(MODELS["inception_v3"](), image)
work, weights = by_kind(inception, "macs"), by_kind(inception, "params")
show.table(
    ["kind of layer", "parameters", "multiply-adds"],
    [(kind, weights[kind], work[kind]) for kind in work if weights[kind]],
)

# %% [markdown]
# The standard layers, those that do both jobs, take {{= f"{work['standard'] / sum(work.values()):.0%}" =}} of the multiply-adds and {{= f"{weights['standard'] / sum(weights.values()):.0%}" =}} of the parameters. That is what the predecessor spends on mapping jointly what it holds to be separate.

# %% objectives [markdown]
# ## You will be able to

# %% predict [markdown] name="size" objective="size"
# ## Predict first
#
# A separable 3×3 layer, depthwise and then pointwise, has about a ninth of the weights of a standard one. Xception is made of such layers nearly from end to end. Inception v3 has {{= f"{sum(weights.values()) / 1e6:.1f}" =}} million parameters.
#
# **How many does Xception have? And does it do fewer multiply-adds than Inception v3, or more?** Answer before you go on.
#
# :field: Xception’s parameters
# :unit: million
# :answer: f"{params / 1e6:.1f}"
# :wrong: below 5: A ninth of Inception v3 would follow if the layers had kept their widths.
# :wrong: 5 to 15: The saving is there; it was spent on width.
# :field: Its multiply-adds, beside those of Inception v3
# :choices: fewer | about as many | clearly more
# :answer: ("fewer", "about as many", "clearly more")[sum(networks["Xception"].macs > f * networks["Inception v3"].macs for f in (0.9, 1.1))]
# :wrong: fewer: A cheap layer is not a cheap network: it depends on how many channels it filters.

# %% [markdown] objective="towers"
# ## See it: from towers to single channels
#
# The paper walks from the Inception module almost to the separable layer in three steps, its Figures 1 to 4. Each stage is a module of our package: two are drawn here, the third is computed, the last you will see as code.
#
# **The module.** Four towers look at the same input in four ways.

# %% name="fig-xception-plain" caption="An Inception module. Every tower has a 1×1 layer; two go on with 3×3 layers, one averages first. Batch norm and ReLU follow each convolution." alt="Flow chart of an Inception module with four towers side by side; the full description is inside the picture."
shape = (1, 192, 35, 35)
diagrams.unit(PlainInception(192, 192), shape, title="Inception module")

# %% [markdown]
# **Simplified.** Keep one kind of tower, 1×1 and then 3×3, and no pooling. This step is a choice: it makes another module.

# %% name="fig-xception-simplified" caption="The simplified module: three equal towers. Note that all three 1×1 layers read the same input." alt="Flow chart of a simplified Inception module with three equal towers; the full description is inside the picture."
towers = SimplifiedInception(192, 192, towers=3)
diagrams.unit(towers, shape, title="Simplified module")

# %% [markdown] objective="towers" claims="XC-03"
# **Rewritten.** The three 1×1 layers read the same input. So stack their kernels: one 1×1 layer with three times the outputs. Each 3×3 layer then reads its own **segment** of that map, a third of the channels. And 3×3 layers side by side, each with its own segment, are a grouped convolution with three groups.
#
# **Predict first:** is this the same function as before, or only a similar one? Batch norm and ReLU stand after every convolution; do they get in the way?
#
# The function `merge` of the package stacks the kernels of the 1×1 layers and gives an `EquivalentInception`. The function below makes its 3×3 layers one grouped layer. We try both in float64, where rounding cannot hide a difference.

# %%
from lightnets_edu.layers import conv_bn


def as_grouped(module):
    """The 3×3 layers of an `EquivalentInception` as one grouped layer."""
    states = [tower.state_dict() for tower in module.spatial]
    stacked = {key: torch.cat([state[key] for state in states])
             if value.ndim else value for key, value in states[0].items()}
    groups, c = len(states), len(stacked["0.weight"])
    conv = nn.Sequential(*conv_bn(c, c, 3, groups=groups), nn.ReLU())
    conv.to(stacked["0.weight"].dtype).load_state_dict(stacked)
    return nn.Sequential(module.reduce, conv)


torch.manual_seed(0)
towers = SimplifiedInception(12, 24, towers=3).double()
x = torch.randn(4, 12, 9, 9, dtype=torch.float64)
towers(x)                        # gives the batch norms their averages
merged = merge(towers.eval())
grouped = as_grouped(merged).eval()
swapped = merge(towers)
swapped.spatial = swapped.spatial[::-1]    # segments to other towers

with torch.no_grad():
    expected = towers(x)
    rows = []
    for name, module in {"one 1×1, three 3×3": merged,
                         "one 1×1, one grouped 3×3": grouped,
                         "one 1×1, three 3×3, swapped": swapped}.items():
        same = torch.allclose(module(x), expected, rtol=0, atol=1e-12)
        rows.append((name, "yes" if same else "no"))
show.table(["module", "outputs of the three towers, to 12 decimals?"], rows)

# %% [markdown]
# It is the same function. Batch norm and ReLU treat every channel by itself, so they do not care which layer a channel came from. The last row shows that the test can fail: the segments must go to the right towers.

# %% [markdown] objective="towers" claims="XC-04"
# **Extreme.** Now the number of segments is a number that one may choose. The simplified module has three. Take as many as there are channels: one 3×3 kernel for each channel, a depthwise layer. This step is a choice again, and it gives up weights: a segment of one channel cannot mix channels at all. The 1×1 layer must do that alone. (In the source below `_conv` is a convolution with batch norm and ReLU.)

# %%
show.source(ExtremeInception)

# %% [markdown]
# The figure shows the 3×3 layer of the module alone, at first with three groups: pick an output, and its segment lights up. **Predict first:** how many channels will an output read with twelve groups, and how many with one? Then choose {show}`twelve groups <fig-xception-segments kind=depthwise>`, the extreme form, and {show}`one group <fig-xception-segments kind=standard>`, where nothing is separated.

# %% name="fig-xception-segments" alt="The input positions of a 3×3 patch, and a square of output channels by input channels. With three groups three blocks on the diagonal are filled; the selected output's row shows the four channels of its segment." caption="The 3×3 layer behind the 1×1. The kernel sets which positions are read, the groups set which channels: two separate choices. From one group to as many as there are channels, the blocks on the diagonal shrink to single squares."
from lightnets_edu.widgets import ConvConnectivity

ConvConnectivity(kind="grouped", c_in=12, c_out=12, groups=3)

# %% [markdown]
# Between one segment and one for each channel lies a whole spectrum. The 1×1 layer has $C_\text{in} C_\text{out}$ weights all along it; the 3×3 layer has $9\, C_\text{out}^2 / g$ with $g$ segments. We build the modules and count.

# %% hide="code" name="fig-xception-spectrum" alt="Two lines over the number of segments, both axes logarithmic. The weights of the 1×1 layer stay level. Those of the 3×3 layer begin nine times as high at one segment, are three times as high at three, fall in a straight line, cross the level line between eight and twelve segments, and end far below it at one segment for each channel." caption="Weights of the two layers over the number of segments, counted in modules with as many channels after as before. Three segments, as in the simplified module, lie far on the left: the 3×3 layer still has three times the weights of the 1×1 layer. At the right end, the extreme form, hardly any are left."
import matplotlib.pyplot as plt

c = 192
segments = [g for g in range(1, c + 1) if c % g == 0]
spatial, point = [], []
for g in segments:
    with torch.device("meta"):
        rows = cost.layer_costs(EquivalentInception(c, c, g), (1, c, 8, 8))
    spatial.append(sum(r.params for r in rows if r.kernel == (3, 3)))
    point.append(sum(r.params for r in rows if r.kernel == (1, 1)))
fig, ax = plt.subplots(figsize=(7, 3.4))
ax.loglog(segments, spatial, "o-", color="#D55E00", label="3×3 layer")
ax.loglog(segments, point, "s-", color="#0072B2", label="1×1 layer")
ax.set(xlabel="segments g", ylabel="weights")
ax.set_xticks([1, 3, 12, 48, 192], labels=["1", "3", "12", "48", "192"])
ax.minorticks_off()
ax.legend()
plt.show()

# %% [markdown]
# The paper leaves the middle of this spectrum unexplored and says so (Section 5 of {cite:t}`chollet2017xception`). ResNeXt {cite:p}`xie2017resnext` lives there.

# %% [markdown] objective="order" claims="XC-05,XC-06"
# ## Two differences that remain
#
# The extreme module is almost the **depthwise separable convolution** of chapter 1. {cite:t}`chollet2017xception` names two differences (Section 1.2):
#
# 1. **Order.** The extreme module goes pointwise, then depthwise (PW→DW). A separable layer goes depthwise, then pointwise (DW→PW).
# 2. **Activation.** In the module a ReLU follows both layers. In a separable layer none stands between the two.
#
# ### The order: count it
#
# For a $K \times K$ kernel, DW→PW has $K^2 C_\text{in} + C_\text{in} C_\text{out}$ weights, PW→DW has $C_\text{in} C_\text{out} + K^2 C_\text{out}$. Only the depthwise part differs: it works on the input's channels, or on the output's. Each weight is used once at each position. Formula, function and real layers have to agree.

# %%
def depthwise(c, kernel=3, stride=1):
    return nn.Conv2d(c, c, kernel, stride, padding=kernel // 2, groups=c,
                     bias=False)


def pointwise(c_in, c_out):
    return nn.Conv2d(c_in, c_out, 1, bias=False)


def macs(layers, c, size):
    """Multiply-adds of real layers on a map of size × size positions."""
    return cost.total(cost.layer_costs(layers, (1, c, size, size))).macs


def both_orders(a, b, size):
    """DW→PW and PW→DW from a to b channels: formula, function, layers."""
    first = nn.Sequential(depthwise(a), pointwise(a, b))
    last = nn.Sequential(pointwise(a, b), depthwise(b))
    for order, stack, c in ("DW→PW", first, a), ("PW→DW", last, b):
        weights = 9 * c + a * b    # the depthwise layer has c channels
        function = (cost.conv_macs(c, c, 3, size, groups=c)
                    + cost.conv_macs(a, b, 1, size))
        yield (order, f"{a} → {b}", weights, weights * size**2, function,
               macs(stack, a, size))


thin, wide = 3, 64
rows = [row for a, b in [(thin, wide), (wide, wide), (wide, thin)]
        for row in both_orders(a, b, size=32)]
show.table(["order", "channels", "weights", "formula", "function",
            "measured"], rows)

# %% [markdown]
# From {{= thin =}} to {{= wide =}} channels DW→PW needs {{= rows[0][2] =}} weights and PW→DW {{= rows[1][2] =}}. Where a layer widens, filter first; where it narrows, filter last; where it does neither, it makes no difference.
#
# The paper calls the order unimportant, since the layers are stacked. Write a stack of them down and you see why:
#
# ```text
# PW DW | PW DW | PW DW | PW
# PW | DW PW | DW PW | DW PW
# ```
#
# It is the same chain. Only the bars moved. What differs is how the chain begins and how it ends. There the order counts, since an image has three channels and the next map many. (A stride changes the account once more; that is an exercise.)

# %% [markdown] objective="order" claims="XC-06"
# ### The activation: what stands between matters
#
# With nothing between them, two layers are one. A depthwise layer and a pointwise layer together are a standard convolution, whose kernel from input $i$ to output $o$ is the depthwise kernel of $i$ times one pointwise weight. We multiply it out and compare.

# %%
layer = SeparableConv(6, 8).double().eval()
x = torch.randn(2, 6, 9, 9, dtype=torch.float64)
kernels = (layer.pointwise.weight          # (8, 6, 1, 1)
           * layer.depthwise.weight.transpose(0, 1))    # (1, 6, 3, 3)
with torch.no_grad():
    one = nn.functional.conv2d(x, kernels, padding=1)    # (8, 6, 3, 3)
    nothing = layer.pointwise(layer.depthwise(x))
    relu = layer.pointwise(torch.relu(layer.depthwise(x)))
for name, y in {"nothing between": nothing, "ReLU between": relu}.items():
    print(f"{name}: one standard convolution?",
          torch.allclose(y, one, rtol=0, atol=1e-12))

# %% [markdown]
# So a separable layer can do nothing that a standard one cannot. It does less: all outputs look at input $i$ through the *same* 3×3 pattern, each with a factor of its own. That is how it saves nearly eight ninths of the weights. With a ReLU between, it is no longer a linear map, and it can do other things.
#
# Which is better has to be tried. We do so below. Note the difference from MobileNet V1 {cite:p}`howard2017mobilenets`, where batch norm *and* a ReLU stand between the two.

# %% [markdown] objective="build" claims="XC-01,XC-07"
# ## Build it: the layer, the block, the network
#
# Xception's layer is DW→PW, with nothing between, and batch norm after it.

# %%
show.source(SeparableConv)

# %% [markdown]
# Layers are stacked in blocks, with a **shortcut** around each: what comes in is added to what comes out. A block of the middle keeps size and width, so its input can be added as it is. The ReLU stands *before* each layer, and none follows the addition: the sum travels on with its negative values.

# %% name="fig-xception-middle" caption="A block of the middle flow: three times ReLU and separable layer, and the untouched input added." alt="Flow chart of Xception's middle block; the full description is inside the picture."
diagrams.unit(MiddleBlock(728), (1, 728, 19, 19), title="Middle block")

# %% [markdown]
# Where the map shrinks, a max pool ends the block, and a 1×1 layer of stride 2 brings the shortcut to the same shape.

# %%
show.source(ReducingBlock)

# %% [markdown]
# In the very first such block the leading ReLU is left out, because the stem before it has ended with one.
#
# The network takes the map from 299×299 pixels through an entry flow, eight equal middle blocks, and an exit flow:

# %% name="fig-xception-network" caption="Xception, drawn from the real network. Equal blocks in a row are folded into one box. Look where the multiply-adds are: the eight middle blocks do more than half of the work." alt="Flow chart of the whole network; the full description is inside the picture."
with torch.device("meta"):    # shapes and counts need no values
    network = Xception()
diagrams.network(network, image, title="Xception")

# %% [markdown] claims="XC-07"
# ### Check it: thirty-six layers, fourteen modules
#
# The paper counts 36 convolutional layers in 14 modules, all but the first and the last with a shortcut ({cite:t}`chollet2017xception`, Section 3). And it gives the number of parameters to the last digit. Do we agree?

# %%
def count(kind):
    return sum(isinstance(module, kind) for module in network.modules())


xception = cost.layer_costs(network, image)
params = cost.total(xception).params
separable = count(SeparableConv)
shortcuts = count(ReducingBlock)
layers = count(nn.Conv2d) - separable - shortcuts   # separable: counts once
blocks = shortcuts + count(MiddleBlock)
show.table(
    ["what", "the paper", "counted"],
    [("convolutional layers", 36, layers),
     ("modules", 14, 1 + blocks + 1),    # the stem, the blocks, the end
     ("of these with a shortcut", 12, blocks),
     ("parameters", 22_855_952, params)],
)

# %% [markdown]
# All four agree, if a separable layer counts once and the 1×1 layers of the shortcuts do not count. {{= separable =}} of the {{= layers =}} are separable; the two of the stem are not. It is often told that Xception is Inception v3 with separable layers put in. It is not: it drops the towers altogether, and what is left is a plain stack, nearer to VGG with shortcuts than to Inception.
#
# The same count does not make the same network. The tests of this book copy the weights of an independent implementation, pytorchcv, into ours, and the outputs agree.

# %% [markdown] objective="size" claims="XC-14,XC-15"
# ## Why it is not smaller
#
# Now the answer to the first prediction. The last row is what Xception would be if each separable layer were a standard 3×3 layer between the same widths.

# %%
def dense_twin(network):
    """Replaces every separable layer by a standard one."""
    for parent in list(network.modules()):
        for name, part in parent.named_children():
            if isinstance(part, SeparableConv):
                c_in = part.depthwise.in_channels
                c_out = part.pointwise.out_channels
                setattr(parent, name, conv_bn(c_in, c_out, 3))
    return network


with torch.device("meta"):
    dense = cost.total(cost.layer_costs(dense_twin(Xception()), image))
networks = {"Inception v3": cost.total(inception),
            "Xception": cost.total(xception),
            "Xception, all layers dense": dense}
show.table(["network", "parameters", "multiply-adds"],
           [(name, t.params, t.macs) for name, t in networks.items()])

# %% [markdown]
# Xception has {{= f"{1 - params / networks['Inception v3'].params:.0%}" =}} fewer parameters than Inception v3 and does {{= f"{networks['Xception'].macs / networks['Inception v3'].macs - 1:.0%}" =}} *more* multiply-adds. Separable layers did make it smaller: {{= f"{dense.params / params:.1f}" =}} times smaller than its dense twin. But the saving was spent. A layer that is nine times cheaper can be three times as wide for the same price, and so the spatial layers of Xception are wide: all through the middle they filter {{= network.middle[0].first.depthwise.in_channels =}} channels, where those in the towers of Inception v3, at about the same depth, filter {{= min(r.c_in for r in inception if r.kernel == (1, 7)) =}} to {{= max(r.c_in for r in inception if r.kernel == (1, 7)) =}}.
#
# {answer}`size`
#
# The aim was accuracy, not size. {cite:t}`chollet2017xception` reports a top-1 accuracy on ImageNet of 0.790, against 0.782 for Inception v3 (Table 1); on JFT, Google's own 350 million images, a relative gain of 4.3% in mean average precision; and 28 training steps a second against 31 (Table 3). With about as many parameters on both sides, the paper argues, the gain does not come from more capacity but from a better use of it. That holds for parameters; of multiply-adds, we saw, Xception spends more.
#
# One of our sources says that the network was “widened” until the counts matched. The paper says less: that the two networks have nearly the same size.
#
# {cite:t}`chollet2017xception` gives 23,626,728 parameters for Inception v3, and we count {{= f"{networks['Inception v3'].params:,}" =}}. Both are right. The tests of this book find the smaller number in the author's first version for Keras {cite:p}`chollet2016models`: it is narrower in two places, and has a bias in front of every batch norm, which the batch norm takes away again.
#
# Where does Xception spend, then?

# %% hide="code" name="fig-xception-share" alt="Two pairs of horizontal stacked bars, Inception v3 and Xception, for multiply-adds and for parameters. In Inception v3 standard layers take most of both. In Xception pointwise layers take about nine tenths of both, and depthwise layers a sliver." caption="Share of each kind of layer. The spatial work, most of Inception v3, is a sliver in Xception; the 1×1 layers take its place."
colours = {
    "standard": "#009E73", "pointwise": "#0072B2",
    "depthwise": "#D55E00", "linear": "#CC79A7",
}
bars = {"Inception v3": inception, "Xception": xception}
fig, axes = plt.subplots(2, 1, figsize=(7, 3.6), sharex=True)
for ax, what, label in zip(axes, ("macs", "params"),
                           ("multiply-adds", "parameters"), strict=True):
    left = [0.0, 0.0]
    for kind, colour in colours.items():
        sums = [by_kind(rows, what) for rows in bars.values()]
        width = [s[kind] / sum(s.values()) for s in sums]
        ax.barh(list(bars), width, left=left, color=colour, label=kind)
        left = [a + b for a, b in zip(left, width, strict=True)]
    ax.invert_yaxis()
    ax.set_title(label, loc="left", fontsize=11)
axes[1].set_xlabel("share")
axes[0].legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.2))
plt.show()

# %% [markdown]
# The depthwise layers, which do all the filtering in space after the stem, take {{= f"{by_kind(xception, 'macs')['depthwise'] / networks['Xception'].macs:.1%}" =}} of the multiply-adds. The pointwise layers take {{= f"{by_kind(xception, 'macs')['pointwise'] / networks['Xception'].macs:.0%}" =}}. The bottleneck has moved: from the 3×3 layers into the 1×1 layers. ShuffleNet will start there.
#
# And where in the network? **Predict first:** does Xception spend more at its beginning, where the maps are large, or in its middle? Then switch to parameters: do the same layers stand out?

# %% name="fig-xception-skyline" alt="A bar for each layer of Xception in the order in which the layers run, with a line for the running total, beside the same of Inception v3. In Xception the pointwise layers of the middle flow are a long comb of equal bars." caption="What every layer costs. Both halves of a separable layer have bars, and so have shortcuts and classifier: hence more bars than the paper has layers. Xception's middle is a comb of equal pointwise layers; between any two of them stands a depthwise one, too low to see. The table under the figure lists every layer."
from lightnets_edu.widgets import NetworkSkyline

middle_deep, middle_point = (r for r in xception if r.name.startswith(
    "middle.0.first.") and r.kind != "norm")
NetworkSkyline(["xception", "inception_v3"], against="inception_v3")

# %% [markdown] objective="size"
# A few layers of the entry flow tower above all others, yet the middle takes more: it is the same pair of layers {{= 3 * len(network.middle) =}} times over, {{= f"{middle_point.macs / 1e6:.0f}" =}} million multiply-adds pointwise and {{= f"{middle_deep.macs / 1e6:.1f}" =}} depthwise. In parameters the end stands out instead: wide layers on a small map.
#
# Fewer multiply-adds do not mean less of everything. Here is the second separable layer of the network, on a large map. Compare it with a standard layer of the same widths. **Predict first:** which of its bars will point to “more”? (The layer's widths and map are fixed here; only the groups can be moved.)

# %% name="fig-xception-cost" alt="Bars for a standard, a grouped and a depthwise separable layer, for parameters, multiply-adds, memory access and arithmetic intensity. Those of the separable layer are far shorter than those of the standard one for parameters and multiply-adds, and longer for memory access." caption="A layer of Xception's entry flow, measured, beside a standard and a grouped layer of the same widths. The separable layer computes far less and moves more: it writes a whole map between its two halves and reads it again."
from lightnets_edu.widgets import CostCalculator

entry = SeparableConv(128, 128)
CostCalculator.from_module(entry, (1, 128, 147, 147))

# %% [markdown] objective="size"
# That is one reason why a layer with fewer multiply-adds need not be as much faster. Xception was reported to train more slowly than Inception v3, and there are two reasons to expect it: more multiply-adds, and more data moved.

# %% [markdown] objective="build" claims="XC-13,XC-16"
# ## Measure it: something between?
#
# {cite:t}`chollet2017xception` trained Xception on ImageNet with a ReLU, with an ELU (a ReLU with a soft negative side) and with nothing between depthwise and pointwise layer. In Figure 10 of {cite:t}`chollet2017xception` the network with nothing between them learns faster and ends better. He calls it remarkable, because for Inception modules the opposite had been found, and offers a guess: on a map one channel deep, a non-linearity throws information away.
#
# We have handwritten digits and half a minute. Our network is a stem, one reducing block, three middle blocks and a classifier; twenty images of each digit to learn from, and a few seeds (the book's record takes more). We add what MobileNet V1 does, batch norm and ReLU. And we switch the shortcuts of the middle blocks off, much as the paper does in its Figure 9.
#
# **Predict first:** which rows will differ by more than chance?

# %%
from lightnets_edu import timing, verdict
from lightnets_edu.data import digits
from lightnets_edu.training import repeat, seeds


def small_xception(between=None, shortcut=True, c=32):
    """A short Xception for digits of 16 × 16 pixels, perhaps changed."""
    net = nn.Sequential(
        *conv_bn(1, 16, 3, stride=2), nn.ReLU(), FirstBlock(16, c, c),
        *[MiddleBlock(c) for _ in range(3)],
        nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, 10),
    )
    if between:
        for part in net.modules():
            if isinstance(part, SeparableConv):
                layer, width = part.depthwise, part.depthwise.in_channels
                part.depthwise = nn.Sequential(layer, *between(width))
    if not shortcut:
        for i, part in enumerate(net):
            if isinstance(part, MiddleBlock):
                net[i] = nn.Sequential(nn.ReLU(), part.first, nn.ReLU(),
                                       part.second, nn.ReLU(), part.third)
    return net


variants = {
    "nothing": {},
    "ReLU": {"between": lambda c: [nn.ReLU()]},
    "ELU": {"between": lambda c: [nn.ELU()]},
    "batch norm, ReLU": {
        "between": lambda c: [nn.BatchNorm2d(c), nn.ReLU()]},
    "nothing, no shortcuts": {"shortcut": False},
}
train, test = digits(16)


def against(accuracies, name, other="nothing"):
    """The verdict on two variants, seed by seed."""
    return verdict.paired(accuracies[name], accuracies[other])

# %% claims="XC-13" measured=true record="accuracies"
from functools import partial

few, recipe = train.take(20), {"epochs": 8, "batch": 25, "lr": 0.1}
# 3 seeds show how it runs. The record takes 30, some five minutes:
# then the interval is narrow enough to tell one point of accuracy.
chosen = seeds(3, of=30)
found = {name: repeat(partial(small_xception, **changes), few, test,
                      seeds=chosen, **recipe)
         for name, changes in variants.items()}
accuracies = {name: spread.accuracies for name, spread in found.items()}
rows = []
for name, spread in found.items():
    v = against(accuracies, name)
    tally = f"{v.better}, {v.equal}, {v.worse}"
    if name == "nothing":
        v = tally = "–"
    rows.append((name, spread, v, tally))
print("Measured on", timing.machine())
show.table(["between the layers", "accuracy: mean (lowest to highest)",
            "against nothing: mean (interval)",
            "seeds with a gain, a tie, a loss"], rows)

# %% [markdown]
# The same seed gives the same first weights and the same order of images to every variant, so the differences compare like with like, by the rule of [the first chapter](01_convolutions.ipynb). Always to name the most frequent digit would be right for {{= f"{verdict.chance(test.y):.0%}" =}} of the test images. On {{= len(test) =}} of them an accuracy of {{= f"{verdict.mean(recorded.accuracies['nothing']):.0%}" =}} has a sampling error of {{= f"{100 * verdict.sampling_error(verdict.mean(recorded.accuracies['nothing']), len(test)):.1f}" =}} points either way. It is the same images for every variant, so the differences suffer less. And both halves of these data come from the same writers: nothing here speaks of a new hand.
#
# With {{= len(recorded.accuracies["nothing"]) =}} seeds, a ReLU makes the network {{= against(recorded.accuracies, "ReLU").words("better than nothing does, which is not what the paper reports", "worse than nothing does, as the paper reports", "neither better nor worse that we could tell") =}}: {{= against(recorded.accuracies, "ReLU") =}}. With an ELU it is {{= against(recorded.accuracies, "ELU").words("better than with nothing, which is not what the paper reports", "worse than with nothing, as the paper reports", "not told apart from the one with nothing; the paper saw a difference") =}}: {{= against(recorded.accuracies, "ELU") =}}. Batch norm and ReLU together are {{= against(recorded.accuracies, "batch norm, ReLU").words("better than nothing", "worse than nothing", "not told apart from nothing") =}}, and {{= against(recorded.accuracies, "batch norm, ReLU", "ReLU").words("better than the ReLU alone", "worse than the ReLU alone", "not told apart from the ReLU alone") =}}. Without its shortcuts the network is {{= against(recorded.accuracies, "nothing, no shortcuts").words("better", "worse", "not told apart from the one that has them") =}}: {{= against(recorded.accuracies, "nothing, no shortcuts") =}}. A caution: all rows share one learning rate, and a network without shortcuts might want another.
#
# What this does not show is the reason. That information is lost remains a guess. Nor does it say what happens on photographs.

# %% [markdown] objective="build" claims="XC-08,XC-09,XC-10,XC-11"
# ## Pitfalls
#
# ### One number of a schedule
#
# These are the settings that {cite:t}`chollet2017xception` gives for his trainings (Section 4.2), and what one of our sources makes of them.

# %% hide="code"
settings = [
    ("optimiser", "SGD", "RMSprop", "RMSprop"),
    ("momentum", "0.9", "0.9", "0.9"),
    ("first learning rate", "0.045", "0.001", "0.001"),
    ("multiplied by", "0.94", "0.9", "0.94"),
    ("every", "2 epochs", "3,000,000 images", "3,000,000 images"),
]
heads = ["setting", "ImageNet", "JFT", "JFT, in our source"]
show.table(heads, settings)

# %% [markdown]
# The factor in the last column seems to have been copied from the column for ImageNet. Is it a trifle? JFT has 350 million images ({cite:t}`chollet2017xception`, Section 4.1).

# %%
steps = 350e6 / 3e6    # while every image is seen once
ratio = 0.94**steps / 0.9**steps

# %% [markdown]
# After every image has been seen once, the rate of the wrong schedule is {{= f"{ratio:.0f}" =}} times too high.

# %% [markdown] objective="build"
# ### A ReLU that eats the shortcut
#
# `nn.ReLU(inplace=True)` saves memory: it writes its result over its input. In a block that begins with a ReLU, the input is also the shortcut.

# %%
for relu in nn.ReLU(), nn.ReLU(inplace=True):
    x = torch.tensor([-2.0, -1.0, 1.0, 2.0])
    y = relu(x)    # the block works on y; x is added at its end
    print(relu, "leaves the shortcut", x.tolist())

# %% [markdown]
# The negative values are gone before they are added. No shape changes, nothing is raised, the network trains. It has happened in published code of another network {cite:p}`rosinality2021inplace`.
#
# ### A pool that is one pixel off
#
# TensorFlow's “same” padding adds the one pixel that an even map needs on one side only. A PyTorch layer with `padding=1` pads both sides. Here is a max pool, kernel 3 and stride 2, over a row of numbers.

# %%
def tensorflow_pool(x):
    """The pool as TensorFlow pads it on a map of even size."""
    x = nn.functional.pad(x, (0, 1), value=float("-inf"))
    return nn.functional.max_pool1d(x, 3, 2)


x = torch.arange(8.0).reshape(1, 8)
print("PyTorch:   ", nn.functional.max_pool1d(x, 3, 2, padding=1).tolist())
print("TensorFlow:", tensorflow_pool(x).tolist())

# %% [markdown]
# On maps of odd size the two agree. Weights that were trained with the one and run with the other give slightly wrong outputs, and at 299×299 pixels only the second of Xception's pools sees an even map. Our package pads both sides; its source says so.
#
# ### A copy that runs
#
# Here is the block with stride 2 as one may find it on the web. The code is ours, and so is the choice of mistakes; each is of a kind that published copies have.

# %%
class FoundBlock(nn.Module):
    """Xception's reducing block as one may find it. Do not trust it."""

    def __init__(self, c_in, c_mid, c_out):
        super().__init__()
        self.skip = nn.Conv2d(c_in, c_out, 1, stride=2, bias=False)
        self.skip_bn = nn.BatchNorm2d(c_out)
        self.dw1 = nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in,
                             bias=False)
        self.pw1 = nn.Conv2d(c_in, c_out, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_out)
        self.dw2 = nn.Conv2d(c_out, c_out, 3, padding=1, groups=c_out,
                             bias=False)
        self.pw2 = nn.Conv2d(c_out, c_out, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(2, stride=2, ceil_mode=True)

    def forward(self, x):
        y = self.relu(self.dw1(self.relu(x)))
        y = self.relu(self.bn1(self.pw1(y)))
        y = self.bn2(self.pw2(self.relu(self.dw2(y))))
        return self.pool(y) + self.skip_bn(self.skip(x))

# %% [markdown]
# We compare it with the package's block in three ways: shape, number of parameters, and output under the same weights.

# %% hide="code"
def renamed(block):
    """The weights of a `ReducingBlock` under the names of the copy."""
    places = {"shortcut.0": "skip", "shortcut.1": "skip_bn"}
    for i, part in enumerate(("first", "second"), 1):
        places |= {f"{part}.depthwise": f"dw{i}",
                   f"{part}.pointwise": f"pw{i}", f"{part}.norm": f"bn{i}"}
    state = {}
    for name, value in block.state_dict().items():
        place, _, rest = name.rpartition(".")
        state[f"{places[place]}.{rest}"] = value
    return state


def same_output(copy, block, x):
    """Do both give the same output when they hold the same weights?"""
    copy.load_state_dict(renamed(block))
    with torch.no_grad():
        expected = block.eval()(x.clone())
        return torch.allclose(copy.eval()(x.clone()), expected, atol=1e-5)


def n_params(module):
    return sum(p.numel() for p in module.parameters())


torch.manual_seed(0)
rows = []
for widths in [(128, 256, 256), (728, 728, 1024)]:
    copy, block = FoundBlock(*widths), ReducingBlock(*widths)
    x = torch.randn(1, widths[0], 9, 9)
    shapes = "same" if copy(x.clone()).shape == block(x).shape else "differ"
    try:
        outputs = "same" if same_output(copy, block, x) else "differ"
    except RuntimeError:
        outputs = "the weights do not fit"
    rows.append((" → ".join(map(str, widths)), shapes, n_params(copy),
                 n_params(block), outputs))
heads = ["channels", "shapes", "parameters, copy", "package", "outputs"]
show.table(heads, rows)

# %% [markdown]
# In the entry flow even the number of parameters agrees. **Shapes and counts are not enough: compare outputs under the same weights.** You will mend the copy in the last exercise.

# %% [markdown]
# ## Exercises
#
# Practice first; a solution can be opened below each task. Then come four exercises that count, from easy to hard, with hints to open. Their checks look at a few cases only, and the hidden tests at many more: try strides, odd sizes and other kernels of your own. Your finished function can also tell you what became of your prediction.

# %% task [markdown] exercise="separable_params" objective="order"
# ### How many weights, and how much is saved?
#
# Write `saving(c_in, c_out, kernel)`: how many times more weights a standard layer has than a separable one (DW→PW) between the same widths, without batch norm or biases.
#
# **Predict first:** for a 3×3 kernel, can it be more than nine? What does it come to with very many outputs?
#
# :::{dropdown} Solution
# The standard layer has $K^2 C_\text{in} C_\text{out}$ weights, the separable one $K^2 C_\text{in} + C_\text{in} C_\text{out}$. The inputs cancel:
#
# ```python
# def saving(c_in, c_out, kernel):
#     return kernel**2 * c_out / (kernel**2 + c_out)
# ```
#
# It stays below $K^2$ and comes close to it with many outputs. It stays below $C_\text{out}$ too: a layer with few outputs saves little.
# :::

# %% answer exercise="separable_params"
def saving(c_in, c_out, kernel):
    """Weights of a standard layer over those of a separable one."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="separable_params"
with Check("saving") as check:
    with check("3 to 64 channels, 3×3: 1,728 weights against 219"):
        check.close(saving(3, 64, 3), 1728 / 219)
    with check("one output: a separable layer has more weights"):
        check.close(saving(10, 1, 3), 0.9)

# %% task [markdown] exercise="fewest_towers" objective="towers"
# ### How many towers until the 3×3 layer is the small one?
#
# Write `fewest_towers(c_in, c_out)`: the smallest number of towers that divides `c_out` and with which the 3×3 layers of an `EquivalentInception` have together no more weights than its 1×1 layer. Return `None` where no number of towers is enough.
#
# **Predict first:** is it more than Inception's three, when `c_in` equals `c_out`?
#
# :::{dropdown} Solution
# With $g$ towers the 3×3 layers have $9\, C_\text{out}^2 / g$ weights, the 1×1 layer has $C_\text{in} C_\text{out}$:
#
# ```python
# def fewest_towers(c_in, c_out):
#     for g in range(1, c_out + 1):
#         if c_out % g == 0 and 9 * c_out <= g * c_in:
#             return g
#     return None
# ```
#
# With equal widths it takes nine towers, or more where nine does not divide them. With fewer than nine inputs even the extreme form is not enough.
# :::

# %% answer exercise="fewest_towers"
def fewest_towers(c_in, c_out):
    """The fewest towers with no more 3×3 than 1×1 weights, or None."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="fewest_towers"
with Check("fewest_towers") as check:
    with check("192 to 192 channels: twelve divides them, nine not"):
        check.equal(fewest_towers(192, 192), 12)
    with check("8 inputs are too few"):
        check.equal(fewest_towers(8, 64), None)

# %% task [markdown] exercise="orders" objective="order"
# ### Which order is cheaper?
#
# Layers may have a stride, and then the order weighs more. The depthwise layer carries the stride, in either order; the pointwise layer has stride 1. The kernel is odd and the padding is `kernel // 2`, so a map of $h \times w$ becomes $\lceil h/s \rceil \times \lceil w/s \rceil$. Write two functions:
#
# - `order_macs(c_in, c_out, kernel, h, w, stride)`: the multiply-adds of DW→PW and of PW→DW, a pair of whole numbers. `h` and `w` are the size of the input.
# - `cheaper(c_in, c_out, kernel, h, w, stride)`: `"DW→PW"`, `"PW→DW"`, or `"equal"`.
#
# **Predict first:** with stride 2 and a 3×3 kernel, to how few output channels must a layer narrow before PW→DW becomes the cheaper one?
#
# :::{dropdown} Hint
# Ask of each layer: how many weights, and on how many positions is each used? A layer's multiply-adds count the positions of its *output*. Which of the two layers has its output before the map shrinks?
# :::

# %% answer exercise="orders"
def order_macs(c_in, c_out, kernel, h, w, stride):
    """Multiply-adds of DW→PW and of PW→DW."""
    # YOUR CODE HERE
    raise NotImplementedError()


def cheaper(c_in, c_out, kernel, h, w, stride):
    """Which order has fewer: "DW→PW", "PW→DW" or "equal"."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="orders" points=3
with Check("order_macs") as check:
    with check("stride 1, one position: the weights of the chapter"):
        check.equal(tuple(order_macs(3, 64, 3, 1, 1, 1)), (219, 768))
    with check("real layers, 64 to 3 channels on 32 × 32 positions"):
        first = nn.Sequential(depthwise(64), pointwise(64, 3))
        last = nn.Sequential(pointwise(64, 3), depthwise(3))
        check.equal(tuple(order_macs(64, 3, 3, 32, 32, 1)),
                    (macs(first, 64, 32), macs(last, 64, 32)))
    with check("real layers with stride 2, 8 to 8 channels on 16 × 16"):
        first = nn.Sequential(depthwise(8, stride=2), pointwise(8, 8))
        last = nn.Sequential(pointwise(8, 8), depthwise(8, stride=2))
        check.equal(tuple(order_macs(8, 8, 3, 16, 16, 2)),
                    (macs(first, 8, 16), macs(last, 8, 16)))
with Check("cheaper") as check:
    with check("where the layer widens, filter first"):
        check.equal(cheaper(3, 64, 3, 32, 32, 1), "DW→PW")
    with check("where it narrows, filter last"):
        check.equal(cheaper(64, 3, 3, 32, 32, 1), "PW→DW")

# %% task [markdown] exercise="spend" objective="size"
# ### Spend the saving
#
# Cheap layers did not make Xception small. They paid for width. Compute how much of it they can pay for.
#
# A dense layer has `c` channels before and after it, a `kernel` × `kernel` convolution without bias, and a batch norm. Write `spend(c, kernel)`: the largest number of channels `w` for which a separable layer from `w` to `w` channels (depthwise, pointwise, one batch norm, no bias) has at most as many parameters as that dense layer.
#
# **Predict first:** how many times as wide for a 3×3 kernel? For a 5×5? Then compare `spend(245, 3)` with the width of Xception's middle.
#
# :::{dropdown} Hint
# A batch norm has two parameters for each channel. `n_params(SeparableConv(w, w))` counts a real layer for a 3×3 kernel. The number only grows with $w$, so you may try one width after another; do not round a root without looking at its neighbours.
# :::

# %% answer exercise="spend"
def spend(c, kernel):
    """The widest separable layer for the price of a dense one."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="spend" points=3
with Check("spend") as check:
    price = n_params(conv_bn(40, 40, 3))
    w = spend(40, 3)
    with check("a real layer of this width keeps to the price"):
        check.true(n_params(SeparableConv(w, w)) <= price,
                   f"{w} channels cost {n_params(SeparableConv(w, w)):,}")
    with check("the next width does not"):
        check.true(n_params(SeparableConv(w + 1, w + 1)) > price,
                   f"{w + 1} channels fit too")

# %% task [markdown] exercise="towers_to_groups" objective="towers"
# ### Towers with kernels of different sizes
#
# The towers of a real Inception module do not all have 3×3 kernels. They can be made one grouped layer all the same: a small kernel is a large one with zeros around it.
#
# Write `towers_to_groups(reduce, spatial)`. Both are lists of weights, one entry for each tower, in the order in which the towers' outputs are put together: `reduce[i]` has shape `(c, c_in, 1, 1)`, `spatial[i]` has shape `(c, c, k, k)` with an odd `k` that may differ from tower to tower. Tower $i$ is a convolution with `reduce[i]`, a ReLU, and a convolution with `spatial[i]`, padded by `k // 2`.
#
# Return a pair `(point, grouped)`: the weights of one 1×1 layer, and of one grouped layer that has as many groups as there are towers and a kernel as large as the largest `k`. A `conv2d` with the first, a ReLU, and a `conv2d` with the second, padded by half of its kernel, must give what the towers give, put side by side. Keep the type of the numbers and change nothing that you were given. Refuse towers of different widths and kernels of even size with `ValueError`.
#
# :::{dropdown} Hint
# `torch.cat` puts tensors one after the other; along which dimension? `nn.functional.pad` takes the amounts for the last dimension first: `(left, right, top, bottom)`. How many rows of zeros does a 1×1 kernel need on each side to become a 5×5?
# :::

# %% answer exercise="towers_to_groups"
def towers_to_groups(reduce, spatial):
    """Weights of one 1×1 and one grouped layer: (point, grouped)."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="towers_to_groups" points=4
conv2d = nn.functional.conv2d
with Check("towers_to_groups") as check:
    torch.manual_seed(0)
    reduce = [torch.randn(4, 6, 1, 1).double() for _ in range(2)]
    spatial = [torch.randn(4, 4, 3, 3).double() for _ in range(2)]
    x = torch.randn(2, 6, 7, 7).double()
    with check("two towers with 3×3 kernels: the same outputs"):
        expected = torch.cat([
            conv2d(torch.relu(conv2d(x, a)), b, padding=1)
            for a, b in zip(reduce, spatial, strict=True)], dim=1)
        point, both = towers_to_groups(reduce, spatial)
        y = conv2d(torch.relu(conv2d(x, point)), both, padding=1, groups=2)
        check.close(y, expected, abs=1e-10)
    with check("towers of 4 and of 2 channels are refused"):
        try:
            towers_to_groups([reduce[0], reduce[1][:2]],
                             [spatial[0], spatial[1][:2, :2]])
        except ValueError:
            pass
        else:
            check.true(False, "no ValueError was raised")

# %% task [markdown] exercise="mended_block" objective="build"
# ### Mend the copy
#
# The `FoundBlock` of the pitfall above differs from Xception's block in four ways. One is in a width, three are in what happens to the map. Find them: hold it against the source of `ReducingBlock` and `SeparableConv`.
#
# Then write `MendedBlock(c_in, c_mid, c_out)`. You may copy what is right. Three rules:
#
# - It gives what `ReducingBlock` gives with the same weights, for maps of every size and for inputs with negative values.
# - Its layers keep the names `skip`, `skip_bn`, `dw1` … `bn2`, so that trained weights still load. It has no other parameters.
# - It leaves its input as it was.
#
# The check below looks at little. With `same_output` you can look at more.
#
# :::{dropdown} Hint: the width
# The table of the pitfall says for which channels the weights do not fit. What does the copy do with `c_mid`?
# :::
#
# :::{dropdown} Hint: the map
# Feed it a map without negative values first: then one of the mistakes cannot show. Which layers may a ReLU stand between? Which positions does a window of the pool cover?
# :::

# %% answer exercise="mended_block"
class MendedBlock(nn.Module):
    """Xception's block with stride 2, under the names of the copy."""

    def __init__(self, c_in, c_mid, c_out):
        super().__init__()
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()

# %% check exercise="mended_block" points=4
with Check("MendedBlock") as check:
    with check("8 → 8 → 12 channels: as many parameters"):
        check.equal(n_params(MendedBlock(8, 8, 12)),
                    n_params(ReducingBlock(8, 8, 12)))
    with check("the same weights, a map without negative values"):
        torch.manual_seed(0)
        copy, block = MendedBlock(8, 12, 12), ReducingBlock(8, 12, 12)
        check.true(same_output(copy, block, torch.rand(2, 8, 9, 9)),
                   "the outputs differ")

# %% [markdown]
# ### An open question
#
# No points for this one, and no single answer. Between three towers and one for each channel lies the spectrum of the figure above, and the paper calls it unexplored. Suppose you may spend a fixed number of parameters on a block. Would you spend it on more segments and more width, or on fewer segments that mix channels in space?
#
# Plan the experiment: `EquivalentInception` takes any number of towers. What would you hold equal, how often would you repeat it, and which result would change your mind?

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements of the paper and of our sources, each with our verdict. The sources are five public texts on light networks, lecture notes and articles, which the book follows and checks.

# %% [markdown]
# ## When to choose it
#
# Choose the *layer* wherever parameters and multiply-adds count: depthwise and pointwise layers, in one order or the other, are what MobileNet, EfficientNet and their heirs are built from. Choose the *network* when accuracy counts and a machine of ordinary size will run it; it is as large as Inception v3, and does more arithmetic.
#
# Look elsewhere for a phone. And where time counts, measure: the depthwise layers do next to no arithmetic and still read and write whole maps.
#
# You saw the two jobs of a kernel; towers that are one 1×1 and one grouped layer, exactly; the spectrum from three segments to one for each channel; two differences that remain, of which the order hardly matters inside a stack and the activation does; and a saving that was spent again. MobileNet, later, keeps the saving.
