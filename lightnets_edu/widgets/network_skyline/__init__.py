"""Where a network spends: one bar per layer, and the running total."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import traitlets
from torch import nn

from lightnets_edu.widgets.kit import Figure, front_end
from lightnets_edu.widgets.network_skyline.rows import METRICS, MOST, Network, Shape, of_module, of_names, values

NAMES = ("mobilenet_v1_1.0", "mobilenet_v2_1.0", "xception", "vgg16")
ORDERS = ("execution", "largest first")
SCALES = ("same", "own")
CAPTION = (
    "Every bar is a layer, as high as what it costs; the marks below say its kind. The line is the share of the total "
    "spent so far, the dashed line the same for another measure: parameters and multiply-adds sit in different layers."
)


class NetworkSkyline(Figure):
    """Widget: the cost of every layer of a network, in order, with the running total; beside another one if wanted.

    `names` are those of MODELS, at most eight, measured by `cost.layer_costs` on square images of `size` pixels or, if
    that is None, of each network's own size. Traits: `shown` and `against` are names of loaded networks (`against` ""
    for none); `metric` "params", "macs" (multiply-adds for one image) or "access" (elements of memory access); `order`
    "execution" or "largest first"; `scale` "same" or "own" for two networks' axes; `layer`, from 0 in the order of
    execution, is the selected layer of `shown`, at first its most expensive. `networks` holds the measured rows: each
    convolution and linear layer with the norm behind it, and they add up to `cost.total`.
    ValueError for unknown names, too many, too few; TraitError for values out of range.
    """

    _esm, _css = front_end(__file__)
    drawn = ("shown", "against", "metric", "order", "scale", "layer")
    roots = ("shown",)
    made = ("networks",)

    networks = traitlets.List(traitlets.Dict()).tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)
    against = traitlets.Unicode("").tag(sync=True)
    metric = traitlets.Enum(METRICS, "macs").tag(sync=True)
    order = traitlets.Enum(ORDERS, "execution").tag(sync=True)
    scale = traitlets.Enum(SCALES, "same").tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)

    def __init__(self, names: Sequence[str] = NAMES, size: int | None = None, **traits: Any):
        if "networks" not in traits:
            traits["networks"] = of_names(_few(names), size)
        networks: dict[str, Network] = {network["name"]: network for network in traits["networks"]}
        traits.setdefault("shown", next(iter(networks)))
        metric = traits.get("metric", "macs")
        if "layer" not in traits and traits["shown"] in networks and metric in METRICS:
            numbers = values(networks[traits["shown"]]["rows"], metric)
            traits["layer"] = numbers.index(max(numbers))
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
        _few([*modules, *names])
        networks = [of_module(name, *module_and_shape) for name, module_and_shape in modules.items()]
        return cls(**{**traits, "networks": networks + of_names(names, size)})

    def network(self, name: str | None = None) -> Network:
        """A loaded network by name, or the one shown."""
        found: Network = next(n for n in self.networks if n["name"] == (name or self.shown))
        return found

    def pair(self) -> list[Network]:
        """The networks drawn: one or two."""
        return [self.network(name) for name in (self.shown, self.against) if name]

    def _loaded(self) -> list[str]:
        return [network["name"] for network in self.networks]

    def offers(self, name: str) -> Sequence[Any]:
        """The networks that were loaded, two different ones or one alone; the layers of the one shown."""
        match name:
            case "shown":
                return self._loaded()
            case "against":
                return ["", *(name for name in self._loaded() if name != self.shown)]
            case "layer":
                return range(len(self.network()["rows"]))
        return super().offers(name)

    def called(self, name: str) -> str:
        """What depends on the network shown is told with it."""
        of = {"against": f"against (beside {self.shown})", "layer": f"layer of {self.shown}"}
        return of.get(name, name)

    def written(self, name: str, value: Any) -> str:
        """No network, in quotes."""
        return str(value) or "''"

    def next_best(self, name: str, offered: Sequence[Any], change: Any) -> Any:
        """If the other network becomes the one shown, the two change places."""
        return change["old"] if name == "against" else super().next_best(name, offered, change)


def _few(names: Sequence[str]) -> Sequence[str]:
    if isinstance(names, str):
        raise ValueError(f"names must be a list of networks, such as [{names!r}]")
    if not 1 <= len(names) <= MOST:
        raise ValueError(f"the figure takes 1 to {MOST} networks, got {len(names)}")
    if twice := sorted({name for name in names if list(names).count(name) > 1}):
        raise ValueError(f"each network once; named twice: {', '.join(twice)}")
    return names
