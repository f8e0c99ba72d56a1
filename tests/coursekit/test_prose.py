"""Numbers in prose are computed or cited; the checker finds those that are neither."""

import pytest

from coursekit.cells import SourceCell
from coursekit.prose import bare_numbers, expressions, fill


def prose(text):
    return SourceCell("markdown", "", text, where="x.py, line 1")


@pytest.mark.parametrize("text", [
    "There are 1,531,936 parameters.",
    "It takes 93.4 % of the work.",
    "A 5% share.",
    "About 7 million of them.",
    "The 24-channel stem.",
    "1. item\n2. in all 17 items",
    ":::{note}\nIn all 17 items.\n:::",
    "| a | b |\n|---|---|\n| x | 4096 |",
    "{cite:t}`someone` says so.\n\nBut 140 of them are ours.",
    "As {cite:t}`someone` say. There are 53 of them.",
])  # fmt: skip
def test_bare_numbers_are_found(text):
    faults = bare_numbers(prose(text))
    assert len(faults) == 1 and "x.py, line 1: the bare number" in str(faults[0])


@pytest.mark.parametrize("text", [
    "Two groups, 3 stages, a 3×3 kernel and stride 2.",
    "ResNet-50 on CIFAR-10, EfficientNet-B0, MobileNet V2.",
    "Table 5, Figure 12 and §3.2 of arXiv:1707.01083.",
    "In code `x[128]` and in math $C = 12$ and\n\n$$\n9m^2 + 24\n$$",
    "{{= channels =}} channels, 7 at most",
    "```python\nx = 1024\n```",
    "[a link](https://example.org/2024/05)",
    ":::{figure} a.svg\n:width: 400\n:::",
    "{cite:t}`someone` print 140 million.",
])  # fmt: skip
def test_numbers_that_may_stand(text):
    assert bare_numbers(prose(text)) == []


def test_captions_are_prose_too():
    cell = SourceCell("code", "", "x = 4096", {"caption": "All 4096 of them.", "alt": "…"})
    assert len(bare_numbers(cell)) == 1


def test_expressions_are_filled_in_order():
    text = "{{= a =}} of {{= f'{b:,}' =}}, not {{p}} or {% x %}"
    assert expressions(prose(text)) == ["a", "f'{b:,}'"]
    assert fill(text, ["1", r"\2"]) == r"1 of \2, not {{p}} or {% x %}"
