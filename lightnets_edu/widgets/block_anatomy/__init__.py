"""The blocks of light networks, drawn to scale: how wide the flow of channels is, and what each layer costs."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Self

import traitlets
from torch import nn

from lightnets_edu.widgets.block_anatomy import blocks as catalogue
from lightnets_edu.widgets.block_anatomy import flow as flows
from lightnets_edu.widgets.block_anatomy.flow import Anatomy, Row
from lightnets_edu.widgets.block_anatomy.trace import measured
from lightnets_edu.widgets.kit import Figure, front_end

BLOCKS = tuple(catalogue.BLOCKS)
MOST_QUESTIONS = 3
OFFERED: dict[str, tuple[float, ...]] = {}    # every knob's values, over all blocks
for _block in catalogue.BLOCKS.values():
    for _knob in _block.knobs:
        OFFERED[_knob.trait] = tuple(sorted({*OFFERED.get(_knob.trait, ()), *_knob.values}))
CAPTION = "Height is channels, depth is map size, on one scale."
HANDS = " Drag the grips."    # where there are any


class BlockAnatomy(Figure):
    """Widget: two blocks of light networks, flows of channels on one scale, layers with their exact costs.

    `blocks` are the names loaded, by default all: inverted_residual (knobs `t`, `stride`), resnet (`width`), resnext
    (`groups`, `width`), xception (`width`), fire (`squeeze`, `share`), shufflenet (`groups`, `stride`; channels follow
    the groups as in its Table 1), ghost (`s`, `d`), mbconv (`t`, `kernel`, `squeeze`). `block` is the one with the
    knobs, `beside` the one drawn beside it with its paper's numbers, at first the first other one; a block that is
    alone stands beside itself, and one without knobs by itself. `layer` is the layer or step picked, from 0 in the
    order of the run, at first the one with most multiply-adds. Parameters include those of the batch norm behind a
    layer; multiply-adds are for one image. `questions` are presets that ask; `tables` holds what was measured on the
    real module in every state of the knobs. ValueError for unknown names; TraitError for values not on offer.
    """

    _esm, _css = front_end(__file__)
    drawn = ("block", "beside", *OFFERED, "layer")
    roots = ("block", *OFFERED)
    made = ("tables", "questions")

    tables = traitlets.Dict().tag(sync=True)
    questions: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    block = traitlets.Unicode().tag(sync=True)
    beside = traitlets.Unicode().tag(sync=True)
    t = traitlets.Int(6).tag(sync=True)
    stride = traitlets.Int(1).tag(sync=True)
    squeeze = traitlets.Float(0.125).tag(sync=True)
    share = traitlets.Float(0.5).tag(sync=True)
    s = traitlets.Int(2).tag(sync=True)
    d = traitlets.Int(3).tag(sync=True)
    kernel = traitlets.Int(5).tag(sync=True)
    groups = traitlets.Int(32).tag(sync=True)
    width = traitlets.Int(64).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)

    def __init__(self, block: str = "", blocks: Sequence[str] = BLOCKS, **traits: Any):
        if "tables" not in traits:
            traits["tables"] = {name: _table(name) for name in _known(blocks, block)}
            traits["questions"] = [
                [words, {**state, "layer": 0}]
                for words, state in catalogue.QUESTIONS
                if {state["block"], state["beside"]} <= set(traits["tables"])
            ][:MOST_QUESTIONS]
        block = block or next(iter(traits["tables"]))
        if block in catalogue.BLOCKS:
            traits = {**{knob.trait: knob.default for knob in catalogue.BLOCKS[block].knobs}, **traits}
        others = [name for name in traits["tables"] if name != block]
        caption = CAPTION + HANDS * any(table["knobs"] for table in traits["tables"].values())
        super().__init__(**{"caption": caption, "beside": (others or [block])[0], **traits, "block": block})
        if "layer" not in traits:
            macs = [row.macs for row in self.layers()]
            self.layer = macs.index(max(macs))

    @classmethod
    def from_module(cls, module: nn.Module, shape: Sequence[int], name: str | None = None, **traits: Any) -> Self:
        """The figure of one real block on one image of `shape` (1, c_in, H, W), under its class's name or `name`.

        Where the module is of a class of the package, and its layers are not those of that class with the same
        numbers, its title says so. ValueError for what is no module or cannot be run, and for modules without
        layers, with too many, or whose wiring or parameters the figure could not show.
        """
        return cls("module", tables={"module": _of_module(name or type(module).__name__, module, shape)}, **traits)

    @classmethod
    def of(cls, modules: Mapping[str, tuple[nn.Module, Sequence[int]]], **traits: Any) -> Self:
        """The figure of several real blocks to choose from, `{"mine": (module, shape)}`, the first shown at first.

        ValueError where there is none, and as in `from_module`.
        """
        pairs = list(modules.values()) if isinstance(modules, Mapping) else []
        if not pairs or not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
            raise ValueError("expected modules with their inputs' shapes, as {'name': (module, (1, 24, 56, 56))}")
        tables = {name: _of_module(name, *module_and_shape) for name, module_and_shape in modules.items()}
        return cls(**{"block": next(iter(tables)), **traits, "tables": tables})

    def anatomy(self) -> Anatomy:
        """The block shown, as measured."""
        table, place = self.tables[self.block], 0
        for trait, _, values, *_ in table["knobs"]:
            place = place * len(values) + values.index(getattr(self, trait))
        return flows.unpacked(table, place)

    def layers(self) -> tuple[Row, ...]:
        """The layers and steps of the block shown, in the order of the run."""
        return self.anatomy().rows

    def _knobs(self) -> dict[str, list[float]]:
        """The knobs of the block shown and their values."""
        return {trait: values for trait, _, values, *_ in self.tables.get(self.block, {"knobs": []})["knobs"]}

    def offers(self, name: str) -> Sequence[Any]:
        """Blocks that were loaded; values of the knobs of the block shown, and all of others; layers that there are."""
        if name in ("block", "beside"):
            return list(self.tables)
        if name == "layer":
            return range(len(self.layers()))
        return self._knobs().get(name, OFFERED[name])

    def called(self, name: str) -> str:
        """Knobs are told with their block."""
        return f"{name} of {self.block}" if name in self._knobs() else name

    def next_best(self, name: str, offered: Sequence[Any], change: Any) -> Any:
        """Another block begins with its paper's numbers."""
        defaults = {trait: default for trait, _, _, default, _ in self.tables[self.block]["knobs"]}
        return defaults.get(name) if name in defaults else super().next_best(name, offered, change)


def _of_module(title: str, module: nn.Module, shape: Sequence[int]) -> dict[str, Any]:
    """The table of one real block, and whether its layers differ from those of its class."""
    found = measured(module, shape)
    differs = False
    if expected := catalogue.reference(module, shape):
        try:
            differs = _nameless(expected()) != _nameless(found)
        except (AttributeError, IndexError, TypeError, ValueError):    # no block has such numbers
            differs = True
    return _plain(title, differs, (), [found])


@functools.cache
def _table(name: str) -> dict[str, Any]:
    """A block's table; widgets share it and never change it."""
    block = catalogue.BLOCKS[name]
    return _plain(block.title, False, block.knobs, list(catalogue.anatomies(name).values()))


def _plain(title: str, differs: bool, knobs: Sequence[catalogue.Knob], states: Sequence[Anatomy]) -> dict[str, Any]:
    offered = [[knob.trait, knob.label, list(knob.values), knob.default, knob.edge] for knob in knobs]
    costs = [flows.costs(state) for state in states]
    return {
        "title": f"{title}: measured, not the formula" if differs else title,
        "knobs": offered,
        "corners": _corners([len(knob.values) for knob in knobs]),
        "most": [max(cost) for cost in zip(*costs, strict=True)],
        **flows.packed(states),
    }


def _corners(lengths: Sequence[int]) -> list[int]:
    """Places of the states with each knob at one of its ends: no other needs more room."""
    places = [0]
    for length in lengths:
        places = [place * length + end for place in places for end in sorted({0, length - 1})]
    return places


def _nameless(anatomy: Anatomy) -> Any:
    """What there is to compare: all but the names."""
    return [(row.text[1], *row[1:]) for row in anatomy.rows], anatomy.flow, anatomy.ends


def _known(blocks: Sequence[str], block: str) -> list[str]:
    names = [blocks] if isinstance(blocks, str) else list(blocks)
    for name in [*names, *([block] if block else [])]:
        if name not in catalogue.BLOCKS:
            raise ValueError(f"no block is called {name!r}; there are {', '.join(catalogue.BLOCKS)}")
    if not names:
        raise ValueError(f"blocks must name at least one of {', '.join(catalogue.BLOCKS)}")
    return names
