"""The ledger as its readers see it: “The source, checked” with every row, and the few that a chapter shows itself."""

from collections import Counter
from html import escape

from docutils.nodes import make_id

from ..chapter import Chapter, heading, headings
from ..errors import BookError
from ..project import Project
from .ledger import VERDICTS, Claim, Source

ROWS = 8  # that a chapter shows
KINDS = {"check": "tested", "measured": "measured", "cite": "quoted"}
ORDER = ["wrong", "imprecise", "open", "reported", "holds"]  # what most needs saying first
HEADS = "| statement | verdict | what we found | where |\n|---|---|---|---|"


def chosen(claims: list[Claim]) -> list[Claim]:
    """The rows of a chapter's own table: those marked `chapter: true`, else the first that are not minor."""
    marked = [claim for claim in claims if claim.in_chapter]
    if len(marked) > ROWS:
        where = f"book/ledger/{marked[0].chapter}.yml"
        what = f"{len(marked)} entries are marked `chapter: true`"
        raise BookError(where, what, f"a chapter shows at most {ROWS}; the others stand on the page of all")
    return marked or [claim for claim in claims if not claim.minor][:ROWS]


def chapter_table(stem: str, claims: list[Claim]) -> str:
    """A chapter's own table, and the way to all of its statements; claims are those of the chapter."""
    rows = [f"| {claim.claim} | {claim.verdict} | {_found(claim)} |" for claim in _sorted(chosen(claims))]
    table = "\n".join(["| statement | verdict | what we found |", "|---|---|---|", *rows])
    of = f"These are {len(rows)} of {len(claims)}; all" if len(rows) < len(claims) else "They"
    return f"{table}\n\n{of} stand on {{ref}}`The source, checked <{_label(stem)}>`, with tests and sections."


def claims_page(project: Project, claims: list[Claim], sources: list[Source], chapters: list[Chapter]) -> str:
    """The page with every row; its script, where there is one, lets a reader choose among them."""
    counts = Counter(claim.verdict for claim in claims)
    out = [
        "# The source, checked",
        "",
        "Every checkable statement of our sources and of the papers that a chapter deals with, in our own words: "
        f"{len(claims)} in all.",
        "",
        "| verdict | what it means | statements |",
        "|---|---|--:|",
        *(f"| {name} | {meaning} | {counts[name]} |" for name, meaning in VERDICTS.items()),
        "",
        "The last column of the lists below says where a chapter teaches a statement, and how we know: *tested* by the "
        "tests of this book, *measured* in a chapter, or *quoted* from a paper.",
    ]
    if sources:
        out += ["", "## The sources", "", *_sources(sources)]
    out += ["", '<div class="book-filter"></div>']
    for chapter in chapters:
        own = [claim for claim in claims if claim.chapter == chapter.stem]
        if own:
            rows = [_row(project, claim, chapter, sources) for claim in _sorted(own)]
            title = f"## [{chapter.short}](../notebooks/{chapter.stem}.ipynb)"
            out += ["", f"({_label(chapter.stem)})=", title, "", HEADS, *rows]
    return "\n".join(out) + "\n"


def _label(stem: str) -> str:
    """The target before a chapter's statements, among those of all chapters."""
    return f"ledger-{stem}"


def _sources(sources: list[Source]) -> list[str]:
    rows = ["| in this book | title | author | published | language |", "|---|---|---|---|---|"]
    for source in sources:
        title = f"[{source.title}]({source.address})" if source.address else source.title
        rows.append(f"| {source.short} | {title} | {source.author} | {source.date} | {source.language} |")
    return rows


def _sorted(claims: list[Claim]) -> list[Claim]:
    return sorted(claims, key=lambda claim: ORDER.index(claim.verdict))


def _row(project: Project, claim: Claim, chapter: Chapter, sources: list[Source]) -> str:
    """One row with its anchor, what a script chooses it by, and links to its section and its test."""
    kind = next(words for name, words in KINDS.items() if getattr(claim, name))
    said = ", ".join(source.short for source in sources if source.id in claim.source)
    mark = (f'<span id="claim-{claim.id.lower()}" class="book-claim" data-chapter="{escape(chapter.short)}" '
            f'data-verdict="{claim.verdict}" data-how="{kind}"></span>')  # fmt: skip
    where = []
    if place := taught(claim, chapter):
        anchor = make_id(place.replace("*", "").replace("`", ""))
        where.append(f'<a href="../notebooks/{chapter.stem}.html#{anchor}">{escape(place)}</a>')
    if claim.check:
        file = claim.check.partition("::")[0]
        where.append(f"[{kind}]({project.repository}/blob/{project.branch}/{file})")
    else:
        where.append(kind)
    statement = f"{claim.claim} ({said})" if said else claim.claim
    return f"| {mark}{statement} | {claim.verdict} | {_found(claim)} | {'; '.join(where)} |"


def _found(claim: Claim) -> str:
    key, _, place = claim.cite.partition(",")
    cited = f"{{cite}}`{key}`" + (f",{place}" if place else "") if key else ""
    return " ".join(part for part in (claim.note, cited) if part)


def taught(claim: Claim, chapter: Chapter) -> str:
    """The heading of the section whose cell teaches a claim."""
    title = ""
    for cell in chapter.cells:
        if cell.kind == "markdown" and cell.text.lstrip().startswith("#"):
            title = heading(cell.text)
        if claim.id in [part.strip() for part in str(cell.args.get("claims", "")).split(",")]:
            return title
        title = (headings(cell.text) or [title])[-1] if cell.kind == "markdown" else title
    return ""
