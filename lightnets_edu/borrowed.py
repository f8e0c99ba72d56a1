"""A network lent for one run on images that have a shape and no values, and given back as it was.

    with borrowed(net):
        net(image((1, 3, 224, 224)))

Images are on torch's meta device, where nothing is computed. Parameters, buffers and what `forward` makes keep their
values and may be read; where one meets an image, its operator sees its shape alone. So what is on the meta device
depends on the image, and what is not does not.
"""

import functools
import sys
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

ATEN = torch.ops.aten
SAME_SHAPE = {ATEN.relu.default, ATEN.hardtanh.default, ATEN.hardswish.default, ATEN.silu.default, ATEN.sigmoid.default}
ATOMS = (bool, int, float, complex, str, bytes, type, types.ModuleType, types.BuiltinFunctionType, type(None))
Seen = Callable[[Any, tuple[Any, ...], dict[str, Any], Any, bool], None]


def image(shape: Sequence[int], net: nn.Module) -> Tensor:
    """An input without values, of the type of number that `net` begins with."""
    kinds = (p.dtype for p in net.parameters() if p.is_floating_point() or p.is_complex())
    return torch.empty(tuple(shape), dtype=next(kinds, torch.float32), device="meta")


@contextmanager
def borrowed(net: nn.Module, seen: Seen | None = None) -> Iterator["Loan"]:
    """`net` in evaluation mode until the block ends, then as before: modes, hooks, attributes, tensors, random numbers.

    Its own hooks run. `seen(operator, args, kwargs, result, of_image)` is told of every operator of torch.
    ValueError for networks that are no Python any more, and for lazy layers.
    """
    for name, module in net.named_modules():
        place = f"the part {name}" if name else "the network"
        if isinstance(module, torch.jit.ScriptModule):
            raise ValueError(f"{place} is compiled by torch.jit, which shows no layers: take what it was made from")
        if isinstance(module, torch.fx.GraphModule) and _calls_operators(module):
            raise ValueError(f"{place} comes from torch.export, whose graph calls operators, not layers: "
                             "take the network that was exported")  # fmt: skip
        if any(is_lazy(value) for value in (*module._parameters.values(), *module._buffers.values())):
            raise ValueError(f"{type(net).__name__} has lazy layers whose size is not known yet: run it once first")
    state = _State(net)
    loan = Loan({storage(t) for t, *_ in state.tensors}, seen)
    try:
        for module in net.modules():
            vars(module)["training"] = False
        # in inference mode torch reports other operations; a compiled function would not show its layers
        with torch.inference_mode(False), torch.no_grad(), _uncompiled(), torch.random.fork_rng(devices=[]), \
                _Functions(loan), _Operators(loan):  # fmt: skip
            yield loan
    finally:
        state.restore()


def _calls_operators(module: torch.fx.GraphModule) -> bool:
    return any(isinstance(node.target, torch._ops.OpOverload) for node in module.graph.nodes)


def _uncompiled() -> AbstractContextManager[Any]:
    stance: Any = getattr(torch.compiler, "set_stance", None)    # torch 2.6
    return stance("force_eager") if stance and "torch._dynamo" in sys.modules else nullcontext()


def storage(t: Tensor) -> int:
    """What a tensor and all its views have in common."""
    try:
        return int(t.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):    # sparse tensors have none
        return id(t)


class Loan:
    """Which values may still be read, and the images that stand for tensors with values."""

    def __init__(self, lent: set[int], seen: Seen | None):
        self.lent = lent                        # storages of the network's own: nothing may write there
        self.unknown: dict[int, Any] = {}       # storages that an image was written into: they have no values any more
        self.origin: dict[int, int] = {}        # storage of an image that stands for a tensor: that tensor's
        self.kept: list[Tensor] = []            # so that no storage is used twice
        self.seen = seen

    def of_image(self, t: Tensor) -> bool:
        return t.is_meta or (bool(self.unknown) and storage(t) in self.unknown)

    def as_image(self, value: Any) -> Any:
        """Tensors without their values, in lists, tuples and dictionaries too; anything else as it is."""
        if isinstance(value, (list, tuple)) and value:
            parts = map(self.as_image, value)
            return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
        if type(value) is dict and value:
            return {key: self.as_image(part) for key, part in value.items()}
        if not isinstance(value, Tensor) or value.is_meta:
            return value
        stand_in = _empty_like(value)
        self.kept += [value, stand_in]
        self.origin[storage(stand_in)] = storage(value)
        return stand_in

    def base(self, t: Tensor) -> int:
        """The storage of a tensor, or of the one it stands for."""
        own = storage(t)
        return self.origin.get(own, own)

    def written(self, t: Tensor) -> None:
        self.unknown[storage(t)] = t


def _empty_like(t: Tensor) -> Tensor:
    if t.layout is not torch.strided:
        return torch.empty_like(t, device="meta", requires_grad=False)
    return torch.empty_strided(t.shape, t.stride(), dtype=t.dtype, device="meta")    # a fifth of empty_like's time


def tensors(values: Any) -> list[Tensor]:
    """The tensors among a call's arguments, those in lists included."""
    found = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += tensors(value)
    return found


class _Functions(TorchFunctionMode):
    """Functions of torch that compare the devices of their arguments get images only."""

    def __init__(self, loan: Loan):
        super().__init__()
        self.loan = loan

    def __torch_function__(
        self, function: Callable[..., Any], types: object, args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        given = tensors((*args, *kwargs.values()))
        if len(given) > 1 and not _writes(function, kwargs):
            images = [self.loan.of_image(t) for t in given]
            if any(images) and not all(images):
                args, kwargs = self.loan.as_image(args), self.loan.as_image(kwargs)
        return function(*args, **kwargs)


def _writes(function: Callable[..., Any], kwargs: dict[str, Any]) -> bool:
    """Does a function change one of its arguments? Its operators say which."""
    name = getattr(function, "__name__", "")
    return "out" in kwargs or name == "__set__" or name == "__setitem__" or (name.endswith("_") and name[:2] != "__")


class _Operators(TorchDispatchMode):
    """The rule of this file, for each operator that torch comes down to.

    Says what batch norm and activations give without asking torch, whose answer on the meta device takes far longer.
    """

    def __init__(self, loan: Loan):
        TorchDispatchMode.__init__(self)
        self.loan = loan

    def __torch_dispatch__(
        self, op: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        loan, kwargs = self.loan, kwargs or {}
        x: Any = args[0] if args else None
        given = tensors((*args, *kwargs.values()))
        of_image = any(map(loan.of_image, given))
        schema = getattr(op, "_schema", None)
        changed = _changed(schema, args, kwargs) if schema is not None and schema.is_mutable else []
        if of_image or any(storage(t) in loan.lent for t in changed):
            for t in changed:
                if not t.is_meta:
                    loan.written(t)
            if not all(t.is_meta for t in given):
                args, kwargs = loan.as_image(args), loan.as_image(kwargs)
                x = args[0] if args else None
            if kwargs.get("device") is not None:
                kwargs = {**kwargs, "device": torch.device("meta")}
        if op in SAME_SHAPE and x.is_meta:
            result: Any = _empty_like(x)
        elif op is ATEN.native_batch_norm.default and x.is_meta and _fit(x, args[1:5]):
            result = _empty_like(x), x.new_empty(0), x.new_empty(0)
        else:
            result = op(*args, **kwargs)
        if loan.seen is not None:
            loan.seen(op, args, kwargs, result, of_image)
        return result


def _fit(x: Tensor, statistics: tuple[Tensor | None, ...]) -> bool:
    return all(t is None or t.shape == x.shape[1:2] for t in statistics)


def _changed(schema: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    """The arguments that an operator writes into."""
    named = {a.name: value for a, value in zip(schema.arguments, args, strict=False)} | kwargs
    return tensors(named.get(a.name) for a in schema.arguments if a.alias_info is not None and a.alias_info.is_write)


class _State:
    """What can be reached from a network, as it was."""

    def __init__(self, net: nn.Module):
        self.tensors: list[tuple[Tensor, Tensor, bool]] = []
        self.parts: list[tuple[Any, Any]] = []
        met, waiting = set[int](), deque[Any]([net])
        while waiting:
            thing = waiting.pop()
            if isinstance(thing, ATOMS) or id(thing) in met:
                continue
            met.add(id(thing))
            waiting += self._keep(thing)

    def _keep(self, thing: Any) -> Any:
        """Note one thing down; gives what it holds."""
        if isinstance(thing, Tensor):
            self.tensors.append((thing, thing.detach(), thing.requires_grad))
            return ()
        if isinstance(thing, (dict, list, set, deque, bytearray)):
            if isinstance(thing, dict):
                self.parts.append((thing, dict(thing) if thing else None))
                return thing.values()
            self.parts.append((thing, list(thing) if thing else None))
            return thing
        if isinstance(thing, (tuple, frozenset)):
            return thing
        if isinstance(thing, types.FunctionType):
            cells = [cell for cell in thing.__closure__ or () if cell != types.CellType()]
            self.parts += [(cell, cell.cell_contents) for cell in cells]
            named = (thing.__globals__.get(name) for name in thing.__code__.co_names)
            containers = (value for value in named if isinstance(value, (dict, list, set, deque, Tensor)))
            return [*(cell.cell_contents for cell in cells), *(thing.__defaults__ or ()), *containers]
        if isinstance(thing, types.MethodType):
            return thing.__self__, thing.__func__
        if isinstance(thing, functools.partial):
            return thing.func, thing.args, thing.keywords
        if isinstance(thing, torch.Generator):
            self.parts.append((thing, thing.get_state()))
        elif isinstance(thing, np.ndarray):
            if not thing.flags.writeable or isinstance(thing, np.memmap):
                return ()
            self.parts.append((thing, thing.copy()))
        elif isinstance(thing, nn.Module) or not str(type(thing).__module__).startswith("torch."):
            return (getattr(thing, "__dict__", None),)
        return ()

    def restore(self) -> None:
        for thing, saved in self.parts:
            _put_back(thing, saved)
        for tensor, alias, requires_grad in self.tensors:
            if storage(tensor) != storage(alias) or tensor.shape != alias.shape or tensor.stride() != alias.stride():
                tensor.data = alias
            if tensor.requires_grad != requires_grad:
                tensor.requires_grad_(requires_grad)


def _put_back(thing: Any, saved: Any) -> None:
    if isinstance(thing, types.CellType):
        thing.cell_contents = saved
    elif isinstance(thing, torch.Generator):
        thing.set_state(saved)
    elif isinstance(thing, np.ndarray):
        thing[...] = saved
    elif not thing and not saved:
        return
    elif isinstance(thing, OrderedDict):
        OrderedDict.clear(thing)
        for key, value in (saved or {}).items():
            OrderedDict.__setitem__(thing, key, value)
    elif isinstance(thing, dict):
        if list(thing) != list(saved or ()) or any(thing[key] is not value for key, value in saved.items()):
            dict.clear(thing)
            dict.update(thing, saved or {})
    elif isinstance(thing, set):
        set.clear(thing)
        set.update(thing, saved or ())
    elif isinstance(thing, deque):
        deque.clear(thing)
        deque.extend(thing, saved or ())
    else:
        thing[:] = saved or ()
