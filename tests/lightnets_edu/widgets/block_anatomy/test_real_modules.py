"""The figure of blocks: real modules, spoilt ones, and those that are no block."""

import pytest
import torch
import traitlets
from block_anatomy.expected import DIFFERS
from block_anatomy.test_papers import follow
from sketch import still
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.layers import SqueezeExcite, conv_bn
from lightnets_edu.models.efficientnet import MBConv
from lightnets_edu.models.ghostnet import GhostBottleneck, GhostModule
from lightnets_edu.models.mobilenet_v2 import InvertedResidual, MobileNetV2
from lightnets_edu.models.mobilenet_v3 import Bneck
from lightnets_edu.models.resnet import Bottleneck
from lightnets_edu.models.shufflenet_v1 import ShuffleUnit
from lightnets_edu.models.shufflenet_v2 import BasicUnit, DownUnit
from lightnets_edu.models.squeezenet import Bypass, Fire
from lightnets_edu.widgets import BlockAnatomy
from lightnets_edu.widgets.block_anatomy.flow import KINDS

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
    assert DIFFERS not in still(widget)
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
    assert f"{type(module).__name__}{DIFFERS}<" in still(widget) and f"{whole.params:,}</td><td>{whole.macs:,}<" in still(widget)


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
    assert widget.layer == 2 and ">my fire<" in still(widget) and widget.block == "module"


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
        (Mixed(), (1, 4), "Mixed: two has 68 parameters and 80 multiply-adds that the picture has no place for"),
    ],
)
def test_what_is_no_block_is_refused(module, shape, message):
    with pytest.raises(ValueError, match=message):
        BlockAnatomy.from_module(module, shape)
