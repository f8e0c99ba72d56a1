# ---
# title: EffNet
# picture: fig-effnet-skyline
# minutes: [70, 75]
# before: "depthwise and pointwise layers and what they cost ({chapter}`1`, {chapter}`3`); that a separable kernel has rank one ({chapter}`2`); grouped 1×1 layers and the shuffle ({chapter}`5`)"
# objectives:
#   flow: follow a map through a block and find where a network holds the fewest values
#   split: say what a split depthwise layer costs and what it gives up, and split a trained kernel
#   read: say which values a layer with a kernel and a stride never reads, and ask the gradients
#   count: compute what a block costs, and what it saves in the place of a network's first layer
#   build: build the block so that weights kept under other names fit, and find the mistakes of copies
# ---

# %% card [markdown]
# # EffNet: first the height, then the width
#
# EffNet {cite:p}`freeman2018effnet` is not EfficientNet, which came a year later, from other authors. It is a block for networks that are small already. It halves a {term}`map` one side at a time, with a layer in between. We follow the values through it, ask which of them its last layer reads, and train it beside its rivals.

# %% [markdown] objective="flow" claims="EF-02"
# ## Narrow places on the way
#
# MobileNet ({chapter}`3`) and ShuffleNet ({chapter}`5`) were made for large photographs and a thousand classes. {cite:t}`freeman2018effnet` ask what is left of their ideas in networks of a few layers, for pictures of 32×32 pixels. They complain of two things (Section 1): in networks that are small already the two gain little, and they press the data through narrow places.
#
# How narrow? We count the **{term}`values <value>`** of the {term}`map` behind each layer: {term}`channels <channel>` times height times {term}`width`. Table 1 of {cite:t}`freeman2018effnet` has four networks that all end alike, with 256 channels of 4×4 positions and one {term}`linear layer`: a baseline of {term}`standard convolutions <standard convolution>`, one in the manner of MobileNet, one in that of ShuffleNet, and EffNet, which we keep for later.

# %% hide="code"
import matplotlib.pyplot as plt
import torch
from torch import nn

from lightnets_edu import cost, data, show, timing, training, verdict
from lightnets_edu.checks import Check
from lightnets_edu.models import effnet
from lightnets_edu.models.effnet import (
    TABLE_1, Baseline, EffNet, EffNetBlock, MobileNetStyle, ShuffleNetStyle,
)

show.vector_plots()
image = (1, 3, 32, 32)
COLUMNS = {"Baseline": Baseline, "MobileNet": MobileNetStyle,
           "ShuffleNet": ShuffleNetStyle, "EffNet": EffNet}
SIZES = nn.Conv2d, nn.MaxPool2d    # what changes the size of a map


def maps(net, shape=image):
    """Shapes (C, H, W) of the maps behind its convolutions and pools."""
    found = []
    hooks = [part.register_forward_hook(
        lambda layer, x, y: found.append(tuple(y.shape[1:])))
        for part in net.modules() if isinstance(part, SIZES)]
    with torch.no_grad():
        net(torch.zeros(shape))
    for hook in hooks:
        hook.remove()
    return found


def n_values(shape):
    c, h, w = shape
    return c * h * w


layers = {name: cost.layer_costs(column(), image)
          for name, column in COLUMNS.items()}
totals = {name: cost.total(rows) for name, rows in layers.items()}
flows = {name: [n_values(shape) for shape in maps(column())]
         for name, column in COLUMNS.items()}


def draw(names):
    """The values behind each layer, a panel for each network."""
    fig, axes = plt.subplots(1, len(names), figsize=(7, 2.6), sharey=True)
    for ax, name in zip(axes, names, strict=True):
        ax.stairs(flows[name], baseline=512, fill=True, color="#0072B2")
        ax.axhline(flows[name][-1], color="#D55E00", linestyle="--")
        ax.set_yscale("log", base=2)
        ax.set(title=name, xlabel="layer or pool", xticks=[])
        ax.set_yticks([2**k for k in range(9, 17)],
                      labels=[f"{2**k:,}" for k in range(9, 17)])
        ax.minorticks_off()
    axes[0].set_ylabel("values")
    plt.show()

# %% hide="code" name="fig-effnet-values" alt="Three panels of steps, for the baseline, the MobileNet-style and the ShuffleNet-style network, on a logarithmic axis. All begin at 65,536 values. The baseline goes down in a zigzag to a dashed line at 4,096. The MobileNet-style steps dip below the line once, to 2,048, near the end; the ShuffleNet-style steps dip twice, to 2,048 and to 1,024." caption="Values of the map behind each layer and pool, from left to right as they run. The dashed line is what all three end with. A dip below it is a place narrower than the end."
draw(["Baseline", "MobileNet", "ShuffleNet"])

# %% [markdown]
# The MobileNet-style network falls to {{= f"{min(flows['MobileNet']):,}" =}} values and makes {{= f"{flows['MobileNet'][-1]:,}" =}} of them again; the ShuffleNet-style one falls to {{= f"{min(flows['ShuffleNet']):,}" =}}. All that comes later is computed from these few. In both, a {term}`depthwise <depthwise convolution>` layer of {term}`stride` 2 leaves a quarter of the positions at once. That such places cost accuracy in small networks is what the authors say their experiments show (Section 4.1 of {cite:t}`freeman2018effnet`).

# %% objectives [markdown]
# ## You will be able to

# %% predict [markdown] name="share" objective="count"
# ## Predict first
#
# The MobileNet-style network has a standard 3×3 layer from 3 to {{= layers["MobileNet"][0].c_out =}} channels on the whole image, a {term}`pool <pooling>`, and two {term}`separable layers <separable convolution>`, to {{= layers["MobileNet"][2].c_out =}} and to {{= layers["MobileNet"][4].c_out =}} channels. Its first layer has only three inputs, and both papers leave such a layer as it is.
#
# What share of the network’s {term}`multiply-adds <multiply-add>` is in that first layer?
#
# :field: Share of the first layer
# :unit: %
# :answer: f"{100 * first_share['MobileNet']:.0f}"
# :wrong: below 20: It has few weights. But each is used at every position of the whole image.
# :wrong: 20 to 50: The other layers are made of 1×1 kernels, on maps sixteen times smaller and more.

# %% predict [markdown] name="columns" objective="read"
# ### And before you see the block
#
# The last layer of EffNet’s first {term}`block` stands before a map of {{= image[2] // 2 =}} rows and {{= image[3] =}} columns. In the paper’s table its {term}`kernel` has two rows and one column. It moves by one row, and by two columns.
#
# How many of the columns does it read?
#
# :field: Columns that are read
# :answer: int(read["2x1"].any(dim=0).sum())
# :wrong: 32: The kernel is one column wide. On which columns can it stand?
# :wrong: 15: The first column is number 0.

# %% [markdown] objective="flow,split" claims="EF-03,EF-04,EF-05"
# ## See it: one side at a time
#
# A depthwise 3×3 layer looks along the row and along the column at once. EffNet pulls it apart: a 1×3 layer looks **along the row**, then a 3×1 layer looks **along the column**. (We write rows × columns.) That opens a gap between the two, and into the gap goes a pool. It takes the larger of two values one above the other, and so halves the height. The width is halved at the very end, by the last layer’s stride. {cite:t}`freeman2018effnet` call this {term}`separable pooling` (Section 3). Here is the third block, on a map of 8×8, beside MobileNet’s layers for the same step:
#
# 1. {show}`a 1×1 layer <fig-effnet-flow step=1>` combines the channels;
# 2. {show}`the row layer <fig-effnet-flow step=2>`, depthwise 1×3, looks left and right;
# 3. {show}`a 2×1 pool <fig-effnet-flow step=3>` halves the height;
# 4. {show}`the column layer <fig-effnet-flow step=4>`, depthwise 3×1, looks up and down, at half of the positions;
# 5. {show}`the last layer <fig-effnet-flow step=5>` makes the new channels. Its kernel is 2×1, over all channels, and it moves by two columns.

# %% hide="code" wide=true name="fig-effnet-flow" alt="Two rows of maps drawn as grids of pixels, as many rows and columns as the map has. Above EffNet's block, five layers: eight by eight positions, again twice, then four rows of eight columns, and four by four at the end. Below MobileNet's two layers: from eight by eight to four by four at once. Under each map a bar as long as its values are many." caption="A block of EffNet and the two layers of MobileNet in its place, map by map. Drag the arrow to let layers run, a dot to set the channels; point at a pixel. Filled squares are what it has read, small empty ones what reads it; a cross marks a pixel that reaches no output. Bars are values. All was asked of the real layers, by gradients."
from lightnets_edu.widgets import EffNetFlow

EffNetFlow(step=0)

# %% [markdown]
# Which side comes first does not matter, if kernels, pool and stride are all turned together: a turned block does to a turned image what the block does to the image. (The long notes, one of [our sources](../book/claims.md), have it both ways.)

# %% predict [markdown] name="half" objective="split"
# ### What does the split save?
#
# The row layer and the column layer have six {term}`weights <weight>` for each channel, the 3×3 layer has nine. With the pool between the two, what share of the 3×3 layer’s multiply-adds do they do together?
#
# :field: Share
# :unit: %
# :answer: f"{100 * split / whole:.0f}"
# :wrong: 66 to 67: That is the share of the weights. One of the two layers works on a smaller map.
# :wrong: 33: Only the column layer works on half of the positions.

# %% [markdown]
# ## Count it: the split, and its price
#
# The row layer uses three weights at each of $H \cdot W$ positions, the column layer three at half of them: $3 H W C + \tfrac32 H W C = \tfrac92 H W C$ for $C$ channels. The 3×3 layer takes $9 H W C$, and with stride 2, as in MobileNet, $\tfrac94 H W C$. Formula, function and real layers:

# %% hide="code"
c, h, w = 32, 32, 32


def depthwise(kernel, stride=1):
    padding = (kernel[0] // 2, kernel[1] // 2)
    return nn.Conv2d(c, c, kernel, stride, padding, groups=c, bias=False)


def macs(layers, channels=c, height=h, width=w):
    """Multiply-adds of real layers on a map of this size."""
    shape = (1, channels, height, width)
    return cost.total(cost.layer_costs(layers, shape)).macs


row, column = depthwise((1, 3)), depthwise((3, 1))
pool = nn.MaxPool2d((2, 1))
split = macs(nn.Sequential(row, pool, column))
whole, strided = macs(depthwise((3, 3))), macs(depthwise((3, 3), 2))
show.table(
    ["depthwise layers", "formula", "function", "layers"],
    [("3×3", 9 * h * w * c,
      cost.conv_macs(c, c, 3, (h, w), groups=c), whole),
     ("1×3, pool, 3×1", 9 * h * w * c // 2,
      cost.conv_macs(c, c, (1, 3), (h, w), groups=c)
      + cost.conv_macs(c, c, (3, 1), (h // 2, w), groups=c), split),
     ("3×3 with stride 2", 9 * h * w * c // 4,
      cost.conv_macs(c, c, 3, (h // 2, w // 2), groups=c), strided)])

# %% [markdown]
# {answer}`half`
#
# The split layer does {{= f"{split / whole:.0%}" =}} of the work of a 3×3 layer on the whole map. But MobileNet’s 3×3 layer has stride 2, and *that* one does {{= f"{strided / whole:.0%}" =}}. So the split is no saving against MobileNet: EffNet pays {{= f"{split / strided:.0f}" =}} times as much to shrink the map more slowly.
#
# And it gives something up. With nothing between them, a row and a column layer are one 3×3 layer whose kernel is a column times a row: a kernel of {term}`rank` one, the idea of {chapter}`2` inside a single channel. (A diagonal edge is not of that kind. {term}`Activation <activation>`, {term}`batch norm` and pool between the two change the picture.)

# %% [markdown] claims="EF-06"
# What of the last layer? The long notes say that a 2×1 layer with stride 1 costs as much as the 1×1 layer of MobileNet that it replaces. We count both, from {{= TABLE_1[0].c_mid =}} to {{= TABLE_1[0].c_out =}} channels, and the layer of Table 1, which moves by two columns.

# %%
below = nn.ZeroPad2d((0, 0, 0, 1))    # a row of zeros: the height stays
last = {
    "1×1": nn.Conv2d(32, 64, 1, bias=False),
    "2×1": nn.Sequential(below, nn.Conv2d(32, 64, (2, 1), bias=False)),
    "2×1, two columns a step": nn.Sequential(
        below, nn.Conv2d(32, 64, (2, 1), stride=(1, 2), bias=False)),
}
costs = {name: macs(layer, 32, 16, 32) for name, layer in last.items()}
show.table(["layer, on 32 channels of 16×32", "multiply-adds"],
           costs.items())

# %% [markdown]
# With stride 1 it costs {{= f"{costs['2×1'] / costs['1×1']:.0f}" =}} times as much. It costs the same only where it takes two steps at once: twice the weights at half of the positions.

# %% [markdown] objective="read" claims="EF-07"
# ## Which values does it read?
#
# You have made your guess for the last layer. Now we ask the {term}`gradients <gradient>`: a value is read if some output depends on it. The block of our package can be had in two readings, `last="2x1"`, as printed, and `last="1x2"`, with the kernel turned.

# %%
def is_read(layers, shape):
    """Which positions (rows, columns) of the input any output reads."""
    x = torch.randn(shape, requires_grad=True)
    y = layers(x)
    (y * torch.randn_like(y)).sum().backward()    # some of each output
    return (x.grad != 0).any(dim=0).any(dim=0)


torch.manual_seed(0)
read, seen = {}, {}
for reading in ("2x1", "1x2"):
    block = EffNetBlock(3, 32, 64, last=reading)
    tail = nn.Sequential(block.pad, block.expand)    # the last layer alone
    read[reading] = is_read(tail, (2, 32, 16, 32))
    seen[reading] = is_read(block, (2, 3, 32, 32))
show.table(
    ["kernel", "columns read by the last layer",
     "of the image by the block"],
    [(name, int(read[name].any(dim=0).sum()),
      int(seen[name].any(dim=0).sum())) for name in read])

# %% [markdown]
# {answer}`columns`
#
# A kernel one column wide that moves two columns at a time stands on every second one. Half of what the block has computed is thrown away unread; in the figure these pixels are {show}`crossed out <fig-effnet-flow step=5>`. No pixel of the *image* is lost, since the row layer has mixed neighbours before.
#
# With the kernel turned, {show}`one row and two columns <fig-effnet-flow step=5 last=1x2>`, every value is read once. On even sides weights, shapes and multiply-adds are the same, so no count tells the two apart. The widely copied Keras version is as printed {cite:p}`douillard2018effnet`; a widely copied PyTorch version turned the kernel {cite:p}`andrijdavid2018effnet`. What the authors ran we do not know: the table says “2x1” and “1d stride”, and not along which side.

# %% hide="code" name="fig-effnet-photo" alt="Four pictures in blue and orange of the edges of a flower's petals, one below or beside the other. The first is square. The second is half as high. The third is as large as the second and a little smoother. The fourth is the third with every second column blank." caption="One channel of a real photograph on its way through the block, with kernels set by hand: the row layer finds edges between left and right (orange and blue: from dark to light and back), the pool halves the height, the column layer smooths. Right, what the last layer reads if it is 2×1: the blank columns were computed too. Photograph: [vultilion](https://www.flickr.com/photos/vultilion/6056698931/), [CC BY](https://creativecommons.org/licenses/by/2.0/)."
from sklearn.datasets import load_sample_image

photo = torch.tensor(load_sample_image("flower.jpg") / 255.0).float()
photo = photo.mean(dim=2)[None, None, :, 110:537]
photo = nn.functional.adaptive_avg_pool2d(photo, 48)
edges = torch.tensor([-1.0, 0, 1]).reshape(1, 1, 1, 3)
smooth = torch.tensor([1.0, 2, 1]).reshape(1, 1, 3, 1) / 4
steps = {"1×3": nn.functional.conv2d(photo, edges)}
steps["pool 2×1"] = pool(steps["1×3"])
steps["3×1"] = nn.functional.conv2d(steps["pool 2×1"], smooth)
left = steps["3×1"].clone()
left[..., 1::2] = 0
steps["read by 2×1"] = left
fig, axes = plt.subplots(1, 4, figsize=(7, 2.1))
most = steps["1×3"].abs().max()
for ax, (name, picture) in zip(axes, steps.items(), strict=True):
    ax.imshow(picture[0, 0], cmap="signed", vmin=-most, vmax=most,
              interpolation="nearest")
    ax.set_title(name, fontsize=10)
    ax.set(xticks=[], yticks=[], anchor="N")
    ax.spines[:].set_visible(False)
plt.show()

# %% [markdown]
# What the printed kernel leaves out could be left out earlier: let the *row layer* move by two columns, and the last layer by one. Is that the same block?

# %%
same = {}
x = torch.randn(2, 3, 32, 32).double()
for reading in ("2x1", "1x2"):
    block = EffNetBlock(3, 32, 64, last=reading).double().eval()
    early = EffNetBlock(3, 32, 64, last=reading).double().eval()
    early.load_state_dict(block.state_dict())
    early.depthwise_row[0].stride = (1, 2)
    early.expand[0].stride = (1, 1)
    with torch.no_grad():
        a, b = block(x), early(x)
    same[reading] = a.shape == b.shape and torch.allclose(a, b)
print(same)

# %% hide="code"
first_block = macs(EffNetBlock(3, 32, 64), *image[1:])
unread = sum(row.macs for row in layers["EffNet"]
             if row.name.startswith("features.0.depthwise")) / 2

# %% [markdown]
# For the printed kernel it is, exactly; for the turned one it is not. So a block as printed is a block whose *first spatial layer has a stride* along the row. And a stride in a spatial layer is what the authors found to cost accuracy beside a max pool (Section 3 of {cite:t}`freeman2018effnet`). Read so, the block does along one side what it was made to avoid.
#
# :::{dropdown} Going deeper: what the unread columns cost, and a third reading
# The unread half of the row layer and of the column layer is {{= f"{unread / first_block:.1%}" =}} of the block’s multiply-adds; with the early stride they are saved. In training the two are not quite the same: the averages of a batch norm behind the row layer and the column layer take in the unread columns too.
#
# A third reading fits the print as well: pool along the *row*, right behind the row layer, and let the 2×1 kernel move by two *rows*. Kernel and stride then agree, and everything is read.
# :::

# %% [markdown] objective="build" claims="EF-08,EF-09"
# ## Build it: the block and the network
#
# In the code, `_conv_act_bn` is a {term}`convolution` without {term}`bias`, then a {term}`leaky ReLU`, then {term}`batch norm`; `pad` adds the row of zeros that keeps the height, `LAST` has the kernel and the zeros of each reading. Note the order: most networks of this book normalise first. Here the batch norm cannot be {term}`folded <folding>` into the convolution before it. (`whole` and `one_of` refuse what makes no sense; `initialise`, below, draws the first weights.)

# %%
show.source(EffNetBlock)

# %% [markdown]
# Beside the second block stands what the MobileNet-style network has in its place: a depthwise 3×3 layer of stride 2 and a 1×1 layer. EffNet’s work is in {show}`the 1×1 layer <fig-effnet-block layer=0>` and in {show}`the last layer <fig-effnet-block layer=5>`, half each; the depthwise layers between them do little.

# %% hide="code" wide=true name="fig-effnet-block" alt="Two blocks side by side on one scale, as flows from left to right. EffNet's second block: a 1×1 layer, a 1×3 layer, a pool after which the map is half as deep, a 3×1 layer, and a layer that doubles the channels. The MobileNet-style pair: a 3×3 layer after which the map is a quarter, and a 1×1 layer that doubles the channels. Bars below: in EffNet's the first and the last layer share the multiply-adds, in the pair the 1×1 layer has nearly all." caption="EffNet’s second block and the pair of layers in its place. The batch norms are left out. Height is channels, depth is the size of the map. The “stride 2” of EffNet’s last layer is one of columns only. Point at a layer to see what it costs."
from copy import deepcopy

from lightnets_edu.widgets import BlockAnatomy


def without_norm(net):
    """A copy whose batch norms do nothing and cost nothing."""
    copy = deepcopy(net)
    for part in copy.modules():
        if isinstance(part, nn.Sequential) and isinstance(
                part[-1], nn.BatchNorm2d):
            part[-1] = nn.Identity()
    return copy


pair = MobileNetStyle().features[2:4]
second = (1, 64, 16, 16)
bare = without_norm(EffNetBlock(64, 64, 128))
BlockAnatomy.of({"EffNet": (bare, second),
                 "MobileNet-style": (pair, second)})

# %% [markdown]
# The network is three such blocks and a linear layer; the first layer is a block too.

# %%
show.source(EffNet)

# %% hide="code"
show.source(effnet._Cifar)

# %% [markdown]
# `TABLE_1` has the widths, and `check_image` wants 32×32 pixels, for which the linear layer is made. Beside each line of the paper’s table, the map that we find behind it:

# %% hide="code"
def with_two_maps():
    """EffNet with half the 1×1 outputs and two maps for each of them."""
    net = EffNet()
    for block, row in zip(net.features, TABLE_1, strict=True):
        half = row.c_mid // 2
        block.reduce[0] = nn.Conv2d(row.c_in, half, 1, bias=False)
        block.reduce[2] = nn.BatchNorm2d(half)
        block.depthwise_row[0] = nn.Conv2d(
            half, row.c_mid, (1, 3), padding=(0, 1), groups=half,
            bias=False)
    return net


doubled = macs(with_two_maps(), *image[1:])
network, rows = EffNet(), layers["EffNet"]
convolutions = [row for row in rows if row.kernel]
printed = [line for row in TABLE_1 for line in (
    f"1x1x{row.c_mid}", "dw 1x3 + 1d mp", "dw 3x1",
    f"2x1x{row.c_out} + 1d stride")]
behind = [shape for part, shape in zip(
    [m for m in network.modules() if isinstance(m, SIZES)],
    maps(network), strict=True)]
pooled = [behind[k] for k in range(len(behind)) if k % 5 != 1]
show.table(
    ["Table 1", "map behind it", "values", "parameters", "multiply-adds"],
    [(line, "×".join(map(str, shape)), n_values(shape), r.params, r.macs)
     for line, shape, r in zip(printed, pooled, convolutions, strict=True)]
    + [("FC", "10", 10, rows[-1].params, rows[-1].macs)])

# %% [markdown] claims="EF-10,EF-11,EF-14"
# The values fall by half and by half again, never below the end. All batch norms together have {{= f"{sum(r.params for r in rows if r.kind == 'norm'):,}" =}} {term}`parameters <parameter>` more.
#
# :::{dropdown} Going deeper: what else the paper weighs
# EffNet makes the middle of a block half as wide as its output, the ShuffleNet-style network a quarter. The authors find that wide steps between the two cost accuracy in slim networks. They also try residual {term}`shortcuts <shortcut>`, and leave out {term}`grouped layers <grouped convolution>` for their accuracy (Section 3 of {cite:t}`freeman2018effnet`).
#
# The long notes report one more detail of Section 3: the first depthwise layer gives two maps for each channel. Table 1 does not have it, and the {term}`FLOPs <FLOPs, FLOPS>` of Table 2 fit without it: with two maps from a 1×1 layer half as wide, the network would have {{= f"{2 * doubled / 1e6:.1f}" =}} million instead of {{= f"{2 * totals['EffNet'].macs / 1e6:.1f}" =}}.
# :::

# %% [markdown] objective="count"
# ## Check it: four columns
#
# {cite:t}`freeman2018effnet` count FLOPs, two for each multiply-add. Ours, doubled, beside those of their Table 2:

# %% claims="EF-08"
reported = {"Baseline": 80.3, "MobileNet": 5.8, "ShuffleNet": 4.7,
            "EffNet": 11.4}    # millions of FLOPs, Table 2
show.table(
    ["network", "parameters", "multiply-adds", "twice, millions",
     "Table 2"],
    [(name, t.params, t.macs, f"{2 * t.macs / 1e6:.1f}", reported[name])
     for name, t in totals.items()])

# %% [markdown]
# They agree within {{= f"{max(abs(2 * totals[n].macs / 1e6 / reported[n] - 1) for n in reported):.1%}" =}}; what the paper counts besides (biases, perhaps) we do not know. Our tests also read the printed columns a second time, in code of another kind, copy the weights over, and find the same outputs.
#
# EffNet is *not* the smallest: it has {{= f"{totals['EffNet'].macs / totals['MobileNet'].macs:.1f}" =}} times the multiply-adds of the MobileNet-style network. What it saves, it saves against the baseline: {{= f"{totals['Baseline'].macs / totals['EffNet'].macs:.0f}" =}} times.

# %% [markdown] objective="count" claims="EF-13"
# ### The first layer
#
# Where do the small networks spend? Look at the {show}`MobileNet-style network <fig-effnet-skyline shown=effnet_table1_mobilenet against=effnet_cifar10>`, then at the {show}`ShuffleNet-style one <fig-effnet-skyline shown=effnet_table1_shufflenet against=effnet_cifar10>`.

# %% hide="code" wide=true name="fig-effnet-skyline" alt="A bar for each layer of the MobileNet-style network and, on the same scale, of EffNet. The MobileNet-style network has one very high bar at the beginning and low ones after it. EffNet has five bars of equal height, the 1×1 layers of the later blocks and the last layers of all, and lower ones between." caption="What every layer costs. Drag across several bars to add them up: how much of EffNet is its first block?"
from lightnets_edu.widgets import NetworkSkyline

NetworkSkyline(["effnet_table1_mobilenet", "effnet_cifar10",
                "effnet_table1_shufflenet", "effnet_table1_baseline"],
               against="effnet_cifar10")

# %% hide="code"
first_layer = layers["MobileNet"][0].macs
first_share = {name: rows[0].macs / totals[name].macs
               for name, rows in layers.items()}
first_share["EffNet"] = first_block / totals["EffNet"].macs
show.table(["network", "share of the first layer or block"],
           [(name, f"{share:.1%}") for name, share in first_share.items()])

# %% [markdown]
# {answer}`share`
#
# In the MobileNet-style network {{= f"{first_share['MobileNet']:.1%}" =}} of the work is in the first layer. The other layers were made cheap, so the one that was left alone now pays most. EffNet puts a block there. {cite:t}`freeman2018effnet` say that this saves about 30% of *that layer’s* computation (Section 3); the long notes dropped the last words. In Table 1 the block does {{= f"{first_block:,}" =}} multiply-adds where the layer and its pool do {{= f"{first_layer:,}" =}}: {{= f"{1 - first_block / first_layer:.0%}" =}} less. Put into the MobileNet-style network, it would save {{= f"{(first_layer - first_block) / totals['MobileNet'].macs:.0%}" =}} of the whole.

# %% [markdown] claims="EF-01,EF-12"
# ## Measure it: four networks, one recipe
#
# On {term}`CIFAR-10`, sixty thousand small photographs in ten classes, {cite:t}`freeman2018effnet` report these accuracies (Table 2): baseline 82.78%, MobileNet-style 77.48%, ShuffleNet-style 77.30%, EffNet 80.20%.

# %% hide="code"
from functools import partial

from lightnets_edu.data import Images


def with_norm(column, **options):
    """A column of Table 1, batch norm with PyTorch's constants."""
    net = column(**options)
    for part in list(net.modules()):
        if isinstance(part, nn.Sequential) and isinstance(
                part[0], nn.Conv2d):
            norm = nn.BatchNorm2d(part[0].out_channels)
            if len(part) == 3:
                part.pop(2)
            part.append(norm)
    return net


def colour(images, first, last):
    """Some of the grey images, with three equal channels."""
    return Images(images.x[first:last].repeat(1, 3, 1, 1),
                  images.y[first:last])


train, test = data.digits(32)
recipe = {"epochs": 4, "batch": 20}
learn, choose = colour(train, 0, 120), colour(train, 120, 320)
test = colour(test, 0, len(test))
n_batches = recipe["epochs"] * (len(learn) // recipe["batch"])
contestants = {
    "Baseline": Baseline, "MobileNet": MobileNetStyle,
    "ShuffleNet": ShuffleNetStyle, "EffNet 2×1": EffNet,
    "EffNet 1×2": partial(EffNet, last="1x2"),
}


def spread(values):
    """Mean, lowest and highest, in percent."""
    return (f"{verdict.mean(values):.1%} "
            f"({min(values):.1%} to {max(values):.1%})")


def against(accuracies, name, other):
    """The verdict on two networks, seed by seed."""
    return verdict.paired(accuracies[name], accuracies[other])


def trained(column, seed, rate):
    """A trained network, and its accuracy on `choose`."""
    torch.manual_seed(seed)
    net = with_norm(column)
    run = training.fit(net, learn, choose, seed=seed, lr=rate, **recipe)
    return run.accuracy, net

# %% [markdown]
# We have handwritten digits, {{= len(learn) =}} to learn from, enlarged to 32×32 and repeated in three channels. All get the same few passes, and the same activation and batch norm behind each convolution, with PyTorch’s constants; which norm the authors gave to the other columns we do not know. One recipe is fair only if it suits all: each network is given two {term}`learning rates <learning rate>`, and keeps the one with which it reads more of some digits that serve for nothing else. EffNet runs in both readings.

# %% predict [markdown] name="order"
# ### Which network reads the digits best?
#
# On these digits, beside the MobileNet-style network:
#
# :field: EffNet, as printed, is
# :choices: better | worse | not told apart
# :answer: against(recorded.accuracies, "EffNet 2×1", "MobileNet").words("better", "worse", "not told apart")
# :field: With the kernel turned, beside the kernel as printed, it is
# :choices: better | worse | not told apart
# :answer: against(recorded.accuracies, "EffNet 1×2", "EffNet 2×1").words("better", "worse", "not told apart")

# %% hide="code" claims="EF-01" measured=true record="accuracies,rates"
chosen, rates, accuracies = training.seeds(2, of=10), {}, {}
for name, column in contestants.items():
    runs = {rate: [trained(column, seed, rate) for seed in chosen]
            for rate in (0.01, 0.03)}
    rates[name] = max(runs, key=lambda rate: sum(
        right for right, _ in runs[rate]))    # over all seeds
    accuracies[name] = [training.accuracy(net, test)
                        for _, net in runs[rates[name]]]
print("Measured on", timing.machine())
show.table(
    ["network", "rate", "accuracy: mean (lowest to highest)",
     "against MobileNet: mean (interval)"],
    [(name, rates[name], spread(accuracies[name]),
      "–" if name == "MobileNet"
      else against(accuracies, name, "MobileNet")) for name in contestants])

# %% [markdown]
# {answer}`order`
#
# In pairs of the same {term}`seed`, {{= len(recorded.accuracies["MobileNet"]) =}} of them, by the rule of {chapter}`1`, EffNet as printed is
#
# - {{= against(recorded.accuracies, "EffNet 2×1", "MobileNet").words("better than", "worse than", "not told apart from") =}} the MobileNet-style network: {{= against(recorded.accuracies, "EffNet 2×1", "MobileNet") =}};
# - {{= against(recorded.accuracies, "EffNet 2×1", "ShuffleNet").words("better than", "worse than", "not told apart from") =}} the ShuffleNet-style one: {{= against(recorded.accuracies, "EffNet 2×1", "ShuffleNet") =}};
# - {{= against(recorded.accuracies, "EffNet 2×1", "Baseline").words("better than", "worse than", "not told apart from") =}} the baseline: {{= against(recorded.accuracies, "EffNet 2×1", "Baseline") =}}.
#
# With the kernel turned it is {{= against(recorded.accuracies, "EffNet 1×2", "EffNet 2×1").words("better than as printed", "worse than as printed", "not told apart from the kernel as printed") =}}: {{= against(recorded.accuracies, "EffNet 1×2", "EffNet 2×1") =}}.
#
# {{= verdict.paired(recorded.accuracies["EffNet 2×1"], recorded.accuracies["MobileNet"]).words("That is the order that the paper reports for its two small networks", "So we do not see the order that the paper reports", "So we cannot confirm the order that the paper reports, nor deny it") =}}. These are scans of 8×8 pixels, enlarged: neighbouring columns say much the same, which is kind to a layer that skips every second one. And {{= n_batches =}} {term}`batches <batch>` are few for EffNet, the deepest network here. CIFAR-10 may say otherwise. Chance is {{= f"{verdict.chance(test.y):.0%}" =}}; on {{= len(test) =}} test images an accuracy of {{= f"{verdict.mean(recorded.accuracies['MobileNet']):.0%}" =}} has a sampling error of {{= f"{100 * verdict.sampling_error(verdict.mean(recorded.accuracies['MobileNet']), len(test)):.1f}" =}} points either way.

# %% [markdown]
# ## Time it
#
# One image, one thread, the networks as in Table 1; and EffNet without batch norm, as the other three are.

# %% hide="code"
timed = {name: column() for name, column in COLUMNS.items()}
timed["EffNet without norm"] = without_norm(timed["EffNet"])
work = {name: cost.total(cost.layer_costs(net, image))
        for name, net in timed.items()}

# %% hide="code" measured=true record="turns"
turns = timing.turns(timed, torch.randn(image), 101)
print("Measured on", timing.machine())
show.table(["network", "multiply-adds", "time: median (middle half)"],
           [(name, work[name].macs, timing.summary(times))
            for name, times in turns.items()])

# %% [markdown]
# EffNet does {{= f"{work['EffNet'].macs / work['Baseline'].macs:.0%}" =}} of the baseline’s multiply-adds and takes {{= verdict.ratio(recorded.turns["EffNet"], recorded.turns["Baseline"]) =}} its time. It takes {{= verdict.ratio(recorded.turns["EffNet"], recorded.turns["MobileNet"]) =}} the time of the MobileNet-style network; without its batch norms it is {{= verdict.ratio(recorded.turns["EffNet without norm"], recorded.turns["MobileNet"]) =}}. (Medians of ratios, by the rule of {chapter}`1`, are not ratios of the table’s medians.) It runs twelve convolutions where that one runs five, and each layer has a cost of being called. How much of the time that is we have not tested.

# %% [markdown] objective="build"
# ## Pitfalls
#
# ### A momentum that means the opposite
#
# A batch norm keeps {term}`running averages <momentum>` for later. Keras’s `momentum=0.99` is what it keeps of the *old* average; in PyTorch `momentum` is the weight of the *new* batch. A published copy {cite:p}`andrijdavid2018effnet` took the number over:

# %%
torch.manual_seed(0)
batches = [torch.randn(8, 1, 4, 4) + 3 for _ in range(500)]
for momentum in (0.01, 0.99):
    norm = nn.BatchNorm2d(1, momentum=momentum)
    means = []
    for batch in batches:
        norm(batch)
        means.append(norm.running_mean.item())
    print(f"momentum {momentum}: running mean after {n_batches} batches",
          f"{means[n_batches - 1]:.2f}, after {len(batches)}",
          f"{means[-1]:.2f}; the last batch alone",
          f"{batches[-1].mean():.2f}")

# %% [markdown]
# *What it changes.* Nothing while training, since batches are then normalised by themselves. In evaluation the network uses the averages, and with the copied number these are little more than the last batch’s. The right number has a trap of its own: after {{= n_batches =}} batches {{= f"{0.99**n_batches:.0%}" =}} of the average is still the value that it began with. Our experiment above had no more batches than that, hence PyTorch’s own number, with which averages arrive sooner.
#
# ### A copy that runs
#
# Here is the block as it may be found in PyTorch, written after the Keras version. The code is ours, and so is the choice of mistakes; numbers that mean something else in another library are the most common kind.

# %%
class FoundBlock(nn.Module):
    """EffNet's block as one may find it. Do not trust it."""

    def __init__(self, c_in, c_mid, c_out):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_mid, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_mid, momentum=0.99)
        self.conv2 = nn.Conv2d(c_mid, c_mid, (1, 3), padding=(0, 1),
                               groups=c_mid, bias=False)
        self.bn2 = nn.BatchNorm2d(c_mid, momentum=0.99)
        self.conv3 = nn.Conv2d(c_mid, c_mid, (3, 1), padding=(1, 0),
                               groups=c_mid, bias=False)
        self.bn3 = nn.BatchNorm2d(c_mid, momentum=0.99)
        self.conv4 = nn.Conv2d(c_mid, c_out, (2, 1), stride=(1, 2),
                               padding=(1, 0), bias=False)
        self.bn4 = nn.BatchNorm2d(c_out, momentum=0.99)
        self.act = nn.LeakyReLU()
        self.pool = nn.MaxPool2d((2, 1))

    def forward(self, x):
        y = self.bn1(self.act(self.conv1(x)))
        y = self.bn2(self.act(self.conv2(y)))
        y = self.bn3(self.act(self.conv3(self.pool(y))))
        y = self.act(self.conv4(y))[:, :, :-1]    # back to the height
        return self.bn4(y)

# %% hide="code"
def renamed(block):
    """The weights of an `EffNetBlock` under the names of the copy."""
    places = {"reduce": 1, "depthwise_row": 2, "depthwise_column": 3,
              "expand": 4}
    state = {}
    for name, value in block.state_dict().items():
        place, kind, rest = name.split(".")
        layer = {"0": "conv", "2": "bn"}[kind]
        state[f"{layer}{places[place]}.{rest}"] = value
    return state


def same_output(copy, block, x):
    """Do both give the same output when they hold the same weights?"""
    copy.load_state_dict(renamed(block))
    with torch.no_grad():
        expected = block.eval()(x.clone())
        return torch.allclose(copy.eval()(x.clone()), expected, atol=1e-5)


def n_params(module):
    return sum(p.numel() for p in module.parameters())


copy, block = FoundBlock(3, 32, 64), EffNetBlock(3, 32, 64)
x = torch.randn(2, 3, 32, 32)
outputs = {True: "same", False: "differ"}[same_output(copy, block, x)]
shapes = {True: "same", False: "differ"}[copy(x).shape == block(x).shape]
show.table(["block", "shapes", "parameters", "outputs"],
           [("package", "–", n_params(block), "–"),
            ("copy", shapes, n_params(copy), outputs)])

# %% [markdown]
# *What it changes.* Shapes and counts agree, weights load, and the outputs are others. A graded exercise below asks where.

# %% [markdown]
# ## Exercises
#
# Practice first, with solutions to open. Then four exercises that count, with hints. Their checks look at a few cases, the hidden tests at many more.

# %% task [markdown] exercise="narrow_places" objective="flow"
# ### Find the narrow places
#
# Write `narrow_places(shapes)`: `shapes` is a list of shapes $(C, H, W)$, as `maps` gives it. Return the numbers, counted from 0, of the maps with fewer values than the last one. Before you run it: how many does the ShuffleNet-style network have?
#
# :::{dropdown} Solution
# ```python
# def narrow_places(shapes):
#     end = n_values(shapes[-1])
#     return [i for i, shape in enumerate(shapes) if n_values(shape) < end]
# ```
#
# The ShuffleNet-style network has two, both behind a depthwise layer of stride 2. A place as wide as the end does not count: EffNet has two of those.
# :::

# %% answer exercise="narrow_places"
def narrow_places(shapes):
    """Which maps have fewer values than the last one."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="narrow_places"
with Check("narrow_places") as check:
    with check("the MobileNet-style network has one"):
        check.equal(list(narrow_places(maps(MobileNetStyle()))), [4])
    with check("the ShuffleNet-style network has two"):
        check.equal(list(narrow_places(maps(ShuffleNetStyle()))), [3, 6])
    with check("EffNet has none"):
        check.equal(list(narrow_places(maps(EffNet()))), [])
    with check("oblong maps, and one as wide as the end"):
        check.equal(list(narrow_places([(2, 3, 5), (6, 4, 1), (4, 3, 2)])),
                    [])

# %% task [markdown] exercise="blind_norm" objective="read"
# ### A question that a batch norm cannot answer
#
# `is_read` multiplies each output by a random number before it adds them up. Why not add them up as they are? Write `plain_sum(layers, shape)`: like `is_read`, but with `layers(x).sum()`, and return how many positions of the input have a gradient larger than $10^{-4}$ in some channel. Try it on a 1×1 layer, then on a 1×1 layer with a batch norm behind it, in training.
#
# :::{dropdown} Solution
# ```python
# def plain_sum(layers, shape):
#     x = torch.randn(shape, requires_grad=True)
#     layers(x).sum().backward()
#     return int((x.grad.abs() > 1e-4).any(dim=0).any(dim=0).sum())
# ```
#
# In training a batch norm makes the mean of each channel zero, whatever comes in. So the sum of its outputs does not depend on the input at all, and its gradient is zero, up to rounding. The question was wrong, not the layer blind.
# :::

# %% answer exercise="blind_norm"
def plain_sum(layers, shape):
    """Positions with a gradient above 1e-4 when outputs are added up."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="blind_norm"
with Check("plain_sum") as check:
    torch.manual_seed(0)
    point = nn.Conv2d(3, 4, 1)
    with check("a 1×1 layer reads 5 × 6 positions"):
        check.equal(plain_sum(point, (2, 3, 5, 6)), 30)
    with check("with a batch norm behind it, in training: none is seen"):
        check.equal(plain_sum(nn.Sequential(point, nn.BatchNorm2d(4)),
                              (2, 3, 5, 6)), 0)
    with check("the same in evaluation: all"):
        normed = nn.Sequential(point, nn.BatchNorm2d(4)).eval()
        check.equal(plain_sum(normed, (2, 3, 5, 6)), 30)

# %% predict [markdown] name="edge" objective="read"
# ### Predict: the common layer
#
# Before the next exercise: a kernel of size 3 with stride 2 and *no* {term}`padding` runs along {{= image[-1] =}} positions. How many of them does it read?
#
# :field: Positions that are read
# :answer: sum(is_read(nn.Conv2d(1, 1, (1, 3), stride=(1, 2)), (1, 1, 1, 32)).flatten().tolist())
# :wrong: 32: Where does the last window end?
# :wrong: 15 to 16: That is how often it stands; it reads three positions each time.

# %% task [markdown] exercise="positions_read" objective="read"
# ### What a layer reads, without asking a gradient
#
# Along one side of a map of `size` positions, numbered from 0, runs a `kernel` with a `stride`; `padding` zeros stand at either end. Write `positions_read(size, kernel, stride, padding)`: the positions of the map that the layer reads, each once, in rising order, as a list of whole numbers. As in PyTorch, a last window that does not fit whole is left out; so where no window fits at all, the list is empty. All four are whole numbers; `padding` may be 0, the others are 1 or more, and each may be larger than the others.
#
# :::{dropdown} Hint
# How many windows are there? Where does window $i$ begin, counted from the map’s own first position? A padded zero is no position of the map.
# :::

# %% answer exercise="positions_read"
def positions_read(size, kernel, stride, padding):
    """The positions of a side that a layer reads, in rising order."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="positions_read" points=3
with Check("positions_read") as check:
    with check("EffNet's last layer, along the columns"):
        check.equal(list(positions_read(32, 1, 2, 0)),
                    list(range(0, 32, 2)))
    with check("kernel 2, stride 4: pairs with gaps"):
        check.equal(list(positions_read(11, 2, 4, 0)), [0, 1, 4, 5, 8, 9])
    for side in [(10, 3, 2, 0), (10, 3, 2, 1), (7, 2, 3, 1)]:
        size, kernel, stride, padding = side
        with check(f"as the gradients say: {side}"):
            layer = nn.Conv2d(1, 1, (1, kernel), (1, stride), (0, padding))
            asked = is_read(layer, (1, 1, 1, size))[0].nonzero()
            check.equal(list(positions_read(*side)),
                        asked.flatten().tolist())
    with check("no window fits"):
        check.equal(list(positions_read(3, 5, 1, 0)), [])

# %% [markdown]
# {answer}`edge`
#
# :::{dropdown} Answer: the common layer
# It reads {{= sum(is_read(nn.Conv2d(1, 1, (1, 3), stride=(1, 2)), (1, 1, 1, 32)).flatten().tolist()) =}}: the last {term}`window` that fits ends one position before the end. With one zero of padding at either end all are read.
# :::

# %% predict [markdown] name="tail" objective="count"
# ### Predict: where a block spends
#
# The next exercise counts a block. Of the multiply-adds of EffNet’s first block (3 channels, then {{= TABLE_1[0].c_mid =}}, then {{= TABLE_1[0].c_out =}}, on the whole image), what share is in its last layer, which works on a quarter of the positions?
#
# :field: Share of the last layer
# :unit: %
# :answer: f"{100 * layers['EffNet'][6].macs / first_block:.0f}"
# :wrong: below 50: Few positions, but every output reads all channels, twice.

# %% task [markdown] exercise="block_macs" objective="count"
# ### What a block costs, on any map
#
# Write `block_macs(c_in, c_mid, c_out, h, w, last)`: the multiply-adds of `EffNetBlock(c_in, c_mid, c_out, last)` on a map of `h` × `w` positions, a whole number. `last` is `"2x1"` or `"1x2"`. The sides are 2 or more; they may be odd. Then the pool leaves out a last row, and the two readings of the last layer do not treat a last column alike.
#
# :::{dropdown} Hint
# Ask of each of the four convolutions how many weights it has and at how many positions of its *output* each is used. How many steps of two fit into an odd number of columns, for a kernel one column wide, and for one of two?
# :::

# %% answer exercise="block_macs"
def block_macs(c_in, c_mid, c_out, h, w, last):
    """Multiply-adds of an EffNet block on a map of h × w positions."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="block_macs" points=3
with Check("block_macs") as check:
    for sizes in [(3, 32, 64, 32, 32, "2x1"), (3, 32, 64, 32, 32, "1x2"),
                  (5, 6, 7, 9, 12, "1x2"), (4, 8, 6, 7, 11, "2x1")]:
        c_in, c_mid, c_out, h, w, last = sizes
        with check(f"a real block, {c_in} → {c_mid} → {c_out} channels on "
                   f"{h} × {w}, {last}"):
            block = EffNetBlock(c_in, c_mid, c_out, last)
            check.equal(block_macs(*sizes), macs(block, c_in, h, w))

# %% [markdown]
# {answer}`tail`
#
# :::{dropdown} Answer: where a block spends
# The last layer has {{= f"{layers['EffNet'][6].macs / first_block:.0%}" =}} of the block’s multiply-adds. The depthwise layers, which the paper is about, have {{= f"{2 * unread / first_block:.0%}" =}}.
# :::

# %% task [markdown] exercise="split_kernels" objective="split"
# ### Split a trained layer
#
# Someone has a trained depthwise layer and wants a row layer and a column layer in its place, with nothing between them. Write `split_kernels(kernels)`. `kernels` is a tensor that asks for no gradient, of shape `(C, 1, R, S)`, in float32 or float64; `R` and `S` may differ and may be even. Return a pair `(row, column)` of shapes `(C, 1, 1, S)` and `(C, 1, R, 1)`, of the same type, so that for each channel the products of the two, $\text{column}_r \cdot \text{row}_s$, come as near to its kernel as any such products can: the sum of the squared differences is as small as possible. The row layer and then the column layer then do what the products do. Change nothing that you were given. A kernel of zeros must give zeros.
#
# :::{dropdown} Hint
# Each channel is a table of $R$ rows and $S$ columns, and you want the nearest table of rank one: {chapter}`2` did that with `torch.linalg.svd`. The singular value has to go somewhere.
# :::

# %% answer exercise="split_kernels"
def split_kernels(kernels):
    """The nearest (row, column) kernels of a depthwise layer."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="split_kernels" points=4
with Check("split_kernels") as check:
    torch.manual_seed(0)
    for c, r, s in [(4, 3, 3), (3, 5, 2)]:
        rows = torch.randn(c, 1, 1, s).double()
        columns = torch.randn(c, 1, r, 1).double()
        with check(f"{r}×{s} kernels that are products come back"):
            row, column = split_kernels(rows * columns)
            check.equal((tuple(row.shape), tuple(column.shape)),
                        ((c, 1, 1, s), (c, 1, r, 1)))
            check.close(row * column, rows * columns, abs=1e-10)
    kernels = torch.randn(6, 1, 3, 3).double()
    before = kernels.clone()
    row, column = None, None
    with check("random kernels: what is left is as small as can be"):
        row, column = split_kernels(kernels)
        left = (row * column - kernels).square().sum((1, 2, 3))
        values = torch.linalg.svdvals(kernels[:, 0])[:, 1:]
        check.close(left, values.square().sum(1), rel=1e-6)
    with check("what you were given is as it was"):
        split_kernels(kernels)
        check.equal(kernels, before)

# %% task [markdown] exercise="mended_effnet" objective="build"
# ### Mend the copy
#
# The `FoundBlock` of the pitfall has four mistakes. Three are numbers that the Keras version sets otherwise, written down or by default: hold the copy against the source of `EffNetBlock` and of `_conv_act_bn` (`show.source(effnet._conv_act_bn)`). The fourth concerns the last layer: on which side of the map stands its row of zeros?
#
# Write `MendedBlock(c_in, c_mid, c_out)`. You may copy what is right. Its layers keep the names `conv1` … `bn4`, so that weights still load, and it has no other parameters. With the same weights it gives what `EffNetBlock(c_in, c_mid, c_out)` gives, in evaluation and in training, also on oblong maps and odd sizes; its running averages move as those do; and it leaves its input as it was.
#
# The check below looks at little. `same_output` looks at evaluation only, and copies `x` first: try training, the averages and the input yourself.
#
# :::{dropdown} Hint: the numbers
# Print both modules. Which numbers in the lines of the batch norms and activations differ?
# :::
#
# :::{dropdown} Hint: the row of zeros
# `padding=(1, 0)` puts zeros above *and* below, so there is one output row too many. Which one of them must go, if zeros are to stand below only?
# :::

# %% answer exercise="mended_effnet"
class MendedBlock(nn.Module):
    """EffNet's block as in Keras, under the names of the copy."""

    def __init__(self, c_in, c_mid, c_out):
        super().__init__()
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()

# %% check exercise="mended_effnet" points=4
with Check("MendedBlock") as check:
    torch.manual_seed(0)
    with check("4 → 6 → 8 channels: as many parameters"):
        check.equal(n_params(MendedBlock(4, 6, 8)),
                    n_params(EffNetBlock(4, 6, 8)))
    with check("the same weights, on 10 × 7: the same outputs"):
        copy, block = MendedBlock(4, 6, 8), EffNetBlock(4, 6, 8)
        check.true(same_output(copy, block, torch.randn(2, 4, 10, 7)),
                   "the outputs differ")

# %% [markdown]
# ### An open question
#
# No points, and no single answer. {cite:t}`freeman2018effnet` say that a stride in a spatial layer costs accuracy beside a max pool, that a 2×2 pool squeezes the data too early, and that separable pooling is the way between (Section 3). Plan the experiment. Which blocks would you compare, and how would you keep weights and multiply-adds equal where a pool moves? Which of the readings would you run? How often, on which data, and which result would change your mind?

# %% [markdown] claims="EF-02"
# ## When to choose it
#
# The first numbers again, with EffNet beside them:

# %% hide="code" name="fig-effnet-again" alt="Four panels of steps on one logarithmic axis. Those of the baseline, the MobileNet-style and the ShuffleNet-style network are as before. EffNet's begin at half the height of the others, go down in steps of a half, and end on the dashed line without a dip below it." caption="Values behind each layer and pool, all four networks. EffNet goes down step by step, and none of its maps is narrower than the end. How many of the values are read, the steps do not show."
draw(list(COLUMNS))

# %% [markdown]
# The steps count what a map *has*. You know to ask what the next layer *reads* of it:

# %% hide="code"
passed_on = {}
for reading in ("2x1", "1x2"):
    passed_on[reading] = []
    for row, side in zip(TABLE_1, (32, 16, 8), strict=True):
        block = EffNetBlock(*row, last=reading)
        shape = (2, row.c_mid, side // 2, side)
        some = is_read(nn.Sequential(block.pad, block.expand), shape)
        passed_on[reading].append(row.c_mid * int(some.sum()))
show.table(["kernel", *(f"values read by the last layer of block {k}"
                        for k in (1, 2, 3))],
           [(name, *found) for name, found in passed_on.items()])

# %% [markdown]
# No map of EffNet is narrower than its end, {{= f"{min(flows['EffNet']):,}" =}} values; the others go down to {{= f"{min(flows['MobileNet']):,}" =}} and {{= f"{min(flows['ShuffleNet']):,}" =}}. But as printed it passes on only {{= f"{min(passed_on['2x1']):,}" =}} of the values before its last layer, and has the MobileNet-style network’s dip again. The cure holds with the kernel turned, {{= f"{min(passed_on['1x2']):,}" =}}. The price is work: {{= f"{totals['EffNet'].macs / 1e6:.1f}" =}} million multiply-adds, against {{= f"{totals['MobileNet'].macs / 1e6:.1f}" =}} and {{= f"{totals['ShuffleNet'].macs / 1e6:.1f}" =}}. So the comparison in accuracy is not one at equal cost.
#
# *Take from it* the two questions. How many values does each layer leave, how many of them are read, and is that fewer than at the end? And, once all other layers are cheap, what does the first one cost? Both are asked of any network in a minute.
#
# *Choose the block* for a network of a few layers on small pictures, if it can pay for the slower shrinking. Then decide which way the last kernel lies, and say so: the name alone does not.

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements about EffNet that are worth a second look, each with our verdict.
