"""What a network costs: parameters, multiply-adds and memory traffic, by formula and by measurement.

One convention everywhere. A multiply-add of a convolution or a linear layer counts 1, positions over zero padding
included, for one image; bias, batch norm, activations, pooling and additions count 0. Parameters are the learnable
ones. Memory access counts elements: input + output + weights of a convolution or linear layer, 0 elsewhere.

Multiply-adds are half of what `torch.utils.flop_counter.FlopCounterMode` counts. `torchinfo.summary` differs, and the
tests hold each difference in numbers. It adds the biases of convolutions, at every position, and of linear layers, and
weight and bias of each norm, once; it counts a linear layer once however many positions it is applied to, the
parameters of layers with tied weights once for each, and what is multiplied outside layers not at all.
"""

import copy
import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from lightnets_edu.layers import divide, whole

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
MULTIPLYING = (*CONVOLUTIONS, nn.Linear)


def _pair(value: int | Sequence[int], what: str) -> tuple[int, int]:
    """`3` and `(3, 3)` both mean height 3, width 3."""
    try:
        h, w = value if isinstance(value, Iterable) else (value, value)
        whole(height=h, width=w)
    except (TypeError, ValueError):
        message = f"{what} must be a positive whole number or a pair of them, got {value!r}"
        raise ValueError(message) from None
    return int(h), int(w)


def _positive(**sizes: int) -> list[int]:
    """The sizes as Python's whole numbers, which never overflow."""
    for name, value in sizes.items():
        try:
            whole(size=value)
        except ValueError:
            raise ValueError(f"{name} must be a positive whole number, got {value!r}") from None
    return [int(size) for size in sizes.values()]


def conv_params(c_in: int, c_out: int, kernel: int | Sequence[int], groups: int = 1, bias: bool = False) -> int:
    """Weights of a convolution: kernel² · c_in/g · c_out, and c_out more with a bias."""
    c_in, c_out, groups = _positive(c_in=c_in, c_out=c_out, groups=groups)
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
    """Memory access of a convolution, in elements: input read, output written, weights read."""
    c_in, c_out = _positive(c_in=c_in, c_out=c_out)
    maps = c_in * math.prod(_pair(in_size, "in_size")) + c_out * math.prod(_pair(out_size, "out_size"))
    return maps + conv_params(c_in, c_out, kernel, groups)


def resnet_unit_macs(h: int, w: int, c: int, m: int) -> int:
    """ShuffleNet V1, §3.2: a bottleneck of m channels costs hw(2cm + 9m²)."""
    h, w, c, m = _positive(h=h, w=w, c=c, m=m)
    return h * w * (2 * c * m + 9 * m * m)


def resnext_unit_macs(h: int, w: int, c: int, m: int, g: int) -> int:
    """ShuffleNet V1, §3.2: with a grouped 3x3, hw(2cm + 9m²/g)."""
    h, w, c, m, g = _positive(h=h, w=w, c=c, m=m, g=g)
    return h * w * (2 * c * m + 9 * m * divide(m, g, "bottleneck"))


def shufflenet_unit_macs(h: int, w: int, c: int, m: int, g: int) -> int:
    """ShuffleNet V1, §3.2: with a depthwise 3x3 and grouped pointwise layers, hw(2cm/g + 9m)."""
    h, w, c, m, g = _positive(h=h, w=w, c=c, m=m, g=g)
    divide(c, g, "unit")
    return h * w * (2 * c * divide(m, g, "bottleneck") + 9 * m)


def inverted_residual_peak(
    c_in: int,
    c_mid: int,
    c_out: int,
    in_size: int | Sequence[int],
    out_size: int | Sequence[int],
    slices: int = 1,
) -> int:
    """MobileNet V2, §5.1: elements of maps alive at once, at most, for one image, where c_mid exceeds c_in.

    While the depthwise layer runs: the input, a slice of the expanded map and one of the filtered map. While the
    projection runs: the input, the filtered slice and the slice's share of the output. From the second slice on, also
    the sum of the shares so far.
    """
    c_in, c_out = _positive(c_in=c_in, c_out=c_out)
    c_slice = divide(c_mid, slices, "slices of the expanded map")
    h_w, out_h_w = math.prod(_pair(in_size, "in_size")), math.prod(_pair(out_size, "out_size"))
    share = c_out * out_h_w
    held = c_in * h_w + (share if slices > 1 else 0)
    return held + c_slice * out_h_w + max(c_slice * h_w, share)


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
    """Sums over rows: learnable parameters, multiply-adds for one image, memory access in elements."""

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
    return "norm" if isinstance(layer, _NormBase) else type(layer).__name__


def _row(name: str, layer: nn.Module, x: Tensor | None, y: Tensor | None, params: int) -> LayerCost:
    """The cost of one call that turned `x` into `y`; both None for a module that the network never calls."""
    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    groups, macs, access = 1, 0, 0
    c_in, c_out = (0 if t is None or t.ndim < 2 else t.shape[1] for t in (x, y))
    if isinstance(layer, CONVOLUTIONS):
        kernel, stride, groups = layer.kernel_size, layer.stride, layer.groups
        c_in, c_out = layer.in_channels, layer.out_channels
    elif isinstance(layer, nn.Linear):
        c_in, c_out = layer.in_features, layer.out_features
    if x is not None and y is not None and isinstance(layer, MULTIPLYING):
        weights = layer.weight.numel()
        macs = y.numel() // c_out * weights
        access = x.numel() + y.numel() + weights
    shape = () if y is None else tuple(y.shape)
    return LayerCost(name, _kind(layer), c_in, c_out, kernel, stride, groups, shape, params, macs, access)


def _owns_parameters(module: nn.Module) -> bool:
    return any(p is not None for p in module._parameters.values())


def _meta_copy(model: nn.Module) -> nn.Module:
    """A copy without values, hooks or memory of its own, in evaluation mode; `model` stays as it is.

    Module by module rather than by `copy.deepcopy`, which takes longer than the run itself.
    """
    memo: dict[int, Any] = {}
    modules = list(model.modules())
    for module in modules:
        for value in (*module._parameters.values(), *module._buffers.values(), *vars(module).values()):
            if isinstance(value, Tensor):
                if is_lazy(value):
                    raise ValueError("the model has lazy layers whose size is not known yet: run it once, then count")
                meta = torch.empty_like(value, device="meta", requires_grad=False)
                memo[id(value)] = nn.Parameter(meta, value.requires_grad) if isinstance(value, nn.Parameter) else meta
        if not hasattr(module, "__deepcopy__"):
            memo[id(module)] = object.__new__(type(module))
    for module in modules:
        if id(module) in memo:
            vars(memo[id(module)]).update(_meta_state(module, memo))
    twin: nn.Module = copy.deepcopy(model, memo)
    for module in twin.modules():    # those that make their own copies keep them
        module._forward_hooks.clear()
        module._forward_pre_hooks.clear()
    return twin.eval()


def _meta_state(module: nn.Module, memo: dict[int, Any]) -> Iterator[tuple[str, Any]]:
    """The attributes of a module's copy, without hooks."""
    for key, value in vars(module).items():
        if key in ("_parameters", "_buffers", "_modules"):
            yield key, {name: part if part is None else copy.deepcopy(part, memo) for name, part in value.items()}
        elif "_hooks" in key:
            yield key, OrderedDict()
        else:
            yield key, value if isinstance(value, (int, str, float)) else copy.deepcopy(value, memo)


ATEN = torch.ops.aten
SAME_SHAPE = {ATEN.relu.default, ATEN.hardtanh.default, ATEN.hardswish.default, ATEN.silu.default, ATEN.sigmoid.default}


class _Counter(TorchDispatchMode):
    """Adds up the multiply-adds that torch's own formulas give, wherever in a network they are.

    Says what batch norm and activations give without asking torch, whose answer on the meta device takes far longer.
    """

    def __init__(self) -> None:
        TorchDispatchMode.__init__(self)
        self.macs = 0

    def __torch_dispatch__(
        self, op: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        x: Any = args[0] if args else None
        if op in SAME_SHAPE:
            return torch.empty_like(x)
        if op is ATEN.native_batch_norm.default and all(t is None or t.shape == x.shape[1:2] for t in args[1:5]):
            return torch.empty_like(x), x.new_empty(0), x.new_empty(0)
        y = op(*args, **(kwargs or {}))
        if formula := flop_registry.get(op._overloadpacket):
            self.macs += formula(*args, **(kwargs or {}), out_val=y) // 2
        return y


def _first(tree: object) -> Tensor | None:
    """The first tensor among a layer's inputs or outputs, however nested."""
    return next((leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)), None)


def _shapes(shape: Any) -> list[tuple[int, ...]]:
    """One shape, or several, each with a batch axis of 1."""
    try:
        shapes = [tuple(s) for s in (shape if isinstance(shape[0], Iterable) else [shape])]
        for size in (size for s in shapes for size in s):
            whole(size=size)
        shapes = [tuple(map(int, s)) for s in shapes]
        good = all(len(s) > 1 and s[0] == 1 for s in shapes)
    except (TypeError, ValueError, IndexError, KeyError):
        good = False
    if not good:
        got = tuple(shape) if isinstance(shape, Iterable) else shape
        raise ValueError(f"shape must be that of one image with its batch axis, such as (1, 3, 224, 224); got {got}")
    return shapes


def layer_costs(model: nn.Module, shape: Sequence[int] | Sequence[Sequence[int]]) -> list[LayerCost]:
    """Measure every layer on an input of `shape`, batch axis included: `layer_costs(net, (1, 3, 224, 224))`.

    A network with several inputs takes several shapes, in the order of its `forward`: `((1, 3, 32, 32), (1, 10))`.
    One row per call of a module that holds parameters, in order. A layer called twice costs its multiply-adds twice and
    its parameters once. Where a layer takes or gives several tensors, the row shows the first. Runs on the meta device,
    so nothing is computed, and leaves `model` untouched. ValueError where the shape does not fit, or where the model
    multiplies outside convolutions and linear layers; scaling a map, as squeeze-excite does, is no multiply-add.
    """
    if not isinstance(model, nn.Module):
        raise ValueError(f"expected a network (an nn.Module instance), got {type(model).__name__}")
    shapes = _shapes(shape)
    with torch.inference_mode(False):    # in it torch reports other operations
        return _measured(model, shapes)


def _measured(model: nn.Module, shapes: list[tuple[int, ...]]) -> list[LayerCost]:
    twin = _meta_copy(model)
    rows: list[LayerCost] = []
    counted: set[int] = set()

    def new_parameters(layer: nn.Module) -> int:
        fresh = {id(p): p.numel() for p in layer._parameters.values() if p is not None and id(p) not in counted}
        counted.update(fresh)
        return sum(fresh.values())

    def record(layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: object) -> None:
        rows.append(_row(names[layer], layer, _first((args, kwargs)), _first(output), new_parameters(layer)))

    names = {m: name for name, m in twin.named_modules() if isinstance(m, MULTIPLYING) or _owns_parameters(m)}
    for layer in names:
        layer.register_forward_hook(record, with_kwargs=True)
    dtype = next((p.dtype for p in twin.parameters() if p.is_floating_point()), torch.float32)
    with torch.no_grad(), _Counter() as counter:
        try:
            twin(*(torch.empty(s, dtype=dtype, device="meta") for s in shapes))
        except Exception as error:
            what = f"an input of shape {shapes[0]}" if len(shapes) == 1 else f"inputs of shapes {shapes}"
            raise ValueError(f"{type(model).__name__} cannot take {what}: {error}") from error
    for layer, name in names.items():
        if unused := new_parameters(layer):
            rows.append(_row(name, layer, None, None, unused))
    counted_macs = sum(r.macs for r in rows)
    if counted_macs != counter.macs:
        raise ValueError(
            f"the layers account for {counted_macs:,} multiply-adds but the model does {counter.macs:,}: "
            "some are outside nn.Conv and nn.Linear layers, where they cannot be given a row"
        )
    return rows
