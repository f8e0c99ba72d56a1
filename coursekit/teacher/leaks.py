"""Looks for what must stay private: canaries and lines of solutions and hidden tests, in files of any kind."""

import gzip
import html
import io
import json
import os
import re
import tarfile
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import BookError

LEAST = 24  # characters; a shorter line says too little to be anybody's secret
DEPTH = 4  # archives within archives
UNTOLD = re.compile(r"(import|from) |#|@|(def|class) \w+.*:$|[\W\d_]*$")


@dataclass(frozen=True)
class Secret:
    """A text that must not be found, and where it stands in the private half."""

    text: str
    where: str


@dataclass(frozen=True)
class Leak:
    """A secret that was found; the secret itself is not repeated, reports may be public."""

    path: str
    where: str

    def __str__(self) -> str:
        return f"{self.path}: holds {self.where}"


def secret_lines(code: str, where: str, public: str) -> list[Secret]:
    """The telling lines of a private cell that do not stand in the public half as well, whatever its lines."""
    lines = {_squeeze(line) for line in code.split("\n")}
    telling = [line for line in lines if len(line) >= LEAST and not UNTOLD.match(line) and line not in public]
    return [Secret(line, f"a line of {where}") for line in sorted(telling)]


def public_text(notebook) -> str:
    """What a public notebook's cells say, as `secret_lines` compares it."""
    return _squeeze("\n".join(cell.source for cell in notebook.cells))


def scan(paths, secrets: list[Secret]) -> list[Leak]:
    """Every secret in every file below the paths: plain text, notebooks, JSON, HTML, zip, wheel, tar and gzip."""
    forms = [(form, secret) for secret in secrets for form in _forms(secret.text)]
    leaks = []
    for path in map(Path, paths):
        if not path.exists():
            raise BookError(str(path), "is not here, so it cannot be scanned")
        files = sorted(Path(d) / f for d, _, names in os.walk(path) for f in names) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                leaks += _scan_bytes(file.read_bytes(), str(file), forms, DEPTH)
    return leaks


def _scan_bytes(data: bytes, name: str, forms: list, depth: int) -> list[Leak]:
    leaks = {Leak(name, secret.where): None for text in _texts(data) for form, secret in forms if form in text}
    for inner, content in _members(data, name, depth):
        leaks |= dict.fromkeys(_scan_bytes(content, f"{name}:{inner}", forms, depth - 1))
    return list(leaks)


def _members(data: bytes, name: str, depth: int):
    """The files inside an archive, with their names."""
    archive = data[:4] in (b"PK\x03\x04", b"PK\x05\x06") or data[:2] == b"\x1f\x8b" or data[257:262] == b"ustar"
    if not archive:
        return
    if not depth:
        raise BookError(name, f"is packed more than {DEPTH} times over, so it cannot be scanned")
    try:
        if data[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                yield from ((n, packed.read(n)) for n in packed.namelist())
        elif data[:2] == b"\x1f\x8b":
            yield "", gzip.decompress(data)
        else:
            with tarfile.open(fileobj=io.BytesIO(data)) as packed:
                yield from ((m.name, file.read()) for m in packed if m.isfile() and (file := packed.extractfile(m)))
    except (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, RuntimeError, NotImplementedError) as error:
        raise BookError(name, f"cannot be unpacked, so it cannot be scanned: {error}") from None


def _texts(data: bytes) -> list[str]:
    """A file as text, and what its JSON strings or its HTML say."""
    text = data.decode("utf-8", errors="replace")
    texts = [_squeeze(text)]
    if text.lstrip()[:1] in ("{", "["):
        with suppress(ValueError, RecursionError):  # when it is not JSON after all, it is searched as plain text
            texts.append(_squeeze("\n".join(_strings(json.loads(text)))))
    if "<" in text:
        texts.append(_squeeze(html.unescape(re.sub(r"<[^>]*>", "", text))))
    return texts


def _strings(node):
    if isinstance(node, str):
        yield re.sub(r"\x1b\[[0-9;]*m", "", node)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)


def _forms(text: str) -> set[str]:
    """A text as it stands, and as JSON (once or twice) and HTML write it."""
    once = json.dumps(text)[1:-1]
    return {text, once, json.dumps(once)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], html.escape(text)}


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
