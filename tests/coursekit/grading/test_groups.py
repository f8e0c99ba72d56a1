"""The control group of a sandbox: where it is made, what is written into it; and that it limits, where there is one."""

import subprocess
import sys

import pytest
from grading.small_course import PACKAGE

from coursekit.grading import groups
from coursekit.grading.groups import Group
from coursekit.grading.sandbox import Limits, Sandbox


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """The files of a machine with control groups, as a kernel of version 2 shows them; `controllers` by folder."""

    def lay(controllers: dict[str, str], own: str = "/user.slice/app.slice/shell.scope", kind: str = "cgroup2"):
        mount = tmp_path / "cgroup"
        for name, names in controllers.items():
            (mount / name).mkdir(parents=True, exist_ok=True)
            (mount / name / "cgroup.subtree_control").write_text(names)
        (tmp_path / "mounts").write_text(f"1 0 0:1 / /proc rw - proc proc rw\n2 0 0:2 / {mount} rw shared:4 - {kind} cgroup2 rw\n")
        (tmp_path / "own").write_text(f"4:memory:/elsewhere\n0::{own}\n")
        monkeypatch.setattr(groups, "MOUNTS", tmp_path / "mounts")
        monkeypatch.setattr(groups, "OWN", tmp_path / "own")
        return mount

    return lay


def test_a_group_is_made_in_the_nearest_folder_that_hands_both_controllers_down(machine):
    levels = {"": "cpu memory pids", "user.slice": "memory pids", "user.slice/app.slice": "cpu memory pids\n",
              "user.slice/app.slice/shell.scope": ""}  # fmt: skip
    mount = machine(levels)
    first, second = groups.make(), groups.make()
    assert first.path.parent == second.path.parent == mount / "user.slice" / "app.slice" and first != second
    assert first.path.is_dir()
    first.remove()
    assert not first.path.exists()


@pytest.mark.parametrize("how", [
    {"controllers": {"": "cpu memory", "user.slice/app.slice/shell.scope": "pids"}},
    {"controllers": {"": "memory pids"}, "kind": "cgroup"},
    {"controllers": {}},
])  # fmt: skip
def test_without_such_a_folder_there_is_none(machine, how):
    machine(**how)
    assert groups.make() is None


def test_without_a_word_of_control_groups_there_is_none(machine, tmp_path):
    machine({"": "memory pids"})
    for text in ("", "1 2 3\n", "0::/\n"):
        (tmp_path / "mounts").write_text(text)
        assert groups.make() is None


@pytest.mark.slow
def test_a_sandbox_is_started_in_its_group_and_limited_there(tmp_path, monkeypatch):
    for name, now in (("memory", 500), ("pids", 3)):
        (tmp_path / f"{name}.current").write_text(f"{now}\n")
    (tmp_path / "cgroup.kill").touch()
    monkeypatch.setattr(groups, "make", lambda: Group(tmp_path))
    with Sandbox([PACKAGE], [], Limits(AS=1 << 30, threads=40)) as sandbox:
        assert (tmp_path / "cgroup.procs").read_text().split() == [str(sandbox.process.pid)]
        limits = {name: (tmp_path / f"{name}.max").read_text() for name in ("memory", "pids", "memory.swap")}
    twice = {"memory": str(500 + 2 * (1 << 30)), "pids": str(3 + 2 * 40), "memory.swap": "0"}    # it is run side by side
    assert limits == twice
    assert (tmp_path / "cgroup.kill").read_text() == "1"


def test_what_cannot_enter_its_group_is_run_without_it(tmp_path):
    done = subprocess.run(Group(tmp_path / "gone").entered(["echo", "ran"]), capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("ran\n", "")


def test_a_real_group_limits():
    group = groups.make()
    if group is None:
        pytest.skip("this process may make no control group of version 2 with memory and pids")
    try:
        group.limit(64 << 20, 50)
        take = [sys.executable, "-c", "import sys; len(bytearray(int(sys.argv[1]) << 20))"]
        assert subprocess.run(group.entered([*take, "8"])).returncode == 0
        assert subprocess.run(group.entered([*take, "200"])).returncode == -9
    finally:
        group.remove()
