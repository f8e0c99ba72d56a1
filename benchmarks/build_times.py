"""How long a build takes: from nothing, with nothing changed, after an edit to prose; and Jupyter Book's own.

All on one copy of this working tree, in turn, several rounds: medians with their spread.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parents[1]
sys.path[:0] = [str(HERE), str(HERE / "tests")]  # the book first: tests/coursekit has the name of its package
from checkout import ROOT, published  # noqa: E402

OURS = [sys.executable, "-m", "coursekit", "build", "--quiet"]
STOCK = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", ".", "--path-output", "stock"]


def timed(command: list[str], root: Path) -> float:
    """Seconds of one command that must succeed."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - start


def one_round(root: Path, number: int) -> dict[str, float]:
    """Each kind of build once, in the order of a working day."""
    subprocess.run(["rm", "-rf", "_build", "stock"], cwd=root, check=True)
    taken = {"cold": timed(OURS, root), "nothing changed": timed(OURS, root)}
    chapter = next((root / "book/chapters").glob("*.py"))
    chapter.write_text(chapter.read_text("utf-8") + f"#\n# Edit {number}.\n", "utf-8")  # its last cell is prose
    taken["one edit to prose"] = timed(OURS, root)
    taken["`jupyter-book build .`, cold"] = timed(STOCK, root)
    return taken


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        root = published(Path(folder) / "book")
        results = [one_round(root, number % 10) for number in range(rounds)]
    chapters = len(list((ROOT / "book/chapters").glob("*.py")))
    print(f"build times, {chapters} chapter{'s' * (chapters != 1)}, {rounds} rounds: median seconds (least to most)\n")
    for name in results[0]:
        found = [result[name] for result in results]
        print(f"{name:32} {statistics.median(found):6.1f}  ({min(found):.1f} to {max(found):.1f})")


if __name__ == "__main__":
    main()
