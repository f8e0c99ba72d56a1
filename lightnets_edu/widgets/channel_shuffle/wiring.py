"""Which inputs an output reaches through grouped convolutions and the shuffle between them, asked of real modules."""

import copy
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

MOST = 16
PAIRS = tuple((c, g) for c in range(2, MOST + 1) for g in range(1, c + 1) if c % g == 0)

Shuffle = Callable[[Tensor], Tensor]


class Wiring(NamedTuple):
    """The channel at each place after the shuffle, and the groups of the convolutions before and behind it."""

    order: tuple[int, ...]
    first: int
    second: int


class Pieces(NamedTuple):
    """What the picture is made of: groups of the two pointwise convolutions, and the shuffle between them."""

    first_groups: int
    shuffle: Shuffle
    second_groups: int


def pieces_of_function(shuffle: Callable[[Tensor, int], Tensor], g: int) -> Pieces:
    """Two convolutions with `g` groups and the shuffle given."""
    return Pieces(g, lambda x: shuffle(x, g), g)


def pieces_of_unit(unit: nn.Module) -> Pieces:
    """A ShuffleUnit's own groups, and whatever its forward does to channels between `reduce` and `expand`.

    The picture's convolutions are as wide as the bottleneck: which group feeds which does not depend on widths.
    """

    twin: Any = copy.deepcopy(unit).float().cpu().eval()    # Any: its layers are found by their names
    state: dict[str, Tensor] = {}
    twin.reduce.register_forward_hook(lambda *_: state["sent"])
    twin.depthwise.register_forward_hook(lambda _module, inputs, _output: inputs[0])
    twin.expand.register_forward_pre_hook(lambda _module, inputs: state.update(arrived=inputs[0]))

    def shuffle(x: Tensor) -> Tensor:
        state.clear()
        state["sent"] = x
        height, width = (twin.stride * size for size in x.shape[2:])
        twin(torch.zeros(len(x), twin.reduce[0].in_channels, height, width))
        return state["arrived"]

    return Pieces(twin.reduce[0].groups, shuffle, twin.expand[0].groups)


def permutation(shuffle: Shuffle, c: int) -> tuple[int, ...]:
    """Where each channel comes from, found by sending 1, 2, ... c through `shuffle`. ValueError if one gets lost."""
    numbered = torch.arange(1.0, c + 1).reshape(1, c, 1, 1).expand(1, c, 2, 2).contiguous()
    y = shuffle(numbered.clone())
    if not isinstance(y, Tensor) or y.shape != numbered.shape:
        got = f"shape {tuple(y.shape)}" if isinstance(y, Tensor) else type(y).__name__
        raise ValueError(f"the shuffle must keep the shape {tuple(numbered.shape)}, got {got}")
    sources = y.detach()[0, :, 0, 0]
    whole = bool((y == sources.reshape(1, c, 1, 1)).all())
    if not whole or sorted(sources.tolist()) != list(range(1, c + 1)):
        raise ValueError(f"the shuffle of {c} channels must bring each channel to one place; got {sources.tolist()}")
    return tuple(int(s) - 1 for s in sources)


def wirings(pieces: Pieces, c: int) -> dict[str, Wiring]:
    """What the pieces do with `c` channels, "paper", and the same with the shuffle undone in its place, "inverse"."""
    order = permutation(pieces.shuffle, c)
    undone = tuple(order.index(i) for i in range(c))
    ends = (pieces.first_groups, pieces.second_groups)
    return {"paper": Wiring(order, *ends), "inverse": Wiring(undone, *ends)}


def pointwise(c: int, groups: int) -> nn.Conv2d:
    """A grouped 1x1 convolution whose every weight counts."""
    conv = nn.Conv2d(c, c, 1, groups=groups, bias=False)
    nn.init.ones_(conv.weight)
    return conv


@functools.lru_cache(maxsize=1024)
def reach(wiring: Wiring, layers: int = 2) -> tuple[tuple[int, ...], ...]:
    """For each output channel the inputs with a gradient: row i of one batch asks about output i.

    Behind the first layer each one has the shuffle before it, and the groups of the second.
    """
    order, first, second = wiring
    c = len(order)
    x = torch.ones(c, c, 1, 1, requires_grad=True)
    y = pointwise(c, first)(x)
    for _ in range(layers - 1):
        y = pointwise(c, second)(y[:, list(order)])
    (gradient,) = torch.autograd.grad(y.flatten(1).diagonal().sum(), x)
    return tuple(tuple(i for i, used in enumerate(row) if used) for row in (gradient.flatten(1) != 0).tolist())
