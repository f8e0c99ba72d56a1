"""A copy of a block, as one may find it, held against the block: the same weights, the same outputs?"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


def same_output(copy: nn.Module, block: nn.Module, x: Tensor, names: Mapping[str, str]) -> bool:
    """Do both give the same output, to 1e-5, for x when the copy holds the block's weights?

    `names` tells what the copy calls the modules of the block that hold weights. Both are put into evaluation mode.
    KeyError for a module of the block that is not named, RuntimeError where its weights do not fit.
    """
    state: dict[str, Any] = {}
    for name, value in block.state_dict().items():
        place, _, rest = name.rpartition(".")
        state[f"{names[place]}.{rest}"] = value
    copy.load_state_dict(state)
    with torch.no_grad():
        expected = block.eval()(x.clone())
        return torch.allclose(copy.eval()(x.clone()), expected, atol=1e-5)


def n_params(module: nn.Module) -> int:
    """How many parameters a module has."""
    return sum(p.numel() for p in module.parameters())
