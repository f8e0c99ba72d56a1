"""Where the book runs besides a Linux machine with make: workflows, the development container, Binder."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from checkout import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def faults(text):
    """What makes a workflow less than safe: an action that can change under us, a token left in the checkout."""
    found = [f"not pinned: {line.strip()}" for line in text.splitlines() if "uses:" in line and not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)]
    for name, job in yaml.safe_load(text)["jobs"].items():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@") and step.get("with", {}).get("persist-credentials") is not False:
                found.append(f"{name}: credentials persist")
        if "permissions" not in job and "permissions" not in yaml.safe_load(text):
            found.append(f"{name}: all permissions")
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_are_pinned_and_keep_no_token(path):
    text = path.read_text("utf-8")
    assert text.count("uses:") >= 1 and faults(text) == []


@pytest.mark.parametrize(("old", "new", "told"), [
    (r"@[0-9a-f]{40} # v[\d.]+", "@v7", "not pinned"),
    (r"@[0-9a-f]{40}", "@3d3c42e", "not pinned"),
    (r" # v[\d.]+", "", "not pinned"),
    ("persist-credentials: false", "fetch-depth: 1", "credentials persist"),
    ("permissions:\n  contents: read\n", "", "all permissions"),
])  # fmt: skip
def test_an_unsafe_workflow_is_noticed(old, new, told):
    text = (ROOT / ".github/workflows/check.yml").read_text("utf-8")
    assert re.search(old, text) and told in "\n".join(faults(re.sub(old, new, text)))


def test_the_check_lets_bubblewrap_make_namespaces():
    container = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text("utf-8"))["jobs"]["check"]["container"]
    assert container["options"] == "--privileged"


def test_all_places_have_one_python_and_the_cpu_build():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
    jobs = {path.stem: next(iter(yaml.safe_load(path.read_text("utf-8"))["jobs"].values())) for path in WORKFLOWS}
    pythons = [
        container["image"].split(":")[1].removesuffix("-bookworm"),
        jobs["check"]["container"]["image"].removeprefix("python:").removesuffix("-bookworm"),
        jobs["publish"]["container"].removeprefix("python:").removesuffix("-bookworm"),
        (ROOT / ".binder/runtime.txt").read_text().strip().removeprefix("python-"),
    ]
    assert set(pythons) == {"3.11"}
    indexes = [container["containerEnv"], *(job["env"] for job in jobs.values())]
    assert {env["PIP_EXTRA_INDEX_URL"] for env in indexes} == {CPU_INDEX}
    readme = (ROOT / "README.md").read_text("utf-8")
    assert set(re.findall(r"https://download\S+", readme + (ROOT / ".binder/postBuild").read_text())) == {CPU_INDEX}


def test_the_container_runs_a_target_of_the_makefile():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
    make, target = container["postCreateCommand"].split()
    assert make == "make" and re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)


@pytest.mark.parametrize("name", [".binder/postBuild", ".ci/run"])
def test_scripts_can_be_run(name):
    assert os.access(ROOT / name, os.X_OK)
    assert subprocess.run(["bash", "-n", ROOT / name], check=False).returncode == 0


@pytest.mark.parametrize(("uid", "before"), [("0", ""), ("1000", "sudo ")])
def test_the_check_installs_as_root_or_with_sudo(tmp_path, uid, before):
    """The script with nothing installed, and programs that only tell how they were called."""
    text = (ROOT / ".ci/run").read_text().replace("EUID", f"{uid}")
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci/run").write_text(text)
    (tmp_path / "bin").mkdir()
    for name in ("apt-get", "make", "sudo", "env"):
        rest = '"$@"' if name in ("sudo", "env") else ""
        shift = '[[ $1 == *=* ]] && shift' if name == "env" else ":"
        say = 'printf "sudo "' if name == "sudo" else ":" if name == "env" else f'echo {name} "$@"'
        (tmp_path / "bin" / name).write_text(f"#!/bin/bash\n{say}\n{shift}\n{rest}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    for name in ("dirname", "bash"):
        (tmp_path / "bin" / name).symlink_to(next(Path(folder, name) for folder in ("/usr/bin", "/bin") if Path(folder, name).exists()))
    run = subprocess.run(["/bin/bash", tmp_path / ".ci/run"], env={"PATH": str(tmp_path / "bin")}, capture_output=True, text=True)
    update, install, lint, test = run.stdout.splitlines()
    assert update == f"{before}apt-get update -qq" and install.startswith(f"{before}apt-get install -y")
    assert {"chromium", "nodejs", "bubblewrap", "python3-venv"} <= set(install.split())
    assert (lint, test) == ("make lint", "make test")
