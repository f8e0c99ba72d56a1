"""The model of one chapter: its header, its cells, its exercises; every author's mistake is refused here."""

import ast
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from . import predict, show
from .cells import SourceCell, read_cells
from .errors import BookError
from .prose import expressions

SEEN = ("show.table", "show.source", "diagrams.unit", "diagrams.network", "diagrams.beside")
HEADER = {"title", "objectives", "minutes", "before"}
MAY = {"status", "picture"}  # for the front page: what it says instead of "complete", which figure it shows
PAGE = {"title"}  # the header of a page that runs and teaches nothing by itself, such as a gallery
ONCE = ("card", "objectives", "ledger", "chapters", "edition")
LESSON = {"": ("markdown", "code")} | dict.fromkeys((*ONCE, "predict"), ("markdown",))
EXERCISE = {"task": "markdown", "answer": "code", "check": "code"}
ARGS = {
    "": {"alt", "caption", "name", "hide", "wide", "objective", "claims", "measured", "record", "typed"},
    "card": set(),
    "objectives": set(),
    "predict": {"name", "objective", "claims"},
    "ledger": set(),
    "chapters": set(),
    "edition": set(),
    "task": {"exercise", "objective"},
    "answer": {"exercise"},
    "check": {"exercise", "points"},
}
CHAPTERS = re.compile(r"\{chapter\}`(?:[^`<]*<)?(\d+)>?`|\]\((\d+)_\w+\.ipynb\)")  # links to chapters
WIDTH = 76  # characters of code that a page shows without scrolling
NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass
class Exercise:
    """The public half of an exercise; `points` is 0 for practice."""

    name: str
    objective: str
    points: int
    cells: dict[str, SourceCell] = field(default_factory=dict)


@dataclass
class Chapter:
    """One chapter as its author wrote it."""

    path: Path
    name: str  # path from the root, for messages
    header: dict
    cells: list[SourceCell]
    exercises: dict[str, Exercise]
    predictions: dict[str, predict.Prediction] = field(default_factory=dict)
    links: list[show.Link] = field(default_factory=list)

    @property
    def stem(self) -> str:
        return self.path.stem

    @property
    def number(self) -> int | None:
        """The number that its file's name begins with; None for a page that is no chapter."""
        match = re.match(r"(\d+)_", self.stem)
        return int(match[1]) if match else None

    @property
    def title(self) -> str:
        """Its title under its number: `5. ShuffleNet V1`."""
        words = next(heading(cell.text) for cell in self.cells if cell.role == "card")
        return self._numbered(words)

    @property
    def short(self) -> str:
        """What lists call it: the number, and the header's title, with which the card's heading begins."""
        return self._numbered(self.header["title"])

    def _numbered(self, words: str) -> str:
        return words if self.number is None else f"{self.number}. {words}"

    def exercise_number(self, name: str) -> str:
        """`5.4` for the fourth exercise of chapter 5."""
        place = list(self.exercises).index(name) + 1
        return str(place) if self.number is None else f"{self.number}.{place}"

    @property
    def idea(self) -> str:
        """What the card's heading says behind the title."""
        words = next(heading(cell.text) for cell in self.cells if cell.role == "card")
        return words[len(self.header["title"]) :].lstrip(": ")

    @property
    def needs(self) -> list[int]:
        """The numbers of the chapters that its header says to know first."""
        return sorted({int(a or b) for a, b in CHAPTERS.findall(str(self.header.get("before", "")))} - {self.number})

    @property
    def teaches(self) -> bool:
        """Whether it is a chapter with objectives, rather than a page with a title only."""
        return bool(self.header["objectives"])

    @property
    def lesson(self) -> list[SourceCell]:
        """The cells that our build executes; exercises never take part."""
        return [cell for cell in self.cells if cell.role in LESSON]

    @property
    def prose(self) -> list[SourceCell]:
        """The cells, and what the fields of predictions say."""
        return self.cells + [words for prediction in self.predictions.values() for words in prediction.words()]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def claims(self, kind: str = "") -> dict[str, str]:
        """Ids of the ledger's entries that cells (of one kind) say they teach, and where the cell stands."""
        cells = [cell for cell in self.cells if kind in ("", cell.kind)]
        return {claim: cell.where for cell in cells for claim in _split(cell.args.get("claims", ""))}

    def taught(self) -> dict[str, list[str]]:
        """Objective -> headings of the sections that serve it, each once."""
        found: dict[str, dict[str, None]] = {objective: {} for objective in self.header["objectives"]}
        section = ""
        for cell in self.cells:
            section = (cell.kind == "markdown" and heading(cell.text)) or section
            if cell.role in ("", "predict") and "objective" in cell.args:
                for objective in _split(cell.args["objective"]):
                    found[objective][section] = None
        return {objective: list(sections) for objective, sections in found.items()}


def read_chapter(path: Path, root: Path) -> Chapter:
    """Read and check one source; `BookError` names the first line that is wrong."""
    header, cells = read_cells(path, root)
    name = path.relative_to(root).as_posix()
    _check_header(header, name)
    header.setdefault("objectives", {})
    for cell in cells:
        _check_cell(cell, header["objectives"])
    _check_card(cells, name, header["title"])
    figures = [cell.args["name"] for cell in cells if cell.kind == "code" and "name" in cell.args]
    if (picture := header.get("picture")) and picture not in figures:
        todo = f"name one of {', '.join(figures)}"
        raise BookError(name, f"it has no figure {picture!r}, its header's picture", todo)
    predictions = predict.read(cells)
    return Chapter(path, name, header, cells, _exercises(cells, name), predictions, show.links(cells))


def read_chapters(paths: list[Path], root: Path) -> list[Chapter]:
    """Read all chapters; names of exercises and labels of figures are unique in the book."""
    chapters = [read_chapter(path, root) for path in paths]
    seen: dict[str, str] = {}
    for chapter in chapters:
        named = [(e.cells["task"], "exercise", e.name) for e in chapter.exercises.values()]
        named += [(c, "label", c.args["name"]) for c in chapter.cells if "name" in c.args and not c.role]
        for cell, kind, value in named:
            if value in seen:
                raise BookError(
                    cell.where, f"the {kind} {value!r} is already taken by {seen[value]}", "give it another name"
                )
            seen[value] = cell.where
    return chapters


def headings(text: str) -> list[str]:
    """The headings of a Markdown text without their marks; lines of code blocks are none."""
    return re.findall(r"^#+[ \t]+(.+?)[ \t]*$", re.sub(r"^(`{3,}).*?^\1", "", text, flags=re.S | re.M), re.M)


def heading(text: str) -> str:
    """The first heading of a Markdown text, or ''."""
    return (headings(text) or [""])[0]


def _split(value) -> list[str]:
    return [part.strip() for part in str(value).split(",") if part.strip()]


def _check_header(header: dict, name: str) -> None:
    if set(header) == PAGE:
        return
    if missing := sorted(HEADER - set(header)):
        all_of = f"a header gives {', '.join(sorted(HEADER))}; that of a page without objectives gives its title only"
        raise BookError(name, f"its header has no {missing[0]!r}", all_of)
    if unknown := sorted(set(header) - HEADER - MAY):
        known = ", ".join(sorted(HEADER | MAY))
        raise BookError(name, f"its header has an unknown key {unknown[0]!r}", f"known are {known}")
    if not (isinstance(status := header.get("status", "complete"), str) and status):
        raise BookError(name, f"its header's status is {status!r}", "write a word, such as `status: draft`")
    minutes = header["minutes"]
    if not (isinstance(minutes, list) and len(minutes) == 2 and all(type(n) is int and n > 0 for n in minutes)):
        todo = "write `minutes: [60, 75]`: to read, and for the exercises"
        raise BookError(name, f"its header's minutes are {minutes!r}", todo)
    if not isinstance(header["objectives"], dict) or not header["objectives"]:
        raise BookError(name, "objectives must read `id: what the reader will be able to do`")


def _check_cell(cell: SourceCell, objectives: dict) -> None:
    kinds = LESSON.get(cell.role) or ((EXERCISE[cell.role],) if cell.role in EXERCISE else ())
    if not kinds:
        raise BookError(cell.where, f"unknown role {cell.role!r}", f"known are {', '.join([*LESSON, *EXERCISE][1:])}")
    if cell.kind not in kinds:
        raise BookError(cell.where, f"a cell with the role {cell.role!r} must be {kinds[0]}, this is {cell.kind}")
    if unknown := sorted(set(cell.args) - ARGS[cell.role]):
        raise BookError(
            cell.where,
            f"unknown argument {unknown[0]!r}",
            f"known here are {', '.join(sorted(ARGS[cell.role])) or 'none'}",
        )
    for objective in _split(cell.args.get("objective", "")):
        if objective not in objectives:
            raise BookError(cell.where, f"no objective {objective!r}", f"the header lists {', '.join(objectives)}")
    if wide := [line for line in cell.text.splitlines() if cell.kind == "code" and len(line) > WIDTH]:
        raise BookError(
            cell.where,
            f"a line of code has {len(wide[0])} characters: {wide[0].strip()[:40]} …",
            f"a page shows {WIDTH}",
        )
    if cell.role == "" and cell.kind == "code" and (lost := _unseen(cell.text)):
        todo = "give it a cell of its own, or write `display(…)`, from IPython.display"
        raise BookError(cell.where, f"{lost} is not shown: a cell shows its last line only", todo)
    if "caption" in cell.args and not cell.args.get("alt"):
        raise BookError(cell.where, "a figure needs a text alternative", 'add alt="what is to be seen"')
    if cell.kind == "markdown" and expressions(cell) and cell.role == "task":  # raises when one does not parse
        raise BookError(cell.where, "a task cannot hold `{{= … =}}`: exercises are not run", "say it in the lesson")


def _unseen(code: str) -> str:
    """The first table, source or diagram that is made in a statement of its own which is not the cell's last."""
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a notebook's magic, or a mistake that the kernel will tell of
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node is not tree.body[-1]:
            name = ast.unparse(node.value.func)
            if name in SEEN:
                return f"what {name} makes"
    return ""


def _check_card(cells: list[SourceCell], name: str, title: str) -> None:
    if not cells or cells[0].role != "card" or not heading(cells[0].text):
        raise BookError(
            name, "does not open with a card", "start with `# %% card [markdown]` and the chapter's `# Title`"
        )
    if not heading(cells[0].text).startswith(str(title)):
        raise BookError(
            cells[0].where, f"its heading does not begin with {title!r}, the header's title", "make the two agree"
        )
    for role in ONCE:
        if sum(cell.role == role for cell in cells) > 1:
            raise BookError(name, f"has more than one {role} cell")


def _exercises(cells: list[SourceCell], name: str) -> dict[str, Exercise]:
    found: dict[str, Exercise] = {}
    for cell in cells:
        if cell.role not in EXERCISE:
            continue
        key = cell.args.get("exercise")
        if not isinstance(key, str) or not NAME.fullmatch(key):
            raise BookError(cell.where, f"exercise={key!r} is no name", 'write exercise="lower_case_words"')
        exercise = found.setdefault(key, Exercise(key, "", 0))
        if cell.role in exercise.cells:
            raise BookError(
                cell.where,
                f"the exercise {key!r} has a second {cell.role} cell",
                f"the first is in {exercise.cells[cell.role].where}",
            )
        expected = list(EXERCISE)[len(exercise.cells)]
        if cell.role != expected:
            raise BookError(
                cell.where,
                f"the {cell.role} cell of {key!r} comes before its {expected} cell",
                "the order is task, answer, check",
            )
        exercise.cells[cell.role] = cell
    for exercise in found.values():
        _complete(exercise, name)
    return found


def _complete(exercise: Exercise, name: str) -> None:
    if missing := [role for role in EXERCISE if role not in exercise.cells]:
        raise BookError(
            name,
            f"the exercise {exercise.name!r} has no {missing[0]} cell",
            f'add `# %% {missing[0]} … exercise="{exercise.name}"`',
        )
    task, check = exercise.cells["task"], exercise.cells["check"]
    if not task.args.get("objective"):
        raise BookError(
            task.where, f"the exercise {exercise.name!r} names no objective", 'add objective="…" to its task cell'
        )
    if not heading(task.text):
        raise BookError(task.where, f"the exercise {exercise.name!r} has no heading", "start its task with `### Title`")
    points = check.args.get("points", 0)
    if (
        not isinstance(points, int)
        or isinstance(points, bool)
        or points < 0
        or ("points" in check.args and points == 0)
    ):
        raise BookError(
            check.where, f"points={points!r}", "points are a whole number from 1 up; leave them out for practice"
        )
    exercise.objective, exercise.points = task.args["objective"], points
