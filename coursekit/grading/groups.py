"""A control group for a sandbox, where one may be made: it counts memory and threads that no process's limit counts.

Version 2 of control groups, and a folder of it that is ours to write in and has the controllers for both: so it is for
root on most machines, and below systemd's manager of a user. Elsewhere the sandbox has its other limits alone.
"""

import contextlib
import os
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path

NEEDED = {"memory", "pids"}
MOUNTS, OWN = Path("/proc/self/mountinfo"), Path("/proc/self/cgroup")
_number = count(1)


@dataclass(frozen=True)
class Group:
    """One control group, empty at first."""

    path: Path

    def entered(self, command: list[str]) -> list[str]:
        """The command, run in the group; where the kernel does not let it in, as if there were none."""
        return ["sh", "-c", '{ echo $$ >"$0"; } 2>/dev/null; exec "$@"', str(self.path / "cgroup.procs"), *command]

    def limit(self, memory: int, threads: int) -> None:
        """Bytes of memory, and threads, on top of what is there now."""
        with contextlib.suppress(OSError):
            for name, more in (("memory", memory), ("pids", threads)):
                now = int((self.path / f"{name}.current").read_text())
                (self.path / f"{name}.max").write_text(str(now + more))
            (self.path / "memory.swap.max").write_text("0")

    def remove(self) -> None:
        """End what is in it, and the group itself, which goes when the last of its processes has gone."""
        kill = self.path / "cgroup.kill"
        with contextlib.suppress(OSError):
            if kill.exists():
                kill.write_text("1")
        until = time.monotonic() + 2
        while self.path.is_dir() and time.monotonic() < until:
            with contextlib.suppress(OSError):
                self.path.rmdir()
                return
            time.sleep(0.02)


def make() -> Group | None:
    """A new group beside or below this process's own; None where there is no place for one."""
    for folder in _folders():
        with contextlib.suppress(OSError):
            if set((folder / "cgroup.subtree_control").read_text().split()) >= NEEDED:
                path = folder / f"coursekit-{os.getpid()}-{next(_number)}"
                path.mkdir()
                return Group(path)
    return None


def _folders() -> list[Path]:
    """The folder of this process's own group, and those above it."""
    with contextlib.suppress(OSError, StopIteration, ValueError, IndexError):
        lines = [line.split() for line in MOUNTS.read_text().splitlines()]
        root, mount = next((words[3], words[4]) for words in lines if words[words.index("-") + 1] == "cgroup2")
        own = next(line for line in OWN.read_text().splitlines() if line.startswith("0::"))[3:]
        folder = Path(mount, Path(own).relative_to(root))
        return [folder, *(parent for parent in folder.parents if parent.is_relative_to(mount))]
    return []
