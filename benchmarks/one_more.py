"""What one more chapter, figure or network adds to the time of the tests, measured by adding a copy of one.

    python benchmarks/one_more.py chapter 02_xception
    python benchmarks/one_more.py figure relu_manifold
    python benchmarks/one_more.py network mobilenet_v2

In a copy of the book, every file that has the name in its path is copied under another name, and what is edited by
hand for a new one is edited. Then the book is built, for a chapter, and the tests that name the copy run on two cores.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORD = "onemore"
CORES = 2


def camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))


def spellings(kind: str, name: str) -> list[tuple[str, str]]:
    """Pairs of patterns and what stands in their place, in paths and in texts."""
    if kind == "chapter":
        ids = set(re.findall(r"id: ([A-Z0-9]+-)\d", (ROOT / f"book/ledger/{name}.yml").read_text("utf-8")))
        lesson = (ROOT / f"book/chapters/{name}.py").read_text("utf-8")
        exercises = sorted(set(re.findall(r'exercise="(\w+)"', lesson)))
        return [(re.escape(name), f"90_{WORD}"), (r"\bfig-(?=\w)", f"fig-{WORD}-"),
                *((rf"\b{prefix}(?=\d)", f"ZZ{i}-") for i, prefix in enumerate(sorted(ids))),
                *((rf'(?m)(exercise="|Check\("|^ *"|^|/){exercise}(?="|:|\.py$)', rf"\g<1>{WORD}_{exercise}")
                  for exercise in exercises)]  # fmt: skip
    if kind == "figure":
        return [(name, WORD), (camel(name), camel(WORD))]
    source = (ROOT / "lightnets_edu/models/catalogue.py").read_text("utf-8")
    labels = set(re.findall(rf'"{name}[\w.]*": \("([^"]+?)(?: [\d.]+)?"', source))
    return [(name, WORD), *((re.escape(label), camel(WORD)) for label in labels)]


def other(text: str, pairs: list[tuple[str, str]]) -> str:
    for pattern, place in pairs:
        text = re.sub(pattern, place, text)
    return text


def tracked(root: Path) -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (root / name).is_file()]


def add(root: Path, kind: str, name: str) -> int:
    """Put the copy into the book at `root`; how many files it has."""
    pairs, count = spellings(kind, name), 0
    for path in tracked(root):
        if re.search(rf"(^|[/_]){re.escape(name)}[/.]", path) and not path.startswith("notebooks/"):
            new = root / other(path, pairs)
            new.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(other((root / path).read_text("utf-8"), pairs), "utf-8")
            count += 1
    if not count:
        sys.exit(f"no file of the book has {name} in its path")
    by_hand = {"chapter": "_toc.yml", "figure": "lightnets_edu/widgets/__init__.pyi",
               "network": "lightnets_edu/models/catalogue.py"}[kind]  # fmt: skip
    entry = rf"_family\(\"{name}\.(?:.|\n)*?\n(?=_family|# fmt)" if kind == "network" else rf".*\b{name}\b.*\n"
    hand = root / by_hand
    hand.write_text(re.sub(entry, lambda match: match[0] + other(match[0], pairs), hand.read_text("utf-8")), "utf-8")
    return count


def timed(command: list[str], root: Path) -> float:
    start = time.perf_counter()
    env = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}    # as `make test` does
    code = subprocess.run(command, cwd=root, env=env).returncode
    if code:
        sys.exit(f"ended with {code}, so nothing is measured: {' '.join(command)}")
    return time.perf_counter() - start


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("chapter", "figure", "network"))
    parser.add_argument("name")
    chosen = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "book"
        for path in tracked(ROOT):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, root / path)
        (root / ".venv").symlink_to(ROOT / ".venv")
        who = ["-c", "user.name=copy", "-c", "user.email=copy@localhost"]
        for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "the book"]):
            subprocess.run(["git", *command], cwd=root, check=True)
        if (ROOT / "_build").is_dir():
            shutil.copytree(ROOT / "_build", root / "_build", symlinks=True)
        build = [sys.executable, "-m", "coursekit", "build", "--quiet"]
        if chosen.kind == "chapter":
            timed(build, root)
        print(f"{add(root, chosen.kind, chosen.name)} files more")
        built = timed(build, root) if chosen.kind == "chapter" else 0.0
        report = root / "_build" / "one-more.xml"
        report.parent.mkdir(exist_ok=True)
        wall = timed([sys.executable, "-m", "pytest", "-q", "-n", str(CORES), "--dist", "loadfile", "-m", "not full",
                      "-k", WORD, f"--junitxml={report}"], root)  # fmt: skip
        cases = [float(case.get("time", 0)) for case in ElementTree.parse(report).iter("testcase")]
    seconds = built + sum(cases) / CORES
    print(f"a copy of {chosen.name}: {built:.0f} s to build it, {len(cases)} tests, {sum(cases):.0f} s of one process: "
          f"{seconds:.0f} s on {CORES} cores (pytest {wall:.0f} s by the clock, with its start)")  # fmt: skip


if __name__ == "__main__":
    main()
