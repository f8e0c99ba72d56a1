"""What BlockAnatomy shows, drawn by matplotlib for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import matplotlib.pyplot as plt
import numpy as np

from lightnets_edu import cost
from lightnets_edu.models.mobilenet_v2 import InvertedResidual

blocks = [cost.layer_costs(InvertedResidual(24, 24, 1, t), (1, 24, 56, 56)) for t in range(1, 9)]
VALUES = range(8)


def draw(i):
    rows = [row for row in blocks[i] if row.macs]
    _, ax = plt.subplots(figsize=(8, 4))
    widths = np.array([24, *(row.c_out for row in rows)])
    ax.fill_between(range(len(widths)), widths, -widths)
    for x, row in enumerate(rows):
        ax.text(x + 0.5, 0, f"{row.kind} {row.c_in} to {row.c_out}: {row.macs:,}", rotation=30)
    ax.set(title=f"{cost.total(blocks[i])}")
    plt.show()
