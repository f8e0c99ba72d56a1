"""The figure of the sliding convolution: real modules, those unlike their formula, and what cannot be drawn."""

import copy
import json

import pytest
import torch
import traitlets
from sketch import Sketch, still
from sliding_convolution.expected import by_hand, number, sentence, short
from torch import nn
from torch.nn.utils import parametrizations

from lightnets_edu import cost
from lightnets_edu.widgets import SlidingConvolution


def broken(make, **changes):
    conv = make()
    for name, value in changes.items():
        setattr(conv, name, value)
    return conv


CONVS = {
    "standard": (lambda: nn.Conv2d(4, 4, 3, padding=1), (4, 12, 12)),
    "wide image": (lambda: nn.Conv2d(2, 3, 2, stride=2, bias=False), (1, 2, 3, 7)),
    "tall image": (lambda: nn.Conv2d(3, 1, 3, stride=2, padding=1), (3, 7, 2)),
    "depthwise": (lambda: nn.Conv2d(3, 3, 3, groups=3, padding="same"), (3, 5, 5)),
    "depthwise with a multiplier": (lambda: nn.Conv2d(2, 4, 2, groups=2), (2, 4, 4)),
    "depthwise 1 × 1": (lambda: nn.Conv2d(3, 3, 1, groups=3), (3, 4, 4)),
    "pointwise": (lambda: nn.Conv2d(4, 2, 1, stride=2, padding="valid"), (4, 7, 7)),
    "pointwise padded": (lambda: nn.Conv2d(4, 4, 1, padding=1), (4, 7, 7)),
    "one channel": (lambda: nn.Conv2d(1, 1, 3), (1, 3, 3)),
    "one channel, groups as many": (lambda: nn.Conv2d(1, 2, 1, groups=1), (1, 1, 1)),
}
KINDS = dict(zip(CONVS, ["standard"] * 3 + ["depthwise"] * 3 + ["pointwise"] * 2 + ["standard", "pointwise"], strict=True))


def drawn_of(figure: SlidingConvolution, given: torch.Tensor, output: int) -> list:
    """The planes of what a module gives that the figure draws: of a depthwise layer one for each channel."""
    if figure.kind == "depthwise":
        return [[], *given[output :: len(given) // len(figure.planes)].tolist()]
    return [given[output].tolist()]


@pytest.mark.parametrize("name", CONVS)
def test_a_real_module(name):
    """Each of its kernels: the maps are what it gives, by its weights and its bias; its window goes everywhere."""
    torch.manual_seed(1)
    make, shape = CONVS[name]
    conv, image = make(), torch.randn(shape)
    expected = copy.deepcopy(conv).double()(image.double().reshape(1, *shape[-3:])).detach()[0]
    (row,) = cost.layer_costs(conv, (1, *shape[-3:]))
    many = len(expected) // (shape[-3] if KINDS[name] == "depthwise" else 1)
    for output in range(many):
        figure = SlidingConvolution.from_module(conv, image, output)
        own = drawn_of(figure, expected, output)
        assert figure.measured == [] and figure.kind == KINDS[name] == row.kind
        for found, right, loops in zip(figure.maps(), own, by_hand(figure), strict=False):
            torch.testing.assert_close(torch.tensor(found).double(), torch.tensor(right).double(), rtol=1e-12, atol=1e-12)
            torch.testing.assert_close(torch.tensor(loops).double(), torch.tensor(right).double(), rtol=1e-12, atol=1e-12)
        assert figure.shape() == tuple(expected.shape[1:])
        assert "Measured" not in still(figure)
    with pytest.raises(ValueError, match=f"output must be one of 0 to {many - 1}; got {many}"):
        SlidingConvolution.from_module(conv, image, many)


def test_a_module_keeps_its_settings():
    conv = nn.Conv2d(2, 2, 2, stride=2)
    figure = SlidingConvolution.from_module(conv, torch.rand(2, 4, 7), 1, row=3, column=2, caption="Mine")
    assert (figure.kind, figure.kernel, figure.stride, figure.padding) == ("standard", 2, 2, 0)
    assert (figure.position(), figure.caption, figure.shape()) == ((1, 1), "Mine", (2, 3))
    assert figure.filters_drawn() == conv.weight[1].double().tolist()
    others = {"kind": "depthwise", "kernel": 3, "stride": 1, "padding": 1, "filters": [1] * 18, "mix": [1, 1]}
    for name, other in others.items():
        with pytest.raises(traitlets.TraitError, match=f"{name} must be one of "):
            setattr(figure, name, other)
    with pytest.raises(traitlets.TraitError, match="kernel must be one of 2; got 3"):
        SlidingConvolution.from_module(conv, torch.rand(2, 4, 4), kernel=3)


def test_the_largest_state():
    """Four channels, all numbers negative and with a decimal point."""
    conv = nn.Conv2d(4, 4, 3, padding=1)
    nn.init.uniform_(conv.weight, 0.1, 0.3)
    figure = SlidingConvolution.from_module(conv, -torch.rand(4, 12, 12) - 0.1)
    assert len(json.dumps([figure.planes, figure.pictures, figure.filters, figure.bias])) < 32 * 1024


def test_whole_numbers_stay_whole():
    conv = nn.Conv2d(1, 1, 2, bias=False)
    conv.weight.data = torch.tensor([[[[1.0, -2.0], [0.0, 3.0]]]])
    figure = SlidingConvolution.from_module(conv, torch.arange(9).reshape(1, 3, 3))
    assert figure.planes == [[[0, 1, 2], [3, 4, 5], [6, 7, 8]]] and figure.maps()[0] == [[10, 12], [16, 18]]
    assert figure.filters == [1, -2, 0, 0, 3, 0, 0, 0, 0] and "0·1 + 1·−2 + 3·0 + 4·3" in still(figure)
    assert figure.pictures == [[], [["#000", "#222", "#444"], ["#666", "#888", "#999"], ["#bbb", "#ddd", "#fff"]]]


def test_weights_of_the_modules_own_making():
    torch.manual_seed(2)
    conv, image = parametrizations.weight_norm(nn.Conv2d(3, 2, 3)), torch.randn(3, 5, 5)
    figure = SlidingConvolution.from_module(conv, image, 1)
    assert figure.measured == []
    torch.testing.assert_close(torch.tensor(figure.maps()[0]), conv(image)[1], rtol=1e-5, atol=1e-6)


def test_half_precision_and_training_modes():
    conv = nn.Conv2d(2, 2, 2).half().train()
    figure = SlidingConvolution.from_module(conv, torch.rand(2, 3, 3).bfloat16())
    assert figure.measured == [] and conv.training and conv.weight.dtype == torch.float16


def test_asking_a_module_leaves_it_and_its_image_alone():
    conv, image = nn.Conv2d(2, 3, 2), torch.rand(2, 4, 4, requires_grad=True)
    before, pixels = copy.deepcopy(conv.state_dict()), image.detach().clone()
    conv.register_forward_pre_hook(lambda _, inputs: (inputs[0].mul_(2),))
    assert SlidingConvolution.from_module(conv, image).measured != []
    assert all(torch.equal(value, before[key]) for key, value in conv.state_dict().items())
    assert torch.equal(image, pixels) and conv.weight.dtype == torch.float32 and image.grad is None


class Transposed(nn.Conv2d):
    """Gives rows for columns."""

    def forward(self, x):
        return super().forward(x).transpose(2, 3)


class Forgetful(nn.Conv2d):
    """Forgets its bias."""

    def forward(self, x):
        return self._conv_forward(x, self.weight, None)


class Standardised(nn.Conv2d):
    """Uses other weights than it holds."""

    def forward(self, x):
        mean = self.weight.mean((1, 2, 3), keepdim=True)
        return self._conv_forward(x, self.weight - mean, self.bias)


class Shuffled(nn.Conv2d):
    """Gives its channels in another order."""

    def forward(self, x):
        return super().forward(x).flip(1)


class Unfolded(nn.Conv2d):
    """Does the same in another way: unlike in the last digit at most."""

    def forward(self, x):
        columns = nn.functional.unfold(x, self.kernel_size)
        y = self.weight.flatten(1) @ columns + self.bias[:, None]
        return y.reshape(1, self.out_channels, x.shape[2] - 2, x.shape[3] - 2)


def hooked(c_in, c_out, kernel):
    conv = nn.Conv2d(c_in, c_out, kernel)
    conv.register_forward_hook(lambda module, inputs, output: output.relu())
    return conv


def doubled(c_in, c_out, kernel):
    conv = nn.Conv2d(c_in, c_in, kernel, groups=c_in)
    conv.register_forward_hook(lambda module, inputs, output: 2 * output)
    return conv


@pytest.mark.parametrize("kind", [Transposed, Forgetful, Standardised, Shuffled, hooked, doubled])
def test_a_module_unlike_its_formula_is_shown_as_measured(kind):
    """What it gives is drawn and said; it is not called the sum of the channels."""
    torch.manual_seed(3)
    conv, image = kind(3, 2, 3), torch.randn(1, 3, 5, 5)
    figure = SlidingConvolution.from_module(conv, image, row=2, column=3)
    expected = copy.deepcopy(conv).double()(image.double()).detach()[0]
    own = drawn_of(figure, expected, 0)
    assert figure.measured == own == figure.maps()[: len(own)] and figure.formula() != figure.maps()
    sketch = Sketch(figure)
    assert sketch.said() == sentence(figure) and sketch.said().endswith("the weights give others.")
    totals = sketch.locator(".ln-sl-total").all_text_contents()
    given = own[-1][1][2] if kind is doubled else own[0][1][2]
    assert short(given) in totals and not {"=", "+"} & set(totals)
    sketch.get_by_role("option", name="Map, ").first.hover()
    assert number(own[kind is doubled][1][2]) in sketch.said() and "+" not in sketch.said()


def test_the_same_in_another_way_is_no_departure():
    assert SlidingConvolution.from_module(Unfolded(3, 2, 3), torch.randn(3, 5, 6)).measured == []


@pytest.mark.parametrize(
    ("conv", "image", "message"),
    [
        (lambda: nn.Linear(3, 3), (3, 5, 5), "expected an nn.Conv2d, got Linear"),
        (lambda: nn.ConvTranspose2d(3, 3, 3), (3, 5, 5), "expected an nn.Conv2d, got ConvTranspose2d"),
        (lambda: nn.Sequential(nn.Conv2d(3, 3, 3)), (3, 5, 5), "expected an nn.Conv2d, got Sequential"),
        (lambda: nn.LazyConv2d(3, 3), (3, 5, 5), "the convolution is lazy and has no size yet: run it once first"),
        (lambda: nn.Conv2d(8, 4, 3), (8, 5, 5), "channels must be at most 4 each way; got 8 in and 4 out"),
        (lambda: nn.Conv2d(3, 6, 3), (3, 5, 5), "channels must be at most 4 each way; got 3 in and 6 out"),
        (lambda: nn.Conv2d(4, 4, 3, groups=2), (4, 5, 5), r"groups must be 1 \(standard, pointwise\) or 4 \(depthwise\); got 2"),
        (lambda: nn.Conv2d(3, 3, 3, dilation=2), (3, 6, 6), r"dilation must be 1; got \(2, 2\)"),
        (lambda: nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect"), (3, 5, 5), "padding must be with zeros; got padding_mode 'reflect'"),
        (lambda: nn.Conv2d(3, 3, (1, 3)), (3, 5, 5), r"kernel must be one of 1, 2, 3, the same for height and width; got \(1, 3\)"),
        (lambda: nn.Conv2d(3, 3, 5), (3, 6, 6), r"kernel must be one of 1, 2, 3, .*got \(5, 5\)"),
        (lambda: nn.Conv2d(3, 3, 3, stride=3), (3, 6, 6), r"stride must be one of 1, 2, .*got \(3, 3\)"),
        (lambda: nn.Conv2d(3, 3, 3, stride=(1, 2)), (3, 6, 6), r"stride must be one of 1, 2, .*got \(1, 2\)"),
        (lambda: nn.Conv2d(3, 3, 3, padding=2), (3, 6, 6), r"padding must be one of 0, 1, .*got \(2, 2\)"),
        (lambda: nn.Conv2d(3, 3, 2, padding="same"), (3, 6, 6), "padding must be the same on all sides; 'same' with kernel 2"),
        (lambda: nn.Conv2d(3, 3, 3), (3, 13, 5), r"image must be real and \(3, H, W\) or \(1, 3, H, W\) with H and W 3 to 12; got shape \(3, 13, 5\)"),
        (lambda: nn.Conv2d(3, 3, 3), (3, 2, 5), r"H and W 3 to 12; got shape \(3, 2, 5\)"),
        (lambda: nn.Conv2d(3, 3, 3, padding=1), (3, 0, 5), r"H and W 1 to 12; got shape \(3, 0, 5\)"),
        (lambda: nn.Conv2d(3, 3, 3), (2, 5, 5), r"got shape \(2, 5, 5\)"),
        (lambda: nn.Conv2d(3, 3, 3), (2, 3, 5, 5), r"got shape \(2, 3, 5, 5\)"),
        (lambda: nn.Conv2d(3, 3, 3), (5, 5), r"got shape \(5, 5\)"),
        (lambda: nn.Conv2d(3, 3, 3), [[1.0]], "the image must be a tensor .*; got list"),
        (lambda: nn.Conv2d(3, 3, 3), torch.zeros(3, 5, 5, dtype=torch.complex64), "image must be real .*torch.complex64"),
        (lambda: nn.Conv2d(3, 3, 3, dtype=torch.complex64), (3, 5, 5), "ComplexHalf|finite real numbers|not implemented|copied"),
        (lambda: nn.Conv2d(3, 3, 3), torch.full((3, 5, 5), torch.inf), "weights and image must be finite real numbers"),
        (lambda: broken(lambda: nn.Conv2d(3, 3, 3), weight=nn.Parameter(torch.full((3, 3, 3, 3), torch.nan))), (3, 5, 5), "finite real numbers"),
        (lambda: nn.Conv2d(3, 3, 3, device="meta"), (3, 5, 5), "Conv2d and image must hold values that can be copied"),
        (lambda: broken(lambda: nn.Conv2d(3, 3, 3), forward=lambda x: x), (3, 5, 5), r"must give the shape of its formula, \(1, 3, 3, 3\); got shape \(1, 3, 5, 5\)"),
        (lambda: broken(lambda: nn.Conv2d(3, 3, 3), forward=lambda x: None), (3, 5, 5), r"must give the shape of its formula.*; got NoneType"),
        (lambda: broken(lambda: nn.Conv2d(3, 3, 3), forward=lambda x: x[:, :, 2:, 2:] / 0), (3, 5, 5), "must give finite numbers"),
        (lambda: broken(lambda: nn.Conv2d(3, 3, 3), forward=lambda x: x @ torch.zeros(3, 3)), (3, 5, 5), r"Conv2d cannot take an image \(1, 3, 5, 5\) in float64"),
        (lambda: Transposed(3, 3, 3), (3, 5, 6), r"must give the shape of its formula, \(1, 3, 3, 4\); got shape \(1, 3, 4, 3\)"),
    ],
)
def test_what_cannot_be_drawn_is_refused(conv, image, message):
    with pytest.raises(ValueError, match=message):
        SlidingConvolution.from_module(conv(), torch.rand(image) if isinstance(image, tuple) else image)
