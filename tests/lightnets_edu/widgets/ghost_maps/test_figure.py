"""Ghost maps: the photograph, the fits against independent ones, the costs, real layers, what is refused, drawn and said."""

import itertools

import numpy as np
import pytest
import torch
import traitlets
from sketch import Sketch
from sklearn.datasets import load_sample_image
from sklearn.linear_model import LinearRegression
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models.ghostnet import GhostModule
from lightnets_edu.widgets import GhostMaps
from lightnets_edu.widgets.ghost_maps import ghosts, photo

STATES = [(s, d) for s in (2, 3, 4) for d in (1, 3, 5)]

# The layer and its maps ------------------------------------------------------------------------------------------------


def test_the_flower_is_scikit_learn_s():
    """Each number is the mean over a square, to the nearest of 36 levels; decoders of JPEG differ in the last bit."""
    image = load_sample_image("flower.jpg")[: 22 * photo.SIDE, photo.LEFT : photo.LEFT + 22 * photo.SIDE]
    means = image.reshape(22, photo.SIDE, 22, photo.SIDE, 3).mean((1, 3)).transpose(2, 0, 1) / 255 * photo.BRIGHTEST
    own = photo.photo()[0].numpy() * photo.BRIGHTEST
    assert np.abs(own - means).max() < 0.55
    assert np.abs(np.roll(own, 1) - means).max() > 0.55


def by_hand() -> np.ndarray:
    """The twelve maps, weight by weight, each to its own 99."""
    image, found = photo.photo()[0].numpy(), []
    for _, space, colours in photo.FILTERS:
        mixed = sum(weight * plane for weight, plane in zip(colours, image, strict=True))
        sums = sum(space[r][c] * mixed[r : r + 20, c : c + 20] for r in range(3) for c in range(3))
        found.append(np.maximum(sums, 0) / sums.max() * 99)
    return np.stack(found)


def test_the_maps_are_those_of_the_filters():
    figure = GhostMaps()
    assert np.abs(np.array(figure.maps) - by_hand()).max() <= 0.5 + 1e-5
    assert figure.names[7] == "right edges" and all(max(map(max, one)) == 99 for one in figure.maps)
    assert np.array(figure.maps[7])[8:10, 16:].sum() > 3 * np.array(figure.maps[7])[8:10, :4].sum(), "right of the flower"


# Ghosts -----------------------------------------------------------------------------------------------------------------


def windows(parent: np.ndarray, d: int) -> np.ndarray:
    """What a d×d window reads at each place, zeros around."""
    r, (h, w) = d // 2, parent.shape
    padded = np.pad(parent, r)
    return np.stack([padded[a : a + h, b : b + w].ravel() for a in range(d) for b in range(d)], axis=1)


def share(maps: np.ndarray, parent: int, child: int, d: int) -> float:
    """R² of the best ghost, by scikit-learn's least squares."""
    x, y = windows(maps[parent], d), maps[child].ravel()
    found = np.maximum(LinearRegression().fit(x, y).predict(x), 0)
    return 1 - ((y - found) ** 2).sum() / ((y - y.mean()) ** 2).sum()


@pytest.mark.parametrize(("s", "d"), STATES)
def test_kept_maps_parents_and_shares_are_the_best(s, d):
    """All pairs by another solver, all choices one by one."""
    figure = GhostMaps(s=s, d=d)
    maps, found = np.array(figure.maps, float), figure.ghosts[f"{s} {d}"]
    every = np.array([[share(maps, p, i, d) for i in range(12)] for p in range(12)])

    def worth(kept):
        return sum(max(every[p, i] for p in kept) for i in range(12) if i not in kept)

    best = max(worth(kept) for kept in itertools.combinations(range(12), 12 // s))
    assert len(figure.kept()) == 12 // s and worth(figure.kept()) == pytest.approx(best, abs=2e-3)
    for i, parent in enumerate(found["parents"]):
        if i in figure.kept():
            assert (parent, found["kernels"][i], found["r2"][i]) == (-1, [], 1)
            continue
        assert parent in figure.kept() and len(found["kernels"][i]) == d * d
        assert found["r2"][i] == pytest.approx(every[parent, i], abs=2e-3)
        assert every[parent, i] >= max(every[p, i] for p in figure.kept()) - 2e-3
        made = np.maximum(windows(maps[parent], d) @ found["kernels"][i] + found["biases"][i], 0) / 1000
        assert np.array(figure.ghost(i)).ravel() == pytest.approx(made)
        left = ((maps[i].ravel() - made) ** 2).sum() / ((maps[i] - maps[i].mean()) ** 2).sum()
        assert found["r2"][i] == pytest.approx(1 - left, abs=6e-5)


def test_it_can_show_the_claim_false():
    """Some maps have no good parent: with few kept and 1×1 kernels; and there are those that nearly are copies."""
    found = GhostMaps().ghosts
    assert min(found["4 1"]["r2"]) < 0.1 and max(r for r, p in zip(found["2 3"]["r2"], found["2 3"]["parents"], strict=True) if p >= 0) > 0.98


def test_a_larger_kernel_and_more_kept_maps_never_explain_less():
    found = {key: sum(table["r2"]) for key, table in GhostMaps().ghosts.items()}
    for s in (2, 3, 4):
        assert found[f"{s} 1"] < found[f"{s} 3"] < found[f"{s} 5"]
    for d in (1, 3, 5):
        assert found[f"2 {d}"] > found[f"3 {d}"] > found[f"4 {d}"]


def test_exact_ghosts_are_found():
    """Maps that are made by a kernel from one of four are brought back whole, and noise is not."""
    torch.manual_seed(0)
    own = torch.rand(4, 12, 12).double() * 40 + 5
    kernel = torch.tensor([[[[0.0, 0.25, 0], [0.25, 0.25, 0], [0, 0.25, 0]]]]).double()
    made = nn.functional.conv2d(own[:3, None], kernel, padding=1)[:, 0]
    maps = torch.cat([own, made]).mul(2).round()
    _, shares = ghosts.fit(maps, 3, True)
    kept, parents = ghosts.choose(shares, 4)
    assert [parents[i] for i in range(7) if i not in kept] and all(shares[parents[i], i] > 0.99 for i in range(7) if i not in kept)
    assert shares[3, :3].max() < 0.3


def test_a_map_that_does_not_vary_leaves_nothing_to_explain():
    maps = torch.stack([torch.zeros(6, 6), torch.full((6, 6), 9.0), torch.arange(36.0).reshape(6, 6)]).double()
    assert ghosts.explained(maps, maps * ghosts.FINE).tolist() == [1, 1, 1]
    assert ghosts.explained(maps, maps * 0).tolist()[:2] == [1, 0]


# Costs ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize(("c_in", "c_out", "s"), [(64, 128, 2), (64, 128, 3), (3, 12, 4), (16, 32, 3)])
@pytest.mark.parametrize("d", [1, 3, 5])
def test_costs_are_those_of_the_real_module(c_in, c_out, s, k, d):
    """`layer_costs` of GhostModule and of a convolution on one map size."""
    shape = (1, c_in, 6, 6)
    conv = total(layer_costs(nn.Conv2d(c_in, c_out, k, padding=k // 2, bias=False), shape)).macs
    rows = [row.macs for row in layer_costs(GhostModule(c_in, c_out, k, s, d), shape) if row.macs]
    assert [36 * n for n in ghosts.macs(c_in, c_out, k, s, d)] == [conv, *rows]
    assert ghosts.times(c_in, c_out, k, s, d) == conv / sum(rows)


def test_not_twice_as_cheap():
    assert f"{GhostMaps().times():.2f} {GhostMaps(k=1).times():.2f}" == "1.97 1.75"


# Traits and modules ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"s": 5}, "s must be one of 2, 3, 4; got 5"), ({"d": 2}, "d must be one of 1, 3, 5; got 2"), ({"k": 2}, "k must be one of 1, 3, 5; got 2"),
        ({"map": 12}, "map must be one of 0 to 11; got 12"), ({"channels": "3:4"}, "channels must be one of 3:12, 16:32, 64:128, 256:512; got 3:4"),
        ({"maps": [[[1]]]}, "maps holds what was measured"), ({"ghosts": {}}, "ghosts holds what was measured"),
    ],
)  # fmt: skip
def test_what_is_not_on_offer_is_refused(traits, message):
    with pytest.raises(traitlets.TraitError, match=message):
        GhostMaps(**traits)
    figure = GhostMaps()
    with pytest.raises(traitlets.TraitError, match=message):
        figure.set_trait(*next(iter(traits.items())))


def test_a_real_layer():
    """A trained one would do as well: its maps, 16 of 20, means over squares; nothing of the caller's is touched."""
    torch.manual_seed(1)
    block, image = nn.Sequential(nn.Conv2d(3, 20, 5, bias=False), nn.BatchNorm2d(20), nn.ReLU()), torch.rand(1, 3, 52, 44)
    for _ in range(3):
        block(image)
    before = {key: value.clone() for key, value in block.state_dict().items()}
    figure = GhostMaps.from_module(block, image, s=4, d=5)
    block.eval()
    expected = nn.functional.avg_pool2d(block(image)[0, :16], 2).detach()
    expected = expected / expected.amax((1, 2), keepdim=True) * 99
    assert torch.tensor(figure.maps).shape == (16, 24, 20) and (torch.tensor(figure.maps) - expected).abs().max() < 0.51
    assert (len(figure.kept()), figure.offers("channels")[0], figure.offers("k")) == (4, "3:20", [1, 3, 5])
    assert figure.caption.endswith("The first 16 of 20 maps of a 5×5 layer, each pixel the mean of 2 × 2.")
    assert all(torch.equal(value, before[key]) for key, value in block.state_dict().items())
    assert Sketch(figure).locator(".ln-gm-label").count() == 16


def test_a_layer_without_relu_and_many_channels():
    """Maps below zero stay, ghosts are not cut off, and the input is no picture."""
    torch.manual_seed(2)
    conv = nn.Conv2d(8, 5, 7, padding=3)
    figure = GhostMaps.from_module(conv, torch.randn(8, 10, 9), map=4)
    assert min(min(map(min, one)) for one in figure.maps) < -20 and not figure.layer["clipped"] and figure.picture == []
    assert figure.offers("k") == [1, 3, 5, 7] and len(figure.kept()) == 3
    assert any(value < 0 for i in range(5) for row in figure.ghost(i) for value in row)
    assert Sketch(figure).locator(".ln-gm-less").count() > 0


@pytest.mark.parametrize(
    ("layer", "image", "message"),
    [
        (lambda: nn.Linear(3, 3), (1, 3, 9, 9), r"expected a layer with one nn\.Conv2d; got Linear with 0"),
        (lambda: "layer", (1, 3, 9, 9), r"expected a convolution, .*; got str"),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1)), (1, 3, 9, 9), "got Sequential with 2"),
        (lambda: nn.LazyConv2d(8, 3), (1, 3, 9, 9), "the convolution is lazy"),
        (lambda: nn.Conv2d(4, 8, 3, groups=2), (1, 4, 9, 9), "one group and a square kernel; it has 2 groups and a kernel of 3 × 3"),
        (lambda: nn.Conv2d(3, 8, (1, 3)), (1, 3, 9, 9), "it has 1 groups and a kernel of 1 × 3"),
        (lambda: nn.Conv2d(3, 3, 3), (1, 3, 9, 9), "the layer must make 4 maps or more; got 3"),
        (lambda: nn.Conv2d(3, 8, 3), (2, 3, 9, 9), r"the image must be real and \(1, 3, H, W\); got shape \(2, 3, 9, 9\)"),
        (lambda: nn.Conv2d(3, 8, 3), (1, 4, 9, 9), r"got shape \(1, 4, 9, 9\)"),
        (lambda: nn.Conv2d(3, 8, 3), [[1.0]], "the image must be a tensor .*; got list"),
        (lambda: nn.Conv2d(3, 8, 3), (1, 3, 2, 2), r"Conv2d cannot take an image \(1, 3, 2, 2\)"),
        (lambda: nn.Conv2d(3, 8, 3), (1, 3, 5, 9), "the maps must be 4 × 4 pixels or more; got 3 × 7"),
        (lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten()), (1, 3, 9, 9), r"must give maps \(1, 8, H, W\); got shape \(1, 392\)"),
        (lambda: nn.Conv2d(3, 8, 3), torch.full((1, 3, 9, 9), torch.nan), "must be finite numbers"),
    ],
)
def test_what_is_no_such_layer_is_refused(layer, image, message):
    with pytest.raises(ValueError, match=message):
        GhostMaps.from_module(layer(), torch.rand(image) if isinstance(image, tuple) else image)


def test_two_figures_share_nothing():
    one = GhostMaps()
    one.maps[0][0][0] = -5
    assert GhostMaps().maps[0][0][0] != -5
