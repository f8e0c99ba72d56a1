"""Times are of the right size and order, candidates take turns, and nothing of the caller's is left changed."""

import time

import pytest
import torch
from torch import nn

from lightnets_edu import timing
from lightnets_edu.timing import Timing, compare, summary, time_forward, turns


def sleeper(milliseconds: float):
    return lambda x: time.sleep(milliseconds / 1000)


@pytest.fixture
def clock(monkeypatch):
    """Gives functions that take exactly so many milliseconds: a real wait on a busy machine may take any time."""
    now = [0.0]
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])

    def takes(milliseconds: float):
        def wait(x):
            now[0] += milliseconds / 1000

        return wait

    return takes


def test_milliseconds_of_a_known_wait():
    found = time_forward(sleeper(5), torch.zeros(1), repeats=5)
    assert found.low <= found.median <= found.high
    assert 5 <= found.low < 500  # seconds would be 0.005, microseconds 5,000; a busy machine is late


def test_the_slower_is_seen(clock):
    found = compare({"slow": clock(6), "fast": clock(1)}, torch.zeros(1), repeats=5)
    assert found == {"slow": Timing(6, 6, 6), "fast": Timing(1, 1, 1)} and list(found) == ["slow", "fast"]


def test_candidates_take_turns_and_each_goes_first():
    order = []

    def wait(name):
        return lambda x: (order.append(name), time.sleep(0.003))

    compare({"a": wait("a"), "b": wait("b")}, torch.zeros(1), repeats=6)
    assert order[6:] == list("abba" * 3)


def test_turns_are_paired_and_rounded(clock):
    found = turns({"a": clock(2.0 + 1 / 3), "b": clock(1)}, torch.zeros(1), repeats=5)
    assert found == {"a": [2.333] * 5, "b": [1.0] * 5}
    assert summary([4.0, 1.0, 2.0, 3.0, 5.0]) == Timing(3.0, 2.0, 4.0)
    with pytest.raises(ValueError, match="at least two measurements, got 1"):
        summary([1.0])


def test_a_quick_function_is_called_often():
    calls = []
    time_forward(calls.append, torch.zeros(1), repeats=5)
    assert len(calls) > 1000


def test_networks_are_timed_in_evaluation_mode_without_gradients_on_one_thread():
    seen = []
    net = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout())
    net[1].eval()
    net.register_forward_hook(lambda m, i, y: seen.append((m.training, y.requires_grad, torch.get_num_threads())))
    before, threads = net.state_dict()["0.running_mean"].clone(), torch.get_num_threads()
    time_forward(net, torch.randn(4, 2), repeats=5)
    assert set(seen) == {(False, False, 1)}
    assert [m.training for m in net.modules()] == [True, True, False]
    assert torch.equal(net.state_dict()["0.running_mean"], before)
    assert torch.get_num_threads() == threads
    assert not torch.is_inference_mode_enabled()


def test_state_comes_back_after_a_failure():
    net, threads = nn.Linear(2, 2), torch.get_num_threads()
    with pytest.raises(RuntimeError):
        time_forward(net, torch.zeros(1, 3))
    assert net.training
    assert torch.get_num_threads() == threads


def test_in_words():
    assert str(Timing(12.345, 9.876, 20.0)) == "12.3 ms (9.88 to 20)"


@pytest.mark.parametrize(("functions", "x", "repeats", "message"), [
    ({}, torch.zeros(1), 5, "nothing to time"),
    ({"net": 3}, torch.zeros(1), 5, "net must be a network or a function of one tensor, got int"),
    ({"f": abs}, [1.0], 5, "x must be a tensor on the CPU, got list"),
    ({"f": abs}, torch.zeros(1, device="meta"), 5, "x must be a tensor on the CPU, got a tensor on meta"),
    ({"f": abs}, torch.zeros(1), 4, "repeats must be a whole number of at least 5, got 4"),
])
def test_compare_refuses(functions, x, repeats, message):
    with pytest.raises(ValueError, match=message):
        compare(functions, x, repeats)


def test_the_machine_is_named():
    assert timing.machine().endswith(f", one thread, torch {torch.__version__.partition('+')[0]}")
    assert len(timing.machine()) < 120
