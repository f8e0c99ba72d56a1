# ---
# title: EfficientNet
# picture: fig-efficientnet-skyline
# minutes: [70, 60]
# before: "the block of MobileNet V2, squeeze-and-excite and swish ({chapter}`4`); the two dials of MobileNet V1 ({chapter}`3`); the rule for verdicts ({chapter}`1`)"
# objectives:
#   count: say what depth, width and resolution each do to the work of a network, and what a compound coefficient does
#   build: build the block and B0 from its table, scale it to B7 by the rounding rules, and find the mistakes of copies
#   search: run a small grid search, and say honestly whether it tells its candidates apart
#   pay: say what scaling costs on a device, in time and in memory, and when it stops paying
# ---

# %% card [markdown]
# # EfficientNet: three dials, one knob
#
# So far we made networks smaller. {cite:t}`tan2019efficientnet` ask how to make one *larger*: there is work to spend, say twice as much; should it go into more layers, more channels, or more pixels? They couple the three, and scale one small network to eight sizes. We count what each dial costs, build all eight, run the search in small, and ask when the next size no longer pays.

# %% [markdown] objective="count" claims="EN-01,EN-05"
# ## One dial at a time
#
# A network can grow in three ways. **{term}`Depth <depth>`** $d$ multiplies its layers, **{term}`width`** $w$ its {term}`channels <channel>`, **{term}`resolution`** $r$ the sides of its images. The paper takes three older networks and gives each about four times its work: to one dial alone, or shared among all three.

# %% hide="code"
import math
from functools import cache
from statistics import NormalDist, stdev

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_sample_image
from torch import nn

from lightnets_edu import cost, data, show, timing, training, verdict
from lightnets_edu.checks import Check
from lightnets_edu.data import Images
from lightnets_edu.inference import fold_batch_norm
from lightnets_edu.layers import SqueezeExcite, conv_bn, round_channels
from lightnets_edu.models import MODELS
from lightnets_edu.models.efficientnet import (
    HEAD, STAGES, STEM, VARIANTS, EfficientNet, MBConv, conv_bn_tf,
    scale_channels, scale_layers,
)
from lightnets_edu.models.mobilenet_v2 import InvertedResidual

show.vector_plots()
WAYS = {"depth": ("#0072B2", "s"), "width": ("#D55E00", "^"),
        "resolution": ("#009E73", "D"), "all three": ("black", "o")}
# Tables 3 and 7 of the paper, version 5: top-1 accuracy before and after
REPORTED = {"MobileNet V1": (70.6, None, 74.2, 72.7, 75.6),
            "MobileNet V2": (72.0, 76.8, 76.4, 74.8, 77.4),
            "ResNet-50": (76.0, 78.1, 77.7, 77.5, 78.8),
            "EfficientNet-B0": (77.3, 79.0, 78.9, 79.1, 81.1)}


def draw_gains(names):
    fig, ax = plt.subplots(figsize=(7, 0.5 * len(names) + 1.1))
    for i, name in enumerate(names):
        base, *after = REPORTED[name]
        for (way, (colour, mark)), top in zip(WAYS.items(), after,
                                              strict=True):
            if top:
                ax.plot(top - base, i, mark, color=colour, markersize=8,
                        label=way if name == names[-1] else None)
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="points of top-1 accuracy gained", xlim=(0, 6),
           ylim=(len(names) - 0.5, -0.5))
    ax.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.45, 1))
    plt.show()

# %% hide="code" name="fig-efficientnet-dials" alt="Three rows of marks on an axis of points gained, one row for each network, each with a square for depth, a triangle for width, a diamond for resolution and a circle for all three. In each row the circle lies furthest to the right: near five for MobileNet V1, which has no square, a little above five for MobileNet V2, below three for ResNet-50." caption="What about four times the work brings, as {cite:t}`tan2019efficientnet` report it for ImageNet (Table 3; MobileNet V1 has no row for depth alone). Top-1 accuracy: the share of images whose most probable class is the right one."
draw_gains(["MobileNet V1", "MobileNet V2", "ResNet-50"])

# %% [markdown]
# In these reports one dial alone brings less than all three: for ResNet-50 depth alone brings {{= f"{REPORTED['ResNet-50'][1] - REPORTED['ResNet-50'][0]:.1f}" =}} points, and all three together {{= f"{REPORTED['ResNet-50'][4] - REPORTED['ResNet-50'][0]:.1f}" =}} (Table 3 of {cite:t}`tan2019efficientnet`; we quote version 5 throughout). Why should that be? The authors’ reason is an intuition (their Section 3.3): in a larger image the same thing covers more pixels, so the network needs more layers to see it whole, and more channels for the finer patterns in it.

# %% hide="code" name="fig-efficientnet-photo" alt="Three square pictures of the same small patch of a photograph, the corner of a temple roof and the lattice windows below it, as coarse squares in the first, finer in the second, finer still in the third." caption="The third dial: the same patch of a photograph at the resolutions of B0, B3 and B5. A window covers more pixels each time, and a 3×3 kernel a smaller part of them. Photograph: danielbuechele, [CC BY](https://creativecommons.org/licenses/by/2.0/)."
photo = torch.tensor(load_sample_image("china.jpg") / 255.0).float()
photo = photo.permute(2, 0, 1)[None, :, :, 100:527]
fig, axes = plt.subplots(1, 3, figsize=(7, 2.5))
for ax, name in zip(axes, ("b0", "b3", "b5"), strict=True):
    size = VARIANTS[name][2]
    view = nn.functional.interpolate(photo, size=(size, size),
                                     mode="bilinear", antialias=True)
    a, b, c, d = (round(size * share) for share in (.17, .37, .06, .26))
    ax.imshow(view[0, :, a:b, c:d].permute(1, 2, 0).clamp(0, 1),
              interpolation="nearest")
    ax.set_title(f"{size}×{size}", fontsize=10)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
plt.show()

# %% objectives [markdown]
# ## You will be able to

# %% predict [markdown] name="double" objective="count"
# ## Predict first
#
# B0 is the small network from which all others come; its {term}`blocks <block>` are those of MobileNet V2. We double one dial and leave the others. **How many times the {term}`multiply-adds <multiply-add>` does it then do?**
#
# :field: Every width doubled
# :answer: f"{laws['width'].macs / b0.macs:.2f}"
# :wrong: 4: That is the law of a standard layer, with channels on both sides. Which layers of the block have one filter for each channel?
# :wrong: 2: So it would be if no layer had channels on both sides.
# :field: Both sides of the image doubled
# :answer: f"{laws['resolution'].macs / b0.macs:.2f}"
# :wrong: 2: The image has twice the side, so four times the positions.

# %% predict [markdown] name="b1" objective="build"
# ### And the first step up?
#
# B1 is B0 with a depth of $1.1$ and the same widths. B0 has {{= sum(row.layers for row in STAGES) =}} blocks, in {{= len(STAGES) =}} {term}`stages <stage>`.
#
# :field: B1’s blocks
# :answer: blocks_of["b1"]
# :wrong: 17 to 18: So it is for the sum. But each stage is scaled by itself, and a stage has whole blocks.

# %% [markdown] objective="count" claims="EN-02"
# ## See it: one knob
#
# The paper’s **{term}`compound scaling`** sets three constants once, and turns one knob, the **{term}`compound coefficient`** $\varphi$ (Equation 3 of {cite:t}`tan2019efficientnet`):
#
# $$
# d = \alpha^\varphi, \qquad w = \beta^\varphi, \qquad r = \gamma^\varphi,
# \qquad \alpha\,\beta^2\gamma^2 \approx 2 .
# $$
#
# $\alpha$, $\beta$ and $\gamma$ say how the work is shared out, $\varphi$ how much of it there is. Begin with {show}`one doubling, shared out <fig-efficientnet-knob phi=1>`, and turn it up to {show}`three doublings <fig-efficientnet-knob phi=3>`. Then give all of it {show}`to depth <fig-efficientnet-knob phi=3 mode=depth>`, {show}`to width <fig-efficientnet-knob phi=3 mode=width>` or {show}`to resolution <fig-efficientnet-knob phi=3 mode=resolution>`. The budget is $2^\varphi$ times B0’s work. Read the figure’s last line: does the network that is counted keep to it? Whole layers and channels make it move in steps, so even one doubling may miss.

# %% hide="code" wide=true name="fig-efficientnet-knob" alt="The stages of a network as boxes in a row, as high as they have channels, as wide as they have layers, the outline of B0 behind them. Below, bars say what depth, width and resolution each take of the work, in doublings, for the network drawn and for B0 to B7 as published." caption="B0’s stages, scaled. The bars below say how the work is shared out. Drag a stage, a bar’s end, or the knob; compare with what was published."
from lightnets_edu.widgets import CompoundScaling

CompoundScaling(phi=1)

# %% [markdown] objective="count" claims="EN-03,EN-04"
# ## Count it: linear, quadratic, quadratic
#
# The constraint rests on three laws. In a plain network of {term}`standard layers <standard convolution>` the work is
#
# $$
# \underbrace{d}_{\text{layers}} \cdot \underbrace{(w\,C_\text{in})(w\,C_\text{out})}_{\text{channels before and behind}} \cdot K^2 \cdot \underbrace{(r H)(r W)}_{\text{positions}} \;\propto\; d\,w^2 r^2 .
# $$
#
# One doubling by the law: formula, function, and the layers of B0 itself.

# %%
ALPHA, BETA, GAMMA = 1.2, 1.1, 1.15    # Section 4 of the paper


def by_law(d, w, r):
    """Times as much work, by the law of standard layers."""
    return d * w**2 * r**2


def plain_macs(d, w, r):
    """A stack of 4·d standard 3×3 layers on 16·w channels."""
    return 4 * d * cost.conv_macs(16 * w, 16 * w, 3, 56 * r)


@cache
def rows_of(width, depth, size):
    with torch.device("meta"):    # sizes only: no weights are drawn
        net = EfficientNet(width, depth)
    return cost.layer_costs(net, (1, 3, size, size))


def bill(width=1.0, depth=1.0, size=224):
    """What an EfficientNet costs for one image, by its layers."""
    return cost.total(rows_of(width, depth, size))


b0 = bill()
laws = {"depth": bill(depth=2), "width": bill(width=2),
        "resolution": bill(size=448)}
DOUBLED = {"depth": (2, 1, 1), "width": (1, 2, 1), "resolution": (1, 1, 2)}
show.table(
    ["doubled", "law", "plain stack", "B0, counted", "its parameters"],
    [(name, by_law(*by), plain_macs(*by) // plain_macs(1, 1, 1),
      f"{laws[name].macs / b0.macs:.2f}",
      f"{laws[name].params / b0.params:.2f}")
     for name, by in DOUBLED.items()])

# %% hide="code"
b0_rows = cost.layer_costs(MODELS["efficientnet_b0"](), (1, 3, 224, 224))
one_sided = sum(r.macs for r in b0_rows if r.kind == "depthwise")
coupled = ALPHA * BETA**2 * GAMMA**2

# %% [markdown]
# {answer}`double`
#
# For standard layers the law is exact. In B0 twice the width is {{= f"{laws['width'].macs / b0.macs:.2f}" =}} times the work and not four: {{= f"{one_sided / b0.macs:.0%}" =}} of it is in {term}`depthwise <depthwise convolution>` layers, which have one {term}`filter` a channel and grow with $w$ alone, and the {term}`stem` reads three colours whatever $w$ is. Twice the resolution is {{= f"{laws['resolution'].macs / b0.macs:.3f}" =}}: only what stands behind an average, {term}`squeeze-and-excite` and the {term}`classifier`, does not see the image grow. Twice the depth is a little above two, and this is a net of several things: the first block of a stage is not repeated, which may cost less than the others or, before a {term}`stride`, more; stem, last layer and classifier are not repeated either. Resolution is the dial that adds no {term}`parameter`.
#
# The published constants, $\alpha = 1.2$, $\beta = 1.1$, $\gamma = 1.15$ (Section 4 of {cite:t}`tan2019efficientnet`), make $\alpha\beta^2\gamma^2 =$ {{= f"{coupled:.2f}" =}}, not two. At $\varphi = 7$ this is {{= f"{coupled**7:.0f}" =}} times the work where $2^\varphi$ is {{= 2**len(list(VARIANTS)[1:]) =}}.

# %% [markdown] objective="build" claims="EN-08"
# ## Build it: the block
#
# The block is **{term}`MBConv`**, the {term}`inverted residual` of MobileNet V2 with three changes: {term}`kernels <kernel>` may be 5×5, {term}`squeeze-and-excite` stands before the projection, and the {term}`activation` is **{term}`swish`**, $x \cdot \sigma(x)$, which PyTorch calls SiLU. The search by which B0 was found could choose such blocks, or other {term}`convolutions <convolution>`, with and without squeeze-and-excite, from the space of MnasNet {cite:p}`tan2019mnasnet`. `conv_bn_tf` is our convolution and {term}`batch norm` with the numbers of the authors’ TensorFlow code: averages keep 0.99 of the old at each step (Section 5.2 of {cite:t}`tan2019efficientnet`).

# %%
show.source(MBConv)

# %% [markdown]
# See where it spends: {show}`its weights and its work <fig-efficientnet-block block="MBConv">`; then {show}`a 3×3 kernel <fig-efficientnet-block block="3×3">`, and {show}`without squeeze-and-excite <fig-efficientnet-block block="no squeeze">`.

# %% hide="code" wide=true name="fig-efficientnet-block" alt="Two blocks as flows of channels from left to right on one scale. MBConv opens from 40 channels to 240, filters them, squeezes their means to ten numbers and back in a side path, and closes to 40 again; beside it the block of MobileNet V2, which has no side path. Shortcuts lead around both." caption="MBConv with a 5×5 kernel and the block of MobileNet V2, both on $40$ channels of 28×28 positions. Height is channels. Squeeze-and-excite has many weights and next to no work: it works on one number a channel."
from lightnets_edu.widgets import BlockAnatomy

on = (1, 40, 28, 28)
BlockAnatomy.of({
    "MBConv": (MBConv(40, 40, 5, 1, 6), on),
    "3×3": (MBConv(40, 40, 3, 1, 6), on),
    "no squeeze": (MBConv(40, 40, 5, 1, 6, squeeze=0), on),
    "MobileNet V2": (InvertedResidual(40, 40, 1, 6), on)},
    beside="MobileNet V2")

# %% hide="code"
in_se = [r for r in b0_rows if ".se." in r.name]
se_share = {what: sum(getattr(r, what) for r in in_se) / getattr(b0, what)
            for what in ("params", "macs")}


def with_squeeze(channels):
    """B0 whose squeeze-and-excite narrows to channels(wide) each."""
    net = MODELS["efficientnet_b0"]()
    for block in net.blocks:
        wide = block.depthwise[0].out_channels
        block.se = SqueezeExcite(wide, channels(wide))
    return net


with torch.device("meta"):
    se_copies = {
        "a quarter of the block’s input": b0,
        "a quarter of the expanded channels": cost.total(cost.layer_costs(
            with_squeeze(lambda wide: wide // 4), (1, 3, 224, 224))),
        "as many as the expanded channels": cost.total(cost.layer_costs(
            with_squeeze(lambda wide: wide), (1, 3, 224, 224)))}

# %% [markdown]
# Squeeze-and-excite has {{= f"{se_share['params']:.0%}" =}} of B0’s parameters and {{= f"{se_share['macs']:.2%}" =}} of its multiply-adds. Mind its width: a quarter of the block’s *input*, so that $40 \to 240$ channels are squeezed to ten and not to sixty. Readers took this for a slip. It is meant so, the author answered {cite:p}`dkatsios2019squeeze`.

# %% [markdown] objective="build" claims="EN-09,EN-06,EN-07,EN-10"
# ## Build it: the network
#
# B0 is one table (Table 1 of {cite:t}`tan2019efficientnet`). MBConv6 is the block with an {term}`expansion` of six, MBConv1 that without a layer that expands. The paper counts the stem as stage 1, so these seven are its stages 2 to 8.

# %% hide="code"
show.table(["paper’s stage", "block", "kernel", "stride", "channels",
            "layers"],
           [(i, f"MBConv{row.expansion}", f"{row.kernel}×{row.kernel}",
             row.stride, row.c_out, row.layers)
            for i, row in enumerate(STAGES, 2)])

# %%
show.source(EfficientNet)

# %% hide="code"
def ladder(net, size=224):
    """A line for each stage of the table, measured on real layers."""
    rows = cost.layer_costs(net, (1, 3, size, size))
    ends, lines, first = [0], [], 0
    for row in STAGES:
        ends.append(ends[-1] + row.layers)
    parts = [("stem", ("stem.",))]
    for row, first, last in zip(STAGES, ends, ends[1:], strict=False):
        name = (f"MBConv{row.expansion}, {row.kernel}×{row.kernel}, "
                f"stride {row.stride}, {row.layers} ×")
        parts.append((name, tuple(f"blocks.{i}." for i in
                                  range(first, last))))
    parts.append(("1×1, mean, linear", ("last.", "head.")))
    for name, starts in parts:
        own = [r for r in rows if r.name.startswith(starts)]
        maps = [r for r in own if r.kernel and ".se." not in r.name]
        shape = "×".join(map(str, maps[-1].out_shape[1:]))
        lines.append((name, shape, *cost.total(own)[:2]))
    return lines


with torch.device("meta"):
    b0_ladder = ladder(EfficientNet())
show.table(["stage", "map behind it", "parameters", "multiply-adds"],
           b0_ladder)

# %% hide="code"
mnasnet = cost.total(cost.layer_costs(MODELS["mnasnet_a1"](),
                                      (1, 3, 224, 224)))

# %% [markdown]
# In all {{= f"{b0.params:,}" =}} parameters and {{= f"{b0.macs / 1e6:.1f}" =}} million multiply-adds. The search that gave the table looked at accuracy and multiply-adds together, with a target of 400 million (Section 4 of {cite:t}`tan2019efficientnet`); MnasNet-A1, which came from the same space of networks with accuracy and the *time on a phone* as its measure {cite:p}`tan2019mnasnet`, has {{= f"{mnasnet.params:,}" =}} and {{= f"{mnasnet.macs / 1e6:.1f}" =}} million.
#
# Where does B0 spend, and where B3? Compare {show}`the work <fig-efficientnet-skyline metric=macs>` with {show}`the parameters <fig-efficientnet-skyline metric=params>`; then {show}`B0 beside MnasNet <fig-efficientnet-skyline shown=efficientnet_b0 against=mnasnet_a1>`.

# %% hide="code" wide=true name="fig-efficientnet-skyline" alt="A bar for each layer of EfficientNet-B0 and, on the same scale, of B3. B3 has more bars and higher ones. Bars are highest in the early blocks and at the 1×1 layer before the classifier; between them tall 1×1 layers alternate with low depthwise ones." caption="What every layer costs, B0 above and B3 below, each at its own resolution. Here “depth” among the kinds of layers means depthwise. Drag across several bars to add them up."
from lightnets_edu.widgets import NetworkSkyline

NetworkSkyline(["efficientnet_b0", "efficientnet_b3", "mnasnet_a1"],
               against="efficientnet_b3")

# %% [markdown] objective="build"
# ## Scale it: whole blocks, whole channels
#
# A network has no $1.1$ layers. Two rules make numbers whole; both are in the authors’ code and not in the paper:
#
# - layers are rounded **up**, stage by stage: `ceil(layers * depth)`;
# - channels are rounded to the **nearest multiple of eight** that keeps at least nine tenths: `round_channels(channels * width)`.

# %%
variants, blocks_of = {}, {}
for name, (width, depth, size) in VARIANTS.items():
    variants[name] = bill(width, depth, size)
    blocks_of[name] = sum(scale_layers(row.layers, depth) for row in STAGES)
show.table(
    ["network", "width", "channels of the stages", "depth", "blocks",
     "image"],
    [(name.upper(), str(w), ", ".join(
        str(scale_channels(row.c_out, w)) for row in STAGES),
      str(d), blocks_of[name], size)
     for name, (w, d, size) in VARIANTS.items()])

# %% [markdown]
# {answer}`b1`
#
# B1 has {{= blocks_of["b1"] =}} blocks, {{= f"{blocks_of['b1'] / blocks_of['b0']:.2f}" =}} times B0’s: even a stage of one block gets a second. And a width of $1.1$ leaves {{= sum(scale_channels(row.c_out, 1.1) == row.c_out for row in STAGES) =}} of the {{= len(STAGES) =}} stages of B2 as wide as they were. So the networks do not keep to their budget, as you saw in the figure. {term}`Rounding <rounding rule>` is no detail: B1 does {{= f"{variants['b1'].macs / b0.macs:.2f}" =}} times B0’s work, where the law makes of its numbers {{= f"{by_law(1.1, 1.0, 240 / 224):.2f}" =}}.
#
# ### Which φ is B4?
#
# The number behind the B need not be $\varphi$. We ask each published number which $\varphi$ would make it:

# %% hide="code"
phis = {name: (math.log(d, ALPHA), math.log(w, BETA),
               math.log(size / 224, GAMMA),
               math.log(variants[name].macs / b0.macs, 2))
        for name, (w, d, size) in VARIANTS.items()}

# %% hide="code" name="fig-efficientnet-phi" alt="Four rising lines over B0 to B7. The lines of depth, width and resolution begin together at zero; depth falls behind from B4 on and ends above six, width and resolution end above seven. The counted work in doublings lies close to them." caption="The φ that each published number would need: depth, width, resolution, and the work that we count, in doublings. One knob would make one line of the first three."
fig, ax = plt.subplots(figsize=(7, 3))
for which, (name, (colour, mark)) in enumerate(
        [*list(WAYS.items())[:3], ("work counted", ("#595959", "o"))]):
    ax.plot([n.upper() for n in phis],
            [values[which] for values in phis.values()],
            color=colour, marker=mark, label=name,
            linestyle="--" if which == 3 else "-")
ax.set(xlabel="network", ylabel="φ, or doublings")
ax.legend()
plt.show()

# %% [markdown]
# B1’s depth and image ask for about a half and its width for none; at a half the width would be {{= f"{BETA**0.5:.2f}" =}}, which to one decimal it is. B2 is at one, B3 near two, and then the dials part: B4’s depth asks for {{= f"{phis['b4'][0]:.1f}" =}}, its width for {{= f"{phis['b4'][1]:.1f}" =}}, its image for {{= f"{phis['b4'][2]:.1f}" =}}. The numbers stand in the authors’ code {cite:p}`tan2019code`, not in the paper, and readers asked, and fitted a $\varphi$ themselves {cite:p}`chuong2019scale`. Compound scaling as a formula is one thing, B4 to B7 as published another: {show}`turn the knob to B7 <fig-efficientnet-knob phi=7 against=B7>` and look at depth.

# %% [markdown] objective="build" claims="EN-07"
# ## Check it: eight networks, two counts

# %% hide="code"
# Table 2 of the paper, version 5: top-1 accuracy, million parameters,
# billions; below it the accuracies of the first versions, as at ICML
PRINTED = {"b0": (77.1, 5.3, 0.39), "b1": (79.1, 7.8, 0.70),
           "b2": (80.1, 9.2, 1.0), "b3": (81.6, 12, 1.8),
           "b4": (82.9, 19, 4.2), "b5": (83.6, 30, 9.9),
           "b6": (84.0, 43, 19), "b7": (84.3, 66, 37)}
EARLY = {"b0": 76.3, "b1": 78.8, "b2": 79.8, "b3": 81.1,
         "b4": 82.6, "b5": 83.3, "b6": 84.0, "b7": 84.4}
off = {n: variants[n].macs / 1e9 / p[2] - 1 for n, p in PRINTED.items()}
moved = {n: PRINTED[n][0] - EARLY[n] for n in PRINTED}
show.table(
    ["network", "parameters", "printed, million", "multiply-adds",
     "printed, billion"],
    [(name.upper(), t.params, PRINTED[name][1], t.macs,
      PRINTED[name][2]) for name, t in variants.items()])

# %% [markdown]
# Parameters agree to the printed digit, but for B2 ({{= f"{variants['b2'].params / 1e6:.2f}" =}} against 9.2 million, Table 2 of {cite:t}`tan2019efficientnet`). Multiply-adds are within {{= f"{max(abs(v) for n, v in off.items() if n not in ('b4', 'b5')):.0%}" =}} of the printed ones, but for B4 and B5 ({{= f"{off['b4']:+.0%} and {off['b5']:+.0%}" =}}); we do not know why. An independent implementation {cite:p}`semery2018pytorchcv` has our counts for all eight, and with the same {term}`weights <weight>` the same outputs; our tests hold the two together. The accuracies depend on the version of the paper: from the first to version 5, B0’s moved by {{= f"{moved['b0']:+.1f}" =}} points and B7’s by {{= f"{moved['b7']:+.1f}".replace('-', '−') =}}.

# %% [markdown] objective="search" claims="EN-03,EN-05"
# ## Measure it: a grid search in small
#
# $\alpha$, $\beta$ and $\gamma$ come from “a small {term}`grid search`” on B0 at $\varphi = 1$ (Section 4 of {cite:t}`tan2019efficientnet`; the paper does not say how many candidates, nor how far apart they were). We ask such a grid with a network of four MBConv blocks that reads digits. Its budget is about *three* times the work of its base (a twentieth more is allowed): with twice, whole pixels and whole blocks leave no candidate that raises all three dials. $\alpha$, $\beta$ and $\gamma$ are one at least.
#
# One thing needs care. Our scans have 8×8 pixels, and enlarged they show nothing new; so the base sees them *shrunk* to 6×6, and resolution has something to give. Images have whole pixels and networks whole blocks: that leaves three values of $\gamma$, and we take two of $\alpha$. $\beta$ follows: the largest, in steps of a tenth, for which the counted work stays in the budget. All share one recipe, which may suit some of them more than others.

# %%
class Tiny(nn.Module):
    """Four MBConv blocks, scaled. (N, 1, H, W) -> (N, 10)."""

    def __init__(self, depth=1.0, width=1.0):
        super().__init__()
        c = round(8 * width)
        layers = [conv_bn_tf(1, c, 3), nn.SiLU()]
        for n, channels, stride in ((2, 12, 1), (2, 16, 2)):
            c_out = round(channels * width)
            for i in range(math.ceil(n * depth)):
                layers.append(MBConv(c, c_out, 3, stride if i == 0 else 1,
                                     expansion=3))
                c = c_out
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(c, 10)
        for norm in self.modules():    # few batches: keep 0.9, not 0.99
            if isinstance(norm, nn.BatchNorm2d):
                norm.momentum = 0.1

    def forward(self, x):
        return self.head(self.body(x).mean(dim=(2, 3)))


SMALL = 6    # pixels of the base's images


def spend(depth, width, size):
    return cost.total(cost.layer_costs(Tiny(depth, width),
                                       (1, 1, size, size)))


budget = 3.15 * spend(1, 1, SMALL).macs    # about three
grid = {}
for size in (6, 7, 8):
    for alpha in (1.0, 1.5):
        beta = None    # at least 1, or the candidate is out
        for try_it in (tenths / 10 for tenths in range(10, 21)):
            if spend(alpha, try_it, size).macs > budget:
                break
            beta = try_it
        if beta:
            grid[f"α {alpha:g}, β {beta:g}, γ {size / SMALL:.2f}"] = (
                alpha, beta, size)

# %% hide="code"
def images(size):
    """The scans shrunk to size × size; few to learn from, all to test."""
    train, test = data.digits(8)
    few = train.take(25)
    shrink = [few.x, test.x]
    if size < 8:
        shrink = [nn.functional.interpolate(
            x, size=(size, size), mode="bilinear", antialias=True)
            for x in shrink]
    return Images(shrink[0], few.y), Images(shrink[1], test.y)


BASE = "the base"
nets = {BASE: (1.0, 1.0, SMALL), **grid}
spent = {name: spend(*how) for name, how in nets.items()}
learn, test = images(SMALL)
recipe = {"epochs": 10, "batch": 50, "lr": 0.1}


def plain_product(name):
    alpha, beta, size = nets[name]
    return by_law(alpha, beta, size / SMALL)

# %% predict [markdown] name="grid" objective="search"
# ### Is the winner told apart?
#
# {{= len(grid) =}} candidates fit the budget. We name the best one on half of the {term}`seeds <seed>`, and judge it on the other half, beside each of the others.
#
# :field: How many of the others are told apart from it there?
# :answer: told_apart(recorded.accuracies)
# :wrong: above 4: That would be all of them. How much do accuracies of small networks differ from seed to seed?

# %% hide="code" measured=true record="accuracies" claims="EN-03,EN-05"
chosen, accuracies = training.seeds(2, of=30), {}
for candidate, (deeper, wider, pixels) in nets.items():
    few, ask = images(pixels)
    accuracies[candidate] = training.repeat(
        lambda by=(deeper, wider): Tiny(*by), few, ask,
        seeds=chosen, **recipe).accuracies
print("Measured on", timing.machine())
show.table(
    ["candidate", "image", "αβ²γ²", "times the work", "parameters",
     "accuracy: mean (lowest to highest)"],
    [(name, f"{nets[name][2]}×{nets[name][2]}",
      f"{plain_product(name):.2f}",
      f"{spent[name].macs / spent[BASE].macs:.2f}", spent[name].params,
      f"{verdict.mean(a):.1%} ({min(a):.1%} to {max(a):.1%})")
     for name, a in accuracies.items()])

# %% hide="code"
def halves(accuracies):
    """Seeds to choose by, and seeds to judge by; the base left out."""
    n = len(accuracies[BASE]) // 2
    return ({name: accuracies[name][:n] for name in grid},
            {name: accuracies[name][n:] for name in grid})


def winner(accuracies):
    first, _ = halves(accuracies)
    return max(grid, key=lambda name: verdict.mean(first[name]))


def judged(accuracies):
    """The winner less each of the others, on fresh seeds."""
    best = winner(accuracies)
    _, fresh = halves(accuracies)
    return {name: verdict.paired(fresh[best], fresh[name])
            for name in grid if name != best}


def told_apart(accuracies):
    found = judged(accuracies).values()
    return sum(v.words("yes", "yes", "") == "yes" for v in found)


def luck(accuracies):
    """How much of the winner's mean is gone on fresh seeds."""
    first, fresh = halves(accuracies)
    best = winner(accuracies)
    return verdict.mean(first[best]) - verdict.mean(fresh[best])


def half_width(accuracies):
    return verdict.mean([(v.high - v.low) / 2
                         for v in judged(accuracies).values()])


def seeds_for(accuracies, points, power=0.8):
    """Pairs until a difference of so many points is found so often.

    Normal approximation: n = ((z of the level + z of the power) s / d)².
    """
    best = winner(accuracies)
    spread = verdict.mean([stdev(
        [a - b for a, b in zip(accuracies[best], accuracies[name],
                               strict=True)])
        for name in grid if name != best])
    z = NormalDist().inv_cdf
    return math.ceil(((z(0.975) + z(power)) * 100 * spread / points)**2)

# %% [markdown]
# {answer}`grid`
#
# The base reads {{= f"{verdict.mean(recorded.accuracies[BASE]):.1%}" =}} of the digits (chance is {{= f"{verdict.chance(test.y):.0%}" =}}; on {{= len(test) =}} test images the sampling error is {{= f"{100 * verdict.sampling_error(verdict.mean(recorded.accuracies[BASE]), len(test)):.1f}" =}} points: how far such an accuracy may lie from that on all digits of the kind; the candidates share it in large part, for they read the same images). On the first {{= len(recorded.accuracies[BASE]) // 2 =}} seeds “{{= winner(recorded.accuracies) =}}” has the highest mean. On the other {{= len(recorded.accuracies[BASE]) - len(recorded.accuracies[BASE]) // 2 =}}, which had no part in the choice, {{= told_apart(recorded.accuracies) =}} of the {{= len(grid) - 1 =}} others {{= "is" if told_apart(recorded.accuracies) == 1 else "are" =}} told apart from it, by the rule of {chapter}`1`:
#
# | the winner, less | difference | verdict |
# |---|---|---|
# | {{= " |\n| ".join(f"{name} | {v} | {v.words('better', 'worse', 'not told apart')}" for name, v in judged(recorded.accuracies).items()) =}} |
#
# {{= "So this grid does not name α, β and γ: another set of seeds could name another winner" if told_apart(recorded.accuracies) < len(grid) - 1 else "So this grid does name its winner, on these digits" =}}. {{= (lambda v: "The winner is the one with the largest images" if v is None else v.words("What it does show is that the candidate with the largest images is behind", "On fresh seeds the candidate with the largest images is ahead of it", "Nor is the candidate with the largest images told apart from it"))(judged(recorded.accuracies).get(max(grid, key=lambda name: grid[name][2]))) =}}. And beside the base, which does about a third of the work, the winner is {{= (lambda v: v.words("better", "worse", "not told apart") + f" ({v})")(verdict.paired(halves(recorded.accuracies)[1][winner(recorded.accuracies)], recorded.accuracies[BASE][len(recorded.accuracies[BASE]) // 2:])) =}}. From the seeds that chose it to the fresh ones the winner’s mean moved by {{= f"{-100 * luck(recorded.accuracies):+.1f}".replace("-", "−") =}} points. The highest of many draws has had luck as well; so we choose on one half and judge on the other.
#
# What would it take? Our {term}`intervals <interval>` reach {{= f"{100 * half_width(recorded.accuracies):.1f}" =}} points either way, on average. To find a difference of half a point in four of five such experiments (a *power* of four fifths) takes about {{= seeds_for(recorded.accuracies, 0.5) =}} pairs of seeds, for a fifth of a point {{= f"{seeds_for(recorded.accuracies, 0.2):,}" =}}. The paper’s grid had the same question, and it reports one result, without seeds or spread (Section 4 of {cite:t}`tan2019efficientnet`). Its gap between one dial and three is about two points (Table 7), from one run each, and a part of it was perhaps bought with work, as the last section counts. That *some* balance pays is plausible; that it is these three numbers is not shown.

# %% [markdown] objective="pay" claims="EN-10"
# ## What it costs on a device
#
# Multiply-adds are not time, nor memory. We time B0, B1 and B3, each at its own resolution; and three changes to B0, to see where its time goes.

# %% hide="code"
class WithReLU(MBConv):
    """ReLU for swish, but not inside squeeze-and-excite."""

    def forward(self, x):
        y = x if self.expand is None else torch.relu(self.expand(x))
        y = self.project(self.se(torch.relu(self.depthwise(y))))
        return x + y if self.shortcut else y


def with_relu(net):
    for block in net.blocks:
        block.__class__ = WithReLU
    net.stem[1] = net.last[1] = nn.ReLU(inplace=True)
    return net


torch.manual_seed(0)
timed, timed_work = {}, {}


def add(name, net, size, t):
    net, x = net.eval(), torch.rand(1, 3, size, size)
    timed[name] = lambda _: net(x)
    timed_work[name] = t.macs


for name in ("b0", "b1", "b3"):
    width, depth, size = VARIANTS[name]
    add(name.upper(), EfficientNet(width, depth), size, variants[name])
add("B0, image of B3", EfficientNet(), 300, bill(size=300))
add("B0, batch norm folded", fold_batch_norm(EfficientNet()), 224, b0)
add("B0, folded, ReLU for swish",
    with_relu(fold_batch_norm(EfficientNet())), 224, b0)

# %% hide="code" measured=true record="turns" claims="EN-10"
turns = timing.turns(timed, torch.zeros(1), 7)
print("Measured on", timing.machine())
show.table(
    ["network", "multiply-adds", "times B0", "time (middle half)"],
    [(name, timed_work[name], f"{timed_work[name] / b0.macs:.2f}",
      timing.summary(times)) for name, times in turns.items()])

# %% [markdown]
# A ratio is the median over turns taken in pairs, with its interval in brackets; it need not be the quotient of two times in the table. Beside B0:
#
# - **B1** does {{= f"{variants['b1'].macs / b0.macs:.2f}" =}} times the work and takes {{= verdict.ratio(recorded.turns["B1"], recorded.turns["B0"]) =}} the time; **B3**, with {{= f"{variants['b3'].macs / b0.macs:.2f}" =}} times the work, {{= verdict.ratio(recorded.turns["B3"], recorded.turns["B0"]) =}}.
# - **The image alone**, B3’s for B0, is {{= f"{timed_work['B0, image of B3'] / b0.macs:.2f}" =}} times the work and {{= verdict.ratio(recorded.turns["B0, image of B3"], recorded.turns["B0"]) =}} the time.
# - **Batch norms {term}`folded <folding>`** ({chapter}`1`): {{= verdict.ratio(recorded.turns["B0, batch norm folded"], recorded.turns["B0"]) =}} the time, for the same work.
# - **Swish replaced too**: with {term}`ReLU` in its place (squeeze-and-excite keeps its own) the folded network takes {{= verdict.ratio(recorded.turns["B0, folded, ReLU for swish"], recorded.turns["B0, batch norm folded"]) =}} the time; {{= verdict.ratio(recorded.turns["B0, folded, ReLU for swish"], recorded.turns["B0, batch norm folded"]).words("here ReLU is the dearer of the two", "swish has its price, and the count of multiply-adds does not see it", "so on this machine the price of swish is not told from nothing") =}}.
#
# The versions for a small {term}`accelerator` leave out both swish and squeeze-and-excite, for limits of its hardware and software at the time {cite:p}`wuhy2019edge`.
#
# ### Memory

# %%
def kept(name):
    """MiB of maps that the way back needs, for one image, float32."""
    width, depth, size = VARIANTS[name]
    with torch.device("meta"):    # sizes only
        net = EfficientNet(width, depth).train()
        x = torch.empty(2, 3, size, size)
    own = {id(p.untyped_storage()) for p in net.parameters()}
    found = {}

    def keep(tensor):    # called with all that autograd saves
        found[id(tensor.untyped_storage())] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        net(x)
    saved = sum(s.nbytes() for key, s in found.items() if key not in own)
    return saved / len(x) / 2**20

# %% hide="code"
def largest(name):
    """MiB of the largest map of one image, float32."""
    width, depth, size = VARIANTS[name]
    return 4 * max(math.prod(row.out_shape)
                   for row in rows_of(width, depth, size)) / 2**20


held = {name: kept(name) for name in ("b0", "b1", "b3", "b7")}
GIB = 16    # of an accelerator
fits = {name: int(GIB * 2**10 // mib) for name, mib in held.items()}
show.table(
    ["network", "weights", "largest map", "kept to learn",
     f"images in {GIB} GiB"],
    [(name.upper(), f"{4 * variants[name].params / 2**20:.0f} MiB",
      f"{largest(name):.1f} MiB", f"{mib:,.0f} MiB", fits[name])
     for name, mib in held.items()])

# %% [markdown]
# The function asks PyTorch what it saves, in a run without values. (It knows nothing of what a library takes for itself.) To *answer*, a network forgets each {term}`map` when the next is there. To *learn*, it keeps what the way back needs: {{= f"{held['b0']:.0f}" =}} MiB an image for B0 and {{= f"{held['b7'] / 2**10:.1f}" =}} GiB for B7. An accelerator with {{= GIB =}} GiB could take {{= fits["b7"] =}} images of B7 at a time, less its weights, their {term}`gradients <gradient>` and the {term}`optimiser`; {{= fits["b0"] =}} of B0. Resolution adds no parameter and fills the memory. That training with very large images is slow for this reason is the first thing that the successor’s authors report of B0 to B7 (Section 3.2 of {cite:t}`tan2021efficientnetv2`).

# %% [markdown] objective="pay" claims="EN-05"
# ## When scaling stops paying
#
# Accuracies of networks of this size we cannot measure; these are reported, over the work that we count.

# %% hide="code" name="fig-efficientnet-pay" alt="Reported accuracy over multiply-adds on a logarithmic axis. The line of B0 to B7 rises steeply at first and bends to the level. Crosses for other networks lie right of it and below: ResNet-50, ResNet-152, Inception-v3, Xception, NASNet-A, SENet." caption="Reported top-1 accuracy (Table 2 of {cite:t}`tan2019efficientnet`) over multiply-adds: counted for B0 to B7, as printed for the others."
OTHERS = {"ResNet-50": (4.1, 76.0), "ResNet-152": (11, 77.8),
          "Inception-v3": (5.7, 78.8), "Xception": (8.4, 79.0),
          "NASNet-A": (24, 82.7), "SENet": (42, 82.7)}
fig, ax = plt.subplots(figsize=(7, 3.4))
ax.plot([t.macs / 1e9 for t in variants.values()],
        [p[0] for p in PRINTED.values()], "o-")
for name, t in variants.items():
    ax.annotate(name.upper(), (t.macs / 1e9, PRINTED[name][0]),
                xytext=(0, 7), textcoords="offset points", ha="center")
for name, (billions, top) in OTHERS.items():
    ax.plot(billions, top, "x", color="#D55E00")
    ax.annotate(name, (billions, top), ha="center", fontsize=9,
                xytext=(0, 6 if name == "Xception" else -14),
                textcoords="offset points")
ax.set_xscale("log", base=2)
ticks = [0.5, 1, 2, 4, 8, 16, 32]
ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
ax.set(xlabel="billion multiply-adds", ylabel="top-1 accuracy, %",
       ylim=(74.5, 85.5))
plt.show()

# %% hide="code"
from itertools import pairwise

names, VALIDATION = list(variants), 50_000
doubling = {f"{a.upper()} to {b.upper()}": (
    PRINTED[b][0] - PRINTED[a][0],
    math.log2(variants[b].macs / variants[a].macs))
    for a, b in pairwise(names)}
per_step = [points / d for points, d in doubling.values()]
early_step = [(EARLY[b] - EARLY[a])
              / math.log2(variants[b].macs / variants[a].macs)
              for a, b in pairwise(names)]
show.table(
    ["step", "points", "doublings of the work", "points for a doubling"],
    [(step, f"{points:.1f}", f"{d:.2f}", f"{points / d:.1f}")
     for step, (points, d) in doubling.items()])

# %% [markdown]
# A doubling of the work brings {{= f"{per_step[0]:.1f}" =}} points at first and {{= f"{per_step[-1]:.1f}" =}} at the end, less with each step{{= "" if per_step == sorted(per_step, reverse=True) else ", nearly" =}}. The last one costs {{= f"{(variants['b7'].macs - variants['b6'].macs) / 1e9:.0f}" =}} billion multiply-adds an image, {{= f"{(variants['b7'].macs - variants['b6'].macs) / b0.macs:.0f}" =}} whole B0s. Its gain is as large as the sampling error of one accuracy on the {{= f"{VALIDATION:,}" =}} validation images of {term}`ImageNet`, {{= f"{100 * verdict.sampling_error(PRINTED['b7'][0] / 100, VALIDATION):.1f}" =}} points, though both networks saw the same images. The same column with the first version’s accuracies runs from {{= f"{early_step[0]:.1f}" =}} to {{= f"{early_step[-1]:.1f}" =}}, {{= "and falls with each step" if early_step == sorted(early_step, reverse=True) else "and does not fall with each step" =}}. And the recipe is part of it: AutoAugment, {term}`stochastic depth`, early stopping on images held back, and {term}`dropout` raised from 0.2 to 0.5 along the way (Section 5.2 of {cite:t}`tan2019efficientnet`). When to stop depends on what a point is worth to you; this column is where to read its price.

# %% [markdown] objective="build" claims="EN-11,EN-12"
# ## Pitfalls
#
# Four mistakes that others wrote down in public, each made again in a copy. Stages are numbered as in the paper: its stage 1 is the stem.

# %%
def first_strides(net):
    """Stage 5 keeps the map and stage 6 halves it."""
    for block in net.blocks[5:8]:
        block.depthwise[0].stride = (1, 1)
    net.blocks[8].depthwise[0].stride = (2, 2)
    return net


def without_shortcut(net):
    for block in net.blocks:
        block.shortcut = False
    return net


def cut_down(width, depth, rule=int):
    """Layers are cut, not rounded up; channels by another rule too."""
    net, c = EfficientNet(width, depth), rule(STEM * width)
    parts, head = [conv_bn(3, c, 3, 2)], rule(HEAD * width)
    for t, k, stride, channels, layers in STAGES:
        for i in range(int(layers * depth)):
            parts.append(MBConv(c, rule(channels * width), k,
                                1 if i else stride, t))
            c = rule(channels * width)
    net.stem, net.blocks = parts[0], nn.Sequential(*parts[1:])
    net.last, net.head = conv_bn(c, head, 1), nn.Linear(head, 1000)
    return net

# %% hide="code"
def counted(net, size=224):
    return cost.total(cost.layer_costs(net, (1, 3, size, size)))


def same_scores(change):
    """Does a changed B0 with the same weights say the same?"""
    torch.manual_seed(0)
    net = EfficientNet().eval()
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        before = net(x)
        return torch.allclose(before, change(net)(x), rtol=1e-3)


with torch.device("meta"):
    b4 = VARIANTS["b4"]
    copies = {
        "strides of the first printed table":
            (counted(first_strides(EfficientNet())), b0),
        "no shortcut": (counted(without_shortcut(EfficientNet())), b0),
        "squeezed by nothing":
            (se_copies["as many as the expanded channels"], b0),
        "B1, cut down":
            (counted(cut_down(1.0, 1.1), 240), variants["b1"]),
        "B4, cut down":
            (counted(cut_down(*b4[:2]), b4[2]), variants["b4"]),
        "B4, layers cut, channels by the rule":
            (counted(cut_down(*b4[:2], round_channels), b4[2]),
             variants["b4"])}
print("same scores with the same weights?",
      "strides:", same_scores(first_strides),
      "shortcut:", same_scores(without_shortcut))
show.table(["copy", "parameters", "times ours", "multiply-adds",
            "times ours"],
           [(name, t.params, f"{t.params / ours.params:.2f}", t.macs,
             f"{t.macs / ours.macs:.2f}")
            for name, (t, ours) in copies.items()])

# %% [markdown]
# - **Strides of the first printed table.** In the paper’s first version the fifth stage kept the map and the sixth halved it; the code was right, the author answered {cite:p}`wagamama2019strides`. *What it changes:* not one parameter, {{= f"{copies['strides of the first printed table'][0].macs / b0.macs - 1:.0%}" =}} more work, and what every later block sees. Trained weights load, and mean something else.
# - **No {term}`shortcut`.** A published port asked for it with a condition that was always false {cite:p}`devinyang2019skip`. *What it changes:* no count at all, and the function; only a comparison of outputs finds it.
# - **Squeezed by nothing.** A pull request to a library, for the successor V2, took the expanded channels themselves, without the quarter; a reviewer noticed {cite:p}`kerascv2022mbconv`. *What it changes:* {{= f"{copies['squeezed by nothing'][0].params / b0.params:.1f}" =}} times the parameters, for {{= f"{copies['squeezed by nothing'][0].macs / b0.macs - 1:.0%}" =}} more work. (With a quarter of the expanded channels it is {{= f"{se_copies['a quarter of the expanded channels'].params / b0.params:.2f}" =}} times.)
# - **Cut, not rounded.** With `int` for both rules, as a draft for one library had it for channels {cite:p}`arefina2019efficientnet`, B1 has {{= "exactly B0’s layers" if copies["B1, cut down"][0].params == b0.params else "other layers than B0" =}}: its depth has vanished. For B4 the layers make nearly all of the difference. *What it changes:* another network under the same name.
#
# A departure of ours: the authors’ TensorFlow code pads unevenly where the stride is 2, ours the same on both sides. Weights that are converted from there need their {term}`padding`.

# %% [markdown]
# ## Exercises
#
# Two for practice, with solutions; then three that count. The checks look at a few cases, the hidden tests at many more.

# %% task [markdown] exercise="beta_for" objective="count"
# ### What is left for the width?
#
# Write `beta_for(alpha, gamma, times)`: the $\beta$ for which $\alpha\beta^2\gamma^2$ is `times`. Where this needs a $\beta$ below one, return `None`: the budget is spent.
#
# :::{dropdown} Solution
# ```python
# def beta_for(alpha, gamma, times):
#     left = times / (alpha * gamma**2)
#     return left**0.5 if left >= 1 else None
# ```
#
# With the published $\alpha$ and $\gamma$ and exactly twice the work it is a little above the published $\beta$.
# :::

# %% answer exercise="beta_for"
def beta_for(alpha, gamma, times):
    """β for so many times the work, or None."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="beta_for"
with Check("beta_for") as check:
    with check("width alone: the root of two"):
        check.close(beta_for(1, 1, 2), 2**0.5)
    with check("the published constants, and their product"):
        check.close(beta_for(ALPHA, GAMMA, coupled), BETA)
    with check("exactly one is allowed, and less is not"):
        check.close(beta_for(2, 1, 2), 1.0)
        check.equal(beta_for(1.5, 1.25, 2), None)

# %% task [markdown] exercise="per_doubling" objective="pay"
# ### The price of a point
#
# Write `per_doubling(macs, accuracies)`. `macs` and `accuracies` are lists of the same length, two networks or more, from small to large; accuracies are in percent. Return a list with a number for each step: the points of accuracy gained for one doubling of the work.
#
# :::{dropdown} Solution
# ```python
# def per_doubling(macs, accuracies):
#     steps = range(1, len(macs))
#     return [(accuracies[i] - accuracies[i - 1])
#             / math.log2(macs[i] / macs[i - 1]) for i in steps]
# ```
# :::

# %% answer exercise="per_doubling"
def per_doubling(macs, accuracies):
    """Points for a doubling of the work, step by step."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="per_doubling"
with Check("per_doubling") as check:
    with check("two doublings for three points"):
        check.close(list(per_doubling([100, 400], [70.0, 73.0])), [1.5])
    with check("B0 to B7"):
        check.close(list(per_doubling([t.macs for t in variants.values()],
                                      [p[0] for p in PRINTED.values()])),
                    per_step)

# %% task [markdown] exercise="block_list" objective="build"
# ### From the table to the blocks
#
# Write `block_list(stages, stem, width, depth)`: the blocks of a scaled network, as a list of tuples `(c_in, c_out, kernel, stride, expansion)` of whole numbers, in the order of the run. `stages` is a list of rows `(expansion, kernel, stride, c_out, layers)` like `STAGES`; `stem` is the number of channels that the unscaled first layer gives, and it is scaled as well. `width` and `depth` are numbers above 0; multiply as Python does, `channels * width` and `layers * depth`, before you round. A stage’s stride is that of its first block. Write the two rounding rules yourself. Layers: up, of the product as Python gives it. Channels: the product, not cut before, goes to the nearest multiple of eight, halves up, and to eight at least; if that is less than nine tenths of the product, take the next multiple. Leave `stages` as it is.
#
# :::{dropdown} Hint
# What does the first block of a stage read? `round` takes a half to the even neighbour; a half must go up.
# :::

# %% answer exercise="block_list"
def block_list(stages, stem, width, depth):
    """(c_in, c_out, kernel, stride, expansion) of every block."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="block_list" points=4
def blocks_in(net):
    """The same list, read off a network of the package."""
    found = []
    for block in net.blocks:
        wide = block.depthwise[0].out_channels
        c_in = (block.expand or block.depthwise)[0].in_channels
        found.append((c_in, block.project[0].out_channels,
                      block.depthwise[0].kernel_size[0],
                      block.depthwise[0].stride[0], wide // c_in))
    return found


with Check("block_list") as check:
    with torch.device("meta"):
        for name in ("b0", "b3"):
            width, depth, _ = VARIANTS[name]
            with check(f"{name.upper()}, block by block"):
                check.equal([tuple(b) for b in
                             block_list(STAGES, STEM, width, depth)],
                            blocks_in(EfficientNet(width, depth)))
    with check("rounded up, a half and the nine tenths"):
        rows = [(6, 3, 2, 52, 2), (4, 5, 1, 19, 1)]
        check.equal([tuple(b) for b in block_list(rows, 32, 1.0, 1.1)],
                    [(32, 56, 3, 2, 6), (56, 56, 3, 1, 6),
                     (56, 56, 3, 1, 6), (56, 24, 5, 1, 4),
                     (24, 24, 5, 1, 4)])
    with check("another stem; a stride, though channels stay"):
        check.equal([tuple(b) for b in
                     block_list([(4, 3, 2, 16, 1)], 16, 1.0, 1.0)],
                    [(16, 16, 3, 2, 4)])
    with check("half the depth, half the width"):
        check.equal([tuple(b) for b in
                     block_list([(6, 5, 1, 40, 4)], 48, 0.5, 0.5)],
                    [(24, 24, 5, 1, 6), (24, 24, 5, 1, 6)])

# %% predict [markdown] name="oblong" objective="count"
# ### Predict: what squeeze-and-excite sees
#
# The next exercise counts a block on any map. The map grows to four times its positions. The multiply-adds of squeeze-and-excite are then
#
# :field: Squeeze-and-excite does
# :choices: as many | twice as many | four times as many
# :answer: "as many" if se_macs[1] == se_macs[0] else "four times as many"
# :wrong: four times as many: Its two layers stand behind an average over all positions.
# :wrong: twice as many: What do its two layers read?

# %% task [markdown] exercise="mbconv_macs" objective="count"
# ### The work of a block, on any map
#
# Write `mbconv_macs(c_in, c_out, kernel, stride, expansion, h, w)`: the multiply-adds of an `MBConv` with these numbers and `squeeze` as it is by default, on a map of `h` × `w` positions, as a whole number. By formula: build no block and no network, and do not call the check’s `real_macs`. All are whole numbers from 1 up; `kernel` is odd, `stride` 1 or 2, sides may differ and be odd.
#
# :::{dropdown} Hint
# Five layers at most. On which map does each work, and which of them are not there when `expansion` is 1?
# :::

# %% answer exercise="mbconv_macs"
def mbconv_macs(c_in, c_out, kernel, stride, expansion, h, w):
    """Multiply-adds of an MBConv block on a map of h × w."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="mbconv_macs" points=4
def real_macs(h, w, *block):
    rows = cost.layer_costs(MBConv(*block), (1, block[0], h, w))
    return cost.total(rows).macs


with Check("mbconv_macs") as check:
    with check("a block of B0, 40 → 40 channels"):
        check.equal(mbconv_macs(40, 40, 5, 1, 6, 28, 28),
                    real_macs(28, 28, 40, 40, 5, 1, 6))
    with check("no expansion: the first block of B0"):
        check.equal(mbconv_macs(32, 16, 3, 1, 1, 112, 112),
                    real_macs(112, 112, 32, 16, 3, 1, 1))
    with check("stride 2 on an oblong map with odd sides"):
        check.equal(mbconv_macs(22, 30, 5, 2, 4, 15, 8),
                    real_macs(15, 8, 22, 30, 5, 2, 4))
    with check("three channels: squeezed to one, not to none"):
        check.equal(mbconv_macs(3, 5, 3, 2, 6, 4, 7),
                    real_macs(4, 7, 3, 5, 3, 2, 6))
    with check("sides of 5 and 9, a 7×7 kernel, then a 1×1"):
        check.equal(mbconv_macs(8, 12, 7, 2, 3, 5, 9),
                    real_macs(5, 9, 8, 12, 7, 2, 3))
        check.equal(mbconv_macs(8, 12, 1, 1, 3, 5, 9),
                    real_macs(5, 9, 8, 12, 1, 1, 3))
    with check("no expansion, and stride 2"):
        check.equal(mbconv_macs(8, 12, 3, 2, 1, 6, 9),
                    real_macs(6, 9, 8, 12, 3, 2, 1))

# %% hide="code"
se_macs = [sum(r.macs for r in cost.layer_costs(MBConv(40, 40, 5, 1, 6),
                                                (1, 40, side, side))
               if r.name.startswith("se.")) for side in (28, 56)]
print(f"squeeze-and-excite: {se_macs[0]:,} and {se_macs[1]:,}")

# %% [markdown]
# {answer}`oblong`
#
# Its two layers do {{= f"{se_macs[0]:,}" =}} multiply-adds on the small map and {{= f"{se_macs[1]:,}" =}} on the large one: behind an average there is one position.

# %% task [markdown] exercise="fair_winner" objective="search"
# ### Choose on one half, judge on the other
#
# Write `fair_winner(accuracies)`. `accuracies` is a dict: for each candidate a list of accuracies, one for each seed; all lists have the same length, an even number from four up. Choose the candidate with the highest `verdict.mean` over the *first* half of the seeds, unrounded; among those for which `verdict.mean` is equal, the one that comes first in the dict. Then judge it on the *second* half, in pairs of the same seed, by `verdict.paired` with its usual level. Return a pair: the winner’s name, and a list of the names of all other candidates from which it is **not** shown to be better there, in the order of the dict. Leave `accuracies` as it is.
#
# :::{dropdown} Hint
# `verdict.paired(a, b).words("better", "worse", "not told apart")` gives one of three answers. Which two of them mean “not shown to be better”?
# :::

# %% answer exercise="fair_winner"
def fair_winner(accuracies):
    """The winner on the first half, and who is not beaten on the other."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="fair_winner" points=4
with Check("fair_winner") as check:
    lucky = {"wide": [.9, .9, .7, .72], "deep": [.8, .801, .81, .8],
             "large": [.5, .5, .3, .32], "near": [.4, .4, .69, .7]}
    with check("the winner of the first half; who beats it later is kept"):
        name, others = fair_winner(lucky)
        check.equal((name, list(others)), ("wide", ["deep", "near"]))
    with check("in pairs: a small gap at every seed is enough"):
        steady = {"a": [.6, .7, .8, .6, .7, .8], "b":
                  [.59, .69, .789, .59, .69, .789]}
        name, others = fair_winner(steady)
        check.equal((name, list(others)), ("a", []))
    with check("equal means: the first of the dict"):
        tied = {"x": [.5, .5, .6, .7], "y": [.5, .5, .6, .7]}
        name, others = fair_winner(tied)
        check.equal((name, list(others)), ("x", ["y"]))
    with check("the mean of the first half, of no other seeds"):
        later = {"a": [.5, .6, .1, .1], "b": [.8, .1, .9, .91]}
        kept = {name: list(found) for name, found in later.items()}
        name, others = fair_winner(later)
        check.equal((name, list(others)), ("a", ["b"]))
        check.equal(later, kept)
    with check("judged on the second half, of no other seeds"):
        early = {"a": [.9, .8, .7, .5, .6, .4],
                 "b": [.1, .0, .1, .499, .599, .399]}
        name, others = fair_winner(early)
        check.equal((name, list(others)), ("a", []))

# %% [markdown]
# ### An open question
#
# No points, and no single answer. You have a microcontroller with half a mebibyte for maps, and time enough. Which dial would you turn down first from B0, which last, and which constraint would you write in the place of $\alpha\beta^2\gamma^2 \approx 2$? What would you count, and what would you have to measure?

# %% [markdown] claims="EN-13"
# ## When to choose it
#
# The first picture again, with B0 in it:

# %% hide="code" name="fig-efficientnet-again" alt="Four rows of marks on an axis of points gained: those of the first picture, and EfficientNet-B0, whose square, triangle and diamond lie close together below two and whose circle lies near four." caption="Points gained by about four times the work, as reported (Tables 3 and 7 of {cite:t}`tan2019efficientnet`), now with B0."
draw_gains(list(REPORTED))

# %% hide="code"
# Table 7: d, w, r, billions as printed
TABLE_7 = {"depth": (4, 1, 1, 1.8), "width": (1, 2, 1, 1.8),
           "resolution": (1, 1, 2, 1.9), "all three": (1.4, 1.2, 1.3, 1.8)}
gained = [top - REPORTED["EfficientNet-B0"][0]
          for top in REPORTED["EfficientNet-B0"][1:4]]
seven = {way: bill(w, d, round(224 * r)).macs / 1e9
         for way, (d, w, r, _) in TABLE_7.items()}
show.table(["scaled by", "d", "w", "r", "printed", "counted"],
           [(way, str(d), str(w), str(r), f"{printed} B",
             f"{seven[way]:.2f} B")
            for way, (d, w, r, printed) in TABLE_7.items()])

# %% [markdown]
# Do three dials repair what one dial wastes? On B0 one alone brings {{= f"{min(gained):.1f} to {max(gained):.1f}" =}} points, all three {{= f"{REPORTED['EfficientNet-B0'][4] - REPORTED['EfficientNet-B0'][0]:.1f}" =}} (Table 7 of {cite:t}`tan2019efficientnet`, version 5; there B0 has 77.3, in Table 2 of the same version 77.1). In the first version of {cite:t}`tan2019efficientnet` B0 has 76.3 and the other rows are the same: each gain is {{= f"{REPORTED['EfficientNet-B0'][0] - EARLY['b0']:.1f}" =}} larger, the gap between one dial and three is not. Now count the four: by the printed $d$, $w$, $r$ and the published rounding rules the one with three dials does {{= f"{min(seven['all three'] / seven[way] for way in DOUBLED) - 1:.0%}" =}} to {{= f"{max(seven['all three'] / seven[way] for way in DOUBLED) - 1:.0%}" =}} *more* work than the others. If so, a part of the gap was bought; at the price from B2 to B3 {{= f"{math.log2(min(seven['all three'] / seven[way] for way in DOUBLED)) * per_step[2]:.1f} to {math.log2(max(seven['all three'] / seven[way] for way in DOUBLED)) * per_step[2]:.1f}" =}} points. If it is the printed work that is right, nothing was.
#
# *Choose it* where you need several sizes of one network, where weights trained on ImageNet help, and where multiply-adds or parameters are the budget: B0 to B3 are the light end.
#
# *Look further* where the time on a device decides: MnasNet {cite:p}`tan2019mnasnet` and MobileNet V3 ({chapter}`4`) were searched for that. Where training must be quick, take the successor: EfficientNetV2 {cite:p}`tan2021efficientnetv2` has standard 3×3 layers in the early stages instead of depthwise ones, grows late stages more than early ones, and limits the image.
#
# *Take from it* two questions: what does each dial cost, counted on the real layers? And was the winner told apart from the rest?

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements about EfficientNet that are worth a second look, each with our verdict.
