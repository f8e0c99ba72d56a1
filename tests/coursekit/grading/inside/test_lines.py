"""The line that an error is said to come from is one of the cell that was run, or of the function that was called."""

import sys

import pytest

from coursekit.grading.sandbox import CODE

HELPER = "def helper(x):\n    '''Two.'''\n    y = x\n    return y / 0"


@pytest.fixture
def line_of(monkeypatch):
    """Runs cells in one worker, in this process; the line that is told of the last one's error."""
    monkeypatch.syspath_prepend(str(CODE))
    for name in ("worker", "wire"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import wire
    import worker

    at_work = worker.Worker()

    def run(*cells: str) -> int:
        for cell in cells:
            asked = wire.encode({"do": "run", "source": cell}, at_work.refer)
            told = wire.decode(bytearray(at_work.answer(bytearray(asked))), None)
        return told["error"][2]

    return run


def test_an_error_in_the_cell_itself(line_of):
    assert line_of("x = 1\n\nx / 0") == 3


def test_an_error_in_a_function_of_the_cell(line_of):
    assert line_of(f"{HELPER}\n\n\nhelper(1)") == 4


def test_an_error_in_a_function_of_another_cell(line_of):
    assert line_of(HELPER, "x = 2\nhelper(x)") == 2
    assert line_of(HELPER, "\n\n\n\n\n\ndef inner():\n    return helper(1)\ninner()") == 8


def test_an_error_outside_of_all_cells(line_of):
    assert line_of("import json\n\njson.loads('x')") == 3
    assert line_of("x = (") == 0
