"""The walls, each tried from inside a real worker, and the same thing done outside, where it succeeds."""

import os
import platform
import time
from pathlib import Path

import pytest
from grading.processes import below
from grading.small_course import PACKAGE, SmallCourse

from coursekit import cli
from coursekit.errors import BookError
from coursekit.grading.inside.calls import numbers
from coursekit.grading.job import Times
from coursekit.grading.sandbox import Limits, Sandbox, refuse_without_bubblewrap
from coursekit.grading.session import Session

pytestmark = pytest.mark.slow
SMALL = Limits(AS=600 << 20, CPU=3, FSIZE=1 << 20, NOFILE=40, threads=60)


@pytest.fixture(scope="module", params=[True, False], ids=["sandbox", "no walls"])
def sandbox(request):
    with Sandbox([PACKAGE], ["torch"], SMALL, confined=request.param) as running:
        running.confined = request.param
        yield running


@pytest.fixture
def ask(sandbox):
    """Runs code in a fresh worker and gives the value of its name `out`."""
    sessions = []

    def ask(code: str):
        sessions.append(Session(sandbox.worker, Times(5, 20, 60)))
        ran = sessions[-1].run(code)
        assert not ran.error, ran.error
        return sessions[-1].names(["out"])["out"]

    yield ask
    for session in sessions:
        session.close()


OPEN = """
import os, stat
out = []
for number in range(256):
    try: kind = os.fstat(number)
    except OSError: continue
    if stat.S_ISSOCK(kind.st_mode): out.append("socket")
    elif kind.st_rdev == os.makedev(1, 3): out.append("null")
    else: out.append(oct(kind.st_mode))
"""
TRY = "def tried(f):\n    try: f(); return 'done'\n    except BaseException as error: return type(error).__name__\n"
WALLS = {  # what is tried: the outcomes behind the walls that are right
    "socket": ("import socket\nout = tried(socket.socket)", {"PermissionError"}),
    "unix": ("import socket\nout = tried(socket.socketpair)", {"PermissionError"}),
    "fork": ("import os\nout = tried(lambda: os.fork() or os._exit(0))", {"PermissionError"}),
    "program": ("import subprocess\nout = tried(lambda: subprocess.run(['/bin/true']))", {"PermissionError"}),
    "exec": ("import os\nif tried(lambda: open('/bin/true')) != 'done': out = 'no'\n"
             "else: out = 'done' if os.path.exists('/etc/passwd') else tried(lambda: os.execv('/bin/true', ['x']))",
             {"PermissionError"}),
    "host name": ("out = 'done' if __import__('os').path.exists('/etc/hostname') else 'hidden'", {"hidden"}),
    "home": ("import os\nout = 'done' if os.listdir(os.path.expanduser('~')) else 'empty'", {"empty"}),
    "course": (f"import os\nout = 'done' if os.path.exists({str(PACKAGE.parent / 'course')!r}) else 'hidden'", {"hidden"}),
    "tests": (f"import os\nout = 'done' if os.path.exists({str(Path(__file__))!r}) else 'hidden'", {"hidden"}),
    "processes": ("import os\nout = 'done' if [p for p in os.listdir('/proc') if p.isdigit() and int(p) > 9] else 'hidden'",
                  {"hidden"}),
    "secret": ("import os\nout = 'done' if 'SECRET_TOKEN' in os.environ else 'hidden'", {"hidden"}),
    "write /usr": ("import os\nout = tried(lambda: os.close(os.open('/usr/lib', os.O_TMPFILE | os.O_RDWR)))", {"OSError"}),
    "capabilities": ("import ctypes\nlibc = ctypes.CDLL(None)\nout = 'done' if libc.prctl(23, 21, 0, 0, 0) == 1 else 'none'",
                     {"none"}),
    "new rights": ("import ctypes\nout = 'done' if not ctypes.CDLL(None).prctl(39, 0, 0, 0, 0) else 'never'", {"never"}),
    "namespaces": ("import ctypes\nout = 'done' if not ctypes.CDLL(None).unshare(0x10000000 | 0x20000) else 'never'", {"never"}),
}  # fmt: skip
NEEDS_ROOT = {"capabilities", "namespaces", "home"}  # outside, only root on a common machine gets these done


@pytest.mark.parametrize("what", WALLS)
def test_walls(sandbox, ask, what, monkeypatch):
    code, right = WALLS[what]
    out = ask(TRY + code)
    if sandbox.confined:
        assert out in right
    elif what not in NEEDS_ROOT and what != "secret":
        assert out == "done"


def test_a_secret_of_the_environment_stays_outside(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    for confined, expected in ((True, "hidden"), (False, "done")):
        with Sandbox([PACKAGE], ["torch"], SMALL, confined=confined) as sandbox:
            session = Session(sandbox.worker)
            session.run(WALLS["secret"][0])
            assert session.names(["out"])["out"] == expected
            session.close()


def test_a_private_place_to_write_fresh_for_each_worker(sandbox, ask):
    code = TRY + "import os\nout = os.listdir('.')\nopen('mine', 'w').write('x')\nout2 = os.listdir('.')"
    if sandbox.confined:
        assert ask(code) == [] and ask(code) == []


def test_no_worker_shares_a_place_to_write_with_another(sandbox, ask):
    """Its three ordinary files lead nowhere, and the one socket is its own; behind the walls there is no terminal."""
    assert sorted(ask(OPEN)) == ["null"] * 3 + ["socket"]
    assert ask(TRY + "import os\nout = tried(lambda: os.read(2, 1))") == "OSError"
    if sandbox.confined:
        assert ask(TRY + "import os\nout = tried(os.openpty)") in ("OSError", "FileNotFoundError")
        assert ask("import os\nout = os.listdir('/dev/pts')") == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [("out = tried(lambda: bytearray(900 << 20))", "MemoryError"),
     ("out = tried(lambda: open(__import__('tempfile').mktemp(), 'wb').write(bytes(2 << 20)))", "OSError"),
     ("files = []\nout = tried(lambda: [files.append(open('/dev/null')) for _ in range(99)])", "OSError"),
     ("import threading\nout = tried(lambda: threading.Thread(target=print).start())", "done"),
     ("import torch\nout = tried(lambda: torch.nn.Conv2d(3, 8, 3)(torch.zeros(1, 3, 64, 64)))", "done")],
    ids=["memory", "file size", "open files", "threads work", "torch works"],
)  # fmt: skip
def test_limits(ask, code, expected):
    assert ask(TRY + "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + code) == expected


BY_NUMBER = "import ctypes\ncall = ctypes.CDLL(None, use_errno=True).syscall\nout = 'done' if call({}, {}) >= 0 else 'refused'"
MEMORY = {  # of calls that take memory beside the process's own: their arguments
    "memfd_create": "b'x', 0",
    "shmget": "0, 4096, 0o1600",
    "msgget": "0, 0o1600",
    "semget": "0, 1, 0o1600",
}


@pytest.mark.parametrize("name", MEMORY)
def test_no_memory_beside_the_process_s_own(sandbox, ask, name):
    number = numbers(platform.machine())[name]
    assert ask(BY_NUMBER.format(number, MEMORY[name])) == ("refused" if sandbox.confined else "done")
    if not sandbox.confined and name != "memfd_create":  # it outlives its process
        ask(f"import ctypes\nlibc = ctypes.CDLL(None)\nout = libc.{name[:3]}ctl(libc.{name}(0, {MEMORY[name][3:]}), 0, 0)")


def test_empty_files_are_limited_too(sandbox, ask):
    made = ask("made = 0\ntry:\n    while made < 6000:\n        open(f'/dev/shm/coursekit{made}', 'x').close(); made += 1\n"
               "except OSError: pass\nimport glob, os\nfor name in glob.glob('/dev/shm/coursekit*'): os.remove(name)\nout = made")  # fmt: skip
    assert 1000 < made < 5000 if sandbox.confined else made == 6000


START = """
import threading, time
threading.stack_size(65536)
for _ in range({}): threading.Thread(target=threading.Event().wait, daemon=True).start()
time.sleep({})
"""


def test_threads_are_limited(sandbox):
    """By the count of those who look on, or, sooner, by a control group."""
    for count, seconds, limited in ((30, 0.5, False), (400, 15, True)):
        session = Session(sandbox.worker, Times(20, 20, 60))
        ran = session.run(START.format(count, seconds))
        ended = ran.stopped == "crashed" or "can't start new thread" in ran.error
        assert ended if limited else (ran.error, ran.stopped) == ("", ""), ran
        session.close()


def test_within_the_limits_it_works(ask):
    code = "out = [tried(lambda: bytearray(100 << 20)), tried(lambda: open(__import__('tempfile').mktemp(), 'wb').write(bytes(9999)))]"
    assert ask(TRY + code) == ["done", "done"]


def test_time_of_the_processor(sandbox):
    session = Session(sandbox.worker, Times(90, 90, 90))  # a busy machine takes long to spend 3 seconds
    ran = session.run("while True: pass")
    assert ran.stopped == "crashed"
    session.close()


def test_nothing_is_left_when_the_grader_lets_go(sandbox):
    before = set(below(sandbox.process.pid))  # of an earlier test one may still be on its way out
    session = Session(sandbox.worker, Times(1, 20, 60))
    session.run("x = 1")
    mine = set(below(sandbox.process.pid)) - before
    assert mine
    assert session.run("import time\ntime.sleep(60)").stopped == "timeout"
    deadline = time.monotonic() + 20
    while mine & set(below(sandbox.process.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not mine & set(below(sandbox.process.pid))


def test_without_bubblewrap_it_refuses(tmp_path, monkeypatch, capsys):
    course = SmallCourse(tmp_path / "course")
    course.hand_in("right")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BookError, match="apt-get install bubblewrap"):
        refuse_without_bubblewrap()
    with pytest.raises(SystemExit, match="apt-get install bubblewrap"):
        cli.main(["grade", "--root", str(PACKAGE.parent), "--course", str(course.root), "--quiet"])
    assert not (course.root / "outcomes").exists()
    cli.main(["grade", "--root", str(PACKAGE.parent), "--course", str(course.root), "--quiet", "--trust-submissions"])
    assert "| right | 01_small | 7 of 7 | graded |" in capsys.readouterr().out


def test_where_the_machine_forbids_sandboxes_it_says_so(tmp_path, monkeypatch):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho no namespaces here >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(BookError, match="no namespaces here"):
        refuse_without_bubblewrap()
