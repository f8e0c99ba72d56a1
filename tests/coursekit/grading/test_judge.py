"""The exercises of a course's notebook, as the judge reads them."""

import mmap
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from coursekit.errors import BookError
from coursekit.exercise_cells import graded_text, mark
from coursekit.grading.aside import aside
from coursekit.grading.hand_in.assemble import Step
from coursekit.grading.job import Times
from coursekit.grading.judge import Exercise, exercises_of, hidden_tests, judge
from coursekit.grading.one import limit_memory
from coursekit.grading.sandbox import Sandbox
from coursekit.grading.session import Session, Stopped

ROOT = Path(__file__).resolve().parents[3]
WRITTEN = graded_text("# public", [("Doubles", 1, "", ["    assert double(2) == 4"])], "# canary")


def exercise(graded: str):
    cells = [new_code_cell(text, metadata={"nbgrader": mark("double", part, 1)})
             for part, text in (("answer", "def double(x):\n    return 2 * x"), ("grade", graded))]  # fmt: skip
    return exercises_of(new_notebook(cells=cells), "course/source/01_a/01_a.ipynb")["double"]


def test_the_tests_of_a_graded_cell_are_those_that_we_wrote():
    assert [row[2] for row in hidden_tests(exercise(WRITTEN), {})] == ["Doubles"]
    with pytest.raises(BookError, match=r"^course/source/01_a/01_a.ipynb, cell double-grade: holds no tests that coursekit"):
        hidden_tests(exercise("assert double(2) == 4"), {})


@pytest.mark.slow
def test_a_check_of_practice_may_ask_what_cannot_cross():
    """It earns nothing, so nobody has to look; of an exercise with points that is a fault of the course."""
    steps = [Step("answer", "def double(x):\n    return 2 * x", "double"), Step("check", "", "double")]
    with Sandbox([], []) as sandbox:
        for points, stopped in ((0.0, ""), (1.0, "contract")):
            exercise = Exercise("double", ("double",), "double(object())", points=points)
            (result,) = judge(steps, {"double": exercise}, sandbox.worker, Times(5, 10, 20), "seed")
            assert result.stopped == stopped and "this check cannot be shown here" in result.shown


TEAM = """
import torch
from coursekit.exercise_cells import graded_text
from coursekit.grading.hand_in.assemble import Step
from coursekit.grading.job import Times
from coursekit.grading.judge import Exercise, judge
from coursekit.grading.sandbox import Sandbox

torch.set_num_threads(2)
large = torch.rand(600, 600)
large @ large    # a team of threads, which no fork has
tests = graded_text("", [("Large", 1, "", ["    import torch", "    torch.rand(600, 600) @ torch.rand(600, 600)"])], "#")
known = Exercise("one", ("one",), "import torch\\ntorch.rand(600, 600) @ torch.rand(600, 600)\\nprint(one())", tests=tests, points=1.0)
steps = [Step("answer", "def one(): return 1", "one"), Step("check", "", "one"), Step("grade", "", "one")]
with Sandbox([], ["torch"]) as sandbox:
    (result,) = judge(steps, {"one": known}, sandbox.worker, Times(5, 15, 20), "seed")
print(result.earned, repr(result.shown), result.stopped)
"""


@pytest.mark.slow
def test_what_is_judged_beside_needs_no_threads_of_the_process_that_it_was_forked_from():
    """As in the course's build, where the process that forks may have multiplied matrices on all cores before."""
    env = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", TEAM], capture_output=True, text=True, cwd=ROOT, env=env, timeout=100, check=False)
    assert done.stdout == "1.0 '1\\n' \n", done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("lost", [False, True])
def test_what_students_read_is_there_though_the_process_that_makes_it_was_lost(monkeypatch, lost):
    """Beside the hidden tests, else after them; the words and the error are the same."""
    if lost:
        monkeypatch.setattr("coursekit.grading.judge.aside", lambda work: aside(lambda: work()[:7]))
    steps = [Step("answer", "def double(x):\n    return 2 * x\nprint(unknown)", "double"), Step("check", "", "double"),
             Step("grade", "", "double")]  # fmt: skip
    known = Exercise("double", ("double",), "print(double(21))", tests=WRITTEN, points=1.0)
    with Sandbox([], []) as sandbox:
        (result,) = judge(steps, {"double": known}, sandbox.worker, Times(5, 10, 20), "seed")
    assert (result.shown, result.earned) == ("42\n", 1.0)
    assert result.note == "NameError: name 'unknown' is not defined (line 3)"


@pytest.mark.parametrize("body", ["for _ in range(double(2)): pass", "while double(2): pass",
                                  "for _ in range(double(2)):\n        try: list(range(1000))\n        except Exception: pass"])  # fmt: skip
def test_what_tests_do_with_an_answer_s_numbers_ends_too(monkeypatch, body):
    """`double` gives 10**12; the other exercise, and the other test, are judged as ever."""
    table = [("Loops", 1, "", [f"    {body}"]), ("Ends", 1, "", ["    assert double(2)"])]
    exercises = {"double": exercise(graded_text("# public", table, "# canary"))}
    monkeypatch.setattr(Session, "names", lambda self, names: {"double": lambda x: 10**12})
    began = time.monotonic()
    (result,) = judge([Step("grade", "", "double")], exercises, None, Times(0.1, 0.2, 5), "seed")
    assert time.monotonic() - began < 4
    assert [(v.passed, v.stopped) for v in result.verdicts] == [(False, "timeout"), (True, "")]
    assert "did not end in time" in result.verdicts[0].reason and not issubclass(Stopped, Exception)


def test_what_tests_build_of_an_answer_s_numbers_has_a_limit():
    """In a process of its own, as each hand-in is judged; without the limit the same memory is there."""
    for limited in (True, False):
        child = os.fork()
        if child == 0:
            try:
                if limited:
                    limit_memory(1 << 28)
                mmap.mmap(-1, mmap.PAGESIZE).close()
                mmap.mmap(-1, 1 << 29).close()  # new memory: a list may find room in what this process has let go
            except OSError:
                os._exit(3)
            finally:
                os._exit(4)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == (3 if limited else 4)
