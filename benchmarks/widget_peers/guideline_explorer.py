"""What GuidelineExplorer shows, drawn by matplotlib for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import matplotlib.pyplot as plt
import numpy as np

from lightnets_edu.widgets import GuidelineExplorer
from lightnets_edu.widgets.guideline_explorer.layers import parsed, smooth

figure = GuidelineExplorer(revealed=True)
layers, times = figure.layers(), figure.times()
VALUES = list(layers)
x = np.geomspace(1 / 32, 32, 61)
y = [smooth(figure.size, figure.width, at, 1) for at in x]


def place(ratio):
    a, b = parsed(ratio)
    return b / a


def draw(ratio):
    one = layers[ratio]
    least = one.access / one.factor()
    _, (column, curve) = plt.subplots(1, 2, figsize=(8, 4), sharey=True, width_ratios=(1, 6))
    floor = 0.0
    for part in (one.c_in * one.size**2, one.c_in * one.c_out, one.c_out * one.size**2):
        column.bar(0, part / least, bottom=floor)
        floor += part / least
    column.set(title=f"{one.c_in} → {one.c_out}", ylim=(0, 4))
    curve.plot(x, y, "k")
    curve.axhspan(0, 1, alpha=0.1)
    for who in ("GPU", "ARM"):
        found = [(place(what), time) for (name, what), time in times.items() if name == who]
        curve.plot(*zip(*found, strict=True), "o")
    curve.plot(place(ratio), one.factor(), "ko")
    curve.set(xscale="log", title=f"{ratio}: {one.factor():.2f} times the least")
    plt.show()
