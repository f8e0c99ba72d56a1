"""Joining the halves: what lands where, and that stock nbgrader gives the public cells back."""

import ast
import copy

import nbformat
import pytest
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

from coursekit.errors import BookError
from coursekit.teacher.answers import HiddenTest
from coursekit.teacher.exercises import read_assignments
from coursekit.teacher.indent import shift
from coursekit.teacher.merge import canary, graded_source, merge_answer, merge_notebook

STUB = "# YOUR CODE HERE\n    raise NotImplementedError()"
DEEP = "# YOUR CODE HERE\n        raise NotImplementedError()"
F = f"def f(x):\n    {STUB}"


def merge(public: str, solution: str | None) -> str:
    return merge_answer(public, solution, "# mark", "turn.py, line 1")


def refused(public: str, solution: str) -> str:
    with pytest.raises(BookError) as caught:
        merge(public, solution)
    return str(caught.value)


def clear(source: str) -> str:
    cell = nbformat.v4.new_code_cell(source, metadata={"nbgrader": {"solution": True}})
    return ClearSolutions().preprocess(nbformat.v4.new_notebook(cells=[cell]), {})[0].cells[0].source


def value(source: str, expression: str):
    scope = {}
    exec(source, scope)
    return eval(expression, scope)


def test_one_function():
    public = f'def f(x, y=1):\n    """Says."""\n    {STUB}\n\n\nz = 3'
    merged = merge(public, 'def f(x, y=1):\n    """Other words."""\n    # why\n    if x:\n        y += 1\n    return y')
    assert '"""Says."""\n    ### BEGIN SOLUTION\n    # mark\n    # why\n    if x:' in merged
    assert "Other words" not in merged
    assert value(merged, "f(True)") == 2
    assert clear(merged) == public


def test_methods_and_what_stands_around_a_stub():
    public = (
        f"class A:\n    def one(self):\n        x = 1\n        {DEEP}\n        return x\n\n"
        f"    @staticmethod\n    def two():\n        {DEEP}\n\n    three = 3"
    )
    solution = "class A:\n  def one(self):\n    x = 1\n    x += 1\n    return x\n"
    solution += "  @staticmethod\n  def two(): \n    return 2\n"
    merged = merge(public, solution)
    assert value(merged, "A().one(), A.two(), A.three") == (2, 2, 3)
    assert clear(merged) == public
    assert merged.count("### BEGIN SOLUTION") == 2


def test_a_function_inside_a_function():
    public = f"def f(x):\n    def g(y):\n        {DEEP}\n    return g(x)"
    assert value(merge(public, "def f(x):\n    def g(y):\n        return y + 1\n    return g(x)"), "f(1)") == 2


def test_strings_of_several_lines_keep_their_value():
    text = "def f():\n  return '''a\n  b\n c'''"
    merged = merge(f"def f():\n    {STUB}", text)
    assert value(merged, "f()") == value(text, "f()") == "a\n  b\n c"


def test_without_a_private_half_the_stub_stays():
    public = f"def f():\n    {STUB}"
    assert clear(merge(public, None)) == public
    with pytest.raises(NotImplementedError):
        value(merge(public, None), "f()")


@pytest.mark.parametrize(
    ("public", "solution", "message"),
    [
        (F, "def f(y):\n    return y", "the head of `f` is not that of the public stub"),
        (F, "def f(x=1):\n    return x", "public: def f(x): here: def f(x=1):"),
        (F, "async def f(x):\n    return x", "the head of `f`"),
        (F, "def g(x):\n    return x", "does not define `f`"),
        (F, "f = abs", "does not define `f`"),
        (F, "import re\n\ndef f(x):\n    return x", "`import re` stands in the solution outside"),
        (F, "def help(): pass\n\ndef f(x):\n    return x", "move it into a function"),
        (f"{F}\ndef g():\n    return 1", "def f(x):\n    return x\ndef g():\n    return 2", "is complete"),
        (f"def f(x):\n    y = x\n    {STUB}", "def f(x):\n    return x", "does not fit around the public stub"),
        (f"def f(x):\n    y = x\n    {STUB}", "def f(x):\n    y = x", "does not fit around the public stub"),
        (F, "def f(x): return x", "several statements on one line"),
        (f"def f(x):\n    y = x\n    {STUB}", "def f(x):\n    y = x; return y", "several statements on one line"),
        ("# YOUR CODE HERE\nraise NotImplementedError()", "x = 1", "outside any function"),
        ("def f(x):\n    # YOUR CODE HERE\n    return None", "def f(x):\n    return x", "has 0 well-formed stubs"),
        ("def f(x):\n    if x:\n        # YOUR CODE HERE\n        raise NotImplementedError()",
         "def f(x):\n    return x", "not inside a loop or condition"),
        (f"def f(x):\n    {STUB}\n    {STUB}", "def f(x):\n    return x", "one stub a function"),
        (f"class A(int):\n    def f(x):\n        {DEEP}",
         "class A:\n    def f(x):\n        return x", "class `A` differs"),
    ],
)  # fmt: skip
def test_solutions_that_do_not_fit(public, solution, message):
    assert message in refused(public, solution)


def test_shift_leaves_hanging_lines_and_empty_lines():
    source = "def f():\n    x = [\n  1,\n\n    ]\n    return x"
    assert shift(source, 2, 6, 4, "        ") == ["        x = [", "        1,", "", "        ]", "        return x"]


def graded(*tests: tuple[str, float, str]) -> str:
    return graded_source("# public", [HiddenTest(n, p, "a hint", text, "here") for n, p, text in tests], "# canary 1")


def run_graded(source: str, capsys, **scope) -> tuple[float, list[str], str]:
    tree = ast.parse(source)
    last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, "cell", "exec"), scope)
    result = eval(compile(last, "cell", "eval"), scope)
    out, err = capsys.readouterr()
    return result, out.splitlines(), err


def test_a_failure_costs_its_own_points_only(capsys):
    tests = ("one", 1, "assert 1 == 2"), ("two", 0.1, "x = 1"), ("three", 0.2, "assert x == 1"), ("four", 0.2, "pass")
    source = graded(*tests)
    score, out, err = run_graded(source, capsys)
    assert type(score) is float and score == 0.3
    assert out == ["✗ one: 0 of 1. a hint", "✓ two: 0.1 of 0.1.", "✗ three: 0 of 0.2. a hint", "✓ four: 0.2 of 0.2."]
    assert err == ""


def test_noise_and_exits_of_an_answer_stay_inside(capsys):
    def f():
        import sys

        print("noise")
        print("noise", file=sys.stderr)
        raise SystemExit

    score, out, err = run_graded(graded(("one", 1, "f()"), ("two", 2, "pass")), capsys, f=f)
    assert (score, out, err) == (2.0, ["✗ one: 0 of 1. a hint", "✓ two: 2 of 2."], "")


def test_hidden_tests_with_strings_of_several_lines(capsys):
    text = 'x = """a\n  b\n"""\nassert x == "a\\n  b\\n"\nassert f"""{x}\n c""" == x + "\\n c"'
    assert run_graded(graded(("one", 1, text)), capsys)[0] == 1.0


def test_stock_nbgrader_gives_the_public_notebook_back(toy):
    (assignment,) = read_assignments(toy.root)
    merged = merge_notebook(assignment.notebook, assignment.name, assignment.exercises, assignment.halves)
    assert canary("01_lists", "turn", "tests") in nbformat.writes(merged)
    cut = copy.deepcopy(merged)
    for step in (ClearSolutions, ClearHiddenTests):
        cut, _ = step().preprocess(cut, {})
    assert nbformat.writes(cut) == nbformat.writes(assignment.notebook)


def test_what_nbgrader_would_not_give_back_is_refused(toy):
    odd = nbformat.v4.new_code_cell("x = 1  # BEGIN SOLUTION?\n# END SOLUTION", id="odd")
    odd.metadata["nbgrader"] = {"grade_id": "odd", "grade": False, "solution": False, "locked": True}
    toy.notebook(more=[odd])
    (assignment,) = read_assignments(toy.root)
    with pytest.raises(BookError, match="nbgrader cannot cut"):
        merge_notebook(assignment.notebook, assignment.name, assignment.exercises, assignment.halves)
    odd.source = "x = 1"
    toy.notebook(more=[odd])
    (assignment,) = read_assignments(toy.root)
    assignment.notebook.metadata["celltoolbar"] = "Create Assignment"
    merge_notebook(assignment.notebook, assignment.name, assignment.exercises, assignment.halves)


def test_a_difference_after_the_cut_is_shown(toy):
    (assignment,) = read_assignments(toy.root)
    assignment.notebook.cells[1].source = "y = 2  # a line of the lesson"
    graded_cell = assignment.exercises["turn"].graded
    assignment.notebook.cells[graded_cell].source = "# one\n# BEGIN HIDDEN TESTS\n# two\n# END HIDDEN TESTS"
    with pytest.raises(BookError) as caught:
        merge_notebook(assignment.notebook, assignment.name, assignment.exercises, assignment.halves)
    assert "does not give the public cell back" in str(caught.value)
    assert "BEGIN HIDDEN TESTS" in str(caught.value)
