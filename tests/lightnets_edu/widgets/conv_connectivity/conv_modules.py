"""Convolutions for the tests of ConvConnectivity: plans, and modules like and unlike them."""

import torch
from torch import nn

from lightnets_edu.models.shufflenet_v1 import channel_shuffle
from lightnets_edu.widgets import ConvConnectivity
from lightnets_edu.widgets.conv_connectivity.masks import GROUPED, KINDS, WIDTHS, Plan
from lightnets_edu.widgets.conv_connectivity.module import plans

EVERY_PLAN = [plan for c_in in WIDTHS for c_out in WIDTHS for plan in plans(c_in, c_out)]
SOME_PLANS = [
    *(Plan(kind, 8, 8, 1 if kind == "pointwise" else 3, 4 if kind in GROUPED else 1, s) for kind in KINDS for s in (1, 2)),
    Plan("shuffled", 16, 16, 5, 4, 1), Plan("shuffled", 12, 6, 3, 3, 2), Plan("shuffled", 8, 16, 3, 2, 1),
    Plan("grouped", 16, 4, 5, 4, 2), Plan("standard", 2, 16, 5, 1, 2), Plan("separable", 6, 12, 5, 1, 2),
    Plan("depthwise", 4, 4, 1, 1, 2),
]


def figure_of(plan: Plan, **more) -> ConvConnectivity:
    """The figure of a plan, with more traits."""
    return ConvConnectivity(**plan._asdict(), **more)


class Shuffled(nn.Module):
    """A grouped 3×3, a shuffle or what stands in its place, a grouped 1×1."""

    def __init__(self, groups: int, between=channel_shuffle, second=None):
        super().__init__()
        self.first = nn.Conv2d(8, 8, 3, padding=1, groups=groups, bias=False)
        self.second = nn.Conv2d(8, 8, 1, groups=second or groups, bias=False)
        self.groups, self.between = groups, between

    def forward(self, x):
        return self.second(self.between(self.first(x), self.groups))


class Mixed(nn.Module):
    """Half of the channels with 3×3, half with 5×5, then all added up: no product of space and channels."""

    def __init__(self):
        super().__init__()
        self.small, self.large = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(2, 4, 5, padding=2)

    def forward(self, x):
        return self.small(x[:, :2]) + self.large(x[:, 2:])


class Branches(nn.Module):
    """Half of the outputs with 3×3, half with 5×5: a patch for each."""

    def __init__(self):
        super().__init__()
        self.small, self.large = nn.Conv2d(4, 2, 3, padding=1), nn.Conv2d(4, 2, 5, padding=2)

    def forward(self, x):
        return torch.cat([self.small(x), self.large(x)], 1)
