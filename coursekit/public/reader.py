"""What a page offers its reader beside text and figures: forms for predictions, lines that recall them, links that move
figures. A page's scripts bring them to life; without scripts, on paper and in a notebook the plain words stand alone.
"""

import json
import re
from collections.abc import Iterator
from html import escape

from ..cells import SourceCell
from ..chapter import Chapter
from ..predict import MARK, Field, Prediction
from ..show import LINK, parse

_ALONE = re.compile(rf"(?<![^\n])(?<![^\n]\n){MARK.pattern}[ \t]*(?=\n\n|\n?\Z)")  # a paragraph of its own


def on_page(text: str, chapter: Chapter, cell: SourceCell, answers: dict[str, str], shown: dict[str, dict]) -> str:
    """A cell's text for the page. `answers` holds what each prediction's answer line knows, filled in as cells pass."""
    text = _ALONE.sub(lambda m: _answer("p", m[1], answers), text)
    text = MARK.sub(lambda m: _answer("span", m[1], answers), text)
    text = LINK.sub(lambda m: _link(m[1], cell, shown), text)
    if cell.role == "predict":
        return f"{text}\n\n{_form(chapter, chapter.predictions[cell.args['name']])}"
    return text


def in_notebook(text: str, chapter: Chapter, cell: SourceCell) -> str:
    """The same text where no script runs: questions as a list, links as their words, no line for answers."""
    text = LINK.sub(lambda m: parse(m[1], cell.where).words, text)
    text = re.sub(rf"\n*{_ALONE.pattern}", "", text)
    text = re.sub(rf"[ \t]*{MARK.pattern}", "", text)
    if cell.role == "predict":
        return f"{text}\n\n" + "\n".join(f"- {_question(f)}" for f in chapter.predictions[cell.args["name"]].fields)
    return text


def answers(chapter: Chapter, cell: SourceCell, values: list[str]) -> dict[str, str]:
    """Of the predictions that a cell answers: by name, what its line on the page knows, as JSON."""
    found: dict[str, str] = {}
    rest: Iterator[str] = iter(values[len(values) - len(cell.asks) :])  # behind what stands in its text
    for name in dict.fromkeys(asked.name for asked in cell.asks):
        fields = [_known(one, next(rest)) for one in chapter.predictions[name].fields]
        found[name] = json.dumps(fields, ensure_ascii=False)
    return found


def _known(one: Field, value: str) -> dict:
    return {"label": one.label, "unit": one.unit, "choices": bool(one.choices), "right": one.right(value),
            "wrong": [[at, words] for at, words in one.wrong]}  # fmt: skip


def _answer(tag: str, name: str, answers: dict[str, str]) -> str:
    return f'<{tag} class="book-answer" data-predict="{name}" data-answer="{escape(answers[name])}" hidden></{tag}>'


def _link(text: str, cell: SourceCell, shown: dict[str, dict]) -> str:
    link = parse(text, cell.where)
    state = escape(json.dumps(shown[text], ensure_ascii=False))
    return f'<span class="book-show" data-figure="{link.figure}" data-state="{state}">{escape(link.words)}</span>'


def _question(one: Field) -> str:
    asked = one.label.removesuffix("?")
    if one.choices:
        return f"{asked}: {', '.join(one.choices[:-1])} or {one.choices[-1]}?"
    return f"{asked}{f' ({one.unit})' if one.unit else ''}?"


def _form(chapter: Chapter, prediction: Prediction) -> str:
    """A form that a script shows, and for all other readers the same questions as a list. No line may be empty."""
    name = prediction.name
    fields = [_field(f"predict-{name}-{number}", one) for number, one in enumerate(prediction.fields, 1)]
    plain = [f"<li>{escape(_question(one))}</li>" for one in prediction.fields]
    return "\n".join([
        f'<form class="book-predict" data-chapter="{chapter.stem}" data-predict="{name}" hidden>',
        "<fieldset><legend>Your prediction</legend>", *fields,
        '<p><button type="submit">Keep my answer</button> <button type="reset">Take it back</button></p>',
        '<p role="status"></p>', "</fieldset>", "</form>", '<ul class="book-questions">', *plain, "</ul>",
    ])  # fmt: skip


def _field(key: str, one: Field) -> str:
    label = escape(one.label)
    if not one.choices:
        unit = f" <span>{escape(one.unit)}</span>" if one.unit else ""
        box = f'<input id="{key}" type="text" inputmode="decimal" autocomplete="off" size="10">'
        return f'<p class="book-field"><label for="{key}">{label}</label> {box}{unit}</p>'
    radios = [f'<label><input type="radio" name="{key}" value="{escape(c)}"> {escape(c)}</label>' for c in one.choices]
    return f'<fieldset class="book-field"><legend>{label}</legend>{" ".join(radios)}</fieldset>'
