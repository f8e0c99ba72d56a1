"""The book that these tests look at; and what they add to the one run of each notebook on Colab's versions."""

import pytest
from checkout import ROOT, published
from colab_run import AFTERWARDS, answer

from coursekit.teacher.answers import read_private


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """This working tree, less what its reader did in notebooks/."""
    return published(tmp_path_factory.mktemp("with the teacher's half") / "book")


def answers(client, stem: str) -> dict[str, str]:
    """What the visible checks print about each solution."""
    files = sorted((ROOT / "course" / "exercises" / stem).glob("*.py"))
    return {path.stem: answer(client, path.stem, read_private(path, ROOT).solution.text) for path in files}


AFTERWARDS["answers"] = answers
