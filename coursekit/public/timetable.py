"""The timetable on the page for teachers: class hours, homework and weeks, from the chapters' heads and exercises."""

import re
from itertools import accumulate
from math import ceil

from ..chapter import Chapter

MARK = f"% made by {__package__}.pages"    # also found by plain `jupyter-book build .`
HOUR, WEEKLY = 45, 2    # minutes of a class hour; class hours in a week
HEAD = """\
| chapter | builds on | class hours | minutes at home | graded exercises | their points | practice | week |
|---|---|--:|--:|--:|--:|--:|--:|"""
_OTHER = re.compile(r"\{chapter\}`(?:[^`<]*<)?(\d+)>?`|\]\((\d+)_\w+\.ipynb")


def page(text: str, chapters: list[Chapter]) -> str:
    """The page with the timetable in the place of its mark."""
    if text.count(f"\n{MARK}\n") != 1:
        raise ValueError(f"the page for teachers needs one line `{MARK}`")
    return text.replace(f"{MARK}\n", table([chapter for chapter in chapters if chapter.teaches]))


def hours(chapter: Chapter) -> int:
    """Class hours for the reading; what rounding up leaves is for questions."""
    return ceil(chapter.header["minutes"][0] / HOUR)


def needs(chapter: Chapter) -> list[int]:
    """The numbers of the chapters that its head asks to know."""
    return sorted({int(a or b) for a, b in _OTHER.findall(str(chapter.header["before"]))})


def weeks(chapters: list[Chapter]) -> list[tuple[int, int]]:
    """The first and the last week of each chapter, one after the other."""
    lasts = list(accumulate(ceil(hours(chapter) / WEEKLY) for chapter in chapters))
    return list(zip([1, *(last + 1 for last in lasts)], lasts, strict=False))


def table(chapters: list[Chapter]) -> str:
    """The rows, their sums, and in words the term that they make."""
    rows, when = [HEAD], weeks(chapters)
    for chapter, (first, last) in zip(chapters, when, strict=True):
        points = [exercise.points for exercise in chapter.exercises.values()]
        asked = ", ".join(f"{number}" for number in needs(chapter)) or "–"
        cells = [
            f"[{chapter.short}](../notebooks/{chapter.stem}.ipynb)", asked, hours(chapter),
            chapter.header["minutes"][1], sum(map(bool, points)), sum(points), points.count(0),
            f"{first}" if first == last else f"{first}–{last}",
        ]  # fmt: skip
        rows.append(f"| {' | '.join(map(str, cells))} |")
    home = sum(chapter.header["minutes"][1] for chapter in chapters)
    points = [exercise.points for chapter in chapters for exercise in chapter.exercises.values()]
    sums = [sum(map(hours, chapters)), home, sum(map(bool, points)), sum(points), points.count(0), when[-1][1]]
    rows.append(f"| **together** | | {' | '.join(f'**{number}**' for number in sums)} |")
    return "\n".join(rows) + f"\n\n{_term(chapters, when[-1][1])}\n"


def _term(chapters: list[Chapter], last: int) -> str:
    asked = {number for chapter in chapters for number in needs(chapter)}
    free = [f"{chapter.number}" for chapter in chapters if chapter.number not in asked]
    return (
        f"**A term of {last + 1} weeks**, {WEEKLY} class hours a week: the chapters in their order, as the last column "
        f"has them. The exercises of a week are handed in at the end of the next, so week {last + 1} is for the last "
        f"ones, for questions, and for a look back. **A shorter term:** no later chapter builds on {_list(free)}, so "
        "these can be left out first."
    )


def _list(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)
