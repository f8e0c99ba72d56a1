"""Is our network the same as an independent implementation? The kit that every parity test uses.

    peer = Peer(their_network)
    assert_same(OurNetwork(), peer, (1, 3, 224, 224))
    both = Pair(OurNetwork, peer, (1, 3, 64, 64))
    assert both.missed(both.sabotages()) == []

Once for each network the images are the size of its paper's; what is spoilt is caught on small ones too. Every file of
networks has such a pair for each of its own, `pair(name)`: see test_every_pair.py.
"""

import copy
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd
from torch.nn.modules.dropout import _DropoutNd
from torch.overrides import TorchFunctionMode

from lightnets_edu.models.weights import in_order, transfer

Spoil = Callable[[nn.Module], object]
Build = Callable[[], nn.Module]

NORMS = (_NormBase, nn.GroupNorm, nn.LayerNorm)
ACTIVATIONS = {"relu", "relu6", "hardtanh", "clamp", "hardswish", "hardsigmoid", "sigmoid", "silu", "leaky_relu", "prelu",
               "elu", "gelu", "tanh"}  # fmt: skip
RELATIVES = {"relu": "relu6", "relu6": "relu", "hardtanh": "relu", "clamp": "relu", "leaky_relu": "relu",
             "hardswish": "silu", "silu": "hardswish", "hardsigmoid": "sigmoid", "sigmoid": "hardsigmoid"}  # fmt: skip


# A peer with every number random --------------------------------------------------------------------------------------


@torch.no_grad()
def randomise(net: nn.Module, seed: int = 0) -> nn.Module:
    """`net` itself, in float64 and evaluation mode, with every parameter and buffer random.

    Weights of convolutions and linear layers are normal with a variance of 1.5 over the number of inputs, which keeps
    the signal between vanishing and overflow, and above 6 in places. Whatever else is a vector lies within ±0.5.
    """
    draw = torch.Generator().manual_seed(seed)
    for layer in net.double().eval().modules():
        for name, value in [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]:
            if name in layer._non_persistent_buffers_set:
                continue
            if not value.is_floating_point():
                value.random_(1, 100, generator=draw)
            elif name == "running_var" or (name == "weight" and isinstance(layer, NORMS)):
                value.uniform_(0.5, 1.5, generator=draw)
            elif value.ndim > 1:
                value.normal_(0, (1.5 / value[0].numel()) ** 0.5, generator=draw)
            else:
                value.uniform_(-0.5, 0.5, generator=draw)
    return net


class Answers(NamedTuple):
    outputs: tuple[Tensor, ...]
    steps: list[tuple]


class Peer:
    """A network with every number random, asked once for each shape. Nothing may change it after its first answer."""

    def __init__(self, net: nn.Module, seed: int = 0):
        self.net = randomise(net, seed)
        self.known: dict[tuple[int, ...], Answers] = {}

    def answers(self, shape: tuple[int, ...]) -> Answers:
        if shape not in self.known:
            self.known[shape] = answers(self.net, shape)
        return self.known[shape]


@torch.no_grad()
def answers(peer: nn.Module, shape: tuple[int, ...]) -> Answers:
    for name, value in peer.state_dict().items():
        assert value.numel() == 1 or value.min() < value.max(), f"{name} of the peer is constant: randomise the peer"
    outputs = several(peer.eval()(image(shape)))    # a peer that cannot take the image is no difference
    assert all(y.isfinite().all() and (y.numel() == 1 or y.std() > 0) for y in outputs), "the peer's output is not alive"
    return Answers(outputs, hidden(peer, image(shape)))


class Pair(NamedTuple):
    """A network and its peer; both take images of the small shape, on which mistakes are caught."""

    build: Build
    peer: Peer
    small: tuple[int, ...]

    def assert_same(self) -> None:
        assert_same(blank(self.build), self.peer, self.small)

    def sabotages(self) -> list[tuple[str, Spoil]]:
        return sabotages(blank(self.build), self.small)

    def caught(self, spoil: Spoil) -> str:
        """How a mistake is noticed, in words; "" if it is not. It spoils a network in place, or returns another."""
        net = blank(self.build)
        other = spoil(net)
        return difference(other if isinstance(other, nn.Module) else net, self.peer, self.small)

    def missed(self, mistakes: Iterable[tuple[str, Spoil]]) -> list[str]:
        """Those that go unnoticed, by name, in a network that is its peer as long as nothing is spoilt."""
        self.assert_same()
        return [name for name, spoil in mistakes if not self.caught(spoil)]


def difference(ours: nn.Module, peer: Peer, shape: tuple[int, ...]) -> str:
    """How `ours` is seen not to be its peer, in words, or ""."""
    peer.answers(shape)    # that of a peer which cannot answer is no difference
    try:
        assert_same(ours, peer, shape)
    except AssertionError as error:
        return str(error) or "other shapes"
    return ""


def as_it_is(net: nn.Module) -> None:
    """Spoils nothing: for networks that are built of something spoilt."""


def image(shape: tuple[int, ...]) -> Tensor:
    return 2 * torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def several(outputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def blank(build: Build) -> nn.Module:
    """A network without its numbers, which would take most of the time: the peer's take their place."""
    return meta(build).double().to_empty(device="cpu").eval()


def meta(build: Callable[..., nn.Module], *arguments: object) -> nn.Module:
    """A network without numbers: sizes are all it takes."""
    with torch.device("meta"):
        return build(*arguments)


def narrow(build: Callable[..., nn.Module]) -> nn.Module:
    """A network without its numbers and with 16 for its head's 4096 channels, which are counted: 20 MB, not a gigabyte."""
    net = meta(partial(build, num_classes=10))
    for name, layer in list(net.named_modules()):
        if isinstance(layer, nn.Linear):
            widths = (16 if c == 4096 else c for c in (layer.in_features, layer.out_features))
            net.set_submodule(name, nn.Linear(*widths, device="meta"))
    return net.to_empty(device="cpu")


def in_full(*values: object) -> list:
    """Parameters of a test that only `make test-full` tries: the largest passes."""
    return [pytest.param(value, marks=pytest.mark.full) for value in values]


@torch.no_grad()
def assert_same(ours: nn.Module, peer: nn.Module | Peer, shape: tuple[int, ...]) -> None:
    """AssertionError unless `ours`, with the peer's weights, gives the peer's outputs and would train as it does.

    Compared: the layers that own tensors, in the order in which they run; outputs in float64, within 1e-9 of the
    peer's largest; and what outputs in evaluation mode cannot show: batch norm's eps, momentum and running statistics,
    and dropout's rate and its place among the layers. A function `dropout` that is no module cannot be seen.
    `ours` is left in float64 and evaluation mode, with the peer's weights.
    """
    theirs, x = peer.answers(shape) if isinstance(peer, Peer) else answers(peer, shape), image(shape)
    ours.double().eval()
    try:
        with ShapesOnly():
            transfer(peer.net if isinstance(peer, Peer) else peer, ours, x, check=False)    # this does
        steps = hidden(ours, x)
        assert steps == theirs.steps, first_difference(steps, theirs.steps)
        got = several(ours(x))
    except (ValueError, RuntimeError) as error:
        raise AssertionError(str(error)) from error
    assert [y.shape for y in got] == [y.shape for y in theirs.outputs]
    for a, b in zip(got, theirs.outputs, strict=True):
        error, largest = (a - b).abs().max(), b.abs().max()
        assert error <= 1e-9 * largest, f"outputs differ by {error:.3g}, the largest being {largest:.3g}"


def hidden(net: nn.Module, x: Tensor) -> list[tuple]:
    """What outputs in evaluation mode cannot show, in the order of the layers. Dropout of rate 0 is none."""
    said = []
    with ShapesOnly():
        running = in_order(net, x)
    for layer in running.values():
        if isinstance(layer, _NormBase):
            said.append(("batch norm", layer.eps, layer.momentum, layer.track_running_stats))
        elif isinstance(layer, _DropoutNd):
            said += [("dropout", layer.p)] * (layer.p > 0)
        elif next(layer.parameters(recurse=False), None) is not None:
            said.append(("layer",))
    return said


KEEPING = {torch.batch_norm, *(getattr(nn.functional, name) for name in (
    "batch_norm", "relu", "relu6", "hardtanh", "hardswish", "hardsigmoid", "leaky_relu",
))}  # fmt: skip


class ShapesOnly(TorchFunctionMode):
    """On the meta device torch works batch norm and some activations out in Python: four fifths of the time of a pass.

    Here they only keep the shape. That a layer has other channels than its norm is noticed when it really runs.
    """

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function in KEEPING and args and args[0].is_meta:
            return torch.empty_like(args[0])
        return function(*args, **(kwargs or {}))


def first_difference(ours: list[tuple], peers: list[tuple]) -> str:
    for i, (a, b) in enumerate(zip(ours, peers, strict=False), 1):
        if a != b:
            return f"step {i} of {len(ours)}: ours has {a}, the peer {b}"
    return f"ours has {len(ours)} steps, the peer {len(peers)}"


# Spoilt copies --------------------------------------------------------------------------------------------------------


class Calls(TorchFunctionMode):
    """Counts the calls of torch's functions while a network runs, and may answer some of them otherwise."""

    def __init__(self, answer: Callable | None = None):
        super().__init__()
        self.answer, self.names = answer, []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        name = kind_of(getattr(function, "__name__", ""), args)
        if name is not None:
            self.names.append(name)
            if self.answer is not None:
                spoilt = self.answer(name, len([n for n in self.names if group(n) == group(name)]) - 1, args, kwargs or {})
                if spoilt is not None:
                    return spoilt
        return function(*args, **(kwargs or {}))


def kind_of(function: str, args: tuple) -> str | None:
    """An activation's name, "add" for maps that are added, "cat", or None for what is of no interest here."""
    name = function.strip("_")
    if name in ("add", "iadd", "radd"):
        maps = len(args) > 1 and all(isinstance(t, Tensor) and t.ndim > 1 for t in args[:2])
        return "add" if maps and args[0].shape == args[1].shape else None
    if name in ("cat", "concat", "concatenate"):
        return "cat"
    return name if name in ACTIVATIONS else None


def group(name: str) -> str:
    return "activation" if name in ACTIVATIONS else name


def answering(answer: Callable) -> Spoil:
    """Spoil a network by answering some of the calls in its forward otherwise."""

    def spoil(net: nn.Module) -> nn.Module:
        forward = net.forward

        def spoilt(*args, **kwargs):
            with Calls(answer):
                return forward(*args, **kwargs)

        net.forward = spoilt
        return net

    return spoil


def changing(name: str, change: Callable[[nn.Module], nn.Module | None]) -> Spoil:
    """Spoil the module called `name`: `change` alters it in place, or returns another in its stead."""

    def spoil(net: nn.Module) -> nn.Module:
        other = change(net.get_submodule(name))
        if other is not None:
            net.set_submodule(name, other)
        return net

    return spoil


def sabotages(net: nn.Module, shape: tuple[int, ...] = (1, 3, 224, 224)) -> list[tuple[str, Spoil]]:
    """Ways to spoil this very network, each one mistake in one place, as (name, spoil).

    `spoil(copy)` spoils a network that was built as `net` was, in place, and returns it; `net` stays as it is.
    Only what the network has is spoilt, wherever it is: modules and functions alike. `shape` is one that it takes.
    """
    found: list[tuple[str, Spoil]] = []
    twin = copy.deepcopy(net).to("meta").eval()
    x = torch.empty(shape, device="meta", dtype=next((p.dtype for p in net.parameters()), torch.float32))
    with torch.no_grad(), ShapesOnly(), Calls() as calls:
        twin(x)
    activations = [name for name in calls.names if name in ACTIVATIONS]
    for i in sorted({0, len(activations) // 2, len(activations) - 1}) if activations else []:
        found.append((f"without activation {i + 1} of {len(activations)}, {activations[i]}", answering(without(i))))
    for name in sorted(set(activations) & set(RELATIVES)):
        found.append((f"{RELATIVES[name]} for {name}", answering(instead(name))))
    additions, joins = calls.names.count("add"), calls.names.count("cat")
    if additions:
        found.append((f"addition 1 of {additions} without its first part", answering(at("add", 0, last_part))))
        found.append((f"the last of {additions} additions without its last part",
                      answering(at("add", additions - 1, first_part))))  # fmt: skip
    for i in sorted({0, joins - 1}) if joins else []:
        found.append((f"concatenation {i + 1} of {joins} in reverse order", answering(at("cat", i, reverse))))
    with ShapesOnly():
        modules = list(in_order(net, x).items())
    for what, chosen, change in CHANGES:
        fitting = [name for name, layer in modules if name and chosen(layer)]
        if fitting:
            name = fitting[len(fitting) // 2]
            found.append((f"{what} of {name}", changing(name, change)))
    return found


def without(i: int) -> Callable:
    return lambda name, k, args, kwargs: args[0] if group(name) == "activation" and k == i else None


def instead(name: str) -> Callable:
    other = getattr(nn.functional, RELATIVES[name])
    return lambda called, k, args, kwargs: other(args[0]) if called == name else None


def at(kind: str, i: int, spoilt: Callable) -> Callable:
    return lambda name, k, args, kwargs: spoilt(args, kwargs) if name == kind and k == i else None


def first_part(args: tuple, kwargs: dict) -> Tensor:
    return args[0]


def last_part(args: tuple, kwargs: dict) -> Tensor:
    return args[1]


def reverse(args: tuple, kwargs: dict) -> Tensor:
    parts, *rest = args or (kwargs.pop("tensors"),)
    return torch.cat(list(parts)[::-1], *rest, **kwargs)


def setting(name: str, value: Callable) -> Callable[[nn.Module], None]:
    return lambda layer: setattr(layer, name, value(getattr(layer, name)))


def other_pool(layer: nn.Module) -> nn.Module:
    other = nn.AvgPool2d if isinstance(layer, nn.MaxPool2d) else nn.MaxPool2d
    return other(layer.kernel_size, layer.stride, layer.padding, ceil_mode=layer.ceil_mode)


def padded(layer: nn.Module) -> bool:
    return isinstance(layer, _ConvNd) and layer.padding not in ("valid",) and any(p != 0 for p in layer.padding)


CHANGES = (  # what is changed, in which layers (the middle one of those that fit), and how
    ("stride", lambda m: isinstance(m, _ConvNd) and max(m.stride) > 1, setting("stride", lambda s: (1,) * len(s))),
    ("padding with the border's values", padded, setting("padding_mode", lambda _: "replicate")),
    ("other pooling", lambda m: type(m) in (nn.MaxPool2d, nn.AvgPool2d), other_pool),
    ("zeros counted in the mean", lambda m: type(m) is nn.AvgPool2d and m.padding not in (0, (0, 0)),
     setting("count_include_pad", lambda c: not c)),
    ("twice the eps", lambda m: isinstance(m, NORMS), setting("eps", lambda e: 2 * e)),
    ("half the momentum", lambda m: isinstance(m, _NormBase), setting("momentum", lambda m: (m or 0.2) / 2)),
    ("twice the rate", lambda m: isinstance(m, _DropoutNd) and m.p > 0, setting("p", lambda p: 2 * p if p < 0.5 else p / 2)),
)  # fmt: skip
