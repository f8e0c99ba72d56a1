"""What the page reckons, replayed by node over what PyTorch says: matrices, bends, fates, decoders, errors, sectors."""

import math

import pytest
import torch
from relu_manifold.test_figure import BENT, HANDS, SOME, TURNED
from replay import Call, agrees, catches

from lightnets_edu.widgets import ReluManifold
from lightnets_edu.widgets.kit import compose
from lightnets_edu.widgets.kit.compose import KIT
from lightnets_edu.widgets.relu_manifold import trip as _manifold
from lightnets_edu.widgets.relu_manifold.many import percent
from lightnets_edu.widgets.relu_manifold.trip import BETWEEN, LINES, POINTS

SPIRAL = _manifold.spiral().tolist()
JOURNEY = compose(KIT.parent / "relu_manifold/journey.js")


def pulled(bent: list[int], i: int, by: tuple[float, float]) -> list[int]:
    """The bend in Python: neighbours follow by the square of how near they are; none leaves the square."""
    found = []
    for at, own in enumerate(bent):
        j, axis = divmod(at, 2)
        here = SPIRAL[j * BETWEEN][axis]
        there = max(-1.0, min(here + own / 100 + max(0.0, 1 - abs(i - j) / 7) ** 2 * by[axis], 1.0))
        found.append(math.floor(100 * (there - here) + 0.5))
    return found


def between(rows: torch.Tensor) -> list[list[float]]:
    """The lost sectors by brute force: the lines' directions, and what becomes of a point between two of them."""
    edges = sorted(math.degrees(math.atan2(y, x)) % 360 for a, b in rows.tolist() for x, y in ((-b, a), (b, -a)))
    found = []
    for start, end in zip(edges, [*edges[1:], edges[0] + 360], strict=True):
        middle = math.radians((start + end) / 2)
        way = torch.tensor([[math.cos(middle), math.sin(middle)]], dtype=torch.float64)
        if (fate := int(_manifold.sent(torch.relu, way, rows)[1])) < 2:
            found.append([start, end, fate])
    return found


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    figure, found = ReluManifold(), []
    ways = [(n, draw, turned, bent) for k, (n, draw) in enumerate(SOME) for turned, bent in (HANDS[k % 4], HANDS[3])]
    ways += [(n, 1, [0, 0, 0, 0, 0][:LINES], []) for n in (2, 3)]
    for n, draw, turned, bent in ways:
        rows, xs = _manifold.matrix(n, draw, turned), _manifold.spiral(bent)
        trip, numbers = _manifold.trip(torch.relu, n, draw, turned, bent), figure.matrices[draw - 1]
        found.append(Call("matrix", [numbers, n, turned], rows.tolist()))
        found.append(Call("curve", [bent or [0] * (2 * POINTS)], xs.tolist()))
        decoded, errors = ([one.tolist() for one in trip.decoded.values()], list(trip.errors.values()))
        found.append(Call("journey", [rows.tolist(), xs.tolist()], {"fates": trip.fates, "decoded": decoded, "errors": errors}))
        found.append(Call("sectors", [rows.tolist()], between(rows)))
        found.append(Call("census", [trip.fates], [trip.fates.count(fate) for fate in "012"]))
        found += [Call("percent", [error], percent(error)) for error in errors]
    alike = torch.tensor([[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0]], dtype=torch.float64)    # one line thrice
    y, fates = _manifold.sent(torch.relu, _manifold.spiral(), alike)
    decoded = _manifold.decode(y, _manifold.spiral(), alike)
    found.append(Call("affine", [y.T.tolist(), _manifold.spiral().T.tolist()], decoded["best affine"].T.tolist()))
    found.append(Call("inverse", [alike.tolist(), y.T.tolist()], decoded["inverse of T"].T.tolist()))
    found += [Call("fate", [alike.tolist(), x], int(fate)) for x, fate in zip(SPIRAL[::40], fates[::40], strict=True)]
    home = SPIRAL[::BETWEEN]
    for bent, i, by in (([0] * 98, 20, (0.3, -0.2)), (BENT, 0, (-0.4, 0.1)), (BENT, 48, (3, 3))):
        found.append(Call("pull", [home, bent, i, by], pulled(bent, i, by)))
    return [*found, *(Call("percent", [e], percent(e)) for e in (0, 1e-6, 5e-5, 0.00996, 0.01, 0.1225, 12.5))]


def test_the_page_reckons_as_pytorch_does(calls, tmp_path):
    assert {call.name for call in calls} == {"matrix", "curve", "journey", "sectors", "census", "percent", "affine", "inverse", "fate", "pull"}
    assert any(call.name == "matrix" and call.args[2] == TURNED for call in calls)
    agrees(JOURNEY, calls, tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("Math.cos(by) * a - Math.sin(by) * b", "Math.cos(by) * a + Math.sin(by) * b"),
        ("numbers[2 * k + 1] / 100", "numbers[2 * k] / 100"),
        ("(1 - part) * bent[i + axis]", "bent[i + axis]"),
        ("j % BETWEEN === 0", "j % BETWEEN === 1"),
        ("Math.max(0, a * x + b * points[1][i])", "Math.abs(a * x + b * points[1][i])"),
        ("if (!first) return 0;", "if (!first) return 1;"),
        ("Math.abs(first[0] * b - first[1] * a) > 1e-9 * dot(first, first)", "true"),
        ("points[0].map(() => 1)", "points[0].map(() => 0)"),
        ("if (left <= 1e-18 * long) continue;", ""),
        ("add(own, -product(q, own), q)", "add(own, product(q, own), q)"),
        ("1 / Math.sqrt(left) - 1", "1 / left - 1"),
        ("[c / area, -b / area, a / area]", "[a / area, -b / area, c / area]"),
        ("area > 1e-12 * size * size ?", "true ?"),
        (" ** 2 / axis.length", " / axis.length"),
        ("add(by, -1, backs[k])", "add(by, -1, backs[0])"),
        ("q * x + r * y", "q * x + p * y"),
        ("(from + to) / 2)", "from)"),
        (".filter(([from, to, own]) => own < 2", ".filter(([from, to, own]) => own < 1"),
        ("Math.max(0, 1 - Math.abs(i - j) / 7) ** 2", "Math.max(0, 1 - Math.abs(i - j) / 7)"),
        ("Math.min(here + own / 100", "Math.min(here"),
        ("fates.split(fate).length - 1", "fates.split(fate).length"),
        ("share < 1 ? 2 :", "share < 1 ? 1 :"),
        ("share < 100 ? 1 : 0", "share < 100 ? 1 : 1"),
    ],
)
def test_a_mutant_is_caught(calls, tmp_path, right, mutant):
    catches(JOURNEY, right, mutant, calls, tmp_path)
