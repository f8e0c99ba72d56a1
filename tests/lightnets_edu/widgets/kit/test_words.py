"""All that a figure says stands in its table of words: another table in its place, and nothing of the first is left."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from booksite.still import Drawing, engine
from bs4 import BeautifulSoup
from specimens import SPECIMENS
from stage import state

from lightnets_edu.widgets.kit import compose
from lightnets_edu.widgets.kit.compose import KIT

# A language in which every word stands in brackets.
OTHER = """
const other = (said) =>
  typeof said === "string" ? `⟦${said}⟧`
  : typeof said === "function" ? (...args) => other(said(...args))
  : Array.isArray(said) ? said.map(other)
  : said instanceof Object ? Object.fromEntries(Object.entries(said).map(([key, own]) => [key, other(own)])) : said;
export const words = other(first);
"""
SAID = ("aria-label", "aria-valuetext", "title")


@pytest.fixture(scope="module")
def rooms(tmp_path_factory) -> Path:
    """The figures' rooms with other tables of words."""
    folder = shutil.copytree(KIT.parent, tmp_path_factory.mktemp("rooms") / "widgets")
    tables = list(folder.glob("*/words.js"))
    assert len(tables) == len(SPECIMENS) + 1, "each figure has one, and the kit"
    for table in tables:
        text = table.read_text("utf-8")
        assert text.count("export const words = {") == 1
        table.write_text(text.replace("export const words = {", "const first = {") + OTHER, "utf-8")
    return folder


def strings(value: Any) -> Iterator[str]:
    """The texts of a state, which come from Python."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for own in value.values() if isinstance(value, dict) else value:
            yield from strings(own)


def left(html: str, known: list[str]) -> list[str]:
    """Words that stand outside the brackets and do not come from Python; the lines of a drawn text are read as one."""
    soup = BeautifulSoup(html, "html.parser")
    texts = [str(text) for text in soup.find_all(string=True) if text.parent.name != "tspan"]
    texts += [" ".join(text.get_text(" ").split()) for text in soup.find_all("text")]
    texts += [tag[name] for tag in soup.find_all(True) for name in SAID if tag.has_attr(name)]
    found = []
    for text in texts:
        while text != (text := re.sub("⟦[^⟦⟧]*⟧", "", text)):
            pass
        for own in known:
            text = text.replace(own, "")
        found += re.findall(r"[^\W\d_]{2,}", text)
    return found


def drawings(rooms: Path, name: str) -> Iterator[list[str]]:
    """What is left of the first table in each move of a figure."""
    specimen = SPECIMENS[name]
    module = compose(rooms / name / "figure.js")
    figure = specimen.make()
    for values in [{}, *specimen.moves]:
        figure.set_state(json.loads(json.dumps(values)))
        now = json.loads(json.dumps(state(figure)))
        known = sorted({text for text in strings(now) if text}, key=len, reverse=True)
        yield left(Drawing(module, now, 700, engine).outer(), known)


@pytest.mark.parametrize("name", SPECIMENS)
def test_another_table_leaves_nothing_of_the_first(rooms, name):
    assert [words for words in drawings(rooms, name) if words] == []


def test_a_word_in_a_module_is_found(rooms, tmp_path):
    folder = shutil.copytree(rooms, tmp_path / "widgets")
    figure = folder / "channel_shuffle/figure.js"
    text = figure.read_text("utf-8")
    assert text.count("words.dealing") == 1
    figure.write_text(text.replace("words.dealing", '"Step by step"'), "utf-8")
    assert next(drawings(folder, "channel_shuffle")) == ["Step", "by", "step"]


def test_a_word_in_a_line_of_a_drawn_text_is_found():
    drawn = "<svg><text><tspan>avg</tspan><tspan>pool</tspan></text></svg>"
    assert left(drawn, ["avg pool"]) == [] and left(drawn, ["avg"]) == ["pool"] and left(drawn, []) == ["avg", "pool"]
