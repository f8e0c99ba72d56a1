"""The four forms of the Inception module: what they compute, what they cost, and that two of them are equivalent."""

import pytest
import torch
from parity import randomise
from torch import nn
from torch.nn import functional as F

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models.inception import (
    EquivalentInception,
    ExtremeInception,
    PlainInception,
    SimplifiedInception,
    merge,
)


def image(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


def differ(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max() / b.abs().max())


FORMS = [PlainInception, SimplifiedInception, EquivalentInception, ExtremeInception]


@pytest.mark.parametrize("form", FORMS)
def test_forms_keep_the_size(form):
    with torch.device("meta"):
        assert form(5, 12)(torch.empty(2, 5, 7, 6)).shape == (2, 12, 7, 6)


@pytest.mark.parametrize(("c_in", "c_out"), [(5, 12), (48, 96)])
def test_forms_cost(c_in, c_out):
    """Weights by hand, batch norm aside: the more towers, the fewer 3 × 3 weights."""

    def weights(module):
        return total(layer_costs(module, (1, c_in, 7, 6))).macs / 42

    c = c_out // 4
    assert weights(PlainInception(c_in, c_out)) == 4 * c_in * c + 3 * 9 * c * c
    for towers in (1, 2, 3, 6, c_out):
        expected = c_in * c_out + 9 * c_out * c_out / towers
        assert weights(SimplifiedInception(c_in, c_out, towers)) == expected
        assert weights(EquivalentInception(c_in, c_out, towers)) == expected
    assert weights(ExtremeInception(c_in, c_out)) == expected


def transcribed(module: PlainInception, x: torch.Tensor, zeros_counted: bool = True, order=(0, 1, 2, 3)) -> torch.Tensor:
    """Figure 1 once more, from functions."""

    def step(layers, y):
        conv, norm, _ = layers
        y = F.conv2d(y, conv.weight, padding=conv.weight.shape[2] // 2)
        norms = [v[None, :, None, None] for v in (norm.running_mean, norm.running_var, norm.weight, norm.bias)]
        return ((y - norms[0]) / (norms[1] + 1e-5).sqrt() * norms[2] + norms[3]).clamp(min=0)

    pooled = F.avg_pool2d(x, 3, 1, 1, count_include_pad=zeros_counted)
    towers = [
        step(module.deep[2], step(module.deep[1], step(module.deep[0], x))),
        step(module.shallow[1], step(module.shallow[0], x)),
        step(module.pool[1], pooled),
        step(module.point, x),
    ]
    return torch.cat([towers[i] for i in order], dim=1)


@torch.no_grad()
def test_plain_form():
    module, x = randomise(PlainInception(5, 12)), image(2, 5, 7, 6)
    assert differ(module(x), transcribed(module, x)) < 1e-12
    assert differ(module(x), transcribed(module, x, zeros_counted=False)) > 1e-3
    assert differ(module(x), transcribed(module, x, order=(1, 0, 2, 3))) > 1e-3


@pytest.mark.parametrize("towers", [1, 2, 3, 12])
@torch.no_grad()
def test_equivalent_form_is_equivalent(towers):
    """Figure 2's weights in Figure 3 give Figure 2's outputs, and in training the same statistics too."""
    module, x = randomise(SimplifiedInception(5, 12, towers)), image(2, 5, 7, 6)
    merged = merge(module)
    assert not merged.training and differ(merged(x), module(x)) < 1e-12
    merged = merge(module.train())
    assert merged.training and differ(merged(x), module(x)) < 1e-12
    statistics = torch.cat([reduce[1].running_var for reduce in module.reduce])
    assert differ(merged.reduce[1].running_var, statistics) < 1e-12
    expected = module.eval()(x)
    for value in merged.parameters():
        value.zero_()
    assert torch.equal(module(x), expected)    # a copy: nothing is shared


@torch.no_grad()
def test_equivalence_would_not_hold_by_chance():
    module, x = randomise(SimplifiedInception(5, 12)), image(2, 5, 7, 6)
    for spoil in (
        lambda m: m.reduce[0].weight.copy_(m.reduce[0].weight.roll(4, 0)),    # segments in another order
        lambda m: m.reduce[1].running_mean.copy_(m.reduce[1].running_mean.roll(4, 0)),
        lambda m: m.spatial[0].load_state_dict(m.spatial[1].state_dict()),
        lambda m: m.reduce.__setitem__(2, nn.Identity()),
    ):
        merged = merge(module)
        spoil(merged)
        assert differ(merged(x), module(x)) > 1e-3


@torch.no_grad()
def test_extreme_form_is_the_last_equivalent_one():
    """One tower per channel (§1.2); and any number of towers is one grouped convolution."""
    x = image(2, 5, 7, 6)
    equivalent, extreme = randomise(EquivalentInception(5, 12, towers=12)), ExtremeInception(5, 12).double().eval()
    extreme.reduce.load_state_dict(equivalent.reduce.state_dict())
    states = [tower.state_dict() for tower in equivalent.spatial]
    extreme.depthwise.load_state_dict(
        {key: torch.cat([s[key] for s in states]) if value.ndim else value for key, value in states[0].items()}
    )
    assert differ(extreme(x), equivalent(x)) < 1e-12
    three = randomise(EquivalentInception(5, 12, towers=3))
    y = three.reduce(x)
    towers = torch.cat([tower[0](part) for tower, part in zip(three.spatial, y.chunk(3, 1), strict=True)], 1)
    grouped = F.conv2d(y, torch.cat([tower[0].weight for tower in three.spatial]), padding=1, groups=3)
    assert differ(grouped, towers) < 1e-12


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: PlainInception(8, 10), "towers: 10 channels cannot be split into 4 equal groups"),
        (lambda: SimplifiedInception(8, 10), "towers: 10 channels cannot be split into 3 equal groups"),
        (lambda: EquivalentInception(8, 10, towers=4), "towers: 10 channels cannot be split into 4 equal groups"),
        (lambda: EquivalentInception(8, 8, towers=0), "towers must be a whole number from 1 up, got 0"),
        (lambda: SimplifiedInception(8, 8, towers="2"), "towers must be a whole number from 1 up, got '2'"),
        (lambda: PlainInception(0, 8), "c_in must be a whole number from 1 up, got 0"),
        (lambda: ExtremeInception(8, 1.5), "c_out must be a whole number from 1 up, got 1.5"),
        (lambda: merge(ExtremeInception(8, 8)), "merge takes a SimplifiedInception, got ExtremeInception"),
        (lambda: merge(None), "merge takes a SimplifiedInception, got NoneType"),
    ],
)
def test_says_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        build()
