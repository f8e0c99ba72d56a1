"""What ReluManifold shows, drawn by matplotlib for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import matplotlib.pyplot as plt
import numpy as np
import torch

from lightnets_edu.widgets.relu_manifold import trip as _manifold

trips = {n: _manifold.trip(torch.relu, n, 1) for n in _manifold.DIMENSIONS}
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
