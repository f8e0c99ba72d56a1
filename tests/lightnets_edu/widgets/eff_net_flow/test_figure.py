"""EffNet, step by step: its table against the formula, what it refuses, what it draws and says, and what the page computes."""

import pytest
import traitlets
from replay import Call, agrees, catches
from sketch import Sketch
from torch import nn

from lightnets_edu.widgets import EffNetFlow

# What Python sends -----------------------------------------------------------------------------------------------------


def test_the_counts_are_those_of_the_formula():
    assert EffNetFlow().counts == [[g, 32 * 32 * 9 // g] for g in (1, 2, 4, 8, 16, 32)]


def test_a_real_convolution():
    figure = EffNetFlow.from_module(nn.Conv2d(12, 18, (1, 5), groups=3))
    assert figure.groups == 3 and figure.counts == [[g, 12 * 18 * 5 // g] for g in (1, 2, 3, 6)]


def test_what_does_not_fit_is_refused():
    figure = EffNetFlow()
    with pytest.raises(traitlets.TraitError, match="groups must be one of 1, 2, 4, 8, 16, 32; got 3"):
        figure.groups = 3
    with pytest.raises(traitlets.TraitError, match="counts holds what was measured"):
        figure.counts = [[1, 2]]
    with pytest.raises(ValueError, match=r"expected a convolution, nn\.Conv2d; got Linear"):
        EffNetFlow.from_module(nn.Linear(2, 2))


# What is drawn and said, on paper --------------------------------------------------------------------------------------


def check(sketch: Sketch, figure: EffNetFlow) -> None:
    """Bars, numbers, sentence and table against the counts."""
    most, own = figure.counts[0][1], dict(figure.counts)[figure.groups]
    share = {count: "all" if count == most else f"1/{most // count}" for _, count in figure.counts}
    numbers = [share[count] if figure.shares else f"{count:,}" for _, count in figure.counts]
    assert sketch.locator("svg text").all_text_contents()[1::2] == numbers
    widths = [float(bar.get_attribute("width")) for bar in sketch.locator(".ln-eff-net-flow-bar").all()]
    assert [width / widths[0] for width in widths] == pytest.approx([count / most for _, count in figure.counts])
    assert sketch.locator(".ln-eff-net-flow-on text").first.text_content() == f"g = {figure.groups}"
    assert sketch.said() == f"g = {figure.groups}: {own:,} weights, {share[own]} of those of one group."


def test_every_state_is_drawn_as_it_was_counted():
    figure = EffNetFlow()
    sketch = Sketch(figure)
    for place, groups in enumerate((1, 2, 4, 8, 16, 32)):
        for shares in (False, True):
            sketch.get_by_label("Groups").fill(str(place))
            sketch.get_by_label("As shares").set_checked(shares)
            figure.set_state({"groups": groups, "shares": shares})
            check(sketch, figure)


def test_a_spoilt_table_is_noticed():
    figure = EffNetFlow()
    sketch = Sketch(figure)
    sketch.move({"counts": [[g, count + (g == 4)] for g, count in figure.counts]})
    with pytest.raises(AssertionError):
        check(sketch, figure)


# What the page computes, replayed by node ------------------------------------------------------------------------------

CALLS = [Call("fewer", [count, 9216], g) for g, count in EffNetFlow().counts]


def test_the_page_computes_what_python_says(tmp_path):
    agrees(EffNetFlow._esm, CALLS, tmp_path)


def test_a_mutant_is_caught(tmp_path):
    catches(EffNetFlow._esm, "Math.round(most / count)", "Math.round(most / count - 1)", CALLS, tmp_path)
