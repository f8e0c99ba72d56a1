"""Every kind of file that is handed in as a notebook."""

import gzip
import json
import os
import socket
from pathlib import Path

import pytest
from grading.hand_ins import AREA, Student, repaired
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.grading.hand_in import read
from coursekit.grading.hand_in.read import Cell, Unreadable, read_cells


def written(tmp_path, data):
    path = tmp_path / "hand_in.ipynb"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_notebook_is_read_in_any_unicode(tmp_path, encoding):
    student = Student().write("area", AREA + "  # größe × 2 🙂")
    assert read_cells(written(tmp_path, student.json().encode(encoding))) == student.cells


def one(tmp_path, **cell):
    (found,) = read_cells(written(tmp_path, json.dumps({"cells": [cell]})))
    return found


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ({"cell_type": "code", "source": ["a\n", "b"]}, Cell("code", "a\nb")),
        ({"cell_type": "code", "source": ["a", 1, None, "b"]}, Cell("code", "ab")),
        ({"cell_type": "code", "source": {"a": 1}, "metadata": [1]}, Cell("code", "")),
        ({"cell_type": "code", "source": "a\r\nb\rc"}, Cell("code", "a\nb\nc")),
        ({"cell_type": "code"}, Cell("code", "")),
        ({"cell_type": "html", "source": "a"}, Cell("raw", "a")),
        ({"cell_type": ["code"], "source": "a"}, Cell("raw", "a")),
        (
            {"source": "a", "id": 5, "metadata": {"id": "colab", "nbgrader": {"grade_id": "g"}}},
            Cell("raw", "a", "g", "colab"),
        ),
        ({"cell_type": "code", "source": "a", "metadata": {"nbgrader": "x"}, "id": "i"}, Cell("code", "a", "", "i")),
        ({"cell_type": "code", "source": "a\ud800"}, Cell("code", "a\ufffd")),
        (
            {"cell_type": "markdown", "source": "![p](data:image/png;base64," + "iVBO" * 400_000 + ")"},
            Cell("markdown", "![p]()"),
        ),
    ],
)
def test_odd_cells_are_read(tmp_path, cell, expected):
    found = one(tmp_path, **cell)
    assert found.source.replace("�", "\ufffd").rstrip("\ufffd") == expected.source.rstrip("\ufffd")
    assert (found.kind, found.grade_id, found.id) == (expected.kind, expected.grade_id, expected.id)
    found.source.encode()


def test_format_3_and_the_rest_that_is_no_cell(tmp_path):
    old = {
        "worksheets": [
            {"cells": [{"cell_type": "code", "input": ["a"]}, {"cell_type": "heading", "source": "b"}]},
            5,
            {},
        ]
    }
    assert read_cells(written(tmp_path, json.dumps(old))) == [Cell("code", "a"), Cell("markdown", "b")]
    assert read_cells(written(tmp_path, '{"cells": [1, null, "x", []], "cells": [2, {"source": "b"}]}')) == [
        Cell("raw", "b")
    ]


WHOLE = Student().json()

UNREADABLE = {
    "empty": (b"", "the file is empty"),
    "zero bytes": (b"\0" * 4096, "the file is empty"),
    "zip": (b"PK\x03\x04" + b"x" * 100, "it is a zip archive, not a notebook"),
    "gzip": (gzip.compress(WHOLE.encode()), "it is a gzip archive, not a notebook"),
    "pdf": (b"%PDF-1.7\n", "it is a PDF file, not a notebook"),
    "web page": ("\n<!DOCTYPE html><html><body>Sign in</body></html>", "it is a web page, not a notebook"),
    "python": ("def area(w, h):\n    return w * h\n", "it is text, not a notebook"),
    "latin-1": ('{"cells": [{"source": "größe"}]}'.encode("latin-1"), "it is not UTF-8 text"),
    "cut off": (
        WHOLE[: len(WHOLE) // 2],
        "it breaks off before its end; perhaps the download or the upload stopped early",
    ),
    "damaged": (WHOLE.replace('"cells":', '"cells"', 1), "its JSON is damaged in line 5"),
    "merge": (
        WHOLE.replace("\n", "\n<<<<<<< HEAD\n", 1),
        "it holds the marks of a merge conflict (<<<<<<<); the two versions have to be merged first",
    ),
    "list": ("[1, 2]", "it is JSON, but no notebook"),
    "number": ("5", "it is JSON, but no notebook"),
    "other object": ('{"cells": {"a": 1}}', "it is JSON, but no notebook"),
    "deep": ("[" * 200_000, "its JSON is nested too deeply"),
    "deep objects": ('{"cells":' * 100_000, "its JSON is nested too deeply"),
    "long number": ("[" + "9" * 10_000 + "]", "its JSON holds a number that is too long"),
    "many cells": (
        json.dumps({"cells": [{"source": "a"}] * 2001}),
        "the notebook has 2,001 cells; at most 2,000 are read",
    ),
    "much text": (
        json.dumps({"cells": [{"source": "a" * 600_000}] * 2}),
        "the notebook holds more than 1 MiB of text in its cells",
    ),
    "large": (b" " * (20 * 2**20 + 1) + b"1", "the file is larger than 20 MiB, its outputs left out"),
}


@pytest.mark.parametrize(("data", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_notebook_says_why(tmp_path, data, why):
    with pytest.raises(Unreadable) as caught:
        read_cells(written(tmp_path, data))
    assert str(caught.value) == why


def test_every_cut_is_called_a_cut(tmp_path):
    for at in range(2, len(WHOLE.rstrip()), 37):
        with pytest.raises(Unreadable, match="breaks off"):
            read_cells(written(tmp_path, WHOLE[:at]))


def test_merge_marks_within_a_cell_are_the_student_s_text(tmp_path):
    student = Student().write("area", f"<<<<<<< HEAD\n{AREA}\n=======\n>>>>>>> mine")
    assert read_cells(student.save(tmp_path / "a.ipynb")) == student.cells


def test_only_ordinary_files_are_opened(tmp_path):
    real = Student().save(tmp_path / "real.ipynb")
    (tmp_path / "link.ipynb").symlink_to(real)
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    server = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    try:
        os.chdir(tmp_path)
        server.bind("socket.ipynb")
    finally:
        os.chdir(here)
    odd = "it is no ordinary file"
    whys = {"link": "it is a link", "pipe": odd, "folder": odd, "socket": odd}
    whys |= {
        "missing": "the file cannot be read: No such file or directory",
        "nul\0": "the file cannot be read: a faulty name",
    }
    for name, why in whys.items():
        with pytest.raises(Unreadable) as caught:
            read_cells(tmp_path / f"{name}.ipynb")
        assert str(caught.value) == why
    with pytest.raises(Unreadable, match=odd):
        read_cells(Path("/dev/zero"))
    server.close()
    assert not [name for name in os.listdir("/proc/self/fd") if str(tmp_path) in _target(name)]


def test_a_file_that_becomes_a_link_while_it_is_looked_at(tmp_path, monkeypatch):
    real = Student().save(tmp_path / "real.ipynb")
    (tmp_path / "link.ipynb").symlink_to(real)
    monkeypatch.setattr(read.os, "lstat", os.stat)
    with pytest.raises(Unreadable, match="cannot be read"):
        read_cells(tmp_path / "link.ipynb")


def _target(descriptor):
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""


HEAVY = {
    "outputs": [{"text": ['"outputs": [', "]}\\" * 9], "data": {"outputs": [1]}}],
    "attachments": {"a.png": {"image/png": "x" * 50}},
    "source": '"outputs": [',
}


def test_outputs_of_any_size_are_left_out(tmp_path, monkeypatch):
    notebook = json.loads(WHOLE)
    notebook["metadata"]["widgets"] = {"state": ["y" * 50]}
    expected = read_cells(written(tmp_path, json.dumps(notebook)))
    for cell in notebook["cells"]:
        cell.update({key: value for key, value in HEAVY.items() if key != "source"})
    notebook["cells"].append({"cell_type": "code", **HEAVY})
    text = json.dumps(notebook).encode()
    light = json.loads(read._without_outputs(text))
    assert {str(cell[key]) for cell in light["cells"] for key in ("outputs", "attachments")} == {"[]", "{}"}
    assert light["metadata"]["widgets"] == {} and light["cells"][-1]["source"] == HEAVY["source"]
    monkeypatch.setattr(read, "LARGEST_NOTEBOOK", len(json.dumps(light)) + 200)
    assert len(text) > read.LARGEST_NOTEBOOK and read_cells(written(tmp_path, text))[:-1] == expected
    for end in range(0, len(text), 97):  # one that breaks off stays as it is, or gets shorter
        assert len(read._without_outputs(text[:end])) <= end


def test_a_file_over_the_limit_is_not_read(tmp_path):
    with open(tmp_path / "sparse.ipynb", "wb") as file:
        file.truncate(read.LARGEST_FILE + 1)
    with pytest.raises(Unreadable, match="larger than 100 MiB"):
        read_cells(tmp_path / "sparse.ipynb")


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(), st.text().map(str.encode)))
def test_any_bytes_are_read_or_unreadable(tmp_path_factory, data):
    try:
        repaired(read_cells(written(tmp_path_factory.getbasetemp(), data)))
    except Unreadable as error:
        assert str(error)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(["code", "area", AREA])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(
            st.sampled_from(
                ["cells", "worksheets", "cell_type", "source", "input", "metadata", "nbgrader", "grade_id", "id"]
            ),
            inner,
        ),
    ),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        JSON,
        st.builds(lambda x: {"cells": x}, st.lists(JSON)),
        st.builds(lambda x: {"worksheets": [{"cells": [x]}]}, JSON),
    )
)
def test_any_json_is_read_or_unreadable(tmp_path_factory, value):
    try:
        repaired(read_cells(written(tmp_path_factory.getbasetemp(), json.dumps(value))))
    except Unreadable as error:
        assert str(error)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_damage_to_a_notebook_is_read_or_unreadable(tmp_path_factory, data):
    whole = WHOLE.encode()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        whole = whole[:at] + data.draw(st.binary(max_size=6)) + whole[at + data.draw(st.integers(0, 50)) :]
    try:
        repaired(read_cells(written(tmp_path_factory.getbasetemp(), whole)))
    except Unreadable as error:
        assert str(error)
