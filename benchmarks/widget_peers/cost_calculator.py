"""What CostCalculator shows, drawn by matplotlib for `ipywidgets.interact`: `draw(value)` for each of `VALUES`."""

import matplotlib.pyplot as plt
import numpy as np

from lightnets_edu.widgets import CostCalculator
from lightnets_edu.widgets.cost_calculator import C_OUT

made = {c_out: CostCalculator(c_out=c_out, groups=1) for c_out in C_OUT}
tables = {c_out: (figure.line(), figure.costs()) for c_out, figure in made.items()}
VALUES = C_OUT


def draw(c_out):
    line, costs = tables[c_out]
    _, ax = plt.subplots(figsize=(8, 4))
    for i, (way, cost) in enumerate(costs.items()):
        for j, name in enumerate(cost._fields):
            value = getattr(cost, name)
            ax.barh(4 * i + j, np.log2(value / getattr(line, name)), color=f"C{i}")
            ax.text(0, 4 * i + j, f"{way} {name} {value:,}")
    plt.show()
