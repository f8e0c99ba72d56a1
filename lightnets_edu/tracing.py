"""What a real module does to a map, step by step: run once on the meta device and watched.

`trace` returns plain nodes and edges, which others draw. Watching a run, rather than reading the code symbolically,
lets a `forward` check shapes and loop as it likes, and gives every shape for nothing.
"""

import os
import re
import sys
from collections.abc import Callable, Sequence
from numbers import Integral
from types import FrameType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from lightnets_edu import cost
from lightnets_edu.borrowed import borrowed, image

LISTS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
WEIGHTED = {"pointwise", "depthwise", "standard", "grouped", "linear"}
NORMS = (_NormBase, nn.GroupNorm, nn.LayerNorm)
WORDS = {
    "cat": "concatenate", "concat": "concatenate", "mul": "multiply", "getitem": "select", "chunk": "split",
    "tensor_split": "split", "relu": "ReLU", "relu6": "ReLU6", "leaky_relu": "LeakyReLU", "hardswish": "Hardswish",
    "hardsigmoid": "Hardsigmoid", "silu": "SiLU", "gelu": "GELU",
}
ACTIVATIONS = {
    "ReLU", "ReLU6", "LeakyReLU", "Hardswish", "Hardsigmoid", "SiLU", "GELU", "sigmoid", "hardtanh", "softmax", "tanh",
}
POOLING = re.compile(r"(adaptive_)?(avg|max)_pool\dd")
TORCH = os.path.dirname(torch.__file__) + os.sep


class Node(NamedTuple):
    """One step. `kind` is input, output, a kind of `cost`, function, merge, activation, pool, unit or other.

    `work` holds multiply-adds for one image by kind of layer, where they were counted.
    """

    name: str
    kind: str
    lines: tuple[str, ...]
    work: tuple[tuple[str, int], ...] = ()


class Edge(NamedTuple):
    """A map on its way from one node to another; `shape` is C, H, W."""

    source: str
    target: str
    shape: tuple[int, ...]


class Graph(NamedTuple):
    """Nodes in the order in which they ran, and edges in the order in which their targets take them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def trace(module: nn.Module, shape: Sequence[int], leaf: Callable[[str, nn.Module], bool] | None = None) -> Graph:
    """The steps of one call on an input of `shape`, batch axis included, in order, each with what it takes and gives.

    A layer of `torch.nn` is one node, and so are a function that `forward` calls, and a module for which
    `leaf(name, module)` holds. A batch norm stands with its convolution. `module` stays as it is.
    ValueError where the shape does not fit, and where the output cannot be followed back to the input.
    """
    if not isinstance(module, nn.Module):
        raise ValueError(f"expected a module (an nn.Module instance), got {type(module).__name__}")
    shape = tuple(shape)
    if len(shape) < 2 or shape[0] != 1 or not all(isinstance(s, Integral) and s > 0 for s in shape):
        raise ValueError(f"shape must be that of one image with its batch axis, such as (1, 240, 28, 28); got {shape}")
    x = image(shape, module)
    with borrowed(module):
        watch = _Watch(module, leaf or (lambda name, module: False))
        watch.add("input", "input", ("input",), [], [x])
        try:
            with watch:
                y = module(x)
        except Exception as error:
            problem = f"cannot be traced on an input of shape {shape}{watch.place()}: {error}"
            raise ValueError(f"{type(module).__name__} {problem}") from error
    outputs = _tensors(y)
    if not any(id(t) in watch.maker for t in outputs):
        raise ValueError(f"the output of {type(module).__name__} cannot be followed back to its input")
    watch.add("output", "output", ("output",), outputs, [])
    return absorb(_reached(watch.graph()), "norm")


def _tensors(tree: object) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


class _Watch(TorchFunctionMode):
    """Writes down each layer and each function that takes a map, while a module runs."""

    def __init__(self, root: nn.Module, leaf: Callable[[str, nn.Module], bool]):
        super().__init__()
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.maker: dict[int, str] = {}      # id of a tensor: the node it comes from
        self.alive: list[Tensor] = []        # so that no id is used twice
        self.inside: list[nn.Module] = []    # the modules whose forward runs now
        self.depth = 0                       # layers that are one node and run now
        self.helper: FrameType | None = None
        self.modules = {name for name, _ in root.named_modules()}
        for name, module in root.named_modules():
            single = module is not root and (_is_layer(module) or leaf(name, module))
            module.register_forward_pre_hook(self._enter(single))
            module.register_forward_hook(self._leave(name, single), with_kwargs=True)

    def graph(self) -> Graph:
        return Graph(tuple(self.nodes), tuple(self.edges))

    def place(self) -> str:
        """Where a run that broke off stood."""
        layer = self.inside[-1] if self.inside else None
        return "" if layer is None or any(True for _ in layer.children()) else f", in {layer}"

    def add(
        self, name: str, kind: str, lines: Sequence[str], inputs: list[Tensor], outputs: list[Tensor],
        module: str | None = None,
    ) -> None:
        """A node under a name of its own; the name of a module is kept for that module's call."""
        taken = {node.name for node in self.nodes} | (self.modules if module is None else self.modules - {module})
        name = next(n for n in (name, *(f"{name}_{i}" for i in range(2, len(taken) + 3))) if n not in taken)
        self.nodes.append(Node(name, kind, tuple(line for line in lines if line)))
        self._connect(name, inputs, outputs)

    def _connect(self, name: str, inputs: list[Tensor], outputs: list[Tensor]) -> None:
        for t in inputs:
            if self.maker.get(id(t), name) != name:
                self.edges.append(Edge(self.maker[id(t)], name, tuple(t.shape[1:])))
        self.alive += outputs
        self.maker.update({id(t): name for t in outputs})

    def _enter(self, single: bool) -> Callable[..., None]:
        def hook(module: nn.Module, args: object) -> None:
            self.inside.append(module)
            self.depth += single
        return hook

    def _leave(self, name: str, single: bool) -> Callable[..., None]:
        def hook(module: nn.Module, args: object, kwargs: object, output: object) -> None:
            self.inside.pop()
            self.depth -= single
            if not single or self.depth or isinstance(module, nn.Identity):
                return
            inputs, outputs = _tensors((args, kwargs)), _tensors(output)
            self.helper = None
            self.add(name, *_layer(module, inputs, outputs), inputs, outputs, module=name)
        return hook

    def __torch_function__(
        self, function: Callable[..., Any], types: object, args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        inputs = [] if self.depth else [t for t in _tensors((args, kwargs)) if id(t) in self.maker]
        before = [t.shape for t in inputs]
        result = function(*args, **(kwargs or {}))
        outputs = _tensors(result)
        if not inputs or not outputs:
            return result
        name = getattr(function, "__name__", "function")
        in_place = name.endswith("_") or (kwargs or {}).get("inplace") or any(arg is True for arg in args)
        if any(a is b for a in inputs for b in outputs) and not in_place:
            return result                    # `contiguous` and its like: nothing happened
        helper = self._called_helper()
        if helper is not None and helper is self.helper:     # its second step: it is more than torch's function
            self.nodes[-1] = self.nodes[-1]._replace(kind="function", lines=_helper_lines(helper))
            self._connect(self.nodes[-1].name, inputs, outputs)
            return result
        self.helper = helper
        word = name.strip("_")
        sizes = {**dict(zip(("kernel_size", "stride"), args[1:], strict=False)), **(kwargs or {})}
        label = _function(word, before[0], outputs, sizes)
        self.add(helper.f_code.co_name if helper is not None else word, *label, inputs, outputs)
        return result

    def _called_helper(self) -> FrameType | None:
        """The function between the running `forward` and torch, if there is one: the innermost, and no method."""
        forward = getattr(self.inside[-1].forward, "__code__", None) if self.inside else None
        frame: FrameType | None = sys._getframe(2)
        helper = None
        while frame is not None and frame.f_code is not forward:
            code = frame.f_code
            first = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
            if not (code.co_name.startswith("<") or code.co_filename.startswith(TORCH) or isinstance(first, nn.Module)):
                helper = helper or frame
            frame = frame.f_back
        return helper if frame is not None else None


def _is_layer(module: nn.Module) -> bool:
    """One node: what torch.nn brings, containers aside, and a module of one's own that holds no other."""
    if isinstance(module, LISTS):
        return False
    return type(module).__module__.startswith("torch.nn") or not any(True for _ in module.children())


def _times(size: int | Sequence[int]) -> str:
    """`3` and `(3, 3)` are both 3×3."""
    return "×".join(map(str, (size, size) if isinstance(size, int) else size))


def _words(name: str) -> str:
    """`channel_shuffle`, `ChannelShuffle` -> channel shuffle."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").strip().lower()


def _helper_lines(frame: FrameType) -> tuple[str, ...]:
    code = frame.f_code
    values = {name: frame.f_locals.get(name) for name in code.co_varnames[: code.co_argcount]}
    said = [f"{v} {n}" if n == "groups" else f"{n} {v}" for n, v in values.items() if isinstance(v, int)]
    return tuple(line for line in (_words(code.co_name), ", ".join(said)) if line)


def _same(value: int | Sequence[int]) -> int | str:
    """A pair of equal numbers is one number to a reader."""
    many = {value} if isinstance(value, int) else set(value)
    return many.pop() if len(many) == 1 else _times(value)


def _layer(layer: nn.Module, inputs: list[Tensor], outputs: list[Tensor]) -> tuple[str, tuple[str, ...]]:
    """Kind and label of a module that is one node."""
    if isinstance(layer, cost.CONVOLUTIONS):
        kind = cost._kind(layer)
        groups = f"{layer.groups} groups" if layer.groups > 1 and kind != "depthwise" else ""
        details = [("stride", layer.stride), ("dilation", layer.dilation)]
        said = [f"{name} {_same(value)}" for name, value in details if _same(value) != 1] + [groups] * bool(groups)
        return kind, (f"{_times(layer.kernel_size)} {'depthwise' if kind == 'depthwise' else 'conv'}", ", ".join(said))
    if isinstance(layer, NORMS):
        return "norm", ("BN" if isinstance(layer, nn.modules.batchnorm._BatchNorm) else _words(type(layer).__name__),)
    if isinstance(layer, nn.Linear):
        return "linear", ("linear",)
    if type(layer).__module__ == "torch.nn.modules.activation":
        return "activation", (type(layer).__name__,)
    if type(layer).__module__ == "torch.nn.modules.pooling":
        name, single = type(layer).__name__, outputs[0].shape[2:].numel() == 1
        sizes = getattr(layer, "kernel_size", None), getattr(layer, "stride", None)
        return "pool", _pool_lines("Avg" in name, "Adaptive" in name, single, *sizes)
    if isinstance(layer, nn.ChannelShuffle):
        return "function", ("channel shuffle", f"{layer.groups} groups")
    if type(layer).__module__ == "torch.nn.modules.padding":
        return "other", ("zero padding" if "Zero" in type(layer).__name__ else "padding",)
    if type(layer).__module__.startswith("torch.nn"):
        return "other", (_words(type(layer).__name__),)
    if not any(True for _ in layer.children()):
        split = getattr(layer, "groups", None)
        return "function", (_words(type(layer).__name__), f"{split} groups" if isinstance(split, int) else "")
    return "unit", (type(layer).__name__, _unit_details(layer, inputs, outputs))


def _pool_lines(average: bool, adaptive: bool, single: bool, kernel: Any, stride: Any) -> tuple[str, ...]:
    """The label of a pool, which is global where it leaves a `single` position."""
    word = "average pool" if average else "max pool"
    if adaptive:
        return (f"global {word}" if single else f"adaptive {word}",)
    return word, f"{_times(kernel)}, stride {_same(stride or kernel)}"


def _unit_details(layer: nn.Module, inputs: list[Tensor], outputs: list[Tensor]) -> str:
    sizes = inputs[0].shape[2:], outputs[0].shape[2:]
    stride = round(sizes[0][0] / sizes[1][0]) if sizes[0] and sizes[1] else 1    # 35 pixels become 17
    return f"stride {stride}" if stride > 1 else ""


def _function(
    word: str, before: torch.Size, outputs: list[Tensor], sizes: dict[str, Any]
) -> tuple[str, tuple[str, ...]]:
    """Kind and label of a call of torch itself."""
    word, after = WORDS.get(word, word), outputs[0].shape
    if word in ("add", "multiply", "concatenate"):
        return "merge", (word,)
    single = len(before) == 4 and (len(after) == 2 or after[2:].numel() == 1)
    if word == "mean" and single:
        return "pool", ("global average pool",)
    if pool := POOLING.fullmatch(word):
        kernel, stride = sizes.get("kernel_size"), sizes.get("stride")
        return "pool", _pool_lines(pool[2] == "avg", bool(pool[1]), single, kernel, stride)
    if word in ACTIVATIONS:
        return "activation", (word,)
    return "other", (f"{_words(word)} into {len(outputs)}" if word == "split" else _words(word),)


def _reached(graph: Graph) -> Graph:
    """Only what the output depends on."""
    wanted = {"output"}
    for node in reversed(graph.nodes):
        if node.name in wanted:
            wanted |= {edge.source for edge in graph.edges if edge.target == node.name}
    return Graph(
        tuple(node for node in graph.nodes if node.name in wanted),
        tuple(edge for edge in graph.edges if edge.target in wanted),
    )


def absorb(graph: Graph, kind: str) -> Graph:
    """Steps of `kind` become a word in the label of the layer with weights before them, when nothing else uses that."""
    nodes, edges = list(graph.nodes), list(graph.edges)
    for node in graph.nodes:
        sources = [edge.source for edge in edges if edge.target == node.name]
        conv = next((i for i, n in enumerate(nodes) if sources == [n.name] and n.kind in WEIGHTED), None)
        if node.kind != kind or conv is None or sum(edge.source == sources[0] for edge in edges) != 1:
            continue
        first, *more = nodes[conv].lines
        nodes[conv] = nodes[conv]._replace(lines=(first, ", ".join([*more, *node.lines])))
        nodes.remove(node)
        edges = [e._replace(source=sources[0]) if e.source == node.name else e for e in edges if e.target != node.name]
    return Graph(tuple(nodes), tuple(edges))
