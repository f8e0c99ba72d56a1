"""The content of each moving figure drawn by matplotlib, for `ipywidgets.interact`: `draw(value)` for each of `VALUES`.

Their tables are made once, before anything is timed: what counts is the drawing and the way to it.
"""

START = """
import matplotlib.pyplot as plt
import numpy as np
"""

CHANNEL_SHUFFLE = """
from lightnets_edu.widgets import ChannelShuffle
figure = ChannelShuffle(channels=32, groups=8)
VALUES = range(32)

order, reach = figure.wiring().order, figure.reach()

def draw(output):
    used = reach[output]
    fig, ax = plt.subplots(figsize=(8, 4))
    for row in range(4):
        ax.scatter(range(32), [3 - row] * 32, c=[i // 4 % 4 for i in range(32)], marker="s", cmap="tab10")
    group = range(output // 4 * 4, output // 4 * 4 + 4)
    for place in group:
        ax.plot([place, output], [1, 0], "k")
        ax.plot([order[place], place], [2, 1], "k")
    for i in used:
        ax.plot([i, order[group[i % 4]]], [3, 2], "k", lw=0.5)
    ax.set(title=f"output {output} reaches {len(used)} inputs", yticks=[])
    plt.show()
"""

COST_CALCULATOR = """
from lightnets_edu.widgets import CostCalculator
from lightnets_edu.widgets.cost_calculator import C_OUT
made = {c_out: CostCalculator(c_out=c_out, groups=1) for c_out in C_OUT}
tables = {c_out: (figure.line(), figure.costs()) for c_out, figure in made.items()}
VALUES = C_OUT

def draw(c_out):
    line, costs = tables[c_out]
    fig, ax = plt.subplots(figsize=(8, 4))
    for i, (way, cost) in enumerate(costs.items()):
        for j, name in enumerate(cost._fields):
            value = getattr(cost, name)
            ax.barh(4 * i + j, np.log2(value / getattr(line, name)), color=f"C{i}")
            ax.text(0, 4 * i + j, f"{way} {name} {value:,}")
    plt.show()
"""

CONV_CONNECTIVITY = """
from lightnets_edu.widgets import ConvConnectivity
figure = ConvConnectivity(kind="shuffled", c_in=16, c_out=16, groups=4)
VALUES = range(16)
numbers = figure.numbers()

def draw(output):
    group = np.equal.outer(np.arange(16) // 4 % 4, np.arange(16) // 4)
    fig, (left, right) = plt.subplots(1, 2, figsize=(8, 4))
    patch = np.zeros((7, 7))
    patch[2:5, 2:5] = 1
    left.imshow(patch, cmap="Blues")
    right.imshow(group + 1.0 * (np.arange(16) == output)[:, None], cmap="Blues")
    fig.suptitle(str(numbers))
    plt.show()
"""

SLIDING_CONVOLUTION = """
from lightnets_edu.widgets import SlidingConvolution
figure = SlidingConvolution()
VALUES = range(figure.steps())
planes, out = figure.inputs(), figure.output()

def draw(step):
    fig, axes = plt.subplots(2, max(len(planes), len(out)), figsize=(8, 5))
    for row, group in zip(axes, (planes, out)):
        for ax, plane in zip(row, group):
            ax.imshow(plane, cmap="Blues")
            for y, line in enumerate(plane):
                for x, value in enumerate(line):
                    ax.text(x, y, f"{value:g}", ha="center")
    fig.suptitle(f"step {step}")
    plt.show()
"""

RELU_MANIFOLD = """
from lightnets_edu.widgets import ReluManifold
from lightnets_edu.widgets.relu_manifold import trip as _manifold
figure = ReluManifold()
trips = {n: _manifold.trip(__import__("torch").relu, n, 0) for n in _manifold.DIMENSIONS}
spiral = np.asarray(_manifold.spiral())[:: _manifold.BETWEEN]
VALUES = list(trips)

def draw(n):
    fig, (left, right) = plt.subplots(1, 2, figsize=(8, 4))
    for ax, line in ((left, spiral), (right, np.asarray(trips[n].decoded["best affine"])[:: _manifold.BETWEEN])):
        ax.plot(line[:, 0], line[:, 1], "k", lw=0.5)
        ax.scatter(line[:, 0], line[:, 1], c=range(len(line)), cmap="viridis")
        ax.set(aspect="equal")
    fig.suptitle(f"error {trips[n].errors['best affine']:.1%}")
    plt.show()
"""

NETWORK_SKYLINE = """
from lightnets_edu import cost, models
rows = [row for row in cost.layer_costs(models.MODELS["xception"](), (1, 3, 299, 299)) if row.macs]
macs = np.array([row.macs for row in rows])
VALUES = range(len(rows))

def draw(layer):
    fig, ax = plt.subplots(figsize=(8, 4))
    ax.bar(range(len(macs)), macs, color=["C%d" % (len(row.kind) % 4) for row in rows])
    ax.bar([layer], macs[layer], color="k")
    ax.twinx().plot(macs.cumsum() / macs.sum(), "k")
    ax.set(title=f"{rows[layer].name}: {macs[layer]:,}, {macs[layer] / macs.sum():.2%}")
    plt.show()
"""

BLOCK_ANATOMY = """
from lightnets_edu import cost
from lightnets_edu.models.mobilenet_v2 import InvertedResidual
blocks = [cost.layer_costs(InvertedResidual(24, 24, 1, t), (1, 24, 56, 56)) for t in range(1, 9)]
VALUES = range(8)

def draw(i):
    rows = [row for row in blocks[i] if row.macs]
    fig, ax = plt.subplots(figsize=(8, 4))
    widths = np.array([24, *(row.c_out for row in rows)])
    ax.fill_between(range(len(widths)), widths, -widths)
    for x, row in enumerate(rows):
        ax.text(x + 0.5, 0, f"{row.kind} {row.c_in} to {row.c_out}: {row.macs:,}", rotation=30)
    ax.set(title=f"{cost.total(blocks[i])}")
    plt.show()
"""

PEERS = {
    "block_anatomy": START + BLOCK_ANATOMY, "channel_shuffle": START + CHANNEL_SHUFFLE,
    "conv_connectivity": START + CONV_CONNECTIVITY, "cost_calculator": START + COST_CALCULATOR,
    "network_skyline": START + NETWORK_SKYLINE, "relu_manifold": START + RELU_MANIFOLD,
    "sliding_convolution": START + SLIDING_CONVOLUTION,
}
