"""Sums and words of the figure of a network's costs: against brute force, and the front end's replayed by node."""

from itertools import pairwise

import pytest
from network_skyline.expected import (
    ahead,
    brush,
    brushed,
    by_kind,
    ceiling,
    costs,
    overlap,
    percent,
    ranked,
    sides,
    spans,
    tenths,
)
from replay import Call, agrees, catches
from torch import nn

from lightnets_edu.widgets import NetworkSkyline
from lightnets_edu.widgets.kit import compose, modules
from lightnets_edu.widgets.kit.compose import KIT
from lightnets_edu.widgets.network_skyline import ORDERS
from lightnets_edu.widgets.network_skyline.rows import METRICS, unpacked, values

LISTS = ([5], [0, 0], [1, 2, 3], [3, 3, 3, 1], [0, 7, 7, 0, 1, 85], [*range(40)], [1] * 32, [10**9, 10**9 + 1, 3])
BRUSHES = ([0, 1000], [0, 500], [500, 0], [100, 120], [500, 500], [0, 0], [987, 1000], [333, 334])
SKETCHES = ([0] * 10, [1] * 10, [*range(10)], [10, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 7], [3, 1, 4, 1, 5, 9, 2, 6, 5, 3])


@pytest.mark.parametrize("numbers", LISTS)
def test_sums_against_brute_force(numbers):
    places = ranked(numbers, "largest first")
    assert sorted(places) == ranked(numbers, "execution") == list(range(len(numbers)))
    assert all((numbers[a], -a) > (numbers[b], -b) for a, b in pairwise(places))
    top = ceiling(max(numbers))
    assert max(numbers) <= top <= max(10, max(numbers) * 4 / 3) and top % 2 == 0
    assert sum(tenths(numbers)) == sum(numbers)
    if sum(numbers):
        assert overlap([round(1000 * cost) for cost in tenths([n * 10**6 for n in numbers])], numbers) == pytest.approx(1, abs=1e-3)
        for sketch in SKETCHES[1:]:
            assert 0 <= overlap(sketch, numbers) <= 1
            assert sum(ahead(sketch, numbers)) * len(numbers) / 10 == pytest.approx(sum(numbers)), "as much under the sketch as under the bars"


def test_a_brush_of_some_layers_covers_them():
    """Drawn over any neighbours of up to two hundred layers, it covers them and no others."""
    for n in (1, 2, 3, 13, 28, 75, 112, 200):
        for start in range(0, n, 1 + n // 30):
            for end in {start + 1, (start + n + 1) // 2, n} - {start}:
                assert brushed(n, brush(n, start, end)) == [start, end]
    assert brushed(28, [0, 500]) == [0, 14] and brushed(3, [0, 500]) == [0, 2] and brushed(28, [500, 500]) == [14, 14]


def test_tenths_by_hand():
    assert tenths([20]) == [2] * 10
    assert tenths([*range(10)]) == [*range(10)]
    assert tenths([10, 0]) == [2] * 5 + [0] * 5
    assert overlap([1] * 5 + [0] * 5, [10, 0]) == 1 and overlap([1] * 10, [10, 0]) == 0.5 and overlap([0] * 5 + [1] * 5, [10, 0]) == 0


def test_sentences():
    numbers = values(NetworkSkyline(["mobilenet_v1_1.0"]).rows(), "macs")
    assert costs(numbers, [16, 17], "macs") == "51,380,224 multiply-adds, 9.03%"
    assert sides(numbers, [16, 17]) == "49.54% before, 41.43% behind"
    assert [percent(1, 32), percent(0, 0), percent(2, 3)] == ["3.13%", "0.00%", "66.67%"]


def calls_on(network, step) -> list[Call]:
    rows = unpacked(network)
    found = [Call("unpack", [network], rows), Call("spans", [network["blocks"]], spans(network["blocks"]))]
    for metric in METRICS:
        numbers = values(rows, metric)
        found += [Call("values", [rows, metric], numbers), Call("byKind", [rows, metric], by_kind(rows, metric))]
        for i in range(0, len(rows), step):
            span = [i, min(len(rows), i + step)]
            found += [Call("costs", [numbers, span, metric], costs(numbers, span, metric)), Call("sides", [numbers, span], sides(numbers, span))]
    return found


@pytest.fixture(scope="module")
def calls(odd) -> list[Call]:
    found = []
    for numbers in LISTS:
        found += [Call("ranked", [numbers, order], ranked(numbers, order)) for order in ORDERS]
        found.append(Call("ceiling", [max(numbers)], ceiling(max(numbers))))
        found += [Call("percent", [n, sum(numbers)], percent(n, sum(numbers))) for n in numbers[:4]]
        for sketch in SKETCHES:
            found += [Call("overlap", [sketch, numbers], overlap(sketch, numbers)), Call("ahead", [sketch, numbers], ahead(sketch, numbers))]
        for ends in BRUSHES:
            found.append(Call("brushed", [len(numbers), ends], brushed(len(numbers), ends)))
    for n in (1, 13, 53, 112):
        found += [Call("brush", [n, i, i + 1], brush(n, i, i + 1)) for i in range(0, n, 3)]
    found += [Call("percent", [part, 20_000], percent(part, 20_000)) for part in range(1, 400, 8)]
    found += [Call("ceiling", [10**k * n], ceiling(10**k * n)) for k in (0, 1, 4) for n in range(1, 26)]
    short = {0: "0", 7: "7", 999: "999", 1000: "1 k", 27_496_448: "27.5 M", 60_000_000: "60 M", 568_740_352: "569 M", 999_600: "1 M", 15 * 10**9: "15 G"}
    found += [Call("short", [number], text) for number, text in short.items()]
    rounded = {(1, 3): "33.3%", (1, 1): "100%", (0, 5): "0%", (0, 0): "0%", (1, 5000): "0.02%", (1, 10**7): "0%", (94859, 100_000): "94.9%", (1, 100): "1%"}
    found += [Call("rounded", list(parts), text) for parts, text in rounded.items()]
    squeezenext, vgg = NetworkSkyline(["squeezenext_1.0_g_sqnxt_23", "vgg16"]).networks
    empty = NetworkSkyline.from_module(nn.BatchNorm2d(6), (1, 6, 4, 5)).network()
    found = [call for call in found if not (isinstance(call.gives, float) and call.gives % 1 == 0)]    # sums of thirds
    return found + calls_on(odd, 1) + calls_on(vgg, 2) + calls_on(squeezenext, 7) + calls_on(empty, 1)


ROOM = KIT.parent / "network_skyline"
SUMS = compose(ROOM / "sums.js")


def test_the_front_end_says_what_python_says(calls, tmp_path):
    assert ROOM / "sums.js" in modules(ROOM / "figure.js") and len(calls) > 500
    agrees(SUMS, calls, tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("numbers[b] - numbers[a]", "numbers[a] - numbers[b]"),
        ("row[3 + NUMBERS.indexOf(measure)]", "row[2 + NUMBERS.indexOf(measure)]"),
        ("rows[i][1] === kind", "rows[i][1] >= kind"),
        ("step * unit >= most", "step * unit > most"),
        ("Math.round((end * n) / ENDS)", "Math.floor((end * n) / ENDS)"),
        ("(ENDS * place) / n", "(ENDS * place) / (n + 1)"),
        ("to > from + 1", "to > from"),
        ("Math.min((j + 1) / 10, (k + 1) / n)", "Math.min((j + 1) / 10, k / n)"),
        ("Math.min(cost / total, sketch[j] / guessed)", "Math.max(cost / total, sketch[j] / guessed)"),
        ("10 * level * sum(numbers)", "level * sum(numbers)"),
        ("0.9995 * unit", "unit"),
        ("share < 1 ?", "share > 1 ?"),
        ("slice(0, from)", "slice(0, to)"),
        (".toFixed(2)}%", ".toFixed(1)}%"),
    ],
)
def test_a_mutant_is_caught(calls, tmp_path, right, mutant):
    catches(SUMS, right, mutant, calls, tmp_path)
