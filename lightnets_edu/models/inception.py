"""The Inception module in four forms, from Xception. Chollet (2016), arXiv:1610.02357.

Beside the paper: Figure 1 is `PlainInception`, Figure 2 `SimplifiedInception`, Figure 3 `EquivalentInception`,
Figure 4 `ExtremeInception`. `merge` carries the weights of a Figure 2 over into a Figure 3 with the same outputs.
The network made of these modules is in `inception_v3.py`.

Departures from the paper: the figures give no widths, so all towers share the output equally; every convolution is
followed by batch norm and ReLU, as in Inception v3. A 1 × 1 convolution follows the average pool, as in Inception
v3 (Szegedy et al. 2015, Figure 5); Chollet's Figure 1 is reported to draw a 3 × 3 one there.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from lightnets_edu.layers import conv_bn, divide, whole


def _conv(c_in: int, c_out: int, kernel: int, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(*conv_bn(c_in, c_out, kernel, groups=groups), nn.ReLU())


class PlainInception(nn.Module):
    """Four towers that look at the same input in four ways (Figure 1).

    (N, c_in, H, W) -> (N, c_out, H, W). ValueError unless 4 divides c_out.
    """

    def __init__(self, c_in: int, c_out: int):
        super().__init__()
        whole(c_in=c_in, c_out=c_out)
        c = divide(c_out, 4, "towers")
        self.deep = nn.Sequential(
            _conv(c_in, c, 1), _conv(c, c, 3), _conv(c, c, 3)
        )
        self.shallow = nn.Sequential(_conv(c_in, c, 1), _conv(c, c, 3))
        self.pool = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1), _conv(c_in, c, 1)
        )
        self.point = _conv(c_in, c, 1)

    def forward(self, x: Tensor) -> Tensor:
        towers = [self.deep, self.shallow, self.pool, self.point]
        return torch.cat([tower(x) for tower in towers], dim=1)


class SimplifiedInception(nn.Module):
    """One kind of tower only: 1 × 1, then 3 × 3 (Figure 2).

    (N, c_in, H, W) -> (N, c_out, H, W).
    ValueError unless `towers` divides c_out.
    """

    def __init__(self, c_in: int, c_out: int, towers: int = 3):
        super().__init__()
        whole(c_in=c_in, c_out=c_out, towers=towers)
        c = divide(c_out, towers, "towers")
        self.reduce = nn.ModuleList(
            _conv(c_in, c, 1) for _ in range(towers)
        )
        self.spatial = nn.ModuleList(
            _conv(c, c, 3) for _ in range(towers)
        )

    def forward(self, x: Tensor) -> Tensor:
        pairs = zip(self.reduce, self.spatial, strict=True)
        return torch.cat([conv(reduce(x)) for reduce, conv in pairs], 1)


class EquivalentInception(nn.Module):
    """One large 1 × 1, then a 3 × 3 for each segment (Figure 3).

    (N, c_in, H, W) -> (N, c_out, H, W).
    ValueError unless `towers` divides c_out.
    """

    def __init__(self, c_in: int, c_out: int, towers: int = 3):
        super().__init__()
        whole(c_in=c_in, c_out=c_out, towers=towers)
        c = divide(c_out, towers, "towers")
        self.reduce = _conv(c_in, c_out, 1)
        self.spatial = nn.ModuleList(
            _conv(c, c, 3) for _ in range(towers)
        )

    def forward(self, x: Tensor) -> Tensor:
        segments = self.reduce(x).chunk(len(self.spatial), dim=1)
        towers = enumerate(self.spatial)
        return torch.cat([conv(segments[i]) for i, conv in towers], 1)


class ExtremeInception(nn.Module):
    """One spatial convolution per channel of the 1 × 1 (Figure 4).

    (N, c_in, H, W) -> (N, c_out, H, W). A separable convolution is this
    in reverse order, and without the ReLU in between (§1.2).
    """

    def __init__(self, c_in: int, c_out: int):
        super().__init__()
        whole(c_in=c_in, c_out=c_out)
        self.reduce = _conv(c_in, c_out, 1)
        self.depthwise = _conv(c_out, c_out, 3, groups=c_out)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.depthwise(self.reduce(x))
        return y


def merge(module: SimplifiedInception) -> EquivalentInception:
    """Figure 2 as a Figure 3 with the same outputs: the 1 × 1 kernels of its towers stacked, the 3 × 3 ones copied.

    The copy is as `module` is: its numbers' type, its device, its mode. ValueError for other modules.
    """
    if not isinstance(module, SimplifiedInception):
        raise ValueError(f"merge takes a SimplifiedInception, got {type(module).__name__}")
    first = next(module.parameters())
    towers, c = len(module.reduce), first.shape[0]
    merged = EquivalentInception(first.shape[1], towers * c, towers).to(first.device, first.dtype)
    merged.spatial.load_state_dict(module.spatial.state_dict())
    merged.reduce.load_state_dict(_stack([reduce.state_dict() for reduce in module.reduce]))
    return merged.train(module.training)


def _stack(states: list[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    # num_batches_tracked is one number, not one per channel: the towers have seen the same batches
    return {
        key: torch.cat([state[key] for state in states]) if value.ndim else value for key, value in states[0].items()
    }
