"""The figure of a convolution's connections: its traits, and what its still picture says of them."""
import re

import pytest
import traitlets
from conv_connectivity.expected import sentence, weights
from sketch import still

from lightnets_edu.widgets import ConvConnectivity
from lightnets_edu.widgets.conv_connectivity.masks import GROUPED, KINDS, Plan


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"kind": "other"}, "kind"),
        ({"c_in": 5}, "c_in must be one of 2, 4, 6, 8, 12, 16; got 5"),
        ({"c_in": 32}, "c_in must be one of"),
        ({"c_out": 3}, "c_out of a standard convolution must be one of 2, 4, 6, 8, 12, 16; got 3"),
        ({"kernel": 2}, "kernel of a standard convolution must be one of 1, 3, 5; got 2"),
        ({"groups": 3}, "groups of 8 to 8 channels must be one of 1, 2, 4, 8; got 3"),
        ({"groups": 0}, "groups of 8 to 8 channels must be"),
        ({"stride": 3}, "stride must be one of 1, 2; got 3"),
        ({"output": 8}, "output must be one of 0 to 7; got 8"),
        ({"output": -1}, "output must be one of 0 to 7; got -1"),
        ({"more": 8}, "more must be one of 0 to 7; got 8"),
        ({"y": 7}, "y must be one of 0 to 6; got 7"),
        ({"x": 1.5}, "x"),
    ],
)
def test_wrong_traits_are_refused_at_once(traits, message):
    with pytest.raises(traitlets.TraitError, match=message):
        ConvConnectivity(**traits)
    widget = ConvConnectivity()
    ((name, value),) = traits.items()
    before = getattr(widget, name)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"kind": "pointwise", "kernel": 3}, "kernel of a pointwise convolution must be one of 1; got 3"),
        ({"kind": "depthwise", "c_in": 8, "c_out": 4}, "c_out of a depthwise convolution must be one of 8; got 4"),
        ({"c_in": 6, "groups": 4}, "groups of 6 to 8 channels must be one of 1, 2; got 4"),
        ({"output": 5, "more": 3}, "more must be one of 0 to 2; got 3"),
        ({"stride": 2, "y": 4}, "y must be one of 0 to 3; got 4"),
    ],
)
def test_traits_that_do_not_fit_each_other_are_refused(traits, message):
    with pytest.raises(traitlets.TraitError, match=message):
        ConvConnectivity(**traits)


def test_what_follows():
    widget = ConvConnectivity(c_in=16, c_out=16, groups=16, output=15, y=6, x=6)
    widget.c_in = 12
    assert (widget.groups, widget.output) == (4, 15)
    widget.kind = "depthwise"
    assert (widget.c_out, widget.groups, widget.output) == (12, 4, 11)
    widget.c_in = 6
    assert (widget.c_out, widget.groups, widget.output) == (6, 3, 5)
    widget.stride = 2
    assert (widget.y, widget.x) == (3, 3)
    widget.set_state({"output": 2, "more": 3})
    widget.output = 4
    assert widget.more == 1
    widget.kind = "pointwise"
    assert (widget.kernel, widget.c_out) == (1, 6) and all(getattr(widget, name) in widget.offers(name) for name in widget.drawn)


def test_the_front_end_may_send_everything_at_once():
    widget = ConvConnectivity(kind="pointwise")
    widget.set_state({"x": 6, "output": 11, "groups": 6, "kernel": 5, "kind": "shuffled", "c_in": 6, "c_out": 12})
    assert widget.plan() == Plan("shuffled", 6, 12, 5, 6, 1) and (widget.output, widget.x) == (11, 6)
    widget.set_state({"stride": 2, "c_in": 4, "kind": "depthwise"})
    assert widget.plan() == Plan("depthwise", 4, 4, 5, 1, 2) and (widget.output, widget.x) == (3, 3)


def test_groups_do_nothing_where_the_kind_has_its_own():
    assert {ConvConnectivity(kind=kind, groups=g, **({"kernel": 1} if kind == "pointwise" else {})).plan().groups
            for kind in KINDS if kind not in GROUPED for g in (1, 2, 8)} == {1}


def test_the_still_says_what_the_figure_says():
    widget = ConvConnectivity(kind="shuffled", groups=4, output=3)
    total, lines = weights(widget)
    assert (total, [text for text, _ in lines]) == ("160 weights", ["4 groups 3×3: 144", "4 groups 1×1: 16", "standard (× 3.6): 576"])
    assert all(f">{text}<" in still(widget) for text in (total, *(text for text, _ in lines)))
    assert sentence(widget) in still(widget)
    before = still(widget)
    widget.y = 0
    assert still(widget) != before and "6 positions (3 lie off the map)" in still(widget)


def test_a_number_stands_once():
    """Outside of the data, the still has each of the layer's numbers in one place."""
    widget = ConvConnectivity(kind="separable", output=3)
    said = re.sub("<[^>]*>", "|", still(widget).split("<details")[0])
    assert [len(re.findall(rf"\b{number}\b", said)) for number in (136, 64, 576)] == [1, 1, 1]
