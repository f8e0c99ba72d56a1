"""The few pieces that every network shares."""

from collections.abc import Callable, Iterable
from numbers import Integral, Real

import torch
from torch import Tensor, fx, nn


def _is_whole(value: object) -> bool:
    """A whole number from 1 up, Python's or numpy's."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1


def whole(**sizes: object) -> None:
    """ValueError naming the first of `sizes` that is no whole number from 1 up."""
    for name, value in sizes.items():
        if not _is_whole(value):
            raise ValueError(f"{name} must be a whole number from 1 up, got {value!r}")


def one_of(value: object, accepted: Iterable[object], what: str) -> None:
    """ValueError naming `what` unless `value` is one of `accepted`. A whole number may stand for 1.0, not 1.0 for 1."""
    choices = tuple(accepted)
    for choice in choices:
        alike = isinstance(value, (type(choice), Integral)) and isinstance(value, bool) == isinstance(choice, bool)
        if alike and value == choice:
            return
    raise ValueError(f"{what} must be one of {', '.join(map(str, choices))}, got {value!r}")


def _written_down(*values: object) -> bool:
    """Is a network being written down (torch.fx, torch.jit.trace, torch.export), where sizes are names, no numbers?"""
    exporting = getattr(torch.compiler, "is_exporting", bool)    # torch 2.7
    tracing = torch._C._get_tracing_state() is not None
    return tracing or exporting() or any(isinstance(value, fx.Proxy) for value in values)


def check_map(x: Tensor, what: str) -> None:
    """ValueError naming `what` unless `x` has the four axes (N, C, H, W)."""
    if not _written_down(x) and x.ndim != 4:
        raise ValueError(f"{what}: expected a tensor (N, C, H, W), got shape {tuple(x.shape)}")


def check_image(x: object, smallest: int = 1, channels: int = 3, size: int | None = None) -> None:
    """ValueError unless `x` holds images (N, channels, H, W) of floating-point numbers.

    H and W must be `smallest` or more, or both equal to `size`. While a network is written down, nothing is checked.
    """
    if _written_down(x):
        return
    if not isinstance(x, torch.Tensor) or x.ndim != 4 or x.shape[1] != channels:
        got = f"shape {tuple(x.shape)}" if isinstance(x, torch.Tensor) else type(x).__name__
        raise ValueError(f"expected images (N, {channels}, H, W), got {got}")
    if not x.is_floating_point():
        raise ValueError(f"expected images of floating-point numbers, got {x.dtype}")
    h, w = x.shape[2:]
    if size is not None and (h != size or w != size):
        raise ValueError(f"images must be {size} × {size}, got {h} × {w}")
    if h < smallest or w < smallest:
        raise ValueError(f"images must be at least {smallest} × {smallest}, got {h} × {w}")


def divide(total: int, parts: int, what: str) -> int:
    """Exact division of channels, or ValueError naming `what`: channels are never truncated."""
    if _written_down(total, parts):
        return total // parts
    if not (_is_whole(total) and _is_whole(parts)):
        raise ValueError(f"{what}: both must be whole numbers from 1 up, got {total!r} channels and {parts!r} groups")
    if total % parts:
        raise ValueError(f"{what}: {total} channels cannot be split into {parts} equal groups")
    return int(total) // int(parts)


def conv_bn(c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution without bias, then batch norm. (N, c_in, H, W) -> (N, c_out, ceil(H/stride), ceil(W/stride)).

    Zero padding keeps the size at stride 1, so `kernel` must be odd. ValueError unless `groups` divides both widths.
    """
    whole(kernel=kernel, stride=stride)
    if kernel % 2 == 0:
        raise ValueError(f"kernel must be odd, so that padding can keep the size; got {kernel}")
    divide(c_in, groups, "input of a grouped convolution")
    divide(c_out, groups, "output of a grouped convolution")
    c_in, c_out, kernel, stride, groups = map(int, (c_in, c_out, kernel, stride, groups))
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(c_out),
    )


@torch.no_grad()
def initialise(net: nn.Module, gain: float = 2.0) -> None:
    """He's initialisation (2015, arXiv:1502.01852) of every convolution of `net`, biases aside: a variance of gain/n.

    `gain` is 2 for a convolution with ReLU behind it; less on average where some have none, or where sums grow from
    block to block. PyTorch draws uniformly within 1/√n, n being a filter's inputs, a variance of 1/3n: without more,
    a layer and its ReLU keep a sixth of a signal's variance, and a fresh network's scores are those of its biases.
    """
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            layer.weight.mul_((3 * gain) ** 0.5)


def round_channels(value: float, divisor: int = 8) -> int:
    """The MobileNet rule for scaled widths: the nearest multiple of `divisor` that is at least 90 % of `value`.

    A half is rounded up: 12 becomes 16, and so does 11, since 8 would lose more than a tenth.
    """
    whole(divisor=divisor)
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < value < 2**53:
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
