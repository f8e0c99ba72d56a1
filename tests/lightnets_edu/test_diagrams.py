"""The nodes and edges seen in real modules, and the pictures made of them."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from functools import partial
from itertools import chain
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from lightnets_edu import cost, describing, diagrams, drawing
from lightnets_edu.layers import conv_bn
from lightnets_edu.models.shufflenet_v1 import ShuffleNetV1, ShuffleUnit, channel_shuffle

INPUT = (1, 240, 28, 28)


def unit(stride):
    return ShuffleUnit(240, 240 * stride, stride, groups=3, reduce_groups=3)


class Unshuffled(ShuffleUnit):
    """Broken: the shuffle is gone."""

    def forward(self, x):
        y = self.expand(self.depthwise(torch.relu(self.reduce(x))))
        return torch.relu(self.shortcut(x) + y)


class Unlinked(ShuffleUnit):
    """Broken: the shortcut is gone."""

    def forward(self, x):
        y = channel_shuffle(torch.relu(self.reduce(x)), self.groups)
        return torch.relu(self.expand(self.depthwise(y)))


def ways(graph):
    return [(edge.source, edge.target) for edge in graph.edges]


def lines(graph):
    return [", ".join(node.lines) for node in graph.nodes]


def test_the_unit_of_figure_2b():
    graph = diagrams.trace(unit(1), INPUT)
    assert lines(graph) == [
        "input", "1×1 conv, 3 groups, BN", "ReLU", "channel shuffle, 3 groups", "3×3 depthwise, BN",
        "1×1 conv, 3 groups, BN", "add", "ReLU", "output",
    ]
    assert ("input", "add") in ways(graph) and ("expand.0", "add") in ways(graph) and len(graph.edges) == 9


def test_the_unit_of_figure_2c():
    graph = diagrams.trace(unit(2), INPUT)
    assert lines(graph) == [
        "input", "1×1 conv, 3 groups, BN", "ReLU", "channel shuffle, 3 groups", "3×3 depthwise, stride 2, BN",
        "1×1 conv, 3 groups, BN", "average pool, 3×3, stride 2", "concatenate", "ReLU", "output",
    ]
    assert [way for way in ways(graph) if way[1] == "cat"] == [("shortcut", "cat"), ("expand.0", "cat")]


def test_broken_units_look_broken():
    whole, unshuffled, unlinked = (
        diagrams.trace(made(240, 240, 1, 3, 3), INPUT) for made in (ShuffleUnit, Unshuffled, Unlinked)
    )
    assert set(lines(whole)) - set(lines(unshuffled)) == {"channel shuffle, 3 groups"}
    assert ("relu", "depthwise.0") in ways(unshuffled) and ("relu", "depthwise.0") not in ways(whole)
    assert set(lines(whole)) - set(lines(unlinked)) == {"add"}
    assert describing.forks(whole) and not describing.forks(unlinked)
    assert "shortcut" not in describing.describe(unlinked)


@pytest.mark.parametrize("stride", [1, 2])
def test_shapes_are_those_of_a_real_run(stride):
    module, seen = unit(stride).eval(), {}
    for name, layer in module.named_modules():
        layer.register_forward_hook(lambda m, x, y, name=name: seen.update({name: tuple(y.shape[1:])}))
    whole = module(torch.zeros(INPUT))
    drawn = {edge.source: edge.shape for edge in diagrams.trace(unit(stride), INPUT).edges}
    layers = set(drawn) & set(seen)
    assert len(layers) == 2 + stride and {name: drawn[name] for name in layers} == {name: seen[name] for name in layers}
    assert drawn["relu_2"] == tuple(whole.shape[1:])


def test_the_module_stays_as_it_is():
    module = unit(1).train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    diagrams.unit(module, INPUT)
    assert module.training and not module._forward_hooks and not module.reduce[0]._forward_hooks
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def split_and_weigh(x, groups):
    first, second = x.chunk(2, 1)
    return torch.cat([second, first], 1)


class Odd(nn.Module):
    """In place, twice through one layer, a helper with two ends, a dead end, a module named as a function."""

    def __init__(self):
        super().__init__()
        self.relu = nn.Conv2d(4, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.gate = nn.Parameter(torch.ones(4, 1, 1))

    def forward(self, x):
        if x.shape[1] != 4:
            raise ValueError("four channels, please")
        y = torch.relu(x)
        torch.sigmoid(x)
        y = self.bn(self.relu(self.relu(y)))
        y += x
        return split_and_weigh(y.contiguous(), 2) * self.gate


def test_odd_modules_are_followed():
    graph = diagrams.trace(Odd(), (1, 4, 8, 8))
    assert lines(graph) == [
        "input", "ReLU", "3×3 conv", "3×3 conv, BN", "add", "split and weigh, 2 groups", "multiply", "output",
    ]
    assert [node.name for node in graph.nodes][1:4] == ["relu_2", "relu", "relu_3"]
    assert ("input", "add") in ways(graph)


@pytest.mark.parametrize("activation", [
    torch.relu_, partial(functional.relu, inplace=True), lambda x: functional.relu(x, True), nn.ReLU(inplace=True)])  # fmt: skip
def test_an_activation_in_place_is_one_step(activation):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.activation = nn.Conv2d(4, 4, 3, padding=1), activation

        def forward(self, x):
            y = self.activation(self.conv(x).contiguous())    # `contiguous` gives back what it was given, and is none
            return x + y

    assert lines(diagrams.trace(Block(), (1, 4, 8, 8))) == ["input", "3×3 conv", "ReLU", "add", "output"]


def test_a_bottleneck_in_a_sequential():
    graph = diagrams.trace(nn.Sequential(nn.Conv2d(8, 4, 1), nn.Conv2d(4, 4, 3, groups=2), conv_bn(4, 8, 1)), (1, 8, 9, 9))
    assert lines(graph) == ["input", "1×1 conv", "3×3 conv, 2 groups", "1×1 conv, BN", "output"]
    assert [edge.shape for edge in graph.edges][2] == (4, 7, 7)


def test_the_network_folds_equal_units_and_accounts_for_every_multiply_add():
    graph = diagrams.network_graph(ShuffleNetV1(3), (1, 3, 224, 224))
    assert [node.lines[0] for node in graph.nodes] == [
        "input", "3×3 conv", "max pool", "ShuffleUnit", "3 × ShuffleUnit", "ShuffleUnit", "7 × ShuffleUnit",
        "ShuffleUnit", "3 × ShuffleUnit", "global average pool", "linear", "output",
    ]
    rows = cost.layer_costs(ShuffleNetV1(3), (1, 3, 224, 224))
    stage = sum(row.macs for row in rows if re.match(r"stages\.[1-3]\.", row.name))
    assert graph.nodes[4].lines[-1] == diagrams.millions(stage)
    shown = [float(node.lines[-1].split()[0]) for node in graph.nodes if "multiply-adds" in node.lines[-1]]
    assert sum(shown) == pytest.approx(cost.total(rows).macs / 1e6, abs=0.05 * len(shown))


def test_units_that_differ_are_not_folded():
    net = nn.Sequential(unit(1), Unlinked(240, 240, 1, 3, 3), ShuffleUnit(240, 240, 1, 3, 1))
    assert [node.lines[0] for node in diagrams.network_graph(net, INPUT).nodes][1:-1] == [
        "ShuffleUnit", "Unlinked", "ShuffleUnit",
    ]


def test_the_description_names_every_step_and_both_paths():
    diagram = diagrams.unit(unit(2), INPUT, "A unit with stride 2")
    for i, node in enumerate(diagram.graph.nodes, 1):
        assert f"{i}. {', '.join(node.lines)}" in diagram.description
    assert diagram.description.endswith(
        "Two paths lead from step 1 to step 8: the main path through steps 2 to 6, and a shortcut through step 7."
    )
    assert diagram._repr_mimebundle_()["text/plain"] == f"A unit with stride 2. {diagram.description}"
    assert "a shortcut that changes nothing" in diagrams.unit(unit(1), INPUT).description


def test_the_picture_is_complete_in_itself():
    first, second = (diagrams.unit(unit(stride), INPUT, "A & B <unit>") for stride in (1, 2))
    root = ET.fromstring(first._repr_mimebundle_()["text/html"])
    svg = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img" and root.get("viewBox") and root.find(f"{svg}title").text == "A & B <unit>"
    assert root.find(f"{svg}desc").text == first.description
    assert root.get("aria-describedby") == root.find(f"{svg}desc").get("id")
    assert not re.search(r"href|url\(|@import|http(?!://www\.w3\.org/2000/svg)|white|\n", first.svg)
    ids = [re.findall(r'\bid="([^"]*)"', diagram.svg) for diagram in (first, second)]
    assert all(len(found) == 2 for found in ids) and not set(ids[0]) & set(ids[1])
    assert "currentColor" in first.svg and "var(--ln-0, #0072b2)" in first.svg
    drawn = [text.text for text in root.iter(f"{svg}text")]
    for node in first.graph.nodes:
        assert set(node.lines) <= set(drawn)
    assert "240×28×28" in drawn and "shortcut" in drawn


SVG = "{http://www.w3.org/2000/svg}"
NETWORK = (ShuffleNetV1(3), (1, 3, 224, 224))
PARTS = {"Front": ("stem",), "Stage 2": ("stages.0", "stages.1"), "Back": ("stages.4", "stages.5")}


def test_parts_of_a_network_stand_side_by_side():
    """Every step in one panel, under its own number; what crosses a border names where it goes and comes from."""
    whole, diagram = diagrams.network_graph(*NETWORK), diagrams.network(*NETWORK, title="Net", parts=PARTS)
    own = [[node for node in panel.graph.nodes if node.kind != "link"] for panel in diagram.panels]
    assert [panel.label for panel in diagram.panels] == list(PARTS) and [*chain(*own)] == list(whole.nodes)
    assert [len(nodes) for nodes in own] == [3, 2, 7]
    assert [lines(panel.graph)[0] for panel in diagram.panels] == ["input", "from Front", "from Stage 2"]
    assert [lines(panel.graph)[-1] for panel in diagram.panels] == ["to Stage 2", "to Back", "output"]
    assert diagram.panels[1].graph.edges[0].shape == (24, 56, 56) and diagram.panels[1].graph.edges[-1].shape == (240, 28, 28)
    numbers = [[int(n) for n in re.findall(r"(?:^|[^×] )(\d+)\. (?=\D|\d+×|\d+ ×)", panel.description)] for panel in diagram.panels]
    assert numbers == [[1, 2, 3], [4, 5], list(range(6, 13))]
    page = ET.fromstring(diagram._repr_mimebundle_()["text/html"])
    assert "flex-wrap:wrap" in page.get("style")
    assert [part.findtext("p") for part in page if part.tag == "div"] == list(PARTS)
    assert [svg.findtext(f"{SVG}title") for svg in page.iter(f"{SVG}svg")] == [f"Net: {label}" for label in PARTS]
    assert [svg.findtext(f"{SVG}desc") for svg in page.iter(f"{SVG}svg")] == [panel.description for panel in diagram.panels]
    ids = [part.get("id") for part in page.iter() if part.get("id")]
    assert len(ids) == len(set(ids)) == 6


def test_a_shortcut_over_a_border_is_named_on_both_sides():
    graph = diagrams.trace(unit(1), INPUT)
    names = [node.name for node in graph.nodes]
    first, second = drawing.panels(graph, {"A": names[:4], "B": names[4:]})
    assert lines(first.graph)[-2:] == ["to B", "to B"] and lines(second.graph)[:2] == ["from A", "from A"]
    assert "Two paths lead from step 1 to step 7" in second.description and "paths" not in first.description


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"Front": ("root",)}, "'root' is no step of the drawing; there are input, stem"),
        ({"Front": ("stages.2",)}, "'stages.2' is no step of the drawing; there are .*stages.1, "),    # it is folded
        ({"Front": ("stem",), "Back": ("stem", "head")}, "'stem' stands in two parts"),
        ({"Back": ("stages", "head"), "Front": ("stem",)}, r"'Back' takes what 'Front' gives, so it must be the next"),
    ],
)
def test_parts_that_are_none(parts, message):
    with pytest.raises(ValueError, match=message):
        diagrams.network(*NETWORK, parts=parts)


def bars(diagram) -> list[list[tuple[str, float]]]:
    """What is drawn of multiply-adds in each box that has some: the colour and the area of each part."""
    groups = [group for svg in diagram.svgs for group in ET.fromstring(svg).iter(f"{SVG}g")]
    parts = [[part for part in group if part.get("class") == "ln-work"] for group in groups]
    return [[(p.get("fill"), float(p.get("width")) * float(p.get("height"))) for p in found] for found in parts if found]


def expected(diagram) -> list[list[tuple[str, int]]]:
    """The same from the counts."""
    works = [node.work for panel in diagram.panels for node in panel.graph.nodes if node.work]
    return [[(drawing._paint(drawing.PAINT[kind]), macs) for kind, macs in work] for work in works]


def agree(drawn, counted) -> bool:
    """The same colours in the same order, and areas in the same proportions."""
    flat, counts = ([*chain(*rows)] for rows in (drawn, counted))
    scale = sum(area for _, area in flat) / sum(macs for _, macs in counts)
    same = [[len(row) for row in rows] for rows in (drawn, counted)]
    return same[0] == same[1] and all(
        a == b and area == pytest.approx(macs * scale, rel=1e-4) for (a, area), (b, macs) in zip(flat, counts, strict=True)
    )


def test_cost_is_an_area_at_one_scale():
    """Also over all parts of a network, and over diagrams side by side; of a spoilt drawing the test would say so."""
    cut = diagrams.network(*NETWORK, parts=PARTS)
    pair = diagrams.beside("Two", dense=diagrams.unit(conv_bn(64, 128, 3), (1, 64, 8, 8)), one_by_one=diagrams.unit(conv_bn(64, 128, 1), (1, 64, 8, 8)))
    for diagram in (diagrams.unit(unit(1), INPUT), diagrams.network(*NETWORK), cut, pair):
        assert agree(bars(diagram), expected(diagram))
    rows = cost.layer_costs(*NETWORK)
    assert sum(macs for row in expected(cut) for _, macs in row) == cost.total(rows).macs
    assert [panel.label for panel in pair.panels] == ["Dense", "One by one"] and bars(pair)[0][0][1] == pytest.approx(9 * bars(pair)[1][0][1], rel=1e-4)
    drawn, counted = bars(cut), expected(cut)
    longer = [[(colour, area + 1) for colour, area in drawn[0]], *drawn[1:]]
    other = [[("currentColor", area) for _, area in drawn[0]], *drawn[1:]]
    each_its_own = [[(colour, area / sum(a for _, a in row)) for colour, area in row] for row in drawn]
    assert not any(agree(spoilt, counted) for spoilt in (longer, other, each_its_own, drawn[1:]))


def test_colours_of_bars_are_explained_where_boxes_have_none():
    page = diagrams.network(*NETWORK)._repr_mimebundle_()["text/html"]
    assert re.findall(r"<span[^>]*>([^<]*)</span>", page) == ["Bars: multiply-adds, all at one scale", "pointwise", "depthwise"]
    assert "(pointwise 22.6 M, depthwise 1.3 M)" in diagrams.network(*NETWORK).description
    assert "<span" not in diagrams.unit(unit(1), INPUT)._repr_mimebundle_()["text/html"]


class Products(nn.Module):
    """Multiplies outside layers, which is not counted."""

    def forward(self, x):
        return torch.relu(x @ x)


def test_what_cannot_be_counted_is_drawn_without_bars():
    assert not bars(diagrams.unit(Products(), (1, 2, 8, 8)))
    with pytest.raises(ValueError, match="cannot be given a row"):
        diagrams.network(Products(), (1, 2, 8, 8))


PROGRAM = """
from lightnets_edu import diagrams
from lightnets_edu.models.shufflenet_v1 import ShuffleUnit
print(diagrams.unit(ShuffleUnit(240, 480, 2, 3, 3), (1, 240, 28, 28)).svg)
"""


def drawn_elsewhere(path, before=""):
    """The picture from a fresh Python with another PATH: its exit status, output and errors."""
    root = Path(diagrams.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", before + PROGRAM], capture_output=True, text=True,
        env={**os.environ, "PATH": str(path), "PYTHONPATH": str(root)},
    )
    return done.returncode, done.stdout, done.stderr


def test_without_dot_the_same_picture_and_not_a_word_on_stderr(tmp_path):
    assert drawn_elsewhere(tmp_path) == (0, diagrams.unit(unit(2), INPUT).svg + "\n", "")


NO_PYGRAPHVIZ = "import sys; sys.modules['pygraphviz'] = None\n"


def test_without_any_engine_the_error_says_what_to_install(tmp_path):
    status, _, errors = drawn_elsewhere(tmp_path, NO_PYGRAPHVIZ)
    assert status == 1 and 'RuntimeError: a diagram needs a layout engine: pip install "pygraphviz>=2"' in errors


def test_without_pygraphviz_dot_draws(tmp_path):
    dot = tmp_path / "dot"
    dot.write_text(
        f"#!{sys.executable}\nimport sys, pygraphviz\n"
        "sys.stdout.buffer.write(pygraphviz.AGraph(string=sys.stdin.read()).draw(format='svg', prog='dot'))\n"
    )
    dot.chmod(0o755)
    assert drawn_elsewhere(tmp_path, NO_PYGRAPHVIZ) == (0, diagrams.unit(unit(2), INPUT).svg + "\n", "")


def test_importing_loads_no_engine():
    code = "import sys, lightnets_edu.diagrams; print('pygraphviz' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


class Constant(nn.Module):
    def forward(self, x):
        return torch.zeros(1)


class Deciding(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize("draw", [diagrams.unit, diagrams.network])
@pytest.mark.parametrize(
    ("module", "shape", "message"),
    [
        (torch.relu, INPUT, "expected a module .* got builtin_function_or_method"),
        (unit(1), (240, 28, 28), "shape must be that of one image with its batch axis"),
        (unit(1), (1, 239, 28, 28), r"ShuffleUnit cannot be traced on an input of shape \(1, 239, 28, 28\), in Conv2d\(240, "),
        (Constant(), INPUT, "output of Constant cannot be followed back to its input"),
        (Deciding(), INPUT, "Deciding cannot be traced"),
    ],
)
def test_errors_say_what_is_wrong(draw, module, shape, message):
    with pytest.raises(ValueError, match=message):
        draw(module, shape)
