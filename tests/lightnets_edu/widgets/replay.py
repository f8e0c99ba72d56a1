"""What the front end computes, replayed by node over what Python says: whole numbers equal, others to 1e-9."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

REPLAY = Path(__file__).with_name("replay.mjs")


class Call(NamedTuple):
    """One call of an exported function, and what it must give."""

    name: str
    args: list[Any]
    gives: Any


class Run(NamedTuple):
    passed: int
    failed: int
    text: str


def replay(script: str, calls: list[Call], folder: Path) -> Run:
    """The calls in one run of node, with this ES module."""
    node = shutil.which("node")
    assert node, "node is missing: apt-get install nodejs"
    module, fixture = folder / "front_end.mjs", folder / "calls.json"
    module.write_text(script, encoding="utf-8")
    fixture.write_text(json.dumps([call._asdict() for call in calls]), encoding="utf-8")
    environment = {**os.environ, "MODULE": module.as_uri(), "CALLS": str(fixture)}
    done = subprocess.run([node, str(REPLAY)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    return Run(said["passed"], said["failed"], "\n".join(said["first"]))


def agrees(script: str, calls: list[Call], folder: Path) -> None:
    """Every call gives what Python said."""
    run = replay(script, calls, folder)
    assert (run.passed, run.failed) == (len(calls), 0), run.text


def catches(script: str, right: str, mutant: str, calls: list[Call], folder: Path) -> None:
    """The same front end with one piece of code spoilt must fail."""
    assert script.count(right) == 1, f"{right!r} stands {script.count(right)} times in the front end"
    run = replay(script.replace(right, mutant), calls, folder)
    assert run.failed > 0, f"{mutant!r} in place of {right!r} was not noticed"
