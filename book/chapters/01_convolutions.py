# ---
# title: Convolutions and what they cost
# minutes: 90
# before: Python, PyTorch tensors and their shapes, and roughly what a neural network is; nothing about light networks.
# objectives:
#   count: count the parameters, multiply-adds and memory access of any convolution, and check the count against a real layer
#   connect: say which inputs an output depends on, in space and across channels, for standard, grouped, depthwise and pointwise layers
#   save: say how much a separable layer saves, when that is eight times, when nine, and what it does not save
#   lower: carry out a convolution, grouped or not, as one matrix product
#   fold: fold batch norm into the convolution before it, and say when that is exact
# ---

# %% card [markdown]
# # Convolutions and what they cost
#
# A convolution reads a small window of its input, in all channels at once. Most networks in this book save by reading less: a smaller window, fewer channels, or first the one and then the other. This chapter counts what each way costs, so that the later ones can ask whether it was worth it.

# %% [markdown] objective="count" claims="FO-02,FO-40"
# ## The bottleneck: where a network spends
#
# VGG-16 {cite:p}`simonyan2015vgg` is a plain network: convolutions, then three linear layers. Let us see what it spends on one photograph. We build it without values (that is what the device `meta` is for) and count.

# %%
import torch
from torch import nn
from torch.nn import functional as F

from lightnets_edu import cost, diagrams, show, timing, verdict
from lightnets_edu.checks import Check
from lightnets_edu.models.vgg import VGG

show.vector_plots()

with torch.device("meta"):
    vgg = cost.layer_costs(VGG("D"), (1, 3, 224, 224))
names = {"standard": "convolutions", "linear": "linear layers"}
parts = {kind: [r for r in vgg if r.kind == kind] for kind in names}
spent = {kind: cost.total(rows) for kind, rows in parts.items()}
total = cost.total(vgg)
show.table(
    ["part", "layers", "parameters", "multiply-adds"],
    [(names[kind], len(parts[kind]), spent[kind].params, spent[kind].macs)
     for kind in names] + [("all", len(vgg), total.params, total.macs)],
)

# %% [markdown]
# Two bills, and different layers pay them. The linear layers hold {{= f"{spent['linear'].params / total.params:.0%}" =}} of the **parameters**, the numbers that training changes. At four bytes each, the parameters of the whole network make a file of {{= f"{4 * total.params / 1e6:.0f}" =}} megabytes. The convolutions do {{= f"{spent['standard'].macs / total.macs:.0%}" =}} of the **multiply-adds**: one of those is a multiplication whose result is added to a sum.

# %% hide="code" name="fig-vgg" alt="Two rows of sixteen bars, one bar for each layer of VGG-16 in order. Above, multiply-adds: nearly all in the thirteen convolutions, next to nothing in the three linear layers. Below, parameters: small for the convolutions, and one linear layer, the first, towers over all others." caption="Where VGG-16 spends, layer by layer: convolutions (blue) and linear layers (orange, hatched). Who pays in arithmetic does not pay in storage."
import matplotlib.pyplot as plt

fig, axes = plt.subplots(2, 1, figsize=(6, 3.8), sharex=True)
for ax, what in zip(axes, ("macs", "params")):
    for i, row in enumerate(vgg):
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
# {cite:t}`howard2017mobilenets` name robots, self-driving cars and augmented reality, where a picture must be understood in time and on a small computer. Nobody wants to wait there for {{= f"{total.macs / 1e9:.1f}" =}} billion multiply-adds. Later networks do without the large linear layers: they average each channel instead. What remains is the convolution. It is the layer that a light network replaces.

# %% objectives [markdown]
# ## You will be able to

# %% [markdown] objective="save"
# ## Predict first
#
# A picture has 3 channels; we want $256$. **One way** is a 3×3 convolution from $3$ to $256$ channels. **The other way** takes two steps: a 3×3 filter for each of the three channels on its own, then a 1×1 convolution from $3$ to $256$ channels.
#
# **How many weights does each way have?** (No biases.) And is the ratio below nine, nine, or above? Write down three answers before you go on.

# %% [markdown] objective="count" claims="FO-10,FO-11,FO-29,FO-31,FO-32"
# ## See it: one window, all channels
#
# A **kernel** is a small block of weights: $K$ high, $K$ wide, and as deep as the input has **channels**. It is laid on the input, each weight is multiplied by the value below it, and everything is added up. That is *one* number of the output. Then the kernel moves on by the **stride**. Zeros around the input, the **padding**, let it stand on the border too. Each output channel has a kernel of its own. All outputs together are a **map** again, $H \cdot W$ positions in each channel. (A kernel that is one channel deep we call a filter.)

# %% name="fig-sliding" alt="Three input planes of whole numbers with a window of three by three on each; beside each the kernel and the nine products with their sum; arrows from the three sums to one value of an output plane." caption="A kernel slides over its input. Step through it: each number of the output is one sum over the window in all input channels. Switch to depthwise, then to pointwise, and see what is left out of the sum."
from lightnets_edu.widgets import SlidingConvolution

SlidingConvolution(kind="standard", kernel=3, stride=1, padding=0)

# %% [markdown]
# As a formula, with output channel $o$, row $r$, column $c$, stride 1 and no padding:
#
# $$
# y_{o,r,c} \;=\; \sum_{i=1}^{C_\text{in}} \sum_{u=1}^{K} \sum_{v=1}^{K} w_{o,i,u,v} \; x_{i,\,r+u-1,\,c+v-1}
# $$
#
# We write it as loops and ask PyTorch whether it agrees. The example is from one of our sources, the public texts on light networks that this book follows and [checks](../book/claims.md): an input of 6×6 positions and 3 channels, five kernels of 4×4×3. The numbers are small and whole, so that sums are exact in any order and “equal” can mean equal.

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


draw = torch.Generator().manual_seed(0)


def whole_numbers(*shape):
    """Small whole numbers in floating point: their sums are exact."""
    return torch.randint(-3, 4, shape, generator=draw).double()


x, weight = whole_numbers(3, 6, 6), whole_numbers(5, 3, 4, 4)
y = by_hand(x, weight)
by_channel = (weight[0] * x[:, :4, :4]).sum(dim=(1, 2)).int().tolist()
print(tuple(y.shape), "equal:", torch.equal(y, F.conv2d(x, weight)))

# %% [markdown]
# Look at the first output. Each input channel brings a sum of its own, here {{= ", ".join(map(str, by_channel)) =}}, and the output is their sum, {{= int(y[0, 0, 0]) =}}. Remember this last addition *across channels*. It is what a depthwise layer leaves out.
#
# Two words of caution. Mathematicians turn the kernel round before they slide it; PyTorch does not, like nearly every deep-learning library, and says “convolution” all the same. And though the kernel is a block with three sides, this is no “3-D convolution”, as one of our sources calls it: it slides along two axes only.

# %% [markdown] objective="count" claims="FO-06,FO-07,FO-08,FO-09"
# ## Count it: formula, function, layers
#
# Three numbers describe what a layer costs.
#
# - **Parameters**: $C_\text{out}$ kernels of $K \cdot K \cdot C_\text{in}$ weights, and a **bias** for each kernel where a layer has biases. (VGG's have; most layers of this book have none.)
# - **Multiply-adds**: each weight is used once at each position of the *output*. So: weights times $H \cdot W$.
# - **Memory access cost**: the numbers, or elements, that have to be moved. The input and the weights are read, the output is written; we add the three up.
#
# Along one axis an input gives $\lfloor (\text{size} + 2\,\text{padding} - K) / \text{stride} \rfloor + 1$ positions. Our convention is written down under [notation](../book/notation.md), beside the letters of the papers. It is needed: one of our sources has $M$ channels going in and $N$ coming out, another $N$ going in and $M$ coming out.
#
# Now three counts of the multiply-adds of the same layers: by the formula, by our package, and by PyTorch's own counter, which watches the layer run. It knows nothing of our formula.

# %%
from torch.utils.flop_counter import FlopCounterMode


def torch_counts(layer, shape):
    """What PyTorch's counter sees when the layer runs."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(torch.zeros(shape))
    return counter.get_total_flops()


rows = []
for c_in, c_out, k, stride, padding, size in [
    (3, 5, 4, 1, 0, 6), (64, 128, 3, 1, 1, 28), (64, 128, 3, 2, 1, 28),
    (3, 64, 7, 2, 3, 56), (512, 1000, 1, 1, 0, 1),
]:
    out = (size + 2 * padding - k) // stride + 1
    formula = k * k * c_in * c_out * out * out
    layer = nn.Conv2d(c_in, c_out, k, stride, padding, bias=False)
    row, = cost.layer_costs(layer, (1, c_in, size, size))
    seen = torch_counts(layer, (1, c_in, size, size))
    rows.append((f"{k}×{k}, {c_in}→{c_out}", f"{size}→{out}",
                 row.params, formula, row.macs, seen))
show.table(["layer", "size", "parameters",
            "formula", "package", "torch"], rows)

# %% [markdown]
# The last layer is a fully connected one: on a map of one position a 1×1 convolution *is* a linear layer.

# %% [markdown] claims="FO-03,FO-04,FO-05,FO-39"
# ### FLOPs, FLOPS and multiply-adds
#
# PyTorch's numbers are {{= rows[0][-1] // rows[0][-2] =}} times ours. Neither is wrong. Three words are mixed up everywhere:
#
# - **FLOPs**, with a small s, are an *amount of work*: floating-point operations. A multiplication and an addition are two of them. PyTorch counts so.
# - **Multiply-adds** count the pair as one. So do we, and most papers of this book, though many print “FLOPs” over it.
# - **FLOPS**, with a large S, is a *speed*: operations per second. It belongs to a computer, not to a network. One of our sources explains FLOPs as a speed; that is the other word.
#
# And the counts leave things out: batch norm, activations, additions of maps, pooling. That is a convention and no law. Such steps take time, and ShuffleNet V2 {cite:p}`ma2018shufflenetv2` is built on this objection. (They are often called element-wise together. Pooling is not quite: it reads a window.)

# %% [markdown] objective="connect" claims="FO-10"
# ## See it: two densities, space and channels
#
# A standard convolution is *sparse in space*: an output looks at $K^2$ positions. It is *dense across channels*: it looks at all of them. Both can be changed, and independently.

# %% name="fig-connectivity" alt="A small output map with one position marked, and the input map with the patch of nine positions that it reads. Below, a table of output channels by input channels; the row of the chosen output is filled in full." caption="Which inputs one output reads: its window in space, its row of channels. Pick another output, then another kind of layer. Depthwise keeps the window and drops the channels; pointwise does the reverse; separable does one after the other."
from lightnets_edu.widgets import ConvConnectivity

ConvConnectivity(kind="standard", c_in=8, c_out=8, kernel=3, groups=2)

# %% [markdown] claims="FO-12,FO-17,FO-18,FO-20"
# A **grouped** convolution cuts the channels into $g$ groups, each with its own convolution. A **depthwise** convolution goes all the way, $g = C$: one channel, one filter. A **pointwise** convolution has a 1×1 kernel: it changes the number of channels and mixes them, and never looks to the side.
#
# Which inputs does an output depend on? You need not take our word for it: we ask autograd where the gradient is not zero.

# %%
kinds = {
    "standard": nn.Conv2d(64, 64, 3, padding=1, bias=False),
    "grouped by 4": nn.Conv2d(64, 64, 3, padding=1, groups=4, bias=False),
    "depthwise": nn.Conv2d(64, 64, 3, padding=1, groups=64, bias=False),
    "pointwise": nn.Conv2d(64, 64, 1, bias=False),
}


def reads(layer):
    """Positions and channels that one output depends on, by gradients."""
    x = torch.ones(1, 64, 9, 9, requires_grad=True)
    gradient, = torch.autograd.grad(layer(x)[0, 0, 4, 4], x)
    touched = gradient[0] != 0
    positions, channels = touched.any(dim=0), touched.any(dim=2).any(dim=1)
    return int(positions.sum()), int(channels.sum())


rows = []
for name, layer in kinds.items():
    row, = cost.layer_costs(layer, (1, 64, 56, 56))
    rows.append((name, *reads(layer), row.params, row.macs, row.access))
counted = {name: row for name, *row in rows}
show.table(["layer", "positions", "channels", "parameters",
            "multiply-adds", "elements moved"], rows)

# %% [markdown]
# With $g$ groups a layer costs $1/g$ of the standard one, in parameters and in multiply-adds; the depthwise layer costs 1/{{= counted["standard"][2] // counted["depthwise"][2] =}} here, $1/C$. Now look at the last column. Grouping does not make the maps smaller, and they have to be read and written all the same.
#
# Every convolution is linear, so each of these layers is a matrix. Here they are for a row of six pixels and four channels:

# %% hide="code" name="fig-as-matrix" alt="Four square matrices of 24 by 24 cells, two above and two below, in blocks of six. Standard: a band of three cells along the diagonal of every block. Grouped: such bands in the two by two blocks at the upper left and the lower right only. Depthwise: bands in the four diagonal blocks only. Pointwise: a single diagonal line in every block." caption="Four layers as the matrices they are, outputs (rows) by inputs (columns), sorted by channel and then by position; a dark cell is a weight. The block says which channel is read, the place inside the block which position. Computed from real layers by autograd."
def as_matrix(kernel, groups):
    """The matrix of a layer with weights 1, on 4 channels of 6 pixels."""
    layer = nn.Conv2d(4, 4, (1, kernel), padding=(0, kernel // 2),
                      groups=groups, bias=False)
    nn.init.ones_(layer.weight)
    x = torch.zeros(1, 4, 1, 6)
    return torch.autograd.functional.jacobian(layer, x).reshape(24, 24)


panels = {"standard": (3, 1), "grouped": (3, 2),
          "depthwise": (3, 4), "pointwise": (1, 1)}
fig, axes = plt.subplots(2, 2, figsize=(4.8, 5))
for ax, (title, (kernel, groups)) in zip(axes.flat, panels.items()):
    filled = as_matrix(kernel, groups) != 0
    ax.imshow(~filled, cmap="cividis", vmin=-0.4, vmax=1.1)
    ax.set_title(title, fontsize=11)
    ax.set(xticks=[5.5, 11.5, 17.5], yticks=[5.5, 11.5, 17.5])
    ax.tick_params(labelbottom=False, labelleft=False, length=0)
    ax.grid(color="#7f7f7f", linewidth=0.8)
plt.show()

# %% [markdown] claims="FO-12,FO-13,FO-14"
# The second matrix is **block-diagonal**: a grouped layer is smaller layers side by side. So we can split the channels, convolve the halves, put the results together, and must get the same:

# %%
layer = nn.Conv2d(32, 32, 3, groups=2, bias=False).double()
layer.weight.data = whole_numbers(*layer.weight.shape)
x = whole_numbers(1, 32, 5, 5)
halves = [F.conv2d(x[:, :16], layer.weight[:16]),
          F.conv2d(x[:, 16:], layer.weight[16:])]
print("weights:", tuple(layer.weight.shape))
print("equal:", torch.equal(layer(x), torch.cat(halves, dim=1)))

# %% [markdown] claims="FO-15,FO-16,FO-19"
# Look at the shape of the weights. There are {{= layer.weight.shape[0] =}} kernels, and each is {{= layer.weight.shape[1] =}} channels deep, not {{= layer.in_channels =}}. One of our sources says that each kernel is cut in two. It is the *set* of kernels that is cut: each belongs to one group and never sees the other.
#
# Depthwise layers are often credited to Xception; its author credits Laurent Sifre's work of 2013 and the first Inception networks {cite:p}`chollet2017xception`. Groups are older, and came into the world for want of memory: AlexNet did not fit the three gigabytes of one card and was spread over two {cite:p}`krizhevsky2012alexnet`. Its five convolutions have these groups:

# %% hide="code"
from lightnets_edu.models.alexnet import AlexNet

with torch.device("meta"):
    convs = [m for m in AlexNet().modules() if isinstance(m, nn.Conv2d)]
split = sum(p.numel() for conv in convs for p in conv.parameters())
dense = sum(cost.conv_params(conv.in_channels, conv.out_channels,
                             conv.kernel_size, bias=True) for conv in convs)
print([conv.groups for conv in convs])

# %% [markdown]
# They leave {{= f"{split:,}" =}} parameters instead of {{= f"{dense:,}" =}}. The two halves meet in the third layer, which has one group and reads both. One of our sources calls that a channel shuffle, but no channel changes its place; what a shuffle is, [ShuffleNet V1](05_shufflenet_v1.ipynb) shows.

# %% [markdown] objective="save" claims="FO-23,FO-24,FO-25,FO-26,FO-28,FO-30"
# ## Two steps instead of one
#
# A **depthwise separable** layer takes the second way of the question above: first a depthwise layer for space, then a pointwise layer for channels. Its parameters are $K^2 C_\text{in}$ and $C_\text{in} C_\text{out}$, both times $H \cdot W$ for the multiply-adds. Divide by the standard layer's:
#
# $$
# \frac{K^2 C_\text{in} + C_\text{in} C_\text{out}}{K^2 C_\text{in} C_\text{out}} \;=\; \frac{1}{C_\text{out}} + \frac{1}{K^2}
# $$
#
# The map's size and $C_\text{in}$ cancel.

# %%
def standard(c_in, c_out, k, padding=0):
    return nn.Conv2d(c_in, c_out, k, padding=padding, bias=False)


def separable(c_in, c_out, k, padding=0):
    """A filter for each channel, then a 1×1 layer across channels."""
    return nn.Sequential(
        nn.Conv2d(c_in, c_in, k, padding=padding, groups=c_in, bias=False),
        nn.Conv2d(c_in, c_out, 1, bias=False),
    )


examples = [(3, 256, 3, 1, 56), (3, 5, 4, 0, 6), (64, 128, 3, 1, 56)]
rows = []
for c_in, c_out, k, padding, size in examples:
    shape = (1, c_in, size, size)
    one, two = (
        cost.total(cost.layer_costs(kind(c_in, c_out, k, padding), shape))
        for kind in (standard, separable))
    rows.append((f"{k}×{k}", f"{c_in}→{c_out}", one.params, two.params,
                 one.macs, two.macs, f"{one.macs / two.macs:.2f}"))
show.table(["kernel", "channels", "parameters", "in two steps",
            "multiply-adds", "in two steps", "saving"], rows)

# %% [markdown]
# How near were you? The first row is the question: {{= f"{rows[0][2]:,}" =}} weights against {{= rows[0][3] =}}. One of our sources calls that one ninth. It is 1/{{= rows[0][6] =}}: a ninth, and 1/{{= examples[0][1] =}} on top. The second row is the worked example from above, where the saving is {{= rows[1][6] =}}, though $K^2$ is {{= examples[1][2] ** 2 =}}: with so few output channels $1/C_\text{out}$ is the larger part.

# %% [markdown] objective="save" claims="FO-26,FO-27"
# ### When eight times, when nine?
#
# “Eight to nine times less” is what one reads of 3×3 separable layers. One of our sources adds that $32$ output channels are enough. **Predict first:** how many does it take to save eight times? And nine times?

# %%
from fractions import Fraction


def saving(c_out, kernel=3):
    """How many times fewer multiply-adds, exactly."""
    one = cost.conv_macs(32, c_out, kernel, 14)
    two = (cost.conv_macs(32, 32, kernel, 14, groups=32)
           + cost.conv_macs(32, c_out, 1, 14))
    return Fraction(one, two)


eight = next(c for c in range(1, 2000) if saving(c) >= 8)
most = max(saving(c) for c in range(1, 2000))
print(f"8 times from {eight} channels on; saving there: {saving(eight)}")
print(f"the most up to 1,999 channels: {float(most):.4f}")

# %% hide="code" name="fig-saving" alt="A rising curve of the saving over the number of output channels from 4 to 2048, on a logarithmic axis. It crosses the dashed line at 8 at 72 channels and bends towards the dashed line at 9 without touching it; a dot at 32 channels lies at 7." caption="How many times fewer multiply-adds a 3×3 separable layer does than a standard one. Dots, from left: the width from which a source promises eight; the width at which eight is reached; the widest layer of MobileNet. Nine is the limit and is never reached."
widths = [2 ** (i / 8) for i in range(16, 89)]
fig, ax = plt.subplots(figsize=(6, 3.2))
ax.plot(widths, [1 / (1 / c + 1 / 9) for c in widths], color="#0072B2")
for level in (8, 9):
    ax.axhline(level, color="#767676", linestyle="--", linewidth=1)
for c, below in ((32, -14), (eight, -14), (1024, -32)):
    ax.plot(c, float(saving(c)), "o", color="#D55E00")
    ax.annotate(f"{c:,}: {float(saving(c)):.2f}", (c, float(saving(c))),
                xytext=(6, below), textcoords="offset points")
ax.set(xscale="log", xlabel="output channels", ylabel="saving, times")
ax.set_xticks([4, 16, 64, 256, 1024], ["4", "16", "64", "256", "1,024"])
ax.minorticks_off()
ax.set_yticks([0, 2, 4, 6, 8, 9])
ax.set_ylim(0, 10)
plt.show()

# %% [markdown]
# At $32$ channels the saving is {{= f"{float(saving(32)):.2f}" =}}; eight takes {{= eight =}}, since $\tfrac18 - \tfrac19 = \tfrac1{72}$; nine is never reached, since $1/C_\text{out}$ never vanishes. Mind the wording too: the cost falls *to* a ninth, not *by* a ninth.
#
# ### What is given up
#
# Is the separable layer a cheaper way to compute the same? Put its two steps together: from input channel $i$ to output $o$ it applies $w_{o,i} = p_{o,i}\, d_i$. So there is one filter $d_i$ for each input channel, and all outputs share it, scaled by $p_{o,i}$. A standard layer has a filter for each *pair*. How close can a separable layer come to a random standard one? For each input channel the filters of all outputs are the rows of a matrix; a separable layer has one of rank one there, and the nearest of those is known from the matrix's singular values. What is left over:

# %%
def left_over(weight):
    """Share of the squared weights that no separable layer can match."""
    by_input = weight.transpose(0, 1).flatten(2)    # (c_in, c_out, K²)
    s = torch.linalg.svdvals(by_input)
    return 1 - s[:, 0].square().sum() / s.square().sum()


anything = torch.randn(128, 64, 3, 3, generator=draw)
composed = anything[:, :, :1, :1] * torch.randn(64, 3, 3, generator=draw)
lost = left_over(anything), left_over(composed)
print(f"standard: {lost[0]:.0%} left over; separable: {abs(lost[1]):.0%}")

# %% [markdown]
# It is another, smaller family of layers. Whether it is large enough, only training can tell.

# %% [markdown] objective="save"
# ### Build it
#
# This is the layer as MobileNet {cite:p}`howard2017mobilenets` uses it, from the package's own source (its Figure 3 is the paper's). `conv_bn` is a convolution without bias, then batch norm, of which more below; `whole` and `one_of` check arguments.

# %%
from lightnets_edu.models.mobilenet_v1 import DepthwiseSeparable

show.source(DepthwiseSeparable)

# %% name="fig-separable" caption="MobileNet's layer, drawn from the real module: the depthwise step keeps the channels, the pointwise step changes them. Each has its batch norm and its ReLU." alt="Flow chart of a depthwise separable layer; the full description is inside the picture."
diagrams.unit(DepthwiseSeparable(64, 128, stride=1), (1, 64, 56, 56),
              title="Depthwise separable layer, 64 to 128 channels")

# %% [markdown] objective="save"
# ### What is not saved
#
# Multiply-adds fall. **Predict first:** does the number of elements that are moved fall as well?
#
# (The figure has three names that later chapters need. *Arithmetic intensity* is the number of multiply-adds for each element moved. MobileNet's α and ρ make all layers narrower and all maps smaller; leave both at 1 for now.)

# %% name="fig-cost" alt="Bars that start at the standard layer, to the left for less and to the right for more: parameters, multiply-adds and memory access of a standard, a grouped and a depthwise separable layer. For the separable layer the first two reach far to the left, the third goes to the right." caption="One layer built in three ways; bars start at the standard one. Parameters and multiply-adds go down together; memory access does not follow. With these sizes the separable layer moves more than the standard one, since the map between its two steps is written and read again. Find sizes where it moves less."
from lightnets_edu.widgets import CostCalculator

CostCalculator(c_in=64, c_out=128, kernel=3, size=56)

# %%
x = torch.rand(1, 64, 56, 56)
two_steps = separable(64, 128, 3, padding=1)
steps = {
    "standard": standard(64, 128, 3, padding=1),
    "separable": two_steps,
    "its depthwise step": two_steps[0],
    "its pointwise step": two_steps[1],
}
counts = {name: cost.total(cost.layer_costs(step, x.shape))
          for name, step in steps.items()}
show.table(["layer", "multiply-adds", "elements moved"],
           [(name, n.macs, n.access) for name, n in counts.items()])

# %% [markdown] claims="FO-04"
# The separable layer does {{= f"{counts['standard'].macs / counts['separable'].macs:.1f}" =}} times fewer multiply-adds and moves {{= f"{counts['separable'].access / counts['standard'].access:.1f}" =}} times as many elements. So what does it save in *time*? The last column of the next table is a speed: multiply-adds a second.

# %% measured=true record="turns" claims="FO-04"
timed = {**steps, "a copy of the input map": torch.clone}
turns = timing.turns(timed, x, repeats=101)
rows = []
for name in timed:
    t = timing.summary(turns[name])
    macs = counts[name].macs if name in counts else 0
    rows.append((name, t, f"{macs / t.median / 1e6:.0f}"))
print("Measured on", timing.machine())
show.table(["layer", "time: median (middle half)",
            "10⁹ multiply-adds a second"], rows)

# %% [markdown] typed="cannot be told: states the rule itself"
# ### One rule for what was measured
#
# What is measured comes out otherwise when it is measured again. So “quicker”, “better” and “cannot be told apart” follow one rule in this book, and the function `verdict` applies it. Measurements come in **pairs**: two layers in the same turn, two networks from the same seed, as {cite:t}`bouthillier2021variance` advise. What both have in common, a slow moment or a lucky start, then drops out.
#
# - **Times**: the median of the ratios, pair by pair, and its {{= f"{verdict.LEVEL:.0%}" =}} interval. Ratios within {{= f"{verdict.MARGIN:.0%}" =}} of one decide nothing: the same program differs by as much from one start to the next.
# - **Accuracies**: the mean of the differences and the {{= f"{verdict.LEVEL:.0%}" =}} interval of {cite:t}`student1908mean`. Where zero lies inside, the two cannot be told apart.
#
# Of twenty verdicts between equals, one will be wrong. The text says what the book's record shows; the cell above, run on your machine, makes a record of its own.

# %% [markdown]
# By this rule the separable layer is {{= verdict.ratio(recorded.turns["separable"], recorded.turns["standard"]).words("slower than the standard one", "quicker than the standard one", "not told apart from the standard one") =}}, which takes {{= verdict.ratio(recorded.turns["standard"], recorded.turns["separable"]) =}} as long, for {{= f"{counts['standard'].macs / counts['separable'].macs:.1f}" =}} times the multiply-adds. Now look at the depthwise step. Is its time that of moving elements? Copying its input map moves as many, but for the few weights, and computes nothing. The depthwise step takes {{= verdict.ratio(recorded.turns["its depthwise step"], recorded.turns["a copy of the input map"]) =}} as long, {{= verdict.ratio(recorded.turns["its depthwise step"], recorded.turns["a copy of the input map"]).words("so moving elements explains only a part of it; what the rest is, we have not measured", "so a copy is no yardstick for it", "so moving elements may explain all of it") =}}. A count of multiply-adds cannot see any of this. The chapter on ShuffleNet V2 will be about it.

# %% [markdown] objective="lower" claims="FO-21"
# ## One matrix product
#
# Why is a standard convolution so quick? It can be written as one product of two matrices, and few things on a computer have been polished as long as that product (libraries call it **GEMM**). {cite:t}`chellapilla2006im2col` unrolled it so: copy each window into a column, one after the other, and multiply by the kernels, one in each row. The copying is called **im2col**.

# %% hide="code" name="fig-unfold" alt="Left, a grid of four by four numbered pixels. Right, a table of nine rows and four columns that holds the pixel numbers of the four windows of three by three. The four pixels in the middle, shaded, stand in every column." caption="im2col of a 4×4 input for a 3×3 kernel: each column is one window, read row by row. The four middle pixels (dark) lie in all four windows, so they are copied four times. Computed by torch's unfold on numbered pixels."
pixels = torch.arange(16.0).reshape(1, 1, 4, 4)
panels = {"input": pixels[0, 0], "columns": F.unfold(pixels, 3)[0]}
fig, axes = plt.subplots(1, 2, figsize=(6, 3.6), width_ratios=[1, 1])
for ax, (title, grid) in zip(axes, panels.items()):
    shared = torch.isin(grid, torch.tensor([5.0, 6.0, 9.0, 10.0]))
    ax.imshow(shared, cmap="Blues", vmin=-0.4, vmax=1.3)
    for (row, column), pixel in zip(
            torch.cartesian_prod(*map(torch.arange, grid.shape)).tolist(),
            grid.flatten().int().tolist()):
        ax.text(column, row, pixel, ha="center", va="center",
                color="white" if shared[row, column] else "black")
    ax.set_title(title)
    ax.axis("off")
plt.show()

# %%
def by_product(x, weight, stride=1, padding=0):
    """A standard convolution as one matrix product."""
    c_out, _, k, _ = weight.shape
    columns = F.unfold(x, k, stride=stride, padding=padding)
    y = weight.flatten(1) @ columns    # (c_out, c_in·K²) @ (c_in·K², H·W)
    height = (x.shape[2] + 2 * padding - k) // stride + 1
    return y.reshape(len(x), c_out, height, -1)


x, weight = whole_numbers(2, 8, 13, 10), whole_numbers(16, 8, 3, 3)
for stride, padding in [(1, 0), (1, 1), (2, 1), (3, 2)]:
    y = F.conv2d(x, weight, stride=stride, padding=padding)
    same = torch.equal(y, by_product(x, weight, stride, padding))
    print(f"stride {stride}, padding {padding}, equal: {same}")

pointwise = whole_numbers(16, 8, 1, 1)
flat = pointwise.flatten(1) @ x.flatten(2)    # nothing is copied
same = torch.equal(flat, F.conv2d(x, pointwise).flatten(2))
print("1×1, stride 1, equal:", same)

# %% [markdown]
# Equal to the last bit, in every case. The price is memory: with stride 1 and padding the columns hold $K^2$ copies of the map. The last line shows the exception: a 1×1 layer with stride 1 needs no copying at all, **the map already is the matrix**. MobileNet, which spends most of its multiply-adds in such layers, is built on this {cite:p}`howard2017mobilenets`.
#
# A depthwise layer is at the other end. As a matrix product it is many small ones, of one row each.

# %% [markdown] claims="FO-22,FO-42"
# ## Dense or sparse?
#
# If few weights are needed, why not set the others to zero and skip them? That is **unstructured** sparsity, and it needs another way to store a matrix, such as CSR: the values that are not zero, and where they stood. {cite:t}`howard2017mobilenets` hold that it is rarely quicker, short of a very high sparsity, and our sources repeat it. **Predict first:** how few of the weights may be left before the sparse product is the quicker one, a half, an eighth, a thirty-second?
#
# We multiply a matrix of $1{,}024$ rows and columns by one of $128$ columns. For each share $1/g$ of weights that stay, three candidates do *the same number of multiply-adds*, up to chance. The first is a block-diagonal matrix of $g$ dense blocks, as a grouped 1×1 layer has it. The other two have their zeros anywhere, in PyTorch's CSR and in SciPy's. The fourth candidate is the dense product, zeros and all.

# %% measured=true claims="FO-22,FO-42"
import warnings

import scipy.sparse

warnings.filterwarnings("ignore", "Sparse CSR tensor support")
size, groups = 1024, (2, 4, 8, 16, 32, 64)
weights, x = torch.randn(size, size), torch.randn(size, 128)


def candidates(g):
    """Four products in which a share of 1/g of the weights is kept."""
    few = weights * (torch.rand(size, size) < 1 / g)
    blocks = torch.randn(g, size // g, size // g)
    by_torch = few.to_sparse_csr()
    by_scipy = scipy.sparse.csr_matrix(few.numpy())
    return {
        "dense": lambda x: weights @ x,
        "grouped": lambda x: blocks @ x.reshape(g, size // g, 128),
        "sparse, torch": lambda x: by_torch @ x,
        "sparse, SciPy": lambda x: by_scipy @ x.numpy(),
    }


products = {g: timing.turns(candidates(g), x, repeats=31) for g in groups}
print("Measured on", timing.machine())
for name in ("grouped", "sparse, torch", "sparse, SciPy"):
    wins = [verdict.ratio(t[name], t["dense"]).words("", "quicker", "")
            for t in products.values()]
    first = next((i for i in range(len(wins)) if all(wins[i:])), None)
    at = "nowhere here" if first is None else f"from 1/{groups[first]} on"
    print(f"{name}: quicker than dense {at}")

# %% measured=true hide="code" name="fig-sparse" alt="Time over the share of weights that are kept, both axes logarithmic, four lines with error bars: the dense product, which does the same work everywhere, and the block-diagonal and two sparse products, which fall as fewer weights are kept." caption="Time of one product by the share of weights kept: dense (line without marks), grouped (squares), sparse by torch (dots) and by SciPy (triangles). Bars reach over the middle half of the measurements. Where another line lies below the dense one, leaving out may pay; the rule decides."
styles = {
    "dense": ("#595959", ""), "grouped": ("#0072B2", "s"),
    "sparse, torch": ("#D55E00", "o"), "sparse, SciPy": ("#009E73", "^"),
}
fig, ax = plt.subplots(figsize=(6, 3.6))
for name, (colour, marker) in styles.items():
    t = [timing.summary(products[g][name]) for g in groups]
    bars = [[a.median - a.low for a in t], [a.high - a.median for a in t]]
    ax.errorbar([1 / g for g in groups], [a.median for a in t], bars,
                color=colour, marker=marker, label=name)
ax.set(xscale="log", yscale="log", xlabel="share of weights kept")
ax.set(ylabel="milliseconds")
ax.set_xticks([1 / g for g in groups], [f"1/{g}" for g in groups])
ax.minorticks_off()
ax.invert_xaxis()
ax.legend()
plt.show()

# %% [markdown]
# “Quicker” is meant by the rule above, there and for all smaller shares. Where did your prediction lie? The answer belongs to a matrix, a library and a machine: given the same zeros, two libraries need not agree. Then compare the blocks with the sparse lines: the same multiply-adds, but blocks lie dense in memory, and nobody has to look up where a weight belongs. *Sparse connections, dense storage*: that is the bargain of grouped and depthwise layers.

# %% [markdown] objective="fold" claims="FO-33,FO-34"
# ## Batch norm, and how it disappears
#
# Behind most convolutions of this book stands a batch norm {cite:p}`ioffe2015batchnorm`. For each channel it subtracts a mean $\mu$, divides by a standard deviation, and applies a scale $\gamma$ and a shift $\beta$, which are learned:
#
# $$
# y = \gamma \, \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta
# $$
#
# In training, $\mu$ and the variance $\sigma^2$ are those of the batch at hand. At test time they are running averages, collected during training. So one layer gives two answers to one input:

# %%
torch.manual_seed(0)
norm, x = nn.BatchNorm2d(8), 3 * torch.randn(16, 8, 32, 32) + 1
train_mean, test_mean = norm(x).mean(), norm.eval()(x).mean()
print(f"mean of the output: training {abs(train_mean):.2f}, "
      f"test {test_mean:.2f}")

# %% [markdown] claims="FO-37"
# After one batch the averages have moved only a tenth of the way (PyTorch's `momentum` is {{= norm.momentum =}}).
#
# At test time $\mu$ and $\sigma^2$ are fixed numbers. Then batch norm multiplies a channel by $s = \gamma/\sqrt{\sigma^2 + \varepsilon}$ and adds a constant, and a convolution can do both itself. Behind a layer $w * x + b$ it becomes
#
# $$
# (s\,w) * x \;+\; (b - \mu)\,s + \beta,
# $$
#
# one $s$ for each *output* channel, whatever the groups. The batch norm is gone. The package does this for every convolution that has one right after it:

# %%
from lightnets_edu.inference import fold_batch_norm

block = DepthwiseSeparable(64, 128, stride=1).double()
x = torch.rand(8, 64, 28, 28, dtype=torch.float64)
for _ in range(20):
    block(x + torch.randn_like(x))    # lets the averages settle
folded = fold_batch_norm(block.eval())
with torch.no_grad():
    off = (folded(x) - block(x)).abs().max()
print(f"largest difference: {off:.0e}")
print([type(m).__name__ for m in folded.depthwise])

# %% [markdown]
# The difference is rounding. And folding is the honest reason not to count batch norm: in a network that is put to use, one that stood right after a convolution is gone. (In training it does take time. One of our sources says that it cannot run on a GPU; it can, and NVIDIA's library has it ready made {cite:p}`nvidia2025cudnn`.)

# %% [markdown]
# ## Pitfalls

# %% [markdown] objective="count" claims="FO-28,FO-30"
# ### The size of the wrong map
#
# MobileNet's paper writes the cost as $D_K^2 M D_F^2 + M N D_F^2$, for maps that keep their size $D_F$. Where they do not, it must be the size of the *output*. In the worked example the map shrinks from 6×6 to 3×3:

# %%
c_in, c_out, k = 3, 5, 4
right, wrong = ((k * k * c_in + c_in * c_out) * size**2 for size in (3, 6))
full = k * k * c_in * c_out * 3**2
print(f"standard {full:,}, separable {right}, "
      f"with the input's size {wrong:,}")

# %% [markdown]
# The wrong count turns a saving into a loss. With stride 2 the same slip makes a layer look four times as expensive as it is.

# %% [markdown] claims="FO-38"
# ### Average pooling is a convolution, but which?
#
# One of our sources runs average pooling as a convolution “with a kernel of ones”. **Predict first:** what is wrong with that? There are two things.

# %%
x = whole_numbers(1, 8, 6, 6)
pooled = F.avg_pool2d(x, 3, stride=1)
ones = torch.ones(8, 1, 3, 3, dtype=x.dtype)
for name, kernel in {"ones": ones, "ninths": ones / 9}.items():
    same = torch.allclose(F.conv2d(x, kernel, groups=8), pooled)
    print(f"depthwise, {name}: {'equal' if same else 'differs'}")

# %% [markdown]
# The entries are $1/K^2$; with ones it is a sum. And the convolution is depthwise: pooling never adds up two channels.

# %% [markdown] claims="FO-33"
# ### Batch norm without its ε
#
# A comment in one of our sources gives $y = \gamma(x - \mu)/\sigma + \beta$ and calls $\sigma$ the variance. The root is missing, and so is $\varepsilon$. A channel that a ReLU has silenced is zero everywhere, and its variance too:

# %%
dead = torch.zeros(4)
print("without:", ((dead - dead.mean()) / dead.std()).tolist())
norm = F.batch_norm(dead[:, None], None, None, training=True)
print("with ε: ", norm.flatten().tolist())

# %% [markdown]
# Without ε the channel is 0/0, not a number, and from there on so is everything that the network computes. With ε it stays zero.

# %% [markdown] objective="fold"
# ### Folding the wrong way round
#
# Can a batch norm *before* a convolution be folded too? It scales input channels, so $s$ goes to the other axis of the weights, and its shift $t = \beta - \mu s$ becomes a bias. **Predict first:** is that exact?

# %%
s, t = torch.rand(8).double() + 0.5, torch.rand(8).double()
conv = standard(8, 16, 3, padding=1).double()
x = torch.rand(1, 8, 9, 9, dtype=torch.float64)
with torch.no_grad():
    y = conv(s[:, None, None] * x + t[:, None, None])
    bias = (conv.weight.sum(dim=(2, 3)) * t).sum(dim=1)
    z = F.conv2d(x, conv.weight * s[:, None, None], bias, padding=1)
for row in (y - z).abs().amax(dim=(0, 1)) > 1e-9:
    print(" ".join("x" if differs else "·" for differs in row))

# %% [markdown]
# It is exact only where the window touches no padding: the crosses mark where the two differ. At the border the kernel stands on padding, which is zero *after* the batch norm. The folded layer pads with zeros *before* it, where $-t/s$ would be right.

# %% [markdown]
# ## Exercises
#
# Practice first; a solution can be opened below each task. Then come four exercises that count, from easy to hard, with hints to open. Their checks look at a few cases only, and the hidden tests at many more: try strides, odd sizes and oblong maps of your own. Your finished function can also tell you what became of your prediction.

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
# Write `conv_bill(c_in, c_out, kernel, size, stride, padding, groups)`. It returns three whole numbers: parameters, multiply-adds, memory access cost, for one image and without biases, as this chapter counts.
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
    """Parameters, multiply-adds and memory access cost, in this order."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="conv_bill" points=3
with Check("conv_bill") as check:
    with check("a 3×3 layer from 64 to 128 channels on 56 × 56"):
        layer = nn.Conv2d(64, 128, 3, padding=1, bias=False)
        row, = cost.layer_costs(layer, (1, 64, 56, 56))
        got = conv_bill(64, 128, (3, 3), (56, 56), (1, 1), (1, 1), 1)
        check.equal(tuple(got), (row.params, row.macs, row.access))
    with check("a layer with stride 2, from 8 to 16 channels on 12 × 12"):
        layer = nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False)
        row, = cost.layer_costs(layer, (1, 8, 12, 12))
        got = conv_bill(8, 16, (3, 3), (12, 12), (2, 2), (1, 1), 1)
        check.equal(tuple(got), (row.params, row.macs, row.access))
    with check("a depthwise layer with 10 channels"):
        layer = nn.Conv2d(10, 10, 3, padding=1, groups=10, bias=False)
        row, = cost.layer_costs(layer, (1, 10, 8, 8))
        got = conv_bill(10, 10, (3, 3), (8, 8), (1, 1), (1, 1), 10)
        check.equal(tuple(got), (row.params, row.macs, row.access))

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
    with check("3×3: eight times from 72 channels on"):
        check.equal(least_width(3, 8), 72)
    with check("5×5: ten times from 17 channels on"):
        check.equal(least_width(5, 10), 17)
    with check("3×3: ten times never"):
        check.equal(least_width(3, 10), None)

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
    x = torch.rand(2, 4, 5, 5, generator=fresh)
    with check("a convolution without bias"):
        w = torch.randn(6, 4, 3, 3, generator=fresh)
        got = F.conv2d(x, *fold_norm(w, None, *held, 1e-5))
        check.close(got, both(x, w, None, *held, 1e-5), rel=1e-4, abs=1e-4)
    with check("two groups and a bias"):
        w = torch.randn(6, 2, 3, 3, generator=fresh)
        b = torch.randn(6, generator=fresh)
        got = F.conv2d(x, *fold_norm(w, b, *held, 1e-5), groups=2)
        check.close(got, both(x, w, b, *held, 1e-5, 2), rel=1e-4, abs=1e-4)

# %% task [markdown] exercise="one_product" objective="lower"
# ### A grouped convolution as one matrix product
#
# The chapter's `by_product` knows no groups. Give it some, in two functions whose results multiply to a convolution:
#
# - `weight_matrix(weight, groups)`: from weights of shape `(C_out, C_in/g, K, L)` to the matrix of shape `(C_out, C_in·K·L)`. Kernels need not be square. With more than one group it is block-diagonal, with zeros where an output does not read an input.
# - `columns(x, kernel, stride, padding)`: from one image `(C_in, H, W)` to the matrix of shape `(C_in·K·L, positions)`, the windows in the order of the output, row by row. `kernel`, `stride` and `padding` are pairs, height first.
#
# Then `weight_matrix(w, g) @ columns(x, …)` holds the numbers of `F.conv2d(x, w, groups=g, …)`, exactly. Both functions keep the type of the numbers, and must work for whole numbers (`torch.int64`) too. (`F.unfold` refuses those: you will need slices, or the method `Tensor.unfold`.)
#
# **Predict first:** which share of the matrix is zero for a depthwise layer with $64$ channels?
#
# :::{dropdown} Hint: the matrix
# Output `o` is in group `o // (C_out // g)`. Its weights belong in the columns of that group's input channels; each channel owns `K·L` columns in a row.
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
    with check("times the weights: a convolution with padding"):
        x, w = whole_numbers(4, 6, 6), whole_numbers(6, 2, 3, 3)
        got = weight_matrix(w, 2) @ columns(x, (3, 3), (1, 1), (1, 1))
        check.equal(got.reshape(6, 6, 6),
                    F.conv2d(x, w, padding=1, groups=2))

# %% [markdown]
# ### An open question
#
# No points for this one, and no single answer. `conv_bn` leaves the bias of its convolution out. After folding there is one all the same. Why does training not miss it? Could it hurt to have one? And what would change if the batch norm stood *after* the ReLU: which of the two could then still be folded, and into what?

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements of our sources, each with our verdict. The sources are five public texts on light networks, lecture notes and articles, which the book follows and checks.

# %% [markdown] claims="FO-01"
# ## Where each idea leads
#
# There are four routes to a small network, as one of our sources divides them. This book follows all four; not all of its chapters are written yet.
#
# | route | what it does | chapters |
# |---|---|---|
# | design by hand | replace the convolution by cheaper layers | Xception, MobileNet, ShuffleNet, EffNet, SqueezeNet, GhostNet, MicroNet |
# | search | let a program choose among such layers | MobileNet V3, EfficientNet |
# | compress | train a large network, then prune, share or round its weights | Compressing instead of designing |
# | compress automatically | let a program choose what to prune and by how much | the same |
#
# Choose a **separable** layer where multiply-adds are what you must save and there are many output channels. Choose a **grouped** one where you want less than that, and remember that its groups never meet. Keep the **standard** one where there are few output channels, or where the bill is small anyway, as in the first layer of nearly every network of this book. And before you believe in a saving, count all three numbers, then measure.
#
# You saw two densities, space and channels, that can be thinned out one without the other; a saving that people call nine and that never is; and a batch norm that vanishes.
