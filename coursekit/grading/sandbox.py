"""Starts the sandbox and asks it for workers, one for each time a hand-in is run."""

import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import BookError
from . import groups

CODE = Path(__file__).resolve().parent / "inside"
FILES = ("calls.py", "shell.py", "wire.py", "worker.py", "zygote.py")
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "SOURCE_DATE_EPOCH": "0",
    "MPLBACKEND": "Agg",
    "LANG": "C.UTF-8",
}
PRIVATE = {"PATH": "/usr/bin:/bin", "HOME": "/scratch", "TMPDIR": "/scratch"}
INSTALL = "install it (Debian, Ubuntu: apt-get install bubblewrap); for hand-ins you trust there is --trust-submissions"


@dataclass(frozen=True)
class Limits:
    """What one hand-in may use: bytes of memory and of a file, seconds of processor, open files, threads."""

    AS: int = 2 << 30
    CPU: int = 120
    FSIZE: int = 32 << 20
    NOFILE: int = 256
    CORE: int = 0
    threads: int = 200


LIMITS = Limits()


class Sandbox:
    """A warm process inside bubblewrap that forks a fresh, confined worker whenever it is asked to.

    Not one file of the course is mounted: `readable` names what is (the package of the book, this Python).
    `confined=False` leaves bubblewrap out: the student's code then has a process of its own, and no wall around it.
    """

    def __init__(self, readable=(), imports=(), limits: Limits = LIMITS, confined: bool = True):
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        asked = {
            "socket": theirs.fileno(),
            "limits": asdict(limits),
            "confined": confined,
            "imports": list(imports),
            "path": [str(Path(folder).parent) for folder in readable],
        }
        self.log = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the sandbox)
        command = [*(_bubblewrap(readable) if confined else []), sys.executable, "-I", "-B"]
        command += ["/grader/zygote.py" if confined else str(CODE / "zygote.py"), json.dumps(asked)]
        env = {**os.environ, **ENVIRONMENT} if not confined else None
        self.group = groups.make()
        if self.group:
            command = self.group.entered(command)
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=env,
                                        stdout=subprocess.DEVNULL, stderr=self.log)  # fmt: skip
        theirs.close()
        self.limits, self.loading = limits, True

    def ready(self) -> None:
        """Wait until it has loaded what it imports. BookError where it does not start."""
        if not self.loading:
            return
        if not select.select([self.control], [], [], 120)[0] or self.control.recv(16) != b"ready":
            said = self.said()
            self.close()
            raise BookError("bubblewrap", "the sandbox does not start", said or INSTALL)
        self.loading = False
        if self.group:
            self.group.limit(2 * self.limits.AS, 2 * self.limits.threads)  # a hand-in is run twice, side by side

    def worker(self) -> tuple[socket.socket, socket.socket]:
        """A fresh worker: the socket to talk to it, and the one whose closing ends it."""
        self.ready()
        data, theirs = socket.socketpair()
        life, watched = socket.socketpair()
        try:
            socket.send_fds(self.control, [b"worker"], [theirs.fileno(), watched.fileno()])
        finally:
            theirs.close()
            watched.close()
        return data, life

    def said(self) -> str:
        """The end of what bubblewrap and the process inside it complained about."""
        self.log.seek(0)
        return self.log.read()[-2000:].decode(errors="replace").strip()

    def close(self) -> None:
        self.control.close()
        self.process.kill()
        self.process.wait()
        if self.group:
            self.group.remove()
        self.log.close()

    def __enter__(self):
        self.ready()
        return self

    def __exit__(self, *_):
        self.close()


def end_with_parent() -> None:
    """However the process ends that started this one, this one ends with it."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


def refuse_without_bubblewrap() -> None:
    """BookError unless bubblewrap is there and this machine lets it make a sandbox."""
    if not shutil.which("bwrap"):
        raise BookError("bubblewrap", "is not installed, so hand-ins cannot be run safely", INSTALL)
    tried = subprocess.run([*_bubblewrap(()), "/bin/true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        todo = "allow user namespaces, or, for hand-ins that you trust, add --trust-submissions"
        raise BookError("bubblewrap", f"cannot make a sandbox on this machine: {tried.stderr.strip()}", todo)


def _bubblewrap(readable) -> list[str]:
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--uid", "1000",
               "--gid", "1000", "--clearenv"]  # fmt: skip
    for name, value in (ENVIRONMENT | PRIVATE).items():
        command += ["--setenv", name, value]
    places = ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", sys.prefix, sys.base_prefix, *map(str, readable)]
    for place in dict.fromkeys(places):
        command += ["--ro-bind-try", place, place]
    for name in FILES:
        command += ["--ro-bind", str(CODE / name), f"/grader/{name}"]
    command += ["--proc", "/proc", "--dev", "/dev", "--dir", "/scratch", "--remount-ro", "/dev", "--remount-ro", "/"]
    return [*command, "--chdir", "/scratch"]
