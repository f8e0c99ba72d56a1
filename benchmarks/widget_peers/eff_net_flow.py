"""What EffNetFlow shows, for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import matplotlib.pyplot as plt

from lightnets_edu.widgets import EffNetFlow

counts = dict(EffNetFlow().counts)
VALUES = list(counts)


def draw(groups):
    _, ax = plt.subplots(figsize=(8, 4))
    names = [f"g = {g}" for g in counts]
    ax.barh(names, counts.values(), color=["C0" if g == groups else "C7" for g in counts])
    ax.set(title=f"{counts[groups]:,} weights")
    plt.show()
