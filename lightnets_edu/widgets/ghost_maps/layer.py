"""A real layer and an image, made ready for the figure: its maps in whole numbers, its input as a small picture."""

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.parameter import is_lazy

from lightnets_edu.widgets.ghost_maps.ghosts import SHARES, TOP

MOST_MAPS, MOST_SIZE = 16, 24
LEVELS = "048bf"    # of a colour of the picture


class Layer(NamedTuple):
    """What a layer makes of an image; `pooled` is the side of the squares whose means are shown, in its own pixels."""

    maps: Tensor       # C × H × W, whole numbers from -TOP to TOP, of each map the largest TOP
    picture: list[list[str]]
    c_in: int
    c_out: int
    kernel: int
    clipped: bool
    pooled: int


def measure(layer: nn.Module, image: Tensor) -> Layer:
    """The layer in float64 on an image (1, c_in, H, W) or (c_in, H, W); at most 16 maps of at most 24 × 24 are kept.

    The layer is one ordinary convolution, groups 1 and a square kernel, with what stands behind it: batch norm, an
    activation. ValueError for any other, and for an image that it cannot take.
    """
    conv = _convolution(layer)
    if not isinstance(image, Tensor):
        raise ValueError(f"the image must be a tensor (1, {conv.in_channels}, H, W); got {type(image).__name__}")
    x = image.detach()[None] if image.ndim == 3 else image.detach()
    if x.ndim != 4 or x.shape[0] != 1 or x.shape[1] != conv.in_channels or x.is_complex():
        raise ValueError(f"the image must be real and (1, {conv.in_channels}, H, W); got shape {tuple(image.shape)}")
    try:
        twin, x = copy.deepcopy(layer).double().cpu().eval(), x.double().cpu()
        with torch.no_grad():
            y = twin(x.clone())
    except Exception as error:
        raise ValueError(f"{type(layer).__name__} cannot take an image {tuple(x.shape)} in float64: {error}") from error
    if not isinstance(y, Tensor) or y.ndim != 4 or y.shape[:2] != (1, conv.out_channels):
        got = f"shape {tuple(y.shape)}" if isinstance(y, Tensor) else type(y).__name__
        raise ValueError(f"the layer must give maps (1, {conv.out_channels}, H, W); got {got}")
    if not bool(y.isfinite().all()) or not bool(x.isfinite().all()):
        raise ValueError("image and maps must be finite numbers; got infinity or NaN")
    shown, side = _small(y[:, :MOST_MAPS])
    if min(shown.shape[2:]) < 4:
        raise ValueError(f"the maps must be 4 × 4 pixels or more; got {y.shape[2]} × {y.shape[3]}")
    clipped = bool((y >= 0).all())
    kernel = int(conv.kernel_size[0])
    return Layer(_whole(shown[0]), picture(_small(x)[0][0]), x.shape[1], y.shape[1], kernel, clipped, side)


def picture(image: Tensor) -> list[list[str]]:
    """An image (C, H, W) as rows of colours like "#48f": one of one or three channels, "" of any other."""
    if len(image) not in (1, 3):
        return []
    low, high = image.min(), image.max()
    levels = ((image - low) / (high - low).clamp(min=1e-12) * (len(LEVELS) - 1) + 1e-6).round().to(torch.int64)
    colours = levels.expand(3, -1, -1).permute(1, 2, 0).tolist()
    return [["#" + "".join(LEVELS[level] for level in pixel) for pixel in row] for row in colours]


def _convolution(layer: nn.Module) -> nn.Conv2d:
    if not isinstance(layer, nn.Module):
        raise ValueError(f"expected a convolution, nn.Conv2d, or a layer with one; got {type(layer).__name__}")
    found = [module for module in layer.modules() if isinstance(module, nn.Conv2d)]
    if len(found) != 1:
        raise ValueError(f"expected a layer with one nn.Conv2d; got {type(layer).__name__} with {len(found)}")
    conv = found[0]
    if is_lazy(conv.weight):
        raise ValueError("the convolution is lazy and has no size yet: run it once first")
    if conv.groups != 1 or conv.kernel_size[0] != conv.kernel_size[1]:
        has = f"{conv.groups} groups and a kernel of {conv.kernel_size[0]} × {conv.kernel_size[1]}"
        raise ValueError(f"the convolution must have one group and a square kernel; it has {has}")
    if conv.out_channels < SHARES[-1]:
        raise ValueError(f"the layer must make {SHARES[-1]} maps or more; got {conv.out_channels}")
    return conv


def _small(maps: Tensor) -> tuple[Tensor, int]:
    """Means over squares, where a side is longer than is shown; and the side of a square."""
    side = -(-max(maps.shape[2:]) // MOST_SIZE)
    return (functional.avg_pool2d(maps, side) if side > 1 else maps), side


def _whole(maps: Tensor) -> Tensor:
    """Each map on its own scale: whole numbers, the one farthest from zero `TOP`; a map of zeros stays one."""
    most = maps.abs().amax((1, 2), keepdim=True)
    return (maps / torch.where(most > 0, most, 1) * TOP + 1e-6).round() + 0.0
