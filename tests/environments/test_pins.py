"""The pins of requirements.txt fit each Python that is promised, and together; an older Python is told in words."""

import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from checkout import ROOT
from elsewhere import settings, uv

PYTHONS = ["3.11.2", "3.11", "3.12", "3.13"]    # the first is Debian 12's own; 3.11 stands for 3.11.0
TEXT = (ROOT / "requirements.txt").read_text()


def refused(text: str, python: str) -> str:
    """What stands against these pins on that Python: nothing, or uv's reason. Only metadata is fetched."""
    alone = re.findall(r"^#no-deps: (\S+)", text, re.MULTILINE)
    parts = [(text, []), ("\n".join(alone), ["--no-deps"])] if alone else [(text, [])]
    for lines, options in parts:
        run = uv("pip", "compile", "-", "-q", "--no-header", "--python-version", python, *options, input=lines)
        if run.returncode:
            return run.stderr
    return ""


@pytest.mark.slow
def test_the_pins_resolve_for_each_promised_python():
    with ThreadPoolExecutor() as pool:
        said = dict(zip(PYTHONS, pool.map(lambda python: refused(TEXT, python), PYTHONS), strict=True))
    assert said == dict.fromkeys(PYTHONS, "")


@pytest.mark.slow
@pytest.mark.parametrize(("pin", "python", "reason"), [
    ("soupsieve==4.1.2", "3.11.2", "soupsieve==4.1.2 depends on Python>=3.11.5"),
    ("numpy==1.21.0", "3.13", "numpy==1.21.0"),
    ("traitlets==5.7.1", "3.12", "traitlets"),
    ("#no-deps: pytorchcv==0.0.0", "3.11", "no version of pytorchcv==0.0.0"),
])  # fmt: skip
def test_a_pin_that_does_not_fit_is_caught(pin, python, reason):
    name = pin.partition("==")[0]
    text, found = re.subn(rf"^{re.escape(name)}==\S+", pin, TEXT, flags=re.MULTILINE)
    assert found == 1 and reason in " ".join(refused(text, python).split())


def test_uv_is_told_what_pip_knows(monkeypatch, tmp_path):
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://one.invalid/simple\ncert = /a.pem\n[install]\nfind-links =\n  /w1\n  /w2\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://two.invalid/a https://two.invalid/b")
    told = settings.__wrapped__()
    assert told["UV_DEFAULT_INDEX"] == "https://one.invalid/simple" and told["SSL_CERT_FILE"] == "/a.pem"
    assert told["UV_INDEX"] == "https://two.invalid/a https://two.invalid/b" and told["UV_FIND_LINKS"] == "/w1,/w2"
    monkeypatch.setenv("PIP_INDEX_URL", "https://three.invalid/simple")
    assert settings.__wrapped__()["UV_DEFAULT_INDEX"] == "https://three.invalid/simple"


@pytest.mark.parametrize(("number", "told"), [("(2, 7, 18)", True), ("(3, 10, 13)", True), ("(3, 11, 2)", False), ("(4, 0)", False)])
def test_make_tells_an_old_python_in_words(tmp_path, number, told):
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    fake = tmp_path / "python"
    fake.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exec {sys.executable} -c "import sys; sys.version_info = {number}; exec(sys.argv[1])" "$2"\n'
                    "echo asked for: $@; exit 3\n")  # fmt: skip
    fake.chmod(0o755)
    run = subprocess.run(["make", "env", f"PYTHON={fake}"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode != 0 and not (tmp_path / ".venv").exists()
    assert ("this book needs Python 3.11 or newer" in run.stdout) == told
    assert ("asked for: -m venv" in run.stdout) == (not told)
