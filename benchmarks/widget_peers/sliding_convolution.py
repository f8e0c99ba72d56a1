"""What SlidingConvolution shows, drawn by matplotlib for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import matplotlib.pyplot as plt

from lightnets_edu.widgets import SlidingConvolution

figure = SlidingConvolution()
VALUES = range(figure.steps())
planes, out = figure.inputs(), figure.output()


def draw(step):
    fig, axes = plt.subplots(2, max(len(planes), len(out)), figsize=(8, 5))
    for row, group in zip(axes, (planes, out), strict=True):
        for ax, plane in zip(row, group, strict=False):
            ax.imshow(plane, cmap="Blues")
            for y, line in enumerate(plane):
                for x, value in enumerate(line):
                    ax.text(x, y, f"{value:g}", ha="center")
    fig.suptitle(f"step {step}")
    plt.show()
