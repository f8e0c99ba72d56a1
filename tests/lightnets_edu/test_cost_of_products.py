"""What multiplies outside layers is refused, by name and place; what is in layers has rows; nothing is left behind."""

import copy
import threading
import warnings
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations, spectral_norm
from torch.utils.flop_counter import FlopCounterMode, register_flop_formula

from lightnets_edu.cost import layer_costs, total

ROW, IMAGE = (1, 4), (1, 3, 16, 16)


class Made(nn.Module):
    """A forward in a line."""

    def __init__(self, run: Callable, **parts: object):
        super().__init__()
        self.run = run
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *inputs):
        return self.run(self, *inputs)


def p(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(*shape))


@torch.library.custom_op("book::known", mutates_args=())
def known(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return x @ w


@torch.library.custom_op("book::stranger", mutates_args=())
def stranger(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    return x @ w


for operator in (known, stranger):
    operator.register_fake(lambda x, w: x.new_empty(x.shape[0], w.shape[1]))
register_flop_formula(torch.ops.book.known)(lambda x, w, *_, **__: 2 * x[0] * x[1] * w[1])

PRODUCTS = {    # what multiplies, how often, and the operator's name
    "matrix, matrix": (Made(lambda m, x: x @ m.w, w=p(4, 6)), 24, "aten.mm"),
    "matrix, vector": (Made(lambda m, x: x @ m.w, w=p(4)), 4, "aten.mv"),
    "mv": (Made(lambda m, x: torch.mv(m.w, x[0]), w=p(6, 4)), 24, "aten.mv"),
    "addmv": (Made(lambda m, x: torch.addmv(m.b, m.w, x[0]), w=p(6, 4), b=p(6)), 24, "aten.addmv"),
    "dot": (Made(lambda m, x: torch.dot(m.w, x[0]), w=p(4)), 4, "aten.dot"),
    "vdot": (Made(lambda m, x: torch.vdot(m.w, x[0]), w=p(4)), 4, "aten.vdot"),
    "addr": (Made(lambda m, x: torch.addr(m.b, m.w, x[0]), w=p(6), b=p(6, 4)), 24, "aten.addr"),
    "addbmm": (Made(lambda m, x: torch.addbmm(m.b, x[None], m.w), w=p(1, 4, 6), b=p(1, 6)), 24, "aten.addbmm"),
    "conv_tbc": (Made(lambda m, x: torch.conv_tbc(x.T[:, None], m.w, m.b, 1), w=p(3, 1, 2), b=p(2)), 24, "aten.conv_tbc"),
    "bilinear": (Made(lambda m, x: functional.bilinear(x, x, m.w), w=p(3, 4, 4)), 60, "aten._trilinear"),
    "its own formula": (Made(lambda m, x: known(x, m.w), w=p(4, 6)), 24, "book.known"),
    "conv2d": (Made(lambda m, x: functional.conv2d(x[:, :, None, None], m.w), w=p(6, 4, 1, 1)), 24, "aten.convolution"),
    "a kernel made here": (Made(lambda m, x: functional.linear(x, torch.ones(6, 4))), 24, "aten.mm"),
    "of weights alone": (Made(lambda m, x: x + m.a @ m.b, a=p(1, 6), b=p(6, 4)), 24, "aten.mm"),
    "a layer nobody knows": (Made(lambda m, x: m.hidden[0](x), hidden=[nn.Linear(4, 6)]), 24, "aten.addmm"),
    "spelled out": (Made(lambda m, x: (x[:, None] * m.w).sum(2), w=p(6, 4)), 24, "aten.sum over products"),
    "summed in a view": (Made(lambda m, x: (x[:, None] * m.w).flatten(1).sum(), w=p(6, 4)), 24, "aten.sum over products"),
    "a bias first": (Made(lambda m, x: (x * m.w + 1).contiguous().sum(1), w=p(1, 4)), 4, "aten.sum over products"),
    "a loop": (Made(lambda m, x: x[:, :1] * m.w[0] + x[:, 1:2] * m.w[1], w=p(4, 6)), 6, "aten.add over products"),
    "a stack": (Made(lambda m, x: torch.stack([x[0, i] * m.w[i] for i in range(4)]).sum(0), w=p(4, 6)), 24, "aten.sum over"),
    "addcmul": (Made(lambda m, x: torch.addcmul(x[0, 0] * m.w[0], x[0, 1], m.w[1]), w=p(4, 6)), 6, "aten.addcmul over"),
    "cosine": (Made(lambda m, x: functional.cosine_similarity(x, m.w), w=p(1, 4)), 4, "aten.sum over products"),
    "vecdot": (Made(lambda m, x: torch.linalg.vecdot(x, m.w), w=p(1, 4)), 4, "aten.sum over products"),
}
UNKNOWN = {
    "cdist": (Made(lambda m, x: torch.cdist(x, m.w), w=p(3, 4)), "aten._cdist_forward"),
    "fft": (Made(lambda m, x: torch.fft.rfft(x)), "aten._fft_r2c"),
    "qr": (Made(lambda m, x: torch.linalg.qr(x)[0]), "aten.linalg_qr"),
    "solve": (Made(lambda m, x: torch.linalg.solve(m.w, x[0]), w=p(4, 4)), "aten._linalg_solve_ex"),
    "stranger": (Made(lambda m, x: stranger(x, m.w), w=p(4, 6)), "book.stranger"),
}


@pytest.mark.parametrize("what", PRODUCTS)
def test_a_product_outside_layers_is_refused(what):
    module, macs, name = PRODUCTS[what]
    module(torch.randn(ROW))
    message = rf"^the layers account for 16 multiply-adds but the model does {16 + macs}: .* {name}.* in 1 \(Made\) \("
    with pytest.raises(ValueError, match=message):
        layer_costs(nn.Sequential(nn.Linear(4, 4), module), ROW)


@pytest.mark.parametrize("what", UNKNOWN)
def test_a_product_that_nobody_can_count_is_refused(what):
    module, name = UNKNOWN[what]
    module(torch.randn(ROW))
    with pytest.raises(ValueError, match=rf"^{name} in 1 \(Made\) has multiply-adds that cannot be counted"):
        layer_costs(nn.Sequential(nn.Linear(4, 4), module), ROW)


SCALINGS = {
    "squeeze-excite, then a pool by sum": lambda m, x: (x * m.c(x.mean((2, 3), keepdim=True))).sum((2, 3)),
    "attention to channels, then their mean": lambda m, x: (x * m.c(x.mean((2, 3), keepdim=True))).mean(1),
    "a norm": lambda m, x: m.c(x) / (x * x).sum((2, 3), keepdim=True).sqrt(),
    "a gate": lambda m, x: m.c(x) * torch.sigmoid(x) + (1 - torch.sigmoid(x)) * x,
    "a scaled branch": lambda m, x: x + m.s * m.c(x),
}


@pytest.mark.parametrize("what", SCALINGS)
def test_scaling_a_map_is_no_product(what):
    net = Made(SCALINGS[what], c=nn.Conv2d(3, 3, 1), s=p(3, 1, 1))
    positions = 1 if "attention" in what or "excite" in what else 256
    assert total(layer_costs(net, IMAGE)).macs == 9 * positions


LAYERS = {    # module, shape, multiply-adds
    "ConvTranspose1d": (nn.ConvTranspose1d(3, 8, 3), (1, 3, 8), 576),
    "ConvTranspose2d": (nn.ConvTranspose2d(4, 8, 3, 2, 1, 1, groups=2), (1, 4, 8, 8), 9216),
    "ConvTranspose3d": (nn.ConvTranspose3d(3, 2, 2), (1, 3, 4, 4, 4), 3072),
    "Bilinear": (nn.Bilinear(4, 2, 4), ((1, 4), (1, 2)), 48),
    "LSTM": (nn.LSTM(4, 5, batch_first=True), (1, 3, 4), 540),
    "GRU": (nn.GRU(4, 5, 2, bidirectional=True, batch_first=True), (1, 3, 4), 2160),
    "LSTMCell": (nn.LSTMCell(4, 5), ROW, 180),
    "MultiheadAttention": (Made(lambda m, x: m.a(x, x, x), a=nn.MultiheadAttention(8, 2, batch_first=True)), (1, 5, 8), 1680),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_other_layers_have_rows(kind):
    module, shape, macs = LAYERS[kind]
    rows = layer_costs(module, shape)
    assert rows[0].kind == kind and rows[0].macs == macs == total(rows).macs
    assert total(rows).params == sum(p.numel() for p in module.parameters())
    if "Conv" in kind:
        assert rows[0].c_in == module.in_channels and rows[0].access > module.weight.numel()


@pytest.mark.parametrize("made", [spectral_norm, parametrizations.spectral_norm, parametrizations.orthogonal])
def test_what_makes_weights_is_no_part_of_an_image(made):
    assert total(layer_costs(nn.Sequential(made(nn.Linear(4, 4)), nn.ReLU()), ROW))[:2] == (20, 16)


class Twice(nn.Linear):
    def forward(self, x):
        return super().forward(super().forward(x))


def test_a_layer_that_does_something_else_is_refused():
    with pytest.raises(ValueError, match=r"^0 \(Twice\) does 32 multiply-adds, where such a layer does 16: "):
        layer_costs(nn.Sequential(Twice(4, 4)), ROW)


# Networks that are not as they were written ----------------------------------------------------------------------------


def plain() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 1))


def compiled_in_place() -> nn.Module:
    net = plain()
    net.compile(backend="eager")
    return net


@pytest.mark.parametrize("made", [
    lambda: torch.compile(plain(), backend="eager"), compiled_in_place, lambda: torch.fx.symbolic_trace(plain()),
    lambda: nn.DataParallel(plain()), lambda: nn.Sequential(torch.compile(plain(), backend="eager"))])    # fmt: skip
@pytest.mark.parametrize("run", [False, True])
def test_a_compiled_network_is_the_one_it_was_made_of(made, run):
    net = made()
    if run:
        net(torch.zeros(IMAGE))
    rows, expected = layer_costs(net, IMAGE), layer_costs(plain(), IMAGE)
    assert [row[1:] for row in rows] == [row[1:] for row in expected]
    assert not any("_orig_mod" in row.name for row in rows)


def test_what_has_no_layers_is_refused_for_that_reason():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted, traced = torch.jit.script(plain()), torch.jit.trace(plain(), torch.zeros(IMAGE))
    exported = torch.export.export(plain(), (torch.zeros(IMAGE),)).module()
    for net, message in [
        (scripted, "^the network is compiled by torch.jit, which shows no layers"), (traced, "^the network is compiled by"),
        (nn.Sequential(nn.Identity(), scripted), "^the part 1 is compiled by torch.jit"),
        (exported, "^the network comes from torch.export, whose graph calls operators"),
    ]:
        with pytest.raises(ValueError, match=message):
            layer_costs(net, IMAGE)


# What a forward may do ------------------------------------------------------------------------------------------------


def into_a_buffer(m, x):
    room = torch.zeros(1, 4)
    room[:, :2] = x[:, :2]
    return m.a(room)


FORWARDS = {
    "makes a tensor": lambda m, x: m.a(x) + torch.arange(4.0),
    "fills a tensor": into_a_buffer,
    "reads a tensor that it makes": lambda m, x: m.a(x) * int(torch.tensor([3])[0]),
    "reads a buffer": lambda m, x: m.a(x) if m.known.item() > 0 else x,
    "moves its input": lambda m, x: m.a(x.cpu()).to("cpu"),
    "holds a lock": lambda m, x: m.a(x),
    "closes over itself": lambda m, x: m.again(x),
    "asks for the image's values": lambda m, x: m.a(x) if x.sum().item() > 0 else x,
    "reads what the image was written into": lambda m, x: m.a(x) if m.known.copy_(x[0, :1]).item() > 0 else x,
}


@pytest.mark.parametrize("what", FORWARDS)
def test_forwards(what):
    net = Made(FORWARDS[what], a=nn.Linear(4, 4), lock=threading.Lock())
    net.register_buffer("known", torch.ones(1))
    net.again = lambda x: net.a(x)
    if "image" in what:
        with pytest.raises(ValueError, match=r"Made cannot take an input of shape \(1, 4\): .*meta"):
            layer_costs(net, ROW)
    else:
        assert total(layer_costs(net, ROW)) == (20, 16, 4 + 4 + 16)
    assert net.known == 1


SEEN: dict[str, torch.Tensor] = {}


def look(module: nn.Module, inputs: object, output: torch.Tensor) -> None:
    SEEN["y"] = output


def test_hooks_run_and_what_they_note_down_is_forgotten():
    seen: list[object] = []
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 1))
    net[0].register_forward_hook(lambda *_: seen.append(1))
    net[0].register_forward_hook(look)
    net[0].register_forward_hook(lambda layer, x, y: functional.avg_pool2d(y, 2))
    net[0].register_forward_pre_hook(lambda layer, x: (x[0][..., ::2],))
    hooks = [list(m._forward_hooks.items()) for m in net.modules()]
    assert [row.out_shape for row in layer_costs(net, IMAGE)] == [(1, 4, 16, 8), (1, 4, 8, 4)]
    assert seen == [] and SEEN == {}
    assert [list(m._forward_hooks.items()) for m in net.modules()] == hooks
    other = p(3, 4)
    net[0].register_forward_hook(lambda layer, x, y: y + x[0].mean((2, 3)) @ other)
    with pytest.raises(ValueError, match=r"account for 14,336 multiply-adds but the model does 14,348: .*aten.mm"):
        layer_costs(net, IMAGE)


class Restless(nn.Module):
    """Changes whatever it can, each time it runs."""

    def __init__(self):
        super().__init__()
        self.a, self.norm = nn.Linear(4, 4), nn.BatchNorm1d(4)
        self.number, self.met, self.notes, self.cache = 0, [], {"last": None}, torch.zeros(4)
        self.register_buffer("runs", torch.zeros(()))
        self.train()
        self.norm.eval()

    def forward(self, x):
        self.number += 1
        self.met.append(x)
        self.notes["last"] = x
        self.runs += 1
        self.cache.copy_(x[0])
        self.a.weight.data = self.a.weight.data * 2
        self.a.weight.data.clamp_(-0.1, 0.1)
        self.a.bias.requires_grad_(False)
        self.norm.running_mean.add_(1)
        self.a.register_forward_hook(look)
        self.fresh = nn.Linear(4, 4)
        torch.rand(3)
        return self.norm.train()(self.a(x).expand(2, 4))


@pytest.mark.parametrize("shape", [ROW, (1, 5)])
def test_a_network_that_changes_itself_is_left_as_it_was(shape):
    net = Restless()
    before, state = copy.deepcopy(net.state_dict()), torch.get_rng_state()
    try:
        assert total(layer_costs(net, shape)).macs == 16
    except ValueError:
        assert shape != ROW
    assert (net.number, net.met, net.notes) == (0, [], {"last": None}) and not net.cache.any()
    assert "fresh" not in net._modules and net.a.bias.requires_grad and not net.a._forward_hooks
    assert net.training and net.a.training and not net.norm.training
    assert net.state_dict().keys() == before.keys()
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    net(torch.ones(ROW))
    assert net.number == 1 and net.runs == 1


# torch's own counter --------------------------------------------------------------------------------------------------


@st.composite
def steps(draw: st.DrawFn, c: int, depth: int = 2) -> nn.Module:
    """A module that takes (N, c, H, W) to the same shape."""
    g = draw(st.sampled_from([1, 2]))
    bias = draw(st.booleans())
    kind = draw(st.sampled_from(["conv", "up", "linear", "norm", "row", "sum", "same", "hook", *["loose"] * (depth == 0)]))
    if kind == "conv":
        d = draw(st.integers(1, 2))
        return nn.Conv2d(c, c, 3, 1, d, d, groups=g, bias=bias)
    if kind == "up":
        return nn.ConvTranspose2d(c, c, 3, padding=1, groups=g, bias=bias)
    if kind == "linear":
        return Made(lambda m, x: m.a(x.transpose(1, -1)).transpose(1, -1), a=nn.Linear(c, c, bias))
    if kind == "norm":
        return nn.Sequential(nn.BatchNorm2d(c), draw(st.sampled_from([nn.ReLU(), nn.Hardswish(), nn.PReLU(), nn.GELU()])))
    if kind == "loose":
        return draw(st.sampled_from([
            Made(lambda m, x: functional.conv2d(x, m.w), w=p(c, c, 1, 1)),
            Made(lambda m, x: (x.flatten(2).transpose(1, 2) @ m.w).transpose(1, 2).unflatten(2, x.shape[2:]), w=p(c, c)),
            Made(lambda m, x: torch.einsum("nchw,dc->ndhw", x, m.w), w=p(c, c)),
        ]))    # fmt: skip
    if kind == "hook":
        layer = nn.Conv2d(c, c, 1, bias=bias)
        layer.register_forward_hook(lambda m, x, y: functional.avg_pool2d(y, 3, 1, 1))
        return layer
    parts = draw(st.lists(steps(c, max(0, depth - 1)), min_size=1, max_size=3))
    if kind == "same":
        return nn.Sequential(*parts, *parts)
    if kind == "sum":
        return Made(lambda m, x: torch.relu(x + sum(part(x) for part in m.parts)), parts=nn.ModuleList(parts))
    return nn.Sequential(*parts)


@settings(max_examples=60, deadline=None)
@given(steps(4), st.integers(3, 5), st.integers(3, 5))
def test_generated_networks_count_what_torch_counts_or_are_refused(net, h, w):
    with FlopCounterMode(display=False) as flops, torch.no_grad():
        net.eval()(torch.zeros(1, 4, h, w))
    loose = any(isinstance(m, Made) and "w" in m._parameters for m in net.modules())
    try:
        counted = total(layer_costs(net, (1, 4, h, w)))
    except ValueError as error:
        assert loose and f"but the model does {flops.get_total_flops() // 2:,}: some are outside" in str(error)
    else:
        assert not loose and counted.macs * 2 == flops.get_total_flops()
        assert counted.params == sum(q.numel() for q in net.parameters())
