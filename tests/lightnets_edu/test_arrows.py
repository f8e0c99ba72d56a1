"""layers -> borrowed -> models -> inference -> products -> cost -> diagrams -> widgets: imports point one way, and importing costs nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from imports import own_modules

import lightnets_edu
from lightnets_edu import widgets

PACKAGE = Path(lightnets_edu.__file__).parent
ORDER = ("threads", "layers", "borrowed", "models", "inference", "products", "cost", "tracing", "describing", "drawing", "diagrams", "widgets")
ALONE = {
    "__init__": set(), "compare": set(), "checks": {"compare"}, "show": set(), "copies": set(),
    "data": set(), "verdict": set(), "training": {"data", "progress", "threads"}, "timing": {"threads"}, "progress": set(), "ready": {"__version__"},
}


def imported(source: str) -> set[str]:
    """The parts of the package that a source imports, wherever in the file; "." for a relative import."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += ["lightnets_edu.."] if node.level else [f"{node.module}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] or "." for name in names if name.startswith("lightnets_edu.")}


def wrong_arrows(part: str, source: str) -> set[str]:
    """What `source`, a file of `part`, imports and must not."""
    if part in ALONE:
        return imported(source) - ALONE[part]
    return imported(source) - set(ORDER[: ORDER.index(part) + 1])


def parts() -> list[tuple[str, Path]]:
    return [(path.relative_to(PACKAGE).parts[0].removesuffix(".py"), path) for path in sorted(PACKAGE.rglob("*.py"))]


@pytest.mark.parametrize(("part", "path"), parts(), ids=lambda value: str(getattr(value, "name", value)))
def test_no_arrow_points_back(part, path):
    assert part in ORDER or part in ALONE, f"{part} has no place in the order yet: give it one here"
    assert wrong_arrows(part, path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("part", "line", "wrong"),
    [
        ("layers", "import lightnets_edu.models", "models"),
        ("models", "def f():\n    from lightnets_edu.cost import total", "cost"),
        ("cost", "from lightnets_edu import widgets", "widgets"),
        ("checks", "from lightnets_edu.models.shufflenet_v1 import ShuffleUnit", "models"),
        ("models", "from . import shufflenet_v1", "."),
    ],
)
def test_a_planted_arrow_is_caught(part, line, wrong):
    assert wrong_arrows(part, line) == {wrong}


def loaded_by(statement: str) -> set[str]:
    """The modules a fresh Python holds after one statement."""
    code = f"{statement}\nimport sys; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_the_package_and_the_checks_are_light():
    assert "torch" not in loaded_by("import lightnets_edu, lightnets_edu.checks")


def strangers(figure: str, loaded: set[str]) -> set[str]:
    """Of what an import loaded, the models and the rooms of other figures."""
    own = ("lightnets_edu.widgets.kit", f"lightnets_edu.widgets.{widgets.room(figure)}")
    rooms = {name for name in loaded if name.startswith("lightnets_edu.widgets.") and not name.startswith(own)}
    return rooms | {name for name in loaded if name.startswith("lightnets_edu.models")}


ALONE_IN_ITS_ROOM = {figure: f"from lightnets_edu.widgets import {figure}" for figure in widgets.__all__}
TWO_AND_A_MODEL = "from lightnets_edu.widgets import CostCalculator, ReluManifold; import lightnets_edu.models.vgg"
TRIED = (*ALONE_IN_ITS_ROOM.values(), TWO_AND_A_MODEL)


@pytest.mark.parametrize("figure", widgets.__all__)
def test_a_figure_loads_its_own_room_and_no_model(figure):
    loaded = own_modules(TRIED)[ALONE_IN_ITS_ROOM[figure]]
    assert f"lightnets_edu.widgets.{widgets.room(figure)}" in loaded
    assert strangers(figure, loaded) == set()


def test_a_stranger_is_seen():
    found = strangers("CostCalculator", own_modules(TRIED)[TWO_AND_A_MODEL])
    assert {"lightnets_edu.widgets.relu_manifold", "lightnets_edu.models.vgg"} <= found
    assert not any("cost_calculator" in name for name in found)


def test_the_hall_is_empty_until_somebody_asks():
    assert not any(name.startswith("lightnets_edu.widgets.") for name in loaded_by("import lightnets_edu.widgets"))
    with pytest.raises(AttributeError, match=f"no attribute 'Nothing'; its figures are {widgets.__all__[0]}, "):
        widgets.Nothing  # noqa: B018
    assert set(widgets.__all__) < set(dir(widgets))


def test_training_loads_scikit_learn_only_when_asked_for_digits():
    assert "sklearn" not in loaded_by("import lightnets_edu.training")
