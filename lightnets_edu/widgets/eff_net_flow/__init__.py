"""EffNet's block, map by map: when height and width shrink, and which pixels reach no output."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import traitlets
from torch import nn

from lightnets_edu.widgets.eff_net_flow import flow
from lightnets_edu.widgets.eff_net_flow.flow import Map
from lightnets_edu.widgets.kit import Figure, front_end

CHANNELS = (3, 16, 32, 64, 128, 256)
WIDTHS = ("c_in", "c_mid", "c_out")
CAPTION = "Filled: what the framed pixel reads. Crossed: reaches no output. Bars: values. Drag the arrow"


def _plain(flows: Mapping[str, Sequence[Map]]) -> dict[str, Any]:
    """Maps as they travel to a page."""
    return {name: [one._asdict() for one in maps] for name, maps in flows.items()}


class EffNetFlow(Figure):
    """Widget: the maps of an EffNet block beside those of a MobileNet V1 block that shrinks its map, layer by layer.

    `last` is the kernel of EffNet's last layer: "2x1" as printed, "1x2" as in PyTorch ports. `step` is how many
    layers have run. `c_in`, `c_mid`, `c_out` are the widths. `map`, `row` and `column` choose a pixel, all counted
    from 0: `map` goes through the maps of the first block and on through those of the second. `flows` holds what each
    map reads, by gradients of the real blocks. TraitError for values that are not on offer.
    """

    _esm, _css = front_end(__file__)
    drawn = ("last", "step", *WIDTHS, "map", "row", "column")
    roots = ("last", "map")
    made = ("flows",)

    flows = traitlets.Dict().tag(sync=True)
    last = traitlets.Unicode("2x1").tag(sync=True)
    step = traitlets.Int(5).tag(sync=True)
    # the third block of Table 1
    c_in = traitlets.Int(128).tag(sync=True)
    c_mid = traitlets.Int(128).tag(sync=True)
    c_out = traitlets.Int(256).tag(sync=True)
    map = traitlets.Int(5).tag(sync=True)
    row = traitlets.Int(1).tag(sync=True)
    column = traitlets.Int(1).tag(sync=True)

    def __init__(self, **traits: Any):
        flows = {last: flow.effnet(last) for last in flow.LAST} | {"mobilenet": flow.mobilenet()}
        if set(traits.get("flows", flows)) not in ({*flows}, {"own", "mobilenet"}):
            raise traitlets.TraitError(f"flows holds what from_module finds; got {traits['flows']}")
        super().__init__(**{"caption": f"{CAPTION}, the dots.", "flows": _plain(flows), **traits})

    @classmethod
    def from_module(cls, block: nn.Module, shape: Sequence[int], **traits: Any) -> Self:
        """The figure of a block on one image of `shape` (1, c_in, H, W), and of MobileNet's with the same channels.

        The block is a chain of at most five modules with convolutions or pools, on maps of at most 16 × 16. ValueError
        for any other.
        """
        maps = flow.trace(block, shape)
        c_in, c_out = int(maps[0].channels), int(maps[-1].channels)
        other = flow.trace(flow.pair(c_in, c_out), shape)
        flows = _plain({"own": maps, "mobilenet": other})
        widths = {"c_in": c_in, "c_mid": int(maps[1].channels), "c_out": c_out}
        row, column = (side // 2 for side in maps[-1].size)
        start = {"step": max(len(maps), len(other)) - 1, "map": len(maps) - 1, "row": row, "column": column}
        return cls(**{"caption": f"{CAPTION}.", **widths, **start, **traits, "flows": flows, "last": "own"})

    def maps(self, block: str | None = None) -> list[Map]:
        """The maps of the block, as `last` reads it, or of "mobilenet"."""
        return [self._filled(Map(**one)) for one in self.flows[block or self.last]]

    def _filled(self, one: Map) -> Map:
        return one._replace(channels=getattr(self, one.channels) if isinstance(one.channels, str) else one.channels)

    def unread(self, block: str | None = None) -> list[int]:
        """How many pixels of each map that has been made are not read by the last of them."""
        maps = self.maps(block)[: self.step + 1]
        return [flow.unread(maps, i) for i in range(len(maps))]

    def offers(self, name: str) -> Sequence[Any]:
        """What a block that was measured has; pixels that lie on the map."""
        if name == "last":
            return [own for own in self.flows if own != "mobilenet"]
        if name in WIDTHS:
            return [getattr(self, name)] if self.last == "own" else CHANNELS
        both = (self.flows[self.last], self.flows["mobilenet"])
        if name == "step":
            return range(max(len(maps) for maps in both))
        every = [one for maps in both for one in maps]
        if name == "map":
            return range(len(every))
        return range(every[self.map]["size"][name == "column"])

    def data(self) -> tuple[Sequence[object], list[Sequence[object]]]:
        """Every map that has been made."""
        rows: list[Sequence[object]] = []
        for block in (self.last, "mobilenet"):
            for one, missed in zip(self.maps(block), self.unread(block), strict=False):
                height, width = one.size
                layer = " ".join(filter(None, [one.kind, "×".join(map(str, one.kernel))]))
                size, values = f"{one.channels}×{height}×{width}", height * width * int(one.channels)
                rows.append((block, layer, size, values, f"{missed} of {height * width}"))
        return ("block", "layer", "map", "values", "pixels that reach no output"), rows
