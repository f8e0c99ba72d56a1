"""The statements of the ledger for EfficientNet, recomputed. One test each; book/ledger names them."""

import math
from collections.abc import Callable
from functools import cache

import pytest
import torch

from lightnets_edu.cost import LayerCost, Total, layer_costs, total
from lightnets_edu.layers import SqueezeExcite
from lightnets_edu.models import MODELS
from lightnets_edu.models.efficientnet import STAGES, VARIANTS, EfficientNet, scale_layers

ALPHA, BETA, GAMMA = 1.2, 1.1, 1.15


@cache
def rows(width: float = 1.0, depth: float = 1.0, size: int = 224) -> list[LayerCost]:
    with torch.device("meta"):
        return layer_costs(EfficientNet(width, depth), (1, 3, size, size))


def bill(width: float = 1.0, depth: float = 1.0, size: int = 224) -> Total:
    return total(rows(width, depth, size))


def changed(change: Callable[[EfficientNet], None]) -> Total:
    """What a B0 costs after `change`."""
    with torch.device("meta"):
        net = EfficientNet()
        change(net)
        return total(layer_costs(net, (1, 3, 224, 224)))


def test_no_single_coefficient_gives_the_published_numbers():
    asked = {
        name: (math.log(d, ALPHA), math.log(w, BETA), math.log(size / 224, GAMMA))
        for name, (w, d, size) in VARIANTS.items()
    }
    assert asked["b7"][:2] == (pytest.approx(6.2, abs=0.05), pytest.approx(7.3, abs=0.05))
    apart = {name for name, phis in asked.items() if max(phis) - min(phis) > 0.3}
    assert apart == {"b1", "b4", "b5", "b6", "b7"}
    assert asked["b0"] == (0, 0, 0) and asked["b2"] == pytest.approx((1, 1, 1.07), abs=0.01)


def test_the_product_of_the_constants():
    product = ALPHA * BETA**2 * GAMMA**2
    assert product == pytest.approx(1.92, abs=0.001)
    assert product**7 == pytest.approx(96.3, abs=0.5), "not 128"


def test_what_each_dial_does_to_b0():
    b0 = bill().macs
    assert bill(width=2).macs / b0 == pytest.approx(3.76, abs=0.005)
    assert bill(size=448).macs / b0 == pytest.approx(3.99, abs=0.005)
    assert bill(depth=2).macs / b0 == pytest.approx(2.03, abs=0.005)
    narrow, wide = rows(), rows(width=2)
    for kind, times in (("depthwise", 2), ("pointwise", 4)):
        pairs = [(a.macs, b.macs) for a, b in zip(narrow, wide, strict=True) if a.kind == kind and ".se." not in a.name]
        assert pairs and all(b == times * a for a, b in pairs), kind


def test_b0_and_mnasnet():
    mnasnet = total(layer_costs(MODELS["mnasnet_a1"](), (1, 3, 224, 224)))
    assert bill()[:2] == (5_288_548, 385_814_752)
    assert mnasnet.params == 3_887_038 and mnasnet.macs / 1e6 == pytest.approx(311.6, abs=0.05)


def test_what_squeeze_and_excite_has():
    inside = [row for row in rows() if ".se." in row.name]
    assert len(inside) == 2 * 16
    assert sum(row.params for row in inside) / bill().params == pytest.approx(0.12, abs=0.001)
    assert sum(row.macs for row in inside) / bill().macs < 0.002


def test_the_table_of_b0():
    """Expansion, channels, layers, stride and kernel, as our source's claim has them; and the maps of the paper."""
    assert [(s.expansion, s.c_out, s.layers, s.stride, s.kernel) for s in STAGES] == [
        (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5),
        (6, 320, 1, 1, 3),
    ]  # fmt: skip
    read, side = [], 112
    for stage in STAGES:
        read.append(side)
        side //= stage.stride
    assert [*read, side] == [112, 112, 56, 28, 14, 14, 7, 7], "Table 1: the resolutions that stages 2 to 9 read"


def test_the_family_is_not_mobile():
    """What autograd keeps of one image, asked of PyTorch on two, without values."""
    width, depth, size = VARIANTS["b7"]
    assert bill(width, depth, size).macs / bill().macs == pytest.approx(98, abs=0.5)
    with torch.device("meta"):
        net = EfficientNet(width, depth).train()
        own = {id(p.untyped_storage()) for p in net.parameters()}
        kept: dict[int, torch.UntypedStorage] = {}

        def keep(x: torch.Tensor) -> torch.Tensor:
            kept[id(x.untyped_storage())] = x.untyped_storage()
            return x

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
            net(torch.empty(2, 3, size, size))
    assert sum(s.nbytes() for key, s in kept.items() if key not in own) / 2 > 3 * 2**30
    assert sum(scale_layers(stage.layers, depth) for stage in STAGES) == 55


def test_the_first_printed_strides():
    def exchange(net: EfficientNet) -> None:
        net.blocks[5].depthwise[0].stride = (1, 1)
        net.blocks[8].depthwise[0].stride = (2, 2)

    found = changed(exchange)
    assert found.params == bill().params and found.macs / bill().macs == pytest.approx(1.34, abs=0.005)


def test_the_width_of_squeeze_and_excite():
    def wider(net: EfficientNet) -> None:
        for block in net.blocks:
            wide = block.depthwise[0].out_channels
            block.se = SqueezeExcite(wide, wide // 4)

    for block, stage_input in zip(EfficientNet().blocks, (32, 16, 24), strict=False):
        assert block.se.squeeze.out_channels == stage_input // 4
    assert changed(wider).params == 8_423_848


def test_the_four_networks_of_table_7():
    found = [bill(depth=4), bill(width=2), bill(size=448), bill(1.2, 1.4, 291)]
    billions = [t.macs / 1e9 for t in found]
    assert billions == pytest.approx([1.58, 1.45, 1.54, 1.80], abs=0.006)
    more = [billions[3] / other - 1 for other in billions[:3]]
    assert min(more) == pytest.approx(0.14, abs=0.005) and max(more) == pytest.approx(0.24, abs=0.005)
