"""What GhostMaps shows, drawn by matplotlib for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import matplotlib.pyplot as plt
import numpy as np

from lightnets_edu.widgets import GhostMaps

figure = GhostMaps()
maps = np.array(figure.maps, float)
VALUES = range(len(maps))


def draw(i):
    fig, axes = plt.subplots(3, 6, figsize=(8, 5))
    now = figure.ghosts[f"{figure.s} {figure.d}"]
    ghost = np.array(figure.ghost(i))
    for at, ax in enumerate(axes[:2].flat):
        ax.imshow(maps[at], cmap="gray_r")
        ax.set_title(f"{at}: {now['r2'][at]:.2f}", fontsize=7)
    for ax, shown in zip(axes[2], (maps[i], ghost, maps[i] - ghost), strict=False):
        ax.imshow(shown, cmap="RdBu", vmin=-99, vmax=99)
    for ax in axes.flat:
        ax.axis("off")
    fig.suptitle(f"{figure.times():.2f} times fewer multiply-adds")
    plt.show()
