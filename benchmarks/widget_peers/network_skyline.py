"""What NetworkSkyline shows, drawn by matplotlib for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import matplotlib.pyplot as plt
import numpy as np

from lightnets_edu import cost, models

rows = [row for row in cost.layer_costs(models.MODELS["xception"](), (1, 3, 299, 299)) if row.macs]
macs = np.array([row.macs for row in rows])
VALUES = range(len(rows))


def draw(layer):
    _, ax = plt.subplots(figsize=(8, 4))
    ax.bar(range(len(macs)), macs, color=[f"C{len(row.kind) % 4}" for row in rows])
    ax.bar([layer], macs[layer], color="k")
    ax.twinx().plot(macs.cumsum() / macs.sum(), "k")
    ax.set(title=f"{rows[layer].name}: {macs[layer]:,}, {macs[layer] / macs.sum():.2%}")
    plt.show()
