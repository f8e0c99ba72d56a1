# ---
# title: Convolutions and what they cost
# minutes: [75, 80]
# before: Python, PyTorch tensors and their shapes, and roughly what a neural network is; nothing about light networks.
# objectives:
#   count: count the parameters, multiply-adds and memory access of any convolution, and check the count against a real layer
#   connect: say which inputs an output depends on, in space and across channels, for standard, grouped, depthwise and pointwise layers
#   save: say what a separable layer does to each of the three counts, and from which sizes on
#   lower: carry out a convolution as one matrix product, and say what a library runs instead
#   fold: fold batch norm into the convolution before it, and say when that is exact
# ---

# %% card [markdown]
# # Convolutions and what they cost
#
# A network that looks at pictures spends nearly all its work in one kind of layer, the convolution. A light network replaces this layer by something cheaper. How much does that save, on paper and by the clock?

# %% [markdown] objective="connect"
# ## Five words and a photograph
#
# A colour photograph is three tables: how red, how green and how blue each position is. Each table is a {term}`channel`. All channels together are a {term}`map`.
#
# A {term}`filter` is a small table of {term}`weights <weight>`. Lay it on a channel, multiply each weight by the number below it, add up the products: that is *one* number of a new table. Do it again at every position. This is a {term}`convolution`.
#
# A {term}`kernel` holds one filter for each channel that it reads, and adds up what they give: one kernel makes one new channel. Here are three, on a photograph: the first treats all channels alike and looks at space only, the second at channels only, the third at both.

# %% hide="code" name="fig-photo" alt="Four pictures, two by two. A temple with a curved roof in front of a blue sky. Space only: the same scene as thin bright and dark lines along upright edges, the sky an even grey. Channels only: the sky dark and the red pillars bright, no lines. Both: faint lines only where red and blue differ across an upright edge." caption="A photograph, and what three kernels make of it (grey is zero). Space only: one 3×3 filter, the same in each channel, finds upright edges. Channels only: 1×1 weights, red minus blue. Both: upright edges between red and blue, on the grey scale of the first. Photograph: danielbuechele, [CC BY](https://creativecommons.org/licenses/by/2.0/)."
import copy
from statistics import fmean

import matplotlib.pyplot as plt
import torch
from matplotlib.ticker import LogLocator
from sklearn.datasets import load_sample_image
from torch import nn
from torch.nn import functional as F

from lightnets_edu import cost, data, diagrams, show
from lightnets_edu import timing, training, verdict
from lightnets_edu.checks import Check
from lightnets_edu.layers import conv_bn

photo = torch.tensor(load_sample_image("china.jpg") / 255.0)
photo = photo.permute(2, 0, 1)[None, :, ::2, ::2]
upright = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).double()
colours = torch.tensor([1.0, 0, -1]).double()    # red minus blue
kernels = {    # the photograph and these: (1, channels, height, width)
    "space only": upright.expand(1, 3, 3, 3),
    "channels only": colours.reshape(1, 3, 1, 1),
    "both": colours.reshape(1, 3, 1, 1) * upright,
}
found = {name: F.conv2d(photo, k)[0, 0] for name, k in kernels.items()}

show.vector_plots()
fig, axes = plt.subplots(2, 2, figsize=(6, 4.3))
axes[0, 0].imshow(photo[0].permute(1, 2, 0))
axes[0, 0].set_title("photograph")
for ax, (name, channel) in zip(axes.flat[1:], found.items()):
    scale = found["space only"] if name == "both" else channel
    most = scale.abs().quantile(0.99)
    ax.imshow(channel, cmap="gray", vmin=-most, vmax=most)
    ax.set_title(name)
for ax in axes.flat:
    ax.axis("off")
plt.show()

# %% [markdown]
# A network learns its own kernels, hundreds in each layer. Must every one of them look at space *and* at all channels? That is the question of this book.

# %% [markdown] objective="count" claims="FO-02,FO-40"
# ## Where a network spends its work
#
# VGG-16 {cite:p}`simonyan2015vgg` is a plain network: thirteen layers of convolutions, then three *{term}`linear layers <linear layer>`*, in which each output reads all inputs. What does it spend on one photograph?
#
# `cost`, from this book’s package `lightnets_edu`, knows: `layer_costs` runs a network once and notes what each layer costs, `total` adds up. (On the device `meta` {term}`tensors <tensor>` have a shape and no values.)

# %%
from lightnets_edu.models.vgg import VGG

with torch.device("meta"):
    vgg = VGG("D")    # VGG-16
rows = cost.layer_costs(vgg, (1, 3, 224, 224))
total = cost.total(rows)
spent = {"all": total}
for kind in ("standard", "linear"):
    spent[kind] = cost.total(row for row in rows if row.kind == kind)
show.table(["part", "parameters", "multiply-adds"],
           [(kind, c.params, c.macs) for kind, c in spent.items()])

# %% [markdown]
# The linear layers hold {{= f"{spent['linear'].params / total.params:.0%}" =}} of the {term}`parameters <parameter>`, the numbers that training changes: at four bytes each, the whole network is a file of {{= f"{4 * total.params / 1e6:.0f}" =}} megabytes. The convolutions do {{= f"{spent['standard'].macs / total.macs:.0%}" =}} of the work, counted in {term}`multiply-adds <multiply-add>`: multiplications whose result is added to a sum.

# %% hide="code" name="fig-vgg" alt="Two rows of sixteen bars, one bar for each layer of VGG-16 in order. Above, multiply-adds: nearly all in the thirteen convolutions, next to nothing in the three linear layers. Below, parameters: small for the convolutions, and one linear layer, the first, towers over all others." caption="Where VGG-16 spends, layer by layer: convolutions (blue) and linear layers (orange, hatched). The layers that do the work are not those that fill the file."
fig, axes = plt.subplots(2, 1, figsize=(6, 3.8), sharex=True)
for ax, what in zip(axes, ("macs", "params")):
    for i, row in enumerate(rows):
        dense = row.kind == "linear"
        ax.bar(i, getattr(row, what) / 1e6, edgecolor="white",
               color="#D55E00" if dense else "#0072B2",
               hatch="//" if dense else None)
axes[0].set_ylabel("multiply-adds, M")
axes[1].set_ylabel("parameters, M")
axes[1].set_xlabel("layer")
axes[1].set_xticks([0, 12, 13, 15], ["1", "13", "14", "16"])
plt.show()

# %% [markdown]
# Robots, self-driving cars and augmented reality need an answer in time from a small computer {cite:p}`howard2017mobilenets`: {{= f"{total.macs / 1e9:.1f}" =}} billion multiply-adds are a lot to ask of it. Later networks do without large linear layers. What remains is the convolution.

# %% objectives [markdown]
# ## You will be able to

# %% predict [markdown] name="weights" objective="save"
# ## Predict first
#
# A picture has 3 channels; we want $256$. **One way**: $256$ kernels, each with a 3×3 filter for each of the three channels. **The other way**, in two steps: first a single 3×3 filter for each of the three channels, which gives three new channels; then $256$ kernels of 1×1 weights, which mix the three.
#
# How many weights does each way have? (Nothing else is counted.)
#
# :field: One way
# :unit: weights
# :answer: one_way
# :wrong: 2304: That is one filter for each kernel; a kernel has three.
# :field: In two steps
# :unit: weights
# :answer: two_ways
# :wrong: 768: That is the second step alone.
# :wrong: 27: That is the first step alone.
# :field: The first number is how many times the second?
# :choices: less than nine times | nine times | more than nine times
# :answer: "less than nine times" if one_way < 9 * two_ways else "nine times"
# :wrong: nine times: Nine is what the first step would save if the second cost nothing.

# %% [markdown] objective="count" claims="FO-10,FO-11,FO-29,FO-31"
# ## See it: one window, all channels
#
# The position where a kernel stands is its {term}`window`, $K$ high and $K$ wide. From one output to the next the window moves by the {term}`stride`. Zeros around the map, the {term}`padding`, let it stand on the border too.
#
# Drag the window over the flower: each output is *one* sum over the window in all input channels. Point at a pixel, a weight or an output to see what it meets; click a weight to change it. Then try {show}`a stride of two <fig-sliding kind=standard kernel=3 stride=2 padding=0>`: fewer sums, and each is as long as before. And in {show}`depthwise <fig-sliding kind=depthwise kernel=3>` and {show}`pointwise <fig-sliding kind=pointwise>`, what is left out of the sum?

# %% name="fig-sliding" alt="A photograph of a flower and its red, green and blue channels, each with a window of three by three pixels. Under each channel a filter: nine weights, each below the pixel that it meets. Below, the map that each filter gives alone and, as their sum, the map that the kernel gives. Three bars: multiply-adds so far of a standard, a depthwise and a pointwise layer." caption="A kernel slides over a photograph: one filter for each channel that it reads. A standard kernel adds up what its filters give; the same three filters in a depthwise layer are three kernels, and nothing is added. A pointwise kernel has one weight for each channel and sees no neighbours. The bars count the work for three maps: they grow in step."
from lightnets_edu.widgets import SlidingConvolution

SlidingConvolution(kind="standard", kernel=3, stride=1, padding=0)

# %% [markdown]
# As a formula, for output channel $o$ at row $r$ and column $c$, with stride $s$ and padding $p$ (all counted from 0, and $x$ is zero outside the map):
#
# $$
# y_{o,r,c} \;=\; \sum_{i} \sum_{u=0}^{K-1} \sum_{v=0}^{K-1} w_{o,i,u,v} \; x_{i,\;s r+u-p,\;s c+v-p}
# $$
#
# We write it as loops and compare with PyTorch, on whole numbers: their sums are exact in any order.

# %%
def by_hand(x, weight):
    """A convolution by its definition: stride 1, no padding."""
    c_out, _, k, _ = weight.shape
    h, w = x.shape[1] - k + 1, x.shape[2] - k + 1
    y = torch.zeros(c_out, h, w, dtype=x.dtype)
    for o in range(c_out):
        for r in range(h):
            for c in range(w):
                y[o, r, c] = (weight[o] * x[:, r:r + k, c:c + k]).sum()
    return y

# %% hide="code"
draw = torch.Generator().manual_seed(0)


def whole_numbers(*shape):
    """Small whole numbers in floating point: their sums are exact."""
    return torch.randint(-3, 4, shape, generator=draw).double()


x, weight = whole_numbers(3, 6, 6), whole_numbers(5, 3, 4, 4)
y = by_hand(x, weight)
by_channel = (weight[0] * x[:, :4, :4]).sum(dim=(1, 2)).int().tolist()
print("equal:", torch.equal(y, F.conv2d(x, weight)), tuple(y.shape))
print("first output:", int(y[0, 0, 0]), "from the channels:", by_channel)

# %% [markdown] claims="FO-32"
# The last addition, *across channels*, is what a {term}`depthwise layer <depthwise convolution>` leaves out.
#
# :::{dropdown} Going deeper: two words that mislead
# Mathematicians turn the kernel round before they slide it. PyTorch does not, like nearly every deep-learning library, and says “convolution” all the same.
#
# A kernel is a block with three sides, and so some call the layer a 3-D convolution. It is none: the block slides along two axes, not three.
# :::

# %% [markdown] objective="count" claims="FO-06,FO-07,FO-08,FO-09"
# ## Count it: formula, function, layers
#
# Three numbers say what a layer costs.
#
# - **Parameters**: $C_\text{out}$ kernels of $K \cdot K \cdot C_\text{in}$ weights, and for each kernel a *{term}`bias`* that is added to its outputs (VGG’s layers have one, most layers none).
# - **Multiply-adds**: each weight is used once at each position of the *output*, $H$ high and $W$ wide: weights times $H \cdot W$.
# - {term}`Memory access <memory access>`: the {term}`elements <element>` that must be moved: input and weights, which are read, plus the output, which is written. (A lower bound: nothing is read twice.)
#
# Along one axis the output has $\lfloor (\text{size} + 2p - K) / s \rfloor + 1$ positions. All letters stand under [notation](../book/notation.md).
#
# This is the core of `cost.layer_costs`. PyTorch calls `note` whenever a convolution has run:

# %%
def conv_costs(network, shape):
    """Weights, multiply-adds and memory access of every convolution."""
    costs = []

    def note(layer, inputs, output):
        weights = layer.weight.numel()
        positions = output[0, 0].numel()
        moved = inputs[0].numel() + weights + output.numel()
        costs.append((weights, weights * positions, moved))

    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(note)
    network(torch.zeros(shape, device="meta"))
    return costs


ours = conv_costs(copy.deepcopy(vgg), (1, 3, 224, 224))
package = [(r.params - r.c_out, r.macs, r.access)    # without biases
           for r in rows if r.kind == "standard"]
print("all thirteen agree:", ours == package)

# %% [markdown]
# The same for five other layers: by formula, by our function, by PyTorch’s own counter.

# %% hide="code"
from torch.utils.flop_counter import FlopCounterMode


def torch_counts(layer, shape):
    """What PyTorch's counter sees when the layer runs."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(torch.zeros(shape))
    return counter.get_total_flops()


counted = []
for c_in, c_out, k, stride, padding, size in [
    (3, 5, 4, 1, 0, 6), (64, 128, 3, 1, 1, 28), (64, 128, 3, 2, 1, 28),
    (3, 64, 7, 2, 3, 56), (512, 1000, 1, 1, 0, 1),
]:
    out = (size + 2 * padding - k) // stride + 1
    layer = nn.Conv2d(c_in, c_out, k, stride, padding, bias=False)
    shape = (1, c_in, size, size)
    seen = torch_counts(layer, shape)
    (weights, macs, _), = conv_costs(layer.to("meta"), shape)
    formula = k * k * c_in * c_out * out * out
    counted.append((f"{k}×{k}, {c_in}→{c_out}", f"{size}→{out}",
                    weights, formula, macs, seen))
show.table(["layer", "size", "weights",
            "formula", "function", "PyTorch"], counted)

# %% [markdown]
# The last layer is a linear one: on a map of one position a 1×1 convolution *is* a linear layer.
#
# :::{dropdown} Going deeper: VGG-16 as its authors count it
# VGG’s own paper gives $138$ million parameters {cite:p}`simonyan2015vgg`, Table 2; we count {{= f"{total.params:,}" =}}.
# :::

# %% [markdown] claims="FO-03,FO-04,FO-05,FO-39"
# ### FLOPs, FLOPS and multiply-adds
#
# PyTorch’s numbers are {{= counted[0][-1] // counted[0][-2] =}} times ours. Neither is wrong.
#
# - {term}`FLOPs <FLOPs, FLOPS>`, with a small s, are an *amount of work*: floating-point operations. A multiplication and an addition are two.
# - **Multiply-adds** count the pair as one. So do most papers, though many print “FLOPs” over it.
# - **FLOPS**, with a large S, is a *speed*, operations per second. It belongs to a computer.
#
# :::{dropdown} Going deeper: what the counts leave out
# {term}`Batch norm <batch norm>`, {term}`activations <activation>`, additions of maps and {term}`pooling` are not counted. That is a convention and no law: such steps take time, and ShuffleNet V2 {cite:p}`ma2018shufflenetv2` is built on this objection. (They are often called {term}`element-wise`. Pooling is not: it reads a window.)
# :::

# %% [markdown] objective="connect" claims="FO-12,FO-17,FO-18,FO-20"
# ## See it: space and channels
#
# A {term}`standard convolution` is *{term}`sparse` in space*: an output reads only its window. It is *{term}`dense` across channels*: it reads all. Each can be changed without the other.
#
# - A {term}`grouped <grouped convolution>` convolution cuts the channels into $g$ {term}`groups <group>`; each group has its own kernels and never sees the others.
# - A {term}`depthwise <depthwise convolution>` convolution goes all the way, $g = C$: each kernel is a single filter on a single channel.
# - A {term}`pointwise <pointwise convolution>` convolution has 1×1 kernels. It mixes channels and never looks to the side.
#
# Point at outputs in the figure and watch what they read: {show}`standard <fig-connectivity kind=standard c_in=8 c_out=8 kernel=3 stride=1>`, {show}`two groups <fig-connectivity kind=grouped groups=2>`, {show}`depthwise <fig-connectivity kind=depthwise>`, {show}`pointwise <fig-connectivity kind=pointwise>`. Then drag the window: the threads stay, since every position has the same weights. (“{term}`Separable <separable convolution>`” is the next section, “shuffled” is {chapter}`5`.)

# %% wide=true name="fig-connectivity" alt="Left, a map of seven by seven positions with a window of three by three; below it, the weights as a bar. Right, a row of eight input maps above a row of eight output maps. From each input nine threads run to each output; those of the chosen output are lit, and the window is filled in all eight inputs." caption="Which inputs an output reads: in space, those under its window; across channels, those that threads lead to, a thread for each weight. A standard layer joins every input with every output. With two groups, which outputs must you brush until all inputs are lit?"
from lightnets_edu.widgets import ConvConnectivity

ConvConnectivity(kind="standard", c_in=8, c_out=8, kernel=3, groups=2)

# %% [markdown]
# We can ask real layers, too. Where a {term}`gradient` is not zero, the output depends on the input:

# %%
def reads(layer):
    """Positions and channels that one output depends on, by gradients."""
    x = torch.ones(1, 64, 9, 9, requires_grad=True)
    gradient, = torch.autograd.grad(layer(x)[0, 0, 4, 4], x)
    touched = gradient[0] != 0
    space, channels = touched.any(dim=0), touched.flatten(1).any(dim=1)
    return int(space.sum()), int(channels.sum())

# %% hide="code"
def conv(k=3, groups=1):
    return nn.Conv2d(64, 64, k, padding=k // 2, groups=groups, bias=False)


kinds = {"standard": conv(), "grouped by 4": conv(groups=4),
         "depthwise": conv(groups=64), "pointwise": conv(k=1),
         "standard, twice": nn.Sequential(conv(), conv())}
bills = {name: cost.total(cost.layer_costs(layer, (1, 64, 56, 56)))
         for name, layer in kinds.items()}
show.table(["layer", "positions", "channels", "parameters",
            "multiply-adds", "memory access"],
           [(name, *reads(kinds[name]), *bills[name]) for name in kinds])

# %% [markdown] claims="FO-12,FO-13"
# With $g$ groups a layer costs $1/g$ of the standard one, in parameters and in multiply-adds; the depthwise layer $1/C$, here 1/{{= bills["standard"].macs // bills["depthwise"].macs =}}.
#
# In the last row two layers of 3×3 see a square of 5×5, the {term}`receptive field` of their output. Each layer widens it by $K - 1$, times all strides before it; how channels are read does not matter.
#
# A grouped layer is smaller layers side by side:

# %% hide="code"
from lightnets_edu.models.alexnet import AlexNet

layer = nn.Conv2d(32, 32, 3, groups=2, bias=False).double()
layer.weight.data = whole_numbers(*layer.weight.shape)
x = whole_numbers(1, 32, 5, 5)
halves = [F.conv2d(x[:, :16], layer.weight[:16]),
          F.conv2d(x[:, 16:], layer.weight[16:])]

with torch.device("meta"):
    convs = [m for m in AlexNet().modules() if isinstance(m, nn.Conv2d)]
split = sum(p.numel() for c in convs for p in c.parameters())
dense = sum(cost.conv_params(c.in_channels, c.out_channels, c.kernel_size,
                             bias=True) for c in convs)
side, jump = 1, 1
for part in vgg.features:
    if isinstance(part, (nn.Conv2d, nn.MaxPool2d)):
        k, s = (3, 1) if isinstance(part, nn.Conv2d) else (2, 2)
        side, jump = side + (k - 1) * jump, jump * s
    if isinstance(part, nn.Conv2d):
        sees = side    # the pool behind the last of them sees more
print("weights:", tuple(layer.weight.shape))
print("equal:", torch.equal(layer(x), torch.cat(halves, dim=1)))

# %% [markdown] claims="FO-14,FO-15,FO-16,FO-19"
# :::{dropdown} Going deeper: kernels in groups, where groups come from, what a wide field is worth
# Look at the shape of the grouped layer’s weights. It has {{= layer.weight.shape[0] =}} kernels, each {{= layer.weight.shape[1] =}} channels deep, not {{= layer.in_channels =}}. It is the *set* of kernels that is divided; no kernel is cut.
#
# LeNet-5 already connected each channel to some of the channels below only, by a table {cite:p}`lecun1998gradient`. In the form used today groups come from AlexNet, which did not fit the memory of one card and was spread over two {cite:p}`krizhevsky2012alexnet`. Its five layers have {{= ", ".join(str(c.groups) for c in convs) =}} groups, which leave {{= f"{split:,}" =}} parameters in the convolutions instead of {{= f"{dense:,}" =}}. The halves meet in the third layer, which has one group and reads both. That is no {term}`channel shuffle`: no channel changes its position. Depthwise layers are often credited to Xception; its author credits Laurent Sifre’s work of 2013 and the first Inception networks {cite:p}`chollet2017xception`.
#
# The receptive field of VGG-16’s last convolution is {{= sees =}} positions wide. That is what an output *can* see. Most of its gradient comes from a smaller, bell-shaped part in the middle {cite:p}`luo2016receptive`.
# :::

# %% [markdown] objective="save" claims="FO-23,FO-24,FO-25,FO-26,FO-28,FO-30"
# ## Two steps instead of one
#
# A {term}`separable <separable convolution>` layer (in full: depthwise separable) takes the second way of the question above: first a depthwise layer for space, then a pointwise layer for channels. Its weights are $K^2 C_\text{in}$ and $C_\text{in} C_\text{out}$, both times $H \cdot W$ for the multiply-adds. Divide by the standard layer’s:
#
# $$
# \frac{K^2 C_\text{in} + C_\text{in} C_\text{out}}{K^2 C_\text{in} C_\text{out}} \;=\; \frac{1}{C_\text{out}} + \frac{1}{K^2}
# $$
#
# The size of the map and $C_\text{in}$ cancel.

# %%
def standard(c_in, c_out, k=3, padding=1):
    return nn.Conv2d(c_in, c_out, k, padding=padding, bias=False)


def separable(c_in, c_out, k=3, padding=1):
    """A filter for each channel, then a 1×1 layer across channels."""
    return nn.Sequential(
        nn.Conv2d(c_in, c_in, k, padding=padding, groups=c_in, bias=False),
        nn.Conv2d(c_in, c_out, 1, bias=False),
    )

# %% hide="code"
examples = []
for c_in, c_out, k, padding, size in [
    (3, 256, 3, 1, 56), (3, 5, 4, 0, 6), (64, 128, 3, 1, 56),
]:
    shape = (1, c_in, size, size)
    one, two = (
        cost.total(cost.layer_costs(kind(c_in, c_out, k, padding), shape))
        for kind in (standard, separable))
    examples.append((f"{k}×{k}", f"{c_in}→{c_out}", one.params, two.params,
                     one.macs, two.macs, f"{one.macs / two.macs:.2f}"))
one_way, two_ways = examples[0][2:4]
show.table(["kernel", "channels", "parameters", "in two steps",
            "multiply-adds", "in two steps", "saving"], examples)

# %% [markdown]
# {answer}`weights`
#
# The first row is the question: {{= f"{one_way:,}" =}} weights against {{= two_ways =}}, which is 1/{{= examples[0][-1] =}}: a ninth, and $1/256$ on top.
#
# :::{dropdown} Going deeper: a small example
# In the second row the saving is {{= examples[1][-1] =}}, although $K^2 = 16$: with so few output channels $1/C_\text{out}$ is the larger part.
# :::

# %% predict [markdown] name="eight" objective="save"
# ### When eight times, when nine?
#
# “Eight to nine times less” is what one reads of 3×3 separable layers. This book checks five public texts; [The source, checked](../book/claims.md) lists them with the short names that we use. One of them, the textbook chapter, says that $32$ output channels are enough for it.
#
# :field: Output channels from which a 3×3 layer saves eight times
# :answer: eight
# :wrong: 32: There it is seven times.
# :wrong: 8 to 9: So few channels cost the second step more than the first saves.
# :field: And nine times?
# :choices: from 81 channels | from a few hundred | from some thousands | never
# :answer: "never" if saving(10**9) < 9 else "from some thousands"
# :wrong: from 81 channels: There the second step still costs something.
# :wrong: from some thousands: It comes nearer and nearer, and is never there.

# %% hide="code"
from fractions import Fraction


def saving(c_out, kernel=3):
    """How many times fewer multiply-adds, exactly."""
    return 1 / (Fraction(1, c_out) + Fraction(1, kernel**2))


eight = next(c for c in range(1, 1000) if saving(c) >= 8)
show.table(["output channels", "saving"],
           [(c, f"{float(saving(c)):.4f}")
            for c in (8, 32, eight - 1, eight, 256, 1024)])

# %% [markdown] objective="save" claims="FO-26,FO-27"
# {answer}`eight`
#
# At $32$ channels the saving is {{= f"{float(saving(32)):.2f}" =}}. Eight takes {{= eight =}}, since $\tfrac18 - \tfrac19 = \tfrac1{72}$. Nine is never reached, since $1/C_\text{out}$ never vanishes.

# %% [markdown] objective="save"
# ## Build it
#
# The separable layer as {chapter}`MobileNet <3>` uses it {cite:p}`howard2017mobilenets`, from the package’s source. `conv_bn` is a convolution without bias, then a batch norm; `whole` and `one_of` check arguments.

# %%
from lightnets_edu.models.mobilenet_v1 import DepthwiseSeparable

show.source(DepthwiseSeparable)

# %% name="fig-separable" caption="A standard layer and MobileNet's, drawn from the real modules. The depthwise step keeps the channels, the pointwise step changes them; each has its batch norm and its ReLU. The bar in a box is as long as its multiply-adds are many." alt="Two flow charts, of a standard and of a depthwise separable layer. In the standard one the bar of multiply-adds fills its box, in the other both are short; the full descriptions are inside the pictures."
usual = nn.Sequential(*conv_bn(64, 128, 3), nn.ReLU())
ours = DepthwiseSeparable(64, 128, stride=1)
diagrams.beside("From 64 to 128 channels",
                standard_layer=diagrams.unit(usual, (1, 64, 56, 56)),
                separable_layer=diagrams.unit(ours, (1, 64, 56, 56)))

# %% [markdown] objective="fold" claims="FO-33,FO-34"
# ### Why batch norm is not on the bill
#
# A {term}`batch norm` {cite:p}`ioffe2015batchnorm` takes each channel, subtracts a mean $\mu$, divides by a {term}`standard deviation` (a tiny ε keeps it from zero), and applies a learned scale $\gamma$ and shift $\beta$:
#
# $$
# y = \gamma \, \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta
# $$
#
# In training, $\mu$ and $\sigma^2$ are those of the {term}`batch`. Afterwards they are fixed: averages collected in training. Then all this is one factor a channel, $s = \gamma/\sqrt{\sigma^2 + \varepsilon}$, and one constant, and the convolution before it can do both. Behind a layer $w * x + b$, where $*$ is the convolution, it becomes
#
# $$
# (s\,w) * x \;+\; (b - \mu)\,s + \beta,
# $$
#
# one $s$ for each *output* channel, whatever the groups. This is called *{term}`folding`*:

# %%
from lightnets_edu.inference import fold_batch_norm

block = DepthwiseSeparable(16, 32, stride=1).double()
x = torch.rand(4, 16, 14, 14, dtype=torch.float64)
for _ in range(20):
    block(x + torch.randn_like(x))    # lets the averages settle
folded = fold_batch_norm(block.eval())
with torch.no_grad():
    print(f"largest difference: {(folded(x) - block(x)).abs().max():.0e}")
print([type(m).__name__ for m in folded.depthwise])

# %% [markdown] claims="FO-37"
# The difference is rounding, and the batch norm is gone: folded into the layer before it, it costs nothing.
#
# :::{dropdown} Going deeper: the ε, and who runs it
# Formulas often leave ε out, or call the divisor the variance. A channel that a {term}`ReLU` has silenced is zero everywhere, and so is its variance. Without ε it becomes $0/0$, which is no number, and soon so is everything that the network computes. With ε the normalised value stays zero, and the batch norm gives β.
#
# One also reads that batch norm cannot run on a {term}`GPU`. It can; NVIDIA’s library has it ready made {cite:p}`nvidia2025cudnn`.
# :::

# %% [markdown] objective="save"
# ### A whole network in two steps
#
# In VGG-16 we make every convolution but the first separable.

# %%
show.source(VGG)

# %%
def in_two_steps(network):
    """A copy in which every convolution but the first is separable."""
    twin = copy.deepcopy(network)
    for i, layer in enumerate(twin.features):
        if isinstance(layer, nn.Conv2d) and layer.in_channels > 3:
            two = separable(layer.in_channels, layer.out_channels)
            twin.features[i] = two.to("meta")
    return twin


light_rows = cost.layer_costs(in_two_steps(vgg), (1, 3, 224, 224))
light = cost.total(light_rows)

# %% hide="code"
ladder, rest = [], iter(light_rows)
for row in (r for r in rows if r.kind == "standard"):
    parts = [next(rest)] if row.c_in == 3 else [next(rest), next(rest)]
    two = cost.total(parts)
    sides = "×".join(map(str, row.out_shape[1:]))
    ladder.append((f"{row.c_in}→{row.c_out}", sides, row.macs, two.macs,
                   f"{row.macs / two.macs:.2f}"))
show.table(["channels", "output", "multiply-adds",
            "in two steps", "saving"], ladder[::4])

# %% [markdown]
# Every fourth layer stands here. In all, the network now does {{= f"{total.macs / light.macs:.1f}" =}} times fewer multiply-adds. Its file hardly shrinks, {{= f"{4 * total.params / 1e6:.0f}" =}} to {{= f"{4 * light.params / 1e6:.0f}" =}} megabytes: the linear layers are still there.

# %% predict [markdown] name="moved" objective="save"
# ## The third number
#
# Multiply-adds fall. And memory access? Take a layer from $64$ to $128$ channels with 3×3 kernels, on a map of 56×56 positions.
#
# :field: In two steps, its memory access
# :choices: falls to about a ninth | falls a little | stays the same | rises
# :answer: "rises" if in_steps > at_once else "falls a little"
# :wrong: falls to about a ninth: The weights do; the maps are far larger than the weights.
# :wrong: falls a little: The weights fall, but there is one more map to write and to read.
# :wrong: stays the same: There is one more map to write and to read.

# %% hide="code"
x_shape = (1, 64, 56, 56)
at_once, in_steps = (
    cost.total(cost.layer_costs(kind(64, 128), x_shape)).access
    for kind in (standard, separable))


def worked(turns):
    """Of how many of the four layers work sets the least time."""
    product, copied = (timing.summary(turns[name]).median
                       for name in ("product", "copy"))
    elements = 2 * torch.Size(x_shape).numel()
    balance = (512**3 / product) / (elements / copied)
    two = separable(64, 128)
    bills = [cost.total(cost.layer_costs(layer, x_shape))
             for layer in (standard(64, 128), two, *two)]
    return sum(bill.macs > balance * bill.access for bill in bills)


print(f"elements: standard {at_once:,}, separable {in_steps:,}")

# %% [markdown]
# {answer}`moved`
#
# It rises, {{= f"{in_steps / at_once:.1f}" =}} times: the map between the two steps is written and read again. When does it fall? Let a map have $P$ positions, the same before and after. Then memory access is
#
# $$
# \begin{aligned}
# \text{standard:} &\quad P\,C_\text{in} + P\,C_\text{out} + K^2 C_\text{in} C_\text{out} \\
# \text{separable:} &\quad P\,C_\text{in} + P\,C_\text{out} + 2P\,C_\text{in} + K^2 C_\text{in} + C_\text{in} C_\text{out}
# \end{aligned}
# $$
#
# The second is smaller if $2P + K^2 + C_\text{out} < K^2 C_\text{out}$. So it takes more than $(2P + K^2)/(K^2 - 1)$ output channels; $C_\text{in}$ cancels. We compare this with a search through the counts:

# %% hide="code"
def moves_less(c_out, size, c_in=64):
    one = cost.conv_access(c_in, c_out, 3, size, size)
    two = (cost.conv_access(c_in, c_in, 3, size, size, groups=c_in)
           + cost.conv_access(c_in, c_out, 1, size, size))
    return two < one

least = [(f"{n}×{n}", (2 * n * n + 9) // 8 + 1,
          next(c for c in range(1, 9999) if moves_less(c, n)))
         for n in (112, 56, 28, 14, 7)]
show.table(["map", "output channels, by the formula", "by the counts"],
           least)

# %% [markdown]
# A network begins with large maps of few channels and ends with small maps of many. So separable layers move more at first and less later. In the figure: {show}`the layer above <fig-cost c_in=64 c_out=128 kernel=3 size=56>`, {show}`a smaller map <fig-cost c_in=64 c_out=128 kernel=3 size=7>`, {show}`a wider layer <fig-cost c_in=64 c_out=1024 kernel=3 size=56>`.

# %% wide=true name="fig-cost" alt="Left, three squares against the outline of the standard layer, by area: the multiply-adds of the separable layer are a small square in the corner, its memory access is a square larger than the outline, a good part of it the depthwise step; its least time is a small square again. Right, a line that rises and then turns level: D, the depthwise step, stands on the slope, where moving decides; P and S, the pointwise step and the standard layer, stand on the level part." caption="Areas: the separable layer, D + P, against the standard layer, S. Right: how fast a machine can run each, by multiply-adds for each element moved ({term}`arithmetic intensity`); left of the dashed line moving takes longer, right of it work. Pull the middle square to its outline. Which sizes move less?"
from lightnets_edu.widgets import CostCalculator

CostCalculator(c_in=64, c_out=128, kernel=3, size=56,
               controls=["c_in", "c_out", "size", "kernel"])

# %% [markdown] objective="lower" claims="FO-21"
# ## One matrix product
#
# How is it done? One way is a product of two matrices (libraries call it {term}`GEMM`). Copy each window into a column and multiply by the kernels, one in each row. The copying is called {term}`im2col`; {cite:t}`chellapilla2006im2col` proposed such unrolling.

# %% hide="code" name="fig-unfold" alt="Left, a grid of four by four numbered pixels. Right, a table of nine rows and four columns that holds the pixel numbers of the four windows of three by three. The four pixels in the middle, shaded, stand in every column." caption="im2col of a 4×4 input for a 3×3 kernel: each column is one window, read row by row. The four middle pixels (filled) lie in all four windows, so they are copied four times."
pixels = torch.arange(16.0).reshape(1, 1, 4, 4)
panels = {"input": pixels[0, 0], "columns": F.unfold(pixels, 3)[0]}
fig, axes = plt.subplots(1, 2, figsize=(6, 3.6), width_ratios=[1, 1])
for ax, (title, grid) in zip(axes, panels.items()):
    shared = torch.isin(grid, torch.tensor([5.0, 6.0, 9.0, 10.0]))
    ax.pcolormesh(-1 * shared, cmap="signed", vmin=-1, vmax=1,
                  edgecolor="#595959", lw=0.8)
    for (row, column), pixel in zip(
            torch.cartesian_prod(*map(torch.arange, grid.shape)).tolist(),
            grid.flatten().int().tolist()):
        ax.text(column + 0.5, row + 0.5, pixel, ha="center", va="center",
                color="white" if shared[row, column] else "black")
    ax.invert_yaxis()
    ax.set(title=title, aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
axes[0].set(xlabel="column of the map", ylabel="row of the map")
axes[1].set(xlabel="window", ylabel="weight of the kernel")
plt.show()

# %%
def by_product(x, weight, stride=1, padding=0):
    """A standard convolution as one matrix product."""
    c_out, _, k, _ = weight.shape
    columns = F.unfold(x, k, stride=stride, padding=padding)
    y = weight.flatten(1) @ columns    # kernels as rows, windows as columns
    height = (x.shape[2] + 2 * padding - k) // stride + 1
    return y.reshape(len(x), c_out, height, -1)

# %% hide="code"
x, weight = whole_numbers(2, 8, 13, 10), whole_numbers(16, 8, 3, 3)
for stride, padding in [(1, 0), (1, 1), (2, 1), (3, 2)]:
    y = F.conv2d(x, weight, stride=stride, padding=padding)
    same = torch.equal(y, by_product(x, weight, stride, padding))
    print(f"stride {stride}, padding {padding}, equal: {same}")

pointwise = whole_numbers(16, 8, 1, 1)
flat = pointwise.flatten(1) @ x.flatten(2)    # nothing is copied
print("1×1, equal:", torch.equal(flat, F.conv2d(x, pointwise).flatten(2)))

# %% [markdown]
# Equal, because these numbers are whole; others differ by rounding. The price is memory: with stride 1 the columns hold about $K^2$ copies of the map. But for a 1×1 layer **the map already is the matrix**, and nothing is copied. MobileNet is built on this {cite:p}`howard2017mobilenets`.
#
# There are other ways. A **direct** convolution copies no windows: it keeps a part of the map in fast memory and uses each number many times while it is there.
#
# :::{dropdown} Going deeper: fewer multiplications
# With an idea of {term}`Winograd’s <Winograd algorithm>` a dense 3×3 layer needs 2.25 times fewer multiplications {cite:p}`lavin2016winograd`. A 1×1 layer gains nothing: so the “nine” depends on who computes.
# :::

# %% [markdown]
# ## Measure it: the clock
#
# Does a layer that does eight times less take an eighth of the time? We time the layer from $64$ to $128$ channels, standard and separable, and its two steps: median and {term}`middle half`. Two measured speeds of the machine say what to expect: multiply-adds a second in a large dense product, and elements a second when it copies the layer’s input. Each sets a least time, one for the *work* of a layer and one for its *moving*; the larger counts. This is the {term}`roofline` {cite:p}`williams2009roofline`. The first speed divided by the second is the {term}`machine balance`: in a layer with as many multiply-adds for each element the two least times are equal.
# %% measured=true hide="code" record="turns, twice, ran" claims="FO-04"
from lightnets_edu.threads import one_thread

x = torch.rand(x_shape)
last = x.to(memory_format=torch.channels_last)
two_steps = separable(64, 128)
layers = {"standard": standard(64, 128), "separable": two_steps,
          "depthwise step": two_steps[0], "pointwise step": two_steps[1]}
matrix, room = torch.rand(512, 512), torch.empty_like(x)


def channels_last(layer):
    other = copy.deepcopy(layer).to(memory_format=torch.channels_last)
    return lambda _: other(last)


def two_threads(layer):
    def run(x):
        torch.set_num_threads(2)
        layer(x)
        torch.set_num_threads(1)

    return run


def program(layer):
    """The program that PyTorch chooses for a layer (a private name)."""
    how = layer.stride, layer.padding, layer.dilation, False, (0, 0)
    return torch._C._select_conv_backend(
        x, layer.weight, None, *how, layer.groups).name


timed = {"product": lambda _: matrix @ matrix,
         "copy": lambda x: room.copy_(x)}
for name, layer in layers.items():
    timed |= {name: layer, f"{name}, last": channels_last(layer)}
turns = timing.turns(timed, x, repeats=51)
pair = {name: layers[name] for name in ("standard", "separable")}
twice = timing.turns(
    pair | {f"{name}, two": two_threads(pair[name]) for name in pair},
    x, repeats=11)
with one_thread():
    ran = {name: program(layer) for name, layer in layers.items()
           if name != "separable"}

ms = {name: timing.summary(t).median for name, t in turns.items()}
work = 512**3 / ms["product"]           # multiply-adds in a millisecond
moving = 2 * x.numel() / ms["copy"]     # elements in a millisecond
table = [("copy of the input", "", f"{ms['copy']:.3f}",
          timing.summary(turns["copy"]))]
for name, layer in layers.items():
    bill = cost.total(cost.layer_costs(layer, x_shape))
    least = f"{bill.macs / work:.3f}", f"{bill.access / moving:.3f}"
    table.append((name, *least, timing.summary(turns[name])))
print("Measured on", timing.machine())
print(f"10⁹ multiply-adds a second: {work / 1e6:.0f}; "
      f"10⁹ elements a second: {moving / 1e6:.1f}; "
      f"balance: {work / moving:.1f}")
show.table(["milliseconds", "least, by work", "least, by moving",
            "time: median (middle half)"], table)

# %% [markdown] typed="cannot be told: states the rule itself"
# ### One rule for what was measured
#
# What is measured again comes out a little different. So “quicker”, “better” and “cannot be told apart” follow one {term}`rule <verdict>` in this book. We compare in **pairs** {cite:p}`bouthillier2021variance`. Two layers are timed in turns, one right after the other; two networks start from the same random numbers, the same {term}`seed`. So a slow moment, or a lucky start, meets both.
#
# - **Times**: the median of the turns’ ratios and its {{= f"{verdict.LEVEL:.0%}" =}} {term}`interval`. We say “slower” or “quicker” only if the whole interval lies more than {{= f"{verdict.MARGIN:.0%}" =}} away from one.
# - **Accuracies**: the mean difference and its {{= f"{verdict.LEVEL:.0%}" =}} interval {cite:p}`student1908mean`. If zero lies inside, the two cannot be told apart.
#
# (Differences, ratios and means are taken before anything is rounded.)
#
# The text speaks of the book’s record, a measurement of many runs that the book keeps; your run makes its own.
#
# :::{dropdown} Going deeper: the interval and the margin
# The interval of a time is made of order statistics: sort the ratios, and count in equally far from both ends. The median of the ratios need not be the ratio of two medians in a table. The margin is our choice: a program may differ a little from one start to the next, and turns within one start do not show it.
# :::
#
# ### What the clock says

# %% [markdown]
# The time of the standard layer is {{= verdict.ratio(recorded.turns["standard"], recorded.turns["separable"]) =}} that of the separable one, for {{= examples[2][-1] =}} times the multiply-adds.
#
# **Is it moving?** A copy of the input moves as many elements as the depthwise step, but for its few weights, and computes nothing. The step takes {{= verdict.ratio(recorded.turns["depthwise step"], recorded.turns["copy"]) =}} the time of the copy: {{= verdict.ratio(recorded.turns["depthwise step"], recorded.turns["copy"]).words("moving is not all of it", "a copy is no yardstick for it", "moving may be all of it") =}}. In the roofline the work sets the least time of {{= "all" if worked(recorded.turns) == 4 else f"{worked(recorded.turns)} of the" =}} four layers; moving sets it only where a layer does fewer multiply-adds for each element than the balance. A second test is folded below; what is left we cannot explain.
#
# :::{dropdown} Going deeper: is it order, which program, how many threads
# **Is it order?** oneDNN, a library inside PyTorch, works on small blocks of channels; PyTorch keeps one channel after the other, so the map is rearranged before and after. With the channels stored *last*, all channels of one position side by side, there is less to rearrange. The depthwise step then takes {{= verdict.ratio(recorded.turns["depthwise step, last"], recorded.turns["depthwise step"]) =}} its time ({{= verdict.ratio(recorded.turns["depthwise step, last"], recorded.turns["depthwise step"]).words("so order is not the cause", "so order, or the program that goes with it, is a part of it", "so this test tells nothing") =}}), the standard layer {{= verdict.ratio(recorded.turns["standard, last"], recorded.turns["standard"]) =}} ({{= verdict.ratio(recorded.turns["standard, last"], recorded.turns["standard"]).words("here it is not the cause", "a part, too", "here it tells nothing") =}}). With channels last PyTorch may run another program; it was asked for its choice in the default order only.
#
# Asked for its choice, PyTorch names `{{= recorded.ran["standard"] =}}` for the standard layer, `{{= recorded.ran["depthwise step"] =}}` for the depthwise step, `{{= recorded.ran["pointwise step"] =}}` for the pointwise one. `Mkldnn` is oneDNN’s, here a direct convolution; `Slow2d`, the matrix product of the section above, is what PyTorch takes for a 1×1 layer on one thread and few images. Rows with different names compare programs as much as layers.
#
# With two threads the standard layer takes {{= verdict.ratio(recorded.twice["standard, two"], recorded.twice["standard"]) =}} the time that it takes with one, the separable layer {{= verdict.ratio(recorded.twice["separable, two"], recorded.twice["separable"]) =}}. And the two steps, timed alone, add up to {{= f"{sum(timing.summary(recorded.turns[name]).median for name in ('depthwise step', 'pointwise step')) / timing.summary(recorded.turns['separable']).median:.0%}" =}} of the separable layer; where the difference comes from we have not looked.
# :::

# %% measured=true hide="code" name="fig-roofline" alt="Multiply-adds a second over multiply-adds for each element moved, both axes logarithmic. A line rises and then turns level: the roof. Four dots, from left to right: the depthwise step, the separable layer, the pointwise step, the standard layer." caption="The roof of this machine (line) and four layers. Left of the corner, which stands at the machine balance, moving sets the least time; to the right of it, work does. The further a dot lies below the roof, the more of its time neither of the two explains. (A dot above it has a program that does more in a second than that of the dense product.)"
fig, ax = plt.subplots(figsize=(6, 3.6))
axis = [0.5, work / moving, 2**11]
ax.plot(axis, [min(work, moving * i) / 1e6 for i in axis], color="#595959")
for name, layer in layers.items():
    bill = cost.total(cost.layer_costs(layer, x_shape))
    at, speed = bill.macs / bill.access, bill.macs / ms[name] / 1e6
    ax.plot(at, speed, "o", color="#0072B2")
    ax.annotate(name, (at, speed), xytext=(6, -12),
                textcoords="offset points")
ax.set(xscale="log", yscale="log")
ax.margins(y=0.2)
ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
ax.yaxis.set_major_formatter("{x:g}")
ax.minorticks_off()
ax.set_xlabel("multiply-adds for each element moved")
ax.set_ylabel("10⁹ multiply-adds a second")
plt.show()

# %% [markdown] objective="save"
# ### What is given up
#
# Is the separable layer a cheaper way to compute the same? From input channel $i$ to output $o$ it applies the filter $w_{o,i} = p_{o,i}\, d_i$: one filter $d_i$ for each input channel, which all outputs share, each with a factor of its own. A standard layer has a filter for each *pair*.
#
# So the nearest separable layer holds only a part of a standard layer’s squared weights. The rest it cannot hold. We compute the share that is left over.
#
# :::{dropdown} Going deeper: how the nearest one is found
# For one input channel, write the filters of all outputs as the rows of a matrix. A separable layer holds only multiples of one row, a matrix of {term}`rank` one. The nearest such matrix, in squared weights, keeps the largest {term}`singular value` and loses the others (the theorem of Eckart and Young).
# :::

# %% hide="code"
def left_over(weight):
    """Share of the squared weights that no separable layer can hold."""
    by_input = weight.detach().transpose(0, 1).flatten(2)
    s = torch.linalg.svdvals(by_input)
    return float(1 - s[:, 0].square().sum() / s.square().sum())


composed = torch.rand(128, 64, 1, 1) * torch.randn(64, 3, 3)
print(f"of a separable layer: {abs(left_over(composed)):.0%}")

# %% [markdown]
# We ask this of the last convolution of a small network, before and after it is trained on handwritten digits.

# %% measured=true hide="code" record="lost, right"
def digit_reader(seed):
    torch.manual_seed(seed)
    return nn.Sequential(
        *conv_bn(1, 16, 3), nn.ReLU(),
        *conv_bn(16, 32, 3, stride=2), nn.ReLU(),
        *conv_bn(32, 32, 3), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10),
    )


train, test = data.digits(16)
lost, right = {"before": [], "after": []}, []
for seed in training.seeds(2, of=10):
    reader = digit_reader(seed)
    lost["before"].append(left_over(reader[6].weight))
    run = training.fit(reader, train, test, epochs=8, seed=seed)
    right.append(run.accuracy)
    lost["after"].append(left_over(reader[6].weight))
filters = reader[6].weight.detach()
for when, share in lost.items():
    print(f"left over {when} training: {fmean(share):.0%} "
          f"({min(share):.0%} to {max(share):.0%})")
print(f"digits read: {fmean(right):.1%} of {len(test)}; "
      f"chance: {verdict.chance(test.y):.1%}")

# %% measured=true hide="code" name="fig-rank-one" alt="Three rows of eight small squares of three by three cells. First row: eight filters of a trained layer, some alike, some not. Second row: the nearest ones of a separable layer, all the same pattern, lighter or darker, some with the signs turned. Third row: eight filters of an untrained layer, all different." caption="Filters that eight outputs use on one input channel: as trained (top), the nearest that a separable layer can have (middle: one pattern, other factors), and untrained (bottom). Blue is negative, orange positive; the weaker, the nearer to zero."
trained = filters[:, 0].flatten(1)
fresh = digit_reader(seed)[6].weight.detach()[:, 0].flatten(1)
u, s, v = torch.linalg.svd(trained, full_matrices=False)
nearest = s[0] * u[:, :1] * v[:1]
chosen = trained.norm(dim=1).argsort(descending=True)[:8]
fig, axes = plt.subplots(3, 8, figsize=(6, 2.6))
shown = {"trained": trained, "separable": nearest, "untrained": fresh}
for line, (name, values) in zip(axes, shown.items()):
    most = values[chosen].abs().max()
    for ax, one in zip(line, values[chosen]):
        ax.pcolormesh(one.reshape(3, 3).flip(0), cmap="signed", vmin=-most,
                      vmax=most, edgecolor="#595959", lw=0.4)
        ax.set(aspect="equal", xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    line[0].set_ylabel(name, rotation=0, ha="right", va="center")
plt.show()

# %% [markdown]
# {{= f"{fmean(recorded.lost['before']):.0%}" =}} are left over before training, {{= f"{fmean(recorded.lost['after']):.0%}" =}} after: {{= verdict.paired(recorded.lost["after"], recorded.lost["before"]) =}}. In this one layer of a small network training {{= verdict.paired(recorded.lost["after"], recorded.lost["before"]).words("brings the filters further from", "brings the filters nearer to", "leaves the filters as far as before from") =}} what a separable layer can hold. Whether such a layer is good enough, only training can tell: squared weights are not accuracy.

# %% predict [markdown] name="sparse"
# ## Going deeper: dense or sparse?
#
# *Nothing later builds on this section: at a first reading you can pass it by.*
#
# If few weights are needed, why not set the others to zero and skip them? That needs another way to store a matrix, such as {term}`CSR`: the values that are not zero, and where they stood. {cite:t}`howard2017mobilenets` hold that it rarely pays, short of a very high sparsity. We keep a half, a quarter, … of the weights of a large matrix, anywhere.
#
# :field: How few may be left before PyTorch’s CSR product is quicker than the dense one? One in
# :unit: weights
# :answer: recorded.first["sparse, torch"]
# :wrong: 1 to 2: The work halves, but each weight is now looked up.

# %% measured=true hide="code" record="first" claims="FO-22,FO-42"
import warnings

import scipy.sparse

warnings.filterwarnings("ignore", "Sparse CSR tensor support")
size, shares = 1024, (2, 4, 8, 16, 32, 64)
weights, x = torch.randn(size, size), torch.randn(size, 128)


def candidates(g):
    """Four products; three of them with a share of 1/g of the weights."""
    few = weights * (torch.rand(size, size) < 1 / g)
    blocks = torch.randn(g, size // g, size // g)    # a grouped 1×1 layer
    by_torch = few.to_sparse_csr()
    by_scipy = scipy.sparse.csr_matrix(few.numpy())
    return {"dense": lambda x: weights @ x,
            "grouped": lambda x: blocks @ x.reshape(g, size // g, 128),
            "sparse, torch": lambda x: by_torch @ x,
            "sparse, SciPy": lambda x: by_scipy @ x.numpy()}


by_share = {g: timing.turns(candidates(g), x, repeats=21) for g in shares}
first = {}    # quicker from this share on, and for all smaller ones
for name in ("grouped", "sparse, torch", "sparse, SciPy"):
    wins = [verdict.ratio(t["dense"], t[name]).words("yes", "no", "no")
            for t in by_share.values()]
    first[name] = next((g for i, g in enumerate(shares)
                        if "no" not in wins[i:]), 0)    # 0: nowhere
print("Measured on", timing.machine())
lines = []
for g, t in by_share.items():
    medians = (timing.summary(times).median for times in t.values())
    lines.append((f"1/{g}", *(f"{median:.3g}" for median in medians)))
show.table(["weights kept", "dense, ms", *first], lines)

# %% [markdown]
# {answer}`sparse`
#
# On this machine PyTorch’s sparse product pays {{= f'from 1/{recorded.first["sparse, torch"]} on' if recorded.first["sparse, torch"] else "nowhere here" =}}, SciPy’s {{= f'from 1/{recorded.first["sparse, SciPy"]} on' if recorded.first["sparse, SciPy"] else "nowhere here" =}}, and a grouped layer {{= f'from 1/{recorded.first["grouped"]} on' if recorded.first["grouped"] else "nowhere here" =}}, with as many multiply-adds, up to chance. The blocks of a grouped layer lie dense in memory: no place has to be looked up. *Sparse connections, dense storage*: that is the bargain of grouped and depthwise layers.

# %% [markdown]
# ## Pitfalls

# %% [markdown] claims="FO-38"
# ### Average pooling is a convolution, but which?
#
# The short notes run average pooling as a convolution whose kernel is all ones. Two things are wrong with that:

# %% hide="code"
x = whole_numbers(1, 8, 6, 6)
pooled = F.avg_pool2d(x, 3, stride=1)
ones = torch.ones(8, 1, 3, 3, dtype=x.dtype)
ninths = ones / 9
for name, kernel, groups in [
    ("depthwise, ones", ones, 8), ("depthwise, ninths", ninths, 8),
    ("standard, ninths", ninths.expand(8, 8, 3, 3), 1),
]:
    same = torch.allclose(F.conv2d(x, kernel, groups=groups), pooled)
    print(f"{name}: {'equal' if same else 'differs'}")

# %% [markdown]
# The entries are $1/K^2$, not ones, and the convolution is depthwise, not standard: pooling never adds up two channels.

# %% predict [markdown] name="front" objective="fold"
# ### Going deeper: a batch norm in front of a convolution
#
# It scales *input* channels, so $s$ goes to the other axis of the weights, and its shift $t = \beta - \mu s$ becomes a bias. The convolution is 3×3 with padding 1.
#
# :field: Folding it gives
# :choices: the same outputs | the same, but not at the border | other outputs everywhere
# :answer: "the same, but not at the border" if inside_same and not border_same else "the same outputs"
# :wrong: the same outputs: It would, without padding.
# :wrong: other outputs everywhere: Where the window touches no padding the algebra holds.

# %% hide="code"
s, t = torch.rand(8).double() + 0.5, torch.rand(8).double()
behind = standard(8, 16).double()
x = torch.rand(1, 8, 9, 9, dtype=torch.float64)
with torch.no_grad():
    y = behind(s[:, None, None] * x + t[:, None, None])
    bias = (behind.weight.sum(dim=(2, 3)) * t).sum(dim=1)
    z = F.conv2d(x, behind.weight * s[:, None, None], bias, padding=1)
differs = (y - z).abs().amax(dim=(0, 1)) > 1e-9
inside_same = not differs[1:-1, 1:-1].any()
border_same = not differs[0].any()
for row in differs:
    print(" ".join("x" if here else "·" for here in row))

# %% [markdown]
# {answer}`front`
#
# Crosses mark where the two differ. Padding is zero *after* the batch norm; the folded layer pads with zeros *before* it, where $-t/s$ would be right.

# %% [markdown]
# ## Exercises
#
# Practice first; a solution can be opened below each task. Then come four exercises that count, from easy to hard, with hints to open; plan as much time for them as for the chapter. Their checks look at a few cases only, and the hidden tests, with which a teacher grades, at many more: try strides, odd sizes and oblong maps of your own. Whole numbers may be Python's or NumPy's, and a list will do for a tuple.

# %% task [markdown] exercise="output_size" objective="count"
# ### How large is the output?
#
# Write `output_size(size, kernel, stride, padding)`: the number of positions along one axis, for an input of `size` positions. Where the kernel does not fit into the padded input, return 0.
#
# **Predict first:** which padding keeps the size with a 5×5 kernel and stride 1? Does `224` shrink to `112` with a 7×7 kernel, stride 2 and padding 3, or to `111`?
#
# :::{dropdown} Solution
# The first position takes `kernel` places of the padded input; each further one takes `stride` more:
#
# ```python
# def output_size(size, kernel, stride, padding):
#     room = size + 2 * padding - kernel
#     return room // stride + 1 if room >= 0 else 0
# ```
#
# Padding $(K - 1)/2$ keeps the size of an odd kernel with stride 1: 2 for 5×5. And `224` becomes `112`.
# :::

# %% answer exercise="output_size"
def output_size(size, kernel, stride, padding):
    """Positions of the output along one axis."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="output_size"
with Check("output_size") as check:
    with check("6 positions, a kernel of 4"):
        check.equal(output_size(6, 4, 1, 0), 3)
    with check("as PyTorch has it, for many sizes"):
        for size, k, stride, padding in [(56, 3, 1, 1), (224, 7, 2, 3),
                                         (13, 3, 2, 0), (5, 5, 3, 2)]:
            x = torch.zeros(1, 1, size, size)
            y = F.conv2d(x, torch.zeros(1, 1, k, k),
                         stride=stride, padding=padding)
            check.equal(output_size(size, k, stride, padding), y.shape[2])
    with check("a kernel that does not fit"):
        check.equal(output_size(1, 6, 1, 1), 0)

# %% task [markdown] exercise="channel_mask" objective="connect"
# ### Who reads whom?
#
# Write `channel_mask(c_in, c_out, groups)`: a tensor of `bool`, one row for each output channel and one column for each input channel, `True` where that output reads that input.
#
# **Predict first:** how many entries are `True` for $12$ inputs, 6 outputs and 3 groups? A layer with `groups = c_in` may also make two outputs of each channel: does it still have a single `True` in each row?
#
# :::{dropdown} Solution
# Input `i` is in group `i // (c_in // groups)`, output `o` in group `o // (c_out // groups)`; the two meet where the groups agree:
#
# ```python
# def channel_mask(c_in, c_out, groups):
#     of_input = torch.arange(c_in) // (c_in // groups)
#     of_output = torch.arange(c_out) // (c_out // groups)
#     return of_output[:, None] == of_input
# ```
#
# There are $6 \cdot 12/3 = 24$. And yes: with `groups = c_in` each output belongs to one input.
# :::

# %% answer exercise="channel_mask"
def channel_mask(c_in, c_out, groups):
    """Which inputs (columns) each output (row) reads."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="channel_mask"
with Check("channel_mask") as check:
    for c_in, c_out, groups in [(4, 4, 2), (12, 6, 3), (4, 8, 4)]:
        with check(f"{c_in} to {c_out} channels in {groups} groups"):
            layer = nn.Conv2d(c_in, c_out, 1, groups=groups, bias=False)
            nn.init.ones_(layer.weight)
            eye = torch.eye(c_in).reshape(c_in, c_in, 1, 1)
            truth = layer(eye).flatten(1).t() != 0
            check.equal(channel_mask(c_in, c_out, groups), truth)

# %% task [markdown] exercise="conv_bill" objective="count"
# ### The bill of a convolution
#
# Write `conv_bill(c_in, c_out, kernel, size, stride, padding, groups)`. It returns three whole numbers: parameters, multiply-adds, memory access, for one image and without biases, as this chapter counts.
#
# `kernel`, `size` (of the input), `stride` and `padding` are pairs, height first: kernels and maps need not be square. `groups` divides both numbers of channels, and the kernel fits.
#
# **Predict first:** a layer gets stride 2 instead of 1. Which of the three numbers change, and which of those fall to a quarter?
#
# :::{dropdown} Hint
# Work out the output's height and width first. Each weight is used once at each position of the *output*; the input counts with all its elements, also where a stride steps over some.
# :::

# %% answer exercise="conv_bill"
def conv_bill(c_in, c_out, kernel, size, stride, padding, groups):
    """Parameters, multiply-adds and memory access, in this order."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="conv_bill" points=3
with Check("conv_bill") as check:
    with check("a 3×3 layer from 64 to 128 channels on 56 × 56"):
        layer = nn.Conv2d(64, 128, 3, padding=1, bias=False)
        row, = cost.layer_costs(layer, (1, 64, 56, 56))
        got = conv_bill(64, 128, (3, 3), (56, 56), (1, 1), (1, 1), 1)
        check.equal(tuple(got), (row.params, row.macs, row.access))
    with check("two groups, a flat kernel on a tall map, unequal strides"):
        layer = nn.Conv2d(8, 12, (2, 5), stride=(2, 3), padding=(0, 1),
                          groups=2, bias=False)
        row, = cost.layer_costs(layer, (1, 8, 30, 14))
        got = conv_bill(8, 12, (2, 5), (30, 14), (2, 3), (0, 1), 2)
        check.equal(tuple(got), (row.params, row.macs, row.access))
    with check("as many groups as input channels, two outputs in each"):
        layer = nn.Conv2d(10, 20, 3, padding=1, groups=10, bias=False)
        row, = cost.layer_costs(layer, (1, 10, 8, 8))
        got = conv_bill(10, 20, (3, 3), (8, 8), (1, 1), (1, 1), 10)
        check.equal(tuple(got), (row.params, row.macs, row.access))

# %% [markdown]
# :::{dropdown} What became of your prediction
# The parameters stay. The multiply-adds fall to a quarter, if both sides of the output at stride 1 are even; else to a little more. Memory access falls by less: only the output becomes smaller, and the input, which is read, is as large as before.
# :::

# %% task [markdown] exercise="least_width" objective="save"
# ### From how many channels on?
#
# Write `least_width(kernel, factor)`: the smallest number of output channels with which a separable layer with a `kernel` × `kernel` depthwise step does at least `factor` times fewer multiply-adds than the standard layer. Both are whole numbers from 1 up. Return `None` where no number of channels is enough.
#
# Reaching the factor exactly is enough. Floating point will let you down here: $1/C + 1/K^2$ is rounded, and a factor that is met exactly may be missed by a hair. Compare whole numbers.
#
# **Predict first:** for which factors does a 3×3 layer give `None`? And a 1×1 layer?
#
# :::{dropdown} Hint
# For each input channel and position the standard layer does $K^2 C$ multiply-adds, the separable one $K^2 + C$. Write “at least `factor` times fewer” as an inequality between products, and solve it for $C$. When does $C$ drop out of reach?
# :::

# %% answer exercise="least_width"
def least_width(kernel, factor):
    """Fewest output channels that save `factor` times, or None."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="least_width" points=3
with Check("least_width") as check:
    with check("3×3, factors 4 and 8"):
        check.equal(least_width(3, 4), 8)
        check.equal(least_width(3, 8), 72)
    with check("5×5, factor 10"):
        check.equal(least_width(5, 10), 17)
    with check("3×3, factors 9 and 10"):
        check.equal(least_width(3, 9), None)
        check.equal(least_width(3, 10), None)
    with check("10×10, factor 98"):
        check.equal(least_width(10, 98), 4900)
    with check("11×11, factor 120"):
        check.equal(least_width(11, 120), 14520)

# %% [markdown]
# :::{dropdown} What became of your prediction
# $K^2$ is the limit and is never reached, so every factor from nine on gives `None` for a 3×3 layer. For a 1×1 layer every factor does: there the depthwise step comes on top and saves nothing.
# :::

# %% task [markdown] exercise="fold_norm" objective="fold"
# ### Fold it yourself
#
# Write `fold_norm(weight, bias, gamma, beta, mean, var, eps)`. It gets the weights of a convolution, of shape `(C_out, C_in/g, K, K)` for any number of groups, and what the batch norm after it holds for each of the `C_out` channels. It returns `(weight, bias)` of a single convolution that does the work of both at test time.
#
# `bias` is `None` where the convolution has none; `gamma` and `beta` are both `None` where the batch norm has no learned scale and shift. The tensors that you are given must stay as they were.
#
# **Predict first:** the result always has a bias. With which values of the batch norm would that bias be zero?
#
# :::{dropdown} Hint
# One factor for each *output* channel: which axis of `weight` is that, and which shape must the factor have to be multiplied along it? For the bias put a zero input through both layers.
# :::

# %% answer exercise="fold_norm"
def fold_norm(weight, bias, gamma, beta, mean, var, eps):
    """Weight and bias of a convolution that includes the batch norm."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="fold_norm" points=4
def both(x, weight, bias, gamma, beta, mean, var, eps, groups=1):
    """Convolution, then batch norm as at test time."""
    y = F.conv2d(x, weight, bias, groups=groups)
    return F.batch_norm(y, mean, var, gamma, beta, eps=eps)


with Check("fold_norm") as check:
    fresh = torch.Generator().manual_seed(1)
    held = [torch.rand(6, generator=fresh) + 0.5 for _ in range(4)]
    held[0][::2] *= -1    # a learned scale may be negative
    x = torch.rand(2, 4, 5, 5, generator=fresh)
    with check("a convolution without bias"):
        w = torch.randn(6, 4, 3, 3, generator=fresh)
        got = F.conv2d(x, *fold_norm(w, None, *held, 1e-5))
        check.close(got, both(x, w, None, *held, 1e-5), rel=1e-4, abs=1e-4)
    with check("two groups, a bias, and an ε that shows"):
        w = torch.randn(6, 2, 3, 3, generator=fresh)
        b = torch.randn(6, generator=fresh)
        got = F.conv2d(x, *fold_norm(w, b, *held, 0.3), groups=2)
        check.close(got, both(x, w, b, *held, 0.3, 2), rel=1e-4, abs=1e-4)
    with check("no scale and no shift, without and with a bias"):
        w = torch.randn(6, 4, 1, 1, generator=fresh)
        plain = [None, None, *held[2:], 0.3]
        for bias in (None, b):
            got = F.conv2d(x, *fold_norm(w, bias, *plain))
            check.close(got, both(x, w, bias, *plain), rel=1e-4, abs=1e-4)

# %% [markdown]
# :::{dropdown} What became of your prediction
# The bias is $(b - \mu)\,s + \beta$. It is zero where $\beta = (\mu - b)\,s$, for example with $\beta = 0$ and a mean equal to the convolution's bias. A scale $\gamma$ of zero leaves $\beta$.
# :::

# %% task [markdown] exercise="one_product" objective="lower"
# ### A grouped convolution as one matrix product
#
# The chapter's `by_product` knows no groups. Give it some, in two functions whose results multiply to a convolution:
#
# - `weight_matrix(weight, groups)`: from weights of shape `(C_out, C_in/g, K, L)` to the matrix of shape `(C_out, C_in·K·L)`. Kernels need not be square. With more than one group it is block-diagonal, with zeros where an output does not read an input.
# - `columns(x, kernel, stride, padding)`: from one image `(C_in, H, W)` to the matrix of shape `(C_in·K·L, positions)`, the windows in the order of the output, row by row. `kernel`, `stride` and `padding` are pairs, height first.
#
# Then `weight_matrix(w, g) @ columns(x, …)` holds the numbers of `F.conv2d(x, w, groups=g, …)`: exactly where they are whole, else up to rounding. Both functions keep the type of the numbers, and must work for whole numbers (`torch.int64`) too. (`F.unfold` refuses those: you will need slices, or the method `Tensor.unfold`.)
#
# **Predict first:** which share of the matrix is zero for a depthwise layer with $64$ channels?
#
# :::{dropdown} Hint: the matrix
# Output `o` is in group `o // (C_out // g)`. Its weights belong in the columns of that group's input channels; each channel owns `K·L` columns in a row. (`torch.block_diag` sets matrices along a diagonal.)
# :::
#
# :::{dropdown} Hint: the columns
# Row `(i, u, v)` of the matrix holds what weight `(u, v)` meets in channel `i` as the kernel slides: a slice of the padded channel that starts at `(u, v)` and steps by the stride. How long must it be? (`F.pad` pads whole numbers too; it takes the amounts for the *last* axis first.)
# :::

# %% answer exercise="one_product"
def weight_matrix(weight, groups):
    """(C_out, C_in/g, K, L) -> (C_out, C_in·K·L), block-diagonal."""
    # YOUR CODE HERE
    raise NotImplementedError()


def columns(x, kernel, stride, padding):
    """(C_in, H, W) -> (C_in·K·L, positions): one window a column."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="one_product" points=4
with Check("weight_matrix") as check:
    with check("one group: the kernels, one in each row"):
        w = torch.arange(24).reshape(2, 3, 2, 2)
        check.equal(weight_matrix(w, 1), w.reshape(2, 12))
    with check("two groups: two blocks"):
        w = torch.arange(1, 9).reshape(4, 2, 1, 1)
        check.equal(weight_matrix(w, 2), torch.tensor(
            [[1, 2, 0, 0], [3, 4, 0, 0], [0, 0, 5, 6], [0, 0, 7, 8]]))
with Check("columns") as check:
    with check("the picture of the chapter: 4 × 4 pixels, four windows"):
        x = torch.arange(16).reshape(1, 4, 4)
        expected = F.unfold(x.double()[None], 3)[0].long()
        check.equal(columns(x, (3, 3), (1, 1), (0, 0)), expected)
    with check("large numbers keep all their digits"):
        x = 2**24 + torch.arange(16).double().reshape(1, 4, 4)
        expected = F.unfold(x[None], 3)[0]
        check.equal(columns(x, (3, 3), (1, 1), (0, 0)), expected)
    with check("times the weights: a convolution with padding"):
        x, w = whole_numbers(4, 6, 6), whole_numbers(6, 2, 3, 3)
        got = weight_matrix(w, 2) @ columns(x, (3, 3), (1, 1), (1, 1))
        check.equal(got.reshape(6, 6, 6),
                    F.conv2d(x, w, padding=1, groups=2))
    with check("a flat kernel on a tall map, all pairs unequal"):
        x, w = whole_numbers(4, 9, 8), whole_numbers(6, 2, 2, 4)
        got = weight_matrix(w, 2) @ columns(x, (2, 4), (2, 3), (1, 0))
        expected = F.conv2d(x, w, stride=(2, 3), padding=(1, 0), groups=2)
        check.equal(got, expected.flatten(1))

# %% [markdown]
# :::{dropdown} What became of your prediction
# Each row of the matrix has the weights of one channel and zeros for the others: 1 in $64$ is filled, and $63/64$ are zero. This is why a depthwise layer is not run as one dense product.
# :::

# %% [markdown]
# ### An open question
#
# No points for this one, and no single answer. `conv_bn` leaves the bias of its convolution out. After folding there is one all the same. Why does training not miss it? Could it hurt to have one? And what would change if the batch norm stood *after* the ReLU: which of the two could then still be folded, and into what?

# %% [markdown] objective="save" claims="FO-01"
# ## When to choose it
#
# First the numbers of the beginning again:

# %% hide="code"
from lightnets_edu.models.catalogue import CATALOGUE

first_layers = []
for entry in map(CATALOGUE.get, (
    "vgg16", "mobilenet_v1_1.0", "squeezenet_1.0",
    "shufflenet_v1_0.25_g3", "squeezenext_1.0_sqnxt_23",
)):
    with torch.device("meta"):
        network = entry.load()()
    costs = cost.layer_costs(network, (1, 3, entry.pixels, entry.pixels))
    of_all = costs[0].macs / cost.total(costs).macs
    first_layers.append((of_all, entry.label))
least, most = min(first_layers), max(first_layers)
show.table(["VGG-16", "parameters", "multiply-adds", "memory access"],
           [("as it was", *total), ("in two steps", *light)])

# %% [markdown]
# The work falls. Memory access {{= "rises" if light.access > total.access else "falls" =}}, {{= f"{light.access / total.access:.2f}" =}} times: early layers move more, late ones less.
#
# - Choose a **separable** layer to save multiply-adds where there are many output channels.
# - Choose a **grouped** one to save as many times as it has groups; its groups never meet.
# - Keep the **standard** one where there are few *input* channels, as in a network’s first layer: it has few parameters either way, and one map less to move. Its multiply-adds can still be many: in five networks of the book the first layer takes {{= f"{least[0]:.1%}" =}} ({{= least[1] =}}) to {{= f"{most[0]:.1%}" =}} ({{= most[1] =}}) of them.
#
# Before you believe in a saving, count all three numbers, then measure: here it was one image at a time, on one common processor.
#
# :::{dropdown} Going deeper: four routes to a small network
# The textbook chapter divides the ways to a small network into four. This book follows all of them (not all of its chapters are written yet).
#
# | route | what it does | chapters |
# |---|---|---|
# | design by hand | replace the convolution by cheaper layers | Xception, MobileNet, ShuffleNet, EffNet, SqueezeNet, GhostNet, MicroNet |
# | search | let a program choose among such layers | MobileNet V3, EfficientNet |
# | compress | train a large network, then {term}`prune <pruning>`, share or round its weights | Compressing instead of designing |
# | compress automatically | let a program choose what to prune and by how much | the same |
# :::
#
# Next, {chapter}`Xception <2>` asks whether space and channels need to be looked at together at all.

# %% ledger [markdown]
# ## What was claimed, what we found
