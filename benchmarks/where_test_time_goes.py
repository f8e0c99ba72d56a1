"""Where the time of the tests goes: by folder, and the slowest; and what one more chapter, figure or network adds.

    make test                                             # writes _build/test-times.xml
    python benchmarks/where_test_time_goes.py [REPORT]    # reads it

A test belongs to a chapter, a figure or a network when its file, its name or its parameters name one. What one more
would add is here the mean over those that are there; `one_more.py` measures it.
"""

import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "_build" / "test-times.xml"
SLOWEST = 20


class Case(NamedTuple):
    """One test of a report: its folder, its whole name, its seconds with set-up and clean-up."""

    folder: str
    name: str
    seconds: float


def read(report: Path) -> list[Case]:
    """The tests of a JUnit report, or a message and an end where there is none."""
    if not report.is_file():
        sys.exit(f"{report} is missing: `make test` writes it")
    found = []
    for case in ElementTree.parse(report).iter("testcase"):
        parts = case.get("classname", "").split(".")
        while parts and parts[-1][:1].isupper():     # a class inside the file
            parts.pop()
        name = f"{'/'.join(parts)}.py::{case.get('name')}"
        found.append(Case("/".join(parts[:-1]), name, float(case.get("time", 0))))
    if not found:
        sys.exit(f"{report} holds no test")
    return found


def by_folder(cases: list[Case]) -> dict[str, float]:
    """Seconds of each folder's own tests, most first."""
    sums: dict[str, float] = defaultdict(float)
    for case in cases:
        sums[case.folder] += case.seconds
    return dict(sorted(sums.items(), key=lambda row: -row[1]))


def owned(cases: list[Case], names: list[str]) -> dict[str, float]:
    """Seconds of the tests that name one of `names`, and no longer one of them."""
    sums = dict.fromkeys(names, 0.0)
    longest = sorted(names, key=len, reverse=True)
    for case in cases:
        for name in longest:
            if re.search(rf"(?<![A-Za-z0-9])(?<!\d_){re.escape(name)}(?![A-Za-z0-9])", case.name):
                sums[name] += case.seconds
                break
    return sums


def things() -> dict[str, list[str]]:
    """What the book grows by, and the names that its tests use."""
    from lightnets_edu import models, widgets

    chapters = sorted(path.stem for path in (ROOT / "book" / "chapters").glob("[0-9]*.py"))
    figures = [re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in widgets.__all__]
    return {"chapter": chapters, "figure": figures, "network": sorted(models.MODELS)}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", nargs="?", type=Path, default=REPORT)
    cases = read(parser.parse_args(argv).report)
    print(f"{len(cases)} tests, {sum(case.seconds for case in cases) / 60:.1f} minutes of one process\n")
    for folder, seconds in by_folder(cases).items():
        print(f"{seconds:8.1f} s  {folder}")
    print(f"\nthe {SLOWEST} slowest")
    for case in sorted(cases, key=lambda case: -case.seconds)[:SLOWEST]:
        print(f"{case.seconds:8.1f} s  {case.name}")
    for kind, names in things().items():
        sums = owned(cases, names)
        most = max(sums, key=sums.__getitem__)
        print(f"\none {kind} of {len(names)}: {sum(sums.values()) / len(names):.1f} s on average, "
              f"{sums[most]:.1f} s the most ({most})")  # fmt: skip


if __name__ == "__main__":
    main()
