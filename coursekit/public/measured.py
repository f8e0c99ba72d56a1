"""Measurements: outputs that another machine would give differently are kept in git, so that all builds show one page.

A lesson cell marked `measured=true` runs in every build like any other. What the page shows is the record in
book/measured/NN_name.json, made when the lesson, the package or the versions last changed.
"""

import json
from dataclasses import replace

from ..chapter import Chapter
from ..project import Project
from .execute import Executed, digest


def settle(project: Project, chapter: Chapter, result: Executed) -> tuple[Executed, dict[str, str]]:
    """The result with its measured outputs taken from the record, and the record's file: {path: text}, or {}."""
    cells = [cell for cell in chapter.lesson if cell.kind == "code"]
    marked = [number for number, cell in enumerate(cells) if cell.args.get("measured")]
    if not marked:
        return result, {}
    name = f"book/measured/{chapter.stem}.json"
    made_from = digest(project, chapter)
    record = _read(project, name)
    if record.get("made_from") != made_from:
        record = {"made_from": made_from, "outputs": {str(number): result.outputs[number] for number in marked}}
    outputs = [record["outputs"].get(str(number), fresh) for number, fresh in enumerate(result.outputs)]
    return replace(result, outputs=outputs), {name: json.dumps(record, indent=1, ensure_ascii=False) + "\n"}


def _read(project: Project, name: str) -> dict:
    path = project.root / name
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}
