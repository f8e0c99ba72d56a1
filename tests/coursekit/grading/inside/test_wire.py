"""Values between a test and an answer: what crosses comes out the same, what does not is refused, junk is Garbled."""

import collections
import enum
import math
import socket
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.grading.inside import wire

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


def refuse(value):
    raise wire.NotPlain(type(value).__name__)


def there_and_back(value):
    return wire.decode(bytearray(wire.encode(value, refuse)), refuse)


@settings(deadline=None)
@given(PLAIN)
def test_plain_values_come_out_the_same(value):
    assert there_and_back(value) == value
    assert type(there_and_back(value)) is type(value)


def test_what_json_alone_would_spoil():
    assert math.isnan(there_and_back(float("nan"))) and there_and_back(-math.inf) == -math.inf
    assert there_and_back({1: (2,), (3, 4): {5}}) == {1: (2,), (3, 4): {5}}
    assert there_and_back(torch.zeros(2, 3).shape) == (2, 3)
    assert there_and_back(torch.float16) is torch.float16
    assert (there_and_back(np.int64(3)), there_and_back(np.float32(0.5))) == (3, 0.5)


@pytest.mark.parametrize("dtype", wire.DTYPES.values(), ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_tensors_come_out_the_same(dtype, shape):
    value = torch.randint(0, 2, shape).to(dtype)
    out = there_and_back(value)
    assert type(out) is torch.Tensor and out.dtype == dtype and out.shape == value.shape and torch.equal(out, value)


@pytest.mark.parametrize("view", [lambda x: x.permute(2, 0, 1), lambda x: x[::2, :, 1::2], lambda x: x.transpose(0, 1)])
def test_the_order_in_memory_is_kept(view):
    value = view(torch.arange(60.0).reshape(4, 3, 5))
    out = there_and_back(value)
    assert out.stride() == value.stride() and torch.equal(out, value)
    with pytest.raises(RuntimeError):
        out.view(-1)


class Liar(int):
    __int__ = __index__ = __eq__ = lambda *_: 7


class Words(str):
    __str__ = lambda self: "other"  # noqa: E731


@pytest.mark.parametrize(
    ("value", "plain"),
    [(Liar(3), 3), (type("Half", (float,), {})(0.5), 0.5), (enum.IntEnum("Width", {"WIDE": 3}).WIDE, 3), (Words("a"), "a"),
     (enum.StrEnum("Order", {"FIRST": "first"}).FIRST, "first"), (collections.namedtuple("Pair", "a b")(1, [2]), (1, [2])),
     (type("Row", (list,), {"__iter__": lambda self: iter("no")})([1, 2]), [1, 2]), (frozenset({4}), {4}),
     (collections.Counter("aab"), {"a": 2, "b": 1}), (np.bool_(True), True), (np.str_("a"), "a")],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_subclass_arrives_as_the_plain_thing(value, plain):
    out = there_and_back(value)
    assert type(out) is type(plain) and out == plain


def test_a_subclass_arrives_as_a_plain_tensor():
    assert type(there_and_back(torch.nn.Parameter(torch.ones(2)))) is torch.Tensor
    assert not there_and_back(torch.ones(2, requires_grad=True)).requires_grad


def test_one_tensor_in_two_places_is_sent_once():
    x = torch.zeros(1000)
    assert len(wire.encode([x, x], refuse)) < 2 * 4000


@pytest.mark.parametrize(
    "value",
    [object(), lambda: 0, b"x", 1j, range(3), (i for i in ()), torch.ones(2, device="meta"), torch.ones(2).to_sparse(),
     Exception(), [10**5000], {1: -(10**5000)},
     type("Odd", (torch.Tensor,), {"layout": property(lambda self: 1 / 0)})()],
)  # fmt: skip
def test_what_is_not_plain_is_refused(value):
    with pytest.raises(wire.NotPlain):
        wire.encode(value, refuse)


def test_a_circle_is_refused():
    circle = []
    circle.append(circle)
    with pytest.raises(wire.NotPlain, match="too deep"):
        wire.encode(circle, refuse)


def test_a_value_of_many_parts_is_refused_on_both_sides(monkeypatch):
    """Read, JSON takes many times its own length of memory."""
    monkeypatch.setattr(wire, "LARGEST_TREE", 1000)
    with pytest.raises(wire.NotPlain, match="longer"):
        wire.encode([0] * 1000, refuse)
    assert there_and_back(torch.zeros(1000)).shape == (1000,)
    monkeypatch.undo()
    long = bytearray(wire.encode([0] * 1000, refuse))
    monkeypatch.setattr(wire, "LARGEST_TREE", 1000)
    with pytest.raises(wire.Garbled, match="JSON"):
        wire.decode(long, refuse)


@settings(max_examples=1000, deadline=None)
@given(st.binary(max_size=200))
def test_junk_is_garbled(data):
    with pytest.raises(wire.Garbled):
        wire.decode(bytearray(data), refuse)


GOOD = wire.encode({"a": [torch.ones(2, 3), (1, 2.5, None)], "b": torch.arange(6).reshape(2, 3).t()}, refuse)


@settings(max_examples=1000, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.integers(0, len(GOOD)))
def test_a_damaged_message_is_garbled_or_plain(at, byte, end):
    data = bytearray(GOOD)
    data[at] = byte
    try:
        out = wire.decode(data[:end] if end % 3 == 0 else data, refuse)
    except (wire.Garbled, wire.NotPlain):
        return
    wire.encode(out, refuse)  # only what could have been sent came out


@pytest.mark.parametrize(
    "head",
    ['{"tree": ["tensor", 0], "tensors": [["float32", [1000000000], null]]}',
     '{"tree": ["tensor", 0], "tensors": [["float32", [2, 1], [99999999999, 1]]]}',
     '{"tree": ["tensor", 0], "tensors": [["float32", [-1], null]]}', '{"tree": ["tensor", -1], "tensors": []}',
     '{"tree": ["kept", "x"], "tensors": []}', '{"tree": ["run", "x"], "tensors": []}', '{"tree": 1}', "[]",
     '{"tree": ["set", [["list", []]]], "tensors": []}', '{"tree": ' + "[" * 5000 + "]" * 5000 + ', "tensors": []}',
     '{"tree": ' + "9" * 5000 + ', "tensors": []}', '{"tree": ' + "9" * 1500 + ', "tensors": []}',
     '{"tree": ["tensor", 0], "tensors": [["float32", [2], "' + "7" * 1_000_000 + '"]]}',
     '{"tree": ["tensor", 0], "tensors": [["float32", [2], [true]]]}',
     '{"tree": ["tensor", 0], "tensors": [["float32", [1000000, 1000000, 0], null]]}',
     '{"tree": ["tensor", 0], "tensors": [["float32", "' + "7" * 16 + '", null]]}',
     '{"tree": ["tensor", 0], "tensors": [' + ", ".join(['["int8", [2], [60000000]]'] * 4) + "]}"],
)  # fmt: skip
def test_messages_that_promise_too_much(head):
    text = head.encode()
    with pytest.raises(wire.Garbled):
        wire.decode(bytearray(len(text).to_bytes(8, "big") + text + bytes(8)), refuse)


def test_a_refused_stride_was_never_built():
    """4 MB of text, times a length, would be memory before it was found to be no number."""
    text = ('{"tree": ["tensor", 0], "tensors": [["int8", [8], "' + "7" * 1_000_000 + '"]]}').encode()
    tracemalloc.start()
    with pytest.raises(wire.Garbled, match="strides"):
        wire.decode(bytearray(len(text).to_bytes(8, "big") + text + bytes(8)), refuse)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_message_over_the_limit_is_not_read():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall((1 << 40).to_bytes(8, "big"))
        with pytest.raises(wire.Garbled, match="more than"):
            wire.receive(ours)


def test_a_message_that_never_ends(monkeypatch):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall((10).to_bytes(8, "big") + b"half")
        with pytest.raises(TimeoutError):
            wire.receive(ours, deadline=0)
        theirs.close()
        with pytest.raises(EOFError):
            wire.receive(ours)
