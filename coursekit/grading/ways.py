"""The ways to run one hand-in: only what its answers need, or all that the student wrote, in the student's order."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .hand_in.assemble import Step
from .hand_in.slices import bound, needed, parses, statements, used

# code that says one of these may look up names that no reading of its text finds
LOOKS_UP = re.compile(r"\b(__dict__|__import__|__main__|eval|exec|get_ipython|globals|import_module|inspect|locals|"
                      r"pickle|sys\.modules|vars)\b")  # fmt: skip


@dataclass(frozen=True)
class Way:
    """Steps as they are run, one after the other. `needed`: no more than what answers need; `order` says how else."""

    steps: list[Step]
    needed: bool = False
    order: str = ""


def sliced(steps: Sequence[Step], wanted: set[str]) -> Way:
    """Answers whole; of the lesson, and of the student's own cells, what answers need."""
    wanted = wanted.union(*(used(step.source) for step in steps if step.kind == "answer"))
    at = [i for i, step in enumerate(steps) if step.kind == "context"]
    kept = dict(zip(at, needed([steps[i].source for i in at], wanted), strict=True))
    return Way([replace(step, source=kept.get(i, step.source)) for i, step in enumerate(steps)], needed=True)


def others(steps: Sequence[Step], way: Way, whole: Sequence[Step]) -> Iterator[Way]:
    """How else the hand-in may earn its points: none where that could make no difference."""
    mine = [step.source for step in whole if step.mine]
    same, looks_up = mine == [step.source for step in steps if step.mine], any(map(LOOKS_UP.search, mine))
    all_ran = same and not looks_up and not any(map(_left_out, steps, way.steps))
    code = [step for step in whole if step.kind in ("context", "answer")]
    tests = [step for step in whole if step not in code]
    late = {step.kind for step in whole[whole.index(tests[0]) :] if step.mine and _code(step)} if tests else set()
    if all_ran and "context" not in late and not _used_before_it_is_there(code):
        return
    texts = {} if looks_up else _lesson_for(code)
    run = [replace(step, source=texts.get(id(step), step.source)) for step in whole]
    if not all_ran:
        yield Way(run, order="in the student's order")
    if late:
        yield Way(sorted(run, key=lambda step: step.kind in ("check", "grade")), order="before the tests")


def _used_before_it_is_there(code: Sequence[Step]) -> bool:
    """Whether a cell uses a name that only a later one defines."""
    asked: set[str] = set()
    known: set[str] = set()
    for step in code:
        if bound(step.source) & (asked - known):
            return True
        asked, known = asked | used(step.source), known | bound(step.source)
    return False


def _left_out(step: Step, run: Step) -> bool:
    return step.mine and step.kind == "context" and run.source != _code(step)


def _code(step: Step) -> str:
    """What a cell does: its statements, or all of it where it is no Python."""
    text = "\n".join(statement.text for statement in statements(step.source))
    return text if parses(step.source) else step.source


def _lesson_for(code: Sequence[Step]) -> dict[int, str]:
    """Of the released lesson what the student's cells use, by the step's `id`."""
    wanted = set().union(*(used(step.source) for step in code if step.mine))
    kept = needed([step.source for step in code], wanted)
    return {id(step): text for step, text in zip(code, kept, strict=True) if not step.mine}
