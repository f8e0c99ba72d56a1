"""Every network of this release counts what `counts` says, and what its paper, or its authors, printed.

A printed figure agrees when ours, rounded to as many places, is the same. Where it does not, `DEPARTURES` says why;
where the independent implementation of `facts.json` counts otherwise, `PEERS` says why.
"""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import torch
from counts import CUT, FILES, TABLE, Row, agrees, gathered
from torch import nn

from lightnets_edu import cost
from lightnets_edu.models import MODELS
from lightnets_edu.models.catalogue import CATALOGUE

FACTS = json.loads((Path(__file__).parents[1] / "facts.json").read_text(encoding="utf-8"))["variants"]
DEPARTURES, PEERS, NOT_HERE, ALIASES = map(gathered, ("DEPARTURES", "PEERS", "NOT_HERE", "ALIASES"))


def of(name: str) -> str:
    """The network that a row's name means."""
    return ALIASES.get(name, name.split("@")[0])


@cache
def network(name: str) -> nn.Module:
    with torch.device("meta"):
        return MODELS[of(name)]()


@cache
def counted(name: str, size: int) -> cost.Total:
    return cost.total(cost.layer_costs(network(name), (1, 3, size, size)))


def departing(row: Row) -> set[str]:
    """The printed figures of a row that ours does not agree with."""
    printed = {"params": (row.params, row.printed_params), "macs": (row.per * row.macs, row.printed_macs)}
    return {f"{row.name} {what}" for what, (count, figure) in printed.items() if figure and not agrees(count, figure)}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_network_counts_what_its_row_says(row):
    found = counted(row.name, row.size)
    assert (found.params, found.macs) == (row.params, row.macs)
    assert found.params == sum(p.numel() for p in network(row.name).parameters())
    assert departing(row) == {key for key in DEPARTURES if key.split()[0] == row.name}


def test_every_listed_reason_has_its_row_and_its_words():
    names = [row.name for row in TABLE]
    assert len(set(names)) == len(names)
    assert {key.split()[0] for key in DEPARTURES} | set(PEERS) <= set(names)
    assert all(len(reason) > 20 for reasons in (DEPARTURES, PEERS, NOT_HERE) for reason in reasons.values())


def test_every_network_and_every_variant_has_a_row():
    names = {row.name for row in TABLE}
    assert {of(name) for name in names} == set(MODELS)
    assert {fact["name"] for fact in FACTS} - names == set(NOT_HERE)


def test_a_row_stands_in_the_file_of_its_network():
    assert {CATALOGUE[of(row.name)].file for row in TABLE} == set(FILES)
    for name, file in FILES.items():
        assert {CATALOGUE[of(row.name)].file for row in file.ROWS} == {name}
        own = {row.name for row in file.ROWS}
        assert {key.split()[0] for key in getattr(file, "DEPARTURES", {})} | set(getattr(file, "PEERS", {})) <= own


@pytest.mark.parametrize("fact", [fact for fact in FACTS if fact["name"] not in NOT_HERE], ids=lambda f: f["name"])
def test_a_row_is_that_of_the_independent_implementation(fact):
    row = next(row for row in TABLE if row.name == fact["name"])
    assert [3, row.size, row.size] == fact["input"]
    assert ((row.params, row.macs) == (fact["params"], fact["macs"])) == (row.name not in PEERS)
    printed = fact["paper"] or {}
    for figure, in_facts in ((row.printed_params, printed.get("params_M")), (row.printed_macs, printed.get("madds_M"))):
        assert in_facts is None or float(figure) == in_facts
    head = [layer for layer in network(row.name).modules() if isinstance(layer, (nn.Linear, nn.Conv2d))][-1]
    assert next(head.parameters()).shape[0] == fact["num_classes"]


@pytest.mark.parametrize("name", [name for name in NOT_HERE if name.startswith("shufflenet")])
def test_what_is_not_here_cannot_be_built(name):
    width, groups = name.removeprefix("shufflenet_v1_").split("_g")
    with pytest.raises(ValueError, match="cannot be split into"):
        MODELS["shufflenet_v1_1.0_g3"](width=float(width), groups=int(groups))


def test_figures_that_are_cut_off_are_those_of_ours_cut_off():
    for row in TABLE:
        for what, figure in (("params", row.printed_params), ("macs", row.printed_macs)):
            if DEPARTURES.get(f"{row.name} {what}") == CUT:
                unit = 10 ** (6 + Decimal(figure).as_tuple().exponent)
                assert getattr(row, what) // unit * unit == int(Decimal(figure).scaleb(6)), row.name


@pytest.mark.parametrize(
    ("count", "printed", "same"),
    [(4_249_999, "4.2", True), (4_250_000, "4.2", False), (4_150_000, "4.2", True), (719_000_000, "7.2e2", True),
     (714_999_999, "7.2e2", False), (60_965_224, "6e1", True), (22_855_952, "22.855952", True)],
)
def test_agreement_is_that_of_rounding(count, printed, same):
    assert agrees(count, printed) is same


def test_a_departure_that_is_none_any_more_would_be_noticed():
    row = next(row for row in TABLE if row.name == "resnet50")
    assert departing(row) == {"resnet50 macs"} and departing(row._replace(macs=3_800_000_000)) == set()
    assert departing(row._replace(params=25_700_000)) == {"resnet50 macs", "resnet50 params"}
