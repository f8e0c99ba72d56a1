"""The benchmark of the pages: what counts as a picture, and limits that are missed; and every benchmark starts."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SPEC = importlib.util.spec_from_file_location("page_weight", BENCHMARKS / "page_weight.py")
page_weight = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(page_weight)


def test_every_benchmark_starts_from_anywhere(tmp_path):
    """tests/coursekit has the name of the book's own package: a path in the wrong order finds that one."""
    scripts = sorted(path for path in BENCHMARKS.glob("*.py") if path.name != "run.py")
    runs = {path.name: subprocess.Popen([sys.executable, str(path), "--help"], cwd=tmp_path, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True) for path in scripts}  # fmt: skip
    assert {name: told for name, run in runs.items() if (told := run.communicate()[1]) or run.returncode} == {}


def test_drawings_in_a_page_are_pictures_and_all_else_is_not(tmp_path):
    words, svg = "<p>" + " ".join(map(str, range(900))), "<svg>" + " ".join(map(str, range(2000, 3500))) + "</svg>"
    page, other = tmp_path / "a.html", tmp_path / "a.js"
    page.write_text(words + svg)
    other.write_text(svg)
    assert page_weight.drawn(other) == 0
    assert page_weight.transferred(page) - page_weight.drawn(page) == len(page_weight.packed(words.encode()))


@pytest.mark.parametrize(("limits", "told"), [
    ((150, 110, 1), []),
    ((99, 110, 1), ["a.html weighs 100.0 KiB, more than 99"]),
    ((150, 79, 1), ["front.html weighs 80.0 KiB, more than 79"]),
    ((None, None, 0.9), ["a.html takes 0.95 s, more than 0.9"]),
    ((None, None, None), []),
])  # fmt: skip
def test_what_is_over_a_limit_is_told(limits, told):
    found = {"front.html": {"without_pictures": 80 * 1024, "seconds": [0.5]},
             "a.html": {"without_pictures": 100 * 1024, "seconds": [0.9, 3, 0.95]}}  # fmt: skip
    assert page_weight.beyond(found, "front.html", *limits) == told


def test_a_first_view_without_words_is_refused(tmp_path, browser):
    text = '<html><body><article><h1>A page</h1>{}</article></body></html>'
    (tmp_path / "words.html").write_text(text.format("<p>Words.</p>"))
    (tmp_path / "none.html").write_text(text.format('<div style="height: 3000px"></div><p>Words.</p>'))
    with page_weight.served(tmp_path) as origin:
        assert 0.1 < page_weight.readable(browser, origin, "words.html") < 30
        with pytest.raises(ValueError, match=r"none\.html: the first view has no heading or no words"):
            page_weight.readable(browser, origin, "none.html")
