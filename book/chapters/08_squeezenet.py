# ---
# title: SqueezeNet
# minutes: [65, 50]
# before: "how weights, multiply-adds and memory access are counted, grouped and 1×1 layers, the rule for verdicts ({chapter}`1`); what a residual unit is ({chapter}`5`)"
# objectives:
#   fire: compute what a fire module and the whole network cost, on images of any size
#   strategies: say what each of the three strategies saves or costs, and judge a design choice by small runs
#   apart: take a claim about size apart into the parts that the design, the head and the compression pay
#   build: build the module, its bypasses and the network, and mend copies that do not run or compute something else
# ---

# %% card [markdown]
# # SqueezeNet: fifty times fewer, of what?
#
# SqueezeNet {cite:p}`iandola2016squeezenet` is older than every network that had a chapter so far. Its title promises the accuracy of AlexNet with fifty times fewer parameters, in less than half a megabyte. We build it, count it to the last parameter, try its three rules on small networks, and take the title apart.

# %% [markdown] objective="apart" claims="SQ-03,SQ-04,SQ-05"
# ## Where AlexNet keeps its parameters
#
# AlexNet {cite:p}`krizhevsky2012alexnet` won {term}`ImageNet`’s contest of 2012 with five {term}`convolutions <convolution>` and three {term}`linear layers <linear layer>`. It ran in two columns, one on each of two {term}`GPUs <GPU>`; we build them as two {term}`groups <group>`. With four bytes a number, how much is that to send?

# %% hide="code"
from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_sample_image
from torch import nn

from lightnets_edu import cost, data, show, timing, training, verdict
from lightnets_edu.checks import Check
from lightnets_edu.data import Images
from lightnets_edu.models.alexnet import AlexNet
from lightnets_edu.models.squeezenet import (
    TABLE_1, Bypass, Fire, SqueezeNet,
)

show.vector_plots()
MB, MIB = 10**6, 2**20


def bill(net, size=224):
    """Parameters, multiply-adds and memory access for one image."""
    return cost.total(cost.layer_costs(net, (1, 3, size, size)))


alexnet, squeezenet = AlexNet(), SqueezeNet()
bills = {"AlexNet": bill(alexnet), "SqueezeNet": bill(squeezenet)}
alex_rows = [row for row in cost.layer_costs(alexnet, (1, 3, 224, 224))
             if row.params]
linear = sum(row.params for row in alex_rows[-3:])
alex_bytes = 4 * bills["AlexNet"].params
own_bytes = 4 * bills["SqueezeNet"].params

# %% hide="code" name="fig-alexnet-parameters" alt="Eight bars, one for each layer of AlexNet. Those of the five convolutions can hardly be seen. The first linear layer's bar is the highest by far, at almost 38 million, the second's has about 17 million, the third's about 4." caption="Parameters of AlexNet's layers, in the order of the run. The three on the right are linear layers."
fig, ax = plt.subplots(figsize=(7, 2.6))
names = [f"conv{i}" for i in range(1, 6)]
names += [f"linear{i}" for i in (6, 7, 8)]
colours = 5 * ["#0072B2"] + 3 * ["#D55E00"]
ax.bar(names, [row.params / 1e6 for row in alex_rows], color=colours)
ax.set(xlabel="layer", ylabel="million parameters")
plt.show()

# %% [markdown]
# Of {{= f"{bills['AlexNet'].params:,}" =}} {term}`parameters <parameter>`, {{= f"{linear / bills['AlexNet'].params:.1%}" =}} are in the linear layers. The network has {{= f"{alex_bytes / MB:.0f}" =}} megabytes (MB, of a million bytes) or {{= f"{alex_bytes / MIB:.0f}" =}} mebibytes (MiB, of $2^{20}$ bytes); {cite:t}`iandola2016squeezenet` print 240 MB. They give three reasons for wanting less (Section 1): servers that train together exchange all {term}`weights <weight>`, a car gets its new network by radio, and the memory on a chip is small. The chip that {cite:t}`iandola2016squeezenet` name has 8.5 MB; SqueezeNet’s {{= f"{own_bytes / MB:.2f}" =}} MB of weights would fit as they are.

# %% objectives [markdown]
# ## You will be able to

# %% predict [markdown] name="ending" objective="apart"
# ## Predict first
#
# Take AlexNet’s three linear layers away. In their place put what SqueezeNet ends with: one 1×1 layer to a thousand {term}`channels <channel>`, and the average of each channel. The five convolutions stay as they are. **How many times fewer parameters has that network than AlexNet?**
#
# :field: Times fewer
# :answer: f"{bills['AlexNet'].params / short:.1f}"
# :wrong: above 40: That is about the whole of the title’s fifty. The convolutions have millions of weights too.
# :wrong: below 15: The linear layers hold far more than nine tenths.

# %% predict [markdown] name="work" objective="fire"
# ### And the work?
#
# SqueezeNet has about a fiftieth of the parameters. Its **{term}`multiply-adds <multiply-add>`**, for an image of 224×224 pixels, beside AlexNet’s:
#
# :field: SqueezeNet does
# :choices: fewer | more | as many
# :answer: "fewer" if bills["SqueezeNet"].macs < bills["AlexNet"].macs else "more"
# :wrong: fewer: A linear layer uses each weight once for an image. A convolution uses it at every position.
# :wrong: as many: Not quite; and on which side?

# %% [markdown] objective="strategies" claims="SQ-06,SQ-12,SQ-14,SQ-30,SQ-55"
# ## See it: the fire module
#
# {cite:t}`iandola2016squeezenet` follow three strategies (Section 3.1):
#
# 1. put 1×1 {term}`kernels <kernel>` in the place of 3×3 kernels;
# 2. give the 3×3 kernels that stay fewer input channels;
# 3. make the {term}`maps <map>` small *late* in the network.
#
# The first two make the **{term}`fire module`**. A *{term}`squeeze`* layer of $s$ kernels, all 1×1, makes the map narrow. Two *{term}`expand`* layers read it side by side: $e_1$ kernels of 1×1, $e_3$ of 3×3. Their outputs are {term}`concatenated <concatenation>`: the channels of the second follow those of the first, so $e_1$ and $e_3$ need not be equal. A {term}`ReLU` stands behind each of the three. The **{term}`squeeze ratio`** is $s/(e_1 + e_3)$, in SqueezeNet one eighth.
#
# Start with {show}`the paper’s fire module <fig-fire squeeze=0.125 share=0.5>`. Pull {show}`the squeeze open <fig-fire squeeze=1.0>`, until the 3×3 kernels read as many channels as the module gives. Then go back to the start, and let {show}`seven eighths of the kernels be 3×3 <fig-fire share=0.875>`. Which of the two costs more? (The figure’s map is that of Table 1 in {cite:t}`iandola2016squeezenet`, 55×55; for an image of 224×224 pixels ours has 54×54, and *Check it* below tells why.)

# %% hide="code" wide=true name="fig-fire" alt="Two blocks drawn as flows of channels from left to right, on one scale. The fire module's flow of 128 channels is squeezed to 32 and then parts into two branches, each giving 128 channels, which are stacked to 256. Beside it the bottleneck of ResNet, wide at both ends and narrow in its middle, with a path around it." caption="A fire module, fire4 of SqueezeNet, and ResNet’s bottleneck. Height is channels, depth is map size. Drag the grips to change how far it squeezes and how many kernels are 3×3; point at a layer to see what it costs. Arrow keys do both."
from lightnets_edu.widgets import BlockAnatomy

BlockAnatomy("fire", blocks=("fire", "resnet"))

# %% [markdown] objective="fire" claims="SQ-08,SQ-09,SQ-13,SQ-19,SQ-20,SQ-22,SQ-43"
# ## Count it: to the last parameter
#
# With a {term}`bias` for each kernel, and $C_\text{in}$ channels coming in, the module has
#
# $$
# (C_\text{in} + 1)\,s \;+\; (s + 1)\,e_1 \;+\; (9 s + 1)\,e_3
# $$
#
# parameters. Times the positions, and without the $+1$, these are its multiply-adds. (Some of [our sources](../book/claims.md) call $9 \cdot C_\text{in} C_\text{out}$ of a 3×3 layer its computation. It is its number of weights.) Formula, function, and the real layers of all eight:

# %%
def fire_params(c_in, s, e1, e3):
    return (c_in + 1) * s + (s + 1) * e1 + (9 * s + 1) * e3


def n_params(module):
    return sum(p.numel() for p in module.parameters())


rows, c = [], 96    # what conv1 gives
for number, (s, e1, e3) in enumerate(TABLE_1, start=2):
    layers = (cost.conv_params(c, s, 1, bias=True)
              + cost.conv_params(s, e1, 1, bias=True)
              + cost.conv_params(s, e3, 3, bias=True))
    rows.append((f"fire{number}", f"{c} → {s} → {e1} + {e3}",
                 fire_params(c, s, e1, e3), layers,
                 n_params(Fire(c, s, e1, e3))))
    c = e1 + e3
ends = n_params(squeezenet.stem), n_params(squeezenet.head)
total = sum(ends) + sum(row[2] for row in rows)
show.table(["module", "channels", "formula", "function", "layers"], rows)

# %% [markdown]
# The first has {{= f"{rows[0][2]:,}" =}}. With conv1, {{= f"{ends[0]:,}" =}}, and conv10, {{= f"{ends[1]:,}" =}}, it is {{= f"{total:,}" =}} in all, and `layer_costs` counts {{= f"{bills['SqueezeNet'].params:,}" =}}. All eight have the squeeze ratio {{= " and ".join(str(r) for r in sorted({s / (e1 + e3) for s, e1, e3 in TABLE_1})) =}}. The last layer alone holds {{= f"{ends[1] / total:.0%}" =}}.
#
# And the question at the figure? Squeezed to an eighth, half of it 3×3, fire4 has {{= f"{rows[2][2]:,}" =}} parameters. With the squeeze open it has {{= f"{fire_params(128, 256, 128, 128):,}" =}}, {{= f"{fire_params(128, 256, 128, 128) / rows[2][2]:.1f}" =}} times as many; with seven eighths of 3×3 {{= f"{fire_params(128, 32, 32, 224):,}" =}}, {{= f"{fire_params(128, 32, 32, 224) / rows[2][2]:.1f}" =}} times. The squeeze is what saves.

# %% [markdown] objective="strategies" claims="SQ-07,SQ-10,SQ-11"
# ## Three strategies, one at a time
#
# What does each strategy save? We undo one, leave the rest, and count.

# %%
late = bills["SqueezeNet"]
own_rows = [row for row in cost.layer_costs(squeezenet, (1, 3, 224, 224))
            if row.kernel and row.params]
positions = [row.out_shape[2] * row.out_shape[3] for row in own_rows
             if row.name.endswith("squeeze")]


def in_all(modules):
    """Parameters and multiply-adds, with these (s, e1, e3)."""
    params, macs, c = sum(ends), own_rows[0].macs + own_rows[-1].macs, 96
    for (s, e1, e3), n in zip(modules, positions, strict=True):
        own = fire_params(c, s, e1, e3)
        params += own
        macs += n * (own - s - e1 - e3)
        c = e1 + e3
    # conv10 reads what the last module gives: 512 channels in all three
    return params, macs


def with_pools(after):
    """SqueezeNet with its later max pools behind these fire modules."""
    net = SqueezeNet()
    first, *rest = net.fires
    layers = [first]
    fires = [part for part in rest if isinstance(part, Fire)]
    for number, fire in enumerate(fires, start=2):
        layers.append(fire)
        if number in after:
            layers.append(nn.MaxPool2d(3, stride=2, ceil_mode=True))
    net.fires = nn.Sequential(*layers)
    return net


no_squeeze = tuple((e1 + e3, e1, e3) for _, e1, e3 in TABLE_1)
all_3x3 = tuple((s, 0, e1 + e3) for s, e1, e3 in TABLE_1)
undone = {"as it is": in_all(TABLE_1),
          "1: all kernels 3×3": in_all(all_3x3),
          "2: nothing squeezed": in_all(no_squeeze)}
early = bill(with_pools((3, 5)))
undone["3: pools after fire3 and fire5"] = early.params, early.macs
show.table(["strategy undone", "parameters", "multiply-adds"],
           [(name, *both) for name, both in undone.items()])

# %% [markdown]
# A 1×1 kernel has a ninth of a 3×3 kernel’s weights. Yet strategy 1 brings only a factor of {{= f"{undone['1: all kernels 3×3'][0] / undone['as it is'][0]:.2f}" =}} in parameters. Half of the expand kernels are 3×3 still, so in the fire modules alone it is {{= f"{(undone['1: all kernels 3×3'][0] - sum(ends)) / (total - sum(ends)):.2f}" =}}; and conv10, {{= f"{ends[1] / total:.0%}" =}} of the network, is not touched. Squeezing brings {{= f"{undone['2: nothing squeezed'][0] / undone['as it is'][0]:.1f}" =}}. (In the first row the squeeze layers stay 1×1. In the second they stay as well, as wide as the module gives; without any squeeze layer the factor would be {{= f"{(sum(ends) + sum(cost.conv_params(a, r.e1x1, 1, bias=True) + cost.conv_params(a, r.e3x3, 3, bias=True) for a, r in zip([96] + [q.e1x1 + q.e3x3 for q in TABLE_1], TABLE_1))) / total:.2f}" =}}.) In multiply-adds the two bring {{= f"{undone['1: all kernels 3×3'][1] / late.macs:.2f}" =}} and {{= f"{undone['2: nothing squeezed'][1] / late.macs:.1f}" =}}. Strategy 3 saves no parameter and *costs* work: {{= f"{late.macs / early.macs:.1f}" =}} times that of the early {term}`pools <pooling>`. The authors expect accuracy in return; they point to {cite:t}`he2015constrained`, who made the maps small later in four networks.
#
# What do late pools keep? Here are the edges of a photograph on maps of three sizes.

# %% hide="code" name="fig-squeezenet-photo" alt="Three pictures of the edges of a round flower, orange on its left side, blue on its right. In the first, of 54 by 54 positions, a fine pattern of petals fills the round. In the second, 27 by 27, the pattern is coarse squares. In the third, 13 by 13, the round alone is left, in steps." caption="Edges of a photograph, found by one 7×7 kernel with stride 2 that we set by hand, on maps of the sizes that SqueezeNet has. The 3×3 kernels of fire4 work on the first in the paper’s version, on the second where pools come early; only fire9 works on the third in the paper’s version, fire6 to fire9 where pools come early. Photograph: [vultilion](https://www.flickr.com/photos/vultilion/6056698931/), [CC BY](https://creativecommons.org/licenses/by/2.0/)."
photo = torch.tensor(load_sample_image("flower.jpg") / 255.0).float()
photo = photo.mean(dim=2)[None, None, :, 110:537]
photo = nn.functional.adaptive_avg_pool2d(photo, 224)
ramp = torch.linspace(-1, 1, 7)
bell = torch.exp(-2 * ramp**2)
kernel = (ramp * bell)[None, :] * bell[:, None]
edges = nn.functional.conv2d(photo, kernel[None, None], stride=2)
fig, axes = plt.subplots(1, 3, figsize=(7, 2.6))
for ax, side in zip(axes, (54, 27, 13), strict=True):
    seen = nn.functional.adaptive_avg_pool2d(edges, side)
    most = float(seen.abs().max())
    ax.imshow(seen[0, 0], cmap="signed", vmin=-most, vmax=most,
              interpolation="nearest")
    ax.set_title(f"{side} × {side}", fontsize=10)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
plt.show()

# %% [markdown] objective="build" claims="SQ-15,SQ-16,SQ-18,SQ-21,SQ-29"
# ## Build it: module and network
#
# (`whole` and `one_of` refuse what makes no sense, `initialise` draws the first weights, `check_image` wants images that are large enough.)

# %%
show.source(Fire)

# %% hide="code"
show.source(SqueezeNet)

# %% [markdown]
# Fold the code out to see the network: conv1, eight fire modules, three max pools of 3×3 with {term}`stride` 2, {term}`dropout`, and conv10, whose thousand maps are averaged. There is no linear layer; that comes from Network in Network {cite:p}`lin2014nin`. There is no {term}`batch norm` either. The pools round *up*: a {term}`window` that stands half outside still counts.
#
# Where is the work? Look at {show}`the multiply-adds <fig-squeezenet-skyline metric=macs>` and then at {show}`the parameters <fig-squeezenet-skyline metric=params>`, beside AlexNet’s. Then compare with {show}`version 1.1 <fig-squeezenet-skyline shown=squeezenet_1.1 against=squeezenet_1.0>`.

# %% hide="code" wide=true name="fig-squeezenet-skyline" alt="A bar for each layer of SqueezeNet and, on the same scale, of AlexNet. The first bar of SqueezeNet is its highest, the 3×3 layers of fire4 and fire8 are next, then conv10, the last; the squeeze layers are low. AlexNet has eight bars, of which the second is the highest. In version 1.1 the last bar, conv10, is the highest." caption="What every layer costs, SqueezeNet above and AlexNet below. Drag across several bars to add them up (keys: the arrows, and Shift with them): which share has the first layer?"
from lightnets_edu.widgets import NetworkSkyline

NetworkSkyline(["squeezenet_1.0", "alexnet", "squeezenet_1.1",
                "squeezenet_1.0_complex_bypass"], against="alexnet")

# %% hide="code"
first = {version: next(row for row in cost.layer_costs(
    SqueezeNet(version), (1, 3, 224, 224)) if row.kernel)
    for version in ("1.0", "1.1")}
newer = bill(SqueezeNet("1.1"))
share = {"1.0": first["1.0"].macs / late.macs,
         "1.1": first["1.1"].macs / newer.macs}

# %% [markdown] claims="SQ-51,SQ-11"
# {answer}`work`
#
# The totals in the figure tell it: with a fiftieth of the parameters, SqueezeNet does more work than AlexNet. How much more, and at which size, comes below.
#
# conv1 has {{= f"{ends[0] / total:.0%}" =}} of the parameters and {{= f"{share['1.0']:.0%}" =}} of the multiply-adds: ninety-six kernels of 7×7 on the largest map. So the authors made **version 1.1** {cite:p}`deepscale2016squeezenet`: {{= first["1.1"].c_out =}} kernels of 3×3, and pools after conv1, fire3 and fire5. It does {{= f"{newer.macs / 1e6:.0f}" =}} million multiply-adds instead of {{= f"{late.macs / 1e6:.0f}" =}}, with {{= f"{newer.params:,}" =}} parameters, and undoes strategy 3. Its authors say that no accuracy is lost {cite:p}`deepscale2016squeezenet`. In version 1.1 the highest bar is conv10’s, {{= f"{own_rows[-1].macs / newer.macs:.0%}" =}} of the work. (The long notes, one of [our sources](../book/claims.md), describe version 1.0, but the code that they print below is version 1.1.)
#
# ### Bypasses
#
# A **{term}`bypass`** adds the input of a module to its output, as in ResNet. The sum needs equal {term}`widths <width>`. Where the widths agree, the bypass is *simple* and has no parameters. The *complex* form has a 1×1 layer around the modules where they do not. Both are one short class; `SqueezeNet` puts it where the form asks for it.

# %%
show.source(Bypass)

# %% hide="code" claims="SQ-45,SQ-46,SQ-56"
simple_ones = [number for number, part in (
    (int(name.removeprefix("fire")), part) for name, part
    in SqueezeNet(bypass="simple").fires.named_children()
    if isinstance(part, Bypass))]
bypassed = {kind: bill(SqueezeNet(bypass=kind))
            for kind in ("none", "simple", "complex")}
widths = [96] + [row.e1x1 + row.e3x3 for row in TABLE_1]
everywhere = bypassed["none"].params + sum(
    cost.conv_params(a, b, 1, bias=True)
    for a, b in pairwise(widths))
sizes = {**{kind: b.params for kind, b in bypassed.items()},
         "a 1×1 layer around all eight": everywhere}
show.table(["bypass", "parameters", "MB", "MiB", "the paper prints"],
           [(kind, n, f"{4 * n / MB:.2f}", f"{4 * n / MIB:.2f}", printed)
            for (kind, n), printed in zip(
                sizes.items(), ("4.8 MB", "4.8 MB", "7.7 MB", "–"),
                strict=True)])

# %% [markdown] claims="SQ-46"
# The widths agree in {{= ", ".join(f"fire{i}" for i in simple_ones[:-1]) =}} and {{= f"fire{simple_ones[-1]}" =}}, half of the eight. The four 1×1 layers around the others add {{= f"{bypassed['complex'].params - total:,}" =}} parameters. The 4.8 MB of Table 3 in {cite:t}`iandola2016squeezenet` are MiB. Its 7.7 MB for the complex bypass (reported, Table 3 of {cite:t}`iandola2016squeezenet`) fit neither of these networks: with 1×1 layers around the four modules that need them it is too small, with 1×1 layers around all eight too large, in MB and in MiB alike. **This is open**, and the last question of the exercises.

# %% [markdown] objective="fire" claims="SQ-57,SQ-31"
# ## Check it: which image fits the table?
#
# Table 1 of {cite:t}`iandola2016squeezenet` begins with an image of 224×224, and then lists maps of 111, 55, 27 and 13. Which image has them?

# %%
def sides(net, size):
    """Sides of the maps behind conv1, fire2, fire5, fire9 and conv10."""
    found = {}
    for row in cost.layer_costs(net, (1, 3, size, size)):
        if row.kernel:
            found[row.name.removeprefix("fires.").split(".")[0]] = row
    return [found[name].out_shape[2] for name in
            ("stem", "fire2", "fire5", "fire9", "head")]


def padded(p):
    net = SqueezeNet()
    net.stem[0].padding = (p, p)
    for part in net.modules():
        if isinstance(part, nn.MaxPool2d):
            part.ceil_mode = p == 0
    return net


CASES = {"224": (SqueezeNet(), 224), "227": (SqueezeNet(), 227),
         "224, padded by 2, pools round down": (padded(2), 224),
         "224, padded by 3, pools round down": (padded(3), 224)}
found = {name: bill(*case).macs for name, case in CASES.items()}
show.table(["image", "conv1", "fire2", "fire5", "fire9", "conv10",
            "multiply-adds"],
           [(name, *sides(*case), found[name])
            for name, case in CASES.items()])

# %% [markdown]
# One of 227×227, as the authors’ Caffe files have it {cite:p}`deepscale2016squeezenet`; at 224 the second map has {{= sides(*CASES["224"])[1] =}} rows, not {{= sides(*CASES["227"])[1] =}}. ({term}`Padding <padding>` conv1 by 2 comes to the same.) Parameters do not care, so the table’s agree with ours, line by line; our tests also hold the network against an independent one, with the same weights and the same outputs. Their file pads conv10 too, which makes {{= f"{(found['227'] + 1000 * 512 * (15**2 - 13**2)) / 1e6:.0f}" =}} million: twice that is the 1.72 GFLOPS on the page of version 1.1 {cite:p}`deepscale2016squeezenet`. For version 1.1 the same page has 0.72 {cite:p}`deepscale2016squeezenet`, where twice our count is {{= f"{2 * newer.macs / 1e9:.2f}" =}} at 224 and {{= f"{2 * bill(SqueezeNet('1.1'), 227).macs / 1e9:.2f}" =}} at 227.

# %% [markdown] objective="fire" claims="SQ-37"
# ## Is it cheaper than AlexNet?
#
# No, we saw: in version 1.0 it does more. On the smaller image SqueezeNet does {{= f"{late.macs / 1e6:.1f}" =}} million multiply-adds, AlexNet {{= f"{bills['AlexNet'].macs / 1e6:.1f}" =}}: {{= f"{late.macs / bills['AlexNet'].macs - 1:.0%}" =}} more. {cite:t}`zhang2018shufflenet` write in Section 2 that SqueezeNet reduces parameters *and computation* significantly; their own Table 6 has 833 million for SqueezeNet and 720 for AlexNet. We find theirs on the larger image: {{= f"{found['227'] / 1e6:.1f}" =}} million. The newer version does save: {{= f"{newer.macs / bills['AlexNet'].macs:.0%}" =}} of AlexNet’s work.

# %% hide="code"
nets = {"AlexNet": alexnet.eval(), "SqueezeNet 1.0": squeezenet.eval(),
        "SqueezeNet 1.1": SqueezeNet("1.1").eval()}
work = {name: bill(net) for name, net in nets.items()}

# %% hide="code" measured=true record="turns" claims="SQ-37"
turns = timing.turns(nets, torch.rand(1, 3, 224, 224), 11)
print("Measured on", timing.machine())
show.table(["network", "parameters", "multiply-adds",
            "time of one image (middle half)"],
           [(name, work[name].params, work[name].macs,
             timing.summary(times)) for name, times in turns.items()])

# %% [markdown]
# Beside AlexNet, SqueezeNet in version 1.0 is {{= verdict.ratio(recorded.turns["SqueezeNet 1.0"], recorded.turns["AlexNet"]).words("slower", "quicker", "not told apart in time") =}} here: it takes {{= verdict.ratio(recorded.turns["SqueezeNet 1.0"], recorded.turns["AlexNet"]) =}} the time. (The median of the ratios, turn by turn, and in brackets its {term}`interval`, by the rule of {chapter}`1`.) The newer version is {{= verdict.ratio(recorded.turns["SqueezeNet 1.1"], recorded.turns["AlexNet"]).words("slower than AlexNet", "quicker than AlexNet", "not told apart from AlexNet") =}}: {{= verdict.ratio(recorded.turns["SqueezeNet 1.1"], recorded.turns["AlexNet"]) =}}. A common complaint is that {term}`depth` in the place of parameters makes a network slow to run. One image, one thread and one machine do not settle that. For a single image AlexNet must read all its weights, {{= f"{alex_bytes / MB:.0f}" =}} MB, and uses most of them once; for many images at a time the same reading serves all. How much of the times above this is, we have not tested.

# %% [markdown] objective="apart" claims="SQ-01,SQ-33,SQ-34,SQ-35"
# ## Fifty times, taken apart
#
# Now the title. What is due to the missing linear layers, and what to fire modules? First we set like beside like: AlexNet’s convolutions beside conv1 and the fire modules, its three linear layers beside conv10. There are two AlexNets: with two columns, and one without groups, in which each kernel reads all channels.

# %%
convs = n_params(alexnet.features)
ungrouped = sum(cost.conv_params(part.in_channels, part.out_channels,
                                 part.kernel_size, bias=True)
                for part in alexnet.features
                if isinstance(part, nn.Conv2d))
body = total - ends[1]    # SqueezeNet's conv1 and fire modules
show.table(["AlexNet", "convolutions", "times conv1 and the fire modules",
            "linear layers", "times conv10", "all", "times SqueezeNet"],
           [(name, n, f"{n / body:.2f}", linear, f"{linear / ends[1]:.0f}",
             n + linear, f"{(n + linear) / total:.1f}")
            for name, n in [("two columns", convs),
                            ("without groups", ungrouped)]])

# %% [markdown]
# In all, it is neither of the two ratios: nearly all of AlexNet’s parameters are in the part that shrinks most. One can also go in two steps, and exchange first the one, then the other (the linear layers stay as they are until it is their turn):

# %%
# 256 channels, a thousand classes
short = convs + cost.conv_params(256, 1000, 1, bias=True)
routes = {"the ending, then the body": (convs + linear, short, total),
          "the body, then the ending": (convs + linear, body + linear,
                                        total)}
show.table(["exchanged", "AlexNet", "half way", "SqueezeNet",
            "first step: times fewer", "second step"],
           [(name, a, b, c, f"{a / b:.2f}", f"{b / c:.2f}")
            for name, (a, b, c) in routes.items()])

# %% [markdown]
# {answer}`ending`
#
# The short ending alone makes it {{= f"{(convs + linear) / short:.1f}" =}} times fewer, and the body after it {{= f"{short / total:.2f}" =}}. That is less than the {{= f"{convs / body:.2f}" =}} of the first table: an ending stands in both networks now, and SqueezeNet’s is the dearer one, since it reads 512 channels (Table 1 of {cite:t}`iandola2016squeezenet`), AlexNet’s half as many. In the other order the body brings {{= f"{(convs + linear) / (body + linear):.2f}" =}} and the ending {{= f"{(body + linear) / total:.1f}" =}}. **The order decides what a step seems to bring.** The product does not depend on it: {{= f"{(convs + linear) / total:.1f}" =}} against the network that the paper names, {{= f"{(ungrouped + linear) / total:.1f}" =}} without groups.
#
# The textbook chapter, another of our sources, says that fifty has nothing to do with the design, and that three is the honest number. This is {{= f"{ungrouped / total:.2f}" =}}, the ungrouped convolutions over SqueezeNet (with two columns {{= f"{convs / total:.2f}" =}}): convolutions without an ending over a network with one. Like beside like it is {{= f"{ungrouped / body:.2f}" =}}. And as a verdict it is too hard. To end without linear layers *is* a decision of the design; it is older than SqueezeNet {cite:p}`lin2014nin`, and keeping the accuracy with it is what the paper reports.
#
# ### Less than half a megabyte

# %% claims="SQ-02,SQ-23,SQ-24,SQ-36,SQ-38,SQ-40,SQ-41,SQ-42"
kept = 421_098    # after pruning, Table 1 of the paper
counted = [
    ("all weights, 32 bits", 32 * total),
    ("pruned: values of 32 bits", 32 * kept),
    ("pruned: values of 6 bits, no places", 6 * kept),
    ("pruned: 6 bits, and 4 bits for the place", 10 * kept),
    ("pruned: 8 bits, and 4 bits for the place", 12 * kept),
]
show.table(["what is stored", "MB", "MiB"],
           [(name, f"{n / 8 / MB:.2f}", f"{n / 8 / MIB:.2f}")
            for name, n in counted])

# %% [markdown]
# The title’s second half is another method’s work: Deep Compression {cite:p}`han2016compression`, by three authors of whom two, Han and Dally, wrote SqueezeNet’s paper too. It *{term}`prunes <pruning>`* (sets small weights to zero and leaves them out), stores each weight that stays as a number of a short list, and codes what is frequent in few bits. {cite:t}`iandola2016squeezenet` report that 421,098 parameters stay (Table 1), {{= f"{kept / total:.0%}" =}} of all. No later step changes that number; they make each weight shorter. {cite:t}`iandola2016squeezenet` report 0.66 MB with 8 bits and 0.47 MB with 6 (Table 2).
#
# Can it be? Six bits a weight is less than that, but one must also store *where* the weights are. With four bits for the distance to the last weight it is {{= f"{counted[3][1] / 8 / MB:.2f}" =}} MB; with eight bits a weight {{= f"{counted[4][1] / 8 / MB:.2f}" =}} MB.
#
# The 8-bit file is public, so we can look {cite:p}`han2016file`. It holds 422,083 entries {cite:p}`han2016file`, of eight bits for the value and four for the run of zeros before it, some of them *fillers* that bridge long runs (an exercise). For each of the {{= len([n for n, _ in squeezenet.named_parameters() if n.endswith("bias")]) =}} layers there is a list of 256 values and a count, and all {{= f"{sum(p.numel() for n, p in squeezenet.named_parameters() if n.endswith('bias')):,}" =}} biases, with 32 bits each {cite:p}`han2016file`. That makes {{= f"{(422_083 * 12 / 8 + 26 * 4 * (256 + 1) + 4 * sum(p.numel() for n, p in squeezenet.named_parameters() if n.endswith('bias'))) / 1000:.0f}" =}} thousand bytes, and so many has the file: {{= f"{675_763 / MB:.2f}" =}} MB, {{= f"{675_763 / MIB:.2f}" =}} MiB, or {{= f"{675_763 / (MIB / 2**10):.0f}" =}} KiB, of $2^{10}$ bytes. Nothing in it is coded by how frequent it is. Its 1×1 layers keep nearly all weights, or half of them; most 3×3 layers keep a third, conv10 a fifth {cite:p}`han2016file`.
#
# The 6-bit file is not there. In this format it would have {{= f"{(422_083 * 10 / 8 + 26 * 4 * (64 + 1) + 4 * sum(p.numel() for n, p in squeezenet.named_parameters() if n.endswith('bias'))) / MB:.2f}" =}} MB, more than the reported 0.47 {cite:p}`iandola2016squeezenet`. How it was to get there is **open**. And the “fifty” of sizes, 240 over 4.8 in Table 2 of {cite:t}`iandola2016squeezenet`, is rounded MB over MiB.

# %% [markdown] objective="strategies" claims="SQ-44,SQ-47,SQ-10"
# ## Measure it: squeeze, kernels, pools, bypasses
#
# On {term}`ImageNet` the authors trained *design spaces* (Section 5): families of networks that one rule makes, each with another squeeze ratio, or another share of 3×3 kernels. What they report, and what they say of bypasses, comes behind the prediction. We train a small relative (fold the code out): a 3×3 layer, three fire modules of $16$, $32$ and $32$ channels, and the same ending, on handwritten digits. Unlike SqueezeNet it has {term}`batch norm`, so that a few passes are enough. All variants get one recipe.

# %% hide="code"
class Small(nn.Module):
    """A small relative of SqueezeNet. (N, 1, 8, 8) -> (N, 10)."""

    def __init__(self, ratio=1 / 8, share=1 / 2, pools=(0, 2),
                 bypass="none", end="average"):
        super().__init__()
        c, self.end = 16, end
        layers = [nn.Conv2d(1, c, 3, padding=1), nn.BatchNorm2d(c),
                  nn.ReLU()]
        for number, e in enumerate((None, 16, 32, 32)):
            if number:
                e3 = round(share * e)
                around = (bypass == "complex"
                          or (bypass == "simple" and c == e))
                block = Bypass if around else Fire
                layers += [block(c, round(ratio * e), e - e3, e3),
                           nn.BatchNorm2d(e)]
                c = e
            if number in pools:
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(c, 10, 1)

    def forward(self, x):
        y = torch.relu(self.head(self.body(x)))
        return y.mean((2, 3)) if self.end == "average" else y.amax((2, 3))


PLAIN = "as in the paper"
VARIANTS = {
    PLAIN: {},
    "ratio 1/4": {"ratio": 1 / 4}, "ratio 1/2": {"ratio": 1 / 2},
    "ratio 1": {"ratio": 1},
    "1/8 of 3×3": {"ratio": 1 / 2, "share": 1 / 8},
    "7/8 of 3×3": {"ratio": 1 / 2, "share": 7 / 8},
    "pools early": {"pools": (0, 1)}, "pools late": {"pools": (2, 3)},
    "simple bypass": {"bypass": "simple"},
    "complex bypass": {"bypass": "complex"},
    "max at the end": {"end": "max"},
}
train, test = data.digits(8)
learn = Images(train.x[:300], train.y[:300])
with torch.no_grad():
    maps_end = Small().body(learn.x[:2]).shape[-1]
spent = {name: cost.total(cost.layer_costs(Small(**how), (1, 1, 8, 8)))
         for name, how in VARIANTS.items()}


def against(accuracies, name, other=PLAIN):
    """The verdict on two variants, seed by seed."""
    return verdict.paired(accuracies[name], accuracies[other])


def said(accuracies, name, other=PLAIN):
    """The same in words, with the interval."""
    found = against(accuracies, name, other)
    return found.words("better", "worse", "not told apart") + f", {found}"

# %% predict [markdown] name="sweep" objective="strategies"
# ### Which change costs accuracy?
#
# The plain small network has the squeeze ratio of one eighth and no bypass. In each line the first network is judged beside the second:
#
# :field: Squeeze ratio 1, nothing squeezed, beside one eighth
# :choices: better | worse | not told apart
# :answer: against(recorded.accuracies, "ratio 1").words("better", "worse", "not told apart")
# :field: The simple bypass, which has no parameters, beside none
# :choices: better | worse | not told apart
# :answer: against(recorded.accuracies, "simple bypass").words("better", "worse", "not told apart")
# :field: Late pools beside early ones
# :choices: better | worse | not told apart
# :answer: against(recorded.accuracies, "pools late", "pools early").words("better", "worse", "not told apart")

# %% hide="code" measured=true record="accuracies" claims="SQ-10,SQ-17,SQ-44,SQ-47"
chosen, accuracies = training.seeds(3, of=30), {}
for name, how in VARIANTS.items():
    runs = training.repeat(lambda how=how: Small(**how), learn, test,
                           seeds=chosen, epochs=4, batch=25, lr=0.05)
    accuracies[name] = runs.accuracies
print("Measured on", timing.machine())
show.table(
    ["variant", "parameters", "multiply-adds", "accuracy, mean"],
    [(name, spent[name].params, spent[name].macs,
      f"{verdict.mean(accuracies[name]):.1%}") for name in VARIANTS])

# %% hide="code" measured=true name="fig-squeezenet-sweeps" alt="Ten rows, one for each change to the small network: three squeeze ratios, two shares of 3×3 kernels, early and late pools, two bypasses, a max at the end. Each has a dot for the mean difference in accuracy to the plain network and a bar for its interval; a vertical line marks zero, and right of it the change has gained. The table above gives the accuracies, the text below names the differences with their intervals." caption="Accuracy of each variant less that of the plain small network, in pairs of the same seed: mean and interval, in percentage points. The two shares of 3×3 kernels are at the ratio 1/2, and stand here beside the plain network with the ratio 1/8; the text compares them with one half of 3×3 at the same ratio."
changes = list(VARIANTS)[1:]
gains = [against(accuracies, name) for name in changes]
fig, ax = plt.subplots(figsize=(7, 3.4))
ax.errorbar([100 * v.mean for v in gains], range(len(changes)),
            xerr=[[100 * (v.mean - v.low) for v in gains],
                  [100 * (v.high - v.mean) for v in gains]],
            marker="o", linestyle="none", color="#0072B2", capsize=3)
ax.axvline(0, color="#595959", linewidth=0.8)
ax.set_yticks(range(len(changes)), changes)
ax.invert_yaxis()
ax.set_xlabel("percentage points more than the plain network")
plt.show()

# %% [markdown] claims="SQ-47,SQ-48"
# {answer}`sweep`
#
# Over {{= len(recorded.accuracies[PLAIN]) =}} {term}`seeds <seed>` the plain network reads {{= f"{verdict.mean(recorded.accuracies[PLAIN]):.0%}" =}} of the digits; chance is {{= f"{verdict.chance(test.y):.0%}" =}}. By the rule of {chapter}`1`:
#
# - **Squeeze ratio.** {cite:t}`iandola2016squeezenet` report that a larger one raises top-5 accuracy (the right class is among the five with the highest scores) from 80.3% at an eighth to 86.0% at three quarters, and no further. Here a quarter is {{= said(recorded.accuracies, "ratio 1/4") =}}, one half {{= said(recorded.accuracies, "ratio 1/2") =}}. The plateau begins at three quarters, which we did not run. From one half to one it is {{= said(recorded.accuracies, "ratio 1", "ratio 1/2") =}}, for {{= f"{spent['ratio 1'].params / spent['ratio 1/2'].params:.1f}" =}} times the parameters, and {{= f"{spent['ratio 1'].params / spent[PLAIN].params:.1f}" =}} times those of the plain network.
# - **Share of 3×3 kernels**, all at the ratio one half, as in Section 5.3 of {cite:t}`iandola2016squeezenet`. One eighth beside one half is {{= said(recorded.accuracies, "1/8 of 3×3", "ratio 1/2") =}}, with {{= f"{spent['1/8 of 3×3'].params:,}" =}} parameters instead of {{= f"{spent['ratio 1/2'].params:,}" =}}; seven eighths {{= said(recorded.accuracies, "7/8 of 3×3", "ratio 1/2") =}}, with {{= f"{spent['7/8 of 3×3'].params:,}" =}}. (In the figure all stand beside the plain network, whose ratio is one eighth, so the same variant may lie on the other side of zero there.) The paper reports that a share above one half brings nothing more. {{= against(recorded.accuracies, "7/8 of 3×3", "ratio 1/2").words("Our digits do not agree: there more 3×3 kernels, or the parameters that come with them, still brought something", "Our digits agree: there it even took something away", "Our digits agree: there it brought nothing that can be told from chance") =}}.
# - **Pools.** Late beside early is {{= said(recorded.accuracies, "pools late", "pools early") =}}. With the same parameters it does {{= f"{spent['pools late'].macs / spent['pools early'].macs:.1f}" =}} times the work. (That the late pools and the ratio 1/2 both do {{= f"{spent['pools late'].macs:,}" =}} multiply-adds is a coincidence.)
# - **Bypass.** Simple is {{= said(recorded.accuracies, "simple bypass") =}}, complex {{= said(recorded.accuracies, "complex bypass") =}}; simple beside complex {{= said(recorded.accuracies, "simple bypass", "complex bypass") =}}. On ImageNet {cite:t}`iandola2016squeezenet` report 57.5% {term}`top-1 <top-1 accuracy>` without a bypass, 60.4% with the simple one, 58.8% with the complex one (Table 3). Their explanation (Section 6): a narrow squeeze lets little through, and the bypass is a way around it.
#
# What can this confirm? Digits of {{= learn.x.shape[-1] =}}×{{= learn.x.shape[-1] =}} pixels have no fine detail that early pools could lose, and a squeeze layer of two channels, as the narrowest has here, is narrower than any in SqueezeNet. One {term}`learning rate` serves all, and {{= 4 * (len(learn) // 25) =}} {term}`batches <batch>` favour what learns quickly. On ImageNet it may be otherwise.

# %% [markdown] objective="build" claims="SQ-17,SQ-27"
# ## Average, not max
#
# The text of the paper names a max pool after conv10, and copies follow it; Table 1 of {cite:t}`iandola2016squeezenet` has an average. Does it matter? Each kernel of conv10 gives a map of scores, and the {term}`gradient` of their average, or max, tells which positions learn. We take an untrained SqueezeNet and the flower; as in `forward`, a ReLU stands behind conv10:

# %%
torch.manual_seed(0)
fresh = SqueezeNet().eval()
with torch.no_grad():
    maps = fresh.head(fresh.fires(fresh.stem(photo.expand(1, 3, 224, 224))))
maps.requires_grad_()
learning = {}
for name, end in [("average", lambda y: y.mean((2, 3))),
                  ("max", lambda y: y.amax((2, 3)))]:
    scores = end(torch.relu(maps))    # the ReLU stands behind conv10
    gradient, = torch.autograd.grad(scores.sum(), maps)
    learning[name] = int((gradient != 0).sum())
    print(f"{name}: {learning[name]:,} of {maps.numel():,} positions")
print(f"above zero: {int((maps > 0).sum()):,}")

# %% [markdown]
# The average asks “how much of it is there?”, and all positions that are above zero learn, here {{= f"{learning['average'] / maps.numel():.0%}" =}}; what the ReLU has set to zero gets no gradient under either ending. The max asks “is it anywhere?”, and for each image one position of a map learns, or none where the whole map is zero: {{= f"{learning['max'] / maps.numel():.1%}" =}}. Weights and shapes are the same, so no count finds the exchange.

# %% hide="code" measured=true
show.table(["end", "accuracy", "against the average"],
           [("average", f"{verdict.mean(accuracies[PLAIN]):.1%}", "–"),
            ("max", f"{verdict.mean(accuracies['max at the end']):.1%}",
             against(accuracies, "max at the end"))])

# %% [markdown]
# On our digits the max is {{= said(recorded.accuracies, "max at the end") =}}. The last maps there have {{= maps_end =}} positions a side, not thirteen; so for each image at most one of {{= maps_end**2 =}} positions learns, and the two ends are nearer to each other than in SqueezeNet.

# %% [markdown] objective="build" claims="SQ-53,SQ-54"
# ## Pitfalls
#
# ### A listing that cannot run
#
# The course page prints a fire module with a batch norm. In our own code, it counts like this:

# %%
class FoundFire(nn.Module):
    """A fire module as one may find it. Do not trust it."""

    def __init__(self, c_in, c_out):
        super().__init__()
        self.squeeze = nn.Conv2d(c_in, c_out // 8, 1)
        self.norm = nn.BatchNorm2d(c_out // 4)
        self.one = nn.Conv2d(c_out // 8, c_out // 2, 1)
        self.three = nn.Conv2d(c_out // 8, c_out // 2, 3, padding=1)

    def forward(self, x):
        y = torch.relu(self.norm(self.squeeze(x)))
        return torch.relu(torch.cat([self.one(y), self.three(y)], dim=1))


x = torch.rand(1, 96, 9, 9)
try:
    FoundFire(96, 128)(x)
except RuntimeError as error:
    print("RuntimeError:", str(error).splitlines()[0])

mended = FoundFire(96, 128)
mended.norm = nn.BatchNorm2d(128 // 8)    # as many as the squeeze gives
print(tuple(mended(x).shape), n_params(mended), "parameters; the paper's",
      n_params(Fire(96, *TABLE_1[0])))

# %% [markdown]
# *What it changes.* The layer is built without complaint and fails when an image comes. Mended it runs, and is a fire module with a batch norm that the paper does not have.
#
# ### One module too late, one row too few
#
# Other copies put a pool behind fire5 instead of fire4, or pools of 2×2 in the place of 3×3. Neither changes a parameter. What changes?

# %%
def two_by_two():
    """Padded conv1 and 2×2 pools, as in a published copy."""
    net = padded(3)
    for part in net.modules():
        if isinstance(part, nn.MaxPool2d):
            part.kernel_size = 2
    return net


COPIES = {"ours": SqueezeNet(), "a pool behind fire5": with_pools((5, 8)),
          "pools that round down": padded(0), "2×2 pools": two_by_two()}
for part in COPIES["pools that round down"].modules():
    if isinstance(part, nn.MaxPool2d):
        part.ceil_mode = False
copies = {name: bill(net) for name, net in COPIES.items()}
show.table(["copy", "parameters", "multiply-adds", "times ours"],
           [(name, b.params, b.macs, f"{b.macs / late.macs:.2f}")
            for name, b in copies.items()])

# %% [markdown]
# *What it changes.* The sizes of the maps and the work; and what trained weights see, since they meet maps that they were not trained on. Count multiply-adds, not only parameters, when you compare a copy.

# %% [markdown]
# ## Exercises
#
# Two for practice, with solutions; then three that count. The checks look at a few cases, the hidden tests at many more.

# %% task [markdown] exercise="widest_squeeze" objective="strategies"
# ### How wide may it squeeze?
#
# Write `widest_squeeze(c_in, e1, e3, budget)`: the largest $s$ for which a fire module has at most `budget` parameters, biases included; 0 where not even one channel fits.
#
# :::{dropdown} Solution
# Sort the formula by $s$: it is $(C_\text{in} + 1 + e_1 + 9 e_3)\,s + e_1 + e_3$.
#
# ```python
# def widest_squeeze(c_in, e1, e3, budget):
#     return max(0, (budget - e1 - e3) // (c_in + 1 + e1 + 9 * e3))
# ```
# :::

# %% answer exercise="widest_squeeze"
def widest_squeeze(c_in, e1, e3, budget):
    """The largest s with at most `budget` parameters, or 0."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="widest_squeeze"
with Check("widest_squeeze") as check:
    with check("fire2 fits its own budget exactly"):
        check.equal(widest_squeeze(96, 64, 64, 11_920), 16)
    with check("one parameter less, one channel less"):
        check.equal(widest_squeeze(96, 64, 64, 11_919), 15)
    with check("unequal expand layers, and nothing fits"):
        check.equal(widest_squeeze(10, 2, 5, 125), 2)
        check.equal(widest_squeeze(10, 2, 5, 6), 0)

# %% task [markdown] exercise="bypasses" objective="build"
# ### Who may have a simple bypass?
#
# Write `bypasses(c_in, fires)`: `fires` is a list of triples $(s, e_1, e_3)$, numbered from 2 on as in the paper. Return the numbers of those around which a simple bypass is possible.
#
# :::{dropdown} Solution
# ```python
# def bypasses(c_in, fires):
#     found = []
#     for number, (s, e1, e3) in enumerate(fires, start=2):
#         if c_in == e1 + e3:
#             found.append(number)
#         c_in = e1 + e3
#     return found
# ```
# :::

# %% answer exercise="bypasses"
def bypasses(c_in, fires):
    """Numbers of the fire modules whose widths in and out agree."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="bypasses"
with Check("bypasses") as check:
    with check("SqueezeNet: every second one"):
        check.equal(list(bypasses(96, TABLE_1)), [3, 5, 7, 9])
    with check("unequal halves may still add up"):
        check.equal(list(bypasses(12, [(2, 4, 8), (3, 6, 5)])), [2])

# %% predict [markdown] name="oblong" objective="fire"
# ### Predict: an image twice as wide
#
# The next exercise counts on images of any size. A SqueezeNet reads an image of 224×448 pixels instead of 224×224. How many times the multiply-adds?
#
# :field: Times as many
# :answer: f"{wide / late.macs:.2f}"
# :wrong: 2: Nearly. A window that stood half outside the right edge, and the border that conv1 leaves, come only once.
# :wrong: 4: Only one side grew.

# %% task [markdown] exercise="network_macs" objective="fire"
# ### The work of a network, on any image
#
# Write `network_macs(h, w, fires, pools, classes)`: the multiply-adds of SqueezeNet in version 1.0, on an image of `h` × `w` pixels, as a whole number. conv1 is as in the paper (three channels to $96$, 7×7, stride 2, no padding), and a max pool follows it. `fires` is a list of triples `(s, e1, e3)`, one or more, numbered from 2; `pools` has the numbers of those that a max pool follows, in any order. Pools are 3×3 with stride 2 and round *up*, as above: sides of $54$ and of $55$ both give $27$. conv10 is a 1×1 layer to `classes` channels without padding. Images are large enough for every pool; sides may differ and be odd.
#
# :::{dropdown} Hint
# What is left of a side behind conv1? Then find a rule for a pool from $54 \to 27$ and $55 \to 27$. A fire module has three layers, all on the same map.
# :::

# %% answer exercise="network_macs"
def network_macs(h, w, fires, pools, classes):
    """Multiply-adds of a SqueezeNet 1.0 with other fire modules."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="network_macs" points=4
with Check("network_macs") as check:
    with check("SqueezeNet at 224 and at 227"):
        for size in (224, 227):
            check.equal(network_macs(size, size, TABLE_1, (4, 8), 1000),
                        bill(SqueezeNet(), size).macs)
    with check("an oblong image, ten classes, early pools"):
        net = with_pools((3, 5))
        net.head = nn.Conv2d(512, 10, 1)
        check.equal(network_macs(90, 131, TABLE_1, (3, 5), 10),
                    cost.total(cost.layer_costs(net, (1, 3, 90, 131))).macs)
    with check("unequal halves, another last width, pools in any order"):
        fires = [(3, 5, 9), (4, 7, 2), (6, 20, 11)]
        check.equal(network_macs(67, 90, fires, (3, 2), 6), 18_571_044)

# %% hide="code"
wide = cost.total(cost.layer_costs(squeezenet, (1, 3, 224, 448))).macs
print(f"{wide:,} multiply-adds at 224 × 448")

# %% [markdown]
# {answer}`oblong`
#
# It is {{= f"{wide / late.macs:.2f}" =}} times, a little above two. What a side loses at its border, it loses once: behind conv1 and the pools a side of $224$ pixels has {{= ", ".join(str(n) for n in sides(squeezenet, 224)[:4]) =}} positions, one of $2 \cdot 224$ pixels {{= ", ".join(str(n) for n in sides(squeezenet, 448)[:4]) =}}, each a little more than twice.

# %% predict [markdown] name="filler" objective="apart"
# ### Predict: zeros that are stored
#
# Deep Compression stores with each weight how many zeros stand before it, in few bits. A run that is too long for these bits needs a *filler*, a zero that is stored as if it were a weight. Of a million weights, one in a hundred is not zero, evenly spread. With four bits for a run, fillers are
#
# :field: Fillers are
# :choices: more than the weights | fewer | none
# :answer: "more than the weights" if fillers > 10_000 else "fewer" if fillers else "none"
# :wrong: fewer: How many fillers does each run of ninety-nine zeros need?
# :wrong: none: Four bits count to fifteen.

# %% task [markdown] exercise="stored_bits" objective="apart"
# ### What a pruned layer takes
#
# Write `stored_bits(weights, value_bits, run_bits)`: the bits that a list of weights takes, a whole number, when only the weights that are not zero are stored. For each the file holds `run_bits` bits, the number of zeros between it and the last stored entry (or the beginning), and `value_bits` bits, its value. A run of zeros may be as long as `run_bits` bits can say and no longer: from 0 to $2^{b}-1$ with $b$ bits. Where more zeros stand before a weight, a *filler* is stored: a full run, and a value that is zero. The filler’s value is itself one of the zeros. Zeros after the last weight are not stored. `weights` is a list of numbers, or a tensor with one axis; it may be empty or all zeros. `value_bits` is a whole number from 1, `run_bits` from 0.
#
# :::{dropdown} Hint
# Take two bits, write a file for four zeros and a weight by hand, and let more zeros come. When is the second filler needed?
# :::

# %% answer exercise="stored_bits"
def stored_bits(weights, value_bits, run_bits):
    """Bits of a list of weights, stored with the runs of zeros between."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="stored_bits" points=4
with Check("stored_bits") as check:
    with check("no zeros: every weight with its run of none"):
        check.equal(stored_bits([1.0, -2.0, 3.0], 6, 4), 30)
    with check("a run that fits exactly, and one zero more"):
        check.equal(stored_bits([0, 0, 0, 5], 6, 2), 8)
        check.equal(stored_bits([0, 0, 0, 0, 5], 6, 2), 16)
    with check("seven zeros, and eight: two fillers before one weight"):
        check.equal(stored_bits([0] * 7 + [5], 6, 2), 16)
        check.equal(stored_bits([0] * 8 + [5], 6, 2), 24)
    with check("a second run begins behind a weight"):
        check.equal(stored_bits([0, 0, 0, 3, 0, 0, 1], 6, 2), 16)
    with check("no bits for a run: every zero up to the last weight"):
        check.equal(stored_bits([0, 0, 1], 4, 0), 12)
    with check("a tensor"):
        check.equal(int(stored_bits(torch.tensor([0.0, -2.0]), 6, 4)), 10)
    with check("zeros at the end take nothing"):
        check.equal(stored_bits([0.5, 0, 0, 0, 0, 0], 8, 2), 10)
    with check("nothing to store"):
        check.equal(stored_bits([0.0, 0.0], 8, 4), 0)

# %% hide="code"
fillers = 10_000 * (99 // 2**4)
print(f"{fillers:,} fillers for 10,000 weights, runs of 99 zeros")

# %% [markdown]
# {answer}`filler`
#
# Each run of ninety-nine zeros needs {{= fillers // 10_000 =}} fillers, so there are {{= fillers // 10_000 =}} of them for each weight. Where one weight in three stays, they are rare.

# %% task [markdown] exercise="one_expand" objective="build"
# ### Two layers are one
#
# Caffe had no layer with kernels of two sizes, so the authors write the expand step as two layers and put the outputs together, which they say is the same as one (Section 3.3.1 of the paper). Show it. Write `one_expand(w1, b1, w3, b3)`: from the weights and biases of the 1×1 layer, `(e1, s, 1, 1)` and `(e1,)`, and of the 3×3 layer, `(e3, s, 3, 3)` and `(e3,)`, make a pair `(weight, bias)` of *one* 3×3 layer that gives, with padding 1 and stride 1, what `Fire` puts together, in the same order. The type is kept, float32 or float64. Change nothing that you were given. $e_1$ and $e_3$ may differ; the tensors ask for no gradient.
#
# **Think first:** where in the 3×3 kernel does a 1×1 kernel stand?
#
# :::{dropdown} Hint
# Draw the window of a 3×3 kernel with padding 1 at a corner of the map. Which of its nine places lies where the 1×1 kernel reads? (`new_zeros` makes zeros of the same type.)
# :::

# %% answer exercise="one_expand"
def one_expand(w1, b1, w3, b3):
    """(weight, bias) of one 3×3 layer in the place of the two."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="one_expand" points=4
with Check("one_expand") as check:
    torch.manual_seed(0)
    fire = Fire(6, 3, 4, 5).double().requires_grad_(False)
    for tensor in fire.parameters():
        nn.init.normal_(tensor)    # more digits than float32 holds
    y = torch.randn(2, 3, 7, 4).double()
    pair = [fire.expand1x1, fire.expand3x3]
    given = [t for layer in pair for t in (layer.weight, layer.bias)]
    before = [t.clone() for t in given]
    weight, bias = None, None
    with check("shapes, for 4 and 5 kernels"):
        weight, bias = one_expand(*given)
        check.equal((tuple(weight.shape), tuple(bias.shape)),
                    ((9, 3, 3, 3), (9,)))
    with check("what was given is as it was"):
        for tensor, earlier in zip(given, before, strict=True):
            check.equal(tensor, earlier)
    with check("the same outputs on an oblong map of two images"):
        both = torch.cat([layer(y) for layer in pair], dim=1)
        check.close(nn.functional.conv2d(y, weight, bias, padding=1),
                    both, abs=1e-10)
    with check("float32, one input channel"):
        given = [torch.randn(2, 1, 1, 1), torch.randn(2),
                 torch.randn(3, 1, 3, 3), torch.randn(3)]
        weight, bias = one_expand(*given)
        check.equal((weight.dtype, bias.dtype), 2 * (torch.float32,))
        check.equal(weight[2:], given[2])
        check.equal(tuple(bias.shape), (5,))

# %% [markdown]
# ### An open question
#
# No points, and no single answer. The size that {cite:t}`iandola2016squeezenet` print for the complex bypass, 7.7 MB, fits none of our counts. Which networks could have been meant? List what you would vary (where the layers stand, how wide they are, what is stored), compute each, and say what evidence would decide.

# %% [markdown] claims="SQ-26,SQ-32"
# ## When to choose it
#
# We began with {{= f"{bills['AlexNet'].params / 1e6:.0f}" =}} million parameters, nearly all in linear layers. Did the cure cure it?

# %% hide="code" name="fig-squeezenet-again" alt="Three rows of two marks on a logarithmic axis, in multiples of AlexNet: parameters, multiply-adds, memory access, a circle for SqueezeNet 1.0 and a square for 1.1. Both marks of parameters are near a fiftieth. Of multiply-adds the circle is right of the dashed line at one, the square at about a half. Of memory access both are left of the line, near a tenth." caption="Parameters, multiply-adds and memory access for one image, as multiples of AlexNet’s (dashed)."
KINDS = {"parameters": "params", "multiply-adds": "macs",
         "memory access": "access"}
fig, ax = plt.subplots(figsize=(7, 2.4))
for name, colour, mark in [("SqueezeNet 1.0", "#0072B2", "o"),
                           ("SqueezeNet 1.1", "#D55E00", "s")]:
    ax.plot([getattr(work[name], kind) / getattr(work["AlexNet"], kind)
             for kind in KINDS.values()], range(3), linestyle="none",
            color=colour, marker=mark, label=name)
ax.axvline(1, color="#595959", linestyle="--")
ax.set_xscale("log")
ax.set_xticks([0.02, 0.1, 0.5, 1], labels=["1/50", "1/10", "1/2", "1"])
ax.minorticks_off()
ax.set_yticks(range(3), list(KINDS))
ax.set_ylim(2.5, -0.5)
ax.set_xlabel("times AlexNet's")
ax.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
plt.show()

# %% [markdown]
# Parameters, yes: {{= f"{total / bills['AlexNet'].params:.1%}" =}} of AlexNet’s. The reported top-1 accuracies are 57.5% for SqueezeNet in version 1.0 and 57.2% for AlexNet (Table 2 of {cite:t}`iandola2016squeezenet`). Of the parameters that went, {{= f"{(linear - ends[1]) / (convs + linear - total):.0%}" =}} went with the linear layers; the rest is the exchange of the whole body, which by itself became {{= f"{convs / body:.1f}" =}} times smaller. The *work* stayed in version 1.0, with {{= f"{share['1.0']:.0%}" =}} of it in the first layer; version 1.1 does {{= f"{newer.macs / late.macs:.0%}" =}} of version 1.0’s work. {{= f"{work['SqueezeNet 1.0'].access / work['AlexNet'].access:.0%}" =}} of the {term}`memory access` is left in version 1.0: weights were most of what AlexNet moved.
#
# *Choose it* where the size of the file or of the memory on the chip decides. Version 1.1 does less work; that it is as accurate is its authors’ word alone {cite:p}`deepscale2016squeezenet`. The simple bypass adds no parameter. The paper reports a gain for version 1.0; on version 1.1 we have not tried it.
#
# *Look further* where work or accuracy decide: MobileNet and ShuffleNet ({chapter}`3`, {chapter}`5`), which came later, report more of the one for less of the other. *Take from it* the two questions for any claim of “times smaller”: smaller than what, and which part of the design paid?

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements about SqueezeNet that are worth a second look, each with our verdict.
