"""The public build: chapter sources -> site and notebooks. It never opens the teacher's half."""

from dataclasses import dataclass, field
from pathlib import Path

from .. import strength
from ..chapter import read_chapters
from ..errors import BookError, Faults
from ..project import Project
from ..prose import bare_numbers
from . import editions, ledger, measured, notebooks, site, strength_page
from .execute import execute
from .plain import References


@dataclass
class Built:
    """What a build made and what it wrote into the working tree."""

    site: Path
    chapters: int
    written: list[str] = field(default_factory=list)


def build(root: Path, jobs: int | None = None, check: bool = False, quiet: bool = False, fresh: bool = False) -> Built:
    """Build the site and bring the committed notebooks and generated pages up to date.

    With `check` nothing in the working tree is written: a file that is not what the sources give is a fault. Either way
    a notebook that somebody worked in stays as it is.
    """
    project = Project(root)
    chapters = read_chapters(project.sources(), root)
    claims = ledger.read_ledger(project, chapters)
    record = strength.read(root)
    pages = {
        "book/claims.md": ledger.claims_page(claims, chapters),
        "book/trace.md": ledger.trace_page(chapters),
        "book/exercises.md": strength_page.page(chapters, record),
    }
    _tell_unmeasured(strength_page.out_of_date(chapters, record), check)
    if faults := [fault for chapter in chapters for cell in chapter.cells for fault in bare_numbers(cell)]:
        raise Faults(faults)
    results = execute(project, chapters, jobs, quiet)
    for chapter in chapters:
        results[chapter.stem], outputs = measured.settle(project, chapter, results[chapter.stem])
        pages |= outputs
    staged = {
        site.page_name(c.stem): editions.dumps(editions.page(project, c, results[c.stem], claims)) for c in chapters
    }
    new, labels = site.build(project, site.stage(project, pages | staged), chapters, fresh)
    refs = References(labels, project.bibliography, project.book_url)
    public = {
        site.page_name(c.stem): editions.dumps(editions.notebook(project, c, results[c.stem], claims, refs))
        for c in chapters
    }
    if check:
        notebooks.check(root, pages | public)
    site.accept(new, project)
    return Built(project.site, len(chapters), [] if check else notebooks.update(root, pages | public))


def _tell_unmeasured(faults: list[BookError], check: bool) -> None:
    """Whose exercises changed cannot measure them without the teacher's half: only a check stops for that."""
    if check and faults:
        raise Faults(faults)
    for fault in faults:
        print(f"{fault.where}: {fault.what}: {fault.todo}")
