"""What is no size is refused, `divide` never truncates, and `conv_bn` keeps sizes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lightnets_edu.layers import check_image, conv_bn, divide, one_of, whole

counts = st.integers(1, 4096)
ODD = [0, -1, 1.0, 2.5, float("nan"), "3", "", None, True, False, [3], (3,), {}, torch.tensor(3), nn.Identity()]


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_whole_refuses_what_is_no_size(value):
    with pytest.raises(ValueError, match=r"^num_classes must be a whole number from 1 up, got ") as refused:
        whole(width=3, num_classes=value)
    assert str(refused.value).endswith(repr(value))


@given(counts)
def test_whole_takes_every_size(size):
    assert whole(c_in=size, c_out=1) is None


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_one_of_refuses_the_rest(value):
    for accepted in ((2, 3), {2: "a", 3: "b"}, {2, 3}):
        with pytest.raises(ValueError, match=r"^stride must be one of 2, 3, got ") as refused:
            one_of(value, accepted, "stride")
        assert str(refused.value).endswith(repr(value))


@pytest.mark.parametrize(
    ("value", "accepted", "taken"),
    [
        (0.5, (0.25, 0.5, 1.0), True),
        (1, (0.25, 0.5, 1.0), True),       # a whole number is a width
        (1.0, (1, 2), False),              # but a width is no number of groups
        (True, (1, 2), False),
        (True, (0.5, 1.0), False),
        (True, (True, False), True),
        (1, (True, False), False),
        ("large", ("large", "small"), True),
        ("v1", ("large", "small"), False),
        (None, (None, 4), True),
        (0.3, (), False),
    ],
)
def test_one_of(value, accepted, taken):
    if taken:
        assert one_of(value, accepted, "width") is None
    else:
        with pytest.raises(ValueError, match=f"^width must be one of .*, got {value!r}"):
            one_of(value, accepted, "width")


def test_one_of_lists_what_is_accepted_in_its_order():
    with pytest.raises(ValueError, match=r"^width must be one of 1.0, 0.5, 0.25, got 0.3$"):
        one_of(0.3, {1.0: 64, 0.5: 32, 0.25: 16}, "width")


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (torch.zeros(3, 80, 80), r"expected images \(N, 3, H, W\), got shape \(3, 80, 80\)"),
        (torch.zeros(1, 80, 80, 3), r"expected images \(N, 3, H, W\), got shape \(1, 80, 80, 3\)"),
        (torch.zeros(()), r"expected images \(N, 3, H, W\), got shape \(\)"),
        ("photo.png", r"expected images \(N, 3, H, W\), got str"),
        (None, r"expected images \(N, 3, H, W\), got NoneType"),
        (torch.zeros(1, 3, 80, 80, dtype=torch.uint8), "images of floating-point numbers, got torch.uint8"),
        (torch.zeros(1, 3, 74, 80), "images must be at least 75 × 75, got 74 × 80"),
        (torch.zeros(1, 3, 80, 0), "images must be at least 75 × 75, got 80 × 0"),
    ],
    ids=lambda value: str(getattr(value, "shape", value)),
)
def test_check_image_refuses(image, message):
    with pytest.raises(ValueError, match=f"{message}$"):
        check_image(image, smallest=75)


def test_check_image_takes_images():
    assert check_image(torch.empty(2, 3, 75, 90), smallest=75) is None
    assert check_image(torch.empty(0, 3, 1, 1, dtype=torch.float16)) is None
    assert check_image(torch.empty(1, 1, 8, 8), channels=1) is None
    with pytest.raises(ValueError, match=r"expected images \(N, 1, H, W\), got shape \(1, 3, 8, 8\)"):
        check_image(torch.empty(1, 3, 8, 8), channels=1)
    with pytest.raises(ValueError, match="images must be at least 1 × 1, got 0 × 8"):
        check_image(torch.empty(1, 3, 0, 8))


@given(counts, counts)
def test_divide_is_exact_or_refuses(total, parts):
    if total % parts:
        with pytest.raises(ValueError, match=f"squeeze: {total} channels cannot be split into {parts} equal groups"):
            divide(total, parts, "squeeze")
    else:
        assert divide(total, parts, "squeeze") * parts == total


@pytest.mark.parametrize(("total", "parts"), [(0, 1), (-4, 2), (4, 0), (4, -2), (4.0, 2), ("8", 2), (8, None), (8, True)])
def test_divide_refuses_what_is_no_count(total, parts):
    with pytest.raises(ValueError, match=f"from 1 up, got {total!r} channels and {parts!r} groups"):
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
        ((4, 6, 0), "kernel must be a whole number from 1 up, got 0"),
        ((4, 6, (3, 3)), r"kernel must be a whole number from 1 up, got \(3, 3\)"),
        ((4, 6, 3, 0), "stride must be a whole number from 1 up, got 0"),
        ((4, 6, 3, 1, 0), "input of a grouped convolution: .* got 4 channels and 0 groups"),
        ((4, 0.5, 3), "output of a grouped convolution: .* got 0.5 channels and 1 groups"),
        ((5, 6, 1, 1, 2), "input of a grouped convolution: 5 channels cannot be split into 2 equal groups"),
        ((4, 7, 1, 1, 2), "output of a grouped convolution: 7 channels cannot be split into 2 equal groups"),
    ],
)
def test_conv_bn_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        conv_bn(*arguments)
