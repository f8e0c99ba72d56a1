"""Verdicts: forged records are judged as they were forged, and the intervals hold as often as they promise."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from lightnets_edu.verdict import Ratio, Verdict, chance, mean, paired, ratio, sampling_error

WORDS = "better", "worse", "cannot be told apart"
BASE = [0.90, 0.91, 0.93, 0.92, 0.94, 0.90]
FORGED = {  # gains over BASE, seed by seed
    "better": [0.02, 0.01, 0.03, 0.02, 0.02, 0.01],
    "worse": [-0.02, -0.01, -0.03, 0.0, -0.02, -0.01],
    "cannot be told apart": [0.02, -0.01, 0.03, -0.02, 0.0, -0.03],
}


@pytest.mark.parametrize(("word", "gains"), FORGED.items(), ids=FORGED)
def test_forged_accuracies(word, gains):
    found = paired([b + g for b, g in zip(BASE, gains, strict=True)], BASE)
    assert found.words(*WORDS) == word
    assert found.mean == pytest.approx(sum(gains) / 6) and found.n == found.better + found.equal + found.worse == 6
    other = paired(BASE, [b + g for b, g in zip(BASE, gains, strict=True)])
    assert other.words(*WORDS) == {"better": "worse", "worse": "better"}.get(word, word)


def test_the_interval_is_students():
    a, b = np.random.default_rng(0).normal(size=(2, 9))
    expected = stats.ttest_rel(a, b).confidence_interval(0.9)
    found = paired(list(a), list(b), level=0.9)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_counts_and_one_number_for_all():
    assert paired([0.5, 0.6, 0.4, 0.7], 0.5)[3:] == (4, 2, 1, 1)
    assert paired([0.5, 0.6], [0.5, 0.6]) == Verdict(0, 0, 0, 2, 0, 2, 0)
    assert paired([0.5, 0.6], [0.5, 0.6]).words(*WORDS) == "cannot be told apart"
    assert str(Verdict(-0.02, -0.026, 0.013, 5, 0, 0, 5)) == "−2.0 points (−2.6 to +1.3)"
    assert str(Verdict(-0.0002, -0.0104, 0.0004, 5, 0, 0, 5)) == "−0.02 points (−1.04 to +0.04)", "no bound is rounded to 0"
    assert str(Verdict(0.008, 0.0, 0.016, 5, 0, 0, 5)) == "+0.8 points (0.0 to +1.6)", "this one is 0"
    assert str(Verdict(0.008, 1e-9, 0.016, 5, 0, 0, 5)) == "+0.800 points (0.0 to +1.600)"


@pytest.mark.parametrize("n", [2, 5, 30])
def test_the_interval_holds_as_often_as_it_promises(n):
    """The true difference, 0.3, lies inside 95 % of the intervals; between equals one verdict in twenty is wrong."""
    rng = np.random.default_rng(n)
    found = [paired(list(row + 0.3), [0.0] * n) for row in rng.normal(size=(4000, n))]
    assert np.mean([v.low <= 0.3 <= v.high for v in found]) == pytest.approx(0.95, abs=0.012)
    equals = [paired(list(row), 0.0).words(*WORDS) for row in rng.normal(size=(4000, n))]
    assert equals.count("cannot be told apart") / 4000 == pytest.approx(0.95, abs=0.012)


def test_what_is_not_paired_is_seen_less_well():
    """Seeds that both networks share: the paired interval is narrow, that of shuffled partners is not."""
    rng = np.random.default_rng(1)
    seeds = rng.normal(0.9, 0.02, 20)
    a, b = seeds + 0.005 + rng.normal(0, 0.002, 20), seeds + rng.normal(0, 0.002, 20)
    assert paired(list(a), list(b)).words(*WORDS) == "better"
    assert paired(list(a), list(rng.permutation(b))).words(*WORDS) == "cannot be told apart"


TIMES = [1.0, 1.1, 0.9, 1.0, 3.0, 1.05, 0.95]
RATIOS = {"slower": 2.0, "quicker": 0.5, "as quick": 1.02}


@pytest.mark.parametrize(("word", "factor"), RATIOS.items(), ids=RATIOS)
def test_forged_times(word, factor):
    """A slow moment meets both; a difference smaller than the margin decides nothing."""
    found = ratio([factor * t for t in TIMES], TIMES)
    assert found.words("slower", "quicker", "as quick") == word and found.median == pytest.approx(factor)
    assert ratio([factor * t for t in TIMES], TIMES, margin=0).words("slower", "quicker", "as quick") != "as quick"


def test_one_slow_moment_stretches_no_interval():
    assert ratio([2.0] * 20 + [50.0], [1.0] * 21)[:4] == (2.0, 2.0, 2.0, 21)
    assert str(Ratio(2.04, 1.98, 2.31, 101, 0.05)) == "2.04 times (1.98 to 2.31)"


@pytest.mark.parametrize("n", [6, 21, 101])
def test_the_ratios_interval_holds_at_least_as_often_as_it_promises(n):
    rng = np.random.default_rng(n)
    found = [ratio(list(row), [1.0] * n) for row in np.exp(rng.standard_cauchy(size=(1500, n)).clip(-20, 20))]
    assert 0.94 <= np.mean([r.low <= 1 <= r.high for r in found]) <= 0.99
    order = stats.binom.cdf(np.arange(n), n, 0.5)
    k = int((order <= 0.025).sum())
    ranks = ratio([float(i) for i in range(1, n + 1)], [1.0] * n)
    assert (ranks.low, ranks.high) == (k, n + 1 - k)


def test_the_mean():
    assert mean([0.25, 0.75]) == 0.5


def test_chance_is_the_largest_class():
    assert chance(torch.tensor([0, 1, 1, 2])) == 0.5 and chance(torch.tensor([7])) == 1


def test_sampling_error():
    """Wilson's interval as SciPy has it, and what it comes to for the digits."""
    for right, images in [(501, 539), (0, 20), (20, 20), (490, 1000)]:
        low, high = stats.binomtest(right, images).proportion_ci(0.95, method="wilson")
        assert 2 * sampling_error(right / images, images) == pytest.approx(high - low, rel=1e-9)
    assert round(100 * sampling_error(0.93, 539), 1) == 2.2


BAD = [
    (lambda: paired([1], [1]), "at least two pairs, got 1"),
    (lambda: paired([1, 2], [1, 2, 3]), "2 numbers against 3: each needs its partner"),
    (lambda: paired([1, math.nan], 0.5), "not finite"),
    (lambda: paired([1, 2], 0.5, level=95), "level must lie between 0 and 1, got 95"),
    (lambda: ratio([1] * 5, [1] * 5), "5 pairs are too few for an interval of 95%"),
    (lambda: ratio([1, 0] * 5, [1] * 10), "times must be positive, got 0.0"),
    (lambda: ratio([1] * 9, [1] * 9, margin=-1), "margin must be a share of 1 from 0 up, got -1"),
    (lambda: mean([]), "nothing to take the mean of"),
    (lambda: chance(torch.zeros(0)), "at least one label"),
    (lambda: chance([1]), "got list"),
    (lambda: sampling_error(93, 539), "a share from 0 to 1, got 93"),
    (lambda: sampling_error(0.9, 0), "images must be a positive whole number, got 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()
