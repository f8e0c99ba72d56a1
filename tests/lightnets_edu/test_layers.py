"""`divide` never truncates, and `conv_bn` keeps sizes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightnets_edu.layers import conv_bn, divide

counts = st.integers(1, 4096)


@given(counts, counts)
def test_divide_is_exact_or_refuses(total, parts):
    if total % parts:
        with pytest.raises(ValueError, match=f"squeeze: {total} channels cannot be split into {parts} equal groups"):
            divide(total, parts, "squeeze")
    else:
        assert divide(total, parts, "squeeze") * parts == total


@pytest.mark.parametrize(("total", "parts"), [(0, 1), (-4, 2), (4, 0), (4, -2)])
def test_divide_refuses_what_is_no_count(total, parts):
    with pytest.raises(ValueError, match=f"at least 1, got {total} channels and {parts} groups"):
        divide(total, parts, "squeeze")


@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize(("stride", "size"), [(1, (9, 7)), (2, (5, 4))])
def test_conv_bn_halves_rounding_up(kernel, stride, size):
    layer = conv_bn(4, 6, kernel, stride, groups=2).to("meta")
    assert layer(torch.empty(1, 4, 9, 7, device="meta")).shape == (1, 6, *size)
    assert [type(part).__name__ for part in layer] == ["Conv2d", "BatchNorm2d"]
    assert layer[0].bias is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((4, 6, 2), "kernel must be odd, so that padding can keep the size; got 2"),
        ((4, 6, 0), "kernel must be odd, so that padding can keep the size; got 0"),
        ((5, 6, 1, 1, 2), "input of a grouped convolution: 5 channels cannot be split into 2 equal groups"),
        ((4, 7, 1, 1, 2), "output of a grouped convolution: 7 channels cannot be split into 2 equal groups"),
    ],
)
def test_conv_bn_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        conv_bn(*arguments)
