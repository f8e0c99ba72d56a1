"""Takes out of a style sheet the rules that cannot apply: they name a class or id which no page or script holds."""

import re

import tinycss2

NESTING = ("media", "supports", "layer", "container")
OPTIONAL = re.compile(r":(?:not|is|where|has)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|\[[^\]]*\]")
NAME = re.compile(r"[.#](-?[A-Za-z_](?:[\w-]|\\.)*)")
NAMED = re.compile(r"""\b(?:class|id)=(?:"([^"]*)"|'([^']*)'|([\w-]+))|<script\b[^>]*>(.*?)</script>""", re.S)
WORD = re.compile(r"[A-Za-z_][\w-]*")


class StyleError(ValueError):
    """A style sheet does not parse."""


def words(text: str) -> set[str]:
    """Everything in a text that could be the name of a class or id."""
    return set(WORD.findall(text))


def names(html: str) -> set[str]:
    """The classes and ids of a page, and every word of its scripts, which may give others; no words of its text."""
    return words(" ".join("".join(found) for found in NAMED.findall(html)))


def _selectors(prelude) -> list[str]:
    """A rule's selectors, split at top-level commas."""
    selectors, current = [], []
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            selectors.append(current)
            current = []
        else:
            current.append(token)
    return [tinycss2.serialize(part).strip() for part in [*selectors, current]]


def _can_apply(selector: str, used: set[str]) -> bool:
    return all(name.replace("\\", "") in used for name in NAME.findall(OPTIONAL.sub("", selector)))


def purge(css: str, used: set[str]) -> str:
    """The style sheet without the rules that a site with these words cannot need. Notices (`/*! */`) stay."""
    kept = []
    for rule in tinycss2.parse_stylesheet(css, skip_whitespace=True):
        if rule.type == "error":
            raise StyleError(f"line {rule.source_line}: {rule.message}")
        if rule.type == "comment":
            kept += [rule.serialize()] if rule.value.startswith("!") else []
        elif rule.type == "qualified-rule":
            selectors = [selector for selector in _selectors(rule.prelude) if _can_apply(selector, used)]
            if selectors:
                kept.append(f"{','.join(selectors)}{{{_body(rule.content)}}}")
        elif rule.content is not None and rule.lower_at_keyword in NESTING:
            inner = purge(tinycss2.serialize(rule.content), used)
            if inner:
                kept.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude).rstrip()}{{{inner}}}")
        else:
            kept.append(rule.serialize())
    return "".join(kept)


def _body(content) -> str:
    """A rule's declarations, without comments, and without spaces where none is needed."""
    tokens = [token for token in content if token.type != "comment"]
    beside = zip([None, *tokens], tokens, [*tokens[1:], None], strict=False)
    kept = [
        token
        for before, token, after in beside
        if token.type != "whitespace" or not (_parts(before) or _parts(after)) or _empty(before, after)
    ]
    return tinycss2.serialize(kept).strip()


def _parts(token) -> bool:
    """Whether a token parts declarations, names or values, with or without spaces around it."""
    return token is not None and token.type == "literal" and token.value in ":;,"


def _empty(before, after) -> bool:
    """Whether a space stands for the value of a custom property, which older browsers want there."""
    return before is not None and before == ":" and (after is None or after == ";")


PROPERTY = re.compile(r"""(--[\w-]+)\s*:(?:"[^"]*"|'[^']*'|\([^()]*\)|[^;{}"'])*(?:;|(?=\}))""")
EMPTY = re.compile(r"[^{};/]+\{\s*\}")


def drop_unread(sheets: list[str], others: str) -> list[str]:
    """The style sheets without custom properties that neither they nor `others`, pages and scripts, ever read."""
    while True:
        set_here = {name for sheet in sheets for name in PROPERTY.findall(sheet)}
        read = set(re.findall(r"--[\w-]+", PROPERTY.sub(lambda m: m[0].partition(":")[2], "".join(sheets)) + others))
        if not (unread := set_here - read):
            return sheets
        sheets = [EMPTY.sub("", PROPERTY.sub(lambda m: "" if m[1] in unread else m[0], sheet)) for sheet in sheets]
