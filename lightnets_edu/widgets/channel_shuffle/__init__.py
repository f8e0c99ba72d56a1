"""Channel shuffle between two grouped convolutions: who reaches whom."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, Self

import traitlets
from torch import Tensor, nn

from lightnets_edu.widgets.channel_shuffle import wiring as mixing
from lightnets_edu.widgets.channel_shuffle.wiring import MOST, Wiring
from lightnets_edu.widgets.kit import Figure, front_end

Plain = dict[str, int | list[int]]

ORDERS = ("paper", "inverse")
STEPS = ("in order", "reshape", "transpose", "flatten", "layer 2")
CAPTION = (
    "Two grouped 1×1 layers with a channel shuffle between them. Pick an output channel: the input channels it "
    "reaches light up. Without the shuffle they all lie in one group."
)


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
    """Widget: choose C and g, step through the shuffle, pick an output and see which inputs it reaches.

    `order` "paper" reshapes the channels to (g, n) as Zhang et al. do, "inverse" to (n, g) as published code does.
    The front end knows what both do; `measured["12/3/paper"]` tells what the code of `from_module` does where that is
    something else: the channel that each place comes `from`, and the groups of the `first` and `second` layer.
    TraitError for values out of range, and for channels or groups that are not the unit's own (`fixed`).
    """

    _esm, _css = front_end(__file__)
    drawn = ("channels", "groups", "order", "shuffle", "output", "step")
    roots = ("channels",)

    measured = traitlets.Dict().tag(sync=True)
    fixed = traitlets.Bool(False).tag(sync=True)
    channels = traitlets.Int(12).tag(sync=True)
    groups = traitlets.Int(3).tag(sync=True)
    order = traitlets.Enum(ORDERS, "paper").tag(sync=True)
    shuffle = traitlets.Bool(True).tag(sync=True)
    output = traitlets.Int(5).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)

    def __init__(self, **traits: Any):
        self._own: tuple[Any, Any] | None = None
        if traits.get("fixed"):
            self._own = traits.get("channels"), traits.get("groups")
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

    def choices(self) -> dict[int, list[int]]:
        """The groups on offer for each number of channels: all that divide it, or a unit's own."""
        if self._own:
            return {self._own[0]: [self._own[1]]}
        return {c: [g for g in range(1, c + 1) if c % g == 0] for c in range(2, MOST + 1)}

    def wiring(self, order: str | None = None) -> Wiring:
        """What lies between inputs and outputs for the present C and g, in the order drawn or in the order set."""
        order = order or self.order
        if found := self.measured.get(f"{self.channels}/{self.groups}/{order}"):
            return Wiring(tuple(found["from"]), found["first"], found["second"])
        return _reference(self.channels, self.groups)[order]

    def reach(self, shuffle: bool | None = None, order: str | None = None) -> tuple[tuple[int, ...], ...]:
        """For each output the inputs that it reaches, found by gradients; as drawn, or with shuffle and order set."""
        wiring = self.wiring(order)
        if not (self.shuffle if shuffle is None else shuffle):
            wiring = wiring._replace(order=tuple(range(self.channels)))
        return mixing.reach(wiring)

    def reached(self, shuffle: bool | None = None, order: str | None = None) -> list[int]:
        """The inputs that the selected output reaches, as drawn, or with shuffle and order set."""
        return list(self.reach(shuffle, order)[self.output])

    def offers(self, name: str) -> Sequence[Any]:
        """Channels up to 32 and groups that divide them, or a unit's own; an output and a step that there is."""
        match name:
            case "channels":
                return list(self.choices()) if self._own else range(2, MOST + 1)
            case "groups":
                return self.choices().get(self.channels, [])
            case "output":
                return range(self.channels)
            case "step":
                return range(len(STEPS))
        return super().offers(name)

    def called(self, name: str) -> str:
        """Groups are told with their channels."""
        return f"groups of {self.channels} channels" if name == "groups" else name
