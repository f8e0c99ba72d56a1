"""Channel shuffle between grouped convolutions: who reaches whom."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, Self

import traitlets
from torch import Tensor, nn

from lightnets_edu.widgets.channel_shuffle import wiring as mixing
from lightnets_edu.widgets.channel_shuffle.wiring import MOST, Wiring
from lightnets_edu.widgets.kit import Figure, Lists, front_end

Plain = dict[str, int | list[int]]

ORDERS = ("paper", "inverse", "own")
STEPS = ("wires", "reshape", "transpose", "flatten")
CAPTION = "Grouped 1×1 layers. Point at a channel: its past and future light up."


@functools.cache
def _reference(c: int, g: int) -> dict[str, Wiring]:
    """The package's own shuffle between layers of `g` groups."""
    from lightnets_edu.models.shufflenet_v1 import channel_shuffle

    return mixing.wirings(mixing.pieces_of_function(channel_shuffle, g), c)


def _plain(wiring: Wiring) -> Plain:
    return {"from": list(wiring.order), "first": wiring.first, "second": wiring.second}


def _departures(pieces: Callable[[int, int], mixing.Pieces], pairs: tuple[tuple[int, int], ...]) -> dict[str, Plain]:
    """What other code does where it is not what the package's shuffle does, by "C/g/order"."""
    return {
        f"{c}/{g}/{order}": _plain(wiring)
        for c, g in pairs
        for order, wiring in mixing.wirings(pieces(c, g), c).items()
        if wiring != _reference(c, g)[order]
    }


class ChannelShuffle(Figure):
    """Widget: choose C and g, point at a channel and see where it comes from and goes, deal channels by hand.

    `order` "paper" reshapes the channels to (g, n) as Zhang et al. do, "inverse" to (n, g) as published code does,
    "own" is what the reader made, `own`: the channel at each place. `layers` 3 puts the same shuffle and another
    grouped layer behind the second. `step` shows the shuffle of two layers as a table, stage by stage; 0 is as it is
    wired. The front end knows what the orders do; `measured["12/3/paper"]` tells what the code of `from_module` does
    where that is something else: the channel that each place comes `from`, and the groups of the `first` and `second`
    layer. C goes in steps of g, and g divides C: neither moves the other. TraitError for values that do not fit, and
    for channels or groups that are not the unit's own (`fixed`).
    """

    _esm, _css = front_end(__file__)
    drawn = ("channels", "groups", "order", "shuffle", "layers", "own", "output", "step")

    measured = traitlets.Dict().tag(sync=True)
    fixed = traitlets.Bool(False).tag(sync=True)
    channels = traitlets.Int(12).tag(sync=True)
    groups = traitlets.Int(3).tag(sync=True)
    order = traitlets.Enum(ORDERS, "paper").tag(sync=True)
    shuffle = traitlets.Bool(True).tag(sync=True)
    layers = traitlets.Int(2).tag(sync=True)
    own = traitlets.List(traitlets.Int(), list(range(12))).tag(sync=True)
    output = traitlets.Int(5).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)

    def __init__(self, **traits: Any):
        self._unit: tuple[Any, Any] | None = None
        if traits.get("fixed"):
            self._unit = traits.get("channels"), traits.get("groups")
        super().__init__(**{"caption": CAPTION, **traits})

    @classmethod
    def from_module(cls, source: nn.Module | type[nn.Module] | Callable[[Tensor, int], Tensor], **traits: Any) -> Self:
        """The figure of other code: a function `shuffle(x, groups)`, a ShuffleUnit, or a class like ShuffleUnit.

        What the code does is measured, for a unit with its own bottleneck and groups, else for every C and g; its
        inverse order is its own permutation undone. ValueError where channels get lost, or where a unit's bottleneck
        is wider than the figure.
        """
        if isinstance(source, nn.Module):
            unit: Any = source
            c, g = unit.reduce[0].out_channels, unit.groups
            if c > MOST:
                raise ValueError(f"the figure shows at most {MOST} channels; the bottleneck has {c}")
            measured = _departures(lambda *_: mixing.pieces_of_unit(unit), ((c, g),))
            return cls(measured=measured, **{"output": 0, **traits, "fixed": True, "channels": c, "groups": g})
        if isinstance(source, type) and issubclass(source, nn.Module):
            pieces = lambda c, g: mixing.pieces_of_unit(source(4 * c, 4 * c, 1, g, g))  # noqa: E731
        elif callable(source) and not isinstance(source, type):
            pieces = lambda c, g: mixing.pieces_of_function(source, g)  # noqa: E731
        else:
            raise ValueError(f"expected a function shuffle(x, groups) or a ShuffleUnit, got {type(source).__name__}")
        return cls(measured=_departures(pieces, mixing.PAIRS), **traits)

    def wiring(self, order: str | None = None) -> Wiring:
        """What lies between two layers for the present C and g, in the order drawn or in the order set."""
        order = order or self.order
        if order == "own":
            return self.wiring("paper")._replace(order=tuple(self.own))
        if found := self.measured.get(f"{self.channels}/{self.groups}/{order}"):
            return Wiring(tuple(found["from"]), found["first"], found["second"])
        return _reference(self.channels, self.groups)[order]

    def reach(self, shuffle: bool | None = None, order: str | None = None) -> tuple[tuple[int, ...], ...]:
        """For each output the inputs that it reaches, found by gradients; as drawn, or with shuffle and order set."""
        wiring = self.wiring(order)
        if not (self.shuffle if shuffle is None else shuffle):
            wiring = wiring._replace(order=tuple(range(self.channels)))
        return mixing.reach(wiring, self.layers)

    def reached(self, shuffle: bool | None = None, order: str | None = None) -> list[int]:
        """The inputs that the selected output reaches, as drawn, or with shuffle and order set."""
        return list(self.reach(shuffle, order)[self.output])

    def offers(self, name: str) -> Sequence[Any]:
        """Channels in steps of the groups, groups that divide the channels, or a unit's own; orders of the channels."""
        match name:
            case "channels":
                return [self._unit[0]] if self._unit else [c for c in range(2, MOST + 1) if c % self.groups == 0]
            case "groups":
                return [self._unit[1]] if self._unit else [g for g in range(1, MOST + 1) if self.channels % g == 0]
            case "layers":
                return (2, 3)
            case "own":
                return Lists(range(self.channels), orders=True)
            case "output":
                return range(self.channels)
            case "step":
                return range(len(STEPS))
        return super().offers(name)

    def next_best(self, name: str, offered: Sequence[Any], change: Any) -> Any:
        """Of other channels a reader has no order yet: they stand as they come."""
        return offered[0] if name == "own" else super().next_best(name, offered, change)

    def called(self, name: str) -> str:
        """Channels and groups are told with each other."""
        if name == "channels" and not self._unit:
            return f"channels in {self.groups} groups"
        return f"groups of {self.channels} channels" if name == "groups" else name
