# ---
# title: GhostNet
# minutes: [70, 65]
# before: "what layers cost, and the rule for verdicts ({chapter}`1`); inverted residuals, squeeze-and-excite and MobileNet V3 ({chapter}`4`)"
# objectives:
#   alike: measure how well one map is made from another by a cheap operation, and say what such a number can prove
#   count: compute what a ghost module costs, say why it saves less than s times, and why a clock may say otherwise
#   build: build the module, the bottleneck and the network, and find the places where published copies differ
# ---

# %% card [markdown]
# # GhostNet: maps that are nearly free
#
# A layer with many outputs computes each of them as if the others were not there. {cite:t}`han2020ghostnet` looked at the maps of a trained network, found pairs that look alike, and drew a conclusion: pay the full price for one of the two, and make the other from it by something cheap. We measure how alike maps are, build what follows, count what it saves, and train it against layers of equal cost.

# %% [markdown] objective="alike" claims="GH-01,GH-02"
# ## Who pays, and for what
#
# In MobileNet V3 {cite:p}`howard2019mobilenetv3` all 3×3 and 5×5 layers but the first are {term}`depthwise <depthwise convolution>`, so they are cheap. The 1×1 layers are not:

# %% hide="code"
import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_sample_image
from torch import nn

from lightnets_edu import cost, data, show, timing, training, verdict
from lightnets_edu.checks import Check
from lightnets_edu.inference import fold_batch_norm
from lightnets_edu.layers import SqueezeExcite, conv_bn
from lightnets_edu.models.ghostnet import (
    TABLE_1, GhostBottleneck, GhostModule, GhostNet,
)
from lightnets_edu.models.mobilenet_v3 import Bneck, MobileNetV3

show.vector_plots()
image = (1, 3, 224, 224)


def rows_of(net, shape=image):
    return cost.layer_costs(net, shape)


def share(rows, kind="pointwise"):
    """Share of one kind of layer in the multiply-adds."""
    own = [row for row in rows if row.kind == kind]
    return cost.total(own).macs / cost.total(rows).macs


with torch.device("meta"):    # sizes only: no weights are drawn
    ghostnet = GhostNet()
    rows = {"MobileNet V3": rows_of(MobileNetV3("large")),
            "GhostNet": rows_of(ghostnet)}
totals = {name: cost.total(found) for name, found in rows.items()}
show.table(["network", "multiply-adds", "in 1×1 layers"],
           [("MobileNet V3 (large)", totals["MobileNet V3"].macs,
             f"{share(rows['MobileNet V3']):.1%}")])

# %% [markdown]
# {{= f"{share(rows['MobileNet V3']):.0%}" =}} of the {term}`multiply-adds <multiply-add>` are in 1×1 layers. Each of their {term}`maps <map>` is a new mixture of *all* maps before it. Are the results worth it? Here are maps of a small network that has learnt handwritten digits, on a photograph, which it has never seen anything like.

# %% hide="code"
def block(c_in, c_out):
    """3×3, batch norm, ReLU: the plain layer."""
    return nn.Sequential(*conv_bn(c_in, c_out, 3), nn.ReLU())


def small(make=block, wide=32):
    """Three layers, two of them by `make`. (N, 1, H, W) -> (N, 10)."""
    return nn.Sequential(
        block(1, 16), make(16, wide), nn.MaxPool2d(2), make(wide, wide),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(wide, 10))


LAYERS = {"first": 1, "second": 2, "third": 4}    # parts of `small`
train, test = data.digits(12)
learn = data.Images(train.x[:300], train.y[:300])
recipe = {"epochs": 5, "batch": 20, "lr": 0.05, "progress": False}
photo = torch.tensor(load_sample_image("china.jpg") / 255.0).float()
photo = nn.functional.adaptive_avg_pool2d(
    photo.mean(dim=2)[None, None], (80, 120))
photo = (photo - photo.mean()) / photo.std()

# %% hide="code" measured=true name="fig-ghostnet-maps" alt="Two rows of six small orange pictures of a temple in front of the sky. In some the sky is filled and the roof is blank, some show edges only; several look much like each other." caption="The first twelve maps of the second layer of a small network, trained on digits, on a photograph. The stronger the colour, the larger the value; no colour is zero. Which pairs look alike? Photograph: danielbuechele, [CC BY](https://creativecommons.org/licenses/by/2.0/)."
torch.manual_seed(0)
shown = small()
training.fit(shown, learn, test, **recipe)
with torch.no_grad():
    maps = shown[:2](photo)[0, :12]
fig, axes = plt.subplots(2, 6, figsize=(7, 1.9))
for ax, one in zip(axes.flat, maps, strict=True):
    ax.imshow(one, cmap="signed", vmin=-float(one.max() + 1e-6),
              vmax=float(one.max() + 1e-6), interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
plt.show()

# %% [markdown]
# {cite:t}`han2020ghostnet` show such pictures of a ResNet. They call a map that is like another its *{term}`ghost`*, and say that such redundancy is one of the marks of a successful network. For three pairs, picked by hand, they also give the mean squared error of one map made from the other by a depthwise {term}`kernel` (Table 2), without a scale, and without a network that has not learnt anything. We add both.

# %% objectives [markdown]
# ## You will be able to

# %% predict [markdown] name="saving" objective="count"
# ## Predict first
#
# A 1×1 layer from $64$ to $128$ {term}`channels <channel>` is replaced. A 1×1 layer makes $64$ maps; then each of these gives one more by a 3×3 kernel of its own, a depthwise layer. **How many times fewer multiply-adds is that?**
#
# :field: Times fewer
# :answer: f"{saved[1, 2]:.2f}"
# :wrong: 2: The first half would be that. What does one map of the second half cost at a position, beside one of the first?
# :wrong: above 2: Half of the maps cost what they cost before.

# %% predict [markdown] name="training" objective="alike"
# ### And is it learnt?
#
# Take the small network’s *third* layer, and ask how well each map can be made from the most similar other map. Then ask the same of the network *before* training, with random {term}`weights <weight>`. On digits, the maps of the trained network are
#
# :field: The trained network’s maps are
# :choices: more alike | less alike | not told apart
# :answer: verdict.paired(recorded.alike["third, digits"]["trained"], recorded.alike["third, digits"]["untrained"]).words("more alike", "less alike", "not told apart")

# %% [markdown] objective="alike" claims="GH-02,GH-03"
# ## How alike are maps?
#
# “Can be made by something cheap” we take at its word. To make the *ghost* of a map, its *parent*, we slide one $d \times d$ kernel over the parent and add a constant. (In GhostNet a {term}`ReLU` may follow; our likeness is that of the linear ghost.) For each pair of maps, least squares on some images find the kernel that makes map $j$ from map $i$. Other images {term}`judge it <R²>`:
#
# $$
# R^2 = 1 - \frac{\text{squared errors of the ghost}}{\text{squared distances of the map from its own mean}} .
# $$
#
# 1 is a perfect copy; 0 is no use at all; on images that were not fitted it may fall below. Which parent makes a map most closely is seen on the judging images, which flatters all networks a little, trained or not.

# %%
def ghost_r2(maps, judged, d):
    """R² on `judged` of each map (column) made from each (row)."""
    def sums(x):    # what least squares takes, for each parent
        n, c, h, w = x.shape
        a = nn.functional.unfold(x.reshape(n * c, 1, h, w), d,
                                 padding=d // 2)
        a = a.reshape(n, c, d * d, h * w).permute(1, 0, 3, 2)
        a = nn.functional.pad(a.flatten(1, 2), (0, 1), value=1.0)
        y = x.movedim(1, 3).flatten(0, 2)
        return a.mT @ a, a.mT @ y, y

    squares, products, _ = sums(maps)
    tiny = 1e-6 * squares.abs().amax() * torch.eye(d * d + 1)
    kernels = torch.linalg.solve(squares + tiny, products)
    squares, products, y = sums(judged)
    errors = (kernels * (squares @ kernels - 2 * products)).sum(1)
    errors += y.square().sum(0)
    spread = (y - y.mean(0)).square().sum(0)
    spread[spread < 1e-3 * spread.max()] = float("nan")    # dead: no values
    return 1 - errors / spread


@torch.no_grad()
def likeness(layers, fitted, judged, d=3):
    """R² of each map that is not dead with its best parent: the mean."""
    table = ghost_r2(layers(fitted).double(), layers(judged).double(), d)
    best = table.fill_diagonal_(float("-inf")).amax(0)
    return best[best.isfinite()].mean().item()

# %% [markdown]
# What could prove the claim *false*? An untrained network whose maps are as much alike: then likeness is nothing that training brings. And digits with their pixels *shuffled*, in which nothing is smooth. What is then still alike needs no smooth image; the network’s overlapping {term}`windows <window>` are enough to make neighbours alike. (Shuffled digits are foreign to a trained network too, so this does not split likeness into two parts.)

# %% hide="code"
def shuffled(x):
    """Each image with its pixels in a random order of its own."""
    draw = torch.Generator().manual_seed(0)
    order = torch.rand(x.flatten(1).shape, generator=draw).argsort(1)
    return x.flatten(1).gather(1, order).reshape(x.shape)


digits = test.x[:50], test.x[50:100]
INPUTS = {"digits": digits,
          "shuffled digits": tuple(shuffled(x) for x in digits),
          "photograph": (photo[..., :60], photo[..., 60:])}


def settled(net):
    """A network whose batch norms know the digits, not trained."""
    with torch.no_grad():
        for part in learn.x.split(50) * 5:
            net.train()(part)
    return net.eval()


def gap(alike, where):
    """Trained less untrained: R², by seeds."""
    return verdict.paired(alike[where]["trained"],
                          alike[where]["untrained"])


def told(v):
    text = f"{v.mean:+.2f}, {v.low:+.2f} to {v.high:+.2f}"
    return text.replace("-", "−")

# %% hide="code" measured=true record="alike" claims="GH-02,GH-03"
alike = {f"{layer}, {what}": {"trained": [], "untrained": []}
         for layer in LAYERS for what in (*INPUTS, "digits, d = 1")}
for seed in training.seeds(2, of=20):
    torch.manual_seed(seed)
    fresh, net = small(), small()
    net.load_state_dict(fresh.state_dict())
    training.fit(net, learn, test, seed=seed, **recipe)
    for state, one in (("trained", net), ("untrained", settled(fresh))):
        for layer, parts in LAYERS.items():
            for what, (fitted, judged) in INPUTS.items():
                alike[f"{layer}, {what}"][state].append(
                    likeness(one[:parts], fitted, judged))
            alike[f"{layer}, digits, d = 1"][state].append(
                likeness(one[:parts], *digits, d=1))
print("Measured on", timing.machine())
show.table(
    ["layer", "input", "trained: R²", "untrained: R²",
     "difference: mean, interval"],
    [(*where.split(", ", 1), f"{verdict.mean(found['trained']):.2f}",
      f"{verdict.mean(found['untrained']):.2f}",
      told(gap(alike, where))) for where, found in alike.items()])

# %% hide="code" measured=true name="fig-ghostnet-alike" alt="Three panels, one for each layer, with three groups of two bars each: digits, shuffled digits, photograph; a plain bar for the trained network and a hatched bar for the untrained one. Shuffled digits have low bars, the photograph high ones." caption="How well the closest other map makes a map, by a 3×3 kernel: mean R² over maps and seeds. Where is the trained network (plain) above the untrained one (hatched)?"
fig, axes = plt.subplots(1, 3, figsize=(7.4, 2.9), sharey=True)
STATES = {"trained": ("#0072B2", -0.2, ""),
          "untrained": ("#D55E00", 0.2, "///")}
for ax, layer in zip(axes, LAYERS, strict=True):
    for state, (colour, shift, hatch) in STATES.items():
        ax.bar([i + shift for i in range(3)],
               [verdict.mean(alike[f"{layer}, {what}"][state])
                for what in INPUTS], 0.38, color=colour, hatch=hatch,
               edgecolor="white", label=state)
    ax.set_title(f"{layer} layer", fontsize=11)
    ax.set_xticks(range(3), ["digits", "shuffled", "photo"])
    ax.tick_params(axis="x", labelrotation=30)
axes[0].set(ylabel="R²", ylim=(0, 1))
axes[1].legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.12))
plt.show()

# %% [markdown]
# {answer}`training`
#
# On digits, over {{= len(recorded.alike["third, digits"]["trained"]) =}} {term}`seeds <seed>`:
#
# - In the third layer the closest other map makes a map with an $R^2$ of {{= f"{verdict.mean(recorded.alike['third, digits']['trained']):.2f}" =}}; before training it was {{= f"{verdict.mean(recorded.alike['third, digits']['untrained']):.2f}" =}}. Trained maps are {{= gap(recorded.alike, "third, digits").words("more alike", "less alike", "not told apart in this") =}}.
# - In the second layer it is {{= f"{verdict.mean(recorded.alike['second, digits']['trained']):.2f}" =}} against {{= f"{verdict.mean(recorded.alike['second, digits']['untrained']):.2f}" =}}: {{= gap(recorded.alike, "second, digits").words("more alike", "less alike", "not told apart") =}}; in the first {{= f"{verdict.mean(recorded.alike['first, digits']['trained']):.2f}" =}} against {{= f"{verdict.mean(recorded.alike['first, digits']['untrained']):.2f}" =}}: {{= gap(recorded.alike, "first, digits").words("more alike", "less alike", "not told apart") =}}.
# - A 1×1 kernel, a mere copy in another strength, brings {{= f"{verdict.mean(recorded.alike['third, digits, d = 1']['trained']):.2f}" =}} in the third layer and {{= f"{verdict.mean(recorded.alike['first, digits, d = 1']['trained']):.2f}" =}} in the first.
# - Shuffled pixels leave {{= f"{verdict.mean(recorded.alike['third, shuffled digits']['trained']):.2f}" =}} in the third layer. On the photograph, a single one, it is {{= f"{verdict.mean(recorded.alike['third, photograph']['trained']):.2f}" =}}, and before training {{= f"{verdict.mean(recorded.alike['third, photograph']['untrained']):.2f}" =}}: {{= gap(recorded.alike, "third, photograph").words("there trained maps are more alike", "there trained maps are less alike", "not told apart") =}}. Why, we did not test.
#
# So the observation holds in part. Maps *are* partly redundant. But untrained networks have that too, and {{= "whether training adds to it depends on the layer" if len({gap(recorded.alike, f"{layer}, digits").words("more", "less", "as much") for layer in LAYERS}) > 1 else "training did the same to all three layers" =}}. On digits, a single other map and a 3×3 kernel leave {{= f"{1 - verdict.mean(recorded.alike['third, digits']['trained']):.0%}" =}} of the third layer’s {term}`variance <standard deviation>` open. So much would ghosts miss of the maps that this network has. That need not matter: a network that is trained *with* ghosts may choose maps that suit them. This is what the module bets on.

# %% [markdown] objective="build" claims="GH-03,GH-04,GH-05,GH-15"
# ## See it: parents and ghosts
#
# The **{term}`ghost module`** makes $C_\text{out}$ maps in two steps. A *primary* {term}`convolution` makes $m = C_\text{out}/s$ maps. Each of them is kept, and gives $s - 1$ ghosts, each by a $d \times d$ kernel of its own: a depthwise layer with several outputs for each input. The paper’s networks have $s = 2$, $d = 3$ and 1×1 primaries.
#
# In the figure the ghosts are found as above, for fixed maps of a photograph. Kept maps have heavy frames; ◆ marks the parent of the map that you picked, ◇ the ghosts of a parent. One thing differs from the module: each ghost takes the parent that makes it most closely, so one kept map may have many ghosts and another none. This shows at most what a module could do. Begin with {show}`half of the maps kept <fig-ghost-maps s=2 d=3 revealed=true>`. Keep {show}`only a quarter <fig-ghost-maps s=4 d=3 revealed=true>`. Then let {show}`each ghost be a copy in another strength <fig-ghost-maps s=4 d=1 revealed=true>`: which map suffers most?

# %% hide="code" wide=true name="fig-ghost-maps" alt="Twelve small maps of a flower, made by different filters. Once revealed, six of them have heavy frames and are kept, six are ghosts. One map is shown large, beside it its ghost and what the ghost misses. Two bars below compare a convolution with a ghost module, whose bar is a little longer than half." caption="Maps of twelve filters, made by hand, on a photograph: some are kept (heavy frames), the others become ghosts of a kept parent. Which map has no good parent? Pick one, then reveal. Grey bars tell how much a ghost explains, blue ones how much a kept map could. Below, what a ghost module saves. Photograph: [vultilion](https://www.flickr.com/photos/vultilion/6056698931/), [CC BY](https://creativecommons.org/licenses/by/2.0/)."
from lightnets_edu.widgets import GhostMaps

ghost_figure = GhostMaps(channels="16:32", k=3, revealed=False)
copied, filtered = (ghost_figure.ghosts[f"4 {d}"]["r2"] for d in (1, 3))
sufferer = min(range(len(copied)), key=copied.__getitem__)
ghost_figure

# %% [markdown]
# Of the copies, the ghost of map {{= sufferer =}} (“{{= ghost_figure.names[sufferer] =}}”) suffers most: its $R^2$ is {{= f"{copied[sufferer]:.2f}" =}}; with 3×3 kernels it is {{= f"{filtered[sufferer]:.2f}" =}}.

# %% [markdown] objective="count" claims="GH-07,GH-11"
# ## Count it: less than s times
#
# At each position a plain map costs $K^2 C_\text{in}$ multiply-adds, a ghost $d^2$. So the module needs
#
# $$
# m \left( K^2 C_\text{in} + (s - 1)\, d^2 \right)
# $$
#
# instead of $s\,m\,K^2 C_\text{in}$. It saves a factor of
#
# $$
# \frac{s\, K^2 C_\text{in}}{K^2 C_\text{in} + (s - 1)\, d^2} .
# $$
#
# {cite:t}`han2020ghostnet` take $d$ and $K$ for about equal. Then it is $s\,C_\text{in}/(C_\text{in} + s - 1)$, nearly $s$. Formula, function and the real module, from $64$ to $128$ channels:

# %%
def ghost_macs(c_in, c_out, k, s, d):
    """Multiply-adds of a ghost module at one position."""
    m = -(-c_out // s)    # primary maps, rounded up
    return m * (k * k * c_in + (s - 1) * d * d)


saved, lines = {}, []
for k in (3, 1):
    plain = cost.conv_macs(64, 128, k, (28, 28))
    for s in (2, 4):
        formula = 28 * 28 * (128 // s) * (64 * k * k + (s - 1) * 9)
        function = 28 * 28 * ghost_macs(64, 128, k, s, 3)
        module = cost.total(rows_of(GhostModule(64, 128, k, s),
                                    (1, 64, 28, 28))).macs
        saved[k, s] = plain / module
        lines.append((f"{k}×{k}", s, plain, formula, function, module,
                      f"{plain / module:.2f}"))
show.table(["primary", "s", "plain layer", "formula", "function",
            "module", "times fewer"], lines)

# %% [markdown]
# {answer}`saving`
#
# With 3×3 primaries it is {{= f"{saved[3, 2]:.2f}" =}} times, as good as two. GhostNet’s own primaries are 1×1, and there it is {{= f"{saved[1, 2]:.2f}" =}}: a ghost costs nine multiply-adds a position where a plain map costs {{= cost.conv_params(64, 1, 1) =}}. {show}`Here <fig-ghost-maps s=2 d=3 k=1 channels=64:128 revealed=true>` is that layer in the figure, and {show}`here <fig-ghost-maps s=2 d=3 k=3 channels=64:128 revealed=true>` the 3×3 layer (the figure writes k for $K$). With $s = 4$ it is {{= f"{saved[3, 4]:.2f}" =}} and {{= f"{saved[1, 4]:.2f}" =}}. However many ghosts, the factor stays below $K^2 C_\text{in}/d^2$, here {{= f"{cost.conv_params(64, 1, 1) / 9:.1f}" =}} for 1×1. And with so few inputs that $K^2 C_\text{in} \le d^2$, up to nine for 1×1 and $d = 3$, nothing is saved.

# %% hide="code" name="fig-ghostnet-saving" alt="Three curves over s from 2 to 16 and a dashed diagonal. The curve of 3×3 primaries with 64 inputs stays close to the diagonal. That of 1×1 primaries with 64 inputs bends away early and reaches about four. That of 1×1 primaries with 16 inputs is nearly flat, below two." caption="How many times fewer multiply-adds a ghost module takes, $d = 3$, for three layers. Dashed: the factor s that one hopes for."
fig, ax = plt.subplots(figsize=(6.4, 3))
several = range(2, 17)
for (k, c), mark in zip([(3, 64), (1, 64), (1, 16)], "os^", strict=True):
    ax.plot(several, [s * k * k * c / (k * k * c + (s - 1) * 9)
                      for s in several], marker=mark, markersize=4,
            label=f"{k}×{k}, {c} inputs")
ax.plot(several, several, "--", color="#595959", label="s")
ax.set(xlabel="s", ylabel="times fewer", xticks=[2, 4, 8, 12, 16])
ax.legend()
plt.show()

# %% [markdown] objective="build" claims="GH-04,GH-06,GH-08"
# ## Build it: module, bottleneck, network

# %%
show.source(GhostModule)

# %% [markdown]
# Where $s$ does not divide the outputs, one primary map more is made, and the surplus ghosts are computed and cut off. The kernel of a ghost is called linear, but a {term}`batch norm` and a ReLU stand behind it, as behind the primary. One of our sources, [the textbook chapter](../book/claims.md), adds that {term}`affine` maps and wavelets were considered; {cite:t}`han2020ghostnet` chose convolutions since machines run them well.
#
# The **{term}`ghost bottleneck`** is MobileNet V3’s {term}`block` with both 1×1 layers exchanged: one module widens, a second narrows, without ReLU. With {term}`stride` 1 *nothing else* stands between them, unless a {term}`squeeze-and-excite` does: there the ghosts alone look at neighbours, but for the {term}`shortcut`, which has a depthwise layer where it changes the {term}`width`. With stride 2 a depthwise layer comes between too.

# %% hide="code" wide=true name="fig-ghost-bottleneck" alt="Two blocks as flows of channels on one scale. The ghost bottleneck: from 40 channels a narrow 1×1 layer to 60, whose flow is doubled by a depthwise layer and stacked to 120, then squeeze-and-excite, then a layer to 20, doubled to 40, and a shortcut around. MobileNet V3's block: a 1×1 layer to 120, a depthwise layer, squeeze-and-excite, a 1×1 layer to 40, a shortcut." caption="A ghost bottleneck of GhostNet, with squeeze-and-excite, beside MobileNet V3’s block of the same widths; “Stride 2” has others. Height is channels; bars are costs. Point at a layer to see what it costs, and its kernel."
from lightnets_edu.widgets import BlockAnatomy

on = (1, 40, 28, 28)
BlockAnatomy.of({
    "Ghost bottleneck": (GhostBottleneck(40, 120, 40, 5, 1, True), on),
    "MobileNet V3": (Bneck(40, 120, 40, 5, 1, True, "RE"), on),
    "Stride 2": (GhostBottleneck(24, 72, 40, 5, 2, True),
                 (1, 24, 56, 56))})

# %% [markdown] claims="GH-09,GH-10,GH-12"
# Squeeze-and-excite is a step of the *{term}`bottleneck`*. The textbook chapter has it inside the ghost modules; there is none. Compare {show}`stride 2 <fig-ghost-bottleneck block="Stride 2" beside="Ghost bottleneck">`, whose shortcut needs layers of its own.

# %% hide="code"
show.source(GhostBottleneck)

# %% hide="code"
show.table(["kernel", "expanded to", "output", "squeeze-and-excite",
            "stride"],
           [(f"{r.kernel}×{r.kernel}", r.exp, r.out,
             "yes" if r.se else "–", r.stride) for r in TABLE_1])

# %% [markdown]
# All but the kernels is Table 1 of the paper: MobileNet V3’s rows with small changes. The kernels, of the depthwise layer and of the shortcut, come from the authors’ code {cite:p}`han2020code`; a row that has neither layer does not use its kernel, and ghosts have 3×3 throughout. A 3×3 layer, the *{term}`stem`*, comes before; a 1×1 layer, an average and two {term}`linear layers <linear layer>` after. {show}`The skyline <fig-ghostnet-skyline metric=macs>` shows where the work is; look at {show}`the parameters <fig-ghostnet-skyline metric=params>` too.

# %% hide="code" wide=true name="fig-ghostnet-skyline" alt="A bar for each layer of GhostNet and, on the same scale, of MobileNet V3. GhostNet's bars are lower and twice as many: each low bar of a primary layer is followed by a still lower one of ghosts." caption="What every layer costs, GhostNet above and MobileNet V3 below. Drag across bars to add them up (keys: the arrows, and Shift with them)."
from lightnets_edu.widgets import NetworkSkyline

NetworkSkyline(["ghostnet_1.0", "mobilenet_v3_large_1.0"],
               against="mobilenet_v3_large_1.0")

# %% [markdown] objective="build" claims="GH-13,GH-16"
# ## Check it: which GhostNet?

# %% hide="code"
REPORTED = {0.5: (2.6, 42, 66.2), 1.0: (5.2, 141, 73.9),
            1.3: (7.3, 226, 75.7)}
with torch.device("meta"):
    counted = {w: cost.total(rows_of(GhostNet(w))) for w in REPORTED}
squeezes = [b.se for b in ghostnet.blocks
            if isinstance(b.se, SqueezeExcite)]
narrower = sum(
    (2 * se.expand.out_channels + 1)
    * (se.squeeze.out_channels - se.expand.out_channels // 4)
    for se in squeezes)
first_code = counted[1.0].params - narrower + 1280
shortcuts = sum((b.shortcut[0][0].weight.shape[-1] ** 2 - 9)
                * b.shortcut[0][0].in_channels for b in ghostnet.blocks
                if not isinstance(b.shortcut, nn.Identity))
show.table(["width", "parameters", "reported", "multiply-adds",
            "reported", "top-1 reported"],
           [(w, counted[w].params, f"{p} M", counted[w].macs, f"{m} M",
             f"{top}%") for w, (p, m, top) in REPORTED.items()])

# %% [markdown]
# Ours are the layers of the authors’ PyTorch code {cite:p}`han2020code`. The widest has {{= f"{counted[1.3].params / 1e6:.2f}" =}} million {term}`parameters <parameter>` and {{= f"{counted[1.3].macs / 1e6:.0f}" =}} million multiply-adds, where {cite:t}`han2020ghostnet` report 7.3 and 226 (Table 7). Our tests hold blocks and counts against an independent implementation {cite:p}`semery2018pytorchcv`, once its shortcuts are mended (see the pitfalls).
#
# Yet there are two GhostNets by the same authors. Their TensorFlow code, the standard version {cite:p}`han2020shortcut`, differs:
#
# - its squeeze is exactly a quarter: {{= f"{narrower:,}" =}} parameters fewer;
# - one {term}`bias` is a batch norm: {{= f"{first_code - counted[1.0].params + narrower:,}" =}} more, so {{= f"{first_code:,}" =}} in all;
# - its gate is clipped (see the pitfalls).
#
# Which did the paper train? Its tables do not say. Table 7’s 73.9% at 141 million fits the released TensorFlow weights, reported with 73.93%; for the PyTorch weights it is 73.98% at 142 million {cite:p}`han2020code`.

# %% [markdown] objective="count" claims="GH-03"
# ## Measure it: what do ghosts bring?
#
# We exchange the second and third layers of the small network, and train from scratch: ghost modules with $s = 2$ and 3×3 primaries; the same with $d = 1$; *copies*, where each primary map is put down twice, no ghosts at all; and a plain network so narrow that its multiply-adds come close to those of the ghosts; its {term}`classifier`, too, then reads fewer maps.

# %% hide="code"
class Copies(nn.Module):
    """Half the maps, each of them twice: the ghosts dropped."""

    def __init__(self, c_in, c_out):
        super().__init__()
        self.primary = block(c_in, c_out // 2)

    def forward(self, x):
        y = self.primary(x)
        return torch.cat([y, y], dim=1)


def ghosts(d):
    return lambda c_in, c_out: GhostModule(c_in, c_out, 3, d=d)


VARIANTS = {"plain": {}, "ghosts": {"make": ghosts(3)},
            "ghosts, d = 1": {"make": ghosts(1)},
            "copies": {"make": Copies}, "plain, narrow": {"wide": 20}}
spent = {name: cost.total(rows_of(small(**how), (1, 1, 12, 12)))
         for name, how in VARIANTS.items()}


def against(accuracies, name, other="ghosts"):
    return verdict.paired(accuracies[name], accuracies[other])

# %% predict [markdown] name="variants" objective="count"
# ### Do ghosts read the digits as well?
#
# :field: Ghost modules, beside the plain network of twice the cost, read digits
# :choices: better | worse | not told apart
# :answer: against(recorded.accuracies, "ghosts", "plain").words("better", "worse", "not told apart")
# :field: Ghost modules, beside the narrow network of equal cost
# :choices: better | worse | not told apart
# :answer: against(recorded.accuracies, "ghosts", "plain, narrow").words("better", "worse", "not told apart")

# %% hide="code" measured=true record="accuracies" claims="GH-03"
chosen, accuracies = training.seeds(2, of=30), {}
for name, how in VARIANTS.items():
    accuracies[name] = training.repeat(
        lambda how=how: small(**how), learn, test, seeds=chosen,
        **recipe).accuracies
print("Measured on", timing.machine())
show.table(
    ["layers", "parameters", "multiply-adds", "accuracy: mean",
     "against the ghosts: mean (interval)"],
    [(name, spent[name].params, spent[name].macs,
      f"{verdict.mean(found):.1%}", "–" if name == "ghosts"
      else against(accuracies, name))
     for name, found in accuracies.items()])

# %% hide="code" measured=true name="fig-ghostnet-variants" alt="Four rows, one for each other network: plain, ghosts with d = 1, copies, plain and narrow. Each has a dot for the mean difference in accuracy to the ghost modules, and a bar for its interval; a vertical line marks zero, and left of it a network reads fewer digits than the ghosts. The text names the differences." caption="Accuracy less that of the network with ghost modules, in pairs of the same seed: mean and interval, in percentage points."
others = [name for name in VARIANTS if name != "ghosts"]
gains = [against(accuracies, name) for name in others]
fig, ax = plt.subplots(figsize=(7, 2.2))
ax.errorbar([100 * v.mean for v in gains], range(len(others)),
            xerr=[[100 * (v.mean - v.low) for v in gains],
                  [100 * (v.high - v.mean) for v in gains]],
            marker="o", linestyle="none", color="#0072B2", capsize=3)
ax.axvline(0, color="#595959", linewidth=0.8)
ax.set_yticks(range(len(others)), others)
ax.set_ylim(len(others) - 0.5, -0.5)
ax.set_xlabel("percentage points more than with ghosts")
plt.show()

# %% [markdown]
# {answer}`variants`
#
# Over {{= len(recorded.accuracies["plain"]) =}} seeds, by the rule of {chapter}`1`: for {{= f"{spent['ghosts'].macs / spent['plain'].macs:.0%}" =}} of the plain network’s multiply-adds, ghost modules are {{= against(recorded.accuracies, "ghosts", "plain").words("better than it", "worse than it", "not told apart from it") =}} ({{= against(recorded.accuracies, "ghosts", "plain") =}}). Beside the narrow network of about the same cost they are {{= against(recorded.accuracies, "ghosts", "plain, narrow").words("better", "worse", "not told apart") =}} ({{= against(recorded.accuracies, "ghosts", "plain, narrow") =}}), beside mere copies {{= against(recorded.accuracies, "ghosts", "copies").words("better", "worse", "not told apart") =}} ({{= against(recorded.accuracies, "ghosts", "copies") =}}). {{= against(recorded.accuracies, "ghosts", "copies").words("So ghosts, with their kernels, batch norm and ReLU, bring something that a mere copy does not", "So mere copies are preferable here", "So we cannot tell that ghosts bring more than copies") =}}. The narrow network differs in what its classifier reads, too; copies, for {{= f"{spent['copies'].macs / spent['plain, narrow'].macs:.0%}" =}} of its cost, are {{= against(recorded.accuracies, "copies", "plain, narrow").words("better than it", "worse than it", "not told apart from it") =}} ({{= against(recorded.accuracies, "copies", "plain, narrow") =}}).
#
# What is it that they bring? With $d = 1$ a ghost is its parent in another strength, with a batch norm and a ReLU of its own. Ghosts of 3×3 are {{= against(recorded.accuracies, "ghosts", "ghosts, d = 1").words("better than these", "worse than these", "not told apart from these") =}} ({{= against(recorded.accuracies, "ghosts", "ghosts, d = 1") =}}), and these are {{= against(recorded.accuracies, "ghosts, d = 1", "copies").words("better than copies", "worse than copies", "not told apart from copies") =}} ({{= against(recorded.accuracies, "ghosts, d = 1", "copies") =}}). {{= against(recorded.accuracies, "ghosts", "ghosts, d = 1").words("So it matters that a ghost has a 3×3 kernel: it sees neighbours, and it has more weights", "So a 3×3 kernel does not help here: neither the neighbours that it sees nor its weights", "So whether a 3×3 kernel matters, with its neighbours and its weights, we cannot tell") =}} ({{= spent["ghosts"].params - spent["ghosts, d = 1"].params =}} in all). We did not take the two apart. An author says the first: the cheap operation makes ghosts *and* extends the {term}`receptive field`, as a depthwise layer does {cite:p}`han2020field`. A ghost need not be like any map that a plain layer would have.
#
# Chance is {{= f"{verdict.chance(test.y):.0%}" =}}, the sampling error on {{= len(test) =}} digits ±{{= f"{100 * verdict.sampling_error(verdict.mean(recorded.accuracies['ghosts']), len(test)):.1f}" =}} points (at {{= f"{verdict.LEVEL:.0%}" =}}). The digits are easy, one recipe served all, and {{= recipe["epochs"] * (len(learn) // recipe["batch"]) =}} {term}`batches <batch>` are few.

# %% [markdown] objective="count" claims="GH-13"
# ## And the clock?
#
# {cite:t}`han2020ghostnet` timed whole networks on a phone’s processor, and report GhostNet quicker than others of its accuracy (Figure 7). A user’s own network became *slower* with ghost modules on a {term}`GPU`; an author blamed the many depthwise layers, and said that they do well on a CPU {cite:p}`han2020slower`. Yet another user, with a module of his own, found it slower on an {term}`ARM` processor too {cite:p}`han2020arm`. We time one layer of $64$ to $128$ channels on 56×56 positions, its batch norm {term}`folded <folding>`, and the module’s parts.

# %% predict [markdown] name="clock" objective="count"
# ### Quicker or slower?
#
# On the CPU of the record, with 1×1 primaries, the ghost module is
#
# :field: Beside the plain 1×1 layer it is
# :choices: slower | quicker | not told apart
# :answer: verdict.ratio(recorded.turns["1×1, ghost module"], recorded.turns["1×1, plain"]).words("slower", "quicker", "not told apart")

# %% hide="code"
torch.manual_seed(0)
wide = torch.randn(1, 64, 56, 56)
timed, work, moved = {}, {}, {}
for k in (1, 3):
    module = fold_batch_norm(GhostModule(64, 128, k).eval())
    dense = nn.Conv2d(64, 128, k, padding=k // 2)
    for title, own in ((f"{k}×{k}, plain", nn.Sequential(dense, nn.ReLU())),
                       (f"{k}×{k}, ghost module", module)):
        bill = cost.total(rows_of(own, tuple(wide.shape)))
        timed[title], work[title] = own, bill.macs
        moved[title] = bill.access
small_one = timed["1×1, ghost module"]
half = torch.relu(small_one.primary(wide)).detach()
timed |= {"1×1, primary alone": small_one.primary,
          "its ghosts alone": lambda _: small_one.cheap(half),
          "two ReLUs": lambda _: (half.relu(), half.relu()),
          "concatenation": lambda _: torch.cat([half, half], 1)}
work |= {"1×1, primary alone": 64 * 64 * 56 * 56,
         "its ghosts alone": 9 * 64 * 56 * 56}


def summed(turns):
    """Milliseconds of the module's parts together, by turn."""
    return [sum(turn) for turn in zip(*(turns[name] for name in (
        "1×1, primary alone", "its ghosts alone", "two ReLUs",
        "concatenation")), strict=True)]


deep = {"GhostNet": GhostNet(), "MobileNet V3": MobileNetV3("large")}
deep = {title: fold_batch_norm(own.eval())
        for title, own in deep.items()}

# %% hide="code" measured=true record="turns,whole" claims="GH-13"
turns = timing.turns(timed, wide, 15)
whole = timing.turns(deep, torch.rand(image), 9)
print("Measured on", timing.machine())
show.table(
    ["what", "multiply-adds", "time: median (middle half)"],
    [(name, f"{work[name]:,}" if name in work else "0",
      timing.summary(times)) for name, times in turns.items()]
    + [(name, f"{totals[name].macs:,}", timing.summary(times))
       for name, times in whole.items()])

# %% [markdown]
# {answer}`clock`
#
# All ratios are medians over turns, each a pair of neighbours in time ({chapter}`1`), so they may differ from the ratio of the medians above. With 1×1 primaries the module takes {{= verdict.ratio(recorded.turns["1×1, ghost module"], recorded.turns["1×1, plain"]) =}} the plain layer’s time, for {{= f"{work['1×1, ghost module'] / work['1×1, plain']:.2f}" =}} of its multiply-adds: it is {{= verdict.ratio(recorded.turns["1×1, ghost module"], recorded.turns["1×1, plain"]).words("slower", "quicker", "not told apart in time") =}}. With 3×3 primaries it is {{= verdict.ratio(recorded.turns["3×3, ghost module"], recorded.turns["3×3, plain"]).words("slower", "quicker", "not told apart") =}} ({{= verdict.ratio(recorded.turns["3×3, ghost module"], recorded.turns["3×3, plain"]) =}}).
#
# Do the parts say where the time goes? The ghosts alone have {{= f"{work['its ghosts alone'] / work['1×1, primary alone']:.0%}" =}} of the primary’s multiply-adds, and take {{= verdict.ratio(recorded.turns["its ghosts alone"], recorded.turns["1×1, primary alone"]) =}} its time: a depthwise layer does little with each {term}`element` that it moves ({chapter}`3`). The module takes {{= verdict.ratio(recorded.turns["1×1, ghost module"], summed(recorded.turns)) =}} the time of primary, ghosts, two ReLUs and {term}`concatenation` together: {{= verdict.ratio(recorded.turns["1×1, ghost module"], summed(recorded.turns)).words("the parts do not add up to the whole, and what is missing we cannot explain", "the parts, each called alone, add up to more than the whole", "parts and whole are not told apart") =}}. Its layers have {{= f"{moved['1×1, ghost module'] / moved['1×1, plain']:.2f}" =}} times the plain layer’s {term}`memory access`, concatenation not counted.
#
# The whole GhostNet takes {{= verdict.ratio(recorded.whole["GhostNet"], recorded.whole["MobileNet V3"]) =}} the time of MobileNet V3, for {{= f"{totals['GhostNet'].macs / totals['MobileNet V3'].macs:.2f}" =}} of its multiply-adds. {{= verdict.ratio(recorded.whole["GhostNet"], recorded.whole["MobileNet V3"]).words("Fewer multiply-adds are not less time here", "It is quicker here, as reported", "The two are not told apart here") =}}.

# %% [markdown] objective="build" claims="GH-05,GH-06"
# ## Pitfalls
#
# ### ReLU before or behind?
#
# Asked why a linear operation has a ReLU, an author answered that it may as well stand behind the concatenation, and that the two are equivalent {cite:p}`han2020relu`. They would be, if ghosts were not made from what the first ReLU has cut.

# %%
class LateReLU(GhostModule):
    """One ReLU behind the concatenation. Do not trust it."""

    def forward(self, x):
        y = self.primary(x)
        return torch.relu(torch.cat([y, self.cheap(y)], dim=1))


torch.manual_seed(0)
ours, late = GhostModule(16, 32).eval(), LateReLU(16, 32).eval()
late.load_state_dict(ours.state_dict())
x = torch.randn(1, 16, 14, 14)
differ = (ours(x) - late(x)).abs() > 1e-6
print(f"of the primary maps {differ[:, :16].float().mean():.0%} differ,",
      f"of the ghosts {differ[:, 16:].float().mean():.0%}")

# %% [markdown]
# *What it changes.* Another function, with the same weights and counts. Trained weights load without complaint and meet maps that they were not trained on.
#
# ### A shortcut that reads less
#
# The authors’ first PyTorch code had a ReLU in the shortcut, and 3×3 there where their TensorFlow code has 5×5. A user saw the ReLU, an author added the kernel, and another user sent the mend {cite:p}`han2020shortcut`. A copy that is still in use has both {cite:p}`semery2018pytorchcv`.

# %%
standard = GhostBottleneck(24, 72, 40, 5, 2, True).eval()
found = GhostBottleneck(24, 72, 40, 5, 2, True).eval()
found.shortcut = nn.Sequential(
    conv_bn(24, 24, 3, 2, groups=24), nn.ReLU(), conv_bn(24, 40, 1)).eval()
x = torch.randn(1, 24, 20, 20, requires_grad=True)
for name, one in (("standard", standard), ("as found", found)):
    n = sum(p.numel() for p in one.parameters())
    gradient, = torch.autograd.grad(one.shortcut(x)[0, :, 5, 5].sum(), x)
    read = int((gradient != 0).any(1).sum())
    print(f"{name}: {n:,} parameters, the shortcut reads {read} positions")

# %% [markdown]
# *What it changes.* Counts and function. In the whole network {{= f"{shortcuts:,}" =}} parameters are missing, too few to be noticed in “5.2 million” (reported in Table 7 of {cite:t}`han2020ghostnet`).
#
# ### A gate that shuts
#
# MobileNet V3’s squeeze-and-excite multiplies with a hard {term}`sigmoid`, $\min(\max(z + 3, 0), 6)/6$. The authors’ TensorFlow code, their first PyTorch code and its copies clip instead: $\min(\max(z, 0), 1)$.

# %%
gates = {"hard sigmoid": nn.functional.hardsigmoid,
         "clipped": lambda z: z.clamp(0, 1)}
torch.manual_seed(0)
means = torch.rand(50, 120, 1, 1)
excite = SqueezeExcite(120, 32)
z = excite.expand(torch.relu(excite.squeeze(means)))
shut = {name: (gate(z) == 0).float().mean().item()
        for name, gate in gates.items()}
print({name: f"{value:.0%} of the gates are shut"
       for name, value in shut.items()})

# %% [markdown]
# *What it changes.* Another function with the same counts. With fresh weights the clipped gate shuts {{= f"{shut['clipped']:.0%}" =}} of the channels, and a channel that is shut has no {term}`gradient`, neither through the map nor through the gate. Weights that were trained with one gate meet another function under the other.

# %% [markdown]
# ## Exercises
#
# Two for practice, with solutions; then three that count. The checks look at a few cases, the hidden tests at many more.

# %% task [markdown] exercise="parents" objective="build"
# ### Whose ghost is it?
#
# Write `parent(channel, c_out, s)`: the number of the primary map from which the output `channel` of a `GhostModule` is made; of a primary map, its own number. All count from 0.
#
# :::{dropdown} Solution
# The first $m$ outputs are the primary maps. A grouped convolution puts all ghosts of one parent side by side.
#
# ```python
# def parent(channel, c_out, s):
#     m = -(-c_out // s)
#     return channel if channel < m else (channel - m) // (s - 1)
# ```
# :::

# %% answer exercise="parents"
def parent(channel, c_out, s):
    """The primary map of an output channel."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="parents"
with Check("parent") as check:
    with check("s = 2: ghosts in the order of their parents"):
        check.equal([parent(i, 6, 2) for i in range(6)],
                    [0, 1, 2, 0, 1, 2])
    with check("s = 3: two ghosts side by side"):
        check.equal([parent(i, 9, 3) for i in range(9)],
                    [0, 1, 2, 0, 0, 1, 1, 2, 2])
    with check("s = 3, ten outputs: the last parent has no ghosts"):
        check.equal([parent(i, 10, 3) for i in range(10)],
                    [0, 1, 2, 3, 0, 0, 1, 1, 2, 2])

# %% task [markdown] exercise="dear" objective="count"
# ### When a ghost is not cheap
#
# Write `dear(kernel, d)`: the largest number of input channels for which a ghost costs at least as many multiply-adds as a plain map; 0 where it is always cheaper.
#
# :::{dropdown} Solution
# A plain map costs $K^2 C_\text{in}$, a ghost $d^2$.
#
# ```python
# def dear(kernel, d):
#     return d**2 // kernel**2
# ```
# :::

# %% answer exercise="dear"
def dear(kernel, d):
    """The most inputs for which a ghost saves nothing."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="dear"
with Check("dear") as check:
    with check("1×1 primaries, 3×3 ghosts"):
        check.equal(dear(1, 3), 9)
    with check("equal kernels, and a smaller ghost"):
        check.equal((dear(3, 3), dear(5, 3)), (1, 0))
    with check("3×3 primaries, 5×5 ghosts: round down"):
        check.equal(dear(3, 5), 2)

# %% task [markdown] exercise="fewest_ghosts" objective="count"
# ### As few ghosts as the budget allows
#
# Ghosts are cheap, but a plain map may become anything. So take as few ghosts as you can afford.
#
# Write `fewest_ghosts(c_in, c_out, kernel, d, budget)`: the smallest $s$ for which a ghost module takes at most `budget` multiply-adds *at one position*. $s = 1$ means the plain convolution, and `s = c_out`, with a single primary map, is the largest that counts. Where $s$ does not divide `c_out`, the primary maps are rounded up and each gets $s - 1$ ghosts, as in the module; ghosts that are cut off are counted too. Return `None` where no $s$ fits. All are whole numbers from 1, both kernels odd; the budget may be 0.
#
# :::{dropdown} Hint
# Work out $16$ inputs and $10$ outputs, 1×1 and $d = 3$, for $s = 2, 3, 4$ by hand. Does the cost always fall?
# :::

# %% answer exercise="fewest_ghosts"
def fewest_ghosts(c_in, c_out, kernel, d, budget):
    """The smallest s within the budget, or None."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="fewest_ghosts" points=4
with Check("fewest_ghosts") as check:
    with check("64 to 128, 1×1: half, met exactly and missed by one"):
        check.equal(fewest_ghosts(64, 128, 1, 3, 64 * 64 + 64 * 9), 2)
        check.equal(fewest_ghosts(64, 128, 1, 3, 64 * 64 + 64 * 9 - 1), 3)
    with check("the plain layer fits"):
        check.equal(fewest_ghosts(8, 6, 3, 5, 8 * 6 * 9), 1)
    with check("both kernels, and a single primary map"):
        check.equal(fewest_ghosts(6, 20, 3, 5, 10 * (6 * 9 + 25)), 2)
        check.equal(fewest_ghosts(6, 20, 3, 5, 6 * 9 + 19 * 25), 20)
    with check("few inputs: the plain layer is cheapest, met exactly"):
        check.equal(fewest_ghosts(4, 10, 1, 3, 4 * 10), 1)
    with check("10 outputs: the cost does not only fall with s"):
        check.equal(fewest_ghosts(16, 10, 1, 3, 135), 2)
        check.equal(fewest_ghosts(16, 10, 1, 3, 124), 5)
    with check("nothing fits"):
        check.equal(fewest_ghosts(16, 10, 1, 3, 50), None)

# %% task [markdown] exercise="intrinsic" objective="alike"
# ### Which maps to keep?
#
# A layer has $C$ maps. You may compute $m$ of them in full; each other map becomes a ghost of the kept one that makes it best. `r2` is a tensor `(C, C)`, as `ghost_r2` gives it: `r2[i, j]` says how well map `j` is made *from* map `i`. It need not be symmetric; its numbers are at most 1 and may lie below zero; on its diagonal are ones.
#
# Write `intrinsic(r2, m)`: the numbers of the $m$ maps to keep, in rising order, such that the $R^2$ of the ghosts, summed over the maps that are not kept, is largest. Of choices that are equally good, take the one that comes first when lists are compared, such as `[0, 3]` before `[1, 2]`. $C$ is at most $12$, and $m$ from 1 to $C$; all of `r2` is finite. Where equality decides, the tests’ numbers are eighths, so that sums are exact. Leave `r2` as it was. A list or a tuple of whole numbers is fine.
#
# :::{dropdown} Hint
# Twelve maps can be chosen in at most $924$ ways. To add the best map at each step is quick and can be wrong: find three maps where the best single one is not among the best two.
# :::

# %% answer exercise="intrinsic"
def intrinsic(r2, m):
    """The m maps that make the others best, in rising order."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="intrinsic" points=4
with Check("intrinsic") as check:
    one_way = torch.eye(3)
    one_way[2, 0] = one_way[2, 1] = 0.75    # map 2 makes the others
    with check("which way round: from row to column"):
        check.equal(list(intrinsic(one_way, 1)), [2])
    with check("two that share the work"):
        pairs = torch.tensor([[1, 0.5, 0.5, 0.5], [0, 1, 0.875, 0],
                              [0, 0.25, 1, 0], [0, 0, 0, 1.0]])
        check.equal(list(intrinsic(pairs, 1)), [0])
        check.equal(list(intrinsic(pairs, 2)), [0, 1])
    with check("the best single map is not among the best two"):
        trap = torch.tensor([[1, 0.75, 0.5, 0.75, 0.5],
                             [0, 1, 1, 0, 0], [0, 0, 1, 0, 0],
                             [0, 0, 0, 1, 1], [0, 0, 0, 0, 1.0]])
        trap[1, 0] = 0.75
        check.equal(list(intrinsic(trap, 1)), [0])
        check.equal(list(intrinsic(trap, 2)), [1, 3])
    with check("below zero, equal, all"):
        check.equal(list(intrinsic(2 * torch.eye(4) - 1, 2)), [0, 1])
        check.equal(list(intrinsic(torch.eye(3), 3)), [0, 1, 2])
    with check("a parent below zero counts with its sign"):
        below = torch.tensor([[1, -2, -2], [-1, 1, -1], [-3, 0.5, 1.0]])
        given = below.clone()
        check.equal(list(intrinsic(below, 1)), [1])
    with check("r2 is as it was"):
        check.equal(below, given)

# %% task [markdown] exercise="one_convolution" objective="build"
# ### The plain layer behind a ghost module
#
# Without batch norm (or with it folded away) and without ReLU, as in the second module of a bottleneck, a ghost module with 1×1 primaries is linear. So it *is* one plain $d \times d$ layer. Show it.
#
# Write `one_convolution(primary, cheap, c_out)`. `primary` is the weight of the 1×1 layer, `(m, c_in, 1, 1)`, and `cheap` that of the depthwise layer, `(m * (s - 1), 1, d, d)`, $s \ge 2$, $d$ odd; neither has a bias. Return the weight `(c_out, c_in, d, d)` of *one* convolution that gives, with padding `d // 2`, what the module gives: first the primary maps, then the ghosts. Of these $m s$ channels keep the first `c_out`, more than `m` of them; so read $s$ from `cheap`, not from `c_out`. The type is kept, float32 or float64. Change nothing that you were given; the tensors ask for no gradient.
#
# :::{dropdown} Hint
# A primary map is a 1×1 kernel in a $d \times d$ frame. A ghost reads all inputs as its parent does, at each place of its own kernel: which product of two numbers is the weight for input $i$ at place $(y, x)$?
# :::

# %% answer exercise="one_convolution"
def one_convolution(primary, cheap, c_out):
    """Weight (c_out, c_in, d, d) of the layer that equals the module."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="one_convolution" points=5
with Check("one_convolution") as check:
    torch.manual_seed(0)
    for m, c_in, s, d, c_out in [(3, 4, 2, 3, 6), (4, 3, 3, 5, 12),
                                 (4, 2, 3, 3, 10), (3, 2, 4, 3, 5),
                                 (2, 1, 2, 1, 4), (1, 3, 3, 3, 3)]:
        one = nn.Conv2d(c_in, m, 1, bias=False).double()
        two = nn.Conv2d(m, m * (s - 1), d, padding=d // 2, groups=m,
                        bias=False).double()
        given = [one.weight.detach(), two.weight.detach()]
        before = [t.clone() for t in given]
        with check(f"{m} primaries, s = {s}, d = {d}, {c_out} outputs"):
            weight = one_convolution(*given, c_out)
            check.equal(tuple(weight.shape), (c_out, c_in, d, d))
            y = torch.randn(2, c_in, 5, 8).double()
            both = torch.cat([one(y), two(one(y))], dim=1)[:, :c_out]
            check.close(nn.functional.conv2d(y, weight, padding=d // 2),
                        both.detach(), abs=1e-10)
        with check("what was given is as it was"):
            for tensor, earlier in zip(given, before, strict=True):
                check.equal(tensor, earlier)
    with check("float32 stays float32"):
        weight = one_convolution(torch.rand(2, 3, 1, 1),
                                 torch.rand(2, 1, 3, 3), 4)
        check.equal(weight.dtype, torch.float32)

# %% [markdown]
# From sixteen to thirty-two channels that layer has {{= f"{cost.conv_params(16, 32, 3):,}" =}} weights, the module with $s = 2$ and $d = 3$ has {{= ghost_macs(16, 32, 1, 2, 3) =}}: a ghost mixes the inputs exactly as its parent does, and may choose only where it looks.
#
# ### An open question
#
# No points, and no single answer. We measured likeness in a network that was trained *without* ghosts. Are the maps of a network trained *with* ghost modules more alike, or less? Say first what you expect, and what would speak against it. Then compare `ghost_r2` of ghosts with their parents, and of primary maps among each other.

# %% [markdown] claims="GH-13"
# ## When to choose it
#
# We began with 1×1 layers. Did the cure cure it?

# %% hide="code"
def without_ghosts(net):
    """GhostNet with a plain 1×1 layer for each ghost module."""
    for part in net.blocks:
        for name in ("expand", "project"):
            module = getattr(part, name)
            c_in = module.primary[0].in_channels
            setattr(part, name, conv_bn(c_in, module.c_out, 1))
    return net


with torch.device("meta"):
    rows["GhostNet, plain layers"] = rows_of(without_ghosts(GhostNet()))
totals["GhostNet, plain layers"] = cost.total(
    rows["GhostNet, plain layers"])
show.table(["network", "parameters", "multiply-adds", "memory access",
            "in 1×1 layers", "in depthwise layers"],
           [(name, totals[name].params, totals[name].macs,
             totals[name].access, f"{share(found):.1%}",
             f"{share(found, 'depthwise'):.1%}")
            for name, found in rows.items()])

# %% [markdown]
# The 1×1 layers still do {{= f"{share(rows['GhostNet']):.0%}" =}} of the work. Ghost modules saved a factor of {{= f"{totals['GhostNet, plain layers'].macs / totals['GhostNet'].macs:.2f}" =}} in the whole network: stem, shortcuts and linear layers are not touched. Memory access did *not* fall: with ghosts it is {{= f"{totals['GhostNet'].access / totals['GhostNet, plain layers'].access:.2f}" =}} times as much, for the cheap kernels read the primary maps once more (concatenation not counted).
#
# *Choose it* where multiply-adds decide and the processor runs depthwise layers well. {cite:t}`han2020ghostnet` report 73.9% {term}`top-1 <top-1 accuracy>` for 141 million multiply-adds (Table 7). As a part, it fits where a layer has many inputs, and better with large primaries than with 1×1.
#
# *Measure first* on your device; with few inputs, leave it.
#
# *What came next.* The authors found depthwise layers a poor fit for GPUs and moved ghosts from the layer to the {term}`stage` {cite:p}`han2022ghostnets`; GhostNetV2 adds an attention that sees far {cite:p}`tang2022ghostnetv2`; RepGhost adds in place of concatenating, so that the parallel layers fold into one {cite:p}`chen2022repghost`.

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements about GhostNet that are worth a second look, each with our verdict.
