"""The scanner finds what is private in every kind of file, and nothing where there is nothing."""

import dataclasses
import gzip
import html
import io
import json
import tarfile
import zipfile

import nbformat
import pytest

from coursekit.errors import BookError
from coursekit.teacher.course import scan_paths, secrets_of
from coursekit.teacher.exercises import read_assignments
from coursekit.teacher.leaks import Secret, public_text, scan, secret_lines
from coursekit.teacher.merge import canary

LINE = 'if """a <b>" in words: return words["a"][::-1]'
SECRET = [Secret(LINE, "a line of x.py, line 1")]


def wheel(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pkg/__init__.py", "")
        archive.writestr("pkg/answers.py", text)
    return packed.getvalue()


def tar(text: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("a/b.txt")
        info.size = len(text.encode())
        archive.addfile(info, io.BytesIO(text.encode()))
    return packed.getvalue()


def notebook(text: str) -> bytes:
    cell = nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("error", traceback=[text])])
    return nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode()


def highlighted(text: str) -> bytes:
    words = "".join(f'<span class="n">{html.escape(word)}</span> ' for word in text.split(" "))
    return f"<html><body><pre>{words}</pre></body></html>".encode()


FORMS = {
    "plain.py": lambda text: f"def f():\n\t  {text}  \n".encode(),
    "coloured.ipynb": lambda text: notebook("\x1b[31m" + text.replace("words", "wo\x1b[0mrds") + "\x1b[0m"),
    "state.html": lambda text: f"<script>{json.dumps({'cell': json.dumps(text)})}</script>".encode(),
    "page.html": highlighted,
    "book.whl": wheel,
    "twice.zip": lambda text: wheel("") and _nested(text),
    "dump.gz": lambda text: gzip.compress(text.encode()),
    "sdist.tar.gz": tar,
    "picture.png": lambda text: b"\x89PNG\xff\xfe" + text.encode() + b"\x00",
}


def _nested(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner.whl", wheel(text))
    return packed.getvalue()


@pytest.mark.parametrize("name", FORMS)
def test_a_secret_line_is_found_in_any_file(tmp_path, name):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / name).write_bytes(FORMS[name](LINE))
    leak = scan([tmp_path], SECRET)[-1]  # a tar is also found as it lies in its gzip
    assert str(tmp_path / "deep" / name) in leak.path
    assert leak.where == "a line of x.py, line 1"
    assert LINE not in str(leak)
    (tmp_path / "deep" / name).write_bytes(FORMS[name](LINE.replace("words", "stones")))
    assert scan([tmp_path], SECRET) == []


def test_archives_that_cannot_be_opened_stop_the_scan(tmp_path):
    (tmp_path / "a.zip").write_bytes(wheel(LINE)[:60])
    with pytest.raises(BookError, match="cannot be unpacked, so it cannot be scanned"):
        scan([tmp_path], SECRET)


def test_a_path_that_is_not_there_stops_the_scan(tmp_path):
    with pytest.raises(BookError, match="cannot be scanned"):
        scan([tmp_path / "dist"], SECRET)


def test_lines_that_tell_nothing_are_no_secrets():
    code = "import collections.abc\nfrom collections import OrderedDict\nx = 1\n# a comment of some length, in words\n"
    code += "def turn_the_whole_list(items):\n    known = 'a line of the lesson'\n"
    code += "    return [items[i]   for i in range(9)]"
    code += "\n    wrapped = layer(inputs, outputs, size, bias=False)"
    lesson = ["known = 'a line of the lesson'  # and more", "wrapped = layer(inputs, outputs,\n                size, bias=False)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in lesson])
    found = secret_lines(code, "x.py", public_text(notebook))
    assert [secret.text for secret in found] == ["return [items[i] for i in range(9)]"]


def test_the_toy_course_is_clean_until_something_is_planted(toy):
    said = []
    scan_paths(toy.root, [toy.root / "notebooks", toy.root / "book"], said.append)
    assert "nothing private" in said[0]
    where = toy.root / "notebooks" / "01_lists.ipynb"
    planted = where.read_text().replace("length = len([1, 2])", canary("01_lists", "turn", "tests"))
    (toy.root / "copy.ipynb").write_text(planted)
    (toy.root / "copy.txt").write_text("    return [items[i] for i in range(len(items) - 1, -1, -1)]")
    with pytest.raises(BookError) as caught:
        scan_paths(toy.root, [toy.root / "copy.ipynb", toy.root / "copy.txt"])
    first, second = map(str, caught.value.faults)
    assert "copy.ipynb: holds the canary of the tests in course/exercises/01_lists/turn.py" in first
    assert "copy.txt: holds a line of course/exercises/01_lists/turn.py, line 1" in second


def test_solutions_tests_and_right_answers_are_secret(toy):
    (assignment,) = read_assignments(toy.root)
    texts = {secret.text for secret in secrets_of(assignment)}
    assert "assert turn(numbers) == list(reversed(numbers))" in texts  # a hidden test
    assert "turned.insert(0, item)" not in texts  # too short to tell anything
    assert "return [items[-1]] + turn(items[:-1]) if len(items) > 1 else [items[0]]" not in texts  # a wrong answer


def test_what_another_chapter_shows_is_no_secret(toy):
    (assignment,) = read_assignments(toy.root)
    line = "assert turn(numbers) == list(reversed(numbers))"
    other = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"def f():\n    {line}")])
    texts = {secret.text for secret in secrets_of(dataclasses.replace(assignment, others=(other,)))}
    assert line not in texts and texts
    other.metadata["coursekit"] = assignment.notebook.metadata["coursekit"]  # made from a source that is here
    nbformat.write(other, toy.root / "notebooks" / "02_other.ipynb")
    (toy.root / "book/chapters/02_other.py").write_text("# another chapter\n")
    assert line not in {secret.text for found in read_assignments(toy.root) for secret in secrets_of(found)}
