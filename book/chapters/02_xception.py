# ---
# title: Xception
# minutes: [75, 75]
# before: standard, grouped, depthwise and pointwise convolutions, and how their multiply-adds are counted ([chapter 1](01_convolutions.ipynb)); what batch norm, a ReLU and a residual shortcut do.
# objectives:
#   towers: put the towers of an Inception module into one 1×1 and one grouped layer, and say which steps towards Xception keep the outputs
#   order: compute what a separable layer costs in either order, and say which order is cheaper when
#   pattern: say what a separable layer gives up, and measure how much of it a trained layer uses
#   build: build Xception's layer and block so that trained weights fit, and find the mistakes that published copies make
#   size: say where Xception spends its parameters and its multiply-adds, and compare both with Inception v3
# ---

# %% card [markdown]
# # Xception: space and channels, each by a layer of its own
#
# A standard 3×3 layer combines channels and looks for patterns in space, both at once. {cite:t}`chollet2017xception` separates the two jobs altogether. Many light networks are made of the two steps of his layer, with an activation between them. This chapter walks to that layer, builds it, and counts what his network makes of it.

# %% [markdown] objective="towers,size" claims="XC-02"
# ## Two jobs at once, and what that costs
#
# A {term}`kernel` of a {term}`standard convolution` spans all input {term}`channels <channel>`. So it does two jobs: it combines channels and looks for a pattern in space.
#
# An {term}`Inception module` {cite:p}`szegedy2016inceptionv3` begins to share out the work. It puts several {term}`towers <tower>` side by side: chains of layers that read the same {term}`map`. In most a 1×1 layer combines channels into a narrower map; then a spatial layer, 3×3 or so, looks at the neighbourhood. All outputs are put next to each other.
#
# {cite:t}`chollet2017xception` names the premise (Section 1.1): relations between channels and in space are so loosely coupled that it is better not to map them jointly. We shall test it.
#
# A tower keeps to the premise only in part: its spatial layer still spans all channels of the narrower map. What does that cost in Inception v3? The function `cost.layer_costs` gives a row for each layer of a network: its kind, its {term}`parameters <parameter>`, its {term}`multiply-adds <multiply-add>`. We add them up by what the layers do; the {term}`stem`, the layers before the first module, stands apart.

# %% hide="code"
import matplotlib.pyplot as plt
import torch
from torch import nn

from lightnets_edu import cost, diagrams, show, timing, verdict
from lightnets_edu.checks import Check
from lightnets_edu.layers import conv_bn
from lightnets_edu.models import MODELS

show.vector_plots()
image = (1, 3, 299, 299)
JOBS = {"stem": "stem", "standard": "space and channels at once",
        "depthwise": "space only", "pointwise": "channels only",
        "norm": "batch norm", "linear": "classifier"}


def by_job(rows):
    """Parameters and multiply-adds by what the layers do."""
    def job(row):
        convolves = row.kind not in ("norm", "linear")
        stem = row.name.startswith("stem") and convolves
        return JOBS["stem" if stem else row.kind]

    return {name: cost.total(r for r in rows if job(r) == name)
            for name in JOBS.values()}


def shares(rows, name):
    """A job's share of the parameters and of the multiply-adds."""
    one, whole = by_job(rows)[name], cost.total(rows)
    return one.params / whole.params, one.macs / whole.macs


inception = cost.layer_costs(MODELS["inception_v3"](), image)
show.table(
    ["what the layers of Inception v3 do", "parameters", "multiply-adds"],
    [(name, t.params, t.macs) for name, t in by_job(inception).items()
     if t.params])

# %% [markdown]
# The spatial layers of the towers take {{= f"{shares(inception, JOBS['standard'])[1]:.0%}" =}} of the network's multiply-adds and {{= f"{shares(inception, JOBS['standard'])[0]:.0%}" =}} of its parameters.

# %% objectives [markdown]
# ## You will be able to

# %% predict [markdown] name="size" objective="size"
# ## Predict first
#
# A {term}`separable layer <separable convolution>` does the two jobs one after the other: a {term}`depthwise <depthwise convolution>` 3×3 layer {term}`filters <filter>` every channel by itself, then a {term}`pointwise <pointwise convolution>` layer combines the channels at each position. With many channels it has about a ninth of the {term}`weights <weight>` of a standard 3×3 layer. Xception is made of such layers nearly from end to end. Inception v3 has {{= f"{cost.total(inception).params / 1e6:.1f}" =}} million parameters.
#
# How many does Xception have, and how does its work compare?
#
# :field: Xception’s parameters
# :unit: million
# :answer: f"{xception.params / 1e6:.1f}"
# :wrong: below 5: A ninth of Inception v3 would follow if the layers had kept their widths.
# :wrong: 5 to 15: There is a saving in each layer, but the layers are also wider.
# :field: Its multiply-adds, beside those of Inception v3
# :choices: fewer | about as many | more
# :answer: ("fewer", "about as many", "more")[sum(xception.macs > f * networks["Inception v3"].macs for f in (0.9, 1.1))]
# :wrong: fewer: A cheap layer makes no cheap network: it depends on how many channels it filters.

# %% [markdown] objective="towers"
# ## See it: from towers to single channels
#
# The paper walks from the Inception module almost to the separable layer in three steps (Figures 1 to 4). Here are the four forms at one scale. Each box is a layer: as wide as the channels that it gives, as tall as the weights behind one of these. So its area is its number of weights. The data flows downwards.

# %% hide="code" name="fig-xception-forms" alt="Four forms side by side, each a pile of boxes as wide together as 192 channels. Form 1 has four towers of 48 channels: 1×1 alone, a pool and 1×1, 1×1 and 3×3, and 1×1 and two 3×3. Form 2 has three equal towers of 64 channels, a 1×1 box above a 3×3 box three times as tall, with gaps between the towers. Form 3 has one 1×1 box without gaps above three 3×3 boxes of the same size as before. Form 4 has the same 1×1 box above a strip so thin that it looks like a line." caption="From Inception to its extreme form, with as many channels before as after each form. 1×1 layers are blue, 3×3 layers green and, where each kernel reads one channel, orange."
from lightnets_edu.models.inception import (
    EquivalentInception, ExtremeInception, PlainInception,
    SimplifiedInception,
)

c = 192
PAINT = {"pointwise": "#0072B2", "standard": "#009E73",
         "depthwise": "#D55E00"}


def drawn(ax, module, chains):
    """Boxes of a module: chains of layers, each below the one before."""
    rows = [r for r in cost.layer_costs(module, (1, c, 8, 8))
            if r.kind in PAINT]
    right = 0
    for x, y, names in chains:
        for row in (r for name in names for r in rows
                    if r.name.startswith(name)):
            tall = row.params / row.c_out
            ax.add_patch(plt.Rectangle(
                (x, y), row.c_out, tall, facecolor=PAINT[row.kind] + "55",
                edgecolor=PAINT[row.kind]))
            ax.text(x + row.c_out / 2, y + max(tall / 2, 45),
                    "×".join(map(str, row.kernel)), ha="center",
                    va="center", fontsize=9)
            y += tall
            right = max(right, x + row.c_out)
    ax.set(xlim=(-6, 240), ylim=(1080, -60))
    ax.axis("off")


with torch.device("meta"):
    forms = {
        "1 Inception": (PlainInception(c, c), [
            (i * 62, 0, [name + "."]) for i, name in enumerate(
                ("point", "pool", "shallow", "deep"))]),
        "2 Simplified": (SimplifiedInception(c, c), [
            (i * 82, 0, [f"reduce.{i}.", f"spatial.{i}."])
            for i in range(3)]),
        "3 Stacked": (EquivalentInception(c, c), [
            (0, 0, ["reduce."])] + [
            (i * 64, c, [f"spatial.{i}."]) for i in range(3)]),
        "4 Extreme": (ExtremeInception(c, c), [
            (0, 0, ["reduce.", "depthwise."])]),
    }
fig, axes = plt.subplots(1, 4, figsize=(7, 4))
for ax, (name, (module, chains)) in zip(axes, forms.items(), strict=True):
    drawn(ax, module, chains)
    total = cost.total(r for r in cost.layer_costs(module, (1, c, 8, 8))
                       if r.kind in PAINT).params
    ax.set_title(f"{name}\n{total:,} weights", fontsize=10)
axes[0].text(86, -12, "pool", fontsize=9, ha="center")
plt.show()

# %% [markdown]
# 1. **The module.** Four towers look at the same input in four ways.
# 2. **Simplified.** Keep one kind of tower, three of 1×1 and then 3×3. (For the moment this takes more weights: the cheap towers are gone.)
# 3. **Stacked.** The three 1×1 layers read the same input, so stack their kernels: one 1×1 layer with three times the outputs. Each 3×3 layer reads its own {term}`segment` of that map, a third of the channels. Together they are a {term}`grouped convolution` with three groups.
# 4. **Extreme.** Take as many segments as there are channels: one 3×3 filter for each channel, a depthwise layer. Now the 1×1 layer alone mixes channels.

# %% predict [markdown] name="same" objective="towers"
# ### Form 2 and form 3
#
# {term}`Batch norm <batch norm>` and a {term}`ReLU` stand after every {term}`convolution` of both forms. Does form 3, with the kernels of form 2, give the same outputs?
#
# :field: Form 3 gives
# :choices: the same outputs | similar outputs | other outputs
# :answer: ("other outputs", "the same outputs")[agree["form 3"]]
# :wrong: similar outputs: Batch norm and ReLU treat each channel by itself; which layer it came from does not matter to them.
# :wrong: other outputs: They would be, if the segments went to the wrong kernels.

# %% [markdown] claims="XC-03"
# We stack the kernels and the batch norms, and compare in float64. (`conv_bn` makes a convolution without {term}`bias` and its batch norm.)

# %%
def stacked(layers):
    """The state of several layers, one below the other."""
    states = [layer.state_dict() for layer in layers]
    return {key: torch.cat([state[key] for state in states])
            if value.ndim else value    # a counter, the same in all
            for key, value in states[0].items()}


def as_form_3(module, spatial):
    """Form 2 as form 3: one 1×1 layer, one grouped 3×3 layer."""
    point, grouped = stacked(module.reduce), stacked(spatial)
    c_out, c_in, _, _ = point["0.weight"].shape
    new = nn.Sequential(
        nn.Sequential(*conv_bn(c_in, c_out, 1), nn.ReLU()),
        nn.Sequential(*conv_bn(c_out, c_out, 3, groups=len(spatial)),
                      nn.ReLU())).double()
    new[0].load_state_dict(point)
    new[1].load_state_dict(grouped)
    return new.eval()


torch.manual_seed(0)
towers = SimplifiedInception(12, 24, towers=3).double()
x = torch.randn(4, 12, 9, 9, dtype=torch.float64)
towers(x)                        # gives the batch norms their averages
towers.eval()
candidates = {
    "form 3": as_form_3(towers, towers.spatial),
    "form 3, segments swapped":
        as_form_3(towers, towers.spatial[::-1]),
}
with torch.no_grad():
    agree = {
        name: torch.allclose(module(x), towers(x), rtol=0, atol=1e-12)
        for name, module in candidates.items()}
show.table(["module", "outputs of the towers, to 12 decimals?"],
           [(name, "yes" if v else "no") for name, v in agree.items()])

# %% [markdown]
# {answer}`same`
#
# It is the same function, exactly: batch norm and ReLU treat every channel by itself. The last row shows that the test can fail: the segments must go to the right kernels. The other two steps are choices: form 2 is another module than form 1, and form 4 gives up weights.

# %% [markdown]
# Now the 3×3 layer of forms 2 to 4 alone, on twelve channels. With {show}`three segments <fig-xception-segments kind=grouped groups=3>` an output reads four channels; with {show}`six <fig-xception-segments kind=grouped groups=6>` two; in the {show}`extreme form <fig-xception-segments kind=depthwise>` one. With {show}`one segment <fig-xception-segments kind=standard>` it is a standard layer.

# %% hide="code" wide=true name="fig-xception-segments" alt="A window of three by three positions on a map, and twelve input maps above twelve output maps. With three groups the threads between them fall into three bundles that never meet; the chosen output's threads lead to the four channels of its segment." caption="The 3×3 layer behind the 1×1, a thread for each weight. The kernel sets which positions are read, the groups set which channels. The more groups, the fewer threads, and the fewer inputs an output reaches."
from lightnets_edu.widgets import ConvConnectivity

ConvConnectivity(kind="grouped", c_in=12, c_out=12, groups=3)

# %% [markdown]
# Between one segment and one for each channel lies a spectrum, whose middle the paper leaves to later work (Section 5 of {cite:t}`chollet2017xception`; ResNeXt {cite:p}`xie2017resnext` lives there). With $g$ segments the 3×3 layer has $9\, C_\text{out}^2 / g$ weights, the 1×1 layer always $C_\text{in} C_\text{out}$.

# %% hide="code" name="fig-xception-spectrum" alt="Two lines over the number of segments, both axes logarithmic. The weights of the 1×1 layer stay level. Those of the 3×3 layer begin nine times as high at one segment, are three times as high at three, fall in a straight line, cross the level line between eight and twelve segments, and end far below it at one segment for each channel." caption="Weights of the two layers over the number of segments, with as many channels after as before. At the right end, the extreme form, the 3×3 layer has hardly any left."
segments = [g for g in range(1, c + 1) if c % g == 0]
spatial, point = [], []
for g in segments:
    with torch.device("meta"):
        rows = cost.layer_costs(EquivalentInception(c, c, g), (1, c, 8, 8))
    spatial.append(sum(r.params for r in rows if r.kernel == (3, 3)))
    point.append(sum(r.params for r in rows if r.kernel == (1, 1)))
fig, ax = plt.subplots(figsize=(7, 3))
ax.loglog(segments, spatial, "o-", color="#D55E00", label="3×3 layer")
ax.loglog(segments, point, "s-", color="#0072B2", label="1×1 layer")
ax.set(xlabel="segments g", ylabel="weights")
ax.set_xticks([1, 3, 12, 48, 192], labels=["1", "3", "12", "48", "192"])
ax.minorticks_off()
ax.legend()
plt.show()

# %% [markdown] objective="order" claims="XC-05,XC-06"
# ## Count it: which layer comes first?
#
# Form 4 is almost the separable layer. {cite:t}`chollet2017xception` names two differences (Section 1.2). The **order**: form 4 goes pointwise, then depthwise (PW→DW); a separable layer the other way (DW→PW). And the **{term}`activation`**: in form 4 a ReLU follows both layers; in a separable layer none stands between the two.
#
# For a $K \times K$ kernel, DW→PW has $K^2 C_\text{in} + C_\text{in} C_\text{out}$ weights, PW→DW has $C_\text{in} C_\text{out} + K^2 C_\text{out}$. Only the depthwise part differs: it filters the channels that come in, or those that go out. Without a {term}`stride`, each weight is used once at each position.

# %% predict [markdown] name="order" objective="order"
# ### From few channels to many
#
# Which order has fewer weights where a layer goes from three channels, those of an image, to many?
#
# :field: Fewer weights has
# :choices: DW→PW | PW→DW | neither
# :answer: ("DW→PW", "PW→DW")[rows[0][2] > rows[1][2]]
# :wrong: PW→DW: It filters the channels that go out, and these are the many.
# :wrong: neither: They are equal only where as many channels go out as come in.

# %% hide="code"
def depthwise(c, kernel=3, stride=1):
    return nn.Conv2d(c, c, kernel, stride, padding=kernel // 2, groups=c,
                     bias=False)


def pointwise(c_in, c_out):
    return nn.Conv2d(c_in, c_out, 1, bias=False)


def macs(layers, c, h, w):
    """Multiply-adds of real layers on a map of h × w positions."""
    return cost.total(cost.layer_costs(layers, (1, c, h, w))).macs

rows = []
for a, b in [(3, 64), (64, 64), (64, 3)]:
    first = nn.Sequential(depthwise(a), pointwise(a, b))
    last = nn.Sequential(pointwise(a, b), depthwise(b))
    for order, layers, c in ("DW→PW", first, a), ("PW→DW", last, b):
        weights = 9 * c + a * b
        function = (cost.conv_macs(c, c, 3, (24, 32), groups=c)
                    + cost.conv_macs(a, b, 1, (24, 32)))
        rows.append((order, f"{a} → {b}", weights, weights * 24 * 32,
                     function, macs(layers, a, 24, 32)))
show.table(["order", "channels", "weights", "multiply-adds by the formula",
            "by the function", "of the layers"], rows)

# %% [markdown]
# {answer}`order`
#
# Where a layer widens, filter first; where it narrows, filter last. (A stride changes the account; that is an exercise.)
#
# :::{dropdown} Going deeper: the order in a stack
# The paper calls the order unimportant, since the layers are stacked. Write a stack down and you see why:
#
# ```text
# PW DW | PW DW | PW DW | PW
# PW | DW PW | DW PW | DW PW
# ```
#
# It is the same chain; only the bars moved. What differs is how it begins and how it ends.
# :::

# %% [markdown] objective="pattern" claims="XC-06"
# ## What is given up: one pattern for each input
#
# Now the activation. With nothing between them, the two layers are one: a standard convolution, whose {term}`filter` from input $i$ to output $o$ is the depthwise filter of $i$ times one pointwise weight.

# %%
from lightnets_edu.models.xception import (
    FirstBlock, MiddleBlock, ReducingBlock, SeparableConv, Xception,
)

layer = SeparableConv(6, 8).double().eval()
x = torch.randn(2, 6, 9, 9, dtype=torch.float64)
kernels = (layer.pointwise.weight                       # (8, 6, 1, 1)
           * layer.depthwise.weight.transpose(0, 1))    # (1, 6, 3, 3)
with torch.no_grad():
    one = nn.functional.conv2d(x, kernels, padding=1)   # (8, 6, 3, 3)
    nothing = layer.pointwise(layer.depthwise(x))
    relu = layer.pointwise(torch.relu(layer.depthwise(x)))
for name, y in {"nothing between": nothing, "ReLU between": relu}.items():
    print(f"{name}: one standard convolution?",
          torch.allclose(y, one, rtol=0, atol=1e-12))

# %% [markdown]
# So a separable layer can do less than a standard one: all outputs look at input $i$ through the *same* 3×3 pattern, each with a factor of its own. Write the filters that read input $i$ as a table, a row of nine numbers for each output. All rows are multiples of one: the table has **{term}`rank` one**.
#
# Do trained standard layers use more? If space and channels were decoupled in the kernels, as the premise may be read, each input's table would be nearly of rank one. The {term}`singular values <singular value>` say how near: the square of the first, over the sum of all squares, is the share of the squared weights that one pattern can hold (by the theorem of Eckart and Young).

# %%
def tables(kernels):
    """(out, in, 3, 3) -> (in, out, 9), a table for each input."""
    return kernels.detach().transpose(0, 1).flatten(2)


def share(kernels):
    """Of each input's squared weights, what one pattern can hold."""
    values = torch.linalg.svdvals(tables(kernels))
    return values[:, 0]**2 / (values**2).sum(dim=1)


def one_pattern(kernels):
    """The nearest kernels that have one pattern for each input."""
    u, s, v = torch.linalg.svd(tables(kernels), full_matrices=False)
    best = u[:, :, :1] * s[:, :1, None] @ v[:, :1]
    return best.transpose(0, 1).reshape(kernels.shape)


print("a separable layer:", share(kernels))

# %% [markdown]
# We train a small network of standard layers on handwritten digits, from several {term}`seeds <seed>`, and ask its three inner layers, before (that is chance) and after. Then we cut each input's filters down to one pattern. Any change of trained weights does harm, so there is a control: the kernels are left whole, and random noise is added, for each input as large as what the cut takes away. In both copies the batch norms find their averages anew, over all training images. A last network, trained the same way, has as many channels and separable inner layers from the start.

# %% hide="code"
from copy import deepcopy

from IPython.display import display

from lightnets_edu.data import digits
from lightnets_edu.training import accuracy, fit, seeds


def digit_net(inner, seed, c=32):
    """A stem and three inner layers for digits of 16 × 16 pixels."""
    torch.manual_seed(seed)
    layers = [*conv_bn(1, c, 3, stride=2), nn.ReLU()]
    for _ in range(3):
        layers += [inner(c, c), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(c, 10))


def standard(c_in, c_out):
    return conv_bn(c_in, c_out, 3)


def inner_kernels(net):
    """The weights of the inner convolutions, which have many inputs."""
    return [m.weight for m in net.modules()
            if isinstance(m, nn.Conv2d) and m.in_channels > 1]


def cut(kernels):
    """What is left with one pattern for each input."""
    return one_pattern(kernels)


def noise_instead(kernels):
    """All of it, and noise as large as what the cut takes away."""
    taken = kernels.detach() - one_pattern(kernels)
    noise = torch.randn_like(taken)
    size, wanted = (t.square().sum(dim=(0, 2, 3), keepdim=True).sqrt()
                    for t in (noise, taken))    # a norm for each input
    return kernels.detach() + noise * wanted / size


def changed(net, change):
    """A copy with changed inner kernels, its batch norms anew."""
    copy = deepcopy(net).train()
    for part in copy.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.reset_running_stats()
            part.momentum = None    # the mean of all batches, none before
    with torch.no_grad():
        for kernels in inner_kernels(copy):
            kernels.copy_(change(kernels))
        for x in train.x.split(64):
            copy(x)
    return copy


def share_out(kernels):
    """Of each output's squared weights, what one pattern can hold."""
    return share(kernels.transpose(0, 1))


def by_seed(runs):
    """The mean over the layers, for each seed."""
    return [verdict.mean(layers) for layers in runs]


def by_layer(runs):
    """The mean over the seeds in words, first layer to last."""
    *most, last = (f"{verdict.mean(one):.0%}"
                   for one in zip(*runs, strict=True))
    return f"{', '.join(most)} and {last}"


def spread(values):
    """Mean, lowest and highest, in percent."""
    return (f"{verdict.mean(values):.1%} "
            f"({min(values):.1%} to {max(values):.1%})")


train, test = digits(16)
recipe = {"epochs": 6, "batch": 64, "lr": 0.1}
weights = {inner: sum(k.numel() for k in inner_kernels(digit_net(inner, 0)))
           for inner in (standard, SeparableConv)}

# %% predict [markdown] name="patterns" objective="pattern"
# ### How much can one pattern hold?
#
# With nine singular values all equal, one pattern would hold a ninth. How much can one pattern for each input hold in trained layers? We take the mean over the network's three inner layers.
#
# :field: Share of the squared weights
# :unit: %
# :answer: f"{100 * verdict.mean(by_seed(recorded.held['input']['after'])):.0f}"
# :wrong: above 90: That would be a layer that is separable already.
# :wrong: below 11.1: One pattern can hold at least a ninth, whatever the kernels.

# %% hide="code" claims="XC-02" measured=true record="held,right"
ways = {"input": share, "output": share_out}
held = {way: {"before": [], "after": []} for way in ways}
right = {"standard": [], "standard, cut": [],
         "standard, noise instead": [], "separable": []}
for seed in seeds(3, of=10):
    net = digit_net(standard, seed)
    for when in ("before", "after"):
        if when == "after":
            run = fit(net, train, test, seed=seed, **recipe)
            right["standard"].append(run.accuracy)
        for way, part in ways.items():
            held[way][when].append(
                [part(k).mean().item() for k in inner_kernels(net)])
    for name, change in (("cut", cut), ("noise instead", noise_instead)):
        right[f"standard, {name}"].append(
            accuracy(changed(net, change), test))
    run = fit(digit_net(SeparableConv, seed), train, test, seed=seed,
              **recipe)
    right["separable"].append(run.accuracy)

print("Measured on", timing.machine())
display(show.table(
    ["one pattern for each", "kernels", "first layer", "second", "last"],
    [(way, name, *(f"{verdict.mean(one):.0%}"
                   for one in zip(*held[way][when], strict=True)))
     for way in ways
     for when, name in (("before", "random"), ("after", "trained"))]))
show.table(["inner layers", "test accuracy: mean (lowest to highest)"],
           [(name, spread(values)) for name, values in right.items()])

# %% [markdown]
# {answer}`patterns`
#
# In random kernels one pattern can hold {{= f"{verdict.mean(by_seed(recorded.held['input']['before'])):.0%}" =}} of the squared weights, in trained ones {{= f"{verdict.mean(by_seed(recorded.held['input']['after'])):.0%}" =}}, the mean over three layers: {{= verdict.paired(by_seed(recorded.held["input"]["after"]), by_seed(recorded.held["input"]["before"])).words("more than chance gives", "less than chance gives", "not told apart from chance") =}}. The layers differ: {{= by_layer(recorded.held["input"]["after"]) =}}, from the first to the last. The rows for *output* ask the same of PW→DW.
#
# :::{dropdown} Going deeper: the other order, and chapter 1
# PW→DW gives up something else: each *output* has one pattern for all inputs. That can hold {{= by_layer(recorded.held["output"]["after"]) =}}, where chance gives {{= f"{verdict.mean(by_seed(recorded.held['output']['before'])):.0%}" =}}. Kernels that a separable layer of either order could replace would have all of it, one way or the other.
#
# {chapter}`1` asked the last layer of such a network; there one pattern holds most.
# :::

# %% hide="code" measured=true name="fig-xception-patterns" alt="Two rows of eight small 3×3 pictures in blue and orange. The upper row holds trained filters, which differ in their patterns. The lower row repeats one pattern, stronger, weaker or with colours exchanged." caption="The last inner layer, standard and trained: the filters with which eight outputs read one input (above), and the nearest that a separable layer can hold (below): the same pattern each time, with another factor. Orange weights are positive, blue ones negative; the weaker, the nearer to zero. The input is the middle one of its layer by the share that one pattern holds."
kernels = inner_kernels(net)[-1].detach()
channel = share(kernels).argsort()[len(share(kernels)) // 2]
eight = tables(kernels)[channel].norm(dim=1).argsort()[-8:]
most = kernels[eight, channel].abs().max()
fig, axes = plt.subplots(2, 8, figsize=(7, 2.1))
for line, shown in zip(axes, (kernels, one_pattern(kernels)), strict=True):
    for ax, o in zip(line, eight, strict=True):
        ax.pcolormesh(shown[o, channel].flip(0), cmap="signed",
                      vmin=-most, vmax=most, edgecolor="#595959", lw=0.4)
        ax.set(aspect="equal", xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
axes[0, 0].set_ylabel("trained", fontsize=9)
axes[1, 0].set_ylabel("one pattern", fontsize=9)
plt.show()

# %% [markdown]
# With one pattern for each input put in its place, the trained network is right on {{= f"{verdict.mean(recorded.right['standard, cut']):.0%}" =}} of the test images, {{= verdict.paired(recorded.right["standard, cut"], recorded.right["standard"]).words("more than before", "fewer than before", "not told apart from before") =}}: {{= verdict.paired(recorded.right["standard, cut"], recorded.right["standard"]) =}}. (In brackets the {{= f"{verdict.LEVEL:.0%}" =}} {term}`interval` over the seeds, the rule of {chapter}`1`.) With noise instead it is right on {{= f"{verdict.mean(recorded.right['standard, noise instead']):.0%}" =}}, {{= verdict.paired(recorded.right["standard, noise instead"], recorded.right["standard"]).words("more than before", "fewer than before", "not told apart from before") =}}. From noise to cut the change is {{= verdict.paired(recorded.right["standard, cut"], recorded.right["standard, noise instead"]) =}}: {{= verdict.paired(recorded.right["standard, cut"], recorded.right["standard, noise instead"]).words("the cut does less harm than noise as large, and does not show that these layers use the patterns", "the missing patterns do more harm than noise as large. These standard layers do use what a separable layer lacks", "the cut is not told apart from noise as large, and whether these layers use the patterns it does not tell") =}}.
#
# But the network that never had more than one pattern is right on {{= f"{verdict.mean(recorded.right['separable']):.1%}" =}}, against {{= f"{verdict.mean(recorded.right['standard']):.1%}" =}} with standard layers; the difference is {{= verdict.paired(recorded.right["separable"], recorded.right["standard"]) =}}, for {{= f"{weights[standard] / weights[SeparableConv]:.1f}" =}} times fewer weights in these layers.
#
# So the kernels of this small network are not decoupled in this sense. The premise may also be about what a network *needs*: that must be tried with separable networks, as the paper does.

# %% [markdown] objective="build" claims="XC-01"
# ## Build it: the layer, the block, the network
#
# Xception's layer is DW→PW, with nothing between, and batch norm after it. (Below, `whole` and `check_image` refuse sizes that make no sense; names in capitals are sizes and repeats of the network.)

# %%
show.source(SeparableConv)

# %% [markdown]
# Around each {term}`block` runs a {term}`shortcut`: what comes in is added to what comes out. Where the map shrinks, a max {term}`pool <pooling>` ends the block, and a 1×1 layer of stride 2 brings the shortcut to the same shape.

# %%
show.source(ReducingBlock)

# %% hide="code"
reducing = ReducingBlock(256, 728, 728)
block_rows = {row.name: row for row in
              cost.layer_costs(reducing, (1, 256, 37, 37))}

# %% [markdown]
# :::{dropdown} Going deeper: a pool that is one pixel off
# With kernel 3 and stride 2 a max pool needs one more pixel on a map of even size. TensorFlow's “same” {term}`padding` puts it at the end; PyTorch's `padding=1` puts one at both ends. On maps of odd size the two agree; on even ones they are two functions, and trained weights give other outputs. With the paper's images of 299 by 299 pixels only the second of Xception's pools sees an even map ({cite:t}`chollet2017xception`, Figure 5). Our package pads both ends.
# :::
#
# Xception has three such blocks that make the map smaller on the way in. Below is the third of them, to scale. Nearly all of its work is in the {show}`pointwise layers <fig-xception-block layer=5>`; a {show}`depthwise layer <fig-xception-block layer=4>` of the same {term}`width` does {{= f"{block_rows['second.pointwise'].macs / block_rows['second.depthwise'].macs:.0f}" =}} times less. The {show}`shortcut <fig-xception-block layer=0>` works on the small map only.

# %% hide="code" name="fig-xception-block" alt="Two blocks side by side on one scale, as flows from left to right. The reducing block goes from 256 to 728 channels: two depthwise and two pointwise layers, a pool that halves the map, and a 1×1 layer on the shortcut above. The middle block keeps 728 channels: three times ReLU, depthwise and pointwise layer. Bars below: nearly all is in the pointwise layers." caption="Xception's third reducing block and its middle block. Height is channels, depth is the size of the map. Point at a layer to see what it costs; “linear” means that no activation follows."
from lightnets_edu.widgets import BlockAnatomy

BlockAnatomy.of({"reducing block": (reducing, (1, 256, 37, 37)),
                 "middle block": (MiddleBlock(728), (1, 728, 19, 19))})

# %% [markdown]
# A {show}`middle block <fig-xception-block block="middle block" beside="reducing block" layer=2>` keeps size and width: three times ReLU and separable layer, and the untouched input added. The ReLU stands *before* each layer, and none follows the addition, so the sum keeps its negative values. (The first block, `FirstBlock`, leaves out its leading ReLU, since the stem ends with one.) This is the whole network, in three parts, **entry, {term}`middle and exit flow <flow>`**.

# %%
show.source(Xception)

# %% hide="code" name="fig-xception-network" caption="Xception, drawn from the real network, with its three flows. Equal blocks in a row are folded into one box; the bar in a box is as long as its multiply-adds are many." alt="Flow charts of the three flows, entry, middle and exit, side by side. The one box of the middle flow has by far the longest bar; the full descriptions are inside the pictures."
with torch.device("meta"):    # shapes and counts need no values
    network = Xception()
diagrams.network(network, image, title="Xception", parts={
    "Entry flow": ("stem", "entry"), "Middle flow": ("middle",),
    "Exit flow": ("exit", "mean", "head")})

# %% [markdown] claims="XC-07"
# ### Check it: thirty-six layers, fourteen modules
#
# The paper counts 36 convolutional layers in 14 modules, all but the first and the last with a shortcut ({cite:t}`chollet2017xception`, Section 3).

# %% hide="code"
def count(kind):
    return sum(isinstance(module, kind) for module in network.modules())


separable = count(SeparableConv)
shortcuts = count(ReducingBlock)
layers = count(nn.Conv2d) - separable - shortcuts   # separable: counts once
blocks = shortcuts + count(MiddleBlock)
show.table(
    ["what", "the paper", "counted"],
    [("convolutional layers", 36, layers),
     ("modules", 14, 1 + blocks + 1),    # the stem, the blocks, the end
     ("of these with a shortcut", 12, blocks)])

# %% [markdown]
# All agree, if a separable layer counts once and the shortcuts' 1×1 layers do not count. {{= separable =}} of the {{= layers =}} are separable; the two of the stem are not. Xception is not Inception v3 with other layers put in: the towers are gone, and a plain stack with shortcuts is left.
#
# :::{dropdown} Going deeper: a count makes no network
# Our tests also copy the weights of an independent implementation, pytorchcv, into ours; the outputs agree.
# :::

# %% [markdown] objective="size" claims="XC-14,XC-15"
# ## Count it: the whole network
#
# The last row is Xception with a standard 3×3 layer in the place of each separable one, its {term}`dense` twin.

# %% hide="code"
def dense_twin(network):
    """Replaces every separable layer by a standard one."""
    for parent in list(network.modules()):
        for name, part in parent.named_children():
            if isinstance(part, SeparableConv):
                c_in = part.depthwise.in_channels
                c_out = part.pointwise.out_channels
                setattr(parent, name, conv_bn(c_in, c_out, 3))
    return network


xception_rows = cost.layer_costs(network, image)
xception = cost.total(xception_rows)
with torch.device("meta"):
    dense = cost.total(cost.layer_costs(dense_twin(Xception()), image))
networks = {"Inception v3": cost.total(inception), "Xception": xception,
            "Xception, its dense twin": dense}
show.table(["network", "parameters", "multiply-adds"],
           [(name, t.params, t.macs) for name, t in networks.items()])

# %% [markdown]
# {answer}`size`
#
# Xception has {{= f"{1 - xception.params / networks['Inception v3'].params:.0%}" =}} fewer parameters than Inception v3, {{= f"{xception.params:,}" =}} as the paper says (Table 3 of {cite:t}`chollet2017xception`), and does {{= f"{xception.macs / networks['Inception v3'].macs - 1:.0%}" =}} *more* multiply-adds. Separable layers did make it smaller: {{= f"{dense.params / xception.params:.1f}" =}} times smaller than its dense twin. But its layers are wider than those of Inception v3. A layer nine times cheaper can be about three times as wide for the same price, and Xception goes beyond that: in its middle the spatial layers filter {{= network.middle[0].first.depthwise.in_channels =}} channels, in the towers of Inception v3 at about the same depth {{= min(r.c_in for r in inception if r.kernel == (1, 7)) =}} to {{= max(r.c_in for r in inception if r.kernel == (1, 7)) =}}. That is {{= f"{network.middle[0].first.depthwise.in_channels / max(r.c_in for r in inception if r.kernel == (1, 7)):.1f}" =}} to {{= f"{network.middle[0].first.depthwise.in_channels / min(r.c_in for r in inception if r.kernel == (1, 7)):.1f}" =}} times as wide.
#
# Where does it spend? In {show}`multiply-adds <fig-xception-skyline metric=macs>` the middle is a comb, the same pair of layers {{= 3 * len(network.middle) =}} times, the pointwise one high, the depthwise one too low to see. In {show}`parameters <fig-xception-skyline metric=params>` the end stands out, wide layers on a small map. In {show}`memory access <fig-xception-skyline metric=access>` the depthwise layers appear: they compute little and still read and write whole maps.

# %% hide="code" wide=true name="fig-xception-skyline" alt="A bar for each layer of Xception in the order in which the layers run, and on the same scale the same of Inception v3. In Xception the pointwise layers of the middle flow are a long comb of equal bars. Under the bars a mark for each layer says its kind, and boxes its block." caption="What every layer costs, both networks on one scale. Point at a bar or a block; drag across several to add them up: which share of the work is the middle flow? Both halves of a separable layer have bars, and so have shortcuts and classifier: hence more bars than the paper has layers."
from lightnets_edu.widgets import NetworkSkyline

NetworkSkyline(["xception", "inception_v3"], against="inception_v3")

# %% [markdown]
# The aim was accuracy. On {term}`ImageNet` {cite:t}`chollet2017xception` reports a {term}`top-1 accuracy` of 0.790, against 0.782 for Inception v3 (Table 1). The gain comes not from more parameters, the paper argues, but from a better use of them. Our count bears out the first half; the second is the paper's argument.
#
# :::{dropdown} Going deeper: how far the comparison reaches
# The paper says itself what to be careful about.
#
# - Both networks were trained with settings tuned for Inception v3. Only the {term}`weight decay` was Xception's own, 1e-5 instead of 4e-5, found without much of a search (Sections 4.2 and 4.3 of {cite:t}`chollet2017xception`).
# - The second data set, JFT, has over 350 million images inside Google, each with several labels; the measure is MAP@100, a mean average precision over the first 100 guesses (Section 4.1 of {cite:t}`chollet2017xception`). Xception gains from 6.50 to 6.78, or 4.3%, with two {term}`fully connected layers <linear layer>` of 4096 units before the {term}`classifier`, and from 6.36 to 6.70, or 5.3%, without (Table 2 of {cite:t}`chollet2017xception`). These trainings were stopped after a month, before they had converged (Section 4.4).
# - A plain stack of separable layers in the manner of VGG, without shortcuts, surpassed Inception v3 on JFT too, with as many parameters (Section 4.6).
# :::

# %% [markdown] objective="size"
# ## Time it
#
# We time both networks, one layer of the entry flow, its two steps alone, a standard layer of the same widths, and a copy of the map, which computes nothing.
#
# :::{dropdown} Going deeper: what the paper timed
# Training took 28 steps a second for Xception and 31 for Inception v3; better software for depthwise layers was expected to turn that round (Section 4.5.2 of {cite:t}`chollet2017xception`).
# :::

# %% hide="code"
entry = SeparableConv(128, 128)
map_shape = (1, 128, 147, 147)
parts = {"standard 3×3": standard(128, 128)[0],
         "separable": nn.Sequential(entry.depthwise, entry.pointwise),
         "its depthwise step": entry.depthwise,
         "its pointwise step": entry.pointwise}
x = torch.randn(map_shape)
work = {name: cost.total(cost.layer_costs(part, map_shape))
        for name, part in parts.items()}
work["a copy"] = cost.Total(0, 0, 2 * x.numel())    # read, then written

# %% hide="code" measured=true record="nets,turns"
from lightnets_edu.models.inception_v3 import InceptionV3

nets = timing.turns({"Inception v3": InceptionV3(),
                     "Xception": Xception()}, torch.randn(image), 9)
turns = timing.turns(parts | {"a copy": torch.clone}, x, 21)
print("Measured on", timing.machine())
show.table(
    ["what", "multiply-adds", "memory access", "time (middle half)"],
    [(name, t.macs, t.access,
      "{:,.0f} ms ({:,.0f} to {:,.0f})".format(*timing.summary(times)))
     for name, times in nets.items() if (t := networks[name])]
    + [(name, t.macs, t.access, timing.summary(times))
       for name, times in turns.items() if (t := work[name])])

# %% [markdown]
# For one image on one thread Xception is {{= verdict.ratio(recorded.nets["Xception"], recorded.nets["Inception v3"]).words("slower than", "quicker than", "as quick as") =}} Inception v3: it takes {{= verdict.ratio(recorded.nets["Xception"], recorded.nets["Inception v3"]) =}} the time, for {{= f"{xception.macs / networks['Inception v3'].macs:.2f}" =}} times the multiply-adds.
#
# The standard layer has {{= f"{work['standard 3×3'].macs / work['separable'].macs:.1f}" =}} times the multiply-adds of the separable one and takes {{= verdict.ratio(recorded.turns["standard 3×3"], recorded.turns["separable"]) =}} its time. The separable layer's depthwise step has {{= f"{work['its depthwise step'].macs / work['its pointwise step'].macs:.0%}" =}} of the multiply-adds of its pointwise step and takes {{= verdict.ratio(recorded.turns["its depthwise step"], recorded.turns["its pointwise step"]) =}} the time.
#
# :::{dropdown} Going deeper: is the depthwise step slow because it moves a whole map?
# The copy moves the same {term}`elements <element>`. The depthwise step takes {{= verdict.ratio(recorded.turns["its depthwise step"], recorded.turns["a copy"]) =}} the time of the copy: {{= verdict.ratio(recorded.turns["its depthwise step"], recorded.turns["a copy"], margin=1).words("moving the map explains the smaller part of it", "the copy is the slower of the two here, so no", "so moving the map may explain half of it or more") =}}. ({chapter}`1` timed a smaller layer and found another factor. Why they differ we have not tested.)
# :::

# %% [markdown] objective="build" claims="XC-13,XC-16"
# ## Measure it: something between?
#
# On ImageNet, Xception learned faster and ended better with nothing between the two steps than with a ReLU, or with an ELU, a ReLU with a soft negative side (Figure 10 of {cite:t}`chollet2017xception`). The paper guesses that on a map one channel deep a non-linearity loses information.
#
# We have handwritten digits, twenty of each to learn from, and a short Xception: a stem, one reducing block, three middle blocks, a classifier. We add what MobileNet V1 {cite:p}`howard2017mobilenets` has between the two, batch norm *and* ReLU, and we take the middle blocks' shortcuts away, much as the paper's Figure 9 does.

# %% predict [markdown] name="between" objective="build"
# ### What will a ReLU do?
#
# Against nothing between the two layers, on the digits:
#
# :field: With a ReLU the accuracy is
# :choices: higher | lower | not told apart
# :answer: against(recorded.accuracies, "ReLU").words("higher", "lower", "not told apart")
# :field: With an ELU it is
# :choices: higher | lower | not told apart
# :answer: against(recorded.accuracies, "ELU").words("higher", "lower", "not told apart")

# %% hide="code"
from functools import partial

from lightnets_edu.training import repeat


def small_xception(between=None, shortcut=True, c=32):
    """A short Xception for digits of 16 × 16 pixels, perhaps changed."""
    net = nn.Sequential(
        *conv_bn(1, 16, 3, stride=2), nn.ReLU(), FirstBlock(16, c, c),
        *[MiddleBlock(c) for _ in range(3)],
        nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, 10),
    )
    if between:
        for part in net.modules():
            if isinstance(part, SeparableConv):
                layer, width = part.depthwise, part.depthwise.in_channels
                part.depthwise = nn.Sequential(layer, *between(width))
    if not shortcut:
        for i, part in enumerate(net):
            if isinstance(part, MiddleBlock):
                net[i] = nn.Sequential(nn.ReLU(), part.first, nn.ReLU(),
                                       part.second, nn.ReLU(), part.third)
    return net


variants = {
    "nothing": {},
    "ReLU": {"between": lambda c: [nn.ReLU()]},
    "ELU": {"between": lambda c: [nn.ELU()]},
    "batch norm, ReLU": {
        "between": lambda c: [nn.BatchNorm2d(c), nn.ReLU()]},
    "nothing, no shortcuts": {"shortcut": False},
}


def against(accuracies, name, other="nothing"):
    """The verdict on two variants, seed by seed."""
    return verdict.paired(accuracies[name], accuracies[other])

# %% hide="code" claims="XC-13" measured=true record="accuracies"
few, recipe = train.take(20), {"epochs": 8, "batch": 25, "lr": 0.1}
# 3 seeds show how it runs. The record takes 30:
# then the interval is narrow enough to tell one point of accuracy.
chosen = seeds(3, of=30)
found = {name: repeat(partial(small_xception, **changes), few, test,
                      seeds=chosen, **recipe)
         for name, changes in variants.items()}
accuracies = {name: spread.accuracies for name, spread in found.items()}
print("Measured on", timing.machine())
show.table(["between the layers", "accuracy: mean (lowest to highest)",
            "against nothing: mean (interval)"],
           [(name, found[name],
             "–" if name == "nothing" else against(accuracies, name))
            for name in variants])

# %% [markdown]
# {answer}`between`
#
# We judge in pairs of the same seed, {{= len(recorded.accuracies["nothing"]) =}} of them. A ReLU changes the accuracy by {{= against(recorded.accuracies, "ReLU") =}}: {{= against(recorded.accuracies, "ReLU").words("it helps here, which is not what the paper reports", "it does harm, as the paper reports", "too little to be told from nothing") =}}. An ELU changes it by {{= against(recorded.accuracies, "ELU") =}}: {{= against(recorded.accuracies, "ELU").words("it helps here, which is not what the paper reports", "it does harm, as the paper reports", "we cannot tell it from nothing, where the paper saw a difference") =}}. Batch norm and ReLU together are {{= against(recorded.accuracies, "batch norm, ReLU").words("better than nothing", "worse than nothing", "not told apart from nothing") =}}. Why a ReLU should matter is not shown.
#
# :::{dropdown} Going deeper: the other rows, and how sure these numbers are
# Taking the shortcuts away changes the accuracy by {{= against(recorded.accuracies, "nothing, no shortcuts") =}}. A caution, which the paper has too: all rows share one {term}`learning rate`, and a network without shortcuts might want another.
#
# Batch norm and ReLU together are {{= against(recorded.accuracies, "batch norm, ReLU", "ReLU").words("better than the ReLU alone", "worse than the ReLU alone", "not told apart from the ReLU alone") =}}: {{= against(recorded.accuracies, "batch norm, ReLU", "ReLU") =}}.
#
# The same seed gives the same first weights and the same order of images to every variant. Always to name the most frequent digit would be right for {{= f"{verdict.chance(test.y):.0%}" =}} of the test images. On {{= len(test) =}} of them an accuracy of {{= f"{verdict.mean(recorded.accuracies['nothing']):.0%}" =}} has a sampling error of {{= f"{100 * verdict.sampling_error(verdict.mean(recorded.accuracies['nothing']), len(test)):.1f}" =}} points either way; the differences, on the same images, suffer less. Both halves of these data come from the same writers, so nothing here speaks of a new hand.
# :::

# %% [markdown] objective="build"
# ## Pitfalls
#
# ### A ReLU that eats the shortcut
#
# `nn.ReLU(inplace=True)` saves memory: it writes its result over its input. In a block that begins with a ReLU, the input is also the shortcut.

# %%
for relu in nn.ReLU(), nn.ReLU(inplace=True):
    x = torch.tensor([-2.0, -1.0, 1.0, 2.0])
    y = relu(x)    # the block works on y; x is added at its end
    print(relu, "leaves the shortcut", x.tolist())

# %% [markdown]
# The negative values are gone before they are added: the block is another function, and no shape tells. It has happened in published code of another network {cite:p}`rosinality2021inplace`.
#
# ### A copy that runs
#
# Here is a copy of the reducing block. Code and mistakes are ours; each mistake is of a kind that published copies have.

# %%
class FoundBlock(nn.Module):
    """Xception's reducing block as one may find it. Do not trust it."""

    def __init__(self, c_in, c_mid, c_out):
        super().__init__()
        self.skip = nn.Conv2d(c_in, c_out, 1, stride=2, bias=False)
        self.skip_bn = nn.BatchNorm2d(c_out)
        self.dw1 = nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in,
                             bias=False)
        self.pw1 = nn.Conv2d(c_in, c_out, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_out)
        self.dw2 = nn.Conv2d(c_out, c_out, 3, padding=1, groups=c_out,
                             bias=False)
        self.pw2 = nn.Conv2d(c_out, c_out, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(2, stride=2, ceil_mode=True)

    def forward(self, x):
        y = self.relu(self.dw1(self.relu(x)))
        y = self.relu(self.bn1(self.pw1(y)))
        y = self.bn2(self.pw2(self.relu(self.dw2(y))))
        return self.pool(y) + self.skip_bn(self.skip(x))

# %% [markdown]
# We compare it with the package's block: shapes, parameters, outputs under the same weights.

# %% hide="code"
from lightnets_edu import copies
from lightnets_edu.copies import n_params

NAMES = {"shortcut.0": "skip", "shortcut.1": "skip_bn",
         "first.depthwise": "dw1", "first.pointwise": "pw1",
         "first.norm": "bn1", "second.depthwise": "dw2",
         "second.pointwise": "pw2", "second.norm": "bn2"}
same_output = partial(copies.same_output, names=NAMES)

torch.manual_seed(0)
rows = []
for widths in [(128, 256, 256), (728, 728, 1024)]:
    copy, block = FoundBlock(*widths), ReducingBlock(*widths)
    x = torch.randn(1, widths[0], 9, 9)
    shapes = "same" if copy(x.clone()).shape == block(x).shape else "differ"
    try:
        outputs = "same" if same_output(copy, block, x) else "differ"
    except RuntimeError:
        outputs = "the weights do not fit"
    rows.append((" → ".join(map(str, widths)), shapes, n_params(copy),
                 n_params(block), outputs))
heads = ["channels", "shapes", "parameters, copy", "package", "outputs"]
show.table(heads, rows)

# %% [markdown]
# In the entry flow even the number of parameters agrees. **Shapes and counts are not enough: compare outputs under the same weights.**

# %% [markdown]
# ## Exercises
#
# Practice first, with solutions to open. Then come four exercises that count, from easy to hard, with hints. Their checks look at a few cases only, the hidden tests at many more: try strides, odd sizes and other kernels of your own.

# %% task [markdown] exercise="separable_params" objective="order"
# ### How many weights, and how much is saved?
#
# Write `saving(c_in, c_out, kernel)`: how many times more weights a standard layer has than a separable one (DW→PW) between the same widths, without batch norm or biases. Before you run it: can it be more than nine for a 3×3 kernel, and what does it come to with very many outputs?
#
# :::{dropdown} Solution
# The standard layer has $K^2 C_\text{in} C_\text{out}$ weights, the separable one $K^2 C_\text{in} + C_\text{in} C_\text{out}$. The inputs cancel:
#
# ```python
# def saving(c_in, c_out, kernel):
#     return kernel**2 * c_out / (kernel**2 + c_out)
# ```
#
# It stays below $K^2$ and comes close to it with many outputs. It stays below $C_\text{out}$ too: a layer with few outputs saves little.
# :::

# %% answer exercise="separable_params"
def saving(c_in, c_out, kernel):
    """Weights of a standard layer over those of a separable one."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="separable_params"
with Check("saving") as check:
    with check("3 to 64 channels, 3×3: 1,728 weights against 219"):
        check.close(saving(3, 64, 3), 1728 / 219)
    with check("one output: a separable layer has more weights"):
        check.close(saving(10, 1, 3), 0.9)

# %% task [markdown] exercise="fewest_towers" objective="towers"
# ### How many towers until the 3×3 layer is the small one?
#
# Write `fewest_towers(c_in, c_out)`: the smallest number of towers that divides `c_out` and with which the grouped 3×3 layer of form 3 has no more weights than its 1×1 layer. Return `None` where no number of towers is enough. Before you run it: is it more than the three of form 2, when `c_in` equals `c_out`?
#
# :::{dropdown} Solution
# With $g$ towers the grouped 3×3 layer has $9\, C_\text{out}^2 / g$ weights, the 1×1 layer has $C_\text{in} C_\text{out}$:
#
# ```python
# def fewest_towers(c_in, c_out):
#     for g in range(1, c_out + 1):
#         if c_out % g == 0 and 9 * c_out <= g * c_in:
#             return g
#     return None
# ```
#
# With equal widths it takes nine towers, or more where nine does not divide them. With fewer than nine inputs even the extreme form is not enough.
# :::

# %% answer exercise="fewest_towers"
def fewest_towers(c_in, c_out):
    """The fewest towers with no more 3×3 than 1×1 weights, or None."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="fewest_towers"
with Check("fewest_towers") as check:
    with check("192 to 192 channels: twelve divides them, nine not"):
        check.equal(fewest_towers(192, 192), 12)
    with check("9 to 12 channels: twelve towers, and both are equal"):
        check.equal(fewest_towers(9, 12), 12)
    with check("8 inputs are too few"):
        check.equal(fewest_towers(8, 64), None)

# %% task [markdown] exercise="fewest_patterns" objective="pattern"
# ### How many patterns does a layer use?
#
# A depthwise layer may have several patterns for each input; their number is called its depth multiplier, and Xception's is one. Write `fewest_patterns(kernels, wanted)`: the smallest number `m` such that the best `m` patterns for each input hold, over all inputs together, at least the share `wanted` of the squared weights. `kernels` has shape `(out, in, 3, 3)`.
#
# :::{dropdown} Solution
# The squares of a table's first `m` singular values are what its best `m` patterns hold.
#
# ```python
# def fewest_patterns(kernels, wanted):
#     squares = torch.linalg.svdvals(tables(kernels)) ** 2
#     held = squares.sum(dim=0).cumsum(dim=0) / squares.sum()
#     return next(m for m, part in enumerate(held, 1)
#                 if part >= wanted - 1e-6)
# ```
#
# The small number allows for rounding. With `fewest_patterns(inner_kernels(net)[0], 0.9)` you can ask a trained layer.
# :::

# %% answer exercise="fewest_patterns"
def fewest_patterns(kernels, wanted):
    """The fewest patterns an input that hold a share of the squares."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="fewest_patterns"
with Check("fewest_patterns") as check:
    torch.manual_seed(0)
    kernels = torch.randn(8, 5, 3, 3)
    with check("a separable layer needs one, whatever is wanted"):
        check.equal(fewest_patterns(one_pattern(kernels), 0.999), 1)
    with check("one output has one pattern"):
        check.equal(fewest_patterns(kernels[:1], 1.0), 1)
    with check("eight outputs of random kernels need eight for all"):
        check.equal(fewest_patterns(kernels, 1.0), 8)

# %% hide="code"
wide, side = 64, 16
narrow = max(
    b for b in range(1, wide)
    if macs(nn.Sequential(depthwise(wide, stride=2), pointwise(wide, b)),
            wide, side, side)
    > macs(nn.Sequential(pointwise(wide, b), depthwise(b, stride=2)),
           wide, side, side))

# %% predict [markdown] name="stride" objective="order"
# ### Predict: the order with a stride
#
# The next exercise gives the depthwise layer a stride. With stride 2 and a 3×3 kernel, from {{= wide =}} channels on a map of {{= side =}} by {{= side =}} positions: to how few output channels must the layer narrow before PW→DW has fewer multiply-adds than DW→PW?
#
# :field: At most so many output channels
# :answer: narrow
# :wrong: 63: That is the rule without a stride: it is enough to narrow.
# :wrong: 8 to 62: Which of the two pointwise layers still works on the large map?

# %% task [markdown] exercise="orders" objective="order"
# ### Which order is cheaper?
#
# Layers may have a stride, and then the order weighs more. The depthwise layer carries the stride, in either order; the pointwise layer has stride 1. The kernel is odd and the padding is `kernel // 2`, so a map of $h \times w$ becomes $\lceil h/s \rceil \times \lceil w/s \rceil$. Write two functions:
#
# - `order_macs(c_in, c_out, kernel, h, w, stride)`: the multiply-adds of DW→PW and of PW→DW, a pair of whole numbers. `h` and `w` are the size of the input.
# - `cheaper(c_in, c_out, kernel, h, w, stride)`: `"DW→PW"`, `"PW→DW"`, or `"equal"`.
#
# :::{dropdown} Hint
# Ask of each layer: how many weights, and on how many positions is each used? A layer's multiply-adds count the positions of its *output*. Which of the two layers has its output before the map shrinks?
# :::

# %% answer exercise="orders"
def order_macs(c_in, c_out, kernel, h, w, stride):
    """Multiply-adds of DW→PW and of PW→DW."""
    # YOUR CODE HERE
    raise NotImplementedError()


def cheaper(c_in, c_out, kernel, h, w, stride):
    """Which order has fewer: "DW→PW", "PW→DW" or "equal"."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="orders" points=3
with Check("order_macs") as check:
    with check("stride 1, one position: the weights of the chapter"):
        check.equal(tuple(order_macs(3, 64, 3, 1, 1, 1)), (219, 768))
    with check("real layers, 64 to 3 channels on 32 × 20 positions"):
        first = nn.Sequential(depthwise(64), pointwise(64, 3))
        last = nn.Sequential(pointwise(64, 3), depthwise(3))
        check.equal(tuple(order_macs(64, 3, 3, 32, 20, 1)),
                    (macs(first, 64, 32, 20), macs(last, 64, 32, 20)))
    for kernel, h, w, stride in [(3, 16, 12, 2), (5, 11, 8, 3)]:
        with check(f"real layers, 8 to 6 channels on {h} × {w} positions, "
                   f"kernel {kernel}, stride {stride}"):
            first = nn.Sequential(depthwise(8, kernel, stride),
                                  pointwise(8, 6))
            last = nn.Sequential(pointwise(8, 6),
                                 depthwise(6, kernel, stride))
            check.equal(tuple(order_macs(8, 6, kernel, h, w, stride)),
                        (macs(first, 8, h, w), macs(last, 8, h, w)))
with Check("cheaper") as check:
    with check("stride 1: where the layer widens, filter first"):
        check.equal(cheaper(3, 64, 3, 32, 20, 1), "DW→PW")
    with check("stride 1: where it does neither, they are equal"):
        check.equal(cheaper(48, 48, 3, 32, 20, 1), "equal")
    with check("stride 2, from 64 to 32 channels: the stride outweighs"):
        check.equal(cheaper(64, 32, 3, 32, 20, 2), "DW→PW")
    with check("stride 2, from 64 channels to one"):
        check.equal(cheaper(64, 1, 3, 32, 20, 2), "PW→DW")

# %% [markdown]
# {answer}`stride`
#
# :::{dropdown} Answer: the order with a stride
# It takes {{= narrow =}} output channels or fewer. In PW→DW the pointwise layer works on the large map, at four times as many positions; that pays only where nearly nothing is left to filter.
# :::

# %% hide="code"
middle_price = n_params(network.middle[0].first)
dense_width = min(range(200, 300), key=lambda c: abs(
    n_params(conv_bn(c, c, 3)) - middle_price))


def five_by_five(c):
    """Parameters of a separable layer with 5×5 kernels."""
    with torch.device("meta"):
        return n_params(nn.Sequential(depthwise(c, 5), pointwise(c, c),
                                      nn.BatchNorm2d(c)))


times_as_wide = min(range(1, 26), key=lambda times: abs(
    five_by_five(times * dense_width)
    - n_params(conv_bn(dense_width, dense_width, 5))))

# %% predict [markdown] name="width" objective="size"
# ### Predict: how wide can it become?
#
# With 3×3 kernels a separable layer can be about three times as wide as a dense one of the same price, if that has hundreds of channels. How many times with 5×5 kernels?
#
# :field: Times as wide, about
# :answer: times_as_wide
# :wrong: 3: The larger the kernel, the more a dense layer pays for it.
# :wrong: 25: A twenty-fifth of the weights, but the pointwise layer's weights grow with the square of the width.

# %% task [markdown] exercise="spend" objective="size"
# ### Spend the saving
#
# Cheap layers can pay for wider ones. Compute how much width they can pay for.
#
# A dense layer has `c` channels before and after it, a `kernel` × `kernel` convolution without bias, and a batch norm. Write `spend(c, kernel)`: the largest whole number of channels `w` for which a separable layer from `w` to `w` channels (depthwise with a kernel of the same size, pointwise, one batch norm, no bias) has at most as many parameters as that dense layer. Where even one channel costs more, the answer is 0.
#
# Then try values of `c`: for which of them does `spend(c, 3)` come nearest to the width of Xception's middle?
#
# :::{dropdown} Hint
# A batch norm has two parameters for each channel. `n_params(SeparableConv(w, w))` counts a real layer for a 3×3 kernel. The number only grows with $w$, so you may try one width after another; do not round a root without looking at its neighbours.
# :::

# %% answer exercise="spend"
def spend(c, kernel):
    """The widest separable layer for the price of a dense one."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="spend" points=3
with Check("spend") as check:
    for c, kernel in [(40, 3), (200, 5)]:
        price = n_params(conv_bn(c, c, kernel))
        w = int(spend(c, kernel))
        costs = [n_params(nn.Sequential(depthwise(v, kernel),
                                        pointwise(v, v), nn.BatchNorm2d(v)))
                 for v in (w, w + 1)]
        with check(f"{kernel}×{kernel}: a real layer keeps to the price"):
            check.true(costs[0] <= price,
                       f"{w} channels cost {costs[0]:,} of {price:,}")
        with check(f"{kernel}×{kernel}: the next width does not"):
            check.true(costs[1] > price, f"{w + 1} channels fit too")
    with check("3×3: for the price of one dense channel there is none"):
        check.equal(int(spend(1, 3)), 0)

# %% [markdown]
# {answer}`width`
#
# :::{dropdown} Answers: how wide, and which dense layer
# It is about {{= times_as_wide =}} times, against {{= round(network.middle[0].first.depthwise.in_channels / dense_width) =}} with 3×3 kernels: nearly the side of the kernel, since a width enters twice. A layer in Xception's middle has {{= f"{n_params(network.middle[0].first):,}" =}} parameters, about as many as a dense layer with {{= dense_width =}} channels ({{= f"{n_params(conv_bn(dense_width, dense_width, 3)):,}" =}}).
# :::

# %% task [markdown] exercise="towers_to_groups" objective="towers"
# ### Towers with kernels of different sizes
#
# The towers of a real Inception module do not all have 3×3 kernels. They can be made one grouped layer all the same: a small kernel is a large one with zeros around it.
#
# Write `towers_to_groups(reduce, spatial)`. Both are lists of weights, equally long, one entry for each tower, in the order in which the towers' outputs are put together: `reduce[i]` has shape `(c, c_in, 1, 1)`, `spatial[i]` has shape `(c, c, k, k)` with an odd `k` that may differ from tower to tower. Tower $i$ is a convolution with `reduce[i]`, a ReLU, and a convolution with `spatial[i]`, padded by `k // 2`. All towers read the same input, so `c_in` is the same for all.
#
# Return a pair `(point, grouped)`: the weights of one 1×1 layer, and of one grouped layer that has as many groups as there are towers and a kernel as large as the largest `k`. A `conv2d` with the first, a ReLU, and a `conv2d` with the second, padded by half of its kernel, must give what the towers give, put side by side. Keep the type of the numbers and change nothing that you were given. Refuse towers of different widths and kernels of even size with `ValueError`; other faults of the lists you need not look for.
#
# :::{dropdown} Hint
# `torch.cat` puts tensors one after the other; along which dimension? `nn.functional.pad` takes the amounts for the last dimension first: `(left, right, top, bottom)`. How many rows of zeros does a 1×1 kernel need on each side to become a 5×5?
# :::

# %% answer exercise="towers_to_groups"
def towers_to_groups(reduce, spatial):
    """Weights of one 1×1 and one grouped layer: (point, grouped)."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% check exercise="towers_to_groups" points=4
conv2d = nn.functional.conv2d
with Check("towers_to_groups") as check:
    torch.manual_seed(0)
    sizes = [1, 5, 3]
    reduce = [torch.randn(4, 6, 1, 1).double() for k in sizes]
    spatial = [torch.randn(4, 4, k, k).double() for k in sizes]
    before = [weights.clone() for weights in reduce + spatial]
    x = torch.randn(2, 6, 9, 7).double()
    with check("towers with 1×1, 5×5 and 3×3 kernels: the same outputs"):
        expected = torch.cat([
            conv2d(torch.relu(conv2d(x, a)), b, padding=k // 2)
            for a, b, k in zip(reduce, spatial, sizes, strict=True)], dim=1)
        point, both = towers_to_groups(reduce, spatial)
        y = conv2d(torch.relu(conv2d(x, point)), both, padding=2, groups=3)
        check.close(y, expected, abs=1e-10)
    with check("what you were given is as it was"):
        check.true(all(map(torch.equal, reduce + spatial, before)),
                   "reduce or spatial was changed")
    even = torch.randn(4, 4, 2, 2).double()
    for name, towers in {
        "towers of 4 and of 2 channels": (
            [reduce[0], reduce[1][:2]], [spatial[0], spatial[1][:2, :2]]),
        "a kernel of even size": (reduce[:2], [spatial[0], even]),
    }.items():
        with check(f"refused: {name}"):
            try:
                towers_to_groups(*towers)
            except ValueError:
                pass
            else:
                check.true(False, "no ValueError was raised")

# %% task [markdown] exercise="mended_block" objective="build"
# ### Mend the copy
#
# The `FoundBlock` of the pitfall above has four mistakes. One concerns the widths of the layers, the other three what is done with the map; one of these is made in both halves and counts once. Find them: hold it against the source of `ReducingBlock` and `SeparableConv`.
#
# Then write `MendedBlock(c_in, c_mid, c_out)`. You may copy what is right. Three rules:
#
# - It gives what `ReducingBlock` gives with the same weights, for maps of every size and for inputs with negative values.
# - Its layers keep the names `skip`, `skip_bn`, `dw1` … `bn2`, so that trained weights still load. It has no other parameters.
# - It leaves its input as it was.
#
# The check below looks at little. With `same_output` you can look at more.
#
# :::{dropdown} Hint: the width
# The table of the pitfall says for which channels the weights do not fit. What does the copy do with `c_mid`?
# :::
#
# :::{dropdown} Hint: the map
# Feed it a map without negative values first: then one of the mistakes cannot show. Which layers may a ReLU stand between? Which positions does a window of the pool cover?
# :::

# %% answer exercise="mended_block"
class MendedBlock(nn.Module):
    """Xception's block with stride 2, under the names of the copy."""

    def __init__(self, c_in, c_mid, c_out):
        super().__init__()
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()

# %% check exercise="mended_block" points=4
with Check("MendedBlock") as check:
    with check("8 → 8 → 12 channels: as many parameters"):
        check.equal(n_params(MendedBlock(8, 8, 12)),
                    n_params(ReducingBlock(8, 8, 12)))
    with check("the same weights, on 10 × 7 without negative values"):
        torch.manual_seed(0)
        copy, block = MendedBlock(8, 12, 12), ReducingBlock(8, 12, 12)
        check.true(same_output(copy, block, torch.rand(2, 8, 10, 7)),
                   "the outputs differ")

# %% [markdown]
# ### An open question
#
# No points, and no single answer. The paper leaves the spectrum between three towers and one for each channel unexplored. Suppose you may spend a fixed number of parameters on a block. Would you spend it on more segments and more width, or on fewer segments that mix channels in space?
#
# Plan the experiment (`EquivalentInception` takes any number of towers). What would you hold equal, how often would you repeat it, and which result would change your mind?

# %% [markdown]
# ## When to choose it
#
# The first numbers again, beside those of Xception:

# %% hide="code"
show.table(
    ["share of the multiply-adds", "Inception v3", "Xception"],
    [(name, *(f"{shares(rows, name)[1]:.1%}"
              for rows in (inception, xception_rows)))
     for name in JOBS.values() if name != "batch norm"])

# %% [markdown]
# Outside the stem nothing does both jobs any more. The cost has moved into the 1×1 layers, with {{= f"{shares(xception_rows, 'channels only')[1]:.0%}" =}} of the multiply-adds. ShuffleNet starts there.
#
# Choose the *layer* wherever parameters and multiply-adds count: MobileNet, EfficientNet and their heirs are built from its two steps. They put batch norm and an activation between the two, which in our short Xception was {{= against(recorded.accuracies, "batch norm, ReLU").words("better than nothing", "worse than nothing", "not told apart from nothing") =}}; what is best elsewhere we have not tried. The *network* is, by the paper, somewhat more accurate than Inception v3; it has about as many parameters, and more multiply-adds. Where the network has to be small, read on with {chapter}`MobileNet <3>`.

# %% ledger [markdown]
# ## What was claimed, what we found
#
# Statements about Xception that are worth a second look, each with our verdict.
