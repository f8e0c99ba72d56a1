"""The book that these tests look at; and what they add to the one run of each notebook on Colab's versions."""

import pytest
from checkout import ROOT, published
from colab_run import AFTERWARDS

from coursekit.teacher.answers import read_private


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """This working tree, less what its reader did in notebooks/."""
    return published(tmp_path_factory.mktemp("with the teacher's half") / "book")


def answers(client, stem: str) -> dict[str, str]:
    """Put each solution into its cell, in the kernel where the notebook has run, and give what its check prints."""
    said, index = {}, {cell.id: number for number, cell in enumerate(client.nb.cells)}
    for path in sorted((ROOT / "course" / "exercises" / stem).glob("*.py")):
        client.nb.cells[index[path.stem]].source = read_private(path, ROOT).solution.text
        for name in (path.stem, f"{path.stem}-check"):
            cell = client.execute_cell(client.nb.cells[index[name]], index[name])
        said[path.stem] = "".join(output.get("text", "") for output in cell.outputs)
    return said


AFTERWARDS["answers"] = answers
