"""What the build adds to the book's front page: all chapters with their time and what they need, and the edition.

All of it comes from the chapters' headers, the ledger and CITATION.cff, so a new chapter appears by itself. The list is
plain Markdown, for every edition; the site's extension makes cards of the one that stands behind `CARDS`.
"""

from collections.abc import Sequence
from datetime import date

import yaml

from ..cells import SourceCell
from ..chapter import Chapter
from ..errors import BookError
from ..project import Project
from .ledger import Claim

CARDS = "<!-- cards {} -->"
CITATION = "CITATION.cff"
LICENCES = {"LICENSE": "The code is under the {}", "LICENSE-TEXT": "text and figures under {}"}


def complete(project: Project, chapters: list[Chapter], claims: list[Claim]) -> None:
    """Give the cells with these roles what stands below their text."""
    for chapter in chapters:
        for cell in chapter.cells:
            if cell.role == "chapters":
                cell.added = "\n\n".join([told(chapters, claims), cards(chapters)])
            elif cell.role == "edition":
                cell.added = edition(project, cell)


def told(chapters: list[Chapter], claims: list[Claim]) -> str:
    """How much there is of it."""
    there = [chapter for chapter in chapters if chapter.teaches]
    read, solve = (round(sum(chapter.header["minutes"][i] for chapter in there) / 60) for i in (0, 1))
    tasks = sum(len(chapter.exercises) for chapter in there)
    words = (
        f"{_counted(len(there), 'chapter')}: about {_counted(read, 'hour')} to read, and {solve} for the "
        f"{_counted(tasks, 'exercise')}."
    )
    if not claims:
        return words
    of = {verdict: sum(claim.verdict == verdict for claim in claims) for verdict in ("holds", "imprecise", "wrong")}
    rest = len(claims) - sum(of.values())
    return (
        f"{words} They check {_counted(len(claims), 'statement')} that papers and other texts make: "
        f"{of['holds']} hold, {of['imprecise']} are true after a correction, {of['wrong']} are wrong, and {rest} are "
        "quoted or open ([all of them](../book/claims.md))."
    )


def cards(chapters: list[Chapter]) -> str:
    """The chapters as a list, behind a comment that names the pictures which their headers choose."""
    there = [chapter for chapter in chapters if chapter.teaches]
    stems = {chapter.number: chapter.stem for chapter in there if chapter.number is not None}
    chosen = " ".join(sorted(chapter.header["picture"] for chapter in there if "picture" in chapter.header))
    return "\n\n".join([" ".join(CARDS.format(chosen).split()), *(_card(chapter, stems) for chapter in there)])


def _card(chapter: Chapter, stems: dict[int, str]) -> str:
    read, solve = chapter.header["minutes"]
    idea = f": {chapter.idea}" if chapter.idea else ""
    needs = [f"[{number}]({stems[number]}.ipynb)" for number in chapter.needs if number in stems]
    status = str(chapter.header.get("status", "complete")).capitalize()
    built = f"Builds on chapter{'s' * (len(needs) > 1)} {listed(needs)}" if needs else "Builds on no other chapter"
    return (
        f"- [{chapter.short}]({chapter.stem}.ipynb){idea}\n\n  {built}. {read} minutes to read, {solve} for "
        f"{_counted(len(chapter.exercises), 'exercise')}. *{status}*"
    )


def edition(project: Project, cell: SourceCell) -> str:
    """Version, date, authors and licences."""
    path = project.root / CITATION
    if not path.is_file():
        raise BookError(cell.where, f"{CITATION} is missing, which says what edition this is", "write it")
    about = yaml.safe_load(path.read_text("utf-8"))
    released = about.get("date-released")
    if not isinstance(released, date) or "version" not in about:
        todo = "write `version: 1.2.3` and `date-released: 2026-01-31`"
        raise BookError(CITATION, "gives no version with a date", todo)
    people = [one.get("name") or f"{one['given-names']} {one['family-names']}" for one in about["authors"]]
    page = f"{project.repository}/blob/{project.branch}/"
    there = {name: words for name, words in LICENCES.items() if (project.root / name).is_file()}
    under = [words.format(f"[{_first_line(project, name)}]({page}{name})") for name, words in there.items()]
    return (
        f"Version {about['version']} of {released.day} {released:%B} {released.year}, by {listed(people)}. "
        f"{', '.join(under)}. [How to cite it]({page}{CITATION}). "
        f"[The repository]({project.repository}) has the sources."
    )


def _first_line(project: Project, name: str) -> str:
    return (project.root / name).read_text("utf-8").strip().splitlines()[0].strip()


def listed(words: Sequence[str]) -> str:
    """`1`, `1 and 2`, `1, 2 and 3`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
