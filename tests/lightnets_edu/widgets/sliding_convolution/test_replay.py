"""What the page computes, replayed by node over what PyTorch gives: every state on offer, and real modules."""

import json
from pathlib import Path

import pytest
import torch
from replay import Call, agrees, catches
from sliding_convolution.expected import STATES
from sliding_convolution.test_figure import dice, places
from stage import state
from torch import nn
from torch.nn import functional

from lightnets_edu.widgets import SlidingConvolution
from lightnets_edu.widgets.kit import compose
from lightnets_edu.widgets.sliding_convolution import layer as sliding

SCRIPT = compose(Path(sliding.__file__).with_name("sliding.js"))
NAMES = {"filtersOf", "patch", "alone", "added", "nearest", "middle", "readers", "ways"}


def calls_of(figure: SlidingConvolution, step: int = 1) -> list[Call]:
    """What the page asks of one state: filters, maps, and at some places the pixels of the window."""
    maps, deep, k, s, p = figure.formula(), figure.kind == "depthwise", figure.kernel, figure.stride, figure.padding
    found = [
        Call("filtersOf", [state(figure)], figure.filters_drawn()),
        Call("alone", [figure.planes, figure.filters_drawn(), figure.bias if deep else [], s, p], maps[1:]),
    ]
    if not deep:
        found.append(Call("added", [maps[1:], *figure.bias], maps[0]))
    for (y, x), pixel in list(places(figure))[::step]:
        figure.set_state(pixel)
        for plane, part in zip(figure.planes, figure.parts(), strict=True):
            found.append(Call("patch", [plane, k, s, p, y, x], [value for value, _ in part.pairs]))
        found.append(Call("middle", [y, k, s, p], pixel["row"]))
    return found


def along(n: int, k: int, s: int, p: int) -> list[Call]:
    """Where windows stand along a side, and which of them a pixel moves."""
    found = []
    for pixel in range(-1, n + 1):
        found.append(Call("nearest", [pixel, n, k, s, p], sliding.nearest(pixel, n, k, s, p)))
        if 0 <= pixel < n:
            x = torch.zeros(1, 1, n)
            x[0, 0, pixel] = 1
            moved = functional.conv1d(x, torch.ones(1, 1, k), stride=s, padding=p)[0, 0].nonzero().flatten().tolist()
            if moved:
                found.append(Call("readers", [pixel, n, k, s, p], [moved[0], len(moved)]))
    return found


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    """All 20 states; float weights, biases, uneven images, multipliers; all windows along sides of many lengths."""
    torch.manual_seed(4)
    found = []
    for values in STATES:
        found += calls_of(SlidingConvolution(**values, filters=dice(27), mix=dice(3)), 7)
    modules = [
        (nn.Conv2d(4, 3, 3, padding=1), (4, 7, 5), 2),
        (nn.Conv2d(2, 4, 2, stride=2, groups=2), (2, 5, 7), 1),
        (nn.Conv2d(3, 2, 1, bias=False), (3, 2, 4), 1),
        (nn.Conv2d(1, 4, 3, stride=2, padding=1), (1, 4, 3), 3),
    ]
    for conv, shape, output in modules:
        found += calls_of(SlidingConvolution.from_module(conv, torch.randn(shape), output))
    for k, s, p in {(kind["kernel"], kind["stride"], kind["padding"]) for kind in STATES}:
        for n in (3, 4, 7, 12):
            found += along(n, k, s, p)
    for c, k in ((3, 3), (3, 2), (4, 3), (1, 2)):
        found.append(Call("ways", [c, k], [way.params for way in sliding.ways(c, k, (1, 1))]))
    return json.loads(json.dumps([call._asdict() for call in found]), object_hook=lambda d: Call(**d) if "gives" in d else d)


def test_the_sums_are_what_pytorch_gives(calls, tmp_path):
    assert len(calls) > 900 and {call.name for call in calls} == NAMES
    agrees(SCRIPT, calls, tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("9 * i + 3 * r, 9", "9 * i + 2 * r, 9"),
        ("3 * r + kernel", "3 * r + 3"),
        ("upto(kernel)", "upto(3)"),
        ("y * stride - padding + Math.floor(at / k)", "y * stride + Math.floor(at / k)"),
        ("y * stride - padding + Math.floor(at / k)", "y - padding + Math.floor(at / k)"),
        ("x * stride - padding + (at % k)", "x * stride - padding + Math.floor(at / k)"),
        ("(at % k)] ?? 0", "(at % k)] ?? 1"),
        ("biases[i] ?? 0", "0"),
        ("+ 2 * padding - k) / stride) + 1", "+ padding - k) / stride) + 1"),
        ("total + map[y][x], bias)", "total + map[y][x], 0)"),
        ("/ stride + 0.5)", "/ stride)"),
        ("padding) - 1);", "padding));"),
        ("place * stride - padding + ((k - 1) >> 1)", "place * stride - padding + (k >> 1)"),
        ("Math.ceil((pixel + padding - k + 1)", "Math.floor((pixel + padding - k + 1)"),
        ("Math.floor((pixel + padding) / stride)", "Math.ceil((pixel + padding) / stride)"),
        ("last - first + 1", "last - first"),
        ("k * k * c, c * c]", "k * k * c, k * c]"),
    ],
)
def test_a_mutant_is_caught(calls, tmp_path, right, mutant):
    catches(SCRIPT, right, mutant, calls, tmp_path)
