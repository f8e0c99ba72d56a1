"""Compound scaling: its counts against the real networks and the published sizes, what it refuses."""

import pytest
import torch
import traitlets

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models.efficientnet import VARIANTS, EfficientNet, scale_channels, scale_layers
from lightnets_edu.widgets import CompoundScaling
from lightnets_edu.widgets.compound_scaling import scaling

# Parameters and multiply-adds of B0 to B7, as two other implementations count them.
PUBLISHED = {
    "B0": (5_288_548, 385_814_752), "B1": (7_794_184, 686_802_832), "B2": (9_109_994, 993_561_872), "B3": (12_233_232, 1_827_141_392),
    "B4": (19_341_616, 4_393_771_024), "B5": (30_389_784, 10_266_384_752), "B6": (43_040_704, 19_067_593_536), "B7": (66_347_960, 37_745_884_192),
}  # fmt: skip


def real(scale: scaling.Scale) -> tuple[int, int]:
    """What `layer_costs` counts on the real network."""
    with torch.device("meta"):
        net = EfficientNet(scale.width, scale.depth).eval()
    found = total(layer_costs(net, (1, 3, scale.pixels, scale.pixels)))
    return found.params, found.macs


def test_b0_to_b7_cost_what_is_published():
    found = {name: scaling.total(scaling.rows(scale)) for name, scale in CompoundScaling().published().items()}
    assert found == PUBLISHED
    assert list(VARIANTS) == [name.lower() for name in found]


@pytest.mark.parametrize(("mode", "phi"), [("all three", 0), ("all three", 2.5), ("depth", 1.5), ("width", 1), ("resolution", 1.5)])
def test_a_scaled_network_costs_what_is_drawn(mode, phi):
    figure = CompoundScaling(mode=mode, phi=phi)
    assert scaling.total(figure.rows()) == real(figure.scale())


def test_what_does_not_fit_is_refused():
    for traits, message in [
        ({"phi": 0.25}, "phi must be one of 0.0, 0.5, .*; got 0.25"), ({"alpha": 1.4}, "alpha must be one of 1.0, .*1.3; got 1.4"),
        ({"beta": 1.12}, "beta must be one of 1.0, 1.05, 1.1, 1.15; got 1.12"), ({"gamma": 1.3}, "gamma must be one of .*; got 1.3"),
        ({"against": "B8"}, "against must be one of B0, .*, B7; got B8"), ({"mode": "none"}, "none"),
    ]:  # fmt: skip
        with pytest.raises(traitlets.TraitError, match=message):
            CompoundScaling(**traits)


def test_the_rounding_is_that_of_the_networks():
    """As far as those are built: ten times B0."""
    for i in range(1, 201):
        rows = scaling.rows(scaling.Scale(i / 20, i / 20, 224))
        assert [row.channels for row in rows[1:-1]] == [scale_channels(c, i / 20) for c in (16, 24, 40, 80, 112, 192, 320)]
        assert [row.layers for row in rows[1:-1]] == [scale_layers(n, i / 20) for n in (1, 2, 2, 3, 3, 4, 1)]
