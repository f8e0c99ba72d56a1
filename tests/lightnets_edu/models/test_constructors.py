"""Whatever a reader passes to a public constructor: a model, or a ValueError that gives the value back. Nothing else."""

import importlib
import inspect
import math
import pkgutil
import typing
from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parity import ShapesOnly
from torch import Tensor, nn

from lightnets_edu import layers, models
from lightnets_edu.models import MODELS

FILES = [
    importlib.import_module(f"{models.__name__}.{found.name}")
    for found in pkgutil.iter_modules(models.__path__) if found.name != "catalogue"
]
SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 96, 240, 1000, 100_000)
FLOATS = (0.125, 0.25, 0.35, 0.5, 0.75, 1.0, 1.4, 1.5, 2.0, math.nan, math.inf, -math.inf, -0.0, 1e-300, 1e300)
WORDS = ("", "large", "small", "RE", "HS", "2x1", "1x2", "1x1", "3x3", "1.0", "1.1", "none", "simple", "complex", "D", "23")
ODD = st.one_of(
    st.sampled_from(SIZES),
    st.integers(-3, 70),
    st.sampled_from(FLOATS),
    st.floats(),
    st.sampled_from(WORDS),
    st.text(max_size=3),
    st.none(),
    st.booleans(),
    st.lists(st.integers(0, 9), max_size=3),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
    st.dictionaries(st.integers(0, 2), st.integers(0, 2), max_size=2),
    st.sampled_from([Fraction(1, 2), 3 + 0j, object(), int, len, nn.Identity(), b"3", {3}, slice(3)]),
    st.builds(lambda n: torch.ones(n), st.integers(0, 3)),
)
LIKELY = {int: st.sampled_from(SIZES[:-1]), float: st.sampled_from(FLOATS[:9]), str: st.sampled_from(WORDS), bool: st.booleans()}
Builder = Callable[..., object]


def builders() -> dict[str, Builder]:
    """Every public class that is a module and every public function that takes no tensors, of each file of models."""
    found = {}
    for file in FILES:
        for name, thing in vars(file).items():
            own = not name.startswith("_") and getattr(thing, "__module__", "") == file.__name__
            is_class = own and inspect.isclass(thing) and issubclass(thing, nn.Module)
            if is_class or (own and inspect.isfunction(thing) and not takes_tensors(thing)):
                found[f"{file.__name__.split('.')[-1]}.{name}"] = thing
    shared = {f"layers.{thing.__name__}": thing for thing in (layers.conv_bn, layers.round_channels, layers.SqueezeExcite)}
    return found | shared


def takes_tensors(function: Builder) -> bool:
    """Functions of tensors, such as `channel_shuffle`: they build nothing."""
    hints = typing.get_type_hints(function)
    return Tensor in [hint for name, hint in hints.items() if name != "return"]


BUILDERS = builders()


def likely(parameter: inspect.Parameter) -> st.SearchStrategy[object]:
    """Values that a parameter probably takes: the defaults, and what its annotation suggests."""
    fitting = LIKELY.get(parameter.annotation, ODD)
    return fitting if parameter.default is parameter.empty else st.one_of(st.just(parameter.default), fitting)


@st.composite
def arguments(draw: st.DrawFn, builder: Builder) -> dict[str, object]:
    """Arguments for every parameter, most of them likely, some odd: else nothing but the first check would be met."""
    chosen = {}
    for name, parameter in inspect.signature(builder).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):    # that of nn.Module, which takes none
            continue
        odd = draw(st.integers(0, 3)) == 0
        chosen[name] = draw(ODD if odd else likely(parameter))
    return chosen


def says(error: ValueError, given: dict[str, object]) -> bool:
    """Does the message give back one of the values, or a number made of them, and is it a sentence?"""
    text = str(error)
    values = [shown for value in given.values() for shown in (repr(value), str(value), type(value).__name__)]
    return len(text) > 15 and (any(value and value in text for value in values) or any(c.isdigit() for c in text))


def test_every_file_of_models_is_tried():
    assert {name.split(".")[0] for name in BUILDERS} >= {file.__name__.split(".")[-1] for file in FILES}
    assert len(BUILDERS) > 50 and {"mobilenet_v2.InvertedResidual", "inception.merge", "vgg.VGG"} <= set(BUILDERS)


@pytest.mark.parametrize("name", BUILDERS)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_model_or_a_value_error(name, data):
    builder = BUILDERS[name]
    chosen = data.draw(arguments(builder))
    try:
        with torch.device("meta"):
            builder(**chosen)
    except ValueError as error:
        assert says(error, chosen), f"{error} does not say what was got of {chosen}"


class Careless(nn.Module):
    """Broken: leaves it to torch to complain."""

    def __init__(self, c_in: int, groups: int):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_in // groups, 3, groups=groups)


def test_a_careless_constructor_is_caught(monkeypatch):
    monkeypatch.setitem(BUILDERS, "Careless", Careless)
    with pytest.raises((TypeError, ZeroDivisionError, RuntimeError, AssertionError, BaseExceptionGroup)):
        test_a_model_or_a_value_error("Careless")


NETWORKS = {getattr(build, "func", build).__name__: name for name, build in reversed(list(MODELS.items()))}


@cache
def network(name: str) -> nn.Module:
    with torch.device("meta"):
        return MODELS[NETWORKS[name]]().eval()


@pytest.mark.parametrize("name", NETWORKS)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(size=st.tuples(st.integers(0, 100), st.integers(0, 100)))
def test_an_image_of_any_size_gives_scores_or_a_value_error(name, size):
    try:
        with ShapesOnly():
            scores = network(name)(torch.empty(1, 3, *size, device="meta"))
    except ValueError as error:
        assert f"got {size[0]} × {size[1]}" in str(error)
    else:
        assert scores.shape == (1, 10 if NETWORKS[name].startswith("effnet") else 1000)


NO_IMAGES = st.one_of(
    st.lists(st.integers(0, 5), max_size=6).filter(lambda shape: len(shape) != 4 or shape[1] != 3).map(
        lambda shape: torch.empty(shape, device="meta")
    ),
    st.sampled_from([torch.int64, torch.uint8, torch.bool, torch.complex64]).map(
        lambda dtype: torch.empty(1, 3, 96, 96, dtype=dtype, device="meta")
    ),
    st.sampled_from([None, 3, "image", [[1.0]], (1, 3, 224, 224)]),
)


@pytest.mark.parametrize("name", NETWORKS)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(x=NO_IMAGES)
def test_what_is_no_image_is_refused(name, x):
    with pytest.raises(ValueError, match="expected images"):
        network(name)(x)


def test_a_network_of_every_class_is_tried():
    classes = {thing for thing in BUILDERS.values() if inspect.isclass(thing)}
    built = {build.func if isinstance(build, partial) else build for build in MODELS.values()}
    assert built <= classes and {c.__name__ for c in built} == set(NETWORKS)
