"""What the page computes, replayed by node over what PyTorch gives: every state on offer, and real modules."""

import json

import pytest
import torch
from replay import Call, agrees, catches
from sliding_convolution.test_figure import STATES
from sliding_convolution.test_real_modules import Transposed
from stage import state
from torch import nn

from lightnets_edu import cost
from lightnets_edu.widgets import SlidingConvolution
from lightnets_edu.widgets.sliding_convolution.layer import in_steps


def layer(figure: SlidingConvolution) -> dict:
    """The layer that the page must take from the traits; its weights are those of the layer that PyTorch ran."""
    weights, planes = figure.layer().weight.tolist(), figure.inputs()
    _, rows, columns = figure.shape()
    sizes = {"rows": rows, "columns": columns}
    return {
        "inputs": planes, "high": len(planes[0]), "across": len(planes[0][0]), "weights": weights,
        "bias": figure.bias, "stride": figure.stride, "padding": figure.padding, **sizes,
    }


def moment(figure: SlidingConvolution) -> dict:
    """What goes into the present step."""
    (o, y, x), parts = figure.position(), figure.parts()
    terms = [*(part.sum for part in parts), *figure.bias[o : o + 1]]
    plain = [{"plane": p.plane, "pairs": [list(pair) for pair in p.pairs], "sum": p.sum} for p in parts]
    return {"o": o, "y": y, "x": x, "parts": plain, "terms": terms, "total": figure.formula()[o][y][x]}


def calls_of(figure: SlidingConvolution, steps) -> list[Call]:
    here = layer(figure)
    calls = [Call("layer", [state(figure)], here), Call("convolve", [here], in_steps(figure.formula()))]
    for step in steps:
        figure.step = step
        calls.append(Call("moment", [here, figure.step], moment(figure)))
    return calls


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    """All outputs of all 84 states, all steps of the small ones; float weights, biases, uneven images, multipliers."""
    torch.manual_seed(4)
    figure, found = SlidingConvolution(), []
    for values in STATES:
        figure.set_state({**values, "step": 0})
        last = figure.steps() - 1
        found += calls_of(figure, range(last + 1) if values["size"] == 4 else (0, last // 2, last))
    modules = [
        (nn.Conv2d(4, 3, 3, padding=1), (4, 7, 5)),
        (nn.Conv2d(2, 4, 2, stride=2, groups=2), (2, 5, 7)),
        (nn.Conv2d(3, 2, 1, bias=False), (3, 2, 4)),
        (nn.Conv2d(1, 4, 3, stride=2, padding=1), (1, 4, 3)),
        (Transposed(3, 2, 3), (3, 5, 5)),
    ]
    for conv, shape in modules:
        figure = SlidingConvolution.from_module(conv, torch.randn(shape))
        found += calls_of(figure, range(figure.steps()))
    for c_in, c_out, k, rows, columns in ((3, 2, 3, 3, 3), (3, 2, 1, 8, 8), (4, 4, 3, 7, 5), (1, 3, 2, 1, 4)):
        args = (c_in, c_out, k, (rows, columns))
        rows_of = [
            (cost.conv_params(i, o, kernel, g), cost.conv_macs(i, o, kernel, args[3], g))
            for i, o, kernel, g in ((c_in, c_out, k, 1), (c_in, c_in, k, c_in), (c_in, c_out, 1, 1))
        ]
        found.append(Call("ways", [c_in, c_out, k, rows * columns], [list(row) for row in rows_of]))
    return json.loads(json.dumps([call._asdict() for call in found]), object_hook=lambda d: Call(**d) if "gives" in d else d)


def test_the_sums_are_what_pytorch_gives(calls, tmp_path):
    assert len(calls) > 900 and {call.name for call in calls} == {"layer", "convolve", "moment", "ways"}
    agrees(SlidingConvolution._esm, calls, tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("y * stride + dy - padding", "y * stride + dy"),
        ("x * stride + dx - padding", "x + dx - padding"),
        ("?? 0;\n    const pairs", "?? 1;\n    const pairs"),
        ("const o = n % weights.length,", "const o = Math.floor(n / columns) % weights.length,"),
        ("Math.floor((o * inputs.length) / weights.length)", "0"),
        ("own.length > 1 ? 0 : ", "own.length > 1 ? 0 : 0 * "),
        ("Math.floor((n + 2 * padding", "Math.ceil((n + 2 * padding"),
        ("[at(dy, dx), weight]", "[at(dx, dy), weight]"),
        ("grids.map((grid) => cut(grid, kernel))", "grids.map((grid) => cut(grid, 3))"),
        ("planes.map((grid) => cut(grid, size))", "planes.map((grid) => cut(grid, 5))"),
        (", ...bias.slice(o, o + 1)];\n  return", "];\n  return"),
        ("k * k * cIn, cIn * cOut]", "k * k * cOut, cIn * cOut]"),
        ("[n, n * positions]", "[n, n * cIn]"),
    ],
)
def test_a_mutant_is_caught(calls, tmp_path, right, mutant):
    catches(SlidingConvolution._esm, right, mutant, calls, tmp_path)
