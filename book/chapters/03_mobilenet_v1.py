# ---
# title: MobileNet V1
# minutes: [75, 75]
# before: separable layers and what they cost, memory access, the roofline and the rule for verdicts ({chapter}`1`); what Xception's layer looks like ({chapter}`2`).
# objectives:
#   count: count every layer of MobileNet, and say which kind of layer holds the work, the parameters and the maps
#   shrink: say exactly what the width multiplier and the resolution multiplier do to each cost
#   time: say from the roofline what bounds a layer, and test a cause of a measured time instead of guessing it
#   train: compare trained networks fairly, and say what weight decay can do to a filter before a batch norm
#   build: build MobileNet so that trained weights fit and images of every size do, and find the mistakes of published copies
# ---

# %% card [markdown]
# # MobileNet V1: one layer, two dials
#
# {cite:t}`howard2017mobilenets` put thirteen separable layers in a row and add two dials: one makes every layer narrower, the other every map smaller. There is no branch and no trick, so every number of this network can be counted, and many a claim about it tested.

# %% [markdown] objective="count" claims="M1-02,M1-36"
# ## Cheap layers, dear networks
#
# {chapter}`Xception <2>` is made of cheap layers, and it is a dear network: what a {term}`separable layer <separable convolution>` saves, it spends on more {term}`channels <channel>`. A phone or a robot cannot pay that for each picture. What do the networks so far ask of them?

# %% hide="code"
import copy

import matplotlib.pyplot as plt
import torch
from IPython.display import display
from sklearn.datasets import load_sample_image
from torch import nn

from lightnets_edu import cost, data, show, timing, training, verdict
from lightnets_edu.checks import Check
from lightnets_edu.layers import conv_bn
from lightnets_edu.models import MODELS
from lightnets_edu.models.mobilenet_v1 import (
    RESOLUTIONS, STEM, TABLE_1, WIDTHS, DepthwiseSeparable, MobileNetV1,
)

show.vector_plots()
image = (1, 3, 224, 224)
with torch.device("meta"):    # shapes and counts need no values
    before = {
        "VGG-16": (MODELS["vgg16"](), 224),
        "Inception v3": (MODELS["inception_v3"](), 299),
        "Xception": (MODELS["xception"](), 299),
    }
asked = {name: cost.total(cost.layer_costs(net, (1, 3, size, size)))
         for name, (net, size) in before.items()}
alike = cost.total(cost.layer_costs(before["Xception"][0], image))

# %% hide="code" name="fig-mobilenet-before" alt="Two bar charts beside each other. Multiply-adds: VGG-16 far above, Xception next, Inception v3 somewhat below it. Parameters: VGG-16 far above, the other two about a sixth of it and alike." caption="What three networks ask for one photograph, each at the size of its paper. The separable layers of Xception do not show: it has fewer parameters than Inception v3 by a little, and more multiply-adds."
fig, axes = plt.subplots(1, 2, figsize=(6.5, 2.2), sharey=True)
for ax, what, unit in zip(axes, ("macs", "params"), (1e9, 1e6)):
    bars = ax.barh(list(asked), [getattr(t, what) / unit
                                 for t in asked.values()], color="#0072B2")
    ax.bar_label(bars, fmt="%.1f", padding=3)
    ax.margins(x=0.2)
axes[0].invert_yaxis()
axes[0].set_xlabel("multiply-adds, billions")
axes[1].set_xlabel("parameters, millions")
plt.show()

# %% [markdown]
# The paper wants a short time to an answer first, and a small file second; much earlier work looked at the file only (Section 2 of {cite:t}`howard2017mobilenets`).

# %% objectives [markdown]
# ## You will be able to

# %% predict [markdown] name="chain" objective="count"
# ## Predict first
#
# MobileNet is a {term}`stem`, thirteen separable layers one after the other, and a linear {term}`classifier`. Its *{term}`dense` twin* has a standard 3×3 layer, with as many channels, in the place of each separable one.
#
# How many times fewer {term}`multiply-adds <multiply-add>` does MobileNet do than the twin? And how much of its work do the {term}`depthwise <depthwise convolution>` layers do?
#
# :field: Times fewer multiply-adds
# :answer: f"{twin.macs / whole.macs:.1f}"
# :wrong: 9: Nine is the limit for one layer with very many outputs.
# :wrong: below 7: The wide layers, which do most of the work, each save more than eight times.
# :field: The depthwise layers' share of the multiply-adds
# :unit: %
# :answer: f"{100 * share('depthwise', 'macs'):.0f}"
# :wrong: above 20: A depthwise layer has nine multiply-adds for each output, a pointwise layer as many as there are input channels.

# %% [markdown] objective="build" claims="M1-03,M1-04,M1-07,M1-12"
# ## See it: the layer
#
# The layer is that of {chapter}`1`: {term}`filter` each channel, then combine the channels.

# %%
show.source(DepthwiseSeparable)

# %% [markdown]
# Two things differ from Xception's layer: {term}`batch norm` and {term}`ReLU` stand behind *both* steps, and no {term}`shortcut` runs around it.
#
# Below are three of the thirteen, two at a time on one scale. An early one filters {show}`few channels <fig-mobilenet-block block="second layer" beside="thirteenth layer" layer=0>` of a large {term}`map`. A late one {show}`combines many <fig-mobilenet-block block="thirteenth layer" beside="second layer" layer=1>` on a small one. Where the map shrinks, {show}`the depthwise step <fig-mobilenet-block block="sixth layer" beside="second layer" layer=0>` has the {term}`stride`; the channels double in the {term}`pointwise <pointwise convolution>` step behind it.

# %% hide="code" name="fig-mobilenet-block" alt="Two separable layers side by side on one scale, each a depthwise box, then a pointwise box: the second layer as a thin and deep flow of 64 channels that become 128, the thirteenth as a high and flat one of 1024 channels. Two bars below each: the thirteenth has nearly all the weights, the work is of one order." caption="Two of MobileNet's layers: height is channels, depth is the size of the map. The bars below are weights and work, on one scale too. Point at a step to see its share."
from lightnets_edu.widgets import BlockAnatomy

BlockAnatomy.of({
    "second layer": (DepthwiseSeparable(64, 128, 2), (1, 64, 112, 112)),
    "sixth layer": (DepthwiseSeparable(256, 512, 2), (1, 256, 28, 28)),
    "thirteenth layer":
        (DepthwiseSeparable(1024, 1024, 1), (1, 1024, 7, 7))},
    beside="thirteenth layer")

# %% [markdown] objective="build" claims="M1-01,M1-05,M1-08,M1-09"
# ## Build it: the network
#
# The table of the paper (Table 1 of {cite:t}`howard2017mobilenets`) is one pair of numbers for each layer, the stride and the output channels:

# %%
print("stem:", STEM)
print("layers:", [(row.s, row.c) for row in TABLE_1])
show.source(MobileNetV1)

# %% [markdown]
# (`one_of`, `whole` and `check_image` refuse sizes that make no sense.) The stem is a {term}`standard layer <standard convolution>`. The map shrinks five times, from {{= image[2] =}} to {{= image[2] // 2**(1 + sum(row.s == 2 for row in TABLE_1)) =}} positions a side; then each channel is averaged to one number, and a {term}`linear layer` reads these.

# %% [markdown] objective="count" claims="M1-06,M1-10,M1-11"
# ## Count it: all its layers
#
# Each {term}`weight` is used once at each position of the output. So the table of pairs gives everything, for any {term}`width` and image size.

# %%
def by_formula(alpha=1.0, size=224):
    """Weights and multiply-adds of every convolution, by the table."""
    c_in, size = int(STEM * alpha), -(-size // 2)    # up, not down
    counts = [(9 * 3 * c_in, 9 * 3 * c_in * size**2)]
    for stride, c in TABLE_1:
        c_out, size = int(c * alpha), -(-size // stride)
        for weights in (9 * c_in, c_in * c_out):
            counts.append((weights, weights * size**2))
        c_in = c_out
    return counts

# %% [markdown]
# The authors' own code prints the result, layer by layer {cite:p}`tensorflow2017mobilenet`. We compare it with our function and with the layers of the package.

# %% hide="code"
# The authors' table: weights and multiply-adds of the 27 convolutions.
PRINTED = """864 10838016 288 3612672 2048 25690112 576 1806336
8192 25690112 1152 3612672 16384 51380224 1152 903168 32768 25690112
2304 1806336 65536 51380224 2304 451584 131072 25690112 4608 903168
262144 51380224 4608 903168 262144 51380224 4608 903168 262144 51380224
4608 903168 262144 51380224 4608 903168 262144 51380224 4608 225792
524288 25690112 9216 451584 1048576 51380224"""
numbers = [int(number) for number in PRINTED.split()]
printed = list(zip(numbers[::2], numbers[1::2], strict=True))

with torch.device("meta"):
    network = MobileNetV1()
rows = cost.layer_costs(network, image)
whole = cost.total(rows)
table = [row for row in rows if len(row.kernel) == 2]
layers = [(row.params, row.macs) for row in table]
names = ["stem"] + [f"{i} {step}" for i in range(1, 14)
                    for step in ("depthwise", "pointwise")]
lines = []
for i, name in enumerate(names):
    agree = printed[i] == by_formula()[i] == layers[i]
    c, h, w = table[i].out_shape[1:]
    lines.append((name, f"{c}×{h}×{w}", *layers[i],
                  "all three agree" if agree else "differs"))
show.table(["layer", "output", "weights", "multiply-adds",
            "printed, formula, layer"], lines)

# %% hide="code"
KINDS = {"pointwise": "pointwise", "depthwise": "depthwise",
         "standard": "stem", "linear": "classifier", "norm": "batch norm"}


def share(kind, what):
    """A kind's share of the multiply-adds, parameters or access."""
    part = cost.total(row for row in rows if row.kind == kind)
    return getattr(part, what) / getattr(whole, what)


def dense_twin():
    """MobileNet with a standard layer for each separable one."""
    net, c_in = MobileNetV1(), STEM
    for i, (stride, c_out) in enumerate(TABLE_1):
        net.blocks[i] = conv_bn(c_in, c_out, 3, stride)
        c_in = c_out
    return net


with torch.device("meta"):
    twin = cost.total(cost.layer_costs(dense_twin(), image))
show.table(
    ["kind of layer", "multiply-adds", "parameters", "memory access"],
    [(name, *(f"{share(kind, what):.2%}"
              for what in ("macs", "params", "access")))
     for kind, name in KINDS.items()])

# %% [markdown] objective="count" claims="M1-13,M1-24,M1-36"
# {{= f"{sum(line[-1] == 'all three agree' for line in lines)} of {len(printed)}" =}} lines agree. With the classifier there are {{= len(table) + 1 =}} layers, as the paper counts them; with its {{= f"{rows[-1].params:,}" =}} {term}`parameters <parameter>` and those of the batch norms the network has {{= f"{whole.params:,}" =}}, and it does {{= f"{whole.macs:,}" =}} multiply-adds.
#
# {answer}`chain`
#
# That is {{= f"{twin.macs / whole.macs:.1f}" =}} times fewer than the twin does. For this the paper reports one point of {term}`top-1 accuracy` on {term}`ImageNet`, 70.6% instead of 71.7% (Table 4 of {cite:t}`howard2017mobilenets`). The {term}`pointwise <pointwise convolution>` layers do {{= f"{share('pointwise', 'macs'):.1%}" =}} of the work, the depthwise layers {{= f"{share('depthwise', 'macs'):.1%}" =}}. But of the {term}`elements <element>` that are moved, the {term}`memory access`, the depthwise layers move {{= f"{share('depthwise', 'access'):.0%}" =}}.
#
# And where in the network? Sketch it in the figure before you reveal it; then see all three: {show}`multiply-adds <fig-mobilenet-skyline metric=macs sketching=false>`, {show}`parameters <fig-mobilenet-skyline metric=params sketching=false>`, {show}`memory access <fig-mobilenet-skyline metric=access sketching=false>`.

# %% hide="code" wide=true name="fig-mobilenet-skyline" alt="A bar for each layer of MobileNet in the order in which they run, and under it a mark for its kind. In multiply-adds high pointwise bars alternate with depthwise bars that are too low to see." caption="What every layer of MobileNet costs. Drag across the plot to sketch it, then reveal. Memory access is high where the maps are large, at the beginning, and where the weights are many, at the end; parameters sit at the end alone."
from lightnets_edu.widgets import NetworkSkyline

NetworkSkyline(["mobilenet_v1_1.0", "mobilenet_v1_0.25", "xception"],
               shown="mobilenet_v1_1.0", sketching=True)

# %% [markdown]
# ### Check it
#
# The paper's own table of shares, which leaves batch norms and {term}`biases <bias>` out, agrees with our counts in seven of eight entries. For the stem's multiply-adds it prints 1.19% (Table 2 of {cite:t}`howard2017mobilenets`), where we count {{= f"{share('standard', 'macs'):.2%}" =}}. Two digits have changed places, and its column does not add up to the whole.
#
# :::{dropdown} Going deeper: other checks, and a stride that cannot be
# The {term}`convolutions <convolution>` of the twin have {{= f"{(twin.macs - rows[-1].macs) / 1e6:.0f}" =}} million multiply-adds, and all of it {{= f"{twin.params / 1e6:.1f}" =}} million parameters; the paper prints 4866 and 29.3 (Table 4 of {cite:t}`howard2017mobilenets`). Our tests also copy the weights of an independent implementation, pytorchcv, into ours; the outputs agree.
#
# Table 1 of {cite:t}`howard2017mobilenets` prints stride 2 for the last depthwise layer, and beside it a map of 7×7 before and after. Readers noticed {cite:p}`raingo2017typo`; the authors' code has stride 1.
# :::

# %% predict [markdown] name="quarter" objective="shrink"
# ## The first dial: width
#
# The {term}`width multiplier` $\alpha$ multiplies the channels of every layer, before and after it. The paper says that work and parameters fall “by roughly $\alpha^2$” (Section 3.3 of {cite:t}`howard2017mobilenets`).
#
# With $\alpha = \tfrac14$, how many times fewer parameters will the whole network have?
#
# :field: Times fewer parameters
# :answer: f"{whole.params / sizes[0.25].params:.0f}"
# :wrong: 16: That is α², which holds for the pointwise layers alone.
# :wrong: 4: That would be so if no layer had channels on both sides.

# %% [markdown] claims="M1-17,M1-18,M1-25,M1-26,M1-27"
# A pointwise layer has $\alpha C_\text{in}$ channels before it and $\alpha C_\text{out}$ behind it: its cost falls with $\alpha^2$. All others have the multiplier on one side only. A depthwise layer has one filter for each channel; the stem reads three colours, the classifier names a thousand classes, a batch norm has two numbers for each channel. These fall with $\alpha$. So
#
# $$
# \text{cost}(\alpha) \;=\; a\,\alpha^2 + b\,\alpha + c ,
# $$
#
# where $c$ holds what no width changes, the biases of the classifier.

# %%
def parts(what):
    """How much of a cost falls with α², with α, and not at all."""
    square = sum(getattr(row, what) for row in rows
                 if row.kind == "pointwise")
    fixed = 1000 if what == "params" else 0    # the classifier's biases
    return square, getattr(whole, what) - square - fixed, fixed


with torch.device("meta"):
    nets = {alpha: MobileNetV1(alpha) for alpha in WIDTHS}
sizes = {alpha: cost.total(cost.layer_costs(net, image))
         for alpha, net in nets.items()}
for what in ("macs", "params"):
    a, b, c = parts(what)
    exact = all(a * w**2 + b * w + c == getattr(sizes[w], what)
                for w in WIDTHS)
    print(f"{what}: {a:,} α² + {b:,} α + {c:,}, exact: {exact}")

# %% hide="code"
show.table(
    ["α", "multiply-adds", "of the whole", "parameters", "of the whole",
     "α²"],
    [(str(w), t.macs, f"{t.macs / whole.macs:.4f}", t.params,
      f"{t.params / whole.params:.4f}", f"{w * w:.4f}")
     for w, t in sizes.items()])

# %% [markdown]
# {answer}`quarter`
#
# At $\alpha = \tfrac14$ the network has {{= f"{sizes[0.25].params:,}" =}} parameters, {{= f"{whole.params / sizes[0.25].params:.1f}" =}} times fewer and not sixteen: {{= f"{1 - parts('params')[0] / 16 / sizes[0.25].params:.0%}" =}} of what is left belongs to $b$ and $c$, most of it to the classifier. For the multiply-adds $\alpha^2$ is nearer the truth, since nearly all of them are pointwise.

# %% hide="code" name="fig-mobilenet-alpha" alt="Two panels over the width multiplier from a quarter to one. In both a level line at one is α². Multiply-adds lie close above it and rise to about 1.15 at a quarter. Parameters rise much more, to about 1.8 at a quarter." caption="How many times more is left than α² says, over α. It is the narrow networks that keep more than they should; for parameters it is above all the classifier."
fig, axes = plt.subplots(1, 2, figsize=(6.5, 2.6), sharey=True)
curve = [i / 100 for i in range(20, 101)]
for ax, what, name in zip(axes, ("macs", "params"),
                          ("multiply-adds", "parameters")):
    a, b, c = parts(what)
    full = a + b + c
    ax.plot(curve, [(a * w * w + b * w + c) / full / w**2 for w in curve],
            color="#0072B2")
    ax.plot(WIDTHS, [getattr(sizes[w], what) / full / w**2 for w in WIDTHS],
            "o", color="#0072B2")
    ax.axhline(1, color="#595959", lw=1)
    ax.annotate("α²", (0.97, 1), xytext=(0, -13),
                textcoords="offset points", color="#595959")
    ax.set(title=name, xlabel="α", xticks=WIDTHS, ylim=(0.8, 2.1))
axes[0].set_ylabel("times what α² says")
plt.show()

# %% [markdown] objective="shrink" claims="M1-19,M1-22,M1-23,M1-29,M1-30,M1-31,M1-32"
# ## The second dial: resolution
#
# The {term}`resolution multiplier` $\rho$ makes every map smaller. One looks for it in the code of the network, and it is not there. The paper sets it “implicitly”, by giving the network a smaller image (Section 3.4 of {cite:t}`howard2017mobilenets`): {{= RESOLUTIONS[1] =}} pixels instead of {{= RESOLUTIONS[0] =}} *are* $\rho = \tfrac67$. (The long notes, one of [our sources](../book/claims.md), set $\rho$ itself to the number of pixels.)

# %% hide="code" name="fig-mobilenet-rho" alt="The same photograph of a temple roof four times, at the scale of its pixels, each smaller than the one before; below each its size in pixels and the size of the last map, from 7 by 7 to 4 by 4." caption="The second dial is this: the same photograph with fewer pixels, for the same network. Photograph: danielbuechele, [CC BY](https://creativecommons.org/licenses/by/2.0/)."
photo = torch.tensor(load_sample_image("china.jpg") / 255.0).float()
photo = photo.permute(2, 0, 1)[None, :, :, 100:527]
views = {size: nn.functional.interpolate(
    photo, size=(size, size), mode="bilinear", antialias=True)
    for size in RESOLUTIONS}
fig, axes = plt.subplots(1, 4, figsize=(7, 2.6), width_ratios=RESOLUTIONS)
for ax, (size, view) in zip(axes, views.items()):
    ax.imshow(view[0].permute(1, 2, 0).clamp(0, 1))
    ax.set_title(f"{size}×{size}", fontsize=10)
    ax.set_xlabel(f"last map {size // 32}×{size // 32}", fontsize=9)
    ax.set(xticks=[], yticks=[], anchor="S")
    ax.spines[:].set_visible(False)
plt.show()

# %%
torch.manual_seed(0)
one = MobileNetV1(0.25).eval()    # one network, for all four images
with torch.no_grad():
    scores = {size: one(view) for size, view in views.items()}
lines = []
for size in RESOLUTIONS:
    t = cost.total(cost.layer_costs(network, (1, 3, size, size)))
    lines.append((size, tuple(scores[size].shape), t.params, t.macs,
                  f"{t.macs / whole.macs:.4f}",
                  f"{(size / 224)**2:.4f}"))
show.table(["image", "scores", "parameters", "multiply-adds",
            "of the whole", "ρ²"], lines)

# %% [markdown] claims="M1-20,M1-21"
# No weight knows the size of the map. So the parameters stay, and the work of every convolution falls with $\rho^2$: exactly, for these four sizes, of which thirty-two is a divisor. (What is left over is the classifier, which has no map.)
#
# A narrower network is *another network*: the weights of the wide one do not fit, and it must be trained anew. A smaller image needs nothing new. The short notes ask for training from scratch here too; one may wish to, for accuracy, but weights from one size run at every other.
#
# In the figure both dials turn one layer, the example of the paper's Table 3 in {cite:t}`howard2017mobilenets`: {show}`separable <fig-mobilenet-dials alpha=1 rho=1>`, {show}`three quarters of the width <fig-mobilenet-dials alpha=0.75 rho=1>`, {show}`and smaller maps, too <fig-mobilenet-dials alpha=0.75 rho=0.7142857142857143>`. Point at its memory access in the last step: the weights among it stay. And {show}`a narrow layer <fig-mobilenet-dials alpha=0.25 rho=1>` has a lower {term}`arithmetic intensity`: it does less for each element that it moves.

# %% wide=true name="fig-mobilenet-dials" alt="Left, three small squares in the corner of the outline of the standard layer, by area: multiply-adds, memory access and least time of the separable layer from 512 to 512 channels on a map of 14 by 14; memory access is the largest. Right, a line that rises and then turns level, with the depthwise step on the slope, the pointwise step and the standard layer on the level part." caption="A layer from the middle of MobileNet, with the two dials α and ρ. Areas compare the separable layer, D + P, with the standard one, S, whose dials stay at 1; dashed squares are what was there before. Right: the further left a letter, the less it does for each element moved."
from lightnets_edu.widgets import CostCalculator

CostCalculator(c_in=512, c_out=512, kernel=3, size=14,
               controls=["alpha", "rho"])

# %% [markdown] claims="M1-28,M1-33,M1-34"
# :::{dropdown} Going deeper: what the dials cost in accuracy, by the paper
# On ImageNet the paper reports 70.6%, 68.4%, 63.7% and 50.6% for the four widths (Table 6 of {cite:t}`howard2017mobilenets`), and 70.6%, 69.1%, 67.2% and 64.4% for the four {term}`resolutions <resolution>`, each trained at its own (Table 7 of {cite:t}`howard2017mobilenets`).
#
# The table of resolutions has been copied with the multiply-adds of the first row in all four {cite:p}`tensorflow2020keras`, as if the second dial saved nothing.
# :::

# %% predict [markdown] name="time" objective="time"
# ## Time it
#
# MobileNet “spends 95% of it’s computation time” in 1×1 layers, the paper says, “as can be seen in Table 2” (Section 3.2 of {cite:t}`howard2017mobilenets`). That table counts multiply-adds. We take the clock, for one photograph on one thread.
#
# The depthwise layers do {{= f"{share('depthwise', 'macs') / (1 - share('linear', 'macs')):.1%}" =}} of the convolutions' multiply-adds. What part of the convolutions' *time* do they take?
#
# :field: Share of the time
# :unit: %
# :answer: f"{100 * time_share(recorded.spent):.0f}"
# :wrong: below 5: That is their share of the multiply-adds; the clock also sees what is moved.

# %% hide="code"
def each_layer(net, x):
    """Every convolution of a network, and the map that it reads."""
    seen, hooks = {}, []
    for name, part in net.named_modules():
        if isinstance(part, nn.Conv2d):
            hooks.append(part.register_forward_hook(
                lambda layer, args, _, name=name:
                seen.update({name: (layer, args[0])})))
    with torch.no_grad():
        net(x)
    for hook in hooks:
        hook.remove()
    return seen


def channels_last(layer, x):
    """The same with all channels of a position side by side."""
    last = torch.channels_last
    layer, x = copy.deepcopy(layer).to(memory_format=last), x.to(
        memory_format=last)
    return lambda _: layer(x)


def with_kernel(layer, kernel):
    """A depthwise layer like this one, with another kernel."""
    c = layer.in_channels
    return nn.Conv2d(c, c, kernel, 1, kernel // 2, groups=c, bias=False)


def time_share(spent):
    """The depthwise layers' part of the time of all convolutions."""
    middle = {kind: timing.summary(spent[kind]).median
              for kind in ("depthwise", "pointwise", "standard")}
    return middle["depthwise"] / sum(middle.values())


full_net = MobileNetV1().eval()
seen = each_layer(full_net, views[224])
kinds = {row.name: row.kind for row in table}
even = [name for name, (layer, _) in seen.items()    # the map keeps size
        if kinds[name] == "depthwise" and layer.stride == (1, 1)]
bills = {row.name: row for row in table}
usual, larger = (cost.total(cost.layer_costs(
    with_kernel(full_net.blocks[6].depthwise[0], k), (1, 512, 14, 14)))
    for k in (3, 5))

# %% measured=true hide="code" record="spent,nets_timed,ran,twice,speeds"
from lightnets_edu.inference import fold_batch_norm
from lightnets_edu.threads import one_thread

tried = {}
for name, (layer, x) in seen.items():
    tried[name, kinds[name]] = lambda _, f=layer, x=x: f(x)
    tried[name, kinds[name] + ", last"] = channels_last(layer, x)
for name in even:
    layer, x = seen[name]
    room = torch.empty_like(x)
    tried[name, "a copy"] = lambda _, x=x, room=room: room.copy_(x)
    tried[name, "even"] = lambda _, f=layer, x=x: f(x)
    for k in (1, 5):
        resized = with_kernel(layer, k)
        tried[name, f"{k}×{k}"] = lambda _, f=resized, x=x: f(x)
turns = timing.turns(tried, views[224], repeats=11)
spent = {}
for (_, what), times in turns.items():    # add the layers up, turn by turn
    so_far = spent.get(what, [0.0] * len(times))
    spent[what] = [a + b for a, b in zip(so_far, times, strict=True)]
nets_timed = timing.turns(
    {"as trained": full_net, "folded": fold_batch_norm(full_net)},
    views[224], repeats=11)
def run_even(threads):
    """All depthwise layers of stride 1, one after the other."""
    def run(_):
        torch.set_num_threads(threads)
        for name in even:
            seen[name][0](seen[name][1])
        torch.set_num_threads(1)

    return run


def program(layer, x):
    """The program that PyTorch chooses for a layer (a private name)."""
    how = layer.stride, layer.padding, layer.dilation, False, (0, 0)
    return torch._C._select_conv_backend(
        x, layer.weight, None, *how, layer.groups).name


twice = timing.turns({"one": run_even(1), "two": run_even(2)},
                     views[224], repeats=11)
layer, x = seen[even[-2]]
with one_thread():
    ran = {f"{k}×{k}": program(with_kernel(layer, k), x) for k in (3, 1)}
matrix, largest = torch.rand(512, 512), torch.rand(32, 112, 112)
room = torch.empty_like(largest)
roof = timing.turns({"product": lambda _: matrix @ matrix,
                     "copy": lambda _: room.copy_(largest)},
                    matrix, repeats=21)
speeds = {"work": 512**3 / timing.summary(roof["product"]).median,
          "moving": (2 * largest.numel()
                     / timing.summary(roof["copy"]).median)}
print("Measured on", timing.machine())
display(show.table(
    ["layers", "multiply-adds", "time: median (middle half)",
     "channels last"],
    [(KINDS[kind], sum(r.macs for r in table if r.kind == kind),
      timing.summary(spent[kind]), timing.summary(spent[kind + ", last"]))
     for kind in ("pointwise", "depthwise", "standard")]))
work = sum(bills[name].macs for name in even)
show.table(
    [f"the {len(even)} depthwise layers of stride 1", "multiply-adds",
     "time: median (middle half)"],
    [("as they are", work, timing.summary(spent["even"])),
     ("a copy of their maps", 0, timing.summary(spent["a copy"])),
     ("with 5×5 kernels", work * 25 // 9, timing.summary(spent["5×5"])),
     ("with 1×1 kernels", work // 9, timing.summary(spent["1×1"]))])

# %% [markdown] claims="M1-44"
# {answer}`time`
#
# The depthwise layers take {{= f"{time_share(recorded.spent):.0%}" =}} of the convolutions' time, for {{= f"{share('depthwise', 'macs') / (1 - share('linear', 'macs')):.1%}" =}} of their multiply-adds. For each multiply-add they take {{= f"{verdict.ratio(recorded.spent['depthwise'], recorded.spent['pointwise']).median * share('pointwise', 'macs') / share('depthwise', 'macs'):.1f}" =}} times as long as the pointwise layers. Why? We test three causes.
#
# **Is it moving?** A depthwise layer of stride 1 has {{= f"{usual.macs / usual.access:.1f}" =}} multiply-adds for each element in the middle of the network, and a little more or less elsewhere; the {term}`machine balance` here is {{= f"{recorded.speeds['work'] / recorded.speeds['moving']:.1f}" =}}. So by the {term}`roofline` of {chapter}`1` {{= "moving" if usual.macs / usual.access < recorded.speeds["work"] / recorded.speeds["moving"] else "work" =}} sets its *least* time. Its time may be another matter. A copy of the same maps moves as much, but for the weights, and computes nothing. (Layers with stride 2 have no such copy, and are left out.) The layers take {{= verdict.ratio(recorded.spent["even"], recorded.spent["a copy"]) =}} the time of the copy: {{= verdict.ratio(recorded.spent["even"], recorded.spent["a copy"], margin=1).words("moving is the smaller part of it", "the copy is the longer of the two, and tells nothing", "moving may be half of it or more") =}}.
#
# **Is it work?** {term}`Kernels <kernel>` of 5×5 have {{= f"{larger.macs / usual.macs:.1f}" =}} times the multiply-adds, on the same maps. If the time were all work, they would take as many times as long. They take {{= verdict.ratio(recorded.spent["5×5"], recorded.spent["even"]) =}} the time: {{= verdict.ratio(recorded.spent["5×5"], recorded.spent["even"]).words("work, or another program, is a part of it", "more work in less time, so another program must be running", "the work does not show in the time") =}}. Kernels of 1×1 have a ninth of the work and take {{= verdict.ratio(recorded.spent["1×1"], recorded.spent["even"]) =}} the time: {{= verdict.ratio(recorded.spent["1×1"], recorded.spent["even"]).words("less work in more time, so another program must be running", "here the smaller count shows", "the smaller count does not show") =}}.
#
# **Is it order in memory?** With channels last the depthwise layers take {{= verdict.ratio(recorded.spent["depthwise, last"], recorded.spent["depthwise"]) =}} of their time: {{= verdict.ratio(recorded.spent["depthwise, last"], recorded.spent["depthwise"]).words("order is not the cause", "so order, or the program that comes with it, is a part of it", "so this test tells nothing") =}}. For the pointwise layers it is {{= verdict.ratio(recorded.spent["pointwise, last"], recorded.spent["pointwise"]) =}}: {{= verdict.ratio(recorded.spent["pointwise, last"], recorded.spent["pointwise"]).words("no gain there", "a gain there too", "there it decides nothing") =}}. What is left we cannot explain.

# %% measured=true hide="code" name="fig-mobilenet-roofline" alt="Multiply-adds a second over multiply-adds for each element moved, both axes logarithmic. A line rises and turns level: the roof. Round dots for depthwise layers stand in two columns at the left, below five; a triangle for the stem and squares for pointwise layers stand to the right of them." caption="Every layer of MobileNet, and the roof of this machine. The two columns of depthwise layers are those with stride 2 and those without. How far a mark lies below the roof is what neither moving nor work explains; a mark above it has a program that does more in a second than that of the dense product."
from matplotlib.ticker import LogLocator

fig, ax = plt.subplots(figsize=(6.5, 3.6))
balance = speeds["work"] / speeds["moving"]
axis = [1, balance, 300]
ax.plot(axis, [min(speeds["work"], speeds["moving"] * i) / 1e6
               for i in axis], color="#595959")
for kind, mark, colour in (("depthwise", "o", "#D55E00"),
                           ("pointwise", "s", "#0072B2"),
                           ("standard", "^", "#009E73")):
    points = [(r.macs / r.access, r.macs / 1e6 / timing.summary(
        turns[r.name, kind]).median) for r in table if r.kind == kind]
    ax.plot(*zip(*points), mark, color=colour, label=KINDS[kind])
ax.set(xscale="log", yscale="log",
       xlabel="multiply-adds for each element moved",
       ylabel="10⁹ multiply-adds a second")
for side in (ax.xaxis, ax.yaxis):
    side.set_major_locator(LogLocator(subs=(1, 2, 5)))
    side.set_major_formatter("{x:g}")
ax.minorticks_off()
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# :::{dropdown} Going deeper: which programs ran, two threads, and what is no convolution
# Asked for its choice, PyTorch names `{{= recorded.ran["3×3"] =}}` for a depthwise layer with 3×3 kernels and `{{= recorded.ran["1×1"] =}}` for one with 1×1 kernels ({chapter}`1` says what these are).
#
# With two threads the depthwise layers of stride 1 take {{= verdict.ratio(recorded.twice["two"], recorded.twice["one"]) =}} the time that they take with one: {{= verdict.ratio(recorded.twice["two"], recorded.twice["one"]).words("a second thread costs time here", "a second thread helps", "a second thread is not told from none") =}}.
#
# The whole network, with its batch norms, takes {{= verdict.ratio(recorded.nets_timed["as trained"], recorded.nets_timed["folded"]) =}} the time of the same network with them {term}`folded <folding>` into the convolutions ({chapter}`1`). They are on no bill of multiply-adds.
# :::

# %% [markdown] objective="train" claims="M1-16"
# ## Measure it: what is a narrow network worth?
#
# We take handwritten digits, scans of 8×8 pixels enlarged to 16×16, twenty of each to learn from, and a short MobileNet: a stem and four layers, whose widths $\alpha$ multiplies.

# %%
def chain(stem, blocks, classes, channels=3, stem_kernel=3):
    """A MobileNet by any table: a stem, (stride, width) pairs, a head."""
    layers = [nn.Sequential(
        conv_bn(channels, stem, stem_kernel, stride=2), nn.ReLU())]
    c_in = stem
    for stride, c_out in blocks:
        layers.append(DepthwiseSeparable(c_in, c_out, stride))
        c_in = c_out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(c_in, classes))


def reader(alpha=1.0, stem_kernel=3):
    """A short MobileNet for grey digits."""
    widths = [(1, 64), (2, 128), (1, 128), (2, 256)]
    return chain(int(32 * alpha), [(s, int(c * alpha)) for s, c in widths],
                 10, channels=1, stem_kernel=stem_kernel)

# %% hide="code"
train, test = data.digits(16)
few = train.take(20)
recipe = {"epochs": 8, "batch": 25, "lr": 0.1}
small = {alpha: cost.total(cost.layer_costs(reader(alpha), (1, 1, 16, 16)))
         for alpha in WIDTHS}

# %% measured=true record="right,left_over"
right, left_over = {}, {}
for alpha in WIDTHS:
    right[str(alpha)], left_over[str(alpha)] = [], []
    for seed in training.seeds(3, of=30):
        torch.manual_seed(seed)
        net = reader(alpha)
        run = training.fit(net, few, test, seed=seed, **recipe)
        right[str(alpha)].append(run.accuracy)
        left_over[str(alpha)].append(
            training.accuracy(net, few) - run.accuracy)
print("Measured on", timing.machine())
show.table(
    ["α", "multiply-adds", "parameters", "test accuracy",
     "against α = 1: mean (interval)"],
    [(alpha, small[float(alpha)].macs, small[float(alpha)].params,
      f"{verdict.mean(found):.1%} ({min(found):.1%} to {max(found):.1%})",
      "–" if alpha == "1.0" else verdict.paired(found, right["1.0"]))
     for alpha, found in right.items()])

# %% hide="code" measured=true name="fig-mobilenet-width" alt="Test accuracy over multiply-adds on a logarithmic axis, for four widths. At each width a cloud of small rings, one for each seed, and a large dot for the mean." caption="Accuracy of the short MobileNet over its multiply-adds: a small ring for each seed, a large dot for the mean of a width."
fig, ax = plt.subplots(figsize=(6.5, 3))
for alpha, found in right.items():
    at = small[float(alpha)].macs
    ax.plot([at] * len(found), [100 * a for a in found], "o",
            color="#0072B2", fillstyle="none", ms=4)
    ax.plot(at, 100 * verdict.mean(found), "o", color="#D55E00", ms=9)
    ax.annotate(f"α = {alpha}", (at, 100 * max(found)), xytext=(0, 6),
                textcoords="offset points", ha="center")
ax.set(xscale="log", xlabel="multiply-adds", ylabel="test accuracy, %")
ax.set_xticks([t.macs for t in small.values()],
              [f"{t.macs:,}" for t in small.values()])
ax.minorticks_off()
ax.margins(y=0.15, x=0.12)
plt.show()

# %% [markdown]
# We judge in pairs of the same {term}`seed`, {{= len(recorded.right["1.0"]) =}} of them (the rule of {chapter}`1`). From full width to three quarters the accuracy changes by {{= verdict.paired(recorded.right["0.75"], recorded.right["1.0"]) =}}: {{= verdict.paired(recorded.right["0.75"], recorded.right["1.0"]).words("the narrower network is the more accurate one", "the narrower network is less accurate", "the two are not told apart") =}}. From a half to a quarter it changes by {{= verdict.paired(recorded.right["0.25"], recorded.right["0.5"]) =}}: {{= verdict.paired(recorded.right["0.25"], recorded.right["0.5"]).words("a gain", "a loss", "not told apart") =}}. Is the last step the dearest, as on ImageNet? Against the first step it loses {{= verdict.paired([a - b - c + d for a, b, c, d in zip(recorded.right["0.5"], recorded.right["0.25"], recorded.right["1.0"], recorded.right["0.75"])], 0).words("more, as in the paper's table", "less, unlike the paper's table", "an amount that is not told apart") =}} ({{= verdict.paired([a - b - c + d for a, b, c, d in zip(recorded.right["0.5"], recorded.right["0.25"], recorded.right["1.0"], recorded.right["0.75"])], 0) =}}).
#
# :::{dropdown} Going deeper: how sure, and do small networks overfit less?
# All widths share one recipe, as in the paper; each might like its own. To name one digit always would be right for {{= f"{verdict.chance(test.y):.0%}" =}} of the {{= len(test) =}} test images, and on so many an accuracy of {{= f"{verdict.mean(recorded.right['1.0']):.0%}" =}} has a sampling error of {{= f"{100 * verdict.sampling_error(verdict.mean(recorded.right['1.0']), len(test)):.1f}" =}} points either way. Both halves of the data come from the same writers.
#
# Small networks “have less trouble with {term}`overfitting`”, says the paper (Section 3.2 of {cite:t}`howard2017mobilenets`). Training accuracy less test accuracy is {{= f"{100 * verdict.mean(recorded.left_over['1.0']):.1f}" =}} points at full width and {{= f"{100 * verdict.mean(recorded.left_over['0.25']):.1f}" =}} at a quarter, a difference of {{= verdict.paired(recorded.left_over["0.25"], recorded.left_over["1.0"]) =}}: {{= verdict.paired(recorded.left_over["0.25"], recorded.left_over["1.0"]).words("here the narrow network has more of it", "here too the narrow network has less of it", "here it is not told apart") =}}. Even at a quarter of the width the networks name {{= f"{verdict.mean(recorded.right['0.25']) + verdict.mean(recorded.left_over['0.25']):.1%}" =}} of the few training images; that says little about a large training set.
# :::

# %% [markdown] objective="train" claims="M1-14,M1-15"
# ## Train it: a decay that has no hold
#
# {term}`Weight decay <weight decay>` pulls every weight towards zero a little at each step. The paper found it important to put “very little or no weight decay” on the depthwise filters, since there are so few parameters in them (Section 3.2 of {cite:t}`howard2017mobilenets`); the authors' code leaves them out {cite:p}`tensorflow2017mobilenet`.
#
# What does a smaller filter change? Behind it stands a batch norm, which divides each channel by its own spread. So try a filter a tenth as large:

# %%
torch.manual_seed(0)
layer = DepthwiseSeparable(8, 16, 1).double().train()
x = torch.randn(4, 8, 12, 12, dtype=torch.float64)
for eps in (1e-30, layer.depthwise[1].eps):
    layer.depthwise[1].eps = eps
    for scale in (0.1, 0.001):
        other = copy.deepcopy(layer)
        other.depthwise[0].weight.data *= scale
        change = (other(x) - layer(x)).abs().max().item()
        print(f"ε = {eps}, filters × {scale}: changed by {change:.0e}")

# %% [markdown]
# With an ε of nearly nothing in the batch norm, the output stays the same to the last digits, whatever the factor. So, but for the ε, decay on a filter leaves the function as it is. It can do two other things. It makes the filter *short*: its length is the root of its summed squares. A step of the same size turns a short filter further, so decay changes the {term}`learning rate` {cite:p}`laarhoven2017l2`. And behind a very short filter the spread is no longer large beside the usual ε: in the last line the function is another.
#
# Does it matter? We train with weight decay on everything, and on everything but the depthwise filters: with 4e-5, as in the authors' code, and five hundred times as strong.

# %%
def decay_groups(net, decay, depthwise_decay):
    """Parameters for the optimiser, the depthwise filters apart."""
    filters = [m.weight for m in net.modules()
               if isinstance(m, nn.Conv2d) and m.groups > 1]
    apart = {id(w) for w in filters}
    others = [p for p in net.parameters() if id(p) not in apart]
    return [{"params": others, "weight_decay": decay},
            {"params": filters, "weight_decay": depthwise_decay}]

# %% hide="code"
def fit_groups(net, groups, seed, epochs=8, batch=25, lr=0.1):
    """Train on the few digits; the accuracy on the test images."""
    steps = len(few) // batch
    optimiser = torch.optim.SGD(groups, lr, momentum=0.9)
    falling = torch.optim.lr_scheduler.LinearLR(
        optimiser, 1.0, 0.0, epochs * steps)
    order = torch.Generator().manual_seed(seed)
    net.train()
    with one_thread():
        for _ in range(epochs):
            mixed = torch.randperm(len(few), generator=order)
            for chosen in mixed.split(batch):
                loss = nn.functional.cross_entropy(
                    net(few.x[chosen]), few.y[chosen])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                falling.step()
    return training.accuracy(net, test)


def shortest(net):
    """The length of the network's shortest depthwise filter."""
    return min(m.weight.detach().flatten(1).norm(dim=1).min().item()
               for m in net.modules()
               if isinstance(m, nn.Conv2d) and m.groups > 1)

# %% claims="M1-15" measured=true hide="code" record="decayed,lengths"
decayed, lengths = {}, {}
for decay in (4e-5, 2e-2):
    for where in ("everywhere", "not on the filters"):
        case = f"{decay:g}, {where}"
        decayed[case], lengths[case] = [], []
        for seed in training.seeds(3, of=20):
            torch.manual_seed(seed)
            net = reader(0.5)
            on_filters = decay if where == "everywhere" else 0.0
            decayed[case].append(fit_groups(
                net, decay_groups(net, decay, on_filters), seed))
            lengths[case].append(shortest(net))
print("Measured on", timing.machine())
show.table(["weight decay", "test accuracy: mean", "shortest filter: mean"],
           [(case, f"{verdict.mean(found):.1%}",
             f"{verdict.mean(lengths[case]):.2f}")
            for case, found in decayed.items()])

# %% [markdown]
# With 4e-5, leaving the filters out changes the accuracy by {{= verdict.paired(recorded.decayed["4e-05, not on the filters"], recorded.decayed["4e-05, everywhere"]) =}}: {{= verdict.paired(recorded.decayed["4e-05, not on the filters"], recorded.decayed["4e-05, everywhere"]).words("it helps", "it does harm", "not told apart from leaving them in") =}}. With the strong decay it changes it by {{= verdict.paired(recorded.decayed["0.02, not on the filters"], recorded.decayed["0.02, everywhere"]) =}}: {{= verdict.paired(recorded.decayed["0.02, not on the filters"], recorded.decayed["0.02, everywhere"]).words("here the advice helps", "here the advice does harm", "here too they are not told apart") =}}. Why it matters we have not shown.

# %% predict [markdown] name="stem" objective="build"
# ## Pitfalls: a listing, fault by fault
#
# The long notes end with MobileNet in TensorFlow 1, for handwritten digits. It is instructive: it can train and print high numbers, and five things in it are wrong. Three of them are rebuilt here, in our own code; two are told.
#
# The first: the stem has a kernel of 1×1, with stride 2. We train our digit reader at half width, the listing's, with either stem.
#
# :field: With the 1×1 stem the accuracy on digits of 16×16 pixels is
# :choices: higher | lower | not told apart
# :answer: stem_verdict(recorded.stems, 16).words("higher", "lower", "not told apart")
# :field: And on digits of 8×8 pixels, the scans' own size?
# :choices: higher | lower | not told apart
# :answer: stem_verdict(recorded.stems, 8).words("higher", "lower", "not told apart")

# %% hide="code"
def stem_verdict(found, size):
    """The 1×1 stem against the 3×3 stem, seed by seed."""
    return verdict.paired(found[f"1×1, {size}"], found[f"3×3, {size}"])


def pixels_read(kernel):
    """Share of the pixels that a stem with stride 2 looks at."""
    x = torch.ones(1, 1, 16, 16, requires_grad=True)
    stem = nn.Conv2d(1, 1, kernel, stride=2, padding=kernel // 2)
    gradient, = torch.autograd.grad(stem(x).sum(), x)
    return (gradient != 0).double().mean().item()

# %% hide="code" measured=true claims="M1-38" record="stems"
stems, readers = {}, []
for size in (16, 8):
    many, asked_size = data.digits(size)
    for kernel in (3, 1):
        case = f"{kernel}×{kernel}, {size}"
        stems[case] = []
        for seed in training.seeds(3, of=30):
            torch.manual_seed(seed)
            net = reader(0.5, kernel)
            run = training.fit(net, many.take(20), asked_size, seed=seed,
                               **recipe)
            stems[case].append(run.accuracy)
            if case == "3×3, 16":
                readers.append(net)
print("Measured on", timing.machine())
show.table(["stem, size of the digits", "test accuracy: mean (range)"],
           [(case, f"{verdict.mean(found):.1%} "
             f"({min(found):.1%} to {max(found):.1%})")
            for case, found in stems.items()])

# %% hide="code" name="fig-mobilenet-stem" alt="Three views of a detail of the temple photograph. Left, the detail with all its pixels. Middle, the same with three of four pixels black, a dark grid. Right, what is left when only every second pixel of every second row is kept: smaller and coarse." caption="What a 1×1 stem with stride 2 reads: one pixel of four. The rest of the photograph is never looked at. Photograph: danielbuechele, [CC BY](https://creativecommons.org/licenses/by/2.0/)."
detail = photo[0, :, 150:214, 180:244].permute(1, 2, 0)
mask = torch.zeros(64, 64, 1)
mask[::2, ::2] = 1
fig, axes = plt.subplots(1, 3, figsize=(6.5, 2.4))
for ax, (title, view) in zip(axes, {
    "all pixels": detail, "those that are read": detail * mask,
    "what is left": detail[::2, ::2],
}.items()):
    ax.imshow(view, interpolation="nearest")
    ax.set_title(title, fontsize=10)
    ax.axis("off")
plt.show()

# %% [markdown] objective="build" claims="M1-37,M1-38,M1-39,M1-40"
# **A stem that skips pixels.** A 1×1 kernel with stride 2 reads {{= f"{pixels_read(1):.0%}" =}} of the pixels, by the {term}`gradients <gradient>` of a real layer; one of 3×3 reads {{= f"{pixels_read(3):.0%}" =}}.
#
# {answer}`stem`
#
# On the digits of 16×16 pixels it changes the accuracy by {{= stem_verdict(recorded.stems, 16) =}}: {{= stem_verdict(recorded.stems, 16).words("it helps", "it does harm", "not told apart") =}}. These digits are scans of 8×8, enlarged: neighbours say nearly the same. That a test on them misses the fault for this reason is our guess. On the scans themselves it is {{= stem_verdict(recorded.stems, 8) =}}: {{= stem_verdict(recorded.stems, 8).words("it helps", "it does harm", "not told apart") =}}.
#
# :::{dropdown} Going deeper: what else the listing changes
# It then halves its map once more instead of four times. For images of 28×28 that can be meant; it does not say so, and its comments show the widths of the full network, though it is built at half.
# :::
#
# **A loss that is a tenth.** It averages the label times the logarithm of a {term}`softmax` over images *and* classes.

# %% claims="M1-41"
scores = torch.tensor([[2.0, 1.0, -1.0], [0.0, 200.0, 1.0]])
labels = nn.functional.one_hot(torch.tensor([0, 0]), 3)
listing = -(labels * scores.softmax(dim=1).log()).mean()
first = -(labels * scores.softmax(dim=1).log())[0].mean()
entropy = nn.functional.cross_entropy(scores, torch.tensor([0, 0]))
entropy_first = nn.functional.cross_entropy(scores[:1], torch.tensor([0]))
print(f"the first image: {first:.4f}, cross-entropy {entropy_first:.4f}")
print(f"both images:     {listing:.4f}, cross-entropy {entropy:.4f}")

# %% [markdown]
# With three classes the loss is a third of the {term}`cross-entropy`, with ten a tenth; under plain gradient descent that is a tenth of the learning rate. (The listing trains with Adam, an {term}`optimiser` that divides by the size of the gradients, so there a factor cancels.) The second image shows a graver fault: the probability of its class is rounded to zero, and the loss is no number any more.
#
# **Averages that are never taken.** The listing has variables for the running means and {term}`variances <standard deviation>` of batch norm, and operations that would update them. Nobody runs these, and the network stays in training mode when it is tested: each image is normalised with the images that happen to be asked with it.

# %% claims="M1-42" measured=true record="company"
def right_in_batches(net, order):
    """Accuracy when batch norm asks the batch, as in the listing."""
    net = copy.deepcopy(net).train()
    with torch.no_grad():
        return verdict.mean([
            (net(test.x[part]).argmax(dim=1) == test.y[part])
            .double().mean().item() for part in order.split(54)])


torch.manual_seed(0)
mixed = torch.randperm(len(test))
company = {"own averages": [training.accuracy(n, test) for n in readers],
           "mixed": [right_in_batches(n, mixed) for n in readers],
           "sorted": [right_in_batches(n, test.y.argsort())
                      for n in readers]}
for name, found in company.items():
    print(f"{name}: {verdict.mean(found):.1%} right")

# %% [markdown] claims="M1-43"
# The same trained networks are right on {{= f"{verdict.mean(recorded.company['own averages']):.0%}" =}} of the test images with averages of their own. Asked in mixed {term}`batches <batch>` with the batch's statistics it is {{= f"{verdict.mean(recorded.company['mixed']):.0%}" =}}; asked digit by digit, all zeros first, {{= f"{verdict.mean(recorded.company['sorted']):.0%}" =}}: {{= verdict.paired(recorded.company["sorted"], recorded.company["mixed"]).words("a gain by company alone", "the company of an image decides about it", "not told apart") =}}. In PyTorch the cure is one word, `eval()`.
#
# Two faults are left. `keep_prob`, the share that a {term}`dropout` would keep, is set, and nothing reads it: there is no dropout. And the last line calls a function without its arguments, so the file ends with an error. Our reader is the listing mended, and shorter: a 3×3 stem, cross-entropy, running averages.

# %% [markdown] objective="build"
# ### A copy that runs
#
# The code is ours; each mistake is of a kind that published copies have.

# %%
class FoundNet(nn.Module):
    """MobileNet as one may find it. Do not trust it."""

    def __init__(self, stem, blocks, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, stem, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.layers = nn.ModuleList()
        c_in = stem
        for i, (stride, c_out) in enumerate(blocks):
            s, p = (2, 4) if i == len(blocks) - 1 else (1, 1)
            self.layers += [
                nn.Conv2d(c_in, c_in, 3, s, p, groups=c_in, bias=False),
                nn.BatchNorm2d(c_in),
                nn.Conv2d(c_in, c_out, 1, stride, bias=False),
                nn.BatchNorm2d(c_out)]
            c_in = c_out
        self.fc = nn.Linear(c_in, classes)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        for i in range(0, len(self.layers), 4):
            dw, dw_bn, pw, pw_bn = self.layers[i:i + 4]
            y = dw_bn(dw(y))
            y = torch.relu(pw_bn(pw(y)))
        y = nn.functional.avg_pool2d(y, 7)
        return self.fc(y.flatten(1))

# %% hide="code"
def same_output(found, net, x):
    """Do both give the same scores when they hold the same weights?"""
    found.load_state_dict(dict(zip(
        found.state_dict(), net.state_dict().values(), strict=True)))
    with torch.no_grad():
        return torch.allclose(found.eval()(x), net.eval()(x), atol=1e-5)


def n_params(net):
    return sum(p.numel() for p in net.parameters())


torch.manual_seed(0)
quarter = [(s, c // 4) for s, c in TABLE_1]
found, net = FoundNet(8, quarter, 10), chain(8, quarter, 10)
net.train()
with torch.no_grad():
    for _ in range(3):    # gives the batch norms averages of their own
        net(torch.cat([views[224], torch.rand(3, 3, 224, 224)]))
checked = []
for size, view in views.items():
    try:
        with torch.no_grad():
            shapes = found.eval()(view).shape == net.eval()(view).shape
        outputs = "same" if same_output(found, net, view) else "differ"
    except RuntimeError:
        shapes, outputs = False, "stops with an error"
    checked.append((size, n_params(found), n_params(net),
                    "same" if shapes else "–", outputs))
show.table(["image", "parameters, copy", "ours", "shapes", "outputs"],
           checked)

# %% [markdown]
# At {{= checked[0][0] =}} pixels the parameters agree and so does the shape of the output, and the trained weights load. **Shapes and counts are not enough**: with the same weights the outputs differ. *What it changes*: another function at the one size where it runs, and no answer at the others. The last exercise mends it.

# %% [markdown]
# ## Exercises
#
# Practice first, with solutions to open. Then come four exercises that count, from easy to hard. Their checks look at a few cases only, the hidden tests at many more: ✓ does not mean full marks.

# %% task [markdown] exercise="depthwise_share" objective="count"
# ### Who works in a layer?
#
# Write `depthwise_share(c_out, kernel)`: the share of the depthwise step in the multiply-adds of a separable layer with stride 1, a number between 0 and 1. Before you run it: does it matter how many channels come in? From how many outputs on is it below a tenth, for 3×3?
#
# :::{dropdown} Solution
# At each position and for each input channel the depthwise step has $K^2$ multiply-adds, the pointwise step $C_\text{out}$. The inputs cancel:
#
# ```python
# def depthwise_share(c_out, kernel):
#     return kernel**2 / (kernel**2 + c_out)
# ```
#
# It is below a tenth from $82$ outputs on. That is why the wide layers at the end of MobileNet have nearly no work in space.
# :::

# %% answer exercise="depthwise_share"
def depthwise_share(c_out, kernel):
    """The depthwise step's share of a separable layer's work."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="depthwise_share"
with Check("depthwise_share") as check:
    with check("3×3 and nine outputs: half"):
        check.close(depthwise_share(9, 3), 0.5)
    with check("a real layer, 5×5 and 40 outputs"):
        steps = cost.layer_costs(nn.Sequential(
            nn.Conv2d(6, 6, 5, padding=2, groups=6, bias=False),
            nn.Conv2d(6, 40, 1, bias=False)), (1, 6, 8, 7))
        check.close(depthwise_share(40, 5),
                    steps[0].macs / (steps[0].macs + steps[1].macs))

# %% task [markdown] exercise="norms_free" objective="train"
# ### What else needs no decay?
#
# Many recipes put no weight decay on batch norms and biases either. Write `free_groups(net, decay)`: two groups for the optimiser, a list of two dicts as in `decay_groups`. The first has the weight decay `decay` and holds the weights of linear layers and of convolutions that are not depthwise. The second has none and holds all other parameters. Before you run it: which of the two holds more *tensors* in MobileNet, and which more numbers?
#
# :::{dropdown} Solution
# Weights of linear layers and convolutions have two dimensions or more; biases and batch norms have one. A depthwise layer has as many groups as inputs, and more than one.
#
# ```python
# def free_groups(net, decay):
#     depthwise = {id(m.weight) for m in net.modules()
#                  if isinstance(m, nn.Conv2d)
#                  and m.groups == m.in_channels > 1}
#     held, free = [], []
#     for p in net.parameters():
#         decays = p.ndim > 1 and id(p) not in depthwise
#         (held if decays else free).append(p)
#     return [{"params": held, "weight_decay": decay},
#             {"params": free, "weight_decay": 0.0}]
# ```
#
# The second group has more tensors and far fewer numbers: the first check has both.
# :::

# %% answer exercise="norms_free"
def free_groups(net, decay):
    """Two groups of parameters: with weight decay, and without."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="norms_free"
with Check("free_groups") as check:
    held, free = free_groups(MobileNetV1(0.25), 1e-4)
    with check("MobileNet at a quarter: tensors and numbers"):
        check.equal((len(held["params"]), len(free["params"])), (15, 68))
        check.equal(sum(p.numel() for p in free["params"]), 17632)
    with check("the decay of each group"):
        check.equal((held["weight_decay"], free["weight_decay"]), (1e-4, 0))
    with check("a grouped layer is no depthwise layer"):
        held, _ = free_groups(nn.Conv2d(8, 8, 3, groups=2), 1e-4)
        check.equal([p.numel() for p in held["params"]], [288])

# %% task [markdown] exercise="law" objective="shrink"
# ### The law behind three counts
#
# You are given a cost of a network at three widths: its parameters, say, at $\alpha = 1$, $\tfrac12$ and $\tfrac14$. You do not know its layers. But you know the form of the law: $a\,\alpha^2 + b\,\alpha + c$. Write two functions:
#
# - `law(full, half, quarter)`: the three parts `(a, b, c)`, a tuple or a list of exact whole numbers. The three counts are whole numbers, perhaps very large ones, and come from such a law with whole parts, any of which may be 0.
# - `count_at(parts, alpha)`: the cost at any other width, `parts` being such a triple. A float will do.
#
# :::{dropdown} Hint
# Three equations: $a + b + c$ is the first count, $a/4 + b/2 + c$ the second, $a/16 + b/4 + c$ the third. Take differences: $c$ goes. Multiply by four or sixteen before you subtract, and no fraction is left until the last division, which comes out even: `//` keeps it exact where `/` does not.
# :::

# %% answer exercise="law"
def law(full, half, quarter):
    """The parts (a, b, c) of a α² + b α + c, from three counts."""
    # YOUR CODE HERE
    raise NotImplementedError()


def count_at(parts, alpha):
    """The cost at another width."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="law" points=3
with Check("law") as check:
    with check("the multiply-adds of MobileNet: nothing is fixed"):
        check.equal(tuple(law(*(sizes[w].macs for w in (1.0, 0.5, 0.25)))),
                    (539492352, 29248000, 0))
    with check("the parameters of MobileNet: the fixed part is found"):
        counted = [sizes[w].params for w in (1.0, 0.5, 0.25)]
        check.equal(law(*counted)[2], 1000)
        check.equal(sum(law(*counted)), counted[0])
    with check("a law of your own: 16 α² + 8 α + 5"):
        check.equal(tuple(law(29, 13, 8)), (16, 8, 5))
with Check("count_at") as check:
    with check("from three counts the fourth: α = 0.75"):
        known = 539492352, 29248000, 0
        check.close(count_at(known, 0.75), sizes[0.75].macs, rel=1e-9)
    with check("16 α² + 8 α + 5 at an eighth"):
        check.close(count_at((16, 8, 5), 0.125), 6.25)

# %% hide="code"
wide_layers = {c: nn.Conv2d(c, c, 3, padding=1, groups=c, bias=False,
                            device="meta") for c in (16, 256, 4096)}
intense = max(row.macs / row.access for c, layer in wide_layers.items()
              for row in cost.layer_costs(layer, (1, c, 112, 112)))

# %% predict [markdown] name="bound" objective="time"
# ### Predict: how wide until a depthwise layer computes?
#
# The next exercise asks whether work or moving bounds a step. Take a machine with a {term}`machine balance` of ten, a 3×3 depthwise layer of stride 1 on a large map.
#
# :field: From how many channels on is it bound by work?
# :choices: from 10 | from 90 | from some thousands | never
# :answer: "never" if intense < 10 else "from 10"
# :wrong: from 90: Its work and what it moves both grow with the channels.
# :wrong: from some thousands: Ask what happens to both when the channels double.

# %% task [markdown] exercise="bounds" objective="time"
# ### Work or moving?
#
# Write `bounds(c_in, c_out, kernel, h, w, stride, balance)`: what bounds the two steps of a separable layer under the roofline, a pair of words, the depthwise step first. `"work"` where the step has more multiply-adds for each element moved than `balance`, `"moving"` where it has fewer, `"equal"` where it has as many.
#
# `h` and `w` are the size of the layer's input. The depthwise step has the stride, an odd `kernel` and padding `kernel // 2`, so a map of $h \times w$ becomes $\lceil h/s \rceil \times \lceil w/s \rceil$; the pointwise step reads that map. Each step moves its input, its weights and its output, once, as `cost.layer_costs` counts them; there are no biases. All sizes are whole numbers; `balance` is a positive whole number.
#
# :::{dropdown} Hint
# Do not divide: compare the multiply-adds with `balance` times the elements, and whole numbers stay exact. Which of the three things that are moved does a stride leave large?
# :::

# %% answer exercise="bounds"
def bounds(c_in, c_out, kernel, h, w, stride, balance):
    """"work", "moving" or "equal" for each step of a separable layer."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="bounds" points=3
with Check("bounds") as check:
    for c_in, c_out, kernel, h, w, stride, balance in [
        (64, 128, 3, 56, 56, 1, 10), (512, 512, 3, 14, 9, 1, 4),
        (16, 32, 5, 13, 20, 2, 8), (1024, 64, 3, 7, 7, 1, 40),
    ]:
        steps = cost.layer_costs(nn.Sequential(
            nn.Conv2d(c_in, c_in, kernel, stride, kernel // 2, groups=c_in,
                      bias=False),
            nn.Conv2d(c_in, c_out, 1, bias=False)), (1, c_in, h, w))
        words = tuple("work" if r.macs > balance * r.access else "moving"
                      for r in steps)
        with check(f"real layers, {c_in} to {c_out} channels, "
                   f"{kernel}×{kernel}, {h} × {w}, stride {stride}"):
            check.equal(
                tuple(bounds(c_in, c_out, kernel, h, w, stride, balance)),
                words)
    with check("4 to 4 channels on one position of 1 × 2: as many"):
        check.equal(tuple(bounds(4, 4, 1, 1, 2, 1, 1))[1], "equal")

# %% [markdown]
# {answer}`bound` Never: with 3×3 kernels it has at most nine multiply-adds for each two elements, one read and one written. More channels bring more of both.

# %% task [markdown] exercise="peak" objective="count"
# ### How much memory must a phone have?
#
# While a layer runs, the map that it reads and the map that it writes must both be there. The layer where these two are largest together decides how much memory a device needs for maps.
#
# Write `peak(stem, blocks, h, w)` for a MobileNet by any table: `stem` is the width of the stem, `blocks` a list of pairs (stride, output channels), perhaps empty, `h` and `w` the size of a colour image. Return a pair: the largest number of elements, input and output together, that any *convolution* needs, and which one that is. Convolutions are counted from 0 in the order in which they run: the stem, then the depthwise and the pointwise step of each block. Where several need as much, name the first.
#
# The stem has stride 2; sizes that are divided are rounded up. Batch norm and ReLU are done in place. Strides may be any whole number from 1 up.
#
# Then ask it: does $\alpha = \tfrac12$ or $\rho = \tfrac12$ save more of this memory?
#
# :::{dropdown} Hint
# Walk through the table with three numbers in hand: channels, height and width of the present map. For each convolution write down the map before and the map after. The depthwise step changes the size and keeps the channels.
# :::

# %% answer exercise="peak"
def peak(stem, blocks, h, w):
    """The most elements of two maps, and the convolution that has them."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="peak" points=4
with Check("peak") as check:
    with check("MobileNet: the first pointwise step"):
        pairs = [(row.s, row.c) for row in TABLE_1]
        check.equal(tuple(peak(32, pairs, 224, 224)), (1204224, 2))
    with check("a stem alone, on an oblong image of odd height"):
        check.equal(tuple(peak(4, [], 7, 10)), (3 * 70 + 4 * 4 * 5, 0))
    with check("the last block is the widest, and has a stride"):
        check.equal(tuple(peak(2, [(1, 2), (2, 400)], 20, 12)),
                    (5 * 3 * 2 + 5 * 3 * 400, 4))
    with check("two layers need as much: the first is named"):
        check.equal(tuple(peak(12, [(1, 12), (1, 12)], 8, 8)), (384, 0))

# %% [markdown]
# :::{dropdown} What the two dials save
# $\rho = \tfrac12$ leaves a quarter of this memory, $\alpha = \tfrac12$ about a half: maps have two sides and one number of channels. For parameters it is the other way round, where $\rho$ saves nothing.
# :::

# %% task [markdown] exercise="mended_net" objective="build"
# ### Mend the copy
#
# The `FoundNet` of the pitfall above has four mistakes. Two concern strides, one an activation, one the end of the network. Find them: hold it against the source of `DepthwiseSeparable` and `MobileNetV1`.
#
# Then write `MendedNet(stem, blocks, classes)`. You may copy what is right. Three rules:
#
# - It gives what `chain(stem, blocks, classes)` gives with the same weights, for colour images of every size, oblong ones too.
# - Its state has the names and the order of the copy's, so that trained weights still load, and no other parameters.
# - `blocks` is a list of pairs (stride, output channels) with strides 1 or 2, in any order; the last may have either.
#
# The check below looks at little. With `same_output` you can look at more.
#
# :::{dropdown} Hint: the strides
# Which step of a layer has the stride, and what becomes of what the other step computed? And what would a map of 4×4 become in the last layer of the copy?
# :::
#
# :::{dropdown} Hint: the end
# The average is taken over the whole map, whatever its size.
# :::

# %% answer exercise="mended_net"
class MendedNet(nn.Module):
    """MobileNet by any table, under the names of the copy."""

    def __init__(self, stem, blocks, classes):
        super().__init__()
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()

# %% check exercise="mended_net" points=4
with Check("MendedNet") as check:
    shape = 8, [(1, 12), (2, 16), (1, 16)], 5
    with check("as many parameters"):
        check.equal(n_params(MendedNet(*shape)), n_params(chain(*shape)))
    torch.manual_seed(0)
    for h, w in [(28, 28), (32, 20)]:
        with check(f"the same weights, on an image of {h} × {w}"):
            check.true(same_output(MendedNet(*shape), chain(*shape),
                                   torch.randn(1, 3, h, w)),
                       "the outputs differ")

# %% [markdown]
# :::{dropdown} Where such mistakes were published
# Each of two is an issue of a published project, kindly reported by a reader: {cite:t}`tropcomplique2018pose` and {cite:t}`rhenzel2020stride`. The stride and the {term}`padding` of the last layer are in several ports that took Table 1 of {cite:t}`howard2017mobilenets` at its word.
# :::

# %% [markdown]
# ### An open question
#
# No points, and no single answer. You have a device with room for a million parameters and for half a million elements of maps, and a hundred million multiply-adds to spend. You may turn both dials, and take layers away, as the paper's *shallow* network does (Table 5 of {cite:t}`howard2017mobilenets`).
#
# Which networks fit? Which would you train first, how would you compare them fairly, and what would the clock have to say before you decide?

# %% [markdown]
# ## When to choose it
#
# The first numbers again, with MobileNet:

# %% hide="code"
show.table(
    ["network", "multiply-adds", "parameters"],
    [(name, t.macs, t.params) for name, t in asked.items()]
    + [(f"MobileNet, α = {w}", sizes[w].macs, sizes[w].params)
       for w in (1.0, 0.25)])

# %% [markdown]
# MobileNet does {{= f"{alike.macs / whole.macs:.0f}" =}} times fewer multiply-adds than Xception on an image of the same size. By the paper it is 70.6% right on ImageNet, where VGG-16 is 71.5% right (Table 8 of {cite:t}`howard2017mobilenets`). It is a chain, easy to build, to fold and to run everywhere: take it where that counts, and as a yardstick. Choose its width by time, on the machine that will run it.
#
# What it leaves open is on the bill. The pointwise layers do {{= f"{share('pointwise', 'macs'):.0%}" =}} of the work: {chapter}`5` groups them. Every channel goes through a ReLU after each step: {chapter}`MobileNet V2 <4>` asks whether it should. And a narrow network keeps its classifier.

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements about MobileNet that are worth a second look, each with our verdict.
