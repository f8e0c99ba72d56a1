"""Every checker is shown something broken: what must have such a test is found by rules, here in the code of the tests.

A test of a checker that never meets a fault passes whatever the checker does. What a rule cannot see, that a test named
in the table does plant a fault, stays with its reader.
"""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import ROOT

FAULTS = ("Error", "Faults", "Problem", "Unreadable", "Garbled", "NotPlain", "Stopped", "OutsideContract")
BOOK, KIT = "book/_ext/booksite/", "tests/coursekit/"
BUILD = f"{KIT}public/test_public_build.py"
TEACHER, SITE = f"{KIT}teacher/", "tests/site/test_extension.py"
ROWS = {  # where the planted faults of a module lie, if not in the test file of its name
    f"{BOOK}citations.py": "tests/site/test_numbers.py::test_two_entries_with_one_label_are_refused",
    f"{BOOK}finish.py": f"{SITE}::test_a_theme_without_icons_is_noticed",
    f"{BOOK}katex.py": f"{SITE}::test_bad_formula_is_refused",
    f"{BOOK}labels.py": f"{SITE}::test_labels_are_no_part_of_the_site",
    f"{BOOK}offline.py": f"{SITE}::test_listeners_of_thebe_are_silenced_or_missed",
    f"{BOOK}pages.py": f"{SITE}::test_edits_that_find_nothing_are_refused",
    f"{BOOK}plots.py": "tests/site/test_plots.py::test_a_colour_that_no_theme_has_is_refused",
    f"{BOOK}purge.py": f"{SITE}::test_purge_refuses_broken_style",
    f"{BOOK}search.py": "tests/site/test_search.py::test_pages_without_sections_are_refused",
    f"{BOOK}still.py": f"{SITE}::test_a_module_that_cannot_draw_itself_is_told",
    "coursekit/cells.py": f"{KIT}test_chapter.py::test_not_utf8",
    "coursekit/cli.py": f"{BUILD}::test_a_wrong_argument_gets_a_message",
    "coursekit/project.py": f"{KIT}test_chapter.py::test_contents_and_sources_name_the_same_chapters",
    "coursekit/prose.py": f"{KIT}test_prose.py::test_bare_numbers_are_found",
    "coursekit/show.py": f"{KIT}test_predict.py::test_a_mistake_is_refused",
    "coursekit/strength.py": f"{TEACHER}test_course_record.py::test_a_broken_file_is_replaced_by_a_build_of_its_chapter_only",
    "coursekit/grading/grade.py": f"{KIT}grading/test_grade_runs.py::test_what_is_not_there_cannot_be_graded",
    "coursekit/grading/gradebook.py": f"{KIT}grading/test_grade_runs.py::test_a_second_grader_at_the_same_time_is_refused",
    "coursekit/grading/desk/download.py": f"{KIT}grading/desk/test_collect.py::test_damaged_and_locked_files_are_told",
    "coursekit/grading/hand_in/unpack.py": f"{KIT}grading/hand_in/test_take.py::test_archives_that_hold_none_or_are_none",
    "coursekit/grading/outcome.py": f"{KIT}grading/test_grade_runs.py::test_a_spoilt_outcome_is_graded_again",
    "coursekit/grading/inside/zygote.py": f"{KIT}grading/inside/test_zygote.py::test_a_sandbox_that_the_kernel_does_not_close_is_not_used",
    "coursekit/grading/inside/worker.py": f"{KIT}grading/test_session.py::test_a_name_for_what_cannot_cross_does_not_take_the_others_with_it",
    "coursekit/public/build.py": f"{BUILD}::test_a_build_that_opens_the_teachers_half_is_caught",
    "coursekit/public/editions.py": f"{KIT}public/test_reader.py::test_a_choice_that_the_lesson_does_not_give_is_refused",
    "coursekit/public/ledger_page.py": f"{KIT}public/test_ledger.py::test_a_chapter_shows_eight_rows_at_most",
    "coursekit/public/notebooks.py": f"{KIT}public/test_own_work.py::test_an_old_edition_is_caught_with_work_on_it_and_without",
    "coursekit/public/pdf/chromium.py": f"{KIT}public/pdf/test_make.py::test_a_chromium_that_does_not_start_or_is_too_old",
    "coursekit/public/site.py": f"{BUILD}::test_a_fault_stops_the_build_and_the_last_site_stays",
    "coursekit/public/site_check.py": f"{KIT}public/test_site_check.py::test_planted_fault_is_named",
    "coursekit/public/site_loads.py": f"{KIT}public/test_site_check.py::test_foreign_loads_in_files",
    "coursekit/public/terms.py": "tests/book/test_terms.py::test_other_words_for_no_entry_are_refused",
    "coursekit/teacher/across.py": f"{TEACHER}test_course_trial.py::test_a_hidden_test_that_looks_behind_the_wall",
    "coursekit/teacher/answers.py": f"{TEACHER}test_course_private.py::test_bad_halves_are_refused_with_their_place",
    "coursekit/teacher/course.py": f"{TEACHER}test_course_leaks.py::test_the_toy_course_is_clean_until_something_is_planted",
    "coursekit/teacher/edits.py": f"{TEACHER}test_course_private.py::test_an_edit_that_does_not_fit_is_refused_with_its_line",
    "coursekit/teacher/exercises.py": f"{TEACHER}test_course_private.py::test_one_name_in_two_chapters",
    "coursekit/teacher/leaks.py": f"{TEACHER}test_course_leaks.py::test_a_secret_line_is_found_in_any_file",
    "coursekit/teacher/merge.py": f"{TEACHER}test_course_merge.py::test_what_nbgrader_would_not_give_back_is_refused",
    "coursekit/teacher/mutation.py": f"{TEACHER}test_mutants.py::test_a_weak_test_is_refused_and_its_survivors_named",
    "coursekit/teacher/record.py": f"{TEACHER}test_course_record.py::test_a_changed_half_is_out_of_date",
    "coursekit/teacher/release.py": f"{TEACHER}test_course_build.py::test_a_teachers_setting_that_changes_the_release_is_noticed",
    "coursekit/teacher/trial.py": f"{TEACHER}test_course_trial.py::test_a_wrong_answer_with_full_marks",
    # and what the rule does not find: checks of the package, and checks that live in tests
    "lightnets_edu/cost.py": "tests/lightnets_edu/test_cost.py::test_differences_to_torchinfo",
    "lightnets_edu/checks.py": "tests/lightnets_edu/test_checks.py::test_what_differs_is_said",
    "tests/lightnets_edu/models/parity.py": "tests/lightnets_edu/models/test_parity_kit.py::test_every_spoilt_copy_is_caught",
    "tests/book/test_terms.py": "tests/book/test_terms.py::test_a_word_of_a_figure_without_an_entry_is_found",
    "coursekit/public/pdf/finish.py": f"{KIT}public/pdf/test_make.py::test_a_dead_link_is_seen",
    "tests/browser/paper.py": "tests/browser/test_checks_catch.py::test_a_sheet_that_stays_half_empty_is_seen",
    "tests/test_house.py": "tests/test_house.py::test_planted_faults_are_caught",
    "tests/test_places.py": "tests/test_places.py::test_an_unsafe_workflow_is_noticed",
    "tests/lightnets_edu/test_arrows.py": "tests/lightnets_edu/test_arrows.py::test_a_planted_arrow_is_caught",
}


def trees(root: Path, pattern: str) -> Iterator[tuple[str, ast.Module]]:
    """Python files by their names from the root, parsed."""
    for path in sorted(root.glob(pattern)):
        yield path.relative_to(root).as_posix(), parsed(path)


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def called(tree: ast.AST) -> set[str]:
    """The last names of all that code calls."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {func.attr if isinstance(func, ast.Attribute) else func.id for func in calls if isinstance(func, ast.Attribute | ast.Name)}


def a_test_calls(tree: ast.Module, name: str) -> bool:
    return any(name in called(node) for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def makers(root: Path) -> list[str]:
    """The modules of the public build, the course and the site that make faults, or hand them on as generators of them."""
    found = []
    for name, tree in (pair for pattern in ("coursekit/**/*.py", f"{BOOK}*.py") for pair in trees(root, pattern)):
        raised = {ast.unparse(node.exc).partition("(")[0] for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc}
        if any(word.endswith(FAULTS) for word in raised | called(tree)) or "Iterator[Fault]" in ast.unparse(tree):
            found.append(name)
    return found


def without_a_planted_fault(root: Path, rows: dict[str, str]) -> list[str]:
    """Modules that make faults, have no row, and no test that expects one in the test file of their name."""
    mirrors = {name for name, tree in trees(root, "tests/**/test_*.py") if a_test_calls(tree, "raises")}
    return [name for name in makers(root) if name not in rows and f"tests/{Path(name).parent}/test_{Path(name).name}" not in mirrors]


def networks_without_a_sabotage(root: Path) -> list[str]:
    """Tests that hold a network against its peer, and never a spoilt one."""
    tests = trees(root, "tests/lightnets_edu/models/test_*.py")
    return [name for name, tree in tests if "assert_same" in called(tree) and not a_test_calls(tree, "sabotages")]


def figures_without_a_spoilt_replay(root: Path) -> list[str]:
    """Rooms of figures whose tests replay what the page computes, or nothing, and never a spoilt copy of it."""
    rooms = [path.parent.name for path in sorted(root.glob("lightnets_edu/widgets/*/figure.js"))]
    return [room for room in rooms if not any(a_test_calls(tree, "catches") for _, tree in trees(root, f"tests/lightnets_edu/widgets/{room}/test_*.py"))]


def checks_of_pages_without_a_fault(root: Path) -> set[str]:
    """What the site's pages are looked at with, and no page with a fault is."""
    def used(name: str) -> set[str]:
        nodes = list(ast.walk(parsed(root / "tests/browser" / name)))
        found = {node.id for node in nodes if isinstance(node, ast.Name)}
        return found | {node.attr for node in nodes if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "probe"}

    probe = parsed(root / "tests/browser/probe.py")
    checks = {node.name for node in probe.body if isinstance(node, ast.FunctionDef)}
    checks |= {target.id for node in probe.body if isinstance(node, ast.Assign) for target in node.targets}
    return checks & used("test_site.py") - used("test_checks_catch.py")


def missing_tests(root: Path, rows: dict[str, str]) -> list[str]:
    """Tests of the table that are not there."""
    there = {f"{name}::{node.name}" for name, tree in trees(root, "tests/**/test_*.py") for node in tree.body if isinstance(node, ast.FunctionDef)}
    return [test for test in rows.values() if test not in there]


def test_every_checker_is_shown_a_fault():
    assert without_a_planted_fault(ROOT, ROWS) == []
    assert networks_without_a_sabotage(ROOT) == []
    assert figures_without_a_spoilt_replay(ROOT) == []
    assert checks_of_pages_without_a_fault(ROOT) == set()


def test_every_row_is_of_a_file_and_a_test_that_are_there():
    assert missing_tests(ROOT, ROWS) == []
    assert [name for name in ROWS if not (ROOT / name).is_file()] == []


PLANTED = {
    "coursekit/marks.py": "def mark(x):\n    raise BookError('x', 'is no mark')",
    "coursekit/sums.py": "def add(x):\n    raise BookError('x', 'is no sum')",
    "tests/coursekit/test_sums.py": "def test_sums():\n    with pytest.raises(BookError):\n        add(1)",
    "tests/coursekit/test_marks.py": "def helper():\n    pytest.raises(BookError)\ndef test_marks():\n    assert mark(1)",
    "tests/lightnets_edu/models/test_good.py": "def test_a():\n    assert_same(1, 2)\ndef test_b():\n    pair().missed(sabotages(net))",
    "tests/lightnets_edu/models/test_new.py": "from parity import sabotages\ndef test_a():\n    assert_same(1, 2)",
    "lightnets_edu/widgets/dial/figure.js": "",
    "tests/lightnets_edu/widgets/dial/test_figure.py": "def test_a():\n    agrees(1, 2)",
    "tests/browser/probe.py": "WIDE = '() => []'\nTALL = '() => []'",
    "tests/browser/test_site.py": "def test_a():\n    evaluate(probe.WIDE)\n    evaluate(probe.TALL)",
    "tests/browser/test_checks_catch.py": "def test_a():\n    assert evaluate(probe.WIDE)",
}


@pytest.fixture
def planted(tmp_path):
    for name, text in PLANTED.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_a_checker_that_meets_no_fault_is_found(planted):
    row = {"coursekit/marks.py": "tests/coursekit/test_marks.py::test_no_mark"}
    assert without_a_planted_fault(planted, {}) == ["coursekit/marks.py"]
    assert without_a_planted_fault(planted, row) == [] and missing_tests(planted, row) == list(row.values())
    assert networks_without_a_sabotage(planted) == ["tests/lightnets_edu/models/test_new.py"]
    assert figures_without_a_spoilt_replay(planted) == ["dial"]
    assert checks_of_pages_without_a_fault(planted) == {"TALL"}
