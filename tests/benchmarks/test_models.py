"""The benchmark of the networks: it compares like with like, and runs."""

import importlib.util
import re
from pathlib import Path

import pytest
import torch

from lightnets_edu import cost
from lightnets_edu.models.catalogue import CATALOGUE, MODELS

pytest.importorskip("pytorchcv")
SPEC = importlib.util.spec_from_file_location("benchmark_models", Path(__file__).parents[2] / "benchmarks/models.py")
benchmark = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(benchmark)


@pytest.mark.parametrize("name", benchmark.PEERS)
def test_a_pair_has_the_same_multiply_adds(name):
    shape = (1, 3, *[CATALOGUE[name].pixels] * 2)
    with torch.device("meta"):
        pair = MODELS[name](), benchmark.peer(name)
    ours, theirs = (cost.total(cost.layer_costs(net, shape)).macs for net in pair)
    assert ours == theirs


def test_the_largest_network_is_the_largest():
    with torch.device("meta"):
        sizes = {name: sum(p.numel() for p in build().parameters()) for name, build in MODELS.items()}
    assert max(sizes, key=sizes.get) == benchmark.LARGEST


def test_it_prints_its_tables(capsys):
    threads = torch.get_num_threads()
    small = "mobilenet_v1_0.25"
    benchmark.main(["--rounds", "3", "--only", small, "--largest", small])
    torch.set_num_threads(threads)
    printed = capsys.readouterr().out
    assert re.search(rf"^\| {small} \| 224 \| [\d.]+ \([\d.]+ to [\d.]+\) \|", printed, re.MULTILINE)
    assert re.search(r"Geometric mean of the 1 ratios, ours to pytorchcv's: [\d.]+$", printed, re.MULTILINE)
    assert "| `cost.layer_costs` |" in printed and "| 1 (1 to 1) |" in printed
    with pytest.raises(SystemExit, match="at least 3 rounds"):
        benchmark.main(["--rounds", "2"])


def test_turns_begin_with_each_in_turn_and_ratios_are_of_a_turn():
    order: list[str] = []
    taken = benchmark.turns({name: lambda name=name: order.append(name) for name in "ab"}, 4)
    assert "".join(order) == "ba" + "ab" + "ba" + "ab" + "ba" and [len(times) for times in taken.values()] == [4, 4]
    assert benchmark.ratios([2.0, 6.0, 3.0], [1.0, 2.0, 3.0]).median == 2.0
