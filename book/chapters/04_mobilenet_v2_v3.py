# ---
# title: MobileNet V2 and V3
# minutes: [75, 75]
# before: depthwise and pointwise (1×1) convolutions and how their multiply-adds are counted ({chapter}`1`); MobileNet V1, which stacks the two ({chapter}`3`); what a shortcut is ({chapter}`2`).
# objectives:
#   relu: say what a ReLU loses of a narrow embedding, and name the decoder by which you judge
#   block: tell V2's block from those of V1 and ResNet, count it, and say which blocks have a shortcut
#   slices: compute a block slice by slice, and say how much memory that takes
#   v3: say what V3 changed, and find the mistakes that published copies of its block make
# ---

# %% card [markdown]
# # MobileNet V2 and V3: carry little, work wide
#
# In MobileNet V1 one number, the width, says two things: how much a network carries from layer to layer, and how much it has to work with. {cite:t}`sandler2018mobilenetv2` take the two apart. Their block was the starting point of V3 {cite:p}`howard2019mobilenetv3` and of most light networks since.

# %% [markdown] objective="block"
# ## One width for two jobs
#
# {chapter}`MobileNet V1 <3>` {cite:p}`howard2017mobilenets` repeats one pair of layers: {term}`depthwise <depthwise convolution>` 3×3, then {term}`pointwise <pointwise convolution>`, each with {term}`batch norm` and a {term}`ReLU`. Whatever such a pair computes, it also hands on: its output is the next pair's input, in full {term}`width`.

# %% hide="code"
from functools import partial

import matplotlib.pyplot as plt
import torch
from torch import nn

from lightnets_edu import cost, show, timing, verdict
from lightnets_edu.checks import Check
from lightnets_edu.layers import SqueezeExcite
from lightnets_edu.models import MODELS
from lightnets_edu.models.mobilenet_v1 import DepthwiseSeparable
from lightnets_edu.models.mobilenet_v2 import (
    TABLE_2, InvertedResidual, MobileNetV2,
)
from lightnets_edu.models.mobilenet_v3 import SIZES, Bneck, MobileNetV3
from lightnets_edu.models.resnet import Bottleneck

show.vector_plots()
image = (1, 3, 224, 224)
COLOURS = {"pointwise": "#0072B2", "standard": "#009E73",
           "depthwise": "#D55E00"}


def rows_of(name):
    """The cost rows of a network of the catalogue."""
    with torch.device("meta"):    # counting needs no values
        return cost.layer_costs(MODELS[name](), image)


def share(rows, kind="pointwise"):
    """Share of the multiply-adds that layers of one kind do."""
    return (cost.total(r for r in rows if r.kind == kind).macs
            / cost.total(rows).macs)


def two_maps(rows):
    """The most that one convolution reads and writes, without weights."""
    return max(r.access - r.params for r in rows if r.kind in COLOURS)


v1 = rows_of("mobilenet_v1_1.0")
show.table(
    ["MobileNet V1", "how many"],
    [("parameters", f"{cost.total(v1).params:,}"),
     ("multiply-adds", f"{cost.total(v1).macs:,}"),
     ("of these in 1×1 layers", f"{share(v1):.1%}"),
     ("input and output of one layer, the most elements",
      f"{two_maps(v1):,}")])

# %% hide="code" name="fig-v1-maps" alt="Bars, one for each of the thirteen pairs of MobileNet V1. The first is by far the highest. From there they fall, by about half wherever the map is made smaller." caption="What V1's pairs hand on, in elements: channels times positions."
handed = [(r.c_out, r.out_shape[2]) for r in v1 if r.kind == "pointwise"]
fig, ax = plt.subplots(figsize=(7, 2.2))
ax.bar(range(1, 1 + len(handed)), [c * side**2 for c, side in handed],
       color="#0072B2")
for i, (c, _) in enumerate(handed, 1):
    ax.text(i, c * handed[i - 1][1]**2, c, ha="center", va="bottom",
            fontsize=9)
ax.set(xlabel="pair (above: its output channels)", ylabel="elements",
       xticks=range(1, 1 + len(handed)))
ax.yaxis.set_major_formatter("{x:,.0f}")
plt.show()

# %% [markdown]
# A narrow V1 is cheap in everything, but what it carries and what it works with shrink together. Why not carry a narrow {term}`map` and widen it inside each pair? We shall see that something stands in the way: the ReLU.

# %% objectives [markdown]
# ## You will be able to

# %% predict [markdown] name="size" objective="block"
# ## Predict first
#
# V1 takes {{= f"{cost.total(v1).macs / 1e6:.0f}" =}} million {term}`multiply-adds <multiply-add>` and {{= f"{cost.total(v1).params / 1e6:.1f}" =}} million {term}`parameters <parameter>`. V2's {term}`blocks <block>` make each map six times wider before they {term}`filter` it, and have a second 1×1 layer for that. How does V2 compare?
#
# :field: V2's multiply-adds
# :unit: million
# :answer: f"{cost.total(v2).macs / 1e6:.0f}"
# :wrong: above 569: It would be, if V2 carried maps as wide as V1's.
# :wrong: 400 to 569: The maps that it carries are much narrower than V1's.
# :field: Its parameters
# :choices: fewer | as many | more
# :answer: "fewer" if cost.total(v2).params < cost.total(v1).params else "more"

# %% predict [markdown] name="decoders" objective="relu"
# ### What does a ReLU leave?
#
# Take a spiral in the plane. A random matrix $T$ sends it into a space of $n$ {term}`dimensions <dimension>`: an {term}`embedding`. A ReLU sets what is negative to zero. Can the spiral be brought back? Whoever brings it back is called a {term}`decoder`. We try two: the inverse of $T$ (strictly, its {term}`pseudo-inverse`), and the best {term}`affine` map, a matrix and a shift fitted to the spiral. How large is the {term}`error <root mean square>` that remains at $n = 15$, as a share of the spiral's size?
#
# :field: With the best affine map
# :choices: about 1% | about 10% | about half
# :answer: size_of(many[15].affine)
# :wrong: about half: Fifteen coordinates describe two; about half of them survive at each point.
# :field: With the inverse of T
# :choices: about 1% | about 10% | about half
# :answer: size_of(many[15].inverse)
# :wrong: about 1%: The inverse does not know of the ReLU, which on average leaves half of a coordinate.

# %% [markdown] objective="relu" claims="M2-07,M2-08,M2-16"
# ## See it: what a ReLU leaves
#
# Here is the spiral, and what comes back of it. {show}`In two dimensions <fig-manifold n=2>` whole sectors are lost: where both coordinates are negative, everything becomes {term}`one point <dead>`; where one is, a {term}`line <flattened>` is left. {show}`In five <fig-manifold n=5>` most points {term}`can still be told <decodable>` from their neighbours, though the spiral looks broken, {show}`in thirty <fig-manifold n=30>` all do. {show}`Without a ReLU <fig-manifold n=2 relu=false>` two dimensions are enough. Chance is not the best of designers: take {show}`five lines <fig-manifold n=5>`, turn them by hand, and try to lose no point.

# %% hide="code" name="fig-manifold" alt="A spiral in the plane, crossed by a line for each coordinate, on which that coordinate is zero; behind the lines points are flattened or dead. Beside it, what a decoder makes of the spiral: squeezed onto lines or into one point where dimensions are few, as before where there are thirty. Further, small copies with their errors for five numbers of dimensions, and a histogram of the errors of the matrices drawn so far." caption="A spiral, embedded by a random matrix, through a ReLU and back. Behind each line one coordinate is zero: turn the lines and see points die, pull the spiral, or draw another matrix."
from typing import NamedTuple

from lightnets_edu.widgets import ReluManifold


class Many(NamedTuple):
    """What many random matrices do, for one n."""

    affine: float       # mean error of the best affine decoder
    inverse: float      # median error of the inverse of T
    decodable: float    # mean share of points
    dead: float


def size_of(error):
    """An error in the words of the prediction."""
    return ("about 1%" if error < 0.03
            else "about 10%" if error < 0.25 else "about half")


manifold = ReluManifold(n=3)
many = {int(n): Many(affine, inverse, decodable, dead)
        for n, affine, _, _, inverse, _, decodable, dead
        in manifold.averages}
coins = {n: 1 - (n + 1) / 2**n for n in many}
manifold

# %% [markdown]
# {answer}`decoders`
#
# Over {{= len(manifold.matrices) =}} matrices, at $n = 15$ the best affine map leaves an error of {{= f"{many[15].affine:.1%}" =}}, the inverse of $T$ one of {{= f"{many[15].inverse:.0%}" =}} (its {term}`median`): {show}`it brings the spiral back too small <fig-manifold n=15 decoder="inverse of T">`. So “the ReLU destroys it” means nothing until the decoder is named. The paper's figure uses the inverse ({cite:t}`sandler2018mobilenetv2`, Figure 1). It is an illustration; an argument stands in the paper's appendix.
#
# One thing depends on no decoder. A point can be told from its neighbours if at least two of its $n$ coordinates stay positive. Each is positive or not as by a coin, so on average a share of $1 - (n + 1)/2^n$ of the points survives: a quarter for two dimensions, {{= f"{coins[5]:.0%}" =}} for five. Over its matrices the figure counted {{= f"{many[2].decodable:.1%}" =}} and {{= f"{many[5].decodable:.1%}" =}}.
#
# The lesson for a block: **put the ReLU where the map is wide, and none where it is narrow.**

# %% [markdown] objective="block" claims="M2-01,M2-02,M2-11,M2-12,M2-13,M2-14"
# ## See it: three blocks at one scale
#
# V2's block is made so. A 1×1 layer *{term}`expands <expand>`* the narrow map $t$ times, with $t = 6$ nearly everywhere. A depthwise 3×3 layer filters the wide map; it gives as many {term}`channels <channel>` as it is given. A 1×1 layer *{term}`projects <project>`* it to a narrow one, and no {term}`activation` follows: the paper calls this a {term}`linear bottleneck`. The {term}`shortcut` joins the narrow ends. In ResNet {cite:p}`he2016resnet` it joins the wide ends, and the middle is narrow; hence {term}`inverted residual`.

# %% hide="code" name="fig-blocks-to-scale" alt="Three blocks from left to right, each a flow whose height is its channels. V1 keeps the same height throughout, 128. V2 starts at 24, opens to 144, stays so through the depthwise layer and closes to 24; a line below joins its thin ends. ResNet starts at 256, closes to 64, stays so and opens to 256; a line below joins its thick ends. The last layers of V2 and ResNet are marked as linear." caption="Blocks that work on maps of one size, all at one scale: the height is the number of channels. Blue: 1×1, orange: depthwise 3×3, green: standard 3×3. “Linear”: nothing stands between this layer and the addition. The line below is the shortcut."
BLOCKS = {
    "MobileNet V1": (DepthwiseSeparable(128, 128, 1), 128),
    "MobileNet V2": (InvertedResidual(24, 24, 1, 6), 24),
    "ResNet": (Bottleneck(256, 64, 256, 1), 256),
}


def draw_block(ax, rows, linear):
    """Layers as trapezoids from the channels before to those after."""
    for x, row in enumerate(rows):
        ends = (row.c_in / 2, row.c_out / 2)
        ax.fill([x, x + 1, x + 1, x],
                [ends[0], ends[1], -ends[1], -ends[0]],
                facecolor=COLOURS[row.kind] + "55",
                edgecolor=COLOURS[row.kind])
        if row.c_in == row.c_out != rows[0].c_in:
            ax.text(x + 0.5, ends[0] + 6, row.c_in, ha="center", fontsize=9)
    for x, c, ha in ((-0.06, rows[0].c_in, "right"),
                     (len(rows) + 0.06, row.c_out, "left")):
        ax.text(x, 0, c, ha=ha, va="center", fontsize=9)
    if linear:
        ax.text(len(rows) - 0.5, 0, "linear", rotation=90, fontsize=9,
                ha="center", va="center")
        ax.plot([0, 0, len(rows), len(rows)],
                [-rows[0].c_in / 2, -155, -155, -ends[1]], color="#595959")
    ax.set(xlim=(-0.7, 3.7), ylim=(-170, 160))
    ax.axis("off")


fig, axes = plt.subplots(1, 3, figsize=(7, 3.2))
for ax, (name, (block, c)) in zip(axes, BLOCKS.items(), strict=True):
    rows = [r for r in cost.layer_costs(block, (1, c, 56, 56))
            if r.kind in COLOURS]
    draw_block(ax, rows, linear=name != "MobileNet V1")
    ax.set_title(f"{name}\n{cost.total(rows).macs / 1e6:.1f} M "
                 "multiply-adds", fontsize=10)
plt.show()

# %% [markdown]
# In the next figure you can take the blocks apart. In {show}`V2 <fig-block block="V2" beside="ResNet" layer=1>` the depthwise layer works on all {{= BLOCKS["MobileNet V2"][0].depthwise[0].groups =}} channels, and still does fewer multiply-adds than either 1×1 layer. In {show}`ResNet <fig-block block="ResNet" beside="V2" layer=1>` the {term}`dense` 3×3 layer pays most, so there it is the middle that has to be narrow. {show}`V1's pair <fig-block block="V1" beside="V2" layer=1>` has no shortcut, and this one neither widens nor narrows.

# %% hide="code" name="fig-block" alt="Two blocks side by side on one scale, as flows from left to right with their layers as boxes. In V2 a 1×1 layer opens the flow six times, a depthwise layer works on the wide flow, and a 1×1 layer closes it; ResNet's flow is wide at both ends and narrow in the middle. Shortcuts run above and are added at the end. ResNet's bars of parameters and multiply-adds are eight times as long." caption="The same blocks, and one each of MnasNet and V3, of which more below, two at a time on one scale. Point at a layer to see what it costs."
from lightnets_edu.widgets import BlockAnatomy

mnas = Bneck(40, 120, 40, 5, 1, True, "RE")
mnas.se = SqueezeExcite(120, 40 // 4)    # a quarter of the block's input
BlockAnatomy.of({
    "V2": (InvertedResidual(24, 24, 1, 6), (1, 24, 56, 56)),
    "V1": (DepthwiseSeparable(128, 128, 1), (1, 128, 56, 56)),
    "ResNet": (Bottleneck(256, 64, 256, 1), (1, 256, 56, 56)),
    "MnasNet": (mnas, (1, 40, 28, 28)),
    "V3": (Bneck(40, 120, 40, 5, 1, True, "RE"), (1, 40, 28, 28)),
}, beside="ResNet")

# %% [markdown] objective="block" claims="M2-01"
# ## Count it: formula, function, layers
#
# At each of $H \times W$ positions a block of {term}`stride` 1 uses every {term}`weight` once. With $C_\text{in} t$ channels in the middle that makes
#
# $$
# H W \cdot C_\text{in}\, t\, (C_\text{in} + K^2 + C_\text{out})
# $$
#
# multiply-adds ({cite:t}`sandler2018mobilenetv2`, Section 3.3, with other letters). For $24 \to 144 \to 24$ channels at $56 \times 56$ positions:

# %%
c_in, c_out, t, side = 24, 24, 6, 56
wide = c_in * t
formula = side**2 * c_in * t * (c_in + 3**2 + c_out)
function = (cost.conv_macs(c_in, wide, 1, side)
            + cost.conv_macs(wide, wide, 3, side, groups=wide)
            + cost.conv_macs(wide, c_out, 1, side))
block = InvertedResidual(c_in, c_out, stride=1, expansion=t)
counted = cost.total(cost.layer_costs(block, (1, c_in, side, side))).macs
print(f"{formula:,}  {function:,}  {counted:,}")

# %% [markdown]
# A standard 3×3 layer on the wide map would take {{= f"{cost.conv_macs(wide, wide, 3, side) / counted:.0f}" =}} times as many as the whole block. Only because the filter is depthwise can the block afford to work wide.

# %% predict [markdown] name="shortcuts" objective="block"
# ### How many shortcuts?
#
# V2 has {{= sum(row.n for row in TABLE_2) =}} blocks in seven lines of a table. A line gives the {term}`expansion` $t$, the output channels $c$, the number of blocks $n$ and the stride $s$ of the first; the others have stride 1. The lines have {{= ", ".join(str(row.n) for row in TABLE_2) =}} blocks; all lines but the first widen, and the first narrows. In how many blocks can the input be added to the output?
#
# :field: Blocks with a shortcut
# :answer: sum(b.shortcut for b in network.blocks)
# :wrong: 13: That many have stride 1. Three of them change the number of channels, and two maps of unequal width cannot be added.
# :wrong: 17: With stride 2 the output is smaller than the input.

# %% [markdown] objective="block" claims="M2-03,M2-05,M2-09,M2-10"
# ## Build it: the block and the network
#
# (`whole`, `one_of` and `check_image` refuse sizes that make no sense; `conv_bn` is a {term}`convolution` and its batch norm.)

# %%
show.source(InvertedResidual)

# %% [markdown]
# {term}`ReLU6` is a ReLU that stops at six. The authors chose it because it is robust in arithmetic of low precision ({cite:t}`sandler2018mobilenetv2`, Section 4).

# %%
show.source(MobileNetV2)

# %% hide="code"
with torch.device("meta"):
    network = MobileNetV2()
strides = [b.depthwise[0].stride[0] for b in network.blocks]

# %% [markdown]
# {answer}`shortcuts` {{= sum(b.shortcut for b in network.blocks) =}} of the {{= len(network.blocks) =}} blocks have a shortcut. “A shortcut where the stride is 1”, as the long notes, one of [our sources](../book/claims.md), have it, would be {{= strides.count(1) =}}: it takes equal widths too. And $t$ is not six everywhere: the first block does not expand.

# %% [markdown] claims="M2-04"
# ### Check it: line by line
#
# Table 2 of {cite:t}`sandler2018mobilenetv2` prints the input of each line. We send an image through the network and look.

# %% hide="code"
printed = ["112² × 32", "112² × 16", "56² × 24", "28² × 32", "14² × 64",
           "14² × 96", "7² × 160", "7² × 320", "7² × 1280"]
steps, blocks = [("conv2d", network.stem)], list(network.blocks)
for row in TABLE_2:
    now, blocks = blocks[:row.n], blocks[row.n:]
    steps.append((f"t={row.t} c={row.c} n={row.n} s={row.s}",
                  nn.Sequential(*now)))
steps.append(("conv2d 1×1", network.last))
x, ladder = torch.empty(image, device="meta"), []
for (line, part), expected in zip(steps, printed, strict=True):
    macs = cost.total(cost.layer_costs(part, x.shape)).macs
    x = part(x)
    ladder.append((line, expected, f"{x.shape[2]}² × {x.shape[1]}", macs))
show.table(["line", "the next line's input, as printed", "as it comes out",
            "multiply-adds"], ladder)

# %% [markdown]
# {{= "All lines agree." if all(row[1] == row[2] for row in ladder) else "Not all lines agree." =}} Shapes are not enough, so the tests of this book also copy the weights of an independent implementation, pytorchcv, into ours: the outputs agree.

# %% hide="code"
v2 = rows_of("mobilenet_v2_1.0")
norms = cost.total(r for r in v2 if r.kind == "norm").params
wide_net = cost.total(rows_of("mobilenet_v2_1.4"))

# %% [markdown]
# {answer}`size`
#
# V2 does {{= f"{cost.total(v2).macs:,}" =}} multiply-adds, {{= f"{cost.total(v2).macs / cost.total(v1).macs:.0%}" =}} of V1's, with {{= f"{cost.total(v2).params / cost.total(v1).params:.0%}" =}} of its parameters. It works as wide as V1 does, yet the 1×1 layers are cheap, for one side of each is narrow.
#
# :::{dropdown} Going deeper: 3.4 million, or 3.5?
# Table 4 of {cite:t}`sandler2018mobilenetv2` prints 300 million multiply-adds and 3.4 million parameters for width 1.0, and 6.9 million parameters for width 1.4. We count {{= f"{cost.total(v2).params:,}" =}} for the first, {{= f"{cost.total(v2).params - norms:,}" =}} without batch norm. For the second we and other implementations have {{= f"{wide_net.params / 1e6:.2f}" =}} million; we know no reading that makes what is printed. In words the paper says 19 blocks (Section 4 of {cite:t}`sandler2018mobilenetv2`); its table has {{= len(network.blocks) =}}.
# :::
#
# Where do they spend? In {show}`multiply-adds <fig-mobile-skyline metric=macs>` V1 and V2 both pay in their 1×1 layers. In {show}`parameters <fig-mobile-skyline metric=params>` the end of V2 stands out: the last 1×1 layer and the {term}`classifier`. V3 will work on just that end. In {show}`memory access <fig-mobile-skyline metric=access>` V2 is {{= "dearer" if cost.total(v2).access > cost.total(v1).access else "no dearer" =}} than V1.

# %% hide="code" wide=true name="fig-mobile-skyline" alt="A bar for each layer of MobileNet V2 in the order in which the layers run, and on the same scale the same of MobileNet V1. V2 has many low bars in groups of three, V1 fewer and higher ones. Under the bars a mark for each layer says its kind, and boxes its block." caption="What every layer costs, V2 against V1 on one scale; V3 large can be chosen too. Point at a block of V2 to see what its three layers take together; drag across the last layers to add up the end."
from lightnets_edu.widgets import NetworkSkyline

NetworkSkyline(["mobilenet_v2_1.0", "mobilenet_v1_1.0",
                "mobilenet_v3_large_1.0"], against="mobilenet_v1_1.0")

# %% hide="code"
plain = cost.inverted_residual_peak(
    TABLE_2[0].c, 6 * TABLE_2[0].c, TABLE_2[1].c, 112, 56)

# %% [markdown] objective="slices" claims="M2-17"
# ## Slice by slice
#
# The second block widens from {{= TABLE_2[0].c =}} to {{= 6 * TABLE_2[0].c =}} channels on $112 \times 112$ positions. Run plainly it holds the input, the wide map and the filtered one: {{= f"{plain:,}" =}} {term}`elements <element>` at once, more than the {{= f"{two_maps(v1):,}" =}} of input and output of V1's largest layer. (Uncut and without a shortcut the input could go once it is widened; `cost.inverted_residual_peak` counts it.) To carry little does not save memory by itself.
#
# But the wide map need never be whole. Everything between the two 1×1 layers treats each channel by itself, and the projection is a sum over channels. So widen a {term}`slice` of the channels, filter it, project it, add its share, and forget it ({cite:t}`sandler2018mobilenetv2`, Section 5.1).

# %%
from lightnets_edu.inference import fold_batch_norm, slicewise

show.source(slicewise)

# %% [markdown]
# (`_folded` folds batch norm into its convolution, `_part` takes a slice of a {term}`bias`, `divide` refuses a remainder.) Is it the same function? We compare in float64, and also with one slice left out.

# %%
torch.manual_seed(0)
second = fold_batch_norm(InvertedResidual(16, 24, 2, 6)).eval()
exact = InvertedResidual(16, 24, 2, 6).double()
x = torch.randn(2, 16, 112, 112, dtype=torch.float64)
exact(x)               # in training mode: fills the batch norms' averages
exact.eval()
cut = InvertedResidual(16, 24, 2, 6).double().eval()
cut.load_state_dict(exact.state_dict())
cut.project[0].weight.data[:, -8:] = 0        # the last slice of twelve
with torch.no_grad():
    whole = exact(x)
    rows = [(n, cost.inverted_residual_peak(16, 96, 24, 112, 56, n),
             (slicewise(exact, x, n) - whole).abs().max().item() < 1e-12)
            for n in (1, 2, 3, 6, 12, 96)]
    missed = (slicewise(cut, x, 12) - whole).abs().max().item() < 1e-12
show.table(["slices", "elements at once", "same output to 12 decimals?"],
           [(*row[:2], "yes" if row[2] else "no") for row in rows]
           + [("12, one left out", "", "yes" if missed else "no")])

# %% [markdown]
# With twelve slices the block holds {{= f"{rows[0][1] / rows[4][1]:.1f}" =}} times fewer elements. Together the slices cost as many multiply-adds as before. Do they cost time? The paper found that many small products run slower than one, and advises two to five slices ({cite:t}`sandler2018mobilenetv2`, Section 5.1). We time this block, and the next, on a quarter of the positions.

# %% hide="code" measured=true record="sliced"
third = fold_batch_norm(InvertedResidual(24, 24, 1, 6)).eval()
sliced, old = {}, torch.randn(1, 96, 112, 112)
for name, one, shape in (("second", second, (1, 16, 112, 112)),
                         ("third", third, (1, 24, 56, 56))):
    ways = {str(n): partial(slicewise, one, slices=n)
            for n in (1, 3, 12, shape[1] * 6)}
    if name == "second":
        ways |= {"new map": lambda x: old.clamp(0, 6),
                 "same map": lambda x: old.clamp_(0, 6)}
    sliced[name] = timing.turns(ways, torch.randn(shape), 41)
print("Measured on", timing.machine())
show.table(["slices", "second block", "third block"],
           [(n, timing.summary(sliced["second"][n]),
             timing.summary(sliced["third"][m]))
            for n, m in (("1", "1"), ("3", "3"), ("12", "12"),
                         ("96", "144"))])

# %% [markdown]
# Against one slice, three take {{= verdict.ratio(recorded.sliced["second"]["3"], recorded.sliced["second"]["1"]) =}} the time in the second block ({{= verdict.ratio(recorded.sliced["second"]["3"], recorded.sliced["second"]["1"]).words("slower, as the paper says", "quicker, which the paper does not report", "not told apart") =}}), {{= verdict.ratio(recorded.sliced["third"]["3"], recorded.sliced["third"]["1"]) =}} in the third ({{= verdict.ratio(recorded.sliced["third"]["3"], recorded.sliced["third"]["1"]).words("slower", "quicker", "not told apart") =}}). With twelve slices it is {{= verdict.ratio(recorded.sliced["second"]["12"], recorded.sliced["second"]["1"]) =}} and {{= verdict.ratio(recorded.sliced["third"]["12"], recorded.sliced["third"]["1"]) =}}, with one channel a slice {{= verdict.ratio(recorded.sliced["second"]["96"], recorded.sliced["second"]["1"]) =}} and {{= verdict.ratio(recorded.sliced["third"]["144"], recorded.sliced["third"]["1"]) =}}.
#
# :::{dropdown} Going deeper: where the time goes, one cause tested
# Slices cost calls, and a small product uses a processor less fully. They may save memory traffic: a whole map takes new memory at each call, a slice's memory is used again for the next. We test whether new memory costs. To cut the wide map off at zero and six takes {{= verdict.ratio(recorded.sliced["second"]["new map"], recorded.sliced["second"]["same map"]) =}} as long into a new map as in place: {{= verdict.ratio(recorded.sliced["second"]["new map"], recorded.sliced["second"]["same map"]).words("new memory has its price, and slices save a part of it", "in place is the slower of the two, so new memory is not what costs here", "which decides nothing") =}}. That a slice stays in the processor's cache is a guess that we have not tested.
# :::

# %% [markdown] objective="relu" claims="M2-06"
# ## Measure it: the missing ReLU6
#
# On {term}`ImageNet` the paper found networks with linear bottlenecks more accurate than those with ReLU6 there ({cite:t}`sandler2018mobilenetv2`, Figure 6a), and less is lost where there are shortcuts (footnote 3 of {cite:t}`sandler2018mobilenetv2`). If the cause is that the map is narrow, a wide map should suffer less. So we train three small networks on handwritten digits, twenty of each, each linear or with ReLU6: narrow ones (eight channels between the blocks, forty-eight inside), the same without shortcuts, and wide ones (forty-eight everywhere, $t = 1$).

# %% predict [markdown] name="linear" objective="relu"
# ### What will the ReLU6 do?
#
# Against a linear projection, with ReLU6 behind it:
#
# :field: The narrow network's accuracy is
# :choices: higher | lower | not told apart
# :answer: loss(recorded.accuracies, "narrow").words("higher", "lower", "not told apart")
# :field: The wide network loses
# :choices: as much or more | less | not told apart
# :answer: spared(recorded.accuracies, "wide").words("less", "as much or more", "not told apart")

# %% hide="code"
from lightnets_edu.data import digits
from lightnets_edu.layers import conv_bn
from lightnets_edu.training import fit, repeat, seeds


def small(linear=True, shortcut=True, c=8, t=6):
    """A small V2 for digits of 16 × 16 pixels: four blocks."""
    blocks = [InvertedResidual(c, c, stride, t)
              for stride in (1, 2, 1, 1)]
    for block in blocks:
        block.shortcut = block.shortcut and shortcut
        if not linear:
            block.project.append(nn.ReLU6())
    return nn.Sequential(
        *conv_bn(1, c, 3, stride=2), nn.ReLU6(), *blocks,
        *conv_bn(c, 64, 1), nn.ReLU6(), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(64, 10))


def loss(accuracies, name):
    """The verdict on ReLU6 behind the projection, against none."""
    return verdict.paired(accuracies[name]["ReLU6"],
                          accuracies[name]["linear"])


def gains(accuracies, name):
    """What ReLU6 adds, seed by seed."""
    return [a - b for a, b in zip(accuracies[name]["ReLU6"],
                                  accuracies[name]["linear"], strict=True)]


def spared(accuracies, name):
    """How much less a network loses than the narrow one."""
    return verdict.paired(gains(accuracies, name),
                          gains(accuracies, "narrow"))


train, test = digits(16)
kinds = {"narrow": {}, "narrow, no shortcuts": {"shortcut": False},
         "wide": {"c": 48, "t": 1}}

# %% claims="M2-06" measured=true record="accuracies"
few, recipe = train.take(20), {"epochs": 8, "batch": 25, "lr": 0.1}
chosen, accuracies, rows = seeds(2, of=30), {}, []
for name, sizes in kinds.items():
    found = {way: repeat(partial(small, way == "linear", **sizes), few,
                         test, seeds=chosen, **recipe)
             for way in ("linear", "ReLU6")}
    accuracies[name] = {way: s.accuracies for way, s in found.items()}
    rows.append((name, *found.values(), loss(accuracies, name)))
print("Measured on", timing.machine())
show.table(["network", "linear: mean (lowest to highest)", "with ReLU6",
            "ReLU6 against linear (interval)"], rows)

# %% [markdown]
# {answer}`linear`
#
# By the rule of {chapter}`1`, over {{= len(recorded.accuracies["narrow"]["linear"]) =}} pairs of the same {term}`seed`: in the narrow network ReLU6 changes the accuracy by {{= loss(recorded.accuracies, "narrow") =}}: {{= loss(recorded.accuracies, "narrow").words("it is better with it, against the paper", "it is worse with it, as the paper reports", "which decides nothing") =}}. Without shortcuts the change is {{= loss(recorded.accuracies, "narrow, no shortcuts") =}}; the difference to the narrow network with shortcuts, {{= spared(recorded.accuracies, "narrow, no shortcuts") =}}, {{= spared(recorded.accuracies, "narrow, no shortcuts").words("says that shortcuts make it worse", "bears out the footnote", "decides nothing") =}}. In the wide network it is {{= loss(recorded.accuracies, "wide") =}}. Against the narrow one that is a difference of {{= spared(recorded.accuracies, "wide") =}}: the wide network loses {{= spared(recorded.accuracies, "wide").words("less. That fits narrowness as a cause, and does not prove it: the networks differ in more than width", "more, so narrowness is not the cause", "neither more nor less that we could tell, so narrowness is not shown to be the cause") =}}.
#
# :::{dropdown} Going deeper: how sure these numbers are
# All rows share one {term}`learning rate`. The wide network has no layer that expands, has more weights, and is wrong more rarely, so it has less to lose; what we compare is a difference of differences. With {{= len(test) =}} test images an accuracy of {{= f"{verdict.mean(recorded.accuracies['narrow']['linear']):.0%}" =}} has a sampling error of {{= f"{100 * verdict.sampling_error(verdict.mean(recorded.accuracies['narrow']['linear']), len(test)):.1f}" =}} points either way; chance is {{= f"{verdict.chance(test.y):.0%}" =}}. Training and test digits come from the same writers.
# :::
#
# What do narrow and wide maps hold? We show the narrow linear network, trained on digits, a photograph.

# %% hide="code" measured=true record="signs" wide=true name="fig-photo-maps" alt="Feature maps of a photograph of a temple, in three rows of eight. The first row, in blue and orange, holds the narrow map: soft pictures of the temple with negative and positive values. The other two rows hold channels of the wide map: several are empty in large areas." caption="A photograph through a network trained on digits (seed 0): the narrow map behind the third block, all its channels (above; orange is positive, blue negative), and what the fourth block makes of it, the first channels of the wide map after ReLU6 (below; where it is empty is zero). Photograph: [danielbuechele](https://www.flickr.com/photos/danielbuechele/6061409035/), [CC BY](https://creativecommons.org/licenses/by/2.0/)."
from sklearn.datasets import load_sample_image

torch.manual_seed(0)
net = small()
fit(net, few, test, seed=0, **recipe)
photo = torch.tensor(load_sample_image("china.jpg")).float().mean(dim=2)
photo = nn.functional.adaptive_avg_pool2d(photo[None, None], (160, 240))
photo = (photo - photo.mean()) / photo.std()
with torch.no_grad():
    narrow = net[:6](photo)
    widened = net[6].expand(narrow).clamp(0, 6)
fig, axes = plt.subplots(3, 8, figsize=(9.6, 2.8))
maps = torch.cat([narrow[0], widened[0, :16]])
for ax, values in zip(axes.flat, maps, strict=True):
    most = values.abs().max() or 1
    ax.imshow(values, cmap="signed", vmin=-most, vmax=most,
              interpolation="none")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
for ax, name in zip(axes[:, 0], ("narrow", "wide", "wide"), strict=True):
    ax.set_ylabel(name, fontsize=10)
plt.show()
signs = {"negative": (narrow < 0).float().mean().item(),
         "zero": (widened == 0).float().mean().item()}

# %% [markdown]
# Of the narrow map {{= f"{recorded.signs['negative']:.0%}" =}} is negative. A ReLU6 there would set all of that to zero. In the wide map {{= f"{recorded.signs['zero']:.0%}" =}} is zero too, but there six times as many channels share what there is to hold.

# %% [markdown] objective="v3"
# ## What V3 changed
#
# V3 keeps V2's block and adds two things. The first, {term}`squeeze-and-excite` {cite:p}`hu2018senet`, stands between the depthwise layer and the projection. It takes the mean of every wide channel, sends these means through two small layers, first to fewer numbers and then back, and multiplies each channel by the result, a factor between zero and one. {show}`In the figure of the blocks <fig-block block="V3" beside="V2" layer=3>` it does next to no multiply-adds, and holds {{= (lambda b: f"{sum(p.numel() for p in b.se.parameters()) / sum(p.numel() for p in b.parameters()):.0%}")(Bneck(40, 120, 40, 5, 1, True, "RE")) =}} of the block's parameters.

# %%
show.source(Bneck)

# %% [markdown]
# The second is an activation. *{term}`Swish <swish>`*, $x \cdot \sigma(x)$ with the {term}`sigmoid` $\sigma$, had done well, but a sigmoid is dear on a phone. V3 puts straight lines in its place: the hard sigmoid is $\text{ReLU6}(x + 3)/6$, and {term}`hard-swish` is $x$ times that. Behind the {term}`stem` it stands in the deeper blocks only, and other blocks keep ReLU ({cite:t}`howard2019mobilenetv3`, Section 5.2).

# %% hide="code" name="fig-swish" alt="Three curves from minus five to five. ReLU is zero and then a straight line. Swish and hard-swish dip a little below zero left of the middle and rise towards the line on the right; the two lie close together." caption="Swish, hard-swish and ReLU. Hard-swish is exactly zero up to −3 and exactly the line from 3 on."
x = torch.linspace(-5, 5, 1001)
curves = {"ReLU": torch.relu(x), "swish": nn.functional.silu(x),
          "hard-swish": nn.functional.hardswish(x)}
fig, ax = plt.subplots(figsize=(7, 2.6))
for (name, y), style in zip(curves.items(), (":", "--", "-"), strict=True):
    ax.plot(x, y, style, label=name)
ax.set(xlabel="x", ylabel="output", ylim=(-0.6, 5))
ax.legend()
plt.show()
gap = (curves["hard-swish"] - curves["swish"]).abs().max().item()

# %% [markdown]
# Swish and hard-swish differ by {{= f"{gap:.2f}" =}} at most.
#
# ### What the search chose
#
# V2's table can be said in a sentence. V3's cannot: it was searched. V3 large starts from MnasNet-A1 {cite:p}`tan2019mnasnet`, which a search had found among many networks of such blocks; it rewarded accuracy and time on a real phone. {show}`MnasNet's block <fig-block block=MnasNet beside="V2" layer=1>` is V2's, with {term}`kernels <kernel>` of 3×3 or 5×5, in places with squeeze-and-excite. (The network itself comes in the chapter on EfficientNet.) A second search, NetAdapt, then made single layers narrower, wherever a millisecond less cost least accuracy ({cite:t}`howard2019mobilenetv3`, Section 4).

# %% hide="code" name="fig-search" alt="Two lines of markers over the number of the block. V2's lies at six everywhere but at the first block, where it is one. V3's begins at one, goes to four, stays at three for four blocks, jumps to six once, falls below three, and ends with five blocks at six; squares, some of them filled, stand in two stretches." caption="How many times each block widens: V2 six times nearly everywhere, V3 large as its search chose. Squares: 5×5 kernels; filled: with squeeze-and-excite."
chosen_by = {
    "V2": [(row.t, 3, False) for row in TABLE_2 for _ in range(row.n)],
    "V3 large": [], "V3 small": []}
for size in ("large", "small"):
    c = 16
    for row in SIZES[size][0]:
        chosen_by[f"V3 {size}"].append(
            (row.exp_size / c, row.kernel, row.se))
        c = row.out
fig, ax = plt.subplots(figsize=(7, 2.8))
for name, colour in (("V2", "#0072B2"), ("V3 large", "#D55E00")):
    ts = [t for t, _, _ in chosen_by[name]]
    ax.plot(range(1, 1 + len(ts)), ts, color=colour, label=name)
    for i, (ratio, kernel, se) in enumerate(chosen_by[name], 1):
        ax.plot(i, ratio, "os"[kernel == 5], markeredgecolor=colour,
                markersize=7, color=colour if se else "none")
ax.set(xlabel="block", ylabel="times wider", ylim=(0, 7),
       xticks=range(1, 18))
ax.legend(loc="lower right", bbox_to_anchor=(1, 0.35))
plt.show()

# %% hide="code"
v3 = rows_of("mobilenet_v3_large_1.0")
end = {"V2": sum(r.macs for r in v2 if r.name.startswith("last")),
       "V3": sum(r.macs for r in v3 if r.name.startswith("last")
                 or r.name == "head.0")}
v3_end = SIZES["large"][1:]

# %% [markdown]
# People changed the ends. V2's last 1×1 layer makes {{= f"{network.head[1].in_features:,}" =}} channels at all $7 \times 7$ positions, for {{= f"{end['V2'] / 1e6:.1f}" =}} million multiply-adds, and then averages over them. V3 makes {{= v3_end[0] =}} there, averages, and only then widens to {{= f"{v3_end[1]:,}" =}}, at one position: {{= f"{end['V3'] / 1e6:.1f}" =}} million together. The first layer has {{= v3[0].c_out =}} channels in place of {{= v2[0].c_out =}} ({cite:t}`howard2019mobilenetv3`, Section 5.1).
#
# ### Which preprint has which numbers?
#
# Copies of V3 small differ in the hidden layer of the classifier, and so does what is printed of its size. Do the two belong together?

# %% hide="code"
def with_hidden(width, hidden):
    """V3 small's parameters with another hidden layer."""
    with torch.device("meta"):
        net = MobileNetV3("small", width)
        a, b = net.head[0], net.head[3]
        net.head[0] = nn.Linear(a.in_features, hidden)
        net.head[3] = nn.Linear(hidden, b.out_features)
    return sum(p.numel() for p in net.parameters())


editions = [("earlier", 1280, 2.9, 2.4), ("final", 1024, 2.5, 2.0)]
agreeing = sum(round(with_hidden(width, hidden) / 1e6, 1) == said
               for _, hidden, *both in editions
               for width, said in zip((1.0, 0.75), both, strict=True))
show.table(
    ["preprint", "hidden layer", "width 1.0", "printed, million",
     "width 0.75", "printed, million"],
    [(edition, hidden, with_hidden(1.0, hidden), one,
      with_hidden(0.75, hidden), narrower)
     for edition, hidden, one, narrower in editions])

# %% [markdown]
# {{= "They do: all four sizes" if agreeing == 4 else f"Not quite: {agreeing} of the four sizes" =}} come out as printed in Table 3 of an earlier preprint and of the final paper {cite:p}`howard2019mobilenetv3`. The multiply-adds fell too, from 66 to 56 million (Table 3 of {cite:t}`howard2019mobilenetv3`); the hidden layer explains {{= f"{256 * (SIZES['small'][1] + 1000) / 1e6:.1f}" =}} million of that, and what else changed we do not know. So say which edition you quote.
#
# :::{dropdown} Going deeper: two details of squeeze-and-excite
# MnasNet squeezes to a part of the block's narrow input, V3 to a quarter of the *wide* channels ({cite:t}`howard2019mobilenetv3`, Section 5.3), rounded to a multiple of eight. For $40 \to 120$ channels that is {{= Bneck(40, 120, 40, 5, 1, True, "RE").se.squeeze.out_channels =}} in place of {{= mnas.se.squeeze.out_channels =}}. And Table 2 of {cite:t}`howard2019mobilenetv3` marks squeeze-and-excite at small's last 1×1 layer too; neither torchvision nor timm has it, nor have we.
#
# The tests of this book hold both tables line by line, and compare outputs with pytorchcv under the same weights.
# :::

# %% [markdown] objective="v3"
# ## Pitfalls
#
# ### A shortcut with weights
#
# A well-known collection of networks for {term}`CIFAR-10` puts a 1×1 layer and a batch norm on the shortcut wherever the stride is 1 and the widths differ {cite:p}`shunlu2020shortcut`. It runs, and learns.

# %%
extra = sum(n_in * n_out + 2 * n_out for n_in, n_out, stride in (
    (b.depthwise[0].in_channels if b.expand is None
     else b.expand[0].in_channels, b.project[0].out_channels,
     b.depthwise[0].stride[0]) for b in network.blocks)
    if stride == 1 and n_in != n_out)
print(f"{extra:,} parameters more")

# %% [markdown]
# *What it changes.* Another network, with {{= f"{extra / cost.total(v2).params:.1%}" =}} more parameters. An accuracy found with it is not V2's.
#
# ### Two hard sigmoids
#
# TensorFlow's `hard_sigmoid` was another function than PyTorch's, as a reviewer of PyTorch noted {cite:p}`pytorch2020hardsigmoid`: $x/5 + 1/2$, cut off at zero and one.

# %%
x = torch.tensor([-3.0, -2.5, -1.0, 0.0, 1.0, 2.5, 3.0])
ours = nn.functional.hardsigmoid(x)
theirs = (0.2 * x + 0.5).clamp(0, 1)
for name, y in {"PyTorch, V3": ours, "TensorFlow then": theirs}.items():
    print(f"{name:16}", " ".join(f"{v:6.3f}" for v in y.tolist()))

# %% [markdown]
# *What it changes.* Another function: trained weights load, and give other outputs, up to {{= f"{(ours - theirs).abs().max():.3f}" =}} in each factor.
#
# ### A copy that runs
#
# Here is a copy of V3's block with squeeze-and-excite and hard-swish. The code is ours; one of its mistakes is known from a published copy {cite:p}`bernardomig2020activation`.

# %%
class FoundBneck(nn.Module):
    """V3's block as one may find it. Do not trust it."""

    def __init__(self, c_in, c_mid, c_out, kernel, stride):
        super().__init__()
        def norm(c):
            return nn.BatchNorm2d(c, eps=0.001, momentum=0.01)

        self.stride = stride
        self.pw = nn.Conv2d(c_in, c_mid, 1, bias=False)
        self.pw_bn = norm(c_mid)
        self.dw = nn.Conv2d(c_mid, c_mid, kernel, stride, kernel // 2,
                            groups=c_mid, bias=False)
        self.dw_bn = norm(c_mid)
        self.fc1 = nn.Conv2d(c_mid, c_mid // 4, 1)
        self.fc2 = nn.Conv2d(c_mid // 4, c_mid, 1)
        self.pwl = nn.Conv2d(c_mid, c_out, 1, bias=False)
        self.pwl_bn = norm(c_out)

    def forward(self, x):
        act = nn.functional.hardswish
        y = act(self.pw_bn(self.pw(x)))
        y = self.dw_bn(self.dw(y))
        z = torch.relu(self.fc1(y.mean(dim=(2, 3), keepdim=True)))
        y = act(y * nn.functional.hardsigmoid(self.fc2(z)))
        y = act(self.pwl_bn(self.pwl(y)))
        return x + y if self.stride == 1 else y

# %% hide="code"
from lightnets_edu import copies
from lightnets_edu.copies import n_params

NAMES = {"expand.0": "pw", "expand.1": "pw_bn", "depthwise.0": "dw",
         "depthwise.1": "dw_bn", "se.squeeze": "fc1", "se.expand": "fc2",
         "project.0": "pwl", "project.1": "pwl_bn"}
same_output = partial(copies.same_output, names=NAMES)

torch.manual_seed(0)
rows = []
for sizes in [(16, 64, 16, 3, 1), (40, 120, 40, 5, 1),
              (80, 480, 112, 3, 1)]:
    copy, block = FoundBneck(*sizes), Bneck(*sizes, True, "HS")
    x = 3 * torch.randn(1, sizes[0], 9, 9)
    try:
        shapes = "same" if copy(x).shape == block(x).shape else "differ"
    except RuntimeError:
        shapes = "it stops"
    try:
        outputs = "same" if same_output(copy, block, x) else "differ"
    except RuntimeError as error:
        outputs = ("the weights do not fit" if "size mismatch" in str(error)
                   else "it stops")
    rows.append((" → ".join(map(str, sizes[:3])), shapes, n_params(copy),
                 n_params(block), outputs))
show.table(["channels", "shapes", "parameters, copy", "package", "outputs"],
           rows)

# %% [markdown]
# In two rows even the numbers of parameters agree. You mend the copy in the last exercise.

# %% [markdown]
# ## Exercises
#
# Practice first, with solutions to open. Then come four exercises that count, from easy to hard. Their checks look at a few cases only, the hidden tests at many more: try odd and oblong maps, strides and other widths of your own.

# %% task [markdown] exercise="survives" objective="relu"
# ### Which points survive?
#
# Write `survives(matrix, points)`: for each point, whether at least two of its embedded coordinates are positive. `matrix` has shape `(n, 2)`, `points` has shape `(P, 2)`; return a tensor of `P` truth values. Before you run it: of the points on a circle, how many survive in three dimensions, on average over matrices?
#
# :::{dropdown} Solution
# Row $k$ of the matrix gives coordinate $k$:
#
# ```python
# def survives(matrix, points):
#     return (points @ matrix.T > 0).sum(dim=1) >= 2
# ```
#
# Of three coins, two or three must show heads: half of all cases.
# :::

# %% answer exercise="survives"
def survives(matrix, points):
    """Whether at least two coordinates of each point are positive."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="survives"
with Check("survives") as check:
    matrix = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]])
    points = torch.tensor([[2.0, 1.0], [1.0, 2.0],
                           [-1.0, -2.0], [1.0, -1.0]])
    with check("three coordinates, four points"):
        check.equal(survives(matrix, points),
                    torch.tensor([True, True, False, False]))
    with check("a thousand matrices of three rows: about half"):
        torch.manual_seed(0)
        found = [survives(torch.randn(3, 2), torch.randn(20, 2))
                 for _ in range(1000)]
        check.close(torch.stack(found).float().mean().item(), 0.5, rel=0.06)

# %% task [markdown] exercise="hard_swish" objective="v3"
# ### Hard-swish from straight lines
#
# Write `hard_swish(x)` with nothing but `clamp`, additions, multiplications and divisions. Leave `x` as it is. Before you run it: at which $x$ is hard-swish lowest, and how low?
#
# :::{dropdown} Solution
# ReLU6 is a clamp:
#
# ```python
# def hard_swish(x):
#     return x * (x + 3).clamp(0, 6) / 6
# ```
#
# Between −3 and 3 it is $x(x + 3)/6$, a parabola with its lowest point half-way between its zeros, at $x = -3/2$, where it is $-3/8$.
# :::

# %% answer exercise="hard_swish"
def hard_swish(x):
    """x times ReLU6(x + 3) / 6."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="hard_swish"
with Check("hard_swish") as check:
    x = torch.linspace(-7, 7, 57)
    kept = x.clone()
    with check("from −7 to 7"):
        check.close(hard_swish(x), nn.functional.hardswish(kept), abs=1e-6)
    with check("x is as it was"):
        check.equal(x, kept)

# %% task [markdown] exercise="count_shortcuts" objective="block"
# ### Count the shortcuts
#
# Write `count_shortcuts(lines, c_in)`: how many blocks have a shortcut in a network whose table has these lines `(t, c, n, s)`, and whose first block is given `c_in` channels. Before you run it: which lines can have $n$ shortcuts rather than $n - 1$?
#
# :::{dropdown} Solution
# Only a line's first block can change the stride or the width:
#
# ```python
# def count_shortcuts(lines, c_in):
#     count = 0
#     for t, c, n, s in lines:
#         count += n - 1 + (s == 1 and c == c_in)
#         c_in = c
#     return count
# ```
#
# A line with stride 1 that keeps the width has $n$; V2 has no such line.
# :::

# %% answer exercise="count_shortcuts"
def count_shortcuts(lines, c_in):
    """Blocks of a table (t, c, n, s) whose input can be added."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="count_shortcuts"
with Check("count_shortcuts") as check:
    with check("the network of the paper"):
        check.equal(count_shortcuts(TABLE_2, 32),
                    sum(b.shortcut for b in network.blocks))
    with check("a line that keeps width and stride"):
        check.equal(count_shortcuts([(6, 24, 2, 2), (6, 24, 3, 1)], 16), 4)

# %% task [markdown] exercise="block_bill" objective="block"
# ### The bill of a block
#
# Write `block_bill(c_in, c_out, t, stride, h, w)` for V2's block: a pair of its parameters, those of the batch norms included, and its multiply-adds on an input of `h` × `w` positions. A block with `t = 1` has no layer that expands. The depthwise layer carries the stride, 1 or 2; its kernel is 3×3 and a map of $h \times w$ becomes $\lceil h/s \rceil \times \lceil w/s \rceil$.
#
# :::{dropdown} Hint
# Which of the three layers works on how many positions? A batch norm has two parameters for each channel that it gives.
# :::

# %% answer exercise="block_bill"
def block_bill(c_in, c_out, t, stride, h, w):
    """Parameters and multiply-adds of an inverted residual block."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="block_bill" points=3
with Check("block_bill") as check:
    for sizes, h, w in [((24, 24, 6, 1), 8, 5), ((16, 24, 6, 2), 11, 14),
                        ((32, 16, 1, 1), 7, 12)]:
        c_in, c_out, t, stride = sizes
        real = cost.total(cost.layer_costs(
            InvertedResidual(c_in, c_out, stride, t), (1, c_in, h, w)))
        with check(f"a real block: {c_in} → {c_out}, t = {t}, stride "
                   f"{stride}, on {h} × {w}"):
            check.equal(tuple(block_bill(*sizes, h, w)),
                        (real.params, real.macs))

# %% hide="code"
tight = next(n for n in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 96)
             if cost.inverted_residual_peak(16, 96, 24, 112, 56, n)
             <= two_maps(v1) / 2)
always = 16 * 112**2 + 24 * 56**2    # the input, and the sum

# %% predict [markdown] name="tight" objective="slices"
# ### Predict: how many slices?
#
# The second block of V2, run plainly, holds {{= f"{plain:,}" =}} elements at once. Into how many equal slices must its {{= second.expand[0].out_channels =}} wide channels be cut so that it holds no more than half of what V1's largest layer does, {{= f"{two_maps(v1) // 2:,}" =}}?
#
# :field: Slices
# :answer: tight
# :wrong: 2 to 3: Two maps are whole all the time: the input, and the sum of the shares.
# :wrong: above 11: A slice's maps are soon smaller than the input.

# %% task [markdown] exercise="fewest_slices" objective="slices"
# ### As few slices as memory allows
#
# Write `fewest_slices(c_in, c_mid, c_out, h, w, stride, budget)`: the smallest number of equal slices of the `c_mid` wide channels with which a block never holds more than `budget` elements at once, or `None` where no number is enough. The number must divide `c_mid`; `c_mid` is larger than `c_in`, and with the stride a map shrinks as in the exercise before.
#
# What is held, for one image and without weights:
#
# - all the time the input, and from two slices on the sum of the shares so far;
# - all the time the filtered slice;
# - beside these either the slice of the wide map (while it is filtered) or the slice's share of the output (while it is projected), whichever is larger.
#
# :::{dropdown} Hint
# `cost.inverted_residual_peak` counts this; look at its arguments. Does the number always fall when there are more slices?
# :::

# %% answer exercise="fewest_slices"
def fewest_slices(c_in, c_mid, c_out, h, w, stride, budget):
    """The fewest equal slices that keep to the budget, or None."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="fewest_slices" points=3
with Check("fewest_slices") as check:
    sizes = (16, 96, 24, 112, 56, 2)
    peak = partial(cost.inverted_residual_peak, 16, 96, 24, (112, 56),
                   (56, 28))
    with check("an oblong map, stride 2: what three slices hold is enough"):
        check.equal(fewest_slices(*sizes, peak(3)), 3)
    with check("one element less: four"):
        check.equal(fewest_slices(*sizes, peak(3) - 1), 4)
    with check("no limit: the map may stay whole"):
        check.equal(fewest_slices(*sizes, 10**9), 1)
    with check("less than the input: never"):
        check.equal(fewest_slices(*sizes, 16 * 112 * 56), None)

# %% [markdown]
# {answer}`tight` It takes {{= tight =}} slices. The input and the sum of the shares have {{= f"{always:,}" =}} elements together, and no number of slices goes below that.

# %% task [markdown] exercise="running_sums" objective="slices"
# ### The sums so far
#
# Now compute a block slice by slice. Write `running_sums(x, widen, filters, narrow, sizes, stride=1)`. The weights are those of three layers without biases: `widen` has shape `(c_mid, c_in, 1, 1)`, `filters` has shape `(c_mid, 1, k, k)` with an odd `k`, padded by `k // 2`, `narrow` has shape `(c_out, c_mid, 1, 1)`. A ReLU6 follows the first and the second layer. `stride` belongs to the depthwise layer. `sizes` are the sizes of the slices, in order, perhaps unequal.
#
# Return a list with a tensor for each slice: the sum of the shares up to and including it. So the last is what the three layers give; there is no shortcut. Change nothing that you were given. Refuse sizes below one, and sizes that do not add up to the wide channels, with `ValueError`.
#
# :::{dropdown} Hint
# Which dimension of each weight belongs to the wide channels? And `y += share` changes `y` in place, in the list too.
# :::

# %% answer exercise="running_sums"
def running_sums(x, widen, filters, narrow, sizes, stride=1):
    """The sum of the slices' shares, after each slice."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="running_sums" points=4
conv2d = nn.functional.conv2d
with Check("running_sums") as check:
    torch.manual_seed(0)
    x = 2 * torch.randn(2, 4, 9, 6).double()
    widen = 2 * torch.randn(10, 4, 1, 1).double()
    filters = torch.randn(10, 1, 3, 3).double()
    narrow = torch.randn(5, 10, 1, 1).double()
    wide_map = conv2d(x, widen).clamp(0, 6)
    filtered = conv2d(wide_map, filters, padding=1, groups=10).clamp(0, 6)
    got = running_sums(x, widen, filters, narrow, [3, 5, 2])
    with check("three unequal slices: three sums"):
        check.equal(len(got), 3)
    with check("the last sum is what the three layers give"):
        check.close(got[-1], conv2d(filtered, narrow), abs=1e-9)
    with check("the first sum is the first slice's share"):
        check.close(got[0], conv2d(filtered[:, :3], narrow[:, :3]),
                    abs=1e-9)
    for sizes in ([3, 5], [3, 5, 3], [12, -2]):
        with check(f"refused: {sizes} for ten channels"):
            try:
                running_sums(x, widen, filters, narrow, sizes)
            except ValueError:
                pass
            else:
                check.true(False, "no ValueError was raised")

# %% task [markdown] exercise="mended_bneck" objective="v3"
# ### Mend the copy
#
# The `FoundBneck` of the pitfall above has four mistakes: one concerns the width of a layer, two concern activations, one the shortcut. Find them: hold it against the source of `Bneck`.
#
# Then write `MendedBneck(c_in, c_mid, c_out, kernel, stride)`. You may copy what is right. Three rules:
#
# - It gives what `Bneck(c_in, c_mid, c_out, kernel, stride, True, "HS")` gives with the same weights, in evaluation and in training, for maps of every size. `c_mid` is never equal to `c_in`.
# - Its layers keep the names `pw`, `pw_bn` … `pwl_bn`, so that trained weights still load. It has no other parameters.
# - It leaves its input as it was.
#
# With `same_output` you can look at more than the check does.
#
# :::{dropdown} Hint: the width
# The table of the pitfall says for which channels the weights do not fit. `round_channels` of `lightnets_edu.layers` is the rule of the MobileNets.
# :::
#
# :::{dropdown} Hint: the activations
# Where is the map narrow, and where is it wide? Does squeeze-and-excite take the means before the activation or after it?
# :::

# %% answer exercise="mended_bneck"
class MendedBneck(nn.Module):
    """V3's block under the names of the copy."""

    def __init__(self, c_in, c_mid, c_out, kernel, stride):
        super().__init__()
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()

# %% check exercise="mended_bneck" points=4
with Check("MendedBneck") as check:
    with check("40 → 120 → 40 channels: as many parameters"):
        check.equal(n_params(MendedBneck(40, 120, 40, 5, 1)),
                    n_params(Bneck(40, 120, 40, 5, 1, True, "HS")))
    with check("stride 1, other widths: it runs, and nothing is added"):
        torch.manual_seed(0)
        block = Bneck(6, 32, 10, 3, 1, True, "HS")
        check.true(same_output(MendedBneck(6, 32, 10, 3, 1), block,
                               torch.randn(2, 6, 10, 7)),
                   "the outputs differ")

# %% [markdown]
# ### An open question
#
# No points, and no single answer. Squeeze-and-excite needs the means of all wide channels before it may scale the first. Can V3's block still be computed slice by slice? Would you go through the slices twice, keep something in between, or move the squeeze elsewhere? What does each cost, in multiply-adds and in memory?

# %% [markdown] claims="M2-18"
# ## When to choose it
#
# The first numbers again:

# %% hide="code"
def blocks_peak(slices):
    """The most that a block of V2 holds; the first cannot be cut."""
    return max(cost.inverted_residual_peak(
        b.expand[0].in_channels, b.expand[0].out_channels,
        b.project[0].out_channels, side,
        -(-side // b.depthwise[0].stride[0]), slices)
        for b, side in list(zip(network.blocks, sides, strict=True))[1:])


after = [r.out_shape[2] for r in v2 if r.name.endswith("project.0")]
sides = [112, *after[:-1]]
nets = {"V1": v1, "V2": v2, "V3 large": v3}
show.table(
    ["what", *nets],
    [("parameters", *(cost.total(r).params for r in nets.values())),
     ("multiply-adds", *(cost.total(r).macs for r in nets.values())),
     ("of these in 1×1 layers",
      *(f"{share(r):.1%}" for r in nets.values())),
     ("input and output of one layer, the most elements",
      *(two_maps(r) for r in nets.values())),
     ("a block in six slices, the most elements (not the first)",
      "–", blocks_peak(6), "–")])

# %% [markdown]
# V2 does about half of V1's work with fewer parameters, and the 1×1 layers take nearly as large a share as before. What it saves in memory it saves only if it is run in slices.
#
# V2's *block* is the one to know: MnasNet, V3, EfficientNet, and in part GhostNet are made of it. V2 itself is the plain choice where every operation must be simple. V3 is the choice for phones of its time: 75.2% {term}`top-1 accuracy` at 219 million multiply-adds, where V2 has 72.0% at 300 (Table 3 of {cite:t}`howard2019mobilenetv3`). What a search finds is fitted to the device on which it measured; on yours, measure again.
#
# Both are made to carry other tasks too. SSDLite puts {term}`separable layers <separable convolution>` into the head of a detector: with V2 it needs about 20 times less work and 10 times fewer parameters than YOLOv2, with a slightly higher score on COCO ({cite:t}`sandler2018mobilenetv2`, Table 6). Mobile DeepLabV3 is a trimmed head for segmentation, measured on VOC (Table 7 of {cite:t}`sandler2018mobilenetv2`). The chapter on detection comes back to the first.

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements about MobileNet V2 that are worth a second look, each with our verdict.
