"""AlexNet against the paper's Figure 2, closed forms, its two columns written out, and an independent implementation."""

from functools import lru_cache, partial

import pytest
import torch
import torch.nn.functional as F
from parity import Pair, Peer, assert_same, changing, difference, narrow, randomise
from torch import nn

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models.alexnet import AlexNet, OneColumnAlexNet

NETWORKS = {"alexnet": AlexNet, "alexnet_one_weird_trick": OneColumnAlexNet}
COUNTS = {"alexnet": (60_965_224, 724_406_816), "alexnet_one_weird_trick": (61_100_840, 714_188_480)}
# Convolutions as (c_in, c_out, kernel, output size, groups); the linear layers are 9216, 4096, 4096, 1000 in both.
FIGURE_2 = [(3, 96, 11, 55, 1), (96, 256, 5, 27, 2), (256, 384, 3, 13, 1), (384, 384, 3, 13, 2), (384, 256, 3, 13, 2)]
ONE_COLUMN = [(3, 64, 11, 55, 1), (64, 192, 5, 27, 1), (192, 384, 3, 13, 1), (384, 256, 3, 13, 1), (256, 256, 3, 13, 1)]
FOOTNOTE = [*ONE_COLUMN[:3], (384, 384, 3, 13, 1), (384, 256, 3, 13, 1)]
LINEAR = [(9216, 4096), (4096, 4096), (4096, 1000)]


def by_hand(convolutions: list[tuple[int, int, int, int, int]]) -> tuple[int, int]:
    """Parameters and multiply-adds, without building anything."""
    params = sum(c * b + b for c, b in LINEAR) + sum(k * k * c // g * b + b for c, b, k, _, g in convolutions)
    return params, sum(c * b for c, b in LINEAR) + sum(k * k * c // g * b * s * s for c, b, k, s, g in convolutions)


@pytest.mark.parametrize(("name", "table"), [("alexnet", FIGURE_2), ("alexnet_one_weird_trick", ONE_COLUMN)])
def test_counts_and_figure_2(name, table):
    """Every layer's widths, kernel, groups and output, and the totals: measured, by hand, and published."""
    with torch.device("meta"):
        rows = layer_costs(NETWORKS[name](), (1, 3, 224, 224))
    convolutions = [row for row in rows if len(row.out_shape) == 4 and row.macs]
    assert [(r.c_in, r.c_out, r.kernel[0], r.out_shape[2], r.groups) for r in convolutions] == table
    assert [(r.c_in, r.c_out) for r in rows if r.kind == "linear"] == LINEAR
    measured = total(rows)
    assert (measured.params, measured.macs) == by_hand(table) == COUNTS[name]


def test_figure_2_numbers_of_neurons():
    """Reported in the caption of Figure 2. Its first number is no 55 × 55 × 96 = 290,400 but 55 × 48 × 96: a slip."""
    caption = [253_440, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000]
    ours = [c_out * size**2 for _, c_out, _, size, _ in FIGURE_2] + [c_out for _, c_out in LINEAR]
    assert ours[1:] == caption[1:]
    assert (ours[0], caption[0]) == (55 * 55 * 96, 55 * 48 * 96)
    assert COUNTS["alexnet"][0] // 10**6 == 60  # "60 million parameters", the abstract


def test_what_the_one_column_paper_says_of_itself():
    """0.2 % more parameters and fewer connections than the two columns (reported): not with its footnote's widths."""
    params, macs = by_hand(FIGURE_2)
    for table, percent, fewer in [(ONE_COLUMN, 0.2, True), (FOOTNOTE, 1.4, False)]:
        p, m = by_hand(table)
        assert (round(100 * (p / params - 1), 1), m < macs) == (percent, fewer)


@pytest.mark.parametrize(
    ("network", "order"),
    [
        (AlexNet, "CRNM CRNM CR CR CRM A LRD LRD L"),           # 2012, §3.2 to §3.5, dropout §4.2
        (OneColumnAlexNet, "CRM CRM CR CR CRM A DLR DLR L"),    # torchvision
    ],
)
def test_order_of_layers(network, order):
    """Dropout's place cannot be seen in eval mode, so it is read off what runs."""
    letter = {nn.Conv2d: "C", nn.ReLU: "R", nn.LocalResponseNorm: "N", nn.MaxPool2d: "M", nn.AdaptiveAvgPool2d: "A"}
    letter |= {nn.Linear: "L", nn.Dropout: "D"}
    ran: list[str] = []
    with torch.device("meta"):
        net = network(num_classes=2)
        for layer in net.modules():
            if type(layer) in letter:
                layer.register_forward_hook(lambda layer, *_: ran.append(letter[type(layer)]))
        net(torch.empty(1, 3, 224, 224))
    assert "".join(ran) == order.replace(" ", "")
    assert [layer.p for layer in net.modules() if isinstance(layer, nn.Dropout)] == [0.5, 0.5]


# The two columns of Figure 2, written out -----------------------------------------------------------------------------


def response_norm_by_hand(a, k=2.0, n=5, alpha=1e-4, beta=0.75):
    """§3.3, the formula as printed: squares are summed over the n maps around each, fewer at the first and the last."""
    near = F.pad(a.square(), (0, 0, 0, 0, n // 2, n // 2)).unfold(1, n, 1)
    return a / (k + alpha * near.sum(dim=-1)) ** beta


def on_two_gpus(net: AlexNet, x: torch.Tensor) -> torch.Tensor:
    """Figure 2 with a list of two tensors, one to a GPU, that meet only where the figure lets them."""
    conv = [layer for layer in net.features if isinstance(layer, nn.Conv2d)]
    half = [list(zip(layer.weight.chunk(2), layer.bias.chunk(2), strict=True)) for layer in conv]
    pool, both, columns = nn.MaxPool2d(3, 2), (0, 1), [x, x]
    columns = [F.conv2d(columns[i], *half[0][i], stride=4, padding=2).relu() for i in both]
    columns = [pool(y) for y in response_norm_by_hand(torch.cat(columns, 1)).chunk(2, 1)]
    columns = [F.conv2d(columns[i], *half[1][i], padding=2).relu() for i in both]
    columns = [pool(y) for y in response_norm_by_hand(torch.cat(columns, 1)).chunk(2, 1)]
    columns = [F.conv2d(torch.cat(columns, 1), *half[2][i], padding=1).relu() for i in both]
    columns = [F.conv2d(columns[i], *half[3][i], padding=1).relu() for i in both]
    columns = [pool(F.conv2d(columns[i], *half[4][i], padding=1).relu()) for i in both]
    fc6, fc7, fc8 = (layer for layer in net.head if isinstance(layer, nn.Linear))
    return fc8(fc7(fc6(torch.cat(columns, 1).flatten(1)).relu()).relu())


@torch.no_grad()
def test_two_groups_are_two_columns():
    net = randomise(ours("alexnet"))
    x = torch.randn(1, 3, 224, 224, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = on_two_gpus(net, x)
    assert (net(x) - expected).abs().max() <= 1e-9 * expected.abs().max()


# Parity with pytorchcv ------------------------------------------------------------------------------------------------


def ours(name: str) -> nn.Module:
    return narrow(NETWORKS[name])


def columns_in_peer(peer: nn.Module) -> None:
    """pytorchcv's `alexnet` has the widths of 2012 but one column, a stem without padding (54 positions at 224) and a
    fifth of the paper's response normalisation. Give it groups, the padding and the formula as printed."""
    units = [m for m in peer.features.modules() if hasattr(m, "use_lrn")]
    for unit, (c_in, c_out, kernel, _, groups) in zip(units, FIGURE_2, strict=True):
        stride, padding = unit.conv.stride, (2 if kernel == 11 else unit.conv.padding)
        unit.conv = nn.Conv2d(c_in, c_out, kernel, stride, padding, groups=groups)
        if unit.use_lrn:
            unit.use_lrn = False
            unit.register_forward_hook(lambda unit, inputs, output: response_norm_by_hand(output))


def dropout_first_in_peer(peer: nn.Module) -> None:
    """torchvision, our reference in one column, drops out before a linear layer, pytorchcv after its ReLU."""
    head = peer.output
    first = [nn.Sequential(block.dropout, block.fc, block.activ) for block in (head.fc1, head.fc2)]
    peer.output = nn.Sequential(*first, head.fc3)


ADJUST = {"alexnet": columns_in_peer, "alexnet_one_weird_trick": dropout_first_in_peer}
FULL = (1, 3, 224, 224)


def peer(name: str, adjusted: bool = True, any_size: bool = False) -> Peer:
    """pytorchcv takes 224 pixels only; with a pooling to 6 × 6, which changes nothing there, `any_size`."""
    theirs = pytest.importorskip("pytorchcv.models.alexnet")
    net = narrow({"alexnet": theirs.alexnet, "alexnet_one_weird_trick": theirs.alexnetb}[name])
    if adjusted:
        ADJUST[name](net)
    if any_size:
        net.features.append(nn.AdaptiveAvgPool2d(6))
    return Peer(net)


@lru_cache(maxsize=1)
def pair(name: str) -> Pair:
    return Pair(partial(ours, name), peer(name, any_size=True), (1, 3, 95, 127))


@pytest.mark.parametrize("name", NETWORKS)
def test_parity_at_full_size(name):
    assert_same(ours(name), peer(name), FULL)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_peer_needs_its_adjustments(name):
    """An adjustment that is no longer needed must go."""
    assert difference(ours(name), peer(name, adjusted=False), FULL)


def swap(i: int, j: int):
    def spoil(net: nn.Module) -> nn.Module:
        net.features[i], net.features[j] = net.features[j], net.features[i]
        return net

    return spoil


def mixed_columns(net: nn.Module) -> nn.Module:
    net.features[3].register_forward_hook(lambda layer, inputs, y: y.unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2))
    return net


SPOILT = {
    "alexnet": [
        ("PyTorch's mean for the paper's sum", changing("features.2", lambda norm: setattr(norm, "alpha", 1e-4))),
        ("Caffe's k", changing("features.6", lambda norm: setattr(norm, "k", 1.0))),
        ("three neighbours", changing("features.6", lambda norm: setattr(norm, "size", 3))),
        ("no response normalisation", changing("features.6", lambda norm: nn.Identity())),
        ("normalisation after pooling", swap(2, 3)),
        ("normalisation before ReLU", swap(1, 2)),
        ("pooling without overlap", changing("features.3", lambda pool: nn.MaxPool2d(2))),
        ("columns mixed", mixed_columns),
    ],
    "alexnet_one_weird_trick": [("response normalisation", changing("features.1", lambda relu: nn.LocalResponseNorm(5)))],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_parity_catches_what_is_spoilt(name):
    spoilt = pair(name).sabotages() + SPOILT[name]
    assert len(spoilt) >= 8 and pair(name).missed(spoilt) == []


# Errors and images ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("classes", [0, -1, 2.0, "10", None, True])
def test_network_refuses_other_numbers_of_classes(name, classes):
    with pytest.raises(ValueError, match=f"num_classes must be a whole number from 1 up, got {classes!r}"):
        NETWORKS[name](num_classes=classes)


@pytest.mark.parametrize("name", NETWORKS)
def test_images(name):
    with torch.device("meta"):
        net = NETWORKS[name](num_classes=2).eval()
        for size in [(63, 63), (63, 100), (227, 227), (300, 224)]:
            assert net(torch.empty(2, 3, *size)).shape == (2, 2)
        for shape in [(3, 64, 64), (1, 1, 64, 64), (1, 64, 64, 3)]:
            with pytest.raises(ValueError, match=r"expected images \(N, 3, H, W\), got shape"):
                net(torch.empty(shape))
        with pytest.raises(ValueError, match="images must be at least 63 × 63, got 62 × 100"):
            net(torch.empty(1, 3, 62, 100))
        with pytest.raises(RuntimeError):  # 63 is the smallest: at 62 the last pooling has nothing left
            net.features(torch.empty(1, 3, 62, 62))
