"""The figure of blocks: its tables against arithmetic and `cost`, real modules and spoilt ones, traits, still picture."""

import json
import re

import pytest
import torch
import traitlets
from block_anatomy.expected import percent, shares_of, widest
from bs4 import BeautifulSoup
from replay import Call, agrees, catches
from sketch import drawn, still
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.layers import SqueezeExcite, conv_bn
from lightnets_edu.models.efficientnet import MBConv
from lightnets_edu.models.ghostnet import GhostBottleneck, GhostModule
from lightnets_edu.models.mobilenet_v2 import InvertedResidual, MobileNetV2
from lightnets_edu.models.mobilenet_v3 import Bneck
from lightnets_edu.models.resnet import Bottleneck
from lightnets_edu.models.shufflenet_v1 import TABLE_1, ShuffleUnit, channel_shuffle
from lightnets_edu.models.shufflenet_v2 import BasicUnit, DownUnit
from lightnets_edu.models.squeezenet import Bypass, Fire
from lightnets_edu.widgets import BlockAnatomy
from lightnets_edu.widgets.block_anatomy.blocks import BLOCKS, anatomies
from lightnets_edu.widgets.block_anatomy.flow import KINDS, Anatomy, forks, packed, unpacked
from lightnets_edu.widgets.block_anatomy.trace import measured

STATES = [(name, values) for name in BLOCKS for values in anatomies(name)]


def conv(c_in: int, c_out: int, k: int, size: int, groups: int = 1, extra: int = 2) -> tuple[int, int]:
    """Parameters with `extra` for each output (batch norm 2, bias 1), and multiply-adds."""
    weights = c_in * c_out * k * k // groups
    return weights + extra * c_out, weights * size * size


def by_hand(name: str, values: tuple) -> list[tuple[int, int]]:
    """Parameters and multiply-adds of each layer, by the papers' formulas, in the order of the run."""
    if name == "inverted_residual":
        t, stride = values
        mid, out = 24 * t, 56 // stride
        first = [conv(24, mid, 1, 56)] if t > 1 else []
        return [*first, conv(mid, mid, 3, out, mid), conv(mid, 24 if stride == 1 else 32, 1, out)]
    if name == "fire":
        s, e3 = int(256 * values[0]), int(256 * values[1])
        return [conv(128, s, 1, 55, extra=1), conv(s, 256 - e3, 1, 55, extra=1), conv(s, e3, 3, 55, extra=1)]
    if name == "ghost":
        s, d = values
        m = 120 // s
        return [conv(40, m, 1, 28), conv(m, m * (s - 1), d, 28, m)]
    if name == "mbconv":
        t, k, share = values
        mid, c = 40 * t, int(40 * share)
        squeeze = [(0, 0), conv(mid, c, 1, 1, extra=1), conv(c, mid, 1, 1, extra=1)] if share else []
        return [*([conv(40, mid, 1, 28)] if t > 1 else []), conv(mid, mid, k, 28, mid), *squeeze, conv(mid, 40, 1, 28)]
    if name == "resnet":
        w, stride = values
        short, out = ([conv(256, 512, 1, 28)] if stride == 2 else []), 56 // stride
        return [*short, conv(256, w, 1, 56), conv(w, w, 3, out), conv(w, 256 * stride, 1, out)]
    if name == "resnext":
        g, w = values
        return [conv(256, w, 1, 56), conv(w, w, 3, 56, g), conv(w, 256, 1, 56)]
    g, stride = values
    c, wider, _ = TABLE_1[g]
    out, c_out, branch = 28 // stride, (c, wider)[stride - 1], (c, wider - c)[stride - 1]
    units = [conv(c, c_out // 4, 1, 28, g), (0, 0), conv(c_out // 4, c_out // 4, 3, out, c_out // 4), conv(c_out // 4, branch, 1, out, g)]
    return units + [(0, 0)] * (stride - 1)


@pytest.mark.parametrize("name", BLOCKS)
def test_every_layer_costs_what_the_papers_formulas_say(name):
    for values, found in anatomies(name).items():
        assert [(row.params, row.macs) for row in found.rows] == by_hand(name, values), values


@pytest.mark.parametrize("name", BLOCKS)
def test_rows_add_up_to_the_real_module(name):
    for values, found in anatomies(name).items():
        module, shape = BLOCKS[name].build(*values)
        whole = total(layer_costs(module.to("meta"), shape))
        assert (sum(r.params for r in found.rows), sum(r.macs for r in found.rows)) == whole[:2]
        c, _, c_out, _ = found.ends
        assert (c, c_out) == (shape[1], module(torch.empty(shape, device="meta")).shape[1])


def follow(found: Anatomy, flow: list, c: int) -> int:
    """Walk along a flow; every piece must take the channels that the one before it gives."""
    for item in flow:
        if isinstance(item, int):
            assert found.rows[item].c_in == c
            c = found.rows[item].c_out
        else:
            join, trunk, c_out, label, *ways = item
            assert sum(w[0] for w in ways) == c or all(w[0] == c for w in ways)
            given = [follow(found, way[1:], way[0]) for way in ways]
            assert c_out == (sum(given) if join == "concatenate" else given[trunk]) and label
            assert join == "concatenate" or set(given) == {c_out}
            c = c_out
    return c


def places(flow: list) -> list[int]:
    return [p for item in flow for p in ([item] if isinstance(item, int) else [p for way in item[4:] for p in places(way[1:])])]


@pytest.mark.parametrize("name", BLOCKS)
def test_channels_flow_from_end_to_end(name):
    for found in anatomies(name).values():
        assert follow(found, found.flow, found.ends[0]) == found.ends[2]
        assert sorted(places(found.flow)) == list(range(len(found.rows)))


def wiring(name: str, values: tuple) -> list:
    return anatomies(name)[values].flow


def test_how_blocks_are_wired():
    """Shortcut and concatenation as the papers draw them."""
    assert wiring("inverted_residual", (6, 1)) == [["add", 1, 24, ["add"], [24], [24, 0, 1, 2]]]
    assert wiring("inverted_residual", (6, 2)) == [0, 1, 2] and wiring("inverted_residual", (1, 2)) == [0, 1]
    assert wiring("fire", (0.125, 0.5)) == [0, ["concatenate", 0, 256, ["concat"], [32, 1], [32, 2]]]
    assert wiring("ghost", (2, 3)) == [0, ["concatenate", 1, 120, ["concat"], [60], [60, 1]]]
    gate = ["multiply", 0, 240, ["multiply"], [240], [240, 2, 3, 4]]
    assert wiring("mbconv", (6, 5, 0.25)) == [["add", 1, 40, ["add"], [40], [40, 0, 1, gate, 5]]]
    assert wiring("mbconv", (6, 5, 0)) == [["add", 1, 40, ["add"], [40], [40, 0, 1, 2]]]
    assert wiring("resnet", (64, 1)) == [["add", 1, 256, ["add", "ReLU"], [256], [256, 0, 1, 2]]]
    assert wiring("resnet", (64, 2)) == [["add", 1, 512, ["add", "ReLU"], [256, 0], [256, 1, 2, 3]]]
    assert wiring("shufflenet", (3, 1)) == [["add", 1, 240, ["add", "ReLU"], [240], [240, 0, 1, 2, 3]]]
    assert wiring("shufflenet", (3, 2)) == [["concatenate", 1, 480, ["concat", "ReLU"], [240, 4], [240, 0, 1, 2, 3]]]


def test_the_papers_widths():
    """Narrow–wide–narrow, squeeze–expand, wide–narrow–wide; kinds and activations as they are."""
    rows = anatomies("inverted_residual")[6, 1].rows
    assert [(r.c_in, r.c_out, KINDS[r.kind]) for r in rows] == [(24, 144, "pointwise"), (144, 144, "depthwise"), (144, 24, "pointwise")]
    assert [r.text for r in rows] == [
        ("expand", "1×1 pointwise; then BN, ReLU6", "expand", "1×1", "ReLU6"),
        ("depthwise", "3×3 depthwise; then BN, ReLU6", "depthwise", "3×3", "ReLU6"),
        ("project", "1×1 pointwise; then BN", "project", "1×1", "linear"),
    ]
    assert [(r.c_out, r.size) for r in anatomies("mbconv")[6, 5, 0.25].rows] == [(240, 28), (240, 28), (240, 1), (10, 1), (240, 1), (40, 28)]
    assert [(r.c_in, r.c_out) for r in anatomies("resnet")[64, 1].rows] == [(256, 64), (64, 64), (64, 256)]
    assert [KINDS[r.kind] for r in anatomies("resnext")[32, 128].rows] == ["pointwise", "grouped", "pointwise"]
    assert [KINDS[r.kind] for r in anatomies("resnext")[64, 64].rows] == ["pointwise", "depthwise", "pointwise"]
    assert [r.text[0] for r in anatomies("shufflenet")[3, 2].rows] == ["reduce", "shuffle", "depthwise", "expand", "avg pool"]


def test_widest_and_shares():
    assert widest(anatomies("inverted_residual")[6, 1]) == (144, "after expand")
    assert widest(anatomies("resnet")[64, 1]) == (256, "at the input")
    assert widest(anatomies("fire")[0.125, 0.5]) == (256, "after concatenate")
    assert widest(anatomies("fire")[1.0, 0.5]) == (256, "after squeeze")
    found = anatomies("mbconv")[6, 5, 0.25]
    assert shares_of(found) == {"pointwise": 7_526_400 * 2 + 4_800, "depthwise": 4_704_000}
    assert [percent(1, 3), percent(0, 9), percent(5, 5), percent(1, 7000), percent(0, 0)] == ["33.3%", "0%", "100%", "0.0143%", "0%"]
    assert percent(49, 400) == "12.3%", "a half is rounded up: 12.25"


def test_packing_loses_nothing():
    for name in BLOCKS:
        every = list(anatomies(name).values())
        table = json.loads(json.dumps(packed(every)))
        assert [unpacked(table, i)._replace(ends=tuple(a.ends)) for i, a in enumerate(every)] == every


@pytest.mark.parametrize("name", BLOCKS)
def test_the_figure_finds_every_state(name):
    widget, knobs = BlockAnatomy(name), BLOCKS[name].knobs
    for values, found in anatomies(name).items():
        widget.set_state({knob.trait: value for knob, value in zip(knobs, values, strict=True)})
        assert widget.anatomy() == found and widget.layers() == found.rows


# Real modules ---------------------------------------------------------------------------------------------------------


KNOWN = [
    (InvertedResidual(24, 24, 1, 6), (1, 24, 56, 56)), (InvertedResidual(32, 16, 1, 1), (1, 32, 20, 30)),
    (Fire(128, 32, 128, 128), (1, 128, 55, 55)), (GhostModule(40, 120, 3, 3, 5), (1, 40, 9, 9)),
    (GhostModule(8, 129, relu=False), (1, 8, 7, 7)), (GhostBottleneck(24, 72, 40, 5, 2, True), (1, 24, 56, 56)),
    (GhostBottleneck(24, 72, 24), (1, 24, 56, 56)), (MBConv(40, 40, 5, 1, 6), (1, 40, 28, 28)),
    (MBConv(49, 24, 3, 2, 1, 0.5), (1, 49, 14, 14)), (MBConv(16, 16, 3, 1, 4, 0), (1, 16, 8, 8)),
    (MBConv(16, 16, 3, 1, 4, 1), (1, 16, 8, 8)), (Bottleneck(64, 64, 256), (1, 64, 14, 14)),
    (Bottleneck(256, 128, 512, 2, 32, "1x1"), (1, 256, 14, 14)), (ShuffleUnit(240, 240, 1, 3, 3), (1, 240, 28, 28)),
    (ShuffleUnit(24, 240, 2, 3, 1), (1, 24, 56, 56)),
]  # fmt: skip
OTHERS = [
    (Bypass(96, 16, 64, 64), (1, 96, 55, 55)), (Bneck(40, 240, 40, 5, 1, True, "HS"), (1, 40, 28, 28)),
    (BasicUnit(116), (1, 116, 28, 28)), (DownUnit(24, 116, 24), (1, 24, 56, 56)),
    (nn.Sequential(nn.Conv2d(3, 8, 3), nn.PReLU(8), nn.Flatten(), nn.Linear(288, 10)), (1, 3, 8, 8)),
    (nn.Sequential(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2), nn.PReLU(8), nn.BatchNorm2d(8)), (1, 3, 8, 8)),
]  # fmt: skip


@pytest.mark.parametrize(("module", "shape"), KNOWN + OTHERS)
def test_a_real_block_is_drawn_as_measured(module, shape):
    widget = BlockAnatomy.from_module(module, shape)
    whole, found = total(layer_costs(module, shape)), widget.anatomy()
    assert (sum(r.params for r in found.rows), sum(r.macs for r in found.rows)) == whole[:2]
    follow(found, found.flow, shape[1])
    assert "Measured" not in still(widget)
    assert widget.tables["module"]["title"] == type(module).__name__
    assert found.rows[widget.layer].macs == max(row.macs for row in found.rows)


def test_a_split_is_followed():
    """ShuffleNet V2: half the channels pass by."""
    found = BlockAnatomy.from_module(*OTHERS[2]).anatomy()
    assert found.flow == [["concatenate", 1, 116, ["concat"], [58], [58, 0, 1, 2]], 3]


class Dense(InvertedResidual):
    """A dense 3×3 in place of the depthwise one."""

    def __init__(self, c_in, c_out, stride, expansion):
        super().__init__(c_in, c_out, stride, expansion)
        self.depthwise = conv_bn(c_in * expansion, c_in * expansion, 3, stride)


class LastReLU(InvertedResidual):
    """ReLU after the bottleneck."""

    def forward(self, x):
        return torch.relu(super().forward(x))


class NoShortcut(InvertedResidual):
    def __init__(self, c_in, c_out, stride, expansion):
        super().__init__(c_in, c_out, stride, expansion)
        self.shortcut = False


class Added(Fire):
    """Adds the expand layers instead of concatenating them."""

    def forward(self, x):
        y = torch.relu(self.squeeze(x))
        return torch.relu(self.expand1x1(y)) + torch.relu(self.expand3x3(y))


class WideSqueeze(MBConv):
    """Squeeze-and-excite as wide as MobileNet V3's: a quarter of the expanded channels, more than the input has."""

    def __init__(self, c_in, c_out, kernel, stride, expansion):
        super().__init__(c_in, c_out, kernel, stride, expansion)
        self.se = SqueezeExcite(c_in * expansion, 2 * c_in)


class NoShuffle(ShuffleUnit):
    def forward(self, x):
        return torch.relu(x + self.expand(self.depthwise(torch.relu(self.reduce(x)))))


class Ungrouped(Bottleneck):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.conv = conv_bn(128, 128, 3)
        self.reduce = conv_bn(256, 128, 3)


class Odd(GhostBottleneck):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.expand = conv_bn(24, 72, 1)


SPOILT = [
    (Dense(24, 24, 1, 6), (1, 24, 56, 56)), (LastReLU(24, 24, 1, 6), (1, 24, 56, 56)), (NoShortcut(24, 24, 1, 6), (1, 24, 56, 56)),
    (Added(128, 32, 128, 128), (1, 128, 55, 55)), (WideSqueeze(40, 40, 5, 1, 6), (1, 40, 28, 28)),
    (NoShuffle(48, 48, 1, 3, 3), (1, 48, 28, 28)), (Ungrouped(256, 128, 256, 1, 32), (1, 256, 14, 14)), (Odd(24, 72, 24), (1, 24, 9, 9)),
]  # fmt: skip


@pytest.mark.parametrize(("module", "shape"), SPOILT)
def test_a_spoilt_block_is_shown_and_said(module, shape):
    widget, whole = BlockAnatomy.from_module(module, shape), total(layer_costs(module, shape))
    assert sum(row.params for row in widget.layers()) == whole.params
    assert f"Measured, not the formula: {whole.params:,} parameters and {whole.macs:,} multiply-adds" in still(widget)


def test_a_dense_convolution_in_place_of_the_depthwise_one():
    widget = BlockAnatomy.from_module(*SPOILT[0])
    row = widget.layers()[1]
    assert (KINDS[row.kind], row.groups, row.macs) == ("standard", 1, 144 * 144 * 9 * 56 * 56)
    assert widget.layers()[widget.layer] == row and "depthwise</b>: 3×3 standard; then BN, ReLU6" in still(widget)


def test_asking_a_module_leaves_it_alone():
    block = InvertedResidual(24, 24, 1, 6).train()
    before = {key: value.clone() for key, value in block.state_dict().items()}
    BlockAnatomy.from_module(block, (1, 24, 8, 8), name="mine")
    assert block.training and all(torch.equal(value, before[key]) for key, value in block.state_dict().items())


def test_several_real_blocks_to_choose_from():
    """Each is drawn as it is alone; another begins with its own dearest layer, and what it has not is refused."""
    modules = {"wide": (Fire(8, 2, 4, 4), (1, 8, 5, 5)), "my ghost": (GhostModule(8, 12), (1, 8, 6, 6))}
    widget, alone = BlockAnatomy.of(modules), BlockAnatomy.from_module(*modules["my ghost"])
    assert widget.block == "wide" and list(widget.tables) == ["wide", "my ghost"]
    widget.block = "my ghost"
    assert widget.anatomy() == alone.anatomy() and widget.tables["my ghost"]["title"] == "my ghost"
    assert BlockAnatomy.of(modules, block="my ghost").layer == alone.layer
    with pytest.raises(traitlets.TraitError, match="block"):
        widget.block = "fire"


@pytest.mark.parametrize("modules", [{}, [Fire(8, 2, 4, 4)], {"mine": Fire(8, 2, 4, 4)}, {"mine": (Fire(8, 2, 4, 4),)}])
def test_several_that_are_none(modules):
    with pytest.raises(ValueError, match=r"expected modules with their inputs' shapes"):
        BlockAnatomy.of(modules)


def test_a_name_of_ones_own():
    widget = BlockAnatomy.from_module(Fire(8, 2, 4, 4), (1, 8, 5, 5), name="my fire", layer=2)
    assert widget.layer == 2 and "Block: my fire" in still(widget) and widget.block == "module"


class Scaled(nn.Module):
    """Has a parameter outside its layers."""

    def __init__(self):
        super().__init__()
        self.conv, self.scale = nn.Conv2d(4, 4, 1), nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.scale * self.conv(x)


class Idle(nn.Module):
    """Has a layer that leads nowhere."""

    def __init__(self):
        super().__init__()
        self.conv, self.other = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x):
        self.other(x)
        return self.conv(x)


class Knot(nn.Module):
    """Every layer's output goes to all that follow."""

    def __init__(self):
        super().__init__()
        self.one, self.two, self.three = (nn.Conv2d(4, 4, 1) for _ in range(3))

    def forward(self, x):
        a = self.one(x)
        b = self.two(a + x)
        return self.three(b + a) + x


class Mixed(nn.Module):
    """A layer of two maps."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(4, 4), nn.Bilinear(4, 4, 4)

    def forward(self, x):
        return self.two(self.one(x), x)


@pytest.mark.parametrize(
    ("module", "shape", "message"),
    [
        (Fire, (1, 3, 9, 9), r"expected a module \(an nn.Module instance\), got type"),
        ("fire", (1, 3, 9, 9), r"expected a module \(an nn.Module instance\), got str"),
        (Fire(8, 2, 4, 4), (1, 9, 5, 5), r"Fire cannot be traced on an input of shape \(1, 9, 5, 5\)"),
        (Fire(8, 2, 4, 4), (8, 5, 5), "shape must be that of one image with its batch axis"),
        (nn.ReLU(), (1, 3, 9, 9), "ReLU has no layers to draw: nothing in it has parameters or multiplies"),
        (MobileNetV2(), (1, 3, 64, 64), r"the figure draws one block, of at most 24 layers and steps; MobileNetV2 has \d+"),
        (Scaled(), (1, 4, 3, 3), "Scaled: the block itself has 1 parameters and 0 multiply-adds that the picture has no place for"),
        (Idle(), (1, 4, 3, 3), "Idle: other has 148 parameters and 1,296 multiply-adds that the picture has no place for"),
        (Knot(), (1, 4, 3, 3), "Knot cannot be drawn: the ways that meet at '.*' do not begin at one fork"),
        (Mixed(), (1, 4), "Mixed: two has 68 parameters and 0 multiply-adds that the picture has no place for"),
    ],
)
def test_what_is_no_block_is_refused(module, shape, message):
    with pytest.raises(ValueError, match=message):
        BlockAnatomy.from_module(module, shape)


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
        ("resnet", {"width": 48}, "width of resnet must be one of 32, 64, 128, 256; got 48"),
        ("resnext", {"width": 32}, "width of resnext must be one of 64, 128, 256; got 32"),
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
    with pytest.raises(traitlets.TraitError, match="block must be one of fire, ghost; got resnet"):
        some.block = "resnet"
    assert some.block == "fire"
    for wrong in ({"block": "dense"}, {"blocks": ["dense"]}):
        with pytest.raises(ValueError, match="no block is called 'dense'; there are inverted_residual, fire, ghost, mbconv, res"):
            BlockAnatomy(**wrong)
    with pytest.raises(ValueError, match="blocks must name at least one of inverted_residual, fire"):
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
    assert len(json.dumps(state)) < 30_000


# The still picture ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BLOCKS)
def test_the_still(name):
    """A box for each layer, as high as its channels to one scale; a row for each, and a mark where ways meet."""
    widget = BlockAnatomy(name)
    found, picture = widget.anatomy(), BeautifulSoup(still(widget), "html.parser")
    boxes = [sides(path["d"]) for path in picture.select("path.ln-ba-box:not(.ln-ba-cut)")]
    assert len(boxes) == len(found.rows) and len(picture.select(".ln-chosen")) == 1
    scale = max(map(max, boxes)) / max(c for row in found.rows for c in (row.c_in, row.c_out))
    for (left, right), row in zip(boxes, found.rows, strict=True):
        assert left == pytest.approx(max(scale * row.c_in, 1), abs=0.35) and right == pytest.approx(max(scale * row.c_out, 1), abs=0.35)
    assert len(picture.select("tr")) == len(found.rows) + 2
    assert len(picture.select(".ln-ba-join, .ln-ba-bar")) == len(forks(found.flow))


def sides(path: str) -> tuple[float, float]:
    """The two sides of a box across the flow, which goes along a line or down the page: corners of both, round about."""
    a, b, c, d = [tuple(map(float, pair.split(","))) for pair in re.findall(r"[-\d.]+,[-\d.]+", path)]
    across = 1 if a[0] == d[0] else 0
    return abs(d[across] - a[across]), abs(c[across] - b[across])


def test_the_still_follows_the_traits():
    widget = BlockAnatomy("ghost", caption="Mine")
    assert "<figcaption>Mine</figcaption>" in still(widget)
    assert "Block: Ghost module (GhostNet); Ratio s: 2; Cheap kernel d: 3" in still(widget)
    assert "3,180 parameters and 2,304,960 multiply-adds" in still(widget)
    widget.s = 4
    assert "<td>30 → 90</td>" in still(widget)
    widget.layer = 1
    assert "<b>cheap</b>: 3×3 depthwise; then BN, ReLU. 30 → 90 channels, 28×28." in still(widget)


def test_scale_of_a_thin_squeeze():
    """Even two channels can be seen."""
    widget = BlockAnatomy.from_module(MBConv(40, 40, 3, 1, 6, 0.05), (1, 40, 8, 8))
    assert min(row.c_out for row in widget.layers()) == 2
    boxes = drawn(widget).select("path.ln-ba-box:not(.ln-ba-cut)")
    assert min(side for box in boxes for side in sides(box["d"])) > 0.9


def test_a_shuffle_by_hand_is_one_step():
    class Late(ShuffleUnit):
        def forward(self, x):
            y = channel_shuffle(self.depthwise(torch.relu(self.reduce(x))), self.groups)
            return torch.relu(x + self.expand(y))

    widget = BlockAnatomy.from_module(Late(48, 48, 1, 3, 3), (1, 48, 9, 9))
    assert [row.text[0] for row in widget.layers()] == ["reduce", "depthwise", "shuffle", "expand"]
    assert "Measured, not the formula" in still(widget)


# What the front end computes, replayed by node -----------------------------------------------------------------------


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
