"""The benchmark of the moving figures runs, has a peer for every figure, and fails where a limit is missed."""

import subprocess
import sys
from pathlib import Path

import pytest
from specimens import SPECIMENS

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def run(*options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, str(BENCHMARKS / "widgets.py"), "--rounds", "3", "--only", "relu_manifold", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_figure_has_a_peer():
    assert {path.stem for path in (BENCHMARKS / "widget_peers").glob("*.py")} == set(SPECIMENS)


@pytest.mark.slow
def test_it_prints_a_row_and_tells_a_missed_limit():
    """Over several rounds, of the peer with the fewest values: one that is set again would draw nothing."""
    done = run("--slower-than", "1000000")
    assert "| relu_manifold |" in done.stdout, done.stderr
    assert done.returncode and "too close to the peer: relu_manifold" in done.stderr
