"""Every graded exercise of the book, across the sandbox: who knows nothing earns nothing, the solution earns all."""

import copy
import importlib
from dataclasses import replace

import pytest
from checkout import ROOT

from coursekit.errors import BookError
from coursekit.exercise_cells import grade_id
from coursekit.grading.hand_in import repair
from coursekit.grading.hand_in.read import Cell
from coursekit.grading.job import Times
from coursekit.grading.judge import exercises_of, judge
from coursekit.grading.sandbox import Sandbox
from coursekit.teacher import ignorant
from coursekit.teacher.across import refuse_weak_tests
from coursekit.teacher.answers import HiddenTest
from coursekit.teacher.exercises import read_assignments
from coursekit.teacher.merge import merge_notebook

pytestmark = pytest.mark.slow
TIMES = Times(call=15, exercise=30, notebook=180)


@pytest.fixture(scope="module")
def sandbox():
    importlib.import_module("torch._dynamo")  # as the grader does: else a check that counts a cost waits for it
    with Sandbox([ROOT / "lightnets_edu"], ["torch", "lightnets_edu.checks"]) as running:
        yield running


@pytest.fixture(scope="module")
def chapters(book) -> list:
    """The chapters with graded exercises: assignment, source notebook."""
    return [(a, merge_notebook(a.notebook, a.name, a.exercises, a.halves)) for a in read_assignments(book, None)]


def outcome(sandbox, assignment, source, answers: dict) -> dict:
    """What each exercise of a chapter earns by these answers, handed in in the notebook that students have."""
    notebook = copy.deepcopy(assignment.notebook)
    cells = []
    for cell in notebook.cells:
        name = grade_id(cell)
        cells.append(Cell(cell.cell_type, answers.get(name, cell.source), name, cell.get("id", "")))
    hand_in = repair(cells, assignment.notebook)
    assert (hand_in.notes, hand_in.doubts) == ([], {})
    results = judge(hand_in.steps, exercises_of(source), sandbox.worker, TIMES, "the same draws")
    assert {result.exercise for result in results} >= set(assignment.halves)
    return {result.exercise: result for result in results if result.points}


def test_the_solutions_earn_all_points(sandbox, chapters):
    for assignment, source in chapters:
        answers = {name: half.solution.text for name, half in assignment.halves.items()}
        results = outcome(sandbox, assignment, source, answers)
        assert len(results) >= 3
        assert {name: r.earned for name, r in results.items()} == {name: r.points for name, r in results.items()}
        assert {(r.stopped, r.note) for r in results.values()} == {("", "")}


def test_who_knows_nothing_earns_nothing(sandbox, chapters):
    for assignment, source in chapters:
        for half in assignment.halves.values():
            if half.tests:
                refuse_weak_tests(sandbox, source, half)


def test_a_weak_hidden_test_is_noticed(sandbox, chapters):
    assignment, _ = chapters[0]
    half = next(half for half in assignment.halves.values() if half.tests)
    weak = replace(half, tests=[*half.tests, HiddenTest("Anything", 1, "", "pass", "here")])
    halves = assignment.halves | {half.exercise: weak}
    source = merge_notebook(assignment.notebook, assignment.name, assignment.exercises, halves)
    with pytest.raises(BookError, match="here: is passed by an answer that knows nothing: returns nothing"):
        refuse_weak_tests(sandbox, source, weak)


def test_the_stubs_earn_nothing(sandbox, chapters):
    for assignment, source in chapters:
        assert {result.earned for result in outcome(sandbox, assignment, source, {}).values()} == {0}


def test_the_right_answer_to_one_exercise_does_not_help_another(sandbox, chapters):
    for assignment, source in chapters:
        first, *others = (name for name, exercise in exercises_of(source).items() if exercise.points)
        answers = {name: ignorant.answer(assignment.halves[name].solution.text, "return None") for name in others}
        answers[first] = assignment.halves[first].solution.text
        earned = {name: r.earned for name, r in outcome(sandbox, assignment, source, answers).items()}
        assert earned == dict.fromkeys(others, 0) | {first: exercises_of(source)[first].points}
