"""What the front end of the figure of blocks computes, replayed by node over what was measured."""

import pytest
from block_anatomy.expected import percent
from block_anatomy.test_papers import STATES
from replay import Call, agrees, catches

from lightnets_edu.widgets import BlockAnatomy
from lightnets_edu.widgets.block_anatomy.blocks import BLOCKS, anatomies
from lightnets_edu.widgets.block_anatomy.flow import Anatomy


def plain(found: Anatomy) -> dict:
    rows = [[list(row.text), *row[1:]] for row in found.rows]
    return {"rows": rows, "flow": found.flow, "ends": list(found.ends)}


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    """Every state of every block, looked up; and shares."""
    tables, asked = BlockAnatomy().tables, []
    for name, values in STATES:
        knobs = dict(zip((knob.trait for knob in BLOCKS[name].knobs), values, strict=True))
        asked.append(Call("find", [tables[name], knobs], plain(anatomies(name)[values])))
    for part, of in ((1, 3), (0, 9), (5, 5), (1, 7000), (0, 0), (49, 400), (338_688, 9_370_368), (9_600, 19_776_000)):
        asked.append(Call("percent", [part, of], percent(part, of)))
    return asked


def test_the_front_end_finds_what_was_measured(calls, tmp_path):
    assert len([call for call in calls if call.name == "find"]) == len(STATES)
    agrees(BlockAnatomy._esm, calls, tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("at * offered.length + offered.indexOf(values[trait])", "at + offered.length * offered.indexOf(values[trait])"),
        ("[texts[rows[i][0]], ...rows[i].slice(1)]", "[texts[i], ...rows[i].slice(1)]"),
        ("(100 * part) / (all || 1)", "(100 * part) / all"),
    ],
)
def test_a_mutant_is_caught(calls, tmp_path, right, mutant):
    catches(BlockAnatomy._esm, right, mutant, calls, tmp_path)
