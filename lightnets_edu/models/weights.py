"""Weights from one implementation of a network to another, without a table of names.

Two implementations rarely agree on names, nor on the order in which their constructors make the layers. They mostly
agree on the order in which the layers run. So the k-th layer that runs in one gets the values of the k-th that runs in
the other; where branches run in another order, what a layer stands between says which it is. Both networks then run
once on the same random numbers: equal outputs, or what differs.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn, no_grad
from torch.func import functional_call
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from lightnets_edu.borrowed import borrowed, image

Example = Tensor | tuple[Tensor, ...]
Layers = dict[str, nn.Module]
Pairs = list[tuple[tuple[str, nn.Module], tuple[str, nn.Module]]]
SMALL = 60_000_000    # parameters: fewer are checked in float64, to 1e-6 of the output; more in float32, to 1e-3


def transfer(source: nn.Module, target: nn.Module, example: Example, check: bool = True) -> None:
    """Copy every parameter and buffer of `source` into `target`, so that both give the same outputs.

    `example` is one input, or a tuple of inputs, that both networks take; its values do not matter. A layer is any
    module that owns tensors; a layer called twice counts once. Inside a layer, names and shapes must be equal, with one
    exception: a linear layer and a convolution of its whole input may stand for each other. Values take the target's
    type of number. Unless `check` is False, both networks run once, in evaluation mode and with random weights, which
    show what trained or fresh ones may hide. ValueError naming the first pair that does not fit, layers that do not
    run, or what lets the outputs differ; `target` is then as it was.
    """
    sides = {"source": _owners(source, example, "source"), "target": _owners(target, example, "target")}
    numbers = {side: len(layers) for side, layers in sides.items()}
    in_turn: Pairs = list(zip(sides["source"].items(), sides["target"].items(), strict=False))
    ways: list[Callable[[], Pairs]] = [lambda: in_turn, lambda: _by_flow(source, target, sides, example)]
    problem = None
    for way in ways:
        try:
            pairs = way()
            places = _places(pairs)
            if numbers["source"] != numbers["target"]:
                longer = max(numbers, key=numbers.__getitem__)
                alone = _describe(*list(sides[longer].items())[min(numbers.values())])
                raise ValueError(f"{_counts(numbers)}: {longer} {alone} has no counterpart")
            if check:
                _check(source, target, pairs, example)
        except ValueError as error:
            problem = problem or error
            continue
        with no_grad():
            for tensor, place in places:
                place.copy_(tensor.reshape(place.shape))
        return
    raise ValueError(*problem.args if problem else ())


def _places(pairs: Pairs) -> list[tuple[Tensor, Tensor]]:
    """Each tensor of the source and its place in the target."""
    places: list[tuple[Tensor, Tensor]] = []
    partner: dict[int, int] = {}
    for i, (a, b) in enumerate(pairs, 1):
        where = f"layer {i}: source {_describe(*a)} against target {_describe(*b)}"
        old, new = _tensors(a[1]), _tensors(b[1])
        if old.keys() != new.keys() or not all(_fit(old[name].shape, new[name].shape) for name in old):
            raise ValueError(where)
        for name, tensor in old.items():
            if partner.setdefault(id(tensor), id(new[name])) != id(new[name]) or (
                partner.setdefault(id(new[name]), id(tensor)) != id(tensor)
            ):
                raise ValueError(f"{where}: the two networks do not share {name} between the same layers")
            places.append((tensor, new[name]))
    return places


# The order in which branches run --------------------------------------------------------------------------------------


class _Flow(TorchFunctionMode):
    """Which layers' outputs each layer's input comes from."""

    def __init__(self, layers: Iterable[nn.Module]):
        super().__init__()
        self.before: dict[nn.Module, set[nn.Module]] = {}
        self.makers: dict[int, set[nn.Module]] = defaultdict(set)
        self.alive: list[Tensor] = []    # so that no id is used twice
        for layer in layers:
            layer.register_forward_pre_hook(self._enter, prepend=True, with_kwargs=True)
            layer.register_forward_hook(self._leave, prepend=True)

    def _made_by(self, tree: object) -> set[nn.Module]:
        return {m for t in tree_leaves(tree) if id(t) in self.makers for m in self.makers[id(t)]}

    def _enter(self, layer: nn.Module, args: object, kwargs: object) -> None:
        self.before.setdefault(layer, self._made_by((args, kwargs)))

    def _leave(self, layer: nn.Module, args: object, output: object) -> None:
        self._note(output, {layer}, new=True)

    def _note(self, tree: object, makers: set[nn.Module], new: bool = False) -> None:
        for t in tree_leaves(tree):
            if isinstance(t, Tensor):
                self.alive.append(t)
                self.makers[id(t)] = makers if new else self.makers[id(t)] | makers

    def __torch_function__(
        self, function: Callable[..., Any], types: object, args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        result = function(*args, **(kwargs or {}))
        if makers := self._made_by((args, kwargs)):
            self._note(args[0] if result is None else result, makers)
        return result


def _by_flow(source: nn.Module, target: nn.Module, sides: dict[str, Layers], example: Example) -> Pairs:
    """Pairs of layers that stand between the same layers; where several do, in the order in which they run."""
    before: dict[nn.Module, set[nn.Module]] = {}
    for net, layers in ((source, sides["source"]), (target, sides["target"])):
        with borrowed(net):
            flow = _Flow(layers.values())
            with flow:
                net(*_images(net, example))
        before |= {layer: flow.before.get(layer, set()) for layer in layers.values()}
    after: dict[nn.Module, set[nn.Module]] = defaultdict(set)
    for layer, earlier in before.items():
        for one in earlier:
            after[one].add(layer)
    kinds: dict[nn.Module, Any] = {layer: _form(layer) for layer in before}
    for _ in range(len(before)):
        found: dict[Any, int] = {}
        colours = {
            layer: found.setdefault(
                (kind, *(tuple(sorted(str(kinds[m]) for m in near[layer])) for near in (before, after))), len(found)
            )
            for layer, kind in kinds.items()
        }
        settled, kinds = len(found) == len(set(kinds.values())), colours
        if settled:
            break
    waiting: dict[int, list[tuple[str, nn.Module]]] = defaultdict(list)
    for name, layer in sides["target"].items():
        waiting[kinds[layer]].append((name, layer))
    pairs: Pairs = []
    for item in sides["source"].items():
        if not waiting[kinds[item[1]]]:
            raise ValueError(f"source {_describe(*item)} has no counterpart that stands between the same layers")
        pairs.append((item, waiting[kinds[item[1]]].pop(0)))
    return pairs


def _form(layer: nn.Module) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The shapes of a layer's tensors, with one for a convolution and the linear layer that does the same."""
    shapes = {name: tuple(t.shape) for name, t in _tensors(layer).items()}
    return tuple(sorted((n, s if len(s) < 3 else (s[0], math.prod(s[1:]))) for n, s in shapes.items()))


# Do both give the same? -----------------------------------------------------------------------------------------------


@no_grad()
def _check(source: nn.Module, target: nn.Module, pairs: Pairs, example: Example) -> None:
    """ValueError saying what differs, unless both give the same outputs with the same random weights."""
    number = sum(p.numel() for p in source.parameters())
    dtype, bound = (torch.float64, 1e-6) if number < SMALL else (torch.float32, 1e-3)
    draw = torch.Generator().manual_seed(0)
    inputs = [
        torch.randn(x.shape, generator=draw, dtype=dtype) if x.is_floating_point() else x.cpu()
        for x in (example if isinstance(example, tuple) else (example,))
    ]
    drawn: dict[int, Tensor] = {}
    values: dict[int, Tensor] = {}
    for (_, a), (_, b) in pairs:
        for name, tensor in _tensors(a).items():
            value = drawn.setdefault(id(tensor), _random(name, tensor, draw, dtype))
            values[id(tensor)], values[id(_tensors(b)[name])] = value, value.reshape(_tensors(b)[name].shape)
    layers = [a[1] for a, _ in pairs], [b[1] for _, b in pairs]
    ours, seen = _run(source, values, inputs, layers[0], dtype)
    theirs, met = _run(target, values, inputs, layers[1], dtype)
    if len(ours) != len(theirs) or any(a.numel() != b.numel() for a, b in zip(ours, theirs, strict=True)):
        shapes = [", ".join(str(tuple(t.shape)) for t in side) for side in (ours, theirs)]
        raise ValueError(f"outputs differ: source gives {shapes[0]}, target {shapes[1]}")
    for y, z in zip(ours, theirs, strict=True):
        if not _near(y, z, bound):
            error = (y.flatten() - z.flatten()).abs().max() / y.abs().max()
            raise ValueError(f"the layers fit, but outputs differ by {error:.2g} of the largest: "
                             f"{_why(pairs, seen, met, bound)}")  # fmt: skip


def _random(name: str, tensor: Tensor, draw: torch.Generator, dtype: torch.dtype) -> Tensor:
    """Numbers that keep a signal alive, and above 6 in places."""
    if not tensor.is_floating_point():
        return tensor.detach().cpu()
    value = torch.empty(tensor.shape, dtype=dtype)
    if tensor.ndim > 1:
        return value.normal_(0, (1.5 / max(1, tensor[0].numel())) ** 0.5, generator=draw)
    low = 0.5 if name in ("running_var", "weight") else -0.5
    return value.uniform_(low, low + 1, generator=draw)


def _near(a: Tensor, b: Tensor, bound: float) -> bool:
    a, b = a.flatten(), b.flatten()
    return len(a) == len(b) and bool(((a - b).abs() <= bound * a.abs().max()).all())


def _run(
    net: nn.Module, values: dict[int, Tensor], inputs: list[Tensor], layers: list[nn.Module], dtype: torch.dtype
) -> tuple[list[Tensor], list[Tensor]]:
    """The outputs of `net` with other values, and some of the numbers that each layer gets at first."""
    met: dict[nn.Module, Tensor] = {}

    def look(layer: nn.Module, args: tuple[Any, ...]) -> None:
        if layer not in met and args and isinstance(args[0], Tensor):
            x = args[0].flatten()
            met[layer] = x[:: max(1, len(x) // 2000)].clone()

    state = {}
    for name, module in net.named_modules(remove_duplicate=False):
        for key, value in (*module._parameters.items(), *module._buffers.items()):
            if value is not None:
                own = value.to("cpu", dtype) if value.is_floating_point() else value.cpu()
                state[f"{name}.{key}".lstrip(".")] = values.get(id(value), own)
    with borrowed(net):
        for layer in layers:
            layer.register_forward_pre_hook(look, prepend=True)
        output = functional_call(net, state, tuple(inputs), tie_weights=False)
    return [t for t in tree_leaves(output) if isinstance(t, Tensor)], [met.get(m, torch.empty(0)) for m in layers]


def _why(pairs: Pairs, seen: list[Tensor], met: list[Tensor], bound: float) -> str:
    """Settings that differ between partners, or the first layer that gets something else."""
    said = []
    for i, ((name, a), (other, b)) in enumerate(pairs, 1):
        for key in getattr(a, "__constants__", ()) if type(a) is type(b) else ():
            mine, its = getattr(a, key, None), getattr(b, key, None)
            if key != "momentum" and mine != its:
                said.append(f"layer {i} has {key} {mine} in source {name}, {its} in target {other}")
    if said:
        return "; ".join(said[:3]) + (f" and {len(said) - 3} more" if len(said) > 3 else "")
    for i, (pair, x, y) in enumerate(zip(pairs, seen, met, strict=True), 1):
        if not _near(x, y, bound):
            here = " against target ".join(_describe(*item) for item in pair)
            return f"something other reaches layer {i}: source {here}; all layers before it get the same"
    return "all layers get the same; what follows the last one differs"


def in_order(net: nn.Module, example: Example) -> dict[str, nn.Module]:
    """Every module of `net` that runs on `example`, by name, in the order in which they first run.

    Runs in evaluation mode on the meta device: nothing is computed, and `net` stays as it is.
    ValueError where `net` cannot take the example.
    """
    if not isinstance(net, nn.Module):
        raise ValueError(f"expected a network (an nn.Module instance), got {type(net).__name__}")
    inputs = example if isinstance(example, tuple) else (example,)
    if not inputs or not all(isinstance(x, Tensor) for x in inputs):
        got = f"({', '.join(type(x).__name__ for x in inputs)})" if example is inputs else type(example).__name__
        raise ValueError(f"example must be a tensor or a tuple of tensors, got {got}")
    names = {module: name for name, module in net.named_modules()}
    order: dict[nn.Module, None] = {}

    def note(layer: nn.Module) -> None:
        order[layer] = None

    with borrowed(net):
        for module in names:
            module.register_forward_pre_hook(lambda layer, _: note(layer), prepend=True)
        try:
            net(*_images(net, example))
        except Exception as error:
            shapes = ", ".join(str(tuple(x.shape)) for x in inputs)
            raise ValueError(f"{type(net).__name__} cannot take an example of shape {shapes}: {error}") from error
    return {names[module]: module for module in order}


def _images(net: nn.Module, example: Example) -> list[Tensor]:
    """Inputs of the example's shapes, without values; whole numbers as they are."""
    inputs = example if isinstance(example, tuple) else (example,)
    return [image(x.shape, net) if x.is_floating_point() else x for x in inputs]


def _tensors(layer: nn.Module) -> dict[str, Tensor]:
    """What a checkpoint holds of one module, its parts aside."""
    kept = {k: v for k, v in layer.named_buffers(recurse=False) if k not in layer._non_persistent_buffers_set}
    return {**dict(layer.named_parameters(recurse=False)), **kept}


def _owners(net: nn.Module, example: Example, side: str) -> dict[str, nn.Module]:
    try:
        running = {name: layer for name, layer in in_order(net, example).items() if _tensors(layer)}
    except ValueError as error:
        raise ValueError(f"{side}: {error}") from error
    idle = [_describe(*item) for item in net.named_modules() if _tensors(item[1]) and item[0] not in running]
    if idle:
        raise ValueError(f"{side}: {', '.join(idle)} did not run on the example")
    return running


def _fit(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Equal shapes, or those of a linear layer and of the convolution that does the same to its whole input."""
    short, long = sorted((tuple(a), tuple(b)), key=len)
    return short == long or (len(short) == 2 < len(long) and short == (long[0], math.prod(long[1:])))


def _describe(name: str, layer: nn.Module) -> str:
    parts = [type(layer).__name__]
    parts += [f"{key} {tuple(value.shape)}" for key, value in _tensors(layer).items() if value.ndim]
    return f"{name or 'itself'} ({', '.join(parts)})"


def _counts(numbers: dict[str, int]) -> str:
    return " and ".join(f"{side} has {n} layer{'s' * (n != 1)} with tensors" for side, n in numbers.items())
