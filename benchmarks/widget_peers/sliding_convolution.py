"""What SlidingConvolution shows, drawn by matplotlib for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import matplotlib.pyplot as plt

from lightnets_edu.widgets import SlidingConvolution

figure = SlidingConvolution()
rows, columns = figure.shape()
VALUES = range(rows * columns)
planes, maps, filters = figure.planes, figure.maps(), figure.filters_drawn()


def draw(place):
    y, x = divmod(place, columns)
    fig, axes = plt.subplots(2, 4, figsize=(8, 5))
    photo = [[[v / 9 for v in pixel] for pixel in zip(*row, strict=True)] for row in zip(*planes, strict=True)]
    for ax, plane in zip(axes[0], (photo, *planes), strict=True):
        ax.imshow(plane, cmap="gray")
        ax.add_patch(plt.Rectangle((x - 0.5, y - 0.5), 3, 3, fill=False, color="tab:orange"))
    for ax, own in zip(axes[1], maps, strict=True):
        ax.imshow(own, cmap="RdBu")
        ax.set_xlabel(f"{own[y][x]:g}")
    for ax, own in zip(axes[0][1:], filters, strict=True):
        ax.set_xlabel("\n".join(" ".join(f"{w:g}" for w in line) for line in own))
    fig.suptitle(f"{81 * (place + 1):,}, {27 * (place + 1):,} and {9 * (place + 1):,} multiply-adds")
    plt.show()
