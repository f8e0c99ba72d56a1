"""On Colab's versions, in the kernel where the notebook ran unanswered: with every exercise solved, all checks pass."""

import re

import pytest
from colab_run import NOTEBOOKS, executed

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("colab")]
PASSED = re.compile(r"^✓ \w+: (\d+) of \1 checks passed$", re.MULTILINE)


def faults(said: dict[str, str]) -> dict[str, str]:
    """What the checks of exercises say, where it is not that all of them passed."""
    return {name: text for name, text in said.items() if re.search("✗|not answered", text) or not PASSED.search(text)}


@pytest.mark.parametrize("stem", [stem for stem in NOTEBOOKS if stem != "gallery"])
def test_every_visible_check_passes(stem):
    run = executed(stem)
    asked = {cell.id for cell in run.nb.cells if cell.metadata.get("nbgrader", {}).get("solution")}
    said = run.afterwards["answers"]
    assert asked and set(said) == asked
    assert faults(said) == {}


@pytest.mark.parametrize("text", ["", "… fold: not answered yet\n", "✗ a\n✗ fold: 1 of 2 checks passed\n",
                                  "✓ fold: 2 of 2 checks passed\n… other: not answered yet\n"])  # fmt: skip
def test_what_has_not_passed_is_noticed(text):
    assert faults({"fold": text}) == {"fold": text}
    assert faults({"fold": "✓ a\n✓ fold: 1 of 1 checks passed\n"}) == {}
