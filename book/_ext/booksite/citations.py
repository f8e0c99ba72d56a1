"""The reference list carries the labels of the text: “[Zhang et al., 2018]” in both, in the place of numbers in one."""

import re
from collections import Counter

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as Plain
from pybtex.style.labels import BaseLabelStyle
from sphinx.errors import ExtensionError


def label(entry) -> str:
    """Authors and year as `author_year` gives them in the text: two by name, of more the first."""
    people = entry.persons.get("author", [])
    names = [re.sub("[{}]", "", " ".join([*person.prelast_names, *person.last_names])) for person in people]
    several = len(names) > 2 or names[1:] == ["others"]
    who = f"{names[0]} et al." if several else " and ".join(names) or entry.key
    return f"{who}, {entry.fields.get('year', 'n.d.')}"


class AuthorYear(BaseLabelStyle):
    """Labels that tell all entries apart, or an error."""

    def format_labels(self, sorted_entries):
        labels = [label(entry) for entry in sorted_entries]
        for name, count in Counter(labels).items():
            if count > 1:
                keys = ", ".join(entry.key for entry, one in zip(sorted_entries, labels, strict=True) if one == name)
                todo = "write year = {2016a}, year = {2016b} in the bibliography"
                raise ExtensionError(f"{keys} all have the label [{name}]: {todo}")
        return labels


class Style(Plain):
    """The plain style under these labels."""

    default_label_style = "book_author_year"


def setup(app):
    """Register the part."""
    register_plugin("pybtex.style.labels", "book_author_year", AuthorYear)
    register_plugin("pybtex.style.formatting", "book", Style)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
