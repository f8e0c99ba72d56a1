"""The figure of ReLU on an embedded spiral: its numbers against brute force, other activations, traits, still picture."""

import functools
import itertools
import math

import numpy as np
import pytest
import torch
import traitlets
from bs4 import BeautifulSoup
from relu_manifold import expected
from relu_manifold.expected import percent
from sketch import still
from torch import nn

from lightnets_edu.widgets import ReluManifold
from lightnets_edu.widgets.relu_manifold import trip as _manifold
from lightnets_edu.widgets.relu_manifold.trip import BETWEEN, DECODERS, DIMENSIONS, DRAWS, LINES, POINTS

SOME = list(itertools.product(DIMENSIONS, (1, 2, 3, 50, 64)))
TURNED, BENT = [0, 30, -60, 90, 179], [(7 * k) % 41 - 20 for k in range(2 * POINTS)]
HANDS = [([], []), (TURNED, []), ([], BENT), (TURNED, BENT)]


def spiral(points: int, bent=()) -> np.ndarray:
    """Two turns, the radius growing from 0.1 to 1, pulled by hundredths, in proportion between the points drawn."""
    f = np.linspace(0, 1, points)
    curve = (0.1 + 0.9 * f)[:, None] * np.stack([np.cos(4 * math.pi * f + math.pi / 24), np.sin(4 * math.pi * f + math.pi / 24)], 1)
    if len(bent):
        own = np.reshape(bent, (POINTS, 2)) / 100
        curve += np.stack([np.interp(f, np.linspace(0, 1, POINTS), own[:, axis]) for axis in (0, 1)], 1)
    return curve


def matrix(n: int, draw: int, turned=()) -> np.ndarray:
    generator = torch.Generator().manual_seed(draw - 1)
    t = torch.randn(30, 2, dtype=torch.float64, generator=generator).numpy().round(2)
    angles = np.deg2rad([*turned, *[0] * (30 - len(turned))])
    both = (t[:, 0] + 1j * t[:, 1]) * np.exp(1j * angles)
    return np.stack([both.real, both.imag], 1)[:n]


def by_hand(n: int, draw: int, turned=(), bent=()) -> dict[str, tuple[np.ndarray, float]]:
    """Decoded points and error of both decoders: a singular value decomposition for the one, T's own for the other."""
    curve, t = spiral((POINTS - 1) * BETWEEN + 1, bent), matrix(n, draw, turned)
    y = np.maximum(curve @ t.T, 0)
    a = np.column_stack([y - y.mean(0), np.ones(len(y))])
    scale = np.maximum(np.linalg.norm(a, axis=0), 1e-12)
    q, s, v = np.linalg.svd(a / scale, full_matrices=False)
    keep = s > 1e-9
    best = (a / scale) @ (v[keep].T @ ((q.T @ curve)[keep] / s[keep, None]))
    naive = y @ t @ np.linalg.inv(t.T @ t)
    spread = math.sqrt(((curve - curve.mean(0)) ** 2).sum())
    return {d: (z[::BETWEEN], math.sqrt(((z - curve) ** 2).sum()) / spread) for d, z in zip(DECODERS, (best, naive), strict=True)}


def positive(n: int, draw: int, turned=(), bent=()) -> np.ndarray:
    return spiral(POINTS, bent) @ matrix(n, draw, turned).T > 0


@pytest.fixture(scope="module")
def figure():
    return ReluManifold()


@pytest.fixture(scope="module")
def measured():
    """A function from an activation to its figure, made once."""
    return functools.cache(ReluManifold.from_module)


# What PyTorch says ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "draw"), SOME)
@pytest.mark.parametrize(("turned", "bent"), HANDS)
def test_what_is_drawn_is_what_brute_force_gives(n, draw, turned, bent):
    hands = {"turned": turned or [0] * LINES, "bent": bent or [0] * (2 * POINTS)}
    found = ReluManifold(n=n, draw=draw, **hands).trip()
    for decoder, points, error in zip(DECODERS, found["decoded"], found["errors"], strict=True):
        back, own = by_hand(n, draw, turned, bent)[decoder]
        assert np.abs(np.array(points) - back).max() < 0.0006 * max(1, np.abs(back).max())
        assert error == pytest.approx(own, abs=3e-5)
    assert found["fates"] == "".join(str(min(2, count)) for count in positive(n, draw, turned, bent).sum(1))


@pytest.mark.parametrize("n", DIMENSIONS)
def test_without_an_activation_both_decoders_are_exact(n):
    x, t = _manifold.spiral(), _manifold.matrix(n, 1)
    for back in _manifold.decode(x @ t.T, x, t).values():
        assert (back - x).abs().max() < 1e-9
    linear = ReluManifold(n=n, relu=False, bent=BENT)
    assert linear.trip()["errors"] == [0, 0] and linear.trip()["fates"] == "2" * POINTS
    assert np.abs(np.array(linear.trip()["decoded"]) - spiral(POINTS, BENT)).max() < 0.00051


@pytest.mark.parametrize(("n", "draw"), SOME)
def test_what_the_fates_mean(n, draw):
    """A flattened or dead point shares its image with others of the plane; a decodable point's image is its own."""
    t, x = matrix(n, draw), spiral(POINTS)
    way = np.stack([np.cos(np.linspace(0, math.pi, 3600)), np.sin(np.linspace(0, math.pi, 3600))], 1)
    for point, fate in zip(x, ReluManifold(n=n, draw=draw).trip()["fates"], strict=True):
        rows = t[t @ point > 0]
        if fate == "2":
            near = np.maximum((point + 1e-4 * way) @ t.T, 0) - np.maximum(point @ t.T, 0)
            assert np.linalg.norm(near, axis=1).min() > 1e-8
        else:
            blind = np.array([-rows[0][1], rows[0][0]]) if len(rows) else way[0]
            assert np.maximum((point + 1e-7 * blind) @ t.T, 0) == pytest.approx(np.maximum(point @ t.T, 0), abs=1e-15)


def test_the_draws_are_the_first_seeds(figure):
    """None is picked: the page gets them all, in hundredths."""
    assert list(DRAWS) == list(range(1, 65)) and len(figure.matrices) == 64
    for draw in (1, 2, 57, 64):
        assert np.abs(np.reshape(figure.matrices[draw - 1], (30, 2)) / 100 - matrix(30, draw)).max() < 1e-9


def test_no_point_lies_on_a_line(figure):
    """What a point becomes never hangs on a last digit, which differs from machine to machine."""
    t = np.concatenate([matrix(30, draw) for draw in DRAWS])
    assert np.abs(spiral(POINTS) @ t.T).min() > 1e-8


def test_averages_and_errors_of_all_draws(figure):
    """Recomputed by hand; the shares are near what chance says: each row pleases half of the plane."""
    assert [line[0] for line in figure.averages] == list(DIMENSIONS)
    for n, mean, deviation, low, median, high, decodable, dead in figure.averages:
        errors = np.array([[error for _, error in by_hand(n, draw).values()] for draw in DRAWS])
        assert (mean, deviation) == pytest.approx((errors[:, 0].mean(), errors[:, 0].std(ddof=1)), abs=2e-5)
        assert (low, median, high) == pytest.approx(tuple(np.quantile(errors[:, 1], (0.1, 0.5, 0.9))), abs=2e-4)
        affine, inverse = np.array(figure.errors[str(n)]) / 1000
        assert np.abs(affine - errors[:, 0]).max() < 0.0006
        assert (np.abs(inverse - errors[:, 1]) < 0.0006 * np.maximum(1, errors[:, 1])).all()
        counts = np.array([positive(n, draw).sum(1) for draw in DRAWS])
        assert (decodable, dead) == pytest.approx(((counts > 1).mean(), (counts == 0).mean()), abs=1e-6)
        for share, odds in (((counts > 1).mean(1), 1 - (n + 1) / 2**n), ((counts == 0).mean(1), 1 / 2**n)):
            assert abs(share.mean() - odds) < 3 * max(share.std() / len(DRAWS) ** 0.5, 1e-3)


def test_the_point_of_the_figure(figure):
    """Thin embeddings are crushed and wide ones spared by the best affine decoder; not by T's inverse."""
    assert [line[1] for line in figure.averages] == pytest.approx([0.57, 0.44, 0.23, 0.01, 0.001], abs=0.006)
    assert all(line[4] > 0.5 for line in figure.averages)


def test_the_fit_is_not_to_the_points_alone():
    """At n = 30 the decoder is as good between the points that it was fitted to."""
    t, x, between = _manifold.matrix(30, 1), _manifold.spiral(), torch.tensor(spiral(7919))
    with_one = lambda p: torch.cat([torch.relu(p @ t.T), torch.ones(len(p), 1, dtype=p.dtype)], 1)  # noqa: E731
    fitted = with_one(between) @ torch.linalg.lstsq(with_one(x), x, driver="gelsd").solution
    error = (fitted - between).norm() / (between - between.mean(0)).norm()
    assert float(error) == pytest.approx(_manifold.trip(torch.relu, 30, 1).errors[DECODERS[0]], rel=0.2)


def test_the_questions_have_their_answers(figure):
    """What a reader sees who presses them: death at two; three lines kill none and flatten half; five lose none."""
    found = []
    for state in figure.presets:
        figure.set_state(state)
        fates = figure.trip()["fates"]
        found.append([fates.count(fate) for fate in "012"])
    (dead, _, _), (none, flat, alive), all_kept, wide = found
    assert dead > 9 and none == 0 and abs(flat - alive) < 9 and all_kept == wide == [0, 0, POINTS]
    for n in (3, 5):
        t = matrix(n, 1, _manifold.spaced(n))
        angles = np.sort(np.rad2deg(np.arctan2(t[:, 1], t[:, 0])) % 360)
        assert np.abs(np.diff(angles) - 360 / n).max() <= 1
    best = min(figure.errors["5"][0]) / 1000
    assert best < ReluManifold(**figure.presets[2]).trip()["errors"][0] < sorted(figure.errors["5"][0])[len(DRAWS) // 5] / 1000


# Other activations ---------------------------------------------------------------------------------------------------


class ReLU(nn.Module):
    """Called ReLU, and leaks."""

    def forward(self, z):
        return torch.where(z > 0, z, 0.1 * z)


def test_an_activation_that_does_what_relu_does(measured, figure):
    same = measured(nn.ReLU6())
    assert (same.trips, same.averages, same.errors) == ({}, figure.averages, figure.errors)
    assert same.activation == "ReLU6" and "then ReLU6," in same.caption and "measured" not in still(same)
    assert same.presets == ReluManifold.from_module(nn.ReLU(inplace=True)).presets != []


def test_a_leak_keeps_every_point(measured):
    leaky = measured(nn.LeakyReLU(0.1))
    assert leaky.activation == "LeakyReLU" and set(leaky.trips) == {f"{n}/{draw}" for n in DIMENSIONS for draw in range(1, 5)}
    assert all(found["fates"] == "2" * POINTS for found in leaky.trips.values())
    assert "Point 30: measured, decodable; decoded" in still(leaky)


def test_a_mutant_with_the_right_name_is_told(measured):
    mutant = measured(ReLU())
    assert mutant.activation == "ReLU" and mutant.trips == measured(nn.LeakyReLU(0.1)).trips != {}
    assert "Point 30: measured" in still(mutant)


def test_where_it_is_measured_there_is_nothing_to_turn(measured):
    """Four draws, and no hands: what a page cannot reckon it does not offer."""
    leaky = measured(nn.LeakyReLU(0.1))
    assert list(leaky.offers("draw")) == [1, 2, 3, 4] and leaky.presets == []
    for traits in ({"draw": 5}, {"turned": TURNED}, {"bent": BENT}):
        with pytest.raises(traitlets.TraitError):
            leaky.moved(**traits)


def test_no_activation_at_all(measured):
    identity = measured(nn.Identity())
    for found in identity.trips.values():
        assert found["errors"] == [0, 0] and found["fates"] == "2" * POINTS
        assert max(np.abs(np.array(points) - spiral(POINTS)).max() for points in found["decoded"]) < 0.00051


def test_a_shift_takes_more(measured):
    shifted = measured(lambda z: torch.relu(z - 0.5))
    assert shifted.activation == "function"
    for n, draw in itertools.product(DIMENSIONS, range(1, 5)):
        alive = (spiral(POINTS) @ matrix(n, draw).T > 0.5).sum(1)
        assert shifted.trips[f"{n}/{draw}"]["fates"] == "".join(str(min(2, count)) for count in alive)


def test_a_step_flattens_without_killing(measured):
    step = measured(lambda z: torch.sign(z) + 3)
    assert {fate for found in step.trips.values() for fate in found["fates"]} == {"1"}


def test_measuring_leaves_module_and_settings_alone():
    module = nn.Sequential(nn.PReLU(), nn.Dropout()).train()
    threads = torch.get_num_threads()
    with torch.inference_mode():
        inside = ReluManifold.from_module(nn.ReLU())
        assert inside.trip()["fates"].count("0") > 0
    ReluManifold.from_module(module)
    assert not inside.trips
    assert module.training and module[0].weight.dtype == torch.float32 and module[0].weight.grad is None
    assert torch.get_num_threads() == threads and torch.is_grad_enabled()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (3, r"expected an activation, such as nn.ReLU6\(\) or torch.relu; got int"),
        (nn.ReLU, "got the class ReLU"),
        (lambda z: z[:, :1], r"must keep the shape \(481, 2\), got shape \(481, 1\)"),
        (lambda z: None, "must keep the shape .*, got NoneType"),
        (torch.log, "must give finite numbers, got nan"),
        (lambda z: z / 0, "must give finite numbers, got"),
        (nn.Linear(5, 5), r"must take numbers of shape \(481, 2\); it stopped: mat1"),
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
        ({"draw": 0}, "draw must be one of 1 to 64; got 0"),
        ({"draw": 101}, "draw must be one of"),
        ({"turned": [0] * 4}, "turned must be a list of 5 values from -180 to 180"),
        ({"turned": [0, 0, 0, 0, 181]}, "turned must be a list"),
        ({"bent": [201] * 98}, "bent must be a list of 98 values from -200 to 200"),
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
    sent = {"n": 30, "draw": 50, "relu": False, "decoder": DECODERS[1], "point": 48, "turned": TURNED, "bent": BENT}
    widget.set_state(sent)
    assert {name: getattr(widget, name) for name in sent} == sent


def test_figures_share_no_tables():
    one, two = ReluManifold(), ReluManifold()
    one.errors["2"][0][0] = 7
    one.turned[0] = one.bent[0] = 3
    one.presets[0]["n"] = one.matrices[0][0] = 3
    assert two.errors["2"][0][0] > 100 and ReluManifold().errors["2"][0][0] > 100
    assert ReluManifold().turned[0] == ReluManifold().bent[0] == 0 and ReluManifold().presets[0]["n"] == 2
    assert two.matrices[0][0] != 3


def test_percent():
    shares = {0: "0%", 1e-6: "<0.01%", 4.9e-5: "<0.01%", 5e-5: "0.01%", 0.00996: "1.00%", 0.01: "1.0%", 0.1225: "12.3%", 12.5: "1250%"}
    assert {e: percent(e) for e in shares} == shares


# The still ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("traits", [{}, {"n": 5, "draw": 2, "turned": TURNED}, {"n": 30, "decoder": DECODERS[1]}, {"relu": False}])
def test_the_still_has_every_point_twice(traits):
    widget = ReluManifold(**traits)
    fates, picture = widget.trip()["fates"], BeautifulSoup(still(widget), "html.parser")
    assert [len(picture.select(f".ln-rm-mark.ln-rm-fate{fate}")) for fate in "012"] == [2 * fates.count(fate) for fate in "012"]
    assert len(picture.select(".ln-rm-ring")) == 2 and len(picture.select("tr")) == 6
    assert len(picture.select(".ln-rm-plane")) == (min(widget.n, LINES) if widget.relu else 0)
    assert expected.counts(widget) in picture.get_text()


def test_the_table_has_a_row_for_every_n():
    widget = ReluManifold(draw=2)
    rows = expected.rows(widget)
    assert [row[0] for row in rows] == [str(n) for n in DIMENSIONS]
    assert {len(row) for row in rows} == {len(widget.many[0])}
    assert rows[0] == ["2", "53.7%", "64.4%", "18 of 49", "19 of 49", "56.7% ± 7.8%", "75.7% (62.9 to 199%)", "25.2%", "25.1%"]
    widget.relu = False
    assert expected.rows(widget)[0][:5] == ["2", "0%", "0%", "49 of 49", "0 of 49"]
    assert expected.rows(widget)[0][5:] == rows[0][5:], "the averages are always with the activation"
