"""What a network costs: parameters, multiply-adds and memory traffic, by formula and by measurement.

One convention everywhere. A multiply-add of a convolution or a linear layer counts 1, positions over zero padding
included, for one image; bias, batch norm, activations, pooling and additions count 0. Parameters are the learnable
ones. Memory access cost counts elements: input + output + weights of a convolution or linear layer, 0 elsewhere.
"""

import copy
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lightnets_edu.layers import divide

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


def _pair(value: int | Sequence[int], what: str) -> tuple[int, int]:
    """`3` and `(3, 3)` both mean height 3, width 3."""
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) != 2 or not all(isinstance(v, int) and v > 0 for v in pair):
        raise ValueError(f"{what} must be a positive whole number or a pair of them, got {value!r}")
    return pair


def _positive(**sizes: int) -> None:
    for name, value in sizes.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a positive whole number, got {value!r}")


def conv_params(c_in: int, c_out: int, kernel: int | Sequence[int], groups: int = 1, bias: bool = False) -> int:
    """Weights of a convolution: kernel² · c_in/g · c_out, and c_out more with a bias."""
    _positive(c_in=c_in, c_out=c_out, groups=groups)
    divide(c_out, groups, "output of a grouped convolution")
    weights = math.prod(_pair(kernel, "kernel")) * divide(c_in, groups, "input of a grouped convolution") * c_out
    return weights + (c_out if bias else 0)


def conv_macs(
    c_in: int, c_out: int, kernel: int | Sequence[int], out_size: int | Sequence[int], groups: int = 1
) -> int:
    """Multiply-adds of a convolution: each weight once at each of the h · w output positions."""
    return conv_params(c_in, c_out, kernel, groups) * math.prod(_pair(out_size, "out_size"))


def conv_access(
    c_in: int,
    c_out: int,
    kernel: int | Sequence[int],
    in_size: int | Sequence[int],
    out_size: int | Sequence[int],
    groups: int = 1,
) -> int:
    """Memory access cost of a convolution, in elements: input read, output written, weights read."""
    maps = c_in * math.prod(_pair(in_size, "in_size")) + c_out * math.prod(_pair(out_size, "out_size"))
    return maps + conv_params(c_in, c_out, kernel, groups)


def resnet_unit_macs(h: int, w: int, c: int, m: int) -> int:
    """ShuffleNet V1, §3.2: a bottleneck of m channels costs hw(2cm + 9m²)."""
    _positive(h=h, w=w, c=c, m=m)
    return h * w * (2 * c * m + 9 * m * m)


def resnext_unit_macs(h: int, w: int, c: int, m: int, g: int) -> int:
    """ShuffleNet V1, §3.2: with a grouped 3x3, hw(2cm + 9m²/g)."""
    _positive(h=h, w=w, c=c, m=m, g=g)
    return h * w * (2 * c * m + 9 * m * divide(m, g, "bottleneck"))


def shufflenet_unit_macs(h: int, w: int, c: int, m: int, g: int) -> int:
    """ShuffleNet V1, §3.2: with a depthwise 3x3 and grouped pointwise layers, hw(2cm/g + 9m)."""
    _positive(h=h, w=w, c=c, m=m, g=g)
    divide(c, g, "unit")
    return h * w * (2 * c * divide(m, g, "bottleneck") + 9 * m)


class LayerCost(NamedTuple):
    """One call of one layer. `kind` is standard, grouped, depthwise, pointwise, linear, norm or the class's name."""

    name: str
    kind: str
    c_in: int
    c_out: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    groups: int
    out_shape: tuple[int, ...]
    params: int
    macs: int
    access: int


class Total(NamedTuple):
    """Sums over rows: learnable parameters, multiply-adds for one image, memory access cost in elements."""

    params: int
    macs: int
    access: int


def total(rows: Iterable[LayerCost]) -> Total:
    """Add up the rows of `layer_costs`, or any selection of them."""
    rows = list(rows)
    return Total(sum(r.params for r in rows), sum(r.macs for r in rows), sum(r.access for r in rows))


def _kind(layer: nn.Module) -> str:
    if isinstance(layer, CONVOLUTIONS):
        if layer.groups == layer.in_channels > 1:
            return "depthwise"
        if math.prod(layer.kernel_size) == 1:
            return "pointwise"
        return "grouped" if layer.groups > 1 else "standard"
    if isinstance(layer, nn.Linear):
        return "linear"
    return "norm" if isinstance(layer, nn.modules.batchnorm._NormBase) else type(layer).__name__


def _row(name: str, layer: nn.Module, x: Tensor | None, y: Tensor | None, params: int) -> LayerCost:
    """The cost of one call that turned `x` into `y`; both None for a module that the network never calls."""
    kernel, stride, groups, macs, access = (), (), 1, 0, 0
    c_in, c_out = (t.shape[1] if isinstance(t, Tensor) and t.ndim > 1 else 0 for t in (x, y))
    if isinstance(layer, CONVOLUTIONS):
        kernel, stride, groups = layer.kernel_size, layer.stride, layer.groups
        c_in, c_out = layer.in_channels, layer.out_channels
    elif isinstance(layer, nn.Linear):
        c_in, c_out = layer.in_features, layer.out_features
    if y is not None and isinstance(layer, (*CONVOLUTIONS, nn.Linear)):
        weights = layer.weight.numel()
        macs = y.numel() // c_out * weights
        access = x.numel() + y.numel() + weights
    shape = tuple(y.shape) if isinstance(y, Tensor) else ()
    return LayerCost(name, _kind(layer), c_in, c_out, kernel, stride, groups, shape, params, macs, access)


def _meta_copy(model: nn.Module) -> nn.Module:
    """A copy without values, hooks or memory of its own, in evaluation mode; `model` stays as it is."""
    memo: dict[int, object] = {}
    for module in model.modules():
        for value in (*module._parameters.values(), *module._buffers.values(), *vars(module).values()):
            if isinstance(value, nn.parameter.UninitializedTensorMixin):
                raise ValueError("the model has lazy layers whose size is not known yet: run it once, then count")
            if isinstance(value, Tensor):
                meta = value.detach().to("meta")
                memo[id(value)] = nn.Parameter(meta, value.requires_grad) if isinstance(value, nn.Parameter) else meta
    twin = copy.deepcopy(model, memo)
    for module in twin.modules():
        module._forward_hooks.clear()
        module._forward_pre_hooks.clear()
    return twin.eval()


def layer_costs(model: nn.Module, shape: Sequence[int]) -> list[LayerCost]:
    """Measure every layer on an input of `shape`, batch axis included: `layer_costs(net, (1, 3, 224, 224))`.

    One row per call of a layer that holds parameters, in order. A layer called twice costs its multiply-adds twice and
    its parameters once. Runs on the meta device, so nothing is computed, and leaves `model` untouched.
    ValueError where the shape does not fit, or where the model multiplies outside convolutions and linear layers.
    """
    if not isinstance(model, nn.Module):
        raise ValueError(f"expected a network (an nn.Module instance), got {type(model).__name__}")
    shape = tuple(shape)
    if len(shape) < 2 or shape[0] != 1 or not all(isinstance(s, int) and s > 0 for s in shape):
        raise ValueError(f"shape must be that of one image with its batch axis, such as (1, 3, 224, 224); got {shape}")
    twin, rows, counted = _meta_copy(model), [], set()

    def new_parameters(layer: nn.Module) -> int:
        fresh = {id(p): p.numel() for p in layer._parameters.values() if p is not None and id(p) not in counted}
        counted.update(fresh)
        return sum(fresh.values())

    def record(layer: nn.Module, inputs: tuple, output: Tensor) -> None:
        rows.append(_row(names[layer], layer, inputs[0] if inputs else None, output, new_parameters(layer)))

    names = {m: name for name, m in twin.named_modules() if any(p is not None for p in m._parameters.values())}
    for layer in names:
        layer.register_forward_hook(record)
    dtype = next((p.dtype for p in twin.parameters() if p.is_floating_point()), torch.float32)
    with torch.no_grad(), FlopCounterMode(display=False) as flops:
        try:
            twin(torch.empty(shape, dtype=dtype, device="meta"))
        except Exception as error:
            raise ValueError(f"{type(model).__name__} cannot take an input of shape {shape}: {error}") from error
    for layer, name in names.items():
        if unused := new_parameters(layer):
            rows.append(_row(name, layer, None, None, unused))
    counted_macs, all_macs = sum(r.macs for r in rows), flops.get_total_flops() // 2
    if counted_macs != all_macs:
        raise ValueError(
            f"the layers account for {counted_macs:,} multiply-adds but the model does {all_macs:,}: "
            "some are outside nn.Conv and nn.Linear layers, where they cannot be given a row"
        )
    return rows
