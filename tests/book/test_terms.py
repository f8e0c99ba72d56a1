"""The glossary is whole: what figures show and chapters use has an entry and a link, and every entry is used."""

import re
from collections.abc import Iterable
from html import unescape
from pathlib import Path

import pytest
import snowballstemmer
import yaml
from checkout import ROOT
from sketch import Sketch
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from specimens import SPECIMENS

from coursekit.chapter import Chapter, read_chapter, read_chapters
from coursekit.project import Project
from coursekit.public import terms
from coursekit.public.terms import Terms
from lightnets_edu import widgets

PLAIN = yaml.safe_load((ROOT / terms.WORDS).read_text("utf-8"))["plain"].split()
SAID = re.compile(r'"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
SHOWN = re.compile(r'>([^<]+)<|aria-(?:label|valuetext)="([^"]*)"')
WORD = re.compile(r"(?<![\w-])(?:[A-Z]{2,}|[A-Za-z][a-z]{2,})(?![\w-])")    # names such as MobileNet are none
stem = snowballstemmer.stemmer("english").stemWord


@pytest.fixture(scope="module")
def chapters() -> list[Chapter]:
    return read_chapters(Project(ROOT).sources(), ROOT)


@pytest.fixture(scope="module")
def texts(chapters) -> list[str]:
    return [*said(ROOT / "lightnets_edu/widgets"), *drawn(), *captions(chapters)]


def said(rooms: Path) -> list[str]:
    """The words of every figure, without what it puts into them."""
    scripts = (re.sub(r"^\s*//.*$", "", path.read_text("utf-8"), flags=re.M) for path in sorted(rooms.glob("*/words.js")))
    return [re.sub(r"\$\{[^}]*\}", " # ", one or two) for script in scripts for one, two in SAID.findall(script)]


def drawn() -> list[str]:
    """What every figure writes into its drawing, much of which comes from Python: as it begins, and after a move."""
    found = []
    for specimen in SPECIMENS.values():
        sketch = Sketch(specimen.make())
        found += SHOWN.findall(sketch.outer())
        sketch.move(specimen.moves[0])
        found += SHOWN.findall(sketch.outer())
    return [unescape(one or two) for one, two in dict.fromkeys(found)]


def captions(chapters: Iterable[Chapter]) -> list[str]:
    """What stands below the moving figures, but for the makers of their photographs."""
    cells = [cell for chapter in chapters for cell in chapter.cells if cell.kind == "code" and "caption" in cell.args]
    moving = [cell for cell in cells if any(re.search(rf"\b{name}\b", cell.text) for name in widgets.__all__)]
    return [cell.args["caption"].partition("Photograph: ")[0] for cell in moving]


def without_entry(book: Terms, texts: Iterable[str], plain: Iterable[str]) -> set[str]:
    """Words that are neither an entry's, nor common, nor listed as plain."""
    known, found = {stem(word) for word in plain}, set()
    for text in texts:
        for at, _, words in book.found(text):
            text = f"{text[:at]}{' ' * len(words)}{text[at + len(words) :]}"
        words = [word.lower() for word in WORD.findall(text)]
        found |= {word for word in words if word not in ENGLISH_STOP_WORDS and stem(word) not in known}
    return found


def test_every_term_that_a_figure_shows_has_an_entry(texts):
    unknown = without_entry(terms.read(ROOT), texts, PLAIN)
    todo = f"terms need an entry in {terms.GLOSSARY}, what is none belongs into `plain` of {terms.WORDS}"
    assert not unknown, f"{sorted(unknown)}: {todo}"


def superfluous(book: Terms, texts: Iterable[str], plain: Iterable[str]) -> list[str]:
    """Listed words that no figure needs there, or that stand there twice."""
    wanted = {stem(word) for word in without_entry(book, texts, [])}
    stems = [stem(word) for word in plain]
    return [word for at, word in enumerate(plain) if stems[at] not in wanted or stems[at] in stems[:at]]


def test_the_list_of_plain_words_holds_no_other(texts):
    assert superfluous(terms.read(ROOT), texts, PLAIN) == []


PAGES = [path for path in Project(ROOT).sources() if path.stem != "welcome"]    # the front page teaches no term


@pytest.mark.parametrize("chapter", PAGES, ids=lambda path: path.stem)
def test_a_term_is_a_link_where_a_chapter_uses_it_first(chapter):
    assert terms.unlinked(terms.read(ROOT), read_chapter(chapter, ROOT)) == []


def test_no_entry_has_a_mark_that_the_page_turns_round():
    assert [name for names in terms.read(ROOT).names.values() for name in names if set(name) & {"'", '"'}] == [], (
        "Sphinx makes it curly in the entry, and the way back is lost"
    )


def test_every_entry_is_used(chapters, texts):
    assert terms.unused(terms.read(ROOT), chapters, texts) == []


# --- each of them is shown a fault -------------------------------------------------------------------------------------

SMALL = """# Glossary

:::{glossary}
:sorted:

grey map
feature map
  A map.

stride
  How far it moves.

depth
  How many layers.
:::
"""
CHAPTER = """# ---
# title: Maps
# ---

# %% card [markdown]
# # Maps and strides

# %% [markdown]
# ## A stride in a heading
#
# `stride` in code, $stride$ in a formula, a [stride](x.md) in a link, {chapter}`the stride <5>`, a stride-free word.
#
# In depth: a {term}`gray map <grey map>`, and another feature map. Then come STRIDES, and a {term}`stride`.
"""


def small(tmp_path: Path, old: str = "", new: str = "") -> Chapter:
    path = tmp_path / "book/chapters/maps.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    assert old in CHAPTER
    path.write_text(CHAPTER.replace(old, new), "utf-8")
    return read_chapter(path, tmp_path)


def test_a_first_use_without_a_link_is_found_with_its_line(tmp_path):
    book = Terms(SMALL, {}, ["depth"])
    told = "book/chapters/maps.py, line 13: 'STRIDES' is used first and no link: {term}`STRIDES <stride>`"
    assert terms.unlinked(book, small(tmp_path)) == [told]
    assert terms.unlinked(book, small(tmp_path, "STRIDES", "{term}`strides <stride>`")) == []
    (american,) = terms.unlinked(book, small(tmp_path, "{term}`gray map <grey map>`, and another feature map. Then come STRIDES, and", "gray map,"))
    assert "'gray map'" in american and "<grey map>" in american
    assert len(terms.unlinked(Terms(SMALL, {"stride": ["In"]}, []), small(tmp_path))) == 2, "other words and depth"


def test_an_entry_that_nothing_uses_is_found(tmp_path):
    book = Terms(SMALL, {}, ["depth"])
    assert terms.unused(book, [small(tmp_path)], ["Strides, and more"]) == ["depth"]
    assert terms.unused(book, [small(tmp_path, "In depth", "In {term}`depth`")], []) == terms.unused(book, [small(tmp_path)], ["Depths"]) == []


def test_other_words_for_no_entry_are_refused():
    with pytest.raises(KeyError, match="'speed', which is no entry"):
        Terms(SMALL, {"speed": ["pace"]})


def test_a_word_of_a_figure_without_an_entry_is_found(tmp_path):
    room = tmp_path / "room"
    room.mkdir()
    (room / "words.js").write_text('// A comment on foos.\nexport const words = { a: "Stride and frobs", b: (n) => `${n.bars} bazs: MobileNet` };\n', "utf-8")
    assert without_entry(Terms(SMALL, {}), said(tmp_path), []) == {"frobs", "bazs"}
    assert without_entry(Terms(SMALL, {}), said(tmp_path), ["frob", "baz"]) == set()
    assert superfluous(Terms(SMALL, {}), said(tmp_path), ["frob", "stride", "baz", "bazs"]) == ["stride", "bazs"]
