"""Weights from one implementation of a network to another, without a table of names.

Two implementations rarely agree on names, nor on the order in which their constructors make the layers. They do agree
on the order in which the layers run. So the k-th layer that runs in one gets the values of the k-th that runs in the
other, and the outputs then tell whether both are the same network.
"""

from torch import Tensor, nn, no_grad

from lightnets_edu.borrowed import borrowed, image


def transfer(source: nn.Module, target: nn.Module, example: Tensor | tuple[Tensor, ...]) -> None:
    """Copy every parameter and buffer of `source` into `target`, layer by layer in the order in which they first run.

    `example` is one input, or a tuple of inputs, that both networks take. A layer is any module that owns tensors; a
    layer called twice counts once. Inside a layer, names and shapes must be equal, with one exception: a linear layer
    and a 1×1 convolution may stand for each other. Values take the target's type of number. Nothing is computed.
    ValueError naming the first pair that does not fit, and layers that do not run; `target` is then as it was.
    """
    sides = {"source": _owners(source, example, "source"), "target": _owners(target, example, "target")}
    pairs: list[tuple[Tensor, Tensor]] = []
    partner: dict[int, int] = {}
    for i, (a, b) in enumerate(zip(sides["source"].items(), sides["target"].items(), strict=False), 1):
        where = f"layer {i}: source {_describe(*a)} against target {_describe(*b)}"
        old, new = _tensors(a[1]), _tensors(b[1])
        if old.keys() != new.keys() or not all(_fit(old[name].shape, new[name].shape) for name in old):
            raise ValueError(where)
        for name, tensor in old.items():
            if partner.setdefault(id(tensor), id(new[name])) != id(new[name]) or (
                partner.setdefault(id(new[name]), id(tensor)) != id(tensor)
            ):
                raise ValueError(f"{where}: the two networks do not share {name} between the same layers")
            pairs.append((tensor, new[name]))
    numbers = {side: len(layers) for side, layers in sides.items()}
    if numbers["source"] != numbers["target"]:
        longer = max(numbers, key=numbers.__getitem__)
        alone = _describe(*list(sides[longer].items())[min(numbers.values())])
        raise ValueError(f"{_counts(numbers)}: {longer} {alone} has no counterpart")
    with no_grad():
        for tensor, place in pairs:
            place.copy_(tensor.reshape(place.shape))


def in_order(net: nn.Module, example: Tensor | tuple[Tensor, ...]) -> dict[str, nn.Module]:
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
    with borrowed(net):
        for module in names:
            module.register_forward_pre_hook(lambda layer, _: order.setdefault(layer), prepend=True)
        try:
            net(*(image(x.shape, net) if x.is_floating_point() else x for x in inputs))
        except Exception as error:
            shapes = ", ".join(str(tuple(x.shape)) for x in inputs)
            raise ValueError(f"{type(net).__name__} cannot take an example of shape {shapes}: {error}") from error
    return {names[module]: module for module in order}


def _tensors(layer: nn.Module) -> dict[str, Tensor]:
    """What a checkpoint holds of one module, its parts aside."""
    kept = {k: v for k, v in layer.named_buffers(recurse=False) if k not in layer._non_persistent_buffers_set}
    return {**dict(layer.named_parameters(recurse=False)), **kept}


def _owners(net: nn.Module, example: Tensor | tuple[Tensor, ...], side: str) -> dict[str, nn.Module]:
    try:
        running = {name: layer for name, layer in in_order(net, example).items() if _tensors(layer)}
    except ValueError as error:
        raise ValueError(f"{side}: {error}") from error
    idle = [_describe(*item) for item in net.named_modules() if _tensors(item[1]) and item[0] not in running]
    if idle:
        raise ValueError(f"{side}: {', '.join(idle)} did not run on the example")
    return running


def _fit(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Equal shapes, or those of a linear layer and of the 1×1 convolution that does the same."""
    short, long = sorted((tuple(a), tuple(b)), key=len)
    return short == long or (len(short) == 2 and long == (*short, 1, 1))


def _describe(name: str, layer: nn.Module) -> str:
    parts = [type(layer).__name__]
    parts += [f"{key} {tuple(value.shape)}" for key, value in _tensors(layer).items() if value.ndim]
    return f"{name or 'itself'} ({', '.join(parts)})"


def _counts(numbers: dict[str, int]) -> str:
    return " and ".join(f"{side} has {n} layer{'s' * (n != 1)} with tensors" for side, n in numbers.items())
