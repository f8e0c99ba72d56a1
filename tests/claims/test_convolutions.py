"""The statements of the ledger for convolutions and their cost, recomputed. One test each; book/ledger names them."""

import io
from fractions import Fraction

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from lightnets_edu import cost, timing
from lightnets_edu.layers import conv_bn
from lightnets_edu.models.alexnet import AlexNet
from lightnets_edu.models.squeezenet import SqueezeNet

LAYERS = [  # c_in, c_out, kernel, stride, padding, size
    (3, 5, 4, 1, 0, 6), (64, 128, 3, 1, 1, 56), (64, 128, 3, 2, 1, 56), (3, 64, 7, 2, 3, 224), (16, 24, 1, 1, 0, 9), (512, 10, 1, 1, 0, 1),
]  # fmt: skip


def whole_numbers(*shape, seed=0):
    """Small whole numbers in float64, whose sums are exact in any order."""
    return torch.randint(-3, 4, shape, generator=torch.Generator().manual_seed(seed)).double()


def standard(c_in, c_out, k, padding=0):
    return nn.Conv2d(c_in, c_out, k, padding=padding, bias=False)


def separable(c_in, c_out, k, padding=0):
    return nn.Sequential(nn.Conv2d(c_in, c_in, k, padding=padding, groups=c_in, bias=False), nn.Conv2d(c_in, c_out, 1, bias=False))


def macs(layers, c_in, size):
    return cost.total(cost.layer_costs(layers, (1, c_in, size, size))).macs


def torch_flops(layer, x):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(x)
    return counter.get_total_flops()


def test_four_bytes_a_parameter():
    net, file = SqueezeNet(), io.BytesIO()
    params = sum(p.numel() for p in net.parameters())
    torch.save(net.state_dict(), file)
    assert params == 1_248_424 and all(p.element_size() == 4 for p in net.parameters())
    assert 4 * params < len(file.getvalue()) < 1.01 * 4 * params, "names and little else"


def test_flops_are_an_amount_and_flops_a_rate():
    layer, x = standard(16, 16, 3, 1), torch.rand(1, 16, 32, 32)
    assert torch_flops(layer, x) == torch_flops(layer, x) == 2 * macs(layer, 16, 32), "the same whenever it is counted"
    time = timing.time_forward(layer, x, repeats=5)
    assert macs(layer, 16, 32) / (time.median / 1000) > 0, "a rate needs a clock"


def test_what_the_count_leaves_out():
    bare, dressed = standard(16, 16, 3, 1), nn.Sequential(*conv_bn(16, 16, 3), nn.ReLU())
    assert macs(bare, 16, 8) == macs(dressed, 16, 8)
    x = torch.rand(1, 16, 8, 8)
    assert torch_flops(bare, x) == torch_flops(dressed.eval(), x) == 2 * macs(bare, 16, 8)


@pytest.mark.parametrize(("c_in", "c_out", "k", "stride", "padding", "size"), LAYERS)
def test_formula_layer_and_torch_agree(c_in, c_out, k, stride, padding, size):
    layer, x = nn.Conv2d(c_in, c_out, k, stride, padding, bias=False), torch.zeros(1, c_in, size, size)
    out = (size + 2 * padding - k) // stride + 1
    (row,) = cost.layer_costs(layer, x.shape)
    assert layer.weight.numel() == row.params == k * k * c_in * c_out
    assert row.out_shape == (1, c_out, out, out)
    assert row.macs == k * k * c_in * c_out * out * out == torch_flops(layer, x) // 2
    assert row.access == c_in * size * size + c_out * out * out + row.params


def test_linear_layer_is_a_pointwise_one():
    conv, linear = nn.Conv2d(20, 7, 1).double(), nn.Linear(20, 7).double()
    conv.weight.data, conv.bias.data = whole_numbers(7, 20, 1, 1), whole_numbers(7)
    linear.load_state_dict({"weight": conv.weight.data.flatten(1), "bias": conv.bias.data})
    x = whole_numbers(3, 20, 1, 1, seed=1)
    assert torch.equal(conv(x).flatten(1), linear(x.flatten(1)))
    wide = whole_numbers(3, 20, 4, 5, seed=2)
    assert torch.equal(conv(wide), linear(wide.movedim(1, -1)).movedim(-1, 1)), "shared by all positions"


@pytest.mark.parametrize(
    ("layer", "positions", "channels"),
    [
        (standard(12, 12, 3, 1), 9, 12),
        (nn.Conv2d(12, 12, 3, padding=1, groups=4, bias=False), 9, 3),
        (nn.Conv2d(12, 12, 3, padding=1, groups=12, bias=False), 9, 1),
        (standard(12, 12, 1), 1, 12),
        (separable(12, 12, 3, 1), 9, 12),
    ],
)
def test_window_and_channels_of_each_kind(layer, positions, channels):
    for p in layer.parameters():
        nn.init.ones_(p)
    x = torch.ones(1, 12, 7, 7, requires_grad=True)
    (gradient,) = torch.autograd.grad(layer(x)[0, 5, 3, 3], x)
    touched = gradient[0] != 0
    assert (int(touched.any(0).sum()), int(touched.flatten(1).any(1).sum())) == (positions, channels)
    assert touched[:, 2:5, 2:5].any() and int(touched.sum()) == positions * channels


def by_hand(x, weight):
    k = weight.shape[-1]
    h, w = x.shape[1] - k + 1, x.shape[2] - k + 1
    return torch.tensor([[[(kernel * x[:, r : r + k, c : c + k]).sum() for c in range(w)] for r in range(h)] for kernel in weight]).double()


def test_definition_without_a_flip():
    x, weight = whole_numbers(3, 6, 7), whole_numbers(5, 3, 4, 4, seed=1)
    y = F.conv2d(x, weight)
    assert torch.equal(by_hand(x, weight), y)
    assert not torch.equal(by_hand(x, weight.flip(-1, -2)), y), "a convolution of mathematics is something else"


def test_groups_divide_the_cost_but_not_the_maps():
    for g, weights in {1: 36_864, 2: 18_432, 4: 9_216, 8: 4_608}.items():
        (row,) = cost.layer_costs(nn.Conv2d(64, 64, 3, padding=1, groups=g, bias=False), (1, 64, 14, 14))
        assert (row.params, row.macs) == (weights, weights * 14 * 14) == (36_864 // g, 36_864 * 14 * 14 // g)
        assert row.access == 2 * 64 * 14 * 14 + weights


def test_grouped_is_two_halves_and_block_diagonal():
    layer = nn.Conv2d(32, 32, 3, groups=2, bias=False).double()
    layer.weight.data, x = whole_numbers(32, 16, 3, 3), whole_numbers(2, 32, 6, 5, seed=1)
    halves = [F.conv2d(x[:, s], layer.weight[s]) for s in (slice(16), slice(16, 32))]
    assert torch.equal(layer(x), torch.cat(halves, 1)) and layer.weight.shape == (32, 32 // 2, 3, 3)
    blocks = torch.block_diag(*layer.weight.flatten(1).reshape(2, 16, -1))
    assert torch.equal(blocks @ F.unfold(x, 3), layer(x).flatten(2))
    every_kernel_cut = torch.cat([layer.weight, layer.weight], dim=1)  # both halves of each kernel applied to all channels
    assert not torch.equal(F.conv2d(x, every_kernel_cut), layer(x))


def test_groups_of_alexnet():
    with torch.device("meta"):
        convs = [m for m in AlexNet().modules() if isinstance(m, nn.Conv2d)]
    assert [conv.groups for conv in convs] == [1, 2, 1, 2, 2]
    assert sum(p.numel() for conv in convs for p in conv.parameters()) == 2_334_080
    assert sum(cost.conv_params(c.in_channels, c.out_channels, c.kernel_size, bias=True) for c in convs) == 3_747_200
    second, third = nn.Conv2d(8, 8, 1, groups=2, bias=False), standard(8, 8, 1)
    for layer in (second, third):
        nn.init.ones_(layer.weight)
    x = torch.ones(1, 8, 1, 1, requires_grad=True)
    reach = [torch.autograd.grad(out.flatten()[0], x)[0].count_nonzero().item() for out in (second(x), third(second(x)))]
    assert reach == [4, 8], "the halves meet in the layer with one group"


def test_depthwise_is_one_filter_a_channel():
    layer, x = nn.Conv2d(6, 6, 3, groups=6, bias=False).double(), whole_numbers(2, 6, 5, 7, seed=1)
    layer.weight.data = whole_numbers(6, 1, 3, 3)
    each = [F.conv2d(x[:, i : i + 1], layer.weight[i : i + 1]) for i in range(6)]
    assert torch.equal(layer(x), torch.cat(each, 1))
    assert macs(layer, 6, 9) == 7 * 7 * 9 * 6 == macs(standard(6, 6, 3), 6, 9) // 6


def test_pointwise_is_a_matrix_product():
    layer, x = standard(8, 5, 1).double(), whole_numbers(3, 8, 6, 7, seed=1)
    layer.weight.data = whole_numbers(5, 8, 1, 1)
    matrix = layer.weight.flatten(1)
    assert torch.equal(matrix @ x.flatten(2), layer(x).flatten(2))
    assert macs(layer, 8, 6) == 6 * 6 * 8 * 5
    strided = F.conv2d(x, layer.weight, stride=2)
    assert torch.equal(matrix @ x[:, :, ::2, ::2].flatten(2), strided.flatten(2)), "picked first"


def test_convolution_is_one_matrix_product():
    x, weight = whole_numbers(2, 8, 9, 7), whole_numbers(5, 8, 3, 3, seed=1)
    for stride, padding in [(1, 0), (1, 1), (2, 1), (3, 2)]:
        y = weight.flatten(1) @ F.unfold(x, 3, stride=stride, padding=padding)
        assert torch.equal(y, F.conv2d(x, weight, stride=stride, padding=padding).flatten(2))


def test_weights_of_the_first_example():
    one, two = (sum(p.numel() for p in kind(3, 256, 3).parameters()) for kind in (standard, separable))
    assert (one, two) == (6912, 795) and standard(3, 256, 3).weight.shape == (256, 3, 3, 3)
    assert Fraction(two, one) == Fraction(1, 9) + Fraction(1, 256) > Fraction(1, 9) and round(one / two, 3) == 8.694


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize(("c_in", "c_out", "size"), [(3, 256, 14), (64, 16, 14), (7, 1, 9)])
def test_ratio_of_separable_to_standard(c_in, c_out, size, k):
    one, two = (macs(kind(c_in, c_out, k, k // 2), c_in, size) for kind in (standard, separable))
    assert Fraction(two, one) == Fraction(1, c_out) + Fraction(1, k * k)


def saving(c_out):
    return Fraction(macs(standard(2, c_out, 3, 1), 2, 3), macs(separable(2, c_out, 3, 1), 2, 3))


def test_eight_is_reached_at_72_and_nine_never():
    assert [round(float(saving(c)), 2) for c in (16, 32, 64, 512)] == [5.76, 7.02, 7.89, 8.84]
    assert saving(71) < 8 == saving(72) < saving(73)
    assert all(saving(c) < 9 for c in (128, 1024, 100_000)), "the limit"


def test_worked_example():
    x = torch.zeros(1, 3, 6, 6)
    one, two = standard(3, 5, 4), separable(3, 5, 4)
    assert one(x).shape == two(x).shape == (1, 5, 3, 3) and two[0](x).shape == (1, 3, 3, 3)
    assert one.weight.numel() == 240 and sum(p.numel() for p in two.parameters()) == 63
    assert macs(one, 3, 6) == 2160 and [row.macs for row in cost.layer_costs(two, x.shape)] == [432, 135]
    with_size = {size: 16 * 3 * size**2 + 3 * 5 * size**2 for size in (3, 6)}
    assert with_size == {3: 567, 6: 2268} and 2268 > 2160


def test_an_output_is_the_sum_of_its_channels():
    x, weight = whole_numbers(3, 6, 6), whole_numbers(5, 3, 4, 4, seed=1)
    by_channel = F.conv2d(x, weight.transpose(0, 1).reshape(15, 1, 4, 4), groups=3).reshape(3, 5, 3, 3)
    assert torch.equal(by_channel.sum(0), F.conv2d(x, weight))
    kernel = torch.ones(1, 3, 1, 1)
    assert F.conv2d(torch.tensor([2.0, 0.0, 1.0]).reshape(1, 3, 1, 1), kernel).item() == 3


def test_a_deep_kernel_slides_along_two_axes():
    x, weight = whole_numbers(1, 3, 6, 6), whole_numbers(5, 3, 4, 4, seed=1)
    flat = F.conv2d(x, weight)
    deep = F.conv3d(x[:, None], weight[:, None])  # a 3-D convolution has one place to go along an axis that the kernel fills
    assert torch.equal(deep[:, :, 0], flat)
    assert F.conv3d(x[:, None], weight[:, None, :2]).shape[2] == 2, "with a kernel less deep than the input it slides"
    with pytest.raises(RuntimeError):
        F.conv2d(x, weight[:, :2])


def test_batch_norm_has_a_root_and_an_epsilon():
    x = 3 * torch.randn(4, 5, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 1
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
    gamma, beta = torch.rand(5).double() + 0.5, torch.rand(5).double()
    eps = 0.1

    def normed(divisor):
        return gamma[:, None, None] * (x - mean[:, None, None]) / divisor[:, None, None] + beta[:, None, None]

    y = F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
    torch.testing.assert_close(normed((var + eps).sqrt()), y)
    for wrong in (var, var.sqrt(), var + eps):
        assert (normed(wrong) - y).abs().max() > 0.01
    dead = torch.zeros(4, 1)
    assert F.batch_norm(dead, None, None, training=True).eq(0).all() and ((dead - dead.mean()) / dead.std()).isnan().all()


def test_batch_norm_trains_on_the_batch_and_tests_on_averages():
    norm, x = nn.BatchNorm2d(5), 3 * torch.randn(8, 5, 4, 4) + 1
    torch.testing.assert_close(norm(x).mean((0, 2, 3)), torch.zeros(5), atol=1e-5, rtol=0)
    torch.testing.assert_close(norm.running_mean, 0.1 * x.mean((0, 2, 3)))
    y = norm.eval()(x)
    expected = (x - norm.running_mean[:, None, None]) / (norm.running_var[:, None, None] + norm.eps).sqrt()
    torch.testing.assert_close(y, expected)
    assert torch.equal(norm(x[:1]), y[:1]), "in test mode one image does not depend on the others"


def test_axes_of_batch_norm():
    x = torch.rand(16, 32, 32, 128)  # N, H, W, C
    axes = list(range(x.ndim - 1))
    assert axes == [0, 1, 2] and x.mean(axes).shape == (128,) and nn.BatchNorm2d(128).weight.shape == (128,)


def test_average_pooling_as_a_depthwise_convolution():
    x, ones = whole_numbers(2, 8, 6, 7), torch.ones(8, 1, 3, 3, dtype=torch.float64)
    pooled = F.avg_pool2d(x, 3, stride=2)
    torch.testing.assert_close(F.conv2d(x, ones / 9, stride=2, groups=8), pooled)
    torch.testing.assert_close(F.conv2d(x, ones, stride=2, groups=8), 9 * pooled)
    across = F.conv2d(x, torch.ones(8, 8, 3, 3, dtype=torch.float64) / 9, stride=2)
    assert not torch.allclose(across, pooled), "not a standard convolution"


def test_pooling_is_not_element_wise():
    def inputs_of_one_output(layer):
        x = torch.rand(1, 2, 6, 6, requires_grad=True)
        return int(torch.autograd.grad(layer(x)[0, 0, 1, 1], x)[0].count_nonzero())

    norm = nn.BatchNorm2d(2).eval()
    assert [inputs_of_one_output(f) for f in (nn.ReLU(), norm, lambda x: x + 1, lambda x: 2 * x)] == [1, 1, 1, 1]
    assert inputs_of_one_output(nn.AvgPool2d(3)) == 9
    x = torch.rand(1, 2, 6, 6, requires_grad=True)
    (gradient,) = torch.autograd.grad(nn.BatchNorm2d(2)(x)[0, 0, 1, 1], x)
    assert gradient.count_nonzero() == 36, "in training a batch norm is not element-wise either"
