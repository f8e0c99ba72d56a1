"""The parity kit on toy networks: what is the same passes, and every spoilt copy is caught."""

import copy

import pytest
import torch
from parity import Pair, Peer, ShapesOnly, as_it_is, assert_same, difference, hidden, randomise, sabotages
from torch import nn
from torch.nn import functional

from lightnets_edu.models.weights import in_order, transfer

SHAPE = (1, 3, 16, 16)


class Toy(nn.Module):
    """One of everything that the kit can spoil, as modules and as functions."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU6())
        self.depthwise = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False), nn.BatchNorm2d(8))
        self.pool, self.mean = nn.MaxPool2d(3, 2, padding=1), nn.AvgPool2d(3, 1, padding=1)
        self.gate, self.slope = nn.Linear(8, 8), nn.PReLU(8)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(24, 5)

    def forward(self, x):
        y = self.pool(self.stem(x))
        y = y + functional.hardswish(self.depthwise(y))
        y = self.slope(self.mean(y)) + functional.leaky_relu(y, 0.3)
        y = y * functional.hardsigmoid(self.gate(y.mean(dim=(2, 3))))[:, :, None, None]
        y = torch.cat([y, y.clamp(0, 6), torch.sigmoid(y)], dim=1)
        return self.head(self.dropout(y.mean(dim=(2, 3))))


class Renamed(Toy):
    """The same network under other names, made in another order."""

    def __init__(self):
        super().__init__()
        parts = {name: self._modules.pop(name) for name in list(self._modules)}
        self.parts = nn.ModuleDict(dict(reversed(parts.items())))

    def __getattr__(self, name):
        parts = self._modules.get("parts", {})
        return parts[name] if name in parts else super().__getattr__(name)


def plain() -> nn.Module:
    """No batch norm, no addition, no concatenation."""
    return nn.Sequential(
        nn.Conv2d(3, 6, 5, 2), nn.ReLU(), nn.Conv2d(6, 6, 3, padding=1), nn.ELU(), nn.Conv2d(6, 6, 3), nn.Sigmoid(),
        nn.AvgPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(24, 8), nn.SiLU(), nn.Linear(8, 4),
    )  # fmt: skip


NETS = {"toy": Toy, "plain": plain}


@pytest.mark.parametrize("net", NETS)
def test_the_same_network_passes(net):
    assert_same(NETS[net](), randomise(NETS[net]()), SHAPE)
    if net == "toy":
        assert_same(Renamed(), randomise(Toy()), SHAPE)


@pytest.mark.parametrize(("net", "name"), [(n, name) for n in NETS for name, _ in sabotages(NETS[n](), SHAPE)])
def test_every_spoilt_copy_is_caught(net, name):
    """And spoils one thing only: the unspoilt copy beside it still passes."""
    peer, spoil = randomise(NETS[net]()), dict(sabotages(NETS[net](), SHAPE))[name]
    with pytest.raises(AssertionError) as caught:
        assert_same(spoil(NETS[net]()), peer, SHAPE)
    assert any(word in str(caught.value) for word in ("outputs differ", "step ", "cannot take an example")), caught.value
    assert_same(NETS[net](), peer, SHAPE)


def test_what_is_spoilt():
    names = [name for name, _ in sabotages(Toy(), SHAPE)]
    assert names == [
        "without activation 1 of 7, hardtanh",
        "without activation 4 of 7, leaky_relu",
        "without activation 7 of 7, sigmoid",
        "relu for clamp",
        "sigmoid for hardsigmoid",
        "silu for hardswish",
        "relu for hardtanh",
        "relu for leaky_relu",
        "hardsigmoid for sigmoid",
        "addition 1 of 2 without its first part",
        "the last of 2 additions without its last part",
        "concatenation 1 of 1 in reverse order",
        "stride of stem.0",
        "padding with the border's values of depthwise.0",
        "other pooling of mean",
        "zeros counted in the mean of mean",
        "twice the eps of depthwise.1",
        "half the momentum of depthwise.1",
        "twice the rate of dropout",
    ]
    assert len(sabotages(plain(), SHAPE)) == 3 + 3 + 3 + 1
    assert sabotages(nn.Linear(3, 4), (1, 3)) == []


def test_sabotages_leave_the_network_alone():
    net = Toy().train()
    before = copy.deepcopy(net.state_dict())
    sabotages(net, SHAPE)
    assert net.training and not any(m._forward_pre_hooks for m in net.modules())
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


# What no spoiler of a module or a function does ------------------------------------------------------------------------


def spoilt(**parts: nn.Module) -> nn.Module:
    net = Toy()
    for name, part in parts.items():
        net.set_submodule(name.replace("__", "."), part)
    return net


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"head": nn.Linear(24, 4)}, r"layer 7: .*weight \(5, 24\).* against target head \(Linear, weight \(4, 24\)"),
        ({"head": nn.Linear(24, 5, bias=False)}, "layer 7: "),
        ({"stem__1": nn.Identity()}, r"layer 2: source stem.1 \(BatchNorm2d, .* against target depthwise.0 \(Conv2d"),
        ({"depthwise__0": nn.Conv2d(8, 8, 3, padding=1, groups=4, bias=False)}, r"layer 3: .*\(8, 1, 3, 3\).*\(8, 2, 3, 3\)"),
        ({"depthwise__0": nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=8, bias=False)}, "outputs differ"),
        ({"dropout": nn.Dropout(0.0)}, "ours has .'layer',., the peer .'dropout', 0.2"),
        ({"mean": nn.Sequential(nn.AvgPool2d(3, 1, padding=1), nn.Dropout(0.1))}, "ours has .'dropout', 0.1.*'layer'"),
        ({"dropout": nn.Sequential(nn.Dropout(0.2), nn.Dropout(0.2))}, "ours has .'dropout', 0.2., the peer .'layer'"),
        ({"stem__1": nn.BatchNorm2d(8, eps=1e-3)}, "step 2 of 8: ours has .'batch norm', 0.001, 0.1"),
        ({"stem__1": nn.BatchNorm2d(8, momentum=0.01)}, "step 2 of 8: ours has .'batch norm', 1e-05, 0.01"),
        ({"pool": nn.MaxPool2d(3, 2, padding=0)}, "outputs differ|shape"),
    ],
)
def test_other_mistakes_are_caught(parts, message):
    with pytest.raises(AssertionError, match=message):
        assert_same(spoilt(**parts), randomise(Toy()), SHAPE)


def test_a_peer_that_is_not_random_is_refused():
    """Batch norms at 1 and 0 would hide theirs; a peer that cannot take the images is a mistake, not a difference."""
    with pytest.raises(AssertionError, match=r"stem.1.weight of the peer is constant: randomise the peer"):
        assert_same(Toy(), Toy().double(), SHAPE)
    with pytest.raises(RuntimeError):
        assert_same(Toy(), randomise(Toy()), (1, 4, 16, 16))


def test_a_dead_peer_is_refused():
    def dead():
        return nn.Sequential(Toy(), nn.Threshold(1e9, 0.0))

    with pytest.raises(AssertionError, match="the peer's output is not alive"):
        assert_same(dead(), randomise(dead()), SHAPE)


# Peers, pairs, and passes without numbers --------------------------------------------------------------------------------


def test_a_peer_is_asked_once_for_each_shape():
    peer, asked = Peer(Toy()), []
    peer.net.register_forward_hook(lambda net, inputs, y: asked.append(inputs[0].device.type))
    for shape in (SHAPE, SHAPE, (2, 3, 24, 16), SHAPE):
        assert peer.answers(shape).outputs[0].shape == (shape[0], 5)
    assert asked.count("cpu") == 2


def test_a_pair_tells_what_is_missed_and_how_the_rest_is_noticed():
    both = Pair(Toy, Peer(Toy()), SHAPE)
    ways = both.sabotages()
    assert [name for name, _ in ways] == [name for name, _ in sabotages(Toy(), SHAPE)]
    assert both.missed([*ways, ("nothing", as_it_is)]) == ["nothing"]
    assert both.caught(as_it_is) == ""
    assert "outputs differ" in both.caught(lambda net: spoilt(mean=nn.MaxPool2d(3, 1, padding=1)))
    with pytest.raises(AssertionError, match="outputs differ"):    # all would be caught in a network that differs anyway
        both._replace(build=lambda: spoilt(mean=nn.MaxPool2d(3, 1, padding=1))).missed([("nothing", as_it_is)])


def test_a_peer_that_cannot_answer_catches_nothing():
    def dead():
        return nn.Sequential(Toy(), nn.Threshold(1e9, 0.0))

    with pytest.raises(AssertionError, match="the peer's output is not alive"):
        difference(dead(), Peer(dead()), SHAPE)


def test_shapes_only_changes_no_shape_and_no_number():
    for net in (randomise(Toy()), randomise(plain())):
        x = torch.randn(SHAPE, dtype=torch.float64)
        expected, order = net(x), list(in_order(net, x))
        twin = copy.deepcopy(net).to("meta")
        with ShapesOnly():
            assert torch.equal(net(x), expected) and list(in_order(net, x)) == order
            assert twin(x.to("meta")).shape == twin.forward(x.to("meta")).shape == expected.shape


def test_a_norm_of_other_channels_is_noticed():
    def wide(net: nn.Module) -> None:
        net.stem[1].num_features = 9
        for name, value in [*net.stem[1].named_parameters(), *net.stem[1].named_buffers()]:
            if value.ndim:
                other = torch.ones(9, dtype=value.dtype)
                setattr(net.stem[1], name, nn.Parameter(other) if isinstance(value, nn.Parameter) else other)

    assert "layer 2: source stem.1" in Pair(Toy, Peer(Toy()), SHAPE).caught(wide)


def test_randomise():
    net = randomise(Toy().train())
    assert not net.training and {p.dtype for p in net.parameters()} == {torch.float64}
    again, other = randomise(Toy()).state_dict(), randomise(Toy(), seed=1).state_dict()
    for key, value in net.state_dict().items():
        assert torch.equal(value, again[key]) and not torch.equal(value, other[key])
        low, high = (0.5, 1.5) if key.endswith(("1.weight", "running_var")) else (-0.5, 0.5)
        if value.ndim == 1:
            assert low <= value.min() < value.max() <= high, key
    assert net.stem[1].num_batches_tracked > 0


@torch.no_grad()
def test_randomise_keeps_deep_networks_alive():
    """Fifty layers in a row: the signal neither dies nor overflows, and ReLU6 cuts some of it off to the end."""
    units = [nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU6()) for _ in range(50)]
    y = 2 * torch.randn(1, 8, 9, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    cut = []
    for unit in randomise(nn.Sequential(*units)):
        y = unit(y)
        cut.append((y == 6).any().item())
        assert 0.1 < y.std() < 6
    assert sum(cut) > 10 and any(cut[25:])


def test_hidden_counts_what_runs():
    net = randomise(Toy())
    x = torch.zeros(SHAPE, dtype=torch.float64)
    assert [step[0] for step in hidden(net, x)].count("layer") == 5
    assert ("dropout", 0.2) in hidden(net, x)
    transfer(net, Toy(), x)
