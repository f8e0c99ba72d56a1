"""Uses what the package asks for, each once: figures, networks, a diagram, data, a training with its bar, a plot."""

import io

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import torchinfo
from torch import nn

from lightnets_edu import data, diagrams, models, show, training, widgets
from lightnets_edu.models.mobilenet_v1 import DepthwiseSeparable

for name in widgets.__all__:
    assert getattr(widgets, name)().get_state(), name
    print(name)
for name, build in models.MODELS.items():
    assert sum(p.numel() for p in build().parameters()) > 1000, name
    print(name)
block = DepthwiseSeparable(8, 16, stride=1)
assert diagrams.unit(block, (1, 8, 12, 12), title="A block").svg.startswith("<svg")
assert "Conv2d" in str(torchinfo.summary(block, (1, 8, 12, 12), verbose=0))
train, test = data.digits(8)
assert training.fit(nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), train, test, epochs=2, progress=True).accuracy > 0.5
show.vector_plots()
plt.plot([0, 1], [0, 2])
plt.savefig(drawn := io.BytesIO())
assert b"<svg" in drawn.getvalue()
