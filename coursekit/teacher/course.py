"""The teacher's build: public notebooks and private halves -> an nbgrader course whose release is the public notebook.

`build_course` makes course/source, course/release and book/records; `scan_paths` looks for private text.
"""

from pathlib import Path

from ..errors import BookError, Faults
from . import leaks, record
from .answers import Answer, HiddenTest
from .exercises import Assignment, read_assignments
from .merge import canary, merge_notebook
from .release import release
from .trial import Row, try_answers


def build_course(root: Path | str, chapters: list[str] | None = None, progress=print, check=False) -> list[Row]:
    """Merge, run, judge and release the chapters (all of them by default); a `BookError` says what to mend.

    `progress` is called with one line of text for each step, and at the end with the table of the returned rows.
    With `check` book/records is not written: the build stops when it is not what was found.
    """
    root = Path(root).resolve()
    assignments = read_assignments(root, chapters)
    if not assignments:
        raise BookError("notebooks", "there is no exercise in them", "run `make notebooks`")
    merged, rows = {}, []
    for assignment in assignments:
        progress(f"{assignment.name}: joining {_count(len(assignment.halves), 'private half', 'private halves')}")
        merged[assignment.name] = merge_notebook(
            assignment.notebook, assignment.name, assignment.exercises, assignment.halves)  # fmt: skip
    for assignment in assignments:
        progress(f"{assignment.name}: running the chapter, then its right and wrong answers")
        rows += try_answers(root, assignment, merged[assignment.name], progress)
    progress("making the release with nbgrader, and looking for leaks in it")
    release(root / "course", assignments, merged, [s for a in assignments for s in secrets_of(a)])
    settle = record.compare if check else record.keep
    settle(root, {a.name for a in assignments} if chapters else None, record.found(root, assignments, rows))
    progress(table(rows))
    return rows


def scan_paths(root: Path | str, paths: list, progress=print) -> None:
    """Stops with every place below `paths` where something private of the course stands."""
    assignments = read_assignments(Path(root).resolve())
    secrets = [secret for assignment in assignments for secret in secrets_of(assignment)]
    if found := leaks.scan(paths, secrets):
        todo = "it must not be published. Where a line is there by chance, write the private one differently"
        raise Faults([BookError(leak.path, f"holds {leak.where}", todo) for leak in found])
    progress(f"nothing private in {', '.join(map(str, paths))} ({len(secrets)} texts looked for)")


def secrets_of(assignment: Assignment) -> list[leaks.Secret]:
    """What must not be found anywhere public: canaries, and the telling lines of solutions, tests and right answers.

    A line that stands in a public notebook of the book, of this chapter or another, tells nobody anything.
    """
    public = "\n".join(map(leaks.public_text, (assignment.notebook, *assignment.others)))
    secrets: list[leaks.Secret] = []
    for name, half in assignment.halves.items():
        for region in ("solution", "tests"):
            mark = canary(assignment.name, name, region).removeprefix("# ")
            secrets.append(leaks.Secret(mark, f"the canary of the {region} in {half.file}"))
        parts: list[Answer | HiddenTest] = [half.solution, *half.tests, *half.right]
        for part in parts:
            secrets += leaks.secret_lines(part.text, part.where, public)
    return secrets


def table(rows: list[Row]) -> str:
    """One line an exercise, as Markdown: how its hidden tests judged the answers written for them."""
    head = "| exercise | chapter | points | right, accepted | wrong, rejected | rejected by the visible check alone |"
    lines = [head, "|---|---|---:|---:|---:|---:|"]
    for row in rows:
        cells = row.exercise, row.chapter, f"{row.points:g}", row.right, row.wrong, row.caught_by_check
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
