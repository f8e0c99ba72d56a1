"""The benchmark that adds a copy: all of its files, under another name, and the line that one edits by hand."""

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("one_more", ROOT / "benchmarks/one_more.py")
one_more = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(one_more)
CASES = {
    ("chapter", "02_xception"): ("_toc.yml", "notebooks/90_onemore", "book/chapters/90_onemore.py", "fig-onemore-"),
    ("figure", "relu_manifold"): ("lightnets_edu/widgets/__init__.pyi", "import Onemore as Onemore",
                                  "lightnets_edu/widgets/onemore/__init__.py", "class Onemore"),
    ("network", "mobilenet_v2"): ("lightnets_edu/models/catalogue.py", '"onemore_0.35": ("Onemore 0.35", {"width": 0.35})',
                                  "lightnets_edu/models/onemore.py", "class MobileNetV2"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_copy_has_all_files_and_its_line(tmp_path, kind, name):
    by_hand, line, file, text = CASES[kind, name]
    named = re.compile(rf"(^|[/_]){name}[/.]")
    own = [path for path in one_more.tracked(ROOT) if named.search(path) and not path.startswith("notebooks/")]
    for path in [*own, by_hand]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes((ROOT / path).read_bytes())
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    before = (tmp_path / by_hand).read_text("utf-8")
    assert one_more.add(tmp_path, kind, name) == len(own)
    after = (tmp_path / by_hand).read_text("utf-8")
    assert after.count(line) == 1 and len(after) > len(before) and text in (tmp_path / file).read_text("utf-8")
    assert not [path for path in tmp_path.rglob("*onemore*") if path.is_file() and name in path.read_text("utf-8")]


def test_a_name_that_nothing_has_is_told(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    with pytest.raises(SystemExit, match="no file of the book has nothing_such in its path"):
        one_more.add(tmp_path, "figure", "nothing_such")
