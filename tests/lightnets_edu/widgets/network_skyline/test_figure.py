"""The figure of a network's costs: rows that add up, other modules, its traits, its picture."""

import copy
import json
import re
from pathlib import Path

import pytest
import torch
import traitlets
from bs4 import BeautifulSoup
from network_skyline.expected import by_kind, percent
from network_skyline.skyline_modules import IMAGE, Odd, dense
from sketch import Sketch, still
from torch import nn

from lightnets_edu import cost
from lightnets_edu.models import MODELS
from lightnets_edu.models.mobilenet_v1 import MobileNetV1
from lightnets_edu.widgets import NetworkSkyline
from lightnets_edu.widgets.network_skyline import NAMES
from lightnets_edu.widgets.network_skyline.names import places
from lightnets_edu.widgets.network_skyline.rows import (
    KINDS,
    METRICS,
    describe,
    label,
    measured,
    reference,
    unpacked,
    values,
)

FACTS = json.loads((Path(__file__).parents[2] / "facts.json").read_text(encoding="utf-8"))["variants"]
SIZES = {fact["name"]: fact["input"][1] for fact in FACTS}


# Rows -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_rows_add_up_to_the_network(name):
    """Every convolution and linear layer one row, nothing else, and all costs of the network in them."""
    model, size = MODELS[name](), SIZES.get(name, 224)
    network = NetworkSkyline([name]).network()
    rows, shape = unpacked(network), (1, 3, size, size)
    layers = [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    assert tuple(sum(values(rows, metric)) for metric in METRICS) == cost.total(cost.layer_costs(model, shape))
    assert sum(values(rows, "weights")) == sum(layer.weight.numel() for layer in layers)
    assert len(rows) == len(layers) and network["input"] == f"{size}×{size}" and not network["differs"]
    assert [line[1:] for line in rows] == [[row[1], line[2], *row[-4:]] for row, line in zip(measured(model, shape), rows, strict=True)]
    assert not [word for line in rows for word in re.findall(r"\w+_\w+|\b(?:blocks|stages|fires|head|conv)\b|(?<!\d )features", line[0])], "words of papers"
    assert json.loads(json.dumps(network)) == network


def test_rows_of_an_odd_module(odd):
    """Each row, by hand: 4×5 positions, 20; the line takes 20 and gives 9."""
    rows = measured(Odd(), (1, 6, 4, 5))
    assert [row[:8] for row in rows] == [
        ["norm", KINDS.index("norm"), 6, 6, 1, [], [], [4, 5]],
        ["mix", KINDS.index("grouped"), 6, 12, 3, [1, 3], 1, [4, 5]],
        ["slope", KINDS.index("other"), 12, 12, 1, [], [], [4, 5]],
        ["twice", KINDS.index("pointwise"), 12, 12, 1, 1, 1, [4, 5]],
        ["twice", KINDS.index("pointwise"), 12, 12, 1, 1, 1, [4, 5]],
        ["line", KINDS.index("standard"), 12, 8, 1, [3], [2], [9]],
        ["tied", KINDS.index("linear"), 8, 8, 1, [], [], [9]],
        ["again", KINDS.index("linear"), 8, 8, 1, [], [], [9]],
        ["unused", KINDS.index("linear"), 5, 2, 1, [], [], []],
    ]
    weights = 3 * 2 * 12, 144, 3 * 12 * 8
    assert [row[8:] for row in rows] == [
        [0, 12, 0, 0],
        [weights[0], weights[0] + 12, 20 * weights[0], 20 * (6 + 12) + weights[0]],
        [0, 1, 0, 0],
        [weights[1], weights[1] + 12 + 24, 20 * weights[1], 20 * 24 + weights[1]],
        [0, 24, 20 * weights[1], 20 * 24 + weights[1]],
        [weights[2], weights[2], 9 * weights[2], 20 * 12 + 9 * 8 + weights[2]],
        [64, 64 + 8, 9 * 64, 9 * 16 + 64],
        [0, 8, 9 * 64, 9 * 16 + 64],
        [10, 12, 0, 0],
    ]
    assert sum(values(rows, "params")) == sum(p.numel() for p in Odd().parameters())
    assert [line[0] for line in unpacked(odd)] == [
        "norm, norm, 6 → 6 channels, output 4×5", "mix, grouped 1×3, 3 groups, 6 → 12 channels, output 4×5",
        "slope, other, 12 → 12 channels, output 4×5", *["twice, pointwise 1×1, 12 → 12 channels, output 4×5"] * 2,
        "line, standard 3, stride 2, 12 → 8 channels, output 9", "tied, linear, 8 → 8 features, output 9",
        "again, linear, 8 → 8 features, output 9", "unused, linear, 5 → 2 features, never run",
    ]  # fmt: skip
    assert [line[2] for line in unpacked(odd)] == [4, 4, 4, 4, 4, 9, 9, 9, 0]
    assert [(name, len(own)) for name, own in odd["blocks"]][3:5] == [("twice", 2), ("line", 1)]


def test_table_2_of_mobilenet_v1():
    """The paper counts weights alone. It prints 1.19% of multiply-adds for the first layer, and then 99.29 in all."""
    rows = NetworkSkyline(["mobilenet_v1_1.0"]).rows()
    shares = {
        measure: [percent(n, sum(by_kind(rows, measure))) for n in by_kind(rows, measure) if n]
        for measure in ("macs", "weights")
    }
    assert shares == {
        "macs": ["94.86%", "3.06%", "1.91%", "0.18%"], "weights": ["74.59%", "1.06%", "0.02%", "24.33%"],
    }  # fmt: skip


def test_layers_are_called_as_papers_call_them():
    """In blocks that are counted from 1; paths of other modules keep their words."""
    of = lambda name: [line[0].split(", ") for line in NetworkSkyline([name]).rows()]  # noqa: E731
    assert of("mobilenet_v1_1.0")[16][:2] == ["block 8", "pointwise 1×1"]
    assert of("xception")[4][:3] == ["entry flow 1", "first separable", "pointwise 1×1"] and of("xception")[-1][0] == "classifier"
    assert of("mobilenet_v2_1.0")[3][:2] == ["block 2", "expansion"] and of("mobilenet_v2_1.0")[-2][0] == "last convolution"
    assert of("vgg16")[12][:2] == ["convolution 13", "standard 3×3"] and of("squeezenet_1.0")[1][:2] == ["fire2", "squeeze"]
    assert of("inception_v3")[5][:2] == ["module 1", "1×1 tower"] and of("squeezenext_1.0_sqnxt_23")[13][0] == "block 1.3"
    assert of("mobilenet_v3_large_1.0")[11][:2] == ["block 4", "squeeze-and-excite squeeze"]
    assert places(["exit.1.depthwise.0", "exit.3.depthwise.0"]) == [("exit flow 1", ""), ("exit flow 2", "")]
    assert places(["a.0", "a.3", "b.0.0", "b.1", "c.2", "", "mine.4.conv_a.0"]) == [
        ("a 0", ""), ("a 3", ""), ("b 0", ""), ("b 1", ""), ("c", ""), ("", ""), ("mine 4", "conv_a"),
    ]  # fmt: skip


def test_a_page_carries_each_layer_once():
    """Xception's middle is eight times the same block."""
    network = NetworkSkyline(["xception"]).network()
    middle = [own for name, own in network["blocks"] if name.startswith("middle flow")]
    assert len(middle) == 8 and middle == [middle[0]] * 8 and len(network["layers"]) < 45


def test_labels():
    expected = {
        "mobilenet_v1_1.0": "MobileNet V1 1.0", "vgg16": "VGG-16", "xception": "Xception", "inception_v3": "Inception v3",
        "resnet50": "ResNet-50", "resnext50_32x4d": "ResNeXt-50 32x4d", "shufflenet_v1_1.0_g3": "ShuffleNet V1 1.0 g = 3",
        "squeezenext_1.0_g_sqnxt_23": "1.0-G-SqNxt-23", "effnet_cifar10": "EffNet CIFAR-10",
    }  # fmt: skip
    assert {name: label(name) for name in expected} == expected
    assert len({label(name) for name in MODELS}) == len(MODELS)


# Other modules --------------------------------------------------------------------------------------------------------


def test_a_module_like_its_reference():
    figure = NetworkSkyline.from_module(MobileNetV1(), IMAGE, name="mobilenet_v1_1.0")
    assert figure.networks == NetworkSkyline(["mobilenet_v1_1.0"]).networks
    assert "Measured" not in still(figure)


class Wrapped(nn.Module):
    """The same network with other names for its layers."""

    def __init__(self):
        super().__init__()
        self.inner = MobileNetV1()

    def forward(self, x):
        return self.inner(x)


def test_other_names_of_layers_are_no_difference():
    network = NetworkSkyline.from_module(Wrapped(), IMAGE, name="mobilenet_v1_1.0").network()
    assert not network["differs"] and unpacked(network)[0][0].startswith("inner, stem")


def narrow() -> nn.Module:
    return MobileNetV1(num_classes=999)


def biased() -> nn.Module:
    model = MobileNetV1()
    model.stem[0][0] = nn.Conv2d(3, 32, 3, stride=2, padding=1)
    return model


def strided() -> nn.Module:
    model = MobileNetV1()
    model.blocks[3].depthwise[0].stride = (1, 1)
    return model


@pytest.mark.parametrize("make", [dense, narrow, biased, strided])
def test_a_module_unlike_its_reference_is_shown_as_measured(make):
    figure = NetworkSkyline.from_module(make(), IMAGE, name="mobilenet_v1_1.0")
    assert figure.network()["differs"] and Sketch(figure).said().startswith("Measured, not the reference. Point")
    found = tuple(sum(values(figure.rows(), metric)) for metric in METRICS)
    assert found == cost.total(cost.layer_costs(make(), IMAGE))
    assert not NetworkSkyline.from_module(make(), IMAGE, name="mine").network()["differs"], "no name, no reference"


def test_an_input_that_the_reference_does_not_take():
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    assert NetworkSkyline.from_module(model, (1, 12), name="xception").network()["differs"]


def test_several_modules_and_references_behind_them():
    figure = NetworkSkyline.of({"mine": (dense(), IMAGE), "odd": (Odd(), (1, 6, 4, 5))}, ["mobilenet_v1_1.0"], against="odd")
    assert [(n["name"], n["label"], n["input"]) for n in figure.networks] == [
        ("mine", "mine", "224×224"), ("odd", "odd", "4×5"), ("mobilenet_v1_1.0", "MobileNet V1 1.0", "224×224"),
    ]  # fmt: skip
    assert (figure.shown, figure.against) == ("mine", "odd")
    small = NetworkSkyline(["mobilenet_v1_1.0"], size=96).network()
    assert small["input"] == "96×96" and sum(values(unpacked(small), "params")) == 4_231_976


def test_measuring_leaves_the_module_and_the_references_alone():
    model = MobileNetV1().train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    figure = NetworkSkyline.from_module(model, IMAGE, name="mobilenet_v1_1.0")
    assert model.training and all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    figure.networks[0]["layers"][0][0] = "spoilt"
    assert NetworkSkyline(["mobilenet_v1_1.0"]).rows()[0][0].startswith("stem, standard")
    assert reference("mobilenet_v1_1.0", list(IMAGE))[0][0].startswith("stem.")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NetworkSkyline(["mobilenet_v1"]), "no network is called 'mobilenet_v1'; there are mobilenet_v1_.*"),
        (lambda: NetworkSkyline(["§"]), "no network is called '§'; there are alexnet, .*, xception"),
        (lambda: NetworkSkyline("xception"), r"names must be a list of networks, such as \['xception'\]"),
        (lambda: NetworkSkyline([]), "takes one network or more, got none"),
        (lambda: NetworkSkyline(["vgg16", "xception", "vgg16"]), "named twice: vgg16"),
        (lambda: NetworkSkyline(["vgg16"], size=0), "size must be a whole number from 1 up, got 0"),
        (lambda: NetworkSkyline(["xception"], size=4), "Xception cannot take an input of shape"),
        (lambda: NetworkSkyline.from_module(nn.ReLU(), IMAGE), "ReLU has no layers to draw"),
        (lambda: NetworkSkyline.from_module(nn.ReLU(), 224), "shape must be that of one image"),
        (lambda: NetworkSkyline.from_module(MobileNetV1(), (1, 4, 8, 8)), "MobileNetV1 cannot take an input of shape"),
        (lambda: NetworkSkyline.from_module(7, IMAGE), r"expected a network \(an nn.Module instance\), got int"),
        (lambda: NetworkSkyline.of({"a": Odd()}), r"expected modules with their inputs' shapes, as \{'name'"),
        (lambda: NetworkSkyline.of([Odd()]), "expected modules with their inputs' shapes"),
        (lambda: NetworkSkyline.of({}), "takes one network or more, got none"),
        (lambda: NetworkSkyline.of({"vgg16": (Odd(), (1, 6, 4, 5))}, ["vgg16"]), "named twice: vgg16"),
    ],
)
def test_what_cannot_be_drawn_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# Traits ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"shown": "resnet34"}, "shown must be one of mobilenet_v1_1.0, mobilenet_v2_1.0, .*; got resnet34"),
        ({"shown": ""}, "shown must be one of"),
        ({"against": "mobilenet_v1_1.0"}, "against .beside mobilenet_v1_1.0. must be one of '', mobilenet_v2"),
        ({"against": "resnet34"}, "against .* must be one of '', mobilenet_v2_1.0, .*; got resnet34"),
        ({"brush": [0, 1001]}, "brush must be a list of 2 values from 0 to 1000"),
        ({"brush": [0]}, "brush must be a list of 2 values from 0 to 1000"),
        ({"sketch": [11] + [0] * 9}, "sketch must be a list of 10 values from 0 to 10"),
        ({"sketch": [0] * 9}, "sketch must be a list of 10 values from 0 to 10"),
        ({"metric": "flops"}, "metric"),
        ({"order": "smallest first"}, "order"),
        ({"brush": [0, 1.5]}, "brush"),
    ],
)
def test_wrong_traits_are_refused_at_once(traits, message):
    with pytest.raises(traitlets.TraitError, match=message):
        NetworkSkyline(**traits)
    widget = NetworkSkyline()
    ((name, value),) = traits.items()
    before = getattr(widget, name)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


def test_networks_are_measured_once():
    widget = NetworkSkyline(["vgg16"])
    with pytest.raises(traitlets.TraitError, match="make another figure"):
        widget.networks = []
    with pytest.raises(traitlets.TraitError, match="make another figure"):
        widget.set_state({"networks": [{**widget.network(), "label": "other"}]})
    assert widget.network()["label"] == "VGG-16"
    widget.set_state({"networks": copy.deepcopy(widget.networks), "brush": [3, 7]})
    assert widget.brush == [3, 7]


def test_neighbours_change_places():
    """A brush means as much in any network, so it stays."""
    widget = NetworkSkyline(shown="xception", against="vgg16", brush=[0, 250])
    widget.shown = "vgg16"
    assert (widget.shown, widget.against, widget.brush) == ("vgg16", "xception", [0, 250])
    widget.set_state({"against": "mobilenet_v1_1.0", "brush": [700, 100], "shown": "xception"})
    assert (widget.shown, widget.against, widget.brush) == ("xception", "mobilenet_v1_1.0", [700, 100])
    lonely = NetworkSkyline(["vgg16"])
    with pytest.raises(traitlets.TraitError, match="against"):
        lonely.against = "vgg16"


def test_one_network_of_each_paper_is_loaded_and_any_can_be():
    from lightnets_edu.models.catalogue import CATALOGUE

    widget = NetworkSkyline()
    assert tuple(network["name"] for network in widget.networks) == NAMES
    assert {CATALOGUE[name].paper for name in NAMES} == {network.paper for network in CATALOGUE.values()} - {"arXiv:1404.5997"}
    assert len(json.dumps(widget.networks)) < 80_000, "what a page carries"
    widths = [name for name in MODELS if name.startswith("mobilenet_v2")]
    assert NetworkSkyline(widths).offers("shown") == widths and len(widths) == 5


# The still ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("against", ["", "xception", "squeezenext_1.0_g_sqnxt_23"])
def test_the_still(against):
    """A bar and a mark for every layer; every layer's row, and sums that are those of the network."""
    names = ["mobilenet_v1_1.0", "xception", "squeezenext_1.0_g_sqnxt_23"]
    widget = NetworkSkyline(names, metric="params", against=against)
    picture = BeautifulSoup(still(widget), "html.parser")
    many = [len(widget.rows(name)) for name in (widget.shown, widget.against) if name]
    for name in ("bars", "marks"):
        assert sum(path.get("d", "").count("M") for path in picture.select(f".ln-ns-{name}")) == sum(many)
    tables = [[[cell.get_text() for cell in row("td")] for row in table.select("tbody tr")] for table in picture("table")]
    for network, layers in zip([widget.network(name) for name in (widget.shown, widget.against) if name], tables, strict=True):
        rows = unpacked(network)
        assert layers[-1] == ["all", "", *(f"{sum(values(rows, metric)):,}" for metric in ("weights", *METRICS))]
        assert [[int(text.replace(",", "")) for text in row[2:]] for row in layers[:-1]] == [row[3:] for row in rows]
        assert [row[1] for row in layers[:-1]] == [row[0] for row in rows]


def test_a_still_hides_nothing():
    """Where no hand can reveal it, what is covered for a sketch is drawn all the same: only the page's style hides it."""
    covered, bare = (BeautifulSoup(still(NetworkSkyline(["vgg16"], sketching=on)), "html.parser") for on in (True, False))
    bars = lambda page: [path.get("d") for path in page.select(".ln-ns-bars")]  # noqa: E731
    assert bars(covered) == bars(bare) and covered.select(".ln-ns-covered") and not bare.select(".ln-ns-covered")
    assert covered.select("figure.ln-still")


def test_names_are_escaped():
    widget = NetworkSkyline.of({"<b>&": (Odd(), (1, 6, 4, 5))}, ["mobilenet_v1_0.25"], against="mobilenet_v1_0.25")
    assert "<b>" not in still(widget) and "&lt;b&gt;&amp;, 4×5" in still(widget)


def test_a_module_measured_alone():
    rows = measured(nn.Conv2d(3, 8, 3), (1, 3, 5, 5))
    assert rows == [["", KINDS.index("standard"), 3, 8, 1, 3, 1, 3, 216, 224, 9 * 216, 75 + 72 + 216]]
    assert describe(rows[0]) == "standard 3×3, 3 → 8 channels, output 3×3"
