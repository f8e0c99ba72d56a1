"""One rule for "better", "worse" and "cannot be told apart", and what chance alone would give.

`paired` compares accuracies (any numbers) that belong together in pairs, one pair for each seed: the interval of the
mean difference after Student (1908), 95 % unless you say otherwise. Where 0 lies inside, the two cannot be told apart.
We take it, and not a bootstrap, since it keeps its promise with few seeds, where a bootstrap's interval is too narrow;
the differences of accuracies, each a mean over hundreds of images, are near enough to normal. Pairing by seed takes out
what both have in common, as Bouthillier et al. (2021, arXiv:2103.03098) advise. Seeds are all that varies: other images
to learn from, another learning rate or another task may turn a verdict round. Of twenty verdicts between equals one
will be wrong.

`ratio` compares times that were measured in turns, one pair for each turn: the median of the ratios, and its interval
from order statistics (the sign test's), which no slow moment of the machine can stretch. And since the same program
takes some per cent more or less from one start to the next (Mytkowicz et al. 2009), a ratio within 5 % of 1 decides
nothing.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, median, stdev
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

LEVEL = 0.95
MARGIN = 0.05  # of a ratio: by less than this one start of a program may differ from the next


class Verdict(NamedTuple):
    """A mean difference in the unit of what was compared, its interval from `low` to `high`, and `n` pairs counted."""

    mean: float
    low: float
    high: float
    n: int
    better: int
    equal: int
    worse: int

    def words(self, better: str, worse: str, undecided: str) -> str:
        """The words for a difference above 0, below 0, or neither: for prose, so that it says what was measured."""
        return better if self.low > 0 else worse if self.high < 0 else undecided

    def __str__(self) -> str:
        """Of accuracies, in percentage points: `−2.0 points (−2.6 to −1.3)`; no bound rounds to the zero it misses."""
        ends = 100 * self.low, 100 * self.high
        digits = next((d for d in (1, 2) if all(round(end, d) or not end for end in ends)), 3)
        rounded = (round(100 * value, digits) + 0.0 for value in (self.mean, self.low, self.high))    # + 0.0: no "−0.0"
        mean, low, high = (f"{value:+.{digits}f}".replace("-", "−") if value else "0.0" for value in rounded)
        return f"{mean} points ({low} to {high})"


class Ratio(NamedTuple):
    """How many times as large the first is: the median, its interval, `n` pairs; `margin` as a share of 1."""

    median: float
    low: float
    high: float
    n: int
    margin: float

    def words(self, slower: str, quicker: str, undecided: str) -> str:
        """The words for a ratio above 1, below 1, or one that is not told from 1."""
        most = 1 + self.margin
        return slower if self.low > most else quicker if self.high < 1 / most else undecided

    def __str__(self) -> str:
        return f"{self.median:.3g} times ({self.low:.3g} to {self.high:.3g})"


def paired(a: Sequence[float], b: Sequence[float] | float, level: float = LEVEL) -> Verdict:
    """The mean of `a − b` over pairs, such as accuracies by seed; `b` may be one number, such as the level of chance.

    Student's interval for the mean of `n` differences: mean ± t · s / √n. Where all differences are equal it has no
    width. Above 0 means that `a` is larger. ValueError for fewer than two pairs, pairs that do not match, numbers that
    are not finite.
    """
    from scipy.special import stdtrit  # scikit-learn brings SciPy; it is needed when there is something to judge

    first, second = _pairs(a, b)
    _check_level(level)
    gains = [x - y for x, y in zip(first, second, strict=True)]
    n, middle = len(gains), fmean(gains)
    half = float(stdtrit(n - 1, (1 + level) / 2)) * stdev(gains) / math.sqrt(n)
    better, worse = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
    return Verdict(middle, middle - half, middle + half, n, better, n - better - worse, worse)


def ratio(a: Sequence[float], b: Sequence[float], level: float = LEVEL, margin: float = MARGIN) -> Ratio:
    """The median of `a / b` over pairs, such as milliseconds by turn, see `timing.turns`. Above 1: `a` takes longer.

    The interval reaches from the k-th smallest ratio to the k-th largest, with the largest k for which a fair coin
    gives fewer than k heads in n throws at most (1 − level)/2 of the time. ValueError as in `paired`, where a number is
    not positive, or where `n` is too small for the level (it takes 6 pairs for 95 %).
    """
    first, second = _pairs(a, b)
    _check_level(level)
    if min(first + second) <= 0:
        raise ValueError(f"times must be positive, got {min(first + second)!r}")
    if not 0 <= margin < math.inf:
        raise ValueError(f"margin must be a share of 1 from 0 up, got {margin!r}")
    found, n = sorted(x / y for x, y in zip(first, second, strict=True)), len(first)
    k, tail = 0, 0.5**n
    while tail <= (1 - level) / 2:
        k += 1
        tail += math.comb(n, k) * 0.5**n
    if not k:
        raise ValueError(f"{n} pairs are too few for an interval of {level:.0%}: measure more turns")
    return Ratio(median(found), found[k - 1], found[n - k], n, margin)


def mean(values: Sequence[float]) -> float:
    """Their mean. ValueError where there are none."""
    if not values:
        raise ValueError("there is nothing to take the mean of")
    return fmean(values)


def chance(labels: "Tensor") -> float:
    """The accuracy, 0 to 1, of always giving the most frequent class of `labels`, int64 (N,): to know nothing else.

    ValueError where there are none.
    """
    shape = getattr(labels, "shape", None)
    if shape is None or len(shape) != 1 or not len(labels):
        got = type(labels).__name__ if shape is None else f"shape {tuple(shape)}"
        raise ValueError(f"labels must be a tensor of shape (N,) with at least one label, got {got}")
    return int(labels.unique(return_counts=True)[1].max()) / len(labels)


def sampling_error(accuracy: float, images: int, level: float = LEVEL) -> float:
    """How far, as a share of 1, an accuracy on so many test images may lie from that on all images of the kind.

    Half the width of the binomial interval after Wilson (1927), which does not vanish at 0 and 1. It says nothing of a
    difference between two networks that were asked the same images: for that, see `paired`. ValueError for what is no
    share, or no images.
    """
    _check_level(level)
    if not 0 <= accuracy <= 1:
        raise ValueError(f"accuracy must be a share from 0 to 1, got {accuracy!r}")
    if not isinstance(images, int) or images < 1:
        raise ValueError(f"images must be a positive whole number, got {images!r}")
    z = NormalDist().inv_cdf((1 + level) / 2)
    spread = accuracy * (1 - accuracy) / images + z * z / (4 * images * images)
    return z * math.sqrt(spread) / (1 + z * z / images)


def _pairs(a: Sequence[float], b: Sequence[float] | float) -> tuple[list[float], list[float]]:
    first = [float(value) for value in a]
    second = [float(b)] * len(first) if isinstance(b, int | float) else [float(value) for value in b]
    if len(first) != len(second):
        raise ValueError(f"{len(first)} numbers against {len(second)}: each needs its partner of the same seed")
    if len(first) < 2:
        raise ValueError(f"a verdict needs at least two pairs, got {len(first)}")
    if not all(map(math.isfinite, first + second)):
        raise ValueError("a number to compare is not finite")
    return first, second


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level!r}")
