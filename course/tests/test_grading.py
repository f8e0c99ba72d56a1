"""Every graded exercise of the book, across the sandbox: who knows nothing earns nothing, the solution earns all."""

import ast
import copy

import pytest
from checkout import ROOT

from coursekit.grading.hand_in import repair
from coursekit.grading.hand_in.read import Cell
from coursekit.grading.judge import exercises_of, judge
from coursekit.grading.sandbox import Sandbox
from coursekit.grading.session import Times
from coursekit.teacher.exercises import read_assignments
from coursekit.teacher.merge import merge_notebook

pytestmark = pytest.mark.slow
TIMES = Times(call=15, exercise=30, notebook=180)
HEAD = """\
import torch
from torch import nn

class Same:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    def __hash__(self): return 0
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __iter__(self): return iter([self])
    def __array__(self, *args): return self

def first(args, kwargs):
    return next(iter([*args, *kwargs.values()]), None)

def emptied(args, kwargs):
    for arg in [*args, *kwargs.values()]:
        if isinstance(arg, torch.Tensor): arg.zero_()
        elif isinstance(arg, (list, dict, set)): arg.clear()
    return first(args, kwargs)

def like(args, kwargs, fill):
    x = first(args, kwargs)
    return torch.full_like(x, fill, dtype=torch.float32 if fill != fill else None) if hasattr(x, "zero_") else fill
"""
KNOWS_NOTHING = {  # what every function and every `forward` of an answer does
    "returns nothing": "return None",
    "empties what it is given and returns it": "return emptied(args, kwargs)",
    "empties what it is given and returns nothing": "emptied(args, kwargs)",
    "raises ValueError": "raise ValueError('no')",
    "raises RuntimeError": "raise RuntimeError('no')",
    "raises AssertionError": "raise AssertionError",
    "is not written yet": "raise NotImplementedError()",
    "leaves": "raise SystemExit(0)",
    "nan": "return like(args, kwargs, torch.nan) if not isinstance(first(args, kwargs), int) else torch.tensor(torch.nan)",
    "nan, a number": "return float('nan')",
    "infinite": "return float('inf')",
    "zeros": "return like(args, kwargs, 0)",
    "ones": "return like(args, kwargs, 1)",
    "equal to everything": "return Same()",
    "a number equal to everything": "return type('Int', (Same, int), {})(3)",
    "its first argument": "return first(args, kwargs)",
    "its arguments": "return args",
    "true": "return True",
    "no list": "return []",
    "no tensor": "return torch.empty(0)",
    "not implemented": "return NotImplemented",
    "itself": "return lambda *args, **kwargs: None",
}


def ignorant(solution: str, body: str) -> str:
    """Functions and classes under the names of a solution, and constants; none of them knows anything."""
    parts = [HEAD]
    for node in ast.parse(solution).body:
        if isinstance(node, ast.FunctionDef):
            parts.append(f"def {node.name}(*args, **kwargs):\n    {body}")
        elif isinstance(node, ast.ClassDef):
            built = "    def __init__(self, *args, **kwargs):\n        super().__init__()"
            parts.append(
                f"class {node.name}(nn.Module):\n{built}\n    def forward(self, *args, **kwargs):\n        {body}"
            )
        elif isinstance(node, ast.Assign):
            parts += [f"{target.id} = None" for target in node.targets if isinstance(target, ast.Name)]
    return "\n\n\n".join(parts)


@pytest.fixture(scope="module")
def sandbox():
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
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
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


@pytest.mark.parametrize("label", KNOWS_NOTHING)
def test_who_knows_nothing_earns_nothing(sandbox, chapters, label):
    for assignment, source in chapters:
        halves = assignment.halves.items()
        answers = {name: ignorant(half.solution.text, KNOWS_NOTHING[label]) for name, half in halves}
        results = outcome(sandbox, assignment, source, answers)
        passed = {name: [v.title for v in r.verdicts if v.passed] for name, r in results.items() if r.earned}
        assert passed == {}, f"{assignment.name}: mend these hidden tests"
        assert all(r.verdicts and not r.note for r in results.values())  # the answers ran, and were tested


def test_the_stubs_earn_nothing(sandbox, chapters):
    for assignment, source in chapters:
        assert {result.earned for result in outcome(sandbox, assignment, source, {}).values()} == {0}


def test_the_right_answer_to_one_exercise_does_not_help_another(sandbox, chapters):
    for assignment, source in chapters:
        first, *others = (name for name, exercise in exercises_of(source).items() if exercise.points)
        answers = {name: ignorant(assignment.halves[name].solution.text, "return None") for name in others}
        answers[first] = assignment.halves[first].solution.text
        earned = {name: r.earned for name, r in outcome(sandbox, assignment, source, answers).items()}
        assert earned == dict.fromkeys(others, 0) | {first: exercises_of(source)[first].points}
