"""Ghost maps: how well a few maps of a real layer, and cheap kernels, bring back the others; and what that saves."""

import copy
import functools
from collections.abc import Sequence
from typing import Any, Self

import torch
import traitlets
from torch import Tensor, nn

from lightnets_edu.widgets.ghost_maps import ghosts, photo
from lightnets_edu.widgets.ghost_maps.layer import MOST_MAPS, Layer, measure
from lightnets_edu.widgets.kit import Figure, front_end

KERNELS = (1, 3, 5)
CHANNELS = ("16:32", "64:128", "256:512")
CAPTION = "Heavy frames: kept. ◆ parent, ◇ its ghosts. Grey: what a ghost explains; blue: what a kept map could. "
OWN = "Filters made by hand."


class GhostMaps(Figure):
    """Widget: maps of a real layer, kept or made from kept ones by a cheap kernel, and what that saves.

    Of C maps ⌈C/`s`⌉ are kept, those that leave least of the others unexplained; each other one has one of them for a
    parent, and a `d`×`d` kernel of least squares makes its ghost. A parent may have any number of ghosts here, in
    GhostNet's module it has s − 1. `map` is the map that is looked at, from 0. While `revealed` is false, nothing is
    said of ghosts. `k` and `channels`, such as "64:128", are the layer whose multiply-adds are compared.
    `ghosts` holds for each "s d" what was found, `shares` for each d the R² of each map as a parent of each, `layer`
    what the layer is. TraitError for values that are not on offer.
    """

    _esm, _css = front_end(__file__)
    drawn = ("s", "d", "map", "revealed", "channels", "k")
    made = ("maps", "names", "picture", "ghosts", "shares", "layer")

    maps: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    names: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    picture: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    ghosts = traitlets.Dict().tag(sync=True)
    shares = traitlets.Dict().tag(sync=True)
    layer = traitlets.Dict().tag(sync=True)
    s = traitlets.Int(2).tag(sync=True)
    d = traitlets.Int(3).tag(sync=True)
    map = traitlets.Int(7).tag(sync=True)
    revealed = traitlets.Bool(True).tag(sync=True)
    channels = traitlets.Unicode("64:128").tag(sync=True)
    k = traitlets.Int(3).tag(sync=True)

    def __init__(self, *, _layer: Layer | None = None, **traits: Any):
        if taken := [name for name in self.made if name in traits]:
            raise traitlets.TraitError(f"{taken[0]} holds what was measured; it cannot be set: make another figure")
        made = _made(_layer) if _layer else _default()
        own = {
            "caption": CAPTION + (_told(_layer) if _layer else OWN),
            "names": [] if _layer else list(photo.NAMES),
            "map": min(7, len(made["maps"]) - 1),
        }
        super().__init__(**{**own, **made, **traits})

    @classmethod
    def from_module(cls, layer: nn.Module, image: Tensor, **traits: Any) -> Self:
        """The figure of a real layer, a convolution with its batch norm and activation, on an image (1, c_in, H, W).

        Its first 16 maps are shown; those larger than 24 × 24 as means over squares, and the caption says so. The
        layer runs in float64 and eval mode, on a copy. ValueError for what is no such layer, see `layer.measure`.
        `traits` are those that a reader can change, and `caption`.
        """
        return cls(_layer=measure(layer, image), **traits)

    def kept(self) -> list[int]:
        """The maps that are kept."""
        return list(self._now()["kept"])

    def ghost(self, i: int) -> list[list[float]]:
        """The ghost of map i, row by row, in its own units; a kept map is its own."""
        now, parent = self._now(), self._now()["parents"][i]
        if parent < 0:
            return [[float(value) for value in row] for row in self.maps[i]]
        weights = torch.tensor([[*now["kernels"][i], now["biases"][i]]], dtype=torch.float64)
        made = ghosts.ghost(torch.tensor(self.maps[parent], dtype=torch.float64), weights, self.layer["clipped"])
        rows: list[list[float]] = (made[0] / ghosts.FINE).tolist()
        return rows

    def times(self) -> float:
        """How many times fewer multiply-adds the ghost module takes than the convolution."""
        c_in, c_out = (int(n) for n in self.channels.split(":"))
        return ghosts.times(c_in, c_out, self.k, self.s, self.d)

    def _now(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ghosts[f"{self.s} {self.d}"]
        return found

    def offers(self, name: str) -> Sequence[Any]:
        """What was tried; of the costs, the layer's own and others."""
        match name:
            case "s" | "d":
                return ghosts.SHARES if name == "s" else ghosts.SIZES
            case "map":
                return range(len(self.maps))
            case "k":
                return sorted({*KERNELS, self.layer["k"]})
            case "channels":
                own = f"{self.layer['c_in']}:{self.layer['c_out']}"
                return sorted({*CHANNELS, own}, key=lambda one: [int(n) for n in one.split(":")])
        return super().offers(name)

    def data(self) -> tuple[Sequence[object], list[Sequence[object]]]:
        """Every map: what it is, and how much of it its ghost explains."""
        now = self._now()
        rows: list[Sequence[object]] = []
        for i, parent in enumerate(now["parents"]):
            name = self.names[i] if self.names else f"map {i}"
            rows.append((i, name, "kept" if parent < 0 else f"ghost of {parent}", f"{now['r2'][i]:.4f}"))
        return ("map", "filter", "made", "R²"), rows


def _made(found: Layer) -> dict[str, Any]:
    """What travels to a page of a layer that was measured."""
    found_ghosts, shares = ghosts.tables(found.maps, found.clipped)
    return {
        "maps": [[[int(value) for value in row] for row in one] for one in found.maps.tolist()],
        "picture": found.picture,
        "ghosts": found_ghosts,
        "shares": shares,
        "layer": {"c_in": found.c_in, "c_out": found.c_out, "k": found.kernel, "clipped": found.clipped},
    }


@functools.cache
def _once() -> dict[str, Any]:
    return _made(measure(photo.layer(), photo.photo()))


def _default() -> dict[str, Any]:
    """The figure's own layer; each figure has its own copy."""
    return copy.deepcopy(_once())


def _told(found: Layer) -> str:
    """What is shown of a layer."""
    first = f"The first {MOST_MAPS} of {found.c_out} maps" if found.c_out > MOST_MAPS else f"All {found.c_out} maps"
    means = f", each pixel the mean of {found.pooled} × {found.pooled}" if found.pooled > 1 else ""
    return f"{first} of a {found.kernel}×{found.kernel} layer{means}."
