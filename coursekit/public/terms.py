"""The glossary's terms in the chapters: each is a link where a chapter uses it first, and no entry stands unused.

`book/terms.yml` says what else a term is called; plurals and the other side's spelling are found by themselves.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from ..cells import SourceCell
from ..chapter import Chapter
from ..prose import quiet

GLOSSARY, WORDS = "book/glossary.md", "book/terms.yml"
LINK = re.compile(r"\{term\}`(?:[^`<]*<([^>`]+)>|([^`<]+))`")
_SILENT = re.compile(  # what a reader sees as something else than running text, or as a link already
    r"^#+ .*$|^:::.*$|^:[\w-]+:.*$|\[[^\]]*\](?=\()|\{[\w:-]+\}(?=`)", re.M
)
_SPELLINGS = (("isation", "ization"), ("ise", "ize"), ("ising", "izing"), ("our", "or"), ("grey", "gray"))


@dataclass(frozen=True)
class Use:
    """A place in a chapter that names an entry; `linked` where it leads to the glossary."""

    entry: str
    words: str
    linked: bool
    where: str


class Terms:
    """The entries of a glossary, and all that they are called."""

    def __init__(self, glossary: str, also: dict[str, list[str]], loose: Iterable[str] = ()):
        self.names = entries(glossary)
        if strangers := sorted(set(also) - set(self.names)):
            raise KeyError(f"{WORDS} has other words for {strangers[0]!r}, which is no entry of {GLOSSARY}")
        self._owners: dict[str, str] = {}
        for name, written in self.names.items():
            for form in [*written, *also.get(name, [])]:
                for variant in variants(form):
                    self._owners.setdefault(variant.lower(), name)
        everyday = {variant.lower() for name in loose for variant in variants(name)}
        self._any, self._strict = _one_of(self._owners), _one_of(set(self._owners) - everyday)

    def found(self, text: str, strict: bool = False) -> Iterator[tuple[int, str, str]]:
        """Position, entry and words of every name in a text; with `strict` of those that are no everyday words."""
        for match in (self._strict if strict else self._any).finditer(text):
            yield match.start(), self._owners[match[0].lower()], match[0]

    def owner(self, target: str) -> str:
        """The entry that a link names."""
        return self._owners.get(target.lower(), target)

    def uses(self, cell: SourceCell) -> list[Use]:
        """The places of a cell of prose that name an entry, in order."""
        links = [(m.start(), self.owner((m[1] or m[2]).strip()), m[0], True) for m in LINK.finditer(cell.text)]
        mentions = [(*one, False) for one in self.found(running(cell.text), strict=True)]
        file, line = cell.where.rsplit(" ", 1)
        return [
            Use(entry, words, linked, f"{file} {int(line) + 1 + cell.text.count(chr(10), 0, at)}")
            for at, entry, words, linked in sorted(links + mentions)
        ]


def read(root: Path) -> Terms:
    """The book's terms."""
    words = yaml.safe_load((root / WORDS).read_text("utf-8"))
    return Terms((root / GLOSSARY).read_text("utf-8"), words["also"], words["loose"])


def entries(glossary: str) -> dict[str, list[str]]:
    """The first name of each entry, and all that stand over its text."""
    body = re.search(r"^:::+\{glossary\}\n(.*?)^:::", glossary, re.M | re.S)
    plain = re.sub(r"^:\w+:.*\n", "", body[1] if body else "", flags=re.M)
    blocks = re.findall(r"(?:^\S.*\n)+(?=^[ \t]+\S)", plain, re.M)
    return {names[0]: names for block in blocks if (names := block.splitlines())}


def variants(form: str) -> set[str]:
    """A name, its plural, and both as the other side of the ocean writes them."""
    many = form + "s"
    if re.search(r"(?:s|x|sh|ch)$", form):
        many = form + "es"
    elif re.search(r"[^aeiou]y$", form):
        many = form[:-1] + "ies"
    found = {form, many}
    for ours, theirs in _SPELLINGS:
        found |= {one.replace(ours, theirs) for one in found} | {one.replace(theirs, ours) for one in found}
    return found


def _one_of(names: Iterable[str]) -> re.Pattern:
    """Any of these names, the longest that fits, as words of their own."""
    longest = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest)) or '(?!)'})(?![\w-])", re.I)


def running(text: str) -> str:
    """A cell's running text, all else of it replaced by as many spaces: headings, code, formulas, links, questions."""
    blank = LINK.sub(lambda m: " " * len(m[0]), text)
    blank = _SILENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), blank)
    return quiet(blank)


def prose(chapter: Chapter) -> list[SourceCell]:
    """The cells in which a first use is a link: neither the opening, which other pages show too, nor an exercise."""
    return [cell for cell in chapter.cells if cell.kind == "markdown" and cell.role in ("", "predict")]


def unlinked(terms: Terms, chapter: Chapter) -> list[str]:
    """Every entry whose first use in a chapter is no link."""
    faults, seen = [], set()
    for use in (use for cell in prose(chapter) for use in terms.uses(cell)):
        if use.entry not in seen and not use.linked:
            faults.append(f"{use.where}: {use.words!r} is used first and no link: {{term}}`{use.words} <{use.entry}>`")
        seen.add(use.entry)
    return faults


def unused(terms: Terms, chapters: Iterable[Chapter], shown: Iterable[str]) -> list[str]:
    """Entries to which no chapter links, and that none of the texts `shown` by figures names."""
    linked = {use.entry for chapter in chapters for cell in prose(chapter) for use in terms.uses(cell) if use.linked}
    named = {entry for text in shown for _, entry, _ in terms.found(text)}
    return [name for name in terms.names if name not in linked | named]
