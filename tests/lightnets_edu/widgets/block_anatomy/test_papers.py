"""The figure of blocks: its tables against arithmetic and `cost`, its ways, and what is packed."""

import json

import pytest
import torch
from block_anatomy.expected import percent, short

from lightnets_edu.cost import layer_costs, total
from lightnets_edu.models.shufflenet_v1 import TABLE_1
from lightnets_edu.widgets import BlockAnatomy
from lightnets_edu.widgets.block_anatomy.blocks import BLOCKS, anatomies
from lightnets_edu.widgets.block_anatomy.flow import KINDS, Anatomy, costs, packed, unpacked

STATES = [(name, values) for name in BLOCKS for values in anatomies(name)]


def conv(c_in: int, c_out: int, k: int, size: int, groups: int = 1, extra: int = 2) -> tuple[int, int]:
    """Parameters with `extra` for each output (batch norm 2, bias 1), and multiply-adds."""
    weights = c_in * c_out * k * k // groups
    return weights + extra * c_out, weights * size * size


def by_hand(name: str, values: tuple) -> list[tuple[int, int]]:
    """Parameters and multiply-adds of each layer, by the papers' formulas, in the order of the run."""
    if name == "inverted_residual":
        t, stride = values
        mid, out = 24 * t, 56 // stride
        first = [conv(24, mid, 1, 56)] if t > 1 else []
        return [*first, conv(mid, mid, 3, out, mid), conv(mid, 24 if stride == 1 else 32, 1, out)]
    if name == "fire":
        s, e3 = int(256 * values[0]), int(256 * values[1])
        return [conv(128, s, 1, 55, extra=1), conv(s, 256 - e3, 1, 55, extra=1), conv(s, e3, 3, 55, extra=1)]
    if name == "ghost":
        s, d = values
        m = 120 // s
        return [conv(40, m, 1, 28), conv(m, m * (s - 1), d, 28, m)]
    if name == "mbconv":
        t, k, share = values
        mid, c = 40 * t, int(40 * share)
        squeeze = [(0, 0), conv(mid, c, 1, 1, extra=1), conv(c, mid, 1, 1, extra=1)] if share else []
        return [*([conv(40, mid, 1, 28)] if t > 1 else []), conv(mid, mid, k, 28, mid), *squeeze, conv(mid, 40, 1, 28)]
    if name == "resnet":
        (w,) = values
        return [conv(256, w, 1, 56), conv(w, w, 3, 56), conv(w, 256, 1, 56)]
    if name == "xception":
        (w,) = values
        layers = [conv(128, 128, 3, 74, 128, 0), conv(128, w, 1, 74), conv(w, w, 3, 74, w, 0), conv(w, w, 1, 74)]
        return [conv(128, w, 1, 37), (0, 0), *layers, (0, 0)]
    if name == "resnext":
        g, w = values
        return [conv(256, w, 1, 56), conv(w, w, 3, 56, g), conv(w, 256, 1, 56)]
    g, stride = values
    c, wider, _ = TABLE_1[g]
    out, c_out, branch = 28 // stride, (c, wider)[stride - 1], (c, wider - c)[stride - 1]
    units = [conv(c, c_out // 4, 1, 28, g), (0, 0), conv(c_out // 4, c_out // 4, 3, out, c_out // 4), conv(c_out // 4, branch, 1, out, g)]
    return units + [(0, 0)] * (stride - 1)


@pytest.mark.parametrize("name", BLOCKS)
def test_every_layer_costs_what_the_papers_formulas_say(name):
    for values, found in anatomies(name).items():
        assert [(row.params, row.macs) for row in found.rows] == by_hand(name, values), values


@pytest.mark.parametrize("name", BLOCKS)
def test_rows_add_up_to_the_real_module(name):
    for values, found in anatomies(name).items():
        module, shape = BLOCKS[name].build(*values)
        whole = total(layer_costs(module.to("meta"), shape))
        assert (sum(r.params for r in found.rows), sum(r.macs for r in found.rows)) == whole[:2]
        c, _, c_out, _ = found.ends
        assert (c, c_out) == (shape[1], module(torch.empty(shape, device="meta")).shape[1])


def follow(found: Anatomy, flow: list, c: int) -> int:
    """Walk along a flow; every piece must take the channels that the one before it gives."""
    for item in flow:
        if isinstance(item, int):
            assert found.rows[item].c_in == c
            c = found.rows[item].c_out
        else:
            join, trunk, c_out, label, *ways = item
            assert sum(w[0] for w in ways) == c or all(w[0] == c for w in ways)
            given = [follow(found, way[1:], way[0]) for way in ways]
            assert c_out == (sum(given) if join == "concatenate" else given[trunk]) and label
            assert join == "concatenate" or set(given) == {c_out}
            c = c_out
    return c


def places(flow: list) -> list[int]:
    return [p for item in flow for p in ([item] if isinstance(item, int) else [p for way in item[4:] for p in places(way[1:])])]


@pytest.mark.parametrize("name", BLOCKS)
def test_channels_flow_from_end_to_end(name):
    for found in anatomies(name).values():
        assert follow(found, found.flow, found.ends[0]) == found.ends[2]
        assert sorted(places(found.flow)) == list(range(len(found.rows)))


def wiring(name: str, values: tuple) -> list:
    return anatomies(name)[values].flow


def test_how_blocks_are_wired():
    """Shortcut and concatenation as the papers draw them."""
    assert wiring("inverted_residual", (6, 1)) == [["add", 1, 24, ["add"], [24], [24, 0, 1, 2]]]
    assert wiring("inverted_residual", (6, 2)) == [0, 1, 2] and wiring("inverted_residual", (1, 2)) == [0, 1]
    assert wiring("fire", (0.125, 0.5)) == [0, ["concatenate", 1, 256, ["concat"], [32, 1], [32, 2]]]
    assert wiring("ghost", (2, 3)) == [0, ["concatenate", 1, 120, ["concat"], [60], [60, 1]]]
    gate = ["multiply", 0, 240, ["multiply"], [240], [240, 2, 3, 4]]
    assert wiring("mbconv", (6, 5, 0.25)) == [["add", 1, 40, ["add"], [40], [40, 0, 1, gate, 5]]]
    assert wiring("mbconv", (6, 5, 0)) == [["add", 1, 40, ["add"], [40], [40, 0, 1, 2]]]
    assert wiring("resnet", (64,)) == [["add", 1, 256, ["add", "ReLU"], [256], [256, 0, 1, 2]]]
    assert wiring("xception", (256,)) == [["add", 1, 256, ["add"], [128, 0], [128, 1, 2, 3, 4, 5, 6]]]
    assert wiring("shufflenet", (3, 1)) == [["add", 1, 240, ["add", "ReLU"], [240], [240, 0, 1, 2, 3]]]
    assert wiring("shufflenet", (3, 2)) == [["concatenate", 1, 480, ["concat", "ReLU"], [240, 4], [240, 0, 1, 2, 3]]]


def test_the_papers_widths():
    """Narrow–wide–narrow, squeeze–expand, wide–narrow–wide; kinds and activations as they are."""
    rows = anatomies("inverted_residual")[6, 1].rows
    assert [(r.c_in, r.c_out, KINDS[r.kind]) for r in rows] == [(24, 144, "pointwise"), (144, 144, "depthwise"), (144, 24, "pointwise")]
    assert [r.text for r in rows] == [
        ("expand", "1×1 pointwise; then BN, ReLU6", "1×1"),
        ("depthwise", "3×3 depthwise; then BN, ReLU6", "3×3"),
        ("project", "1×1 pointwise; then BN, linear", "1×1"),
    ]
    assert anatomies("shufflenet")[3, 2].rows[2].text[2] == "3×3, s = 2"
    assert [(r.c_out, r.size) for r in anatomies("mbconv")[6, 5, 0.25].rows] == [(240, 28), (240, 28), (240, 1), (10, 1), (240, 1), (40, 28)]
    assert [(r.c_in, r.c_out) for r in anatomies("resnet")[64,].rows] == [(256, 64), (64, 64), (64, 256)]
    assert [KINDS[r.kind] for r in anatomies("resnext")[32, 128].rows] == ["pointwise", "grouped", "pointwise"]
    assert [KINDS[r.kind] for r in anatomies("resnext")[64, 64].rows] == ["pointwise", "depthwise", "pointwise"]
    assert [r.text[0] for r in anatomies("shufflenet")[3, 2].rows] == ["reduce", "shuffle", "depthwise", "expand", "avg pool"]


def test_rounded_in_the_drawing_exact_in_words():
    assert [percent(1, 3), percent(0, 9), percent(5, 5), percent(1, 7000), percent(0, 0)] == ["33.3%", "0%", "100%", "0.0143%", "0%"]
    assert percent(49, 400) == "12.3%", "a half is rounded up: 12.25"
    assert [short(n) for n in (0, 999, 1000, 8832, 999_499, 999_500, 25_740_288, 1_690_000_000)] == [
        "0", "999", "1.00 k", "8.83 k", "999 k", "1.00 M", "25.7 M", "1.69 G",
    ]  # fmt: skip


def test_no_knob_has_the_name_of_another():
    """So that no menu changes another one of its name when a block is chosen."""
    labels = [knob.label for block in BLOCKS.values() for knob in block.knobs]
    assert len(set(labels)) == len(labels)


def test_a_hand_sets_a_width_that_its_knob_changes():
    for name, block in BLOCKS.items():
        for i, knob in enumerate(block.knobs):
            widths = {}
            for values, found in anatomies(name).items():
                for row in found.rows:
                    if row.text[0] == knob.edge:
                        widths.setdefault(values[:i] + values[i + 1 :], []).append(row.c_out)
            assert bool(widths) == bool(knob.edge)
            assert all(len(set(own)) == len(own) > 1 for own in widths.values()), "each value another width"


def test_no_state_needs_more_room_than_the_corners():
    """Of the states with each knob at an end: the widest, and the dearest by each count."""
    for name, found in BlockAnatomy().tables.items():
        every = [unpacked(found, i) for i in range(len(found["states"]))]
        ends = [every[i] for i in found["corners"]]
        assert len(ends) == 2 ** len(BLOCKS[name].knobs)
        for what in (lambda a: max(max(row.c_in, row.c_out) for row in a.rows), lambda a: max(row.side for row in a.rows)):
            assert max(map(what, ends)) == max(map(what, every))
        assert found["most"] == [max(cost) for cost in zip(*map(costs, every), strict=True)]


def test_packing_loses_nothing():
    for name in BLOCKS:
        every = list(anatomies(name).values())
        table = json.loads(json.dumps(packed(every)))
        assert [unpacked(table, i)._replace(ends=tuple(a.ends)) for i, a in enumerate(every)] == every


@pytest.mark.parametrize("name", BLOCKS)
def test_the_figure_finds_every_state(name):
    widget, knobs = BlockAnatomy(name), BLOCKS[name].knobs
    for values, found in anatomies(name).items():
        widget.set_state({knob.trait: value for knob, value in zip(knobs, values, strict=True)})
        assert widget.anatomy() == found and widget.layers() == found.rows
