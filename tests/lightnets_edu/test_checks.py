"""What a learner is told about an answer: one clear line each, whatever the answer does."""

import collections
import enum
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightnets_edu.checks import Check, close, equal, true

nan, inf = float("nan"), float("inf")


class Hostile(torch.Tensor):
    """Says yes to everything it is asked."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        raise RuntimeError("do not look at me")


class Yes(int):
    """An int that equals everything."""

    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


class Unshowable:
    def __repr__(self):
        raise RuntimeError("no")

    def __eq__(self, other):
        raise RuntimeError("no")

    __hash__ = None


class Loud(Exception):
    def __str__(self):
        raise RuntimeError("no")


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "value",
    [
        torch.arange(6).reshape(2, 3),
        torch.tensor([1.0, nan, inf]),
        torch.tensor(True),
        torch.zeros(0, 3),
        torch.tensor([1 + 2j]),
        torch.zeros(2, 2, device="meta"),
        torch.nn.Parameter(torch.ones(2)),
        torch.eye(3).to_sparse(),
        7,
        2.5,
        nan,
        inf,
        10**400,
        True,
        None,
        "abc",
        b"abc",
        (1, (2.0, "x")),
        [torch.zeros(2), None],
        {"a": torch.ones(1), 2: [3]},
        {1, 2},
        torch.float32,
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_is_itself(value):
    equal(value, value)
    close(value, value)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (6.0, 6),
        (6, 6.0),
        (np.int64(6), 6),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (torch.zeros(1, 2).shape, (1, 2)),
        (Point(1, 2), (1, 2)),
        (collections.OrderedDict(a=1), {"a": 1}),
        (torch.tensor(6), 6),
        (torch.zeros((), requires_grad=True), 0),
        (np.array(2.5), 2.5),
        (enum.IntEnum("Width", {"WIDE": 3}).WIDE, 3),
        ({"order": enum.StrEnum("Order", {"FIRST": "first"}).FIRST}, {"order": "first"}),
        (torch.zeros(2).as_subclass(Hostile), torch.zeros(2)),
        (torch.zeros(2, requires_grad=True) * 1, torch.zeros(2)),
        (np.arange(3), np.arange(3)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_equal_in_all_that_matters(got, expected):
    equal(got, expected)


@pytest.mark.parametrize(
    ("got", "expected", "words"),
    [
        (torch.zeros(3), torch.zeros(4), "got shape (3,), expected shape (4,)"),
        (torch.zeros(1).expand(10**12), torch.zeros(3), "got shape (1000000000000,), expected shape (3,)"),
        (torch.zeros(3), torch.zeros(3).int(), "got numbers of type float32, expected int32"),
        (
            torch.zeros(2, 3),
            torch.tensor([[0.0, 0, 0], [0, 2, 3]]),
            "first difference at index [1, 1]: got 0, expected 2 (2 of 6 values differ)",
        ),
        (torch.tensor([nan]), torch.tensor([0.0]), "first difference at index [0]: got nan, expected 0"),
        (torch.tensor(3), torch.tensor(4), "got 3, expected 4"),
        (torch.zeros(2, device="meta"), torch.zeros(2), "one tensor is on the meta device and has no values"),
        (torch.ones(2).as_subclass(Hostile), torch.zeros(2), "first difference at index [0]: got 1, expected 0"),
        (None, torch.zeros(2), "got None, expected a tensor of shape (2,) and type float32"),
        ([0.0], torch.zeros(1), "got a list, expected a tensor of shape (1,) and type float32"),
        (torch.tensor(5), 6, "got 5, expected 6"),
        (torch.tensor(True), 1, "got True (bool), expected the number 1"),
        (torch.zeros((), device="meta"), 0, "got a tensor of shape () and type float32, expected 0 (int)"),
        (torch.tensor([6]), 6, "got a tensor of shape (1,) and type int64, expected 6 (int)"),
        (5, 6, "got 5, expected 6"),
        (nan, 6, "got nan, expected 6"),
        (6, nan, "got 6, expected nan"),
        (True, 1, "got True (bool), expected the number 1"),
        (1, True, "got 1 (int), expected True (bool)"),
        ("6", 6, "got '6' (str), expected the number 6"),
        (None, 6, "got None, expected the number 6"),
        (Yes(5), 6, "got 5, expected 6"),
        (Unshowable(), 6, "got an Unshowable, expected the number 6"),
        ("ab", "ba", "got 'ab', expected 'ba'"),
        ([1], (1,), "got a list, expected a tuple"),
        ((1, 2), (1,), "got 2 items, expected 1: (1, 2) is not (1,)"),
        ((1, [2, 3]), (1, [2, 4]), "first difference at index 1: first difference at index 1: got 3, expected 4"),
        ({"a": 1}, {"b": 1}, "missing key 'b'; extra key 'a'"),
        ({"a": 1}, {"a": 2}, "at key 'a': got 1, expected 2"),
        (list(range(1000)), list(range(999)), "..."),
        (lambda: 0, torch.relu, "got a function, expected a builtin_function_or_method"),
    ],
    ids=range(31),
)
def test_what_differs_is_said(got, expected, words):
    with pytest.raises(AssertionError) as caught:
        equal(got, expected)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300


def test_close_allows_and_says_how_much():
    close(1.0000001, 1)
    close(torch.tensor([1.0, 2.0]) + 1e-7, torch.tensor([1.0, 2.0]))
    close(103, 100, rel=0.05)
    close(0.0004, 0, abs=0.001)
    close([1.01], [1], rel=0.1)
    with pytest.raises(AssertionError, match=r"got 1.1, expected 1 \(allowed difference: 0.05 of the expected value\)"):
        close(1.1, 1, rel=0.05)
    with pytest.raises(AssertionError, match=r"got 2, expected 1 \(1 of 2 .*0.05 of the expected value, or 0.5\)"):
        close(torch.tensor([1.0, 2]), torch.tensor([1.0, 1]), rel=0.05, abs=0.5)


@pytest.mark.parametrize(("got", "expected"), [(inf, 1.0), (1.0, inf), (-inf, inf), (nan, 1.0), (1e300, 10**400)])
def test_close_is_never_infinitely_generous(got, expected):
    with pytest.raises(AssertionError):
        close(got, expected, rel=0.5)
    if expected < 1e300:
        with pytest.raises(AssertionError):
            close(torch.tensor([got]), torch.tensor([expected]), rel=0.5)


def test_close_asks_for_the_same_shape_and_type():
    with pytest.raises(AssertionError, match="got shape"):
        close(torch.zeros(1, 2), torch.zeros(2))
    with pytest.raises(AssertionError, match="got numbers of type float64"):
        close(torch.zeros(2).double(), torch.zeros(2))


numbers = st.one_of(st.integers(-99, 99), st.floats(allow_nan=True), st.booleans(), st.text(max_size=3), st.none())
values = st.recursive(numbers, lambda v: st.lists(v, max_size=3) | st.tuples(v, v), max_leaves=6)


@given(values, values)
def test_any_two_values_get_a_verdict(got, expected):
    """Never anything but agreement or an AssertionError with words."""
    equal(got, got)
    for compare in (equal, close):
        try:
            compare(got, expected)
        except AssertionError as error:
            assert str(error)


def test_true():
    true(1 < 2, "order")
    with pytest.raises(AssertionError, match=r"^order$"):
        true(2 < 1, "order")
    with pytest.raises(AssertionError, match=r"^order \(expected True or False, got a tensor of shape \(3,\)"):
        true(torch.zeros(3), "order")


# The context manager -------------------------------------------------------------------------------------------------


def said(capsys) -> list[str]:
    out, err = capsys.readouterr()
    assert err == ""
    assert "\x1b" not in out
    return out.splitlines()


def answer(body: str):
    """A learner's function `f(x)`, defined in a notebook cell of its own."""
    scope = {"torch": torch}
    exec(compile(f"def f(x):\n    {body}", "/tmp/ipykernel_1/2345.py", "exec"), scope)
    return scope["f"]


def test_right_and_wrong(capsys):
    with Check("double") as check:
        with check("twice two"):
            check.equal(answer("return 2 * x")(2), 4)
        with check("twice three"):
            check.equal(answer("return x + 2")(3), 6)
        with check("about"):
            check.close(2.0, 2.0)
            check.true(False, "it is false")
    assert said(capsys) == [
        "✓ twice two",
        "✗ twice three: got 5, expected 6",
        "✗ about: it is false",
        "✗ double: 1 of 3 checks passed",
    ]


def test_all_right(capsys):
    with Check("double") as check, check("twice two"):
        check.equal(4, 4)
    assert said(capsys) == ["✓ twice two", "✓ double: 1 of 1 checks passed"]


@pytest.mark.parametrize("inside", [True, False])
def test_a_stub_is_not_answered_yet(capsys, inside):
    """One line and nothing else, wherever the stub is met and whatever other checks found."""
    stub = answer("raise NotImplementedError()")
    with Check("double") as check:
        with check("first"):
            check.equal(1, 2)
        if inside:
            with check("second"):
                check.equal(stub(2), 4)
        else:
            stub(2)
    assert said(capsys) == ["… double: not answered yet"]


def test_what_an_operation_lacks_is_no_stub(capsys):
    with Check("double") as check, check("runs"):
        torch.nn.Module()(1)
    assert "✗ runs: NotImplementedError" in said(capsys)[0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return x.nope", "AttributeError (line 2 of your answer): 'int' object has no attribute 'nope'"),
        ("return f(x)", "RecursionError (line 2 of your answer): the code calls itself without end"),
        ("raise SystemExit", "SystemExit (line 2 of your answer): the code stops Python itself"),
        ("import sys; sys.exit(3)", "SystemExit (line 2 of your answer): the code stops Python itself"),
        ("assert x == 3", "an assertion failed (line 2 of your answer)"),
        ("assert x == 3, 'three please'", "three please"),
        ("return torch.zeros(2) + torch.zeros(3)", "RuntimeError (line 2 of your answer): The size of tensor a (2)"),
        ("raise ValueError('a\\nb' + 'c' * 999)", "ValueError (line 2 of your answer): a bccc"),
        ("raise KeyError", "KeyError (line 2 of your answer)"),
        ("return eval('1 +')", "SyntaxError: invalid syntax"),
        ("return {}[x]", "KeyError (line 2 of your answer): 2"),
    ],
)
def test_exceptions_are_reported(capsys, body, words):
    with Check("double") as check:
        with check("runs"):
            answer(body)(2)
        with check("goes on"):
            pass
    lines = said(capsys)
    assert lines[0].startswith(f"✗ runs: {words}")
    assert len(lines[0]) < 400
    assert lines[1:] == ["✓ goes on", "✗ double: 1 of 2 checks passed"]


def test_messages_that_cannot_be_shown(capsys):
    with Check("double") as check, check("runs"):
        raise Loud
    assert "(its message cannot be shown)" in said(capsys)[0]


def test_a_mistake_in_the_call_names_this_cell(capsys):
    line = sys._getframe().f_lineno + 2
    with Check("double") as check, check("runs"):
        answer("return x")(1, 2)
    assert said(capsys)[0].startswith(f"✗ runs: TypeError (line {line} of this cell): f() takes 1 positional")


def test_outside_a_check_the_rest_is_skipped(capsys):
    with Check("double") as check:
        with check("first"):
            pass
        undefined_name  # noqa: B018, F821
    lines = said(capsys)
    assert lines[0] == "✓ first"
    assert lines[1].startswith("✗ the checks stopped: NameError")
    assert lines[2] == "✗ double: 1 of 2 checks passed"


@pytest.mark.parametrize("inside", [True, False])
def test_an_interrupt_goes_through(inside):
    with pytest.raises(KeyboardInterrupt), Check("double") as check:
        if inside:
            with check("runs"):
                raise KeyboardInterrupt
        raise KeyboardInterrupt


def test_a_console_without_check_marks():
    code = "from lightnets_edu.checks import Check\nwith Check('a') as c:\n with c('b'): c.equal(1, 2)"
    run = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", code],
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": ":".join(sys.path)},
        check=True,
    )
    assert (run.stdout.splitlines()[0], run.stderr) == (b"wrong b: got 1, expected 2", b"")


def test_an_answer_that_was_never_defined(capsys):
    with Check("halve") as check, check("half of 2"):
        check.equal(halve(2), 1)  # noqa: F821
    assert "`halve` is not defined: run the cell with your answer first" in capsys.readouterr().out


def test_an_array_is_no_tensor(capsys):
    with Check("halve") as check, check("half of 2"):
        check.equal(torch.ones(2).numpy(), torch.ones(2))
    assert "✗ half of 2: got" in capsys.readouterr().out
