"""What predict.js makes of a reader's words, replayed by node; a spoilt copy is caught."""

import gzip
import math
from pathlib import Path

import pytest
from booksite import ASSETS
from replay import Call, agrees, catches

SCRIPT = (ASSETS / "predict.js").read_text("utf-8") + (
    "\nconst { told, kept } = globalThis.bookPredict, number = (text) => {\n"
    "  const found = globalThis.bookPredict.number(text);\n  return isNaN(found) ? null : found;\n};\n"
    "export { number, told, kept };\n"
)
NUMBERS = {
    "9": 9, " 8.69 ": 8.69, "8,69": 8.69, "1,024": 1024, "22,855,952": 22855952, "22 855 952": 22855952, "1,024.5": 1024.5,
    "9×": 9, "9x": 9, "12 %": 12, "1/9": 1 / 9, "-3": -3, "−3": -3, ".5": 0.5, "0,125": 0.125, "2e3": 2000,
    "": None, "nine": None, "1/": None, "1/2/3": None, "9 or 10": None, "1,2,3": None, "--3": None, "e3": None,
}  # fmt: skip
SIZE = {"label": "Its size", "unit": "million", "choices": False, "right": "22.9",
        "wrong": [[[None, 5], "Far too few."], [[5, 15], "It was spent."], [[23.8, 23.8], "That is the other."]]}  # fmt: skip
WORK = {"label": "Its work", "unit": "", "choices": True, "right": "more", "wrong": [["fewer", "Count the channels."]]}
SHARE = {"label": "Share", "unit": "%", "choices": False, "right": "1,024", "wrong": []}
TOLD = [
    ([SIZE], ["20"], "You said 20 million, it is 22.9 million."),
    ([SIZE], ["3"], "You said 3 million, it is 22.9 million. Far too few."),
    ([SIZE], ["5"], "You said 5 million, it is 22.9 million. Far too few."),
    ([SIZE], ["9"], "You said 9 million, it is 22.9 million. It was spent."),
    ([SIZE], ["23,8"], "You said 23,8 million, it is 22.9 million. That is the other."),
    ([SIZE], ["22.9"], "You said 22.9 million, and so it is."),
    ([SIZE], ["22.94"], "You said 22.94 million, and so it is."),
    ([SIZE], ["22.96"], "You said 22.96 million, it is 22.9 million."),
    ([WORK], ["more"], "You said “more”, and so it is."),
    ([WORK], ["fewer"], "You said “fewer”, the answer is “more”. Count the channels."),
    ([SHARE], ["1024"], "You said 1024%, and so it is."),
    ([SHARE], ["1025"], "You said 1025%, it is 1,024%."),
    ([SHARE], ["20 %"], "You said 20%, it is 1,024%."),
    ([SHARE], ["20%"], "You said 20%, it is 1,024%."),
    ([SIZE, WORK], ["20", "more"], "Its size: you said 20 million, it is 22.9 million.\nIts work: you said “more”, and so it is."),
    ([SIZE, WORK], ["", "more"], "Its work: you said “more”, and so it is."),
    ([SIZE, WORK], ["", ""], ""),
]  # fmt: skip
KINDS = [False, ["fewer", "more"]]
KEPT = [('["9","more"]', ["9", "more"]), ('["","more"]', ["", "more"]), ('["nine","more"]', None), ('["9","less"]', None),
        ('["9"]', None), ('["",""]', None), ("null", None), ("{", None), (None, None), ('"9"', None)]  # fmt: skip
CALLS = [
    *(Call("number", [text], value) for text, value in NUMBERS.items()),
    *(Call("told", [fields, said], line) for fields, said, line in TOLD),
    *(Call("kept", [text, KINDS], said) for text, said in KEPT),
]


def test_what_a_reader_says_is_understood(tmp_path):
    assert not any(isinstance(value, float) and math.isnan(value) for value in NUMBERS.values())
    agrees(SCRIPT, CALLS, tmp_path)


@pytest.mark.parametrize(("right", "mutant"), [
    ('bare.replaceAll(",", "")', "bare"), ("0.5 * 10 ** -decimals", "10 ** -decimals"), ("at[0] ?? -Infinity", "at[0] ?? 0 / 0"),
    ("said.length === kinds.length", "true"), ("kinds[i].includes(one)", "true"), ("fields.length > 1", "fields.length > 2"),
    ('text.replace(/\\s*[x×%]$/i, "")', "text"),
])  # fmt: skip
def test_a_spoilt_copy_is_caught(tmp_path, right, mutant):
    catches(SCRIPT, right, mutant, CALLS, tmp_path)


def test_budget():
    """Both scripts together, as a page carries them."""
    both = b"".join(Path(ASSETS, name).read_bytes() for name in ("predict.js", "show.js"))
    assert len(gzip.compress(both, 9)) <= 3 * 1024
