"""Lessons are run once and kept; a cell that fails, warns or ends its kernel is named by the source's line."""

import asyncio
import json
import shutil

import pytest
from small_book import edit, second_chapter, write_book

from coursekit.chapter import read_chapters
from coursekit.errors import BookError, Faults
from coursekit.project import Project
from coursekit.public import execute as module
from coursekit.public.execute import execute

CHAPTER = "book/chapters/01_double.py"


def run_all(book, **options):
    project = Project(book)
    return execute(project, read_chapters(project.sources(), book), jobs=2, quiet=True, **options)


def run(book):
    return run_all(book)["01_double"]


def kept(book):
    return {path.name: path.stat().st_mtime_ns for path in (book / "_build/executed").glob("*.json")}


def test_outputs_and_values_and_what_is_kept(book):
    first = run(book)
    assert first.outputs[0] == [{"name": "stdout", "output_type": "stream", "text": "42\n"}]
    assert first.values == [[], [], ["4"], ["21", "42"], []]
    assert set(first.loaded) == {"toybook/__init__.py"} and first.measured == {}
    before = kept(book)
    assert run(book) == first and kept(book) == before

    edit(book / CHAPTER, "print(twice)", "print(twice + 1)")
    assert run(book).outputs[0][0]["text"] == "43\n"
    after = kept(book)
    assert set(after) != set(before) and len(after) == 1, "what is out of date goes"


# ---- what makes a lesson run again
@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A book of two executed chapters; the second takes its function from a module that reads a style sheet."""
    root = write_book(tmp_path_factory.mktemp("two"))
    second_chapter(root, module="toybook.frames")
    loaded = {stem: set(result.loaded) for stem, result in run_all(root).items()}
    package = {"toybook/__init__.py", "toybook/frames.py", "toybook/lines.css"}
    assert loaded == {"01_double": {"toybook/__init__.py"}, "02_more": package}
    return root


@pytest.fixture
def pair(two, tmp_path):
    return shutil.copytree(two, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("__pycache__"))


def would_run(book, monkeypatch, **options):
    """The chapters that a build would run; it runs none."""
    class Enough(Exception):
        pass

    async def note(project, chapters, *_):
        await asyncio.sleep(0)
        raise Enough(*(chapter.stem for chapter in chapters))

    monkeypatch.setattr(module, "_run_all", note)
    try:
        run_all(book, **options)
    except Enough as told:
        return set(told.args)
    return set()


BOTH, SECOND, FIRST = {"01_double", "02_more"}, {"02_more"}, {"01_double"}
EDITS = {
    "wording": (CHAPTER, "It *doubles*.", "It **doubles**.", set()),
    "an exercise": (CHAPTER, 'print("not answered yet")', 'print("still not")', set()),
    "lesson code": (CHAPTER, "twice = double(21)", "twice = double(20) + 2", FIRST),
    "a mark": (CHAPTER, "# %%\nfrom toybook", "# %% measured=true\nfrom toybook", FIRST),
    "an expression": (CHAPTER, '{{= len("four") =}}', '{{= len("five!") =}}', FIRST),
    "a module of both": ("toybook/__init__.py", "x + x", "2 * x", BOTH),
    "a module of one": ("toybook/frames.py", "STYLE", "SHEET", SECOND),
    "a style sheet of one": ("toybook/lines.css", "1px", "2px", SECOND),
    "a module of none": ("toybook/unread.py", "", "1", set()),
    "a style sheet of none": ("toybook/unread.css", "", "p {}", set()),
    "a version": ("requirements.txt", "2.13.0", "2.13.1", BOTH),
    "a remark": ("requirements.txt", "2.13.0", "2.13.0  # the newest", set()),
}


@pytest.mark.parametrize(("path", "old", "new", "runs"), EDITS.values(), ids=EDITS)
def test_what_a_lesson_used_runs_it_again_and_nothing_else_does(pair, monkeypatch, path, old, new, runs):
    if old:
        edit(pair / path, old, new)
    else:
        (pair / path).write_text(new)
    assert would_run(pair, monkeypatch) == runs


@pytest.mark.parametrize(("path", "runs"), [
    ("toybook/frames/__init__.py", SECOND), ("toybook/lines.css.map", SECOND), ("toybook/frames.abi3.so", SECOND), ("toybook.py", BOTH),
    ("json.py", BOTH), ("statistics/__init__.py", BOTH), ("toybook/more.py", set()), ("notes/a.txt", set()),
])  # fmt: skip
def test_a_file_that_takes_the_place_of_another_runs_what_used_that(pair, monkeypatch, path, runs):
    (pair / path).parent.mkdir(exist_ok=True)
    (pair / path).write_text("")
    assert would_run(pair, monkeypatch) == runs


@pytest.mark.parametrize(("path", "runs"), [
    ("toybook/lines.css", SECOND), ("toybook/frames.py", SECOND), ("toybook/unread.py", set()), ("toybook/__init__.py", BOTH),
])  # fmt: skip
def test_a_file_that_is_gone_runs_what_used_it(pair, monkeypatch, path, runs):
    (pair / path).unlink()
    assert would_run(pair, monkeypatch) == runs


def test_another_python_runs_all_and_a_demand_one(pair, monkeypatch):
    assert would_run(pair, monkeypatch, again={"02_more"}) == SECOND
    monkeypatch.setattr("platform.python_version", lambda: "3.11.99")
    assert would_run(pair, monkeypatch) == BOTH


def test_only_what_changed_is_run_and_written(pair):
    before = kept(pair)
    edit(pair / "toybook/lines.css", "1px", "2px")
    results, after = run_all(pair), kept(pair)
    assert {name.split(".")[0] for name in after if after[name] != before[name]} == SECOND
    assert "toybook/lines.css" in results["02_more"].loaded


def test_a_file_that_changed_while_a_lesson_ran_is_no_key(pair, monkeypatch):
    edit(pair / CHAPTER, "print(twice)", "import toybook, pathlib\n\npathlib.Path(toybook.__file__).write_text('def double(x): return 0')")
    assert run(pair).loaded["toybook/__init__.py"] == "changed while it was read"
    assert would_run(pair, monkeypatch) == BOTH


# ---- the teacher's half
SECRET = "toybook.__file__ + '/../../course/secret.py'"


@pytest.mark.parametrize("code", [
    f"open({SECRET})", f"import os\n\nos.listdir(os.path.dirname({SECRET}))",
    f'try:\n    open({SECRET})\nexcept Exception:\n    print("nothing there")',
    f"import os\n\npath = {SECRET}\nos.symlink(os.path.abspath(path), 'link')\nopen('link')",
])  # fmt: skip
def test_a_lesson_that_opens_the_teachers_half_is_caught(book, code):
    (book / "course").mkdir()
    (book / "course/secret.py").write_text("")
    edit(book / CHAPTER, "print(twice)", f"import toybook\n{code}")
    with pytest.raises(BookError, match=r"01_double.py.*is of the teacher's half"):
        run(book)
    assert not kept(book)


# ---- the rest
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
    edit(second_chapter(book), "print(twice)", "print(once)")
    with pytest.raises(Faults) as raised:
        run(book)
    assert {fault.where for fault in raised.value.faults} == {f"book/chapters/{n}.py, line 22" for n in ("01_double", "02_more")}
