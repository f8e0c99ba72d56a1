"""Typed conclusions: "better" and its like, written by hand beside what was measured, where the next record may differ.

In a section (from one `## ` heading to the next) with a measured cell, words that compare results stand in expressions,
so that they change with the record, or in a sentence that cites its source. Questions and quotations may hold them. A
cell may except words and must say why: `typed="clearly: the rule itself"`. The notes of measured claims in the ledger
hold none of these words. What the list below does not know passes: it guards against slips, not against intent.
"""

import re
from collections.abc import Iterator

from ..cells import SourceCell
from ..chapter import Chapter
from ..errors import BookError
from ..prose import quiet, sentences

WORDS = re.compile(
    r"\b(?:better|best|worse|worst|slow(?:er|est)|fast(?:er|est)|quick(?:er|est)|higher|lower"
    r"|less (?:well|accurate|time|often)|more (?:accurate|time|slowly|quickly|often)|(?<!no )longer"
    r"|hardly|clearly|takes? (?:little|much|long)|(?:we|you) see no|not what we see"
    r"|(?:just|equally|almost|nearly|about) as \w+|as (?:well|good|quick|fast|slow)(?:ly)? as"
    r"|(?:cannot|can ?not|can't|could not) (?:be )?(?:told|tell)\b|indistinguishable|outperform\w*|beats?|coin toss"
    r"|(?:no|little|small|smaller|smallest|large|larger|largest|clear) (?:effect|difference|gain|loss)"
    r"|(?:does|do|did) not (?:\w+ )?help|helps|seems? to (?:cost|help|gain|lose)|costs? accuracy)\b",
    re.I,
)
TODO = (
    "let the record say it: {{= verdict.paired(recorded.a, recorded.b).words(…) =}}; or cite a source in the sentence; "
    'or add typed="word: why no result is meant" to the cell'
)


def faults(chapter: Chapter) -> list[BookError]:
    """Every typed conclusion of a chapter, and every exception that nothing needs."""
    found = []
    for section in _sections(chapter):
        measures = any(cell.kind == "code" and cell.args.get("measured") for cell in section)
        for cell in section:
            if cell.role == "":
                found += _of_cell(cell, measures)
    return found


def _sections(chapter: Chapter) -> list[list[SourceCell]]:
    found: list[list[SourceCell]] = [[]]
    for cell in chapter.cells:
        if cell.kind == "markdown" and re.search(r"^##[ \t]", cell.text, re.M):
            found.append([])
        found[-1].append(cell)
    return found


def _of_cell(cell: SourceCell, measures: bool) -> Iterator[BookError]:
    excepted, why = _excepted(cell)
    if "typed" in cell.args and not (excepted and len(why.split()) >= 3):
        what, todo = f"typed={cell.args['typed']!r} gives no reason", 'write typed="clearly: the rule itself"'
        yield BookError(cell.where, what, todo)
    seen = set()
    for line, word, sentence in _typed(cell) if measures else ():
        if word.lower() in excepted:
            seen.add(word.lower())
        else:
            where = re.sub(r"\d+$", lambda m, line=line: str(int(m[0]) + line), cell.where)
            yield BookError(where, f"the typed conclusion {word!r} beside a measured cell: “{_short(sentence)}”", TODO)
    for word in sorted(excepted - seen):
        what = f"excepts {word!r}, which stands nowhere here as a typed conclusion"
        yield BookError(cell.where, what, "take it out of typed=…")


def _excepted(cell: SourceCell) -> tuple[set[str], str]:
    words, _, why = str(cell.args.get("typed", "")).partition(":")
    return {word.strip().lower() for word in words.split(",") if word.strip()}, why


def _typed(cell: SourceCell) -> Iterator[tuple[int, str, str]]:
    """(line below the cell's marker, word, sentence)."""
    text = cell.text if cell.kind == "markdown" else cell.args.get("caption", "")
    for place, word, sentence in typed(text):
        yield 1 + text.count("\n", 0, place) if cell.kind == "markdown" else 0, word, sentence


def typed(text: str) -> Iterator[tuple[int, str, str]]:
    """The typed conclusions of a text: (place, word, sentence)."""
    shown = re.sub(r"“[^”]*”", lambda m: re.sub(r"[^\n]", " ", m[0]), quiet(text))
    for start, end, cited in sentences(text):
        if not cited and not shown[start:end].rstrip(" \n*").endswith("?"):
            yield from ((m.start(), m[0], text[start:end]) for m in WORDS.finditer(shown, start, end))


def _short(sentence: str) -> str:
    words = " ".join(sentence.split())
    return words if len(words) <= 120 else words[:117] + "…"
