"""Measurements: outputs that another machine would give differently are kept in git, so that all builds show one page.

A lesson cell marked `measured=true` runs in every build like any other. What the page shows is the record in
book/measured/NN_name.json, and so is what its prose says under `recorded` (see `recorded.py`). It is made when there is
none, and made again on demand: `build --measure NN_name`; then the lesson runs in full. It tells what it was made from:
the lesson's code up to the last measured cell, what the modules say that this code asked for (see `statements.py`),
less rooms that only show, and the pins that `measured_with` in pyproject.toml names. When one of these changes the
record is out of date: a check refuses it, a build says so; and so where it holds the few seeds of a reader's run.
Nothing else touches it: no style sheet, no later cell, no comment, no figure, nothing that is added.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..cells import SourceCell
from ..chapter import Chapter
from ..errors import BookError
from ..project import Project
from ..strength import digest
from . import recorded, statements
from .execute import Executed

TODO = "run `python -m coursekit build --measure {}` and commit the result"


def chosen(project: Project, chapters: list[Chapter], names: Sequence[str] | None) -> set[str]:
    """The chapters to be measured anew: those named, by number or name; of an empty list those that need it.

    In any case those that have no record yet.
    """
    having = {chapter.stem: chapter for chapter in chapters if _marked(chapter)}
    for name in names or ():
        if not any(_is(stem, name) for stem in having):
            raise BookError(f"--measure {name}", "no such chapter measures anything", f"known are {', '.join(having)}")
    changed = {stem: _changed(project, chapter) for stem, chapter in having.items()}
    named = {stem for stem in having for name in names or () if _is(stem, name)}
    old = {stem for stem, chapter in having.items() if changed[stem] or _few(project, chapter)}
    return named | (old if names == [] else set()) | {stem for stem in having if changed[stem] is None}


def _is(stem: str, name: str) -> bool:
    """Whether a chapter is meant: `02_xception` by its name, 02 or 2."""
    return name in (stem, number := stem.partition("_")[0], number.lstrip("0"))


def out_of_date(project: Project, chapters: list[Chapter], anew: set[str]) -> list[BookError]:
    """Every record that is older than what it was made from, and every one that belongs to no measured cell."""
    faults, having = [], {chapter.stem: chapter for chapter in chapters if _marked(chapter)}
    for stem, chapter in having.items():
        if stem not in anew and (changed := _changed(project, chapter)):
            what = f"was made before {', '.join(changed[:3])}{' and more' * (len(changed) > 3)} changed"
            faults.append(BookError(_name(stem), what, TODO.format(stem)))
        if stem not in anew:
            faults += _few(project, chapter)
    for path in sorted((project.root / "book" / "measured").glob("*.json")):
        if path.stem not in having:
            faults.append(BookError(_name(path.stem), "belongs to no chapter with measured cells", "delete it"))
    return faults


def held(project: Project, chapter: Chapter) -> dict[str, Any]:
    """The values that prose may say, by name, from the record; a cell whose own code is not the record's has none.

    A record that lacks what its cell records is refused.
    """
    found: dict[str, Any] = {}
    for cell, entry in _entries(chapter, _read(project, chapter.stem)).values():
        for name in recorded.names(cell):
            if name not in entry.get("recorded", {}):
                what = f"keeps no {name!r}, which {cell.where} records"
                raise BookError(_name(chapter.stem), what, TODO.format(chapter.stem))
            found[name] = entry["recorded"][name]
    return found


def settle(project: Project, chapter: Chapter, result: Executed, anew: bool = False) -> tuple[Executed, dict[str, str]]:
    """The result with its measured outputs taken from the record, and the record's file: {path: text}, or {}.

    A cell whose own code is not that of the record shows what it gave now.
    """
    marked = _marked(chapter)
    if not marked:
        return result, {}
    record = None if anew else _read(project, chapter.stem)
    if record is None:
        made_from = {**_made_from(project, chapter), "modules": result.measured}
        record = {"made_from": made_from, "cells": [_entry(cell, result, number) for number, cell in marked.items()]}
    outputs, entries = list(result.outputs), _entries(chapter, record)
    for number, cell in marked.items():
        _, entry = entries.get(number, (cell, {"outputs": outputs[number]}))
        outputs[number] = entry["outputs"] + recorded.line(cell, kept=number in entries)
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    return replace(result, outputs=outputs), {_name(chapter.stem): text}


def _marked(chapter: Chapter) -> dict[int, SourceCell]:
    """The measured cells, by their number among the lesson's code cells."""
    cells = [cell for cell in chapter.lesson if cell.kind == "code"]
    return {number: cell for number, cell in enumerate(cells) if cell.args.get("measured")}


def _entry(cell: SourceCell, result: Executed, number: int) -> dict:
    """What a record keeps of one cell."""
    values = {name: result.recorded[name] for name in recorded.names(cell)}
    kept = {"code": digest([cell.text]), "outputs": result.outputs[number]}
    return {**kept, "recorded": values} if values else kept


def _entries(chapter: Chapter, record: dict | None) -> dict[int, tuple[SourceCell, dict]]:
    """The measured cells whose own code a record was made with, by number, each with what is kept of it."""
    left, found = list(record["cells"]) if record else [], {}
    for number, cell in _marked(chapter).items():
        if entry := next((entry for entry in left if entry["code"] == digest([cell.text])), None):
            left.remove(entry)
            found[number] = cell, entry
    return found


def _made_from(project: Project, chapter: Chapter) -> dict:
    """What can be said of a record before the lesson runs."""
    cells = [cell.text for cell in chapter.lesson if cell.kind == "code"]
    pins = [pin for pin in project.pins() if pin.partition("==")[0] in project.measured_with]
    return {"lesson": digest(cells[: max(_marked(chapter)) + 1]), "versions": pins}


def _changed(project: Project, chapter: Chapter) -> list[str] | None:
    """What has changed since the record was made; None where there is no record."""
    record = _read(project, chapter.stem)
    if record is None:
        return None
    made_from, now = record["made_from"], _made_from(project, chapter)
    changed = ["the lesson's code"] if made_from["lesson"] != now["lesson"] else []
    changed += ["the versions"] if made_from["versions"] != now["versions"] else []
    modules = made_from["modules"].items()
    return changed + [name for name, old in modules if not statements.same(project.root, name, old)]


def _few(project: Project, chapter: Chapter) -> list[BookError]:
    """The cells whose record was made with the few seeds of a reader's run, and not with all."""
    found = []
    for cell, entry in _entries(chapter, _read(project, chapter.stem)).values():
        told, lengths = recorded.counts(cell), _lengths(entry.get("recorded", {}))
        if told and lengths and told[1] not in lengths:
            few, full, what = told
            said = f"keeps no list of {full} for {cell.where}, which takes {few} of {full} {what}"
            found.append(BookError(_name(chapter.stem), said, TODO.format(chapter.stem)))
    return found


def _lengths(value: Any) -> set[int]:
    """How long the lists are that a record holds, wherever."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = {len(value)} if isinstance(value, list) else set()
    return own.union(*map(_lengths, inner))


def _name(stem: str) -> str:
    return f"book/measured/{stem}.json"


def _read(project: Project, stem: str) -> dict | None:
    """The record of a chapter, or None."""
    path = project.root / _name(stem)
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text("utf-8"))
        if {"lesson", "versions", "modules"} <= set(record["made_from"]) and all(
            {"code", "outputs"} == set(entry) - {"recorded"} for entry in record["cells"]
        ):
            return record
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    raise BookError(_name(stem), "is not what a build writes", "restore it, or delete it and " + TODO.format(stem))
