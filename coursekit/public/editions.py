"""One executed chapter -> the staged page (MyST, with outputs) and the public notebook (plain Markdown, without)."""

import hashlib
import json
import re
import textwrap

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ..cells import SourceCell
from ..chapter import Chapter, Exercise
from ..errors import BookError
from ..exercise_cells import grade_id, mark
from ..project import Project
from ..prose import fill
from . import reader, recorded, set_up
from .execute import STATE, Executed
from .ledger import Claim
from .ledger_page import chapter_table
from .plain import References, plain

CHAPTER = re.compile(r"\{chapter\}`(?:(?P<words>[^`<]+?)\s*<)?(?P<number>\d+)>?`")
GRADED = "# Graded: your teacher's copy of this cell holds further tests. Leave it as it is."
TO_RUN = " to run and change everything here"
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def page(project: Project, chapter: Chapter, result: Executed, claims: list[Claim]):
    """The notebook that jupyter-book turns into a page: MyST, outputs, widget state; graded cells left out."""
    nb = new_notebook(
        metadata={**KERNEL, "widgets": {STATE: {"version_major": 2, "version_minor": 0, "state": result.widgets}}}
    )
    nb.metadata["coursekit"] = {"source": chapter.name}  # the site's extension offers the notebook, which comes later
    outputs, values = iter(result.outputs), iter(result.values)
    answers: dict[str, str] = {}
    for cell in chapter.cells:
        if cell.kind == "markdown":
            text = _text(project, chapter, cell, claims)
            if cell.role == "card":
                text = text.replace(TO_RUN, f"{TO_RUN}, or {_download(chapter)}")
            if cell.role != "task":
                found = next(values)
                text, answers = fill(text, found), answers | reader.answers(chapter, cell, found)
            nb.cells.append(new_markdown_cell(reader.on_page(text, chapter, cell, answers, result.shown)))
        else:
            shown = [] if cell.role else [nbformat.from_dict(o) for o in next(outputs)]
            nb.cells.append(new_code_cell(cell.text, outputs=shown, metadata=_figure(cell)))
    return _with_ids(nb)


def notebook(project: Project, chapter: Chapter, result: Executed, claims: list[Claim], refs: References):
    """The edition for Colab, Jupyter and coursework."""
    nb = new_notebook(metadata=dict(KERNEL))
    outputs, values = iter(result.outputs), iter(result.values)
    for cell in chapter.cells:
        if cell.kind == "markdown":
            text = _text(project, chapter, cell, claims)
            text = fill(text, next(values)) if cell.role != "task" else text
            text = plain(reader.in_notebook(text, chapter, cell), refs, cell.where)
            nb.cells.append(_graded(new_markdown_cell(text), cell))
        else:
            shown = [] if cell.role else next(outputs)
            text = cell.text if cell.role else _described(cell, shown)
            nb.cells.append(_graded(new_code_cell(text, metadata=_alternative(cell)), cell))
            nb.cells += _after(chapter, cell, refs)
            nb.cells += [new_markdown_cell(text) for text in filter(None, [recorded.note(cell, shown)])]
    nb.cells.insert(1, new_code_cell(set_up.cell(project), metadata=dict(set_up.METADATA)))
    nb = _with_ids(nb)
    nb.metadata["coursekit"] = {"source": chapter.name, "source_sha256": chapter.sha256, "sha256": fingerprint(nb)}
    return nb


def fingerprint(nb) -> str:
    """Of what an author could edit in a notebook: texts, ids, grading metadata; outputs do not count."""
    rows = [[c.cell_type, c.get("id"), c.source, c.metadata.get("nbgrader")] for c in nb.cells]
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def dumps(nb) -> str:
    """A notebook as it stands in a file."""
    nbformat.validate(nb)
    return nbformat.writes(nb, version=4) + "\n"


def _text(project: Project, chapter: Chapter, cell: SourceCell, claims: list[Claim]) -> str:
    """A Markdown cell's text with what the build adds to its role, and with links to other chapters."""
    text = _with_additions(project, chapter, cell, claims)
    return CHAPTER.sub(lambda match: _chapter_link(project, match, cell.where), text)


def _download(chapter: Chapter) -> str:
    """On the page alone: the notebook to take away, and how it runs elsewhere."""
    name = f"{chapter.stem}.ipynb"
    link = f'<a href="{name}" download aria-label="Download the notebook {name}">download the notebook</a>'
    return f"{link}: {{ref}}`how to run it here <run-it-here>`"


def _chapter_link(project: Project, match: re.Match, where: str) -> str:
    words, number = match["words"] or f"chapter {match['number']}", int(match["number"])
    if number not in project.chapters:
        known = ", ".join(map(str, project.chapters))
        raise BookError(where, f"the book has no chapter {number}", f"there are {known}; call a later one by its name")
    return f"[{words}]({project.chapters[number]}.ipynb)"


def _with_additions(project: Project, chapter: Chapter, cell: SourceCell, claims: list[Claim]) -> str:
    if cell.added:
        return f"{cell.text}\n\n{cell.added}"
    if cell.role == "card":
        header, needs = chapter.header, ""
        text = re.sub(r"^(#[ \t]+).*", lambda m: m[1] + chapter.title, cell.text, count=1, flags=re.M)
        if any(other.role == "chapters" for other in chapter.cells):  # the front page opens with the book itself
            return text
        if chapter.teaches:
            read, solve = header["minutes"]
            time = f"about {read} minutes to read, {solve} for the exercises"
            needs = f"**Time:** {time}. **Know first:** {header['before']}\n\n"
        return (
            f"{text}\n\n:::{{admonition}} Before you start\n:class: card\n"
            f"{needs}[Open in Colab]({project.colab_url(chapter.stem)}){TO_RUN}.\n:::"
        )
    if cell.role == "objectives":
        promised = [f"{number}. {text};" for number, text in enumerate(chapter.header["objectives"].values(), 1)]
        return cell.text + "\n\n" + "\n".join(promised)[:-1] + "."
    if cell.role == "ledger":
        own = [claim for claim in claims if claim.chapter == chapter.stem]
        return cell.text + "\n\n" + chapter_table(chapter.stem, own)
    if cell.role == "task":
        exercise = chapter.exercises[cell.args["exercise"]]
        return re.sub(
            r"^(#+)[ \t]+(.+?)[ \t]*$",
            lambda m: f"{m[1]} {_title(chapter, exercise, m[2])}",
            cell.text,
            count=1,
            flags=re.M,
        )
    return cell.text


def _title(chapter: Chapter, exercise: Exercise, words: str) -> str:
    worth = f"{exercise.points} point{'s' * (exercise.points > 1)}" if exercise.points else "practice"
    return f"Exercise {chapter.exercise_number(exercise.name)}: {words} ({worth})"


def _figure(cell: SourceCell) -> dict:
    """Cell metadata that MyST-NB reads: the text alternative, the caption, the label, what to hide."""
    args, meta = cell.args, {}
    if "caption" in args:
        meta["figure"] = {"caption": args["caption"]} | ({"name": args["name"]} if "name" in args else {})
    metadata = _alternative(cell)
    if meta:
        metadata["mystnb"] = {**metadata.get("mystnb", {}), **meta}
    tags = ["hide-input"] * (args.get("hide") == "code") + ["remove-input"] * (args.get("hide") == "all code")
    tags += ["wide"] * bool(args.get("wide"))
    return metadata | ({"tags": tags} if tags else {})


def _alternative(cell: SourceCell) -> dict:
    return {"mystnb": {"image": {"alt": cell.args["alt"]}}} if "alt" in cell.args else {}


def _described(cell: SourceCell, outputs: list[dict]) -> str:
    """A code cell's text under its text alternative, if it draws a picture: code sees no metadata, but what it says.

    The form is Quarto's. The package may read it and give it to the picture; in any case it can be read.
    """
    if "alt" not in cell.args or not any(kind.startswith("image/") for o in outputs for kind in o.get("data", ())):
        return cell.text
    lines = textwrap.wrap(cell.args["alt"], 76, initial_indent="#|   ", subsequent_indent="#|   ")
    return "\n".join(["#| fig-alt: >-", *lines, cell.text])


def _after(chapter: Chapter, cell: SourceCell, refs: References) -> list:
    """What follows a code cell in the notebook alone: a figure's caption, a graded cell."""
    if "caption" in cell.args:
        label = refs.labels.get(cell.args.get("name", ""), {})
        number = f"Figure {label['number']}. " if label.get("number") else ""
        return [new_markdown_cell(f"*{number}{plain(cell.args['caption'], refs, cell.where)}*")]
    if cell.role == "check" and (points := chapter.exercises[cell.args["exercise"]].points):
        graded = new_code_cell(GRADED)
        graded.metadata["nbgrader"] = mark(cell.args["exercise"], "grade", points)
        return [graded]
    return []


def _graded(nb_cell, cell: SourceCell):
    """Add nbgrader's metadata to the cell of an exercise."""
    if cell.role in ("task", "answer", "check"):
        nb_cell.metadata["nbgrader"] = mark(cell.args["exercise"], cell.role)
    return nb_cell


def _with_ids(nb):
    """Stable ids: an exercise's own name, otherwise a digest of the cell's text, so that a diff shows one change."""
    seen: dict[str, int] = {}
    for cell in nb.cells:
        name = grade_id(cell) or hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        seen[name] = seen.get(name, 0) + 1
        cell["id"] = name if seen[name] == 1 else f"{name}-{seen[name]}"
    return nb


def edited_cell(nb) -> str:
    """` (cell 5)` where the fifth is the first whose text is not what its id says; else nothing."""
    for number, cell in enumerate(nb.cells, 1):
        name = grade_id(cell) or hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        if not str(cell.get("id", "")).startswith(name):
            return f" (cell {number})"
    return ""
