"""What CostCalculator shows, drawn by matplotlib for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import matplotlib.pyplot as plt
import numpy as np

from lightnets_edu.widgets import CostCalculator
from lightnets_edu.widgets.cost_calculator import C_OUT

made = {c_out: CostCalculator(c_out=c_out, groups=1) for c_out in C_OUT}
tables = {c_out: (figure.line(), figure.costs(), figure.times(), figure.layers()) for c_out, figure in made.items()}
VALUES = C_OUT


def draw(c_out):
    line, costs, times, layers = tables[c_out]
    _, (areas, roof) = plt.subplots(1, 2, figsize=(8, 4))
    for i, way in enumerate(("grouped", "separable")):
        ratios = [costs[way].macs / line.macs, costs[way].access / line.access, times[way] / times["standard"]]
        for j, ratio in enumerate(ratios):
            areas.add_patch(plt.Rectangle((2 * j, -2.5 * i), 1, 1, fill=False))
            areas.add_patch(plt.Rectangle((2 * j, -2.5 * i), ratio**0.5, ratio**0.5, color=f"C{i}", alpha=0.5))
            areas.text(2 * j, -2.5 * i - 0.4, f"{ratio:.3g}")
    areas.set(xlim=(-0.2, 6), ylim=(-3.2, 2), aspect="equal")
    areas.axis("off")
    x = np.geomspace(0.3, 2e4, 50)
    roof.loglog(x, np.minimum(1, x / 10), "k")
    for name, one in zip("SGDP", (*layers["standard"], *layers["grouped"], *layers["separable"]), strict=True):
        each = one.macs / one.access
        roof.plot(each, min(1, each / 10), "o")
        roof.text(each, min(1, each / 10), name)
    roof.axvline(10, linestyle="--")
    plt.show()
