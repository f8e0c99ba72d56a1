"""The statements of the ledger for SqueezeNet, recomputed. One test each; book/ledger names them."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from lightnets_edu.cost import conv_params, layer_costs, total
from lightnets_edu.models.alexnet import AlexNet
from lightnets_edu.models.squeezenet import TABLE_1, Bypass, Fire, Row, SqueezeNet

OURS = 1_248_424
KEPT = 421_098    # after pruning, Table 1 of the paper


def meta(build):
    with torch.device("meta"):
        return build()


def params(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def macs(net: nn.Module, size: int = 224) -> int:
    return total(layer_costs(net, (1, 3, size, size))).macs


def in_all(modules) -> int:
    """Parameters of the network with modules (s, e1, e3): biases included, an empty layer allowed."""
    found, c = 96 * (3 * 49 + 1), 96
    for s, e1, e3 in modules:
        found += (c + 1) * s + (s + 1) * e1 + (9 * s + 1) * e3
        c = e1 + e3
    return found + 1000 * (c + 1)


def pooled(after: tuple[int, ...], kernel: int = 3, padding: int = 0, ceil: bool = True) -> SqueezeNet:
    """SqueezeNet with its pools behind other fire modules, or of another kind."""
    net = meta(SqueezeNet)
    fires = [part for part in net.fires if isinstance(part, Fire)]
    layers: list[nn.Module] = [nn.MaxPool2d(kernel, 2, ceil_mode=ceil)]
    for number, fire in enumerate(fires, start=2):
        layers += [fire, nn.MaxPool2d(kernel, 2, ceil_mode=ceil)] if number in after else [fire]
    net.fires, net.stem[0].padding = nn.Sequential(*layers), (padding, padding)
    return net


def sides(net: nn.Module, size: int) -> list[int]:
    """Of the maps behind conv1, fire2, fire5, fire9 and conv10."""
    rows = [row.out_shape[2] for row in layer_costs(net, (1, 3, size, size)) if row.kernel]
    return [rows[i] for i in (0, 1, 10, 22, 25)]


def alexnets() -> dict[str, tuple[int, int]]:
    """Parameters of the convolutions, in two columns and without groups, and of the linear layers."""
    net = meta(AlexNet)
    convs = [part for part in net.features if isinstance(part, nn.Conv2d)]
    ungrouped = sum(conv_params(p.in_channels, p.out_channels, p.kernel_size, bias=True) for p in convs)
    return {"columns": (params(net.features), params(net.head)), "ungrouped": (ungrouped, params(net.head))}


def test_fifty_times_fewer():
    found = alexnets()
    assert params(meta(SqueezeNet)) == in_all(TABLE_1) == OURS
    assert {name: sum(both) for name, both in found.items()} == {"columns": 60_965_224, "ungrouped": 62_378_344}
    assert sum(found["columns"]) / OURS == pytest.approx(48.8, abs=0.05)
    assert sum(found["ungrouped"]) / OURS == pytest.approx(50.0, abs=0.05)
    assert [found[name][0] / OURS for name in ("ungrouped", "columns")] == pytest.approx([3.00, 1.87], abs=0.005)
    body = OURS - 513_000    # conv1 and the fire modules
    assert [found[name][0] / body for name in ("ungrouped", "columns")] == pytest.approx([5.10, 3.17], abs=0.005)
    ending = found["columns"][0] + 257_000    # a 1×1 layer to a thousand classes instead
    assert sum(found["columns"]) / ending == pytest.approx(23.5, abs=0.05)
    assert ending / OURS == pytest.approx(2.08, abs=0.005)
    half_way = body + found["columns"][1]    # the body exchanged first, AlexNet's linear layers as they are
    assert sum(found["columns"]) / half_way == pytest.approx(1.03, abs=0.005), "the order decides what a step brings"


def test_ratios_of_sizes():
    assert [240 / size for size in (0.66, 0.47)] == pytest.approx([363, 510], abs=1)
    sizes = [KEPT * bits / 8 / 2**20 for bits in (10, 12)]
    assert sizes == pytest.approx([0.50, 0.60], abs=0.005)
    assert sizes[0] > 0.47 and sizes[1] < 0.66, "one reported file lies below such a count, the other above"
    biases = sum(p.numel() for name, p in meta(SqueezeNet).named_parameters() if name.endswith("bias"))
    assert biases == 3_976
    runs = 422_083 // 2 + 7    # four bits each; of 26 layers those with odd counts round up
    assert 26 * 4 + 26 * 256 * 4 + 4 * biases + 422_083 + runs == 675_763, "the authors' 8-bit file, to the byte"
    assert pytest.approx(1.4, abs=0.05) == 240 / 35 / 4.8
    assert pytest.approx(10, abs=0.3) == 4.8 / 0.47
    assert pytest.approx(0.337, abs=5e-4) == KEPT / OURS, "a third is kept, not left out"


def test_bytes_of_both_networks():
    assert [4 * 60_965_224 / unit for unit in (1e6, 2**20)] == pytest.approx([243.9, 232.6], abs=0.05)
    assert [4 * OURS / unit for unit in (1e6, 2**20)] == pytest.approx([4.99, 4.76], abs=0.005)
    head = meta(SqueezeNet).head
    assert isinstance(head, nn.Conv2d) and params(head) == params(meta(lambda: nn.Linear(512, 1000))) == 513_000


def test_weights_fit_on_the_chip():
    assert 68 / 8 == 8.5 > 4 * OURS / 1e6
    assert 4 * 60_965_224 / 1e6 > 8.5


def test_each_strategy_undone():
    assert in_all([(s, 0, e1 + e3) for s, e1, e3 in TABLE_1]) / OURS == pytest.approx(1.39, abs=0.005)
    assert in_all([(e1 + e3, e1, e3) for _, e1, e3 in TABLE_1]) / OURS == pytest.approx(5.03, abs=0.005)
    ends = 96 * 148 + 513_000
    only_3x3 = in_all([(s, 0, e1 + e3) for s, e1, e3 in TABLE_1])
    assert (only_3x3 - ends) / (OURS - ends) == pytest.approx(1.68, abs=0.005), "in the fire modules alone"
    opened = meta(lambda: SqueezeNet(fires=tuple(Row(e1 + e3, e1, e3) for _, e1, e3 in TABLE_1)))
    assert macs(opened) / macs(meta(SqueezeNet)) == pytest.approx(5.83, abs=0.005)
    more = sum(row.macs for row in layer_costs(meta(SqueezeNet), (1, 3, 224, 224)) if row.name.endswith("expand1x1"))
    assert 1 + 8 * more / macs(meta(SqueezeNet)) == pytest.approx(1.48, abs=0.005)
    early = pooled((3, 5))
    assert params(early) == OURS
    assert macs(meta(SqueezeNet)) / macs(early) == pytest.approx(1.66, abs=0.005)


def test_nine_times_and_what_a_layer_has():
    small, large = (meta(lambda k=k: nn.Conv2d(20, 30, k, padding=k // 2, bias=False)) for k in (1, 3))
    assert 9 * params(small) == params(large) == 9 * 20 * 30
    assert total(layer_costs(large, (1, 20, 11, 7))).macs == 11 * 7 * 9 * 20 * 30, "for every position"


def test_fire_module():
    fire = meta(lambda: Fire(96, *TABLE_1[0]))
    assert TABLE_1[0] == (16, 64, 64)
    assert [params(part) for part in fire.children()] == [1_552, 1_088, 9_280]
    assert [part.kernel_size for part in fire.children()] == [(1, 1), (1, 1), (3, 3)]
    assert params(fire) == 11_920
    odd = Fire(5, 3, 4, 4), Fire(5, 3, 2, 7)
    for module, parts in zip(odd, ((4, 4), (2, 7)), strict=True):
        x = torch.rand(2, 5, 6, 9)
        y = torch.relu(module.squeeze(x))
        both = torch.relu(module.expand1x1(y)), torch.relu(module.expand3x3(y))
        assert tuple(part.shape[1] for part in both) == parts
        assert torch.equal(module(x), torch.cat(both, dim=1))


def test_filters_of_the_eight():
    pairs = [(16, 64, 64), (32, 128, 128), (48, 192, 192), (64, 256, 256)]
    assert list(TABLE_1) == [row for row in pairs for _ in range(2)]
    assert {s / (e1 + e3) for s, e1, e3 in TABLE_1} == {0.125}
    assert all(s < e1 + e3 for s, e1, e3 in TABLE_1)


def test_layers_and_pools():
    net = meta(SqueezeNet)
    names = [name for name, _ in net.fires.named_children()]
    assert names == ["0", "fire2", "fire3", "fire4", "pool4", "fire5", "fire6", "fire7", "fire8", "pool8", "fire9"]
    pools = [part for part in net.fires if isinstance(part, nn.MaxPool2d)]
    assert [(part.kernel_size, part.stride) for part in pools] == [(3, 2)] * 3
    assert not any(isinstance(part, nn.Linear) for part in net.modules())
    assert net.stem[0].out_channels == 96 and isinstance(net.head, nn.Conv2d) and net.dropout.p == 0.5


@torch.no_grad()
def test_ends_with_an_average():
    torch.manual_seed(0)
    net, x = SqueezeNet(num_classes=4).eval(), torch.rand(1, 3, 67, 83)
    last = torch.relu(net.head(net.fires(net.stem(x))))
    assert last.shape[2:] == (3, 4)
    assert torch.allclose(net(x), last.mean((2, 3)), atol=1e-7)
    assert not torch.allclose(net(x), last.amax((2, 3)), atol=1e-7)


@torch.no_grad()
def test_two_expand_layers_are_one():
    torch.manual_seed(0)
    fire = Fire(5, 3, 4, 6).double()
    one = nn.Conv2d(3, 10, 3, padding=1).double()
    one.weight.zero_()
    one.weight[:4, :, 1:2, 1:2] = fire.expand1x1.weight
    one.weight[4:] = fire.expand3x3.weight
    one.bias.copy_(torch.cat([fire.expand1x1.bias, fire.expand3x3.bias]))
    x = torch.randn(2, 5, 6, 9, dtype=torch.float64)
    y = torch.relu(fire.squeeze(x))
    assert torch.allclose(torch.relu(one(y)), fire(x), rtol=0, atol=1e-12)
    one.weight[:4] = one.weight[:4].roll(1, dims=3)
    assert not torch.allclose(torch.relu(one(y)), fire(x), rtol=0, atol=1e-3), "in the middle, not beside it"


def test_a_head_of_ten_classes():
    ten = sum(params(part) for part in meta(lambda: AlexNet(num_classes=10)).head if isinstance(part, nn.Linear))
    assert 58_304_586 - 3_729_472 == ten == 54_575_114
    (ungrouped, _), wide = alexnets()["ungrouped"], (96, 256, 384, 384, 256)
    grey = ungrouped - conv_params(3, 96, 11, bias=True) + conv_params(1, 96, 11, bias=True)
    assert grey + 4 * sum(wide) == 3_729_472, "one channel, and four numbers of a batch norm for each kernel"
    assert pytest.approx(0.0214, abs=5e-5) == OURS / 58_304_586
    assert pytest.approx(0.0205, abs=5e-5) == OURS / 60_965_224


def test_pruned_weights():
    assert pytest.approx(0.337, abs=5e-4) == KEPT / OURS
    assert KEPT * 6 / 8 < 470_000 < KEPT * 10 / 8, "values alone are less, with four bits for the places more"


def test_bypasses():
    nets = {kind: meta(lambda kind=kind: SqueezeNet(bypass=kind)) for kind in ("none", "simple", "complex")}
    around = {kind: [name for name, part in net.fires.named_children() if isinstance(part, Bypass)]
              for kind, net in nets.items()}
    assert around["none"] == [] and around["simple"] == ["fire3", "fire5", "fire7", "fire9"]
    assert around["complex"] == [f"fire{i}" for i in range(2, 10)]
    sizes = {kind: params(net) for kind, net in nets.items()}
    assert sizes == {"none": OURS, "simple": OURS, "complex": OURS + 341_248}
    widths = [96, *(e1 + e3 for _, e1, e3 in TABLE_1)]
    eight = OURS + sum((a + 1) * b for a, b in pairwise(widths))
    found = [4 * n / unit for n in (sizes["complex"], eight) for unit in (1e6, 2**20)]
    assert found == pytest.approx([6.36, 6.06, 8.33, 7.94], abs=0.005)
    assert all(abs(size - 7.7) > 0.2 for size in found), "the paper's 7.7 MB fit none of them"


@torch.no_grad()
def test_what_fire4_reads():
    torch.manual_seed(0)
    fires = SqueezeNet(bypass="simple").fires
    x = torch.rand(1, 96, 5, 6)
    second = fires.fire2(x)
    assert torch.equal(fires.fire3(second), fires.fire3.fire(second) + second)


def test_version_1_1():
    new, old = meta(lambda: SqueezeNet("1.1")), meta(SqueezeNet)
    assert (params(new), macs(new), macs(old)) == (1_235_496, 349_151_936, 818_924_576)
    assert (new.stem[0].out_channels, new.stem[0].kernel_size) == (64, (3, 3))
    names = [name for name, _ in new.fires.named_children()]
    assert [names[i - 1] for i, name in enumerate(names) if name.startswith("pool")] == ["fire3", "fire5"]


def test_listing_cannot_run():
    squeeze, norm = nn.Conv2d(96, 128 // 8, 1), nn.BatchNorm2d(128 // 4)
    with pytest.raises(RuntimeError, match="running_mean should contain 16 elements not 32"):
        norm(squeeze(torch.rand(1, 96, 3, 3)))
    assert nn.BatchNorm2d(128 // 8)(squeeze(torch.rand(1, 96, 3, 3))).shape == (1, 16, 3, 3)


def test_copies_with_other_pools():
    late = pooled((5, 8))
    assert params(late) == OURS and macs(late) / macs(meta(SqueezeNet)) == pytest.approx(1.13, abs=0.005)
    keras = pooled((4, 8), kernel=2, padding=3)
    assert params(keras) == OURS and sides(keras, 224) == [112, 56, 28, 14, 14]
    assert macs(pooled((4, 8))) == macs(meta(SqueezeNet)), "the helper changes nothing else"
    assert nn.MaxPool2d(13)(torch.rand(2, 10, 13, 13)).shape == (2, 10, 1, 1), "two axes are left"


def test_227_fits_the_table():
    net = meta(SqueezeNet)
    assert sides(net, 227) == [111, 55, 27, 13, 13]
    assert sides(net, 224) == [109, 54, 27, 13, 13]
    assert sides(pooled((4, 8), padding=2, ceil=False), 224) == [111, 55, 27, 13, 13]
    assert sides(pooled((4, 8), padding=3, ceil=False), 224)[:2] == [112, 55]
    assert macs(net, 227) == macs(pooled((4, 8), padding=2, ceil=False)) == 832_667_936
    assert macs(meta(AlexNet)) == 724_406_816
