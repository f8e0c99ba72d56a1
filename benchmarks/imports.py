"""How long the package takes to import beyond torch: median and spread over fresh processes.

    python benchmarks/imports.py [runs]
"""

import argparse
import statistics
import subprocess
import sys

STATEMENTS = (
    "import lightnets_edu",
    "import lightnets_edu.checks",
    "import lightnets_edu.models",
    "import lightnets_edu.cost",
    "from lightnets_edu.widgets import ChannelShuffle",
)
TIMED = """
import time, torch
start = time.perf_counter()
{statement}
print(time.perf_counter() - start)
"""


def milliseconds(statement: str) -> float:
    """One fresh process: torch is imported first and does not count."""
    code = TIMED.format(statement=statement)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return 1000 * float(run.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="?", type=int, default=7)
    runs = parser.parse_args().runs
    if runs < 3:
        sys.exit(f"at least 3 runs are needed for a spread, got {runs}")
    print(f"{'beyond torch':50} {'median':>9} {'lowest':>9} {'highest':>9}   ({runs} fresh processes each)")
    for statement in STATEMENTS:
        milliseconds(statement)  # compiles the package's files once
        times = [milliseconds(statement) for _ in range(runs)]
        print(f"{statement:50} {statistics.median(times):6.1f} ms {min(times):6.1f} ms {max(times):6.1f} ms")


if __name__ == "__main__":
    main()
