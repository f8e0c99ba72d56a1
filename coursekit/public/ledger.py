"""The ledger: what the sources and papers claim, whether it holds, where the book teaches it, what shows it."""

import ast
from dataclasses import dataclass, fields
from pathlib import Path

import yaml
from pybtex.database import parse_file

from ..chapter import Chapter, heading
from ..errors import BookError
from ..project import Project
from .conclusions import typed

VERDICTS = {
    "holds": "true as stated, and checked here",
    "imprecise": "true after a correction, which the note gives",
    "wrong": "not true; the note says what is",
    "reported": "a result of the paper, quoted; not repeated here at its size",
    "open": "could not be settled",
}
FIELDS = {"id", "claim", "verdict", "note", "check", "cite", "measured", "minor", "chapter", "source"}
SOURCES = "book/ledger/sources.yml"


@dataclass(frozen=True)
class Claim:
    """One entry, backed by one of three: `check`, a test (path::function); `cite`, an entry of the bibliography; or
    `measured`: the output of a code cell in the chapter that names the claim."""

    id: str
    chapter: str
    claim: str
    verdict: str
    note: str = ""
    check: str = ""
    cite: str = ""
    measured: bool = False
    minor: bool = False  # no section teaches it
    in_chapter: bool = False  # `chapter: true`: one of the few that the chapter itself lists
    source: tuple[str, ...] = ()  # the ids of those in sources.yml that state it


@dataclass(frozen=True)
class Source:
    """A public text that the book checks, as it names itself; `short` is what our chapters call it."""

    id: str
    short: str
    title: str
    language: str
    author: str = "not named"
    address: str = ""
    date: str = "not said"


def read_sources(project: Project) -> list[Source]:
    """The texts of sources.yml; none where a book has no such file."""
    path = project.root / SOURCES
    found = []
    for number, row in enumerate(_rows(path) if path.is_file() else [], 1):
        try:
            found.append(Source(**row))
        except TypeError as error:
            known = ", ".join(one.name for one in fields(Source))
            raise BookError(f"{SOURCES}, entry {number}", f"is no source: {error}", f"fields are {known}") from None
    return found


def read_ledger(project: Project, chapters: list[Chapter]) -> list[Claim]:
    """All entries of book/ledger/*.yml; refuses the first that is wrong, untaught or unbacked."""
    claims: list[Claim] = []
    keys = set(parse_file(str(project.bibliography)).entries)
    stems = {chapter.stem: chapter for chapter in chapters}
    sources = [source.id for source in read_sources(project)]
    for path in sorted((project.root / "book" / "ledger").glob("*.yml")):
        if path == project.root / SOURCES:
            continue
        if path.stem not in stems:
            raise BookError(f"book/ledger/{path.name}", "belongs to no chapter", f"chapters are {', '.join(stems)}")
        for number, row in enumerate(_rows(path), 1):
            claims.append(_claim(row, path, number))
    known = {claim.id for claim in claims}
    for chapter in chapters:
        for name, where in chapter.claims().items():
            if name not in known:
                raise BookError(where, f"names the claim {name}, which no ledger has", "see book/ledger")
    for number, claim in enumerate(claims):
        where = f"book/ledger/{claim.chapter}.yml, {claim.id}"
        if claim.id in {earlier.id for earlier in claims[:number]}:
            raise BookError(where, "this id is already taken")
        _backed(project.root, claim, stems[claim.chapter], keys, where)
        if unknown := [source for source in claim.source if source not in sources]:
            raise BookError(where, f"names the source {unknown[0]!r}", f"{SOURCES} has {', '.join(sources) or 'none'}")
        _placed(claim, stems[claim.chapter], where)
    return claims


def _placed(claim: Claim, chapter: Chapter, where: str) -> None:
    if not any(cell.role == "ledger" for cell in chapter.cells):
        raise BookError(chapter.name, "has a ledger and no ledger cell", "add `# %% ledger [markdown]` with a heading")
    if not claim.minor and claim.id not in chapter.claims():
        todo = f'add claims="{claim.id}" to the cell that does, or `minor: true`'
        raise BookError(where, "no cell of the chapter teaches it", todo)


def _rows(path: Path) -> list:
    try:
        rows = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise BookError(f"book/ledger/{path.name}", f"is not YAML: {error}") from None
    if not isinstance(rows, list):
        raise BookError(f"book/ledger/{path.name}", "is not a list of entries", "start every entry with `- id: …`")
    return rows


def _claim(row, path: Path, number: int) -> Claim:
    where = f"book/ledger/{path.name}, entry {number}"
    if not isinstance(row, dict) or not {"id", "claim", "verdict"} <= set(row):
        raise BookError(where, "needs at least id, claim and verdict")
    if unknown := sorted(set(row) - FIELDS):
        raise BookError(where, f"has an unknown field {unknown[0]!r}", f"known are {', '.join(sorted(FIELDS))}")
    if row["verdict"] not in VERDICTS:
        raise BookError(where, f"verdict {row['verdict']!r}", f"one of {', '.join(VERDICTS)}")
    if row["verdict"] in ("imprecise", "wrong") and not row.get("note"):
        raise BookError(where, f"is {row['verdict']} and does not say what is right", "add a note")
    own = {key: value for key, value in row.items() if key not in ("chapter", "source")}
    said = tuple(part.strip() for part in str(row.get("source", "")).split(",") if part.strip())
    return Claim(chapter=path.stem, **own, in_chapter=bool(row.get("chapter")), source=said)


def _backed(root: Path, claim: Claim, chapter: Chapter, keys: set[str], where: str) -> None:
    if not (claim.check or claim.cite or claim.measured):
        raise BookError(where, "nothing backs it", "add `check: tests/…py::test_name`, `cite: key` or `measured: true`")
    if claim.cite and claim.cite.split(",")[0] not in keys:
        raise BookError(where, f"cites {claim.cite.split(',')[0]!r}, which is not in the bibliography")
    if claim.check and not _test_exists(root, claim.check):
        raise BookError(where, f"its check {claim.check} does not exist")
    if claim.measured and claim.id not in chapter.claims("code"):
        raise BookError(where, "is measured by no code cell", f'add claims="{claim.id}" to the cell that measures it')
    if claim.measured and (found := next(typed(claim.note), None)):
        what = f"its note types the conclusion {found[1]!r}, which the next record may contradict"
        raise BookError(where, what, "say in the chapter what was measured, by an expression, and here where")


def _test_exists(root: Path, check: str) -> bool:
    file, _, function = check.partition("::")
    if not (root / file).is_file():
        return False
    tree = ast.parse((root / file).read_text("utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in ast.walk(tree))


def trace_page(chapters: list[Chapter]) -> str:
    """The page that lists which section and which exercise serve each objective; refuses one without either."""
    out = [
        "# Objectives, sections, exercises",
        "",
        "What each chapter promises, where it keeps the promise, and which exercise tests it.",
    ]
    for chapter in filter(lambda chapter: chapter.teaches, chapters):
        out += [
            "",
            f"## [{chapter.short}](../notebooks/{chapter.stem}.ipynb)",
            "",
            "| you will be able to | section | exercise |",
            "|---|---|---|",
        ]
        for key, text in chapter.header["objectives"].items():
            sections = chapter.taught()[key]
            serving = [exercise for exercise in chapter.exercises.values() if exercise.objective == key]
            exercises = [f"{chapter.exercise_number(e.name)} {heading(e.cells['task'].text)}" for e in serving]
            if not sections or not exercises:
                what = "section" if not sections else "exercise"
                raise BookError(
                    chapter.name, f"no {what} serves the objective {key!r}", f'add objective="{key}" to a {what}’s cell'
                )
            out.append(f"| {text} | {'; '.join(sections)} | {'; '.join(exercises)} |")
    return "\n".join(out) + "\n"
