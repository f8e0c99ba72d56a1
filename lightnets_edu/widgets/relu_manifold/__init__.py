"""ReLU on thin and wide embeddings of a spiral: what can be decoded afterwards (Sandler et al. 2018, Figure 1)."""

import copy
import functools
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import torch
import traitlets

from lightnets_edu.widgets.kit import Figure, Lists, front_end
from lightnets_edu.widgets.relu_manifold import trip as _manifold
from lightnets_edu.widgets.relu_manifold.many import NOTES, many
from lightnets_edu.widgets.relu_manifold.trip import DECODERS, DIMENSIONS, DRAWS, LINES, POINTS, Activation

CAPTION = (
    f"{POINTS} points go through a random matrix T, then {{}}, and back by a decoder. Flattened: one direction left. "
    "Dead: none. After Sandler et al. (2018), Figure 1."
)
KEPT = DRAWS[:4]    # the draws for which another activation's trips are kept
MATRICES = [_manifold.hundredths(draw) for draw in DRAWS]
STILL = [0]
FRESH: dict[str, Any] = {
    "n": 2, "draw": 1, "turned": STILL * LINES, "bent": STILL * (2 * POINTS), "relu": True, "decoder": DECODERS[0],
}  # fmt: skip
PRESETS = [
    FRESH, *({**FRESH, "n": n, "turned": _manifold.spaced(n)} for n in (3, 5)),
    {**FRESH, "n": 15, "decoder": DECODERS[1]},
]  # fmt: skip


class Tables(NamedTuple):
    """What an activation does, as the front end reads it; see `ReluManifold`."""

    averages: list[list[float]]
    errors: dict[str, list[list[int]]]
    trips: dict[str, dict[str, Any]]


@functools.cache
def _reference() -> Tables:
    with _manifold.measuring():
        return Tables(*_manifold.many_draws(torch.relu), {})


def tables(activation: Activation) -> Tables:
    """What many draws do; and the ways there and back of KEPT draws for every n, where they are not those of ReLU."""
    with _manifold.measuring():
        found = Tables(*_manifold.many_draws(activation), {})
        trips, alike = {}, found == _reference()
        for n in DIMENSIONS:
            for draw in KEPT:
                own, relu = (_manifold.trip(one, n, draw) for one in (activation, torch.relu))
                trips[f"{n}/{draw}"] = _plain(own)
                alike = alike and _plain(own) == _plain(relu)
        return found if alike else found._replace(trips=trips)


def _plain(trip: _manifold.Trip) -> dict[str, Any]:
    return {
        "decoded": [_manifold.rounded(trip.decoded[decoder]) for decoder in DECODERS],
        "errors": [round(trip.errors[decoder], 6) for decoder in DECODERS],
        "fates": trip.fates,
    }


class ReluManifold(Figure):
    """Widget: a spiral in n dimensions, through ReLU, and what a decoder brings back; thin embeddings are crushed.

    `n` is 2, 3, 5, 15 or 30; `draw`, 1 to 64, says which random matrix T, and that so many were drawn; `turned`: by
    how many degrees a reader has turned each of T's first five rows; `bent`: how far each point was pulled, x and y, in
    hundredths; `relu` False leaves the activation out; `decoder` is "best affine", fitted to the curve by least
    squares, or "inverse of T", which the paper's figure uses; `point` selects one of 49. TraitError for values that are
    not on offer.

    The front end does with ReLU what `trip.py` does with PyTorch: tests replay it. `errors[n]` has the errors of both
    decoders for all draws, in thousandths, as PyTorch measured them; `matrices` the draws, in hundredths; `presets` the
    states that answer the figure's questions. `averages` has for each n, over the draws: n, mean
    and standard deviation of the best affine decoder's error; the inverse's error at one tenth, median and nine tenths;
    mean shares of decodable and dead points. `many` says it in words.

    Where `from_module`'s activation acts unlike ReLU, the figure shows what was measured, for four draws, and nothing
    can be turned or bent: `trips["n/draw"]` has for both decoders the decoded points and the errors,
    and each point's fate (0 dead, 1 flattened, 2 decodable).
    """

    _esm, _css = front_end(__file__)
    drawn = ("n", "draw", "turned", "bent", "relu", "decoder", "point")
    made = ("trips", "errors")

    matrices: "traitlets.List[list[list[float]]]" = traitlets.List().tag(sync=True)
    presets: "traitlets.List[dict[str, Any]]" = traitlets.List().tag(sync=True)
    errors = traitlets.Dict().tag(sync=True)
    trips = traitlets.Dict().tag(sync=True)
    averages: "traitlets.List[list[float]]" = traitlets.List()    # in quotes: Colab's traitlets takes no [...]
    many: "traitlets.List[list[str]]" = traitlets.List().tag(sync=True)
    notes = traitlets.List(list(NOTES)).tag(sync=True)
    activation = traitlets.Unicode("ReLU").tag(sync=True)
    n = traitlets.Int(2).tag(sync=True)
    draw = traitlets.Int(1).tag(sync=True)
    turned: "traitlets.List[int]" = traitlets.List(traitlets.Int(), STILL * LINES).tag(sync=True)
    bent: "traitlets.List[int]" = traitlets.List(traitlets.Int(), STILL * (2 * POINTS)).tag(sync=True)
    relu = traitlets.Bool(True).tag(sync=True)
    decoder = traitlets.Enum(DECODERS, DECODERS[0]).tag(sync=True)
    point = traitlets.Int(30).tag(sync=True)

    def __init__(self, **traits: Any):
        found = {} if "averages" in traits else _reference()._asdict()
        own = copy.deepcopy({**found, "matrices": MATRICES, "presets": PRESETS})
        made = {"caption": CAPTION.format(traits.get("activation", "ReLU")), **own, **traits}
        super().__init__(**{"many": many(made["averages"]), **made})

    @classmethod
    def from_module(cls, activation: object, **traits: Any) -> Self:
        """The figure of another activation in the place of ReLU: a module or a function, (points, n) -> (points, n).

        It is measured as ReLU is, in float64, a module as a copy in evaluation mode. ValueError where it is not an
        activation, changes the shape, or gives what is not a finite number.
        """
        found = tables(_manifold.ready(activation))
        name = str(getattr(activation, "__name__", type(activation).__name__))[:24]
        name = "function" if name == "<lambda>" else name
        none: dict[str, Any] = {"presets": []} if found.trips else {}
        return cls(**{**found._asdict(), "activation": name, **none, **traits})

    def trip(self, n: int | None = None) -> dict[str, Any]:
        """What is drawn, for the present n or another: `decoded`, `errors` and `fates` as in `trips`, by PyTorch."""
        n = n or self.n
        if self.relu and self.trips:
            return dict(self.trips[f"{n}/{self.draw}"])
        with _manifold.measuring():
            if self.relu:
                return _plain(_manifold.trip(torch.relu, n, self.draw, self.turned, self.bent))
            input = _manifold.rounded(_manifold.spiral(self.bent)[:: _manifold.BETWEEN])
        return {"decoded": [input] * 2, "errors": [0.0] * 2, "fates": _manifold.DECODABLE * POINTS}

    def offers(self, name: str) -> Sequence[Any]:
        """What was measured; hands only where the front end knows what follows."""
        match name:
            case "n":
                return DIMENSIONS
            case "draw":
                return KEPT if self.trips else DRAWS
            case "turned":
                return Lists(STILL if self.trips else range(-180, 181), LINES)
            case "bent":
                return Lists(STILL if self.trips else range(-200, 201), 2 * POINTS)
            case "point":
                return range(POINTS)
        return super().offers(name)

    def data(self) -> tuple[Sequence[object], list[Sequence[object]]]:
        """What many matrices do, for each n."""
        heads, *lines = self.many
        return ["n", *heads[5:]], [[n, *line] for n, line in zip(DIMENSIONS, lines, strict=True)]
