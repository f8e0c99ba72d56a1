"""Compound scaling: one budget, spent on depth, width and resolution; and what the published EfficientNets spend."""

from collections.abc import Sequence
from typing import Any

import traitlets

from lightnets_edu.widgets.compound_scaling.scaling import Row, Scale, fits, rows, scaled
from lightnets_edu.widgets.kit import Figure, front_end

MODES = ("all three", "depth", "width", "resolution")
PHI = tuple(i / 2 for i in range(15))
ALPHA = tuple(i / 20 for i in range(20, 41))
BETA = GAMMA = tuple(i / 20 for i in range(20, 29))
# top-1 of Table 7: B0 at φ = 2
TRIED = {"all three": 81.1, "depth": 79.0, "width": 78.9, "resolution": 79.1}
CAPTION = (
    "Each tick doubles the work; the frame on the last bar is the budget, 2^φ times B0. Circles: B0 to B7 as "
    "published; click one. Drag a stage or a frame, up to αβ²γ² = 2.1."
)


class CompoundScaling(Figure):
    """Widget: EfficientNet's scaling of depth, width and resolution at one budget (Tan and Le 2019, equation 3).

    `phi` steps multiply B0's layers by alpha each, its channels by beta, its images' sides by gamma, or, with a `mode`
    other than "all three", spend everything on one of them; the budget is 2^phi times B0's multiply-adds. `against` is
    the published network whose outline is drawn. `values` lists what is on offer, `table` is Table 1, `models` has each
    published network's name, depth, width and pixels, `tried` the top-1 accuracy in % that the paper's Table 7 has
    at phi = 2 (there d = 4, w = 2, r = 2, or 1.4, 1.2 and 1.3 together). TraitError for values that are not on offer:
    αβ²γ² is at most 2.1.
    """

    _esm, _css = front_end(__file__)
    drawn = ("mode", "phi", "alpha", "beta", "gamma", "against")
    made = ("values", "table", "models", "tried")

    values = traitlets.Dict().tag(sync=True)
    table = traitlets.Dict().tag(sync=True)
    models: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    tried = traitlets.Dict().tag(sync=True)
    mode = traitlets.Enum(MODES, "all three").tag(sync=True)
    phi = traitlets.Float(3.0).tag(sync=True)
    alpha = traitlets.Float(1.2).tag(sync=True)
    beta = traitlets.Float(1.1).tag(sync=True)
    gamma = traitlets.Float(1.15).tag(sync=True)
    against = traitlets.Unicode("B0").tag(sync=True)

    def __init__(self, **traits: Any):
        from lightnets_edu.models.efficientnet import HEAD, STAGES, STEM, VARIANTS

        made: dict[str, Any] = {
            "values": {"phi": list(PHI), "alpha": list(ALPHA), "beta": list(BETA), "gamma": list(GAMMA)},
            "table": {"stem": STEM, "stages": [list(stage) for stage in STAGES], "head": HEAD},
            "models": [[name.upper(), depth, width, pixels] for name, (width, depth, pixels) in VARIANTS.items()],
            "tried": dict(TRIED),
        }
        super().__init__(**{"caption": CAPTION, **traits, **made})

    def scale(self) -> Scale:
        """What the network that is drawn has, in multiples of B0's."""
        return scaled(self.mode, self.phi, self.alpha, self.beta, self.gamma)

    def rows(self) -> list[Row]:
        """What it costs, stage by stage."""
        return rows(self.scale())

    def published(self) -> dict[str, Scale]:
        """B0 to B7, as their code has them."""
        return {name: Scale(depth, width, pixels) for name, depth, width, pixels in self.models}

    def offers(self, name: str) -> Sequence[Any]:
        """Constants whose αβ²γ² is at most a little above 2; the names of the published networks."""
        if name == "against":
            return [model[0] for model in self.models]
        if name in ("alpha", "beta", "gamma"):
            now = {"alpha": self.alpha, "beta": self.beta, "gamma": self.gamma}
            return [value for value in self.values[name] if fits(**{**now, name: value})]
        return self.values.get(name) or super().offers(name)

    def data(self) -> tuple[Sequence[object], list[Sequence[object]]]:
        """What each stage of the network costs."""
        heads = ("stage", "blocks", "channels", "map", "parameters", "multiply-adds")
        return heads, [tuple(row) for row in self.rows()]
