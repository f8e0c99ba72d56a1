"""Hand-ins that take over their own worker and lie for it; and hand-ins under odd names, beside odd files.

What a worker says is data for the grader, whoever wrote it: it can be wrong, and that is all.
"""

import os

import pytest
from grading.small_course import ANSWERS, CHAPTER, WRONG, SmallCourse

from coursekit.grading import report
from coursekit.grading.job import Times

pytestmark = pytest.mark.slow
WALL = "import sys, time\nworker, wire = sys.modules['worker'], sys.modules['wire']\nimport torch\n"


def lie(code: str) -> dict:
    """Wrong answers, a right one for `scale`, and code that changes the worker before they are looked at."""
    return {**ANSWERS, "area": f"{WALL}{code}\n\n\n{WRONG['area']}", "shuffle": WRONG["shuffle"]}


def raising(text: str, then: str = "") -> dict:
    """An answer that raises at its end, so that what it says stands in the feedback."""
    return {**ANSWERS, "area": f"{WRONG['area']}\n\n\n{then}\nraise ValueError({text})", "shuffle": WRONG["shuffle"]}


def every_reply(message: str) -> dict:
    return lie(f"worker.Worker.answer = lambda self, raw: {message}")


def text_reply(text: str) -> dict:
    return every_reply(f"(lambda text: len(text).to_bytes(8, 'big') + text)({text})")


def call(result: str) -> dict:
    return lie(f"worker.Worker.call = lambda self, target, method, args, kwargs, grad: {result}")


# student: (answers, points, status); two points where it depends on who is faster
HIJACKS = {
    "true": (call("[True, {}, {}]"), 0, "graded"),
    "old_form": (call("[True, {}]"), 0, "crashed"),
    "argument": (call("[args[0] if args else 0, {}, {}]"), 0, "graded"),
    "writes_back": (call("[torch.zeros(2, 6, 2, 3), {0: torch.zeros(2, 6, 2, 3), 9: 1, 'a': 2}, {0: 0, 'x': [], -1: 3}]"), 0, "graded"),
    "writes_shapes": (call("[torch.zeros(0), {0: torch.zeros(0), 1: torch.zeros(5)}, {}]"), 0, "graded"),
    "stand_ins": (call("[lambda *a: True, {}, {}]"), 0, None),
    "numbers": (every_reply("wire.encode({'value': [1]}, None)[:0] + wire.encode({'value': ['kept', 10**9]}, None)"), 0, None),
    "names": (lie("worker.Worker.look = lambda self, names: {n: ['plain', 51] for n in names} | {'_tests': ['plain', ()]}"), 0, "crashed"),
    "only_asked": (lie("worker.Worker.look = lambda self, names: {n: ['plain', 51] for n in names}"), 0, "graded"),
    "kinds": (lie("worker.Worker.look = lambda self, names: {n: ['kept', 'x'] for n in names}"), 0, "graded"),
    "short": (lie("worker.Worker.look = lambda self, names: {n: [] for n in names}"), 0, "crashed"),
    "describes": (lie("worker.describe = lambda error: [['Stopped', 'OutsideContract', 'BaseException'], 'passed', 0]\nworker.Worker.call = None"), 0, "graded"),
    "no_kinds": (lie("worker.describe = lambda error: [[], 'x', 0]\nworker.Worker.call = None"), 0, "graded"),
    "garbled_error": (lie("worker.describe = lambda error: 7\nworker.Worker.call = None"), 0, "crashed"),
    "endless_line": (lie("worker.describe = lambda error: [['E'], 'x', float('inf')]\nraise ValueError"), 2, "graded"),
    "no_list": (lie("worker.describe = lambda error: [{}, 'x', 0]\nraise ValueError"), 2, "graded"),
    "no_dict": (every_reply("wire.encode([1, 2], None)"), 0, "crashed"),
    "nothing": (every_reply("b''"), 0, "crashed"),
    "deep": (text_reply("b'{\"tensors\": [], \"tree\": ' + b'[\"list\", [' * 100_000"), 0, "crashed"),
    "wide": (text_reply("b'{\"tensors\": [], \"tree\": ' + b'[],' * 15_000_000"), 0, "crashed"),
    "long_number": (text_reply("b'{\"tensors\": [], \"tree\": ' + b'9' * 9_000_000 + b'}'"), 0, "crashed"),
    "long_list": (call("[[0] * 2_000_000, {}, {}]"), 0, None),
    "long_text": (call("['x' * 30_000_000, {}, {}]"), 0, "graded"),
    "long_name": (lie("worker.describe = lambda error: [['E' * 3_000_000], 'y' * 900_000, 0]\nworker.Worker.call = None\nraise ValueError"), 0, "graded"),
    "drips": (lie("def slowly(sock, message):\n    for byte in message:\n        sock.sendall(bytes([byte])); time.sleep(0.1)\nwire.send = slowly"), 0, "timeout"),
    "chatters": (lie("import threading, os\n"
                     "def safe():\n    for fd in range(3, 64):\n        try:\n            while True: os.write(fd, b'x' * 64)\n        except OSError: pass\n"
                     "threading.Thread(target=safe, daemon=True).start()"), (0, 2), "crashed"),
    "deaf": (lie("wire.receive = lambda *a, **k: time.sleep(60)"), 0, "timeout"),
    "surrogate": (raising("'\\ud800 \\udcff'", "def area(w, h): raise ValueError('\\ud800')"), 2, "graded"),
    "surrogate_value": ({**ANSWERS, "area": "def area(w, h): return '\\ud800'"}, 5, "graded"),
    "terminal": (raising("'\\x1b[2J\\x1b]0;title\\x07\\u202e'", "def area(w, h): __import__('os')._exit(0)"), 2, "crashed"),
    "page": (raising("'<script>alert(1)</script></pre><img src=x onerror=alert(1)>'"), 2, "graded"),
    "formula": (raising("'=HYPERLINK(1)'", "def area(w, h): __import__('os')._exit(0)"), 2, "crashed"),
    "long_error": (raising("'z' * 10_000_000"), 2, "graded"),
}  # fmt: skip
ODD_NAMES = [
    "=1+1",
    "a b",
    "<b>bold",
    "clear\x1b[2J",
    "line\nend",
    "O'Neil; drop table grade",
    "名前",
    "x|y",
    "-rf",
    "100%",
    "{student_id}",
    "[1]",
    "a+b",
]
FILES = (
    "wire.py",
    "torch.py",
    "sitecustomize.py",
    "usercustomize.py",
    "conftest.py",
    "lightnets_edu/__init__.py",
    "nbgrader_config.py",
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = SmallCourse(tmp_path_factory.mktemp("hijacks") / "course")
    for student, (answers, _, _) in HIJACKS.items():
        course.hand_in(student, answers)
    for student in ("right", *ODD_NAMES, "with_files"):
        course.hand_in(student)
    for name in FILES:
        path = course.folder("with_files") / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("raise SystemExit('taken for a module')")
    outcomes = course.grade(times=Times(call=2, exercise=4, notebook=12))
    return course, outcomes


@pytest.mark.parametrize("student", HIJACKS)
def test_a_lie_earns_nothing(graded, student):
    _, points, status = HIJACKS[student]
    outcome = graded[1][student]
    assert outcome.points in (points if isinstance(points, tuple) else (points,)), [
        v for r in outcome.results for v in r.verdicts
    ]
    assert status in (None, outcome.status), outcome.results
    assert outcome.seconds < 30  # its own limit is 12, and forks take their time on a busy machine


def test_the_others_keep_their_points(graded):
    course, outcomes = graded
    for student in ("right", *ODD_NAMES, "with_files"):
        assert (outcomes[student].points, outcomes[student].status) == (7, "graded"), student
    with course.book() as book:
        scores = {s.student.id: s.score for s in book.find_assignment(CHAPTER).submissions}
    assert scores == {student: outcome.points for student, outcome in outcomes.items()}


def test_what_a_liar_says_does_not_fill_the_disk_or_the_terminal(graded):
    course, outcomes = graded
    for part in ("outcomes", "feedback", "autograded", "marks"):
        for path in (course.root / part).rglob("*"):
            if path.is_file():
                text = path.read_text("utf-8")
                assert len(text) < 100_000, path
                assert not {"\x1b", "\x07", "\u202e"} & set(text), path
    assert report.table(list(outcomes.values())).replace("\n", "").isprintable()


def test_pages_and_tables_show_it_as_text(graded):
    course = graded[0]
    page = course.text("feedback", "page", CHAPTER, f"{CHAPTER}.html")
    assert "<script" not in page and "<img" not in page and "&lt;script&gt;alert(1)" in page
    assert "<b>bold" not in course.text("feedback", "<b>bold", CHAPTER, f"{CHAPTER}.html")
    for name in (f"{CHAPTER}.csv", f"{CHAPTER}.canvas.csv", f"{CHAPTER}.moodle.csv"):
        assert "\n=" not in course.text("marks", name) and ",=" not in course.text("marks", name)
    assert os.listdir(course.root / "submitted" / "with_files" / CHAPTER)  # they are there, and nothing came of it
