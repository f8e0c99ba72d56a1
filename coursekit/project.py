"""Where everything of one book lives, read from `_config.yml`, `_toc.yml` and `pyproject.toml`."""

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from .errors import BookError

CHAPTERS = "book/chapters"
NOTEBOOKS = "notebooks"
COURSE = "course"


@dataclass(frozen=True)
class Project:
    """A checkout of a book."""

    root: Path

    @property
    def build(self) -> Path:
        """Everything that the build makes and `make clean` may delete."""
        return self.root / "_build"

    @property
    def site(self) -> Path:
        return self.build / "html"

    @property
    def notebooks(self) -> Path:
        return self.root / NOTEBOOKS

    @property
    def shut(self) -> Path:
        """The teacher's half: what is public is made without it."""
        return self.root / COURSE

    @property
    def bibliography(self) -> Path:
        return self.root / "book" / "references.bib"

    @cached_property
    def config(self) -> dict:
        return _yaml(self.root / "_config.yml")

    @cached_property
    def _settings(self) -> dict:
        """`[tool.coursekit]` of pyproject.toml."""
        path = self.root / "pyproject.toml"
        try:
            return tomllib.loads(path.read_text("utf-8"))["tool"]["coursekit"]
        except FileNotFoundError:
            raise BookError(
                path.name, "is missing", f"run the command in the root of the book, not in {self.root}"
            ) from None
        except (KeyError, tomllib.TOMLDecodeError) as error:
            raise BookError(
                path.name, f"names no package for the chapters ({error})", "add `[tool.coursekit] package = …`"
            ) from None

    @property
    def package(self) -> str:
        """The Python package that the chapters import: `package` in those settings."""
        try:
            return self._settings["package"]
        except KeyError:
            todo = "add `[tool.coursekit] package = …`"
            raise BookError("pyproject.toml", "names no package for the chapters", todo) from None

    @property
    def measured_with(self) -> list[str]:
        """The packages whose versions decide what is measured: `measured_with` in those settings."""
        return self._settings.get("measured_with", [])

    @property
    def shows(self) -> list[str]:
        """The rooms of that package that show and decide no measured value: `shows` in those settings."""
        return self._settings.get("shows", [])

    @cached_property
    def repository(self) -> str:
        """The public address of the repository, from `_config.yml`: the one place where it stands."""
        url = str((self.config.get("repository") or {}).get("url", "")).rstrip("/")
        if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", url):
            raise BookError("_config.yml", f"repository.url is {url!r}", "it must read https://github.com/OWNER/NAME")
        return url

    def pins(self) -> list[str]:
        """The exact versions that the book is made with: requirements.txt without its remarks."""
        lines = (self.root / "requirements.txt").read_text("utf-8").splitlines()
        return [pin for line in lines if (pin := line.partition("#")[0].strip())]

    @property
    def branch(self) -> str:
        return (self.config.get("repository") or {}).get("branch", "main")

    @property
    def book_url(self) -> str:
        """Where the book is published: `html.baseurl` of `_config.yml`, else GitHub Pages of its repository."""
        if own := str((self.config.get("html") or {}).get("baseurl") or ""):
            if not re.fullmatch(r"https?://[^\s?#]+", own):
                todo = "write an address such as https://example.org/book/, or nothing"
                raise BookError("_config.yml", f"html.baseurl is {own!r}", todo)
            return own.rstrip("/") + "/"
        owner, name = self.repository.split("/")[-2:]
        return f"https://{owner}.github.io/{name}/"

    def colab_url(self, stem: str) -> str:
        path = self.repository.removeprefix("https://github.com/")
        return f"https://colab.research.google.com/github/{path}/blob/{self.branch}/{NOTEBOOKS}/{stem}.ipynb"

    @cached_property
    def chapters(self) -> dict[int, str]:
        """The stems of the numbered chapters by their number."""
        return {int(path.stem.partition("_")[0]): path.stem for path in self.sources() if re.match(r"\d+_", path.stem)}

    def sources(self) -> list[Path]:
        """The chapter sources in the order of `_toc.yml`; the two must name the same chapters."""
        listed = [
            Path(name).name for name in toc_files(_yaml(self.root / "_toc.yml")) if name.startswith(NOTEBOOKS + "/")
        ]
        there = {p.stem: p for p in sorted((self.root / CHAPTERS).glob("*.py"))}
        for stem in listed:
            if stem not in there:
                raise BookError(
                    "_toc.yml",
                    f"lists {NOTEBOOKS}/{stem}, which has no source",
                    f"write {CHAPTERS}/{stem}.py or take the line out",
                )
        for stem in there:
            if stem not in listed:
                raise BookError(f"{CHAPTERS}/{stem}.py", "is not in _toc.yml", f"add `- file: {NOTEBOOKS}/{stem}`")
        if twice := sorted({stem for stem in listed if listed.count(stem) > 1}):
            raise BookError("_toc.yml", f"lists {NOTEBOOKS}/{twice[0]} twice", "take one of the lines out")
        return [there[stem] for stem in listed]


def toc_files(toc) -> list[str]:
    """Every `file:` and `root:` of a table of contents, in reading order."""
    if isinstance(toc, list):
        return [name for item in toc for name in toc_files(item)]
    if not isinstance(toc, dict):
        return []
    own = [toc[key] for key in ("root", "file") if isinstance(toc.get(key), str)]
    return own + [name for key in ("parts", "chapters", "sections", "subtrees") for name in toc_files(toc.get(key))]


def _yaml(path: Path) -> dict:
    try:
        return yaml.safe_load(path.read_text("utf-8")) or {}
    except FileNotFoundError:
        raise BookError(
            path.name, "is missing", f"run the command in the root of the book, not in {path.parent}"
        ) from None
    except yaml.YAMLError as error:
        raise BookError(path.name, f"is not YAML: {error}") from None
