"""Convolutions as connections: which positions, times which pairs of channels."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import traitlets
from torch import nn

from lightnets_edu.widgets.conv_connectivity import masks as _masks
from lightnets_edu.widgets.conv_connectivity import module as _module
from lightnets_edu.widgets.conv_connectivity.masks import GROUPED, KERNELS, KINDS, MOST, SIDE, STRIDES, WIDTHS, Plan
from lightnets_edu.widgets.kit import Figure, front_end, one_of

SHAPE = ("c_in", "c_out", "kind", "kernel", "groups", "stride")
CAPTION = "Drag the window, point at channels, brush outputs: see what is read."


class Numbers(NamedTuple):
    """Positions and channels that the selected output reads; its fan-in; what all outputs at its position have."""

    positions: int
    channels: int
    fan_in: int
    pairs: int
    edges: int
    params: int


class ConvConnectivity(Figure):
    """Widget: go from a standard to a separable convolution, point at a channel, see who reads whom and what it weighs.

    `c_in` and `c_out` are 2, 4, 6, 8, 12 or 16, `kernel` 1, 3 or 5, `stride` 1 or 2, on an input map of 7 × 7;
    `groups` counts for kinds "grouped" and "shuffled" and divides both widths. `output` is the selected channel, with
    so many `more` behind it; `y` and `x` are the row and column on the output map. A pointwise kernel is 1, a depthwise
    `c_out` is `c_in`: these, the groups and the selection follow the others. `measured` holds what the module of
    `from_module` does; the widths, kind, kernel, groups and stride are then its own. TraitError for all that is not on
    offer.
    """

    _esm, _css = front_end(__file__)
    drawn = ("kind", "c_in", "stride", "c_out", "kernel", "groups", "output", "more", "y", "x")
    roots = ("kind", "c_in", "stride")

    measured = traitlets.Dict().tag(sync=True)
    kind = traitlets.Enum(KINDS, "standard").tag(sync=True)
    c_in = traitlets.Int(8).tag(sync=True)
    c_out = traitlets.Int(8).tag(sync=True)
    kernel = traitlets.Int(3).tag(sync=True)
    groups = traitlets.Int(2).tag(sync=True)
    stride = traitlets.Int(1).tag(sync=True)
    output = traitlets.Int(0).tag(sync=True)
    more = traitlets.Int(0).tag(sync=True)
    y = traitlets.Int(2).tag(sync=True)
    x = traitlets.Int(2).tag(sync=True)

    def __init__(self, **traits: Any):
        super().__init__(**{"caption": CAPTION, **traits})

    @classmethod
    def from_module(cls, module: nn.Module, **traits: Any) -> Self:
        """The figure of any module that maps (1, c_in, 7, 7) to (1, c_out, h, w): who has a gradient from whom.

        Its structure is measured, whatever its weights; its parameters are its own. `kind`, `kernel`, `groups` and
        `stride` say what it is meant to be; without them it is compared with all that the figure offers. `c_in` is
        needed where no convolution tells it. ValueError for what is no module, gives no map, or is wider than 16
        channels or larger than 7 × 7.
        """
        if not isinstance(module, nn.Module):
            raise ValueError(f"expected an nn.Module that maps (1, c_in, {SIDE}, {SIDE}) to maps, got {module!r:.60}")
        c_in = traits["c_in"] if "c_in" in traits else _module.width_of(module)
        if c_in not in range(1, MOST + 1):
            raise ValueError(f"the figure shows 1 to {MOST} channels; the module takes {c_in}")
        found = _masks.measure(module, c_in)
        c_out = found.whole.shape[0]
        said = {key: traits[key] for key in ("kind", "kernel", "groups", "stride") if key in traits}
        offered = {"kind": KINDS, "kernel": KERNELS, "groups": _masks.divisors(c_in, c_out), "stride": STRIDES}
        for key, value in said.items():
            one_of(value, offered[key], key)
        if said.get("kind", "grouped") not in GROUPED:
            said.pop("groups", None)
        plan = _module.recognise(module, found, **said)
        meant = plan or Plan("standard", c_in, c_out, 3, 1, 1)._replace(**said)
        measured = {
            **_module.tables(found, module),
            "unlike": "" if plan else f"Measured, not the formula{f' ({_module.words(meant)})' if said else ''}.",
            "plan": meant._asdict(),
        }
        if plan:
            _module.name_steps(measured, plan)
        place = {key: min(2, size - 1) for key, size in zip("yx", measured["size"], strict=True)}
        return cls(measured=measured, **{**place, **meant._asdict(), **traits, "groups": meant.groups})

    def plan(self) -> Plan:
        """The convolution that the traits name."""
        groups = self.groups if self.kind in GROUPED else 1
        return Plan(self.kind, self.c_in, self.c_out, self.kernel, groups, self.stride)

    def size(self) -> tuple[int, int]:
        """Height and width of the output map."""
        height, width = self.measured.get("size", [-(-SIDE // self.stride)] * 2)
        return height, width

    def reading(self) -> dict[str, Any]:
        """What the outputs at the selected position read: channels of each, the patch and steps of the selected one."""
        place = self.y * self.size()[1] + self.x
        if self.measured:
            return _module.look(self.measured, self.output, place)
        return _module.formula(self.plan(), self.output, place)

    def numbers(self) -> Numbers:
        """The exact numbers of the selected output; `edges` and `pairs` are those of all outputs at its position."""
        here = self.reading()
        row, pairs = here["rows"][self.output], sum(map(len, here["rows"]))
        return Numbers(
            len(here["patch"]), len(row), here["fans"][self.output], pairs, sum(here["fans"]), here["params"]
        )

    def offers(self, name: str) -> Sequence[Any]:
        """What is on offer with the others, or a module's own."""
        if self.measured and name in SHAPE:
            return [self.measured["plan"][name]]
        height, width = self.size()
        offered: dict[str, Sequence[Any]] = {
            "kind": KINDS,
            "c_in": WIDTHS,
            "c_out": [self.c_in] if self.kind == "depthwise" else WIDTHS,
            "kernel": [1] if self.kind == "pointwise" else KERNELS,
            "groups": _masks.divisors(self.c_in, self.c_out),
            "stride": STRIDES,
            "output": range(self.c_out),
            "more": range(self.c_out - self.output),
            "y": range(height),
            "x": range(width),
        }
        return offered[name]

    def called(self, name: str) -> str:
        """Where others limit a trait, they are told with it."""
        of = {"groups": f" of {self.c_in} to {self.c_out} channels", "c_out": f" of a {self.kind} convolution"}
        return name + of.get("c_out" if name == "kernel" else name, "")
