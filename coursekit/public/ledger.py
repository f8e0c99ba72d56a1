"""The ledger: what the sources and papers claim, whether it holds, where the book teaches it, what shows it."""

import ast
from dataclasses import dataclass
from pathlib import Path

import yaml
from pybtex.database import parse_file

from ..chapter import Chapter, heading, headings
from ..errors import BookError
from ..project import Project
from .conclusions import typed

VERDICTS = {
    "holds": "true as stated, and checked here",
    "imprecise": "true after a correction, which the note gives",
    "wrong": "not true; the note says what is",
    "reported": "a result of the paper, quoted and not repeated here",
    "open": "could not be settled",
}
FIELDS = {"id", "claim", "verdict", "note", "check", "cite", "measured", "minor"}


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
    minor: bool = False  # on the page of all claims only: not in the chapter's table, and no section need teach it


def read_ledger(project: Project, chapters: list[Chapter]) -> list[Claim]:
    """All entries of book/ledger/*.yml; refuses the first that is wrong, untaught or unbacked."""
    claims: list[Claim] = []
    keys = set(parse_file(str(project.bibliography)).entries)
    stems = {chapter.stem: chapter for chapter in chapters}
    for path in sorted((project.root / "book" / "ledger").glob("*.yml")):
        if path.stem not in stems:
            raise BookError(f"book/ledger/{path.name}", "belongs to no chapter", f"chapters are {', '.join(stems)}")
        for number, row in enumerate(_rows(path), 1):
            claims.append(_claim(row, path, number))
    known = {claim.id for claim in claims}
    for chapter in chapters:
        for claim, where in chapter.claims().items():
            if claim not in known:
                raise BookError(where, f"names the claim {claim}, which no ledger has", "see book/ledger")
    for number, claim in enumerate(claims):
        where = f"book/ledger/{claim.chapter}.yml, {claim.id}"
        if claim.id in {earlier.id for earlier in claims[:number]}:
            raise BookError(where, "this id is already taken")
        _backed(project.root, claim, stems[claim.chapter], keys, where)
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
    return Claim(chapter=path.stem, **row)


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


def table(claims: list[Claim], chapter: Chapter) -> str:
    """Some rows of the ledger as a Markdown table, in the order of the verdicts that most need saying."""
    order = ["wrong", "imprecise", "open", "reported", "holds"]
    rows = ["| claim | verdict | what we found |", "|---|---|---|"]
    for claim in sorted(claims, key=lambda claim: order.index(claim.verdict)):
        rows.append(f"| {claim.claim} | {claim.verdict} | {_found(claim, chapter)} |")
    return "\n".join(rows)


FOLDED = {"reported": "Results of the authors, quoted and not repeated here", "holds": "Statements that hold"}


def chapter_table(claims: list[Claim], chapter: Chapter) -> str:
    """The chapter's own rows, but for minor ones: what needed mending in the open, the rest folded in."""
    claims = [claim for claim in claims if not claim.minor]
    mended = [claim for claim in claims if claim.verdict not in FOLDED]
    shown = [table(mended, chapter)] if mended else []
    for verdict, title in FOLDED.items():
        if rows := [claim for claim in claims if claim.verdict == verdict]:
            shown.append(f":::{{dropdown}} {title}: {len(rows)}\n{table(rows, chapter)}\n:::")
    return "\n\n".join(shown)


def _found(claim: Claim, chapter: Chapter) -> str:
    place = _taught(claim, chapter)
    source = (
        ""
        if not claim.cite
        else f"{{cite}}`{claim.cite.split(',')[0]}`" + "".join(f",{part}" for part in claim.cite.split(",")[1:])
    )
    return " ".join(part for part in (claim.note, f"“{place}”." if place else "", source) if part)


def _taught(claim: Claim, chapter: Chapter) -> str:
    """The heading of the section whose cell teaches a claim."""
    title = ""
    for cell in chapter.cells:
        if cell.kind == "markdown" and cell.text.lstrip().startswith("#"):
            title = heading(cell.text)
        if claim.id in [part.strip() for part in str(cell.args.get("claims", "")).split(",")]:
            return title
        title = (headings(cell.text) or [title])[-1] if cell.kind == "markdown" else title
    return ""


def claims_page(claims: list[Claim], chapters: list[Chapter]) -> str:
    """The page “the source, checked”."""
    out = [
        "# The source, checked",
        "",
        "Every checkable statement of our sources and of the papers that a chapter deals with, in our own words.",
        "The sources are five public texts on light networks, lecture notes and articles.",
        "The verdicts are:",
        "",
    ]
    out += [f"- **{name}**: {meaning};" for name, meaning in VERDICTS.items()]
    for chapter in chapters:
        own = [claim for claim in claims if claim.chapter == chapter.stem]
        if not own:
            continue
        title = next(heading(cell.text) for cell in chapter.cells if cell.role == "card")
        out += ["", f"## [{title}](../notebooks/{chapter.stem}.ipynb)", "", table(own, chapter)]
    return "\n".join(out) + "\n"


def trace_page(chapters: list[Chapter]) -> str:
    """The page that lists which section and which exercise serve each objective; refuses one without either."""
    out = [
        "# Objectives, sections, exercises",
        "",
        "What each chapter promises, where it keeps the promise, and which exercise tests it.",
    ]
    for chapter in filter(lambda chapter: chapter.teaches, chapters):
        title = next(heading(cell.text) for cell in chapter.cells if cell.role == "card")
        out += [
            "",
            f"## [{title}](../notebooks/{chapter.stem}.ipynb)",
            "",
            "| you will be able to | section | exercise |",
            "|---|---|---|",
        ]
        for key, text in chapter.header["objectives"].items():
            sections = chapter.taught()[key]
            exercises = [heading(e.cells["task"].text) for e in chapter.exercises.values() if e.objective == key]
            if not sections or not exercises:
                what = "section" if not sections else "exercise"
                raise BookError(
                    chapter.name, f"no {what} serves the objective {key!r}", f'add objective="{key}" to a {what}’s cell'
                )
            out.append(f"| {text} | {'; '.join(sections)} | {'; '.join(exercises)} |")
    return "\n".join(out) + "\n"
