"""The figure of ReLU on an embedded spiral: its tables against brute force, other activations, traits, still picture."""

import functools
import itertools
import json
import math
import re

import numpy as np
import pytest
import torch
import traitlets
from bs4 import BeautifulSoup
from relu_manifold import expected
from relu_manifold.expected import kept, percent, sentence
from replay import Call, agrees, catches
from sketch import still
from torch import nn

from lightnets_edu.widgets import ReluManifold
from lightnets_edu.widgets.relu_manifold import trip as _manifold
from lightnets_edu.widgets.relu_manifold.trip import DECODERS, DIMENSIONS, MANY, POINTS, SEEDS

EVERY = list(itertools.product(DIMENSIONS, SEEDS))
LINEAR = {"relu": False}


def spiral(points: int) -> np.ndarray:
    """Two turns, the radius growing from 0.1 to 1."""
    f = [i / (points - 1) for i in range(points)]
    return np.array([[(0.1 + 0.9 * g) * math.cos(4 * math.pi * g), (0.1 + 0.9 * g) * math.sin(4 * math.pi * g)] for g in f])


def matrix(n: int, seed: int) -> np.ndarray:
    return torch.randn(30, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).numpy()[:n]


def by_hand(n: int, seed: int) -> dict[str, tuple[np.ndarray, float]]:
    """Decoded points and error of both decoders: normal equations for the one, T's own for the other."""
    curve, t = spiral(961), matrix(n, seed)
    y = np.maximum(curve @ t.T, 0)
    a = np.column_stack([y - y.mean(0), np.ones(len(y))])
    scale = np.maximum(np.linalg.norm(a, axis=0), 1e-12)
    q, s, v = np.linalg.svd(a / scale, full_matrices=False)
    best = (a / scale) @ (v.T @ ((q.T @ curve) / s[:, None]))
    naive = y @ t @ np.linalg.inv(t.T @ t)
    spread = math.sqrt(((curve - curve.mean(0)) ** 2).sum())
    return {d: (z[::20], math.sqrt(((z - curve) ** 2).sum()) / spread) for d, z in zip(DECODERS, (best, naive), strict=True)}


def positive(n: int, seed: int) -> np.ndarray:
    return spiral(POINTS) @ matrix(n, seed).T > 0


@pytest.fixture(scope="module")
def figure():
    return ReluManifold()


@pytest.fixture(scope="module")
def measured():
    """A function from an activation to its figure, made once."""
    return functools.cache(ReluManifold.from_module)


# The tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "seed"), EVERY)
def test_what_is_sent_is_what_brute_force_gives(figure, n, seed):
    found, alive = figure.trips[f"{n}/{seed}"], positive(n, seed)
    for decoder, path, error in zip(DECODERS, found["decoded"], found["errors"], strict=True):
        back, expected = by_hand(n, seed)[decoder]
        assert np.abs(np.array(path.split(), float).reshape(POINTS, 2) / 1000 - back).max() < 0.00051
        assert error == pytest.approx(expected, abs=1e-6)
    assert found["fates"] == "".join(str(min(2, count)) for count in alive.sum(1))
    assert [kept(found["kept"], n, i) for i in range(POINTS)] == alive.tolist()


def test_the_spiral_that_is_sent(figure):
    assert np.abs(np.array(figure.spiral.split(), float).reshape(POINTS, 2) / 1000 - spiral(POINTS)).max() < 0.00051


@pytest.mark.parametrize(("n", "seed"), EVERY)
def test_without_an_activation_both_decoders_are_exact(n, seed):
    x, t = _manifold.spiral(), _manifold.matrix(n, seed)
    for back in _manifold.decode(x @ t.T, x, t).values():
        assert (back - x).abs().max() < 1e-9
    linear = ReluManifold(n=n, seed=seed, relu=False)
    assert linear.trip()["decoded"] == [linear.spiral] * 2 and linear.trip()["errors"] == [0, 0]


@pytest.mark.parametrize(("n", "seed"), EVERY)
def test_what_the_fates_mean(figure, n, seed):
    """A flattened or dead point shares its image with others of the plane; a decodable point's image is its own."""
    t, x = matrix(n, seed), spiral(POINTS)
    way = np.stack([np.cos(np.linspace(0, math.pi, 3600)), np.sin(np.linspace(0, math.pi, 3600))], 1)
    for point, fate in zip(x, figure.trips[f"{n}/{seed}"]["fates"], strict=True):
        rows = t[t @ point > 0]
        if fate == "2":
            near = np.maximum((point + 1e-4 * way) @ t.T, 0) - np.maximum(point @ t.T, 0)
            assert np.linalg.norm(near, axis=1).min() > 1e-8
        else:
            blind = np.array([-rows[0][1], rows[0][0]]) if len(rows) else way[0]
            assert np.maximum((point + 1e-7 * blind) @ t.T, 0) == pytest.approx(np.maximum(point @ t.T, 0), abs=1e-15)


@pytest.mark.parametrize(("n", "seed"), EVERY)
def test_the_lost_sectors_hold_the_lost_directions(figure, n, seed):
    """Four thousand directions: how many rows they please against the sectors' fates; and each part is there once."""
    lost = figure.trips[f"{n}/{seed}"]["lost"]
    for degrees in np.arange(0.05, 360, 0.09):
        if any(min((degrees - edge) % 360, (edge - degrees) % 360) < 0.1 for a, b, _ in lost for edge in (a, b)):
            continue
        way = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
        inside = [fate for a, b, fate in lost if (degrees - a) % 360 < b - a]
        count = int((matrix(n, seed) @ way > 0).sum())
        assert inside == ([] if count > 1 else [str(count)])


def test_seeds_are_the_first_whose_two_rows_are_not_nearly_parallel():
    def angle(seed):
        (a, b), (c, d) = matrix(2, seed)
        return math.degrees(math.acos(abs(a * c + b * d) / math.hypot(a, b) / math.hypot(c, d)))

    assert [s for s in range(max(SEEDS) + 1) if angle(s) >= 40] == list(SEEDS)


def test_averages_over_many_seeds(figure):
    """Recomputed by hand; the shares are near what chance says: each row pleases half of the plane."""
    assert [line[0] for line in figure.averages] == list(DIMENSIONS)
    for n, mean, deviation, low, median, high, decodable, dead in figure.averages:
        errors = np.array([[error for _, error in by_hand(n, seed).values()] for seed in MANY])
        assert (mean, deviation) == pytest.approx((errors[:, 0].mean(), errors[:, 0].std(ddof=1)), abs=2e-6)
        assert (low, median, high) == pytest.approx(tuple(np.quantile(errors[:, 1], (0.1, 0.5, 0.9))), abs=2e-5)
        counts = np.array([positive(n, seed).sum(1) for seed in MANY])
        assert (decodable, dead) == pytest.approx(((counts > 1).mean(), (counts == 0).mean()), abs=1e-6)
        for share, odds in (((counts > 1).mean(1), 1 - (n + 1) / 2**n), ((counts == 0).mean(1), 1 / 2**n)):
            assert abs(share.mean() - odds) < 3 * max(share.std() / 10, 1e-3)


def test_the_point_of_the_figure(figure):
    """Thin embeddings are crushed and wide ones spared by the best affine decoder, for every seed; not by T's inverse."""
    for n, seed in EVERY:
        affine, inverse = figure.trips[f"{n}/{seed}"]["errors"]
        assert affine > 0.3 if n < 5 else affine < 0.02 if n > 5 else True
        assert inverse > 0.5 > affine or n < 5
    means = [line[1] for line in figure.averages]
    assert means == pytest.approx([0.58, 0.44, 0.23, 0.01, 0.001], abs=0.006)
    halves = [line[4] for line in figure.averages]
    assert all(half > 0.5 for half in halves)


def test_the_fit_is_not_to_the_points_alone():
    """At n = 30 the decoder of 961 points is as good between them."""
    t, x, between = _manifold.matrix(30, 0), _manifold.spiral(), torch.tensor(spiral(7919))
    with_one = lambda p: torch.cat([torch.relu(p @ t.T), torch.ones(len(p), 1, dtype=p.dtype)], 1)  # noqa: E731
    fitted = with_one(between) @ torch.linalg.lstsq(with_one(x), x, driver="gelsd").solution
    error = (fitted - between).norm() / (between - between.mean(0)).norm()
    assert float(error) == pytest.approx(_manifold.trip(torch.relu, 30, 0).errors[DECODERS[0]], rel=0.1)


# Other activations ---------------------------------------------------------------------------------------------------


class ReLU(nn.Module):
    """Called ReLU, and leaks."""

    def forward(self, z):
        return torch.where(z > 0, z, 0.1 * z)


def test_an_activation_that_does_what_relu_does(measured, figure):
    same = measured(nn.ReLU6())
    assert (same.trips, same.averages, same.departs) == (figure.trips, figure.averages, False)
    assert same.activation == "ReLU6" and "through ReLU6," in same.caption and "Measured" not in still(same)
    assert not ReluManifold.from_module(nn.ReLU(inplace=True)).departs


def test_a_leak_keeps_every_point(measured):
    leaky = measured(nn.LeakyReLU(0.1))
    assert leaky.departs and leaky.activation == "LeakyReLU"
    assert all(found["fates"] == "2" * POINTS and found["lost"] == [] for found in leaky.trips.values())
    assert sentence(leaky).startswith("Measured, not the formula. n = 2: 49 of 49 points are decodable, 0 dead.")
    assert [kept(leaky.trips["3/0"]["kept"], 3, i) for i in range(POINTS)] == [[True] * 3] * POINTS


def test_a_mutant_with_the_right_name_is_told(measured):
    mutant = measured(ReLU())
    assert mutant.activation == "ReLU" and mutant.departs and "Measured, not the formula" in still(mutant)
    assert mutant.trips == measured(nn.LeakyReLU(0.1)).trips


def test_no_activation_at_all(measured):
    identity = measured(nn.Identity())
    whole = np.array(identity.spiral.split(), int)
    for found in identity.trips.values():
        assert found["errors"] == [0, 0] and found["fates"] == "2" * POINTS
        assert max(abs(np.array(path.split(), int) - whole).max() for path in found["decoded"]) <= 1    # rounding of halves


def test_a_shift_takes_more_and_has_no_sectors(measured):
    shifted = measured(lambda z: torch.relu(z - 0.5))
    assert shifted.activation == "function" and shifted.departs
    for n, seed in EVERY:
        alive = (spiral(POINTS) @ matrix(n, seed).T > 0.5).sum(1)
        assert shifted.trips[f"{n}/{seed}"]["fates"] == "".join(str(min(2, count)) for count in alive)
    assert all(found["lost"] == [] for found in shifted.trips.values())


def test_a_step_flattens_without_killing(measured):
    step = measured(lambda z: torch.sign(z) + 3)
    assert {fate for found in step.trips.values() for fate in found["fates"]} == {"1"}


def test_measuring_leaves_module_and_settings_alone():
    module = nn.Sequential(nn.PReLU(), nn.Dropout()).train()
    threads = torch.get_num_threads()
    with torch.inference_mode():
        inside = ReluManifold.from_module(nn.ReLU())
    ReluManifold.from_module(module)
    assert not inside.departs
    assert module.training and module[0].weight.dtype == torch.float32 and module[0].weight.grad is None
    assert torch.get_num_threads() == threads and torch.is_grad_enabled()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (3, r"expected an activation, such as nn.ReLU6\(\) or torch.relu; got int"),
        (nn.ReLU, "got the class ReLU"),
        (lambda z: z[:, :1], r"must keep the shape \(961, 2\), got shape \(961, 1\)"),
        (lambda z: None, "must keep the shape .*, got NoneType"),
        (torch.log, "must give finite numbers, got nan"),
        (lambda z: z / 0, "must give finite numbers, got"),
        (nn.Linear(5, 5), r"must take numbers of shape \(961, 2\); it stopped: mat1"),
    ],
)
def test_what_is_no_activation_is_refused(source, message):
    with pytest.raises(ValueError, match=message):
        ReluManifold.from_module(source)


# Traits --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"n": 4}, "n must be one of 2, 3, 5, 15, 30; got 4"),
        ({"n": 0}, "n must be one of"),
        ({"seed": 3}, "seed must be one of 0, 1, 2, 5; got 3"),
        ({"point": 49}, "point must be one of 0 to 48; got 49"),
        ({"point": -1}, "point must be one of"),
        ({"decoder": "best"}, "decoder"),
        ({"relu": "no"}, "relu"),
        ({"n": 2.5}, "n"),
    ],
)
def test_wrong_traits_are_refused_at_once(traits, message):
    with pytest.raises(traitlets.TraitError, match=message):
        ReluManifold(**traits)
    widget = ReluManifold()
    ((name, value),) = traits.items()
    before = getattr(widget, name)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


def test_the_front_end_may_send_everything_at_once():
    widget = ReluManifold()
    widget.set_state({"n": 30, "seed": 5, "relu": False, "decoder": DECODERS[1], "point": 48})
    assert (widget.n, widget.seed, widget.relu, widget.decoder, widget.point) == (30, 5, False, DECODERS[1], 48)


def test_figures_share_no_tables():
    one, two = ReluManifold(), ReluManifold()
    one.trips["2/0"]["errors"][0] = 7
    assert two.trips["2/0"]["errors"][0] < 1 and ReluManifold().trips["2/0"]["errors"][0] < 1


def test_percent():
    shares = {0: "0%", 1e-6: "<0.01%", 4.9e-5: "<0.01%", 5e-5: "0.01%", 0.00996: "1.00%", 0.01: "1.0%", 0.1225: "12.3%", 12.5: "1250.0%"}
    assert {e: percent(e) for e in shares} == shares


# The still ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("traits", [{}, {"n": 5, "seed": 1}, {"n": 30, "decoder": DECODERS[1]}, LINEAR])
def test_the_still_has_every_point_twice(traits):
    widget = ReluManifold(**traits)
    fates, picture = widget.trip()["fates"], BeautifulSoup(still(widget), "html.parser")
    marks = {fate: picture.select(f'.ln-rm-mark.ln-rm-fate{fate}[style]') for fate in "012"}
    found = [sum(path["d"].count("M") for path in marks[fate]) for fate in "210"]
    assert found == [2 * fates.count(fate) for fate in "210"]
    assert len(picture.select(".ln-rm-ring")) == 2 and len(picture.select("tr")) == 6
    assert sentence(widget) in picture.get_text()
    lines = [np.array(re.split("[ L,]", path["d"][1:]), float).reshape(-1, 2) for path in picture.select(".ln-rm-main .ln-rm-line")]
    where = np.array(widget.trip()["decoded"][DECODERS.index(widget.decoder)].split(), float).reshape(-1, 2) / 1000
    scale = (lines[0][-1, 0] - lines[0][0, 0]) / 0.9
    frame = picture.select(".ln-rm-main .ln-rm-frame")[1]
    middle = [float(frame[at]) + float(frame["width"]) / 2 for at in "xy"]
    assert np.abs((lines[1] - middle) / [scale, -scale] - where).max() < 0.003


def test_the_table_has_a_row_for_every_n():
    widget = ReluManifold(seed=1)
    rows = expected.rows(widget)
    assert [row[0] for row in rows] == [str(n) for n in DIMENSIONS]
    assert {len(row) for row in rows} == {len(widget.many[0])}
    assert rows[0] == [
        "2", "52.8%", "63.0%", "18 of 49", "19 of 49",
        "57.9% ± 8.1%", "77.5% (63.6 to 235.4%)", "24.5%", "24.6%",
    ]
    widget.relu = False
    assert expected.rows(widget)[0][:5] == ["2", "0%", "0%", "49 of 49", "0 of 49"]
    assert expected.rows(widget)[0][5:] == rows[0][5:], "the averages are always with the activation"


# What the front end computes -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def calls(figure) -> list[Call]:
    """Unpacking, counting and writing, over every table."""
    found = []
    for n, seed in EVERY:
        trip, alive = figure.trips[f"{n}/{seed}"], positive(n, seed)
        counts = np.minimum(alive.sum(1), 2).tolist()
        found.append(Call("census", [trip["fates"]], [counts.count(fate) for fate in (0, 1, 2)]))
        found += [Call("kept", [trip["kept"], n, i], alive[i].tolist()) for i in range(0, POINTS, 3)]
        found += [Call("percent", [error], percent(error)) for error in trip["errors"]]
        flat = [int(v) / 1000 for v in trip["decoded"][0].split()]
        found.append(Call("points", [trip["decoded"][0]], [list(pair) for pair in zip(flat[::2], flat[1::2], strict=True)]))
    return [*found, *(Call("percent", [e], percent(e)) for e in (0, 1e-6, 5e-5, 0.00996, 0.01, 0.1225, 12.5))]


def test_the_front_end_reads_what_python_wrote(calls, tmp_path):
    assert len(json.dumps([call._asdict() for call in calls])) > 10_000
    agrees(ReluManifold._esm, calls, tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("[flat[2 * i], flat[2 * i + 1]]", "[flat[2 * i + 1], flat[2 * i]]"),
        ("[i * digits + Math.floor(k / 5)]", "[i + Math.floor(k / 5)]"),
        (">> (k % 5)) & 1", ">> (4 - (k % 5))) & 1"),
        ("Math.ceil(n / 5)", "Math.floor(n / 5)"),
        ("+own === fate", "+own >= fate"),
        ("share < 1 ? 2 : 1", "share < 1 ? 1 : 1"),
    ],
)
def test_a_mutant_is_caught(calls, tmp_path, right, mutant):
    catches(ReluManifold._esm, right, mutant, calls, tmp_path)
