"""What a private half may say, and what an author reads who writes something else."""

import pytest

from coursekit.errors import BookError
from coursekit.teacher.answers import read_private
from coursekit.teacher.exercises import _choose, read_assignments


def fault(toy, name="turn") -> str:
    with pytest.raises(BookError) as caught:
        read_private(toy.private / f"{name}.py", toy.root)
    return str(caught.value)


def test_a_complete_half_is_read(toy):
    half = read_private(toy.private / "turn.py", toy.root)
    assert [test.name for test in half.tests] == ["Any length", "The input stays"]
    assert half.points == 3
    assert [len(half.right), len(half.wrong)] == [2, 5]
    assert half.wrong[0].label == "Returns the list as it is."
    assert half.solution.where == "course/exercises/01_lists/turn.py, line 1"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('# %% right name="by slicing"', '# %% correct name="by slicing"', "`# %% correct` is not known here"),
        ('# %% right name="by slicing"', "# %%", "`# %% (no role)` is not known here"),
        ('# %% right name="by slicing"', '# %% right nam="by slicing"', "`right` has no argument 'nam'"),
        ('# %% right name="by slicing"', "# %% right", "`right` needs name=…"),
        ("points=2", "points=0", "points=0"),
        ("points=2", 'points="two"', "points='two'"),
        ("points=2", "points=true", "points=True"),
        ('hint="Build a new list."', "hint=3", "hint=3"),
        ("    return items[::-1]", "    return items[::-1", "line 2 of the cell"),
        ("    return items[::-1]", "    return items[::-1]\nreturn 3", "outside function"),
        ("    return items[::-1]", "    return items[::-1] is 3", "is not Python that a cell can hold"),
        ("import random\n", "global numbers\n", "a test uses `global`"),
        ("assert turn([]) == []", "### END HIDDEN TESTS", "'END HIDDEN TESTS' stands in the code"),
        ("    return items[::-1]", "    # BEGIN SOLUTION\n    return items[::-1]", "'BEGIN SOLUTION' stands in"),
        ("# %% solution\n", '# %% wrong mistake="Now a wrong one"\n', "0 solution cells"),
        ("    return items[::-1]", "    return sorted(items)[::-1]", "the same code as another answer"),
        ('name="The input stays"', 'name="Any length"', "has the name of another test"),
        ("# %% solution\n", "import this\n\n# %% solution\n", "before its first cell marker"),
    ],
)
def test_bad_halves_are_refused_with_their_place(toy, old, new, message):
    toy.replace(old, new)
    said = fault(toy)
    assert message in said
    assert said.startswith("course/exercises/01_lists/turn.py")


def test_an_empty_cell_is_refused(toy):
    toy.write("turn", '# %% solution\n# nothing\n\n# %% right name="x"\ny = 1\n')
    assert "the solution cell is empty" in fault(toy)


def test_text_that_is_not_utf8_is_refused(toy):
    (toy.private / "turn.py").write_bytes(b"# %% solution\nx = '\xff'\n")
    assert "not UTF-8" in fault(toy)


def test_all_faults_of_a_course_come_together(toy):
    toy.replace("points=2", "points=-2")
    toy.write("double", "# %% solution\ndef double(x:\n")
    with pytest.raises(BookError) as caught:
        read_assignments(toy.root)
    assert len(caught.value.faults) == 2


def faults(toy, chapters=None) -> str:
    with pytest.raises(BookError) as caught:
        read_assignments(toy.root, chapters)
    return str(caught.value)


def test_the_toy_course_is_complete(toy):
    (assignment,) = read_assignments(toy.root)
    assert list(assignment.exercises) == ["turn", "double", "halve"]
    assert sorted(assignment.halves) == ["double", "turn"]
    assert [assignment.name] == [a.name for a in read_assignments(toy.root, ["01"])]


def test_without_the_teachers_half(tmp_path):
    with pytest.raises(BookError, match="course/exercises: is not here"):
        read_assignments(tmp_path)


def test_a_notebook_older_than_its_source(toy):
    (toy.root / "book/chapters/01_lists.py").write_text("# the chapter, edited\n")
    assert "notebooks/01_lists.ipynb: is older than book/chapters/01_lists.py" in (said := faults(toy))
    assert "make notebooks" in said


def test_a_notebook_whose_source_is_gone(toy):
    (toy.root / "book/chapters/01_lists.py").unlink()
    assert "is not here" in faults(toy)


def test_a_readers_own_notebook_is_none_of_the_books(toy):
    """An empty one, and a copy of a chapter under another name."""
    chapter = toy.root / "notebooks/01_lists.ipynb"
    (chapter.parent / "Untitled.ipynb").write_text("")
    (chapter.parent / "01_lists-Copy1.ipynb").write_bytes(chapter.read_bytes())
    assert [assignment.name for assignment in read_assignments(toy.root)] == ["01_lists"]
    (chapter.parents[1] / "book/chapters/01_lists-Copy1.py").write_text("# a chapter of its own\n")
    assert "the exercise name 'turn' is taken by" in faults(toy)


def test_a_notebook_that_is_none(toy):
    (toy.root / "notebooks/01_lists.ipynb").write_text("{}")
    assert "cannot be read as a notebook" in faults(toy)


def test_a_graded_exercise_without_private_half(toy):
    (toy.private / "turn.py").unlink()
    said = faults(toy)
    assert "course/exercises/01_lists/turn.py: is missing" in said
    assert "notebooks/01_lists.ipynb has the graded exercise 'turn'" in said


def test_a_private_half_without_exercise(toy):
    toy.write("swap", "# %% solution\ndef swap(x):\n    return x\n")
    assert "course/exercises/01_lists/swap.py: has no public half" in faults(toy)


def test_a_private_folder_without_notebook(toy):
    (toy.private.parent / "02_sets").mkdir()
    (toy.private.parent / "02_sets" / "join.py").write_text("# %% solution\ndef join(x):\n    return x\n")
    assert "course/exercises/02_sets: there is no notebooks/02_sets.ipynb" in faults(toy)


def test_one_name_in_two_chapters(toy):
    toy.notebook("02_sets")
    assert "the exercise name 'turn' is taken by notebooks/01_lists.ipynb" in faults(toy, ["01"])


def test_points_that_differ(toy):
    toy.replace("points=2", "points=1.5")
    assert "its tests give 2.5 points, the public half says 3" in faults(toy)


def test_too_few_answers(toy):
    text = (toy.private / "turn.py").read_text()
    toy.write("turn", text[: text.index("# %% wrong")])
    assert "has 0 wrong answers, at least 5 are needed" in faults(toy)


def test_tests_for_practice(toy):
    toy.write("double", '# %% solution\ndef double(x):\n    return 2 * x\n\n# %% test name="t" points=1\npass\n')
    assert "belongs to a practice exercise" in faults(toy)


def test_an_unknown_chapter(toy):
    assert "chapter '07': matches 0 notebooks" in faults(toy, ["07"])


def test_a_name_that_another_begins_with_is_its_own():
    assert _choose(["gallery", "05"], ["05_a", "gallery", "gallery_networks"]) == ["gallery", "05_a"]
    with pytest.raises(BookError, match="matches 2 notebooks"):
        _choose(["gallery"], ["gallery_layers", "gallery_networks"])


# --- wrong answers as edits -------------------------------------------------------------------------------------------

WHOLE = """\
# %% wrong mistake="Sorts instead."
def turn(items):
    return sorted(items)[::-1]
"""
BASE = """\
def turn(items):
    turned = []
    for item in items:
        turned.insert(0, item)
    return turned"""


def edit(toy, lines: str, base: str = "by inserting") -> None:
    toy.replace(WHOLE, f'# %% wrong mistake="Sorts instead." from="{base}"\n{lines}\n')


def last_wrong(toy) -> str:
    return read_private(toy.private / "turn.py", toy.root).wrong[-1].text


@pytest.mark.parametrize(
    ("lines", "old", "new"),
    [
        ("# -     return turned\n# +     return items", "    return turned", "    return items"),
        ("# -     turned = []\n# +     turned = []\n# +     items = sorted(items)", "[]", "[]\n    items = sorted(items)"),
        ("# -     for item in items:\n# -         turned.insert(0, item)",
         "    for item in items:\n        turned.insert(0, item)\n", ""),
    ],
)  # fmt: skip
def test_an_edit_changes_its_lines_and_leaves_the_rest(toy, lines, old, new):
    edit(toy, lines)
    assert BASE.count(old) == 1 and last_wrong(toy) == BASE.replace(old, new)


def test_several_edits_are_made_one_after_the_other(toy):
    edit(
        toy,
        "# -     return turned\n\n# -     turned = []\n# +     turned = [0]\n# -     turned = [0]\n# +     turned = 0",
    )
    assert last_wrong(toy) == BASE.replace("[]", "0").removesuffix("\n    return turned")


def test_an_edit_of_nothing_that_is_there(toy):
    edit(toy, "# -     return turned", base="by insertion")
    said = fault(toy)
    assert "from='by insertion' names no right answer of this file" in said and "'solution', 'by slicing'" in said


def test_the_solution_can_be_edited_too(toy):
    edit(toy, "# -         return self.things[-1]\n# +         return self.things[0]", "solution")
    assert last_wrong(toy).endswith("return self.things[0]") and "range(len(items) - 1, -1, -1)" in last_wrong(toy)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            "# -     return items\n# +     return 1",
            "line 59: the old lines of this edit stand 0 times in 'by inserting'",
        ),
        ("# -     return turned\n# -     return turned", "line 59: the old lines of this edit stand 0 times"),
        (
            "# -     return turned\n\n# -     return\n# +     return 1",
            "line 61: the old lines of this edit stand 0 times",
        ),
        ("# - turned = []", "line 59: the old lines of this edit stand 0 times"),
        ("# +     return 1", "line 59: a new line comes without an old one"),
        ("# -     return turned\n\n# +     return 1", "line 61: a new line comes without an old one"),
        ("# -     return turned\n    return 1", "line 60: '    return 1' is no line of an edit"),
        ("#-     return turned", "line 59: '#-     return turned' is no line of an edit"),
        ("# -- return turned", "line 59: '# -- return turned' is no line of an edit"),
        ("# -     return turned\n# +     return turned", "is the same code as another answer"),
        ("# -     return turned\n# +     return (turned", "is not Python that a cell can hold"),
        ("# -     return turned\n# +     return 1  # BEGIN SOLUTION", "'BEGIN SOLUTION' stands in the code"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused_with_its_line(toy, lines, message):
    edit(toy, lines)
    said = fault(toy)
    assert message in said and said.startswith("course/exercises/01_lists/turn.py, line ")


def test_lines_that_stand_there_twice_are_refused(toy):
    toy.replace("    return turned", "    turned = turned\n    turned = turned\n    return turned")
    edit(toy, "# -     turned = turned\n# +     pass")
    assert "the old lines of this edit stand 2 times" in fault(toy)


def test_only_a_wrong_answer_can_be_an_edit(toy):
    toy.replace('# %% right name="by slicing"', '# %% right name="by slicing" from="solution"')
    assert "`right` has no argument 'from'" in fault(toy)
