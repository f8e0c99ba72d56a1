"""What CompoundScaling shows, drawn by matplotlib for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import math

import matplotlib.pyplot as plt

from lightnets_edu.widgets import CompoundScaling
from lightnets_edu.widgets.compound_scaling.scaling import rows, total

figure = CompoundScaling()
VALUES = figure.offers("phi")
published = {name: total(rows(scale))[1] for name, scale in figure.published().items()}


def draw(phi):
    figure.phi = phi
    found = figure.rows()
    _, (net, rails) = plt.subplots(1, 2, figsize=(9, 4))
    x = 0.0
    for row in found[1:-1]:
        net.bar(x, row.channels, row.layers, align="edge", edgecolor="k")
        net.text(x, row.channels, f"{row.size}")
        x += row.layers + 2
    net.set(xlim=(0, 80), ylim=(0, 700), title=f"φ = {phi}")
    floor = 0.0
    for base, power in ((figure.alpha, 1), (figure.beta, 2), (figure.gamma, 2)):
        rails.barh("formula", power * phi * math.log2(base), left=floor)
        floor += power * phi * math.log2(base)
    least = published["B0"]
    rails.barh("exact", math.log2(total(found)[1] / least), color="k")
    for name, macs in published.items():
        rails.plot(math.log2(macs / least), "exact", "wo", markeredgecolor="k")
        rails.text(math.log2(macs / least), -0.5, name)
    rails.axvline(phi, color="k")
    rails.set(xlim=(0, 8), title=f"{total(found)[1]:,} multiply-adds")
    plt.show()
