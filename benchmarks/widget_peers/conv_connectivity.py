"""What ConvConnectivity shows, drawn by matplotlib for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import matplotlib.pyplot as plt
import numpy as np

from lightnets_edu.widgets import ConvConnectivity

figure = ConvConnectivity(kind="shuffled", c_in=16, c_out=16, groups=4)
VALUES = range(16)
numbers = figure.numbers()


def draw(output):
    group = np.equal.outer(np.arange(16) // 4 % 4, np.arange(16) // 4)
    fig, (left, right) = plt.subplots(1, 2, figsize=(8, 4))
    patch = np.zeros((7, 7))
    patch[2:5, 2:5] = 1
    left.imshow(patch, cmap="Blues")
    right.imshow(group + 1.0 * (np.arange(16) == output)[:, None], cmap="Blues")
    fig.suptitle(str(numbers))
    plt.show()
