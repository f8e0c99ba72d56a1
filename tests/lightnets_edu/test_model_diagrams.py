"""Every block and every network drawn, and checked against hooks and against autograd, which the tracing does not use."""

import importlib
import inspect
import pkgutil
import re
import xml.etree.ElementTree as ET
from collections import Counter
from functools import cache
from itertools import combinations

import pytest
import torch
from blocks import BLOCKS as BLOCKS_OF_MODELS
from parity import ShapesOnly
from torch import Tensor, nn

from lightnets_edu import describing, diagrams, drawing, models, tracing
from lightnets_edu.layers import SqueezeExcite
from lightnets_edu.models import (
    MODELS,
    inception_v3,
    mobilenet_v2,
    mobilenet_v3,
    resnet,
    shufflenet_v2,
    squeezenet,
)
from lightnets_edu.models.catalogue import CATALOGUE

BLOCKS = {**BLOCKS_OF_MODELS, SqueezeExcite: ((64, 16), (64, 28, 28))}
BASES = {inception_v3.Towers} if hasattr(inception_v3, "Towers") else set()    # not blocks by themselves
WEIGHTED = (nn.Conv2d, nn.Linear)
ACTIVATIONS = ("Relu", "Hardtanh", "Hardswish", "Hardsigmoid", "LeakyRelu", "Sigmoid", "Silu")


@cache
def block(kind: type[nn.Module]) -> tuple[nn.Module, tuple[int, ...]]:
    args, shape = BLOCKS[kind]
    with torch.device("meta"):
        return kind(*args).eval(), (1, *shape)


@cache
def network(name: str) -> tuple[nn.Module, tuple[int, ...]]:
    size = CATALOGUE[name].pixels
    with torch.device("meta"):
        return MODELS[name]().eval(), (1, 3, size, size)


def weighted(module: nn.Module, shape: tuple[int, ...]) -> tuple[list[tuple[nn.Module, Tensor, Tensor]], Tensor]:
    """What hooks see of every layer with weights, in order, and the output."""
    calls, hooks = [], []
    for layer in module.modules():
        if isinstance(layer, WEIGHTED):
            hooks.append(layer.register_forward_hook(lambda layer, x, y: calls.append((layer, x[0], y))))
    y = module(torch.empty(shape, device="meta", requires_grad=True))
    for hook in hooks:
        hook.remove()
    return calls, y


def run(module: nn.Module, shape: tuple[int, ...]) -> tuple[list[tuple[nn.Module, Tensor, Tensor]], Counter]:
    """The same, and the functions in autograd's record, by name."""
    calls, y = weighted(module, shape)
    seen, waiting = set(), [y.grad_fn]
    while waiting:
        step = waiting.pop()
        if step is not None and step not in seen:
            seen.add(step)
            waiting += [earlier for earlier, _ in step.next_functions]
    return calls, Counter(re.sub(r"Backward\d*$", "", type(step).__name__) for step in seen)


def test_every_block_of_every_file_is_here():
    files = [importlib.import_module(f"{models.__name__}.{found.name}") for found in pkgutil.iter_modules(models.__path__)]
    classes = {thing for file in files for name, thing in vars(file).items()
               if inspect.isclass(thing) and issubclass(thing, nn.Module)
               and thing.__module__ == file.__name__ and not name.startswith("_")}
    networks = {getattr(build, "func", build) for build in MODELS.values()}
    assert classes - networks - BASES == set(BLOCKS) - {SqueezeExcite}


@pytest.mark.parametrize("kind", BLOCKS, ids=lambda kind: f"{kind.__module__.split('.')[-1]}.{kind.__name__}")
def test_a_block_is_drawn_as_it_runs(kind):
    module, shape = block(kind)
    graph, (calls, record) = diagrams.trace(module, shape), run(*block(kind))
    drawn = [node for node in graph.nodes if node.kind in tracing.WEIGHTED]
    into = {node.name: [e.shape for e in graph.edges if e.target == node.name] for node in graph.nodes}
    out = {node.name: [e.shape for e in graph.edges if e.source == node.name] for node in graph.nodes}
    assert [node.lines[0].split()[0] for node in drawn] == ["×".join(map(str, layer.kernel_size)) for layer, _, _ in calls]
    assert [into[node.name] for node in drawn] == [[tuple(x.shape[1:])] for _, x, _ in calls]
    assert [set(out[node.name]) for node in drawn] == [{tuple(y.shape[1:])} for _, _, y in calls]
    words = Counter(node.lines[0] for node in graph.nodes)
    merges = {"add": record["Add"], "concatenate": record["Cat"], "multiply": record["Mul"]}
    assert {word: words[word] for word in merges} == merges
    assert sum(node.kind == "activation" for node in graph.nodes) == sum(record[word] for word in ACTIVATIONS)
    pools = sum(count for word, count in record.items() if "Pool" in word or word == "Mean")
    assert sum(node.kind == "pool" for node in graph.nodes) == pools
    norms = sum("BN" in node.lines[-1] for node in graph.nodes)
    assert norms == sum(isinstance(layer, nn.BatchNorm2d) for layer in module.modules())
    for node in graph.nodes:
        assert bool(into[node.name]) != (node.name == "input") and bool(out[node.name]) != (node.name == "output")
        assert node.kind != "merge" or len(into[node.name]) > 1


def outermost(module: nn.Module) -> list[nn.Module]:
    """The blocks of a network: its modules of the package's own classes, and none of those inside them."""
    found = []
    for child in module.children():
        own = type(child).__module__.startswith("lightnets_edu")
        found += [child] if own else outermost(child)
    return found


@pytest.mark.parametrize("name", MODELS)
def test_a_network_is_drawn_with_all_its_blocks_and_multiply_adds(name):
    module, shape = network(name)
    graph = diagrams.network_graph(module, shape)
    with ShapesOnly():
        calls, _ = weighted(module, shape)
    drawn: Counter = Counter()
    for node in graph.nodes:
        times, what = re.fullmatch(r"(?:(\d+) × )?\(?([^()]*)\)?", node.lines[0]).groups()
        drawn["convolution" if "conv" in what or "depthwise" in what else what] += int(times or 1)
    blocks = outermost(module)
    assert {type(b).__name__: drawn[type(b).__name__] for b in blocks} == Counter(type(b).__name__ for b in blocks)
    inside = {layer for b in blocks for layer in b.modules()}
    outside = [layer for layer, _, _ in calls if layer not in inside]
    assert drawn["convolution"] == sum(isinstance(layer, nn.Conv2d) for layer in outside)
    assert drawn["linear"] == sum(isinstance(layer, nn.Linear) for layer in outside)
    macs = sum(y.numel() // layer.weight.shape[0] * layer.weight.numel() for layer, _, y in calls)
    shown = [line.replace(",", "").split()[:2] for node in graph.nodes for line in node.lines if "multiply-adds" in line]
    total = sum(float(number) * (1e6 if unit == "M" else 1) for number, unit in shown)
    assert abs(total - macs) <= 0.05e6 * len(shown) + 1
    assert graph.edges[-1].shape == (10 if name.startswith("effnet") else 1000,)


def pictures() -> list:
    """Every block, and one network of every class."""
    named = {getattr(build, "func", build): name for name, build in MODELS.items()}
    return [*((diagrams.unit, block, kind) for kind in BLOCKS), *((diagrams.network, network, name) for name in named.values())]


SPACE = "{http://www.w3.org/2000/svg}"


def boxes(svg: str) -> tuple[list, list, list]:
    """The boxes of nodes, and those that labels of edges, and words in nodes, need: left, top, right, bottom."""
    nodes, labels, words = [], [], []
    for group in ET.fromstring(svg).iter(f"{SPACE}g"):
        for part in group:
            at = {k: float(part.get(k)) for k in ("x", "y", "width", "height", "font-size") if part.get(k)}
            if part.tag == f"{SPACE}rect" and part.get("class") != "ln-work":
                nodes.append((at["x"], at["y"], at["x"] + at["width"], at["y"] + at["height"]))
            elif part.tag == f"{SPACE}text":
                half = 0.9 * drawing._pixels(part.text, at["font-size"]) / 2    # DejaVu Sans, the widest, needs 0.9
                room = (at["x"] - half, at["y"] - 10, at["x"] + half, at["y"] + 2)
                (labels if group.get("class") == "edge" else words).append(room)
    return nodes, labels, words


def strokes(svg: str) -> list:
    """Points on every line that is drawn, close to each other: of edges, and the rims of bars."""
    found = []
    for part in ET.fromstring(svg).iter():
        if part.tag == f"{SPACE}path":
            numbers = [float(n) for n in re.findall(r"-?[\d.]+", part.get("d"))]
            points = list(zip(numbers[::2], numbers[1::2], strict=True))
            for start in range(0, len(points) - 3, 3):
                found += bezier(*points[start : start + 4])
        elif part.get("class") == "ln-work":
            x, y, wide, high = (float(part.get(k)) for k in ("x", "y", "width", "height"))
            found += [(x + wide * i / 40, side) for i in range(41) for side in (y, y + high)]
    return found


def bezier(a: tuple, b: tuple, c: tuple, d: tuple, steps: int = 60) -> list[tuple]:
    at = [(i / steps, 1 - i / steps) for i in range(steps + 1)]
    return [tuple(u**3 * p + 3 * u * u * t * q + 3 * u * t * t * r + t**3 * s for p, q, r, s in zip(a, b, c, d, strict=True)) for t, u in at]


def struck(svg: str) -> list:
    """The words that a line runs through."""
    _, labels, words = boxes(svg)
    lines = strokes(svg)
    return [room for room in (*labels, *words) if any(room[0] < x < room[2] and room[1] < y < room[3] for x, y in lines)]


def overlap(a: tuple, b: tuple) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@pytest.mark.parametrize(("draw", "make", "what"), pictures(), ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_picture_is_legible_and_says_in_words_what_it_shows(draw, make, what):
    diagram = draw(*make(what), title="A picture")
    bundle = diagram._repr_mimebundle_()
    described = re.search(r"<desc [^>]*>(.*)</desc>", bundle["text/html"])[1]
    assert bundle["text/plain"] == f"A picture. {described}" == f"A picture. {diagram.description}"
    for i, node in enumerate(diagram.graph.nodes, 1):
        assert f"{i}. {', '.join(node.lines)}" in described
    joins = [node for node in diagram.graph.nodes if sum(edge.target == node.name for edge in diagram.graph.edges) > 1]
    assert len(re.findall(r"paths lead from|by a gate", described)) == len(joins)
    nodes, labels, words = boxes(diagram.svg)
    assert len(nodes) == len(diagram.graph.nodes) and len(labels) == len(diagram.graph.edges)
    assert len(words) == sum(len(node.lines) for node in diagram.graph.nodes)
    assert not [pair for pair in combinations([*nodes, *labels], 2) if overlap(*pair)]
    assert not struck(diagram.svg)


class Spoilt(mobilenet_v3.Bneck):
    """Broken: scales by nothing, and loses its shortcut."""

    def forward(self, x):
        return self.project(self.activation(self.depthwise(self.activation(self.expand(x)))))


def test_the_sentences_name_gate_shortcut_and_equal_ways():
    words = {kind: describing.describe(diagrams.trace(*block(kind))) for kind in BLOCKS}
    gated = words[mobilenet_v3.Bneck]
    assert "Step 11 multiplies what step 5 gives by a gate, which comes from it through steps 6 to 10." in gated
    assert "Two paths lead from step 1 to step 13: the main path through steps 2 to 12, and a shortcut that" in gated
    four = "Four paths lead from step 1 to step 17: one through steps 2 and 3; one through steps 4 to 7; one through steps 8 to"
    assert four in words[inception_v3.InceptionA]
    assert "shortcut" not in words[squeezenet.Fire] + words[shufflenet_v2.DownUnit] + words[SqueezeExcite]
    assert "concatenate" in words[shufflenet_v2.BasicUnit] and "channel shuffle" in words[shufflenet_v2.BasicUnit]
    with torch.device("meta"):
        spoilt = describing.describe(diagrams.trace(Spoilt(*BLOCKS[mobilenet_v3.Bneck][0]), (1, 40, 28, 28)))
    assert "gate" not in spoilt and "shortcut" not in spoilt


def test_only_a_wide_picture_is_scrolled_on_a_small_screen():
    wide, narrow = (diagrams.unit(*block(kind), "A & B") for kind in (inception_v3.InceptionA, mobilenet_v2.InvertedResidual))
    assert narrow._repr_mimebundle_()["text/html"] == narrow.svg
    page = ET.fromstring(wide._repr_mimebundle_()["text/html"])
    assert (page.tag, page.get("tabindex"), page.get("aria-label")) == ("div", "0", "A & B")
    least = float(re.search(r"min-width:(\d+)px", page[0].get("style"))[1])
    assert least / float(page[0].get("width")) * drawing.SMALL == pytest.approx(11, abs=0.1)


def test_an_overlap_would_be_noticed():
    nodes, labels, _ = boxes(diagrams.unit(*block(inception_v3.InceptionA)).svg)
    moved = [(left + 40, top, right + 40, bottom) for left, top, right, bottom in labels]
    assert any(overlap(label, other) for label in moved for other in (*nodes, *labels) if label not in labels)
    assert overlap((0, 0, 2, 2), (1, 1, 3, 3)) and not overlap((0, 0, 2, 2), (2, 0, 3, 2))


def test_a_line_through_words_would_be_noticed():
    """A shortcut that takes the straight way down, and a bar that lies as high as the words of its box."""
    svg = diagrams.unit(*block(resnet.Bottleneck)).svg
    assert not struck(svg)
    dashed = re.search(r'<path [^>]*stroke-dasharray[^>]* d="([^"]*)"|<path [^>]*d="([^"]*)"[^>]*stroke-dasharray', svg)
    dashed = dashed[1] or dashed[2]
    (x, y), *_, (_, end) = ([float(n) for n in point.split(",")] for point in re.findall(r"-?[\d.]+,-?[\d.]+", dashed))
    straight = f"M{x},{y}C{x},{y} {x - 40},{y} {x - 40},{y} {x - 40},{y} {x - 40},{end} {x - 40},{end}"
    assert struck(svg.replace(dashed, straight))
    bar = re.search(r'<rect class="ln-work" x="[^"]*" y="([^"]*)"', svg)
    assert struck(svg.replace(bar[0], bar[0].replace(f'y="{bar[1]}"', f'y="{float(bar[1]) - 12}"')))
