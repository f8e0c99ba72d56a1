"""Every network of MODELS beside its peer on a small image: the same, until something is spoilt.

The peers come from the networks' own test files: each has a function `pair(name)` for the networks of its file.
"""

from importlib import import_module

import pytest
from parity import Pair, as_it_is, in_full

from lightnets_edu.models.catalogue import CATALOGUE

PLANTED = {name: i for i, name in enumerate(CATALOGUE)}    # another mistake in each network: one after the other
LARGE = ("efficientnet_b6", "efficientnet_b7")    # 55 blocks, a gigabyte of peers


def pair(name: str) -> Pair:
    file = f"test_{CATALOGUE[name].file}"
    pair_of = getattr(import_module(file), "pair", None)
    assert pair_of is not None, f"tests/lightnets_edu/models/{file}.py needs a function pair(name): nothing is planted in {name}"
    return pair_of(name)


@pytest.mark.parametrize("name", [*(name for name in PLANTED if name not in LARGE), *in_full(*LARGE)])
def test_a_network_is_its_peer_and_a_planted_mistake_is_caught(name):
    both = pair(name)
    both.assert_same()
    ways = both.sabotages()
    what, spoil = ways[PLANTED[name] % len(ways)]
    assert both.caught(spoil), f"not caught: {what}"


def test_a_network_without_a_pair_is_noticed(monkeypatch):
    monkeypatch.setitem(CATALOGUE, "new", CATALOGUE["vgg16"]._replace(name="new", builder="catalogue.New"))
    with pytest.raises(AssertionError, match=r"test_catalogue\.py needs a function pair.name.: nothing is planted in new"):
        pair("new")


def test_a_pair_that_is_no_pair_is_noticed():
    wrong = pair("effnet_cifar10")._replace(peer=pair("effnet_table1_baseline").peer)
    with pytest.raises(AssertionError, match=r"layer \d+: source"):
        wrong.assert_same()
    assert wrong.caught(as_it_is)
