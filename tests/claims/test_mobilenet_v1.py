"""The statements of the ledger for MobileNet V1, recomputed. One test each; book/ledger names them."""

from math import isclose

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lightnets_edu import cost
from lightnets_edu.layers import conv_bn
from lightnets_edu.models.mobilenet_v1 import RESOLUTIONS, STEM, TABLE_1, WIDTHS, DepthwiseSeparable, MobileNetV1
from lightnets_edu.models.mobilenet_v2 import MobileNetV2
from lightnets_edu.tracing import trace

WEIGHTS = (
    864, 288, 2048, 576, 8192, 1152, 16384, 1152, 32768, 2304, 65536, 2304, 131072,
    *5 * (4608, 262144), 4608, 524288, 9216, 1048576,
)  # fmt: skip
MACS = (
    10838016, 3612672, 25690112, 1806336, 25690112, 3612672, 51380224, 903168, 25690112, 1806336, 51380224, 451584,
    25690112, *5 * (903168, 51380224), 225792, 25690112, 451584, 51380224,
)  # fmt: skip


def network(width=1.0):
    with torch.device("meta"):
        return MobileNetV1(width)


def costs(net, size=224, channels=3):
    return cost.layer_costs(net, (1, channels, size, size))


@torch.no_grad()
def test_a_layer_filters_then_combines():
    torch.manual_seed(0)
    layer, x = DepthwiseSeparable(4, 6, 1).double().eval(), torch.randn(2, 4, 5, 7, dtype=torch.float64)
    assert [tuple(part[0].weight.shape) for part in layer.children()] == [(4, 1, 3, 3), (6, 4, 1, 1)]
    y = torch.cat([F.conv2d(x[:, i : i + 1], layer.depthwise[0].weight[i : i + 1], padding=1) for i in range(4)], dim=1)
    y = torch.einsum("oi,nihw->nohw", layer.pointwise[0].weight[:, :, 0, 0], layer.depthwise[1](y).relu())
    assert torch.allclose(layer(x), layer.pointwise[1](y).relu())


def test_28_layers():
    kinds = [row.kind for row in costs(network()) if row.kind != "norm"]
    assert kinds == ["standard", *13 * ["depthwise", "pointwise"], "linear"] and len(kinds) == 28


def test_batch_norm_and_relu_behind_all_but_the_last():
    """Behind every convolution its batch norm, with no bias before it, and a ReLU; behind the classifier nothing."""
    graph = trace(network(), (1, 3, 64, 64), leaf=lambda name, module: False)
    steps = [(node.kind, node.lines) for node in graph.nodes if node.kind not in ("input", "output", "pool")]
    convolutions = "standard", "depthwise", "pointwise"
    assert all(kind in convolutions and lines[-1].endswith("BN") for kind, lines in steps[:54:2])
    assert [kind for kind, _ in steps[1:54:2]] == 27 * ["activation"] and [kind for kind, _ in steps[54:]] == ["linear"]
    assert not any(m.bias is not None for m in network().modules() if isinstance(m, nn.Conv2d))


def test_27_rows():
    rows = [row for row in costs(network()) if row.kind in ("standard", "depthwise", "pointwise")]
    assert tuple(row.params for row in rows) == WEIGHTS and tuple(row.macs for row in rows) == MACS
    assert (sum(WEIGHTS), sum(MACS)) == (3185088, 567716352)


def test_a_law_in_alpha():
    """a α² + b α + c, with what is pointwise in a; at a quarter 0.072 and 0.111, where α² is 0.0625."""
    rows = costs(network())
    for what, fixed, left in (("macs", 0, 0.072), ("params", 1000, 0.111)):
        whole = getattr(cost.total(rows), what)
        a = sum(getattr(row, what) for row in rows if row.kind == "pointwise")
        found = {w: getattr(cost.total(costs(network(w))), what) for w in WIDTHS}
        assert all(n == a * w**2 + (whole - a - fixed) * w + fixed for w, n in found.items())
        assert round(found[0.25] / whole, 3) == left


def test_table_3():
    standard = cost.conv_macs(512, 512, 3, 14), cost.conv_params(512, 512, 3)
    found = [tuple(round(n / 1e6, d) for n, d in zip(standard, (0, 2), strict=True))]
    for c, side in ((512, 14), (384, 14), (384, 10)):
        total = cost.total(row for row in cost.layer_costs(DepthwiseSeparable(c, c, 1), (1, c, side, side)) if row.macs)
        assert total.macs == 9 * c * side**2 + c * c * side**2
        found.append((round(total.macs / 1e6, 1), round(total.params / 1e6, 2)))
    assert found == [(462, 2.36), (52.3, 0.27), (29.6, 0.15), (15.1, 0.15)]


def test_what_loads():
    """Weights of the full width do not fit a narrower network; at another resolution the same network runs."""
    full = MobileNetV1(0.5, num_classes=3).eval()
    with pytest.raises(RuntimeError, match="size mismatch"):
        MobileNetV1(0.25, num_classes=3).load_state_dict(full.state_dict())
    with torch.no_grad():
        scores = [full(torch.rand(1, 3, size, size)) for size in (64, 32)]
    assert [tuple(score.shape) for score in scores] == [(1, 3), (1, 3)]


def test_rho_is_a_ratio():
    assert [round(7 * size / 224) for size in RESOLUTIONS] == [7, 6, 5, 4]
    assert all(isclose(7 * size / 224, round(7 * size / 224)) for size in RESOLUTIONS)
    assert max(size / 224 for size in RESOLUTIONS) == 1


def test_a_chain():
    """Every step takes one map and gives one: no branch, no shortcut. An inverted residual has one."""
    def is_chain(net):
        edges = trace(net, (1, 3, 64, 64), leaf=lambda name, module: False).edges
        return all(len({getattr(edge, end) for edge in edges}) == len(edges) for end in ("source", "target"))

    with torch.device("meta"):
        assert is_chain(network(0.25)) and not is_chain(MobileNetV2(num_classes=2))


def listing(width=0.5, stem_kernel=1):
    """The network of the listing, as it is built: one stride among its thirteen layers."""
    c_in = round(32 * width)
    layers = [conv_bn(1, c_in, stem_kernel, 2), nn.ReLU()]
    for i, (_, c) in enumerate(TABLE_1):
        layers.append(DepthwiseSeparable(c_in, round(c * width), 2 if i == 11 else 1))
        c_in = round(c * width)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c_in, 10))


def test_the_listing_rebuilt():
    rows = costs(listing(), 28, 1)
    total = cost.total(rows)
    assert (total.params, round(total.macs / 1e6, 1)) == (823306, 99.4)
    shapes = [row.out_shape[1:] for row in rows if row.kind in ("standard", "pointwise")]
    assert shapes[0] == (16, 14, 14) and [c for c, _, _ in shapes[1:]] == [c // 2 for _, c in TABLE_1]
    assert [side for _, side, _ in shapes] == 12 * [14] + 2 * [7] and STEM // 2 == 16
    x = torch.ones(1, 1, 28, 28, requires_grad=True)
    read = {}
    for kernel in (1, 3):
        stem = nn.Conv2d(1, 1, kernel, 2, kernel // 2)
        read[kernel] = (torch.autograd.grad(stem(x).sum(), x)[0] != 0).double().mean().item()
    assert read == {1: 0.25, 3: 1.0}


def test_a_loss_that_is_a_tenth():
    torch.manual_seed(0)
    scores, classes = torch.randn(50, 10), torch.randint(10, (50,))
    labels = F.one_hot(classes, 10)
    loss = -(labels * scores.softmax(dim=1).log()).mean()
    assert torch.allclose(10 * loss, F.cross_entropy(scores, classes))
    scores[0, 0], classes[0] = 200.0, 1
    assert not (-(F.one_hot(classes, 10) * scores.softmax(dim=1).log()).mean()).isfinite()
    assert F.cross_entropy(scores, classes).isfinite()
