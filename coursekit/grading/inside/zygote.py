"""Runs inside bubblewrap: imports the slow packages once, then forks one confined child for each hand-in.

It never sees a test, a mark or a hand-in: those travel over the socket that it passes on to a child. Linux only.
"""

import contextlib
import ctypes
import importlib
import json
import os
import platform
import resource
import select
import signal
import socket
import sys
import tempfile
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import torch
import worker
from calls import program

libc = ctypes.CDLL(None, use_errno=True)
NEW_NS, NEW_USER, NEW_PID, NEW_IPC = 0x00020000, 0x10000000, 0x20000000, 0x08000000
LOOKS = 0.05  # seconds between two counts of a worker's threads
NO_NEW_PRIVS, SECCOMP, CAPBSET_DROP, FILTER = 38, 22, 24, 2
RDONLY, NOSUID_NODEV, NOSUID_NODEV_NOEXEC = 1, 6, 14


def _demand(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), f"the sandbox could not be closed: {what}")


def _put(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def namespaces() -> None:
    """Files, processes and shared memory of its own for what is forked next."""
    uid, gid = os.getuid(), os.getgid()
    _demand(libc.unshare(NEW_USER | NEW_NS | NEW_PID | NEW_IPC), "namespaces")
    _put("/proc/self/setgroups", "deny")
    _put("/proc/self/uid_map", f"{uid} {uid} 1")
    _put("/proc/self/gid_map", f"{gid} {gid} 1")


def _cover(place: str) -> None:
    """An empty folder over another one."""
    _demand(libc.mount(b"tmpfs", place.encode(), b"tmpfs", NOSUID_NODEV_NOEXEC | RDONLY, b"size=4k"), place)


def confine(limits: dict) -> None:
    """Of the first process in new namespaces: a private home, no view of others, limits, no rights, few calls."""
    for place in ("/scratch", "/dev/shm"):
        options = b"size=64m,nr_inodes=4k,mode=1777"
        _demand(libc.mount(b"tmpfs", place.encode(), b"tmpfs", NOSUID_NODEV, options), place)
    if os.path.isdir("/dev/pts"):  # terminals are one for all workers
        _cover("/dev/pts")
    if libc.mount(b"proc", b"/proc", b"proc", NOSUID_NODEV_NOEXEC, None):  # root inside a container may not: then none
        _cover("/proc")
    os.chdir("/scratch")
    for capability in range(64):
        libc.prctl(CAPBSET_DROP, capability, 0, 0, 0)
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    _demand(libc.capset(header, data), "capabilities")
    limit(limits)
    few_calls()


def silence() -> None:
    """What was the sandbox's log until now would carry words from one worker to the next."""
    nowhere = os.open("/dev/null", os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def limit(limits: dict) -> None:
    for name, amount in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (amount, amount))


def held() -> int:
    """Bytes of address space that the imports fill already; an answer's memory is counted from there."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def few_calls() -> None:
    """A filter of system calls: threads yes; new processes, programs, sockets, mounts and tracing no."""
    lines = program(platform.machine())
    code = b"".join(lines)
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    filter_ = Program(len(lines), ctypes.addressof(buffer))
    _demand(libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0), "new rights")
    _demand(libc.prctl(SECCOMP, FILTER, ctypes.byref(filter_), 0, 0), "system calls")


def threads(proc: int, pid: int) -> int:
    """How many a process has, by `/proc`; 0 when it is gone."""
    with contextlib.suppress(OSError):
        return os.stat(f"{pid}/task", dir_fd=proc).st_nlink - 2
    return 0


def kept_waiting(proc: int, pid: int) -> float:
    """Seconds that a process could have run and the machine gave to others; 0 where the kernel does not count them."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        file = os.open(f"{pid}/schedstat", os.O_RDONLY, dir_fd=proc)
        try:
            return int(os.read(file, 100).split()[1]) / 1e9
        finally:
            os.close(file)
    return 0.0


def supervise(data: socket.socket, life: socket.socket, limits: dict, confined: bool) -> None:
    """One hand-in: a child that serves it, killed with all it started when the grader lets go of `life`.

    What goes back over `life` is for how many seconds the machine kept the child waiting.

    Or when it has too many threads: the kernel's own limit on these does not hold for root, whose right to more goes
    with the number of the user, in any namespace.
    """
    most = limits.pop("threads")
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)  # a child may put another one in its place
    if confined:
        namespaces()
    room = None if confined else tempfile.TemporaryDirectory(prefix="hand-in-")  # what an answer writes goes in there
    child = os.fork()
    if child == 0:
        try:
            keep = data.fileno()
            life.close()
            os.closerange(3, keep)
            os.closerange(keep + 1, 4096)
            if room:
                os.chdir(room.name)
            os.setsid()  # a signal to its group must not reach this side
            with contextlib.suppress(OSError):
                _put("/proc/self/oom_score_adj", "1000")  # the first to go where memory runs out
            (confine if confined else limit)(limits)
            silence()
            warnings.simplefilter("default")
            worker.main(data)
        except BaseException as error:
            print(f"sandbox: {error!r}", file=sys.stderr, flush=True)
        finally:
            os._exit(1)
    data.close()
    ends = [life.fileno(), os.pidfd_open(child)]
    while not select.select(ends, [], [], LOOKS)[0] and threads(proc, child) <= most:
        pass
    waited = kept_waiting(proc, child)
    with contextlib.suppress(OSError):
        life.send(f"{waited:.3f}".encode())
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)  # the first process of its namespace: everything in there ends with it
        if not confined:
            os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if room:
        room.cleanup()


def serve(control: socket.socket, limits: dict, confined: bool) -> None:
    """Fork a supervised child for each pair of sockets that arrives."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control.send(b"ready")
    while True:
        message, sockets, _, _ = socket.recv_fds(control, 16, 2)
        if not message:
            return
        data, life = (socket.socket(fileno=number) for number in sockets)
        if os.fork() == 0:
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                control.close()
                supervise(data, life, limits, confined)
            except BaseException as error:
                print(f"sandbox: {error!r}", file=sys.stderr, flush=True)
            finally:
                os._exit(0)
        data.close()
        life.close()


def main() -> None:
    asked = json.loads(sys.argv[1])
    sys.path[1:1] = asked["path"]
    for name in asked["imports"]:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    torch.set_num_threads(1)
    torch.nn.Conv2d(1, 1, 1)(torch.zeros(1, 1, 1, 1))  # looks at the machine once, before /proc is gone
    torch.testing.assert_close(torch.zeros(1), torch.zeros(1))
    if os.path.isdir("/proc/self/task") and len(os.listdir("/proc/self/task")) != 1:
        sys.exit("sandbox: the imports started threads, a fork would not be safe")
    limits = asked["limits"] | {"AS": asked["limits"]["AS"] + held()}
    serve(socket.socket(fileno=asked["socket"]), limits, asked["confined"])


if __name__ == "__main__":
    main()
