"""`new chapter | exercise | figure | network NAME`: files laid from templates, and what is then to be done by hand.

Each kind is a folder of `templates/`: below `tree` stands every file where it will lie in the book, with `.in` behind
its name; `next.txt` is what the author is told. `@@name@@` and its like are filled in, in paths and in texts.
"""

import keyword
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from .chapter import read_chapters
from .errors import BookError
from .project import CHAPTERS, COURSE, Project

TEMPLATES = Path(__file__).parent / "templates"
ROOMS = ("lightnets_edu/widgets", "tests/lightnets_edu/widgets")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
TITLE = re.compile(r"[A-Za-z][\w ,.’()×&–-]*")
MOST = 32  # characters of a name: lines of code stay within their width

Values = dict[str, str]


@dataclass(frozen=True)
class Laid:
    """The files that were laid, from the root, and what is to be done next."""

    files: list[str]
    todo: str


def lay(root: Path, kind: str, name: str, title: str = "") -> Laid:
    """Lay one kind of thing; `BookError` for a name that does not fit, and where a file is there already."""
    project, where = Project(root), f"new {kind} {name}"
    values = KINDS[kind](project, name, title, where)
    found = templates(kind)
    if (own := values.get("class")) and (keyword.iskeyword(own) or _uses(found, own)):
        raise BookError(where, f"{own!r} means something else already where the class would stand", "take another name")
    files = {fill(path, values): fill(text, values) for path, text in found.items()}
    todo = fill((TEMPLATES / kind / "next.txt").read_text("utf-8"), values)
    if not project.shut.is_dir():
        away = [path for path in files if path.startswith(f"{COURSE}/")]
        files = {path: text for path, text in files.items() if path not in away}
        todo += "".join(f"\nNot laid, for the teacher's half is not here: {path}\n" for path in away)
    for path in files:
        if (root / path).exists() or (root / path).is_symlink():
            raise BookError(path, "is there already", "nothing was laid: take another name, or move it away")
    _write(root, files)
    return Laid(list(files), todo)


def templates(kind: str) -> dict[str, str]:
    """The files of a kind by their place in the book, not yet filled in."""
    tree = TEMPLATES / kind / "tree"
    return {
        path.relative_to(tree).as_posix().removesuffix(".in"): path.read_text("utf-8")
        for path in sorted(tree.rglob("*.in"))
    }


def fill(text: str, values: Values) -> str:
    """The text with every `@@word@@` replaced."""
    return re.sub(r"@@(\w+)@@", lambda found: values[found[1]], text)


def _uses(files: dict[str, str], word: str) -> bool:
    return any(re.search(rf"\b{word}\b", text) for name, text in files.items() if name.endswith(".py"))


def _write(root: Path, files: dict[str, str]) -> None:
    """All of them, or none where the disk refuses one."""
    done: list[Path] = []
    try:
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                done.append(path)
                file.write(text)
    except OSError:
        for path in done:
            path.unlink()
        raise


# --- what a name must be, and what is made of it ----------------------------------------------------------------------


def _chapter(project: Project, name: str, title: str, where: str) -> Values:
    number, _, word = name.partition("_")
    if not re.fullmatch(r"\d\d", number):
        raise BookError(where, f"{name!r} is no name of a chapter", "write NN_name, such as 06_shufflenet_v2")
    _name(word, where)
    if there := sorted((project.root / CHAPTERS).glob(f"{number}_*.py")):
        raise BookError(where, f"the number {number} is that of {CHAPTERS}/{there[0].name}", "take another number")
    return {**_words(word, title, where), "stem": name, "claim": f"{word[:2].upper()}{number}"}


def _exercise(project: Project, name: str, title: str, where: str) -> Values:
    stem, _, exercise = name.partition("/")
    _name(exercise, where, "write NN_name/exercise, such as 05_shufflenet_v1/unshuffle")
    chapters = read_chapters(project.sources(), project.root)
    teaching = {chapter.stem: chapter for chapter in chapters if chapter.teaches}
    if stem not in teaching:
        raise BookError(where, f"there is no chapter {stem}", f"chapters are {', '.join(teaching)}")
    for chapter in chapters:
        if exercise in chapter.exercises:
            raise BookError(where, f"{chapter.name} has an exercise {exercise!r}", "names are unique in the book")
    objectives = teaching[stem].header["objectives"]
    return {**_words(exercise, title, where), "stem": stem, "objective": next(iter(objectives))}


def _figure(project: Project, name: str, title: str, where: str) -> Values:
    _name(name, where)
    if re.search(r"_\d", name):
        raise BookError(where, f"a class would lose a _ of {name!r}", "let every word begin with a letter")
    for room in ROOMS:
        if (project.root / room / name).exists() or (project.root / room / f"{name}.py").exists():
            raise BookError(where, f"{room}/{name} is there already", "take another name")
    if name in sys.stdlib_module_names or find_spec(name):  # the tests import a figure's room by its bare name
        raise BookError(where, f"{name!r} is the name of a Python module, which the tests could not tell from it",
                        "take another name, such as two words")  # fmt: skip
    return {**_words(name, title, where), "class": "".join(word.capitalize() for word in name.split("_"))}


def _network(project: Project, name: str, title: str, where: str) -> Values:
    _name(name, where)
    values = _words(name, title or name.replace("_", " ").title(), where)
    return {**values, "class": re.sub(r"[^A-Za-z0-9]", "", values["title"])}


KINDS: dict[str, Callable[[Project, str, str, str], Values]] = {
    "chapter": _chapter, "exercise": _exercise, "figure": _figure, "network": _network,
}  # fmt: skip


def _name(name: str, where: str, todo: str = "write words of small letters and digits, joined by _") -> None:
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise BookError(where, f"{name!r} is no name for a file and a function", todo)
    if len(name) > MOST:
        raise BookError(where, f"{name!r} has {len(name)} characters", f"use {MOST} at most")


def _words(name: str, title: str, where: str) -> Values:
    title = title or name.replace("_", " ").capitalize()
    if not TITLE.fullmatch(title) or len(title) > 60:
        raise BookError(where, f"{title!r} is no title", "use letters, digits and spaces in one line, a letter first")
    return {"name": name, "title": title, "slug": name.replace("_", "-")}
