"""What ChannelShuffle shows, drawn by matplotlib for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import matplotlib.pyplot as plt

from lightnets_edu.widgets import ChannelShuffle

figure = ChannelShuffle(channels=16, groups=4, output=0)
VALUES = range(16)

order, reach = figure.wiring().order, figure.reach()


def draw(output):
    used = reach[output]
    _, ax = plt.subplots(figsize=(8, 4))
    for row in range(4):
        ax.scatter(range(16), [3 - row] * 16, c=[i // 4 % 4 for i in range(16)], marker="s", cmap="tab10")
    group = range(output // 4 * 4, output // 4 * 4 + 4)
    for place in group:
        ax.plot([place, output], [1, 0], "k")
        ax.plot([order[place], place], [2, 1], "k")
    for i in used:
        ax.plot([i, order[group[i % 4]]], [3, 2], "k", lw=0.5)
    ax.set(title=f"output {output} reaches {len(used)} inputs", yticks=[])
    plt.show()
