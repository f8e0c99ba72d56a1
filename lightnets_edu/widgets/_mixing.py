"""Which inputs an output reaches through two grouped convolutions and a shuffle, asked of real modules.

Sets of channels are bit masks: bit 3 of a number is channel 3.
"""

import copy
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

CHANNELS = (6, 8, 12, 16, 24)
PAIRS = tuple((c, g) for c in CHANNELS for g in range(1, c) if c % g == 0)

Shuffle = Callable[[Tensor], Tensor]


class Pieces(NamedTuple):
    """What the picture is made of: groups of the two pointwise convolutions, and the shuffle between them."""

    first_groups: int
    shuffle: Shuffle
    second_groups: int


def pieces_of_function(shuffle: Callable[[Tensor, int], Tensor], c: int, g: int) -> Pieces:
    """Two convolutions with `g` groups and the shuffle given."""
    return Pieces(g, lambda x: shuffle(x, g), g)


def pieces_of_unit(unit: nn.Module) -> Pieces:
    """A ShuffleUnit's own groups, and whatever its forward does to channels between `reduce` and `expand`.

    The picture's convolutions are as wide as the bottleneck: which group feeds which does not depend on widths.
    """

    twin = copy.deepcopy(unit).float().cpu().eval()
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

    return Pieces(unit.reduce[0].groups, shuffle, unit.expand[0].groups)


def permutation(shuffle: Shuffle, c: int) -> list[int]:
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
    return [int(s) - 1 for s in sources]


def reach(network: Callable[[Tensor], Tensor], c: int) -> list[int]:
    """For each output channel the mask of inputs with a gradient: row i of one batch asks about output i."""
    x = torch.ones(c, c, 1, 1, requires_grad=True)
    (gradient,) = torch.autograd.grad(network(x).flatten(1).diagonal().sum(), x)
    return [sum(1 << i for i, used in enumerate(row) if used) for row in (gradient.flatten(1) != 0).tolist()]


def pointwise(c: int, groups: int) -> nn.Conv2d:
    """A grouped 1x1 convolution whose every weight counts."""
    conv = nn.Conv2d(c, c, 1, groups=groups, bias=False)
    nn.init.ones_(conv.weight)
    return conv


def table(pieces: Pieces, c: int) -> dict[str, list[int]]:
    """Everything that the picture of `c` channels indexes: the permutation, and masks of inputs by output."""
    first, second = pointwise(c, pieces.first_groups), pointwise(c, pieces.second_groups)
    return {
        "permutation": permutation(pieces.shuffle, c),
        "first": reach(first, c),
        "second": reach(second, c),
        "plain": reach(lambda x: second(first(x)), c),
        "shuffled": reach(lambda x: second(pieces.shuffle(first(x))), c),
    }
