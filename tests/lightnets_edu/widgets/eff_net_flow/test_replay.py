"""What the page of EffNet's block computes, against what becomes of single pixels; and spoilt copies that the replay catches."""

import random

import pytest
from eff_net_flow.expected import lit, missed, span
from replay import Call, agrees, catches

from lightnets_edu.widgets import EffNetFlow
from lightnets_edu.widgets.kit.compose import KIT, compose

FLOW = compose(KIT.parent / "eff_net_flow" / "flow.js")


def calls(step: int = 1) -> list[Call]:
    """Pixels of every map, with every number of layers that have run; all that reaches no output; words."""
    made, whole = [], []
    for name, flow in EffNetFlow().flows.items():
        for last in range(len(flow)):
            whole.append(Call("unread", [flow, last], missed(name, last)))
            for at in range(last + 1):
                height, width = flow[at]["size"]
                for r, c in ((0, 0), (1, 2), (height - 1, width - 1), (2, 3)):
                    found = lit(name, at, r, c, last)
                    gives = [[sorted({pixel[axis] for pixel in own}) for axis in (0, 1)] for own in found]
                    assert all(len(own) == len(rows) * len(columns) for own, (rows, columns) in zip(found, gives, strict=True))
                    if all(found):    # an empty place has either no rows or no columns: which, does not matter
                        made.append(Call("follow", [flow, [at, r, c], last], gives))
    dice = random.Random(2)
    whole += [Call("ranges", [own], span(own)) for own in (sorted(dice.sample(range(9), many)) for many in (0, 1, 3, 5, 8))]
    whole += [Call("nearest", [[1, 3, 9], target], gives) for target, gives in ((0, 0), (2, 0), (2.1, 1), (7, 2), (20, 2))]
    whole.append(Call("nearest", [[3, 1], 4], 0))
    return made[::step] + whole


def test_the_page_computes_what_becomes_of_pixels(tmp_path):
    agrees(FLOW, calls(), tmp_path)


def test_a_pixel_that_nobody_reads_leads_nowhere(tmp_path):
    flow = EffNetFlow().flows["2x1"]
    assert lit("2x1", 4, 1, 3, 5)[5] == []
    gives = [[*range(6)], [2, 3, 4]], [[*range(6)], [2, 3, 4]], [[*range(6)], [3]], [[0, 1, 2], [3]], [[1], [3]], [[0, 1], []]
    agrees(FLOW, [Call("follow", [flow, [4, 1, 3], 5], gives)], tmp_path)
    catches(FLOW, "found[i - 1].includes(one)", "true", [Call("follow", [flow, [4, 1, 3], 5], gives)], tmp_path)


@pytest.mark.parametrize(
    ("right", "mutant"),
    [
        ("maps[i][name][index]))", "maps[at][name][index]))"),
        ("for (let i = at; i; i--)", "for (let i = at; i > 1; i--)"),
        ("i <= last; i++", "i < last; i++"),
        (".includes(one)", ".includes(index)"),
        ("[index], last)", "[index + 1], last)"),
        ("upto(maps[last].size[axis])", "upto(1)"),
        ("!own.includes(row) || !columns", "!own.includes(row) && !columns"),
        ("Math.floor(place / width), place % width", "place % width, Math.floor(place / width)"),
        ("!numbers.includes(i + 1)", "numbers.includes(i + 1)"),
        ("i < ends[k]", "i <= ends[k]"),
        ("Math.abs(number - target) <", "number - target <"),
        ('["rows", "columns"]', '["columns", "rows"]'),
    ],
)
def test_a_mutant_is_caught(right, mutant, tmp_path):
    catches(FLOW, right, mutant, calls(2), tmp_path)
