"""MyST Markdown -> the plain Markdown that Colab, Jupyter and GitHub show. What has no plain form is an error.

Only directives, roles, targets and links to pages change; every other byte of the text stays as it is.
"""

import re
from dataclasses import dataclass
from functools import cached_property

import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pybtex.database import parse_file

from ..errors import BookError

ADMONITIONS = {
    name: name.capitalize()
    for name in ("note", "tip", "hint", "important", "warning", "caution", "attention", "danger", "error")
}
ADMONITIONS["seealso"] = "See also"
KINDS = {"figure": "Figure", "table": "Table", "code-block": "Listing", "section": "Section"}
_DIRECTIVE = re.compile(r"\{([\w:-]+)\}[ \t]*(.*)")
_OPTION = re.compile(r":([\w-]+):[ \t]*(.*)\n?")
_INLINE = re.compile(  # read from left to right, so that the ticks of a role and of a code span do not pair up
    r"\{(?P<role>[\w:-]+)\}`(?P<argument>[^`]+)`"
    r"|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
    r"|\]\((?!https?:|#|mailto:)(?P<page>[^)\s]+?)\.(?:md|ipynb)(?P<anchor>#[\w-]+)?\)",
    re.S,
)
_TARGET = re.compile(r"^\(([\w:-]+)\)=[ \t]*\n", re.M)
_MARKDOWN = MarkdownIt("commonmark").enable("table").use(colon_fence_plugin).use(dollarmath_plugin)


@dataclass
class References:
    """What a plain text can point at: labels of the built book, entries of the bibliography, the book's address."""

    labels: dict[str, dict]  # label -> url, title, kind, number
    bibliography: object  # path of the .bib file
    book_url: str

    @cached_property
    def entries(self) -> dict[str, tuple[str, str, str]]:
        """Citation key -> (authors, year, address)."""
        return {key: _entry(entry, self.book_url) for key, entry in parse_file(str(self.bibliography)).entries.items()}


def plain(text: str, refs: References, where: str) -> str:
    """The plain form of one Markdown cell."""
    return _Converter(refs, where).blocks(text)


class _Converter:
    def __init__(self, refs: References, where: str):
        self.refs, self.where = refs, where

    def blocks(self, text: str) -> str:
        lines, out, done = text.splitlines(keepends=True), [], 0
        for token in _MARKDOWN.parse(text):
            if token.level or not token.map or token.type not in ("fence", "colon_fence", "math_block", "code_block"):
                continue
            start, end = token.map
            out.append(self.inline("".join(lines[done:start])))
            directive = token.type in ("fence", "colon_fence") and _DIRECTIVE.match(token.info.strip())
            out.append(self.directive(directive, token.content) if directive else "".join(lines[start:end]))
            done = end
        return "".join(out) + self.inline("".join(lines[done:]))

    def directive(self, match, body: str) -> str:
        name, argument = match.groups()
        options, body = _options(body)
        label = self.refs.labels.get(options.get("name", options.get("label", "")), {})
        if name == "math":
            tag = f" \\tag{{{label['number']}}}" if label.get("number") else ""
            return f"$$\n{body}{tag}\n$$\n"
        if name in ("figure", "image"):
            return f"![{options.get('alt', '')}]({argument})\n{self.caption(label, body)}"
        if name == "table":
            return f"{self.inline(body)}\n{self.caption(label, argument)}"
        if name in ("code-block", "code"):
            return f"```{argument}\n{body}\n```\n"
        if name == "bibliography":
            return ""
        inner = self.blocks(body + "\n").strip("\n")
        title = self.inline(argument)
        if name == "dropdown" or "dropdown" in options.get("class", "").split():
            title = title or ADMONITIONS.get(name, "More")
            return f"<details>\n<summary><b>{title}</b></summary>\n\n{inner}\n\n</details>\n"
        if name == "admonition":
            return _quote(title, inner)
        if name in ADMONITIONS:
            return _quote(ADMONITIONS[name], f"{title}\n{inner}" if title else inner)
        raise BookError(
            self.where, f"the directive {{{name}}} has no plain form", "use another, or teach coursekit/plain.py"
        )

    def caption(self, label: dict, text: str) -> str:
        if not text:
            return ""
        number = f"{KINDS[label['kind']]} {label['number']}. " if label.get("number") else ""
        return f"\n*{number}{self.inline(text).strip()}*\n"

    def inline(self, text: str) -> str:
        """Roles, targets and links to pages, outside code spans."""
        return _INLINE.sub(self.span, _TARGET.sub("", text))

    def span(self, match) -> str:
        if match["role"]:
            return self.role(match["role"], match["argument"])
        if match["page"]:
            return f"]({self.refs.book_url}{_page(match['page'])}.html{match['anchor'] or ''})"
        return match[0]

    def role(self, name: str, argument: str) -> str:
        match = re.fullmatch(r"(.*?)\s*<([^>]+)>", argument, re.S)
        title, target = (match[1], match[2]) if match else (None, argument)
        if name.startswith("cite"):
            textual = name.endswith(":t")
            parts = [self.cite(key.strip(), textual) for key in target.split(",")]
            return ", ".join(parts) if textual else f"({'; '.join(parts)})"
        if name in ("ref", "numref", "eq"):
            label = self.label(target)
            shown = {
                "eq": f"({label['number']})",
                "ref": title or label["title"],
                "numref": title or f"{KINDS.get(label['kind'], '')} {label['number']}".strip(),
            }[name]
            return f"[{shown}]({self.refs.book_url}{label['url']})"
        if name == "math":
            return f"${target}$"
        if name == "term":
            return title or target
        raise BookError(
            self.where, f"the role {{{name}}} has no plain form", "use another, or teach coursekit/plain.py"
        )

    def label(self, name: str) -> dict:
        if name not in self.refs.labels:
            raise BookError(self.where, f"nothing in the book has the label {name!r}")
        return self.refs.labels[name]

    def cite(self, key: str, textual: bool) -> str:
        if key not in self.refs.entries:
            raise BookError(self.where, f"the bibliography has no entry {key!r}", "add it to book/references.bib")
        who, year, url = self.refs.entries[key]
        return f"[{who} ({year})]({url})" if textual else f"[{who}, {year}]({url})"


def _options(body: str) -> tuple[dict, str]:
    """A directive's options, as `:key: value` lines or a YAML block, and the rest of its body."""
    if body.startswith("---\n") and "\n---" in body[4:]:
        block, body = body[4:].split("\n---", 1)
        return {k: str(v) for k, v in yaml.safe_load(block).items()}, body.strip("\n")
    options = {}
    while match := _OPTION.match(body):
        options[match[1]], body = match[2].strip(), body[match.end() :]
    return options, body.strip("\n")


def _quote(head: str, inner: str) -> str:
    return "\n".join([f"> **{head}**", ">", *(f"> {line}".rstrip() for line in inner.split("\n"))]) + "\n"


def _page(path: str) -> str:
    """A link as written in notebooks/NN.ipynb or book/chapters/NN.py, from the root of the site."""
    return path[3:] if path.startswith("../") else f"notebooks/{path}"


def _entry(entry, fallback: str) -> tuple[str, str, str]:
    names = [re.sub("[{}]", "", " ".join(person.last_names)) for person in entry.persons.get("author", [])]
    several = len(names) > 2 or names[1:] == ["others"]
    who = f"{names[0]} et al." if several else " and ".join(names) or "?"
    fields = entry.fields
    if "eprint" in fields:
        url = f"https://arxiv.org/abs/{fields['eprint']}"
    else:
        url = f"https://doi.org/{fields['doi']}" if "doi" in fields else fields.get("url", fallback)
    return who, fields.get("year", "n.d."), url
