"""How fast hand-ins are graded: `coursekit grade`, sandboxed, beside stock `nbgrader autograde`, one process each.

Both grade the same hand-ins of the same course, in turns, and write a gradebook; the marks of the two must be equal,
cell by cell. Of the lesson only what the exercises use stays in the notebook, so that stock is not charged for running
it each time; with --whole all of it stays, and shows what that costs. Prints Markdown.

    python benchmarks/grading.py [--hand-ins 20] [--rounds 3] [--whole]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # coursekit is not installed

from coursekit.grading.hand_in.slices import bound, needed, used  # noqa: E402
from coursekit.teacher.answers import read_private  # noqa: E402
from lightnets_edu.timing import machine  # noqa: E402

CHAPTER = "05_shufflenet_v1"


def environment() -> dict[str, str]:
    """This Python's programs first (nbgrader looks for alembic), one thread, the book's package."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}


def shorten(notebook) -> None:
    """Leave of the lesson only what the exercises' cells use."""
    exercises = [c.source for c in notebook.cells if c.cell_type == "code" and "nbgrader" in c.metadata]
    lesson = [c for c in notebook.cells if c.cell_type == "code" and "nbgrader" not in c.metadata]
    wanted = set().union(
        *(used(source) - bound(source) for source in exercises), {"cost", "channel_shuffle", "FoundUnit"}
    )
    kept = needed([c.source for c in lesson], wanted)
    for cell, source in zip(lesson, kept, strict=True):
        cell.source = "\n".join(line for line in source.splitlines() if not line.startswith("torch.manual_seed"))


def make_course(root: Path, hand_ins: int, whole: bool) -> Path:
    """A course with its source, a released gradebook, and hand-ins: right and wrong answers, each exercise its own."""
    course = root / "course"
    source = course / "source" / CHAPTER
    source.mkdir(parents=True)
    made = ROOT / "course" / "source" / CHAPTER / f"{CHAPTER}.ipynb"
    if not made.exists():
        sys.exit("there is no course/source: run `make course` first")
    notebook = nbformat.read(made, as_version=4)
    if not whole:
        shorten(notebook)
    nbformat.write(notebook, source / made.name)
    shutil.copy(ROOT / "course" / "nbgrader_config.py", course)
    nbgrader(course, "generate_assignment", CHAPTER)
    halves = [read_private(path, ROOT) for path in sorted((ROOT / "course" / "exercises" / CHAPTER).glob("*.py"))]
    for number in range(hand_ins):
        released = nbformat.read(course / "release" / CHAPTER / made.name, as_version=4)
        for half in halves:
            answers = half.right if number % 2 == 0 else half.wrong
            (cell,) = [c for c in released.cells if c.metadata.get("nbgrader", {}).get("grade_id") == half.exercise]
            cell.source = answers[number // 2 % len(answers)].text
        folder = course / "submitted" / f"student{number:02}" / CHAPTER
        folder.mkdir(parents=True)
        nbformat.write(released, folder / made.name)
    return course


def nbgrader(course: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def stock(course: Path) -> None:
    nbgrader(course, "autograde", CHAPTER)


def ours(course: Path) -> None:
    command = [sys.executable, "-m", "coursekit", "grade", "--root", str(ROOT), "--course", str(course), "--jobs", "1"]
    subprocess.run([*command, "--quiet"], cwd=ROOT, env=environment(), capture_output=True, check=True)


def marks(course: Path) -> dict[tuple[str, str], float]:
    """Points by student and graded cell."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        submissions = book.find_assignment(CHAPTER).submissions
        return {(s.student.id, g.name): g.auto_score for s in submissions for n in s.notebooks for g in n.grades}


def timed(grade, course: Path, work: Path) -> tuple[float, dict]:
    """Seconds for a fresh copy of the course, and the marks."""
    copy = work / "copy"
    shutil.copytree(course, copy)
    start = time.perf_counter()
    grade(copy)
    seconds = time.perf_counter() - start
    found = marks(copy)
    shutil.rmtree(copy)
    return seconds, found


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hand-ins", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--whole", action="store_true", help="keep the lesson in the notebook")
    args = parser.parse_args()
    times: dict[str, list[float]] = {"nbgrader autograde": [], "coursekit grade": []}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        course = make_course(work, args.hand_ins, args.whole)
        for _ in range(args.rounds):
            theirs, expected = timed(stock, course, work)
            mine, found = timed(ours, course, work)
            if found != expected:
                pairs = {key: (expected.get(key), found.get(key)) for key in expected.keys() | found.keys()}
                sys.exit(f"the marks differ: { {k: v for k, v in pairs.items() if v[0] != v[1]} }")
            times["nbgrader autograde"].append(theirs)
            times["coursekit grade"].append(mine)
    print(f"{args.hand_ins} hand-ins, one process each, {args.rounds} rounds in turns, on {machine()}. Marks equal.\n")
    print("| grader | seconds: median (range) | seconds a hand-in | throughput |\n|---|---|---:|---:|")
    ratios = [a / b for a, b in zip(*times.values(), strict=True)]
    for name, seconds in times.items():
        ratio = "1" if name.startswith("nb") else spread(ratios)
        print(f"| {name} | {spread(seconds)} | {statistics.median(seconds) / args.hand_ins:.2f} | {ratio} |")


if __name__ == "__main__":
    main()
