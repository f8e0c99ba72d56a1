"""A real convolution and an image, taken apart for the figure of a sliding window."""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from lightnets_edu.widgets.sliding_convolution.layer import LARGEST, PADDINGS, STRIDES, Module, Settings, made, plain

MOST_CHANNELS, MOST_SIZE = 4, 12


def module_of(conv: nn.Module, image: Tensor) -> Module:
    """The numbers of a convolution and an image in float64; its outputs too, where its weights give others.

    ValueError where the figure cannot draw them.
    """
    kind, kernel, stride, padding = _settings(conv)
    twin, x = _ready(conv, image, max(1, kernel - 2 * padding))
    planes, weights, bias = plain(x[0]), plain(twin.weight), [] if twin.bias is None else plain(twin.bias)
    formula = made(len(planes), weights, bias, stride, padding)(x)
    try:
        with torch.no_grad():
            y = twin(x.clone())
    except Exception as error:
        raise ValueError(f"{type(conv).__name__} cannot take an image {tuple(x.shape)} in float64: {error}") from error
    if not isinstance(y, Tensor) or y.shape != formula.shape:
        got = f"shape {tuple(y.shape)}" if isinstance(y, Tensor) else type(y).__name__
        raise ValueError(f"the module must give the shape of its formula, {tuple(formula.shape)}; got {got}")
    y = y.double().cpu()
    if not bool(y.isfinite().all()):
        raise ValueError("the module must give finite numbers; got infinity or NaN")
    near = float(formula.abs().max()) * 1e-9
    given, same = plain(y[0]), torch.allclose(y, formula, rtol=1e-9, atol=near)
    return Module(planes, weights, bias, [] if same else given, Settings(kind, kernel, stride, padding))


def _settings(conv: nn.Module) -> tuple[str, int, int, int]:
    """Kind, kernel, stride and padding of a convolution that fits the figure."""
    if not isinstance(conv, nn.Conv2d):
        raise ValueError(f"expected an nn.Conv2d, got {type(conv).__name__}")
    if is_lazy(conv.weight):
        raise ValueError("the convolution is lazy and has no size yet: run it once first")
    c_in, c_out, groups = conv.in_channels, conv.out_channels, conv.groups
    if max(c_in, c_out) > MOST_CHANNELS:
        raise ValueError(f"channels must be at most {MOST_CHANNELS} each way; got {c_in} in and {c_out} out")
    if groups not in (1, c_in):
        raise ValueError(f"groups must be 1 (standard, pointwise) or {c_in} (depthwise); got {groups}")
    if conv.padding_mode != "zeros":
        raise ValueError(f"padding must be with zeros; got padding_mode {conv.padding_mode!r}")
    if tuple(conv.dilation) != (1, 1):
        raise ValueError(f"dilation must be 1; got {tuple(conv.dilation)}")
    kernel = _square("kernel", conv.kernel_size, tuple(range(1, LARGEST + 1)))
    kind = "depthwise" if groups == c_in > 1 else "pointwise" if kernel == 1 else "standard"
    return kind, kernel, _square("stride", conv.stride, STRIDES), _padding(conv.padding, kernel)


def _padding(padding: Any, kernel: int) -> int:
    if padding == "same" and kernel % 2 == 0:
        raise ValueError(f"padding must be the same on all sides; 'same' with kernel {kernel} pads two sides only")
    named = {"valid": (0, 0), "same": (kernel // 2, kernel // 2)}
    return _square("padding", named[padding] if isinstance(padding, str) else padding, PADDINGS)


def _square(what: str, pair: tuple[int, ...], offered: tuple[int, ...]) -> int:
    if pair[0] != pair[1] or pair[0] not in offered:
        words = ", ".join(map(str, offered))
        raise ValueError(f"{what} must be one of {words}, the same for height and width; got {tuple(pair)}")
    return pair[0]


def _ready(conv: nn.Module, image: Tensor, least: int) -> tuple[Any, Tensor]:
    """A copy of the module in float64, and the image as its batch of one; nothing of the caller's is touched."""
    c: Any = conv.in_channels
    accepted = f"({c}, H, W) or (1, {c}, H, W) with H and W {least} to {MOST_SIZE}"
    if not isinstance(image, Tensor):
        raise ValueError(f"the image must be a tensor {accepted}; got {type(image).__name__}")
    x = image.detach()[None] if image.ndim == 3 else image.detach()
    fits = x.ndim == 4 and x.shape[:2] == (1, c) and all(least <= n <= MOST_SIZE for n in x.shape[2:])
    if not fits or x.is_complex():
        raise ValueError(f"the image must be real and {accepted}; got shape {tuple(image.shape)}, {image.dtype}")
    try:
        twin: Any = copy.deepcopy(conv).double().cpu().eval()    # Any: a weight may be made anew at each use
        x = x.double().cpu()
        finite = all(bool(t.isfinite().all()) for t in (x, twin.weight, twin.bias) if t is not None)
    except (RuntimeError, NotImplementedError) as error:
        raise ValueError(f"{type(conv).__name__} and image must hold values that can be copied: {error}") from error
    if not finite or twin.weight.is_complex():
        raise ValueError("weights and image must be finite real numbers")
    return twin, x
