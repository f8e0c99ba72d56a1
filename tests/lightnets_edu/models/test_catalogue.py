"""The catalogue holds every network, says of each what its file and the measurements say, and loads no more than asked."""

import inspect
import json
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from torch import nn

from lightnets_edu import models
from lightnets_edu.models.catalogue import CATALOGUE, FAMILIES, MODELS, Network

FACTS = json.loads((Path(__file__).parents[1] / "facts.json").read_text(encoding="utf-8"))["variants"]
PIXELS = {fact["name"]: fact["input"][1] for fact in FACTS}
NO_NETWORK = {"catalogue", "weights", "inception"}    # the last holds blocks


def loaded(statement: str) -> set[str]:
    """The files of models that a fresh Python holds after a statement."""
    code = f"{statement}\nimport sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[2] for name in run.stdout.split() if name.startswith("lightnets_edu.models.")}


@pytest.mark.parametrize(
    ("statement", "files"),
    [
        ("import lightnets_edu.models", set()),
        ("from lightnets_edu.models.shufflenet_v1 import ShuffleUnit", {"shufflenet_v1"}),
        ("from lightnets_edu.models.shufflenet_v2 import BasicUnit", {"shufflenet_v1", "shufflenet_v2"}),    # its shuffle
        ("from lightnets_edu.models import transfer", {"weights"}),
        ("from lightnets_edu.models import MODELS; list(MODELS), 'vgg16' in MODELS", {"catalogue"}),
        ("from lightnets_edu.models import MODELS; MODELS['vgg16']", {"catalogue", "vgg"}),
        ("from lightnets_edu.models import MODELS; MODELS.values()", {"catalogue"}),
        ("from lightnets_edu.models import MODELS; list(MODELS.values())", {c.file for c in CATALOGUE.values()} | {"catalogue"}),
    ],
)
def test_what_is_loaded_is_what_was_asked_for(statement, files):
    assert loaded(statement) == files


def test_models_is_a_mapping_from_names_to_builders():
    assert models.MODELS is MODELS and list(MODELS) == list(CATALOGUE) and len(MODELS) == len(CATALOGUE) > 50
    assert "vgg16" in MODELS and "vgg17" not in MODELS and MODELS.get("vgg17") is None
    assert repr(MODELS).startswith("MODELS(alexnet, alexnet_one_weird_trick, vgg16, ")
    assert set(dir(models)) >= {"MODELS", "transfer"}
    with pytest.raises(KeyError, match="vgg17"):
        MODELS["vgg17"]
    with pytest.raises(AttributeError, match=r"module 'lightnets_edu\.models' has no attribute 'VGG'"):
        models.VGG  # noqa: B018


def wrong(entry: Network) -> list[str]:
    """What an entry says that its file, or the measurements, do not."""
    said, file = [], import_module(f"lightnets_edu.models.{entry.file}")
    build = getattr(file, entry.builder.partition(".")[2], None)
    if not (inspect.isclass(build) and issubclass(build, nn.Module) and build.__module__ == file.__name__):
        said.append("builder")
    elif set(entry.arguments) - set(inspect.signature(build).parameters):
        said.append("arguments")
    if entry.paper not in file.__doc__.replace("\n", " "):
        said.append("paper")
    if PIXELS.get(entry.name, entry.pixels) != entry.pixels:
        said.append("pixels")
    return said


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_entry_agrees_with_its_file_and_with_the_measurements(name):
    assert CATALOGUE[name].name == name and wrong(CATALOGUE[name]) == []


def test_a_wrong_entry_is_caught():
    entry = CATALOGUE["squeezenext_1.0_sqnxt_23v5"]
    for change, what in [
        ({"builder": "squeezenext.SqueezeNet"}, "builder"), ({"builder": "squeezenext.one_of"}, "builder"),
        ({"arguments": {"versions": "23v5"}}, "arguments"), ({"paper": "arXiv:1602.07360"}, "paper"), ({"pixels": 224}, "pixels"),
    ]:  # fmt: skip
        assert wrong(entry._replace(**change)) == [what]


def test_every_file_with_a_network_is_in_the_catalogue():
    files = {found.name for found in pkgutil.iter_modules(models.__path__)}
    assert {entry.file for entry in CATALOGUE.values()} == files - NO_NETWORK
    assert sum(len(family.networks) for family in FAMILIES) == len(CATALOGUE), "a name twice"
    assert len({entry.label for entry in CATALOGUE.values()}) == len(CATALOGUE), "a label twice"
