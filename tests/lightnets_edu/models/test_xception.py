"""Xception against its paper's Figure 5, published counts and an independent implementation."""

import re
from functools import lru_cache

import pytest
import torch
from parity import Pair, Peer, as_it_is, assert_same, blank, meta, randomise
from torch import nn
from torch.nn import functional as F

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models import xception
from lightnets_edu.models.xception import FirstBlock, MiddleBlock, ReducingBlock, SeparableConv, Xception

SMALL = (1, 3, 79, 79)    # 79 -> 39, 37, 19, 10, 5, 3: odd and even sizes are pooled
# Figure 5, in its order: channels of each block or separable convolution and the size of its output.
FIGURE_5 = [
    *[(128, 74), (256, 37), (728, 19)],      # entry flow
    *[(728, 19)] * 8,                        # middle flow: 19 × 19 × 728, repeated 8 times
    *[(1024, 10), (1536, 10), (2048, 10)],   # exit flow
]


@pytest.fixture(scope="module")
def net():
    return meta(Xception).eval()


# Counts and Figure 5 --------------------------------------------------------------------------------------------------


def by_hand() -> tuple[int, int]:
    """Parameters and multiply-adds, added up along Figure 5."""
    params = macs = 0

    def add(weights: int, norms: int, size: int) -> None:
        nonlocal params, macs
        params, macs = params + weights + 2 * norms, macs + weights * size**2

    def separable(c_in: int, c_out: int, size: int) -> None:
        add(9 * c_in + c_in * c_out, c_out, size)

    add(27 * 32, 32, 149)
    add(9 * 32 * 64, 64, 147)
    for c_in, c_mid, c_out, size in [(64, 128, 128, 147), (128, 256, 256, 74), (256, 728, 728, 37), (728, 728, 1024, 19)]:
        add(c_in * c_out, c_out, (size + 1) // 2)
        separable(c_in, c_mid, size)
        separable(c_mid, c_out, size)
    for _ in range(8 * 3):
        separable(728, 728, 19)
    separable(1024, 1536, 10)
    separable(1536, 2048, 10)
    return params + 2048 * 1000 + 1000, macs + 2048 * 1000


def test_counts(net):
    """22,855,952 is the paper's own number (Table 3)."""
    measured = total(layer_costs(net, (1, 3, 299, 299)))
    assert (measured.params, measured.macs) == by_hand() == (22_855_952, 8_357_403_496)
    assert sum(b.numel() for key, b in net.named_buffers() if "running" in key) == 54_528


def test_figure_5(net):
    seen = []
    parts = [*net.entry, *net.middle, *(part for part in net.exit if not isinstance(part, nn.ReLU))]
    hooks = [part.register_forward_hook(lambda _, x, y: seen.append((y.shape[1], y.shape[2]))) for part in parts]
    stem = net.stem.register_forward_hook(lambda _, x, y: seen.append((y.shape[1], y.shape[2])))
    net(torch.empty(1, 3, 299, 299, device="meta"))
    for hook in [*hooks, stem]:
        hook.remove()
    assert seen == [(64, 147), *FIGURE_5]
    assert sum(isinstance(m, nn.Conv2d) for m in net.modules()) == 36 + 4 + 34    # 36 layers (§4), 4 shortcuts; 34 of
    assert sum(isinstance(m, SeparableConv) for m in net.modules()) == 34         # the 36 are separable, so twice there


# Parity with pytorchcv ------------------------------------------------------------------------------------------------


def pytorchcv(num_classes: int = 10) -> nn.Module:
    pytest.importorskip("pytorchcv")
    from pytorchcv.models.xception import xception as build

    return build(num_classes=num_classes)


def ours() -> Xception:
    return Xception(num_classes=10)


@lru_cache(maxsize=1)
def pair(name: str = "xception") -> Pair:
    """pytorchcv's network pools 10 × 10 at the end, so it takes no smaller image than 295. Let it pool what there is."""
    assert name == "xception"
    peer = pytorchcv()
    peer.features.final_block.pool = nn.AdaptiveAvgPool2d(1)
    return Pair(ours, Peer(peer), SMALL)


def test_parity_at_299():
    """The peer as it is."""
    assert_same(Xception(num_classes=3), Peer(pytorchcv(3)), (1, 3, 299, 299))


@pytest.mark.parametrize("size", [(79, 79), (64, 97)])
def test_parity(size):
    assert_same(blank(ours), pair().peer, (1, 3, *size))


def test_parity_catches_every_sabotage():
    ways = pair().sabotages()
    assert pair().missed(ways) == []
    words = " ".join(name for name, _ in ways)    # what this network can get wrong
    for word in ["without activation", "relu6 for relu", "addition", "stride", "other pooling", "eps", "momentum"]:
        assert word in words


def relu_between(block, x):
    return block.norm(block.pointwise(torch.relu(block.depthwise(x))))


def relu_at_the_end(block, x):
    return torch.relu(x + block.third(torch.relu(block.second(torch.relu(block.first(x))))))


@pytest.mark.parametrize(("block", "forward"), [(SeparableConv, relu_between), (MiddleBlock, relu_at_the_end)])
def test_parity_catches_a_spoilt_block(block, forward, monkeypatch):
    monkeypatch.setattr(block, "forward", forward)
    assert "outputs differ" in pair().caught(as_it_is)


def test_parity_catches_widths_in_another_place(monkeypatch):
    """The exit flow's block widens in its second convolution, not in its first."""
    monkeypatch.setattr(xception, "EXIT", (1024, 1024))
    assert re.search(r"layer \d+: source", pair().caught(as_it_is))


# The blocks -----------------------------------------------------------------------------------------------------------


@torch.no_grad()
def test_separable_conv():
    """A separable convolution is one ordinary convolution whose kernels are products (before batch norm)."""
    conv = randomise(SeparableConv(4, 6))
    x = torch.randn(2, 4, 5, 7, dtype=torch.float64)
    kernels = conv.pointwise.weight * conv.depthwise.weight.transpose(0, 1)    # (6, 4, 3, 3)
    assert torch.allclose(conv(x), conv.norm(F.conv2d(x, kernels, padding=1)), rtol=0, atol=1e-12)


@torch.no_grad()
def test_first_block_only_lacks_a_relu_that_would_do_nothing():
    first, other = randomise(FirstBlock(4, 6, 8)), randomise(ReducingBlock(4, 6, 8))
    x = torch.randn(2, 4, 9, 8, dtype=torch.float64)
    assert torch.equal(first(x.relu()), other(x.relu()))
    assert not torch.allclose(first(x), other(x))


@pytest.mark.parametrize(
    ("block", "shape"),
    [
        (SeparableConv(3, 5), (2, 5, 8, 7)),
        (FirstBlock(3, 4, 5), (2, 5, 4, 4)),
        (ReducingBlock(3, 4, 5), (2, 5, 4, 4)),
        (MiddleBlock(3), (2, 3, 8, 7)),
    ],
)
def test_shapes(block, shape):
    assert block.to("meta")(torch.empty(2, 3, 8, 7, device="meta")).shape == shape


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "8", None, True])
def test_says_what_is_wrong(wrong):
    message = rf"must be a whole number from 1 up, got {wrong!r}$"
    for build, name in [
        (lambda: SeparableConv(wrong, 8), "c_in"),
        (lambda: SeparableConv(8, wrong), "c_out"),
        (lambda: ReducingBlock(8, wrong, 8), "c_mid"),
        (lambda: MiddleBlock(wrong), "c"),
        (lambda: Xception(num_classes=wrong), "num_classes"),
    ]:
        with pytest.raises(ValueError, match=f"^{name} {message}"):
            build()


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 1, 64, 64), (1, 64, 64, 3)])
def test_refuses_what_is_no_image(shape, net):
    with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape"):
        net(torch.empty(shape, device="meta"))


def test_smallest_image(net):
    assert net(torch.empty(2, 3, 7, 8, device="meta")).shape == (2, 1000)
    for size in [(6, 7), (7, 6)]:
        x = torch.empty(2, 3, *size, device="meta")
        with pytest.raises(ValueError, match=f"images must be at least 7 × 7, got {size[0]} × {size[1]}"):
            net(x)
        with pytest.raises(RuntimeError):
            net.stem(x)    # and rightly so
