"""What the front end of the figure of blocks computes, replayed by node over what was measured."""


import pytest
from block_anatomy.expected import percent, shares_of, widest
from block_anatomy.test_papers import STATES
from block_anatomy.test_real_modules import KNOWN, OTHERS
from replay import Call, agrees, catches

from lightnets_edu.widgets import BlockAnatomy
from lightnets_edu.widgets.block_anatomy.blocks import BLOCKS, anatomies
from lightnets_edu.widgets.block_anatomy.flow import KINDS, Anatomy
from lightnets_edu.widgets.block_anatomy.trace import measured


def plain(found: Anatomy) -> dict:
    rows = [[list(row.text), *row[1:]] for row in found.rows]
    return {"rows": rows, "flow": found.flow, "ends": list(found.ends)}


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    """Every state of every block, looked up and added up, real blocks with splits and forks in forks, and shares."""
    tables, found = BlockAnatomy().tables, [measured(*known) for known in KNOWN + OTHERS]
    asked = []
    for name, values in STATES:
        knobs = dict(zip((knob.trait for knob in BLOCKS[name].knobs), values, strict=True))
        found.append(anatomies(name)[values])
        asked.append(Call("find", [tables[name], knobs], plain(found[-1])))
    for one in found:
        kinds = {str(KINDS.index(kind)): macs for kind, macs in shares_of(one).items()}
        whole = {"params": sum(row.params for row in one.rows), "macs": sum(row.macs for row in one.rows)}
        asked.append(Call("summary", [plain(one)], {**whole, "widest": list(widest(one)), "kinds": kinds}))
    for part, of in ((1, 3), (0, 9), (5, 5), (1, 7000), (0, 0), (49, 400), (338_688, 9_370_368), (9_600, 19_776_000)):
        asked.append(Call("percent", [part, of], percent(part, of)))
    return asked


def test_the_front_end_finds_and_adds_up_what_was_measured(calls, tmp_path):
    assert len([call for call in calls if call.name == "find"]) == len(STATES) == 136
    agrees(BlockAnatomy._esm, calls, tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("at * offered.length + offered.indexOf(values[trait])", "at + offered.length * offered.indexOf(values[trait])"),
        ("[texts[rows[i][0]], ...rows[i].slice(1)]", "[texts[i], ...rows[i].slice(1)]"),
        ("(kinds[kind] ?? 0) + macs", "macs"),
        ("sum(rows, (row) => row[7])", "sum(rows, (row) => row[6])"),
        ("b[0] > a[0] ? b : a", "b[0] >= a[0] ? b : a"),
        ("...fork.slice(4).flatMap(forks)", ""),
        ("(100 * part) / (all || 1)", "(100 * part) / all"),
    ],
)
def test_a_mutant_is_caught(calls, tmp_path, right, mutant):
    catches(BlockAnatomy._esm, right, mutant, calls, tmp_path)
