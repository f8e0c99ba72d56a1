"""What a network costs: parameters, multiply-adds and memory traffic, by formula and by measurement.

One convention everywhere. A multiply-add of a convolution or a linear layer counts 1, positions over zero padding
included, for one image; bias, batch norm, activations, pooling and additions count 0. Parameters are the learnable
ones. Memory access counts elements: input + output + weights of a convolution or linear layer, 0 elsewhere.

Multiply-adds are half of what `torch.utils.flop_counter.FlopCounterMode` counts. `torchinfo.summary` differs, and the
tests hold each difference in numbers. It adds the biases of convolutions, at every position, and of linear layers, and
weight and bias of each norm, once; it counts a linear layer once however many positions it is applied to, the
parameters of layers with tied weights once for each, and what is multiplied outside layers not at all.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.utils._pytree import tree_leaves

from lightnets_edu.borrowed import Loan, borrowed, image
from lightnets_edu.layers import divide, whole
from lightnets_edu.products import SpelledOut, multiply_adds, name_of

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
MULTIPLYING = (*CONVOLUTIONS, *TRANSPOSED, nn.Linear)
LAYERS = (*MULTIPLYING, nn.Bilinear, nn.MultiheadAttention, nn.RNNBase, nn.RNNCellBase)


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


def _row(name: str, layer: nn.Module, x: Tensor | None, y: Tensor | None, params: int, macs: int) -> LayerCost:
    """The cost of one call that turned `x` into `y`; both None for a module that the network never calls."""
    c_in, c_out = (0 if t is None or t.ndim < 2 else t.shape[1] for t in (x, y))
    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    groups, access = 1, 0
    if isinstance(layer, (*CONVOLUTIONS, *TRANSPOSED)):
        kernel, stride, groups = layer.kernel_size, layer.stride, layer.groups
        c_in, c_out = layer.in_channels, layer.out_channels
    elif isinstance(layer, nn.Linear):
        c_in, c_out = layer.in_features, layer.out_features
    if x is not None and y is not None and isinstance(layer, MULTIPLYING):
        weights = math.prod(kernel) * c_in * c_out // groups    # asking for `weight` may compute it
        expected = (x.numel() // c_in if isinstance(layer, TRANSPOSED) else y.numel() // c_out) * weights
        if macs != expected:
            raise _Refused(
                f"{name or 'the network'} ({type(layer).__name__}) does {macs:,} multiply-adds, where such a layer "
                f"does {expected:,}: its class or a parametrization does something else"
            )
        access = x.numel() + y.numel() + weights
    shape = () if y is None else tuple(y.shape)
    sizes = (c_in, c_out, tuple(map(int, kernel)), tuple(map(int, stride)), groups)
    return LayerCost(name, _kind(layer), *sizes, shape, params, macs, access)


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
    its parameters once. Where a layer takes or gives several tensors, the row shows the first. Runs in evaluation mode,
    hooks included, on an image without values, so that nothing is computed for it, and leaves `model` untouched.

    Multiply-adds have rows in layers of torch.nn: convolutions and transposed ones, linear and bilinear layers,
    attention and recurrent layers (their matrix products). What a layer makes of its weights alone, as spectral norm
    does, is the same for every image and no part of an image's cost. ValueError where the shape does not fit; where
    the model multiplies elsewhere, with an operator of torch, one that torch does not know, or a multiplication and a
    sum; where `forward` asks for values of the image; and for what torch.jit and torch.export made of a network.
    Scaling a map, as squeeze-excite does, is no multiply-add.
    """
    if not isinstance(model, nn.Module):
        raise ValueError(f"expected a network (an nn.Module instance), got {type(model).__name__}")
    shapes = _shapes(shape)
    count = _Count(model)
    with borrowed(model, count.operator) as loan:
        count.watch(loan)
        try:
            model(*(image(s, model) for s in shapes))
        except _Refused as error:
            raise ValueError(*error.args) from None
        except Exception as error:
            what = f"an input of shape {shapes[0]}" if len(shapes) == 1 else f"inputs of shapes {shapes}"
            message = f"{type(model).__name__} cannot take {what}: {error}{count.place(', in ')}"
            if "meta" in str(error):
                message += " (a count has no values of the image, which `forward` may have asked for)"
            raise ValueError(message) from error
    return count.result()


class _Refused(ValueError):
    """What cannot be counted."""


class _Call(NamedTuple):
    """A module that runs now, and the multiply-adds of the operators that it has called."""

    module: nn.Module
    macs: list[int]


class _Elsewhere(NamedTuple):
    """Multiply-adds outside the layers that have a row."""

    what: str
    macs: int


class _Count:
    """The rows of a network that runs."""

    def __init__(self, model: nn.Module):
        self.names = {module: name.replace("_orig_mod.", "") for name, module in model.named_modules()}
        self.rows: list[LayerCost] = []
        self.running: list[_Call] = []
        self.elsewhere: list[_Elsewhere] = []
        self.paid: set[int] = set()    # parameters that a row has

    def watch(self, loan: Loan) -> None:
        self.loan, self.spelled = loan, SpelledOut(loan)
        for module in self.names:
            module.register_forward_pre_hook(self._enter, prepend=True, with_kwargs=True)
            module.register_forward_hook(self._leave, prepend=True, with_kwargs=True)

    def place(self, before: str) -> str:
        """The innermost module that runs and has a name."""
        module = self.running[-1].module if self.running else None
        return f"{before}{self.names[module]} ({type(module).__name__})" if module and self.names[module] else ""

    def _enter(self, module: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
        self.running.append(_Call(module, []))
        if isinstance(module, LAYERS):
            args, kwargs = self.loan.as_image(args), self.loan.as_image(kwargs)
        return args, kwargs

    def _leave(self, module: nn.Module, args: Any, kwargs: Any, output: object) -> None:
        macs = sum(self.running.pop().macs)
        if isinstance(module, LAYERS) or any(p is not None for p in module._parameters.values()):
            row = _row(self.names[module], module, _first((args, kwargs)), _first(output), self._unpaid(module), macs)
            self.rows.append(row)

    def _unpaid(self, layer: nn.Module) -> int:
        fresh = {id(p): p.numel() for p in layer._parameters.values() if p is not None and id(p) not in self.paid}
        self.paid.update(fresh)
        return sum(fresh.values())

    def operator(self, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any, of_image: bool) -> None:
        layer = next((c for c in reversed(self.running) if isinstance(c.module, LAYERS)), None)
        if layer and not of_image:
            return
        macs = multiply_adds(op, args, kwargs, result)
        place = self.place(" in ") or " in the network's own forward"
        if macs is None:
            what = f"{name_of(op)}{place} has multiply-adds that cannot be counted: torch knows no formula for them"
            raise _Refused(what)
        if layer:
            layer.macs.append(macs)
            return
        what = name_of(op)
        if not macs and of_image:
            macs, what = self.spelled.sums(op, args, result), f"{what} over products"
        if macs:
            self.elsewhere.append(_Elsewhere(what + place, macs))

    def result(self) -> list[LayerCost]:
        for layer, name in self.names.items():
            if unused := self._unpaid(layer):
                self.rows.append(_row(name, layer, None, None, unused, 0))
        if self.elsewhere:
            inside, outside = sum(r.macs for r in self.rows), sum(e.macs for e in self.elsewhere)
            where = "; ".join(f"{e.what} ({e.macs:,})" for e in self.elsewhere[:3])
            raise ValueError(
                f"the layers account for {inside:,} multiply-adds but the model does {inside + outside:,}: some are "
                f"outside the layers of torch.nn, where they cannot be given a row: {where}"
                + (f" and {len(self.elsewhere) - 3} more" if len(self.elsewhere) > 3 else "")
            )
        return self.rows
