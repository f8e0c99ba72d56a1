# ---
# title: ShuffleNet V2
# picture: fig-v2-shuffle
# minutes: [70, 60]
# before: memory access and the rule for verdicts ({chapter}`1`); the grouped 1×1 layer, the channel shuffle and ShuffleNet V1's unit ({chapter}`5`).
# objectives:
#   bound: prove how little a 1×1 layer can move for its work, and compute what unequal widths and groups move beyond it
#   measure: measure a design rule at equal work, put your times beside the paper's, and test a cause where they disagree
#   build: build the unit and the network, check them against the paper's table, and find the mistakes of published copies
#   reuse: say which unit last changed each channel, and join concatenation, shuffle and split into one step
# ---

# %% card [markdown]
# # ShuffleNet V2: count what is moved, then take the time
#
# {chapter}`The last chapter <5>` ended with a complaint: a network with less arithmetic need not be quick. {cite:t}`ma2018shufflenetv2` make it their first sentence. They ask what costs time at *equal* work, find four rules, and draw a unit that keeps them. We derive the rules, measure each on our own machine, and see where it disagrees.

# %% [markdown] objective="measure" claims="S2-01,S2-29"
# ## The same work, other times
#
# Four light networks do about three hundred million {term}`multiply-adds <multiply-add>` each. The paper gives their speeds on a {term}`GPU` and on a phone's {term}`ARM` processor (Table 8); we turn speeds into times. We add the times of our machine, a CPU, for one photograph on one thread, each {term}`batch norm` {term}`folded <folding>` into its {term}`convolution` ({chapter}`1`).

# %% hide="code"
import time
from collections import defaultdict

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_sample_image
from torch import nn

from lightnets_edu import cost, show, timing, verdict
from lightnets_edu.checks import Check
from lightnets_edu.inference import fold_batch_norm
from lightnets_edu.models import MODELS
from lightnets_edu.models.shufflenet_v1 import ShuffleUnit, channel_shuffle
from lightnets_edu.models.shufflenet_v2 import (
    STEM, TABLE_5, BasicUnit, DownUnit, ShuffleNetV2, join,
)
from lightnets_edu.threads import one_thread

show.vector_plots()
image = (1, 3, 224, 224)
photo = torch.tensor(load_sample_image("flower.jpg")).permute(2, 0, 1)
photo = (photo[None] / 255)[:, :, 100:324, 200:424].contiguous()
TABLE_8 = {    # GPU: batches a second; ARM: images a second
    "MobileNet V1 0.75": ("mobilenet_v1_0.75", 314, 10.6),
    "ShuffleNet V2 1.5×": ("shufflenet_v2_1.5", 255, 11.8),
    "MobileNet V2": ("mobilenet_v2_1.0", 180, 8.9),
    "ShuffleNet V1 1.5×": ("shufflenet_v1_1.5_g3", 164, 10.3),
}
FIRST = "MobileNet V1 0.75"
nets = {name: MODELS[key]().eval() for name, (key, *_) in TABLE_8.items()}
bills = {name: cost.total(cost.layer_costs(net, image))
         for name, net in nets.items()}

# %% hide="code" measured=true record="whole" claims="S2-01" name="fig-same-work" alt="Four groups of three marks, one group for each network: times on the paper's GPU, on its ARM processor and on our CPU, each as a multiple of MobileNet V1's on the same machine. The three marks of a network lie apart." caption="Times of four networks with nearly equal work, as multiples of MobileNet V1's on the same machine. GPU and ARM: Table 8 of the paper. Bars on our marks: the interval of the ratio."
folded = {name: fold_batch_norm(net) for name, net in nets.items()}
whole = timing.turns(folded, photo, repeats=15)
STYLES = {"GPU, paper": ("#0072B2", "^", -0.2),
          "ARM, paper": ("#009E73", "s", 0.0),
          "CPU, here": ("#D55E00", "o", 0.2)}


def draw(ax, names, gpu, arm, ratios):
    """Three marks for each name: paper's GPU, paper's ARM, ours."""
    middle = [r.median for r in ratios]
    bars = [[r.median - r.low for r in ratios],
            [r.high - r.median for r in ratios]]
    for (label, (colour, mark, shift)), values in zip(
            STYLES.items(), (gpu, arm, middle), strict=True):
        ax.errorbar([i + shift for i in range(len(names))], values,
                    bars if label == "CPU, here" else None, color=colour,
                    marker=mark, linestyle="none", label=label, capsize=3)
    ax.axhline(1, color="#595959", linewidth=0.8)
    ax.set_xticks(range(len(names)), names)


fig, ax = plt.subplots(figsize=(7, 3.2))
draw(ax, [name.replace(" ", "\n", 1) for name in TABLE_8],
     *[[TABLE_8[FIRST][k] / row[k] for row in TABLE_8.values()]
       for k in (1, 2)],
     [verdict.ratio(whole[name], whole[FIRST]) for name in TABLE_8])
ax.set_ylabel("time, times MobileNet V1's")
ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
plt.show()
print("Measured on", timing.machine())

# %% [markdown]
# From the least time to the greatest it is {{= f"{max(row[1] for row in TABLE_8.values()) / min(row[1] for row in TABLE_8.values()):.1f}" =}} times on the GPU, {{= f"{max(row[2] for row in TABLE_8.values()) / min(row[2] for row in TABLE_8.values()):.1f}" =}} times on ARM. Here, ShuffleNet V1 takes {{= verdict.ratio(recorded.whole["ShuffleNet V1 1.5×"], recorded.whole[FIRST]) =}} the time of MobileNet V1, for {{= f"{bills['ShuffleNet V1 1.5×'].macs / bills[FIRST].macs:.0%}" =}} of its work. So {cite:t}`ma2018shufflenetv2` (Section 1) call the count of work *indirect*, the time *direct*, and ask that a time be told with its machine. (The count is what papers call {term}`FLOPs <FLOPs, FLOPS>`, with a small s: {chapter}`1`.) What does V1 pay for?

# %% objectives [markdown]
# ## You will be able to

# %% predict [markdown] name="lopsided" objective="bound"
# ## Predict first
#
# Two 1×1 layers do about the same work on a {term}`map` of 56×56 positions: one leads from $32$ {term}`channels <channel>` to $32$, the other from $9$ to $108$. **How many times the {term}`memory access` of the first has the second?**
#
# :field: Times as many elements
# :answer: f"{access[3] / access[0]:.1f}"
# :wrong: 1: The work is the same. What is moved depends on the sum of the widths, not on their product.
# :wrong: above 3: One side grew more than three times, but the other shrank.

# %% predict [markdown] name="outside" objective="measure"
# ### And where does the time go?
#
# Count says: in ShuffleNet V1 all multiply-adds are in convolutions and in the {term}`classifier`. **What part of its time goes to the rest ({term}`ReLU`, shuffle, adding, {term}`pooling`), with batch norm folded away?**
#
# :field: Share of the time
# :unit: %
# :answer: f"{100 * outside(recorded.spent, 'ShuffleNet V1 1.5×'):.0f}"
# :wrong: below 4: The rest has no multiply-adds, but it reads and writes whole maps.

# %% [markdown] objective="bound" claims="S2-06,S2-07"
# ## See it: the same work, pulled out of shape
#
# Take a 1×1 layer and make it narrow on one side, wide on the other, so that it does nearly the same work. Guess first, then pull.

# %% wide=true name="fig-guideline" alt="Left, a column in three parts: a thin band for the input of 36 channels, a thinner one for the weights, a high one for the output of 432. Right, an axis of ratios of channels, from 32:1 to 1:32, with a question mark at 1:12 that waits for a guess; a line at one is the least that the work allows." caption="Drag the question mark to the height that you expect, then reveal. All layers do nearly the same work B (channels are whole) on maps of hw positions; they are four times as wide as those of the question. Heights are multiples of the least. Then pull the dot, or the column. Dots and diamonds: the paper's times for these layers; the plots below have its narrower ones."
from lightnets_edu.widgets import GuidelineExplorer

GuidelineExplorer(ratio="1:12")

# %% [markdown]
# Near {term}`1:1 <balanced layer>` the curve is flat: a little imbalance costs little. {show}`On a small map, with wide layers <fig-guideline size=7 width=512>`, the {term}`weights <weight>` are most of what is moved, and they stay the same; so the shape matters less. {show}`Guideline 2 <fig-guideline guideline=2 groups=8>` asks the same of {term}`groups <group>`.

# %% [markdown] claims="S2-03,S2-04,S2-05"
# ## Count it: the least that can be moved
#
# On $P$ positions the layer does $B = P\,C_\text{in} C_\text{out}$ multiply-adds. (The paper writes $hw$, $c_1$ and $c_2$.) It reads its input and its weights and writes its output:
#
# $$
# P\,(C_\text{in} + C_\text{out}) + C_\text{in} C_\text{out} .
# $$
#
# The work fixes the *product* of the {term}`widths <width>`: it is $B/P$. So the weights are fixed too, and only the *sum* of the widths is free. How small can it be? A square is never negative:
#
# $$
# (C_\text{in} + C_\text{out})^2 = 4\,C_\text{in} C_\text{out} + (C_\text{in} - C_\text{out})^2 \;\ge\; 4\,B/P .
# $$
#
# Take the root and put it in: no 1×1 layer with $B$ multiply-adds on $P$ positions moves fewer than
#
# $$
# 2\sqrt{P B} + B/P
# $$
#
# {term}`elements <element>`, and only equal widths reach this bound. That is **{term}`guideline` 1** of {cite:t}`ma2018shufflenetv2`. (Unequal widths raise what is moved, not the work.)
#
# With $g$ groups the work is $B = P\,C_\text{in} C_\text{out}/g$. Now the product of the widths is $gB/P$, and the bound becomes $2\sqrt{g P B} + B/P$: four times the groups, twice as wide, nearly twice the moving. That is **guideline 2**. The formula, the package's function and real layers:

# %% hide="code" claims="S2-09,S2-10,S2-12"
P = 56 * 56
PAIRS = {"1:1": (32, 32), "1:2": (22, 44),
         "1:6": (13, 78), "1:12": (9, 108)}
GROUPS = {1: 64, 2: 90, 4: 128, 8: 184}    # the paper's last: 180
access, counts = [], []
for name, (a, b, g) in [
        *((f"G1, {ratio}", (*pair, 1)) for ratio, pair in PAIRS.items()),
        *((f"G2, g = {g}", (c, c, g)) for g, c in GROUPS.items())]:
    layer = nn.Conv2d(a, b, 1, groups=g, bias=False)
    bill = cost.total(cost.layer_costs(layer, (1, a, 56, 56)))
    formula = P * (a + b) + a * b // g
    function = cost.conv_access(a, b, 1, 56, 56, groups=g)
    assert formula == function == bill.access
    bound = 2 * (g * P * bill.macs)**0.5 + bill.macs / P
    access.append(bill.access)
    counts.append((name, f"{a} → {b}", bill.macs, formula, function,
                   bill.access, f"{bill.access / bound:.3f}"))
show.table(["layer", "channels", "multiply-adds", "moved: formula",
            "function", "layer", "over its bound"], counts)

# %% [markdown]
# {answer}`lopsided`
#
# The layer from $9$ to $108$ channels moves {{= f"{access[3] / access[0]:.2f}" =}} times as much as the one from $32$ to $32$. With eight groups it is {{= f"{access[-1] / access[4]:.2f}" =}} times as much as with one.
#
# These are the widths that the authors timed on ARM (Tables 1 and 2 of {cite:t}`ma2018shufflenetv2`), “while fixing the total FLOPs”. Nearly fixed: of the first four, the last three do {{= ", ".join(f"{1 - row[2] / counts[0][2]:.1%}" for row in counts[1:4]) =}} less. So the most lopsided moves {{= f"{access[3] / access[0]:.2f}" =}} times what the equal one moves, but {{= counts[3][-1] =}} times the bound of its own work. (The weights of the figure's wider layers weigh more.) And one cannot be built: Table 2 of {cite:t}`ma2018shufflenetv2` has $180$ channels in eight groups, and $8$ does not divide $180$. We take {{= GROUPS[8] =}}.
#
# The bound counts each element once; a real machine may move more. So we take the time.

# %% [markdown] objective="measure" claims="S2-08,S2-13,S2-14,S2-28"
# ## Measure it: four guidelines
#
# We repeat the experiments behind the paper's four rules, with the ARM widths of Tables 1 to 4, ten blocks each, on one thread:
#
# 1. **Equal widths move least.** Two 1×1 layers, there and back.
# 2. **Many groups move more.** A {term}`grouped <grouped convolution>` 1×1 layer, wider with more groups.
# 3. **Pieces hinder parallel work:** each is too small to keep a parallel machine busy. A 1×1 layer cut into smaller ones, in a row or side by side. Side by side, the pieces share out the {term}`kernels <kernel>` of one layer, so they can give the same outputs.
# 4. **Steps element by element take time too.** A ResNet unit without its ReLUs, without its {term}`shortcut`, without both.
#
# How the pieces are cut, and what a width means in 4, the paper's tables do not say; this is our reading.

# %% predict [markdown] name="worst" objective="measure"
# **Which of the worst cases takes the longest here, as a multiple of its own plain case?**
#
# :field: The longest
# :choices: 1:12 | eight groups | four pieces side by side | ReLU and shortcut
# :answer: worst(recorded.turns)

# %%
def pointwise(c_in, c_out, groups=1):
    return nn.Conv2d(c_in, c_out, 1, groups=groups, bias=False)


class Pieces(nn.Module):
    """A 1×1 layer, its kernels dealt to n smaller layers."""

    def __init__(self, c, n):
        super().__init__()
        self.parts = nn.ModuleList(pointwise(c, c // n) for _ in range(n))

    def forward(self, x):
        return torch.cat([part(x) for part in self.parts], dim=1)


class ResNetUnit(nn.Module):
    """1×1, 3×3, 1×1; with or without its ReLUs and its shortcut."""

    def __init__(self, c, relu, shortcut):
        super().__init__()
        m = c // 4
        self.layers = nn.ModuleList([
            pointwise(c, m), nn.Conv2d(m, m, 3, padding=1, bias=False),
            pointwise(m, c)])
        self.relu = torch.relu_ if relu else nn.Identity()
        self.shortcut = shortcut

    def forward(self, x):
        first, second, third = self.layers
        y = third(self.relu(second(self.relu(first(x)))))
        return self.relu(x + y if self.shortcut else y)

# %% hide="code"
def ten(block, c, size=56):
    """Ten blocks in a row on a map of c channels, ready to be called."""
    net = nn.Sequential(*[block() for _ in range(10)])
    x = torch.rand(1, c, size, size)
    return lambda _: net(x)


def there_and_back(a, b):
    return ten(lambda: nn.Sequential(pointwise(a, b), pointwise(b, a)), a)


def in_a_row(c, n):
    return ten(lambda: nn.Sequential(
        *[pointwise(c, c) for _ in range(n)]), c)


def copies(*widths):
    """Ten copies of a map of each width: they move what layers move."""
    maps = [torch.rand(1, c, 56, 56) for c in widths]
    rooms = [torch.empty_like(x) for x in maps]

    def run(_):
        for _ in range(10):
            for room, x in zip(rooms, maps, strict=True):
                room.copy_(x)

    return run


def one_product(c, g):
    """Ten grouped layers, all groups in one batched product."""
    weights = [torch.rand(g, c // g, c // g) for _ in range(10)]
    x = torch.rand(g, c // g, P)

    def run(_):
        y = x
        for weight in weights:
            y = weight @ y

    return run


UNITS = {"all": (True, True), "no shortcut": (True, False),
         "no ReLU": (False, True), "neither": (False, False)}
EXPERIMENTS = {
    "1": {ratio: there_and_back(*pair) for ratio, pair in PAIRS.items()},
    "2": {str(g): ten(lambda c=c, g=g: pointwise(c, c, g), c)
          for g, c in GROUPS.items()},
    "3": {"1": in_a_row(64, 1), "2 row": in_a_row(45, 2),
          "4 row": in_a_row(32, 4),
          "2 side": ten(lambda: Pieces(64, 2), 64),
          "4 side": ten(lambda: Pieces(64, 4), 64)},
    "4": {name: ten(lambda how=how: ResNetUnit(64, *how), 64)
          for name, how in UNITS.items()},
}
PAPER = {    # GPU batches and ARM images a second, in the order above
    "1": ((1480, 1296, 876, 748), (76.2, 72.9, 69.1, 57.6)),
    "2": ((2451, 1725, 1026, 634), (40.0, 35.0, 32.9, 27.8)),
    "3": ((2446, 1790, 752, 1537, 691), (40.2, 38.6, 38.4, 33.4, 35.0)),
    "4": ((2066, 2256, 2121, 2376), (16.9, 18.8, 18.2, 20.2)),
}
x64 = torch.rand(1, 64, 56, 56)
single = {"1×1": pointwise(64, 64),
          "3×3": nn.Conv2d(64, 64, 3, padding=1, bias=False),
          "depthwise": nn.Conv2d(64, 64, 3, padding=1, groups=64,
                                 bias=False), "ReLU": nn.ReLU()}
single_macs = {name: cost.total(cost.layer_costs(layer, x64.shape)).macs
               for name, layer in single.items()}
CAUSES = {
    "copies 1:1": copies(32, 32), "copies 1:12": copies(9, 108),
    "copies 1": copies(64), "copies 8": copies(184),
    "product 8": one_product(184, 8),
    "small 1": ten(lambda: pointwise(64, 64), 64, 7),
    "small 4": ten(lambda: Pieces(64, 4), 64, 7),
    **{name: lambda _, layer=layer: layer(x64)
       for name, layer in single.items()},
}


def against(turns, guideline, name):
    """A variant's time against the first of its guideline."""
    first = next(iter(EXPERIMENTS[guideline]))
    return verdict.ratio(turns[f"{guideline} {name}"],
                         turns[f"{guideline} {first}"])


def worst(turns):
    """The dearest of the four worst cases against its plain case."""
    cases = {"1:12": against(turns, "1", "1:12"),
             "eight groups": against(turns, "2", "8"),
             "four pieces side by side": against(turns, "3", "4 side"),
             "ReLU and shortcut": verdict.ratio(turns["4 all"],
                                                turns["4 neither"])}
    return max(cases, key=lambda name: cases[name].median)


def gap(turns, one, other):
    """By how many milliseconds one takes longer, in the median turn."""
    gaps = [a - b for a, b in zip(turns[one], turns[other], strict=True)]
    return timing.summary(gaps).median


def cause(turns, layers, moved):
    """What a gap between copies says of the gap between layers."""
    spent, copied = gap(turns, *layers), gap(turns, *moved)
    if spent <= 0:
        return "there is nothing to explain"
    if 2 * copied >= spent:
        return "moving may be half of it or more"
    return "moving is the smaller part of it"

# %% hide="code" measured=true record="turns" claims="S2-06,S2-08,S2-12,S2-13,S2-14" wide=true name="fig-four-guidelines" alt="Four panels, one for each guideline, each with three marks at every variant: the paper's GPU, its ARM processor, our CPU. All begin at one. The GPU's marks rise highest, for groups to nearly four and for four pieces to more than three; those of the ARM processor stay below one and a half." caption="Time of each variant, in multiples of the first. GPU and ARM: from the speeds in the first columns of the paper's Tables 1 to 4: 1 and 2 in the column of ×1, 3 in that of the fewest channels, 4 in the middle one. Ours: the widths of ARM, with the interval of the ratio. In panel 4 the first has everything; the text compares with the bare unit."
timed = {f"{n} {name}": run for n, variants in EXPERIMENTS.items()
         for name, run in variants.items()}
turns = timing.turns(timed | CAUSES, photo, repeats=31)
TITLES = {"1": "1: unequal widths", "2": "2: groups", "3": "3: pieces",
          "4": "4: element by element"}
fig, axes = plt.subplots(2, 2, figsize=(9, 6))
for ax, (n, variants) in zip(axes.flat, EXPERIMENTS.items(), strict=True):
    draw(ax, [name.replace(" ", "\n") for name in variants],
         *[[speeds[0] / speed for speed in speeds] for speeds in PAPER[n]],
         [against(turns, n, name) for name in variants])
    ax.set_title(TITLES[n], fontsize=11)
    ax.set_ylabel("time, times the first")
fig.legend(*axes[0, 0].get_legend_handles_labels(), ncols=3,
           loc="outside lower center")
plt.show()
print("Measured on", timing.machine())

# %% [markdown] claims="S2-02,S2-14"
# {answer}`worst`
#
# **Unequal widths.** From $9$ to $108$ channels and back takes {{= against(recorded.turns, "1", "1:12") =}} the time of the equal pair: {{= against(recorded.turns, "1", "1:12").words("this machine agrees", "this machine disagrees", "not told apart here") =}}. In between it is not so orderly: 1:2 takes {{= against(recorded.turns, "1", "1:2") =}}. Is it moving? We copy as many elements, which computes nothing. From equal widths to the most unequal the time of the copies changes by {{= f"{gap(recorded.turns, 'copies 1:12', 'copies 1:1'):+.2f}" =}} ms, that of the layers by {{= f"{gap(recorded.turns, '1 1:12', '1 1:1'):+.2f}" =}} ms. So {{= cause(recorded.turns, ("1 1:12", "1 1:1"), ("copies 1:12", "copies 1:1")) =}}.
#
# **Groups.** Two groups take {{= against(recorded.turns, "2", "2") =}} the time of one, eight groups {{= against(recorded.turns, "2", "8") =}}: {{= against(recorded.turns, "2", "8").words("dearer, as on the GPU", "against the guideline", "not told apart, against the guideline") =}}, where {cite:t}`ma2018shufflenetv2` (Table 2) have {{= f"{PAPER['2'][0][0] / PAPER['2'][0][3]:.1f}" =}} times on the GPU and {{= f"{PAPER['2'][1][0] / PAPER['2'][1][3]:.1f}" =}} on ARM. We test two causes. *Moving*: from one group to eight the time of copies changes by {{= f"{gap(recorded.turns, 'copies 8', 'copies 1'):+.2f}" =}} ms, that of the layers by {{= f"{gap(recorded.turns, '2 8', '2 1'):+.2f}" =}} ms: {{= cause(recorded.turns, ("2 8", "2 1"), ("copies 8", "copies 1")) =}}. *The program*: PyTorch runs a grouped 1×1 layer here as a product for each group, and joins the results ({chapter}`5`). The eight as one batched product: the layer takes {{= verdict.ratio(recorded.turns["2 8"], recorded.turns["product 8"]) =}} its time, {{= verdict.ratio(recorded.turns["2 8"], recorded.turns["product 8"]).words("so a part of the price is the program's, not the layer's", "so the program is not the cause", "so this decides nothing") =}}. The authors had a grouped layer “specially optimized”; so a verdict on groups is one on a program as well.
#
# **Pieces.** Four pieces side by side take {{= against(recorded.turns, "3", "4 side") =}} the time of one layer. On a map of 7×7 positions it is {{= verdict.ratio(recorded.turns["small 4"], recorded.turns["small 1"]) =}}: {{= "the less there is to do, the more a piece costs, as if each had a fixed price" if verdict.ratio(recorded.turns["small 4"], recorded.turns["small 1"]).low > against(recorded.turns, "3", "4 side").high else "not told apart from the large map" =}}.
#
# **Element by element.** ReLUs and shortcut together: the unit takes {{= verdict.ratio(recorded.turns["4 all"], recorded.turns["4 neither"]) =}} the time of the bare one, for no multiply-add at all. {cite:t}`ma2018shufflenetv2` count the {term}`depthwise <depthwise convolution>` layer in this class. On {{= single['1×1'].in_channels =}} channels it takes {{= f"{verdict.ratio(recorded.turns['depthwise'], recorded.turns['1×1']).median:.0%}" =}} of the 1×1 layer's time for {{= f"{single_macs['depthwise'] / single_macs['1×1']:.0%}" =}} of its work ({chapter}`3` asks why).
#
# :::{dropdown} Going deeper: is a 3×3 layer nine times a 1×1?
# It has nine times the work. Between {{= single['1×1'].in_channels =}} channels and as many it takes {{= verdict.ratio(recorded.turns["3×3"], recorded.turns["1×1"]) =}} the time here. The authors name this example (Section 1): libraries have special programs for 3×3. {chapter}`Chapter 1 <1>` tells which one runs here.
# :::

# %% [markdown] objective="measure" claims="S2-11,S2-16"
# ### Where the time goes
#
# Now a whole network. PyTorch lets us stand between a network and the functions that it calls, and take the time of each call:

# %%
from torch.overrides import TorchFunctionMode


class Clock(TorchFunctionMode):
    """Milliseconds of every function of torch, added up by its name."""

    def __init__(self):
        super().__init__()
        self.spent = defaultdict(float)

    def __torch_function__(self, function, types, args=(), kwargs=None):
        started = time.perf_counter()
        result = function(*args, **(kwargs or {}))
        self.spent[function.__name__] += 1000 * (time.perf_counter()
                                                 - started)
        return result

# %% hide="code"
KINDS = {"convolution, classifier": ("conv2d", "linear"),
         "ReLU": ("relu", "relu_", "relu6", "relu6_", "hardtanh_"),
         "add, concatenate": ("add", "cat"),
         "shuffle, split": ("reshape", "transpose", "chunk"),
         "pool": ("max_pool2d", "avg_pool2d", "mean")}
PAINT = ("#0072B2", "#D55E00", "#009E73", "#C0689A", "#595959")


def decomposed(net, repeats=15):
    """Milliseconds of each kind of operation, run by run."""
    spent = {kind: [] for kind in KINDS}
    with one_thread(), torch.inference_mode():
        net(photo)
        for _ in range(repeats):
            with Clock() as clock:
                net(photo)
            for kind, names in KINDS.items():
                spent[kind].append(sum(clock.spent[n] for n in names))
    return spent


def outside(spent, name):
    """Share of the time that is no convolution, in the median run."""
    runs = zip(*spent[name].values(), strict=True)
    shares = [1 - run[0] / sum(run) for run in runs]
    return timing.summary(shares).median


def mean_ms(times):
    return timing.summary(times).median

# %% hide="code" measured=true record="spent" claims="S2-11" name="fig-decomposed" alt="A stacked horizontal bar of milliseconds for each of four networks, in five parts: convolutions and classifier; ReLU; adding and concatenating; shuffle and split; pooling. The text names the shares." caption="Where the time of the four networks goes on our CPU, one photograph, one thread, batch norm folded: medians by kind of operation."
spent = {name: decomposed(net) for name, net in folded.items()}
fig, ax = plt.subplots(figsize=(7, 3))
left = [0.0] * len(spent)
for kind, colour in zip(KINDS, PAINT, strict=True):
    width = [mean_ms(kinds[kind]) for kinds in spent.values()]
    ax.barh(list(spent), width, left=left, color=colour, label=kind)
    left = [a + b for a, b in zip(left, width, strict=True)]
ax.invert_yaxis()
ax.set_xlabel("milliseconds")
ax.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.4, 1))
plt.show()
print("Measured on", timing.machine())

# %% [markdown]
# {answer}`outside`
#
# In ShuffleNet V1 {{= f"{outside(recorded.spent, 'ShuffleNet V1 1.5×'):.0%}" =}} of the time is outside convolutions and classifier, in MobileNet V1 {{= f"{outside(recorded.spent, FIRST):.0%}" =}}. The longest part of it in ShuffleNet V1 is “{{= max(list(KINDS)[1:], key=lambda kind: mean_ms(recorded.spent["ShuffleNet V1 1.5×"][kind])) =}}”; pooling takes {{= f"{mean_ms(recorded.spent['ShuffleNet V1 1.5×']['pool']):.1f} of {sum(mean_ms(recorded.spent['ShuffleNet V1 1.5×'][kind]) for kind in list(KINDS)[1:]):.1f}" =}} ms: in its {term}`stem`, and in the shortcut of each unit of {term}`stride` 2. MobileNet V2 has only {{= f"{outside(recorded.spent, 'MobileNet V2'):.0%}" =}} outside, and takes {{= verdict.ratio(recorded.whole["MobileNet V2"], recorded.whole[FIRST]) =}} the time of MobileNet V1; its layers move {{= f"{bills['MobileNet V2'].access / bills[FIRST].access:.1f}" =}} times as many elements.
#
# (Read shares here, times in the closing table. These are other runs, with a clock around every function: V1 takes {{= f"{sum(mean_ms(times) for times in recorded.spent['ShuffleNet V1 1.5×'].values()):.1f}" =}} ms here, {{= f"{mean_ms(recorded.whole['ShuffleNet V1 1.5×']):.1f}" =}} ms there.)
#
# {cite:t}`ma2018shufflenetv2` (Figure 2) show such a split for ShuffleNet V1 and MobileNet V2: on their GPU, too, a good part is no convolution. Their new unit is drawn against groups, and against steps that compute nothing. The stem keeps its pooling.

# %% [markdown] objective="build" claims="S2-15,S2-17,S2-18,S2-19,S2-20,S2-22,S2-23"
# ## Build it: split, work, join
#
# How to have many channels, equally wide, with neither {term}`dense` layers nor many groups? {cite:t}`ma2018shufflenetv2` (Section 3) answer with the {term}`channel split`. A unit cuts its channels in two halves. One half passes by as it is. The other goes through three layers of equal width, 1×1, depthwise 3×3, 1×1. Then the halves are put side by side and shuffled, so that the next unit does not cut them in the same place.

# %% name="fig-v2-unit" wide=true alt="Two units side by side, drawn to scale as bands of channels. In ShuffleNet V2's, half of the band passes by above three layers of one width, 1×1, 3×3 and 1×1, and both halves cross in a shuffle at the end. In ShuffleNet V1's the band grows narrow, crosses in a shuffle, and grows wide again, under a shortcut that is added." caption="ShuffleNet V2's unit beside V1's, each with the channels of stage 2 of its own network. Height is channels, depth is the size of the map. Where does a band change its width? Point at a layer to read its cost."
from lightnets_edu.widgets import BlockAnatomy

BlockAnatomy.of({
    "V2 unit": (BasicUnit(116), (1, 116, 28, 28)),
    "V2 unit, stride 2": (DownUnit(24, 116, 24), (1, 24, 56, 56)),
    "V1 unit": (ShuffleUnit(240, 240, 1, 3, 3), (1, 240, 28, 28)),
}, beside="V1 unit")

# %% [markdown]
# Each choice follows a guideline. *Equal widths* in all three layers (1). *No grouped 1×1 layers* (2); the two halves are the groups that are left. *One half passes by*, so there is one {term}`branch` of work (3). *{term}`Concatenation <concatenation>` in place of adding*, and ReLU and the depthwise layer on one half only (4).
#
# {show}`With stride 2 <fig-v2-unit block="V2 unit, stride 2">` nothing is split: both branches read the whole map, halve its size, and are put side by side. So the channels double; but in {term}`stage` 2 the shortcut keeps its {{= STEM =}}, and the branch goes {{= f"{STEM} → {TABLE_5[1.0][0] // 2} → {TABLE_5[1.0][0] - STEM}" =}}: there the unit breaks guideline 1.

# %%
show.source(BasicUnit)

# %%
show.source(DownUnit)

# %%
show.source(join)

# %% [markdown]
# `conv_bn` is a convolution and its batch norm, `divide` refuses a remainder. `join` shuffles in the order of the authors' code, even places first: the inverse of V1's order.
#
# The network: a {term}`stem`, three {term}`stages <stage>` that each begin with a unit of stride 2, and, new against V1, a 1×1 layer before the pooling.

# %%
show.source(ShuffleNetV2)

# %% [markdown] claims="S2-24"
# ### Check it: Table 5, row by row
#
# What a photograph becomes on its way, at width 1×. The last two columns: what we count, and the channels in Table 5 of {cite:t}`ma2018shufflenetv2`.

# %% hide="code"
net = ShuffleNetV2(1.0).eval()
parts = {"stem": net.stem, "stage 2": net.stages[:4],
         "stage 3": net.stages[4:12], "stage 4": net.stages[12:],
         "conv 5": net.conv5}
x, rows = photo, []
with torch.no_grad():
    for (name, part), printed in zip(
            parts.items(), (STEM, *TABLE_5[1.0]), strict=True):
        work = cost.total(cost.layer_costs(part, x.shape)).macs
        x = part(x)
        rows.append((name, " × ".join(map(str, x.shape[1:])), work,
                     printed))
show.table(["part", "output", "multiply-adds", "channels, paper"], rows)

# %% hide="code"
printed = {0.5: (41, 1.4), 1.0: (146, 2.3),
           1.5: (299, 3.5), 2.0: (591, 7.4)}


def counted(library):
    """The totals of the four networks: the authors', or torchvision's."""
    with torch.device("meta"):
        return {width: cost.total(cost.layer_costs(
            ShuffleNetV2(width, torchvision=library), image))
            for width in TABLE_5}


official, library = counted(False), counted(True)
show.table(
    ["width", "multiply-adds", "paper, million", "parameters",
     "paper, million", "torchvision: multiply-adds", "parameters"],
    [(f"{w}×", official[w].macs, printed[w][0], official[w].params,
      printed[w][1], library[w].macs, library[w].params) for w in TABLE_5])

# %% [markdown]
# Rounded to millions, {{= sum(round(official[w].macs / 1e6) == printed[w][0] for w in TABLE_5) =}} of the four counts of work agree with the paper, and {{= sum(round(official[w].params / 1e6, 1) == printed[w][1] for w in TABLE_5) =}} of the {term}`parameters <parameter>`; the {{= f"{official[0.5].macs / 1e6:.1f}" =}} million at 0.5× we cannot explain.
#
# torchvision's network of the same name {cite:p}`torchvision2021shufflenet` is another one. The paper leaves open how a unit of stride 2 shares out its outputs. In the authors' code {cite:p}`megvii2020shufflenet` the {term}`shortcut` keeps its input channels and the branch gives the rest; in torchvision each gives a half. In stages 3 and 4 that is the same. In stage 2, from {{= STEM =}} to {{= TABLE_5[1.0][0] =}} channels, it is not, and of the two only the authors' gives the paper's counts. Weights of the one do not fit the other.
#
# Shapes and counts are not enough: the tests of this book copy weights of pytorchcv, an independent implementation, into both networks, and the outputs agree.

# %% name="fig-v2-skyline" wide=true alt="A bar for each layer of two networks, one above the other: memory access. In ShuffleNet V2 the bars of a stage are nearly equal and low; in ShuffleNet V1 they go up and down within each unit." caption="Memory access, layer by layer, of ShuffleNet V2 and V1 at nearly equal work. Drag across layers to add them up; change what is shown to the multiply-adds."
from lightnets_edu.widgets import NetworkSkyline

NetworkSkyline(names=["shufflenet_v2_1.5", "shufflenet_v1_1.5_g3"],
               against="shufflenet_v1_1.5_g3", metric="access")

# %% [markdown]
# By layers, V2 does {{= f"{bills['ShuffleNet V2 1.5×'].macs / bills['ShuffleNet V2 1.5×'].access:.0f}" =}} multiply-adds for each element that it moves, V1 {{= f"{bills['ShuffleNet V1 1.5×'].macs / bills['ShuffleNet V1 1.5×'].access:.0f}" =}}. ({show}`The work itself <fig-v2-skyline metric=macs>` is nearly the same.)

# %% predict [markdown] name="waiting" objective="reuse"
# ## See it: who waits how long
#
# Half of the channels pass by, and the shuffle decides which. Take a stage of $116$ channels. **After twenty units of stride 1, how many of its channels has no unit ever changed?**
#
# :field: Channels as they came in
# :answer: int((written(116, 20) == 0).sum())
# :wrong: 0: Halving would get there. But look at the first place: where does the shuffle send it?
# :wrong: 58: That is after one unit. The shuffle brings others to the half that is worked on.

# %%
def written(c, units):
    """For each place: the unit that last changed it, 0 for none."""
    tags = torch.zeros(1, c, 1, 1, dtype=torch.long)
    for unit in range(1, units + 1):
        short, y = tags.chunk(2, dim=1)
        tags = join(short, torch.full_like(y, unit))
    return tags.flatten()


def untouched(c, units):
    return [int((written(c, k) == 0).sum()) for k in range(units + 1)]


print(untouched(116, 9))

# %% [markdown] claims="S2-33,S2-34"
# {answer}`waiting`
#
# At first each unit halves what is left: {{= ", ".join(map(str, untouched(116, 6))) =}}. {cite:t}`ma2018shufflenetv2` (Section 3) see here a reuse of features that “decays exponentially”, $r^j c$ channels after $j$ units. (They print $r = (1 - c')/c$, with $c'$ channels worked on; it must be $(c - c')/c$. And the law holds for halves only: to them the shuffle deals what is left in equal parts, to smaller shares not. An exercise takes a quarter.) But it never gets to zero: the first channel stands at an even place, goes to the first place, and so passes by in every unit of its stage.
#
# Without the shuffle half of the channels would wait for ever. In the figure the two groups are the two halves: {show}`without it <fig-v2-shuffle shuffle=false>`, {show}`with it <fig-v2-shuffle shuffle=true>`, in {show}`V1's order <fig-v2-shuffle order=paper>`. With equal halves the two orders are one network, its channels renamed.

# %% name="fig-v2-shuffle" alt="Four rows of twelve channels in two groups. Between the second and the third row they are dealt out anew: the even places first, then the odd ones." caption="Two halves and the shuffle of `join`, even places first (the inverse of V1's order, “its inverse” in the controls). Here both halves go through a layer, so each output is reached from all inputs; in ShuffleNet V2 the first group's layer does nothing, and mixing takes more units. Point at a channel to see what reaches it."
from lightnets_edu.widgets import ChannelShuffle

ChannelShuffle(channels=12, groups=2, order="inverse", output=0)

# %% hide="code" wide=true name="fig-v2-maps" alt="Three tables of twelve small pictures of a flower. Left, the input: edges and blurs in three colours. In the middle, after one unit, six of them stand there again, framed, and six are new. Right, after two units, three of the first pictures are left, framed." caption="Twelve maps of a photograph before a unit, after one and after two (weights drawn at random). Framed: channels that no unit has changed. Each picture has a range of its own; ReLU makes black what is below zero, about half of a new one. Photograph: [vultilion](https://www.flickr.com/photos/vultilion/6056698931/), [CC BY](https://creativecommons.org/licenses/by/2.0/)."
small = nn.functional.adaptive_avg_pool2d(photo, 44)
edge = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
as_it_is = torch.zeros(3, 3)
as_it_is[1, 1] = 1
filters = torch.stack([as_it_is, torch.ones(3, 3) / 9, edge, edge.T])
maps = nn.functional.conv2d(small, filters.repeat(3, 1, 1)[:, None],
                            padding=1, groups=3)
torch.manual_seed(0)
views = [maps]
with torch.no_grad():
    for _ in range(2):
        views.append(BasicUnit(12)(views[-1]))    # batch statistics
fig = plt.figure(figsize=(9.6, 2.8))
for k, (part, view) in enumerate(zip(
        fig.subfigures(1, 3, wspace=0.05), views, strict=True)):
    part.suptitle(("before", "after one unit", "after two")[k], fontsize=11)
    for ax, picture, unit in zip(part.subplots(3, 4).flat, view[0],
                                 written(12, k), strict=True):
        ax.imshow(picture, cmap="gray")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(bool(k and unit == 0))
        ax.spines[:].set(color="#D55E00", linewidth=3)
plt.show()

# %% [markdown] objective="reuse" claims="S2-21,S2-32"
# ## Three steps as one
#
# Concatenate, shuffle, split: each reads and writes whole maps. But who is where is known before. The next unit's first half is the even places of the concatenation, its second half the odd ones. So both can be gathered at once:

# %%
def gathered(a, b):
    """The halves that the next unit reads. For halves of even width."""
    return (torch.cat([a[:, ::2], b[:, ::2]], dim=1),
            torch.cat([a[:, 1::2], b[:, 1::2]], dim=1))


def worked(unit, y):
    """The branch of a `BasicUnit` alone."""
    y = torch.relu(unit.reduce(y))
    return torch.relu(unit.expand(unit.depthwise(y)))


def fused(units, x):
    """A row of units; one step from each to the next."""
    a, b = x.chunk(2, dim=1)
    for unit in units:
        a, b = gathered(a, worked(unit, b))
    return torch.cat([a, b], dim=1)


row = net.stages[5:12]    # the seven units of stage 3 with stride 1
narrow = torch.rand(2, 232, 14, 14)
with torch.no_grad():
    same = torch.equal(fused(row, narrow), row(narrow))
print("the same numbers, bit by bit:", same)

# %% hide="code" measured=true record="joins" claims="S2-32"
a, b = torch.rand(2, 1, 116, 14, 14)
stage = fold_batch_norm(row)
joins = timing.turns({
    "concatenate, shuffle, split": lambda _: join(a, b).chunk(2, dim=1),
    "in one step": lambda _: gathered(a, b),
    "concatenate": lambda _: torch.cat([a, b], dim=1),
    "add": lambda _: a + b,
    "seven units": stage, "seven units, fused": lambda x: fused(stage, x),
}, narrow[:1], repeats=51)
show.table(["step", "time: median (middle half)"],
           [(name, timing.summary(times)) for name, times in joins.items()])

# %% [markdown]
# {{= "Equal, to the last bit." if same else "Not equal." =}} One step takes {{= verdict.ratio(recorded.joins["in one step"], recorded.joins["concatenate, shuffle, split"]) =}} the time of the three, the seven units {{= verdict.ratio(recorded.joins["seven units, fused"], recorded.joins["seven units"]) =}}: {{= verdict.ratio(recorded.joins["seven units, fused"], recorded.joins["seven units"]).words("a loss", "a gain", "not told apart") =}}.
#
# Is concatenating cheap because it computes nothing? It moves data too: two halves put side by side take {{= verdict.ratio(recorded.joins["concatenate"], recorded.joins["add"]) =}} the time of adding them. What guideline 4 gains is the fusion, and the half that is left alone.

# %% [markdown] objective="build" claims="S2-25,S2-26,S2-27"
# ## Pitfalls
#
# ### A listing, mended
#
# The long notes (“From MobileNet to ShuffleNet”, one of the texts that this book checks) end with the network in Keras {cite:p}`opconty2018concat`. It runs. We rebuild it in PyTorch, fault by fault.

# %% hide="code"
def listed(half=False, norms=False):
    """The listing's network at its “1×”; with its faults mended."""
    def conv(c_in, c_out, kernel=1, stride=1, groups=1):
        layer = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2,
                          groups=groups, bias=not norms)
        return nn.Sequential(layer, nn.BatchNorm2d(c_out))

    class Unit(nn.Module):
        def __init__(self, c_in, c_out, stride):
            super().__init__()
            m = c_out // 2 if half else c_out
            taken = c_in - c_in // 2 if stride == 1 else c_in
            self.branch = nn.Sequential(
                conv(taken, m), nn.ReLU(), conv(m, m, 3, stride, m),
                conv(m, m), nn.ReLU())
            self.short = None if stride == 1 else nn.Sequential(
                conv(c_in, c_in, 3, 2, c_in), conv(c_in, m), nn.ReLU())
            self.width = m + (c_in - taken if stride == 1 else m)

        def forward(self, x):
            short, y = (x, x) if self.short else x.chunk(2, dim=1)
            short = self.short(short) if self.short else short
            return torch.cat([self.branch(y), short], dim=1)

    first = conv(3, 24, 3, 2) if norms else nn.Conv2d(3, 24, 3, 2, 1,
                                                      bias=False)
    layers, c = [first, nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 24
    for c_out, n in zip(TABLE_5[1.0], (4, 8, 4), strict=False):
        for k in range(n):
            layers.append(Unit(c, c_out, 1 if k else 2))
            c = layers[-1].width
    last = conv(c, 1024) if norms else nn.Conv2d(c, 1024, 1)
    pool = nn.AdaptiveAvgPool2d(1) if norms else nn.AdaptiveMaxPool2d(1)
    return nn.Sequential(*layers, last, nn.ReLU(), pool, nn.Flatten(),
                         nn.Linear(1024, 1000))


with torch.device("meta"):
    faulty = {"as listed": listed(), "branches half as wide": listed(True),
              "and its batch norms, pool, no biases": listed(True, True)}
    listing = {name: cost.total(cost.layer_costs(network, image))
               for name, network in faulty.items()}
show.table(["the listing, “1×”", "parameters", "multiply-adds"],
           [(name, t.params, t.macs) for name, t in listing.items()])

# %% [markdown]
# **Branches of full width.** A branch has all the output channels, not half of them, and the other half comes on top: “1×” lies nearer to 2× than to 1×. On the listing's own page a reader asked whether stage 2 does not get {{= 2 * TABLE_5[1.0][0] =}} channels, and another posted its {{= f"{listing['as listed'].params:,}" =}} trainable parameters {cite:p}`opconty2018concat`; our rebuilt listing has exactly as many.
#
# **Batch norms and pool.** None follows the first and the last 1×1 layer, and the pool takes the maximum. Mended, the listing is {{= "torchvision's network, parameter for parameter" if listing["and its batch norms, pool, no biases"] == library[1.0] else "another network still" =}}.
#
# **Widths by the wrong key.** The widths of Table 5 are looked up by the share of the branch and then multiplied by the scale. At half the scale stage 2 gets {{= int(TABLE_5[1.0][0] * 0.5) =}} channels in place of {{= TABLE_5[0.5][0] =}}, and the stem, whose comment says that it never changes, gets {{= int(STEM * 0.5) =}}. The table is no multiple: it must be asked for its own width.
#
# ### One digit
#
# A published copy has 224 channels where the table has {{= TABLE_5[2.0][0] =}} {cite:p}`shuaixie2019width`.

# %% hide="code"
from unittest.mock import patch

wrong = {2.0: (224, 488, 976, 2048)}
with torch.device("meta"), patch.dict(TABLE_5, wrong):
    typo = cost.total(cost.layer_costs(ShuffleNetV2(2.0), image))
print(f"{official[2.0].params - typo.params:,} parameters fewer,",
      f"{1 - typo.macs / official[2.0].macs:.1%} of the multiply-adds")

# %% [markdown]
# *What it changes.* Another network, which trains as well as any. Two things show it: the count, and that each stage has twice the channels of the one before.
#
# ### A copy that runs
#
# The code is ours; each mistake is of a kind that published copies have.

# %%
class FoundUnit(nn.Module):
    """A unit of ShuffleNet V2 as one may find it. Do not trust it."""

    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.stride = stride
        half = c_out // 2
        taken = c_in // 2 if stride == 1 else c_in
        self.conv1 = nn.Conv2d(taken, half, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(half)
        self.conv2 = nn.Conv2d(half, half, 3, stride, padding=1,
                               groups=half, bias=False)
        self.bn2 = nn.BatchNorm2d(half)
        self.conv3 = nn.Conv2d(half, half, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(half)
        if stride == 2:
            self.conv4 = nn.Conv2d(c_in, c_in, 3, 2, padding=1,
                                   groups=c_in, bias=False)
            self.bn4 = nn.BatchNorm2d(c_in)
            self.conv5 = nn.Conv2d(c_in, half, 1, bias=False)
            self.bn5 = nn.BatchNorm2d(half)

    def forward(self, x):
        if self.stride == 1:
            short, y = x.chunk(2, dim=1)
        else:
            short = torch.relu(self.bn4(self.conv4(x)))
            short, y = torch.relu(self.bn5(self.conv5(short))), x
        y = torch.relu(self.bn1(self.conv1(y)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = torch.relu(self.bn3(self.conv3(y)))
        return channel_shuffle(torch.cat([y, short], dim=1), 2)

# %% hide="code"
def renamed(unit):
    """The weights of the package's unit under the copy's names."""
    places = {"reduce": 1, "depthwise": 2, "expand": 3,
              "short_depthwise": 4, "short_expand": 5}
    state = {}
    for name, value in unit.state_dict().items():
        place, kind, rest = name.split(".")
        layer = "conv" if kind == "0" else "bn"
        state[f"{layer}{places[place]}.{rest}"] = value
    return state


def same_output(copy, unit, c_in):
    """Do both give the same output when they hold the same weights?"""
    x = torch.linspace(-1, 1, 2 * c_in * 8 * 6).reshape(2, c_in, 8, 6)
    try:
        copy.load_state_dict(renamed(unit))
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip()
        raise RuntimeError("the weights of the package's unit do not fit "
                           f"this one's layers: {first}") from None
    with torch.no_grad():
        return torch.allclose(copy.eval()(x), unit.eval()(x), atol=1e-5)


torch.manual_seed(0)
rows = []
for c_in, c_out, stride in [(116, 116, 1), (116, 232, 2), (24, 116, 2)]:
    copy = FoundUnit(c_in, c_out, stride)
    unit = BasicUnit(c_in) if stride == 1 else DownUnit(c_in, c_out, c_in)
    x = torch.zeros(1, c_in, 28, 28)
    shapes = "same" if copy(x).shape == unit(x).shape else "differ"
    try:
        outputs = "same" if same_output(copy, unit, c_in) else "differ"
    except RuntimeError:
        outputs = "the weights do not fit"
    counts = [sum(p.numel() for p in u.parameters()) for u in (copy, unit)]
    rows.append((f"{c_in} → {c_out}, stride {stride}", shapes, *counts,
                 outputs))
show.table(["unit", "shapes", "parameters, copy", "package", "outputs"],
           rows)

# %% [markdown]
# *What it changes.* Another function in all three, though shapes agree. The last exercise mends it.

# %% [markdown]
# ## Exercises
#
# Two for practice, with solutions; then three that count, from easy to hard. The hidden tests look at more cases than the checks: ✓ does not mean full marks.

# %% task [markdown] exercise="lopsided" objective="bound"
# ### How lopsided?
#
# A 1×1 layer leads from $C$ to $rC$ channels, and does as much work as a layer of equal widths on the same map. Leave the weights out, which both have alike. Write `lopsided(r)`: how many times the memory access of the equal layer it has.
#
# **Predict first:** at which ratio is it twice as much, about $1:4$ or about $1:14$? The last check answers.
#
# :::{dropdown} Solution
# The equal layer has width $w$ with $w^2 = C \cdot rC$, so $w = C\sqrt{r}$. It moves $2w$ elements a position, the other $C + rC$:
#
# ```python
# def lopsided(r):
#     return (1 + r) / (2 * r**0.5)
# ```
# :::

# %% answer exercise="lopsided"
def lopsided(r):
    """Memory access of a 1:r layer, in multiples of the 1:1 layer."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="lopsided"
with Check("lopsided") as check:
    with check("1:1 is the equal layer itself"):
        check.close(lopsided(1), 1.0)
    with check("1:4, and 4:1"):
        check.close(lopsided(4), 1.25)
        check.close(lopsided(1 / 4), 1.25)
    with check("twice as much at 1:13.93"):
        check.close(lopsided(7 + 48**0.5), 2.0)

# %% task [markdown] exercise="times" objective="measure"
# ### Speeds are not times
#
# Tables of papers often give speeds: batches a second. Write `times(speeds)`: for each speed the time, as a multiple of the first one's time.
#
# **Predict first:** a speed falls by three tenths. Does the time grow by three tenths, by more, or by less? The last check answers, with two speeds of Table 2 of {cite:t}`ma2018shufflenetv2`.
#
# :::{dropdown} Solution
# Time is one over speed, so the ratio turns round:
#
# ```python
# def times(speeds):
#     return [speeds[0] / speed for speed in speeds]
# ```
#
# By more: seven tenths of the speed are $10/7$ of the time, four tenths on top and a little.
# :::

# %% answer exercise="times"
def times(speeds):
    """Times from speeds, in multiples of the first."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="times"
with Check("times") as check:
    with check("half the speed is twice the time"):
        check.close(list(times([10, 5, 20])), [1.0, 2.0, 0.5])
    with check("ARM, one group and eight"):
        check.close(list(times([40.0, 27.8])), [1.0, 1.438849], rel=1e-5)

# %% predict [markdown] name="odd" objective="bound"
# ### Predict: widths for a prime
#
# The next exercise looks for whole widths. A 1×1 layer without groups shall do $997$ multiply-adds at each position, and $997$ is a prime number. How many channels has its wider side?
#
# :field: Channels of the wider side
# :answer: prime
# :wrong: 30 to 33: The square root is near; but the product of two whole numbers must be the prime itself.

# %% task [markdown] exercise="balanced" objective="bound"
# ### The least that whole widths allow
#
# A 1×1 layer with `groups` groups, from `c_in` to `c_out` channels, does `c_in * c_out / groups` multiply-adds at each position. Write `balanced(work, groups)`: the pair `(c_in, c_out)`, `c_in` not above `c_out`, that does exactly `work` multiply-adds a position and has the least memory access. `groups` must divide both widths. Return `None` where no such layer exists. Both arguments are whole numbers from one up; `work` may be as large as a million million, with few groups or many, so do not try every pair.
#
# :::{dropdown} Hint
# Write the widths as `groups * a` and `groups * b`. What must `a * b` be? Of two numbers with this product, which have the least sum?
# :::

# %% answer exercise="balanced"
def balanced(work, groups):
    """Widths (c_in, c_out) with the least memory access, or None."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="balanced" points=4
with Check("balanced") as check:
    with check("a square: equal widths"):
        check.equal(tuple(balanced(1024, 1)), (32, 32))
    with check("no square: as near as whole numbers get"):
        check.equal(tuple(balanced(972, 1)), (27, 36))
    with check("a prime"):
        check.equal(tuple(balanced(997, 1)), (1, 997))
    with check("three groups: both widths are multiples of three"):
        check.equal(tuple(balanced(60, 3)), (12, 15))
    with check("eight groups cannot do 20"):
        check.equal(balanced(20, 8), None)

# %% hide="code"
prime = 997
print([d for d in range(1, prime + 1) if prime % d == 0])

# %% [markdown]
# {answer}`odd`
#
# For a prime there is one pair: one channel on one side, {{= prime =}} on the other. This is why papers that hold the work “fixed” hold it nearly fixed.

# %% predict [markdown] name="quarter" objective="reuse"
# ### Predict: a quarter at a time
#
# The paper splits $c$ channels into $c - c'$ that pass by and $c'$ that are worked on, and takes half. Suppose a unit works on a quarter, $29$ of $116$ channels. After how many units are fewer than half of them as they came in?
#
# :field: Units
# :answer: next(k for k in range(99) if left_alone(116, 29, k) < 58)
# :wrong: 2: Two quarters would make a half, if the second unit met only channels that are as they came in.

# %% task [markdown] exercise="last_written" objective="reuse"
# ### Who wrote this channel?
#
# A stage has `c` channels. Each unit lets the first `c - taken` pass by and works on the last `taken`. It puts both side by side in this order, the shuffle brings the even places first and then the odd ones (places count from 0, as in `join`), and the next unit begins. Write `last_written(c, taken, units)`: for each place after the shuffle of the last unit, the number of the unit that last changed the channel, counted from 1; 0 where none has. Give `c` whole numbers: a list, a tuple or a tensor. `c` need not be even; `taken` is from 0 to `c`; `units` may be 0, or thousands.
#
# :::{dropdown} Hint
# Keep a list of tags, one for each channel. `tags[::2]` are the even places.
# :::

# %% answer exercise="last_written"
def last_written(c, taken, units):
    """For each place, the unit that last changed its channel."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="last_written" points=5
with Check("last_written") as check:
    with check("six channels, half taken, one unit and two"):
        check.equal(list(last_written(6, 3, 1)), [0, 0, 1, 0, 1, 1])
        check.equal(list(last_written(6, 3, 2)), [0, 1, 2, 0, 2, 2])
    with check("as in the chapter: 116 channels"):
        check.equal(list(last_written(116, 58, 5)),
                    written(116, 5).tolist())
    with check("a fifth taken, an odd number of channels"):
        check.equal(list(last_written(5, 1, 2)), [0, 1, 2, 0, 0])
    with check("no unit yet"):
        check.equal(list(last_written(4, 2, 0)), [0, 0, 0, 0])

# %% hide="code"
def left_alone(c, taken, units):
    """Channels as they came in, by the same rule."""
    tags = torch.zeros(c, dtype=torch.long)
    for unit in range(1, units + 1):
        tags[c - taken:] = unit
        tags = torch.cat([tags[::2], tags[1::2]])
    return int((tags == 0).sum())


print([left_alone(116, 29, k) for k in range(6)])

# %% [markdown]
# {answer}`quarter`
#
# With a quarter taken, {{= ", ".join(str(left_alone(116, 29, k)) for k in range(5)) =}} channels are as they came in after 0, 1, 2, … units. By $r^j c$ it would be {{= ", ".join(f"{116 * 0.75**k:.0f}" for k in range(5)) =}}. But the shuffle puts the changed channels at the end of each half, and the quarter at the end meets many of them again.

# %% task [markdown] exercise="mended_v2_unit" objective="build"
# ### Mend the copy
#
# The `FoundUnit` of the pitfall differs from the package's units in several places: how wide its layers are, what happens to the map, and how the halves are joined. Hold it against `BasicUnit`, `DownUnit` and `join`, then write `MendedUnit(c_in, c_out, stride)`:
#
# - With stride 1, `c_in` equal to `c_out`, it is `BasicUnit(c_in)`; with stride 2 it is the authors' unit, `DownUnit(c_in, c_out, c_in)`, whose shortcut keeps its channels; `c_out` is above `c_in`. What it does with other strides and widths is left open, but for the last rule.
# - Its layers keep the names `conv1`, `bn1`, … `bn5`, so that weights saved under the copy's names load, as `renamed` gives them. With stride 1 there are no `conv4`, `bn4`, `conv5`, `bn5`. It has no other parameters.
# - Channels are never lost in silence: where `c_out` is odd, building it raises `ValueError`.
#
# With `same_output(copy, unit, c_in)`, from the folded code of the pitfall, you can try more units than the check does.
#
# :::{dropdown} Hint: the widths
# With stride 2 the shortcut gives `c_in` channels. How many are left for the branch's last layer, `conv3`? The layers before it keep the width that they have.
# :::
#
# :::{dropdown} Hint: the map
# `join(short, y)` may be used. Then look at where `FoundUnit` has a ReLU, and the package has none.
# :::

# %% answer exercise="mended_v2_unit"
class MendedUnit(nn.Module):
    """ShuffleNet V2's unit, under the names of the found copy."""

    def __init__(self, c_in, c_out, stride):
        super().__init__()
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()

# %% check exercise="mended_v2_unit" points=5
with Check("MendedUnit") as check:
    with check("stride 1: same weights, same output"):
        check.true(same_output(MendedUnit(12, 12, 1), BasicUnit(12), 12),
                   "the outputs differ")
    for c_in, c_out in [(12, 24), (8, 30)]:
        with check(f"stride 2, {c_in} to {c_out} channels"):
            check.true(same_output(MendedUnit(c_in, c_out, 2),
                                   DownUnit(c_in, c_out, c_in), c_in),
                       "the outputs differ")
    with check("an odd number of channels is refused"):
        try:
            MendedUnit(4, 15, 2)
        except ValueError:
            pass
        else:
            check.true(False, "no ValueError was raised")

# %% [markdown]
# ### An open question
#
# No points, and no single answer. You may design a network for *one* machine, and may time every layer on it. Which of the four guidelines would you check first, and what would you build differently if one of them failed there?

# %% [markdown] claims="S2-30,S2-31"
# ## When to choose it
#
# We began with four networks of the same work. Did the cure cure it?

# %% hide="code" measured=true
show.table(
    ["network", "multiply-adds", "memory access", "time (middle half)",
     "outside convolutions", "top-1 error, paper"],
    [(name, bills[name].macs, bills[name].access,
      timing.summary(whole[name]), f"{outside(spent, name):.0%}", error)
     for name, error in zip(TABLE_8, ("31.6%", "27.4%", "28.0%", "28.5%"),
                            strict=True)])

# %% [markdown]
# ShuffleNet V2 takes {{= verdict.ratio(recorded.whole["ShuffleNet V2 1.5×"], recorded.whole["ShuffleNet V1 1.5×"]) =}} the time of V1: {{= verdict.ratio(recorded.whole["ShuffleNet V2 1.5×"], recorded.whole["ShuffleNet V1 1.5×"]).words("a loss", "a gain", "not told apart") =}}. (The median of ratios taken in turns, {chapter}`1`; the medians of the table may divide to another.) Outside convolutions it spends {{= f"{outside(recorded.spent, 'ShuffleNet V2 1.5×'):.0%}" =}} of its time, V1 {{= f"{outside(recorded.spent, 'ShuffleNet V1 1.5×'):.0%}" =}}: {{= "half of this share or more is gone" if 2 * outside(recorded.spent, 'ShuffleNet V2 1.5×') <= outside(recorded.spent, 'ShuffleNet V1 1.5×') else "the greater part of this share stays" =}}. Against MobileNet V1, which has no branch, no shuffle and nothing to add, it takes {{= verdict.ratio(recorded.whole["ShuffleNet V2 1.5×"], recorded.whole[FIRST]) =}} the time. The authors saw the same on their GPU, and explain it by the guidelines ({cite:t}`ma2018shufflenetv2`, Section 4); but they report an error of 27.4% for V2 and 31.6% for MobileNet V1 (Table 8).
#
# *Choose it* for a processor or a GPU where both error and time count, at the work of Table 5.
#
# *Measure first*, always: the bound of guideline 1 is a theorem about counting, and what your machine does with it is its own affair. And a guideline for speed says nothing of accuracy.
#
# The next network, EffNet, asks in which layers height, width and channels should shrink.

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements of the paper and of our sources that are worth a second look, with our verdicts.
