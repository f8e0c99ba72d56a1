"""Lessons are run once and kept; a cell that fails, warns or ends its kernel is named by the source's line."""

import json

import pytest
from small_book import edit

from coursekit.chapter import read_chapters
from coursekit.errors import BookError, Faults
from coursekit.project import Project
from coursekit.public.execute import execute


def run(book):
    project = Project(book)
    chapters = read_chapters(project.sources(), book)
    return execute(project, chapters, jobs=2, quiet=True)["01_double"]


def kept(book):
    return {path.name: path.stat().st_mtime_ns for path in (book / "_build/executed").glob("*.json")}


def test_outputs_and_values_and_what_is_kept(book):
    first = run(book)
    assert first.outputs[0] == [{"name": "stdout", "output_type": "stream", "text": "42\n"}]
    assert first.values == [[], [], ["4"], ["21", "42"], []]
    before = kept(book)

    chapter = book / "book/chapters/01_double.py"
    edit(chapter, "It *doubles*.", "It **doubles**.")
    assert run(book) == first and kept(book) == before, "a change of wording runs nothing"
    edit(chapter, "print(\"not answered yet\")", "print(\"still not\")")
    assert run(book) == first and kept(book) == before, "nor does an exercise"

    for path, old, new in [
        (chapter, "twice = double(21)", "twice = double(20) + 2"),
        (chapter, '{{= len("four") =}}', '{{= len("five!") =}}'),
        (book / "toybook/__init__.py", "x + x", "2 * x"),
        (book / "requirements.txt", "2.13.0", "2.13.1"),
    ]:
        edit(path, old, new)
        run(book)
        after = kept(book)
        assert set(after) != set(before) and len(after) == 1, f"{path.name} counts, and what is out of date goes"
        before = after


def test_the_same_bytes_every_time(book):
    run(book)
    (path,) = (book / "_build/executed").glob("*.json")
    first = path.read_bytes()
    path.unlink()
    run(book)
    assert path.read_bytes() == first


def test_a_cell_that_does_not_end_is_named(book):
    edit(book / "_config.yml", "timeout: 900", "timeout: 3")
    edit(book / "book/chapters/01_double.py", "print(twice)", "import time\n\ntime.sleep(60)")
    with pytest.raises(Faults, match=r"01_double.py, line \d+: the cell runs longer than 3 s"):
        run(book)


def test_what_shows_nothing_is_not_kept(book):
    shown = (
        "bar = display({'text/plain': '17%'}, raw=True, display_id=True)\nprint(twice)\n"
        "still, mark = {'text/html': '<p>Still</p>'}, {'fallback': True}\n"
        "display(still, metadata=mark, raw=True)\n"
        "display({'text/html': '<p>Shown</p>'}, raw=True)\nbar.update({'text/html': ''}, raw=True)"
    )
    edit(book / "book/chapters/01_double.py", "print(twice)", shown)
    outputs = run(book).outputs[0]
    assert [output.get("text", output.get("data")) for output in outputs] == ["42\n", {"text/html": "<p>Shown</p>"}]


def test_widgets_get_stable_ids(book):
    edit(book / "book/chapters/01_double.py", "print(twice)", "import ipywidgets\n\nipywidgets.IntSlider(twice)")
    first = run(book)
    for path in (book / "_build/executed").glob("*.json"):
        path.unlink()
    assert run(book) == first and len(first.widgets) == 3
    shown = first.outputs[0][0]["data"]["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert shown in first.widgets and json.dumps(first.widgets).count("IPY_MODEL_") == 2


@pytest.mark.parametrize(("old", "new", "message"), [
    ("print(twice)", "print(once)", r"01_double.py, line 22: the cell fails: NameError: name 'once' is not defined"),
    ("print(twice)", "import warnings\n\nwarnings.warn('old')", r"line 22: the cell writes to stderr: .*UserWarning: old"),
    ("print(twice)", "import os\n\nos._exit(3)", r"line 22: the cell ended its kernel"),
    ("{{= twice =}}", "{{= thrice =}}", r"line 28: {{= thrice =}} fails: NameError"),
])  # fmt: skip
def test_a_failing_cell_is_named(book, old, new, message):
    edit(book / "book/chapters/01_double.py", old, new)
    with pytest.raises(BookError, match=message):
        run(book)
    assert not kept(book), "nothing of a failed run is kept"


def test_every_failing_chapter_is_reported(book):
    source = book / "book/chapters/01_double.py"
    edit(source, "print(twice)", "print(once)")
    text = source.read_text().replace("halve", "third").replace("fig-line", "fig-other")
    (book / "book/chapters/02_more.py").write_text(text)
    edit(book / "_toc.yml", "- file: notebooks/01_double\n", "- file: notebooks/01_double\n- file: notebooks/02_more\n")
    with pytest.raises(Faults) as raised:
        run(book)
    assert {fault.where for fault in raised.value.faults} == {f"book/chapters/{n}.py, line 22" for n in ("01_double", "02_more")}
