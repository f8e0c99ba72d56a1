"""Folded and sliced networks give what the network gives, in float64; and what cannot be folded stays."""

import copy
import math
import weakref

import pytest
import torch
from parity import randomise
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from lightnets_edu.cost import inverted_residual_peak, layer_costs, total
from lightnets_edu.inference import fold_batch_norm, slicewise
from lightnets_edu.models.mobilenet_v2 import InvertedResidual, MobileNetV2
from lightnets_edu.models.mobilenet_v3 import MobileNetV3
from lightnets_edu.models.shufflenet_v1 import ShuffleNetV1

ROWS = {
    "convolution": (lambda: [nn.Conv2d(3, 6, 3, 2, padding=1, groups=3), nn.BatchNorm2d(6), nn.ReLU()], (2, 3, 7, 7)),
    "without bias": (lambda: [nn.Conv2d(3, 6, 1, bias=False), nn.BatchNorm2d(6, eps=0.1)], (2, 3, 5, 5)),
    "without weight": (lambda: [nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6, affine=False)], (2, 3, 5, 5)),
    "other padding": (lambda: [nn.Conv2d(3, 6, 3, padding=1, padding_mode="reflect"), nn.BatchNorm2d(6)], (2, 3, 5, 5)),
    "line": (lambda: [nn.Conv1d(3, 6, 3), nn.BatchNorm1d(6)], (2, 3, 9)),
    "volume": (lambda: [nn.Conv3d(3, 6, 3), nn.BatchNorm3d(6)], (2, 3, 5, 5, 5)),
    "linear": (lambda: [nn.Linear(5, 6), nn.BatchNorm1d(6)], (4, 5)),
}


def norms(net: nn.Module) -> int:
    return sum(isinstance(m, nn.modules.batchnorm._NormBase) for m in net.modules())


def random_input(shape) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


@torch.no_grad()
def assert_same(a: nn.Module, b: nn.Module, shape: tuple[int, ...]) -> None:
    x = random_input(shape)
    expected = b(x)
    assert expected.std() > 0.01
    assert (a(x) - expected).abs().max() <= 1e-12 * expected.abs().max()


@pytest.mark.parametrize("name", ROWS)
def test_one_pair(name):
    parts, shape = ROWS[name]
    net = randomise(nn.Sequential(*parts()))
    folded = fold_batch_norm(net)
    assert norms(net) == 1 and norms(folded) == 0
    assert [type(part) for part in folded[:2]] == [type(net[0]), nn.Identity]
    assert_same(folded, net, shape)


def test_in_numbers():
    """γ = 3, β = 1, μ = 5, σ² + ε = 4: the weight 2 becomes 2 · 3/2, the bias 7 becomes (7 - 5) · 3/2 + 1."""
    net = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1, eps=1.0)).double().eval()
    for tensor, value in zip([*net.parameters(), *net.buffers()], [2, 7, 3, 1, 5, 3, 0], strict=True):
        tensor.data.fill_(value)
    folded = fold_batch_norm(net)
    assert (folded[0].weight.item(), folded[0].bias.item()) == (3.0, 4.0)
    assert folded(torch.ones(1, 1).double()).item() == 7.0


NETWORKS = {
    "ShuffleNet V1": (lambda: ShuffleNetV1(3, 0.25, num_classes=5), (1, 3, 48, 48)),
    "MobileNet V2": (lambda: MobileNetV2(0.35, num_classes=5), (1, 3, 48, 48)),
    "MobileNet V3": (lambda: MobileNetV3("small", 0.75, num_classes=5), (1, 3, 48, 48)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_whole_networks(name):
    """No batch norm is left, multiply-adds stay, and half of each norm's parameters go."""
    build, shape = NETWORKS[name]
    net = randomise(build())
    before, number = copy.deepcopy(net.state_dict()), norms(net)
    folded = fold_batch_norm(net)
    assert number > 20 and norms(folded) == 0
    assert_same(folded, net, shape)
    rows = layer_costs(net, shape)
    saved = sum(row.params for row in rows if row.kind == "norm") // 2
    assert total(layer_costs(folded, shape))[:2] == (total(rows).params - saved, total(rows).macs)
    assert norms(net) == number and all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_a_copy_in_evaluation_mode():
    net = randomise(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout())).train()
    folded = fold_batch_norm(net)
    assert net.training and net[1].training and not any(m.training for m in folded.modules())
    assert_same(folded, net.eval(), (2, 3, 6, 6))
    folded[0].weight.data.zero_()
    assert net[0].weight.abs().sum() > 0


class Half(nn.BatchNorm2d):
    def forward(self, x):
        return super().forward(x) / 2


class SumOfParts(nn.Sequential):
    """A Sequential in name only."""

    def forward(self, x):
        return sum(part(x) for part in self)


def hooked() -> nn.Module:
    net = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))
    net[0].register_forward_hook(lambda m, i, y: torch.relu(y))
    return net


def shared_norm() -> nn.Module:
    norm = nn.BatchNorm2d(4)
    return nn.Sequential(nn.Conv2d(4, 4, 1), norm, nn.Conv2d(4, 4, 1), nn.ReLU(), norm)


def shared_conv() -> nn.Module:
    conv = nn.Conv2d(4, 4, 1)
    return nn.Sequential(conv, nn.BatchNorm2d(4), nn.ReLU(), conv)


def tied() -> nn.Module:
    """Two convolutions with one weight: folded, they have two."""
    net = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1), nn.ReLU())
    net[2].weight = net[0].weight
    return net


def twice() -> nn.Module:
    pair = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))
    return nn.Sequential(pair, nn.ReLU(), pair)


KEPT = {  # network: batch norms that stay
    "norm first": (lambda: nn.Sequential(nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1)), 1),
    "activation between": (lambda: nn.Sequential(nn.Conv2d(4, 4, 1), nn.LeakyReLU(), nn.BatchNorm2d(4)), 1),
    "no statistics": (lambda: nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4, track_running_stats=False)), 1),
    "other norm": (lambda: nn.Sequential(nn.Conv2d(4, 4, 1), nn.InstanceNorm2d(4, track_running_stats=True)), 1),
    "class of its own": (lambda: nn.Sequential(nn.Conv2d(4, 4, 1), Half(4)), 1),
    "no sequence": (lambda: SumOfParts(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4)), 1),
    "hook": (hooked, 1),
    "norm used twice": (shared_norm, 1),
    "convolution used twice": (shared_conv, 1),
    "transposed": (lambda: nn.Sequential(nn.ConvTranspose2d(4, 4, 2), nn.BatchNorm2d(4)), 1),
    "second norm": (lambda: nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), nn.BatchNorm2d(4)), 1),
    "tied weights": (tied, 0),
    "pair used twice": (twice, 0),
    "linear layers of a map": (lambda: nn.Sequential(nn.Linear(6, 5), nn.Flatten(1, 2), nn.BatchNorm1d(24)), 1),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_cannot_be_folded_stays(name):
    """And the network still gives the same."""
    build, kept = KEPT[name]
    net = randomise(build())
    folded = fold_batch_norm(net)
    assert norms(folded) == kept
    assert_same(folded, net, (2, 4, 6, 6))


def test_a_layer_that_is_frozen_stays_frozen():
    net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)).half().requires_grad_(False)
    folded = fold_batch_norm(net)
    assert {(p.dtype, p.requires_grad) for p in folded.parameters()} == {(torch.float16, False)}


@pytest.mark.parametrize("value", [nn.Conv2d, None, "mobilenet_v2"])
def test_fold_refuses_what_is_no_network(value):
    with pytest.raises(ValueError, match=f"expected a network .*, got {type(value).__name__}"):
        fold_batch_norm(value)


# Slice by slice ------------------------------------------------------------------------------------------------------

BLOCKS = [(16, 24, 2, 6), (24, 24, 1, 6), (8, 8, 1, 1), (8, 12, 2, 1)]    # c_in, c_out, stride, expansion


@torch.no_grad()
@pytest.mark.parametrize("sizes", BLOCKS, ids=str)
def test_slicewise_gives_the_same(sizes):
    block = randomise(InvertedResidual(*sizes))
    x = 3 * random_input((7, sizes[0], 9, 8))
    expected = block(x)
    kept = x.clone()
    for slices in (1, 2, 4, sizes[0] * sizes[3]):
        y = slicewise(block, x, slices)
        assert y.shape == expected.shape
        assert (y - expected).abs().max() <= 1e-12 * expected.abs().max()
    assert torch.equal(x, kept)
    assert_same(fold_batch_norm(block), block, x.shape)


@torch.no_grad()
@pytest.mark.parametrize("spoilt", ["expand.1.eps", "depthwise.1.running_mean", "project.1.bias", "project.0.weight"])
def test_slicewise_reads_every_tensor(spoilt):
    block, x = randomise(InvertedResidual(8, 8, 1, 6)), random_input((2, 8, 5, 5))
    expected = block(x)
    place, name = spoilt.rsplit(".", 1)
    layer = block.get_submodule(place)
    if name == "eps":
        layer.eps += 0.1
    else:
        getattr(layer, name).add_(0.1)
    assert (slicewise(block, x, 3) - expected).abs().max() > 1e-3
    assert torch.allclose(slicewise(block, x, 3), block(x))


class Alive(TorchDispatchMode):
    """The largest number of elements alive at once in maps of a batch of 7, views aside."""

    def __init__(self):
        super().__init__()
        self.now = self.most = 0
        self.seen = set()

    def _freed(self, key, size):
        self.now -= size
        self.seen.discard(key)

    def watch(self, t):
        key = t.untyped_storage()._cdata
        if t.ndim == 4 and t.shape[0] == 7 and key not in self.seen:
            self.seen.add(key)
            self.now += t.numel()
            self.most = max(self.most, self.now)
            weakref.finalize(t, self._freed, key, t.numel())

    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        y = op(*args, **(kwargs or {}))
        if isinstance(y, torch.Tensor):
            self.watch(y)
        return y


@torch.no_grad()
@pytest.mark.parametrize("slices", [1, 2, 3, 8, 96])
@pytest.mark.parametrize(("c_out", "stride"), [(24, 2), (16, 1), (64, 1)])
def test_peak_as_measured(slices, c_out, stride):
    block, x = randomise(InvertedResidual(16, c_out, stride, 6)), random_input((7, 16, 12, 8))
    with Alive() as alive:
        alive.watch(x)
        slicewise(block, x, slices)
    out = (math.ceil(12 / stride), 8 // stride)
    assert alive.most == 7 * inverted_residual_peak(16, 96, c_out, (12, 8), out, slices)


def test_peak_falls_with_slices():
    """MobileNet V2's second stage, 16 to 24 channels at 112: more than four times less with 12 slices."""
    peaks = [inverted_residual_peak(16, 96, 24, 112, 56, slices) for slices in (1, 2, 3, 4, 6, 12, 96)]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] == 16 * 112**2 + 96 * (112**2 + 56**2) == 1_705_984
    assert peaks[5] == 16 * 112**2 + 24 * 56**2 + 8 * (112**2 + 56**2) == 401_408


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda b, x: slicewise(b, x, 5), "slices of the expanded map: 48 channels cannot be split into 5 equal groups"),
        (lambda b, x: slicewise(b, x, 0), "slices of the expanded map: .* got 48 channels and 0 groups"),
        (lambda b, x: slicewise(b, x, 2.0), "slices of the expanded map: .* got 48 channels and 2.0 groups"),
        (lambda b, x: slicewise(b.train(), x, 2), "the block must be in evaluation mode"),
        (lambda b, x: slicewise(nn.Conv2d(8, 8, 1), x, 2), "expected an InvertedResidual of MobileNet V2, got Conv2d"),
        (lambda b, x: slicewise(b, x[:, :4], 2), r"expected images \(N, 8, H, W\), got shape \(1, 4, 5, 5\)"),
        (lambda b, x: slicewise(b, x[0], 2), r"expected images \(N, 8, H, W\), got shape \(8, 5, 5\)"),
        (lambda b, x: inverted_residual_peak(8, 48, 8, 5, 5, 5), "slices of the expanded map: 48 channels cannot be"),
        (lambda b, x: inverted_residual_peak(0, 48, 8, 5, 5), "c_in must be a positive whole number, got 0"),
        (lambda b, x: inverted_residual_peak(8, 48, 8, 5, 0), "out_size must be a positive whole number or a pair"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(InvertedResidual(8, 8, 1, 6).eval(), torch.zeros(1, 8, 5, 5))
