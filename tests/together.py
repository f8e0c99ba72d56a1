"""Which tests run in one process where several run: those of a file; files that share something slow to make, too."""

TOGETHER = {
    "the notebooks on Colab's versions": (
        "tests/book/test_second_environment",
        "tests/book/test_plain_edition",
        "course/tests/test_answers_on_colab",
    ),
    "hand-ins judged by the clock": (
        "course/tests/test_grading",
        *(f"tests/coursekit/grading/test_{name}" for name in ("grade_", "sandbox", "session")),
    ),
}
DEALT_OUT = tuple(f"tests/lightnets_edu/models/test_{name}.py" for name in ("every_pair", "constructors"))


def group(nodeid: str) -> str:
    """Tests of one group run in one process, one after the other; those of a file that shares nothing are dealt out."""
    path = nodeid.partition("::")[0]
    if path in DEALT_OUT:
        return nodeid
    return next((name for name, parts in TOGETHER.items() if path.startswith(parts)), path)
