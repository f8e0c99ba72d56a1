"""Sums and words of the figure of a network's costs: against brute force, and the front end's replayed by node."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from network_skyline.expected import (
    by_kind,
    ceiling,
    describe,
    halfway,
    note,
    percent,
    rank,
    ranked,
    running,
    sentence,
    summary,
    values,
)
from network_skyline.skyline_modules import IMAGE, dense
from replay import Call, agrees, catches
from torch import nn

from lightnets_edu.widgets import NetworkSkyline
from lightnets_edu.widgets.kit import compose, modules
from lightnets_edu.widgets.kit.compose import KIT
from lightnets_edu.widgets.network_skyline import ORDERS
from lightnets_edu.widgets.network_skyline.rows import METRICS

LISTS = ([5], [0, 0], [1, 2, 3], [3, 3, 3, 1], [0, 7, 7, 0, 1, 85], [*range(40)], [1] * 32, [10**9, 10**9 + 1, 3])


@pytest.mark.parametrize("numbers", LISTS)
def test_sums_against_brute_force(numbers):
    total = sum(numbers)
    assert running(numbers) == [float(Fraction(sum(numbers[: i + 1]), total or 1)) for i in range(len(numbers))]
    enough = [k for k in range(1, len(numbers) + 1) if Fraction(sum(numbers[:k])) >= Fraction(total, 2)]
    assert halfway(numbers) == min(enough)
    places = ranked(numbers, "largest first")
    assert sorted(places) == ranked(numbers, "execution") == list(range(len(numbers)))
    assert all((numbers[a], -a) > (numbers[b], -b) for a, b in pairwise(places))
    for i, n in enumerate(numbers):
        place, equals = rank(numbers, i)
        assert place == sorted(numbers, reverse=True).index(n) + 1 and equals == numbers.count(n) - 1
    top = ceiling(max(numbers))
    assert max(numbers) <= top <= max(10, max(numbers) * 4 / 3) and top % 2 == 0


def test_percentages_are_exact():
    for part, whole in [(1, 32), (1, 3), (2, 3), (0, 7), (7, 7), (201, 20_000), (1, 20_000), (539_492_352, 568_740_352)]:
        exact = (Decimal(100) * part / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert percent(part, whole) == f"{exact}%"
    assert percent(1, 32) == "3.13%" and percent(0, 0) == "0.00%"


def test_sentences(odd):
    v1, vgg = NetworkSkyline(["mobilenet_v1_1.0", "vgg16"]).networks
    assert sentence(v1, None, "params", 27) == (
        "Layer 28 of 28, head: linear, 1,024 → 1,000 features. It holds 1,025,000 parameters: 24.22% of all, rank 2."
    )
    assert sentence(v1, vgg, "macs", 16) == (
        "Layer 17 of 28, blocks 7 pointwise: pointwise 1×1, 512 → 512 channels, output 14×14. It takes 51,380,224 "
        "multiply-adds: 9.03% of all, rank 1, shared with 7 others. "
        "VGG-16 takes 27.20 times as many multiply-adds as MobileNet V1 1.0."
    )
    assert summary(v1, "macs", "execution") == (
        "at 224×224: 568,740,352 multiply-adds in 28 layers; half of them in the first 17."
    )
    assert summary(vgg, "params", "largest first").endswith("parameters in 16 layers; half of them in the largest one.")
    assert describe(v1["rows"][0]) == "stem: standard 3×3, stride 2, 3 → 32 channels, output 112×112"
    assert [describe(row) for row in odd["rows"]] == [
        "norm: norm, 6 → 6 channels, output 4×5", "mix: grouped 1×3, 3 groups, 6 → 12 channels, output 4×5",
        "slope: other, 12 → 12 channels, output 4×5", *["twice: pointwise 1×1, 12 → 12 channels, output 4×5"] * 2,
        "line: standard 3, stride 2, 12 → 8 channels, output 9", "tied: linear, 8 → 8 features, output 9",
        "again: linear, 8 → 8 features, output 9", "unused: linear, 5 → 2 features, never run",
    ]  # fmt: skip
    norm = NetworkSkyline.from_module(nn.BatchNorm2d(6), (1, 6, 4, 5)).network()
    assert summary(norm, "macs", "execution") == "at 4×5: 0 multiply-adds in 1 layer."
    assert sentence(norm, odd, "macs", 0).endswith("0.00% of all, rank 1. BatchNorm2d takes no multiply-adds.")
    assert sentence(odd, odd, "params", 0).endswith("Odd and Odd: equally many parameters.")


def calls_on(network, against, step) -> list[Call]:
    rows, found = network["rows"], []
    for metric in METRICS:
        numbers = values(rows, metric)
        found += [Call("values", [rows, metric], numbers), Call("byKind", [rows, metric], by_kind(rows, metric))]
        found += [Call("summary", [network, metric, order], summary(network, metric, order)) for order in ORDERS]
        for i in range(0, len(rows), step):
            found.append(Call("sentence", [network, against, metric, i], sentence(network, against, metric, i)))
    return [*found, Call("note", [network], note(network)), *(Call("describe", [row], describe(row)) for row in rows)]


@pytest.fixture(scope="module")
def calls(odd) -> list[Call]:
    found = []
    for numbers in LISTS:
        found += [Call("ranked", [numbers, order], ranked(numbers, order)) for order in ORDERS]
        found += [Call("running", [numbers], running(numbers)), Call("halfway", [numbers], halfway(numbers))]
        found += [Call("rank", [numbers, i], rank(numbers, i)) for i in range(0, len(numbers), 2)]
        found.append(Call("ceiling", [max(numbers)], ceiling(max(numbers))))
        found += [Call("percent", [n, sum(numbers)], percent(n, sum(numbers))) for n in numbers[:4]]
    found += [Call("percent", [part, 20_000], percent(part, 20_000)) for part in range(1, 400, 8)]
    found += [Call("ceiling", [10**k * n], ceiling(10**k * n)) for k in (0, 1, 4) for n in range(1, 26)]
    different = NetworkSkyline.from_module(dense(), IMAGE, name="mobilenet_v1_1.0").network()
    squeezenext, vgg = NetworkSkyline(["squeezenext_1.0_g_sqnxt_23", "vgg16"]).networks
    empty = NetworkSkyline.from_module(nn.BatchNorm2d(6), (1, 6, 4, 5)).network()
    found += calls_on(odd, None, 1) + calls_on(odd, odd, 4) + calls_on(different, vgg, 5) + calls_on(vgg, empty, 5)
    found += [Call("describe", [row], describe(row)) for row in squeezenext["rows"]]
    return found + calls_on(empty, odd, 1)


ROOM = KIT.parent / "network_skyline"
SUMS = compose(ROOM / "sums.js")


def test_the_front_end_says_what_python_says(calls, tmp_path):
    assert ROOM / "sums.js" in modules(ROOM / "figure.js") and len(calls) > 500
    agrees(SUMS, calls, tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("numbers[b] - numbers[a]", "numbers[a] - numbers[b]"),
        ("2 * (spent += n) >= sum(numbers)", "2 * (spent += n) > sum(numbers)"),
        ("(spent += n) / total", "n / total"),
        ("n > numbers[i]", "n >= numbers[i]"),
        ("row[8 + NUMBERS.indexOf(measure)]", "row[7 + NUMBERS.indexOf(measure)]"),
        ("Math.round((100 * part) / all)", "Math.floor((100 * part) / all)"),
        ("row[1] === kind", "row[1] >= kind"),
        ("step * unit >= most", "step * unit > most"),
    ],
)
def test_a_mutant_is_caught(calls, tmp_path, right, mutant):
    catches(SUMS, right, mutant, calls, tmp_path)
