"""A link in the text may set any figure's state: what it becomes is told, and refused, without touching the figure."""

import json
import random

import pytest
import traitlets
from sketch import Sketch
from specimens import SPECIMENS
from stage import Specimen, state

EVERY = pytest.mark.parametrize("specimen", SPECIMENS.values(), ids=SPECIMENS)


@EVERY
def test_every_figure_says_what_it_would_show(specimen: Specimen):
    """It stays as it is; and set to that state, it accepts it as it stands."""
    figure, other = specimen.make(), specimen.make()
    before = state(figure)
    for name in figure.drawn:
        offered = list(figure.offers(name))
        value = random.Random(0).choice([one for one in offered if one != getattr(figure, name)] or offered)
        after = figure.moved(**{name: value})
        assert after[name] == value and set(after) == set(figure.drawn) and state(figure) == before
        assert json.loads(json.dumps(after)) == after
        with other.hold_trait_notifications():
            for key, one in after.items():
                setattr(other, key, one)
        assert {key: getattr(other, key) for key in figure.drawn} == after


@EVERY
def test_a_page_draws_that_state_as_python_does(specimen: Specimen):
    """Only what a link sends changes on a page: nothing else that Python would change with it is missing."""
    figure = specimen.make()
    name = figure.drawn[0]
    value = next((one for one in figure.offers(name) if one != getattr(figure, name)), getattr(figure, name))
    sketch = Sketch(figure, 680)
    sketch.move(figure.moved(**{name: value}))
    setattr(figure, name, value)
    assert sketch.plain() == Sketch(figure, 680).plain()


@EVERY
def test_what_a_figure_does_not_offer_is_refused(specimen: Specimen):
    figure = specimen.make()
    before = state(figure)
    for name in figure.drawn:
        with pytest.raises(traitlets.TraitError):
            figure.moved(**{name: -12345})
        assert state(figure) == before
    with pytest.raises(traitlets.TraitError, match=r"no reader can change 'colour'; there are "):
        figure.moved(colour="red")


def test_values_are_checked_together():
    from lightnets_edu.widgets import ChannelShuffle, ConvConnectivity

    assert ChannelShuffle(channels=12, groups=3).moved(channels=16, groups=8)["groups"] == 8
    with pytest.raises(traitlets.TraitError, match="channels in 3 groups must be one of 3, 6, 9, 12, 15; got 16"):
        ChannelShuffle(channels=12, groups=3).moved(channels=16, groups=3)
    with pytest.raises(traitlets.TraitError, match="c_out of a depthwise convolution"):
        ConvConnectivity(c_in=4, c_out=4).moved(kind="depthwise", c_in=8, c_out=4)
