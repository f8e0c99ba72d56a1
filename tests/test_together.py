"""The groups name files that are there; with two processes a group stays with one of them."""

import re
import subprocess
import sys

from checkout import ROOT
from together import DEALT_OUT, TOGETHER, group


def test_every_name_is_of_files_that_are_there():
    files = [path.relative_to(ROOT).as_posix() for folder in ("tests", "course") for path in (ROOT / folder).rglob("test_*.py")]
    there = [part for parts in TOGETHER.values() for part in parts if (ROOT / part.partition("/")[0]).is_dir()]
    assert [part for part in (*there, *DEALT_OUT) if not any(name.startswith(part) for name in files)] == []


def test_a_group_is_a_file_or_more_or_less():
    assert group("tests/test_x.py::test_a[1::2]") == group("tests/test_x.py::test_b") == "tests/test_x.py"
    one, *others = (group(f"{part}.py::test_a") for part in TOGETHER["the notebooks on Colab's versions"])
    assert set(others) == {one}
    assert group(f"{DEALT_OUT[0]}::test_a") != group(f"{DEALT_OUT[0]}::test_b")


def test_a_file_stays_with_one_process(tmp_path):
    for name in ("conftest", "together"):
        (tmp_path / f"{name}.py").write_text((ROOT / "tests" / f"{name}.py").read_text())
    (tmp_path / "chromium.py").write_text("CHROMIUM = LAUNCH = None")
    for name in "ab":
        (tmp_path / f"test_{name}.py").write_text("import pytest\n@pytest.mark.parametrize('x', range(6))\ndef test_it(x): pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")

    def workers(dist: str) -> list[set[str]]:
        command = [sys.executable, "-m", "pytest", "-v", "-n", "2", "--dist", dist]
        said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        return [set(re.findall(rf"\[(gw\d)\] .* test_{name}\.py::", said)) for name in "ab"]

    assert [len(found) for found in workers("loadfile")] == [1, 1]
    assert max(len(found) for found in workers("load")) == 2, "without groups the tests of a file are dealt out"
