"""`transfer`: values follow the order of execution, and what does not fit is refused before anything changes."""

import copy

import pytest
import torch
from torch import nn

from lightnets_edu.models.shufflenet_v1 import ShuffleNetV1
from lightnets_edu.models.weights import in_order, transfer

X = torch.ones(1, 3, 8, 8)


class Named(nn.Module):
    """Layers made in one order and run in another, one of them twice."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)
        self.norm = nn.BatchNorm2d(4)
        self.again = nn.Conv2d(4, 4, 3, padding=1)
        self.stem = nn.Conv2d(3, 4, 1, bias=False)

    def forward(self, x):
        y = self.again(self.again(torch.relu(self.norm(self.stem(x)))))
        return self.head(y.mean(dim=(2, 3)))


def in_a_row() -> nn.Sequential:
    again = nn.Conv2d(4, 4, 3, padding=1)
    pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    stem = [nn.Conv2d(3, 4, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU()]
    return nn.Sequential(nn.Sequential(*stem), again, again, *pool, nn.Linear(4, 2))


def test_values_follow_the_order_of_execution():
    source, target = in_a_row(), Named()
    source[0][1].running_mean.uniform_(-1, 1)
    source[0][1].num_batches_tracked += 7
    transfer(source, target, X)
    assert torch.equal(target.stem.weight, source[0][0].weight)
    assert torch.equal(target.norm.running_mean, source[0][1].running_mean)
    assert target.norm.num_batches_tracked == 7
    assert torch.allclose(target.eval()(X), source.eval()(X), atol=1e-6)
    before = source[0][0].weight.clone()
    target.stem.weight.data.zero_()
    assert torch.equal(source[0][0].weight, before)    # copies, not shared


def test_nothing_runs_and_nothing_stays_behind():
    """Modes, hooks and running statistics of both; the example's values do not matter."""
    source, target = in_a_row().train(), Named().train()
    target.norm.eval()
    transfer(source, target, torch.full((1, 3, 8, 8), float("nan")))
    assert source[0][1].num_batches_tracked == 0 and not source[0][1].running_mean.any()
    assert [m.training for m in target.modules()] == [m is not target.norm for m in target.modules()]
    assert not any(m._forward_pre_hooks for net in (source, target) for m in net.modules())
    assert {p.device.type for p in target.parameters()} == {"cpu"}
    assert all(p.isfinite().all() for p in target.parameters())


def test_types_of_number_may_differ():
    source, target = in_a_row().double(), Named()
    transfer(source, target, X)
    assert target.stem.weight.dtype == torch.float32
    assert torch.equal(target.stem.weight, source[0][0].weight.float())


def test_a_pointwise_convolution_and_a_linear_layer_may_stand_for_each_other():
    linear, conv = nn.Linear(3, 5), nn.Conv2d(3, 5, 1)
    transfer(conv, nn.Sequential(nn.Flatten(), linear), torch.ones(1, 3, 1, 1))
    assert torch.equal(linear.weight, conv.weight[:, :, 0, 0])
    back = nn.Conv2d(3, 5, 1)
    transfer(nn.Sequential(nn.Flatten(), linear), back, torch.ones(1, 3, 1, 1))
    assert torch.equal(back.weight, conv.weight)


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.b, self.a = nn.Linear(3, 2), nn.Linear(2, 2)

    def forward(self, x, y):
        return self.a(x) + self.b(y)


def test_several_inputs():
    source, target = Two(), Two()
    transfer(source, target, (torch.ones(1, 2), torch.ones(1, 3)))
    assert all(torch.equal(a, b) for a, b in zip(source.parameters(), target.parameters(), strict=True))
    with pytest.raises(ValueError, match="source: Two cannot take an example of shape "):
        transfer(source, target, torch.ones(1, 2))


def test_in_order_is_the_order_of_first_runs():
    assert list(in_order(Named(), X)) == ["", "stem", "norm", "again", "head"]
    assert list(in_order(in_a_row(), X)) == ["", "0", "0.0", "0.1", "0.2", "1", "3", "4", "5"]


def row(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(*layers)


def tied(tie: bool) -> nn.Sequential:
    net = row(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    if tie:
        net[1].weight = net[0].weight
    return net


class Idle(nn.Module):
    def __init__(self):
        super().__init__()
        self.used, self.aside = nn.Linear(3, 3), nn.BatchNorm1d(3)

    def forward(self, x):
        return self.used(x)


ROW = torch.ones(1, 3)
REFUSED = [
    (row(nn.Linear(3, 4)), row(nn.Linear(3, 5)), ROW,
     r"^layer 1: source 0 \(Linear, weight \(4, 3\), bias \(4,\)\) against target 0 \(Linear, weight \(5, 3\), bias \(5,\)\)$"),
    (row(nn.ReLU(), nn.Linear(3, 3), nn.Linear(3, 4)), row(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 4, bias=False)), ROW,
     r"^layer 2: source 2 \(Linear, weight \(4, 3\), bias \(4,\)\) against target 2 \(Linear, weight \(4, 3\)\)$"),
    (nn.Linear(3, 3), nn.BatchNorm1d(3), ROW, r"^layer 1: source itself \(Linear, .*\) against target itself \(BatchNorm1d, weight \(3,\), "),
    (nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 1), X, r"^layer 1: .*\(4, 3, 3, 3\).* against .*\(4, 3, 1, 1\)"),
    (nn.Conv2d(3, 4, (1, 3), bias=False), nn.Conv2d(3, 4, (3, 1), bias=False), X, r"^layer 1: .*\(4, 3, 1, 3\).* against .*\(4, 3, 3, 1\)"),
    (row(nn.Linear(3, 3), nn.Linear(3, 1)), row(nn.Linear(3, 3)), ROW,
     r"^source has 2 layers with tensors and target has 1 layer with tensors: source 1 \(Linear, weight \(1, 3\), bias \(1,\)\) has no"),
    (row(nn.Linear(3, 3)), row(nn.Linear(3, 3), nn.PReLU()), ROW,
     r"^source has 1 layer with tensors and target has 2 layers with tensors: target 1 \(PReLU, weight \(1,\)\) has no counterpart$"),
    (Idle(), Idle(), ROW, r"^source: aside \(BatchNorm1d, .*\) did not run on the example$"),
    (nn.Linear(3, 3), Idle(), ROW, r"^target: aside \(BatchNorm1d, .*\) did not run on the example$"),
    (tied(True), tied(False), ROW, r"^layer 2: source 1 \(.*\) against target 1 \(.*\): the two networks do not share weight between"),
    (tied(False), tied(True), ROW, r"^layer 2: source 1 \(.*\) against target 1 \(.*\): the two networks do not share weight between"),
    (nn.Linear(3, 3), nn.Linear(3, 3), torch.ones(1, 4), r"^source: Linear cannot take an example of shape \(1, 4\): "),
    (nn.ReLU(), nn.Linear(3, 3), torch.ones(1, 4), r"^target: Linear cannot take an example of shape \(1, 4\): "),
    (nn.Linear(3, 3), nn.Linear(3, 3), [ROW], r"^source: example must be a tensor or a tuple of tensors, got list$"),
    (nn.Linear(3, 3), nn.Linear(3, 3), (ROW, 3), r"^source: example must be a tensor or a tuple of tensors, got \(Tensor, int\)$"),
    (nn.Linear(3, 3), nn.Linear(3, 3), (), r"^source: example must be a tensor or a tuple of tensors, got \(\)$"),
    (nn.Linear, nn.Linear(3, 3), ROW, r"^source: expected a network \(an nn.Module instance\), got type$"),
    (nn.Linear(3, 3), "resnet50", ROW, r"^target: expected a network \(an nn.Module instance\), got str$"),
    (nn.LazyLinear(3), nn.Linear(3, 3), ROW, r"^source: LazyLinear has lazy layers whose size is not known yet"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target", "example", "message"), REFUSED)
def test_what_is_refused(source, target, example, message):
    before = copy.deepcopy(target.state_dict()) if isinstance(target, nn.Module) else {}
    with pytest.raises(ValueError, match=message):
        transfer(source, target, example)
    assert all(torch.equal(value, before[key]) for key, value in (target.state_dict() if before else {}).items())


def test_tied_weights_stay_tied():
    source, target = tied(True), tied(True)
    transfer(source, target, ROW)
    assert torch.equal(source[0].weight, target[0].weight) and target[0].weight is target[1].weight


def test_a_real_network():
    source, target = ShuffleNetV1(3, 0.25, num_classes=4), ShuffleNetV1(3, 0.25, num_classes=4)
    transfer(source, target, torch.ones(1, 3, 32, 32))
    values = target.state_dict()
    assert all(torch.equal(value, values[key]) for key, value in source.state_dict().items())
    with pytest.raises(ValueError, match=r"^source: ShuffleNetV1 cannot take .* \(3, 32, 32\): expected images \(N, 3, H, W\)"):
        transfer(source, target, torch.ones(3, 32, 32))
    with pytest.raises(ValueError, match=r"^layer 3: source stages.0.reduce.0 \(Conv2d, weight \(15, 12, 1, 1\)\) against target "):
        transfer(ShuffleNetV1(3, 0.25), ShuffleNetV1(1, 0.25), torch.ones(1, 3, 32, 32))


# Branches, and outputs that differ ---------------------------------------------------------------------------------------


class Branches(nn.Module):
    """Residual blocks whose shortcut runs first or last, whose activation, settings and pool may be others."""

    def __init__(self, last: bool = False, act=torch.relu, eps: float = 1e-5, stride: int = 2, join=torch.add, pad: int = 1):
        super().__init__()
        self.last, self.act, self.join = last, act, join
        c = [3, 4, 4, 4]
        self.main = nn.ModuleList(nn.Sequential(nn.Conv2d(c[i], 4, 1, bias=False), nn.BatchNorm2d(4, eps=eps)) for i in range(3))
        self.short = nn.ModuleList(nn.Sequential(nn.Conv2d(c[i], 4, 1, bias=False), nn.BatchNorm2d(4)) for i in range(3))
        self.pool = nn.MaxPool2d(3, stride, pad, ceil_mode=not pad)
        self.out = nn.Conv2d(4, 4, 3, stride, bias=False)
        self.head = nn.Linear(4, 5)

    def forward(self, x):
        for main, short in zip(self.main, self.short, strict=True):
            side = None if self.last else short(x)
            y = main(x)
            x = self.act(self.join(short(x) if side is None else side, y))
        return self.head(self.out(self.pool(x)).mean((2, 3)))


class Bottle(nn.Module):
    """A chain of two beside a chain of one, as in ResNet; `last` as above."""

    def __init__(self, last: bool):
        super().__init__()
        self.last = last
        self.a, self.b, self.c = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(3, 4, 1)

    def forward(self, x):
        side = None if self.last else self.c(x)
        y = self.b(torch.relu(self.a(x)))
        return (self.c(x) if side is None else side) + y


def test_the_order_of_branches_is_no_reason_to_refuse():
    source, target = Bottle(True), Bottle(False)
    transfer(source, target, X)
    assert torch.equal(source.a.weight, target.a.weight) and torch.equal(source.c.weight, target.c.weight)
    torch.testing.assert_close(target(X), source(X))


def test_equal_branches_in_another_order():
    """Shapes alone would pair a branch with the other; only the outputs of a sum do not care."""
    source, target = Branches(last=True), Branches()
    transfer(source, target, torch.ones(1, 3, 12, 12))
    x = torch.randn(2, 3, 12, 12)
    torch.testing.assert_close(target.eval()(x), source.eval()(x))


def test_a_network_of_residual_blocks_in_another_order(monkeypatch):
    def forward(block, x):
        y = block.expand(torch.relu(block.conv(torch.relu(block.reduce(x)))))
        return torch.relu(y + block.shortcut(x))

    from lightnets_edu.models.resnet import ResNet50

    class Other(ResNet50):
        pass

    source, target = Other(num_classes=3), ResNet50(num_classes=3)
    for block in source.stages:
        block.forward = forward.__get__(block)
    transfer(source, target, torch.ones(1, 3, 32, 32), check=False)
    values = target.state_dict()
    assert all(torch.equal(value, values[key]) for key, value in source.state_dict().items())


DIFFERENT = [
    ({"act": nn.functional.relu6}, r"something other reaches layer \d+: source "),
    ({"eps": 1e-3}, r"layer 4 has eps 1e-05 in source main.0.1, 0.001 in target main.0.1; layer 8 .* and 1 more$|has eps"),
    ({"stride": 1}, r"layer 13 has stride \(2, 2\) in source out, \(1, 1\) in target out$"),
    ({"pad": 0}, r"something other reaches layer 13: source out \(Conv2d, .*\) against target out .*; all layers before it"),
    ({"join": torch.sub}, r"something other reaches layer 5: source "),
]


@pytest.mark.parametrize(("other", "message"), DIFFERENT)
def test_copying_to_other_outputs_is_refused(other, message):
    source, target = Branches(), Branches(**other)
    before = copy.deepcopy(target.state_dict())
    with pytest.raises(ValueError, match=f"^the layers fit, but outputs differ by .* of the largest: .*{message}"):
        transfer(source, target, torch.zeros(1, 3, 14, 14))
    assert all(torch.equal(value, before[key]) for key, value in target.state_dict().items())
    transfer(source, target, torch.zeros(1, 3, 14, 14), check=False)


def test_what_follows_the_last_layer_and_other_numbers_of_outputs():
    with pytest.raises(ValueError, match=r"all layers get the same; what follows the last one differs$"):
        transfer(row(nn.Linear(3, 3)), row(nn.Linear(3, 3), nn.ReLU()), ROW)
    with pytest.raises(ValueError, match=r"^outputs differ: source gives \(1, 3\), target \(1, 1\)$"):
        transfer(row(nn.Linear(3, 3)), row(nn.Linear(3, 3), nn.AdaptiveAvgPool1d(1)), ROW)


def test_a_convolution_of_the_whole_input_is_a_linear_layer():
    conv, linear = nn.Conv2d(3, 5, 8), nn.Sequential(nn.Flatten(), nn.Linear(192, 5))
    transfer(conv, linear, X)
    torch.testing.assert_close(linear(X), conv(X).flatten(1))
    with pytest.raises(ValueError, match=r"cannot take an example|outputs differ"):
        transfer(nn.Conv2d(3, 5, 8), nn.Sequential(nn.Flatten(), nn.Linear(192, 5)), torch.ones(1, 3, 9, 9))


def test_a_check_leaves_nothing_behind():
    source, target = Branches().train(), Branches(last=True).train()
    before = copy.deepcopy(source.state_dict())
    transfer(source, target, torch.ones(1, 3, 12, 12))
    assert all(torch.equal(value, before[key]) for key, value in source.state_dict().items())
    assert all(m.training and not m._forward_pre_hooks for net in (source, target) for m in net.modules())
