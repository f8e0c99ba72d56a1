"""All that is measured here, one after the other: `make bench`. Each is a script of its own with `--help`."""

import subprocess
import sys
from pathlib import Path

LIMITS = {"page_weight": ["--limit", "150", "--front-limit", "110"]}  # KiB

for name in ("imports", "build_times", "page_weight", "models", "widgets", "grading"):
    print(f"\n== {name} ==", flush=True)
    subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py")), *LIMITS.get(name, [])], check=True)
