"""Where a network spends: one bar per layer, and the running total."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import traitlets
from torch import nn

from lightnets_edu.widgets.kit import Figure, front_end
from lightnets_edu.widgets.kit.figure import Lists
from lightnets_edu.widgets.network_skyline.rows import METRICS, Line, Network, Shape, of_module, of_names, unpacked

NAMES = (
    "mobilenet_v1_1.0", "mobilenet_v2_1.0", "mobilenet_v3_large_1.0", "shufflenet_v1_1.0_g3", "shufflenet_v2_1.0",
    "squeezenet_1.0", "squeezenext_1.0_sqnxt_23", "effnet_cifar10", "xception", "inception_v3", "resnet50",
    "resnext50_32x4d", "vgg16", "alexnet", "ghostnet_1.0", "mnasnet_a1", "efficientnet_b0", "micronet_m1",
)  # fmt: skip
ORDERS = ("execution", "largest first")
ENDS = range(1001)    # a brush, in thousandths of the layers: it means as much in a network with more of them
TENTHS, LEVELS = 10, range(11)    # a sketch: so many bars, each so high
CAPTION = "Every bar is a layer, as high as what it costs. Point at one, or drag across several to add them up."


class NetworkSkyline(Figure):
    """Widget: the cost of every layer of a network, in order; beside another one if wanted, on one scale.

    `names` are those of MODELS, at first one of each paper, measured by `cost.layer_costs` on square images of `size`
    pixels or, if that is None, of each network's own size. Traits: `shown` and `against` are names of loaded networks
    (`against` "" for none); `metric` "params", "macs" (multiply-adds for one image) or "access" (elements of memory
    access); `order` "execution" or "largest first"; `brush` the two ends of what is added up, in thousandths of the
    layers as they are drawn; `sketch` ten heights from 0 to 10, a reader's guess at the costs of each tenth of the
    layers; while `sketching` the bars of `shown` are hidden. `networks` holds what was measured: each convolution and
    linear layer with the norm behind it, and they add up to `cost.total`.
    ValueError for unknown names or none; TraitError for values out of range.
    """

    _esm, _css = front_end(__file__)
    drawn = ("shown", "against", "metric", "order", "brush", "sketch", "sketching")
    roots = ("shown",)
    made = ("networks",)

    networks = traitlets.List(traitlets.Dict()).tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)
    against = traitlets.Unicode("").tag(sync=True)
    metric = traitlets.Enum(METRICS, "macs").tag(sync=True)
    order = traitlets.Enum(ORDERS, "execution").tag(sync=True)
    brush = traitlets.List(traitlets.Int(), [ENDS[0], ENDS[-1]]).tag(sync=True)
    sketch = traitlets.List(traitlets.Int(), [0] * TENTHS).tag(sync=True)
    sketching = traitlets.Bool(False).tag(sync=True)

    def __init__(self, names: Sequence[str] = NAMES, size: int | None = None, **traits: Any):
        if "networks" not in traits:
            traits["networks"] = of_names(_checked(names), size)
        traits.setdefault("shown", traits["networks"][0]["name"])
        super().__init__(**{"caption": CAPTION, **traits})

    @classmethod
    def from_module(cls, module: nn.Module, shape: Shape, name: str | None = None, **traits: Any) -> Self:
        """The figure of one module on an input of `shape`, batch axis included, under its class's name or `name`.

        Where `name` is one of MODELS and the layers are not that network's, the figure shows what was measured and
        says so. ValueError where the module cannot be measured, or has no layers.
        """
        return cls.of({name or type(module).__name__: (module, shape)}, **traits)

    @classmethod
    def of(
        cls,
        modules: Mapping[str, tuple[nn.Module, Shape]],
        names: Sequence[str] = (),
        size: int | None = None,
        **traits: Any,
    ) -> Self:
        """The figure of several modules, `{"mine": (module, shape)}`, and behind them networks of MODELS by `names`."""
        pairs = list(modules.values()) if isinstance(modules, Mapping) else [None]
        if not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
            raise ValueError("expected modules with their inputs' shapes, as {'name': (module, (1, 3, 224, 224))}")
        _checked([*modules, *names])
        networks = [of_module(name, *module_and_shape) for name, module_and_shape in modules.items()]
        return cls(**{**traits, "networks": networks + of_names(names, size)})

    def network(self, name: str | None = None) -> Network:
        """A loaded network by name, or the one shown."""
        found: Network = next(n for n in self.networks if n["name"] == (name or self.shown))
        return found

    def rows(self, name: str | None = None) -> list[Line]:
        """The layers of a loaded network by name, or of the one shown, in the order in which they run."""
        return unpacked(self.network(name))

    def _loaded(self) -> list[str]:
        return [network["name"] for network in self.networks]

    def offers(self, name: str) -> Sequence[Any]:
        """The networks that were loaded, two different ones or one alone; places of a brush, heights of a sketch."""
        match name:
            case "shown":
                return self._loaded()
            case "against":
                return ["", *(name for name in self._loaded() if name != self.shown)]
            case "brush":
                return Lists(ENDS, 2)
            case "sketch":
                return Lists(LEVELS, TENTHS)
        return super().offers(name)

    def called(self, name: str) -> str:
        """The other network is told with the one shown."""
        return f"against (beside {self.shown})" if name == "against" else name

    def written(self, name: str, value: Any) -> str:
        """No network, in quotes."""
        return "''" if value == "" else str(value)

    def next_best(self, name: str, offered: Sequence[Any], change: Any) -> Any:
        """If the other network becomes the one shown, the two change places."""
        return change["old"] if name == "against" else super().next_best(name, offered, change)


def _checked(names: Sequence[str]) -> Sequence[str]:
    if isinstance(names, str):
        raise ValueError(f"names must be a list of networks, such as [{names!r}]")
    if not names:
        raise ValueError("the figure takes one network or more, got none")
    if twice := sorted({name for name in names if list(names).count(name) > 1}):
        raise ValueError(f"each network once; named twice: {', '.join(twice)}")
    return names
