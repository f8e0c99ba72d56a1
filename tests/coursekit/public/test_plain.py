"""MyST becomes what Colab shows; what it cannot show is refused."""

import pytest

from coursekit.errors import BookError
from coursekit.public.plain import References, plain

LABELS = {
    "fig-a": {"url": "notebooks/05_a.html#fig-a", "title": "A figure", "kind": "figure", "number": "3"},
    "sec": {"url": "book/b.html#sec", "title": "Section title", "kind": "section", "number": None},
    "eq-1": {"url": "notebooks/05_a.html#equation-eq-1", "title": "", "kind": "equation", "number": "2"},
    "tab-a": {"url": "notebooks/05_a.html#tab-a", "title": "", "kind": "table", "number": "4"},
}


@pytest.fixture
def refs(tmp_path):
    bib = tmp_path / "r.bib"
    bib.write_text("""
@misc{one, author = {Doe, Jo}, year = {2017}, eprint = {1707.01083}}
@misc{two, author = {Doe, Jo and Roe, Al}, year = {2018}, doi = {10.1/x}}
@misc{many, author = {Doe, Jo and Roe, Al and Poe, Ed}, year = {2019}, url = {https://example.org}}
@misc{firm, author = {{Some Firm}}, year = {2020}, url = {https://firm.example}}
@misc{issue, author = {{someone} and others}, year = {2021}, url = {https://issue.example}}
""")
    return References(LABELS, bib, "https://book.example/")


@pytest.mark.parametrize(("myst", "expected"), [
    ("As {cite:t}`one` say.", "As [Doe (2017)](https://arxiv.org/abs/1707.01083) say."),
    ("So it is {cite:p}`two,many`.", "So it is ([Doe and Roe, 2018](https://doi.org/10.1/x); [Doe et al., 2019](https://example.org))."),
    ("{cite:p}`firm,issue`", "([Some Firm, 2020](https://firm.example); [someone et al., 2021](https://issue.example))"),
    ("See {numref}`fig-a`.", "See [Figure 3](https://book.example/notebooks/05_a.html#fig-a)."),
    ("See {ref}`sec` and {ref}`here <sec>`.",
     "See [Section title](https://book.example/book/b.html#sec) and [here](https://book.example/book/b.html#sec)."),
    ("By {eq}`eq-1`.", "By [(2)](https://book.example/notebooks/05_a.html#equation-eq-1)."),
    ("{math}`x^2` and {term}`shuffle`, {term}`dealt <shuffle>`", "$x^2$ and shuffle, dealt"),
    ("(a-label)=\n## Title", "## Title"),
    ("```{math}\n:label: eq-1\nx + y\n```", "$$\nx + y \\tag{2}\n$$\n"),
    (":::{note}\nTake *care*.\n:::", "> **Note**\n>\n> Take *care*.\n"),
    (":::{admonition} Watch {cite:p}`one`\nBody.\n\nMore.\n:::",
     "> **Watch ([Doe, 2017](https://arxiv.org/abs/1707.01083))**\n>\n> Body.\n>\n> More.\n"),
    (":::{dropdown} Solution\n```python\nx = 1\n```\n:::",
     "<details>\n<summary><b>Solution</b></summary>\n\n```python\nx = 1\n```\n\n</details>\n"),
    (":::{figure} ../images/a.svg\n:name: fig-a\n:alt: a line\nA caption.\n:::", "![a line](../images/a.svg)\n\n*Figure 3. A caption.*\n"),
    (":::{table} Numbers\n:name: tab-a\n| a |\n|---|\n| 1 |\n:::", "| a |\n|---|\n| 1 |\n\n*Table 4. Numbers*\n"),
    ("[notation](../book/notation.md) and [there](06_b.ipynb#x)",
     "[notation](https://book.example/book/notation.html) and [there](https://book.example/notebooks/06_b.html#x)"),
    ("Code `{ref}`, ``{cite:t}`one` `` and\n\n```\n{ref}`sec`\n```\n", "Code `{ref}`, ``{cite:t}`one` `` and\n\n```\n{ref}`sec`\n```\n"),
    ("Plain *text* with $x$, <kbd>Tab</kbd> and\ttabs  \nstays.", "Plain *text* with $x$, <kbd>Tab</kbd> and\ttabs  \nstays."),
])  # fmt: skip
def test_plain_form(refs, myst, expected):
    assert plain(myst, refs, "x") == expected


@pytest.mark.parametrize(("myst", "message"), [
    (":::{mermaid}\na\n:::", r"x.py, line 3: the directive {mermaid} has no plain form"),
    ("{doc}`a`", r"the role {doc} has no plain form"),
    ("{ref}`nowhere`", r"nothing in the book has the label 'nowhere'"),
    ("{cite:t}`nobody`", r"the bibliography has no entry 'nobody'"),
])  # fmt: skip
def test_what_has_no_plain_form_is_refused(refs, myst, message):
    with pytest.raises(BookError, match=message):
        plain(myst, refs, "x.py, line 3")
