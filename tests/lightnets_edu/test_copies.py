"""Copies of blocks under the block's weights."""

import pytest
import torch
from torch import nn

from lightnets_edu.copies import n_params, same_output

NAMES = {"0": "conv", "1": "norm"}


class Copy(nn.Module):
    def __init__(self, relu: bool = True, c: int = 4):
        super().__init__()
        self.conv, self.norm, self.relu = nn.Conv2d(3, c, 3), nn.BatchNorm2d(c), relu

    def forward(self, x):
        y = self.norm(self.conv(x))
        return torch.relu(y) if self.relu else y


def block():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True))


def test_the_same_function_and_another():
    x = torch.randn(2, 3, 8, 7)
    kept = x.clone()
    assert same_output(Copy(), block(), x, NAMES)
    assert not same_output(Copy(relu=False), block(), x, NAMES)
    assert torch.equal(x, kept)


def test_what_does_not_fit_is_an_error():
    x = torch.randn(1, 3, 8, 8)
    with pytest.raises(RuntimeError):
        same_output(Copy(c=5), block(), x, NAMES)
    with pytest.raises(KeyError):
        same_output(Copy(), block(), x, {"0": "conv"})


def test_parameters_are_counted_not_buffers():
    assert n_params(block()) == 3 * 4 * 9 + 4 + 2 * 4
