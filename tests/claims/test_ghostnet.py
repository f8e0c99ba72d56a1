"""The statements of the ledger for GhostNet, recomputed. One test each; book/ledger names them."""

import math

import pytest
import torch
from torch import nn

from lightnets_edu.cost import conv_macs, layer_costs, total
from lightnets_edu.layers import SqueezeExcite
from lightnets_edu.models.ghostnet import TABLE_1, GhostBottleneck, GhostModule, GhostNet

IMAGE = (1, 3, 224, 224)


def meta(build):
    with torch.device("meta"):
        return build()


def params(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def macs(module: nn.Module, shape: tuple[int, ...]) -> int:
    return total(layer_costs(module, shape)).macs


class Listing(nn.Module):
    """The module as the textbook chapter describes it: its numbers, in our code."""

    def __init__(self, c_in, c_out, kernel=1, ratio=2, cheap=3):
        super().__init__()
        first = math.ceil(c_out / ratio)
        second = first * (ratio - 1)
        self.one = nn.Sequential(nn.Conv2d(c_in, first, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(first))
        self.two = nn.Sequential(
            nn.Conv2d(first, second, cheap, padding=cheap // 2, groups=first, bias=False), nn.BatchNorm2d(second)
        )
        self.c_out = c_out

    def forward(self, x):
        y = torch.relu(self.one(x))
        return torch.cat([y, torch.relu(self.two(y))], dim=1)[:, : self.c_out]


def same(ours: nn.Module, theirs: nn.Module, x: torch.Tensor) -> bool:
    state = zip(ours.state_dict().values(), theirs.state_dict(), strict=True)
    theirs.load_state_dict({name: value for value, name in state})
    return torch.equal(ours.eval()(x), theirs.eval()(x))


def test_listing_of_the_module():
    x = torch.randn(2, 6, 5, 7)
    for c_out, kernel, ratio, cheap in [(12, 1, 2, 3), (13, 3, 2, 5), (12, 1, 3, 3), (14, 1, 4, 3)]:
        ours = GhostModule(6, c_out, kernel, ratio, cheap)
        assert same(ours, Listing(6, c_out, kernel, ratio, cheap), x)
        first, second = ours.primary[0], ours.cheap[0]
        assert (first.out_channels, second.groups) == (math.ceil(c_out / ratio),) * 2
        assert second.out_channels == (ratio - 1) * second.groups
    plain = GhostModule(6, 12)
    assert same(plain, Listing(6, 12), x), "the defaults are the same"
    assert not same(GhostModule(6, 12, relu=False), Listing(6, 12), x)


def test_any_number_of_channels():
    odd, even = (meta(lambda c=c: GhostModule(64, c)) for c in (129, 130))
    assert params(odd) == params(even) and macs(odd, (1, 64, 8, 8)) == macs(even, (1, 64, 8, 8))
    assert odd(torch.empty(1, 64, 8, 8, device="meta")).shape[1] == 129


@pytest.mark.parametrize(("k", "s", "times"), [(3, 2, 1.97), (1, 2, 1.75), (3, 4, 3.82), (1, 4, 2.81)])
def test_what_a_module_saves(k, s, times):
    shape = (1, 64, 14, 9)
    found = conv_macs(64, 128, k, (14, 9)) / macs(meta(lambda: GhostModule(64, 128, k, s)), shape)
    assert found == pytest.approx(times, abs=0.005) == s * k * k * 64 / (k * k * 64 + (s - 1) * 9)
    assert found < s


@pytest.mark.parametrize(("c_in", "dearer"), [(8, True), (9, False), (10, False)])
def test_few_inputs_save_nothing(c_in, dearer):
    ghost, plain = macs(meta(lambda: GhostModule(c_in, 32)), (1, c_in, 5, 5)), conv_macs(c_in, 32, 1, (5, 5))
    assert (ghost > plain) is dearer and (ghost == plain) is (c_in == 9)


@torch.no_grad()
def test_bottleneck():
    block = GhostBottleneck(16, 48, 24, 5, 2).eval()
    assert (block.expand.c_out, block.project.c_out, block.expand.relu, block.project.relu) == (48, 24, True, False)
    assert (block.depthwise[0].stride, block.depthwise[0].groups) == ((2, 2), 48)
    first, second = block.shortcut
    assert (first[0].stride, first[0].groups, second[0].kernel_size) == ((2, 2), 16, (1, 1))
    assert not any(isinstance(part, nn.ReLU) for part in block.shortcut.modules())
    x = torch.randn(1, 16, 9, 12)
    assert torch.equal(block(x), block.shortcut(x) + block.project(block.depthwise(block.expand(x))))
    same_size = GhostBottleneck(16, 48, 16)
    assert all(isinstance(part, nn.Identity) for part in (same_size.depthwise, same_size.shortcut))


def test_primaries_are_pointwise():
    modules = [m for m in meta(GhostNet).modules() if isinstance(m, GhostModule)]
    assert len(modules) == 32 and {m.primary[0].kernel_size for m in modules} == {(1, 1)}
    assert {m.cheap[0].kernel_size for m in modules} == {(3, 3)}


def test_where_squeeze_and_excite_is():
    net = meta(GhostNet)
    blocks = [m for m in net.modules() if isinstance(m, GhostBottleneck)]
    assert [isinstance(b.se, SqueezeExcite) for b in blocks] == [row.se for row in TABLE_1]
    assert (len(blocks), sum(row.se for row in TABLE_1)) == (16, 7)
    inside = [p for m in net.modules() if isinstance(m, GhostModule) for p in m.modules() if isinstance(p, SqueezeExcite)]
    assert inside == []
    names = [row.name for row in layer_costs(blocks[4], (1, 40, 28, 28)) if row.params]
    assert [n.split(".")[0] for n in names if n.startswith(("expand", "se", "project"))] == (
        ["expand"] * 4 + ["se"] * 2 + ["project"] * 4
    )


def test_which_network():
    net = meta(GhostNet)
    assert (params(net), macs(net, IMAGE)) == (5_182_508, 141_150_512)
    squeezes = [m for m in net.modules() if isinstance(m, SqueezeExcite)]
    channels = [m.expand.out_channels for m in squeezes]
    ours = sum(params(m) for m in squeezes)
    exact = sum(params(SqueezeExcite(c, c // 4)) for c in channels)
    first_code = params(net) - ours + exact - 1280 + 2 * 1280    # a batch norm for the bias of the hidden layer
    assert first_code == 5_183_016
    larger = sum(16 * c_in for (k, *_), c_in in zip(TABLE_1, widths(), strict=True) if k == 5 and c_in is not None)
    assert first_code - larger == 5_180_840
    peer = pytest.importorskip("pytorchcv.models.ghostnet")
    assert params(meta(peer.ghostnet)) == 5_180_840


def widths() -> list[int | None]:
    """Inputs of each bottleneck whose shortcut has layers."""
    found, c_in = [], 16
    for row in TABLE_1:
        found.append(c_in if row.stride == 2 or row.out != c_in else None)
        c_in = row.out
    return found


def test_relu_before_and_behind_differ():
    """What an author called equivalent: a ReLU behind the concatenation in the place of two."""
    torch.manual_seed(0)
    ours = GhostModule(6, 12).eval()
    x = torch.randn(1, 6, 9, 9)
    y = ours.primary(x)
    late = torch.relu(torch.cat([y, ours.cheap(y)], dim=1))
    assert torch.equal(ours(x)[:, :6], late[:, :6]) and not torch.allclose(ours(x)[:, 6:], late[:, 6:], atol=1e-3)
