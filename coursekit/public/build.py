"""The public build: chapter sources -> site and notebooks. It never opens the teacher's half."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .. import strength, watch
from ..chapter import Chapter, read_chapters
from ..errors import BookError, Faults
from ..files import write_whole
from ..project import Project
from ..prose import bare_numbers
from . import conclusions, editions, front, ledger, measured, notebooks, pages, recorded, site, strength_page, wheel
from .execute import Executed, execute
from .plain import References


@dataclass
class Built:
    """What a build made and what it wrote into the working tree."""

    site: Path
    chapters: int
    written: list[str] = field(default_factory=list)


def build(
    root: Path,
    jobs: int | None = None,
    check: bool = False,
    quiet: bool = False,
    fresh: bool = False,
    measure: Sequence[str] | None = None,
) -> Built:
    """Build the site and bring the committed notebooks and generated pages up to date.

    With `check` nothing in the working tree is written: a file that is not what the sources give is a fault. Either way
    a notebook that somebody worked in stays as it is. The chapters in `measure` are measured anew, one at a time; of an
    empty list those whose records are out of date.
    """
    try:
        with watch.shut(Project(root).shut):
            return _build(Project(root), jobs, check, quiet, fresh, measure)
    except watch.ShutError as error:
        raise BookError("the public build", str(error)) from error


def _build(
    project: Project, jobs: int | None, check: bool, quiet: bool, fresh: bool, measure: Sequence[str] | None
) -> Built:
    root = project.root
    chapters = read_chapters(project.sources(), root)
    claims = ledger.read_ledger(project, chapters)
    record = strength.read(root)
    made = pages.whole(project, chapters, claims, record)
    kept = pages.kept(made)
    anew = measured.chosen(project, chapters, measure)
    _tell(strength_page.out_of_date(chapters, record) + measured.out_of_date(project, chapters, anew), check)
    if faults := [fault for chapter in chapters for fault in _of_prose(project, chapter)]:
        raise Faults(faults)
    front.complete(project, chapters, claims)
    held = {chapter.stem: measured.held(project, chapter) for chapter in chapters if chapter.stem not in anew}
    new_runs: dict[str, Executed] = {}
    if anew:
        new_runs = execute(project, [chapter for chapter in chapters if chapter.stem in anew], 1, quiet, again=anew)
        held |= {stem: result.recorded for stem, result in new_runs.items()}
    # a record is made of the run in full, whatever has changed meanwhile: another run of the lesson takes few seeds
    results = execute(project, [chapter for chapter in chapters if chapter.stem not in anew], jobs, quiet, held=held)
    results |= new_runs
    written: list[str] = []
    for chapter in chapters:
        stem = chapter.stem
        results[stem], outputs = measured.settle(project, chapter, results[stem], stem in anew)
        kept |= outputs
        if stem in anew and not check:    # what took minutes is not lost where a page is refused
            written += [name for name, text in outputs.items() if write_whole(root / name, text)]
    staged = {
        site.page_name(c.stem): editions.dumps(editions.page(project, c, results[c.stem], claims)) for c in chapters
    }
    stage = site.stage(project, {**made, **staged, **site.carried(wheel.make(project))})
    new, labels = site.build(project, stage, chapters, fresh)
    refs = References(labels, project.bibliography, project.book_url)
    public = {
        site.page_name(c.stem): editions.dumps(editions.notebook(project, c, results[c.stem], claims, refs))
        for c in chapters
    }
    site.offer(new, public)
    if check:
        notebooks.check(root, kept | public)
    site.accept(new, project)
    return Built(project.site, len(chapters), [] if check else written + notebooks.update(root, kept | public))


def _of_prose(project: Project, chapter: Chapter) -> list[BookError]:
    """What is typed and should be computed, and what is computed from the wrong run."""
    numbers = [fault for cell in chapter.prose for fault in bare_numbers(cell)]
    return numbers + recorded.faults(chapter, project.shows) + conclusions.faults(chapter)


def _tell(faults: list[BookError], check: bool) -> None:
    """Only a check stops for records that are out of date: not everybody can count or measure anew at once."""
    if check and faults:
        raise Faults(faults)
    for fault in faults:
        print(f"{fault.where}: {fault.what}: {fault.todo}")
