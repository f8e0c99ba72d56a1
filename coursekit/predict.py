"""Predictions: a question with fields for the reader's answer, and the place in the text where the truth is told.

The fields end a cell with the role `predict`, as lines of `:key: value`. Later prose has `{answer}` with its name in
ticks: there a page says what the reader said, and there the right answers are computed, with the names that the cells
above define.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .cells import Asked, SourceCell
from .errors import BookError
from .prose import one_expression

KEYS = ("field", "unit", "choices", "answer", "wrong")
MOST = 3  # fields of one prediction
NAME = re.compile(r"[a-z][a-z0-9-]*")
MARK = re.compile(r"\{answer\}`([^`]*)`")
DIGITS = 6  # that a right answer may show, unless it is whole
_LINE = re.compile(r":([a-z]+):[ \t]*(.*)")
_NUMBER = r"-?(?:\d+(?:,\d{3})*(?:\.\d+)?)"
_RANGE = re.compile(rf"(?:(?P<one>{_NUMBER})|(?P<low>{_NUMBER}) to (?P<high>{_NUMBER})|below (?P<below>{_NUMBER})"
                    rf"|above (?P<above>{_NUMBER}))")  # fmt: skip


class Wrong(NamedTuple):
    """A typical wrong answer, and short words for who gives it: a choice, or a range of numbers with open ends None."""

    at: str | tuple[float | None, float | None]
    words: str


@dataclass
class Field:
    """One question: a number, or one of `choices`; `answer` is the expression of the right one."""

    label: str
    where: str
    unit: str = ""
    choices: list[str] = field(default_factory=list)
    answer: str = ""
    wrong: list[Wrong] = field(default_factory=list)

    def right(self, value: str) -> str:
        """The right answer as a page writes it, from what the lesson computed; refuses what no reader could say."""
        if self.choices:
            if value not in self.choices:
                todo = f"the choices are {', '.join(self.choices)}"
                raise BookError(self.where, f"the right answer {value!r} is not among the choices", todo)
        elif not re.fullmatch(_NUMBER, value):
            todo = "compute a number, or add :choices:"
            raise BookError(self.where, f"the right answer {value!r} is no number", todo)
        elif "." in value and len(re.sub(r"\D", "", value).lstrip("0")) > DIGITS:
            todo = 'format it as the text does, :answer: f"{…:.2f}"'
            raise BookError(self.where, f"the right answer {value} has more than {DIGITS} digits", todo)
        for at, words in self.wrong:
            if value == at or (isinstance(at, tuple) and _within(number(value), at)):
                what = f"the right answer {value} is among the wrong ones: {words}"
                raise BookError(self.where, what, "narrow :wrong:")
        return value if self.choices or "," in value or "." in value else f"{int(value):,}"


@dataclass
class Prediction:
    """One `predict` cell: its name, where it stands, and its fields."""

    name: str
    where: str
    fields: list[Field]

    def words(self) -> list[SourceCell]:
        """What its fields say, for the checks of prose."""
        said = [(one.where, [one.label, one.unit, *(wrong.words for wrong in one.wrong)]) for one in self.fields]
        return [SourceCell("markdown", "", "\n\n".join(texts), where=where) for where, texts in said]


def number(text: str) -> float:
    return float(text.replace(",", ""))


def _within(value: float, at: tuple[float | None, float | None]) -> bool:
    low, high = at
    return (low is None or low <= value) and (high is None or value <= high)


def read(cells: Sequence[SourceCell]) -> dict[str, Prediction]:
    """The predictions of a chapter. Takes the fields out of their cells' texts, and gives each expression to the cell
    that tells the answer: it is computed there."""
    found: dict[str, Prediction] = {}
    told: set[str] = set()
    for cell in cells:
        if cell.role == "predict":
            prediction = _prediction(cell)
            if prediction.name in found:
                what = f"the prediction {prediction.name!r} is asked twice"
                raise BookError(cell.where, what, f"the first is in {found[prediction.name].where}; rename one")
            found[prediction.name] = prediction
        for mark in MARK.finditer(cell.text) if cell.kind == "markdown" else ():
            _tell(cell, mark, found, cells)
            if mark[1] not in told:
                told.add(mark[1])
                one = found[mark[1]]
                cell.asks += [Asked(f.answer, f":answer: {f.answer}", f.where, one.name) for f in one.fields]
    for name, prediction in found.items():
        if name not in told:
            todo = f"write {{answer}}`{name}` where the text gives the answer"
            raise BookError(prediction.where, f"the prediction {name!r} is never answered", todo)
    return found


def _tell(cell: SourceCell, mark: re.Match[str], found: dict[str, Prediction], cells: Sequence[SourceCell]) -> None:
    """Refuse an answer that no cell above asks for, or that stands where nothing is computed."""
    name, where = mark[1], cell.at(cell.text[: mark.start()].count("\n"))
    if cell.role == "task":
        raise BookError(where, "a task cannot hold {answer}: exercises are not run", "answer in the prose after it")
    later = [other.where for other in cells if other.role == "predict" and other.args.get("name") == name]
    if name in found and found[name].where != cell.where:
        return
    if later:
        raise BookError(where, f"{name!r} is answered before it is asked, in {later[0]}", "move {answer} below it")
    known = ", ".join(found) or "none"
    raise BookError(where, f"no prediction is called {name!r}", f"asked above are: {known}")


def _prediction(cell: SourceCell) -> Prediction:
    name = cell.args.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BookError(cell.where, f"a prediction’s name={name!r} is no name", 'write name="lower-case-words"')
    lines = cell.text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith(":field:")), len(lines))
    fields: list[Field] = []
    for place, line in enumerate(lines[start:], start):
        if not line.strip():
            continue
        where, match = cell.at(place), _LINE.fullmatch(line.rstrip())
        if not match or match[1] not in KEYS or not match[2]:
            todo = "after the first :field: stand lines such as :answer: …; keys are " + ", ".join(KEYS)
            raise BookError(where, f"{line.strip()!r} is no line of a field", todo)
        if "{{=" in line:
            raise BookError(where, "a field’s lines hold no {{= … =}}", "write the expression itself, or plain words")
        if match[1] == "field":
            fields.append(Field(match[2], where))
        else:
            _add(fields[-1], match[1], match[2], where)
    if not 1 <= len(fields) <= MOST:
        raise BookError(cell.where, f"a prediction has 1 to {MOST} fields, this has {len(fields)}", "ask less at once")
    for one in fields:
        if not one.answer:
            raise BookError(one.where, f"the field {one.label!r} has no right answer", "add a line :answer: expression")
    cell.text = "\n".join(lines[:start]).rstrip()
    return Prediction(name, cell.where, fields)


def _add(one: Field, key: str, value: str, where: str) -> None:
    if key == "choices":
        one.choices = [choice.strip() for choice in value.split("|")]
        if len(one.choices) < 2 or "" in one.choices or len(set(one.choices)) < len(one.choices):
            raise BookError(where, f"{value!r} gives no choice", "write at least two different ones: fewer | more")
    elif key == "answer":
        one_expression(value, f":answer: {value}", where)
        one.answer = value
    elif key == "wrong":
        one.wrong.append(_wrong(one, value, where))
    else:
        one.unit = value


def _wrong(one: Field, value: str, where: str) -> Wrong:
    if one.choices:
        for choice in sorted(one.choices, key=len, reverse=True):
            if value.startswith(f"{choice}: "):
                return Wrong(choice, value[len(choice) + 2 :].strip())
        todo = f"write CHOICE: words; choices are {', '.join(one.choices)}"
        raise BookError(where, f"{value!r} names no choice", todo)
    condition, _, words = value.partition(": ")
    if not (match := _RANGE.fullmatch(condition)) or not words.strip():
        todo = "write `9: words`, `2 to 5: words`, `below 2: words` or `above 20: words`; :choices: come before :wrong:"
        raise BookError(where, f"{value!r} names no wrong number", todo)
    given = {key: number(text) for key, text in match.groupdict().items() if text is not None}
    low = given.get("one", given.get("low", given.get("above")))
    return Wrong((low, given.get("one", given.get("high", given.get("below")))), words.strip())
