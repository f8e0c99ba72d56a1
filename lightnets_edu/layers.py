"""The few pieces that every network shares."""

from torch import nn


def divide(total: int, parts: int, what: str) -> int:
    """Exact division of channels, or ValueError naming `what`: channels are never truncated."""
    if parts < 1 or total < 1:
        raise ValueError(f"{what}: both numbers must be at least 1, got {total} channels and {parts} groups")
    if total % parts:
        raise ValueError(f"{what}: {total} channels cannot be split into {parts} equal groups")
    return total // parts


def conv_bn(c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution without bias, then batch norm. (N, c_in, H, W) -> (N, c_out, ceil(H/stride), ceil(W/stride)).

    Zero padding keeps the size at stride 1, so `kernel` must be odd. ValueError unless `groups` divides both widths.
    """
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"kernel must be odd, so that padding can keep the size; got {kernel}")
    divide(c_in, groups, "input of a grouped convolution")
    divide(c_out, groups, "output of a grouped convolution")
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(c_out),
    )
