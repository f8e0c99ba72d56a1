"""SqueezeNet against its paper's Table 1 and design space, published counts, and an independent implementation."""

from functools import lru_cache, partial

import pytest
import torch
from parity import Pair, Peer, as_it_is, assert_same, in_full
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models import squeezenet
from lightnets_edu.models.squeezenet import TABLE_1, VERSIONS, Bypass, Fire, Row, SqueezeNet, Version, design_space

COUNTS = {  # version, bypass, image: parameters and multiply-adds of torchvision, pytorchcv or the authors' Caffe files
    ("1.0", "none", 224): (1_248_424, 818_924_576),
    ("1.0", "none", 227): (1_248_424, 861_339_936),   # Caffe: conv10 padded by 1
    ("1.1", "none", 224): (1_235_496, 349_151_936),
    ("1.1", "none", 227): (1_235_496, 387_747_520),   # Caffe
    ("1.0", "simple", 224): (1_248_424, 818_924_576),
    ("1.1", "simple", 224): (1_235_496, 349_151_936),
    ("1.0", "complex", 224): (1_589_672, 1_165_298_720),
}
# Table 1 as reported: output size, parameters before pruning
REPORTED = {
    "conv1": (111, 14_208), "fire2": (55, 11_920), "fire3": (55, 12_432), "fire4": (55, 45_344), "fire5": (27, 49_440),
    "fire6": (27, 104_880), "fire7": (27, 111_024), "fire8": (27, 188_992), "fire9": (13, 197_184),
    "conv10": (13, 513_000),
}  # fmt: skip
SMALL = (2, 3, 66, 66)   # here pools that round up and pools that round down differ


def by_hand(version: str, bypass: str, size: int, rows=TABLE_1, pad10: int = 0) -> tuple[int, int]:
    """Parameters and multiply-adds layer by layer, without building anything."""
    kernel, c, pools = {"1.0": (7, 96, "248"), "1.1": (3, 64, "235")}[version]
    size = (size - kernel) // 2 + 1
    params, macs = 3 * c * kernel**2 + c, 3 * c * kernel**2 * size**2
    size = size // 2
    for number, (s, e1, e3) in enumerate(rows, start=2):
        weights, biases = c * s + s * e1 + 9 * s * e3, s + e1 + e3
        if bypass == "complex" and c != e1 + e3:
            weights, biases = weights + c * (e1 + e3), biases + e1 + e3
        params, macs, c = params + weights + biases, macs + weights * size**2, e1 + e3
        size = size // 2 if str(number) in pools[1:] else size
    return params + 1000 * (c + 1), macs + 1000 * c * (size + 2 * pad10) ** 2


@pytest.mark.parametrize(("version", "bypass", "size"), COUNTS)
def test_counts(version, bypass, size):
    with torch.device("meta"):
        measured = total(layer_costs(SqueezeNet(version, bypass), (1, 3, size, size)))
    assert (measured.params, measured.macs) == by_hand(version, bypass, size)
    padded = int((version, size) == ("1.0", 227))
    assert COUNTS[version, bypass, size] == by_hand(version, bypass, size, pad10=padded)
    assert padded == (COUNTS[version, bypass, size] != (measured.params, measured.macs))


def sizes_and_params(version: str, image: int) -> dict[str, tuple[int, int]]:
    with torch.device("meta"):
        rows = [row for row in layer_costs(SqueezeNet(version), (1, 3, image, image)) if row.params]
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        parts = row.name.split(".")
        name = {"stem": "conv1", "head": "conv10"}.get(parts[0]) or parts[1]
        found[name] = (row.out_shape[2], found.get(name, (0, 0))[1] + row.params)
    return found


def test_table_1():
    """As reported at 227; its caption's 224 × 224 gives other sizes."""
    assert sizes_and_params("1.0", 227) == REPORTED
    sizes = {name: size for name, (size, _) in sizes_and_params("1.0", 224).items()}
    assert list(sizes.values()) == [109, 54, 54, 54, 27, 27, 27, 27, 13, 13]
    assert sum(params for _, params in REPORTED.values()) == COUNTS["1.0", "none", 224][0]
    assert [size for size, _ in sizes_and_params("1.1", 224).values()] == [111, 55, 55, 27, 27, 13, 13, 13, 13, 13]


def test_bypasses():
    """Figure 2: around fire 3, 5, 7, 9; and in the complex form, with a convolution, around 2, 4, 6, 8."""
    for version in VERSIONS:
        nets = {bypass: dict(SqueezeNet(version, bypass).fires.named_children()) for bypass in ("none", "simple", "complex")}
        around = {b: {n: type(m.shortcut) for n, m in net.items() if isinstance(m, Bypass)} for b, net in nets.items()}
        plain = {f"fire{i}": nn.Identity for i in (3, 5, 7, 9)}
        assert around["none"] == {} and around["simple"] == plain
        assert around["complex"] == plain | {f"fire{i}": nn.Conv2d for i in (2, 4, 6, 8)}


# The design space (§5) -----------------------------------------------------------------------------------------------


def test_design_space():
    assert design_space() == TABLE_1
    assert design_space(base_e=64, incr_e=32, freq=3, sr=0.25, pct_3x3=0.75) == (
        *[Row(16, 16, 48)] * 3, *[Row(24, 24, 72)] * 3, *[Row(32, 32, 96)] * 2)  # fmt: skip
    assert {row.e1x1 + row.e3x3 for row in design_space(pct_3x3=0.01)} == {128, 256, 384, 512}
    assert [row.e3x3 for row in design_space(pct_3x3=0.01)] == [1, 1, 3, 3, 4, 4, 5, 5]   # rounded: 1.28, 2.56, …


@pytest.mark.parametrize(("sr", "pct_3x3", "mib"), [(0.125, 0.5, 4.76), (0.5, 0.5, 12.99), (0.5, 0.01, 5.64), (1.0, 0.5, 23.95)])
def test_sizes_in_the_design_space(sr, pct_3x3, mib):
    rows = design_space(sr, pct_3x3)
    with torch.device("meta"):
        params = sum(p.numel() for p in SqueezeNet(fires=rows).parameters())
    assert params == by_hand("1.0", "none", 224, rows)[0]
    assert 4 * params / 2**20 == pytest.approx(mib, abs=0.005)


# Parity with pytorchcv -----------------------------------------------------------------------------------------------


class Around(nn.Module):
    """pytorchcv has no complex bypass: a 1×1 convolution around one of its units."""

    def __init__(self, unit: nn.Module, c_in: int, c_out: int):
        super().__init__()
        self.unit, self.conv = unit, nn.Conv2d(c_in, c_out, 1)

    def forward(self, x):
        return self.unit(x) + self.conv(x)


def ours(version: str, bypass: str = "none") -> SqueezeNet:
    return SqueezeNet(version, bypass, num_classes=10)


def peer(version: str, bypass: str, any_size: bool = True) -> Peer:
    """pytorchcv's network; `any_size`: its average pool is 13 × 13, which fits images of 224 only."""
    pytest.importorskip("pytorchcv")
    from pytorchcv.models.squeezenet import get_squeezenet

    net = get_squeezenet(version, residual=bypass != "none", num_classes=10)
    if any_size:
        net.output.final_pool = nn.AdaptiveAvgPool2d(1)
    if bypass == "complex":
        for stage in list(net.features.children())[1:-1]:
            for name, unit in [(n, u) for n, u in stage.named_children() if "unit" in n and not u.residual]:
                c_out = unit.expand1x1.conv.out_channels + unit.expand3x3.conv.out_channels
                setattr(stage, name, Around(unit, unit.squeeze.conv.in_channels, c_out))
    return Peer(net)


@lru_cache(maxsize=1)
def pair(name: str) -> Pair:
    version, *rest = name.removeprefix("squeezenet_").split("_")
    variant = version, rest[0] if rest else "none"
    return Pair(partial(ours, *variant), peer(*variant), SMALL)


def test_parity_of_the_one_that_has_no_name():
    """No other has version 1.1 with the complex bypass; the others are in test_every_pair.py."""
    pair("squeezenet_1.1_complex_bypass").assert_same()


@pytest.mark.parametrize("version", ["1.0", *in_full("1.1")])
def test_parity_with_the_peer_as_it_is(version):
    assert_same(ours(version), peer(version, "none", any_size=False), (1, 3, 224, 224))


@pytest.mark.full
@pytest.mark.parametrize("bypass", ["simple", "complex"])
@pytest.mark.parametrize("version", VERSIONS)
def test_parity_of_bypasses_at_full_size(version, bypass):
    assert_same(ours(version, bypass), peer(version, bypass), (1, 3, 224, 224))


@pytest.mark.parametrize(("version", "bypass"), [("1.0", "simple"), ("1.1", "complex")])
def test_parity_catches_sabotage(version, bypass, monkeypatch):
    both = pair(f"squeezenet_{version}_{bypass}_bypass")
    spoilers = dict(both.sabotages())
    spoilers["pool rounds down"] = lambda net: setattr(net.fires[0], "ceil_mode", False)
    spoilers["padded conv10"] = lambda net: setattr(net.head, "padding", (1, 1))
    spoilers["no bypass"] = lambda net: setattr(net.fires, "fire9", net.fires.fire9.fire)
    spoilers["bypass with ReLU"] = lambda net: net.fires.fire2.shortcut.register_forward_hook(lambda m, x, y: y.relu())
    if bypass == "simple":
        del spoilers["bypass with ReLU"]
    assert len(spoilers) >= 12
    assert both.missed(spoilers.items()) == []
    kernel, stem, pools, smallest = VERSIONS[version]
    monkeypatch.setitem(squeezenet.VERSIONS, version, Version(kernel, stem, (pools[0] + 1, pools[1]), smallest))
    assert both.caught(as_it_is), "a pool one fire module later"


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: SqueezeNet("1.2"), "version must be one of 1.0, 1.1, got '1.2'"),
        (lambda: SqueezeNet(bypass="both"), "bypass must be one of none, simple, complex, got 'both'"),
        (lambda: SqueezeNet(num_classes=0), "num_classes must be a whole number from 1 up, got 0"),
        (lambda: SqueezeNet(fires=TABLE_1[1:]), r"fires must be a tuple of eight Row\(s1x1, e1x1, e3x3\), such as TABLE_1, got \(Row"),
        (lambda: SqueezeNet(fires=(*TABLE_1[1:], (16, 64, 64))), "fires must be a tuple of eight .*, got "),
        (lambda: SqueezeNet(fires=None), "fires must be a tuple of eight .*, got None"),
        (lambda: SqueezeNet(fires=(*TABLE_1[1:], Row(64, 256, 2.5))), "e3x3 must be a whole number from 1 up, got 2.5"),
        (lambda: Fire(64, 16, 0, 64), "e1x1 must be a whole number from 1 up, got 0"),
        (lambda: Bypass("a", 16, 64, 64), "c_in must be a whole number from 1 up, got 'a'"),
        (lambda: design_space(sr=0), "sr must be a number above 0 and at most 1, got 0"),
        (lambda: design_space(pct_3x3=float("nan")), "pct_3x3 must be a number above 0 and at most 1, got nan"),
        (lambda: design_space(sr=True), "sr must be a number above 0 and at most 1, got True"),
        (lambda: design_space(freq=0), "freq must be a whole number from 1 up, got 0"),
        (lambda: design_space(sr=0.001), "s1x1 must be a whole number from 1 up, got 0"),
        (lambda: design_space(pct_3x3=1), "e1x1 must be a whole number from 1 up, got 0"),
    ],
)
def test_says_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize(("version", "smallest"), [("1.0", 21), ("1.1", 17)])
def test_images(version, smallest):
    """The limit is where torch's own pooling gives up."""
    net = SqueezeNet(version, num_classes=2).to("meta")
    assert net(torch.empty(2, 3, smallest, smallest + 9, device="meta")).shape == (2, 2)
    with pytest.raises(ValueError, match=rf"images must be at least {smallest} × {smallest}, got {smallest - 1} × 99"):
        net(torch.empty(1, 3, smallest - 1, 99, device="meta"))
    with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape \(1, 1, 64, 64\)"):
        net(torch.empty(1, 1, 64, 64, device="meta"))
    net.smallest = 1
    with pytest.raises(RuntimeError, match="Output size is too small"):
        net(torch.empty(1, 3, smallest - 1, 99, device="meta"))
