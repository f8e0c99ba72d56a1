"""What EffNetFlow shows, drawn by matplotlib for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import matplotlib.pyplot as plt
import numpy as np

from lightnets_edu.widgets import EffNetFlow
from lightnets_edu.widgets.eff_net_flow.flow import used

figure = EffNetFlow()
blocks = [figure.maps(), figure.maps("mobilenet")]
VALUES = range(6)


def draw(step):
    _, axes = plt.subplots(2, 6, figsize=(8, 4))
    for row, maps in zip(axes, blocks, strict=True):
        last = min(step, len(maps) - 1)
        for i, ax in enumerate(row):
            ax.axis("off")
            if i > last:
                continue
            read = np.zeros(maps[i].size)
            read[np.ix_(used(maps, i, "rows", last), used(maps, i, "columns", last))] = 1
            ax.imshow(read, vmin=0, vmax=1)
            ax.set_title(f"{maps[i].kind}\n{maps[i].channels} channels", fontsize=7)
    plt.show()
