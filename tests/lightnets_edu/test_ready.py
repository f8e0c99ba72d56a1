"""The end of a notebook's set-up: what is missing is added, nothing else moves, and one line says what is there."""

import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

import lightnets_edu
from lightnets_edu import ready

HERE = f"lightnets_edu {lightnets_edu.__version__}"


@pytest.fixture
def asks(monkeypatch):
    """Sets what the package asks for, and what pip does; returns pip's calls."""
    calls = []

    def set_to(*needs, pip=lambda command: ""):
        monkeypatch.setattr(metadata, "requires", lambda name: list(needs))

        def run(command, **_):
            limits = command[command.index("-c") + 1]
            calls.append((command, Path(limits).read_text("utf-8").splitlines()))
            return SimpleNamespace(stderr=pip(command))

        monkeypatch.setattr(ready.subprocess, "run", run)
        return calls

    return set_to


def test_nothing_is_missing(asks, capsys):
    calls = asks("torch>=2.2", "nowhere>=1; sys_platform == 'nothing'")
    ready.finish(lightnets_edu.__version__)
    assert capsys.readouterr().out == f"{HERE} is here already.\n" and calls == []


def test_what_is_missing_is_added_and_all_else_is_held(asks, capsys, monkeypatch):
    there = {}
    monkeypatch.setattr(ready, "_version", lambda name: there.get(name) if name == "nowhere" else metadata.version(name))
    calls = asks("torch>=2.2", "nowhere>=1", pip=lambda command: there.update(nowhere="1.5") or "WARNING: none")
    ready.finish(lightnets_edu.__version__, "the site")
    assert capsys.readouterr().out == f"{HERE} was installed from the site; adding nowhere … done.\n"
    ((command, held),) = calls
    assert command[-1] == "nowhere>=1" and "--upgrade" not in command
    assert {f"{name}=={metadata.version(name)}" for name in ("torch", "numpy", "ipywidgets", "traitlets")} <= set(held)


@pytest.mark.parametrize(("said", "told"), [
    ("WARNING: no error here\nERROR: No matching distribution found for nowhere\n", ": ERROR: No matching"),
    ("/bin/python: No module named pip\n", ": /bin/python: No module named pip"),
    ("", ": pip names no fault"),
])  # fmt: skip
def test_what_cannot_be_added_stops_the_cell(said, told, asks, capsys):
    asks("nowhere>=1", "torch", pip=lambda command: said)
    with pytest.raises(ImportError, match="lightnets_edu needs nowhere, which could not be installed here") as stopped:
        ready.finish(lightnets_edu.__version__)
    assert told in str(stopped.value) and "`%pip install nowhere`" in str(stopped.value)
    assert capsys.readouterr().out.count("\n") == 1


def test_what_takes_minutes_is_told_before(asks, capsys, monkeypatch):
    there = {}
    monkeypatch.setattr(ready, "_version", there.get)
    asks("torch>=2.2", pip=lambda command: there.update(torch="2.13.0+cpu") or "")
    ready.finish(lightnets_edu.__version__)
    assert capsys.readouterr().out == f"{HERE} is here already; adding torch (this takes minutes) … done.\n"


def test_a_version_that_was_not_tried_is_named_and_left(asks, capsys):
    calls = asks("torch>=99", "numpy>=1.26")
    ready.finish(lightnets_edu.__version__)
    assert capsys.readouterr().out == f"{HERE} is here already; note: torch {metadata.version('torch')} is here, >=99 is asked for.\n"
    assert calls == []


@pytest.mark.parametrize(("wanted", "told"), [("0.0.1", "newer"), ("99.0", "older")])
def test_another_version_than_the_notebooks_is_told(wanted, told, asks, capsys):
    asks()
    ready.finish(wanted)
    out = capsys.readouterr().out
    assert out.startswith(f"{HERE} is here already; note: it is {told} than this notebook, which was made with {wanted}") and out.count("\n") == 1


def test_only_colab_is_asked_for_its_widgets(asks, monkeypatch):
    asks()
    ready.finish(lightnets_edu.__version__)
    assert "google.colab.output" not in sys.modules
    output = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace(__path__=[]))
    imported = []
    monkeypatch.setattr(ready.importlib, "import_module", lambda name: imported.append(name) or output)
    ready.finish(lightnets_edu.__version__)
    assert imported == ["google.colab.output"]


def test_a_tree_without_metadata_asks_for_nothing(monkeypatch, capsys):
    def none(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", none)
    ready.finish(lightnets_edu.__version__)
    assert capsys.readouterr().out == f"{HERE} is here already.\n"
