"""What the teacher's half adds to the one run of each notebook on Colab's versions: its solutions, in the same kernel."""

from checkout import ROOT
from colab_run import AFTERWARDS, answer

from coursekit.teacher.answers import read_private


def answers(client, stem: str) -> dict[str, str]:
    """What the visible checks print about each solution."""
    files = sorted((ROOT / "course" / "exercises" / stem).glob("*.py"))
    return {path.stem: answer(client, path.stem, read_private(path, ROOT).solution.text) for path in files}


AFTERWARDS["answers"] = answers
