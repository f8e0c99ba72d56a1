"""The few pieces that every network shares."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def whole(**sizes: object) -> None:
    """ValueError naming the first of `sizes` that is no whole number from 1 up."""
    for name, value in sizes.items():
        if not _is_whole(value):
            raise ValueError(f"{name} must be a whole number from 1 up, got {value!r}")


def one_of(value: object, accepted: Iterable[object], what: str) -> None:
    """ValueError naming `what` unless `value` is one of `accepted`. A whole number may stand for 1.0, not 1.0 for 1."""
    choices = tuple(accepted)
    for choice in choices:
        alike = isinstance(value, (type(choice), int)) and isinstance(value, bool) == isinstance(choice, bool)
        if alike and value == choice:
            return
    raise ValueError(f"{what} must be one of {', '.join(map(str, choices))}, got {value!r}")


def check_image(x: object, smallest: int = 1, channels: int = 3) -> None:
    """ValueError unless `x` holds images (N, channels, H, W) of floating-point numbers, H and W `smallest` or more."""
    if not isinstance(x, torch.Tensor) or x.ndim != 4 or x.shape[1] != channels:
        got = f"shape {tuple(x.shape)}" if isinstance(x, torch.Tensor) else type(x).__name__
        raise ValueError(f"expected images (N, {channels}, H, W), got {got}")
    if not x.is_floating_point():
        raise ValueError(f"expected images of floating-point numbers, got {x.dtype}")
    h, w = x.shape[2:]
    if min(h, w) < smallest:
        raise ValueError(f"images must be at least {smallest} × {smallest}, got {h} × {w}")


def divide(total: int, parts: int, what: str) -> int:
    """Exact division of channels, or ValueError naming `what`: channels are never truncated."""
    if not (_is_whole(total) and _is_whole(parts)):
        raise ValueError(f"{what}: both must be whole numbers from 1 up, got {total!r} channels and {parts!r} groups")
    if total % parts:
        raise ValueError(f"{what}: {total} channels cannot be split into {parts} equal groups")
    return total // parts


def conv_bn(c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution without bias, then batch norm. (N, c_in, H, W) -> (N, c_out, ceil(H/stride), ceil(W/stride)).

    Zero padding keeps the size at stride 1, so `kernel` must be odd. ValueError unless `groups` divides both widths.
    """
    whole(kernel=kernel, stride=stride)
    if kernel % 2 == 0:
        raise ValueError(f"kernel must be odd, so that padding can keep the size; got {kernel}")
    divide(c_in, groups, "input of a grouped convolution")
    divide(c_out, groups, "output of a grouped convolution")
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(c_out),
    )


def round_channels(value: float, divisor: int = 8) -> int:
    """The MobileNet rule for scaled widths: the nearest multiple of `divisor` that is at least 90 % of `value`.

    A half is rounded up: 12 becomes 16, and so does 11, since 8 would lose more than a tenth.
    """
    whole(divisor=divisor)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 2**53:
        raise ValueError(f"a width to round must be a number above 0 and below 2**53, got {value!r}")
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded if rounded >= 0.9 * value else rounded + divisor


class SqueezeExcite(nn.Module):
    """Squeeze-and-excitation, arXiv:1709.01507, Figure 1. (N, channels, H, W) -> (N, channels, H, W).

    Each channel's mean over the map goes through two pointwise layers with biases, `channels` to `c_squeeze`
    and back; what `gate` makes of the result (between 0 and 1) multiplies the channel.
    """

    def __init__(
        self, channels: int, c_squeeze: int,
        gate: Callable[[Tensor], Tensor] = torch.sigmoid,
        activation: Callable[[Tensor], Tensor] = torch.relu,
    ):
        super().__init__()
        whole(channels=channels, c_squeeze=c_squeeze)
        for what, function in (("gate", gate), ("activation", activation)):
            if not callable(function):
                raise ValueError(f"{what} must be a function of a tensor, such as torch.sigmoid, got {function!r}")
        self.squeeze = nn.Conv2d(channels, c_squeeze, 1)
        self.expand = nn.Conv2d(c_squeeze, channels, 1)
        self.gate, self.activation = gate, activation

    def forward(self, x: Tensor) -> Tensor:
        y = x.mean(dim=(2, 3), keepdim=True)
        y = self.activation(self.squeeze(y))
        return x * self.gate(self.expand(y))
