"""Numbers in prose: `{{= expression =}}` is computed by the chapter's own code; a bare number is a fault.

An expression is evaluated in the kernel at that point of the chapter, so prose, code and figures cannot disagree.
"""

import ast
import re
from collections.abc import Iterator

from .cells import SourceCell
from .errors import BookError

EXPRESSION = re.compile(r"\{\{=(.+?)=\}\}", re.S)

# What may hold a number that needs no computing: code, math, links, roles, labels, comments, addresses.
_QUIET = re.compile(
    r"(`{3,}|~{3,}|:{3,})[^\n]*|(`+)(?!`).+?(?<!`)\2(?!`)|\$\$.+?\$\$|\$[^$\n]+\$|\{\{=.+?=\}\}|\]\([^)]*\)|<[^>\n]+>|^\([\w:-]+\)=|^:[\w-]+:[^\n]*|https?://\S+",
    re.S | re.M,
)
_FENCE = re.compile(r"^(`{3,}|~{3,})(?!\{)[^\n]*\n.*?^\1", re.S | re.M)
_PLACE = r"(?:[Tt]ables?|[Ff]igures?|[Ss]ections?|[Cc]hapters?|[Ee]quations?|[Pp]ages?|arXiv:?|§|V|v|Python|version)\s*"
_NUMBER = re.compile(r"(?<![\w.,×§-])(\d+(?:,\d{3})*(?:\.\d+)?)(\s?%|\s?[MGk]\b|\s?million)?(?![\w×])")
_SENTENCE = re.compile(r"\n\s*\n|(?<=[.!?])\s+(?=[^a-z])")
_CITED = re.compile(r"\{cite(?::\w+)?\}`")


def expressions(cell: SourceCell) -> list[str]:
    """The expressions of a Markdown cell, in order; each must be one Python expression."""
    found = [m[1].strip() for m in EXPRESSION.finditer(cell.text)]
    for text in found:
        one_expression(text, f"{{{{= {text} =}}}}", cell.where)
    if cell.text.count("{{=") != len(found):
        raise BookError(cell.where, "an expression is opened with `{{=` and not closed", "write {{= expression =}}")
    return found


def one_expression(text: str, written: str, where: str) -> None:
    """Refuse what is no Python expression, or uses no name of the chapter's code."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise BookError(where, f"{written} is no Python expression: {error.msg}") from None
    if not any(isinstance(node, ast.Name) for node in ast.walk(tree)):
        raise BookError(where, f"{written} computes nothing", "use a name that the chapter's code defines")


def fill(text: str, values: list[str]) -> str:
    """Put the values in the place of the expressions."""
    rest = iter(values)
    return EXPRESSION.sub(lambda _: next(rest), text)


def quiet(text: str) -> str:
    """The text with spaces, as many, in the place of code, math, roles, addresses and expressions."""
    for pattern in (_FENCE, _QUIET):
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return text


def sentences(text: str) -> Iterator[tuple[int, int, bool]]:
    """Where each sentence begins and ends, and whether it cites a source."""
    ends = [(m.start(), m.end()) for m in _SENTENCE.finditer(text)]
    for begin, end in zip([0, *(end for _, end in ends)], [*(start for start, _ in ends), len(text)], strict=True):
        yield begin, end, bool(_CITED.search(text, begin, end))


def bare_numbers(cell: SourceCell) -> list[BookError]:
    """Numbers that are neither computed nor in a sentence that cites its source; single digits may stand."""
    faults, text = [], cell.text if cell.kind == "markdown" else cell.args.get("caption", "")
    for sentence in _SENTENCE.split(_FENCE.sub("", text)):
        if _CITED.search(sentence):
            continue
        quiet = re.sub(_PLACE + r"[\d.]+", " ", _QUIET.sub(" ", sentence))
        for number, unit in _NUMBER.findall(re.sub(r"^\s*\d+\.\s", " ", quiet, flags=re.M)):
            if unit or len(number) > 1:
                faults.append(
                    BookError(
                        cell.where,
                        f"the bare number {(number + unit).strip()!r} in the prose",
                        "compute it, {{= … =}}, or cite its source in the same sentence",
                    )
                )
    return faults
