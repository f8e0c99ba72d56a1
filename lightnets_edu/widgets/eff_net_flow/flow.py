"""A block as a chain of maps: which rows and columns of a map the next one reads, by gradients of the real block."""

import copy
import functools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

SIDE = 8         # of the third block of Table 1
MOST = (6, 16)   # maps, and pixels along a side, that have room
WIDTH = 8        # which pixel reads which does not depend on the number of channels
DRAWS = 8        # images: a pool reads one pixel of a channel here and another there, a ReLU stops what is negative
LAST = ("2x1", "1x2")    # how EffNet's last layer may be read
LAYERS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
EFFNET = ("c_in", *4 * ("c_mid",), "c_out")    # the widths of its six maps
MOBILENET = ("c_in", "c_in", "c_out")


class Map(NamedTuple):
    """The map that a layer gives: what the layer is, the map's size, its channels, or the name of the trait that has
    them; and for each of its rows and columns those that it reads of the map before."""

    kind: str
    kernel: list[int]
    stride: list[int]
    size: list[int]
    channels: int | str
    rows: list[list[int]]
    columns: list[list[int]]


def effnet(last: str) -> tuple[Map, ...]:
    """The block of EffNet with one reading of its last layer."""
    return _named(_default(last), EFFNET)


def mobilenet() -> tuple[Map, ...]:
    """The block of MobileNet V1 that shrinks a map."""
    return _named(_default("mobilenet"), MOBILENET)


def pair(c_in: int, c_out: int) -> nn.Module:
    """MobileNet V1's two layers with stride 2."""
    from lightnets_edu.models.mobilenet_v1 import DepthwiseSeparable

    return DepthwiseSeparable(c_in, c_out, 2)


@functools.cache
def _default(name: str) -> tuple[Map, ...]:
    from lightnets_edu.models.effnet import EffNetBlock

    with torch.random.fork_rng(devices=()):    # a reader's own draws stay what they were
        torch.manual_seed(0)
        block = EffNetBlock(WIDTH, WIDTH, WIDTH, name) if name in LAST else pair(WIDTH, WIDTH)
    return trace(block, (1, WIDTH, SIDE, SIDE))


def _named(maps: Sequence[Map], names: Sequence[str]) -> tuple[Map, ...]:
    return tuple(one._replace(channels=name) for one, name in zip(maps, names, strict=True))


def trace(block: nn.Module, shape: Sequence[int]) -> tuple[Map, ...]:
    """The maps of a block on one image of `shape` (1, c_in, H, W), input first; the block stays as it is.

    Its steps are its own modules that hold a convolution or a pool, in the order in which they run; what lies between
    them belongs to the next. ValueError for a shape that does not fit or has no room, for a block with no such step or
    too many, and where gradients do not follow one chain of maps.
    """
    if not isinstance(block, nn.Module):
        raise ValueError(f"expected a block (an nn.Module instance), got {type(block).__name__}")
    if len(shape) != 4 or shape[0] != 1 or max(shape[2:]) > MOST[1]:
        wanted = f"that of one image with sides of at most {MOST[1]}, such as (1, 64, 8, 8)"
        raise ValueError(f"shape must be {wanted}; got {tuple(shape)}")
    twin = copy.deepcopy(block).float().cpu().eval()
    x = torch.randn(DRAWS, *shape[1:], generator=torch.Generator().manual_seed(1)).requires_grad_()
    ran: list[tuple[nn.Module, Tensor]] = []
    for part in _steps(twin):
        part.register_forward_hook(lambda module, _inputs, output: ran.append((module, output)))
    try:
        with torch.enable_grad():
            y = twin(x)
    except RuntimeError as error:
        raise ValueError(f"{type(block).__name__} cannot take an input of shape {tuple(shape)}: {error}") from error
    if not 0 < len(ran) < MOST[0]:
        raise ValueError(f"there is room for 1 to {MOST[0] - 1} layers; {type(block).__name__} has {len(ran)}")
    tensors = [x, *(output for _, output in ran[:-1]), y]
    if any(tensor.ndim != 4 for tensor in tensors):
        raise ValueError(f"{type(block).__name__} gives something else than maps (N, C, H, W)")
    maps = [Map("input", [], [], list(x.shape[2:]), x.shape[1], [], [])]
    for (module, _), before, after in zip(ran, tensors, tensors[1:], strict=False):
        across = (reads(after, before, axis) for axis in (2, 3))
        maps.append(Map(*_words(module), list(after.shape[2:]), after.shape[1], *across))
    for i, tensor in enumerate(tensors[:-1]):
        rows, columns = (used(maps, i, axis) for axis in ("rows", "columns"))
        found = _gradient(y, tensor).amax((0, 1)) > 0
        chain = torch.zeros_like(found)
        chain[[[row] for row in rows], columns] = True
        if not torch.equal(found, chain):
            raise ValueError(f"{type(block).__name__} is no chain of maps: its output reads map {i} in another way too")
    return tuple(maps)


def _steps(block: nn.Module) -> Iterator[nn.Module]:
    """The modules that make a map from a map: the block's own, or the block itself."""
    if not isinstance(block, LAYERS):
        yield from (part for part in block.children() if any(isinstance(one, LAYERS) for one in part.modules()))
    else:
        yield block


def _words(module: nn.Module) -> tuple[str, list[int], list[int]]:
    """Kind, kernel and stride of the first layer in a step."""
    layer: Any = next(one for one in module.modules() if isinstance(one, LAYERS))
    sizes = (layer.kernel_size, layer.stride)
    kernel, stride = (list(size) if isinstance(size, tuple) else [size, size] for size in sizes)
    if not isinstance(layer, nn.Conv2d):
        return "pool", kernel, stride
    return "depthwise" if layer.groups == layer.in_channels > 1 else "conv", kernel, stride


def _gradient(y: Tensor, x: Tensor) -> Tensor:
    """How strongly a sum of outputs, each with a sign and size of its own, depends on each input."""
    seed = torch.randn(y.shape, generator=torch.Generator().manual_seed(2))
    (found,) = torch.autograd.grad((y * seed).sum(), x, retain_graph=True, allow_unused=True)
    return torch.zeros_like(x) if found is None else found.abs()


def reads(y: Tensor, x: Tensor, axis: int) -> list[list[int]]:
    """For each index of y along an axis the indices of x with a gradient."""
    others = tuple(i for i in range(4) if i != axis)
    lines = (_gradient(y.narrow(axis, i, 1), x).amax(others) for i in range(y.shape[axis]))
    return [[i for i, strength in enumerate(line.tolist()) if strength > 0] for line in lines]


def used(maps: Sequence[Map], i: int, axis: str, last: int = -1) -> list[int]:
    """The rows or columns of map i that map `last` reads, through those between."""
    last %= len(maps)
    found = set(range(maps[last].size[axis == "columns"]))
    for one in reversed(maps[i + 1 : last + 1]):
        found = {index for own in found for index in getattr(one, axis)[own]}
    return sorted(found)


def unread(maps: Sequence[Map], i: int, last: int = -1) -> int:
    """The pixels of map i that map `last` does not read."""
    height, width = maps[i].size
    return height * width - len(used(maps, i, "rows", last)) * len(used(maps, i, "columns", last))
