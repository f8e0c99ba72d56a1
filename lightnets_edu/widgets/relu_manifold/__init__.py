"""ReLU on thin and wide embeddings of a spiral: what can be decoded afterwards (Sandler et al. 2018, Figure 1)."""

import copy
import functools
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import torch
import traitlets

from lightnets_edu.widgets.kit import Figure, front_end
from lightnets_edu.widgets.relu_manifold import trip as _manifold
from lightnets_edu.widgets.relu_manifold.many import NOTES, many
from lightnets_edu.widgets.relu_manifold.trip import DECODERS, DIMENSIONS, POINTS, SEEDS, Activation

CAPTION = (
    f"A spiral of {POINTS} points goes into n dimensions by a random matrix T, then through {{}}, and a decoder brings "
    "it back to the plane. {} After Figure 1 of Sandler et al. (2018)."
)
MARKS = "Hollow points are flattened onto a line, crosses are dead: all their coordinates are zero."
CLAIM = f"{MARKS} Shaded sectors hold what is lost. A thin embedding is crushed, a wide one comes through."


class Tables(NamedTuple):
    """What an activation does, as the front end reads it; see `ReluManifold`."""

    trips: dict[str, dict[str, Any]]
    averages: list[list[float]]


def tables(activation: Activation) -> Tables:
    """The ways there and back for every n and seed on offer, and averages over many seeds. About a second."""
    with _manifold.measuring():
        trips = {f"{n}/{seed}": _trip(activation, n, seed) for seed in SEEDS for n in DIMENSIONS}
        return Tables(trips, _manifold.averages(activation))


def _trip(activation: Activation, n: int, seed: int) -> dict[str, Any]:
    trip = _manifold.trip(activation, n, seed)
    return {
        "decoded": [_manifold.path(trip.decoded[decoder]) for decoder in DECODERS],
        "errors": [round(trip.errors[decoder], 6) for decoder in DECODERS],
        "fates": trip.fates,
        "kept": _manifold.packed(trip.kept),
        "lost": [list(sector) for sector in _manifold.sectors(activation, n, seed)],
    }


@functools.cache
def _reference() -> Tables:
    return tables(torch.relu)


class ReluManifold(Figure):
    """Widget: a spiral in n dimensions, through ReLU, and what a decoder brings back; thin embeddings are crushed.

    `n` is 2, 3, 5, 15 or 30; `seed`, of the random matrix T, 0, 1, 2 or 5; `relu` False leaves the activation out;
    `decoder` is "best affine", fitted to the spiral by least squares, or "inverse of T", which the paper's figure uses;
    `point` selects one of 49. TraitError for values that are not on offer.

    What PyTorch measured: `trips["n/seed"]` has for both decoders the decoded points, in thousandths, and the relative
    errors; each point's fate (0 dead, 1 flattened, 2 decodable) and its non-zero coordinates, packed; and the sectors
    of the plane that get `lost`. `averages` has for each n, over 100 seeds: n, mean and standard deviation of the best
    affine decoder's error; the inverse's error at one tenth, median and nine tenths of the seeds; mean shares of
    decodable and dead points. `many` says it in words. `departs`: `from_module`'s activation acts unlike ReLU.
    """

    _esm, _css = front_end(__file__)
    drawn = ("n", "seed", "relu", "decoder", "point")

    spiral = traitlets.Unicode().tag(sync=True)
    trips = traitlets.Dict().tag(sync=True)
    averages: "traitlets.List[list[float]]" = traitlets.List()    # in quotes: Colab's traitlets takes no [...]
    many: "traitlets.List[list[str]]" = traitlets.List().tag(sync=True)
    notes = traitlets.List(list(NOTES)).tag(sync=True)
    activation = traitlets.Unicode("ReLU").tag(sync=True)
    departs = traitlets.Bool(False).tag(sync=True)
    n = traitlets.Int(2).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    relu = traitlets.Bool(True).tag(sync=True)
    decoder = traitlets.Enum(DECODERS, DECODERS[0]).tag(sync=True)
    point = traitlets.Int(30).tag(sync=True)

    def __init__(self, **traits: Any):
        found = traits if "trips" in traits else copy.deepcopy(_reference()._asdict())
        line = _manifold.path(_manifold.spiral()[:: _manifold.BETWEEN])
        told = MARKS if traits.get("departs") else CLAIM
        caption = CAPTION.format(traits.get("activation", "ReLU"), told)
        made = {"caption": caption, "spiral": line, "many": many(found["averages"])}
        super().__init__(**{**made, **found, **traits})

    @classmethod
    def from_module(cls, activation: object, **traits: Any) -> Self:
        """The figure of another activation in the place of ReLU: a module or a function, (points, n) -> (points, n).

        It is measured as ReLU is, in float64, a module as a copy in evaluation mode. ValueError where it is not an
        activation, changes the shape, or gives what is not a finite number.
        """
        found = tables(_manifold.ready(activation))
        name = str(getattr(activation, "__name__", type(activation).__name__))[:24]
        name = "function" if name == "<lambda>" else name
        return cls(**{**found._asdict(), "activation": name, "departs": found != _reference(), **traits})

    def trip(self, n: int | None = None) -> dict[str, Any]:
        """The row of `trips` for the present seed and n, or another n; without an activation everything comes back."""
        n = n or self.n
        if self.relu:
            return dict(self.trips[f"{n}/{self.seed}"])
        all_kept = _manifold.packed(torch.ones(POINTS, n, dtype=torch.bool))
        return {
            "decoded": [self.spiral] * 2, "errors": [0.0] * 2, "fates": _manifold.DECODABLE * POINTS,
            "kept": all_kept, "lost": [],
        }

    def offers(self, name: str) -> Sequence[Any]:
        """What was measured."""
        offered: dict[str, Sequence[Any]] = {"n": DIMENSIONS, "seed": SEEDS, "point": range(POINTS)}
        return offered[name] if name in offered else super().offers(name)

    def data(self) -> tuple[Sequence[object], list[Sequence[object]]]:
        """What many matrices do, for each n."""
        heads, *lines = self.many
        return ["n", *heads[5:]], [[n, *line] for n, line in zip(DIMENSIONS, lines, strict=True)]
