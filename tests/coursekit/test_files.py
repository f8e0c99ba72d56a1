"""Files written whole, on disks that do not take them: real ones, mounted by bubblewrap."""

import subprocess
import sys
from pathlib import Path

import pytest
from small_book import REPOSITORY

from coursekit import files
from coursekit.errors import BookError


def test_a_file_is_replaced_once(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    assert files.write_whole(path, "ü") and path.read_bytes() == "ü".encode()
    assert not files.write_whole(path, "ü".encode())
    assert files.write_whole(path, b"b") and path.read_bytes() == b"b"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"], "nothing is left beside it"


def test_a_folder_in_its_place(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(BookError, match=rf"^{tmp_path}/a.txt: Is a directory\n    something else stands in its place"):
        files.write_whole(tmp_path / "a.txt", "b")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_in_its_folders_place(tmp_path):
    (tmp_path / "deep").write_text("")
    with pytest.raises(BookError, match=r"deep/a.txt: (Not a directory|File exists)\n"):
        files.write_whole(tmp_path / "deep/a.txt", "b")


def test_another_error_stays_what_it_is(tmp_path):
    with pytest.raises(OSError, match="too long"):
        files.write_whole(tmp_path / ("a" * 300), "b")
    assert files.told(FileNotFoundError(2, "No such file", "x")) is None


WRITE = """
import pathlib, sys
from coursekit import cli, files
cli._serve = lambda args: files.write_whole(pathlib.Path(sys.argv[1]), b"x" * 10_000)
cli.main(["serve"])
"""


@pytest.mark.parametrize(("mounts", "told"), [
    (("--ro-bind", "{0}", "{0}"), "Read-only file system\n    give yourself the right to read and write there"),
    (("--size", "4096", "--tmpfs", "{0}"), "No space left on device\n    make room on that disk"),
    (("--bind", "{0}", "{0}"), ""),
])  # fmt: skip
def test_a_disk_that_does_not_take_it_is_told_in_words(tmp_path, mounts, told):
    """A command that writes one file of more than a page."""
    target = tmp_path / "a.txt"
    command = ["bwrap", "--bind", "/", "/", "--dev", "/dev", *(part.format(tmp_path) for part in mounts), "--chdir", str(REPOSITORY)]
    run = subprocess.run([*command, sys.executable, "-c", WRITE, str(target)], capture_output=True, text=True)
    assert "Traceback" not in run.stderr
    if told:
        assert run.returncode == 1 and run.stderr.startswith(f"\n{target}: {told}")
    else:
        assert run.returncode == 0 and target.stat().st_size == 10_000, "a disk that takes it"
    assert [path.name for path in tmp_path.iterdir()] == ([] if told else ["a.txt"])


def test_an_error_outside_write_whole_is_told_too(monkeypatch, capsys):
    from coursekit import cli

    def full(args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli, "_serve", full)
    with pytest.raises(SystemExit, match="the disk: No space left on device"):
        cli.main(["serve"])
    monkeypatch.setattr(cli, "_serve", lambda args: Path("/nowhere/at/all").read_text())
    with pytest.raises(FileNotFoundError):
        cli.main(["serve"])
