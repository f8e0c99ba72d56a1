"""How a learner's value differs from the expected one, in words, or None where it does not.

The value compared may be anything, hostile included: only exact built-in types, torch tensors and numpy values are
looked into, so an overloaded `==` is never asked.
"""

import math
import sys
from collections.abc import Callable
from typing import Any

NUMBERS = (int, float, complex)
Same = Callable[[Any, Any], bool]


def show(value: Any) -> str:
    """A value in at most one short line, whatever its `repr` does."""
    if _is_tensor(value):
        return f"a tensor of shape {_shape(value)} and type {_dtype(value)}"
    try:
        text = " ".join(repr(value).split())
    except Exception as error:
        return f"{_article(type(value).__name__)} that cannot be shown ({type(error).__name__})"
    return text if len(text) <= 80 else text[:77] + "..."


def difference(got: Any, expected: Any, rel: float | None = None, abs_: float = 0.0) -> str | None:
    """None where `got` is `expected` (`rel` None: exactly; else within the tolerances), else what differs, in words."""
    if _is_tensor(expected) and not _is_tensor(got):
        return f"got {_what(got)}, expected {_what(expected)}"
    got, expected = _plain(got), _plain(expected)
    if type(expected) in NUMBERS:
        got = _item(got)
    if _is_tensor(expected) or _is_tensor(got):
        return _tensor_difference(got, expected, rel, abs_)
    if type(expected) in NUMBERS:
        return _number_difference(got, expected, rel, abs_)
    if type(got) is not type(expected):
        return f"got {_what(got)}, expected {_what(expected)}"
    if type(expected) in (tuple, list):
        return _sequence_difference(got, expected, rel, abs_)
    if type(expected) is dict:
        return _dict_difference(got, expected, rel, abs_)
    return None if _equal(expected, got) else f"got {show(got)}, expected {show(expected)}"


def _plain(value: Any) -> Any:
    """Subclasses of tuple, list, dict, text and numbers (shapes, enumerations) as the plain thing; numpy likewise."""
    if isinstance(value, tuple):
        return tuple(tuple.__iter__(value))
    if isinstance(value, list):
        return list(list.__iter__(value))
    if isinstance(value, dict):
        return dict(dict.items(value))
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy and type(value).__module__ == "numpy" and isinstance(value, numpy.generic):
        return value.item()
    if numpy and torch and type(value) is numpy.ndarray and value.dtype.kind in "biufc":
        return torch.from_numpy(value.copy())
    for kind, plain in ((bool, bool), (int, int.__int__), (float, float.__float__), (str, str.__str__)):
        if issubclass(type(value), kind):
            return plain(value)
    return value


def _item(value: Any) -> Any:
    """The number that a tensor without dimensions holds; anything else as it is."""
    if _is_tensor(value) and _shape(value) == () and (bare := _bare(value)).device.type != "meta":
        return bare.item()
    return value


def _equal(a: Any, b: Any) -> bool:
    try:
        return bool(a == b)
    except Exception:
        return False


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiouAEIOU' else 'a'} {noun}"


def _what(value: Any) -> str:
    """`None`, `5 (int)`, `a list`: what kind of thing it is."""
    if value is None or _is_tensor(value):
        return show(value)
    if type(value) in (bool, str, *NUMBERS):
        return f"{show(value)} ({type(value).__name__})"
    return _article(type(value).__name__)


def _number_difference(got: Any, expected: Any, rel: float | None, abs_: float) -> str | None:
    """6.0 is 6, but True is not 1; nan is nan."""
    if type(got) not in NUMBERS:
        return f"got {_what(got)}, expected the number {show(expected)}"
    if got == expected or (got != got and expected != expected):
        return None
    if rel is None:
        return f"got {show(got)}, expected {show(expected)}"
    try:
        near = abs(got - expected) <= max(rel * abs(expected), abs_) and abs(expected) != math.inf
    except OverflowError:
        near = False
    return None if near else f"got {show(got)}, expected {show(expected)} ({_tolerance(rel, abs_)})"


def _tolerance(rel: float, abs_: float) -> str:
    return f"allowed difference: {rel:g} of the expected value" + (f", or {abs_:g}" if abs_ else "")


def _sequence_difference(got: Any, expected: Any, rel: float | None, abs_: float) -> str | None:
    if len(got) != len(expected):
        return f"got {len(got)} items, expected {len(expected)}: {show(got)} is not {show(expected)}"
    for i, (g, e) in enumerate(zip(got, expected, strict=True)):
        if reason := difference(g, e, rel, abs_):
            return f"first difference at index {i}: {reason}"
    return None


def _dict_difference(got: dict[Any, Any], expected: dict[Any, Any], rel: float | None, abs_: float) -> str | None:
    missing = [k for k in expected if k not in got]
    extra = [k for k in got if k not in expected]
    if missing or extra:
        parts = (("missing", missing), ("extra", extra))
        return "; ".join(f"{word} key {show(keys[0])}" for word, keys in parts if keys)
    for key, value in expected.items():
        if reason := difference(got[key], value, rel, abs_):
            return f"at key {show(key)}: {reason}"
    return None


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and issubclass(type(value), torch.Tensor)


def _own(name: str, tensor: Any) -> Any:
    """The attribute that torch itself gives the tensor, whatever a subclass says."""
    import torch

    return vars(torch._C.TensorBase)[name].__get__(tensor)


def _bare(tensor: Any) -> Any:
    """The tensor's own data, dense, detached, on the CPU; nothing that a subclass overrides is called."""
    import torch

    with torch._C.DisableTorchFunctionSubclass():
        if _own("layout", tensor) is not torch.strided:
            tensor = torch.Tensor.to_dense(tensor)
        bare = torch.Tensor.as_subclass(tensor, torch.Tensor).detach()
        return bare if bare.device.type == "meta" else bare.cpu()


def _shape(tensor: Any) -> tuple[int, ...]:
    import torch

    with torch._C.DisableTorchFunctionSubclass():
        return tuple(_own("shape", tensor))


def _dtype(tensor: Any) -> str:
    import torch

    with torch._C.DisableTorchFunctionSubclass():
        return str(_own("dtype", tensor)).removeprefix("torch.")


def _tensor_difference(got: Any, expected: Any, rel: float | None, abs_: float) -> str | None:
    import torch

    for value, side in ((got, "got"), (expected, "expected")):
        if not _is_tensor(value):
            other = expected if side == "got" else got
            if side == "got":
                return f"got {_what(value)}, expected {show(other)}"
            return f"got {show(other)}, expected {_what(value)}"
    if _shape(got) != _shape(expected):
        return f"got shape {_shape(got)}, expected shape {_shape(expected)}"
    if _dtype(got) != _dtype(expected):
        return f"got numbers of type {_dtype(got)}, expected {_dtype(expected)}"
    got, expected = _bare(got), _bare(expected)
    if got.device.type == "meta" or expected.device.type == "meta":
        return None if got.device == expected.device else "one tensor is on the meta device and has no values"
    same = (got == expected) | ((got != got) & (expected != expected))
    if rel is not None and (got.is_floating_point() or got.is_complex() or got.dtype != torch.bool):
        wide = torch.complex128 if got.is_complex() else torch.float64
        g, e = got.to(wide), expected.to(wide)
        bound = torch.clamp(rel * e.abs(), min=abs_)
        same |= ((g - e).abs() <= bound) & e.isfinite()
    if bool(same.all()):
        return None
    return _first(got, expected, ~same) + ("" if rel is None else f" ({_tolerance(rel, abs_)})")


def _first(got: Any, expected: Any, differs: Any) -> str:
    """Where the first difference is, both values, and how many there are."""
    if not got.ndim:
        return f"got {got.item()}, expected {expected.item()}"
    flat, index = int(differs.flatten().int().argmax()), list[int]()
    for size in reversed(got.shape):
        index.insert(0, flat % size)
        flat //= size
    g, e = (t[tuple(index)].item() for t in (got, expected))
    count = f"{int(differs.sum())} of {differs.numel()} values differ"
    return f"first difference at index {index}: got {_brief(g)}, expected {_brief(e)} ({count})"


def _brief(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
