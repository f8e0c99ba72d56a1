# ---
# title: SqueezeNext
# minutes: [75, 70]
# before: "what layers cost, and the rule for verdicts ({chapter}`1`); {term}`rank` and {term}`singular values <singular value>` ({chapter}`2`); residual blocks and shortcuts ({chapter}`4`)"
# objectives:
#   count: say where a network's weights are, and when a 1×K and a K×1 layer have fewer of them than one K×K layer
#   rank: cut a trained layer down to a pair of smaller ones, and say what that loses
#   build: build the block and the network, count them against the authors' files, and find the mistakes of copies
#   hardware: explain by counting why a layer keeps an array of multipliers busy or idle, and test such an explanation with a clock
# ---

# %% card [markdown]
# # SqueezeNext: narrow twice, split the kernel
#
# {chapter}`SqueezeNet <8>` showed that a network can match AlexNet with fifty times fewer weights {cite:p}`iandola2016squeezenet`. Its successor, SqueezeNext {cite:p}`gholami2018squeezenext`, wants fewer still, and a network that suits a chip. It makes the map narrow in two steps and splits the 3×3 kernel in two. We count what each step saves, and at which widths.

# %% [markdown] objective="count" claims="SX-10,SX-11"
# ## Where the weights are
#
# Here are all {term}`weights <weight>` of four networks, sorted by the kind of their layers. A **{term}`linear layer`** joins every input to every output; papers call it fully connected.

# %% hide="code"
import math
from copy import deepcopy

import matplotlib.pyplot as plt
import torch
from torch import nn

from lightnets_edu import cost, data, show, timing, training, verdict
from lightnets_edu.checks import Check
from lightnets_edu.inference import fold_batch_norm
from lightnets_edu.models import MODELS
from lightnets_edu.models.squeezenext import (
    BLOCKS, CHANNELS, LAST, STEM, Block, FirstBlock, SqueezeNext,
)

show.vector_plots()
image = (1, 3, 227, 227)    # the size in the authors' files
KINDS = {"linear": ("#D55E00", ""), "K×K": ("#0072B2", "///"),
         "1×1": ("#009E73", "...")}
NAMES = {"AlexNet": "alexnet", "VGG-16": "vgg16", "VGG-19": "vgg19",
         "ResNet-50": "resnet50", "MobileNet V1": "mobilenet_v1_1.0",
         "SqueezeNet": "squeezenet_1.0", "SqueezeNet 1.1": "squeezenet_1.1",
         "1.0-SqNxt-23": "squeezenext_1.0_sqnxt_23",
         "1.0-SqNxt-23v5": "squeezenext_1.0_sqnxt_23v5",
         "1.0-G-SqNxt-23": "squeezenext_1.0_g_sqnxt_23",
         "2.0-SqNxt-23": "squeezenext_2.0_sqnxt_23",
         "2.0-SqNxt-23v5": "squeezenext_2.0_sqnxt_23v5"}


def counted(net):
    return cost.layer_costs(net, image)


def kind(row):
    if row.kind == "linear":
        return "linear"
    if not row.kernel:
        return "norm"
    return "1×1" if math.prod(row.kernel) == 1 else "K×K"


with torch.device("meta"):    # sizes only: no weights are drawn
    rows = {name: counted(MODELS[key]()) for name, key in NAMES.items()}
totals = {name: cost.total(found) for name, found in rows.items()}


def share(name, which):
    """Share of a network's parameters that layers of one kind have."""
    found = [r.params for r in rows[name] if kind(r) == which]
    return sum(found) / totals[name].params


def draw_kinds(names):
    fig, ax = plt.subplots(figsize=(7, 0.5 * len(names) + 1.1))
    for i, name in enumerate(names):
        left = 0
        for which, (colour, hatch) in KINDS.items():
            part = share(name, which)
            ax.barh(i, part, left=left, color=colour, hatch=hatch,
                    edgecolor="white", label=None if i else which)
            left += part
    ax.set_yticks(range(len(names)), [
        f"{name}\n{totals[name].params / 1e6:.2f} M" for name in names])
    ax.invert_yaxis()
    ax.set(xlabel="share of all parameters", xlim=(0, 1))
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.45, 1))
    plt.show()

# %% hide="code" name="fig-squeezenext-kinds" alt="Four bars of equal length, each divided by kinds of layers. In each, linear layers stand at the left, then K×K, then 1×1 kernels. AlexNet's is nearly all linear layers. ResNet-50's begins with a small linear part; the rest is halves of K×K and of 1×1 kernels. MobileNet V1's is a quarter linear, the rest 1×1 kernels. SqueezeNet's has no linear part; nearly half of it is K×K kernels." caption="Parameters by kind of layer, and their number in millions. Batch norms are the rest to the right, too small to see well. (The moving figures below have colours of their own.)"
draw_kinds(["AlexNet", "ResNet-50", "MobileNet V1", "SqueezeNet"])

# %% [markdown]
# In AlexNet {{= f"{share('AlexNet', 'linear'):.0%}" =}} of the {term}`parameters <parameter>` are in linear layers. ResNet-50 has one linear layer, SqueezeNet none: a 1×1 layer and an average give its scores. What is left to save in SqueezeNet? {{= f"{share('SqueezeNet', 'K×K'):.0%}" =}} of its weights are in K×K {term}`kernels <kernel>`, nearly all of them 3×3. The 1×1 layers have {{= f"{share('SqueezeNet', '1×1'):.0%}" =}}; without the *{term}`squeeze`* layers, which make the {term}`map` narrow, {{= f"{sum(r.params for r in rows['SqueezeNet'] if 'squeeze' not in r.name and kind(r) == '1×1') / totals['SqueezeNet'].params:.0%}" =}} remain: the layers behind the narrow places, and the one at the end. SqueezeNext goes for both.

# %% objectives [markdown]
# ## You will be able to

# %% predict [markdown] name="pair" objective="count"
# ## Predict first
#
# A 3×3 layer leads from $32$ to $64$ {term}`channels <channel>`. We put two layers in its place: 3×1 from $32$ to $64$, then 1×3 from $64$ to $64$. **How many times fewer weights do the two have?**
#
# :field: Times fewer weights
# :answer: f"{dense / split:.2f}"
# :wrong: 1.5: Six instead of nine is right for each pair of channels. But which pairs of channels does the second layer join?
# :wrong: 3: Each kernel has a third of the weights. But there are two of them.

# %% predict [markdown] name="first" objective="hardware"
# ### And where is the work?
#
# SqueezeNext-23 begins with a 7×7 layer of {term}`stride` 2 from the three colours to {{= STEM =}} channels, on a photograph of {{= f"{image[2]}×{image[3]}" =}}. A max {term}`pool <pooling>` halves its map again. Then come many {term}`blocks <block>`. **What share of all {term}`multiply-adds <multiply-add>` is in that first layer?**
#
# :field: Share of the first layer
# :unit: %
# :answer: f"{100 * stem_share:.0f}"
# :wrong: below 15: It has few weights. But each is used at more positions than any weight after it.
# :wrong: above 60: Not quite: the blocks still do more than half.

# %% [markdown] objective="build" claims="SX-05,SX-13"
# ## See it: the block
#
# A SqueezeNext block on $C$ channels has five layers, each with {term}`batch norm` and {term}`ReLU`:
#
# 1. {show}`a 1×1 layer to half <fig-squeezenext-block layer=0>`, $C/2$ channels;
# 2. {show}`a 1×1 layer to a quarter <fig-squeezenext-block layer=1>`, $C/4$: together a **{term}`two-stage bottleneck`**;
# 3. {show}`a 3×1 layer <fig-squeezenext-block layer=2>`, back to $C/2$;
# 4. {show}`a 1×3 layer <fig-squeezenext-block layer=3>`, which stays at $C/2$ (in every other block the 1×3 layer comes first);
# 5. {show}`a 1×1 layer <fig-squeezenext-block layer=4>` back to $C$, to which the {term}`shortcut` adds the input.

# %% hide="code" wide=true name="fig-squeezenext-block" alt="Two blocks as flows of channels from left to right on one scale. SqueezeNext's falls from 128 channels to 64 and to 32, rises to 64, stays there, and rises to 128; a shortcut leads around it. A fire module of SqueezeNet falls from 128 channels to 16 at once and opens into two layers side by side, one with 1×1 and one with 3×3 kernels, 64 channels each." caption="A block of SqueezeNext on $128$ channels of 14×14 positions; beside it SqueezeNet’s fire module or a residual bottleneck, same input and same output. Height is channels; bars are costs. Point at a layer to see its exact cost."
from lightnets_edu.models.squeezenet import Fire
from lightnets_edu.widgets import BlockAnatomy


def conv(c_in, c_out, kernel, stride=1):
    padding = tuple(k // 2 for k in kernel)
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(c_out), nn.ReLU())


class Bottleneck(nn.Module):
    """1×1 to a quarter, 3×3, 1×1 back; a shortcut."""

    def __init__(self, c):
        super().__init__()
        self.reduce = conv(c, c // 4, (1, 1))
        self.spatial = conv(c // 4, c // 4, (3, 3))
        self.expand = conv(c // 4, c, (1, 1))

    def forward(self, x):
        return torch.add(x, self.expand(self.spatial(self.reduce(x))))


on = (1, 128, 14, 14)
BlockAnatomy.of({"SqueezeNext": (Block(128), on),
                 "Fire module": (Fire(128, 16, 64, 64), on),
                 "Residual bottleneck": (Bottleneck(128), on)}, layer=0)

# %% [markdown]
# Beside it stands SqueezeNet’s **{term}`fire module`**, which narrows once and then runs 1×1 and 3×3 kernels side by side; or look at {show}`the residual bottleneck <fig-squeezenext-block beside="Residual bottleneck">`. All three have a narrow middle, a {term}`bottleneck`. On these channels the fire module is the lightest: it narrows to an eighth at once.

# %% [markdown] objective="count" claims="SX-06,SX-07"
# ## Count it: when a split kernel saves
#
# A K×K layer has $K^2 C_\text{in} C_\text{out}$ weights. The paper puts a K×1 and a 1×K layer in its place. The course page, one of [our sources](../book/claims.md), says after the paper that this reduces $K^2$ to $2K$: nine to six for $K = 3$. But the two layers meet in a middle of $m$ channels, and the second pays for the middle too:
#
# $$
# K\,C_\text{in}\,m + K\,m\,C_\text{out} = K\,m\,(C_\text{in} + C_\text{out}) .
# $$
#
# Less than $K^2 C_\text{in} C_\text{out}$ it is only where
#
# $$
# K > m\,\Big(\frac{1}{C_\text{in}} + \frac{1}{C_\text{out}}\Big) .
# $$
#
# With all three {term}`widths <width>` equal the right side is 2: from $K = 3$ on the pair saves. With $m = C_\text{out}$ it is $1 + C_\text{out}/C_\text{in}$: a layer that *doubles* the channels needs $K > 3$. Formula, function and real layers:

# %% hide="code" claims="SX-06,SX-07"
def pair_weights(c_in, m, c_out, k):
    """Weights of a k×1 layer to m channels and a 1×k layer to c_out."""
    return cost.conv_params(c_in, m, (k, 1)) + cost.conv_params(
        m, c_out, (1, k))


def n_weights(*layers):
    return sum(p.numel() for layer in layers for p in layer.parameters())


TRIPLES = {"32 → 64 → 64": (32, 64, 64), "64 → 64 → 64": (64, 64, 64),
           "32 → 32 → 64": (32, 32, 64)}
compared = []
for name, (a, m, b) in TRIPLES.items():
    layers = [nn.Conv2d(a, m, (3, 1), bias=False),
              nn.Conv2d(m, b, (1, 3), bias=False)]
    whole = n_weights(nn.Conv2d(a, b, 3, bias=False))
    compared.append((name, whole, 3 * m * (a + b), pair_weights(a, m, b, 3),
                     n_weights(*layers)))
dense, split = compared[0][1], compared[0][4]
show.table(["channels", "3×3 layer", "pair: formula", "function", "layers",
            "times fewer"],
           [(*row, f"{row[1] / row[4]:.2f}") for row in compared])

# %% [markdown]
# {answer}`pair`
#
# From $32$ to $64$ channels the 3×3 layer has {{= f"{dense:,}" =}} weights, and the pair has {{= f"{split:,}" =}}: {{= f"{dense / split:.2f}" =}} times fewer, which is no saving at all. With equal widths it is {{= f"{compared[1][1] / compared[1][4]:.2f}" =}} times.

# %% hide="code" name="fig-squeezenext-law" alt="Three rising straight lines over kernel sizes from 1 to 9. The line for a middle as wide as a doubled output reaches one, marked by a dashed line, at kernel size 3; that for equal widths crosses it at 2; that for a middle as narrow as the input crosses it at one and a half. A black circle is drawn around the first line's point at kernel size 3, on the dashed line." caption="How many times fewer weights the pair has than one K×K layer, for three choices of widths. Below the dashed line the pair has more. The circle is SqueezeNext’s own pair."
fig, ax = plt.subplots(figsize=(6.4, 3.2))
kernels = range(1, 10)
for (name, (a, m, b)), mark in zip(TRIPLES.items(), "os^", strict=True):
    ax.plot(kernels, [k * k * a * b / pair_weights(a, m, b, k)
                      for k in kernels], marker=mark, markersize=4,
            label=name)
ax.axhline(1, color="#595959", linestyle="--")
ax.plot(3, 1, "o", markersize=13, color="black", fillstyle="none")
ax.set(xlabel="K", ylabel="times fewer weights", xticks=list(kernels))
ax.legend(title="channels: in → middle → out")
plt.show()

# %% [markdown]
# Now look at the block again. Its pair goes from $C/4$ to $C/2$ and stays at $C/2$: it *doubles*. So the split kernels of SqueezeNext, at $K = 3$, have exactly as many weights as one 3×3 layer in their place, and as many multiply-adds. What they buy is one more batch norm and ReLU, not fewer weights.
#
# ### Then what saves?
#
# The bottleneck. We count the block on $C = 128$ channels, then without its second 1×1 layer, and with one 1×1 layer straight to a quarter.

# %% claims="SX-05"
def block_weights(first, second, half, c=128):
    """1×1 layers to `first` and `second`, a pair to `half`, 1×1."""
    reduce = c * first + (first * second if second else 0)
    return reduce + pair_weights(second or first, half, half, 3) + half * c


designs = {
    "two stages: 64, 32": block_weights(64, 32, 64),
    "one stage: 64": block_weights(64, None, 64),
    "one stage: 32": block_weights(32, None, 64),
}
bare = n_weights(*(m for m in Block(128).modules()
                   if isinstance(m, nn.Conv2d)))
assert designs["two stages: 64, 32"] == bare
plain = cost.conv_params(128, 128, 3)
second = cost.conv_params(64, 32, 1)    # the second 1×1 layer
show.table(["narrowed to", "weights", "times fewer than one 3×3 layer"],
           [(name, n, f"{plain / n:.1f}") for name, n in designs.items()])

# %% [markdown]
# The second {term}`stage` costs {{= f"{second:,}" =}} weights and saves {{= f"{designs['one stage: 64'] - designs['two stages: 64, 32'] + second:,}" =}} in the pair behind it: the block gets {{= f"{1 - designs['two stages: 64, 32'] / designs['one stage: 64']:.0%}" =}} lighter. But a *single* stage straight to a quarter would be lighter still, by {{= f"{1 - designs['one stage: 32'] / designs['two stages: 64, 32']:.0%}" =}}. So the second stage saves against a half, not against a quarter. What the detour buys can only be measured.

# %% [markdown] claims="SX-16"
# ### Two meanings of “separable”
#
# The paper calls this pair {term}`separable <separable convolution>`. So do papers on {term}`depthwise separable <separable convolution>` layers, and mean something else. SqueezeNext’s authors even say that they *avoid* the {term}`depthwise <depthwise convolution>` kind (abstract of {cite:t}`gholami2018squeezenext`). Here the *kernel* is separated, and all channels stay joined: a {term}`spatially separable <spatially separable convolution>` layer.

# %%
separable = {
    "3×3": [nn.Conv2d(64, 64, 3)],
    "spatially separable": [nn.Conv2d(64, 64, (3, 1)),
                            nn.Conv2d(64, 64, (1, 3))],
    "depthwise separable": [nn.Conv2d(64, 64, 3, groups=64),
                            nn.Conv2d(64, 64, 1)],
}
show.table(["64 → 64 channels", "weights"],
           [(name, sum(layer.weight.numel() for layer in layers))
            for name, layers in separable.items()])

# %% [markdown] objective="build" claims="SX-09,SX-14"
# ## Build it: block and network
#
# `_conv` is {term}`convolution`, batch norm, ReLU, as above; `divide` refuses what does not divide.

# %%
show.source(Block)

# %% [markdown]
# The first block of a {term}`stage` changes widths and may halve the map; so its shortcut needs a layer as well:

# %%
show.source(FirstBlock)

# %% [markdown]
# Both narrow to a half and a quarter of their *output*. Copies state three rules by the *input* instead: halve it; in blocks of stride 2 keep it; where the network gets narrower, divide it by four. At width `1.0` both ways lead to the same first width:
#
# | block | half of the output | rule of the copy |
# |---|---|---|
# | {{= f"{STEM} → {CHANNELS[0]}" =}}, narrower | {{= CHANNELS[0] // 2 =}} | divide by four: {{= STEM // 4 =}} |
# | {{= f"{CHANNELS[0]} → {CHANNELS[1]}" =}}, stride 2 | {{= CHANNELS[1] // 2 =}} | keep: {{= CHANNELS[0] =}} |
# | {{= f"{CHANNELS[1]} → {CHANNELS[1]}" =}} | {{= CHANNELS[1] // 2 =}} | halve: {{= CHANNELS[1] // 2 =}} |
#
# The network is a {term}`stem`, four stages and an end. The stages are a table: {{= ", ".join(map(str, BLOCKS["23"])) =}} blocks, on {{= ", ".join(map(str, CHANNELS)) =}} channels. (The code also knows `23v5`, a later version, of which we speak below.)

# %% hide="code"
show.source(SqueezeNext)

# %% hide="code"
def ladder(net):
    """Shape and costs behind each part of the network."""
    found, lines = counted(net), []
    parts = {"stem": "7×7, stride 2; pool", "stages.0": "stage 1",
             "stages.1": "stage 2", "stages.2": "stage 3",
             "stages.3": "stage 4", "last": "1×1", "head": "mean, linear"}
    for part, words in parts.items():
        own = [r for r in found if r.name.split(".")[:part.count(".") + 1]
               == part.split(".")]
        shape = own[-1].out_shape[1:]
        if part == "stem":
            shape = (STEM, 55, 55)
        t = cost.total(own)
        lines.append((words, "×".join(map(str, shape)), t.params, t.macs,
                      f"{t.macs / cost.total(found).macs:.1%}"))
    return lines


with torch.device("meta"):
    sqnxt = SqueezeNext()
    n_blocks = len([m for m in sqnxt.modules() if isinstance(m, Block)])
    n_convs = len([r for r in rows["1.0-SqNxt-23"] if r.kernel])
    assert sqnxt.stem(torch.zeros(image)).shape[1:] == (STEM, 55, 55)
stem_share = rows["1.0-SqNxt-23"][0].macs / totals["1.0-SqNxt-23"].macs
v5_share = rows["1.0-SqNxt-23v5"][0].macs / totals["1.0-SqNxt-23v5"].macs
head = cost.conv_params(256, LAST, 1) + LAST * 1000
unnarrowed = CHANNELS[-1] * 1000
show.table(["part", "map behind it", "parameters", "multiply-adds",
            "share"], ladder(sqnxt))

# %% [markdown] claims="SX-12"
# {answer}`first`
#
# The first layer does {{= f"{stem_share:.1%}" =}} of the multiply-adds. Why that is bad for a chip, we come back to.
#
# The number in the name, {{= n_blocks + 2 =}}, fits {{= n_blocks =}} blocks, the first layer and the linear layer; the 1×1 layer between blocks and linear layer is then not counted. Convolutions there are {{= n_convs =}}; with the linear layer {{= n_convs + 1 =}} layers compute.
#
# Before the linear layer stands one more bottleneck. A linear layer on a map of $H \times W$ positions and $C$ channels has $H W C L$ weights for $L$ classes. The average over positions removes $H W$; the 1×1 layer lowers $C$ from {{= CHANNELS[-1] =}} to {{= LAST =}}. For a thousand classes that is {{= f"{head:,}" =}} weights, both layers together, against {{= f"{unnarrowed:,}" =}} without it.

# %% [markdown] objective="build" claims="SX-01,SX-02,SX-03"
# ## Check it: five files and three boasts
#
# The authors published five networks as files {cite:p}`gholami2018code`. Our tests rebuild them layer by layer. In their names, `1.0` and `2.0` are widths, `G` means two {term}`groups <group>`, and `v5` has a 5×5 first layer and {{= ", ".join(map(str, BLOCKS["23v5"])) =}} blocks. The printed millions we know second-hand.

# %% hide="code"
def with_biases(name):
    """Parameters if every convolution had biases, as in many copies."""
    return totals[name].params + sum(
        r.c_out for r in rows[name] if r.kernel)


REPORTED = {"1.0-SqNxt-23": 0.72, "1.0-SqNxt-23v5": 0.94,
            "1.0-G-SqNxt-23": 0.54, "2.0-SqNxt-23": 2.4,
            "2.0-SqNxt-23v5": 3.2}    # millions
show.table(
    ["network", "reported", "parameters", "authors' file",
     "with biases", "multiply-adds"],
    [(name, f"{reported} M", totals[name].params,
      totals[name].params - 1000, with_biases(name), totals[name].macs)
     for name, reported in REPORTED.items()])

# %% [markdown]
# The files have no {term}`bias` in the last layer, ours has. The often quoted {{= f"{with_biases('1.0-SqNxt-23'):,}" =}} is the count with a bias in each convolution, which a widely used copy has {cite:p}`semery2018pytorchcv`. Such a bias does nothing, since batch norm takes the mean away again.
#
# Now the three ratios of the paper’s abstract {cite:p}`gholami2018squeezenext`:
#
# - *AlexNet’s accuracy with $112$ times fewer parameters.* For `1.0-SqNxt-23` it is {{= f"{totals['AlexNet'].params / totals['1.0-SqNxt-23'].params:.1f}" =}} times. For the *{term}`grouped <grouped convolution>`* network, `1.0-G-SqNxt-23`, it is {{= f"{totals['AlexNet'].params / totals['1.0-G-SqNxt-23'].params:.1f}" =}}.
# - *VGG-19’s accuracy with $4.4$ million, $31$ times fewer.* VGG-19 would make that {{= f"{totals['VGG-19'].params / 4.4e6:.1f}" =}}; {{= f"{totals['VGG-16'].params / 4.4e6:.1f}" =}} is VGG-16’s ratio. (The network meant is a deeper one, without a file.)
# - *A better top-5 accuracy than MobileNet’s with $1.3$ times fewer.* MobileNet V1 has {{= f"{totals['MobileNet V1'].params / totals['2.0-SqNxt-23v5'].params:.2f}" =}} times the parameters of `2.0-SqNxt-23v5`. This ratio of parameters holds for the authors’ file; what it says of accuracy we cannot recompute. The widely used copy with biases also widens the first layer and the 1×1 layer before the linear one, which the file does not; it has 3,366,344 parameters {cite:p}`semery2018pytorchcv`. With it the ratio would be {{= f"{totals['MobileNet V1'].params / 3_366_344:.2f}" =}}.

# %% [markdown] objective="rank" claims="SX-08"
# ## Is a trained layer of low rank?
#
# There are two ways to a split kernel: *design* it, as SqueezeNext does, or *cut* a trained layer down to it {cite:p}`jaderberg2014lowrank`. Cutting loses little if the trained layer is of low {term}`rank`. The course page says that trained layers are not, and have to be trained again afterwards. We look.
#
# Which rank? A K×1 layer to $m$ channels and a 1×K layer behind it, with nothing between, are one K×K layer. It has the weights
#
# $$
# W_{o,i,y,x} = \sum_{j=1}^{m} R_{o,j,x}\, C_{j,i,y} .
# $$
#
# Lay $W$ out as a table, a row for each pair $(o, x)$, a column for each $(i, y)$. The sum says that this table has rank $m$ at most. So the nearest pair comes from the {term}`singular values <singular value>`: keep the $m$ largest. That no other table of rank $m$ is nearer is the *theorem of Eckart and Young*: what is lost is the squares of the others.

# %%
def as_table(weight):
    """(C_out, C_in, K, L) -> rows (o, x), columns (i, y)."""
    o, i, h, w = weight.shape
    return weight.permute(0, 3, 1, 2).reshape(o * w, i * h)


@torch.no_grad()
def cut(layer, m):
    """The nearest pair of a K×1 and a 1×L layer, m channels between."""
    o, i, h, w = layer.weight.shape
    u, s, v = torch.linalg.svd(as_table(layer.weight), full_matrices=False)
    root = s[:m].sqrt()
    column = nn.Conv2d(i, m, (h, 1), padding=(h // 2, 0), bias=False)
    row = nn.Conv2d(m, o, (1, w), padding=(0, w // 2), bias=False)
    column.weight.copy_((root[:, None] * v[:m]).reshape(m, i, h, 1))
    row.weight.copy_((u[:, :m] * root).reshape(o, w, m).mT[:, :, None])
    return nn.Sequential(column, row)


layer = nn.Conv2d(16, 32, 3, padding=1, bias=False)
x = torch.randn(2, 16, 7, 9)
full = min(as_table(layer.weight).shape)
even = layer.weight.numel() // (3 * (16 + 32))    # as many weights
print("all", full, "values kept, largest difference:",
      f"{(cut(layer, full)(x) - layer(x)).abs().max():.0e}")

# %% hide="code"
train, test = data.digits(12)
train = data.Images(train.x[:400], train.y[:400])
recipe = {"epochs": 6, "batch": 20, "lr": 0.05}
again = {"epochs": 2, "batch": 20, "lr": 0.01}
CUTS = (4, 8, 16, 24, 32)


def small():
    return nn.Sequential(
        *conv(1, 16, (5, 5), 2), *conv(16, 32, (3, 3)),
        *conv(32, 32, (3, 3)), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(32, 10))


def needed(weight):
    """Share of the singular values that hold 90 % of the squares."""
    s = torch.linalg.svdvals(as_table(weight)).square()
    return (int((s.cumsum(0) < 0.9 * s.sum()).sum()) + 1) / len(s)


def first_share(weight):
    """Share of each kernel's squares in its first singular value."""
    s = torch.linalg.svdvals(weight).square()
    return (s[..., 0].sum() / s.sum()).item()


def ranks_say(ranks):
    return verdict.paired(ranks["trained"], ranks["untrained"]).words(
        "more values", "fewer values", "not told apart")


def cut_net(net, m):
    copy = deepcopy(net)
    copy[3] = cut(net[3], m)
    return copy

# %% [markdown]
# We train a small network on {{= len(train) =}} handwritten digits, enlarged to 12×12, and look at its 3×3 layer from $16$ to $32$ channels: {{= full =}} singular values. From which $m$ on does the pair save nothing? Reckon it before you read on. Then we cut it, test, train the cut network for two more passes, and test again; the whole network gets the two passes as well.

# %% predict [markdown] name="cut" objective="rank"
# ### How much can be cut away?
#
# :field: To hold nine tenths of the squared weights, the trained layer needs, beside the untrained one,
# :choices: fewer values | more values | not told apart
# :answer: ranks_say(recorded.ranks)
# :field: Cut to m = 8, a sixth of the values, the network’s accuracy falls to
# :unit: %
# :answer: f"{100 * verdict.mean(recorded.accuracies['m = 8']):.0f}"
# :wrong: above 90: The squares that are lost are a large part of the whole.

# %% hide="code" measured=true record="ranks,accuracies,spectra" claims="SX-08"
ranks = {"trained": [], "untrained": []}
kernels = {"trained": [], "untrained": []}
spectra = {"trained": 0, "untrained": 0}
accuracies = {name: [] for name in [
    "whole", *(f"m = {m}" for m in CUTS), "m = 8, trained again",
    "whole, trained again"]}
chosen = training.seeds(3, of=30)
for seed in chosen:
    torch.manual_seed(seed)
    net = small()
    before = net[3].weight.detach().clone()
    run = training.fit(net, train, test, seed=seed, **recipe)
    accuracies["whole"].append(run.accuracy)
    for name, weight in (("untrained", before),
                         ("trained", net[3].weight.detach())):
        ranks[name].append(needed(weight))
        kernels[name].append(first_share(weight))
        s = torch.linalg.svdvals(as_table(weight))
        spectra[name] = spectra[name] + s / s.norm() / len(chosen)
    for m in CUTS:
        accuracies[f"m = {m}"].append(
            training.accuracy(cut_net(net, m), test))
    for name, other in (("m = 8", cut_net(net, 8)), ("whole", net)):
        run = training.fit(other, train, test, seed=seed, **again)
        accuracies[f"{name}, trained again"].append(run.accuracy)
    if not seed:
        trained_net = net
spectra = {name: s.tolist() for name, s in spectra.items()}
ranks |= {f"{name} kernels": found for name, found in kernels.items()}

print("Measured on", timing.machine())
show.table(
    ["network", "accuracy: mean (lowest to highest)",
     "against the whole: mean (interval)"],
    [(name, f"{verdict.mean(a):.1%} ({min(a):.1%} to {max(a):.1%})",
      "–" if name == "whole" else verdict.paired(a, accuracies["whole"]))
     for name, a in accuracies.items()])

# %% hide="code" measured=true name="fig-squeezenext-rank" alt="Two panels. Left, two falling lines over the rank of the singular value: solid for the trained layer, dashed for the untrained layer. Right, accuracy against m from 4 to 32, a point with a bar from lowest to highest for each; a dashed line for the whole network above, a dotted one for chance below." caption="Left: singular values of the layer, numbered from the largest, divided by the root of the sum of their squares, mean over seeds. Right: accuracy of the network cut to m, mean and range; the dashed line is the whole network, the dotted one chance."
fig, (left, right) = plt.subplots(1, 2, figsize=(7, 3))
for name, style in (("trained", "-"), ("untrained", "--")):
    left.plot(range(1, 49), spectra[name], style, label=name)
left.set(xlabel="number of the value", ylabel="size", ylim=(0, None))
left.legend()
means = [verdict.mean(accuracies[f"m = {m}"]) for m in CUTS]
low = [min(accuracies[f"m = {m}"]) for m in CUTS]
high = [max(accuracies[f"m = {m}"]) for m in CUTS]
below = [a - b for a, b in zip(means, low, strict=True)]
above = [b - a for a, b in zip(means, high, strict=True)]
right.errorbar(CUTS, means, [below, above], marker="o", capsize=3)
right.axhline(verdict.mean(accuracies["whole"]), linestyle="--",
              color="#D55E00")
right.axhline(verdict.chance(test.y), linestyle=":", color="#595959")
right.set(xlabel="m", ylabel="accuracy", xticks=CUTS, ylim=(0, 1))
plt.show()

# %% [markdown]
# {answer}`cut`
#
# To hold nine tenths of the squared weights, of the {{= full =}} values the trained layer needs {{= f"{full * verdict.mean(recorded.ranks['trained']):.1f}" =}} on average, the untrained one {{= f"{full * verdict.mean(recorded.ranks['untrained']):.1f}" =}}: {{= ranks_say(recorded.ranks) =}}, by the rule of {chapter}`1`; the difference is {{= (lambda v: f"{v.mean:+.1f} values ({v.low:+.1f} to {v.high:+.1f})".replace("-", "−"))(verdict.paired([full * r for r in recorded.ranks["trained"]], [full * r for r in recorded.ranks["untrained"]])) =}}. On the left the two lines are at most {{= (lambda gaps: f"{max(gaps):.2f} apart, at value {gaps.index(max(gaps)) + 1}")([abs(a - b) for a, b in zip(*recorded.spectra.values())]) =}}. {{= "In the sense in which compression needs it, this trained layer is not of low rank: it spreads its weights nearly as wide as chance does" if verdict.mean(recorded.ranks["trained"]) > 0.8 * verdict.mean(recorded.ranks["untrained"]) else "Training has made the layer one of lower rank than chance does" =}}. It is one layer of one small network, and after {{= recipe["epochs"] * (len(train) // recipe["batch"]) =}} {term}`batches <batch>` it may still be near to where it started; what other layers do, we have not seen.
#
# The page speaks of {{= len(recorded.accuracies["whole"]) =}} {term}`seeds <seed>`. If you run three, yours may not tell apart what the page does.
#
# Cut to $m = 16$, which halves the layer, the network is {{= verdict.paired(recorded.accuracies["m = 16"], recorded.accuracies["whole"]).words("better than", "worse than", "not told apart from") =}} the whole one ({{= verdict.paired(recorded.accuracies["m = 16"], recorded.accuracies["whole"]) =}}). With $m = 8$ it is {{= verdict.paired(recorded.accuracies["m = 8"], recorded.accuracies["whole"]).words("better", "worse", "not told apart") =}}: {{= verdict.paired(recorded.accuracies["m = 8"], recorded.accuracies["whole"]) =}}. And where does the pair save nothing? It has $3m\,(16 + 32)$ weights, the layer {{= f"{layer.weight.numel():,}" =}}: from $m =$ {{= even =}} on. There the network is {{= verdict.paired(recorded.accuracies["m = 32"], recorded.accuracies["whole"]).words("better than", "worse than", "not told apart from") =}} the whole ({{= verdict.paired(recorded.accuracies["m = 32"], recorded.accuracies["whole"]) =}}).
#
# Two passes of training change $m = 8$ by {{= verdict.paired(recorded.accuracies["m = 8, trained again"], recorded.accuracies["m = 8"]) =}}. Beside the whole network with the same two passes it is then {{= verdict.paired(recorded.accuracies["m = 8, trained again"], recorded.accuracies["whole, trained again"]).words("better", "worse", "not told apart") =}}: {{= verdict.paired(recorded.accuracies["m = 8, trained again"], recorded.accuracies["whole, trained again"]) =}}. {{= verdict.paired(recorded.accuracies["m = 8, trained again"], recorded.accuracies["m = 8"]).words("So training again does help this cut network. That fits what the course page says of trained layers, but it is one small layer and an easy task", "So training again does not help here, against what the course page says", "So we cannot tell whether training again helps") =}}.
#
# One kernel at a time the question is easier. A column times a row, the pair that every *single* 3×3 kernel could be, holds {{= f"{verdict.mean(recorded.ranks['trained kernels']):.0%}" =}} of the squares of the trained kernels, and {{= f"{verdict.mean(recorded.ranks['untrained kernels']):.0%}" =}} of those of untrained ones. Here are the larger kernels that the network learnt for its first layer:

# %% hide="code" measured=true record="shares" name="fig-squeezenext-filters" alt="Two rows of eight small squares of five by five cells in blue and orange. Above, kernels with patches and slanting edges. Below, their nearest products: patterns of upright and level stripes only, some much like the one above, some not." caption="Above: eight of the 5×5 kernels that one network learnt from digits. Below: for each the nearest column times row, what a spatially separable kernel of one middle channel can be. Where do edges slant?"
first = trained_net[0].weight.detach()[:, 0]
u, s, v = torch.linalg.svd(first)
shares = (s[:, 0]**2 / s.square().sum(1)).tolist()
near = s[:, :1, None] * u[:, :, :1] * v[:, :1]
fig, axes = plt.subplots(2, 8, figsize=(7, 2))
for i in range(8):
    most = first[i].abs().max()
    for ax, kernel in zip(axes[:, i], (first[i], near[i]), strict=True):
        ax.imshow(kernel, cmap="signed", vmin=-most, vmax=most,
                  interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
plt.show()

# %% [markdown]
# The products hold from {{= f"{min(recorded.shares[:8]):.0%}" =}} to {{= f"{max(recorded.shares[:8]):.0%}" =}} of the squares of these kernels. With many middle channels, several products add up, and a kernel can slant again; that is what $m$ is for.

# %% [markdown] objective="rank"
# ## Measure it: as many weights, split or whole
#
# SqueezeNext designs the pair from the start, and puts a ReLU between. At $K = 3$ it has as many weights as one 3×3 layer. So which one reads more digits? And does the detour over a half earn its weights? Two blocks of $32$ channels behind a first layer, the same recipe as before:

# %% hide="code"
def blocks_net(design):
    """A 5×5 layer, two blocks on 32 channels, mean, linear."""
    blocks = [Block(32), Block(32)]
    for block in blocks:
        if design == "one 3×3":
            block.separable = conv(8, 16, (3, 3))
        if design == "one stage":
            block.reduce = conv(32, 8, (1, 1))
            block.squeeze = nn.Identity()
    return nn.Sequential(*conv(1, 32, (5, 5), 2), *blocks,
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(32, 10))


DESIGNS = ("as designed", "one 3×3", "one stage")
sizes = {name: n_weights(*(m for m in blocks_net(name).modules()
                           if isinstance(m, nn.Conv2d)))
         for name in DESIGNS}

# %% hide="code" measured=true record="designed"
designed = {}
for name in DESIGNS:
    designed[name] = training.repeat(
        lambda name=name: blocks_net(name), train, test,
        training.seeds(3, of=20), **recipe).accuracies
show.table(
    ["block", "weights of its net", "accuracy: mean (lowest to highest)",
     "against as designed"],
    [(name, sizes[name], f"{verdict.mean(a):.1%} ({min(a):.1%} to "
      f"{max(a):.1%})", "–" if name == "as designed"
      else verdict.paired(a, designed["as designed"]))
     for name, a in designed.items()])

# %% [markdown]
# One 3×3 layer, with as many weights, is {{= verdict.paired(recorded.designed["one 3×3"], recorded.designed["as designed"]).words("better than", "worse than", "not told apart from") =}} the pair; one stage, with fewer, is {{= verdict.paired(recorded.designed["one stage"], recorded.designed["as designed"]).words("better than", "worse than", "not told apart from") =}} two. {{= verdict.paired(recorded.designed["one 3×3"], recorded.designed["as designed"]).words("That does not speak for the pair", "That speaks for the pair", "That speaks neither for the pair nor against it") =}}, but mind how small the test is: {{= recipe["epochs"] * (len(train) // recipe["batch"]) =}} batches, one recipe for all, and a deeper network may need more of them. On {term}`ImageNet`, with {{= n_blocks =}} blocks and long training, the authors’ choice may well be right. We know of no comparison there.
#
# Chance is {{= f"{verdict.chance(test.y):.0%}" =}}; on {{= len(test) =}} test digits an accuracy of {{= f"{verdict.mean(recorded.designed['as designed']):.0%}" =}} has a sampling error of {{= f"{100 * verdict.sampling_error(verdict.mean(recorded.designed['as designed']), len(test)):.1f}" =}} points either way. That is how far it may lie from the accuracy on *all* such digits. The differences above are another matter: all designs read the same digits and are compared seed by seed, so that which digits were drawn meets all of them. Their {term}`intervals <interval>` say how sure the differences are on these digits. They come from {{= len(recorded.designed["as designed"]) =}} seeds; three may not tell the designs apart.

# %% [markdown] objective="hardware" claims="SX-04,SX-17"
# ## The chip’s side
#
# {cite:t}`gholami2018squeezenext` simulated a chip while they designed. Where is the work of the network? Look at {show}`its multiply-adds, layer by layer <fig-squeezenext-skyline shown=squeezenext_1.0_sqnxt_23>`, and then at {show}`version v5 beside it <fig-squeezenext-skyline against=squeezenext_1.0_sqnxt_23v5>`, which has a 5×5 first layer and moves blocks from the first two stages to the third.

# %% hide="code" wide=true name="fig-squeezenext-skyline" alt="A row of bars, one for each layer of 1.0-SqNxt-23. The first is many times as high as any other; all others are low and get lower in steps." caption="Multiply-adds of every layer. Drag from the second bar to the right, which adds the bars up: after how many do they make one first layer?"
from lightnets_edu.widgets import NetworkSkyline

NetworkSkyline(["squeezenext_1.0_sqnxt_23", "squeezenext_1.0_sqnxt_23v5",
                "squeezenet_1.0"])

# %% [markdown]
# In `1.0-SqNxt-23` the first layer does {{= f"{stem_share:.1%}" =}} of the multiply-adds. From the second layer on it takes {{= (lambda macs: next(n for n in range(1, len(macs)) if sum(macs[1:n + 1]) >= macs[0]))([r.macs for r in rows["1.0-SqNxt-23"] if r.macs]) =}} of the other {{= n_convs =}} layers to make as many. The first layer of `1.0-SqNxt-23v5` does {{= f"{v5_share:.1%}" =}}. And both have a second fault: three input channels. Take a chip with an array of $16 \times 16$ multipliers. In each step every row takes one input channel, every column makes one output channel. Three inputs keep three of sixteen rows busy. The share that works is its {term}`utilisation`. We count the steps:

# %%
def steps(row, n=16):
    """Steps of an n × n array: n inputs times n outputs at a time."""
    c_in, c_out = row.c_in // row.groups, row.c_out // row.groups
    passes = math.ceil(c_in / n) * math.ceil(c_out / n) * row.groups
    return passes * row.macs // (c_in * c_out * row.groups)


def layers_of(name, part=""):
    return [r for r in rows[name] if r.macs and r.name.startswith(part)]


def on_array(name, part="", n=16):
    """Steps, and the share of the multipliers that work."""
    found = layers_of(name, part)
    taken = sum(steps(r, n) for r in found)
    return taken, sum(r.macs for r in found) / (taken * n * n)


array_says = 7 * 7 / (3 * 3)    # passes alike: one row, four columns
show.table(
    ["network", "multiply-adds", "steps", "utilisation",
     "of its first layer"],
    [(name, totals[name].macs, on_array(name)[0],
      f"{on_array(name)[1]:.0%}",
      f"{on_array(name, layers_of(name)[0].name)[1]:.0%}")
     for name in ("AlexNet", "SqueezeNet", "MobileNet V1", "1.0-SqNxt-23",
                  "1.0-SqNxt-23v5")])

# %% [markdown]
# On this array the first layer takes {{= f"{on_array('1.0-SqNxt-23', 'stem')[0] / on_array('1.0-SqNxt-23')[0]:.0%}" =}} of the steps. Version v5 needs {{= f"{on_array('1.0-SqNxt-23')[0] / on_array('1.0-SqNxt-23v5')[0]:.2f}" =}} times fewer steps, though only {{= f"{totals['1.0-SqNxt-23'].macs / totals['1.0-SqNxt-23v5'].macs:.2f}" =}} times fewer multiply-adds. (It has *more* parameters, for blocks moved to a wider stage.) And the depthwise layers of MobileNet, one input and one output a group, keep one multiplier busy, as *this* array lays the work out; one that spreads positions instead of channels would keep more of it busy. The preprint’s abstract reports, from a simulator that is much finer than ours, designs 2.59 times faster than SqueezeNet and 8.26 times faster than AlexNet {cite:p}`gholami2018squeezenext`. Ours gives v5 ratios of {{= f"{on_array('SqueezeNet')[0] / on_array('1.0-SqNxt-23v5')[0]:.1f}" =}} and {{= f"{on_array('AlexNet')[0] / on_array('1.0-SqNxt-23v5')[0]:.1f}" =}}: it leaves out memory, for one, from which AlexNet’s many weights must come.

# %% predict [markdown] name="clock" objective="hardware"
# ### The same on the machine here?
#
# Take the first layer, 7×7 from $3$ channels, and a 3×3 layer from $16$ channels: both to $64$ channels, on as many positions, for nearly the same work ($147$ weights an output against $144$). The array needs {{= f"{array_says:.1f}" =}} times as many steps for the first.
#
# :field: The first layer takes, times the second,
# :answer: f"{verdict.ratio(recorded.turns['3 channels, 7×7'], recorded.turns['16 channels, 3×3']).median:.1f}"
# :wrong: above 4: That is what the array says. A CPU lays its multipliers along something else.

# %% hide="code"
torch.manual_seed(0)
photo = torch.randn(image)
wide = torch.randn(1, 16, 223, 223)
few = nn.Conv2d(3, STEM, 7, stride=2, bias=False)
many = nn.Conv2d(16, STEM, 3, stride=2, bias=False)
assert few(photo).shape == many(wide).shape
timed = {"3 channels, 7×7": few, "16 channels, 3×3": lambda _: many(wide)}
COMPARED = ("1.0-SqNxt-23", "1.0-SqNxt-23v5", "SqueezeNet",
            "SqueezeNet 1.1", "AlexNet")
for name in COMPARED:
    timed[name] = fold_batch_norm(MODELS[NAMES[name]]())

# %% hide="code" measured=true record="turns" claims="SX-04"
turns = timing.turns(timed, photo, 15)
print("Measured on", timing.machine())
show.table(
    ["layer or network", "multiply-adds", "steps of the array",
     "time: median (middle half)"],
    [("3 channels, 7×7", few.weight.numel() * 111**2, 49 * 4 * 111**2,
      timing.summary(turns["3 channels, 7×7"])),
     ("16 channels, 3×3", many.weight.numel() * 111**2, 9 * 4 * 111**2,
      timing.summary(turns["16 channels, 3×3"])),
     *((name, totals[name].macs, on_array(name)[0],
        timing.summary(turns[name])) for name in COMPARED)])

# %% [markdown]
# {answer}`clock`
#
# The machine of the table is a CPU. There the layer with three input channels takes {{= verdict.ratio(recorded.turns["3 channels, 7×7"], recorded.turns["16 channels, 3×3"]) =}} the time of the other (the median of the ratios of turns, which need not be the ratio of the two medians in the table). {{= verdict.ratio(recorded.turns["3 channels, 7×7"], recorded.turns["16 channels, 3×3"]).words("So few inputs, or the larger kernel, cost time here too", "So few inputs do not cost time here", "So we cannot tell that few inputs cost time here") =}}. {{= "It may be as much as on the array" if verdict.ratio(recorded.turns["3 channels, 7×7"], recorded.turns["16 channels, 3×3"]).high > array_says else f"The array’s {array_says:.1f} it is not" =}}. The whole v5 network is {{= verdict.ratio(recorded.turns["1.0-SqNxt-23v5"], recorded.turns["1.0-SqNxt-23"]).words("slower than", "quicker than", "not told apart in time from") =}} the first version: it takes {{= verdict.ratio(recorded.turns["1.0-SqNxt-23v5"], recorded.turns["1.0-SqNxt-23"]) =}} its time; its multiply-adds are {{= f"{totals['1.0-SqNxt-23v5'].macs / totals['1.0-SqNxt-23'].macs:.2f}" =}} times as many, its steps on the array {{= f"{on_array('1.0-SqNxt-23v5')[0] / on_array('1.0-SqNxt-23')[0]:.2f}" =}}. The argument is about one kind of chip, and has to be made anew for another.
#
# Beside SqueezeNet, v5 is {{= verdict.ratio(recorded.turns["1.0-SqNxt-23v5"], recorded.turns["SqueezeNet"]).words("slower", "quicker", "not told apart") =}}: it takes {{= verdict.ratio(recorded.turns["1.0-SqNxt-23v5"], recorded.turns["SqueezeNet"]) =}} the time, for {{= f"{totals['1.0-SqNxt-23v5'].macs / totals['SqueezeNet'].macs:.2f}" =}} times the multiply-adds; beside AlexNet it is {{= verdict.ratio(recorded.turns["1.0-SqNxt-23v5"], recorded.turns["AlexNet"]).words("slower", "quicker", "not told apart") =}}: {{= verdict.ratio(recorded.turns["1.0-SqNxt-23v5"], recorded.turns["AlexNet"]) =}} the time. SqueezeNet’s own version `1.1` had made the first layer smaller before: v5 is {{= verdict.ratio(recorded.turns["1.0-SqNxt-23v5"], recorded.turns["SqueezeNet 1.1"]).words("slower than it", "quicker than it", "not told apart from it") =}}, with {{= verdict.ratio(recorded.turns["1.0-SqNxt-23v5"], recorded.turns["SqueezeNet 1.1"]) =}} its time. SqueezeNext has {{= n_convs =}} convolutions to call where SqueezeNet has {{= len(layers_of("SqueezeNet")) =}}; how much of the time that is, we have not tested. And it has {{= f"{1 - totals['1.0-SqNxt-23'].params / totals['SqueezeNet'].params:.0%}" =}} fewer parameters than SqueezeNet, but only {{= f"{1 - totals['1.0-SqNxt-23'].access / totals['SqueezeNet'].access:.0%}" =}} less {term}`memory access`: many thin maps are written and read again.

# %% [markdown] objective="build" claims="SX-13,SX-15"
# ## Pitfalls
#
# ### A block that runs
#
# Here is a block in the manner of the course page. The code is ours; the structure is the page’s, but for the order of the kernels.

# %%
class FoundBlock(nn.Module):
    """A SqueezeNext block as one may find it. Do not trust it."""

    def __init__(self, c_in, c_out, stride=1, short=3):
        super().__init__()
        half, quarter = c_in // 2, c_in // 4
        self.layers = nn.Sequential(
            self.unit(c_in, half, 1, stride),
            self.unit(half, quarter, 1),
            self.unit(quarter, half, (3, 1)),
            self.unit(half, half, (1, 3)),
            self.unit(half, c_out, 1))
        self.shortcut = nn.Sequential()
        if stride == 2 or c_in != c_out:
            self.shortcut = self.unit(c_in, c_out, short, stride)[:2]

    @staticmethod
    def unit(c_in, c_out, kernel, stride=1):
        h, w = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        return nn.Sequential(
            nn.Conv2d(c_in, c_out, (h, w), stride, (h // 2, w // 2)),
            nn.BatchNorm2d(c_out), nn.ReLU())

    def forward(self, x):
        return self.layers(x) + self.shortcut(x)

# %% hide="code"
def renamed(block):
    """The weights of a package's block under the copy's names."""
    places = {"reduce": "layers.0", "squeeze": "layers.1",
              "separable.0": "layers.2", "separable.1": "layers.3",
              "expand": "layers.4", "shortcut": "shortcut"}
    state = {}
    for name, value in block.state_dict().items():
        old = next(p for p in places if name.startswith(p + "."))
        state[places[old] + name[len(old):]] = value
    return state


def package_block(c_in, c_out, stride):
    """What the package has for these numbers."""
    same = c_in == c_out and stride == 1
    return Block(c_out) if same else FirstBlock(c_in, c_out, stride)


def same_output(copy, block, x, training=False):
    """Same output with the same weights, in evaluation or in training?"""
    copy.load_state_dict(renamed(block))
    with torch.no_grad():
        expected = block.train(training)(x.clone())
        given = copy.train(training)(x.clone())
    return (given.shape == expected.shape
            and torch.allclose(given, expected, atol=1e-4))


def found_net(short=3, narrow=False):
    """The network of the page: its stem, its blocks, its head."""
    parts, c = [*FoundBlock.unit(3, 64, 7, 2), nn.MaxPool2d(3, 2)], 64
    for stage, (c_out, n) in enumerate(zip(CHANNELS, BLOCKS["23"],
                                           strict=True)):
        for i in range(n):
            stride = 2 if stage and not i else 1
            parts.append(FoundBlock(c, c_out, stride, short))
            c = c_out
    if narrow:
        parts += FoundBlock.unit(c, LAST, 1)
        c = LAST
    return nn.Sequential(*parts, nn.AdaptiveMaxPool2d(1), nn.Flatten(),
                         nn.Linear(c, 1000))


with torch.device("meta"):
    page = n_weights(found_net())
    found_counts = {
        "as on the page": page,
        "one difference mended": n_weights(found_net(1)),
        "and a second one": n_weights(found_net(1, True)),
        "the package": totals["1.0-SqNxt-23"].params}
show.table(["network", "parameters"], found_counts.items())

# %% [markdown]
# It is another network: {{= f"{page / totals['1.0-SqNxt-23'].params - 1:.0%}" =}} more parameters. The block differs from the package’s in four ways (the order of the kernels apart), the network around it in two. The last exercise asks you to find the four. With one of them mended the count is {{= f"{found_counts['one difference mended']:,}" =}}, near the reported 0.72 million {cite:p}`gholami2018squeezenext`, and it is still another network: a count that fits proves little.
#
# ### The missing ReLU that is not missing
#
# The authors’ files have a ReLU behind the sum; our block has none. A fault? Both terms of the sum have passed a ReLU, so no sum is negative, and one more ReLU changes nothing. In the page’s block it would. Why, you will find in the last exercise:

# %%
torch.manual_seed(0)
x = torch.rand(2, 32, 9, 9)
for block in (FirstBlock(32, 64, 2), FoundBlock(32, 64, 2)):
    with torch.no_grad():
        print(f"{type(block).__name__}: least output {block(x).min():.2f}")

# %% [markdown]
# ## Exercises
#
# Two for practice, then three that count. The checks look at a few cases, the hidden tests at many more.

# %% task [markdown] exercise="head_weights" objective="count"
# ### The price of the last layer
#
# A map of `c` channels on `h` × `w` positions goes flat, every position by itself, into a linear layer for `classes` classes. Write `head_weights(h, w, c, classes, narrow)`: the weights, without biases, if a 1×1 layer to `narrow` channels stands before it. `narrow=None` means that there is none.
#
# **Predict first:** for $256$ channels on 7×7 and a thousand classes, does a bottleneck to $128$ save about half, or less?
#
# :::{dropdown} Solution
# ```python
# def head_weights(h, w, c, classes, narrow):
#     if narrow is None:
#         return h * w * c * classes
#     return c * narrow + h * w * narrow * classes
# ```
#
# About half: the 1×1 layer is small beside the linear one.
# :::

# %% answer exercise="head_weights"
def head_weights(h, w, c, classes, narrow):
    """Weights of a linear layer on a map, and of a 1×1 layer before."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="head_weights"
with Check("head_weights") as check:
    with check("AlexNet's first linear layer: 256 channels on 6 × 6"):
        check.equal(head_weights(6, 6, 256, 4096, None), 37_748_736)
    with check("SqueezeNext after its average: 256, 128, 1000"):
        check.equal(head_weights(1, 1, 256, 1000, 128), head)
    with check("an oblong map"):
        check.equal(head_weights(2, 3, 10, 7, 4), 208)

# %% task [markdown] exercise="busy" objective="hardware"
# ### How busy is the array?
#
# Write `busy(c_in, c_out, n)`: the utilisation, from 0 to 1, of an array of $n \times n$ multipliers by a convolution from `c_in` to `c_out` channels, one group. It takes `n` inputs and `n` outputs at a time; the last ones may be fewer. Does the kernel matter?
#
# :::{dropdown} Solution
# ```python
# def busy(c_in, c_out, n):
#     passes = math.ceil(c_in / n) * math.ceil(c_out / n)
#     return c_in * c_out / (passes * n * n)
# ```
#
# It does not: it multiplies work and steps alike.
# :::

# %% answer exercise="busy"
def busy(c_in, c_out, n):
    """Share of an n × n array that a convolution keeps at work."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="busy"
with Check("busy") as check:
    with check("a full array, and four times a full one"):
        check.close(busy(16, 16, 16), 1.0)
        check.close(busy(32, 32, 16), 1.0)
    with check("SqueezeNext's first layer"):
        check.close(busy(3, 64, 16), 3 / 16)
    with check("one channel too many"):
        check.close(busy(17, 16, 16), 17 / 32)

# %% predict [markdown] name="wider" objective="count"
# ### Predict: a wide middle
#
# The next exercise asks from which kernel on a pair saves weights. From $64$ to $64$ channels, with a middle of $96$: the smallest *odd* kernel that saves?
#
# :field: K
# :answer: next(k for k in range(1, 99, 2) if pair_weights(64, 96, 64, k) < k * k * 64 * 64)
# :wrong: 3: Put it in: at $K = 3$ both have the same number of weights.
# :wrong: 4: An odd one.

# %% task [markdown] exercise="pays_from" objective="count"
# ### From which kernel on?
#
# Write `pays_from(c_in, c_mid, c_out)`: the smallest odd kernel $K$ (from 1 on) for which a K×1 layer from `c_in` to `c_mid` channels and a 1×K layer from there to `c_out` have together *fewer* weights than one K×K layer from `c_in` to `c_out`. No biases, no groups. All three are whole numbers from 1 up, and may be as large as a million million; the answer may be large as well, so do not try one kernel after the other. Return a whole number.
#
# :::{dropdown} Hint
# The chapter has the condition. Bring it to a form that has whole numbers only.
# :::

# %% answer exercise="pays_from"
def pays_from(c_in, c_mid, c_out):
    """The smallest odd kernel for which the pair saves weights."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="pays_from" points=3
with Check("pays_from") as check:
    with check("equal widths: from 3 on"):
        check.equal(pays_from(64, 64, 64), 3)
    with check("32 → 64 → 64"):
        check.equal(pays_from(32, 64, 64), 5)
    with check("a middle so narrow that even two 1×1 layers save"):
        check.equal(pays_from(64, 16, 64), 1)
    with check("from wide to narrow"):
        check.equal(pays_from(300, 100, 20), 7)

# %% [markdown]
# {answer}`wider`
#
# :::{dropdown} Answer: a wide middle
# {{= next(k for k in range(1, 99, 2) if pair_weights(64, 96, 64, k) < k * k * 64 * 64) =}}: the right side of the condition is exactly 3, and equal is not fewer.
# :::

# %% task [markdown] exercise="lost" objective="rank"
# ### Two ways to cut
#
# A trained layer can be cut along its kernel, as in the chapter: K×1 to $m$ channels, then 1×L. Or along its channels: K×L to $m$ channels, then 1×1. For the second, lay the weights out with a row for each output and a column for each place of a kernel on an input.
#
# Write `lost(weight, budget)`. `weight` is a tensor of shape `(C_out, C_in, K, L)`, in float32 or float64, not all zeros; `K` and `L` may differ. `budget` is a whole number from 0 up. Each way gets the largest $m$ for which its two layers have at most `budget` weights together; where not even $m = 1$ fits, all is lost. Return two numbers, first for the way along the kernel, then for that along the channels: the share of the squared weights that the nearest pair of layers loses, from 0 (nothing) to 1. The numbers count as right within $10^{-4}$. Leave `weight` as it is.
#
# :::{dropdown} Hint
# `as_table` gives the first table. The theorem of Eckart and Young: the nearest table of rank $m$ loses the squares of all singular values but the first $m$.
# :::

# %% answer exercise="lost"
def lost(weight, budget):
    """Shares lost when cut along the kernel, and along the channels."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="lost" points=4
with Check("lost") as check:
    torch.manual_seed(0)
    weight = torch.randn(6, 4, 3, 3).double()
    with check("more than enough: nothing is lost"):
        check.close(list(lost(weight, 10_000)), [0, 0], abs=1e-4)
    with check("too little: all is lost"):
        check.close(list(lost(weight, 29)), [1, 1], abs=1e-4)
    with check("60 weights: m = 2 along the kernel"):
        layer = nn.Conv2d(4, 6, 3, bias=False).double()
        layer.weight.data = weight.clone()
        column, row = (part.weight for part in cut(layer, 2).double())
        both = torch.einsum("ojax,jiyb->oiyx", row, column)
        left = (both - weight).square().sum() / weight.square().sum()
        check.close(lost(weight, 60)[0], left.item(), abs=1e-4)
    with check("along the channels: two patterns, two channels"):
        patterns = torch.randn(2, 4, 3, 3).double()
        mixed = torch.einsum("oj,jiyx->oiyx",
                             torch.randn(6, 2).double(), patterns)
        check.close(lost(mixed, 84)[1], 0, abs=1e-4)
    with check("three weights that share no input, output or place"):
        oblong = torch.zeros(6, 4, 3, 2)
        oblong[0, 0, 0, 0], oblong[1, 1, 1, 1] = 3, -2
        oblong[2, 2, 2, 0] = 1
        check.close(lost(oblong, 50)[0], 1 / 14, abs=1e-4)
        check.close(lost(oblong, 60)[1], 1 / 14, abs=1e-4)

# %% task [markdown] exercise="mended_sqnxt" objective="build"
# ### Mend the block
#
# Hold `FoundBlock` of the pitfall against `Block` and `FirstBlock`, and find the four differences; the order of the kernels, in every other block of the network, is not one of them. Then write `MendedBlock(c_in, c_out, stride)`:
#
# - With stride 1 and `c_in` equal to `c_out` it does what `Block(c_out)` does; with other numbers what `FirstBlock(c_in, c_out, stride)` does: the same outputs with the same weights, in evaluation and in training, also on oblong maps and odd sides. Its running averages move alike: all batch norms have PyTorch’s defaults for `momentum` and `eps`. It leaves its input as it was. Inputs are never negative, as no map behind the network’s first layer and its ReLU is; so a ReLU behind the sum is up to you.
# - Its layers keep the copy’s names: `layers.0.0` is the first convolution, `layers.0.1` its batch norm, and so on; the shortcut’s are `shortcut.0` and `shortcut.1`. It has no other parameters: none in the shortcut of a `Block`.
# - Where 4 does not divide `c_out` it raises `ValueError`.
#
# With `same_output(copy, package_block(c_in, c_out, stride), x, training)`, from the folded code of the pitfall, you can try more than the check does. It compares outputs, in evaluation or with `training=True` in training, but not the running averages.
#
# :::{dropdown} Hint
# The shapes in `state_dict()` tell three of the four: print the copy’s beside those of `renamed(package_block(…))`, for widths that differ. The fourth has no weights.
# :::

# %% answer exercise="mended_sqnxt"
class MendedBlock(nn.Module):
    """SqueezeNext's block, under the names of the found copy."""

    def __init__(self, c_in, c_out, stride):
        super().__init__()
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()

# %% check exercise="mended_sqnxt" points=4
with Check("MendedBlock") as check:
    torch.manual_seed(0)
    for c_in, c_out, stride in [(16, 16, 1), (16, 32, 2), (32, 16, 1),
                                (16, 16, 2)]:
        with check(f"{c_in} → {c_out} channels, stride {stride}"):
            copy = MendedBlock(c_in, c_out, stride)
            block = package_block(c_in, c_out, stride)
            x = torch.rand(2, c_in, 9, 6)
            check.true(same_output(copy, block, x), "the outputs differ")
            check.true(same_output(copy, block, x, training=True),
                       "the outputs differ in training")
    with check("30 channels have no quarter"):
        try:
            MendedBlock(32, 30, 1)
        except ValueError:
            pass
        else:
            check.true(False, "no ValueError was raised")

# %% [markdown]
# :::{dropdown} Answer: what the copy changes
# In the block four things. It narrows by its *input*, so that a stage’s first block is another one. It has a 3×3 kernel in the shortcut. No ReLU follows the batch norm there: so its sum can be negative, and ours cannot. And all its convolutions have biases. Around the block two things: the network takes the maximum at the end, not the mean, and has no bottleneck before its linear layer. In the table of the pitfall the shortcut’s kernel was mended first, the bottleneck second.
# :::
#
# ### An open question
#
# No points, and no single answer. You design a block like this one for an array of $32 \times 32$ multipliers. Which of its layers keep that array busy at $C = 32$, and at $C = 256$? What would you change in the first stage, in the first layer of the network, and how would you find out what the change costs in accuracy?

# %% [markdown] claims="SX-01"
# ## When to choose it
#
# The first picture again, with SqueezeNext in it:

# %% hide="code" name="fig-squeezenext-again" alt="Four bars by kinds of layers: AlexNet nearly all linear, SqueezeNet nearly half K×K, and below them 1.0-SqNxt-23 and 1.0-SqNxt-23v5, which begin with a linear part of less than a fifth, then have more than a third K×K kernels, and more than two fifths 1×1 kernels, the longest part." caption="Parameters by kind of layer, as at the beginning."
draw_kinds(["AlexNet", "SqueezeNet", "1.0-SqNxt-23", "1.0-SqNxt-23v5"])

# %% [markdown]
# Where does the saving come from? A balance of the two:

# %% hide="code"
ENDS = ("the end: last 1×1 layers, linear layer", "K×K kernels",
        "other 1×1 layers, batch norms")


def end_or_kind(row, end):
    if row.name.startswith(end):
        return ENDS[0]
    return ENDS[1] if kind(row) == "K×K" else ENDS[2]


balance = {which: [sum(r.params for r in rows[name]
                       if end_or_kind(r, end) == which)
                   for name, end in (("SqueezeNet", ("head",)),
                                     ("1.0-SqNxt-23", ("last", "head")))]
           for which in ENDS}
spent, left_over = (totals[name].params
                    for name in ("SqueezeNet", "1.0-SqNxt-23"))
assert [sum(n) for n in zip(*balance.values(), strict=True)] == [
    spent, left_over]
balance["all"] = [spent, left_over]
saved = {which: old - new for which, (old, new) in balance.items()}
show.table(["parameters of", "SqueezeNet", "1.0-SqNxt-23", "saved",
            "share of the saving"],
           [(which, *balance[which],
             f"{n:,}".replace("-", "−"),
             f"{n / saved['all']:.0%}".replace("-", "−"))
            for which, n in saved.items()])

# %% [markdown]
# SqueezeNext-23 has {{= f"{left_over / spent:.0%}" =}} of SqueezeNet’s parameters, and {{= f"{totals['1.0-SqNxt-23'].macs / totals['SqueezeNet'].macs:.0%}" =}} of its multiply-adds. Its K×K kernels have {{= f"{saved[ENDS[1]] / balance[ENDS[1]][0]:.0%}" =}} fewer weights: {{= f"{saved[ENDS[1]] / saved['all']:.0%}" =}} of the whole saving. There the cure went where the first picture pointed. Still more, {{= f"{saved[ENDS[0]] / saved['all']:.0%}" =}}, is saved at the end: a bottleneck and a linear layer replace a 1×1 layer of {{= f"{balance[ENDS[0]][0]:,}" =}} parameters. A part of both is paid back: the many other 1×1 layers, and the batch norms, which SqueezeNet does not have, grew by {{= f"{-saved[ENDS[2]]:,}" =}}.
#
# But it is not the split that makes the K×K kernels lighter. At $K = 3$ and with a doubled width it saves nothing. They have fewer weights because they stand behind narrow places, on fewer channels.
#
# *Choose it* where the parameters must be few and depthwise layers run badly, as on an array of multipliers. *Take from it* two questions. Does a factorised layer save at *these* widths? And which layers leave *this* chip idle?
#
# *Do not choose it* for a quick network on a CPU without timing it: many thin layers in a row are what {term}`guidelines <guideline>` 3 and 4 of {chapter}`6` warn of.
#
# The next network, GhostNet, asks whether a layer has to compute all of its channels at all.

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements about SqueezeNext that are worth a second look, each with our verdict.
