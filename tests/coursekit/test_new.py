"""`coursekit new`: what it lays works in a copy of this book, nothing is overwritten, bad names are refused."""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from booksite.plots import PlotError, themed
from checkout import published
from small_book import edit

from coursekit import new
from coursekit.chapter import read_chapter, read_chapters
from coursekit.cli import main
from coursekit.errors import BookError
from coursekit.new import KINDS, MOST, lay
from coursekit.project import Project
from coursekit.prose import bare_numbers, expressions
from coursekit.public import terms
from coursekit.public.ledger import read_ledger
from coursekit.teacher.answers import read_private

CHAPTER, EXERCISE, FIGURE, NETWORK = "98_split_layers", "group_starts", "layer_groups", "tiny_net"
EVERY = ("test_budgets", "test_the_still_is_plain", "test_state_is_plain_and_small", "test_moves_change_the_picture",
         "test_no_control_leads_to_a_state_that_python_refuses", "test_two_figures_in_python_are_independent")  # fmt: skip


def by_hand(root: Path) -> None:
    """The edits that the command asks for, taken from its own words where it gives them."""
    lay(root, "chapter", CHAPTER)
    edit(root / "_toc.yml", "  - caption: To look", f"      - file: notebooks/{CHAPTER}\n  - caption: To look")
    todo = lay(root, "exercise", f"{CHAPTER}/{EXERCISE}").todo
    cells = todo[todo.index("# %% task") : todo.index("\n 2. make book")]
    edit(root / f"book/chapters/{CHAPTER}.py", "# %% ledger", f"{cells}\n# %% ledger")
    line = re.search(r"(?m)^    (from .*\n)", lay(root, "figure", FIGURE).todo)[1]
    after = "from lightnets_edu.widgets.network_skyline"
    edit(root / "lightnets_edu/widgets/__init__.pyi", after, line + after)
    entry = re.search(r"(?m)^    (_family\(.*\n)", lay(root, "network", NETWORK, "TinyNet").todo)[1]
    edit(root / "lightnets_edu/models/catalogue.py", "# fmt: on\n", f"{entry}# fmt: on\n")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of this book with one of each kind laid, and the edits by hand made."""
    root = published(tmp_path_factory.mktemp("new") / "book", without=("notebooks", "course"))
    (root / "course").mkdir()
    by_hand(root)
    return root


@pytest.fixture(scope="module")
def lesson(copy):
    """The names that the chapter's lesson leaves behind, its numbers in the prose computed."""
    import matplotlib

    matplotlib.use("Agg")
    names: dict = {}
    for cell in read_chapter(copy / f"book/chapters/{CHAPTER}.py", copy).lesson:
        if cell.kind == "code":
            exec(cell.text, names)
        for found in expressions(cell) if cell.kind == "markdown" else ():
            assert eval(found, names)
    return names


# --- what is laid works -----------------------------------------------------------------------------------------------


def test_the_chapter_is_whole(copy):
    project = Project(copy)
    chapters = read_chapters(project.sources(), copy)
    own = next(chapter for chapter in chapters if chapter.stem == CHAPTER)
    assert {cell.role for cell in own.cells} == {"card", "objectives", "", "task", "answer", "check", "ledger"}
    assert list(own.taught()) == ["count"] and len(own.taught()["count"]) == 3
    assert [(e.name, e.points) for e in own.exercises.values()] == [("split_layers_weights", 2), (EXERCISE, 3)]
    assert [fault for cell in own.cells for fault in bare_numbers(cell)] == [] == terms.unlinked(terms.read(copy), own)
    assert [claim.id for claim in read_ledger(project, chapters) if claim.chapter == CHAPTER] == ["SP98-01"]


def test_what_its_lesson_draws_has_colours_for_both_themes(lesson, tmp_path):
    figure = lesson["fig"]
    figure.savefig(tmp_path / "a.svg")
    assert "ln-" in themed((tmp_path / "a.svg").read_text("utf-8"), "a", "a plot")
    lesson["ax"].axhline(2, color="0.3")
    figure.savefig(tmp_path / "b.svg")
    with pytest.raises(PlotError, match="#4c4c4c"):
        themed((tmp_path / "b.svg").read_text("utf-8"), "b", "a plot")


def fails(test: str, answer: str, lesson: dict) -> str:
    """What a hidden test says of an answer; "" where it passes."""
    names = dict(lesson)
    try:
        exec(answer, names)
        exec(test, names)
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


@pytest.mark.parametrize(("name", "unwritten"), [
    ("split_layers_weights", set()), (EXERCISE, {"write here what your prompt insists on and the visible check does not touch"}),
])  # fmt: skip
def test_answers_are_judged_as_they_say_and_the_first_failing_test_says_what_to_write(copy, lesson, capsys, name, unwritten):
    half = read_private(copy / f"course/exercises/{CHAPTER}/{name}.py", copy)
    exercise = read_chapter(copy / f"book/chapters/{CHAPTER}.py", copy).exercises[name]
    assert half.points == exercise.points and len(half.right) >= 2 and len(half.wrong) >= 5
    visible = exercise.cells["check"].text

    def told(answer: str) -> set[str]:
        return {said for test in half.tests if (said := fails(test.text, answer, lesson))}

    for answer in (half.solution, *half.right):
        assert told(answer.text) == unwritten, answer.label
        assert fails(visible, answer.text, lesson) == "" and "✗" not in capsys.readouterr().out
    function = re.search(r"def (\w+)", half.solution.text)[1]
    refusing = f"def {function}(*_):\n    raise ValueError"
    assert all(fails(test.text, refusing, lesson) for test in half.tests), "an answer that knows nothing passes none"
    shown = []
    for answer in half.wrong:
        assert told(answer.text) > unwritten, answer.label
        judged = {tuple(bool(fails(test.text, answer.text, lesson)) for test in half.tests) for _ in range(20)}
        assert len(judged) == 1, f"{answer.label} What is drawn decides"
        fails(visible, answer.text, lesson)
        shown.append("✗" in capsys.readouterr().out)
    assert not all(shown) and sum(shown) >= 3, "one slips through the visible check, most do not"


def test_figure_network_and_claims_pass_and_the_papers_table_is_asked_for(copy):
    """In one pytest in the copy: their own tests, and those of every figure that need no browser."""
    widgets, models = "tests/lightnets_edu/widgets", "tests/lightnets_edu/models"
    asked = [f"{widgets}/{FIGURE}/test_figure.py", f"{models}/test_{NETWORK}.py", "tests/claims/test_split_layers.py"]
    asked += [f"{widgets}/test_every_figure.py::{name}[{FIGURE}]" for name in EVERY]
    asked += [f"{widgets}/test_every_figure.py::test_type_checkers_know_every_figure"]
    asked += [f"{models}/test_every_network.py::test_a_network_counts_what_its_row_says[{NETWORK}]"]
    asked += [f"{models}/test_catalogue.py::test_an_entry_agrees_with_its_file_and_with_the_measurements[{NETWORK}]"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not parity", *asked]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    assert [line.split(" - ")[0] for line in failed] == [f"FAILED {models}/test_{NETWORK}.py::test_table_1"], done.stdout
    assert "write here what the paper's table prints" in done.stdout and re.search(r"1 failed, 2\d passed", done.stdout)


@pytest.mark.parametrize("word", ["ab", "x" * MOST], ids=["short", "long"])
def test_what_is_laid_has_the_style_of_the_house(copy, word):
    """Whatever the length of a name; and no placeholder is left."""
    names = {"exercise": f"{CHAPTER}/{word}", "figure": word, "network": word, "chapter": f"97_{word}"}
    laid = [file for kind, name in names.items() for file in lay(copy, kind, name).files]
    assert not [file for file in laid if "@@" in file + (copy / file).read_text("utf-8")]
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", *(file for file in laid if file.endswith(".py"))]
    assert subprocess.run(ruff, cwd=copy, capture_output=True, text=True).stdout == "All checks passed!\n"
    for file in laid:
        (copy / file).unlink()


def test_the_command_says_what_it_laid_and_what_is_next(copy, capsys):
    main(["new", "exercise", CHAPTER, "another", "--title", "Another one", "--root", str(copy)])
    laid, _, todo = capsys.readouterr().out.partition("\n\n")
    assert laid == f"laid course/exercises/{CHAPTER}/another.py"
    assert todo.startswith("Next, in this order:\n 1. By hand, in") and "# ### Another one\n" in todo
    (copy / f"course/exercises/{CHAPTER}/another.py").unlink()


# --- nothing is overwritten, bad names are refused --------------------------------------------------------------------


NAMES = {"chapter": "96_other", "exercise": f"{CHAPTER}/other", "figure": "other_one", "network": "other"}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_overwritten(copy, kind):
    """Whichever of its files is there already, it stays, and no other is laid."""
    files = lay(copy, kind, NAMES[kind]).files
    for file in files:
        (copy / file).unlink()
    for file in files:
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        (copy / file).write_text("mine")
        with pytest.raises(BookError, match=r"already|is that of"):
            lay(copy, kind, NAMES[kind])
        assert (copy / file).read_text() == "mine" and [one for one in files if (copy / one).exists()] == [file]
        (copy / file).unlink()
        with contextlib.suppress(OSError):
            (copy / file).parent.rmdir()


def test_a_disk_that_refuses_one_file_gets_none(copy):
    folder = copy / "tests/claims"
    folder.rename(copy / "tests/away")
    folder.write_text("no folder")
    with pytest.raises(OSError):
        lay(copy, "chapter", "96_other")
    assert not [path for path in copy.rglob("*96_other*") if path.is_file()]
    folder.unlink()
    (copy / "tests/away").rename(folder)


def test_without_the_teachers_half_its_file_is_named_and_not_laid(copy, tmp_path):
    (copy / "course").rename(tmp_path / "course")
    try:
        laid = lay(copy, "chapter", "96_other")
    finally:
        (tmp_path / "course").rename(copy / "course")
    assert not any(name.startswith("course/") for name in laid.files)
    assert "Not laid, for the teacher's half is not here: course/exercises/96_other/other_weights.py" in laid.todo
    for file in laid.files:
        (copy / file).unlink()


@pytest.mark.parametrize(("kind", "name", "told"), [
    ("chapter", "mobilenet_v1", "'mobilenet_v1' is no name of a chapter\n    write NN_name"),
    ("chapter", "3_mobilenet", "is no name of a chapter"),
    ("chapter", "05_other", "the number 05 is that of book/chapters/05_shufflenet_v1.py\n    take another number"),
    ("chapter", "96_Other", "'Other' is no name for a file and a function\n    write words of small letters"),
    ("chapter", "96_../x", "is no name for a file"),
    ("exercise", "05_shufflenet_v1", "'' is no name for a file and a function\n    write NN_name/exercise"),
    ("exercise", "05_shufflenet_v1/unshuffle", "has an exercise 'unshuffle'\n    names are unique in the book"),
    ("exercise", "02_xception/unshuffle", "book/chapters/05_shufflenet_v1.py has an exercise 'unshuffle'"),
    ("exercise", "77_none/halve", "there is no chapter 77_none\n    chapters are 01_convolutions, "),
    ("exercise", "gallery/halve", "there is no chapter gallery"),
    ("figure", "ReluManifold", "'ReluManifold' is no name for a file"),
    ("figure", "relu_manifold", "lightnets_edu/widgets/relu_manifold is there already\n    take another name"),
    ("figure", "kit", "lightnets_edu/widgets/kit is there already"),
    ("figure", "stage", "tests/lightnets_edu/widgets/stage is there already"),
    ("figure", "json", "'json' is the name of a Python module"),
    ("figure", "torch", "'torch' is the name of a Python module"),
    ("figure", "net_2d", "a class would lose a _ of 'net_2d'\n    let every word begin with a letter"),
    ("figure", "figure", "'Figure' means something else already where the class would stand\n    take another name"),
    ("network", "block", "'Block' means something else already"),
    ("network", "none", "'None' means something else already"),
    ("network", "class", "'class' is no name for a file"),
    ("network", "x" * (MOST + 1), f"has {MOST + 1} characters\n    use {MOST} at most"),
    ("network", "squeezenet", "lightnets_edu/models/squeezenet.py: is there already\n    nothing was laid"),
])  # fmt: skip
def test_a_bad_name_is_refused_with_place_and_remedy(copy, kind, name, told):
    with pytest.raises(BookError, match=re.escape(told)):
        lay(copy, kind, name)


@pytest.mark.parametrize("title", ['a "quoted" one', "two\nlines", "3 nets", "@@class@@", "x" * 61, "a: b"])
def test_a_title_that_no_file_could_hold_is_refused(copy, title):
    with pytest.raises(BookError, match="is no title\n    use letters, digits and spaces"):
        lay(copy, "network", "other", title)


def test_an_unknown_placeholder_is_noticed():
    with pytest.raises(KeyError, match="nonsense"):
        new.fill("@@nonsense@@", {"name": "a"})
