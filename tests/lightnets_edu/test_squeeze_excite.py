"""`round_channels` is the MobileNet rule, and `SqueezeExcite` is its paper's formula."""

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.nn.functional import hardsigmoid, silu

from lightnets_edu.layers import SqueezeExcite, round_channels

values = st.one_of(st.integers(1, 10_000), st.floats(0.001, 10_000))


@given(values, st.integers(1, 32))
def test_rounding_gives_the_nearest_multiple_that_loses_less_than_a_tenth(value, divisor):
    rounded = round_channels(value, divisor)
    assert isinstance(rounded, int) and rounded % divisor == 0 and rounded >= max(divisor, 0.9 * value)
    smaller = rounded - divisor
    nearest = abs(rounded - value) <= abs(smaller - value)
    assert nearest or smaller < 0.9 * value or smaller == 0


@given(values, st.sampled_from([4, 8, 16]))
def test_rounding_as_an_independent_implementation_does(value, divisor):
    peer = pytest.importorskip("pytorchcv.models.common.att").round_channels
    assume(divisor % 2 == 0)
    assert round_channels(value, divisor) == peer(value, divisor)


def test_rounding_by_hand():
    """A half goes up; 11 and 18 would lose more than a tenth by going down; 0.9 of 80 is exactly 72."""
    cases = {0.1: 8, 8: 8, 8.8: 8, 8.9: 16, 11: 16, 12: 16, 18: 24, 19: 24, 20: 24, 44.8: 48, 179.2: 176, 1792.0: 1792}
    assert {value: round_channels(value) for value in cases} == cases
    assert (round_channels(80, 72), round_channels(81, 72), round_channels(7, 1)) == (72, 144, 7)


@pytest.mark.parametrize("value", [0, -8, float("nan"), float("inf"), 10**400, 2**53, True, "8", None, [8]])
def test_rounding_refuses_what_is_no_width(value):
    with pytest.raises(ValueError, match=r"a width to round must be a number above 0 and below 2\*\*53, got"):
        round_channels(value)


@pytest.mark.parametrize("divisor", [0, -8, 8.0, True, "8", None])
def test_rounding_refuses_what_divides_nothing(divisor):
    with pytest.raises(ValueError, match="divisor must be a whole number from 1 up, got"):
        round_channels(16, divisor)


def formula(layer, x, gate, activation):
    """The paper's equations 2 to 4, one number at a time."""
    y = torch.zeros_like(x)
    for n in range(x.shape[0]):
        z = torch.stack([x[n, c].sum() / x[n, c].numel() for c in range(x.shape[1])])
        s = activation(layer.squeeze.weight.flatten(1) @ z + layer.squeeze.bias)
        s = gate(layer.expand.weight.flatten(1) @ s + layer.expand.bias)
        for c in range(x.shape[1]):
            y[n, c] = s[c] * x[n, c]
    return y


@pytest.mark.parametrize("gate", [torch.sigmoid, hardsigmoid])
@pytest.mark.parametrize("activation", [torch.relu, silu])
def test_squeeze_excite_is_the_papers_formula(gate, activation):
    torch.manual_seed(0)
    layer = SqueezeExcite(6, 4, gate, activation).double()
    x = 4 * torch.randn(3, 6, 5, 2, dtype=torch.float64) + 2
    torch.testing.assert_close(layer(x), formula(layer, x, gate, activation), rtol=1e-12, atol=1e-12)
    others = [(g, a) for g in (torch.sigmoid, hardsigmoid) for a in (torch.relu, silu) if (g, a) != (gate, activation)]
    for other in others:
        assert (layer(x) - formula(layer, x, *other)).abs().max() > 1e-3


def test_squeeze_excite_is_by_default_the_papers():
    layer = SqueezeExcite(6, 4)
    assert (layer.gate, layer.activation) == (torch.sigmoid, torch.relu)
    assert sum(p.numel() for p in layer.parameters()) == 2 * 6 * 4 + 6 + 4


def test_squeeze_excite_agrees_with_an_independent_implementation():
    peer = pytest.importorskip("pytorchcv.models.common.att").SEBlock(16, mid_channels=4).double()
    layer = SqueezeExcite(16, 4).double()
    layer.squeeze.load_state_dict(peer.conv1.state_dict())
    layer.expand.load_state_dict(peer.conv2.state_dict())
    x = torch.randn(2, 16, 3, 3, dtype=torch.float64)
    torch.testing.assert_close(layer(x), peer(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 4), "channels must be a whole number from 1 up, got 0"),
        ((8, 2.0), "c_squeeze must be a whole number from 1 up, got 2.0"),
        ((8, True), "c_squeeze must be a whole number from 1 up, got True"),
        ((8, 4, "sigmoid"), "gate must be a function of a tensor, such as torch.sigmoid, got 'sigmoid'"),
        ((8, 4, torch.sigmoid, None), "activation must be a function of a tensor, such as torch.sigmoid, got None"),
    ],
)
def test_squeeze_excite_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        SqueezeExcite(*arguments)
