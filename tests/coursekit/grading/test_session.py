"""The stand-ins that hidden tests hold: what they can do across the wall, and what is refused."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from grading.small_course import PACKAGE

from coursekit.exercise_cells import graded_text
from coursekit.grading.hand_in.assemble import Step
from coursekit.grading.job import Times
from coursekit.grading.judge import Exercise, judge
from coursekit.grading.sandbox import Sandbox
from coursekit.grading.session import OutsideContract, Session, Stopped, StudentError

pytestmark = pytest.mark.slow
CELL = """
import torch
from torch import nn

answer, helper = 42, object()
def add(a, b=1): return a + b
def fill(x): x.fill_(7)
def push(items): items.append(3)
def turn(x): x.t_()
def fill_some(xs, table, more):
    xs[1].fill_(1)
    table["x"].fill_(2)
    more[0][0].fill_(3)
def same(x): return x
def strides(x): return x.stride()
def grad(x): return torch.is_grad_enabled()
def stub(): raise NotImplementedError()
def fails(kind): raise {"value": ValueError("why"), "key": KeyError("k"), "os": OSError(2), "stop": StopIteration}[kind]
class Own(ValueError): pass
class Odd(Exception): pass
def own(): raise Own("mine")
def odd(): raise Odd("mine")
def thing(): return object()
def digits(): return 10**5000
def heavy(): return torch.zeros(20_000_000)
def grow(x): x.resize_(5)
def raises(kind): raise {"exit": SystemExit(0), "ctrl": KeyboardInterrupt(), "old": DeprecationWarning("old"),
    "base": type("Stopped", (BaseException,), {})("passed"), "text": UnicodeDecodeError("utf-8", b"x", 0, 1, "bad"),
    "time": TimeoutError("slow"), "many": ExceptionGroup("many", [ValueError()]), "check": AssertionError()}[kind]
def slow(): 
    import time
    time.sleep(30)
def leave(): 
    import os
    os._exit(3)
def make(n): return Net(n)
class Net(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.linear, self.drop = nn.Linear(n, 2), nn.Dropout(0.5)
    def forward(self, x): return self.drop(self.linear(x))
"""


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox([PACKAGE], ["torch"]) as running:
        yield running


@pytest.fixture
def session(sandbox):
    session = Session(sandbox.worker, Times(call=2, exercise=10, notebook=30))
    assert session.run(CELL).error == ""
    yield session
    session.close()


@pytest.fixture
def get(session):
    return lambda name: session.names([name])[name]


def test_names(session):
    found = session.names(["answer", "add", "Net", "absent"])
    assert found["answer"] == 42 and "absent" not in found
    assert repr(found["add"]) == "<add of the answer>"


def test_calls_with_plain_values_and_tensors(get):
    assert get("add")(2) == 3 and get("add")("a", b="b") == "ab"
    assert torch.equal(get("add")(torch.ones(2, 3)), torch.full((2, 3), 2.0))
    assert get("strides")(torch.zeros(2, 3).t()) == (1, 3)


def test_changes_in_place_are_seen(get):
    x, items = torch.zeros(2, 3), [1]
    view = x[:, ::2]
    get("fill")(view)
    get("push")(items)
    assert items == [1, 3] and x.tolist() == [[7, 0, 7], [7, 0, 7]]


def test_changes_are_seen_wherever_a_tensor_stands(get):
    """Else an answer that spoils its input passes a test that asks for the opposite."""
    x, items, wide = torch.zeros(2), [1], torch.zeros(2, 5)
    get("fill")(x=x)
    get("push")(items=items)
    get("turn")(wide)
    assert x.tolist() == [7, 7] and items == [1, 3] and wide.shape == (5, 2)
    parts = [torch.zeros(1) for _ in range(5)]
    get("fill_some")(parts[:2], {"x": parts[2]}, more=([parts[3]], parts[4]))
    assert [part.item() for part in parts] == [0, 1, 2, 3, 0]


def test_changes_in_place_are_noticed_and_can_be_kept_out(session, get):
    x, items = torch.zeros(2), [1]
    get("same")(x)
    assert not session.spoilt
    session.writes_back = False
    get("fill")(x)
    get("push")(items)
    assert session.spoilt and x.tolist() == [0, 0] and items == [1]


def test_a_tensor_can_grow_in_place(get):
    x = torch.zeros(2)
    get("grow")(x)
    assert x.shape == (5,)


def test_a_tensor_that_is_only_read_stays_as_it_was(get):
    x = torch.ones(2, requires_grad=True)
    (x * 2).sum().backward()
    get("same")([x])
    assert x.requires_grad and x.grad.tolist() == [2, 2]


def test_what_is_given_back_is_a_copy(get):
    x = torch.zeros(3)
    y = get("same")(x)
    y += 1
    assert x.sum() == 0


def test_whether_gradients_are_on_crosses(get):
    assert get("grad")(0) is True
    with torch.no_grad():
        assert get("grad")(0) is False


def test_modules(get):
    net, other = get("Net")(3), get("make")(3)
    state = {"linear.weight": torch.ones(2, 3), "linear.bias": torch.zeros(2)}
    net.load_state_dict(state)
    assert torch.equal(net.eval()(torch.ones(1, 3)), torch.full((1, 2), 3.0))
    assert set(net.train()(torch.ones(50, 3)).unique().tolist()) == {0.0, 6.0}
    assert {k: v.tolist() for k, v in net.state_dict().items()} == {k: v.tolist() for k, v in state.items()}
    assert sum(p.numel() for p in other.parameters()) == 8
    assert get("same")(net).state_dict().keys() == state.keys()
    with pytest.raises(RuntimeError, match="Missing key"):
        other.load_state_dict({})


@pytest.mark.parametrize(
    ("name", "args", "kind", "text"),
    [("stub", (), NotImplementedError, ""), ("fails", ("value",), ValueError, "why"), ("fails", ("key",), KeyError, "k"),
     ("own", (), ValueError, "Own: mine"), ("odd", (), StudentError, "Odd: mine"), ("fails", ("os",), StudentError, ""),
     ("fails", ("stop",), StudentError, ""), ("add", (), TypeError, "missing"), ("thing", (), StudentError, "type object"),
     ("digits", (), StudentError, "4,096 bits"), ("heavy", (), StudentError, "80,000")],
)  # fmt: skip
def test_errors_come_as_the_nearest_that_python_has(get, name, args, kind, text):
    with pytest.raises(kind) as raised:
        get(name)(*args)
    assert text in str(raised.value)
    if name == "stub":
        assert raised.value.args == ()


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [("exit", StudentError, "SystemExit"), ("ctrl", StudentError, "KeyboardInterrupt"), ("old", StudentError, "old"),
     ("base", StudentError, "Stopped: passed"), ("text", ValueError, "UnicodeDecodeError"), ("time", TimeoutError, "slow"),
     ("many", StudentError, "ExceptionGroup"), ("check", AssertionError, "")],
)  # fmt: skip
def test_no_error_of_an_answer_does_more_than_fail_its_test(get, name, kind, text):
    with pytest.raises(kind, match=text) as raised:
        get("raises")(name)
    assert type(raised.value) is kind


def test_a_name_for_what_cannot_cross_does_not_take_the_others_with_it(session):
    found = session.names(["helper", "torch", "add"])
    assert found.keys() == {"add"} and found["add"](1) == 2


def _circle():
    circle = []
    circle.append(circle)
    return circle


@pytest.mark.parametrize(
    "ask",
    [lambda f: f(_circle()), lambda f: f(b"x"), lambda f: f(1j), lambda f: f([1, {"a": range(3)}]), lambda f: f == "add",
     lambda f: __import__("pickle").dumps(f), lambda f: f.__globals__, lambda f: f.named_parameters(), lambda f: f.linear],
)  # fmt: skip
def test_what_cannot_cross_is_not_to_be_caught(get, ask):
    """A hidden test that says `except Exception` cannot take it for the answer's own error."""
    for stand_in in (get("add"), get("Net")(1)):
        with pytest.raises(OutsideContract):
            try:
                ask(stand_in)
            except Exception as error:
                pytest.fail(f"could be caught: {error!r}")
    assert get("add")(1) == 2  # and the session goes on


def test_a_stand_in_of_an_earlier_worker_is_no_argument(session, get):
    old = get("make")(2)
    session.run("import os\nos._exit(0)")
    with pytest.raises(OutsideContract):
        get("same")(old)
    with pytest.raises(Stopped, match="ended earlier"):
        old(torch.ones(1, 2))


@pytest.mark.parametrize(
    "ask",
    [lambda f: f.__code__, lambda f: setattr(f, "x", 1), lambda f: f == 3, lambda f: f(lambda: 0), lambda f: f(object()),
     lambda f: f(torch.nn.Linear(1, 1)), lambda f: __import__("copy").deepcopy(f), lambda f: f.weight],
)  # fmt: skip
def test_outside_the_contract(get, ask):
    with pytest.raises(OutsideContract):
        ask(get("add"))
    with pytest.raises(OutsideContract):
        ask(get("Net")(1))


def test_no_test_can_take_the_machinery_for_an_error_of_the_answer(get):
    assert not issubclass(OutsideContract, Exception) and not issubclass(Stopped, Exception)


def test_a_call_that_does_not_end(session, get):
    slow, began = get("slow"), time.monotonic()
    with pytest.raises(Stopped, match="did not end within 2 s") as raised:
        slow()
    assert raised.value.why == "timeout" and time.monotonic() - began < 5
    with pytest.raises(Stopped, match="ended earlier"):
        slow()
    assert session.names(["answer"]) == {"answer": 42}  # a new worker has run the cells again
    with pytest.raises(Stopped, match="ended earlier"):
        slow()


def test_time_that_a_busy_machine_took_is_not_the_answers_fault():
    """One core for the worker and for eight others that never rest; then the same call with the core to itself."""
    everywhere, busy = os.sched_getaffinity(0), []
    os.sched_setaffinity(0, {min(everywhere)})
    try:
        with Sandbox([PACKAGE]) as running:
            session = Session(running.worker, Times(call=2, exercise=10, notebook=30))
            assert session.run("import time").error == ""
            command = [sys.executable, "-c", "while True: pass"]  # in sessions of their own, or they may share one share
            busy += [subprocess.Popen(command, start_new_session=True) for _ in range(8)]
            counted = Path("/proc/self/schedstat").exists()  # a kernel that does not count who waits blames the answer
            assert session.run("while True: pass").stopped == ("starved" if counted else "timeout")
            while busy:
                process = busy.pop()
                process.kill()
                process.wait()
            ran = session.run("while True: pass")
            assert ran.stopped == "timeout" and "busy" not in ran.error
            assert session.run("time.sleep(9)").stopped == "timeout"  # who sleeps does not wait for a core
    finally:
        for process in busy:
            process.kill()
        os.sched_setaffinity(0, everywhere)


def test_a_process_that_leaves(session, get):
    with pytest.raises(Stopped) as raised:
        get("leave")()
    assert raised.value.why == "crashed"
    assert get("add")(1) == 2


def test_a_cell_that_stops_its_process_is_not_run_again(session):
    assert session.run("import os\nos._exit(0)").stopped == "crashed"
    assert session.run("later = 1").error == ""
    assert session.names(["later", "answer"]) == {"later": 1, "answer": 42}


def test_the_end_of_the_time_for_all(session, monkeypatch):
    """A worker that was new when the time ended has not lived long enough to say that the machine was busy."""
    session.close()
    monkeypatch.setattr("coursekit.grading.session.kept_waiting", iter((0.0, 5.0)).__next__)
    session.deadline = time.monotonic() - 1
    with pytest.raises(Stopped, match="time of its exercise") as raised:
        session.names(["answer"])
    assert raised.value.why == "timeout"


def test_what_a_cell_prints_is_kept_and_cut(session):
    assert session.run("print('hello')").shown == "hello\n"
    assert len(session.run("print('x' * 10_000_000)").shown) < 10_000
    assert "NameError" in session.run("nothing").error and "line 1" in session.run("nothing").error


def test_magics_do_not_stop_a_cell(session):
    assert session.run("%matplotlib inline\nmagic = 1\n!ls").error == ""
    assert session.names(["magic"]) == {"magic": 1}


MAGICS = {
    "time": "%%time\ndef f(): return 3",
    "time with a word": "%%time -q\ndef f(): return 3",
    "timeit": "%%timeit -n1 -r1\ndef f(): return 3",
    "capture": "%%capture out\ndef f(): return 3 if out.stdout == '' else 4",
    "one in another": "%%time\n%%capture\ndef f(): return 3",
    "of a package": "%%memit\ndef f(): return 3",
    "a timed line": "def g(): return 3\n%time value = g()\nother = %time g()\ndef f(): return value * other // 3",
    "a file": "%%writefile helper_one.py\ndef f(): return 3",
    "more of a file": "%%file -a helper_one.py\n\ndef g(): return 4",
    "a file that is run": "%run helper_one.py",
    "await": "import asyncio\nasync def slow(n):\n    await asyncio.sleep(0.01)\n    return n\n"
    "parts = await asyncio.gather(slow(1), asyncio.to_thread(lambda: 2))\ndef f(): return sum(parts)",
    "names of the module": "import __main__, typing\nclass A:\n    x: 'A'\n"
    "def f(): return 3 if typing.get_type_hints(A)['x'] is A and __main__.A is A else 4",
}


def test_what_a_notebook_can_and_plain_python_cannot(session):
    for name, cell in MAGICS.items():
        assert session.run(cell).error == "", name
        f = session.names(["f"]).get("f")
        assert f is None or f() == 3, name
        session.run("if 'f' in globals(): del f" if name != "more of a file" else "from helper_one import f, g\nassert f() + g() == 7")
    assert session.run("%%bash\ndef f(): return 3").error == "" and not session.names(["f"])
    assert session.run("!ls\n%cd nowhere").error.startswith("FileNotFoundError")
    assert session.run("%%time\n1 / 0").error.startswith("ZeroDivisionError")


def test_without_the_walls_an_answer_writes_into_a_folder_that_goes_with_it():
    with Sandbox([PACKAGE], ["torch"], confined=False) as running:
        session = Session(running.worker, Times(call=2, exercise=10, notebook=30))
        assert session.run("%%writefile mine.txt\nhere").error == ""
        assert session.run("import os\nroom = os.getcwd()").error == ""
        room = Path(session.names(["room"])["room"])
        assert (room / "mine.txt").is_file() and not Path("mine.txt").exists()
        session.close()
        until = time.monotonic() + 5
        while room.exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert not room.exists()


def test_a_right_answer_takes_two_workers_and_one_that_lost_points_is_run_again(sandbox, tmp_path):
    started = tmp_path / "started"    # one of them is started by a fork

    def start():
        with open(started, "ab") as file:
            file.write(b".")
        return sandbox.worker()

    def judged(answer: str) -> tuple:
        own = Step("context", "import bisect\nfactors = []\nbisect.insort(factors, 2)", mine=True)
        parts = [Step(kind, "", "double") for kind in ("check", "grade")]
        steps = [own, Step("answer", answer, "double", mine=True), *parts]
        started.write_bytes(b"")
        (result,) = judge(steps, {"double": exercise}, start, Times(), "seed", steps)
        return result.earned, started.stat().st_size, result.shown, result.how

    graded = graded_text("# public", [("Doubles", 1, "", ["    assert double(2) == 4"])], "# canary")
    exercise = Exercise("double", ("double",), "print(double(1))", "", graded, 1.0, "here")
    assert judged("def double(x): return 2 * x") == (1, 2, "2\n", "")
    earned, workers, shown, how = judged("def double(x): return factors[0] * x")
    assert (earned, workers, shown) == (1, 4, "2\n") and how.startswith("earned 0 with what it needs alone, 1 with all")
    assert judged("def double(x): return x")[:3] == (0, 3, "1\n")
