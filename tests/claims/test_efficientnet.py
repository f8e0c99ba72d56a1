"""The statements of the ledger for EfficientNet, recomputed. One test each; book/ledger names them."""

import pytest
from torch import nn


def weights(*layers: nn.Conv2d) -> int:
    return sum(layer.weight.numel() for layer in layers)


def test_the_pair_has_fewer_weights():
    """8.4 times with 128 outputs; ever closer to 9, which it does not reach."""
    found = []
    for c_out in (128, 1024, 8192):
        pair = nn.Conv2d(64, 64, 3, groups=64, device="meta"), nn.Conv2d(64, c_out, 1, device="meta")
        found.append(weights(nn.Conv2d(64, c_out, 3, device="meta")) / weights(*pair))
    assert found[0] == pytest.approx(8.4, abs=0.05)
    assert found == sorted(found) and 8.95 < found[-1] < 9
