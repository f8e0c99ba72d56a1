"""Bars are for people: one line of a notebook that leaves nothing behind, tqdm's in a terminal, nothing elsewhere."""

import io
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from lightnets_edu.progress import bar

CELLS = [
    "import time\nfrom lightnets_edu.progress import bar\nprint('before')\n"
    "for run in range(2):\n    for step in bar(range(5), 'training', 'epoch'):\n        time.sleep(0.15)\nprint('after')",
    "for step in bar(range(3), 'again', 'step'):\n    time.sleep(0.15)",
    "for step in bar(range(3), 'hidden', 'step', False):\n    time.sleep(0.15)",
]


class Watched(NotebookClient):
    """Notes each thing that a front end is told to show, by cell."""

    seen: list  # set before use; traitlets leaves plain attributes alone

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] in ("display_data", "update_display_data"):
            self.seen.append((cell_index, msg["content"]["transient"]["display_id"], msg["content"]["data"]))
        return super().process_message(msg, cell, cell_index)


@pytest.fixture(scope="module")
def executed():
    """A notebook that trains, after it was run, and what was shown meanwhile."""
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    client = Watched(nb, kernel_name="python3", timeout=120)
    client.seen = []
    client.execute()
    nbformat.validate(nb)
    return nb, client.seen


def test_a_notebook_shows_one_line_that_moves(executed):
    _, seen = executed
    assert len({display for cell, display, _ in seen if cell == 0}) == 1, "two trainings, one line"
    assert len({display for _, display, _ in seen}) == 2, "each cell has its own"
    lines = [data["text/plain"] for cell, _, data in seen if cell == 0 and "text/plain" in data]
    assert sum("training:" in line for line in lines) >= 6 and not any("\r" in line or "\n" in line for line in lines)
    assert any("again:" in data.get("text/plain", "") for _, _, data in seen) and not any(cell == 2 for cell, _, _ in seen)


def test_a_notebook_keeps_nothing_of_it(executed):
    first, second, hidden = executed[0].cells
    assert [output.get("text", output.get("data")) for output in first.outputs] == ["before\n", {"text/html": ""}, "after\n"]
    assert [output.data for output in second.outputs] == [{"text/html": ""}] and hidden.outputs == []
    assert "training" not in str(first.outputs) and "█" not in str(executed[0].cells)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stream", "shown", "expected"), [
    (Terminal, None, True), (io.StringIO, None, False), (io.StringIO, True, True), (Terminal, False, False),
])
def test_a_terminal_has_tqdm_s_bar_and_a_file_none(monkeypatch, capfd, stream, shown, expected):
    monkeypatch.setattr(sys, "stdout", written := stream())
    assert list(bar(range(3), "training", "epoch", shown)) == [0, 1, 2]
    assert ("training:" in written.getvalue() and "epoch/s" in written.getvalue()) == expected
    assert capfd.readouterr().err == ""
