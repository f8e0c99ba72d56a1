"""Values on their way between a test and a student's code: one JSON tree and raw tensor bytes, nothing that can run.

Both processes use this file; it imports nothing of the course. What comes out of `decode` is made of None, bool, int,
float, str, list, tuple, set, dict, `torch.dtype`, exactly `torch.Tensor`, numpy arrays, and what `refer` makes of a
number.
"""

import json
import math
import select
import struct
import time
from collections.abc import Callable

import torch

DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
        torch.uint8, torch.bool, torch.complex64, torch.complex128,
    )
}  # fmt: skip
SEQUENCES = {"list": list, "tuple": tuple, "set": set}
PLAIN: dict[type, Callable] = {
    bool: bool, int: int.__int__, float: float.__float__, str: str.__str__, list: lambda v: [*list.__iter__(v)],
    tuple: lambda v: (*tuple.__iter__(v),), set: lambda v: {*set.__iter__(v)},
    frozenset: lambda v: frozenset({*frozenset.__iter__(v)}),
}  # fmt: skip
LARGEST = 64 << 20  # bytes of one message
LARGEST_TREE = 4 << 20  # of those, bytes of all that is no tensor: read, it takes some thirty times as much memory
LONGEST = 4096  # bits of a whole number: more could not be shown, and no test counts so far
BROKEN = (KeyError, IndexError, ValueError, TypeError, AttributeError, RuntimeError, RecursionError, MemoryError,
          OverflowError, struct.error)  # fmt: skip


class NotPlain(Exception):
    """A value that cannot cross: the contract of the exercises has no place for it."""


class Garbled(Exception):
    """The other side sent something that is no message."""


def send(sock, message: bytes) -> None:
    sock.sendall(struct.pack(">Q", len(message)) + message)


def receive(sock, deadline: float | None = None, largest: int = LARGEST) -> bytearray:
    """One message. EOFError when the other side is gone, TimeoutError after `deadline` (of time.monotonic)."""
    (size,) = struct.unpack(">Q", _exactly(sock, 8, deadline))
    if size > largest:
        raise Garbled(f"a message of {size:,} bytes, more than {largest:,}")
    return _exactly(sock, size, deadline)


def _exactly(sock, size: int, deadline: float | None) -> bytearray:
    buffer, got = bytearray(size), 0
    while got < size:
        if deadline is not None and not select.select([sock], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError
        count = sock.recv_into(memoryview(buffer)[got:])
        if not count:
            raise EOFError
        got += count
    return buffer


def encode(value, refer) -> bytes:
    """A value as bytes. `refer(object)` gives the number of an object that stays where it is, or raises NotPlain."""
    tensors: list = []
    places: dict[int, int] = {}
    try:
        tree = _tree(value, tensors, places, refer)
        heads, blobs = [], []
        for tensor in tensors:
            head, blob = _pack(tensor)
            heads.append(head)
            blobs.append(blob)
        text = json.dumps({"tree": tree, "tensors": heads}).encode()
    except RecursionError:
        raise NotPlain("a value that is nested too deep") from None
    except NotPlain:
        raise
    except Exception as error:  # whatever an odd object says to this, it is no answer's own error
        raise NotPlain(f"a value that cannot be packed ({type(error).__name__})") from None
    if len(text) > LARGEST_TREE:
        raise NotPlain("a value that is longer than 4 MiB")
    return b"".join([struct.pack(">Q", len(text)), text, *blobs])


def _plain(value):
    """A number, text, list, tuple or set of a subclass (named tuples, enumerations) as the plain thing."""
    for kind, plain in PLAIN.items():
        if issubclass(type(value), kind):
            return value if type(value) is kind else plain(value)
    return value


def _tree(value, tensors: list, places: dict, refer):
    if type(value).__module__ != "numpy":
        value = _plain(value)
    kind = type(value)
    if kind is int and value.bit_length() > LONGEST:
        raise NotPlain(f"a whole number of more than {LONGEST:,} bits")
    if value is None or kind in (bool, int, float, str):
        return value
    if isinstance(value, torch.Tensor):
        if id(value) not in places:
            places[id(value)] = len(tensors)
            tensors.append(value)
        return ["tensor", places[id(value)]]
    if kind in (list, tuple, set, frozenset):
        return ["set" if kind is frozenset else kind.__name__, [_tree(item, tensors, places, refer) for item in value]]
    if isinstance(value, dict):
        pairs = [[_tree(k, tensors, places, refer), _tree(v, tensors, places, refer)] for k, v in dict.items(value)]
        return ["dict", pairs]
    if kind is torch.dtype and str(value).removeprefix("torch.") in DTYPES:
        return ["dtype", str(value).removeprefix("torch.")]
    if kind.__module__ == "numpy" and kind.__name__ == "ndarray" and value.dtype.kind in "biufc":
        return ["array", _tree(torch.from_numpy(value.copy()), tensors, places, refer)[1]]
    if (
        kind.__module__ == "numpy"
        and callable(getattr(value, "item", None))
        and type(value.item()) in (bool, int, float, str)
    ):
        return value.item()
    return ["kept", refer(value)]


def _pack(tensor) -> tuple[list, bytes]:
    """Type, shape, strides (None for ordinary memory order) and the values in the order of the shape."""
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.device.type == "meta":
        raise NotPlain(f"a tensor on {tensor.device.type} with layout {tensor.layout}")
    with torch.no_grad(), torch._C.DisableTorchFunctionSubclass():
        name = str(tensor.dtype).removeprefix("torch.")
        if name not in DTYPES:
            raise NotPlain(f"a tensor of {tensor.dtype}")
        plain = tensor.detach().cpu().resolve_conj().resolve_neg()
        strides = None if plain.is_contiguous() or 0 in plain.stride() else list(plain.stride())
        flat = plain.clone(memory_format=torch.contiguous_format).reshape(-1)  # numpy would pin the tensor's own size
        return [name, list(plain.shape), strides], flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def decode(raw: bytearray, refer):
    """The value of a message. `refer(number)` gives what a number stands for. Garbled for anything malformed."""
    try:
        (size,) = struct.unpack_from(">Q", raw)
        if size > LARGEST_TREE:
            raise ValueError(f"{size:,} bytes of JSON")
        message = json.loads(bytes(raw[8 : 8 + size]))
        tensors, at, room = [], 8 + size, LARGEST
        for name, shape, strides in message["tensors"]:
            tensor, at = _unpack(raw, at, DTYPES[name], shape)
            if strides and tensor.numel():
                reach = _reach(tensor, strides, room)
                room -= reach * tensor.element_size()
                tensor = torch.empty(reach, dtype=tensor.dtype).as_strided(tensor.shape, strides).copy_(tensor)
            tensors.append(tensor)
        return _value(message["tree"], tensors, refer)
    except BROKEN as error:
        raise Garbled(f"{type(error).__name__}: {str(error)[:200]}") from None


def _unpack(raw: bytearray, at: int, dtype, shape: list):
    if type(shape) is not list or len(shape) > 16 or not all(type(n) is int and 0 <= n <= LARGEST for n in shape):
        raise ValueError("a shape that no tensor has")
    count, without_noughts = math.prod(shape), math.prod(n or 1 for n in shape)
    if without_noughts > LARGEST:
        raise ValueError("a shape that nothing could be made of")
    end = at + count * dtype.itemsize
    if end > len(raw):
        raise ValueError("a tensor is longer than its message")
    # bytes of its own: at any other place they could lie across the bounds that a processor loads at; and a clone, that
    # an answer can resize as any other tensor
    flat = torch.frombuffer(raw[at:end], dtype=dtype).clone() if count else torch.empty(0, dtype=dtype)
    if dtype is torch.bool:  # a byte other than 0 and 1 is no bool
        flat = flat.view(torch.uint8).ne(0)
    return flat.reshape(shape), end


def _reach(tensor, strides: list, room: int) -> int:
    """How many numbers lie between the first and the last of a tensor that is laid out as the sender had it."""
    if type(strides) is not list or not all(type(stride) is int and 0 < stride <= LARGEST for stride in strides):
        raise ValueError("strides that no tensor has")
    reach = 1 + sum((length - 1) * stride for length, stride in zip(tensor.shape, strides, strict=True))
    if reach * tensor.element_size() > room:
        raise ValueError("tensors that lie too far apart")
    return reach


def _value(tree, tensors: list, refer):
    if type(tree) is int and tree.bit_length() > LONGEST:
        raise ValueError(f"a whole number of {tree.bit_length():,} bits")
    if tree is None or type(tree) in (bool, int, float, str):
        return tree
    tag, body = tree
    if tag == "tensor":
        return tensors[_index(body)]
    if tag in SEQUENCES:
        return SEQUENCES[tag](_value(item, tensors, refer) for item in body)
    if tag == "dict":
        return {_value(key, tensors, refer): _value(item, tensors, refer) for key, item in body}
    if tag == "dtype":
        return DTYPES[body]
    if tag == "array":
        return tensors[_index(body)].numpy()
    if tag == "kept":
        return refer(_index(body))
    raise ValueError(f"tag {tag!r}")


def tensors_in(value) -> list:
    """The tensors of nested lists, tuples and dicts, each once, in an order that is the same on both sides."""
    found: dict[int, torch.Tensor] = {}
    todo = [value]
    while todo:
        value = todo.pop()
        if isinstance(value, torch.Tensor):
            found.setdefault(id(value), value)
        elif type(value) in (list, tuple):
            todo.extend(value)
        elif isinstance(value, dict):
            todo.extend(dict.values(value))
    return list(found.values())


def _index(number) -> int:
    if type(number) is not int or number < 0:
        raise ValueError(f"number {number!r}")
    return number
