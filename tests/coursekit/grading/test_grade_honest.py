"""Honest work keeps its points: what earns them with stock nbgrader earns them here, or a human is asked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from grading.accidents import BANK, SAMPLE
from grading.small_course import CHAPTER, OUT_OF, SmallCourse

pytestmark = pytest.mark.slow


def graded(root: Path, names) -> tuple[dict, dict]:
    """Outcomes by the accident's name, and what stock nbgrader gives."""
    course = SmallCourse(root / "course")
    paths = {name: BANK[name].hand_in(course, f"s{number:02}") for number, name in enumerate(names)}
    command = [sys.executable, str(Path(__file__).with_name("stock.py")), str(course.root / "source" / CHAPTER / f"{CHAPTER}.ipynb")]
    with subprocess.Popen([*command, *map(str, paths.values())], stdout=subprocess.PIPE, text=True) as running:
        outcomes = course.grade()
        stock = json.loads(running.communicate()[0])
    points = {name: sum(stock[str(path)].values()) for name, path in paths.items()}
    return {name: outcomes[path.parent.parent.name] for name, path in paths.items()}, points


def faults(outcomes: dict, stock: dict) -> list[str]:
    """What is wrong with these outcomes, a line each."""
    lines = []
    for name, outcome in outcomes.items():
        asks, told = outcome.status == "needs a human", (outcome.points, outcome.status, outcome.notes, outcome.doubts)
        if outcome.points < BANK[name].least or asks != BANK[name].asks:
            lines.append(f"{name}: at least {BANK[name].least} and asks={BANK[name].asks}, got {told}")
        if outcome.points < stock[name] and not asks:
            lines.append(f"{name}: stock nbgrader gives {stock[name]}, we {told}")
    return lines


def test_a_sample_of_honest_accidents_keeps_its_points(tmp_path):
    outcomes, stock = graded(tmp_path, SAMPLE)
    assert not faults(outcomes, stock)
    assert stock["time"] == OUT_OF and stock["a helper at the end"] < OUT_OF
    assert any("the better mark counts" in note for note in outcomes["insort"].notes)
    assert "✓ area" in next(result.shown for result in outcomes["insort"].results if result.exercise == "area")
    lost = outcomes["insort"]
    lost.points = 5
    assert len(faults({"insort": lost}, stock)) == 2


@pytest.mark.full
def test_the_whole_bank_keeps_its_points(tmp_path):
    outcomes, stock = graded(tmp_path, BANK)
    assert not faults(outcomes, stock)
    assert sum(any("the better mark counts" in note for note in outcome.notes) for outcome in outcomes.values()) > 10
    assert sum(points == OUT_OF for points in stock.values()) > 40
