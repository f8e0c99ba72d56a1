"""Mutants of solutions: which mistakes are made, what a weak hidden test lets through, what is kept of it."""

import ast
from contextlib import nullcontext

import pytest
import yaml
from toy import PRIVATE, exercise

from coursekit import strength
from coursekit.cli import main
from coursekit.errors import BookError
from coursekit.grading.job import Times
from coursekit.strength import Counts, Measured, Mutated, Tried
from coursekit.teacher import mutation, record
from coursekit.teacher.across import start_sandbox
from coursekit.teacher.exercises import read_assignments
from coursekit.teacher.mutants import mutants
from coursekit.teacher.trial import Row

ROUND = '''\
# %% solution
def up(n, step):
    while n % step:
        n += 1
    return n

# %% test name="Any" points=3 hint="Try some."
assert [up(n, 7) for n in (14, 15, 20)] == [14, 21, 21]
assert up(1, 20) == 20 and up(1, 4000) == 4000
assert up(2**40 + 1, 9) == 2**40 + 2

# %% right name="by a product"
def up(n, step):
    return -(-n // step) * step

# %% right name="by the rest"
def up(n, step):
    return n + -n % step
''' + "".join(f'''
# %% wrong mistake="Off by {n}."
def up(n, step):
    return n + {n}
''' for n in range(1, 6))  # fmt: skip
STUB = '''\
def up(n, step):
    """The next multiple of step, n itself included."""
    # YOUR CODE HERE
    raise NotImplementedError()'''
SOME = {"line 3, n += 1 → n -= 1", "line 2, gives up after 2000 rounds", "up: whole numbers lose digits, as in float32",
        "up: whole numbers overflow 32 bits", "up: whole numbers become text", "up: tensors become float32"}  # fmt: skip
HANGS, NO_TENSOR = "line 3, n += 1 → n -= 1", "up: tensors become float32"
REASONS = "course/exercises/01_lists/survivors.yml"


def solution(private: str) -> str:
    return private.split("# %% test")[0].removeprefix("# %% solution\n")


def labels(text: str) -> set[str]:
    return {mutant.label for mutant in mutants(text)}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """One for all, since they start slowly."""
    with start_sandbox(tmp_path_factory.mktemp("empty")) as sandbox:
        yield sandbox


@pytest.fixture
def rounding(toy, sandbox, monkeypatch):
    """A toy course whose one exercise searches, and some of its mutants; grading has little patience."""
    monkeypatch.setattr(mutation, "mutants", lambda text: [m for m in mutants(text) if m.label in SOME])
    monkeypatch.setattr(mutation, "start_sandbox", lambda root: nullcontext(sandbox))
    monkeypatch.setattr(mutation, "LIMIT", Times(call=1.0, exercise=1.5, notebook=60))
    toy.notebook(exercises=exercise("up", STUB, "pass", points=3))
    (toy.private / "turn.py").unlink()
    (toy.private / "double.py").unlink()
    toy.write("up", ROUND)
    keep(toy)
    return toy


def keep(toy):
    """A record as a build of the course would write it."""
    record.keep(toy.root, None, record.found(toy.root, read_assignments(toy.root), [Row("01_lists", "up", 3, 2, 5, 1)]))


def run(toy) -> str:
    said: list[str] = []
    mutation.try_mutants(toy.root, ["01"], progress=said.append)
    return "\n".join(said)


def refused(toy) -> str:
    before = (toy.root / strength.name("01_lists")).read_bytes()
    with pytest.raises(BookError) as caught:
        run(toy)
    assert (toy.root / strength.name("01_lists")).read_bytes() == before
    return str(caught.value)


@pytest.mark.parametrize(("line", "expected"), [
    ("return a + 2", {"a + 2 → a - 2", "a + 2 → a + 3", "a + 2 → a + 1"}),
    ("return a // b", {"a // b → a * b", "a // b → a / b"}),
    ("return a < b", {"a < b → a <= b"}),
    ("return a == b or not a", {"a == b → a != b", "not a → a", "a == b or not a → not a", "a == b or not a → a == b",
                                "a == b or not a → a == b and (not a)"}),
    ("if a: return b", {"a → True", "a → False"}),
    ("a.append(b); return a", {"without a.append(b)", "a.append(b) → a"}),
    ("if a:\n        b = -b\n        raise ValueError('a + 2')", {"without b = -b", "without raise ValueError('a + 2')", "-b → b"}),
    ("return F.pad(a, b, value=0.5)", {"F.pad(a, b, value=0.5) → a", "F.pad(a, b, value=0.5) → F.pad(a, b)", "value=0.5 → value=1.0"}),
    ("return a.clone()", {"a.clone() → a"}),
    ("while a: b += a\n    return b", {"gives up after 9 rounds", "gives up after 2000 rounds", "b += a → b -= a"}),
    ("return [c for c in a]", {"no more than 2 of a", "no more than 9 of a"}),
    ("return nn.Conv2d(a, b, bias=False)", {"bias=False → bias=True"}),
    ("return b, [a]", {"(b, [a]) → ([a], b)"}),
    ("return a + b", {"a + b → b + b", "a + b → a + a"}),
    ('return "a"', {"'a' → 'a?'"}),
])  # fmt: skip
def test_the_mistakes_in_a_line(line, expected):
    found = labels(f'def f(a, b):\n    """Sums 1 and 2."""\n    {line}\n')
    assert expected <= {label.split(", ", 1)[1] for label in found if label.startswith("line ")}


def test_heads_docstrings_and_words_of_errors_stay():
    text = 'def f(a, b=3):\n    """One 1."""\n    raise ValueError("two 2" + str(2))\n'
    assert not [label for label in labels(text) if label.startswith("line ")]


def test_every_mutant_is_python_and_differs_from_the_solution():
    found = mutants(solution(PRIVATE))
    texts = [ast.unparse(ast.parse(mutant.text)) for mutant in found]
    assert len(set(texts)) == len(texts) == len({mutant.label for mutant in found})
    assert ast.unparse(ast.parse(solution(PRIVATE))) not in texts
    for at in ("turn(items): the list is made longer", "turn: whole numbers become text"):
        assert at in {mutant.label for mutant in found}


def test_a_module_may_ignore_what_train_and_eval_mean():
    found = labels("class M(nn.Module):\n    def forward(self, x):\n        return x\n")
    assert {"M: running statistics stay", "M: always as in eval()", "M: dropout in training", "M: ε of 1e-3",
            "M.forward(x): its tensors are changed", "M.forward: tensors become float32"} <= found  # fmt: skip
    assert not any("(self)" in label for label in found)


def test_a_strong_test_notices_all_and_a_hanging_mutant_ends(rounding):
    """One of them counts away from its goal, for ever; and where no tensor is given back, none can become float32."""
    assert {HANGS, NO_TENSOR} < SOME <= labels(solution(ROUND))
    assert "01_lists, up: 5 mutants, 5 noticed, 0 equivalent, 0 others" in run(rounding)
    entry = strength.read(rounding.root)["01_lists"]
    assert entry.exercises == {"up": Counts(2, 5, 1)} and entry.mutated.exercises == {"up": Tried(5, 5, 0)}


def test_a_weak_test_is_refused_and_its_survivors_named(rounding):
    rounding.replace(" and up(1, 4000) == 4000\nassert up(2**40 + 1, 9) == 2**40 + 2", "", "up")
    said = refused(rounding)
    assert "up.py: 3 mutants get full marks:" in said and REASONS in said
    for label in ("line 2, gives up after 2000 rounds", "up: whole numbers overflow 32 bits"):
        assert label in said
    assert HANGS not in said
    assert "they have to notice 95 % of them" in said


def reasons(toy, **given) -> None:
    (toy.root / REASONS).write_text(yaml.safe_dump(given, allow_unicode=True), "utf-8")


def test_reasons_are_kept_to_what_is_so(rounding):
    rounding.replace("\nassert up(2**40 + 1, 9) == 2**40 + 2", "", "up")
    why = dict.fromkeys(["up: whole numbers lose digits, as in float32", "up: whole numbers overflow 32 bits"])
    reasons(rounding, up=dict.fromkeys(why, "equivalent: no number is so large"))
    assert "2 equivalent, 0 others" in run(rounding)
    reasons(rounding, up=dict.fromkeys(why, "outside the task: no number is so large"))
    assert "notice 3 of 5" in (said := refused(rounding)) and "they have to notice 95 %" in said
    rounding.replace("up(1, 4000) == 4000", "up(1, 4000) == 4000 and up(2**40 + 1, 9) == 2**40 + 2", "up")
    reasons(rounding, up=dict.fromkeys(why, "equivalent: no number is so large"))
    assert "a test notices 'up: whole numbers overflow 32 bits'" in refused(rounding)


@pytest.mark.parametrize(("given", "said"), [
    ({"up": {"line 9, 1 → 2": "equivalent: so"}}, "there is no mutant 'line 9, 1 → 2'"),
    ({"up": {"up: whole numbers become text": "so"}}, "the reason is 'so'"),
    ({"up": {"up: whole numbers become text": "equivalent: "}}, "the reason is 'equivalent: '"),
    ({"down": {}}, "'down' is no graded exercise of 01_lists"),
    ({"up": ["equivalent"]}, "labels with a reason each"),
])  # fmt: skip
def test_a_file_of_reasons_that_is_wrong(rounding, given, said):
    reasons(rounding, **given)
    assert said in refused(rounding)


def test_a_solution_that_does_not_pass_itself(rounding):
    rounding.replace("[14, 21, 21]", "[14, 21, 22]", "up")
    assert "the solution itself does not pass: Any: AssertionError" in refused(rounding)


def test_a_chapter_without_a_record_has_no_place_for_mutants(rounding, monkeypatch):
    monkeypatch.setattr(mutation, "judge_mutants", lambda *_: mutation.Outcome(10, []))
    (rounding.root / strength.name("01_lists")).unlink()
    with pytest.raises(BookError, match=r"records/01_lists.json: is not there"):
        run(rounding)


def test_what_mutants_gave_is_kept_while_solution_and_tests_are_the_same(rounding, monkeypatch):
    monkeypatch.setattr(mutation, "judge_mutants", lambda *_: mutation.Outcome(10, []))
    run(rounding)
    tried = {"up": Tried(10, 10, 0)}
    rounding.replace("Off by 1.", "One off.", "up")
    keep(rounding)
    assert strength.read(rounding.root)["01_lists"].mutated.exercises == tried
    rounding.replace("    while n % step:", "    while n % step > 0:", "up")
    keep(rounding)
    assert strength.read(rounding.root)["01_lists"].mutated is None


def test_mutants_of_other_tests_are_out_of_date(rounding):
    (assignment,) = read_assignments(rounding.root)
    new = Measured(*record.digests(rounding.root, assignment), {"up": Counts(2, 5, 1)}, Mutated("older", {}))
    strength.write(rounding.root, {"01_lists": new})
    (fault,) = record.out_of_date(rounding.root, [assignment])
    assert "mutants of other solutions" in fault.what and "course --mutants 01_lists" in fault.todo


@pytest.mark.parametrize(("given", "chapters"), [([], None), (["01", "02"], ["01", "02"])])
def test_the_command(tmp_path, monkeypatch, given, chapters):
    asked = []
    monkeypatch.setattr("coursekit.teacher.mutation.try_mutants", lambda *arguments: asked.append(arguments))
    main(["course", "--root", str(tmp_path), "--mutants", *given])
    assert asked == [(tmp_path, chapters)]
