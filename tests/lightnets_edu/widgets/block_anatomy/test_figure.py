"""The figure of blocks: its traits and its still picture."""

import json
import re

import pytest
import torch
import traitlets
from bs4 import BeautifulSoup
from sketch import drawn, still

from lightnets_edu.models.efficientnet import MBConv
from lightnets_edu.models.shufflenet_v1 import ShuffleUnit, channel_shuffle
from lightnets_edu.widgets import BlockAnatomy
from lightnets_edu.widgets.block_anatomy.blocks import BLOCKS, QUESTIONS
from lightnets_edu.widgets.block_anatomy.flow import forks

# Traits --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "traits", "message"),
    [
        ("inverted_residual", {"t": 9}, "t of inverted_residual must be one of 1, 2, 3, 4, 5, 6, 7, 8; got 9"),
        ("inverted_residual", {"stride": 3}, "stride of inverted_residual must be one of 1, 2; got 3"),
        ("inverted_residual", {"squeeze": 0.3}, r"squeeze must be one of 0, 0\.125, 0\.25, 0\.5, 0\.75, 1\.0; got 0\.3"),
        ("fire", {"squeeze": 0.0}, r"squeeze of fire must be one of 0\.125, .*; got 0\.0"),
        ("fire", {"share": 1.0}, "share of fire must be one of"),
        ("ghost", {"s": 1}, "s of ghost must be one of 2, 3, 4, 5; got 1"),
        ("ghost", {"d": 2}, "d of ghost must be one of 1, 3, 5, 7; got 2"),
        ("mbconv", {"t": 5}, "t of mbconv must be one of 1, 2, 4, 6; got 5"),
        ("mbconv", {"kernel": 7}, "kernel of mbconv must be one of 3, 5; got 7"),
        ("resnet", {"width": 48}, "width of resnet must be one of 32, 64, 96, 128; got 48"),
        ("resnext", {"width": 32}, "width of resnext must be one of 64, 128, 192; got 32"),
        ("xception", {"width": 64}, "width of xception must be one of 128, 256, 384; got 64"),
        ("fire", {"beside": "dense"}, "beside must be one of inverted_residual, resnet, .*; got dense"),
        ("shufflenet", {"groups": 5}, "groups of shufflenet must be one of 1, 2, 3, 4, 8; got 5"),
        ("fire", {"layer": 3}, "layer must be one of 0 to 2; got 3"),
        ("fire", {"layer": -1}, "layer must be one of 0 to 2; got -1"),
        ("fire", {"t": 6.5}, "t"),
    ],
)
def test_wrong_traits_are_refused_at_once(block, traits, message):
    with pytest.raises(traitlets.TraitError, match=message):
        BlockAnatomy(block, **traits)
    widget = BlockAnatomy(block)
    ((name, value),) = traits.items()
    before = getattr(widget, name)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


def test_blocks_are_loaded_as_asked():
    assert list(BlockAnatomy().tables) == list(BLOCKS) and BlockAnatomy().block == "inverted_residual"
    some = BlockAnatomy(blocks=("fire", "ghost"))
    assert list(some.tables) == ["fire", "ghost"] and some.block == "fire"
    assert list(BlockAnatomy(blocks="ghost").tables) == ["ghost"]
    assert some.beside == "ghost" and BlockAnatomy("ghost").beside == "inverted_residual" and BlockAnatomy().beside == "resnet"
    assert BlockAnatomy("resnext", blocks=["resnext"]).beside == "resnext", "one alone stands beside itself"
    with pytest.raises(traitlets.TraitError, match="block must be one of fire, ghost; got resnet"):
        some.block = "resnet"
    assert some.block == "fire"
    for wrong in ({"block": "dense"}, {"blocks": ["dense"]}):
        with pytest.raises(ValueError, match="no block is called 'dense'; there are inverted_residual, resnet, resnext, xception, fire"):
            BlockAnatomy(**wrong)
    with pytest.raises(ValueError, match="blocks must name at least one of inverted_residual, resnet"):
        BlockAnatomy(blocks=())
    with pytest.raises(traitlets.TraitError, match="block must be one of fire; got ghost"):
        BlockAnatomy("ghost", blocks=["fire"])
    with pytest.raises(traitlets.TraitError, match="tables holds what was measured; it cannot be set"):
        some.tables = {}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_begins_with_its_papers_numbers(name):
    widget = BlockAnatomy(name)
    assert all(getattr(widget, knob.trait) == knob.default for knob in BLOCKS[name].knobs)
    assert widget.layers()[widget.layer].macs == max(row.macs for row in widget.layers())


def test_knobs_and_layer_follow_the_block():
    widget = BlockAnatomy("mbconv", layer=5)
    widget.block = "fire"
    assert (widget.squeeze, widget.share, widget.layer) == (0.25, 0.5, 2)
    widget.block = "inverted_residual"
    widget.t = 5
    widget.layer = 2
    widget.t = 1
    assert widget.layer == 1
    widget.t = 5
    widget.block = "mbconv"
    assert (widget.t, widget.kernel, widget.squeeze) == (6, 5, 0.25)
    widget.squeeze = 0
    widget.block = "fire"
    assert widget.squeeze == 0.125


def test_the_front_end_may_send_everything_at_once():
    widget = BlockAnatomy("fire")
    widget.set_state({"layer": 5, "squeeze": 0.0, "kernel": 3, "t": 1, "block": "mbconv"} | {"layer": 1})
    assert (widget.block, widget.t, widget.squeeze, widget.layer) == ("mbconv", 1, 0.0, 1)
    with pytest.raises(traitlets.TraitError, match="layer must be one of 0 to 2; got 5"):
        widget.set_state({"block": "fire", "squeeze": 0.5, "layer": 5})
    with pytest.raises(traitlets.TraitError, match="squeeze of fire must be one of"):
        widget.set_state({"block": "fire", "squeeze": 0.0, "layer": 0})


def test_what_is_sent_always_fits():
    """A front end hears of a block together with what follows it."""
    widget, sent = BlockAnatomy("mbconv", layer=5), []
    widget.send_state = lambda keys=None: sent.append(set(keys or ()))
    widget.block = "ghost"
    widget.block = "fire"
    assert {"block", "layer"} <= set().union(*sent)


def test_the_state_is_small():
    state = {key: value for key, value in BlockAnatomy().get_state().items() if not key.startswith("_")}
    state.pop("layout", None)
    assert len(json.dumps(state)) < 32_000


def test_questions_can_be_set_and_are_asked_where_their_blocks_are():
    figure, before = BlockAnatomy(), BlockAnatomy().get_state()
    assert [words for words, _ in figure.questions] == [words for words, _ in QUESTIONS[:3]]
    for _, values in figure.questions:
        after = figure.moved(**values)
        assert {name: after[name] for name in values} == values
    assert figure.get_state()["block"] == before["block"]
    for name in ("resnext", "shufflenet"):
        (question,) = BlockAnatomy(name, blocks=[name]).questions
        assert question[1]["block"] == question[1]["beside"] == name
    assert BlockAnatomy("fire", blocks=["fire"]).questions == []
    with pytest.raises(traitlets.TraitError, match="questions holds what was measured"):
        figure.questions = []


# The still picture ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BLOCKS)
def test_the_still(name):
    """A box for each layer, as high as its channels to one scale; a row for each, and a sign where ways meet."""
    widget = BlockAnatomy(name, blocks=[name])
    found, picture = widget.anatomy(), BeautifulSoup(still(widget), "html.parser")
    boxes = [sides(path["d"]) for path in picture.select(".ln-part:not(.ln-ba-flow) path:first-of-type")]
    drawn = [(row.c_in, row.c_out) for row in found.rows] * 2
    scale = max(map(max, boxes)) / max(map(max, drawn))
    for channels in drawn:
        wanted = pytest.approx([max(scale * c, 1.2) for c in channels], abs=0.35)
        boxes.remove(next(pair for pair in boxes if list(pair) == wanted))
    assert boxes == []
    assert len(picture.select("tr")) == 2 * (len(found.rows) + 2)
    assert len(picture.select(".ln-ba-signs text")) == 2 * len(forks(found.flow))


def sides(path: str) -> tuple[float, float]:
    """The two heights of a front."""
    p = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", path)]
    return p[15] - p[1], p[9] - p[7]


def test_the_still_follows_the_traits():
    widget = BlockAnatomy("ghost", caption="Mine")
    assert "<figcaption>Mine</figcaption>" in still(widget)
    assert "Block: Ghost module (GhostNet); Beside it: Inverted residual (MobileNet V2); Ratio s: 2; Cheap kernel d: 3" in still(widget)
    assert ">3.18 k parameters<" in still(widget) and ">2.30 M multiply-adds<" in still(widget)
    widget.s = 4
    assert "<td>30 → 90</td>" in still(widget)
    widget.layer = 1
    assert "<b>cheap</b>: 3×3 depthwise; then BN, ReLU. 30 → 90 channels, 28×28." in still(widget)
    widget.beside = "ghost"
    assert ">As in the paper<" in still(widget) and "<td>60 → 60</td>" in still(widget)


def test_scale_of_a_thin_squeeze():
    """Even two channels can be seen."""
    widget = BlockAnatomy.from_module(MBConv(40, 40, 3, 1, 6, 0.05), (1, 40, 8, 8))
    assert min(row.c_out for row in widget.layers()) == 2
    boxes = drawn(widget).select(".ln-part:not(.ln-ba-flow) path:first-of-type")
    assert min(side for box in boxes for side in sides(box["d"])) > 0.9


def test_a_shuffle_by_hand_is_one_step():
    class Late(ShuffleUnit):
        def forward(self, x):
            y = channel_shuffle(self.depthwise(torch.relu(self.reduce(x))), self.groups)
            return torch.relu(x + self.expand(y))

    widget = BlockAnatomy.from_module(Late(48, 48, 1, 3, 3), (1, 48, 9, 9))
    assert [row.text[0] for row in widget.layers()] == ["reduce", "depthwise", "shuffle", "expand"]
    assert "Late: measured, not the formula" in still(widget)
