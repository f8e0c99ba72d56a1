"""The bundled digits: shapes, scale, a split that is fixed, stratified and disjoint, and what is refused."""

import sys

import pytest
import torch

from lightnets_edu.data import Images, digits


@pytest.fixture(scope="module")
def halves():
    return digits(16)


def test_shapes_types_and_scale(halves):
    for images in halves:
        assert images.x.shape == (len(images), 1, 16, 16)
        assert (images.x.dtype, images.y.dtype) == (torch.float32, torch.int64)
    train, test = halves
    assert len(train) + len(test) == 1797
    assert train.x.mean().abs() < 1e-5
    assert train.x.std().sub(1).abs() < 1e-5


def test_the_split_is_stratified(halves):
    train, test = (images.y.bincount() for images in halves)
    assert len(train) == len(test) == 10
    assert (test / (train + test) - 0.3).abs().max() < 0.005


def test_the_split_is_disjoint_and_loses_nothing():
    """At the scans' own size every image must be one of scikit-learn's, each used once."""
    from sklearn.datasets import load_digits

    train, test = digits(8)
    grey = torch.cat([train.x, test.x]).flatten(1)
    low, step = grey.min(), (grey.max() - grey.min()) / 16
    found = sorted(((grey - low) / step).round().int().tolist())
    assert found == sorted(torch.tensor(load_digits().data).int().tolist())


def test_the_split_is_fixed_and_asks_no_global_generator(halves):
    before = torch.get_rng_state()
    again = digits(16)
    assert torch.equal(before, torch.get_rng_state())
    for old, new in zip(halves, again, strict=True):
        assert torch.equal(old.x, new.x)
        assert torch.equal(old.y, new.y)


def test_training_images_are_mixed(halves):
    assert len(set(halves[0].y[:40].tolist())) > 5


def test_larger_images_show_the_same_digit(halves):
    small, large = digits(8)[0], digits(32)[0]
    assert torch.equal(small.y, large.y)
    averaged = torch.nn.functional.avg_pool2d(large.x, 4)
    assert torch.corrcoef(torch.stack([small.x.flatten(), averaged.flatten()]))[0, 1] > 0.95


def test_take_gives_so_many_of_each_class(halves):
    train, _ = halves
    few = train.take(3)
    assert few.y.bincount().tolist() == [3] * 10
    assert torch.equal(few.x[0], train.x[0])
    assert torch.equal(few.x, train.take(3).x)


@pytest.mark.parametrize("size", [7, 0, -8, 8.0, "16"])
def test_digits_refuses_a_size(size):
    with pytest.raises(ValueError, match="size must be a whole number of at least 8 pixels"):
        digits(size)


@pytest.mark.parametrize("per_class", [0, 1000, 2.0])
def test_take_refuses(halves, per_class):
    with pytest.raises(ValueError, match=r"per_class must be from 1 to 12\d, the smallest class"):
        halves[0].take(per_class)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (torch.zeros(2, 1, 4, 4), torch.zeros(3, dtype=torch.int64), "2 images need classes of shape"),
        (torch.zeros(2, 4, 4), torch.zeros(2, dtype=torch.int64), "x must have shape"),
        (torch.zeros(2, 1, 4, 4).double(), torch.zeros(2, dtype=torch.int64), "x must be a tensor of type torch.float32"),
        (torch.zeros(2, 1, 4, 4), torch.zeros(2), "y must be a tensor of type torch.int64, got torch.float32"),
        ([[0.0]], torch.zeros(1, dtype=torch.int64), "got list"),
    ],
)
def test_images_that_do_not_belong_together(x, y, message):
    with pytest.raises(ValueError, match=message):
        Images(x, y)


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        digits()
