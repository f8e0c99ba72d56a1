"""With Colab's versions and with the lowest that pyproject.toml admits: every module is imported, all that is in it built."""

import sys
import tomllib
from pathlib import Path

import pytest
from checkout import ROOT
from elsewhere import PINS, environment, run, site_packages, versions
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

BOTH = pytest.mark.parametrize("name", ["colab", "lowest"])
LISTED = "import lightnets_edu.models as m, lightnets_edu.widgets as w\nprint(*w.__all__, *m.MODELS, sep='\\n')"


def pinned(name: str) -> dict[str, str]:
    lines = (PINS / f"{name}.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def asked(pyproject: str) -> list[Requirement]:
    return [Requirement(line) for line in tomllib.loads(pyproject)["project"]["dependencies"]]


def package(folder, name="lightnets_edu"):
    """A folder from which a package of this checkout is imported, and nothing else."""
    folder.mkdir()
    (folder / name).symlink_to(ROOT / name)
    return folder


def imports(python, name, home, folder) -> str:
    """What `imports.py` says: nothing, or the modules that fail."""
    return run(python, [PINS / "imports.py", name], home, folder).stderr


@BOTH
def test_every_module_is_imported(name, tmp_path):
    assert imports(environment(name), "lightnets_edu", tmp_path, package(tmp_path / "only")) == ""


@BOTH
def test_an_annotation_that_old_versions_refuse_is_caught(name, tmp_path):
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "__init__.py").touch()
    (tmp_path / "planted" / "figure.py").write_text(
        "import traitlets\nclass Figure(traitlets.HasTraits):\n    rows: traitlets.List[int] = traitlets.List()\n")  # fmt: skip
    said = imports(environment(name), "planted", tmp_path, tmp_path)
    assert said.startswith("planted.figure: TypeError") and "not subscriptable" in said
    assert imports(Path(sys.executable), "planted", tmp_path, tmp_path) == "", "today's traitlets does not notice"


@BOTH
def test_the_environment_has_its_versions_and_none_of_ours(name, tmp_path):
    python = environment(name)
    there = versions(python, tmp_path)
    assert {n: there.get(n) for n in pinned(name)} == pinned(name)
    path = run(python, ["-c", "import sys; print(*sys.path, sep='\\n')"], tmp_path).stdout.splitlines()
    assert str(site_packages(python)) in path
    assert not [p for p in path if p.startswith(sys.prefix) or p == str(ROOT)]


def lowest_faults(pyproject: str) -> list[str]:
    """Where lowest.txt is not what pyproject.toml admits at the lowest."""
    low, faults = pinned("lowest"), []
    for wanted in asked(pyproject):
        (floor,) = [s.version for s in wanted.specifier if s.operator == ">="] or [None]
        if floor is None:
            faults.append(f"{wanted.name} has no lowest version in pyproject.toml")
        elif wanted.name != "torch" and wanted.specifier.contains(floor) and not same(low.get(wanted.name), floor):
            faults.append(f"{wanted.name}: pyproject.toml says {floor}, lowest.txt {low.get(wanted.name)}")
    return faults


def same(number: str | None, floor: str) -> bool:
    return number is not None and Requirement(f"x=={floor}").specifier.contains(number)


def test_the_lowest_versions_are_those_of_pyproject():
    text = (ROOT / "pyproject.toml").read_text()
    again = "run `python tests/environments/rebuild.py`"
    assert lowest_faults(text) == [], again
    assert lowest_faults(text.replace("matplotlib>=3.7", "matplotlib>=3.8")) == ["matplotlib: pyproject.toml says 3.8, lowest.txt 3.7.0"]
    assert lowest_faults(text.replace("numpy>=1.26", "numpy")) == ["numpy has no lowest version in pyproject.toml"]


def colab_faults(pyproject: str) -> list[str]:
    """What of Colab's would have to move for the package: nothing may."""
    has = pinned("colab")
    return [f"{wanted}: Colab has {has[name]}" for wanted in asked(pyproject)
            if (name := canonicalize_name(wanted.name)) in has and not wanted.specifier.contains(has[name])]  # fmt: skip


def test_colab_has_what_the_package_asks_for():
    text = (ROOT / "pyproject.toml").read_text()
    assert colab_faults(text) == []
    assert colab_faults(text.replace("traitlets>=5.7.1", "traitlets>=5.8")) == ["traitlets>=5.8: Colab has 5.7.1"]


@pytest.mark.slow
def test_every_figure_and_every_network_is_built_with_the_lowest(tmp_path):
    python, only = environment("lowest"), package(tmp_path / "only")
    built = run(python, [PINS / "build_all.py"], tmp_path, only)
    assert built.returncode == 0, built.stderr[-3000:]
    listed = run(python, ["-c", LISTED], tmp_path, only).stdout
    assert built.stdout.startswith(listed) and len(listed.split()) > 50
